/*
 * Sampling against hand-made cases and against a model written here, in long double and integers,
 * that shares nothing with the code but the definitions of docs/numerics.md.
 */
#include "render/convert.h"
#include "sample_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(render_sample);

/* Texels -5 .. 8 of an axis of four in each mode; -1 = border. */
static const int8_t addressed[5][14] = {
    [SL_ADDRESS_WRAP] = {3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0},
    [SL_ADDRESS_MIRROR] = {3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0},
    [SL_ADDRESS_CLAMP] = {0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3},
    [SL_ADDRESS_BORDER] = {-1, -1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1, -1},
    [SL_ADDRESS_MIRROR_ONCE] = {3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3},
};

Test(render_sample, point_addressing)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 1, 1);
    fill_with_places(&fix);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    fix.sampler.border[0] = 0.75f;
    for (unsigned mode = 0; mode < 5; mode++) {
        set_filters(&fix, SL_FILTER_POINT, SL_MIP_NONE, (enum sl_address)mode);
        for (int t = -5; t < 9; t++) {
            for (int part = 0; part < 4; part++) {
                float along = ((float)t + (float)part * 0.25f) / 4.0f;
                int expected = addressed[mode][t + 5];
                float red = expected < 0 ? 0.75f : unorm8((uint32_t)expected);
                float rgba[4];
                sample_at(&fix, &call, along, 0.0f, rgba);
                cr_assert_eq(rgba[0], red, "mode %u, u %g", mode, (double)along);
                sample_at(&fix, &call, 0.0f, along, rgba);
                if (expected >= 0) {
                    cr_assert_eq(rgba[1], red, "mode %u, v %g", mode, (double)along);
                } else {
                    cr_assert_eq(rgba[0], 0.75f, "mode %u, v %g", mode, (double)along);
                }
            }
        }
    }
}

/* Offsets move texels after the coordinate was brought to the texture, and before addressing. */
Test(render_sample, offsets)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 1, 1);
    fill_with_places(&fix);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    for (unsigned mode = 0; mode < 5; mode++) {
        set_filters(&fix, SL_FILTER_POINT, SL_MIP_NONE, (enum sl_address)mode);
        for (int t = -5; t < 9; t++) {
            call.sample.offset[0] = (int8_t)t;
            call.sample.offset[1] = 2;
            float rgba[4];
            sample_at(&fix, &call, 0.125f, 0.125f, rgba);
            int expected = addressed[mode][t + 5];
            cr_assert_eq(rgba[0], expected < 0 ? 0.0f : unorm8((uint32_t)expected));
            cr_assert_eq(rgba[1], expected < 0 ? 0.0f : unorm8(2));
        }
    }
}

/* Odd coordinates end at a definite texel of an axis of four; -1 = border. */
Test(render_sample, strange_coordinates)
{
    static const struct {
        uint32_t bits;
        int8_t texel[5];
    } cases[] = {
        {0x7FC00000, {0, 0, 0, 0, 0}},                                 /* NaN */
        {0xFFFFFFFF, {0, 0, 0, 0, 0}},                                 /* NaN */
        {0x7F800000, {0, 0, 3, -1, 3}},                                /* infinity */
        {0xFF800000, {0, 0, 0, -1, 3}}, {0x00000001, {0, 0, 0, 0, 0}}, /* denormal */
        {0x80000001, {0, 0, 0, 0, 0}},  /* rounds to 1 - 0, then wraps */
        {0x4B800000, {0, 0, 3, -1, 3}}, /* 2^24 */
        {0xCB800001, {0, 0, 0, -1, 3}}, {0x4AFFFFFF, {2, 1, 3, -1, 3}}, /* 2^23 - 1/2 */
        {0xBA03126F, {3, 0, 0, -1, 0}}, /* -1/1953: half of 1/256 texel and a little more */
        {0xB9FF0000, {0, 0, 0, 0, 0}},  /* -1/2056: less than half */
        {0x3F7FFFFF, {0, 3, 3, -1, 3}}, /* rounds to 1 */
    };
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 1, 1);
    fill_with_places(&fix);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    fix.sampler.border[0] = 0.75f;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned mode = 0; mode < 5; mode++) {
            set_filters(&fix, SL_FILTER_POINT, SL_MIP_NONE, (enum sl_address)mode);
            float rgba[4];
            sample_at(&fix, &call, sl_f32_from_bits(cases[i].bits), 0.0f, rgba);
            int texel = cases[i].texel[mode];
            cr_expect_eq(rgba[0], texel < 0 ? 0.75f : unorm8((uint32_t)texel),
                         "0x%08x, mode %u: %g", cases[i].bits, mode, (double)rgba[0] * 255.0);
        }
    }
}

/* A footprint by hand: 2 x 2 texels, u and v at 1/4 + 1/8 + 1/512 of the way. */
Test(render_sample, bilinear_by_hand)
{
    static const uint8_t texels[16] = {0,   10, 255, 255, 100, 20, 255, 0,
                                       200, 30, 255, 255, 50,  40, 255, 255};
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 2, 2, 1, 1);
    memcpy(fix.bytes, texels, sizeof(texels));
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_CLAMP);
    float rgba[4];
    /* u * 2 - 1/2 = 64/256, v * 2 - 1/2 = 128.4/256, which is nearest to 128. */
    sample_at(&fix, &call, 0.375f, 0.5008f, rgba);
    /* ((0 * 192 + 100 * 64) * 128 + (200 * 192 + 50 * 64) * 128) / 65536 = 93.75 */
    cr_assert_eq(rgba[0], (float)(93.75 / 255.0));
    /* ((10 * 192 + 20 * 64) * 128 + (30 * 192 + 40 * 64) * 128) / 65536 = 22.5 */
    cr_assert_eq(rgba[1], (float)(22.5 / 255.0));
    cr_assert_eq(rgba[2], 1.0f);
    /* 255 * (1 - 64 * 128 / 65536) */
    cr_assert_eq(rgba[3], 0.875f);
}

/* The square law of sRGB is undone before texels are weighted. */
Test(render_sample, srgb_filters_in_linear_light)
{
    static const uint8_t texels[8] = {0, 0xFF, 0xBC, 0, 0xFF, 0xFF, 0, 0xFF};
    make_texture(&fix, SL_TEXEL_B8G8R8A8, 2, 1, 1, 1);
    memcpy(fix.bytes, texels, sizeof(texels));
    fix.texture.srgb = true;
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_CLAMP);
    float rgba[4];
    sample_at(&fix, &call, 0.5f, 0.5f, rgba);
    cr_assert_eq(rgba[2], 0.5f);
    cr_assert_eq(rgba[1], 1.0f);
    cr_assert_eq(rgba[0], 0.5f * sl_srgb8_to_f32(0xBC));
    cr_assert_eq(rgba[3], 0.5f);
}

/* Whatever the weights, a texture of one colour gives that colour, and as it decodes. */
Test(render_sample, constant_textures_keep_their_colour)
{
    static const enum sl_texel_format formats[] = {SL_TEXEL_B8G8R8A8, SL_TEXEL_R8G8B8X8,
                                                   SL_TEXEL_B5G6R5,   SL_TEXEL_B5G5R5A1,
                                                   SL_TEXEL_D24S8,    SL_TEXEL_D32F};
    for (size_t i = 0; i < 2 * sizeof(formats) / sizeof(formats[0]); i++) {
        make_texture(&fix, formats[i / 2], 8, 8, 4, 1);
        fix.texture.srgb = i % 2;
        set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
        make_call(&call, SL_TEXTURE_2D, SL_LOD_EXPLICIT);
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t raw = n * 0x01010101u ^ (formats[i / 2] == SL_TEXEL_D32F ? 0u : n * 77777u);
            unsigned size = sl_texel_size(formats[i / 2]);
            for (uint32_t at = 0; at < 85 * size; at += size) {
                sl_pixel_write(fix.bytes + at, size, raw);
            }
            float expected[4];
            sl_texel_decode(&fix.texture, 0, 0, 0, 0, expected);
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                call.coord[0][lane] = (float)(lane * n) * 0.0137f;
                call.coord[1][lane] = (float)lane * 0.0311f;
                call.lod[lane] = (float)lane * 0.07f - 0.5f;
            }
            run_sample(&fix, &call);
            for (unsigned lane = 0; lane < SL_LANES * 4; lane++) {
                uint32_t got = sl_f32_to_bits(call.result[lane % 4][lane / 4]);
                uint32_t bits = sl_f32_to_bits(expected[lane % 4]);
                if (expected[lane % 4] != expected[lane % 4]) {
                    bits = 0x7FC00000;
                } else if (!(bits & 0x7F800000)) {
                    bits &= 0x80000000;
                }
                cr_assert_eq(got, bits, "format %u, 0x%08x: 0x%08x", formats[i / 2], raw, got);
            }
        }
    }
}

Test(render_sample, gather_order)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 3, 3);
    fill_with_places(&fix);
    set_filters(&fix, SL_FILTER_POINT, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    make_call(&call, SL_TEXTURE_2D_ARRAY, SL_LOD_IMPLICIT);
    call.coord[0][3] = 0.5f;
    call.coord[1][3] = 0.26f; /* rows 0 and 1 */
    call.coord[2][3] = 1.6f;
    static const uint8_t columns[4] = {1, 2, 2, 1};
    static const uint8_t rows[4] = {1, 1, 0, 0};
    for (unsigned channel = 0; channel < 4; channel++) {
        sl_texture_gather(&fix.texture, &fix.sampler, &call.sample, channel, NULL, 8, call.result);
        for (unsigned i = 0; i < 4; i++) {
            const uint32_t expected[4] = {columns[i], rows[i], 2, 255};
            cr_assert_eq(call.result[i][3], unorm8(expected[channel]));
        }
    }
    uint32_t offsets[2][SL_LANES] = {{0}};
    const uint32_t *const offset_lanes[2] = {offsets[0], offsets[1]};
    offsets[0][3] = 0xFFFFFFE0; /* 32 modulo 64: -32, a multiple of the size */
    offsets[1][3] = 0x41;       /* 1 */
    call.sample.offset[0] = 3;
    sl_texture_gather(&fix.texture, &fix.sampler, &call.sample, 0, offset_lanes, 8, call.result);
    cr_assert_eq(call.result[0][3], unorm8(1));
    sl_texture_gather(&fix.texture, &fix.sampler, &call.sample, 1, offset_lanes, 8, call.result);
    cr_assert_eq(call.result[0][3], unorm8(2));
    sl_texture_gather(&fix.texture, &fix.sampler, &call.sample, 0, NULL, 8, call.result);
    cr_assert_eq(call.result[0][3], unorm8(0));
    fix.sampler.address[0] = SL_ADDRESS_BORDER;
    fix.sampler.border[0] = 0.3f;
    sl_texture_gather(&fix.texture, &fix.sampler, &call.sample, 0, NULL, 8, call.result);
    cr_assert_eq(call.result[0][3], 0.3f);
}

Test(render_sample, comparisons)
{
    static const float depths[4] = {0.25f, 0.5f, 0.75f, 1.0f};
    make_texture(&fix, SL_TEXEL_D32F, 2, 2, 1, 1);
    for (unsigned i = 0; i < 4; i++) {
        sl_put_le32(fix.bytes + 4 * i, sl_f32_to_bits(depths[i]));
    }
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_CLAMP);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    call.sample.compare = true;
    static const struct {
        float reference, filtered;
        float gathered[4];
    } cases[] = {
        {0.0f, 1.0f, {1, 1, 1, 1}},    {0.25f, 1.0f, {1, 1, 1, 1}},  {0.26f, 0.8125f, {1, 1, 1, 0}},
        {0.5f, 0.8125f, {1, 1, 1, 0}}, {0.75f, 0.75f, {1, 1, 0, 0}}, {1.0f, 0.1875f, {0, 1, 0, 0}},
        {1.5f, 0.0f, {0, 0, 0, 0}},    {NAN, 0.0f, {0, 0, 0, 0}},
    };
    /* Three quarters to the bottom, one quarter to the right. */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        float rgba[4];
        call.reference[0] = cases[i].reference;
        sample_at(&fix, &call, 0.375f, 0.625f, rgba);
        for (unsigned k = 0; k < 4; k++) {
            cr_assert_eq(rgba[k], cases[i].filtered, "case %zu: %g", i, (double)rgba[k]);
        }
        sl_texture_gather(&fix.texture, &fix.sampler, &call.sample, 0, NULL, 1, call.result);
        for (unsigned k = 0; k < 4; k++) {
            cr_assert_eq(call.result[k][0], cases[i].gathered[k], "case %zu", i);
        }
    }
    /* References of 24-bit depth are clamped and rounded as the depth was. */
    fix.texture.format = SL_TEXEL_D24S8;
    set_filters(&fix, SL_FILTER_POINT, SL_MIP_NONE, SL_ADDRESS_CLAMP);
    static const struct {
        uint32_t stored;
        float reference, outcome;
    } quantised[] = {{0x55FFFFFF, 1.5f, 1.0f}, {0, -1.0f, 1.0f},       {0, NAN, 1.0f},
                     {0x800000, 0.5f, 1.0f},   {0x7FFFFF, 0.5f, 0.0f}, {0, 1e-9f, 1.0f}};
    for (size_t i = 0; i < sizeof(quantised) / sizeof(quantised[0]); i++) {
        float rgba[4];
        sl_put_le32(fix.bytes, quantised[i].stored);
        call.reference[0] = quantised[i].reference;
        sample_at(&fix, &call, 0.1f, 0.1f, rgba);
        cr_assert_eq(rgba[2], quantised[i].outcome, "case %zu", i);
    }
}

Test(render_sample, one_dimension_is_row_zero)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 1, 3);
    fill_with_places(&fix);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_WRAP);
    fix.sampler.address[1] = SL_ADDRESS_BORDER;
    make_call(&call, SL_TEXTURE_1D_ARRAY, SL_LOD_ZERO);
    float rgba[4];
    sample_at(&fix, &call, 0.5f, 1.7f, rgba); /* v is the slice */
    cr_assert_eq(rgba[0], (float)(1.5 / 255.0));
    cr_assert_eq(rgba[1], 0.0f);
    cr_assert_eq(rgba[2], unorm8(2));
    call.sample.dim = SL_TEXTURE_1D;
    sample_at(&fix, &call, 0.5f, 1.7f, rgba);
    cr_assert_eq(rgba[2], 0.0f);
}

Test(render_sample, loads)
{
    static const int8_t none[3] = {0, 0, 0};
    static const int8_t back[3] = {-2, 1, 0};
    uint32_t address[3][SL_LANES] = {{0}};
    const uint32_t *const addresses[3] = {address[0], address[1], address[2]};
    uint32_t level[SL_LANES] = {0};
    static const struct {
        uint32_t x, y, slice, level;
        bool inside;
    } cases[] = {
        {3, 3, 0, 0, true},           {4, 0, 0, 0, false},          {0, 4, 0, 0, false},
        {1, 1, 2, 1, true},           {2, 0, 0, 1, false},          {0, 0, 3, 0, false},
        {0, 0, 2, 2, true},           {0, 0, 0, 3, false},          {UINT32_MAX, 0, 0, 0, false},
        {0, UINT32_MAX, 0, 0, false}, {0, 0, UINT32_MAX, 0, false}, {0, 0, 0, UINT32_MAX, false},
    };
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 3, 3);
    fill_with_places(&fix);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        address[0][i] = cases[i].x;
        address[1][i] = cases[i].y;
        address[2][i] = cases[i].slice;
        level[i] = cases[i].level;
    }
    sl_texture_load(&fix.texture, SL_TEXTURE_2D_ARRAY, addresses, level, none, 0xFFF, call.result);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool in = cases[i].inside;
        cr_assert_eq(call.result[0][i], in ? unorm8(cases[i].x) : 0.0f, "case %u", i);
        cr_assert_eq(call.result[1][i], in ? unorm8(cases[i].y) : 0.0f, "case %u", i);
        cr_assert_eq(call.result[2][i], in ? unorm8(16 * cases[i].level + cases[i].slice) : 0.0f);
        cr_assert_eq(call.result[3][i], in ? 1.0f : 0.0f, "case %u", i);
    }
    /* Offsets wrap as the coordinates do. A plain texture has only its first layer. */
    address[0][0] = 1;
    address[0][1] = 2;
    address[1][1] = UINT32_MAX;
    level[0] = level[1] = 0;
    sl_texture_load(&fix.texture, SL_TEXTURE_2D, addresses, level, back, 3, call.result);
    cr_assert_eq(call.result[3][0], 0.0f);
    cr_assert(call.result[0][1] == 0.0f && call.result[1][1] == 0.0f && call.result[3][1] == 1.0f);
    /* One dimension: the slice follows x. */
    address[0][0] = 3;
    address[1][0] = 2;
    address[2][0] = 77;
    sl_texture_load(&fix.texture, SL_TEXTURE_1D_ARRAY, addresses, level, none, 1, call.result);
    cr_assert(call.result[0][0] == unorm8(3) && call.result[2][0] == unorm8(2));
    /* Formats without alpha have 1 outside too; depth has only red. */
    static const enum sl_texel_format opaque[] = {SL_TEXEL_B8G8R8X8, SL_TEXEL_R8G8B8X8,
                                                  SL_TEXEL_B5G6R5, SL_TEXEL_D24S8, SL_TEXEL_D32F};
    address[0][0] = 4;
    for (size_t i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++) {
        fix.texture.format = opaque[i];
        sl_texture_load(&fix.texture, SL_TEXTURE_2D, addresses, level, none, 1, call.result);
        cr_assert(call.result[0][0] == 0.0f && call.result[3][0] == 1.0f);
    }
}

/* As the upstream executors do: 0x6B4D is 13, 26, 13 of 31, 63, 31, so 107, 105, 107 of 255. */
Test(render_sample, widened_channels_and_clamped_loads)
{
    static const int8_t none[3] = {0, 0, 0};
    uint32_t address[3][SL_LANES] = {{0}};
    const uint32_t *const addresses[3] = {address[0], address[1], address[2]};
    uint32_t level[SL_LANES] = {0};
    make_texture(&fix, SL_TEXEL_B5G6R5, 2, 1, 1, 1);
    fix.bytes[0] = 0;
    fix.bytes[1] = 0;
    fix.bytes[2] = 0x4D;
    fix.bytes[3] = 0x6B;
    fix.texture.widens = true;
    fix.texture.clamps_loads = true;
    address[0][0] = 7;
    address[1][0] = 7;
    level[0] = 7;
    sl_texture_load(&fix.texture, SL_TEXTURE_2D, addresses, level, none, 1, call.result);
    cr_assert(call.result[0][0] == unorm8(107) && call.result[1][0] == unorm8(105));
    cr_assert(call.result[2][0] == unorm8(107) && call.result[3][0] == 1.0f);
}

/* Blocks of one level: the second of 2 x 2 blocks is (170, 170, 170), the others black. */
Test(render_sample, blocks)
{
    static const uint8_t grey[8] = {0xFF, 0xFF, 0, 0, 0xAA, 0xAA, 0xAA, 0xAA};
    make_texture(&fix, SL_TEXEL_BC1, 6, 5, 1, 1);
    fix.texture.levels[0].pitch_bytes = 16;
    memcpy(fix.bytes + 8, grey, 8);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_WRAP);
    float rgba[4];
    sample_at(&fix, &call, 5.0f / 6.0f, 0.3f, rgba);
    cr_assert_eq(rgba[1], unorm8(170));
    sample_at(&fix, &call, 4.0f / 6.0f, 0.3f, rgba); /* half of 3 and 4 */
    cr_assert_eq(rgba[1], unorm8(85));
    cr_assert_eq(rgba[3], 1.0f);
    sample_at(&fix, &call, 5.0f / 6.0f, 0.95f, rgba); /* row 4 is another block, and wraps to 0 */
    cr_assert_eq(rgba[1], (float)(170.0 * 64.0 / 256.0 / 255.0));
    fix.texture.srgb = true;
    sample_at(&fix, &call, 5.0f / 6.0f, 0.3f, rgba);
    cr_assert_eq(sl_f32_to_unorm(rgba[0], 8), 103);
}

/* Where a coordinate lands in 1/256 texels of an axis, in real numbers. */
static long model_fixed(float coord, unsigned mode, uint32_t size, bool linear)
{
    long double u = (long double)coord;
    if (mode == SL_ADDRESS_WRAP || mode == SL_ADDRESS_MIRROR) {
        u = isfinite(coord) ? u : 0.0L;
        u = mode == SL_ADDRESS_WRAP ? u - floorl(u) : 2.0L * (u / 2.0L - truncl(u / 2.0L));
    } else {
        u = isnan(coord) ? 0.0L : fminl(fmaxl(u, -10.0L), 10.0L);
    }
    return lrintl((u * size - (linear ? 0.5L : 0.0L)) * 256.0L);
}

static long model_address(unsigned mode, long t, long size)
{
    switch (mode) {
    case SL_ADDRESS_WRAP:
        return ((t % size) + size) % size;
    case SL_ADDRESS_MIRROR:
        t = ((t % (2 * size)) + 2 * size) % (2 * size);
        return t < size ? t : 2 * size - 1 - t;
    case SL_ADDRESS_CLAMP:
        return t < 0 ? 0 : t >= size ? size - 1 : t;
    case SL_ADDRESS_BORDER:
        return t < 0 || t >= size ? -1 : t;
    default:
        t = t < 0 ? -1 - t : t;
        return t >= size ? size - 1 : t;
    }
}

/* Channel sums of one level in 1/65536; integers as long as texels are codes. */
static void model_level(const struct fixture *f, uint32_t level, bool linear, float u, float v,
                        const int8_t offset[3], bool codes, long double sums[4])
{
    const struct sl_texture_level *from = &f->texture.levels[level];
    long fixed[2] = {model_fixed(u, f->sampler.address[0], from->width, linear) + 256L * offset[0],
                     model_fixed(v, f->sampler.address[1], from->height, linear) +
                         256L * offset[1]};
    for (unsigned i = 0; i < 4; i++) {
        sums[i] = 0.0L;
    }
    for (unsigned corner = 0; corner < (linear ? 4 : 1); corner++) {
        long tx = (long)floor((double)fixed[0] / 256.0) + (corner & 1);
        long ty = (long)floor((double)fixed[1] / 256.0) + (corner >> 1);
        long x = model_address(f->sampler.address[0], tx, from->width);
        long y = model_address(f->sampler.address[1], ty, from->height);
        long wx = corner & 1 ? fixed[0] & 255 : 256 - (linear ? fixed[0] & 255 : 0);
        long wy = corner >> 1 ? fixed[1] & 255 : 256 - (linear ? fixed[1] & 255 : 0);
        for (unsigned i = 0; i < 4; i++) {
            long double value = (long double)f->sampler.border[i];
            if (x >= 0 && y >= 0) {
                uint8_t code = from->bytes[y * (long)from->pitch_bytes + 4 * x + i];
                value = (long double)code;
                if (!codes) {
                    value = f->texture.srgb && i < 3 ? (long double)sl_srgb8_to_f32(code)
                                                     : (long double)unorm8(code);
                }
            }
            sums[i] += value * (long double)(wx * wy);
        }
    }
}

/* Levels of a finite level of detail in 1/256. */
static void model_levels(long lod, long levels[2], long *fraction, bool *linear)
{
    long last = fix.texture.level_count - 1;
    *linear = (lod <= 0 ? fix.sampler.mag : fix.sampler.min) == SL_FILTER_LINEAR;
    *fraction = 0;
    levels[0] = levels[1] = 0;
    if (lod <= 0 || fix.sampler.mip == SL_MIP_NONE) {
        return;
    }
    if (fix.sampler.mip == SL_MIP_POINT) {
        levels[0] = (lod + 128) / 256 < last ? (lod + 128) / 256 : last;
        return;
    }
    levels[0] = lod / 256 < last ? lod / 256 : last;
    levels[1] = levels[0] < last ? levels[0] + 1 : last;
    *fraction = lod % 256;
}

Test(render_sample, random_cases_against_a_model)
{
    for (uint32_t number = 0; number < 3000; number++) {
        make_random_case(number);
        run_sample(&fix, &call);
        bool border = fix.sampler.address[0] == SL_ADDRESS_BORDER ||
                      fix.sampler.address[1] == SL_ADDRESS_BORDER;
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            long levels[2], fraction;
            bool linear;
            model_levels(lrintf(call.lod[lane] * 256.0f), levels, &fraction, &linear);
            long double sums[2][4];
            for (unsigned i = 0; i < 2; i++) {
                model_level(&fix, (uint32_t)levels[i], linear, call.coord[0][lane],
                            call.coord[1][lane], call.sample.offset, !border, sums[i]);
            }
            if (fix.texture.srgb && !border) {
                long double colours[2][4];
                for (unsigned i = 0; i < 2; i++) {
                    model_level(&fix, (uint32_t)levels[i], linear, call.coord[0][lane],
                                call.coord[1][lane], call.sample.offset, false, colours[i]);
                    memcpy(sums[i], colours[i], 3 * sizeof(sums[i][0]));
                }
            }
            for (unsigned i = 0; i < 4; i++) {
                long double sum = sums[0][i] * (256 - fraction) + sums[1][i] * fraction;
                bool code = !border && !(fix.texture.srgb && i < 3);
                float expected = (float)(sum / 16777216.0L / (code ? 255.0L : 1.0L));
                cr_assert_eq(sl_f32_to_bits(call.result[i][lane]), sl_f32_to_bits(expected),
                             "case %u, lane %u, channel %u: %a, not %a", number, lane, i,
                             (double)call.result[i][lane], (double)expected);
            }
        }
    }
}
