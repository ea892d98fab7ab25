/* Suites, goldens, check, bless, reports and merging, over traces written here. */
#include "base/buf.h"
#include "base/file.h"
#include "../unit/fail_alloc.h"
#include "image/png.h"
#include "suite/bless.h"
#include "suite/event_difference.h"
#include "suite/frame_judge.h"
#include "suite/json_text.h"
#include "suite/output_guard.h"
#include "suite/report.h"
#include "suite/results_json.h"
#include "suite/runner.h"
#include "suite/suite.h"
#include "suite/text_difference.h"

#include <scanlock/trace.h>

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every test works in a folder of its own. */
static void enter_folder(void)
{
    char folder[] = "/tmp/scanlock-suite-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    char folder[256];
    cr_assert_not_null(getcwd(folder, sizeof(folder)));
    cr_assert_eq(strncmp(folder, "/tmp/scanlock-suite-", 20), 0);
    struct sl_buf command = {0};
    sl_buf_printf(&command, "rm -rf '%s'", folder);
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(sl_buf_cstr(&command)), 0);
    sl_buf_finish(&command);
}

TestSuite(suite, .init = enter_folder, .fini = leave_folder);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WIDTH = 4, HEIGHT = 3, FRAME_BYTES = WIDTH * HEIGHT * 4 };

static void put(struct sl_trace_writer *writer, const struct sl_event *event)
{
    cr_assert_eq(sl_trace_writer_put(writer, event, NULL), SL_OK);
}

static void put_register(struct sl_trace_writer *writer, enum sl_space space, uint64_t offset,
                         uint64_t value)
{
    put(writer, &(struct sl_event){SL_EVENT_MMIO, .u.mmio = {.space = space,
                                                             .size = 4,
                                                             .has_value = true,
                                                             .offset = offset,
                                                             .value = value}});
}

/*
 * An AeroGPU trace that shows count frames "f" of WIDTH x HEIGHT R8G8B8A8 pixels out of guest
 * memory, all bytes equal to the entry of levels, and reads the MAGIC register.
 */
static void write_trace(const char *path, const uint8_t *levels, size_t count)
{
    static const struct sl_ram_region ram[] = {{0x10000, 0x10000}};
    struct sl_trace_meta meta = {.device = "aerogpu",
                                 .abi_version = 0x10004,
                                 .profile = "",
                                 .producer = "",
                                 .provenance = "",
                                 .ram = ram,
                                 .ram_count = 1};
    struct sl_trace_writer *writer;
    cr_assert_eq(sl_trace_writer_create(path, &meta, &writer, NULL), SL_OK);
    put_register(writer, SL_SPACE_CONFIG, 0x04, 6); /* memory and bus master */
    put_register(writer, SL_SPACE_BAR0, 0x404, WIDTH);
    put_register(writer, SL_SPACE_BAR0, 0x408, HEIGHT);
    put_register(writer, SL_SPACE_BAR0, 0x40C, 3); /* R8G8B8A8_UNORM */
    put_register(writer, SL_SPACE_BAR0, 0x410, WIDTH * 4);
    put_register(writer, SL_SPACE_BAR0, 0x414, 0x10000);
    put_register(writer, SL_SPACE_BAR0, 0x418, 0);
    put_register(writer, SL_SPACE_BAR0, 0x400, 1);
    put(writer, &(struct sl_event){SL_EVENT_MMIO, .u.mmio = {.size = 4, .is_read = true}});
    for (size_t i = 0; i < count; i++) {
        uint8_t pixels[FRAME_BYTES];
        memset(pixels, levels[i], sizeof(pixels));
        put(writer,
            &(struct sl_event){SL_EVENT_MEM,
                               .u.mem = {.gpa = 0x10000, .bytes = pixels, .size = sizeof(pixels)}});
        put(writer, &(struct sl_event){SL_EVENT_FRAME, .u.text = {.text = "f", .text_size = 1}});
    }
    cr_assert_eq(sl_trace_writer_finish(writer, NULL), SL_OK);
    sl_trace_writer_destroy(writer);
}

static void write_text(const char *path, const char *text)
{
    cr_assert_eq(sl_file_write(path, text, strlen(text), NULL), SL_OK);
}

static struct sl_suite one_trace(const char *path)
{
    char *paths[] = {strdup(path)};
    struct sl_suite suite;
    cr_assert_eq(sl_suite_of_traces("golden", paths, 1, &suite, NULL), SL_OK);
    free(paths[0]);
    return suite;
}

static enum sl_status bless(const struct sl_suite_test *test, bool new_only, char *said)
{
    struct sl_bless_options options = {.new_only = new_only};
    struct sl_bless_counts counts = {0};
    struct sl_buf report = {0};
    struct sl_error err = {0};
    enum sl_status status = sl_bless_test(test, &options, &report, &counts, &err);
    snprintf(said, 2000, "%s%" PRIu64 "/%" PRIu64 "/%" PRIu64, sl_buf_cstr(&report), counts.written,
             counts.removed, counts.kept);
    sl_buf_finish(&report);
    return status;
}

static struct sl_result run_test(const struct sl_suite *suite, uint32_t repeat)
{
    struct sl_test_options options = {.output = "out", .repeat = repeat};
    struct sl_result result = {0};
    sl_test_run(suite, &suite->tests[0], &options, &result);
    return result;
}

/* Blesses a trace with two frames of level 10 and 20. */
static struct sl_suite blessed_trace(void)
{
    char said[2000];
    write_trace("a.slt", (const uint8_t[]){10, 20}, 2);
    struct sl_suite suite = one_trace("a.slt");
    cr_assert_eq(bless(&suite.tests[0], false, said), SL_OK, "%s", said);
    return suite;
}

Test(suite, bless_then_check_passes_and_decodes_no_png)
{
    struct sl_suite suite = blessed_trace();
    uint64_t before = sl_png_decode_count();
    struct sl_result result = run_test(&suite, 3);
    cr_assert_eq(result.outcome, SL_OUTCOME_PASS, "%s", sl_result_text(&result.message));
    cr_assert_eq(result.frames, 2);
    cr_assert_eq(sl_png_decode_count(), before);
    cr_assert_eq(result.details.size, 0);
    cr_assert_not(sl_file_exists("out"));
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, a_mismatch_is_told_in_full_and_pictured)
{
    struct sl_suite suite = blessed_trace();
    write_trace("a.slt", (const uint8_t[]){10, 23}, 2);
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_FAIL);
    cr_assert_eq(result.status, SL_ERR_MISMATCH);
    cr_assert_str_eq(sl_result_text(&result.message), "frame f.2: 12 of 12 pixels differ");
    cr_assert_str_eq(sl_result_text(&result.details),
                     "frame f.2: 12 of 12 pixels differ, largest difference 3, box 0,0 4x3\n"
                     "  first at 0,0: expected 14141414, got 17171717 (RGBA)\n"
                     "  smallest rule that would pass: {max_pixels: 12, max_level: 3}\n"
                     "  pictures: out/traces/a/f.2.*.png\n");
    cr_assert_str_eq(sl_result_text(&result.mismatches),
                     "{\"frame\": \"f.2\", \"pixels\": 12, \"max_level\": 3, \"box\": [0, 0, 4, "
                     "3], \"first\": [0, 0], \"expected\": \"14141414\", \"actual\": "
                     "\"17171717\"}");
    cr_assert(sl_file_exists("out/traces/a/f.2.actual.png"));
    cr_assert(sl_file_exists("out/traces/a/f.2.expected.png"));
    cr_assert(sl_file_exists("out/traces/a/f.2.difference.png"));
    cr_assert_not(sl_file_exists("out/traces/a/f.actual.png"));
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, missing_and_left_over_frames_fail)
{
    struct sl_suite suite = blessed_trace();
    write_trace("a.slt", (const uint8_t[]){10}, 1);
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.status, SL_ERR_MISMATCH);
    cr_assert_str_eq(sl_result_text(&result.message), "the replay shows no frame f.2");
    cr_assert_not_null(strstr(sl_result_text(&result.details), "transcript: line 4 differs"));
    cr_assert(sl_file_exists("out/traces/a/transcript.actual.txt"));
    sl_result_finish(&result);
    write_trace("a.slt", (const uint8_t[]){10, 20, 30}, 3);
    result = run_test(&suite, 1);
    cr_assert_str_eq(sl_result_text(&result.message), "frame f.3 has no golden");
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, a_png_changed_by_hand_is_noticed)
{
    struct sl_suite suite = blessed_trace();
    struct sl_image image;
    cr_assert_eq(sl_png_read("golden/a/f.png", &image, NULL), SL_OK);
    image.pixels[0] = 99;
    cr_assert_eq(sl_png_write("golden/a/f.png", &image, NULL), SL_OK);
    sl_image_finish(&image);
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.status, SL_ERR_MISMATCH);
    cr_assert_str_eq(sl_result_text(&result.message), "frame f: 1 of 12 pixels differ");
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, a_png_with_the_same_pixels_passes_with_a_note)
{
    struct sl_suite suite = blessed_trace();
    cr_assert_eq(unlink("golden/a/frames.txt"), 0);
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_PASS);
    cr_assert_not_null(strstr(sl_result_text(&result.details), "note: f.png is not what"));
    sl_result_finish(&result);
    char said[2000];
    cr_assert_eq(bless(&suite.tests[0], false, said), SL_OK);
    cr_assert_str_eq(said, "bound golden/a/frames.txt\n1/0/0");
    result = run_test(&suite, 1);
    cr_assert_eq(result.details.size, 0);
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, a_frame_of_another_size_differs)
{
    struct sl_suite suite = blessed_trace();
    struct sl_image image;
    cr_assert_eq(sl_image_init(&image, 2, 2, NULL), SL_OK);
    cr_assert_eq(sl_png_write("golden/a/f.png", &image, NULL), SL_OK);
    sl_image_finish(&image);
    struct sl_result result = run_test(&suite, 1);
    cr_assert_str_eq(sl_result_text(&result.message), "frame f has another size");
    cr_assert_str_eq(sl_result_text(&result.mismatches), "{\"frame\": \"f\"}");
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, damage_is_told_from_mismatch)
{
    struct sl_suite suite = blessed_trace();
    write_text("golden/a/f.png", "\x89PNG");
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.status, SL_ERR_DAMAGED);
    cr_assert_not_null(strstr(sl_result_text(&result.message), "golden/a/f.png"));
    cr_assert_not_null(strstr(sl_result_text(&result.message), "[png.signature]"));
    sl_result_finish(&result);
    cr_assert_eq(unlink("a.slt"), 0);
    result = run_test(&suite, 1);
    cr_assert_eq(result.status, SL_ERR_ENVIRONMENT);
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, frames_txt_is_read_strictly)
{
    static const char *const bad[] = {
        "",
        "scanlock-frames 2\n",
        "scanlock-frames 1\nx\n",
        "scanlock-frames 1\n"
        "00000000000000000000000000000000  00000000000000000000000000000000  1x1  f",
        "scanlock-frames 1\n"
        "0000000000000000000000000000000g  00000000000000000000000000000000  1x1  f\n",
        "scanlock-frames 1\n"
        "00000000000000000000000000000000  00000000000000000000000000000000  01x1  f\n",
        "scanlock-frames 1\n"
        "00000000000000000000000000000000  00000000000000000000000000000000  1x1  f\n"
        "00000000000000000000000000000000  00000000000000000000000000000000  1x1  f\n",
    };
    cr_assert_eq(sl_file_make_folder("g", NULL), SL_OK);
    for (size_t i = 0; i < COUNT(bad); i++) {
        write_text("g/frames.txt", bad[i]);
        struct sl_golden golden;
        struct sl_error err = {0};
        cr_assert_eq(sl_golden_open("g", &golden, &err), SL_ERR_DAMAGED, "case %zu", i);
        cr_assert_str_eq(err.rule, "golden.frames");
        cr_assert_str_eq(err.file, "g/frames.txt");
    }
}

Test(suite, bless_writes_only_what_changed)
{
    char said[2000];
    write_trace("a.slt", (const uint8_t[]){10, 20}, 2);
    struct sl_suite suite = one_trace("a.slt");
    const struct sl_suite_test *test = &suite.tests[0];
    cr_assert_eq(bless(test, false, said), SL_OK);
    cr_assert_str_eq(said, "new golden/a/f.png: 4x3\n"
                           "new golden/a/f.2.png: 4x3\n"
                           "new golden/a/transcript.txt\n"
                           "bound golden/a/frames.txt\n4/0/0");
    cr_assert_eq(bless(test, false, said), SL_OK);
    cr_assert_str_eq(said, "0/0/0");
    write_trace("a.slt", (const uint8_t[]){11}, 1);
    cr_assert_eq(bless(test, true, said), SL_OK);
    cr_assert_not_null(strstr(said, "differs, kept golden/a/f.png: 12 pixels, largest difference "
                                    "1, in 0,0 4x3\n"));
    cr_assert_not_null(strstr(said, "not in the replay, kept golden/a/f.2.png\n"));
    cr_assert_not_null(strstr(said, "differs, kept golden/a/transcript.txt: line 4"));
    cr_assert_not_null(strstr(said, "0/0/3"));
    cr_assert_eq(bless(test, false, said), SL_OK);
    cr_assert_not_null(strstr(said, "changed golden/a/f.png: 12 pixels"));
    cr_assert_not_null(strstr(said, "removed golden/a/f.2.png\n"));
    cr_assert_not_null(strstr(said, "3/1/0"));
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_PASS);
    sl_result_finish(&result);
    write_text("golden/a/f.png", "broken");
    cr_assert_eq(bless(test, false, said), SL_OK);
    result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_PASS, "a broken golden is replaced");
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, rules_decide_what_may_differ)
{
    static const struct {
        const char *rule;
        const char *message; /* "" = passes */
    } cases[] = {
        {"tolerance: [{max_pixels: 12, max_level: 3, reason: r}]", ""},
        {"tolerance: [{max_pixels: 11, max_level: 3, reason: r}]",
         "frame f.2: 12 of 12 pixels differ"},
        {"tolerance: [{max_pixels: 12, max_level: 2, reason: r}]",
         "frame f.2: 12 of 12 pixels differ"},
        {"rects: [{x: 0, y: 0, width: 4, height: 3, reason: r}]", ""},
        {"rects: [{x: 1, y: 0, width: 4, height: 3, reason: r}]",
         "frame f.2: 3 of 3 pixels differ"},
        {"masks: [{file: mask.png, reason: r}]", "frame f.2: 8 of 8 pixels differ"},
    };
    struct sl_suite blessed = blessed_trace();
    sl_suite_finish(&blessed);
    write_trace("a.slt", (const uint8_t[]){10, 23}, 2);
    struct sl_image mask;
    cr_assert_eq(sl_image_init(&mask, WIDTH, HEIGHT, NULL), SL_OK);
    memset(mask.pixels, 0xFF, WIDTH * 4);
    cr_assert_eq(sl_png_write("mask.png", &mask, NULL), SL_OK);
    sl_image_finish(&mask);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_buf text = {0};
        sl_buf_printf(&text,
                      "scanlock-suite: 1\nname: s\ngolden: golden\ntests:\n- trace: a.slt\n"
                      "  frames:\n  - frame: f.*\n    %s\n",
                      cases[i].rule);
        write_text("s.yaml", sl_buf_cstr(&text));
        sl_buf_finish(&text);
        struct sl_suite suite;
        struct sl_error err = {0};
        cr_assert_eq(sl_suite_load("s.yaml", &suite, &err), SL_OK, "%s", err.message);
        struct sl_result result = run_test(&suite, 1);
        cr_assert_str_eq(sl_result_text(&result.message), cases[i].message, "case %zu", i);
        sl_result_finish(&result);
        sl_suite_finish(&suite);
    }
}

static struct sl_suite load_text(const char *tests)
{
    struct sl_buf text = {0};
    sl_buf_printf(&text, "scanlock-suite: 1\nname: s\ngolden: golden\ntests:\n%s", tests);
    write_text("s.yaml", sl_buf_cstr(&text));
    sl_buf_finish(&text);
    struct sl_suite suite;
    struct sl_error err = {0};
    cr_assert_eq(sl_suite_load("s.yaml", &suite, &err), SL_OK, "%s", err.message);
    return suite;
}

Test(suite, a_rule_without_a_frame_and_a_wrong_mask_fail)
{
    struct sl_suite blessed = blessed_trace();
    sl_suite_finish(&blessed);
    struct sl_suite suite = load_text("- trace: a.slt\n  frames: [{frame: g}]\n");
    struct sl_result result = run_test(&suite, 1);
    cr_assert_str_eq(sl_result_text(&result.message), "a rule matches no frame");
    sl_result_finish(&result);
    sl_suite_finish(&suite);
    write_trace("a.slt", (const uint8_t[]){11, 20}, 2);
    struct sl_image mask;
    cr_assert_eq(sl_image_init(&mask, 1, 1, NULL), SL_OK);
    cr_assert_eq(sl_png_write("mask.png", &mask, NULL), SL_OK);
    sl_image_finish(&mask);
    suite = load_text("- trace: a.slt\n  frames: [{frame: f, masks: [{file: mask.png, "
                      "reason: r}]}]\n");
    result = run_test(&suite, 1);
    cr_assert_eq(result.status, SL_ERR_DAMAGED);
    cr_assert_not_null(strstr(sl_result_text(&result.message), "[golden.mask]"));
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, expected_failures_fail_when_they_pass)
{
    struct sl_suite blessed = blessed_trace();
    sl_suite_finish(&blessed);
    struct sl_suite suite =
        load_text("- trace: a.slt\n  expect_fail: {status: mismatch, reason: broken}\n");
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_UNEXPECTED_PASS);
    cr_assert_eq(result.status, SL_ERR_MISMATCH);
    sl_result_finish(&result);
    write_trace("a.slt", (const uint8_t[]){10, 21}, 2);
    result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_EXPECTED_FAIL);
    cr_assert_str_eq(sl_result_text(&result.reason), "broken");
    sl_result_finish(&result);
    write_text("a.slt", "S*M\x18");
    result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_FAIL, "it fails, but not as listed");
    cr_assert_eq(result.status, SL_ERR_DAMAGED);
    sl_result_finish(&result);
    char said[2000];
    cr_assert_eq(bless(&suite.tests[0], false, said), SL_OK);
    cr_assert_str_eq(said, "left alone, it is expected to fail: golden/a\n0/0/0");
    sl_suite_finish(&suite);
}

Test(suite, everything_a_suite_file_can_say_is_read)
{
    cr_assert_eq(sl_file_make_folder("t", NULL), SL_OK);
    write_text("t/suite.yaml",
               "# comment\n---\n"
               "scanlock-suite: 1\n"
               "name: all\n"
               "tests:\n"
               "- traces: '*.yaml'\n"
               "  repeat: 2\n"
               "- {trace: b.slt, name: other, profile: p, default_target: 8x9, repeat: 4}\n"
               "- trace: /abs/c.aerogputrace\n"
               "  golden: ../elsewhere\n"
               "  frames:\n"
               "  - frame: x\n"
               "    tolerance:\n"
               "    - {max_pixels: 5, max_level: 1, reason: r}\n"
               "    - {max_pixels: 2, max_level: 9, reason: r}\n"
               "    rects: [{x: 1, y: 2, width: 3, height: 4, reason: r}]\n"
               "    masks: [{file: m.png, reason: r}]\n"
               "  expect_fail: {status: unsupported, reason: later}\n"
               "golden: ../g\n"
               "profile: common\n"
               "default_target: 64x32\n"
               "repeat: 3\n");
    write_text("t/z.yaml", "");
    write_text("t/a.yaml", "");
    bool is_suite = false;
    cr_assert_eq(sl_suite_sniff("t/suite.yaml", &is_suite, NULL), SL_OK);
    cr_assert(is_suite);
    cr_assert_eq(sl_suite_sniff("t/z.yaml", &is_suite, NULL), SL_OK);
    cr_assert_not(is_suite);
    struct sl_suite suite;
    struct sl_error err = {0};
    cr_assert_eq(sl_suite_load("t/suite.yaml", &suite, &err), SL_OK, "%s", err.message);
    cr_assert_str_eq(suite.name, "all");
    cr_assert_eq(suite.test_count, 4);
    const struct sl_suite_test *t = suite.tests;
    cr_assert_str_eq(t[0].name, "a");
    cr_assert_str_eq(t[0].trace, "t/a.yaml");
    cr_assert_str_eq(t[0].golden, "t/../g/a");
    cr_assert_str_eq(t[0].profile, "common");
    cr_assert(t[0].default_target_width == 64 && t[0].default_target_height == 32);
    cr_assert_eq(t[0].repeat, 2);
    cr_assert_str_eq(t[1].name, "z", "the suite file itself is left out");
    cr_assert_str_eq(t[2].name, "other");
    cr_assert_str_eq(t[2].golden, "t/../g/other");
    cr_assert_str_eq(t[2].profile, "p");
    cr_assert(t[2].default_target_width == 8 && t[2].default_target_height == 9);
    cr_assert_eq(t[2].repeat, 4);
    cr_assert_str_eq(t[3].name, "c");
    cr_assert_str_eq(t[3].trace, "/abs/c.aerogputrace");
    cr_assert_str_eq(t[3].golden, "t/../elsewhere");
    cr_assert_eq(t[3].repeat, 3);
    cr_assert_eq(t[3].expected, SL_ERR_UNSUPPORTED);
    cr_assert_eq(t[3].rule_count, 1);
    const struct sl_frame_rule *rule = &t[3].rules[0];
    cr_assert(rule->bucket_count == 2 && rule->buckets[1].max_pixels == 2 &&
              rule->buckets[1].max_level == 9);
    cr_assert(rule->rect_count == 1 && rule->rects[0].x == 1 && rule->rects[0].height == 4);
    cr_assert(rule->mask_count == 1);
    cr_assert_str_eq(rule->masks[0], "t/m.png");
    sl_suite_finish(&suite);
}

static const struct {
    const char *text;
    uint32_t line;
    const char *rule;
} bad_suites[] = {
    {"", 1, "suite.yaml"},
    {"[", 2, "suite.yaml"},
    {"a", 1, "suite.yaml"},
    {"{}\n---\n{}", 2, "suite.yaml"},
    {"name: x", 1, "suite.key"},
    {"scanlock-suite: 1\nname: x\ntests: []\nmore: 1", 4, "suite.key"},
    {"scanlock-suite: 1\nname: x\nname: y\ntests: []", 3, "suite.key"},
    {"scanlock-suite: 1\nname: x/y\ntests: []", 2, "suite.value"},
    {"scanlock-suite: 0\nname: x\ntests: []", 1, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests: {}", 3, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests: [{}]", 3, "suite.key"},
    {"scanlock-suite: 1\nname: x\ntests: [a]", 3, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a, traces: b}", 4, "suite.key"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {traces: b, name: n}", 4, "suite.key"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {traces: 'none*'}", 4, "suite.trace"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {traces: '*/x'}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a}\n- {trace: b/a.slt}", 4, "suite.name"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a, repeat: 0}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a, repeat: 1001}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a, default_target: 0x4}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a, default_target: 4x4x}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: a, name: ..}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- {trace: ''}", 4, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  expect_fail: {status: mismatch}", 5,
     "suite.key"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  expect_fail: {status: ok, reason: r}", 5,
     "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  expect_fail: {status: damaged, reason: ' "
     "'}",
     5, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  frames:\n  - frame: f\n"
     "    tolerance: [{max_pixels: 1, max_level: 2}]",
     7, "suite.key"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  frames:\n  - frame: f\n"
     "    tolerance: [{max_pixels: 1, max_level: 256, reason: r}]",
     7, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  frames:\n  - frame: f\n    tolerance:\n"
     "    - {max_pixels: 1, max_level: 2, reason: r}\n"
     "    - {max_pixels: 1, max_level: 2, reason: r}\n",
     9, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  frames:\n  - frame: f\n"
     "    rects: [{x: 1, y: 1, width: 0, height: 1, reason: r}]",
     7, "suite.value"},
    {"scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  frames:\n  - frame: f\n"
     "    masks: [{file: m.png}]",
     7, "suite.key"},
};

Test(suite, bad_suite_files_name_line_and_rule)
{
    for (size_t i = 0; i < COUNT(bad_suites); i++) {
        struct sl_suite suite;
        struct sl_error err = {0};
        write_text("bad.yaml", bad_suites[i].text);
        cr_assert_eq(sl_suite_load("bad.yaml", &suite, &err), SL_ERR_DAMAGED, "case %zu", i);
        cr_assert_str_eq(err.rule, bad_suites[i].rule, "case %zu: %s", i, err.message);
        cr_assert_eq(err.line, bad_suites[i].line, "case %zu: line %" PRIu32, i, err.line);
        cr_assert_str_eq(err.file, "bad.yaml");
        cr_assert_eq(suite.test_count, 0);
    }
    struct sl_suite suite;
    struct sl_error err = {0};
    write_text("bad.yaml", "scanlock-suite: 2\nname: x\ntests: []");
    cr_assert_eq(sl_suite_load("bad.yaml", &suite, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "suite.version");
}

Test(suite, a_suite_file_cut_anywhere_is_no_surprise)
{
    static const char text[] =
        "scanlock-suite: 1\nname: x\ntests:\n- trace: a\n  frames:\n  - frame: f\n"
        "    rects: [{x: 1, y: 1, width: 1, height: 1, reason: r}]\n"
        "    masks: [{file: m.png, reason: r}]\n  expect_fail: {status: damaged, reason: r}\n";
    for (size_t size = 0; size < sizeof(text); size++) {
        struct sl_suite suite;
        cr_assert_eq(sl_file_write("cut.yaml", text, size, NULL), SL_OK);
        enum sl_status status = sl_suite_load("cut.yaml", &suite, NULL);
        cr_assert(status == SL_OK || status == SL_ERR_DAMAGED, "%zu bytes", size);
        if (status == SL_OK) {
            sl_suite_finish(&suite);
        }
    }
}

static struct sl_results run_with(const struct sl_suite *suite, uint32_t jobs, uint32_t shard,
                                  uint32_t shards)
{
    struct sl_run_options options = {.jobs = jobs, .shard = shard, .shard_count = shards};
    struct sl_results results = {0};
    cr_assert_eq(sl_run_suites(suite, 1, &options, &results, NULL), SL_OK);
    for (size_t i = 0; i < results.count; i++) {
        results.list[i].time_us = 7; /* the only thing that may differ */
    }
    return results;
}

/* Ten traces, of which the one called t3 fails. */
static struct sl_suite ten_traces(void)
{
    static const uint8_t level = 1;
    char *paths[10];
    char said[2000];
    for (unsigned i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof(name), "t%u.slt", i);
        write_trace(name, &level, 1);
        paths[i] = strdup(name);
    }
    struct sl_suite suite;
    cr_assert_eq(sl_suite_of_traces("golden", paths, 10, &suite, NULL), SL_OK);
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(bless(&suite.tests[i], false, said), SL_OK);
        free(paths[i]);
    }
    static const uint8_t other = 2;
    write_trace("t3.slt", &other, 1);
    return suite;
}

static struct sl_buf as_json(struct sl_results *results)
{
    struct sl_buf text = {0};
    sl_results_print_json(results, &text);
    cr_assert_not_null(sl_buf_cstr(&text));
    return text;
}

Test(suite, results_do_not_depend_on_the_number_of_threads)
{
    struct sl_suite suite = ten_traces();
    struct sl_results one = run_with(&suite, 1, 1, 1);
    struct sl_buf one_text = as_json(&one);
    cr_assert_eq(sl_results_status(&one), SL_ERR_MISMATCH);
    for (uint32_t jobs = 2; jobs <= 16; jobs *= 2) {
        struct sl_results many = run_with(&suite, jobs, 1, 1);
        struct sl_buf text = as_json(&many);
        cr_assert_str_eq((const char *)text.data, (const char *)one_text.data);
        sl_buf_finish(&text);
        sl_results_finish(&many);
    }
    sl_buf_finish(&one_text);
    sl_results_finish(&one);
    sl_suite_finish(&suite);
}

static void merge_files(const char *const *paths, size_t count, const char *out)
{
    struct sl_results all;
    struct sl_error err = {0};
    cr_assert_eq(sl_results_read_json(paths[0], &all, &err), SL_OK, "%s", err.message);
    for (size_t i = 1; i < count; i++) {
        struct sl_results more;
        cr_assert_eq(sl_results_read_json(paths[i], &more, &err), SL_OK, "%s", err.message);
        cr_assert_eq(sl_results_merge(&all, &more, &err), SL_OK, "%s", err.message);
    }
    struct sl_buf text = as_json(&all);
    write_text(out, (const char *)text.data);
    sl_buf_finish(&text);
    sl_results_finish(&all);
}

static void expect_same_files(const char *a, const char *b)
{
    struct sl_buf x = {0};
    struct sl_buf y = {0};
    cr_assert_eq(sl_file_read(a, 1 << 20, &x, NULL), SL_OK);
    cr_assert_eq(sl_file_read(b, 1 << 20, &y, NULL), SL_OK);
    cr_assert(x.size == y.size && memcmp(x.data, y.data, x.size) == 0, "%s and %s", a, b);
    sl_buf_finish(&x);
    sl_buf_finish(&y);
}

Test(suite, merged_shards_are_the_whole_in_any_order)
{
    struct sl_suite suite = ten_traces();
    struct sl_results whole = run_with(&suite, 1, 1, 1);
    struct sl_buf text = as_json(&whole);
    write_text("whole", (const char *)text.data);
    sl_buf_finish(&text);
    sl_results_finish(&whole);
    size_t seen = 0;
    for (uint32_t i = 1; i <= 3; i++) {
        char name[4] = {'s', (char)('0' + i), 0};
        struct sl_results part = run_with(&suite, 2, i, 3);
        seen += part.count;
        cr_assert_lt(part.count, 10);
        cr_assert_eq(part.total, 10);
        cr_assert_neq(sl_results_check_complete(&part, NULL), SL_OK);
        text = as_json(&part);
        write_text(name, (const char *)text.data);
        sl_buf_finish(&text);
        sl_results_finish(&part);
    }
    cr_assert_eq(seen, 10);
    merge_files((const char *const[]){"s1", "s2", "s3"}, 3, "m123");
    expect_same_files("whole", "m123");
    merge_files((const char *const[]){"s3", "s1"}, 2, "m31");
    merge_files((const char *const[]){"s2", "m31"}, 2, "m2_31");
    expect_same_files("whole", "m2_31");
    merge_files((const char *const[]){"m123", "s2", "m123", "s2"}, 4, "again");
    expect_same_files("whole", "again");
    sl_suite_finish(&suite);
}

/* A results file with one test. */
static void write_result(const char *path, const char *name, const char *outcome,
                         const char *message)
{
    struct sl_buf text = {0};
    sl_buf_printf(&text,
                  "{\"scanlock-results\": 1, \"tests\": 1}\n"
                  "{\"index\": 0, \"suite\": \"s\", \"name\": \"%s\", \"file\": \"f\", "
                  "\"outcome\": \"%s\", \"status\": 1, \"time_us\": 5, \"frames\": 1, "
                  "\"message\": \"%s\", \"details\": \"\", \"reason\": \"\", "
                  "\"mismatches\": []}\n",
                  name, outcome, message);
    write_text(path, sl_buf_cstr(&text));
    sl_buf_finish(&text);
}

Test(suite, of_two_results_of_a_test_the_worse_wins)
{
    write_result("a", "t", "pass", "");
    write_result("b", "t", "fail", "one");
    write_result("c", "t", "fail", "two");
    merge_files((const char *const[]){"a", "b", "c"}, 3, "abc");
    merge_files((const char *const[]){"c", "a", "b"}, 3, "cab");
    expect_same_files("abc", "c");
    expect_same_files("cab", "c");
    write_result("other", "u", "pass", "");
    struct sl_results x;
    struct sl_results y;
    struct sl_error err = {0};
    cr_assert_eq(sl_results_read_json("a", &x, NULL), SL_OK);
    cr_assert_eq(sl_results_read_json("other", &y, NULL), SL_OK);
    cr_assert_eq(sl_results_merge(&x, &y, &err), SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "results.line");
    sl_results_finish(&x);
}

Test(suite, bad_results_files_name_the_line)
{
    static const struct {
        const char *text;
        uint32_t line;
        const char *rule;
    } cases[] = {
        {"", 0, "results.line"},
        {"{\"scanlock-results\": 1, \"tests\": 1}", 1, "results.line"},
        {"{\"scanlock-results\": 1}\n", 1, "suite.key"},
        {"x\n", 1, "suite.yaml"},
        {"{\"scanlock-results\": 1, \"tests\": 1}\n{\"index\": 0}\n", 2, "suite.key"},
        {"{\"scanlock-results\": 1, \"tests\": 1}\n{\"index\": 1, \"suite\": \"s\", \"name\": "
         "\"n\", \"file\": \"f\", \"outcome\": \"pass\", \"status\": 0, \"time_us\": 5, "
         "\"frames\": 1, \"message\": \"\", \"details\": \"\", \"reason\": \"\", "
         "\"mismatches\": []}\n",
         2, "results.line"},
        {"{\"scanlock-results\": 1, \"tests\": 1}\n{\"index\": 0, \"suite\": \"s\", \"name\": "
         "\"n\", \"file\": \"f\", \"outcome\": \"great\", \"status\": 0, \"time_us\": 5, "
         "\"frames\": 1, \"message\": \"\", \"details\": \"\", \"reason\": \"\", "
         "\"mismatches\": []}\n",
         2, "results.line"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sl_results results;
        struct sl_error err = {0};
        write_text("r", cases[i].text);
        cr_assert_eq(sl_results_read_json("r", &results, &err), SL_ERR_DAMAGED, "case %zu", i);
        cr_assert_str_eq(err.rule, cases[i].rule, "case %zu: %s", i, err.message);
        cr_assert_eq(err.line, cases[i].line, "case %zu: %" PRIu32, i, err.line);
    }
    struct sl_results results = {.total = 2, .count = 0};
    struct sl_error err = {0};
    cr_assert_eq(sl_results_check_complete(&results, &err), SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "results.incomplete");
}

static void set_result(struct sl_result *result, const char *suite, const char *name,
                       enum sl_outcome outcome, enum sl_status status)
{
    *result = (struct sl_result){.suite = strdup(suite),
                                 .name = strdup(name),
                                 .file = strdup("t/<x>.slt"),
                                 .outcome = outcome,
                                 .status = status,
                                 .time_us = 1500,
                                 .frames = 1};
}

static struct sl_results four_results(void)
{
    struct sl_results results = {
        .list = calloc(4, sizeof(struct sl_result)), .count = 4, .total = 4};
    set_result(&results.list[0], "a", "good", SL_OUTCOME_PASS, SL_OK);
    set_result(&results.list[1], "a", "bad", SL_OUTCOME_FAIL, SL_ERR_MISMATCH);
    set_result(&results.list[2], "a", "worse", SL_OUTCOME_FAIL, SL_ERR_DAMAGED);
    set_result(&results.list[3], "b", "known", SL_OUTCOME_EXPECTED_FAIL, SL_ERR_MISMATCH);
    sl_buf_text(&results.list[1].message, "1 < 2 & \"x\" #\x01");
    sl_buf_text(&results.list[1].details, "first\nsecond\n");
    sl_buf_text(&results.list[3].reason, "soon");
    return results;
}

static void expect_report(const char *format, const char *want)
{
    struct sl_results results = four_results();
    struct sl_buf text = {0};
    sl_report_find(format, strlen(format))->print(&results, &text);
    cr_assert_str_eq(sl_buf_cstr(&text), want);
    sl_buf_finish(&text);
    sl_results_finish(&results);
}

Test(suite, tap_report)
{
    expect_report("tap", "TAP version 13\n"
                         "1..4\n"
                         "ok 1 - a/good\n"
                         "not ok 2 - a/bad\n"
                         "  ---\n"
                         "  message: \"1 < 2 & \\\"x\\\" #\\u0001\"\n"
                         "  file: \"t/<x>.slt\"\n"
                         "  severity: fail\n"
                         "  details: |2\n"
                         "    first\n"
                         "    second\n"
                         "  ...\n"
                         "not ok 3 - a/worse\n"
                         "  ---\n"
                         "  message: \"\"\n"
                         "  file: \"t/<x>.slt\"\n"
                         "  severity: error\n"
                         "  ...\n"
                         "not ok 4 - b/known # TODO soon\n");
}

Test(suite, junit_report)
{
    expect_report(
        "junit",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites tests=\"4\" failures=\"1\" errors=\"1\" time=\"0.006000\">\n"
        "  <testsuite name=\"a\" tests=\"3\" failures=\"1\" errors=\"1\" time=\"0.004500\">\n"
        "    <testcase classname=\"a\" name=\"good\" file=\"t/&lt;x&gt;.slt\" "
        "time=\"0.001500\"/>\n"
        "    <testcase classname=\"a\" name=\"bad\" file=\"t/&lt;x&gt;.slt\" time=\"0.001500\">\n"
        "      <failure message=\"1 &lt; 2 &amp; &quot;x&quot; #?\">first&#10;second&#10;"
        "</failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"a\" name=\"worse\" file=\"t/&lt;x&gt;.slt\" "
        "time=\"0.001500\">\n"
        "      <error message=\"\"></error>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"b\" tests=\"1\" failures=\"0\" errors=\"0\" time=\"0.001500\">\n"
        "    <testcase classname=\"b\" name=\"known\" file=\"t/&lt;x&gt;.slt\" "
        "time=\"0.001500\"/>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

Test(suite, terminal_report)
{
    struct sl_results results = four_results();
    struct sl_buf text = {0};
    sl_report_terminal(&results, &(struct sl_terminal_style){0}, &text);
    cr_assert_str_eq(sl_buf_cstr(&text), "FAILED  a/bad  (1 frame)\n"
                                         "    trace t/<x>.slt\n"
                                         "    first\n"
                                         "    second\n"
                                         "FAILED  a/worse  (1 frame)\n"
                                         "    \n"
                                         "    trace t/<x>.slt\n"
                                         "traces: 2 passed, 2 failed; frames: 4; time: 0.006 s\n");
    sl_buf_clear(&text);
    sl_report_terminal(&results, &(struct sl_terminal_style){true, true}, &text);
    cr_assert_eq(strncmp(sl_buf_cstr(&text), "\033[32mok\033[0m  a/good  (1 frame)\n", 29), 0);
    sl_buf_finish(&text);
    cr_assert_eq(sl_results_status(&results), SL_ERR_DAMAGED);
    sl_results_finish(&results);
    cr_assert_null(sl_report_find("xml", 3));
}

Test(suite, json_strings_are_fit_for_every_reader)
{
    struct sl_buf text = {0};
    sl_json_string(&text, "a\"\\\n\x7f\xc2\x80\xc3\xa9\xe2\x80\xa8\xef\xbb\xbf\xff");
    cr_assert_str_eq(sl_buf_cstr(&text),
                     "\"a\\\"\\\\\\u000a\\u007f\\u0080\xc3\xa9\\u2028\\ufeff\\ufffd\"");
    sl_buf_finish(&text);
}

Test(suite, filters_and_shards)
{
    cr_assert(sl_run_takes(NULL, "s", "t"));
    cr_assert(sl_run_takes("t*", "s", "test"));
    cr_assert(sl_run_takes("s/t*", "s", "test"));
    cr_assert_not(sl_run_takes("u*", "s", "test"));
    /* XXH64, seed 0, of "s/t", as libxxhash gives it. */
    cr_assert_eq(sl_run_shard_of("s", "t", 1000), UINT64_C(0x081feeb578fa37d4) % 1000);
    struct sl_suite suite = one_trace("a.slt");
    struct sl_run_options options = {.jobs = 1, .shard = 1, .shard_count = 1, .filter = "x"};
    struct sl_results results = {0};
    cr_assert_eq(sl_run_suites(&suite, 1, &options, &results, NULL), SL_ERR_USAGE);
    sl_results_finish(&results);
    struct sl_suite twins[2] = {suite, suite};
    cr_assert_eq(sl_run_suites(twins, 2, &options, &results, NULL), SL_ERR_USAGE);
    sl_suite_finish(&suite);
    char *same[] = {strdup("x/a.slt"), strdup("y/a.yaml")};
    cr_assert_eq(sl_suite_of_traces("golden", same, 2, &suite, NULL), SL_ERR_USAGE);
    free(same[0]);
    free(same[1]);
}

Test(suite, pictures_stay_away_from_goldens)
{
    struct sl_suite suite = one_trace("a.slt");
    cr_assert_eq(sl_file_make_folder("golden/a", NULL), SL_OK);
    static const char *const bad[] = {"golden", "golden/", "golden/a", "golden/a/x",
                                      "./golden/../golden/a/y/z"};
    static const char *const good[] = {"out", "golden2", "goldenx/y", "golden/../out"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        cr_assert_eq(sl_output_guard(bad[i], &suite, 1, NULL), SL_ERR_USAGE, "%s", bad[i]);
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        cr_assert_eq(sl_output_guard(good[i], &suite, 1, NULL), SL_OK, "%s", good[i]);
    }
    sl_suite_finish(&suite);
}

static bool differ(const char *a, const char *b, struct sl_buf *out)
{
    struct sl_buf x = {0};
    struct sl_buf y = {0};
    sl_buf_text(&x, a);
    sl_buf_text(&y, b);
    sl_buf_clear(out);
    bool different = sl_text_difference(&x, "A", &y, "B", out);
    sl_buf_finish(&x);
    sl_buf_finish(&y);
    return different;
}

Test(suite, text_differences_show_the_line_and_what_is_before)
{
    struct sl_buf out = {0};
    cr_assert_not(differ("", "", &out));
    cr_assert_not(differ("a\nb\n", "a\nb\n", &out));
    cr_assert(differ("1\n2\n3\n4\n5x\n6\n", "1\n2\n3\n4\n5y\n6\n", &out));
    cr_assert_str_eq(sl_buf_cstr(&out), "line 5 differs ('-' is A, '+' is B):\n"
                                        "    2\n    3\n    4\n  - 5x\n  + 5y\n");
    cr_assert(differ("a\n", "a\nb\n", &out));
    cr_assert_str_eq(sl_buf_cstr(&out),
                     "line 2 differs ('-' is A, '+' is B):\n    a\n  - (end)\n  + b\n");
    cr_assert(differ("", "b\n", &out));
    cr_assert_str_eq(sl_buf_cstr(&out), "line 1 differs ('-' is A, '+' is B):\n  - (end)\n  + b\n");
    cr_assert(differ("ab\n", "a\n", &out));
    cr_assert_str_eq(sl_buf_cstr(&out), "line 1 differs ('-' is A, '+' is B):\n  - ab\n  + a\n");
    sl_buf_finish(&out);
}

/* Pairs of events that differ in one field. */
static const struct sl_event event_pairs[][2] = {
    {{SL_EVENT_MEM, .u.mem = {.gpa = 1, .bytes = (const uint8_t *)"a", .size = 1}},
     {SL_EVENT_MEM, .u.mem = {.gpa = 1, .bytes = (const uint8_t *)"b", .size = 1}}},
    {{SL_EVENT_MMIO, .u.mmio = {.size = 4, .has_value = true, .value = 1}},
     {SL_EVENT_MMIO, .u.mmio = {.size = 4, .has_value = true, .value = 2}}},
    {{SL_EVENT_VRING, .u.vring = {.queue = 1}}, {SL_EVENT_VRING, .u.vring = {.queue = 2}}},
    {{SL_EVENT_NOTIFY, .u.notify_queue = 1}, {SL_EVENT_NOTIFY, .u.notify_queue = 2}},
    {{SL_EVENT_VBLANK, .u.vblank = {.count = 1}}, {SL_EVENT_VBLANK, .u.vblank = {.count = 2}}},
    {{SL_EVENT_FRAME, .u.text = {.text = "a", .text_size = 1}},
     {SL_EVENT_FRAME, .u.text = {.text = "b", .text_size = 1}}},
    {{SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 1}},
     {SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FENCE, .value = 2}}},
    {{SL_EVENT_NOTE, .u.text = {.text = "a", .text_size = 1}},
     {SL_EVENT_NOTE, .u.text = {.text = "", .text_size = 0}}},
    {{SL_EVENT_DISPLAY, .u.display = {.scanout = 1}},
     {SL_EVENT_DISPLAY, .u.display = {.scanout = 2}}},
    {{.type = SL_EVENT_RESET}, {.type = (enum sl_event_type)0}},
    {{SL_EVENT_ATTACH,
      .u.text = {.text = "a", .text_size = 1, .bytes = (const uint8_t *)"x", .size = 1}},
     {SL_EVENT_ATTACH,
      .u.text = {.text = "a", .text_size = 1, .bytes = (const uint8_t *)"y", .size = 1}}},
};

Test(suite, events_differ_in_every_field_and_print_so)
{
    for (size_t i = 0; i < COUNT(event_pairs); i++) {
        const struct sl_event *pair = event_pairs[i];
        struct sl_buf a = {0};
        struct sl_buf b = {0};
        cr_assert(sl_event_equal(&pair[0], &pair[0]), "pair %zu", i);
        cr_assert_not(sl_event_equal(&pair[0], &pair[1]), "pair %zu", i);
        sl_event_print(&pair[0], &a);
        sl_event_print(&pair[1], &b);
        cr_assert_str_neq(sl_buf_cstr(&a), sl_buf_cstr(&b), "pair %zu", i);
        sl_buf_finish(&a);
        sl_buf_finish(&b);
    }
}

Test(suite, every_failing_allocation_of_a_check_is_survived)
{
    struct sl_suite suite = blessed_trace();
    write_trace("a.slt", (const uint8_t[]){10, 23}, 2);
    for (unsigned n = 1;; n++) {
        fail_alloc_arm(n);
        struct sl_result result = run_test(&suite, 2);
        bool failed = fail_alloc_disarm();
        enum sl_status status = result.status;
        sl_result_finish(&result);
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_ERR_MISMATCH, "allocation %u", n);
        if (!failed) {
            cr_assert_gt(n, 50);
            break;
        }
    }
    sl_suite_finish(&suite);
}

Test(suite, every_failing_allocation_of_a_bless_is_survived)
{
    struct sl_suite suite = blessed_trace();
    for (unsigned n = 1;; n++) {
        struct sl_bless_options options = {.new_only = false};
        struct sl_bless_counts counts = {0};
        struct sl_buf report = {0};
        write_trace("a.slt", (const uint8_t[]){(uint8_t)n}, 1);
        fail_alloc_arm(n);
        enum sl_status status = sl_bless_test(&suite.tests[0], &options, &report, &counts, NULL);
        bool failed = fail_alloc_disarm();
        sl_buf_finish(&report);
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK, "allocation %u", n);
        if (!failed) {
            cr_assert_gt(n, 50);
            break;
        }
    }
    struct sl_result result = run_test(&suite, 1);
    cr_assert_eq(result.outcome, SL_OUTCOME_PASS, "what was half done has been completed");
    sl_result_finish(&result);
    sl_suite_finish(&suite);
}

Test(suite, every_failing_allocation_of_loading_and_merging_is_survived)
{
    write_text("s.yaml", "scanlock-suite: 1\nname: x\nprofile: p\ntests:\n- trace: a\n  frames:\n"
                         "  - frame: f\n    masks: [{file: m.png, reason: r}]\n"
                         "  expect_fail: {status: damaged, reason: r}\n- traces: '*.yaml'\n");
    write_text("b.yaml", "");
    write_result("a", "t", "fail", "one");
    write_result("b", "t", "fail", "two");
    for (unsigned n = 1;; n++) {
        struct sl_suite suite = {0};
        struct sl_results x = {0};
        struct sl_results y = {0};
        fail_alloc_arm(n);
        enum sl_status status = sl_suite_load("s.yaml", &suite, NULL);
        if (status == SL_OK) {
            status = sl_results_read_json("a", &x, NULL);
        }
        if (status == SL_OK) {
            status = sl_results_read_json("b", &y, NULL);
        }
        if (status == SL_OK) {
            status = sl_results_merge(&x, &y, NULL);
        }
        bool failed = fail_alloc_disarm();
        sl_suite_finish(&suite);
        sl_results_finish(&x);
        sl_results_finish(&y);
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK, "allocation %u", n);
        if (!failed) {
            cr_assert_gt(n, 30);
            break;
        }
    }
}
