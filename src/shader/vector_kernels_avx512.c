/* The kernels for x86-64 machines with AVX-512. */
#include "shader/vector_kernels.h"

#if SL_VECTOR_HAS_WIDE

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl"))),                 \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl")
#endif

#define SL_VECTOR_BYTES 64
#define SL_VECTOR_TABLE sl_vector_kernels_avx512
#include "shader/vector_kernels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
