/* The two devices of dump_guest.c. */
#ifndef SL_TRACE_DUMP_GUEST_IMPL_H
#define SL_TRACE_DUMP_GUEST_IMPL_H

#include "abi/abi.h"
#include "base/buf.h"
#include "memory/memory.h"
#include "trace/dump_guest.h"

#include <scanlock/event.h>

struct sl_dump_queue {
    uint32_t size; /* 0 = not enabled */
    uint64_t desc;
    uint64_t avail;
    uint64_t used;
    uint16_t next; /* available index looked at next */
};

#define SL_DUMP_QUEUES 2u

struct sl_dump_virtio {
    struct sl_dump_queue queues[SL_DUMP_QUEUES];
    struct sl_dump_queue staged[SL_DUMP_QUEUES]; /* registers, until the queue is enabled */
    uint32_t select;
};

struct sl_dump_aerogpu {
    uint64_t ring;
    uint32_t next; /* ring entry looked at next */
    bool started;  /* next is valid */
    bool shaders;  /* list programs */
};

struct sl_dump_guest {
    const struct sl_abi *abi; /* NULL for devices that nobody knows */
    struct sl_mem *mem;
    struct sl_dump_virtio virtio;
    struct sl_dump_aerogpu aerogpu;
};

/* Reads a little-endian number of guest memory, 0 where there is none. */
uint64_t sl_dump_peek(const struct sl_dump_guest *guest, uint64_t gpa, unsigned size);

/* Copies up to size bytes from guest memory; less if it ends. Appends to out. */
void sl_dump_fetch(const struct sl_dump_guest *guest, uint64_t gpa, size_t size,
                   struct sl_buf *out);

/* Appends a line: the formatted text, cut to a length that reads well. */
void sl_dump_line(struct sl_buf *notes, const struct sl_buf *text);

/* Register accesses that are not reads, and notifications. */
void sl_dump_virtio_write(struct sl_dump_guest *guest, const struct sl_mmio_event *mmio,
                          struct sl_buf *notes);
void sl_dump_virtio_vring(struct sl_dump_guest *guest, const struct sl_vring_event *vring);
void sl_dump_virtio_notify(struct sl_dump_guest *guest, uint32_t queue, struct sl_buf *notes);
void sl_dump_aerogpu_write(struct sl_dump_guest *guest, const struct sl_mmio_event *mmio,
                           struct sl_buf *notes);

/* The register at an offset of a space, or false. */
bool sl_dump_virtio_register(const struct sl_mmio_event *mmio, const char **name,
                             const struct sl_abi_enum **names);
bool sl_dump_aerogpu_register(const struct sl_mmio_event *mmio, const char **name,
                              const struct sl_abi_enum **names);

#endif
