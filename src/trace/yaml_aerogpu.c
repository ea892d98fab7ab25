/* AeroGPU in YAML: registers by name. */
#include "trace/yaml_asm.h"

/* All registers are in BAR0, docs/abi-aerogpu.md. */
static bool find_register(struct sl_asm *a, const char *name, struct sl_asm_register *out)
{
    const struct sl_abi_register *found = sl_abi_find_register_name(&sl_abi_aerogpu, name);
    (void)a;
    if (found) {
        *out = (struct sl_asm_register){
            .space = SL_SPACE_BAR0,
            .offset = found->offset,
            .size = (uint8_t)found->width_bytes,
            .names = found->names,
        };
    }
    return found;
}

const struct sl_asm_device sl_asm_aerogpu = {
    .abi = &sl_abi_aerogpu,
    .find_register = find_register,
};
