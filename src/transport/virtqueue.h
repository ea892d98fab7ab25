/*
 * A split virtqueue over guest memory (virtio 1.2, 2.7), from the device's side.
 *
 * The owner pops all chains that are available into a batch, executes them in order, and completes
 * each. Every descriptor is fetched once, when its chain is popped; the bytes of its buffers are
 * fetched once, when the owner gathers them. A ring that is malformed breaks the whole device: that
 * is reported to the owner, which stops asking until the device is reset.
 */
#ifndef SL_TRANSPORT_VIRTQUEUE_H
#define SL_TRANSPORT_VIRTQUEUE_H

#include "base/buf.h"
#include "memory/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest queue; any size from 1 works, powers of two or not. */
#define SL_VQ_SIZE_MAX 1024u

/* Buffers that are no RAM may take this much host memory at a time, in bytes (rule bounce). */
#define SL_VQ_BOUNCE_MAX 4096u

/* What devices do differently with unusual chains. */
struct sl_vq_rules {
    uint32_t max_buffers;    /* of one chain */
    uint32_t max_table;      /* descriptors of one indirect table; UINT32_MAX = any */
    bool table_within_queue; /* an indirect table is no larger than the queue */
    bool late_indirect;      /* an indirect descriptor behind direct ones is expanded */
    bool strict_indirect;    /* INDIRECT with NEXT, or inside a table, is malformed */
    bool empty_buffers;      /* a buffer of 0 bytes is allowed and contributes nothing */
    bool bounce;             /* a small buffer that is no RAM reads as zeros */
    bool tolerant;           /* a malformed chain does not break the device */
};

struct sl_vq_rings {
    uint32_t size; /* descriptors, 1..SL_VQ_SIZE_MAX */
    uint64_t desc_gpa;
    uint64_t avail_gpa;
    uint64_t used_gpa;
};

struct sl_vq {
    struct sl_mem *mem;
    struct sl_vq_rings rings; /* size 0 = the queue is off */
    bool event_index;         /* VIRTIO_RING_F_EVENT_IDX */
    bool signalled_valid;     /* an interrupt decision was made at signalled */
    uint16_t last_avail;      /* the next chain to take */
    uint16_t used_index;
    uint16_t signalled;
    uint32_t in_flight; /* popped and not completed */
    uint32_t bounced;   /* bytes of their buffers that are no RAM */
};

struct sl_vq_buffer {
    uint64_t gpa;
    uint32_t size;
    bool writable;
    bool bounced;
};

struct sl_vq_chain {
    uint16_t head;
    bool malformed; /* has no buffers; complete it with length 0 */
    size_t first;   /* of its buffers in the batch, readable ones first */
    size_t count;
    uint64_t readable; /* bytes */
    uint64_t writable;
};

/* Chains of one round. Zeroed is empty. */
struct sl_vq_batch {
    struct sl_vq_chain *chains;
    size_t chain_count;
    size_t chain_capacity;
    struct sl_vq_buffer *buffers;
    size_t buffer_count;
    size_t buffer_capacity;
};

enum sl_vq_result {
    SL_VQ_OK,
    SL_VQ_EMPTY,     /* nothing is available */
    SL_VQ_FULL,      /* tolerant only: as many chains are in flight as the queue has descriptors */
    SL_VQ_BROKEN,    /* the rings are malformed */
    SL_VQ_NO_MEMORY, /* the host cannot go on */
};

/* Starts the queue with its next chain at index base. mem is kept, the rest copied. */
void sl_vq_start(struct sl_vq *vq, struct sl_mem *mem, const struct sl_vq_rings *rings,
                 uint16_t base, bool event_index);

/* Off, as after reset. */
void sl_vq_stop(struct sl_vq *vq);

void sl_vq_batch_clear(struct sl_vq_batch *batch);
void sl_vq_batch_finish(struct sl_vq_batch *batch);

/*
 * Appends the next available chain to the batch. With SL_VQ_BROKEN *reason says why: static text.
 * A malformed chain that the rules tolerate comes as one with malformed set and *reason too.
 */
enum sl_vq_result sl_vq_pop(struct sl_vq *vq, const struct sl_vq_rules *rules,
                            struct sl_vq_batch *batch, const char **reason);

/*
 * Appends the readable bytes of a chain to out, at most limit of them. Whoever calls this says in
 * limit how many it will ever look at; a chain may announce terabytes. False without memory.
 */
bool sl_vq_gather(const struct sl_vq *vq, const struct sl_vq_batch *batch,
                  const struct sl_vq_chain *chain, size_t limit, struct sl_buf *out);

/*
 * Copies bytes into the writable buffers in order, as many as fit, and stores that number. Nothing
 * behind them is touched.
 */
enum sl_vq_result sl_vq_scatter(struct sl_vq *vq, const struct sl_vq_batch *batch,
                                const struct sl_vq_chain *chain, const uint8_t *bytes, size_t size,
                                uint32_t *written);

/*
 * Publishes the used entry of a chain. *interrupt says whether the driver wants to be told now.
 * SL_VQ_BROKEN if the rings are no longer RAM.
 */
enum sl_vq_result sl_vq_complete(struct sl_vq *vq, const struct sl_vq_batch *batch,
                                 const struct sl_vq_chain *chain, uint32_t written, bool *interrupt,
                                 const char **reason);

#endif
