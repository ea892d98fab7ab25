/*
 * Binary32 arithmetic of programs, as docs/numerics.md ("Program arithmetic") defines it: operands
 * that are denormal count as zero of their sign, results that are denormal become zero of their
 * sign, a NaN result is always 0x7FC00000. These are the reference forms on single values; vector
 * code elsewhere is held against them.
 */
#ifndef SL_RENDER_F32_MATH_H
#define SL_RENDER_F32_MATH_H

#include <stdbool.h>
#include <stdint.h>

#define SL_F32_NAN_BITS UINT32_C(0x7FC00000)

/* A denormal becomes zero of its sign; everything else is left alone. */
float sl_f32_daz(float x);

/* What every result passes through: canonical NaN, denormals to zero. */
float sl_f32_fin(float x);

float sl_f32_add(float a, float b);
float sl_f32_mul(float a, float b);
float sl_f32_div(float a, float b);
float sl_f32_mad(float a, float b, float c); /* two roundings */
float sl_f32_min(float a, float b);          /* the other operand of a NaN; -0 < +0 */
float sl_f32_max(float a, float b);
float sl_f32_sat(float x);
float sl_f32_frc(float x);
float sl_f32_round_ne(float x);
float sl_f32_round_ni(float x);
float sl_f32_round_pi(float x);
float sl_f32_round_z(float x);
float sl_f32_rcp(float x);
float sl_f32_sqrt(float x);
float sl_f32_rsq(float x);
float sl_f32_exp2(float x);
float sl_f32_log2(float x);
float sl_f32_pow(float a, float b); /* |a|^b */
float sl_f32_sin(float x);
float sl_f32_cos(float x);

bool sl_f32_eq(float a, float b); /* denormals are zero */
bool sl_f32_lt(float a, float b);
bool sl_f32_ge(float a, float b);
bool sl_f32_ne(float a, float b); /* true for NaN */

int32_t sl_f32_to_i32(float x); /* truncates; NaN 0; saturates */
uint32_t sl_f32_to_u32(float x);
float sl_f16_to_f32(uint16_t half); /* exact, denormals kept, NaN canonical */
uint16_t sl_f32_to_f16(float x);    /* toward zero; overflow gives the largest finite */

/* log2 of a positive normal number in binary64, before the last rounding; the LOD formula uses it.
 */
double sl_f32_log2_wide(float x);

#endif
