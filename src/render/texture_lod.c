/* The level of detail, and which levels it stands for. */
#include "render/f32_math.h"
#include "render/texture_impl.h"

#include <stddef.h>

#define FLOAT_MIN_NORMAL 0x1p-126f

/* The operand that is not NaN. */
static double larger(double a, double b)
{
    if (!(a == a)) {
        return b;
    }
    return b > a ? b : a;
}

static double smaller(double a, double b)
{
    if (!(a == a)) {
        return b;
    }
    return b < a ? b : a;
}

/* Derivatives of the first count coordinates: given ones, or coarse ones of the lane's quad. */
static void find_derivatives(const struct sl_sample *sample, unsigned lane, unsigned count,
                             double ddx[3], double ddy[3])
{
    unsigned corner = lane & ~3u;
    for (unsigned i = 0; i < count; i++) {
        if (sample->lod_source == SL_LOD_GRADIENTS) {
            ddx[i] = (double)sl_f32_daz(sample->ddx[i][lane]);
            ddy[i] = (double)sl_f32_daz(sample->ddy[i][lane]);
        } else {
            const float *coord = sample->coord[i];
            ddx[i] = (double)sl_f32_add(coord[corner + 1], -coord[corner]);
            ddy[i] = (double)sl_f32_add(coord[corner + 2], -coord[corner]);
        }
    }
}

/* From the derivative of a direction to that of the coordinates on the face it meets. */
static void project_derivative(const struct sl_cube_face *face, double d[3])
{
    double stm[3];
    double m = (double)face->m;
    sl_cube_face_turn(face->face, d, stm);
    d[0] = (m * stm[0] - (double)face->s * stm[2]) / (m * m) * 0.5;
    d[1] = (m * stm[1] - (double)face->t * stm[2]) / (m * m) * 0.5;
}

static double lod_from_gradients(const struct sl_texture *texture, const struct sl_sample *sample,
                                 unsigned lane)
{
    double ddx[3] = {0.0, 0.0, 0.0};
    double ddy[3] = {0.0, 0.0, 0.0};
    bool cube = sl_texture_is_cube(sample->dim);
    unsigned count = cube ? 3 : sl_texture_is_1d(sample->dim) ? 1 : 2;
    find_derivatives(sample, lane, count, ddx, ddy);
    if (cube) {
        struct sl_cube_face face = sl_cube_face_find(sample->coord[0][lane], sample->coord[1][lane],
                                                     sample->coord[2][lane]);
        project_derivative(&face, ddx);
        project_derivative(&face, ddy);
    }
    double width = texture->levels[0].width;
    double height = texture->levels[0].height;
    double ax = ddx[0] * width;
    double bx = ddx[1] * height;
    double ay = ddy[0] * width;
    double by = ddy[1] * height;
    float square = (float)larger(ax * ax + bx * bx, ay * ay + by * by);
    if (square < FLOAT_MIN_NORMAL) {
        return -128.0;
    }
    if (square > 3.402823466e+38f) {
        return 128.0;
    }
    return square == square ? 0.5 * sl_f32_log2_wide(square) : (double)square;
}

double sl_texture_lod_find(const struct sl_texture *texture, const struct sl_sampler *sampler,
                           const struct sl_sample *sample, unsigned lane)
{
    double lod = 0.0;
    double bias = 0.0;
    switch (sample->lod_source) {
    case SL_LOD_ZERO:
        break;
    case SL_LOD_EXPLICIT:
        lod = (double)sample->lod[lane];
        break;
    case SL_LOD_IMPLICIT:
        bias = sample->bias != NULL ? (double)sample->bias[lane] : 0.0;
        lod = lod_from_gradients(texture, sample, lane);
        break;
    case SL_LOD_GRADIENTS:
        lod = lod_from_gradients(texture, sample, lane);
        break;
    }
    return lod + (double)sampler->lod_bias + bias;
}

/* 8.8 fixed point, halves to even; NaN counts as the coarsest. */
static int32_t fixed_lod(double lod)
{
    double clamped = larger(smaller(lod * 256.0, 32767.0), -32767.0);
    return (int32_t)sl_f64_round_ne(clamped);
}

static double limit_lod(const struct sl_sampler *sampler, double lod)
{
    return larger((double)sampler->min_lod, smaller((double)sampler->max_lod, lod));
}

static uint32_t clamp_level(int32_t level, uint32_t count)
{
    if (level < 0) {
        return 0;
    }
    return (uint32_t)level < count ? (uint32_t)level : count - 1;
}

struct sl_level_choice sl_level_choose(const struct sl_texture *texture,
                                       const struct sl_sampler *sampler, double lod)
{
    struct sl_level_choice choice = {.filter = sampler->mag};
    if (sampler->mip == SL_MIP_NONE) {
        choice.filter = fixed_lod(lod) <= 0 ? sampler->mag : sampler->min;
        return choice;
    }
    int32_t fixed = fixed_lod(limit_lod(sampler, lod));
    if (fixed <= 0) {
        return choice;
    }
    choice.filter = sampler->min;
    if (sampler->mip == SL_MIP_POINT) {
        choice.levels[0] = clamp_level((fixed + 128) >> 8, texture->level_count);
        return choice;
    }
    choice.levels[0] = clamp_level(fixed >> 8, texture->level_count);
    choice.levels[1] = clamp_level((fixed >> 8) + 1, texture->level_count);
    choice.fraction = choice.levels[0] != choice.levels[1] ? (uint32_t)(fixed & 0xFF) : 0;
    return choice;
}

void sl_texture_lod(const struct sl_texture *texture, const struct sl_sampler *sampler,
                    const struct sl_sample *sample, uint64_t active, sl_texel_lanes result)
{
    double coarsest = texture->level_count - 1;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        if (!(active >> lane & 1)) {
            continue;
        }
        double lod = sl_texture_lod_find(texture, sampler, sample, lane);
        double clamped = smaller(larger(limit_lod(sampler, lod), 0.0), coarsest);
        result[0][lane] = sl_f32_fin((float)clamped);
        result[1][lane] = sl_f32_fin((float)lod);
        result[2][lane] = 0.0f;
        result[3][lane] = 0.0f;
    }
}
