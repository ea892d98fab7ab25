/* The kernels for vectors that every machine has, and the choice among all of them. */
#define SL_VECTOR_BYTES 16
#define SL_VECTOR_TABLE sl_vector_kernels_base
#include "shader/vector_kernels_tmpl.h"

#if SL_VECTOR_HAS_WIDE

const sl_vector_function *sl_vector_kernels(void)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        return sl_vector_kernels_avx512;
    }
    return __builtin_cpu_supports("avx2") ? sl_vector_kernels_avx2 : sl_vector_kernels_base;
}

#else

const sl_vector_function *sl_vector_kernels(void)
{
    return sl_vector_kernels_base;
}

#endif
