/* The interpreter by small programs whose results are worked out by hand. */
#include "base/bytes.h"
#include "render/convert.h"
#include "shader/exec.h"
#include "shader/interp_component.h"
#include "shader/ir_builder.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(shader_interp);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define X 1u
#define XYZW 15u
#define ALL UINT64_MAX

/* A program under construction, then running, with everything it may need. */
struct rig {
    struct sl_ir_builder builder;
    struct sl_ir_program *program;
    struct sl_shader_bindings bindings;
    struct sl_shader_call call;
    sl_register_lanes inputs[4];
    sl_register_lanes outputs[4];
};

static struct rig *new_rig(enum sl_ir_stage stage)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    cr_assert(rig);
    sl_ir_builder_start(&rig->builder, stage, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(&rig->builder, 8);
    rig->call.lanes = ALL;
    for (uint32_t lane = 0; lane < SL_LANES; lane++) {
        rig->inputs[0][0][lane] = lane;
        rig->inputs[0][1][lane] = sl_f32_to_bits((float)lane);
    }
    return rig;
}

static void complete(struct rig *rig)
{
    char message[100];
    enum sl_ir_verdict verdict =
        sl_ir_builder_complete(&rig->builder, &rig->program, message, sizeof(message));
    cr_assert_eq(verdict, SL_IR_OK, "%s", message);
    rig->call.program = rig->program;
    rig->call.bindings = &rig->bindings;
    rig->call.inputs = (const sl_register_lanes *)rig->inputs;
    rig->call.outputs = rig->outputs;
    cr_assert_leq(rig->program->input_count, COUNT(rig->inputs));
    cr_assert_leq(rig->program->output_count, COUNT(rig->outputs));
}

static void run_lanes(struct rig *rig, unsigned lane_count)
{
    complete(rig);
    struct sl_machine *machine = sl_machine_create(rig->program, lane_count);
    cr_assert(machine);
    sl_interp_run(machine, &rig->call);
    sl_machine_destroy(machine);
}

static void run(struct rig *rig)
{
    run_lanes(rig, SL_LANES);
}

static void destroy_rig(struct rig *rig)
{
    sl_ir_builder_finish(&rig->builder);
    sl_ir_destroy(rig->program);
    free(rig);
}

static struct sl_ir_dst out(unsigned reg, unsigned mask)
{
    return sl_ir_dst(SL_IR_OUTPUT, reg, mask);
}

static struct sl_ir_dst temp(unsigned reg, unsigned mask)
{
    return sl_ir_dst(SL_IR_TEMP, reg, mask);
}

static struct sl_ir_src of_temp(unsigned reg)
{
    return sl_ir_src(SL_IR_TEMP, reg);
}

/* Component x of input 0: the number of the lane. */
static struct sl_ir_src lane_number(void)
{
    return sl_ir_component(sl_ir_src(SL_IR_INPUT, 0), 0);
}

static void source(struct rig *rig)
{
    sl_ir_builder_source(&rig->builder, 0);
}

static void set(struct rig *rig, struct sl_ir_dst dst, uint32_t value)
{
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, dst, sl_ir_word(value));
}

static void add_to(struct rig *rig, unsigned reg, uint32_t value)
{
    source(rig);
    sl_ir_append2(&rig->builder, SL_IR_IADD, temp(reg, X), of_temp(reg), sl_ir_word(value));
}

static void flow(struct rig *rig, enum sl_ir_op op)
{
    source(rig);
    sl_ir_append(&rig->builder, op);
}

/* If the number of the lane is below limit. */
static void flow_below(struct rig *rig, enum sl_ir_op op, uint32_t limit)
{
    source(rig);
    sl_ir_append2(&rig->builder, SL_IR_ULT, temp(7, X), lane_number(), sl_ir_word(limit));
    source(rig);
    sl_ir_append_condition(&rig->builder, op, of_temp(7), true);
}

/* Temp 0 .x of each lane against a function of its number. */
static void check_result(struct rig *rig, uint32_t (*expected)(uint32_t lane))
{
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, X), of_temp(0));
    run(rig);
    for (uint32_t lane = 0; lane < SL_LANES; lane++) {
        cr_assert_eq(rig->outputs[0][0][lane], expected(lane), "lane %u is %u", lane,
                     rig->outputs[0][0][lane]);
    }
}

/* ---- operations ---- */

Test(shader_interp, every_componentwise_operation_has_a_function)
{
    for (unsigned op = 0; op < SL_IR_OP_COUNT; op++) {
        bool derivative = op >= SL_IR_DDX_COARSE && op <= SL_IR_DDY_FINE;
        bool expected = sl_ir_op_info((enum sl_ir_op)op)->componentwise && !derivative;
        cr_assert_eq(sl_component_has((enum sl_ir_op)op), expected, "%s",
                     sl_ir_op_info((enum sl_ir_op)op)->name);
    }
}

struct operation_case {
    enum sl_ir_op op;
    uint32_t in[4];
    uint32_t out[2];
};

static const struct operation_case operation_cases[] = {
    {SL_IR_MOV, {0xFFC00001}, {0xFFC00001}},
    {SL_IR_MOVC, {0x80000000, 1, 2}, {1}},
    {SL_IR_MOVC, {0, 1, 2}, {2}},
    {SL_IR_SWAPC, {1, 5, 6}, {6, 5}},
    {SL_IR_SWAPC, {0, 5, 6}, {5, 6}},
    {SL_IR_ADD, {0x3F800000, 0x40000000}, {0x40400000}},
    {SL_IR_MUL, {0x40000000, 0x40400000}, {0x40C00000}},
    {SL_IR_MAD, {0x3F800001, 0x3F800001, 0xBF800002}, {0}},
    {SL_IR_DIV, {0x3F800000, 0x00000001}, {0x7F800000}},
    {SL_IR_MIN, {0x7FC00000, 0x3F800000}, {0x3F800000}},
    {SL_IR_MAX, {0x80000000, 0}, {0}},
    {SL_IR_FRC, {0xBE800000}, {0x3F400000}},
    {SL_IR_ROUND_NE, {0x40200000}, {0x40000000}},
    {SL_IR_ROUND_NI, {0xBFC00000}, {0xC0000000}},
    {SL_IR_ROUND_PI, {0xBFC00000}, {0xBF800000}},
    {SL_IR_ROUND_Z, {0xBFC00000}, {0xBF800000}},
    {SL_IR_EXP, {0x3F000000}, {0x3FB504F3}},
    {SL_IR_LOG, {0x3F000000}, {0xBF800000}},
    {SL_IR_RCP, {0x40000000}, {0x3F000000}},
    {SL_IR_RSQ, {0x40800000}, {0x3F000000}},
    {SL_IR_SQRT, {0x40800000}, {0x40000000}},
    {SL_IR_SIN, {0x3F000000}, {0x3EF57744}},
    {SL_IR_COS, {0x3F000000}, {0x3F60A940}},
    {SL_IR_POW, {0x41200000, 0x40400000}, {0x447A0000}},
    {SL_IR_EQ, {0, 0x80000001}, {UINT32_MAX}},
    {SL_IR_NE, {0x7FC00000, 0x7FC00000}, {UINT32_MAX}},
    {SL_IR_LT, {0x3F800000, 0x40000000}, {UINT32_MAX}},
    {SL_IR_GE, {0x3F800000, 0x40000000}, {0}},
    {SL_IR_FTOI, {0xC0200000}, {0xFFFFFFFE}},
    {SL_IR_FTOU, {0x4F000000}, {0x80000000}},
    {SL_IR_ITOF, {0x80000000}, {0xCF000000}},
    {SL_IR_ITOF, {0xFFFFFFFF}, {0xBF800000}},
    {SL_IR_ITOF, {0x01000001}, {0x4B800000}},
    {SL_IR_ITOF, {0x01000003}, {0x4B800002}},
    {SL_IR_UTOF, {0xFFFFFFFF}, {0x4F800000}},
    {SL_IR_F16TOF32, {0xABCD3C00}, {0x3F800000}},
    {SL_IR_F32TOF16, {0x3F803FFF}, {0x3C01}},
    {SL_IR_AND, {12, 10}, {8}},
    {SL_IR_OR, {12, 10}, {14}},
    {SL_IR_XOR, {12, 10}, {6}},
    {SL_IR_NOT, {0xFFFF0000}, {0x0000FFFF}},
    {SL_IR_ISHL, {3, 33}, {6}},
    {SL_IR_ISHR, {0x80000000, 31}, {0xFFFFFFFF}},
    {SL_IR_ISHR, {0x40000000, 30}, {1}},
    {SL_IR_USHR, {0x80000000, 63}, {1}},
    {SL_IR_IADD, {0xFFFFFFFF, 2}, {1}},
    {SL_IR_IMIN, {0xFFFFFFFF, 1}, {0xFFFFFFFF}},
    {SL_IR_IMAX, {0x80000000, 0x7FFFFFFF}, {0x7FFFFFFF}},
    {SL_IR_UMIN, {0xFFFFFFFF, 1}, {1}},
    {SL_IR_UMAX, {0xFFFFFFFF, 1}, {0xFFFFFFFF}},
    {SL_IR_IABS, {0xFFFFFFFE}, {2}},
    {SL_IR_IABS, {0x80000000}, {0x80000000}},
    {SL_IR_IMAD, {0xFFFFFFFF, 3, 5}, {2}},
    {SL_IR_IMUL, {0xFFFFFFFF, 2}, {0xFFFFFFFF, 0xFFFFFFFE}},
    {SL_IR_IMUL, {0x80000000, 0x80000000}, {0x40000000, 0}},
    {SL_IR_UMUL, {0xFFFFFFFF, 2}, {1, 0xFFFFFFFE}},
    {SL_IR_UDIV, {7, 2}, {3, 1}},
    {SL_IR_UDIV, {7, 0}, {UINT32_MAX, UINT32_MAX}},
    {SL_IR_IDIV, {0xFFFFFFF9, 2}, {0xFFFFFFFD, 0xFFFFFFFF}},
    {SL_IR_IDIV, {7, 0xFFFFFFFE}, {0xFFFFFFFD, 1}},
    {SL_IR_IDIV, {7, 0}, {UINT32_MAX, UINT32_MAX}},
    {SL_IR_IDIV, {0x80000000, 0xFFFFFFFF}, {0x80000000, 0}},
    {SL_IR_UADDC, {0xFFFFFFFF, 1}, {0, 1}},
    {SL_IR_UADDC, {1, 1}, {2, 0}},
    {SL_IR_USUBB, {0, 1}, {0xFFFFFFFF, 1}},
    {SL_IR_USUBB, {1, 1}, {0, 0}},
    {SL_IR_IEQ, {5, 5}, {UINT32_MAX}},
    {SL_IR_INE, {5, 5}, {0}},
    {SL_IR_ILT, {0xFFFFFFFF, 0}, {UINT32_MAX}},
    {SL_IR_IGE, {0xFFFFFFFF, 0}, {0}},
    {SL_IR_ULT, {0xFFFFFFFF, 0}, {0}},
    {SL_IR_UGE, {0xFFFFFFFF, 0}, {UINT32_MAX}},
    {SL_IR_COUNTBITS, {0xF00F0001}, {9}},
    {SL_IR_BFREV, {0x00000003}, {0xC0000000}},
    {SL_IR_FIRSTBIT_HI, {0x00010000}, {15}},
    {SL_IR_FIRSTBIT_HI, {0}, {UINT32_MAX}},
    {SL_IR_FIRSTBIT_LO, {0x00010000}, {16}},
    {SL_IR_FIRSTBIT_LO, {0}, {UINT32_MAX}},
    {SL_IR_FIRSTBIT_SHI, {0xFFFE0000}, {15}},
    {SL_IR_FIRSTBIT_SHI, {0x00010000}, {15}},
    {SL_IR_FIRSTBIT_SHI, {0xFFFFFFFF}, {UINT32_MAX}},
    {SL_IR_UBFE, {4, 8, 0x00000F00}, {0xF}},
    {SL_IR_UBFE, {0, 8, 0xFFFFFFFF}, {0}},
    {SL_IR_UBFE, {24, 16, 0xABCD0000}, {0xABCD}},
    {SL_IR_IBFE, {4, 8, 0x00000F00}, {0xFFFFFFFF}},
    {SL_IR_IBFE, {4, 8, 0x00000700}, {7}},
    {SL_IR_IBFE, {24, 16, 0xABCD0000}, {0xFFFFABCD}},
    {SL_IR_BFI, {8, 4, 0xAB, 0x12345678}, {0x12345AB8}},
    {SL_IR_BFI, {0, 4, 0xAB, 0x12345678}, {0x12345678}},
    {SL_IR_BFI, {31, 31, 1, 0}, {0x80000000}},
};

Test(shader_interp, operations_by_hand)
{
    bool seen[SL_IR_OP_COUNT] = {false};
    for (size_t i = 0; i < COUNT(operation_cases); i++) {
        const struct operation_case *c = &operation_cases[i];
        uint32_t in[SL_IR_SRCS] = {c->in[0], c->in[1], c->in[2], c->in[3]};
        uint32_t result[SL_IR_DSTS] = {0};
        sl_component_evaluate(c->op, in, result);
        seen[c->op] = true;
        for (unsigned k = 0; k < sl_ir_op_info(c->op)->dst_count; k++) {
            cr_assert_eq(result[k], c->out[k], "%s case %zu: result %u is %08x",
                         sl_ir_op_info(c->op)->name, i, k, result[k]);
        }
    }
    for (unsigned op = 0; op < SL_IR_OP_COUNT; op++) {
        cr_assert(seen[op] || !sl_component_has((enum sl_ir_op)op), "%s",
                  sl_ir_op_info((enum sl_ir_op)op)->name);
    }
}

Test(shader_interp, masks_swizzles_modifiers)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_src bits = sl_ir_bits(0x3F800000, 0xC0000000, 0x00000001, 0xFFC00001);
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, XYZW), bits);
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(1, 0xA), sl_ir_swizzled(bits, 3, 1, 0, 0));
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(2, XYZW), sl_ir_negated(sl_ir_magnitude(bits)));
    struct sl_ir_dst saturated = out(3, XYZW);
    saturated.saturate = true;
    sl_ir_append1(&rig->builder, SL_IR_MOV, saturated, bits);
    run(rig);
    static const uint32_t expected[4][4] = {
        {0x3F800000, 0xC0000000, 0x00000001, 0xFFC00001},
        {0, 0xC0000000, 0, 0x3F800000},
        {0xBF800000, 0xC0000000, 0x80000000, 0x7FC00000},
        {0x3F800000, 0, 0, 0},
    };
    for (unsigned reg = 0; reg < 4; reg++) {
        for (unsigned c = 0; c < 4; c++) {
            cr_assert_eq(rig->outputs[reg][c][5], expected[reg][c], "o%u[%u] is %08x", reg, c,
                         rig->outputs[reg][c][5]);
        }
    }
    destroy_rig(rig);
}

Test(shader_interp, both_results_are_written_after_all_reads)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    set(rig, temp(0, X), 17);
    set(rig, temp(1, X), 5);
    source(rig);
    struct sl_ir_insn *insn =
        sl_ir_append2(&rig->builder, SL_IR_UDIV, temp(0, X), of_temp(0), of_temp(1));
    insn->dst[1] = temp(1, X);
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, X), of_temp(0));
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, 2), sl_ir_component(of_temp(1), 0));
    insn = sl_ir_append2(&rig->builder, SL_IR_UDIV, out(1, X), sl_ir_word(17), sl_ir_word(5));
    insn->dst[1] = out(1, X);
    run(rig);
    cr_assert_eq(rig->outputs[0][0][0], 3);
    cr_assert_eq(rig->outputs[0][1][0], 2);
    cr_assert_eq(rig->outputs[1][0][0], 2, "the second result wins");
    destroy_rig(rig);
}

Test(shader_interp, dot_products_go_from_left_to_right)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    /* (2^24 + 1) + -2^24 is 0 in this order, and 1 in others. */
    struct sl_ir_src a = sl_ir_bits(0x4B800000, 0x3F800000, 0xCB800000, 0x3F800000);
    struct sl_ir_src one = sl_ir_float(1.0f);
    source(rig);
    sl_ir_append2(&rig->builder, SL_IR_DP2, out(0, X), a, one);
    sl_ir_append2(&rig->builder, SL_IR_DP3, out(1, XYZW), a, one);
    sl_ir_append2(&rig->builder, SL_IR_DP4, out(2, 8), a, one);
    run(rig);
    cr_assert_eq(rig->outputs[0][0][0], 0x4B800000);
    cr_assert_eq(rig->outputs[1][3][0], 0);
    cr_assert_eq(rig->outputs[2][3][0], 0x3F800000);
    destroy_rig(rig);
}

Test(shader_interp, derivatives_of_all_lanes_of_a_quad)
{
    struct rig *rig = new_rig(SL_IR_PIXEL);
    source(rig);
    struct sl_ir_src y = sl_ir_component(sl_ir_src(SL_IR_INPUT, 0), 1);
    sl_ir_append2(&rig->builder, SL_IR_MUL, temp(0, X), y, y); /* lane squared */
    flow_below(rig, SL_IR_IF, 3);                              /* lane 3 is not active */
    static const enum sl_ir_op ops[4] = {SL_IR_DDX_COARSE, SL_IR_DDX_FINE, SL_IR_DDY_COARSE,
                                         SL_IR_DDY_FINE};
    for (unsigned c = 0; c < 4; c++) {
        sl_ir_append1(&rig->builder, ops[c], out(0, 1u << c), sl_ir_component(of_temp(0), 0));
    }
    flow(rig, SL_IR_ENDIF);
    run(rig);
    static const float expected[4][3] = {{1, 1, 1}, {1, 1, 5}, {4, 4, 4}, {4, 8, 4}};
    for (unsigned c = 0; c < 4; c++) {
        for (unsigned lane = 0; lane < 3; lane++) {
            cr_assert_eq(sl_f32_from_bits(rig->outputs[0][c][lane]), expected[c][lane],
                         "derivative %u in lane %u", c, lane);
        }
        cr_assert_eq(rig->outputs[0][c][3], 0);
    }
    destroy_rig(rig);
}

Test(shader_interp, masked_lanes_compute_what_a_derivative_needs)
{
    struct rig *rig = new_rig(SL_IR_PIXEL);
    struct sl_ir_src y = sl_ir_component(sl_ir_src(SL_IR_INPUT, 0), 1);
    flow_below(rig, SL_IR_IF, 1);
    source(rig);
    sl_ir_append2(&rig->builder, SL_IR_ADD, temp(0, X), y, y);
    sl_ir_append2(&rig->builder, SL_IR_ADD, temp(1, X), y, y)->flags = SL_IR_FLAG_ALL_LANES;
    sl_ir_append1(&rig->builder, SL_IR_DDX_COARSE, out(0, X), of_temp(0));
    sl_ir_append1(&rig->builder, SL_IR_DDX_COARSE, out(0, 2), sl_ir_component(of_temp(1), 0));
    flow(rig, SL_IR_ENDIF);
    run(rig);
    cr_assert_eq(rig->outputs[0][0][0], 0);
    cr_assert_eq(rig->outputs[0][1][0], 0x40000000);
    cr_assert_eq(rig->outputs[0][1][1], 0);
    destroy_rig(rig);
}

/* ---- registers ---- */

Test(shader_interp, arrays_drop_what_is_out_of_range)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    uint16_t array = sl_ir_builder_array(&rig->builder, 4);
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, temp(1, X), lane_number());
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_ARRAY, array, X);
    dst.index[0] = (struct sl_ir_index){-2, true, 0, 1}; /* lanes 2..5 are inside */
    sl_ir_append1(&rig->builder, SL_IR_MOV, dst, sl_ir_word(7));
    struct sl_ir_src src = sl_ir_src(SL_IR_ARRAY, array);
    src.index[0] = (struct sl_ir_index){-2, true, 0, 1};
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, X), src);
    run(rig);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        uint32_t expected = lane >= 2 && lane < 6 ? 7 : 0;
        cr_assert_eq(rig->outputs[0][0][lane], expected, "lane %u", lane);
    }
    destroy_rig(rig);
}

Test(shader_interp, constants_clamp_or_read_zero)
{
    static const uint32_t rows[3][4] = {{10}, {11}, {12}};
    struct rig *rig = new_rig(SL_IR_VERTEX);
    rig->bindings.constants[2].rows = rows;
    rig->bindings.constants[2].row_count = 3;
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, temp(1, X), lane_number());
    struct sl_ir_src src = sl_ir_constant(2, -1);
    src.index[0].relative = true;
    src.index[0].temp = 1;
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, X), src);
    src.clamp = true;
    src.limit = 2;
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(1, X), src);
    src.limit = 5;
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(2, X), src);
    run(rig);
    static const uint32_t expected[3][6] = {
        {0, 10, 11, 12, 0, 0}, {10, 10, 11, 12, 12, 12}, {10, 10, 11, 12, 0, 0}};
    for (unsigned reg = 0; reg < 3; reg++) {
        for (unsigned lane = 0; lane < 6; lane++) {
            cr_assert_eq(rig->outputs[reg][0][lane], expected[reg][lane], "o%u lane %u", reg, lane);
        }
    }
    destroy_rig(rig);
}

Test(shader_interp, vertices_points_patches_tables)
{
    static const uint32_t records[6][4] = {{0}, {1}, {10}, {11}, {20}, {21}};
    static const uint32_t patch[1][4] = {{99}};
    static const uint32_t table[2][4] = {{5}, {6}};
    struct rig *rig = new_rig(SL_IR_DOMAIN);
    sl_ir_builder_table(&rig->builder, table[0], 2);
    rig->call.vertices = records;
    rig->call.vertex_count = 3;
    rig->call.vertex_stride = 2;
    rig->call.points = records;
    rig->call.point_count = 2;
    rig->call.point_stride = 1;
    rig->call.patch = patch;
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, temp(1, X), lane_number());
    static const enum sl_ir_file files[4] = {SL_IR_VERTEX_INPUT, SL_IR_POINT_OUTPUT, SL_IR_TABLE,
                                             SL_IR_PATCH};
    for (unsigned i = 0; i < 4; i++) {
        struct sl_ir_src src = sl_ir_src(files[i], 0);
        src.index[0].relative = files[i] != SL_IR_PATCH;
        src.index[0].temp = 1;
        src.index[1].base = files[i] == SL_IR_VERTEX_INPUT ? 1 : 0;
        sl_ir_append1(&rig->builder, SL_IR_MOV, out(i, X), src);
    }
    run(rig);
    static const uint32_t expected[4][4] = {
        {1, 11, 21, 0}, {0, 1, 0, 0}, {5, 6, 0, 0}, {99, 99, 99, 99}};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned lane = 0; lane < 4; lane++) {
            cr_assert_eq(rig->outputs[i][0][lane], expected[i][lane], "o%u lane %u", i, lane);
        }
    }
    destroy_rig(rig);
}

Test(shader_interp, system_values_and_indexed_outputs)
{
    static sl_register_lanes system[SL_IR_SYS_COUNT];
    struct rig *rig = new_rig(SL_IR_VERTEX);
    system[SL_IR_SYS_THREAD_INDEX][0][9] = 77;
    rig->call.system = (const sl_register_lanes *)system;
    sl_ir_builder_output(&rig->builder)->reg = 3;
    source(rig);
    sl_ir_append1(&rig->builder, SL_IR_MOV, temp(1, X), lane_number());
    struct sl_ir_dst dst = out(0, X);
    dst.index[0] = (struct sl_ir_index){1, true, 0, 1};
    struct sl_ir_src src = sl_ir_src(SL_IR_SYSTEM, SL_IR_SYS_THREAD_INDEX);
    sl_ir_append2(&rig->builder, SL_IR_IADD, dst, src, sl_ir_word(1));
    run(rig);
    for (unsigned reg = 0; reg < 4; reg++) {
        for (unsigned lane = 0; lane < 8; lane++) {
            cr_assert_eq(rig->outputs[reg][0][lane], reg == lane + 1, "o%u lane %u", reg, lane);
        }
    }
    cr_assert_eq(rig->outputs[0][0][9], 0);
    destroy_rig(rig);
}

Test(shader_interp, outputs_are_cleared_unless_kept)
{
    for (unsigned keep = 0; keep < 2; keep++) {
        struct rig *rig = new_rig(SL_IR_VERTEX);
        set(rig, out(0, 2), 1);
        memset(rig->outputs, 0xEE, sizeof(rig->outputs));
        rig->call.keep_outputs = keep;
        rig->call.lanes = 1;
        run(rig);
        cr_assert_eq(rig->outputs[0][1][0], 1);
        cr_assert_eq(rig->outputs[0][1][1], keep ? 0xEEEEEEEE : 0);
        cr_assert_eq(rig->outputs[0][0][0], keep ? 0xEEEEEEEE : 0);
        destroy_rig(rig);
    }
}

/* ---- control flow ---- */

static uint32_t by_if(uint32_t lane)
{
    return lane < 10 ? 1 : lane < 20 ? 20 : 30;
}

Test(shader_interp, branches)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    flow_below(rig, SL_IR_IF, 10);
    add_to(rig, 0, 1);
    flow(rig, SL_IR_ELSE);
    flow_below(rig, SL_IR_IF, 20);
    add_to(rig, 0, 20);
    flow(rig, SL_IR_ELSE);
    add_to(rig, 0, 30);
    flow(rig, SL_IR_ENDIF);
    flow(rig, SL_IR_ENDIF);
    check_result(rig, by_if);
    destroy_rig(rig);
}

/* Each lane stays for as many rounds as its number, and skips the odd ones. */
static uint32_t by_loop(uint32_t lane)
{
    return lane / 2 + 1000;
}

Test(shader_interp, loops_with_break_and_continue)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_builder *builder = &rig->builder;
    flow(rig, SL_IR_LOOP);
    source(rig);
    sl_ir_append2(builder, SL_IR_UGE, temp(7, X), of_temp(1), lane_number());
    sl_ir_append_condition(builder, SL_IR_BREAKC, of_temp(7), true);
    add_to(rig, 1, 1);
    source(rig);
    sl_ir_append2(builder, SL_IR_AND, temp(7, X), of_temp(1), sl_ir_word(1));
    sl_ir_append_condition(builder, SL_IR_IF, of_temp(7), true);
    flow(rig, SL_IR_CONTINUE);
    flow(rig, SL_IR_ENDIF);
    add_to(rig, 0, 1);
    flow(rig, SL_IR_ENDLOOP);
    add_to(rig, 0, 1000);
    check_result(rig, by_loop);
    cr_assert_eq(rig->call.capped, 0);
    destroy_rig(rig);
}

static uint32_t by_switch(uint32_t lane)
{
    static const uint32_t first[] = {1 + 2, 2, 4, 8, 8, 16};
    return lane < COUNT(first) ? first[lane] : 8;
}

Test(shader_interp, switches_fall_through_and_have_a_default_anywhere)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_builder *builder = &rig->builder;
    static const struct {
        uint32_t key; /* 99 = default */
        uint32_t added;
        bool leaves;
    } labels[] = {{0, 1, false}, {1, 2, true},  {2, 4, true},
                  {3, 0, false}, {99, 8, true}, {5, 16, true}};
    source(rig);
    sl_ir_append1(builder, SL_IR_MOV, temp(1, X), lane_number());
    sl_ir_append_condition(builder, SL_IR_SWITCH, of_temp(1), false);
    for (size_t i = 0; i < COUNT(labels); i++) {
        source(rig);
        if (labels[i].key == 99) {
            sl_ir_append(builder, SL_IR_DEFAULT);
        } else {
            sl_ir_append(builder, SL_IR_CASE)->src[0] = sl_ir_word(labels[i].key);
        }
        add_to(rig, 0, labels[i].added);
        set(rig, temp(1, X), 5); /* the key was taken before */
        if (labels[i].leaves) {
            flow(rig, SL_IR_BREAK);
        }
    }
    flow(rig, SL_IR_ENDSWITCH);
    check_result(rig, by_switch);
    destroy_rig(rig);
}

static uint32_t by_call(uint32_t lane)
{
    return (lane < 4 ? 10 : lane < 8 ? 1 : 0) + 100;
}

/* Lanes below 8 call; the function returns early from a loop for those from 4 on. */
Test(shader_interp, calls_return_from_inside_blocks)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_builder *builder = &rig->builder;
    flow_below(rig, SL_IR_CALLC, 8);
    builder->program->insns[builder->program->insn_count - 1].target = 3;
    add_to(rig, 0, 100);
    source(rig);
    sl_ir_append1(builder, SL_IR_MOV, out(0, X), of_temp(0));
    flow(rig, SL_IR_RET);
    source(rig);
    sl_ir_append(builder, SL_IR_LABEL)->target = 3;
    flow(rig, SL_IR_LOOP);
    source(rig);
    sl_ir_append2(builder, SL_IR_UGE, temp(7, X), lane_number(), sl_ir_word(4));
    sl_ir_append_condition(builder, SL_IR_IF, of_temp(7), true);
    add_to(rig, 0, 1);
    flow(rig, SL_IR_RET);
    flow(rig, SL_IR_ENDIF);
    add_to(rig, 0, 10);
    flow(rig, SL_IR_BREAK);
    flow(rig, SL_IR_ENDLOOP);
    flow(rig, SL_IR_RET);
    run(rig);
    for (uint32_t lane = 0; lane < SL_LANES; lane++) {
        cr_assert_eq(rig->outputs[0][0][lane], by_call(lane), "lane %u is %u", lane,
                     rig->outputs[0][0][lane]);
    }
    destroy_rig(rig);
}

Test(shader_interp, lanes_return_and_discard)
{
    struct rig *rig = new_rig(SL_IR_PIXEL);
    set(rig, out(0, X), 1);
    flow_below(rig, SL_IR_DISCARD, 5);
    flow_below(rig, SL_IR_RETC, 3);
    set(rig, out(0, X), 2);
    run(rig);
    cr_assert_eq(rig->call.discarded, 31);
    for (uint32_t lane = 0; lane < SL_LANES; lane++) {
        cr_assert_eq(rig->outputs[0][0][lane], lane < 3 ? 1 : 2, "lane %u", lane);
    }
    destroy_rig(rig);
}

Test(shader_interp, work_counts_active_lanes)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    rig->call.lanes = 0xFFFF;
    flow_below(rig, SL_IR_IF, 4); /* 2 for 16 lanes */
    add_to(rig, 0, 1);            /* 1 for 4 */
    flow(rig, SL_IR_ELSE);        /* 1 for 4 */
    add_to(rig, 0, 1);            /* 1 for 12 */
    add_to(rig, 0, 1);            /* 1 for 12 */
    flow(rig, SL_IR_ENDIF);       /* 1 for 12 */
    flow(rig, SL_IR_RET);         /* 1 for 16 */
    run(rig);
    cr_assert_eq(rig->call.work, 32 + 4 + 4 + 12 + 12 + 12 + 16);
    destroy_rig(rig);
}

/* A loop of 65535 rounds is good; those in it then are capped, the others go on. */
Test(shader_interp, loops_are_capped)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    struct sl_ir_builder *builder = &rig->builder;
    rig->call.lanes = 7;
    flow(rig, SL_IR_LOOP);
    add_to(rig, 0, 1);
    source(rig);
    sl_ir_append2(builder, SL_IR_IADD, temp(1, X), of_temp(0), lane_number());
    sl_ir_append2(builder, SL_IR_UGE, temp(1, X), of_temp(1), sl_ir_word(65536));
    sl_ir_append_condition(builder, SL_IR_BREAKC, of_temp(1), true);
    flow(rig, SL_IR_ENDLOOP);
    source(rig);
    sl_ir_append1(builder, SL_IR_MOV, out(0, X), of_temp(0));
    run_lanes(rig, 3);
    cr_assert_eq(rig->call.capped, 1);
    cr_assert_eq(rig->outputs[0][0][0], 0);
    cr_assert_eq(rig->outputs[0][0][1], 65535);
    cr_assert_eq(rig->outputs[0][0][2], 65534);
    destroy_rig(rig);
}

Test(shader_interp, instructions_are_capped)
{
    struct rig *rig = new_rig(SL_IR_VERTEX);
    rig->call.lanes = 3;
    flow(rig, SL_IR_LOOP); /* executes once; the inner rounds cost 2 */
    flow_below(rig, SL_IR_BREAKC, 1);
    flow(rig, SL_IR_LOOP);
    add_to(rig, 0, 1);
    source(rig);
    sl_ir_append2(&rig->builder, SL_IR_UGE, temp(1, X), of_temp(0), sl_ir_word(60000));
    sl_ir_append_condition(&rig->builder, SL_IR_BREAKC, of_temp(1), true);
    flow(rig, SL_IR_ENDLOOP);
    set(rig, temp(0, X), 0);
    flow(rig, SL_IR_ENDLOOP);
    set(rig, out(0, X), 1);
    run_lanes(rig, 2);
    cr_assert_eq(rig->call.capped, 2);
    cr_assert_eq(rig->outputs[0][0][0], 1);
    cr_assert_eq(rig->outputs[0][0][1], 0);
    /* Lane 0: LOOP, ULT, BREAKC, MOV, RET. */
    cr_assert_eq(rig->call.work, SL_SHADER_CAP + 4);
    destroy_rig(rig);
}

/* ---- geometry and compute ---- */

struct strip {
    unsigned vertices;
    unsigned cuts;
    uint32_t last;
};

static void emit(void *data, const sl_register_lanes *outputs)
{
    struct strip *strip = data;
    strip->vertices++;
    strip->last = outputs[0][0][0];
}

static void cut(void *data)
{
    struct strip *strip = data;
    strip->cuts++;
}

Test(shader_interp, geometry_emits)
{
    struct strip strip = {0, 0, 0};
    struct rig *rig = new_rig(SL_IR_GEOMETRY);
    rig->call.lanes = 1;
    rig->call.emit = emit;
    rig->call.cut = cut;
    rig->call.data = &strip;
    set(rig, out(0, X), 4);
    flow(rig, SL_IR_EMIT);
    flow(rig, SL_IR_CUT);
    flow_below(rig, SL_IR_IF, 0);
    flow(rig, SL_IR_EMIT);
    flow(rig, SL_IR_ENDIF);
    set(rig, out(0, X), 5);
    flow(rig, SL_IR_EMIT);
    run_lanes(rig, 1);
    cr_assert_eq(strip.vertices, 2);
    cr_assert_eq(strip.cuts, 1);
    cr_assert_eq(strip.last, 5);
    destroy_rig(rig);
}

Test(shader_interp, threads_stop_at_barriers)
{
    struct rig *rig = new_rig(SL_IR_COMPUTE);
    rig->call.lanes = 1;
    set(rig, temp(0, X), 3);
    source(rig);
    sl_ir_append(&rig->builder, SL_IR_SYNC);
    sl_ir_append(&rig->builder, SL_IR_SYNC)->flags = SL_IR_FLAG_BARRIER;
    flow_below(rig, SL_IR_IF, 0);
    sl_ir_append(&rig->builder, SL_IR_SYNC)->flags = SL_IR_FLAG_BARRIER;
    flow(rig, SL_IR_ENDIF);
    sl_ir_append1(&rig->builder, SL_IR_MOV, out(0, X), of_temp(0));
    complete(rig);
    struct sl_machine *machine = sl_machine_create(rig->program, 1);
    cr_assert(machine);
    cr_assert_not(sl_interp_start(machine, &rig->call));
    cr_assert_eq(rig->outputs[0][0][0], 0);
    cr_assert(sl_interp_resume(machine, &rig->call));
    cr_assert_eq(rig->outputs[0][0][0], 3);
    cr_assert_geq(sl_machine_size(rig->program, 2), sl_machine_size(rig->program, 1));
    sl_machine_destroy(machine);
    fail_alloc_arm(1);
    machine = sl_machine_create(rig->program, 1);
    cr_assert(fail_alloc_disarm());
    cr_assert_null(machine);
    destroy_rig(rig);
}
