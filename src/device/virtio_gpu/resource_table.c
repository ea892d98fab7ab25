/* The resources of the guest: the table of them, creation and the end. */
#include "base/bytes.h"
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of the kernel; where they have another size the advice does nothing. */
#define LARGE_PAGE ((size_t)2 << 20)

/* Formats 1 to 4 are all that the Aero prototype knows. */
enum { LAST_OF_FEW_FORMATS = VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM };

const struct sl_abi_format *sl_vgpu_format(const struct sl_vgpu *dev, uint32_t value)
{
    if (dev->profile->few_formats && value > LAST_OF_FEW_FORMATS) {
        return NULL;
    }
    return sl_abi_find_format(&sl_abi_virtio_gpu, value);
}

bool sl_vgpu_rect_fits(const struct sl_virtio_gpu_rect *rect, uint32_t width, uint32_t height)
{
    return (uint64_t)rect->x + rect->width <= width && (uint64_t)rect->y + rect->height <= height;
}

struct sl_vgpu_resource *sl_vgpu_resource_find(const struct sl_vgpu *dev, uint32_t id)
{
    return (struct sl_vgpu_resource *)sl_digital_find(&dev->resources.tree, id);
}

struct sl_vgpu_resource *sl_vgpu_resource_add(struct sl_vgpu *dev, uint32_t id)
{
    if (!sl_vgpu_memory_take(dev, sizeof(struct sl_vgpu_resource))) {
        return NULL;
    }
    struct sl_vgpu_resource *resource = calloc(1, sizeof(*resource));
    if (!resource) {
        sl_vgpu_memory_give(dev, sizeof(struct sl_vgpu_resource));
        sl_vgpu_fail_memory(dev, sizeof(*resource));
        return NULL;
    }
    resource->node.key = id;
    sl_digital_insert(&dev->resources.tree, &resource->node);
    return resource;
}

static void remove_resource(struct sl_vgpu *dev, struct sl_vgpu_resource *resource)
{
    sl_digital_remove(&dev->resources.tree, &resource->node);
    if (!resource->blob) {
        dev->resources.image_bytes -= sl_vgpu_image_bytes(resource);
    }
    if (resource->pixels) {
        sl_vgpu_memory_give(dev, sl_vgpu_image_bytes(resource));
    }
    sl_vgpu_backing_finish(dev, &resource->backing);
    sl_vgpu_memory_give(dev, sizeof(*resource));
    free(resource->storage);
    free(resource);
}

void sl_vgpu_resources_clear(struct sl_vgpu *dev)
{
    while (dev->resources.tree.root) {
        remove_resource(dev, (struct sl_vgpu_resource *)dev->resources.tree.root);
    }
}

/*
 * Does the guest's budget allow an image? The last byte of the limit is not available. Sizes are
 * exact, where QEMU's own arithmetic wraps around.
 */
static bool within_budget(const struct sl_vgpu *dev, uint32_t width, uint32_t height)
{
    uint64_t pixels = (uint64_t)width * height;
    if (dev->profile->unlimited_memory) {
        return pixels < (UINT64_C(1) << 32) / SL_VGPU_PIXEL;
    }
    uint64_t used = dev->resources.image_bytes;
    uint64_t limit = dev->options.hostmem_bytes;
    return used < limit && pixels <= (limit - used - 1) / SL_VGPU_PIXEL;
}

/*
 * Zeroed pixels. Copying into 4 KiB pages that lie anywhere takes twice the time of copying into
 * large ones, so an image of that size begins on one, and the kernel is asked for more of them. It
 * may refuse: nothing depends on it. *storage is what to free.
 */
static uint8_t *allocate_pixels(uint64_t size, void **storage)
{
    bool large = size >= LARGE_PAGE;
    uint64_t room = large ? (size / LARGE_PAGE + 2) * LARGE_PAGE : size;
    uint8_t *pixels = room <= SIZE_MAX ? calloc(1, (size_t)room) : NULL;
    *storage = pixels;
    if (pixels && large) {
        pixels += (LARGE_PAGE - (uintptr_t)pixels % LARGE_PAGE) % LARGE_PAGE;
        (void)madvise(pixels, (size_t)(room - LARGE_PAGE), MADV_HUGEPAGE);
    }
    return pixels;
}

/* Adds a zeroed image under a free id. */
static uint32_t add_image(struct sl_vgpu *dev, const struct sl_virtio_gpu_resource_create_2d *cmd,
                          const struct sl_abi_format *format)
{
    uint64_t size = (uint64_t)cmd->width * cmd->height * SL_VGPU_PIXEL;
    uint8_t *pixels = NULL;
    void *storage = NULL;
    if (!sl_vgpu_memory_take(dev, size)) {
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    if (size) {
        pixels = allocate_pixels(size, &storage);
        if (!pixels) {
            sl_vgpu_memory_give(dev, size);
            sl_vgpu_fail_memory(dev, size);
            return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
        }
    }
    struct sl_vgpu_resource *resource = sl_vgpu_resource_add(dev, cmd->resource_id);
    if (!resource) {
        sl_vgpu_memory_give(dev, size);
        free(storage);
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    resource->width = cmd->width;
    resource->height = cmd->height;
    resource->format = format;
    resource->pixels = pixels;
    resource->storage = storage;
    dev->resources.image_bytes += size;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t sl_vgpu_create_2d(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                           struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_resource_create_2d cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_CREATE_2D, request->bytes, request->size, &cmd);
    struct sl_vgpu_resource *old = sl_vgpu_resource_find(dev, cmd.resource_id);
    const struct sl_abi_format *format = sl_vgpu_format(dev, cmd.format);
    bool empty = cmd.width == 0 || cmd.height == 0;
    if (!dev->profile->create_any && (cmd.resource_id == 0 || old)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!format) {
        return dev->profile->invalid_parameter;
    }
    if (empty && dev->profile->empty_create != VIRTIO_GPU_RESP_OK_NODATA) {
        return dev->profile->empty_create;
    }
    if (!within_budget(dev, cmd.width, cmd.height)) {
        return dev->profile->unlimited_memory ? VIRTIO_GPU_RESP_ERR_UNSPEC
                                              : VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    if (old) {
        remove_resource(dev, old);
    }
    return add_image(dev, &cmd, format);
}

uint32_t sl_vgpu_unref(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                       struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_resource_unref cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_UNREF, request->bytes, request->size, &cmd);
    struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (!resource) {
        return dev->profile->unref_unknown;
    }
    if (!dev->profile->unref_keeps_scanout) {
        sl_vgpu_scanouts_release(dev, cmd.resource_id);
    }
    remove_resource(dev, resource);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t sl_vgpu_assign_uuid(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                             struct sl_vgpu_response *response)
{
    struct sl_virtio_gpu_resource_assign_uuid cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_ASSIGN_UUID, request->bytes, request->size, &cmd);
    if (!sl_vgpu_resource_find(dev, cmd.resource_id)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    /* The id at the end in big-endian order, as other devices do it: the same on every run. */
    struct sl_virtio_gpu_resp_resource_uuid body = {0};
    for (unsigned i = 0; i < 4; i++) {
        body.uuid[12 + i] = (uint8_t)(cmd.resource_id >> (24 - 8 * i));
    }
    response->size = sizeof(body);
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESP_RESOURCE_UUID, &body, response->bytes);
    return VIRTIO_GPU_RESP_OK_RESOURCE_UUID;
}
