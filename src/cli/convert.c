/* assemble and import: any readable trace becomes a binary one. */
#include "cli/verbs.h"

#include "base/status.h"

static enum sl_status copy(void *data, const char *path, struct sl_error *err)
{
    struct sl_trace *trace = data;
    struct sl_trace_writer *writer = NULL;
    enum sl_status status = sl_trace_writer_create(path, sl_trace_get_meta(trace), &writer, err);
    while (status == SL_OK) {
        struct sl_event event;
        status = sl_trace_next(trace, &event, err);
        if (status != SL_OK || event.type == 0) {
            break;
        }
        status = sl_trace_writer_put(writer, &event, err);
        sl_cli_progress("events", sl_trace_position(trace), sl_trace_event_count(trace));
    }
    if (status == SL_OK) {
        status = sl_trace_writer_finish(writer, err);
    }
    sl_trace_writer_destroy(writer);
    sl_cli_progress_end();
    return status;
}

static enum sl_status run_for(const struct sl_cli_args *args, enum sl_trace_format format,
                              const char *what)
{
    const char *output = args->values[SL_CLI_OUTPUT];
    if (!output) {
        return sl_cli_usage(args->verb, "-o TRACE is missing");
    }
    struct sl_trace *trace;
    struct sl_error err = {0};
    if (sl_trace_open(args->operands[0], &trace, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    enum sl_status status = SL_OK;
    if (sl_trace_get_format(trace) != format) {
        status = sl_cli_usage(args->verb, "%s is not %s", args->operands[0], what);
    } else if (sl_cli_write_whole(output, copy, trace, &err) != SL_OK) {
        sl_error_set_file(&err, args->operands[0]);
        status = sl_cli_fail(&err);
    }
    sl_trace_close(trace);
    return status;
}

static enum sl_status run_assemble(const struct sl_cli_args *args)
{
    return run_for(args, SL_TRACE_YAML, "a YAML trace");
}

static enum sl_status run_import(const struct sl_cli_args *args)
{
    return run_for(args, SL_TRACE_AEROGPUTRACE, "a foreign trace");
}

static const struct sl_cli_option options[] = {
    {SL_CLI_OUTPUT, 'o', "output", "TRACE", "the binary trace (.slt) to write"},
};

const struct sl_cli_verb sl_cli_assemble = {
    .name = "assemble",
    .operands = "FILE.yaml",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "turn a trace in YAML into a binary one",
    .description = "Turns a trace in YAML into a binary one. 'scanlock dump --yaml' is the way "
                   "back; both keep every event.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run_assemble,
};

const struct sl_cli_verb sl_cli_import = {
    .name = "import",
    .operands = "FILE.aerogputrace",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "turn a foreign trace into a binary one",
    .description = "Turns an .aerogputrace into a binary trace. All other verbs take such a file "
                   "directly, too.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run_import,
};
