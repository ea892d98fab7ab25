/* Where a replay stopped: the next command, the bound state and pictures of the bound targets. */
#ifndef SL_CLI_STOP_H
#define SL_CLI_STOP_H

#include <scanlock/replay.h>

struct sl_cli_stop {
    const char *folder; /* for pictures, target-NAME.png; NULL = none */
    bool json;
};

/* next NULL: it stopped before the event, or at the end if the trace has no such event. */
enum sl_status sl_cli_print_stop(const struct sl_cli_stop *stop, uint64_t event, bool at_end,
                                 const struct sl_command *next, struct sl_target *target,
                                 struct sl_error *err);

/* One line or JSON object for a command. */
void sl_cli_print_command(uint64_t event, const struct sl_command *command, bool json);

#endif
