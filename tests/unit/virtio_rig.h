/*
 * A virtio-gpu device with a driver in a few calls. The driver writes real rings into guest memory;
 * every answer is what the device wrote there.
 *
 * Guest memory is 64 MiB at 0 and 1 MiB at 4 GiB. The control queue lives at VRIG_CONTROL, the
 * cursor queue at VRIG_CURSOR; tests have VRIG_DATA and above for themselves.
 */
#ifndef SL_TESTS_VIRTIO_RIG_H
#define SL_TESTS_VIRTIO_RIG_H

#include "abi_virtio_gpu.h"
#include "base/bytes.h"
#include "memory/memory.h"

#include <scanlock/device.h>

#define VRIG_RAM_SIZE (UINT64_C(64) << 20)
#define VRIG_HOLE VRIG_RAM_SIZE
#define VRIG_HIGH (UINT64_C(4) << 30)
#define VRIG_CONTROL 0x10000u
#define VRIG_CURSOR 0x20000u
#define VRIG_REQUEST 0x40000u
#define VRIG_RESPONSE 0x90000u
#define VRIG_DATA 0x100000u

enum { VRIG_LOG_MAX = 256, VRIG_TEXT_MAX = 120 };

struct vrig_seen {
    enum sl_observation_kind kind;
    uint32_t queue;
    uint32_t head;
    uint64_t value;
    size_t size;
    char text[VRIG_TEXT_MAX];
};

/* Where a queue is and how far the driver has come. */
struct vrig_queue {
    uint64_t desc;
    uint64_t avail;
    uint64_t used;
    uint32_t size;
    uint16_t avail_index;
};

struct vrig {
    struct sl_mem *mem;
    struct sl_target *target;
    struct sl_observer observer;
    struct vrig_queue queues[2];
    uint64_t common; /* offset of the structures in the BAR */
    uint64_t notify;
    uint64_t isr;
    uint64_t device;
    enum sl_space bar;
    struct vrig_seen seen[VRIG_LOG_MAX]; /* the oldest ones */
    size_t seen_count;
    uint32_t answered; /* bytes of the response last asked for */
    uint8_t response[2048];
};

/* options is "name=value name=value". The device is created, and nothing is done to it yet. */
void vrig_create(struct vrig *rig, const char *profile, const char *options);
void vrig_finish(struct vrig *rig);

/* Creates a device and starts it as a driver does, accepting features & everything offered. */
void vrig_start(struct vrig *rig, const char *profile, const char *options);
void vrig_negotiate(struct vrig *rig, uint64_t features);

uint64_t vrig_read(struct vrig *rig, uint64_t offset, unsigned size);
void vrig_write(struct vrig *rig, uint64_t offset, unsigned size, uint64_t value);
void vrig_config_write(struct vrig *rig, uint64_t offset, unsigned size, uint64_t value);
uint64_t vrig_config_read(struct vrig *rig, uint64_t offset, unsigned size);

/* Guest memory. */
void vrig_poke(struct vrig *rig, uint64_t gpa, const void *bytes, size_t size);
void vrig_peek(struct vrig *rig, uint64_t gpa, void *bytes, size_t size);
void vrig_put16(struct vrig *rig, uint64_t gpa, uint16_t value);
uint16_t vrig_get16(struct vrig *rig, uint64_t gpa);
uint32_t vrig_get32(struct vrig *rig, uint64_t gpa);

/* Descriptors, the available ring, the bell. flags as VRING_DESC_F_*. */
void vrig_descriptor(struct vrig *rig, uint64_t table, uint32_t index, uint64_t gpa, uint32_t size,
                     uint16_t flags, uint16_t next);
void vrig_offer(struct vrig *rig, uint32_t queue, uint16_t head);
void vrig_notify(struct vrig *rig, uint32_t queue);
uint16_t vrig_used_index(struct vrig *rig, uint32_t queue);

/*
 * Sends a request in descriptor 0 with room for a response in descriptor 1, and returns the code of
 * the response; 0 if nothing was written. rig->answered is what the used entry says.
 */
uint32_t vrig_send(struct vrig *rig, uint32_t queue, const void *request, size_t size,
                   uint32_t response_room);

/* Commands with their fields; each returns the code of its response. */
uint32_t vrig_command(struct vrig *rig, uint32_t type);
uint32_t vrig_create_2d(struct vrig *rig, uint32_t id, uint32_t format, uint32_t width,
                        uint32_t height);
uint32_t vrig_unref(struct vrig *rig, uint32_t id);
uint32_t vrig_attach(struct vrig *rig, uint32_t id, uint64_t gpa, uint32_t size);
uint32_t vrig_attach_list(struct vrig *rig, uint32_t id, uint32_t announced,
                          const struct sl_virtio_gpu_mem_entry *entries, uint32_t count);
uint32_t vrig_detach(struct vrig *rig, uint32_t id);
uint32_t vrig_transfer(struct vrig *rig, uint32_t id, struct sl_virtio_gpu_rect rect,
                       uint64_t offset);
uint32_t vrig_set_scanout(struct vrig *rig, uint32_t scanout, uint32_t id,
                          struct sl_virtio_gpu_rect rect);
uint32_t vrig_flush(struct vrig *rig, uint32_t id, struct sl_virtio_gpu_rect rect);
uint32_t vrig_get_edid(struct vrig *rig, uint32_t scanout);
void vrig_cursor(struct vrig *rig, uint32_t type, uint32_t scanout, uint32_t id, uint32_t x,
                 uint32_t y);

static inline struct sl_virtio_gpu_rect vrig_rect(uint32_t x, uint32_t y, uint32_t width,
                                                  uint32_t height)
{
    return (struct sl_virtio_gpu_rect){.x = x, .y = y, .width = width, .height = height};
}

/* A pixel of what a scanout shows, as 0xRRGGBBAA; 0 outside of it. */
uint32_t vrig_pixel(struct vrig *rig, uint32_t scanout, uint32_t x, uint32_t y);

/* width << 16 | height of what a scanout shows. */
uint32_t vrig_shown(struct vrig *rig, uint32_t scanout);

/* How many observations of a kind there were, and the text of the last one. */
size_t vrig_count(const struct vrig *rig, enum sl_observation_kind kind);
const char *vrig_last_text(const struct vrig *rig, enum sl_observation_kind kind);

#endif
