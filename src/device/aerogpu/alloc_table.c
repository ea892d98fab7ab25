#include "device/aerogpu/alloc_table.h"

#include "abi_aerogpu.h"
#include "base/checked.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/wire.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    HEADER_SIZE = sizeof(struct aerogpu_alloc_table_header),
    ENTRY_SIZE = sizeof(struct aerogpu_alloc_entry),
};

struct header {
    uint32_t entry_count;
    uint32_t entry_stride;
};

void sl_agpu_alloc_table_finish(struct sl_agpu_alloc_table *table)
{
    free(table->entries);
    *table = (struct sl_agpu_alloc_table){0};
}

static int compare_id(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_entries(const void *a, const void *b)
{
    const struct sl_agpu_alloc *x = a;
    const struct sl_agpu_alloc *y = b;
    return compare_id(x->alloc_id, y->alloc_id);
}

const struct sl_agpu_alloc *sl_agpu_alloc_find(const struct sl_agpu_alloc_table *table,
                                               uint32_t alloc_id)
{
    struct sl_agpu_alloc key = {.alloc_id = alloc_id};
    return table->count ? bsearch(&key, table->entries, table->count, sizeof(key), compare_entries)
                        : NULL;
}

static bool bad(struct sl_agpu_problem *problem, const char *field, uint32_t value)
{
    return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM, "alloc table: %s is 0x%08" PRIx32,
                                field, value);
}

static bool check_header(const uint8_t *bytes, uint32_t buffer_bytes, struct header *header,
                         struct sl_agpu_problem *problem)
{
    uint32_t magic = SL_WIRE_GET32(bytes, aerogpu_alloc_table_header, magic);
    uint32_t version = SL_WIRE_GET32(bytes, aerogpu_alloc_table_header, abi_version);
    uint32_t size = SL_WIRE_GET32(bytes, aerogpu_alloc_table_header, size_bytes);
    header->entry_count = SL_WIRE_GET32(bytes, aerogpu_alloc_table_header, entry_count);
    header->entry_stride = SL_WIRE_GET32(bytes, aerogpu_alloc_table_header, entry_stride_bytes);
    if (magic != AEROGPU_ALLOC_TABLE_MAGIC) {
        return bad(problem, "magic", magic);
    }
    if (version >> 16 != AEROGPU_ABI_MAJOR) {
        return bad(problem, "abi_version", version);
    }
    if (size < HEADER_SIZE || size > buffer_bytes || size > AEROGPU_LIMIT_ALLOC_TABLE_MAX_BYTES) {
        return bad(problem, "size_bytes", size);
    }
    if (header->entry_stride < ENTRY_SIZE) {
        return bad(problem, "entry_stride_bytes", header->entry_stride);
    }
    uint64_t entries;
    if (!sl_mul_u64(header->entry_count, header->entry_stride, &entries) ||
        entries > size - HEADER_SIZE) {
        return sl_agpu_problem_note(problem, SL_AGPU_OUT_OF_BOUNDS,
                                    "alloc table: %" PRIu32 " entries of %" PRIu32
                                    " bytes exceed size_bytes %" PRIu32,
                                    header->entry_count, header->entry_stride, size);
    }
    return true;
}

static struct sl_agpu_alloc read_entry(const uint8_t *bytes)
{
    uint32_t flags = SL_WIRE_GET32(bytes, aerogpu_alloc_entry, flags);
    return (struct sl_agpu_alloc){
        .alloc_id = SL_WIRE_GET32(bytes, aerogpu_alloc_entry, alloc_id),
        .readonly = flags & AEROGPU_ALLOC_FLAG_READONLY,
        .gpa = SL_WIRE_GET64(bytes, aerogpu_alloc_entry, gpa),
        .size_bytes = SL_WIRE_GET64(bytes, aerogpu_alloc_entry, size_bytes),
    };
}

/* Each rule over the whole table before the next one, in the order of the ABI page; sorts. */
static bool check_entries(struct sl_agpu_alloc_table *table, struct sl_agpu_problem *problem)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].alloc_id == 0 || table->entries[i].size_bytes == 0) {
            return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                        "alloc table: entry %zu has %s 0", i,
                                        table->entries[i].alloc_id ? "size_bytes" : "alloc_id");
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        uint64_t end;
        if (!sl_add_u64(table->entries[i].gpa, table->entries[i].size_bytes, &end)) {
            return sl_agpu_problem_note(problem, SL_AGPU_OUT_OF_BOUNDS,
                                        "alloc table: entry %zu wraps around", i);
        }
    }
    if (table->count > 1) {
        qsort(table->entries, table->count, sizeof(*table->entries), compare_entries);
    }
    for (size_t i = 1; i < table->count; i++) {
        if (table->entries[i].alloc_id == table->entries[i - 1].alloc_id) {
            return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                        "alloc table: alloc_id 0x%" PRIx32 " occurs twice",
                                        table->entries[i].alloc_id);
        }
    }
    return true;
}

/* Reads the entries by way of dev->scratch. False, with the fault set, if the host cannot. */
static bool read_entries(struct sl_agpu *dev, uint64_t gpa, const struct header *header)
{
    size_t size = (size_t)header->entry_count * header->entry_stride;
    if (size == 0) {
        return true;
    }
    if (!sl_agpu_spend(dev, size)) {
        return false;
    }
    sl_buf_clear(&dev->scratch);
    uint8_t *bytes = sl_buf_extend(&dev->scratch, size);
    dev->table.entries = calloc(header->entry_count, sizeof(*dev->table.entries));
    if (!bytes || !dev->table.entries) {
        sl_agpu_fail_memory(dev, size);
        return false;
    }
    sl_agpu_dma_read(dev, gpa, bytes, size);
    dev->table.count = header->entry_count;
    for (size_t i = 0; i < header->entry_count; i++) {
        dev->table.entries[i] = read_entry(bytes + i * header->entry_stride);
    }
    return true;
}

void sl_agpu_alloc_table_load(struct sl_agpu *dev, uint64_t gpa, uint32_t size,
                              struct sl_agpu_problem *problem)
{
    if (size < HEADER_SIZE) {
        sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                             "alloc table: %" PRIu32 " bytes hold no header", size);
        return;
    }
    uint8_t bytes[HEADER_SIZE];
    struct header header;
    sl_agpu_dma_read(dev, gpa, bytes, sizeof(bytes));
    if (!check_header(bytes, size, &header, problem)) {
        return;
    }
    if (!read_entries(dev, gpa + HEADER_SIZE, &header) || !check_entries(&dev->table, problem)) {
        sl_agpu_alloc_table_finish(&dev->table);
        return;
    }
    sl_agpu_show_struct(dev, SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, bytes, sizeof(bytes));
    for (size_t i = 0; i < dev->table.count; i++) {
        sl_agpu_show_struct(dev, SL_LAYOUT_AEROGPU_ALLOC_ENTRY,
                            dev->scratch.data + i * header.entry_stride, ENTRY_SIZE);
    }
}
