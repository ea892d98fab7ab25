/* Interrupts of a virtio-pci function: MSI-X if it is enabled, else the INTx line and ISR. */
#include "base/bytes.h"
#include "transport/virtio_pci.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>

/* Bits of ISR (virtio 1.2, 4.1.4.5); not every <linux/virtio_pci.h> names the first. */
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };

enum { VECTOR_SIZE = 16, CONTROL_WORD = 3, CONTROL_MASKED = 1 };

static uint16_t message_control(const struct sl_virtio_pci *vp)
{
    uint8_t at = vp->layout->msix_capability;
    return at ? sl_get_le16(vp->pci.bytes + at + PCI_MSIX_FLAGS) : 0;
}

static bool msix_enabled(const struct sl_virtio_pci *vp)
{
    return message_control(vp) & PCI_MSIX_FLAGS_ENABLE;
}

static bool is_masked(const struct sl_virtio_pci *vp, const struct sl_virtio_vector *vector)
{
    return (message_control(vp) & PCI_MSIX_FLAGS_MASKALL) ||
           (vector->words[CONTROL_WORD] & CONTROL_MASKED);
}

/* Sends what is pending and no longer masked. A message is a write by the bus master. */
static void send_pending(struct sl_virtio_pci *vp)
{
    for (uint32_t i = 0; i < vp->layout->vectors; i++) {
        struct sl_virtio_vector *vector = &vp->vectors[i];
        if (!vector->pending || !msix_enabled(vp) || is_masked(vp, vector)) {
            continue;
        }
        vector->pending = false;
        if (sl_virtio_pci_is_master(vp)) {
            vp->impl->interrupt(vp->owner, i, 1, "MSI-X");
        }
    }
}

static void update_line(struct sl_virtio_pci *vp)
{
    /* STATUS shows the request even while COMMAND keeps it from the line (PCI 3.0, 6.2.3). */
    sl_pci_set_interrupt_status(&vp->pci, vp->line_requested);
    bool line = vp->line_requested && !(sl_pci_command(&vp->pci) & SL_PCI_COMMAND_INTX_DISABLE);
    if (line != vp->line) {
        vp->line = line;
        vp->impl->interrupt(vp->owner, SL_IRQ_INTX, line, "");
    }
}

void sl_virtio_interrupt_reset(struct sl_virtio_pci *vp)
{
    vp->isr = 0;
    vp->line_requested = false;
    update_line(vp);
}

void sl_virtio_interrupt_update(struct sl_virtio_pci *vp)
{
    if (msix_enabled(vp)) {
        vp->line_requested = false;
    }
    update_line(vp);
    send_pending(vp);
}

uint8_t sl_virtio_isr_take(struct sl_virtio_pci *vp)
{
    uint8_t isr = vp->isr;
    sl_virtio_interrupt_reset(vp);
    return isr;
}

static void raise_interrupt(struct sl_virtio_pci *vp, uint8_t isr, uint16_t vector)
{
    vp->isr |= isr;
    if (!msix_enabled(vp)) {
        vp->line_requested = true;
        update_line(vp);
    } else if (vector < vp->layout->vectors) {
        vp->vectors[vector].pending = true;
        send_pending(vp);
    }
}

void sl_virtio_pci_queue_interrupt(struct sl_virtio_pci *vp, uint32_t queue)
{
    raise_interrupt(vp, ISR_QUEUE, vp->queues[queue].vector);
}

void sl_virtio_pci_config_changed(struct sl_virtio_pci *vp)
{
    vp->config_generation++;
    /* No notification before DRIVER_OK (virtio 1.2, 2.1.2). */
    if (vp->status & VIRTIO_CONFIG_S_DRIVER_OK) {
        raise_interrupt(vp, ISR_QUEUE | ISR_CONFIG, vp->config_vector);
    }
}

void sl_virtio_pci_break(struct sl_virtio_pci *vp)
{
    if (vp->driver_features >> VIRTIO_F_VERSION_1 & 1) {
        vp->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
        sl_virtio_pci_config_changed(vp);
    }
}

uint64_t sl_virtio_msix_read(const struct sl_virtio_pci *vp, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t at = offset + i;
        uint8_t byte = 0;
        if (at < (uint64_t)vp->layout->vectors * VECTOR_SIZE) {
            uint32_t word = vp->vectors[at / VECTOR_SIZE].words[at % VECTOR_SIZE / 4];
            byte = (uint8_t)(word >> at % 4 * 8);
        } else if (at == vp->layout->msix_pending) {
            for (unsigned v = 0; v < vp->layout->vectors; v++) {
                byte = (uint8_t)(byte | vp->vectors[v].pending << v);
            }
        }
        value |= (uint64_t)byte << (8 * i);
    }
    return value;
}

void sl_virtio_msix_write(struct sl_virtio_pci *vp, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        uint64_t at = offset + i;
        if (at < (uint64_t)vp->layout->vectors * VECTOR_SIZE) {
            uint32_t *word = &vp->vectors[at / VECTOR_SIZE].words[at % VECTOR_SIZE / 4];
            unsigned shift = (unsigned)(at % 4 * 8);
            *word = (*word & ~(UINT32_C(0xFF) << shift)) | (uint32_t)(value >> (8 * i) & 0xFF)
                                                               << shift;
        }
    }
    send_pending(vp);
}
