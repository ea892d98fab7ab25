/*
 * PNG files. What is written is always the same for the same pixels: RGBA, 8 bits, not interlaced,
 * filter "up", zlib level 1. What is read may be any PNG of at most 8 bits per channel.
 */
#ifndef SL_IMAGE_PNG_H
#define SL_IMAGE_PNG_H

#include "base/buf.h"

#include <scanlock/image.h>

/* Largest PNG file read, in bytes. */
#define SL_PNG_FILE_MAX (UINT64_C(256) << 20)

/* Appends the canonical file of an image with pixels (not 0 x 0) to out. */
enum sl_status sl_png_encode(const struct sl_image *image, struct sl_buf *out,
                             struct sl_error *err);

/*
 * Decodes a whole file into a new image, which is zeroed on failure. Gray and palette become RGBA,
 * missing alpha is 255, colour profiles and gamma are ignored. Statuses: DAMAGED (png.*),
 * UNSUPPORTED (png.format: 16 bits or interlaced; host.limit: too large), ENVIRONMENT.
 */
enum sl_status sl_png_decode(const uint8_t *bytes, size_t size, struct sl_image *image,
                             struct sl_error *err);

/* The same with files; reports name path. */
enum sl_status sl_png_write(const char *path, const struct sl_image *image, struct sl_error *err);
enum sl_status sl_png_read(const char *path, struct sl_image *image, struct sl_error *err);

/*
 * Files decoded by this thread since it started, so that a test can show what a passing check
 * does not do.
 */
uint64_t sl_png_decode_count(void);

#endif
