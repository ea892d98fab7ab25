/* SET_SCANOUT, RESOURCE_FLUSH, and which scanout is a window on what. */
#include "base/checked.h"
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <string.h>

uint32_t sl_vgpu_scanout_check(const struct sl_vgpu *dev, uint32_t scanout)
{
    if (dev->profile->aero_scanouts) {
        return scanout < SL_VGPU_SCANOUTS_MAX ? VIRTIO_GPU_RESP_OK_NODATA
                                              : dev->profile->invalid_parameter;
    }
    return scanout < dev->options.scanouts ? VIRTIO_GPU_RESP_OK_NODATA
                                           : VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
}

bool sl_vgpu_scanout_bind(struct sl_vgpu *dev, uint32_t scanout, const struct sl_vgpu_view *view)
{
    struct sl_vgpu_scanout *it = &dev->scanouts[scanout];
    struct sl_vgpu_view old = it->view;
    it->view = *view;
    if (!sl_vgpu_front_rebuild(dev, it, &old)) {
        it->view = old;
        return false;
    }
    if (dev->profile->display_mirrors && scanout == 0) {
        dev->displays[0] = (struct sl_vgpu_size){view->rect.width, view->rect.height};
    }
    sl_vgpu_screen_size(dev, scanout);
    return true;
}

void sl_vgpu_scanouts_release(struct sl_vgpu *dev, uint32_t resource_id)
{
    for (uint32_t i = 0; i < SL_VGPU_SCANOUTS_MAX; i++) {
        if (resource_id != 0 && dev->scanouts[i].view.resource_id == resource_id) {
            /* Switching off takes no memory. */
            sl_vgpu_scanout_bind(dev, i, &(struct sl_vgpu_view){0});
        }
    }
}

void sl_vgpu_scanouts_finish(struct sl_vgpu *dev)
{
    for (uint32_t i = 0; i < SL_VGPU_SCANOUTS_MAX; i++) {
        sl_vgpu_front_resize(dev, &dev->scanouts[i].front, 0, 0);
        dev->scanouts[i] = (struct sl_vgpu_scanout){0};
    }
}

void sl_vgpu_scanouts_reset(struct sl_vgpu *dev)
{
    sl_vgpu_scanouts_finish(dev);
    if (dev->profile->display_mirrors) {
        dev->displays[0] = dev->options.displays[0];
    }
    if (dev->options.screen == SL_VGPU_SCREEN_KEPT) {
        /* The prototype shows black in the size it was made for. */
        sl_vgpu_front_resize(dev, &dev->scanouts[0].front, dev->options.displays[0].width,
                             dev->options.displays[0].height);
    }
}

/* Whether an image may be shown through rect. */
static bool rect_is_shown(const struct sl_vgpu *dev, const struct sl_virtio_gpu_rect *rect,
                          uint32_t width, uint32_t height)
{
    uint32_t least = dev->profile->scanout_min;
    if (dev->profile->scanout_whole) {
        return rect->x == 0 && rect->y == 0 && rect->width == width && rect->height == height;
    }
    return rect->width >= least && rect->height >= least && sl_vgpu_rect_fits(rect, width, height);
}

static uint32_t bind_or_fail(struct sl_vgpu *dev, uint32_t scanout, const struct sl_vgpu_view *view)
{
    return sl_vgpu_scanout_bind(dev, scanout, view) ? VIRTIO_GPU_RESP_OK_NODATA
                                                    : VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
}

uint32_t sl_vgpu_set_scanout(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                             struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_set_scanout cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_SET_SCANOUT, request->bytes, request->size, &cmd);
    uint32_t answer = sl_vgpu_scanout_check(dev, cmd.scanout_id);
    if (answer != VIRTIO_GPU_RESP_OK_NODATA) {
        return answer;
    }
    if (cmd.resource_id == 0) {
        return bind_or_fail(dev, cmd.scanout_id, &(struct sl_vgpu_view){0});
    }
    if (dev->profile->aero_scanouts && cmd.scanout_id != 0) {
        return dev->profile->invalid_parameter;
    }
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (!resource) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!resource->backing.runs && !dev->profile->scanout_unbacked) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    if (resource->blob || !rect_is_shown(dev, &cmd.r, resource->width, resource->height)) {
        return dev->profile->invalid_parameter;
    }
    return bind_or_fail(dev, cmd.scanout_id,
                        &(struct sl_vgpu_view){.resource_id = cmd.resource_id, .rect = cmd.r});
}

/*
 * The framebuffer that SET_SCANOUT_BLOB describes inside a blob. Only plane 0 is used. A stride
 * that is shorter than a row, even 0, makes rows overlap.
 */
static bool describe_framebuffer(const struct sl_vgpu *dev,
                                 const struct sl_virtio_gpu_set_scanout_blob *cmd,
                                 const struct sl_vgpu_resource *resource, struct sl_vgpu_view *view)
{
    uint64_t stride = cmd->strides[0];
    uint64_t rows = cmd->r.height;
    uint64_t last = 0;
    uint64_t first;
    uint64_t end;
    if (dev->profile->blob_short_last_row) {
        rows -= rows ? 1 : 0;
        last = (uint64_t)cmd->r.width * SL_VGPU_PIXEL;
    }
    if (!sl_add_u64(cmd->r.y * stride, cmd->offsets[0] + (uint64_t)cmd->r.x * SL_VGPU_PIXEL,
                    &first) ||
        !sl_add_u64(first, rows * stride, &end) || !sl_add_u64(end, last, &end)) {
        return false;
    }
    *view = (struct sl_vgpu_view){
        .resource_id = cmd->resource_id,
        .rect = cmd->r,
        .blob = true,
        .format = sl_vgpu_format(dev, cmd->format),
        .stride_bytes = cmd->strides[0],
        .first = first,
    };
    return view->format && end <= resource->blob_size && stride % SL_VGPU_PIXEL == 0;
}

uint32_t sl_vgpu_set_scanout_blob(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                                  struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_set_scanout_blob cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_SET_SCANOUT_BLOB, request->bytes, request->size, &cmd);
    uint32_t answer = sl_vgpu_scanout_check(dev, cmd.scanout_id);
    if (answer != VIRTIO_GPU_RESP_OK_NODATA) {
        return answer;
    }
    if (cmd.resource_id == 0) {
        return bind_or_fail(dev, cmd.scanout_id, &(struct sl_vgpu_view){0});
    }
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (!resource) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!resource->blob || !resource->backing.runs) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    struct sl_vgpu_view view;
    if (!describe_framebuffer(dev, &cmd, resource, &view) ||
        !rect_is_shown(dev, &cmd.r, cmd.width, cmd.height)) {
        return dev->profile->invalid_parameter;
    }
    return bind_or_fail(dev, cmd.scanout_id, &view);
}

/* A blob is flushed only where a scanout shows it; touching edges count on the near side. */
static bool touches(const struct sl_virtio_gpu_rect *flush, const struct sl_virtio_gpu_rect *shown)
{
    return flush->x < (uint64_t)shown->x + shown->width &&
           (uint64_t)flush->x + flush->width >= shown->x &&
           flush->y < (uint64_t)shown->y + shown->height &&
           (uint64_t)flush->y + flush->height >= shown->y;
}

static bool flush_fits(const struct sl_vgpu *dev, const struct sl_vgpu_resource *resource,
                       const struct sl_virtio_gpu_rect *rect)
{
    if (!resource->blob) {
        return sl_vgpu_rect_fits(rect, resource->width, resource->height);
    }
    for (uint32_t i = 0; i < SL_VGPU_SCANOUTS_MAX; i++) {
        const struct sl_vgpu_view *view = &dev->scanouts[i].view;
        if (view->resource_id == resource->node.key && touches(rect, &view->rect)) {
            return true;
        }
    }
    return false;
}

uint32_t sl_vgpu_flush(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                       struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_resource_flush cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_FLUSH, request->bytes, request->size, &cmd);
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (!resource) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!flush_fits(dev, resource, &cmd.r)) {
        return dev->profile->invalid_parameter;
    }
    for (uint32_t i = 0; i < SL_VGPU_SCANOUTS_MAX; i++) {
        if (cmd.resource_id != 0 && dev->scanouts[i].view.resource_id == cmd.resource_id) {
            sl_vgpu_front_refresh(dev, &dev->scanouts[i], &cmd.r);
            sl_vgpu_screen_damage(dev, i, &cmd.r);
        }
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}
