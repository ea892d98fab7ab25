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

/* A struct and what stands in it. */
void sl_lock_compare_structs(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                             const struct sl_lock_entry *new);

#endif
