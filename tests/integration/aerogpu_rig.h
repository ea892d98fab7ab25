/*
 * A guest for the AeroGPU device: builds rings, descriptors, tables and streams byte by byte in
 * guest memory and keeps what the device let be observed. Layouts are written out here by hand, so
 * that the tables under test do not check themselves.
 *
 *     struct aerogpu_rig rig;
 *     struct sl_buf stream = {0};
 *     aerogpu_rig_init(&rig);
 *     aerogpu_stream_begin(&stream);
 *     aerogpu_stream_packet(&stream, 0x600, (uint32_t[]){1, 0, 0, 0, 0, 0, 0}, 7);
 *     aerogpu_rig_run(&rig, &stream, 5);
 *     cr_assert_eq(aerogpu_rig_fence(&rig), 5);
 */
#ifndef SL_TESTS_AEROGPU_RIG_H
#define SL_TESTS_AEROGPU_RIG_H

#include "base/buf.h"
#include "memory/memory.h"

#include <scanlock/device.h>

enum {
    AEROGPU_RIG_RAM_SIZE = 0x4000000, /* from 0 */
    AEROGPU_RIG_RING = 0x10000,
    AEROGPU_RIG_RING_ENTRIES = 16, /* of 64 bytes */
    AEROGPU_RIG_FENCE_PAGE = 0x20000,
    AEROGPU_RIG_TABLE = 0x30000,
    AEROGPU_RIG_STREAM = 0x100000,
    AEROGPU_RIG_FB = 0x1000000,
    AEROGPU_RIG_SEEN_MAX = 512,
};

struct aerogpu_seen {
    enum sl_observation_kind kind;
    uint32_t queue;
    uint64_t value;
    char text[200];
};

struct aerogpu_rig {
    struct sl_mem *mem;
    struct sl_observer observer;
    struct sl_target *target;
    struct aerogpu_seen seen[AEROGPU_RIG_SEEN_MAX]; /* later ones are counted only */
    size_t seen_count;
    uint32_t tail; /* of the ring */
};

/* The device as a driver has set it up: COMMAND 6, ring programmed and enabled, all else reset. */
void aerogpu_rig_init(struct aerogpu_rig *rig);
void aerogpu_rig_init_with(struct aerogpu_rig *rig, const struct sl_target_config *base);

/* Only memory and the device after power-on. */
void aerogpu_rig_init_bare(struct aerogpu_rig *rig, const struct sl_target_config *base);

/* Fine on a finished rig. */
void aerogpu_rig_finish(struct aerogpu_rig *rig);

/* COMMAND, by a configuration write of 2 bytes. */
void aerogpu_rig_command(struct aerogpu_rig *rig, uint16_t command);

/* BAR0 accesses of 4 bytes; the 64-bit forms use the low half's offset. */
uint32_t aerogpu_rig_get(struct aerogpu_rig *rig, uint32_t offset);
uint64_t aerogpu_rig_get64(struct aerogpu_rig *rig, uint32_t offset);
void aerogpu_rig_set(struct aerogpu_rig *rig, uint32_t offset, uint32_t value);
void aerogpu_rig_set64(struct aerogpu_rig *rig, uint32_t offset, uint64_t value);

uint32_t aerogpu_rig_mem32(struct aerogpu_rig *rig, uint64_t gpa);
void aerogpu_rig_mem_set(struct aerogpu_rig *rig, uint64_t gpa, const void *bytes, size_t size);
void aerogpu_rig_mem_set32(struct aerogpu_rig *rig, uint64_t gpa, uint32_t value);

/* Moves virtual time to time_ns, then by count vblank periods. */
void aerogpu_rig_time(struct aerogpu_rig *rig, uint64_t time_ns, uint32_t count);

/* COMPLETED_FENCE, ERROR_CODE, ERROR_COUNT. */
uint64_t aerogpu_rig_fence(struct aerogpu_rig *rig);
uint32_t aerogpu_rig_error(struct aerogpu_rig *rig);
uint32_t aerogpu_rig_error_count(struct aerogpu_rig *rig);

/* The n-th observation of a kind, from 0; NULL if there are not so many. */
const struct aerogpu_seen *aerogpu_rig_seen(const struct aerogpu_rig *rig,
                                            enum sl_observation_kind kind, size_t n);
size_t aerogpu_rig_seen_count(const struct aerogpu_rig *rig, enum sl_observation_kind kind);

/* A stream of ABI 1.4; its size_bytes follows along with each packet. */
void aerogpu_stream_begin(struct sl_buf *stream);

/* A packet of 8 + 4 * count bytes. */
void aerogpu_stream_packet(struct sl_buf *stream, uint32_t opcode, const uint32_t *words,
                           size_t count);

/* The same with size bytes of data behind the words, padded with zeros to 4. */
void aerogpu_stream_packet_data(struct sl_buf *stream, uint32_t opcode, const uint32_t *words,
                                size_t count, const void *data, size_t size);

struct aerogpu_rig_alloc {
    uint32_t alloc_id;
    uint32_t flags;
    uint64_t gpa;
    uint64_t size_bytes;
};

/* A table of entries of 32 bytes. */
void aerogpu_table(struct sl_buf *table, const struct aerogpu_rig_alloc *allocs, size_t count);

/* The fields of aerogpu_submit_desc. */
struct aerogpu_rig_desc {
    uint32_t desc_size_bytes;
    uint32_t flags;
    uint32_t context_id;
    uint32_t engine_id;
    uint64_t cmd_gpa;
    uint32_t cmd_size_bytes;
    uint64_t alloc_table_gpa;
    uint32_t alloc_table_size_bytes;
    uint64_t signal_fence;
};

/* Puts a descriptor into the next slot and moves tail; does not ring. */
void aerogpu_rig_push(struct aerogpu_rig *rig, const struct aerogpu_rig_desc *desc);
void aerogpu_rig_ring(struct aerogpu_rig *rig);

/*
 * The same for streams and tables that stand in host memory: copies them to AEROGPU_RIG_STREAM and
 * AEROGPU_RIG_TABLE (NULL: none), pushes desc with their addresses filled in, rings.
 */
void aerogpu_rig_submit(struct aerogpu_rig *rig, const struct sl_buf *stream,
                        const struct sl_buf *table, struct aerogpu_rig_desc desc);

/* One submission of context 0 without a table. */
void aerogpu_rig_run(struct aerogpu_rig *rig, const struct sl_buf *stream, uint64_t fence);

/* Programs the scanout registers, ENABLE last. */
void aerogpu_rig_scanout(struct aerogpu_rig *rig, uint32_t width, uint32_t height, uint32_t format,
                         uint32_t pitch_bytes, uint64_t gpa);

#endif
