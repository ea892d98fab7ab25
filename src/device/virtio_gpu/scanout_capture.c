/* What a scanout shows now, as an image. */
#include "base/status.h"
#include "device/virtio_gpu/vgpu.h"

#include <string.h>

/* Front buffers never hold anything of use in byte 3. */
static void copy_front(const struct sl_vgpu_front *front, struct sl_image *image)
{
    size_t size = sl_image_size_bytes(image);
    if (size) {
        memcpy(image->pixels, front->pixels, size);
    }
    for (size_t i = 3; i < size; i += SL_VGPU_PIXEL) {
        image->pixels[i] = 0xFF;
    }
}

static void copy_live(const struct sl_vgpu *dev, const struct sl_vgpu_view *view,
                      struct sl_image *image)
{
    for (uint32_t y = 0; y < image->height; y++) {
        sl_vgpu_view_row(dev, view, 0, y, image->width,
                         image->pixels + (size_t)y * image->width * SL_VGPU_PIXEL);
    }
}

enum sl_status sl_vgpu_capture(struct sl_vgpu *dev, uint32_t scanout, struct sl_image *image,
                               struct sl_error *err)
{
    const struct sl_vgpu_scanout *it = &dev->scanouts[scanout];
    bool live = dev->options.screen == SL_VGPU_SCREEN_LIVE;
    uint32_t width = live ? it->view.rect.width : it->front.width;
    uint32_t height = live ? it->view.rect.height : it->front.height;
    *image = (struct sl_image){0};
    if (width == 0 || height == 0) {
        return SL_OK;
    }
    enum sl_status status = sl_image_init(image, width, height, err);
    if (status != SL_OK) {
        return status;
    }
    if (live) {
        copy_live(dev, &it->view, image);
    } else {
        copy_front(&it->front, image);
    }
    sl_vgpu_cursor_compose(dev, scanout, 0, 0, image);
    return SL_OK;
}

bool sl_vgpu_pixel(struct sl_vgpu *dev, uint32_t scanout, uint32_t x, uint32_t y, uint8_t rgba[4])
{
    const struct sl_vgpu_scanout *it = &dev->scanouts[scanout];
    bool live = dev->options.screen == SL_VGPU_SCREEN_LIVE;
    struct sl_image image = {.width = 1, .height = 1, .pixels = rgba};
    memset(rgba, 0, SL_VGPU_PIXEL);
    if (x >= (live ? it->view.rect.width : it->front.width) ||
        y >= (live ? it->view.rect.height : it->front.height)) {
        return false;
    }
    if (live) {
        sl_vgpu_view_row(dev, &it->view, x, y, 1, rgba);
    } else {
        memcpy(rgba, it->front.pixels + ((size_t)y * it->front.width + x) * SL_VGPU_PIXEL,
               SL_VGPU_PIXEL);
        rgba[3] = 0xFF;
    }
    sl_vgpu_cursor_compose(dev, scanout, x, y, &image);
    return true;
}
