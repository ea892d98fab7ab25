/*
 * Conversions against their definition in exact arithmetic: a float is an integer times a power of
 * two, so "nearest step, halves upwards" is an integer comparison.
 */
#include "render/convert.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(render_convert);

/* The nearest step of value in (0, 1), halves up, with 128-bit integers. */
static uint32_t nearest(uint32_t bits_of_value, unsigned bits)
{
    uint32_t exponent = bits_of_value >> 23;
    uint32_t fraction = bits_of_value & 0x7FFFFF;
    uint64_t significand = exponent ? fraction | 0x800000 : fraction;
    int shift = 149 - (exponent ? (int)exponent - 1 : 0); /* value = significand / 2^shift */
    uint64_t max = (UINT64_C(1) << bits) - 1;
    uint64_t scaled = significand * max; /* below 2^48 */
    if (shift >= 63) {
        return 0;
    }
    return (uint32_t)((scaled + (UINT64_C(1) << (shift - 1))) >> shift);
}

Test(render_convert, unorm_is_the_nearest_step)
{
    static const unsigned widths[] = {1, 5, 6, 8, 10, 16, 24};
    for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
        for (uint32_t bits = 1; bits < 0x3F800000; bits += 4099) {
            cr_assert_eq(sl_f32_to_unorm(sl_f32_from_bits(bits), widths[w]),
                         nearest(bits, widths[w]), "width %u, float 0x%08x", widths[w], bits);
        }
    }
}

/* Just below and at every half step of the stored formats, where rounding decides. */
Test(render_convert, unorm_at_every_boundary)
{
    static const unsigned widths[] = {1, 5, 6, 8, 16, 24};
    for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
        uint32_t max = (UINT32_C(1) << widths[w]) - 1;
        for (uint32_t k = 1; k <= max; k += 1 + max / 70000) {
            uint32_t bits = sl_f32_to_bits((float)((k - 0.5) / max));
            for (uint32_t near = bits - 2; near <= bits + 2 && near < 0x3F800000; near++) {
                uint32_t is = sl_f32_to_unorm(sl_f32_from_bits(near), widths[w]);
                if (is != nearest(near, widths[w])) {
                    cr_assert_fail("width %u, 0x%08x is %u", widths[w], near, is);
                }
            }
        }
    }
}

Test(render_convert, what_is_no_number_between_0_and_1)
{
    static const struct {
        uint32_t bits;
        uint32_t unorm8;
        uint32_t saturated;
    } cases[] = {
        {0x00000000, 0, 0},
        {0x80000000, 0, 0},
        {0xBF800000, 0, 0},
        {0x3F800000, 255, 0x3F800000},
        {0x40000000, 255, 0x3F800000},
        {0x7F800000, 255, 0x3F800000},
        {0xFF800000, 0, 0},
        {0x7FC00000, 0, 0},
        {0xFFC00001, 0, 0},
        {0x00000001, 0, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        float value = sl_f32_from_bits(cases[i].bits);
        cr_assert_eq(sl_f32_to_unorm(value, 8), cases[i].unorm8, "0x%08x", cases[i].bits);
        cr_assert_eq(sl_f32_to_srgb8(value), cases[i].unorm8, "0x%08x", cases[i].bits);
        cr_assert_eq(sl_f32_to_bits(sl_f32_saturate(value)), cases[i].saturated, "0x%08x",
                     cases[i].bits);
    }
}

Test(render_convert, known_values)
{
    cr_assert_eq(sl_f32_to_unorm(0.5f, 8), 128);
    cr_assert_eq(sl_f32_to_unorm(0.5f, 5), 16);
    cr_assert_eq(sl_f32_to_unorm(0.5f, 6), 32);
    cr_assert_eq(sl_f32_to_unorm(0.5f, 24), 0x800000);
    cr_assert_eq(sl_f32_to_unorm(0.25f, 8), 64);
    cr_assert_eq(sl_f32_to_srgb8(0.5f), 188);
}

/* The encoding formula of IEC 61966-2-1 in double precision; ties are never met that closely. */
Test(render_convert, srgb_follows_the_formula)
{
    for (uint32_t bits = 0x38000000; bits < 0x3F800000; bits += 1013) {
        double linear = (double)sl_f32_from_bits(bits);
        double encoded =
            linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
        double scaled = encoded * 255.0 + 0.5;
        if (fabs(scaled - floor(scaled + 0.5)) > 1e-6) {
            cr_assert_eq(sl_f32_to_srgb8((float)linear), (int)scaled, "0x%08x", bits);
        }
    }
}

/* Threshold k is the smallest float whose encoding is at least k - 0.5 steps. */
Test(render_convert, srgb_thresholds)
{
    for (int k = 1; k <= 255; k++) {
        double encoded = (k - 0.5) / 255.0;
        double linear = encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4);
        float threshold = (float)linear;
        while ((double)threshold < linear) {
            threshold = nextafterf(threshold, 1.0f);
        }
        while ((double)nextafterf(threshold, 0.0f) >= linear) {
            threshold = nextafterf(threshold, 0.0f);
        }
        cr_assert_eq(sl_f32_to_srgb8(threshold), k);
        cr_assert_eq(sl_f32_to_srgb8(nextafterf(threshold, 0.0f)), k - 1);
    }
}
