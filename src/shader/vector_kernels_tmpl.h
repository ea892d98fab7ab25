/*
 * The kernels. A file that includes this defines SL_VECTOR_BYTES, the size of a vector, and
 * SL_VECTOR_TABLE, the name of the table of functions; and has its compiler aim at a machine with
 * such vectors. Floats are handled as render/f32_math.h and its transcendental functions do.
 */
#include "render/f32_coefficients.h"
#include "shader/vector_kernels.h"

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* Vectors are passed between functions that are one when compiled; no calling convention matters.
 */
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#define INLINE static inline __attribute__((always_inline))

#define WIDTH (SL_VECTOR_BYTES / 4u)
#define HALF (SL_VECTOR_BYTES / 8u)

/* Floats; their bits, as unsigned and as signed numbers; masks of comparisons are signed. */
typedef float vf __attribute__((vector_size(SL_VECTOR_BYTES)));
typedef uint32_t vu __attribute__((vector_size(SL_VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(SL_VECTOR_BYTES)));

/* As many doubles, and the floats that they come from. */
typedef double vd __attribute__((vector_size(SL_VECTOR_BYTES)));
typedef int64_t vl __attribute__((vector_size(SL_VECTOR_BYTES)));
typedef float hf __attribute__((vector_size(SL_VECTOR_BYTES / 2)));
typedef int32_t hi __attribute__((vector_size(SL_VECTOR_BYTES / 2)));

#define MAGNITUDE 0x7FFFFFFF
#define EXPONENT 0x7F800000
#define NAN_BITS 0x7FC00000

/* ---- memory ---- */

INLINE vf load(const uint32_t *from)
{
    vf value;
    memcpy(&value, from, sizeof(value));
    return value;
}

INLINE vi load_bits(const uint32_t *from)
{
    vi value;
    memcpy(&value, from, sizeof(value));
    return value;
}

INLINE hi load_half(const uint32_t *from)
{
    hi value;
    memcpy(&value, from, sizeof(value));
    return value;
}

INLINE void store(uint32_t *to, vf value)
{
    memcpy(to, &value, sizeof(value));
}

INLINE void store_bits(uint32_t *to, vi value)
{
    memcpy(to, &value, sizeof(value));
}

INLINE void store_half(uint32_t *to, hf value)
{
    memcpy(to, &value, sizeof(value));
}

/* ---- the rules of floats ---- */

INLINE vi pick_bits(vi mask, vi a, vi b)
{
    return (mask & a) | (~mask & b);
}

INLINE vf pick(vi mask, vf a, vf b)
{
    return (vf)pick_bits(mask, (vi)a, (vi)b);
}

/* Where the exponent is zero only the sign stays. */
INLINE vf daz(vf x)
{
    vi denormal = ((vi)x & EXPONENT) == 0;
    return (vf)((vu)x & ~((vu)denormal >> 1));
}

INLINE vf fin(vf x)
{
    vi bits = (vi)daz(x);
    return (vf)pick_bits(x != x, (vi){0} + NAN_BITS, bits);
}

INLINE vf with_sign_of(vf magnitude, vf sign)
{
    return (vf)(((vi)magnitude & MAGNITUDE) | ((vi)sign & ~MAGNITUDE));
}

INLINE vf minimum(vf a, vf b)
{
    vi first = (a < b) | (b != b) | ((a == b) & (vi)((vi)a >> 31));
    return pick(first, a, b);
}

INLINE vf maximum(vf a, vf b)
{
    vi first = (a > b) | (b != b) | ((a == b) & (vi)((vi)b >> 31));
    return pick(first, a, b);
}

/* Ties to even; from 2^23 on, and for NaN, x itself. */
INLINE vf nearest(vf x)
{
    vf magnitude = (vf)((vi)x & MAGNITUDE);
    vf sum = magnitude + 0x1p23f;
    vf rounded = with_sign_of(sum - 0x1p23f, x);
    return pick(magnitude < 0x1p23f, rounded, x);
}

INLINE vf round_down(vf x)
{
#if SL_VECTOR_BYTES == 32 && defined(__AVX__)
    return (vf)_mm256_floor_ps((__m256)x);
#elif SL_VECTOR_BYTES == 64 && defined(__AVX512F__)
    return (vf)_mm512_floor_ps((__m512)x);
#else
    vf rounded = nearest(x);
    return with_sign_of(pick(rounded > x, rounded - 1.0f, rounded), x);
#endif
}

INLINE vf fraction(vf x)
{
    vf difference = x - round_down(x);
    return pick(difference >= 1.0f, (vf){0} + 0x1.fffffep-1f, difference);
}

INLINE vf square_root(vf x)
{
#if SL_VECTOR_BYTES == 16 && defined(__SSE2__)
    return (vf)_mm_sqrt_ps((__m128)x);
#elif SL_VECTOR_BYTES == 32 && defined(__AVX__)
    return (vf)_mm256_sqrt_ps((__m256)x);
#elif SL_VECTOR_BYTES == 64 && defined(__AVX512F__)
    return (vf)_mm512_sqrt_ps((__m512)x);
#else
    for (unsigned i = 0; i < WIDTH; i++) {
        x[i] = __builtin_sqrtf(x[i]);
    }
    return x;
#endif
}

/* ---- binary64 ---- */

INLINE vd widen(hf x)
{
    return __builtin_convertvector(x, vd);
}

INLINE hi narrow_bits(vl x)
{
    return __builtin_convertvector(x, hi);
}

INLINE vd choose(vl mask, vd a, vd b)
{
    return (vd)((mask & (vl)a) | (~mask & (vl)b));
}

INLINE hf choose_half(hi mask, hf a, hf b)
{
    return (hf)((mask & (hi)a) | (~mask & (hi)b));
}

INLINE hf fill_half(float value)
{
    return (hf){0} + value;
}

INLINE hf half_of_bits(uint32_t bits)
{
    return (hf)((hi){0} + (int32_t)bits);
}

INLINE hi is_half_nan(hf x)
{
    return x != x;
}

INLINE hf daz_half(hi bits)
{
    hi normal = (bits & EXPONENT) != 0;
    return (hf)(bits & (normal | ~MAGNITUDE));
}

/*
 * To the nearest float. What is below the smallest normal one even when rounded becomes zero before
 * the conversion, which raises no flag of underflow then.
 */
INLINE hf round_half(vd x)
{
    vd magnitude = (vd)((vl)x & INT64_MAX);
    vl small = magnitude < 0x1.ffffffp-127;
    vd kept = (vd)((vl)x & (~small | INT64_MIN));
    return __builtin_convertvector(kept, hf);
}

INLINE vd square_root_wide(vd x)
{
#if SL_VECTOR_BYTES == 16 && defined(__SSE2__)
    return (vd)_mm_sqrt_pd((__m128d)x);
#elif SL_VECTOR_BYTES == 32 && defined(__AVX__)
    return (vd)_mm256_sqrt_pd((__m256d)x);
#elif SL_VECTOR_BYTES == 64 && defined(__AVX512F__)
    return (vd)_mm512_sqrt_pd((__m512d)x);
#else
    for (unsigned i = 0; i < HALF; i++) {
        x[i] = __builtin_sqrt(x[i]);
    }
    return x;
#endif
}

/* 1.5 * 2^52: beside it there is no room for bits below one, and the low bits are an integer. */
#define MAGIC 0x1.8p52

INLINE vl magic_integer(vd sum)
{
    return (vl)sum - (vl)((vd){0} + MAGIC);
}

INLINE vd exp2_wide(vd t)
{
    t = choose(t < -300.0, (vd){0} - 300.0, t);
    t = choose(t > 300.0, (vd){0} + 300.0, t);
    vd sum = t + MAGIC;
    vd f = t - (sum - MAGIC);
    vd p = (vd){0} + sl_exp2_coefficients[SL_EXP2_DEGREE];
#pragma GCC unroll 13
    for (int i = SL_EXP2_DEGREE - 1; i >= 0; i--) {
        p = p * f + sl_exp2_coefficients[i];
    }
    return p * (vd)((magic_integer(sum) + 1023) << 52);
}

/* Of positive normal floats. */
INLINE vd log2_wide(hi bits)
{
    hi fraction_bits = bits & 0x7FFFFF;
    hi upper = fraction_bits > (int32_t)SL_LOG2_SPLIT;
    hi exponent = (bits >> 23) - 127 - upper;
    vd m = widen((hf)(fraction_bits | (0x3F800000 + (upper & -0x800000))));
    vd s = (m - 1.0) / (m + 1.0);
    vd z = s * s;
    vd p = (vd){0} + sl_log2_coefficients[SL_LOG2_DEGREE];
#pragma GCC unroll 11
    for (int i = SL_LOG2_DEGREE - 1; i >= 0; i--) {
        p = p * z + sl_log2_coefficients[i];
    }
    return __builtin_convertvector(exponent, vd) + s * p;
}

INLINE hf exp2_half(hi in)
{
    hf x = daz_half(in);
    hi finite = ((hi)x & MAGNITUDE) < EXPONENT;
    hf result = round_half(exp2_wide(widen(choose_half(finite, x, fill_half(0.0f)))));
    result = choose_half((hi)x == EXPONENT, x, result);
    result = choose_half((hi)x == (hi)half_of_bits(0xFF800000), fill_half(0.0f), result);
    return choose_half(is_half_nan(x), half_of_bits(NAN_BITS), result);
}

INLINE hf log2_half(hi in)
{
    hf x = daz_half(in);
    hi usable = ((hi)x > 0) & ((hi)x < EXPONENT);
    hf result = round_half(log2_wide((hi)choose_half(usable, x, fill_half(1.0f))));
    result = choose_half((hi)x == EXPONENT, x, result);
    result = choose_half((x < 0.0f) | is_half_nan(x), half_of_bits(NAN_BITS), result);
    return choose_half(x == 0.0f, half_of_bits(0xFF800000), result);
}

INLINE hf rsq_half(hi in)
{
    hf x = daz_half(in);
    hi usable = (hi)x > 0;
    vd root = square_root_wide(widen(choose_half(usable, x, fill_half(1.0f))));
    hf result = __builtin_convertvector(1.0 / root, hf);
    hi infinite = EXPONENT | ((hi)x & ~MAGNITUDE);
    result = choose_half((x < 0.0f) | is_half_nan(x), half_of_bits(NAN_BITS), result);
    return choose_half(x == 0.0f, (hf)infinite, result);
}

/* 1/sqrt to 11 bits and more, of positive normal numbers. Machines differ in the bits after. */
INLINE hf rsq_estimate_half(hf x)
{
#if SL_VECTOR_BYTES == 32 && defined(__AVX__)
    return (hf)_mm_rsqrt_ps((__m128)x);
#elif SL_VECTOR_BYTES == 64 && defined(__AVX512VL__)
    return (hf)_mm256_rsqrt14_ps((__m256)x);
#else
    /* From the exponent, and a step of Newton's method with coefficients that balance its error. */
    hf y = (hf)(0x5F1FFFF9 - ((hi)x >> 1));
    return y * (0x1.686c6ep-1f * (0x1.31d2c4p+1f - x * y * y));
#endif
}

/*
 * The same for positive normal numbers, without binary64's root and quotient: a step of Newton's
 * method gives y with an error e = 1 - x * y * y below 2^-19; then y * (1 + e/2 + 3e^2/8), of the
 * series of 1/sqrt(1 - e), in binary64. The result is off by 1.5 * 2^-53 of it at most, as is that
 * of a root and a quotient. Both round to the same float whatever the estimate was, since no float
 * has a reciprocal root nearer than 2^-51.75 of it to a value halfway between two floats.
 */
INLINE hf rsq_normal_half(hi bits)
{
    hf x = (hf)bits;
    hf y = rsq_estimate_half(x);
    y = y * 0.5f * (3.0f - x * y * y);
    vd wide = widen(y);
    vd e = 1.0 - widen(x) * (wide * wide);
    vd result = wide + wide * e * (0.5 + 0.375 * e);
    return __builtin_convertvector(result, hf);
}

/* The order is that of sl_f32_pow(), from its end to its start. */
INLINE hf pow_half(hi base, hi exponent)
{
    hf a = (hf)((hi)daz_half(base) & MAGNITUDE);
    hf b = daz_half(exponent);
    hi a_usable = ((hi)a > 0) & ((hi)a < EXPONENT);
    hi b_usable = ((hi)b & MAGNITUDE) < EXPONENT;
    vd logarithm = log2_wide((hi)choose_half(a_usable, a, fill_half(1.0f)));
    vd product = widen(choose_half(b_usable, b, fill_half(0.0f))) * logarithm;
    hf result = round_half(exp2_wide(product));
    hi same = (a > 1.0f) == (b > 0.0f);
    hf limit = choose_half(same, half_of_bits(EXPONENT), fill_half(0.0f));
    hf infinite = choose_half(a == 1.0f, fill_half(1.0f), limit);
    result = choose_half(b_usable, result, infinite);
    result = choose_half(a_usable, result, limit);
    result = choose_half(is_half_nan(a) | is_half_nan(b), half_of_bits(NAN_BITS), result);
    return choose_half(b == 0.0f, fill_half(1.0f), result);
}

/* Quarter turns, and sine and cosine of the rest, for |x| <= 2^30. */
struct turn {
    vl quarters;
    vd sine;
    vd cosine;
};

INLINE struct turn turn_of(vd v)
{
    vd sum = v * SL_TWO_OVER_PI + MAGIC;
    vd k = sum - MAGIC;
    vd r = v - k * sl_half_pi_parts[0];
    r = r - k * sl_half_pi_parts[1];
    r = r - k * sl_half_pi_parts[2];
    vd z = r * r;
    vd s = (vd){0} + sl_sine_coefficients[SL_SINE_DEGREE];
    vd c = (vd){0} + sl_cosine_coefficients[SL_SINE_DEGREE];
#pragma GCC unroll 8
    for (int i = SL_SINE_DEGREE - 1; i >= 0; i--) {
        s = s * z + sl_sine_coefficients[i];
        c = c * z + sl_cosine_coefficients[i];
    }
    return (struct turn){magic_integer(sum), s * r, c};
}

/* The cosine is the sine a quarter turn on. */
INLINE hf sine_half(hf x, int64_t quarters_on)
{
    hi usable = ((hi)x & MAGNITUDE) <= 0x4E800000;
    struct turn turn = turn_of(widen(choose_half(usable, x, fill_half(0.0f))));
    vl quarters = turn.quarters + quarters_on;
    vd value = choose((quarters & 1) == 0, turn.sine, turn.cosine);
    value = (vd)((vl)value ^ ((quarters & 2) << 62));
    return round_half(value);
}

INLINE hf sin_half(hi in)
{
    hf x = daz_half(in);
    hi large = ((hi)x & MAGNITUDE) > 0x4E800000;
    hi special = large | (x == 0.0f);
    hf result = choose_half(special, (hf)((hi)x & ~MAGNITUDE), sine_half(x, 0));
    return choose_half(((hi)x & MAGNITUDE) >= EXPONENT, half_of_bits(NAN_BITS), result);
}

INLINE hf cos_half(hi in)
{
    hf x = daz_half(in);
    hi large = ((hi)x & MAGNITUDE) > 0x4E800000;
    hf result = choose_half(large | (x == 0.0f), fill_half(1.0f), sine_half(x, 1));
    return choose_half(((hi)x & MAGNITUDE) >= EXPONENT, half_of_bits(NAN_BITS), result);
}

/* ---- conversions ---- */

INLINE vi to_signed(vf x)
{
    vi inside = (x > -0x1p31f) & (x < 0x1p31f);
    vi result = __builtin_convertvector((vf)((vi)x & inside), vi);
    result = pick_bits(x >= 0x1p31f, (vi){0} + INT32_MAX, result);
    return pick_bits(x <= -0x1p31f, (vi){0} + INT32_MIN, result);
}

INLINE vi to_unsigned(vf x)
{
    vi upper = x >= 0x1p31f;
    vf lower = pick(upper, x - 0x1p31f, x);
    vi inside = (lower > 0.0f) & (lower < 0x1p31f);
    vi result = __builtin_convertvector((vf)((vi)lower & inside), vi);
    result ^= upper & INT32_MIN;
    return result | (vi)(x >= 0x1p32f);
}

/* Both halves are exact, so that their sum is the only rounding. */
INLINE vf from_unsigned(vu x)
{
    vf high = __builtin_convertvector((vi)(x >> 16), vf);
    vf low = __builtin_convertvector((vi)(x & 0xFFFF), vf);
    return high * 0x1p16f + low;
}

/* ---- kernels ---- */

/* Places do not overlap but where they are the same; operands are read before results are stored.
 */
#define OPERANDS(step)                                                                             \
    const uint32_t *const a = (step)->src[0];                                                      \
    const uint32_t *const b = (step)->src[1];                                                      \
    const uint32_t *const c = (step)->src[2];                                                      \
    const uint32_t *const d = (step)->src[3];                                                      \
    const uint32_t *const e = (step)->src[4];                                                      \
    const uint32_t *const f = (step)->src[5];                                                      \
    const uint32_t *const g = (step)->src[6];                                                      \
    const uint32_t *const h = (step)->src[7];                                                      \
    const uint32_t *const k = (step)->src[8];                                                      \
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h, (void)k

#define PRAGMA(text) _Pragma(#text)
#define EACH_VECTOR PRAGMA(GCC unroll 16) for (unsigned i = 0; i < SL_LANES; i += WIDTH)
#define EACH_HALF PRAGMA(GCC unroll 2) for (unsigned i = 0; i < SL_LANES; i += HALF)

/* A kernel: what is stored for the operands at [i]. */
#define KERNEL(name, each, put, value)                                                             \
    static void name(const struct sl_vector_step *step, uint32_t *dst)                             \
    {                                                                                              \
        OPERANDS(step);                                                                            \
        each                                                                                       \
        {                                                                                          \
            put(dst + i, value);                                                                   \
        }                                                                                          \
    }

#define FLOAT(x) load((x) + i)
#define FLUSHED(x) daz(load((x) + i))
#define BITS(x) load_bits((x) + i)
#define UBITS(x) ((vu)load_bits((x) + i))
#define HALF_BITS(x) load_half((x) + i)

KERNEL(MOVE, EACH_VECTOR, store_bits, BITS(a))
KERNEL(MASK, EACH_VECTOR, store_bits, (BITS(a) & (int32_t)step->and_bits) ^ (int32_t)step->xor_bits)
KERNEL(SELECT, EACH_VECTOR, store_bits, pick_bits(BITS(a) != 0, BITS(b), BITS(c)))
KERNEL(BLEND, EACH_VECTOR, store_bits, pick_bits(BITS(a), BITS(b), BITS(c)))
KERNEL(FINISH, EACH_VECTOR, store, fin(FLOAT(a)))

/* What is below the smallest normal number counts as 0, and so does NaN. */
INLINE vf saturate(vf x)
{
    vf positive = (vf)((vi)x & (x >= 0x1p-126f));
    return pick(positive < 1.0f, positive, (vf){0} + 1.0f);
}

KERNEL(SATURATE, EACH_VECTOR, store, saturate(FLOAT(a)))

KERNEL(ADD, EACH_VECTOR, store, fin(FLUSHED(a) + FLUSHED(b)))
KERNEL(ADD_FAST, EACH_VECTOR, store, FLOAT(a) + FLOAT(b))
KERNEL(SUB, EACH_VECTOR, store, fin(FLUSHED(a) - FLUSHED(b)))
KERNEL(SUB_FAST, EACH_VECTOR, store, FLOAT(a) - FLOAT(b))
KERNEL(MUL, EACH_VECTOR, store, fin(FLUSHED(a) * FLUSHED(b)))
KERNEL(MUL_FAST, EACH_VECTOR, store, FLOAT(a) * FLOAT(b))
KERNEL(NEG_MUL, EACH_VECTOR, store, fin(-(FLUSHED(a) * FLUSHED(b))))
KERNEL(NEG_MUL_FAST, EACH_VECTOR, store, -(FLOAT(a) * FLOAT(b)))

/* The product rounds, and is flushed, on its own. */
INLINE vf product(vf a, vf b)
{
    return daz(a * b);
}

KERNEL(MUL_ADD, EACH_VECTOR, store, fin(product(FLUSHED(a), FLUSHED(b)) + FLUSHED(c)))
KERNEL(MUL_ADD_FAST, EACH_VECTOR, store, FLOAT(a) * FLOAT(b) + FLOAT(c))
KERNEL(MUL_SUB, EACH_VECTOR, store, fin(product(FLUSHED(a), FLUSHED(b)) - FLUSHED(c)))
KERNEL(MUL_SUB_FAST, EACH_VECTOR, store, FLOAT(a) * FLOAT(b) - FLOAT(c))
KERNEL(SUB_MUL, EACH_VECTOR, store, fin(FLUSHED(c) - product(FLUSHED(a), FLUSHED(b))))
KERNEL(SUB_MUL_FAST, EACH_VECTOR, store, FLOAT(c) - FLOAT(a) * FLOAT(b))

/* Sums in between are flushed, too. */
INLINE vf sum(vf a, vf b)
{
    return daz(a + b);
}

#define TERM(x, y) product(FLUSHED(x), FLUSHED(y))
#define TERM_FAST(x, y) (FLOAT(x) * FLOAT(y))
#define TERMS2 sum(TERM(a, b), TERM(c, d))
#define TERMS2_FAST (TERM_FAST(a, b) + TERM_FAST(c, d))
#define TERMS3 sum(TERMS2, TERM(e, f))
#define TERMS3_FAST (TERMS2_FAST + TERM_FAST(e, f))
#define TERMS4 sum(TERMS3, TERM(g, h))
#define TERMS4_FAST (TERMS3_FAST + TERM_FAST(g, h))

KERNEL(DOT2, EACH_VECTOR, store, fin(TERMS2))
KERNEL(DOT2_FAST, EACH_VECTOR, store, TERMS2_FAST)
KERNEL(DOT3, EACH_VECTOR, store, fin(TERMS3))
KERNEL(DOT3_FAST, EACH_VECTOR, store, TERMS3_FAST)
KERNEL(DOT4, EACH_VECTOR, store, fin(TERMS4))
KERNEL(DOT4_FAST, EACH_VECTOR, store, TERMS4_FAST)
KERNEL(DOT2_ADD, EACH_VECTOR, store, fin(TERMS2 + FLUSHED(e)))
KERNEL(DOT2_ADD_FAST, EACH_VECTOR, store, TERMS2_FAST + FLOAT(e))
KERNEL(DOT3_ADD, EACH_VECTOR, store, fin(TERMS3 + FLUSHED(g)))
KERNEL(DOT3_ADD_FAST, EACH_VECTOR, store, TERMS3_FAST + FLOAT(g))
KERNEL(DOT4_ADD, EACH_VECTOR, store, fin(TERMS4 + FLUSHED(k)))
KERNEL(DOT4_ADD_FAST, EACH_VECTOR, store, TERMS4_FAST + FLOAT(k))

KERNEL(DIFF, EACH_VECTOR, store, fin(TERM(a, b) - TERM(c, d)))
KERNEL(DIFF_FAST, EACH_VECTOR, store, TERM_FAST(a, b) - TERM_FAST(c, d))
KERNEL(MUL_MUL, EACH_VECTOR, store, fin(product(TERM(a, b), FLUSHED(c))))
KERNEL(MUL_MUL_FAST, EACH_VECTOR, store, TERM_FAST(a, b) * FLOAT(c))
KERNEL(MUL_MUL_ADD, EACH_VECTOR, store, fin(product(TERM(a, b), FLUSHED(c)) + FLUSHED(d)))
KERNEL(MUL_MUL_ADD_FAST, EACH_VECTOR, store, TERM_FAST(a, b) * FLOAT(c) + FLOAT(d))
KERNEL(MUL_MUL_ADD_MUL, EACH_VECTOR, store, fin(product(TERM(a, b), FLUSHED(c)) + TERM(d, e)))
KERNEL(MUL_MUL_ADD_MUL_FAST, EACH_VECTOR, store, TERM_FAST(a, b) * FLOAT(c) + TERM_FAST(d, e))

#define SUM sum(FLUSHED(a), FLUSHED(b))
#define SUM_FAST (FLOAT(a) + FLOAT(b))

KERNEL(ADD_MUL, EACH_VECTOR, store, fin(product(SUM, FLUSHED(c))))
KERNEL(ADD_MUL_FAST, EACH_VECTOR, store, SUM_FAST *FLOAT(c))
KERNEL(ADD_MUL_ADD, EACH_VECTOR, store, fin(product(SUM, FLUSHED(c)) + FLUSHED(d)))
KERNEL(ADD_MUL_ADD_FAST, EACH_VECTOR, store, SUM_FAST *FLOAT(c) + FLOAT(d))
KERNEL(DIFF_MUL_ADD, EACH_VECTOR, store,
       fin(product(daz(FLUSHED(a) - FLUSHED(b)), FLUSHED(c)) + FLUSHED(d)))
KERNEL(DIFF_MUL_ADD_FAST, EACH_VECTOR, store, (FLOAT(a) - FLOAT(b)) * FLOAT(c) + FLOAT(d))

#define TERM_SUM sum(TERM(a, b), FLUSHED(c))
#define TERM_SUM_FAST (TERM_FAST(a, b) + FLOAT(c))

KERNEL(MUL_ADD_MUL, EACH_VECTOR, store, fin(product(TERM_SUM, FLUSHED(d))))
KERNEL(MUL_ADD_MUL_FAST, EACH_VECTOR, store, TERM_SUM_FAST *FLOAT(d))
KERNEL(MUL_ADD_MUL_ADD, EACH_VECTOR, store, fin(product(TERM_SUM, FLUSHED(d)) + FLUSHED(e)))
KERNEL(MUL_ADD_MUL_ADD_FAST, EACH_VECTOR, store, TERM_SUM_FAST *FLOAT(d) + FLOAT(e))
KERNEL(MUL_ADD_ADD, EACH_VECTOR, store, fin(TERM_SUM + FLUSHED(d)))
KERNEL(MUL_ADD_ADD_FAST, EACH_VECTOR, store, TERM_SUM_FAST + FLOAT(d))
KERNEL(SUM2, EACH_VECTOR, store, fin(TERM_SUM + TERM(d, e)))
KERNEL(SUM2_FAST, EACH_VECTOR, store, TERM_SUM_FAST + TERM_FAST(d, e))
KERNEL(SUM3, EACH_VECTOR, store, fin(sum(TERM_SUM, TERM(d, e)) + TERM(f, g)))
KERNEL(SUM3_FAST, EACH_VECTOR, store, TERM_SUM_FAST + TERM_FAST(d, e) + TERM_FAST(f, g))

KERNEL(FRC_ADD, EACH_VECTOR, store, fin(daz(fraction(FLUSHED(a))) + FLUSHED(b)))
KERNEL(FRC_ADD_FAST, EACH_VECTOR, store, fraction(FLOAT(a)) + FLOAT(b))
KERNEL(MUL_SATURATE, EACH_VECTOR, store, saturate(TERM(a, b)))
KERNEL(MUL_SATURATE_FAST, EACH_VECTOR, store, saturate(TERM_FAST(a, b)))
KERNEL(ADD_SATURATE, EACH_VECTOR, store, saturate(SUM))
KERNEL(ADD_SATURATE_FAST, EACH_VECTOR, store, saturate(SUM_FAST))
KERNEL(MUL_ADD_SATURATE, EACH_VECTOR, store, saturate(TERM_SUM))
KERNEL(MUL_ADD_SATURATE_FAST, EACH_VECTOR, store, saturate(TERM_SUM_FAST))
KERNEL(DOT3_SATURATE, EACH_VECTOR, store, saturate(TERMS3))
KERNEL(DOT3_SATURATE_FAST, EACH_VECTOR, store, saturate(TERMS3_FAST))

KERNEL(DIV, EACH_VECTOR, store, fin(FLUSHED(a) / FLUSHED(b)))
KERNEL(DIV_FAST, EACH_VECTOR, store, FLOAT(a) / FLOAT(b))
KERNEL(RCP, EACH_VECTOR, store, fin(1.0f / FLUSHED(a)))
KERNEL(RCP_FAST, EACH_VECTOR, store, 1.0f / FLOAT(a))
KERNEL(MIN, EACH_VECTOR, store, fin(minimum(FLUSHED(a), FLUSHED(b))))
KERNEL(MIN_FAST, EACH_VECTOR, store, minimum(FLOAT(a), FLOAT(b)))
KERNEL(MAX, EACH_VECTOR, store, fin(maximum(FLUSHED(a), FLUSHED(b))))
KERNEL(MAX_FAST, EACH_VECTOR, store, maximum(FLOAT(a), FLOAT(b)))
KERNEL(FRC, EACH_VECTOR, store, fin(fraction(FLUSHED(a))))
KERNEL(FRC_FAST, EACH_VECTOR, store, fraction(FLOAT(a)))

INLINE vf round_up(vf x)
{
    vf negated = -x;
    return -round_down(negated);
}

INLINE vf round_toward_zero(vf x)
{
    return with_sign_of(round_down((vf)((vi)x & MAGNITUDE)), x);
}

KERNEL(ROUND_NE, EACH_VECTOR, store, fin(nearest(FLUSHED(a))))
KERNEL(ROUND_NI, EACH_VECTOR, store, fin(round_down(FLUSHED(a))))
KERNEL(ROUND_PI, EACH_VECTOR, store, fin(round_up(FLUSHED(a))))
KERNEL(ROUND_Z, EACH_VECTOR, store, fin(round_toward_zero(FLUSHED(a))))
KERNEL(SQRT, EACH_VECTOR, store, fin(square_root(FLUSHED(a))))

/* True if all are positive normal numbers once the bits that mask lacks are gone. */
INLINE bool are_positive_normal(const uint32_t *a, int32_t mask)
{
    vi bad = {0};
    EACH_VECTOR
    {
        bad |= ((vu)(BITS(a) & mask) - 0x00800000u) >= 0x7F000000u;
    }
    int32_t lanes[WIDTH];
    memcpy(lanes, &bad, sizeof(lanes));
    int32_t any = 0;
    for (unsigned i = 0; i < WIDTH; i++) {
        any |= lanes[i];
    }
    return any == 0;
}

INLINE void reciprocal_root(const uint32_t *a, int32_t mask, uint32_t *dst)
{
    if (are_positive_normal(a, mask)) {
        EACH_HALF
        {
            store_half(dst + i, rsq_normal_half(HALF_BITS(a) & mask));
        }
    } else {
        EACH_HALF
        {
            store_half(dst + i, rsq_half(HALF_BITS(a) & mask));
        }
    }
}

static void RSQ(const struct sl_vector_step *step, uint32_t *dst)
{
    reciprocal_root(step->src[0], -1, dst);
}

static void RSQ_ABS(const struct sl_vector_step *step, uint32_t *dst)
{
    reciprocal_root(step->src[0], MAGNITUDE, dst);
}

KERNEL(EXP, EACH_HALF, store_half, exp2_half(HALF_BITS(a)))
KERNEL(LOG, EACH_HALF, store_half, log2_half(HALF_BITS(a)))
KERNEL(POW, EACH_HALF, store_half, pow_half(HALF_BITS(a), HALF_BITS(b)))
KERNEL(SIN, EACH_HALF, store_half, sin_half(HALF_BITS(a)))
KERNEL(COS, EACH_HALF, store_half, cos_half(HALF_BITS(a)))

KERNEL(EQ, EACH_VECTOR, store_bits, FLUSHED(a) == FLUSHED(b))
KERNEL(EQ_FAST, EACH_VECTOR, store_bits, FLOAT(a) == FLOAT(b))
KERNEL(NE, EACH_VECTOR, store_bits, FLUSHED(a) != FLUSHED(b))
KERNEL(NE_FAST, EACH_VECTOR, store_bits, FLOAT(a) != FLOAT(b))
KERNEL(LT, EACH_VECTOR, store_bits, FLUSHED(a) < FLUSHED(b))
KERNEL(LT_FAST, EACH_VECTOR, store_bits, FLOAT(a) < FLOAT(b))
KERNEL(GE, EACH_VECTOR, store_bits, FLUSHED(a) >= FLUSHED(b))
KERNEL(GE_FAST, EACH_VECTOR, store_bits, FLOAT(a) >= FLOAT(b))

KERNEL(FTOI, EACH_VECTOR, store_bits, to_signed(FLOAT(a)))
KERNEL(FTOU, EACH_VECTOR, store_bits, to_unsigned(FLOAT(a)))
KERNEL(ITOF, EACH_VECTOR, store, __builtin_convertvector(BITS(a), vf))
KERNEL(UTOF, EACH_VECTOR, store, from_unsigned(UBITS(a)))

KERNEL(AND, EACH_VECTOR, store_bits, BITS(a) & BITS(b))
KERNEL(OR, EACH_VECTOR, store_bits, BITS(a) | BITS(b))
KERNEL(XOR, EACH_VECTOR, store_bits, BITS(a) ^ BITS(b))
KERNEL(NOT, EACH_VECTOR, store_bits, ~BITS(a))
KERNEL(ISHL, EACH_VECTOR, store_bits, (vi)(UBITS(a) << (UBITS(b) & 31)))
KERNEL(ISHR, EACH_VECTOR, store_bits, BITS(a) >> (BITS(b) & 31))
KERNEL(USHR, EACH_VECTOR, store_bits, (vi)(UBITS(a) >> (UBITS(b) & 31)))
KERNEL(IADD, EACH_VECTOR, store_bits, (vi)(UBITS(a) + UBITS(b)))
KERNEL(INEG, EACH_VECTOR, store_bits, (vi)(0 - UBITS(a)))
KERNEL(IMIN, EACH_VECTOR, store_bits, pick_bits(BITS(a) < BITS(b), BITS(a), BITS(b)))
KERNEL(IMAX, EACH_VECTOR, store_bits, pick_bits(BITS(a) > BITS(b), BITS(a), BITS(b)))
KERNEL(UMIN, EACH_VECTOR, store_bits, pick_bits(UBITS(a) < UBITS(b), BITS(a), BITS(b)))
KERNEL(UMAX, EACH_VECTOR, store_bits, pick_bits(UBITS(a) > UBITS(b), BITS(a), BITS(b)))
KERNEL(IABS, EACH_VECTOR, store_bits, pick_bits(BITS(a) < 0, (vi)(0 - UBITS(a)), BITS(a)))
KERNEL(IMAD, EACH_VECTOR, store_bits, (vi)(UBITS(a) * UBITS(b) + UBITS(c)))
KERNEL(IEQ, EACH_VECTOR, store_bits, BITS(a) == BITS(b))
KERNEL(INE, EACH_VECTOR, store_bits, BITS(a) != BITS(b))
KERNEL(ILT, EACH_VECTOR, store_bits, BITS(a) < BITS(b))
KERNEL(IGE, EACH_VECTOR, store_bits, BITS(a) >= BITS(b))
KERNEL(ULT, EACH_VECTOR, store_bits, UBITS(a) < UBITS(b))
KERNEL(UGE, EACH_VECTOR, store_bits, UBITS(a) >= UBITS(b))

const sl_vector_function SL_VECTOR_TABLE[SL_VECTOR_KERNEL_COUNT] = {
#define SL_VECTOR_KERNEL(name) [SL_VECTOR_##name] = name,
#include "shader/vector_kernels.def"
#undef SL_VECTOR_KERNEL
};
