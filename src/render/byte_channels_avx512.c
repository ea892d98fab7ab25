/* The kernels for x86-64 machines with AVX-512. */
#include "render/byte_channels.h"

#if SL_BYTE_KERNELS_WIDE

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC target("avx512f")
#endif

#define SL_BYTES_VECTOR 64
#define SL_BYTES_TABLE sl_byte_kernels_avx512
#include "render/byte_channels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
