/* Arithmetic of D3D9 programs: every instruction, modifier and result form on single values. */
#include "shader_d3d9_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(shader_d3d9_math);

#define F D3D9_F
#define B D3D9_B

struct row {
    const char *insn; /* writes r0; r0 is (9, 9, 9, 9) before */
    union d3d9_word c[3][4];
    union d3d9_word expected[4];
};

static void expect_row(const char *version, const struct row *row)
{
    static struct d3d9_rig rig;
    char listing[512];
    snprintf(listing, sizeof(listing), "%s\ndef c9, 9, 9, 9, 9\nmov r0, c9\n%s\nmov oPos, r0\n",
             version, row->insn);
    d3d9_rig_start(&rig, listing, 1, NULL);
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned c = 0; c < 4; c++) {
            rig.constants[0][i][c] = row->c[i][c].u;
        }
    }
    d3d9_rig_run(&rig);
    for (unsigned c = 0; c < 4; c++) {
        union d3d9_word word = {.u = d3d9_rig_bits(&rig, 0, c, 0)};
        cr_expect(word.u == row->expected[c].u, "%s: component %u is %08x (%g), not %08x (%g)",
                  row->insn, c, word.u, (double)word.f, row->expected[c].u,
                  (double)row->expected[c].f);
    }
    d3d9_rig_finish(&rig);
}

static void expect_rows(const char *version, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_row(version, &rows[i]);
    }
}

#define EXPECT_ROWS(version, rows) expect_rows(version, rows, sizeof(rows) / sizeof((rows)[0]))
#define NINES                                                                                      \
    {                                                                                              \
        F(9), F(9), F(9), F(9)                                                                     \
    }

Test(shader_d3d9_math, moves_and_sums)
{
    static const struct row rows[] = {
        {"mov r0, c0",
         {{B(D3D9_OTHER_NAN), B(D3D9_DENORMAL), B(D3D9_MINUS_ZERO), F(2)}},
         {B(D3D9_OTHER_NAN), B(D3D9_DENORMAL), B(D3D9_MINUS_ZERO), F(2)}},
        {"mov r0.yw, c0.wzyx", {{F(1), F(2), F(3), F(4)}}, {F(9), F(3), F(9), F(1)}},
        {"add r0, c0, c1",
         {{F(1), B(D3D9_INF), B(D3D9_DENORMAL), B(D3D9_MINUS_ZERO)},
          {F(0x1p-24f), B(D3D9_MINUS_INF), B(D3D9_DENORMAL), B(D3D9_MINUS_ZERO)}},
         {F(1), B(D3D9_NAN), F(0), B(D3D9_MINUS_ZERO)}},
        {"sub r0, c0, c1",
         {{F(1), B(D3D9_INF), F(0), F(5)}, {F(3), B(D3D9_INF), F(0), B(D3D9_OTHER_NAN)}},
         {F(-2), B(D3D9_NAN), F(0), B(D3D9_NAN)}},
        {"mul r0, c0, c1",
         {{F(0), F(3), F(-1), F(0x1p-100f)}, {B(D3D9_INF), F(-2), F(0), F(0x1p-40f)}},
         {B(D3D9_NAN), F(-6), B(D3D9_MINUS_ZERO), F(0)}},
        /* (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: a fused operation would keep the last term. */
        {"mad r0, c0, c1, c2",
         {{F(0x1.001p0f), F(2), F(0), F(1)},
          {F(0x1.001p0f), F(3), B(D3D9_INF), F(1)},
          {F(-0x1.002p0f), F(4), F(1), F(-1)}},
         {F(0), F(10), B(D3D9_NAN), F(0)}},
        {"abs r0, c0",
         {{F(-3), B(D3D9_MINUS_ZERO), B(D3D9_MINUS_INF), B(0x80000001)}},
         {F(3), F(0), B(D3D9_INF), F(0)}},
        {"frc r0, c0",
         {{F(1.25f), F(-0.25f), F(-0x1p-30f), B(D3D9_INF)}},
         {F(0.25f), F(0.75f), F(0x1.fffffep-1f), B(D3D9_NAN)}},
    };
    EXPECT_ROWS("vs_2_0", rows);
}

Test(shader_d3d9_math, products)
{
    static const struct row rows[] = {
        /* (2^24 + 1) - 2^24, left to right, is 0: the 1 is lost to the first sum. */
        {"dp3 r0, c0, c1",
         {{F(0x1p24f), F(1), F(-0x1p24f), F(7)}, {F(1), F(1), F(1), F(7)}},
         {F(0), F(0), F(0), F(0)}},
        {"dp4 r0, c0, c1",
         {{F(1), F(2), F(3), F(4)}, {F(5), F(6), F(7), F(8)}},
         {F(70), F(70), F(70), F(70)}},
        {"dp4 r0.z, c0, c1",
         {{F(1), F(2), F(3), F(0)}, {F(5), F(6), F(7), B(D3D9_INF)}},
         {F(9), F(9), B(D3D9_NAN), F(9)}},
        {"m4x4 r0, c0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(0)}, {F(0), F(1), F(0), F(0)}},
         {F(30), F(1), F(2), F(0)}},
        {"m4x3 r0.xyz, c0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(2)}, {F(0), F(1), F(0), F(0)}},
         {F(30), F(9), F(2), F(9)}},
        {"m3x4 r0, c0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(2)}, {F(0), F(1), F(0), F(0)}},
         {F(14), F(1), F(2), F(0)}},
        {"m3x3 r0.xyz, c0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(2)}, {F(0), F(1), F(0), F(0)}},
         {F(14), F(1), F(2), F(9)}},
        {"m3x2 r0.xy, c0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(2)}},
         {F(14), F(1), F(9), F(9)}},
        {"crs r0.xyz, c0, c1",
         {{F(1), F(2), F(3), F(0)}, {F(4), F(5), F(7), F(0)}},
         {F(-1), F(5), F(-3), F(9)}},
        {"dst r0, c0, c1",
         {{F(1), F(2), F(3), F(4)}, {F(5), F(6), F(7), F(8)}},
         {F(1), F(12), F(3), F(8)}},
        {"lrp r0, c0, c1, c2",
         {{F(0.25f), F(0), F(1), F(2)}, {F(8), B(D3D9_INF), F(3), F(1)}, {F(4), F(1), F(5), F(-1)}},
         {F(5), B(D3D9_NAN), F(3), F(3)}},
        {"nrm r0, c0", {{F(0), F(2), F(0), F(6)}}, {F(0), F(1), F(0), F(3)}},
        {"nrm r0, c0",
         {{F(0), F(0), F(0), F(1)}},
         {B(D3D9_NAN), B(D3D9_NAN), B(D3D9_NAN), B(D3D9_INF)}},
    };
    EXPECT_ROWS("vs_2_0", rows);
    static const struct row pixel_like[] = {
        {"dp2 r0, c0, c1", {{F(1), F(2), F(3), F(4)}, {F(5), F(6)}}, {F(17), F(17), F(17), F(17)}},
        {"dp2add r0, c0, c1, c2.y",
         {{F(1), F(2), F(3), F(4)}, {F(5), F(6)}, {F(1), F(100)}},
         {F(117), F(117), F(117), F(117)}},
    };
    EXPECT_ROWS("vs_3_0", pixel_like);
}

Test(shader_d3d9_math, products_overwrite_their_sources)
{
    static const struct row rows[] = {
        {"mov r0, c0\nm4x4 r0, r0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(0)}, {F(0), F(1), F(0), F(0)}},
         {F(30), F(1), F(2), F(0)}},
        {"mov r0, c0\ncrs r0.xyz, r0.zxyw, c1",
         {{F(2), F(3), F(1), F(0)}, {F(4), F(5), F(7), F(0)}},
         {F(-1), F(5), F(-3), F(0)}},
        {"mov r0, c0\nlit r0, r0.wyzx", {{F(2), F(3), F(0), F(1)}}, {F(1), F(1), F(9), F(1)}},
        {"mov r0, c0\nnrm r0, r0", {{F(0), F(2), F(0), F(6)}}, {F(0), F(1), F(0), F(3)}},
        {"mov r0, c0\nsincos r0.xy, r0.y, c1, c2",
         {{F(5), F(0), F(2), F(3)}},
         {F(1), F(0), F(2), F(3)}},
        {"mov r0, c0\ndst r0, r0.wyxz, r0.xyzw",
         {{F(1), F(2), F(3), F(4)}},
         {F(1), F(4), F(1), F(4)}},
        {"mov r0, c0\nlrp r0, c1, r0.yxwz, r0",
         {{F(1), F(3), F(5), F(9)}, {F(0.5f), F(0.5f), F(0.5f), F(0.5f)}},
         {F(2), F(2), F(7), F(7)}},
    };
    EXPECT_ROWS("vs_2_0", rows);
}

Test(shader_d3d9_math, choices)
{
    static const struct row rows[] = {
        {"min r0, c0, c1",
         {{F(1), B(D3D9_OTHER_NAN), F(0), B(D3D9_NAN)},
          {F(2), F(5), B(D3D9_MINUS_ZERO), B(D3D9_OTHER_NAN)}},
         {F(1), F(5), B(D3D9_MINUS_ZERO), B(D3D9_NAN)}},
        {"max r0, c0, c1",
         {{F(1), B(D3D9_OTHER_NAN), B(D3D9_MINUS_ZERO), B(D3D9_DENORMAL)},
          {F(2), F(5), F(0), F(-1)}},
         {F(2), F(5), F(0), F(0)}},
        {"slt r0, c0, c1",
         {{F(1), F(2), B(D3D9_NAN), B(D3D9_MINUS_ZERO)}, {F(2), F(1), F(1), B(D3D9_DENORMAL)}},
         {F(1), F(0), F(0), F(0)}},
        {"sge r0, c0, c1",
         {{F(1), F(2), B(D3D9_NAN), B(D3D9_MINUS_ZERO)}, {F(2), F(1), F(1), B(D3D9_DENORMAL)}},
         {F(0), F(1), F(0), F(1)}},
        {"sgn r0, c0, r1, r2",
         {{F(-3), B(D3D9_MINUS_ZERO), F(0.5f), B(D3D9_NAN)}},
         {F(-1), F(0), F(1), F(0)}},
        {"lit r0, c0", {{F(0.5f), F(3), F(7), F(2)}}, {F(1), F(0.5f), F(9), F(1)}},
        {"lit r0, c0", {{F(-0.5f), F(3), F(7), F(2)}}, {F(1), F(0), F(0), F(1)}},
        {"lit r0, c0", {{F(1), F(-3), F(7), F(2)}}, {F(1), F(1), F(0), F(1)}},
        {"lit r0, c0", {{F(1), F(-3), F(7), F(0)}}, {F(1), F(1), F(1), F(1)}},
        {"lit r0, c0", {{B(D3D9_NAN), F(1), F(1), F(1)}}, {F(1), F(0), F(0), F(1)}},
    };
    EXPECT_ROWS("vs_2_0", rows);
    static const struct row others[] = {
        {"seq r0, c0, c1",
         {{F(1), F(2), B(D3D9_NAN), B(D3D9_MINUS_ZERO)}, {F(1), F(1), B(D3D9_NAN), F(0)}},
         {F(1), F(0), F(0), F(1)}},
        {"sne r0, c0, c1",
         {{F(1), F(2), B(D3D9_NAN), B(D3D9_MINUS_ZERO)}, {F(1), F(1), B(D3D9_NAN), F(0)}},
         {F(0), F(1), F(1), F(0)}},
        {"cmp r0, c0, c1, c2",
         {{F(1), B(D3D9_MINUS_ZERO), F(-1), B(D3D9_NAN)},
          {F(1), F(2), F(3), F(4)},
          {F(5), F(6), F(7), F(8)}},
         {F(1), F(2), F(7), F(8)}},
        {"cnd r0, c0, c1, c2",
         {{F(1), F(0.5f), F(-1), B(D3D9_NAN)}, {F(1), F(2), F(3), F(4)}, {F(5), F(6), F(7), F(8)}},
         {F(1), F(6), F(7), F(8)}},
        {"sgn r0, c0", {{F(-3), F(0), F(2), F(0)}}, {F(-1), F(0), F(1), F(0)}},
    };
    EXPECT_ROWS("vs_3_0", others);
}

Test(shader_d3d9_math, functions)
{
    static const struct row rows[] = {
        {"rcp r0, c0.y", {{F(7), F(-4)}}, {F(-0.25f), F(-0.25f), F(-0.25f), F(-0.25f)}},
        {"rcp r0.x, c0.x", {{B(D3D9_MINUS_ZERO)}}, {B(D3D9_MINUS_INF), F(9), F(9), F(9)}},
        {"rcp r0.x, c0.x", {{B(D3D9_DENORMAL)}}, {B(D3D9_INF), F(9), F(9), F(9)}},
        {"rsq r0.x, c0.x", {{F(-4)}}, {F(0.5f), F(9), F(9), F(9)}},
        {"rsq r0.x, c0.x", {{B(D3D9_MINUS_ZERO)}}, {B(D3D9_INF), F(9), F(9), F(9)}},
        {"rsq r0.x, -c0.x", {{F(16)}}, {F(0.25f), F(9), F(9), F(9)}},
        {"exp r0.y, c0.z", {{F(0), F(0), F(3)}}, {F(9), F(8), F(9), F(9)}},
        {"exp r0.y, c0.x", {{B(D3D9_MINUS_INF)}}, {F(9), F(0), F(9), F(9)}},
        {"expp r0, c0.x", {{F(-1)}}, {F(0.5f), F(0.5f), F(0.5f), F(0.5f)}},
        {"log r0.x, c0.x", {{F(-8)}}, {F(3), F(9), F(9), F(9)}},
        {"log r0.x, c0.x", {{F(0)}}, {B(D3D9_MINUS_INF), F(9), F(9), F(9)}},
        {"logp r0, c0.x", {{F(0.25f)}}, {F(-2), F(-2), F(-2), F(-2)}},
        {"pow r0, c0.x, c0.y", {{F(-2), F(3)}}, {F(8), F(8), F(8), F(8)}},
        {"pow r0.x, c0.x, c0.y", {{B(D3D9_NAN), F(0)}}, {F(1), F(9), F(9), F(9)}},
        {"pow r0.x, c0.x, c0.y", {{F(0), F(-1)}}, {B(D3D9_INF), F(9), F(9), F(9)}},
        {"sincos r0.xy, c0.x, c1, c2", {{F(0)}}, {F(1), F(0), F(9), F(9)}},
        {"sincos r0.xy, c0.x, c1, c2", {{B(D3D9_INF)}}, {B(D3D9_NAN), B(D3D9_NAN), F(9), F(9)}},
    };
    EXPECT_ROWS("vs_2_0", rows);
}

Test(shader_d3d9_math, source_modifiers)
{
    static const struct row rows[] = {
        {"mov r0, -c0",
         {{F(1), B(D3D9_OTHER_NAN), B(D3D9_DENORMAL), F(0)}},
         {F(-1), B(D3D9_NAN), B(D3D9_MINUS_ZERO), B(D3D9_MINUS_ZERO)}},
        {"mov r0, c0_bias", {{F(1), F(0), F(0.5f), F(2)}}, {F(0.5f), F(-0.5f), F(0), F(1.5f)}},
        {"mov r0, -c0_bias", {{F(1), F(0), F(1.5f), F(2)}}, {F(-0.5f), F(0.5f), F(-1), F(-1.5f)}},
        {"mov r0, c0_bx2", {{F(1), F(0), F(0.5f), F(2)}}, {F(1), F(-1), F(0), F(3)}},
        {"mov r0, -c0_bx2", {{F(1), F(0), F(1.5f), F(2)}}, {F(-1), F(1), F(-2), F(-3)}},
        {"mov r0, 1-c0", {{F(1), F(0), F(0.25f), F(2)}}, {F(0), F(1), F(0.75f), F(-1)}},
        {"mov r0, c0_x2", {{F(1), F(0), F(-3), F(2)}}, {F(2), F(0), F(-6), F(4)}},
        {"mov r0, -c0_x2", {{F(1), F(2), F(-3), F(2)}}, {F(-2), F(-4), F(6), F(-4)}},
        {"mov r0, c0_dz", {{F(6), F(8), F(2), F(4)}}, {F(3), F(4), F(2), F(4)}},
        {"mov r0, c0_dw", {{F(6), F(8), F(2), F(4)}}, {F(1.5f), F(2), F(2), F(4)}},
        {"mov r0, c0_abs", {{F(-6), F(8), B(D3D9_MINUS_ZERO), F(-4)}}, {F(6), F(8), F(0), F(4)}},
        {"mov r0, -c0_abs", {{F(-6), F(8), F(1), F(-4)}}, {F(-6), F(-8), F(-1), F(-4)}},
        {"mul r0, c0_bias.yyzw, c1",
         {{F(6), F(8), F(2), F(4)}, {F(2), F(2), F(2), F(2)}},
         {F(15), F(15), F(3), F(7)}},
        /* Rounded after the subtraction and after the product. */
        {"mov r0.x, c0_bx2", {{F(0x1p-26f)}}, {F(-1), F(9), F(9), F(9)}},
    };
    EXPECT_ROWS("vs_3_0", rows);
}

Test(shader_d3d9_math, result_forms)
{
    static const struct row rows[] = {
        {"add_sat r0, c0, c1",
         {{F(2), F(-2), B(D3D9_NAN), F(0.25f)}, {F(1), F(1), F(1), F(0.5f)}},
         {F(1), F(0), F(0), F(0.75f)}},
        {"mov_sat r0, c0",
         {{B(D3D9_DENORMAL), B(D3D9_MINUS_ZERO), B(D3D9_INF), F(0.5f)}},
         {F(0), F(0), F(1), F(0.5f)}},
        {"mul_x2 r0, c0, c1",
         {{F(2), F(3), F(4), F(5)}, {F(1), F(2), F(3), F(4)}},
         {F(4), F(12), F(24), F(40)}},
        {"add_x8_sat r0, c0, c0", {{F(0.03125f), F(1), F(-1), F(0)}}, {F(0.5f), F(1), F(0), F(0)}},
        {"add_d2 r0, c0, c0", {{F(2), F(3), F(4), F(5)}}, {F(2), F(3), F(4), F(5)}},
        {"mov_d8 r0.xy, c0", {{F(2), F(8), F(4), F(5)}}, {F(0.25f), F(1), F(9), F(9)}},
        /* The product overflows before the shift brings it back. */
        {"add_d4 r0.x, c0, c0", {{F(0x1p127f)}}, {B(D3D9_INF), F(9), F(9), F(9)}},
        {"lit_sat r0, c0", {{F(2), F(3), F(7), F(2)}}, {F(1), F(1), F(1), F(1)}},
        {"slt_x4 r0, c0, c1",
         {{F(1), F(2), F(3), F(4)}, {F(2), F(2), F(4), F(4)}},
         {F(4), F(0), F(4), F(0)}},
    };
    EXPECT_ROWS("vs_3_0", rows);
}

Test(shader_d3d9_math, predicates)
{
    static const struct row rows[] = {
        {"setp_gt p0, c0, c1\n(p0) mov r0, c2",
         {{F(1), F(2), F(3), B(D3D9_NAN)}, {F(2), F(1), F(3), F(0)}, {F(5), F(6), F(7), F(8)}},
         {F(9), F(6), F(9), F(9)}},
        {"setp_ge p0, c0, c1\n(!p0) mov r0, c2",
         {{F(1), F(2), F(3), B(D3D9_NAN)}, {F(2), F(1), F(3), F(0)}, {F(5), F(6), F(7), F(8)}},
         {F(5), F(9), F(9), F(8)}},
        {"setp_ne p0, c0, c1\n(p0.w) add_x2_sat r0.xy, c2, c2",
         {{F(1), F(2), F(3), B(D3D9_NAN)}, {F(1), F(2), F(3), F(0)}, {F(5), F(-6), F(7), F(8)}},
         {F(1), F(0), F(9), F(9)}},
        {"setp_lt p0.x, c0, c1\n(p0.x) lit_sat r0, c2",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(9), F(9), F(9)}, {F(1), F(1), F(1), F(1)}},
         NINES},
        {"setp_eq p0, c0, c1\nsetp_le p0.yw, c0, c1\n(p0) mov r0, c2",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(1), F(4), F(5)}, {F(5), F(6), F(7), F(8)}},
         {F(5), F(9), F(9), F(8)}},
        {"setp_lt p0, c0, c1\n(p0.yxzw) mov r0.xy, r0.yxzw",
         {{F(1), F(2), F(3), F(4)}, {F(0), F(3), F(4), F(5)}},
         NINES},
        {"mov r0, c0\nsetp_lt p0, c0.x, c0\n(p0) mov r0, r0.wzyx",
         {{F(1), F(2), F(3), F(4)}},
         {F(1), F(3), F(2), F(1)}},
        {"setp_gt p0, c0, c1\n(p0.x) setp_always p0, c0, c0\n(p0) mov r0, c2",
         {{F(1), F(0), F(0), F(0)}, {F(0), F(1), F(1), F(1)}, {F(5), F(6), F(7), F(8)}},
         {F(5), F(6), F(7), F(8)}},
    };
    EXPECT_ROWS("vs_3_0", rows);
}

Test(shader_d3d9_math, comparisons_counted_from_zero)
{
    static struct d3d9_rig rig;
    static const struct sl_ir_options options = {.d3d9_compare_from_zero = true};
    /* Code 1 is "greater" to the SDK and "equal" here. */
    d3d9_rig_start(&rig,
                   "vs_3_0\ndef c0, 1, 2, 3, 4\ndef c1, 1, 1, 4, 4\nmov r0, c9\n"
                   "setp_gt p0, c0, c1\n(p0) mov r0, c0\nmov oPos, r0\n",
                   1, &options);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "equal", 0, 0, 1, 0, 0, 4);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_math, addresses)
{
    static const struct {
        float address;
        float expected;
    } rows[] = {
        {2.5f, 102}, {3.5f, 104},  {-1.0f, 99}, {-1000.0f, 0}, {1000.0f, 255},
        {1.4f, 101}, {-0.5f, 100}, {3e9f, 255}, {-3e9f, 0},
    };
    static struct d3d9_rig rig;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        d3d9_rig_start(&rig, "vs_2_0\ndcl_position v0\nmova a0.y, v0.x\nmov oPos, c100[a0.y].x\n",
                       1, NULL);
        for (unsigned row = 0; row < 256; row++) {
            d3d9_rig_set(&rig, 0, row, (float)row, 0, 0, 0);
        }
        d3d9_rig_input(&rig, 0, 0, rows[i].address, 0, 0, 0);
        d3d9_rig_run(&rig);
        cr_expect(d3d9_rig_float(&rig, 0, 0, 0) == rows[i].expected, "%g: %g, not %g",
                  (double)rows[i].address, (double)d3d9_rig_float(&rig, 0, 0, 0),
                  (double)rows[i].expected);
        d3d9_rig_finish(&rig);
    }
}

Test(shader_d3d9_math, address_of_nan_is_zero)
{
    static struct d3d9_rig rig;
    d3d9_rig_start(&rig, "vs_2_0\ndcl_position v0\nmova a0.x, v0.x\nmov oPos, c7[a0.x]\n", 1, NULL);
    d3d9_rig_set(&rig, 0, 7, 1, 2, 3, 4);
    rig.inputs[0][0][0] = D3D9_NAN;
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "c7", 0, 0, 1, 2, 3, 4);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_math, definitions_hide_constants_from_relative_reads)
{
    static struct d3d9_rig rig;
    d3d9_rig_start(&rig,
                   "vs_2_0\ndef c6, 5, 6, 7, 8\ndcl_position v0\nmova a0.x, v0.x\n"
                   "mov oPos, c5[a0.x]\n",
                   2, NULL);
    d3d9_rig_set(&rig, 0, 5, 1, 1, 1, 1);
    d3d9_rig_set(&rig, 0, 6, 2, 2, 2, 2);
    d3d9_rig_input(&rig, 0, 1, 1, 0, 0, 0);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "c5", 0, 0, 1, 1, 1, 1);
    d3d9_rig_expect(&rig, "c6", 0, 1, 5, 6, 7, 8);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_math, vertex_version_1)
{
    static const struct row rows[] = {
        {"expp r0, c0.x", {{F(2.5f)}}, {F(4), F(0.5f), F(0x1.6a09e6p2f), F(1)}},
        {"expp r0.xyw, c0.x", {{F(-0.75f)}}, {F(0.5f), F(0.25f), F(9), F(1)}},
        {"logp r0, c0.x", {{F(-8)}}, {F(3), F(1), F(3), F(1)}},
        {"logp r0.xyw, c0.x", {{F(0.375f)}}, {F(-2), F(1.5f), F(9), F(1)}},
        {"logp r0, c0.x", {{B(D3D9_DENORMAL)}}, {B(D3D9_MINUS_INF), F(1), B(D3D9_MINUS_INF), F(1)}},
        {"logp r0, c0.x", {{B(D3D9_MINUS_INF)}}, {B(D3D9_INF), F(1), B(D3D9_INF), F(1)}},
        {"logp r0, c0.x", {{B(D3D9_OTHER_NAN)}}, {B(D3D9_NAN), B(D3D9_NAN), B(D3D9_NAN), F(1)}},
        {"exp r0, c0.x", {{F(2)}}, {F(4), F(4), F(4), F(4)}},
        {"log r0, c0.x", {{F(-2)}}, {F(1), F(1), F(1), F(1)}},
        {"m3x2 r0.xy, c0, c0",
         {{F(1), F(2), F(3), F(4)}, {F(1), F(0), F(0), F(2)}},
         {F(14), F(1), F(9), F(9)}},
        /* mov to a0 rounds down. */
        {"mov a0.x, c0.x\nmov r0, c0[a0.x]",
         {{F(1.75f), F(0), F(0), F(0)}, {F(1), F(2), F(3), F(4)}},
         {F(1), F(2), F(3), F(4)}},
    };
    EXPECT_ROWS("vs_1_1", rows);
}
