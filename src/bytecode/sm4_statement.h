/* An instruction's text taken apart, on its way to words. */
#ifndef SL_BYTECODE_SM4_STATEMENT_H
#define SL_BYTECODE_SM4_STATEMENT_H

#include "bytecode/sm4_encode.h"
#include "bytecode/sm4_scan.h"

#define SL_SM4_STATEMENT_OPERANDS (SL_SM4_OPERANDS_MAX + 1)

struct sl_sm4_statement {
    struct sl_sm4_scanner *scanner;
    struct sl_sm4_encoder *encoder;
    const struct sl_sm4_shape *shape;
    uint32_t token; /* bits of the SDK's opcode token beyond opcode and length */
    uint32_t flags; /* what a suffix says: a test, a comparison, sync's parts, resinfo's result */
    bool saturate;
    bool has_offsets;
    bool has_dimension; /* an extended token; dimension and stride as in it */
    uint32_t offsets;
    uint32_t dimension;
    uint32_t return_types;
    bool has_number; /* Aero: another number than the usual one */
    uint32_t number;
    bool has_predicate;
    struct sl_sm4_operand predicate;
    struct sl_sm4_operand operands[SL_SM4_STATEMENT_OPERANDS];
    unsigned operand_count;
};

/* "(float,float,float,float)" */
bool sl_sm4_scan_return_types(struct sl_sm4_scanner *scanner, uint32_t *packed);

/* Behind the mnemonic: the rest of a declaration, read and encoded. */
bool sl_sm4_read_sdk_declaration(struct sl_sm4_statement *statement);
bool sl_sm4_read_aero_declaration(struct sl_sm4_statement *statement);

/* All operands are read. */
bool sl_sm4_encode_sdk_statement(struct sl_sm4_statement *statement);
bool sl_sm4_encode_aero_statement(struct sl_sm4_statement *statement);

#endif
