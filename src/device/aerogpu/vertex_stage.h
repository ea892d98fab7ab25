/*
 * Shading the vertices of a draw. Vertices are gathered first and shaded in batches; one that was
 * asked for a short while ago has the same slot again, which nobody can see.
 */
#ifndef SL_DEVICE_AEROGPU_VERTEX_STAGE_H
#define SL_DEVICE_AEROGPU_VERTEX_STAGE_H

#include "base/worker_pool.h"
#include "device/aerogpu/program_runner.h"
#include "device/aerogpu/vertex_fetch.h"

/* Slots; batches of them are what threads share. */
#define SL_AGPU_VERTEX_SLOTS 4096u

struct sl_agpu_vertex_stage;

/* What stays the same from vertex to vertex. All pointers are the caller's and stay. */
struct sl_agpu_vertex_source {
    const struct sl_ir_program *program;
    const struct sl_vector_code *code; /* of the same program; NULL = interpret */
    const struct sl_shader_bindings *bindings;
    const struct sl_agpu_vertex_inputs *inputs;
    const struct sl_agpu_vertex_stream *streams; /* AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS of them */
    struct sl_agpu_fetch_rules rules;
    struct sl_worker_pool *pool;

    /* Takes shaded vertices, lane by lane from 0; called by several threads, once for each slot. */
    void (*store)(void *data, uint32_t first_slot, unsigned count,
                  const sl_register_lanes *outputs);
    void *data;
};

/* NULL without memory. */
struct sl_agpu_vertex_stage *
sl_agpu_vertex_stage_create(const struct sl_agpu_vertex_source *source);
void sl_agpu_vertex_stage_destroy(struct sl_agpu_vertex_stage *stage);

/* Slots that can still be asked for. */
uint32_t sl_agpu_vertex_stage_left(const struct sl_agpu_vertex_stage *stage);

/* The slot of a vertex; there is one left. */
uint32_t sl_agpu_vertex_stage_slot(struct sl_agpu_vertex_stage *stage,
                                   const struct sl_agpu_vertex_key *key);

/* Shades all slots; no batch starts once this and earlier calls worked more than work_limit. */
void sl_agpu_vertex_stage_shade(struct sl_agpu_vertex_stage *stage, uint64_t work_limit);

/* Whether the program was capped for this vertex. */
bool sl_agpu_vertex_stage_is_capped(const struct sl_agpu_vertex_stage *stage, uint32_t slot);
bool sl_agpu_vertex_stage_any_capped(const struct sl_agpu_vertex_stage *stage);

/* Work since the last call of this. */
uint64_t sl_agpu_vertex_stage_take_work(struct sl_agpu_vertex_stage *stage);

/* Forgets all slots. */
void sl_agpu_vertex_stage_reset(struct sl_agpu_vertex_stage *stage);

#endif
