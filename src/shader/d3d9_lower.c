#include "shader/d3d9_lower.h"

#include "shader/translate.h"

void sl_d3d9_refuse(struct sl_d3d9_lower *lower, enum sl_ir_verdict verdict, const char *reason)
{
    if (lower->verdict != SL_IR_OK) {
        return;
    }
    lower->verdict = sl_ir_refuse(verdict, lower->message, lower->message_size, "word %u: %s",
                                  lower->insn != NULL ? lower->insn->offset : 0, reason);
}

/* Nothing happens when they run. */
static bool is_silent(enum sl_d3d9_op op)
{
    return op == SL_D3D9_NOP || op == SL_D3D9_COMMENT || op == SL_D3D9_DCL || op == SL_D3D9_DEF ||
           op == SL_D3D9_DEFI || op == SL_D3D9_DEFB || op == SL_D3D9_PHASE;
}

static void lower_insn(struct sl_d3d9_lower *lower, const struct sl_d3d9_insn *insn)
{
    lower->insn = insn;
    if (is_silent(insn->op)) {
        return;
    }
    sl_ir_builder_source(&lower->builder, insn->offset);
    struct sl_d3d9_result result;
    if (sl_d3d9_lower_arithmetic(lower, false, &result)) {
        sl_d3d9_end_result(lower, &result);
        return;
    }
    if (!sl_d3d9_lower_flow(lower) && !sl_d3d9_lower_matrix(lower) &&
        !sl_d3d9_lower_sampling(lower) && !sl_d3d9_lower_sm1_texture(lower)) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "the instruction does not belong to this version");
    }
}

/*
 * Two instructions at once: both read before either writes. The second is computed first, and
 * written last.
 */
static bool lower_pair(struct sl_d3d9_lower *lower, const struct sl_d3d9_insn *first,
                       const struct sl_d3d9_insn *second)
{
    if (!second->coissue || is_silent(first->op) || is_silent(second->op)) {
        return false;
    }
    struct sl_d3d9_result late;
    lower->insn = second;
    sl_ir_builder_source(&lower->builder, second->offset);
    if (!sl_d3d9_lower_arithmetic(lower, true, &late)) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "an instruction cannot run together with another");
        return true;
    }
    lower->insn = first;
    lower->builder.source_offset = first->offset;
    lower->builder.cost = 1;
    struct sl_d3d9_result early;
    if (!sl_d3d9_lower_arithmetic(lower, false, &early)) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "an instruction cannot run together with another");
        return true;
    }
    sl_d3d9_end_result(lower, &early);
    lower->insn = second;
    lower->builder.source_offset = second->offset;
    sl_d3d9_end_result(lower, &late);
    return true;
}

static void lower_insns(struct sl_d3d9_lower *lower)
{
    const struct sl_d3d9_program *source = lower->source;
    for (size_t i = 0; i < source->insn_count && lower->verdict == SL_IR_OK; i++) {
        bool has_next = i + 1 < source->insn_count;
        if (has_next && lower_pair(lower, &source->insns[i], &source->insns[i + 1])) {
            i++;
        } else {
            lower_insn(lower, &source->insns[i]);
        }
    }
    if (lower->sm1_pixel) {
        struct sl_ir_dst color = sl_ir_dst(SL_IR_OUTPUT, 0, 0xF);
        sl_ir_append1(&lower->builder, SL_IR_MOV, color, sl_ir_src(SL_IR_TEMP, 0));
    }
}

enum sl_ir_verdict sl_ir_from_d3d9(const struct sl_d3d9_program *source,
                                   const struct sl_ir_options *options,
                                   struct sl_ir_program **program, char *message,
                                   size_t message_size)
{
    struct sl_d3d9_lower lower = {
        .source = source,
        .options = options,
        .sm1_pixel = source->is_pixel && source->major < 2,
        .message = message,
        .message_size = message_size,
    };
    enum sl_ir_stage stage = source->is_pixel ? SL_IR_PIXEL : SL_IR_VERTEX;
    sl_ir_builder_start(&lower.builder, stage, SL_IR_D3D9, source->major, source->minor);
    sl_ir_builder_reserve(&lower.builder, SL_D3D9_TEMPS);
    sl_d3d9_lower_interface(&lower);
    lower_insns(&lower);
    enum sl_ir_verdict verdict = lower.verdict;
    if (verdict == SL_IR_OK) {
        verdict = sl_ir_builder_complete(&lower.builder, program, message, message_size);
    }
    sl_ir_builder_finish(&lower.builder);
    return verdict;
}
