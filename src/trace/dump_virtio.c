/* What a virtio guest means: registers of virtio-pci, and commands behind a notification. */
#include "trace/dump_guest_impl.h"

#include "abi_virtio_gpu.h"
#include "base/bytes.h"
#include "guest/virtio_guest.h"

#include <inttypes.h>
#include <linux/virtio_pci.h>
#include <string.h>

enum {
    DESCS_MAX = 4096,   /* that one notification shows */
    REQUEST_MAX = 1024, /* bytes that the words are made from */
};

/* The layouts differ in their BAR, so the space tells which one it is. */
static const struct sl_virtio_layout *layout_of(enum sl_space space)
{
    const struct sl_virtio_layout *layout = sl_virtio_find_layout("pci");
    if (space != layout->space) {
        layout = sl_virtio_find_layout("aero");
    }
    return space == layout->space ? layout : NULL;
}

/* True if offset lies in [base, base + size). */
static bool is_in(uint64_t offset, uint64_t base, uint64_t size)
{
    return offset >= base && offset - base < size;
}

enum { STRUCTURE_SIZE = 0x1000 };

static const struct sl_abi_register *common_register(const struct sl_virtio_layout *layout,
                                                     uint64_t offset)
{
    return layout && is_in(offset, layout->common, STRUCTURE_SIZE)
               ? sl_abi_find_register(&sl_abi_virtio_gpu, offset - layout->common)
               : NULL;
}

bool sl_dump_virtio_register(const struct sl_mmio_event *mmio, const char **name,
                             const struct sl_abi_enum **names)
{
    const struct sl_virtio_layout *layout = layout_of(mmio->space);
    const struct sl_abi_register *common = common_register(layout, mmio->offset);
    if (common) {
        *name = common->word;
        *names = common->names;
        return true;
    }
    if (!layout) {
        return false;
    }
    const struct sl_abi_struct *config = SL_LAYOUT_VIRTIO_GPU_CONFIG;
    for (size_t i = 0; i < config->field_count; i++) {
        if (mmio->offset == layout->device + config->fields[i].offset) {
            *name = config->fields[i].name;
            *names = config->fields[i].names;
            return true;
        }
    }
    bool is_isr = mmio->offset == layout->isr;
    *name = is_isr ? "ISR" : "NOTIFY";
    return is_isr || is_in(mmio->offset, layout->notify, STRUCTURE_SIZE);
}

static void set_half(uint64_t *value, bool high, uint32_t half)
{
    *value = high ? (*value & UINT32_MAX) | (uint64_t)half << 32 : (*value >> 32 << 32) | half;
}

static void set_queue_register(struct sl_dump_virtio *v, uint32_t offset, uint64_t value)
{
    if (v->select >= SL_DUMP_QUEUES) {
        return;
    }
    struct sl_dump_queue *q = &v->staged[v->select];
    const struct {
        uint32_t offset;
        uint64_t *address;
    } halves[] = {
        {VIRTIO_PCI_COMMON_Q_DESCLO, &q->desc},
        {VIRTIO_PCI_COMMON_Q_AVAILLO, &q->avail},
        {VIRTIO_PCI_COMMON_Q_USEDLO, &q->used},
    };
    for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
        if (offset == halves[i].offset || offset == halves[i].offset + 4) {
            set_half(halves[i].address, offset != halves[i].offset, (uint32_t)value);
        }
    }
    if (offset == VIRTIO_PCI_COMMON_Q_SIZE) {
        q->size = (uint32_t)value;
    } else if (offset == VIRTIO_PCI_COMMON_Q_ENABLE && value == 1) {
        v->queues[v->select] = *q;
        v->queues[v->select].next = 0;
    }
}

void sl_dump_virtio_write(struct sl_dump_guest *guest, const struct sl_mmio_event *mmio,
                          struct sl_buf *notes)
{
    struct sl_dump_virtio *v = &guest->virtio;
    const struct sl_virtio_layout *layout = layout_of(mmio->space);
    const struct sl_abi_register *common = common_register(layout, mmio->offset);
    if (common && common->offset == VIRTIO_PCI_COMMON_STATUS && mmio->value == 0) {
        *v = (struct sl_dump_virtio){0};
    } else if (common && common->offset == VIRTIO_PCI_COMMON_Q_SELECT) {
        v->select = (uint32_t)mmio->value;
    } else if (common) {
        set_queue_register(v, common->offset, mmio->value);
        if (mmio->size == 8) {
            set_queue_register(v, common->offset + 4, mmio->value >> 32);
        }
    } else if (layout && is_in(mmio->offset, layout->notify, STRUCTURE_SIZE)) {
        uint64_t queue = (mmio->offset - layout->notify) / layout->notify_multiplier;
        sl_dump_virtio_notify(guest, (uint32_t)queue, notes);
    }
}

void sl_dump_virtio_vring(struct sl_dump_guest *guest, const struct sl_vring_event *vring)
{
    if (vring->queue < SL_DUMP_QUEUES) {
        guest->virtio.queues[vring->queue] = (struct sl_dump_queue){
            .size = vring->size,
            .desc = vring->desc_gpa,
            .avail = vring->avail_gpa,
            .used = vring->used_gpa,
            .next = vring->base,
        };
    }
}

struct chain {
    struct sl_buf request;
    uint64_t readable;
    uint64_t writable;
};

/* Walks as far as the chain makes sense and the number of descriptors left allows. */
static void gather(const struct sl_dump_guest *guest, const struct sl_dump_queue *q, uint32_t head,
                   struct chain *chain, unsigned *left)
{
    bool is_indirect = false;
    uint64_t table = q->desc;
    uint64_t entries = q->size;
    uint64_t index = head;
    while (index<entries && * left> 0) {
        --*left;
        uint64_t gpa = table + index * SL_VIRTIO_DESC_SIZE;
        uint64_t addr = sl_dump_peek(guest, gpa, 8);
        uint32_t len = (uint32_t)sl_dump_peek(guest, gpa + 8, 4);
        uint32_t flags = (uint32_t)sl_dump_peek(guest, gpa + 12, 2);
        if (flags & SL_VIRTIO_DESC_INDIRECT && !is_indirect) {
            is_indirect = true;
            table = addr;
            entries = len / SL_VIRTIO_DESC_SIZE;
            index = 0;
            continue;
        }
        if (flags & SL_VIRTIO_DESC_WRITE) {
            chain->writable += len;
        } else {
            size_t room = REQUEST_MAX - chain->request.size;
            chain->readable += len;
            sl_dump_fetch(guest, addr, len < room ? len : room, &chain->request);
        }
        if (!(flags & SL_VIRTIO_DESC_NEXT)) {
            return;
        }
        index = sl_dump_peek(guest, gpa + 14, 2);
    }
}

/* "RESOURCE_UNREF resource_id=1" */
static void describe_request(const struct sl_buf *request, struct sl_buf *text)
{
    uint32_t type = request->size >= 4 ? sl_get_le32(request->data) : 0;
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(&sl_abi_virtio_gpu, type);
    const struct sl_abi_struct *layout = opcode ? opcode->layout : SL_LAYOUT_VIRTIO_GPU_CTRL_HDR;
    if (opcode) {
        sl_buf_printf(text, "%s ", opcode->word);
    } else {
        sl_buf_printf(text, "type 0x%" PRIx32 " ", type);
    }
    if (request->size > 0) {
        sl_abi_print_struct(text, layout, request->data, request->size);
    }
}

static void show_chain(const struct sl_dump_guest *guest, const struct sl_dump_queue *q,
                       uint32_t head, unsigned *left, struct sl_buf *notes)
{
    struct chain chain = {0};
    struct sl_buf text = {0};
    --*left;
    gather(guest, q, head, &chain, left);
    sl_buf_printf(&text, "chain %" PRIu32 ", %" PRIu64 "+%" PRIu64 " bytes: ", head, chain.readable,
                  chain.writable);
    describe_request(&chain.request, &text);
    sl_dump_line(notes, &text);
    sl_buf_finish(&text);
    sl_buf_finish(&chain.request);
}

void sl_dump_virtio_notify(struct sl_dump_guest *guest, uint32_t queue, struct sl_buf *notes)
{
    if (queue >= SL_DUMP_QUEUES || guest->virtio.queues[queue].size == 0) {
        return;
    }
    struct sl_dump_queue *q = &guest->virtio.queues[queue];
    uint16_t end = (uint16_t)sl_dump_peek(guest, q->avail + 2, 2);
    uint16_t count = (uint16_t)(end - q->next);
    unsigned left = DESCS_MAX;
    for (uint16_t i = 0; i < count && i < q->size && left > 0; i++) {
        uint64_t slot = q->avail + 4 + 2 * (uint64_t)((uint16_t)(q->next + i) % q->size);
        show_chain(guest, q, (uint32_t)sl_dump_peek(guest, slot, 2), &left, notes);
    }
    q->next = end;
}
