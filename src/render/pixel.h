/*
 * Stored texels of colour and depth targets: bytes <-> raw integers <-> floats. A raw texel is the
 * texel's bytes as one little-endian integer; formats of two bytes leave the upper half 0. Values
 * are exact to the bit (docs/numerics.md, "Texels").
 *
 * The forms on single texels define what the forms on lanes give; those exist because merging a
 * batch is most of the work of a simple draw. Block-compressed formats are not pixels.
 */
#ifndef SL_RENDER_PIXEL_H
#define SL_RENDER_PIXEL_H

#include "base/bytes.h"
#include "render/texture.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a texel, or of a 4 x 4 block where blocks are stored. */
unsigned sl_texel_size(enum sl_texel_format format);

bool sl_texel_is_blocks(enum sl_texel_format format);
bool sl_texel_is_depth(enum sl_texel_format format);

static inline uint32_t sl_pixel_read(const uint8_t *at, unsigned size)
{
    return size == 2 ? sl_get_le16(at) : sl_get_le32(at);
}

static inline void sl_pixel_write(uint8_t *at, unsigned size, uint32_t raw)
{
    if (size == 2) {
        sl_put_le16(at, (uint16_t)raw);
    } else {
        sl_put_le32(at, raw);
    }
}

/*
 * Red, green, blue, alpha. srgb: red, green and blue are decoded from sRGB; it only means something
 * for formats of 8-bit channels. Without stored alpha it is 1. Depth gives (depth, 0, 0, 1).
 */
void sl_pixel_decode(enum sl_texel_format format, bool srgb, uint32_t raw, float rgba[4]);

/*
 * The same before the division that UNORM channels need: every channel is codes / divisors. Filters
 * add up codes, which are integers, and divide once. Other channels have the divisor 1.
 */
void sl_pixel_codes(enum sl_texel_format format, bool srgb, uint32_t raw, float codes[4]);
void sl_pixel_divisors(enum sl_texel_format format, bool srgb, float divisors[4]);

/*
 * What stored becomes when rgba is written to the channels of write_mask (bits 0..3 = R, G, B, A).
 * The others keep their bits, except that X always becomes 0xFF. Colour formats only.
 */
uint32_t sl_pixel_encode(enum sl_texel_format format, bool srgb, const float rgba[4],
                         unsigned write_mask, uint32_t stored);

/*
 * Depth of D24S8 (24 bits, without stencil) or D32F (the bits of a float in [0, 1], +0 instead of
 * -0 and NaN). Both compare as integers in the order of what they stand for, as long as what is
 * stored was encoded so; a D32F target may also hold bytes that a guest uploaded.
 */
uint32_t sl_depth_encode(enum sl_texel_format format, float depth);
float sl_depth_decode(enum sl_texel_format format, uint32_t raw);

/* The same on SL_LANES texels at once. */
void sl_pixel_decode_lanes(enum sl_texel_format format, bool srgb, const uint32_t raw[SL_LANES],
                           sl_texel_lanes rgba);

/* rgba: SL_LANES floats per channel. raw holds the stored texels and becomes the new ones. */
void sl_pixel_encode_lanes(enum sl_texel_format format, bool srgb, const float *const rgba[4],
                           unsigned write_mask, uint32_t raw[SL_LANES]);

void sl_depth_encode_lanes(enum sl_texel_format format, const float depth[SL_LANES],
                           uint32_t raw[SL_LANES]);

#endif
