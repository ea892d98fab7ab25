/*
 * Looking changes nothing, and sees everything: for every bundled AeroGPU trace, watched replays
 * give the frames and lines of plain ones, and the values of a watched texel form a chain without
 * gaps that ends in the pixel that is shown.
 */
#include "../unit/fail_alloc.h"
#include "base/buf.h"
#include "replay/blame.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

TestSuite(inspection, .timeout = 300);

/* ---- looking changes nothing ---- */

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    (void)err;
    char hex[65];
    sl_image_digest(image, hex);
    sl_buf_printf(data, "%u %s %s\n", index, name, hex);
    return SL_OK;
}

static enum sl_status on_line(void *data, const char *text, struct sl_error *err)
{
    (void)err;
    sl_buf_printf(data, "%s\n", text);
    return SL_OK;
}

static enum sl_status on_command(void *data, uint64_t event, const struct sl_command *command,
                                 struct sl_error *err)
{
    (void)data;
    (void)event;
    (void)command;
    (void)err;
    return SL_OK;
}

static void on_texel(void *data, uint64_t event, const struct sl_texel_write *write)
{
    (void)data;
    (void)event;
    cr_assert_not_null(write->format);
}

static void replay(struct sl_trace *trace, uint64_t surface, struct sl_buf *out)
{
    struct sl_replay_options options;
    struct sl_error err = {0};
    sl_replay_options_defaults(&options);
    options.watched = (struct sl_texel){.surface = surface, .x = 3, .y = 3};
    struct sl_replay_callbacks callbacks = {.data = out, .frame = on_frame, .line = on_line};
    if (surface != 0) {
        callbacks.command = on_command;
        callbacks.texel = on_texel;
    }
    sl_buf_clear(out);
    cr_assert_eq(sl_trace_seek(trace, 0, &err), SL_OK);
    cr_assert_eq(sl_replay_run(trace, &options, &callbacks, &err), SL_OK, "%s", err.message);
}

static void look(struct sl_trace *trace, const char *path)
{
    struct sl_buf plain = {0};
    struct sl_buf watched = {0};
    replay(trace, 0, &plain);
    for (uint64_t surface = 1; surface <= 3; surface++) {
        replay(trace, surface, &watched);
        cr_assert(sl_buf_equal(&plain, &watched), "%s: surface %u", path, (unsigned)surface);
    }
    sl_buf_finish(&plain);
    sl_buf_finish(&watched);
}

/* ---- and sees everything ---- */

struct chain {
    const char *path;
    unsigned surfaces;
    uint64_t value; /* of the current surface */
    uint8_t rgba[4];
    uint8_t expected[4]; /* of the first surface at its end */
    bool checked;
    bool in_memory;
    uint64_t last_command;
};

static void on_blamed_frame(void *data, const struct sl_blame_frame *frame)
{
    struct chain *chain = data;
    memcpy(chain->expected, frame->rgba, 4);
    chain->in_memory = frame->source.in_memory;
}

static void on_shown(void *data, const struct sl_blame_place *place, const uint8_t before[4],
                     const uint8_t after[4])
{
    (void)data;
    (void)place;
    (void)before;
    (void)after;
}

static void check_end(struct chain *chain)
{
    if (chain->surfaces == 1 && !chain->in_memory) {
        cr_assert_arr_eq(chain->rgba, chain->expected, 4, "%s", chain->path);
        chain->checked = true;
    }
}

static void on_surface(void *data, const struct sl_texel *texel, uint32_t handle, uint64_t command)
{
    (void)handle;
    (void)command;
    struct chain *chain = data;
    cr_assert_neq(texel->surface, 0);
    check_end(chain);
    chain->surfaces++;
    chain->value = 0;
    chain->last_command = 0;
}

static void on_write(void *data, const struct sl_blame_place *place,
                     const struct sl_texel_write *write)
{
    struct chain *chain = data;
    cr_assert(place->in_command && place->command.index >= chain->last_command);
    cr_assert_eq(write->before, chain->value, "%s: command %u", chain->path,
                 (unsigned)place->command.index);
    if (write->fate != SL_TEXEL_WRITTEN) {
        cr_assert_eq(write->after, write->before, "%s", chain->path);
    }
    chain->value = write->after;
    chain->last_command = place->command.index;
    memcpy(chain->rgba, write->rgba_after, 4);
}

static bool follow(struct sl_trace *trace, const char *path, uint32_t at)
{
    struct chain chain = {.path = path};
    const struct sl_blame_callbacks callbacks = {
        .data = &chain,
        .frame = on_blamed_frame,
        .shown = on_shown,
        .surface = on_surface,
        .write = on_write,
    };
    struct sl_replay_options options;
    struct sl_error err = {0};
    sl_replay_options_defaults(&options);
    enum sl_status status = sl_blame(trace, &options, "0", at, at, &callbacks, &err);
    cr_assert(status == SL_OK || status == SL_ERR_USAGE, "%s: %s", path, err.message);
    if (status == SL_OK) {
        check_end(&chain);
    }
    return chain.checked;
}

Test(inspection, bundled_traces)
{
    glob_t found;
    unsigned followed = 0;
    cr_assert_eq(glob("traces/agpu_*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        struct sl_trace *trace;
        struct sl_error err = {0};
        cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s", err.message);
        if (sl_trace_event_count(trace) < 300) {
            look(trace, path);
            followed += follow(trace, path, 3);
            followed += follow(trace, path, 20);
        }
        sl_trace_close(trace);
    }
    cr_assert_gt(followed, 40);
    globfree(&found);
}

/* ---- without memory ---- */

static void ignore_frame(void *data, const struct sl_blame_frame *frame)
{
    (void)data;
    (void)frame;
}

static void ignore_surface(void *data, const struct sl_texel *texel, uint32_t handle,
                           uint64_t command)
{
    (void)data;
    (void)texel;
    (void)handle;
    (void)command;
}

static void count_write(void *data, const struct sl_blame_place *place,
                        const struct sl_texel_write *write)
{
    (void)place;
    (void)write;
    ++*(unsigned *)data;
}

static void count_line(void *data, const char *text)
{
    (void)text;
    ++*(unsigned *)data;
}

static enum sl_status describe_end(void *data, uint64_t event, const struct sl_command *next,
                                   struct sl_target *target, struct sl_error *err)
{
    (void)event;
    (void)next;
    return target->impl->describe(target, count_line, data, err);
}

/* Blames a pixel, stops before a command and describes it; returns what it listed. */
static unsigned ask(struct sl_trace *trace, enum sl_status *status, struct sl_error *err)
{
    unsigned count = 0;
    struct sl_replay_options options;
    const struct sl_blame_callbacks blamed = {
        .data = &count,
        .frame = ignore_frame,
        .shown = on_shown,
        .surface = ignore_surface,
        .write = count_write,
    };
    const struct sl_replay_callbacks stopped = {.data = &count, .ended = describe_end};
    sl_replay_options_defaults(&options);
    *status = sl_blame(trace, &options, "drawn", 1, 1, &blamed, err);
    options.until_command = 27;
    if (*status == SL_OK) {
        *status = sl_trace_seek(trace, 0, err);
    }
    if (*status == SL_OK) {
        *status = sl_replay_run(trace, &options, &stopped, err);
    }
    return count;
}

/* A failure is reported, or the guest was told and its picture is another one. */
Test(inspection, each_allocation_fails)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    enum sl_status status;
    bool failed = true;
    cr_assert_eq(sl_trace_open("tests/cli/blame_trace.yaml", &trace, &err), SL_OK);
    unsigned want = ask(trace, &status, &err);
    cr_assert_eq(status, SL_OK);
    for (unsigned n = 1; failed; n++) {
        fail_alloc_arm(n);
        unsigned got = ask(trace, &status, &err);
        failed = fail_alloc_disarm();
        cr_assert(status == SL_OK || status == SL_ERR_ENVIRONMENT || status == SL_ERR_USAGE);
        cr_assert(failed || (status == SL_OK && got == want), "allocation %u", n);
    }
    sl_trace_close(trace);
}

/* ---- structs around commands ---- */

static void on_structure(void *data, uint64_t event, const char *name, const uint8_t *bytes,
                         size_t size)
{
    cr_assert_not_null(bytes);
    sl_buf_printf(data, "%u %s %zu\n", (unsigned)event, name, size);
}

/* The ring once per doorbell, the table before the descriptor that needs it; bad ones never. */
Test(inspection, structs_that_were_found_good)
{
    static const char expected[] = "17 aerogpu_ring_header 64\n"
                                   "17 aerogpu_alloc_table_header 24\n"
                                   "17 aerogpu_alloc_entry 32\n"
                                   "17 aerogpu_alloc_entry 32\n"
                                   "17 aerogpu_submit_desc 64\n"
                                   "17 aerogpu_cmd_stream_header 24\n"
                                   "23 aerogpu_ring_header 64\n"
                                   "23 aerogpu_alloc_table_header 24\n"
                                   "23 aerogpu_alloc_entry 32\n"
                                   "23 aerogpu_submit_desc 64\n"
                                   "23 aerogpu_cmd_stream_header 24\n";
    static const char last_is_good[] = "39 aerogpu_ring_header 64\n"
                                       "39 aerogpu_submit_desc 64\n";
    static const char *const paths[] = {"traces/agpu_submit_sizes.yaml",
                                        "traces/agpu_ring_bad_header.yaml"};
    struct sl_buf seen[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        struct sl_trace *trace;
        struct sl_replay_options options;
        struct sl_error err = {0};
        const struct sl_replay_callbacks callbacks = {.data = &seen[i], .structure = on_structure};
        sl_replay_options_defaults(&options);
        cr_assert_eq(sl_trace_open(paths[i], &trace, &err), SL_OK, "%s", err.message);
        cr_assert_eq(sl_replay_run(trace, &options, &callbacks, &err), SL_OK, "%s", err.message);
        sl_trace_close(trace);
    }
    cr_assert_str_eq(sl_buf_cstr(&seen[0]), expected);
    cr_assert_str_eq(sl_buf_cstr(&seen[1]), last_is_good);
    sl_buf_finish(&seen[0]);
    sl_buf_finish(&seen[1]);
}
