/* Control flow, predicates, geometry output and the phases of hull programs in SM4 and SM5. */
#include "shader/sm4_lowering.h"

static const struct sl_sm4_operand *operand_at(struct sl_sm4_lowering *low, size_t index)
{
    static const struct sl_sm4_operand none = {.type = SL_SM4_REG_NULL};
    return index < low->insn->operand_count ? &low->insn->operands[index] : &none;
}

/* ---- conditions ---- */

/* Aero's comparison of two floats, as a mask in component x. */
static struct sl_ir_src compared(struct sl_sm4_lowering *low)
{
    static const struct {
        bool known;
        bool swapped;
        uint16_t op;
    } codes[] = {
        [2] = {true, false, SL_IR_EQ}, [3] = {true, false, SL_IR_NE}, [4] = {true, true, SL_IR_LT},
        [5] = {true, false, SL_IR_GE}, [6] = {true, false, SL_IR_LT}, [7] = {true, true, SL_IR_GE},
    };
    unsigned code = low->insn->compare;
    struct sl_ir_src result;
    struct sl_ir_dst dst = sl_sm4_scratch(low, 1, &result);
    if (code >= sizeof(codes) / sizeof(codes[0]) || !codes[code].known) {
        sl_sm4_refuse(low, SL_IR_BAD, "an unknown comparison %u", code);
        return result;
    }
    struct sl_ir_src a = sl_sm4_src_at(low, 0, SL_IR_KIND_FLOAT);
    struct sl_ir_src b = sl_sm4_src_at(low, 1, SL_IR_KIND_FLOAT);
    sl_ir_append2(&low->builder, (enum sl_ir_op)codes[code].op, dst, codes[code].swapped ? b : a,
                  codes[code].swapped ? a : b);
    return result;
}

/* The operation with its condition: one operand that is zero or not, or two that are compared. */
static void lower_conditional(struct sl_sm4_lowering *low, enum sl_ir_op op)
{
    bool compares = low->aero && low->insn->operand_count == 2;
    struct sl_ir_src condition = compares ? compared(low) : sl_sm4_src_at(low, 0, SL_IR_KIND_INT);
    sl_ir_append_condition(&low->builder, op, condition, compares || low->insn->test_nonzero);
}

void sl_sm4_open_predicate(struct sl_sm4_lowering *low)
{
    const struct sl_sm4_operand *predicate = &low->insn->predicate;
    struct sl_sm4_operand plain = *predicate;
    plain.negate = false;
    struct sl_ir_src condition = sl_sm4_src(low, &plain, SL_IR_KIND_INT);
    sl_ir_append_condition(&low->builder, SL_IR_IF, condition, !predicate->negate);
}

void sl_sm4_close_predicate(struct sl_sm4_lowering *low)
{
    sl_ir_append(&low->builder, SL_IR_ENDIF);
}

/* clip: true if any component is below zero. */
static void lower_clip(struct sl_sm4_lowering *low)
{
    struct sl_ir_src below;
    struct sl_ir_dst dst = sl_sm4_scratch(low, 0xF, &below);
    struct sl_ir_src value = sl_sm4_src_at(low, 0, SL_IR_KIND_FLOAT);
    sl_ir_append2(&low->builder, SL_IR_LT, dst, value, sl_ir_word(0));
    dst.mask = 3;
    sl_ir_append2(&low->builder, SL_IR_OR, dst, below, sl_ir_swizzled(below, 2, 3, 2, 3));
    dst.mask = 1;
    sl_ir_append2(&low->builder, SL_IR_OR, dst, below, sl_ir_component(below, 1));
    sl_ir_append_condition(&low->builder, SL_IR_DISCARD, below, true);
}

/* ---- functions ---- */

static uint32_t label_at(struct sl_sm4_lowering *low, size_t index)
{
    return sl_sm4_slot(low, operand_at(low, index), SL_SM4_REG_LABEL, UINT16_MAX);
}

static void lower_label(struct sl_sm4_lowering *low)
{
    uint32_t number = label_at(low, 0);
    sl_ir_append(&low->builder, SL_IR_LABEL)->target = number;
}

static void lower_call(struct sl_sm4_lowering *low)
{
    uint32_t number = label_at(low, 0);
    sl_ir_append(&low->builder, SL_IR_CALL)->target = number;
}

static void lower_call_if(struct sl_sm4_lowering *low)
{
    uint32_t number = label_at(low, 1);
    struct sl_ir_src condition = sl_sm4_src_at(low, 0, SL_IR_KIND_INT);
    sl_ir_append_condition(&low->builder, SL_IR_CALLC, condition, low->insn->test_nonzero)->target =
        number;
}

/* ---- switches ---- */

static void lower_switch(struct sl_sm4_lowering *low)
{
    struct sl_ir_src value = sl_sm4_src_at(low, 0, SL_IR_KIND_INT);
    sl_ir_append(&low->builder, SL_IR_SWITCH)->src[0] = value;
}

static void lower_case(struct sl_sm4_lowering *low)
{
    if (operand_at(low, 0)->type != SL_SM4_REG_IMMEDIATE32) {
        sl_sm4_refuse(low, SL_IR_BAD, "a case is no literal");
        return;
    }
    struct sl_ir_src value = sl_sm4_src_at(low, 0, SL_IR_KIND_INT);
    sl_ir_append(&low->builder, SL_IR_CASE)->src[0] = value;
}

/* ---- geometry ---- */

/* Only stream 0 is drawn; the others are refused when the program is created. */
static bool names_other_stream(const struct sl_sm4_insn *insn)
{
    if (insn->operand_count == 0) {
        return false;
    }
    const struct sl_sm4_operand *operand = &insn->operands[0];
    if (operand->type == SL_SM4_REG_IMMEDIATE32) {
        return operand->immediate[0] != 0;
    }
    return operand->index_count > 0 && operand->index[0].immediate != 0;
}

static void lower_emission(struct sl_sm4_lowering *low, bool emits, bool cuts)
{
    if (low->program->stage != SL_IR_GEOMETRY) {
        sl_sm4_refuse(low, SL_IR_BAD, "emit or cut outside a geometry program");
        return;
    }
    if (names_other_stream(low->insn)) {
        sl_sm4_refuse(low, SL_IR_WRONG_STREAM, "output to a stream other than 0");
        return;
    }
    if (emits) {
        sl_ir_append(&low->builder, SL_IR_EMIT);
    }
    if (cuts) {
        sl_ir_append(&low->builder, SL_IR_CUT);
    }
}

static void lower_sync(struct sl_sm4_lowering *low)
{
    uint32_t threads = low->aero ? 4 : 1;
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, SL_IR_SYNC);
    if ((low->insn->control & threads) != 0) {
        insn->flags |= SL_IR_FLAG_BARRIER;
        if (low->program->stage != SL_IR_COMPUTE) {
            sl_sm4_refuse(low, SL_IR_BAD, "a barrier outside a compute program");
        }
    }
}

/* ---- hull phases ---- */

static void pass_points_on(struct sl_sm4_lowering *low)
{
    uint16_t temp = sl_ir_builder_scratch(&low->builder);
    sl_ir_append1(&low->builder, SL_IR_MOV, sl_ir_dst(SL_IR_TEMP, temp, 1),
                  sl_ir_component(sl_ir_src(SL_IR_SYSTEM, SL_IR_SYS_OUTPUT_POINT_ID), 0));
    for (uint32_t i = 0; i < low->program->output_element_count; i++) {
        struct sl_ir_element element = low->program->outputs[i];
        struct sl_ir_src point = sl_ir_src(SL_IR_VERTEX_INPUT, 0);
        point.index[0] = (struct sl_ir_index){.relative = true, .temp = temp};
        point.index[1].base = element.reg;
        sl_ir_append1(&low->builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, element.reg, element.mask),
                      point);
    }
    sl_ir_append(&low->builder, SL_IR_RET);
}

void sl_sm4_start_phase(struct sl_sm4_lowering *low, enum sl_sm4_phase phase)
{
    enum { PHASES_MAX = 128 };
    static const enum sl_ir_phase_kind kinds[] = {
        [SL_SM4_WHOLE] = SL_IR_PHASE_CONTROL_POINT,
        [SL_SM4_CONTROL_POINTS] = SL_IR_PHASE_CONTROL_POINT,
        [SL_SM4_FORK] = SL_IR_PHASE_FORK,
        [SL_SM4_JOIN] = SL_IR_PHASE_JOIN,
    };
    if (low->program->stage != SL_IR_HULL || low->nesting != 0 || phase < low->phase ||
        low->program->phase_count >= PHASES_MAX ||
        (phase == SL_SM4_CONTROL_POINTS && low->phase != SL_SM4_WHOLE)) {
        sl_sm4_refuse(low, SL_IR_BAD, "a phase out of place");
        return;
    }
    if (low->phase == SL_SM4_WHOLE && phase != SL_SM4_CONTROL_POINTS) {
        sl_ir_builder_phase(&low->builder, SL_IR_PHASE_CONTROL_POINT, 1);
        pass_points_on(low);
    }
    low->phase = phase;
    sl_ir_builder_phase(&low->builder, kinds[phase], 1);
}

static void count_instances(struct sl_sm4_lowering *low, enum sl_sm4_phase phase)
{
    enum { INSTANCES_MAX = 128 }; /* a patch has as many constants */
    uint32_t count = low->insn->extra[0];
    if (low->phase != phase || count == 0 || count > INSTANCES_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "a phase out of place or of %lu instances",
                      (unsigned long)count);
    } else if (low->program->phase_count > 0) {
        low->program->phases[low->program->phase_count - 1].instance_count = count;
    }
}

static bool lower_phase(struct sl_sm4_lowering *low)
{
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_HS_CONTROL_POINT_PHASE:
        sl_sm4_start_phase(low, SL_SM4_CONTROL_POINTS);
        return true;
    case SL_SM4_HS_FORK_PHASE:
        sl_sm4_start_phase(low, SL_SM4_FORK);
        return true;
    case SL_SM4_HS_JOIN_PHASE:
        sl_sm4_start_phase(low, SL_SM4_JOIN);
        return true;
    case SL_SM4_DCL_HS_FORK_PHASE_INSTANCE_COUNT:
        count_instances(low, SL_SM4_FORK);
        return true;
    case SL_SM4_DCL_HS_JOIN_PHASE_INSTANCE_COUNT:
        count_instances(low, SL_SM4_JOIN);
        return true;
    default:
        return false;
    }
}

/* ---- */

static bool lower_block(struct sl_sm4_lowering *low)
{
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_IF:
    case SL_SM4_AERO_IFC:
        lower_conditional(low, SL_IR_IF);
        low->nesting++;
        return true;
    case SL_SM4_ELSE:
        sl_ir_append(&low->builder, SL_IR_ELSE);
        return true;
    case SL_SM4_LOOP:
        sl_ir_append(&low->builder, SL_IR_LOOP);
        low->nesting++;
        return true;
    case SL_SM4_SWITCH:
        lower_switch(low);
        low->nesting++;
        return true;
    case SL_SM4_CASE:
        lower_case(low);
        return true;
    case SL_SM4_DEFAULT:
        sl_ir_append(&low->builder, SL_IR_DEFAULT);
        return true;
    default:
        break;
    }
    enum sl_ir_op op = SL_IR_ENDIF;
    if (low->insn->op == SL_SM4_ENDLOOP) {
        op = SL_IR_ENDLOOP;
    } else if (low->insn->op == SL_SM4_ENDSWITCH) {
        op = SL_IR_ENDSWITCH;
    } else if (low->insn->op != SL_SM4_ENDIF) {
        return false;
    }
    sl_ir_append(&low->builder, op);
    low->nesting -= low->nesting > 0;
    return true;
}

static bool lower_jump(struct sl_sm4_lowering *low)
{
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_BREAK:
        sl_ir_append(&low->builder, SL_IR_BREAK);
        return true;
    case SL_SM4_BREAKC:
        lower_conditional(low, SL_IR_BREAKC);
        return true;
    case SL_SM4_CONTINUE:
        sl_ir_append(&low->builder, SL_IR_CONTINUE);
        return true;
    case SL_SM4_CONTINUEC:
        lower_conditional(low, SL_IR_CONTINUEC);
        return true;
    case SL_SM4_RET:
        sl_ir_append(&low->builder, SL_IR_RET);
        return true;
    case SL_SM4_RETC:
        lower_conditional(low, SL_IR_RETC);
        return true;
    case SL_SM4_LABEL:
        lower_label(low);
        return true;
    case SL_SM4_CALL:
        lower_call(low);
        return true;
    case SL_SM4_CALLC:
        lower_call_if(low);
        return true;
    default:
        return false;
    }
}

bool sl_sm4_lower_flow(struct sl_sm4_lowering *low)
{
    if (lower_block(low) || lower_jump(low) || lower_phase(low)) {
        return true;
    }
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_NOP:
        return true;
    case SL_SM4_DISCARD:
        lower_conditional(low, SL_IR_DISCARD);
        return true;
    case SL_SM4_AERO_CLIP:
        lower_clip(low);
        return true;
    case SL_SM4_EMIT:
    case SL_SM4_EMIT_STREAM:
        lower_emission(low, true, false);
        return true;
    case SL_SM4_CUT:
    case SL_SM4_CUT_STREAM:
        lower_emission(low, false, true);
        return true;
    case SL_SM4_EMIT_THEN_CUT:
    case SL_SM4_EMIT_THEN_CUT_STREAM:
        lower_emission(low, true, true);
        return true;
    case SL_SM4_SYNC:
        lower_sync(low);
        return true;
    default:
        return false;
    }
}
