/* Visiting the records of all frames. */
#ifndef SL_TRACE_AEROGPUTRACE_WALK_H
#define SL_TRACE_AEROGPUTRACE_WALK_H

#include "trace/aerogputrace_file.h"
#include "trace/event_list.h"

/* Frames may overlap, so that a small file can have many records; beyond is host.limit. */
#define SL_AGT_WALK_RECORDS (UINT64_C(4) << 20)

/*
 * Visits the records of each frame, frames in the order of the table of contents, until visit
 * returns something else than SL_OK, and returns that. Damaged records end the walk, too.
 */
enum sl_status sl_agt_walk(const struct sl_agt_file *file, void *data,
                           enum sl_status (*visit)(void *data, const struct sl_agt_record *record,
                                                   struct sl_error *err),
                           struct sl_error *err);

/* Appends the capture point of a PRESENT record; its name is the frame index. */
enum sl_status sl_agt_put_frame(struct sl_event_list *list, const struct sl_agt_record *record,
                                struct sl_error *err);

#endif
