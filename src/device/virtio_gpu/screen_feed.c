/* Telling a display on the host's side what it has to show. */
#include "device/virtio_gpu/vgpu.h"

void sl_vgpu_screen_size(const struct sl_vgpu *dev, uint32_t scanout)
{
    if (dev->screen) {
        const struct sl_vgpu_view *view = &dev->scanouts[scanout].view;
        dev->screen->scanout(dev->screen->data, scanout, view->rect.width, view->rect.height);
    }
}

void sl_vgpu_screen_damage(const struct sl_vgpu *dev, uint32_t scanout,
                           const struct sl_virtio_gpu_rect *area)
{
    const struct sl_vgpu_view *view = &dev->scanouts[scanout].view;
    struct sl_vgpu_span columns;
    struct sl_vgpu_span rows;
    if (dev->screen &&
        sl_vgpu_clip(area->x, area->width, view->rect.x, view->rect.width, &columns) &&
        sl_vgpu_clip(area->y, area->height, view->rect.y, view->rect.height, &rows)) {
        dev->screen->damage(dev->screen->data, scanout, columns.begin, rows.begin,
                            columns.end - columns.begin, rows.end - rows.begin);
    }
}

void sl_vgpu_screen_cursor(const struct sl_vgpu *dev, uint32_t scanout, bool image_changed)
{
    if (!dev->screen) {
        return;
    }
    const struct sl_vgpu_cursor *cursor = &dev->cursors[scanout];
    dev->screen->cursor(dev->screen->data, &(struct sl_screen_cursor){
                                               .scanout = scanout,
                                               .x = cursor->x,
                                               .y = cursor->y,
                                               .hot_x = cursor->hot_x,
                                               .hot_y = cursor->hot_y,
                                               .visible = cursor->visible,
                                               .image = image_changed ? cursor->image : NULL,
                                           });
}

void sl_vgpu_screen_reset(const struct sl_vgpu *dev)
{
    for (uint32_t i = 0; dev->screen && i < dev->options.scanouts; i++) {
        sl_vgpu_screen_size(dev, i);
        sl_vgpu_screen_cursor(dev, i, false);
    }
}

bool sl_vgpu_screen_row(struct sl_vgpu *dev, uint32_t scanout, uint32_t x, uint32_t y,
                        uint32_t count, uint8_t *rgba)
{
    const struct sl_vgpu_scanout *it = &dev->scanouts[scanout];
    uint32_t width = it->view.rect.width;
    if (y >= it->view.rect.height || x > width || count > width - x) {
        return false;
    }
    sl_vgpu_view_row(dev, &it->view, x, y, count, rgba);
    return true;
}
