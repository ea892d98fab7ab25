/*
 * Reading a YAML document, by a table of keys where that fits. Every complaint names the file and
 * the line. Nodes live as long as the document, which is a tree: aliases are refused, and depth and
 * number of nodes are bounded.
 */
#ifndef SL_BASE_YAML_H
#define SL_BASE_YAML_H

#include "base/rule.h"

#include <scanlock/error.h>
#include <stddef.h>
#include <yaml.h>

#define SL_YAML_DEPTH_MAX 64u

/* What a kind of document is called in reports, and how large it may be. */
struct sl_yaml_kind {
    enum sl_rule syntax; /* not one YAML mapping, or one too deep or with aliases */
    enum sl_rule key;    /* an unknown, repeated or missing key */
    enum sl_rule value;  /* a value of the wrong kind or out of range */
    uint32_t nodes_max;  /* mappings, sequences and scalars; beyond is host.limit */
};

struct sl_yaml {
    yaml_document_t document;
    const struct sl_yaml_kind *kind;
    const char *path;    /* for reports, borrowed */
    uint32_t first_line; /* line of the document's first line in the file, from 1 */
};

/* What to do with the value of one key. */
struct sl_yaml_key {
    const char *name;
    bool required;
    enum sl_status (*set)(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                          struct sl_error *err);
};

/*
 * Parses the one document in bytes. On failure (DAMAGED, UNSUPPORTED for a limit) nothing is left
 * to finish. root is set to its root node, a mapping. kind is borrowed.
 */
enum sl_status sl_yaml_parse(struct sl_yaml *yaml, const struct sl_yaml_kind *kind,
                             const char *path, uint32_t first_line, const uint8_t *bytes,
                             size_t size, const yaml_node_t **root, struct sl_error *err);
void sl_yaml_finish(struct sl_yaml *yaml);

/* Line of a node in the file, from 1. */
uint32_t sl_yaml_line(const struct sl_yaml *yaml, const yaml_node_t *node);

/* The node with this index, as sequences and mappings give them. */
const yaml_node_t *sl_yaml_node(const struct sl_yaml *yaml, int index);

/* The text of a scalar without NUL bytes, valid as long as the document; else NULL. */
const char *sl_yaml_scalar(const yaml_node_t *node);

/* The value of a key in a mapping, NULL if there is none. */
const yaml_node_t *sl_yaml_get(const struct sl_yaml *yaml, const yaml_node_t *node,
                               const char *key);

/* DAMAGED at the line of node. */
enum sl_status sl_yaml_fail(const struct sl_yaml *yaml, const yaml_node_t *node, enum sl_rule rule,
                            struct sl_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Calls the setter of every key of a mapping, in the order of the file. Unknown, repeated and
 * missing keys are failures. At most 32 keys.
 */
enum sl_status sl_yaml_map(struct sl_yaml *yaml, const yaml_node_t *node,
                           const struct sl_yaml_key *keys, size_t key_count, void *data,
                           struct sl_error *err);

/* Calls item for every element of a sequence. */
enum sl_status sl_yaml_sequence(struct sl_yaml *yaml, const yaml_node_t *node, void *data,
                                enum sl_status (*item)(struct sl_yaml *yaml,
                                                       const yaml_node_t *value, void *data,
                                                       struct sl_error *err),
                                struct sl_error *err);

/* Values; anything else breaks the kind's value rule. The copy of a text is the caller's to free.
 */
enum sl_status sl_yaml_text(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                            struct sl_error *err);
enum sl_status sl_yaml_number(const struct sl_yaml *yaml, const yaml_node_t *node, uint64_t min,
                              uint64_t max, uint64_t *out, struct sl_error *err);

/* A text that says something: not only blanks. */
enum sl_status sl_yaml_reason(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                              struct sl_error *err);

/* A path, not empty, relative to the document's folder, as seen from the working folder. */
enum sl_status sl_yaml_path(const struct sl_yaml *yaml, const yaml_node_t *node, char **out,
                            struct sl_error *err);

/* The same for a name from elsewhere; document is the document's path. */
enum sl_status sl_yaml_resolve(const char *document, const char *name, char **out,
                               struct sl_error *err);

#endif
