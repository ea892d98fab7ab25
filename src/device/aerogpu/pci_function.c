/* The PCI function: configuration space, what COMMAND switches, and which space goes where. */
#include "device/aerogpu/front.h"

void sl_agpu_pci_init(struct sl_agpu *dev)
{
    static const struct sl_pci_identity identity = {
        .vendor = AEROGPU_PCI_VENDOR_ID,
        .device = AEROGPU_PCI_DEVICE_ID,
        .subsystem_vendor = AEROGPU_PCI_SUBSYSTEM_VENDOR_ID,
        .subsystem = AEROGPU_PCI_SUBSYSTEM_ID,
        .class_code = AEROGPU_PCI_CLASS_CODE_DISPLAY_CONTROLLER << 16 |
                      AEROGPU_PCI_SUBCLASS_VGA_COMPATIBLE << 8 | AEROGPU_PCI_PROG_IF,
        .interrupt_pin = 1,
    };
    sl_pci_init(&dev->pci, &identity);
    sl_pci_add_bar(&dev->pci, AEROGPU_PCI_BAR0_INDEX, SL_PCI_BAR_MEM32,
                   AEROGPU_PCI_BAR0_SIZE_BYTES);
    sl_pci_add_bar(&dev->pci, AEROGPU_PCI_BAR1_INDEX, SL_PCI_BAR_MEM32_PREFETCH,
                   AEROGPU_PCI_BAR1_SIZE_BYTES);
}

void sl_agpu_pci_reset(struct sl_agpu *dev)
{
    sl_pci_write(&dev->pci, SL_PCI_COMMAND, 2, 0);
}

static uint64_t all_ones(unsigned size)
{
    return UINT64_MAX >> (64 - 8 * size);
}

static bool decodes_memory(const struct sl_agpu *dev)
{
    return sl_pci_command(&dev->pci) & SL_PCI_COMMAND_MEMORY;
}

uint64_t sl_agpu_bus_read(struct sl_agpu *dev, enum sl_space space, uint64_t offset, unsigned size)
{
    switch (space) {
    case SL_SPACE_CONFIG:
        return sl_pci_read(&dev->pci, offset, size);
    case SL_SPACE_BAR0:
        return decodes_memory(dev) ? sl_agpu_registers_read(dev, offset, size) : all_ones(size);
    case SL_SPACE_BAR1:
        return decodes_memory(dev) ? sl_agpu_vram_read(dev, offset, size) : all_ones(size);
    case SL_SPACE_VGA:
        return sl_agpu_vga_read(dev, offset, size);
    case SL_SPACE_VBE:
        return sl_agpu_vbe_read(dev, offset, size);
    case SL_SPACE_BAR2:
    case SL_SPACE_BAR3:
    case SL_SPACE_BAR4:
    case SL_SPACE_BAR5:
    case SL_SPACE_COUNT:
        break;
    }
    return all_ones(size);
}

void sl_agpu_bus_write(struct sl_agpu *dev, enum sl_space space, uint64_t offset, unsigned size,
                       uint64_t value)
{
    switch (space) {
    case SL_SPACE_CONFIG:
        sl_pci_write(&dev->pci, offset, size, value);
        sl_agpu_irq_update(dev);
        sl_agpu_step(dev);
        break;
    case SL_SPACE_BAR0:
        if (decodes_memory(dev)) {
            sl_agpu_registers_write(dev, offset, size, value);
        }
        break;
    case SL_SPACE_BAR1:
        if (decodes_memory(dev)) {
            sl_agpu_vram_write(dev, offset, size, value);
        }
        break;
    case SL_SPACE_VGA:
        sl_agpu_vga_write(dev, offset, size, value);
        break;
    case SL_SPACE_VBE:
        sl_agpu_vbe_write(dev, offset, size, value);
        break;
    case SL_SPACE_BAR2:
    case SL_SPACE_BAR3:
    case SL_SPACE_BAR4:
    case SL_SPACE_BAR5:
    case SL_SPACE_COUNT:
        break;
    }
}
