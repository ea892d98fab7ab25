/* Sources of bytes: what memory, responses and attachments hold. */
#include "trace/yaml_asm.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/file.h"
#include "trace/yaml_layout.h"
#include "trace/yaml_pixels.h"
#include "trace/yaml_shader.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (UINT64_C(256) << 20)

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum sl_status sl_asm_hex(struct sl_asm *a, const yaml_node_t *node, struct sl_buf *out,
                          struct sl_error *err)
{
    if (node->type != YAML_SCALAR_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected hexadecimal digits");
    }
    enum sl_status status = sl_asm_spend(a, node, node->data.scalar.length, err);
    if (status != SL_OK) {
        return status;
    }
    const uint8_t *p = node->data.scalar.value;
    const uint8_t *end = p + node->data.scalar.length;
    while (p < end) {
        if (*p == ' ' || *p == '\n' || *p == '\t') {
            p++;
            continue;
        }
        int high = digit(p[0]);
        int low = end - p > 1 ? digit(p[1]) : -1;
        if (high < 0 || low < 0) {
            return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                               "expected pairs of hexadecimal digits");
        }
        sl_buf_u8(out, (uint8_t)(high << 4 | low));
        p += 2;
    }
    return out->failed ? sl_fail_memory(err, 0) : SL_OK;
}

enum sl_status sl_asm_path(struct sl_asm *a, const yaml_node_t *node, struct sl_buf *path,
                           struct sl_error *err)
{
    const char *name = sl_yaml_scalar(node);
    if (!name || name[0] == '\0' || name[0] == '/') {
        return sl_asm_fail(a, node, SL_RULE_YAML_FILE, err,
                           "expected a path relative to the trace");
    }
    sl_file_beside(path, a->yaml.path, name);
    const char *text = sl_buf_cstr(path);
    if (!text) {
        return sl_fail_memory(err, 0);
    }
    struct stat info;
    if (stat(text, &info) != 0) {
        return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_FILE, "cannot open '%.80s': %s", name,
                       strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return sl_asm_fail(a, node, SL_RULE_YAML_FILE, err, "'%.80s' is no regular file", name);
    }
    return sl_asm_spend(a, node, info.st_size < 0 ? 0 : (uint64_t)info.st_size, err);
}

static enum sl_status read_hex(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                               struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    return sl_asm_hex(a, node, out, err);
}

static enum sl_status read_text(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    if (node->type != YAML_SCALAR_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected text");
    }
    sl_buf_append(out, node->data.scalar.value, node->data.scalar.length);
    return SL_OK;
}

/* The bytes of one value, from the key unit: 1, 2, 4 or 8. */
static enum sl_status read_unit(struct sl_asm *a, const yaml_node_t *item, uint64_t fallback,
                                unsigned *unit, struct sl_error *err)
{
    uint64_t value = 0;
    enum sl_status status = sl_asm_number_at(a, item, "unit", 8, fallback, &value, err);
    *unit = (unsigned)value;
    if (status == SL_OK && value != 1 && value != 2 && value != 4 && value != 8) {
        status = sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "a unit of 1, 2, 4 or 8 bytes");
    }
    return status;
}

static enum sl_abi_type unit_type(unsigned unit)
{
    return unit == 8 ? SL_ABI_U64 : unit == 4 ? SL_ABI_U32 : unit == 2 ? SL_ABI_U16 : SL_ABI_U8;
}

static enum sl_status read_words(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                 struct sl_buf *out, struct sl_error *err)
{
    unsigned unit = 0;
    enum sl_status status = read_unit(a, item, 4, &unit, err);
    if (status == SL_OK && node->type != YAML_SEQUENCE_NODE) {
        status = sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a sequence of numbers");
    }
    if (status != SL_OK) {
        return status;
    }
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top && status == SL_OK; p++) {
        uint64_t value = 0;
        uint8_t wire[8];
        status = sl_asm_value(a, sl_yaml_node(&a->yaml, *p), unit_type(unit), NULL, &value, err);
        sl_put_le(wire, unit, value);
        sl_buf_append(out, wire, unit);
    }
    return status;
}

/* float32 values */
static enum sl_status read_floats(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *node, struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a sequence of numbers");
    }
    enum sl_status status = SL_OK;
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top && status == SL_OK; p++) {
        uint64_t value = 0;
        status = sl_asm_value(a, sl_yaml_node(&a->yaml, *p), SL_ABI_F32, NULL, &value, err);
        sl_buf_u32(out, (uint32_t)value);
    }
    return status;
}

static enum sl_status read_file(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                struct sl_buf *out, struct sl_error *err)
{
    struct sl_buf path = {0};
    struct sl_buf file = {0};
    uint64_t offset = 0;
    uint64_t size = 0;
    enum sl_status status = sl_asm_path(a, node, &path, err);
    if (status == SL_OK) {
        status = sl_file_read((const char *)path.data, FILE_MAX, &file, err);
    }
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "offset", UINT64_MAX, 0, &offset, err);
    }
    if (status == SL_OK) {
        uint64_t rest = offset < file.size ? file.size - offset : 0;
        status = sl_asm_number_at(a, item, "size", UINT64_MAX, rest, &size, err);
    }
    if (status == SL_OK && !sl_range_fits(offset, size, file.size)) {
        status = sl_asm_fail(a, node, SL_RULE_YAML_FILE, err,
                             "the file has %zu bytes, 0x%" PRIx64 " are wanted from 0x%" PRIx64,
                             file.size, size, offset);
    }
    if (status == SL_OK && size > 0) {
        sl_buf_append(out, file.data + offset, (size_t)size);
    }
    sl_buf_finish(&file);
    sl_buf_finish(&path);
    return status;
}

enum sl_status sl_asm_check_room(struct sl_asm *a, uint64_t size, struct sl_error *err)
{
    uint64_t room = sl_event_list_room(a->list);
    if (size <= room) {
        return SL_OK;
    }
    return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                   "0x%" PRIx64 " bytes, the limit leaves 0x%" PRIx64, size, room);
}

/* How many bytes an endless source gives: the key size, or the size of a surface. */
static enum sl_status read_size(struct sl_asm *a, const yaml_node_t *item, uint64_t *size,
                                struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, "size");
    if (!node && !sl_yaml_get(&a->yaml, item, "format")) {
        return sl_asm_fail(a, item, SL_RULE_YAML_KEY, err, "key 'size' is missing");
    }
    if (!node) {
        struct sl_asm_surface surface;
        enum sl_status status = sl_asm_surface(a, item, NULL, &surface, err);
        *size = surface.size;
        return status;
    }
    enum sl_status status = sl_asm_number(a, node, UINT64_MAX, size, err);
    return status == SL_OK ? sl_asm_check_room(a, *size, err) : status;
}

/* Room for the bytes of an endless source; *size is left alone where there is none. */
static enum sl_status begin(struct sl_asm *a, const yaml_node_t *item, struct sl_buf *out,
                            uint8_t **bytes, size_t *size, struct sl_error *err)
{
    uint64_t wanted = 0;
    enum sl_status status = read_size(a, item, &wanted, err);
    if (status != SL_OK) {
        return status;
    }
    *bytes = sl_buf_extend(out, (size_t)wanted);
    if (!*bytes) {
        return sl_fail_memory(err, wanted);
    }
    *size = (size_t)wanted;
    return SL_OK;
}

static enum sl_status read_fill(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                struct sl_buf *out, struct sl_error *err)
{
    if (sl_yaml_get(&a->yaml, item, "format")) {
        return sl_asm_fill_color(a, item, node, out, err);
    }
    unsigned unit = 0;
    uint64_t value = 0;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sl_status status = read_unit(a, item, 1, &unit, err);
    if (status == SL_OK) {
        status = sl_asm_value(a, node, unit_type(unit), NULL, &value, err);
    }
    if (status == SL_OK) {
        status = begin(a, item, out, &bytes, &size, err);
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * (i % unit));
    }
    return status;
}

/* start, start + 1, ... modulo 256 */
static enum sl_status read_ramp(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                struct sl_buf *out, struct sl_error *err)
{
    uint64_t start = 0;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sl_status status = sl_asm_number(a, node, 255, &start, err);
    if (status == SL_OK) {
        status = begin(a, item, out, &bytes, &size, err);
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(start + i);
    }
    return status;
}

/* SplitMix64 (Steele, Lea, Flood 2014): eight bytes at a time, least significant first. */
static enum sl_status read_random(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *node, struct sl_buf *out, struct sl_error *err)
{
    uint64_t state = 0;
    uint64_t word = 0;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sl_status status = sl_asm_number(a, node, UINT64_MAX, &state, err);
    if (status == SL_OK) {
        status = begin(a, item, out, &bytes, &size, err);
    }
    for (size_t i = 0; i < size; i++) {
        if (i % 8 == 0) {
            state += UINT64_C(0x9E3779B97F4A7C15);
            word = (state ^ state >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
            word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
            word ^= word >> 31;
        }
        bytes[i] = (uint8_t)(word >> 8 * (i % 8));
    }
    return status;
}

/* Sources in a row. */
static enum sl_status read_parts(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                 struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a sequence of sources");
    }
    enum sl_status status = SL_OK;
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top && status == SL_OK; p++) {
        const yaml_node_t *part = sl_yaml_node(&a->yaml, *p);
        status = sl_asm_check_bytes_keys(a, part, NULL, 0, err);
        if (status == SL_OK && sl_yaml_get(&a->yaml, part, "parts")) {
            status = sl_asm_fail(a, part, SL_RULE_YAML_KEY, err, "parts have no parts");
        }
        if (status == SL_OK) {
            status = sl_asm_bytes(a, part, out, err);
        }
        if (status == SL_OK) {
            status = sl_asm_check_room(a, out->size, err);
        }
    }
    return status;
}

static const struct source {
    const char *key;
    enum sl_status (*read)(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                           struct sl_buf *out, struct sl_error *err);
} sources[] = {
    {"hex", read_hex},
    {"words", read_words},
    {"floats", read_floats},
    {"text", read_text},
    {"file", read_file},
    {"fill", read_fill},
    {"ramp", read_ramp},
    {"random", read_random},
    {"gradient", sl_asm_gradient},
    {"checker", sl_asm_checker},
    {"image", sl_asm_image},
    {"parts", read_parts},
    {"shader", sl_asm_shader},
    {"shader_file", sl_asm_shader_file},
    {"layout", sl_asm_layout},
    {"declaration", sl_asm_declaration},
};

enum { SOURCE_COUNT = sizeof(sources) / sizeof(sources[0]) };

enum sl_status sl_asm_check_bytes_keys(struct sl_asm *a, const yaml_node_t *item,
                                       const char *const *keys, size_t key_count,
                                       struct sl_error *err)
{
    static const char *const details[] = {"size",  "unit",   "offset", "format",
                                          "width", "height", "pitch"};
    enum { DETAIL_COUNT = sizeof(details) / sizeof(details[0]), OWN_MAX = 8 };
    const char *all[SOURCE_COUNT + DETAIL_COUNT + OWN_MAX];
    size_t count = 0;
    assert(key_count <= OWN_MAX);
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        all[count++] = sources[i].key;
    }
    for (size_t i = 0; i < DETAIL_COUNT; i++) {
        all[count++] = details[i];
    }
    for (size_t i = 0; i < key_count; i++) {
        all[count++] = keys[i];
    }
    return sl_asm_check_keys(a, item, all, count, err);
}

/* A size behind bytes that have their own: zeros fill up. */
static enum sl_status pad(struct sl_asm *a, const yaml_node_t *item, size_t before,
                          struct sl_buf *out, struct sl_error *err)
{
    uint64_t size = 0;
    if (!sl_yaml_get(&a->yaml, item, "size")) {
        return SL_OK;
    }
    enum sl_status status = read_size(a, item, &size, err);
    if (status != SL_OK) {
        return status;
    }
    if (out->size - before > size) {
        return sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err,
                           "%zu bytes do not fit into a size of %" PRIu64, out->size - before,
                           size);
    }
    sl_buf_append_zeros(out, (size_t)size - (out->size - before));
    return SL_OK;
}

enum sl_status sl_asm_bytes(struct sl_asm *a, const yaml_node_t *item, struct sl_buf *out,
                            struct sl_error *err)
{
    const struct source *source = NULL;
    const yaml_node_t *node = NULL;
    size_t before = out->size;
    if (item->type != YAML_MAPPING_NODE) {
        return sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "expected a mapping");
    }
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        const yaml_node_t *found = sl_yaml_get(&a->yaml, item, sources[i].key);
        if (found && source) {
            return sl_asm_fail(a, item, SL_RULE_YAML_KEY, err, "both '%s' and '%s'", source->key,
                               sources[i].key);
        }
        if (found) {
            source = &sources[i];
            node = found;
        }
    }
    if (!source) {
        return sl_asm_fail(a, item, SL_RULE_YAML_KEY, err,
                           "no bytes: expected fill, hex, words, gradient or the like");
    }
    enum sl_status status = source->read(a, item, node, out, err);
    if (status == SL_OK) {
        status = pad(a, item, before, out, err);
    }
    return status == SL_OK && out->failed ? sl_fail_memory(err, 0) : status;
}
