/* Comparing two locks: what the files that do it share. */
#ifndef SL_LOCK_LOCK_COMPARE_H
#define SL_LOCK_LOCK_COMPARE_H

#include "lock/lock_schema.h"

struct sl_lock_comparison {
    const struct sl_abi_lock *old;
    const struct sl_abi_lock *new;
    struct sl_lock_diff *diff;
    bool *gone;  /* by index in old: not in new under this name, and not told yet */
    bool failed; /* out of memory; nothing more is reported */
};

/* Reports a change of an entry of either lock. */
void sl_lock_report(struct sl_lock_comparison *c, enum sl_lock_change_id id,
                    const struct sl_abi_lock *lock, const struct sl_lock_entry *entry,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * An addition that says since which version it is there: reports good if that is a new version, bad
 * if not. about is what the report says first.
 */
void sl_lock_report_since(struct sl_lock_comparison *c, enum sl_lock_change_id good,
                          enum sl_lock_change_id bad, const struct sl_lock_entry *entry,
                          const char *about);

/* Why a since announces nothing, "" if it does. out has size bytes. */
const char *sl_lock_since_problem(const struct sl_lock_comparison *c, uint64_t since, char *out,
                                  size_t size);

/* A change that is fine once the version moved: reports WIDENED or UNGUARDED. */
void sl_lock_report_widened(struct sl_lock_comparison *c, const struct sl_lock_entry *entry,
                            const char *what);

/* True if the version of the new lock is above that of the old one. */
bool sl_lock_version_moved(const struct sl_lock_comparison *c);

/* Compares the attributes of two entries of one name. skip has a bit per cell that is left out. */
void sl_lock_compare_cells(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                           const struct sl_lock_entry *new, uint64_t skip);
uint64_t sl_lock_cell_bit(enum sl_lock_kind kind, enum sl_lock_attribute attribute);

bool sl_lock_same_cell(const struct sl_lock_column *column, const union sl_lock_cell *a,
                       const union sl_lock_cell *b);

/* True if an entry of the old lock says what one of the new lock says, but for names and texts. */
bool sl_lock_same_content(const struct sl_lock_comparison *c, size_t old, size_t new);

/*
 * For a new entry that the old lock does not have, of which the parent is old_parent there: what is
 * gone and says the same or has its number (entry_count of the old lock if nothing); what was there
 * before, has its number and is its alias; what has the number, bytes or bits that it takes. NULL
 * if there is no such entry.
 */
size_t sl_lock_find_former(const struct sl_lock_comparison *c, size_t new, uint32_t old_parent);
const struct sl_lock_entry *sl_lock_find_alias(const struct sl_lock_comparison *c,
                                               const struct sl_lock_entry *entry,
                                               uint32_t old_parent);
const struct sl_lock_entry *sl_lock_find_owner(const struct sl_lock_comparison *c,
                                               const struct sl_lock_entry *entry,
                                               uint32_t old_parent);

/*
 * Where to look for the entries of a parent: among all if there is none, or right behind it until
 * is_past says that no more can come.
 */
size_t sl_lock_first_of(uint32_t parent);
bool sl_lock_is_past(const struct sl_lock_entry *entry, uint32_t parent);

/* A struct and what stands in it. */
void sl_lock_compare_structs(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                             const struct sl_lock_entry *new);

#endif
