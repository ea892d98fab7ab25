#include <scanlock/image.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

#include <inttypes.h>
#include <stdlib.h>

enum sl_status sl_image_init(struct sl_image *image, uint32_t width, uint32_t height,
                             struct sl_error *err)
{
    *image = (struct sl_image){0};
    if (width > SL_IMAGE_DIM_MAX || height > SL_IMAGE_DIM_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "image of %" PRIu32 "x%" PRIu32 " is larger than %ux%u", width, height,
                       SL_IMAGE_DIM_MAX, SL_IMAGE_DIM_MAX);
    }
    if (width == 0 || height == 0) {
        return SL_OK;
    }
    uint8_t *pixels = calloc((size_t)width * height, 4);
    if (!pixels) {
        return sl_fail_memory(err, (uint64_t)width * height * 4);
    }
    *image = (struct sl_image){.width = width, .height = height, .pixels = pixels};
    return SL_OK;
}

void sl_image_finish(struct sl_image *image)
{
    free(image->pixels);
    *image = (struct sl_image){0};
}

void sl_image_digest(const struct sl_image *image, char hex[65])
{
    uint8_t size[8];
    sl_put_le32(size, image->width);
    sl_put_le32(size + 4, image->height);
    sl_sha256_hex(size, sizeof(size), image->pixels, sl_image_size_bytes(image), hex);
}
