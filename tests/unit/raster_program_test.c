/* What pixel programs see and what becomes of their special outputs. */
#include "raster_rig.h"

#include "base/bytes.h"
#include "shader/ir_builder.h"

#include <criterion/criterion.h>
#include <string.h>

static struct raster_rig rig;

static void start(struct sl_ir_builder *builder)
{
    sl_ir_builder_start(builder, SL_IR_PIXEL, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(builder, 2);
}

static struct sl_ir_program *complete(struct sl_ir_builder *builder)
{
    struct sl_ir_program *program = NULL;
    char message[100];
    cr_assert_eq(sl_ir_builder_complete(builder, &program, message, sizeof(message)), SL_IR_OK,
                 "%s", message);
    sl_ir_builder_finish(builder);
    program->color_mask[0] = 15;
    return program;
}

/* o0 = v0 */
static struct sl_ir_program *copying_program(void)
{
    struct sl_ir_builder builder;
    start(&builder);
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 0, 15), sl_ir_src(SL_IR_INPUT, 0));
    return complete(&builder);
}

static void set_up(struct sl_ir_program *program)
{
    raster_rig_init(&rig, NULL);
    rig.config.color[0] =
        (struct sl_raster_target){(uint8_t *)rig.color[0], SL_TEXEL_R8G8B8A8, false,
                                  RASTER_RIG_SIDE,         RASTER_RIG_SIDE,   4 * RASTER_RIG_SIDE,
                                  sizeof(rig.color[0]),    SL_RASTER_TARGETS};
    rig.config.program = program;
    rig.config.input_count = 1;
}

static void set_color(struct raster_rig_vertex *vertex, float x, float y, float z, float w)
{
    float values[4] = {x, y, z, w};
    memcpy(vertex->inputs[0], values, sizeof(values));
}

static uint32_t color_at(unsigned layer, int x, int y)
{
    return sl_get_le32((const uint8_t *)&rig.color[layer][y * RASTER_RIG_SIDE + x]);
}

static uint32_t depth_at(int x, int y)
{
    return sl_get_le32((const uint8_t *)&rig.depth[y * RASTER_RIG_SIDE + x]);
}

static struct raster_rig_vertex corners[3];

/* Pixels (0, 0) to (15, 15) and some more. */
static void make_corners(void)
{
    corners[0] = raster_rig_at(0, 0, 0.5);
    corners[1] = raster_rig_at(256 * 40, 0, 0.5);
    corners[2] = raster_rig_at(0, 256 * 40, 0.5);
    set_color(&corners[0], 1, 0, 0, 1);
    set_color(&corners[1], 0, 1, 0, 1);
    set_color(&corners[2], 0, 0, 1, 1);
}

static void draw(struct sl_raster_primitive primitive)
{
    for (int k = 0; k < 3; k++) {
        primitive.vertices[k] = raster_rig_vertex(&corners[k]);
    }
    raster_rig_begin(&rig);
    sl_raster_triangle(rig.raster, &primitive);
    raster_rig_end(&rig);
}

/* Layers are those of color[], which lie behind each other. */
Test(raster_program, layers)
{
    struct sl_ir_program *program = copying_program();
    set_up(program);
    make_corners();
    rig.config.depth.bytes = NULL;
    memset(rig.config.sources[0], SL_RASTER_FLAT, 4);
    draw((struct sl_raster_primitive){.layer = 3, .leading = 1});
    cr_assert_eq(color_at(0, 1, 1), 0);
    cr_assert_eq(color_at(3, 1, 1), 0xFF00FF00, "%08x", color_at(3, 1, 1));
    draw((struct sl_raster_primitive){.layer = SL_RASTER_TARGETS, .leading = 2});
    cr_assert_eq(color_at(0, 1, 1), 0xFFFF0000, "a layer too many is the first");
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/*
 * o0 = o1 = constants: one target is replaced, of the other only green and alpha are written. The
 * second triangle, in a draw of its own, must not get what the first one was given.
 */
Test(raster_program, no_inputs)
{
    enum { SIDE = 100 };
    uint32_t row[4] = {0x3F000000, 0, 0x3F800000, 0x3E800000};
    struct sl_shader_bindings bindings = {.constants[0] = {(const uint32_t(*)[4]) & row, 1}};
    struct sl_ir_builder builder;
    start(&builder);
    for (unsigned k = 0; k < 2; k++) {
        sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, k, 15), sl_ir_constant(0, 0));
    }
    struct sl_ir_program *program = complete(&builder);
    program->color_mask[1] = 15;
    set_up(program);
    rig.config.bindings = &bindings;
    rig.config.depth.bytes = NULL;
    rig.config.color[1] = rig.config.color[0];
    rig.config.color[1].bytes = (uint8_t *)rig.color[1];
    rig.config.blend.write_mask[1] = 0xA;
    memset(rig.color[1], 0x11, sizeof(rig.color[1]));
    corners[0] = raster_rig_at(0, 0, 0.5);
    corners[1] = raster_rig_at(256 * SIDE, 0, 0.5);
    corners[2] = raster_rig_at(0, 256 * SIDE, 0.5);
    static const uint32_t expected[2][2] = {{0x40FF0080, 0x40110011}, {0xFFFFFFFF, 0xFF11FF11}};
    for (unsigned pass = 0; pass < 2; pass++) {
        draw((struct sl_raster_primitive){0});
        for (int i = 0; i < RASTER_RIG_SIDE * RASTER_RIG_SIDE; i++) {
            int x = i % RASTER_RIG_SIDE, y = i / RASTER_RIG_SIDE;
            if (x + y != SIDE - 1) { /* centres on the longest side are somebody else's affair */
                bool inside = x + y < SIDE;
                cr_assert_eq(color_at(0, x, y), inside ? expected[pass][0] : 0);
                cr_assert_eq(color_at(1, x, y), inside ? expected[pass][1] : 0x11111111);
            }
        }
        row[0] = row[1] = row[2] = row[3] = 0x3F800000;
    }
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* Also clipped triangles have the bits of the vertex that leads. */
Test(raster_program, leading_vertex)
{
    static const uint32_t expected[] = {0xFF0000FF, 0xFF00FF00, 0xFFFF0000};
    struct sl_ir_program *program = copying_program();
    set_up(program);
    memset(rig.config.sources[0], SL_RASTER_FLAT, 4);
    for (uint8_t k = 0; k < 6; k++) {
        make_corners();
        if (k >= 3) {
            corners[k - 3].position[2] = -0.25F;
        }
        memset(rig.color, 0, sizeof(rig.color));
        draw((struct sl_raster_primitive){.leading = k % 3});
        unsigned drawn = 0;
        for (int i = 0; i < 40 * 40; i++) {
            uint32_t color = color_at(0, i % 40, i / 40);
            cr_assert(color == 0 || color == expected[k % 3]);
            drawn += color != 0;
        }
        cr_assert_gt(drawn, 100);
    }
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* u and v go from 0 to 1 across the square; z and w are constants. */
Test(raster_program, point_sprites)
{
    static const uint8_t sources[4] = {SL_RASTER_POINT_U, SL_RASTER_POINT_V, SL_RASTER_ZERO,
                                       SL_RASTER_ONE};
    struct sl_ir_program *program = copying_program();
    set_up(program);
    memcpy(rig.config.sources[0], sources, 4);
    struct raster_rig_vertex at = raster_rig_at(256 * 20, 256 * 30, 0);
    at.point_size = 10;
    raster_rig_begin(&rig);
    raster_rig_point(&rig, &at);
    raster_rig_end(&rig);
    for (unsigned y = 0; y < 10; y++) {
        for (unsigned x = 0; x < 10; x++) {
            /* (x + 1/2) / 10 * 255 + 1/2, down: no half-way cases among these. */
            uint32_t u = ((2 * x + 1) * 255 + 10) / 20, v = ((2 * y + 1) * 255 + 10) / 20;
            uint32_t found = color_at(0, 15 + (int)x, 25 + (int)y);
            uint32_t off = (found & 0xFF) > u ? (found & 0xFF) - u : u - (found & 0xFF);
            cr_assert_leq(off, 1);
            cr_assert_eq(found >> 16, 0xFF00);
            off = (found >> 8 & 0xFF) > v ? (found >> 8 & 0xFF) - v : v - (found >> 8 & 0xFF);
            cr_assert_leq(off, 1);
        }
    }
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* Depth that the program puts out is tested and stored in place of the interpolated one. */
Test(raster_program, depth_output)
{
    struct sl_ir_builder builder;
    start(&builder);
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 0, 15), sl_ir_float(1));
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 4, 4), sl_ir_float(0.25F));
    struct sl_ir_program *program = complete(&builder);
    program->depth_reg = 4;
    program->depth_component = 2;
    set_up(program);
    make_corners();
    rig.config.depth_stencil = (struct sl_raster_depth_stencil){
        .depth_test = true, .depth_write = true, .depth_func = SL_COMPARE_GREATER};
    draw((struct sl_raster_primitive){0});
    cr_assert_eq(depth_at(1, 1), 0x400000);
    cr_assert_eq(color_at(0, 1, 1), UINT32_MAX);
    memset(rig.color, 0, sizeof(rig.color));
    draw((struct sl_raster_primitive){0});
    cr_assert_eq(color_at(0, 1, 1), 0, "0.25 is not above 0.25, though 0.5 would be");
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* A program that discards everything still leaves its depth if it asks for early tests. */
Test(raster_program, early_depth)
{
    for (int early = 0; early < 2; early++) {
        struct sl_ir_builder builder;
        start(&builder);
        sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 0, 15), sl_ir_float(1));
        sl_ir_append_condition(&builder, SL_IR_DISCARD, sl_ir_word(1), true);
        struct sl_ir_program *program = complete(&builder);
        program->early_depth = early;
        set_up(program);
        make_corners();
        rig.config.depth_stencil.depth_test = true;
        rig.config.depth_stencil.depth_write = true;
        rig.config.depth_stencil.depth_func = SL_COMPARE_ALWAYS;
        draw((struct sl_raster_primitive){0});
        cr_assert_eq(depth_at(1, 1), early ? 0x01800000 : 0);
        cr_assert_eq(color_at(0, 1, 1), 0);
        raster_rig_finish(&rig);
        sl_ir_destroy(program);
    }
}

/* Pixels whose programs do not end write nothing, whether or not the program tells them apart. */
Test(raster_program, endless)
{
    for (int reads_input = 0; reads_input < 2; reads_input++) {
        struct sl_ir_builder builder;
        start(&builder);
        sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 0, 15), sl_ir_float(1));
        sl_ir_append_condition(&builder, SL_IR_IF,
                               reads_input ? sl_ir_src(SL_IR_INPUT, 0) : sl_ir_word(1), true);
        sl_ir_append(&builder, SL_IR_LOOP);
        sl_ir_append(&builder, SL_IR_ENDLOOP);
        sl_ir_append(&builder, SL_IR_ENDIF);
        struct sl_ir_program *program = complete(&builder);
        set_up(program);
        make_corners();
        rig.config.depth.bytes = NULL;
        memset(rig.config.sources[0], SL_RASTER_FLAT, 4);
        draw((struct sl_raster_primitive){.leading = 0}); /* red, and the condition looks at red */
        cr_assert_eq(color_at(0, 1, 1), 0);
        draw((struct sl_raster_primitive){.leading = 1});
        cr_assert_eq(color_at(0, 1, 1), reads_input ? UINT32_MAX : 0);
        raster_rig_finish(&rig);
        sl_ir_destroy(program);
    }
}

/* o0 = what the target holds at this pixel + v0, read through a texture of the same bytes. */
static struct sl_ir_program *adding_program(void)
{
    struct sl_ir_builder builder;
    start(&builder);
    struct sl_ir_dst first = sl_ir_dst(SL_IR_TEMP, 0, 15);
    sl_ir_append1(&builder, SL_IR_FTOI, first, sl_ir_src(SL_IR_INPUT, 1));
    struct sl_ir_insn *load = sl_ir_append2(&builder, SL_IR_LD, sl_ir_dst(SL_IR_TEMP, 1, 15),
                                            sl_ir_src(SL_IR_TEMP, 0), sl_ir_word(0));
    load->dimension = SL_TEXTURE_2D;
    sl_ir_append2(&builder, SL_IR_ADD, sl_ir_dst(SL_IR_OUTPUT, 0, 15), sl_ir_src(SL_IR_TEMP, 1),
                  sl_ir_src(SL_IR_INPUT, 0));
    return complete(&builder);
}

/* Three times the same triangle in one flush: each sees what those before it wrote. */
Test(raster_program, feedback)
{
    static const uint8_t places[4] = {SL_RASTER_PIXEL_X, SL_RASTER_PIXEL_Y, SL_RASTER_ZERO,
                                      SL_RASTER_ZERO};
    static struct sl_shader_bindings bindings;
    struct sl_ir_program *program = adding_program();
    set_up(program);
    make_corners();
    struct sl_texture texture = {.format = SL_TEXEL_R8G8B8A8, .level_count = 1, .layer_count = 1};
    texture.levels[0] = (struct sl_texture_level){(const uint8_t *)rig.color[0], RASTER_RIG_SIDE,
                                                  RASTER_RIG_SIDE, 4 * RASTER_RIG_SIDE};
    bindings.resources[0].texture = &texture;
    rig.config.bindings = &bindings;
    rig.config.feedback = true;
    memset(rig.config.sources[0], SL_RASTER_FLAT, 4);
    memcpy(rig.config.sources[1], places, 4);
    set_color(&corners[0], 0.125F, 0.0625F, 0, 0.25F);
    raster_rig_begin(&rig);
    for (int i = 0; i < 3; i++) {
        raster_rig_triangle(&rig, &corners[0], &corners[1], &corners[2]);
    }
    raster_rig_end(&rig);
    /* 1/8 of 255 is 31.875: 32, then 63.875, then 95.875; 15.9375 likewise; 63.75 likewise. */
    for (int y = 0; y < 20; y++) {
        for (int x = 0; x < 20 - y; x++) {
            cr_assert_eq(color_at(0, x, y), 0xC0003060, "(%d, %d): %08x", x, y, color_at(0, x, y));
        }
    }
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}
