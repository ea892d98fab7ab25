#include "trace/slt_frame.h"

#include "base/bytes.h"
#include "base/hash.h"

size_t sl_slt_frame_begin(struct sl_buf *out, uint32_t tag)
{
    size_t start = out->size;
    sl_buf_u32(out, SL_SLT_FRAME_MAGIC);
    sl_buf_u32(out, 0);
    sl_buf_u32(out, tag);
    return start;
}

void sl_slt_frame_end(struct sl_buf *out, size_t start)
{
    if (out->failed) {
        return;
    }
    size_t payload = start + SL_SLT_FRAME_HEAD;
    sl_buf_u64(out, sl_hash64(out->data + payload, out->size - payload));
    if (!out->failed) {
        sl_put_le32(out->data + start + 4, (uint32_t)(out->size - payload));
    }
}

bool sl_slt_frame_is_intact(const uint8_t *payload, size_t size)
{
    if (size < 4 + SL_SLT_CHECKSUM) {
        return false;
    }
    size -= SL_SLT_CHECKSUM;
    return sl_get_le64(payload + size) == sl_hash64(payload, size);
}

/* A frame whose payload size is known beforehand. */
static bool is_intact_frame(const uint8_t *frame, uint32_t tag, uint32_t payload_size)
{
    return sl_get_le32(frame) == SL_SLT_FRAME_MAGIC && sl_get_le32(frame + 4) == payload_size &&
           sl_get_le32(frame + SL_SLT_FRAME_HEAD) == tag &&
           sl_slt_frame_is_intact(frame + SL_SLT_FRAME_HEAD, payload_size);
}

void sl_slt_chunk_head_encode(const struct sl_slt_chunk_head *head, struct sl_buf *out)
{
    size_t start = sl_slt_frame_begin(out, SL_SLT_TAG_CHUNK);
    sl_buf_u32(out, head->frame_size);
    sl_buf_u32(out, head->content_size);
    sl_buf_u32(out, head->page_count);
    sl_buf_u32(out, head->event_count);
    sl_buf_u32(out, head->capture_count);
    sl_buf_u64(out, head->first_event);
    sl_buf_u64(out, head->first_page);
    sl_slt_frame_end(out, start);
}

bool sl_slt_chunk_fits(uint64_t page_count, uint64_t event_count, uint32_t content_size)
{
    return content_size > 0 && content_size <= SL_SLT_CHUNK_MAX &&
           page_count <= content_size / SL_SLT_STORED_PAGE &&
           event_count <= (content_size - page_count * SL_SLT_STORED_PAGE) / SL_SLT_RECORD_MIN;
}

bool sl_slt_chunk_head_decode(const uint8_t frame[static SL_SLT_CHUNK_HEAD],
                              struct sl_slt_chunk_head *head)
{
    if (!is_intact_frame(frame, SL_SLT_TAG_CHUNK, SL_SLT_CHUNK_PAYLOAD)) {
        return false;
    }
    const uint8_t *p = frame + SL_SLT_FRAME_HEAD;
    *head = (struct sl_slt_chunk_head){
        .frame_size = sl_get_le32(p + 4),
        .content_size = sl_get_le32(p + 8),
        .page_count = sl_get_le32(p + 12),
        .event_count = sl_get_le32(p + 16),
        .capture_count = sl_get_le32(p + 20),
        .first_event = sl_get_le64(p + 24),
        .first_page = sl_get_le64(p + 32),
    };
    return head->frame_size > 0 && head->frame_size <= SL_SLT_CONTENT_FRAME_MAX &&
           head->capture_count <= head->event_count &&
           sl_slt_chunk_fits(head->page_count, head->event_count, head->content_size);
}

void sl_slt_end_encode(uint64_t index_offset, uint32_t index_size, struct sl_buf *out)
{
    size_t start = sl_slt_frame_begin(out, SL_SLT_TAG_END);
    sl_buf_u32(out, index_size);
    sl_buf_u64(out, index_offset);
    sl_slt_frame_end(out, start);
}

bool sl_slt_end_decode(const uint8_t frame[static SL_SLT_END], uint64_t *index_offset,
                       uint32_t *index_size)
{
    if (!is_intact_frame(frame, SL_SLT_TAG_END, SL_SLT_END_PAYLOAD)) {
        return false;
    }
    *index_size = sl_get_le32(frame + SL_SLT_FRAME_HEAD + 4);
    *index_offset = sl_get_le64(frame + SL_SLT_FRAME_HEAD + 8);
    return true;
}
