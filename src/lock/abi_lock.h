/*
 * An ABI lock: everything that one version of an ABI says, as a list of entries that files hold and
 * that two versions can be compared by. It is made of the tables in this program or of a file;
 * docs/abi-lock.md is the format. lock_diff.h compares.
 *
 * An entry has a kind, a name and attributes. lock_schema.c is the table of which kind has which
 * attributes, how a file writes them and what it means if they change; builder, reader, writer and
 * comparison all walk it.
 */
#ifndef SL_LOCK_ABI_LOCK_H
#define SL_LOCK_ABI_LOCK_H

#include "abi/abi.h"
#include "base/yaml.h"

enum sl_lock_kind {
    SL_LOCK_VERSION,
    SL_LOCK_BAR,
    SL_LOCK_FEATURE,
    SL_LOCK_REGISTER,
    SL_LOCK_CONSTANT,
    SL_LOCK_LIMIT,
    SL_LOCK_ENUM,
    SL_LOCK_VALUE, /* in an enum */
    SL_LOCK_FORMAT,
    SL_LOCK_STRUCT,
    SL_LOCK_FIELD,    /* in a struct */
    SL_LOCK_TRAILING, /* in a struct, at most one */
    SL_LOCK_OPCODE,
    SL_LOCK_STAGE_RULE,
    SL_LOCK_VBE_MODE,
    SL_LOCK_TYPEDEF,
    SL_LOCK_MACRO,
    SL_LOCK_KIND_COUNT
};

enum sl_lock_attribute {
#define SL_LOCK_ATTRIBUTE(identifier, key, form) SL_LOCK_ATTR_##identifier,
#include "lock/lock_attributes.def"
#undef SL_LOCK_ATTRIBUTE
    SL_LOCK_ATTRIBUTES_END
};

/* Attributes that one kind of entry has at most. */
#define SL_LOCK_CELLS_MAX 16u

#define SL_LOCK_NO_PARENT UINT32_MAX

union sl_lock_cell {
    uint64_t number;
    const char *text; /* NULL = not said */
};

struct sl_lock_entry {
    enum sl_lock_kind kind;
    uint32_t parent; /* index of the enum or struct it stands in, or SL_LOCK_NO_PARENT */
    uint32_t line;   /* in the file, 0 if there is none */
    const char *name;
    union sl_lock_cell cells[SL_LOCK_CELLS_MAX]; /* in the order of the kind's attributes */
};

struct sl_abi_lock {
    char *path;       /* of the file, or "builtin:aerogpu" */
    const char *name; /* of the ABI */
    uint32_t version; /* major << 16 | minor */
    const char *doc;
    struct sl_lock_entry *entries; /* what stands in an enum or struct follows it */
    size_t entry_count;
    size_t entry_capacity;
    uint32_t *by_name; /* indices of entries, sorted by kind, parent and name */
    char **kept;       /* names that had to be made */
    size_t kept_count;
    struct sl_yaml yaml;
    bool has_yaml;
};

/*
 * The lock of an ABI of this program, of a file, of the bytes of one (path is for reports), or of
 * "builtin:NAME" or a file's path. What they make must be finished, also after a failure: DAMAGED
 * (lock.*), UNSUPPORTED (another version of the format, host.limit), ENVIRONMENT; USAGE if no ABI
 * has that name.
 */
enum sl_status sl_abi_lock_builtin(struct sl_abi_lock *lock, const struct sl_abi *abi,
                                   struct sl_error *err);
enum sl_status sl_abi_lock_read(struct sl_abi_lock *lock, const char *path, struct sl_error *err);
enum sl_status sl_abi_lock_parse(struct sl_abi_lock *lock, const char *path, const uint8_t *bytes,
                                 size_t size, struct sl_error *err);
enum sl_status sl_abi_lock_open(struct sl_abi_lock *lock, const char *spec, struct sl_error *err);
void sl_abi_lock_finish(struct sl_abi_lock *lock);

/* The ABIs of this program. */
#define SL_ABI_LOCK_BUILTINS 2u
extern const struct sl_abi *const sl_abi_lock_builtins[SL_ABI_LOCK_BUILTINS];

/* The ABI of this program with this name, with or without "builtin:" in front; or NULL. */
const struct sl_abi *sl_abi_lock_find_builtin(const char *name);

/* The lock as a file. The same lock gives the same bytes. */
void sl_abi_lock_write(struct sl_buf *out, const struct sl_abi_lock *lock);

/* One entry and what stands in it, as the file has it. */
void sl_abi_lock_write_entry(struct sl_buf *out, const struct sl_abi_lock *lock, size_t index);

/* parent is an index or SL_LOCK_NO_PARENT. NULL if there is no such entry. */
const struct sl_lock_entry *sl_abi_lock_find(const struct sl_abi_lock *lock, enum sl_lock_kind kind,
                                             uint32_t parent, const char *name);

/* Attributes that the entry's kind has; text is NULL if nothing is said. */
uint64_t sl_lock_number(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute);
const char *sl_lock_text(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute);

/* Bytes of a field, all elements; 0 if its type is a struct that does not exist. */
uint64_t sl_lock_field_size(const struct sl_abi_lock *lock, const struct sl_lock_entry *field);

/*
 * For builder and reader. add returns NULL without memory; the pointer lives until the next add.
 * keep copies a text for the life of the lock, NULL without memory. seal sorts the names and looks
 * for contradictions (lock.model); a lock cannot be searched before.
 */
struct sl_lock_entry *sl_lock_add(struct sl_abi_lock *lock, enum sl_lock_kind kind, uint32_t parent,
                                  const char *name);
void sl_lock_set_number(struct sl_lock_entry *entry, enum sl_lock_attribute attribute,
                        uint64_t value);
void sl_lock_set_text(struct sl_lock_entry *entry, enum sl_lock_attribute attribute,
                      const char *text);
const char *sl_lock_keep(struct sl_abi_lock *lock, const char *text);
enum sl_status sl_lock_seal(struct sl_abi_lock *lock, struct sl_error *err);

#endif
