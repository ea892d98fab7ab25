/*
 * How to get an .aerogputrace back from its events, byte for byte: which stretches of the file are
 * the bytes of which memory event, and literally what lies between them. It travels in the trace
 * as attachments; docs/aerogputrace.md has the layout.
 */
#ifndef SL_TRACE_AEROGPUTRACE_RECIPE_H
#define SL_TRACE_AEROGPUTRACE_RECIPE_H

#include "base/buf.h"

#include <scanlock/trace.h>

/* Name of the attachments; the recipe is their bytes in a row. */
#define SL_AGT_ATTACHMENT "aerogputrace"

/* size bytes at offset of the file are the bytes of this event. */
struct sl_agt_copy {
    size_t offset;
    size_t size;
    uint64_t event;
};

/* Zeroed is empty. */
struct sl_agt_recipe {
    struct sl_agt_copy *copies;
    size_t count;
    size_t capacity;
};

/* size is at least 1. */
enum sl_status sl_agt_recipe_add(struct sl_agt_recipe *recipe, const struct sl_agt_copy *copy,
                                 struct sl_error *err);

/* Puts the recipe of a file into sink. Called once, after the last copy. */
enum sl_status sl_agt_recipe_attach(struct sl_agt_recipe *recipe, const uint8_t *file, size_t size,
                                    const struct sl_event_sink *sink, struct sl_error *err);

void sl_agt_recipe_finish(struct sl_agt_recipe *recipe);

/*
 * Writes the file that the trace was made from into out, which is cleared first. The trace may have
 * been stored in any format since; it is read from its start. DAMAGED (aerogputrace.export) if it
 * was not made from such a file, or was changed.
 */
enum sl_status sl_aerogputrace_export(struct sl_trace *trace, struct sl_buf *out,
                                      struct sl_error *err);

#endif
