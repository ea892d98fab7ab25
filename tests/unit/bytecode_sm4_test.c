/* The parser of shader model 4 and 5 programs: hand-made programs in both encodings. */
#include "base/bytes.h"
#include "bytecode/sm4.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bytecode_sm4);

#define PS_4_0 0x00000040u
#define SDK(op, length) ((uint32_t)(op) | (uint32_t)(length) << 24)
#define AERO(op, length) ((uint32_t)(op) | (uint32_t)(length) << 11)
#define SDK_RET SDK(62, 1)
#define AERO_RET AERO(0x3E, 1)

/* Four components of a register with one immediate index. */
#define SDK_DST(type) (0x001000F2u | (uint32_t)(type) << 12)
#define SDK_SRC(type) (0x00100E46u | (uint32_t)(type) << 12)
#define AERO_DST(type) (0x0010F002u | (uint32_t)(type) << 4)
#define AERO_SRC(type) (0x001E4006u | (uint32_t)(type) << 4)

/* Parses a version token, a length and what follows. */
static bool parse(struct sl_sm4_program *program, uint32_t version, const uint32_t *words,
                  size_t count, const char **why, size_t *offset)
{
    /* In memory of just this size, so that a sanitizer sees the first byte too much. */
    uint8_t *bytes = malloc(8 + 4 * count);
    cr_assert(bytes != NULL);
    sl_put_le32(bytes, version);
    sl_put_le32(bytes + 4, (uint32_t)(count + 2));
    for (size_t i = 0; i < count; i++) {
        sl_put_le32(bytes + 8 + 4 * i, words[i]);
    }
    bool ok = sl_sm4_parse(bytes, 8 + 4 * count, program, why, offset);
    free(bytes);
    return ok;
}

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

#define EXPECT_PROGRAM(program, version, words)                                                    \
    do {                                                                                           \
        const char *why_;                                                                          \
        size_t offset_;                                                                            \
        cr_assert(parse(program, version, words, COUNT(words), &why_, &offset_), "%s at %zu",      \
                  why_, offset_);                                                                  \
    } while (0)

#define EXPECT_REFUSED(version, tokens, sentence, at)                                              \
    do {                                                                                           \
        struct sl_sm4_program program_;                                                            \
        const char *why_;                                                                          \
        size_t offset_;                                                                            \
        cr_assert(!parse(&program_, version, tokens, COUNT(tokens), &why_, &offset_));             \
        cr_expect_str_eq(why_, sentence);                                                          \
        cr_expect_eq(offset_, (size_t)(at), "offset %zu", offset_);                                \
        cr_expect(program_.words == NULL && program_.insn_count == 0);                             \
    } while (0)

Test(bytecode_sm4, ret_alone_shows_the_encoding)
{
    struct sl_sm4_program program;
    const uint32_t sdk[] = {SDK_RET};
    EXPECT_PROGRAM(&program, 0x00030051, sdk);
    cr_expect_eq(program.dialect, SL_SM4_SDK);
    cr_expect_eq(program.stage, SL_SM4_HULL);
    cr_expect_eq(program.major, 5);
    cr_expect_eq(program.minor, 1);
    cr_expect_eq(program.insn_count, 1);
    cr_expect_eq(program.insns[0].op, SL_SM4_RET);
    sl_sm4_finish(&program);

    const uint32_t aero[] = {AERO_RET};
    EXPECT_PROGRAM(&program, PS_4_0, aero);
    cr_expect_eq(program.dialect, SL_SM4_AERO);
    cr_expect_eq(program.insns[0].op, SL_SM4_RET);
    sl_sm4_finish(&program);
}

/* Both walks lead to the end of one word 0x0100083E and of 0x0100083A; only the first is a ret. */
Test(bytecode_sm4, aeros_ret_decides_where_both_encodings_fit)
{
    struct sl_sm4_program program;
    const uint32_t both_ret[] = {AERO_RET | SDK_RET};
    EXPECT_PROGRAM(&program, PS_4_0, both_ret);
    cr_expect_eq(program.dialect, SL_SM4_AERO);
    sl_sm4_finish(&program);

    const uint32_t both[] = {AERO(58, 1) | SDK(58, 1)};
    EXPECT_PROGRAM(&program, PS_4_0, both);
    cr_expect_eq(program.dialect, SL_SM4_SDK);
    cr_expect_eq(program.insns[0].op, SL_SM4_NOP);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, sdk_operands_say_type_components_and_modifiers)
{
    /* mad_sat o1.xz, -v2.xyzw, |r3.y|, l(1, 2, 3, 4) */
    const uint32_t words[] = {
        SDK(50, 14) | 1u << 13,
        0x00102052,
        1, /* o1.xz */
        SDK_SRC(1) | 0x80000000,
        0x00000041,
        2, /* -v2 */
        0x8010001A,
        0x00000081,
        3, /* |r3.y| */
        0x00004002,
        1,
        2,
        3,
        4,
        SDK_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    const struct sl_sm4_insn *mad = &program.insns[0];
    cr_assert_eq(mad->op, SL_SM4_MAD);
    cr_expect(mad->saturate);
    cr_assert_eq(mad->operand_count, 4);
    cr_expect_eq(mad->operands[0].type, SL_SM4_REG_OUTPUT);
    cr_expect_eq(mad->operands[0].mask, 5);
    cr_expect_eq(mad->operands[0].index[0].immediate, 1);
    cr_expect_eq(mad->operands[1].type, SL_SM4_REG_INPUT);
    cr_expect(mad->operands[1].negate && !mad->operands[1].absolute);
    cr_expect_eq(memcmp(mad->operands[1].swizzle, "\0\1\2\3", 4), 0);
    cr_expect_eq(mad->operands[2].selection, SL_SM4_SELECT);
    cr_expect(!mad->operands[2].negate && mad->operands[2].absolute);
    cr_expect_eq(memcmp(mad->operands[2].swizzle, "\1\1\1\1", 4), 0);
    cr_expect_eq(mad->operands[3].immediate[3], 4);
    cr_expect_eq(program.insns[1].offset_words, 16);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, sdk_indices_may_add_a_register)
{
    /* mov o0, cb1[r2.x + 7] */
    const uint32_t words[] = {
        SDK(54, 8), SDK_DST(2), 0, 0x06208E46, 1, 7, 0x0010000A, 2, SDK_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    const struct sl_sm4_operand *buffer = &program.insns[0].operands[1];
    cr_assert_eq(buffer->index_count, 2);
    cr_expect_eq(buffer->index[0].immediate, 1);
    cr_expect_null(buffer->index[0].relative);
    cr_expect_eq(buffer->index[1].immediate, 7);
    cr_assert_not_null(buffer->index[1].relative);
    cr_expect_eq(buffer->index[1].relative->type, SL_SM4_REG_TEMP);
    cr_expect_eq(buffer->index[1].relative->index[0].immediate, 2);
    cr_expect_eq(buffer->index[1].relative->swizzle[3], 0);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, sdk_extended_tokens_carry_offsets_and_dimension)
{
    /* sample_aoffimmi_indexable(1,-2,7)(texture2d)(float,...) */
    const uint32_t words[] = {
        SDK(69, 12) | 0x80000000,
        0x80000001 | 1u << 9 | 0xEu << 13 | 7u << 17,
        0x80000002 | 3u << 6,
        0x00155543,
        SDK_DST(0),
        0,
        SDK_SRC(1),
        0,
        SDK_SRC(7),
        2,
        0x00106000,
        3,
        SDK_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    const struct sl_sm4_insn *sample = &program.insns[0];
    cr_expect_eq(sample->offset[0], 1);
    cr_expect_eq(sample->offset[1], -2);
    cr_expect_eq(sample->offset[2], 7);
    cr_expect_eq(sample->dimension, SL_SM4_DIM_TEXTURE2D);
    cr_expect_eq(sample->operands[3].index[0].immediate, 3);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, sdk_customdata_has_its_length_in_the_next_word)
{
    const uint32_t words[] = {53 | 3u << 11, 6, 11, 12, 13, 14, SDK_RET};
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    cr_assert_eq(program.insn_count, 2);
    cr_expect_eq(program.insns[0].custom_class, 3);
    cr_assert_eq(program.insns[0].data_count, 4);
    cr_expect_eq(program.insns[0].data[3], 14);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, aero_fields_lie_elsewhere)
{
    /* add_sat o1.y, -v2.xxxx, l(0.5) */
    const uint32_t words[] = {
        AERO(2, 9) | 0x80000000,
        1u << 13,
        0x00102022,
        1,
        0x80100016,
        1u << 6,
        2,
        0x00000041,
        0x3F000000,
        AERO_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    cr_expect_eq(program.dialect, SL_SM4_AERO);
    const struct sl_sm4_insn *add = &program.insns[0];
    cr_assert_eq(add->op, SL_SM4_ADD);
    cr_expect(add->saturate);
    cr_expect_eq(add->operands[0].type, SL_SM4_REG_OUTPUT);
    cr_expect_eq(add->operands[0].mask, 2);
    cr_expect(add->operands[1].negate);
    cr_expect_eq(memcmp(add->operands[1].swizzle, "\0\0\0\0", 4), 0);
    cr_expect_eq(add->operands[2].immediate[3], 0x3F000000);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, aero_vertex_inputs_are_turned_round)
{
    const uint32_t words[] = {AERO(1, 6), AERO_DST(0), 0, 0x002E4016, 5, 2, AERO_RET};
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, 0x00020040, words);
    const struct sl_sm4_operand *input = &program.insns[0].operands[1];
    cr_expect_eq(input->index[0].immediate, 2, "the vertex");
    cr_expect_eq(input->index[1].immediate, 5, "the register");
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, aero_products_get_the_sdks_order)
{
    const uint32_t words[] = {
        AERO(0x70, 7),
        AERO_DST(0),
        1,
        AERO_SRC(1),
        2,
        AERO_SRC(1),
        3,
        AERO(0x6E, 9),
        AERO_DST(0),
        4,
        AERO_DST(0),
        5,
        AERO_SRC(1),
        2,
        AERO_SRC(1),
        3,
        AERO(0x75, 9),
        AERO_DST(0),
        6,
        AERO_SRC(1),
        2,
        AERO_SRC(1),
        3,
        AERO_SRC(1),
        4,
        AERO_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    const struct sl_sm4_insn *imul = &program.insns[0];
    cr_assert_eq(imul->operand_count, 4);
    cr_expect_eq(imul->operands[0].type, SL_SM4_REG_NULL);
    cr_expect_eq(imul->operands[1].index[0].immediate, 1);
    const struct sl_sm4_insn *umul = &program.insns[1];
    cr_assert_eq(umul->operand_count, 4);
    cr_expect_eq(umul->operands[0].index[0].immediate, 5, "high");
    cr_expect_eq(umul->operands[1].index[0].immediate, 4, "low");
    cr_expect_eq(program.insns[2].op, SL_SM4_IMAD);
    cr_expect_eq(program.insns[2].operand_count, 4);
    sl_sm4_finish(&program);
}

#define AERO_P0_X 0x001000B1u /* one component */

Test(bytecode_sm4, aero_predicates_lead_or_trail)
{
    const uint32_t words[] = {
        AERO(0x2C, 7) | 2u << 24,
        AERO_P0_X,
        0,
        AERO_SRC(0),
        0,
        AERO_SRC(0),
        1,
        AERO(1, 7),
        AERO_P0_X,
        0,
        AERO_DST(2),
        0,
        AERO_SRC(0),
        1,
        AERO(1, 8),
        AERO_DST(2),
        0,
        AERO_SRC(0),
        1,
        AERO_P0_X | 0x80000000,
        1u << 6,
        0,
        AERO(0x28, 3) | 1u << 24,
        AERO_P0_X,
        0,
        AERO(0x2A, 1),
        AERO(0x3E, 3),
        AERO_P0_X,
        0,
        AERO_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    cr_expect_eq(program.insns[0].op, SL_SM4_AERO_SETP);
    cr_expect_eq(program.insns[0].compare, 2);
    cr_expect(!program.insns[0].has_predicate);
    for (size_t i = 1; i < 3; i++) {
        const struct sl_sm4_insn *mov = &program.insns[i];
        cr_expect(mov->has_predicate);
        cr_expect_eq(mov->predicate.negate, i == 2);
        cr_assert_eq(mov->operand_count, 2);
        cr_expect_eq(mov->operands[0].type, SL_SM4_REG_OUTPUT);
    }
    cr_expect(!program.insns[3].has_predicate && program.insns[3].test_nonzero);
    cr_expect_eq(program.insns[3].operands[0].type, SL_SM4_REG_PREDICATE);
    cr_expect(program.insns[5].has_predicate);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, aero_declarations_mean_what_their_operand_is)
{
    const uint32_t words[] = {
        AERO(0x200, 1), /* a filler */
        AERO(0x777, 3),
        7,
        8, /* another */
        AERO(0x101, 4),
        0x00101012,
        1,
        6, /* an input under an output's number */
        AERO(0x100, 3),
        AERO_DST(2),
        3, /* and an output under an input's */
        AERO(0x333, 5),
        0x002E4086,
        2,
        16,
        0,
        AERO(0x102, 4),
        AERO_SRC(7),
        4,
        2,
        AERO(0x208, 4),
        0x001001E0,
        1,
        12,
        AERO(0x11F, 4),
        8,
        4,
        2,
        AERO_RET,
    };
    static const enum sl_sm4_op expected[] = {
        SL_SM4_AERO_DCL_OTHER,     SL_SM4_AERO_DCL_OTHER,     SL_SM4_DCL_INPUT_SIV,
        SL_SM4_DCL_OUTPUT,         SL_SM4_DCL_CONSTANTBUFFER, SL_SM4_DCL_RESOURCE,
        SL_SM4_DCL_UAV_STRUCTURED, SL_SM4_DCL_THREAD_GROUP,   SL_SM4_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, 0x00050050, words);
    cr_assert_eq(program.insn_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        cr_expect_eq(program.insns[i].op, expected[i], "%zu is %s", i,
                     sl_sm4_mnemonic(program.insns[i].op));
    }
    cr_expect_eq(program.insns[1].data_count, 2);
    cr_expect_eq(program.insns[2].extra[0], 6);
    cr_expect_eq(program.insns[4].operands[0].index[1].immediate, 16);
    cr_expect_eq(program.insns[5].dimension, SL_SM4_DIM_TEXTURE2D);
    cr_expect_eq(program.insns[6].extra[0], 12);
    cr_expect_eq(program.insns[7].extra_count, 3);
    cr_expect_eq(program.insns[7].extra[2], 2);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, aero_stores_keep_the_mask_of_an_operand_without_components)
{
    const uint32_t words[] = {
        AERO(0x56, 7), 0x001031E0, 0, 0x00000041, 0, 0x00000041, 9, AERO_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, 0x00050050, words);
    cr_expect_eq(program.insns[0].operands[0].component_count, 0);
    cr_expect_eq(program.insns[0].operands[0].mask, 3);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, aero_unknown_opcodes_go_by_their_operands)
{
    const uint32_t words[] = {
        AERO(0x47, 9), AERO_DST(2), 0, AERO_SRC(1), 0, AERO_SRC(7), 0, AERO_SRC(6), 0, AERO_RET,
    };
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, words);
    cr_expect_eq(program.insns[0].op, SL_SM4_SAMPLE);
    sl_sm4_finish(&program);

    const uint32_t arithmetic[] = {AERO(0x47, 5), AERO_DST(2), 0, AERO_SRC(1), 0, AERO_RET};
    EXPECT_REFUSED(PS_4_0, arithmetic, "an instruction has an unknown opcode", 28);
}

Test(bytecode_sm4, malformed_programs_are_refused_with_their_place)
{
    const uint32_t ret[] = {SDK_RET};
    EXPECT_REFUSED(0x00000030, ret, "it is no program of shader model 4 or 5", 0);
    EXPECT_REFUSED(0x00060050, ret, "it is no program of shader model 4 or 5", 0);
    const uint32_t gap[] = {SDK(54, 9), SDK_DST(2), 0};
    EXPECT_REFUSED(PS_4_0, gap, "its instructions do not fill the program", 8);
    const uint32_t unknown[] = {SDK(107, 1), SDK_RET};
    EXPECT_REFUSED(PS_4_0, unknown, "an instruction has an unknown opcode", 12);
    const uint32_t shorter[] = {SDK(54, 4), SDK_DST(2), 0, SDK_SRC(1), SDK_RET};
    EXPECT_REFUSED(PS_4_0, shorter, "an instruction is shorter than its operands", 24);
    const uint32_t longer[] = {SDK(54, 6), SDK_DST(2), 0, SDK_SRC(1), 0, 0, SDK_RET};
    EXPECT_REFUSED(PS_4_0, longer, "an instruction is longer than its operands", 28);
    const uint32_t type[] = {SDK(54, 5), SDK_DST(41), 0, SDK_SRC(1), 0, SDK_RET};
    EXPECT_REFUSED(PS_4_0, type, "an operand has an unknown type", 16);
    const uint32_t components[] = {SDK(54, 5), SDK_DST(2) | 1, 0, SDK_SRC(1), 0, SDK_RET};
    EXPECT_REFUSED(PS_4_0, components,
                   "an operand has an unknown number or selection of components", 16);
    const uint32_t modifier[] = {SDK(54, 6),  SDK_DST(2), 0,      SDK_SRC(1) | 0x80000000,
                                 4u << 6 | 1, 0,          SDK_RET};
    EXPECT_REFUSED(PS_4_0, modifier, "an operand has an unknown modifier", 28);
    const uint32_t extended[] = {SDK(54, 7), SDK_DST(2), 0, SDK_SRC(1) | 0x80000000,
                                 0x80000001, 1,          0, SDK_RET};
    EXPECT_REFUSED(PS_4_0, extended, "an operand has more than one extended token", 28);
    const uint32_t index[] = {SDK(54, 5), SDK_DST(2), 0, SDK_SRC(1) | 5u << 22, 0, SDK_RET};
    EXPECT_REFUSED(PS_4_0, index, "an index has an unknown representation", 24);
    const uint32_t literal[] = {SDK(54, 4), SDK_DST(2), 0, 0x00004000, SDK_RET};
    EXPECT_REFUSED(PS_4_0, literal, "a literal has no components", 24);
    const uint32_t aero[] = {AERO(2, 5), AERO_DST(2), 0, AERO_SRC(1), 0, AERO_RET};
    EXPECT_REFUSED(PS_4_0, aero, "an instruction has a wrong number of operands", 28);
}

/* v[v[v[v0.x].x].x]: the innermost index is one level too deep. */
Test(bytecode_sm4, relative_indices_nest_two_deep)
{
    const uint32_t relative = 0x0090100A; /* v, x, one index that is a register */
    const uint32_t deep[] = {SDK(54, 8), SDK_DST(2), 0, 0x00901E46, relative,
                             relative,   0x0010100A, 0, SDK_RET};
    EXPECT_REFUSED(PS_4_0, deep, "a relative index nests too deeply", 32);
    const uint32_t allowed[] = {SDK(54, 7), SDK_DST(2), 0, 0x00901E46,
                                relative,   0x0010100A, 0, SDK_RET};
    struct sl_sm4_program program;
    EXPECT_PROGRAM(&program, PS_4_0, allowed);
    cr_expect_eq(program.insns[0].operands[1].index[0].relative->index[0].relative->type,
                 SL_SM4_REG_INPUT);
    sl_sm4_finish(&program);
}

Test(bytecode_sm4, instructions_are_bounded)
{
    size_t count = SL_SM4_INSNS_MAX + 1;
    uint32_t *words = malloc(count * sizeof(*words));
    cr_assert(words != NULL);
    for (size_t i = 0; i < count; i++) {
        words[i] = SDK(58, 1);
    }
    struct sl_sm4_program program;
    const char *why;
    size_t offset;
    cr_expect(!parse(&program, PS_4_0, words, count, &why, &offset));
    cr_expect_str_eq(why, "the program has more than 65536 instructions");
    cr_assert(parse(&program, PS_4_0, words, count - 1, &why, &offset));
    sl_sm4_finish(&program);
    free(words);
}
