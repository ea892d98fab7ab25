/* What opcodes look like: how many operands, of what kind, and which control bits mean what. */
#ifndef SL_BYTECODE_SM4_TABLE_H
#define SL_BYTECODE_SM4_TABLE_H

#include "bytecode/sm4.h"

enum sl_sm4_literal {
    SL_SM4_LITERAL_FLOAT,
    SL_SM4_LITERAL_INT,
    SL_SM4_LITERAL_UINT,
    SL_SM4_LITERAL_DOUBLE,
    SL_SM4_LITERAL_MIXED,
};

enum sl_sm4_trait {
    SL_SM4_TRAIT_NONE,
    SL_SM4_TRAIT_SATURATE,
    SL_SM4_TRAIT_TEST,
    SL_SM4_TRAIT_COMPARE,
    SL_SM4_TRAIT_DECLARATION,
    SL_SM4_TRAIT_OPAQUE,
};

struct sl_sm4_shape {
    const char *mnemonic;
    enum sl_sm4_op op;
    uint8_t dsts;
    uint8_t srcs;
    uint8_t extra;
    enum sl_sm4_literal literal;
    enum sl_sm4_trait trait;
};

#define SL_SM4_SDK_OP_MAX 217u

/* NULL for a number that no opcode has. */
const struct sl_sm4_shape *sl_sm4_shape(uint32_t op);

/* All shapes in a row, for who looks them up by mnemonic. */
const struct sl_sm4_shape *sl_sm4_shapes(size_t *count);

/* Opcodes of Aero's encoding that are no declarations. */
struct sl_sm4_aero_op {
    uint16_t number;
    enum sl_sm4_op op;
    uint8_t min; /* operands, without a predicate */
    uint8_t max;
};

const struct sl_sm4_aero_op *sl_sm4_aero_op(uint32_t number);

/* The first row of an opcode; NULL if it has none. */
const struct sl_sm4_aero_op *sl_sm4_aero_op_of(enum sl_sm4_op op);

/* Whether Aero's encoding has a usual number for an opcode. */
bool sl_sm4_aero_knows(enum sl_sm4_op op);

/* The number that Aero's writers use for an instruction, as far as they agree. */
uint32_t sl_sm4_aero_number(const struct sl_sm4_insn *insn);

/* Operands that are written; Aero's imad and umad may have one more. */
unsigned sl_sm4_dsts(const struct sl_sm4_insn *insn, const struct sl_sm4_shape *shape);

#endif
