#include "trace/aerogputrace_walk.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdio.h>

enum sl_status sl_agt_walk(const struct sl_agt_file *file, void *data,
                           enum sl_status (*visit)(void *data, const struct sl_agt_record *record,
                                                   struct sl_error *err),
                           struct sl_error *err)
{
    uint64_t visits = 0;
    for (size_t i = 0; i < file->frame_count; i++) {
        struct sl_agt_frame frame = sl_agt_file_frame(file, i);
        struct sl_agt_record record;
        for (size_t at = frame.start; at < frame.end; at = record.end) {
            if (visits++ >= SL_AGT_WALK_RECORDS) {
                return sl_fail_at(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, at,
                                  "the frames have more than %" PRIu64 " records, the limit",
                                  SL_AGT_WALK_RECORDS);
            }
            enum sl_status status = sl_agt_record_read(file, at, frame.end, &record, err);
            if (status == SL_OK) {
                status = visit(data, &record, err);
            }
            if (status != SL_OK) {
                sl_error_set_offset(err, at);
                return status;
            }
        }
    }
    return SL_OK;
}

enum sl_status sl_agt_put_frame(struct sl_event_list *list, const struct sl_agt_record *record,
                                struct sl_error *err)
{
    char name[16];
    int length = snprintf(name, sizeof(name), "%" PRIu32, sl_agt_record_frame_index(record));
    struct sl_event event = {.type = SL_EVENT_FRAME,
                             .u.text = {.text = name, .text_size = (size_t)length}};
    return sl_event_list_put(list, &event, err);
}
