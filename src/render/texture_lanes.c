#include "render/texture_lanes.h"

#include "base/vector_clones.h"
#include "render/convert.h"
#include "render/lane_vectors.h"
#include <string.h>

/* Rounds to integers, halves to even, modulo 2^32: where the sum has no bits for fractions. */
SL_INLINE sl_i32x4 round_ne(const sl_f64x4 *x)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    sl_f64x4 sum = *x + magic;
    return SL_TO_I32((sl_i64x4)sum);
}

/* Floats below 2^24; others, which are even integers, infinite or NaN, become 0. */
SL_INLINE sl_f32x4 drop_large(sl_f32x4 coord)
{
    sl_i32x4 bits = (sl_i32x4)coord;
    return (sl_f32x4)(bits & ((bits & 0x7FFFFFFF) < 0x4B800000));
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
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f64x4 at = SL_TO_F64(drop_large(sl_load_f32(coord + lane))) * scale;
        sl_i32x4 fixed = round_ne(&at) - shift;
        sl_i32x4 t = (fixed >> 8) + offset;
        sl_store_i32(axis->texels[0] + lane, t & (size - 1));
        sl_store_i32(axis->texels[1] + lane, (t + 1) & (size - 1));
        sl_store_i32(axis->weights + lane, fixed & mask);
    }
}

SL_CLONES static void find_wrapped(const float coord[SL_LANES], int32_t size, bool linear,
                                   struct sl_axis_lanes *axis)
{
    double scale = 256.0 * size;
    int32_t shift = linear ? 128 : 0;
    int32_t mask = linear ? 0xFF : 0;
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f32x4 x = drop_large(sl_load_f32(coord + lane));
        sl_i32x4 whole = SL_TO_I32(x);
        whole += SL_TO_F32(whole) > x; /* the mask is -1 */
        sl_f64x4 at = (SL_TO_F64(x) - SL_TO_F64(whole)) * scale;
        sl_i32x4 fixed = round_ne(&at) - shift;
        sl_i32x4 t = fixed >> 8; /* -1 .. size */
        sl_i32x4 next = t + 1;
        t += (t < 0) & size;
        t -= (t >= size) & size;
        next -= (next >= size) & size;
        next -= (next >= size) & size;
        sl_store_i32(axis->texels[0] + lane, t);
        sl_store_i32(axis->texels[1] + lane, next);
        sl_store_i32(axis->weights + lane, fixed & mask);
    }
}

SL_INLINE sl_i32x4 clamp_texel(sl_i32x4 t, int32_t last)
{
    t &= t > 0;
    sl_i32x4 over = t > last;
    return (t & ~over) | (over & last);
}

SL_CLONES static void find_clamped(const float coord[SL_LANES], int32_t size, bool linear,
                                   int32_t offset, struct sl_axis_lanes *axis)
{
    const sl_f32x4 limit = {10.0f, 10.0f, 10.0f, 10.0f};
    double scale = 256.0 * size;
    int32_t shift = linear ? 128 : 0;
    int32_t mask = linear ? 0xFF : 0;
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f32x4 x = sl_load_f32(coord + lane);
        x = (sl_f32x4)((x == x) & (sl_i32x4)x);
        x = SL_SELECT(x > -limit, x, -limit, sl_i32x4);
        x = SL_SELECT(x < limit, x, limit, sl_i32x4);
        sl_f64x4 at = SL_TO_F64(x) * scale;
        sl_i32x4 fixed = round_ne(&at) - shift;
        sl_i32x4 t = (fixed >> 8) + offset;
        sl_store_i32(axis->texels[0] + lane, clamp_texel(t, size - 1));
        sl_store_i32(axis->texels[1] + lane, clamp_texel(t + 1, size - 1));
        sl_store_i32(axis->weights + lane, fixed & mask);
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

SL_INLINE float code_of(uint32_t raw, unsigned shift)
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
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f32x4 colour = SL_TO_F32(SL_TO_F64(sl_load_f32(sums + lane)) * reciprocal);
        memcpy(out + lane, &colour, sizeof(colour));
    }
}

/* No sRGB value is NaN or denormal, so there is nothing to sl_flush. */
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
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f64x4 fraction = SL_TO_F64(sl_load_i32(fractions + lane));
        sl_f64x4 sum = SL_TO_F64(sl_load_f32(sums + lane)) * (256.0 - fraction);
        sum += SL_TO_F64(sl_load_f32(next + lane)) * fraction;
        sl_f32x4 colour = SL_TO_F32(sum * reciprocal);
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
