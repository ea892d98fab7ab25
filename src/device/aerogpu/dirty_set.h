/*
 * Byte ranges of a resource that the guest changed and the host copy has not read yet. Exact to the
 * byte: a refresh reads what was named and nothing else.
 */
#ifndef SL_DEVICE_AEROGPU_DIRTY_SET_H
#define SL_DEVICE_AEROGPU_DIRTY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ranges in one set; reaching it is a failure of the host, not a loss of exactness. */
#define SL_AGPU_DIRTY_RANGES_MAX 16384u

struct sl_agpu_dirty_range {
    uint64_t start;
    uint64_t end;
};

/* Sorted, without overlap, touching ranges joined. A zeroed set is empty. */
struct sl_agpu_dirty_set {
    struct sl_agpu_dirty_range *ranges;
    size_t count;
    size_t capacity;
};

void sl_agpu_dirty_finish(struct sl_agpu_dirty_set *set);
void sl_agpu_dirty_clear(struct sl_agpu_dirty_set *set);

/*
 * Makes room for one more range, so that one following add or remove cannot fail. False without
 * memory or at the limit.
 */
bool sl_agpu_dirty_reserve(struct sl_agpu_dirty_set *set);

/* size is not 0 and start + size does not wrap. */
void sl_agpu_dirty_add(struct sl_agpu_dirty_set *set, uint64_t start, uint64_t size);
void sl_agpu_dirty_remove(struct sl_agpu_dirty_set *set, uint64_t start, uint64_t size);

#endif
