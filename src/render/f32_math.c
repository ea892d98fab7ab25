#include "render/f32_math.h"

#include "render/convert.h"

#include <float.h>

/* x87 arithmetic and the like, in which a float is more than a float (docs/numerics.md). */
_Static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated as float");

#define SIGN_BIT UINT32_C(0x80000000)
#define MAGNITUDE UINT32_C(0x7FFFFFFF)
#define EXPONENT UINT32_C(0x7F800000)

/*
 * Every operation is assigned to a float before the next one, so that a compiler that evaluates
 * float expressions in double still rounds each of them. Rounding + - * / twice like that gives the
 * result of rounding once, because 53 >= 2 * 24 + 2.
 */

float sl_f32_daz(float x)
{
    uint32_t bits = sl_f32_to_bits(x);
    return bits & EXPONENT ? x : sl_f32_from_bits(bits & SIGN_BIT);
}

float sl_f32_fin(float x)
{
    return x != x ? sl_f32_from_bits(SL_F32_NAN_BITS) : sl_f32_daz(x);
}

float sl_f32_add(float a, float b)
{
    float sum = sl_f32_daz(a) + sl_f32_daz(b);
    return sl_f32_fin(sum);
}

float sl_f32_mul(float a, float b)
{
    float product = sl_f32_daz(a) * sl_f32_daz(b);
    return sl_f32_fin(product);
}

float sl_f32_div(float a, float b)
{
    float quotient = sl_f32_daz(a) / sl_f32_daz(b);
    return sl_f32_fin(quotient);
}

float sl_f32_mad(float a, float b, float c)
{
    return sl_f32_add(sl_f32_mul(a, b), c);
}

static bool is_negative(float x)
{
    return sl_f32_to_bits(x) & SIGN_BIT;
}

float sl_f32_min(float a, float b)
{
    a = sl_f32_daz(a);
    b = sl_f32_daz(b);
    bool first = a < b || b != b || (a == b && is_negative(a));
    return sl_f32_fin(first ? a : b);
}

float sl_f32_max(float a, float b)
{
    a = sl_f32_daz(a);
    b = sl_f32_daz(b);
    bool first = a > b || b != b || (a == b && is_negative(b));
    return sl_f32_fin(first ? a : b);
}

float sl_f32_sat(float x)
{
    return sl_f32_min(1.0f, sl_f32_max(0.0f, x));
}

/* The value with the sign of another. */
static float with_sign_of(float magnitude, float sign)
{
    return sl_f32_from_bits((sl_f32_to_bits(magnitude) & MAGNITUDE) |
                            (sl_f32_to_bits(sign) & SIGN_BIT));
}

/*
 * The nearest integral value of a magnitude, ties to even: a sum with 2^23 has no bits below one.
 * From 2^23 on everything is integral already.
 */
static float nearest_integral(float magnitude)
{
    if (!(magnitude < 0x1p23f)) {
        return magnitude;
    }
    float sum = magnitude + 0x1p23f;
    return sum - 0x1p23f;
}

float sl_f32_round_ne(float x)
{
    x = sl_f32_daz(x);
    float magnitude = with_sign_of(x, 0.0f);
    return sl_f32_fin(with_sign_of(nearest_integral(magnitude), x));
}

float sl_f32_round_ni(float x)
{
    x = sl_f32_daz(x);
    float nearest = sl_f32_round_ne(x);
    float below = nearest - 1.0f;
    return sl_f32_fin(with_sign_of(nearest > x ? below : nearest, x));
}

float sl_f32_round_pi(float x)
{
    x = sl_f32_daz(x);
    float nearest = sl_f32_round_ne(x);
    float above = nearest + 1.0f;
    return sl_f32_fin(with_sign_of(nearest < x ? above : nearest, x));
}

float sl_f32_round_z(float x)
{
    x = sl_f32_daz(x);
    float floor_of_magnitude = sl_f32_round_ni(with_sign_of(x, 0.0f));
    return sl_f32_fin(with_sign_of(floor_of_magnitude, x));
}

/* Of infinities the difference is NaN. A tiny negative number gives a difference that rounds to 1.
 */
float sl_f32_frc(float x)
{
    x = sl_f32_daz(x);
    float difference = x - sl_f32_round_ni(x);
    return sl_f32_fin(difference >= 1.0f ? 0x1.fffffep-1f : difference);
}

float sl_f32_rcp(float x)
{
    return sl_f32_div(1.0f, x);
}

float sl_f32_sqrt(float x)
{
    float root = __builtin_sqrtf(sl_f32_daz(x));
    return sl_f32_fin(root);
}

bool sl_f32_eq(float a, float b)
{
    return sl_f32_daz(a) == sl_f32_daz(b);
}

bool sl_f32_lt(float a, float b)
{
    return sl_f32_daz(a) < sl_f32_daz(b);
}

bool sl_f32_ge(float a, float b)
{
    return sl_f32_daz(a) >= sl_f32_daz(b);
}

bool sl_f32_ne(float a, float b)
{
    return sl_f32_daz(a) != sl_f32_daz(b);
}

int32_t sl_f32_to_i32(float x)
{
    if (x != x) {
        return 0;
    }
    if (x >= 0x1p31f) {
        return INT32_MAX;
    }
    return x <= -0x1p31f ? INT32_MIN : (int32_t)x;
}

uint32_t sl_f32_to_u32(float x)
{
    if (!(x > 0.0f)) {
        return 0;
    }
    return x >= 0x1p32f ? UINT32_MAX : (uint32_t)x;
}

float sl_f16_to_f32(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 31u;
    uint32_t fraction = half & 0x3FFu;
    if (exponent == 31) {
        return sl_f32_from_bits(fraction ? SL_F32_NAN_BITS : sign | EXPONENT);
    }
    if (exponent == 0) {
        return with_sign_of((float)fraction * 0x1p-24f, sl_f32_from_bits(sign));
    }
    return sl_f32_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t sl_f32_to_f16(float x)
{
    uint32_t bits = sl_f32_to_bits(x);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    uint32_t magnitude = bits & MAGNITUDE;
    if (magnitude > EXPONENT) {
        return 0x7E00;
    }
    if (magnitude == EXPONENT) {
        return (uint16_t)(sign | 0x7C00u);
    }
    if (magnitude >= 0x47800000) { /* 65536 */
        return (uint16_t)(sign | 0x7BFFu);
    }
    if (magnitude >= 0x38800000) { /* 2^-14 */
        return (uint16_t)(sign | (magnitude - 0x38000000) >> 13);
    }
    if (magnitude < 0x33800000) { /* 2^-24, the least half */
        return sign;
    }
    uint32_t significand = (magnitude & 0x7FFFFF) | 0x800000;
    return (uint16_t)(sign | significand >> (126 - (magnitude >> 23)));
}
