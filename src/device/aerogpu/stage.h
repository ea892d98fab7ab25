/* Shader stages of packets and of contexts. */
#ifndef SL_DEVICE_AEROGPU_STAGE_H
#define SL_DEVICE_AEROGPU_STAGE_H

#include "device/aerogpu/exec.h"

/* The stage that a packet's stage and reserved0 mean in this stream; BAD_VALUE if none. */
enum sl_agpu_class sl_agpu_stage_resolve(struct sl_agpu_run *run, uint32_t stage,
                                         uint32_t reserved0, enum sl_abi_stage *resolved);

/* BAD_VALUE for stages that D3D9 has not. */
enum sl_agpu_class sl_agpu_stage_check_d3d9(struct sl_agpu_run *run, enum sl_abi_stage stage);

/* The state of a resolved stage. */
static inline struct sl_agpu_stage_state *sl_agpu_stage_state(struct sl_agpu_context *context,
                                                              enum sl_abi_stage stage)
{
    return &context->stage[stage - SL_ABI_STAGE_VERTEX];
}

#endif
