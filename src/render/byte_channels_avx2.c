/* The kernels for x86-64 machines with AVX2 and FMA. */
#include "render/byte_channels.h"

#if SL_BYTE_KERNELS_WIDE

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#define SL_BYTES_VECTOR 32
#define SL_BYTES_TABLE sl_byte_kernels_avx2
#include "render/byte_channels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
