/* What the parsers of the two encodings share. */
#ifndef SL_BYTECODE_SM4_IMPL_H
#define SL_BYTECODE_SM4_IMPL_H

#include "bytecode/sm4.h"
#include "bytecode/sm4_table.h"

#define SL_SM4_EXTENDED 0x80000000u
#define SL_SM4_AERO_PREDICATE_TYPE 11u
#define SL_SM4_RELATIVE_DEPTH_MAX 2u

/* The words of one instruction; why is set by the first read that fails. */
struct sl_sm4_reader {
    struct sl_sm4_program *program;
    size_t pos;
    size_t end;
    const char *why; /* a static sentence piece */
    bool no_memory;
};

static inline uint32_t sl_sm4_bits(uint32_t word, unsigned low, unsigned count)
{
    return word >> low & ((1u << count) - 1);
}

/* 0 with why set at the end of the instruction. */
uint32_t sl_sm4_word(struct sl_sm4_reader *reader);

/* False, always. */
bool sl_sm4_fail(struct sl_sm4_reader *reader, const char *why);

/* An operand with all its indices, in the program's encoding. */
bool sl_sm4_operand(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand);

/* Copies count operands to where they live as long as the program. */
bool sl_sm4_keep(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn,
                 const struct sl_sm4_operand *operands, size_t count);

void sl_sm4_free_operands(void *operands);

/* Instructions of each encoding; the reader stands behind the opcode token. */
bool sl_sm4_sdk_insn(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn);
bool sl_sm4_aero_insn(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn);

/* Words of the instruction at pos < end; 0 if it has no length. Not checked against end. */
size_t sl_sm4_sdk_length(const uint32_t *words, size_t pos, size_t end);
size_t sl_sm4_aero_length(const uint32_t *words, size_t pos);

#endif
