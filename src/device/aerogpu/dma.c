#include "device/aerogpu/front.h"

#include <string.h>

bool sl_agpu_is_master(const struct sl_agpu *dev)
{
    return sl_pci_command(&dev->pci) & SL_PCI_COMMAND_MASTER;
}

/* RAM begins and ends on pages, so a page is RAM as a whole or not at all. */
static size_t page_run(uint64_t gpa, size_t size)
{
    size_t left = SL_MEM_PAGE_SIZE - (size_t)(gpa % SL_MEM_PAGE_SIZE);
    return left < size ? left : size;
}

void sl_agpu_dma_read(const struct sl_agpu *dev, uint64_t gpa, void *out, size_t size)
{
    if (sl_mem_read(dev->mem, gpa, out, size) == SL_MEM_OK) {
        return;
    }
    uint8_t *to = out;
    while (size > 0) {
        size_t run = page_run(gpa, size);
        if (sl_mem_read(dev->mem, gpa, to, run) != SL_MEM_OK) {
            memset(to, 0xFF, run);
        }
        gpa += run;
        to += run;
        size -= run;
    }
}

static enum sl_mem_result write_run(struct sl_agpu *dev, uint64_t gpa, const void *bytes,
                                    size_t size)
{
    enum sl_mem_result result = sl_mem_dma_write(dev->mem, gpa, bytes, size);
    if (result == SL_MEM_FULL) {
        sl_agpu_fail_memory(dev, size);
    }
    return result;
}

void sl_agpu_dma_write(struct sl_agpu *dev, uint64_t gpa, const void *bytes, size_t size)
{
    if (write_run(dev, gpa, bytes, size) != SL_MEM_HOLE) {
        return;
    }
    const uint8_t *from = bytes;
    while (size > 0) {
        size_t run = page_run(gpa, size);
        write_run(dev, gpa, from, run);
        gpa += run;
        from += run;
        size -= run;
    }
}
