#include "render/pixel.h"

#include "base/fast_path.h"
#include "base/vector_clones.h"
#include "render/byte_channels.h"
#include "render/convert.h"
#include "render/lane_vectors.h"

#include <string.h>

/* Where a channel lies in a raw texel. width 0 = not stored. */
struct pixel_channel {
    uint8_t shift;
    uint8_t width;
};

struct pixel_layout {
    uint8_t size;
    struct pixel_channel rgba[4];
    uint32_t ones; /* bits that every write sets */
};

static const struct pixel_layout layouts[] = {
    [SL_TEXEL_B8G8R8A8] = {4, {{16, 8}, {8, 8}, {0, 8}, {24, 8}}, 0},
    [SL_TEXEL_B8G8R8X8] = {4, {{16, 8}, {8, 8}, {0, 8}, {0, 0}}, 0xFF000000},
    [SL_TEXEL_R8G8B8A8] = {4, {{0, 8}, {8, 8}, {16, 8}, {24, 8}}, 0},
    [SL_TEXEL_R8G8B8X8] = {4, {{0, 8}, {8, 8}, {16, 8}, {0, 0}}, 0xFF000000},
    [SL_TEXEL_B5G6R5] = {2, {{11, 5}, {5, 6}, {0, 5}, {0, 0}}, 0},
    [SL_TEXEL_B5G5R5A1] = {2, {{10, 5}, {5, 5}, {0, 5}, {15, 1}}, 0},
    [SL_TEXEL_D24S8] = {4, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, 0},
    [SL_TEXEL_D32F] = {4, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, 0},
    [SL_TEXEL_BC1] = {8, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, 0},
    [SL_TEXEL_BC2] = {16, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, 0},
    [SL_TEXEL_BC3] = {16, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, 0},
    [SL_TEXEL_BC7] = {16, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, 0},
};

#define DEPTH24_MASK UINT32_C(0xFFFFFF)

unsigned sl_texel_size(enum sl_texel_format format)
{
    return layouts[format].size;
}

bool sl_texel_is_blocks(enum sl_texel_format format)
{
    return format >= SL_TEXEL_BC1;
}

bool sl_texel_is_depth(enum sl_texel_format format)
{
    return format == SL_TEXEL_D24S8 || format == SL_TEXEL_D32F;
}

float sl_depth_decode(enum sl_texel_format format, uint32_t raw)
{
    if (format == SL_TEXEL_D24S8) {
        return sl_unorm_to_f32(raw & DEPTH24_MASK, 24);
    }
    return sl_f32_from_bits(raw);
}

uint32_t sl_depth_encode(enum sl_texel_format format, float depth)
{
    if (format == SL_TEXEL_D24S8) {
        return sl_f32_to_unorm(depth, 24);
    }
    return sl_f32_to_bits(sl_f32_saturate(depth));
}

static bool is_curved(bool srgb, unsigned index, struct pixel_channel channel)
{
    return srgb && index < 3 && channel.width == 8;
}

static void decode_depth(enum sl_texel_format format, uint32_t raw, float rgba[4])
{
    rgba[0] = sl_depth_decode(format, raw);
    rgba[1] = 0.0f;
    rgba[2] = 0.0f;
    rgba[3] = 1.0f;
}

void sl_pixel_codes(enum sl_texel_format format, bool srgb, uint32_t raw, float codes[4])
{
    if (sl_texel_is_depth(format)) {
        decode_depth(format, raw, codes);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        struct pixel_channel channel = layouts[format].rgba[i];
        uint32_t code = raw >> channel.shift & ((UINT32_C(1) << channel.width) - 1);
        if (channel.width == 0) {
            codes[i] = 1.0f;
        } else {
            codes[i] = is_curved(srgb, i, channel) ? sl_srgb8_to_f32((uint8_t)code) : (float)code;
        }
    }
}

void sl_pixel_divisors(enum sl_texel_format format, bool srgb, float divisors[4])
{
    for (unsigned i = 0; i < 4; i++) {
        struct pixel_channel channel = layouts[format].rgba[i];
        bool plain = channel.width == 0 || is_curved(srgb, i, channel);
        divisors[i] = plain ? 1.0f : (float)((UINT32_C(1) << channel.width) - 1);
    }
}

void sl_pixel_decode(enum sl_texel_format format, bool srgb, uint32_t raw, float rgba[4])
{
    if (sl_texel_is_depth(format)) {
        decode_depth(format, raw, rgba);
        return;
    }
    float divisors[4];
    sl_pixel_codes(format, srgb, raw, rgba);
    sl_pixel_divisors(format, srgb, divisors);
    for (unsigned i = 0; i < 4; i++) {
        rgba[i] /= divisors[i];
    }
}

uint32_t sl_pixel_encode(enum sl_texel_format format, bool srgb, const float rgba[4],
                         unsigned write_mask, uint32_t stored)
{
    uint32_t raw = stored | layouts[format].ones;
    for (unsigned i = 0; i < 4; i++) {
        struct pixel_channel channel = layouts[format].rgba[i];
        if (channel.width == 0 || !(write_mask >> i & 1)) {
            continue;
        }
        uint32_t code = is_curved(srgb, i, channel) ? sl_f32_to_srgb8(rgba[i])
                                                    : sl_f32_to_unorm(rgba[i], channel.width);
        uint32_t mask = (UINT32_C(1) << channel.width) - 1;
        raw = (raw & ~(mask << channel.shift)) | code << channel.shift;
    }
    return raw;
}

static void decode_byte_srgb(const uint32_t raw[SL_LANES], unsigned shift, float out[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        out[lane] = sl_srgb8_to_f32((uint8_t)(raw[lane] >> shift & 0xFF));
    }
}

/*
 * As sl_f32_to_unorm(), of four lanes. The product is exact; adding 1.5 * 2^52 leaves its nearest
 * integer in the low bits. Of all products only that of 1/2 is halfway between two integers, and
 * there the even one is the upper one: max is odd, and (max + 1) / 2 is even.
 */
SL_INLINE sl_i32x4 encode_unorm(const float *in, double max)
{
    const sl_i32x4 one = {0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000};
    sl_f32x4 value = sl_load_f32(in);
    sl_i32x4 bits = (sl_i32x4)value & (value > 0.0f); /* NaN is 0 */
    sl_i32x4 over = bits > one;
    bits = (bits & ~over) | (one & over);
    sl_f64x4 sum = SL_TO_F64((sl_f32x4)bits) * max + 6755399441055744.0;
    return SL_TO_I32((sl_i64x4)sum);
}

SL_CLONES static void encode_depth24(const float in[SL_LANES], uint32_t raw[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_i32x4 code = encode_unorm(in + lane, DEPTH24_MASK);
        memcpy(raw + lane, &code, sizeof(code));
    }
}

static void encode_byte_srgb(const float in[SL_LANES], unsigned shift, uint32_t raw[SL_LANES])
{
    uint8_t codes[SL_LANES];
    uint32_t keep = ~(UINT32_C(0xFF) << shift);
    sl_f32s_to_srgb8(in, SL_LANES, codes);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        raw[lane] = (raw[lane] & keep) | (uint32_t)codes[lane] << shift;
    }
}

/* Whether texels go through the kernels. */
static bool has_bytes(enum sl_texel_format format)
{
    return format <= SL_TEXEL_R8G8B8X8 && sl_fast_path(SL_FAST_RASTER);
}

static const float zeros[SL_LANES];

void sl_pixel_decode_lanes(enum sl_texel_format format, bool srgb, const uint32_t raw[SL_LANES],
                           sl_texel_lanes rgba)
{
    if (!has_bytes(format)) {
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            float texel[4];
            sl_pixel_decode(format, srgb, raw[lane], texel);
            for (unsigned i = 0; i < 4; i++) {
                rgba[i][lane] = texel[i];
            }
        }
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        struct pixel_channel channel = layouts[format].rgba[i];
        if (channel.width == 0) {
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                rgba[i][lane] = 1.0f;
            }
        } else if (srgb && i < 3) {
            decode_byte_srgb(raw, channel.shift, rgba[i]);
        } else {
            sl_byte_kernels()->unpack(raw, channel.shift, rgba[i]);
        }
    }
}

void sl_pixel_encode_lanes(enum sl_texel_format format, bool srgb, const float *const rgba[4],
                           unsigned write_mask, uint32_t raw[SL_LANES])
{
    if (!has_bytes(format)) {
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            float texel[4] = {rgba[0][lane], rgba[1][lane], rgba[2][lane], rgba[3][lane]};
            raw[lane] = sl_pixel_encode(format, srgb, texel, write_mask, raw[lane]);
        }
        return;
    }
    struct sl_byte_packing packing = {
        .channels = {zeros, zeros, zeros, zeros},
        .keep = UINT32_MAX,
        .ones = layouts[format].ones,
    };
    for (unsigned i = 0; i < 4; i++) {
        struct pixel_channel channel = layouts[format].rgba[i];
        if (channel.width == 0 || !(write_mask >> i & 1)) {
            continue;
        }
        if (srgb && i < 3) {
            encode_byte_srgb(rgba[i], channel.shift, raw);
        } else {
            packing.channels[i] = rgba[i];
            packing.shifts[i] = channel.shift;
            packing.keep &= ~(UINT32_C(0xFF) << channel.shift);
        }
    }
    sl_byte_kernels()->pack(&packing, raw);
}

void sl_depth_encode_lanes(enum sl_texel_format format, const float depth[SL_LANES],
                           uint32_t raw[SL_LANES])
{
    if (format != SL_TEXEL_D24S8) {
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            raw[lane] = sl_depth_encode(format, depth[lane]);
        }
        return;
    }
    encode_depth24(depth, raw);
}
