#include "cli/verbs.h"

static enum sl_status run(const struct sl_cli_args *args)
{
    (void)args;
    printf("scanlock %s\n", SL_VERSION);
    return SL_OK;
}

const struct sl_cli_verb sl_cli_version = {
    .name = "version",
    .operands = "",
    .summary = "print the version",
    .description = "Prints the version of the tool.",
    .run = run,
};
