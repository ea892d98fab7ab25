#include "transport/virtqueue.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/checked.h"

#include <assert.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>

/* Offsets in the rings (virtio 1.2, 2.7.6 and 2.7.8). */
enum {
    DESC_SIZE = 16,
    RING_FLAGS = 0,
    RING_INDEX = 2,
    RING_ENTRIES = 4,
    AVAIL_ENTRY_SIZE = 2,
    USED_ENTRY_SIZE = 8,
};

struct descriptor {
    uint64_t gpa;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};

void sl_vq_start(struct sl_vq *vq, struct sl_mem *mem, const struct sl_vq_rings *rings,
                 uint16_t base, bool event_index)
{
    assert(rings->size >= 1 && rings->size <= SL_VQ_SIZE_MAX);
    *vq = (struct sl_vq){
        .mem = mem,
        .rings = *rings,
        .event_index = event_index,
        .last_avail = base,
        .used_index = base,
    };
}

void sl_vq_stop(struct sl_vq *vq)
{
    *vq = (struct sl_vq){0};
}

void sl_vq_batch_clear(struct sl_vq_batch *batch)
{
    batch->chain_count = 0;
    batch->buffer_count = 0;
}

void sl_vq_batch_finish(struct sl_vq_batch *batch)
{
    free(batch->chains);
    free(batch->buffers);
    *batch = (struct sl_vq_batch){0};
}

static bool read16(const struct sl_vq *vq, uint64_t base, uint64_t offset, uint16_t *out)
{
    uint8_t bytes[2];
    uint64_t gpa;
    if (!sl_add_u64(base, offset, &gpa) || sl_mem_read(vq->mem, gpa, bytes, 2) != SL_MEM_OK) {
        return false;
    }
    *out = sl_get_le16(bytes);
    return true;
}

static enum sl_vq_result write_ring(struct sl_vq *vq, uint64_t offset, const uint8_t *bytes,
                                    size_t size, const char **reason)
{
    uint64_t gpa;
    *reason = "used ring outside RAM";
    if (!sl_add_u64(vq->rings.used_gpa, offset, &gpa)) {
        return SL_VQ_BROKEN;
    }
    switch (sl_mem_dma_write(vq->mem, gpa, bytes, size)) {
    case SL_MEM_OK:
        return SL_VQ_OK;
    case SL_MEM_HOLE:
        return SL_VQ_BROKEN;
    case SL_MEM_FULL:
        break;
    }
    return SL_VQ_NO_MEMORY;
}

static bool read_descriptor(const struct sl_vq *vq, uint64_t table, uint32_t index,
                            struct descriptor *out)
{
    uint8_t bytes[DESC_SIZE];
    uint64_t gpa;
    if (!sl_add_u64(table, (uint64_t)index * DESC_SIZE, &gpa) ||
        sl_mem_read(vq->mem, gpa, bytes, sizeof(bytes)) != SL_MEM_OK) {
        return false;
    }
    *out = (struct descriptor){
        .gpa = sl_get_le64(bytes),
        .size = sl_get_le32(bytes + 8),
        .flags = sl_get_le16(bytes + 12),
        .next = sl_get_le16(bytes + 14),
    };
    return true;
}

/* One chain while its descriptors are walked. */
struct walk {
    struct sl_vq *vq;
    const struct sl_vq_rules *rules;
    struct sl_vq_batch *batch;
    struct sl_vq_chain *chain;
    uint64_t table;  /* where the descriptors are */
    uint32_t limit;  /* how many there are */
    uint32_t walked; /* descriptors of this table that were buffers */
    uint32_t index;
    bool inside; /* an indirect table */
    bool no_memory;
    uint32_t bounced;
};

/* NULL, or what is wrong. */
static const char *place_buffer(struct walk *walk, struct sl_vq_buffer *buffer)
{
    if (sl_mem_is_ram(walk->vq->mem, buffer->gpa, buffer->size)) {
        return NULL;
    }
    uint32_t used = walk->vq->bounced + walk->bounced;
    if (!walk->rules->bounce || buffer->size > SL_VQ_BOUNCE_MAX - used) {
        return "buffer outside RAM";
    }
    buffer->bounced = true;
    walk->bounced += buffer->size;
    return NULL;
}

static const char *add_buffer(struct walk *walk, const struct descriptor *desc)
{
    struct sl_vq_chain *chain = walk->chain;
    struct sl_vq_batch *batch = walk->batch;
    struct sl_vq_buffer buffer = {
        .gpa = desc->gpa, .size = desc->size, .writable = desc->flags & VRING_DESC_F_WRITE};
    if (buffer.size == 0) {
        return walk->rules->empty_buffers ? NULL : "buffer of 0 bytes";
    }
    if (!buffer.writable && chain->writable != 0) {
        return "readable buffer behind a writable one";
    }
    if (chain->count == walk->rules->max_buffers) {
        return "too many buffers in one chain";
    }
    const char *reason = place_buffer(walk, &buffer);
    if (reason) {
        return reason;
    }
    void *buffers =
        sl_array_grow(batch->buffers, &batch->buffer_capacity, batch->buffer_count, sizeof(buffer));
    if (!buffers) {
        walk->no_memory = true;
        return "no memory";
    }
    batch->buffers = buffers;
    batch->buffers[batch->buffer_count++] = buffer;
    chain->count++;
    *(buffer.writable ? &chain->writable : &chain->readable) += buffer.size;
    return NULL;
}

/* Goes on in the table that an indirect descriptor names. */
static const char *enter_table(struct walk *walk, const struct descriptor *desc)
{
    uint32_t entries = desc->size / DESC_SIZE;
    if (walk->rules->strict_indirect && (desc->flags & VRING_DESC_F_NEXT)) {
        return "indirect descriptor with a next one";
    }
    if (entries == 0 || desc->size % DESC_SIZE != 0) {
        return "indirect table of no whole number of descriptors";
    }
    if (entries > walk->rules->max_table ||
        (walk->rules->table_within_queue && entries > walk->vq->rings.size)) {
        return "indirect table with too many descriptors";
    }
    if (!sl_mem_is_ram(walk->vq->mem, desc->gpa, desc->size)) {
        return "indirect table outside RAM";
    }
    walk->table = desc->gpa;
    walk->limit = entries;
    walk->walked = 0;
    walk->index = 0;
    walk->inside = true;
    return NULL;
}

static bool enters_table(const struct walk *walk, const struct descriptor *desc)
{
    bool at_head = walk->walked == 0;
    return (desc->flags & VRING_DESC_F_INDIRECT) && !walk->inside &&
           (at_head || walk->rules->late_indirect);
}

/* NULL once the chain has ended well, or what is wrong with it. */
static const char *walk_chain(struct walk *walk)
{
    for (;;) {
        struct descriptor desc;
        if (!read_descriptor(walk->vq, walk->table, walk->index, &desc)) {
            return "descriptor outside RAM";
        }
        const char *reason;
        if (enters_table(walk, &desc)) {
            reason = enter_table(walk, &desc);
            if (reason) {
                return reason;
            }
            continue;
        }
        if ((desc.flags & VRING_DESC_F_INDIRECT) && walk->rules->strict_indirect) {
            return "indirect descriptor inside an indirect table";
        }
        if (walk->walked++ == walk->limit) {
            return "chain with a loop";
        }
        reason = add_buffer(walk, &desc);
        if (reason) {
            return reason;
        }
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            return NULL;
        }
        if (desc.next >= walk->limit) {
            return "next descriptor outside the table";
        }
        walk->index = desc.next;
    }
}

/* The head of the next chain; false if there is none, with why in *result. */
static bool take_head(struct sl_vq *vq, const struct sl_vq_rules *rules, uint16_t *head,
                      enum sl_vq_result *result, const char **reason)
{
    uint16_t available;
    *result = SL_VQ_BROKEN;
    *reason = "available ring outside RAM";
    if (!read16(vq, vq->rings.avail_gpa, RING_INDEX, &available)) {
        return false;
    }
    if (available == vq->last_avail) {
        *result = SL_VQ_EMPTY;
        return false;
    }
    if (vq->in_flight >= vq->rings.size) {
        *reason = "more chains in flight than descriptors";
        *result = rules->tolerant ? SL_VQ_FULL : SL_VQ_BROKEN;
        return false;
    }
    uint32_t slot = vq->last_avail % vq->rings.size;
    if (!read16(vq, vq->rings.avail_gpa, RING_ENTRIES + slot * AVAIL_ENTRY_SIZE, head)) {
        return false;
    }
    vq->last_avail++;
    /* Before avail_event shows that the chain was taken. */
    if (*head >= vq->rings.size && !rules->tolerant) {
        *reason = "head outside the descriptor table";
        return false;
    }
    return true;
}

/* Tells the driver how far the device has come (2.7.10). */
static enum sl_vq_result write_avail_event(struct sl_vq *vq, const char **reason)
{
    uint8_t bytes[2];
    sl_put_le16(bytes, vq->last_avail);
    return write_ring(vq, RING_ENTRIES + (uint64_t)vq->rings.size * USED_ENTRY_SIZE, bytes, 2,
                      reason);
}

/* Walks the chain at head into chain; false if it is malformed or there is no memory. */
static bool fetch_chain(struct walk *walk, const char **reason)
{
    if (walk->chain->head >= walk->vq->rings.size) {
        *reason = "head outside the descriptor table";
        return false;
    }
    const char *wrong = walk_chain(walk);
    if (wrong) {
        *reason = wrong;
        return false;
    }
    walk->vq->bounced += walk->bounced;
    return true;
}

enum sl_vq_result sl_vq_pop(struct sl_vq *vq, const struct sl_vq_rules *rules,
                            struct sl_vq_batch *batch, const char **reason)
{
    enum sl_vq_result result;
    struct sl_vq_chain chain = {.first = batch->buffer_count};
    void *chains =
        sl_array_grow(batch->chains, &batch->chain_capacity, batch->chain_count, sizeof(chain));
    if (!chains) {
        return SL_VQ_NO_MEMORY;
    }
    batch->chains = chains;
    if (!take_head(vq, rules, &chain.head, &result, reason)) {
        return result;
    }
    if (vq->event_index) {
        result = write_avail_event(vq, reason);
        if (result != SL_VQ_OK) {
            return result;
        }
    }
    struct walk walk = {
        .vq = vq,
        .rules = rules,
        .batch = batch,
        .chain = &chain,
        .table = vq->rings.desc_gpa,
        .limit = vq->rings.size,
        .index = chain.head,
    };
    *reason = NULL;
    if (!fetch_chain(&walk, reason)) {
        batch->buffer_count = chain.first;
        if (walk.no_memory) {
            return SL_VQ_NO_MEMORY;
        }
        if (!rules->tolerant) {
            return SL_VQ_BROKEN;
        }
        chain = (struct sl_vq_chain){
            .head = chain.head, .malformed = true, .first = batch->buffer_count};
    }
    vq->in_flight++;
    batch->chains[batch->chain_count++] = chain;
    return SL_VQ_OK;
}

bool sl_vq_gather(const struct sl_vq *vq, const struct sl_vq_batch *batch,
                  const struct sl_vq_chain *chain, size_t limit, struct sl_buf *out)
{
    for (size_t i = 0; i < chain->count && limit > 0; i++) {
        const struct sl_vq_buffer *buffer = &batch->buffers[chain->first + i];
        if (buffer->writable) {
            break;
        }
        size_t size = buffer->size < limit ? buffer->size : limit;
        limit -= size;
        if (buffer->bounced) {
            sl_buf_append_zeros(out, size);
            continue;
        }
        uint8_t *bytes = sl_buf_extend(out, size);
        if (!bytes) {
            return false;
        }
        /* It was RAM when it was popped, and RAM does not go away. */
        enum sl_mem_result read = sl_mem_read(vq->mem, buffer->gpa, bytes, size);
        assert(read == SL_MEM_OK);
        (void)read;
    }
    return !out->failed;
}

enum sl_vq_result sl_vq_scatter(struct sl_vq *vq, const struct sl_vq_batch *batch,
                                const struct sl_vq_chain *chain, const uint8_t *bytes, size_t size,
                                uint32_t *written)
{
    size_t done = 0;
    for (size_t i = 0; i < chain->count && done < size; i++) {
        const struct sl_vq_buffer *buffer = &batch->buffers[chain->first + i];
        if (!buffer->writable) {
            continue;
        }
        size_t part = buffer->size < size - done ? buffer->size : size - done;
        if (!buffer->bounced &&
            sl_mem_dma_write(vq->mem, buffer->gpa, bytes + done, part) != SL_MEM_OK) {
            return SL_VQ_NO_MEMORY;
        }
        done += part;
    }
    *written = (uint32_t)done;
    return SL_VQ_OK;
}

/* Virtio 1.2, 2.7.7.2: does the driver want to hear of the entry just published? */
static bool wants_interrupt(struct sl_vq *vq, bool *wants)
{
    uint16_t flags;
    uint16_t used_event;
    if (!vq->event_index) {
        if (!read16(vq, vq->rings.avail_gpa, RING_FLAGS, &flags)) {
            return false;
        }
        *wants = !(flags & VRING_AVAIL_F_NO_INTERRUPT);
        return true;
    }
    uint64_t at = RING_ENTRIES + (uint64_t)vq->rings.size * AVAIL_ENTRY_SIZE;
    if (!read16(vq, vq->rings.avail_gpa, at, &used_event)) {
        return false;
    }
    *wants = !vq->signalled_valid || vring_need_event(used_event, vq->used_index, vq->signalled);
    vq->signalled = vq->used_index;
    vq->signalled_valid = true;
    return true;
}

enum sl_vq_result sl_vq_complete(struct sl_vq *vq, const struct sl_vq_batch *batch,
                                 const struct sl_vq_chain *chain, uint32_t written, bool *interrupt,
                                 const char **reason)
{
    uint8_t entry[USED_ENTRY_SIZE];
    uint8_t index[2];
    uint32_t slot = vq->used_index % vq->rings.size;
    sl_put_le32(entry, chain->head);
    sl_put_le32(entry + 4, written);
    sl_put_le16(index, (uint16_t)(vq->used_index + 1));
    enum sl_vq_result result = write_ring(vq, RING_ENTRIES + (uint64_t)slot * USED_ENTRY_SIZE,
                                          entry, sizeof(entry), reason);
    if (result == SL_VQ_OK) {
        result = write_ring(vq, RING_INDEX, index, sizeof(index), reason);
    }
    if (result != SL_VQ_OK) {
        return result;
    }
    vq->used_index++;
    vq->in_flight--;
    for (size_t i = 0; i < chain->count; i++) {
        const struct sl_vq_buffer *buffer = &batch->buffers[chain->first + i];
        vq->bounced -= buffer->bounced ? buffer->size : 0;
    }
    if (!wants_interrupt(vq, interrupt)) {
        *reason = "available ring outside RAM";
        return SL_VQ_BROKEN;
    }
    return SL_VQ_OK;
}
