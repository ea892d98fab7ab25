#include "trace/dump_text.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    HEX_LINE = 32, /* bytes per line */
    RUN_MIN = 64,  /* shorter runs stay hexadecimal digits */
};

/* Code points that readers of YAML refuse or fold, and that would confuse a terminal. */
static bool needs_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF ||
           c == 0xFFFE || c == 0xFFFF;
}

/* One code point of valid UTF-8; *size is its length. */
static uint32_t decode(const uint8_t *p, size_t left, size_t *size)
{
    *size = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    *size = *size < left ? *size : left;
    uint32_t c = *size == 1 ? p[0] : p[0] & (0x7Fu >> *size);
    for (size_t i = 1; i < *size; i++) {
        c = c << 6 | (p[i] & 0x3F);
    }
    return c;
}

void sl_dump_quoted(struct sl_buf *out, const char *text, size_t size)
{
    sl_buf_u8(out, '"');
    for (size_t i = 0; i < size;) {
        size_t length;
        uint32_t c = decode((const uint8_t *)text + i, size - i, &length);
        if (c == '"' || c == '\\') {
            sl_buf_printf(out, "\\%c", (char)c);
        } else if (needs_escape(c)) {
            sl_buf_printf(out, "\\u%04" PRIX32, c);
        } else {
            sl_buf_append(out, text + i, length);
        }
        i += length;
    }
    sl_buf_u8(out, '"');
}

void sl_dump_hex(struct sl_buf *out, unsigned indent, const uint8_t *bytes, size_t size)
{
    sl_buf_printf(out, "%*shex: ", (int)indent, "");
    if (size <= HEX_LINE) {
        sl_buf_u8(out, '"');
        sl_buf_hex(out, bytes, size);
        sl_buf_text(out, "\"\n");
        return;
    }
    sl_buf_text(out, "|\n");
    for (size_t i = 0; i < size; i += HEX_LINE) {
        sl_buf_printf(out, "%*s", (int)indent + 2, "");
        sl_buf_hex(out, bytes + i, size - i < HEX_LINE ? size - i : HEX_LINE);
        sl_buf_u8(out, '\n');
    }
}

static bool is_one_byte(const uint8_t *bytes)
{
    return sl_get_le32(bytes) == bytes[0] * UINT32_C(0x01010101);
}

/* Bytes from the start that repeat the first four; whole words unless they are all the same. */
static size_t run_length(const uint8_t *bytes, size_t size)
{
    size_t n = size < 4 ? size : 4;
    while (n < size && bytes[n] == bytes[n - 4]) {
        n++;
    }
    return n >= 4 && is_one_byte(bytes) ? n : n & ~(size_t)3;
}

/* The keys of a fill, with something between them. */
static void put_fill(struct sl_buf *out, const uint8_t *bytes, size_t size, const char *between)
{
    if (is_one_byte(bytes)) {
        sl_buf_printf(out, "fill: 0x%02x%ssize: %zu", bytes[0], between, size);
    } else {
        sl_buf_printf(out, "fill: 0x%08" PRIx32 "%sunit: 4%ssize: %zu", sl_get_le32(bytes), between,
                      between, size);
    }
}

/* Bytes before the next run worth a fill. */
static size_t literal_length(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t run = run_length(bytes + i, size - i);
        if (run >= RUN_MIN) {
            return i;
        }
        /* No run of RUN_MIN begins before the place where this one breaks. */
        i += run > 4 ? run - 3 : 1;
    }
    return size;
}

void sl_dump_bytes(struct sl_buf *out, unsigned indent, const uint8_t *bytes, size_t size)
{
    size_t literal = literal_length(bytes, size);
    if (literal == size) {
        sl_dump_hex(out, indent, bytes, size);
        return;
    }
    if (run_length(bytes, size) == size) {
        char between[64];
        snprintf(between, sizeof(between), "\n%*s", (int)indent, "");
        sl_buf_printf(out, "%*s", (int)indent, "");
        put_fill(out, bytes, size, between);
        sl_buf_u8(out, '\n');
        return;
    }
    sl_buf_printf(out, "%*sparts:\n", (int)indent, "");
    for (size_t i = 0; i < size;) {
        literal = literal_length(bytes + i, size - i);
        if (literal > 0) {
            sl_buf_printf(out, "%*s-\n", (int)indent, "");
            sl_dump_hex(out, indent + 2, bytes + i, literal);
        } else {
            literal = run_length(bytes + i, size - i);
            sl_buf_printf(out, "%*s- {", (int)indent, "");
            put_fill(out, bytes + i, literal, ", ");
            sl_buf_text(out, "}\n");
        }
        i += literal;
    }
}

const char *sl_dump_space_name(enum sl_space space)
{
    static const char *const names[] = {
        [SL_SPACE_BAR0] = "bar0",     [SL_SPACE_BAR1] = "bar1", [SL_SPACE_BAR2] = "bar2",
        [SL_SPACE_BAR3] = "bar3",     [SL_SPACE_BAR4] = "bar4", [SL_SPACE_BAR5] = "bar5",
        [SL_SPACE_CONFIG] = "config", [SL_SPACE_VGA] = "vga",   [SL_SPACE_VBE] = "vbe",
    };
    return names[space];
}

const char *sl_dump_kind_name(enum sl_observation_kind kind)
{
    static const char *const names[] = {
        [SL_OBS_RESPONSE] = "response", [SL_OBS_USED] = "used",   [SL_OBS_IRQ] = "irq",
        [SL_OBS_FENCE] = "fence",       [SL_OBS_ERROR] = "error", [SL_OBS_FRAME] = "frame",
    };
    return names[kind];
}
