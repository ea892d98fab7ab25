/* Numbers, names and texts of a trace in YAML. */
#include "trace/yaml_asm.h"

#include "base/checked.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A number or name longer than this is none. */
enum { SCALAR_MAX = 256 };

enum sl_status sl_asm_spend(struct sl_asm *a, const yaml_node_t *node, uint64_t amount,
                            struct sl_error *err)
{
    if (amount > SL_ASM_WORK_MAX - a->work) {
        sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                "more than 0x%" PRIx64 " bytes and values to read, the limit", SL_ASM_WORK_MAX);
        sl_error_set_file(err, a->yaml.path);
        sl_error_set_line(err, sl_yaml_line(&a->yaml, node));
        return SL_ERR_UNSUPPORTED;
    }
    a->work += amount;
    return SL_OK;
}

static const char *short_scalar(const yaml_node_t *node)
{
    bool is_short = node->type == YAML_SCALAR_NODE && node->data.scalar.length <= SCALAR_MAX;
    return is_short ? sl_yaml_scalar(node) : NULL;
}

/* Reads a number with its suffix from the start of text; NULL if there is none. */
static const char *scan_number(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    size_t length = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (length == 0) {
        return NULL;
    }
    errno = 0;
    uint64_t value = strtoull(digits, NULL, hex ? 16 : 10);
    const char *end = digits + length;
    static const char suffixes[] = "KMG";
    const char *suffix = *end ? strchr(suffixes, *end) : NULL;
    uint64_t scale = suffix ? UINT64_C(1) << 10 * (suffix - suffixes + 1) : 1;
    if (errno || !sl_mul_u64(value, scale, out)) {
        return NULL;
    }
    return suffix ? end + 1 : end;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What stands behind the name of a place. */
static const char *scan_part(const char *text, const struct sl_asm_place *place, uint64_t *out)
{
    *out = place->gpa;
    if (strncmp(text, ".size", 5) == 0) {
        *out = place->size;
        return text + 5;
    }
    if (strncmp(text, ".end", 4) == 0) {
        *out = place->gpa + place->size;
        return text + 4;
    }
    return text;
}

enum sl_status sl_asm_number(struct sl_asm *a, const yaml_node_t *node, uint64_t max, uint64_t *out,
                             struct sl_error *err)
{
    const char *text = short_scalar(node);
    uint64_t value = 0;
    enum sl_status status = sl_asm_spend(a, node, 1, err);
    if (status != SL_OK) {
        return status;
    }
    const char *rest = text ? scan_number(text, &value) : NULL;
    if (!rest && text && is_name_char(text[0]) && !isdigit((unsigned char)text[0])) {
        size_t length = 0;
        while (is_name_char(text[length])) {
            length++;
        }
        const struct sl_asm_place *place = sl_asm_find(a, text, length);
        status = sl_asm_spend(a, node, a->place_count, err);
        if (status != SL_OK) {
            return status;
        }
        if (!place) {
            return sl_asm_fail(a, node, SL_RULE_YAML_NAME, err,
                               "'%s' is neither a number nor the name of an address", text);
        }
        rest = scan_part(text + length, place, &value);
        uint64_t offset = 0;
        if (*rest == '+' || *rest == '-') {
            bool minus = *rest == '-';
            rest = scan_number(rest + 1, &offset);
            value = minus ? value - offset : value + offset;
        }
    }
    if (!rest || *rest != '\0' || value > max) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                           "expected a number of at most 0x%" PRIx64, max);
    }
    *out = value;
    return SL_OK;
}

enum sl_status sl_asm_u32(struct sl_asm *a, const yaml_node_t *node, uint32_t *out,
                          struct sl_error *err)
{
    uint64_t value = 0;
    enum sl_status status = sl_asm_number(a, node, UINT32_MAX, &value, err);
    *out = (uint32_t)value;
    return status;
}

enum sl_status sl_asm_number_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                                uint64_t max, uint64_t fallback, uint64_t *out,
                                struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, key);
    if (!node) {
        *out = fallback;
        return SL_OK;
    }
    return sl_asm_number(a, node, max, out, err);
}

/* -1 and the like in size bytes. */
static bool parse_negative(const char *text, uint32_t size, uint64_t *out)
{
    uint64_t magnitude;
    const char *end = text[0] == '-' ? scan_number(text + 1, &magnitude) : NULL;
    uint64_t limit = UINT64_C(1) << (8 * size - 1);
    if (!end || *end || magnitude > limit) {
        return false;
    }
    *out = (0 - magnitude) & (limit - 1 + limit);
    return true;
}

enum sl_status sl_asm_value(struct sl_asm *a, const yaml_node_t *node, enum sl_abi_type type,
                            const struct sl_abi_enum *names, uint64_t *out, struct sl_error *err)
{
    const char *text = short_scalar(node);
    enum sl_status status = sl_asm_spend(a, node, 1, err);
    if (status != SL_OK) {
        return status;
    }
    if (text && sl_abi_parse_value(text, type, names, out)) {
        return SL_OK;
    }
    uint32_t size = sl_abi_type_size(type, NULL);
    if (text && type != SL_ABI_F32 && parse_negative(text, size, out)) {
        return SL_OK;
    }
    if (!text || type == SL_ABI_F32) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a number");
    }
    if (names && is_name_char(text[0]) && !isdigit((unsigned char)text[0]) &&
        !sl_asm_find(a, text, strcspn(text, "+-."))) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "'%.80s' is no value of %s", text,
                           names->name);
    }
    uint64_t max = size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
    return sl_asm_number(a, node, max, out, err);
}

enum sl_status sl_asm_text(struct sl_asm *a, const yaml_node_t *node, const char **out,
                           struct sl_error *err)
{
    *out = sl_yaml_scalar(node);
    return *out ? SL_OK : sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected text");
}

enum sl_status sl_asm_bool_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                              bool fallback, bool *out, struct sl_error *err)
{
    *out = fallback;
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, key);
    const char *text = node ? sl_yaml_scalar(node) : NULL;
    if (text) {
        *out = strcmp(text, "true") == 0;
    }
    if (node && (!text || (!*out && strcmp(text, "false") != 0))) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected true or false");
    }
    return SL_OK;
}

static bool is_listed(const char *const *keys, size_t key_count, const char *name)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

enum sl_status sl_asm_check_keys(struct sl_asm *a, const yaml_node_t *item, const char *const *keys,
                                 size_t key_count, struct sl_error *err)
{
    if (item->type != YAML_MAPPING_NODE) {
        return sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "expected a mapping");
    }
    for (const yaml_node_pair_t *pair = item->data.mapping.pairs.start;
         pair < item->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = sl_yaml_node(&a->yaml, pair->key);
        const char *name = sl_yaml_scalar(key);
        if (!name || !is_listed(keys, key_count, name)) {
            return sl_asm_fail(a, key, SL_RULE_YAML_KEY, err, "unknown key '%.80s'",
                               name ? name : "?");
        }
        if (sl_yaml_get(&a->yaml, item, name) != sl_yaml_node(&a->yaml, pair->value)) {
            return sl_asm_fail(a, key, SL_RULE_YAML_KEY, err, "key '%s' is repeated", name);
        }
    }
    return SL_OK;
}

static enum sl_status read_region(struct sl_asm *a, const yaml_node_t *node,
                                  struct sl_ram_region *region, struct sl_error *err)
{
    static const char *const keys[] = {"base", "size"};
    enum sl_status status = sl_asm_check_keys(a, node, keys, sizeof(keys) / sizeof(keys[0]), err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, node, "base", UINT64_MAX, 0, &region->gpa, err);
    }
    if (status == SL_OK) {
        status = sl_asm_number_at(a, node, "size", UINT64_MAX, 0, &region->size, err);
    }
    return status;
}

enum sl_status sl_asm_ram(struct sl_asm *a, const yaml_node_t *node, struct sl_ram_region **regions,
                          size_t *count, struct sl_error *err)
{
    *regions = NULL;
    *count = 0;
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "RAM is a sequence of regions");
    }
    const yaml_node_item_t *items = node->data.sequence.items.start;
    size_t size = (size_t)(node->data.sequence.items.top - items);
    if (size == 0) {
        return SL_OK;
    }
    *regions = calloc(size, sizeof(**regions));
    if (!*regions) {
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = sl_asm_spend(a, node, size, err);
    for (size_t i = 0; i < size && status == SL_OK; i++) {
        status = read_region(a, sl_yaml_node(&a->yaml, items[i]), &(*regions)[i], err);
    }
    *count = size;
    return status;
}
