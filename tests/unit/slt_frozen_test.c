/*
 * Old traces stay good: the files of tests/frozen, one folder per version of the format, still hold
 * the events that they were written with, and replay to the same frames and answers.
 */
#include "base/file.h"
#include "base/hash.h"
#include "slt_listing.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <inttypes.h>
#include <scanlock/replay.h>
#include <string.h>

TestSuite(slt_frozen, .timeout = 120);

#define ROOT "tests/frozen/"

static void read_file(const char *path, struct sl_buf *out)
{
    struct sl_error err = {0};
    cr_assert_eq(sl_file_read(path, 1 << 20, out, &err), SL_OK, "%s: %s", path, err.message);
}

/* Calls the function with the name of every frozen trace below ROOT, without ".slt". */
static void for_each_trace(void (*take)(const char *name))
{
    glob_t found;
    cr_assert_eq(glob(ROOT "slt-*/*.slt", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[256] = {0};
        const char *path = found.gl_pathv[i] + strlen(ROOT);
        size_t size = strlen(path) - strlen(".slt");
        cr_assert_lt(size, sizeof(name));
        memcpy(name, path, size);
        take(name);
    }
    globfree(&found);
}

/* The expected text beside a trace. */
static void read_beside(const char *name, const char *extension, struct sl_buf *out)
{
    struct sl_buf path = {0};
    sl_buf_printf(&path, ROOT "%s.%s", name, extension);
    read_file(sl_buf_cstr(&path), out);
    sl_buf_finish(&path);
}

static void compare(const char *name, const char *extension, struct sl_buf *actual)
{
    struct sl_buf expected = {0};
    read_beside(name, extension, &expected);
    cr_assert_str_eq(sl_buf_cstr(actual), sl_buf_cstr(&expected), "%s.%s", name, extension);
    sl_buf_finish(&expected);
}

static unsigned listed;

static void check_digest(const char *name)
{
    char hex[65];
    struct sl_buf file = {0};
    struct sl_buf line = {0};
    struct sl_buf sums = {0};
    read_beside(name, "slt", &file);
    sl_sha256_hex(file.data, file.size, NULL, 0, hex);
    sl_buf_printf(&line, "%s  %s.slt\n", hex, name);
    read_file(ROOT "SHA256SUMS", &sums);
    cr_assert_not_null(strstr(sl_buf_cstr(&sums), sl_buf_cstr(&line)), "%s.slt changed", name);
    listed++;
    sl_buf_finish(&sums);
    sl_buf_finish(&line);
    sl_buf_finish(&file);
}

Test(slt_frozen, the_files_are_as_they_were_written)
{
    for_each_trace(check_digest);
    struct sl_buf sums = {0};
    unsigned lines = 0;
    read_file(ROOT "SHA256SUMS", &sums);
    for (const char *at = sl_buf_cstr(&sums); (at = strchr(at, '\n')); at++) {
        lines++;
    }
    cr_assert_eq(listed, lines, "a file of the list is gone");
    sl_buf_finish(&sums);
}

static void check_events(const char *name)
{
    struct sl_buf path = {0};
    struct sl_buf events = {0};
    sl_buf_printf(&path, ROOT "%s.slt", name);
    slt_list_file(&events, sl_buf_cstr(&path));
    compare(name, "events", &events);
    sl_buf_finish(&events);
    sl_buf_finish(&path);
}

Test(slt_frozen, the_events_are_read_as_they_were_written)
{
    for_each_trace(check_events);
}

struct outcome {
    struct sl_buf frames;
    struct sl_buf transcript;
};

static enum sl_status take_frame(void *data, uint32_t index, const char *name,
                                 const struct sl_image *image, struct sl_error *err)
{
    (void)err;
    char hex[65];
    sl_image_digest(image, hex);
    sl_buf_printf(&((struct outcome *)data)->frames,
                  "%s  %" PRIu32 "  %" PRIu32 "x%" PRIu32 "  %s\n", hex, index, image->width,
                  image->height, name);
    return SL_OK;
}

static enum sl_status take_line(void *data, const char *text, struct sl_error *err)
{
    (void)err;
    sl_buf_printf(&((struct outcome *)data)->transcript, "%s\n", text);
    return SL_OK;
}

static enum sl_status refuse_broken(void *data, uint64_t event, const char *text,
                                    struct sl_error *err)
{
    (void)data;
    (void)err;
    cr_assert_fail("event %" PRIu64 ": %s", event, text);
    return SL_OK;
}

static void check_replay(const char *name)
{
    struct outcome outcome = {0};
    struct sl_trace *trace;
    struct sl_error err = {0};
    struct sl_replay_options options;
    struct sl_buf path = {0};
    const struct sl_replay_callbacks callbacks = {
        .data = &outcome, .frame = take_frame, .line = take_line, .broken = refuse_broken};
    sl_buf_printf(&path, ROOT "%s.slt", name);
    sl_replay_options_defaults(&options);
    cr_assert_eq(sl_trace_open(sl_buf_cstr(&path), &trace, &err), SL_OK, "%s", err.message);
    cr_assert_eq(sl_replay_run(trace, &options, &callbacks, &err), SL_OK, "%s: %s", name,
                 err.message);
    sl_trace_close(trace);
    compare(name, "frames", &outcome.frames);
    compare(name, "transcript", &outcome.transcript);
    sl_buf_finish(&outcome.frames);
    sl_buf_finish(&outcome.transcript);
    sl_buf_finish(&path);
}

Test(slt_frozen, they_replay_to_the_same_frames_and_answers)
{
    for_each_trace(check_replay);
}
