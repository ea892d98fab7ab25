/* Pixels behind a scanout: rows of the resource, and the front buffers of latched scanouts. */
#include "base/checked.h"
#include "device/virtio_gpu/vgpu.h"

#include <stdlib.h>
#include <string.h>

/* Byte of a pixel that holds each of red, green and blue. */
struct channels {
    uint8_t at[3];
};

static struct channels channels_of(const struct sl_abi_format *format)
{
    static const char names[3] = {'R', 'G', 'B'};
    struct channels channels;
    for (int i = 0; i < 3; i++) {
        channels.at[i] = (uint8_t)(strchr(format->channels, names[i]) - format->channels);
    }
    return channels;
}

/* In place. */
static void row_to_rgba(const struct sl_abi_format *format, uint8_t *row, uint32_t count)
{
    struct channels channels = channels_of(format);
    for (uint32_t i = 0; i < count; i++, row += SL_VGPU_PIXEL) {
        uint8_t r = row[channels.at[0]];
        uint8_t g = row[channels.at[1]];
        uint8_t b = row[channels.at[2]];
        row[0] = r;
        row[1] = g;
        row[2] = b;
        row[3] = 0xFF;
    }
}

/* Of count pixels from x on, those that lie inside width. */
static uint32_t inside(uint64_t x, uint32_t count, uint32_t width)
{
    if (x >= width) {
        return 0;
    }
    return width - x < count ? (uint32_t)(width - x) : count;
}

void sl_vgpu_view_row(const struct sl_vgpu *dev, const struct sl_vgpu_view *view, uint32_t x,
                      uint32_t y, uint32_t count, uint8_t *rgba)
{
    static const uint8_t black[SL_VGPU_PIXEL] = {0, 0, 0, 0xFF};
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, view->resource_id);
    const struct sl_abi_format *format = view->format;
    uint32_t filled = 0;
    if (resource && view->blob && resource->blob) {
        uint64_t at = view->first + (uint64_t)y * view->stride_bytes + (uint64_t)x * SL_VGPU_PIXEL;
        struct sl_vgpu_place place = {0};
        size_t size = (size_t)count * SL_VGPU_PIXEL;
        size_t copied = 0;
        if (at >= view->first) {
            copied = sl_vgpu_backing_read(dev->mem, &resource->backing, &place, at, rgba, size);
        }
        memset(rgba + copied, 0, size - copied);
        filled = count;
    } else if (resource && !view->blob && resource->pixels) {
        uint64_t column = (uint64_t)view->rect.x + x;
        uint64_t row = (uint64_t)view->rect.y + y;
        filled = row < resource->height ? inside(column, count, resource->width) : 0;
        if (filled) {
            memcpy(rgba,
                   resource->pixels + ((size_t)row * resource->width + column) * SL_VGPU_PIXEL,
                   (size_t)filled * SL_VGPU_PIXEL);
        }
        format = resource->format;
    }
    if (filled) {
        row_to_rgba(format, rgba, filled);
    }
    for (uint32_t i = filled; i < count; i++) {
        memcpy(rgba + (size_t)i * SL_VGPU_PIXEL, black, sizeof(black));
    }
}

/* More than any limit if the number does not exist. */
static uint64_t pixels_bytes(uint32_t width, uint32_t height)
{
    uint64_t bytes;
    return sl_mul_u64((uint64_t)width * height, SL_VGPU_PIXEL, &bytes) ? bytes : UINT64_MAX;
}

/* The bytes stay what they were, as far as there are as many; new ones are 0. */
bool sl_vgpu_front_resize(struct sl_vgpu *dev, struct sl_vgpu_front *front, uint32_t width,
                          uint32_t height)
{
    struct sl_vgpu_front made = {.width = width, .height = height};
    uint64_t size = pixels_bytes(width, height);
    uint64_t old_size = pixels_bytes(front->width, front->height);
    if (!sl_vgpu_memory_take(dev, size)) {
        return false;
    }
    if (size) {
        made.pixels = size <= SIZE_MAX ? calloc(1, (size_t)size) : NULL;
        if (!made.pixels) {
            sl_vgpu_memory_give(dev, size);
            sl_vgpu_fail_memory(dev, size);
            return false;
        }
        if (front->pixels) {
            memcpy(made.pixels, front->pixels, (size_t)(old_size < size ? old_size : size));
        }
    }
    sl_vgpu_memory_give(dev, old_size);
    free(front->pixels);
    *front = made;
    return true;
}

static bool same_view(const struct sl_vgpu_view *a, const struct sl_vgpu_view *b)
{
    return a->resource_id == b->resource_id && a->rect.x == b->rect.x && a->rect.y == b->rect.y &&
           a->rect.width == b->rect.width && a->rect.height == b->rect.height &&
           a->blob == b->blob && a->format == b->format && a->stride_bytes == b->stride_bytes &&
           a->first == b->first;
}

bool sl_vgpu_front_rebuild(struct sl_vgpu *dev, struct sl_vgpu_scanout *scanout,
                           const struct sl_vgpu_view *old)
{
    const struct sl_vgpu_view *view = &scanout->view;
    struct sl_vgpu_front *front = &scanout->front;
    switch (dev->options.screen) {
    case SL_VGPU_SCREEN_LIVE:
        return true;
    case SL_VGPU_SCREEN_KEPT:
        return view->resource_id == 0 ||
               (front->width == view->rect.width && front->height == view->rect.height) ||
               sl_vgpu_front_resize(dev, front, view->rect.width, view->rect.height);
    case SL_VGPU_SCREEN_LATCHED_FULL:
    case SL_VGPU_SCREEN_LATCHED_ZERO:
        break;
    }
    if (same_view(view, old)) {
        return true;
    }
    uint64_t bytes = pixels_bytes(view->rect.width, view->rect.height);
    struct sl_vgpu_front made = {0};
    if (!sl_vgpu_spend(dev, bytes) ||
        !sl_vgpu_front_resize(dev, &made, view->rect.width, view->rect.height)) {
        return false;
    }
    sl_vgpu_front_resize(dev, front, 0, 0);
    *front = made;
    if (dev->options.screen == SL_VGPU_SCREEN_LATCHED_FULL) {
        sl_vgpu_front_refresh(dev, scanout, &view->rect);
    }
    return true;
}

bool sl_vgpu_clip(uint32_t at, uint32_t size, uint32_t view_at, uint32_t view_size,
                  struct sl_vgpu_span *span)
{
    uint64_t low = at > view_at ? at : view_at;
    uint64_t area_end = (uint64_t)at + size;
    uint64_t view_end = (uint64_t)view_at + view_size;
    uint64_t high = area_end < view_end ? area_end : view_end;
    if (low >= high) {
        return false;
    }
    *span = (struct sl_vgpu_span){(uint32_t)(low - view_at), (uint32_t)(high - view_at)};
    return true;
}

void sl_vgpu_front_refresh(struct sl_vgpu *dev, struct sl_vgpu_scanout *scanout,
                           const struct sl_virtio_gpu_rect *area)
{
    const struct sl_vgpu_view *view = &scanout->view;
    struct sl_vgpu_front *front = &scanout->front;
    struct sl_vgpu_span columns;
    struct sl_vgpu_span rows;
    if (dev->options.screen == SL_VGPU_SCREEN_LIVE ||
        !sl_vgpu_clip(area->x, area->width, view->rect.x, view->rect.width, &columns) ||
        !sl_vgpu_clip(area->y, area->height, view->rect.y, view->rect.height, &rows)) {
        return;
    }
    uint32_t width = columns.end - columns.begin;
    if (!sl_vgpu_spend(dev, (uint64_t)width * (rows.end - rows.begin) * SL_VGPU_PIXEL)) {
        return;
    }
    for (uint32_t y = rows.begin; y < rows.end; y++) {
        size_t at = (size_t)y * front->width + columns.begin;
        sl_vgpu_view_row(dev, view, columns.begin, y, width, front->pixels + at * SL_VGPU_PIXEL);
    }
}
