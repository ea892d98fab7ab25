/* Structs of an ABI, laid out by its tables. */
#include "trace/yaml_asm.h"

#include "base/bytes.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static enum sl_status put_struct(struct sl_asm *a, const struct sl_abi_struct *layout,
                                 const yaml_node_t *node, uint8_t *wire, struct sl_error *err);

/* One value, not an array, at its place. */
static enum sl_status put_element(struct sl_asm *a, enum sl_abi_type type,
                                  const struct sl_abi_struct *of, const struct sl_abi_enum *names,
                                  const yaml_node_t *node, uint8_t *wire, struct sl_error *err)
{
    if (type == SL_ABI_STRUCT) {
        return put_struct(a, of, node, wire, err);
    }
    uint64_t value = 0;
    enum sl_status status = sl_asm_value(a, node, type, names, &value, err);
    if (status == SL_OK) {
        sl_put_le(wire, sl_abi_type_size(type, NULL), value);
    }
    return status;
}

/* An array of bytes may also be given as hexadecimal digits. */
static enum sl_status put_hex(struct sl_asm *a, const struct sl_abi_field *field,
                              const yaml_node_t *node, uint8_t *wire, struct sl_error *err)
{
    struct sl_buf bytes = {0};
    enum sl_status status = sl_asm_hex(a, node, &bytes, err);
    if (status == SL_OK && bytes.size > field->count) {
        status = sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "%zu bytes for %s[%" PRIu32 "]",
                             bytes.size, field->name, field->count);
    }
    if (status == SL_OK && bytes.size > 0) {
        memcpy(wire, bytes.data, bytes.size);
    }
    sl_buf_finish(&bytes);
    return status;
}

static size_t sequence_count(const yaml_node_t *node)
{
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static enum sl_status put_field(struct sl_asm *a, const struct sl_abi_field *field,
                                const yaml_node_t *node, uint8_t *wire, struct sl_error *err)
{
    wire += field->offset;
    if (field->count == 1) {
        return put_element(a, field->type, field->of, field->names, node, wire, err);
    }
    if (field->type == SL_ABI_U8 && node->type == YAML_SCALAR_NODE) {
        return put_hex(a, field, node, wire, err);
    }
    if (node->type != YAML_SEQUENCE_NODE || sequence_count(node) > field->count) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                           "%s takes a sequence of at most %" PRIu32, field->name, field->count);
    }
    uint32_t size = sl_abi_type_size(field->type, field->of);
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < sequence_count(node) && status == SL_OK; i++) {
        const yaml_node_t *element = sl_yaml_node(&a->yaml, node->data.sequence.items.start[i]);
        status =
            put_element(a, field->type, field->of, field->names, element, wire + i * size, err);
    }
    return status;
}

/* The fields in their order, without names. */
static enum sl_status put_in_order(struct sl_asm *a, const struct sl_abi_struct *layout,
                                   const yaml_node_t *node, uint8_t *wire, struct sl_error *err)
{
    if (sequence_count(node) > layout->field_count) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "%s has %zu fields", layout->name,
                           layout->field_count);
    }
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < sequence_count(node) && status == SL_OK; i++) {
        const yaml_node_t *element = sl_yaml_node(&a->yaml, node->data.sequence.items.start[i]);
        status = put_field(a, &layout->fields[i], element, wire, err);
    }
    return status;
}

/* A mapping of fields; stop says which keys are somebody else's. */
struct other_keys {
    const char *const *keys;
    size_t count;
};

static bool is_other(const struct other_keys *others, const char *name)
{
    for (size_t i = 0; i < others->count; i++) {
        if (strcmp(others->keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum sl_status put_fields(struct sl_asm *a, const struct sl_abi_struct *layout,
                                 const yaml_node_t *node, const struct other_keys *others,
                                 uint8_t *wire, struct sl_error *err)
{
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = sl_yaml_node(&a->yaml, pair->key);
        const yaml_node_t *value = sl_yaml_node(&a->yaml, pair->value);
        const char *name = sl_yaml_scalar(key);
        if (name && sl_yaml_get(&a->yaml, node, name) != value) {
            return sl_asm_fail(a, key, SL_RULE_YAML_KEY, err, "key '%.80s' is repeated", name);
        }
        if (name && is_other(others, name)) {
            continue;
        }
        const struct sl_abi_field *field = name ? sl_abi_find_field(layout, name) : NULL;
        if (!field) {
            return sl_asm_fail(a, key, SL_RULE_YAML_KEY, err, "%s has no field '%.80s'",
                               layout->name, name ? name : "?");
        }
        enum sl_status status = put_field(a, field, value, wire, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

static enum sl_status put_struct(struct sl_asm *a, const struct sl_abi_struct *layout,
                                 const yaml_node_t *node, uint8_t *wire, struct sl_error *err)
{
    static const struct other_keys none = {0};
    if (node->type == YAML_SEQUENCE_NODE) {
        return put_in_order(a, layout, node, wire, err);
    }
    if (node->type != YAML_MAPPING_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                           "%s is a mapping or a sequence of its fields", layout->name);
    }
    return put_fields(a, layout, node, &none, wire, err);
}

/* Elements in a row; their number goes to *count. */
static enum sl_status put_trailing_items(struct sl_asm *a, const struct sl_abi_trailing *trailing,
                                         const yaml_node_t *node, struct sl_buf *out,
                                         uint64_t *count, struct sl_error *err)
{
    uint32_t size = sl_abi_type_size(trailing->type, trailing->of);
    *count = sequence_count(node);
    for (size_t i = 0; i < sequence_count(node); i++) {
        uint8_t *wire = sl_buf_extend(out, size);
        if (!wire) {
            return sl_fail_memory(err, size);
        }
        memset(wire, 0, size);
        const yaml_node_t *element = sl_yaml_node(&a->yaml, node->data.sequence.items.start[i]);
        enum sl_status status =
            put_element(a, trailing->type, trailing->of, NULL, element, wire, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

static enum sl_status put_trailing(struct sl_asm *a, const struct sl_abi_trailing *trailing,
                                   const yaml_node_t *node, struct sl_buf *out, uint64_t *count,
                                   struct sl_error *err)
{
    if (node->type == YAML_SEQUENCE_NODE) {
        return put_trailing_items(a, trailing, node, out, count, err);
    }
    size_t before = out->size;
    enum sl_status status = SL_OK;
    if (node->type == YAML_MAPPING_NODE) {
        status = sl_asm_check_bytes_keys(a, node, NULL, 0, err);
        if (status == SL_OK) {
            status = sl_asm_bytes(a, node, out, err);
        }
    } else if (trailing->text) {
        sl_buf_append(out, node->data.scalar.value, node->data.scalar.length);
    } else {
        status = sl_asm_hex(a, node, out, err);
    }
    *count = (out->size - before) / sl_abi_type_size(trailing->type, trailing->of);
    return status;
}

/* Writes a field that the item leaves out. */
static void put_implied(struct sl_asm *a, const struct sl_abi_field *field, const yaml_node_t *item,
                        uint64_t value, uint8_t *wire)
{
    if (field && !sl_yaml_get(&a->yaml, item, field->name)) {
        sl_put_le(wire + field->offset, sl_abi_type_size(field->type, NULL), value);
    }
}

static enum sl_status put_tail(struct sl_asm *a, const struct sl_abi_struct *layout,
                               const yaml_node_t *item, size_t base, struct sl_buf *out,
                               struct sl_error *err)
{
    const struct sl_abi_trailing *trailing = layout->trailing;
    const yaml_node_t *node = trailing ? sl_yaml_get(&a->yaml, item, trailing->name) : NULL;
    uint64_t count = 0;
    if (node) {
        enum sl_status status = put_trailing(a, trailing, node, out, &count, err);
        if (status != SL_OK) {
            return status;
        }
        if (count % trailing->count_scale) {
            return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "%s comes in groups of %" PRIu32,
                               trailing->name, trailing->count_scale);
        }
        while (!out->failed && (out->size - base) % trailing->pad_to) {
            sl_buf_u8(out, 0);
        }
    }
    if (out->failed) {
        return sl_fail_memory(err, 0);
    }
    if (trailing) {
        uint8_t *wire = out->data + base;
        put_implied(a, trailing->count, item, count / trailing->count_scale, wire);
        put_implied(a, trailing->stride, item, sl_abi_type_size(trailing->type, trailing->of),
                    wire);
    }
    return SL_OK;
}

/* Bytes of the fixed part: optional fields at its end are there if one of them is given. */
static uint32_t fixed_size(struct sl_asm *a, const struct sl_abi_struct *layout,
                           const yaml_node_t *item)
{
    bool has_optional = false;
    uint32_t size = layout->min_size;
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *field = &layout->fields[i];
        has_optional = has_optional || field->present_if_size_ge > 0;
        if (field->present_if_size_ge > size && sl_yaml_get(&a->yaml, item, field->name)) {
            size = field->present_if_size_ge;
        }
    }
    return has_optional ? size : layout->size;
}

enum sl_status sl_asm_struct(struct sl_asm *a, const struct sl_abi_struct *layout,
                             const yaml_node_t *item, const char *const *keys, size_t key_count,
                             struct sl_buf *out, struct sl_error *err)
{
    const char *all[32];
    assert(key_count < sizeof(all) / sizeof(all[0]));
    if (key_count > 0) {
        memcpy(all, keys, key_count * sizeof(*keys));
    }
    struct other_keys others = {.keys = all, .count = key_count};
    if (layout->trailing) {
        all[others.count++] = layout->trailing->name;
    }
    if (item->type != YAML_MAPPING_NODE) {
        return sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "expected a mapping");
    }
    size_t base = out->size;
    sl_buf_append_zeros(out, layout->size);
    if (out->failed) {
        return sl_fail_memory(err, layout->size);
    }
    enum sl_status status = put_fields(a, layout, item, &others, out->data + base, err);
    if (status != SL_OK) {
        return status;
    }
    out->size = base + fixed_size(a, layout, item);
    return put_tail(a, layout, item, base, out, err);
}
