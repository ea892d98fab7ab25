/*
 * A guest driver for virtio devices that exists only on paper: what it would do to the bus comes
 * out as events. It never reads anything back; its queues live where the caller says.
 */
#ifndef SL_GUEST_VIRTIO_GUEST_H
#define SL_GUEST_VIRTIO_GUEST_H

#include <scanlock/event.h>

#define SL_VIRTIO_GUEST_QUEUES 2u
#define SL_VIRTIO_GUEST_QUEUE_MAX 32768u /* virtio 1.2, 2.7 */

/* Flags of descriptors, virtio 1.2, 2.7.5. */
#define SL_VIRTIO_DESC_NEXT 1u
#define SL_VIRTIO_DESC_WRITE 2u
#define SL_VIRTIO_DESC_INDIRECT 4u
#define SL_VIRTIO_DESC_SIZE 16u

/* Where the structures of virtio-pci are. */
struct sl_virtio_layout {
    const char *name;
    enum sl_space space;
    uint64_t common;
    uint64_t notify;
    uint64_t isr;
    uint64_t device;
    uint32_t notify_multiplier;
    bool has_msix;
    bool is_vring; /* no registers: queues are set up and kicked by events of their own */
};

/* Layouts "pci" (QEMU's virtio-gpu-pci), "aero" (one BAR) and "vring"; NULL if there is none. */
const struct sl_virtio_layout *sl_virtio_find_layout(const char *name);

struct sl_virtio_queue {
    uint16_t size; /* 0 = the driver has not started it */
    uint64_t desc;
    uint64_t avail;
    uint64_t used;
    uint16_t next_desc;  /* descriptor table entry to use next */
    uint16_t avail_idx;  /* as last published */
    uint32_t unnotified; /* descriptors used since the device was last notified */
};

struct sl_virtio_guest {
    struct sl_event_sink sink;
    const struct sl_virtio_layout *layout;
    uint64_t features;
    struct sl_virtio_queue queues[SL_VIRTIO_GUEST_QUEUES];
};

struct sl_virtio_start {
    const struct sl_virtio_layout *layout;
    uint64_t features; /* that the driver accepts */
    bool msix;         /* one vector for the configuration, one per queue; else INTx */
    uint16_t queue_size[SL_VIRTIO_GUEST_QUEUES];
    uint64_t queue_gpa[SL_VIRTIO_GUEST_QUEUES]; /* page aligned */
};

/* Bytes that a queue takes: descriptor table, available ring and used ring in a row. */
uint64_t sl_virtio_queue_bytes(uint16_t size);

/*
 * Brings the device up: virtio 1.2, 3.1.1, after the BARs are placed and decoded. guest->sink must
 * be set; all else is set here. All functions return what the sink returns.
 */
enum sl_status sl_virtio_guest_start(struct sl_virtio_guest *guest,
                                     const struct sl_virtio_start *start, struct sl_error *err);

struct sl_virtio_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

/* A buffer of a chain. */
struct sl_virtio_piece {
    uint64_t gpa;
    uint32_t size;
    bool device_writes;
};

/*
 * Writes a chain of count (at least 1, at most the queue's size) pieces into the descriptor table
 * and offers it. With a table the chain is put there, and one descriptor refers to it; the table
 * has room for the pieces.
 */
enum sl_status sl_virtio_guest_chain(struct sl_virtio_guest *guest, unsigned queue,
                                     const struct sl_virtio_piece *pieces, size_t count,
                                     uint64_t table, struct sl_error *err);

/* Tells the device to look. */
enum sl_status sl_virtio_guest_notify(struct sl_virtio_guest *guest, unsigned queue,
                                      struct sl_error *err);

/* ---- Parts, for chains that are malformed on purpose ---- */

/* Writes descriptors to guest memory, one after the other. */
enum sl_status sl_virtio_guest_write_descs(struct sl_virtio_guest *guest, uint64_t gpa,
                                           const struct sl_virtio_desc *descs, size_t count,
                                           struct sl_error *err);

/* Puts a head into the next slot of the available ring and moves its index on by advance. */
enum sl_status sl_virtio_guest_offer(struct sl_virtio_guest *guest, unsigned queue, uint16_t head,
                                     uint16_t advance, struct sl_error *err);

/* Writes 16 bits of the available ring: flags at 0, index at 2, slots from 4. */
enum sl_status sl_virtio_guest_write_avail(struct sl_virtio_guest *guest, unsigned queue,
                                           uint64_t offset, uint16_t value, struct sl_error *err);

#endif
