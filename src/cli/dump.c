/* dump: a trace as text. */
#include "cli/verbs.h"

#include "trace/dump.h"

static enum sl_status run(const struct sl_cli_args *args)
{
    if (args->values[SL_CLI_JSON] && args->values[SL_CLI_YAML]) {
        return sl_cli_usage(args->verb, "--yaml and --json exclude each other");
    }
    struct sl_trace *trace;
    struct sl_error err = {0};
    if (sl_trace_open(args->operands[0], &trace, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    enum sl_dump_format format = args->values[SL_CLI_JSON] ? SL_DUMP_JSON : SL_DUMP_YAML;
    enum sl_status status = sl_trace_dump(trace, format, stdout, &err);
    sl_trace_close(trace);
    return status == SL_OK ? SL_OK : sl_cli_fail(&err);
}

static const struct sl_cli_option options[] = {
    {SL_CLI_YAML, 0, "yaml", NULL, "print YAML, which is the default"},
    {SL_CLI_JSON, 0, "json", NULL, "print JSON, one object per line"},
};

const struct sl_cli_verb sl_cli_dump = {
    .name = "dump",
    .operands = "TRACE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "print a trace as text",
    .description =
        "Prints every event of a trace, with what it means to the device beside it. YAML "
        "assembles to the same trace again; JSON is for other programs.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
