/* Arithmetic of programs: rules by hand-entered bits, functions by vectors and a digest. */
#include "render/convert.h"
#include "render/f32_math.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(render_f32);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAN_BITS 0x7FC00000u
#define INF 0x7F800000u
#define NEG_INF 0xFF800000u

static float f(uint32_t bits)
{
    return sl_f32_from_bits(bits);
}

static uint32_t b(float value)
{
    return sl_f32_to_bits(value);
}

/* Everything where rules change, and some plain numbers. */
static const uint32_t specials[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF, 0x00800000, 0x80800000,
    0x00800001, 0x3F800000, 0xBF800000, 0x3F7FFFFF, 0xBF7FFFFF, 0x3F000000, 0xBF000000, 0x3FC00000,
    0xBFC00000, 0x40200000, 0x4B000000, 0x4AFFFFFF, 0xCB000001, 0x4F000000, 0xCF000000, 0x4EFFFFFF,
    0x4F800000, 0x4F7FFFFF, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000,
    0x7F800001, 0xFFFFFFFF, 0x3DCCCCCD, 0xC2F00000, 0x0B800000, 0x8B800000, 0x20000000, 0xA0000000,
};

struct binary_case {
    uint32_t a, b, result;
};

static void check_binary(const char *name, float (*function)(float, float),
                         const struct binary_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t is = b(function(f(cases[i].a), f(cases[i].b)));
        cr_assert_eq(is, cases[i].result, "%s(%08x, %08x) = %08x, not %08x", name, cases[i].a,
                     cases[i].b, is, cases[i].result);
    }
}

Test(render_f32, arithmetic_flushes_and_has_one_nan)
{
    static const struct binary_case add[] = {
        {0x3F800000, 0x3F800000, 0x40000000}, {0x00000001, 0x80000000, 0x00000000},
        {0x80000001, 0x80000001, 0x80000000}, {0x007FFFFF, 0x007FFFFF, 0x00000000},
        {0x00800001, 0x80800000, 0x00000000}, {0x80800001, 0x00800000, 0x80000000},
        {0x7F800000, 0xFF800000, NAN_BITS},   {0xFFFFFFFF, 0x00000000, NAN_BITS},
        {0x7F7FFFFF, 0x7F7FFFFF, 0x7F800000}, {0x3F800000, 0x33800000, 0x3F800000},
    };
    static const struct binary_case mul[] = {
        {0x00800000, 0x3F000000, 0x00000000}, {0x80800000, 0x3F000000, 0x80000000},
        {0x00000001, 0x7F7FFFFF, 0x00000000}, {0x00000001, 0x7F800000, NAN_BITS},
        {0x00800001, 0x3F7FFFFF, 0x00800000}, {0x00800000, 0x3F7FFFFF, 0x00800000},
        {0x00800000, 0x3F7FFFFE, 0x00000000}, {0x40400000, 0xC0000000, 0xC0C00000},
    };
    static const struct binary_case div[] = {
        {0x3F800000, 0x00000000, 0x7F800000}, {0x3F800000, 0x80000001, 0xFF800000},
        {0x00000000, 0x00000000, NAN_BITS},   {0x00000001, 0x3F800000, 0x00000000},
        {0x3F800000, 0x40400000, 0x3EAAAAAB}, {0x3F800000, 0x7F7FFFFF, 0x00000000},
        {0x7F800000, 0x7F800000, NAN_BITS},
    };
    static const struct binary_case min[] = {
        {0x00000000, 0x80000000, 0x80000000}, {0x80000000, 0x00000000, 0x80000000},
        {0x7FC00001, 0x3F800000, 0x3F800000}, {0x3F800000, 0xFFC00001, 0x3F800000},
        {0x7F800001, 0xFFC00001, NAN_BITS},   {0x00000001, 0x3F800000, 0x00000000},
        {0x80000001, 0x7FC00000, 0x80000000}, {0x00000001, 0x80000001, 0x80000000},
        {0x40000000, 0xFF800000, 0xFF800000},
    };
    static const struct binary_case max[] = {
        {0x00000000, 0x80000000, 0x00000000}, {0x80000000, 0x00000000, 0x00000000},
        {0x7FC00001, 0xBF800000, 0xBF800000}, {0xBF800000, 0xFFC00001, 0xBF800000},
        {0x7F800001, 0xFFC00001, NAN_BITS},   {0x00000001, 0xBF800000, 0x00000000},
        {0x00000001, 0x80000001, 0x00000000}, {0x80000001, 0x80000000, 0x80000000},
        {0x40000000, 0x7F800000, 0x7F800000},
    };
    check_binary("add", sl_f32_add, add, COUNT(add));
    check_binary("mul", sl_f32_mul, mul, COUNT(mul));
    check_binary("div", sl_f32_div, div, COUNT(div));
    check_binary("min", sl_f32_min, min, COUNT(min));
    check_binary("max", sl_f32_max, max, COUNT(max));
}

Test(render_f32, mad_rounds_twice)
{
    /* (1 + 2^-23)^2 - (1 + 2^-22) is 2^-46 with one rounding, 0 with two. */
    cr_assert_eq(b(sl_f32_mad(f(0x3F800001), f(0x3F800001), f(0xBF800002))), 0);
    cr_assert_eq(b(sl_f32_mad(2.0f, 3.0f, 4.0f)), b(10.0f));
}

Test(render_f32, saturate)
{
    static const uint32_t cases[][2] = {
        {0x80000000, 0},          {0xBF800000, 0},   {NAN_BITS, 0},
        {0xFFC00001, 0},          {INF, 0x3F800000}, {NEG_INF, 0},
        {0x3F000000, 0x3F000000}, {0x00000001, 0},   {0x3F800001, 0x3F800000},
        {0x3F7FFFFF, 0x3F7FFFFF},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_eq(b(sl_f32_sat(f(cases[i][0]))), cases[i][1], "%08x", cases[i][0]);
    }
}

/* What a function of libm that is exact gives, with the rules for denormals and NaN around it. */
static uint32_t model(float (*function)(float), uint32_t bits)
{
    uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > INF) {
        return NAN_BITS;
    }
    return b(function(f(magnitude < 0x00800000 ? bits & 0x80000000 : bits)));
}

Test(render_f32, rounding_keeps_the_sign_and_is_exact)
{
    static const struct {
        const char *name;
        float (*function)(float);
        float (*exact)(float);
    } cases[] = {
        {"ne", sl_f32_round_ne, rintf}, {"ni", sl_f32_round_ni, floorf},
        {"pi", sl_f32_round_pi, ceilf}, {"z", sl_f32_round_z, truncf},
        {"sqrt", sl_f32_sqrt, sqrtf},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (uint64_t x = 0; x < UINT64_C(1) << 32; x += 65521) {
            uint32_t bits = (uint32_t)x;
            uint32_t expected = model(cases[i].exact, bits);
            expected = (expected & 0x7FFFFFFF) > INF ? NAN_BITS : expected;
            uint32_t is = b(cases[i].function(f(bits)));
            cr_assert_eq(is, expected, "%s(%08x) = %08x, not %08x", cases[i].name, bits, is,
                         expected);
        }
        for (size_t s = 0; s < COUNT(specials); s++) {
            uint32_t expected = model(cases[i].exact, specials[s]);
            expected = (expected & 0x7FFFFFFF) > INF ? NAN_BITS : expected;
            cr_assert_eq(b(cases[i].function(f(specials[s]))), expected, "%s(%08x)", cases[i].name,
                         specials[s]);
        }
    }
}

Test(render_f32, fraction_is_below_one)
{
    static const uint32_t cases[][2] = {
        {0x3FC00000, 0x3F000000}, {0xBE800000, 0x3F400000}, {0x80000000, 0},
        {0x00000001, 0},          {0x80000001, 0},          {0x80800000, 0x3F7FFFFF},
        {0xB0000000, 0x3F7FFFFF}, {INF, NAN_BITS},          {NEG_INF, NAN_BITS},
        {NAN_BITS, NAN_BITS},     {0xCB000001, 0},          {0x40800000, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_eq(b(sl_f32_frc(f(cases[i][0]))), cases[i][1], "%08x", cases[i][0]);
    }
}

Test(render_f32, comparisons_see_denormals_as_zero)
{
    cr_assert(sl_f32_eq(f(0x00000001), f(0x80000000)));
    cr_assert_not(sl_f32_ne(f(0x007FFFFF), f(0x80000000)));
    cr_assert_not(sl_f32_lt(f(0x80000001), f(0x00000001)));
    cr_assert(sl_f32_ge(f(0x80000001), f(0x00000001)));
    cr_assert(sl_f32_lt(1.0f, 2.0f));
    cr_assert_not(sl_f32_ge(1.0f, 2.0f));
    cr_assert_not(sl_f32_eq(f(NAN_BITS), f(NAN_BITS)));
    cr_assert(sl_f32_ne(f(NAN_BITS), 0.0f));
    cr_assert_not(sl_f32_lt(f(NAN_BITS), 0.0f));
    cr_assert_not(sl_f32_ge(f(NAN_BITS), 0.0f));
}

/* Of each row: the input, then exp2, log2, sin, cos, rsq. */
static const uint32_t function_vectors[][6] = {
    {0x3F000000, 0x3FB504F3, 0xBF800000, 0x3EF57744, 0x3F60A940, 0x3FB504F3},
    {0x3DCCCCCD, 0x3F892FDF, 0xC0549A78, 0x3DCC7577, 0x3F7EB898, 0x404A62C2},
    {0x42280000, 0x54800000, 0x40AC8DDD, 0xBF6AA128, 0xBECCCAE0, 0x3E1E01B3},
    {0xC2F00000, 0x03800000, 0x7FC00000, 0xBF14A2EF, 0x3F506E2A, 0x7FC00000},
    {0x3FB504F3, 0x402A91B9, 0x3EFFFFFF, 0x3F7CDE3B, 0x3E1FAFB6, 0x3F5744FD},
    {0x40490FDB, 0x410D331D, 0x3FD3643A, 0xB3BBBD2E, 0xBF800000, 0x3F106EBA},
    {0x3F490FDB, 0x3FDC9DE0, 0xBEB26F18, 0x3F3504F3, 0x3F3504F3, 0x3F906EBA},
    {0x47C35000, 0x7F800000, 0x4184E08B, 0x3D126D55, 0xBF7FD61C, 0x3B4F3E37},
    {0x4E6E6B28, 0x7F800000, 0x41EF2DC7, 0x3F0BBC65, 0x3F567FC6, 0x3804A2B3},
    {0xBF19999A, 0x3F28E5A2, 0x7FC00000, 0xBF108C69, 0x3F534932, 0x7FC00000},
    {0x3F800001, 0x40000001, 0x3438AA3A, 0x3F576AA6, 0x3F0A513F, 0x3F7FFFFF},
    {0x3F7FFFFF, 0x3FFFFFFF, 0xB3B8AA3C, 0x3F576AA4, 0x3F0A5141, 0x3F800000},
    {0x42C80000, 0x71800000, 0x40D49A78, 0xBF01A12E, 0x3F5CC0EE, 0x3DCCCCCD},
    {0x00800000, 0x3F800000, 0xC2FC0000, 0x00800000, 0x3F800000, 0x5F000000},
    {0x3E99999A, 0x3F9D9624, 0xBFDE54E3, 0x3E974E6D, 0x3F7490EF, 0x3FE9B1E8},
};

static float (*const functions[5])(float) = {
    sl_f32_exp2, sl_f32_log2, sl_f32_sin, sl_f32_cos, sl_f32_rsq,
};

Test(render_f32, functions_by_vectors)
{
    for (size_t i = 0; i < COUNT(function_vectors); i++) {
        for (size_t k = 0; k < COUNT(functions); k++) {
            uint32_t is = b(functions[k](f(function_vectors[i][0])));
            cr_assert_eq(is, function_vectors[i][k + 1], "function %zu of %08x is %08x", k,
                         function_vectors[i][0], is);
        }
    }
}

Test(render_f32, functions_over_the_whole_range)
{
    uint32_t digest = 0x811C9DC5; /* FNV-1a */
    for (uint64_t x = 0; x < UINT64_C(1) << 32; x += 997) {
        for (size_t k = 0; k < COUNT(functions); k++) {
            uint32_t result = b(functions[k](f((uint32_t)x)));
            for (unsigned shift = 0; shift < 32; shift += 8) {
                digest = (digest ^ (result >> shift & 0xFF)) * 16777619u;
            }
        }
    }
    cr_assert_eq(digest, 0xEE75A528, "%08x", digest);
}

Test(render_f32, functions_of_special_values)
{
    static const uint32_t cases[][6] = {
        {0x00000000, 0x3F800000, NEG_INF, 0x00000000, 0x3F800000, INF},
        {0x80000000, 0x3F800000, NEG_INF, 0x80000000, 0x3F800000, NEG_INF},
        {0x00000001, 0x3F800000, NEG_INF, 0x00000000, 0x3F800000, INF},
        {0x807FFFFF, 0x3F800000, NEG_INF, 0x80000000, 0x3F800000, NEG_INF},
        {INF, INF, INF, NAN_BITS, NAN_BITS, 0},
        {NEG_INF, 0, NAN_BITS, NAN_BITS, NAN_BITS, NAN_BITS},
        {0xFFC00001, NAN_BITS, NAN_BITS, NAN_BITS, NAN_BITS, NAN_BITS},
        {0x4E800001, INF, 0x41F00000, 0, 0x3F800000, 0x37FFFFFF},
        {0xCE800001, 0, NAN_BITS, 0x80000000, 0x3F800000, NAN_BITS},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < COUNT(functions); k++) {
            uint32_t is = b(functions[k](f(cases[i][0])));
            cr_assert_eq(is, cases[i][k + 1], "function %zu of %08x is %08x", k, cases[i][0], is);
        }
    }
    cr_assert_eq(b(sl_f32_exp2(-127.0f)), 0, "2^-127 is denormal");
    cr_assert_eq(b(sl_f32_exp2(-126.0f)), 0x00800000);
}

Test(render_f32, powers)
{
    static const struct binary_case cases[] = {
        {0x40000000, 0x3F000000, 0x3FB504F3},
        {0x3F000000, 0x400CCCCD, 0x3E5EDC66},
        {0x40400000, 0xC0000000, 0x3DE38E39},
        {0x3F4CCCCD, 0x42800000, 0x35287FF5},
        {0x41200000, 0x40400000, 0x447A0000},
        {0xC1200000, 0x40400000, 0x447A0000}, /* of the absolute value */
        {NAN_BITS, 0x00000000, 0x3F800000},
        {0x00000000, 0x80000001, 0x3F800000},
        {0x80000000, 0x3F800000, 0x00000000},
        {0x00000001, 0xBF800000, INF},
        {0x00000000, NAN_BITS, NAN_BITS},
        {NAN_BITS, 0x3F800000, NAN_BITS},
        {INF, 0x3F800000, INF},
        {NEG_INF, 0xBF800000, 0},
        {0x3F800000, INF, 0x3F800000},
        {0xBF800000, NEG_INF, 0x3F800000},
        {0x40000000, INF, INF},
        {0x40000000, NEG_INF, 0},
        {0x3F000000, INF, 0},
        {0x3F000000, NEG_INF, INF},
        {0x40000000, 0x43FA0000, INF},
        {0x40000000, 0xC3FA0000, 0},
        {0x7F7FFFFF, 0x7F7FFFFF, INF},
        {0x7F7FFFFF, 0xFF7FFFFF, 0},
    };
    check_binary("pow", sl_f32_pow, cases, COUNT(cases));
}

Test(render_f32, floats_to_integers_clamp)
{
    static const struct {
        uint32_t bits;
        int32_t i32;
        uint32_t u32;
    } cases[] = {
        {NAN_BITS, 0, 0},
        {0xFFC00001, 0, 0},
        {INF, INT32_MAX, UINT32_MAX},
        {NEG_INF, INT32_MIN, 0},
        {0x4F000000, INT32_MAX, 0x80000000},
        {0x4EFFFFFF, 0x7FFFFF80, 0x7FFFFF80},
        {0xCF000000, INT32_MIN, 0},
        {0xCF000001, INT32_MIN, 0},
        {0x4F7FFFFF, INT32_MAX, 0xFFFFFF00},
        {0x4F800000, INT32_MAX, UINT32_MAX},
        {0x3FFFFFFF, 1, 1},
        {0xBFFFFFFF, -1, 0},
        {0x00000001, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_eq(sl_f32_to_i32(f(cases[i].bits)), cases[i].i32, "%08x", cases[i].bits);
        cr_assert_eq(sl_f32_to_u32(f(cases[i].bits)), cases[i].u32, "%08x", cases[i].bits);
    }
}

Test(render_f32, halves_and_back)
{
    for (uint32_t half = 0; half < 65536; half++) {
        uint32_t exponent = half >> 10 & 31;
        uint32_t fraction = half & 1023;
        double value = exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
        float expected = (float)(half & 0x8000 ? -value : value);
        uint32_t expected_bits = b(expected);
        if (exponent == 31) {
            expected_bits = fraction ? NAN_BITS : INF | (half & 0x8000) << 16;
        }
        float single = sl_f16_to_f32((uint16_t)half);
        cr_assert_eq(b(single), expected_bits, "%04x", half);
        uint32_t back = exponent == 31 && fraction ? 0x7E00 : half;
        cr_assert_eq(sl_f32_to_f16(single), back, "%04x", half);
    }
}

Test(render_f32, to_half_rounds_toward_zero)
{
    static const uint32_t cases[][2] = {
        {0x3F801FFF, 0x3C00}, {0x3F802000, 0x3C01}, {0xBF803FFF, 0xBC01}, {0x477FE000, 0x7BFF},
        {0x477FFFFF, 0x7BFF}, {0x7F7FFFFF, 0x7BFF}, {0xFF7FFFFF, 0xFBFF}, {INF, 0x7C00},
        {NEG_INF, 0xFC00},    {0xFFC00001, 0x7E00}, {0x00000001, 0x0000}, {0x807FFFFF, 0x8000},
        {0x33800000, 0x0001}, {0x337FFFFF, 0x0000}, {0x387FFFFF, 0x03FF}, {0x38800000, 0x0400},
        {0xB37FFFFF, 0x8000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t is = sl_f32_to_f16(f(cases[i][0]));
        cr_assert_eq(is, cases[i][1], "%08x is %04x", cases[i][0], is);
    }
}
