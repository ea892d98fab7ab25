/*
 * Words of an instruction in the making. What each word is is kept beside it, so that who compares
 * them with others knows which differ only in a literal or in the free bits of a token.
 */
#ifndef SL_BYTECODE_SM4_ENCODE_H
#define SL_BYTECODE_SM4_ENCODE_H

#include "bytecode/sm4_text.h"

enum sl_sm4_word_kind { SL_SM4_WORD_PLAIN, SL_SM4_WORD_TOKEN, SL_SM4_WORD_LITERAL };

/* Words that replace what the text says, in order; all of them or none. */
struct sl_sm4_overrides {
    const uint32_t *words;
    size_t count;
    size_t used;
};

struct sl_sm4_encoder {
    enum sl_sm4_dialect dialect;
    struct sl_buf words; /* little-endian */
    struct sl_buf kinds; /* a byte for each word */
    struct sl_sm4_overrides tokens;
    struct sl_sm4_overrides literals;
};

void sl_sm4_encode_word(struct sl_sm4_encoder *encoder, enum sl_sm4_word_kind kind, uint32_t word);

/* What an operand says, without regard to the token it was read from. */
void sl_sm4_encode_operand(struct sl_sm4_encoder *encoder, const struct sl_sm4_operand *operand);

/* The instruction of a line, in the program's encoding. False with a sentence in message. */
bool sl_sm4_read_insn(struct sl_sm4_encoder *encoder, const char *text, size_t size, char *message,
                      size_t message_size);

#endif
