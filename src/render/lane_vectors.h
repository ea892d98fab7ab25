/*
 * Groups of four lanes as vectors of the compilers, which become whatever the machine has. A group
 * is also a quad.
 */
#ifndef SL_RENDER_LANE_VECTORS_H
#define SL_RENDER_LANE_VECTORS_H

#include <stdint.h>
#include <string.h>

typedef float sl_f32x4 __attribute__((vector_size(16)));
typedef int32_t sl_i32x4 __attribute__((vector_size(16)));
typedef double sl_f64x4 __attribute__((vector_size(32)));
typedef int64_t sl_i64x4 __attribute__((vector_size(32)));

#define SL_GROUP 4u /* lanes */
#define SL_TO_F64(v) __builtin_convertvector(v, sl_f64x4)
#define SL_TO_F32(v) __builtin_convertvector(v, sl_f32x4)
#define SL_TO_I32(v) __builtin_convertvector(v, sl_i32x4) /* truncates */

/* a where the mask of a comparison is set, else b; both of the type of a. */
#define SL_SELECT(mask, a, b, mask_type)                                                           \
    ((__typeof__(a))(((mask) & (mask_type)(a)) | (~(mask) & (mask_type)(b))))

/* Into both versions of what calls it. */
#define SL_INLINE static inline __attribute__((always_inline))

SL_INLINE sl_f32x4 sl_load_f32(const float *from)
{
    sl_f32x4 v;
    memcpy(&v, from, sizeof(v));
    return v;
}

SL_INLINE sl_i32x4 sl_load_i32(const int32_t *from)
{
    sl_i32x4 v;
    memcpy(&v, from, sizeof(v));
    return v;
}

SL_INLINE void sl_store_i32(int32_t *to, sl_i32x4 v)
{
    memcpy(to, &v, sizeof(v));
}

/* Denormals to zero. */
SL_INLINE sl_f32x4 sl_flush(sl_f32x4 x)
{
    sl_i32x4 bits = (sl_i32x4)x;
    return (sl_f32x4)(bits & ((bits & 0x7F800000) != 0));
}

#endif
