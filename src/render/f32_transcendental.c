/*
 * Functions that are sequences of binary64 operations with fixed coefficients, rounded to binary32
 * once at the end (docs/numerics.md, "Transcendental functions"). Each written operation rounds.
 */
#include "render/convert.h"
#include "render/f32_coefficients.h"
#include "render/f32_math.h"

#include <string.h>

static const float infinity = __builtin_inff();

static float not_a_number(void)
{
    return sl_f32_from_bits(SL_F32_NAN_BITS);
}

static float round_to_f32(double value)
{
    float rounded = (float)value;
    return sl_f32_fin(rounded);
}

/* 2^n for n in -1022..1023. */
static double power_of_two(int n)
{
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Ties to even. |t| < 2^51: beside 1.5 * 2^52 there is no room for bits below one. */
static double nearest_integral(double t)
{
    double sum = t + 0x1.8p52;
    return sum - 0x1.8p52;
}

/* 2^t; t is no NaN. Beyond +-300 the result in binary32 is the same as there. */
static double exp2_wide(double t)
{
    t = t < -300.0 ? -300.0 : t;
    t = t > 300.0 ? 300.0 : t;
    double n = nearest_integral(t);
    double f = t - n;
    double p = sl_exp2_coefficients[SL_EXP2_DEGREE];
    for (int i = SL_EXP2_DEGREE - 1; i >= 0; i--) {
        double product = p * f;
        p = product + sl_exp2_coefficients[i];
    }
    return p * power_of_two((int)n);
}

double sl_f32_log2_wide(float x)
{
    uint32_t bits = sl_f32_to_bits(x);
    uint32_t fraction = bits & 0x7FFFFF;
    int exponent = (int)(bits >> 23) - 127;
    double m = (double)(fraction | 0x800000) * 0x1p-23;
    if (fraction > SL_LOG2_SPLIT) {
        m = m * 0.5;
        exponent++;
    }
    double numerator = m - 1.0;
    double denominator = m + 1.0;
    double s = numerator / denominator;
    double z = s * s;
    double p = sl_log2_coefficients[SL_LOG2_DEGREE];
    for (int i = SL_LOG2_DEGREE - 1; i >= 0; i--) {
        double product = p * z;
        p = product + sl_log2_coefficients[i];
    }
    double logarithm = s * p;
    return (double)exponent + logarithm;
}

float sl_f32_exp2(float x)
{
    x = sl_f32_daz(x);
    if (x != x) {
        return not_a_number();
    }
    if (x == infinity || x == -infinity) {
        return x > 0.0f ? infinity : 0.0f;
    }
    return round_to_f32(exp2_wide((double)x));
}

float sl_f32_log2(float x)
{
    x = sl_f32_daz(x);
    if (x == 0.0f) {
        return -infinity;
    }
    if (!(x > 0.0f)) {
        return not_a_number();
    }
    return x == infinity ? x : round_to_f32(sl_f32_log2_wide(x));
}

float sl_f32_rsq(float x)
{
    x = sl_f32_daz(x);
    if (x == 0.0f) {
        return sl_f32_div(1.0f, x);
    }
    if (!(x > 0.0f)) {
        return not_a_number();
    }
    double root = __builtin_sqrt((double)x); /* of infinity too: 1 / infinity is 0 */
    return round_to_f32(1.0 / root);
}

/* An infinite exponent: the limit, by which side of 1 the base is on. */
static float pow_infinite(float a, float b)
{
    if (a == 1.0f) {
        return 1.0f;
    }
    return (a > 1.0f) == (b > 0.0f) ? infinity : 0.0f;
}

float sl_f32_pow(float a, float b)
{
    a = sl_f32_from_bits(sl_f32_to_bits(sl_f32_daz(a)) & 0x7FFFFFFF);
    b = sl_f32_daz(b);
    if (b == 0.0f) {
        return 1.0f;
    }
    if (a != a || b != b) {
        return not_a_number();
    }
    if (a == 0.0f || a == infinity) {
        return (a > 1.0f) == (b > 0.0f) ? infinity : 0.0f;
    }
    if (b == infinity || b == -infinity) {
        return pow_infinite(a, b);
    }
    double exponent = (double)b * sl_f32_log2_wide(a);
    return round_to_f32(exp2_wide(exponent));
}

struct sine_cosine {
    double sine;
    double cosine;
};

/* |x| <= 2^30. pi/2 has three parts, so that k * part is exact or its error does not matter. */
static struct sine_cosine sine_cosine_wide(double v)
{
    double k = nearest_integral(v * SL_TWO_OVER_PI);
    double part = k * sl_half_pi_parts[0];
    double r = v - part;
    part = k * sl_half_pi_parts[1];
    r = r - part;
    part = k * sl_half_pi_parts[2];
    r = r - part;
    double z = r * r;
    double s = sl_sine_coefficients[SL_SINE_DEGREE];
    double c = sl_cosine_coefficients[SL_SINE_DEGREE];
    for (int i = SL_SINE_DEGREE - 1; i >= 0; i--) {
        double product = s * z;
        s = product + sl_sine_coefficients[i];
        product = c * z;
        c = product + sl_cosine_coefficients[i];
    }
    s = s * r;
    switch ((uint64_t)(int64_t)k & 3) {
    case 0:
        return (struct sine_cosine){s, c};
    case 1:
        return (struct sine_cosine){c, -s};
    case 2:
        return (struct sine_cosine){-s, -c};
    default:
        return (struct sine_cosine){-c, s};
    }
}

float sl_f32_sin(float x)
{
    x = sl_f32_daz(x);
    if (x - x != 0.0f) {
        return not_a_number();
    }
    if (x == 0.0f) {
        return x;
    }
    if (x > 0x1p30f || x < -0x1p30f) {
        return x > 0.0f ? 0.0f : -0.0f;
    }
    return round_to_f32(sine_cosine_wide((double)x).sine);
}

float sl_f32_cos(float x)
{
    x = sl_f32_daz(x);
    if (x - x != 0.0f) {
        return not_a_number();
    }
    if (x == 0.0f || x > 0x1p30f || x < -0x1p30f) {
        return 1.0f;
    }
    return round_to_f32(sine_cosine_wide((double)x).cosine);
}
