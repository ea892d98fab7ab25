/* The host's wishes for the displays: GET_DISPLAY_INFO, GET_EDID and the event behind them. */
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <string.h>

void sl_vgpu_display_event(struct sl_vgpu *dev, const struct sl_display_event *event)
{
    if (event->scanout >= dev->options.scanouts) {
        return;
    }
    dev->displays[event->scanout] = (struct sl_vgpu_size){event->width, event->height};
    dev->events_read |= VIRTIO_GPU_EVENT_DISPLAY;
    sl_virtio_pci_config_changed(&dev->pci);
}

uint32_t sl_vgpu_get_display_info(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                                  struct sl_vgpu_response *response)
{
    (void)request;
    struct sl_virtio_gpu_resp_display_info body = {0};
    for (uint32_t i = 0; i < dev->options.scanouts; i++) {
        struct sl_vgpu_size size = dev->displays[i];
        if (size.width != 0 && size.height != 0) {
            body.pmodes[i].r.width = size.width;
            body.pmodes[i].r.height = size.height;
            body.pmodes[i].enabled = 1;
        }
    }
    response->size = sizeof(body);
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESP_DISPLAY_INFO, &body, response->bytes);
    return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

/* The constant EDID of the Aero prototype: one block, 1024x768, named AERO. */
static const uint8_t aero_edid[128] = {
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x04, 0xb2, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x24, 0x01, 0x04, 0x80, 0x00, 0x00, 0x78, 0x06, 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26,
    0x0f, 0x50, 0x54, 0x21, 0x08, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x64, 0x19, 0x00, 0x40, 0x41, 0x00, 0x26, 0x30, 0x18, 0x88,
    0x36, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x13, 0x00, 0x00, 0x00, 0xfc, 0x00, 0x41, 0x45, 0x52,
    0x4f, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30,
};

uint32_t sl_vgpu_get_edid(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                          struct sl_vgpu_response *response)
{
    struct sl_virtio_gpu_cmd_get_edid cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_CMD_GET_EDID, request->bytes, request->size, &cmd);
    bool negotiated = sl_vgpu_features(dev, request->queue) >> VIRTIO_GPU_F_EDID & 1;
    uint32_t count = dev->profile->aero_scanouts ? SL_VGPU_SCANOUTS_MAX : dev->options.scanouts;
    if (dev->profile->edid_negotiated && !negotiated) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    if (cmd.scanout >= count) {
        return dev->profile->invalid_parameter;
    }
    struct sl_virtio_gpu_resp_edid body = {.size = sizeof(body.edid)};
    if (dev->profile->aero_edid) {
        body.size = sizeof(aero_edid);
        memcpy(body.edid, aero_edid, sizeof(aero_edid));
    } else if (dev->options.edid_size) {
        body.size = dev->options.edid_size;
        memcpy(body.edid, dev->options.edid_bytes, dev->options.edid_size);
    } else {
        struct sl_vgpu_size size = dev->displays[cmd.scanout];
        sl_vgpu_edid_generate(size.width, size.height, dev->options.refresh_mhz, body.edid);
    }
    response->size = sizeof(body);
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESP_EDID, &body, response->bytes);
    return VIRTIO_GPU_RESP_OK_EDID;
}
