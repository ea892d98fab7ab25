/* The skippable frames around the chunks: writing them, and telling whole ones from corrupt ones.
 */
#ifndef SL_TRACE_SLT_FRAME_H
#define SL_TRACE_SLT_FRAME_H

#include "base/buf.h"
#include "trace/slt_format.h"

#include <stdbool.h>

/* Opens a frame at the end of out; end() closes the one that began at start. */
size_t sl_slt_frame_begin(struct sl_buf *out, uint32_t tag);
void sl_slt_frame_end(struct sl_buf *out, size_t start);

/* True if a payload of size bytes ends in the checksum of what comes before. */
bool sl_slt_frame_is_intact(const uint8_t *payload, size_t size);

/* What stands before the content of a chunk. */
struct sl_slt_chunk_head {
    uint32_t frame_size;    /* of the Zstandard frame that follows */
    uint32_t content_size;  /* decompressed */
    uint32_t page_count;    /* pages stored in it */
    uint32_t event_count;   /* events that it holds */
    uint32_t capture_count; /* FRAME events among them */
    uint64_t first_event;
    uint64_t first_page;
};

void sl_slt_chunk_head_encode(const struct sl_slt_chunk_head *head, struct sl_buf *out);

/* False if the frame is corrupt, or its numbers are impossible whatever the file. */
bool sl_slt_chunk_head_decode(const uint8_t frame[static SL_SLT_CHUNK_HEAD],
                              struct sl_slt_chunk_head *head);

/* True if so many pages and events can be in a content of this size. */
bool sl_slt_chunk_fits(uint64_t page_count, uint64_t event_count, uint32_t content_size);

void sl_slt_end_encode(uint64_t index_offset, uint32_t index_size, struct sl_buf *out);

/* index_size is that of the whole index frame. False if the frame is corrupt. */
bool sl_slt_end_decode(const uint8_t frame[static SL_SLT_END], uint64_t *index_offset,
                       uint32_t *index_size);

#endif
