/*
 * Writing a binary trace.
 *
 * A chunk is collected in memory as three growing buffers: pages, their hashes, event records. It
 * ends when the next page or record would take it past the target size, is compressed as one frame
 * and leaves together with its head in one write. An event's own record comes after all pages that
 * it refers to, so a file that was cut off never refers to what it has lost.
 *
 * The same events give the same bytes: nothing here depends on time, addresses or threads, and the
 * compression parameters are fixed. Another version of libzstd may compress differently.
 */
#include "trace/slt_writer.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"
#include "trace/slt_event.h"
#include "trace/slt_format.h"
#include "trace/slt_frame.h"
#include "trace/slt_index.h"
#include "trace/slt_meta.h"
#include "trace/slt_page_table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { COMPRESSION_LEVEL = 3 };

enum writer_state { WRITER_OPEN, WRITER_FULL, WRITER_FINISHED, WRITER_FAILED };

struct sl_trace_writer {
    int fd;
    char *path;
    enum writer_state state;
    bool is_full;    /* events were left out at the limit; stays when finished */
    uint64_t offset; /* bytes written to the file */
    uint64_t limit;  /* of the finished file, in bytes */
    ZSTD_CCtx *zstd;
    struct sl_slt_page_table table;
    struct sl_slt_index index; /* of the chunks written */

    /* The chunk being collected, and how many events and pages it holds. */
    struct sl_buf pages;
    struct sl_buf hashes;
    struct sl_buf records;
    uint32_t chunk_pages;
    uint32_t chunk_events;
    uint32_t chunk_captures;

    struct sl_buf runs; /* of the event being put */
    struct sl_buf out;  /* what is about to be written */
};

static enum sl_status write_out(struct sl_trace_writer *w, struct sl_error *err)
{
    if (w->out.failed) {
        return sl_fail_memory(err, 0);
    }
    for (size_t done = 0; done < w->out.size;) {
        ssize_t n = write(w->fd, w->out.data + done, w->out.size - done);
        if (n < 0 && errno != EINTR) {
            return sl_fail_errno(err, w->path, "write");
        }
        done += n > 0 ? (size_t)n : 0;
    }
    w->offset += w->out.size;
    sl_buf_clear(&w->out);
    return SL_OK;
}

static enum sl_status write_header(struct sl_trace_writer *w, const struct sl_trace_meta *meta,
                                   struct sl_error *err)
{
    size_t start = sl_slt_frame_begin(&w->out, SL_SLT_TAG_HEADER);
    sl_buf_u16(&w->out, SL_SLT_MAJOR);
    sl_buf_u16(&w->out, SL_SLT_MINOR);
    sl_slt_meta_encode(meta, &w->out);
    sl_slt_frame_end(&w->out, start);
    if (w->out.size > SL_SLT_FRAME_HEAD + SL_SLT_HEADER_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "metadata of %zu bytes, limit %d", w->out.size, SL_SLT_HEADER_MAX);
    }
    return write_out(w, err);
}

static enum sl_status init_compression(ZSTD_CCtx *zstd, struct sl_error *err)
{
    static const struct {
        ZSTD_cParameter parameter;
        int value;
    } rows[] = {
        {ZSTD_c_compressionLevel, COMPRESSION_LEVEL},
        {ZSTD_c_checksumFlag, 1},
        {ZSTD_c_contentSizeFlag, 1},
    };
    for (size_t i = 0; zstd && i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t result = ZSTD_CCtx_setParameter(zstd, rows[i].parameter, rows[i].value);
        if (ZSTD_isError(result)) {
            return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_MEMORY, "libzstd: %s",
                           ZSTD_getErrorName(result));
        }
    }
    return zstd ? SL_OK : sl_fail_memory(err, 0);
}

enum sl_status sl_slt_writer_create(int fd, const char *path, size_t page_limit,
                                    const struct sl_trace_meta *meta,
                                    struct sl_trace_writer **writer, struct sl_error *err)
{
    *writer = NULL;
    enum sl_status status = sl_slt_meta_check(meta, SL_ERR_USAGE, err);
    struct sl_trace_writer *w = status == SL_OK ? calloc(1, sizeof(*w)) : NULL;
    if (!w) {
        close(fd);
        return status == SL_OK ? sl_fail_memory(err, sizeof(*w)) : status;
    }
    *w = (struct sl_trace_writer){
        .fd = fd,
        .limit = UINT64_MAX,
        .path = strdup(path),
        .zstd = ZSTD_createCCtx(),
        .table = sl_slt_page_table_init(page_limit),
    };
    status = w->path ? init_compression(w->zstd, err) : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = write_header(w, meta, err);
    }
    if (status != SL_OK) {
        sl_trace_writer_destroy(w);
        return status;
    }
    *writer = w;
    return SL_OK;
}

enum sl_status sl_trace_writer_create(const char *path, const struct sl_trace_meta *meta,
                                      struct sl_trace_writer **writer, struct sl_error *err)
{
    *writer = NULL;
    enum sl_status status = sl_slt_meta_check(meta, SL_ERR_USAGE, err);
    if (status != SL_OK) {
        return status;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return sl_fail_errno(err, path, "create");
    }
    return sl_slt_writer_create(fd, path, SL_SLT_PAGE_TABLE_LIMIT, meta, writer, err);
}

static size_t chunk_size(const struct sl_trace_writer *w)
{
    return w->pages.size + w->hashes.size + w->records.size;
}

static bool chunk_has_room(const struct sl_trace_writer *w, size_t size)
{
    return chunk_size(w) == 0 || chunk_size(w) + size <= SL_SLT_CHUNK_TARGET;
}

/* Compresses the content, which is all in pages, behind the space for the chunk's head in out. */
static enum sl_status compress_chunk(struct sl_trace_writer *w, size_t *frame_size,
                                     struct sl_error *err)
{
    size_t bound = ZSTD_compressBound(w->pages.size);
    sl_buf_append_zeros(&w->out, SL_SLT_CHUNK_HEAD);
    uint8_t *frame = sl_buf_extend(&w->out, bound);
    if (!frame) {
        return sl_fail_memory(err, bound);
    }
    size_t result = ZSTD_compress2(w->zstd, frame, bound, w->pages.data, w->pages.size);
    if (ZSTD_isError(result)) {
        return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_MEMORY, "libzstd: %s",
                       ZSTD_getErrorName(result));
    }
    w->out.size -= bound - result;
    *frame_size = result;
    return SL_OK;
}

/* What the file would be long if it were finished now, with one more chunk of chunk_size bytes. */
static uint64_t finished_size(const struct sl_trace_writer *w, size_t more_chunks,
                              uint64_t chunk_size_bytes)
{
    return w->offset + chunk_size_bytes + sl_slt_index_size(&w->index, more_chunks) + SL_SLT_END;
}

static enum sl_status check_limit(struct sl_trace_writer *w, size_t frame_size,
                                  struct sl_error *err)
{
    if (finished_size(w, 1, (uint64_t)SL_SLT_CHUNK_HEAD + frame_size) <= w->limit) {
        return SL_OK;
    }
    w->state = WRITER_FULL;
    w->is_full = true;
    return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                   "the trace is full: its next chunk exceeds the limit of %" PRIu64 " bytes",
                   w->limit);
}

/* Forgets what was collected and not written, and whatever was noted about it. */
static void discard_chunk(struct sl_trace_writer *w)
{
    sl_slt_index_forget_captures(&w->index);
    sl_buf_clear(&w->pages);
    sl_buf_clear(&w->hashes);
    sl_buf_clear(&w->records);
    sl_buf_clear(&w->out);
    w->chunk_events = w->chunk_pages = w->chunk_captures = 0;
}

static enum sl_status fill_head(struct sl_trace_writer *w, const struct sl_slt_chunk *chunk,
                                struct sl_error *err)
{
    struct sl_buf head = {0};
    sl_slt_chunk_head_encode(
        &(struct sl_slt_chunk_head){
            .frame_size = chunk->frame_size,
            .content_size = chunk->content_size,
            .page_count = w->chunk_pages,
            .event_count = w->chunk_events,
            .capture_count = w->chunk_captures,
            .first_event = chunk->first_event,
            .first_page = chunk->first_page,
        },
        &head);
    enum sl_status status = head.failed ? sl_fail_memory(err, 0) : SL_OK;
    if (status == SL_OK) {
        memcpy(w->out.data, head.data, SL_SLT_CHUNK_HEAD);
    }
    sl_buf_finish(&head);
    return status;
}

static enum sl_status flush_chunk(struct sl_trace_writer *w, struct sl_error *err)
{
    if (chunk_size(w) == 0) {
        return SL_OK;
    }
    sl_buf_append(&w->pages, w->hashes.data, w->hashes.size);
    sl_buf_append(&w->pages, w->records.data, w->records.size);
    if (w->pages.failed || w->hashes.failed || w->records.failed) {
        return sl_fail_memory(err, 0);
    }
    size_t frame_size = 0;
    enum sl_status status = compress_chunk(w, &frame_size, err);
    struct sl_slt_chunk chunk = {
        .offset = w->offset,
        .content_size = (uint32_t)w->pages.size,
        .first_event = w->index.event_count,
        .first_page = w->index.page_count,
    };
    if (status == SL_OK) {
        status = check_limit(w, frame_size, err);
    }
    if (status == SL_OK) {
        chunk.frame_size = (uint32_t)frame_size;
        status = fill_head(w, &chunk, err);
    }
    if (status == SL_OK) {
        status = write_out(w, err);
    }
    if (status == SL_OK &&
        !sl_slt_index_add_chunk(&w->index, &chunk, w->chunk_events, w->chunk_pages)) {
        status = sl_fail_memory(err, 0);
    }
    discard_chunk(w);
    return status;
}

static bool is_zero_page(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, SL_SLT_PAGE_SIZE - 1) == 0;
}

/* Finds or stores one page; *reference becomes a run of one. */
static enum sl_status store_page(struct sl_trace_writer *w, const uint8_t *page,
                                 struct sl_slt_run *reference, struct sl_error *err)
{
    *reference = (struct sl_slt_run){.count = 1, .is_zero = is_zero_page(page)};
    if (reference->is_zero) {
        return SL_OK;
    }
    struct sl_hash128 hash = sl_hash128(page, SL_SLT_PAGE_SIZE);
    uint64_t next = w->index.page_count + w->chunk_pages;
    bool is_new;
    if (!sl_slt_page_table_find(&w->table, &hash, next, &reference->page, &is_new)) {
        return sl_fail_memory(err, 0);
    }
    if (!is_new) {
        return SL_OK;
    }
    if (!chunk_has_room(w, SL_SLT_STORED_PAGE)) {
        enum sl_status status = flush_chunk(w, err);
        if (status != SL_OK) {
            return status;
        }
    }
    sl_buf_append(&w->pages, page, SL_SLT_PAGE_SIZE);
    sl_buf_append(&w->hashes, hash.bytes, sizeof(hash.bytes));
    w->chunk_pages++;
    return SL_OK;
}

static bool continues(const struct sl_slt_run *run, const struct sl_slt_run *next)
{
    return run->count > 0 && run->is_zero == next->is_zero &&
           (run->is_zero || run->page + run->count == next->page);
}

/* Stores a payload's whole pages and leaves the references in runs. */
static enum sl_status store_pages(struct sl_trace_writer *w, const struct sl_slt_payload *payload,
                                  struct sl_error *err)
{
    sl_buf_clear(&w->runs);
    struct sl_slt_run run = {0};
    size_t end = payload->size - payload->tail;
    for (size_t at = payload->head; at < end; at += SL_SLT_PAGE_SIZE) {
        struct sl_slt_run next;
        enum sl_status status = store_page(w, payload->bytes + at, &next, err);
        if (status != SL_OK) {
            return status;
        }
        if (continues(&run, &next)) {
            run.count++;
            continue;
        }
        if (run.count) {
            sl_slt_run_encode(&w->runs, &run);
        }
        run = next;
    }
    if (run.count) {
        sl_slt_run_encode(&w->runs, &run);
    }
    return w->runs.failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status append_record(struct sl_trace_writer *w, const struct sl_event *event,
                                    const struct sl_slt_payload *payload, struct sl_error *err)
{
    size_t bound =
        SL_SLT_RECORD_FIXED_MAX + SL_SLT_NAME_MAX + payload->head + payload->tail + w->runs.size;
    enum sl_status status = chunk_has_room(w, bound) ? SL_OK : flush_chunk(w, err);
    if (status != SL_OK) {
        return status;
    }
    sl_slt_event_encode(event, &w->runs, &w->records);
    if (w->records.failed) {
        return sl_fail_memory(err, bound);
    }
    uint64_t number = w->index.event_count + w->chunk_events;
    w->chunk_events++;
    if (event->type == SL_EVENT_FRAME) {
        w->chunk_captures++;
        if (!sl_slt_index_add_capture(&w->index, number, event->u.text.text,
                                      event->u.text.text_size)) {
            return sl_fail_memory(err, 0);
        }
    }
    return SL_OK;
}

static enum sl_status check_open(const struct sl_trace_writer *w, struct sl_error *err)
{
    static const char *const names[] = {
        [WRITER_FULL] = "full",
        [WRITER_FINISHED] = "finished",
        [WRITER_FAILED] = "broken by an earlier failure",
    };
    return w->state == WRITER_OPEN ? SL_OK
                                   : sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE,
                                             "the trace writer is %s", names[w->state]);
}

/* A writer that is full can still be finished; any other failure is the last thing it does. */
static enum sl_status note_failure(struct sl_trace_writer *w, enum sl_status status,
                                   struct sl_error *err)
{
    if (status != SL_OK) {
        w->state = w->state == WRITER_FULL ? WRITER_FULL : WRITER_FAILED;
        sl_error_set_file(err, w->path);
    }
    return status;
}

enum sl_status sl_trace_writer_put(struct sl_trace_writer *writer, const struct sl_event *event,
                                   struct sl_error *err)
{
    enum sl_status status = check_open(writer, err);
    if (status == SL_OK) {
        status = sl_slt_event_check(event, SL_ERR_USAGE, err);
    }
    struct sl_slt_payload payload = {0};
    if (status == SL_OK) {
        payload = sl_slt_event_payload(event);
        status = store_pages(writer, &payload, err);
    }
    if (status == SL_OK) {
        status = append_record(writer, event, &payload, err);
    }
    if (status != SL_OK) {
        sl_error_set_event(err, writer->index.event_count + writer->chunk_events);
    }
    return note_failure(writer, status, err);
}

enum sl_status sl_trace_writer_flush(struct sl_trace_writer *writer, struct sl_error *err)
{
    enum sl_status status = check_open(writer, err);
    return status == SL_OK ? note_failure(writer, flush_chunk(writer, err), err) : status;
}

enum sl_status sl_slt_writer_set_limit(struct sl_trace_writer *writer, uint64_t size_bytes,
                                       struct sl_error *err)
{
    if (finished_size(writer, 0, 0) > size_bytes) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_HOST_LIMIT,
                       "a trace of at most %" PRIu64 " bytes, %" PRIu64
                       " are needed for its frames",
                       size_bytes, finished_size(writer, 0, 0));
    }
    writer->limit = size_bytes;
    return SL_OK;
}

struct sl_slt_progress sl_slt_writer_progress(const struct sl_trace_writer *writer)
{
    return (struct sl_slt_progress){
        .size_bytes = writer->offset,
        .events = writer->index.event_count,
        .is_full = writer->is_full,
    };
}

static enum sl_status write_index(struct sl_trace_writer *w, struct sl_error *err)
{
    sl_slt_index_encode(&w->index, &w->out);
    uint64_t size = w->out.size;
    if (size > UINT32_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, "index of %zu bytes, limit %u",
                       w->out.size, UINT32_MAX);
    }
    sl_slt_end_encode(w->offset, (uint32_t)size, &w->out);
    return write_out(w, err);
}

/* The last chunk, unless the writer is full or gets full by it. */
static enum sl_status flush_last_chunk(struct sl_trace_writer *w, struct sl_error *err)
{
    enum sl_status status = w->state == WRITER_OPEN ? flush_chunk(w, err) : SL_OK;
    if (status != SL_OK && w->state == WRITER_FULL) {
        if (err) {
            *err = (struct sl_error){0};
        }
        status = SL_OK;
    }
    return status;
}

enum sl_status sl_trace_writer_finish(struct sl_trace_writer *writer, struct sl_error *err)
{
    enum sl_status status = writer->state == WRITER_FULL ? SL_OK : check_open(writer, err);
    if (status != SL_OK) {
        return status;
    }
    status = flush_last_chunk(writer, err);
    if (status == SL_OK) {
        status = write_index(writer, err);
    }
    int fd = writer->fd;
    writer->fd = -1;
    if (close(fd) != 0 && status == SL_OK) {
        status = sl_fail_errno(err, writer->path, "close");
    }
    writer->state = status == SL_OK ? WRITER_FINISHED : WRITER_FAILED;
    if (status != SL_OK) {
        sl_error_set_file(err, writer->path);
    }
    return status;
}

void sl_trace_writer_destroy(struct sl_trace_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    ZSTD_freeCCtx(writer->zstd);
    sl_slt_page_table_finish(&writer->table);
    sl_slt_index_finish(&writer->index);
    sl_buf_finish(&writer->pages);
    sl_buf_finish(&writer->hashes);
    sl_buf_finish(&writer->records);
    sl_buf_finish(&writer->runs);
    sl_buf_finish(&writer->out);
    free(writer->path);
    free(writer);
}
