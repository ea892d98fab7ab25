/*
 * Between wire bytes and C structs. The offsets are the same on both sides; only the byte order of
 * scalars differs. Recursion follows the tables, where a struct contains only earlier ones.
 */
#include "abi/abi.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <string.h>

static void load_scalar(const uint8_t *wire, uint32_t size, uint8_t *host)
{
    if (size == 4) {
        uint32_t value = sl_get_le32(wire);
        memcpy(host, &value, sizeof(value));
    } else if (size == 8) {
        uint64_t value = sl_get_le64(wire);
        memcpy(host, &value, sizeof(value));
    } else if (size == 2) {
        uint16_t value = sl_get_le16(wire);
        memcpy(host, &value, sizeof(value));
    } else {
        *host = *wire;
    }
}

static void store_scalar(const uint8_t *host, uint32_t size, uint8_t *wire)
{
    if (size == 4) {
        uint32_t value;
        memcpy(&value, host, sizeof(value));
        sl_put_le32(wire, value);
    } else if (size == 8) {
        uint64_t value;
        memcpy(&value, host, sizeof(value));
        sl_put_le64(wire, value);
    } else if (size == 2) {
        uint16_t value;
        memcpy(&value, host, sizeof(value));
        sl_put_le16(wire, value);
    } else {
        *wire = *host;
    }
}

/* host is zeroed and as large as the layout; elements that are cut off stay zero. */
static void decode_into(const struct sl_abi_struct *layout, const uint8_t *wire, size_t wire_size,
                        uint8_t *host)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *f = &layout->fields[i];
        uint32_t size = sl_abi_type_size(f->type, f->of);
        for (uint32_t j = 0; j < f->count; j++) {
            size_t at = f->offset + (size_t)j * size;
            if (at >= wire_size) {
                break;
            }
            if (f->type == SL_ABI_STRUCT) {
                decode_into(f->of, wire + at, wire_size - at, host + at);
            } else if (size <= wire_size - at) {
                load_scalar(wire + at, size, host + at);
            }
        }
    }
}

/* A field that says from which packet size on it exists is absent below that, bytes or not. */
static void drop_absent(const struct sl_abi_struct *layout, size_t wire_size, uint8_t *host)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *f = &layout->fields[i];
        if (wire_size < f->present_if_size_ge) {
            memset(host + f->offset, 0, (size_t)f->count * sl_abi_type_size(f->type, f->of));
        }
    }
}

void sl_abi_decode(const struct sl_abi_struct *layout, const uint8_t *wire, size_t wire_size,
                   void *host)
{
    memset(host, 0, layout->size);
    decode_into(layout, wire, wire_size, host);
    drop_absent(layout, wire_size, host);
}

void sl_abi_encode(const struct sl_abi_struct *layout, const void *host, uint8_t *wire)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *f = &layout->fields[i];
        uint32_t size = sl_abi_type_size(f->type, f->of);
        for (uint32_t j = 0; j < f->count; j++) {
            size_t at = f->offset + (size_t)j * size;
            if (f->type == SL_ABI_STRUCT) {
                sl_abi_encode(f->of, (const uint8_t *)host + at, wire + at);
            } else {
                store_scalar((const uint8_t *)host + at, size, wire + at);
            }
        }
    }
}

/* The integer of the struct that counts or spaces the trailing part; 0 if it is cut off. */
static uint64_t counter(const struct sl_abi_field *f, const uint8_t *wire, size_t size)
{
    uint32_t width = sl_abi_type_size(f->type, f->of);
    return sl_range_fits(f->offset, width, size) ? sl_get_le(wire + f->offset, width) : 0;
}

uint64_t sl_abi_trailing_count(const struct sl_abi_struct *layout, const uint8_t *wire, size_t size,
                               uint64_t *stride)
{
    const struct sl_abi_trailing *t = layout->trailing;
    uint32_t element = sl_abi_type_size(t->type, t->of);
    *stride = t->stride ? counter(t->stride, wire, size) : element;
    if (!t->count) {
        return size > t->offset ? (size - t->offset) / element : 0;
    }
    uint64_t units = counter(t->count, wire, size);
    uint64_t count;
    if (!sl_mul_u64(units, t->count_scale, &count)) {
        return UINT64_MAX;
    }
    uint64_t room = size > t->offset ? (size - t->offset) / element : 0;
    return room < count ? units * t->min_count_scale : count;
}

uint64_t sl_abi_needed_size(const struct sl_abi_struct *layout, const uint8_t *wire, size_t size)
{
    const struct sl_abi_trailing *t = layout->trailing;
    if (!t) {
        return layout->min_size;
    }
    if (!t->count) {
        return t->offset;
    }
    uint64_t stride = t->stride ? counter(t->stride, wire, size) : sl_abi_type_size(t->type, t->of);
    uint64_t bytes;
    if (!sl_mul_u64(counter(t->count, wire, size), t->min_count_scale, &bytes) ||
        !sl_mul_u64(bytes, stride, &bytes) || !sl_add_u64(bytes, t->offset, &bytes) ||
        !sl_add_u64(bytes, t->pad_to - 1, &bytes)) {
        return UINT64_MAX;
    }
    return bytes - bytes % t->pad_to;
}
