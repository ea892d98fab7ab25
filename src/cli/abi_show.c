#include "base/status.h"
#include "cli/abi_verbs.h"
#include "lock/abi_lock.h"

#include <inttypes.h>
#include <string.h>

static void print_abi(const struct sl_abi *abi)
{
    printf("%s %" PRIu32 ".%" PRIu32 ": %zu opcodes, %zu structs, %zu enums, %zu constants, "
           "%zu registers, %zu features, %zu formats\n",
           abi->name, abi->version >> 16, abi->version & 0xFFFF, abi->opcode_count,
           abi->struct_count, abi->enum_count, abi->constant_count, abi->register_count,
           abi->feature_count, abi->format_count);
}

/* Fields of other structs have the same name; they are shown with their struct. */
static bool is_called(const struct sl_lock_entry *entry, const char *name)
{
    return entry->kind != SL_LOCK_FIELD && entry->kind != SL_LOCK_TRAILING &&
           strcmp(entry->name, name) == 0;
}

static enum sl_status show_names(struct sl_buf *out, const struct sl_abi_lock *lock,
                                 const struct sl_cli_args *args)
{
    for (size_t k = 1; k < args->operand_count; k++) {
        size_t before = out->size;
        for (size_t i = 0; i < lock->entry_count; i++) {
            if (is_called(&lock->entries[i], args->operands[k])) {
                sl_abi_lock_write_entry(out, lock, i);
            }
        }
        if (out->size == before && !out->failed) {
            return sl_cli_usage(args->verb, "%s has nothing called '%s'", lock->name,
                                args->operands[k]);
        }
    }
    return SL_OK;
}

static enum sl_status show(const struct sl_cli_args *args)
{
    struct sl_abi_lock lock = {0};
    struct sl_buf out = {0};
    struct sl_error err = {0};
    const struct sl_abi *abi = sl_abi_lock_find_builtin(args->operands[0]);
    enum sl_status status = abi ? sl_abi_lock_builtin(&lock, abi, &err)
                                : sl_abi_lock_open(&lock, args->operands[0], &err);
    if (status == SL_ERR_USAGE) {
        sl_cli_usage(args->verb, "%s", err.message);
    } else if (status != SL_OK) {
        sl_cli_fail(&err);
    } else if (args->operand_count > 1) {
        status = show_names(&out, &lock, args);
    } else {
        sl_abi_lock_write(&out, &lock);
    }
    if (status == SL_OK && out.failed) {
        sl_fail_memory(&err, out.size);
        status = sl_cli_fail(&err);
    }
    if (status == SL_OK) {
        fwrite(out.data, 1, out.size, stdout);
    }
    sl_buf_finish(&out);
    sl_abi_lock_finish(&lock);
    return status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    if (args->operand_count) {
        return show(args);
    }
    for (size_t i = 0; i < SL_ABI_LOCK_BUILTINS; i++) {
        print_abi(sl_abi_lock_builtins[i]);
    }
    return SL_OK;
}

const struct sl_cli_verb sl_cli_abi_show = {
    .name = "abi show",
    .operands = "[ABI|LOCK [NAME]...]",
    .operands_max = SIZE_MAX,
    .summary = "list the ABIs that this program knows, or show one",
    .description = "Lists the ABIs that this program knows, or shows one of them or a lock in the "
                   "form of a lock: all of it, or what has one of the names.",
    .run = run,
};
