/* dump: a trace as text. */
#include "cli/verbs.h"

#include "base/status.h"
#include "trace/dump.h"

#include <stdio.h>

struct job {
    struct sl_trace *trace;
    struct sl_dump_options options;
};

static enum sl_status write_file(void *data, const char *name, struct sl_error *err)
{
    const struct job *job = data;
    FILE *out = fopen(name, "wb");
    if (!out) {
        return sl_fail_errno(err, name, "create");
    }
    enum sl_status status = sl_trace_dump(job->trace, &job->options, out, err);
    bool failed = ferror(out) != 0;
    if (failed) {
        sl_error_set_file(err, name);
    }
    failed |= fclose(out) != 0;
    return status == SL_OK && failed ? sl_fail_errno(err, name, "write") : status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    if (args->values[SL_CLI_JSON] && args->values[SL_CLI_YAML]) {
        return sl_cli_usage(args->verb, "--yaml and --json exclude each other");
    }
    struct job job = {
        .options.format = args->values[SL_CLI_JSON] ? SL_DUMP_JSON : SL_DUMP_YAML,
        .options.shaders = args->values[SL_CLI_SHADERS] != NULL,
    };
    struct sl_error err = {0};
    if (sl_trace_open(args->operands[0], &job.trace, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    const char *output = args->values[SL_CLI_OUTPUT];
    enum sl_status status = output ? sl_cli_write_whole(output, write_file, &job, &err)
                                   : sl_trace_dump(job.trace, &job.options, stdout, &err);
    sl_trace_close(job.trace);
    if (status != SL_OK) {
        sl_error_set_file(&err, ferror(stdout) ? "standard output" : args->operands[0]);
        return sl_cli_fail(&err);
    }
    return SL_OK;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_OUTPUT, 'o', "output", "FILE", "write into FILE instead of standard output"},
    {SL_CLI_YAML, 0, "yaml", NULL, "print YAML, which is the default"},
    {SL_CLI_JSON, 0, "json", NULL, "print JSON, one object per line"},
    {SL_CLI_SHADERS, 0, "shaders", NULL, "list the programs that the guest creates, as comments"},
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
