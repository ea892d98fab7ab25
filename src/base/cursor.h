/*
 * Reading bytes that nobody vouches for. A cursor keeps the offset of the first read that did not
 * fit and yields zeros from then on, so a parser reads a whole structure and asks once.
 */
#ifndef SL_BASE_CURSOR_H
#define SL_BASE_CURSOR_H

#include "base/bytes.h"
#include "base/checked.h"

struct sl_cursor {
    const uint8_t *data;
    size_t size;
    size_t pos;
    bool failed;
};

static inline struct sl_cursor sl_cursor_init(const uint8_t *data, size_t size)
{
    return (struct sl_cursor){.data = data, .size = size};
}

static inline size_t sl_cursor_left(const struct sl_cursor *c)
{
    return c->failed ? 0 : c->size - c->pos;
}

/* Takes n bytes; NULL and failed if they are not there. pos then stays at the failed read. */
static inline const uint8_t *sl_cursor_take(struct sl_cursor *c, size_t n)
{
    if (c->failed || n > c->size - c->pos) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *p = c->data + c->pos;
    c->pos += n;
    return p;
}

static inline uint8_t sl_cursor_u8(struct sl_cursor *c)
{
    const uint8_t *p = sl_cursor_take(c, 1);
    return p ? *p : 0;
}

static inline uint16_t sl_cursor_u16(struct sl_cursor *c)
{
    const uint8_t *p = sl_cursor_take(c, 2);
    return p ? sl_get_le16(p) : 0;
}

static inline uint32_t sl_cursor_u32(struct sl_cursor *c)
{
    const uint8_t *p = sl_cursor_take(c, 4);
    return p ? sl_get_le32(p) : 0;
}

static inline uint64_t sl_cursor_u64(struct sl_cursor *c)
{
    const uint8_t *p = sl_cursor_take(c, 8);
    return p ? sl_get_le64(p) : 0;
}

/* LEB128, at most ten bytes, no value above 64 bits. */
static inline uint64_t sl_cursor_varint(struct sl_cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = sl_cursor_u8(c);
        if (c->failed) {
            return 0;
        }
        if (shift == 63 && b > 1) {
            break;
        }
        v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80)) {
            return v;
        }
    }
    c->failed = true;
    return 0;
}

#endif
