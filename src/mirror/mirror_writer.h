/*
 * What the writers of src/mirror share: the walk over the tables that leaves out what was not asked
 * for, and text. A writer is a table of functions that the walk calls in the order of declaration.
 */
#ifndef SL_MIRROR_MIRROR_WRITER_H
#define SL_MIRROR_MIRROR_WRITER_H

#include "mirror/mirror.h"

struct mirror {
    const struct sl_abi *abi;
    const struct sl_mirror_options *options;
    struct sl_buf *out;
    uint32_t version; /* that is written: major << 16 | minor */
};

enum mirror_kind { MIRROR_CONSTANT, MIRROR_REGISTER, MIRROR_LIMIT, MIRROR_ENUMERATOR };

/* A named number as the headers have it: features of virtio are numbers of bits. */
struct mirror_value {
    enum mirror_kind kind;
    const char *name;
    const char *word; /* without what the names of its enum have in common */
    uint64_t value;
    bool wide; /* 64 bits */
    bool hex;  /* people read it in hexadecimal */
    const char *doc;
};

/* Functions may be NULL where there is nothing to write. */
struct mirror_writer {
    void (*begin)(const struct mirror *m);
    void (*group)(const struct mirror *m, const char *doc);
    void (*value)(const struct mirror *m, const struct mirror_value *value);
    void (*enumeration)(const struct mirror *m, const struct sl_abi_enum *names);
    void (*alias)(const struct mirror *m, const struct sl_abi_typedef *alias);
    void (*structure)(const struct mirror *m, const struct sl_abi_struct *layout);
    void (*macro)(const struct mirror *m, const struct sl_abi_macro *macro);
    void (*end)(const struct mirror *m);
};

extern const struct mirror_writer sl_mirror_c_header;
extern const struct mirror_writer sl_mirror_c_assertions;
extern const struct mirror_writer sl_mirror_rust_module;
extern const struct mirror_writer sl_mirror_rust_assertions;
extern const struct mirror_writer sl_mirror_typescript_module;
extern const struct mirror_writer sl_mirror_typescript_assertions;

/* Writes the dissector, which is not a walk over everything. */
void sl_mirror_lua_dissector(const struct mirror *m);

/* False if the value is newer than what is written. */
bool sl_mirror_enumerator(const struct mirror *m, const struct sl_abi_enum *names, size_t index,
                          struct mirror_value *out);

/* Calls write for every value of an enum that is not newer. */
void sl_mirror_each_enumerator(const struct mirror *m, const struct sl_abi_enum *names,
                               void (*write)(const struct mirror *m,
                                             const struct mirror_value *value));

/* True if assertions must leave it alone: the headers they are for need not have it. */
bool sl_mirror_elsewhere(const struct mirror *m, bool not_system);

/* The same for a field; it may also be a newer name of what was reserved. */
bool sl_mirror_field_elsewhere(const struct mirror *m, const struct sl_abi_field *field);

/* Decimal or, if people read it so or it is long, hexadecimal. */
void sl_mirror_number(struct sl_buf *out, const struct mirror_value *value);

/* "AeroGPU ABI 1.4" */
void sl_mirror_title(const struct mirror *m);

/* "scanlock abi emit ...", which writes the same again. */
void sl_mirror_command(const struct mirror *m);

/* The name in capitals. */
void sl_mirror_upper(struct sl_buf *out, const char *name);

/*
 * A comment on lines of its own, 100 columns wide: open and close around a short one ("/" "*", the
 * reverse), lead before each line of a long one. With close NULL every line has lead and that is
 * all.
 */
struct mirror_comment {
    const char *open;
    const char *lead;
    const char *close;
};
void sl_mirror_comment(struct sl_buf *out, const struct mirror_comment *style, const char *indent,
                       const char *words);

#endif
