/*
 * Lint: every rule of the registry is broken by its case in tests/lint_traces and not by the case
 * beside it; baselines, limits and memory that runs out.
 */
#include "../unit/fail_alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "lint/lint.h"
#include "lint/lint_baseline.h"
#include "lint/lint_ranges.h"

#include <criterion/criterion.h>
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

/* ---- Ranges ---- */

Test(lint, ranges_join_split_and_never_lose)
{
    struct sl_lint_ranges set = {0};
    sl_lint_ranges_add(&set, 10, 20);
    sl_lint_ranges_add(&set, 30, 40);
    sl_lint_ranges_add(&set, 20, 30);
    cr_assert_eq(set.count, 1);
    sl_lint_ranges_remove(&set, 15, 25);
    cr_assert_eq(set.count, 2);
    cr_expect_eq(set.ranges[0].end, 15);
    cr_expect_eq(set.ranges[1].start, 25);
    cr_expect_null(sl_lint_ranges_meet(&set, 15, 25));
    cr_expect_not_null(sl_lint_ranges_meet(&set, 14, 16));
    sl_lint_ranges_remove(&set, 0, 100);
    cr_assert_eq(set.count, 0);
    for (uint64_t i = 0; i < 1000; i++) {
        sl_lint_ranges_add(&set, 10 * i, 10 * i + 5);
        cr_assert_leq(set.count, SL_LINT_RANGES_MAX);
    }
    for (uint64_t i = 0; i < 1000; i++) {
        cr_expect_not_null(sl_lint_ranges_meet(&set, 10 * i, 10 * i + 5));
    }
    sl_lint_ranges_remove(&set, 1, 2);
    cr_expect_leq(set.count, SL_LINT_RANGES_MAX);
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
