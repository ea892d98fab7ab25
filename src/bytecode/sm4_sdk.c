/* Instructions in the SDK's encoding. */
#include "bytecode/sm4_impl.h"

size_t sl_sm4_sdk_length(const uint32_t *words, size_t pos, size_t end)
{
    if (sl_sm4_bits(words[pos], 0, 11) != SL_SM4_CUSTOMDATA) {
        return sl_sm4_bits(words[pos], 24, 7);
    }
    size_t length = pos + 1 < end ? words[pos + 1] : 0;
    return length < 2 ? 0 : length;
}

static int8_t texel_offset(uint32_t word, unsigned low)
{
    uint32_t raw = sl_sm4_bits(word, low, 4);
    return (int8_t)(raw < 8 ? (int32_t)raw : (int32_t)raw - 16);
}

enum extension { EXTENSION_OFFSETS = 1, EXTENSION_DIMENSION = 2 };

static bool decode_extensions(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn)
{
    uint32_t word = insn->token;
    while (word & SL_SM4_EXTENDED) {
        word = sl_sm4_word(reader);
        if (reader->why) {
            return false;
        }
        uint32_t kind = sl_sm4_bits(word, 0, 6);
        if (kind == EXTENSION_OFFSETS) {
            for (unsigned i = 0; i < 3; i++) {
                insn->offset[i] = texel_offset(word, 9 + 4 * i);
            }
        } else if (kind == EXTENSION_DIMENSION) {
            insn->dimension = (uint8_t)sl_sm4_bits(word, 6, 5);
        }
    }
    return true;
}

static void keep_rest(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn)
{
    insn->data = reader->program->words + reader->pos;
    insn->data_count = (uint32_t)(reader->end - reader->pos);
    reader->pos = reader->end;
}

static void decode_controls(struct sl_sm4_insn *insn, const struct sl_sm4_shape *shape)
{
    insn->control = sl_sm4_bits(insn->token, 11, 13);
    insn->saturate = shape->trait == SL_SM4_TRAIT_SATURATE && sl_sm4_bits(insn->token, 13, 1);
    insn->test_nonzero = shape->trait == SL_SM4_TRAIT_TEST && sl_sm4_bits(insn->token, 18, 1);
    if (insn->op == SL_SM4_DCL_RESOURCE || insn->op == SL_SM4_DCL_UAV_TYPED) {
        insn->dimension = (uint8_t)sl_sm4_bits(insn->token, 11, 5);
    }
}

static bool decode_operands(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn,
                            const struct sl_sm4_shape *shape)
{
    struct sl_sm4_operand operands[SL_SM4_OPERANDS_MAX];
    size_t count = (size_t)shape->dsts + shape->srcs;
    for (size_t i = 0; i < count; i++) {
        if (!sl_sm4_operand(reader, &operands[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < shape->extra; i++) {
        insn->extra[insn->extra_count++] = sl_sm4_word(reader);
    }
    if (reader->why) {
        return false;
    }
    if (reader->pos != reader->end) {
        return sl_sm4_fail(reader, "an instruction is longer than its operands");
    }
    return sl_sm4_keep(reader, insn, operands, count);
}

bool sl_sm4_sdk_insn(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn)
{
    const struct sl_sm4_shape *shape = sl_sm4_shape(sl_sm4_bits(insn->token, 0, 11));
    if (!shape || (uint32_t)shape->op > SL_SM4_SDK_OP_MAX) {
        return sl_sm4_fail(reader, "an instruction has an unknown opcode");
    }
    insn->op = shape->op;
    if (shape->op == SL_SM4_CUSTOMDATA) {
        insn->custom_class = insn->token >> 11;
        sl_sm4_word(reader); /* the length, which is known */
        keep_rest(reader, insn);
        return true;
    }
    decode_controls(insn, shape);
    if (shape->trait == SL_SM4_TRAIT_OPAQUE) {
        keep_rest(reader, insn);
        return true;
    }
    return decode_extensions(reader, insn) && decode_operands(reader, insn, shape);
}
