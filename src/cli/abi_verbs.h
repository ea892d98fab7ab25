/* The verbs of the group "abi"; each stands in the file of its name. */
#ifndef SL_CLI_ABI_VERBS_H
#define SL_CLI_ABI_VERBS_H

#include "cli/cli.h"

extern const struct sl_cli_verb sl_cli_abi_show;
extern const struct sl_cli_verb sl_cli_abi_lock;
extern const struct sl_cli_verb sl_cli_abi_verify;
extern const struct sl_cli_verb sl_cli_abi_diff;
extern const struct sl_cli_verb sl_cli_abi_emit;

#endif
