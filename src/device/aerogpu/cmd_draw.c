/*
 * DRAW, DRAW_INDEXED and DISPATCH: everything that is checked before a vertex, pixel or thread
 * runs. Running them needs a shader core, which this device has not got: what gets past the checks
 * with work to do is UNSUPPORTED, never passed over in silence.
 */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "device/aerogpu/stage.h"

#include <inttypes.h>

enum { DISPATCH_GROUPS_MAX = 65535 };

/* The programs of a draw, as far as they resolve. */
struct programs {
    const struct sl_agpu_shader *vs, *ps, *gs, *hs, *ds;
};

static const struct sl_agpu_shader *resolve_program(const struct sl_agpu_run *run,
                                                    enum sl_abi_stage stage)
{
    uint32_t handle = sl_agpu_stage_state(run->context, stage)->program;
    const struct sl_agpu_object *object = sl_agpu_find_kind(run->exec, handle, SL_AGPU_SHADER);
    return object && object->u.shader.stage == stage ? &object->u.shader : NULL;
}

static struct programs resolve_programs(const struct sl_agpu_run *run)
{
    return (struct programs){
        .vs = resolve_program(run, SL_ABI_STAGE_VERTEX),
        .ps = resolve_program(run, SL_ABI_STAGE_PIXEL),
        .gs = resolve_program(run, SL_ABI_STAGE_GEOMETRY),
        .hs = resolve_program(run, SL_ABI_STAGE_HULL),
        .ds = resolve_program(run, SL_ABI_STAGE_DOMAIN),
    };
}

static bool one_family(const struct programs *programs)
{
    const struct sl_agpu_shader *all[] = {programs->ps, programs->gs, programs->hs, programs->ds};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] && all[i]->family != programs->vs->family) {
            return false;
        }
    }
    return true;
}

static const struct sl_agpu_layout *resolve_layout(const struct sl_agpu_run *run)
{
    const struct sl_agpu_object *object =
        sl_agpu_find_kind(run->exec, run->context->input_layout, SL_AGPU_LAYOUT);
    return object ? &object->u.layout : NULL;
}

static enum sl_agpu_class check_programs(struct sl_agpu_run *run)
{
    struct programs programs = resolve_programs(run);
    if (!programs.vs && !programs.ps && run->exec->config.profile_aero) {
        return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED,
                            "drawing without programs needs a rasteriser");
    }
    if (!programs.vs) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no vertex program");
    }
    if (!one_family(&programs)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "D3D9 and SM4/5 programs together");
    }
    bool is_d3d9 = programs.vs->family == SL_AGPU_FAMILY_D3D9;
    if (is_d3d9 && !programs.ps) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no pixel program");
    }
    if (is_d3d9 && !resolve_layout(run)) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no input layout");
    }
    bool is_patch = run->context->topology >= AEROGPU_TOPOLOGY_PATCHLIST_1;
    if (is_patch && !(programs.hs && programs.ds)) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "patches without hull and domain");
    }
    return SL_AGPU_OK;
}

/* Slots that the layout reads; one that does not resolve is unbound. */
static enum sl_agpu_class check_vertex_buffers(struct sl_agpu_run *run)
{
    const struct sl_agpu_layout *layout = resolve_layout(run);
    for (uint32_t i = 0; layout && i < AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS; i++) {
        const struct sl_agpu_vertex_slot *slot = &run->context->vertex_buffer[i];
        const struct sl_agpu_object *object =
            sl_agpu_find_kind(run->exec, slot->handle, SL_AGPU_BUFFER);
        if (!(layout->slot_mask >> i & 1)) {
            continue;
        }
        if (object && slot->offset_bytes > object->storage->size) {
            return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                                "vertex slot %" PRIu32 ": offset %" PRIu32 " of %" PRIu64 " bytes",
                                i, slot->offset_bytes, object->storage->size);
        }
        if (!object && !layout->is_ilay) {
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

static enum sl_agpu_class draw(struct sl_agpu_run *run, bool is_indexed, uint32_t count,
                               uint32_t instance_count)
{
    struct sl_agpu_targets targets = sl_agpu_resolve_targets(run);
    enum sl_agpu_class class_ =
        targets.any ? SL_AGPU_OK
                    : sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no target is bound");
    if (class_ == SL_AGPU_OK) {
        class_ = check_programs(run);
    }
    if (class_ == SL_AGPU_OK && is_indexed) {
        class_ = check_index_buffer(run);
    }
    if (class_ == SL_AGPU_OK) {
        class_ = check_vertex_buffers(run);
    }
    if (class_ != SL_AGPU_OK || count == 0 || instance_count == 0) {
        return class_;
    }
    return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "drawing needs a shader core");
}

enum sl_agpu_class sl_agpu_cmd_draw(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_draw cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return draw(run, false, cmd.vertex_count, cmd.instance_count);
}

enum sl_agpu_class sl_agpu_cmd_draw_indexed(struct sl_agpu_run *run,
                                            const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_draw_indexed cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return draw(run, true, cmd.index_count, cmd.instance_count);
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
    uint32_t x = cmd.group_count_x;
    uint32_t y = cmd.group_count_y;
    uint32_t z = cmd.group_count_z;
    if (x == 0 || y == 0 || z == 0) {
        return SL_AGPU_OK;
    }
    if (x > DISPATCH_GROUPS_MAX || y > DISPATCH_GROUPS_MAX || z > DISPATCH_GROUPS_MAX) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                            "groups %" PRIu32 "x%" PRIu32 "x%" PRIu32 "; at most %d each", x, y, z,
                            DISPATCH_GROUPS_MAX);
    }
    if (stage != SL_ABI_STAGE_COMPUTE) {
        return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "only compute programs run as a grid");
    }
    if (!resolve_program(run, SL_ABI_STAGE_COMPUTE)) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no compute program");
    }
    return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "a dispatch needs a shader core");
}
