/*
 * Resources that live in guest memory. The host copy is read from there only for dirty ranges and
 * only when a packet uses the resource, through the allocation table of the submission that uses
 * it; guest memory is written only by copies that ask for it.
 */
#include "device/aerogpu/exec.h"

#include "base/checked.h"

#include <inttypes.h>

/* Bytes read from guest memory at a time. */
enum { CHUNK = 65536 };

enum sl_agpu_class sl_agpu_backing_check(struct sl_agpu_run *run,
                                         const struct sl_agpu_storage *storage, uint64_t offset,
                                         uint64_t size, const struct sl_agpu_alloc **alloc)
{
    *alloc = sl_agpu_alloc_find(run->table, storage->backing_alloc_id);
    if (!*alloc) {
        return sl_agpu_fail(run, SL_AGPU_NO_ALLOC, "allocation %" PRIu32 " is not in the table",
                            storage->backing_alloc_id);
    }
    /* offset + size is inside a linear image, far below 2^63. */
    if (!sl_range_fits(storage->backing_offset_bytes, offset + size, (*alloc)->size_bytes)) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                            "bytes up to %" PRIu64 " of allocation %" PRIu32 " of %" PRIu64,
                            storage->backing_offset_bytes + offset + size, (*alloc)->alloc_id,
                            (*alloc)->size_bytes);
    }
    return SL_AGPU_OK;
}

static uint64_t dirty_end(const struct sl_agpu_dirty_set *set)
{
    return set->count ? set->ranges[set->count - 1].end : 0;
}

enum sl_agpu_class sl_agpu_refresh_check(struct sl_agpu_run *run,
                                         const struct sl_agpu_storage *storage)
{
    if (storage->dirty.count == 0 && storage->implicit.count == 0) {
        return SL_AGPU_OK;
    }
    bool missing = !sl_agpu_alloc_find(run->table, storage->backing_alloc_id);
    if (missing && storage->dirty.count == 0) {
        return SL_AGPU_OK;
    }
    uint64_t named = dirty_end(&storage->dirty);
    uint64_t implied = dirty_end(&storage->implicit);
    const struct sl_agpu_alloc *alloc;
    return sl_agpu_backing_check(run, storage, 0, named > implied ? named : implied, &alloc);
}

static void refresh_range(struct sl_agpu_run *run, struct sl_agpu_storage *storage,
                          const struct sl_agpu_alloc *alloc, struct sl_agpu_dirty_range range)
{
    uint8_t chunk[CHUNK];
    while (range.start < range.end) {
        uint64_t left = range.end - range.start;
        size_t size = left < CHUNK ? (size_t)left : CHUNK;
        uint64_t gpa = alloc->gpa + storage->backing_offset_bytes + range.start;
        sl_mem_bus_read(run->exec->config.mem, gpa, chunk, size);
        sl_agpu_storage_write(storage, range.start, chunk, size);
        sl_agpu_work(run, size);
        range.start += size;
    }
}

static void refresh_set(struct sl_agpu_run *run, struct sl_agpu_storage *storage,
                        const struct sl_agpu_alloc *alloc, struct sl_agpu_dirty_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        sl_agpu_inspect_linear(run, storage, set->ranges[i].start,
                               set->ranges[i].end - set->ranges[i].start);
        refresh_range(run, storage, alloc, set->ranges[i]);
    }
    sl_agpu_dirty_clear(set);
}

void sl_agpu_refresh(struct sl_agpu_run *run, struct sl_agpu_storage *storage)
{
    const struct sl_agpu_alloc *alloc = sl_agpu_alloc_find(run->table, storage->backing_alloc_id);
    if (alloc) {
        refresh_set(run, storage, alloc, &storage->dirty);
        refresh_set(run, storage, alloc, &storage->implicit);
        sl_agpu_inspect_report(run, "dirty range read from guest memory");
    }
}

enum sl_agpu_class sl_agpu_writeback_check(struct sl_agpu_run *run,
                                           const struct sl_agpu_storage *storage, uint64_t offset,
                                           uint64_t size)
{
    if (storage->backing_alloc_id == 0) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "WRITEBACK_DST into a host-owned resource");
    }
    const struct sl_agpu_alloc *alloc = sl_agpu_alloc_find(run->table, storage->backing_alloc_id);
    if (alloc && alloc->readonly) {
        return sl_agpu_fail(run, SL_AGPU_READONLY, "allocation %" PRIu32 " is read-only",
                            alloc->alloc_id);
    }
    return sl_agpu_backing_check(run, storage, offset, size, &alloc);
}

enum sl_agpu_class sl_agpu_writeback(struct sl_agpu_run *run, const struct sl_agpu_storage *storage,
                                     uint64_t offset, const uint8_t *bytes, uint64_t size)
{
    const struct sl_agpu_alloc *alloc = sl_agpu_alloc_find(run->table, storage->backing_alloc_id);
    uint64_t gpa = alloc->gpa + storage->backing_offset_bytes + offset;
    sl_agpu_work(run, size);
    if (!sl_mem_bus_write(run->exec->config.mem, gpa, bytes, (size_t)size)) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "no memory for guest memory at 0x%" PRIx64, gpa);
    }
    return SL_AGPU_OK;
}
