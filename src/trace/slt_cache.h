/*
 * Expanded chunks, the most useful ones kept.
 *
 * A trace read from front to back needs each chunk once, for its events, so a chunk enters on
 * probation: there are few such slots and they are used again while they are still warm. A chunk
 * whose pages are asked for from another chunk has proved useful and joins the kept ones, of which
 * the least recently used goes when all slots are taken. So a long trace does not push out the
 * pages that it keeps coming back to.
 *
 * At most SL_SLT_CACHE_SLOTS chunks are held: 16 MiB of a trace of this writer, 64 MiB whatever
 * the file says.
 */
#ifndef SL_TRACE_SLT_CACHE_H
#define SL_TRACE_SLT_CACHE_H

#include "trace/slt_content.h"

enum { SL_SLT_CACHE_SLOTS = 64, SL_SLT_CACHE_PROBATION = 4 };

/* An expanded and checked chunk. */
struct sl_slt_view {
    const uint8_t *content; /* pages, hashes, records */
    size_t size;
    size_t records; /* offset of the first record */
    uint64_t first_event;
    uint64_t event_count;
    uint64_t first_page;
    uint64_t page_count;
};

struct sl_slt_slot {
    size_t number; /* of the chunk, valid if view.content is set */
    uint64_t used; /* larger is later */
    bool kept;
    uint8_t *block;
    size_t capacity;
    struct sl_slt_view view;
};

struct sl_slt_cache {
    const struct sl_slt_file *file;
    struct sl_slt_expander expander;
    struct sl_slt_slot slots[SL_SLT_CACHE_SLOTS];
    size_t slot_count; /* slots used so far */
    uint64_t clock;
};

enum sl_status sl_slt_cache_init(struct sl_slt_cache *cache, const struct sl_slt_file *file,
                                 struct sl_error *err);
void sl_slt_cache_finish(struct sl_slt_cache *cache);

/*
 * The chunk with this number. *view is valid until the next call; a view passed as pinned (may be
 * NULL) stays valid through this one. for_pages: the caller wants pages from another chunk than the
 * one it reads events from.
 */
enum sl_status sl_slt_cache_get(struct sl_slt_cache *cache, size_t number, bool for_pages,
                                const struct sl_slt_view *pinned, const struct sl_slt_view **view,
                                struct sl_error *err);

#endif
