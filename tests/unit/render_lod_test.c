/* Levels of detail, faces of cube maps: where samples look, by hand-made cases. */
#include "render/convert.h"
#include "sample_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(render_lod);

/* Levels hold 0, 40, 80, 120: red in steps of 40 codes says how levels are mixed. */
static void make_level_steps(void)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 8, 8, 4, 1);
    for (uint32_t level = 0; level < 4; level++) {
        uint32_t count = 64 >> (2 * level);
        memset(texel_at(&fix, level, 0, 0, 0), (int)(40 * level), 4 * count);
    }
}

/* Codes of red times 256 for a level of detail of lod. */
static uint32_t mixed_at(float lod)
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        call.lod[lane] = lod;
    }
    float rgba[4];
    sample_at(&fix, &call, 0.3f, 0.6f, rgba);
    return (uint32_t)((double)rgba[0] * 255.0 * 256.0 + 0.5);
}

Test(render_lod, levels_of_explicit_lod)
{
    make_level_steps();
    make_call(&call, SL_TEXTURE_2D, SL_LOD_EXPLICIT);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    static const struct {
        float lod;
        uint32_t linear, point; /* 40 = one level */
    } cases[] = {
        {-128.0f, 0, 0},
        {0.0f, 0, 0},
        {0.0019f, 0, 0},             /* 0.49/256 */
        {0.00390625f, 40, 0},        /* 1/256 */
        {0.001953125f, 0, 0},        /* 0.5/256: to even */
        {0.005859375f, 80, 0},       /* 1.5/256: to even */
        {0.498046875f, 40 * 128, 0}, /* 127.5/256: 128, which is half a level */
        {0.496f, 40 * 127, 0},
        {0.5f, 40 * 128, 40 * 256},
        {1.0f, 40 * 256, 40 * 256},
        {1.25f, 40 * 320, 40 * 256},
        {2.75f, 40 * 704, 40 * 768},
        {3.0f, 40 * 768, 40 * 768},
        {3.7f, 40 * 768, 40 * 768}, /* no more levels */
        {1e30f, 40 * 768, 40 * 768},
        {INFINITY, 40 * 768, 40 * 768},
        {-INFINITY, 0, 0},
        {NAN, 40 * 768, 40 * 768}, /* the limit counts */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fix.sampler.mip = SL_MIP_LINEAR;
        cr_expect_eq(mixed_at(cases[i].lod), cases[i].linear, "lod %g: %u", (double)cases[i].lod,
                     mixed_at(cases[i].lod));
        fix.sampler.mip = SL_MIP_NONE;
        cr_expect_eq(mixed_at(cases[i].lod), 0, "lod %g", (double)cases[i].lod);
        if (cases[i].lod == 0.498046875f) {
            continue; /* 128/256 rounds to level 1 */
        }
        fix.sampler.mip = SL_MIP_POINT;
        cr_expect_eq(mixed_at(cases[i].lod), cases[i].point, "lod %g", (double)cases[i].lod);
    }
    fix.sampler.mip = SL_MIP_POINT;
    cr_assert_eq(mixed_at(0.498046875f), 40 * 256);
}

Test(render_lod, lod_limits_and_sampler_bias)
{
    make_level_steps();
    make_call(&call, SL_TEXTURE_2D, SL_LOD_EXPLICIT);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    fix.sampler.min_lod = 1.5f;
    cr_assert_eq(mixed_at(-3.0f), 40 * 384);
    cr_assert_eq(mixed_at(1.75f), 40 * 448);
    fix.sampler.max_lod = 1.25f; /* the minimum wins */
    cr_assert_eq(mixed_at(7.0f), 40 * 384);
    fix.sampler.min_lod = -128.0f;
    cr_assert_eq(mixed_at(7.0f), 40 * 320);
    cr_assert_eq(mixed_at(NAN), 40 * 320);
    fix.sampler.max_lod = 128.0f;
    fix.sampler.lod_bias = -0.75f;
    cr_assert_eq(mixed_at(2.0f), 40 * 320);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_ZERO);
    fix.sampler.lod_bias = 2.25f;
    cr_assert_eq(mixed_at(9.0f), 40 * 576);
}

/* Filters differ: magnification takes a texel, minification mixes two. */
Test(render_lod, magnification_ends_above_zero)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 2, 1, 1, 1);
    memset(texel_at(&fix, 0, 0, 1, 0), 255, 4);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_EXPLICIT);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_CLAMP);
    fix.sampler.mag = SL_FILTER_POINT;
    for (unsigned mip = SL_MIP_NONE; mip <= SL_MIP_LINEAR; mip++) {
        fix.sampler.mip = (enum sl_mip_filter)mip;
        float rgba[4];
        call.lod[0] = 0.001f;
        sample_at(&fix, &call, 0.5f, 0.5f, rgba);
        cr_assert_eq(rgba[0], 1.0f);
        call.lod[0] = 0.003f;
        sample_at(&fix, &call, 0.5f, 0.5f, rgba);
        cr_assert_eq(rgba[0], 0.5f);
    }
    /* Without mip levels the limits do not matter. */
    fix.sampler.mip = SL_MIP_NONE;
    fix.sampler.min_lod = 5.0f;
    call.lod[0] = -1.0f;
    float rgba[4];
    sample_at(&fix, &call, 0.5f, 0.5f, rgba);
    cr_assert_eq(rgba[0], 1.0f);
}

/* Quads whose coordinates change by du, dv texels of level 0 from pixel to pixel. */
static void set_quads(float ux, float vx, float uy, float vy)
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        call.coord[0][lane] = (float)(lane & 1) * ux / 8.0f + (float)(lane >> 1 & 1) * uy / 8.0f;
        call.coord[1][lane] = (float)(lane & 1) * vx / 8.0f + (float)(lane >> 1 & 1) * vy / 8.0f;
    }
}

static uint32_t mixed_in_quads(unsigned lane)
{
    run_sample(&fix, &call);
    return (uint32_t)((double)call.result[0][lane] * 255.0 * 256.0 + 0.5);
}

Test(render_lod, levels_of_derivatives)
{
    make_level_steps();
    make_call(&call, SL_TEXTURE_2D, SL_LOD_IMPLICIT);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    set_quads(2.0f, 0.0f, 0.0f, 1.0f);
    cr_assert_eq(mixed_in_quads(0), 40 * 256);
    cr_assert_eq(mixed_in_quads(63), 40 * 256);
    set_quads(1.0f, 0.0f, 0.0f, -4.0f);
    cr_assert_eq(mixed_in_quads(5), 40 * 512);
    set_quads(2.0f, 2.0f, 0.0f, 0.0f); /* length sqrt(8): 1.5 */
    cr_assert_eq(mixed_in_quads(6), 40 * 384);
    set_quads(0.0f, 0.0f, 0.0f, 0.0f);
    cr_assert_eq(mixed_in_quads(0), 0);
    set_quads(INFINITY, 0.0f, 0.0f, 1.0f);
    cr_assert_eq(mixed_in_quads(0), 40 * 768);
    set_quads(NAN, 0.0f, 0.0f, 4.0f); /* the row's derivative is NaN: the column's counts */
    call.coord[0][2] = 0.0f;
    call.coord[0][0] = 0.0f;
    cr_assert_eq(mixed_in_quads(0), 40 * 512);
    set_quads(4.0f, 0.0f, 0.0f, 1.0f);
    call.sample.bias = call.bias;
    call.bias[9] = -1.25f;
    cr_assert_eq(mixed_in_quads(9), 40 * 192);
    cr_assert_eq(mixed_in_quads(8), 40 * 512);
    fix.sampler.lod_bias = 0.5f;
    cr_assert_eq(mixed_in_quads(9), 40 * 320);
    /* Lanes that do not take part still have coordinates. */
    sl_texture_sample(&fix.texture, &fix.sampler, &call.sample, 1, call.result);
    cr_assert_eq(call.result[0][0], unorm8(100));

    make_call(&call, SL_TEXTURE_2D, SL_LOD_GRADIENTS);
    fix.sampler.lod_bias = 0.0f;
    call.ddx[0][2] = 0.25f;
    call.ddy[1][3] = -0.5f;
    cr_assert_eq(mixed_in_quads(2), 40 * 256);
    cr_assert_eq(mixed_in_quads(3), 40 * 512);
    cr_assert_eq(mixed_in_quads(4), 0);
}

Test(render_lod, lod_query)
{
    make_level_steps();
    make_call(&call, SL_TEXTURE_2D, SL_LOD_IMPLICIT);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    set_quads(16.0f, 0.0f, 0.0f, 1.0f);
    fix.sampler.lod_bias = 1.25f;
    sl_texture_lod(&fix.texture, &fix.sampler, &call.sample, UINT64_MAX, call.result);
    cr_assert_eq(call.result[0][7], 3.0f);
    cr_assert_eq(call.result[1][7], 5.25f);
    cr_assert(call.result[2][7] == 0.0f && call.result[3][7] == 0.0f);
    fix.sampler.max_lod = 2.5f;
    sl_texture_lod(&fix.texture, &fix.sampler, &call.sample, UINT64_MAX, call.result);
    cr_assert_eq(call.result[0][7], 2.5f);
    set_quads(0.0f, 0.0f, 0.25f, 0.0f);
    sl_texture_lod(&fix.texture, &fix.sampler, &call.sample, UINT64_MAX, call.result);
    cr_assert_eq(call.result[0][7], 0.0f);
    cr_assert_eq(call.result[1][7], -0.75f);
}

static void sample_direction(float x, float y, float z, float slice, float rgba[4])
{
    call.coord[0][0] = x;
    call.coord[1][0] = y;
    call.coord[2][0] = z;
    call.coord[3][0] = slice;
    run_sample(&fix, &call);
    for (unsigned i = 0; i < 4; i++) {
        rgba[i] = call.result[i][0];
    }
}

Test(render_lod, cube_faces)
{
    /* Directions into the texel (column 0, row 3) of each face of 4 x 4. */
    static const float directions[6][3] = {{1.0f, -0.7f, 0.7f},  {-1.0f, -0.7f, -0.7f},
                                           {-0.7f, 1.0f, 0.7f},  {-0.7f, -1.0f, -0.7f},
                                           {-0.7f, -0.7f, 1.0f}, {0.7f, -0.7f, -1.0f}};
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 1, 14);
    fill_with_places(&fix);
    set_filters(&fix, SL_FILTER_POINT, SL_MIP_NONE, SL_ADDRESS_WRAP);
    for (unsigned face = 0; face < 6; face++) {
        float rgba[4];
        const float *d = directions[face];
        for (float scale = 0x1p-100f; scale < 0x1p100f; scale *= 0x1p30f) {
            make_call(&call, SL_TEXTURE_CUBE, SL_LOD_ZERO);
            sample_direction(d[0] * scale, d[1] * scale, d[2] * scale, 1.0f, rgba);
            cr_assert_eq(rgba[0], 0.0f);
            cr_assert_eq(rgba[1], unorm8(3));
            cr_assert_eq(rgba[2], unorm8(face));
        }
        make_call(&call, SL_TEXTURE_CUBE_ARRAY, SL_LOD_ZERO);
        static const float slices[] = {-1.0f, 0.5f, 0.51f, 1.5f, 7.0f, NAN};
        static const uint8_t expected[] = {0, 0, 6, 6, 6, 0};
        for (unsigned i = 0; i < 6; i++) {
            sample_direction(d[0], d[1], d[2], slices[i], rgba);
            cr_assert_eq(rgba[2], unorm8(expected[i] + face), "slice %g", (double)slices[i]);
        }
    }
}

Test(render_lod, cube_ties_and_edges)
{
    static const struct {
        float x, y, z;
        uint32_t face, column, row;
    } cases[] = {
        {1.0f, 1.0f, 1.0f, 4, 3, 0},     {1.0f, 1.0f, -1.0f, 5, 0, 0},
        {1.0f, -1.0f, 0.5f, 3, 3, 1},    {-1.0f, 1.0f, -0.5f, 2, 0, 1},
        {1.0f, 0.0f, 0.0f, 0, 2, 2},     {-1.0f, 0.0f, 0.0f, 1, 2, 2},
        {0.0f, 0.0f, 0.0f, 4, 2, 2},     {0.0f, 0.0f, -0.0f, 4, 2, 2},
        {1e-40f, 0.0f, 0.0f, 4, 2, 2},   {0.0f, -3.0f, 3.0f, 4, 2, 3},
        {INFINITY, 1.0f, 1.0f, 0, 2, 2}, {INFINITY, 1.0f, -INFINITY, 5, 0, 2},
        {NAN, NAN, NAN, 0, 0, 0},
    };
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 4, 4, 1, 6);
    fill_with_places(&fix);
    for (unsigned filter = 0; filter < 2; filter++) {
        set_filters(&fix, SL_FILTER_POINT, SL_MIP_NONE, SL_ADDRESS_WRAP);
        make_call(&call, SL_TEXTURE_CUBE, SL_LOD_ZERO);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            float rgba[4];
            sample_direction(cases[i].x, cases[i].y, cases[i].z, 0.0f, rgba);
            cr_expect(rgba[0] == unorm8(cases[i].column) && rgba[1] == unorm8(cases[i].row) &&
                          rgba[2] == unorm8(cases[i].face),
                      "case %zu: %g %g %g", i, (double)rgba[0] * 255.0, (double)rgba[1] * 255.0,
                      (double)rgba[2] * 255.0);
        }
    }
    /* No mixing across an edge, whatever the address mode says. */
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_NONE, SL_ADDRESS_WRAP);
    float rgba[4];
    sample_direction(0.999f, 0.0f, 1.0f, 0.0f, rgba);
    cr_assert_eq(rgba[0], unorm8(3));
    cr_assert_eq(rgba[2], unorm8(4));
    cr_assert_eq(rgba[1], (float)(1.5 / 255.0));
}

/* On face +Z, x and y are u and v but for scale; moving away changes nothing at its centre. */
Test(render_lod, cube_level_of_detail)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 16, 16, 5, 6);
    make_call(&call, SL_TEXTURE_CUBE, SL_LOD_IMPLICIT);
    set_filters(&fix, SL_FILTER_LINEAR, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        call.coord[0][lane] = lane & 1 ? 1.0f : 0.0f;
        call.coord[1][lane] = 0.0f;
        call.coord[2][lane] = lane & 2 ? 16.0f : 2.0f;
    }
    sl_texture_lod(&fix.texture, &fix.sampler, &call.sample, 1, call.result);
    cr_assert_eq(call.result[1][0], 2.0f); /* 1 / 2 * 1/2 of 16 texels is 4 */
    /* Lane 1 is at (1, 0, 2), where dz counts too: (2 * 0 - 1 * 14) / 4 * 1/2 * 16 = -28. */
    sl_texture_lod(&fix.texture, &fix.sampler, &call.sample, 2, call.result);
    cr_assert_float_eq(call.result[1][1], 4.80735492f, 1e-6f);
}
