/*
 * Traces: reading, writing, converting.
 *
 * sl_trace_open() takes any file the tool knows and tells the formats apart by content: a binary
 * trace (.slt), a foreign .aerogputrace (AeroGPU streams), otherwise YAML text. Whatever it was,
 * the caller sees metadata and bus events.
 */
#ifndef SCANLOCK_TRACE_H
#define SCANLOCK_TRACE_H

#include <scanlock/event.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sl_trace;
struct sl_trace_writer;

enum sl_trace_format {
    SL_TRACE_SLT,
    SL_TRACE_YAML,
    SL_TRACE_AEROGPUTRACE,
};

/*
 * Opens a trace for reading from its start. *trace is NULL on failure. Statuses: DAMAGED,
 * UNSUPPORTED (a newer version, or beyond a limit), ENVIRONMENT. An .aerogputrace in the toy packet
 * ABI opens, as a trace of notes for the device "aerogpu-toy"; only replay refuses it.
 */
SL_API enum sl_status sl_trace_open(const char *path, struct sl_trace **trace,
                                    struct sl_error *err);
SL_API void sl_trace_close(struct sl_trace *trace);

/* Valid until the trace is closed. */
SL_API const struct sl_trace_meta *sl_trace_get_meta(const struct sl_trace *trace);
SL_API enum sl_trace_format sl_trace_get_format(const struct sl_trace *trace);

/*
 * True if the file is an unfinished recording: readable up to its last complete chunk, without an
 * index. Known after opening.
 */
SL_API bool sl_trace_is_truncated(const struct sl_trace *trace);

/*
 * Reads the next event into *event; what it points to is valid until the next call. At the end
 * *event has type 0 and the status is SL_OK.
 */
SL_API enum sl_status sl_trace_next(struct sl_trace *trace, struct sl_event *event,
                                    struct sl_error *err);

/* Index of the event that sl_trace_next() will return, from 0. */
SL_API uint64_t sl_trace_position(const struct sl_trace *trace);

/*
 * Goes to the event with this index without reading what lies before its chunk; one past the last
 * is the end. Beyond that: SL_ERR_USAGE.
 */
SL_API enum sl_status sl_trace_seek(struct sl_trace *trace, uint64_t index, struct sl_error *err);

/* Events in the whole trace. A truncated trace counts its complete chunks. */
SL_API uint64_t sl_trace_event_count(const struct sl_trace *trace);

/* One entry per frame event, in order; names are valid until the trace is closed. */
struct sl_trace_frame {
    uint64_t event;
    const char *name;
};
SL_API size_t sl_trace_frames(const struct sl_trace *trace, const struct sl_trace_frame **frames);

/*
 * Creates a binary trace at path. The file is complete only after sl_trace_writer_finish();
 * before, it holds every chunk written so far and readers take it as truncated. Metadata is copied;
 * SL_ERR_USAGE if it breaks the rules of docs/trace-format.md.
 */
SL_API enum sl_status sl_trace_writer_create(const char *path, const struct sl_trace_meta *meta,
                                             struct sl_trace_writer **writer, struct sl_error *err);

/*
 * Appends an event; everything is copied. An event that no reader would take (a field out of range,
 * a name that is not text) is SL_ERR_USAGE, one of more than 256 MiB SL_ERR_UNSUPPORTED. After a
 * failure only destroy is allowed; anything else is SL_ERR_USAGE.
 */
SL_API enum sl_status sl_trace_writer_put(struct sl_trace_writer *writer,
                                          const struct sl_event *event, struct sl_error *err);

/*
 * Ends the chunk being collected and writes it, so that a reader of the file as it is now sees every
 * event put so far. Where chunks end changes the bytes of the file and how well it compresses,
 * never its events. Failures as for put.
 */
SL_API enum sl_status sl_trace_writer_flush(struct sl_trace_writer *writer, struct sl_error *err);

/* Writes the last chunk and the index. The writer must still be destroyed. */
SL_API enum sl_status sl_trace_writer_finish(struct sl_trace_writer *writer, struct sl_error *err);

/* Closes and frees; an unfinished file stays on disk as it is. NULL is fine. */
SL_API void sl_trace_writer_destroy(struct sl_trace_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
