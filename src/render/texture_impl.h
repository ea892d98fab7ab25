/*
 * What the parts of texture sampling tell each other. Every value below is defined in
 * docs/numerics.md, "Sampling"; these forms handle one lane and define what the fast ones give.
 */
#ifndef SL_RENDER_TEXTURE_IMPL_H
#define SL_RENDER_TEXTURE_IMPL_H

#include "render/texture.h"

/* Nearest integer, halves to even, of |x| < 2^51: the sum has no bits left for a fraction. */
static inline double sl_f64_round_ne(double x)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    return (x + magic) - magic;
}

/* A point of a layer; coordinates as programs count them, 0..1 over the level. */
struct sl_texture_spot {
    float u, v;
    uint32_t layer;
};

static inline bool sl_texture_is_cube(enum sl_texture_dim dim)
{
    return dim == SL_TEXTURE_CUBE || dim == SL_TEXTURE_CUBE_ARRAY;
}

static inline bool sl_texture_is_1d(enum sl_texture_dim dim)
{
    return dim == SL_TEXTURE_1D || dim == SL_TEXTURE_1D_ARRAY;
}

/* The face that a direction meets, and the direction's components there: s / m and t / m. */
struct sl_cube_face {
    uint32_t face;
    float s, t, m;
};

struct sl_cube_face sl_cube_face_find(float x, float y, float z);

/* The components of a derivative of the direction, on a face: of s, t and m. */
void sl_cube_face_turn(uint32_t face, const double d[3], double stm[3]);

/* Nearest of count slices, halves to even; NaN is slice 0. */
uint32_t sl_texture_slice(float slice, uint32_t count);

struct sl_texture_spot sl_texture_spot_find(const struct sl_texture *texture,
                                            const struct sl_sample *sample, unsigned lane);

/* How sample's address modes apply to this kind of texture; both clamp on cubes. */
void sl_texture_addresses(const struct sl_sampler *sampler, enum sl_texture_dim dim,
                          enum sl_address addresses[2]);

/* Texels that take part; a coordinate of SL_TEXEL_BORDER stands for the border colour. */
#define SL_TEXEL_BORDER (-1)

struct sl_footprint {
    int32_t x[2], y[2];
    uint32_t weight_x, weight_y; /* of x[1] and y[1]; x[0] and y[0] have the rest of 256 */
};

/* Coordinates of one axis: texels[1] and weight only for linear filters. */
void sl_footprint_axis(float coord, uint32_t size, enum sl_address address, enum sl_filter filter,
                       int32_t offset, int32_t texels[2], uint32_t *weight);

/* What to read: fraction (of 256) is the weight of levels[1]; at 0 only levels[0] counts. */
struct sl_level_choice {
    enum sl_filter filter;
    uint32_t levels[2];
    uint32_t fraction;
};

/* The level of detail of a lane with all biases, not clamped. May be NaN. */
double sl_texture_lod_find(const struct sl_texture *texture, const struct sl_sampler *sampler,
                           const struct sl_sample *sample, unsigned lane);

struct sl_level_choice sl_level_choose(const struct sl_texture *texture,
                                       const struct sl_sampler *sampler, double lod);

/* 16 texels of a block; the format is one of blocks. */
void sl_texel_block_decode(enum sl_texel_format format, const uint8_t *block, uint8_t *rgba);

/* Raw texel as sl_pixel_decode() takes it, and as a texel of which format. */
uint32_t sl_texel_raw(const struct sl_texture *texture, uint32_t level, uint32_t layer, uint32_t x,
                      uint32_t y);
enum sl_texel_format sl_texel_raw_format(const struct sl_texture *texture);

#endif
