#include "capture/event_queue.h"

#include "trace/slt_event.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 64 << 10,      /* of a shared block; others are multiples */
    SPARE_BYTES_MAX = 32 << 20, /* kept for reuse: a few frames of a large display */
    ALIGNMENT = 8,
};

/*
 * In a block, each event is a struct sl_event, then what the trace format does not count as payload
 * (the name of an attachment, the regions of a RAM map), then the payload, then bytes up to the
 * alignment. Pointers are made when the event is handed out.
 */
struct sl_event_block {
    struct sl_event_block *next;
    size_t used;
    size_t size;
    _Alignas(ALIGNMENT) uint8_t bytes[];
};

static_assert(sizeof(struct sl_event) % ALIGNMENT == 0, "RAM regions are aligned");
static_assert((int)SL_EVENT_SMALL <= (int)BLOCK_SIZE, "small events fit a shared block");

/* What the event points at besides its payload; NULL if nothing. */
static const void *aside(const struct sl_event *event, size_t *size)
{
    *size = 0;
    if (event->type == SL_EVENT_ATTACH) {
        *size = event->u.text.text_size;
        return event->u.text.text;
    }
    if (event->type == SL_EVENT_RAM) {
        *size = event->u.ram.count * sizeof(*event->u.ram.regions);
        return event->u.ram.regions;
    }
    return NULL;
}

static size_t record_size(const struct sl_event *event)
{
    size_t aside_size;
    aside(event, &aside_size);
    size_t size = sizeof(*event) + aside_size + sl_slt_event_payload(event).size;
    return size + (-size & (ALIGNMENT - 1));
}

size_t sl_event_queue_need(const struct sl_event *event)
{
    return record_size(event);
}

static void copy_event(struct sl_event_block *block, const struct sl_event *event)
{
    uint8_t *p = block->bytes + block->used;
    size_t aside_size;
    const void *aside_bytes = aside(event, &aside_size);
    struct sl_slt_payload payload = sl_slt_event_payload(event);
    memcpy(p, event, sizeof(*event));
    p += sizeof(*event);
    if (aside_size > 0) {
        memcpy(p, aside_bytes, aside_size);
    }
    if (payload.size > 0) {
        memcpy(p + aside_size, payload.bytes, payload.size);
    }
    block->used += record_size(event);
}

static struct sl_event_block *allocate(size_t size)
{
    struct sl_event_block *block = malloc(sizeof(*block) + size);
    if (block) {
        block->next = NULL;
        block->used = 0;
        block->size = size;
    }
    return block;
}

/* A block of another size class would be wasted on the event, and missed by its own. */
struct sl_event_block *sl_event_queue_take_spare(struct sl_event_queue *queue, size_t need)
{
    struct sl_event_block **place = &queue->spare;
    while (*place && ((*place)->size < need || (*place)->size / 2 > need)) {
        place = &(*place)->next;
    }
    struct sl_event_block *block = *place;
    if (block) {
        *place = block->next;
        queue->spare_bytes -= block->size;
        block->next = NULL;
    }
    return block;
}

struct sl_event_block *sl_event_block_fill(struct sl_event_block *block,
                                           const struct sl_event *event)
{
    size_t need = record_size(event);
    if (!block) {
        block = allocate(need + (-need & (BLOCK_SIZE - 1)));
    }
    if (block) {
        copy_event(block, event);
    }
    return block;
}

static void append(struct sl_event_queue *queue, struct sl_event_block *block)
{
    block->next = NULL;
    if (queue->last) {
        queue->last->next = block;
    } else {
        queue->first = block;
    }
    queue->last = block;
}

/* A shared block with room for need bytes at the end of the queue; NULL without memory. */
static struct sl_event_block *open_block(struct sl_event_queue *queue, size_t need)
{
    struct sl_event_block *block = queue->last;
    if (block && need <= block->size - block->used) {
        return block;
    }
    block = sl_event_queue_take_spare(queue, BLOCK_SIZE);
    block = block ? block : allocate(BLOCK_SIZE);
    if (block) {
        append(queue, block);
    }
    return block;
}

bool sl_event_queue_add(struct sl_event_queue *queue, const struct sl_event *event)
{
    size_t need = record_size(event);
    assert(need <= SL_EVENT_SMALL);
    struct sl_event_block *block = open_block(queue, need);
    if (!block) {
        return false;
    }
    copy_event(block, event);
    queue->bytes += need;
    return true;
}

void sl_event_queue_add_block(struct sl_event_queue *queue, struct sl_event_block *block)
{
    append(queue, block);
    queue->bytes += block->used;
}

struct sl_event_block *sl_event_queue_take(struct sl_event_queue *queue, uint64_t max_bytes,
                                           uint64_t *bytes)
{
    struct sl_event_block *chain = queue->first;
    struct sl_event_block *last = chain;
    *bytes = chain ? chain->used : 0;
    while (last && last->next && *bytes + last->next->used <= max_bytes) {
        last = last->next;
        *bytes += last->used;
    }
    if (last) {
        queue->first = last->next;
        queue->last = last->next ? queue->last : NULL;
        queue->bytes -= *bytes;
        last->next = NULL;
    }
    return chain;
}

/* Points the event at the copies behind it. Returns the size of its record. */
static size_t load_event(const uint8_t *p, struct sl_event *event)
{
    memcpy(event, p, sizeof(*event));
    size_t aside_size;
    aside(event, &aside_size);
    p += sizeof(*event);
    sl_slt_event_set_payload(event, p + aside_size);
    if (event->type == SL_EVENT_ATTACH) {
        event->u.text.text = (const char *)p;
    } else if (event->type == SL_EVENT_RAM) {
        event->u.ram.regions = (const void *)p;
    }
    return record_size(event);
}

static enum sl_status put_block(const struct sl_event_block *block,
                                const struct sl_event_sink *sink, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (size_t at = 0; at < block->used && status == SL_OK;) {
        struct sl_event event;
        at += load_event(block->bytes + at, &event);
        status = sink->put(sink->data, &event, err);
    }
    return status;
}

enum sl_status sl_event_chain_put(const struct sl_event_block *chain,
                                  const struct sl_event_sink *sink, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (; chain && status == SL_OK; chain = chain->next) {
        status = put_block(chain, sink, err);
    }
    return status;
}

struct sl_event_block *sl_event_queue_recycle(struct sl_event_queue *queue,
                                              struct sl_event_block *chain)
{
    struct sl_event_block *rest = NULL;
    while (chain) {
        struct sl_event_block *block = chain;
        bool keeps = block->size <= SPARE_BYTES_MAX - queue->spare_bytes;
        struct sl_event_block **list = keeps ? &queue->spare : &rest;
        chain = block->next;
        block->used = 0;
        block->next = *list;
        *list = block;
        queue->spare_bytes += keeps ? block->size : 0;
    }
    return rest;
}

void sl_event_chain_destroy(struct sl_event_block *chain)
{
    while (chain) {
        struct sl_event_block *next = chain->next;
        free(chain);
        chain = next;
    }
}

void sl_event_queue_finish(struct sl_event_queue *queue)
{
    sl_event_chain_destroy(queue->first);
    sl_event_chain_destroy(queue->spare);
    *queue = (struct sl_event_queue){0};
}
