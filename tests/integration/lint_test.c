/*
 * Lint: every rule of the registry is broken by its case in tests/lint_traces and not by the case
 * beside it; baselines, limits and memory that runs out.
 */
#include "../unit/fail_alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "lint/lint.h"
#include "lint/lint_baseline.h"
#include "lint/lint_bits.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CASES_MAX = 1 << 20 };

TestSuite(lint, .timeout = 300);

static bool everything[SL_LINT_RULE_COUNT];

static void lint_file(const char *path, struct sl_lint_report *report)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    struct sl_replay_options options;
    char text[1024];
    memset(everything, 1, sizeof(everything));
    sl_replay_options_defaults(&options);
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s",
                 sl_error_format(&err, text, sizeof(text)));
    cr_assert_eq(sl_lint_run(trace, &options, everything, report, &err), SL_OK, "%s",
                 sl_error_format(&err, text, sizeof(text)));
    sl_trace_close(trace);
}

/* ---- Cases ---- */

static const struct {
    const char *word;
    const char *packet; /* %s is what stands in the parentheses */
} macros[] = {
    {"TEXTURE(", "CREATE_TEXTURE2D: {texture_handle: %s, format: R8G8B8A8_UNORM, width: 4, "
                 "height: 4, mip_levels: 1, array_layers: 1}"},
    {"BUFFER(", "CREATE_BUFFER: {buffer_handle: %s, size_bytes: 64}"},
    {"BACKED(", "CREATE_BUFFER: {buffer_handle: %s, size_bytes: 64, backing_alloc_id: 1}"},
    {"SAMPLER(", "CREATE_SAMPLER: {sampler_handle: %s}"},
    {"IMAGE(", "{cmd: RESOURCE_CREATE_2D, resource_id: %s, format: B8G8R8X8_UNORM, width: 16, "
               "height: 16}"},
    {"ATTACH(", "{cmd: RESOURCE_ATTACH_BACKING, resource_id: %s, "
                "entries: [{addr: m, length: 1K}]}"},
};

/* Appends a packet for "WORD(argument)" at text; returns what is behind it, or NULL. */
static const char *expand_macro(const char *text, struct sl_buf *out)
{
    for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++) {
        size_t size = strlen(macros[i].word);
        if (strncmp(text, macros[i].word, size) != 0) {
            continue;
        }
        const char *end = strchr(text, ')');
        const char *hole = strstr(macros[i].packet, "%s");
        cr_assert_not_null(end);
        sl_buf_append(out, macros[i].packet, (size_t)(hole - macros[i].packet));
        sl_buf_append(out, text + size, (size_t)(end - text) - size);
        sl_buf_text(out, hole + 2);
        return end + 1;
    }
    return NULL;
}

static void expand_line(const char *line, size_t size, struct sl_buf *out)
{
    const char *end = line + size;
    for (const char *p = line; p < end;) {
        const char *next = expand_macro(p, out);
        if (!next) {
            sl_buf_u8(out, (uint8_t)*p);
        }
        p = next ? next : p + 1;
    }
    sl_buf_u8(out, '\n');
}

/* One trace: keys of the file from lines with @, then the events. */
static void write_trace(const char *path, const char *device, const char *text, size_t size)
{
    struct sl_buf keys = {0};
    struct sl_buf events = {0};
    sl_buf_printf(&keys, "scanlock: 1\ndevice: %s\n", device);
    sl_buf_text(&events, "events:\n");
    for (const char *p = text; p < text + size;) {
        const char *end = memchr(p, '\n', (size_t)(text + size - p));
        end = end ? end : text + size;
        if (*p == '@') {
            expand_line(p + 2, (size_t)(end - p) - 2, &keys);
        } else {
            expand_line(p, (size_t)(end - p), &events);
        }
        p = end + 1;
    }
    sl_buf_append(&keys, events.data, events.size);
    cr_assert(!keys.failed);
    cr_assert_eq(sl_file_write(path, keys.data, keys.size, NULL), SL_OK);
    sl_buf_finish(&events);
    sl_buf_finish(&keys);
}

static void print_findings(const struct sl_lint_report *report, struct sl_buf *out)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        sl_buf_printf(out, "  %s: %s\n", sl_lint_rule_row(report->findings[i].rule)->id,
                      sl_lint_finding_text(report, &report->findings[i]));
    }
}

static void check_trace(const char *device, enum sl_lint_rule rule, bool breaks, const char *text,
                        size_t size)
{
    char path[] = "/tmp/scanlock-lint-XXXXXX";
    struct sl_lint_report report = {0};
    struct sl_buf found = {0};
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    write_trace(path, device, text, size);
    lint_file(path, &report);
    unlink(path);
    print_findings(&report, &found);
    cr_expect_eq(report.counts[rule] != 0, breaks, "%s, the trace that %s:\n%s",
                 sl_lint_rule_row(rule)->id, breaks ? "breaks it" : "does not",
                 sl_buf_cstr(&found));
    sl_buf_finish(&found);
    sl_lint_report_finish(&report);
}

static enum sl_lint_rule find_rule(const char *id, size_t size)
{
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        const char *name = sl_lint_rule_row((enum sl_lint_rule)i)->id;
        if (strlen(name) == size && memcmp(name, id, size) == 0) {
            return (enum sl_lint_rule)i;
        }
    }
    cr_assert_fail("no rule is called %.*s", (int)size, id);
    return SL_LINT_RULE_COUNT;
}

/* Runs all cases of a file; marks the rules that it has. */
static void run_cases(const char *path, const char *device, bool seen[SL_LINT_RULE_COUNT])
{
    struct sl_buf file = {0};
    cr_assert_eq(sl_file_read(path, CASES_MAX, &file, NULL), SL_OK);
    const char *text = sl_buf_cstr(&file);
    cr_assert_not_null(text);
    for (const char *p = strstr(text, "\n== "); p;) {
        const char *id = p + 4;
        const char *bad = strchr(id, '\n') + 1;
        const char *split = strstr(bad, "\n--\n");
        const char *next = strstr(bad, "\n== ");
        cr_assert_not_null(split);
        const char *good = split + 4;
        const char *end = next ? next : text + file.size;
        enum sl_lint_rule rule = find_rule(id, (size_t)(bad - id) - 1);
        cr_expect_not(seen[rule], "%s occurs twice", sl_lint_rule_row(rule)->id);
        seen[rule] = true;
        check_trace(device, rule, true, bad, (size_t)(split + 1 - bad));
        check_trace(device, rule, false, good, (size_t)(end - good));
        p = next;
    }
    sl_buf_finish(&file);
}

Test(lint, every_rule_is_broken_by_its_case_only)
{
    bool seen[SL_LINT_RULE_COUNT] = {false};
    run_cases("tests/lint_traces/agpu.cases", "aerogpu", seen);
    run_cases("tests/lint_traces/vgpu.cases", "virtio-gpu", seen);
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        cr_expect(seen[i], "%s has no case", sl_lint_rule_row((enum sl_lint_rule)i)->id);
    }
}

/* ---- What a finding says, and where it looks ---- */

#define SUBMIT(what) "- start: {}\n- submit: {" what "}\n"
#define ALLOCS "allocs: [{alloc_id: 1, gpa: 0x1000, size_bytes: 4K}]"
#define CHANGED(use)                                                                               \
    "- start: {}\n"                                                                                \
    "- submit: {" ALLOCS ", stream: [CREATE_BUFFER: {buffer_handle: 1, size_bytes: 64, "           \
    "backing_alloc_id: 1}, BUFFER(2), COPY_BUFFER: {dst_buffer: 2, src_buffer: 1, size_bytes: "    \
    "4}]}\n"                                                                                       \
    "- memory: {at: 0x1010, words: [7]}\n"                                                         \
    "- submit: {" ALLOCS ", stream: [" use "]}\n"
#define STALE "bytes 16 to 20 behind resource 1 changed, the last in event 16, and were not named"

static const struct {
    const char *device;
    enum sl_lint_rule rule;
    const char *events;
    const char *text;
} sayings[] = {
    /* Reserved fields of everything that a guest writes. */
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD, SUBMIT("reserved0: 0x100, stream: [NOP: {}]"),
     "descriptor: byte 1 of reserved0 is 0x01, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("table: {reserved0: 2}, " ALLOCS ", stream: [NOP: {}]"),
     "alloc table header: byte 0 of reserved0 is 0x02, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("allocs: [{alloc_id: 1, gpa: 0, size_bytes: 1, reserved0: 3}], stream: [NOP: {}]"),
     "alloc table entry 0: byte 0 of reserved0 is 0x03, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("stream_header: {reserved1: 4}, stream: [NOP: {}]"),
     "stream header: byte 0 of reserved1 is 0x04, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     "- start: {}\n- ring: {reserved0: 5}\n- doorbell: {}\n",
     "ring header: byte 0 of reserved0 is 0x05, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("stream: [SET_BLEND_STATE: {state: {reserved0: [0, 0, 6]}}]"),
     "SET_BLEND_STATE: byte 0 of state.reserved0 is 0x06, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("stream: [SET_VERTEX_BUFFERS: {bindings: [{}, {reserved0: 7}]}]"),
     "SET_VERTEX_BUFFERS: byte 0 of bindings[1].reserved0 is 0x07, not 0"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("stream_header: {abi_version: 0x10002}, "
            "stream: [SET_TEXTURE: {shader_stage: COMPUTE, reserved0: 3}]"),
     "SET_TEXTURE: reserved0 is 0x3, and is no stage_ex in a stream below 1.3"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("stream: [SET_TEXTURE: {shader_stage: PIXEL, reserved0: 3}]"),
     "SET_TEXTURE: reserved0 is 0x3, and is no stage_ex in a stage other than COMPUTE"},
    {"aerogpu", SL_LINT_AGPU_RESERVED_FIELD,
     SUBMIT("stream: [packet: {opcode: 0x204, payload: \"01000000 10000000 00000000 "
            "494c4159 01000000 00000000 09000000\"}]"),
     "CREATE_INPUT_LAYOUT blob: byte 0 of reserved0 is 0x09, not 0"},
    {"virtio-gpu", SL_LINT_VGPU_RESERVED_FIELD,
     "- start: {}\n- {cmd: GET_DISPLAY_INFO, padding: [0, 1]}\n",
     "GET_DISPLAY_INFO: byte 0 of padding is 0x01, not 0"},
    {"virtio-gpu", SL_LINT_VGPU_RESERVED_FIELD,
     "- start: {}\n- IMAGE(1)\n- {cmd: RESOURCE_ATTACH_BACKING, resource_id: 1, "
     "entries: [{addr: 0, length: 1K, padding: 2}]}\n",
     "RESOURCE_ATTACH_BACKING: byte 0 of entries[0].padding is 0x02, not 0"},
    /* Flags and values, too. */
    {"aerogpu", SL_LINT_AGPU_UNKNOWN_FLAG,
     SUBMIT("allocs: [{alloc_id: 1, gpa: 0, size_bytes: 1, flags: 9}], stream: [NOP: {}]"),
     "alloc table entry 0: flags is 0x9; 0x8 means nothing"},
    {"aerogpu", SL_LINT_AGPU_UNKNOWN_FLAG, "- start: {}\n- ring: {flags: 1}\n- doorbell: {}\n",
     "ring header: flags is 0x1; no bit is defined"},
    {"aerogpu", SL_LINT_AGPU_UNKNOWN_FLAG,
     SUBMIT("stream: [SET_BLEND_STATE: {state: {color_write_mask: 0x1f}}]"),
     "SET_BLEND_STATE: color_write_mask is 0x1f; there are four channels"},
    {"aerogpu", SL_LINT_AGPU_UNKNOWN_VALUE, SUBMIT("engine_id: 3, stream: [NOP: {}]"),
     "descriptor: engine_id is 3, which aerogpu_engine_id does not have"},
    {"aerogpu", SL_LINT_AGPU_VALUE_NEWER,
     SUBMIT("stream_header: {abi_version: 0x10000}, stream: [BUFFER(1), BUFFER(2), "
            "COPY_BUFFER: {dst_buffer: 1, src_buffer: 2, size_bytes: 4, flags: WRITEBACK_DST}]"),
     "COPY_BUFFER: flags is AEROGPU_COPY_FLAG_WRITEBACK_DST, which 1.1 brought; "
     "the guest writes 1.0"},
    /* Every way to use what changed. */
    {"aerogpu", SL_LINT_AGPU_DIRTY_MISSING,
     CHANGED("COPY_BUFFER: {dst_buffer: 1, src_buffer: 2, size_bytes: 4}"), STALE},
    {"aerogpu", SL_LINT_AGPU_DIRTY_MISSING,
     CHANGED("SET_VERTEX_BUFFERS: {bindings: [{buffer: 1, stride_bytes: 4}]}, "
             "DRAW: {vertex_count: 3, instance_count: 1}"),
     STALE},
    {"aerogpu", SL_LINT_AGPU_DIRTY_MISSING,
     CHANGED("SET_INDEX_BUFFER: {buffer: 1}, DRAW_INDEXED: {index_count: 3, instance_count: 1}"),
     STALE},
    {"aerogpu", SL_LINT_AGPU_DIRTY_MISSING,
     CHANGED("SET_CONSTANT_BUFFERS: {shader_stage: COMPUTE, bindings: [{buffer: 1}]}, "
             "DISPATCH: {group_count_x: 1, group_count_y: 1, group_count_z: 1}"),
     STALE},
    {"aerogpu", SL_LINT_AGPU_DIRTY_MISSING,
     CHANGED("SET_SHADER_RESOURCE_BUFFERS: {shader_stage: PIXEL, bindings: [{buffer: 1}]}, "
             "DRAW: {vertex_count: 3, instance_count: 1}"),
     STALE},
    /* The same old news under several names. */
    {"aerogpu", SL_LINT_AGPU_DEPRECATED,
     SUBMIT("stream: [packet: {opcode: 0x202, payload: \"00000000 00000000 00000000 05000000\"}]"),
     "BIND_SHADERS has a geometry program in reserved0; the long form of 36 bytes has a field for "
     "it"},
    {"aerogpu", SL_LINT_AGPU_PADDING,
     SUBMIT("cmd_size_bytes: 36, stream: [NOP: {}]") "- memory: {at: 0x2001020, words: [1]}\n"
                                                     "- submit: {cmd_gpa: 0x2001000, "
                                                     "cmd_size_bytes: 36}\n",
     "the descriptor's cmd_size_bytes covers 4 bytes behind the stream, and they are not zero"},
};

static bool says(const struct sl_lint_report *report, enum sl_lint_rule rule, const char *text)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].rule == rule &&
            strcmp(sl_lint_finding_text(report, &report->findings[i]), text) == 0) {
            return true;
        }
    }
    return false;
}

Test(lint, findings_say_what_is_wrong)
{
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
        char path[] = "/tmp/scanlock-lint-XXXXXX";
        struct sl_lint_report report = {0};
        struct sl_buf found = {0};
        int fd = mkstemp(path);
        cr_assert_geq(fd, 0);
        close(fd);
        write_trace(path, sayings[i].device, sayings[i].events, strlen(sayings[i].events));
        lint_file(path, &report);
        unlink(path);
        print_findings(&report, &found);
        cr_expect(says(&report, sayings[i].rule, sayings[i].text), "expected %s: %s\n%s",
                  sl_lint_rule_row(sayings[i].rule)->id, sayings[i].text, sl_buf_cstr(&found));
        sl_buf_finish(&found);
        sl_lint_report_finish(&report);
    }
}

/* ---- The registry ---- */

Test(lint, registry_is_sorted_and_complete)
{
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        const struct sl_lint_rule_row *row = sl_lint_rule_row((enum sl_lint_rule)i);
        cr_expect_gt(strlen(row->source), 4, "%s", row->id);
        cr_expect_eq(row->sentence[strlen(row->sentence) - 1], '.', "%s", row->id);
        if (i > 0) {
            cr_expect_lt(strcmp(sl_lint_rule_row((enum sl_lint_rule)(i - 1))->id, row->id), 0, "%s",
                         row->id);
        }
    }
}

Test(lint, patterns)
{
    cr_expect(sl_lint_rule_matches(SL_LINT_AGPU_USAGE, "agpu.usage"));
    cr_expect(sl_lint_rule_matches(SL_LINT_AGPU_USAGE, "agpu.*"));
    cr_expect_not(sl_lint_rule_matches(SL_LINT_AGPU_USAGE, "vgpu.*"));
}

/* ---- Bits ---- */

enum { BITS = 200 };

static void check_bits(const struct sl_lint_bits *bits, const bool *model)
{
    for (uint64_t i = 0; i < BITS; i++) {
        cr_assert_eq(sl_lint_bits_find(bits, i, i + 1) == i, model[i], "bit %" PRIu64, i);
        uint64_t next = i;
        while (next < BITS && !model[next]) {
            next++;
        }
        cr_assert_eq(sl_lint_bits_find(bits, i, UINT64_MAX), next < BITS ? next : UINT64_MAX);
    }
}

/* Against an array of flags, by a fixed sequence of numbers. */
Test(lint, bits_are_exact)
{
    struct sl_lint_bits bits = {0};
    struct sl_lint_bits more = {0};
    bool model[BITS] = {false};
    uint32_t seed = 1;
    cr_assert(sl_lint_bits_init(&bits, BITS));
    cr_assert(sl_lint_bits_init(&more, BITS));
    for (int round = 0; round < 500; round++) {
        seed = seed * 1103515245 + 12345;
        uint64_t start = seed >> 8 & 0xFF;
        uint64_t end = start + (seed >> 16 & 0x3F);
        bool value = seed >> 30 & 1;
        for (uint64_t i = start; i < end && i < BITS; i++) {
            model[i] = value;
        }
        if (!value) {
            sl_lint_bits_clear(&bits, start, end);
        } else if (round % 3 == 0) {
            sl_lint_bits_set(&more, start, end);
            sl_lint_bits_move(&bits, &more);
            cr_assert_eq(sl_lint_bits_find(&more, 0, UINT64_MAX), UINT64_MAX);
        } else {
            sl_lint_bits_set(&bits, start, end);
        }
        check_bits(&bits, model);
    }
    sl_lint_bits_set(&bits, 3, 150);
    cr_expect_geq(sl_lint_bits_run(&bits, 3), 150);
    sl_lint_bits_clear_all(&bits);
    cr_expect_eq(sl_lint_bits_find(&bits, 0, UINT64_MAX), UINT64_MAX);
    sl_lint_bits_finish(&bits);
    sl_lint_bits_finish(&more);
}

/* ---- Traces that others made ---- */

/* What a Linux guest really sent has no error, and neither has what Aero's tests render. */
static void expect_no_errors(const char *pattern, const char *but, enum sl_lint_rule rule)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0) {
        cr_skip_test("no %s", pattern);
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_lint_report report = {0};
        struct sl_buf text = {0};
        uint64_t errors = 0;
        lint_file(found.gl_pathv[i], &report);
        for (int k = 0; k < SL_LINT_RULE_COUNT; k++) {
            bool error = sl_lint_rule_row((enum sl_lint_rule)k)->severity == SL_LINT_ERROR;
            errors += error ? report.counts[k] : 0;
        }
        if (but && strstr(found.gl_pathv[i], but)) {
            errors -= report.counts[rule];
        }
        print_findings(&report, &text);
        cr_expect_eq(errors, 0, "%s\n%s", found.gl_pathv[i], sl_buf_cstr(&text));
        sl_buf_finish(&text);
        sl_lint_report_finish(&report);
    }
    globfree(&found);
}

Test(lint, captures_have_no_errors)
{
    expect_no_errors("traces/vgpu_capture_*.slt", NULL, SL_LINT_RULE_COUNT);
}

/* One draws without a program, which only the profile aero does. */
Test(lint, foreign_traces_have_no_errors)
{
    expect_no_errors("../shared/data/aerogputrace/aerogpu_*.aerogputrace", "aerogpu_cmd_triangle.",
                     SL_LINT_AGPU_REFUSED);
}

/* ---- Limits ---- */

Test(lint, findings_are_kept_up_to_a_number_and_counted)
{
    static const char text[] = "scanlock: 1\ndevice: aerogpu\nevents:\n- start: {}\n"
                               "- repeat: {count: 250, events: [doorbell: {}]}\n";
    char path[] = "/tmp/scanlock-lint-XXXXXX";
    struct sl_lint_report report = {0};
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert_eq(sl_file_write(path, text, sizeof(text) - 1, NULL), SL_OK);
    lint_file(path, &report);
    unlink(path);
    cr_expect_eq(report.counts[SL_LINT_AGPU_DOORBELL_IDLE], 250);
    cr_expect_eq(report.finding_count, SL_LINT_KEPT_MAX);
    sl_lint_report_finish(&report);
}

/* ---- Without memory ---- */

static void lint_starved(const char *path)
{
    struct sl_replay_options options;
    sl_replay_options_defaults(&options);
    memset(everything, 1, sizeof(everything));
    for (unsigned n = 1;; n++) {
        struct sl_trace *trace;
        struct sl_lint_report report = {0};
        struct sl_error err = {0};
        cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK);
        fail_alloc_arm(n);
        enum sl_status status = sl_lint_run(trace, &options, everything, &report, &err);
        bool failed = fail_alloc_disarm();
        sl_trace_close(trace);
        sl_lint_report_finish(&report);
        /* A device may take a failure for a packet that fails. */
        cr_assert(status == SL_OK || (failed && status == SL_ERR_ENVIRONMENT), "%s, allocation %u",
                  path, n);
        if (!failed) {
            return;
        }
    }
}

Test(lint, memory_runs_out)
{
    lint_starved("traces/agpu_shared_surfaces.yaml");
    lint_starved("traces/vgpu_cursor.yaml");
}
