/*
 * The virtio-gpu device core (virtio 1.2, 5.7), 2D. One struct holds the state, each source file
 * next to this header owns one part of it. A notification runs the queue to its end: chains are
 * popped, executed by the table in control_command.c, answered and completed; nothing happens
 * later.
 *
 * Resources are known by id everywhere but in the table of resources, as a guest may free or (in
 * some profiles) replace one at any time.
 */
#ifndef SL_DEVICE_VIRTIO_GPU_VGPU_H
#define SL_DEVICE_VIRTIO_GPU_VGPU_H

#include "abi_virtio_gpu.h"
#include "base/buf.h"
#include "base/digital_tree.h"
#include "device/virtio_gpu/profile.h"

#include <scanlock/device.h>

#define SL_VGPU_SCANOUTS_MAX 16u

enum { SL_VGPU_CONTROL_QUEUE, SL_VGPU_CURSOR_QUEUE };

/* Bytes per pixel of every format. */
enum { SL_VGPU_PIXEL = 4 };

/* No command reads more of a request: CREATE_BLOB with the most entries. */
#define SL_VGPU_REQUEST_MAX (56u + 16u * SL_VIRTIO_GPU_LIMIT_BACKING_MAX_ENTRIES)

#define SL_VGPU_RESPONSE_MAX 1056u

#define SL_VGPU_EDID_MAX 1024u

struct sl_vgpu;

/* ---- option_rows.c ---- */

struct sl_vgpu_size {
    uint32_t width; /* 0 x 0 = switched off */
    uint32_t height;
};

struct sl_vgpu_options {
    const struct sl_vgpu_profile *profile;
    uint32_t scanouts;
    struct sl_vgpu_size displays[SL_VGPU_SCANOUTS_MAX];
    bool edid;
    bool blob;
    bool uuid;
    uint64_t hostmem_bytes;
    uint32_t refresh_mhz;
    uint64_t driver_features; /* of queues set up by vring events, until the guest says others */
    uint8_t edid_bytes[SL_VGPU_EDID_MAX];
    uint32_t edid_size; /* of edid_bytes; 0 = the device makes one for each display */
    enum sl_vgpu_screen_model screen;
};

/* Rules device.profile, device.option.unknown and device.option.value. */
enum sl_status sl_vgpu_options_parse(struct sl_vgpu_options *options,
                                     const struct sl_target_config *config, struct sl_error *err);

/* ---- virtio_gpu.c ---- */

/* Host-owned bytes of one device unless the configuration says otherwise. */
#define SL_VGPU_MEMORY_DEFAULT (UINT64_C(4) << 30)

/*
 * Ceiling on what one device does on behalf of its guest, in bytes touched: a small trace can name
 * the same bytes again and again.
 */
#define SL_VGPU_WORK_LIMIT (UINT64_C(1) << 40)

/* Host failures: sticky, the first one is kept. */
void sl_vgpu_fail_memory(struct sl_vgpu *dev, uint64_t size_bytes);

/* Charges work against the ceiling; false, with the fault set, once it is used up. */
bool sl_vgpu_spend(struct sl_vgpu *dev, uint64_t work);

/*
 * Accounts for host memory that the device is about to own or has given back. take returns false,
 * with the fault set, past the limit.
 */
bool sl_vgpu_memory_take(struct sl_vgpu *dev, uint64_t size_bytes);
void sl_vgpu_memory_give(struct sl_vgpu *dev, uint64_t size_bytes);

void sl_vgpu_observe(struct sl_vgpu *dev, const struct sl_observation *observation);

/* ---- virtio_bus.c: what virtio-pci asks the device ---- */

void sl_vgpu_bus_init(struct sl_vgpu *dev);

/* Features in effect for a queue. */
uint64_t sl_vgpu_features(const struct sl_vgpu *dev, uint32_t queue);

/* ---- queue_service.c ---- */

struct sl_vgpu_queue {
    struct sl_vq vq;
    bool direct; /* set up by a vring event: no PCI function stands between */
    bool broken; /* direct queues break one by one */
};

void sl_vgpu_queue_vring(struct sl_vgpu *dev, const struct sl_vring_event *vring);
void sl_vgpu_queue_start(struct sl_vgpu *dev, uint32_t queue, const struct sl_vq_rings *rings);
void sl_vgpu_queue_stop(struct sl_vgpu *dev, uint32_t queue);
void sl_vgpu_queue_serve(struct sl_vgpu *dev, uint32_t queue);

/*
 * The device ignores its queues until it is reset; a direct queue only itself until it starts
 * again, as a back end without a PCI function has nothing else to break.
 */
void sl_vgpu_break(struct sl_vgpu *dev, uint32_t queue, const char *reason);

/* ---- control_command.c ---- */

struct sl_vgpu_request {
    const uint8_t *bytes;
    size_t size; /* at least a header */
    struct sl_virtio_gpu_ctrl_hdr header;
    uint32_t queue;
    uint64_t gpa; /* of its first byte, if it lies in one piece */
    bool has_gpa;
};

/* body lies behind the header; size counts both. */
struct sl_vgpu_response {
    uint8_t bytes[SL_VGPU_RESPONSE_MAX];
    size_t size;
};

/* Each command: the code of its response. Errors leave all state as it was. */
typedef uint32_t sl_vgpu_handler(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                                 struct sl_vgpu_response *response);

sl_vgpu_handler sl_vgpu_get_display_info;
sl_vgpu_handler sl_vgpu_get_edid;
sl_vgpu_handler sl_vgpu_create_2d;
sl_vgpu_handler sl_vgpu_unref;
sl_vgpu_handler sl_vgpu_assign_uuid;
sl_vgpu_handler sl_vgpu_attach_backing;
sl_vgpu_handler sl_vgpu_detach_backing;
sl_vgpu_handler sl_vgpu_transfer_to_host;
sl_vgpu_handler sl_vgpu_set_scanout;
sl_vgpu_handler sl_vgpu_flush;
sl_vgpu_handler sl_vgpu_create_blob;
sl_vgpu_handler sl_vgpu_set_scanout_blob;

/* Executes one request of the control queue and builds the response to it. */
void sl_vgpu_execute(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                     struct sl_vgpu_response *response);

/* The header of a response, from that of its request. */
void sl_vgpu_response_header(const struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                             uint32_t type, struct sl_vgpu_response *response);

/* ---- backing.c ---- */

/* A run of guest memory in a backing. */
struct sl_vgpu_run {
    uint64_t gpa;
    uint64_t start; /* position of its first byte in the stream */
};

/* The entries of a resource's backing as one stream of bytes. */
struct sl_vgpu_backing {
    struct sl_vgpu_run *runs; /* NULL = no backing */
    size_t count;
    size_t capacity;
    uint64_t size;
};

/* Where the last read ended, so that the next one starts there. Zeroed is the beginning. */
struct sl_vgpu_place {
    size_t run;
};

/*
 * Makes a backing of count entries behind the fixed part of a request. Returns OK_NODATA or the
 * response that says what is wrong with them; image_bytes is what the resource would need.
 */
uint32_t sl_vgpu_backing_parse(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                               size_t fixed_size, uint32_t count, uint64_t image_bytes,
                               struct sl_vgpu_backing *backing);
void sl_vgpu_backing_finish(struct sl_vgpu *dev, struct sl_vgpu_backing *backing);

/*
 * Copies stream bytes from offset on; returns how many there are, up to the end or a hole. Without
 * out they are only counted.
 */
size_t sl_vgpu_backing_read(const struct sl_mem *mem, const struct sl_vgpu_backing *backing,
                            struct sl_vgpu_place *place, uint64_t offset, uint8_t *out,
                            size_t size);

/* ---- resource_table.c ---- */

struct sl_vgpu_resource {
    struct sl_digital_node node; /* first; the key is the resource id */
    bool blob;
    uint32_t width;
    uint32_t height;
    const struct sl_abi_format *format;
    uint8_t *pixels; /* width * height * 4; NULL for blobs and empty images */
    void *storage;   /* the allocation that pixels lie in */
    struct sl_vgpu_backing backing;
    uint64_t blob_size;
};

struct sl_vgpu_resources {
    struct sl_digital_tree tree;
    uint64_t image_bytes; /* of all 2D resources */
};

struct sl_vgpu_resource *sl_vgpu_resource_find(const struct sl_vgpu *dev, uint32_t id);

/* Adds a resource of a new id; NULL, with the fault set, if the host cannot. */
struct sl_vgpu_resource *sl_vgpu_resource_add(struct sl_vgpu *dev, uint32_t id);
void sl_vgpu_resources_clear(struct sl_vgpu *dev);

static inline uint64_t sl_vgpu_image_bytes(const struct sl_vgpu_resource *resource)
{
    return (uint64_t)resource->width * resource->height * SL_VGPU_PIXEL;
}

/* The format with this number, or NULL; some profiles know fewer. */
const struct sl_abi_format *sl_vgpu_format(const struct sl_vgpu *dev, uint32_t value);

/* Does rect lie inside width x height? Empty rectangles do, at the far edges, too. */
bool sl_vgpu_rect_fits(const struct sl_virtio_gpu_rect *rect, uint32_t width, uint32_t height);

/* ---- scanout_view.c, front_buffer.c ---- */

/* What a latched scanout shows: R, G, B and an unused byte per pixel. */
struct sl_vgpu_front {
    uint8_t *pixels;
    uint32_t width;
    uint32_t height;
};

/* What of which resource a scanout is a window on. */
struct sl_vgpu_view {
    uint32_t resource_id; /* 0 = off */
    struct sl_virtio_gpu_rect rect;
    /* A framebuffer in a blob. */
    bool blob;
    const struct sl_abi_format *format;
    uint32_t stride_bytes;
    uint64_t first; /* stream position of the top left pixel of rect */
};

struct sl_vgpu_scanout {
    struct sl_vgpu_view view;
    struct sl_vgpu_front front;
};

/* Power-on and reset state. */
void sl_vgpu_scanouts_reset(struct sl_vgpu *dev);
void sl_vgpu_scanouts_finish(struct sl_vgpu *dev);

/* Shows a view, or nothing. False, with the fault set, if the host cannot. */
bool sl_vgpu_scanout_bind(struct sl_vgpu *dev, uint32_t scanout, const struct sl_vgpu_view *view);

/* Switches off what shows a resource that goes away. */
void sl_vgpu_scanouts_release(struct sl_vgpu *dev, uint32_t resource_id);

/* The response to a bad scanout id, or OK_NODATA. */
uint32_t sl_vgpu_scanout_check(const struct sl_vgpu *dev, uint32_t scanout);

/* Makes the front buffer for a view that replaces old. */
bool sl_vgpu_front_rebuild(struct sl_vgpu *dev, struct sl_vgpu_scanout *scanout,
                           const struct sl_vgpu_view *old);
bool sl_vgpu_front_resize(struct sl_vgpu *dev, struct sl_vgpu_front *front, uint32_t width,
                          uint32_t height);

/* Copies area, in coordinates of the resource, into the front buffer as far as it shows. */
void sl_vgpu_front_refresh(struct sl_vgpu *dev, struct sl_vgpu_scanout *scanout,
                           const struct sl_virtio_gpu_rect *area);

/*
 * Pixels x..x+count of row y of a view, as R, G, B, 255. What the resource has not got is black.
 */
void sl_vgpu_view_row(const struct sl_vgpu *dev, const struct sl_vgpu_view *view, uint32_t x,
                      uint32_t y, uint32_t count, uint8_t *rgba);

/* [begin, end) of one side of a view, in its own coordinates. */
struct sl_vgpu_span {
    uint32_t begin;
    uint32_t end;
};

/* What a side of an area covers of a side of a view; false if nothing. */
bool sl_vgpu_clip(uint32_t at, uint32_t size, uint32_t view_at, uint32_t view_size,
                  struct sl_vgpu_span *span);

/* ---- screen_feed.c: see struct sl_screen; each does nothing if nobody follows ---- */

void sl_vgpu_screen_size(const struct sl_vgpu *dev, uint32_t scanout);
/* area is in coordinates of the resource */
void sl_vgpu_screen_damage(const struct sl_vgpu *dev, uint32_t scanout,
                           const struct sl_virtio_gpu_rect *area);
void sl_vgpu_screen_cursor(const struct sl_vgpu *dev, uint32_t scanout, bool image_changed);
void sl_vgpu_screen_reset(const struct sl_vgpu *dev);
bool sl_vgpu_screen_row(struct sl_vgpu *dev, uint32_t scanout, uint32_t x, uint32_t y,
                        uint32_t count, uint8_t *rgba);

/* ---- scanout_capture.c ---- */

enum sl_status sl_vgpu_capture(struct sl_vgpu *dev, uint32_t scanout, struct sl_image *image,
                               struct sl_error *err);

/* Pixel x, y of what that captures; false if there is none. */
bool sl_vgpu_pixel(struct sl_vgpu *dev, uint32_t scanout, uint32_t x, uint32_t y, uint8_t rgba[4]);

/* ---- host_display.c, edid.c ---- */

void sl_vgpu_display_event(struct sl_vgpu *dev, const struct sl_display_event *event);

/* The 1024 bytes of an EDID: what QEMU makes for this size and refresh rate. */
void sl_vgpu_edid_generate(uint32_t width, uint32_t height, uint32_t refresh_mhz,
                           uint8_t edid[1024]);

/* ---- cursor_queue.c ---- */

struct sl_vgpu_cursor {
    uint8_t *image; /* 64 x 64 of B, G, R, A; NULL before the first */
    int32_t x;
    int32_t y;
    uint32_t hot_x;
    uint32_t hot_y;
    bool visible;
};

/* Executes a request of the cursor queue. */
void sl_vgpu_cursor_execute(struct sl_vgpu *dev, const struct sl_vgpu_request *request);
void sl_vgpu_cursors_reset(struct sl_vgpu *dev);
void sl_vgpu_cursors_finish(struct sl_vgpu *dev);

/* Draws the cursor of a scanout over its image, or the part of it from x, y on. */
void sl_vgpu_cursor_compose(const struct sl_vgpu *dev, uint32_t scanout, uint32_t x, uint32_t y,
                            struct sl_image *image);

/* ---- request_inspection.c ---- */

/* Around each request that executes; begin says whether it may. */
bool sl_vgpu_inspect_begin(struct sl_vgpu *dev, const struct sl_vgpu_request *request);
void sl_vgpu_inspect_end(struct sl_vgpu *dev);

/* See struct sl_target_impl. The pictures are what each scanout is a window on, flushed or not. */
enum sl_status sl_vgpu_describe(struct sl_vgpu *dev, void (*line)(void *data, const char *text),
                                void *data, struct sl_error *err);
enum sl_status sl_vgpu_picture(struct sl_vgpu *dev, uint32_t index, const char **name,
                               struct sl_image *image, struct sl_error *err);

/* ---- the device ---- */

struct sl_vgpu {
    struct sl_target target;
    struct sl_mem *mem;
    const struct sl_observer *observer;
    const struct sl_inspector *inspector;
    const struct sl_screen *screen;
    const struct sl_vgpu_profile *profile;
    struct sl_vgpu_options options;
    struct sl_virtio_pci pci;

    struct sl_vgpu_queue queues[SL_VIRTIO_QUEUES];
    uint64_t direct_features; /* of direct queues */
    struct sl_vq_batch batch;
    struct sl_buf request;
    struct sl_buf text;
    struct sl_vgpu_response response;
    bool broken;
    bool stalled; /* the control queue completes nothing any more */
    bool stopped; /* by the inspector: nothing executes any more */
    uint64_t command_count;

    uint32_t events_read;
    struct sl_vgpu_size displays[SL_VGPU_SCANOUTS_MAX]; /* the host's wishes */
    struct sl_vgpu_resources resources;
    struct sl_vgpu_scanout scanouts[SL_VGPU_SCANOUTS_MAX];
    struct sl_vgpu_cursor cursors[SL_VGPU_SCANOUTS_MAX];

    uint64_t memory_limit;
    uint64_t memory_used;
    uint64_t work;
    uint64_t work_limit;
    enum sl_status fault;
    struct sl_error fault_report;
};

#endif
