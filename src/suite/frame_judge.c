#include "suite/frame_judge.h"

#include "base/file.h"
#include "base/status.h"
#include "image/png.h"

#include <fnmatch.h>
#include <inttypes.h>

void sl_frame_verdict_finish(struct sl_frame_verdict *verdict)
{
    sl_image_finish(&verdict->expected);
    sl_mask_finish(&verdict->mask);
}

const struct sl_frame_rule *sl_frame_rule_for(const struct sl_suite_test *test, const char *name)
{
    for (size_t i = 0; i < test->rule_count; i++) {
        if (fnmatch(test->rules[i].frame, name, 0) == 0) {
            return &test->rules[i];
        }
    }
    return NULL;
}

static enum sl_status add_mask_image(struct sl_mask *mask, const char *path, struct sl_error *err)
{
    struct sl_image image;
    enum sl_status status = sl_png_read(path, &image, err);
    if (status != SL_OK) {
        return status;
    }
    if (image.width != mask->width || image.height != mask->height) {
        status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_GOLDEN_MASK,
                         "the mask is %" PRIu32 "x%" PRIu32 ", its frame %" PRIu32 "x%" PRIu32,
                         image.width, image.height, mask->width, mask->height);
        sl_error_set_file(err, path);
    } else {
        sl_mask_add_image(mask, &image);
    }
    sl_image_finish(&image);
    return status;
}

static enum sl_status build_mask(const struct sl_frame_rule *rule, const struct sl_image *expected,
                                 struct sl_mask *mask, struct sl_error *err)
{
    if (!rule || (rule->rect_count == 0 && rule->mask_count == 0)) {
        return SL_OK;
    }
    enum sl_status status = sl_mask_init(mask, expected->width, expected->height, err);
    for (size_t i = 0; status == SL_OK && i < rule->rect_count; i++) {
        sl_mask_add_rect(mask, &rule->rects[i]);
    }
    for (size_t i = 0; status == SL_OK && i < rule->mask_count; i++) {
        status = add_mask_image(mask, rule->masks[i], err);
    }
    return status;
}

static enum sl_status compare(const struct sl_frame_rule *rule, const struct sl_image *actual,
                              struct sl_frame_verdict *verdict, struct sl_error *err)
{
    enum sl_status status = build_mask(rule, &verdict->expected, &verdict->mask, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_comparison *comparison = &verdict->comparison;
    sl_image_compare(&verdict->expected, actual, &verdict->mask, comparison);
    if (comparison->same_size && comparison->differing == 0) {
        verdict->finding = comparison->compared == (uint64_t)actual->width * actual->height
                               ? SL_FRAME_EQUAL
                               : SL_FRAME_TOLERATED;
    } else if (rule && sl_comparison_passes(comparison, rule->buckets, rule->bucket_count)) {
        verdict->finding = SL_FRAME_TOLERATED;
    } else {
        verdict->finding = SL_FRAME_DIFFERS;
    }
    return SL_OK;
}

static enum sl_status judge_file(const struct sl_golden_frame *bound,
                                 const struct sl_frame_rule *rule, const struct sl_buf *file,
                                 const struct sl_image *actual, struct sl_frame_verdict *verdict,
                                 struct sl_error *err)
{
    struct sl_hash128 hash = sl_hash128(file->data, file->size);
    verdict->unbound = !bound || !sl_hash128_equal(&hash, &bound->file);
    if (!verdict->unbound && bound->width == actual->width && bound->height == actual->height) {
        struct sl_hash128 pixels = sl_hash128(actual->pixels, sl_image_size_bytes(actual));
        if (sl_hash128_equal(&pixels, &bound->pixels)) {
            verdict->finding = SL_FRAME_EQUAL;
            return SL_OK;
        }
    }
    enum sl_status status = sl_png_decode(file->data, file->size, &verdict->expected, err);
    return status == SL_OK ? compare(rule, actual, verdict, err) : status;
}

enum sl_status sl_frame_judge(const struct sl_golden *golden, const struct sl_frame_rule *rule,
                              const char *name, const struct sl_image *actual,
                              struct sl_frame_verdict *verdict, struct sl_error *err)
{
    *verdict = (struct sl_frame_verdict){.finding = SL_FRAME_NEW};
    if (!sl_golden_has_png(golden, name)) {
        return SL_OK;
    }
    struct sl_buf path = {0};
    struct sl_buf file = {0};
    const char *text = sl_golden_path(golden, name, ".png", &path);
    enum sl_status status =
        text ? sl_file_read(text, SL_PNG_FILE_MAX, &file, err) : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = judge_file(sl_golden_find(golden, name), rule, &file, actual, verdict, err);
        if (status != SL_OK) {
            sl_error_set_file(err, text);
            sl_frame_verdict_finish(verdict);
        }
    }
    sl_buf_finish(&file);
    sl_buf_finish(&path);
    return status;
}
