/*
 * Inside the executor: objects, storages, contexts and what a running submission carries. The
 * outside is executor.h.
 */
#ifndef SL_DEVICE_AEROGPU_EXEC_H
#define SL_DEVICE_AEROGPU_EXEC_H

#include "abi/abi.h"
#include "base/digital_tree.h"
#include "device/aerogpu/context.h"
#include "device/aerogpu/dirty_set.h"
#include "device/aerogpu/executor.h"
#include "device/aerogpu/inspection.h"
#include "device/aerogpu/texture_layout.h"
#include "device/aerogpu/vertex_layout.h"
#include "shader/ir.h"

#include <scanlock/aerogpu_abi.h>

/* Host memory for objects where the configuration names no limit. */
#define SL_AGPU_DEFAULT_MEMORY (UINT64_C(4) << 30)

enum sl_agpu_kind {
    SL_AGPU_BUFFER,
    SL_AGPU_TEXTURE,
    SL_AGPU_VIEW,
    SL_AGPU_SHADER,
    SL_AGPU_LAYOUT,
    SL_AGPU_SAMPLER,
    SL_AGPU_RESERVED, /* handle of a destroyed original whose storage aliases keep alive */
};

/*
 * The bytes of a buffer or texture. Handles (the original and its aliases) and views own it
 * together; tokens name it only as long as a handle does.
 */
struct sl_agpu_storage {
    bool is_texture;
    uint64_t serial;   /* counts storages from 1 */
    uint32_t original; /* handle it was created under */
    size_t handle_count;
    size_t view_count;
    struct sl_agpu_token *tokens; /* live ones */
    uint32_t usage_flags;
    struct sl_agpu_texture_layout layout; /* textures */
    uint64_t linear_size;                 /* of the linear image; buffers: their size */
    uint8_t *bytes;
    uint64_t size;
    uint32_t backing_alloc_id; /* 0 = owned by the host */
    uint32_t backing_offset_bytes;
    struct sl_agpu_dirty_set dirty;    /* ranges the guest named */
    struct sl_agpu_dirty_set implicit; /* what creation made dirty: may lack its allocation */
};

/* A mip and layer range of a texture, seen in a format of the same class. */
struct sl_agpu_view {
    const struct sl_abi_format *format;
    uint32_t base_mip;
    uint32_t mip_count;
    uint32_t base_layer;
    uint32_t layer_count;
};

enum sl_agpu_family { SL_AGPU_FAMILY_D3D9, SL_AGPU_FAMILY_DXBC };

/* One that the shader core refuses can be created and bound; a draw or dispatch with it fails. */
struct sl_agpu_shader {
    enum sl_abi_stage stage;
    enum sl_agpu_family family;
    struct sl_ir_program *program;            /* NULL = refused */
    struct sl_vector_code *code;              /* NULL = interpreted, or not used yet */
    uint8_t input_reads[SL_IR_REGISTERS_MAX]; /* components of each input that it reads */
    bool compiled;                            /* code was asked for */
    char refusal[96];                         /* what it uses that is not supported */
    uint64_t memory;                          /* of all this, counted in the budget */
};

struct sl_agpu_sampler {
    uint32_t filter;
    uint32_t address_u;
    uint32_t address_v;
    uint32_t address_w;
};

struct sl_agpu_object {
    struct sl_digital_node node; /* first; the key is the handle */
    enum sl_agpu_kind kind;
    struct sl_agpu_storage *storage; /* BUFFER, TEXTURE, VIEW, RESERVED */
    union {
        struct sl_agpu_view view;
        struct sl_agpu_shader shader;
        struct sl_agpu_layout *layout;
        struct sl_agpu_sampler sampler;
    } u;
};

/* A share token; storage is NULL once it is retired. */
struct sl_agpu_token {
    struct sl_digital_node node; /* first; the key is the token */
    struct sl_agpu_storage *storage;
    struct sl_agpu_token *next; /* of the same storage */
};

struct sl_agpu_exec {
    struct sl_agpu_exec_config config;
    struct sl_digital_tree objects;
    struct sl_digital_tree tokens;
    struct sl_digital_tree contexts;
    struct sl_agpu_storage *default_target; /* NULL = none */
    struct sl_image presented;
    bool has_presented;
    struct sl_agpu_presented presented_from;
    struct sl_agpu_inspection inspection;
    uint64_t memory_used;
    struct sl_agpu_drawing *drawing; /* NULL until the first draw */
};

/* One submission in progress. */
struct sl_agpu_run {
    struct sl_agpu_exec *exec;
    struct sl_agpu_context *context;
    const struct sl_agpu_alloc_table *table;
    uint16_t minor; /* of the stream header */
    uint64_t work_limit;
    struct sl_agpu_outcome *outcome;
};

/* The packet being executed, header included; it holds what its layout needs. */
struct sl_agpu_packet {
    const struct sl_abi_opcode *opcode;
    const uint8_t *bytes;
    uint32_t size;
    uint64_t gpa;
};

/* A handler checks everything before it changes anything. */
typedef enum sl_agpu_class sl_agpu_handler(struct sl_agpu_run *run,
                                           const struct sl_agpu_packet *packet);

/* Says what is wrong and returns class_. */
enum sl_agpu_class sl_agpu_fail(struct sl_agpu_run *run, enum sl_agpu_class class_,
                                const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Counts work towards the limit of the submission: bytes touched, instructions of lanes, pixels. */
void sl_agpu_work(struct sl_agpu_run *run, uint64_t work);

/* Whether the limit is passed; a packet that takes long asks now and then, and ends. */
bool sl_agpu_is_exhausted(const struct sl_agpu_run *run);

/* ---- host_budget.c ---- */

/* calloc() within the budget; NULL if either says no. */
void *sl_agpu_alloc(struct sl_agpu_exec *exec, uint64_t size);
void sl_agpu_free(struct sl_agpu_exec *exec, void *bytes, uint64_t size);

/* The same for memory that others allocate: counts it, or says no. */
bool sl_agpu_reserve(struct sl_agpu_exec *exec, uint64_t size);
void sl_agpu_release(struct sl_agpu_exec *exec, uint64_t size);
enum sl_agpu_class sl_agpu_fail_host_memory(struct sl_agpu_run *run, uint64_t size);

/* ---- objects.c ---- */

struct sl_agpu_object *sl_agpu_find(const struct sl_agpu_exec *exec, uint32_t handle);

/* The object if it is of this kind, else NULL. */
struct sl_agpu_object *sl_agpu_find_kind(const struct sl_agpu_exec *exec, uint32_t handle,
                                         enum sl_agpu_kind kind);

/* BAD_HANDLE for 0, HANDLE_IN_USE for a live or reserved one. */
enum sl_agpu_class sl_agpu_check_free_handle(struct sl_agpu_run *run, uint32_t handle);

/* BAD_HANDLE if a binding packet names a reserved handle. */
enum sl_agpu_class sl_agpu_check_bindable(struct sl_agpu_run *run, uint32_t handle);

/* Adds an object under a free handle; NULL without memory. */
struct sl_agpu_object *sl_agpu_add(struct sl_agpu_exec *exec, uint32_t handle,
                                   enum sl_agpu_kind kind);

/* Takes it out of the table and frees all it owns, storages as far as nobody else does. */
void sl_agpu_remove(struct sl_agpu_exec *exec, struct sl_agpu_object *object);

/*
 * DESTROY of everything but resources: nothing for an unknown handle, BAD_HANDLE for another kind
 * (what says the kind in words), else removed and unbound.
 */
enum sl_agpu_class sl_agpu_destroy(struct sl_agpu_run *run, uint32_t handle, enum sl_agpu_kind kind,
                                   const char *what);

/* Removes everything. */
void sl_agpu_objects_clear(struct sl_agpu_exec *exec);

/* ---- storage.c ---- */

/* A zeroed storage of size bytes, nobody's yet; NULL without memory. */
struct sl_agpu_storage *sl_agpu_storage_create(struct sl_agpu_exec *exec, uint64_t size);
void sl_agpu_storage_destroy(struct sl_agpu_exec *exec, struct sl_agpu_storage *storage);

/* Writes bytes of the linear image; what falls in row padding is ignored. */
void sl_agpu_storage_write(struct sl_agpu_storage *storage, uint64_t offset, const uint8_t *bytes,
                           uint64_t size);

/* ---- guest_backing.c: guest memory behind a resource ---- */

/* Checks that the linear range lies in the backing allocation of the running submission. */
enum sl_agpu_class sl_agpu_backing_check(struct sl_agpu_run *run,
                                         const struct sl_agpu_storage *storage, uint64_t offset,
                                         uint64_t size, const struct sl_agpu_alloc **alloc);

/* Whether all dirty ranges could be read now. */
enum sl_agpu_class sl_agpu_refresh_check(struct sl_agpu_run *run,
                                         const struct sl_agpu_storage *storage);

/* Reads the dirty ranges; sl_agpu_refresh_check() said yes. */
void sl_agpu_refresh(struct sl_agpu_run *run, struct sl_agpu_storage *storage);

/* What WRITEBACK_DST needs of the destination, for the linear range that will be written. */
enum sl_agpu_class sl_agpu_writeback_check(struct sl_agpu_run *run,
                                           const struct sl_agpu_storage *storage, uint64_t offset,
                                           uint64_t size);

/* Writes bytes to guest memory at an offset of the linear image; HOST if it is full. */
enum sl_agpu_class sl_agpu_writeback(struct sl_agpu_run *run, const struct sl_agpu_storage *storage,
                                     uint64_t offset, const uint8_t *bytes, uint64_t size);

/* ---- contexts.c ---- */

/* The context, made with default state when first seen; NULL without memory. */
struct sl_agpu_context *sl_agpu_get_context(struct sl_agpu_exec *exec, uint32_t context_id);
void sl_agpu_contexts_clear(struct sl_agpu_exec *exec);

/* Removes a destroyed handle from the bindings of every context that is not d3d9. */
void sl_agpu_unbind_everywhere(struct sl_agpu_run *run, uint32_t handle);

/* ---- targets.c ---- */

/* One subresource as something to render into or to present. */
struct sl_agpu_target {
    struct sl_agpu_storage *storage; /* NULL = nothing there */
    const struct sl_abi_format *format;
    uint32_t mip;
    uint32_t layer;
    uint32_t layer_count; /* from that one on, for geometry programs that choose */
    uint32_t width;
    uint32_t height;
};

/* What a bound colour or depth handle resolves to now. */
struct sl_agpu_target sl_agpu_resolve_target(const struct sl_agpu_exec *exec, uint32_t handle);

/* What may be bound as a target at all, and which of the two kinds it is. */
bool sl_agpu_is_target_format(const struct sl_abi_format *format);
bool sl_agpu_is_depth_format(const struct sl_abi_format *format);

/* Makes the default target of the configuration, if it has one; false without memory. */
bool sl_agpu_default_target_create(struct sl_agpu_exec *exec);

/* All bound targets of the context; where none resolves, the default target in slot 0. */
struct sl_agpu_targets {
    struct sl_agpu_target color[AEROGPU_MAX_RENDER_TARGETS];
    struct sl_agpu_target depth;
    bool any;
};
struct sl_agpu_targets sl_agpu_resolve_targets(const struct sl_agpu_run *run);

/* ---- program_cache.c ---- */

/* Translates a program for this stage; on failure the shader holds nothing. */
enum sl_agpu_class sl_agpu_program_create(struct sl_agpu_run *run, const uint8_t *bytes,
                                          size_t size, enum sl_abi_stage stage,
                                          struct sl_agpu_shader *shader);
void sl_agpu_program_destroy(struct sl_agpu_exec *exec, struct sl_agpu_shader *shader);

/* The program for the vector engine, compiled when first asked for; NULL where it cannot be. */
const struct sl_vector_code *sl_agpu_program_code(struct sl_agpu_exec *exec,
                                                  struct sl_agpu_shader *shader);

/* ---- shared_surface.c ---- */

void sl_agpu_tokens_retire(struct sl_agpu_storage *storage);
void sl_agpu_tokens_clear(struct sl_agpu_exec *exec);

/* ---- the handlers, by file ---- */

sl_agpu_handler sl_agpu_cmd_nop;

sl_agpu_handler sl_agpu_cmd_create_buffer;
sl_agpu_handler sl_agpu_cmd_create_texture2d;
sl_agpu_handler sl_agpu_cmd_destroy_resource;
sl_agpu_handler sl_agpu_cmd_resource_dirty_range;
sl_agpu_handler sl_agpu_cmd_upload_resource;
sl_agpu_handler sl_agpu_cmd_create_texture_view;
sl_agpu_handler sl_agpu_cmd_destroy_texture_view;

sl_agpu_handler sl_agpu_cmd_copy_buffer;
sl_agpu_handler sl_agpu_cmd_copy_texture2d;

sl_agpu_handler sl_agpu_cmd_create_shader_dxbc;
sl_agpu_handler sl_agpu_cmd_destroy_shader;
sl_agpu_handler sl_agpu_cmd_bind_shaders;
sl_agpu_handler sl_agpu_cmd_set_shader_constants_f;
sl_agpu_handler sl_agpu_cmd_set_shader_constants_i;
sl_agpu_handler sl_agpu_cmd_set_shader_constants_b;
sl_agpu_handler sl_agpu_cmd_create_input_layout;
sl_agpu_handler sl_agpu_cmd_destroy_input_layout;
sl_agpu_handler sl_agpu_cmd_set_input_layout;

sl_agpu_handler sl_agpu_cmd_set_blend_state;
sl_agpu_handler sl_agpu_cmd_set_depth_stencil_state;
sl_agpu_handler sl_agpu_cmd_set_rasterizer_state;
sl_agpu_handler sl_agpu_cmd_set_viewport;
sl_agpu_handler sl_agpu_cmd_set_scissor;
sl_agpu_handler sl_agpu_cmd_set_primitive_topology;
sl_agpu_handler sl_agpu_cmd_set_sampler_state;
sl_agpu_handler sl_agpu_cmd_set_render_state;

sl_agpu_handler sl_agpu_cmd_set_render_targets;
sl_agpu_handler sl_agpu_cmd_set_vertex_buffers;
sl_agpu_handler sl_agpu_cmd_set_index_buffer;
sl_agpu_handler sl_agpu_cmd_set_texture;
sl_agpu_handler sl_agpu_cmd_create_sampler;
sl_agpu_handler sl_agpu_cmd_destroy_sampler;
sl_agpu_handler sl_agpu_cmd_set_samplers;
sl_agpu_handler sl_agpu_cmd_set_constant_buffers;
sl_agpu_handler sl_agpu_cmd_set_shader_resource_buffers;
sl_agpu_handler sl_agpu_cmd_set_unordered_access_buffers;

sl_agpu_handler sl_agpu_cmd_clear;
sl_agpu_handler sl_agpu_cmd_draw;
sl_agpu_handler sl_agpu_cmd_draw_indexed;
sl_agpu_handler sl_agpu_cmd_dispatch;

sl_agpu_handler sl_agpu_cmd_present;

sl_agpu_handler sl_agpu_cmd_export_shared_surface;
sl_agpu_handler sl_agpu_cmd_import_shared_surface;
sl_agpu_handler sl_agpu_cmd_release_shared_surface;

#endif
