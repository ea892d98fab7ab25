/* The kernels of 8-bit channels against the rule, every form that this machine can run. */
#include "render/byte_channels.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(render_byte_channels);

static const float zeros[SL_LANES];

/* Fills in the forms; gives how many. */
static unsigned find_kernels(const struct sl_byte_kernels *kernels[3])
{
    unsigned count = 0;
    kernels[count++] = &sl_byte_kernels_base;
#if SL_BYTE_KERNELS_WIDE
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        kernels[count++] = &sl_byte_kernels_avx2;
    }
    if (__builtin_cpu_supports("avx512f")) {
        kernels[count++] = &sl_byte_kernels_avx512;
    }
#endif
    return count;
}

/* In binary64 the product and the sum are exact for everything in [2^-12, 1]. */
static uint32_t code_of(float value)
{
    return value >= 1 ? 255 : value > 0x1p-12F ? (uint32_t)((double)value * 255.0 + 0.5) : 0;
}

static void assert_codes(const float values[SL_LANES])
{
    const struct sl_byte_kernels *kernels[3];
    unsigned count = find_kernels(kernels);
    struct sl_byte_packing packing = {
        .channels = {zeros, values, zeros, zeros},
        .shifts = {0, 16, 0, 0},
        .keep = 0xFF00FFFF,
        .ones = 0x80000000,
    };
    for (unsigned k = 0; k < count; k++) {
        uint32_t raw[SL_LANES];
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            raw[lane] = 0x00FF1234;
        }
        kernels[k]->pack(&packing, raw);
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            cr_assert_eq(raw[lane], 0x80001234 | code_of(values[lane]) << 16, "form %u, %a", k,
                         (double)values[lane]);
        }
    }
}

/* The floats next to every value that lies halfway between two codes, on both sides. */
Test(render_byte_channels, around_every_tie)
{
    for (unsigned code = 0; code < 255; code++) {
        float values[SL_LANES];
        float value = (2.0F * (float)code + 1.0F) / 510.0F;
        for (unsigned i = 0; i < SL_LANES / 2; i++) {
            value = nextafterf(value, 0.0F);
        }
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            values[lane] = value;
            value = nextafterf(value, 2.0F);
        }
        assert_codes(values);
    }
}

/* Floats of all sizes, and what is no number. */
Test(render_byte_channels, everywhere)
{
    for (uint32_t bits = 0; bits < 0xFFF00000; bits += 0x000FFFF1 / 4) {
        float values[SL_LANES];
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            uint32_t word = bits + lane * 4093;
            memcpy(&values[lane], &word, sizeof(word));
        }
        assert_codes(values);
    }
}

Test(render_byte_channels, four_channels_at_once)
{
    const struct sl_byte_kernels *kernels[3];
    unsigned count = find_kernels(kernels);
    float values[4][SL_LANES];
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        for (unsigned i = 0; i < 4; i++) {
            values[i][lane] = (float)(lane * 4 + i) / 255.0F;
        }
    }
    struct sl_byte_packing packing = {
        .channels = {values[0], values[1], values[2], values[3]},
        .shifts = {16, 8, 0, 24},
    };
    for (unsigned k = 0; k < count; k++) {
        uint32_t raw[SL_LANES] = {0};
        kernels[k]->pack(&packing, raw);
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            uint32_t first = lane * 4;
            uint32_t expected = first << 16 | (first + 1) << 8 | (first + 2) | (first + 3) << 24;
            cr_assert_eq(raw[lane], expected);
        }
    }
}

Test(render_byte_channels, every_code_and_shift)
{
    const struct sl_byte_kernels *kernels[3];
    unsigned count = find_kernels(kernels);
    for (unsigned n = 0; n < count * 4 * 4; n++) {
        unsigned shift = n / 4 % 4 * 8;
        uint32_t raw[SL_LANES];
        float out[SL_LANES];
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            uint32_t code = n % 4 * 64 + lane;
            raw[lane] = code << shift | (0xA5A5A5A5 & ~(UINT32_C(0xFF) << shift));
        }
        kernels[n / 16]->unpack(raw, shift, out);
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            float expected = (float)(n % 4 * 64 + lane) / 255.0F;
            cr_assert(memcmp(&out[lane], &expected, sizeof(expected)) == 0);
        }
    }
}
