/*
 * D3D9 render and sampler states (D3DRENDERSTATETYPE, D3DSAMPLERSTATETYPE). Raw values are kept;
 * a state with a meaning here also sets its item of the context, in its turn with the packets of
 * D3D10/11 shape. Values that are no values of a state leave its item alone.
 */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "device/aerogpu/stage.h"
#include "render/convert.h"

#include <stddef.h>

/* How a value becomes an item. */
enum conversion {
    TO_BOOL,   /* not 0 */
    TO_CHOICE, /* 1..limit, others are ignored */
    TO_ALPHA,  /* the same, and 0 = as for colour */
    TO_BYTE,   /* low 8 bits */
    TO_NIBBLE, /* low 4 bits */
    TO_WORD,   /* all of it, float bits mostly */
    TO_CULL,   /* D3DCULL */
    TO_FILL,   /* D3DFILLMODE */
    TO_SHADE,  /* D3DSHADEMODE */
    TO_COLOR,  /* ARGB to four floats */
};

#define ITEM(member) offsetof(struct sl_agpu_context, member)

static const struct {
    uint16_t state;
    uint8_t conversion;
    uint8_t limit;
    uint32_t item;
} states[] = {
    {7, TO_BOOL, 0, ITEM(depth_stencil.depth_enable)},    /* ZENABLE */
    {8, TO_FILL, 0, ITEM(rasterizer.fill)},               /* FILLMODE */
    {9, TO_SHADE, 0, ITEM(rasterizer.flat_shade)},        /* SHADEMODE */
    {14, TO_BOOL, 0, ITEM(depth_stencil.depth_write)},    /* ZWRITEENABLE */
    {15, TO_BOOL, 0, ITEM(alpha_test.enable)},            /* ALPHATESTENABLE */
    {18, TO_BOOL, 0, ITEM(rasterizer.front_ccw)},         /* private: front winding */
    {19, TO_CHOICE, 15, ITEM(blend.src)},                 /* SRCBLEND */
    {20, TO_CHOICE, 15, ITEM(blend.dst)},                 /* DESTBLEND */
    {22, TO_CULL, 0, ITEM(rasterizer.cull)},              /* CULLMODE */
    {23, TO_CHOICE, 8, ITEM(depth_stencil.depth_func)},   /* ZFUNC */
    {24, TO_BYTE, 0, ITEM(alpha_test.ref)},               /* ALPHAREF */
    {25, TO_CHOICE, 8, ITEM(alpha_test.func)},            /* ALPHAFUNC */
    {27, TO_BOOL, 0, ITEM(blend.enable)},                 /* ALPHABLENDENABLE */
    {52, TO_BOOL, 0, ITEM(depth_stencil.stencil_enable)}, /* STENCILENABLE */
    {53, TO_CHOICE, 8, ITEM(depth_stencil.front.fail)},   /* STENCILFAIL */
    {54, TO_CHOICE, 8, ITEM(depth_stencil.front.zfail)},  /* STENCILZFAIL */
    {55, TO_CHOICE, 8, ITEM(depth_stencil.front.pass)},   /* STENCILPASS */
    {56, TO_CHOICE, 8, ITEM(depth_stencil.front.func)},   /* STENCILFUNC */
    {57, TO_BYTE, 0, ITEM(depth_stencil.ref)},            /* STENCILREF */
    {58, TO_BYTE, 0, ITEM(depth_stencil.read_mask)},      /* STENCILMASK */
    {59, TO_BYTE, 0, ITEM(depth_stencil.write_mask)},     /* STENCILWRITEMASK */
    {154, TO_WORD, 0, ITEM(rasterizer.point_size)},       /* POINTSIZE */
    {155, TO_WORD, 0, ITEM(rasterizer.point_size_min)},   /* POINTSIZE_MIN */
    {156, TO_BOOL, 0, ITEM(rasterizer.point_sprite)},     /* POINTSPRITEENABLE */
    {166, TO_WORD, 0, ITEM(rasterizer.point_size_max)},   /* POINTSIZE_MAX */
    {168, TO_NIBBLE, 0, ITEM(blend.write_mask[0])},       /* COLORWRITEENABLE */
    {168, TO_NIBBLE, 0, ITEM(blend.write_mask[4])},       /* which D3D9 has four targets of, */
    {168, TO_NIBBLE, 0, ITEM(blend.write_mask[5])},       /* so that the others take it */
    {168, TO_NIBBLE, 0, ITEM(blend.write_mask[6])},
    {168, TO_NIBBLE, 0, ITEM(blend.write_mask[7])},
    {171, TO_CHOICE, 5, ITEM(blend.op)},                 /* BLENDOP */
    {174, TO_BOOL, 0, ITEM(rasterizer.scissor_enable)},  /* SCISSORTESTENABLE */
    {175, TO_WORD, 0, ITEM(rasterizer.slope_bias)},      /* SLOPESCALEDEPTHBIAS */
    {185, TO_BOOL, 0, ITEM(depth_stencil.two_sided)},    /* TWOSIDEDSTENCILMODE */
    {186, TO_CHOICE, 8, ITEM(depth_stencil.back.fail)},  /* CCW_STENCILFAIL */
    {187, TO_CHOICE, 8, ITEM(depth_stencil.back.zfail)}, /* CCW_STENCILZFAIL */
    {188, TO_CHOICE, 8, ITEM(depth_stencil.back.pass)},  /* CCW_STENCILPASS */
    {189, TO_CHOICE, 8, ITEM(depth_stencil.back.func)},  /* CCW_STENCILFUNC */
    {190, TO_NIBBLE, 0, ITEM(blend.write_mask[1])},      /* COLORWRITEENABLE1 */
    {191, TO_NIBBLE, 0, ITEM(blend.write_mask[2])},      /* COLORWRITEENABLE2 */
    {192, TO_NIBBLE, 0, ITEM(blend.write_mask[3])},      /* COLORWRITEENABLE3 */
    {193, TO_COLOR, 0, ITEM(blend.constant)},            /* BLENDFACTOR */
    {194, TO_BOOL, 0, ITEM(srgb_write)},                 /* SRGBWRITEENABLE */
    {195, TO_WORD, 0, ITEM(rasterizer.float_bias)},      /* DEPTHBIAS */
    {206, TO_BOOL, 0, ITEM(blend.separate_alpha)},       /* SEPARATEALPHABLENDENABLE */
    {207, TO_ALPHA, 15, ITEM(blend.src_alpha)},          /* SRCBLENDALPHA */
    {208, TO_ALPHA, 15, ITEM(blend.dst_alpha)},          /* DESTBLENDALPHA */
    {209, TO_ALPHA, 5, ITEM(blend.op_alpha)},            /* BLENDOPALPHA */
};

enum { D3DCULL_NONE = 1, D3DCULL_CW = 2, D3DCULL_CCW = 3, D3DSHADE_FLAT = 1, D3DSHADE_GOURAUD = 2 };

static void set_cull(uint8_t *item, uint32_t value)
{
    static const uint8_t cull[] = {
        [D3DCULL_NONE] = AEROGPU_CULL_NONE,
        [D3DCULL_CW] = AEROGPU_CULL_FRONT,
        [D3DCULL_CCW] = AEROGPU_CULL_BACK,
    };
    if (value >= D3DCULL_NONE && value <= D3DCULL_CCW) {
        *item = cull[value];
    }
}

static void set_color(uint32_t constant[4], uint32_t argb)
{
    static const unsigned shifts[4] = {16, 8, 0, 24};
    for (size_t i = 0; i < 4; i++) {
        float channel = (float)(argb >> shifts[i] & 0xFF) / 255.0f;
        constant[i] = sl_f32_to_bits(channel);
    }
}

static void set_item(void *item, enum conversion conversion, uint32_t limit, uint32_t value)
{
    switch (conversion) {
    case TO_BOOL:
        *(bool *)item = value != 0;
        break;
    case TO_CHOICE:
        if (value >= 1 && value <= limit) {
            *(uint8_t *)item = (uint8_t)value;
        }
        break;
    case TO_ALPHA:
        if (value <= limit) {
            *(uint8_t *)item = (uint8_t)value;
        }
        break;
    case TO_BYTE:
        *(uint8_t *)item = (uint8_t)value;
        break;
    case TO_NIBBLE:
        *(uint8_t *)item = value & 0xF;
        break;
    case TO_WORD:
        *(uint32_t *)item = value;
        break;
    case TO_CULL:
        set_cull(item, value);
        break;
    case TO_FILL:
        if (value >= SL_AGPU_FILL_POINT && value <= SL_AGPU_FILL_SOLID) {
            *(enum sl_agpu_fill *)item = (enum sl_agpu_fill)value;
        }
        break;
    case TO_SHADE:
        if (value == D3DSHADE_FLAT || value == D3DSHADE_GOURAUD) {
            *(bool *)item = value == D3DSHADE_FLAT;
        }
        break;
    case TO_COLOR:
        set_color(item, value);
        break;
    }
}

enum sl_agpu_class sl_agpu_cmd_set_render_state(struct sl_agpu_run *run,
                                                const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_render_state cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_context *context = run->context;
    if (cmd.state >= SL_AGPU_RENDER_STATES) {
        return SL_AGPU_OK;
    }
    if (!context->render_state) {
        context->render_state = sl_agpu_alloc(run->exec, SL_AGPU_RENDER_STATES * 4);
        if (!context->render_state) {
            return sl_agpu_fail_host_memory(run, SL_AGPU_RENDER_STATES * 4);
        }
    }
    context->render_state[cmd.state] = cmd.value;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (states[i].state == cmd.state) {
            void *item = (uint8_t *)context + states[i].item;
            set_item(item, (enum conversion)states[i].conversion, states[i].limit, cmd.value);
        }
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_set_sampler_state(struct sl_agpu_run *run,
                                                 const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_sampler_state cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_abi_stage stage;
    enum sl_agpu_class class_ = sl_agpu_stage_resolve(run, cmd.shader_stage, 0, &stage);
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_stage_check_d3d9(run, stage);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    if (cmd.slot < SL_AGPU_D3D9_SAMPLERS && cmd.state < SL_AGPU_SAMPLER_STATES) {
        sl_agpu_stage_state(run->context, stage)->sampler_state[cmd.slot][cmd.state] = cmd.value;
    }
    return SL_AGPU_OK;
}
