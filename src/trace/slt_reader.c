/*
 * Reading a binary trace.
 *
 * Events are decoded in place in the expanded chunk. So are their payloads where that is possible:
 * bytes without whole pages, and pages that lie next to each other in one chunk. Others are put
 * together in a buffer that is as large as the largest such event.
 */
#include "trace/slt_reader.h"

#include "base/status.h"
#include "trace/slt_cache.h"
#include "trace/slt_event.h"
#include "trace/slt_file.h"
#include "trace/trace_impl.h"

#include <stdlib.h>
#include <string.h>

struct slt_trace {
    struct sl_trace base;
    struct sl_slt_file file;
    struct sl_slt_cache cache;
    const struct sl_slt_view *view; /* the current chunk, valid while left is not 0 */
    size_t number;                  /* of the current chunk */
    size_t at;                      /* offset of the next record in it */
    uint64_t left;                  /* events from there to its end */
    struct sl_slt_ram ram;          /* of the last event that had a map */
    uint8_t *assembled;             /* a payload put together */
    size_t assembled_capacity;
    uint8_t *zeros; /* a payload of zeros only, never written to */
    size_t zeros_capacity;
};

static struct slt_trace *from_base(struct sl_trace *trace)
{
    return (struct slt_trace *)trace;
}

/* A failure inside the current chunk. */
static enum sl_status in_chunk(const struct slt_trace *t, enum sl_status status,
                               struct sl_error *err)
{
    sl_error_set_offset(err, t->file.index.chunks[t->number].offset + SL_SLT_CHUNK_HEAD);
    return status;
}

static enum sl_status decode(struct slt_trace *t, struct sl_slt_record *record,
                             struct sl_error *err)
{
    const struct sl_slt_view *view = t->view;
    enum sl_status status = sl_slt_event_decode(view->content + t->at, view->size - t->at,
                                                view->first_page + view->page_count, t->file.minor,
                                                &t->ram, record, err);
    if (status != SL_OK) {
        return in_chunk(t, status, err);
    }
    if (t->left == 1 && t->at + record->size != view->size) {
        return in_chunk(t,
                        sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_CHUNK_EVENTS,
                                "the last event of the chunk ends %zu bytes before it",
                                view->size - t->at - record->size),
                        err);
    }
    return SL_OK;
}

static bool reserve(uint8_t **block, size_t *capacity, size_t size, bool zeroed)
{
    if (size <= *capacity) {
        return true;
    }
    free(*block);
    *block = zeroed ? calloc(1, size) : malloc(size);
    *capacity = *block ? size : 0;
    return *block;
}

static bool is_in_view(const struct sl_slt_view *view, const struct sl_slt_run *run)
{
    return !run->is_zero && run->page >= view->first_page &&
           run->page - view->first_page < view->page_count &&
           run->count <= view->page_count - (run->page - view->first_page);
}

static const uint8_t *page_in(const struct sl_slt_view *view, uint64_t page)
{
    return view->content + (size_t)(page - view->first_page) * SL_SLT_PAGE_SIZE;
}

/* Copies stored pages, chunk by chunk. */
static enum sl_status copy_pages(struct slt_trace *t, struct sl_slt_run run, uint8_t *out,
                                 struct sl_error *err)
{
    while (run.count > 0) {
        const struct sl_slt_view *view = t->view;
        if (run.page < view->first_page || run.page - view->first_page >= view->page_count) {
            size_t number = sl_slt_index_find_page(&t->file.index, run.page);
            enum sl_status status = sl_slt_cache_get(&t->cache, number, true, t->view, &view, err);
            if (status != SL_OK) {
                return status;
            }
        }
        uint64_t there = view->page_count - (run.page - view->first_page);
        uint32_t count = there < run.count ? (uint32_t)there : run.count;
        size_t size = (size_t)count * SL_SLT_PAGE_SIZE;
        memcpy(out, page_in(view, run.page), size);
        out += size;
        run.page += count;
        run.count -= count;
    }
    return SL_OK;
}

static enum sl_status assemble(struct slt_trace *t, const struct sl_slt_record *record,
                               struct sl_error *err)
{
    const struct sl_slt_payload *payload = &record->payload;
    if (!reserve(&t->assembled, &t->assembled_capacity, payload->size, false)) {
        return sl_fail_memory(err, payload->size);
    }
    uint8_t *out = t->assembled;
    memcpy(out, record->edges, payload->head);
    out += payload->head;
    for (size_t i = 0; i < record->run_count; i++) {
        struct sl_slt_run run = sl_slt_run_decode(record->runs + i * SL_SLT_RUN);
        size_t size = (size_t)run.count * SL_SLT_PAGE_SIZE;
        enum sl_status status = SL_OK;
        if (run.is_zero) {
            memset(out, 0, size);
        } else {
            status = copy_pages(t, run, out, err);
        }
        if (status != SL_OK) {
            return status;
        }
        out += size;
    }
    memcpy(out, record->edges + payload->head, payload->tail);
    return SL_OK;
}

/* Points the event at its bytes, if they are not in the record itself. */
static enum sl_status resolve(struct slt_trace *t, struct sl_slt_record *record,
                              struct sl_error *err)
{
    const struct sl_slt_payload *payload = &record->payload;
    if (record->run_count == 0) {
        return SL_OK;
    }
    if (record->run_count == 1 && payload->head + payload->tail == 0) {
        struct sl_slt_run run = sl_slt_run_decode(record->runs);
        if (is_in_view(t->view, &run)) {
            sl_slt_event_set_payload(&record->event, page_in(t->view, run.page));
            return SL_OK;
        }
        if (run.is_zero && reserve(&t->zeros, &t->zeros_capacity, payload->size, true)) {
            sl_slt_event_set_payload(&record->event, t->zeros);
            return SL_OK;
        }
    }
    enum sl_status status = assemble(t, record, err);
    if (status == SL_OK) {
        sl_slt_event_set_payload(&record->event, t->assembled);
    }
    return status;
}

/* Goes to an event, which exists: enters its chunk and passes over those that come before. */
static enum sl_status go_to(struct slt_trace *t, uint64_t index, struct sl_error *err)
{
    t->left = 0;
    t->number = sl_slt_index_find_event(&t->file.index, index);
    enum sl_status status = sl_slt_cache_get(&t->cache, t->number, false, NULL, &t->view, err);
    if (status != SL_OK) {
        return status;
    }
    t->at = t->view->records;
    t->left = t->view->event_count;
    for (uint64_t i = t->view->first_event; i < index; i++) {
        struct sl_slt_record record;
        status = decode(t, &record, err);
        if (status != SL_OK) {
            sl_error_set_event(err, i);
            t->left = 0;
            return status;
        }
        t->at += record.size;
        t->left--;
    }
    return SL_OK;
}

static enum sl_status read_event(struct slt_trace *t, struct sl_event *event, struct sl_error *err)
{
    enum sl_status status = t->left ? SL_OK : go_to(t, t->base.position, err);
    struct sl_slt_record record;
    if (status == SL_OK) {
        status = decode(t, &record, err);
    }
    if (status == SL_OK) {
        status = resolve(t, &record, err);
    }
    if (status == SL_OK && record.run_count) {
        status = sl_slt_event_check_text(&record.event, SL_ERR_DAMAGED, err);
    }
    if (status == SL_OK) {
        *event = record.event;
        t->at += record.size;
        t->left--;
    }
    return status;
}

static enum sl_status slt_next(struct sl_trace *trace, struct sl_event *event, struct sl_error *err)
{
    struct slt_trace *t = from_base(trace);
    *event = (struct sl_event){0};
    if (trace->position == trace->event_count) {
        return SL_OK;
    }
    enum sl_status status = read_event(t, event, err);
    if (status != SL_OK) {
        sl_error_set_file(err, t->file.path);
        sl_error_set_event(err, trace->position);
    }
    return status;
}

static enum sl_status slt_seek(struct sl_trace *trace, uint64_t index, struct sl_error *err)
{
    struct slt_trace *t = from_base(trace);
    t->left = 0;
    if (index == trace->event_count) {
        return SL_OK;
    }
    enum sl_status status = go_to(t, index, err);
    if (status != SL_OK) {
        sl_error_set_file(err, t->file.path);
    }
    return status;
}

static void slt_close(struct sl_trace *trace)
{
    struct slt_trace *t = from_base(trace);
    free(t->base.frames);
    free(t->assembled);
    free(t->zeros);
    sl_slt_cache_finish(&t->cache);
    sl_slt_file_finish(&t->file);
    free(t);
}

static const struct sl_trace_impl slt_impl = {
    .close = slt_close,
    .next = slt_next,
    .seek = slt_seek,
};

static enum sl_status fill_base(struct slt_trace *t, struct sl_error *err)
{
    t->base = (struct sl_trace){
        .impl = &slt_impl,
        .format = SL_TRACE_SLT,
        .meta = t->file.meta.meta,
        .truncated = t->file.truncated,
        .event_count = t->file.index.event_count,
        .frames = sl_slt_index_frames(&t->file.index),
        .frame_count = t->file.index.capture_count,
    };
    return t->base.frames || t->base.frame_count == 0 ? SL_OK : sl_fail_memory(err, 0);
}

enum sl_status sl_slt_open_file(FILE *stream, const char *path, struct sl_trace **trace,
                                struct sl_error *err)
{
    *trace = NULL;
    struct slt_trace *t = calloc(1, sizeof(*t));
    if (!t) {
        fclose(stream);
        return sl_fail_memory(err, sizeof(*t));
    }
    enum sl_status status = sl_slt_file_open(stream, path, &t->file, err);
    if (status == SL_OK) {
        status = sl_slt_cache_init(&t->cache, &t->file, err);
    }
    if (status == SL_OK) {
        status = fill_base(t, err);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
        slt_close(&t->base);
        return status;
    }
    *trace = &t->base;
    return SL_OK;
}

enum sl_status sl_slt_open(const char *path, struct sl_trace **trace, struct sl_error *err)
{
    *trace = NULL;
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return sl_fail_errno(err, path, "open");
    }
    return sl_slt_open_file(stream, path, trace, err);
}
