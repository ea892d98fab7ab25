#include "cli/reports.h"
#include "cli/verbs.h"

#include "suite/results_json.h"

static enum sl_status merge_files(const struct sl_cli_args *args, struct sl_results *results,
                                  struct sl_error *err)
{
    enum sl_status status = sl_results_read_json(args->operands[0], results, err);
    for (size_t i = 1; status == SL_OK && i < args->operand_count; i++) {
        struct sl_results more;
        status = sl_results_read_json(args->operands[i], &more, err);
        if (status == SL_OK) {
            status = sl_results_merge(results, &more, err);
        }
    }
    return status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_results results = {0};
    struct sl_error err = {0};
    enum sl_status status = sl_cli_check_reports(args);
    if (status != SL_OK) {
        return status;
    }
    status = merge_files(args, &results, &err);
    if (status != SL_OK) {
        sl_cli_fail(&err);
    } else {
        status = sl_cli_write_reports(args, &results);
    }
    if (status == SL_OK && !args->values[SL_CLI_PARTIAL] &&
        sl_results_check_complete(&results, &err) != SL_OK) {
        status = sl_cli_fail(&err);
    }
    if (status == SL_OK) {
        status = sl_results_status(&results);
    }
    sl_results_finish(&results);
    return status;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_REPORT, 0, "report", "FORMAT=FILE", SL_CLI_REPORT_HELP},
    {SL_CLI_PARTIAL, 0, "partial", NULL,
     "more shards are to come: tests without a result are fine"},
    {SL_CLI_VERBOSE, 'v', "verbose", NULL, "a line for every test, not only for bad ones"},
};

const struct sl_cli_verb sl_cli_merge = {
    .name = "merge",
    .operands = "RESULT...",
    .operands_min = 1,
    .operands_max = SIZE_MAX,
    .summary = "make one report of the results of shards",
    .description =
        "Reads the JSON lines that 'check --shard I/N --report json=FILE' wrote and makes one "
        "report of them; the exit code is that of one check of everything. Neither the order of "
        "the files nor a file given twice matters. A test without a result is damaged input, "
        "unless --partial is given.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
