/* What check and merge share: printing results. */
#ifndef SL_CLI_REPORTS_H
#define SL_CLI_REPORTS_H

#include "cli/cli.h"
#include "suite/result.h"

#define SL_CLI_REPORT_HELP                                                                         \
    "write a report, too; FORMAT is json (JSON lines), junit or tap, FILE '-' is standard output " \
    "and replaces the text there; may be given several times"

/* Reports a bad --report; before any work is done. */
enum sl_status sl_cli_check_reports(const struct sl_cli_args *args);

/* Writes all --report files and the text for people. Failures have been printed. */
enum sl_status sl_cli_write_reports(const struct sl_cli_args *args, struct sl_results *results);

#endif
