/* Descriptors, allocation tables and stream headers, as they stand when the doorbell rings. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "lint/lint_fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TABLE_HEADER_SIZE = sizeof(struct aerogpu_alloc_table_header),
    ENTRY_SIZE = sizeof(struct aerogpu_alloc_entry),
    STREAM_HEADER_SIZE = sizeof(struct aerogpu_cmd_stream_header),
    ENTRIES_MAX = 16384, /* of one table that are looked at */
    SLACK_MAX = 4096,    /* bytes behind a stream that are looked at */
};

static struct sl_lint_fields field_rules(const char *what, uint64_t gpa, uint16_t minor)
{
    return (struct sl_lint_fields){
        .reserved = SL_LINT_AGPU_RESERVED_FIELD,
        .flag = SL_LINT_AGPU_UNKNOWN_FLAG,
        .value = SL_LINT_AGPU_UNKNOWN_VALUE,
        .newer = SL_LINT_AGPU_VALUE_NEWER,
        .minor = minor,
        .what = what,
        .gpa = gpa,
    };
}

static void check_version(struct sl_lint *lint, const char *what, uint32_t version, uint64_t gpa)
{
    uint16_t known = (uint16_t)lint->meta->abi_version;
    if ((uint16_t)version > known) {
        sl_lint_find(lint, SL_LINT_AGPU_VERSION_NEWER, sl_lint_here(lint, gpa),
                     "%s: abi_version is 1.%u; the trace is of 1.%u", what, (uint16_t)version,
                     known);
    }
}

/* ---- Allocation tables ---- */

struct table {
    uint64_t gpa;
    struct aerogpu_alloc_table_header header;
    size_t count;
};

/* False if there is no table, or none that a device would take. */
static bool open_table(const struct sl_lint *lint, const struct aerogpu_submit_desc *desc,
                       struct table *table)
{
    uint8_t wire[TABLE_HEADER_SIZE];
    *table = (struct table){.gpa = desc->alloc_table_gpa};
    if (table->gpa == 0 || desc->alloc_table_size_bytes < TABLE_HEADER_SIZE ||
        !sl_lint_read(lint, table->gpa, wire, sizeof(wire))) {
        return false;
    }
    struct aerogpu_alloc_table_header *header = &table->header;
    sl_abi_decode(SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, wire, sizeof(wire), header);
    table->count = header->entry_count < ENTRIES_MAX ? header->entry_count : ENTRIES_MAX;
    return header->magic == AEROGPU_ALLOC_TABLE_MAGIC &&
           header->size_bytes <= desc->alloc_table_size_bytes &&
           header->entry_stride_bytes >= ENTRY_SIZE &&
           TABLE_HEADER_SIZE + (uint64_t)header->entry_count * header->entry_stride_bytes <=
               header->size_bytes;
}

static uint64_t entry_gpa(const struct table *table, size_t index)
{
    return table->gpa + TABLE_HEADER_SIZE + (uint64_t)index * table->header.entry_stride_bytes;
}

static int by_id(const void *a, const void *b)
{
    const struct sl_lint_agpu_alloc *x = a;
    const struct sl_lint_agpu_alloc *y = b;
    int order = (x->id > y->id) - (x->id < y->id);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_gpa(const void *a, const void *b)
{
    const struct sl_lint_agpu_alloc *x = a;
    const struct sl_lint_agpu_alloc *y = b;
    int order = (x->gpa > y->gpa) - (x->gpa < y->gpa);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

bool sl_lint_agpu_table_load(struct sl_lint *lint, const struct aerogpu_submit_desc *desc,
                             struct sl_lint_agpu_table *out)
{
    struct table table;
    *out = (struct sl_lint_agpu_table){0};
    if (!open_table(lint, desc, &table) || table.count == 0) {
        return true;
    }
    out->entries = calloc(table.count, sizeof(*out->entries));
    if (!out->entries) {
        return false;
    }
    for (size_t i = 0; i < table.count; i++) {
        uint8_t wire[ENTRY_SIZE];
        struct aerogpu_alloc_entry entry;
        uint64_t gpa = entry_gpa(&table, i);
        sl_lint_read(lint, gpa, wire, sizeof(wire));
        sl_abi_decode(SL_LAYOUT_AEROGPU_ALLOC_ENTRY, wire, sizeof(wire), &entry);
        out->entries[i] = (struct sl_lint_agpu_alloc){
            .id = entry.alloc_id,
            .flags = entry.flags,
            .gpa = entry.gpa,
            .size = entry.size_bytes,
            .place = gpa,
        };
    }
    out->count = table.count;
    qsort(out->entries, out->count, sizeof(*out->entries), by_id);
    return true;
}

static void check_entries(struct sl_lint *lint, struct sl_lint_agpu_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct sl_lint_agpu_alloc *it = &table->entries[i];
        if (i > 0 && it->id == it[-1].id) {
            sl_lint_find(lint, SL_LINT_AGPU_ALLOC_DUPLICATE, sl_lint_here(lint, it->place),
                         "alloc_id %" PRIu32 " is at 0x%" PRIx64 " and here", it->id, it[-1].place);
        }
        if (it->size != 0 && !sl_mem_is_ram(lint->mem, it->gpa, it->size)) {
            sl_lint_find(lint, SL_LINT_AGPU_ALLOC_HOLE, sl_lint_here(lint, it->place),
                         "alloc_id %" PRIu32 ": 0x%" PRIx64 " + %" PRIu64 " bytes is not all RAM",
                         it->id, it->gpa, it->size);
        }
    }
    qsort(table->entries, table->count, sizeof(*table->entries), by_gpa);
    for (size_t i = 1; i < table->count; i++) {
        const struct sl_lint_agpu_alloc *it = &table->entries[i];
        if (it->gpa - it[-1].gpa < it[-1].size && it->size != 0 && it->id != it[-1].id) {
            sl_lint_find(lint, SL_LINT_AGPU_ALLOC_OVERLAP, sl_lint_here(lint, it->place),
                         "alloc_id %" PRIu32 " at 0x%" PRIx64 " + %" PRIu64 " and alloc_id %" PRIu32
                         " at 0x%" PRIx64 " share memory",
                         it[-1].id, it[-1].gpa, it[-1].size, it->id, it->gpa);
        }
    }
}

static void check_table_fields(struct sl_lint *lint, const struct table *table)
{
    uint8_t wire[TABLE_HEADER_SIZE];
    uint16_t minor = (uint16_t)table->header.abi_version;
    const struct sl_lint_fields rules = field_rules("alloc table header", table->gpa, minor);
    sl_lint_read(lint, table->gpa, wire, sizeof(wire));
    sl_lint_check_fields(lint, &rules, SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, wire, sizeof(wire));
    check_version(lint, "alloc table", table->header.abi_version, table->gpa);
    for (size_t i = 0; i < table->count; i++) {
        uint8_t entry[ENTRY_SIZE];
        char what[48];
        snprintf(what, sizeof(what), "alloc table entry %zu", i);
        const struct sl_lint_fields entry_rules = field_rules(what, entry_gpa(table, i), minor);
        sl_lint_read(lint, entry_rules.gpa, entry, sizeof(entry));
        sl_lint_check_fields(lint, &entry_rules, SL_LAYOUT_AEROGPU_ALLOC_ENTRY, entry,
                             sizeof(entry));
    }
}

static void check_table(struct sl_lint *lint, const struct aerogpu_submit_desc *desc)
{
    struct table table;
    struct sl_lint_agpu_table loaded;
    if (!open_table(lint, desc, &table)) {
        return;
    }
    check_table_fields(lint, &table);
    if (!sl_lint_agpu_table_load(lint, desc, &loaded)) {
        sl_lint_out_of_memory(lint);
        return;
    }
    check_entries(lint, &loaded);
    free(loaded.entries);
}

/* ---- Streams ---- */

static void check_slack(struct sl_lint *lint, uint64_t gpa, uint64_t size)
{
    uint8_t bytes[SLACK_MAX];
    size_t count = size < SLACK_MAX ? (size_t)size : SLACK_MAX;
    sl_lint_read(lint, gpa, bytes, count);
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) {
            sl_lint_find(lint, SL_LINT_AGPU_PADDING, sl_lint_here(lint, gpa + i),
                         "the descriptor's cmd_size_bytes covers %" PRIu64
                         " bytes behind the stream, and they are not zero",
                         size);
            return;
        }
    }
}

static void check_stream(struct sl_lint *lint, const struct aerogpu_submit_desc *desc)
{
    uint8_t wire[STREAM_HEADER_SIZE];
    struct aerogpu_cmd_stream_header header;
    uint64_t gpa = desc->cmd_gpa;
    if (gpa == 0 || desc->cmd_size_bytes < STREAM_HEADER_SIZE ||
        !sl_lint_read(lint, gpa, wire, sizeof(wire))) {
        return;
    }
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_STREAM_HEADER, wire, sizeof(wire), &header);
    if (header.magic != AEROGPU_CMD_STREAM_MAGIC || header.size_bytes < STREAM_HEADER_SIZE ||
        header.size_bytes > desc->cmd_size_bytes) {
        return;
    }
    const struct sl_lint_fields rules =
        field_rules("stream header", gpa, (uint16_t)header.abi_version);
    sl_lint_check_fields(lint, &rules, SL_LAYOUT_AEROGPU_CMD_STREAM_HEADER, wire, sizeof(wire));
    check_version(lint, "stream", header.abi_version, gpa);
    if (header.size_bytes == STREAM_HEADER_SIZE) {
        sl_lint_find(lint, SL_LINT_AGPU_EMPTY_WORK, sl_lint_here(lint, gpa),
                     "the stream holds no packet");
    }
    if (header.size_bytes < desc->cmd_size_bytes) {
        check_slack(lint, gpa + header.size_bytes, desc->cmd_size_bytes - header.size_bytes);
    }
}

static void check_fence(struct sl_lint *lint, const struct sl_lint_agpu_slot *slot)
{
    uint64_t *last = &lint->agpu->submissions.last_fence;
    uint64_t fence = slot->desc.signal_fence;
    uint64_t gpa = slot->gpa + offsetof(struct aerogpu_submit_desc, signal_fence);
    if (fence != 0 && fence <= *last) {
        sl_lint_find(lint, SL_LINT_AGPU_FENCE_ORDER, sl_lint_here(lint, gpa),
                     "signal_fence is %" PRIu64 " after %" PRIu64, fence, *last);
    }
    *last = fence > *last ? fence : *last;
}

static void check_memory(struct sl_lint *lint, const char *what, uint64_t gpa, uint64_t size)
{
    if (gpa != 0 && !sl_mem_is_ram(lint->mem, gpa, size)) {
        sl_lint_find(lint, SL_LINT_AGPU_MEMORY_HOLE, sl_lint_here(lint, gpa),
                     "the %s of %" PRIu64 " bytes is not all RAM", what, size);
    }
}

void sl_lint_agpu_submission_check(struct sl_lint *lint, const struct sl_lint_agpu_slot *slot)
{
    const struct sl_lint_fields rules =
        field_rules("descriptor", slot->gpa, (uint16_t)lint->meta->abi_version);
    sl_lint_check_fields(lint, &rules, SL_LAYOUT_AEROGPU_SUBMIT_DESC, slot->wire,
                         sizeof(slot->wire));
    check_fence(lint, slot);
    check_memory(lint, "stream", slot->desc.cmd_gpa, slot->desc.cmd_size_bytes);
    check_memory(lint, "alloc table", slot->desc.alloc_table_gpa,
                 slot->desc.alloc_table_size_bytes);
    check_table(lint, &slot->desc);
    check_stream(lint, &slot->desc);
}
