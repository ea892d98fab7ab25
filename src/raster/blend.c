#include "raster/blend.h"

#include "base/vector_clones.h"
#include "render/convert.h"

#include <math.h>

typedef float lanes[SL_LANES];

/* One target and channel: the equation's inputs. */
struct equation {
    enum sl_blend_factor source_factor, target_factor;
    enum sl_blend_op op;
};

/* Everything here is a number, so only denormals have to go. */
static inline float flush(float x)
{
    return fabsf(x) < 0x1p-126F ? copysignf(0.0F, x) : x;
}

SL_CLONES static void clamp_lanes(const float *in, float *restrict out)
{
    for (unsigned i = 0; i < SL_LANES; i++) {
        float value = in[i] >= 0x1p-126F ? in[i] : 0.0F; /* NaN: 0 */
        out[i] = value < 1.0F ? value : 1.0F;
    }
}

SL_CLONES static void fill_lanes(float value, float *out)
{
    for (unsigned i = 0; i < SL_LANES; i++) {
        out[i] = value;
    }
}

SL_CLONES static void invert_lanes(const float *in, float *restrict out)
{
    for (unsigned i = 0; i < SL_LANES; i++) {
        out[i] = flush(1.0F - in[i]);
    }
}

/* min(source alpha, 1 - target alpha) */
SL_CLONES static void saturate_alpha(const float *source, const float *target, float *restrict out)
{
    for (unsigned i = 0; i < SL_LANES; i++) {
        float room = flush(1.0F - target[i]);
        out[i] = source[i] < room ? source[i] : room;
    }
}

/* The factor in all lanes: some of source or target, or put into scratch. */
static const float *find_factor(enum sl_blend_factor factor, unsigned channel, float constant,
                                sl_texel_lanes source, sl_texel_lanes target, float *scratch)
{
    switch (factor) {
    case SL_BLEND_ZERO:
        fill_lanes(0.0F, scratch);
        break;
    case SL_BLEND_ONE:
        fill_lanes(1.0F, scratch);
        break;
    case SL_BLEND_SRC_COLOR:
        return source[channel];
    case SL_BLEND_INV_SRC_COLOR:
        invert_lanes(source[channel], scratch);
        break;
    case SL_BLEND_SRC_ALPHA:
    case SL_BLEND_BOTH_SRC_ALPHA:
        return source[3];
    case SL_BLEND_INV_SRC_ALPHA:
    case SL_BLEND_BOTH_INV_SRC_ALPHA:
        invert_lanes(source[3], scratch);
        break;
    case SL_BLEND_DEST_ALPHA:
        return target[3];
    case SL_BLEND_INV_DEST_ALPHA:
        invert_lanes(target[3], scratch);
        break;
    case SL_BLEND_DEST_COLOR:
        return target[channel];
    case SL_BLEND_INV_DEST_COLOR:
        invert_lanes(target[channel], scratch);
        break;
    case SL_BLEND_SRC_ALPHA_SAT:
        if (channel == 3) {
            fill_lanes(1.0F, scratch);
        } else {
            saturate_alpha(source[3], target[3], scratch);
        }
        break;
    case SL_BLEND_CONSTANT:
        fill_lanes(constant, scratch);
        break;
    case SL_BLEND_INV_CONSTANT:
        fill_lanes(flush(1.0F - constant), scratch);
        break;
    }
    return scratch;
}

/* BOTH* as a source names the factor of the target too. */
static struct equation equation_of(const struct sl_raster_blend *blend, unsigned channel)
{
    struct equation equation = {blend->src, blend->dst, blend->op};
    if (channel == 3) {
        equation = (struct equation){blend->src_alpha, blend->dst_alpha, blend->op_alpha};
    }
    if (equation.source_factor == SL_BLEND_BOTH_SRC_ALPHA) {
        equation.target_factor = SL_BLEND_INV_SRC_ALPHA;
    } else if (equation.source_factor == SL_BLEND_BOTH_INV_SRC_ALPHA) {
        equation.target_factor = SL_BLEND_SRC_ALPHA;
    }
    return equation;
}

SL_CLONES static void multiply(const float *value, const float *factor, float *restrict product)
{
    for (unsigned i = 0; i < SL_LANES; i++) {
        product[i] = flush(value[i] * factor[i]);
    }
}

/* Two rounded products, then one rounded sum or difference. */
SL_CLONES static void combine(enum sl_blend_op op, const float *a, const float *b,
                              float *restrict out)
{
    switch (op) {
    case SL_BLEND_ADD:
        for (unsigned i = 0; i < SL_LANES; i++) {
            out[i] = flush(a[i] + b[i]);
        }
        break;
    case SL_BLEND_SUBTRACT:
        for (unsigned i = 0; i < SL_LANES; i++) {
            out[i] = flush(a[i] - b[i]);
        }
        break;
    case SL_BLEND_REV_SUBTRACT:
        for (unsigned i = 0; i < SL_LANES; i++) {
            out[i] = flush(b[i] - a[i]);
        }
        break;
    case SL_BLEND_MIN:
        for (unsigned i = 0; i < SL_LANES; i++) {
            out[i] = a[i] < b[i] ? a[i] : b[i];
        }
        break;
    case SL_BLEND_MAX:
        for (unsigned i = 0; i < SL_LANES; i++) {
            out[i] = a[i] > b[i] ? a[i] : b[i];
        }
        break;
    }
}

void sl_blend_lanes(const struct sl_raster_blend *blend, const float *const source[4],
                    sl_texel_lanes target, sl_texel_lanes result)
{
    sl_texel_lanes clamped;
    for (unsigned channel = 0; channel < 4; channel++) {
        clamp_lanes(source[channel], clamped[channel]);
    }
    for (unsigned channel = 0; channel < 4; channel++) {
        struct equation equation = equation_of(blend, channel);
        float constant = sl_f32_saturate(blend->constant[channel]);
        lanes a, b, scratch;
        if (equation.op == SL_BLEND_MIN || equation.op == SL_BLEND_MAX) {
            combine(equation.op, clamped[channel], target[channel], result[channel]);
            continue;
        }
        multiply(clamped[channel],
                 find_factor(equation.source_factor, channel, constant, clamped, target, scratch),
                 a);
        multiply(target[channel],
                 find_factor(equation.target_factor, channel, constant, clamped, target, scratch),
                 b);
        combine(equation.op, a, b, result[channel]);
    }
}
