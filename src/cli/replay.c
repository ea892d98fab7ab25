#include "cli/verbs.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"
#include "cli/stop.h"
#include "image/png.h"

#include <inttypes.h>
#include <string.h>

struct job {
    const struct sl_cli_args *args;
    struct sl_trace *trace;
    const char *folder; /* NULL = write no files */
    const char *only;   /* --frame or NULL */
    FILE *transcript;   /* NULL = none */
    bool digest;
    bool json;
    bool found; /* the frame asked for came */
    uint64_t broken;
    uint64_t until_event;
};

static bool is_wanted(const struct job *job, uint32_t index, const char *name)
{
    uint64_t number;
    if (!job->only) {
        return true;
    }
    return sl_cli_parse_number(job->only, &number) ? number == index : strcmp(job->only, name) == 0;
}

static enum sl_status save(const struct job *job, const char *name, const struct sl_image *image,
                           struct sl_error *err)
{
    struct sl_buf path = {0};
    sl_buf_printf(&path, "%s/%s.png", job->folder, name);
    const char *text = sl_buf_cstr(&path);
    enum sl_status status = text ? sl_png_write(text, image, err) : sl_fail_memory(err, 0);
    sl_buf_finish(&path);
    return status;
}

static void print_frame(const struct job *job, uint32_t index, const char *name,
                        const struct sl_image *image)
{
    char hex[65];
    if (job->json) {
        sl_image_digest(image, hex);
        printf("{\"index\": %" PRIu32 ", \"name\": ", index);
        sl_cli_print_json_string(stdout, name);
        printf(", \"width\": %" PRIu32 ", \"height\": %" PRIu32 ", \"sha256\": \"%s\"}\n",
               image->width, image->height, hex);
    } else if (job->digest) {
        sl_image_digest(image, hex);
        printf("%s  %" PRIu32 "  %" PRIu32 "x%" PRIu32 "  %s\n", hex, index, image->width,
               image->height, name);
    } else {
        printf("frame %" PRIu32 "  %" PRIu32 "x%" PRIu32 "  %s\n", index, image->width,
               image->height, name);
    }
}

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    struct job *job = data;
    sl_cli_progress("events", sl_trace_position(job->trace), sl_trace_event_count(job->trace));
    if (!is_wanted(job, index, name)) {
        return SL_OK;
    }
    job->found = true;
    print_frame(job, index, name, image);
    return job->folder ? save(job, name, image, err) : SL_OK;
}

static enum sl_status on_line(void *data, const char *text, struct sl_error *err)
{
    const struct job *job = data;
    if (job->transcript && fprintf(job->transcript, "%s\n", text) < 0) {
        return sl_fail_errno(err, job->args->values[SL_CLI_TRANSCRIPT], "write");
    }
    return SL_OK;
}

static enum sl_status on_broken(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    (void)err;
    struct job *job = data;
    job->broken++;
    fprintf(stderr, "scanlock: %s: event %" PRIu64 ": %s\n", job->args->operands[0], event, text);
    return SL_OK;
}

/* Often what the trace is about, but also why a picture is missing. */
static enum sl_status on_device_error(void *data, uint64_t event, const char *text,
                                      struct sl_error *err)
{
    (void)err;
    const struct job *job = data;
    fprintf(stderr, "scanlock: %s: event %" PRIu64 ": device error: %s\n", job->args->operands[0],
            event, text);
    return SL_OK;
}

static enum sl_status on_command(void *data, uint64_t event, const struct sl_command *command,
                                 struct sl_error *err)
{
    (void)err;
    const struct job *job = data;
    sl_cli_print_command(event, command, job->json);
    return SL_OK;
}

static enum sl_status on_end(void *data, uint64_t event, const struct sl_command *next,
                             struct sl_target *target, struct sl_error *err)
{
    const struct job *job = data;
    const struct sl_cli_stop stop = {.folder = job->folder, .json = job->json};
    sl_cli_progress_end();
    return sl_cli_print_stop(&stop, event, event < job->until_event, next, target, err);
}

static enum sl_status open_transcript(struct job *job, struct sl_error *err)
{
    const char *path = job->args->values[SL_CLI_TRANSCRIPT];
    if (!path) {
        return SL_OK;
    }
    job->transcript = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    return job->transcript ? SL_OK : sl_fail_errno(err, path, "create");
}

static enum sl_status close_transcript(struct job *job, struct sl_error *err)
{
    if (!job->transcript || job->transcript == stdout) {
        return SL_OK;
    }
    bool failed = ferror(job->transcript) != 0;
    failed |= fclose(job->transcript) != 0;
    return failed ? sl_fail_errno(err, job->args->values[SL_CLI_TRANSCRIPT], "write") : SL_OK;
}

/* Digests alone are for other programs. */
static bool shows_state(const struct sl_cli_args *args)
{
    return (args->values[SL_CLI_UNTIL] || args->values[SL_CLI_UNTIL_COMMAND]) &&
           !args->values[SL_CLI_DIGEST];
}

static enum sl_status replay(struct job *job, const struct sl_replay_options *options,
                             struct sl_error *err)
{
    enum sl_status status = sl_trace_open(job->args->operands[0], &job->trace, err);
    if (status != SL_OK) {
        return status;
    }
    if (job->folder) {
        status = sl_file_make_folder(job->folder, err);
    }
    if (status == SL_OK) {
        status = open_transcript(job, err);
    }
    if (status == SL_OK) {
        struct sl_replay_callbacks callbacks = {
            .data = job,
            .frame = on_frame,
            .line = on_line,
            .broken = on_broken,
            .device_error = on_device_error,
            .command = job->args->values[SL_CLI_COMMANDS] ? on_command : NULL,
            .ended = shows_state(job->args) ? on_end : NULL,
        };
        status = sl_replay_run(job->trace, options, &callbacks, err);
        sl_cli_progress_end();
        if (status != SL_OK) {
            sl_error_set_file(err, job->args->operands[0]);
        }
        struct sl_error late;
        if (close_transcript(job, &late) != SL_OK && status == SL_OK) {
            *err = late;
            status = late.status;
        }
    }
    if (sl_trace_is_truncated(job->trace)) {
        fprintf(stderr, "scanlock: %s: the recording was cut off; replayed what is complete\n",
                job->args->operands[0]);
    }
    sl_trace_close(job->trace);
    return status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_replay_options options;
    struct job job = {
        .args = args,
        .folder = args->values[SL_CLI_OUTPUT],
        .only = args->values[SL_CLI_FRAME],
        .digest = args->values[SL_CLI_DIGEST] != NULL,
        .json = args->values[SL_CLI_JSON] != NULL,
    };
    enum sl_status status = sl_cli_replay_options(args, &options);
    if (status != SL_OK) {
        return status;
    }
    struct sl_error err = {0};
    job.until_event = options.until_event;
    status = replay(&job, &options, &err);
    if (status != SL_OK) {
        return sl_cli_fail(&err);
    }
    if (job.only && !job.found) {
        return sl_cli_usage(args->verb, "the replay shows no frame '%s'", job.only);
    }
    return job.broken ? SL_ERR_MISMATCH : SL_OK;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_OUTPUT, 'o', "output", "DIR", "write each frame as DIR/NAME.png"},
    {SL_CLI_FRAME, 'f', "frame", "N|NAME", "only the frame with this index or name"},
    {SL_CLI_UNTIL, 0, "until", "EVENT",
     "stop before the event with this index, and print the bound state; with --output also write "
     "the bound targets as DIR/target-NAME.png"},
    {SL_CLI_UNTIL_COMMAND, 0, "until-command", "N", "the same before the command with this number"},
    {SL_CLI_COMMANDS, 0, "commands", NULL,
     "print every command before it executes, with its number"},
    {SL_CLI_DIGEST, 'd', "digest", NULL, "print lines of the form 'SHA256  INDEX  WxH  NAME'"},
    {SL_CLI_TRANSCRIPT, 't', "transcript", "FILE",
     "write what the guest could observe into FILE; '-' is standard output"},
    SL_CLI_REPLAY_OPTIONS,
    {SL_CLI_THREADS, 0, "threads", "N",
     "draw with N threads, one unless given; frames and transcript do not depend on it"},
    {SL_CLI_JSON, 0, "json", NULL, "print one JSON object per frame"},
};

const struct sl_cli_verb sl_cli_replay = {
    .name = "replay",
    .operands = "TRACE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "replay a trace and show its frames",
    .description = "Replays a trace (.slt, .yaml or .aerogputrace) through the built-in device and "
                   "prints one line per captured frame. What the trace expects of the device and "
                   "the device does not do is reported and makes the exit code 1. Errors that "
                   "the device records are reported and change no exit code.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
