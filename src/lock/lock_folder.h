/*
 * The folder of published locks: GOLDEN/abi/NAME-MAJOR.MINOR.yaml. What stands there is final; an
 * ABI changes by getting another version.
 */
#ifndef SL_LOCK_LOCK_FOLDER_H
#define SL_LOCK_LOCK_FOLDER_H

#include "lock/lock_diff.h"

/* Paths of all locks of a golden folder, sorted by bytes; none if there is no such folder. */
struct sl_lock_paths {
    char **paths;
    size_t count;
};

enum sl_status sl_lock_list(struct sl_lock_paths *list, const char *golden, struct sl_error *err);
void sl_lock_list_finish(struct sl_lock_paths *list);

/* Where the lock of this version of an ABI stands. */
void sl_lock_path(struct sl_buf *out, const char *golden, const char *abi, uint32_t version);

/* Reads a lock of that folder; lock.model if it is not of the ABI and version of its name. */
enum sl_status sl_lock_read_published(struct sl_abi_lock *lock, const char *path,
                                      struct sl_error *err);

/*
 * What a comparison of a published lock with the ABI of this program asks for: nothing if it is of
 * the same version, additions at most if it is older, as long as the major number is the same. The
 * returned text says what is wrong, NULL if nothing is.
 */
const char *sl_lock_judge(const struct sl_abi_lock *published, const struct sl_abi_lock *now,
                          const struct sl_lock_diff *diff);

#endif
