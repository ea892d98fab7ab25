/* CLEAR of every format, its scissor, PRESENT and the default target. */
#include "aeroexec_rig.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <math.h>
#include <string.h>

TestSuite(aeroexec_clear);

/* Texel (0, 0) as stored: presented through copies, X bytes as 0xFF. */
static uint32_t read_texel(struct rig *rig, uint32_t handle, uint32_t format, size_t size)
{
    uint8_t bytes[4] = {0};
    rig_read_texture(rig, handle, format, 0, 0, 1, 1, bytes, size);
    return sl_get_le32(bytes);
}

static uint32_t clear_texel(struct rig *rig, uint32_t format, float r, float g, float b, float a)
{
    const struct sl_abi_format *f = sl_abi_find_format(&sl_abi_aerogpu, format);
    TEXTURE(rig, .handle = 1, .width = 1, .height = 1, .format = format);
    rig_set_target(rig, 1, 0);
    rig_clear_color(rig, r, g, b, a);
    rig_ok(rig);
    uint32_t texel = read_texel(rig, 1, format, f->bytes_per_block);
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
    rig_ok(rig);
    return texel;
}

/*
 * R 1, G 0.5, B 0.25, A 0.125 as UNORM8: 255, 127.5 + 0.5 -> 128, 63.75 + 0.5 -> 64, 31.875 + 0.5
 * -> 32; as UNORM5: 31, 16, 8.25 -> 8; as UNORM6 of 0.5: 32; as sRGB: 255, 188, 137.
 */
Test(aeroexec_clear, colors_of_every_format)
{
    static const uint32_t expected[][2] = {
        {1, 0x20FF8040},
        {2, 0xFFFF8040},
        {3, 0x204080FF},
        {4, 0xFF4080FF},
        {7, 0x20FFBC89},
        {8, 0xFFFFBC89},
        {9, 0x2089BCFF},
        {10, 0xFF89BCFF},
        {5, 31u << 11 | 32u << 5 | 8},
        {6, 0u << 15 | 31u << 10 | 16u << 5 | 8},
    };
    struct rig rig = rig_make();
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint32_t texel = clear_texel(&rig, expected[i][0], 1.0f, 0.5f, 0.25f, 0.125f);
        cr_assert_eq(texel, expected[i][1], "format %u is %08x", expected[i][0], texel);
    }
    cr_assert_eq(clear_texel(&rig, 6, 0, 0, 0, 0.5f), 0x8000);
    rig_finish(&rig);
}

Test(aeroexec_clear, colors_are_clamped)
{
    struct rig rig = rig_make();
    cr_assert_eq(clear_texel(&rig, 3, 2.0f, -1.0f, NAN, INFINITY), 0xFF0000FF);
    cr_assert_eq(clear_texel(&rig, 9, INFINITY, -INFINITY, NAN, -0.0f), 0x000000FF);
    cr_assert_eq(clear_texel(&rig, 5, -NAN, 9.0f, 1e-40f, 1.0f), 63u << 5);
    rig_finish(&rig);
}

Test(aeroexec_clear, srgb_write_encodes_8_bit_targets_once)
{
    static const uint32_t expected[][2] = {
        {1, 0x80BCBCBC},
        {2, 0xFFBCBCBC},
        {3, 0x80BCBCBC},
        {4, 0xFFBCBCBC},
        {7, 0x80BCBCBC},
        {9, 0x80BCBCBC},
        {5, 16u << 11 | 32u << 5 | 16},
        {6, 1u << 15 | 16u << 10 | 16u << 5 | 16},
    };
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 194, 1);
    rig_ok(&rig);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint32_t texel = clear_texel(&rig, expected[i][0], 0.5f, 0.5f, 0.5f, 0.5f);
        cr_assert_eq(texel, expected[i][1], "format %u is %08x", expected[i][0], texel);
    }
    rig_finish(&rig);
}

/* The format that counts is the view's. */
Test(aeroexec_clear, a_view_decides_srgb_and_alpha)
{
    static const struct {
        uint32_t texture, view;
        const char *pixel;
    } cases[] = {
        {3, 9, "\xBC\xBC\xBC\x80"},
        {9, 3, "\x80\x80\x80\x80"},
        {3, 4, "\x80\x80\x80\xFF"},
        {4, 3, "\x80\x80\x80\x80"},
    };
    for (size_t i = 0; i < 4; i++) {
        struct rig rig = rig_make();
        TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = cases[i].texture);
        PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 2, 1, cases[i].view, 0, 1, 0, 1, 0, 0);
        rig_set_target(&rig, 2, 0);
        rig_clear_color(&rig, 0.5f, 0.5f, 0.5f, 0.5f);
        PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
        rig_ok(&rig);
        cr_assert_eq(memcmp(sl_agpu_exec_presented(rig.exec)->pixels, cases[i].pixel, 4), 0,
                     "case %zu", i);
        rig_finish(&rig);
    }
}

Test(aeroexec_clear, profile_aero_takes_srgb_for_linear_in_d3d9)
{
    struct rig rig = rig_make_with((struct sl_agpu_exec_config){.profile_aero = true});
    cr_assert_eq(clear_texel(&rig, 9, 0.5f, 0.5f, 0.5f, 0.5f), 0x80BCBCBC);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    rig_ok(&rig);
    cr_assert_eq(clear_texel(&rig, 9, 0.5f, 0.5f, 0.5f, 0.5f), 0x80808080);
    rig_finish(&rig);
}

/* ---- depth and stencil ---- */

Test(aeroexec_clear, depth_and_stencil_are_independent)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = 32);
    rig_upload(&rig, 1, 0, "\x11\x22\x33\x44", 4);
    rig_set_target(&rig, 0, 1);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH, 0.5f, 0xFF);
    rig_ok(&rig);
    cr_assert_eq(read_texel(&rig, 1, 32, 4), 0x44800000);
    rig_clear(&rig, AEROGPU_CLEAR_STENCIL, 1.0f, 0x1AB);
    rig_ok(&rig);
    cr_assert_eq(read_texel(&rig, 1, 32, 4), 0xAB800000);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH | AEROGPU_CLEAR_STENCIL, 7.0f, 1);
    rig_ok(&rig);
    cr_assert_eq(read_texel(&rig, 1, 32, 4), 0x01FFFFFF);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH, NAN, 1);
    rig_ok(&rig);
    cr_assert_eq(read_texel(&rig, 1, 32, 4), 0x01000000);
    rig_finish(&rig);
}

Test(aeroexec_clear, depth_32)
{
    static const struct {
        float depth;
        uint32_t bits;
    } cases[] = {
        {0.1f, 0x3DCCCCCD}, {1.5f, 0x3F800000}, {-1.0f, 0}, {-0.0f, 0}, {NAN, 0}, {1e-42f, 714},
    };
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = 33);
    rig_set_target(&rig, 0, 1);
    rig_ok(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_clear(&rig, AEROGPU_CLEAR_DEPTH | AEROGPU_CLEAR_STENCIL, cases[i].depth, 0xFF);
        rig_ok(&rig);
        cr_assert_eq(read_texel(&rig, 1, 33, 4), cases[i].bits, "case %zu", i);
    }
    rig_clear(&rig, AEROGPU_CLEAR_STENCIL, 1.0f, 0xFF);
    rig_ok(&rig);
    cr_assert_eq(read_texel(&rig, 1, 33, 4), 714, "no stencil in it");
    rig_finish(&rig);
}

/* Write masks, blending, sample mask and viewport do not matter; all targets, gaps skipped. */
Test(aeroexec_clear, all_targets_entirely)
{
    struct rig rig = rig_make();
    uint8_t texels[3 * 2 * 4];
    TEXTURE(&rig, .handle = 1, .width = 3, .height = 2);
    TEXTURE(&rig, .handle = 2, .width = 1, .height = 1, .format = 1);
    TEXTURE(&rig, .handle = 3, .width = 2, .height = 2, .format = 32);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_TARGETS, 3, 3, 0, 1, 2, 0, 0, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_VIEWPORT, 0, 0, 0, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, 0, 0, 0, 1, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_SCISSOR, 0, 0, 1, 1);
    rig_clear_color(&rig, 1, 0, 0, 1);
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 0, 0, 3, 2, texels, sizeof(texels));
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(sl_get_le32(texels + 4 * i), 0xFF0000FF);
    }
    cr_assert_eq(read_texel(&rig, 2, 1, 4), 0xFFFF0000);
    cr_assert_eq(read_texel(&rig, 3, 32, 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_clear, only_the_selected_mip_and_layer)
{
    struct rig rig = rig_make();
    uint8_t texels[2 * 2 * 4];
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4, .mips = 3, .layers = 3);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 2, 1, 3, 1, 2, 2, 1, 0, 0);
    rig_set_target(&rig, 2, 0);
    rig_clear_color(&rig, 1, 1, 1, 1);
    rig_ok(&rig);
    for (uint32_t layer = 0; layer < 3; layer++) {
        for (uint32_t mip = 0; mip < 3; mip++) {
            uint32_t extent = mip == 2 ? 1 : 2;
            rig_read_texture(&rig, 1, 3, mip, layer, extent, extent, texels, 4 * extent * extent);
            cr_assert_eq(texels[4 * extent * extent - 1], mip == 1 && layer == 2 ? 255 : 0);
        }
    }
    rig_finish(&rig);
}

/* ---- scissor ---- */

/* Pixels of a 4 x 4 target set by a clear under a scissor, one bit each. */
static uint32_t cleared_pixels(bool d3d9, bool enabled, int32_t x, int32_t y, int32_t w, int32_t h)
{
    struct rig rig = rig_make();
    uint8_t texels[64];
    uint32_t mask = 0;
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4);
    rig_set_target(&rig, 1, 0);
    PACKET(&rig, d3d9 ? AEROGPU_CMD_SET_SAMPLER_STATE : AEROGPU_CMD_SET_SAMPLERS, 0, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_SCISSOR, (uint32_t)x, (uint32_t)y, (uint32_t)w, (uint32_t)h);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, 0, 0, 0, enabled, 0, 0);
    rig_clear_color(&rig, 1, 1, 1, 1);
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 0, 0, 4, 4, texels, 64);
    for (unsigned i = 0; i < 16; i++) {
        mask |= (texels[4 * i] ? 1u : 0u) << i;
    }
    rig_finish(&rig);
    return mask;
}

Test(aeroexec_clear, d3d9_clears_inside_the_scissor)
{
    cr_assert_eq(cleared_pixels(true, true, 1, 2, 2, 1), 0x0600);
    cr_assert_eq(cleared_pixels(true, false, 1, 2, 2, 1), 0xFFFF);
    cr_assert_eq(cleared_pixels(true, true, -1, -2, 2, 3), 0x0001);
    cr_assert_eq(cleared_pixels(true, true, 3, 3, INT32_MAX, INT32_MAX), 0x8000);
    cr_assert_eq(cleared_pixels(true, true, 0, 0, 0, 4), 0);
    cr_assert_eq(cleared_pixels(true, true, 0, 0, 4, -4), 0);
    cr_assert_eq(cleared_pixels(true, true, 4, 0, 4, 4), 0);
    cr_assert_eq(cleared_pixels(true, true, INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX), 0);
    cr_assert_eq(cleared_pixels(true, true, -5, -5, INT32_MAX, INT32_MAX), 0xFFFF);
    cr_assert_eq(cleared_pixels(false, true, 1, 2, 2, 1), 0xFFFF);
    cr_assert_eq(cleared_pixels(false, true, 0, 0, 0, 0), 0xFFFF);
}

Test(aeroexec_clear, d3d9_scissor_limits_depth_and_stencil_too)
{
    struct rig rig = rig_make();
    uint8_t texels[16];
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .format = 32);
    rig_set_target(&rig, 0, 1);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 174, 1);
    PACKET(&rig, AEROGPU_CMD_SET_SCISSOR, 1, 0, 1, 2);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH | AEROGPU_CLEAR_STENCIL, 1.0f, 3);
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 32, 0, 0, 2, 2, texels, 16);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(sl_get_le32(texels + 4 * i), i % 2 ? 0x03FFFFFF : 0);
    }
    rig_finish(&rig);
}

/* An enabled scissor that was never set is the whole target. */
Test(aeroexec_clear, d3d9_scissor_not_set)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_set_target(&rig, 1, 0);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 174, 1);
    rig_clear_color(&rig, 1, 1, 1, 1);
    rig_ok(&rig);
    cr_assert_eq(read_texel(&rig, 1, 3, 4), 0xFFFFFFFF);
    rig_finish(&rig);
}

Test(aeroexec_clear, without_a_target)
{
    struct rig rig = rig_make();
    rig_clear(&rig, 0, 0, 0);
    rig_clear(&rig, 7, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    rig_clear(&rig, 0xFFFFFFF8, 0, 0);
    rig_ok(&rig);
    rig_clear(&rig, AEROGPU_CLEAR_STENCIL, 0, 0);
    rig_fails(&rig, SL_AGPU_INCOMPLETE_STATE);
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_set_target(&rig, 1, 0);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH | AEROGPU_CLEAR_STENCIL, 1, 1);
    rig_ok(&rig);
    rig_finish(&rig);
}

/* ---- PRESENT ---- */

static const uint8_t *present(struct rig *rig)
{
    PACKET(rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(rig);
    const struct sl_image *image = sl_agpu_exec_presented(rig->exec);
    return image ? image->pixels : NULL;
}

Test(aeroexec_clear, presented_pixels_of_every_format)
{
    static const struct {
        uint32_t format;
        const char *stored;
        size_t size;
        const char *rgba;
    } cases[] = {
        {1, "\1\2\3\4", 4, "\3\2\1\4"},         {2, "\1\2\3\4", 4, "\3\2\1\xFF"},
        {3, "\1\2\3\4", 4, "\1\2\3\4"},         {4, "\1\2\3\4", 4, "\1\2\3\xFF"},
        {7, "\1\2\3\4", 4, "\3\2\1\4"},         {8, "\1\2\3\4", 4, "\3\2\1\xFF"},
        {9, "\1\2\3\4", 4, "\1\2\3\4"},         {10, "\1\2\3\4", 4, "\1\2\3\xFF"},
        {5, "\x4D\x6B", 2, "\x6B\x69\x6B\xFF"}, {6, "\xAD\x35", 2, "\x6B\x6B\x6B\x00"},
        {6, "\xAD\xB5", 2, "\x6B\x6B\x6B\xFF"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig = rig_make();
        TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = cases[i].format);
        rig_upload(&rig, 1, 0, cases[i].stored, cases[i].size);
        rig_set_target(&rig, 1, 0);
        cr_assert_eq(memcmp(present(&rig), cases[i].rgba, 4), 0, "case %zu", i);
        rig_finish(&rig);
    }
}

Test(aeroexec_clear, the_flavour_chooses_what_is_presented)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 5, .height = 1);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_TARGETS, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0);
    cr_assert_not_null(present(&rig));
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->width, 5);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    cr_assert_null(present(&rig), "d3d9 presents slot 0, and nothing is there");
    rig_set_target(&rig, 1, 0);
    cr_assert_not_null(present(&rig));
    rig_set_target(&rig, 0, 0);
    cr_assert_null(present(&rig));
    rig_finish(&rig);
}

Test(aeroexec_clear, a_presented_image_is_a_snapshot)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_set_target(&rig, 1, 0);
    rig_clear_color(&rig, 1, 0, 0, 1);
    PACKET(&rig, AEROGPU_CMD_PRESENT_EX, 0, 1, 0xFFFFFFFF, 0);
    rig_clear_color(&rig, 0, 1, 0, 1);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 1, 0);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
    rig_ok(&rig);
    rig.context_id = 1;
    rig_packet(&rig, AEROGPU_CMD_NOP, NULL, 0);
    rig_ok(&rig);
    const struct sl_image *image = sl_agpu_exec_presented(rig.exec);
    cr_assert_not_null(image, "another scanout's present does not touch it");
    cr_assert_eq(memcmp(image->pixels, "\xFF\0\0\xFF", 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_clear, presented_frame_hash)
{
    struct rig rig = rig_make();
    char hex[65];
    TEXTURE(&rig, .handle = 1, .width = 64, .height = 64);
    rig_set_target(&rig, 1, 0);
    rig_clear_color(&rig, 1.0f / 255, 2.0f / 255, 3.0f / 255, 1);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    sl_image_digest(sl_agpu_exec_presented(rig.exec), hex);
    cr_assert_str_eq(hex, "1744533609722dcf118c700e3b89705b76637606050a88124a012447b79f63d2");
    rig_finish(&rig);
}

/* ---- the default target ---- */

Test(aeroexec_clear, the_default_target_stands_in)
{
    struct rig rig = rig_make_with(
        (struct sl_agpu_exec_config){.default_target_width = 3, .default_target_height = 2});
    const uint8_t *pixels = present(&rig);
    cr_assert_not_null(pixels);
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->width, 3);
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->height, 2);
    cr_assert_eq(sl_get_le32(pixels), 0, "all bytes 0 at the start");
    rig_clear_color(&rig, 1, 0, 0, 1);
    rig_ok(&rig);
    rig.context_id = 1;
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    cr_assert_eq(sl_get_le32(present(&rig)), 0xFF0000FF, "one for all contexts");
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = 33);
    rig_set_target(&rig, 0, 1);
    cr_assert_null(present(&rig), "a depth target is a target");
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
    rig_clear_color(&rig, 0, 1, 0, 1);
    cr_assert_eq(sl_get_le32(present(&rig)), 0xFF00FF00, "an unresolvable handle is none");
    rig_finish(&rig);
}
