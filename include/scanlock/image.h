/*
 * Images as the whole library passes them: 8 bits each of red, green, blue and alpha in this byte
 * order, rows top to bottom, no padding between rows.
 */
#ifndef SCANLOCK_IMAGE_H
#define SCANLOCK_IMAGE_H

#include <scanlock/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest width and height of any image the library makes or reads, in pixels. */
#define SL_IMAGE_DIM_MAX 16384u

/*
 * An owned image; width * height * 4 bytes at pixels. An image of 0 x 0 (pixels NULL) means "no
 * picture". Give it back with sl_image_finish().
 */
struct sl_image {
    uint32_t width;
    uint32_t height;
    uint8_t *pixels;
};

/* Allocates zeroed pixels. 0 x 0 is allowed. On failure image is zeroed. */
SL_API enum sl_status sl_image_init(struct sl_image *image, uint32_t width, uint32_t height,
                                    struct sl_error *err);

/* Frees the pixels and zeroes the image; fine on a zeroed one. */
SL_API void sl_image_finish(struct sl_image *image);

/* Bytes of pixel data: width * height * 4, never overflows for dimensions within the limit. */
static inline size_t sl_image_size_bytes(const struct sl_image *image)
{
    return (size_t)image->width * image->height * 4;
}

/*
 * SHA-256 over width (u32 little-endian), height (u32 little-endian) and the pixels, as 64
 * lower-case hexadecimal digits and a terminator.
 */
SL_API void sl_image_digest(const struct sl_image *image, char hex[65]);

#ifdef __cplusplus
}
#endif
#endif
