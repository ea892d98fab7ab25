/* Geometry programs between vertices and pixels. */
#include "draw_rig.h"

#include <stdio.h>
#include <string.h>

TestSuite(draw_geometry);

enum { GS = DRAW_FREE, LAYERS };

#define DRAW(rig, count) PACKET((rig), AEROGPU_CMD_DRAW, (count), 1, 0, 0)

#define SIGNATURES                                                                                 \
    ".signature ISGN\n"                                                                            \
    ".element SV_Position 0 0 xyzw\n"                                                              \
    ".element COLOR 0 1 xyzw\n"                                                                    \
    ".signature OSGN\n"                                                                            \
    ".element SV_Position 0 0 xyzw\n"                                                              \
    ".element COLOR 0 1 xyzw\n"

#define OUTPUTS                                                                                    \
    "dcl_output_siv o0.xyzw, position\n"                                                           \
    "dcl_output o1.xyzw\n"

/* One pixel of the target, in clip space. */
#define PIXEL "0.125000"

static struct rig make(const char *program, uint32_t topology)
{
    struct rig rig = draw_rig_make((struct sl_agpu_exec_config){0});
    rig_create_program(&rig, GS, SL_ABI_STAGE_GEOMETRY, program);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_PS, 0, GS);
    draw_rig_topology(&rig, topology);
    return rig;
}

static void expect_rows(struct rig *rig, uint32_t first, const char *const *rows, uint32_t count)
{
    const char *picture = draw_rig_picture(rig);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(strncmp(picture + (first + i) * (DRAW_SIZE + 1), rows[i], DRAW_SIZE), 0,
                     "row %u:\n%s", first + i, picture);
    }
}

/* From each point a strip of three points to the right, green ones after the first. */
static const char points_text[] =
    SIGNATURES ".program SHDR\n"
               "gs_4_0\n"
               "dcl_input_siv v[1][0].xyzw, position\n"
               "dcl_input v[1][1].xyzw\n"
               "dcl_temps 1\n"
               "dcl_inputprimitive point\n"
               "dcl_outputtopology pointlist\n" OUTPUTS "dcl_maxout 3\n"
               "mov r0.xyzw, v[0][0].xyzw\n"
               "mov o0.xyzw, r0.xyzw\n"
               "mov o1.xyzw, v[0][1].xyzw\n"
               "emit\n"
               "mov o1.xyzw, l(0,1.000000,0,1.000000)\n"
               "add r0.x, r0.x, l(" PIXEL ")\n"
               "mov o0.x, r0.x\n"
               "emit\n"
               "add o0.x, r0.x, l(" PIXEL ")\n"
               "emit\n"
               "add o0.x, r0.x, l(0.500000)\n"
               "emit\n"
               "ret\n";

Test(draw_geometry, emitted_points_keep_outputs_and_end_at_the_maximum)
{
    static const struct draw_vertex vertices[] = {{1.5f, 2.5f, 1, 0, 0, 1},
                                                  {2.5f, 2.5f, 0, 0, 1, 1}};
    static const char *const rows[] = {".rbgg..........."};
    struct rig rig = make(points_text, AEROGPU_TOPOLOGY_POINTLIST);
    draw_rig_vertices(&rig, vertices, 2);
    DRAW(&rig, 2);
    rig_ok(&rig);
    expect_rows(&rig, 2, rows, 1);
    rig_finish(&rig);
}

/* A square of four vertices, and after a cut two vertices that make nothing. */
static const char square_text[] =
    SIGNATURES ".program SHDR\n"
               "gs_4_0\n"
               "dcl_input_siv v[1][0].xyzw, position\n"
               "dcl_input v[1][1].xyzw\n"
               "dcl_temps 1\n"
               "dcl_inputprimitive point\n"
               "dcl_outputtopology trianglestrip\n" OUTPUTS "dcl_maxout 6\n"
               "mov o0.xyzw, v[0][0].xyzw\n"
               "mov o1.xyzw, v[0][1].xyzw\n"
               "emit\n"
               "add o0.x, v[0][0].x, l(0.500000)\n"
               "emit\n"
               "mov o0.x, v[0][0].x\n"
               "add o0.y, v[0][0].y, l(-0.250000)\n"
               "emit\n"
               "add o0.x, v[0][0].x, l(0.500000)\n"
               "emit\n"
               "cut\n"
               "mov o0.xyzw, l(-1.000000,-1.000000,0,1.000000)\n"
               "emit\n"
               "mov o0.xyzw, l(1.000000,-1.000000,0,1.000000)\n"
               "emit\n"
               "ret\n";

Test(draw_geometry, strips_and_cuts)
{
    static const struct draw_vertex vertices[] = {{3, 4, 1, 1, 0, 1}};
    static const char *const rows[] = {"................", "...yyyy.........", "...yyyy.........",
                                       "................"};
    struct rig rig = make(square_text, AEROGPU_TOPOLOGY_POINTLIST);
    draw_rig_vertices(&rig, vertices, 1);
    DRAW(&rig, 1);
    rig_ok(&rig);
    expect_rows(&rig, 3, rows, 4);
    /* All of the strip has one winding: none of it is culled, or all. */
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, AEROGPU_FILL_SOLID, AEROGPU_CULL_BACK, 0, 0, 0,
           0);
    rig_clear_color(&rig, 0, 0, 0, 0);
    DRAW(&rig, 1);
    rig_ok(&rig);
    expect_rows(&rig, 3, rows, 4);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, AEROGPU_FILL_SOLID, AEROGPU_CULL_FRONT, 0, 0, 0,
           0);
    rig_clear_color(&rig, 0, 0, 0, 0);
    DRAW(&rig, 1);
    rig_ok(&rig);
    expect_rows(&rig, 4, rows, 1);
    rig_finish(&rig);
}

/* Many calls, so that the vertices that wait are drawn several times on the way. */
Test(draw_geometry, more_vertices_than_wait_at_once)
{
    static const struct draw_vertex vertices[] = {{1.5f, 2.5f, 1, 0, 0, 1}};
    struct rig rig = make(points_text, AEROGPU_TOPOLOGY_POINTLIST);
    draw_rig_vertices(&rig, vertices, 1);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 1, DRAW_VERTICES, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, AEROGPU_BLEND_ONE, AEROGPU_BLEND_ONE,
           AEROGPU_BLEND_OP_ADD, 0xF);
    PACKET(&rig, AEROGPU_CMD_DRAW, 5000, 2, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(draw_rig_pixel(&rig, 1, 2), 0xFF0000FF);
    cr_assert_eq(draw_rig_pixel(&rig, 3, 2), 0x00FF00FF);
    rig_finish(&rig);
}

Test(draw_geometry, primitives_must_fit)
{
    static const struct draw_vertex vertices[] = {{1.5f, 2.5f, 1, 0, 0, 1}};
    struct rig rig = make(points_text, AEROGPU_TOPOLOGY_TRIANGLELIST);
    draw_rig_vertices(&rig, vertices, 1);
    DRAW(&rig, 3);
    rig_fails(&rig, SL_AGPU_INCOMPLETE_STATE);
    rig_finish(&rig);
}

/* A point of vertex n for each vertex of the primitive, in row n, in the order of the input. */
static const char *adjacency_text(const char *primitive, unsigned count)
{
    static char text[4096];
    size_t at = 0;
    at += (size_t)snprintf(text + at, sizeof(text) - at,
                           SIGNATURES ".program SHDR\ngs_4_0\n"
                                      "dcl_input_siv v[%u][0].xyzw, position\n"
                                      "dcl_input v[%u][1].xyzw\n"
                                      "dcl_input vPrim\n"
                                      "dcl_temps 1\n"
                                      "dcl_inputprimitive %s\n"
                                      "dcl_outputtopology pointlist\n" OUTPUTS "dcl_maxout 6\n"
                                      "utof r0.x, vPrim\n"
                                      "mad r0.x, r0.x, l(-" PIXEL "), l(0.937500)\n"
                                      "mov o0.zw, l(0,0,0,1.000000)\n"
                                      "mov o0.y, r0.x\n",
                           count, count, primitive);
    for (unsigned i = 0; i < count; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at,
                               "mov o0.x, l(%f)\nmov o1.xyzw, v[%u][1].xyzw\nemit\n",
                               ((double)i + 0.5) / 8 - 1, i);
    }
    snprintf(text + at, sizeof(text) - at, "ret\n");
    return text;
}

/* Vertices are red, green, blue, yellow, magenta, cyan, white and red again. */
static void bind_rainbow(struct rig *rig)
{
    static const uint8_t colors[] = {1, 2, 4, 3, 5, 6, 7, 1, 2, 4};
    struct draw_vertex vertices[10];
    for (size_t i = 0; i < 10; i++) {
        vertices[i] =
            (struct draw_vertex){0, 0, colors[i] & 1, colors[i] >> 1 & 1, colors[i] >> 2, 1};
    }
    draw_rig_vertices(rig, vertices, 10);
}

Test(draw_geometry, adjacent_vertices)
{
    static const char *const lines[] = {"rgby............", "mcwr............", "................"};
    static const char *const triangles[] = {"rgbwmy..........", "bcwgmr..........",
                                            "mbwbgr.........."};
    struct rig rig = make(adjacency_text("lineadj", 4), AEROGPU_TOPOLOGY_LINELIST_ADJ);
    bind_rainbow(&rig);
    DRAW(&rig, 9);
    rig_ok(&rig);
    expect_rows(&rig, 0, lines, 3);
    rig_finish(&rig);
    /* 0 1 2 6 4 3, 2 5 6 8 4 0, 4 2 6 9 8 7 */
    rig = make(adjacency_text("triangleadj", 6), AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ);
    bind_rainbow(&rig);
    DRAW(&rig, 10);
    rig_ok(&rig);
    expect_rows(&rig, 0, triangles, 3);
    rig_finish(&rig);
}

Test(draw_geometry, programs_without_adjacency_do_not_see_it)
{
    static const char *const rows[] = {"rbm.............", "bwm.............", "mwg............."};
    struct rig rig = make(adjacency_text("triangle", 3), AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ);
    bind_rainbow(&rig);
    DRAW(&rig, 10);
    rig_ok(&rig);
    expect_rows(&rig, 0, rows, 3);
    rig_finish(&rig);
}

/* Instance i of each point goes to layer i, the last to one that is not there. */
static const char layers_text[] =
    ".signature ISGN\n"
    ".element SV_Position 0 0 xyzw\n"
    ".element COLOR 0 1 xyzw\n"
    ".signature OSG5\n"
    ".element SV_Position 0 0 xyzw\n"
    ".element COLOR 0 1 xyzw\n"
    ".element SV_RenderTargetArrayIndex 0 2 x\n"
    ".program SHEX\n"
    "gs_5_0\n"
    "dcl_input_siv v[1][0].xyzw, position\n"
    "dcl_input v[1][1].xyzw\n"
    "dcl_input vGSInstanceID\n"
    "dcl_gs_instance_count 3\n"
    "dcl_temps 1\n"
    "dcl_inputprimitive point\n"
    "dcl_stream m0\n"
    "dcl_outputtopology pointlist\n" OUTPUTS "dcl_output_siv o2.x, rendertarget_array_index\n"
    "dcl_maxout 1\n"
    "utof r0.x, vGSInstanceID.x\n"
    "mov o0.xyzw, v[0][0].xyzw\n"
    "mad o0.x, r0.x, l(" PIXEL "), v[0][0].x\n"
    "mov o1.xyzw, v[0][1].xyzw\n"
    "mov o2.x, vGSInstanceID.x\n"
    "emit_stream m0\n"
    "ret\n";

Test(draw_geometry, layers_and_instances)
{
    static const struct draw_vertex vertices[] = {{1.5f, 0.5f, 1, 0, 0, 1}};
    struct rig rig = make(layers_text, AEROGPU_TOPOLOGY_POINTLIST);
    uint8_t row[3][16 * 4];
    draw_rig_vertices(&rig, vertices, 1);
    TEXTURE(&rig, .handle = LAYERS, .width = 16, .height = 1, .layers = 2);
    rig_set_target(&rig, LAYERS, 0);
    PACKET(&rig, AEROGPU_CMD_SET_VIEWPORT, 0, 0, 0x41800000, 0x41800000, 0, 0x3F800000);
    DRAW(&rig, 1);
    rig_ok(&rig);
    for (uint32_t layer = 0; layer < 2; layer++) {
        rig_read_texture(&rig, LAYERS, 3, 0, layer, 16, 1, row[layer], sizeof(row[layer]));
    }
    cr_assert_eq(row[0][4 * 1], 255, "instance 0 in layer 0");
    cr_assert_eq(row[0][4 * 2], 0);
    cr_assert_eq(row[1][4 * 2], 255, "instance 1 in layer 1");
    cr_assert_eq(row[0][4 * 3], 255, "instance 2 in layer 0 for want of its own");
    cr_assert_eq(row[1][4 * 3], 0);
    rig_finish(&rig);
}

/* The second point's call never ends: what it emitted is dropped, the third's is drawn. */
static const char endless_text[] =
    SIGNATURES ".program SHDR\n"
               "gs_4_0\n"
               "dcl_input_siv v[1][0].xyzw, position\n"
               "dcl_input v[1][1].xyzw\n"
               "dcl_temps 1\n"
               "dcl_inputprimitive point\n"
               "dcl_outputtopology pointlist\n" OUTPUTS "dcl_maxout 1\n"
               "mov o0.xyzw, v[0][0].xyzw\n"
               "mov o1.xyzw, v[0][1].xyzw\n"
               "emit\n"
               "lt r0.x, v[0][1].y, l(0.500000)\n"
               "loop\n"
               "  breakc_nz r0.x\n"
               "endloop\n"
               "ret\n";

Test(draw_geometry, a_capped_call_draws_nothing)
{
    static const struct draw_vertex vertices[] = {
        {1.5f, 0.5f, 1, 0, 0, 1}, {2.5f, 0.5f, 0, 1, 0, 1}, {3.5f, 0.5f, 0, 0, 1, 1}};
    static const char *const rows[] = {".r.b............"};
    struct rig rig = make(endless_text, AEROGPU_TOPOLOGY_POINTLIST);
    draw_rig_vertices(&rig, vertices, 3);
    DRAW(&rig, 3);
    rig_fails(&rig, SL_AGPU_BAD_SHADER);
    expect_rows(&rig, 0, rows, 1);
    rig_finish(&rig);
}
