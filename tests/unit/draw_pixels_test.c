/* Whole draws: topologies, instances, indices, state, feedback, limits. */
#include "draw_rig.h"

#include "base/bytes.h"

#include <string.h>

TestSuite(draw_pixels);

#define DRAW(rig, count) PACKET((rig), AEROGPU_CMD_DRAW, (count), 1, 0, 0)

static struct rig make(void)
{
    return draw_rig_make((struct sl_agpu_exec_config){0});
}

/* A point in the middle of a pixel. */
#define P(px, py, r, g, b)                                                                         \
    {                                                                                              \
        (px) + 0.5f, (py) + 0.5f, r, g, b, 1                                                       \
    }

static void expect_pixels(struct rig *rig, const char *letters, const uint8_t (*at)[2])
{
    const char *picture = draw_rig_picture(rig);
    for (size_t i = 0; letters[i]; i++) {
        char got = picture[at[i][1] * (DRAW_SIZE + 1) + at[i][0]];
        cr_assert_eq(got, letters[i], "pixel %u, %u is %c, not %c:\n%s", at[i][0], at[i][1], got,
                     letters[i], picture);
    }
}

static unsigned count_lit(struct rig *rig)
{
    unsigned count = 0;
    for (const char *at = draw_rig_picture(rig); *at; at++) {
        count += *at != '.' && *at != '\n';
    }
    return count;
}

Test(draw_pixels, points)
{
    static const struct draw_vertex vertices[] = {P(0, 0, 1, 0, 0), P(15, 0, 0, 1, 0),
                                                  P(7, 9, 0, 0, 1)};
    static const uint8_t at[][2] = {{0, 0}, {15, 0}, {7, 9}};
    struct rig rig = make();
    draw_rig_vertices(&rig, vertices, 3);
    draw_rig_topology(&rig, AEROGPU_TOPOLOGY_POINTLIST);
    DRAW(&rig, 3);
    rig_ok(&rig);
    expect_pixels(&rig, "rgb", at);
    cr_assert_eq(count_lit(&rig), 3);
    rig_finish(&rig);
}

/* Two triangles of a strip fill a rectangle without a gap and without drawing a pixel twice. */
Test(draw_pixels, a_strip_fills_a_rectangle_once)
{
    static const struct draw_vertex vertices[] = {{2, 3, 0.25f, 0, 0, 0.25f},
                                                  {12, 3, 0.25f, 0, 0, 0.25f},
                                                  {2, 9, 0.25f, 0, 0, 0.25f},
                                                  {12, 9, 0.25f, 0, 0, 0.25f}};
    struct rig rig = make();
    draw_rig_vertices(&rig, vertices, 4);
    draw_rig_topology(&rig, AEROGPU_TOPOLOGY_TRIANGLESTRIP);
    PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, AEROGPU_BLEND_ONE, AEROGPU_BLEND_ONE,
           AEROGPU_BLEND_OP_ADD, 0xF);
    DRAW(&rig, 4);
    rig_ok(&rig);
    for (uint32_t y = 0; y < DRAW_SIZE; y++) {
        for (uint32_t x = 0; x < DRAW_SIZE; x++) {
            bool inside = x >= 2 && x < 12 && y >= 3 && y < 9;
            cr_assert_eq(draw_rig_pixel(&rig, x, y), inside ? 0x40000040 : 0, "%u, %u", x, y);
        }
    }
    rig_finish(&rig);
}

Test(draw_pixels, indices_bases_and_cuts)
{
    static const struct draw_vertex vertices[] = {P(1, 1, 1, 0, 0), P(2, 1, 0, 1, 0),
                                                  P(3, 1, 0, 0, 1), P(4, 1, 1, 1, 1)};
    static const uint16_t indices[] = {9, 1, 0xFFFF, 2, 3};
    static const uint8_t at[][2] = {{1, 1}, {2, 1}, {3, 1}, {4, 1}};
    struct rig rig = make();
    draw_rig_vertices(&rig, vertices, 4);
    draw_rig_indices(&rig, indices, 5);
    draw_rig_topology(&rig, AEROGPU_TOPOLOGY_POINTLIST);
    PACKET(&rig, AEROGPU_CMD_DRAW_INDEXED, 4, 1, 1, (uint32_t)-1, 0);
    rig_ok(&rig);
    expect_pixels(&rig, "rgb.", at);
    rig_finish(&rig);
}

/* Red, then green over it, then blue: each instance is drawn whole before the next. */
Test(draw_pixels, instances_in_order)
{
    static const struct draw_vertex vertices[] = {P(1, 1, 0, 0, 0), P(2, 1, 0, 0, 0)};
    struct rig rig = make();
    draw_rig_vertices(&rig, vertices, 2);
    draw_rig_topology(&rig, AEROGPU_TOPOLOGY_POINTLIST);
    uint8_t colors[4 * 16] = {0};
    for (size_t i = 0; i < 4; i++) {
        sl_put_le32(colors + 16 * i + 4 * (i % 3), 0x3F800000);
    }
    rig_create_buffer(&rig, DRAW_FREE, 64, 0, 0);
    rig_upload(&rig, DRAW_FREE, 0, colors, 64);
    /* COLOR from slot 1, one for two instances */
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, DRAW_FREE + 1, 72, 0, 0x59414C49, 1, 2, 0,
           0x7808E88A, 0, 2, 0, 0, 0, 0, 0xE7C308F8, 0, 2, 1, 0, 1, 2);
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, DRAW_FREE + 1, 0);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 1, 1, DRAW_FREE, 16, 0, 0);
    PACKET(&rig, AEROGPU_CMD_DRAW, 2, 4, 0, 1);
    rig_ok(&rig);
    static const uint8_t at[][2] = {{1, 1}, {2, 1}};
    expect_pixels(&rig, "bb", at);
    PACKET(&rig, AEROGPU_CMD_DRAW, 1, 2, 1, 1);
    rig_ok(&rig);
    expect_pixels(&rig, "bg", at);
    rig_finish(&rig);
}

/* ---- viewport and scissor by flavour ---- */

static const struct draw_vertex whole[] = {
    {0, 0, 1, 1, 1, 1}, {32, 0, 1, 1, 1, 1}, {0, 32, 1, 1, 1, 1}};

static void set_scissor(struct rig *rig, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
    PACKET(rig, AEROGPU_CMD_SET_SCISSOR, x, y, w, h);
    PACKET(rig, AEROGPU_CMD_SET_RASTERIZER_STATE, AEROGPU_FILL_SOLID, AEROGPU_CULL_NONE, 0, 1, 0,
           0);
    rig_clear_color(rig, 0, 0, 0, 0);
}

static const struct {
    const char *name;
    enum sl_agpu_flavour flavour;
    unsigned empty; /* pixels drawn with an empty viewport or scissor */
} flavours[] = {
    {"d3d9", SL_AGPU_FLAVOUR_D3D9, 0},
    {"d3d11", SL_AGPU_FLAVOUR_D3D11, 256},
    {"unknown", SL_AGPU_FLAVOUR_UNKNOWN, 256},
};

Test(draw_pixels, empty_rectangles_by_flavour)
{
    static const uint32_t bad[][6] = {
        {0, 0, 0, 0x41800000, 0, 0x3F800000},                   /* width 0 */
        {0, 0, 0x41800000, 0xC1800000, 0, 0x3F800000},          /* height below 0 */
        {0x7FC00000, 0, 0x41800000, 0x41800000, 0, 0x3F800000}, /* x NaN */
        {0, 0, 0x41800000, 0x41800000, 0, 0x7F800000},          /* depth infinite */
    };
    for (size_t f = 0; f < 3; f++) {
        struct rig rig =
            draw_rig_make((struct sl_agpu_exec_config){.flavour = flavours[f].flavour});
        draw_rig_vertices(&rig, whole, 3);
        set_scissor(&rig, 3, 3, 0, 5);
        DRAW(&rig, 3);
        rig_ok(&rig);
        cr_assert_eq(count_lit(&rig), flavours[f].empty, "scissor, %s", flavours[f].name);
        set_scissor(&rig, 3, (uint32_t)-3, 5, 7);
        DRAW(&rig, 3);
        rig_ok(&rig);
        cr_assert_eq(count_lit(&rig), 20, "scissor past the edge, %s", flavours[f].name);
        for (size_t i = 0; i < 4; i++) {
            set_scissor(&rig, 0, 0, 100, 100);
            rig_packet(&rig, AEROGPU_CMD_SET_VIEWPORT, bad[i], 6);
            DRAW(&rig, 3);
            rig_ok(&rig);
            cr_assert_eq(count_lit(&rig), flavours[f].empty, "viewport %zu, %s", i,
                         flavours[f].name);
        }
        rig_finish(&rig);
    }
}

Test(draw_pixels, targets_limit_each_other)
{
    struct rig rig = make();
    draw_rig_vertices(&rig, whole, 3);
    TEXTURE(&rig, .handle = DRAW_FREE, .width = 5, .height = 30, .format = 32);
    rig_set_target(&rig, DRAW_TARGET, DRAW_FREE);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH, 1.0f, 0);
    DRAW(&rig, 3);
    rig_ok(&rig);
    /* The viewport is the common area, so the vertices fall together, but it is filled. */
    cr_assert_eq(count_lit(&rig), 5 * 16);
    rig_finish(&rig);
}

/* ---- depth ---- */

Test(draw_pixels, the_unset_depth_function_is_the_flavours)
{
    for (size_t f = 0; f < 3; f++) {
        struct rig rig =
            draw_rig_make((struct sl_agpu_exec_config){.flavour = flavours[f].flavour});
        draw_rig_vertices(&rig, whole, 3);
        TEXTURE(&rig, .handle = DRAW_FREE, .width = 16, .height = 16, .format = 33);
        rig_set_target(&rig, DRAW_TARGET, DRAW_FREE);
        rig_clear(&rig, AEROGPU_CLEAR_DEPTH, 0.0f, 0);
        DRAW(&rig, 3);
        rig_ok(&rig);
        cr_assert_eq(count_lit(&rig), flavours[f].flavour == SL_AGPU_FLAVOUR_D3D9 ? 256 : 0, "%s",
                     flavours[f].name);
        rig_finish(&rig);
    }
}

/* ---- reading a bound target ---- */

/* Adds a quarter to what the target holds, by a program that loads it. */
static const char feedback_text[] = ".signature ISGN\n"
                                    ".element SV_Position 0 0 xyzw\n"
                                    ".signature OSGN\n"
                                    ".element SV_Target 0 0 xyzw\n"
                                    ".program SHDR\n"
                                    "ps_4_0\n"
                                    "dcl_resource_texture2d (float,float,float,float) t0\n"
                                    "dcl_input_ps_siv linear noperspective v0.xy, position\n"
                                    "dcl_output o0.xyzw\n"
                                    "dcl_temps 1\n"
                                    "ftoi r0.xy, v0.xyxx\n"
                                    "mov r0.zw, l(0,0,0,0)\n"
                                    "ld r0.xyzw, r0.xyzw, t0.xyzw\n"
                                    "add o0.xyzw, r0.xyzw, l(0.250000, 0, 0, 0)\n"
                                    "ret\n";

Test(draw_pixels, feedback_sees_earlier_primitives)
{
    static const struct draw_vertex twice[] = {{0, 0, 0, 0, 0, 1},  {32, 0, 0, 0, 0, 1},
                                               {0, 32, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1},
                                               {32, 0, 0, 0, 0, 1}, {0, 32, 0, 0, 0, 1}};
    /* Contexts of the d3d11 flavour would unbind one of the two. */
    struct rig rig = draw_rig_make((struct sl_agpu_exec_config){.flavour = SL_AGPU_FLAVOUR_D3D9});
    draw_rig_vertices(&rig, twice, 6);
    rig_create_program(&rig, DRAW_FREE, SL_ABI_STAGE_PIXEL, feedback_text);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_FREE, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_TEXTURE, 1, 0, DRAW_TARGET, 0);
    DRAW(&rig, 6);
    rig_ok(&rig);
    for (uint32_t i = 0; i < DRAW_SIZE; i++) {
        cr_assert_eq(draw_rig_pixel(&rig, i, i) >> 24, 0x80, "pixel %u was drawn twice", i);
    }
    rig_finish(&rig);
}

/* ---- D3D9 programs ---- */

enum { VS9 = DRAW_FREE, PS9, DECLARATION };

static struct rig make_d3d9(struct sl_agpu_exec_config config, const char *ps)
{
    struct rig rig = draw_rig_make(config);
    rig_create_program(&rig, VS9, SL_ABI_STAGE_VERTEX,
                       "vs_2_0\ndcl_position v0\ndcl_color v1\nmov oPos, v0\nmov oD0, v1\n");
    rig_create_program(&rig, PS9, SL_ABI_STAGE_PIXEL, ps);
    /* POSITION at 0 and COLOR at 16, FLOAT4 */
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, DECLARATION, 24, 0, 0, 3, 0x00100000, 0x000A0003,
           0xFF, 0x11);
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, DECLARATION, 0);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, VS9, PS9, 0, 0);
    rig_ok(&rig);
    return rig;
}

Test(draw_pixels, half_pixel)
{
    /* A square with its corners a little left and above of pixel centres: with the shift of half a
     * pixel the column on its right and the row below fall out of it. */
    static const struct draw_vertex square[] = {{2.75f, 2.75f, 0, 1, 0, 1},
                                                {6.75f, 2.75f, 0, 1, 0, 1},
                                                {2.75f, 6.75f, 0, 1, 0, 1},
                                                {6.75f, 6.75f, 0, 1, 0, 1}};
    static const uint8_t at[][2] = {{2, 2}, {3, 3}, {6, 6}};
    for (int half = 0; half < 2; half++) {
        struct rig rig = make_d3d9((struct sl_agpu_exec_config){.half_pixel = half},
                                   "ps_2_0\ndcl v0\nmov oC0, v0\n");
        draw_rig_vertices(&rig, square, 4);
        draw_rig_topology(&rig, AEROGPU_TOPOLOGY_TRIANGLESTRIP);
        DRAW(&rig, 4);
        rig_ok(&rig);
        expect_pixels(&rig, half ? "gg." : ".gg", at);
        PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_PS, 0, 0);
        PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, DRAW_LAYOUT, 0);
        rig_clear_color(&rig, 0, 0, 0, 0);
        DRAW(&rig, 4);
        rig_ok(&rig);
        expect_pixels(&rig, ".gg", at);
        rig_finish(&rig);
    }
}

/* c0 is the program's own, c1 the context's. */
Test(draw_pixels, definitions_hide_constants)
{
    static const struct draw_vertex triangle[] = {
        {0, 0, 0, 0, 0, 1}, {32, 0, 0, 0, 0, 1}, {0, 32, 0, 0, 0, 1}};
    struct rig rig = make_d3d9((struct sl_agpu_exec_config){0},
                               "ps_2_0\ndef c0, 1, 0, 0, 0\nmov r0, c0\nadd r0, r0, c1\n"
                               "mov oC0, r0\n");
    draw_rig_vertices(&rig, triangle, 3);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 0, 2, 0, 0, 0x3F800000, 0, 0, 0, 0,
           0x3F800000, 0x3F800000);
    DRAW(&rig, 3);
    rig_ok(&rig);
    cr_assert_eq(draw_rig_pixel(&rig, 3, 3), 0xFF00FFFF);
    rig_finish(&rig);
}

/* ---- threads ---- */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static float random_float(uint32_t *state, float size)
{
    return (float)(next_random(state) % 4096) * size / 4096.0f;
}

/* Many blended triangles over each other, drawn by so many threads. */
static void draw_scene(unsigned threads, uint8_t pixels[256 * 256 * 4])
{
    struct rig rig = draw_rig_make((struct sl_agpu_exec_config){.thread_count = threads});
    struct draw_vertex vertices[60];
    uint32_t seed = 1;
    TEXTURE(&rig, .handle = DRAW_FREE, .width = 256, .height = 256);
    TEXTURE(&rig, .handle = DRAW_FREE + 1, .width = 256, .height = 256, .format = 32);
    rig_set_target(&rig, DRAW_FREE, DRAW_FREE + 1);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH, 1.0f, 0);
    PACKET(&rig, AEROGPU_CMD_SET_BLEND_STATE, 1, AEROGPU_BLEND_SRC_ALPHA,
           AEROGPU_BLEND_INV_SRC_ALPHA, AEROGPU_BLEND_OP_ADD, 0xF);
    PACKET(&rig, AEROGPU_CMD_SET_DEPTH_STENCIL_STATE, 1, 1, AEROGPU_COMPARE_LESS_EQUAL, 0, 0);
    for (unsigned i = 0; i < 20; i++) {
        for (size_t k = 0; k < 60; k++) {
            vertices[k] = (struct draw_vertex){
                random_float(&seed, 20.0f) - 2.0f, random_float(&seed, 20.0f) - 2.0f,
                random_float(&seed, 1.0f),         random_float(&seed, 1.0f),
                random_float(&seed, 1.0f),         random_float(&seed, 1.0f)};
        }
        draw_rig_vertices(&rig, vertices, 60);
        DRAW(&rig, 60);
        rig_ok(&rig);
    }
    rig_read_texture(&rig, DRAW_FREE, 3, 0, 0, 256, 256, pixels, 256 * 256 * 4);
    rig_finish(&rig);
}

Test(draw_pixels, threads_change_nothing)
{
    static uint8_t one[256 * 256 * 4];
    static uint8_t more[256 * 256 * 4];
    draw_scene(1, one);
    for (unsigned threads = 2; threads <= 5; threads++) {
        draw_scene(threads, more);
        cr_assert_arr_eq(more, one, sizeof(one), "%u threads", threads);
    }
}

/* ---- limits ---- */

static const char endless_text[] = ".signature ISGN\n"
                                   ".element SV_Position 0 0 xyzw used=-\n"
                                   ".element COLOR 0 1 xyzw\n"
                                   ".signature OSGN\n"
                                   ".element SV_Target 0 0 xyzw\n"
                                   ".program SHDR\n"
                                   "ps_4_0\n"
                                   "dcl_input_ps linear v1.xyzw\n"
                                   "dcl_output o0.xyzw\n"
                                   "dcl_temps 1\n"
                                   "lt r0.x, l(0.500000), v1.y\n"
                                   "loop\n"
                                   "  breakc_nz r0.x\n"
                                   "endloop\n"
                                   "mov o0.xyzw, v1.xyzw\n"
                                   "ret\n";

Test(draw_pixels, a_capped_pixel_fails_the_draw_at_its_end)
{
    static const struct draw_vertex vertices[] = {P(1, 1, 1, 0, 0), P(5, 5, 0, 1, 0)};
    static const uint8_t at[][2] = {{1, 1}, {5, 5}};
    struct rig rig = make();
    draw_rig_vertices(&rig, vertices, 2);
    draw_rig_topology(&rig, AEROGPU_TOPOLOGY_POINTLIST);
    rig_create_program(&rig, DRAW_FREE, SL_ABI_STAGE_PIXEL, endless_text);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_FREE, 0, 0);
    DRAW(&rig, 2);
    rig_fails(&rig, SL_AGPU_BAD_SHADER);
    expect_pixels(&rig, ".g", at);
    rig_finish(&rig);
}

Test(draw_pixels, a_hostile_draw_ends_at_the_work_limit)
{
    struct rig rig = make();
    draw_rig_vertices(&rig, whole, 3);
    TEXTURE(&rig, .handle = DRAW_FREE + 1, .width = 4096, .height = 4096);
    rig_set_target(&rig, DRAW_FREE + 1, 0);
    rig_create_program(&rig, DRAW_FREE, SL_ABI_STAGE_PIXEL, endless_text);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_FREE, 0, 0);
    rig_ok(&rig);
    static const uint32_t counts[][2] = {{3, 1}, {0xFFFFFFFF, 0xFFFFFFFF}};
    for (size_t i = 0; i < 2; i++) {
        rig.work_limit = 1 << 24;
        PACKET(&rig, AEROGPU_CMD_DRAW, counts[i][0], counts[i][1], 0, 0);
        PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
        cr_assert_eq(rig_run(&rig), SL_AGPU_OK);
        cr_assert(rig.outcome.exhausted);
        cr_assert_eq(rig.outcome.packet_index, 0);
    }
    rig_finish(&rig);
}

/* What a program does not support is known by name when it is used, not before. */
Test(draw_pixels, refused_programs)
{
    struct rig rig = make();
    draw_rig_vertices(&rig, whole, 3);
    rig_create_program(&rig, DRAW_FREE, SL_ABI_STAGE_PIXEL,
                       ".program SHEX\nps_5_0\n"
                       "dcl_output o0.xyzw\n"
                       "dcl_temps 1\n"
                       "dadd r0.xy, d(1.000000l, 1.000000l), d(1.000000l, 1.000000l)\n"
                       "mov o0.xyzw, r0.xyzw\n"
                       "ret\n");
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_FREE, 0, 0);
    rig_ok(&rig);
    DRAW(&rig, 3);
    rig_fails(&rig, SL_AGPU_UNSUPPORTED);
    cr_assert_not_null(strstr(rig.outcome.detail, "dadd"), "is: %s", rig.outcome.detail);
    DRAW(&rig, 0);
    rig_fails(&rig, SL_AGPU_UNSUPPORTED);
    rig_finish(&rig);
}
