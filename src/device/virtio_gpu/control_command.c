/* The commands of the control queue: the table of them, and what all of them have in common. */
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <string.h>

/* An option without which a command is refused before its body is looked at. */
enum gate { ALWAYS, NEEDS_BLOB, NEEDS_UUID };

static const struct command {
    uint32_t type;
    enum gate gate;
    uint32_t size; /* of the fixed part */
    sl_vgpu_handler *execute;
} commands[] = {
    {VIRTIO_GPU_CMD_GET_DISPLAY_INFO, ALWAYS, sizeof(struct sl_virtio_gpu_ctrl_hdr),
     sl_vgpu_get_display_info},
    {VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, ALWAYS, sizeof(struct sl_virtio_gpu_resource_create_2d),
     sl_vgpu_create_2d},
    {VIRTIO_GPU_CMD_RESOURCE_UNREF, ALWAYS, sizeof(struct sl_virtio_gpu_resource_unref),
     sl_vgpu_unref},
    {VIRTIO_GPU_CMD_SET_SCANOUT, ALWAYS, sizeof(struct sl_virtio_gpu_set_scanout),
     sl_vgpu_set_scanout},
    {VIRTIO_GPU_CMD_RESOURCE_FLUSH, ALWAYS, sizeof(struct sl_virtio_gpu_resource_flush),
     sl_vgpu_flush},
    {VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, ALWAYS, sizeof(struct sl_virtio_gpu_transfer_to_host_2d),
     sl_vgpu_transfer_to_host},
    {VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, ALWAYS,
     sizeof(struct sl_virtio_gpu_resource_attach_backing), sl_vgpu_attach_backing},
    {VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, ALWAYS,
     sizeof(struct sl_virtio_gpu_resource_detach_backing), sl_vgpu_detach_backing},
    {VIRTIO_GPU_CMD_GET_EDID, ALWAYS, sizeof(struct sl_virtio_gpu_cmd_get_edid), sl_vgpu_get_edid},
    {VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, NEEDS_UUID,
     sizeof(struct sl_virtio_gpu_resource_assign_uuid), sl_vgpu_assign_uuid},
    {VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, NEEDS_BLOB,
     sizeof(struct sl_virtio_gpu_resource_create_blob), sl_vgpu_create_blob},
    {VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, NEEDS_BLOB, sizeof(struct sl_virtio_gpu_set_scanout_blob),
     sl_vgpu_set_scanout_blob},
};

static const struct command *find_command(uint32_t type)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].type == type) {
            return &commands[i];
        }
    }
    return NULL;
}

/* OK_NODATA, or why a command is refused whatever it says. */
static uint32_t gate_response(const struct sl_vgpu *dev, enum gate gate)
{
    switch (gate) {
    case ALWAYS:
        break;
    case NEEDS_BLOB:
        return dev->options.blob ? VIRTIO_GPU_RESP_OK_NODATA : dev->profile->invalid_parameter;
    case NEEDS_UUID:
        return dev->options.uuid ? VIRTIO_GPU_RESP_OK_NODATA : VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t dispatch(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                         struct sl_vgpu_response *response)
{
    uint32_t type = request->header.type;
    const struct command *command = find_command(type);
    if (type == VIRTIO_GPU_CMD_UPDATE_CURSOR || type == VIRTIO_GPU_CMD_MOVE_CURSOR) {
        return dev->profile->cursor_on_control;
    }
    if (!command) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    uint32_t answer = gate_response(dev, command->gate);
    if (answer != VIRTIO_GPU_RESP_OK_NODATA) {
        return answer;
    }
    if (request->size < command->size) {
        return dev->profile->short_request;
    }
    return command->execute(dev, request, response);
}

void sl_vgpu_response_header(const struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                             uint32_t type, struct sl_vgpu_response *response)
{
    const struct sl_virtio_gpu_ctrl_hdr *asked = &request->header;
    struct sl_virtio_gpu_ctrl_hdr header = {.type = type};
    bool fenced = asked->flags & VIRTIO_GPU_FLAG_FENCE;
    if (dev->profile->echo == SL_VGPU_ECHO_ALL) {
        header.flags = asked->flags;
        header.fence_id = asked->fence_id;
        header.ctx_id = asked->ctx_id;
    } else if (fenced) {
        header.flags = VIRTIO_GPU_FLAG_FENCE;
        header.fence_id = asked->fence_id;
        header.ctx_id = dev->profile->echo == SL_VGPU_ECHO_FENCED ? asked->ctx_id : 0;
    }
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_CTRL_HDR, &header, response->bytes);
}

void sl_vgpu_execute(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                     struct sl_vgpu_response *response)
{
    response->size = sizeof(struct sl_virtio_gpu_ctrl_hdr);
    uint32_t type = dispatch(dev, request, response);
    sl_vgpu_response_header(dev, request, type, response);
}
