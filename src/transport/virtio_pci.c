/* The PCI function: capabilities, which access goes to which structure, and the window. */
#include "transport/virtio_pci.h"

#include "base/bytes.h"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

enum { CAP_SIZE = 16, NOTIFY_CAP_SIZE = 20, WINDOW_CAP_SIZE = 20, MSIX_CAP_SIZE = 12 };

/* struct virtio_pci_cap; fields of the window's that software writes. */
enum { CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_EXTRA = 16 };

static const uint8_t structure_types[SL_VIRTIO_STRUCTURES] = {
    [SL_VIRTIO_COMMON] = VIRTIO_PCI_CAP_COMMON_CFG,
    [SL_VIRTIO_NOTIFY] = VIRTIO_PCI_CAP_NOTIFY_CFG,
    [SL_VIRTIO_ISR] = VIRTIO_PCI_CAP_ISR_CFG,
    [SL_VIRTIO_DEVICE] = VIRTIO_PCI_CAP_DEVICE_CFG,
};

static void add_structure(struct sl_virtio_pci *vp, enum sl_virtio_structure structure)
{
    const struct sl_virtio_range *range = &vp->layout->structures[structure];
    bool notify = structure == SL_VIRTIO_NOTIFY;
    uint8_t cap[NOTIFY_CAP_SIZE] = {0};
    uint8_t size = notify ? NOTIFY_CAP_SIZE : CAP_SIZE;
    cap[2] = size;
    cap[CAP_TYPE] = structure_types[structure];
    cap[CAP_BAR] = (uint8_t)vp->layout->bar;
    sl_put_le32(cap + CAP_OFFSET, range->offset);
    sl_put_le32(cap + CAP_LENGTH, range->size);
    if (notify) {
        sl_put_le32(cap + CAP_EXTRA, vp->layout->notify_multiplier);
    }
    sl_pci_add_capability(&vp->pci, range->capability, PCI_CAP_ID_VNDR, cap + 2, size);
}

static void add_window(struct sl_virtio_pci *vp)
{
    uint8_t at = vp->layout->window_capability;
    uint8_t cap[WINDOW_CAP_SIZE] = {0};
    cap[2] = WINDOW_CAP_SIZE;
    cap[CAP_TYPE] = VIRTIO_PCI_CAP_PCI_CFG;
    sl_pci_add_capability(&vp->pci, at, PCI_CAP_ID_VNDR, cap + 2, WINDOW_CAP_SIZE);
    vp->pci.writable[at + CAP_BAR] = 0xFF;
    memset(vp->pci.writable + at + CAP_OFFSET, 0xFF, WINDOW_CAP_SIZE - CAP_OFFSET);
}

static void add_msix(struct sl_virtio_pci *vp)
{
    const struct sl_virtio_pci_layout *layout = vp->layout;
    uint8_t cap[MSIX_CAP_SIZE] = {0};
    sl_put_le16(cap + PCI_MSIX_FLAGS, (uint16_t)(layout->vectors - 1));
    sl_put_le32(cap + PCI_MSIX_TABLE, layout->msix_bar);
    sl_put_le32(cap + PCI_MSIX_PBA, layout->msix_pending | layout->msix_bar);
    sl_pci_add_capability(&vp->pci, layout->msix_capability, PCI_CAP_ID_MSIX, cap + 2,
                          MSIX_CAP_SIZE);
    sl_put_le16(vp->pci.writable + layout->msix_capability + PCI_MSIX_FLAGS,
                PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

void sl_virtio_pci_init(struct sl_virtio_pci *vp, const struct sl_virtio_pci_layout *layout,
                        const struct sl_virtio_behaviour *behaviour,
                        const struct sl_virtio_owner_impl *impl, void *owner)
{
    *vp = (struct sl_virtio_pci){
        .layout = layout, .behaviour = *behaviour, .impl = impl, .owner = owner};
    sl_pci_init(&vp->pci, &layout->identity);
    sl_pci_add_bar(&vp->pci, layout->bar, layout->bar_kind, layout->bar_size);
    for (int i = 0; i < SL_VIRTIO_STRUCTURES; i++) {
        add_structure(vp, layout->order[i]);
    }
    if (layout->window_capability) {
        add_window(vp);
    }
    if (layout->msix_capability) {
        sl_pci_add_bar(&vp->pci, layout->msix_bar, SL_PCI_BAR_MEM32, layout->msix_bar_size);
        add_msix(vp);
    }
    for (uint32_t i = 0; i < SL_VIRTIO_VECTORS_MAX; i++) {
        vp->vectors[i].words[3] = 1; /* masked */
    }
    sl_virtio_registers_reset(vp);
}

bool sl_virtio_pci_is_master(const struct sl_virtio_pci *vp)
{
    return sl_pci_command(&vp->pci) & SL_PCI_COMMAND_MASTER;
}

static bool find_structure(const struct sl_virtio_pci *vp, uint64_t offset,
                           enum sl_virtio_structure *structure, uint32_t *inside)
{
    for (int i = 0; i < SL_VIRTIO_STRUCTURES; i++) {
        const struct sl_virtio_range *range = &vp->layout->structures[i];
        if (offset >= range->offset && offset - range->offset < range->size) {
            *structure = (enum sl_virtio_structure)i;
            *inside = (uint32_t)(offset - range->offset);
            return true;
        }
    }
    return false;
}

bool sl_virtio_pci_locate(const struct sl_virtio_pci *vp, enum sl_space space, uint64_t offset,
                          enum sl_virtio_structure *structure, uint32_t *inside)
{
    return (unsigned)space == vp->layout->bar && find_structure(vp, offset, structure, inside);
}

/* An access of 8 bytes is two of 4, but a notification is one. */
static uint64_t read_structures(struct sl_virtio_pci *vp, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    unsigned part = size == 8 ? 4 : size;
    for (unsigned done = 0; done < size; done += part) {
        enum sl_virtio_structure structure;
        uint32_t inside;
        if (find_structure(vp, offset + done, &structure, &inside)) {
            value |= (uint64_t)sl_virtio_registers_read(vp, structure, inside, part) << 8 * done;
        }
    }
    return value;
}

static void write_structures(struct sl_virtio_pci *vp, uint64_t offset, unsigned size,
                             uint64_t value)
{
    unsigned part = size == 8 ? 4 : size;
    for (unsigned done = 0; done < size; done += part) {
        enum sl_virtio_structure structure;
        uint32_t inside;
        if (!find_structure(vp, offset + done, &structure, &inside)) {
            continue;
        }
        sl_virtio_registers_write(vp, structure, inside, part, (uint32_t)(value >> 8 * done));
        if (structure == SL_VIRTIO_NOTIFY) {
            return;
        }
    }
}

/*
 * The window (virtio 1.2, 4.1.4.9): offset of the access it describes, if that is a legal one. It
 * works without COMMAND.MEMORY; that is what it is for.
 */
static bool window_target(const struct sl_virtio_pci *vp, uint64_t *offset, unsigned *size)
{
    const uint8_t *cap = vp->pci.bytes + vp->layout->window_capability;
    uint32_t length = sl_get_le32(cap + CAP_LENGTH);
    *offset = sl_get_le32(cap + CAP_OFFSET);
    *size = length;
    return cap[CAP_BAR] == vp->layout->bar && (length == 1 || length == 2 || length == 4) &&
           *offset % length == 0;
}

/* Does an access to configuration space touch the window's data? */
static bool touches_window(const struct sl_virtio_pci *vp, uint64_t offset, unsigned size)
{
    uint64_t data = (uint64_t)vp->layout->window_capability + CAP_EXTRA;
    return vp->layout->window_capability && offset < data + 4 && offset + size > data &&
           offset < SL_PCI_CONFIG_SIZE;
}

static uint64_t read_space(struct sl_virtio_pci *vp, uint64_t offset, unsigned size)
{
    uint64_t target;
    unsigned length;
    if (touches_window(vp, offset, size) && window_target(vp, &target, &length)) {
        sl_put_le(vp->pci.bytes + vp->layout->window_capability + CAP_EXTRA, length,
                  read_structures(vp, target, length));
    }
    return sl_pci_read(&vp->pci, offset, size);
}

static void write_space(struct sl_virtio_pci *vp, uint64_t offset, unsigned size, uint64_t value)
{
    uint64_t target;
    unsigned length;
    sl_pci_write(&vp->pci, offset, size, value);
    sl_virtio_interrupt_update(vp);
    if (touches_window(vp, offset, size) && window_target(vp, &target, &length)) {
        const uint8_t *data = vp->pci.bytes + vp->layout->window_capability + CAP_EXTRA;
        write_structures(vp, target, length, sl_get_le(data, length));
    }
}

static bool decodes_memory(const struct sl_virtio_pci *vp)
{
    return sl_pci_command(&vp->pci) & SL_PCI_COMMAND_MEMORY;
}

static bool is_msix_bar(const struct sl_virtio_pci *vp, enum sl_space space)
{
    return vp->layout->msix_capability && (unsigned)space == vp->layout->msix_bar;
}

uint64_t sl_virtio_pci_read(struct sl_virtio_pci *vp, enum sl_space space, uint64_t offset,
                            unsigned size)
{
    const struct sl_virtio_pci_layout *layout = vp->layout;
    if (space == SL_SPACE_CONFIG) {
        return read_space(vp, offset, size);
    }
    if (decodes_memory(vp) && (unsigned)space == layout->bar && offset < layout->bar_size) {
        return read_structures(vp, offset, size);
    }
    if (decodes_memory(vp) && is_msix_bar(vp, space) && offset < layout->msix_bar_size) {
        return sl_virtio_msix_read(vp, offset, size);
    }
    return UINT64_MAX >> (64 - 8 * size);
}

void sl_virtio_pci_write(struct sl_virtio_pci *vp, enum sl_space space, uint64_t offset,
                         unsigned size, uint64_t value)
{
    const struct sl_virtio_pci_layout *layout = vp->layout;
    if (space == SL_SPACE_CONFIG) {
        write_space(vp, offset, size, value);
    } else if (decodes_memory(vp) && (unsigned)space == layout->bar && offset < layout->bar_size) {
        write_structures(vp, offset, size, value);
    } else if (decodes_memory(vp) && is_msix_bar(vp, space) && offset < layout->msix_bar_size) {
        sl_virtio_msix_write(vp, offset, size, value);
    }
}
