/* Two bus events side by side. */
#ifndef SL_SUITE_EVENT_DIFFERENCE_H
#define SL_SUITE_EVENT_DIFFERENCE_H

#include "base/buf.h"

#include <scanlock/event.h>

/* True if both say the same. Type 0, the end of a trace, is an event like any other. */
bool sl_event_equal(const struct sl_event *a, const struct sl_event *b);

/* One line without newline; bytes are shown as their number and hash. */
void sl_event_print(const struct sl_event *event, struct sl_buf *out);

#endif
