/* The fields of a packet or request, numbered. */
#include "coverage/catalog.h"

#include "abi_virtio_gpu.h"
#include "base/bytes.h"

#include <string.h>

struct walk {
    const uint8_t *bytes; /* NULL: visit every field once */
    size_t size;
    sl_coverage_visit *visit;
    void *data;
    struct sl_buf path;
};

static uint64_t read_scalar(const uint8_t *p, enum sl_abi_type type)
{
    switch (type) {
    case SL_ABI_U8:
        return *p;
    case SL_ABI_U16:
        return sl_get_le16(p);
    case SL_ABI_U64:
        return sl_get_le64(p);
    case SL_ABI_U32:
    case SL_ABI_I32:
    case SL_ABI_F32:
    case SL_ABI_HANDLE:
        return sl_get_le32(p);
    case SL_ABI_STRUCT:
        break;
    }
    return 0;
}

/* All elements of an array of scalars are one field. */
static void visit_scalars(struct walk *walk, const struct sl_abi_field *field,
                          enum sl_abi_type type, uint64_t at, uint64_t count, uint64_t stride,
                          size_t index)
{
    struct sl_coverage_field found = {.field = field, .index = index};
    uint32_t size = sl_abi_type_size(type, NULL);
    if (!walk->bytes) {
        found.path = sl_buf_cstr(&walk->path);
        if (found.path) {
            walk->visit(walk->data, &found);
        }
        return;
    }
    for (uint64_t i = 0; i < count && at <= walk->size && size <= walk->size - at; i++) {
        found.value = read_scalar(walk->bytes + at, type);
        walk->visit(walk->data, &found);
        if (stride > walk->size) {
            break;
        }
        at += stride;
    }
}

static size_t walk_struct(struct walk *walk, const struct sl_abi_struct *layout, uint64_t at,
                          size_t index);

static void append_name(struct walk *walk, const char *name)
{
    if (walk->path.size) {
        sl_buf_u8(&walk->path, '.');
    }
    sl_buf_text(&walk->path, name);
}

/* The structs of an array are one struct. Returns the index behind its last field. */
static size_t walk_structs(struct walk *walk, const struct sl_abi_struct *of, uint64_t at,
                           uint64_t count, uint64_t stride, size_t index)
{
    size_t next = index;
    if (!walk->bytes) {
        return walk_struct(walk, of, 0, index);
    }
    for (uint64_t i = 0; i < count && at < walk->size; i++) {
        next = walk_struct(walk, of, at, index);
        if (stride == 0 || stride > walk->size) {
            break;
        }
        at += stride;
    }
    return next;
}

bool sl_coverage_is_header(const struct sl_abi_struct *layout)
{
    return layout->framing || layout == SL_LAYOUT_VIRTIO_GPU_CTRL_HDR;
}

static bool is_left_out(const struct sl_abi_field *field)
{
    bool header = field->type == SL_ABI_STRUCT && sl_coverage_is_header(field->of);
    return field->overlaps || field->reserved || header;
}

/* How many fields a struct has; structs of the ABI nest as deep as its tables do. */
static size_t count_fields(const struct sl_abi_struct *layout)
{
    size_t count = 0;
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *field = &layout->fields[i];
        bool is_struct = field->type == SL_ABI_STRUCT;
        if (is_left_out(field)) {
            continue;
        }
        count += is_struct ? count_fields(field->of) : 1;
    }
    return count;
}

static size_t walk_field(struct walk *walk, const struct sl_abi_field *field, uint64_t at,
                         size_t index)
{
    size_t length = walk->path.size;
    uint32_t stride = sl_abi_type_size(field->type, field->of);
    append_name(walk, field->name);
    if (field->type == SL_ABI_STRUCT) {
        walk_structs(walk, field->of, at, field->count, stride, index);
        index += count_fields(field->of);
    } else {
        visit_scalars(walk, field, field->type, at, field->count, stride, index);
        index++;
    }
    walk->path.size = length;
    return index;
}

/* The fixed part of a struct at an offset; fields past the end of the packet are absent. */
static size_t walk_struct(struct walk *walk, const struct sl_abi_struct *layout, uint64_t at,
                          size_t index)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *field = &layout->fields[i];
        bool is_struct = field->type == SL_ABI_STRUCT;
        bool absent = walk->bytes && walk->size < field->present_if_size_ge;
        if (is_left_out(field)) {
            continue;
        }
        if (absent) {
            index += is_struct ? count_fields(field->of) : 1;
        } else {
            index = walk_field(walk, field, at + field->offset, index);
        }
    }
    return index;
}

static void walk_trailing(struct walk *walk, const struct sl_abi_struct *layout, size_t index)
{
    const struct sl_abi_trailing *trailing = layout->trailing;
    uint64_t stride = sl_abi_type_size(trailing->type, trailing->of);
    uint64_t count = 1;
    if (walk->bytes) {
        count = sl_abi_trailing_count(layout, walk->bytes, walk->size, &stride);
    }
    append_name(walk, trailing->name);
    if (trailing->type == SL_ABI_STRUCT) {
        walk_structs(walk, trailing->of, trailing->offset, count, stride, index);
    } else {
        visit_scalars(walk, NULL, trailing->type, trailing->offset, count, stride, index);
    }
    walk->path.size = 0;
}

static bool walk_layout(const struct sl_abi_struct *layout, struct walk walk, bool whole)
{
    size_t index = walk_struct(&walk, layout, 0, 0);
    if (whole && layout->trailing) {
        walk_trailing(&walk, layout, index);
    }
    bool good = !walk.path.failed;
    sl_buf_finish(&walk.path);
    return good;
}

bool sl_coverage_walk(const struct sl_abi_struct *layout, const uint8_t *bytes, size_t size,
                      sl_coverage_visit *visit, void *data)
{
    const struct walk walk = {.bytes = bytes, .size = size, .visit = visit, .data = data};
    return walk_layout(layout, walk, true);
}

bool sl_coverage_walk_fixed(const struct sl_abi_struct *layout, const uint8_t *bytes, size_t size,
                            sl_coverage_visit *visit, void *data)
{
    const struct walk walk = {.bytes = bytes, .size = size, .visit = visit, .data = data};
    return walk_layout(layout, walk, false);
}
