/*
 * The register structures of virtio-pci (virtio 1.2, 4.1.4.3 to 4.1.4.6). A register is found by
 * the offset its access starts at: an access that starts inside one finds nothing, and one that is
 * wider than the register touches that register only.
 */
#include "transport/virtio_pci.h"

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

/* Newer than the oldest supported headers (virtio 1.2, 4.1.4.3). */
enum { QUEUE_RESET = 0x3A };

#define RING_RESET_BIT 40u

/* Queues that registers can select (VIRTIO_QUEUE_MAX of QEMU); all but the first few are absent. */
enum { SELECTABLE_QUEUES = 1024 };

static void reset_queue_registers(struct sl_virtio_pci *vp, uint32_t queue)
{
    vp->queues[queue] = (struct sl_virtio_queue_registers){
        .size = vp->behaviour.queue_sizes[queue],
        .vector = SL_VIRTIO_NO_VECTOR,
    };
}

void sl_virtio_registers_reset(struct sl_virtio_pci *vp)
{
    vp->device_feature_select = 0;
    vp->driver_feature_select = 0;
    vp->driver_feature_words[0] = 0;
    vp->driver_feature_words[1] = 0;
    vp->driver_features = 0;
    vp->config_vector = SL_VIRTIO_NO_VECTOR;
    vp->status = 0;
    vp->queue_select = 0;
    for (uint32_t i = 0; i < SL_VIRTIO_QUEUES; i++) {
        reset_queue_registers(vp, i);
    }
    sl_virtio_interrupt_reset(vp);
    vp->impl->reset(vp->owner);
}

/* The selected queue, or NULL if the device has not got it. */
static struct sl_virtio_queue_registers *selected(struct sl_virtio_pci *vp)
{
    return vp->queue_select < SL_VIRTIO_QUEUES ? &vp->queues[vp->queue_select] : NULL;
}

static uint32_t half(uint64_t value, bool high)
{
    return (uint32_t)(value >> (high ? 32 : 0));
}

static void set_half(uint64_t *value, bool high, uint32_t bits)
{
    uint64_t kept = high ? *value & UINT32_MAX : *value & ~(uint64_t)UINT32_MAX;
    *value = kept | (uint64_t)bits << (high ? 32 : 0);
}

static uint32_t read_queue(struct sl_virtio_pci *vp, uint32_t offset)
{
    static const struct sl_virtio_queue_registers absent = {.vector = SL_VIRTIO_NO_VECTOR};
    const struct sl_virtio_queue_registers *queue = selected(vp);
    if (!queue) {
        queue = &absent;
    }
    switch (offset) {
    case VIRTIO_PCI_COMMON_Q_SIZE:
        return queue->size;
    case VIRTIO_PCI_COMMON_Q_MSIX:
        return queue->vector;
    case VIRTIO_PCI_COMMON_Q_ENABLE:
        return queue->enabled;
    case VIRTIO_PCI_COMMON_Q_NOFF:
        return vp->queue_select;
    case VIRTIO_PCI_COMMON_Q_DESCLO:
    case VIRTIO_PCI_COMMON_Q_DESCHI:
        return half(queue->desc_gpa, offset == VIRTIO_PCI_COMMON_Q_DESCHI);
    case VIRTIO_PCI_COMMON_Q_AVAILLO:
    case VIRTIO_PCI_COMMON_Q_AVAILHI:
        return half(queue->avail_gpa, offset == VIRTIO_PCI_COMMON_Q_AVAILHI);
    case VIRTIO_PCI_COMMON_Q_USEDLO:
    case VIRTIO_PCI_COMMON_Q_USEDHI:
        return half(queue->used_gpa, offset == VIRTIO_PCI_COMMON_Q_USEDHI);
    default:
        return 0;
    }
}

static uint32_t read_common(struct sl_virtio_pci *vp, uint32_t offset)
{
    switch (offset) {
    case VIRTIO_PCI_COMMON_DFSELECT:
        return vp->device_feature_select;
    case VIRTIO_PCI_COMMON_DF:
        return vp->device_feature_select < 2
                   ? half(vp->behaviour.features, vp->device_feature_select == 1)
                   : 0;
    case VIRTIO_PCI_COMMON_GFSELECT:
        return vp->driver_feature_select;
    case VIRTIO_PCI_COMMON_GF:
        return vp->driver_feature_select < 2 ? vp->driver_feature_words[vp->driver_feature_select]
                                             : 0;
    case VIRTIO_PCI_COMMON_MSIX:
        return vp->config_vector;
    case VIRTIO_PCI_COMMON_NUMQ:
        return SL_VIRTIO_QUEUES;
    case VIRTIO_PCI_COMMON_STATUS:
        return vp->status;
    case VIRTIO_PCI_COMMON_CFGGENERATION:
        return vp->config_generation;
    case VIRTIO_PCI_COMMON_Q_SELECT:
        return vp->queue_select;
    default:
        return read_queue(vp, offset);
    }
}

static uint16_t vector_or_none(const struct sl_virtio_pci *vp, uint32_t value)
{
    return value < vp->layout->vectors ? (uint16_t)value : SL_VIRTIO_NO_VECTOR;
}

static void write_driver_features(struct sl_virtio_pci *vp, uint32_t value)
{
    if (vp->driver_feature_select >= 2) {
        return;
    }
    vp->driver_feature_words[vp->driver_feature_select] = value;
    /* Negotiation is over once FEATURES_OK is set (virtio 1.2, 3.1.1). */
    if (!(vp->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
        uint64_t wanted = (uint64_t)vp->driver_feature_words[1] << 32 | vp->driver_feature_words[0];
        vp->driver_features = wanted & vp->behaviour.features;
    }
}

static void write_status(struct sl_virtio_pci *vp, uint8_t value)
{
    if (value == 0) {
        sl_virtio_registers_reset(vp);
        return;
    }
    uint64_t wanted = (uint64_t)vp->driver_feature_words[1] << 32 | vp->driver_feature_words[0];
    bool acceptable = (wanted & ~vp->behaviour.features) == 0 && (wanted >> VIRTIO_F_VERSION_1 & 1);
    if (vp->behaviour.features_checked && !acceptable) {
        value &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
    }
    vp->status = value;
}

static void enable_queue(struct sl_virtio_pci *vp, struct sl_virtio_queue_registers *queue,
                         uint32_t value)
{
    if (value != 1) {
        vp->impl->misuse(vp->owner, "queue_enable written with something else than 1");
        return;
    }
    queue->enabled = true;
    vp->impl->queue_start(vp->owner, vp->queue_select,
                          &(struct sl_vq_rings){
                              .size = queue->size,
                              .desc_gpa = queue->desc_gpa,
                              .avail_gpa = queue->avail_gpa,
                              .used_gpa = queue->used_gpa,
                          });
}

static void reset_queue(struct sl_virtio_pci *vp, uint32_t value)
{
    if (value == 1 && (vp->driver_features >> RING_RESET_BIT & 1)) {
        reset_queue_registers(vp, vp->queue_select);
        vp->impl->queue_stop(vp->owner, vp->queue_select);
    }
}

static void write_queue(struct sl_virtio_pci *vp, struct sl_virtio_queue_registers *queue,
                        uint32_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_PCI_COMMON_Q_SIZE:
        if (value >= 1 && value <= SL_VQ_SIZE_MAX && !vp->behaviour.queue_size_fixed) {
            queue->size = (uint16_t)value;
        }
        break;
    case VIRTIO_PCI_COMMON_Q_MSIX:
        queue->vector = vector_or_none(vp, value);
        break;
    case VIRTIO_PCI_COMMON_Q_ENABLE:
        enable_queue(vp, queue, value);
        break;
    case VIRTIO_PCI_COMMON_Q_DESCLO:
    case VIRTIO_PCI_COMMON_Q_DESCHI:
        set_half(&queue->desc_gpa, offset == VIRTIO_PCI_COMMON_Q_DESCHI, value);
        break;
    case VIRTIO_PCI_COMMON_Q_AVAILLO:
    case VIRTIO_PCI_COMMON_Q_AVAILHI:
        set_half(&queue->avail_gpa, offset == VIRTIO_PCI_COMMON_Q_AVAILHI, value);
        break;
    case VIRTIO_PCI_COMMON_Q_USEDLO:
    case VIRTIO_PCI_COMMON_Q_USEDHI:
        set_half(&queue->used_gpa, offset == VIRTIO_PCI_COMMON_Q_USEDHI, value);
        break;
    case QUEUE_RESET:
        reset_queue(vp, value);
        break;
    default:
        break;
    }
}

static void write_common(struct sl_virtio_pci *vp, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_PCI_COMMON_DFSELECT:
        vp->device_feature_select = value;
        break;
    case VIRTIO_PCI_COMMON_GFSELECT:
        vp->driver_feature_select = value;
        break;
    case VIRTIO_PCI_COMMON_GF:
        write_driver_features(vp, value);
        break;
    case VIRTIO_PCI_COMMON_MSIX:
        vp->config_vector = vector_or_none(vp, value & 0xFFFF);
        break;
    case VIRTIO_PCI_COMMON_STATUS:
        write_status(vp, (uint8_t)value);
        break;
    case VIRTIO_PCI_COMMON_Q_SELECT:
        if ((value & 0xFFFF) < SELECTABLE_QUEUES) {
            vp->queue_select = (uint16_t)value;
        }
        break;
    default:
        if (selected(vp)) {
            bool wide = offset >= VIRTIO_PCI_COMMON_Q_DESCLO && offset < QUEUE_RESET - 2;
            write_queue(vp, selected(vp), offset, wide ? value : value & 0xFFFF);
        }
        break;
    }
}

static uint32_t read_config(struct sl_virtio_pci *vp, uint32_t offset, unsigned size)
{
    if (offset + size > vp->behaviour.config_size) {
        return vp->behaviour.config_end_ones ? UINT32_MAX >> (32 - 8 * size) : 0;
    }
    return vp->impl->config_read(vp->owner, offset, size);
}

uint32_t sl_virtio_registers_read(struct sl_virtio_pci *vp, enum sl_virtio_structure structure,
                                  uint32_t offset, unsigned size)
{
    uint32_t value = 0;
    switch (structure) {
    case SL_VIRTIO_COMMON:
        value = read_common(vp, offset);
        break;
    case SL_VIRTIO_ISR:
        value = sl_virtio_isr_take(vp);
        break;
    case SL_VIRTIO_DEVICE:
        value = read_config(vp, offset, size);
        break;
    case SL_VIRTIO_NOTIFY:
    case SL_VIRTIO_STRUCTURES:
        break;
    }
    return value & UINT32_MAX >> (32 - 8 * size);
}

void sl_virtio_registers_write(struct sl_virtio_pci *vp, enum sl_virtio_structure structure,
                               uint32_t offset, unsigned size, uint32_t value)
{
    uint32_t queue = offset / vp->layout->notify_multiplier;
    switch (structure) {
    case SL_VIRTIO_COMMON:
        write_common(vp, offset, value);
        break;
    case SL_VIRTIO_NOTIFY:
        if (queue < SL_VIRTIO_QUEUES && offset % vp->layout->notify_multiplier == 0) {
            vp->impl->notify(vp->owner, queue);
        }
        break;
    case SL_VIRTIO_DEVICE:
        if (offset + size <= vp->behaviour.config_size) {
            vp->impl->config_write(vp->owner, offset, size, value);
        }
        break;
    case SL_VIRTIO_ISR:
    case SL_VIRTIO_STRUCTURES:
        break;
    }
}
