/* Where a sample looks: layers, cube faces, texels of a footprint. */
#include "render/convert.h"
#include "render/f32_math.h"
#include "render/texture_impl.h"

#include <math.h>

/* Components of the direction that s, t and m are taken from, and whether negated. */
struct cube_axis {
    uint8_t component;
    bool negative;
};

static const struct cube_axis cube_axes[6][3] = {
    {{2, true}, {1, true}, {0, false}},   /* +X */
    {{2, false}, {1, true}, {0, true}},   /* -X */
    {{0, false}, {2, false}, {1, false}}, /* +Y */
    {{0, false}, {2, true}, {1, true}},   /* -Y */
    {{0, false}, {1, true}, {2, false}},  /* +Z */
    {{0, true}, {1, true}, {2, true}},    /* -Z */
};

static float cube_component(const float d[3], struct cube_axis axis)
{
    float value = d[axis.component];
    return axis.negative ? -value : value;
}

/* The axis of largest magnitude; of equal ones Z, then Y. */
struct sl_cube_face sl_cube_face_find(float x, float y, float z)
{
    const float d[3] = {sl_f32_daz(x), sl_f32_daz(y), sl_f32_daz(z)};
    float ax = fabsf(d[0]);
    float ay = fabsf(d[1]);
    float az = fabsf(d[2]);
    uint32_t axis = 0;
    if (az >= ax && az >= ay) {
        axis = 2;
    } else if (ay >= ax) {
        axis = 1;
    }
    uint32_t face = 2 * axis + (d[axis] < 0.0f ? 1 : 0);
    const struct cube_axis *axes = cube_axes[face];
    return (struct sl_cube_face){
        .face = face,
        .s = cube_component(d, axes[0]),
        .t = cube_component(d, axes[1]),
        .m = fabsf(d[axis]),
    };
}

void sl_cube_face_turn(uint32_t face, const double d[3], double stm[3])
{
    for (unsigned i = 0; i < 3; i++) {
        struct cube_axis axis = cube_axes[face][i];
        stm[i] = axis.negative ? -d[axis.component] : d[axis.component];
    }
}

static float cube_coord(float s, float m)
{
    if (m == 0.0f) {
        return 0.5f;
    }
    return sl_f32_add(sl_f32_mul(sl_f32_div(s, m), 0.5f), 0.5f);
}

uint32_t sl_texture_slice(float slice, uint32_t count)
{
    if (!(slice > 0.0f)) {
        return 0;
    }
    if (slice >= (float)count) {
        return count - 1;
    }
    uint32_t index = (uint32_t)sl_f64_round_ne((double)slice);
    return index < count ? index : count - 1;
}

/* Arrays have their slice in the coordinate after those of a single texture. */
static uint32_t spot_slice(const struct sl_texture *texture, const struct sl_sample *sample,
                           unsigned lane)
{
    switch (sample->dim) {
    case SL_TEXTURE_1D_ARRAY:
        return sl_texture_slice(sample->coord[1][lane], texture->layer_count);
    case SL_TEXTURE_2D_ARRAY:
        return sl_texture_slice(sample->coord[2][lane], texture->layer_count);
    case SL_TEXTURE_CUBE_ARRAY:
        if (texture->layer_count >= 12) {
            return sl_texture_slice(sample->coord[3][lane], texture->layer_count / 6);
        }
        return 0;
    case SL_TEXTURE_1D:
    case SL_TEXTURE_2D:
    case SL_TEXTURE_CUBE:
        break;
    }
    return 0;
}

struct sl_texture_spot sl_texture_spot_find(const struct sl_texture *texture,
                                            const struct sl_sample *sample, unsigned lane)
{
    struct sl_texture_spot spot = {.layer = spot_slice(texture, sample, lane)};
    spot.u = sample->coord[0][lane];
    if (sl_texture_is_cube(sample->dim)) {
        struct sl_cube_face face = sl_cube_face_find(sample->coord[0][lane], sample->coord[1][lane],
                                                     sample->coord[2][lane]);
        spot.u = cube_coord(face.s, face.m);
        spot.v = cube_coord(face.t, face.m);
        spot.layer = 6 * spot.layer + face.face;
        if (spot.layer >= texture->layer_count) {
            spot.layer = texture->layer_count - 1;
        }
    } else if (!sl_texture_is_1d(sample->dim)) {
        spot.v = sample->coord[1][lane];
    }
    return spot;
}

void sl_texture_addresses(const struct sl_sampler *sampler, enum sl_texture_dim dim,
                          enum sl_address addresses[2])
{
    bool cube = sl_texture_is_cube(dim);
    addresses[0] = cube ? SL_ADDRESS_CLAMP : sampler->address[0];
    addresses[1] = cube || sl_texture_is_1d(dim) ? SL_ADDRESS_CLAMP : sampler->address[1];
}

/*
 * Brings a coordinate near the texture. Floats from 2^24 on are even integers, where the periodic
 * modes have their zero; infinities and NaN go there too.
 */
static double reduce_coord(float coord, enum sl_address address)
{
    if (address == SL_ADDRESS_WRAP || address == SL_ADDRESS_MIRROR) {
        double x = fabsf(coord) < 16777216.0f ? (double)coord : 0.0;
        if (address == SL_ADDRESS_MIRROR) {
            double half = x * 0.5;
            return 2.0 * (half - (double)(int32_t)half);
        }
        double whole = (double)(int32_t)x;
        return x - (whole > x ? whole - 1.0 : whole);
    }
    if (!(coord > -10.0f)) {
        return coord <= -10.0f ? -10.0 : 0.0;
    }
    return coord < 10.0f ? (double)coord : 10.0;
}

/* Which texel of an axis has the number t. */
static int32_t address_texel(enum sl_address address, int32_t t, int32_t size)
{
    if (t >= 0 && t < size) {
        return t;
    }
    switch (address) {
    case SL_ADDRESS_WRAP:
        t %= size;
        return t < 0 ? t + size : t;
    case SL_ADDRESS_MIRROR:
        t = t < 0 ? -t - 1 : t;
        return t / size % 2 ? size - 1 - t % size : t % size;
    case SL_ADDRESS_BORDER:
        return SL_TEXEL_BORDER;
    case SL_ADDRESS_MIRROR_ONCE:
        t = t < 0 ? -t - 1 : t;
        break;
    case SL_ADDRESS_CLAMP:
        t = t < 0 ? 0 : t;
        break;
    }
    return t < size ? t : size - 1;
}

void sl_footprint_axis(float coord, uint32_t size, enum sl_address address, enum sl_filter filter,
                       int32_t offset, int32_t texels[2], uint32_t *weight)
{
    double at = reduce_coord(coord, address) * (256.0 * size);
    int32_t fixed = (int32_t)sl_f64_round_ne(at);
    *weight = 0;
    if (filter == SL_FILTER_LINEAR) {
        fixed -= 128; /* texels count from their middle */
        *weight = (uint32_t)(fixed & 0xFF);
    }
    int32_t t = fixed >> 8; /* floor */
    texels[0] = address_texel(address, t + offset, (int32_t)size);
    texels[1] = address_texel(address, t + 1 + offset, (int32_t)size);
}
