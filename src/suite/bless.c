#include "suite/bless.h"

#include "base/file.h"
#include "base/status.h"
#include "image/png.h"
#include "suite/frame_judge.h"
#include "suite/suite_priv.h"
#include "suite/text_difference.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A frame of the replay and what the golden folder shall hold for it. */
struct blessed {
    char *name;
    struct sl_golden_frame bound;
    struct sl_buf png; /* to be written; empty = the file stays */
};

struct bless {
    const struct sl_suite_test *test;
    const struct sl_bless_options *options;
    struct sl_buf *report;
    struct sl_bless_counts *counts;
    struct sl_golden golden;
    struct blessed *frames;
    size_t frame_count;
    struct sl_buf transcript;
    bool write_transcript;
};

static void finish(struct bless *bless)
{
    for (size_t i = 0; i < bless->frame_count; i++) {
        free(bless->frames[i].name);
        sl_buf_finish(&bless->frames[i].png);
    }
    free(bless->frames);
    sl_golden_finish(&bless->golden);
    sl_buf_finish(&bless->transcript);
}

/* "new golden/x/a.png 64x64" and the like. */
static void say(struct bless *bless, const char *what, const char *name, const char *ending)
{
    sl_buf_printf(bless->report, "%s %s/%s%s", what, bless->golden.folder, name, ending);
}

static void say_frame(struct bless *bless, const char *what, const char *name,
                      const struct sl_image *image, const struct sl_frame_verdict *verdict)
{
    say(bless, what, name, ".png");
    if (verdict->finding == SL_FRAME_NEW || !verdict->comparison.same_size) {
        sl_buf_printf(bless->report, ": %" PRIu32 "x%" PRIu32 "\n", image->width, image->height);
    } else {
        sl_buf_printf(bless->report,
                      ": %" PRIu64 " pixels, largest difference %u, in %" PRIu32 ",%" PRIu32
                      " %" PRIu32 "x%" PRIu32 "\n",
                      verdict->comparison.differing, verdict->comparison.max_level,
                      verdict->comparison.box.x, verdict->comparison.box.y,
                      verdict->comparison.box.width, verdict->comparison.box.height);
    }
}

/* Binds the file that is there and stays. */
static enum sl_status keep_file(struct bless *bless, struct blessed *frame, bool unbound,
                                const struct sl_frame_verdict *verdict,
                                const struct sl_image *actual, struct sl_error *err)
{
    const struct sl_golden_frame *bound = sl_golden_find(&bless->golden, frame->name);
    if (!unbound) {
        frame->bound = *bound;
        frame->bound.name = frame->name;
        return SL_OK;
    }
    struct sl_buf path = {0};
    struct sl_buf file = {0};
    const char *text = sl_golden_path(&bless->golden, frame->name, ".png", &path);
    enum sl_status status =
        text ? sl_file_read(text, SL_PNG_FILE_MAX, &file, err) : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        const struct sl_image *shown = verdict->expected.pixels ? &verdict->expected : actual;
        frame->bound = sl_golden_bind(frame->name, shown, file.data, file.size);
    }
    sl_buf_finish(&file);
    sl_buf_finish(&path);
    return status;
}

static enum sl_status replace_file(struct blessed *frame, const struct sl_image *image,
                                   struct sl_error *err)
{
    enum sl_status status = sl_png_encode(image, &frame->png, err);
    if (status == SL_OK) {
        frame->bound = sl_golden_bind(frame->name, image, frame->png.data, frame->png.size);
    }
    return status;
}

static enum sl_status decide(struct bless *bless, struct blessed *frame,
                             const struct sl_image *image, const struct sl_frame_verdict *verdict,
                             struct sl_error *err)
{
    if (verdict->finding == SL_FRAME_NEW) {
        say_frame(bless, "new", frame->name, image, verdict);
        return replace_file(frame, image, err);
    }
    if (verdict->finding == SL_FRAME_DIFFERS && !bless->options->new_only) {
        say_frame(bless, "changed", frame->name, image, verdict);
        return replace_file(frame, image, err);
    }
    if (verdict->finding == SL_FRAME_DIFFERS) {
        say_frame(bless, "differs, kept", frame->name, image, verdict);
        bless->counts->kept++;
    }
    return keep_file(bless, frame, verdict->unbound, verdict, image, err);
}

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    (void)index;
    struct bless *bless = data;
    struct blessed *frames =
        sl_suite_grow(bless->frames, bless->frame_count, sizeof(*bless->frames));
    if (!frames) {
        return sl_fail_memory(err, 0);
    }
    bless->frames = frames;
    struct blessed *frame = &frames[bless->frame_count];
    *frame = (struct blessed){.name = strdup(name)};
    if (!frame->name) {
        return sl_fail_memory(err, 0);
    }
    bless->frame_count++;
    struct sl_frame_verdict verdict;
    const struct sl_frame_rule *rule = sl_frame_rule_for(bless->test, name);
    enum sl_status status = sl_frame_judge(&bless->golden, rule, name, image, &verdict, err);
    if (status == SL_ERR_DAMAGED && !bless->options->new_only) {
        /* A golden that cannot be read is replaced, too. */
        verdict = (struct sl_frame_verdict){.finding = SL_FRAME_DIFFERS};
        status = SL_OK;
    }
    if (status == SL_OK) {
        status = decide(bless, frame, image, &verdict, err);
        sl_frame_verdict_finish(&verdict);
    }
    return status;
}

static enum sl_status on_line(void *data, const char *text, struct sl_error *err)
{
    struct bless *bless = data;
    if (bless->transcript.size > SL_TEST_TRANSCRIPT_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "the transcript is larger than %zu bytes", SL_TEST_TRANSCRIPT_MAX);
    }
    sl_buf_printf(&bless->transcript, "%s\n", text);
    return bless->transcript.failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status on_broken(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    (void)data;
    sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE, "%s", text);
    sl_error_set_event(err, event);
    return SL_ERR_MISMATCH;
}

static void decide_transcript(struct bless *bless)
{
    struct sl_buf difference = {0};
    if (!bless->golden.has_transcript) {
        bless->write_transcript = true;
        say(bless, "new", "transcript", ".txt\n");
    } else if (sl_text_difference(&bless->golden.transcript, "the old", &bless->transcript,
                                  "the new", &difference)) {
        bless->write_transcript = !bless->options->new_only;
        bless->counts->kept += bless->options->new_only;
        say(bless, bless->options->new_only ? "differs, kept" : "changed", "transcript", ".txt: ");
        sl_buf_append(bless->report, difference.data, difference.size);
        bless->report->failed |= difference.failed;
    }
    sl_buf_finish(&difference);
}

static enum sl_status write_file(struct bless *bless, const char *name, const char *ending,
                                 const struct sl_buf *content, struct sl_error *err)
{
    struct sl_buf path = {0};
    const char *text = sl_golden_path(&bless->golden, name, ending, &path);
    enum sl_status status =
        text ? sl_file_write(text, content->data, content->size, err) : sl_fail_memory(err, 0);
    sl_buf_finish(&path);
    bless->counts->written += status == SL_OK;
    return status;
}

static int by_frame_name(const void *a, const void *b)
{
    return strcmp(((const struct blessed *)a)->name, ((const struct blessed *)b)->name);
}

/* Removes the PNGs that the replay does not show any more. frames are sorted. */
static enum sl_status remove_stale(struct bless *bless, struct sl_error *err)
{
    struct sl_buf path = {0};
    enum sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < bless->golden.png_count; i++) {
        struct blessed key = {.name = bless->golden.pngs[i]};
        if (bless->frame_count && bsearch(&key, bless->frames, bless->frame_count,
                                          sizeof(*bless->frames), by_frame_name)) {
            continue;
        }
        const char *text = sl_golden_path(&bless->golden, key.name, ".png", &path);
        if (bless->options->new_only) {
            say(bless, "not in the replay, kept", key.name, ".png\n");
            bless->counts->kept++;
        } else if (!text || unlink(text) != 0) {
            status = text ? sl_fail_errno(err, text, "remove") : sl_fail_memory(err, 0);
        } else {
            say(bless, "removed", key.name, ".png\n");
            bless->counts->removed++;
        }
    }
    sl_buf_finish(&path);
    return status;
}

/*
 * With new_only, lines of frames that the replay does not show stay: their PNGs do. Both lists are
 * sorted by name.
 */
static void print_frames(const struct bless *bless, struct sl_buf *out)
{
    size_t old = 0;
    size_t old_count = bless->options->new_only ? bless->golden.frame_count : 0;
    sl_golden_print_header(out);
    for (size_t i = 0; i < bless->frame_count; i++) {
        const char *name = bless->frames[i].name;
        for (; old < old_count && strcmp(bless->golden.frames[old].name, name) <= 0; old++) {
            if (strcmp(bless->golden.frames[old].name, name) != 0) {
                sl_golden_print_frame(out, &bless->golden.frames[old]);
            }
        }
        sl_golden_print_frame(out, &bless->frames[i].bound);
    }
    for (; old < old_count; old++) {
        sl_golden_print_frame(out, &bless->golden.frames[old]);
    }
}

static enum sl_status write_frames(struct bless *bless, struct sl_error *err)
{
    struct sl_buf wanted = {0};
    struct sl_buf present = {0};
    struct sl_buf path = {0};
    print_frames(bless, &wanted);
    const char *text = sl_golden_path(&bless->golden, "frames", ".txt", &path);
    enum sl_status status = wanted.failed || !text ? sl_fail_memory(err, 0) : SL_OK;
    if (status == SL_OK && sl_file_exists(text)) {
        status = sl_file_read(text, UINT64_MAX, &present, err);
    }
    bool same = sl_buf_equal(&present, &wanted);
    if (status == SL_OK && !same) {
        status = write_file(bless, "frames", ".txt", &wanted, err);
        say(bless, "bound", "frames", ".txt\n");
    }
    sl_buf_finish(&path);
    sl_buf_finish(&present);
    sl_buf_finish(&wanted);
    return status;
}

static enum sl_status write_all(struct bless *bless, struct sl_error *err)
{
    enum sl_status status = sl_file_make_folder(bless->golden.folder, err);
    for (size_t i = 0; status == SL_OK && i < bless->frame_count; i++) {
        const struct blessed *frame = &bless->frames[i];
        if (frame->png.size) {
            status = write_file(bless, frame->name, ".png", &frame->png, err);
        }
    }
    if (status == SL_OK && bless->write_transcript) {
        status = write_file(bless, "transcript", ".txt", &bless->transcript, err);
    }
    if (status == SL_OK && bless->frame_count) {
        qsort(bless->frames, bless->frame_count, sizeof(*bless->frames), by_frame_name);
    }
    if (status == SL_OK) {
        status = remove_stale(bless, err);
    }
    return status == SL_OK ? write_frames(bless, err) : status;
}

enum sl_status sl_bless_test(const struct sl_suite_test *test,
                             const struct sl_bless_options *options, struct sl_buf *report,
                             struct sl_bless_counts *counts, struct sl_error *err)
{
    if (test->expected != SL_OK) {
        sl_buf_printf(report, "left alone, it is expected to fail: %s\n", test->golden);
        return SL_OK;
    }
    struct sl_buf said = {0};
    struct bless bless = {.test = test, .options = options, .report = &said, .counts = counts};
    enum sl_status status = sl_golden_open(test->golden, &bless.golden, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_replay_callbacks callbacks = {
        .data = &bless, .frame = on_frame, .line = on_line, .broken = on_broken};
    status = sl_test_replay(test, &options->test, &callbacks, err);
    if (status == SL_OK) {
        decide_transcript(&bless);
        status = write_all(&bless, err);
        sl_buf_append(report, said.data, said.size);
    }
    if (status == SL_OK && (said.failed || report->failed)) {
        status = sl_fail_memory(err, 0);
    }
    finish(&bless);
    sl_buf_finish(&said);
    return status;
}
