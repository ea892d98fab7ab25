/* What a recorder takes comes back in order, whoever hands it over and through whichever calls. */
#include "recorder_rig.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <scanlock/image.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(recorder, .timeout = 120);

Test(recorder, events_come_back_as_they_were)
{
    for (uint64_t number = 0; number < 4; number++) {
        struct slt_events list = {0};
        struct sl_recorder *rec;
        struct sl_error err = {0};
        char name[] = "/tmp/recorder.XXXXXX";
        close(mkstemp(name));
        slt_events_every_type(&list);
        slt_events_random(&list, number, 400);
        /* The smaller backlogs hold less than the largest events and make every put wait. */
        const struct sl_recorder_limits limits = {.max_backlog_bytes = number << (8 * number)};
        cr_assert_eq(sl_recorder_create(name, &slt_full_meta, &limits, &rec, &err), SL_OK);
        cr_assert_eq(recorder_rig_put_all(rec, &list, &err), SL_OK, "%s", err.message);
        cr_assert_eq(sl_recorder_finish(rec, &err), SL_OK, "%s", err.message);
        sl_recorder_destroy(rec);
        cr_assert_eq(recorder_rig_expect(name, &list, true), list.count);
        unlink(name);
        slt_events_finish(&list);
    }
}

Test(recorder, metadata_is_in_the_file)
{
    struct sl_recorder *rec;
    struct sl_trace *trace;
    struct sl_error err = {0};
    const char *path = recorder_rig_path();
    cr_assert_eq(sl_recorder_open(path, "virtio-gpu", 7, "qemu72", &rec), SL_OK);
    cr_assert_eq(sl_recorder_set_option(rec, "scanouts", "2"), SL_OK);
    cr_assert_eq(sl_recorder_set_option(rec, "edid", "on"), SL_OK);
    cr_assert_eq(sl_recorder_add_ram(rec, 0, 0xA0000), SL_OK);
    cr_assert_eq(sl_recorder_add_ram(rec, 0x100000, 0x7FF00000), SL_OK);
    cr_assert_eq(sl_recorder_describe(rec, "unit test", NULL), SL_OK);
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_OK, "%s", err.message);
    sl_recorder_destroy(rec);
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s", err.message);
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    cr_assert_str_eq(meta->device, "virtio-gpu");
    cr_assert_str_eq(meta->profile, "qemu72");
    cr_assert_str_eq(meta->producer, "unit test");
    cr_assert_str_eq(meta->provenance, "");
    cr_assert_eq(meta->abi_version, 7);
    cr_assert_eq(meta->option_count, 2);
    cr_assert_str_eq(meta->options[0].name, "edid");
    cr_assert_str_eq(meta->options[1].value, "2");
    cr_assert_eq(meta->ram_count, 2);
    cr_assert_eq(meta->ram[1].gpa, 0x100000);
    cr_assert_eq(meta->ram[1].size, 0x7FF00000);
    cr_assert_eq(sl_trace_event_count(trace), 0);
    sl_trace_close(trace);
    recorder_rig_finish();
}

static const uint8_t some_bytes[] = {1, 2, 3, 4, 5};
static const struct sl_ram_region some_ram[] = {{0, 0xA0000}, {0x100000, 0x100000}};

/* Two pixels, and their XXH3-128. */
static const uint8_t some_pixels[] = {255, 0, 0, 255, 0, 0, 255, 255};
static const uint8_t some_hash[] = {0x15, 0x50, 0xC6, 0x25, 0xD7, 0x63, 0x2C, 0x0F,
                                    0x9B, 0xC3, 0x55, 0xE5, 0xF5, 0xE5, 0xC7, 0x70};

/* What the calls below must have recorded, in their order. */
static const struct sl_event expected_events[] = {
    {.type = SL_EVENT_MEM, .u.mem = {0x123456789A, some_bytes, sizeof(some_bytes)}},
    {.type = SL_EVENT_MMIO, .u.mmio = {SL_SPACE_BAR1, 4, false, true, 0x18, 0xCAFEF00D}},
    {.type = SL_EVENT_MMIO, .u.mmio = {SL_SPACE_CONFIG, 2, true, false, 4, 0}},
    {.type = SL_EVENT_MMIO, .u.mmio = {SL_SPACE_BAR0, 8, true, true, 0x20, UINT64_MAX}},
    {.type = SL_EVENT_NOTIFY, .u.notify_queue = 1},
    {.type = SL_EVENT_VRING, .u.vring = {1, 64, 0x10000, 0x11000, 0x12000, 7}},
    {.type = SL_EVENT_RAM, .u.ram = {some_ram, 2}},
    {.type = SL_EVENT_RAM, .u.ram = {NULL, 0}},
    {.type = SL_EVENT_FEATURES, .u.features = 0x100000003},
    {.type = SL_EVENT_VBLANK, .u.vblank = {2, 16666667}},
    {.type = SL_EVENT_DISPLAY, .u.display = {15, 1920, 1080}},
    {.type = SL_EVENT_RESET},
    {.type = SL_EVENT_EXPECT, .u.expect = {SL_OBS_RESPONSE, 1, 9, 0, some_bytes, 5}},
    {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_RESPONSE, .queue = 1, .head = 10}},
    {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_USED, .queue = 1, .head = 9, .value = 5}},
    {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_IRQ, .queue = SL_IRQ_INTX, .value = 1}},
    {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 0x100000002}},
    {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_ERROR, .value = 3}},
    {.type = SL_EVENT_NOTE, .u.text = {"caf\xC3\xA9", 5, NULL, 0}},
    {.type = SL_EVENT_ATTACH, .u.text = {"log", 3, some_bytes, sizeof(some_bytes)}},
    {.type = SL_EVENT_FRAME, .u.text = {"done", 4, NULL, 0}},
    {.type = SL_EVENT_EXPECT,
     .u.expect = {SL_OBS_FRAME, 1, 0, UINT64_C(2) << 32 | 1, some_hash, sizeof(some_hash)}},
    {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FRAME, .queue = 2}},
};

static void make_calls(struct sl_recorder *rec)
{
    const enum sl_status statuses[] = {
        sl_recorder_memory(rec, 0x123456789A, some_bytes, sizeof(some_bytes)),
        sl_recorder_mmio_write(rec, SL_SPACE_BAR1, 0x18, 4, 0xCAFEF00D),
        sl_recorder_mmio_read(rec, SL_SPACE_CONFIG, 4, 2),
        sl_recorder_mmio_read_value(rec, SL_SPACE_BAR0, 0x20, 8, UINT64_MAX),
        sl_recorder_notify(rec, 1),
        sl_recorder_vring(rec, 1, 64, 0x10000, 0x11000, 0x12000, 7),
        sl_recorder_ram(rec, some_ram, 2),
        sl_recorder_ram(rec, some_ram, 0),
        sl_recorder_features(rec, 0x100000003),
        sl_recorder_vblank(rec, 2, 16666667),
        sl_recorder_display(rec, 15, 1920, 1080),
        sl_recorder_reset(rec),
        sl_recorder_expect_response(rec, 1, 9, some_bytes, sizeof(some_bytes)),
        sl_recorder_expect_response(rec, 1, 10, NULL, 0),
        sl_recorder_expect_used(rec, 1, 9, 5),
        sl_recorder_expect_irq(rec, SL_IRQ_INTX, 1),
        sl_recorder_expect_fence(rec, 0x100000002),
        sl_recorder_expect_error(rec, 3),
        sl_recorder_note(rec, "caf\xC3\xA9"),
        sl_recorder_attach(rec, "log", some_bytes, sizeof(some_bytes)),
        sl_recorder_frame(rec, "done"),
        sl_recorder_expect_frame(rec, 1, 2, 1, some_pixels),
        sl_recorder_expect_frame(rec, 2, 0, 0, NULL),
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        cr_assert_eq(statuses[i], SL_OK, "call %zu: %s", i, sl_recorder_error(rec));
    }
}

Test(recorder, calls_without_structs_are_the_same_events)
{
    struct slt_events list = {0};
    struct sl_recorder *rec;
    const char *path = recorder_rig_path();
    for (size_t i = 0; i < sizeof(expected_events) / sizeof(expected_events[0]); i++) {
        slt_events_add(&list, &expected_events[i]);
    }
    cr_assert_eq(sl_recorder_open(path, "aerogpu", 0, NULL, &rec), SL_OK);
    make_calls(rec);
    cr_assert_eq(sl_recorder_finish(rec, NULL), SL_OK);
    cr_assert_null(sl_recorder_error(rec));
    sl_recorder_destroy(rec);
    cr_assert_eq(recorder_rig_expect(path, &list, true), list.count);
    slt_events_finish(&list);
    recorder_rig_finish();
}

Test(recorder, counts_what_it_takes)
{
    struct sl_recorder *rec;
    struct sl_recorder_stats stats;
    struct sl_buf file = {0};
    const char *path = recorder_rig_path();
    cr_assert_eq(sl_recorder_open(path, "aerogpu", 0, NULL, &rec), SL_OK);
    make_calls(rec);
    cr_assert_eq(sl_recorder_finish(rec, NULL), SL_OK);
    sl_recorder_get_stats(rec, &stats);
    recorder_rig_load(path, &file);
    cr_assert_eq(stats.events, 23);
    cr_assert_eq(stats.written_events, 23);
    cr_assert_eq(stats.frames, 1);
    cr_assert_eq(stats.payload_bytes, 3 * sizeof(some_bytes) + 5 + 4 + sizeof(some_hash));
    cr_assert_eq(stats.trace_bytes, file.size);
    cr_assert_eq(stats.backlog_bytes, 0);
    cr_assert_eq(sl_recorder_backlog_bytes(rec), 0);
    cr_assert_gt(stats.peak_backlog_bytes, 23 * 8);
    cr_assert_eq(stats.waits | stats.wait_ns | stats.is_full, 0);
    sl_recorder_destroy(rec);
    sl_buf_finish(&file);
    recorder_rig_finish();
}

/* Threads that record in turns, and threads that just record. */

enum { THREADS = 4, ROUNDS = 3000 };

struct player {
    struct sl_recorder *rec;
    pthread_mutex_t *device; /* held around an access and its recording; NULL = each on its own */
    uint64_t *accesses;
    uint64_t number;
    pthread_t thread;
};

static void *play(void *argument)
{
    struct player *player = argument;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t value = i;
        if (player->device) {
            pthread_mutex_lock(player->device);
            value = (*player->accesses)++;
        }
        if (sl_recorder_mmio_write(player->rec, SL_SPACE_BAR0, player->number, 8, value) != SL_OK) {
            return argument;
        }
        if (player->device) {
            pthread_mutex_unlock(player->device);
        }
    }
    return NULL;
}

static void play_all(const char *path, pthread_mutex_t *device)
{
    uint64_t accesses = 0;
    struct player players[THREADS];
    struct sl_recorder *rec;
    cr_assert_eq(sl_recorder_open(path, "aerogpu", 0, NULL, &rec), SL_OK);
    cr_assert_eq(sl_recorder_set_limits(rec, 0, 4096), SL_OK);
    for (uint64_t i = 0; i < THREADS; i++) {
        players[i] = (struct player){rec, device, &accesses, i, 0};
        cr_assert_eq(pthread_create(&players[i].thread, NULL, play, &players[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(players[i].thread, &failed);
        cr_assert_null(failed, "thread %zu", i);
    }
    cr_assert_eq(sl_recorder_finish(rec, NULL), SL_OK);
    sl_recorder_destroy(rec);
}

Test(recorder, the_order_is_that_of_the_lock_around_it)
{
    pthread_mutex_t device = PTHREAD_MUTEX_INITIALIZER;
    struct sl_trace *trace;
    struct sl_event event;
    const char *path = recorder_rig_path();
    play_all(path, &device);
    cr_assert_eq(sl_trace_open(path, &trace, NULL), SL_OK);
    for (uint64_t i = 0; i < THREADS * ROUNDS; i++) {
        cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
        cr_assert_eq(event.u.mmio.value, i);
    }
    sl_trace_close(trace);
    recorder_rig_finish();
}

Test(recorder, each_thread_keeps_its_order)
{
    struct sl_trace *trace;
    struct sl_event event;
    uint64_t next[THREADS] = {0};
    const char *path = recorder_rig_path();
    play_all(path, NULL);
    cr_assert_eq(sl_trace_open(path, &trace, NULL), SL_OK);
    cr_assert_eq(sl_trace_event_count(trace), THREADS * ROUNDS);
    for (uint64_t i = 0; i < THREADS * ROUNDS; i++) {
        cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
        cr_assert_lt(event.u.mmio.offset, THREADS);
        cr_assert_eq(event.u.mmio.value, next[event.u.mmio.offset]++);
    }
    sl_trace_close(trace);
    recorder_rig_finish();
}

/* Failures */

Test(recorder, the_first_failure_ends_a_recording_without_a_hole)
{
    struct slt_events list = {0};
    struct sl_recorder *rec;
    struct sl_error err = {0};
    const char *path = recorder_rig_path();
    slt_events_every_type(&list);
    cr_assert_eq(sl_recorder_create(path, &slt_full_meta, NULL, &rec, &err), SL_OK);
    cr_assert_eq(recorder_rig_put_all(rec, &list, &err), SL_OK);
    cr_assert_null(sl_recorder_error(rec));
    cr_assert_eq(sl_recorder_mmio_write(rec, SL_SPACE_BAR0, 0, 2, 0x10000), SL_ERR_USAGE);
    cr_assert_not_null(strstr(sl_recorder_error(rec), "wider than the access"));
    cr_assert_not_null(strstr(sl_recorder_error(rec), path));
    cr_assert_eq(sl_recorder_reset(rec), SL_ERR_USAGE);
    cr_assert_eq(sl_recorder_put(rec, &list.events[0], &err), SL_ERR_USAGE);
    cr_assert_str_eq(err.rule, "slt.event.field");
    cr_assert(err.has_event && err.event == list.count);
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_ERR_USAGE);
    cr_assert_str_eq(err.rule, "slt.event.field");
    sl_recorder_destroy(rec);
    cr_assert_eq(recorder_rig_expect(path, &list, true), list.count);
    slt_events_finish(&list);
    recorder_rig_finish();
}

static void expect_refusal(enum sl_status (*call)(struct sl_recorder *rec), enum sl_status status,
                           const char *words)
{
    struct sl_recorder *rec;
    cr_assert_eq(sl_recorder_open("/dev/null", "aerogpu", 0, NULL, &rec), SL_OK);
    cr_assert_eq(call(rec), status, "%s", words);
    cr_assert_not_null(sl_recorder_error(rec));
    cr_assert_not_null(strstr(sl_recorder_error(rec), words), "%s", sl_recorder_error(rec));
    cr_assert_eq(sl_recorder_finish(rec, NULL), status);
    sl_recorder_destroy(rec);
}

static enum sl_status odd_access(struct sl_recorder *rec)
{
    return sl_recorder_mmio_read(rec, SL_SPACE_BAR0, 0, 260);
}

static enum sl_status odd_space(struct sl_recorder *rec)
{
    return sl_recorder_mmio_read(rec, 0x100, 0, 4);
}

static enum sl_status no_bytes(struct sl_recorder *rec)
{
    return sl_recorder_memory(rec, 0, some_bytes, 0);
}

static enum sl_status bytes_at_null(struct sl_recorder *rec)
{
    return sl_recorder_memory(rec, 0, NULL, 5);
}

static enum sl_status ram_at_null(struct sl_recorder *rec)
{
    return sl_recorder_ram(rec, NULL, 1);
}

static enum sl_status pixels_at_null(struct sl_recorder *rec)
{
    return sl_recorder_expect_frame(rec, 0, 2, 1, NULL);
}

static enum sl_status huge_frame(struct sl_recorder *rec)
{
    return sl_recorder_expect_frame(rec, 0, SL_IMAGE_DIM_MAX + 1, 1, some_pixels);
}

static enum sl_status too_many_bytes(struct sl_recorder *rec)
{
    return sl_recorder_memory(rec, 0, some_bytes, (size_t)1 << 29);
}

static enum sl_status bad_text(struct sl_recorder *rec)
{
    return sl_recorder_frame(rec, "\xC0\x80");
}

static enum sl_status late_option(struct sl_recorder *rec)
{
    cr_assert_eq(sl_recorder_reset(rec), SL_OK);
    return sl_recorder_set_option(rec, "a", "b");
}

static enum sl_status twice_an_option(struct sl_recorder *rec)
{
    cr_assert_eq(sl_recorder_set_option(rec, "a", "b"), SL_OK);
    cr_assert_eq(sl_recorder_set_option(rec, "a", "b"), SL_OK);
    return sl_recorder_reset(rec);
}

static enum sl_status odd_ram(struct sl_recorder *rec)
{
    cr_assert_eq(sl_recorder_add_ram(rec, 0x800, 0x1000), SL_OK);
    return sl_recorder_reset(rec);
}

static enum sl_status small_limit(struct sl_recorder *rec)
{
    cr_assert_eq(sl_recorder_set_limits(rec, 100, 0), SL_OK);
    return sl_recorder_reset(rec);
}

Test(recorder, calls_that_no_trace_can_hold)
{
    expect_refusal(odd_access, SL_ERR_USAGE, "access of 0 bytes");
    expect_refusal(odd_space, SL_ERR_USAGE, "unknown address space 256");
    expect_refusal(no_bytes, SL_ERR_USAGE, "empty");
    expect_refusal(bytes_at_null, SL_ERR_USAGE, "bytes at NULL");
    expect_refusal(ram_at_null, SL_ERR_USAGE, "bytes at NULL");
    expect_refusal(pixels_at_null, SL_ERR_USAGE, "frame of 2x1");
    expect_refusal(huge_frame, SL_ERR_USAGE, "frame of 16385x1");
    expect_refusal(too_many_bytes, SL_ERR_UNSUPPORTED, "limit 268435456");
    expect_refusal(bad_text, SL_ERR_USAGE, "not UTF-8");
    expect_refusal(late_option, SL_ERR_USAGE, "after the first event");
    expect_refusal(twice_an_option, SL_ERR_USAGE, "option");
    expect_refusal(odd_ram, SL_ERR_USAGE, "0x800");
    expect_refusal(small_limit, SL_ERR_USAGE, "at most 100 bytes");
}

Test(recorder, files_that_cannot_be_made)
{
    struct sl_recorder *rec;
    struct sl_error err = {0};
    cr_assert_eq(sl_recorder_create("/nonexistent/x", &slt_small_meta, NULL, &rec, &err),
                 SL_ERR_ENVIRONMENT);
    cr_assert_null(rec);
    cr_assert_str_eq(err.rule, "host.file");
    cr_assert_eq(sl_recorder_open("/nonexistent/x", "aerogpu", 0, NULL, &rec), SL_ERR_ENVIRONMENT);
    cr_assert_not_null(strstr(sl_recorder_error(rec), "/nonexistent/x"));
    cr_assert_eq(sl_recorder_reset(rec), SL_ERR_ENVIRONMENT);
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_ERR_ENVIRONMENT);
    sl_recorder_destroy(rec);
    /* Bad metadata is found before an old file is lost. */
    struct sl_trace_meta meta = slt_small_meta;
    meta.device = "";
    const char *path = recorder_rig_path();
    FILE *file = fopen(path, "w");
    fputs("precious", file);
    fclose(file);
    cr_assert_eq(sl_recorder_create(path, &meta, NULL, &rec, &err), SL_ERR_USAGE);
    struct sl_buf left = {0};
    recorder_rig_load(path, &left);
    cr_assert_eq(left.size, 8);
    sl_buf_finish(&left);
    recorder_rig_finish();
}

Test(recorder, nothing_after_the_end)
{
    struct sl_recorder *rec;
    struct sl_error err = {0};
    const struct sl_event reset = {.type = SL_EVENT_RESET};
    cr_assert_eq(sl_recorder_create("/dev/null", &slt_small_meta, NULL, &rec, &err), SL_OK);
    cr_assert_eq(sl_recorder_finish(rec, &err), SL_OK);
    cr_assert_eq(sl_recorder_put(rec, &reset, &err), SL_ERR_USAGE);
    cr_assert_not_null(strstr(err.message, "finished"));
    cr_assert_null(sl_recorder_error(rec));
    sl_recorder_destroy(rec);
    sl_recorder_destroy(NULL);
}

/* Records through either interface, wherever it gets to without memory. */
static enum sl_status record_all(const struct slt_events *list)
{
    struct sl_recorder *rec;
    enum sl_status status = sl_recorder_open("/dev/null", "aerogpu", 0, "aero", &rec);
    if (!rec) {
        return status;
    }
    sl_recorder_set_option(rec, "scanouts", "2");
    sl_recorder_set_option(rec, "edid", "on");
    sl_recorder_add_ram(rec, 0, 4096);
    sl_recorder_describe(rec, "test", "test");
    recorder_rig_put_all(rec, list, NULL);
    status = sl_recorder_finish(rec, NULL);
    sl_recorder_destroy(rec);
    return status;
}

Test(recorder, each_allocation)
{
    struct slt_events list = {0};
    slt_events_every_type(&list);
    slt_events_random(&list, 5, 40);
    unsigned n = 1;
    for (;; n++) {
        fail_alloc_arm(n);
        enum sl_status status = record_all(&list);
        if (!fail_alloc_disarm()) {
            cr_assert_eq(status, SL_OK);
            break;
        }
        cr_assert_eq(status, SL_ERR_ENVIRONMENT, "allocation %u", n);
    }
    cr_assert_gt(n, 20);
    slt_events_finish(&list);
}
