#include "device/aerogpu/stage.h"

#include <assert.h>
#include <inttypes.h>

static_assert(SL_ABI_STAGE_COMPUTE - SL_ABI_STAGE_VERTEX + 1 == SL_AGPU_STAGE_COUNT,
              "one state for each stage");

enum sl_agpu_class sl_agpu_stage_resolve(struct sl_agpu_run *run, uint32_t stage,
                                         uint32_t reserved0, enum sl_abi_stage *resolved)
{
    *resolved = sl_abi_resolve_stage(&sl_abi_aerogpu, stage, reserved0, run->minor);
    if (*resolved == SL_ABI_STAGE_REJECT) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "stage %" PRIu32 " with stage_ex %" PRIu32,
                            stage, reserved0);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_stage_check_d3d9(struct sl_agpu_run *run, enum sl_abi_stage stage)
{
    if (stage != SL_ABI_STAGE_VERTEX && stage != SL_ABI_STAGE_PIXEL) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "only vertex and pixel stages have these");
    }
    return SL_AGPU_OK;
}
