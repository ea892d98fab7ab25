/* The verbs; each stands in the file of its name. */
#ifndef SL_CLI_VERBS_H
#define SL_CLI_VERBS_H

#include "cli/cli.h"

extern const struct sl_cli_verb sl_cli_replay;
extern const struct sl_cli_verb sl_cli_blame;
extern const struct sl_cli_verb sl_cli_check;
extern const struct sl_cli_verb sl_cli_bless;
extern const struct sl_cli_verb sl_cli_merge;
extern const struct sl_cli_verb sl_cli_record;
extern const struct sl_cli_verb sl_cli_import;
extern const struct sl_cli_verb sl_cli_assemble;
extern const struct sl_cli_verb sl_cli_dump;
extern const struct sl_cli_verb sl_cli_info;
extern const struct sl_cli_verb sl_cli_diff;
extern const struct sl_cli_verb sl_cli_trim;
extern const struct sl_cli_verb sl_cli_coverage;
extern const struct sl_cli_verb sl_cli_lint;
extern const struct sl_cli_verb sl_cli_abi; /* a group, abi_verbs.h */
extern const struct sl_cli_verb sl_cli_version;
extern const struct sl_cli_verb sl_cli_help;
extern const struct sl_cli_verb sl_cli_generate;

#endif
