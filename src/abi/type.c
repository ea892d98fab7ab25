#include "abi/abi.h"

uint32_t sl_abi_type_size(enum sl_abi_type type, const struct sl_abi_struct *of)
{
    static const uint8_t sizes[] = {
        [SL_ABI_U8] = 1,  [SL_ABI_U16] = 2, [SL_ABI_U32] = 4,    [SL_ABI_U64] = 8,
        [SL_ABI_I32] = 4, [SL_ABI_F32] = 4, [SL_ABI_HANDLE] = 4,
    };
    return type == SL_ABI_STRUCT ? of->size : sizes[type];
}
