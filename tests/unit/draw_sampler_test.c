/* Samplers and formats as programs see them. */
#include "device/aerogpu/draw.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(draw_sampler);

static struct sl_sampler from_states(uint32_t state, uint32_t value)
{
    /* the defaults of a context */
    uint32_t states[SL_AGPU_SAMPLER_STATES] = {
        [1] = 1, [2] = 1, [3] = 1, [5] = 1, [6] = 1, [10] = 1};
    struct sl_sampler sampler;
    states[state] = value;
    sl_agpu_bind_sampler_states(states, &sampler);
    return sampler;
}

Test(draw_sampler, d3d9_defaults)
{
    struct sl_sampler s = from_states(0, 0);
    cr_assert_eq(s.mag, SL_FILTER_POINT);
    cr_assert_eq(s.min, SL_FILTER_POINT);
    cr_assert_eq(s.mip, SL_MIP_NONE);
    cr_assert_eq(s.address[0], SL_ADDRESS_WRAP);
    cr_assert_eq(s.address[2], SL_ADDRESS_WRAP);
    cr_assert_eq(s.lod_bias, 0.0f);
    cr_assert_eq(s.min_lod, 0.0f);
    cr_assert_eq(s.max_lod, 128.0f);
}

Test(draw_sampler, d3d9_states)
{
    static const enum sl_address addresses[] = {
        SL_ADDRESS_WRAP,   SL_ADDRESS_WRAP,        SL_ADDRESS_MIRROR, SL_ADDRESS_CLAMP,
        SL_ADDRESS_BORDER, SL_ADDRESS_MIRROR_ONCE, SL_ADDRESS_WRAP};
    static const enum sl_filter filters[] = {SL_FILTER_LINEAR, SL_FILTER_POINT, SL_FILTER_LINEAR,
                                             SL_FILTER_LINEAR, SL_FILTER_LINEAR};
    static const enum sl_mip_filter mips[] = {SL_MIP_NONE, SL_MIP_POINT, SL_MIP_LINEAR};
    for (uint32_t i = 0; i < 7; i++) {
        cr_assert_eq(from_states(1, i).address[0], addresses[i], "ADDRESSU %u", i);
        cr_assert_eq(from_states(2, i).address[1], addresses[i], "ADDRESSV %u", i);
        cr_assert_eq(from_states(3, i).address[2], addresses[i], "ADDRESSW %u", i);
    }
    cr_assert_eq(from_states(1, UINT32_MAX).address[0], SL_ADDRESS_WRAP);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(from_states(5, i).mag, filters[i], "MAGFILTER %u", i);
        cr_assert_eq(from_states(6, i).min, filters[i], "MINFILTER %u", i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(from_states(7, i).mip, mips[i], "MIPFILTER %u", i);
    }
    struct sl_sampler s = from_states(4, 0x80FF3300);
    cr_assert_eq(s.border[0], 1.0f);
    cr_assert_eq(s.border[1], 0.2f);
    cr_assert_eq(s.border[2], 0.0f);
    cr_assert_eq(s.border[3], 128.0f / 255.0f);
    cr_assert_eq(from_states(8, 0xBFC00000).lod_bias, -1.5f);
    cr_assert_eq(from_states(9, 3).min_lod, 3.0f);
    cr_assert_eq(from_states(9, UINT32_MAX).min_lod, 15.0f, "past the last level there may be");
}

Test(draw_sampler, objects)
{
    struct sl_sampler s;
    struct sl_agpu_sampler object = {AEROGPU_SAMPLER_FILTER_LINEAR, AEROGPU_SAMPLER_ADDRESS_REPEAT,
                                     AEROGPU_SAMPLER_ADDRESS_MIRROR_REPEAT,
                                     AEROGPU_SAMPLER_ADDRESS_CLAMP_TO_EDGE};
    sl_agpu_bind_sampler_object(&object, &s);
    cr_assert_eq(s.mag, SL_FILTER_LINEAR);
    cr_assert_eq(s.min, SL_FILTER_LINEAR);
    cr_assert_eq(s.mip, SL_MIP_LINEAR);
    cr_assert_eq(s.address[0], SL_ADDRESS_WRAP);
    cr_assert_eq(s.address[1], SL_ADDRESS_MIRROR);
    cr_assert_eq(s.address[2], SL_ADDRESS_CLAMP);
    cr_assert_eq(s.min_lod, -128.0f);
    cr_assert_eq(s.max_lod, 128.0f);
    sl_agpu_bind_sampler_object(NULL, &s);
    cr_assert_eq(s.mag, SL_FILTER_POINT);
    cr_assert_eq(s.mip, SL_MIP_POINT);
    cr_assert_eq(s.address[0], SL_ADDRESS_CLAMP);
}

/* The channels of a format by the ABI's own table, against the name of the texel format. */
Test(draw_sampler, formats)
{
    static const struct {
        uint32_t value;
        enum sl_texel_format format;
    } rows[] = {
        {1, SL_TEXEL_B8G8R8A8}, {7, SL_TEXEL_B8G8R8A8},  {2, SL_TEXEL_B8G8R8X8},
        {8, SL_TEXEL_B8G8R8X8}, {3, SL_TEXEL_R8G8B8A8},  {9, SL_TEXEL_R8G8B8A8},
        {4, SL_TEXEL_R8G8B8X8}, {10, SL_TEXEL_R8G8B8X8}, {5, SL_TEXEL_B5G6R5},
        {6, SL_TEXEL_B5G5R5A1}, {32, SL_TEXEL_D24S8},    {33, SL_TEXEL_D32F},
        {64, SL_TEXEL_BC1},     {65, SL_TEXEL_BC1},      {66, SL_TEXEL_BC2},
        {67, SL_TEXEL_BC2},     {68, SL_TEXEL_BC3},      {69, SL_TEXEL_BC3},
        {70, SL_TEXEL_BC7},     {71, SL_TEXEL_BC7},
    };
    cr_assert_eq(sizeof(rows) / sizeof(rows[0]), sl_abi_aerogpu.format_count,
                 "all formats of the ABI");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sl_abi_format *format = sl_abi_find_format(&sl_abi_aerogpu, rows[i].value);
        cr_assert_eq(sl_agpu_texel_format(format), rows[i].format, "format %u", rows[i].value);
    }
}

/* ---- which textures fit a declaration ---- */

static bool binds(enum sl_ir_family family, enum sl_texture_dim dimension, uint32_t width,
                  uint32_t layers)
{
    struct sl_agpu_exec exec = {.memory_used = 0};
    struct sl_agpu_context context = {.flavour = SL_AGPU_FLAVOUR_D3D11};
    struct sl_agpu_run run = {.exec = &exec, .context = &context};
    struct sl_agpu_storage storage = {
        .is_texture = true,
        .layout = {.format = sl_abi_find_format(&sl_abi_aerogpu, 3),
                   .width = width,
                   .height = 4,
                   .mip_levels = 1,
                   .array_layers = layers},
    };
    struct sl_agpu_object object = {.kind = SL_AGPU_TEXTURE, .storage = &storage};
    struct sl_ir_program program = {.family = family};
    struct sl_texture texture;
    sl_agpu_texture_layout_init(&storage.layout, 0);
    return sl_agpu_bind_texture(&run, &object, &program, dimension, false, &texture);
}

Test(draw_sampler, cubes_and_arrays)
{
    static const struct {
        enum sl_texture_dim dimension;
        uint32_t width, layers; /* the height is 4 */
        bool d3d9, dxbc;
    } rows[] = {
        {SL_TEXTURE_2D, 4, 1, true, true},          {SL_TEXTURE_2D, 4, 5, true, true},
        {SL_TEXTURE_2D, 4, 6, false, true},         {SL_TEXTURE_1D, 8, 1, true, true},
        {SL_TEXTURE_CUBE, 4, 6, true, true},        {SL_TEXTURE_CUBE, 4, 5, false, false},
        {SL_TEXTURE_CUBE, 8, 6, false, false},      {SL_TEXTURE_CUBE, 4, 7, true, true},
        {SL_TEXTURE_CUBE_ARRAY, 4, 12, true, true}, {SL_TEXTURE_2D_ARRAY, 4, 6, false, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(binds(SL_IR_D3D9, rows[i].dimension, rows[i].width, rows[i].layers),
                     rows[i].d3d9, "D3D9 row %zu", i);
        cr_assert_eq(binds(SL_IR_DXBC, rows[i].dimension, rows[i].width, rows[i].layers),
                     rows[i].dxbc, "SM4 row %zu", i);
    }
}
