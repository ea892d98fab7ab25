/*
 * What changed from one version of an ABI to another, and whether guests and devices of the two can
 * still talk to each other. The rules are those of docs/abi-lock.md.
 */
#ifndef SL_LOCK_LOCK_DIFF_H
#define SL_LOCK_LOCK_DIFF_H

#include "lock/abi_lock.h"

/* In this order: the class of many changes is the largest. */
enum sl_lock_class { SL_LOCK_NONE, SL_LOCK_PATCH, SL_LOCK_MINOR, SL_LOCK_MAJOR };

enum sl_lock_change_id {
#define SL_LOCK_CHANGE(identifier, word, class, sentence) SL_LOCK_CHANGE_##identifier,
#include "lock/lock_changes.def"
#undef SL_LOCK_CHANGE
    SL_LOCK_CHANGE_COUNT
};

struct sl_lock_change {
    enum sl_lock_change_id id;
    const char *kind; /* "opcode"; "abi" for what concerns all of it; static storage */
    char *name;       /* "aerogpu_cmd_clear.flags" */
    char *text;       /* "offset was 8, is 12" */
};

struct sl_lock_diff {
    struct sl_lock_change *changes; /* in the order of the files: the new one, then what it lacks */
    size_t count;
    size_t capacity;
    size_t per_class[SL_LOCK_MAJOR + 1];
};

/*
 * Compares two locks of one ABI; USAGE if they are of two. The diff must be finished, also after a
 * failure. Nothing in it refers to the locks.
 */
enum sl_status sl_lock_compare(struct sl_lock_diff *diff, const struct sl_abi_lock *old,
                               const struct sl_abi_lock *new, struct sl_error *err);
void sl_lock_diff_finish(struct sl_lock_diff *diff);

/* The largest class of all changes. */
enum sl_lock_class sl_lock_diff_class(const struct sl_lock_diff *diff);

const char *sl_lock_class_name(enum sl_lock_class class);
enum sl_lock_class sl_lock_change_class(enum sl_lock_change_id id);
const char *sl_lock_change_word(enum sl_lock_change_id id);
const char *sl_lock_change_sentence(enum sl_lock_change_id id);

/* "major: field aerogpu_cmd_clear.flags: offset was 8, is 12 [moved]", without a newline. */
void sl_lock_print_change(struct sl_buf *out, const struct sl_lock_change *change);

/* "1.4 -> 1.5: major (1 major, 2 minor, 0 patch)" */
void sl_lock_print_summary(struct sl_buf *out, const struct sl_lock_diff *diff,
                           const struct sl_abi_lock *old, const struct sl_abi_lock *new);

#endif
