/* The kinds of entry of an ABI lock, their attributes, and what a change of each means. */
#ifndef SL_LOCK_LOCK_SCHEMA_H
#define SL_LOCK_LOCK_SCHEMA_H

#include "lock/abi_lock.h"
#include "lock/lock_diff.h"

/* How a file writes an attribute. */
enum sl_lock_form {
    SL_LOCK_FORM_DECIMAL,
    SL_LOCK_FORM_HEX,
    SL_LOCK_FORM_FLAG,    /* "true"; left out if not */
    SL_LOCK_FORM_WORD,    /* a number, written as one of the kind's words */
    SL_LOCK_FORM_VERSION, /* "MAJOR.MINOR" */
    SL_LOCK_FORM_TEXT,
    SL_LOCK_FORM_ENUM, /* names of entries of the lock */
    SL_LOCK_FORM_STRUCT,
    SL_LOCK_FORM_FEATURE,
    SL_LOCK_FORM_TYPE, /* a scalar type, or the name of a struct */
};

/* What a change of an attribute is, if nothing else is known about it. */
enum sl_lock_rule {
    SL_LOCK_IS,       /* the change of the row */
    SL_LOCK_UP,       /* widened if it grew, else narrowed */
    SL_LOCK_DOWN,     /* widened if it shrank, else narrowed */
    SL_LOCK_DROP,     /* widened if it is not said any more, else narrowed */
    SL_LOCK_SAY,      /* the change of the row if it was not said before, else changed */
    SL_LOCK_ELSEWHERE /* more than one attribute decides: lock_diff.c, lock_structs.c */
};

/* Who may add an entry. */
enum sl_lock_addition {
    SL_LOCK_ADD_SINCE,   /* its since is a new version */
    SL_LOCK_ADD_VERSION, /* the version moved */
    SL_LOCK_ADD_BREAKS,  /* nobody */
    SL_LOCK_ADD_FREE,    /* everybody: a matter of the C headers */
    SL_LOCK_ADD_QUIET,   /* not worth a line of its own */
    SL_LOCK_ADD_ELSEWHERE
};

struct sl_lock_column {
    enum sl_lock_attribute attribute;
    bool needed;
    uint64_t absent; /* the number without the key */
    enum sl_lock_rule rule;
    enum sl_lock_change_id change;
    const char *const *words; /* of SL_LOCK_FORM_WORD, NULL terminated */
};

struct sl_lock_kind_info {
    const char *noun; /* "opcode" */
    const char *key;  /* "opcodes": of the sequence in the file */
    bool is_nested;   /* its sequence stands in an entry of the kind parent */
    enum sl_lock_kind parent;
    const struct sl_lock_column *columns;
    size_t column_count;
    enum sl_lock_addition addition;
    bool has_identity; /* an attribute of which two entries side by side have never the same */
    enum sl_lock_attribute identity;
};

/* By enum sl_lock_kind. */
extern const struct sl_lock_kind_info sl_lock_kinds[SL_LOCK_KIND_COUNT];

const char *sl_lock_key(enum sl_lock_attribute attribute);
enum sl_lock_form sl_lock_form_of(enum sl_lock_attribute attribute);

/* True if cells of this form hold a text and no number. */
bool sl_lock_is_text(enum sl_lock_attribute attribute);

/* Index of the attribute in the cells of a kind; column_count if the kind has not got it. */
size_t sl_lock_cell_of(enum sl_lock_kind kind, enum sl_lock_attribute attribute);

/* The scalar type of this name; false if it is none. */
bool sl_lock_scalar_type(const char *name, enum sl_abi_type *type);
const char *sl_lock_type_name(enum sl_abi_type type, const struct sl_abi_struct *of);

/* The value as people and files read it. */
void sl_lock_print_cell(struct sl_buf *out, const struct sl_lock_column *column,
                        const union sl_lock_cell *cell);

#endif
