/*
 * Steps of sampling on all lanes at once, for formats of 8-bit channels. Each gives to the bit what
 * the forms on one lane give (texture_impl.h). They are plain loops over lanes that compilers turn
 * into vector code; where the machine has wider vectors than its baseline, those are used.
 */
#ifndef SL_RENDER_TEXTURE_LANES_H
#define SL_RENDER_TEXTURE_LANES_H

#include "render/texture_impl.h"

struct sl_axis_lanes {
    int32_t texels[2][SL_LANES];
    int32_t weights[SL_LANES]; /* of texels[1], of 256 */
};

/* address is not BORDER. */
void sl_axis_lanes_find(const float coord[SL_LANES], uint32_t size, enum sl_address address,
                        enum sl_filter filter, int32_t offset, struct sl_axis_lanes *axis);

/* Raw texels at the corners (-,-) (+,-) (-,+) (+,+), of which point filters have the first. */
typedef uint32_t sl_corner_lanes[4][SL_LANES];

/*
 * Weighted sums of a level: codes for UNORM channels, below 2^24; values for red, green and blue of
 * sRGB. Channels are where the raw format has them.
 */
struct sl_sum_lanes {
    float codes[4][SL_LANES];
    double curved[3][SL_LANES];
};

/* Bit positions of red, green, blue, alpha in a raw texel. */
#define SL_NO_ALPHA 32u

struct sl_raw_order {
    uint8_t shifts[4]; /* that of alpha may be SL_NO_ALPHA */
    bool curved;       /* sRGB */
};

void sl_sum_linear_lanes(struct sl_raw_order order, sl_corner_lanes corners,
                         const int32_t weights_x[SL_LANES], const int32_t weights_y[SL_LANES],
                         struct sl_sum_lanes *sums);

void sl_sum_point_lanes(struct sl_raw_order order, const uint32_t texels[SL_LANES],
                        struct sl_sum_lanes *sums);

/* The colour from the sums of one level. */
void sl_finish_lanes(struct sl_raw_order order, const struct sl_sum_lanes *sums,
                     sl_texel_lanes rgba);

/* Of two levels; fractions of 256 are the weights of next. */
void sl_finish_mip_lanes(struct sl_raw_order order, const struct sl_sum_lanes *sums,
                         const struct sl_sum_lanes *next, const int32_t fractions[SL_LANES],
                         sl_texel_lanes rgba);

/*
 * The squares that levels of detail come from, of the quads' coordinates, and the levels of detail
 * before biases: m and lod of docs/numerics.md. Lanes of a cube have squares of their own. count is
 * a multiple of four.
 */
void sl_lod_squares_find(const float u[SL_LANES], const float v[SL_LANES], uint32_t width,
                         uint32_t height, float squares[SL_QUADS]);
void sl_cube_squares_find(const float *const direction[3], uint32_t size, float squares[SL_LANES]);
void sl_lods_find(const float *squares, unsigned count, double *lods);

/* Faces of a cube, and coordinates there. */
void sl_cube_faces_find(const float *const direction[3], float u[SL_LANES], float v[SL_LANES],
                        int32_t faces[SL_LANES]);

#endif
