/* Texels of textures, whose formats may be block-compressed. */
#include "render/bc.h"
#include "render/pixel.h"
#include "render/texture_impl.h"

typedef void block_decode_fn(const uint8_t *block, uint8_t *rgba);

static block_decode_fn *const block_decoders[] = {
    [SL_TEXEL_BC1] = sl_bc1_decode,
    [SL_TEXEL_BC2] = sl_bc2_decode,
    [SL_TEXEL_BC3] = sl_bc3_decode,
    [SL_TEXEL_BC7] = sl_bc7_decode,
};

void sl_texel_block_decode(enum sl_texel_format format, const uint8_t *block, uint8_t *rgba)
{
    block_decoders[format](block, rgba);
}

/* Blocks and widened texels decode to bytes in this order. */
enum sl_texel_format sl_texel_raw_format(const struct sl_texture *texture)
{
    bool is_bytes = sl_texel_is_blocks(texture->format) || texture->widens;
    return is_bytes ? SL_TEXEL_R8G8B8A8 : texture->format;
}

static uint32_t replicate(uint32_t code, unsigned width)
{
    return (code << (8 - width) | code >> (2 * width - 8)) & 0xFF;
}

static uint32_t widen(enum sl_texel_format format, uint32_t raw)
{
    bool has_alpha = format == SL_TEXEL_B5G5R5A1;
    unsigned green_width = has_alpha ? 5 : 6;
    uint32_t green = raw >> 5 & ((UINT32_C(1) << green_width) - 1);
    uint32_t alpha = !has_alpha || raw >> 15 ? 0xFF : 0;
    return replicate(raw >> (5 + green_width) & 31, 5) | replicate(green, green_width) << 8 |
           replicate(raw & 31, 5) << 16 | alpha << 24;
}

uint32_t sl_texel_raw(const struct sl_texture *texture, uint32_t level, uint32_t layer, uint32_t x,
                      uint32_t y)
{
    const struct sl_texture_level *from = &texture->levels[level];
    const uint8_t *bytes = from->bytes + layer * texture->layer_stride_bytes;
    unsigned size = sl_texel_size(texture->format);
    if (!sl_texel_is_blocks(texture->format)) {
        uint32_t raw =
            sl_pixel_read(bytes + (uint64_t)y * from->pitch_bytes + (uint64_t)x * size, size);
        return texture->widens ? widen(texture->format, raw) : raw;
    }
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    bytes += (uint64_t)(y / 4) * from->pitch_bytes + (uint64_t)(x / 4) * size;
    block_decoders[texture->format](bytes, rgba);
    return sl_get_le32(rgba + 16 * (y % 4) + 4 * (x % 4));
}

void sl_texel_decode(const struct sl_texture *texture, uint32_t level, uint32_t layer, uint32_t x,
                     uint32_t y, float rgba[4])
{
    uint32_t raw = sl_texel_raw(texture, level, layer, x, y);
    sl_pixel_decode(sl_texel_raw_format(texture), texture->srgb, raw, rgba);
}
