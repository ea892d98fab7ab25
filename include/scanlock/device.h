/*
 * The one interface of a replay target: a virtual GPU seen from the bus.
 *
 * A target is created over guest memory that it does not own, is driven by register accesses,
 * notifications and virtual time, and tells an observer what a guest could have seen. Everything a
 * target does happens inside one of these calls; nothing goes on after one returns, and there is no
 * clock.
 * A guest's mistake is answered as the device's ABI says. The only failures are those of the host
 * (memory, a work limit); they are sticky and reported by fault().
 */
#ifndef SCANLOCK_DEVICE_H
#define SCANLOCK_DEVICE_H

#include <scanlock/event.h>
#include <scanlock/image.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sl_mem;
struct sl_target;

/* One thing a guest could observe. All pointers are only valid during the call. */
struct sl_observation {
    enum sl_observation_kind kind;
    uint32_t queue; /* as in struct sl_expect_event */
    uint32_t head;
    uint64_t value;
    const uint8_t *bytes;
    size_t size;
    const char *text; /* the same in the ABI's own names, one line, without kind and queue */
};

struct sl_observer {
    void *data;
    void (*observe)(void *data, const struct sl_observation *observation);
};

/*
 * A command that is about to execute: an AeroGPU packet, a request of a virtio queue. All pointers
 * are only valid during the call.
 */
struct sl_command {
    uint64_t index;       /* counts the commands of the target's life from 0, resets included */
    uint64_t submission;  /* counts what came at once from 0: AeroGPU streams, virtio chains */
    uint32_t packet;      /* in its submission, from 0 */
    const char *name;     /* in the ABI's terms, "CLEAR" */
    const char *text;     /* its fields, one line; may be "" */
    uint32_t queue;       /* virtio: that it came from */
    uint32_t opcode;      /* as the guest wrote it, known or not */
    const uint8_t *bytes; /* the packet or request as it was fetched, header included */
    size_t size;
    uint64_t gpa; /* of its first byte in guest memory, if it lies there in one piece */
    bool has_gpa;
};

/* One texel of one surface; surfaces count from 1 in the order of their creation, 0 = none. */
struct sl_texel {
    uint64_t surface;
    uint32_t mip;
    uint32_t layer;
    uint32_t x;
    uint32_t y;
};

/* What became of a value that a command had for a watched texel. */
enum sl_texel_fate {
    SL_TEXEL_WRITTEN,
    SL_TEXEL_DISCARDED, /* by the pixel program */
    SL_TEXEL_MASKED,    /* by the sample mask */
    SL_TEXEL_ALPHA_FAILED,
    SL_TEXEL_STENCIL_FAILED,
    SL_TEXEL_DEPTH_FAILED,
};

struct sl_texel_write {
    enum sl_texel_fate fate;
    uint32_t texel_bytes;
    uint64_t before; /* raw texel, as a little-endian number */
    uint64_t after;
    uint8_t rgba_before[4];
    uint8_t rgba_after[4];
    const char *format;     /* in the ABI's terms */
    const char *how;        /* what wrote where the command itself does not say it; may be "" */
    struct sl_texel source; /* copied from there, if its surface is not 0 */
    uint32_t source_handle; /* of that surface, as it was created */
    bool drawn;             /* by a primitive, which the rest is about */
    uint32_t primitive;
    bool front;
    float color[4]; /* what the pixel program put out for this target */
    float depth;
    bool has_depth; /* a depth target is bound; raw texels of it follow */
    uint32_t depth_before;
    uint32_t depth_after;
};

/* Watches commands as they execute, and changes nothing that a guest or a picture shows. */
struct sl_inspector {
    void *data;
    /* Before each command; false stops the target for good: nothing executes any more. */
    bool (*command)(void *data, const struct sl_command *command);
    /* After each command. Optional. */
    void (*executed)(void *data);
    /* Every value that commands have for the watched texel, in order. Optional. */
    void (*texel)(void *data, const struct sl_texel_write *write);
    /*
     * A struct around the commands (ring header, descriptor, table) that the target has read from
     * guest memory and found good, by its name in the ABI. Optional.
     */
    void (*structure)(void *data, const char *name, const uint8_t *bytes, size_t size);
    struct sl_texel watched;
};

/* Where a pixel that a scanout shows comes from. Zeroed: nothing is known. */
struct sl_pixel_source {
    struct sl_texel texel; /* the last present took the pixel from there; surface 0 = none */
    uint32_t handle;       /* of the surface, as it was created */
    uint64_t command;      /* that presented */
    bool in_memory;        /* scanout shows guest memory: these bytes */
    uint64_t gpa;
    uint32_t size;
    const char *format; /* of these bytes */
};

/* A cursor as a display on the host's side has to draw it. */
struct sl_screen_cursor {
    uint32_t scanout;
    int32_t x; /* of the top left corner of the image */
    int32_t y;
    uint32_t hot_x;
    uint32_t hot_y;
    bool visible;
    const uint8_t *image; /* 64 x 64 of B, G, R, A; NULL = as it was, or none yet */
};

/* A display on the host's side that follows what a guest shows. Calls come during commands. */
struct sl_screen {
    void *data;
    /* A scanout has this size from now on; 0 x 0 = it is off. */
    void (*scanout)(void *data, uint32_t scanout, uint32_t width, uint32_t height);
    /* The guest flushed these pixels of it. */
    void (*damage)(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t width,
                   uint32_t height);
    void (*cursor)(void *data, const struct sl_screen_cursor *cursor);
};

/* What every target is made from. Pointers must outlive the target. */
struct sl_target_config {
    struct sl_mem *mem;
    const struct sl_observer *observer;   /* may be NULL */
    const struct sl_inspector *inspector; /* may be NULL */
    const struct sl_screen *screen;       /* may be NULL; virtio-gpu only */
    const char *profile;                  /* "" = the device's default */
    const struct sl_option *options;
    size_t option_count;
    uint32_t default_target_width; /* --default-target; 0 x 0 = none */
    uint32_t default_target_height;
    uint64_t max_memory_bytes; /* limit of host-owned resource bytes; 0 = the default */
    uint64_t max_work;         /* limit of what commands may cost; 0 = the default */
    unsigned thread_count;     /* threads that draw; 0 = 1. No result depends on it */
};

struct sl_target_impl {
    const char *device; /* name as in struct sl_trace_meta */

    void (*destroy)(struct sl_target *target);

    /* Power-on reset: as after creation, but guest memory is left alone. */
    void (*reset)(struct sl_target *target);

    /* size is 1, 2, 4 or 8. Spaces the device has not got read as all ones and ignore writes. */
    uint64_t (*read)(struct sl_target *target, enum sl_space space, uint64_t offset, unsigned size);
    void (*write)(struct sl_target *target, enum sl_space space, uint64_t offset, unsigned size,
                  uint64_t value);

    /* Optional (NULL): targets without virtqueues. */
    void (*vring)(struct sl_target *target, const struct sl_vring_event *vring);
    void (*notify)(struct sl_target *target, uint32_t queue);
    /* Features in effect for queues that vring() starts from now on. */
    void (*features)(struct sl_target *target, uint64_t features);
    /* Index of the next chain that the device would take from a queue. */
    uint16_t (*vring_base)(struct sl_target *target, uint32_t queue);


    /* Virtual time, see struct sl_vblank_event. */
    void (*vblank)(struct sl_target *target, const struct sl_vblank_event *vblank);

    /* Optional: targets whose guest cannot see the host's wishes. */
    void (*display)(struct sl_target *target, const struct sl_display_event *display);

    /*
     * Takes what scanout shows now, cursor included, as a new image; 0 x 0 if it shows nothing.
     * scanout is below scanout_count(). The caller finishes the image.
     */
    uint32_t (*scanout_count)(struct sl_target *target);
    enum sl_status (*capture)(struct sl_target *target, uint32_t scanout, struct sl_image *image,
                              struct sl_error *err);

    /*
     * Optional: count pixels of a row of what a scanout shows, without cursor, as R, G, B, 255, for
     * a struct sl_screen. False if the scanout is not that large.
     */
    bool (*screen_row)(struct sl_target *target, uint32_t scanout, uint32_t x, uint32_t y,
                       uint32_t count, uint8_t *rgba);

    /*
     * Optional: one pixel of what capture() would show now; false, with rgba zeroed, if there is
     * none at x, y.
     */
    bool (*pixel)(struct sl_target *target, uint32_t scanout, uint32_t x, uint32_t y,
                  uint8_t rgba[4]);

    /* Optional: where a pixel that is shown comes from. */
    struct sl_pixel_source (*pixel_source)(struct sl_target *target, uint32_t scanout, uint32_t x,
                                           uint32_t y);

    /* Optional: what is bound to the next command, line by line, in the ABI's terms. */
    enum sl_status (*describe)(struct sl_target *target, void (*line)(void *data, const char *text),
                               void *data, struct sl_error *err);

    /*
     * Optional: pictures of the bound targets. Takes picture index, from 0, as a new image, 0 x 0
     * if nothing is bound there; *name is static storage, NULL behind the last picture.
     */
    enum sl_status (*target_picture)(struct sl_target *target, uint32_t index, const char **name,
                                     struct sl_image *image, struct sl_error *err);

    /* Name of the register at offset in the ABI's terms, or NULL. Static storage. */
    const char *(*register_name)(struct sl_target *target, enum sl_space space, uint64_t offset);

    /* SL_OK, or why the host cannot go on. */
    enum sl_status (*fault)(struct sl_target *target, struct sl_error *err);
};

/* First member of every target's own struct. */
struct sl_target {
    const struct sl_target_impl *impl;
};

/*
 * The built-in devices. Unknown options or profiles: SL_ERR_UNSUPPORTED; a known option with a bad
 * value: SL_ERR_DAMAGED. *target is NULL on failure. Destroy with target->impl->destroy().
 */
SL_API enum sl_status sl_virtio_gpu_create(const struct sl_target_config *config,
                                           struct sl_target **target, struct sl_error *err);
SL_API enum sl_status sl_aerogpu_create(const struct sl_target_config *config,
                                        struct sl_target **target, struct sl_error *err);

#ifdef __cplusplus
}
#endif
#endif
