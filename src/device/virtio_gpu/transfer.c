/*
 * TRANSFER_TO_HOST_2D: a rectangle of the image from the backing stream. Row k of the rectangle
 * lies at offset + k * pitch, the pitch being that of the whole image.
 */
#include "base/checked.h"
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <string.h>

/* Where a row of the rectangle starts in the stream; false if that number does not exist. */
static bool row_offset(const struct sl_vgpu *dev, uint64_t offset, uint64_t distance, uint64_t *out)
{
    if (dev->profile->offset_32) {
        *out = (uint32_t)(offset + distance);
        return true;
    }
    return sl_add_u64(offset, distance, out);
}

/* Byte 3 of each pixel becomes 0xFF if the format is an X8 one: the Aero prototype's treatment. */
static void make_opaque(const struct sl_vgpu *dev, const struct sl_vgpu_resource *resource,
                        uint8_t *row, uint32_t count)
{
    uint32_t format = resource->format->value;
    if (!dev->profile->opaque_x || (format != VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM &&
                                    format != VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        row[i * SL_VGPU_PIXEL + 3] = 0xFF;
    }
}

/* True if all bytes of the rectangle exist in the stream. */
static bool source_exists(const struct sl_vgpu *dev, const struct sl_vgpu_resource *resource,
                          const struct sl_virtio_gpu_rect *rect, uint64_t offset)
{
    uint64_t end;
    if (rect->width == 0 || rect->height == 0) {
        return true;
    }
    uint64_t last = (uint64_t)(rect->height - 1) * resource->width * SL_VGPU_PIXEL;
    return row_offset(dev, offset, last, &end) &&
           sl_add_u64(end, (uint64_t)rect->width * SL_VGPU_PIXEL, &end) &&
           end <= resource->backing.size;
}

/* Copies rows until one is incomplete, if that matters; that one stays as it was, false then. */
static bool copy_rows(struct sl_vgpu *dev, struct sl_vgpu_resource *resource,
                      const struct sl_virtio_gpu_rect *rect, uint64_t offset)
{
    uint64_t pitch = (uint64_t)resource->width * SL_VGPU_PIXEL;
    size_t size = (size_t)rect->width * SL_VGPU_PIXEL;
    struct sl_vgpu_place place = {0};
    for (uint32_t k = 0; k < rect->height; k++) {
        uint64_t at;
        uint8_t *row = resource->pixels + (rect->y + (size_t)k) * (size_t)pitch +
                       (size_t)rect->x * SL_VGPU_PIXEL;
        bool exists = row_offset(dev, offset, k * pitch, &at);
        if (dev->profile->short_source == SL_VGPU_SHORT_STOP &&
            (!exists ||
             sl_vgpu_backing_read(dev->mem, &resource->backing, &place, at, NULL, size) < size)) {
            return false;
        }
        if (exists) {
            sl_vgpu_backing_read(dev->mem, &resource->backing, &place, at, row, size);
            make_opaque(dev, resource, row, rect->width);
        }
    }
    return true;
}

/* Rows that follow each other in the image, as one run of the stream. */
static void copy_linear(struct sl_vgpu *dev, struct sl_vgpu_resource *resource, uint32_t y,
                        uint32_t height, uint64_t offset)
{
    size_t pitch = (size_t)resource->width * SL_VGPU_PIXEL;
    struct sl_vgpu_place place = {0};
    uint64_t at;
    if (row_offset(dev, offset, 0, &at)) {
        sl_vgpu_backing_read(dev->mem, &resource->backing, &place, at, resource->pixels + y * pitch,
                             height * pitch);
    }
}

/* Copies a rectangle that lies inside the image. */
static uint32_t copy_rect(struct sl_vgpu *dev, struct sl_vgpu_resource *resource,
                          struct sl_virtio_gpu_rect rect, uint64_t offset)
{
    const struct sl_vgpu_profile *profile = dev->profile;
    bool full_rows = rect.x == 0 && rect.width == resource->width;
    if (profile->whole_image && offset == 0 && full_rows && rect.y == 0) {
        rect.height = resource->height;
    }
    uint64_t bytes = (uint64_t)rect.width * rect.height * SL_VGPU_PIXEL;
    if (bytes == 0) {
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    if (profile->short_source == SL_VGPU_SHORT_REFUSE &&
        !source_exists(dev, resource, &rect, offset)) {
        return profile->invalid_parameter;
    }
    if (!sl_vgpu_spend(dev, bytes)) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    if (full_rows && profile->linear_full_rows) {
        copy_linear(dev, resource, rect.y, rect.height, offset);
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    return copy_rows(dev, resource, &rect, offset) ? VIRTIO_GPU_RESP_OK_NODATA
                                                   : VIRTIO_GPU_RESP_ERR_UNSPEC;
}

uint32_t sl_vgpu_transfer_to_host(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                                  struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_transfer_to_host_2d cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_TRANSFER_TO_HOST_2D, request->bytes, request->size, &cmd);
    struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (!resource) {
        return dev->profile->transfer_unknown;
    }
    if (!resource->backing.runs) {
        return dev->profile->transfer_unbacked;
    }
    if (resource->blob) {
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    if (!sl_vgpu_rect_fits(&cmd.r, resource->width, resource->height)) {
        return dev->profile->invalid_parameter;
    }
    return copy_rect(dev, resource, cmd.r, cmd.offset);
}
