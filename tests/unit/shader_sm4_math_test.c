/* What instructions of SM4 and SM5 compute; expectations are worked out by hand. */
#include "shader_sm4_rig.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(shader_sm4_math);

#define P0 0x00000000u
#define N0 0x80000000u
#define ONE 0x3F800000u
#define NEG1 0xBF800000u
#define TWO 0x40000000u
#define HALF 0x3F000000u
#define NHALF 0xBF000000u
#define INF 0x7F800000u
#define NINF 0xFF800000u
#define QNAN 0x7FC00000u /* the one that arithmetic makes */
#define SNAN 0x7F812345u
#define DEN 0x00000001u
#define NDEN 0x80000001u
#define MIN 0x00800000u /* least normal */
#define T 0xFFFFFFFFu
#define F 0u
#define BIG 0x4CBEBC20u /* 1e8, where the distance of floats is 8 */
#define NBIG 0xCCBEBC20u

/* Four cases at once: one in each component. Results are o0 and o1. */
struct math_case {
    const char *op;
    uint32_t a[4]; /* v0 */
    uint32_t b[4];
    uint32_t c[4];
    uint32_t d[4];
    uint32_t expected[4];
    uint32_t second[4];
};

static void run_case(const struct math_case *test, const char *dialect,
                     const struct sl_ir_options *options)
{
    char text[512];
    snprintf(text, sizeof(text),
             "vs_5_0\n%sdcl_input v0.xyzw\ndcl_input v1.xyzw\ndcl_input v2.xyzw\n"
             "dcl_input v3.xyzw\ndcl_output o0.xyzw\ndcl_output o1.xyzw\n%s\nret\n",
             dialect, test->op);
    struct sm4_result result = sm4_translate(text, NULL, options);
    cr_assert_eq(result.verdict, SL_IR_OK, "%s: %s", test->op, result.message);
    static struct sm4_run run;
    sm4_run_init(&run, result.program);
    for (unsigned c = 0; c < 4; c++) {
        run.inputs[0][c][0] = test->a[c];
        run.inputs[1][c][0] = test->b[c];
        run.inputs[2][c][0] = test->c[c];
        run.inputs[3][c][0] = test->d[c];
    }
    sm4_run(&run);
    for (unsigned c = 0; c < 4; c++) {
        cr_expect_eq(run.outputs[0][c][0], test->expected[c], "%s: o0.%c is %08x, not %08x",
                     test->op, "xyzw"[c], run.outputs[0][c][0], test->expected[c]);
        cr_expect_eq(run.outputs[1][c][0], test->second[c], "%s: o1.%c is %08x, not %08x", test->op,
                     "xyzw"[c], run.outputs[1][c][0], test->second[c]);
    }
    sl_ir_destroy(result.program);
}

#define RUN_CASES(cases)                                                                           \
    for (size_t i_ = 0; i_ < sizeof(cases) / sizeof((cases)[0]); i_++) {                           \
        run_case(&(cases)[i_], "", NULL);                                                          \
    }

#define O0 "o0.xyzw, "
#define V0 "v0.xyzw"
#define V01 "v0.xyzw, v1.xyzw"
#define V012 "v0.xyzw, v1.xyzw, v2.xyzw"

Test(shader_sm4_math, moves_keep_bits_until_they_have_a_modifier)
{
    static const struct math_case cases[] = {
        {"mov " O0 V0, {SNAN, DEN, NDEN, N0}, {0}, {0}, {0}, {SNAN, DEN, NDEN, N0}, {0}},
        {"mov " O0 "-v0.xyzw", {SNAN, DEN, ONE, P0}, {0}, {0}, {0}, {QNAN, N0, NEG1, N0}, {0}},
        {"mov " O0 "|v0.xyzw|",
         {0xFFC00001, NDEN, NEG1, N0},
         {0},
         {0},
         {0},
         {QNAN, P0, ONE, P0},
         {0}},
        {"mov " O0 "-|v0.xyzw|", {ONE, NINF, NEG1, N0}, {0}, {0}, {0}, {NEG1, NINF, NEG1, N0}, {0}},
        {"mov_sat " O0 V0, {SNAN, TWO, N0, DEN}, {0}, {0}, {0}, {P0, ONE, P0, P0}, {0}},
        {"mov_sat " O0 V0, {INF, NINF, HALF, NEG1}, {0}, {0}, {0}, {ONE, P0, HALF, P0}, {0}},
        {"movc " O0 V012,
         {N0, DEN, P0, T},
         {SNAN, 1, 2, 3},
         {4, 5, NDEN, 6},
         {0},
         {SNAN, 1, NDEN, 3},
         {0}},
        {"movc " O0 "v0.xyzw, -v1.xyzw, v2.xyzw",
         {1, 1, 0, 0},
         {SNAN, ONE, 0, 0},
         {0, 0, DEN, ONE},
         {0},
         {QNAN, NEG1, P0, ONE},
         {0}},
        {"swapc o0.xyzw, o1.xyzw, " V012,
         {0, 1, N0, 0},
         {SNAN, 2, 3, 4},
         {5, 6, DEN, 8},
         {0},
         {SNAN, 6, DEN, 4},
         {5, 2, 3, 8}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, arithmetic_flushes_and_rounds_each_step)
{
    static const struct math_case cases[] = {
        {"add " O0 V01,
         {DEN, DEN, INF, N0},
         {P0, MIN, NINF, N0},
         {0},
         {0},
         {P0, MIN, QNAN, N0},
         {0}},
        {"add_sat " O0 V01,
         {ONE, NEG1, SNAN, HALF},
         {ONE, P0, ONE, P0},
         {0},
         {0},
         {ONE, P0, P0, HALF},
         {0}},
        {"mul " O0 V01,
         {MIN, INF, NEG1, SNAN},
         {HALF, P0, P0, ONE},
         {0},
         {0},
         {P0, QNAN, N0, QNAN},
         {0}},
        {"mul " O0 "-v0.xyzw, |v1.xyzw|",
         {ONE, NINF, MIN, TWO},
         {NEG1, NEG1, NHALF, HALF},
         {0},
         {0},
         {NEG1, INF, N0, NEG1},
         {0}},
        {"div " O0 V01,
         {ONE, P0, NEG1, ONE},
         {P0, N0, P0, 0x40400000},
         {0},
         {0},
         {INF, QNAN, NINF, 0x3EAAAAAB},
         {0}},
        /* (1 + 2^-23)^2 rounds to 1 + 2^-22 before the sum; the last is 2 * 3 + 4. */
        {"mad " O0 V012,
         {0x3F800001, INF, DEN, TWO},
         {0x3F800001, P0, ONE, 0x40400000},
         {0xBF800002, ONE, DEN, 0x40800000},
         {0},
         {P0, QNAN, P0, 0x41200000},
         {0}},
        {"min " O0 V01,
         {SNAN, N0, P0, SNAN},
         {ONE, P0, N0, QNAN},
         {0},
         {0},
         {ONE, N0, N0, QNAN},
         {0}},
        {"max " O0 V01,
         {SNAN, N0, ONE, DEN},
         {NEG1, P0, QNAN, NEG1},
         {0},
         {0},
         {NEG1, P0, ONE, P0},
         {0}},
        /* -2^-30 - floor = 1 - 2^-30, which would round to 1. */
        {"frc " O0 V0,
         {0xBE800000, INF, 0x3FC00000, 0xB0800000},
         {0},
         {0},
         {0},
         {0x3F400000, QNAN, HALF, 0x3F7FFFFF},
         {0}},
        {"round_ne " O0 V0,
         {HALF, 0x3FC00000, NHALF, SNAN},
         {0},
         {0},
         {0},
         {P0, TWO, N0, QNAN},
         {0}},
        {"round_ni " O0 V0, {NHALF, 0x3FC00000, N0, DEN}, {0}, {0}, {0}, {NEG1, ONE, N0, P0}, {0}},
        {"round_pi " O0 V0,
         {NHALF, 0x3FC00000, NINF, NDEN},
         {0},
         {0},
         {0},
         {N0, TWO, NINF, N0},
         {0}},
        {"round_z " O0 V0,
         {0xBFC00000, 0x3FC00000, NHALF, INF},
         {0},
         {0},
         {0},
         {NEG1, ONE, N0, INF},
         {0}},
        {"rcp " O0 V0, {TWO, P0, NINF, DEN}, {0}, {0}, {0}, {HALF, INF, N0, INF}, {0}},
        {"sqrt " O0 V0, {0x40800000, NEG1, N0, INF}, {0}, {0}, {0}, {TWO, QNAN, N0, INF}, {0}},
        {"rsq " O0 V0, {0x40800000, NEG1, N0, INF}, {0}, {0}, {0}, {HALF, QNAN, NINF, P0}, {0}},
        {"exp " O0 V0,
         {P0, 0x40400000, NINF, 0x43000000},
         {0},
         {0},
         {0},
         {ONE, 0x41000000, P0, INF},
         {0}},
        {"log " O0 V0,
         {ONE, 0x41000000, N0, NEG1},
         {0},
         {0},
         {0},
         {P0, 0x40400000, NINF, QNAN},
         {0}},
        {"sincos o0.xyzw, o1.xyzw, " V0,
         {P0, N0, INF, SNAN},
         {0},
         {0},
         {0},
         {P0, N0, QNAN, QNAN},
         {ONE, ONE, QNAN, QNAN}},
        {"sincos null, o1.xyzw, " V0, {P0, N0, P0, P0}, {0}, {0}, {0}, {0}, {ONE, ONE, ONE, ONE}},
        {"sincos o0.xyzw, null, " V0, {P0, N0, P0, P0}, {0}, {0}, {0}, {P0, N0, P0, P0}, {0}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, dot_products_go_from_left_to_right)
{
    static const struct math_case cases[] = {
        {"dp2 " O0 V01,
         {ONE, TWO, INF, INF},
         {0x40400000, HALF, ONE, ONE},
         {0},
         {0},
         {0x40800000, 0x40800000, 0x40800000, 0x40800000},
         {0}},
        /* 1e8 + 1 is 1e8. */
        {"dp3 " O0 V01, {BIG, ONE, NBIG, INF}, {ONE, ONE, ONE, ONE}, {0}, {0}, {0}, {0}},
        {"dp4 " O0 V01,
         {BIG, ONE, NBIG, TWO},
         {ONE, ONE, ONE, ONE},
         {0},
         {0},
         {TWO, TWO, TWO, TWO},
         {0}},
        {"dp4_sat o0.yw, v0.xyzw, v1.xyzw",
         {BIG, ONE, NBIG, TWO},
         {ONE, ONE, ONE, ONE},
         {0},
         {0},
         {0, ONE, 0, ONE},
         {0}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, comparisons_are_ordered_but_ne)
{
    static const struct math_case cases[] = {
        {"eq " O0 V01, {N0, SNAN, DEN, INF}, {P0, SNAN, P0, INF}, {0}, {0}, {T, F, T, T}, {0}},
        {"ne " O0 V01, {N0, SNAN, DEN, INF}, {P0, SNAN, P0, NINF}, {0}, {0}, {F, T, F, T}, {0}},
        {"lt " O0 V01, {NEG1, SNAN, DEN, N0}, {ONE, ONE, MIN, P0}, {0}, {0}, {T, F, T, F}, {0}},
        {"ge " O0 V01, {N0, SNAN, NDEN, NINF}, {P0, ONE, DEN, INF}, {0}, {0}, {T, F, T, F}, {0}},
        {"ieq " O0 V01, {N0, 1, T, 0}, {P0, 1, T, DEN}, {0}, {0}, {F, T, T, F}, {0}},
        {"ine " O0 V01, {N0, 1, T, 0}, {P0, 1, T, DEN}, {0}, {0}, {T, F, F, T}, {0}},
        {"ilt " O0 V01, {T, 0, N0, 5}, {0, T, 0x7FFFFFFF, 5}, {0}, {0}, {T, F, T, F}, {0}},
        {"ige " O0 V01, {T, 0, N0, 5}, {0, T, 0x7FFFFFFF, 5}, {0}, {0}, {F, T, F, T}, {0}},
        {"ult " O0 V01, {T, 0, N0, 5}, {0, T, 0x7FFFFFFF, 5}, {0}, {0}, {F, T, F, F}, {0}},
        {"uge " O0 V01, {T, 0, N0, 5}, {0, T, 0x7FFFFFFF, 5}, {0}, {0}, {T, F, T, T}, {0}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, conversions_clamp_and_round)
{
    static const struct math_case cases[] = {
        /* -1.9, NaN, 3e9, -infinity */
        {"ftoi " O0 V0,
         {0xBFF33333, SNAN, 0x4F32D05E, NINF},
         {0},
         {0},
         {0},
         {T, 0, 0x7FFFFFFF, 0x80000000},
         {0}},
        /* -1, NaN, 1e10, 3e9 */
        {"ftou " O0 V0,
         {NEG1, SNAN, 0x501502F9, 0x4F32D05E},
         {0},
         {0},
         {0},
         {0, 0, T, 0xB2D05E00},
         {0}},
        /* 16777217 lies between two floats: to the even one */
        {"itof " O0 V0,
         {T, 0x7FFFFFFF, 0x01000001, 0x80000000},
         {0},
         {0},
         {0},
         {NEG1, 0x4F000000, 0x4B800000, 0xCF000000},
         {0}},
        {"utof " O0 V0,
         {T, 0x01000003, 0x80000000, 1},
         {0},
         {0},
         {0},
         {0x4F800000, 0x4B800002, 0x4F000000, ONE},
         {0}},
        {"f16tof32 " O0 V0,
         {0x3C00, 0x0001, 0xFC00, 0x12348000},
         {0},
         {0},
         {0},
         {ONE, 0x33800000, NINF, N0},
         {0}},
        /* 1, 65535, NaN, a denormal; then 2^-24, -infinity, 1e10, a little below 1 + 2^-10 */
        {"f32tof16 " O0 V0,
         {ONE, 0x477FFF00, SNAN, NDEN},
         {0},
         {0},
         {0},
         {0x3C00, 0x7BFF, 0x7E00, 0x8000},
         {0}},
        {"f32tof16 " O0 V0,
         {0x33800000, NINF, 0x501502F9, 0x3F801FFF},
         {0},
         {0},
         {0},
         {0x0001, 0xFC00, 0x7BFF, 0x3C00},
         {0}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, integers_wrap)
{
    static const struct math_case cases[] = {
        {"and " O0 V01,
         {0xF0F0, T, DEN, SNAN},
         {0xFF00, 5, T, T},
         {0},
         {0},
         {0xF000, 5, DEN, SNAN},
         {0}},
        {"or " O0 V01,
         {0xF0F0, 0, DEN, 8},
         {0xFF00, 5, N0, 1},
         {0},
         {0},
         {0xFFF0, 5, NDEN, 9},
         {0}},
        {"xor " O0 V01,
         {0xF0F0, T, DEN, 8},
         {0xFF00, 5, DEN, 1},
         {0},
         {0},
         {0x0FF0, 0xFFFFFFFA, 0, 9},
         {0}},
        {"not " O0 V0, {0, T, 1, N0}, {0}, {0}, {0}, {T, 0, 0xFFFFFFFE, 0x7FFFFFFF}, {0}},
        {"ishl " O0 V01,
         {1, 1, 3, T},
         {33, 31, 0, 4},
         {0},
         {0},
         {2, 0x80000000, 3, 0xFFFFFFF0},
         {0}},
        {"ishr " O0 V01, {N0, 0x7FFFFFFF, N0, 8}, {31, 30, 32, 35}, {0}, {0}, {T, 1, N0, 1}, {0}},
        {"ushr " O0 V01, {N0, 0x7FFFFFFF, N0, 8}, {31, 30, 32, 35}, {0}, {0}, {1, 1, N0, 1}, {0}},
        {"iadd " O0 V01, {T, 0x7FFFFFFF, N0, 5}, {1, 1, N0, 7}, {0}, {0}, {0, N0, 0, 12}, {0}},
        {"iadd " O0 "-v0.xyzw, v1.xyzw",
         {1, N0, 5, 0},
         {1, 0, 2, 9},
         {0},
         {0},
         {0, N0, 0xFFFFFFFD, 9},
         {0}},
        {"ineg " O0 V0, {1, N0, 0, T}, {0}, {0}, {0}, {T, N0, 0, 1}, {0}},
        {"ineg " O0 "-v0.xyzw", {1, N0, 0, T}, {0}, {0}, {0}, {1, N0, 0, T}, {0}},
        {"imin " O0 V01, {T, 1, N0, 5}, {0, 2, 0x7FFFFFFF, 4}, {0}, {0}, {T, 1, N0, 4}, {0}},
        {"imax " O0 V01,
         {T, 1, N0, 5},
         {0, 2, 0x7FFFFFFF, 4},
         {0},
         {0},
         {0, 2, 0x7FFFFFFF, 5},
         {0}},
        {"umin " O0 V01,
         {T, 1, N0, 5},
         {0, 2, 0x7FFFFFFF, 4},
         {0},
         {0},
         {0, 1, 0x7FFFFFFF, 4},
         {0}},
        {"umax " O0 V01, {T, 1, N0, 5}, {0, 2, 0x7FFFFFFF, 4}, {0}, {0}, {T, 2, N0, 5}, {0}},
        {"imul o0.xyzw, o1.xyzw, " V01,
         {T, 0x10000, N0, 3},
         {T, 0x10000, 2, 5},
         {0},
         {0},
         {0, 1, T, 0},
         {1, 0, 0, 15}},
        {"umul o0.xyzw, o1.xyzw, " V01,
         {T, 0x10000, N0, 3},
         {T, 0x10000, 2, 5},
         {0},
         {0},
         {0xFFFFFFFE, 1, 1, 0},
         {1, 0, 0, 15}},
        {"imul null, o1.xyzw, " V01, {T, 7, N0, 3}, {T, 6, 2, 5}, {0}, {0}, {0}, {1, 42, 0, 15}},
        {"imad " O0 V012,
         {T, 3, 0x10000, 2},
         {T, 5, 0x10000, T},
         {1, T, 9, 2},
         {0},
         {2, 14, 9, 0},
         {0}},
        {"umad " O0 V012,
         {T, 3, 0x10000, 2},
         {T, 5, 0x10000, T},
         {1, T, 9, 2},
         {0},
         {2, 14, 9, 0},
         {0}},
        {"udiv o0.xyzw, o1.xyzw, " V01,
         {7, 5, T, 0},
         {2, 0, 16, 3},
         {0},
         {0},
         {3, T, 0x0FFFFFFF, 0},
         {1, T, 15, 0}},
        {"uaddc o0.xyzw, o1.xyzw, " V01,
         {T, T, 1, N0},
         {1, T, 2, N0},
         {0},
         {0},
         {0, 0xFFFFFFFE, 3, 0},
         {1, 1, 0, 1}},
        {"usubb o0.xyzw, o1.xyzw, " V01,
         {0, 5, T, 1},
         {1, 5, 1, T},
         {0},
         {0},
         {T, 0, 0xFFFFFFFE, 2},
         {1, 0, 0, 1}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, bits_are_counted_found_and_moved)
{
    static const struct math_case cases[] = {
        {"countbits " O0 V0, {0, T, N0, 0xF0F}, {0}, {0}, {0}, {0, 32, 1, 8}, {0}},
        {"bfrev " O0 V0,
         {1, 0xF, T, 0x80000001},
         {0},
         {0},
         {0},
         {N0, 0xF0000000, T, 0x80000001},
         {0}},
        {"firstbit_lo " O0 V0, {0, 8, N0, T}, {0}, {0}, {0}, {T, 3, 31, 0}, {0}},
        {"firstbit_hi " O0 V0, {0, 8, N0, T}, {0}, {0}, {0}, {T, 28, 0, 0}, {0}},
        {"firstbit_shi " O0 V0, {0, 8, 0xFFFFFFF7, T}, {0}, {0}, {0}, {T, 28, 28, T}, {0}},
        /* width, offset, value */
        {"ubfe " O0 V012,
         {4, 0, 8, 36},
         {4, 4, 28, 36},
         {0xABCD, T, 0xF0000000, 0xABCD},
         {0},
         {0xC, 0, 0xF, 0xC},
         {0}},
        {"ibfe " O0 V012,
         {4, 0, 8, 4},
         {4, 4, 28, 8},
         {0xABCD, T, 0xF0000000, 0x700},
         {0},
         {0xFFFFFFFC, 0, T, 7},
         {0}},
        /* width, offset, inserted, base */
        {"bfi " O0 V012 ", v3.xyzw",
         {4, 0, 8, 33},
         {8, 8, 28, 32},
         {0xA, T, T, 1},
         {T, 5, 0, 0xF0},
         {0xFFFFFAFF, 5, 0xF0000000, 0xF1},
         {0}},
    };
    RUN_CASES(cases)
}

Test(shader_sm4_math, options_change_the_first_bit_and_halves)
{
    static const struct sl_ir_options options = {.f16_nearest_even = true, .firstbit_lsb = true};
    static const struct math_case cases[] = {
        {"firstbit_hi " O0 V0, {0, 8, N0, T}, {0}, {0}, {0}, {T, 3, 31, 31}, {0}},
        {"firstbit_shi " O0 V0, {0, 8, 0xFFFFFFF7, T}, {0}, {0}, {0}, {T, 3, 3, T}, {0}},
        /* above the middle of 1 and the next half; the middle; the middle above that; 65520 */
        {"f32tof16 " O0 V0,
         {0x3F801FFF, 0x3F801000, 0x3F803000, 0x477FF000},
         {0},
         {0},
         {0},
         {0x3C01, 0x3C00, 0x3C02, 0x7C00},
         {0}},
        /* 2^-25 is the middle of 0 and 2^-24; half as much again; NaN; -65519 */
        {"f32tof16 " O0 V0,
         {0x33000000, 0xB3400000, 0xFFC00001, 0xC77FEF00},
         {0},
         {0},
         {0},
         {0x0000, 0x8001, 0x7E00, 0xFBFF},
         {0}},
        {"f32tof16 " O0 V0,
         {NINF, NDEN, 0x38800000, 0x387FFFFF},
         {0},
         {0},
         {0},
         {0xFC00, 0x8000, 0x0400, 0x0400},
         {0}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_case(&cases[i], "", &options);
    }
}

Test(shader_sm4_math, aero_has_instructions_of_its_own)
{
    static const struct math_case cases[] = {
        {"gt " O0 V01, {ONE, SNAN, DEN, N0}, {NEG1, ONE, P0, P0}, {0}, {0}, {T, F, F, F}, {0}},
        {"le " O0 V01, {ONE, SNAN, DEN, N0}, {NEG1, ONE, P0, P0}, {0}, {0}, {F, F, T, T}, {0}},
        {"isub " O0 V01, {1, 0, N0, 5}, {2, N0, 1, 5}, {0}, {0}, {T, N0, 0x7FFFFFFF, 0}, {0}},
        {"iabs " O0 V0, {T, N0, 5, 0}, {0}, {0}, {0}, {1, N0, 5, 0}, {0}},
        {"idiv o0.xyzw, o1.xyzw, " V01,
         {0xFFFFFFF9, 5, N0, 7},
         {2, 0, T, 0xFFFFFFFE},
         {0},
         {0},
         {0xFFFFFFFD, T, N0, 0xFFFFFFFD},
         {T, T, 0, 1}},
        {"iaddc o0.xyzw, o1.xyzw, " V01,
         {T, 1, N0, 0},
         {1, 2, N0, 0},
         {0},
         {0},
         {0, 3, 0, 0},
         {1, 0, 1, 0}},
        {"isubc o0.xyzw, o1.xyzw, " V01,
         {0, 5, 1, T},
         {1, 5, T, 1},
         {0},
         {0},
         {T, 0, 2, 0xFFFFFFFE},
         {1, 0, 1, 0}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_case(&cases[i], ".dialect aero\n", NULL);
    }
}
