/* trim: a trace that shows chosen frames of another. */
#include "cli/verbs.h"

#include "base/status.h"
#include "capture/trim.h"

#include <inttypes.h>
#include <sys/stat.h>

struct job {
    struct sl_trace *trace;
    struct sl_trim_options options;
    struct sl_trim_result result;
};

static void on_progress(void *data, uint64_t done, uint64_t total)
{
    (void)data;
    sl_cli_progress("tries", done, total);
}

static enum sl_status write_trimmed(void *data, const char *path, struct sl_error *err)
{
    struct job *job = data;
    enum sl_status status = sl_trim(job->trace, path, &job->options, &job->result, err);
    sl_cli_progress_end();
    return status;
}

static void print_result(const struct sl_trim_result *result, bool json)
{
    if (json) {
        printf("{\"frames\": %zu, \"frames_before\": %zu, \"events\": %" PRIu64
               ", \"events_before\": %" PRIu64
               ", \"kicks\": %zu, \"gone_kicks\": %zu, \"commands\": %zu, \"idle_commands\": %zu, "
               "\"bytes\": %" PRIu64 ", \"bytes_before\": %" PRIu64 "}\n",
               result->frames, result->frames_before, result->events, result->events_before,
               result->kicks, result->gone_kicks, result->commands, result->idle_commands,
               result->size_bytes, result->size_before_bytes);
        return;
    }
    printf("frames    %zu of %zu\n", result->frames, result->frames_before);
    printf("events    %" PRIu64 " of %" PRIu64 "\n", result->events, result->events_before);
    if (result->kicks > 0) {
        printf("kicks     %zu of %zu gone\n", result->gone_kicks, result->kicks);
    }
    printf("commands  %zu of %zu do nothing now\n", result->idle_commands, result->commands);
    printf("bytes     %" PRIu64 " of %" PRIu64 "\n", result->size_bytes, result->size_before_bytes);
}

/* A binary trace must not grow as a file; others are measured as a binary one. */
static uint64_t size_limit(const struct job *job, const char *path)
{
    struct stat file;
    return sl_trace_get_format(job->trace) == SL_TRACE_SLT && stat(path, &file) == 0
               ? (uint64_t)file.st_size
               : 0;
}

static enum sl_status run_on(struct job *job, const struct sl_cli_args *args)
{
    struct sl_error err = {0};
    const char *input = args->operands[0];
    job->options.size_limit_bytes = size_limit(job, input);
    enum sl_status status =
        sl_cli_write_whole(args->values[SL_CLI_OUTPUT], write_trimmed, job, &err);
    if (status == SL_ERR_USAGE) {
        return sl_cli_usage(args->verb, "%s", err.message);
    }
    if (status != SL_OK) {
        sl_error_set_file(&err, input);
        return sl_cli_fail(&err);
    }
    print_result(&job->result, args->values[SL_CLI_JSON] != NULL);
    return SL_OK;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_replay_options replay;
    struct sl_error err = {0};
    sl_replay_options_defaults(&replay);
    if (!args->values[SL_CLI_FRAMES] || !args->values[SL_CLI_OUTPUT]) {
        return sl_cli_usage(args->verb, "%s is missing",
                            args->values[SL_CLI_FRAMES] ? "-o TRACE" : "--frames A..B");
    }
    uint64_t tries = SL_TRIM_TRIES;
    enum sl_status status = sl_cli_replay_options(args, &replay);
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_TRIES, 0, UINT32_MAX, &tries);
    }
    if (status != SL_OK) {
        return status;
    }
    struct job job = {.options = {.frames = args->values[SL_CLI_FRAMES],
                                  .max_memory_bytes = replay.max_memory_bytes,
                                  .max_work = replay.max_work,
                                  .thread_count = replay.thread_count,
                                  .tries_max = tries,
                                  .progress = on_progress}};
    if (sl_trace_open(args->operands[0], &job.trace, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    status = run_on(&job, args);
    sl_trace_close(job.trace);
    return status;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_FRAMES, 'f', "frames", "A..B",
     "frames by index or name, as replay lists them: one, a range with both ends, or several with "
     "commas between them"},
    {SL_CLI_OUTPUT, 'o', "output", "TRACE", "the binary trace (.slt) to write"},
    {SL_CLI_TRIES, 0, "tries", "N",
     "replays at most in search of what the frames do not need, 600 unless given"},
    {SL_CLI_JSON, 0, "json", NULL, "print JSON"},
    {SL_CLI_MAX_MEMORY, 0, "max-memory", "BYTES",
     "limit of guest memory and of device resources, 4 GiB each unless given; K, M and G may "
     "follow"},
    {SL_CLI_MAX_WORK, 0, "max-work", "N",
     "limit of what one replay may cost in bytes touched, instructions of programs and pixels"},
    {SL_CLI_THREADS, 0, "threads", "N", "threads that draw; no result depends on it"},
};

const struct sl_cli_verb sl_cli_trim = {
    .name = "trim",
    .operands = "TRACE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "cut a trace down to what some of its frames need",
    .description =
        "Writes a trace that shows the chosen frames and holds what they need: what lies behind "
        "them "
        "goes, so does memory that the device does not read, and commands that the frames do not "
        "need are made to do nothing. The result is replayed; if a frame differs, or the result is "
        "larger than the original, nothing is written and the exit code is 1.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
