/* A recorder whose disk is slow, full, limited or whose process dies. */
#include "recorder_rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(recorder_disk, .timeout = 120);

/* Noise that no compressor makes smaller: count pages, one event each. */
static void add_noise(struct slt_events *list, size_t count)
{
    uint64_t state = 1;
    uint8_t page[4096];
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < sizeof(page); at += 8) {
            uint64_t number = slt_random(&state);
            memcpy(page + at, &number, sizeof(number));
        }
        slt_events_add_mem(list, i * sizeof(page), page, sizeof(page));
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A disk that does not take anything: a pipe that nobody reads. */

enum { PAGES = 1024, BACKLOG = 1 << 20 };

struct blocked {
    struct sl_recorder *rec;
    struct slt_events list;
    enum sl_status status;
};

static void *put_all(void *argument)
{
    struct blocked *blocked = argument;
    blocked->status = recorder_rig_put_all(blocked->rec, &blocked->list, NULL);
    if (blocked->status == SL_OK) {
        blocked->status = sl_recorder_finish(blocked->rec, NULL);
    }
    return NULL;
}

/* Everything that comes out of the pipe until its other end is closed, into a file. */
static void drain(int pipe, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    uint8_t bytes[65536];
    for (ssize_t n; (n = read(pipe, bytes, sizeof(bytes))) > 0;) {
        cr_assert_eq(write(file, bytes, (size_t)n), n);
    }
    close(file);
}

/* Waits until somebody waits and no event has been taken for a while; how many were. */
static uint64_t wait_for_standstill(struct sl_recorder *rec)
{
    struct sl_recorder_stats stats;
    uint64_t taken = 0;
    for (int quiet = 0; quiet < 20;) {
        recorder_rig_pause();
        sl_recorder_get_stats(rec, &stats);
        quiet = stats.waits > 0 && stats.events == taken ? quiet + 1 : 0;
        taken = stats.events;
    }
    return taken;
}

Test(recorder_disk, a_blocked_disk_makes_put_wait_and_loses_nothing)
{
    struct blocked blocked = {0};
    struct sl_recorder_stats stats;
    struct sl_error err = {0};
    pthread_t thread;
    const char *path = recorder_rig_path();
    add_noise(&blocked.list, PAGES);
    cr_assert_eq(mkfifo(path, 0600), 0);
    int pipe = open(path, O_RDONLY | O_NONBLOCK);
    const struct sl_recorder_limits limits = {.max_backlog_bytes = BACKLOG};
    cr_assert_eq(sl_recorder_create(path, &slt_small_meta, &limits, &blocked.rec, &err), SL_OK,
                 "%s", err.message);
    cr_assert_eq(pthread_create(&thread, NULL, put_all, &blocked), 0);
    /* It takes what fits, then stands still. */
    uint64_t taken = wait_for_standstill(blocked.rec);
    sl_recorder_get_stats(blocked.rec, &stats);
    cr_assert_gt(stats.backlog_bytes, BACKLOG - 2 * 4096);
    cr_assert_leq(stats.backlog_bytes, BACKLOG);
    cr_assert_geq(taken, BACKLOG / 4096 * 9 / 10);
    cr_assert_lt(taken, PAGES);
    cr_assert_geq(stats.waits, 1);
    cr_assert_null(sl_recorder_error(blocked.rec));
    /* The disk recovers: all that was handed over is there. */
    unlink(path);
    cr_assert_eq(fcntl(pipe, F_SETFL, 0), 0);
    drain(pipe, path);
    close(pipe);
    pthread_join(thread, NULL);
    cr_assert_eq(blocked.status, SL_OK);
    sl_recorder_get_stats(blocked.rec, &stats);
    cr_assert_eq(stats.written_events, PAGES);
    cr_assert_gt(stats.wait_ns, 20 * 2000000);
    cr_assert_leq(stats.peak_backlog_bytes, BACKLOG);
    sl_recorder_destroy(blocked.rec);
    cr_assert_eq(recorder_rig_expect(path, &blocked.list, true), PAGES);
    slt_events_finish(&blocked.list);
    recorder_rig_finish();
}

Test(recorder_disk, a_reader_that_leaves_ends_the_recording)
{
    struct slt_events list = {0};
    struct sl_recorder *rec;
    struct sl_error err = {0};
    const char *path = recorder_rig_path();
    add_noise(&list, PAGES);
    cr_assert_eq(mkfifo(path, 0600), 0);
    int pipe = open(path, O_RDONLY | O_NONBLOCK);
    cr_assert_eq(sl_recorder_create(path, &slt_small_meta, NULL, &rec, &err), SL_OK);
    close(pipe);
    /* No SIGPIPE: the recorder's thread takes no signals. */
    recorder_rig_put_all(rec, &list, &err);
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_ERR_ENVIRONMENT);
    cr_assert_str_eq(err.rule, "host.file");
    cr_assert_not_null(strstr(sl_recorder_error(rec), "Broken pipe"));
    sl_recorder_destroy(rec);
    slt_events_finish(&list);
    recorder_rig_finish();
}

Test(recorder_disk, a_disk_without_room_for_a_header)
{
    struct sl_recorder *rec;
    struct sl_error err = {0};
    if (access("/dev/full", W_OK) != 0) {
        cr_skip_test("no /dev/full");
    }
    cr_assert_eq(sl_recorder_create("/dev/full", &slt_small_meta, NULL, &rec, &err),
                 SL_ERR_ENVIRONMENT);
    cr_assert_null(rec);
    cr_assert_eq(sl_recorder_open("/dev/full", "aerogpu", 0, NULL, &rec), SL_OK);
    cr_assert_eq(sl_recorder_reset(rec), SL_ERR_ENVIRONMENT);
    cr_assert_not_null(strstr(sl_recorder_error(rec), "/dev/full"));
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_ERR_ENVIRONMENT);
    sl_recorder_destroy(rec);
}

/* The size limit of a process stands in for a disk that fills up. */
Test(recorder_disk, a_disk_that_fills_up)
{
    struct slt_events list = {0};
    struct sl_recorder *rec;
    struct sl_error err = {0};
    struct sl_recorder_stats stats;
    const char *path = recorder_rig_path();
    add_noise(&list, PAGES);
    const struct rlimit limit = {1 << 20, 1 << 20};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct sl_recorder_limits limits = {.max_backlog_bytes = BACKLOG};
    cr_assert_eq(sl_recorder_create(path, &slt_small_meta, &limits, &rec, &err), SL_OK);
    cr_assert_eq(recorder_rig_put_all(rec, &list, &err), SL_ERR_ENVIRONMENT);
    cr_assert_str_eq(err.rule, "host.file");
    cr_assert_eq(sl_recorder_reset(rec), SL_ERR_ENVIRONMENT);
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_ERR_ENVIRONMENT);
    sl_recorder_get_stats(rec, &stats);
    cr_assert_eq(stats.is_full, 0);
    sl_recorder_destroy(rec);
    /* What was written before is an unfinished trace. */
    cr_assert_eq(recorder_rig_expect(path, &list, false), stats.written_events);
    cr_assert_gt(stats.written_events, 100);
    slt_events_finish(&list);
    recorder_rig_finish();
}

/* Puts until the trace is full and returns the size of the file; checks what is in it. */
static uint64_t record_up_to(const struct slt_events *list, uint64_t limit)
{
    struct sl_recorder *rec;
    struct sl_recorder_stats stats;
    struct sl_error err = {0};
    struct stat file;
    char path[] = "/tmp/recorder.XXXXXX";
    close(mkstemp(path));
    const struct sl_recorder_limits limits = {.max_trace_bytes = limit,
                                              .max_backlog_bytes = BACKLOG};
    cr_assert_eq(sl_recorder_create(path, &slt_small_meta, &limits, &rec, &err), SL_OK);
    enum sl_status status = recorder_rig_put_all(rec, list, &err);
    if (status != SL_OK) {
        cr_assert_eq(status, SL_ERR_UNSUPPORTED);
        cr_assert_str_eq(err.rule, "host.limit");
        cr_assert(sl_recorder_is_full(rec));
    }
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_OK);
    cr_assert_null(sl_recorder_error(rec));
    sl_recorder_get_stats(rec, &stats);
    sl_recorder_destroy(rec);
    cr_assert_eq(stats.is_full, stats.written_events < list->count);
    cr_assert_eq(recorder_rig_expect(path, list, true), stats.written_events);
    cr_assert_eq(stat(path, &file), 0);
    cr_assert_eq((uint64_t)file.st_size, stats.trace_bytes);
    cr_assert_leq((uint64_t)file.st_size, limit);
    unlink(path);
    return (uint64_t)file.st_size;
}

Test(recorder_disk, a_trace_ends_at_its_limit)
{
    struct slt_events list = {0};
    add_noise(&list, PAGES);
    for (uint64_t limit = 1000; limit < 4 << 20; limit = limit * 2 + 12345) {
        uint64_t size = record_up_to(&list, limit);
        cr_assert_gt(size + (256 << 10) + 4096, limit);
    }
    cr_assert_lt(record_up_to(&list, UINT64_C(1) << 40), 5 << 20);
    slt_events_finish(&list);
}

/* One event every 10 ms for ever; a byte through the pipe tells of each. */
static void record_for_ever(const char *path, int pipe)
{
    struct sl_recorder *rec;
    if (sl_recorder_open(path, "aerogpu", 0, NULL, &rec) != SL_OK) {
        _exit(1);
    }
    for (uint64_t i = 0;; i++) {
        if (sl_recorder_mmio_write(rec, SL_SPACE_BAR0, 0, 8, i) != SL_OK ||
            write(pipe, "x", 1) != 1) {
            _exit(1);
        }
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

Test(recorder_disk, a_killed_process_loses_the_last_second)
{
    struct sl_trace *trace;
    struct sl_event event;
    struct sl_error err = {0};
    const char *path = recorder_rig_path();
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        record_for_ever(path, pipes[1]);
    }
    close(pipes[1]);
    char byte;
    uint64_t told = 0;
    uint64_t old = 0; /* told long enough before the end, even on a busy machine */
    double start = now();
    while (now() < start + 2.7 && read(pipes[0], &byte, 1) == 1) {
        told++;
        old = now() < start + 1 ? told : old;
    }
    kill(child, SIGKILL);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s", err.message);
    cr_assert(sl_trace_is_truncated(trace));
    uint64_t count = sl_trace_event_count(trace);
    cr_assert(old > 0 && count >= old, "%lu events of %lu, %lu of them are old",
              (unsigned long)count, (unsigned long)told, (unsigned long)old);
    for (uint64_t i = 0; i < count; i++) {
        cr_assert_eq(sl_trace_next(trace, &event, &err), SL_OK);
        cr_assert_eq(event.u.mmio.value, i);
    }
    sl_trace_close(trace);
    close(pipes[0]);
    recorder_rig_finish();
}

Test(recorder_disk, without_finish_the_trace_is_unfinished)
{
    struct slt_events list = {0};
    struct sl_recorder *rec;
    struct sl_recorder_stats stats;
    struct sl_error err = {0};
    const char *path = recorder_rig_path();
    add_noise(&list, PAGES);
    cr_assert_eq(sl_recorder_create(path, &slt_small_meta, NULL, &rec, &err), SL_OK);
    cr_assert_eq(recorder_rig_put_all(rec, &list, &err), SL_OK);
    do {
        recorder_rig_pause();
        sl_recorder_get_stats(rec, &stats);
    } while (stats.written_events < PAGES);
    sl_recorder_destroy(rec);
    cr_assert_eq(recorder_rig_expect(path, &list, false), PAGES);
    slt_events_finish(&list);
    recorder_rig_finish();
}
