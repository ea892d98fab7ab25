/* The replay engine, driven over a target and a trace made up here. */
#include "base/hash.h"
#include "base/status.h"
#include "fail_alloc.h"
#include "memory/memory.h"
#include "replay/expectations.h"
#include "replay/frame_names.h"
#include "replay/replay_impl.h"
#include "trace/trace_impl.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(replay);

/* A trace in an array. */
struct list_trace {
    struct sl_trace base;
    const struct sl_event *events;
};

static enum sl_status list_next(struct sl_trace *trace, struct sl_event *event,
                                struct sl_error *err)
{
    (void)err;
    const struct sl_event *events = ((struct list_trace *)trace)->events;
    *event = (struct sl_event){0};
    if (trace->position < trace->event_count) {
        *event = events[trace->position];
    }
    return SL_OK;
}

static const struct sl_trace_impl list_impl = {.next = list_next};
static const struct sl_ram_region ram[] = {{0x10000, 0x10000}};

static struct list_trace list_of(const struct sl_event *events, size_t count)
{
    return (struct list_trace){
        .base = {.impl = &list_impl,
                 .event_count = count,
                 .meta = {.device = "toy",
                          .profile = "own",
                          .abi_version = 1u << 16 | 7,
                          .producer = "",
                          .provenance = "",
                          .ram = ram,
                          .ram_count = 1}},
        .events = events,
    };
}

/*
 * The target: a register at bar0+0 that is kept, doorbells that make it answer, two scanouts (0 is
 * as wide as the register says, 1 the same from 8 on).
 */
struct toy {
    struct sl_target base;
    struct sl_target_config config;
    uint64_t reg;
    unsigned vblanks;
    bool broken;
    bool no_memory;
};

static void toy_destroy(struct sl_target *target)
{
    free(target);
}

static void toy_reset(struct sl_target *target)
{
    ((struct toy *)target)->reg = 0;
}

static uint64_t toy_read(struct sl_target *target, enum sl_space space, uint64_t offset,
                         unsigned size)
{
    (void)size;
    const struct toy *toy = (const struct toy *)target;
    return space == SL_SPACE_BAR0 && offset == 0 ? toy->reg : UINT64_MAX;
}

static void say(const struct toy *toy, const struct sl_observation *o)
{
    toy->config.observer->observe(toy->config.observer->data, o);
}

static void toy_write(struct sl_target *target, enum sl_space space, uint64_t offset, unsigned size,
                      uint64_t value)
{
    (void)space;
    (void)size;
    struct toy *toy = (struct toy *)target;
    if (offset == 0) {
        toy->reg = value;
    } else if (offset == 4) {
        toy->broken = true;
    } else {
        toy->no_memory = sl_mem_dma_write(toy->config.mem, 0x10FFE, "dcba", 4) == SL_MEM_FULL ||
                         sl_mem_dma_write(toy->config.mem, 0x18000, "x", 1) == SL_MEM_FULL;
        say(toy, &(struct sl_observation){.kind = SL_OBS_ERROR, .value = value, .text = "a\nb"});
    }
}

static void toy_vring(struct sl_target *target, const struct sl_vring_event *vring)
{
    ((struct toy *)target)->reg = vring->size;
}

static void toy_notify(struct sl_target *target, uint32_t queue)
{
    const struct toy *toy = (const struct toy *)target;
    say(toy, &(struct sl_observation){.kind = SL_OBS_RESPONSE,
                                      .queue = queue,
                                      .head = 3,
                                      .bytes = (const uint8_t *)"OK",
                                      .size = 2,
                                      .text = "OK_NODATA"});
    say(toy, &(struct sl_observation){.kind = SL_OBS_USED, .queue = queue, .head = 3, .value = 2});
    say(toy, &(struct sl_observation){.kind = SL_OBS_IRQ, .queue = SL_IRQ_INTX, .value = 1});
    say(toy, &(struct sl_observation){.kind = SL_OBS_IRQ, .queue = 2});
    say(toy, &(struct sl_observation){.kind = SL_OBS_FENCE, .value = 9});
}

static void toy_features(struct sl_target *target, uint64_t features)
{
    ((struct toy *)target)->reg = features;
}

static void toy_vblank(struct sl_target *target, const struct sl_vblank_event *vblank)
{
    ((struct toy *)target)->vblanks += vblank->count;
}

static uint32_t toy_scanout_count(struct sl_target *target)
{
    (void)target;
    return 2;
}

static enum sl_status toy_capture(struct sl_target *target, uint32_t scanout,
                                  struct sl_image *image, struct sl_error *err)
{
    const struct toy *toy = (const struct toy *)target;
    uint32_t width = scanout == 0 || toy->reg >= 8 ? (uint32_t)toy->reg : 0;
    return sl_image_init(image, width, width ? 1 : 0, err);
}

static const char *toy_register_name(struct sl_target *target, enum sl_space space, uint64_t offset)
{
    (void)target;
    return space == SL_SPACE_BAR0 && offset == 0 ? "WIDTH" : NULL;
}

static enum sl_status toy_fault(struct sl_target *target, struct sl_error *err)
{
    const struct toy *toy = (const struct toy *)target;
    if (toy->no_memory) {
        return sl_fail_memory(err, 0);
    }
    return toy->broken ? sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, "toy is broken")
                       : SL_OK;
}

#define TOY_MEMBERS                                                                                \
    .device = "toy", .destroy = toy_destroy, .reset = toy_reset, .read = toy_read,                 \
    .write = toy_write, .vblank = toy_vblank, .scanout_count = toy_scanout_count,                  \
    .capture = toy_capture, .fault = toy_fault

static const struct sl_target_impl toy_impl = {
    TOY_MEMBERS,
    .vring = toy_vring,
    .notify = toy_notify,
    .features = toy_features,
    .register_name = toy_register_name,
};
static const struct sl_target_impl plain_toy_impl = {TOY_MEMBERS};

static enum sl_status create_with(const struct sl_target_impl *impl,
                                  const struct sl_target_config *config, struct sl_target **target,
                                  struct sl_error *err)
{
    *target = NULL;
    if (strcmp(config->profile, "own") != 0) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_NONE, "profile %s", config->profile);
    }
    struct toy *toy = malloc(sizeof(*toy));
    if (!toy) {
        return sl_fail_memory(err, sizeof(*toy));
    }
    *toy = (struct toy){.base = {impl}, .config = *config};
    *target = &toy->base;
    return SL_OK;
}

static enum sl_status create_toy(const struct sl_target_config *config, struct sl_target **target,
                                 struct sl_error *err)
{
    return create_with(&toy_impl, config, target, err);
}

static enum sl_status create_plain_toy(const struct sl_target_config *config,
                                       struct sl_target **target, struct sl_error *err)
{
    return create_with(&plain_toy_impl, config, target, err);
}

static const struct sl_target_maker toy_maker = {"toy", 1, create_toy};
static const struct sl_target_maker plain_toy_maker = {"toy", 1, create_plain_toy};

/* What a replay says, as text. */
struct log {
    struct sl_buf text;
    unsigned frames;
};

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    (void)err;
    struct log *log = data;
    log->frames++;
    sl_buf_printf(&log->text, "FRAME %" PRIu32 " %s %" PRIu32 "\n", index, name, image->width);
    return SL_OK;
}

static enum sl_status on_line(void *data, const char *text, struct sl_error *err)
{
    struct log *log = data;
    sl_buf_printf(&log->text, "%s\n", text);
    return log->text.failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status on_broken(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    (void)err;
    struct log *log = data;
    sl_buf_printf(&log->text, "BROKEN %" PRIu64 " %s\n", event, text);
    return SL_OK;
}

static enum sl_status play(const struct sl_event *events, size_t count,
                           const struct sl_replay_options *options, struct log *log,
                           struct sl_error *err)
{
    struct list_trace trace = list_of(events, count);
    struct sl_replay_callbacks callbacks = {
        .data = log, .frame = on_frame, .line = on_line, .broken = on_broken};
    struct sl_replay_options defaults;
    sl_replay_options_defaults(&defaults);
    return sl_replay_run_on(&toy_maker, &trace.base, options ? options : &defaults, &callbacks,
                            err);
}

static void expect_log(const struct sl_event *events, size_t count, const char *want)
{
    struct log log = {0};
    struct sl_error err = {0};
    cr_assert_eq(play(events, count, NULL, &log, &err), SL_OK, "%s", err.message);
    cr_assert_str_eq(sl_buf_cstr(&log.text), want);
    sl_buf_finish(&log.text);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WRITE(at, what)                                                                            \
    {                                                                                              \
        SL_EVENT_MMIO, .u.mmio = {.size = 4, .has_value = true, .offset = (at), .value = (what) }  \
    }
#define EXPECT_FRAME(scanout, what, hash)                                                          \
    {                                                                                              \
        SL_EVENT_EXPECT, .u.expect = {                                                             \
            .kind = SL_OBS_FRAME,                                                                  \
            .queue = (scanout),                                                                    \
            .value = (what),                                                                       \
            .bytes = (hash),                                                                       \
            .size = (hash) ? SL_FRAME_HASH_SIZE : 0                                                \
        }                                                                                          \
    }
#define FRAME(name)                                                                                \
    {                                                                                              \
        SL_EVENT_FRAME, .u.text = {.text = (name), .text_size = sizeof(name) - 1 }                 \
    }

static enum sl_status on_device_error(void *data, uint64_t event, const char *text,
                                      struct sl_error *err)
{
    cr_assert_eq(event, 1);
    cr_assert_str_eq(text, "a\nb");
    ++*(unsigned *)data;
    return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_FILE, "enough");
}

Test(replay, device_errors_are_told_and_may_end_the_replay)
{
    static const struct sl_event events[] = {WRITE(0, 5), WRITE(8, 3), WRITE(8, 3)};
    struct list_trace trace = list_of(events, COUNT(events));
    struct sl_replay_options options;
    struct sl_error err = {0};
    unsigned errors = 0;
    struct sl_replay_callbacks callbacks = {.data = &errors, .device_error = on_device_error};
    sl_replay_options_defaults(&options);
    cr_assert_eq(sl_replay_run_on(&toy_maker, &trace.base, &options, &callbacks, &err),
                 SL_ERR_ENVIRONMENT);
    cr_assert_str_eq(err.message, "enough");
    cr_assert_eq(errors, 1);
}

Test(replay, events_reach_the_target_and_its_answers_the_transcript)
{
    static const struct sl_event events[] = {
        WRITE(0, 5),
        {SL_EVENT_MMIO, .u.mmio = {.size = 4, .is_read = true}},
        {SL_EVENT_MMIO, .u.mmio = {.space = SL_SPACE_CONFIG,
                                   .size = 2,
                                   .is_read = true,
                                   .offset = 0x3E,
                                   .has_value = true,
                                   .value = UINT64_MAX}},
        {SL_EVENT_NOTIFY, .u.notify_queue = 1},
        FRAME("one"),
        {SL_EVENT_VRING, .u.vring = {.size = 8}},
        FRAME("one"),
        {.type = SL_EVENT_RESET},
        FRAME("off"),
        {SL_EVENT_NOTE, .u.text = {.text = "n", .text_size = 1}},
    };
    expect_log(events, COUNT(events),
               "scanlock-transcript 1 device=toy\n"
               "1 read bar0+0x0 u32 WIDTH=0x5\n"
               "2 read config+0x3e u16 0xffffffffffffffff\n"
               "3 response queue=1 head=3 len=2 OK_NODATA\n"
               "3 used queue=1 head=3 len=2\n"
               "3 irq intx=1\n"
               "3 irq vector=2\n"
               "3 fence value=9\n"
               "4 frame one 5x1\n"
               "FRAME 0 one 5\n"
               "6 frame one.2 8x1\n"
               "FRAME 1 one.2 8\n"
               "6 frame one.s1 8x1\n"
               "FRAME 2 one.s1 8\n"
               "8 frame off none\n");
}

Test(replay, device_writes_are_digested_after_their_event)
{
    static const struct sl_event events[] = {
        {SL_EVENT_MEM, .u.mem = {.gpa = 0x11000, .bytes = (const uint8_t *)"zzzz", .size = 4}},
        WRITE(8, 7),
    };
    char across[33];
    char single[33];
    struct sl_hash128 hash = sl_hash128("dcba", 4);
    sl_hash128_hex(&hash, across);
    hash = sl_hash128("x", 1);
    sl_hash128_hex(&hash, single);
    char want[400];
    snprintf(want, sizeof(want),
             "scanlock-transcript 1 device=toy\n"
             "1 error code=7 a?b\n"
             "1 write gpa=0x10ffe len=4 xxh3=%s\n"
             "1 write gpa=0x18000 len=1 xxh3=%s\n",
             across, single);
    expect_log(events, COUNT(events), want);
}

Test(replay, expectations_are_met_in_order_per_kind_and_queue)
{
    static const struct sl_event events[] = {
        {SL_EVENT_NOTIFY, .u.notify_queue = 0},
        {SL_EVENT_NOTIFY, .u.notify_queue = 1},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_USED, .queue = 1, .head = 3, .value = 2}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_RESPONSE,
                                       .queue = 1,
                                       .head = 3,
                                       .bytes = (const uint8_t *)"OK",
                                       .size = 2}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_RESPONSE,
                                       .queue = 0,
                                       .head = 3,
                                       .bytes = (const uint8_t *)"KO",
                                       .size = 2}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_USED, .queue = 0, .head = 4, .value = 2}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 9}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 10}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 11}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_IRQ, .queue = SL_IRQ_INTX, .value = 0}},
        {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_IRQ, .queue = 2}},
        {SL_EVENT_MMIO, .u.mmio = {.size = 4, .is_read = true, .has_value = true, .value = 1}},
    };
    struct log log = {0};
    cr_assert_eq(play(events, COUNT(events), NULL, &log, NULL), SL_OK);
    const char *broken = strstr(sl_buf_cstr(&log.text), "BROKEN");
    cr_assert_str_eq(
        broken,
        "BROKEN 4 expected response queue=0 head=3 len=2: the bytes differ; the device answered "
        "OK_NODATA\n"
        "BROKEN 5 expected used queue=0 head=4 len=2; the device gave queue=0 head=3 len=2\n"
        "BROKEN 7 expected fence value=10; the device gave value=9\n"
        "BROKEN 8 expected fence value=11; the device gave none\n"
        "BROKEN 9 expected irq intx=0; the device gave intx=1\n"
        "11 read bar0+0x0 u32 WIDTH=0x0\n"
        "BROKEN 11 expected read bar0+0x0 WIDTH to give 0x1; the device gave 0x0\n");
    sl_buf_finish(&log.text);
}

/* Pixels of the toy are zeros; the hash is of these, and not of others. */
Test(replay, frames_are_expected_by_size_and_pixels)
{
    static const uint8_t pixels[32];
    const struct sl_hash128 hash = sl_hash128(pixels, sizeof(pixels));
    const struct sl_hash128 other = sl_hash128("x", 1);
    const uint64_t size = UINT64_C(8) << 32 | 1;
    const struct sl_event events[] = {
        WRITE(0, 0),
        FRAME("none"),
        WRITE(0, 8),
        FRAME("two scanouts"),
        EXPECT_FRAME(0, 0, NULL),
        EXPECT_FRAME(0, size, hash.bytes),
        EXPECT_FRAME(1, size, hash.bytes),
        FRAME("again"),
        EXPECT_FRAME(0, size, other.bytes),
        EXPECT_FRAME(1, size + 1, hash.bytes),
        FRAME("again"),
        EXPECT_FRAME(0, 0, NULL),
        EXPECT_FRAME(2, 0, NULL),
    };
    struct log log = {0};
    cr_assert_eq(play(events, COUNT(events), NULL, &log, NULL), SL_OK);
    const char *broken = strstr(sl_buf_cstr(&log.text), "BROKEN");
    static const char want[] =
        "BROKEN 8 expected frame scanout=0 8x1: the pixels differ\n"
        "BROKEN 9 expected frame scanout=1 8x2; the device gave scanout=1 8x1\n";
    cr_assert_eq(strncmp(broken, want, strlen(want)), 0, "%s", broken);
    cr_assert_not_null(strstr(broken, "BROKEN 11 expected frame scanout=0 none; the device gave "
                                      "scanout=0 8x1\n"
                                      "BROKEN 12 expected frame scanout=2 none; the device gave "
                                      "none\n"));
    sl_buf_finish(&log.text);
}

Test(replay, ram_comes_and_goes_and_keeps_its_bytes)
{
    static const struct sl_ram_region more[] = {{0x100000, 0x1000}, {0x10000, 0x10000}};
    static const struct sl_ram_region overlapping[] = {{0x10000, 0x2000}, {0x11000, 0x1000}};
    static const uint8_t byte = 7;
    const struct sl_event write = {SL_EVENT_MEM,
                                   .u.mem = {.gpa = 0x100FFF, .bytes = &byte, .size = 1}};
    const struct {
        struct sl_event events[3];
        enum sl_status status;
        const char *rule;
    } rows[] = {
        {{write}, SL_ERR_DAMAGED, "mem.hole"},
        {{{SL_EVENT_RAM, .u.ram = {more, 2}}, write, WRITE(8, 1)}, SL_OK, NULL},
        {{{SL_EVENT_RAM, .u.ram = {more, 2}}, {SL_EVENT_RAM, .u.ram = {more + 1, 1}}, write},
         SL_ERR_DAMAGED,
         "mem.hole"},
        {{{SL_EVENT_RAM, .u.ram = {overlapping, 2}}}, SL_ERR_DAMAGED, "mem.region"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct log log = {0};
        struct sl_error err = {0};
        size_t count = rows[i].events[1].type ? 3 : 1;
        cr_assert_eq(play(rows[i].events, count, NULL, &log, &err), rows[i].status, "row %zu: %s",
                     i, err.message);
        cr_assert(!rows[i].rule || strcmp(err.rule, rows[i].rule) == 0, "row %zu: %s", i, err.rule);
        sl_buf_finish(&log.text);
    }
}

Test(replay, features_reach_targets_that_can_be_told)
{
    const struct sl_event events[] = {
        {SL_EVENT_FEATURES, .u.features = 0xABC},
        {SL_EVENT_MMIO, .u.mmio = {.size = 4, .is_read = true}},
    };
    expect_log(events, COUNT(events),
               "scanlock-transcript 1 device=toy\n"
               "1 read bar0+0x0 u32 WIDTH=0xabc\n");
}

Test(replay, kept_observations_are_bounded)
{
    struct sl_expectations expectations = {0};
    struct sl_buf why = {0};
    for (uint32_t i = 0; i <= SL_EXPECT_KEPT_MAX; i++) {
        struct sl_observation o = {.kind = SL_OBS_FENCE, .value = i};
        cr_assert(sl_expectations_observe(&expectations, &o));
    }
    struct sl_expect_event expect = {.kind = SL_OBS_FENCE, .value = 1};
    cr_assert_not(sl_expectations_meet(&expectations, &expect, &why));
    cr_assert_str_eq(sl_buf_cstr(&why), "expected fence later than 4096 observations after it");
    cr_assert(sl_expectations_meet(&expectations, &expect, &why));
    for (uint32_t i = 0; i < SL_EXPECT_LINES_MAX; i++) {
        struct sl_observation o = {.kind = SL_OBS_USED, .queue = i};
        cr_assert(sl_expectations_observe(&expectations, &o));
    }
    cr_assert_eq(expectations.line_count, SL_EXPECT_LINES_MAX);
    sl_expectations_finish(&expectations);
    sl_buf_finish(&why);
}

Test(replay, until_stops_before_its_event)
{
    static const struct sl_event events[] = {WRITE(0, 1), FRAME("a"), FRAME("b")};
    struct sl_replay_options options;
    sl_replay_options_defaults(&options);
    options.until_event = 2;
    struct log log = {0};
    cr_assert_eq(play(events, COUNT(events), &options, &log, NULL), SL_OK);
    cr_assert_eq(log.frames, 1);
    sl_buf_finish(&log.text);
}

static void expect_failure(const struct sl_event *event, const struct sl_target_maker *maker,
                           enum sl_status status, const char *rule)
{
    struct list_trace trace = list_of(event, 1);
    struct sl_replay_callbacks callbacks = {0};
    struct sl_replay_options options;
    sl_replay_options_defaults(&options);
    options.max_memory_bytes = 2 * SL_MEM_PAGE_SIZE;
    struct sl_error err = {0};
    cr_assert_eq(sl_replay_run_on(maker, &trace.base, &options, &callbacks, &err), status);
    cr_assert_str_eq(err.rule, rule);
    cr_assert(err.has_event && err.event == 0);
}

Test(replay, events_that_do_not_fit_are_refused)
{
    static const uint8_t pages[3 * 4096];
    const struct {
        struct sl_event event;
        enum sl_status status;
        const char *rule;
    } cases[] = {
        {{SL_EVENT_MEM, .u.mem = {.gpa = 0x1FFFF, .bytes = pages, .size = 2}},
         SL_ERR_DAMAGED,
         "mem.hole"},
        {{SL_EVENT_MEM, .u.mem = {.gpa = 0x10000, .bytes = pages, .size = sizeof(pages)}},
         SL_ERR_UNSUPPORTED,
         "host.limit"},
        {{SL_EVENT_MMIO, .u.mmio = {.size = 3}}, SL_ERR_DAMAGED, "replay.event"},
        {{SL_EVENT_MMIO, .u.mmio = {.size = 4, .space = SL_SPACE_COUNT}},
         SL_ERR_DAMAGED,
         "replay.event"},
        {{(enum sl_event_type)99, .u.notify_queue = 0}, SL_ERR_DAMAGED, "replay.event"},
        {WRITE(4, 0), SL_ERR_UNSUPPORTED, "host.limit"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_failure(&cases[i].event, &toy_maker, cases[i].status, cases[i].rule);
    }
    static const struct sl_event queue_events[] = {
        {SL_EVENT_NOTIFY, .u.notify_queue = 0},
        {SL_EVENT_VRING, .u.vring = {.size = 1}},
        {SL_EVENT_DISPLAY, .u.display = {.scanout = 0}},
        {SL_EVENT_FEATURES, .u.features = 0},
    };
    for (size_t i = 0; i < COUNT(queue_events); i++) {
        expect_failure(&queue_events[i], &plain_toy_maker, SL_ERR_DAMAGED, "replay.event");
    }
}

Test(replay, traces_that_do_not_fit_are_refused)
{
    struct list_trace trace = list_of(NULL, 0);
    struct sl_replay_callbacks callbacks = {0};
    struct sl_replay_options options;
    sl_replay_options_defaults(&options);
    struct sl_error err = {0};
    trace.base.meta.abi_version = 2u << 16;
    cr_assert_eq(sl_replay_run_on(&toy_maker, &trace.base, &options, &callbacks, &err),
                 SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "replay.abi");
    trace = list_of(NULL, 0);
    options.profile = "other";
    cr_assert_eq(sl_replay_run_on(&toy_maker, &trace.base, &options, &callbacks, &err),
                 SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.message, "profile other");
}

Test(replay, a_callback_ends_the_replay)
{
    static const struct sl_event events[] = {{SL_EVENT_NOTIFY, .u.notify_queue = 0}};
    struct log log = {.text = {.failed = true}};
    struct sl_error err = {0};
    cr_assert_eq(play(events, COUNT(events), NULL, &log, &err), SL_ERR_ENVIRONMENT);
}

Test(replay, every_failing_allocation_is_reported)
{
    static const struct sl_event events[] = {
        WRITE(0, 8), WRITE(8, 1), {SL_EVENT_NOTIFY, .u.notify_queue = 0},
        FRAME("a"),  FRAME("a"),  {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 1}},
    };
    for (unsigned n = 1;; n++) {
        struct log log = {0};
        fail_alloc_arm(n);
        enum sl_status status = play(events, COUNT(events), NULL, &log, NULL);
        bool failed = fail_alloc_disarm();
        bool text_failed = log.text.failed;
        sl_buf_finish(&log.text);
        if (!failed) {
            cr_assert_eq(status, SL_OK);
            cr_assert_gt(n, 10);
            break;
        }
        cr_assert(status == SL_ERR_ENVIRONMENT || text_failed, "allocation %u", n);
    }
}

Test(replay, frame_names_are_plain_file_names)
{
    struct sl_frame_names names = {0};
    char out[SL_FRAME_NAME_MAX + 1];
    static const struct {
        const char *text;
        uint32_t scanout;
        const char *want;
    } cases[] = {
        {"boot", 0, "boot"},
        {"boot", 2, "boot.s2"},
        {"boot", 0, "boot.2"},
        {"boot.3", 0, "boot.3"},
        {"boot", 0, "boot.4"},
        {"", 0, "frame"},
        {"../../etc/passwd", 0, "_._.._etc_passwd"},
        {"a b\n\xc3\xa9", 0, "a_b___"},
        {"boot.s2", 0, "boot.s2.2"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert(sl_frame_names_next(&names, cases[i].text, strlen(cases[i].text),
                                      cases[i].scanout, out));
        cr_assert_str_eq(out, cases[i].want, "case %zu", i);
    }
    char longest[300];
    memset(longest, 'x', sizeof(longest));
    cr_assert(sl_frame_names_next(&names, longest, sizeof(longest), UINT32_MAX, out));
    cr_assert(sl_frame_names_next(&names, longest, sizeof(longest), UINT32_MAX, out));
    cr_assert_eq(strlen(out), 80 + strlen(".s4294967295.2"));
    for (unsigned i = 0; i < 1000; i++) {
        cr_assert(sl_frame_names_next(&names, "many", 4, 0, out));
    }
    cr_assert_str_eq(out, "many.1000");
    sl_frame_names_finish(&names);
}
