/*
 * Conversions between floats and stored channels, exact to the bit on every machine
 * (docs/numerics.md). A float is passed as what it is; where a command carries its bits,
 * sl_f32_from_bits() makes one.
 */
#ifndef SL_RENDER_CONVERT_H
#define SL_RENDER_CONVERT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline float sl_f32_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline uint32_t sl_f32_to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/*
 * Nearest of the 2^bits - 1 steps of [0, 1], halves upwards. bits is 1..24. NaN and everything not
 * above 0 give 0, everything from 1 gives the largest value.
 */
uint32_t sl_f32_to_unorm(float value, unsigned bits);

/* Linear light to an 8-bit sRGB code, by thresholds; NaN gives 0. */
uint8_t sl_f32_to_srgb8(float value);
void sl_f32s_to_srgb8(const float *values, size_t count, uint8_t *codes);

/* code / (2^bits - 1), rounded once; bits is 1..24 and code has no more of them. */
float sl_unorm_to_f32(uint32_t code, unsigned bits);

/* Linear light of each 8-bit sRGB code. */
extern const float sl_srgb8_linear[256];

static inline float sl_srgb8_to_f32(uint8_t code)
{
    return sl_srgb8_linear[code];
}

/* Clamped to [0, 1]; NaN and -0 give +0. */
float sl_f32_saturate(float value);

#endif
