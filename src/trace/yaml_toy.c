/*
 * What the importer makes of files in the toy packet ABI has no device, but is a trace that can be
 * dumped, so it can be assembled, too: with the verbs for any device and no register.
 */
#include "trace/aerogputrace.h"
#include "trace/yaml_asm.h"

static const struct sl_abi abi = {.name = SL_AEROGPUTRACE_TOY_DEVICE, .version = 1};

static bool find_register(struct sl_asm *a, const char *name, struct sl_asm_register *out)
{
    (void)a;
    (void)name;
    (void)out;
    return false;
}

const struct sl_asm_device sl_asm_toy = {.abi = &abi, .find_register = find_register};
