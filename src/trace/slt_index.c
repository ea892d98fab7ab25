#include "trace/slt_index.h"

#include "base/array.h"
#include "base/cursor.h"
#include "base/status.h"
#include "base/utf8.h"
#include "trace/slt_frame.h"

#include <inttypes.h>
#include <stdlib.h>

/* Sizes of the parts of an index frame: tag to counts, a chunk, a capture point without its name.
 */
enum { INDEX_FIXED = 40, INDEX_CHUNK = 32, INDEX_CAPTURE = 12 };

void sl_slt_index_finish(struct sl_slt_index *index)
{
    free(index->chunks);
    free(index->captures);
    sl_buf_finish(&index->names);
    *index = (struct sl_slt_index){0};
}

bool sl_slt_index_add_chunk(struct sl_slt_index *index, const struct sl_slt_chunk *chunk,
                            uint64_t event_count, uint64_t page_count)
{
    struct sl_slt_chunk *chunks =
        sl_array_grow(index->chunks, &index->chunk_capacity, index->chunk_count, sizeof(*chunks));
    if (!chunks) {
        return false;
    }
    index->chunks = chunks;
    chunks[index->chunk_count++] = *chunk;
    index->event_count += event_count;
    index->page_count += page_count;
    return true;
}

bool sl_slt_index_add_capture(struct sl_slt_index *index, uint64_t event, const void *name,
                              size_t name_size)
{
    struct sl_slt_capture *captures = sl_array_grow(index->captures, &index->capture_capacity,
                                                    index->capture_count, sizeof(*captures));
    if (!captures) {
        return false;
    }
    index->captures = captures;
    size_t start = index->names.size;
    sl_buf_append(&index->names, name, name_size);
    sl_buf_u8(&index->names, 0);
    if (index->names.failed) {
        return false;
    }
    captures[index->capture_count++] = (struct sl_slt_capture){.event = event, .name = start};
    return true;
}

uint64_t sl_slt_index_chunk_events(const struct sl_slt_index *index, size_t i)
{
    uint64_t end =
        i + 1 < index->chunk_count ? index->chunks[i + 1].first_event : index->event_count;
    return end - index->chunks[i].first_event;
}

uint64_t sl_slt_index_chunk_pages(const struct sl_slt_index *index, size_t i)
{
    uint64_t end = i + 1 < index->chunk_count ? index->chunks[i + 1].first_page : index->page_count;
    return end - index->chunks[i].first_page;
}

/*
 * Event and page numbers never fall from one chunk to the next, and a chunk may hold none. The last
 * chunk that starts at or below a number is the one that holds it.
 */
static size_t find_chunk(const struct sl_slt_index *index, uint64_t number, bool is_page)
{
    size_t low = 0;
    for (size_t high = index->chunk_count; high - low > 1;) {
        size_t middle = low + (high - low) / 2;
        const struct sl_slt_chunk *chunk = &index->chunks[middle];
        if ((is_page ? chunk->first_page : chunk->first_event) <= number) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t sl_slt_index_find_event(const struct sl_slt_index *index, uint64_t event)
{
    return find_chunk(index, event, false);
}

size_t sl_slt_index_find_page(const struct sl_slt_index *index, uint64_t page)
{
    return find_chunk(index, page, true);
}

struct sl_trace_frame *sl_slt_index_frames(const struct sl_slt_index *index)
{
    if (index->capture_count == 0) {
        return NULL;
    }
    struct sl_trace_frame *frames = calloc(index->capture_count, sizeof(*frames));
    for (size_t i = 0; frames && i < index->capture_count; i++) {
        frames[i].event = index->captures[i].event;
        frames[i].name = (const char *)index->names.data + index->captures[i].name;
    }
    return frames;
}

/* The end of capture point i's name in names, before its terminator. */
static size_t name_end(const struct sl_slt_index *index, size_t i)
{
    return (i + 1 < index->capture_count ? index->captures[i + 1].name : index->names.size) - 1;
}

void sl_slt_index_forget_captures(struct sl_slt_index *index)
{
    while (index->capture_count > 0 &&
           index->captures[index->capture_count - 1].event >= index->event_count) {
        index->capture_count--;
        index->names.size = index->captures[index->capture_count].name;
    }
}

uint64_t sl_slt_index_size(const struct sl_slt_index *index, size_t more_chunks)
{
    uint64_t chunks = (uint64_t)index->chunk_count + more_chunks;
    uint64_t names = index->names.size - index->capture_count; /* without terminators */
    return SL_SLT_FRAME_HEAD + INDEX_FIXED + chunks * INDEX_CHUNK +
           (uint64_t)index->capture_count * INDEX_CAPTURE + names + SL_SLT_CHECKSUM;
}

void sl_slt_index_encode(const struct sl_slt_index *index, struct sl_buf *out)
{
    size_t start = sl_slt_frame_begin(out, SL_SLT_TAG_INDEX);
    sl_buf_u32(out, 0);
    sl_buf_u64(out, index->event_count);
    sl_buf_u64(out, index->page_count);
    sl_buf_u64(out, index->chunk_count);
    sl_buf_u64(out, index->capture_count);
    for (size_t i = 0; i < index->chunk_count; i++) {
        const struct sl_slt_chunk *chunk = &index->chunks[i];
        sl_buf_u64(out, chunk->offset);
        sl_buf_u32(out, chunk->frame_size);
        sl_buf_u32(out, chunk->content_size);
        sl_buf_u64(out, chunk->first_event);
        sl_buf_u64(out, chunk->first_page);
    }
    for (size_t i = 0; i < index->capture_count; i++) {
        size_t name = index->captures[i].name;
        size_t size = name_end(index, i) - name;
        sl_buf_u64(out, index->captures[i].event);
        sl_buf_u32(out, (uint32_t)size);
        sl_buf_append(out, index->names.data + name, size);
    }
    sl_slt_frame_end(out, start);
}

static enum sl_status bad_layout(struct sl_error *err, const char *what, uint64_t number)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_INDEX_LAYOUT,
                   "index: %s %" PRIu64 " does not fit the file", what, number);
}

static enum sl_status decode_chunks(struct sl_cursor *c, uint64_t count, struct sl_slt_index *index,
                                    struct sl_error *err)
{
    for (uint64_t i = 0; i < count; i++) {
        struct sl_slt_chunk chunk = {.offset = sl_cursor_u64(c)};
        chunk.frame_size = sl_cursor_u32(c);
        chunk.content_size = sl_cursor_u32(c);
        chunk.first_event = sl_cursor_u64(c);
        chunk.first_page = sl_cursor_u64(c);
        if (c->failed) {
            return bad_layout(err, "the number of chunks", count);
        }
        if (!sl_slt_index_add_chunk(index, &chunk, 0, 0)) {
            return sl_fail_memory(err, 0);
        }
    }
    return SL_OK;
}

static enum sl_status decode_captures(struct sl_cursor *c, uint64_t count,
                                      struct sl_slt_index *index, struct sl_error *err)
{
    uint64_t lowest = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t event = sl_cursor_u64(c);
        uint32_t size = sl_cursor_u32(c);
        const uint8_t *name = sl_cursor_take(c, size);
        if (c->failed || event < lowest || event >= index->event_count || size > SL_SLT_NAME_MAX ||
            !sl_utf8_is_text(name, size)) {
            return bad_layout(err, "capture point", i);
        }
        lowest = event + 1;
        if (!sl_slt_index_add_capture(index, event, name, size)) {
            return sl_fail_memory(err, 0);
        }
    }
    return SL_OK;
}

/* Each chunk starts where the one before ends, and its numbers go on where those end. */
static enum sl_status check_chunks(const struct sl_slt_index *index, uint16_t minor,
                                   uint64_t first_chunk, uint64_t index_offset,
                                   struct sl_error *err)
{
    uint64_t at = first_chunk;
    bool may_skip = minor > SL_SLT_MINOR;
    struct sl_slt_chunk last = {0};
    for (size_t i = 0; i < index->chunk_count; i++) {
        const struct sl_slt_chunk *chunk = &index->chunks[i];
        uint64_t size = (uint64_t)SL_SLT_CHUNK_HEAD + chunk->frame_size;
        bool in_place = may_skip ? chunk->offset >= at : chunk->offset == at;
        if (!in_place || !sl_range_fits(chunk->offset, size, index_offset) ||
            chunk->frame_size == 0 || chunk->frame_size > SL_SLT_CONTENT_FRAME_MAX ||
            chunk->first_event < last.first_event || chunk->first_page < last.first_page ||
            (i == 0 && (chunk->first_event | chunk->first_page) != 0) ||
            chunk->first_event > index->event_count || chunk->first_page > index->page_count) {
            return bad_layout(err, "chunk", i);
        }
        at = chunk->offset + size;
        last = *chunk;
    }
    for (size_t i = 0; i < index->chunk_count; i++) {
        if (!sl_slt_chunk_fits(sl_slt_index_chunk_pages(index, i),
                               sl_slt_index_chunk_events(index, i),
                               index->chunks[i].content_size)) {
            return bad_layout(err, "content of chunk", i);
        }
    }
    bool ends_right = may_skip ? at <= index_offset : at == index_offset;
    if (!ends_right || (index->chunk_count == 0 && (index->event_count | index->page_count) != 0)) {
        return bad_layout(err, "the number of chunks", index->chunk_count);
    }
    return SL_OK;
}

enum sl_status sl_slt_index_decode(const uint8_t *payload, size_t size, uint16_t minor,
                                   uint64_t first_chunk, uint64_t index_offset,
                                   struct sl_slt_index *index, struct sl_error *err)
{
    if (!sl_slt_frame_is_intact(payload, size)) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_INDEX_CHECKSUM,
                       "index of %zu bytes does not match its checksum", size);
    }
    struct sl_cursor c = sl_cursor_init(payload, size - SL_SLT_CHECKSUM);
    uint32_t tag = sl_cursor_u32(&c);
    uint32_t reserved = sl_cursor_u32(&c);
    index->event_count = sl_cursor_u64(&c);
    index->page_count = sl_cursor_u64(&c);
    uint64_t chunk_count = sl_cursor_u64(&c);
    uint64_t capture_count = sl_cursor_u64(&c);
    if (c.failed || tag != SL_SLT_TAG_INDEX || (reserved && minor <= SL_SLT_MINOR)) {
        return bad_layout(err, "its head of bytes", SL_SLT_INDEX_FIXED);
    }
    enum sl_status status = decode_chunks(&c, chunk_count, index, err);
    if (status == SL_OK) {
        status = check_chunks(index, minor, first_chunk, index_offset, err);
    }
    if (status == SL_OK) {
        status = decode_captures(&c, capture_count, index, err);
    }
    if (status == SL_OK && sl_cursor_left(&c) > 0 && minor <= SL_SLT_MINOR) {
        status = bad_layout(err, "its size in bytes", size);
    }
    return status;
}
