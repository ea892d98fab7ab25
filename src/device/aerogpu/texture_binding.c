/* Textures and samplers of the device as programs see them. */
#include "device/aerogpu/draw.h"

#include "render/convert.h"

enum {
    STATE_ADDRESS_U = 1, /* D3DSAMPLERSTATETYPE */
    STATE_BORDER_COLOR = 4,
    STATE_MAG_FILTER = 5,
    STATE_MIN_FILTER = 6,
    STATE_MIP_FILTER = 7,
    STATE_LOD_BIAS = 8,
    STATE_MAX_MIP_LEVEL = 9,
    CUBE_FACES = 6,
};

#define NO_MIN_LOD (-128.0f)
#define NO_MAX_LOD 128.0f

bool sl_agpu_is_aero_d3d9(const struct sl_agpu_run *run)
{
    return run->exec->config.profile_aero && run->context->flavour == SL_AGPU_FLAVOUR_D3D9;
}

enum sl_texel_format sl_agpu_texel_format(const struct sl_abi_format *format)
{
    switch (format->value) {
    case AEROGPU_FORMAT_B8G8R8A8_UNORM:
    case AEROGPU_FORMAT_B8G8R8A8_UNORM_SRGB:
        return SL_TEXEL_B8G8R8A8;
    case AEROGPU_FORMAT_B8G8R8X8_UNORM:
    case AEROGPU_FORMAT_B8G8R8X8_UNORM_SRGB:
        return SL_TEXEL_B8G8R8X8;
    case AEROGPU_FORMAT_R8G8B8A8_UNORM:
    case AEROGPU_FORMAT_R8G8B8A8_UNORM_SRGB:
        return SL_TEXEL_R8G8B8A8;
    case AEROGPU_FORMAT_R8G8B8X8_UNORM:
    case AEROGPU_FORMAT_R8G8B8X8_UNORM_SRGB:
        return SL_TEXEL_R8G8B8X8;
    case AEROGPU_FORMAT_B5G6R5_UNORM:
        return SL_TEXEL_B5G6R5;
    case AEROGPU_FORMAT_B5G5R5A1_UNORM:
        return SL_TEXEL_B5G5R5A1;
    case AEROGPU_FORMAT_D24_UNORM_S8_UINT:
        return SL_TEXEL_D24S8;
    case AEROGPU_FORMAT_D32_FLOAT:
        return SL_TEXEL_D32F;
    case AEROGPU_FORMAT_BC1_RGBA_UNORM:
    case AEROGPU_FORMAT_BC1_RGBA_UNORM_SRGB:
        return SL_TEXEL_BC1;
    case AEROGPU_FORMAT_BC2_RGBA_UNORM:
    case AEROGPU_FORMAT_BC2_RGBA_UNORM_SRGB:
        return SL_TEXEL_BC2;
    case AEROGPU_FORMAT_BC3_RGBA_UNORM:
    case AEROGPU_FORMAT_BC3_RGBA_UNORM_SRGB:
        return SL_TEXEL_BC3;
    default: /* formats are those of the ABI's table; this is the last of them */
        return SL_TEXEL_BC7;
    }
}

/* Formats of 8-bit channels and of blocks; others have no sRGB form. */
static bool can_decode_srgb(const struct sl_abi_format *format)
{
    return format->kind == SL_ABI_FORMAT_BLOCK ||
           (format->kind == SL_ABI_FORMAT_COLOR && format->bytes_per_block == 4);
}

static struct sl_agpu_view whole_view(const struct sl_agpu_storage *storage)
{
    return (struct sl_agpu_view){
        .format = storage->layout.format,
        .mip_count = storage->layout.mip_levels,
        .layer_count = storage->layout.array_layers,
    };
}

static void make_texture(const struct sl_agpu_storage *storage, const struct sl_agpu_view *view,
                         struct sl_texture *texture)
{
    const struct sl_agpu_texture_layout *layout = &storage->layout;
    *texture = (struct sl_texture){
        .format = sl_agpu_texel_format(view->format),
        .srgb = view->format->srgb,
        .level_count = view->mip_count,
        .layer_count = view->layer_count,
        .layer_stride_bytes = layout->stored_layer_size,
    };
    for (uint32_t i = 0; i < view->mip_count; i++) {
        uint32_t mip = view->base_mip + i;
        texture->levels[i] = (struct sl_texture_level){
            .bytes = storage->bytes + sl_agpu_texture_stored(layout, mip, view->base_layer),
            .width = layout->mips[mip].width,
            .height = layout->mips[mip].height,
            .pitch_bytes = layout->mips[mip].row_bytes,
        };
    }
}

/*
 * Cubes need six square layers. To D3D9 programs a texture of six layers is a cube and nothing
 * else; SM4/5 programs may read layer 0 of anything as 2D.
 */
static bool fits(const struct sl_texture *texture, const struct sl_ir_program *program,
                 enum sl_texture_dim dimension)
{
    if (dimension == SL_TEXTURE_CUBE || dimension == SL_TEXTURE_CUBE_ARRAY) {
        return texture->layer_count >= CUBE_FACES &&
               texture->levels[0].width == texture->levels[0].height;
    }
    return program->family != SL_IR_D3D9 || texture->layer_count != CUBE_FACES;
}

bool sl_agpu_bind_texture(const struct sl_agpu_run *run, const struct sl_agpu_object *object,
                          const struct sl_ir_program *program, enum sl_texture_dim dimension,
                          bool decodes_srgb, struct sl_texture *texture)
{
    if (object->kind != SL_AGPU_TEXTURE && object->kind != SL_AGPU_VIEW) {
        return false;
    }
    struct sl_agpu_view view =
        object->kind == SL_AGPU_VIEW ? object->u.view : whole_view(object->storage);
    make_texture(object->storage, &view, texture);
    texture->widens = run->exec->config.profile_aero &&
                      (texture->format == SL_TEXEL_B5G6R5 || texture->format == SL_TEXEL_B5G5R5A1);
    texture->clamps_loads = run->exec->config.profile_aero;
    if (sl_agpu_is_aero_d3d9(run)) {
        texture->srgb = false;
    }
    texture->srgb |= decodes_srgb && can_decode_srgb(view.format);
    return fits(texture, program, dimension);
}

void sl_agpu_bind_sampler_object(const struct sl_agpu_sampler *object, struct sl_sampler *sampler)
{
    static const enum sl_address addresses[] = {
        [AEROGPU_SAMPLER_ADDRESS_CLAMP_TO_EDGE] = SL_ADDRESS_CLAMP,
        [AEROGPU_SAMPLER_ADDRESS_REPEAT] = SL_ADDRESS_WRAP,
        [AEROGPU_SAMPLER_ADDRESS_MIRROR_REPEAT] = SL_ADDRESS_MIRROR,
    };
    static const struct sl_agpu_sampler none = {
        .filter = AEROGPU_SAMPLER_FILTER_NEAREST,
        .address_u = AEROGPU_SAMPLER_ADDRESS_CLAMP_TO_EDGE,
        .address_v = AEROGPU_SAMPLER_ADDRESS_CLAMP_TO_EDGE,
        .address_w = AEROGPU_SAMPLER_ADDRESS_CLAMP_TO_EDGE,
    };
    const struct sl_agpu_sampler *from = object ? object : &none;
    bool linear = from->filter == AEROGPU_SAMPLER_FILTER_LINEAR;
    *sampler = (struct sl_sampler){
        .mag = linear ? SL_FILTER_LINEAR : SL_FILTER_POINT,
        .min = linear ? SL_FILTER_LINEAR : SL_FILTER_POINT,
        .mip = linear ? SL_MIP_LINEAR : SL_MIP_POINT,
        .address = {addresses[from->address_u], addresses[from->address_v],
                    addresses[from->address_w]},
        .min_lod = NO_MIN_LOD,
        .max_lod = NO_MAX_LOD,
    };
}

/* D3DTEXF_POINT is 1; all else counts as linear. */
static enum sl_filter d3d9_filter(uint32_t value)
{
    return value == 1 ? SL_FILTER_POINT : SL_FILTER_LINEAR;
}

static enum sl_address d3d9_address(uint32_t value)
{
    static const enum sl_address addresses[] = {
        SL_ADDRESS_WRAP,  SL_ADDRESS_WRAP,   SL_ADDRESS_MIRROR,
        SL_ADDRESS_CLAMP, SL_ADDRESS_BORDER, SL_ADDRESS_MIRROR_ONCE,
    };
    return value < sizeof(addresses) / sizeof(addresses[0]) ? addresses[value] : SL_ADDRESS_WRAP;
}

void sl_agpu_bind_sampler_states(const uint32_t states[SL_AGPU_SAMPLER_STATES],
                                 struct sl_sampler *sampler)
{
    static const enum sl_mip_filter mips[] = {SL_MIP_NONE, SL_MIP_POINT};
    static const unsigned argb_shifts[4] = {16, 8, 0, 24};
    uint32_t mip = states[STATE_MIP_FILTER];
    uint32_t max_level = states[STATE_MAX_MIP_LEVEL];
    *sampler = (struct sl_sampler){
        .mag = d3d9_filter(states[STATE_MAG_FILTER]),
        .min = d3d9_filter(states[STATE_MIN_FILTER]),
        .mip = mip < 2 ? mips[mip] : SL_MIP_LINEAR,
        .lod_bias = sl_f32_from_bits(states[STATE_LOD_BIAS]),
        .min_lod = (float)(max_level < SL_TEXTURE_LEVELS_MAX ? max_level : SL_TEXTURE_LEVELS_MAX),
        .max_lod = NO_MAX_LOD,
    };
    for (size_t i = 0; i < 3; i++) {
        sampler->address[i] = d3d9_address(states[STATE_ADDRESS_U + i]);
    }
    for (size_t i = 0; i < 4; i++) {
        uint32_t channel = states[STATE_BORDER_COLOR] >> argb_shifts[i] & 0xFF;
        sampler->border[i] = (float)channel / 255.0f;
    }
}
