/*
 * Single-precision floats to decimal text and back, correctly rounded and the same in every locale.
 * Floats are their bits here.
 */
#ifndef SL_BASE_DECIMAL_H
#define SL_BASE_DECIMAL_H

#include "base/buf.h"

/*
 * Nine significant digits, trailing zeros dropped: enough to read every float back. Outside of
 * 1e-4..1e9 with an exponent of three digits ("1e-006"), the way Microsoft's printf writes %.9g.
 * bits must be finite.
 */
void sl_decimal_print(struct sl_buf *out, uint32_t bits);

/*
 * Reads [-+]digits[.digits][e[-+]digits], all of text. False if it is none, overflows, or is a
 * megabyte long.
 */
bool sl_decimal_parse(const char *text, size_t size, uint32_t *bits);

#endif
