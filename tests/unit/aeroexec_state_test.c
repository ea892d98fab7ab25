/* Fixed state: defaults, the packets of both families, which of them wins. */
#include "aeroexec_rig.h"
#include "device/aerogpu/exec.h"

#include <string.h>

TestSuite(aeroexec_state);

#define ONE 0x3F800000u

static struct sl_agpu_context *context(struct rig *rig)
{
    return sl_agpu_get_context(rig->exec, rig->context_id);
}

static void render_state(struct rig *rig, uint32_t state, uint32_t value)
{
    PACKET(rig, AEROGPU_CMD_SET_RENDER_STATE, state, value);
    rig_ok(rig);
}

/* D3D9 numbers: blend ONE 2, ZERO 1, ADD 1; compare ALWAYS 8; stencil KEEP 1. */
Test(aeroexec_state, defaults)
{
    struct rig rig = rig_make();
    rig.context_id = 0xFFFFFFFF;
    rig_packet(&rig, AEROGPU_CMD_NOP, NULL, 0);
    rig_ok(&rig);
    const struct sl_agpu_context *c = context(&rig);
    cr_assert_eq(c->flavour, SL_AGPU_FLAVOUR_UNKNOWN);
    cr_assert_eq(c->topology, AEROGPU_TOPOLOGY_TRIANGLELIST);
    cr_assert(!c->viewport.is_set && !c->scissor.is_set);
    cr_assert(!c->blend.enable && c->blend.src == 2 && c->blend.dst == 1 && c->blend.op == 1);
    cr_assert(c->blend.src_alpha == 2 && c->blend.dst_alpha == 1 && c->blend.op_alpha == 1);
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(c->blend.write_mask[i], 0xF);
    }
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(c->blend.constant[i], ONE);
    }
    cr_assert_eq(c->blend.sample_mask, 0xFFFFFFFF);
    const struct sl_agpu_depth_stencil *d = &c->depth_stencil;
    cr_assert(d->depth_enable && d->depth_write && d->depth_func == 0, "the function is unset");
    cr_assert(!d->stencil_enable && !d->two_sided && d->read_mask == 0xFF && d->ref == 0);
    cr_assert(d->write_mask == 0xFF && d->front.func == 8 && d->back.func == 8);
    cr_assert(d->front.fail == 1 && d->front.zfail == 1 && d->back.pass == 1);
    const struct sl_agpu_rasterizer *r = &c->rasterizer;
    cr_assert(r->fill == SL_AGPU_FILL_SOLID && r->cull == AEROGPU_CULL_BACK && !r->front_ccw);
    cr_assert(!r->scissor_enable && r->depth_clip && !r->flat_shade && !r->point_sprite);
    cr_assert(r->depth_bias == 0 && r->slope_bias == 0 && r->float_bias == 0);
    cr_assert(r->point_size == ONE && r->point_size_min == ONE && r->point_size_max == 0x42800000);
    cr_assert(!c->alpha_test.enable && c->alpha_test.func == 8 && c->alpha_test.ref == 0);
    cr_assert(!c->srgb_write);
    static const uint32_t sampler[14] = {0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0};
    for (size_t stage = 0; stage < 2; stage++) {
        for (size_t slot = 0; slot < 16; slot++) {
            cr_assert_eq(memcmp(c->stage[stage].sampler_state[slot], sampler, sizeof(sampler)), 0);
        }
    }
    rig_finish(&rig);
}

/* ---- SET_BLEND_STATE ---- */

enum { BLEND_WORDS = 13 };

/* enable, SRC_ALPHA, DEST_ALPHA, SUBTRACT, mask 5, CONSTANT, INV_CONSTANT, MAX, 1 2 3 4, mask */
static const uint32_t blend_words[BLEND_WORDS] = {1, 2,  4,  1,  0xABCDEFF5, 6,   7,
                                                  4, 11, 12, 13, 14,         0x55};

Test(aeroexec_state, every_length_of_set_blend_state)
{
    for (uint32_t words = 5; words <= BLEND_WORDS; words++) {
        struct rig rig = rig_make();
        rig_packet(&rig, AEROGPU_CMD_SET_BLEND_STATE, blend_words, words);
        rig_ok(&rig);
        const struct sl_agpu_blend *b = &context(&rig)->blend;
        cr_assert(b->enable && b->src == 5 && b->dst == 7 && b->op == 2);
        cr_assert_eq(b->src_alpha, words >= 6 ? 14 : 5, "%u words", words);
        cr_assert_eq(b->dst_alpha, words >= 7 ? 15 : 7);
        cr_assert_eq(b->op_alpha, words >= 8 ? 5 : 2);
        for (uint32_t i = 0; i < 4; i++) {
            cr_assert_eq(b->constant[i], words >= 9 + i ? 11 + i : ONE, "%u words", words);
        }
        cr_assert_eq(b->sample_mask, words >= 13 ? 0x55 : 0xFFFFFFFF);
        for (size_t i = 0; i < 8; i++) {
            cr_assert_eq(b->write_mask[i], 5);
        }
        rig_finish(&rig);
    }
    struct rig rig = rig_make();
    rig_packet(&rig, AEROGPU_CMD_SET_BLEND_STATE, blend_words, 4);
    rig_fails(&rig, SL_AGPU_BAD_PACKET);
    rig_finish(&rig);
}

Test(aeroexec_state, unknown_blend_values_have_meanings)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, 8, 99, 5, 0xF, 8, 8, 5, 0, 0, 0, 0, 0);
    rig_ok(&rig);
    const struct sl_agpu_blend *b = &context(&rig)->blend;
    cr_assert(b->src == 2 && b->dst == 1 && b->op == 1);
    cr_assert(b->src_alpha == 2 && b->dst_alpha == 1 && b->op_alpha == 1);
    PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, 3, 5, 2, 0xF, 8, 0xFFFFFFFF, 9, 0, 0, 0, 0, 0);
    rig_ok(&rig);
    cr_assert(b->src == 6 && b->dst == 8 && b->op == 3);
    cr_assert(b->src_alpha == 6 && b->dst_alpha == 8 && b->op_alpha == 3, "taken from colour");
    rig_finish(&rig);
}

/* ---- the other packets ---- */

Test(aeroexec_state, depth_stencil_state)
{
    struct rig rig = rig_make();
    render_state(&rig, 57, 0x1AB);
    for (uint32_t state = 53; state <= 55; state++) {
        render_state(&rig, state, 3);
    }
    render_state(&rig, 185, 1);
    render_state(&rig, 189, 2);
    PACKET(&rig, AEROGPU_CMD_SET_DEPTH_STENCIL_STATE, 0, 2, 4, 1, 0xFFFF1234);
    rig_ok(&rig);
    const struct sl_agpu_depth_stencil *d = &context(&rig)->depth_stencil;
    cr_assert(!d->depth_enable && d->depth_write && d->depth_func == 5 && d->stencil_enable);
    cr_assert(d->read_mask == 0x34 && d->write_mask == 0x12 && d->ref == 0xAB);
    cr_assert(!d->two_sided && d->front.fail == 1 && d->front.zfail == 1 && d->front.pass == 1);
    cr_assert(d->front.func == 8 && d->back.func == 8);
    PACKET(&rig, AEROGPU_CMD_SET_DEPTH_STENCIL_STATE, 1, 0, 8, 0, 0);
    rig_ok(&rig);
    cr_assert(d->depth_enable && !d->depth_write && d->depth_func == 8, "unknown is ALWAYS");
    rig_finish(&rig);
}

Test(aeroexec_state, rasterizer_state)
{
    struct rig rig = rig_make();
    render_state(&rig, 175, ONE);
    render_state(&rig, 195, ONE);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, 1, 1, 7, 2, (uint32_t)-5, 1);
    rig_ok(&rig);
    const struct sl_agpu_rasterizer *r = &context(&rig)->rasterizer;
    cr_assert(r->fill == SL_AGPU_FILL_WIREFRAME && r->cull == AEROGPU_CULL_FRONT && r->front_ccw);
    cr_assert(r->scissor_enable && r->depth_bias == -5 && !r->depth_clip);
    cr_assert(r->slope_bias == 0 && r->float_bias == 0);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, 2, 3, 0, 0, 0, 0xFFFFFFFE);
    rig_ok(&rig);
    cr_assert(r->fill == SL_AGPU_FILL_SOLID, "unknown is SOLID");
    cr_assert(r->cull == AEROGPU_CULL_FRONT, "unknown keeps");
    cr_assert(!r->front_ccw && !r->scissor_enable && r->depth_clip);
    rig_finish(&rig);
}

Test(aeroexec_state, viewport_scissor_and_topology)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_VIEWPORT, 1, 2, 3, 4, 5, 0x7FC00000);
    PACKET(&rig, AEROGPU_CMD_SET_SCISSOR, (uint32_t)-1, 2, 0, (uint32_t)-7);
    rig_ok(&rig);
    const struct sl_agpu_context *c = context(&rig);
    cr_assert(c->viewport.is_set && c->viewport.x == 1 && c->viewport.max_depth == 0x7FC00000);
    cr_assert(c->scissor.is_set && c->scissor.x == -1 && c->scissor.height == -7);
    for (uint32_t topology = 0; topology < 70; topology++) {
        bool known = (topology >= 1 && topology <= 6) || (topology >= 10 && topology <= 13) ||
                     (topology >= 33 && topology <= 64);
        PACKET(&rig, AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, topology, 0);
        cr_assert_eq(rig_run(&rig), known ? SL_AGPU_OK : SL_AGPU_BAD_VALUE, "%u", topology);
    }
    cr_assert_eq(c->topology, 64, "a failing packet changes nothing");
    rig_finish(&rig);
}

Test(aeroexec_state, index_and_vertex_buffers)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, 5, 1, 6, 0);
    rig_ok(&rig);
    const struct sl_agpu_context *c = context(&rig);
    cr_assert(c->index_buffer.handle == 5 && c->index_buffer.format == 1);
    cr_assert_eq(c->index_buffer.offset_bytes, 6);
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, 5, 2, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    cr_assert_eq(c->index_buffer.offset_bytes, 6);
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, 0, 99, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(c->index_buffer.handle, 0);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 30, 2, 1, 16, 4, 0, 2, 20, 8, 0);
    rig_ok(&rig);
    cr_assert(c->vertex_buffer[30].handle == 1 && c->vertex_buffer[30].stride_bytes == 16);
    cr_assert(c->vertex_buffer[31].handle == 2 && c->vertex_buffer[31].offset_bytes == 8);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 31, 2, 1, 16, 4, 0, 2, 20, 8, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    cr_assert_eq(c->vertex_buffer[31].handle, 2);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 32, 0);
    rig_ok(&rig);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0xFFFFFFFF, 1, 1, 1, 1, 1);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}

/* ---- D3D9 states ---- */

/* Sets a state to a value and expects an item of the context to become something. */
#define EXPECT_STATE(state, value, item, expected)                                                 \
    do {                                                                                           \
        render_state(&rig, (state), (value));                                                      \
        cr_assert_eq(c->item, (expected), "state %u value %u: %s is %u", (unsigned)(state),        \
                     (unsigned)(value), #item, (unsigned)c->item);                                 \
    } while (0)

#define EXPECT_BOOL(state, item)                                                                   \
    do {                                                                                           \
        EXPECT_STATE(state, 1, item, true);                                                        \
        EXPECT_STATE(state, 0, item, false);                                                       \
        EXPECT_STATE(state, 2, item, true);                                                        \
    } while (0)

/* Values of an enum from 1 to limit; others leave the item alone. */
#define EXPECT_CHOICE(state, limit, item)                                                          \
    do {                                                                                           \
        for (uint32_t v_ = 1; v_ <= (limit); v_++) {                                               \
            EXPECT_STATE(state, v_, item, v_);                                                     \
        }                                                                                          \
        EXPECT_STATE(state, (limit) + 1, item, (limit));                                           \
        EXPECT_STATE(state, 0xFFFFFFFF, item, (limit));                                            \
    } while (0)

Test(aeroexec_state, render_states_set_their_items)
{
    struct rig rig = rig_make();
    render_state(&rig, 26, 1);
    const struct sl_agpu_context *c = context(&rig);
    EXPECT_BOOL(7, depth_stencil.depth_enable);
    EXPECT_CHOICE(8, 3, rasterizer.fill);
    EXPECT_STATE(9, 1, rasterizer.flat_shade, true);
    EXPECT_STATE(9, 3, rasterizer.flat_shade, true);
    EXPECT_STATE(9, 2, rasterizer.flat_shade, false);
    EXPECT_BOOL(14, depth_stencil.depth_write);
    EXPECT_BOOL(15, alpha_test.enable);
    EXPECT_BOOL(18, rasterizer.front_ccw);
    EXPECT_CHOICE(19, 15, blend.src);
    EXPECT_CHOICE(20, 15, blend.dst);
    EXPECT_STATE(22, 1, rasterizer.cull, AEROGPU_CULL_NONE);
    EXPECT_STATE(22, 2, rasterizer.cull, AEROGPU_CULL_FRONT);
    EXPECT_STATE(22, 3, rasterizer.cull, AEROGPU_CULL_BACK);
    EXPECT_STATE(22, 4, rasterizer.cull, AEROGPU_CULL_BACK);
    EXPECT_STATE(22, 0, rasterizer.cull, AEROGPU_CULL_BACK);
    EXPECT_CHOICE(23, 8, depth_stencil.depth_func);
    EXPECT_STATE(24, 0x123, alpha_test.ref, 0x23);
    EXPECT_CHOICE(25, 8, alpha_test.func);
    EXPECT_BOOL(27, blend.enable);
    EXPECT_BOOL(52, depth_stencil.stencil_enable);
    EXPECT_CHOICE(53, 8, depth_stencil.front.fail);
    EXPECT_CHOICE(54, 8, depth_stencil.front.zfail);
    EXPECT_CHOICE(55, 8, depth_stencil.front.pass);
    EXPECT_CHOICE(56, 8, depth_stencil.front.func);
    EXPECT_STATE(57, 0x1FE, depth_stencil.ref, 0xFE);
    EXPECT_STATE(58, 0x1FD, depth_stencil.read_mask, 0xFD);
    EXPECT_STATE(59, 0x1FC, depth_stencil.write_mask, 0xFC);
    EXPECT_STATE(154, 7, rasterizer.point_size, 7);
    EXPECT_STATE(155, 8, rasterizer.point_size_min, 8);
    EXPECT_BOOL(156, rasterizer.point_sprite);
    EXPECT_STATE(166, 9, rasterizer.point_size_max, 9);
    EXPECT_CHOICE(171, 5, blend.op);
    EXPECT_BOOL(174, rasterizer.scissor_enable);
    EXPECT_STATE(175, 0x80000001, rasterizer.slope_bias, 0x80000001);
    EXPECT_BOOL(185, depth_stencil.two_sided);
    EXPECT_CHOICE(186, 8, depth_stencil.back.fail);
    EXPECT_CHOICE(187, 8, depth_stencil.back.zfail);
    EXPECT_CHOICE(188, 8, depth_stencil.back.pass);
    EXPECT_CHOICE(189, 8, depth_stencil.back.func);
    EXPECT_BOOL(194, srgb_write);
    EXPECT_STATE(195, 0x33, rasterizer.float_bias, 0x33);
    EXPECT_BOOL(206, blend.separate_alpha);
    EXPECT_CHOICE(207, 15, blend.src_alpha);
    EXPECT_CHOICE(208, 15, blend.dst_alpha);
    EXPECT_CHOICE(209, 5, blend.op_alpha);
    EXPECT_STATE(207, 0, blend.src_alpha, 0);
    EXPECT_STATE(19, 0, blend.src, 15);
    cr_assert_eq(c->render_state[26], 1, "states without a meaning are kept");
    rig_finish(&rig);
}

Test(aeroexec_state, write_masks_of_d3d9)
{
    struct rig rig = rig_make();
    render_state(&rig, 168, 0x15);
    render_state(&rig, 190, 2);
    render_state(&rig, 191, 3);
    render_state(&rig, 192, 4);
    static const uint8_t expected[8] = {5, 2, 3, 4, 5, 5, 5, 5};
    cr_assert_eq(memcmp(context(&rig)->blend.write_mask, expected, 8), 0);
    rig_finish(&rig);
}

/* ARGB 0x80FF0033: R 1, G 0, B 51/255 = 0.2, A 128/255. */
Test(aeroexec_state, blend_factor_is_a_color)
{
    struct rig rig = rig_make();
    render_state(&rig, 193, 0x80FF0033);
    const uint32_t *constant = context(&rig)->blend.constant;
    cr_assert_eq(constant[0], ONE);
    cr_assert_eq(constant[1], 0);
    cr_assert_eq(constant[2], 0x3E4CCCCD);
    cr_assert_eq(constant[3], 0x3F008081);
    rig_finish(&rig);
}

Test(aeroexec_state, the_later_packet_wins)
{
    struct rig rig = rig_make();
    const struct sl_agpu_blend *b;
    render_state(&rig, 27, 0);
    rig_packet(&rig, AEROGPU_CMD_SET_BLEND_STATE, blend_words, BLEND_WORDS);
    rig_ok(&rig);
    b = &context(&rig)->blend;
    cr_assert(b->enable);
    render_state(&rig, 27, 0);
    cr_assert(!b->enable, "setting the value a state has already is not nothing");
    render_state(&rig, 19, 9);
    cr_assert_eq(b->src, 9);
    cr_assert_eq(b->dst, 7);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, 0, 0, 0, 0, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(context(&rig)->rasterizer.cull, AEROGPU_CULL_NONE);
    render_state(&rig, 22, 2);
    cr_assert_eq(context(&rig)->rasterizer.cull, AEROGPU_CULL_FRONT);
    rig_finish(&rig);
}

Test(aeroexec_state, unknown_states_are_ignored)
{
    struct rig rig = rig_make();
    render_state(&rig, 4095, 7);
    render_state(&rig, 4096, 7);
    render_state(&rig, 0xFFFFFFFF, 7);
    cr_assert_eq(context(&rig)->render_state[4095], 7);
    for (uint32_t i = 0; i < 20; i++) {
        PACKET(&rig, AEROGPU_CMD_SET_SAMPLER_STATE, 1, i, 4, 0x100 + i);
        PACKET(&rig, AEROGPU_CMD_SET_SAMPLER_STATE, 0, 15, i, 0x200 + i);
    }
    PACKET(&rig, AEROGPU_CMD_SET_SAMPLER_STATE, 0, 0xFFFFFFFF, 0xFFFFFFFF, 1);
    rig_ok(&rig);
    for (uint32_t i = 0; i < 16; i++) {
        cr_assert_eq(context(&rig)->stage[1].sampler_state[i][4], 0x100 + i);
    }
    for (uint32_t i = 1; i < 14; i++) {
        cr_assert_eq(context(&rig)->stage[0].sampler_state[15][i], 0x200 + i);
    }
    rig_finish(&rig);
}

/* ---- flavour ---- */

struct decision {
    uint32_t opcode;
    uint32_t words[10];
    size_t count;
    enum sl_agpu_flavour flavour;
};

static const struct decision decisions[] = {
    {AEROGPU_CMD_SET_RENDER_STATE, {5000, 0}, 2, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_SAMPLER_STATE, {0, 0, 1, 1}, 4, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_SHADER_CONSTANTS_I, {0, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_SHADER_CONSTANTS_B, {0, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_CREATE_INPUT_LAYOUT, {9, 8, 0, 0xFF, 0x11}, 5, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, {6, 0}, 2, SL_AGPU_FLAVOUR_D3D9},
    {AEROGPU_CMD_CREATE_SAMPLER, {9, 0, 0, 0, 0}, 5, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_SAMPLERS, {0, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_CONSTANT_BUFFERS, {0, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, {0, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, {2, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_DISPATCH, {0, 1, 1, 0}, 4, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_CREATE_INPUT_LAYOUT, {9, 16, 0, 0x59414C49, 1, 0, 0}, 7, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, {10, 0}, 2, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, {33, 0}, 2, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_CREATE_TEXTURE_VIEW, {9, 1, 3, 0, 1, 0, 1, 0, 0}, 9, SL_AGPU_FLAVOUR_D3D11},
    {AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, {5, 0}, 2, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_TEXTURE, {0, 0, 1, 0}, 4, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_SHADER_CONSTANTS_F, {0, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_RASTERIZER_STATE, {0, 0, 0, 0, 0, 0}, 6, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_DEPTH_STENCIL_STATE, {0, 0, 0, 0, 0}, 5, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_BLEND_STATE, {0, 0, 0, 0, 0}, 5, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_CLEAR, {1, 0, 0, 0, 0, 0, 0}, 7, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_RENDER_TARGETS, {1, 0, 1}, 10, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_PRESENT, {0, 0}, 2, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_DESTROY_SAMPLER, {9, 0}, 2, SL_AGPU_FLAVOUR_UNKNOWN},
    /* failing packets decide nothing */
    {AEROGPU_CMD_SET_SAMPLERS, {9, 0, 0, 0}, 4, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_CONSTANT_BUFFERS, {0, 15, 0, 0}, 4, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_SET_SAMPLER_STATE, {2, 0, 1, 1}, 4, SL_AGPU_FLAVOUR_UNKNOWN},
    {AEROGPU_CMD_DISPATCH, {1, 1, 1, 0}, 4, SL_AGPU_FLAVOUR_UNKNOWN},
};

Test(aeroexec_state, the_first_decisive_packet_gives_the_flavour)
{
    for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
        const struct decision *d = &decisions[i];
        struct rig rig = rig_make();
        TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
        rig_ok(&rig);
        rig_packet(&rig, d->opcode, d->words, d->count);
        rig_run(&rig);
        cr_assert_eq(context(&rig)->flavour, d->flavour, "decision %zu", i);
        if (d->flavour != SL_AGPU_FLAVOUR_UNKNOWN) {
            render_state(&rig, 7, 1);
            PACKET(&rig, AEROGPU_CMD_SET_SAMPLERS, 0, 0, 0, 0);
            rig_ok(&rig);
            cr_assert_eq(context(&rig)->flavour, d->flavour, "decision %zu stays", i);
        }
        rig.context_id = 1;
        rig_packet(&rig, AEROGPU_CMD_NOP, NULL, 0);
        rig_ok(&rig);
        cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_UNKNOWN);
        rig_finish(&rig);
    }
}

Test(aeroexec_state, programs_give_the_flavour_of_their_family)
{
    struct rig rig = rig_make();
    rig_create_dxbc_shader(&rig, 1, SL_ABI_STAGE_VERTEX);
    rig_ok(&rig);
    cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_D3D11);
    rig.context_id = 1;
    rig_create_d3d9_shader(&rig, 2, 1);
    rig_ok(&rig);
    cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_D3D9);
    rig_finish(&rig);
}
