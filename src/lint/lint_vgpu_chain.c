/* The descriptors of one chain (virtio 1.2, 2.7.4 and 2.7.5). */
#include "lint/lint_vgpu.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <linux/virtio_ring.h>

enum {
    DESC_SIZE = sizeof(struct vring_desc),
    KNOWN_FLAGS = VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT,
    COMPARED_MAX = 32, /* buffers of a chain that are compared with each other */
};

struct desc {
    uint64_t place;
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

struct buffer {
    uint64_t gpa;
    uint64_t size;
    bool written;
};

/* A walk along a chain, in the queue's table and then perhaps in an indirect one. */
struct walk {
    struct sl_lint *lint;
    const struct sl_lint_vgpu_queue *queue;
    struct sl_lint_vgpu_chain *chain;
    uint64_t table;
    uint64_t entries;
    bool indirect;
    uint32_t taken;   /* descriptors, tables excluded */
    bool first_known; /* chain->gpa is set */
    bool disordered;  /* found once */
    struct buffer buffers[COMPARED_MAX];
    size_t buffer_count;
};

static struct desc read_desc(const struct walk *walk, uint64_t index)
{
    uint8_t wire[DESC_SIZE];
    uint64_t place = walk->table + index * DESC_SIZE;
    sl_lint_read(walk->lint, place, wire, sizeof(wire));
    return (struct desc){
        .place = place,
        .addr = sl_get_le64(wire),
        .len = sl_get_le32(wire + 8),
        .flags = sl_get_le16(wire + 12),
        .next = sl_get_le16(wire + 14),
    };
}

static struct sl_lint_place at(const struct walk *walk, const struct desc *desc)
{
    return sl_lint_here(walk->lint, desc->place);
}

/* False if the table cannot be walked. */
static bool enter_table(struct walk *walk, const struct desc *desc)
{
    struct sl_lint *lint = walk->lint;
    uint64_t entries = desc->len / DESC_SIZE;
    if (!sl_lint_vgpu_has(lint, VIRTIO_RING_F_INDIRECT_DESC)) {
        sl_lint_find(lint, SL_LINT_VGPU_INDIRECT_FEATURE, at(walk, desc),
                     "the driver accepted 0x%" PRIx64, lint->vgpu->accepted);
    }
    if (walk->indirect || (desc->flags & VRING_DESC_F_NEXT)) {
        sl_lint_find(lint, SL_LINT_VGPU_INDIRECT_FLAGS, at(walk, desc),
                     walk->indirect ? "a table refers to another table"
                                    : "the descriptor has INDIRECT and NEXT");
    }
    if (entries == 0 || desc->len % DESC_SIZE != 0 || entries > walk->queue->size) {
        sl_lint_find(lint, SL_LINT_VGPU_INDIRECT_SIZE, at(walk, desc),
                     "the table has %" PRIu32 " bytes; the queue has %" PRIu32 " descriptors",
                     desc->len, walk->queue->size);
    }
    if (entries == 1 && walk->taken == 0) {
        sl_lint_find(lint, SL_LINT_VGPU_INDIRECT_UNNEEDED, at(walk, desc),
                     "the table has one descriptor, which fits in this one's place");
    }
    if (walk->indirect || entries == 0) {
        return false;
    }
    walk->indirect = true;
    walk->table = desc->addr;
    walk->entries = entries;
    return true;
}

static void compare(struct walk *walk, const struct desc *desc, const struct buffer *buffer)
{
    for (size_t i = 0; i < walk->buffer_count; i++) {
        const struct buffer *other = &walk->buffers[i];
        bool meets = other->gpa < buffer->gpa ? buffer->gpa - other->gpa < other->size
                                              : other->gpa - buffer->gpa < buffer->size;
        if (meets && (other->written || buffer->written)) {
            sl_lint_find(walk->lint, SL_LINT_VGPU_BUFFER_OVERLAP, at(walk, desc),
                         "0x%" PRIx64 " + %" PRIu64 " bytes and 0x%" PRIx64 " + %" PRIu64
                         " bytes of one chain share memory",
                         other->gpa, other->size, buffer->gpa, buffer->size);
            return;
        }
    }
    if (walk->buffer_count < COMPARED_MAX) {
        walk->buffers[walk->buffer_count++] = *buffer;
    }
}

static void take_buffer(struct walk *walk, const struct desc *desc)
{
    struct sl_lint *lint = walk->lint;
    const struct buffer buffer = {desc->addr, desc->len, desc->flags & VRING_DESC_F_WRITE};
    walk->taken++;
    if (desc->len == 0) {
        sl_lint_find(lint, SL_LINT_VGPU_BUFFER_EMPTY, at(walk, desc),
                     "descriptor %" PRIu32 " of the chain has 0 bytes", walk->taken - 1);
        return;
    }
    if (!sl_mem_is_ram(lint->mem, desc->addr, desc->len)) {
        sl_lint_find(lint, SL_LINT_VGPU_BUFFER_HOLE, at(walk, desc),
                     "0x%" PRIx64 " + %" PRIu32 " bytes is not all RAM", desc->addr, desc->len);
    }
    compare(walk, desc, &buffer);
    if (buffer.written) {
        walk->chain->writable += desc->len;
        return;
    }
    if (walk->chain->writable != 0 && !walk->disordered) {
        walk->disordered = true;
        sl_lint_find(lint, SL_LINT_VGPU_CHAIN_ORDER, at(walk, desc),
                     "%" PRIu32 " bytes to read stand behind %" PRIu64 " to write", desc->len,
                     walk->chain->writable);
    }
    if (!walk->first_known) {
        walk->first_known = true;
        walk->chain->gpa = desc->addr;
    }
    walk->chain->readable += desc->len;
}

bool sl_lint_vgpu_chain_check(struct sl_lint *lint, const struct sl_lint_vgpu_queue *queue,
                              struct sl_lint_vgpu_chain *chain)
{
    struct walk walk = {
        .lint = lint,
        .queue = queue,
        .chain = chain,
        .table = queue->desc,
        .entries = queue->size,
    };
    uint64_t index = chain->head;
    for (uint64_t steps = 0;; steps++) {
        if (index >= walk.entries) {
            sl_lint_find(lint, SL_LINT_VGPU_DESC_INDEX, sl_lint_here(lint, walk.table),
                         "chain %" PRIu32 " goes on at descriptor %" PRIu64 " of %" PRIu64,
                         chain->head, index, walk.entries);
            return walk.first_known;
        }
        struct desc desc = read_desc(&walk, index);
        if (steps > (uint64_t)queue->size + walk.indirect) {
            sl_lint_find(lint, SL_LINT_VGPU_CHAIN_LOOP, at(&walk, &desc),
                         "chain %" PRIu32 " has more than %" PRIu32 " descriptors", chain->head,
                         queue->size);
            return walk.first_known;
        }
        if (desc.flags & ~KNOWN_FLAGS) {
            sl_lint_find(lint, SL_LINT_VGPU_DESC_FLAGS, at(&walk, &desc), "flags are 0x%04x",
                         desc.flags);
        }
        if (desc.flags & VRING_DESC_F_INDIRECT) {
            if (!enter_table(&walk, &desc)) {
                return walk.first_known;
            }
            index = 0;
            continue;
        }
        take_buffer(&walk, &desc);
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            return walk.first_known;
        }
        index = desc.next;
    }
}
