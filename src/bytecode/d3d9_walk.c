#include "bytecode/d3d9_walk.h"

#include <string.h>

#define TOKEN_RESERVED 0xA0000000u /* bits 31 and 29 */
#define SHIFT_ALIAS_MAX 6u

static bool fail(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

static bool is_dst_register(enum sl_d3d9_register type)
{
    switch (type) {
    case SL_D3D9_REG_TEMP:
    case SL_D3D9_REG_ADDR:
    case SL_D3D9_REG_RASTOUT:
    case SL_D3D9_REG_ATTROUT:
    case SL_D3D9_REG_OUTPUT:
    case SL_D3D9_REG_COLOROUT:
    case SL_D3D9_REG_DEPTHOUT:
    case SL_D3D9_REG_PREDICATE:
        return true;
    case SL_D3D9_REG_INPUT:
    case SL_D3D9_REG_CONST:
    case SL_D3D9_REG_CONSTINT:
    case SL_D3D9_REG_SAMPLER:
    case SL_D3D9_REG_CONST2:
    case SL_D3D9_REG_CONST3:
    case SL_D3D9_REG_CONST4:
    case SL_D3D9_REG_CONSTBOOL:
    case SL_D3D9_REG_LOOP:
    case SL_D3D9_REG_TEMPFLOAT16:
    case SL_D3D9_REG_MISC:
    case SL_D3D9_REG_LABEL:
        return false;
    }
    return false;
}

static bool is_src_register(enum sl_d3d9_register type, bool is_pixel)
{
    switch (type) {
    case SL_D3D9_REG_TEMP:
    case SL_D3D9_REG_INPUT:
    case SL_D3D9_REG_CONST:
    case SL_D3D9_REG_CONSTINT:
    case SL_D3D9_REG_SAMPLER:
    case SL_D3D9_REG_CONST2:
    case SL_D3D9_REG_CONST3:
    case SL_D3D9_REG_CONST4:
    case SL_D3D9_REG_CONSTBOOL:
    case SL_D3D9_REG_LOOP:
    case SL_D3D9_REG_LABEL:
    case SL_D3D9_REG_PREDICATE:
        return true;
    case SL_D3D9_REG_ADDR:
    case SL_D3D9_REG_MISC:
        return is_pixel;
    case SL_D3D9_REG_RASTOUT:
    case SL_D3D9_REG_ATTROUT:
    case SL_D3D9_REG_OUTPUT:
    case SL_D3D9_REG_COLOROUT:
    case SL_D3D9_REG_DEPTHOUT:
    case SL_D3D9_REG_TEMPFLOAT16:
        return false;
    }
    return false;
}

/* Opcode number and operand count (without a predicate) to an instruction; NULL if unknown. */
static const struct sl_d3d9_row *find_row(const struct sl_d3d9_program *program, uint32_t code,
                                          unsigned operands)
{
    if (program->major >= 2) {
        for (size_t i = 0; i < sl_d3d9_alias_count; i++) {
            const struct sl_d3d9_alias *alias = &sl_d3d9_aliases[i];
            if (alias->code == code && (alias->operands == 0 || alias->operands == operands)) {
                return sl_d3d9_row(alias->op);
            }
        }
    }
    /* Numbers between the SDK's opcodes and its markers are ours and not of any stream. */
    if (code >= SL_D3D9_DP2 && code != SL_D3D9_PHASE) {
        return NULL;
    }
    const struct sl_d3d9_row *row = sl_d3d9_row((enum sl_d3d9_op)code);
    if (!row || sl_d3d9_sources(row, sl_d3d9_version_column(program)) < 0) {
        return NULL;
    }
    return row;
}

/* Bits 23..16 and 28 of the opcode token. */
static bool check_control(const struct sl_d3d9_shape *shape, uint32_t token, bool aliases,
                          const char **why)
{
    unsigned control = sl_d3d9_control(token);
    bool control_ok = control == 0;
    bool predicate_ok = false;
    switch (shape->row->kind) {
    case SL_D3D9_CLASS_ARITHMETIC:
        control_ok =
            control == 0 || (aliases && (control & 0xF) == 0 && control >> 5 <= SHIFT_ALIAS_MAX);
        predicate_ok = true;
        break;
    case SL_D3D9_CLASS_SAMPLE:
        control_ok = control == 0 || (aliases && control <= 2);
        predicate_ok = true;
        break;
    case SL_D3D9_CLASS_COMPARE:
        control_ok = control <= SL_D3D9_CMP_ALWAYS;
        predicate_ok = true;
        break;
    case SL_D3D9_CLASS_COMPARE_FLOW:
        control_ok = control <= SL_D3D9_CMP_ALWAYS;
        break;
    case SL_D3D9_CLASS_KILL:
        predicate_ok = true;
        break;
    case SL_D3D9_CLASS_DECLARE:
        control_ok = control == 0 || shape->word_count == 2;
        break;
    case SL_D3D9_CLASS_FLOW:
    case SL_D3D9_CLASS_DEFINE:
        break;
    case SL_D3D9_CLASS_NOP:
        predicate_ok = true; /* told by its length: the whole token is 0 */
        control_ok = token == 0;
        break;
    }
    if (!control_ok) {
        return fail(why, "an opcode token has control bits that its instruction does not know");
    }
    if (token & SL_D3D9_PREDICATED && !predicate_ok) {
        return fail(why, "an instruction that takes no predicate has one");
    }
    return true;
}

static bool check_operands(const struct sl_d3d9_program *program, const struct sl_d3d9_shape *shape,
                           const char **why)
{
    const struct sl_d3d9_row *row = shape->row;
    if (row->kind == SL_D3D9_CLASS_DEFINE || row->kind == SL_D3D9_CLASS_DECLARE) {
        return true;
    }
    for (unsigned i = 0; i < shape->operand_count; i++) {
        enum sl_d3d9_register type = sl_d3d9_token_register(program->words[shape->operands[i]]);
        bool is_dst = i == 0 && row->has_dst && row->kind != SL_D3D9_CLASS_KILL;
        if (is_dst && !is_dst_register(type)) {
            return fail(why, "a destination is a register that cannot be written");
        }
        if (!is_dst && !is_src_register(type, program->is_pixel)) {
            return fail(why, "a source is a register that cannot be read");
        }
    }
    return true;
}

/* Takes the operands out of the words after the opcode token: operand_count of them at most. */
static bool split_operands(const struct sl_d3d9_program *program, struct sl_d3d9_shape *shape,
                           unsigned limit, bool address_tokens, const char **why)
{
    size_t at = shape->at + 1;
    size_t end = shape->at + shape->word_count;
    while (at < end && shape->operand_count < limit) {
        uint32_t token = program->words[at];
        if (token == SL_D3D9_END_TOKEN) {
            return fail(why, "the end token stands where an operand belongs");
        }
        shape->operands[shape->operand_count++] = at++;
        if (token & SL_D3D9_RELATIVE && address_tokens) {
            if (at == end || program->words[at] == SL_D3D9_END_TOKEN) {
                return fail(why, "a relative operand has no address token");
            }
            at++;
        }
    }
    if (at != end || shape->operand_count > SL_D3D9_OPERANDS_MAX) {
        return fail(why, "an instruction has too many operands");
    }
    return true;
}

/* DEF, DEFI, DEFB: a register and literals, which may hold any bits. */
static bool shape_define(struct sl_d3d9_shape *shape, const char **why)
{
    if (shape->word_count != 2 + sl_d3d9_literal_count(shape->op)) {
        return fail(why, "a constant definition has the wrong length");
    }
    shape->operand_count = 1;
    shape->operands[0] = shape->at + 1;
    return true;
}

/* DCL: [usage], register. */
static bool shape_declare(const struct sl_d3d9_program *program, struct sl_d3d9_shape *shape,
                          const char **why)
{
    const uint32_t *words = program->words + shape->at;
    if (shape->word_count != 2 && shape->word_count != 3) {
        return fail(why, "a declaration has the wrong length");
    }
    if (shape->word_count == 3 && program->major >= 2 && !(words[1] & SL_D3D9_PARAMETER)) {
        return fail(why, "the usage token of a declaration has bit 31 clear");
    }
    for (size_t i = 1; i < shape->word_count; i++) {
        if (words[i] == SL_D3D9_END_TOKEN) {
            return fail(why, "the end token stands where an operand belongs");
        }
    }
    shape->operand_count = 1;
    shape->operands[0] = shape->at + shape->word_count - 1;
    return true;
}

/* Version 1: the opcode says how many words follow. */
static bool shape_by_opcode(const struct sl_d3d9_program *program, struct sl_d3d9_shape *shape,
                            size_t left, const char **why)
{
    uint32_t token = program->words[shape->at];
    shape->row = find_row(program, token & 0xFFFF, 0);
    if (!shape->row) {
        return fail(why, "an opcode is unknown in this version");
    }
    shape->op = shape->row->op;
    unsigned sources = (unsigned)sl_d3d9_sources(shape->row, sl_d3d9_version_column(program));
    unsigned operands = sources + shape->row->has_dst;
    size_t words = operands;
    if (shape->row->kind == SL_D3D9_CLASS_DEFINE) {
        words = 1 + sl_d3d9_literal_count(shape->op);
    } else if (shape->row->kind == SL_D3D9_CLASS_DECLARE) {
        words = 2;
    }
    if (words >= left) {
        return fail(why, "an instruction runs past the end of the program");
    }
    shape->word_count = 1 + words;
    if (token & SL_D3D9_PREDICATED || (token & SL_D3D9_COISSUE && !program->is_pixel)) {
        return fail(why, "an opcode token has reserved bits set");
    }
    if (shape->row->kind == SL_D3D9_CLASS_DEFINE) {
        return shape_define(shape, why) && check_control(shape, token, false, why);
    }
    if (shape->row->kind == SL_D3D9_CLASS_DECLARE) {
        return shape_declare(program, shape, why) && check_control(shape, token, false, why);
    }
    return split_operands(program, shape, operands, false, why) &&
           check_control(shape, token, false, why) && check_operands(program, shape, why);
}

/* The row of an instruction whose operands are split, if their number is right for it. */
static bool settle_row(const struct sl_d3d9_program *program, struct sl_d3d9_shape *shape,
                       const char **why)
{
    uint32_t token = program->words[shape->at];
    unsigned predicates = token & SL_D3D9_PREDICATED ? 1 : 0;
    if (shape->operand_count < predicates) {
        return fail(why, "a predicated instruction has no predicate");
    }
    unsigned operands = shape->operand_count - predicates;
    shape->row = find_row(program, token & 0xFFFF, operands);
    if (!shape->row) {
        return fail(why, "an opcode is unknown in this version");
    }
    shape->op = shape->row->op;
    unsigned sources = (unsigned)sl_d3d9_sources(shape->row, sl_d3d9_version_column(program));
    if (operands != sources + shape->row->has_dst) {
        return fail(why, "an instruction has the wrong number of operands");
    }
    return true;
}

/* From version 2.0 on: the opcode token says how many words follow. */
static bool shape_by_length(const struct sl_d3d9_program *program, struct sl_d3d9_shape *shape,
                            size_t left, const char **why)
{
    uint32_t token = program->words[shape->at];
    unsigned length = sl_d3d9_length(token);
    if (program->length_form == SL_D3D9_LENGTH_TOTAL) {
        length -= length > 0;
    }
    if (length >= left) {
        return fail(why, "an instruction runs past the end of the program");
    }
    shape->word_count = 1 + length;
    if (token & SL_D3D9_COISSUE) {
        return fail(why, "an opcode token has reserved bits set");
    }
    const struct sl_d3d9_row *row = find_row(program, token & 0xFFFF, 0);
    if (row && row->kind == SL_D3D9_CLASS_DEFINE) {
        shape->row = row;
        shape->op = row->op;
        return shape_define(shape, why) && check_control(shape, token, true, why);
    }
    if (row && row->kind == SL_D3D9_CLASS_DECLARE) {
        shape->row = row;
        shape->op = row->op;
        return shape_declare(program, shape, why) && check_control(shape, token, true, why);
    }
    return split_operands(program, shape, SL_D3D9_OPERANDS_MAX, true, why) &&
           settle_row(program, shape, why) && check_control(shape, token, true, why) &&
           check_operands(program, shape, why);
}

bool sl_d3d9_step(const struct sl_d3d9_program *program, size_t at, struct sl_d3d9_shape *shape,
                  const char **why)
{
    memset(shape, 0, sizeof(*shape));
    shape->at = at;
    size_t left = program->word_count - at; /* with the opcode token */
    uint32_t token = program->words[at];
    if ((token & 0xFFFF) == SL_D3D9_COMMENT) {
        size_t words = token >> 16 & SL_D3D9_COMMENT_WORDS_MAX;
        if (words >= left) {
            return fail(why, "a comment runs past the end of the program");
        }
        shape->op = SL_D3D9_COMMENT;
        shape->word_count = 1 + words;
        return true;
    }
    if (token & TOKEN_RESERVED) {
        return fail(why, "an opcode token has reserved bits set");
    }
    return program->major >= 2 ? shape_by_length(program, shape, left, why)
                               : shape_by_opcode(program, shape, left, why);
}

bool sl_d3d9_walk(struct sl_d3d9_program *program, const char **why, size_t *at)
{
    size_t steps = 0;
    bool has_instruction = false;
    for (*at = 1; *at < program->word_count; steps++) {
        if (program->words[*at] == SL_D3D9_END_TOKEN) {
            program->end = *at;
            program->insn_count = steps;
            return has_instruction || fail(why, "the program has no instruction");
        }
        struct sl_d3d9_shape shape;
        if (!sl_d3d9_step(program, *at, &shape, why)) {
            return false;
        }
        has_instruction |= shape.op != SL_D3D9_COMMENT;
        *at += shape.word_count;
    }
    return fail(why, "the end token is missing");
}
