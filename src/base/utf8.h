/* Text from outside: is it UTF-8? */
#ifndef SL_BASE_UTF8_H
#define SL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True if the size bytes are well-formed UTF-8 (RFC 3629: shortest form, no surrogates, nothing
 * above U+10FFFF) without a NUL. Empty text is.
 */
bool sl_utf8_is_text(const void *bytes, size_t size);

/* Bytes of the one sequence at p, of which left are there, at least 1; 0 if it is not one. */
size_t sl_utf8_length(const uint8_t *p, size_t left);

#endif
