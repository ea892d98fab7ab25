#include "aerogputrace_fixture.h"

#include <assert.h>
#include <string.h>

void agt_start(struct agt_file *file, uint32_t version, uint32_t abi_version, const char *meta)
{
    *file = (struct agt_file){.version = version};
    sl_buf_text(&file->bytes, "AEROGPUT");
    sl_buf_u32(&file->bytes, 32);
    sl_buf_u32(&file->bytes, version);
    sl_buf_u32(&file->bytes, abi_version);
    sl_buf_u32(&file->bytes, 0);
    sl_buf_u32(&file->bytes, (uint32_t)strlen(meta));
    sl_buf_u32(&file->bytes, 0);
    sl_buf_text(&file->bytes, meta);
}

static void record_head(struct agt_file *file, uint8_t type, size_t size)
{
    sl_buf_u8(&file->bytes, type);
    sl_buf_append_zeros(&file->bytes, 3);
    sl_buf_u32(&file->bytes, (uint32_t)size);
}

void agt_record(struct agt_file *file, uint8_t type, const void *payload, size_t size)
{
    record_head(file, type, size);
    sl_buf_append(&file->bytes, payload, size);
}

void agt_begin_frame(struct agt_file *file, uint32_t index)
{
    file->frame_start = file->bytes.size;
    file->present_offset = 0;
    record_head(file, 1, 4);
    sl_buf_u32(&file->bytes, index);
}

void agt_blob(struct agt_file *file, uint64_t id, uint32_t kind, const void *data, size_t size)
{
    record_head(file, 4, 16 + size);
    sl_buf_u64(&file->bytes, id);
    sl_buf_u32(&file->bytes, kind);
    sl_buf_u32(&file->bytes, 0);
    sl_buf_append(&file->bytes, data, size);
}

void agt_submission(struct agt_file *file, const struct agt_submission *s)
{
    record_head(file, 5, 56 + s->extra + 32 * s->range_count);
    sl_buf_u32(&file->bytes, 1);
    sl_buf_u32(&file->bytes, 56 + s->extra);
    sl_buf_u32(&file->bytes, s->flags);
    sl_buf_u32(&file->bytes, s->context_id);
    sl_buf_u32(&file->bytes, s->engine_id);
    sl_buf_u32(&file->bytes, 0);
    sl_buf_u64(&file->bytes, s->fence);
    sl_buf_u64(&file->bytes, s->stream);
    sl_buf_u64(&file->bytes, s->table);
    sl_buf_u32(&file->bytes, (uint32_t)s->range_count);
    sl_buf_u32(&file->bytes, 0);
    sl_buf_append_zeros(&file->bytes, s->extra);
    for (size_t i = 0; i < s->range_count; i++) {
        sl_buf_u32(&file->bytes, 7);
        sl_buf_u32(&file->bytes, 0);
        sl_buf_u64(&file->bytes, s->ranges[i].gpa);
        sl_buf_u64(&file->bytes, s->ranges[i].size_bytes);
        sl_buf_u64(&file->bytes, s->ranges[i].blob);
    }
}

void agt_toc_entry(struct agt_file *file, uint32_t index, uint64_t start, uint64_t present,
                   uint64_t end)
{
    sl_buf_u32(&file->toc, index);
    sl_buf_u32(&file->toc, 0);
    sl_buf_u64(&file->toc, start);
    sl_buf_u64(&file->toc, present);
    sl_buf_u64(&file->toc, end);
    file->frame_count++;
}

void agt_end_frame(struct agt_file *file)
{
    agt_toc_entry(file, file->frame_count, file->frame_start, file->present_offset,
                  file->bytes.size);
}

void agt_present(struct agt_file *file, uint32_t index)
{
    file->present_offset = file->bytes.size;
    record_head(file, 2, 4);
    sl_buf_u32(&file->bytes, index);
    agt_end_frame(file);
}

void agt_finish(struct agt_file *file)
{
    uint64_t toc_offset = file->bytes.size;
    sl_buf_append(&file->bytes, "AEROTOC", 8);
    sl_buf_u32(&file->bytes, 1);
    sl_buf_u32(&file->bytes, file->frame_count);
    if (file->toc.size > 0) {
        sl_buf_append(&file->bytes, file->toc.data, file->toc.size);
    }
    sl_buf_text(&file->bytes, "AEROGPUF");
    sl_buf_u32(&file->bytes, 32);
    sl_buf_u32(&file->bytes, file->version);
    sl_buf_u64(&file->bytes, toc_offset);
    sl_buf_u64(&file->bytes, 16 + file->toc.size);
    assert(!file->bytes.failed && !file->toc.failed);
}

void agt_free(struct agt_file *file)
{
    sl_buf_finish(&file->bytes);
    sl_buf_finish(&file->toc);
}

void agt_small(struct agt_file *file)
{
    static const char stream[] = "ACMD........................";
    static const char table[] = "ALOC....................";
    static const struct agt_range range = {0x5010, 16, 3};
    agt_start(file, 2, AGT_ABI_1_4, "{}");
    agt_begin_frame(file, 0);
    agt_blob(file, 1, 0x100, stream, 28);
    agt_blob(file, 2, 0x101, table, 24);
    agt_blob(file, 3, 0x102, "12345678", 8);
    agt_submission(file, &(struct agt_submission){.flags = 1,
                                                  .context_id = 3,
                                                  .engine_id = 4,
                                                  .fence = 9,
                                                  .stream = 1,
                                                  .table = 2,
                                                  .ranges = &range,
                                                  .range_count = 1});
    agt_present(file, 0);
    agt_finish(file);
}
