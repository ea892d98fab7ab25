/*
 * Depth and stencil: every function, operation and mask against a model written from the tables of
 * the SDK, on single pixels; and the depth that lands in a target.
 */
#include "raster_rig.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static bool relation_holds(enum sl_compare func, double left, double right)
{
    switch (func) {
    case SL_COMPARE_NEVER:
        return false;
    case SL_COMPARE_LESS:
        return left < right;
    case SL_COMPARE_EQUAL:
        return left == right;
    case SL_COMPARE_LESS_EQUAL:
        return left <= right;
    case SL_COMPARE_GREATER:
        return left > right;
    case SL_COMPARE_NOT_EQUAL:
        return left != right;
    case SL_COMPARE_GREATER_EQUAL:
        return left >= right;
    case SL_COMPARE_ALWAYS:
        return true;
    }
    return false;
}

static unsigned operate(enum sl_stencil_op op, unsigned stored, unsigned ref)
{
    switch (op) {
    case SL_STENCIL_KEEP:
        return stored;
    case SL_STENCIL_ZERO:
        return 0;
    case SL_STENCIL_REPLACE:
        return ref;
    case SL_STENCIL_INCR_SAT:
        return stored < 255 ? stored + 1 : 255;
    case SL_STENCIL_DECR_SAT:
        return stored > 0 ? stored - 1 : 0;
    case SL_STENCIL_INVERT:
        return 255 - stored;
    case SL_STENCIL_INCR:
        return (stored + 1) % 256;
    case SL_STENCIL_DECR:
        return (stored + 255) % 256;
    }
    return 0;
}

static struct raster_rig rig;

/* A square of pixels, clockwise or not on the screen. */
static void draw_square(int left, int top, int size, float z, bool clockwise)
{
    double x = 256.0 * left, y = 256.0 * top, side = 256.0 * size;
    struct raster_rig_vertex corners[4] = {
        raster_rig_at(x, y, (double)z), raster_rig_at(x + side, y, (double)z),
        raster_rig_at(x + side, y + side, (double)z), raster_rig_at(x, y + side, (double)z)};
    raster_rig_begin(&rig);
    unsigned second = clockwise ? 1 : 2, third = clockwise ? 2 : 1;
    raster_rig_triangle(&rig, &corners[0], &corners[second], &corners[third]);
    second = clockwise ? 2 : 3;
    third = clockwise ? 3 : 2;
    raster_rig_triangle(&rig, &corners[0], &corners[second], &corners[third]);
    raster_rig_end(&rig);
}

static uint32_t texel(unsigned pixel)
{
    return sl_get_le32((const uint8_t *)&rig.depth[pixel]);
}

static void set_texel(unsigned pixel, uint32_t value)
{
    sl_put_le32((uint8_t *)&rig.depth[pixel], value);
}

/* 256 stencil values in the first two rows, all functions, and depth that passes or fails. */
static void check_stencil(const struct sl_raster_depth_stencil *state, bool depth_passes,
                          bool clockwise)
{
    for (unsigned i = 0; i < 256; i++) {
        set_texel(i, i << 24 | 0x800000);
    }
    rig.config.depth_stencil = *state;
    draw_square(0, 0, RASTER_RIG_SIDE, depth_passes ? 0.25F : 0.75F, clockwise);
    const struct sl_raster_stencil_face *face = &state->face[!clockwise];
    for (unsigned i = 0; i < 256; i++) {
        bool passes =
            relation_holds(face->func, state->ref & state->read_mask, i & state->read_mask);
        enum sl_stencil_op op = !passes ? face->fail : depth_passes ? face->pass : face->depth_fail;
        unsigned changed = operate(op, i, state->ref);
        unsigned expected = (i & ~(unsigned)state->write_mask) | (changed & state->write_mask);
        uint32_t depth = passes && depth_passes ? 0x400000 : 0x800000;
        cr_assert_eq(texel(i), expected << 24 | depth,
                     "func %d op %d ref %u masks %x %x stored %u: %08x", face->func, op, state->ref,
                     state->read_mask, state->write_mask, i, texel(i));
    }
}

Test(raster_depth, stencil_tables)
{
    raster_rig_init(&rig, NULL);
    static const uint8_t refs[] = {0, 1, 0x80, 0xFE, 0xFF};
    static const uint8_t masks[][2] = {{0xFF, 0xFF}, {0x0F, 0xF0}, {0, 0xFF}};
    struct sl_raster_depth_stencil state = {.depth_test = true,
                                            .depth_write = true,
                                            .depth_func = SL_COMPARE_LESS,
                                            .stencil_test = true};
    for (unsigned n = 0; n < 8 * 8 * 15; n++) {
        enum sl_compare func = (enum sl_compare)(1 + n % 8);
        enum sl_stencil_op op = (enum sl_stencil_op)(1 + n / 8 % 8);
        state.ref = refs[n / 64 % 5];
        state.read_mask = masks[n / 320][0];
        state.write_mask = masks[n / 320][1];
        /* The operation of interest in turn at each place, the others keep. */
        for (unsigned place = 0; place < 3; place++) {
            struct sl_raster_stencil_face face = {func, SL_STENCIL_KEEP, SL_STENCIL_KEEP,
                                                  SL_STENCIL_KEEP};
            *(place == 0 ? &face.fail : place == 1 ? &face.depth_fail : &face.pass) = op;
            bool front = n % 2;
            struct sl_raster_stencil_face other = {SL_COMPARE_NEVER, SL_STENCIL_ZERO,
                                                   SL_STENCIL_ZERO, SL_STENCIL_ZERO};
            state.face[front ? 0 : 1] = face;
            state.face[front ? 1 : 0] = other;
            check_stencil(&state, place != 1, front);
        }
    }
    raster_rig_finish(&rig);
}

static void set_plain_depth(enum sl_texel_format format, enum sl_compare func)
{
    rig.config.depth.format = format;
    rig.config.depth_stencil = (struct sl_raster_depth_stencil){
        .depth_test = true, .depth_write = true, .depth_func = func};
}

/* Depths around each other in both formats; D32F targets may hold what no draw would store. */
Test(raster_depth, functions)
{
    static const float stored[] = {0, 0.25F, 0.5F, 0x1.000002p-1F, 1, -0.0F, -1, 2, NAN, INFINITY};
    static const float drawn[] = {0, 0.25F, 0.5F, 0x1.000002p-1F, 1};
    raster_rig_init(&rig, NULL);
    for (unsigned func = 1; func <= 8; func++) {
        for (unsigned i = 0; i < 10; i++) {
            for (unsigned k = 0; k < 5; k++) {
                uint32_t bits, new_bits;
                memcpy(&bits, &stored[i], 4);
                memcpy(&new_bits, &drawn[k], 4);
                set_plain_depth(SL_TEXEL_D32F, (enum sl_compare)func);
                set_texel(0, bits);
                draw_square(0, 0, 1, drawn[k], true);
                bool passes =
                    relation_holds((enum sl_compare)func, (double)drawn[k], (double)stored[i]);
                cr_assert_eq(texel(0), passes ? new_bits : bits, "func %u: %a on %a", func,
                             (double)drawn[k], (double)stored[i]);
                if (i >= 5) {
                    continue;
                }
                set_plain_depth(SL_TEXEL_D24S8, (enum sl_compare)func);
                uint32_t old = (uint32_t)((double)stored[i] * 16777215 + 0.5);
                uint32_t new = (uint32_t)((double)drawn[k] * 16777215 + 0.5);
                set_texel(0, 0xA5000000 | old);
                draw_square(0, 0, 1, drawn[k], true);
                passes = relation_holds((enum sl_compare)func, new, old);
                cr_assert_eq(texel(0), 0xA5000000 | (passes ? new : old));
            }
        }
    }
    raster_rig_finish(&rig);
}

Test(raster_depth, without_test_nothing_is_written)
{
    raster_rig_init(&rig, NULL);
    rig.config.depth_stencil = (struct sl_raster_depth_stencil){.depth_write = true};
    set_texel(0, 0x12345678);
    draw_square(0, 0, 1, 0.5F, true);
    cr_assert_eq(texel(0), 0x12345678);
    rig.config.depth_stencil =
        (struct sl_raster_depth_stencil){.depth_test = true, .depth_func = SL_COMPARE_ALWAYS};
    draw_square(0, 0, 1, 0.5F, true);
    cr_assert_eq(texel(0), 0x12345678);
    raster_rig_finish(&rig);
}

/* Without depth clipping depths leave [minimum, maximum] of the viewport only to be clamped. */
Test(raster_depth, clamps_to_the_viewport)
{
    static const struct {
        float z, stored;
    } rows[] = {{-3, 0.25F}, {0, 0.25F}, {0.5F, 0.5F}, {1, 0.75F}, {9, 0.75F}};
    raster_rig_init(&rig, NULL);
    rig.config.viewport.min_depth = 0.25F;
    rig.config.viewport.max_depth = 0.75F;
    rig.config.depth_clip = false;
    set_plain_depth(SL_TEXEL_D32F, SL_COMPARE_ALWAYS);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t expected;
        memcpy(&expected, &rows[i].stored, 4);
        draw_square(0, 0, 1, rows[i].z, true);
        cr_assert_eq(texel(0), expected, "z %a: %08x", (double)rows[i].z, texel(0));
    }
    raster_rig_finish(&rig);
}

/* D24: steps of the format. D32F: units in the last place of the deepest corner. */
Test(raster_depth, bias)
{
    raster_rig_init(&rig, NULL);
    set_plain_depth(SL_TEXEL_D24S8, SL_COMPARE_ALWAYS);
    rig.config.depth_bias = 5;
    draw_square(0, 0, 1, 0.25F, true);
    cr_assert_eq(texel(0), 0x400000 + 5);
    set_plain_depth(SL_TEXEL_D32F, SL_COMPARE_ALWAYS);
    draw_square(0, 0, 1, 0.3F, true);
    cr_assert_eq(texel(0), 0x3E99999A + 5);
    rig.config.depth_bias = 0;
    rig.config.float_bias = 0.125F;
    draw_square(0, 0, 1, 0.5F, true);
    cr_assert_eq(texel(0), 0x3F200000, "%08x", texel(0));
    raster_rig_finish(&rig);
}

/* Depth grows by 1/256 for each pixel to the right: the slope is that. */
Test(raster_depth, slope_bias)
{
    raster_rig_init(&rig, NULL);
    set_plain_depth(SL_TEXEL_D32F, SL_COMPARE_ALWAYS);
    rig.config.slope_bias = 4;
    struct raster_rig_vertex corners[3] = {raster_rig_at(0, 0, 0),
                                           raster_rig_at(256.0 * 64, 0, 0.25),
                                           raster_rig_at(0, 256.0 * 64, 0)};
    raster_rig_begin(&rig);
    raster_rig_triangle(&rig, &corners[0], &corners[1], &corners[2]);
    raster_rig_end(&rig);
    float expected = 0.5F / 256 + 4.0F / 256, depth;
    uint32_t bits = texel(0);
    memcpy(&depth, &bits, 4);
    cr_assert_eq(depth, expected, "%a", (double)depth);
    rig.config.depth_bias = 1;
    rig.config.slope_bias = 0;
    raster_rig_begin(&rig);
    struct raster_rig_vertex ends[2] = {raster_rig_at(0, 128, 0),
                                        raster_rig_at(256.0 * 64, 128, 0.25)};
    raster_rig_line(&rig, &ends[0], &ends[1]);
    raster_rig_end(&rig);
    bits = texel(0);
    memcpy(&depth, &bits, 4);
    cr_assert_eq(depth, 0.5F / 256, "lines have no bias");
    raster_rig_finish(&rig);
}
