/*
 * Coefficients of the transcendental functions, lowest power first. They define results to the bit
 * and never change (docs/numerics.md, "Transcendental functions").
 */
#ifndef SL_RENDER_F32_COEFFICIENTS_H
#define SL_RENDER_F32_COEFFICIENTS_H

#define SL_EXP2_DEGREE 13
#define SL_LOG2_DEGREE 11
#define SL_SINE_DEGREE 8

/* (ln 2)^k / k! */
static const double sl_exp2_coefficients[SL_EXP2_DEGREE + 1] = {
    0x1p+0,
    0x1.62e42fefa39efp-1,
    0x1.ebfbdff82c58fp-3,
    0x1.c6b08d704a0cp-5,
    0x1.3b2ab6fba4e77p-7,
    0x1.5d87fe78a6731p-10,
    0x1.430912f86c787p-13,
    0x1.ffcbfc588b0c7p-17,
    0x1.62c0223a5c824p-20,
    0x1.b5253d395e7c4p-24,
    0x1.e4cf5158b8ecap-28,
    0x1.e8cac7351bb25p-32,
    0x1.c3bd650fc2986p-36,
    0x1.816193166d0f9p-40,
};

/* 2 / (ln 2 * (2 j + 1)), in z = s^2 */
static const double sl_log2_coefficients[SL_LOG2_DEGREE + 1] = {
    0x1.71547652b82fep+1, 0x1.ec709dc3a03fdp-1, 0x1.2776c50ef9bfep-1, 0x1.a61762a7aded9p-2,
    0x1.484b13d7c02a9p-2, 0x1.0c9a84994022dp-2, 0x1.c68f568d3176p-3,  0x1.89f3b1694cffep-3,
    0x1.5b9ac9b743f0dp-3, 0x1.3703c1f4d0ffep-3, 0x1.1964ec6fc9491p-3, 0x1.00ecd7e080215p-3,
};

/* Fractions above this count as halves of themselves, with the next exponent: sqrt(2). */
#define SL_LOG2_SPLIT 0x3504F3u

/* Taylor, in z = r^2; the sine is multiplied by r. */
static const double sl_sine_coefficients[SL_SINE_DEGREE + 1] = {
    0x1p+0,
    -0x1.5555555555555p-3,
    0x1.1111111111111p-7,
    -0x1.a01a01a01a01ap-13,
    0x1.71de3a556c734p-19,
    -0x1.ae64567f544e4p-26,
    0x1.6124613a86d09p-33,
    -0x1.ae7f3e733b81fp-41,
    0x1.952c77030ad4ap-49,
};
static const double sl_cosine_coefficients[SL_SINE_DEGREE + 1] = {
    0x1p+0,
    -0x1p-1,
    0x1.5555555555555p-5,
    -0x1.6c16c16c16c17p-10,
    0x1.a01a01a01a01ap-16,
    -0x1.27e4fb7789f5cp-22,
    0x1.1eed8eff8d898p-29,
    -0x1.93974a8c07c9dp-37,
    0x1.ae7f3e733b81fp-45,
};

/* pi / 2 in three parts */
static const double sl_half_pi_parts[3] = {
    0x1.921fbp+0,
    0x1.5110bp-22,
    0x1.18469898cc517p-44,
};

#define SL_TWO_OVER_PI 0x1.45f306dc9c883p-1

#endif
