/*
 * A guest driver for AeroGPU that exists only on paper: what it would do to the bus comes out as
 * events. It never reads anything back; ring, streams and tables live where the caller says.
 */
#ifndef SL_GUEST_AEROGPU_GUEST_H
#define SL_GUEST_AEROGPU_GUEST_H

#include <scanlock/aerogpu_abi.h>
#include <scanlock/event.h>

struct sl_agpu_guest {
    struct sl_event_sink sink;
    uint64_t ring_gpa;
    uint32_t entry_count;
    uint32_t entry_stride_bytes;
    uint32_t tail; /* as last published, modulo 2^32 */
};

struct sl_agpu_guest_start {
    uint64_t ring_gpa;
    uint32_t entry_count;        /* a power of two */
    uint32_t entry_stride_bytes; /* at least a descriptor */
    uint64_t fence_gpa;          /* 0 = no fence page */
    uint32_t irq_enable;         /* AEROGPU_IRQ_... */
};

/* Bytes of a ring: header and slots. */
uint64_t sl_agpu_guest_ring_bytes(uint32_t entry_count, uint32_t entry_stride_bytes);

/*
 * Places the BARs, turns on memory decoding and bus mastering, writes an empty ring and enables it.
 * guest->sink must be set; all else is set here. All functions return what the sink returns.
 */
enum sl_status sl_agpu_guest_start(struct sl_agpu_guest *guest,
                                   const struct sl_agpu_guest_start *start, struct sl_error *err);

/* Writes header as the ring header, in wire form. */
enum sl_status sl_agpu_guest_write_ring(struct sl_agpu_guest *guest,
                                        const struct aerogpu_ring_header *header,
                                        struct sl_error *err);

/* The header that the ring has by now. */
struct aerogpu_ring_header sl_agpu_guest_ring_header(const struct sl_agpu_guest *guest);

/* Puts a descriptor (64 bytes, in wire form) into the next slot and moves the tail on. */
enum sl_status sl_agpu_guest_push(struct sl_agpu_guest *guest, const uint8_t *desc,
                                  struct sl_error *err);

enum sl_status sl_agpu_guest_doorbell(struct sl_agpu_guest *guest, struct sl_error *err);

/* Writes a 32-bit register of BAR0. */
enum sl_status sl_agpu_guest_set(struct sl_agpu_guest *guest, uint32_t reg, uint32_t value,
                                 struct sl_error *err);

#endif
