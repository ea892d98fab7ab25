#include "shader/ir_facts.h"

#include "shader/ir_builder.h"

#include <stdlib.h>
#include <string.h>

/*
 * Which components of temps may hold a NaN that arithmetic made, as far as it is known: now for the
 * operations in a row, ever for where control flow meets.
 */
struct taint {
    uint8_t *now; /* mask for each temp */
    uint8_t *ever;
    uint32_t count;
};

struct survey {
    struct sl_ir_program *program;
    struct taint taint;
    const char *why;
};

/* ---- registers ---- */

static void raise(uint32_t *count, uint32_t reg)
{
    if (*count <= reg) {
        *count = reg + 1;
    }
}

static bool check_register(struct survey *survey, enum sl_ir_file file, uint32_t reg)
{
    struct sl_ir_program *program = survey->program;
    switch (file) {
    case SL_IR_TEMP:
        raise(&program->temp_count, reg);
        return reg < SL_IR_TEMPS_MAX;
    case SL_IR_ARRAY:
        return reg < program->array_count;
    case SL_IR_INPUT:
        raise(&program->input_count, reg);
        return reg < SL_IR_REGISTERS_MAX;
    case SL_IR_OUTPUT:
        raise(&program->output_count, reg);
        return reg < SL_IR_REGISTERS_MAX;
    case SL_IR_SYSTEM:
        return reg < SL_IR_SYS_COUNT;
    case SL_IR_CONSTANT:
        return reg < sizeof(program->constants) / sizeof(program->constants[0]);
    case SL_IR_NULL:
    case SL_IR_IMMEDIATE:
    case SL_IR_TABLE:
    case SL_IR_VERTEX_INPUT:
    case SL_IR_POINT_OUTPUT:
    case SL_IR_PATCH:
        return true;
    }
    return false;
}

static bool check_indices(struct survey *survey, enum sl_ir_file file,
                          const struct sl_ir_index index[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (index[i].relative && !check_register(survey, SL_IR_TEMP, index[i].temp)) {
            return false;
        }
    }
    if (file == SL_IR_PATCH && !index[0].relative) {
        if (index[0].base < 0 || (uint32_t)index[0].base >= SL_IR_REGISTERS_MAX) {
            return false;
        }
        raise(&survey->program->patch_count, (uint32_t)index[0].base);
    }
    return true;
}

static bool check_registers(struct survey *survey, const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    for (unsigned i = 0; i < info->dst_count; i++) {
        const struct sl_ir_dst *dst = &insn->dst[i];
        if (!check_register(survey, dst->file, dst->reg) ||
            !check_indices(survey, dst->file, dst->index)) {
            return false;
        }
    }
    for (unsigned i = 0; i < info->src_count; i++) {
        const struct sl_ir_src *src = &insn->src[i];
        if (!check_register(survey, src->file, src->reg) ||
            !check_indices(survey, src->file, src->index)) {
            return false;
        }
        if (src->file == SL_IR_CONSTANT) {
            survey->program->constants[src->reg].used = true;
        }
    }
    return true;
}

static bool count_elements(struct survey *survey)
{
    struct sl_ir_program *program = survey->program;
    bool good = true;
    for (uint32_t i = 0; i < program->input_element_count; i++) {
        good = check_register(survey, SL_IR_INPUT, program->inputs[i].reg) && good;
    }
    for (uint32_t i = 0; i < program->output_element_count; i++) {
        good = check_register(survey, SL_IR_OUTPUT, program->outputs[i].reg) && good;
    }
    for (uint32_t i = 0; i < program->patch_element_count; i++) {
        raise(&program->patch_count, program->patch_constants[i].reg);
        good = program->patch_constants[i].reg < SL_IR_REGISTERS_MAX && good;
    }
    return good;
}

/* ---- bits of NaNs ---- */

static bool makes_masks(enum sl_ir_op op)
{
    return op == SL_IR_EQ || op == SL_IR_NE || op == SL_IR_LT || op == SL_IR_GE;
}

static bool makes_integers(enum sl_ir_op op)
{
    return makes_masks(op) || op == SL_IR_FTOI || op == SL_IR_FTOU || op == SL_IR_F32TOF16;
}

/* Vertex data and constants are whatever the guest put there; no arithmetic made them. */
static bool is_tainted(const struct survey *survey, const struct sl_ir_src *src, unsigned component)
{
    switch (src->file) {
    case SL_IR_TEMP:
        return (survey->taint.now[src->reg] & 1u << src->swizzle[component]) != 0;
    case SL_IR_INPUT:
        return survey->program->stage != SL_IR_VERTEX;
    case SL_IR_ARRAY:
    case SL_IR_OUTPUT:
    case SL_IR_VERTEX_INPUT:
    case SL_IR_POINT_OUTPUT:
    case SL_IR_PATCH:
        return true;
    case SL_IR_NULL:
    case SL_IR_SYSTEM:
    case SL_IR_IMMEDIATE:
    case SL_IR_CONSTANT:
    case SL_IR_TABLE:
        return false;
    }
    return false;
}

static bool index_is_tainted(const struct survey *survey, const struct sl_ir_index index[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (index[i].relative &&
            (survey->taint.now[index[i].temp] & 1u << index[i].component) != 0) {
            return true;
        }
    }
    return false;
}

/* Component-wise operations read a component for each that they write, others read all. */
static bool sees_bits(const struct survey *survey, const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    unsigned written = insn->dst[0].mask | (info->dst_count > 1 ? insn->dst[1].mask : 0u);
    unsigned mask = info->componentwise ? written : 0xFu;
    bool seen = false;
    for (unsigned i = 0; i < info->src_count; i++) {
        seen = seen || index_is_tainted(survey, insn->src[i].index);
        for (unsigned c = 0; c < 4 && info->kind == SL_IR_KIND_INT; c++) {
            seen = seen || ((mask & 1u << c) != 0 && is_tainted(survey, &insn->src[i], c));
        }
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        seen = seen || index_is_tainted(survey, insn->dst[i].index);
    }
    return seen || (insn->op == SL_IR_SWITCH && is_tainted(survey, &insn->src[0], 0));
}

static bool result_is_tainted(const struct survey *survey, const struct sl_ir_insn *insn,
                              unsigned component)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    if (info->kind == SL_IR_KIND_FLOAT) {
        return !makes_integers((enum sl_ir_op)insn->op);
    }
    bool tainted = false;
    for (unsigned i = 0; i < info->src_count && info->kind == SL_IR_KIND_RAW; i++) {
        const struct sl_ir_src *src = &insn->src[i];
        tainted = tainted || src->negate || src->absolute || is_tainted(survey, src, component);
    }
    return tainted;
}

static void write_taint(struct survey *survey, const struct sl_ir_insn *insn)
{
    uint8_t tainted = 0;
    for (unsigned c = 0; c < 4; c++) {
        tainted |= (uint8_t)(result_is_tainted(survey, insn, c) ? 1u << c : 0u);
    }
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    for (unsigned i = 0; i < info->dst_count; i++) {
        const struct sl_ir_dst *dst = &insn->dst[i];
        if (dst->file == SL_IR_TEMP) {
            uint8_t *now = &survey->taint.now[dst->reg];
            *now = (uint8_t)((*now & ~dst->mask) | (tainted & dst->mask));
            survey->taint.ever[dst->reg] |= (uint8_t)(tainted & dst->mask);
        }
    }
}

static void meet(struct survey *survey)
{
    memcpy(survey->taint.now, survey->taint.ever, survey->taint.count);
}

static uint64_t count_tainted(const struct taint *taint)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < taint->count; i++) {
        count += (unsigned)__builtin_popcount(taint->ever[i]);
    }
    return count;
}

/*
 * A pass in program order with full knowledge between operations that are not control flow, and
 * with what any operation ever taints after those; until nothing more gets tainted. Only a chain of
 * moves against the order of the program takes a pass for each link; a long one is not followed.
 */
#define TAINT_PASSES 16u

static void find_tainted_temps(struct survey *survey)
{
    struct sl_ir_program *program = survey->program;
    uint64_t before = 0;
    for (unsigned pass = 0; pass < TAINT_PASSES; pass++) {
        meet(survey);
        program->reads_bits = false;
        for (uint32_t i = 0; i < program->insn_count; i++) {
            const struct sl_ir_insn *insn = &program->insns[i];
            program->reads_bits = program->reads_bits || sees_bits(survey, insn);
            write_taint(survey, insn);
            if (sl_ir_op_info((enum sl_ir_op)insn->op)->kind == SL_IR_KIND_CONTROL) {
                meet(survey);
            }
        }
        uint64_t after = count_tainted(&survey->taint);
        if (after == before || program->reads_bits) {
            return;
        }
        before = after;
    }
    program->reads_bits = true;
}

/* ---- facts ---- */

enum fact { LOOPS = 1, DISCARDS = 2, EFFECTS = 4, DERIVATIVES = 8 };

static const uint8_t facts[SL_IR_OP_COUNT] = {
    [SL_IR_LOOP] = LOOPS,
    [SL_IR_CALL] = LOOPS,
    [SL_IR_CALLC] = LOOPS,
    [SL_IR_DISCARD] = DISCARDS,
    [SL_IR_STORE] = EFFECTS,
    [SL_IR_ATOMIC] = EFFECTS,
    [SL_IR_COUNTER_ALLOC] = EFFECTS,
    [SL_IR_COUNTER_CONSUME] = EFFECTS,
    [SL_IR_DDX_COARSE] = DERIVATIVES,
    [SL_IR_DDY_COARSE] = DERIVATIVES,
    [SL_IR_DDX_FINE] = DERIVATIVES,
    [SL_IR_DDY_FINE] = DERIVATIVES,
    [SL_IR_SAMPLE] = DERIVATIVES,
    [SL_IR_SAMPLE_B] = DERIVATIVES,
    [SL_IR_SAMPLE_C] = DERIVATIVES,
    [SL_IR_LOD] = DERIVATIVES,
};

static void note_facts(struct sl_ir_program *program, unsigned found)
{
    program->has_loops = (found & LOOPS) != 0;
    program->can_discard = (found & DISCARDS) != 0;
    program->has_side_effects = (found & EFFECTS) != 0;
    program->uses_derivatives = (found & DERIVATIVES) != 0 && program->stage == SL_IR_PIXEL;
}

enum sl_ir_verdict sl_ir_find_facts(struct sl_ir_program *program, char *message,
                                    size_t message_size)
{
    struct survey survey = {.program = program};
    bool good = count_elements(&survey);
    if (!good) {
        return sl_ir_refuse(SL_IR_BAD, message, message_size,
                            "an input or output register is out of range");
    }
    unsigned found = 0;
    for (uint32_t i = 0; i < program->insn_count; i++) {
        if (!check_registers(&survey, &program->insns[i])) {
            return sl_ir_refuse(SL_IR_BAD, message, message_size,
                                "word %u: a register is out of range",
                                program->insns[i].source_offset);
        }
        found |= facts[program->insns[i].op];
    }
    note_facts(program, found);
    survey.taint.count = program->temp_count;
    survey.taint.now = calloc((size_t)program->temp_count * 2 + 1, 1);
    if (survey.taint.now == NULL) {
        return sl_ir_refuse(SL_IR_NO_MEMORY, message, message_size, "out of memory");
    }
    survey.taint.ever = survey.taint.now + survey.taint.count;
    find_tainted_temps(&survey);
    free(survey.taint.now);
    return SL_IR_OK;
}
