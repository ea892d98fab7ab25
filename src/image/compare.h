/*
 * Comparing two images pixel by pixel. The difference of a pixel is the largest difference of its
 * four channels, 0..255.
 */
#ifndef SL_IMAGE_COMPARE_H
#define SL_IMAGE_COMPARE_H

#include <scanlock/image.h>

struct sl_rect {
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
};

/*
 * Pixels left out of a comparison: one byte per pixel of an image of width x height, not 0 = left
 * out. bytes may be NULL: nothing is.
 */
struct sl_mask {
    uint32_t width;
    uint32_t height;
    uint8_t *bytes;
};

/* Allocates a mask that leaves nothing out. On failure the mask is zeroed. */
enum sl_status sl_mask_init(struct sl_mask *mask, uint32_t width, uint32_t height,
                            struct sl_error *err);
void sl_mask_finish(struct sl_mask *mask);

/* Leaves out a rectangle, clipped to the mask. */
void sl_mask_add_rect(struct sl_mask *mask, const struct sl_rect *rect);

/* Leaves out every pixel that is not black in image, which has the mask's size. */
void sl_mask_add_image(struct sl_mask *mask, const struct sl_image *image);

struct sl_comparison {
    bool same_size;     /* if false, nothing below is set */
    uint64_t compared;  /* pixels that were not left out */
    uint64_t differing; /* of those */
    uint8_t max_level;  /* largest difference */
    struct sl_rect box; /* smallest rectangle that holds all differing pixels */
    uint32_t first_x;   /* first differing pixel, top row first */
    uint32_t first_y;
    uint8_t first_expected[4];
    uint8_t first_actual[4];
    uint64_t by_level[256]; /* number of pixels by difference, left-out ones not counted */
};

/* mask may be NULL; otherwise it has the size of expected. */
void sl_image_compare(const struct sl_image *expected, const struct sl_image *actual,
                      const struct sl_mask *mask, struct sl_comparison *result);

/* Room for max_pixels pixels that differ by at most max_level. */
struct sl_bucket {
    uint64_t max_pixels;
    uint8_t max_level;
};

/*
 * True if every differing pixel finds a place of its own in a bucket whose level is at least its
 * difference. No bucket: only equal images pass. Buckets are sorted by level, levels unique.
 */
bool sl_comparison_passes(const struct sl_comparison *comparison, const struct sl_bucket *buckets,
                          size_t bucket_count);

#endif
