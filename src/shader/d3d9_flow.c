#include "shader/d3d9_lower.h"

static void add(struct sl_d3d9_lower *lower, enum sl_ir_op op, struct sl_ir_dst dst,
                struct sl_ir_src a, struct sl_ir_src b)
{
    sl_ir_append2(&lower->builder, op, dst, a, b);
}

static struct sl_ir_dst temp(unsigned reg, unsigned mask)
{
    return sl_ir_dst(SL_IR_TEMP, reg, mask);
}

static struct sl_ir_src scalar(unsigned reg, unsigned component)
{
    return sl_ir_component(sl_ir_src(SL_IR_TEMP, reg), component);
}

/* Component of i#. */
static struct sl_ir_src count_constant(struct sl_d3d9_lower *lower,
                                       const struct sl_d3d9_operand *operand, unsigned component)
{
    if (operand->type != SL_D3D9_REG_CONSTINT || operand->relative ||
        operand->modifier != SL_D3D9_MOD_NONE) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "a loop takes its count from something else than i#");
        return sl_ir_word(0);
    }
    struct sl_ir_src src = sl_ir_constant(SL_D3D9_BUFFER_INT, operand->number);
    return sl_ir_component(src, operand->swizzle[component]);
}

/* ---- loops ---- */

/*
 * Functions never recur, so a temp for each function and depth is enough: the loops of one are
 * never open twice.
 */
static struct sl_d3d9_loop *open_loop(struct sl_d3d9_lower *lower)
{
    if (lower->loop_depth == SL_SHADER_NESTING) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "control flow nests too deep");
        return NULL;
    }
    if (lower->loop_depth == lower->loop_temp_count) {
        lower->loop_temps[lower->loop_temp_count++] = sl_ir_builder_keep(&lower->builder);
    }
    struct sl_d3d9_loop *loop = &lower->loops[lower->loop_depth];
    loop->temp = lower->loop_temps[lower->loop_depth++];
    return loop;
}

/* Leaves the loop when no iteration is left. */
static void break_at_zero(struct sl_d3d9_lower *lower, const struct sl_d3d9_loop *loop)
{
    sl_ir_append_condition(&lower->builder, SL_IR_BREAKC, scalar(loop->temp, 0), false);
}

static void start_counted(struct sl_d3d9_lower *lower, const struct sl_d3d9_loop *loop,
                          int32_t limit)
{
    struct sl_ir_dst left = temp(loop->temp, 0x1);
    add(lower, SL_IR_IMAX, left, count_constant(lower, &loop->count, 0), sl_ir_word(0));
    add(lower, SL_IR_IMIN, left, scalar(loop->temp, 0), sl_ir_word((uint32_t)limit));
    sl_ir_append(&lower->builder, SL_IR_LOOP);
    break_at_zero(lower, loop);
    add(lower, SL_IR_IADD, left, scalar(loop->temp, 0), sl_ir_word(UINT32_MAX));
}

/* The range form: on while aL has not passed the end in the direction of the step. */
static void start_range(struct sl_d3d9_lower *lower, const struct sl_d3d9_loop *loop)
{
    sl_ir_append(&lower->builder, SL_IR_LOOP);
    struct sl_ir_src address = scalar(SL_D3D9_TEMP_AL, 0);
    struct sl_ir_src end = count_constant(lower, &loop->count, 1);
    struct sl_ir_src step = count_constant(lower, &loop->count, 2);
    add(lower, SL_IR_ILT, temp(loop->temp, 0x1), end, address);
    add(lower, SL_IR_ILT, temp(loop->temp, 0x4), address, end);
    add(lower, SL_IR_ILT, temp(loop->temp, 0x8), step, sl_ir_word(0));
    sl_ir_append3(&lower->builder, SL_IR_MOVC, temp(loop->temp, 0x1), scalar(loop->temp, 3),
                  scalar(loop->temp, 2), scalar(loop->temp, 0));
    sl_ir_append_condition(&lower->builder, SL_IR_BREAKC, scalar(loop->temp, 0), true);
}

static void lower_loop(struct sl_d3d9_lower *lower)
{
    struct sl_d3d9_loop *loop = open_loop(lower);
    if (loop == NULL) {
        return;
    }
    bool range = lower->options->d3d9_loop_range;
    loop->has_address = true;
    loop->count = lower->insn->src[1];
    if (lower->insn->src[0].type != SL_D3D9_REG_LOOP) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "the first operand of loop is not aL");
    }
    sl_ir_append1(&lower->builder, SL_IR_MOV, temp(loop->temp, 0x2), scalar(SL_D3D9_TEMP_AL, 0));
    sl_ir_append1(&lower->builder, SL_IR_MOV, temp(SL_D3D9_TEMP_AL, 0x1),
                  count_constant(lower, &loop->count, range ? 0 : 1));
    if (range) {
        start_range(lower, loop);
    } else {
        start_counted(lower, loop, 255);
    }
}

static void lower_rep(struct sl_d3d9_lower *lower)
{
    struct sl_d3d9_loop *loop = open_loop(lower);
    if (loop != NULL) {
        loop->has_address = false;
        loop->count = lower->insn->src[0];
        start_counted(lower, loop, INT32_MAX);
    }
}

static void restore_address(struct sl_d3d9_lower *lower, const struct sl_d3d9_loop *loop)
{
    sl_ir_append1(&lower->builder, SL_IR_MOV, temp(SL_D3D9_TEMP_AL, 0x1), scalar(loop->temp, 1));
}

/* The count is looked at here too, so that a loop of as many iterations as are allowed ends. */
static void lower_end_of_loop(struct sl_d3d9_lower *lower)
{
    bool has_address = lower->insn->op == SL_D3D9_ENDLOOP;
    if (lower->loop_depth == 0 || lower->loops[lower->loop_depth - 1].has_address != has_address) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "end of a loop without its start");
        return;
    }
    const struct sl_d3d9_loop *loop = &lower->loops[--lower->loop_depth];
    if (has_address) {
        add(lower, SL_IR_IADD, temp(SL_D3D9_TEMP_AL, 0x1), scalar(SL_D3D9_TEMP_AL, 0),
            count_constant(lower, &loop->count, 2));
    }
    if (!has_address || !lower->options->d3d9_loop_range) {
        break_at_zero(lower, loop);
    }
    sl_ir_append(&lower->builder, SL_IR_ENDLOOP);
    if (has_address) {
        restore_address(lower, loop);
    }
}

/* ---- conditions ---- */

static struct sl_ir_src compared(struct sl_d3d9_lower *lower)
{
    struct sl_ir_src a = sl_d3d9_source(lower, &lower->insn->src[0]);
    struct sl_ir_src b = sl_d3d9_source(lower, &lower->insn->src[1]);
    struct sl_ir_dst mask = sl_d3d9_scratch(lower, 0x1);
    sl_d3d9_compare(lower, mask, a, b);
    return sl_ir_component(sl_d3d9_read(mask), 0);
}

static void lower_compared(struct sl_d3d9_lower *lower)
{
    enum sl_ir_op op = lower->insn->op == SL_D3D9_IFC ? SL_IR_IF : SL_IR_BREAKC;
    struct sl_ir_src condition = compared(lower);
    sl_ir_append_condition(&lower->builder, op, condition, true);
}

static void lower_condition(struct sl_d3d9_lower *lower)
{
    bool nonzero;
    struct sl_ir_src condition = sl_d3d9_condition(lower, &lower->insn->src[0], &nonzero);
    enum sl_ir_op op = lower->insn->op == SL_D3D9_IF ? SL_IR_IF : SL_IR_BREAKC;
    sl_ir_append_condition(&lower->builder, op, condition, nonzero);
}

static void lower_setp(struct sl_d3d9_lower *lower)
{
    if (lower->insn->dst.type != SL_D3D9_REG_PREDICATE) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "setp writes something else than p0");
        return;
    }
    struct sl_ir_src a = sl_d3d9_source(lower, &lower->insn->src[0]);
    struct sl_ir_src b = sl_d3d9_source(lower, &lower->insn->src[1]);
    struct sl_d3d9_result result = sl_d3d9_begin_result(lower, false, true);
    sl_d3d9_compare(lower, result.dst, a, b);
    sl_d3d9_end_result(lower, &result);
}

static void lower_else(struct sl_d3d9_lower *lower)
{
    sl_ir_append(&lower->builder, SL_IR_ELSE);
}

static void lower_endif(struct sl_d3d9_lower *lower)
{
    sl_ir_append(&lower->builder, SL_IR_ENDIF);
}

static void lower_break(struct sl_d3d9_lower *lower)
{
    sl_ir_append(&lower->builder, SL_IR_BREAK);
}

/* ---- functions ---- */

static uint32_t label_number(struct sl_d3d9_lower *lower)
{
    if (lower->insn->src[0].type != SL_D3D9_REG_LABEL) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "a label operand is no label");
    }
    return lower->insn->src[0].number;
}

static void lower_call(struct sl_d3d9_lower *lower)
{
    uint32_t label = label_number(lower);
    sl_ir_append(&lower->builder, SL_IR_CALL)->target = label;
}

static void lower_callnz(struct sl_d3d9_lower *lower)
{
    uint32_t label = label_number(lower);
    bool nonzero;
    struct sl_ir_src condition = sl_d3d9_condition(lower, &lower->insn->src[1], &nonzero);
    sl_ir_append_condition(&lower->builder, SL_IR_CALLC, condition, nonzero)->target = label;
}

static void lower_label(struct sl_d3d9_lower *lower)
{
    uint32_t label = label_number(lower);
    sl_ir_append(&lower->builder, SL_IR_LABEL)->target = label;
    lower->loop_depth = 0;
    lower->loop_temp_count = 0;
}

/* A function that returns out of its loops leaves aL as its caller had it. */
static void lower_ret(struct sl_d3d9_lower *lower)
{
    for (uint32_t i = 0; i < lower->loop_depth; i++) {
        if (lower->loops[i].has_address) {
            restore_address(lower, &lower->loops[i]);
            break;
        }
    }
    sl_ir_append(&lower->builder, SL_IR_RET);
}

static const struct {
    enum sl_d3d9_op op;
    void (*lower)(struct sl_d3d9_lower *lower);
} handlers[] = {
    {SL_D3D9_CALL, lower_call},
    {SL_D3D9_CALLNZ, lower_callnz},
    {SL_D3D9_LOOP, lower_loop},
    {SL_D3D9_RET, lower_ret},
    {SL_D3D9_ENDLOOP, lower_end_of_loop},
    {SL_D3D9_LABEL, lower_label},
    {SL_D3D9_REP, lower_rep},
    {SL_D3D9_ENDREP, lower_end_of_loop},
    {SL_D3D9_IF, lower_condition},
    {SL_D3D9_IFC, lower_compared},
    {SL_D3D9_ELSE, lower_else},
    {SL_D3D9_ENDIF, lower_endif},
    {SL_D3D9_BREAK, lower_break},
    {SL_D3D9_BREAKC, lower_compared},
    {SL_D3D9_BREAKP, lower_condition},
    {SL_D3D9_SETP, lower_setp},
};

bool sl_d3d9_lower_flow(struct sl_d3d9_lower *lower)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].op == lower->insn->op) {
            handlers[i].lower(lower);
            return true;
        }
    }
    return false;
}
