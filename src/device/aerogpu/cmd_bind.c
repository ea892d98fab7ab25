/*
 * Binding. Handles are stored as numbers and need not exist yet, targets excepted. In contexts of
 * the d3d11 flavour a resource is never bound for reading and writing at once: the later binding
 * wins.
 */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/checked.h"
#include "device/aerogpu/stage.h"
#include "device/aerogpu/wire.h"

#include <inttypes.h>

static const struct sl_agpu_storage *storage_of(const struct sl_agpu_exec *exec, uint32_t handle)
{
    const struct sl_agpu_object *object = sl_agpu_find(exec, handle);
    return object ? object->storage : NULL;
}

/* A binding of a buffer range to anything but a buffer is an empty one. */
static const struct sl_agpu_storage *buffer_of(const struct sl_agpu_exec *exec, uint32_t handle)
{
    const struct sl_agpu_object *object = sl_agpu_find_kind(exec, handle, SL_AGPU_BUFFER);
    return object ? object->storage : NULL;
}

static bool has_hazards(const struct sl_agpu_run *run)
{
    return run->context->flavour == SL_AGPU_FLAVOUR_D3D11;
}

/* Drops the targets that are this storage. */
static void unbind_targets(struct sl_agpu_run *run, const struct sl_agpu_storage *storage)
{
    struct sl_agpu_context *context = run->context;
    for (size_t i = 0; storage && i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        if (storage_of(run->exec, context->color[i]) == storage) {
            context->color[i] = 0;
        }
    }
    if (storage && storage_of(run->exec, context->depth) == storage) {
        context->depth = 0;
    }
}

/* Drops the t# slots of every stage that are this storage. */
static void unbind_srvs(struct sl_agpu_run *run, const struct sl_agpu_storage *storage)
{
    for (size_t s = 0; storage && s < SL_AGPU_STAGE_COUNT; s++) {
        struct sl_agpu_stage_state *stage = &run->context->stage[s];
        for (size_t i = 0; i < AEROGPU_LIMIT_TEXTURE_SLOTS; i++) {
            uint32_t handle = stage->srv[i].range.handle;
            if (handle && storage_of(run->exec, handle) == storage) {
                stage->srv[i] = (struct sl_agpu_srv){0};
            }
        }
    }
    sl_agpu_work(run, sizeof(run->context->stage));
}

static void unbind_uavs(struct sl_agpu_run *run, const struct sl_agpu_storage *storage)
{
    for (size_t s = 0; storage && s < SL_AGPU_STAGE_COUNT; s++) {
        struct sl_agpu_stage_state *stage = &run->context->stage[s];
        for (size_t i = 0; i < AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS; i++) {
            if (storage_of(run->exec, stage->uav[i].handle) == storage) {
                stage->uav[i] = (struct sl_agpu_buffer_range){0};
            }
        }
    }
}

static enum sl_agpu_class check_target(struct sl_agpu_run *run, uint32_t handle, bool depth)
{
    if (handle == 0) {
        return SL_AGPU_OK;
    }
    struct sl_agpu_target target = sl_agpu_resolve_target(run->exec, handle);
    if (!target.storage || !sl_agpu_is_target_format(target.format) ||
        sl_agpu_is_depth_format(target.format) != depth) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no %s target", handle,
                            depth ? "depth" : "colour");
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_render_targets(struct sl_agpu_run *run,
                                                  const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_render_targets cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.color_count > AEROGPU_MAX_RENDER_TARGETS) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "color_count %" PRIu32, cmd.color_count);
    }
    enum sl_agpu_class class_ = check_target(run, cmd.depth_stencil, true);
    for (uint32_t i = 0; i < cmd.color_count && class_ == SL_AGPU_OK; i++) {
        class_ = check_target(run, cmd.colors[i], false);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    struct sl_agpu_context *context = run->context;
    for (uint32_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        context->color[i] = i < cmd.color_count ? cmd.colors[i] : 0;
        if (has_hazards(run)) {
            unbind_srvs(run, storage_of(run->exec, context->color[i]));
        }
    }
    context->depth = cmd.depth_stencil;
    if (has_hazards(run)) {
        unbind_srvs(run, storage_of(run->exec, context->depth));
    }
    return SL_AGPU_OK;
}

static enum sl_agpu_class check_slots(struct sl_agpu_run *run, uint32_t start, uint32_t count,
                                      uint32_t limit)
{
    if (!sl_range_fits(start, count, limit)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "slots %" PRIu32 " + %" PRIu32 " of %" PRIu32,
                            start, count, limit);
    }
    return SL_AGPU_OK;
}

/* Slots, then the handles that start every stride bytes of data. */
static enum sl_agpu_class check_bindings(struct sl_agpu_run *run, uint32_t start, uint32_t count,
                                         uint32_t limit, const uint8_t *data, size_t stride)
{
    enum sl_agpu_class class_ = check_slots(run, start, count, limit);
    for (uint32_t i = 0; i < count && class_ == SL_AGPU_OK; i++) {
        class_ = sl_agpu_check_bindable(run, sl_get_le32(data + i * stride));
    }
    return class_;
}

enum sl_agpu_class sl_agpu_cmd_set_vertex_buffers(struct sl_agpu_run *run,
                                                  const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_vertex_buffers cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    const uint8_t *data = packet->bytes + sizeof(cmd);
    size_t stride = sizeof(struct aerogpu_vertex_buffer_binding);
    enum sl_agpu_class class_ = check_bindings(run, cmd.start_slot, cmd.buffer_count,
                                               AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS, data, stride);
    for (uint32_t i = 0; i < cmd.buffer_count && class_ == SL_AGPU_OK; i++, data += stride) {
        run->context->vertex_buffer[cmd.start_slot + i] = (struct sl_agpu_vertex_slot){
            .handle = SL_WIRE_GET32(data, aerogpu_vertex_buffer_binding, buffer),
            .stride_bytes = SL_WIRE_GET32(data, aerogpu_vertex_buffer_binding, stride_bytes),
            .offset_bytes = SL_WIRE_GET32(data, aerogpu_vertex_buffer_binding, offset_bytes),
        };
    }
    return class_;
}

enum sl_agpu_class sl_agpu_cmd_set_index_buffer(struct sl_agpu_run *run,
                                                const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_index_buffer cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_agpu_class class_ = sl_agpu_check_bindable(run, cmd.buffer);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    if (cmd.buffer != 0 && !sl_abi_value_name(SL_ENUM_AEROGPU_INDEX_FORMAT, cmd.format)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "index format %" PRIu32, cmd.format);
    }
    run->context->index_buffer.handle = cmd.buffer;
    run->context->index_buffer.format = cmd.buffer ? cmd.format : AEROGPU_INDEX_FORMAT_UINT16;
    run->context->index_buffer.offset_bytes = cmd.buffer ? cmd.offset_bytes : 0;
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_texture(struct sl_agpu_run *run,
                                           const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_texture cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_agpu_class class_ = sl_agpu_check_bindable(run, cmd.texture);
    enum sl_abi_stage stage = SL_ABI_STAGE_REJECT;
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_stage_resolve(run, cmd.shader_stage, cmd.reserved0, &stage);
    }
    if (class_ == SL_AGPU_OK) {
        class_ = check_slots(run, cmd.slot, 1, AEROGPU_LIMIT_TEXTURE_SLOTS);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_stage_state(run->context, stage)->srv[cmd.slot] = (struct sl_agpu_srv){
        .range = {.handle = cmd.texture},
        .by_texture_packet = true,
    };
    const struct sl_agpu_storage *storage = storage_of(run->exec, cmd.texture);
    if (storage && has_hazards(run)) {
        unbind_targets(run, storage);
        unbind_uavs(run, storage);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_create_sampler(struct sl_agpu_run *run,
                                              const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_create_sampler cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.sampler_handle == 0) {
        return sl_agpu_check_free_handle(run, 0);
    }
    const struct sl_agpu_sampler sampler = {
        .filter = cmd.filter,
        .address_u = cmd.address_u,
        .address_v = cmd.address_v,
        .address_w = cmd.address_w,
    };
    const struct sl_abi_enum *modes = SL_ENUM_AEROGPU_SAMPLER_ADDRESS_MODE;
    if (!sl_abi_value_name(SL_ENUM_AEROGPU_SAMPLER_FILTER, sampler.filter) ||
        !sl_abi_value_name(modes, sampler.address_u) ||
        !sl_abi_value_name(modes, sampler.address_v) ||
        !sl_abi_value_name(modes, sampler.address_w)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "an unknown filter or address mode");
    }
    enum sl_agpu_class class_ = sl_agpu_check_free_handle(run, cmd.sampler_handle);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    struct sl_agpu_object *object = sl_agpu_add(run->exec, cmd.sampler_handle, SL_AGPU_SAMPLER);
    if (!object) {
        return sl_agpu_fail_host_memory(run, sizeof(*object));
    }
    object->u.sampler = sampler;
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_destroy_sampler(struct sl_agpu_run *run,
                                               const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_destroy_sampler cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return sl_agpu_destroy(run, cmd.sampler_handle, SL_AGPU_SAMPLER, "sampler");
}

enum sl_agpu_class sl_agpu_cmd_set_samplers(struct sl_agpu_run *run,
                                            const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_samplers cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    const uint8_t *data = packet->bytes + sizeof(cmd);
    enum sl_abi_stage stage;
    enum sl_agpu_class class_ = sl_agpu_stage_resolve(run, cmd.shader_stage, cmd.reserved0, &stage);
    if (class_ == SL_AGPU_OK) {
        class_ = check_bindings(run, cmd.start_slot, cmd.sampler_count, AEROGPU_LIMIT_SAMPLER_SLOTS,
                                data, 4);
    }
    for (uint32_t i = 0; class_ == SL_AGPU_OK && i < cmd.sampler_count; i++) {
        sl_agpu_stage_state(run->context, stage)->sampler[cmd.start_slot + i] =
            sl_get_le32(data + 4 * (size_t)i);
    }
    return class_;
}

/* The three kinds of buffer binding have the same layout. */
static struct sl_agpu_buffer_range read_range(const uint8_t *data)
{
    return (struct sl_agpu_buffer_range){
        .handle = SL_WIRE_GET32(data, aerogpu_constant_buffer_binding, buffer),
        .offset_bytes = SL_WIRE_GET32(data, aerogpu_constant_buffer_binding, offset_bytes),
        .size_bytes = SL_WIRE_GET32(data, aerogpu_constant_buffer_binding, size_bytes),
    };
}

enum { RANGE_STRIDE = sizeof(struct aerogpu_constant_buffer_binding) };

static void bind_constant_buffer(struct sl_agpu_run *run, struct sl_agpu_stage_state *stage,
                                 uint32_t slot, struct sl_agpu_buffer_range range)
{
    (void)run;
    stage->constant_buffer[slot] = range;
    stage->constant_buffer0_set |= slot == 0;
}

/* Handle 0 removes a buffer and leaves a texture. */
static void bind_srv(struct sl_agpu_run *run, struct sl_agpu_stage_state *stage, uint32_t slot,
                     struct sl_agpu_buffer_range range)
{
    struct sl_agpu_srv *srv = &stage->srv[slot];
    const struct sl_agpu_storage *bound = storage_of(run->exec, srv->range.handle);
    bool holds_texture = srv->by_texture_packet && (!bound || bound->is_texture);
    if (range.handle == 0 && holds_texture) {
        return;
    }
    *srv = (struct sl_agpu_srv){.range = range};
    if (has_hazards(run)) {
        unbind_uavs(run, buffer_of(run->exec, range.handle));
    }
}

static void bind_uav(struct sl_agpu_run *run, struct sl_agpu_stage_state *stage, uint32_t slot,
                     struct sl_agpu_buffer_range range)
{
    stage->uav[slot] = range;
    stage->uav_counter[slot] = 0;
    if (has_hazards(run)) {
        unbind_srvs(run, buffer_of(run->exec, range.handle));
    }
}

/* The packets differ in their slot limit and in what a binding does. */
static enum sl_agpu_class
set_ranges(struct sl_agpu_run *run, const struct sl_agpu_packet *packet, uint32_t limit,
           void (*bind)(struct sl_agpu_run *run, struct sl_agpu_stage_state *stage, uint32_t slot,
                        struct sl_agpu_buffer_range range))
{
    struct aerogpu_cmd_set_constant_buffers cmd;
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_SET_CONSTANT_BUFFERS, packet->bytes, packet->size, &cmd);
    const uint8_t *data = packet->bytes + sizeof(cmd);
    enum sl_abi_stage stage;
    enum sl_agpu_class class_ = sl_agpu_stage_resolve(run, cmd.shader_stage, cmd.reserved0, &stage);
    bool is_uav = bind == bind_uav;
    if (class_ == SL_AGPU_OK && is_uav &&
        (stage == SL_ABI_STAGE_VERTEX || stage == SL_ABI_STAGE_PIXEL)) {
        class_ = sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "vertex and pixel stages have no UAVs");
    }
    if (class_ == SL_AGPU_OK) {
        class_ = check_bindings(run, cmd.start_slot, cmd.buffer_count, limit, data, RANGE_STRIDE);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_context_decide(run->context, SL_AGPU_FLAVOUR_D3D11);
    for (uint32_t i = 0; i < cmd.buffer_count; i++) {
        struct sl_agpu_buffer_range range = read_range(data + (size_t)i * RANGE_STRIDE);
        bind(run, sl_agpu_stage_state(run->context, stage), cmd.start_slot + i, range);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_constant_buffers(struct sl_agpu_run *run,
                                                    const struct sl_agpu_packet *packet)
{
    return set_ranges(run, packet, AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS, bind_constant_buffer);
}

enum sl_agpu_class sl_agpu_cmd_set_shader_resource_buffers(struct sl_agpu_run *run,
                                                           const struct sl_agpu_packet *packet)
{
    return set_ranges(run, packet, AEROGPU_LIMIT_SHADER_RESOURCE_BUFFER_SLOTS, bind_srv);
}

enum sl_agpu_class sl_agpu_cmd_set_unordered_access_buffers(struct sl_agpu_run *run,
                                                            const struct sl_agpu_packet *packet)
{
    return set_ranges(run, packet, AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS, bind_uav);
}
