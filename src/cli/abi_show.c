#include "abi/abi.h"
#include "cli/abi_verbs.h"

#include <inttypes.h>

static void print_abi(const struct sl_abi *abi)
{
    printf("%s %" PRIu32 ".%" PRIu32 ": %zu opcodes, %zu structs, %zu enums, %zu constants, "
           "%zu registers, %zu features, %zu formats\n",
           abi->name, abi->version >> 16, abi->version & 0xFFFF, abi->opcode_count,
           abi->struct_count, abi->enum_count, abi->constant_count, abi->register_count,
           abi->feature_count, abi->format_count);
}

static enum sl_status run(const struct sl_cli_args *args)
{
    (void)args;
    print_abi(&sl_abi_aerogpu);
    print_abi(&sl_abi_virtio_gpu);
    return SL_OK;
}

const struct sl_cli_verb sl_cli_abi_show = {
    .name = "abi show",
    .operands = "",
    .summary = "list the ABIs that this program knows",
    .description = "Lists the ABIs that this program knows, and what they hold.",
    .run = run,
};
