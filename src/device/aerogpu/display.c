#include "abi/abi.h"
#include "device/aerogpu/front.h"

#include <string.h>

void sl_agpu_display_update(struct sl_agpu *dev)
{
    struct sl_agpu_surface scanout = sl_agpu_scanout(dev);
    dev->display.was_enabled |= scanout.enabled;
    if (!dev->display.claimed && sl_agpu_scanout_exists(dev, &scanout) &&
        !dev->registers.scanout_fb.pending) {
        dev->display.claimed = scanout.pitch_bytes % scanout.format->bytes_per_block == 0;
    }
}

static enum sl_status capture_scanout(const struct sl_agpu *dev, struct sl_image *image,
                                      struct sl_error *err)
{
    struct sl_agpu_surface scanout = sl_agpu_scanout(dev);
    if (!sl_agpu_scanout_exists(dev, &scanout)) {
        return SL_OK;
    }
    enum sl_status status = sl_agpu_scanout_read(dev, &scanout, image, err);
    if (status == SL_OK) {
        status = sl_agpu_cursor_compose(dev, 0, 0, image, err);
    }
    if (status != SL_OK) {
        sl_image_finish(image);
    }
    return status;
}

static enum sl_status capture_presented(const struct sl_agpu *dev, struct sl_image *image,
                                        struct sl_error *err)
{
    const struct sl_image *presented = sl_agpu_exec_presented(dev->exec);
    if (!presented || presented->width == 0 || presented->height == 0) {
        return SL_OK;
    }
    enum sl_status status = sl_image_init(image, presented->width, presented->height, err);
    if (status == SL_OK) {
        memcpy(image->pixels, presented->pixels, sl_image_size_bytes(image));
    }
    return status;
}

enum sl_status sl_agpu_capture(struct sl_agpu *dev, struct sl_image *image, struct sl_error *err)
{
    if (dev->display.claimed) {
        return capture_scanout(dev, image, err);
    }
    enum sl_status status = sl_agpu_vbe_capture(dev, image, err);
    if (status == SL_OK && image->width == 0 && !dev->display.was_enabled) {
        status = capture_presented(dev, image, err);
    }
    return status;
}
