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

/* Blocks decode to bytes in this order. */
enum sl_texel_format sl_texel_raw_format(enum sl_texel_format format)
{
    return sl_texel_is_blocks(format) ? SL_TEXEL_R8G8B8A8 : format;
}

uint32_t sl_texel_raw(const struct sl_texture *texture, uint32_t level, uint32_t layer, uint32_t x,
                      uint32_t y)
{
    const struct sl_texture_level *from = &texture->levels[level];
    const uint8_t *bytes = from->bytes + layer * texture->layer_stride_bytes;
    unsigned size = sl_texel_size(texture->format);
    if (!sl_texel_is_blocks(texture->format)) {
        return sl_pixel_read(bytes + (uint64_t)y * from->pitch_bytes + (uint64_t)x * size, size);
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
    sl_pixel_decode(sl_texel_raw_format(texture->format), texture->srgb, raw, rgba);
}
