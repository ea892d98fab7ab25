/*
 * What stands behind struct sl_trace: one implementation per file format. Formats that are not
 * streamed (text, foreign) lower the whole file into a list of events when opened.
 */
#ifndef SL_TRACE_TRACE_IMPL_H
#define SL_TRACE_TRACE_IMPL_H

#include <scanlock/trace.h>

struct sl_trace_impl {
    void (*close)(struct sl_trace *trace);
    enum sl_status (*next)(struct sl_trace *trace, struct sl_event *event, struct sl_error *err);
    /* index is at most event_count. A failed seek may be followed by another seek or close. */
    enum sl_status (*seek)(struct sl_trace *trace, uint64_t index, struct sl_error *err);
};

/* First member of each implementation's struct, which fills everything in when it opens. */
struct sl_trace {
    const struct sl_trace_impl *impl;
    enum sl_trace_format format;
    struct sl_trace_meta meta;
    bool truncated;
    uint64_t position; /* kept by trace.c: impl->next and impl->seek only read it */
    uint64_t event_count;
    struct sl_trace_frame *frames;
    size_t frame_count;
};

/* Openers; path names the file in reports. */
enum sl_status sl_slt_open(const char *path, struct sl_trace **trace, struct sl_error *err);
enum sl_status sl_yaml_open(const char *path, struct sl_trace **trace, struct sl_error *err);
enum sl_status sl_aerogputrace_open(const char *path, struct sl_trace **trace,
                                    struct sl_error *err);

#endif
