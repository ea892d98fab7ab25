#include "render/texture_lanes.h"

#include "base/vector_clones.h"
#include "render/convert.h"
#include "render/f32_coefficients.h"
#include "render/f32_math.h"

#include <math.h>
#include <string.h>

/* Four lanes, so that binary64 fills a vector of 32 bytes. */
typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef double f64x4 __attribute__((vector_size(32)));
typedef int64_t i64x4 __attribute__((vector_size(32)));

#define GROUP 4u
#define TO_F64(v) __builtin_convertvector(v, f64x4)
#define TO_F32(v) __builtin_convertvector(v, f32x4)
#define TO_I32(v) __builtin_convertvector(v, i32x4) /* truncates */

/* a where the mask of a comparison is set, else b; both of the type of a. */
#define SELECT(mask, a, b, mask_type)                                                              \
    ((__typeof__(a))(((mask) & (mask_type)(a)) | (~(mask) & (mask_type)(b))))

/* Into both versions of what calls it. */
#define INLINE static inline __attribute__((always_inline))

INLINE f32x4 load_f32(const float *from)
{
    f32x4 v;
    memcpy(&v, from, sizeof(v));
    return v;
}

INLINE i32x4 load_i32(const int32_t *from)
{
    i32x4 v;
    memcpy(&v, from, sizeof(v));
    return v;
}

INLINE void store_i32(int32_t *to, i32x4 v)
{
    memcpy(to, &v, sizeof(v));
}

/* Rounds to integers, halves to even, modulo 2^32: where the sum has no bits for fractions. */
INLINE i32x4 round_ne(const f64x4 *x)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    f64x4 sum = *x + magic;
    return TO_I32((i64x4)sum);
}

/* Floats below 2^24; others, which are even integers, infinite or NaN, become 0. */
INLINE f32x4 drop_large(f32x4 coord)
{
    i32x4 bits = (i32x4)coord;
    return (f32x4)(bits & ((bits & 0x7FFFFFFF) < 0x4B800000));
}

/*
 * On axes of 2^k texels positions wrap as integers do: u * 2^k * 256 is exact, and rounding it
 * commutes with taking whole periods away.
 */
SL_CLONES static void find_wrapped_even(const float coord[SL_LANES], int32_t size, bool linear,
                                        int32_t offset, struct sl_axis_lanes *axis)
{
    double scale = 256.0 * size;
    int32_t shift = linear ? 128 : 0;
    int32_t mask = linear ? 0xFF : 0;
    for (unsigned lane = 0; lane < SL_LANES; lane += GROUP) {
        f64x4 at = TO_F64(drop_large(load_f32(coord + lane))) * scale;
        i32x4 fixed = round_ne(&at) - shift;
        i32x4 t = (fixed >> 8) + offset;
        store_i32(axis->texels[0] + lane, t & (size - 1));
        store_i32(axis->texels[1] + lane, (t + 1) & (size - 1));
        store_i32(axis->weights + lane, fixed & mask);
    }
}

SL_CLONES static void find_wrapped(const float coord[SL_LANES], int32_t size, bool linear,
                                   struct sl_axis_lanes *axis)
{
    double scale = 256.0 * size;
    int32_t shift = linear ? 128 : 0;
    int32_t mask = linear ? 0xFF : 0;
    for (unsigned lane = 0; lane < SL_LANES; lane += GROUP) {
        f32x4 x = drop_large(load_f32(coord + lane));
        i32x4 whole = TO_I32(x);
        whole += TO_F32(whole) > x; /* the mask is -1 */
        f64x4 at = (TO_F64(x) - TO_F64(whole)) * scale;
        i32x4 fixed = round_ne(&at) - shift;
        i32x4 t = fixed >> 8; /* -1 .. size */
        i32x4 next = t + 1;
        t += (t < 0) & size;
        t -= (t >= size) & size;
        next -= (next >= size) & size;
        next -= (next >= size) & size;
        store_i32(axis->texels[0] + lane, t);
        store_i32(axis->texels[1] + lane, next);
        store_i32(axis->weights + lane, fixed & mask);
    }
}

INLINE i32x4 clamp_texel(i32x4 t, int32_t last)
{
    t &= t > 0;
    i32x4 over = t > last;
    return (t & ~over) | (over & last);
}

SL_CLONES static void find_clamped(const float coord[SL_LANES], int32_t size, bool linear,
                                   int32_t offset, struct sl_axis_lanes *axis)
{
    const f32x4 limit = {10.0f, 10.0f, 10.0f, 10.0f};
    double scale = 256.0 * size;
    int32_t shift = linear ? 128 : 0;
    int32_t mask = linear ? 0xFF : 0;
    for (unsigned lane = 0; lane < SL_LANES; lane += GROUP) {
        f32x4 x = load_f32(coord + lane);
        x = (f32x4)((x == x) & (i32x4)x);
        x = SELECT(x > -limit, x, -limit, i32x4);
        x = SELECT(x < limit, x, limit, i32x4);
        f64x4 at = TO_F64(x) * scale;
        i32x4 fixed = round_ne(&at) - shift;
        i32x4 t = (fixed >> 8) + offset;
        store_i32(axis->texels[0] + lane, clamp_texel(t, size - 1));
        store_i32(axis->texels[1] + lane, clamp_texel(t + 1, size - 1));
        store_i32(axis->weights + lane, fixed & mask);
    }
}

void sl_axis_lanes_find(const float coord[SL_LANES], uint32_t size, enum sl_address address,
                        enum sl_filter filter, int32_t offset, struct sl_axis_lanes *axis)
{
    bool linear = filter == SL_FILTER_LINEAR;
    if (address == SL_ADDRESS_WRAP && (size & (size - 1)) == 0) {
        find_wrapped_even(coord, (int32_t)size, linear, offset, axis);
        return;
    }
    if (address == SL_ADDRESS_WRAP && offset == 0) {
        find_wrapped(coord, (int32_t)size, linear, axis);
        return;
    }
    if (address == SL_ADDRESS_CLAMP) {
        find_clamped(coord, (int32_t)size, linear, offset, axis);
        return;
    }
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        int32_t texels[2];
        uint32_t weight;
        sl_footprint_axis(coord[lane], size, address, filter, offset, texels, &weight);
        axis->texels[0][lane] = texels[0];
        axis->texels[1][lane] = texels[1];
        axis->weights[lane] = (int32_t)weight;
    }
}

INLINE float code_of(uint32_t raw, unsigned shift)
{
    return (float)(int32_t)(raw >> shift & 0xFF);
}

/*
 * Codes, weights and all partial sums are integers below 2^24, which binary32 holds exactly, so the
 * order of the sum is free.
 */
SL_CLONES static void sum_codes(unsigned shift, sl_corner_lanes corners,
                                const int32_t weights_x[SL_LANES],
                                const int32_t weights_y[SL_LANES], float sums[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        float right = (float)weights_x[lane];
        float lower = (float)weights_y[lane];
        float left = 256.0f - right;
        float top_sum = code_of(corners[0][lane], shift) * left;
        top_sum += code_of(corners[1][lane], shift) * right;
        float low_sum = code_of(corners[2][lane], shift) * left;
        low_sum += code_of(corners[3][lane], shift) * right;
        sums[lane] = top_sum * (256.0f - lower) + low_sum * lower;
    }
}

/* In the order of the definition, since these sums may round. */
SL_CLONES static void sum_curved(unsigned shift, sl_corner_lanes corners,
                                 const int32_t weights_x[SL_LANES],
                                 const int32_t weights_y[SL_LANES], double sums[SL_LANES])
{
    float colours[4][SL_LANES];
    for (unsigned corner = 0; corner < 4; corner++) {
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            colours[corner][lane] = sl_srgb8_to_f32((uint8_t)(corners[corner][lane] >> shift));
        }
    }
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        int32_t right = weights_x[lane];
        int32_t lower = weights_y[lane];
        int32_t left = 256 - right;
        int32_t upper = 256 - lower;
        double sum = (double)colours[0][lane] * (double)(left * upper);
        sum += (double)colours[1][lane] * (double)(right * upper);
        sum += (double)colours[2][lane] * (double)(left * lower);
        sums[lane] = sum + (double)colours[3][lane] * (double)(right * lower);
    }
}

static bool is_curved(struct sl_raw_order order, unsigned channel)
{
    return order.curved && channel < 3;
}

void sl_sum_linear_lanes(struct sl_raw_order order, sl_corner_lanes corners,
                         const int32_t weights_x[SL_LANES], const int32_t weights_y[SL_LANES],
                         struct sl_sum_lanes *sums)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned shift = order.shifts[i];
        if (is_curved(order, i)) {
            sum_curved(shift, corners, weights_x, weights_y, sums->curved[i]);
        } else if (shift != SL_NO_ALPHA) {
            sum_codes(shift, corners, weights_x, weights_y, sums->codes[i]);
        }
    }
}

SL_CLONES static void take_codes(unsigned shift, const uint32_t texels[SL_LANES],
                                 float sums[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        sums[lane] = code_of(texels[lane], shift) * 65536.0f;
    }
}

static void take_curved(unsigned shift, const uint32_t texels[SL_LANES], double sums[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        sums[lane] = (double)sl_srgb8_to_f32((uint8_t)(texels[lane] >> shift)) * 65536.0;
    }
}

void sl_sum_point_lanes(struct sl_raw_order order, const uint32_t texels[SL_LANES],
                        struct sl_sum_lanes *sums)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned shift = order.shifts[i];
        if (is_curved(order, i)) {
            take_curved(shift, texels, sums->curved[i]);
        } else if (shift != SL_NO_ALPHA) {
            take_codes(shift, texels, sums->codes[i]);
        }
    }
}

/*
 * Products with rounded reciprocals in place of quotients. Both are within 2^-52 of the exact
 * value; that is never halfway between two floats here (the sum would have to be above 255 * 2^24)
 * and otherwise at least 2^-33 away from it. So both round to the same float.
 */
SL_CLONES static void finish_codes(const float sums[SL_LANES], float out[SL_LANES])
{
    const double reciprocal = 1.0 / 16711680.0; /* 255 * 2^16 */
    for (unsigned lane = 0; lane < SL_LANES; lane += GROUP) {
        f32x4 colour = TO_F32(TO_F64(load_f32(sums + lane)) * reciprocal);
        memcpy(out + lane, &colour, sizeof(colour));
    }
}

/* No sRGB value is NaN or denormal, so there is nothing to flush. */
SL_CLONES static void finish_curved(const double sums[SL_LANES], float out[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        out[lane] = (float)(sums[lane] * 0x1p-16);
    }
}

static void fill_ones(float out[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        out[lane] = 1.0f;
    }
}

void sl_finish_lanes(struct sl_raw_order order, const struct sl_sum_lanes *sums,
                     sl_texel_lanes rgba)
{
    for (unsigned i = 0; i < 4; i++) {
        if (is_curved(order, i)) {
            finish_curved(sums->curved[i], rgba[i]);
        } else if (order.shifts[i] != SL_NO_ALPHA) {
            finish_codes(sums->codes[i], rgba[i]);
        } else {
            fill_ones(rgba[i]);
        }
    }
}

SL_CLONES static void finish_mip_codes(const float sums[SL_LANES], const float next[SL_LANES],
                                       const int32_t fractions[SL_LANES], float out[SL_LANES])
{
    const double reciprocal = 1.0 / 4278190080.0; /* 255 * 2^24 */
    for (unsigned lane = 0; lane < SL_LANES; lane += GROUP) {
        f64x4 fraction = TO_F64(load_i32(fractions + lane));
        f64x4 sum = TO_F64(load_f32(sums + lane)) * (256.0 - fraction);
        sum += TO_F64(load_f32(next + lane)) * fraction;
        f32x4 colour = TO_F32(sum * reciprocal);
        memcpy(out + lane, &colour, sizeof(colour));
    }
}

SL_CLONES static void finish_mip_curved(const double sums[SL_LANES], const double next[SL_LANES],
                                        const int32_t fractions[SL_LANES], float out[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        double fraction = (double)fractions[lane];
        double sum = sums[lane] * (256.0 - fraction) + next[lane] * fraction;
        out[lane] = (float)(sum * 0x1p-24);
    }
}

void sl_finish_mip_lanes(struct sl_raw_order order, const struct sl_sum_lanes *sums,
                         const struct sl_sum_lanes *next, const int32_t fractions[SL_LANES],
                         sl_texel_lanes rgba)
{
    for (unsigned i = 0; i < 4; i++) {
        if (is_curved(order, i)) {
            finish_mip_curved(sums->curved[i], next->curved[i], fractions, rgba[i]);
        } else if (order.shifts[i] != SL_NO_ALPHA) {
            finish_mip_codes(sums->codes[i], next->codes[i], fractions, rgba[i]);
        } else {
            fill_ones(rgba[i]);
        }
    }
}

/* As sl_f32_log2_wide(), which defines every step, of normal numbers; others give anything. */
INLINE void log2_wide(f32x4 x, f64x4 *result)
{
    i32x4 bits = (i32x4)x;
    i32x4 fraction = bits & 0x7FFFFF;
    i32x4 halved = fraction > (int32_t)SL_LOG2_SPLIT; /* -1 where it is */
    i32x4 exponent = (bits >> 23) - 127 - halved;
    f64x4 m = TO_F64((f32x4)(fraction | (0x3F800000 + (halved & -0x800000))));
    f64x4 s = (m - 1.0) / (m + 1.0);
    f64x4 z = s * s;
    f64x4 p = sl_log2_coefficients[SL_LOG2_DEGREE] - (f64x4){0};
    for (int i = SL_LOG2_DEGREE - 1; i >= 0; i--) {
        p = p * z + sl_log2_coefficients[i];
    }
    *result = TO_F64(exponent) + s * p;
}

/* Denormals to zero. */
INLINE f32x4 flush(f32x4 x)
{
    i32x4 bits = (i32x4)x;
    return (f32x4)(bits & ((bits & 0x7F800000) != 0));
}

/* Four quads' derivatives; which zero or NaN comes out makes no difference to what follows. */
INLINE f32x4 find_difference(f32x4 from, f32x4 to)
{
    return flush(flush(to) - flush(from));
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
    for (unsigned quad = 0; quad < SL_QUADS; quad += GROUP) {
        f32x4 u0 = load_f32(u->first + quad);
        f32x4 v0 = load_f32(v->first + quad);
        f64x4 ax = TO_F64(find_difference(u0, load_f32(u->right + quad))) * width;
        f64x4 bx = TO_F64(find_difference(v0, load_f32(v->right + quad))) * height;
        f64x4 ay = TO_F64(find_difference(u0, load_f32(u->lower + quad))) * width;
        f64x4 by = TO_F64(find_difference(v0, load_f32(v->lower + quad))) * height;
        f64x4 x = ax * ax + bx * bx;
        f64x4 y = ay * ay + by * by;
        f32x4 larger = TO_F32(SELECT((y > x) | (x != x), y, x, i64x4));
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

SL_CLONES static void halve_logarithms(const float squares[SL_QUADS], double lods[SL_QUADS])
{
    for (unsigned quad = 0; quad < SL_QUADS; quad += GROUP) {
        f64x4 logarithm;
        log2_wide(load_f32(squares + quad), &logarithm);
        logarithm = 0.5 * logarithm;
        memcpy(lods + quad, &logarithm, sizeof(logarithm));
    }
}

void sl_lod_quads_find(const float squares[SL_QUADS], double lods[SL_QUADS])
{
    halve_logarithms(squares, lods);
    for (unsigned quad = 0; quad < SL_QUADS; quad++) {
        float m = squares[quad];
        if (m < 0x1p-126f) {
            lods[quad] = -128.0;
        } else if (!(m <= 3.402823466e+38f)) {
            lods[quad] = m != m ? (double)m : 128.0;
        }
    }
}
