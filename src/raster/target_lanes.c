#include "raster/target_lanes.h"

#include "render/pixel.h"

uint8_t *sl_target_at(const struct sl_raster_target *target, uint32_t layer, int32_t x, int32_t y,
                      unsigned size)
{
    uint64_t of_layer = layer < target->layer_count ? layer * target->layer_stride_bytes : 0;
    return target->bytes + of_layer + (uint64_t)y * target->pitch_bytes + (uint64_t)x * size;
}

void sl_target_read(const struct sl_raster_target *target, const struct sl_pixel_batch *batch,
                    unsigned first, unsigned end, uint64_t lanes, uint32_t raw[SL_LANES])
{
    unsigned size = sl_texel_size(target->format);
    for (unsigned q = first; q < end; q++) {
        const struct sl_quad *quad = &batch->quads[q];
        uint32_t bits = sl_quad_bits(lanes, q);
        const uint8_t *upper = sl_target_at(target, quad->shape->layer, quad->x, quad->y, size);
        const uint8_t *lower = upper + target->pitch_bytes;
        uint32_t *out = &raw[4 * q];
        if (bits == 0xF && size == 4) {
            out[0] = sl_get_le32(upper);
            out[1] = sl_get_le32(upper + 4);
            out[2] = sl_get_le32(lower);
            out[3] = sl_get_le32(lower + 4);
            continue;
        }
        for (unsigned i = 0; i < 4; i++) {
            if (bits >> i & 1) {
                out[i] = sl_pixel_read((i < 2 ? upper : lower) + (i & 1) * size, size);
            }
        }
    }
}

void sl_target_write(const struct sl_raster_target *target, const struct sl_pixel_batch *batch,
                     unsigned first, unsigned end, uint64_t lanes, const uint32_t raw[SL_LANES])
{
    unsigned size = sl_texel_size(target->format);
    for (unsigned q = first; q < end; q++) {
        const struct sl_quad *quad = &batch->quads[q];
        uint32_t bits = sl_quad_bits(lanes, q);
        uint8_t *upper = sl_target_at(target, quad->shape->layer, quad->x, quad->y, size);
        uint8_t *lower = upper + target->pitch_bytes;
        const uint32_t *in = &raw[4 * q];
        if (bits == 0xF && size == 4) {
            sl_put_le32(upper, in[0]);
            sl_put_le32(upper + 4, in[1]);
            sl_put_le32(lower, in[2]);
            sl_put_le32(lower + 4, in[3]);
            continue;
        }
        for (unsigned i = 0; i < 4; i++) {
            if (bits >> i & 1) {
                sl_pixel_write((i < 2 ? upper : lower) + (i & 1) * size, size, in[i]);
            }
        }
    }
}
