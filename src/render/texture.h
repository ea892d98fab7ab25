/*
 * Textures as programs see them: texel formats, addressing, filtering. All results are exact to the
 * bit (docs/numerics.md, "Sampling"). Nothing here knows programs or state packets.
 *
 * Lanes come in arrays of SL_LANES, four to a quad: lane = 4 * quad + 2 * (y & 1) + (x & 1). A
 * function that takes derivatives reads all lanes of a quad, also those that are not active.
 */
#ifndef SL_RENDER_TEXTURE_H
#define SL_RENDER_TEXTURE_H

#include "render/lanes.h"

#include <stdbool.h>
#include <stdint.h>

/* Byte layout of a texel or block; channels are named from the lowest byte or bit upwards. */
enum sl_texel_format {
    SL_TEXEL_B8G8R8A8,
    SL_TEXEL_B8G8R8X8,
    SL_TEXEL_R8G8B8A8,
    SL_TEXEL_R8G8B8X8,
    SL_TEXEL_B5G6R5,
    SL_TEXEL_B5G5R5A1,
    SL_TEXEL_D24S8, /* depth in the lower 24 bits */
    SL_TEXEL_D32F,
    SL_TEXEL_BC1,
    SL_TEXEL_BC2,
    SL_TEXEL_BC3,
    SL_TEXEL_BC7,
};

#define SL_TEXTURE_LEVELS_MAX 15u

struct sl_texture_level {
    const uint8_t *bytes; /* of layer 0 */
    uint32_t width;       /* texels */
    uint32_t height;
    uint32_t pitch_bytes; /* from one row (of blocks) to the next */
};

/* Levels and layers of a view: number 0 is the first that the program sees. */
struct sl_texture {
    enum sl_texel_format format;
    bool srgb;   /* red, green and blue are decoded from sRGB */
    bool widens; /* B5G6R5, B5G5R5A1: channels count as 8-bit ones by replication of their bits */
    bool clamps_loads; /* sl_texture_load() takes the nearest texel for one out of range */
    uint32_t level_count;
    uint32_t layer_count;
    uint64_t layer_stride_bytes; /* the same for all levels */
    struct sl_texture_level levels[SL_TEXTURE_LEVELS_MAX];
};

enum sl_filter { SL_FILTER_POINT, SL_FILTER_LINEAR };
enum sl_mip_filter { SL_MIP_NONE, SL_MIP_POINT, SL_MIP_LINEAR };
enum sl_address {
    SL_ADDRESS_WRAP,
    SL_ADDRESS_MIRROR,
    SL_ADDRESS_CLAMP,
    SL_ADDRESS_BORDER,
    SL_ADDRESS_MIRROR_ONCE,
};

struct sl_sampler {
    enum sl_filter mag;
    enum sl_filter min;
    enum sl_mip_filter mip;
    enum sl_address address[3];
    float border[4]; /* linear */
    float lod_bias;
    float min_lod; /* -128 = no limit */
    float max_lod; /* +128 = no limit */
};

/* How a program reads a texture. A 1D texture is row 0 of a 2D one. */
enum sl_texture_dim {
    SL_TEXTURE_1D,
    SL_TEXTURE_2D,
    SL_TEXTURE_CUBE, /* six layers: +X -X +Y -Y +Z -Z */
    SL_TEXTURE_1D_ARRAY,
    SL_TEXTURE_2D_ARRAY,
    SL_TEXTURE_CUBE_ARRAY,
};

enum sl_lod_source {
    SL_LOD_IMPLICIT, /* from the coordinates of the quad */
    SL_LOD_ZERO,
    SL_LOD_EXPLICIT,  /* lod */
    SL_LOD_GRADIENTS, /* ddx, ddy */
};

/* What one sample instruction asks for. Arrays hold SL_LANES values each. */
struct sl_sample {
    enum sl_texture_dim dim;
    enum sl_lod_source lod_source;
    const float *coord[4]; /* u, v or direction x, y, z; then the array slice */
    const float *lod;
    const float *bias; /* NULL = 0; added for IMPLICIT */
    const float *ddx[3];
    const float *ddy[3];
    int8_t offset[3];
    bool compare; /* result is the filtered outcome of reference <= texel, in all four */
    const float *reference;
};

typedef float sl_texel_lanes[4][SL_LANES];

/*
 * Samples for the active lanes (bit = lane); other lanes of result are left alone. Here and below,
 * result overlaps none of the arrays that are read.
 */
void sl_texture_sample(const struct sl_texture *texture, const struct sl_sampler *sampler,
                       const struct sl_sample *sample, uint64_t active, sl_texel_lanes result);

/*
 * Four texels of the footprint of level 0, in the order (-,+) (+,+) (+,-) (-,-), of one channel
 * (0 = red), or their comparisons. offset_lanes, if not NULL, holds a texel offset per lane for u
 * and v (two's complement, used modulo 64 as -32..31) in place of sample->offset.
 */
void sl_texture_gather(const struct sl_texture *texture, const struct sl_sampler *sampler,
                       const struct sl_sample *sample, unsigned channel,
                       const uint32_t *const offset_lanes[2], uint64_t active,
                       sl_texel_lanes result);

/*
 * Fetches a texel: address[0..1] are x, y (y only in 2D), then the slice for arrays, unsigned;
 * level per lane. Out of range in any of them gives 0 in the format's channels and the default
 * (alpha 1) in the others.
 */
void sl_texture_load(const struct sl_texture *texture, enum sl_texture_dim dim,
                     const uint32_t *const address[3], const uint32_t *level,
                     const int8_t offset[3], uint64_t active, sl_texel_lanes result);

/* The level of detail of the quad's coordinates: clamped in [0], as computed in [1], 0 in the rest.
 */
void sl_texture_lod(const struct sl_texture *texture, const struct sl_sampler *sampler,
                    const struct sl_sample *sample, uint64_t active, sl_texel_lanes result);

/* One texel as floats; x, y are inside the level. */
void sl_texel_decode(const struct sl_texture *texture, uint32_t level, uint32_t layer, uint32_t x,
                     uint32_t y, float rgba[4]);

#endif
