/*
 * Whole batches against lane by lane: random textures, samplers and coordinates, with everything
 * that floats can be. A failing case is told by its number and needs nothing else to run again.
 */
#include "render/texture_fast.h"

#include "render/convert.h"
#include "sample_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(render_sample_fast);

static const enum sl_texel_format formats[] = {
    SL_TEXEL_B8G8R8A8, SL_TEXEL_B8G8R8X8, SL_TEXEL_R8G8B8A8, SL_TEXEL_R8G8B8X8,
    SL_TEXEL_BC1,      SL_TEXEL_BC2,      SL_TEXEL_BC3,      SL_TEXEL_BC7,
};

/* Gives the levels of the case another format, square if asked. */
static void change_format(enum sl_texel_format format, bool square)
{
    struct sl_texture *texture = &fix.texture;
    const uint8_t *at = fix.bytes;
    uint32_t unit = sl_texel_is_blocks(format) ? 4 : 1;
    texture->format = format;
    for (uint32_t i = 0; i < texture->level_count; i++) {
        struct sl_texture_level *level = &texture->levels[i];
        level->height = square ? level->width : level->height;
        level->bytes = at;
        level->pitch_bytes = (level->width + unit - 1) / unit * sl_texel_size(format) + 4 * (i % 2);
        at += level->pitch_bytes * ((level->height + unit - 1) / unit);
    }
}

static void random_array(float values[SL_LANES])
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        values[lane] = random_coord();
    }
}

/* Coordinates as pixels have them: a gradient over the batch, so that quads share levels. */
static void smooth_array(float values[SL_LANES])
{
    float start = random_coord();
    float dx = random_coord() * 0.1f;
    float dy = random_coord() * 0.1f;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        float x = (float)(lane / 4 % 8 * 2 + lane % 2);
        float y = (float)(lane / 32 * 2 + lane / 2 % 2);
        values[lane] = start + x * dx + y * dy;
    }
}

static uint64_t make_fast_case(uint32_t number)
{
    static const enum sl_texture_dim dims[] = {
        SL_TEXTURE_2D,   SL_TEXTURE_2D,         SL_TEXTURE_2D, SL_TEXTURE_2D_ARRAY,
        SL_TEXTURE_CUBE, SL_TEXTURE_CUBE_ARRAY, SL_TEXTURE_1D};
    make_random_case(number);
    for (size_t i = 0; i < sizeof(fix.bytes); i++) {
        fix.bytes[i] = (uint8_t)(sample_random() >> 9);
    }
    enum sl_texture_dim dim = dims[sample_random() % 7];
    bool cube = dim == SL_TEXTURE_CUBE || dim == SL_TEXTURE_CUBE_ARRAY;
    fix.texture.layer_count = 1 + sample_random() % LAYERS_MAX;
    if (cube && fix.texture.layer_count < 6) {
        fix.texture.layer_count = 6;
    }
    change_format(formats[sample_random() % 8], cube);
    fix.sampler.lod_bias = sample_random() % 4 == 0 ? random_coord() : 0.0f;
    fix.sampler.min_lod = sample_random() % 8 == 0 ? random_coord() : -128.0f;
    fix.sampler.max_lod = sample_random() % 8 == 0 ? random_coord() : 128.0f;
    call.sample.dim = dim;
    call.sample.lod_source = (enum sl_lod_source)(sample_random() % 4);
    call.sample.bias = sample_random() % 4 == 0 ? call.bias : NULL;
    random_array(call.lod);
    random_array(call.bias);
    for (unsigned i = 0; i < 4; i++) {
        if (number % 2) {
            random_array(call.coord[i]);
        } else {
            smooth_array(call.coord[i]);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        random_array(call.ddx[i]);
        random_array(call.ddy[i]);
    }
    uint64_t some = (uint64_t)sample_random() << 32 | sample_random();
    return sample_random() % 2 ? UINT64_MAX : some;
}

Test(render_sample_fast, random_cases)
{
    static sl_texel_lanes plain;
    uint32_t fast_count = 0;
    for (uint32_t number = 0; number < 4000; number++) {
        uint64_t active = make_fast_case(number);
        memset(plain, 0xA5, sizeof(plain));
        memset(call.result, 0xA5, sizeof(call.result));
        sl_texture_sample_plain(&fix.texture, &fix.sampler, &call.sample, active, plain);
        fast_count +=
            sl_texture_sample_fast(&fix.texture, &fix.sampler, &call.sample, active, call.result);
        sl_texture_sample(&fix.texture, &fix.sampler, &call.sample, active, call.result);
        for (unsigned i = 0; i < 4 * SL_LANES; i++) {
            uint32_t got = sl_f32_to_bits(call.result[i / SL_LANES][i % SL_LANES]);
            uint32_t expected = sl_f32_to_bits(plain[i / SL_LANES][i % SL_LANES]);
            cr_assert_eq(got, expected, "case %u, channel %u, lane %u: 0x%08x, not 0x%08x", number,
                         i / SL_LANES, i % SL_LANES, got, expected);
        }
    }
    cr_assert_gt(fast_count, 1500);
}

/* All sums of two levels: the product with the reciprocal against the quotient of the definition.
 */
Test(render_sample_fast, mixed_levels_round_as_quotients)
{
    make_texture(&fix, SL_TEXEL_R8G8B8A8, 2, 2, 2, 1);
    set_filters(&fix, SL_FILTER_POINT, SL_MIP_LINEAR, SL_ADDRESS_WRAP);
    make_call(&call, SL_TEXTURE_2D, SL_LOD_EXPLICIT);
    for (uint32_t pair = 0; pair < 0x10000; pair += 37) {
        memset(fix.bytes, (int)(pair & 255), 16);
        memset(fix.bytes + 16, (int)(pair >> 8), 4);
        for (uint32_t first = 0; first < 256; first += SL_LANES) {
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                call.lod[lane] = (float)(first + lane) / 256.0f;
            }
            run_sample(&fix, &call);
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                uint32_t g = first + lane;
                double sum = (double)((pair & 255) * (256 - g) + (pair >> 8) * g);
                cr_assert_eq(call.result[0][lane], (float)(sum / 65280.0), "%u, %u", pair, g);
            }
        }
    }
}
