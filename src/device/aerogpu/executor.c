#include "device/aerogpu/draw.h"

#include "base/bytes.h"
#include "device/aerogpu/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a packet costs besides the bytes it touches, and one that fails and is passed over. */
enum { PACKET_WORK = 64, FAILURE_WORK = 65536 };

static const char *const class_names[SL_AGPU_CLASS_COUNT] = {
    [SL_AGPU_OK] = "OK",
    [SL_AGPU_BAD_STREAM] = "BAD_STREAM",
    [SL_AGPU_BAD_PACKET] = "BAD_PACKET",
    [SL_AGPU_BAD_HANDLE] = "BAD_HANDLE",
    [SL_AGPU_HANDLE_IN_USE] = "HANDLE_IN_USE",
    [SL_AGPU_BAD_VALUE] = "BAD_VALUE",
    [SL_AGPU_OUT_OF_BOUNDS] = "OUT_OF_BOUNDS",
    [SL_AGPU_NO_ALLOC] = "NO_ALLOC",
    [SL_AGPU_READONLY] = "READONLY",
    [SL_AGPU_BAD_SHADER] = "BAD_SHADER",
    [SL_AGPU_UNSUPPORTED] = "UNSUPPORTED",
    [SL_AGPU_BAD_TOKEN] = "BAD_TOKEN",
    [SL_AGPU_INCOMPLETE_STATE] = "INCOMPLETE_STATE",
    [SL_AGPU_HOST] = "HOST",
};

/* In the order of the ABI's table. decides: the flavour that a successful packet gives to a context
 * without one. */
static const struct {
    uint32_t opcode;
    sl_agpu_handler *handler;
    enum sl_agpu_flavour decides;
} commands[] = {
    {AEROGPU_CMD_NOP, sl_agpu_cmd_nop, 0},
    {AEROGPU_CMD_DEBUG_MARKER, sl_agpu_cmd_nop, 0},
    {AEROGPU_CMD_CREATE_BUFFER, sl_agpu_cmd_create_buffer, 0},
    {AEROGPU_CMD_CREATE_TEXTURE2D, sl_agpu_cmd_create_texture2d, 0},
    {AEROGPU_CMD_DESTROY_RESOURCE, sl_agpu_cmd_destroy_resource, 0},
    {AEROGPU_CMD_RESOURCE_DIRTY_RANGE, sl_agpu_cmd_resource_dirty_range, 0},
    {AEROGPU_CMD_UPLOAD_RESOURCE, sl_agpu_cmd_upload_resource, 0},
    {AEROGPU_CMD_COPY_BUFFER, sl_agpu_cmd_copy_buffer, 0},
    {AEROGPU_CMD_COPY_TEXTURE2D, sl_agpu_cmd_copy_texture2d, 0},
    {AEROGPU_CMD_CREATE_TEXTURE_VIEW, sl_agpu_cmd_create_texture_view, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_DESTROY_TEXTURE_VIEW, sl_agpu_cmd_destroy_texture_view, 0},
    {AEROGPU_CMD_CREATE_SHADER_DXBC, sl_agpu_cmd_create_shader_dxbc, 0},
    {AEROGPU_CMD_DESTROY_SHADER, sl_agpu_cmd_destroy_shader, 0},
    {AEROGPU_CMD_BIND_SHADERS, sl_agpu_cmd_bind_shaders, 0},
    {AEROGPU_CMD_SET_SHADER_CONSTANTS_F, sl_agpu_cmd_set_shader_constants_f, 0},
    {AEROGPU_CMD_CREATE_INPUT_LAYOUT, sl_agpu_cmd_create_input_layout, 0},
    {AEROGPU_CMD_DESTROY_INPUT_LAYOUT, sl_agpu_cmd_destroy_input_layout, 0},
    {AEROGPU_CMD_SET_INPUT_LAYOUT, sl_agpu_cmd_set_input_layout, 0},
    {AEROGPU_CMD_SET_SHADER_CONSTANTS_I, sl_agpu_cmd_set_shader_constants_i, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_SHADER_CONSTANTS_B, sl_agpu_cmd_set_shader_constants_b, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_BLEND_STATE, sl_agpu_cmd_set_blend_state, 0},
    {AEROGPU_CMD_SET_DEPTH_STENCIL_STATE, sl_agpu_cmd_set_depth_stencil_state, 0},
    {AEROGPU_CMD_SET_RASTERIZER_STATE, sl_agpu_cmd_set_rasterizer_state, 0},
    {AEROGPU_CMD_SET_RENDER_TARGETS, sl_agpu_cmd_set_render_targets, 0},
    {AEROGPU_CMD_SET_VIEWPORT, sl_agpu_cmd_set_viewport, 0},
    {AEROGPU_CMD_SET_SCISSOR, sl_agpu_cmd_set_scissor, 0},
    {AEROGPU_CMD_SET_VERTEX_BUFFERS, sl_agpu_cmd_set_vertex_buffers, 0},
    {AEROGPU_CMD_SET_INDEX_BUFFER, sl_agpu_cmd_set_index_buffer, 0},
    {AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, sl_agpu_cmd_set_primitive_topology, 0},
    {AEROGPU_CMD_SET_TEXTURE, sl_agpu_cmd_set_texture, 0},
    {AEROGPU_CMD_SET_SAMPLER_STATE, sl_agpu_cmd_set_sampler_state, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_RENDER_STATE, sl_agpu_cmd_set_render_state, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_CREATE_SAMPLER, sl_agpu_cmd_create_sampler, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_DESTROY_SAMPLER, sl_agpu_cmd_destroy_sampler, 0},
    {AEROGPU_CMD_SET_SAMPLERS, sl_agpu_cmd_set_samplers, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_CONSTANT_BUFFERS, sl_agpu_cmd_set_constant_buffers, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, sl_agpu_cmd_set_shader_resource_buffers,
     SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, sl_agpu_cmd_set_unordered_access_buffers,
     SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_CLEAR, sl_agpu_cmd_clear, 0},
    {AEROGPU_CMD_DRAW, sl_agpu_cmd_draw, 0},
    {AEROGPU_CMD_DRAW_INDEXED, sl_agpu_cmd_draw_indexed, 0},
    {AEROGPU_CMD_DISPATCH, sl_agpu_cmd_dispatch, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_PRESENT, sl_agpu_cmd_present, 0},
    {AEROGPU_CMD_PRESENT_EX, sl_agpu_cmd_present, 0},
    {AEROGPU_CMD_EXPORT_SHARED_SURFACE, sl_agpu_cmd_export_shared_surface, 0},
    {AEROGPU_CMD_IMPORT_SHARED_SURFACE, sl_agpu_cmd_import_shared_surface, 0},
    {AEROGPU_CMD_RELEASE_SHARED_SURFACE, sl_agpu_cmd_release_shared_surface, 0},
    {AEROGPU_CMD_FLUSH, sl_agpu_cmd_nop, 0},
};

const char *sl_agpu_class_name(enum sl_agpu_class class_)
{
    return class_names[class_];
}

enum sl_agpu_class sl_agpu_fail(struct sl_agpu_run *run, enum sl_agpu_class class_,
                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(run->outcome->detail, sizeof(run->outcome->detail), format, args);
    va_end(args);
    return class_;
}

void sl_agpu_work(struct sl_agpu_run *run, uint64_t work)
{
    if (__builtin_add_overflow(run->outcome->work, work, &run->outcome->work)) {
        run->outcome->work = UINT64_MAX;
    }
}

bool sl_agpu_is_exhausted(const struct sl_agpu_run *run)
{
    return run->outcome->work > run->work_limit;
}

struct sl_agpu_exec *sl_agpu_exec_create(const struct sl_agpu_exec_config *config)
{
    struct sl_agpu_exec *exec = calloc(1, sizeof(*exec));
    if (!exec) {
        return NULL;
    }
    exec->config = *config;
    if (exec->config.max_memory_bytes == 0) {
        exec->config.max_memory_bytes = SL_AGPU_DEFAULT_MEMORY;
    }
    if (!sl_agpu_default_target_create(exec)) {
        sl_agpu_exec_destroy(exec);
        return NULL;
    }
    return exec;
}

static void forget(struct sl_agpu_exec *exec)
{
    sl_agpu_objects_clear(exec);
    sl_agpu_tokens_clear(exec);
    sl_agpu_contexts_clear(exec);
    sl_image_finish(&exec->presented);
    exec->has_presented = false;
}

void sl_agpu_exec_destroy(struct sl_agpu_exec *exec)
{
    if (exec) {
        forget(exec);
        sl_agpu_drawing_destroy(exec->drawing);
        sl_agpu_storage_destroy(exec, exec->default_target);
        sl_agpu_inspection_finish(exec);
        free(exec);
    }
}

/* The default target belongs to the trace, not to the guest: a reset keeps its content. */
void sl_agpu_exec_reset(struct sl_agpu_exec *exec)
{
    forget(exec);
}

const struct sl_image *sl_agpu_exec_presented(const struct sl_agpu_exec *exec)
{
    return exec->has_presented ? &exec->presented : NULL;
}

struct sl_agpu_presented sl_agpu_exec_presented_from(const struct sl_agpu_exec *exec)
{
    return exec->has_presented ? exec->presented_from : (struct sl_agpu_presented){0};
}

enum sl_agpu_class sl_agpu_cmd_nop(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    (void)run;
    (void)packet;
    return SL_AGPU_OK;
}

/* Both tables list the same opcodes in the same order, so a row of one finds that of the other. */
static size_t find_command(const struct sl_abi_opcode *opcode)
{
    size_t at = (size_t)(opcode - sl_abi_aerogpu.opcodes);
    assert(at < sizeof(commands) / sizeof(commands[0]) && commands[at].opcode == opcode->value);
    return at;
}

static enum sl_agpu_class run_packet(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    const struct sl_abi_opcode *opcode = packet->opcode;
    if (packet->size < opcode->min_size) {
        return sl_agpu_fail(run, SL_AGPU_BAD_PACKET, "%" PRIu32 " bytes; needs %" PRIu32,
                            packet->size, opcode->min_size);
    }
    uint64_t needed = sl_abi_needed_size(opcode->layout, packet->bytes, packet->size);
    if (packet->size < needed) {
        return sl_agpu_fail(run, SL_AGPU_BAD_PACKET,
                            "%" PRIu32 " bytes; its payload needs %" PRIu64, packet->size, needed);
    }
    size_t at = find_command(opcode);
    enum sl_agpu_class class_ = commands[at].handler(run, packet);
    if (class_ == SL_AGPU_OK) {
        sl_agpu_context_decide(run->context, commands[at].decides);
    }
    return class_;
}

static bool step(struct sl_agpu_run *run, const struct sl_agpu_stream *stream, uint32_t offset)
{
    const uint8_t *bytes = stream->bytes + offset;
    struct sl_agpu_outcome *outcome = run->outcome;
    uint32_t value = SL_WIRE_GET32(bytes, aerogpu_cmd_hdr, opcode);
    struct sl_agpu_packet packet = {
        .opcode = sl_abi_find_opcode(&sl_abi_aerogpu, value),
        .bytes = bytes,
        .size = SL_WIRE_GET32(bytes, aerogpu_cmd_hdr, size_bytes),
        .gpa = stream->gpa + offset,
    };
    sl_agpu_work(run, PACKET_WORK + (uint64_t)packet.size);
    if (sl_agpu_is_exhausted(run)) {
        outcome->exhausted = true;
        return false;
    }
    if (!sl_agpu_inspect_begin(run, &packet)) {
        outcome->stopped = true;
        return false;
    }
    enum sl_agpu_class class_ = packet.opcode ? run_packet(run, &packet) : SL_AGPU_OK;
    sl_agpu_inspect_end(run);
    if (class_ != SL_AGPU_OK) {
        outcome->class_ = class_;
        outcome->offset = offset;
        outcome->opcode = value;
        return false;
    }
    return !outcome->exhausted;
}

/* Tells about a failure and forgets it. */
static void pass_over(struct sl_agpu_run *run, const struct sl_agpu_stream *stream)
{
    struct sl_agpu_outcome *outcome = run->outcome;
    sl_agpu_work(run, FAILURE_WORK);
    stream->on_failure(stream->data, outcome);
    *outcome = (struct sl_agpu_outcome){
        .packet_index = outcome->packet_index,
        .work = outcome->work,
    };
}

void sl_agpu_exec_run(struct sl_agpu_exec *exec, const struct sl_agpu_stream *stream,
                      struct sl_agpu_outcome *outcome)
{
    *outcome = (struct sl_agpu_outcome){0};
    struct sl_agpu_run run = {
        .exec = exec,
        .context = sl_agpu_get_context(exec, stream->context_id),
        .table = stream->table,
        .minor = (uint16_t)SL_WIRE_GET32(stream->bytes, aerogpu_cmd_stream_header, abi_version),
        .work_limit = stream->work_limit,
        .outcome = outcome,
    };
    if (!run.context) {
        outcome->class_ = sl_agpu_fail(&run, SL_AGPU_HOST, "no memory for another context");
        return;
    }
    exec->inspection.submissions++;
    exec->inspection.context_id = stream->context_id;
    uint32_t end = SL_WIRE_GET32(stream->bytes, aerogpu_cmd_stream_header, size_bytes);
    uint32_t offset = sizeof(struct aerogpu_cmd_stream_header);
    while (offset < end) {
        const uint8_t *packet = stream->bytes + offset;
        if (!step(&run, stream, offset)) {
            if (!stream->on_failure || outcome->exhausted || outcome->stopped) {
                return;
            }
            pass_over(&run, stream);
        }
        outcome->packet_index++;
        offset += SL_WIRE_GET32(packet, aerogpu_cmd_hdr, size_bytes);
    }
}
