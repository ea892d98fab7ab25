/*
 * Which page contents a writer has stored already, by their hash.
 *
 * An entry costs 24 bytes and the table is at most three quarters full, so 32 to 64 bytes per
 * page that differs from all others. When it has reached its limit it forgets everything and starts
 * again, and pages seen before are then stored a second time. With the default limit that happens
 * after 16 GiB of different pages, and the table has grown to 192 MiB.
 */
#ifndef SL_TRACE_SLT_PAGE_TABLE_H
#define SL_TRACE_SLT_PAGE_TABLE_H

#include "base/hash.h"

#define SL_SLT_PAGE_TABLE_LIMIT ((size_t)1 << 22)

struct sl_slt_page_entry;

struct sl_slt_page_table {
    struct sl_slt_page_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    size_t limit;
};

struct sl_slt_page_table sl_slt_page_table_init(size_t limit);
void sl_slt_page_table_finish(struct sl_slt_page_table *table);

/*
 * The number under which the content is stored. An unknown hash is entered with the number page,
 * and *is_new set. False without memory.
 */
bool sl_slt_page_table_find(struct sl_slt_page_table *table, const struct sl_hash128 *hash,
                            uint64_t page, uint64_t *found, bool *is_new);

#endif
