/* Fixed state in the shape of D3D10/11. Unknown enum values have defined meanings, not errors. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define ONE_F32 0x3F800000u

enum { D3DCMP_ALWAYS = 8, D3DSTENCILOP_KEEP = 1 };

/* D3DBLEND of each aerogpu_blend_factor, and D3DBLENDOP of each aerogpu_blend_op. */
static const uint8_t blend_factors[] = {1, 2, 5, 6, 7, 8, 14, 15};
static const uint8_t blend_ops[] = {1, 2, 3, 4, 5};

static uint8_t map(const uint8_t *table, size_t count, uint32_t value, uint8_t otherwise)
{
    return value < count ? table[value] : otherwise;
}

/* The packet grew over time: what a shorter form lacks follows from what it has. */
static void complete_blend(struct aerogpu_blend_state *state, size_t size)
{
    size_t base = offsetof(struct aerogpu_cmd_set_blend_state, state);
    if (size < base + offsetof(struct aerogpu_blend_state, src_factor_alpha) + 4) {
        state->src_factor_alpha = state->src_factor;
    }
    if (size < base + offsetof(struct aerogpu_blend_state, dst_factor_alpha) + 4) {
        state->dst_factor_alpha = state->dst_factor;
    }
    if (size < base + offsetof(struct aerogpu_blend_state, blend_op_alpha) + 4) {
        state->blend_op_alpha = state->blend_op;
    }
    for (size_t i = 0; i < 4; i++) {
        size_t at = offsetof(struct aerogpu_blend_state, blend_constant_rgba_f32) + 4 * i;
        if (size < base + at + 4) {
            state->blend_constant_rgba_f32[i] = ONE_F32;
        }
    }
    if (size < base + offsetof(struct aerogpu_blend_state, sample_mask) + 4) {
        state->sample_mask = UINT32_MAX;
    }
}

enum sl_agpu_class sl_agpu_cmd_set_blend_state(struct sl_agpu_run *run,
                                               const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_blend_state cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct aerogpu_blend_state state = cmd.state;
    complete_blend(&state, packet->size);
    uint8_t src = map(blend_factors, sizeof(blend_factors), state.src_factor, 2);
    uint8_t dst = map(blend_factors, sizeof(blend_factors), state.dst_factor, 1);
    uint8_t op = map(blend_ops, sizeof(blend_ops), state.blend_op, 1);
    struct sl_agpu_blend *blend = &run->context->blend;
    *blend = (struct sl_agpu_blend){
        .enable = state.enable != 0,
        .separate_alpha = true,
        .src = src,
        .dst = dst,
        .op = op,
        .src_alpha = map(blend_factors, sizeof(blend_factors), state.src_factor_alpha, src),
        .dst_alpha = map(blend_factors, sizeof(blend_factors), state.dst_factor_alpha, dst),
        .op_alpha = map(blend_ops, sizeof(blend_ops), state.blend_op_alpha, op),
        .sample_mask = state.sample_mask,
    };
    memset(blend->write_mask, state.color_write_mask & 0xF, sizeof(blend->write_mask));
    for (size_t i = 0; i < 4; i++) {
        blend->constant[i] = state.blend_constant_rgba_f32[i];
    }
    return SL_AGPU_OK;
}

/* The packet has no stencil functions: it sets those under which nothing changes. */
enum sl_agpu_class sl_agpu_cmd_set_depth_stencil_state(struct sl_agpu_run *run,
                                                       const struct sl_agpu_packet *packet)
{
    static const struct sl_agpu_stencil_face keep = {
        .func = D3DCMP_ALWAYS,
        .fail = D3DSTENCILOP_KEEP,
        .zfail = D3DSTENCILOP_KEEP,
        .pass = D3DSTENCILOP_KEEP,
    };
    struct aerogpu_cmd_set_depth_stencil_state cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_depth_stencil *state = &run->context->depth_stencil;
    uint32_t func = cmd.state.depth_func;
    *state = (struct sl_agpu_depth_stencil){
        .depth_enable = cmd.state.depth_enable != 0,
        .depth_write = cmd.state.depth_write_enable != 0,
        /* D3DCMPFUNC counts from 1 in the same order. */
        .depth_func = func <= AEROGPU_COMPARE_ALWAYS ? (uint8_t)(func + 1) : D3DCMP_ALWAYS,
        .stencil_enable = cmd.state.stencil_enable != 0,
        .read_mask = cmd.state.stencil_read_mask,
        .write_mask = cmd.state.stencil_write_mask,
        .ref = state->ref,
        .front = keep,
        .back = keep,
    };
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_rasterizer_state(struct sl_agpu_run *run,
                                                    const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_rasterizer_state cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_rasterizer *state = &run->context->rasterizer;
    state->fill =
        cmd.state.fill_mode == AEROGPU_FILL_WIREFRAME ? SL_AGPU_FILL_WIREFRAME : SL_AGPU_FILL_SOLID;
    if (cmd.state.cull_mode <= AEROGPU_CULL_BACK) {
        state->cull = (uint8_t)cmd.state.cull_mode;
    }
    state->front_ccw = cmd.state.front_ccw != 0;
    state->scissor_enable = cmd.state.scissor_enable != 0;
    state->depth_bias = cmd.state.depth_bias;
    state->slope_bias = 0;
    state->float_bias = 0;
    state->depth_clip = !(cmd.state.flags & AEROGPU_RASTERIZER_FLAG_DEPTH_CLIP_DISABLE);
    return SL_AGPU_OK;
}

/* Stored as it came; what an empty or infinite one means depends on the flavour at use. */
enum sl_agpu_class sl_agpu_cmd_set_viewport(struct sl_agpu_run *run,
                                            const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_viewport cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    run->context->viewport = (struct sl_agpu_viewport){
        .is_set = true,
        .x = cmd.x_f32,
        .y = cmd.y_f32,
        .width = cmd.width_f32,
        .height = cmd.height_f32,
        .min_depth = cmd.min_depth_f32,
        .max_depth = cmd.max_depth_f32,
    };
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_scissor(struct sl_agpu_run *run,
                                           const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_scissor cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    run->context->scissor = (struct sl_agpu_scissor){
        .is_set = true,
        .x = cmd.x,
        .y = cmd.y,
        .width = cmd.width,
        .height = cmd.height,
    };
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_primitive_topology(struct sl_agpu_run *run,
                                                      const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_primitive_topology cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (!sl_abi_value_name(SL_ENUM_AEROGPU_PRIMITIVE_TOPOLOGY, cmd.topology)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "topology %" PRIu32, cmd.topology);
    }
    run->context->topology = cmd.topology;
    if (cmd.topology == AEROGPU_TOPOLOGY_TRIANGLEFAN) {
        sl_agpu_context_decide(run->context, SL_AGPU_FLAVOUR_D3D9);
    } else if (cmd.topology >= AEROGPU_TOPOLOGY_LINELIST_ADJ) {
        sl_agpu_context_decide(run->context, SL_AGPU_FLAVOUR_D3D11);
    }
    return SL_AGPU_OK;
}
