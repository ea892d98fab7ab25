#include "device/aerogpu/pixel_row.h"

#include "base/bytes.h"

#include <assert.h>

/* What the ABI's table says about a displayable format, as this file needs it. */
enum layout {
    BYTES_RGB, /* four bytes, red first */
    BYTES_BGR,
    WORD_565, /* red in the upper bits */
    WORD_1555,
};

static enum layout layout_of(const struct sl_abi_format *format)
{
    assert(format->scanout);
    if (format->bytes_per_block == 4) {
        return format->channels[0] == 'R' ? BYTES_RGB : BYTES_BGR;
    }
    return format->opaque_alpha ? WORD_565 : WORD_1555;
}

/* Bit replication: the widest value becomes 255, 0 stays 0. */
static uint8_t expand5(unsigned v)
{
    return (uint8_t)(v << 3 | v >> 2);
}

static uint8_t expand6(unsigned v)
{
    return (uint8_t)(v << 2 | v >> 4);
}

static void put_rgba(uint8_t *to, uint8_t r, uint8_t g, uint8_t b, uint8_t a)
{
    to[0] = r;
    to[1] = g;
    to[2] = b;
    to[3] = a;
}

/* Its own inverse. The word has the first byte lowest on every host. */
static void swap_bytes(const uint8_t *from, uint8_t *to, size_t count, bool swap, bool opaque)
{
    uint32_t alpha = opaque ? UINT32_C(0xFF000000) : 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t p = sl_get_le32(from + 4 * i);
        uint32_t swapped = (p & UINT32_C(0xFF00FF00)) | (p >> 16 & 0xFF) | (p & 0xFF) << 16;
        sl_put_le32(to + 4 * i, (swap ? swapped : p) | alpha);
    }
}

void sl_agpu_row_to_rgba8(const struct sl_abi_format *format, const uint8_t *from, uint8_t *rgba,
                          size_t count)
{
    switch (layout_of(format)) {
    case BYTES_RGB:
        swap_bytes(from, rgba, count, false, format->opaque_alpha);
        return;
    case BYTES_BGR:
        swap_bytes(from, rgba, count, true, format->opaque_alpha);
        return;
    case WORD_565:
        for (size_t i = 0; i < count; i++) {
            unsigned p = sl_get_le16(from + 2 * i);
            put_rgba(rgba + 4 * i, expand5(p >> 11), expand6(p >> 5 & 63), expand5(p & 31), 0xFF);
        }
        return;
    case WORD_1555:
        for (size_t i = 0; i < count; i++) {
            unsigned p = sl_get_le16(from + 2 * i);
            put_rgba(rgba + 4 * i, expand5(p >> 10 & 31), expand5(p >> 5 & 31), expand5(p & 31),
                     p >> 15 ? 0xFF : 0);
        }
        return;
    }
}

void sl_agpu_row_from_rgba8(const struct sl_abi_format *format, const uint8_t *rgba, uint8_t *to,
                            size_t count)
{
    switch (layout_of(format)) {
    case BYTES_RGB:
        swap_bytes(rgba, to, count, false, format->opaque_alpha);
        return;
    case BYTES_BGR:
        swap_bytes(rgba, to, count, true, format->opaque_alpha);
        return;
    case WORD_565:
        for (size_t i = 0; i < count; i++) {
            const uint8_t *p = rgba + 4 * i;
            sl_put_le16(to + 2 * i, (uint16_t)((p[0] >> 3) << 11 | (p[1] >> 2) << 5 | p[2] >> 3));
        }
        return;
    case WORD_1555:
        for (size_t i = 0; i < count; i++) {
            const uint8_t *p = rgba + 4 * i;
            sl_put_le16(to + 2 * i, (uint16_t)((p[3] >= 0x80) << 15 | (p[0] >> 3) << 10 |
                                               (p[1] >> 3) << 5 | p[2] >> 3));
        }
        return;
    }
}
