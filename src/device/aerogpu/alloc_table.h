/*
 * The allocation table of one submission: which guest memory an alloc_id names (AeroGPU ABI,
 * "Allocation table").
 */
#ifndef SL_DEVICE_AEROGPU_ALLOC_TABLE_H
#define SL_DEVICE_AEROGPU_ALLOC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sl_agpu_alloc {
    uint32_t alloc_id;
    bool readonly;
    uint64_t gpa;
    uint64_t size_bytes;
};

/* Entries sorted by alloc_id; ids are unique and not 0. A zeroed table has no entries. */
struct sl_agpu_alloc_table {
    struct sl_agpu_alloc *entries;
    size_t count;
};

/* NULL if the table has no such id. */
const struct sl_agpu_alloc *sl_agpu_alloc_find(const struct sl_agpu_alloc_table *table,
                                               uint32_t alloc_id);

#endif
