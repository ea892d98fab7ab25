#include "image/diff_picture.h"

#include <stdlib.h>
#include <string.h>

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static const uint8_t *pixel_at(const struct sl_image *image, uint32_t x, uint32_t y)
{
    if (x >= image->width || y >= image->height) {
        return NULL;
    }
    return image->pixels + ((size_t)y * image->width + x) * 4;
}

/* Rec. 601 luma in 1/256, then moved to the upper half so that marks stand out. */
static uint8_t faded(const uint8_t *p)
{
    unsigned luma = (77u * p[0] + 150u * p[1] + 29u * p[2]) >> 8;
    return (uint8_t)(128 + luma / 3);
}

static void paint(uint8_t *out, const uint8_t *e, const uint8_t *a, bool left_out)
{
    out[3] = 255;
    if (!e || !a) {
        memcpy(out, (const uint8_t[]){255, 0, 255}, 3);
        return;
    }
    uint8_t gray = faded(e);
    if (left_out) {
        memcpy(out, (const uint8_t[]){(uint8_t)(gray / 2), (uint8_t)(gray / 2), 255}, 3);
        return;
    }
    int level = 0;
    for (int c = 0; c < 4; c++) {
        int d = abs(e[c] - a[c]);
        level = d > level ? d : level;
    }
    if (level == 0) {
        memset(out, gray, 3);
        return;
    }
    uint8_t red = (uint8_t)(160 + level * 95 / 255);
    memcpy(out, (const uint8_t[]){red, (uint8_t)level, 0}, 3);
}

enum sl_status sl_diff_picture(const struct sl_image *expected, const struct sl_image *actual,
                               const struct sl_mask *mask, struct sl_image *picture,
                               struct sl_error *err)
{
    enum sl_status status = sl_image_init(picture, larger(expected->width, actual->width),
                                          larger(expected->height, actual->height), err);
    if (status != SL_OK) {
        return status;
    }
    bool masked =
        mask && mask->bytes && mask->width == picture->width && mask->height == picture->height;
    uint8_t *out = picture->pixels;
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++, out += 4) {
            bool left_out = masked && mask->bytes[(size_t)y * mask->width + x];
            paint(out, pixel_at(expected, x, y), pixel_at(actual, x, y), left_out);
        }
    }
    return SL_OK;
}
