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

struct sl_agpu;
struct sl_agpu_problem;

/* Frees the entries and zeroes the table. */
void sl_agpu_alloc_table_finish(struct sl_agpu_alloc_table *table);

/*
 * Reads and checks the table at gpa, of size bytes by its descriptor, into dev->table; neither is
 * 0 and their sum does not wrap. On failure notes the problem, or sets the fault, and leaves the
 * table empty.
 */
void sl_agpu_alloc_table_load(struct sl_agpu *dev, uint64_t gpa, uint32_t size,
                              struct sl_agpu_problem *problem);

#endif
