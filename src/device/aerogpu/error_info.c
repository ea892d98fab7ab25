#include "abi_aerogpu.h"
#include "device/aerogpu/front.h"

#include <inttypes.h>

static uint32_t code_of(enum sl_agpu_class class_)
{
    switch (class_) {
    case SL_AGPU_OUT_OF_BOUNDS:
        return AEROGPU_ERROR_OOB;
    case SL_AGPU_UNSUPPORTED:
    case SL_AGPU_HOST:
        return AEROGPU_ERROR_BACKEND;
    case SL_AGPU_BAD_STREAM:
    case SL_AGPU_BAD_PACKET:
    case SL_AGPU_BAD_HANDLE:
    case SL_AGPU_HANDLE_IN_USE:
    case SL_AGPU_BAD_VALUE:
    case SL_AGPU_NO_ALLOC:
    case SL_AGPU_READONLY:
    case SL_AGPU_BAD_SHADER:
    case SL_AGPU_BAD_TOKEN:
    case SL_AGPU_INCOMPLETE_STATE:
        return AEROGPU_ERROR_CMD_DECODE;
    case SL_AGPU_OK:
    case SL_AGPU_CLASS_COUNT:
        break;
    }
    return AEROGPU_ERROR_INTERNAL;
}

void sl_agpu_error_record(struct sl_agpu *dev, enum sl_agpu_class class_, uint64_t fence,
                          const char *where, const char *detail)
{
    uint32_t code = code_of(class_);
    uint32_t count = sl_agpu_get(dev, AEROGPU_MMIO_REG_ERROR_COUNT);
    sl_agpu_set(dev, AEROGPU_MMIO_REG_ERROR_CODE, code);
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_ERROR_FENCE_LO, fence);
    sl_agpu_set(dev, AEROGPU_MMIO_REG_ERROR_COUNT, count == UINT32_MAX ? count : count + 1);

    sl_buf_clear(&dev->text);
    sl_buf_printf(&dev->text, "%s class=%s fence=%" PRIu64 "%s%s: %s",
                  sl_abi_value_name(SL_ENUM_AEROGPU_ERROR_CODE, code), sl_agpu_class_name(class_),
                  fence, where[0] ? " " : "", where, detail);
    const char *text = sl_buf_cstr(&dev->text);
    if (!text) {
        sl_agpu_fail_memory(dev, 0);
        return;
    }
    sl_agpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_ERROR,
                             .value = code,
                             .text = text,
                         });
    sl_agpu_irq_raise(dev, AEROGPU_IRQ_ERROR);
}
