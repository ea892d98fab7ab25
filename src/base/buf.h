/*
 * A growing byte buffer, also used to build text. An append that runs out of memory sets failed,
 * keeps what was there and makes later appends do nothing, so a builder asks once at its end.
 */
#ifndef SL_BASE_BUF_H
#define SL_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sl_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
};

/* Frees the memory and zeroes the buffer. */
void sl_buf_finish(struct sl_buf *buf);

/* Forgets the content, keeps the memory, clears failed. */
void sl_buf_clear(struct sl_buf *buf);

/* Room for size more bytes at the end, uninitialised; NULL (and failed) without memory. */
uint8_t *sl_buf_extend(struct sl_buf *buf, size_t size);

void sl_buf_append(struct sl_buf *buf, const void *bytes, size_t size);
void sl_buf_append_zeros(struct sl_buf *buf, size_t size);
void sl_buf_u8(struct sl_buf *buf, uint8_t v);
void sl_buf_u16(struct sl_buf *buf, uint16_t v);
void sl_buf_u32(struct sl_buf *buf, uint32_t v);
void sl_buf_u64(struct sl_buf *buf, uint64_t v);
void sl_buf_varint(struct sl_buf *buf, uint64_t v);

/* Text without its terminator. */
void sl_buf_text(struct sl_buf *buf, const char *text);
void sl_buf_printf(struct sl_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sl_buf_hex(struct sl_buf *buf, const uint8_t *bytes, size_t size);

/* True if both hold the same bytes, none included. */
bool sl_buf_equal(const struct sl_buf *a, const struct sl_buf *b);

/* Adds a terminator that size does not count and returns the text; NULL if failed. */
const char *sl_buf_cstr(struct sl_buf *buf);

#endif
