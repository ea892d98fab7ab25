#include "base/yaml.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
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

static enum sl_status fail_at_mark(const struct sl_yaml *yaml, yaml_mark_t mark,
                                   struct sl_error *err, const char *what)
{
    sl_fail(err, SL_ERR_DAMAGED, yaml->kind->syntax, "%s", what);
    sl_error_set_file(err, yaml->path);
    sl_error_set_line(err, line_of(yaml, mark));
    return SL_ERR_DAMAGED;
}

static enum sl_status next_token(const struct sl_yaml *yaml, yaml_parser_t *parser,
                                 yaml_event_t *token, struct sl_error *err)
{
    if (yaml_parser_parse(parser, token)) {
        return SL_OK;
    }
    if (parser->error == YAML_MEMORY_ERROR) {
        return sl_fail_memory(err, 0);
    }
    return fail_at_mark(yaml, parser->problem_mark, err,
                        parser->problem ? parser->problem : "not YAML");
}

/* The collections that are open while a document is read. */
struct builder {
    struct sl_yaml *yaml;
    struct {
        int node;
        int key; /* of a mapping: the key whose value comes next, 0 if a key comes next */
    } open[SL_YAML_DEPTH_MAX];
    size_t depth;
    uint32_t nodes;
};

/* Adds the node that a token begins; *index is 0 if it begins none. */
static enum sl_status add_node(struct builder *b, const yaml_event_t *token, int *index,
                               struct sl_error *err)
{
    yaml_document_t *document = &b->yaml->document;
    if (b->nodes == b->yaml->kind->nodes_max) {
        sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, "more than %" PRIu32 " YAML nodes",
                b->yaml->kind->nodes_max);
        sl_error_set_file(err, b->yaml->path);
        sl_error_set_line(err, line_of(b->yaml, token->start_mark));
        return SL_ERR_UNSUPPORTED;
    }
    if (token->type == YAML_SCALAR_EVENT) {
        if (token->data.scalar.length > INT_MAX) {
            return fail_at_mark(b->yaml, token->start_mark, err, "scalar is too long");
        }
        *index = yaml_document_add_scalar(document, NULL, token->data.scalar.value,
                                          (int)token->data.scalar.length, token->data.scalar.style);
    } else if (token->type == YAML_SEQUENCE_START_EVENT) {
        *index = yaml_document_add_sequence(document, NULL, token->data.sequence_start.style);
    } else {
        *index = yaml_document_add_mapping(document, NULL, token->data.mapping_start.style);
    }
    if (*index == 0) {
        return sl_fail_memory(err, 0);
    }
    b->nodes++;
    yaml_document_get_node(document, *index)->start_mark = token->start_mark;
    return SL_OK;
}

/* Hangs a node into the collection that is open. */
static enum sl_status attach_node(struct builder *b, int index, const yaml_event_t *token,
                                  struct sl_error *err)
{
    if (b->depth == 0) {
        return SL_OK;
    }
    yaml_document_t *document = &b->yaml->document;
    int parent = b->open[b->depth - 1].node;
    int key = b->open[b->depth - 1].key;
    if (yaml_document_get_node(document, parent)->type == YAML_SEQUENCE_NODE) {
        return yaml_document_append_sequence_item(document, parent, index) ? SL_OK
                                                                           : sl_fail_memory(err, 0);
    }
    if (key == 0) {
        b->open[b->depth - 1].key = index;
        return token->type == YAML_SCALAR_EVENT
                   ? SL_OK
                   : fail_at_mark(b->yaml, token->start_mark, err, "a key must be text");
    }
    b->open[b->depth - 1].key = 0;
    return yaml_document_append_mapping_pair(document, parent, key, index) ? SL_OK
                                                                           : sl_fail_memory(err, 0);
}

static enum sl_status take_token(struct builder *b, const yaml_event_t *token, struct sl_error *err)
{
    if (token->type == YAML_SEQUENCE_END_EVENT || token->type == YAML_MAPPING_END_EVENT) {
        b->depth--;
        return SL_OK;
    }
    if (token->type == YAML_ALIAS_EVENT) {
        return fail_at_mark(b->yaml, token->start_mark, err, "aliases are not allowed");
    }
    int index = 0;
    enum sl_status status = add_node(b, token, &index, err);
    if (status == SL_OK) {
        status = attach_node(b, index, token, err);
    }
    if (status != SL_OK || token->type == YAML_SCALAR_EVENT) {
        return status;
    }
    if (b->depth == SL_YAML_DEPTH_MAX) {
        return fail_at_mark(b->yaml, token->start_mark, err, "nested too deeply");
    }
    b->open[b->depth].node = index;
    b->open[b->depth++].key = 0;
    return SL_OK;
}

/* Reads the nodes of one document, up to its end. */
static enum sl_status read_nodes(struct builder *b, yaml_parser_t *parser, struct sl_error *err)
{
    for (bool ended = false; !ended;) {
        yaml_event_t token;
        enum sl_status status = next_token(b->yaml, parser, &token, err);
        if (status != SL_OK) {
            return status;
        }
        ended = token.type == YAML_DOCUMENT_END_EVENT;
        if (!ended) {
            status = take_token(b, &token, err);
        }
        yaml_event_delete(&token);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

/* Passes over one token; *is is whether it was of this type. */
static enum sl_status skip_token(const struct sl_yaml *yaml, yaml_parser_t *parser,
                                 yaml_event_type_t type, bool *is, struct sl_error *err)
{
    yaml_event_t token;
    enum sl_status status = next_token(yaml, parser, &token, err);
    if (status == SL_OK) {
        *is = token.type == type;
        yaml_event_delete(&token);
    }
    return status;
}

/* A stream of exactly one document. */
static enum sl_status read_stream(struct sl_yaml *yaml, yaml_parser_t *parser, struct sl_error *err)
{
    bool started = false;
    bool ended = false;
    enum sl_status status = skip_token(yaml, parser, YAML_STREAM_START_EVENT, &started, err);
    if (status == SL_OK) {
        status = skip_token(yaml, parser, YAML_DOCUMENT_START_EVENT, &started, err);
    }
    if (status == SL_OK && started) {
        struct builder builder = {.yaml = yaml};
        status = read_nodes(&builder, parser, err);
    }
    if (status == SL_OK && started) {
        status = skip_token(yaml, parser, YAML_STREAM_END_EVENT, &ended, err);
    }
    if (status == SL_OK && !ended) {
        status = fail_at_mark(yaml, parser->mark, err, "expected one document that is a mapping");
    }
    return status;
}

enum sl_status sl_yaml_parse(struct sl_yaml *yaml, const struct sl_yaml_kind *kind,
                             const char *path, uint32_t first_line, const uint8_t *bytes,
                             size_t size, const yaml_node_t **root, struct sl_error *err)
{
    yaml_parser_t parser;
    *yaml = (struct sl_yaml){.kind = kind, .path = path, .first_line = first_line};
    if (!yaml_parser_initialize(&parser)) {
        return sl_fail_memory(err, 0);
    }
    if (!yaml_document_initialize(&yaml->document, NULL, NULL, NULL, 1, 1)) {
        yaml_parser_delete(&parser);
        return sl_fail_memory(err, 0);
    }
    yaml_parser_set_input_string(&parser, bytes ? bytes : (const uint8_t *)"", size);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    enum sl_status status = read_stream(yaml, &parser, err);
    if (status == SL_OK) {
        *root = yaml_document_get_root_node(&yaml->document);
        if (!*root || (*root)->type != YAML_MAPPING_NODE) {
            status = fail_at_mark(yaml, (yaml_mark_t){0}, err,
                                  "expected one document that is a mapping");
        }
    }
    if (status != SL_OK) {
        yaml_document_delete(&yaml->document);
    }
    yaml_parser_delete(&parser);
    return status;
}

void sl_yaml_finish(struct sl_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
}

const char *sl_yaml_scalar(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE) {
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

uint32_t sl_yaml_line(const struct sl_yaml *yaml, const yaml_node_t *node)
{
    return line_of(yaml, node->start_mark);
}

const yaml_node_t *sl_yaml_node(const struct sl_yaml *yaml, int index)
{
    assert(index > 0 && index <= yaml->document.nodes.top - yaml->document.nodes.start);
    return yaml->document.nodes.start + index - 1;
}

const yaml_node_t *sl_yaml_get(const struct sl_yaml *yaml, const yaml_node_t *node, const char *key)
{
    if (node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *name = sl_yaml_scalar(sl_yaml_node(yaml, pair->key));
        if (name && strcmp(name, key) == 0) {
            return sl_yaml_node(yaml, pair->value);
        }
    }
    return NULL;
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
        return sl_yaml_fail(yaml, node, yaml->kind->value, err, "expected a mapping");
    }
    uint32_t seen = 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = sl_yaml_node(yaml, pair->key);
        const char *name = sl_yaml_scalar(key);
        size_t i = name ? find_key(keys, key_count, name) : key_count;
        if (i == key_count) {
            return sl_yaml_fail(yaml, key, yaml->kind->key, err, "unknown key '%s'",
                                name ? name : "?");
        }
        if (seen & 1u << i) {
            return sl_yaml_fail(yaml, key, yaml->kind->key, err, "key '%s' is repeated", name);
        }
        seen |= 1u << i;
        const yaml_node_t *value = sl_yaml_node(yaml, pair->value);
        enum sl_status status = keys[i].set(yaml, value, data, err);
        if (status != SL_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].required && !(seen & 1u << i)) {
            return sl_yaml_fail(yaml, node, yaml->kind->key, err, "key '%s' is missing",
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
        return sl_yaml_fail(yaml, node, yaml->kind->value, err, "expected a sequence");
    }
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top; p++) {
        enum sl_status status = item(yaml, sl_yaml_node(yaml, *p), data, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

enum sl_status sl_yaml_text(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                            struct sl_error *err)
{
    const char *text = sl_yaml_scalar(node);
    if (!text) {
        return sl_yaml_fail(yaml, node, yaml->kind->value, err, "expected text");
    }
    *out = strdup(text);
    return *out ? SL_OK : sl_fail_memory(err, 0);
}

enum sl_status sl_yaml_number(const struct sl_yaml *yaml, const yaml_node_t *node, uint64_t min,
                              uint64_t max, uint64_t *out, struct sl_error *err)
{
    const char *text = sl_yaml_scalar(node);
    char *end = NULL;
    errno = 0;
    bool digit = text && text[0] >= '0' && text[0] <= '9';
    unsigned long long value = digit ? strtoull(text, &end, 10) : 0;
    if (!digit || *end != '\0' || errno != 0 || value < min || value > max) {
        return sl_yaml_fail(yaml, node, yaml->kind->value, err,
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
        status = sl_yaml_fail(yaml, node, yaml->kind->value, err, "expected a reason");
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
        status = sl_yaml_fail(yaml, node, yaml->kind->value, err, "expected a path");
    }
    if (status == SL_OK) {
        status = sl_yaml_resolve(yaml->path, text, out, err);
    }
    free(text);
    return status;
}
