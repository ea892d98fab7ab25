/*
 * Drawing, inside: what the files that turn one draw or dispatch packet into calls of the shader
 * core and the rasteriser share. cmd_draw.c checks a packet, draw_*.c map state and objects,
 * draw_pipeline.c runs it.
 */
#ifndef SL_DEVICE_AEROGPU_DRAW_H
#define SL_DEVICE_AEROGPU_DRAW_H

#include "device/aerogpu/exec.h"

#include "device/aerogpu/draw_link.h"
#include "device/aerogpu/primitive_assembly.h"
#include "device/aerogpu/stage.h"
#include "device/aerogpu/vertex_fetch.h"
#include "raster/raster.h"

/* The programs of a draw; only vs is never NULL. */
struct sl_agpu_programs {
    struct sl_agpu_shader *vs, *ps, *gs, *hs, *ds;
};

/* The numbers of a draw packet. */
struct sl_agpu_draw {
    bool is_indexed;
    uint32_t count;
    uint32_t instance_count;
    uint32_t first; /* first_vertex or first_index */
    uint32_t base_vertex;
    uint32_t first_instance;
    struct sl_agpu_programs programs;
    const struct sl_agpu_layout *layout; /* may be NULL */
    struct sl_agpu_vertex_inputs inputs; /* of the vertex program */
    struct sl_agpu_targets targets;
};

/* What one stage reads and writes, resolved; the arrays are what bindings points into. */
struct sl_agpu_bound_stage {
    struct sl_shader_bindings bindings;
    struct sl_texture textures[AEROGPU_LIMIT_TEXTURE_SLOTS];
    struct sl_sampler samplers[AEROGPU_LIMIT_SAMPLER_SLOTS];
    uint32_t (*constants)[4]; /* rows of all constant buffers; grows */
    size_t constant_capacity;
};

/* Memory and threads that draws use one after the other; made by the first one. */
struct sl_agpu_drawing {
    struct sl_worker_pool *pool;
    struct sl_raster *raster;
    struct sl_agpu_bound_stage stages[SL_AGPU_STAGE_COUNT];
};

/* NULL without memory. */
struct sl_agpu_drawing *sl_agpu_drawing_get(struct sl_agpu_exec *exec);
void sl_agpu_drawing_destroy(struct sl_agpu_drawing *drawing);

/* ---- draw_state.c: fixed state ---- */

/* False if nothing can be drawn (an empty viewport of d3d9). Fills in all but the program. */
bool sl_agpu_draw_state(const struct sl_agpu_run *run, const struct sl_agpu_draw *draw,
                        struct sl_raster_config *config);

/* How outputs and inputs meet under the state of the context. */
struct sl_agpu_link_rules sl_agpu_draw_link_rules(const struct sl_agpu_run *run,
                                                  const struct sl_agpu_draw *draw);

/* ---- draw_inspection.c ---- */

/* Has the rasteriser report the watched texel if a target of the draw has it. */
void sl_agpu_inspect_draw(struct sl_agpu_run *run, const struct sl_agpu_targets *targets,
                          struct sl_raster_config *config);

/* ---- texture_binding.c ---- */

/* Whether the upstream D3D9 executor runs the context, which knows fewer states. */
bool sl_agpu_is_aero_d3d9(const struct sl_agpu_run *run);

enum sl_texel_format sl_agpu_texel_format(const struct sl_abi_format *format);

/* A texture or view as the program declares it; false if it counts as unbound. */
bool sl_agpu_bind_texture(const struct sl_agpu_run *run, const struct sl_agpu_object *object,
                          const struct sl_ir_program *program, enum sl_texture_dim dimension,
                          bool decodes_srgb, struct sl_texture *texture);

void sl_agpu_bind_sampler_object(const struct sl_agpu_sampler *object, struct sl_sampler *sampler);
void sl_agpu_bind_sampler_states(const uint32_t states[SL_AGPU_SAMPLER_STATES],
                                 struct sl_sampler *sampler);

/* ---- draw_bindings.c ---- */

/* Resources of a stage whose dirty ranges a draw reads first: check all, then refresh all. */
enum sl_agpu_class sl_agpu_bindings_check(struct sl_agpu_run *run,
                                          const struct sl_agpu_shader *shader);
void sl_agpu_bindings_refresh(struct sl_agpu_run *run, const struct sl_agpu_shader *shader);

/* Whether the program reads the storage of a bound target. */
bool sl_agpu_bindings_feed_back(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                                const struct sl_agpu_targets *targets);

/* False without memory. */
bool sl_agpu_bindings_resolve(struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                              struct sl_agpu_bound_stage *stage);

/* ---- draw_pipeline.c ---- */

/* Everything was found good; draws. Fails only with HOST, or BAD_SHADER for a capped program. */
enum sl_agpu_class sl_agpu_draw_run(struct sl_agpu_run *run, const struct sl_agpu_draw *draw);

/* ---- dispatch.c ---- */

enum sl_agpu_class sl_agpu_dispatch_run(struct sl_agpu_run *run, struct sl_agpu_shader *shader,
                                        const uint32_t groups[3]);

/* ---- profile_t.c ---- */

/* A draw without programs in profile aero, checks included. */
enum sl_agpu_class sl_agpu_profile_t_draw(struct sl_agpu_run *run, const struct sl_agpu_draw *draw);

#endif
