/*
 * Trimming each bundled trace to each of its frames. What comes out shows that frame, holds what it
 * expects, is not larger, and is the same each time.
 */
#include "../unit/fail_alloc.h"
#include "base/hash.h"
#include "capture/trim.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(trim, .timeout = 600);

/* Sanitizers make this ten times slower; then only some of the traces. */
#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 10, TRIES = 6 };
#else
enum { STRIDE = 1, TRIES = 12 };
#endif

enum { FRAMES_MAX = 64, SHARDS = 4 };

struct shown {
    uint64_t event;
    uint32_t width, height;
    struct sl_hash128 hash;
};

struct show {
    struct shown frames[FRAMES_MAX];
    size_t count;
    uint64_t event;
    unsigned broken;
};

static void on_capturing(void *data, uint64_t event, uint32_t scanout)
{
    (void)scanout;
    ((struct show *)data)->event = event;
}

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    struct show *show = data;
    (void)index;
    (void)name;
    (void)err;
    cr_assert_lt(show->count, FRAMES_MAX);
    show->frames[show->count++] =
        (struct shown){show->event, image->width, image->height,
                       sl_hash128(image->pixels, (size_t)image->width * image->height * 4)};
    return SL_OK;
}

static enum sl_status on_broken(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    (void)event;
    (void)text;
    (void)err;
    ((struct show *)data)->broken++;
    return SL_OK;
}

static void replay(struct sl_trace *trace, struct show *show)
{
    struct sl_replay_options options;
    struct sl_error err = {0};
    const struct sl_replay_callbacks callbacks = {
        .data = show, .frame = on_frame, .broken = on_broken, .capturing = on_capturing};
    *show = (struct show){0};
    sl_replay_options_defaults(&options);
    cr_assert_eq(sl_trace_seek(trace, 0, &err), SL_OK);
    cr_assert_eq(sl_replay_run(trace, &options, &callbacks, &err), SL_OK, "%s", err.message);
}

static void expect_frames(const char *what, const struct show *original, size_t index,
                          const struct show *trimmed)
{
    size_t next = 0;
    cr_assert_eq(trimmed->broken, 0, "%s", what);
    for (size_t i = 0; i < original->count; i++) {
        const struct shown *wanted = &original->frames[i];
        if (wanted->event != original->frames[index].event) {
            continue;
        }
        cr_assert_lt(next, trimmed->count, "%s", what);
        const struct shown *got = &trimmed->frames[next++];
        cr_assert(got->width == wanted->width && got->height == wanted->height &&
                      sl_hash128_equal(&got->hash, &wanted->hash),
                  "%s: frame %zu", what, i);
    }
    cr_assert_eq(next, trimmed->count, "%s", what);
}

/* A path that only this process has. */
static const char *own_path(char path[64], const char *name)
{
    snprintf(path, 64, "/tmp/scanlock-trim-%s.%ld.slt", name, (long)getpid());
    return path;
}

static uint64_t size_of(const char *path)
{
    struct stat file;
    cr_assert_eq(stat(path, &file), 0);
    return (uint64_t)file.st_size;
}

/* True if there was something to take away. */
static bool trim_to(struct sl_trace *trace, const char *what, const struct show *original,
                    size_t index)
{
    char path[64];
    char frames[24];
    struct sl_trim_result result;
    struct sl_error err = {0};
    snprintf(frames, sizeof(frames), "%zu", index);
    const struct sl_trim_options options = {.frames = frames, .tries_max = TRIES};
    enum sl_status status = sl_trim(trace, own_path(path, "a"), &options, &result, &err);
    if (status == SL_ERR_MISMATCH) {
        cr_assert_not_null(strstr(err.message, "bytes, more than"), "%s frame %zu: %s", what, index,
                           err.message);
        unlink(path);
        return false;
    }
    cr_assert_eq(status, SL_OK, "%s frame %zu: %s", what, index, err.message);
    cr_assert_leq(result.size_bytes, result.size_before_bytes, "%s", what);
    cr_assert_eq(result.size_bytes, size_of(path), "%s", what);
    struct sl_trace *trimmed;
    struct show show;
    cr_assert_eq(sl_trace_open(path, &trimmed, &err), SL_OK, "%s: %s", what, err.message);
    cr_assert_eq(sl_trace_event_count(trimmed), result.events, "%s", what);
    replay(trimmed, &show);
    expect_frames(what, original, index, &show);
    sl_trace_close(trimmed);
    unlink(path);
    return true;
}

static void trim_shard(size_t shard)
{
    glob_t found;
    size_t smaller = 0;
    cr_assert_eq(glob("traces/?gpu_*.yaml", 0, NULL, &found), 0);
    for (size_t i = shard * STRIDE; i < found.gl_pathc; i += (size_t)SHARDS * STRIDE) {
        struct sl_trace *trace;
        struct show original;
        struct sl_error err = {0};
        const char *path = found.gl_pathv[i];
        cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s: %s", path, err.message);
        replay(trace, &original);
        for (size_t k = 0; k < original.count; k++) {
            smaller += trim_to(trace, path, &original, k);
        }
        sl_trace_close(trace);
    }
    globfree(&found);
    cr_assert_gt(smaller, 0);
}

Test(trim, bundled_traces_1)
{
    trim_shard(0);
}

Test(trim, bundled_traces_2)
{
    trim_shard(1);
}

Test(trim, bundled_traces_3)
{
    trim_shard(2);
}

Test(trim, bundled_traces_4)
{
    trim_shard(3);
}

/*
 * Memory for anything may be missing; nobody crashes. A device without memory may tell its guest,
 * and show less, so that a frame is not there or another.
 */
static void fail_each(const char *text, const char *frames)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    char path[64];
    bool failed = true;
    cr_assert_eq(sl_trace_open(text, &trace, &err), SL_OK, "%s", err.message);
    const struct sl_trim_options options = {.frames = frames, .tries_max = 4};
    for (unsigned n = 1; failed; n++) {
        struct sl_trim_result result;
        err = (struct sl_error){0};
        fail_alloc_arm(n);
        enum sl_status status = sl_trim(trace, own_path(path, "b"), &options, &result, &err);
        failed = fail_alloc_disarm();
        if (!failed) {
            cr_assert_eq(status, SL_OK, "%s: %s", text, err.message);
        }
        cr_assert(status == SL_OK || status == SL_ERR_ENVIRONMENT || status == SL_ERR_MISMATCH ||
                      status == SL_ERR_USAGE,
                  "%s: allocation %u: %s", text, n, err.message);
        cr_assert(status != SL_OK || size_of(path) == result.size_bytes);
    }
    unlink(path);
    sl_trace_close(trace);
}

Test(trim, each_allocation)
{
    fail_each("traces/vgpu_flush_latched.yaml", "0,2");
    fail_each("traces/agpu_texture_mips.yaml", "5");
}
