/*
 * Samples of textures of 8-bit channels, also in blocks, for all lanes at once. A pass handles the
 * lanes that read one level with one filter; lanes of a batch seldom need more than two or three.
 */
#include "render/texture_fast.h"

#include "render/bc.h"
#include "render/pixel.h"
#include "render/texture_lanes.h"

#include <string.h>

/* Where the lanes look, as arrays. */
struct spot_lanes {
    const float *u, *v;
    bool layered; /* else layer 0 everywhere */
    float u_store[SL_LANES], v_store[SL_LANES];
    uint32_t layers[SL_LANES];
};

struct level_lanes {
    uint8_t levels[2][SL_LANES];
    uint8_t filters[SL_LANES];
    int32_t fractions[SL_LANES];
    uint64_t mixed; /* lanes whose fraction is not 0 */
    bool same;      /* all lanes read the same levels with the same filter */
};

static const struct sl_raw_order raw_orders[] = {
    [SL_TEXEL_B8G8R8A8] = {{16, 8, 0, 24}, false},
    [SL_TEXEL_B8G8R8X8] = {{16, 8, 0, SL_NO_ALPHA}, false},
    [SL_TEXEL_R8G8B8A8] = {{0, 8, 16, 24}, false},
    [SL_TEXEL_R8G8B8X8] = {{0, 8, 16, SL_NO_ALPHA}, false},
};

static void find_cube_spots(const struct sl_texture *texture, const struct sl_sample *sample,
                            struct spot_lanes *spots)
{
    int32_t faces[SL_LANES];
    sl_cube_faces_find(sample->coord, spots->u_store, spots->v_store, faces);
    bool array = sample->dim == SL_TEXTURE_CUBE_ARRAY && texture->layer_count >= 12;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        uint32_t layer = (uint32_t)faces[lane];
        if (array) {
            layer += 6 * sl_texture_slice(sample->coord[3][lane], texture->layer_count / 6);
        }
        spots->layers[lane] = layer < texture->layer_count ? layer : texture->layer_count - 1;
    }
}

static void find_spots(const struct sl_texture *texture, const struct sl_sample *sample,
                       struct spot_lanes *spots)
{
    spots->layered = sample->dim != SL_TEXTURE_2D;
    spots->u = sample->coord[0];
    spots->v = sample->coord[1];
    if (sl_texture_is_cube(sample->dim)) {
        spots->u = spots->u_store;
        spots->v = spots->v_store;
        find_cube_spots(texture, sample, spots);
        return;
    }
    for (unsigned lane = 0; spots->layered && lane < SL_LANES; lane++) {
        spots->layers[lane] = sl_texture_slice(sample->coord[2][lane], texture->layer_count);
    }
}

static void set_levels(struct level_lanes *lanes, unsigned first, unsigned count,
                       const struct sl_level_choice *choice)
{
    for (unsigned lane = first; lane < first + count; lane++) {
        lanes->levels[0][lane] = (uint8_t)choice->levels[0];
        lanes->levels[1][lane] = (uint8_t)choice->levels[1];
        lanes->filters[lane] = (uint8_t)choice->filter;
        lanes->fractions[lane] = (int32_t)choice->fraction;
        lanes->mixed |= (uint64_t)(choice->fraction != 0) << lane;
    }
}

static bool same_pass(const struct sl_level_choice *a, const struct sl_level_choice *b)
{
    return a->levels[0] == b->levels[0] && a->filter == b->filter &&
           (a->fraction != 0) == (b->fraction != 0);
}

/* Nothing depends on the level of detail where there is one filter and one level. */
static bool needs_lod(const struct sl_texture *texture, const struct sl_sampler *sampler)
{
    return sampler->mag != sampler->min ||
           (sampler->mip != SL_MIP_NONE && texture->level_count > 1);
}

/* Logarithms of numbers up to 1 are not positive, and nothing here makes them so. */
static bool all_magnify(const struct sl_sampler *sampler, const float *squares, unsigned count)
{
    bool magnify = sampler->lod_bias <= 0.0f && sampler->min_lod <= 0.0f;
    for (unsigned i = 0; i < count; i++) {
        magnify = magnify && squares[i] <= 1.0f;
    }
    return magnify;
}

/* Chooses for groups of 1 or 4 lanes, which share a level of detail. */
static void choose_levels(const struct sl_texture *texture, const struct sl_sampler *sampler,
                          const double *lods, unsigned group, uint64_t active,
                          struct level_lanes *lanes)
{
    struct sl_level_choice first;
    bool any = false;
    for (unsigned lane = 0; lane < SL_LANES; lane += group) {
        if (!(active >> lane & ((UINT64_C(1) << group) - 1))) {
            continue;
        }
        struct sl_level_choice choice = sl_level_choose(texture, sampler, lods[lane / group]);
        set_levels(lanes, lane, group, &choice);
        first = any ? first : choice;
        any = true;
        lanes->same = lanes->same && same_pass(&first, &choice);
    }
}

static void find_implicit_levels(const struct sl_texture *texture, const struct sl_sampler *sampler,
                                 const struct sl_sample *sample, uint64_t active,
                                 struct level_lanes *lanes)
{
    float squares[SL_LANES];
    double lods[SL_LANES];
    const struct sl_texture_level *level = &texture->levels[0];
    unsigned group = sl_texture_is_cube(sample->dim) ? 1 : 4;
    if (group == 1) {
        sl_cube_squares_find(sample->coord, level->width, squares);
    } else {
        sl_lod_squares_find(sample->coord[0], sample->coord[1], level->width, level->height,
                            squares);
    }
    if (sample->bias == NULL && all_magnify(sampler, squares, SL_LANES / group)) {
        set_levels(lanes, 0, SL_LANES, &(struct sl_level_choice){.filter = sampler->mag});
        return;
    }
    sl_lods_find(squares, SL_LANES / group, lods);
    if (sample->bias == NULL) {
        for (unsigned i = 0; i < SL_LANES / group; i++) {
            lods[i] += (double)sampler->lod_bias;
        }
        choose_levels(texture, sampler, lods, group, active, lanes);
        return;
    }
    double biased[SL_LANES];
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        biased[lane] = lods[lane / group] + (double)sampler->lod_bias + (double)sample->bias[lane];
    }
    choose_levels(texture, sampler, biased, 1, active, lanes);
}

static void find_levels(const struct sl_texture *texture, const struct sl_sampler *sampler,
                        const struct sl_sample *sample, uint64_t active, struct level_lanes *lanes)
{
    struct sl_level_choice choice = {.filter = sampler->mag};
    memset(lanes, 0, sizeof(*lanes));
    lanes->same = true;
    if (!needs_lod(texture, sampler)) {
        set_levels(lanes, 0, SL_LANES, &choice);
        return;
    }
    if (sample->lod_source == SL_LOD_IMPLICIT) {
        find_implicit_levels(texture, sampler, sample, active, lanes);
        return;
    }
    if (sample->lod_source == SL_LOD_ZERO) {
        double lod = sl_texture_lod_find(texture, sampler, sample, 0);
        choice = sl_level_choose(texture, sampler, lod);
        set_levels(lanes, 0, SL_LANES, &choice);
        return;
    }
    double lods[SL_LANES];
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        if (active >> lane & 1) {
            lods[lane] = sl_texture_lod_find(texture, sampler, sample, lane);
        }
    }
    choose_levels(texture, sampler, lods, 1, active, lanes);
}

/* Decoded blocks of a pass: neighbouring lanes read the same ones again and again. */
#define BLOCK_CACHE_SIZE 16u

struct block_cache {
    const uint8_t *blocks[BLOCK_CACHE_SIZE]; /* NULL = nothing there */
    uint8_t texels[BLOCK_CACHE_SIZE][SL_BC_TEXELS_SIZE];
};

/* One texel row of one layer, or row of blocks. */
struct row {
    const uint8_t *bytes;
    uint32_t block_row; /* which row of the texture in blocks, for spreading */
    uint32_t texel_row; /* within a block */
};

static uint32_t read_block(enum sl_texel_format format, struct block_cache *cache,
                           const struct row *row, uint32_t x)
{
    const uint8_t *block = row->bytes + (size_t)(x / 4) * sl_texel_size(format);
    unsigned slot = (x / 4 + 5 * row->block_row) % BLOCK_CACHE_SIZE;
    if (cache->blocks[slot] != block) {
        cache->blocks[slot] = block;
        sl_texel_block_decode(format, block, cache->texels[slot]);
    }
    return sl_get_le32(cache->texels[slot] + 16 * row->texel_row + 4 * (x % 4));
}

static void fetch_blocks(const struct sl_texture *texture, const struct sl_texture_level *level,
                         const struct spot_lanes *spots, const struct sl_axis_lanes axes[2],
                         unsigned corners, sl_corner_lanes raws)
{
    struct block_cache cache;
    memset(cache.blocks, 0, sizeof(cache.blocks));
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        const uint8_t *bytes = level->bytes;
        if (spots->layered) {
            bytes += spots->layers[lane] * texture->layer_stride_bytes;
        }
        for (unsigned corner = 0; corner < corners; corner++) {
            uint32_t x = (uint32_t)axes[0].texels[corner & 1][lane];
            uint32_t y = (uint32_t)axes[1].texels[corner >> 1][lane];
            struct row row = {bytes + (size_t)(y / 4) * level->pitch_bytes, y / 4, y % 4};
            raws[corner][lane] = read_block(texture->format, &cache, &row, x);
        }
    }
}

static void fetch_texels(const struct sl_texture *texture, const struct sl_texture_level *level,
                         const struct spot_lanes *spots, const struct sl_axis_lanes axes[2],
                         unsigned corners, sl_corner_lanes raws)
{
    size_t pitch = level->pitch_bytes;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        const uint8_t *bytes = level->bytes;
        if (spots->layered) {
            bytes += spots->layers[lane] * texture->layer_stride_bytes;
        }
        const uint8_t *upper = bytes + (size_t)axes[1].texels[0][lane] * pitch;
        size_t left = 4 * (size_t)axes[0].texels[0][lane];
        raws[0][lane] = sl_get_le32(upper + left);
        if (corners == 4) {
            const uint8_t *lower = bytes + (size_t)axes[1].texels[1][lane] * pitch;
            size_t right = 4 * (size_t)axes[0].texels[1][lane];
            raws[1][lane] = sl_get_le32(upper + right);
            raws[2][lane] = sl_get_le32(lower + left);
            raws[3][lane] = sl_get_le32(lower + right);
        }
    }
}

/* What all passes of a call share. */
struct pass {
    const struct sl_texture *texture;
    const struct sl_sample *sample;
    enum sl_address addresses[2];
    struct sl_raw_order order;
    struct spot_lanes spots;
};

/* The sums of a level for all lanes; those that do not want it get sums too, of texels inside. */
static void sum_level(const struct pass *pass, uint32_t index, enum sl_filter filter,
                      struct sl_sum_lanes *sums)
{
    const struct sl_texture_level *level = &pass->texture->levels[index];
    struct sl_axis_lanes axes[2];
    sl_corner_lanes raws;
    unsigned corners = filter == SL_FILTER_LINEAR ? 4 : 1;
    sl_axis_lanes_find(pass->spots.u, level->width, pass->addresses[0], filter,
                       pass->sample->offset[0], &axes[0]);
    sl_axis_lanes_find(pass->spots.v, level->height, pass->addresses[1], filter,
                       pass->sample->offset[1], &axes[1]);
    if (sl_texel_is_blocks(pass->texture->format)) {
        fetch_blocks(pass->texture, level, &pass->spots, axes, corners, raws);
    } else {
        fetch_texels(pass->texture, level, &pass->spots, axes, corners, raws);
    }
    if (filter == SL_FILTER_LINEAR) {
        sl_sum_linear_lanes(pass->order, raws, axes[0].weights, axes[1].weights, sums);
    } else {
        sl_sum_point_lanes(pass->order, raws[0], sums);
    }
}

static void copy_lanes(uint64_t lanes, sl_texel_lanes from, sl_texel_lanes to)
{
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            to[i][lane] = lanes >> lane & 1 ? from[i][lane] : to[i][lane];
        }
    }
}

/* Lanes of a set that want what its lowest one wants. */
static uint64_t same_levels(const struct level_lanes *lanes, uint64_t set)
{
    unsigned first = (unsigned)__builtin_ctzll(set);
    uint64_t same = 0;
    for (unsigned lane = first; lane < SL_LANES; lane++) {
        bool equal = lanes->levels[0][lane] == lanes->levels[0][first] &&
                     lanes->filters[lane] == lanes->filters[first] &&
                     (lanes->mixed >> lane & 1) == (lanes->mixed >> first & 1);
        same |= (uint64_t)equal << lane;
    }
    return same & set;
}

static bool has_lanes_form(const struct sl_texture *texture, const struct sl_sample *sample,
                           const enum sl_address addresses[2])
{
    return !sample->compare && !sl_texture_is_1d(sample->dim) &&
           sl_texel_raw_format(texture) <= SL_TEXEL_R8G8B8X8 && !texture->widens &&
           addresses[0] != SL_ADDRESS_BORDER && addresses[1] != SL_ADDRESS_BORDER;
}

bool sl_texture_sample_fast(const struct sl_texture *texture, const struct sl_sampler *sampler,
                            const struct sl_sample *sample, uint64_t active, sl_texel_lanes result)
{
    struct pass pass;
    struct level_lanes lanes;
    sl_texture_addresses(sampler, sample->dim, pass.addresses);
    if (!has_lanes_form(texture, sample, pass.addresses)) {
        return false;
    }
    pass.texture = texture;
    pass.sample = sample;
    pass.order = raw_orders[sl_texel_raw_format(texture)];
    pass.order.curved = texture->srgb;
    find_spots(texture, sample, &pass.spots);
    find_levels(texture, sampler, sample, active, &lanes);
    for (uint64_t left = active; left != 0;) {
        struct sl_sum_lanes sums[2];
        sl_texel_lanes partial;
        unsigned first = (unsigned)__builtin_ctzll(left);
        enum sl_filter filter = (enum sl_filter)lanes.filters[first];
        uint64_t same = lanes.same ? left : same_levels(&lanes, left);
        float(*colours)[SL_LANES] = same == UINT64_MAX ? result : partial;
        sum_level(&pass, lanes.levels[0][first], filter, &sums[0]);
        if (lanes.mixed >> first & 1) {
            sum_level(&pass, lanes.levels[1][first], filter, &sums[1]);
            sl_finish_mip_lanes(pass.order, &sums[0], &sums[1], lanes.fractions, colours);
        } else {
            sl_finish_lanes(pass.order, &sums[0], colours);
        }
        if (colours == partial) {
            copy_lanes(same, partial, result);
        }
        left &= ~same;
    }
    return true;
}
