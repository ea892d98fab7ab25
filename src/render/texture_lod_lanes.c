/* Levels of detail of many lanes, as texture_lod.c defines them. */
#include "base/vector_clones.h"
#include "render/f32_coefficients.h"
#include "render/lane_vectors.h"
#include "render/texture_lanes.h"

/* As sl_f32_log2_wide(), which defines every step, of normal numbers; others give anything. */
SL_INLINE void log2_wide(sl_f32x4 x, sl_f64x4 *result)
{
    sl_i32x4 bits = (sl_i32x4)x;
    sl_i32x4 fraction = bits & 0x7FFFFF;
    sl_i32x4 halved = fraction > (int32_t)SL_LOG2_SPLIT; /* -1 where it is */
    sl_i32x4 exponent = (bits >> 23) - 127 - halved;
    sl_f64x4 m = SL_TO_F64((sl_f32x4)(fraction | (0x3F800000 + (halved & -0x800000))));
    sl_f64x4 s = (m - 1.0) / (m + 1.0);
    sl_f64x4 z = s * s;
    sl_f64x4 p = sl_log2_coefficients[SL_LOG2_DEGREE] - (sl_f64x4){0};
    for (int i = SL_LOG2_DEGREE - 1; i >= 0; i--) {
        p = p * z + sl_log2_coefficients[i];
    }
    *result = SL_TO_F64(exponent) + s * p;
}

/* Four quads' derivatives; which zero or NaN comes out makes no difference to what follows. */
SL_INLINE sl_f32x4 find_difference(sl_f32x4 from, sl_f32x4 to)
{
    return sl_flush(sl_flush(to) - sl_flush(from));
}

struct quad_corners {
    float first[SL_QUADS], right[SL_QUADS], lower[SL_QUADS];
};

static void read_corners(const float coord[SL_LANES], struct quad_corners *corners)
{
    for (unsigned quad = 0; quad < SL_QUADS; quad++) {
        corners->first[quad] = coord[4 * quad];
        corners->right[quad] = coord[4 * quad + 1];
        corners->lower[quad] = coord[4 * quad + 2];
    }
}

SL_CLONES static void find_squares(const struct quad_corners *u, const struct quad_corners *v,
                                   double width, double height, float squares[SL_QUADS])
{
    for (unsigned quad = 0; quad < SL_QUADS; quad += SL_GROUP) {
        sl_f32x4 u0 = sl_load_f32(u->first + quad);
        sl_f32x4 v0 = sl_load_f32(v->first + quad);
        sl_f64x4 ax = SL_TO_F64(find_difference(u0, sl_load_f32(u->right + quad))) * width;
        sl_f64x4 bx = SL_TO_F64(find_difference(v0, sl_load_f32(v->right + quad))) * height;
        sl_f64x4 ay = SL_TO_F64(find_difference(u0, sl_load_f32(u->lower + quad))) * width;
        sl_f64x4 by = SL_TO_F64(find_difference(v0, sl_load_f32(v->lower + quad))) * height;
        sl_f64x4 x = ax * ax + bx * bx;
        sl_f64x4 y = ay * ay + by * by;
        sl_f32x4 larger = SL_TO_F32(SL_SELECT((y > x) | (x != x), y, x, sl_i64x4));
        memcpy(squares + quad, &larger, sizeof(larger));
    }
}

void sl_lod_squares_find(const float u[SL_LANES], const float v[SL_LANES], uint32_t width,
                         uint32_t height, float squares[SL_QUADS])
{
    struct quad_corners corners[2];
    read_corners(u, &corners[0]);
    read_corners(v, &corners[1]);
    find_squares(&corners[0], &corners[1], width, height, squares);
}

SL_CLONES static void halve_logarithms(const float *squares, unsigned count, double *lods)
{
    for (unsigned i = 0; i < count; i += SL_GROUP) {
        sl_f64x4 logarithm;
        log2_wide(sl_load_f32(squares + i), &logarithm);
        logarithm = 0.5 * logarithm;
        memcpy(lods + i, &logarithm, sizeof(logarithm));
    }
}

void sl_lods_find(const float *squares, unsigned count, double *lods)
{
    halve_logarithms(squares, count, lods);
    for (unsigned i = 0; i < count; i++) {
        float m = squares[i];
        if (m < 0x1p-126f) {
            lods[i] = -128.0;
        } else if (!(m <= 3.402823466e+38f)) {
            lods[i] = m != m ? (double)m : 128.0;
        }
    }
}
