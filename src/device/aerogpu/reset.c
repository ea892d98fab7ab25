#include "device/aerogpu/front.h"

/* Bus addresses in the BARs stay; COMMAND, and with it everything behind the bus, goes off. */
void sl_agpu_device_reset(struct sl_agpu *dev)
{
    dev->vblank.base_ns = dev->vblank.virtual_ns;
    dev->vblank.running = false;
    dev->doorbell_pending = false;
    dev->ring_reset_pending = false;
    dev->display = (struct sl_agpu_display){0};
    dev->copied = (struct sl_agpu_copied){0};
    sl_agpu_fences_drop(&dev->fences);
    sl_agpu_exec_reset(dev->exec);
    sl_agpu_vram_finish(&dev->vram);
    sl_agpu_pci_reset(dev);
    sl_agpu_registers_reset(dev);
    sl_agpu_irq_update(dev);
}

void sl_agpu_ring_reset(struct sl_agpu *dev)
{
    dev->doorbell_pending = false;
    dev->ring_reset_pending = true;
    sl_agpu_fences_drop(&dev->fences);
    sl_agpu_exec_reset(dev->exec);
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_COMPLETED_FENCE_LO, 0);
    sl_agpu_set(dev, AEROGPU_MMIO_REG_IRQ_STATUS, 0);
    sl_agpu_set(dev, AEROGPU_MMIO_REG_ERROR_CODE, AEROGPU_ERROR_NONE);
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_ERROR_FENCE_LO, 0);
    sl_agpu_set(dev, AEROGPU_MMIO_REG_ERROR_COUNT, 0);
    sl_agpu_irq_update(dev);
}

void sl_agpu_ring_reset_memory(struct sl_agpu *dev)
{
    dev->ring_reset_pending = false;
    uint64_t ring = sl_agpu_get64(dev, AEROGPU_MMIO_REG_RING_GPA_LO);
    if (ring != 0 && !sl_agpu_ring_empty(dev, ring)) {
        sl_agpu_error_record(dev, SL_AGPU_OUT_OF_BOUNDS, 0, "",
                             "ring reset: the ring header wraps around");
    }
    sl_agpu_fence_page_write(dev);
}
