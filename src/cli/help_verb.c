#include "cli/verbs.h"

static enum sl_status run(const struct sl_cli_args *args)
{
    if (args->operand_count == 0) {
        sl_cli_print_help(stdout);
        return SL_OK;
    }
    const struct sl_cli_verb *verb = sl_cli_find_verb(args->operands[0]);
    for (size_t i = 1; verb && i < args->operand_count; i++) {
        verb = sl_cli_find_in_group(verb, args->operands[i]);
    }
    if (!verb) {
        return sl_cli_usage(args->verb, "no verb '%s%s%s'", args->operands[0],
                            args->operand_count > 1 ? " " : "",
                            args->operand_count > 1 ? args->operands[1] : "");
    }
    sl_cli_print_verb_help(stdout, verb);
    return SL_OK;
}

const struct sl_cli_verb sl_cli_help = {
    .name = "help",
    .operands = "[VERB [VERB]]",
    .operands_max = 2,
    .summary = "list the verbs, or explain one",
    .description = "Lists the verbs, or explains one with its options.",
    .run = run,
};
