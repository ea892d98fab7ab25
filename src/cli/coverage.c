#include "cli/suites.h"
#include "cli/verbs.h"

#include "base/file.h"
#include "base/status.h"
#include "coverage/coverage.h"

#include <string.h>
#include <unistd.h>

enum { JOBS_MAX = 256, WHOLE = 10000 };

#define DEFAULT_EXCEPTIONS "golden/coverage-exceptions.yaml"

/* What --fail-under asks for, per kind, in hundredths of a percent. */
struct floors {
    unsigned of[SL_COVERAGE_KIND_COUNT];
};

static bool parse_percent(const char *text, size_t size, unsigned *out)
{
    char digits[4] = {0};
    uint64_t percent;
    if (size == 0 || size >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, text, size);
    if (!sl_cli_parse_number(digits, &percent) || percent > 100) {
        return false;
    }
    *out = (unsigned)percent * 100;
    return true;
}

/* The kind called by its plural in size bytes of text; -1 if there is none. */
static int find_kind(const char *text, size_t size)
{
    for (int kind = 0; kind < SL_COVERAGE_KIND_COUNT; kind++) {
        const char *name = sl_coverage_kind_plural((enum sl_coverage_kind)kind);
        if (strlen(name) == size && memcmp(name, text, size) == 0) {
            return kind;
        }
    }
    return -1;
}

/* One part of --fail-under: PERCENT for all kinds, or KIND=PERCENT. */
static bool parse_floor(const char *text, size_t size, struct floors *floors)
{
    const char *sign = memchr(text, '=', size);
    unsigned percent;
    if (!sign) {
        if (!parse_percent(text, size, &percent)) {
            return false;
        }
        for (int kind = 0; kind < SL_COVERAGE_KIND_COUNT; kind++) {
            floors->of[kind] = percent;
        }
        return true;
    }
    int kind = find_kind(text, (size_t)(sign - text));
    size_t left = size - (size_t)(sign + 1 - text);
    return kind >= 0 && parse_percent(sign + 1, left, &floors->of[kind]);
}

static enum sl_status read_floors(const struct sl_cli_args *args, struct floors *floors)
{
    *floors = (struct floors){{0}};
    for (const char *at = args->values[SL_CLI_FAIL_UNDER]; at;) {
        size_t size = strcspn(at, ",");
        if (!parse_floor(at, size, floors)) {
            return sl_cli_usage(args->verb,
                                "--fail-under takes PERCENT or KIND=PERCENT, separated by commas, "
                                "not '%s'",
                                args->values[SL_CLI_FAIL_UNDER]);
        }
        at = at[size] ? at + size + 1 : NULL;
    }
    return SL_OK;
}

static void show_progress(uint64_t done, uint64_t total)
{
    sl_cli_progress("traces", done, total);
}

static enum sl_status read_options(const struct sl_cli_args *args,
                                   struct sl_coverage_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (uint64_t)processors;
    *options = (struct sl_coverage_options){.progress = show_progress};
    enum sl_status status = sl_cli_test_options(args, &options->test);
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_JOBS, 1, JOBS_MAX, &jobs);
    }
    options->jobs = (uint32_t)jobs;
    return status;
}

static enum sl_status read_exceptions(const struct sl_cli_args *args, struct sl_coverage *coverage,
                                      struct sl_error *err)
{
    const char *path = args->values[SL_CLI_EXCEPTIONS];
    if (!path && args->operand_count == 0 && sl_file_exists(DEFAULT_EXCEPTIONS)) {
        path = DEFAULT_EXCEPTIONS;
    }
    return path ? sl_coverage_except(coverage, path, err) : SL_OK;
}

static enum sl_status print(const struct sl_cli_args *args, const struct sl_coverage *coverage,
                            struct sl_error *err)
{
    struct sl_buf out = {0};
    if (args->values[SL_CLI_JSON]) {
        sl_coverage_print_json(&out, coverage);
    } else {
        sl_coverage_print(&out, coverage, args->values[SL_CLI_VERBOSE] != NULL);
    }
    enum sl_status status = out.failed ? sl_fail_memory(err, 0) : SL_OK;
    if (status == SL_OK) {
        fwrite(out.data, 1, out.size, stdout);
    }
    sl_buf_finish(&out);
    return status;
}

/* Says what is below its floor and how many exceptions are stale; MISMATCH if anything is. */
static enum sl_status judge(const struct sl_coverage *coverage, const struct floors *floors)
{
    enum sl_status status = SL_OK;
    size_t stale = 0;
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        const struct sl_abi *abi = coverage->catalog.places[i].abi;
        for (int kind = 0; kind < SL_COVERAGE_KIND_COUNT; kind++) {
            struct sl_coverage_count count =
                sl_coverage_count_rows(coverage, abi, (enum sl_coverage_kind)kind);
            unsigned share = count.rows ? sl_coverage_share(&count) : WHOLE;
            stale += count.stale;
            if (share < floors->of[kind]) {
                fprintf(stderr, "scanlock: %s %s: %u.%02u %%, below %u %%\n", abi->name,
                        sl_coverage_kind_plural((enum sl_coverage_kind)kind), share / 100,
                        share % 100, floors->of[kind] / 100);
                status = SL_ERR_MISMATCH;
            }
        }
    }
    if (stale) {
        fprintf(stderr, "scanlock: stale exceptions: %zu; take them out\n", stale);
        status = SL_ERR_MISMATCH;
    }
    return status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct floors floors;
    struct sl_coverage_options options;
    struct sl_cli_suites suites;
    struct sl_coverage coverage;
    struct sl_error err = {0};
    enum sl_status status = read_floors(args, &floors);
    if (status == SL_OK) {
        status = read_options(args, &options);
    }
    if (status == SL_OK) {
        status = sl_cli_load_suites(args, &suites);
    }
    if (status != SL_OK) {
        return status;
    }
    status = sl_coverage_run(suites.list, suites.count, &options, &coverage, &err);
    sl_cli_progress_end();
    if (status == SL_OK) {
        status = read_exceptions(args, &coverage, &err);
        if (status == SL_OK) {
            status = print(args, &coverage, &err);
        }
        status = status == SL_OK ? judge(&coverage, &floors) : sl_cli_fail(&err);
        sl_coverage_finish(&coverage);
    } else {
        sl_cli_fail(&err);
    }
    sl_cli_free_suites(&suites);
    return status;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_JOBS, 'j', "jobs", "N",
     "replay N traces at a time; as many as processors unless given"},
    {SL_CLI_EXCEPTIONS, 0, "exceptions", "FILE",
     "what need not be covered, and why; without operands " DEFAULT_EXCEPTIONS},
    {SL_CLI_FAIL_UNDER, 0, "fail-under", "[KIND=]PERCENT,...",
     "exit code 1 if a device has less of all kinds, or of this one (opcodes, formats, registers, "
     "error-codes, responses, error-classes, features, values, fields)"},
    {SL_CLI_JSON, 0, "json", NULL, "print JSON lines: a summary, then every row"},
    {SL_CLI_VERBOSE, 'v', "verbose", NULL, "a line for every row, not only for what is missing"},
    SL_CLI_REPLAY_OPTIONS,
};

const struct sl_cli_verb sl_cli_coverage = {
    .name = "coverage",
    .operands = "[SUITE|TRACE]...",
    .operands_max = SIZE_MAX,
    .summary = "list what of the ABIs suites exercise",
    .description =
        "Replays the traces of suites, or single traces, and lists which opcodes, formats, "
        "registers, errors, responses, features, values and fields of the ABIs they exercise, and "
        "which they do not, for the devices that the traces are of. Without operands the suite is "
        "traces/suite.yaml. Commands count once "
        "the device has done them. Exceptions that are covered after all are stale and make the "
        "exit code 1.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
