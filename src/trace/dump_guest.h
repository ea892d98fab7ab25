/*
 * Follows what a guest tells its device, to say in words what an event means. It looks at guest
 * memory and registers as the trace writes them, not at what a device answers, believes nothing,
 * and is only ever a comment.
 */
#ifndef SL_TRACE_DUMP_GUEST_H
#define SL_TRACE_DUMP_GUEST_H

#include "base/buf.h"

#include <scanlock/event.h>
#include <stdbool.h>

struct sl_dump_guest;

/* shaders: programs are listed where a packet creates them. NULL without memory. */
struct sl_dump_guest *sl_dump_guest_create(const struct sl_trace_meta *meta, bool shaders);
void sl_dump_guest_destroy(struct sl_dump_guest *guest);

/* Appends lines, each with a newline, in printable ASCII. Often none. */
void sl_dump_guest_event(struct sl_dump_guest *guest, const struct sl_event *event,
                         struct sl_buf *notes);

#endif
