/* Hull and domain programs: phases, factors, what reaches the rasteriser. */
#include "draw_rig.h"

#include <string.h>

TestSuite(draw_patch);

enum { HS = DRAW_FREE, DS };

#define DRAW(rig, count) PACKET((rig), AEROGPU_CMD_DRAW, (count), 1, 0, 0)

#define POINT_SIGNATURES                                                                           \
    ".signature ISGN\n"                                                                            \
    ".element SV_Position 0 0 xyzw\n"                                                              \
    ".element COLOR 0 1 xyzw\n"                                                                    \
    ".signature OSGN\n"                                                                            \
    ".element SV_Position 0 0 xyzw\n"                                                              \
    ".element COLOR 0 1 xyzw\n"

#define TRI_FACTORS                                                                                \
    ".signature PCSG\n"                                                                            \
    ".element SV_TessFactor 0 0 x sv=13\n"                                                         \
    ".element SV_TessFactor 1 1 x sv=13\n"                                                         \
    ".element SV_TessFactor 2 2 x sv=13\n"                                                         \
    ".element SV_InsideTessFactor 0 3 x sv=14\n"                                                   \
    ".element TINT 0 4 xyzw\n"

#define TRI_HULL(factor, output)                                                                   \
    POINT_SIGNATURES TRI_FACTORS ".program SHEX\n"                                                 \
                                 "hs_5_0\n"                                                        \
                                 "hs_decls\n"                                                      \
                                 "dcl_input_control_point_count 3\n"                               \
                                 "dcl_output_control_point_count 3\n"                              \
                                 "dcl_tessellator_domain domain_tri\n"                             \
                                 "dcl_tessellator_partitioning partitioning_integer\n"             \
                                 "dcl_tessellator_output_primitive " output "\n"                   \
                                 "hs_control_point_phase\n"                                        \
                                 "dcl_input vOutputControlPointID\n"                               \
                                 "dcl_input v[3][0].xyzw\n"                                        \
                                 "dcl_input v[3][1].xyzw\n"                                        \
                                 "dcl_output o0.xyzw\n"                                            \
                                 "dcl_output o1.xyzw\n"                                            \
                                 "dcl_temps 1\n"                                                   \
                                 "mov r0.x, vOutputControlPointID\n"                               \
                                 "mov o0.xyzw, v[r0.x + 0][0].xyzw\n"                              \
                                 "mov o1.xyzw, v[r0.x + 0][1].xyzw\n"                              \
                                 "ret\n"                                                           \
                                 "hs_fork_phase\n"                                                 \
                                 "dcl_hs_fork_phase_instance_count 3\n"                            \
                                 "dcl_input vForkInstanceID\n"                                     \
                                 "dcl_output_siv o0.x, finalTriUeq0EdgeTessFactor\n"               \
                                 "dcl_output_siv o1.x, finalTriVeq0EdgeTessFactor\n"               \
                                 "dcl_output_siv o2.x, finalTriWeq0EdgeTessFactor\n"               \
                                 "dcl_temps 1\n"                                                   \
                                 "dcl_indexrange o0.x 3\n"                                         \
                                 "mov r0.x, vForkInstanceID.x\n"                                   \
                                 "mov o[r0.x + 0].x, l(" factor ")\n"                              \
                                 "ret\n"                                                           \
                                 "hs_fork_phase\n"                                                 \
                                 "dcl_input vicp[3][1].xyzw\n"                                     \
                                 "dcl_output o4.xyzw\n"                                            \
                                 "mov o4.xyzw, vicp[1][1].xyzw\n"                                  \
                                 "ret\n"                                                           \
                                 "hs_join_phase\n"                                                 \
                                 "dcl_input vpc2.x\n"                                              \
                                 "dcl_output_siv o3.x, finalTriInsideTessFactor\n"                 \
                                 "mov o3.x, vpc2.x\n"                                              \
                                 "ret\n"

/* Positions are blends of the corners; the colour is the patch's, or that of a domain corner. */
#define TRI_DOMAIN(color)                                                                          \
    POINT_SIGNATURES TRI_FACTORS ".program SHEX\n"                                                 \
                                 "ds_5_0\n"                                                        \
                                 "dcl_input_control_point_count 3\n"                               \
                                 "dcl_tessellator_domain domain_tri\n"                             \
                                 "dcl_input vpc4.xyzw\n"                                           \
                                 "dcl_input vDomain.xyz\n"                                         \
                                 "dcl_input vicp[3][0].xyzw\n"                                     \
                                 "dcl_input vicp[3][1].xyzw\n"                                     \
                                 "dcl_output_siv o0.xyzw, position\n"                              \
                                 "dcl_output o1.xyzw\n"                                            \
                                 "dcl_temps 1\n"                                                   \
                                 "mul r0.xyzw, vDomain.xxxx, vicp[0][0].xyzw\n"                    \
                                 "mad r0.xyzw, vDomain.yyyy, vicp[1][0].xyzw, r0.xyzw\n"           \
                                 "mad o0.xyzw, vDomain.zzzz, vicp[2][0].xyzw, r0.xyzw\n"           \
                                 "mov o1.xyzw, " color "\n"                                        \
                                 "ret\n"

static struct rig make(const char *hull, const char *domain, uint32_t topology)
{
    struct rig rig = draw_rig_make((struct sl_agpu_exec_config){0});
    rig_create_program(&rig, HS, SL_ABI_STAGE_HULL, hull);
    rig_create_program(&rig, DS, SL_ABI_STAGE_DOMAIN, domain);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_PS, 0, 0, 0, HS, DS);
    draw_rig_topology(&rig, topology);
    return rig;
}

static unsigned count_letter(struct rig *rig, char letter)
{
    unsigned count = 0;
    for (const char *at = draw_rig_picture(rig); *at; at++) {
        count += *at == letter;
    }
    return count;
}

/* Corners at pixel centres, so that the points of a grid of 2 are centres too. */
static const struct draw_vertex triangle[] = {
    {0.5f, 0.5f, 1, 0, 0, 1}, {12.5f, 0.5f, 0, 1, 0, 1}, {0.5f, 12.5f, 0, 0, 1, 1}};

/* However finely it is cut, the same pixels are covered, each once. */
Test(draw_patch, triangles_of_any_factor_cover_the_patch)
{
    static const char *const hulls[] = {
        TRI_HULL("1.000000", "output_triangle_cw"), TRI_HULL("3.500000", "output_triangle_cw"),
        TRI_HULL("64.000000", "output_triangle_cw"), TRI_HULL("4.000000", "output_triangle_ccw")};
    for (size_t i = 0; i < 4; i++) {
        struct rig rig = make(hulls[i], TRI_DOMAIN("vpc4.xyzw"), AEROGPU_TOPOLOGY_PATCHLIST_3);
        draw_rig_vertices(&rig, triangle, 3);
        PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, AEROGPU_BLEND_ONE, AEROGPU_BLEND_ONE,
               AEROGPU_BLEND_OP_ADD, 0xF);
        DRAW(&rig, 3);
        rig_ok(&rig);
        cr_assert_eq(count_letter(&rig, 'g'), 12 * 13 / 2, "hull %zu:\n%s", i,
                     draw_rig_picture(&rig));
        cr_assert_eq(count_letter(&rig, '.'), 256 - 12 * 13 / 2);
        rig_finish(&rig);
    }
}

Test(draw_patch, points_of_the_domain)
{
    static const uint8_t at[6][2] = {{0, 12}, {6, 6}, {12, 0}, {0, 6}, {6, 0}, {0, 0}};
    struct rig rig = make(TRI_HULL("2.000000", "output_point"), TRI_DOMAIN("vicp[0][1].xyzw"),
                          AEROGPU_TOPOLOGY_PATCHLIST_3);
    draw_rig_vertices(&rig, triangle, 3);
    DRAW(&rig, 3);
    rig_ok(&rig);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(draw_rig_pixel(&rig, at[i][0], at[i][1]), 0xFF0000FF, "point %zu", i);
    }
    cr_assert_eq(count_letter(&rig, 'r'), 6);
    rig_finish(&rig);
}

Test(draw_patch, factors_that_cull)
{
    static const char *const hulls[] = {TRI_HULL("0.000000", "output_triangle_cw"),
                                        TRI_HULL("-1.000000", "output_triangle_cw")};
    for (size_t i = 0; i < 2; i++) {
        struct rig rig = make(hulls[i], TRI_DOMAIN("vpc4.xyzw"), AEROGPU_TOPOLOGY_PATCHLIST_3);
        draw_rig_vertices(&rig, triangle, 3);
        DRAW(&rig, 3);
        rig_ok(&rig);
        cr_assert_eq(count_letter(&rig, '.'), 256);
        rig_finish(&rig);
    }
}

Test(draw_patch, windings)
{
    static const char *const hulls[] = {TRI_HULL("2.000000", "output_triangle_cw"),
                                        TRI_HULL("2.000000", "output_triangle_ccw")};
    unsigned drawn[2];
    for (size_t i = 0; i < 2; i++) {
        struct rig rig = make(hulls[i], TRI_DOMAIN("vpc4.xyzw"), AEROGPU_TOPOLOGY_PATCHLIST_3);
        draw_rig_vertices(&rig, triangle, 3);
        PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, AEROGPU_FILL_SOLID, AEROGPU_CULL_BACK, 0, 0,
               0, 0);
        DRAW(&rig, 3);
        rig_ok(&rig);
        drawn[i] = count_letter(&rig, 'g');
        rig_finish(&rig);
    }
    cr_assert_eq(drawn[0] + drawn[1], 78, "one is culled, the other is not");
    cr_assert(drawn[0] == 0 || drawn[1] == 0);
}

Test(draw_patch, control_points_must_be_as_many)
{
    struct rig rig = make(TRI_HULL("1.000000", "output_triangle_cw"), TRI_DOMAIN("vpc4.xyzw"),
                          AEROGPU_TOPOLOGY_PATCHLIST_4);
    draw_rig_vertices(&rig, triangle, 3);
    DRAW(&rig, 4);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}

Test(draw_patch, without_patches_the_programs_wait)
{
    struct rig rig = make(TRI_HULL("1.000000", "output_triangle_cw"), TRI_DOMAIN("vpc4.xyzw"),
                          AEROGPU_TOPOLOGY_TRIANGLELIST);
    draw_rig_vertices(&rig, triangle, 3);
    DRAW(&rig, 3);
    rig_ok(&rig);
    cr_assert_eq(draw_rig_pixel(&rig, 0, 0) >> 28, 0xF, "red of the first vertex");
    rig_finish(&rig);
}

/* Each triangle of the tessellator becomes a point at its first corner. */
static const char points_gs[] = POINT_SIGNATURES ".program SHEX\n"
                                                 "gs_5_0\n"
                                                 "dcl_input_siv v[3][0].xyzw, position\n"
                                                 "dcl_input v[3][1].xyzw\n"
                                                 "dcl_inputprimitive triangle\n"
                                                 "dcl_stream m0\n"
                                                 "dcl_outputtopology pointlist\n"
                                                 "dcl_output_siv o0.xyzw, position\n"
                                                 "dcl_output o1.xyzw\n"
                                                 "dcl_maxout 1\n"
                                                 "mov o0.xyzw, v[0][0].xyzw\n"
                                                 "mov o1.xyzw, v[2][1].xyzw\n"
                                                 "emit_stream m0\n"
                                                 "ret\n";

Test(draw_patch, a_geometry_program_behind_the_domain)
{
    static const uint8_t at[3][2] = {{0, 12}, {0, 6}, {6, 6}};
    struct rig rig = make(TRI_HULL("2.000000", "output_triangle_cw"), TRI_DOMAIN("vpc4.xyzw"),
                          AEROGPU_TOPOLOGY_PATCHLIST_3);
    draw_rig_vertices(&rig, triangle, 3);
    rig_create_program(&rig, DS + 1, SL_ABI_STAGE_GEOMETRY, points_gs);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_PS, 0, 0, DS + 1, HS, DS);
    DRAW(&rig, 3);
    rig_ok(&rig);
    /* rows (0, 1 2) (3, 4) (5) of the domain: first corners are points 0, 3, 1, 3 */
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(draw_rig_pixel(&rig, at[i][0], at[i][1]), 0x00FF00FF, "point %zu:\n%s", i,
                     draw_rig_picture(&rig));
    }
    cr_assert_eq(count_letter(&rig, 'g'), 3);
    rig_finish(&rig);
}

/* ---- isolines and quads ---- */

static const char lines_hull[] = POINT_SIGNATURES ".signature PCSG\n"
                                                  ".element SV_TessFactor 0 0 x sv=16\n"
                                                  ".element SV_TessFactor 1 1 x sv=15\n"
                                                  ".program SHEX\n"
                                                  "hs_5_0\n"
                                                  "hs_decls\n"
                                                  "dcl_input_control_point_count 1\n"
                                                  "dcl_output_control_point_count 1\n"
                                                  "dcl_tessellator_domain domain_isoline\n"
                                                  "dcl_tessellator_partitioning "
                                                  "partitioning_integer\n"
                                                  "dcl_tessellator_output_primitive output_line\n"
                                                  "hs_fork_phase\n"
                                                  "dcl_output_siv o0.x, "
                                                  "finalLineDensityTessFactor\n"
                                                  "mov o0.x, l(4.000000)\n"
                                                  "ret\n"
                                                  "hs_fork_phase\n"
                                                  "dcl_output_siv o1.x, "
                                                  "finalLineDetailTessFactor\n"
                                                  "mov o1.x, l(2.000000)\n"
                                                  "ret\n";

/* The point (u, v) of the domain is 12 u pixels right and 12 v pixels down of the control point. */
#define FLAT_DOMAIN(domain, factors)                                                               \
    POINT_SIGNATURES factors ".program SHEX\n"                                                     \
                             "ds_5_0\n"                                                            \
                             "dcl_input_control_point_count 1\n"                                   \
                             "dcl_tessellator_domain " domain "\n"                                 \
                             "dcl_input vDomain.xy\n"                                              \
                             "dcl_input vicp[1][0].xyzw\n"                                         \
                             "dcl_input vicp[1][1].xyzw\n"                                         \
                             "dcl_output_siv o0.xyzw, position\n"                                  \
                             "dcl_output o1.xyzw\n"                                                \
                             "mad o0.x, vDomain.x, l(1.500000), vicp[0][0].x\n"                    \
                             "mad o0.y, vDomain.y, l(-1.500000), vicp[0][0].y\n"                   \
                             "mov o0.zw, vicp[0][0].zzzw\n"                                        \
                             "mov o1.xyzw, vicp[0][1].xyzw\n"                                      \
                             "ret\n"

Test(draw_patch, isolines)
{
    static const struct draw_vertex corner[] = {{0.5f, 0.5f, 1, 0, 0, 1}};
    struct rig rig = make(lines_hull,
                          FLAT_DOMAIN("domain_isoline", ".signature PCSG\n"
                                                        ".element SV_TessFactor 0 0 x sv=16\n"
                                                        ".element SV_TessFactor 1 1 x sv=15\n"),
                          AEROGPU_TOPOLOGY_PATCHLIST_1);
    draw_rig_vertices(&rig, corner, 1);
    DRAW(&rig, 1);
    rig_ok(&rig);
    const char *picture = draw_rig_picture(&rig);
    for (unsigned y = 0; y < 16; y++) {
        bool is_line = y == 0 || y == 3 || y == 6 || y == 9;
        cr_assert_eq(strncmp(picture + (size_t)y * 17,
                             is_line ? "rrrrrrrrrrrr...." : "................", 16),
                     0, "row %u:\n%s", y, picture);
    }
    rig_finish(&rig);
}

#define QUAD_FACTORS                                                                               \
    ".signature PCSG\n"                                                                            \
    ".element SV_TessFactor 0 0 x sv=11\n"                                                         \
    ".element SV_TessFactor 1 1 x sv=11\n"                                                         \
    ".element SV_TessFactor 2 2 x sv=11\n"                                                         \
    ".element SV_TessFactor 3 3 x sv=11\n"                                                         \
    ".element SV_InsideTessFactor 0 4 x sv=12\n"                                                   \
    ".element SV_InsideTessFactor 1 5 x sv=12\n"

static const char quad_hull[] =
    POINT_SIGNATURES QUAD_FACTORS ".program SHEX\n"
                                  "hs_5_0\n"
                                  "hs_decls\n"
                                  "dcl_input_control_point_count 1\n"
                                  "dcl_output_control_point_count 1\n"
                                  "dcl_tessellator_domain domain_quad\n"
                                  "dcl_tessellator_partitioning partitioning_integer\n"
                                  "dcl_tessellator_output_primitive output_point\n"
                                  "hs_fork_phase\n"
                                  "dcl_output_siv o0.x, finalQuadUeq0EdgeTessFactor\n"
                                  "dcl_output_siv o1.x, finalQuadVeq0EdgeTessFactor\n"
                                  "dcl_output_siv o2.x, finalQuadUeq1EdgeTessFactor\n"
                                  "dcl_output_siv o3.x, finalQuadVeq1EdgeTessFactor\n"
                                  "dcl_output_siv o4.x, finalQuadUInsideTessFactor\n"
                                  "dcl_output_siv o5.x, finalQuadVInsideTessFactor\n"
                                  "mov o0.x, l(1.000000)\n"
                                  "mov o1.x, l(3.000000)\n"
                                  "mov o2.x, l(2.000000)\n"
                                  "mov o3.x, l(1.000000)\n"
                                  "mov o4.x, l(1.000000)\n"
                                  "mov o5.x, l(1.000000)\n"
                                  "ret\n";

Test(draw_patch, quads)
{
    static const struct draw_vertex corner[] = {{0.5f, 0.5f, 1, 0, 0, 1}};
    struct rig rig =
        make(quad_hull, FLAT_DOMAIN("domain_quad", QUAD_FACTORS), AEROGPU_TOPOLOGY_PATCHLIST_1);
    draw_rig_vertices(&rig, corner, 1);
    DRAW(&rig, 1);
    rig_ok(&rig);
    /* three parts in u, of the edges v = 0 and v = 1; two in v */
    for (unsigned y = 0; y <= 12; y += 6) {
        for (unsigned x = 0; x <= 12; x += 4) {
            cr_assert_eq(draw_rig_pixel(&rig, x, y), 0xFF0000FF, "%u, %u", x, y);
        }
    }
    cr_assert_eq(count_letter(&rig, 'r'), 12);
    rig_finish(&rig);
}
