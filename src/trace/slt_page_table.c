#include "trace/slt_page_table.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing with linear steps; the hash is as good as random, so its low bits do. */
struct sl_slt_page_entry {
    struct sl_hash128 hash;
    uint64_t page_plus_one; /* 0 = free */
};

enum { FIRST_CAPACITY = 256 };

struct sl_slt_page_table sl_slt_page_table_init(size_t limit)
{
    return (struct sl_slt_page_table){.limit = limit};
}

void sl_slt_page_table_finish(struct sl_slt_page_table *table)
{
    free(table->entries);
    *table = (struct sl_slt_page_table){0};
}

static struct sl_slt_page_entry *slot_of(const struct sl_slt_page_table *table,
                                         const struct sl_hash128 *hash)
{
    size_t i = (size_t)sl_get_le64(hash->bytes) & (table->capacity - 1);
    while (table->entries[i].page_plus_one && !sl_hash128_equal(&table->entries[i].hash, hash)) {
        i = (i + 1) & (table->capacity - 1);
    }
    return &table->entries[i];
}

static bool grow(struct sl_slt_page_table *table)
{
    struct sl_slt_page_table bigger = *table;
    bigger.capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
    bigger.entries = calloc(bigger.capacity, sizeof(*bigger.entries));
    if (!bigger.entries) {
        return false;
    }
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->entries[i].page_plus_one) {
            *slot_of(&bigger, &table->entries[i].hash) = table->entries[i];
        }
    }
    free(table->entries);
    *table = bigger;
    return true;
}

static void forget(struct sl_slt_page_table *table)
{
    memset(table->entries, 0, table->capacity * sizeof(*table->entries));
    table->count = 0;
}

bool sl_slt_page_table_find(struct sl_slt_page_table *table, const struct sl_hash128 *hash,
                            uint64_t page, uint64_t *found, bool *is_new)
{
    if (table->count + 1 > table->capacity / 4 * 3 && !grow(table)) {
        return false;
    }
    struct sl_slt_page_entry *entry = slot_of(table, hash);
    *is_new = entry->page_plus_one == 0;
    if (!*is_new) {
        *found = entry->page_plus_one - 1;
        return true;
    }
    if (table->count == table->limit) {
        forget(table);
        entry = slot_of(table, hash);
    }
    *entry = (struct sl_slt_page_entry){.hash = *hash, .page_plus_one = page + 1};
    table->count++;
    *found = page;
    return true;
}
