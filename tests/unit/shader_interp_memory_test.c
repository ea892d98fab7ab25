/* Buffers, shared memory, counters and unbound textures, by single operations. */
#include "base/bytes.h"
#include "render/convert.h"
#include "shader/exec.h"
#include "shader/ir_builder.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(shader_interp_memory);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define XYZW 15u
#define LANES 8u

struct rig {
    struct sl_ir_builder builder;
    struct sl_ir_program *program;
    struct sl_shader_bindings bindings;
    struct sl_shader_call call;
    sl_register_lanes inputs[1]; /* x = lane, y = 4 * lane */
    sl_register_lanes outputs[2];
    uint8_t buffer[64]; /* word k is 100 + k */
    uint8_t shared[32];
    uint32_t counter;
};

static struct rig *new_rig(enum sl_ir_stage stage)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    cr_assert(rig);
    sl_ir_builder_start(&rig->builder, stage, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(&rig->builder, 4);
    for (uint32_t lane = 0; lane < LANES; lane++) {
        rig->inputs[0][0][lane] = lane;
        rig->inputs[0][1][lane] = 4 * lane;
    }
    for (uint32_t k = 0; k < sizeof(rig->buffer) / 4; k++) {
        sl_put_le32(rig->buffer + 4 * (size_t)k, 100 + k);
    }
    rig->call.lanes = (1u << LANES) - 1;
    return rig;
}

static void run(struct rig *rig)
{
    char message[100];
    enum sl_ir_verdict verdict =
        sl_ir_builder_complete(&rig->builder, &rig->program, message, sizeof(message));
    cr_assert_eq(verdict, SL_IR_OK, "%s", message);
    rig->call.program = rig->program;
    rig->call.bindings = &rig->bindings;
    rig->call.inputs = (const sl_register_lanes *)rig->inputs;
    rig->call.outputs = rig->outputs;
    rig->call.shared = rig->shared;
    struct sl_machine *machine = sl_machine_create(rig->program, LANES);
    cr_assert(machine);
    sl_interp_run(machine, &rig->call);
    sl_machine_destroy(machine);
}

static void destroy_rig(struct rig *rig)
{
    sl_ir_builder_finish(&rig->builder);
    sl_ir_destroy(rig->program);
    free(rig);
}

static struct sl_ir_src lane_number(void)
{
    return sl_ir_component(sl_ir_src(SL_IR_INPUT, 0), 0);
}

static struct sl_ir_src lane_bytes(void)
{
    return sl_ir_component(sl_ir_src(SL_IR_INPUT, 0), 1);
}

static struct sl_ir_dst out(unsigned reg)
{
    return sl_ir_dst(SL_IR_OUTPUT, reg, XYZW);
}

static struct sl_ir_insn *append(struct rig *rig, enum sl_ir_op op, enum sl_ir_memory memory,
                                 unsigned flags)
{
    sl_ir_builder_source(&rig->builder, 0);
    struct sl_ir_insn *insn = sl_ir_append(&rig->builder, op);
    insn->memory = (uint8_t)memory;
    insn->flags = (uint8_t)flags;
    return insn;
}

static void check_lane(const struct rig *rig, unsigned lane, const uint32_t expected[4])
{
    for (unsigned c = 0; c < 4; c++) {
        cr_assert_eq(rig->outputs[0][c][lane], expected[c], "lane %u component %u is %u", lane, c,
                     rig->outputs[0][c][lane]);
    }
}

Test(shader_interp_memory, raw_loads_check_each_word)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_insn *insn = append(rig, SL_IR_LOAD, SL_IR_MEM_RESOURCE, 0);
    insn->slot = 3;
    insn->dst[0] = out(0);
    insn->src[0] = lane_bytes();
    insn->result[3] = 1; /* x y z y */
    rig->bindings.resources[3].bytes = rig->buffer;
    rig->bindings.resources[3].size_bytes = 18; /* the last two bytes are no word */
    rig->inputs[0][1][5] = 7;                   /* counts as 4 */
    rig->inputs[0][1][6] = UINT32_MAX;
    run(rig);
    check_lane(rig, 0, (uint32_t[]){100, 101, 102, 101});
    check_lane(rig, 2, (uint32_t[]){102, 103, 0, 103});
    check_lane(rig, 3, (uint32_t[]){103, 0, 0, 0});
    check_lane(rig, 4, (uint32_t[]){0, 0, 0, 0});
    check_lane(rig, 5, (uint32_t[]){101, 102, 103, 102});
    check_lane(rig, 6, (uint32_t[]){0, 0, 0, 0});
    destroy_rig(rig);
}

Test(shader_interp_memory, structured_loads_use_the_declared_stride)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_insn *insn = append(rig, SL_IR_LOAD, SL_IR_MEM_RESOURCE, SL_IR_FLAG_STRUCTURED);
    insn->dst[0] = out(0);
    insn->src[0] = lane_number();
    insn->src[1] = sl_ir_word(4);
    rig->builder.program->resources[0].stride_bytes = 12;
    rig->bindings.resources[0].bytes = rig->buffer;
    rig->bindings.resources[0].size_bytes = sizeof(rig->buffer);
    rig->inputs[0][0][7] = UINT32_MAX;
    run(rig);
    check_lane(rig, 0, (uint32_t[]){101, 102, 103, 104});
    check_lane(rig, 4, (uint32_t[]){113, 114, 115, 0});
    check_lane(rig, 5, (uint32_t[]){0, 0, 0, 0});
    check_lane(rig, 7, (uint32_t[]){0, 0, 0, 0});
    destroy_rig(rig);
}

Test(shader_interp_memory, typed_loads_have_defaults_where_something_is_bound)
{
    for (unsigned bound = 0; bound < 2; bound++) {
        struct rig *rig = new_rig(SL_IR_VERTEX);
        struct sl_ir_insn *insn = append(rig, SL_IR_LOAD, SL_IR_MEM_RESOURCE, SL_IR_FLAG_TYPED);
        insn->dst[0] = out(0);
        insn->src[0] = lane_number();
        rig->bindings.resources[0].bytes = bound ? rig->buffer : NULL;
        rig->bindings.resources[0].size_bytes = 8;
        run(rig);
        check_lane(rig, 1, bound ? (uint32_t[]){101, 0, 0, 1} : (uint32_t[]){0, 0, 0, 0});
        check_lane(rig, 2, bound ? (uint32_t[]){0, 0, 0, 1} : (uint32_t[]){0, 0, 0, 0});
        destroy_rig(rig);
    }
}

static void append_store(struct rig *rig, enum sl_ir_memory memory, unsigned mask)
{
    struct sl_ir_insn *insn = append(rig, SL_IR_STORE, memory, 0);
    insn->dst[0] = sl_ir_dst(SL_IR_NULL, 0, mask);
    insn->src[0] = lane_bytes();
    insn->src[2] = sl_ir_bits(7, 8, 9, 10);
}

Test(shader_interp_memory, stores_drop_words_outside_and_lanes_without_effects)
{
    struct rig *rig = new_rig(SL_IR_PIXEL);
    append_store(rig, SL_IR_MEM_UAV, 3);
    rig->bindings.uavs[0].bytes = rig->buffer;
    rig->bindings.uavs[0].size_bytes = 16;
    rig->call.lanes = 1u << 0 | 1u << 2 | 1u << 3;
    rig->call.helpers = 1u << 2;
    run(rig);
    static const uint32_t expected[] = {7, 8, 102, 7, 104};
    for (unsigned k = 0; k < COUNT(expected); k++) {
        cr_assert_eq(sl_get_le32(rig->buffer + 4 * (size_t)k), expected[k], "word %u", k);
    }
    destroy_rig(rig);
}

Test(shader_interp_memory, discarded_lanes_store_nothing_more)
{
    struct rig *rig = new_rig(SL_IR_PIXEL);
    sl_ir_builder_source(&rig->builder, 0);
    sl_ir_append_condition(&rig->builder, SL_IR_DISCARD, lane_number(), true);
    append_store(rig, SL_IR_MEM_UAV, 1);
    rig->bindings.uavs[0].bytes = rig->buffer;
    rig->bindings.uavs[0].size_bytes = sizeof(rig->buffer);
    run(rig);
    cr_assert_eq(sl_get_le32(rig->buffer), 7);
    cr_assert_eq(sl_get_le32(rig->buffer + 4), 101);
    destroy_rig(rig);
}

Test(shader_interp_memory, shared_memory_has_the_bounds_of_its_declaration)
{
    struct rig *rig = new_rig(SL_IR_COMPUTE);
    append_store(rig, SL_IR_MEM_SHARED, 1);
    rig->builder.program->shared[0] = (struct sl_ir_shared){true, 8, 12, 0};
    rig->builder.program->shared_bytes = 32;
    run(rig);
    static const uint32_t expected[] = {0, 0, 7, 7, 7, 0, 0, 0};
    for (unsigned k = 0; k < COUNT(expected); k++) {
        cr_assert_eq(sl_get_le32(rig->shared + 4 * (size_t)k), expected[k], "word %u", k);
    }
    destroy_rig(rig);
}

Test(shader_interp_memory, atomics)
{
    static const struct {
        enum sl_ir_atomic atomic;
        uint32_t old, value, compare, now;
    } cases[] = {
        {SL_IR_ATOMIC_AND, 12, 10, 0, 8},
        {SL_IR_ATOMIC_OR, 12, 10, 0, 14},
        {SL_IR_ATOMIC_XOR, 12, 10, 0, 6},
        {SL_IR_ATOMIC_CMP_STORE, 12, 10, 12, 10},
        {SL_IR_ATOMIC_CMP_STORE, 12, 10, 13, 12},
        {SL_IR_ATOMIC_ADD, 0xFFFFFFFF, 2, 0, 1},
        {SL_IR_ATOMIC_IMAX, 0xFFFFFFFF, 2, 0, 2},
        {SL_IR_ATOMIC_IMIN, 0xFFFFFFFF, 2, 0, 0xFFFFFFFF},
        {SL_IR_ATOMIC_UMAX, 0xFFFFFFFF, 2, 0, 0xFFFFFFFF},
        {SL_IR_ATOMIC_UMIN, 0xFFFFFFFF, 2, 0, 2},
        {SL_IR_ATOMIC_EXCHANGE, 1, 2, 0, 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig *rig = new_rig(SL_IR_COMPUTE);
        struct sl_ir_insn *insn = append(rig, SL_IR_ATOMIC, SL_IR_MEM_UAV, 0);
        insn->atomic = (uint8_t)cases[i].atomic;
        insn->dst[0] = out(0);
        insn->src[0] = sl_ir_word(8);
        insn->src[2] = sl_ir_word(cases[i].value);
        insn->src[3] = sl_ir_word(cases[i].compare);
        rig->bindings.uavs[0].bytes = rig->buffer;
        rig->bindings.uavs[0].size_bytes = 12;
        sl_put_le32(rig->buffer + 8, cases[i].old);
        rig->call.lanes = 1;
        run(rig);
        cr_assert_eq(rig->outputs[0][0][0], cases[i].old, "case %zu", i);
        cr_assert_eq(sl_get_le32(rig->buffer + 8), cases[i].now, "case %zu", i);
        destroy_rig(rig);
    }
}

Test(shader_interp_memory, atomics_of_many_lanes_and_out_of_range)
{
    struct rig *rig = new_rig(SL_IR_COMPUTE);
    struct sl_ir_insn *insn = append(rig, SL_IR_ATOMIC, SL_IR_MEM_UAV, SL_IR_FLAG_WORD_INDEX);
    insn->atomic = SL_IR_ATOMIC_ADD;
    insn->dst[0] = out(0);
    insn->src[0] = lane_number();
    insn->src[2] = sl_ir_word(5);
    rig->bindings.uavs[0].bytes = rig->buffer;
    rig->bindings.uavs[0].size_bytes = 8;
    rig->inputs[0][0][2] = 1; /* after lane 1 */
    run(rig);
    static const uint32_t expected[] = {100, 101, 106, 0};
    for (unsigned lane = 0; lane < COUNT(expected); lane++) {
        cr_assert_eq(rig->outputs[0][0][lane], expected[lane], "lane %u", lane);
    }
    cr_assert_eq(sl_get_le32(rig->buffer + 4), 111);
    cr_assert_eq(sl_get_le32(rig->buffer + 12), 103);
    destroy_rig(rig);
}

Test(shader_interp_memory, counters)
{
    struct rig *rig = new_rig(SL_IR_COMPUTE);
    append(rig, SL_IR_COUNTER_ALLOC, SL_IR_MEM_UAV, 0)->dst[0] = out(0);
    append(rig, SL_IR_COUNTER_CONSUME, SL_IR_MEM_UAV, 0)->dst[0] = out(1);
    rig->counter = 40;
    rig->bindings.uavs[0].bytes = rig->buffer;
    rig->bindings.uavs[0].counter = &rig->counter;
    rig->call.lanes = 3;
    run(rig);
    cr_assert_eq(rig->outputs[0][0][0], 40);
    cr_assert_eq(rig->outputs[0][0][1], 41);
    cr_assert_eq(rig->outputs[1][0][0], 41);
    cr_assert_eq(rig->outputs[1][0][1], 40);
    cr_assert_eq(rig->counter, 40);
    destroy_rig(rig);
}

Test(shader_interp_memory, sizes_of_buffers)
{
    static const struct {
        unsigned flags;
        uint32_t size;
    } cases[] = {{0, 50}, {SL_IR_FLAG_STRUCTURED, 4}, {SL_IR_FLAG_TYPED, 12}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig *rig = new_rig(SL_IR_VERTEX);
        struct sl_ir_insn *insn = append(rig, SL_IR_BUFINFO, SL_IR_MEM_RESOURCE, cases[i].flags);
        insn->dst[0] = out(0);
        append(rig, SL_IR_BUFINFO, SL_IR_MEM_UAV, cases[i].flags)->dst[0] = out(1);
        rig->builder.program->resources[0].stride_bytes = 12;
        rig->bindings.resources[0].bytes = rig->buffer;
        rig->bindings.resources[0].size_bytes = 50;
        run(rig);
        cr_assert_eq(rig->outputs[0][2][0], cases[i].size, "case %zu", i);
        cr_assert_eq(rig->outputs[1][2][0], 0, "unbound");
        destroy_rig(rig);
    }
}

/* ---- textures ---- */

Test(shader_interp_memory, unbound_textures)
{
    struct rig *rig = new_rig(SL_IR_PIXEL);
    for (unsigned c = 0; c < 4; c++) {
        rig->bindings.unbound[c] = 1.0f;
    }
    sl_ir_builder_source(&rig->builder, 0);
    struct sl_ir_src zero = sl_ir_word(0);
    sl_ir_append1(&rig->builder, SL_IR_SAMPLE, sl_ir_dst(SL_IR_OUTPUT, 0, 1), zero)->dimension =
        SL_TEXTURE_2D;
    sl_ir_append2(&rig->builder, SL_IR_SAMPLE_C_LZ, sl_ir_dst(SL_IR_OUTPUT, 0, 2), zero, zero)
        ->dimension = SL_TEXTURE_2D;
    sl_ir_append2(&rig->builder, SL_IR_LD, sl_ir_dst(SL_IR_OUTPUT, 0, 4), zero, zero)->dimension =
        SL_TEXTURE_2D;
    struct sl_ir_insn *insn =
        sl_ir_append1(&rig->builder, SL_IR_RESINFO, sl_ir_dst(SL_IR_OUTPUT, 1, XYZW), zero);
    insn->dimension = SL_TEXTURE_2D;
    insn->flags = SL_IR_FLAG_RETURN_RCP;
    run(rig);
    check_lane(rig, 0, (uint32_t[]){0x3F800000, 0, 0, 0});
    static const uint32_t info[4] = {0x7F800000, 0x7F800000, 0, 0};
    for (unsigned c = 0; c < 4; c++) {
        cr_assert_eq(rig->outputs[1][c][0], info[c], "component %u", c);
    }
    destroy_rig(rig);
}

Test(shader_interp_memory, texels_and_sizes_of_a_texture)
{
    static const uint8_t bytes[4 * 4 * 2] = {10, 20, 30, 40, 50, 60, 70, 80};
    static const struct sl_texture texture = {
        .format = SL_TEXEL_R8G8B8A8,
        .level_count = 1,
        .layer_count = 1,
        .levels = {{bytes, 4, 2, 16}},
    };
    struct rig *rig = new_rig(SL_IR_PIXEL);
    rig->bindings.resources[2].texture = &texture;
    sl_ir_builder_source(&rig->builder, 0);
    struct sl_ir_src address = sl_ir_bits(0, 0, 0, 0);
    struct sl_ir_insn *insn =
        sl_ir_append2(&rig->builder, SL_IR_LD, out(0), address, sl_ir_word(0));
    insn->dimension = SL_TEXTURE_2D;
    insn->slot = 2;
    insn->offset[0] = 1;
    insn->result[0] = 2; /* blue first */
    insn = sl_ir_append1(&rig->builder, SL_IR_RESINFO, out(1), lane_number());
    insn->dimension = SL_TEXTURE_2D;
    insn->slot = 2;
    insn->flags = SL_IR_FLAG_RETURN_UINT;
    run(rig);
    static const uint8_t channels[4] = {70, 60, 70, 80};
    for (unsigned c = 0; c < 4; c++) {
        float expected = (float)channels[c] / 255.0f;
        cr_assert_eq(rig->outputs[0][c][0], sl_f32_to_bits(expected), "component %u", c);
    }
    static const uint32_t info[2][4] = {{4, 2, 0, 1}, {0, 0, 0, 1}};
    for (unsigned lane = 0; lane < 2; lane++) {
        for (unsigned c = 0; c < 4; c++) {
            cr_assert_eq(rig->outputs[1][c][lane], info[lane][c], "lane %u", lane);
        }
    }
    destroy_rig(rig);
}
