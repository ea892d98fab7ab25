/* Queues: how they are set up, and what their available rings say when they are notified. */
#include "base/array.h"
#include "lint/lint_vgpu.h"

#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>

enum {
    CONFIG_COMMAND = 0x04,
    COMMAND_MASTER = 0x4,
    QUEUE_SIZE_MAX = 1024, /* that devices here take */
    DESC_SIZE = sizeof(struct vring_desc),
    DESC_ALIGN = 16,
    AVAIL_ALIGN = 2,
    USED_ALIGN = 4,
    AVAIL_INDEX = 2,
    AVAIL_RING = 4,
    RING_ENDS = 6, /* bytes of a ring besides its elements */
};

/* ---- Set-up ---- */

struct part {
    const char *name;
    uint64_t gpa;
    uint64_t size;
    unsigned align;
};

static bool overlap(const struct part *a, const struct part *b)
{
    return a->gpa < b->gpa ? b->gpa - a->gpa < a->size : a->gpa - b->gpa < b->size;
}

void sl_lint_vgpu_queue_check(struct sl_lint *lint, uint32_t queue)
{
    const struct sl_lint_vgpu_queue *q = &lint->vgpu->queues[queue];
    uint64_t size = q->size;
    const struct part parts[] = {
        {"descriptor table", q->desc, DESC_SIZE * size, DESC_ALIGN},
        {"available ring", q->avail, RING_ENDS + 2 * size, AVAIL_ALIGN},
        {"used ring", q->used, RING_ENDS + 8 * size, USED_ALIGN},
    };
    if (lint->vgpu->direct && (size & (size - 1)) != 0) {
        sl_lint_find(lint, SL_LINT_VGPU_QUEUE_SIZE, sl_lint_here(lint, SL_LINT_NONE),
                     "queue %" PRIu32 " has %" PRIu64 " descriptors", queue, size);
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct part *part = &parts[i];
        const struct part *next = &parts[(i + 1) % 3];
        struct sl_lint_place place = sl_lint_here(lint, part->gpa);
        if (part->gpa % part->align != 0) {
            sl_lint_find(lint, SL_LINT_VGPU_QUEUE_ALIGNMENT, place,
                         "the %s of queue %" PRIu32 " is not aligned to %u", part->name, queue,
                         part->align);
        }
        if (!sl_mem_is_ram(lint->mem, part->gpa, part->size)) {
            sl_lint_find(lint, SL_LINT_VGPU_QUEUE_MEMORY, place,
                         "the %s of queue %" PRIu32 ", %" PRIu64 " bytes, is not all RAM",
                         part->name, queue, part->size);
        }
        if (overlap(part, next)) {
            sl_lint_find(lint, SL_LINT_VGPU_QUEUE_MEMORY, place,
                         "the %s and the %s of queue %" PRIu32 " overlap", part->name, next->name,
                         queue);
        }
    }
}

/* ---- Available rings ---- */

static void check_flags(struct sl_lint *lint, const struct sl_lint_vgpu_queue *q)
{
    uint16_t flags = (uint16_t)sl_lint_number(lint, q->avail, 2);
    bool event_idx = sl_lint_vgpu_has(lint, VIRTIO_RING_F_EVENT_IDX);
    if ((flags & ~VRING_AVAIL_F_NO_INTERRUPT) || (flags && event_idx)) {
        sl_lint_find(lint, SL_LINT_VGPU_AVAIL_FLAGS, sl_lint_here(lint, q->avail),
                     "flags of the available ring are 0x%04x%s", flags,
                     event_idx ? " with EVENT_IDX" : "");
    }
}

static struct sl_lint_vgpu_chain *add_chain(struct sl_lint *lint)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    struct sl_lint_vgpu_chain *grown =
        sl_array_grow(v->chains, &v->chain_capacity, v->chain_count, sizeof(*grown));
    if (!grown) {
        sl_lint_out_of_memory(lint);
        return NULL;
    }
    v->chains = grown;
    return &v->chains[v->chain_count];
}

static void take_chain(struct sl_lint *lint, uint32_t queue, uint32_t head)
{
    const struct sl_lint_vgpu_queue *q = &lint->vgpu->queues[queue];
    struct sl_lint_vgpu_chain *chain = add_chain(lint);
    if (chain) {
        *chain = (struct sl_lint_vgpu_chain){.queue = queue, .head = head};
        if (sl_lint_vgpu_chain_check(lint, q, chain)) {
            lint->vgpu->chain_count++;
        }
    }
}

static bool is_served(const struct sl_lint *lint)
{
    if (lint->vgpu->direct) {
        return true;
    }
    uint64_t command = lint->target->impl->read(lint->target, SL_SPACE_CONFIG, CONFIG_COMMAND, 2);
    return (command & COMMAND_MASTER) && (sl_lint_vgpu_status(lint) & VIRTIO_CONFIG_S_DRIVER_OK);
}

static void take_chains(struct sl_lint *lint, uint32_t queue, uint16_t count)
{
    struct sl_lint_vgpu_queue *q = &lint->vgpu->queues[queue];
    uint8_t seen[QUEUE_SIZE_MAX / 8] = {0};
    for (uint16_t i = 0; i < count && i < q->size && lint->status == SL_OK; i++) {
        uint64_t slot = q->avail + AVAIL_RING + 2 * (uint64_t)((uint16_t)(q->next + i) % q->size);
        uint32_t head = (uint32_t)sl_lint_number(lint, slot, 2);
        if (head >= q->size) {
            sl_lint_find(lint, SL_LINT_VGPU_DESC_INDEX, sl_lint_here(lint, slot),
                         "queue %" PRIu32 " of %" PRIu32 " descriptors offers chain %" PRIu32,
                         queue, q->size, head);
        } else if (seen[head / 8] >> head % 8 & 1) {
            sl_lint_find(lint, SL_LINT_VGPU_HEAD_BUSY, sl_lint_here(lint, slot),
                         "queue %" PRIu32 " offers chain %" PRIu32 " twice at once", queue, head);
        } else {
            seen[head / 8] |= (uint8_t)(1u << head % 8);
            take_chain(lint, queue, head);
        }
    }
}

void sl_lint_vgpu_queue_notified(struct sl_lint *lint, uint32_t queue)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    struct sl_lint_place here = sl_lint_here(lint, SL_LINT_NONE);
    if (queue >= SL_LINT_VGPU_QUEUES || v->queues[queue].size == 0 ||
        v->queues[queue].size > QUEUE_SIZE_MAX) {
        sl_lint_find(lint, SL_LINT_VGPU_NOTIFY_QUEUE, here, "queue %" PRIu32 " is not enabled",
                     queue);
        return;
    }
    struct sl_lint_vgpu_queue *q = &v->queues[queue];
    if (!v->direct && !(sl_lint_vgpu_status(lint) & VIRTIO_CONFIG_S_DRIVER_OK)) {
        sl_lint_find(lint, SL_LINT_VGPU_NOTIFY_EARLY, here,
                     "queue %" PRIu32 " is notified with STATUS 0x%02x", queue,
                     sl_lint_vgpu_status(lint));
    }
    uint16_t index = (uint16_t)sl_lint_number(lint, q->avail + AVAIL_INDEX, 2);
    uint16_t count = (uint16_t)(index - q->next);
    check_flags(lint, q);
    if (count == 0) {
        sl_lint_find(lint, SL_LINT_VGPU_NOTIFY_IDLE, here,
                     "queue %" PRIu32 " has nothing new; its index is %u", queue, index);
    } else if (count > q->size) {
        sl_lint_find(lint, SL_LINT_VGPU_AVAIL_OVERFULL, sl_lint_here(lint, q->avail + AVAIL_INDEX),
                     "the index of queue %" PRIu32 " goes from %u to %u; it has %" PRIu32
                     " descriptors",
                     queue, q->next, index, q->size);
    }
    if (is_served(lint)) {
        take_chains(lint, queue, count);
        q->next = index;
    }
}

void sl_lint_vgpu_queue_written(struct sl_lint *lint, const struct sl_mem_event *mem)
{
    for (uint32_t i = 0; i < SL_LINT_VGPU_QUEUES; i++) {
        const struct sl_lint_vgpu_queue *q = &lint->vgpu->queues[i];
        if (q->size != 0 &&
            sl_lint_changes(lint, mem, q->used, RING_ENDS + 8 * (uint64_t)q->size)) {
            sl_lint_find(lint, SL_LINT_VGPU_OWNED_BY_DEVICE, sl_lint_here(lint, q->used),
                         "the guest changes the used ring of queue %" PRIu32, i);
        }
    }
}

void sl_lint_vgpu_queue_ended(struct sl_lint *lint)
{
    for (uint32_t i = 0; i < SL_LINT_VGPU_QUEUES; i++) {
        const struct sl_lint_vgpu_queue *q = &lint->vgpu->queues[i];
        uint16_t index =
            q->size ? (uint16_t)sl_lint_number(lint, q->avail + AVAIL_INDEX, 2) : q->next;
        if (index != q->next) {
            sl_lint_find(lint, SL_LINT_VGPU_NOTIFY_MISSING,
                         sl_lint_here(lint, q->avail + AVAIL_INDEX),
                         "the index of queue %" PRIu32 " is %u; at the last notification it was %u",
                         i, index, q->next);
        }
    }
}
