#include "bytecode/d3d9_piece.h"

#include "base/decimal.h"

bool sl_d3d9_read_hex(struct sl_d3d9_piece piece, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < piece.size; i++) {
        char c = piece.text[i];
        bool is_digit = sl_d3d9_is_digit(c);
        bool is_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (i == 8 || (!is_digit && !is_letter)) {
            return false;
        }
        *value = *value << 4 | (uint32_t)(is_digit ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return piece.size > 0;
}

static bool read_integer(struct sl_d3d9_piece piece, uint32_t *value)
{
    size_t sign = piece.size > 0 && piece.text[0] == '-';
    uint64_t magnitude = 0;
    for (size_t i = sign; i < piece.size; i++) {
        if (!sl_d3d9_is_digit(piece.text[i]) || magnitude > INT32_MAX) {
            return false;
        }
        magnitude = 10 * magnitude + (uint64_t)(piece.text[i] - '0');
    }
    *value = (uint32_t)(sign ? 0 - magnitude : magnitude);
    return piece.size > sign && magnitude <= (uint64_t)INT32_MAX + sign;
}

static bool read_bool(struct sl_d3d9_piece piece, uint32_t *value)
{
    *value = sl_d3d9_piece_is(piece, "true");
    return *value || sl_d3d9_piece_is(piece, "false");
}

bool sl_d3d9_read_literal(enum sl_d3d9_op op, struct sl_d3d9_piece piece, uint32_t *value)
{
    if (piece.size > 2 && memcmp(piece.text, "0x", 2) == 0) {
        return sl_d3d9_read_hex((struct sl_d3d9_piece){piece.text + 2, piece.size - 2}, value);
    }
    if (op == SL_D3D9_DEF) {
        return sl_decimal_parse(piece.text, piece.size, value);
    }
    return op == SL_D3D9_DEFI ? read_integer(piece, value) : read_bool(piece, value);
}
