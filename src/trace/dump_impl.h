/* The formats of a dump. */
#ifndef SL_TRACE_DUMP_IMPL_H
#define SL_TRACE_DUMP_IMPL_H

#include "base/buf.h"

#include <scanlock/trace.h>

struct sl_dump_writer {
    void (*head)(struct sl_buf *out, const struct sl_trace *trace);
    /* notes: lines that say what the event means, "" or NULL for none. */
    void (*event)(struct sl_buf *out, uint64_t index, const struct sl_event *event,
                  const char *notes);
};

extern const struct sl_dump_writer sl_dump_yaml;
extern const struct sl_dump_writer sl_dump_json;

#endif
