/*
 * The kernels. A file that includes this defines SL_BYTES_VECTOR, the size of a vector, and
 * SL_BYTES_TABLE, the name of the table; has its compiler aim at a machine with such vectors; and
 * for vectors of more than 16 bytes at one with fused multiplication and addition.
 */
#include "render/byte_channels.h"

#include <string.h>

#if SL_BYTES_VECTOR > 16
#include <immintrin.h>
#endif

#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#define INLINE static inline __attribute__((always_inline))
#define WIDTH (SL_BYTES_VECTOR / 4u)

typedef float vf __attribute__((vector_size(SL_BYTES_VECTOR)));
typedef int32_t vi __attribute__((vector_size(SL_BYTES_VECTOR)));
typedef uint32_t vu __attribute__((vector_size(SL_BYTES_VECTOR)));

/* To [0, 1], NaN to 0. The constants come second: an instruction gives its second operand for NaN.
 */
INLINE vf saturate(vf x)
{
    const vf zero = {0}, one = zero + 1.0F;
#if SL_BYTES_VECTOR == 32
    return (vf)_mm256_min_ps(_mm256_max_ps((__m256)x, (__m256)zero), (__m256)one);
#elif SL_BYTES_VECTOR == 64
    return (vf)_mm512_min_ps(_mm512_max_ps((__m512)x, (__m512)zero), (__m512)one);
#else
    vi bits = (vi)x & (x > zero);
    vi over = bits > (vi)one;
    return (vf)((bits & ~over) | ((vi)one & over));
#endif
}

/*
 * Nearest integers of x * 255 for x in [0, 1], on top of CODE_BASE. Of all products only that of
 * 1/2 is halfway between two integers, 127 and 128, where the even one is the upper one, too; so
 * what matters is that nothing is rounded before. Added to 1.5 * 2^23 the sum's last bit counts
 * ones: a fused operation rounds the exact product to an integer. Without it the product is exact
 * in binary64, and 1.5 * 2^52 does the same there.
 */
#if SL_BYTES_VECTOR > 16
#define CODE_BASE 0x4B400000U /* 1.5 * 2^23 */
#else
#define CODE_BASE 0U /* the low half of 1.5 * 2^52 */
#endif

INLINE vi nearest_codes(vf x)
{
#if SL_BYTES_VECTOR == 32
    return (vi)_mm256_fmadd_ps((__m256)x, _mm256_set1_ps(255.0F), _mm256_set1_ps(12582912.0F));
#elif SL_BYTES_VECTOR == 64
    return (vi)_mm512_fmadd_ps((__m512)x, _mm512_set1_ps(255.0F), _mm512_set1_ps(12582912.0F));
#else
    typedef double vd __attribute__((vector_size(2 * SL_BYTES_VECTOR)));
    typedef int64_t vl __attribute__((vector_size(2 * SL_BYTES_VECTOR)));
    vd sum = __builtin_convertvector(x, vd) * 255.0 + 6755399441055744.0;
    return __builtin_convertvector((vl)sum, vi);
#endif
}

/* The codes of one channel, where they belong. */
INLINE vu codes_at(const float *channel, unsigned lane, uint32_t shift)
{
    vf value;
    memcpy(&value, channel + lane, sizeof(value));
    return (vu)nearest_codes(saturate(value)) << shift;
}

/* Codes are added up; what came with them is taken away at once. */
static void pack(const struct sl_byte_packing *packing, uint32_t raw[SL_LANES])
{
    const float *red = packing->channels[0], *green = packing->channels[1];
    const float *blue = packing->channels[2], *alpha = packing->channels[3];
    const uint8_t *shifts = packing->shifts;
    uint32_t r = shifts[0], g = shifts[1], b = shifts[2], a = shifts[3];
    uint32_t keep = packing->keep, ones = packing->ones;
    uint32_t bases = (CODE_BASE << r) + (CODE_BASE << g) + (CODE_BASE << b) + (CODE_BASE << a);
    for (unsigned lane = 0; lane < SL_LANES; lane += WIDTH) {
        vu texels;
        memcpy(&texels, raw + lane, sizeof(texels));
        vu codes = (codes_at(red, lane, r) + codes_at(green, lane, g)) +
                   (codes_at(blue, lane, b) + codes_at(alpha, lane, a)) - bases;
        texels = (texels & keep) | ones | codes;
        memcpy(raw + lane, &texels, sizeof(texels));
    }
}

static void unpack(const uint32_t raw[SL_LANES], unsigned shift, float out[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane += WIDTH) {
        vi codes;
        memcpy(&codes, raw + lane, sizeof(codes));
        codes = codes >> (int32_t)shift & 0xFF;
        vf value = __builtin_convertvector(codes, vf) / 255.0F;
        memcpy(out + lane, &value, sizeof(value));
    }
}

const struct sl_byte_kernels SL_BYTES_TABLE = {pack, unpack};
