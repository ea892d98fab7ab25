/* The public trace interface: picks the format by content and keeps the position. */
#include "base/status.h"
#include "trace/aerogputrace_file.h"
#include "trace/trace_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How the files of a format begin. A row with no start at all would take any text. */
static const struct opener {
    const char *start;
    size_t size;
    enum sl_status (*open)(const char *path, struct sl_trace **trace, struct sl_error *err);
} openers[] = {
    {"S*M\x18", 4, sl_slt_open},
    {SL_AGT_MAGIC, 8, sl_aerogputrace_open},
    {"", 0, sl_yaml_open},
};

enum { START_MAX = 16 };

static bool begins_like(const struct opener *opener, const char *start, size_t size)
{
    if (opener->size == 0) {
        return !memchr(start, 0, size);
    }
    return size >= opener->size && memcmp(start, opener->start, opener->size) == 0;
}

enum sl_status sl_trace_open(const char *path, struct sl_trace **trace, struct sl_error *err)
{
    *trace = NULL;
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return sl_fail_errno(err, path, "open");
    }
    char start[START_MAX];
    size_t size = fread(start, 1, sizeof(start), stream);
    enum sl_status status = ferror(stream) ? sl_fail_errno(err, path, "read") : SL_OK;
    fclose(stream);
    if (status != SL_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
        if (begins_like(&openers[i], start, size)) {
            return openers[i].open(path, trace, err);
        }
    }
    sl_fail(err, SL_ERR_DAMAGED, SL_RULE_TRACE_FORMAT, "not a trace in any known format");
    sl_error_set_file(err, path);
    return SL_ERR_DAMAGED;
}

void sl_trace_close(struct sl_trace *trace)
{
    if (trace) {
        trace->impl->close(trace);
    }
}

const struct sl_trace_meta *sl_trace_get_meta(const struct sl_trace *trace)
{
    return &trace->meta;
}

enum sl_trace_format sl_trace_get_format(const struct sl_trace *trace)
{
    return trace->format;
}

bool sl_trace_is_truncated(const struct sl_trace *trace)
{
    return trace->truncated;
}

enum sl_status sl_trace_next(struct sl_trace *trace, struct sl_event *event, struct sl_error *err)
{
    enum sl_status status = trace->impl->next(trace, event, err);
    if (status == SL_OK && event->type != 0) {
        trace->position++;
    }
    return status;
}

uint64_t sl_trace_position(const struct sl_trace *trace)
{
    return trace->position;
}

enum sl_status sl_trace_seek(struct sl_trace *trace, uint64_t index, struct sl_error *err)
{
    if (index > trace->event_count) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_TRACE_SEEK,
                       "event %" PRIu64 " of a trace of %" PRIu64 " events", index,
                       trace->event_count);
    }
    enum sl_status status = trace->impl->seek(trace, index, err);
    if (status == SL_OK) {
        trace->position = index;
    }
    return status;
}

uint64_t sl_trace_event_count(const struct sl_trace *trace)
{
    return trace->event_count;
}

size_t sl_trace_frames(const struct sl_trace *trace, const struct sl_trace_frame **frames)
{
    *frames = trace->frames;
    return trace->frame_count;
}
