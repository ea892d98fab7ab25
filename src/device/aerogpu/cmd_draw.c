/*
 * DRAW, DRAW_INDEXED and DISPATCH: everything that is checked before a vertex, pixel or thread
 * runs. All resources are refreshed from guest memory when nothing can fail any more.
 */
#include "device/aerogpu/draw.h"

#include "abi_aerogpu.h"

#include <inttypes.h>

enum { DISPATCH_GROUPS_MAX = 65535 };

static struct sl_agpu_shader *resolve_program(const struct sl_agpu_run *run,
                                              enum sl_abi_stage stage)
{
    uint32_t handle = sl_agpu_stage_state(run->context, stage)->program;
    struct sl_agpu_object *object = sl_agpu_find_kind(run->exec, handle, SL_AGPU_SHADER);
    return object && object->u.shader.stage == stage ? &object->u.shader : NULL;
}

static void resolve_programs(const struct sl_agpu_run *run, struct sl_agpu_programs *programs)
{
    *programs = (struct sl_agpu_programs){
        .vs = resolve_program(run, SL_ABI_STAGE_VERTEX),
        .ps = resolve_program(run, SL_ABI_STAGE_PIXEL),
        .gs = resolve_program(run, SL_ABI_STAGE_GEOMETRY),
        .hs = resolve_program(run, SL_ABI_STAGE_HULL),
        .ds = resolve_program(run, SL_ABI_STAGE_DOMAIN),
    };
}

enum { PROGRAMS = 5 };

static void list_programs(const struct sl_agpu_programs *programs,
                          const struct sl_agpu_shader *list[PROGRAMS])
{
    list[0] = programs->vs;
    list[1] = programs->ps;
    list[2] = programs->gs;
    list[3] = programs->hs;
    list[4] = programs->ds;
}

static bool one_family(const struct sl_agpu_programs *programs)
{
    const struct sl_agpu_shader *list[PROGRAMS];
    list_programs(programs, list);
    for (size_t i = 1; i < PROGRAMS; i++) {
        if (list[i] && list[i]->family != programs->vs->family) {
            return false;
        }
    }
    return true;
}

static enum sl_agpu_class check_supported(struct sl_agpu_run *run,
                                          const struct sl_agpu_programs *programs)
{
    const struct sl_agpu_shader *list[PROGRAMS];
    list_programs(programs, list);
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (list[i] && !list[i]->program) {
            return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "%s", list[i]->refusal);
        }
    }
    return SL_AGPU_OK;
}

static bool is_patch(const struct sl_agpu_run *run)
{
    return sl_agpu_topology_shape(run->context->topology) == SL_AGPU_SHAPE_PATCH;
}

static enum sl_agpu_class check_programs(struct sl_agpu_run *run, struct sl_agpu_draw *draw)
{
    struct sl_agpu_programs *programs = &draw->programs;
    if (!programs->vs) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no vertex program");
    }
    if (!one_family(programs)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "D3D9 and SM4/5 programs together");
    }
    bool is_d3d9 = programs->vs->family == SL_AGPU_FAMILY_D3D9;
    if (is_d3d9 && !programs->ps) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no pixel program");
    }
    if (is_d3d9 && !draw->layout) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no input layout");
    }
    if (!is_patch(run)) {
        /* Hull and domain programs wait for patches. */
        programs->hs = NULL;
        programs->ds = NULL;
    } else if (!programs->hs || !programs->ds) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "patches without hull and domain");
    }
    return check_supported(run, programs);
}

/* What reaches the geometry program, of the topology or of the tessellator. */
static enum sl_agpu_shape geometry_shape(const struct sl_agpu_run *run,
                                         const struct sl_agpu_programs *programs)
{
    if (!programs->hs) {
        return sl_agpu_topology_shape(run->context->topology);
    }
    switch (programs->hs->program->tess_output) {
    case SL_IR_TESS_POINT:
        return SL_AGPU_SHAPE_POINT;
    case SL_IR_TESS_LINE:
        return SL_AGPU_SHAPE_LINE;
    case SL_IR_TESS_CW:
    case SL_IR_TESS_CCW:
        break;
    }
    return SL_AGPU_SHAPE_TRIANGLE;
}

/* Programs without adjacency take primitives that have it, and do not see it. */
static bool accepts(enum sl_ir_primitive primitive, enum sl_agpu_shape shape)
{
    switch (primitive) {
    case SL_IR_PRIM_POINT:
        return shape == SL_AGPU_SHAPE_POINT;
    case SL_IR_PRIM_LINE:
        return shape == SL_AGPU_SHAPE_LINE || shape == SL_AGPU_SHAPE_LINE_ADJ;
    case SL_IR_PRIM_TRIANGLE:
        return shape == SL_AGPU_SHAPE_TRIANGLE || shape == SL_AGPU_SHAPE_TRIANGLE_ADJ;
    case SL_IR_PRIM_LINE_ADJ:
        return shape == SL_AGPU_SHAPE_LINE_ADJ;
    case SL_IR_PRIM_TRIANGLE_ADJ:
        return shape == SL_AGPU_SHAPE_TRIANGLE_ADJ;
    }
    return false;
}

static enum sl_agpu_class check_primitives(struct sl_agpu_run *run,
                                           const struct sl_agpu_programs *programs)
{
    if (programs->hs) {
        uint32_t points = run->context->topology - AEROGPU_TOPOLOGY_PATCHLIST_1 + 1;
        if (programs->hs->program->input_points != points) {
            return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                                "patches of %" PRIu32 " points for a program of %" PRIu32, points,
                                programs->hs->program->input_points);
        }
    }
    if (programs->gs &&
        !accepts(programs->gs->program->input_primitive, geometry_shape(run, programs))) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE,
                            "the geometry program takes other primitives");
    }
    return SL_AGPU_OK;
}

/* Slots that the program's inputs come from; one that does not resolve is unbound. */
static enum sl_agpu_class check_vertex_buffers(struct sl_agpu_run *run,
                                               const struct sl_agpu_draw *draw)
{
    for (uint32_t i = 0; i < AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS; i++) {
        const struct sl_agpu_vertex_slot *slot = &run->context->vertex_buffer[i];
        const struct sl_agpu_object *object =
            sl_agpu_find_kind(run->exec, slot->handle, SL_AGPU_BUFFER);
        if (!(draw->inputs.slot_mask >> i & 1)) {
            continue;
        }
        if (object && slot->offset_bytes > object->storage->size) {
            return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                                "vertex slot %" PRIu32 ": offset %" PRIu32 " of %" PRIu64 " bytes",
                                i, slot->offset_bytes, object->storage->size);
        }
        if (!object && draw->inputs.d3d9) {
            return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "vertex slot %" PRIu32 " is unbound",
                                i);
        }
    }
    return SL_AGPU_OK;
}

static enum sl_agpu_class check_index_buffer(struct sl_agpu_run *run)
{
    const struct sl_agpu_context *context = run->context;
    if (!sl_agpu_find_kind(run->exec, context->index_buffer.handle, SL_AGPU_BUFFER)) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no index buffer");
    }
    uint32_t size = context->index_buffer.format == AEROGPU_INDEX_FORMAT_UINT32 ? 4 : 2;
    if (context->index_buffer.offset_bytes % size) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "index offset %" PRIu32 " splits an index",
                            context->index_buffer.offset_bytes);
    }
    return SL_AGPU_OK;
}

/* ---- resources that live in guest memory ---- */

/* What a draw uses besides the bindings of its programs; NULL where there is nothing. */
struct used_storages {
    struct sl_agpu_storage
        *list[AEROGPU_MAX_RENDER_TARGETS + 2 + AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS];
    size_t count;
};

static void use_buffer(const struct sl_agpu_run *run, struct used_storages *used, uint32_t handle)
{
    const struct sl_agpu_object *object = sl_agpu_find_kind(run->exec, handle, SL_AGPU_BUFFER);
    used->list[used->count++] = object ? object->storage : NULL;
}

static struct used_storages used_storages(const struct sl_agpu_run *run,
                                          const struct sl_agpu_draw *draw)
{
    struct used_storages used = {.count = 0};
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        used.list[used.count++] = draw->targets.color[i].storage;
    }
    used.list[used.count++] = draw->targets.depth.storage;
    for (size_t i = 0; draw->layout && i < AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS; i++) {
        if (draw->layout->slot_mask >> i & 1) {
            use_buffer(run, &used, run->context->vertex_buffer[i].handle);
        }
    }
    if (draw->is_indexed) {
        use_buffer(run, &used, run->context->index_buffer.handle);
    }
    return used;
}

static enum sl_agpu_class refresh(struct sl_agpu_run *run, const struct sl_agpu_draw *draw)
{
    const struct sl_agpu_shader *list[PROGRAMS];
    struct used_storages used = used_storages(run, draw);
    enum sl_agpu_class class_ = SL_AGPU_OK;
    list_programs(&draw->programs, list);
    for (size_t i = 0; i < used.count && class_ == SL_AGPU_OK; i++) {
        class_ = used.list[i] ? sl_agpu_refresh_check(run, used.list[i]) : SL_AGPU_OK;
    }
    for (size_t i = 0; i < PROGRAMS && class_ == SL_AGPU_OK; i++) {
        class_ = list[i] ? sl_agpu_bindings_check(run, list[i]) : SL_AGPU_OK;
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    for (size_t i = 0; i < used.count; i++) {
        if (used.list[i]) {
            sl_agpu_refresh(run, used.list[i]);
        }
    }
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (list[i]) {
            sl_agpu_bindings_refresh(run, list[i]);
        }
    }
    return SL_AGPU_OK;
}

/* ---- the packets ---- */

static const struct sl_agpu_layout *resolve_layout(const struct sl_agpu_run *run)
{
    const struct sl_agpu_object *object =
        sl_agpu_find_kind(run->exec, run->context->input_layout, SL_AGPU_LAYOUT);
    return object ? object->u.layout : NULL;
}

static enum sl_agpu_class check_draw(struct sl_agpu_run *run, struct sl_agpu_draw *draw)
{
    enum sl_agpu_class class_ = check_programs(run, draw);
    if (class_ == SL_AGPU_OK) {
        class_ = check_primitives(run, &draw->programs);
    }
    if (class_ == SL_AGPU_OK && draw->is_indexed) {
        class_ = check_index_buffer(run);
    }
    if (class_ == SL_AGPU_OK) {
        sl_agpu_vertex_inputs_match(draw->programs.vs->program, draw->layout, &draw->inputs);
        class_ = check_vertex_buffers(run, draw);
    }
    return class_;
}

static enum sl_agpu_class run_draw(struct sl_agpu_run *run, struct sl_agpu_draw *draw)
{
    draw->targets = sl_agpu_resolve_targets(run);
    if (!draw->targets.any) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no target is bound");
    }
    draw->layout = resolve_layout(run);
    resolve_programs(run, &draw->programs);
    bool has_programs = draw->programs.vs || draw->programs.ps;
    if (run->exec->config.profile_aero && !draw->is_indexed && !has_programs) {
        return sl_agpu_profile_t_draw(run, draw);
    }
    enum sl_agpu_class class_ = check_draw(run, draw);
    if (class_ != SL_AGPU_OK || draw->count == 0 || draw->instance_count == 0) {
        return class_;
    }
    class_ = refresh(run, draw);
    return class_ == SL_AGPU_OK ? sl_agpu_draw_run(run, draw) : class_;
}

enum sl_agpu_class sl_agpu_cmd_draw(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_draw cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_draw draw = {
        .count = cmd.vertex_count,
        .instance_count = cmd.instance_count,
        .first = cmd.first_vertex,
        .first_instance = cmd.first_instance,
    };
    return run_draw(run, &draw);
}

enum sl_agpu_class sl_agpu_cmd_draw_indexed(struct sl_agpu_run *run,
                                            const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_draw_indexed cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_draw draw = {
        .is_indexed = true,
        .count = cmd.index_count,
        .instance_count = cmd.instance_count,
        .first = cmd.first_index,
        .base_vertex = (uint32_t)cmd.base_vertex,
        .first_instance = cmd.first_instance,
    };
    return run_draw(run, &draw);
}

static enum sl_agpu_class run_dispatch(struct sl_agpu_run *run, const uint32_t groups[3])
{
    struct sl_agpu_shader *shader = resolve_program(run, SL_ABI_STAGE_COMPUTE);
    if (!shader) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no compute program");
    }
    if (!shader->program) {
        return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "%s", shader->refusal);
    }
    enum sl_agpu_class class_ = sl_agpu_bindings_check(run, shader);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_bindings_refresh(run, shader);
    return sl_agpu_dispatch_run(run, shader, groups);
}

enum sl_agpu_class sl_agpu_cmd_dispatch(struct sl_agpu_run *run,
                                        const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_dispatch cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_abi_stage stage;
    enum sl_agpu_class class_ =
        sl_agpu_stage_resolve(run, AEROGPU_SHADER_STAGE_COMPUTE, cmd.reserved0, &stage);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    const uint32_t groups[3] = {cmd.group_count_x, cmd.group_count_y, cmd.group_count_z};
    if (groups[0] == 0 || groups[1] == 0 || groups[2] == 0) {
        return SL_AGPU_OK;
    }
    if (groups[0] > DISPATCH_GROUPS_MAX || groups[1] > DISPATCH_GROUPS_MAX ||
        groups[2] > DISPATCH_GROUPS_MAX) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                            "groups %" PRIu32 "x%" PRIu32 "x%" PRIu32 "; at most %d each",
                            groups[0], groups[1], groups[2], DISPATCH_GROUPS_MAX);
    }
    if (stage != SL_ABI_STAGE_COMPUTE) {
        return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "only compute programs run as a grid");
    }
    return run_dispatch(run, groups);
}
