#include "suite/report.h"

#include "base/utf8.h"
#include "suite/json_text.h"
#include "suite/results_json.h"

#include <inttypes.h>
#include <string.h>

/* Calls line for every line of a text, without its newline. */
static void each_line(struct sl_buf *out, struct sl_buf *text,
                      void (*line)(struct sl_buf *out, const char *start, size_t length))
{
    for (size_t at = 0; at < text->size;) {
        const char *start = (const char *)text->data + at;
        const char *end = memchr(start, '\n', text->size - at);
        size_t length = end ? (size_t)(end - start) : text->size - at;
        line(out, start, length);
        at += length + 1;
    }
}

/* A terminal must not obey what a trace says. */
static void append_plain(struct sl_buf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        sl_buf_u8(out, c < 0x20 || c == 0x7F ? '?' : c);
    }
}

static void print_indented(struct sl_buf *out, const char *start, size_t length)
{
    sl_buf_text(out, "    ");
    append_plain(out, start, length);
    sl_buf_u8(out, '\n');
}

static const char *const labels[] = {
    [SL_OUTCOME_PASS] = "ok",
    [SL_OUTCOME_EXPECTED_FAIL] = "ok, fails as expected",
    [SL_OUTCOME_FAIL] = "FAILED",
    [SL_OUTCOME_UNEXPECTED_PASS] = "FAILED",
};

static void print_terminal_result(struct sl_buf *out, struct sl_result *result,
                                  const struct sl_terminal_style *style)
{
    bool good = sl_outcome_is_good(result->outcome);
    const char *start = !style->colour ? "" : good ? "\033[32m" : "\033[31m";
    sl_buf_printf(out, "%s%s%s  ", start, labels[result->outcome], style->colour ? "\033[0m" : "");
    append_plain(out, result->suite, strlen(result->suite));
    sl_buf_u8(out, '/');
    append_plain(out, result->name, strlen(result->name));
    sl_buf_printf(out, "  (%" PRIu32 " frame%s)\n", result->frames, result->frames == 1 ? "" : "s");
    if (good) {
        return;
    }
    /* What a comparison found stands in the details. */
    if (result->status != SL_ERR_MISMATCH || result->details.size == 0) {
        const char *message = sl_result_text(&result->message);
        print_indented(out, message, strlen(message));
    }
    sl_buf_text(out, "    trace ");
    append_plain(out, result->file, strlen(result->file));
    sl_buf_u8(out, '\n');
}

void sl_report_terminal(struct sl_results *results, const struct sl_terminal_style *style,
                        struct sl_buf *out)
{
    uint64_t passed = 0;
    uint64_t frames = 0;
    uint64_t time_us = 0;
    for (size_t i = 0; i < results->count; i++) {
        struct sl_result *result = &results->list[i];
        bool good = sl_outcome_is_good(result->outcome);
        passed += good;
        frames += result->frames;
        time_us += result->time_us;
        if (!good || style->verbose || result->details.size) {
            print_terminal_result(out, result, style);
        }
        if (result->outcome != SL_OUTCOME_EXPECTED_FAIL) {
            each_line(out, &result->details, print_indented);
        }
    }
    sl_buf_printf(out,
                  "traces: %" PRIu64 " passed, %" PRIu64 " failed; frames: %" PRIu64
                  "; time: %" PRIu64 ".%03" PRIu64 " s\n",
                  passed, results->count - passed, frames, time_us / 1000000,
                  time_us / 1000 % 1000);
}

/* TAP 13: https://testanything.org/tap-version-13-specification.html */

/* '#' would start a directive. */
static void print_tap_text(struct sl_buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '#' || c == '\\') {
            sl_buf_u8(out, '\\');
        }
        sl_buf_u8(out, c < 0x20 ? ' ' : c);
    }
}

static void print_tap_line(struct sl_buf *out, const char *start, size_t length)
{
    sl_buf_text(out, "    ");
    append_plain(out, start, length);
    sl_buf_u8(out, '\n');
}

static void print_tap_result(struct sl_buf *out, struct sl_result *result, size_t number)
{
    bool good = result->outcome == SL_OUTCOME_PASS;
    sl_buf_printf(out, "%s %zu - ", good ? "ok" : "not ok", number);
    print_tap_text(out, result->suite);
    sl_buf_u8(out, '/');
    print_tap_text(out, result->name);
    if (result->outcome == SL_OUTCOME_EXPECTED_FAIL) {
        sl_buf_text(out, " # TODO ");
        print_tap_text(out, sl_result_text(&result->reason));
    }
    sl_buf_u8(out, '\n');
    if (sl_outcome_is_good(result->outcome)) {
        return;
    }
    sl_buf_text(out, "  ---\n  message: ");
    sl_json_string(out, sl_result_text(&result->message));
    sl_buf_text(out, "\n  file: ");
    sl_json_string(out, result->file);
    sl_buf_text(out, "\n  severity: ");
    sl_buf_text(out, result->status == SL_ERR_MISMATCH ? "fail" : "error");
    if (result->details.size) {
        sl_buf_text(out, "\n  details: |2\n");
        each_line(out, &result->details, print_tap_line);
    } else {
        sl_buf_u8(out, '\n');
    }
    sl_buf_text(out, "  ...\n");
}

static void print_tap(struct sl_results *results, struct sl_buf *out)
{
    sl_buf_printf(out, "TAP version 13\n1..%zu\n", results->count);
    for (size_t i = 0; i < results->count; i++) {
        print_tap_result(out, &results->list[i], i + 1);
    }
}

/* JUnit XML, the dialect that Jenkins and GitLab read. */

/* XML 1.0, section 2.2: no control characters but tab, newline and return; nothing but UTF-8. */
static void print_xml_text(struct sl_buf *out, const char *text)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\n', "&#10;"},
    };
    const uint8_t *p = (const uint8_t *)text;
    size_t left = strlen(text);
    while (left) {
        size_t length = sl_utf8_length(p, left);
        const char *entity = NULL;
        for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
            entity = *p == (uint8_t)entities[i].c ? entities[i].entity : entity;
        }
        bool noncharacter = length == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE;
        if (entity) {
            sl_buf_text(out, entity);
        } else if (length == 0 || *p < 0x20 || noncharacter) {
            sl_buf_u8(out, '?');
        } else {
            sl_buf_append(out, p, length);
        }
        length = length ? length : 1;
        p += length;
        left -= length;
    }
}

static void print_xml_attribute(struct sl_buf *out, const char *name, const char *value)
{
    sl_buf_printf(out, " %s=\"", name);
    print_xml_text(out, value);
    sl_buf_u8(out, '"');
}

static void print_seconds(struct sl_buf *out, uint64_t time_us)
{
    sl_buf_printf(out, " time=\"%" PRIu64 ".%06" PRIu64 "\"", time_us / 1000000, time_us % 1000000);
}

static void print_junit_result(struct sl_buf *out, struct sl_result *result)
{
    sl_buf_text(out, "    <testcase");
    print_xml_attribute(out, "classname", result->suite);
    print_xml_attribute(out, "name", result->name);
    print_xml_attribute(out, "file", result->file);
    print_seconds(out, result->time_us);
    if (sl_outcome_is_good(result->outcome)) {
        sl_buf_text(out, "/>\n");
        return;
    }
    const char *element = result->status == SL_ERR_MISMATCH ? "failure" : "error";
    sl_buf_printf(out, ">\n      <%s", element);
    print_xml_attribute(out, "message", sl_result_text(&result->message));
    sl_buf_u8(out, '>');
    print_xml_text(out, sl_result_text(&result->details));
    sl_buf_printf(out, "</%s>\n    </testcase>\n", element);
}

struct totals {
    size_t tests;
    size_t failures;
    size_t errors;
    uint64_t time_us;
};

static void add_to_totals(struct totals *totals, const struct sl_result *result)
{
    totals->tests++;
    totals->time_us += result->time_us;
    if (!sl_outcome_is_good(result->outcome)) {
        bool failure = result->status == SL_ERR_MISMATCH;
        totals->failures += failure;
        totals->errors += !failure;
    }
}

static void print_totals(struct sl_buf *out, const struct totals *totals)
{
    sl_buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", totals->tests,
                  totals->failures, totals->errors);
    print_seconds(out, totals->time_us);
    sl_buf_text(out, ">\n");
}

static void print_junit(struct sl_results *results, struct sl_buf *out)
{
    struct totals all = {0};
    for (size_t i = 0; i < results->count; i++) {
        add_to_totals(&all, &results->list[i]);
    }
    sl_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    print_totals(out, &all);
    for (size_t start = 0; start < results->count;) {
        struct totals suite = {0};
        size_t end = start;
        while (end < results->count &&
               strcmp(results->list[end].suite, results->list[start].suite) == 0) {
            add_to_totals(&suite, &results->list[end++]);
        }
        sl_buf_text(out, "  <testsuite");
        print_xml_attribute(out, "name", results->list[start].suite);
        print_totals(out, &suite);
        for (; start < end; start++) {
            print_junit_result(out, &results->list[start]);
        }
        sl_buf_text(out, "  </testsuite>\n");
    }
    sl_buf_text(out, "</testsuites>\n");
}

const struct sl_report_format sl_report_formats[] = {
    {"json", "JSON lines, which 'scanlock merge' reads", sl_results_print_json},
    {"junit", "JUnit XML", print_junit},
    {"tap", "TAP 13", print_tap},
};
const size_t sl_report_format_count = sizeof(sl_report_formats) / sizeof(sl_report_formats[0]);

const struct sl_report_format *sl_report_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sl_report_format_count; i++) {
        const struct sl_report_format *format = &sl_report_formats[i];
        if (strlen(format->name) == size && memcmp(format->name, name, size) == 0) {
            return format;
        }
    }
    return NULL;
}
