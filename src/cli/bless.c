#include "cli/suites.h"
#include "cli/verbs.h"

#include "suite/bless.h"
#include "suite/runner.h"

#include <inttypes.h>

/* Everything that can be blessed is; the first failure is the exit code. */
static enum sl_status bless_all(const struct sl_cli_args *args, const struct sl_cli_suites *suites,
                                const struct sl_bless_options *options, uint64_t *taken,
                                struct sl_bless_counts *counts)
{
    enum sl_status first = SL_OK;
    for (size_t i = 0; i < suites->count; i++) {
        const struct sl_suite *suite = &suites->list[i];
        for (size_t k = 0; k < suite->test_count; k++) {
            const struct sl_suite_test *test = &suite->tests[k];
            if (!sl_run_takes(args->values[SL_CLI_FILTER], suite->name, test->name)) {
                continue;
            }
            struct sl_buf report = {0};
            struct sl_error err = {0};
            ++*taken;
            if (sl_bless_test(test, options, &report, counts, &err) != SL_OK) {
                sl_cli_fail(&err);
                first = first == SL_OK ? err.status : first;
            }
            if (report.size) {
                fwrite(report.data, 1, report.size, stdout);
            }
            sl_buf_finish(&report);
        }
    }
    return first;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_bless_options options = {.new_only = args->values[SL_CLI_NEW_ONLY] != NULL};
    struct sl_cli_suites suites;
    struct sl_error err = {0};
    enum sl_status status = sl_cli_test_options(args, &options.test);
    if (status != SL_OK) {
        return status;
    }
    status = sl_cli_load_suites(args, &suites);
    if (status != SL_OK) {
        return status;
    }
    uint64_t taken = 0;
    struct sl_bless_counts counts = {0};
    status = sl_run_check_names(suites.list, suites.count, &err);
    if (status != SL_OK) {
        sl_cli_fail(&err);
    } else {
        status = bless_all(args, &suites, &options, &taken, &counts);
        printf("traces: %" PRIu64 "; files: %" PRIu64 " written, %" PRIu64 " removed, %" PRIu64
               " kept that differ\n",
               taken, counts.written, counts.removed, counts.kept);
    }
    if (status == SL_OK && taken == 0) {
        status = sl_cli_usage(args->verb, "no test matches '%s'",
                              args->values[SL_CLI_FILTER] ? args->values[SL_CLI_FILTER] : "*");
    }
    sl_cli_free_suites(&suites);
    return status;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_NEW_ONLY, 'n', "new-only", NULL, "add missing goldens, change and remove none"},
    {SL_CLI_FILTER, 0, "filter", "GLOB", "only tests whose NAME or SUITE/NAME matches"},
    {SL_CLI_GOLDEN, 'g', "golden", "DIR",
     "where the golden folders of operands that are traces are; golden unless given"},
    SL_CLI_REPLAY_OPTIONS,
};

const struct sl_cli_verb sl_cli_bless = {
    .name = "bless",
    .operands = "[SUITE|TRACE]...",
    .operands_max = SIZE_MAX,
    .summary = "make what replays show the new goldens",
    .description =
        "Replays traces and writes the goldens that are missing or differ, and says what changed. "
        "Goldens that pass under their rules stay as they are. Nothing is written for a trace "
        "whose replay fails or does not do what the trace expects. Without operands the suite is "
        "traces/suite.yaml. Look at what changed before you commit it.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
