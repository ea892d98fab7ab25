/*
 * Reading a YAML document into C structs by description. A schema lists the keys of a mapping, what
 * each holds and where in the struct it goes; a key that is unknown, missing or given twice, and a
 * value of the wrong kind, is an error that names file and line.
 */
#ifndef SL_ABI_GEN_YAML_MAP_H
#define SL_ABI_GEN_YAML_MAP_H

#include "base/status.h"

#include <stddef.h>
#include <yaml.h>

/* The items of a sequence, or the one item of a mapping; allocated. */
struct gen_list {
    void *items;
    size_t count;
};

enum gen_kind {
    GEN_TEXT,   /* const char *, lives as long as the document */
    GEN_NUMBER, /* uint64_t, decimal or 0x */
    GEN_SINCE,  /* uint64_t, the minor number of "1.N" */
    GEN_BOOL,   /* bool */
    GEN_WORD,   /* int, index into words */
    GEN_LIST,   /* struct gen_list of items of schema, from a sequence of mappings */
    GEN_MAP,    /* the struct of schema itself, embedded */
};

/* What a GEN_NUMBER holds that the file does not give, or gives as the word "any" or "other". */
#define GEN_NONE UINT64_MAX

struct gen_schema;

struct gen_key {
    const char *name;
    enum gen_kind kind;
    size_t offset;
    bool required;
    bool allow_any;  /* GEN_NUMBER: the words "any" and "other" mean GEN_NONE */
    uint64_t absent; /* GEN_NUMBER, GEN_SINCE: the value without the key */
    const char *const
        *words; /* GEN_WORD: NULL terminated; the first is the value without the key */
    const struct gen_schema *schema;
};

/* Every struct described starts with a uint32_t that receives the line of the mapping. */
struct gen_schema {
    const char *what; /* "an opcode" */
    const struct gen_key *keys;
    size_t key_count;
    size_t item_size;
};

/* Fills the zeroed struct at out from the root of a document. */
enum sl_status gen_read_document(yaml_document_t *doc, const struct gen_schema *schema, void *out,
                                 struct sl_error *err);

/* Frees the lists inside a struct that gen_read_document() filled, wholly or in part. */
void gen_free(const struct gen_schema *schema, void *item);

/* A report about the line of something; the status returned is SL_ERR_DAMAGED. */
enum sl_status gen_fail(struct sl_error *err, enum sl_rule rule, uint32_t line, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

#endif
