#include "device/aerogpu/context.h"

#include <string.h>

/* Float bits of the defaults (D3D9 render state reference). */
#define ONE_F32 0x3F800000u
#define SIXTY_FOUR_F32 0x42800000u

static const struct sl_agpu_stencil_face stencil_off = {
    .func = 8, /* D3DCMP_ALWAYS */
    .fail = 1, /* D3DSTENCILOP_KEEP */
    .zfail = 1,
    .pass = 1,
};

static void default_sampler_states(struct sl_agpu_stage_state *stage)
{
    for (size_t i = 0; i < SL_AGPU_D3D9_SAMPLERS; i++) {
        uint32_t *state = stage->sampler_state[i];
        state[1] = state[2] = state[3] = 1; /* ADDRESSU, V, W: D3DTADDRESS_WRAP */
        state[5] = state[6] = 1;            /* MAGFILTER, MINFILTER: D3DTEXF_POINT */
        state[10] = 1;                      /* MAXANISOTROPY */
    }
}

void sl_agpu_context_defaults(struct sl_agpu_context *context)
{
    *context = (struct sl_agpu_context){
        .topology = AEROGPU_TOPOLOGY_TRIANGLELIST,
        .blend =
            {
                .src = 2, /* D3DBLEND_ONE */
                .dst = 1, /* D3DBLEND_ZERO */
                .op = 1,  /* D3DBLENDOP_ADD */
                .src_alpha = 2,
                .dst_alpha = 1,
                .op_alpha = 1,
                .constant = {ONE_F32, ONE_F32, ONE_F32, ONE_F32},
                .sample_mask = 0xFFFFFFFF,
            },
        .depth_stencil =
            {
                .depth_enable = true,
                .depth_write = true,
                .read_mask = 0xFF,
                .write_mask = 0xFF,
                .front = stencil_off,
                .back = stencil_off,
            },
        .rasterizer =
            {
                .fill = SL_AGPU_FILL_SOLID,
                .cull = AEROGPU_CULL_BACK,
                .depth_clip = true,
                .point_size = ONE_F32,
                .point_size_min = ONE_F32,
                .point_size_max = SIXTY_FOUR_F32,
            },
        .alpha_test = {.func = 8},
    };
    memset(context->blend.write_mask, 0xF, sizeof(context->blend.write_mask));
    for (size_t i = 0; i < SL_AGPU_STAGE_COUNT; i++) {
        default_sampler_states(&context->stage[i]);
    }
}

void sl_agpu_context_decide(struct sl_agpu_context *context, enum sl_agpu_flavour flavour)
{
    if (context->flavour == SL_AGPU_FLAVOUR_UNKNOWN) {
        context->flavour = flavour;
    }
}
