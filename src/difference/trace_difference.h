/*
 * Two traces, command by command as their devices execute them: which commands they share, the
 * first that only one of them has or has otherwise, and the first after which their devices differ.
 */
#ifndef SL_DIFFERENCE_TRACE_DIFFERENCE_H
#define SL_DIFFERENCE_TRACE_DIFFERENCE_H

#include "difference/command_closeup.h"
#include "difference/command_list.h"
#include "difference/sequence_comparison.h"

/* One of the two traces; side 0 is a, 1 is b. */
struct sl_difference_side {
    const char *path;
    struct sl_command_list list;
    struct sl_command_closeup closeup;
};

struct sl_trace_difference {
    struct sl_difference_side sides[2];
    struct sl_sequence_comparison commands;
    bool device_differs;
    size_t settled[2]; /* the commands, equal ones, after which it does */
    bool answer_differs;
    bool state_differs;
    bool pictures_differ;
    struct sl_sequence_comparison frames; /* by name; changed: other pixels */
    bool cut;                             /* not all of the traces was looked at */
};

/*
 * Replays both traces, twice where they differ. Statuses: those of replaying, ENVIRONMENT.
 * Finish difference in any case.
 */
enum sl_status sl_trace_difference_find(struct sl_trace_difference *difference, const char *a,
                                        const char *b, struct sl_error *err);
void sl_trace_difference_finish(struct sl_trace_difference *difference);

/* True if something differs. */
bool sl_trace_difference_exists(const struct sl_trace_difference *difference);

/* Appends what differs, for people, or as the members of a JSON object. */
void sl_trace_difference_print(struct sl_buf *out, const struct sl_trace_difference *difference);
void sl_trace_difference_print_json(struct sl_buf *out,
                                    const struct sl_trace_difference *difference);

#endif
