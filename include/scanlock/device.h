/*
 * The one interface of a replay target: a virtual GPU seen from the bus.
 *
 * A target is created over guest memory that it does not own, is driven by register accesses,
 * notifications and virtual time, and tells an observer what a guest could have seen. Everything a
 * target does happens inside one of these calls; there are no threads and no clock behind it.
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

/* What every target is made from. Pointers must outlive the target. */
struct sl_target_config {
    struct sl_mem *mem;
    const struct sl_observer *observer; /* may be NULL */
    const char *profile;                /* "" = the device's default */
    const struct sl_option *options;
    size_t option_count;
    uint32_t default_target_width; /* --default-target; 0 x 0 = none */
    uint32_t default_target_height;
    uint64_t max_memory_bytes; /* limit of host-owned resource bytes; 0 = the default */
};

struct sl_target_impl {
    const char *device; /* name as in struct sl_trace_meta */

    void (*destroy)(struct sl_target *target);

    /* Power-on reset: as after creation, but guest memory is left alone. */
    void (*reset)(struct sl_target *target);

    /* size is 1, 2, 4 or 8. Spaces the device has not got read as all ones and ignore writes. */
    uint64_t (*read)(struct sl_target *target, enum sl_space space, uint64_t offset,
                     unsigned size);
    void (*write)(struct sl_target *target, enum sl_space space, uint64_t offset, unsigned size,
                  uint64_t value);

    /* Optional (NULL): targets without virtqueues. */
    void (*vring)(struct sl_target *target, const struct sl_vring_event *vring);
    void (*notify)(struct sl_target *target, uint32_t queue);

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
