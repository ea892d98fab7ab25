/* The PNG reader. What is accepted is written and read again, and must stay the same. */
#include "fuzz.h"
#include "image/png.h"

#include <stdlib.h>
#include <string.h>

static void round_trip(const struct sl_image *image)
{
    struct sl_buf file = {0};
    struct sl_image again = {0};
    if (sl_png_encode(image, &file, NULL) == SL_OK &&
        (sl_png_decode(file.data, file.size, &again, NULL) != SL_OK ||
         again.width != image->width || again.height != image->height ||
         memcmp(again.pixels, image->pixels, sl_image_size_bytes(image)) != 0)) {
        abort();
    }
    sl_image_finish(&again);
    sl_buf_finish(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_image image;
    if (sl_png_decode(data, size, &image, NULL) == SL_OK) {
        if (sl_image_size_bytes(&image) <= 1 << 16) {
            round_trip(&image);
        }
        sl_image_finish(&image);
    }
    return 0;
}
