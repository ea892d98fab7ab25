#include "base/buf.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sl_buf_finish(struct sl_buf *buf)
{
    free(buf->data);
    *buf = (struct sl_buf){0};
}

void sl_buf_clear(struct sl_buf *buf)
{
    buf->size = 0;
    buf->failed = false;
}

static bool reserve(struct sl_buf *buf, size_t size)
{
    if (buf->failed) {
        return false;
    }
    if (size <= buf->capacity - buf->size) {
        return true;
    }
    size_t need;
    if (__builtin_add_overflow(buf->size, size, &need)) {
        buf->failed = true;
        return false;
    }
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < need) {
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    }
    uint8_t *data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

uint8_t *sl_buf_extend(struct sl_buf *buf, size_t size)
{
    if (!reserve(buf, size ? size : 1)) {
        return NULL;
    }
    uint8_t *p = buf->data + buf->size;
    buf->size += size;
    return p;
}

void sl_buf_append(struct sl_buf *buf, const void *bytes, size_t size)
{
    if (size == 0) {
        return;
    }
    uint8_t *p = sl_buf_extend(buf, size);
    if (p) {
        memcpy(p, bytes, size);
    }
}

void sl_buf_append_zeros(struct sl_buf *buf, size_t size)
{
    uint8_t *p = sl_buf_extend(buf, size);
    if (p) {
        memset(p, 0, size);
    }
}

void sl_buf_u8(struct sl_buf *buf, uint8_t v)
{
    sl_buf_append(buf, &v, 1);
}

void sl_buf_u16(struct sl_buf *buf, uint16_t v)
{
    uint8_t b[2];
    sl_put_le16(b, v);
    sl_buf_append(buf, b, sizeof(b));
}

void sl_buf_u32(struct sl_buf *buf, uint32_t v)
{
    uint8_t b[4];
    sl_put_le32(b, v);
    sl_buf_append(buf, b, sizeof(b));
}

void sl_buf_u64(struct sl_buf *buf, uint64_t v)
{
    uint8_t b[8];
    sl_put_le64(b, v);
    sl_buf_append(buf, b, sizeof(b));
}

void sl_buf_varint(struct sl_buf *buf, uint64_t v)
{
    uint8_t b[10];
    size_t n = 0;
    do {
        b[n++] = (uint8_t)((v & 0x7F) | (v > 0x7F ? 0x80 : 0));
        v >>= 7;
    } while (v);
    sl_buf_append(buf, b, n);
}

void sl_buf_text(struct sl_buf *buf, const char *text)
{
    sl_buf_append(buf, text, strlen(text));
}

void sl_buf_printf(struct sl_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !reserve(buf, (size_t)n + 1)) {
        buf->failed = true;
    } else {
        vsnprintf((char *)buf->data + buf->size, (size_t)n + 1, format, again);
        buf->size += (size_t)n;
    }
    va_end(again);
}

void sl_buf_hex(struct sl_buf *buf, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (size > SIZE_MAX / 2) {
        buf->failed = true;
        return;
    }
    uint8_t *p = sl_buf_extend(buf, size * 2);
    for (size_t i = 0; p && i < size; i++) {
        p[2 * i] = (uint8_t)digits[bytes[i] >> 4];
        p[2 * i + 1] = (uint8_t)digits[bytes[i] & 15];
    }
}

bool sl_buf_equal(const struct sl_buf *a, const struct sl_buf *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

const char *sl_buf_cstr(struct sl_buf *buf)
{
    if (!reserve(buf, 1)) {
        return NULL;
    }
    buf->data[buf->size] = 0;
    return (const char *)buf->data;
}
