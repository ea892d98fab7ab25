/* Values and structs as people read them; see docs/abi-aerogpu.md for the names. */
#include "abi/abi.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 16, TEXT_SHOWN_MAX = 256, HEX_FROM = 1 << 20 };

static void print_number(struct sl_buf *out, uint64_t value)
{
    sl_buf_printf(out, value < HEX_FROM ? "%" PRIu64 : "0x%" PRIx64, value);
}

static void print_flags(struct sl_buf *out, const struct sl_abi_enum *names, uint64_t value)
{
    const char *zero = sl_abi_value_name(names, 0);
    uint64_t left = value;
    if (!value) {
        sl_buf_text(out, zero ? zero : "0");
        return;
    }
    for (size_t i = 0; i < names->value_count; i++) {
        const struct sl_abi_value *v = &names->values[i];
        if (v->value && (left & v->value) == v->value) {
            sl_buf_printf(out, "%s%s", left == value ? "" : "|", v->name + strlen(names->prefix));
            left &= ~v->value;
        }
    }
    if (left) {
        sl_buf_printf(out, "%s0x%" PRIx64, left == value ? "" : "|", left);
    }
}

/*
 * The fewest digits that read back as the same float: nine always do. The conversions of the C
 * library are exact; they run in the C locale whatever the program has chosen.
 */
static void print_float(struct sl_buf *out, uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    if (isnan(value)) {
        sl_buf_printf(out, "0x%08" PRIx32, bits);
        return;
    }
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c) {
        out->failed = true;
        return;
    }
    locale_t before = uselocale(c);
    char text[32];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)value);
        float back = strtof(text, NULL);
        if (memcmp(&back, &value, sizeof(back)) == 0) {
            break;
        }
    }
    uselocale(before);
    freelocale(c);
    sl_buf_text(out, text);
}

void sl_abi_print_value(struct sl_buf *out, enum sl_abi_type type, const struct sl_abi_enum *names,
                        uint64_t value)
{
    const char *name = names && !names->is_flags ? sl_abi_value_name(names, value) : NULL;
    if (name) {
        sl_buf_text(out, name);
    } else if (names && names->is_flags) {
        print_flags(out, names, value);
    } else if (type == SL_ABI_F32) {
        print_float(out, (uint32_t)value);
    } else if (type == SL_ABI_I32) {
        sl_buf_printf(out, "%" PRId64,
                      (int64_t)(value & INT32_MAX) - (int64_t)(value & UINT64_C(0x80000000)));
    } else {
        print_number(out, value);
    }
}

static void print_members(struct sl_buf *out, const struct sl_abi_struct *layout,
                          const uint8_t *wire, size_t size);

static void print_element(struct sl_buf *out, enum sl_abi_type type, const struct sl_abi_struct *of,
                          const struct sl_abi_enum *names, const uint8_t *wire, size_t room)
{
    if (type == SL_ABI_STRUCT) {
        sl_buf_u8(out, '{');
        print_members(out, of, wire, room < of->size ? room : of->size);
        sl_buf_u8(out, '}');
    } else {
        sl_abi_print_value(out, type, names, sl_get_le(wire, sl_abi_type_size(type, NULL)));
    }
}

static void print_array(struct sl_buf *out, const struct sl_abi_field *f, const uint8_t *wire)
{
    uint32_t size = sl_abi_type_size(f->type, f->of);
    uint32_t shown = f->count < SHOWN_MAX ? f->count : SHOWN_MAX;
    if (f->type == SL_ABI_U8) {
        sl_buf_hex(out, wire, shown);
    } else {
        sl_buf_u8(out, '[');
        for (uint32_t i = 0; i < shown; i++) {
            sl_buf_text(out, i ? " " : "");
            print_element(out, f->type, f->of, f->names, wire + (size_t)i * size, size);
        }
        sl_buf_u8(out, ']');
    }
    sl_buf_text(out, shown < f->count ? ".." : "");
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

static bool is_shown(const struct sl_abi_field *f, const uint8_t *wire, size_t size)
{
    size_t bytes = (size_t)f->count * sl_abi_type_size(f->type, f->of);
    size_t least = f->of && f->count == 1 ? 1 : bytes; /* a struct shows what there is of it */
    if (f->overlaps || (f->of && f->of->framing) || size < f->present_if_size_ge ||
        !sl_range_fits(f->offset, least, size)) {
        return false;
    }
    return !f->reserved || !all_zero(wire + f->offset, least);
}

static void print_members(struct sl_buf *out, const struct sl_abi_struct *layout,
                          const uint8_t *wire, size_t size)
{
    bool first = true;
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *f = &layout->fields[i];
        if (!is_shown(f, wire, size)) {
            continue;
        }
        sl_buf_printf(out, "%s%s=", first ? "" : " ", f->name);
        first = false;
        if (f->count > 1) {
            print_array(out, f, wire + f->offset);
        } else {
            print_element(out, f->type, f->of, f->names, wire + f->offset, size - f->offset);
        }
    }
}

/* Text between quotes; what is not printable ASCII, and the quote itself, as \xHH. */
static void print_text(struct sl_buf *out, const uint8_t *bytes, size_t size)
{
    while (size && !bytes[size - 1]) {
        size--; /* padding */
    }
    size_t shown = size < TEXT_SHOWN_MAX ? size : TEXT_SHOWN_MAX;
    sl_buf_u8(out, '"');
    for (size_t i = 0; i < shown; i++) {
        bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7F && bytes[i] != '"' && bytes[i] != '\\';
        if (plain) {
            sl_buf_u8(out, bytes[i]);
        } else {
            sl_buf_printf(out, "\\x%02x", bytes[i]);
        }
    }
    sl_buf_text(out, shown < size ? "\".." : "\"");
}

/* How many of count elements, stride apart, lie inside the packet. */
static uint64_t elements_inside(uint64_t count, uint64_t stride, uint32_t element, size_t room)
{
    if (room < element) {
        return 0;
    }
    uint64_t most = stride ? (room - element) / stride + 1 : count;
    return count < most ? count : most;
}

static void print_trailing(struct sl_buf *out, const struct sl_abi_struct *layout,
                           const uint8_t *wire, size_t size, bool first)
{
    const struct sl_abi_trailing *t = layout->trailing;
    uint32_t element = sl_abi_type_size(t->type, t->of);
    uint64_t stride;
    uint64_t count = sl_abi_trailing_count(layout, wire, size, &stride);
    size_t room = size > t->offset ? size - t->offset : 0;
    uint64_t inside = elements_inside(count, stride, element, room);
    uint64_t shown = inside < SHOWN_MAX ? inside : SHOWN_MAX;
    const uint8_t *at = wire + (size - room);
    sl_buf_text(out, first ? "" : " ");
    if (t->text) {
        sl_buf_printf(out, "%s=", t->name);
        print_text(out, at, (size_t)inside);
        return;
    }
    sl_buf_printf(out, "%s[%" PRIu64 "]=", t->name, count);
    if (t->type == SL_ABI_U8) {
        sl_buf_hex(out, at, (size_t)shown);
    } else {
        for (uint64_t i = 0; i < shown; i++) {
            sl_buf_text(out, i ? " " : "");
            print_element(out, t->type, t->of, NULL, at + (size_t)(i * stride), element);
        }
    }
    sl_buf_text(out, shown < count ? ".." : "");
}

void sl_abi_print_struct(struct sl_buf *out, const struct sl_abi_struct *layout,
                         const uint8_t *wire, size_t size)
{
    size_t before = out->size;
    print_members(out, layout, wire, size);
    if (layout->trailing) {
        print_trailing(out, layout, wire, size, out->size == before);
    }
}
