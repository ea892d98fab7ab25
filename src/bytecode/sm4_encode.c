#include "bytecode/sm4_encode.h"
#include "bytecode/sm4_impl.h"

static uint32_t override(struct sl_sm4_overrides *overrides, uint32_t word)
{
    if (overrides->used == overrides->count) {
        return word;
    }
    return overrides->words[overrides->used++];
}

void sl_sm4_encode_word(struct sl_sm4_encoder *encoder, enum sl_sm4_word_kind kind, uint32_t word)
{
    if (kind == SL_SM4_WORD_TOKEN) {
        word = override(&encoder->tokens, word);
    } else if (kind == SL_SM4_WORD_LITERAL) {
        word = override(&encoder->literals, word);
    }
    sl_buf_u32(&encoder->words, word);
    sl_buf_u8(&encoder->kinds, (uint8_t)kind);
}

static uint32_t component_field(const struct sl_sm4_operand *operand)
{
    switch (operand->selection) {
    case SL_SM4_MASK:
        return operand->mask;
    case SL_SM4_SWIZZLE:
        return operand->swizzle[0] | (uint32_t)operand->swizzle[1] << 2 |
               (uint32_t)operand->swizzle[2] << 4 | (uint32_t)operand->swizzle[3] << 6;
    case SL_SM4_SELECT:
        return operand->swizzle[0];
    }
    return 0;
}

static uint32_t type_number(enum sl_sm4_register type)
{
    return type == SL_SM4_REG_PREDICATE ? SL_SM4_AERO_PREDICATE_TYPE : (uint32_t)type;
}

static uint32_t operand_token(const struct sl_sm4_encoder *encoder,
                              const struct sl_sm4_operand *operand,
                              const struct sl_sm4_index *const index[SL_SM4_INDEX_MAX])
{
    bool aero = encoder->dialect == SL_SM4_AERO;
    uint32_t four = operand->component_count == 4;
    uint32_t field = component_field(operand);
    if (!four && !aero) {
        field = 0;
    }
    uint32_t token = four ? 2 | (uint32_t)operand->selection << 2 : operand->component_count;
    token |= field << (aero ? 12 : 4) | type_number(operand->type) << (aero ? 4 : 12);
    token |= (uint32_t)operand->index_count << 20;
    for (unsigned i = 0; i < operand->index_count; i++) {
        token |= (uint32_t)index[i]->representation << (22 + 3 * i);
    }
    bool modified = operand->negate || operand->absolute;
    return token | (modified ? SL_SM4_EXTENDED : 0);
}

static void encode_index(struct sl_sm4_encoder *encoder, const struct sl_sm4_index *index)
{
    bool wide = index->representation == 1 || index->representation == 4;
    if (wide) {
        sl_sm4_encode_word(encoder, SL_SM4_WORD_PLAIN, (uint32_t)(index->immediate >> 32));
    }
    if (index->representation != 2) {
        sl_sm4_encode_word(encoder, SL_SM4_WORD_PLAIN, (uint32_t)index->immediate);
    }
    if (index->relative) {
        sl_sm4_encode_operand(encoder, index->relative);
    }
}

/* Calls itself for relative indices, which were made with a bounded depth. */
void sl_sm4_encode_operand(struct sl_sm4_encoder *encoder, const struct sl_sm4_operand *operand)
{
    bool aero = encoder->dialect == SL_SM4_AERO;
    const struct sl_sm4_index *index[SL_SM4_INDEX_MAX] = {&operand->index[0], &operand->index[1],
                                                          &operand->index[2]};
    if (aero && operand->type == SL_SM4_REG_INPUT && operand->index_count == 2) {
        index[0] = &operand->index[1];
        index[1] = &operand->index[0];
    }
    sl_sm4_encode_word(encoder, SL_SM4_WORD_TOKEN, operand_token(encoder, operand, index));
    if (operand->negate || operand->absolute) {
        uint32_t modifier = (operand->negate ? 1u : 0u) | (operand->absolute ? 2u : 0u);
        sl_sm4_encode_word(encoder, SL_SM4_WORD_PLAIN, modifier << 6 | (aero ? 0 : 1));
    }
    for (unsigned i = 0; i < operand->index_count; i++) {
        encode_index(encoder, index[i]);
    }
    unsigned literals = 0;
    if (operand->type == SL_SM4_REG_IMMEDIATE32) {
        literals = operand->component_count;
    } else if (operand->type == SL_SM4_REG_IMMEDIATE64) {
        literals = operand->component_count == 1 ? 2 : 4;
    }
    for (unsigned i = 0; i < literals; i++) {
        sl_sm4_encode_word(encoder, SL_SM4_WORD_LITERAL, operand->immediate[i]);
    }
}
