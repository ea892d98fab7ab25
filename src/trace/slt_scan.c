#include "trace/slt_scan.h"

#include "base/bytes.h"
#include "base/status.h"
#include "trace/slt_content.h"
#include "trace/slt_event.h"
#include "trace/slt_frame.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    struct sl_slt_file *file;
    uint64_t at;      /* offset of the frame in question */
    bool after_index; /* an index frame has gone by: only the end frame may follow */
    bool done;        /* no complete frame follows */
    struct sl_slt_expander expander;
};

/* Adds the names of the capture points in the last chunk of the index. */
static enum sl_status add_captures(struct scan *scan, struct sl_error *err)
{
    struct sl_slt_index *index = &scan->file->index;
    size_t number = index->chunk_count - 1;
    const struct sl_slt_chunk chunk = index->chunks[number];
    uint8_t *content = malloc(chunk.content_size);
    if (!content) {
        return sl_fail_memory(err, chunk.content_size);
    }
    enum sl_status status = sl_slt_expand(&scan->expander, scan->file, number, content, err);
    size_t at = (size_t)(sl_slt_index_chunk_pages(index, number) * SL_SLT_STORED_PAGE);
    uint64_t end = index->event_count;
    for (uint64_t i = chunk.first_event; status == SL_OK && i < end; i++) {
        struct sl_slt_ram ram;
        struct sl_slt_record record;
        status = sl_slt_event_decode(content + at, chunk.content_size - at, index->page_count,
                                     scan->file->minor, &ram, &record, err);
        if (status != SL_OK) {
            sl_error_set_event(err, i);
            sl_error_set_offset(err, chunk.offset + SL_SLT_CHUNK_HEAD);
            break;
        }
        at += record.size;
        if (record.event.type == SL_EVENT_FRAME &&
            !sl_slt_index_add_capture(index, i, record.edges, record.payload.size)) {
            status = sl_fail_memory(err, 0);
        }
    }
    free(content);
    return status;
}

static enum sl_status take_chunk(struct scan *scan, struct sl_error *err)
{
    struct sl_slt_index *index = &scan->file->index;
    uint64_t left = scan->file->size - scan->at;
    uint8_t frame[SL_SLT_CHUNK_HEAD];
    if (left < sizeof(frame)) {
        scan->done = true;
        return SL_OK;
    }
    enum sl_status status = sl_slt_file_read(scan->file, scan->at, frame, sizeof(frame), err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_slt_chunk_head head;
    if (!sl_slt_chunk_head_decode(frame, &head) || head.first_event != index->event_count ||
        head.first_page != index->page_count) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_CHUNK_HEAD, scan->at,
                          "chunk %zu: its head is corrupt or does not continue the trace",
                          index->chunk_count);
    }
    if (head.frame_size > left - sizeof(frame)) {
        scan->done = true;
        return SL_OK;
    }
    struct sl_slt_chunk chunk = {
        .offset = scan->at,
        .frame_size = head.frame_size,
        .content_size = head.content_size,
        .first_event = head.first_event,
        .first_page = head.first_page,
    };
    if (!sl_slt_index_add_chunk(index, &chunk, head.event_count, head.page_count)) {
        return sl_fail_memory(err, 0);
    }
    scan->at += sizeof(frame) + (uint64_t)head.frame_size;
    return head.capture_count ? add_captures(scan, err) : SL_OK;
}

/*
 * An index without an intact end frame after it: the end frame is missing, or it is there and
 * corrupt. The index itself is checked, so that a file with one wrong byte is never taken for an
 * unfinished one; the chunks are known from their heads already.
 */
static enum sl_status take_index(struct scan *scan, uint32_t payload_size, struct sl_error *err)
{
    struct sl_slt_index stored = {0};
    uint8_t *payload = malloc(payload_size);
    if (!payload) {
        return sl_fail_memory(err, payload_size);
    }
    uint64_t offset = scan->at;
    enum sl_status status =
        sl_slt_file_read(scan->file, offset + SL_SLT_FRAME_HEAD, payload, payload_size, err);
    if (status == SL_OK) {
        status = sl_slt_index_decode(payload, payload_size, scan->file->minor,
                                     scan->file->first_chunk, offset, &stored, err);
    }
    if (status == SL_ERR_DAMAGED) {
        sl_error_set_offset(err, offset);
    }
    sl_slt_index_finish(&stored);
    free(payload);
    scan->after_index = true;
    scan->at += SL_SLT_FRAME_HEAD + (uint64_t)payload_size;
    return status;
}

static enum sl_status unknown_frame(const struct scan *scan, struct sl_error *err)
{
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_FRAME_UNKNOWN, scan->at,
                      "neither a chunk nor an index in its place");
}

static enum sl_status take_frame(struct scan *scan, struct sl_error *err)
{
    uint8_t start[SL_SLT_FRAME_HEAD + 4];
    uint64_t left = scan->file->size - scan->at;
    if (left < sizeof(start)) {
        scan->done = true;
        return SL_OK;
    }
    enum sl_status status = sl_slt_file_read(scan->file, scan->at, start, sizeof(start), err);
    if (status != SL_OK) {
        return status;
    }
    uint32_t payload_size = sl_get_le32(start + 4);
    uint32_t tag = sl_get_le32(start + SL_SLT_FRAME_HEAD);
    bool is_whole = payload_size <= left - SL_SLT_FRAME_HEAD;
    if (sl_get_le32(start) != SL_SLT_FRAME_MAGIC) {
        return unknown_frame(scan, err);
    }
    if (tag == SL_SLT_TAG_END && left >= SL_SLT_END) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_END_FRAME, scan->at,
                          "the end frame is corrupt or not at the end of the file");
    }
    if (tag == SL_SLT_TAG_CHUNK && !scan->after_index) {
        return take_chunk(scan, err);
    }
    if (!is_whole) {
        scan->done = true;
        return SL_OK;
    }
    if (tag == SL_SLT_TAG_INDEX && !scan->after_index) {
        return take_index(scan, payload_size, err);
    }
    if (scan->file->minor <= SL_SLT_MINOR) {
        return unknown_frame(scan, err);
    }
    scan->at += SL_SLT_FRAME_HEAD + (uint64_t)payload_size;
    return SL_OK;
}

enum sl_status sl_slt_scan(struct sl_slt_file *file, struct sl_error *err)
{
    struct scan scan = {.file = file, .at = file->first_chunk};
    enum sl_status status = sl_slt_expander_init(&scan.expander, err);
    while (status == SL_OK && !scan.done) {
        status = take_frame(&scan, err);
    }
    sl_slt_expander_finish(&scan.expander);
    return status;
}
