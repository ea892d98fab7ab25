/*
 * Profiles: what real devices do differently, one field per difference. Behaviour never asks which
 * profile it is, only for the field.
 */
#ifndef SL_DEVICE_VIRTIO_GPU_PROFILE_H
#define SL_DEVICE_VIRTIO_GPU_PROFILE_H

#include "transport/virtio_pci.h"

/* What a capture shows. */
enum sl_vgpu_screen_model {
    SL_VGPU_SCREEN_LIVE,         /* the resource as it is now */
    SL_VGPU_SCREEN_LATCHED_FULL, /* a copy, made by SET_SCANOUT and refreshed by FLUSH */
    SL_VGPU_SCREEN_LATCHED_ZERO, /* a copy, black after SET_SCANOUT and filled by FLUSH */
    SL_VGPU_SCREEN_KEPT,         /* a copy that only FLUSH changes and nothing takes away */
};

/* What a response carries over from the header of its request. */
enum sl_vgpu_echo {
    SL_VGPU_ECHO_FENCED, /* FENCE, fence_id and ctx_id, if it was fenced */
    SL_VGPU_ECHO_FENCE,  /* FENCE and fence_id, if it was fenced */
    SL_VGPU_ECHO_ALL,    /* flags, fence_id and ctx_id, always */
};

/* What becomes of a request without a whole header on the control queue. */
enum sl_vgpu_headless {
    SL_VGPU_HEADLESS_COMPLETE, /* completed with length 0 */
    SL_VGPU_HEADLESS_LOSE,     /* never completed */
    SL_VGPU_HEADLESS_STALL,    /* nor is anything after it, until reset */
};

/* TRANSFER_TO_HOST_2D past the end of the backing. */
enum sl_vgpu_short_source {
    SL_VGPU_SHORT_COPY_WHAT_IS, /* the rest of the row stays */
    SL_VGPU_SHORT_STOP,         /* ERR_UNSPEC at the row; the rows before it stay copied */
    SL_VGPU_SHORT_REFUSE,       /* invalid parameter, nothing is copied */
};

enum sl_vgpu_cursor_answer {
    SL_VGPU_CURSOR_SILENT,   /* nothing is ever written */
    SL_VGPU_CURSOR_IF_ROOM,  /* OK_NODATA if a header fits */
    SL_VGPU_CURSOR_REQUIRED, /* the same, and without room for anything the command is dropped */
};

/* Response codes (VIRTIO_GPU_RESP_*) are uint32_t; where a field is one, OK_NODATA means allowed.
 */
struct sl_vgpu_profile {
    const char *name;

    /* Transport. */
    uint64_t features;
    uint16_t queue_sizes[SL_VIRTIO_QUEUES];
    bool queue_size_fixed;
    bool features_checked;
    bool config_end_ones;
    bool aero_layout;
    bool needs_driver_ok; /* queues are served from DRIVER_OK on only */
    struct sl_vq_rules ring;

    /* Requests and responses. */
    uint32_t invalid_parameter; /* the number that means it */
    enum sl_vgpu_echo echo;
    enum sl_vgpu_headless headless;
    uint32_t request_max_bytes; /* larger ones are dropped; UINT32_MAX = none are */
    uint32_t short_request;     /* response to a header without its whole command */
    bool response_whole;        /* a response that does not fit is not written at all */
    bool response_required;     /* without a writable buffer nothing is executed */
    enum sl_vgpu_cursor_answer cursor_answer;
    uint32_t cursor_on_control; /* response to cursor commands on the control queue */

    /* Resources. */
    bool create_any;       /* id 0 is one, and a known id is replaced */
    uint32_t empty_create; /* response to zero width or height */
    bool few_formats;      /* only 1 to 4 */
    bool unlimited_memory; /* only width * height * 4 < 2^32 counts */
    uint32_t unref_unknown;
    bool unref_keeps_scanout;

    /* Backing. */
    uint32_t attach_unknown;
    uint32_t attach_empty; /* response to no entries at all */
    bool attach_replaces;
    bool attach_covers; /* the backing must be as large as the image */
    bool attach_checks; /* entries must be RAM and not empty */
    uint32_t detach_unknown;
    uint32_t detach_unbacked;

    /* Transfer. */
    uint32_t transfer_unknown;
    uint32_t transfer_unbacked;
    enum sl_vgpu_short_source short_source;
    bool offset_32;        /* stream positions wrap at 32 bits */
    bool linear_full_rows; /* full-width rectangles are one run */
    bool whole_image;      /* offset 0, full width, at the origin: all rows are copied */
    bool opaque_x;         /* byte 3 of X8 formats becomes 0xFF */

    /* Scanouts. */
    bool aero_scanouts; /* only scanout 0 can show anything; ids are checked against 16 */
    bool scanout_unbacked;
    bool scanout_whole;   /* the rectangle is the resource */
    uint32_t scanout_min; /* smallest width and height */
    enum sl_vgpu_screen_model screen;
    bool display_mirrors; /* GET_DISPLAY_INFO tells what SET_SCANOUT has set */

    /* EDID and blobs. */
    bool aero_edid;
    bool edid_negotiated; /* GET_EDID needs the feature */
    bool blob_guest_only;
    bool blob_short_last_row; /* the last row of a framebuffer ends with its last pixel */
};

/* NULL if there is no such profile. "" is the default. */
const struct sl_vgpu_profile *sl_vgpu_profile_find(const char *name);

#endif
