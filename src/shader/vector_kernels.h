/*
 * Kernels: an operation on one component, over all lanes. They are written once, in
 * vector_kernels_tmpl.h, and compiled for each width of vectors that a machine may have; results do
 * not depend on which is used.
 */
#ifndef SL_SHADER_VECTOR_KERNELS_H
#define SL_SHADER_VECTOR_KERNELS_H

#include "render/lanes.h"

#include <stdbool.h>
#include <stdint.h>

enum sl_vector_kernel {
#define SL_VECTOR_KERNEL(name) SL_VECTOR_##name,
#include "shader/vector_kernels.def"
#undef SL_VECTOR_KERNEL
    SL_VECTOR_KERNEL_COUNT
};

/* A step with its places resolved: each is SL_LANES words, and dst may be any of src. */
struct sl_vector_step;
typedef void (*sl_vector_function)(const struct sl_vector_step *step, uint32_t *dst);

#define SL_VECTOR_SRCS 9u

struct sl_vector_step {
    sl_vector_function function;
    sl_vector_function fast; /* for a pass that leaves denormals alone */
    uint32_t *dst;
    uint32_t and_bits; /* MASK */
    uint32_t xor_bits;
    bool whole; /* written in all lanes, whichever are active */
    const uint32_t *src[SL_VECTOR_SRCS];
};

/* [kernel]. The one for this machine. */
const sl_vector_function *sl_vector_kernels(void);

extern const sl_vector_function sl_vector_kernels_base[SL_VECTOR_KERNEL_COUNT];
extern const sl_vector_function sl_vector_kernels_avx2[SL_VECTOR_KERNEL_COUNT];
extern const sl_vector_function sl_vector_kernels_avx512[SL_VECTOR_KERNEL_COUNT];

/* Machines that may have wider vectors than the ones the compiler uses for all code. */
#if defined(__x86_64__)
#define SL_VECTOR_HAS_WIDE 1
#else
#define SL_VECTOR_HAS_WIDE 0
#endif

#endif
