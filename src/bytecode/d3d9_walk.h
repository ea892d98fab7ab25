/*
 * Steps through the instruction tokens of a D3D9 program and finds the operands of each, under one
 * reading of the length field. Private to d3d9_*.c.
 */
#ifndef SL_BYTECODE_D3D9_WALK_H
#define SL_BYTECODE_D3D9_WALK_H

#include "bytecode/d3d9_table.h"

/* Destination, predicate, sources. */
#define SL_D3D9_OPERANDS_MAX (2u + SL_D3D9_SOURCES_MAX)

/* One instruction or comment. Places are word indices in the program. */
struct sl_d3d9_shape {
    enum sl_d3d9_op op;
    const struct sl_d3d9_row *row; /* NULL for comments */
    size_t at;
    size_t word_count;
    unsigned operand_count;
    size_t operands[SL_D3D9_OPERANDS_MAX];
};

/*
 * Walks from the version token to the end token by the program's length_form and sets end and
 * insn_count. False, with the reason and the word index, if some instruction cannot be what a
 * program of this form holds.
 */
bool sl_d3d9_walk(struct sl_d3d9_program *program, const char **why, size_t *at);

/*
 * The instruction at an index: the same step, for a program that was walked or whose
 * words are followed by an end token.
 */
bool sl_d3d9_step(const struct sl_d3d9_program *program, size_t at, struct sl_d3d9_shape *shape,
                  const char **why);

/* Step and meaning, of a program whose version, form and words are set. */
bool sl_d3d9_decode_at(const struct sl_d3d9_program *program, size_t at, struct sl_d3d9_insn *insn,
                       const char **why);

#endif
