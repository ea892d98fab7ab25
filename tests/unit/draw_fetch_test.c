/* Which element feeds which register, and what can be read of vertex buffers. */
#include "bytecode/dxbc.h"
#include "device/aerogpu/vertex_fetch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(draw_fetch);

#define ONE 0x3F800000u

static struct sl_agpu_vertex_element element(uint32_t hash, uint32_t index, uint8_t usage,
                                             uint64_t offset)
{
    return (struct sl_agpu_vertex_element){
        .format = sl_agpu_vertex_format_dxgi(42), /* R32_UINT */
        .usage = usage,
        .semantic_hash = hash,
        .semantic_index = index,
        .offset_bytes = offset,
    };
}

static uint64_t fed_by(const struct sl_ir_program *program, const struct sl_agpu_layout *layout,
                       uint32_t reg)
{
    struct sl_agpu_vertex_inputs inputs;
    sl_agpu_vertex_inputs_match(program, layout, &inputs);
    const struct sl_agpu_vertex_element *from = inputs.inputs[reg].element;
    return from ? from->offset_bytes : UINT64_MAX;
}

Test(draw_fetch, sm4_semantics)
{
    struct sl_ir_element registers[] = {
        {.reg = 0, .mask = 0xF, .semantic_hash = 10, .semantic_index = 0},
        {.reg = 1, .mask = 0xF, .semantic_hash = 10, .semantic_index = 1},
        {.reg = 2, .mask = 0xF, .semantic_hash = 20, .semantic_index = 0},
        {.reg = 3, .mask = 1, .semantic_hash = 30, .system_value = SL_SV_VERTEX_ID},
    };
    struct sl_ir_program program = {
        .family = SL_IR_DXBC,
        .has_input_signature = true,
        .inputs = registers,
        .input_element_count = 4,
        .input_count = 4,
    };
    struct sl_agpu_layout layout = {
        .element_count = 5,
        .elements = {element(99, 0, 0xFF, 1), element(10, 1, 0xFF, 2), element(10, 0, 0xFF, 3),
                     element(10, 0, 0xFF, 4), element(30, 0, 0xFF, 5)},
    };
    cr_assert_eq(fed_by(&program, &layout, 0), 3, "the first that matches");
    cr_assert_eq(fed_by(&program, &layout, 1), 2);
    cr_assert_eq(fed_by(&program, &layout, 2), UINT64_MAX);
    cr_assert_eq(fed_by(&program, &layout, 3), UINT64_MAX, "a system value is none of a layout's");
    program.has_input_signature = false;
    cr_assert_eq(fed_by(&program, &layout, 0), 1);
    cr_assert_eq(fed_by(&program, &layout, 2), 3);
    cr_assert_eq(fed_by(&program, NULL, 0), UINT64_MAX);
}

Test(draw_fetch, d3d9_semantics)
{
    struct sl_ir_element registers[] = {
        {.reg = 0, .usage = SL_IR_USAGE_POSITION, .declared = true},
        {.reg = 1, .usage = SL_IR_USAGE_TEXCOORD, .semantic_index = 1, .declared = true},
        {.reg = 2, .usage = SL_IR_USAGE_COLOR, .declared = true},
    };
    struct sl_ir_program program = {
        .family = SL_IR_D3D9,
        .inputs = registers,
        .input_element_count = 3,
        .input_count = 3,
    };
    struct sl_agpu_layout layout = {
        .element_count = 4,
        .elements = {element(0, 1, SL_IR_USAGE_TEXCOORD, 1), element(0, 0, 0xFF, 2),
                     element(0, 0, SL_IR_USAGE_POSITIONT, 3), element(0, 0, SL_IR_USAGE_FOG, 4)},
    };
    cr_assert_eq(fed_by(&program, &layout, 0), 3, "POSITIONT is a POSITION");
    cr_assert_eq(fed_by(&program, &layout, 1), 1);
    cr_assert_eq(fed_by(&program, &layout, 2), UINT64_MAX);
    registers[2].declared = false;
    cr_assert_eq(fed_by(&program, &layout, 0), 1, "one without a dcl: all by number");
    cr_assert_eq(fed_by(&program, &layout, 2), 3);
    layout.elements[1].format = NULL;
    cr_assert_eq(fed_by(&program, &layout, 1), UINT64_MAX, "UNUSED has a number and feeds nothing");
    cr_assert_eq(fed_by(&program, &layout, 2), 3);
}

/* ---- bounds ---- */

struct fetch {
    struct sl_agpu_vertex_inputs inputs;
    struct sl_agpu_vertex_element element;
    struct sl_agpu_vertex_stream streams[32];
    struct sl_agpu_fetch_rules rules;
};

static struct fetch make_fetch(const uint8_t *bytes, uint64_t size)
{
    struct fetch fetch = {.inputs = {.count = 1}};
    fetch.element = element(0, 0, 0, 0);
    fetch.streams[0] = (struct sl_agpu_vertex_stream){.bytes = bytes, .size = size};
    return fetch;
}

static uint32_t fetch_x(struct fetch *fetch, const struct sl_agpu_vertex_key *key)
{
    sl_register_lanes registers[1] = {0};
    fetch->inputs.inputs[0].element = &fetch->element;
    sl_agpu_vertex_fetch(&fetch->inputs, fetch->streams, &fetch->rules, key, 5, 1, registers);
    cr_assert_eq(registers[0][0][4], 0, "no other lane");
    return registers[0][0][5];
}

static uint32_t at_index(struct fetch *fetch, uint32_t index)
{
    return fetch_x(fetch, &(struct sl_agpu_vertex_key){.index = index});
}

Test(draw_fetch, addresses)
{
    uint8_t bytes[80];
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = i % 4 == 0 ? (uint8_t)(i / 4 + 1) : 0;
    }
    struct fetch fetch = make_fetch(bytes, sizeof(bytes));
    fetch.streams[0].stride = 20;
    fetch.streams[0].offset = 60;
    cr_assert_eq(at_index(&fetch, 0), 16);
    cr_assert_eq(at_index(&fetch, (uint32_t)-3), 1, "a negative index inside the buffer");
    cr_assert_eq(at_index(&fetch, (uint32_t)-4), 0, "before it");
    cr_assert_eq(at_index(&fetch, 1), 0, "behind it");
    fetch.element.offset_bytes = 16;
    cr_assert_eq(at_index(&fetch, 0), 20, "the last four bytes");
    fetch.element.offset_bytes = 17;
    cr_assert_eq(at_index(&fetch, 0), 0, "one byte too far");
    fetch.element.offset_bytes = 0;
    fetch.streams[0].stride = 0;
    cr_assert_eq(at_index(&fetch, 12345), 16, "stride 0 is the same vertex for ever");
    fetch.streams[0].offset = 80;
    cr_assert_eq(at_index(&fetch, 0), 0);
    fetch.streams[0].size = 3;
    fetch.streams[0].offset = 0;
    cr_assert_eq(at_index(&fetch, 0), 0, "a buffer smaller than an element");
}

Test(draw_fetch, extreme_addresses)
{
    uint8_t bytes[4] = {7, 0, 0, 0};
    struct fetch fetch = make_fetch(bytes, sizeof(bytes));
    fetch.streams[0].stride = UINT32_MAX;
    fetch.streams[0].offset = UINT32_MAX;
    fetch.element.offset_bytes = UINT64_C(0x1000000FF);
    cr_assert_eq(at_index(&fetch, 0x7FFFFFFF), 0);
    cr_assert_eq(at_index(&fetch, 0x80000000), 0);
    fetch.element.offset_bytes = 0;
    cr_assert_eq(at_index(&fetch, (uint32_t)-1), 7);
}

Test(draw_fetch, instances)
{
    uint8_t bytes[256] = {0};
    for (unsigned i = 0; i < 64; i++) {
        bytes[4 * i] = (uint8_t)i;
    }
    struct fetch fetch = make_fetch(bytes, sizeof(bytes));
    fetch.streams[0].stride = 4;
    fetch.element.per_instance = true;
    static const struct {
        uint32_t rate, instance, first, expected, divided;
    } rows[] = {
        {1, 0, 0, 0, 0}, {1, 7, 10, 17, 17}, {2, 7, 10, 13, 8},
        {3, 5, 7, 8, 4}, {0, 9, 6, 6, 15},   {100, 99, 3, 3, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sl_agpu_vertex_key key = {
            .index = 50, .instance_id = rows[i].instance, .first_instance = rows[i].first};
        fetch.element.step_rate = rows[i].rate;
        fetch.rules.divided_instance = false;
        cr_assert_eq(fetch_x(&fetch, &key), rows[i].expected, "row %zu", i);
        fetch.rules.divided_instance = true;
        cr_assert_eq(fetch_x(&fetch, &key), rows[i].divided, "row %zu", i);
    }
}

Test(draw_fetch, defaults_and_ids)
{
    sl_register_lanes registers[2];
    struct sl_agpu_vertex_stream streams[32] = {{0}};
    struct sl_agpu_vertex_key key = {
        .vertex_id = 3, .index = 13, .instance_id = 4, .first_instance = 20};
    struct sl_agpu_vertex_inputs inputs = {.count = 2};
    struct sl_agpu_fetch_rules rules = {0};
    inputs.inputs[1].vertex_id_mask = 1;
    inputs.inputs[1].instance_id_mask = 2;
    memset(registers, 0xAA, sizeof(registers));
    sl_agpu_vertex_fetch(&inputs, streams, &rules, &key, 0, 1, registers);
    for (unsigned c = 0; c < 4; c++) {
        cr_assert_eq(registers[0][c][0], 0);
    }
    cr_assert_eq(registers[1][0][0], 3);
    cr_assert_eq(registers[1][1][0], 4);
    inputs.d3d9 = true;
    rules.base_in_ids = true;
    sl_agpu_vertex_fetch(&inputs, streams, &rules, &key, 0, 1, registers);
    cr_assert_eq(registers[0][0][0], 0);
    cr_assert_eq(registers[0][3][0], ONE);
    cr_assert_eq(registers[1][0][0], 13);
    cr_assert_eq(registers[1][1][0], 24);
}
