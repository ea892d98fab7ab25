/*
 * D3D9 bytecode: what is accepted and what it means. Tokens are written by hand from the SDK's
 * layout; the listings of real programs are in bytecode_d3d9_text_test.c.
 */
#include "base/bytes.h"
#include "bytecode/d3d9.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bytecode_d3d9);

#define VS_1_1 0xFFFE0101
#define VS_2_0 0xFFFE0200
#define VS_3_0 0xFFFE0300
#define PS_1_1 0xFFFF0101
#define PS_1_4 0xFFFF0104
#define PS_2_0 0xFFFF0200
#define PS_3_0 0xFFFF0300
#define END 0x0000FFFF

#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4

struct attempt {
    struct sl_d3d9_program program;
    bool good;
    const char *why;
    size_t offset;
};

static struct attempt try_words(const uint32_t *words, size_t count)
{
    uint8_t *bytes = malloc(4 * count + 1);
    for (size_t i = 0; i < count; i++) {
        sl_put_le32(bytes + 4 * i, words[i]);
    }
    struct attempt attempt = {.why = NULL};
    attempt.good = sl_d3d9_parse(bytes, 4 * count, &attempt.program, &attempt.why, &attempt.offset);
    free(bytes);
    return attempt;
}

/* The program of words, which must be one. The caller finishes it. */
static struct sl_d3d9_program parse(const uint32_t *words, size_t count)
{
    struct attempt attempt = try_words(words, count);
    cr_assert(attempt.good, "%s at %zu", attempt.why, attempt.offset);
    return attempt.program;
}

static void expect_refusal(size_t offset, const char *piece, const uint32_t *words, size_t count)
{
    struct attempt attempt = try_words(words, count);
    cr_assert(!attempt.good, "accepted, not refused because %s", piece);
    cr_expect(strstr(attempt.why, piece), "'%s', not '%s'", attempt.why, piece);
    cr_expect_eq(attempt.offset, offset, "%s at %zu", attempt.why, attempt.offset);
    cr_expect_null(attempt.program.words);
    cr_expect_null(attempt.program.insns);
}

Test(bytecode_d3d9, reads_fields_of_operands)
{
    /* (!p0.y) mad_x4_sat_pp r3.xz, -c5[a0.z]_abs.wzyx, v1, r2.y, in the SDK's tokens */
    struct sl_d3d9_program p = parse(WORDS(VS_3_0, 0x16000004, 0x82350003, 0xBD551000, 0xAC1B2005,
                                           0xB0AA0000, 0x90E40001, 0x80550002, END));
    cr_assert_eq(p.insn_count, 1);
    cr_assert(!p.is_pixel && p.major == 3 && p.minor == 0);
    cr_assert_eq(p.length_form, SL_D3D9_LENGTH_OPERANDS);
    cr_assert_eq(p.end, 8);
    const struct sl_d3d9_insn *insn = &p.insns[0];
    cr_assert_eq(insn->op, SL_D3D9_MAD);
    cr_assert_eq(insn->offset, 1);
    cr_assert_eq(insn->word_count, 7);
    cr_assert(insn->saturate && insn->partial_precision && !insn->centroid && !insn->coissue);
    cr_assert_eq(insn->shift, 2);
    cr_assert(insn->has_dst && insn->dst.type == SL_D3D9_REG_TEMP && insn->dst.number == 3);
    cr_assert_eq(insn->dst.write_mask, 5);
    cr_assert(insn->predicated && insn->predicate.type == SL_D3D9_REG_PREDICATE);
    cr_assert_eq(insn->predicate.modifier, SL_D3D9_MOD_NOT);
    cr_assert_eq(insn->predicate.swizzle[0], 1);
    cr_assert_eq(insn->src_count, 3);
    const struct sl_d3d9_operand *src = insn->src;
    cr_assert(src[0].type == SL_D3D9_REG_CONST && src[0].number == 5 && src[0].relative);
    cr_assert_eq(src[0].modifier, SL_D3D9_MOD_ABSNEG);
    cr_assert_arr_eq(src[0].swizzle, ((uint8_t[]){3, 2, 1, 0}), 4);
    cr_assert(src[0].relative_type == SL_D3D9_REG_ADDR && src[0].relative_component == 2);
    cr_assert_eq(src[0].relative_token, 0xB0AA0000);
    cr_assert(src[1].type == SL_D3D9_REG_INPUT && !src[1].relative);
    cr_assert_eq(src[2].swizzle[3], 1);
    sl_d3d9_finish(&p);
}

Test(bytecode_d3d9, reads_shifts_and_an_empty_write_mask)
{
    static const struct {
        uint32_t nibble;
        int shift;
    } shifts[] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {15, -1}, {14, -2}, {13, -3}};
    for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
        struct sl_d3d9_program p =
            parse(WORDS(PS_2_0, 0x02000001, 0x80000000 | shifts[i].nibble << 24, 0x80E40000, END));
        cr_expect_eq(p.insns[0].shift, shifts[i].shift);
        cr_expect_eq(p.insns[0].dst.write_mask, 0xF);
        sl_d3d9_finish(&p);
    }
    for (uint32_t nibble = 4; nibble <= 12; nibble++) {
        expect_refusal(4, "shift",
                       WORDS(PS_2_0, 0x02000001, 0x80000000 | nibble << 24, 0x80E40000, END));
    }
}

Test(bytecode_d3d9, reads_definitions_with_any_bits)
{
    struct sl_d3d9_program p =
        parse(WORDS(PS_2_0, 0x05000051, 0xA00F0007, 0x3F800000, END, 0x00002000, 0x80000000,
                    0x05000030, 0xF00F0002, 0xFFFFFFFF, 2, 3, 4, 0x0200002F, 0xE00F0801, 1, END));
    cr_assert_eq(p.insn_count, 3);
    cr_assert(p.insns[0].op == SL_D3D9_DEF && p.insns[0].dst.number == 7);
    cr_assert_arr_eq(p.insns[0].literal, ((uint32_t[]){0x3F800000, END, 0x2000, 0x80000000}), 16);
    cr_assert(p.insns[1].op == SL_D3D9_DEFI && p.insns[1].literal[0] == 0xFFFFFFFF);
    cr_assert(p.insns[2].op == SL_D3D9_DEFB && p.insns[2].literal[0] == 1);
    cr_assert(p.insns[2].dst.type == SL_D3D9_REG_CONSTBOOL && p.insns[2].dst.number == 1);
    sl_d3d9_finish(&p);
}

Test(bytecode_d3d9, reads_declarations_of_both_forms)
{
    struct sl_d3d9_program p =
        parse(WORDS(VS_3_0, 0x0200001F, 0x80030005, 0x90030002, /* dcl_texcoord3 v2.xy */
                    0x0135001F, 0x900F0004,                     /* the same usage in one operand */
                    0x0200001F, 0x98000000, 0xA00F0801,         /* dcl_cube s1 */
                    0x0102001F, 0xA00F0800,                     /* dcl_2d s0 */
                    0x0200001F, 0x80000000, 0xE00F0000, END));  /* dcl_position o0 */
    cr_assert(p.insns[0].has_usage && p.insns[0].usage == 5 && p.insns[0].usage_index == 3);
    cr_assert_eq(p.insns[0].dst.write_mask, 3);
    cr_assert(p.insns[1].has_usage && p.insns[1].usage == 5 && p.insns[1].usage_index == 3);
    cr_assert(!p.insns[2].has_usage && p.insns[2].sampler_type == 3);
    cr_assert(!p.insns[3].has_usage && p.insns[3].sampler_type == 2);
    cr_assert(p.insns[4].has_usage && p.insns[4].dst.type == SL_D3D9_REG_OUTPUT);
    sl_d3d9_finish(&p);
    p = parse(WORDS(PS_2_0, 0x0200001F, 0x80000000, 0xB0030001, END)); /* dcl t1.xy */
    cr_assert(!p.insns[0].has_usage && p.insns[0].dst.type == SL_D3D9_REG_ADDR);
    sl_d3d9_finish(&p);
}

Test(bytecode_d3d9, keeps_comments_and_what_trails)
{
    struct sl_d3d9_program p = parse(WORDS(PS_2_0, 0x0002FFFE, END, 0x12345678, 0x02000001,
                                           0x800F0000, 0x80E40001, END, 0xDEADBEEF));
    cr_assert_eq(p.insn_count, 2);
    cr_assert(p.insns[0].op == SL_D3D9_COMMENT && p.insns[0].word_count == 3);
    cr_assert_eq(p.end, 7);
    cr_assert_eq(p.word_count, 9);
    cr_assert_eq(p.words[8], 0xDEADBEEF);
    sl_d3d9_finish(&p);
}

/* mov oC0, v0 and ret, with lengths that count the opcode token, with bit 31 clear. */
Test(bytecode_d3d9, finds_the_form_with_total_lengths)
{
    struct sl_d3d9_program p =
        parse(WORDS(PS_2_0, 0x03000001, 0x000F0800, 0x10E40000, 0x0100001C, END));
    cr_assert_eq(p.length_form, SL_D3D9_LENGTH_TOTAL);
    cr_assert_eq(p.insn_count, 2);
    cr_assert_eq(p.insns[0].dst.type, SL_D3D9_REG_COLOROUT);
    cr_assert_eq(p.insns[1].op, SL_D3D9_RET);
    sl_d3d9_finish(&p);
    p = parse(WORDS(PS_2_0, 0x03000001, 0x000F0800, 0x10E40000, 0x00000000, 0x0000001C, END));
    cr_assert_eq(p.length_form, SL_D3D9_LENGTH_TOTAL, "lengths of 0 are 1");
    cr_assert_eq(p.insn_count, 3);
    sl_d3d9_finish(&p);
}

/* ret alone reads the same in both. */
Test(bytecode_d3d9, prefers_the_sdk_form)
{
    struct sl_d3d9_program p = parse(WORDS(PS_2_0, 0x0000001C, END));
    cr_assert_eq(p.length_form, SL_D3D9_LENGTH_OPERANDS);
    sl_d3d9_finish(&p);
}

static void expect_op(enum sl_d3d9_op op, unsigned sources, const uint32_t *words, size_t count)
{
    struct sl_d3d9_program p = parse(words, count);
    cr_expect_eq(p.insns[0].op, op, "%d, not %d", p.insns[0].op, op);
    cr_expect_eq(p.insns[0].src_count, sources);
    sl_d3d9_finish(&p);
}

#define R0 0x800F0000
#define SRC 0x80E40001

Test(bytecode_d3d9, resolves_aliases)
{
    expect_op(SL_D3D9_EXPP, 1, WORDS(VS_2_0, 0x0200004E, R0, SRC, END));
    expect_op(SL_D3D9_SETP, 2, WORDS(VS_2_0, 0x0301004E, 0xB00F1000, SRC, SRC, END));
    expect_op(SL_D3D9_DEFI, 0, WORDS(VS_2_0, 0x05000052, 0xF00F0000, 1, 2, 3, 4, END));
    expect_op(SL_D3D9_DEFB, 0, WORDS(VS_2_0, 0x02000053, 0xE00F0800, 1, END));
    expect_op(SL_D3D9_SEQ, 2, WORDS(VS_2_0, 0x03000054, R0, SRC, SRC, END));
    expect_op(SL_D3D9_SNE, 2, WORDS(VS_2_0, 0x03000055, R0, SRC, SRC, END));
    expect_op(SL_D3D9_DSX, 1, WORDS(PS_3_0, 0x02000056, R0, SRC, END));
    expect_op(SL_D3D9_DSY, 1, WORDS(PS_3_0, 0x02000057, R0, SRC, END));
    expect_op(SL_D3D9_DP2ADD, 3, WORDS(PS_2_0, 0x04000059, R0, SRC, SRC, SRC, END));
    expect_op(SL_D3D9_DP2ADD, 3, WORDS(PS_2_0, 0x0400005A, R0, SRC, SRC, SRC, END));
    expect_op(SL_D3D9_DP2, 2, WORDS(PS_2_0, 0x0300005A, R0, SRC, SRC, END));
    expect_op(SL_D3D9_SGN, 3, WORDS(VS_2_0, 0x04000022, R0, SRC, SRC, SRC, END));
    expect_op(SL_D3D9_SGN, 1, WORDS(VS_3_0, 0x02000022, R0, SRC, END));
    expect_op(SL_D3D9_SINCOS, 3, WORDS(PS_2_0, 0x04000025, R0, SRC, SRC, SRC, END));
    expect_op(SL_D3D9_SINCOS, 1, WORDS(PS_3_0, 0x02000025, R0, SRC, END));
}

/* In version 1 the same numbers are texture instructions, and lengths come from the opcode. */
Test(bytecode_d3d9, reads_version_1_by_opcode)
{
    expect_op(SL_D3D9_TEXREG2RGB, 1, WORDS(PS_1_1, 0x52, 0xB00F0001, 0xB0E40000, END));
    expect_op(SL_D3D9_TEXDP3TEX, 1, WORDS(PS_1_1, 0x53, 0xB00F0001, 0xB0E40000, END));
    expect_op(SL_D3D9_TEXM3X3, 1, WORDS(PS_1_1, 0x56, 0xB00F0002, 0xB0E40000, END));
    expect_op(SL_D3D9_BEM, 2, WORDS(PS_1_4, 0x59, 0x80030000, 0xA0E40000, SRC, END));
    expect_op(SL_D3D9_TEX, 0, WORDS(PS_1_1, 0x42, 0xB00F0000, END));
    expect_op(SL_D3D9_TEX, 1, WORDS(PS_1_4, 0x42, R0, 0xB0E40000, END));
    expect_op(SL_D3D9_PHASE, 0, WORDS(PS_1_4, 0xFFFD, END));
    struct sl_d3d9_program p =
        parse(WORDS(PS_1_1, 0x01, 0x80070000, 0x90E40000, 0x40000001, 0x80080000, 0x90E40001, END));
    cr_assert(!p.insns[0].coissue && p.insns[1].coissue);
    sl_d3d9_finish(&p);
    p = parse(WORDS(VS_1_1, 0x01, 0xC00F0000, 0xA0E42003, END)); /* mov oPos, c3[a0.x] */
    const struct sl_d3d9_operand *src = &p.insns[0].src[0];
    cr_assert(src->relative && src->relative_type == SL_D3D9_REG_ADDR);
    cr_assert(src->relative_component == 0 && src->relative_token == 0);
    sl_d3d9_finish(&p);
}

Test(bytecode_d3d9, takes_saturate_and_shift_from_the_opcode_token)
{
    static const int8_t shifts[7] = {0, 1, 2, 3, -1, -2, -3};
    for (uint32_t i = 0; i < 7; i++) {
        struct sl_d3d9_program p = parse(WORDS(PS_2_0, 0x02100001 | i << 21, R0, SRC, END));
        cr_expect_eq(p.insns[0].shift, shifts[i]);
        cr_expect(p.insns[0].saturate);
        cr_expect_eq(p.insns[0].control, 0);
        sl_d3d9_finish(&p);
    }
    expect_refusal(4, "control", WORDS(PS_2_0, 0x02E00001, R0, SRC, END));
}

Test(bytecode_d3d9, finds_the_predicate_at_either_end)
{
    struct sl_d3d9_program p = parse(WORDS(VS_2_0, 0x14000002, R0, 0xB0001000, SRC, 0x80E40002,
                                           0x14000002, R0, SRC, 0x80E40002, 0xB0551000, END));
    for (unsigned i = 0; i < 2; i++) {
        const struct sl_d3d9_insn *insn = &p.insns[i];
        cr_expect(insn->predicated && insn->predicate.type == SL_D3D9_REG_PREDICATE);
        cr_expect_eq(insn->predicate.swizzle[0], i);
        cr_expect_eq(insn->src_count, 2);
        cr_expect(insn->src[0].number == 1 && insn->src[1].number == 2);
    }
    sl_d3d9_finish(&p);
}

Test(bytecode_d3d9, reads_control_bits)
{
    struct sl_d3d9_program p =
        parse(WORDS(PS_3_0, 0x03010042, R0, SRC, 0xA0E40800, 0x02060029, SRC, SRC, 0x0000002B,
                    0x0307005E, 0xB00F1000, SRC, SRC, 0x01000041, 0x80070001, END));
    cr_expect(p.insns[0].op == SL_D3D9_TEX && p.insns[0].control == 1);
    cr_expect(p.insns[1].op == SL_D3D9_IFC && p.insns[1].control == SL_D3D9_CMP_LE);
    cr_expect(p.insns[3].op == SL_D3D9_SETP && p.insns[3].control == SL_D3D9_CMP_ALWAYS);
    cr_expect(p.insns[4].op == SL_D3D9_TEXKILL && p.insns[4].dst.number == 1);
    cr_expect(p.insns[4].dst.write_mask == 7 && p.insns[4].src_count == 0);
    sl_d3d9_finish(&p);
}

Test(bytecode_d3d9, refuses_streams_without_a_frame)
{
    expect_refusal(0, "version token", WORDS(0xFFFD0200, 0x0000001C, END));
    expect_refusal(0, "version is unknown", WORDS(0xFFFE0202, 0x0000001C, END));
    expect_refusal(0, "version is unknown", WORDS(0xFFFF0301, 0x0000001C, END));
    expect_refusal(0, "version is unknown", WORDS(0xFFFF0100, 0x00000000, END));
    expect_refusal(0, "version is unknown", WORDS(0xFFFE0102, 0x00000000, END));
    expect_refusal(0, "version is unknown", WORDS(0xFFFF0400, 0x0000001C, END));
    expect_refusal(4, "no instruction", WORDS(PS_2_0, END));
    expect_refusal(8, "no instruction", WORDS(PS_2_0, 0x0000FFFE, END));
    expect_refusal(8, "end token is missing", WORDS(PS_2_0, 0x0000001C));
    expect_refusal(8, "end token is missing", WORDS(PS_1_4, 0x0000FFFD));
    expect_refusal(4, "comment runs past", WORDS(PS_2_0, 0x0003FFFE, END, END));
    expect_refusal(4, "runs past the end", WORDS(PS_2_0, 0x03000002, R0));
    struct attempt attempt = try_words(WORDS(PS_2_0));
    cr_expect(!attempt.good);
    cr_expect(!sl_d3d9_parse((const uint8_t *)"\0\2\xFF", 3, &attempt.program, &attempt.why,
                             &attempt.offset));
}

Test(bytecode_d3d9, refuses_bad_opcode_tokens)
{
    expect_refusal(4, "reserved", WORDS(PS_2_0, 0x82000001, R0, SRC, END));
    expect_refusal(4, "reserved", WORDS(PS_2_0, 0x22000001, R0, SRC, END));
    expect_refusal(4, "reserved", WORDS(PS_2_0, 0x42000001, R0, SRC, END));
    expect_refusal(4, "reserved", WORDS(VS_1_1, 0x40000001, R0, SRC, END));
    expect_refusal(4, "reserved", WORDS(PS_1_4, 0x10000001, R0, SRC, END));
    expect_refusal(4, "opcode is unknown", WORDS(PS_2_0, 0x02000061, R0, SRC, END));
    expect_refusal(4, "opcode is unknown", WORDS(PS_2_0, 0x03000100, R0, SRC, SRC, END));
    expect_refusal(4, "opcode is unknown", WORDS(PS_2_0, 0x03000101, R0, SRC, SRC, END));
    expect_refusal(4, "opcode is unknown", WORDS(PS_2_0, 0x0200004B, R0, SRC, END));
    expect_refusal(4, "opcode is unknown", WORDS(PS_2_0, 0x0000FFFD, END));
    expect_refusal(4, "opcode is unknown", WORDS(VS_1_1, 0x1C, END));
    expect_refusal(4, "control", WORDS(PS_2_0, 0x00010000, END));
    expect_refusal(4, "control", WORDS(PS_2_0, 0x02010001, R0, SRC, END));
    expect_refusal(4, "control", WORDS(PS_2_0, 0x03030042, R0, SRC, 0xA0E40800, END));
    expect_refusal(4, "control", WORDS(PS_3_0, 0x02080029, SRC, SRC, END));
    expect_refusal(4, "control", WORDS(PS_3_0, 0x0208002D, SRC, SRC, END));
    expect_refusal(4, "control", WORDS(PS_3_0, 0x0308005E, 0xB00F1000, SRC, SRC, END));
    expect_refusal(4, "control", WORDS(PS_3_0, 0x0001001C, END));
    expect_refusal(4, "control", WORDS(PS_2_0, 0x01010041, R0, END));
    expect_refusal(4, "control", WORDS(PS_2_0, 0x05100051, 0xA00F0000, 1, 2, 3, 4, END));
    expect_refusal(4, "control", WORDS(VS_1_1, 0x00100001, R0, SRC, END));
}

Test(bytecode_d3d9, refuses_predicates_where_none_belong)
{
    expect_refusal(4, "takes no predicate", WORDS(PS_3_0, 0x1100002C, 0xB0E41000, END));
    expect_refusal(4, "takes no predicate", WORDS(PS_3_0, 0x15000051, 0xA00F0000, 1, 2, 3, 4, END));
    expect_refusal(4, "takes no predicate", WORDS(PS_3_0, 0x1200001F, 0x80000000, 0x900F0000, END));
    expect_refusal(4, "has no predicate", WORDS(PS_3_0, 0x13000001, R0, SRC, SRC, END));
    expect_refusal(4, "wrong number", WORDS(PS_3_0, 0x12000001, R0, 0xB0E41000, END));
}

Test(bytecode_d3d9, refuses_wrong_operands)
{
    expect_refusal(4, "wrong number", WORDS(PS_2_0, 0x02000002, R0, SRC, END));
    expect_refusal(4, "wrong number", WORDS(PS_2_0, 0x05000002, R0, SRC, SRC, SRC, SRC, END));
    expect_refusal(4, "too many", WORDS(PS_2_0, 0x07000002, R0, SRC, SRC, SRC, SRC, SRC, SRC, END));
    expect_refusal(4, "no address token", WORDS(VS_2_0, 0x02000001, R0, 0xA0E42000, END));
    expect_refusal(4, "end token stands", WORDS(PS_2_0, 0x02000001, R0, END, END));
    expect_refusal(4, "end token stands", WORDS(PS_1_1, 0x01, R0, END, END));
    expect_refusal(4, "wrong length", WORDS(PS_2_0, 0x04000051, 0xA00F0000, 1, 2, 3, END));
    expect_refusal(4, "wrong length", WORDS(PS_2_0, 0x0400002F, 0xE00F0800, 1, 2, 3, END));
    expect_refusal(4, "wrong length", WORDS(PS_2_0, 0x0400001F, 0x80000000, 0x900F0000, 0, 0, END));
    expect_refusal(4, "cannot be written", WORDS(PS_2_0, 0x02000001, 0xA00F0000, SRC, END));
    expect_refusal(4, "cannot be written", WORDS(PS_2_0, 0x02000001, 0x900F0000, SRC, END));
    expect_refusal(4, "cannot be written", WORDS(PS_2_0, 0x02000001, 0xB00F0000, SRC, END));
    expect_refusal(4, "cannot be read", WORDS(PS_2_0, 0x02000001, R0, 0x80E40800, END));
    expect_refusal(4, "cannot be read", WORDS(VS_2_0, 0x02000001, R0, 0xB0E40000, END));
    expect_refusal(4, "cannot be read", WORDS(VS_2_0, 0x02000001, R0, 0xC0E40000, END));
    expect_refusal(4, "cannot be read", WORDS(PS_2_0, 0x02000001, R0, 0x80E41000, END));
    expect_refusal(4, "modifier", WORDS(PS_2_0, 0x02000001, R0, 0x8EE40001, END));
    expect_refusal(4, "another kind", WORDS(PS_2_0, 0x05000051, 0xF00F0000, 1, 2, 3, 4, END));
    expect_refusal(4, "another kind", WORDS(PS_2_0, 0x0200002F, 0xA00F0000, 1, END));
    expect_refusal(4, "declaration names", WORDS(PS_2_0, 0x0200001F, 0x80000000, 0xA00F0000, END));
    expect_refusal(4, "address register",
                   WORDS(VS_2_0, 0x03000001, R0, 0xA0E42000, 0x80000000, END));
    expect_refusal(4, "address register",
                   WORDS(PS_2_0, 0x03000001, R0, 0xA0E42000, 0xB0000000, END));
}

/* Out of range is refused, the last register is not; the token is that of a mov's source. */
static void expect_limit(uint32_t version, uint32_t token, uint32_t limit)
{
    uint32_t length = (version >> 8 & 0xFF) >= 2 ? 0x02000000 : 0;
    token |= 0x80E40000;
    struct sl_d3d9_program p = parse(WORDS(version, length | 1, R0, token + limit - 1, END));
    sl_d3d9_finish(&p);
    expect_refusal(4, "out of range", WORDS(version, length | 1, R0, token + limit, END));
}

Test(bytecode_d3d9, limits_register_numbers)
{
    expect_limit(PS_1_1, 0x00000000, 2); /* r */
    expect_limit(PS_1_4, 0x00000000, 6);
    expect_limit(PS_2_0, 0x00000000, 32);
    expect_limit(VS_3_0, 0x00000000, 32);
    expect_limit(VS_1_1, 0x10000000, 16); /* v */
    expect_limit(PS_2_0, 0x10000000, 2);
    expect_limit(PS_3_0, 0x10000000, 10);
    expect_limit(PS_1_1, 0x20000000, 8); /* c */
    expect_limit(VS_2_0, 0x20000000, 256);
    expect_limit(PS_1_1, 0x30000000, 4); /* t */
    expect_limit(PS_1_4, 0x30000000, 6);
    expect_limit(PS_2_0, 0x30000000, 8);
    expect_limit(VS_2_0, 0x70000000, 16); /* i */
    expect_limit(PS_3_0, 0x20000800, 16); /* s */
    expect_limit(VS_2_0, 0x60000800, 16); /* b */
    expect_limit(PS_3_0, 0x10001000, 2);  /* vPos, vFace */
    expect_limit(VS_3_0, 0x30001000, 1);  /* p */
    expect_refusal(4, "out of range", WORDS(VS_2_0, 0x02000001, R0, 0xB0E40800, END));  /* c2048 */
    expect_refusal(4, "out of range", WORDS(PS_2_0, 0x02000001, 0x800F0804, SRC, END)); /* oC4 */
    expect_refusal(4, "out of range", WORDS(VS_2_0, 0x02000001, 0xC00F0003, SRC, END));
    expect_refusal(4, "out of range", WORDS(VS_2_0, 0x02000001, 0xD00F0002, SRC, END)); /* oD2 */
    expect_refusal(4, "out of range", WORDS(VS_3_0, 0x02000001, 0xE00F000C, SRC, END)); /* o12 */
    expect_refusal(4, "out of range", WORDS(PS_2_0, 0x02000001, R0, 0x90E41000, END));  /* vPos */
}

/* Of two refusals the later one is told. */
Test(bytecode_d3d9, reports_the_form_that_came_further)
{
    expect_refusal(16, "opcode is unknown",
                   WORDS(PS_2_0, 0x02000001, R0, SRC, 0x02000061, R0, SRC, END));
    expect_refusal(16, "opcode is unknown",
                   WORDS(PS_2_0, 0x03000001, R0, SRC, 0x03000061, R0, SRC, END));
    /* A dcl whose control bits only the other form allows; its register is no opcode. */
    expect_refusal(12, "reserved", WORDS(PS_2_0, 0x0210001F, 0x80000000, 0x900F0000, END));
    /* A usage token without bit 31 could be the register of the shorter form. */
    expect_refusal(12, "reserved", WORDS(PS_2_0, 0x0200001F, 0x00000000, 0x900F0000, END));
}

Test(bytecode_d3d9, has_a_size_limit)
{
    size_t size = 256 * 1024;
    uint8_t *bytes = calloc(size + 4, 1); /* nop is 0 */
    sl_put_le32(bytes, PS_2_0);
    sl_put_le32(bytes + size - 4, END);
    struct sl_d3d9_program p;
    const char *why;
    size_t offset;
    cr_assert(sl_d3d9_parse(bytes, size, &p, &why, &offset));
    cr_assert_eq(p.insn_count, size / 4 - 2);
    sl_d3d9_finish(&p);
    cr_assert(!sl_d3d9_parse(bytes, size + 4, &p, &why, &offset));
    free(bytes);
}

/* No prefix of a program is one, and none crashes. */
Test(bytecode_d3d9, refuses_every_cut)
{
    static const uint32_t words[] = {
        VS_3_0,     0x0002FFFE, 1,          2,          0x0200001F, 0x80000000, 0x900F0000,
        0x05000051, 0xA00F0000, 1,          2,          3,          4,          0x16000004,
        0x82350003, 0xBD551000, 0xAC1B2005, 0xB0AA0000, 0x90E40001, 0x80550002, END,
    };
    size_t size = sizeof(words);
    for (size_t cut = 0; cut <= size; cut++) {
        uint8_t *bytes = malloc(cut + 1);
        for (size_t i = 0; i < cut; i++) {
            bytes[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
        }
        struct sl_d3d9_program p;
        const char *why = NULL;
        size_t offset = SIZE_MAX;
        bool good = sl_d3d9_parse(bytes, cut, &p, &why, &offset);
        cr_assert_eq(good, cut == size);
        cr_assert(good || (why && offset <= cut));
        sl_d3d9_finish(&p);
        free(bytes);
    }
}

Test(bytecode_d3d9, survives_failed_allocations)
{
    static const uint8_t bytes[] = {0, 2, 0xFF, 0xFF, 0x1C, 0, 0, 0, 0xFF, 0xFF, 0, 0};
    unsigned failures = 0;
    for (;; failures++) {
        struct sl_d3d9_program p;
        const char *why = "";
        size_t offset;
        fail_alloc_arm(failures + 1);
        bool good = sl_d3d9_parse(bytes, sizeof(bytes), &p, &why, &offset);
        if (!fail_alloc_disarm()) {
            cr_assert(good);
            sl_d3d9_finish(&p);
            break;
        }
        cr_assert(!good && !why && !p.words && !p.insns);
    }
    cr_assert_eq(failures, 2);
}
