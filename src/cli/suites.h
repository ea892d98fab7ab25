/* What check and bless share: operands that are suites or traces. */
#ifndef SL_CLI_SUITES_H
#define SL_CLI_SUITES_H

#include "cli/cli.h"
#include "suite/suite.h"
#include "suite/test_run.h"

struct sl_cli_suites {
    struct sl_suite *list;
    size_t count;
};

/*
 * Loads every operand, or traces/suite.yaml without one. All operands that are traces become one
 * suite, the last. Failures have been printed.
 */
enum sl_status sl_cli_load_suites(const struct sl_cli_args *args, struct sl_cli_suites *suites);
void sl_cli_free_suites(struct sl_cli_suites *suites);

/* The options that override those of the tests. */
enum sl_status sl_cli_test_options(const struct sl_cli_args *args, struct sl_test_options *options);

#endif
