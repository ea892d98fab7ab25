/* Samples, gathers and loads, lane by lane. */
#include "render/convert.h"
#include "render/f32_math.h"
#include "render/pixel.h"
#include "render/texture_fast.h"
#include "render/texture_impl.h"

#include <string.h>

/* What is the same for all lanes of a call. */
struct filter {
    const struct sl_texture *texture;
    const struct sl_sampler *sampler;
    enum sl_address addresses[2];
    bool one_row; /* 1D: row 0, and only two texels of a linear footprint */
    bool codes;   /* channels are added up as the integers they are stored as */
    bool compare;
    enum sl_texel_format raw_format;
    float divisors[4];
};

static bool uses_border(const struct filter *filter)
{
    return filter->addresses[0] == SL_ADDRESS_BORDER || filter->addresses[1] == SL_ADDRESS_BORDER;
}

static void filter_begin(struct filter *filter, const struct sl_texture *texture,
                         const struct sl_sampler *sampler, const struct sl_sample *sample)
{
    *filter = (struct filter){
        .texture = texture,
        .sampler = sampler,
        .one_row = sl_texture_is_1d(sample->dim),
        .compare = sample->compare,
        .raw_format = sl_texel_raw_format(texture),
        .divisors = {1.0f, 1.0f, 1.0f, 1.0f},
    };
    sl_texture_addresses(sampler, sample->dim, filter->addresses);
    filter->codes = !sample->compare && !uses_border(filter);
    if (filter->codes) {
        sl_pixel_divisors(filter->raw_format, texture->srgb, filter->divisors);
    }
}

static struct sl_footprint find_footprint(const struct filter *filter, uint32_t level,
                                          enum sl_filter kind, const struct sl_texture_spot *spot,
                                          const int32_t offset[2])
{
    const struct sl_texture_level *from = &filter->texture->levels[level];
    struct sl_footprint print = {.weight_y = 0};
    sl_footprint_axis(spot->u, from->width, filter->addresses[0], kind, offset[0], print.x,
                      &print.weight_x);
    if (!filter->one_row) {
        sl_footprint_axis(spot->v, from->height, filter->addresses[1], kind, offset[1], print.y,
                          &print.weight_y);
    }
    return print;
}

/* A texel, or the border colour, as floats. */
static void read_colour(const struct filter *filter, uint32_t level, uint32_t layer, int32_t x,
                        int32_t y, float rgba[4])
{
    if (x == SL_TEXEL_BORDER || y == SL_TEXEL_BORDER) {
        memcpy(rgba, filter->sampler->border, 4 * sizeof(rgba[0]));
    } else {
        sl_texel_decode(filter->texture, level, layer, (uint32_t)x, (uint32_t)y, rgba);
    }
}

/* The reference value as the texture would have stored it. */
static float quantise_reference(enum sl_texel_format format, float reference)
{
    if (format != SL_TEXEL_D24S8) {
        return reference;
    }
    return sl_depth_decode(format, sl_depth_encode(format, reference));
}

/* What is added up: codes, colours, or outcomes of the comparison. */
static void read_summand(const struct filter *filter, uint32_t level, uint32_t layer, int32_t x,
                         int32_t y, float reference, float summand[4])
{
    if (filter->codes) {
        uint32_t raw = sl_texel_raw(filter->texture, level, layer, (uint32_t)x, (uint32_t)y);
        sl_pixel_codes(filter->raw_format, filter->texture->srgb, raw, summand);
        return;
    }
    read_colour(filter, level, layer, x, y, summand);
    if (filter->compare) {
        float outcome = sl_f32_ge(summand[0], reference) ? 1.0f : 0.0f;
        for (unsigned i = 0; i < 4; i++) {
            summand[i] = outcome;
        }
    }
}

/* The weighted sum of a level, 2^16 times the colour. */
static void sum_level(const struct filter *filter, uint32_t level, enum sl_filter kind,
                      const struct sl_texture_spot *spot, const int32_t offset[2], float reference,
                      double sums[4])
{
    struct sl_footprint print = find_footprint(filter, level, kind, spot, offset);
    uint32_t weights_x[2] = {256 - print.weight_x, print.weight_x};
    uint32_t weights_y[2] = {256 - print.weight_y, print.weight_y};
    unsigned columns = kind == SL_FILTER_LINEAR ? 2 : 1;
    unsigned rows = filter->one_row ? 1 : columns;
    for (unsigned texel = 0; texel < columns * rows; texel++) {
        unsigned column = texel % columns;
        unsigned row = texel / columns;
        float summand[4];
        read_summand(filter, level, spot->layer, print.x[column], print.y[row], reference, summand);
        double weight = weights_x[column] * weights_y[row];
        for (unsigned i = 0; i < 4; i++) {
            double product = (double)summand[i] * weight;
            sums[i] = texel == 0 ? product : sums[i] + product;
        }
    }
}

static void sample_lane(const struct filter *filter, const struct sl_sample *sample, unsigned lane,
                        float rgba[4])
{
    const int32_t offset[2] = {sample->offset[0], sample->offset[1]};
    struct sl_texture_spot spot = sl_texture_spot_find(filter->texture, sample, lane);
    double lod = sl_texture_lod_find(filter->texture, filter->sampler, sample, lane);
    struct sl_level_choice choice = sl_level_choose(filter->texture, filter->sampler, lod);
    float reference = 0.0f;
    if (filter->compare) {
        reference = quantise_reference(filter->texture->format, sample->reference[lane]);
    }
    double sums[4];
    double scale = 65536.0;
    sum_level(filter, choice.levels[0], choice.filter, &spot, offset, reference, sums);
    if (choice.fraction != 0) {
        double next[4];
        sum_level(filter, choice.levels[1], choice.filter, &spot, offset, reference, next);
        scale *= 256.0;
        for (unsigned i = 0; i < 4; i++) {
            sums[i] = sums[i] * (256 - choice.fraction) + next[i] * choice.fraction;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        rgba[i] = sl_f32_fin((float)(sums[i] / ((double)filter->divisors[i] * scale)));
    }
}

void sl_texture_sample_plain(const struct sl_texture *texture, const struct sl_sampler *sampler,
                             const struct sl_sample *sample, uint64_t active, sl_texel_lanes result)
{
    struct filter filter;
    filter_begin(&filter, texture, sampler, sample);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        if (!(active >> lane & 1)) {
            continue;
        }
        float rgba[4];
        sample_lane(&filter, sample, lane, rgba);
        for (unsigned i = 0; i < 4; i++) {
            result[i][lane] = rgba[i];
        }
    }
}

void sl_texture_sample(const struct sl_texture *texture, const struct sl_sampler *sampler,
                       const struct sl_sample *sample, uint64_t active, sl_texel_lanes result)
{
    if (!sl_texture_sample_fast(texture, sampler, sample, active, result)) {
        sl_texture_sample_plain(texture, sampler, sample, active, result);
    }
}

/* Six bits, two's complement. */
static int32_t lane_offset(uint32_t bits)
{
    return (int32_t)(bits & 63) - (bits & 32 ? 64 : 0);
}

void sl_texture_gather(const struct sl_texture *texture, const struct sl_sampler *sampler,
                       const struct sl_sample *sample, unsigned channel,
                       const uint32_t *const offset_lanes[2], uint64_t active,
                       sl_texel_lanes result)
{
    static const uint8_t corners[4][2] = {{0, 1}, {1, 1}, {1, 0}, {0, 0}};
    struct filter filter;
    filter_begin(&filter, texture, sampler, sample);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        if (!(active >> lane & 1)) {
            continue;
        }
        int32_t offset[2];
        for (unsigned i = 0; i < 2; i++) {
            offset[i] =
                offset_lanes != NULL ? lane_offset(offset_lanes[i][lane]) : sample->offset[i];
        }
        struct sl_texture_spot spot = sl_texture_spot_find(texture, sample, lane);
        struct sl_footprint print = find_footprint(&filter, 0, SL_FILTER_LINEAR, &spot, offset);
        for (unsigned i = 0; i < 4; i++) {
            float rgba[4];
            read_colour(&filter, 0, spot.layer, print.x[corners[i][0]], print.y[corners[i][1]],
                        rgba);
            if (sample->compare) {
                float reference = quantise_reference(texture->format, sample->reference[lane]);
                result[i][lane] = sl_f32_ge(rgba[0], reference) ? 1.0f : 0.0f;
            } else {
                result[i][lane] = rgba[channel];
            }
        }
    }
}

static uint32_t add_offset(uint32_t coord, int8_t offset)
{
    int32_t texels = offset;
    return coord + (uint32_t)texels;
}

/* Which of the addresses is the slice; 0 = none, since that is always x. */
static unsigned slice_address(enum sl_texture_dim dim)
{
    switch (dim) {
    case SL_TEXTURE_1D_ARRAY:
        return 1;
    case SL_TEXTURE_2D_ARRAY:
    case SL_TEXTURE_CUBE_ARRAY:
        return 2;
    case SL_TEXTURE_1D:
    case SL_TEXTURE_2D:
    case SL_TEXTURE_CUBE:
        break;
    }
    return 0;
}

static uint32_t at_most(uint32_t value, uint32_t count)
{
    return value < count ? value : count - 1;
}

void sl_texture_load(const struct sl_texture *texture, enum sl_texture_dim dim,
                     const uint32_t *const address[3], const uint32_t *level,
                     const int8_t offset[3], uint64_t active, sl_texel_lanes result)
{
    unsigned slice = slice_address(dim);
    float outside[4];
    sl_pixel_decode(sl_texel_raw_format(texture), false, 0, outside);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        if (!(active >> lane & 1)) {
            continue;
        }
        uint32_t x = add_offset(address[0][lane], offset[0]);
        uint32_t y = 0;
        if (!sl_texture_is_1d(dim)) {
            y = add_offset(address[1][lane], offset[1]);
        }
        uint32_t layer = slice != 0 ? address[slice][lane] : 0;
        uint32_t mip = level[lane];
        if (texture->clamps_loads) {
            mip = at_most(mip, texture->level_count);
            layer = at_most(layer, texture->layer_count);
            x = at_most(x, texture->levels[mip].width);
            y = at_most(y, texture->levels[mip].height);
        }
        float rgba[4];
        memcpy(rgba, outside, sizeof(rgba));
        if (mip < texture->level_count && layer < texture->layer_count &&
            x < texture->levels[mip].width && y < texture->levels[mip].height) {
            sl_texel_decode(texture, mip, layer, x, y, rgba);
        }
        for (unsigned i = 0; i < 4; i++) {
            result[i][lane] = rgba[i];
        }
    }
}
