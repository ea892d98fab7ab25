/* A second look at a trace: one command as people read it, and the device after another. */
#ifndef SL_DIFFERENCE_COMMAND_CLOSEUP_H
#define SL_DIFFERENCE_COMMAND_CLOSEUP_H

#include "base/buf.h"

#include <scanlock/error.h>

/* Commands before the wanted one that are taken along. */
enum { SL_CLOSEUP_CONTEXT = 3 };

#define SL_CLOSEUP_NONE SIZE_MAX

struct sl_command_text {
    uint64_t event;
    struct sl_buf name;
    struct sl_buf text; /* its fields */
    struct sl_buf bytes;
};

/* Zeroed but for the first two by the caller, who finishes it in any case. */
struct sl_command_closeup {
    size_t command; /* whose text is wanted, as commands count from 0; or NONE */
    size_t settled; /* after which the state is wanted; or NONE */
    struct sl_command_text texts[SL_CLOSEUP_CONTEXT + 1]; /* of command n at n % (CONTEXT + 1) */
    struct sl_buf after;                                  /* the settled command in one line */
    struct sl_buf answer;                                 /* lines */
    struct sl_buf state;                                  /* lines */
    struct sl_buf targets;                                /* lines */
};

/* Replays the trace at path up to the later of the two commands. */
enum sl_status sl_command_closeup_read(struct sl_command_closeup *closeup, const char *path,
                                       struct sl_error *err);
void sl_command_closeup_finish(struct sl_command_closeup *closeup);

/* The text of a command that was taken along; NULL if it was not. */
const struct sl_command_text *sl_command_closeup_text(const struct sl_command_closeup *closeup,
                                                      size_t command);

#endif
