#include "cli/abi_verbs.h"
#include "cli/verbs.h"

static const struct sl_cli_verb *const verbs[] = {
    &sl_cli_abi_show, &sl_cli_abi_lock, &sl_cli_abi_verify, &sl_cli_abi_diff, &sl_cli_abi_emit,
};

const struct sl_cli_verb sl_cli_abi = {
    .name = "abi",
    .operands = "VERB",
    .summary = "show the ABIs as data, lock them, tell what changed",
    .description = "An ABI is every number that a guest and a device must agree on. This tool has "
                   "them as data, and locks hold what each published version of them is.",
    .verbs = verbs,
    .verb_count = sizeof(verbs) / sizeof(verbs[0]),
};
