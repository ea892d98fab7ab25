#include "bytecode/d3d9_walk.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAM_SIZE_MAX (256u * 1024u)
#define MODIFIER_COUNT 14u

static bool fail(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

/* Type and number; the four banks of c# become one. */
static void decode_register(struct sl_d3d9_operand *operand, uint32_t token)
{
    operand->token = token;
    operand->number = token & 0x7FF;
    operand->type = sl_d3d9_token_register(token);
    if (operand->type >= SL_D3D9_REG_CONST2 && operand->type <= SL_D3D9_REG_CONST4) {
        unsigned bank = (unsigned)operand->type - SL_D3D9_REG_CONST2 + 1;
        operand->number = (uint16_t)(operand->number + 2048 * bank);
        operand->type = SL_D3D9_REG_CONST;
    }
}

static bool check_limit(enum sl_d3d9_version version, const struct sl_d3d9_operand *operand,
                        const char **why)
{
    if (operand->number >= sl_d3d9_register_limit(operand->type, version)) {
        return fail(why, "a register number is out of range");
    }
    return true;
}

static bool decode_relative(const struct sl_d3d9_program *program, struct sl_d3d9_operand *operand,
                            size_t at, const char **why)
{
    operand->relative = operand->token & SL_D3D9_RELATIVE;
    if (!operand->relative) {
        return true;
    }
    if (program->major < 2) {
        operand->relative_type = SL_D3D9_REG_ADDR;
        return !program->is_pixel ||
               fail(why, "a relative operand in a pixel program of version 1");
    }
    uint32_t token = program->words[at + 1];
    operand->relative_token = token;
    operand->relative_type = sl_d3d9_token_register(token);
    operand->relative_component = token >> 16 & 3;
    bool is_address = operand->relative_type == SL_D3D9_REG_ADDR && !program->is_pixel;
    if ((!is_address && operand->relative_type != SL_D3D9_REG_LOOP) || token & 0x7FF) {
        return fail(why, "an address token names no address register");
    }
    return true;
}

static bool decode_operand(const struct sl_d3d9_program *program, size_t at,
                           struct sl_d3d9_operand *operand, const char **why)
{
    decode_register(operand, program->words[at]);
    return check_limit(sl_d3d9_version_column(program), operand, why) &&
           decode_relative(program, operand, at, why);
}

static bool decode_source(const struct sl_d3d9_program *program, size_t at,
                          struct sl_d3d9_operand *operand, const char **why)
{
    uint32_t token = program->words[at];
    if ((token >> 24 & 0xF) >= MODIFIER_COUNT) {
        return fail(why, "a source modifier is unknown");
    }
    operand->modifier = (enum sl_d3d9_modifier)(token >> 24 & 0xF);
    for (unsigned i = 0; i < 4; i++) {
        operand->swizzle[i] = token >> (16 + 2 * i) & 3;
    }
    return decode_operand(program, at, operand, why);
}

/* A pixel program's t# is written by the texture instructions of ps_1_1 to ps_1_3 only. */
static bool check_writable(enum sl_d3d9_version version, const struct sl_d3d9_insn *insn,
                           const char **why)
{
    bool is_texcoord =
        insn->dst.type == SL_D3D9_REG_ADDR &&
        (version == SL_D3D9_PS_1_4 || version == SL_D3D9_PS_2 || version == SL_D3D9_PS_3);
    if (is_texcoord && insn->op != SL_D3D9_TEXKILL && insn->op != SL_D3D9_DCL) {
        return fail(why, "a destination is a register that cannot be written");
    }
    return true;
}

static bool decode_destination(const struct sl_d3d9_program *program, size_t at,
                               struct sl_d3d9_insn *insn, const char **why)
{
    uint32_t token = program->words[at];
    insn->has_dst = true;
    insn->dst.write_mask = token >> 16 & 0xF;
    if (insn->dst.write_mask == 0) {
        insn->dst.write_mask = 0xF;
    }
    insn->saturate = token & SL_D3D9_SATURATE;
    insn->partial_precision = token & SL_D3D9_PARTIAL;
    insn->centroid = token & SL_D3D9_CENTROID;
    int shift = (int)(token >> 24 & 0xF);
    insn->shift = (int8_t)(shift < 8 ? shift : shift - 16);
    if (insn->shift < -3 || insn->shift > 3) {
        return fail(why, "a result shift is out of range");
    }
    return decode_operand(program, at, &insn->dst, why) &&
           check_writable(sl_d3d9_version_column(program), insn, why);
}

/* Saturate and shift in the opcode token, as other assemblers put them. */
static void decode_control_aliases(struct sl_d3d9_insn *insn)
{
    static const int8_t shifts[8] = {0, 1, 2, 3, -1, -2, -3, 0};
    insn->saturate |= (insn->token & SL_D3D9_SATURATE_ALIAS) != 0;
    if (insn->shift == 0) {
        insn->shift = shifts[insn->token >> 21 & 7];
    }
}

/* The SDK writes the predicate after the destination, other assemblers at the end. */
static bool find_predicate(const struct sl_d3d9_program *program, const struct sl_d3d9_shape *shape,
                           unsigned *index, const char **why)
{
    unsigned candidates[] = {shape->row->has_dst, shape->operand_count - 1};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t token = program->words[shape->operands[candidates[i]]];
        if (candidates[i] >= shape->row->has_dst &&
            sl_d3d9_token_register(token) == SL_D3D9_REG_PREDICATE) {
            *index = candidates[i];
            return true;
        }
    }
    return fail(why, "a predicated instruction has no predicate");
}

static bool decode_operands(const struct sl_d3d9_program *program,
                            const struct sl_d3d9_shape *shape, struct sl_d3d9_insn *insn,
                            const char **why)
{
    unsigned predicate = SL_D3D9_OPERANDS_MAX;
    insn->predicated = insn->token & SL_D3D9_PREDICATED;
    if (insn->predicated && !find_predicate(program, shape, &predicate, why)) {
        return false;
    }
    unsigned i = 0;
    if (shape->row->has_dst) {
        if (!decode_destination(program, shape->operands[i++], insn, why)) {
            return false;
        }
    }
    for (; i < shape->operand_count; i++) {
        struct sl_d3d9_operand *operand =
            i == predicate ? &insn->predicate : &insn->src[insn->src_count++];
        if (!decode_source(program, shape->operands[i], operand, why)) {
            return false;
        }
    }
    return true;
}

static bool decode_define(const struct sl_d3d9_program *program, const struct sl_d3d9_shape *shape,
                          struct sl_d3d9_insn *insn, const char **why)
{
    enum sl_d3d9_register type = SL_D3D9_REG_CONST;
    if (insn->op == SL_D3D9_DEFI) {
        type = SL_D3D9_REG_CONSTINT;
    } else if (insn->op == SL_D3D9_DEFB) {
        type = SL_D3D9_REG_CONSTBOOL;
    }
    if (insn->dst.type != type || insn->dst.relative) {
        return fail(why, "a constant definition names a register of another kind");
    }
    const uint32_t *literals = program->words + shape->at + 2;
    memcpy(insn->literal, literals, sl_d3d9_literal_count(insn->op) * sizeof(*literals));
    return true;
}

static bool decode_declare(const struct sl_d3d9_program *program, const struct sl_d3d9_shape *shape,
                           struct sl_d3d9_insn *insn, const char **why)
{
    bool is_sampler = insn->dst.type == SL_D3D9_REG_SAMPLER;
    bool is_texcoord = insn->dst.type == SL_D3D9_REG_ADDR && program->is_pixel;
    bool is_misc = insn->dst.type == SL_D3D9_REG_MISC;
    bool is_linked = insn->dst.type == SL_D3D9_REG_INPUT || insn->dst.type == SL_D3D9_REG_OUTPUT;
    if ((!is_sampler && !is_texcoord && !is_misc && !is_linked) || insn->dst.relative) {
        return fail(why, "a declaration names a register that has none");
    }
    bool has_usage_token = shape->word_count == 3;
    uint32_t usage = has_usage_token ? program->words[shape->at + 1] : 0;
    if (is_sampler) {
        insn->sampler_type = (has_usage_token ? usage >> 27 : insn->token >> 16) & 0xF;
        return true;
    }
    /* t#, and v# up to ps_2_x, are themselves what they are linked with. */
    insn->has_usage = is_linked && (!program->is_pixel || program->major >= 3);
    insn->usage = (has_usage_token ? usage : insn->token >> 16) & 0xF;
    insn->usage_index = (has_usage_token ? usage >> 16 : insn->token >> 20) & 0xF;
    return true;
}

static bool decode_insn(const struct sl_d3d9_program *program, const struct sl_d3d9_shape *shape,
                        struct sl_d3d9_insn *insn, const char **why)
{
    insn->op = shape->op;
    insn->token = program->words[shape->at];
    insn->offset = (uint32_t)shape->at;
    insn->word_count = (uint32_t)shape->word_count;
    if (insn->op == SL_D3D9_COMMENT) {
        return true;
    }
    insn->coissue = insn->token & SL_D3D9_COISSUE;
    if (!decode_operands(program, shape, insn, why)) {
        return false;
    }
    switch (shape->row->kind) {
    case SL_D3D9_CLASS_ARITHMETIC:
        decode_control_aliases(insn);
        return true;
    case SL_D3D9_CLASS_SAMPLE:
    case SL_D3D9_CLASS_COMPARE:
    case SL_D3D9_CLASS_COMPARE_FLOW:
        insn->control = (uint8_t)sl_d3d9_control(insn->token);
        return true;
    case SL_D3D9_CLASS_DEFINE:
        return decode_define(program, shape, insn, why);
    case SL_D3D9_CLASS_DECLARE:
        return decode_declare(program, shape, insn, why);
    case SL_D3D9_CLASS_KILL:
    case SL_D3D9_CLASS_FLOW:
    case SL_D3D9_CLASS_NOP:
        return true;
    }
    return true;
}

bool sl_d3d9_decode_at(const struct sl_d3d9_program *program, size_t at, struct sl_d3d9_insn *insn,
                       const char **why)
{
    struct sl_d3d9_shape shape;
    memset(insn, 0, sizeof(*insn));
    return sl_d3d9_step(program, at, &shape, why) && decode_insn(program, &shape, insn, why);
}

static bool decode(struct sl_d3d9_program *program, const char **why, size_t *at)
{
    program->insns = calloc(program->insn_count, sizeof(*program->insns));
    if (!program->insns) {
        return fail(why, NULL);
    }
    *at = 1;
    for (size_t i = 0; i < program->insn_count; i++) {
        if (!sl_d3d9_decode_at(program, *at, &program->insns[i], why)) {
            return false;
        }
        *at += program->insns[i].word_count;
    }
    return true;
}

/*
 * Streams do not say which of the two length forms they use: the SDK's is tried first. Of two
 * refusals the one further into the program is reported.
 */
static bool choose_form(struct sl_d3d9_program *program, const char **why, size_t *at)
{
    program->length_form = SL_D3D9_LENGTH_OPERANDS;
    if (sl_d3d9_walk(program, why, at)) {
        return true;
    }
    if (program->major < 2) {
        return false;
    }
    const char *why_total;
    size_t at_total;
    program->length_form = SL_D3D9_LENGTH_TOTAL;
    if (sl_d3d9_walk(program, &why_total, &at_total)) {
        return true;
    }
    if (at_total > *at) {
        *why = why_total;
        *at = at_total;
    }
    return false;
}

static bool read_version(struct sl_d3d9_program *program, const char **why)
{
    uint32_t token = program->words[0];
    program->is_pixel = token >> 16 == 0xFFFF;
    program->major = (uint8_t)(token >> 8);
    program->minor = (uint8_t)token;
    if (token >> 17 != 0x7FFF) {
        return fail(why, "the program does not start with a version token");
    }
    if (!sl_d3d9_version_known(program->is_pixel, program->major, program->minor)) {
        return fail(why, "the shader version is unknown");
    }
    return true;
}

static bool read_words(struct sl_d3d9_program *program, const uint8_t *bytes, size_t size,
                       const char **why)
{
    program->word_count = size / 4;
    if (program->word_count == 0) {
        return fail(why, "the program does not start with a version token");
    }
    if (size > PROGRAM_SIZE_MAX) {
        return fail(why, "the program is longer than 256 KiB");
    }
    program->words = malloc(program->word_count * sizeof(*program->words));
    if (!program->words) {
        return fail(why, NULL);
    }
    for (size_t i = 0; i < program->word_count; i++) {
        program->words[i] = sl_get_le32(bytes + 4 * i);
    }
    return true;
}

bool sl_d3d9_parse(const uint8_t *bytes, size_t size, struct sl_d3d9_program *program,
                   const char **why, size_t *offset)
{
    memset(program, 0, sizeof(*program));
    size_t at = 0;
    if (read_words(program, bytes, size, why) && read_version(program, why) &&
        choose_form(program, why, &at) && decode(program, why, &at)) {
        return true;
    }
    *offset = 4 * at;
    sl_d3d9_finish(program);
    return false;
}

void sl_d3d9_finish(struct sl_d3d9_program *program)
{
    free(program->words);
    free(program->insns);
    memset(program, 0, sizeof(*program));
}
