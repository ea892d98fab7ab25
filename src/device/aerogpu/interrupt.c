#include "abi_aerogpu.h"
#include "device/aerogpu/front.h"

/* Causes that exist only while they are enabled; every other one latches behind the mask. */
#define LATCHED_WHEN_ENABLED ((uint32_t)(AEROGPU_IRQ_FENCE | AEROGPU_IRQ_SCANOUT_VBLANK))

static void set_status(struct sl_agpu *dev, uint32_t status)
{
    sl_agpu_set(dev, AEROGPU_MMIO_REG_IRQ_STATUS, status);
    sl_agpu_irq_update(dev);
}

void sl_agpu_irq_raise(struct sl_agpu *dev, uint32_t cause)
{
    uint32_t enable = sl_agpu_get(dev, AEROGPU_MMIO_REG_IRQ_ENABLE);
    if ((cause & LATCHED_WHEN_ENABLED & ~enable) == 0) {
        set_status(dev, sl_agpu_get(dev, AEROGPU_MMIO_REG_IRQ_STATUS) | cause);
    }
}

/*
 * Edges that are due when vblank interrupts get enabled must not latch. None can be: each movement
 * of time runs them all before the guest acts again.
 */
void sl_agpu_irq_write_enable(struct sl_agpu *dev, uint32_t value)
{
    sl_agpu_set(dev, AEROGPU_MMIO_REG_IRQ_ENABLE, value);
    uint32_t status = sl_agpu_get(dev, AEROGPU_MMIO_REG_IRQ_STATUS);
    set_status(dev, status & (value | ~LATCHED_WHEN_ENABLED));
}

void sl_agpu_irq_write_ack(struct sl_agpu *dev, uint32_t value)
{
    set_status(dev, sl_agpu_get(dev, AEROGPU_MMIO_REG_IRQ_STATUS) & ~value);
}

static void observe_line(struct sl_agpu *dev, uint32_t active)
{
    const char *text = "";
    sl_buf_clear(&dev->text);
    if (dev->irq_line) {
        sl_buf_text(&dev->text, "IRQ_STATUS=");
        sl_abi_print_value(&dev->text, SL_ABI_U32, SL_ENUM_AEROGPU_IRQ, active);
        text = sl_buf_cstr(&dev->text);
        if (!text) {
            sl_agpu_fail_memory(dev, 0);
            return;
        }
    }
    sl_agpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_IRQ,
                             .queue = SL_IRQ_INTX,
                             .value = dev->irq_line,
                             .text = text,
                         });
}

void sl_agpu_irq_update(struct sl_agpu *dev)
{
    uint32_t active = sl_agpu_get(dev, AEROGPU_MMIO_REG_IRQ_STATUS) &
                      sl_agpu_get(dev, AEROGPU_MMIO_REG_IRQ_ENABLE);
    /* STATUS shows the request even while COMMAND keeps it from the line (PCI 3.0, 6.2.3). */
    sl_pci_set_interrupt_status(&dev->pci, active != 0);
    bool line = active != 0 && !(sl_pci_command(&dev->pci) & SL_PCI_COMMAND_INTX_DISABLE);
    if (line != dev->irq_line) {
        dev->irq_line = line;
        observe_line(dev, active);
    }
}
