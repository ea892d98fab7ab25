/*
 * Events waiting to be written: copies in blocks of memory, first in, first out.
 *
 * A queue is only a list: its owner locks. The costly part of a large event, allocating and
 * copying, happens in sl_event_block_create() outside any lock; small ones share a block.
 */
#ifndef SL_CAPTURE_EVENT_QUEUE_H
#define SL_CAPTURE_EVENT_QUEUE_H

#include <scanlock/event.h>

/* Events that take up more than this come in a block of their own. */
enum { SL_EVENT_SMALL = 32 << 10 };

struct sl_event_block;

struct sl_event_queue {
    struct sl_event_block *first;
    struct sl_event_block *last;
    struct sl_event_block *spare; /* emptied blocks, for reuse; the latest first */
    size_t spare_bytes;
    uint64_t bytes; /* of all events in it */
};

/* Bytes that the event takes up in a queue. It is valid for a trace (slt_event.h). */
size_t sl_event_queue_need(const struct sl_event *event);

/* Removes an emptied block that fits an event of so many bytes well; NULL if there is none. */
struct sl_event_block *sl_event_queue_take_spare(struct sl_event_queue *queue, size_t need);

/*
 * Copies one event into the empty block, or into a new one if that is NULL, for
 * sl_event_queue_add_block(). NULL without memory, which takes a block to allocate.
 */
struct sl_event_block *sl_event_block_fill(struct sl_event_block *block,
                                           const struct sl_event *event);

/* Appends a copy of an event that needs at most SL_EVENT_SMALL; false without memory. */
bool sl_event_queue_add(struct sl_event_queue *queue, const struct sl_event *event);

/* Appends the block; the queue owns it then. */
void sl_event_queue_add_block(struct sl_event_queue *queue, struct sl_event_block *block);

/*
 * Removes the oldest blocks, as many as hold at most max_bytes but at least one, and gives them to
 * the caller as a chain; NULL if the queue is empty. *bytes is what their events count for.
 */
struct sl_event_block *sl_event_queue_take(struct sl_event_queue *queue, uint64_t max_bytes,
                                           uint64_t *bytes);

/* Hands each event of a chain to the sink, in order; stops at the first failure. */
enum sl_status sl_event_chain_put(const struct sl_event_block *chain,
                                  const struct sl_event_sink *sink, struct sl_error *err);

/* Gives a chain back for reuse; returns what of it is better destroyed. */
struct sl_event_block *sl_event_queue_recycle(struct sl_event_queue *queue,
                                              struct sl_event_block *chain);

/* Frees a chain. */
void sl_event_chain_destroy(struct sl_event_block *chain);

/* Frees everything in it. */
void sl_event_queue_finish(struct sl_event_queue *queue);

#endif
