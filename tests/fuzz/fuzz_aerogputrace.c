/*
 * The importer of .aerogputrace. Each input is taken twice: as a whole file, and as the records of
 * a file with one frame, so that the fuzzer need not find out where the footer belongs. What opens
 * must come back byte for byte.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "trace/aerogputrace.h"
#include "trace/aerogputrace_recipe.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_SIZE = 32 };

static uint32_t read_events(struct sl_trace *trace)
{
    uint32_t sum = 0;
    struct sl_event event = {.type = SL_EVENT_NOTE};
    while (event.type != 0 && sl_trace_next(trace, &event, NULL) == SL_OK) {
        if (event.type == SL_EVENT_MEM) {
            sum += event.u.mem.bytes[0] + event.u.mem.bytes[event.u.mem.size - 1];
        }
    }
    return sum;
}

static void import(const uint8_t *data, size_t size)
{
    struct sl_trace *trace;
    struct sl_error err;
    if (sl_aerogputrace_open_bytes(data, size, &trace, &err) != SL_OK) {
        return;
    }
    read_events(trace);
    struct sl_buf out = {0};
    if (sl_aerogputrace_export(trace, &out, &err) != SL_OK || out.size != size ||
        memcmp(out.data, data, size) != 0) {
        abort();
    }
    sl_buf_finish(&out);
    sl_trace_close(trace);
}

static void import_records(const uint8_t *data, size_t size)
{
    struct sl_buf file = {0};
    sl_buf_text(&file, SL_AGT_MAGIC);
    sl_buf_u32(&file, HEADER_SIZE);
    sl_buf_u32(&file, 2);
    sl_buf_u32(&file, 0x00010004);
    sl_buf_append_zeros(&file, 12);
    sl_buf_append(&file, data, size);
    uint64_t toc = file.size;
    sl_buf_append(&file, "AEROTOC", 8);
    sl_buf_u32(&file, 1);
    sl_buf_u32(&file, 1);
    sl_buf_u64(&file, 0);
    sl_buf_u64(&file, HEADER_SIZE);
    sl_buf_u64(&file, 0);
    sl_buf_u64(&file, toc);
    sl_buf_text(&file, "AEROGPUF");
    sl_buf_u32(&file, 32);
    sl_buf_u32(&file, 2);
    sl_buf_u64(&file, toc);
    sl_buf_u64(&file, 48);
    if (!file.failed) {
        import(file.data, file.size);
    }
    sl_buf_finish(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        import(data, size);
        import_records(data, size);
    }
    return 0;
}
