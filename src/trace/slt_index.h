/*
 * What is known about a whole file: where its chunks are, what they hold, and its capture points.
 * The writer builds it as it goes and stores it in the index frame; the reader takes it from there,
 * or builds it again from the chunk heads of a file that was cut off.
 *
 * It is the only part of a trace in memory that grows with the length of the trace: 32 bytes per
 * chunk of about a megabyte, and each capture point's name.
 */
#ifndef SL_TRACE_SLT_INDEX_H
#define SL_TRACE_SLT_INDEX_H

#include "base/buf.h"
#include "trace/slt_format.h"

#include <scanlock/trace.h>

struct sl_slt_chunk {
    uint64_t offset;       /* of its head frame in the file */
    uint32_t frame_size;   /* of its Zstandard frame */
    uint32_t content_size; /* decompressed */
    uint64_t first_event;
    uint64_t first_page;
};

struct sl_slt_capture {
    uint64_t event;
    size_t name; /* where it starts in names, terminated */
};

struct sl_slt_index {
    struct sl_slt_chunk *chunks;
    size_t chunk_count;
    size_t chunk_capacity;
    uint64_t event_count;
    uint64_t page_count;
    struct sl_slt_capture *captures;
    size_t capture_count;
    size_t capture_capacity;
    struct sl_buf names;
};

void sl_slt_index_finish(struct sl_slt_index *index);

/* Appends a chunk that holds the next events and pages; false without memory. */
bool sl_slt_index_add_chunk(struct sl_slt_index *index, const struct sl_slt_chunk *chunk,
                            uint64_t event_count, uint64_t page_count);

/* Appends a capture point; false without memory. */
bool sl_slt_index_add_capture(struct sl_slt_index *index, uint64_t event, const void *name,
                              size_t name_size);

/* Events and pages of chunk i. */
uint64_t sl_slt_index_chunk_events(const struct sl_slt_index *index, size_t i);
uint64_t sl_slt_index_chunk_pages(const struct sl_slt_index *index, size_t i);

/* The chunk that holds the event or page, which exists. */
size_t sl_slt_index_find_event(const struct sl_slt_index *index, uint64_t event);
size_t sl_slt_index_find_page(const struct sl_slt_index *index, uint64_t page);

/* The capture points as the public interface shows them; NULL without memory or if there is none.
 */
struct sl_trace_frame *sl_slt_index_frames(const struct sl_slt_index *index);

/* Drops the capture points whose events are in no chunk. */
void sl_slt_index_forget_captures(struct sl_slt_index *index);

/* Size of the index frame if it had so many chunks more. */
uint64_t sl_slt_index_size(const struct sl_slt_index *index, size_t more_chunks);

/* Appends the index frame. */
void sl_slt_index_encode(const struct sl_slt_index *index, struct sl_buf *out);

/*
 * Reads the payload of an index frame into *index, which is zero and must be finished even on
 * failure. The chunks must fill the file from first_chunk to index_offset; in a file of a newer
 * minor version there may be frames between them.
 */
enum sl_status sl_slt_index_decode(const uint8_t *payload, size_t size, uint16_t minor,
                                   uint64_t first_chunk, uint64_t index_offset,
                                   struct sl_slt_index *index, struct sl_error *err);

#endif
