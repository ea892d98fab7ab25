/* How outputs and pixel inputs meet. */
#include "bytecode/dxbc.h"
#include "device/aerogpu/draw_link.h"
#include "render/convert.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(draw_link);

#define ONE 0x3F800000u

enum { OUTPUTS = 6 };

static struct sl_ir_program producer_of(enum sl_ir_family family, struct sl_ir_element *outputs,
                                        uint32_t count)
{
    return (struct sl_ir_program){
        .stage = SL_IR_VERTEX,
        .family = family,
        .outputs = outputs,
        .output_element_count = count,
        .output_count = OUTPUTS,
        .has_output_signature = true,
    };
}

static struct sl_ir_program pixel_of(enum sl_ir_family family, struct sl_ir_element *inputs,
                                     uint32_t count)
{
    return (struct sl_ir_program){
        .stage = SL_IR_PIXEL,
        .family = family,
        .inputs = inputs,
        .input_element_count = count,
        .input_count = 8,
    };
}

/* Register r, component c of the outputs holds 100 r + c + 1 as bits. */
static struct sl_raster_vertex *link_vertex(const struct sl_agpu_link *link)
{
    sl_register_lanes *outputs = calloc(OUTPUTS, sizeof(*outputs));
    struct sl_raster_vertex *vertex = calloc(1, sl_raster_vertex_size(SL_RASTER_INPUTS));
    for (uint32_t r = 0; r < OUTPUTS; r++) {
        for (uint32_t c = 0; c < 4; c++) {
            outputs[r][c][9] = 100 * r + c + 1;
        }
    }
    size_t size = sl_raster_vertex_size(SL_RASTER_INPUTS);
    struct sl_raster_vertex *vertices = calloc(10, size);
    sl_agpu_link_vertices(link, (const sl_register_lanes *)outputs, 10, vertices, size);
    memcpy(vertex, (uint8_t *)vertices + 9 * size, size);
    free(vertices);
    free(outputs);
    return vertex;
}

static void expect_row(const struct sl_raster_vertex *vertex, uint32_t row, uint32_t x, uint32_t y,
                       uint32_t z, uint32_t w)
{
    const uint32_t expected[4] = {x, y, z, w};
    for (unsigned c = 0; c < 4; c++) {
        cr_assert_eq(vertex->inputs[row][c], expected[c], "row %u component %u: %u", row, c,
                     vertex->inputs[row][c]);
    }
}

Test(draw_link, sm4_by_register_number)
{
    struct sl_ir_element outputs[] = {
        {.reg = 0, .mask = 0xF, .system_value = SL_SV_POSITION},
        {.reg = 1, .mask = 0x3, .semantic_hash = 1},
        {.reg = 1, .mask = 0x4, .semantic_hash = 2},
        {.reg = 2, .mask = 0xF, .semantic_hash = 3, .stream = 1},
    };
    struct sl_ir_element inputs[] = {
        {.reg = 1, .mask = 0xF, .semantic_hash = 77},
        {.reg = 2, .mask = 0xF, .interpolation = SL_IR_LINEAR},
        {.reg = 5, .mask = 0x9, .interpolation = SL_IR_FLAT},
        {.reg = 7, .mask = 0xF},
    };
    struct sl_ir_program producer = producer_of(SL_IR_DXBC, outputs, 4);
    struct sl_ir_program pixel = pixel_of(SL_IR_DXBC, inputs, 4);
    struct sl_agpu_link_rules rules = {
        .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f};
    struct sl_agpu_link link;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    struct sl_raster_vertex *vertex = link_vertex(&link);
    cr_assert_eq(link.row_count, 8);
    expect_row(vertex, 1, 101, 102, 103, ONE);
    expect_row(vertex, 2, 0, 0, 0, ONE);
    expect_row(vertex, 7, 0, 0, 0, ONE);
    cr_assert_eq(sl_f32_to_bits(vertex->position[3]), 4);
    cr_assert_eq(link.sources[1][0], SL_RASTER_PERSPECTIVE);
    cr_assert_eq(link.sources[2][3], SL_RASTER_LINEAR);
    cr_assert_eq(link.sources[5][0], SL_RASTER_FLAT);
    cr_assert_eq(link.sources[5][1], SL_RASTER_ZERO, "a component that the program has not got");
    free(vertex);
    producer.has_output_signature = false;
    producer.output_element_count = 0;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    vertex = link_vertex(&link);
    expect_row(vertex, 1, 101, 102, 103, 104);
    expect_row(vertex, 7, 0, 0, 0, ONE);
    cr_assert_eq(sl_f32_to_bits(vertex->position[0]), 1, "o0 for want of a better");
    free(vertex);
}

Test(draw_link, sm4_positions)
{
    struct sl_ir_element outputs[] = {
        {.reg = 2, .mask = 0xF, .semantic_hash = 0x7808E88A, .semantic_index = 1},
        {.reg = 3, .mask = 0xF, .semantic_hash = 0x7808E88A},
        {.reg = 4, .mask = 0xF, .system_value = SL_SV_POSITION},
    };
    struct sl_agpu_link_rules rules = {
        .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f};
    struct sl_agpu_link link;
    static const uint32_t first[] = {0, 1, 301, 401};
    for (uint32_t count = 1; count <= 3; count++) {
        struct sl_ir_program producer = producer_of(SL_IR_DXBC, outputs, count);
        sl_agpu_link_programs(&producer, NULL, &rules, &link);
        struct sl_raster_vertex *vertex = link_vertex(&link);
        cr_assert_eq(link.row_count, 0);
        cr_assert_eq(sl_f32_to_bits(vertex->position[0]), first[count], "%u elements", count);
        free(vertex);
    }
}

Test(draw_link, sm4_system_values)
{
    struct sl_ir_element outputs[] = {
        {.reg = 0, .mask = 0xF, .system_value = SL_SV_POSITION},
        {.reg = 2, .mask = 0x2, .system_value = SL_SV_RENDER_TARGET_ARRAY_INDEX},
        {.reg = 3, .mask = 0x1, .system_value = SL_SV_PRIMITIVE_ID},
        {.reg = 5, .mask = 0x3, .system_value = SL_SV_CLIP_DISTANCE, .semantic_index = 1},
        {.reg = 4, .mask = 0xC, .system_value = SL_SV_CLIP_DISTANCE},
        {.reg = 5, .mask = 0x8, .system_value = SL_SV_CULL_DISTANCE},
    };
    struct sl_ir_element inputs[] = {
        {.reg = 0, .mask = 0xF, .system_value = SL_SV_POSITION},
        {.reg = 1, .mask = 0x1, .system_value = SL_SV_IS_FRONT_FACE},
        {.reg = 2, .mask = 0x1, .system_value = SL_SV_RENDER_TARGET_ARRAY_INDEX},
        {.reg = 3, .mask = 0x1, .system_value = SL_SV_PRIMITIVE_ID},
        {.reg = 4, .mask = 0x1, .system_value = SL_SV_SAMPLE_INDEX},
    };
    struct sl_ir_program producer = producer_of(SL_IR_DXBC, outputs, 6);
    struct sl_ir_program pixel = pixel_of(SL_IR_DXBC, inputs, 5);
    struct sl_agpu_link_rules rules = {
        .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f};
    struct sl_agpu_link link;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    struct sl_raster_vertex *vertex = link_vertex(&link);
    cr_assert_eq(link.sources[0][2], SL_RASTER_POSITION_Z);
    cr_assert_eq(link.sources[1][0], SL_RASTER_FRONT_MASK);
    cr_assert_eq(link.sources[2][0], SL_RASTER_ZERO, "only geometry programs choose layers");
    cr_assert_eq(link.sources[3][0], SL_RASTER_PRIMITIVE_ID);
    cr_assert_eq(link.sources[4][0], SL_RASTER_ZERO);
    cr_assert_eq(link.clip_count, 4);
    cr_assert_eq(link.cull_count, 1);
    cr_assert_eq(sl_f32_to_bits(vertex->clip[0]), 403, "registers in order");
    cr_assert_eq(sl_f32_to_bits(vertex->clip[1]), 404);
    cr_assert_eq(sl_f32_to_bits(vertex->clip[2]), 501);
    cr_assert_eq(sl_f32_to_bits(vertex->clip[3]), 502);
    cr_assert_eq(sl_f32_to_bits(vertex->cull[0]), 504);
    cr_assert_not(link.writes_primitive_id);
    free(vertex);
    producer.stage = SL_IR_GEOMETRY;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    cr_assert_eq(link.sources[2][0], SL_RASTER_FLAT);
    cr_assert(link.writes_primitive_id);
    cr_assert_eq(link.layer.reg, 2);
    cr_assert_eq(link.layer.component, 1);
    cr_assert_eq(link.primitive_id.reg, 3);
}

/* ---- D3D9 ---- */

static struct sl_ir_element d3d9(uint16_t reg, uint8_t usage, uint32_t index, uint8_t mask)
{
    return (struct sl_ir_element){
        .reg = reg, .usage = usage, .semantic_index = index, .mask = mask, .declared = true};
}

Test(draw_link, d3d9_by_semantic)
{
    struct sl_ir_element outputs[] = {
        d3d9(0, SL_IR_USAGE_POSITION, 0, 0xF), d3d9(1, SL_IR_USAGE_TEXCOORD, 3, 0x3),
        d3d9(2, SL_IR_USAGE_COLOR, 0, 0x7),    d3d9(3, SL_IR_USAGE_NORMAL, 0, 0x7),
        d3d9(4, SL_IR_USAGE_COLOR, 1, 0xF),
    };
    struct sl_ir_element inputs[] = {
        d3d9(0, SL_IR_USAGE_COLOR, 0, 0xF),
        d3d9(1, 0xFF, 0, 0xF),
        d3d9(2, SL_IR_USAGE_TEXCOORD, 3, 0xF),
        d3d9(3, SL_IR_USAGE_TEXCOORD, 4, 0xF),
        d3d9(4, SL_IR_USAGE_NORMAL, 0, 0xF),
        d3d9(5, 0, 0, 0xF),
        d3d9(6, 0, 0, 0xF),
    };
    inputs[5].system_value = SL_IR_SV_PIXEL_POSITION;
    inputs[6].system_value = SL_IR_SV_FACE_SIGN;
    struct sl_ir_program producer = producer_of(SL_IR_D3D9, outputs, 5);
    struct sl_ir_program pixel = pixel_of(SL_IR_D3D9, inputs, 7);
    struct sl_agpu_link_rules rules = {
        .flat_colors = true, .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f};
    struct sl_agpu_link link;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    struct sl_raster_vertex *vertex = link_vertex(&link);
    expect_row(vertex, 0, 201, 202, 203, ONE);
    expect_row(vertex, 1, 401, 402, 403, 404);
    expect_row(vertex, 2, 101, 102, 0, ONE);
    expect_row(vertex, 3, 0, 0, 0, 0);
    expect_row(vertex, 4, 301, 302, 303, 0);
    cr_assert_eq(link.sources[0][0], SL_RASTER_FLAT);
    cr_assert_eq(link.sources[1][0], SL_RASTER_FLAT, "v1 without a dcl is COLOR1");
    cr_assert_eq(link.sources[2][0], SL_RASTER_PERSPECTIVE);
    cr_assert_eq(link.sources[5][0], SL_RASTER_PIXEL_X);
    cr_assert_eq(link.sources[5][1], SL_RASTER_PIXEL_Y);
    cr_assert_eq(link.sources[5][2], SL_RASTER_ZERO);
    cr_assert_eq(link.sources[6][0], SL_RASTER_FACE_SIGN);
    free(vertex);
}

Test(draw_link, d3d9_sprites_saturation_and_sizes)
{
    struct sl_ir_element outputs[] = {
        d3d9(0, SL_IR_USAGE_POSITION, 0, 0xF),
        d3d9(1, SL_IR_USAGE_COLOR, 0, 0xF),
        d3d9(2, SL_IR_USAGE_PSIZE, 0, 0x1),
        d3d9(3, SL_IR_USAGE_TEXCOORD, 0, 0xF),
    };
    struct sl_ir_element inputs[] = {
        d3d9(0, SL_IR_USAGE_TEXCOORD, 0, 0xF),
        d3d9(1, SL_IR_USAGE_COLOR, 0, 0xF),
        d3d9(2, SL_IR_USAGE_TEXCOORD, 8, 0xF),
    };
    outputs[1].saturate = true;
    struct sl_ir_program producer = producer_of(SL_IR_D3D9, outputs, 4);
    struct sl_ir_program pixel = pixel_of(SL_IR_D3D9, inputs, 3);
    struct sl_agpu_link_rules rules = {
        .point_sprites = true, .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f};
    struct sl_agpu_link link;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    cr_assert_eq(link.sources[0][0], SL_RASTER_POINT_U);
    cr_assert_eq(link.sources[0][1], SL_RASTER_POINT_V);
    cr_assert_eq(link.sources[0][2], SL_RASTER_ZERO);
    cr_assert_eq(link.sources[0][3], SL_RASTER_ONE);
    cr_assert_eq(link.sources[2][0], SL_RASTER_PERSPECTIVE, "only TEXCOORD0 to 7");

    static const float colors[4] = {-1.0f, 0.25f, 7.0f, 1.0f};
    static const float sizes[][2] = {{0.5f, 1.0f}, {5.0f, 5.0f}, {99.0f, 64.0f}, {-3.0f, 1.0f}};
    static const float clamped[4] = {0.0f, 0.25f, 1.0f, 1.0f};
    sl_register_lanes *out = calloc(OUTPUTS, sizeof(*out));
    struct sl_raster_vertex *vertex = calloc(1, sl_raster_vertex_size(SL_RASTER_INPUTS));
    for (size_t i = 0; i < 4; i++) {
        out[1][i][0] = sl_f32_to_bits(colors[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        out[2][0][0] = sl_f32_to_bits(sizes[i][0]);
        sl_agpu_link_vertices(&link, (const sl_register_lanes *)out, 1, vertex, 0);
        cr_assert_eq(sl_f32_from_bits(vertex->inputs[1][i]), clamped[i]);
        cr_assert_eq(vertex->point_size, sizes[i][1]);
    }
    free(out);
    free(vertex);
}

/* Inputs that no instruction reads are not worth a value. */
Test(draw_link, unread_inputs)
{
    struct sl_ir_element outputs[] = {{.reg = 0, .mask = 0xF, .system_value = SL_SV_POSITION},
                                      {.reg = 1, .mask = 0xF}};
    struct sl_ir_element inputs[] = {{.reg = 0, .mask = 0xF, .system_value = SL_SV_POSITION},
                                     {.reg = 1, .mask = 0xF}};
    struct sl_ir_insn insns[] = {
        {.src = {{.file = SL_IR_INPUT, .reg = 1, .swizzle = {1, 1, 3, 1}},
                 {.file = SL_IR_TEMP, .reg = 0, .swizzle = {0, 1, 2, 3}}}},
    };
    uint8_t reads[SL_IR_REGISTERS_MAX];
    struct sl_ir_program producer = producer_of(SL_IR_DXBC, outputs, 2);
    struct sl_ir_program pixel = pixel_of(SL_IR_DXBC, inputs, 2);
    struct sl_agpu_link_rules rules = {
        .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f, .reads = reads};
    struct sl_agpu_link link;
    pixel.insns = insns;
    pixel.insn_count = 1;
    sl_agpu_link_find_reads(&pixel, reads);
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    struct sl_raster_vertex *vertex = link_vertex(&link);
    expect_row(vertex, 1, 0, 102, 0, 104);
    cr_assert_eq(link.sources[0][0], SL_RASTER_ZERO);
    cr_assert_eq(link.sources[1][1], SL_RASTER_PERSPECTIVE);
    free(vertex);
    insns[0].src[0].index[0].relative = true;
    sl_agpu_link_find_reads(&pixel, reads);
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    cr_assert_eq(link.sources[0][0], SL_RASTER_POSITION_X, "a relative index may reach all");
}

/* A declared output that the program has no register for reads as 0 instead of past the end. */
Test(draw_link, outputs_past_the_last_register)
{
    struct sl_ir_element outputs[] = {d3d9(60, SL_IR_USAGE_POSITION, 0, 0xF),
                                      d3d9(61, SL_IR_USAGE_COLOR, 0, 0xF)};
    struct sl_ir_element inputs[] = {d3d9(0, SL_IR_USAGE_COLOR, 0, 0xF)};
    struct sl_ir_program producer = producer_of(SL_IR_D3D9, outputs, 2);
    struct sl_ir_program pixel = pixel_of(SL_IR_D3D9, inputs, 1);
    struct sl_agpu_link_rules rules = {
        .point_size = 1.0f, .point_size_min = 1.0f, .point_size_max = 64.0f};
    struct sl_agpu_link link;
    sl_agpu_link_programs(&producer, &pixel, &rules, &link);
    struct sl_raster_vertex *vertex = link_vertex(&link);
    expect_row(vertex, 0, 0, 0, 0, 0);
    cr_assert_eq(sl_f32_to_bits(vertex->position[0]), 0);
    free(vertex);
}
