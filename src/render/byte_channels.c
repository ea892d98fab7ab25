/* The kernels for vectors that every machine has, and the choice among all of them. */
#define SL_BYTES_VECTOR 16
#define SL_BYTES_TABLE sl_byte_kernels_base
#include "render/byte_channels_tmpl.h"

const struct sl_byte_kernels *sl_byte_kernels(void)
{
#if SL_BYTE_KERNELS_WIDE
    if (__builtin_cpu_supports("avx512f")) {
        return &sl_byte_kernels_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return &sl_byte_kernels_avx2;
    }
#endif
    return &sl_byte_kernels_base;
}
