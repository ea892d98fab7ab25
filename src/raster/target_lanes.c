#include "raster/target_lanes.h"

#include "render/pixel.h"

uint8_t *sl_target_at(const struct sl_raster_target *target, uint32_t layer, int32_t x, int32_t y,
                      unsigned size)
{
    uint64_t of_layer = layer < target->layer_count ? layer * target->layer_stride_bytes : 0;
    return target->bytes + of_layer + (uint64_t)y * target->pitch_bytes + (uint64_t)x * size;
}

/* Whether the lanes are all of a strip whose texels have four bytes. */
static bool is_whole_strip(const struct sl_pixel_batch *batch, uint64_t lanes, unsigned size)
{
    return batch->is_strip && lanes == UINT64_MAX && size == 4;
}

static inline uint64_t two_words(const uint32_t *words)
{
    return words[0] | (uint64_t)words[1] << 32;
}

static void read_strip(const uint8_t *upper, const uint8_t *lower, uint32_t raw[SL_LANES])
{
    for (unsigned i = 0; i < SL_QUADS; i++) {
        raw[4 * i] = sl_get_le32(upper + 8 * i);
        raw[4 * i + 1] = sl_get_le32(upper + 8 * i + 4);
        raw[4 * i + 2] = sl_get_le32(lower + 8 * i);
        raw[4 * i + 3] = sl_get_le32(lower + 8 * i + 4);
    }
}

static void write_strip(uint8_t *upper, uint8_t *lower, const uint32_t raw[SL_LANES])
{
    for (unsigned i = 0; i < SL_QUADS; i++) {
        sl_put_le64(upper + 8 * i, two_words(raw + 4 * i));
        sl_put_le64(lower + 8 * i, two_words(raw + 4 * i + 2));
    }
}

void sl_target_read(const struct sl_raster_target *target, const struct sl_pixel_batch *batch,
                    unsigned first, unsigned end, uint64_t lanes, uint32_t raw[SL_LANES])
{
    unsigned size = sl_texel_size(target->format);
    if (is_whole_strip(batch, lanes, size)) {
        const struct sl_quad *quad = batch->quads;
        const uint8_t *upper = sl_target_at(target, quad->shape->layer, quad->x, quad->y, size);
        read_strip(upper, upper + target->pitch_bytes, raw);
        return;
    }
    for (unsigned q = first; q < end; q++) {
        struct sl_quad quad = sl_batch_quad(batch, q);
        uint32_t bits = sl_quad_bits(lanes, q);
        const uint8_t *upper = sl_target_at(target, quad.shape->layer, quad.x, quad.y, size);
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
    if (is_whole_strip(batch, lanes, size)) {
        const struct sl_quad *quad = batch->quads;
        uint8_t *upper = sl_target_at(target, quad->shape->layer, quad->x, quad->y, size);
        write_strip(upper, upper + target->pitch_bytes, raw);
        return;
    }
    for (unsigned q = first; q < end; q++) {
        struct sl_quad quad = sl_batch_quad(batch, q);
        uint32_t bits = sl_quad_bits(lanes, q);
        uint8_t *upper = sl_target_at(target, quad.shape->layer, quad.x, quad.y, size);
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
