/* From SM4 and SM5 programs, in either encoding, to the IR. */
#include "shader/sm4_lowering.h"

#include "bytecode/sm4_table.h"
#include "shader/translate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define GS_SCALARS_MAX 1024u

void sl_sm4_refuse(struct sl_sm4_lowering *low, enum sl_ir_verdict verdict, const char *format, ...)
{
    if (low->verdict != SL_IR_OK) {
        return;
    }
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    low->verdict = verdict;
    if (low->insn == NULL) {
        sl_ir_refuse(verdict, low->message, low->message_size, "%s", what);
        return;
    }
    sl_ir_refuse(verdict, low->message, low->message_size, "%s (%s, word %lu)", what,
                 sl_sm4_mnemonic(low->insn->op), (unsigned long)low->insn->offset_words);
}

/* ---- what is refused by name ---- */

static const struct {
    uint16_t first;
    uint16_t last;
    const char *what;
} unsupported[] = {
    {SL_SM4_LD_MS, SL_SM4_LD_MS, "a multisampled texture"},
    {SL_SM4_SAMPLEPOS, SL_SM4_SAMPLEINFO, "sample positions"},
    {SL_SM4_INTERFACE_CALL, SL_SM4_INTERFACE_CALL, "interfaces"},
    {SL_SM4_DADD, SL_SM4_FTOD, "doubles"},
    {SL_SM4_EVAL_SNAPPED, SL_SM4_EVAL_CENTROID, "evaluation of inputs at other places"},
    {SL_SM4_ABORT, SL_SM4_DEBUG_BREAK, "debugging instructions"},
    {SL_SM4_DDIV, SL_SM4_DRCP, "doubles"},
    {SL_SM4_MSAD, SL_SM4_MSAD, "sums of differences"},
    {SL_SM4_DTOI, SL_SM4_UTOD, "doubles"},
};

static bool refuse_by_name(struct sl_sm4_lowering *low)
{
    for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
        if (low->insn->op >= unsupported[i].first && low->insn->op <= unsupported[i].last) {
            sl_sm4_refuse(low, SL_IR_UNSUPPORTED, "%s", unsupported[i].what);
            return true;
        }
    }
    return false;
}

/* ---- instructions ---- */

static bool is_block(enum sl_sm4_op op)
{
    switch ((uint32_t)op) {
    case SL_SM4_IF:
    case SL_SM4_AERO_IFC:
    case SL_SM4_ELSE:
    case SL_SM4_ENDIF:
    case SL_SM4_LOOP:
    case SL_SM4_ENDLOOP:
    case SL_SM4_SWITCH:
    case SL_SM4_CASE:
    case SL_SM4_DEFAULT:
    case SL_SM4_ENDSWITCH:
    case SL_SM4_LABEL:
        return true;
    default:
        return false;
    }
}

static void lower_instruction(struct sl_sm4_lowering *low)
{
    bool predicated = low->insn->has_predicate;
    sl_ir_builder_source(&low->builder, low->insn->offset_words);
    if (predicated) {
        if (is_block(low->insn->op)) {
            sl_sm4_refuse(low, SL_IR_BAD, "a predicate on a block");
            return;
        }
        sl_sm4_open_predicate(low);
    }
    if (!sl_sm4_lower_arithmetic(low) && !sl_sm4_lower_flow(low) && !sl_sm4_lower_memory(low) &&
        !refuse_by_name(low)) {
        sl_sm4_refuse(low, SL_IR_BAD, "an instruction that no program may have");
    }
    if (predicated) {
        sl_sm4_close_predicate(low);
    }
}

/*
 * Aero's hull programs have no phases: what comes before a return at the top is the control point
 * phase, what comes after it computes the patch constants.
 */
static void split_phases(struct sl_sm4_lowering *low, size_t next)
{
    bool returned = low->insn->op == SL_SM4_RET && low->nesting == 0 && !low->insn->has_predicate;
    if (low->splits_phases && returned && next < low->source->insn_count) {
        sl_sm4_start_phase(low, SL_SM4_FORK);
    }
}

static void lower_all(struct sl_sm4_lowering *low)
{
    for (size_t i = 0; i < low->source->insn_count && low->verdict == SL_IR_OK; i++) {
        low->insn = &low->source->insns[i];
        bool instance_count = low->insn->op == SL_SM4_DCL_HS_FORK_PHASE_INSTANCE_COUNT ||
                              low->insn->op == SL_SM4_DCL_HS_JOIN_PHASE_INSTANCE_COUNT;
        if (sl_sm4_is_declaration(low->insn->op) && !instance_count) {
            continue;
        }
        lower_instruction(low);
        split_phases(low, i + 1);
    }
}

/* ---- hull programs without phases ---- */

static bool has_phases(const struct sl_sm4_program *source)
{
    for (size_t i = 0; i < source->insn_count; i++) {
        enum sl_sm4_op op = source->insns[i].op;
        if (op == SL_SM4_HS_CONTROL_POINT_PHASE || op == SL_SM4_HS_FORK_PHASE ||
            op == SL_SM4_HS_JOIN_PHASE) {
            return true;
        }
    }
    return false;
}

static void prepare_hull(struct sl_sm4_lowering *low)
{
    if (low->program->stage != SL_IR_HULL || has_phases(low->source)) {
        return;
    }
    if (!low->aero) {
        sl_sm4_refuse(low, SL_IR_BAD, "a hull program without phases");
        return;
    }
    low->splits_phases = true;
    low->repeats_as_constants = !low->constants.present && sl_sm4_outputs_hold_factors(low);
}

/* Factors among the outputs of a single phase: it runs again as one that makes patch constants. */
static void repeat_for_constants(struct sl_sm4_lowering *low)
{
    if (low->repeats_as_constants && low->program->phase_count == 1) {
        low->insn = NULL;
        low->splits_phases = false;
        sl_sm4_start_phase(low, SL_SM4_FORK);
        lower_all(low);
    }
}

/* ---- the whole ---- */

/* An option of the device: SV_Position.w as 1/w. The copy replaces the input wherever it is read.
 */
static void invert_position(struct sl_sm4_lowering *low)
{
    const struct sl_ir_program *program = low->program;
    for (uint32_t i = 0; i < program->input_element_count; i++) {
        const struct sl_ir_element *element = &program->inputs[i];
        if (element->system_value != SL_SV_POSITION || (element->mask & 8) == 0) {
            continue;
        }
        uint16_t temp = sl_ir_builder_keep(&low->builder);
        struct sl_ir_src input = sl_ir_src(SL_IR_INPUT, element->reg);
        low->position_reg = element->reg;
        low->position_copy = temp;
        sl_ir_append1(&low->builder, SL_IR_MOV, sl_ir_dst(SL_IR_TEMP, temp, 0xF), input);
        sl_ir_append2(&low->builder, SL_IR_DIV, sl_ir_dst(SL_IR_TEMP, temp, 8), sl_ir_float(1.0f),
                      input);
        return;
    }
}

static void check_geometry(struct sl_sm4_lowering *low)
{
    const struct sl_ir_program *program = low->program;
    if (program->stage != SL_IR_GEOMETRY || low->verdict != SL_IR_OK) {
        return;
    }
    low->insn = NULL;
    uint32_t scalars = 0;
    for (uint32_t i = 0; i < program->output_element_count; i++) {
        scalars += (uint32_t)__builtin_popcount(program->outputs[i].mask);
    }
    if (program->input_primitive == 0 || program->output_strip == 0 || program->max_vertices == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "a primitive, topology or number of vertices is missing");
    } else if ((uint64_t)scalars * program->max_vertices > GS_SCALARS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "%lu vertices of %lu scalars, more than %u together",
                      (unsigned long)program->max_vertices, (unsigned long)scalars, GS_SCALARS_MAX);
    }
}

static void lower_program(struct sl_sm4_lowering *low)
{
    if (!sl_sm4_read_signatures(low)) {
        return;
    }
    sl_sm4_declare(low);
    prepare_hull(low);
    if (low->verdict != SL_IR_OK) {
        return;
    }
    sl_sm4_add_elements(low);
    sl_ir_builder_reserve(&low->builder, low->temp_count + low->predicate_count);
    if (low->options->position_w_reciprocal && low->program->stage == SL_IR_PIXEL) {
        invert_position(low);
    }
    if (low->splits_phases) {
        sl_sm4_start_phase(low, SL_SM4_CONTROL_POINTS);
    }
    lower_all(low);
    repeat_for_constants(low);
    check_geometry(low);
}

enum sl_ir_verdict sl_ir_from_sm4(const struct sl_sm4_program *source, const struct sl_dxbc *dxbc,
                                  const struct sl_ir_options *options,
                                  struct sl_ir_program **program, char *message,
                                  size_t message_size)
{
    static const enum sl_ir_stage stages[] = {
        [SL_SM4_PIXEL] = SL_IR_PIXEL,       [SL_SM4_VERTEX] = SL_IR_VERTEX,
        [SL_SM4_GEOMETRY] = SL_IR_GEOMETRY, [SL_SM4_HULL] = SL_IR_HULL,
        [SL_SM4_DOMAIN] = SL_IR_DOMAIN,     [SL_SM4_COMPUTE] = SL_IR_COMPUTE,
    };
    *program = NULL;
    struct sl_sm4_lowering *low = calloc(1, sizeof(*low));
    if (low == NULL) {
        return sl_ir_refuse(SL_IR_NO_MEMORY, message, message_size, "out of memory");
    }
    low->source = source;
    low->dxbc = dxbc;
    low->options = options;
    low->aero = source->dialect == SL_SM4_AERO;
    low->message = message;
    low->message_size = message_size;
    low->position_copy = -1;
    sl_ir_builder_start(&low->builder, stages[source->stage], SL_IR_DXBC, source->major,
                        source->minor);
    low->program = sl_ir_builder_program(&low->builder);
    lower_program(low);
    enum sl_ir_verdict verdict = low->verdict;
    if (verdict == SL_IR_OK) {
        verdict = sl_ir_builder_complete(&low->builder, program, message, message_size);
    }
    sl_ir_builder_finish(&low->builder);
    free(low);
    return verdict;
}
