/*
 * An ABI in the words of other languages: whole declarations of it, assertions about declarations
 * that another project already has, and a packet dissector. All of it comes from the tables of
 * abi/abi.h; the same tables and options give the same bytes. docs/abi-emit.md is about using it.
 */
#ifndef SL_MIRROR_MIRROR_H
#define SL_MIRROR_MIRROR_H

#include "abi/abi.h"
#include "base/status.h"

enum sl_mirror_language {
    SL_MIRROR_C,
    SL_MIRROR_RUST,
    SL_MIRROR_TYPESCRIPT,
    SL_MIRROR_WIRESHARK,
    SL_MIRROR_LANGUAGE_COUNT
};

struct sl_mirror_options {
    enum sl_mirror_language language;
    bool asserts_only;               /* not for Wireshark */
    uint16_t minor;                  /* what came later is left out */
    const struct sl_abi_group *only; /* NULL = all groups; only with asserts_only */
    const char *module;          /* of assertions: Rust path or TypeScript module; NULL = usual */
    const char *const *includes; /* of C assertions: "a.h" or "<a.h>"; none = as usual */
    size_t include_count;
};

/* "c", "rust" and so on; or SL_MIRROR_LANGUAGE_COUNT for another name. */
enum sl_mirror_language sl_mirror_find_language(const char *name);
const char *sl_mirror_language_name(enum sl_mirror_language language);

/* NULL if the ABI has no such group. */
const struct sl_abi_group *sl_mirror_find_group(const struct sl_abi *abi, const char *name);

/* Appends the text. Only memory can be missing. */
enum sl_status sl_mirror_write(const struct sl_abi *abi, const struct sl_mirror_options *options,
                               struct sl_buf *out, struct sl_error *err);

#endif
