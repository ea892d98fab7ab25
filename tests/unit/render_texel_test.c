/*
 * Stored texels against the definitions of their formats: every code of every channel, every raw
 * texel of the 16-bit formats, and the forms on lanes against those on single texels.
 */
#include "render/convert.h"
#include "render/pixel.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(render_texel);

/* One correctly rounded quotient: the binary64 one of such small integers never lies on a tie. */
static uint32_t quotient_bits(uint32_t code, uint32_t max)
{
    return sl_f32_to_bits((float)((double)code / (double)max));
}

static void assert_texel(enum sl_texel_format format, uint32_t raw, const uint32_t expected[4])
{
    float rgba[4];
    sl_pixel_decode(format, false, raw, rgba);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(sl_f32_to_bits(rgba[i]), expected[i], "format %u, 0x%08x, channel %u", format,
                     raw, i);
    }
}

Test(render_texel, every_565_texel)
{
    for (uint32_t raw = 0; raw < 0x10000; raw++) {
        uint32_t expected[4] = {quotient_bits(raw / 2048, 31), quotient_bits(raw / 32 % 64, 63),
                                quotient_bits(raw % 32, 31), 0x3F800000};
        assert_texel(SL_TEXEL_B5G6R5, raw, expected);
        float rgba[4];
        sl_pixel_decode(SL_TEXEL_B5G6R5, true, raw, rgba);
        cr_assert_eq(sl_f32_to_bits(rgba[0]), expected[0]);
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G6R5, false, rgba, 15, raw ^ 0xFFFF), raw);
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G6R5, true, rgba, 15, 0), raw);
    }
}

Test(render_texel, every_5551_texel)
{
    for (uint32_t raw = 0; raw < 0x10000; raw++) {
        uint32_t expected[4] = {quotient_bits(raw / 1024 % 32, 31),
                                quotient_bits(raw / 32 % 32, 31), quotient_bits(raw % 32, 31),
                                raw >= 0x8000 ? 0x3F800000 : 0};
        assert_texel(SL_TEXEL_B5G5R5A1, raw, expected);
        float rgba[4];
        sl_pixel_decode(SL_TEXEL_B5G5R5A1, false, raw, rgba);
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G5R5A1, false, rgba, 15, raw ^ 0xFFFF), raw);
    }
}

Test(render_texel, every_byte_of_every_8_bit_format)
{
    static const struct {
        enum sl_texel_format format;
        uint32_t unit[4]; /* what one step of the channel adds to the texel */
    } formats[] = {
        {SL_TEXEL_B8G8R8A8, {1u << 16, 1u << 8, 1, 1u << 24}},
        {SL_TEXEL_R8G8B8A8, {1, 1u << 8, 1u << 16, 1u << 24}},
        {SL_TEXEL_B8G8R8X8, {1u << 16, 1u << 8, 1, 0}},
        {SL_TEXEL_R8G8B8X8, {1, 1u << 8, 1u << 16, 0}},
    };
    for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
        for (uint32_t code = 0; code < 256 * 4; code++) {
            uint32_t c = code % 256;
            unsigned channel = code / 256;
            uint32_t expected[4] = {0, 0, 0, formats[f].unit[3] ? 0 : 0x3F800000};
            if (formats[f].unit[channel] != 0) {
                expected[channel] = quotient_bits(c, 255);
            }
            assert_texel(formats[f].format, c * formats[f].unit[channel], expected);
        }
    }
}

/* The IEC 61966-2-1 curve in long double; the table holds its values rounded to binary32. */
Test(render_texel, srgb_codes_are_the_rounded_curve)
{
    for (unsigned code = 0; code < 256; code++) {
        long double s = code / 255.0L;
        long double linear = s <= 0.04045L ? s / 12.92L : powl((s + 0.055L) / 1.055L, 2.4L);
        cr_assert_eq(sl_f32_to_bits(sl_srgb8_to_f32((uint8_t)code)), sl_f32_to_bits((float)linear),
                     "code %u", code);
        cr_assert_eq(sl_f32_to_srgb8((float)linear), code);
    }
    float rgba[4];
    sl_pixel_decode(SL_TEXEL_B8G8R8A8, true, 0xBCBC01FF, rgba);
    cr_assert_eq(sl_f32_to_bits(rgba[1]), 0x399F22B4);
    cr_assert_eq(sl_f32_to_bits(rgba[2]), 0x3F800000);
    cr_assert_eq(sl_f32_to_bits(rgba[3]), quotient_bits(0xBC, 255));
}

/* Values of Appendix D: 1/2 and 1/4 in the formats they are stored in. */
Test(render_texel, known_encodings)
{
    float half[4] = {0.5f, 0.5f, 0.5f, 0.5f};
    float quarter[4] = {0.25f, 0.25f, 0.25f, 0.25f};
    cr_assert_eq(sl_pixel_encode(SL_TEXEL_R8G8B8A8, false, half, 15, 0), 0x80808080);
    cr_assert_eq(sl_pixel_encode(SL_TEXEL_R8G8B8A8, true, half, 15, 0), 0x80BCBCBC);
    cr_assert_eq(sl_pixel_encode(SL_TEXEL_R8G8B8A8, false, quarter, 15, 0), 0x40404040);
    cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G6R5, false, half, 15, 0), 16 << 11 | 32 << 5 | 16);
    cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G5R5A1, false, half, 15, 0),
                 1 << 15 | 16 << 10 | 16 << 5 | 16);
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D24S8, 0.5f), 0x800000);
}

Test(render_texel, masked_channels_keep_their_bits)
{
    float rgba[4] = {1.0f, 0.0f, 1.0f, 0.0f};
    for (unsigned mask = 0; mask < 16; mask++) {
        uint32_t red = mask & 1 ? 0xFFu : 0x55u;
        uint32_t green = mask & 2 ? 0u : 0x55u;
        uint32_t blue = mask & 4 ? 0xFFu : 0x55u;
        uint32_t alpha = mask & 8 ? 0u : 0x55u;
        uint32_t bgr = red << 16 | green << 8 | blue;
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B8G8R8A8, false, rgba, mask, 0x55555555),
                     alpha << 24 | bgr);
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B8G8R8X8, true, rgba, mask, 0x55555555),
                     0xFF000000 | bgr);
        uint32_t r5 = mask & 1 ? 31u : 10u, b5 = mask & 4 ? 31u : 21u;
        uint32_t g6 = mask & 2 ? 0u : 42u, g5 = mask & 2 ? 0u : 21u, a1 = mask & 8 ? 0u : 1u;
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G6R5, false, rgba, mask, 10 << 11 | 42 << 5 | 21),
                     r5 << 11 | g6 << 5 | b5);
        cr_assert_eq(sl_pixel_encode(SL_TEXEL_B5G5R5A1, false, rgba, mask,
                                     1 << 15 | 10 << 10 | 21 << 5 | 21),
                     a1 << 15 | r5 << 10 | g5 << 5 | b5);
    }
}

Test(render_texel, depth)
{
    for (uint32_t code = 0; code < 0x1000000; code += code < 4096 ? 1 : 257) {
        float depth = sl_depth_decode(SL_TEXEL_D24S8, 0xA5000000 | code);
        cr_assert_eq(sl_f32_to_bits(depth), quotient_bits(code, 0xFFFFFF), "code %u", code);
        cr_assert_eq(sl_depth_encode(SL_TEXEL_D24S8, depth), code, "code %u", code);
    }
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D24S8, sl_f32_from_bits(0x7FC00000)), 0);
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D24S8, 2.0f), 0xFFFFFF);
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D32F, sl_f32_from_bits(0xFFC00000)), 0);
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D32F, -0.0f), 0);
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D32F, 2.0f), 0x3F800000);
    cr_assert_eq(sl_depth_encode(SL_TEXEL_D32F, sl_f32_from_bits(1)), 1);
    float rgba[4];
    sl_pixel_decode(SL_TEXEL_D32F, false, 0x3E800000, rgba);
    cr_assert(rgba[0] == 0.25f && rgba[1] == 0.0f && rgba[2] == 0.0f && rgba[3] == 1.0f);
}

/* Floats around every step of a channel, and everything odd. */
static uint32_t lane_float_bits(uint32_t n)
{
    static const uint32_t odd[] = {0,          0x80000000, 1,          0x80000001, 0x3F800000,
                                   0xBF800000, 0x3F7FFFFF, 0x3F800001, 0x7F800000, 0xFF800000,
                                   0x7FC00000, 0xFFFFFFFF, 0x7F7FFFFF, 0x3F000000, 0x3EFFFFFF};
    if (n < sizeof(odd) / sizeof(odd[0])) {
        return odd[n];
    }
    float step = (float)(n / 5 % 255 + 0.5) / 255.0f;
    if (n / 1275 % 2) {
        step = step <= 0.04045f ? step / 12.92f : powf((step + 0.055f) / 1.055f, 2.4f);
    }
    return sl_f32_to_bits(step) + n % 5 - 2;
}

Test(render_texel, lanes_give_what_single_texels_give)
{
    float in[4][SL_LANES];
    uint32_t raw[SL_LANES];
    uint32_t depth[SL_LANES];
    const float *const channels[4] = {in[0], in[1], in[2], in[3]};
    for (uint32_t n = 0; n < 6 * 2 * 16 * 12; n++) {
        enum sl_texel_format format = (enum sl_texel_format)(n % 6);
        bool srgb = n / 6 % 2;
        unsigned mask = n / 12 % 16;
        uint32_t before[SL_LANES];
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            raw[lane] = before[lane] = (n * 64 + lane) * 2654435761u >> (format > 3 ? 16 : 0);
            for (uint32_t i = 0; i < 4; i++) {
                in[i][lane] = sl_f32_from_bits(lane_float_bits((n / 192 * 64 + lane) * 4 + i));
            }
        }
        sl_pixel_encode_lanes(format, srgb, channels, mask, raw);
        sl_texel_lanes decoded;
        sl_pixel_decode_lanes(format, srgb, before, decoded);
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            float texel[4] = {in[0][lane], in[1][lane], in[2][lane], in[3][lane]};
            cr_assert_eq(raw[lane], sl_pixel_encode(format, srgb, texel, mask, before[lane]),
                         "case %u, lane %u", n, lane);
            sl_pixel_decode(format, srgb, before[lane], texel);
            for (unsigned i = 0; i < 4; i++) {
                cr_assert_eq(sl_f32_to_bits(decoded[i][lane]), sl_f32_to_bits(texel[i]),
                             "case %u, lane %u, channel %u", n, lane, i);
            }
        }
        enum sl_texel_format kind = srgb ? SL_TEXEL_D24S8 : SL_TEXEL_D32F;
        sl_depth_encode_lanes(kind, in[0], depth);
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            cr_assert_eq(depth[lane], sl_depth_encode(kind, in[0][lane]));
        }
    }
}

/* All floats from the smallest normal to 1, every 61st of them. */
Test(render_texel, depth_lanes_give_the_nearest_step)
{
    float in[SL_LANES];
    uint32_t raw[SL_LANES];
    for (uint32_t bits = 0x00800000; bits < 0x3F800000; bits += 61 * SL_LANES) {
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            in[lane] = sl_f32_from_bits(bits + 61 * lane);
        }
        sl_depth_encode_lanes(SL_TEXEL_D24S8, in, raw);
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            double exact = (double)in[lane] * 16777215.0;
            uint32_t expected = (uint32_t)(exact < 16777215.0 ? exact + 0.5 : 16777215.0);
            cr_assert_eq(raw[lane], expected, "0x%08x", bits + 61 * lane);
        }
    }
}
