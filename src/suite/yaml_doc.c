#include "suite/yaml_doc.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t line_of(const struct sl_yaml *yaml, yaml_mark_t mark)
{
    return (uint32_t)mark.line + yaml->first_line;
}

enum sl_status sl_yaml_fail(const struct sl_yaml *yaml, const yaml_node_t *node, enum sl_rule rule,
                            struct sl_error *err, const char *format, ...)
{
    char message[SL_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    sl_fail(err, SL_ERR_DAMAGED, rule, "%s", message);
    sl_error_set_file(err, yaml->path);
    sl_error_set_line(err, line_of(yaml, node->start_mark));
    return SL_ERR_DAMAGED;
}

static enum sl_status parser_failure(const struct sl_yaml *yaml, const yaml_parser_t *parser,
                                     struct sl_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return sl_fail_memory(err, 0);
    }
    sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SUITE_YAML, "%s",
            parser->problem ? parser->problem : "not YAML");
    sl_error_set_file(err, yaml->path);
    sl_error_set_line(err, line_of(yaml, parser->problem_mark));
    return SL_ERR_DAMAGED;
}

/* True if nothing but the end follows the document. */
static bool is_only_document(yaml_parser_t *parser)
{
    yaml_document_t next;
    if (!yaml_parser_load(parser, &next)) {
        return false;
    }
    bool only = yaml_document_get_root_node(&next) == NULL;
    yaml_document_delete(&next);
    return only;
}

enum sl_status sl_yaml_parse(struct sl_yaml *yaml, const char *path, uint32_t first_line,
                             const uint8_t *bytes, size_t size, const yaml_node_t **root,
                             struct sl_error *err)
{
    yaml_parser_t parser;
    *yaml = (struct sl_yaml){.path = path, .first_line = first_line};
    if (!yaml_parser_initialize(&parser)) {
        return sl_fail_memory(err, 0);
    }
    yaml_parser_set_input_string(&parser, bytes ? bytes : (const uint8_t *)"", size);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    enum sl_status status = SL_OK;
    if (!yaml_parser_load(&parser, &yaml->document)) {
        status = parser_failure(yaml, &parser, err);
        goto out;
    }
    *root = yaml_document_get_root_node(&yaml->document);
    if (!*root || (*root)->type != YAML_MAPPING_NODE || !is_only_document(&parser)) {
        status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SUITE_YAML,
                         "expected one document that is a mapping");
        sl_error_set_file(err, path);
        yaml_document_delete(&yaml->document);
    }
out:
    yaml_parser_delete(&parser);
    return status;
}

void sl_yaml_finish(struct sl_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
}

static const char *scalar(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE) {
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

static size_t find_key(const struct sl_yaml_key *keys, size_t key_count, const char *name)
{
    size_t i = 0;
    while (i < key_count && strcmp(keys[i].name, name) != 0) {
        i++;
    }
    return i;
}

enum sl_status sl_yaml_map(struct sl_yaml *yaml, const yaml_node_t *node,
                           const struct sl_yaml_key *keys, size_t key_count, void *data,
                           struct sl_error *err)
{
    assert(key_count <= 32);
    if (node->type != YAML_MAPPING_NODE) {
        return sl_yaml_fail(yaml, node, SL_RULE_SUITE_VALUE, err, "expected a mapping");
    }
    uint32_t seen = 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&yaml->document, pair->key);
        const char *name = scalar(key);
        size_t i = name ? find_key(keys, key_count, name) : key_count;
        if (i == key_count) {
            return sl_yaml_fail(yaml, key, SL_RULE_SUITE_KEY, err, "unknown key '%s'",
                                name ? name : "?");
        }
        if (seen & 1u << i) {
            return sl_yaml_fail(yaml, key, SL_RULE_SUITE_KEY, err, "key '%s' is repeated", name);
        }
        seen |= 1u << i;
        const yaml_node_t *value = yaml_document_get_node(&yaml->document, pair->value);
        enum sl_status status = keys[i].set(yaml, value, data, err);
        if (status != SL_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].required && !(seen & 1u << i)) {
            return sl_yaml_fail(yaml, node, SL_RULE_SUITE_KEY, err, "key '%s' is missing",
                                keys[i].name);
        }
    }
    return SL_OK;
}

enum sl_status sl_yaml_sequence(struct sl_yaml *yaml, const yaml_node_t *node, void *data,
                                enum sl_status (*item)(struct sl_yaml *yaml,
                                                       const yaml_node_t *value, void *data,
                                                       struct sl_error *err),
                                struct sl_error *err)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_yaml_fail(yaml, node, SL_RULE_SUITE_VALUE, err, "expected a sequence");
    }
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top; p++) {
        enum sl_status status = item(yaml, yaml_document_get_node(&yaml->document, *p), data, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

enum sl_status sl_yaml_text(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                            struct sl_error *err)
{
    const char *text = scalar(node);
    if (!text) {
        return sl_yaml_fail(yaml, node, SL_RULE_SUITE_VALUE, err, "expected text");
    }
    *out = strdup(text);
    return *out ? SL_OK : sl_fail_memory(err, 0);
}

enum sl_status sl_yaml_number(const struct sl_yaml *yaml, const yaml_node_t *node, uint64_t min,
                              uint64_t max, uint64_t *out, struct sl_error *err)
{
    const char *text = scalar(node);
    char *end = NULL;
    errno = 0;
    bool digit = text && text[0] >= '0' && text[0] <= '9';
    unsigned long long value = digit ? strtoull(text, &end, 10) : 0;
    if (!digit || *end != '\0' || errno != 0 || value < min || value > max) {
        return sl_yaml_fail(yaml, node, SL_RULE_SUITE_VALUE, err,
                            "expected a number from %" PRIu64 " to %" PRIu64, min, max);
    }
    *out = value;
    return SL_OK;
}

enum sl_status sl_yaml_reason(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                              struct sl_error *err)
{
    enum sl_status status = sl_yaml_text(yaml, node, out, err);
    if (status == SL_OK && (*out)[strspn(*out, " \t\n")] == '\0') {
        status = sl_yaml_fail(yaml, node, SL_RULE_SUITE_VALUE, err, "expected a reason");
    }
    return status;
}

enum sl_status sl_yaml_resolve(const char *document, const char *name, char **out,
                               struct sl_error *err)
{
    struct sl_buf path = {0};
    sl_file_beside(&path, document, name);
    const char *text = sl_buf_cstr(&path);
    *out = text ? strdup(text) : NULL;
    sl_buf_finish(&path);
    return *out ? SL_OK : sl_fail_memory(err, 0);
}

enum sl_status sl_yaml_path(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                            struct sl_error *err)
{
    char *text = NULL;
    enum sl_status status = sl_yaml_text(yaml, node, &text, err);
    if (status == SL_OK && text[0] == '\0') {
        status = sl_yaml_fail(yaml, node, SL_RULE_SUITE_VALUE, err, "expected a path");
    }
    if (status == SL_OK) {
        status = sl_yaml_resolve(yaml->path, text, out, err);
    }
    free(text);
    return status;
}
