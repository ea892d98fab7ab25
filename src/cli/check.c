#include "cli/reports.h"
#include "cli/suites.h"
#include "cli/verbs.h"

#include "suite/output_guard.h"
#include "suite/runner.h"

#include <string.h>
#include <unistd.h>

enum { JOBS_MAX = 256, SHARDS_MAX = 100000, REPEAT_MAX = 1000 };

static enum sl_status read_shard(const struct sl_cli_args *args, struct sl_run_options *options)
{
    const char *text = args->values[SL_CLI_SHARD];
    if (!text) {
        return SL_OK;
    }
    char first[12];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : sizeof(first);
    uint64_t shard;
    uint64_t count;
    bool good = length < sizeof(first);
    if (good) {
        memcpy(first, text, length);
        first[length] = '\0';
        good = sl_cli_parse_number(first, &shard) && sl_cli_parse_number(slash + 1, &count) &&
               shard >= 1 && shard <= count && count <= SHARDS_MAX;
    }
    if (!good) {
        return sl_cli_usage(args->verb, "--shard takes I/N with I from 1 to N, not '%s'", text);
    }
    options->shard = (uint32_t)shard;
    options->shard_count = (uint32_t)count;
    return SL_OK;
}

static void show_progress(uint64_t done, uint64_t total)
{
    sl_cli_progress("traces", done, total);
}

static enum sl_status read_options(const struct sl_cli_args *args, struct sl_run_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (uint64_t)processors;
    uint64_t repeat = 0;
    const char *output = args->values[SL_CLI_OUTPUT];
    *options = (struct sl_run_options){
        .test = {.output = output ? output : "scanlock-out"},
        .shard = 1,
        .shard_count = 1,
        .filter = args->values[SL_CLI_FILTER],
        .progress = show_progress,
    };
    enum sl_status status = sl_cli_test_options(args, &options->test);
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_JOBS, 1, JOBS_MAX, &jobs);
    }
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_REPEAT, 1, REPEAT_MAX, &repeat);
    }
    if (status == SL_OK) {
        status = read_shard(args, options);
    }
    options->jobs = (uint32_t)jobs;
    options->test.repeat = (uint32_t)repeat;
    return status == SL_OK ? sl_cli_check_reports(args) : status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_run_options options;
    struct sl_cli_suites suites;
    struct sl_results results = {0};
    struct sl_error err = {0};
    enum sl_status status = read_options(args, &options);
    if (status != SL_OK) {
        return status;
    }
    status = sl_cli_load_suites(args, &suites);
    if (status != SL_OK) {
        return status;
    }
    status = sl_output_guard(options.test.output, suites.list, suites.count, &err);
    if (status == SL_OK) {
        status = sl_run_suites(suites.list, suites.count, &options, &results, &err);
        sl_cli_progress_end();
    }
    if (status != SL_OK) {
        sl_cli_fail(&err);
    } else {
        status = sl_cli_write_reports(args, &results);
    }
    if (status == SL_OK) {
        status = sl_results_status(&results);
    }
    sl_results_finish(&results);
    sl_cli_free_suites(&suites);
    return status;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_JOBS, 'j', "jobs", "N",
     "replay N traces at a time; as many as processors unless given"},
    {SL_CLI_FILTER, 0, "filter", "GLOB", "only tests whose NAME or SUITE/NAME matches"},
    {SL_CLI_SHARD, 0, "shard", "I/N", "only the I-th of N parts of the tests"},
    {SL_CLI_REPEAT, 0, "repeat", "N", "replay each trace N times; exit code 6 if two differ"},
    {SL_CLI_REPORT, 0, "report", "FORMAT=FILE", SL_CLI_REPORT_HELP},
    {SL_CLI_OUTPUT, 'o', "output", "DIR",
     "write expected, actual and difference pictures of mismatches into DIR; scanlock-out unless "
     "given"},
    {SL_CLI_GOLDEN, 'g', "golden", "DIR",
     "where the golden folders of operands that are traces are; golden unless given"},
    SL_CLI_REPLAY_OPTIONS,
    {SL_CLI_VERBOSE, 'v', "verbose", NULL, "a line for every test, not only for bad ones"},
};

const struct sl_cli_verb sl_cli_check = {
    .name = "check",
    .operands = "[SUITE|TRACE]...",
    .operands_max = SIZE_MAX,
    .summary = "replay traces and compare with their goldens",
    .description =
        "Replays the traces of suites, or single traces, and compares frames and transcripts with "
        "their goldens. Without operands the suite is traces/suite.yaml. If tests fail in several "
        "ways, the exit code is the first of 5, 6, 3, 4 and 1 that applies.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
