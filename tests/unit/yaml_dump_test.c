/* What is dumped assembles to the same trace. */
#include "trace/dump.h"
#include "trace/dump_text.h"
#include "trace/event_list.h"
#include "trace/yaml.h"
#include "yaml_fixture.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a dump; the caller frees it. */
static char *dump(struct sl_trace *trace, enum sl_dump_format format, size_t *size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    cr_assert_not_null(stream);
    struct sl_error err = {0};
    enum sl_status status =
        sl_trace_dump(trace, &(const struct sl_dump_options){.format = format}, stream, &err);
    cr_assert_eq(status, SL_OK, "%s", err.message);
    fclose(stream);
    return text;
}

static void assert_round_trip(struct sl_trace *trace)
{
    size_t size = 0;
    struct sl_trace *again = NULL;
    struct sl_error err = {0};
    char *text = dump(trace, SL_DUMP_YAML, &size);
    enum sl_status status =
        sl_yaml_open_memory((const uint8_t *)text, size, "dump", NULL, &again, &err);
    cr_assert_eq(status, SL_OK, "line %u: %s\n%s", err.line, err.message, text);
    yaml_assert_same(trace, again);
    sl_trace_close(again);
    free(text);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static uint64_t random_wide(uint32_t *state)
{
    uint64_t value = (uint64_t)next_random(state) << 40 ^ (uint64_t)next_random(state) << 20 ^
                     next_random(state);
    return value >> next_random(state) % 64;
}

/* Runs and noise, so that every form of bytes is met. */
static size_t random_bytes(uint32_t *state, uint8_t *bytes, size_t most)
{
    size_t size = next_random(state) % most;
    for (size_t i = 0; i < size;) {
        size_t run = 1 + next_random(state) % 150;
        unsigned period = next_random(state) % 3;
        for (size_t k = 0; k < run && i < size; k++, i++) {
            bool repeats = period && i >= 4 && k >= (period == 1 ? 1 : 4);
            bytes[i] = repeats ? bytes[i - (period == 1 ? 1 : 4)] : (uint8_t)next_random(state);
        }
    }
    return size;
}

static const char *const texts[] = {
    "",
    "a",
    "\"\\\n\t\r\x01\x7f",
    "# no: comment",
    "\xc2\x85\xc2\xa0\xe2\x80\xa8",
    "- x",
    "\xef\xbb\xbf\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\x8e\xa8",
    "  blanks ",
    "0x10",
    "~",
    "null",
};

static const struct sl_ram_region regions[] = {{UINT64_C(1) << 40, 4096}, {4096, 1 << 20}};

static void random_event(uint32_t *state, struct sl_event *event, uint8_t *bytes)
{
    *event = (struct sl_event){.type = 1 + next_random(state) % 13};
    const char *text = texts[next_random(state) % (sizeof(texts) / sizeof(texts[0]))];
    size_t size = random_bytes(state, bytes, 700);
    switch (event->type) {
    case SL_EVENT_MEM:
        event->u.mem.gpa = random_wide(state) >> 1;
        event->u.mem.bytes = bytes;
        event->u.mem.size = size + 1;
        break;
    case SL_EVENT_MMIO:
        event->u.mmio.space = (enum sl_space)(next_random(state) % SL_SPACE_COUNT);
        event->u.mmio.size = (uint8_t)(1u << next_random(state) % 4);
        event->u.mmio.offset = random_wide(state);
        event->u.mmio.is_read = next_random(state) % 2;
        event->u.mmio.has_value = !event->u.mmio.is_read || next_random(state) % 2;
        event->u.mmio.value = event->u.mmio.has_value ? random_wide(state) : 0;
        event->u.mmio.value &= UINT64_MAX >> (64 - 8 * event->u.mmio.size);
        break;
    case SL_EVENT_VRING:
        event->u.vring = (struct sl_vring_event){
            .queue = next_random(state) % 3,
            .size = next_random(state) % 70000,
            .desc_gpa = random_wide(state),
            .avail_gpa = random_wide(state),
            .used_gpa = random_wide(state),
            .base = (uint16_t)next_random(state),
        };
        break;
    case SL_EVENT_NOTIFY:
        event->u.notify_queue = next_random(state) % 4;
        break;
    case SL_EVENT_VBLANK:
        event->u.vblank.count = next_random(state);
        event->u.vblank.time_ns = random_wide(state);
        break;
    case SL_EVENT_DISPLAY:
        event->u.display.scanout = next_random(state);
        event->u.display.width = next_random(state);
        break;
    case SL_EVENT_EXPECT:
        event->u.expect.kind = (enum sl_observation_kind)(1 + next_random(state) % 6);
        event->u.expect.queue = next_random(state) % 2 ? SL_IRQ_INTX : next_random(state);
        event->u.expect.head = next_random(state);
        event->u.expect.value = random_wide(state);
        event->u.expect.size = event->u.expect.kind == SL_OBS_RESPONSE ? size : 0;
        event->u.expect.bytes = bytes;
        if (event->u.expect.kind == SL_OBS_FRAME) {
            event->u.expect.value = next_random(state) % 2 ? UINT64_C(800) << 32 | 600 : 0;
            event->u.expect.size = event->u.expect.value ? SL_FRAME_HASH_SIZE : 0;
        }
        break;
    case SL_EVENT_ATTACH:
        event->u.text.bytes = bytes;
        event->u.text.size = size;
        event->u.text.text = text;
        event->u.text.text_size = strlen(text);
        break;
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
        event->u.text.text = text;
        event->u.text.text_size = strlen(text);
        break;
    case SL_EVENT_RAM:
        event->u.ram.count = next_random(state) % 3;
        event->u.ram.regions = regions;
        break;
    case SL_EVENT_FEATURES:
        event->u.features = random_wide(state);
        break;
    case SL_EVENT_RESET:
        break;
    }
}

static struct sl_trace *random_trace(const char *device, uint32_t seed)
{
    static const struct sl_ram_region ram[] = {{0, 1 << 20}, {UINT64_MAX - 4095, 4096}};
    static const struct sl_option options[] = {
        {"\"odd\" name", "~"}, {"display0", "1x1"}, {"x", "\n"}};
    const struct sl_trace_meta meta = {
        .device = device,
        .abi_version = seed % 2 ? 0xFFFF0001u : 0,
        .profile = seed % 2 ? "" : "default",
        .producer = texts[seed % 3],
        .provenance = texts[2 + seed % 6],
        .ram = ram,
        .ram_count = seed % 3,
        .options = options,
        .option_count = seed % 4,
    };
    struct sl_event_list *list = NULL;
    cr_assert_eq(sl_event_list_create(SL_TRACE_YAML, &meta, NULL, &list, NULL), SL_OK);
    uint32_t state = seed;
    uint8_t bytes[1024] = {0};
    for (int i = 0; i < 300; i++) {
        struct sl_event event;
        random_event(&state, &event, bytes);
        cr_assert_eq(sl_event_list_put(list, &event, NULL), SL_OK);
    }
    return sl_event_list_finish(list);
}

Test(yaml_dump, random_traces_survive)
{
    for (uint32_t seed = 0; seed < 24; seed++) {
        struct sl_trace *trace = random_trace(seed % 2 ? "virtio-gpu" : "aerogpu", seed);
        assert_round_trip(trace);
        sl_trace_close(trace);
    }
}

/* Traces of the repository, as they are and assembled. */
Test(yaml_dump, bundled_traces_survive)
{
    glob_t found = {0};
    int result = glob("traces/*.yaml", 0, NULL, &found);
    cr_assert(result == 0 || result == GLOB_NOMATCH);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_trace *trace = NULL;
        struct sl_error err = {0};
        if (strcmp(found.gl_pathv[i], "traces/suite.yaml") == 0) {
            continue;
        }
        enum sl_status status = sl_trace_open(found.gl_pathv[i], &trace, &err);
        cr_assert_eq(status, SL_OK, "%s:%u: %s", found.gl_pathv[i], err.line, err.message);
        assert_round_trip(trace);
        sl_trace_close(trace);
    }
    globfree(&found);
}

Test(yaml_dump, empty_and_unknown_traces)
{
    struct sl_trace *trace = yaml_open("aerogpu", "  []\n");
    assert_round_trip(trace);
    sl_trace_close(trace);
    trace = random_trace("toaster", 4);
    size_t size = 0;
    char *text = dump(trace, SL_DUMP_YAML, &size);
    cr_assert_not_null(strstr(text, "device: \"toaster\"\n"));
    free(text);
    sl_trace_close(trace);
}

static const char session[] = "- start: {queue1: 0}\n"
                              "- cmd: RESOURCE_UNREF\n"
                              "  resource_id: 5\n"
                              "- write: {register: STATUS, value: 0}\n";

Test(yaml_dump, says_what_events_mean)
{
    struct sl_trace *trace = yaml_open("virtio-gpu", session);
    size_t size = 0;
    char *text = dump(trace, SL_DUMP_YAML, &size);
    cr_assert_not_null(strstr(text, "# 8: STATUS = ACKNOWLEDGE|DRIVER\n"
                                    "  - write: {space: bar4, offset: 0x14, size: 1, value: 0x3}"));
    cr_assert_not_null(strstr(text, ": chain 0, 32+24 bytes: RESOURCE_UNREF "), "%s", text);
    cr_assert_not_null(strstr(text, " resource_id=5\n"));
    free(text);
    text = dump(trace, SL_DUMP_JSON, &size);
    cr_assert_not_null(strstr(text, "{\"type\":\"write\",\"event\":8,\"space\":\"bar4\","
                                    "\"offset\":\"0x14\",\"size\":1,\"value\":\"0x3\","
                                    "\"means\":[\"STATUS = ACKNOWLEDGE|DRIVER\"]}\n"),
                       "%s", text);
    free(text);
    sl_trace_close(trace);
}

Test(yaml_dump, json_of_each_type)
{
    struct sl_trace *trace =
        yaml_open("aerogpu", "- memory: {at: 0x10, hex: '0aff'}\n"
                             "- read: {space: vga, offset: 1, size: 2}\n"
                             "- vring: {queue: 1, size: 2, desc: 3, avail: 4, used: 5, base: 6}\n"
                             "- kick: 7\n"
                             "- vblank: {count: 8, time_ns: 9}\n"
                             "- frame: '\"'\n"
                             "- expect: {kind: used, queue: 1, head: 2, value: 3}\n"
                             "- note: \"\\n\"\n"
                             "- display: {scanout: 1, width: 2, height: 3}\n"
                             "- reset: {}\n"
                             "- attach: {name: n, hex: '01'}\n");
    size_t size = 0;
    char *text = dump(trace, SL_DUMP_JSON, &size);
    cr_assert_str_eq(
        text, "{\"type\":\"trace\",\"device\":\"aerogpu\",\"abi\":\"1.4\",\"about\":\"\","
              "\"producer\":\"\","
              "\"profile\":\"\",\"truncated\":false,\"options\":{},"
              "\"ram\":[{\"base\":\"0x0\",\"size\":\"0x4000000\"}]}\n"
              "{\"type\":\"memory\",\"event\":0,\"at\":\"0x10\",\"hex\":\"0aff\"}\n"
              "{\"type\":\"read\",\"event\":1,\"space\":\"vga\",\"offset\":\"0x1\",\"size\":2}\n"
              "{\"type\":\"vring\",\"event\":2,\"queue\":1,\"size\":2,\"desc\":\"0x3\","
              "\"avail\":\"0x4\",\"used\":\"0x5\",\"base\":6}\n"
              "{\"type\":\"kick\",\"event\":3,\"queue\":7}\n"
              "{\"type\":\"vblank\",\"event\":4,\"count\":8,\"time_ns\":\"0x9\"}\n"
              "{\"type\":\"frame\",\"event\":5,\"name\":\"\\\"\"}\n"
              "{\"type\":\"expect\",\"event\":6,\"kind\":\"used\",\"queue\":1,\"head\":2,"
              "\"value\":\"0x3\",\"hex\":\"\"}\n"
              "{\"type\":\"note\",\"event\":7,\"text\":\"\\u000A\"}\n"
              "{\"type\":\"display\",\"event\":8,\"scanout\":1,\"width\":2,\"height\":3}\n"
              "{\"type\":\"reset\",\"event\":9}\n"
              "{\"type\":\"attach\",\"event\":10,\"name\":\"n\",\"hex\":\"01\"}\n");
    free(text);
    sl_trace_close(trace);
}

/* Ring with one entry: descriptor at 0x1040, stream at 0x2000 with one unknown packet and a marker.
 */
Test(yaml_dump, shows_streams_behind_a_doorbell)
{
    struct sl_trace *trace = yaml_open(
        "aerogpu",
        "- memory: {at: 0x1000, words: [0x474E5241, 0x10004, 128, 1, 64, 0, 0, 1]}\n"
        "- memory: {at: 0x1040, words: [64, 1, 0, 0, 0x2000, 0, 40]}\n"
        "- memory: {at: 0x2000, words: [0x444D4341, 0x10004, 40, 0, 0, 0, 0x7777, 8, 0, 8]}\n"
        "- write: {register: RING_GPA_LO, value: 0x1000}\n"
        "- write: {register: DOORBELL, value: 0}\n");
    size_t size = 0;
    char *text = dump(trace, SL_DUMP_YAML, &size);
    cr_assert_not_null(strstr(text, "# 3: RING_GPA_LO = 4096\n"), "%s", text);
    cr_assert_not_null(strstr(text, "# 4: submission desc_size_bytes=64 flags=PRESENT "), "%s",
                       text);
    cr_assert_not_null(strstr(text, "# 4:   opcode 0x7777, 8 bytes\n"
                                    "  # 4:   NOP"),
                       "%s", text);
    free(text);
    sl_trace_close(trace);
}

Test(yaml_dump, loops_end)
{
    struct sl_trace *trace =
        yaml_open("virtio-gpu", "- start: {transport: vring, queue0: 2}\n"
                                "- chain: [{addr: queue0_desc, len: 32, flags: INDIRECT}]\n"
                                "- chain: [{flags: NEXT, index: 1, next: 1}]\n"
                                "- chain: [{flags: NEXT, index: 0, next: 9}]\n"
                                "  head: 77\n"
                                "  advance: 65535\n"
                                "- kick: 77\n");
    size_t size = 0;
    char *text = dump(trace, SL_DUMP_YAML, &size);
    cr_assert(size < 10000);
    free(text);
    sl_trace_close(trace);
}

Test(yaml_dump, a_full_disk_is_reported)
{
    struct sl_trace *trace = random_trace("aerogpu", 5);
    FILE *full = fopen("/dev/full", "w");
    cr_assert_not_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    struct sl_error err = {0};
    cr_assert_eq(
        sl_trace_dump(trace, &(const struct sl_dump_options){.format = SL_DUMP_YAML}, full, &err),
        SL_ERR_ENVIRONMENT);
    cr_assert_str_eq(err.rule, "host.file");
    fclose(full);
    sl_trace_close(trace);
}

/* A text that uses every verb and source. */
static const char everything[] =
    "scanlock: 1\ndevice: virtio-gpu\nabout: x\noptions: {scanouts: 2}\n"
    "ram: [{base: 0, size: 1M}]\nevents:\n"
    "- start: {indirect: true, features: [1]}\n"
    "- memory: {name: a, format: 1, width: 4, height: 4, gradient: {}}\n"
    "- memory: {at: 0, format: 1, image: ../fuzz/corpus/png/rgba}\n"
    "- memory: {at: 0, parts: [{hex: '00'}, {words: [a]}, {file: ../../LICENSE, size: 9}]}\n"
    "- memory: {at: 0, fill: 1, size: 100}\n"
    "- memory: {at: 0, ramp: 1, size: 100}\n"
    "- memory: {at: 0, random: 1, size: 100}\n"
    "- cmd: RESOURCE_ATTACH_BACKING\n  entries: [[a, 64]]\n"
    "- chain: [{addr: a}]\n"
    "- descriptors: {name: t, entries: [{addr: a}]}\n"
    "- repeat: {count: 2, events: [{vblank: 1}]}\n"
    "- expect: {kind: response, hex: '0000'}\n"
    "- attach: {name: n, text: t}\n"
    "- frame: f\n";

Test(yaml_open, cut_anywhere_is_refused_or_shorter)
{
    for (size_t size = 0; size < sizeof(everything); size++) {
        struct sl_trace *trace = NULL;
        struct sl_error err = {0};
        enum sl_status status = sl_yaml_open_memory((const uint8_t *)everything, size,
                                                    "tests/unit/x.yaml", NULL, &trace, &err);
        /* A path that is cut names no file. */
        cr_assert(status == SL_OK || status == SL_ERR_DAMAGED || status == SL_ERR_ENVIRONMENT,
                  "%zu: %s", size, err.message);
        cr_assert((status == SL_OK) == (trace != NULL));
        cr_assert(status == SL_OK || err.rule);
        sl_trace_close(trace);
    }
}

Test(yaml_open, each_allocation_may_fail)
{
    unsigned n = 1;
    for (;; n++) {
        struct sl_trace *trace = NULL;
        fail_alloc_arm(n);
        enum sl_status status =
            sl_yaml_open_memory((const uint8_t *)everything, sizeof(everything) - 1,
                                "tests/unit/x.yaml", NULL, &trace, NULL);
        bool happened = fail_alloc_disarm();
        cr_assert((status == SL_OK) == (trace != NULL));
        sl_trace_close(trace);
        if (!happened) {
            cr_assert_eq(status, SL_OK);
            break;
        }
        cr_assert_eq(status, SL_ERR_ENVIRONMENT, "allocation %u", n);
    }
    cr_assert(n > 20);
}

Test(yaml_dump, each_allocation_may_fail)
{
    struct sl_trace *trace = yaml_open("virtio-gpu", session);
    FILE *null = fopen("/dev/null", "w");
    for (unsigned n = 1;; n++) {
        fail_alloc_arm(n);
        enum sl_status status = sl_trace_dump(
            trace, &(const struct sl_dump_options){.format = SL_DUMP_YAML}, null, NULL);
        if (!fail_alloc_disarm()) {
            cr_assert_eq(status, SL_OK);
            break;
        }
        /* What only a comment needed may be missing. */
        cr_assert(status == SL_ERR_ENVIRONMENT || status == SL_OK);
    }
    fclose(null);
    sl_trace_close(trace);
}
