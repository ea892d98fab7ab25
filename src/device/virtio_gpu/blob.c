/* RESOURCE_CREATE_BLOB: a resource whose content is its backing, read whenever it is shown. */
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>

/*
 * Without 3D there is only guest memory. QEMU also lets everything pass whose flags are exactly
 * SHAREABLE.
 */
static bool memory_fits(const struct sl_vgpu *dev,
                        const struct sl_virtio_gpu_resource_create_blob *cmd)
{
    return cmd->blob_mem == VIRTIO_GPU_BLOB_MEM_GUEST ||
           (!dev->profile->blob_guest_only &&
            cmd->blob_flags == VIRTIO_GPU_BLOB_FLAG_USE_SHAREABLE);
}

uint32_t sl_vgpu_create_blob(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                             struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_resource_create_blob cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_CREATE_BLOB, request->bytes, request->size, &cmd);
    if (cmd.resource_id == 0) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!memory_fits(dev, &cmd)) {
        return dev->profile->invalid_parameter;
    }
    if (sl_vgpu_resource_find(dev, cmd.resource_id)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    struct sl_vgpu_backing backing;
    uint32_t answer = sl_vgpu_backing_parse(dev, request, sizeof(cmd), cmd.nr_entries, 0, &backing);
    if (answer != VIRTIO_GPU_RESP_OK_NODATA) {
        return answer;
    }
    struct sl_vgpu_resource *resource = sl_vgpu_resource_add(dev, cmd.resource_id);
    if (!resource) {
        sl_vgpu_backing_finish(dev, &backing);
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    resource->blob = true;
    resource->blob_size = cmd.size;
    resource->backing = backing;
    return VIRTIO_GPU_RESP_OK_NODATA;
}
