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
enum { SL_EVENT_SMALL = 16 << 10 };

struct sl_event_block;

struct sl_event_queue {
    struct sl_event_block *first;
    struct sl_event_block *last;
    struct sl_event_block *spare; /* emptied blocks, for reuse */
    size_t spare_count;
    uint64_t bytes; /* of all events in it */
};

/* Bytes that the event takes up in a queue. It is valid for a trace (slt_event.h). */
size_t sl_event_queue_need(const struct sl_event *event);

/* A block with a copy of one event, for sl_event_queue_add_block(). NULL without memory. */
struct sl_event_block *sl_event_block_create(const struct sl_event *event);
void sl_event_block_destroy(struct sl_event_block *block);

/* Appends a copy of an event that needs at most SL_EVENT_SMALL; false without memory. */
bool sl_event_queue_add(struct sl_event_queue *queue, const struct sl_event *event);

/* Appends the block; the queue owns it then. */
void sl_event_queue_add_block(struct sl_event_queue *queue, struct sl_event_block *block);

/* Removes the oldest block and gives it to the caller; NULL if the queue is empty. */
struct sl_event_block *sl_event_queue_take(struct sl_event_queue *queue);

/* Bytes of the events in a block, as in sl_event_queue.bytes. */
size_t sl_event_block_bytes(const struct sl_event_block *block);

/* Hands each event to the sink, in order; stops at the first failure. */
enum sl_status sl_event_block_put(const struct sl_event_block *block,
                                  const struct sl_event_sink *sink, struct sl_error *err);

/* Gives a block that was taken back for reuse; returns it instead if it is better destroyed. */
struct sl_event_block *sl_event_queue_recycle(struct sl_event_queue *queue,
                                              struct sl_event_block *block);

/* Frees everything in it. */
void sl_event_queue_finish(struct sl_event_queue *queue);

#endif
