#include "trace/slt_content.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"
#include "trace/slt_frame.h"

#include <inttypes.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

enum sl_status sl_slt_expander_init(struct sl_slt_expander *expander, struct sl_error *err)
{
    *expander = (struct sl_slt_expander){.zstd = ZSTD_createDCtx()};
    return expander->zstd ? SL_OK : sl_fail_memory(err, 0);
}

void sl_slt_expander_finish(struct sl_slt_expander *expander)
{
    ZSTD_freeDCtx(expander->zstd);
    sl_buf_finish(&expander->frame);
    *expander = (struct sl_slt_expander){0};
}

static enum sl_status check_head(const struct sl_slt_file *file, size_t number,
                                 const uint8_t *bytes, struct sl_error *err)
{
    const struct sl_slt_chunk *chunk = &file->index.chunks[number];
    struct sl_slt_chunk_head head;
    if (!sl_slt_chunk_head_decode(bytes, &head)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_CHUNK_HEAD, chunk->offset,
                          "chunk %zu: its head is corrupt", number);
    }
    if (head.frame_size != chunk->frame_size || head.content_size != chunk->content_size ||
        head.first_event != chunk->first_event || head.first_page != chunk->first_page ||
        head.event_count != sl_slt_index_chunk_events(&file->index, number) ||
        head.page_count != sl_slt_index_chunk_pages(&file->index, number)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_CHUNK_HEAD, chunk->offset,
                          "chunk %zu: its head and the index disagree", number);
    }
    return SL_OK;
}

static enum sl_status bad_content(const struct sl_slt_chunk *chunk, size_t number, const char *what,
                                  struct sl_error *err)
{
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_CHUNK_CONTENT,
                      chunk->offset + SL_SLT_CHUNK_HEAD, "chunk %zu: %s", number, what);
}

/* One Zstandard frame and nothing else, with a checksum and the announced size. */
static enum sl_status check_frame(const struct sl_slt_chunk *chunk, size_t number,
                                  const uint8_t *frame, struct sl_error *err)
{
    if (chunk->frame_size < 5 || sl_get_le32(frame) != SL_SLT_ZSTD_MAGIC) {
        return bad_content(chunk, number, "no Zstandard frame after its head", err);
    }
    if (!(frame[4] & SL_SLT_ZSTD_CHECKSUM_FLAG)) {
        return bad_content(chunk, number, "its Zstandard frame has no content checksum", err);
    }
    if (ZSTD_getFrameContentSize(frame, chunk->frame_size) != chunk->content_size) {
        return bad_content(chunk, number, "its Zstandard frame announces another content size",
                           err);
    }
    if (ZSTD_findFrameCompressedSize(frame, chunk->frame_size) != chunk->frame_size) {
        return bad_content(chunk, number, "its Zstandard frame has another size", err);
    }
    return SL_OK;
}

static enum sl_status expand_frame(struct ZSTD_DCtx_s *zstd, const struct sl_slt_chunk *chunk,
                                   size_t number, const uint8_t *frame, uint8_t *out,
                                   struct sl_error *err)
{
    size_t result = ZSTD_decompressDCtx(zstd, out, chunk->content_size, frame, chunk->frame_size);
    if (result == chunk->content_size) {
        return SL_OK;
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) {
        return sl_fail_memory(err, 0);
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_checksum_wrong) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_CHUNK_CHECKSUM,
                          chunk->offset + SL_SLT_CHUNK_HEAD,
                          "chunk %zu: its content does not match its checksum", number);
    }
    return bad_content(chunk, number,
                       ZSTD_isError(result) ? ZSTD_getErrorName(result) : "too short", err);
}

static enum sl_status check_pages(const struct sl_slt_file *file, size_t number,
                                  const uint8_t *content, struct sl_error *err)
{
    const struct sl_slt_chunk *chunk = &file->index.chunks[number];
    uint64_t count = sl_slt_index_chunk_pages(&file->index, number);
    const uint8_t *hashes = content + count * SL_SLT_PAGE_SIZE;
    for (uint64_t i = 0; i < count; i++) {
        struct sl_hash128 hash = sl_hash128(content + i * SL_SLT_PAGE_SIZE, SL_SLT_PAGE_SIZE);
        if (memcmp(hash.bytes, hashes + i * SL_SLT_HASH_SIZE, SL_SLT_HASH_SIZE) != 0) {
            return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_PAGE_HASH,
                              chunk->offset + SL_SLT_CHUNK_HEAD,
                              "page %" PRIu64 " in chunk %zu does not match its hash",
                              chunk->first_page + i, number);
        }
    }
    return SL_OK;
}

enum sl_status sl_slt_expand(struct sl_slt_expander *expander, const struct sl_slt_file *file,
                             size_t number, uint8_t *out, struct sl_error *err)
{
    const struct sl_slt_chunk *chunk = &file->index.chunks[number];
    size_t size = SL_SLT_CHUNK_HEAD + (size_t)chunk->frame_size;
    sl_buf_clear(&expander->frame);
    uint8_t *bytes = sl_buf_extend(&expander->frame, size);
    if (!bytes) {
        return sl_fail_memory(err, size);
    }
    const uint8_t *frame = bytes + SL_SLT_CHUNK_HEAD;
    enum sl_status status = sl_slt_file_read(file, chunk->offset, bytes, size, err);
    if (status == SL_OK) {
        status = check_head(file, number, bytes, err);
    }
    if (status == SL_OK) {
        status = check_frame(chunk, number, frame, err);
    }
    if (status == SL_OK) {
        status = expand_frame(expander->zstd, chunk, number, frame, out, err);
    }
    if (status == SL_OK) {
        status = check_pages(file, number, out, err);
    }
    return status;
}
