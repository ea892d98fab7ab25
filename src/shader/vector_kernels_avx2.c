/* The kernels for x86-64 machines with AVX2. */
#include "shader/vector_kernels.h"

#if SL_VECTOR_HAS_WIDE

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#define SL_VECTOR_BYTES 32
#define SL_VECTOR_TABLE sl_vector_kernels_avx2
#include "shader/vector_kernels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
