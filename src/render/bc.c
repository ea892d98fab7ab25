/*
 * BC1, BC2, BC3. The three share a colour block: two RGB565 end colours and 16 two-bit indices into
 * the palette they span. The divisions truncate; Direct3D leaves the rounding open.
 */
#include "render/bc.h"

#include "base/bytes.h"

#include <stdbool.h>

/* Replicates the high bits of a channel below the low ones. */
static void expand_565(uint16_t c, uint8_t rgba[4])
{
    unsigned r = c >> 11;
    unsigned g = (c >> 5) & 63;
    unsigned b = c & 31;
    rgba[0] = (uint8_t)(r << 3 | r >> 2);
    rgba[1] = (uint8_t)(g << 2 | g >> 4);
    rgba[2] = (uint8_t)(b << 3 | b >> 2);
    rgba[3] = 255;
}

/* Two colours between the ends, or one and transparent black. */
static void make_palette(uint16_t c0, uint16_t c1, bool four_colors, uint8_t palette[4][4])
{
    expand_565(c0, palette[0]);
    expand_565(c1, palette[1]);
    for (unsigned i = 0; i < 4; i++) {
        unsigned a = palette[0][i];
        unsigned b = palette[1][i];
        palette[2][i] = (uint8_t)(four_colors ? (2 * a + b) / 3 : (a + b) / 2);
        palette[3][i] = (uint8_t)(four_colors ? (a + 2 * b) / 3 : 0);
    }
}

static void decode_colors(const uint8_t *block, bool always_four, uint8_t *rgba)
{
    uint8_t palette[4][4];
    uint16_t c0 = sl_get_le16(block);
    uint16_t c1 = sl_get_le16(block + 2);
    uint32_t indices = sl_get_le32(block + 4);
    make_palette(c0, c1, always_four || c0 > c1, palette);
    for (unsigned texel = 0; texel < 16; texel++) {
        const uint8_t *color = palette[(indices >> (2 * texel)) & 3];
        for (unsigned i = 0; i < 4; i++) {
            rgba[4 * texel + i] = color[i];
        }
    }
}

void sl_bc1_decode(const uint8_t block[static 8], uint8_t rgba[static SL_BC_TEXELS_SIZE])
{
    decode_colors(block, false, rgba);
}

void sl_bc2_decode(const uint8_t block[static 16], uint8_t rgba[static SL_BC_TEXELS_SIZE])
{
    uint64_t alpha = sl_get_le64(block);
    decode_colors(block + 8, true, rgba);
    for (unsigned texel = 0; texel < 16; texel++) {
        rgba[4 * texel + 3] = (uint8_t)(((alpha >> (4 * texel)) & 15) * 17);
    }
}

static void make_alpha_palette(unsigned a0, unsigned a1, uint8_t palette[8])
{
    bool eight = a0 > a1;
    unsigned steps = eight ? 7 : 5;
    palette[0] = (uint8_t)a0;
    palette[1] = (uint8_t)a1;
    for (unsigned i = 1; i < steps; i++) {
        palette[i + 1] = (uint8_t)(((steps - i) * a0 + i * a1) / steps);
    }
    if (!eight) {
        palette[6] = 0;
        palette[7] = 255;
    }
}

void sl_bc3_decode(const uint8_t block[static 16], uint8_t rgba[static SL_BC_TEXELS_SIZE])
{
    uint8_t palette[8];
    uint64_t indices = sl_get_le64(block) >> 16;
    make_alpha_palette(block[0], block[1], palette);
    decode_colors(block + 8, true, rgba);
    for (unsigned texel = 0; texel < 16; texel++) {
        rgba[4 * texel + 3] = palette[(indices >> (3 * texel)) & 7];
    }
}
