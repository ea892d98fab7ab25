#include "cli/suites.h"

#include "base/status.h"

#include <stdlib.h>

#define DEFAULT_SUITE "traces/suite.yaml"

void sl_cli_free_suites(struct sl_cli_suites *suites)
{
    for (size_t i = 0; i < suites->count; i++) {
        sl_suite_finish(&suites->list[i]);
    }
    free(suites->list);
    *suites = (struct sl_cli_suites){0};
}

static enum sl_status load(const struct sl_cli_args *args, struct sl_cli_suites *suites,
                           char **traces, struct sl_error *err)
{
    static char default_suite[] = DEFAULT_SUITE;
    char *defaults[] = {default_suite};
    char *const *operands = args->operand_count ? args->operands : defaults;
    size_t count = args->operand_count ? args->operand_count : 1;
    size_t trace_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_suite = false;
        enum sl_status status = sl_suite_sniff(operands[i], &is_suite, err);
        if (status == SL_OK && is_suite) {
            status = sl_suite_load(operands[i], &suites->list[suites->count], err);
            suites->count += status == SL_OK;
        } else if (status == SL_OK) {
            traces[trace_count++] = operands[i];
        }
        if (status != SL_OK) {
            return status;
        }
    }
    if (trace_count == 0) {
        return SL_OK;
    }
    const char *golden = args->values[SL_CLI_GOLDEN];
    enum sl_status status = sl_suite_of_traces(golden ? golden : "golden", traces, trace_count,
                                               &suites->list[suites->count], err);
    suites->count += status == SL_OK;
    return status;
}

enum sl_status sl_cli_load_suites(const struct sl_cli_args *args, struct sl_cli_suites *suites)
{
    struct sl_error err = {0};
    size_t room = args->operand_count + 1;
    char **traces = calloc(room, sizeof(*traces));
    *suites = (struct sl_cli_suites){.list = calloc(room, sizeof(*suites->list))};
    enum sl_status status =
        traces && suites->list ? load(args, suites, traces, &err) : sl_fail_memory(&err, 0);
    free(traces);
    if (status != SL_OK) {
        sl_cli_free_suites(suites);
        return sl_cli_fail(&err);
    }
    return SL_OK;
}

enum sl_status sl_cli_test_options(const struct sl_cli_args *args, struct sl_test_options *options)
{
    options->profile = args->values[SL_CLI_PROFILE];
    enum sl_status status = sl_cli_bytes(args, SL_CLI_MAX_MEMORY, &options->max_memory_bytes);
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_MAX_WORK, 1, UINT64_MAX, &options->max_work);
    }
    if (status == SL_OK) {
        status = sl_cli_size(args, SL_CLI_DEFAULT_TARGET, &options->default_target_width,
                             &options->default_target_height);
    }
    return status;
}
