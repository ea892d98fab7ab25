/* Texture instructions of D3D9 programs, and all of ps_1_x. */
#include "shader_d3d9_rig.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(shader_d3d9_texture);

static struct d3d9_rig rig;

/* Four texels in a row: red, green, blue, and grey with half alpha (51 is 0.2). */
static const uint8_t row_texels[16] = {255, 0, 0,   255, 0,  255, 0,  255,
                                       0,   0, 255, 255, 51, 51,  51, 0};

/* Two levels: 2 x 1 white and 1 x 1 black. */
static const uint8_t white_texels[8] = {255, 255, 255, 255, 255, 255, 255, 255};
static const uint8_t black_texels[4] = {0, 0, 0, 255};

static struct sl_texture row_texture;
static struct sl_texture mip_texture;

static void start(const char *listing, unsigned lanes)
{
    row_texture = d3d9_rig_texture(row_texels, 4);
    mip_texture = d3d9_rig_texture(white_texels, 2);
    mip_texture.level_count = 2;
    mip_texture.levels[1] = (struct sl_texture_level){black_texels, 1, 1, 4};
    d3d9_rig_start(&rig, listing, lanes, NULL);
    rig.sampler.mip = SL_MIP_POINT;
    for (unsigned i = 0; i < 16; i++) {
        rig.bindings.resources[i].texture = &row_texture;
    }
}

static void texcoord(unsigned index, unsigned lane, float x, float y, float z, float w)
{
    d3d9_rig_input(&rig, d3d9_rig_input_reg(&rig, SL_IR_USAGE_TEXCOORD, index), lane, x, y, z, w);
}

static void color(unsigned index, float x, float y, float z, float w)
{
    d3d9_rig_input(&rig, d3d9_rig_input_reg(&rig, SL_IR_USAGE_COLOR, index), 0, x, y, z, w);
}

Test(shader_d3d9_texture, plain_and_swizzled)
{
    start("ps_3_0\ndcl_texcoord0 v0\ndcl_2d s1\ntexld r0, v0, s1.wzyx\nmov oC0, r0\n"
          "texld r1.yz, v0.y, s1\nmov oC1, r1\n",
          4);
    for (unsigned lane = 0; lane < 4; lane++) {
        texcoord(0, lane, 0.375f, 0, 0, 0);
    }
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "green, wzyx", 0, 0, 1, 0, 1, 0);
    d3d9_rig_expect(&rig, "red, yz only", 1, 0, 0, 0, 0, 0);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, projected)
{
    start("ps_2_0\ndcl t0\ndcl_2d s0\ntexldp r0, t0, s0\nmov oC0, r0\n", 4);
    for (unsigned lane = 0; lane < 4; lane++) {
        texcoord(0, lane, 5, 1, 1, 8);
    }
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "5/8 is blue", 0, 0, 0, 0, 1, 1);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, bias_level_and_gradients)
{
    static const struct {
        const char *insn;
        float white; /* 1: level 0 */
    } rows[] = {
        {"texld r0, t0, s0", 1},
        {"texldb r0, t0, s0", 0}, /* t0.w = 1 is added to level 0 of the two */
        {"texldl r0, t0, s0", 0},
        {"texldl r0, t0.xyzz, s0", 1},
        {"texldd r0, t0, s0, c0, c0", 1},
        {"texldd r0, t0, s0, c0, c1", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char listing[200] = "ps_3_0\ndcl_2d s0\ndef c0, 0.5, 0, 0, 0\ndef c1, 0, 2, 0, 0\n";
        strcat(listing, rows[i].insn);
        strcat(listing, "\nmov oC0, r0\n");
        start(listing, 4);
        rig.bindings.resources[0].texture = &mip_texture;
        /* A texel from lane to lane: level 0. */
        for (unsigned lane = 0; lane < 4; lane++) {
            texcoord(0, lane, 0.5f + 0.5f * (float)(lane & 1), 0.5f, 0, 1);
        }
        d3d9_rig_run(&rig);
        d3d9_rig_expect(&rig, rows[i].insn, 0, 0, rows[i].white, rows[i].white, rows[i].white, 1);
        d3d9_rig_finish(&rig);
    }
}

/* The level comes from all four lanes, though two of them do not get to the instruction. */
Test(shader_d3d9_texture, projection_looks_at_masked_lanes)
{
    start("ps_3_0\ndcl_2d s0\ndef c0, 0, 0, 0, 0\nmov r0, c0\n"
          "if_gt t1.x, c0.x\ntexldp r0, t0, s0\nendif\nmov oC0, r0\n",
          4);
    rig.bindings.resources[0].texture = &mip_texture;
    for (unsigned lane = 0; lane < 4; lane++) {
        /* Projected: 2 texels from left to right in the quad, so level 1. */
        texcoord(0, lane, 1 + 4 * (float)(lane & 1), 1, 0, 4);
        texcoord(1, lane, (lane & 1) ? -1 : 1, 0, 0, 0);
    }
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "active", 0, 0, 0, 0, 0, 1);
    d3d9_rig_expect(&rig, "masked", 0, 1, 0, 0, 0, 0);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, vertex_programs_sample_level_zero)
{
    start("vs_3_0\ndcl_position v0\ndcl_2d s2\ntexld oPos, v0, s2\n", 2);
    rig.bindings.resources[2].texture = &mip_texture;
    d3d9_rig_input(&rig, 0, 1, 100, 0, 0, 0);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "white", 0, 0, 1, 1, 1, 1);
    d3d9_rig_expect(&rig, "white", 0, 1, 1, 1, 1, 1);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, dimensions)
{
    start("ps_2_0\ndcl t0\ndcl_cube s0\ndcl_volume s1\ndcl_2d s2\ntexld r0, t0, s0\n"
          "texld r1, t0, s1\ntexld r2, t0, s2\nadd r0, r0, r1\nadd r0, r0, r2\nmov oC0, r0\n",
          4);
    cr_expect(rig.program->resources[0].dimension == SL_TEXTURE_CUBE);
    cr_expect(rig.program->resources[1].is_volume);
    cr_expect(rig.program->resources[2].dimension == SL_TEXTURE_2D);
    cr_expect(rig.program->sampler_mask == 7);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, derivatives)
{
    start("ps_3_0\ndsx r0, t0_x2\ndsy r1, t0\nmov r0.zw, r1.xyxy\nmov oC0, r0\n", 4);
    texcoord(0, 0, 1, 0, 0, 0);
    texcoord(0, 1, 4, 0, 0, 0);
    texcoord(0, 2, 2, 8, 0, 0);
    texcoord(0, 3, 100, 100, 0, 0);
    d3d9_rig_run(&rig);
    for (unsigned lane = 0; lane < 4; lane++) {
        d3d9_rig_expect(&rig, "coarse", 0, lane, 6, 0, 1, 8);
    }
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, derivatives_of_masked_lanes)
{
    start("ps_3_0\ndef c0, 0, 0, 0, 0\nmov r0, c0\nif_gt t1.x, c0.x\ndsx r0, t0_x2\nendif\n"
          "mov oC0, r0\n",
          4);
    texcoord(0, 0, 1, 0, 0, 0);
    texcoord(0, 1, 4, 0, 0, 0);
    texcoord(1, 0, 1, 0, 0, 0);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "active", 0, 0, 6, 0, 0, 0);
    d3d9_rig_expect(&rig, "masked", 0, 1, 0, 0, 0, 0);
    d3d9_rig_finish(&rig);
}

static uint64_t discarded_by(const char *listing)
{
    start(listing, 8);
    unsigned reg = d3d9_rig_input_reg(&rig, SL_IR_USAGE_TEXCOORD, 0);
    for (unsigned lane = 0; lane < 8; lane++) {
        d3d9_rig_input(&rig, reg, lane, 1, 1, 1, 1);
    }
    for (unsigned c = 0; c < 4; c++) {
        rig.inputs[reg][c][c + 1] = UINT32_C(0xBF800000); /* -1 */
    }
    rig.inputs[reg][0][5] = D3D9_MINUS_ZERO;
    rig.inputs[reg][0][6] = UINT32_C(0x80000001); /* a denormal is not below 0 */
    rig.inputs[reg][0][7] = D3D9_OTHER_NAN;
    d3d9_rig_run(&rig);
    uint64_t discarded = rig.call.discarded;
    d3d9_rig_finish(&rig);
    return discarded;
}

Test(shader_d3d9_texture, kill)
{
    cr_expect(discarded_by("ps_2_0\ndcl t0\ntexkill t0\nmov oC0, t0\n") == 0x1E);
    cr_expect(discarded_by("ps_2_0\ndcl t0\nmov r1, t0\ntexkill r1\nmov oC0, t0\n") == 0x1E);
    cr_expect(discarded_by("ps_1_1\ntexkill t0\nmov r0, v0\n") == 0x0E);
    cr_expect(discarded_by("ps_1_4\ntexcrd r0.xyz, t0\nphase\ntexkill r0\n") == 0x0E);
    /* -1 < 0 holds in x of lane 1, in y of lane 2, and so on. */
    cr_expect(discarded_by("ps_2_x\ndcl t0\ndef c0, 0, 0, 0, 0\nsetp_lt p0, t0, c0\n"
                           "(!p0.x) texkill t0\nmov oC0, t0\n") == 0x1C);
}

/* ---- ps_1_1 to ps_1_3 ---- */

Test(shader_d3d9_texture, version_1_samples_and_blends)
{
    start("ps_1_1\ntex t0\ntex t1\nmul r0, t0, v0\nadd r0.xyz, r0, t1\n", 4);
    for (unsigned lane = 0; lane < 4; lane++) {
        texcoord(0, lane, 0.125f, 0, 0, 0);
        texcoord(1, lane, 0.625f, 0, 0, 0);
    }
    color(0, 0.5f, 7, 0, 0.25f);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "red * v0 + blue", 0, 0, 0.5f, 0, 1, 0.25f);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, version_1_clamps)
{
    start("ps_1_1\nadd r0, v0, c0\n", 1);
    color(0, 2, -1, 0.5f, 1);
    d3d9_rig_set(&rig, 0, 0, 3, -3, 0.25f, -1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "1.1", 0, 0, 2, -1, 0.75f, 0);
    d3d9_rig_finish(&rig);
    start("ps_1_4\nadd r0, v0, c0\n", 1);
    color(0, 2, -1, 0.5f, 1);
    d3d9_rig_set(&rig, 0, 0, 3, -3, 0.25f, -1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "1.4 leaves v# alone", 0, 0, 3, -2, 0.75f, 0);
    d3d9_rig_finish(&rig);
    start("ps_1_1\ntexcoord t0\nmov r0, t0\n", 1);
    texcoord(0, 0, 2, -1, 0.5f, 1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "texcoord", 0, 0, 1, 0, 0.5f, 1);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, version_1_modifiers)
{
    start("ps_1_1\ndef c0, 1, 0, 0.5, 0.75\ndef c1, 0.5, 0.5, 0.5, 1\n"
          "mad_x2_sat r0, c0_bx2, c1, 1-c0\n",
          1);
    d3d9_rig_run(&rig);
    /* (0.5 + 0, -0.5 + 1, 0 + 0.5, 0.5 + 0.25) * 2. */
    d3d9_rig_expect(&rig, "mad_x2_sat", 0, 0, 1, 1, 1, 1);
    d3d9_rig_finish(&rig);
    start("ps_1_1\ndef c0, 1, 0, 0.5, 0.75\nsub_d2 r0, -c0_bias, c0\n", 1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "sub_d2", 0, 0, -0.75f, 0.25f, -0.25f, -0.5f);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, version_1_choices)
{
    start("ps_1_1\ndef c0, 0.5, 0, 0, 0.75\ndef c1, 1, 0.5, 0.25, 0\nmov r0, c0\n"
          "cnd r0, r0.w, c1, c0\n",
          1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "by r0.a", 0, 0, 1, 0.5f, 0.25f, 0);
    d3d9_rig_finish(&rig);
    start("ps_1_2\ndef c0, -1, 0, 1, -0.5\ndef c1, 1, 0.5, 0.25, 0\ncmp r0, c0, c1, c0\n", 1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "cmp", 0, 0, -1, 0.5f, 0.25f, -0.5f);
    d3d9_rig_finish(&rig);
    start("ps_1_4\ndef c0, 1, 0.5, 0, 0.75\ndef c1, 1, 0.25, 0.25, 0\ncnd r0, c0, c1, c0\n", 1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "each for itself", 0, 0, 1, 0.5f, 0, 0);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, version_1_pairs_read_before_they_write)
{
    start("ps_1_1\ndef c0, 0.25, 0.5, 0.75, 1\nmov r0, c0\n"
          "dp3 r0.xyz, r0, r0.w\n+add r0.w, r0.z, r0.z\n",
          1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "pair", 0, 0, 1.5f, 1.5f, 1.5f, 1.5f);
    cr_expect(rig.call.work == 3);
    d3d9_rig_finish(&rig);
    start("ps_1_1\ndef c0, 0.25, 0.5, 0.75, 1\nmov r0, c0\n"
          "mov_x2 r0.w, r0.x\n+mul_d2_sat r0.xyz, r0.w, r0\n",
          1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "pair", 0, 0, 0.125f, 0.25f, 0.375f, 0.5f);
    d3d9_rig_finish(&rig);
}

/* t0 holds texel (51, 51, 51, 0) / 255 = (0.2, 0.2, 0.2, 0) unless said otherwise. */
static void expect_lookup(const char *insns, const char *what, float x, float y, float z, float w)
{
    char listing[300] = "ps_1_3\ndef c0, 0, 0, 1, 0\ntex t0\n";
    strcat(listing, insns);
    start(listing, 4);
    for (unsigned lane = 0; lane < 4; lane++) {
        unsigned count = rig.program->input_element_count;
        for (unsigned i = 0; i < count; i++) {
            d3d9_rig_input(&rig, rig.program->inputs[i].reg, lane, 1, 0, 0, 0);
        }
        texcoord(0, lane, 0.875f, 0, 0, 0);
    }
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, what, 0, 0, x, y, z, w);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, version_1_dependent_reads)
{
    /* Coordinates of all stages but 0 are (1, 0, 0, 0): the last texel, or red from u = 0.2. */
    expect_lookup("texreg2ar t1, t0\nmov r0, t1\n", "(0, 0.2)", 1, 0, 0, 1);
    expect_lookup("texreg2gb t1, t0\nmov r0, t1\n", "(0.2, 0.2)", 1, 0, 0, 1);
    expect_lookup("texreg2rgb t1, t0\nmov r0, t1\n", "(0.2, 0.2)", 1, 0, 0, 1);
    expect_lookup("texbem t1, t0\nmov r0, t1\n", "(1, 0)", 0.2f, 0.2f, 0.2f, 0);
    expect_lookup("texbeml t1, t0\nmov r0, t1\n", "(1, 0)", 0.2f, 0.2f, 0.2f, 0);
    expect_lookup("texdp3 t1, t0\nmov r0, t1\n", "1 * 0.2", 0.2f, 0.2f, 0.2f, 0.2f);
    expect_lookup("texdp3tex t1, t0\nmov r0, t1\n", "(0.2, 0)", 1, 0, 0, 1);
    expect_lookup("texm3x2pad t1, t0\ntexm3x2tex t2, t0\nmov r0, t2\n", "(0.2, 0.2)", 1, 0, 0, 1);
    expect_lookup("texm3x3pad t1, t0\ntexm3x3pad t2, t0\ntexm3x3 t3, t0\nmov r0, t3\n", "products",
                  0.2f, 0.2f, 0.2f, 1);
}

Test(shader_d3d9_texture, version_1_cubes)
{
    /* Six 1 x 1 faces: +X is 1, -X is 2, and so on, in red, of 5. */
    static const uint8_t faces[24] = {51,  0, 0, 0, 102, 0, 0, 0, 153, 0, 0, 0,
                                      204, 0, 0, 0, 255, 0, 0, 0, 0,   0, 0, 255};
    static const struct {
        const char *end;
        float face;
    } rows[] = {
        /* N = (0.2, 0.2, 0.2) * 1, E = (0, 0, 1): R = 2/3 * (1, 1, 1) - E = (2, 2, -1) / 3: +Y. */
        {"texm3x3spec t3, t0, c0\nmov r0, t3\n", 0.6f},
        /* E = w of the coordinates = (0, 0, 5): R = (10, 10, -5) / 3: +Y. */
        {"texm3x3vspec t3, t0\nmov r0, t3\n", 0.6f},
        /* Every component the same: z wins. */
        {"texm3x3tex t3, t0\nmov r0, t3\n", 1.0f},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char listing[300] = "ps_1_3\ndef c0, 0, 0, 1, 0\ntex t0\ntexm3x3pad t1, t0\n"
                            "texm3x3pad t2, t0\n";
        strcat(listing, rows[i].end);
        start(listing, 4);
        struct sl_texture cube = d3d9_rig_texture(faces, 1);
        cube.layer_count = 6;
        rig.bindings.resources[3].texture = &cube;
        for (unsigned lane = 0; lane < 4; lane++) {
            texcoord(0, lane, 0.875f, 0, 0, 0);
            texcoord(1, lane, 1, 0, 0, 0);
            texcoord(2, lane, 1, 0, 0, 0);
            texcoord(3, lane, 1, 0, 0, 5);
        }
        d3d9_rig_run(&rig);
        d3d9_rig_expect(&rig, rows[i].end, 0, 0, rows[i].face, 0, 0, 0);
        d3d9_rig_finish(&rig);
    }
}

Test(shader_d3d9_texture, version_1_reflects)
{
    /* N = (0, 0, 0.5), E = (0.25, 0, 1): R = 2 N (N.E / N.N) - E = (-0.25, 0, 1): +Z. */
    static const uint8_t faces[24] = {51,  0, 0, 0, 102, 0, 0, 0, 153, 0, 0, 0,
                                      204, 0, 0, 0, 255, 0, 0, 0, 0,   0, 0, 255};
    start("ps_1_3\ndef c0, 0.25, 0, 1, 0\ntex t0\ntexm3x3pad t1, t0\ntexm3x3pad t2, t0\n"
          "texm3x3spec t3, t0, c0\nmov r0, t3\n",
          4);
    struct sl_texture cube = d3d9_rig_texture(faces, 1);
    cube.layer_count = 6;
    rig.bindings.resources[3].texture = &cube;
    for (unsigned lane = 0; lane < 4; lane++) {
        texcoord(0, lane, 0.125f, 0, 0, 0); /* red: (1, 0, 0) */
        texcoord(3, lane, 0.5f, 3, 3, 0);
    }
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "+Z", 0, 0, 1, 0, 0, 0);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_texture, version_1_depth)
{
    start("ps_1_3\ntex t0\ntexm3x2pad t1, t0\ntexm3x2depth t2, t0\nmov r0, t0\n", 4);
    cr_assert(rig.program->depth_reg >= 0);
    for (unsigned lane = 0; lane < 4; lane++) {
        texcoord(0, lane, 0.125f, 0, 0, 0);
        texcoord(1, lane, 0.25f, 9, 9, 0);
        texcoord(2, lane, lane == 0 ? 0.5f : 0, 9, 9, 0);
    }
    d3d9_rig_run(&rig);
    unsigned depth = (unsigned)rig.program->depth_reg;
    cr_expect(d3d9_rig_float(&rig, depth, 0, 0) == 0.5f);
    cr_expect(d3d9_rig_float(&rig, depth, 0, 1) == 1.0f, "by 0");
    d3d9_rig_finish(&rig);
}

/* ---- ps_1_4 ---- */

Test(shader_d3d9_texture, version_1_4)
{
    start("ps_1_4\ntexld r0, t0\ntexcrd r1.xyz, t1_dw.xyw\nphase\ntexld r2, r0\n"
          "mov r0, r2\nadd r0.xy, r0, r1\n",
          4);
    for (unsigned lane = 0; lane < 4; lane++) {
        texcoord(0, lane, 0.125f, 0, 0, 0);
        texcoord(1, lane, 3, 2, 9, 4);
    }
    d3d9_rig_run(&rig);
    /* r0 = red, so r2 = texel at (1, 0) = (0.2, 0.2, 0.2, 0); r1.xy = (0.75, 0.5). */
    d3d9_rig_expect(&rig, "dependent", 0, 0, 0.2f + 0.75f, 0.2f + 0.5f, 0.2f, 0);
    d3d9_rig_finish(&rig);
    start("ps_1_4\ntexcrd r5.xyz, t0\nphase\ntexdepth r5\nmov r0, r5\n", 4);
    texcoord(0, 0, 1, 4, 0, 0);
    texcoord(0, 1, 1, 0, 0, 0);
    d3d9_rig_run(&rig);
    unsigned depth = (unsigned)rig.program->depth_reg;
    cr_expect(d3d9_rig_float(&rig, depth, 0, 0) == 0.25f);
    cr_expect(d3d9_rig_float(&rig, depth, 0, 1) == 1.0f);
    d3d9_rig_finish(&rig);
    start("ps_1_4\ntexcrd r1.xyz, t0\nmov r0, c0\nbem r0.xy, r1, r1\n", 1);
    texcoord(0, 0, 0.5f, 0.25f, 0, 0);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "no displacement", 0, 0, 0.5f, 0.25f, 0, 0);
    d3d9_rig_finish(&rig);
}
