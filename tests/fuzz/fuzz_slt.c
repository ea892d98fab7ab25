/*
 * The .slt reader. The first byte of an input says what the rest is:
 *
 *   even  a whole file as it is;
 *   odd   the content of one chunk, in a file made around it with right checksums, so that the
 *         fuzzer gets past them: byte 1 is the number of pages stored in it, byte 2 the number of
 *         events, byte 3 the minor version.
 */
#include "base/hash.h"
#include "fuzz.h"
#include "trace/slt_frame.h"
#include "trace/slt_index.h"
#include "trace/slt_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { MOST_EVENTS = 1000, FRAME_MAX = 1 << 20 };

/* Reads all events and goes back to some; touches each byte that an event points at. */
static uint32_t read_events(struct sl_trace *trace)
{
    uint32_t sum = 0;
    struct sl_event event;
    for (int i = 0; i < MOST_EVENTS; i++) {
        if (sl_trace_next(trace, &event, NULL) != SL_OK || event.type == 0) {
            break;
        }
        if (event.type == SL_EVENT_MEM) {
            sum += event.u.mem.bytes[0] + event.u.mem.bytes[event.u.mem.size - 1];
        }
    }
    for (uint64_t i = 0; i < 8; i++) {
        if (sl_trace_seek(trace, sl_trace_event_count(trace) * i / 7, NULL) == SL_OK &&
            sl_trace_next(trace, &event, NULL) == SL_OK) {
            sum += (uint32_t)event.type;
        }
    }
    return sum;
}

static void read_file(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!copy) {
        return;
    }
    memcpy(copy, data, size);
    FILE *stream = size ? fmemopen(copy, size, "rb") : fopen("/dev/null", "rb");
    struct sl_trace *trace = NULL;
    struct sl_error err;
    if (stream && sl_slt_open_file(stream, "fuzz", &trace, &err) == SL_OK) {
        read_events(trace);
    }
    sl_trace_close(trace);
    free(copy);
}

/* Puts right hashes where those of the pages are; the content stays what the fuzzer made it. */
static void hash_pages(uint8_t *content, size_t pages)
{
    for (size_t i = 0; i < pages; i++) {
        struct sl_hash128 hash = sl_hash128(content + i * SL_SLT_PAGE_SIZE, SL_SLT_PAGE_SIZE);
        memcpy(content + pages * SL_SLT_PAGE_SIZE + i * SL_SLT_HASH_SIZE, hash.bytes,
               SL_SLT_HASH_SIZE);
    }
}

static void build_file(const uint8_t settings[static 3], uint8_t *content, size_t size,
                       uint8_t *frame, struct sl_buf *file)
{
    static const uint8_t device[] = {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0};
    struct sl_slt_index index = {0};
    size_t start = sl_slt_frame_begin(file, SL_SLT_TAG_HEADER);
    sl_buf_u16(file, SL_SLT_MAJOR);
    sl_buf_u16(file, settings[2] & 1);
    sl_buf_append(file, device, sizeof(device));
    sl_slt_frame_end(file, start);

    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t frame_size = ZSTD_compress2(zstd, frame, FRAME_MAX, content, size);
    ZSTD_freeCCtx(zstd);
    if (ZSTD_isError(frame_size)) {
        return;
    }
    struct sl_slt_chunk_head head = {.frame_size = (uint32_t)frame_size,
                                     .content_size = (uint32_t)size,
                                     .page_count = settings[0],
                                     .event_count = settings[1]};
    struct sl_slt_chunk chunk = {
        .offset = file->size, .frame_size = head.frame_size, .content_size = head.content_size};
    sl_slt_chunk_head_encode(&head, file);
    sl_buf_append(file, frame, frame_size);
    if (sl_slt_index_add_chunk(&index, &chunk, head.event_count, head.page_count)) {
        start = file->size;
        sl_slt_index_encode(&index, file);
        sl_slt_end_encode(start, (uint32_t)(file->size - start), file);
    }
    sl_slt_index_finish(&index);
}

static void read_content(const uint8_t *data, size_t size)
{
    if (size < 4 || size > FRAME_MAX / 2) {
        return;
    }
    size_t content_size = size - 3;
    uint8_t *content = malloc(content_size);
    uint8_t *frame = malloc(FRAME_MAX);
    struct sl_buf file = {0};
    if (content && frame) {
        memcpy(content, data + 3, content_size);
        if ((size_t)data[0] * SL_SLT_STORED_PAGE <= content_size) {
            hash_pages(content, data[0]);
        }
        build_file(data, content, content_size, frame, &file);
        read_file(file.data ? file.data : data, file.size);
    }
    sl_buf_finish(&file);
    free(content);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        read_file(data + 1, size - 1);
    } else {
        read_content(data + 1, size - 1);
    }
    return 0;
}
