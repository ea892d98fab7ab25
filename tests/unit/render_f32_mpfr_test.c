/*
 * Transcendental functions against MPFR. The sequences of docs/numerics.md are the definition, not
 * correct rounding; but they were chosen so that in practice both agree, and an error in a
 * coefficient or a step would show here at once.
 */
#include "render/convert.h"
#include "render/f32_math.h"

#include <criterion/criterion.h>
#include <float.h>
#include <mpfr.h>
#include <stdio.h>

enum { CASES = 20000, PRECISION = 200 };

/* SplitMix64: case number to bits, so that one case can be run again. */
static uint32_t bits_of_case(uint64_t number)
{
    uint64_t z = number * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)(z ^ z >> 31);
}

/* Nearest binary32, without the denormals that arithmetic of programs has not got. */
static float nearest(const mpfr_t value)
{
    float result = mpfr_get_flt(value, MPFR_RNDN);
    return sl_f32_fin(result);
}

/* Steps of the last place between two numbers of the same sign; large for anything else. */
static uint32_t distance(float a, float b)
{
    uint32_t x = sl_f32_to_bits(a);
    uint32_t y = sl_f32_to_bits(b);
    if (x == y) {
        return 0;
    }
    if ((x ^ y) >> 31 || (x & 0x7F800000) == 0x7F800000 || (y & 0x7F800000) == 0x7F800000) {
        return UINT32_MAX;
    }
    return x > y ? x - y : y - x;
}

struct function {
    const char *name;
    float (*ours)(float x);
    int (*exact)(mpfr_t result, const mpfr_t x, mpfr_rnd_t rounding);
    float least, most; /* domain in which the two are compared */
};

static int exact_rsq(mpfr_t result, const mpfr_t x, mpfr_rnd_t rounding)
{
    return mpfr_rec_sqrt(result, x, rounding);
}

static const struct function functions[] = {
    {"exp2", sl_f32_exp2, mpfr_exp2, -126.0f, 127.99f},
    {"log2", sl_f32_log2, mpfr_log2, FLT_MIN, FLT_MAX},
    {"sin", sl_f32_sin, mpfr_sin, -1073741824.0f, 1073741824.0f},
    {"cos", sl_f32_cos, mpfr_cos, -1073741824.0f, 1073741824.0f},
    {"rsq", sl_f32_rsq, exact_rsq, FLT_MIN, FLT_MAX},
    {"sqrt", sl_f32_sqrt, mpfr_sqrt, FLT_MIN, FLT_MAX},
};

static void check_case(const struct function *f, uint64_t number, mpfr_t x, mpfr_t result)
{
    float input = sl_f32_from_bits(bits_of_case(number));
    bool is_normal = input >= FLT_MIN || input <= -FLT_MIN;
    if (!is_normal || !(input >= f->least && input <= f->most)) {
        return;
    }
    mpfr_set_flt(x, input, MPFR_RNDN);
    f->exact(result, x, MPFR_RNDN);
    float expected = nearest(result);
    float got = f->ours(input);
    cr_assert_eq(distance(got, expected), 0, "%s, case %lu: of %a is %a, MPFR says %a", f->name,
                 (unsigned long)number, (double)input, (double)got, (double)expected);
}

Test(render_f32_mpfr, functions_of_one_number_are_rounded_correctly)
{
    mpfr_t x, result;
    mpfr_init2(x, 24);
    mpfr_init2(result, PRECISION);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        for (uint64_t number = 1; number <= CASES; number++) {
            check_case(&functions[i], number, x, result);
        }
    }
    mpfr_clear(x);
    mpfr_clear(result);
    mpfr_free_cache();
}

/* The logarithm is rounded to binary64 before it is multiplied: large powers lose some of it. */
Test(render_f32_mpfr, powers_are_as_near_as_their_definition_lets_them)
{
    mpfr_t a, b, result;
    mpfr_init2(a, 24);
    mpfr_init2(b, 24);
    mpfr_init2(result, PRECISION);
    for (uint64_t number = 1; number <= CASES; number++) {
        uint32_t bits = bits_of_case(number);
        float base = sl_f32_from_bits(0x3C000000 + bits % 0x08000000);
        float power = (float)(int32_t)bits_of_case(number + CASES) / 0x1p25f;
        mpfr_set_flt(a, base, MPFR_RNDN);
        mpfr_set_flt(b, power, MPFR_RNDN);
        mpfr_pow(result, a, b, MPFR_RNDN);
        float expected = nearest(result);
        float got = sl_f32_pow(base, power);
        cr_assert_leq(distance(got, expected), 1, "case %lu: %a ^ %a is %a, MPFR says %a",
                      (unsigned long)number, (double)base, (double)power, (double)got,
                      (double)expected);
    }
    mpfr_clear(a);
    mpfr_clear(b);
    mpfr_clear(result);
    mpfr_free_cache();
}
