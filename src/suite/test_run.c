#include "suite/test_run.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/status.h"
#include "image/diff_picture.h"
#include "image/png.h"
#include "suite/frame_judge.h"
#include "suite/json_text.h"
#include "suite/text_difference.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN_MAX = 20, /* mismatches of one test that are told and pictured */
};

/* One test in progress. */
struct test_run {
    const struct sl_suite *suite;
    const struct sl_suite_test *test;
    const struct sl_test_options *options;
    struct sl_result *result;
    struct sl_golden golden;
    struct sl_buf transcript;
    struct sl_buf record; /* all that must be the same when replayed again */
    bool recording;
    bool *rule_used; /* per rule */
    bool *png_used;  /* per PNG of the golden folder */
    uint64_t failures;
};

/* Counts a failure; the first one is the test's message. Returns true if it is to be told. */
static bool count_failure(struct test_run *run)
{
    return run->failures++ < SHOWN_MAX;
}

static void set_message(struct test_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_message(struct test_run *run, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (run->result->message.size == 0) {
        sl_buf_text(&run->result->message, text);
    }
}

/* Path of a file for people to look at; makes its folder. */
static enum sl_status output_path(const struct test_run *run, const char *file, struct sl_buf *path,
                                  struct sl_error *err)
{
    sl_buf_clear(path);
    sl_buf_printf(path, "%s/%s/%s", run->options->output, run->suite->name, run->test->name);
    const char *folder = sl_buf_cstr(path);
    enum sl_status status = folder ? sl_file_make_folder(folder, err) : sl_fail_memory(err, 0);
    sl_buf_printf(path, "/%s", file);
    if (status == SL_OK && !sl_buf_cstr(path)) {
        status = sl_fail_memory(err, 0);
    }
    return status;
}

static enum sl_status write_picture(const struct test_run *run, const char *name, const char *kind,
                                    const struct sl_image *image, struct sl_error *err)
{
    if (!image->pixels) {
        return SL_OK;
    }
    struct sl_buf path = {0};
    char file[256];
    snprintf(file, sizeof(file), "%s.%s.png", name, kind);
    enum sl_status status = output_path(run, file, &path, err);
    if (status == SL_OK) {
        status = sl_png_write(sl_buf_cstr(&path), image, err);
    }
    sl_buf_finish(&path);
    return status;
}

static enum sl_status write_pictures(const struct test_run *run, const char *name,
                                     const struct sl_image *actual,
                                     const struct sl_frame_verdict *verdict, struct sl_error *err)
{
    if (!run->options->output) {
        return SL_OK;
    }
    enum sl_status status = write_picture(run, name, "actual", actual, err);
    if (status != SL_OK || verdict->finding == SL_FRAME_NEW) {
        return status;
    }
    struct sl_image picture = {0};
    status = write_picture(run, name, "expected", &verdict->expected, err);
    if (status == SL_OK) {
        status = sl_diff_picture(&verdict->expected, actual, &verdict->mask, &picture, err);
    }
    if (status == SL_OK) {
        status = write_picture(run, name, "difference", &picture, err);
    }
    sl_image_finish(&picture);
    return status;
}

static uint32_t rgba(const uint8_t p[4])
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void tell_difference(struct test_run *run, const char *name, const struct sl_comparison *c)
{
    struct sl_buf *details = &run->result->details;
    sl_buf_printf(details,
                  "frame %s: %" PRIu64 " of %" PRIu64
                  " pixels differ, largest difference %u, box %" PRIu32 ",%" PRIu32 " %" PRIu32
                  "x%" PRIu32 "\n",
                  name, c->differing, c->compared, c->max_level, c->box.x, c->box.y, c->box.width,
                  c->box.height);
    sl_buf_printf(details,
                  "  first at %" PRIu32 ",%" PRIu32 ": expected %08" PRIx32 ", got %08" PRIx32
                  " (RGBA)\n",
                  c->first_x, c->first_y, rgba(c->first_expected), rgba(c->first_actual));
    sl_buf_printf(details,
                  "  smallest rule that would pass: {max_pixels: %" PRIu64 ", max_level: %u}\n",
                  c->differing, c->max_level);
}

static void record_mismatch(struct sl_buf *json, const char *name, const struct sl_comparison *c)
{
    sl_buf_text(json, json->size ? ", {\"frame\": " : "{\"frame\": ");
    sl_json_string(json, name);
    if (c->same_size) {
        sl_buf_printf(json,
                      ", \"pixels\": %" PRIu64 ", \"max_level\": %u, \"box\": [%" PRIu32
                      ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 "], \"first\": [%" PRIu32 ", %" PRIu32
                      "], \"expected\": \"%08" PRIx32 "\", \"actual\": \"%08" PRIx32 "\"",
                      c->differing, c->max_level, c->box.x, c->box.y, c->box.width, c->box.height,
                      c->first_x, c->first_y, rgba(c->first_expected), rgba(c->first_actual));
    }
    sl_buf_text(json, "}");
}

static enum sl_status tell_frame(struct test_run *run, const char *name,
                                 const struct sl_image *actual,
                                 const struct sl_frame_verdict *verdict, struct sl_error *err)
{
    if (!count_failure(run)) {
        return SL_OK;
    }
    struct sl_buf *details = &run->result->details;
    if (verdict->finding == SL_FRAME_NEW) {
        set_message(run, "frame %s has no golden", name);
        sl_buf_printf(details, "frame %s: no golden ('scanlock bless' would add it)\n", name);
    } else if (!verdict->comparison.same_size) {
        set_message(run, "frame %s has another size", name);
        sl_buf_printf(
            details, "frame %s: expected %" PRIu32 "x%" PRIu32 ", got %" PRIu32 "x%" PRIu32 "\n",
            name, verdict->expected.width, verdict->expected.height, actual->width, actual->height);
    } else {
        set_message(run, "frame %s: %" PRIu64 " of %" PRIu64 " pixels differ", name,
                    verdict->comparison.differing, verdict->comparison.compared);
        tell_difference(run, name, &verdict->comparison);
    }
    if (run->options->output) {
        sl_buf_printf(details, "  pictures: %s/%s/%s/%s.*.png\n", run->options->output,
                      run->suite->name, run->test->name, name);
    }
    record_mismatch(&run->result->mismatches, name, &verdict->comparison);
    return write_pictures(run, name, actual, verdict, err);
}

static void mark_used(struct test_run *run, const char *name, const struct sl_frame_rule *rule)
{
    if (rule) {
        run->rule_used[rule - run->test->rules] = true;
    }
    for (size_t i = 0; i < run->golden.png_count; i++) {
        if (!run->png_used[i] && strcmp(run->golden.pngs[i], name) == 0) {
            run->png_used[i] = true;
            break;
        }
    }
}

static void record_frame(struct test_run *run, const char *name, const struct sl_image *image)
{
    char hex[33];
    struct sl_hash128 hash = sl_hash128(image->pixels, sl_image_size_bytes(image));
    sl_hash128_hex(&hash, hex);
    sl_buf_printf(&run->record, "pixels of %s %s\n", name, hex);
}

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    struct test_run *run = data;
    run->result->frames = index + 1;
    if (run->recording) {
        record_frame(run, name, image);
    }
    const struct sl_frame_rule *rule = sl_frame_rule_for(run->test, name);
    mark_used(run, name, rule);
    struct sl_frame_verdict verdict;
    enum sl_status status = sl_frame_judge(&run->golden, rule, name, image, &verdict, err);
    if (status != SL_OK) {
        return status;
    }
    if (verdict.finding == SL_FRAME_NEW || verdict.finding == SL_FRAME_DIFFERS) {
        status = tell_frame(run, name, image, &verdict, err);
    } else if (verdict.unbound) {
        sl_buf_printf(&run->result->details,
                      "note: %s.png is not what frames.txt binds; it was decoded and compared "
                      "('scanlock bless' binds it)\n",
                      name);
    }
    sl_frame_verdict_finish(&verdict);
    return status;
}

static enum sl_status on_line(void *data, const char *text, struct sl_error *err)
{
    struct test_run *run = data;
    size_t length = strlen(text);
    if (run->transcript.size + length + 1 > SL_TEST_TRANSCRIPT_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "the transcript is larger than %zu bytes", SL_TEST_TRANSCRIPT_MAX);
    }
    sl_buf_append(&run->transcript, text, length);
    sl_buf_u8(&run->transcript, '\n');
    if (run->recording) {
        sl_buf_append(&run->record, text, length);
        sl_buf_u8(&run->record, '\n');
    }
    return run->transcript.failed || run->record.failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status on_broken(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    struct test_run *run = data;
    (void)err;
    if (count_failure(run)) {
        set_message(run, "event %" PRIu64 ": %s", event, text);
        sl_buf_printf(&run->result->details, "event %" PRIu64 ": %s\n", event, text);
    }
    return SL_OK;
}

enum sl_status sl_test_replay(const struct sl_suite_test *test,
                              const struct sl_test_options *options,
                              const struct sl_replay_callbacks *callbacks, struct sl_error *err)
{
    struct sl_replay_options replay;
    sl_replay_options_defaults(&replay);
    replay.profile = options->profile ? options->profile : test->profile;
    bool forced = options->default_target_width != 0;
    replay.default_target_width =
        forced ? options->default_target_width : test->default_target_width;
    replay.default_target_height =
        forced ? options->default_target_height : test->default_target_height;
    replay.max_memory_bytes = options->max_memory_bytes;
    replay.max_work = options->max_work;
    struct sl_trace *trace;
    enum sl_status status = sl_trace_open(test->trace, &trace, err);
    if (status == SL_OK) {
        status = sl_replay_run(trace, &replay, callbacks, err);
        sl_trace_close(trace);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, test->trace);
    }
    return status;
}

/* What only the end of the replay shows: goldens without a frame, rules without use. */
static void judge_leftovers(struct test_run *run)
{
    for (size_t i = 0; i < run->golden.png_count; i++) {
        if (!run->png_used[i] && count_failure(run)) {
            set_message(run, "the replay shows no frame %s", run->golden.pngs[i]);
            sl_buf_printf(&run->result->details,
                          "frame %s: in the golden folder, not in the "
                          "replay\n",
                          run->golden.pngs[i]);
        }
    }
    for (size_t i = 0; i < run->test->rule_count; i++) {
        if (!run->rule_used[i] && count_failure(run)) {
            set_message(run, "a rule matches no frame");
            sl_buf_printf(&run->result->details, "rule for %s: matches no frame of the replay\n",
                          run->test->rules[i].frame);
        }
    }
}

static enum sl_status write_text(const struct test_run *run, const char *file,
                                 const struct sl_buf *text, struct sl_error *err)
{
    if (!run->options->output) {
        return SL_OK;
    }
    struct sl_buf path = {0};
    enum sl_status status = output_path(run, file, &path, err);
    if (status == SL_OK) {
        status = sl_file_write(sl_buf_cstr(&path), text->data, text->size, err);
    }
    sl_buf_finish(&path);
    return status;
}

static enum sl_status judge_transcript(struct test_run *run, struct sl_error *err)
{
    struct sl_buf *details = &run->result->details;
    if (!run->golden.has_transcript) {
        if (count_failure(run)) {
            set_message(run, "the transcript has no golden");
            sl_buf_text(details, "transcript: no golden ('scanlock bless' would add it)\n");
        }
        return SL_OK;
    }
    struct sl_buf difference = {0};
    enum sl_status status = SL_OK;
    if (sl_text_difference(&run->golden.transcript, "the golden", &run->transcript, "the replay",
                           &difference)) {
        run->failures++;
        set_message(run, "the transcript differs");
        sl_buf_printf(details, "transcript: %s", sl_result_text(&difference));
        details->failed |= difference.failed;
        status = write_text(run, "transcript.actual.txt", &run->transcript, err);
        if (status == SL_OK) {
            status = write_text(run, "transcript.expected.txt", &run->golden.transcript, err);
        }
    }
    sl_buf_finish(&difference);
    return status;
}

/* Replaying again: only the record is made. */

static enum sl_status again_frame(void *data, uint32_t index, const char *name,
                                  const struct sl_image *image, struct sl_error *err)
{
    (void)index;
    (void)err;
    record_frame(data, name, image);
    return SL_OK;
}

static enum sl_status again_line(void *data, const char *text, struct sl_error *err)
{
    struct test_run *run = data;
    sl_buf_printf(&run->record, "%s\n", text);
    return run->record.failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status repeat(struct test_run *run, uint32_t count, struct sl_error *err)
{
    struct sl_buf first = run->record;
    struct sl_buf difference = {0};
    enum sl_status status = SL_OK;
    run->record = (struct sl_buf){0};
    for (uint32_t i = 1; status == SL_OK && i < count; i++) {
        struct sl_replay_callbacks callbacks = {
            .data = run, .frame = again_frame, .line = again_line};
        sl_buf_clear(&run->record);
        status = sl_test_replay(run->test, run->options, &callbacks, err);
        if (status == SL_OK &&
            sl_text_difference(&first, "the first", &run->record, "this one", &difference)) {
            set_message(run, "replay %" PRIu32 " differs from the first", i + 1);
            sl_buf_printf(&run->result->details, "replay %" PRIu32 " of %" PRIu32 ": %s", i + 1,
                          count, sl_result_text(&difference));
            status = sl_fail(err, SL_ERR_UNSTABLE, SL_RULE_NONE,
                             "replay %" PRIu32 " differs from the first", i + 1);
        }
    }
    sl_buf_finish(&difference);
    sl_buf_finish(&run->record);
    run->record = first;
    return status;
}

static enum sl_status run_all(struct test_run *run, struct sl_error *err)
{
    enum sl_status status = sl_golden_open(run->test->golden, &run->golden, err);
    if (status != SL_OK) {
        return status;
    }
    run->rule_used = calloc(run->test->rule_count + 1, sizeof(*run->rule_used));
    run->png_used = calloc(run->golden.png_count + 1, sizeof(*run->png_used));
    if (!run->rule_used || !run->png_used) {
        return sl_fail_memory(err, 0);
    }
    uint32_t count = run->options->repeat ? run->options->repeat : run->test->repeat;
    run->recording = count > 1;
    struct sl_replay_callbacks callbacks = {
        .data = run, .frame = on_frame, .line = on_line, .broken = on_broken};
    status = sl_test_replay(run->test, run->options, &callbacks, err);
    if (status == SL_OK && count > 1) {
        status = repeat(run, count, err);
    }
    if (status == SL_OK) {
        judge_leftovers(run);
        status = judge_transcript(run, err);
    }
    return status;
}

static void conclude(struct test_run *run, enum sl_status status, const struct sl_error *err)
{
    struct sl_result *result = run->result;
    if (status != SL_OK && status != SL_ERR_UNSTABLE) {
        char text[1024];
        sl_buf_clear(&result->message);
        sl_buf_text(&result->message, sl_error_format(err, text, sizeof(text)));
    }
    if (run->failures > SHOWN_MAX) {
        sl_buf_printf(&result->details, "and %" PRIu64 " more\n", run->failures - SHOWN_MAX);
    }
    result->status = status == SL_OK && run->failures ? SL_ERR_MISMATCH : status;
    enum sl_status expected = run->test->expected;
    if (expected == SL_OK) {
        result->outcome = result->status == SL_OK ? SL_OUTCOME_PASS : SL_OUTCOME_FAIL;
    } else if (result->status == expected) {
        result->outcome = SL_OUTCOME_EXPECTED_FAIL;
    } else if (result->status == SL_OK) {
        result->outcome = SL_OUTCOME_UNEXPECTED_PASS;
        result->status = SL_ERR_MISMATCH;
        sl_buf_text(&result->message, "passes, but is listed as failing");
    } else {
        result->outcome = SL_OUTCOME_FAIL;
    }
    if (run->test->expected_reason) {
        sl_buf_text(&result->reason, run->test->expected_reason);
    }
}

void sl_test_run(const struct sl_suite *suite, const struct sl_suite_test *test,
                 const struct sl_test_options *options, struct sl_result *result)
{
    struct test_run run = {.suite = suite, .test = test, .options = options, .result = result};
    struct sl_error err = {0};
    uint64_t start = sl_clock_ns() / 1000u;
    result->suite = strdup(suite->name);
    result->name = strdup(test->name);
    result->file = strdup(test->trace);
    enum sl_status status = result->suite && result->name && result->file ? run_all(&run, &err)
                                                                          : sl_fail_memory(&err, 0);
    conclude(&run, status, &err);
    bool lost = result->message.failed || result->details.failed || result->mismatches.failed ||
                result->reason.failed;
    if (lost) {
        result->status = SL_ERR_ENVIRONMENT;
        result->outcome = SL_OUTCOME_FAIL;
    }
    result->time_us = sl_clock_ns() / 1000u - start;
    sl_golden_finish(&run.golden);
    sl_buf_finish(&run.transcript);
    sl_buf_finish(&run.record);
    free(run.rule_used);
    free(run.png_used);
}
