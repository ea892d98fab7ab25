/* record: a back end of vhost-user-gpu that keeps what a live guest does. */
#include "base/clock.h"
#include "cli/verbs.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"
#include "capture/vhost_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    EDID_BLOCK = 128,
    EDID_MAX = 1024,
    OPTIONS_MAX = SL_GPU_SCREEN_SCANOUTS + 4,
    VALUE_MAX = 16
};

/* The device's options as the trace will have them. */
struct device_options {
    struct sl_option rows[OPTIONS_MAX];
    char names[OPTIONS_MAX][VALUE_MAX];
    char values[OPTIONS_MAX][VALUE_MAX];
    size_t count;
    char edid[2 * EDID_MAX + 1];
};

struct job {
    const struct sl_cli_args *args;
    struct device_options options;
    struct sl_vhost_backend_config backend;
    struct sl_live_config live;
    const char *socket_path;
    int signals;
    bool shows_status;
    uint64_t shown_ms;
};

/* ---- Options ---- */

static void add_option(struct device_options *options, const char *name, const char *value)
{
    size_t i = options->count++;
    snprintf(options->names[i], VALUE_MAX, "%s", name);
    snprintf(options->values[i], VALUE_MAX, "%s", value);
    options->rows[i] = (struct sl_option){options->names[i], options->values[i]};
}

static int compare_options(const void *a, const void *b)
{
    return strcmp(((const struct sl_option *)a)->name, ((const struct sl_option *)b)->name);
}

/* WxH or off, separated by commas; returns how many, 0 after a mistake, which was reported. */
static uint32_t add_displays(struct job *job, const char *list)
{
    uint32_t count = 0;
    const char *at = list;
    for (bool more = true; more; count++) {
        char name[VALUE_MAX];
        char value[VALUE_MAX];
        size_t size = strcspn(at, ",");
        if (count == SL_GPU_SCREEN_SCANOUTS || size == 0 || size >= sizeof(value)) {
            sl_cli_usage(job->args->verb,
                         "--display-info takes 1 to 16 of WIDTHxHEIGHT or off, not \"%s\"", list);
            return 0;
        }
        memcpy(value, at, size);
        value[size] = '\0';
        snprintf(name, sizeof(name), "display%" PRIu32, count);
        add_option(&job->options, name, value);
        more = at[size] == ',';
        at += size + (more ? 1 : 0);
    }
    return count;
}

/* Blocks of 128 bytes, each of which adds up to 0 (E-EDID A2, 3). */
static bool is_edid(const struct sl_buf *bytes)
{
    static const uint8_t header[] = {0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0};
    if (bytes->size < EDID_BLOCK || bytes->size % EDID_BLOCK != 0 ||
        memcmp(bytes->data, header, sizeof(header)) != 0) {
        return false;
    }
    for (size_t block = 0; block < bytes->size; block += EDID_BLOCK) {
        uint8_t sum = 0;
        for (size_t i = 0; i < EDID_BLOCK; i++) {
            sum = (uint8_t)(sum + bytes->data[block + i]);
        }
        if (sum != 0) {
            return false;
        }
    }
    return true;
}

static enum sl_status add_edid(struct job *job, const char *path, struct sl_error *err)
{
    struct sl_buf bytes = {0};
    enum sl_status status = sl_file_read(path, EDID_MAX, &bytes, err);
    if (status == SL_OK && !is_edid(&bytes)) {
        status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_CAPTURE_EDID,
                         "%zu bytes are no EDID: blocks of 128 bytes that add up to 0, the first "
                         "with its header",
                         bytes.size);
    }
    for (size_t i = 0; status == SL_OK && i < bytes.size; i++) {
        snprintf(job->options.edid + 2 * i, 3, "%02x", bytes.data[i]);
    }
    if (status == SL_OK) {
        struct device_options *options = &job->options;
        options->rows[options->count++] = (struct sl_option){"edid_bytes", options->edid};
    } else {
        sl_error_set_file(err, path);
    }
    sl_buf_finish(&bytes);
    return status;
}

static enum sl_status read_device_options(struct job *job, struct sl_error *err)
{
    const struct sl_cli_args *args = job->args;
    const char *displays = args->values[SL_CLI_DISPLAY_INFO];
    uint64_t scanouts = SL_GPU_SCREEN_SCANOUTS;
    char number[VALUE_MAX];
    job->live.asks_front_end = !displays;
    if (displays) {
        scanouts = add_displays(job, displays);
        if (scanouts == 0) {
            return SL_ERR_USAGE;
        }
    }
    if (args->values[SL_CLI_NO_EDID]) {
        add_option(&job->options, "edid", "off");
    }
    snprintf(number, sizeof(number), "%" PRIu64, scanouts);
    add_option(&job->options, "scanouts", number);
    job->live.scanouts = job->backend.session.scanouts = (uint32_t)scanouts;
    job->backend.session.offers_edid = !args->values[SL_CLI_NO_EDID];
    const char *edid = args->values[SL_CLI_EDID];
    enum sl_status status = edid ? add_edid(job, edid, err) : SL_OK;
    qsort(job->options.rows, job->options.count, sizeof(job->options.rows[0]), compare_options);
    job->live.options = job->options.rows;
    job->live.option_count = job->options.count;
    return status == SL_OK ? SL_OK : sl_cli_fail(err);
}

static enum sl_status read_options(struct job *job, struct sl_error *err)
{
    const struct sl_cli_args *args = job->args;
    const char *frames = args->values[SL_CLI_FRAMES];
    const char *marks = args->values[SL_CLI_MARKS];
    job->socket_path = args->values[SL_CLI_VHOST_USER_GPU];
    job->live.path = args->values[SL_CLI_OUTPUT];
    if (!job->socket_path || !job->live.path) {
        return sl_cli_usage(args->verb, "needs --vhost-user-gpu SOCKET and --output TRACE");
    }
    if (args->values[SL_CLI_EDID] && args->values[SL_CLI_NO_EDID]) {
        return sl_cli_usage(args->verb, "--edid and --no-edid exclude each other");
    }
    if (frames && strcmp(frames, "all") != 0 && strcmp(frames, "marked") != 0) {
        return sl_cli_usage(args->verb, "--frames takes all or marked, not \"%s\"", frames);
    }
    job->live.frames_marked_only = frames ? strcmp(frames, "marked") == 0 : marks != NULL;
    job->live.profile = args->values[SL_CLI_PROFILE] ? args->values[SL_CLI_PROFILE] : "";
    job->live.provenance = "recorded from a live guest over vhost-user-gpu";
    job->backend.once = args->values[SL_CLI_ONCE] != NULL;
    enum sl_status status =
        sl_cli_number(args, SL_CLI_UNTIL_FRAMES, 1, UINT64_MAX, &job->live.until_frames);
    if (status == SL_OK) {
        status = sl_cli_bytes(args, SL_CLI_MAX_SIZE, &job->live.max_trace_bytes);
    }
    if (status == SL_OK) {
        status = sl_cli_bytes(args, SL_CLI_MAX_MEMORY, &job->live.max_memory_bytes);
    }
    return status == SL_OK ? read_device_options(job, err) : status;
}

/* ---- Status ---- */

static void print_size(FILE *out, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    double value = (double)bytes;
    while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    fprintf(out, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void print_status(FILE *out, const struct sl_live_stats *stats)
{
    const struct sl_recorder_stats *recorder = &stats->recorder;
    uint64_t written = recorder->trace_bytes ? recorder->trace_bytes : 1;
    fprintf(out, "commands: %" PRIu64 "; frames: %" PRIu64 "; moved: ", stats->commands,
            recorder->frames);
    print_size(out, stats->fetched_bytes);
    fputs("; trace: ", out);
    print_size(out, recorder->trace_bytes);
    fprintf(out, "; ratio: %.1f; backlog: ", (double)stats->fetched_bytes / (double)written);
    print_size(out, recorder->backlog_bytes);
    if (stats->throttled) {
        fprintf(out, "; throttled: %" PRIu64, stats->throttled);
    }
}

static void on_status(void *data, struct sl_live *live)
{
    enum { INTERVAL_MS = 250 };
    struct job *job = data;
    struct sl_live_stats stats;
    uint64_t now = sl_clock_ms();
    if (!job->shows_status || now - job->shown_ms < INTERVAL_MS) {
        return;
    }
    job->shown_ms = now;
    sl_live_get_stats(live, &stats);
    fputc('\r', stderr);
    print_status(stderr, &stats);
    fputs("\033[K", stderr);
    fflush(stderr);
}

static void on_problem(void *data, const struct sl_error *problem)
{
    const struct job *job = data;
    if (job->shows_status) {
        fputs("\r\033[K", stderr);
    }
    sl_cli_fail(problem);
}

/* ---- The run ---- */

/* SIGINT and its like become readable; no other thread shall get them. */
static enum sl_status open_signals(struct job *job, struct sl_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return sl_fail_errno(err, NULL, "block signals");
    }
    job->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return job->signals < 0 ? sl_fail_errno(err, NULL, "wait for signals") : SL_OK;
}

/* Open for writing, too, a FIFO never ends when one of its writers leaves. */
static enum sl_status open_marks(struct job *job, struct sl_error *err)
{
    const char *path = job->args->values[SL_CLI_MARKS];
    job->backend.marks_fd = -1;
    if (!path) {
        return SL_OK;
    }
    if (strcmp(path, "-") == 0) {
        job->backend.marks_fd = STDIN_FILENO;
        return SL_OK;
    }
    job->backend.marks_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return job->backend.marks_fd < 0 ? sl_fail_errno(err, path, "open") : SL_OK;
}

static enum sl_status record(struct job *job, struct sl_error *err)
{
    struct sl_live *live = NULL;
    enum sl_status status = sl_live_create(&job->live, &live, err);
    if (status == SL_ERR_DAMAGED) {
        /* The device takes no such value; here it came from the command line. */
        err->status = SL_ERR_USAGE;
    }
    if (status != SL_OK) {
        return status;
    }
    job->backend.session.live = live;
    job->backend.data = job;
    job->backend.status = on_status;
    job->backend.problem = on_problem;
    job->backend.stop_fd = job->signals;
    status = sl_vhost_backend_run(&job->backend, err);
    if (job->shows_status) {
        fputs("\r\033[K", stderr);
    }
    struct sl_live_stats stats;
    sl_live_get_stats(live, &stats);
    print_status(stdout, &stats);
    putchar('\n');
    sl_live_destroy(live);
    return status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_error err = {0};
    struct job job = {.args = args, .signals = -1, .shows_status = isatty(STDERR_FILENO)};
    job.backend.marks_fd = job.backend.listen_fd = -1;
    enum sl_status status = read_options(&job, &err);
    if (status != SL_OK) {
        return status;
    }
    status = open_signals(&job, &err);
    if (status == SL_OK) {
        status = sl_guest_map_guard(&err);
    }
    if (status == SL_OK) {
        status = open_marks(&job, &err);
    }
    if (status == SL_OK) {
        status = sl_vhost_listen(job.socket_path, &job.backend.listen_fd, &err);
    }
    if (status == SL_OK) {
        status = record(&job, &err);
        close(job.backend.listen_fd);
        unlink(job.socket_path);
    }
    if (job.backend.marks_fd > STDIN_FILENO) {
        close(job.backend.marks_fd);
    }
    if (job.signals >= 0) {
        close(job.signals);
    }
    return status == SL_OK ? SL_OK : sl_cli_fail(&err);
}

static const struct sl_cli_option options[] = {
    {SL_CLI_VHOST_USER_GPU, 0, "vhost-user-gpu", "SOCKET",
     "listen on this UNIX socket for a front end, such as QEMU's vhost-user-gpu-pci"},
    {SL_CLI_OUTPUT, 'o', "output", "TRACE", "write the trace there"},
    {SL_CLI_DISPLAY_INFO, 0, "display-info", "WxH,...",
     "tell the guest of these displays, each WIDTHxHEIGHT or off, instead of the front end's"},
    {SL_CLI_EDID, 0, "edid", "FILE", "give the guest this EDID for every display"},
    {SL_CLI_NO_EDID, 0, "no-edid", NULL, "do not offer EDID"},
    {SL_CLI_PROFILE, 0, "profile", "NAME", "run the device under this profile"},
    {SL_CLI_FRAMES, 0, "frames", "WHICH",
     "all: a capture point whenever the guest showed something new; marked: only those of --marks. "
     "Default: marked with --marks, else all"},
    {SL_CLI_MARKS, 0, "marks", "FIFO",
     "make a capture point named by each line read from there, - for standard input"},
    {SL_CLI_UNTIL_FRAMES, 0, "until-frames", "N", "end after N capture points"},
    {SL_CLI_MAX_SIZE, 0, "max-size", "BYTES",
     "end before the trace is larger than this; K, M and G may follow"},
    {SL_CLI_MAX_MEMORY, 0, "max-memory", "BYTES",
     "limit of the guest memory that the device reads and of its resources, 4 GiB each unless "
     "given; K, M and G may follow"},
    {SL_CLI_ONCE, 0, "once", NULL, "end when the first front end is gone"},
};

const struct sl_cli_verb sl_cli_record = {
    .name = "record",
    .operands = "",
    .summary = "record a live guest as its GPU",
    .description =
        "Is the virtio-gpu of a guest, as a back end of vhost-user-gpu, and writes everything into "
        "the trace that a replay needs: what the device read of the guest's memory, what the guest "
        "asked for, and what it was answered. Ends on SIGINT or SIGTERM, or as the options say, "
        "with a complete trace.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
