#include "device/aerogpu/front.h"
#include "device/aerogpu/wire.h"

#include "base/checked.h"

void sl_agpu_fence_page_write(struct sl_agpu *dev)
{
    uint64_t gpa = sl_agpu_get64(dev, AEROGPU_MMIO_REG_FENCE_GPA_LO);
    uint64_t end;
    if (gpa == 0 || !sl_add_u64(gpa, sizeof(struct aerogpu_fence_page), &end)) {
        return;
    }
    uint8_t page[AEROGPU_LIMIT_FENCE_PAGE_WRITTEN_BYTES];
    SL_WIRE_PUT32(page, aerogpu_fence_page, magic, AEROGPU_FENCE_PAGE_MAGIC);
    SL_WIRE_PUT32(page, aerogpu_fence_page, abi_version, AEROGPU_ABI_VERSION_U32);
    SL_WIRE_PUT64(page, aerogpu_fence_page, completed_fence,
                  sl_agpu_get64(dev, AEROGPU_MMIO_REG_COMPLETED_FENCE_LO));
    sl_agpu_dma_write(dev, gpa, page, sizeof(page));
}
