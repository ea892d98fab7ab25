#include "guest/virtio_guest.h"

#include "abi_virtio_gpu.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

#include <assert.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* Registers of PCI configuration space, PCI Local Bus 3.0, 6.1 and 6.8. */
enum {
    CONFIG_COMMAND = 0x04,
    CONFIG_BAR0 = 0x10,
    CONFIG_BAR1 = 0x14,
    CONFIG_BAR4 = 0x20,
    CONFIG_BAR5 = 0x24,
    CONFIG_MSIX_CONTROL = 0x9A, /* of the capability at 0x98 */
    COMMAND_MEMORY_MASTER = 0x0006,
    COMMAND_NO_INTX = 0x0400,
    MSIX_ENABLE = 0x8000,
    MSIX_ENTRY = 16,
    VECTORS = 1 + SL_VIRTIO_GUEST_QUEUES,
};

/* Where a firmware would put them; nothing depends on it. */
#define BAR_MEMORY 0xFE000000u
#define BAR_MSIX 0xFEBD0000u
#define MSI_ADDRESS 0xFEE00000u
#define MSI_DATA 0x4020u

static const struct sl_virtio_layout layouts[] = {
    {.name = "pci",
     .space = SL_SPACE_BAR4,
     .common = 0x0000,
     .isr = 0x1000,
     .device = 0x2000,
     .notify = 0x3000,
     .notify_multiplier = 4,
     .has_msix = true},
    {.name = "aero",
     .space = SL_SPACE_BAR0,
     .common = 0x0000,
     .notify = 0x1000,
     .isr = 0x2000,
     .device = 0x3000,
     .notify_multiplier = 4},
    {.name = "vring", .is_vring = true},
};

const struct sl_virtio_layout *sl_virtio_find_layout(const char *name)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (strcmp(layouts[i].name, name) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}

/* ---- Events, with the first failure kept ---- */

struct script {
    const struct sl_virtio_guest *guest;
    enum sl_status status;
    struct sl_error *err;
};

static void put(struct script *s, const struct sl_event *event)
{
    if (s->status == SL_OK) {
        s->status = s->guest->sink.put(s->guest->sink.data, event, s->err);
    }
}

static void put_access(struct script *s, enum sl_space space, uint64_t offset, uint8_t size,
                       const uint64_t *value)
{
    struct sl_event event = {.type = SL_EVENT_MMIO,
                             .u.mmio = {.space = space,
                                        .size = size,
                                        .is_read = !value,
                                        .has_value = value != NULL,
                                        .offset = offset,
                                        .value = value ? *value : 0}};
    put(s, &event);
}

static void write_config(struct script *s, uint64_t offset, uint8_t size, uint64_t value)
{
    put_access(s, SL_SPACE_CONFIG, offset, size, &value);
}

static void write_common(struct script *s, uint64_t offset, uint8_t size, uint64_t value)
{
    const struct sl_virtio_layout *layout = s->guest->layout;
    put_access(s, layout->space, layout->common + offset, size, &value);
}

static void read_common(struct script *s, uint64_t offset, uint8_t size)
{
    const struct sl_virtio_layout *layout = s->guest->layout;
    put_access(s, layout->space, layout->common + offset, size, NULL);
}

static void put_memory(struct script *s, uint64_t gpa, const void *bytes, size_t size)
{
    struct sl_event event = {.type = SL_EVENT_MEM,
                             .u.mem = {.gpa = gpa, .bytes = bytes, .size = size}};
    put(s, &event);
}

/* ---- Start ---- */

static uint64_t avail_offset(uint16_t size)
{
    return (uint64_t)size * SL_VIRTIO_DESC_SIZE;
}

/* The used ring is aligned to 4, virtio 1.2, 2.7. */
static uint64_t used_offset(uint16_t size)
{
    return (avail_offset(size) + 6 + 2 * (uint64_t)size + 3) & ~UINT64_C(3);
}

uint64_t sl_virtio_queue_bytes(uint16_t size)
{
    return used_offset(size) + 6 + 8 * (uint64_t)size;
}

static void set_queues(struct sl_virtio_guest *guest, const struct sl_virtio_start *start)
{
    for (unsigned i = 0; i < SL_VIRTIO_GUEST_QUEUES; i++) {
        uint16_t size = start->queue_size[i];
        guest->queues[i] = (struct sl_virtio_queue){
            .size = size,
            .desc = start->queue_gpa[i],
            .avail = start->queue_gpa[i] + avail_offset(size),
            .used = start->queue_gpa[i] + used_offset(size),
        };
    }
}

/* The memory may hold a queue of a start before this one. */
static void clear_queues(struct script *s, const struct sl_virtio_start *start)
{
    struct sl_buf zeros = {0};
    for (unsigned i = 0; i < SL_VIRTIO_GUEST_QUEUES && s->status == SL_OK; i++) {
        size_t size = (size_t)sl_virtio_queue_bytes(start->queue_size[i]);
        sl_buf_clear(&zeros);
        sl_buf_append_zeros(&zeros, size);
        if (zeros.failed) {
            s->status = sl_fail_memory(s->err, size);
        } else if (start->queue_size[i] > 0) {
            put_memory(s, start->queue_gpa[i], zeros.data, size);
        }
    }
    sl_buf_finish(&zeros);
}

static void place_bars(struct script *s, bool msix)
{
    bool one_bar = s->guest->layout->space == SL_SPACE_BAR0;
    write_config(s, one_bar ? CONFIG_BAR0 : CONFIG_BAR4, 4, BAR_MEMORY);
    write_config(s, one_bar ? CONFIG_BAR1 : CONFIG_BAR5, 4, 0);
    if (s->guest->layout->has_msix) {
        write_config(s, CONFIG_BAR1, 4, BAR_MSIX);
    }
    write_config(s, CONFIG_COMMAND, 2,
                 msix ? COMMAND_MEMORY_MASTER | COMMAND_NO_INTX : COMMAND_MEMORY_MASTER);
}

static void enable_msix(struct script *s)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        const uint64_t words[] = {MSI_ADDRESS, 0, MSI_DATA + i, 0};
        for (unsigned k = 0; k < 4; k++) {
            put_access(s, SL_SPACE_BAR1, i * MSIX_ENTRY + 4 * k, 4, &words[k]);
        }
    }
    write_config(s, CONFIG_MSIX_CONTROL, 2, MSIX_ENABLE);
}

static void negotiate(struct script *s, uint64_t features)
{
    const unsigned ack_driver = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
    write_common(s, VIRTIO_PCI_COMMON_STATUS, 1, 0);
    read_common(s, VIRTIO_PCI_COMMON_STATUS, 1);
    write_common(s, VIRTIO_PCI_COMMON_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    write_common(s, VIRTIO_PCI_COMMON_STATUS, 1, ack_driver);
    for (unsigned i = 0; i < 2; i++) {
        write_common(s, VIRTIO_PCI_COMMON_DFSELECT, 4, i);
        read_common(s, VIRTIO_PCI_COMMON_DF, 4);
    }
    for (unsigned i = 0; i < 2; i++) {
        write_common(s, VIRTIO_PCI_COMMON_GFSELECT, 4, i);
        write_common(s, VIRTIO_PCI_COMMON_GF, 4, (uint32_t)(features >> 32 * i));
    }
    write_common(s, VIRTIO_PCI_COMMON_STATUS, 1, ack_driver | VIRTIO_CONFIG_S_FEATURES_OK);
    read_common(s, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void write_address(struct script *s, uint64_t offset, uint64_t gpa)
{
    write_common(s, offset, 4, (uint32_t)gpa);
    write_common(s, offset + 4, 4, gpa >> 32);
}

static void set_up_queue(struct script *s, unsigned index, bool msix)
{
    const struct sl_virtio_queue *queue = &s->guest->queues[index];
    write_common(s, VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
    read_common(s, VIRTIO_PCI_COMMON_Q_SIZE, 2);
    write_common(s, VIRTIO_PCI_COMMON_Q_SIZE, 2, queue->size);
    write_address(s, VIRTIO_PCI_COMMON_Q_DESCLO, queue->desc);
    write_address(s, VIRTIO_PCI_COMMON_Q_AVAILLO, queue->avail);
    write_address(s, VIRTIO_PCI_COMMON_Q_USEDLO, queue->used);
    if (msix) {
        write_common(s, VIRTIO_PCI_COMMON_Q_MSIX, 2, index + 1);
    }
    write_common(s, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

static void start_pci(struct script *s, const struct sl_virtio_start *start)
{
    place_bars(s, start->msix);
    if (start->msix) {
        enable_msix(s);
    }
    negotiate(s, start->features);
    if (start->msix) {
        write_common(s, VIRTIO_PCI_COMMON_MSIX, 2, 0);
    }
    for (unsigned i = 0; i < SL_VIRTIO_GUEST_QUEUES; i++) {
        if (start->queue_size[i] > 0) {
            set_up_queue(s, i, start->msix);
        }
    }
    write_common(s, VIRTIO_PCI_COMMON_STATUS, 1,
                 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
                     VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void start_vring(struct script *s)
{
    for (unsigned i = 0; i < SL_VIRTIO_GUEST_QUEUES; i++) {
        const struct sl_virtio_queue *queue = &s->guest->queues[i];
        struct sl_event event = {.type = SL_EVENT_VRING,
                                 .u.vring = {.queue = i,
                                             .size = queue->size,
                                             .desc_gpa = queue->desc,
                                             .avail_gpa = queue->avail,
                                             .used_gpa = queue->used}};
        if (queue->size > 0) {
            put(s, &event);
        }
    }
}

enum sl_status sl_virtio_guest_start(struct sl_virtio_guest *guest,
                                     const struct sl_virtio_start *start, struct sl_error *err)
{
    struct script s = {.guest = guest, .err = err};
    guest->layout = start->layout;
    guest->features = start->features;
    set_queues(guest, start);
    clear_queues(&s, start);
    if (start->layout->is_vring) {
        start_vring(&s);
    } else {
        start_pci(&s, start);
    }
    return s.status;
}

/* ---- Chains ---- */

enum sl_status sl_virtio_guest_write_descs(struct sl_virtio_guest *guest, uint64_t gpa,
                                           const struct sl_virtio_desc *descs, size_t count,
                                           struct sl_error *err)
{
    struct script s = {.guest = guest, .err = err};
    struct sl_buf bytes = {0};
    for (size_t i = 0; i < count; i++) {
        sl_buf_u64(&bytes, descs[i].addr);
        sl_buf_u32(&bytes, descs[i].len);
        sl_buf_u16(&bytes, descs[i].flags);
        sl_buf_u16(&bytes, descs[i].next);
    }
    if (bytes.failed) {
        s.status = sl_fail_memory(err, 0);
    } else if (count > 0) {
        put_memory(&s, gpa, bytes.data, bytes.size);
    }
    sl_buf_finish(&bytes);
    return s.status;
}

enum sl_status sl_virtio_guest_write_avail(struct sl_virtio_guest *guest, unsigned queue,
                                           uint64_t offset, uint16_t value, struct sl_error *err)
{
    struct script s = {.guest = guest, .err = err};
    uint8_t bytes[2];
    sl_put_le16(bytes, value);
    put_memory(&s, guest->queues[queue].avail + offset, bytes, sizeof(bytes));
    return s.status;
}

enum sl_status sl_virtio_guest_offer(struct sl_virtio_guest *guest, unsigned queue, uint16_t head,
                                     uint16_t advance, struct sl_error *err)
{
    struct sl_virtio_queue *q = &guest->queues[queue];
    uint16_t before = q->avail_idx;
    enum sl_status status =
        sl_virtio_guest_write_avail(guest, queue, 4 + 2 * (uint64_t)(before % q->size), head, err);
    q->avail_idx = (uint16_t)(before + advance);
    /* Ask for an interrupt once this chain is done, virtio 1.2, 2.7.7. */
    if (status == SL_OK && guest->features & UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX) {
        status = sl_virtio_guest_write_avail(guest, queue, 4 + 2 * (uint64_t)q->size, before, err);
    }
    if (status == SL_OK) {
        status = sl_virtio_guest_write_avail(guest, queue, 2, q->avail_idx, err);
    }
    return status;
}

/* Descriptor i of a chain of count whose entries are numbered from first, modulo size. */
static struct sl_virtio_desc make_desc(const struct sl_virtio_piece *piece, size_t i, size_t count,
                                       uint32_t first, uint32_t size)
{
    struct sl_virtio_desc desc = {.addr = piece->gpa, .len = piece->size};
    if (piece->device_writes) {
        desc.flags |= SL_VIRTIO_DESC_WRITE;
    }
    if (i + 1 < count) {
        desc.flags |= SL_VIRTIO_DESC_NEXT;
        desc.next = (uint16_t)((first + i + 1) % size);
    }
    return desc;
}

/* Writes a chain as descriptors first, first + 1, ... of a table of size entries. */
static enum sl_status write_chain(struct sl_virtio_guest *guest, uint64_t table,
                                  const struct sl_virtio_piece *pieces, size_t count,
                                  uint32_t first, uint32_t size, struct sl_error *err)
{
    enum { BATCH = 64 };
    struct sl_virtio_desc descs[BATCH];
    enum sl_status status = SL_OK;
    size_t done = 0;
    while (done < count && status == SL_OK) {
        uint32_t entry = (uint32_t)((first + done) % size);
        size_t n = 0;
        while (n < BATCH && done + n < count && entry + n < size) {
            descs[n] = make_desc(&pieces[done + n], done + n, count, first, size);
            n++;
        }
        status = sl_virtio_guest_write_descs(guest, table + (uint64_t)entry * SL_VIRTIO_DESC_SIZE,
                                             descs, n, err);
        done += n;
    }
    return status;
}

enum sl_status sl_virtio_guest_chain(struct sl_virtio_guest *guest, unsigned queue,
                                     const struct sl_virtio_piece *pieces, size_t count,
                                     uint64_t table, struct sl_error *err)
{
    struct sl_virtio_queue *q = &guest->queues[queue];
    size_t used = table ? 1 : count;
    assert(q->size > 0 && count > 0 && used <= q->size);
    uint16_t head = (uint16_t)(q->next_desc % q->size);
    enum sl_status status = SL_OK;
    if (table) {
        struct sl_virtio_desc outer = {
            .addr = table,
            .len = (uint32_t)(count * SL_VIRTIO_DESC_SIZE),
            .flags = SL_VIRTIO_DESC_INDIRECT,
        };
        status = write_chain(guest, table, pieces, count, 0, (uint32_t)count, err);
        if (status == SL_OK) {
            status = sl_virtio_guest_write_descs(
                guest, q->desc + (uint64_t)head * SL_VIRTIO_DESC_SIZE, &outer, 1, err);
        }
    } else {
        status = write_chain(guest, q->desc, pieces, count, head, q->size, err);
    }
    q->next_desc = (uint16_t)((head + used) % q->size);
    q->unnotified += (uint32_t)used;
    return status == SL_OK ? sl_virtio_guest_offer(guest, queue, head, 1, err) : status;
}

enum sl_status sl_virtio_guest_notify(struct sl_virtio_guest *guest, unsigned queue,
                                      struct sl_error *err)
{
    struct script s = {.guest = guest, .err = err};
    const struct sl_virtio_layout *layout = guest->layout;
    if (layout->is_vring) {
        struct sl_event event = {.type = SL_EVENT_NOTIFY, .u.notify_queue = queue};
        put(&s, &event);
    } else {
        const uint64_t value = queue;
        put_access(&s, layout->space, layout->notify + (uint64_t)queue * layout->notify_multiplier,
                   2, &value);
    }
    if (queue < SL_VIRTIO_GUEST_QUEUES) {
        guest->queues[queue].unnotified = 0;
    }
    return s.status;
}
