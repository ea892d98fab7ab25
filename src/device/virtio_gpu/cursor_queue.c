/*
 * The cursor queue, and the cursor over a captured scanout.
 *
 * x and y are the top left corner of the image: Linux sends the position of the cursor plane and
 * QEMU's displays draw the image there. The hot spot only says which pixel of it points, so it
 * moves nothing; docs/devices.md has the reasons.
 */
#include "device/virtio_gpu/vgpu.h"
#include "render/overlay.h"

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = SL_VIRTIO_GPU_LIMIT_CURSOR_WIDTH,
    IMAGE_SIZE = SIDE * SIDE * SL_VGPU_PIXEL,
};

_Static_assert(SL_VIRTIO_GPU_LIMIT_CURSOR_HEIGHT == SIDE, "cursors are square");

/* Numbers that a driver means as two's complement. */
static int32_t as_signed(uint32_t value)
{
    return value <= INT32_MAX ? (int32_t)value : (int32_t)((int64_t)value - (INT64_C(1) << 32));
}

static bool has_cursor_image(const struct sl_vgpu_resource *resource)
{
    if (resource->blob) {
        return resource->blob_size >= IMAGE_SIZE && resource->backing.runs;
    }
    return resource->width == SIDE && resource->height == SIDE;
}

/*
 * Copies the image of a resource; what is no cursor image leaves the one before. True if it is
 * another one now.
 */
static bool load_image(struct sl_vgpu *dev, struct sl_vgpu_cursor *cursor, uint32_t resource_id)
{
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, resource_id);
    if (!resource || !has_cursor_image(resource) || !sl_vgpu_spend(dev, IMAGE_SIZE)) {
        return false;
    }
    if (!cursor->image) {
        cursor->image = calloc(1, IMAGE_SIZE);
        if (!cursor->image) {
            sl_vgpu_fail_memory(dev, IMAGE_SIZE);
            return false;
        }
    }
    if (!resource->blob) {
        memcpy(cursor->image, resource->pixels, IMAGE_SIZE);
        return true;
    }
    struct sl_vgpu_place place = {0};
    size_t copied =
        sl_vgpu_backing_read(dev->mem, &resource->backing, &place, 0, cursor->image, IMAGE_SIZE);
    memset(cursor->image + copied, 0, IMAGE_SIZE - copied);
    return true;
}

void sl_vgpu_cursor_execute(struct sl_vgpu *dev, const struct sl_vgpu_request *request)
{
    struct sl_virtio_gpu_update_cursor cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_UPDATE_CURSOR, request->bytes, request->size, &cmd);
    if (request->size < sizeof(cmd) || cmd.pos.scanout_id >= dev->options.scanouts) {
        return;
    }
    struct sl_vgpu_cursor *cursor = &dev->cursors[cmd.pos.scanout_id];
    cursor->x = as_signed(cmd.pos.x);
    cursor->y = as_signed(cmd.pos.y);
    cursor->visible = cmd.resource_id != 0;
    bool image_changed = false;
    /* Every other type is an update. */
    if (cmd.hdr.type != VIRTIO_GPU_CMD_MOVE_CURSOR) {
        cursor->hot_x = cmd.hot_x;
        cursor->hot_y = cmd.hot_y;
        if (cmd.resource_id != 0) {
            image_changed = load_image(dev, cursor, cmd.resource_id);
        }
    }
    sl_vgpu_screen_cursor(dev, cmd.pos.scanout_id, image_changed);
}

void sl_vgpu_cursors_reset(struct sl_vgpu *dev)
{
    for (uint32_t i = 0; i < SL_VGPU_SCANOUTS_MAX; i++) {
        dev->cursors[i].visible = false;
    }
}

void sl_vgpu_cursors_finish(struct sl_vgpu *dev)
{
    for (uint32_t i = 0; i < SL_VGPU_SCANOUTS_MAX; i++) {
        free(dev->cursors[i].image);
        dev->cursors[i] = (struct sl_vgpu_cursor){0};
    }
}

/* A row of the cursor's image, which is B, G, R, A, as R, G, B, A. */
static void read_row(const struct sl_vgpu_cursor *cursor, uint32_t y, uint8_t *rgba)
{
    const uint8_t *from = cursor->image + (size_t)y * SIDE * SL_VGPU_PIXEL;
    for (uint32_t x = 0; x < SIDE; x++, from += SL_VGPU_PIXEL, rgba += SL_VGPU_PIXEL) {
        rgba[0] = from[2];
        rgba[1] = from[1];
        rgba[2] = from[0];
        rgba[3] = from[3];
    }
}

void sl_vgpu_cursor_compose(const struct sl_vgpu *dev, uint32_t scanout, uint32_t x, uint32_t y,
                            struct sl_image *image)
{
    const struct sl_vgpu_cursor *cursor = &dev->cursors[scanout];
    if (!cursor->visible || !cursor->image) {
        return;
    }
    int64_t left = (int64_t)cursor->x - x;
    int64_t top = (int64_t)cursor->y - y;
    struct sl_overlay_span columns = sl_overlay_clip(left, SIDE, image->width);
    struct sl_overlay_span rows = sl_overlay_clip(top, SIDE, image->height);
    size_t column = (size_t)(left + columns.begin);
    for (uint32_t i = rows.begin; i < rows.end && columns.begin < columns.end; i++) {
        uint8_t row[SIDE * SL_VGPU_PIXEL];
        size_t to = (size_t)(top + i) * image->width + column;
        read_row(cursor, i, row);
        sl_overlay_row(image->pixels + to * SL_VGPU_PIXEL,
                       row + (size_t)columns.begin * SL_VGPU_PIXEL, columns.end - columns.begin);
    }
}
