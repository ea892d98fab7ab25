/*
 * Reading a YAML document by a table of keys. Every complaint names the file and the line. Nodes
 * live as long as the document; nothing is walked deeper than the tables say.
 */
#ifndef SL_SUITE_YAML_DOC_H
#define SL_SUITE_YAML_DOC_H

#include "base/rule.h"

#include <scanlock/error.h>
#include <stddef.h>
#include <yaml.h>

struct sl_yaml {
    yaml_document_t document;
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
 * Parses the one document in bytes. On failure (DAMAGED, suite.yaml) nothing is left to finish.
 * root is set to its root node, a mapping.
 */
enum sl_status sl_yaml_parse(struct sl_yaml *yaml, const char *path, uint32_t first_line,
                             const uint8_t *bytes, size_t size, const yaml_node_t **root,
                             struct sl_error *err);
void sl_yaml_finish(struct sl_yaml *yaml);

/* DAMAGED at the line of node. */
enum sl_status sl_yaml_fail(const struct sl_yaml *yaml, const yaml_node_t *node, enum sl_rule rule,
                            struct sl_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Calls the setter of every key of a mapping, in the order of the file. Unknown, repeated and
 * missing keys are suite.key. At most 32 keys.
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

/* Values; anything else is suite.value. The copy of a text is the caller's to free. */
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
