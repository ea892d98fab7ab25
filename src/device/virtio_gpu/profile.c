/*
 * The table of profiles. "qemu" is the device of QEMU 10.0, "qemu72" that of QEMU 7.2, "aero-proto"
 * the prototype of the Aero project, "spec" the strictest reading of virtio 1.2. docs/devices.md
 * has the same as text, with what was decided where none of them speaks.
 */
#include "device/virtio_gpu/profile.h"

#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

#define AERO_FEATURES (BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_F_VERSION_1))
#define SPEC_FEATURES (AERO_FEATURES | BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_GPU_F_EDID))
#define RING_RESET_BIT 40
#define QEMU_FEATURES (SPEC_FEATURES | BIT(RING_RESET_BIT))

#define OK VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC VIRTIO_GPU_RESP_ERR_UNSPEC
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define BAD_ID VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define BAD_PARAMETER VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

/* Aero's number for an invalid parameter. */
#define AERO_BAD VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID

#define QEMU_COMMON                                                                                \
    .queue_sizes = {64, 16}, .config_end_ones = true, .invalid_parameter = BAD_PARAMETER,          \
    .echo = SL_VGPU_ECHO_FENCED, .request_max_bytes = UINT32_MAX, .short_request = OK,             \
    .cursor_answer = SL_VGPU_CURSOR_SILENT, .cursor_on_control = UNSPEC, .unref_unknown = BAD_ID,  \
    .attach_unknown = BAD_ID, .attach_empty = OK, .attach_checks = true, .detach_unknown = BAD_ID, \
    .detach_unbacked = UNSPEC, .transfer_unknown = BAD_ID, .transfer_unbacked = UNSPEC,            \
    .short_source = SL_VGPU_SHORT_COPY_WHAT_IS, .offset_32 = true, .scanout_min = 16,              \
    .screen = SL_VGPU_SCREEN_LIVE

static const struct sl_vgpu_profile profiles[] = {
    {
        .name = "default",
        QEMU_COMMON,
        .features = SPEC_FEATURES,
        .ring = {.max_buffers = 1024, .max_table = UINT32_MAX, .late_indirect = true},
        .headless = SL_VGPU_HEADLESS_COMPLETE,
        .empty_create = NO_MEMORY,
        .linear_full_rows = true,
    },
    {
        .name = "qemu",
        QEMU_COMMON,
        .features = QEMU_FEATURES,
        .ring = {.max_buffers = 1024, .max_table = UINT32_MAX, .bounce = true},
        .headless = SL_VGPU_HEADLESS_STALL,
        .empty_create = NO_MEMORY,
        .linear_full_rows = true,
    },
    {
        .name = "qemu72",
        QEMU_COMMON,
        .features = QEMU_FEATURES,
        .ring = {.max_buffers = 1024, .max_table = UINT32_MAX, .bounce = true},
        .headless = SL_VGPU_HEADLESS_LOSE,
        .empty_create = OK,
        .whole_image = true,
        .blob_short_last_row = true,
    },
    {
        .name = "aero-proto",
        .features = AERO_FEATURES,
        .queue_sizes = {128, 128},
        .queue_size_fixed = true,
        .features_checked = true,
        .aero_layout = true,
        .ring = {.max_buffers = 4096,
                 .max_table = 4096,
                 .late_indirect = true,
                 .strict_indirect = true,
                 .empty_buffers = true,
                 .tolerant = true},
        .invalid_parameter = AERO_BAD,
        .echo = SL_VGPU_ECHO_ALL,
        .headless = SL_VGPU_HEADLESS_COMPLETE,
        .request_max_bytes = 262144,
        .short_request = UNSPEC,
        .response_whole = true,
        .response_required = true,
        .cursor_answer = SL_VGPU_CURSOR_REQUIRED,
        .cursor_on_control = OK,
        .create_any = true,
        .empty_create = AERO_BAD,
        .few_formats = true,
        .unlimited_memory = true,
        .unref_unknown = OK,
        .unref_keeps_scanout = true,
        .attach_unknown = UNSPEC,
        .attach_empty = AERO_BAD,
        .attach_replaces = true,
        .attach_covers = true,
        .detach_unknown = OK,
        .detach_unbacked = OK,
        .transfer_unknown = UNSPEC,
        .transfer_unbacked = AERO_BAD,
        .short_source = SL_VGPU_SHORT_STOP,
        .opaque_x = true,
        .aero_scanouts = true,
        .scanout_unbacked = true,
        .scanout_whole = true,
        .screen = SL_VGPU_SCREEN_KEPT,
        .display_mirrors = true,
        .aero_edid = true,
        .blob_short_last_row = true,
    },
    {
        .name = "spec",
        .features = SPEC_FEATURES,
        .queue_sizes = {64, 16},
        .features_checked = true,
        .config_end_ones = true,
        .needs_driver_ok = true,
        .ring = {.max_buffers = 1024,
                 .max_table = UINT32_MAX,
                 .table_within_queue = true,
                 .late_indirect = true,
                 .strict_indirect = true,
                 .empty_buffers = true},
        .invalid_parameter = BAD_PARAMETER,
        .echo = SL_VGPU_ECHO_FENCE,
        .headless = SL_VGPU_HEADLESS_COMPLETE,
        .request_max_bytes = UINT32_MAX,
        .short_request = BAD_PARAMETER,
        .cursor_answer = SL_VGPU_CURSOR_IF_ROOM,
        .cursor_on_control = UNSPEC,
        .empty_create = BAD_PARAMETER,
        .unref_unknown = BAD_ID,
        .attach_unknown = BAD_ID,
        .attach_empty = OK,
        .attach_checks = true,
        .detach_unknown = BAD_ID,
        .detach_unbacked = UNSPEC,
        .transfer_unknown = BAD_ID,
        .transfer_unbacked = UNSPEC,
        .short_source = SL_VGPU_SHORT_REFUSE,
        .scanout_unbacked = true,
        .screen = SL_VGPU_SCREEN_LATCHED_FULL,
        .edid_negotiated = true,
        .blob_guest_only = true,
        .blob_short_last_row = true,
    },
};

const struct sl_vgpu_profile *sl_vgpu_profile_find(const char *name)
{
    const char *wanted = name[0] ? name : "default";
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (strcmp(profiles[i].name, wanted) == 0) {
            return &profiles[i];
        }
    }
    return NULL;
}
