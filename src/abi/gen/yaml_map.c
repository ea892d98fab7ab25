#include "abi/gen/yaml_map.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum sl_status gen_fail(struct sl_error *err, enum sl_rule rule, uint32_t line, const char *format,
                        ...)
{
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    enum sl_status status = sl_fail(err, SL_ERR_DAMAGED, rule, "%s", message);
    sl_error_set_line(err, line);
    return status;
}

static uint32_t line_of(const yaml_node_t *node)
{
    return (uint32_t)node->start_mark.line + 1;
}

static const char *scalar_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool parse_number(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && text[1] == 'x';
    const char *digits = hex ? text + 2 : text;
    if (!digits[0] ||
        strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    *out = strtoull(digits, NULL, hex ? 16 : 10);
    return errno == 0;
}

static bool parse_since(const char *text, uint64_t *out)
{
    return strncmp(text, "1.", 2) == 0 && parse_number(text + 2, out) && *out <= UINT16_MAX;
}

static bool parse_word(const char *text, const char *const *words, int *out)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static enum sl_status read_scalar(const yaml_node_t *node, const struct gen_key *key, void *out,
                                  struct sl_error *err)
{
    static const char *const expected[] = {
        [GEN_TEXT] = "text",
        [GEN_NUMBER] = "a number",
        [GEN_SINCE] = "a version 1.N",
        [GEN_BOOL] = "true or false",
        [GEN_WORD] = "one of the words it knows",
    };
    const char *text = scalar_text(node);
    bool good = false;
    if (text && key->kind == GEN_TEXT) {
        *(const char **)out = text;
        good = true;
    } else if (text && key->kind == GEN_NUMBER) {
        bool any = key->allow_any && (strcmp(text, "any") == 0 || strcmp(text, "other") == 0);
        *(uint64_t *)out = GEN_NONE;
        good = any || parse_number(text, out);
    } else if (text && key->kind == GEN_SINCE) {
        good = parse_since(text, out);
    } else if (text && key->kind == GEN_BOOL) {
        *(bool *)out = strcmp(text, "true") == 0;
        good = *(bool *)out || strcmp(text, "false") == 0;
    } else if (text) {
        good = parse_word(text, key->words, out);
    }
    if (good) {
        return SL_OK;
    }
    return gen_fail(err, SL_RULE_ABI_VALUE, line_of(node), "%s: expected %s, found \"%s\"",
                    key->name, expected[key->kind], text ? text : "a collection");
}

static enum sl_status read_map(yaml_document_t *doc, yaml_node_t *node,
                               const struct gen_schema *schema, void *out, struct sl_error *err);

static enum sl_status read_list(yaml_document_t *doc, yaml_node_t *node, const struct gen_key *key,
                                struct gen_list *list, struct sl_error *err)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return gen_fail(err, SL_RULE_ABI_VALUE, line_of(node), "%s: expected a list", key->name);
    }
    const yaml_node_item_t *first = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - first);
    list->items = calloc(count ? count : 1, key->schema->item_size);
    if (!list->items) {
        return sl_fail_memory(err, count * key->schema->item_size);
    }
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        enum sl_status status = read_map(doc, yaml_document_get_node(doc, first[i]), key->schema,
                                         (uint8_t *)list->items + i * key->schema->item_size, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

static enum sl_status read_value(yaml_document_t *doc, yaml_node_t *node, const struct gen_key *key,
                                 void *out, struct sl_error *err)
{
    if (key->kind == GEN_LIST) {
        return read_list(doc, node, key, out, err);
    }
    if (key->kind == GEN_MAP) {
        return read_map(doc, node, key->schema, out, err);
    }
    return read_scalar(node, key, out, err);
}

static const struct gen_key *find_key(const struct gen_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        if (strcmp(schema->keys[i].name, name) == 0) {
            return &schema->keys[i];
        }
    }
    return NULL;
}

static void set_absent(const struct gen_schema *schema, uint8_t *out)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        const struct gen_key *key = &schema->keys[i];
        if (key->kind == GEN_NUMBER || key->kind == GEN_SINCE) {
            memcpy(out + key->offset, &key->absent, sizeof(key->absent));
        }
    }
}

static enum sl_status check_complete(const struct gen_schema *schema, const bool *seen,
                                     uint32_t line, struct sl_error *err)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        if (schema->keys[i].required && !seen[i]) {
            return gen_fail(err, SL_RULE_ABI_KEY, line, "%s needs the key \"%s\"", schema->what,
                            schema->keys[i].name);
        }
    }
    return SL_OK;
}

/* Recursion follows the schema, which is fixed and three levels deep, not the document. */
static enum sl_status read_map(yaml_document_t *doc, yaml_node_t *node,
                               const struct gen_schema *schema, void *out, struct sl_error *err)
{
    bool seen[32] = {false};
    assert(schema->key_count <= sizeof(seen) / sizeof(seen[0]));
    uint32_t line = line_of(node);
    memcpy(out, &line, sizeof(line));
    set_absent(schema, out);
    if (node->type != YAML_MAPPING_NODE) {
        return gen_fail(err, SL_RULE_ABI_VALUE, line, "%s must be a mapping", schema->what);
    }
    const yaml_node_pair_t *end = node->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < end; pair++) {
        yaml_node_t *name_node = yaml_document_get_node(doc, pair->key);
        const char *name = scalar_text(name_node);
        const struct gen_key *key = name ? find_key(schema, name) : NULL;
        if (!key) {
            return gen_fail(err, SL_RULE_ABI_KEY, line_of(name_node), "%s has no key \"%s\"",
                            schema->what, name ? name : "?");
        }
        if (seen[key - schema->keys]) {
            return gen_fail(err, SL_RULE_ABI_KEY, line_of(name_node), "\"%s\" stands here twice",
                            name);
        }
        seen[key - schema->keys] = true;
        enum sl_status status = read_value(doc, yaml_document_get_node(doc, pair->value), key,
                                           (uint8_t *)out + key->offset, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return check_complete(schema, seen, line, err);
}

enum sl_status gen_read_document(yaml_document_t *doc, const struct gen_schema *schema, void *out,
                                 struct sl_error *err)
{
    yaml_node_t *root = yaml_document_get_root_node(doc);
    if (!root) {
        return gen_fail(err, SL_RULE_ABI_SYNTAX, 1, "the file is empty");
    }
    return read_map(doc, root, schema, out, err);
}

void gen_free(const struct gen_schema *schema, void *item)
{
    for (size_t i = 0; i < schema->key_count; i++) {
        const struct gen_key *key = &schema->keys[i];
        uint8_t *at = (uint8_t *)item + key->offset;
        if (key->kind == GEN_MAP) {
            gen_free(key->schema, at);
        } else if (key->kind == GEN_LIST) {
            struct gen_list list;
            memcpy(&list, at, sizeof(list));
            for (size_t j = 0; j < list.count; j++) {
                gen_free(key->schema, (uint8_t *)list.items + j * key->schema->item_size);
            }
            free(list.items);
        }
    }
}
