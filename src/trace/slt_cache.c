#include "trace/slt_cache.h"

#include "base/status.h"

#include <assert.h>
#include <stdlib.h>

enum sl_status sl_slt_cache_init(struct sl_slt_cache *cache, const struct sl_slt_file *file,
                                 struct sl_error *err)
{
    *cache = (struct sl_slt_cache){.file = file};
    return sl_slt_expander_init(&cache->expander, err);
}

void sl_slt_cache_finish(struct sl_slt_cache *cache)
{
    for (size_t i = 0; i < cache->slot_count; i++) {
        free(cache->slots[i].block);
    }
    sl_slt_expander_finish(&cache->expander);
    *cache = (struct sl_slt_cache){0};
}

static struct sl_slt_slot *find_slot(struct sl_slt_cache *cache, size_t number)
{
    for (size_t i = 0; i < cache->slot_count; i++) {
        if (cache->slots[i].view.content && cache->slots[i].number == number) {
            return &cache->slots[i];
        }
    }
    return NULL;
}

/* The slot used longest ago, among those on probation if kept is false; NULL if there is none. */
static struct sl_slt_slot *oldest(struct sl_slt_cache *cache, bool kept,
                                  const struct sl_slt_view *pinned)
{
    struct sl_slt_slot *found = NULL;
    for (size_t i = 0; i < cache->slot_count; i++) {
        struct sl_slt_slot *slot = &cache->slots[i];
        if (slot->kept == kept && &slot->view != pinned && (!found || slot->used < found->used)) {
            found = slot;
        }
    }
    return found;
}

static struct sl_slt_slot *choose_slot(struct sl_slt_cache *cache, const struct sl_slt_view *pinned)
{
    size_t on_probation = 0;
    for (size_t i = 0; i < cache->slot_count; i++) {
        on_probation += !cache->slots[i].kept;
    }
    if (on_probation < SL_SLT_CACHE_PROBATION) {
        if (cache->slot_count < SL_SLT_CACHE_SLOTS) {
            return &cache->slots[cache->slot_count++];
        }
        return oldest(cache, true, pinned);
    }
    return oldest(cache, false, pinned);
}

/* Full chunks differ by some bytes; with one block size for all of them a slot keeps its block. */
static size_t block_size(size_t content_size)
{
    bool is_full = content_size > SL_SLT_CHUNK_TARGET / 2 && content_size < SL_SLT_CHUNK_TARGET;
    return is_full ? SL_SLT_CHUNK_TARGET : content_size;
}

static enum sl_status fill_slot(struct sl_slt_cache *cache, struct sl_slt_slot *slot, size_t number,
                                struct sl_error *err)
{
    const struct sl_slt_index *index = &cache->file->index;
    const struct sl_slt_chunk *chunk = &index->chunks[number];
    slot->view.content = NULL;
    slot->kept = false;
    if (slot->capacity < chunk->content_size) {
        free(slot->block);
        slot->capacity = block_size(chunk->content_size);
        slot->block = malloc(slot->capacity);
        if (!slot->block) {
            slot->capacity = 0;
            return sl_fail_memory(err, chunk->content_size);
        }
    }
    enum sl_status status = sl_slt_expand(&cache->expander, cache->file, number, slot->block, err);
    if (status != SL_OK) {
        return status;
    }
    uint64_t pages = sl_slt_index_chunk_pages(index, number);
    slot->number = number;
    slot->view = (struct sl_slt_view){
        .content = slot->block,
        .size = chunk->content_size,
        .records = (size_t)(pages * SL_SLT_STORED_PAGE),
        .first_event = chunk->first_event,
        .event_count = sl_slt_index_chunk_events(index, number),
        .first_page = chunk->first_page,
        .page_count = pages,
    };
    return SL_OK;
}

enum sl_status sl_slt_cache_get(struct sl_slt_cache *cache, size_t number, bool for_pages,
                                const struct sl_slt_view *pinned, const struct sl_slt_view **view,
                                struct sl_error *err)
{
    struct sl_slt_slot *slot = find_slot(cache, number);
    if (!slot) {
        slot = choose_slot(cache, pinned);
        assert(slot);
        enum sl_status status = fill_slot(cache, slot, number, err);
        if (status != SL_OK) {
            return status;
        }
    } else if (for_pages) {
        slot->kept = true;
    }
    slot->used = ++cache->clock;
    *view = &slot->view;
    return SL_OK;
}
