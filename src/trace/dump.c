#include "trace/dump.h"

#include "base/buf.h"
#include "base/status.h"
#include "trace/dump_guest.h"
#include "trace/dump_impl.h"
#include "trace/dump_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static enum sl_status flush(struct sl_buf *text, FILE *out, struct sl_error *err)
{
    if (text->failed) {
        return sl_fail_memory(err, 0);
    }
    errno = 0;
    if (text->size > 0 && fwrite(text->data, 1, text->size, out) != text->size) {
        return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_FILE, "cannot write: %s",
                       strerror(errno));
    }
    sl_buf_clear(text);
    return SL_OK;
}

static enum sl_status dump_events(struct sl_trace *trace, const struct sl_dump_writer *writer,
                                  struct sl_dump_guest *guest, FILE *out, struct sl_error *err)
{
    struct sl_buf text = {0};
    struct sl_buf notes = {0};
    enum sl_status status = sl_trace_seek(trace, 0, err);
    writer->head(&text, trace);
    while (status == SL_OK) {
        struct sl_event event;
        uint64_t index = sl_trace_position(trace);
        status = sl_trace_next(trace, &event, err);
        if (status != SL_OK || event.type == 0) {
            break;
        }
        sl_buf_clear(&notes);
        sl_dump_guest_event(guest, &event, &notes);
        writer->event(&text, index, &event, sl_buf_cstr(&notes));
        status = flush(&text, out, err);
    }
    if (status == SL_OK) {
        status = flush(&text, out, err);
    }
    sl_buf_finish(&notes);
    sl_buf_finish(&text);
    return status;
}

enum sl_status sl_trace_dump(struct sl_trace *trace, const struct sl_dump_options *options,
                             FILE *out, struct sl_error *err)
{
    static const struct sl_dump_writer *const writers[] = {
        [SL_DUMP_YAML] = &sl_dump_yaml,
        [SL_DUMP_JSON] = &sl_dump_json,
    };
    struct sl_dump_guest *guest = sl_dump_guest_create(sl_trace_get_meta(trace), options->shaders);
    if (!guest) {
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = dump_events(trace, writers[options->format], guest, out, err);
    sl_dump_guest_destroy(guest);
    return status;
}
