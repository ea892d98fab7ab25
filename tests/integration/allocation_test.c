/*
 * Every allocation of whole replays fails once. A replay may then end as the environment's fault,
 * or the device may tell its guest; it never crashes, leaks or goes on as if nothing had happened.
 */
#include "base/buf.h"
#include "base/status.h"
#include "../unit/fail_alloc.h"

#include <scanlock/replay.h>

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(allocation);

static enum sl_status on_line(void *data, const char *text, struct sl_error *err)
{
    struct sl_buf *transcript = data;
    sl_buf_printf(transcript, "%s\n", text);
    return transcript->failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status replay(struct sl_trace *trace, struct sl_buf *transcript,
                             struct sl_error *err)
{
    struct sl_replay_options options;
    struct sl_replay_callbacks callbacks = {.data = transcript, .line = on_line};
    sl_replay_options_defaults(&options);
    sl_buf_clear(transcript);
    return sl_replay_run(trace, &options, &callbacks, err);
}

/* Each failure is ENVIRONMENT, or shows: the transcript differs from that of an untroubled run. */
static void fail_each(const char *path)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    struct sl_buf want = {0};
    struct sl_buf got = {0};
    bool failed = true;
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s: %s", path, err.message);
    cr_assert_eq(replay(trace, &want, &err), SL_OK, "%s: %s", path, err.message);
    for (unsigned n = 1; failed; n++) {
        cr_assert_eq(sl_trace_seek(trace, 0, NULL), SL_OK);
        err = (struct sl_error){0};
        fail_alloc_arm(n);
        enum sl_status status = replay(trace, &got, &err);
        failed = fail_alloc_disarm();
        bool same = sl_buf_equal(&got, &want);
        if (status == SL_OK) {
            cr_assert(same || failed, "%s: allocation %u", path, n);
        } else {
            cr_assert_eq(status, SL_ERR_ENVIRONMENT, "%s: allocation %u: %s", path, n, err.message);
            cr_assert(failed, "%s: allocation %u: %s", path, n, err.message);
        }
    }
    sl_buf_finish(&want);
    sl_buf_finish(&got);
    sl_trace_close(trace);
}

Test(allocation, of_replays_of_virtio_gpu)
{
    fail_each("traces/vgpu_attach_scattered.yaml");
    fail_each("traces/vgpu_blob.yaml");
    fail_each("traces/vgpu_cursor_bad.yaml");
    fail_each("traces/vgpu_flush_latched.yaml");
    fail_each("traces/vgpu_requests_odd.yaml");
    fail_each("traces/vgpu_scanout_mirror.yaml");
}

Test(allocation, of_replays_of_aerogpu)
{
    fail_each("traces/agpu_clear_targets.yaml");
    fail_each("traces/agpu_copy_texture.yaml");
    fail_each("traces/agpu_cursor.yaml");
    fail_each("traces/agpu_guest_backed.yaml");
    fail_each("traces/agpu_shared_surfaces.yaml");
    fail_each("traces/agpu_state.yaml");
    fail_each("traces/agpu_constants.yaml");
    fail_each("traces/agpu_views.yaml");
}

/* Opening reads, parses and lowers the text. */
Test(allocation, of_opening_text)
{
    static const char *const paths[] = {"traces/vgpu_unknown_commands.yaml",
                                        "traces/agpu_contexts.yaml"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        bool failed = true;
        for (unsigned n = 1; failed; n++) {
            struct sl_trace *trace;
            struct sl_error err = {0};
            fail_alloc_arm(n);
            enum sl_status status = sl_trace_open(paths[i], &trace, &err);
            failed = fail_alloc_disarm();
            cr_assert_eq(status, failed && status != SL_OK ? SL_ERR_ENVIRONMENT : SL_OK,
                         "%s: allocation %u: %s", paths[i], n, err.message);
            cr_assert_eq(trace == NULL, status != SL_OK);
            sl_trace_close(trace);
        }
    }
}
