#include "device/aerogpu/front.h"

bool sl_agpu_is_master(const struct sl_agpu *dev)
{
    return sl_pci_command(&dev->pci) & SL_PCI_COMMAND_MASTER;
}

void sl_agpu_dma_read(const struct sl_agpu *dev, uint64_t gpa, void *out, size_t size)
{
    sl_mem_bus_read(dev->mem, gpa, out, size);
}

void sl_agpu_dma_write(struct sl_agpu *dev, uint64_t gpa, const void *bytes, size_t size)
{
    if (!sl_mem_bus_write(dev->mem, gpa, bytes, size)) {
        sl_agpu_fail_memory(dev, size);
    }
}
