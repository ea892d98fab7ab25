/*
 * What recording costs the emulator, and how fast the recorder's thread gets rid of it.
 *
 * put-small: sl_recorder_put() of a register write from one thread, against taking a lock, copying
 * as many bytes and giving it back. hand-over: pages and whole frames of a changing desktop, while
 * the recorder's thread compresses what came before, against memcpy() of as many bytes into memory
 * that is in use already; both fit the backlog, so that nobody waits. compress: the same frames
 * from the first put to the end of finish, against the trace writer called directly, without
 * threads. Several rounds in turn; the best of each counts.
 *
 * Prints rows: name, ours, reference, ratio, target.
 */
#include "desktop_scene.h"

#include <pthread.h>
#include <scanlock/record.h>
#include <scanlock/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, ROUNDS = 5, FRAMES = 24, SMALL = 1 << 20, RECORD = sizeof(struct sl_event) };

static const struct sl_trace_meta meta = {
    .device = "virtio-gpu", .profile = "", .producer = "bench", .provenance = ""};

static uint8_t *frames[FRAMES];
static char path[] = "/tmp/bench_record.XXXXXX";

static void die(const char *what, const struct sl_error *err)
{
    fprintf(stderr, "bench_record: %s: %s\n", what, err ? err->message : "failed");
    unlink(path);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct sl_recorder *start(void)
{
    /* Room for all that is handed over at once. */
    const struct sl_recorder_limits limits = {.max_backlog_bytes = UINT64_C(1) << 30};
    struct sl_recorder *rec;
    struct sl_error err = {0};
    if (sl_recorder_create(path, &meta, &limits, &rec, &err) != SL_OK) {
        die(path, &err);
    }
    return rec;
}

static void end(struct sl_recorder *rec)
{
    struct sl_error err = {0};
    struct sl_recorder_stats stats;
    if (sl_recorder_finish(rec, &err) != SL_OK) {
        die("finish", &err);
    }
    sl_recorder_get_stats(rec, &stats);
    if (stats.waits > 0) {
        die("somebody waited", NULL);
    }
    sl_recorder_destroy(rec);
}

static double put_small(void)
{
    struct sl_recorder *rec = start();
    double begin = now();
    for (uint64_t i = 0; i < SMALL; i++) {
        if (sl_recorder_mmio_write(rec, SL_SPACE_BAR0, 0x200, 4, i) != SL_OK) {
            die(sl_recorder_error(rec), NULL);
        }
    }
    double time = now() - begin;
    end(rec);
    return time;
}

static double copy_small(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    uint8_t *to = malloc((size_t)SMALL * RECORD);
    struct sl_event event = {.type = SL_EVENT_MMIO};
    if (!to) {
        die("malloc", NULL);
    }
    memset(to, 1, (size_t)SMALL * RECORD);
    double begin = now();
    for (uint64_t i = 0; i < SMALL; i++) {
        event.u.mmio.value = i;
        pthread_mutex_lock(&mutex);
        memcpy(to + i * RECORD, &event, RECORD);
        pthread_mutex_unlock(&mutex);
    }
    double time = now() - begin;
    time += to[SMALL] == 255 ? 1e-9 : 0; /* somebody looks at it */
    free(to);
    return time;
}

/* Hands over all frames in pieces of so many bytes; how long puts took, and until the end. */
static void put_frames(size_t piece, double *put, double *all)
{
    struct sl_recorder *rec = start();
    double begin = now();
    for (size_t f = 0; f < FRAMES; f++) {
        for (size_t at = 0; at < DESKTOP_SIZE; at += piece) {
            if (sl_recorder_memory(rec, (UINT64_C(1) << 28) + at, frames[f] + at, piece) != SL_OK) {
                die(sl_recorder_error(rec), NULL);
            }
        }
    }
    *put = now() - begin;
    end(rec);
    *all = now() - begin;
}

/* The same through the writer, with nothing between. */
static double write_frames(size_t piece)
{
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    double begin = now();
    enum sl_status status = sl_trace_writer_create(path, &meta, &writer, &err);
    for (size_t i = 0; i < FRAMES * (DESKTOP_SIZE / piece) && status == SL_OK; i++) {
        size_t at = i * piece % DESKTOP_SIZE;
        struct sl_event event = {.type = SL_EVENT_MEM};
        event.u.mem.gpa = (UINT64_C(1) << 28) + at;
        event.u.mem.bytes = frames[i * piece / DESKTOP_SIZE] + at;
        event.u.mem.size = piece;
        status = sl_trace_writer_put(writer, &event, &err);
    }
    if (status != SL_OK || sl_trace_writer_finish(writer, &err) != SL_OK) {
        die("writer", &err);
    }
    sl_trace_writer_destroy(writer);
    return now() - begin;
}

static double copy_frames(size_t piece, uint8_t *to)
{
    double begin = now();
    for (size_t f = 0; f < FRAMES; f++) {
        for (size_t at = 0; at < DESKTOP_SIZE; at += piece) {
            memcpy(to + f * DESKTOP_SIZE + at, frames[f] + at, piece);
        }
    }
    return now() - begin;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void bench_small(void)
{
    double ours = 1e9;
    double reference = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        ours = least(ours, put_small());
        reference = least(reference, copy_small());
    }
    printf("record-put-small  %.0f ns  %.0f ns  %.2f  0.10\n", ours / SMALL * 1e9,
           reference / SMALL * 1e9, reference / ours);
}

static void bench_frames(const char *name, size_t piece)
{
    const double megabytes = (double)FRAMES * DESKTOP_SIZE / 1e6;
    double put = 1e9;
    double all = 1e9;
    double copied = 1e9;
    double written = 1e9;
    uint8_t *to = malloc((size_t)FRAMES * DESKTOP_SIZE);
    if (!to) {
        die("malloc", NULL);
    }
    memset(to, 1, (size_t)FRAMES * DESKTOP_SIZE);
    for (int round = 0; round < ROUNDS; round++) {
        double one_put;
        double one_all;
        put_frames(piece, &one_put, &one_all);
        put = least(put, one_put);
        all = least(all, one_all);
        copied = least(copied, copy_frames(piece, to));
        written = least(written, write_frames(piece));
    }
    free(to);
    printf("record-put-%s  %.0f MB/s  %.0f MB/s  %.2f  0.10\n", name, megabytes / put,
           megabytes / copied, copied / put);
    printf("record-compress-%s  %.0f MB/s  %.0f MB/s  %.2f  0.70\n", name, megabytes / all,
           megabytes / written, written / all);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0) {
        die(path, NULL);
    }
    close(fd);
    for (unsigned f = 0; f < FRAMES; f++) {
        frames[f] = malloc(DESKTOP_SIZE);
        if (!frames[f]) {
            die("malloc", NULL);
        }
        desktop_draw(frames[f], f);
    }
    bench_small();
    bench_frames("pages", PAGE);
    bench_frames("frames", DESKTOP_SIZE);
    for (unsigned f = 0; f < FRAMES; f++) {
        free(frames[f]);
    }
    unlink(path);
    return 0;
}
