#include "trace/aerogputrace.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"
#include "base/utf8.h"
#include "trace/aerogputrace_walk.h"
#include "trace/event_list.h"
#include "trace/trace_impl.h"

/* Longer metadata is kept for the export, but not shown. */
enum { PROVENANCE_MAX = 64 << 10 };

static enum sl_status look_for_toys(void *data, const struct sl_agt_record *record,
                                    struct sl_error *err)
{
    (void)err;
    bool *found = data;
    *found = *found || (record->type == SL_AGT_PACKET && !sl_agt_record_is_stream(record));
    return SL_OK;
}

static enum sl_status lower(const struct sl_agt_file *file, const char *provenance,
                            struct sl_event_list **list, struct sl_error *err)
{
    bool is_toy = false;
    enum sl_status status = sl_agt_walk(file, &is_toy, look_for_toys, err);
    if (status != SL_OK) {
        return status;
    }
    return is_toy ? sl_agt_lower_toy(file, provenance, list, err)
                  : sl_agt_lower(file, provenance, list, err);
}

enum sl_status sl_aerogputrace_open_bytes(const uint8_t *bytes, size_t size,
                                          struct sl_trace **trace, struct sl_error *err)
{
    *trace = NULL;
    struct sl_agt_file file;
    enum sl_status status = sl_agt_file_open(bytes, size, &file, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_buf text = {0};
    if (file.meta_size <= PROVENANCE_MAX && sl_utf8_is_text(file.meta, file.meta_size)) {
        sl_buf_append(&text, file.meta, file.meta_size);
    }
    const char *provenance = sl_buf_cstr(&text);
    struct sl_event_list *list = NULL;
    status = provenance ? lower(&file, provenance, &list, err) : sl_fail_memory(err, 0);
    sl_buf_finish(&text);
    if (status != SL_OK) {
        sl_event_list_destroy(list);
        return status;
    }
    *trace = sl_event_list_finish(list);
    return SL_OK;
}

enum sl_status sl_aerogputrace_open(const char *path, struct sl_trace **trace, struct sl_error *err)
{
    *trace = NULL;
    struct sl_buf bytes = {0};
    enum sl_status status = sl_file_read(path, SL_AEROGPUTRACE_FILE_MAX, &bytes, err);
    if (status == SL_OK) {
        status = sl_aerogputrace_open_bytes(bytes.data, bytes.size, trace, err);
        if (status != SL_OK) {
            sl_error_set_file(err, path);
        }
    }
    sl_buf_finish(&bytes);
    return status;
}
