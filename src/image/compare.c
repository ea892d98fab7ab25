#include "image/compare.h"

#include "base/status.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum sl_status sl_mask_init(struct sl_mask *mask, uint32_t width, uint32_t height,
                            struct sl_error *err)
{
    assert(width <= SL_IMAGE_DIM_MAX && height <= SL_IMAGE_DIM_MAX);
    *mask = (struct sl_mask){0};
    size_t size = (size_t)width * height;
    uint8_t *bytes = calloc(size ? size : 1, 1);
    if (!bytes) {
        return sl_fail_memory(err, size);
    }
    *mask = (struct sl_mask){.width = width, .height = height, .bytes = bytes};
    return SL_OK;
}

void sl_mask_finish(struct sl_mask *mask)
{
    free(mask->bytes);
    *mask = (struct sl_mask){0};
}

static uint32_t clipped(uint32_t start, uint32_t length, uint32_t limit)
{
    if (start >= limit) {
        return 0;
    }
    return length < limit - start ? length : limit - start;
}

void sl_mask_add_rect(struct sl_mask *mask, const struct sl_rect *rect)
{
    uint32_t width = clipped(rect->x, rect->width, mask->width);
    uint32_t height = clipped(rect->y, rect->height, mask->height);
    for (uint32_t row = 0; width && row < height; row++) {
        memset(mask->bytes + (size_t)(rect->y + row) * mask->width + rect->x, 1, width);
    }
}

void sl_mask_add_image(struct sl_mask *mask, const struct sl_image *image)
{
    assert(image->width == mask->width && image->height == mask->height);
    size_t count = (size_t)mask->width * mask->height;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = image->pixels + i * 4;
        mask->bytes[i] |= (p[0] | p[1] | p[2]) != 0;
    }
}

static uint8_t pixel_difference(const uint8_t *a, const uint8_t *b)
{
    int worst = 0;
    for (int c = 0; c < 4; c++) {
        int d = abs(a[c] - b[c]);
        worst = d > worst ? d : worst;
    }
    return (uint8_t)worst;
}

static void add_difference(struct sl_comparison *result, uint32_t x, uint32_t y,
                           const uint8_t *expected, const uint8_t *actual, uint8_t level)
{
    if (result->differing == 0) {
        result->first_x = x;
        result->first_y = y;
        memcpy(result->first_expected, expected, 4);
        memcpy(result->first_actual, actual, 4);
        result->box = (struct sl_rect){x, y, 1, 1};
    }
    result->differing++;
    result->max_level = level > result->max_level ? level : result->max_level;
    struct sl_rect *box = &result->box;
    if (x < box->x) {
        box->width += box->x - x;
        box->x = x;
    } else if (x - box->x >= box->width) {
        box->width = x - box->x + 1;
    }
    box->height = y - box->y + 1;
}

static void compare_row(const struct sl_image *expected, const struct sl_image *actual,
                        const uint8_t *mask, uint32_t y, struct sl_comparison *result)
{
    size_t start = (size_t)y * expected->width * 4;
    const uint8_t *e = expected->pixels + start;
    const uint8_t *a = actual->pixels + start;
    for (uint32_t x = 0; x < expected->width; x++, e += 4, a += 4) {
        if (mask && mask[x]) {
            continue;
        }
        result->compared++;
        uint8_t level = pixel_difference(e, a);
        result->by_level[level]++;
        if (level) {
            add_difference(result, x, y, e, a, level);
        }
    }
}

void sl_image_compare(const struct sl_image *expected, const struct sl_image *actual,
                      const struct sl_mask *mask, struct sl_comparison *result)
{
    *result = (struct sl_comparison){0};
    if (expected->width != actual->width || expected->height != actual->height) {
        return;
    }
    result->same_size = true;
    bool masked = mask && mask->bytes;
    assert(!masked || (mask->width == expected->width && mask->height == expected->height));
    size_t row_bytes = (size_t)expected->width * 4;
    for (uint32_t y = 0; y < expected->height; y++) {
        size_t start = y * row_bytes;
        if (!masked && memcmp(expected->pixels + start, actual->pixels + start, row_bytes) == 0) {
            result->compared += expected->width;
            result->by_level[0] += expected->width;
            continue;
        }
        const uint8_t *mask_row = masked ? mask->bytes + (size_t)y * mask->width : NULL;
        compare_row(expected, actual, mask_row, y, result);
    }
}

/*
 * By Hall's theorem the places suffice exactly if, for every level, the pixels beyond it are no
 * more than the places beyond it. Walks from the largest level down.
 */
bool sl_comparison_passes(const struct sl_comparison *comparison, const struct sl_bucket *buckets,
                          size_t bucket_count)
{
    if (!comparison->same_size) {
        return false;
    }
    uint64_t places = 0;
    uint64_t pixels = 0;
    for (unsigned level = 255; level > 0; level--) {
        if (bucket_count && buckets[bucket_count - 1].max_level == level) {
            uint64_t more = buckets[--bucket_count].max_pixels;
            places = more > UINT64_MAX - places ? UINT64_MAX : places + more;
        }
        pixels += comparison->by_level[level];
        if (pixels > places) {
            return false;
        }
    }
    return true;
}
