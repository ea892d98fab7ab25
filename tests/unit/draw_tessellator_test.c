/* The uniform tessellator: points and primitives in their order. */
#include "device/aerogpu/tessellator.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(draw_tessellator);

#define NOT_A_NUMBER __builtin_nanf("")

static struct sl_ir_program hull(enum sl_ir_domain domain, enum sl_ir_tess_output output, float max)
{
    return (struct sl_ir_program){.domain = domain, .tess_output = output, .max_tess_factor = max};
}

static void list_primitives(const struct sl_agpu_tess_grid *grid, char *text, size_t size)
{
    text[0] = '\0';
    for (uint32_t i = 0; i < sl_agpu_tess_primitive_count(grid); i++) {
        uint32_t points[3];
        sl_agpu_tess_primitive(grid, i, points);
        for (uint32_t k = 0; k < sl_agpu_tess_corners(grid); k++) {
            size_t at = strlen(text);
            snprintf(text + at, size - at, "%s%u", k ? " " : i ? "|" : "", points[k]);
        }
    }
}

static void expect(const struct sl_ir_program *program, struct sl_agpu_tess_factors factors,
                   uint32_t point_count, const char *expected)
{
    char text[512];
    struct sl_agpu_tess_grid grid;
    cr_assert(sl_agpu_tess_grid_init(&grid, program, &factors));
    list_primitives(&grid, text, sizeof(text));
    cr_assert_eq(sl_agpu_tess_point_count(&grid), point_count);
    cr_assert_str_eq(text, expected, "%s", text);
}

Test(draw_tessellator, primitives)
{
    struct sl_ir_program tri = hull(SL_IR_DOMAIN_TRI, SL_IR_TESS_CW, 64);
    struct sl_ir_program tri_ccw = hull(SL_IR_DOMAIN_TRI, SL_IR_TESS_CCW, 64);
    struct sl_ir_program quad = hull(SL_IR_DOMAIN_QUAD, SL_IR_TESS_CW, 64);
    struct sl_ir_program line = hull(SL_IR_DOMAIN_ISOLINE, SL_IR_TESS_LINE, 64);
    struct sl_ir_program dots = hull(SL_IR_DOMAIN_QUAD, SL_IR_TESS_POINT, 64);
    struct sl_agpu_tess_factors one = {{1, 1, 1, 1}, {1, 1}, 1, 1};
    struct sl_agpu_tess_factors two = {{1, 2, 1, 1}, {1, 1}, 3, 2};
    expect(&tri, one, 3, "0 1 2");
    expect(&tri_ccw, one, 3, "0 2 1");
    /* rows of 3, 2, 1: the upright ones and the one between */
    expect(&tri, two, 6, "0 1 3|3 1 4|1 2 4|3 4 5");
    expect(&quad, one, 4, "0 1 2|2 1 3");
    expect(&quad, two, 6, "0 1 3|3 1 4|1 2 4|4 2 5");
    expect(&line, two, 8, "0 1|1 2|2 3|4 5|5 6|6 7");
    expect(&dots, one, 4, "0|1|2|3");
}

Test(draw_tessellator, points)
{
    struct sl_ir_program tri = hull(SL_IR_DOMAIN_TRI, SL_IR_TESS_CW, 64);
    struct sl_ir_program quad = hull(SL_IR_DOMAIN_QUAD, SL_IR_TESS_CW, 64);
    struct sl_ir_program line = hull(SL_IR_DOMAIN_ISOLINE, SL_IR_TESS_LINE, 64);
    struct sl_agpu_tess_factors factors = {{2, 2, 2, 4}, {1, 1}, 2, 4};
    struct sl_agpu_tess_grid grid;
    float at[3];
    static const float tri_points[6][3] = {{0, 0, 1},       {0, 0.5f, 0.5f}, {0, 1, 0},
                                           {0.5f, 0, 0.5f}, {0.5f, 0.5f, 0}, {1, 0, 0}};
    cr_assert(sl_agpu_tess_grid_init(&grid, &tri, &factors));
    for (uint32_t i = 0; i < 6; i++) {
        sl_agpu_tess_point(&grid, i, at);
        cr_assert_arr_eq(at, tri_points[i], sizeof(at), "point %u", i);
    }
    /* u has the factors of the edges v = 0 and v = 1: 2 and 4 */
    cr_assert(sl_agpu_tess_grid_init(&grid, &quad, &factors));
    cr_assert_eq(grid.u, 4);
    cr_assert_eq(grid.v, 2);
    sl_agpu_tess_point(&grid, 8, at);
    cr_assert_eq(at[0], 0.75f);
    cr_assert_eq(at[1], 0.5f);
    cr_assert(sl_agpu_tess_grid_init(&grid, &line, &factors));
    sl_agpu_tess_point(&grid, 11, at);
    cr_assert_eq(at[0], 1.0f);
    cr_assert_eq(at[1], 0.75f, "no line at v = 1");
}

Test(draw_tessellator, factors)
{
    static const struct {
        float factor, max;
        uint32_t parts;
    } rows[] = {
        {0.25f, 64, 1},
        {1, 64, 1},
        {1.5f, 64, 2},
        {2, 64, 2},
        {63.5f, 64, 64},
        {1e9f, 64, 64},
        {__builtin_inff(), 64, 64},
        {50, 8, 8},
        {50, 0, 50},
        {50, 1000, 50},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sl_ir_program tri = hull(SL_IR_DOMAIN_TRI, SL_IR_TESS_CW, rows[i].max);
        float f = rows[i].factor;
        struct sl_agpu_tess_factors factors = {{f, f, f, 0}, {f, 0}, 0, 0};
        struct sl_agpu_tess_grid grid;
        cr_assert(sl_agpu_tess_grid_init(&grid, &tri, &factors));
        cr_assert_eq(grid.u, rows[i].parts, "row %zu: %u", i, grid.u);
    }
}

Test(draw_tessellator, culled)
{
    struct sl_ir_program tri = hull(SL_IR_DOMAIN_TRI, SL_IR_TESS_CW, 64);
    struct sl_ir_program quad = hull(SL_IR_DOMAIN_QUAD, SL_IR_TESS_CW, 64);
    struct sl_ir_program line = hull(SL_IR_DOMAIN_ISOLINE, SL_IR_TESS_LINE, 64);
    struct sl_agpu_tess_grid grid;
    for (unsigned i = 0; i < 4; i++) {
        static const float bad[3] = {0.0f, -1.0f, NOT_A_NUMBER};
        for (unsigned k = 0; k < 3; k++) {
            struct sl_agpu_tess_factors factors = {{1, 1, 1, 1}, {1, 1}, 1, 1};
            factors.edge[i] = bad[k];
            cr_assert_eq(sl_agpu_tess_grid_init(&grid, &tri, &factors), i == 3);
            cr_assert_not(sl_agpu_tess_grid_init(&grid, &quad, &factors));
        }
    }
    struct sl_agpu_tess_factors inside = {{1, 1, 1, 1}, {NOT_A_NUMBER, -5}, 0, 1};
    cr_assert(sl_agpu_tess_grid_init(&grid, &quad, &inside), "inside factors cull nothing");
    cr_assert_eq(grid.u, 1);
    cr_assert_not(sl_agpu_tess_grid_init(&grid, &line, &inside));
}

Test(draw_tessellator, every_primitive_is_in_range)
{
    for (uint32_t u = 1; u <= 64; u += 7) {
        for (uint32_t v = 1; v <= 64; v += 9) {
            for (int domain = 1; domain <= 3; domain++) {
                struct sl_agpu_tess_grid grid = {
                    .domain = (enum sl_ir_domain)domain, .output = SL_IR_TESS_CW, .u = u, .v = v};
                uint32_t count = sl_agpu_tess_point_count(&grid);
                cr_assert_leq(count, SL_AGPU_TESS_POINTS_MAX);
                for (uint32_t i = 0; i < sl_agpu_tess_primitive_count(&grid); i++) {
                    uint32_t points[3] = {0};
                    sl_agpu_tess_primitive(&grid, i, points);
                    cr_assert(points[0] < count && points[1] < count && points[2] < count);
                }
            }
        }
    }
}
