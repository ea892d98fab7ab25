/*
 * The cursor queue, and the cursor over a captured scanout.
 *
 * x and y are the top left corner of the image: Linux sends the position of the cursor plane and
 * QEMU's displays draw the image there. The hot spot only says which pixel of it points, so it
 * moves nothing; docs/devices.md has the reasons.
 */
#include "device/virtio_gpu/vgpu.h"

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

/* Copies the image of a resource; what is no cursor image leaves the one before. */
static void load_image(struct sl_vgpu *dev, struct sl_vgpu_cursor *cursor, uint32_t resource_id)
{
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, resource_id);
    if (!resource || !has_cursor_image(resource) || !sl_vgpu_spend(dev, IMAGE_SIZE)) {
        return;
    }
    if (!cursor->image) {
        cursor->image = calloc(1, IMAGE_SIZE);
        if (!cursor->image) {
            sl_vgpu_fail_memory(dev, IMAGE_SIZE);
            return;
        }
    }
    if (!resource->blob) {
        memcpy(cursor->image, resource->pixels, IMAGE_SIZE);
        return;
    }
    struct sl_vgpu_place place = {0};
    size_t copied =
        sl_vgpu_backing_read(dev->mem, &resource->backing, &place, 0, cursor->image, IMAGE_SIZE);
    memset(cursor->image + copied, 0, IMAGE_SIZE - copied);
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
    /* Every other type is an update. */
    if (cmd.hdr.type != VIRTIO_GPU_CMD_MOVE_CURSOR) {
        cursor->hot_x = cmd.hot_x;
        cursor->hot_y = cmd.hot_y;
        if (cmd.resource_id != 0) {
            load_image(dev, cursor, cmd.resource_id);
        }
    }
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

/* s * a + d * (255 - a) + 127 is at most 255 * 255 + 127. */
static uint8_t blend(unsigned s, unsigned d, unsigned a)
{
    return (uint8_t)((s * a + d * (255 - a) + 127) / 255);
}

/* A pixel of B, G, R, A over one of R, G, B. */
static void compose_pixel(uint8_t *to, const uint8_t *from)
{
    for (unsigned c = 0; c < 3; c++) {
        to[c] = blend(from[2 - c], to[c], from[3]);
    }
}

/* The part of the cursor's side at position at that lies on a side of the image. */
static void clip(int64_t at, uint32_t limit, uint32_t *begin, uint32_t *end)
{
    *begin = at >= 0 ? 0 : (uint32_t)(-at < SIDE ? -at : SIDE);
    int64_t left = (int64_t)limit - at;
    *end = left >= SIDE ? SIDE : (uint32_t)(left > 0 ? left : 0);
}

void sl_vgpu_cursor_compose(const struct sl_vgpu *dev, uint32_t scanout, struct sl_image *image)
{
    const struct sl_vgpu_cursor *cursor = &dev->cursors[scanout];
    uint32_t left;
    uint32_t right;
    uint32_t top;
    uint32_t bottom;
    if (!cursor->visible || !cursor->image) {
        return;
    }
    clip(cursor->x, image->width, &left, &right);
    clip(cursor->y, image->height, &top, &bottom);
    for (uint32_t y = top; y < bottom; y++) {
        for (uint32_t x = left; x < right; x++) {
            size_t column = (size_t)((int64_t)cursor->x + x);
            size_t row = (size_t)((int64_t)cursor->y + y);
            compose_pixel(image->pixels + (row * image->width + column) * SL_VGPU_PIXEL,
                          cursor->image + ((size_t)y * SIDE + x) * SL_VGPU_PIXEL);
        }
    }
}
