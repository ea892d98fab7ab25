/* Pieces of listing text and the values in them. Private to d3d9_*.c. */
#ifndef SL_BYTECODE_D3D9_PIECE_H
#define SL_BYTECODE_D3D9_PIECE_H

#include "bytecode/d3d9.h"

#include <string.h>

struct sl_d3d9_piece {
    const char *text;
    size_t size;
};

static inline bool sl_d3d9_piece_is(struct sl_d3d9_piece piece, const char *text)
{
    return strlen(text) == piece.size && memcmp(piece.text, text, piece.size) == 0;
}

static inline bool sl_d3d9_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One to eight hexadecimal digits. */
bool sl_d3d9_read_hex(struct sl_d3d9_piece piece, uint32_t *value);

/* A value of DEF, DEFI or DEFB: its number or word, or 0x and its bits. */
bool sl_d3d9_read_literal(enum sl_d3d9_op op, struct sl_d3d9_piece piece, uint32_t *value);

#endif
