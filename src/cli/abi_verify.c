#include "base/file.h"
#include "base/status.h"
#include "cli/abi_locks.h"
#include "cli/abi_verbs.h"

#include <inttypes.h>

typedef enum sl_status read_fn(struct sl_abi_lock *lock, const char *path, struct sl_error *err);

/* What is wrong goes to stdout: it is the result. */
static enum sl_status verify_file(const char *path, read_fn *read, struct sl_error *err)
{
    struct sl_abi_lock published = {0};
    enum sl_status status = read(&published, path, err);
    const struct sl_abi *abi = NULL;
    if (status == SL_OK) {
        abi = sl_abi_lock_find_builtin(published.name);
        if (!abi) {
            status = sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_NONE, "no ABI is called '%s'",
                             published.name);
            sl_error_set_file(err, path);
        }
    }
    if (status == SL_OK) {
        struct sl_cli_verdict verdict = {0};
        status = sl_cli_judge_lock(&verdict, &published, abi, err);
        if (status == SL_OK && verdict.problem) {
            sl_cli_print_changes(&verdict, &published);
            status = SL_ERR_MISMATCH;
        } else if (status == SL_OK) {
            printf("%s: good\n", path);
        }
        sl_lock_diff_finish(&verdict.diff);
    }
    sl_abi_lock_finish(&published);
    return status;
}

/* Every ABI has a lock of the version that is in this program. */
static enum sl_status find_lock(const struct sl_abi *abi, const char *golden, struct sl_error *err)
{
    struct sl_buf path = {0};
    sl_lock_path(&path, golden, abi->name, abi->version);
    const char *text = sl_buf_cstr(&path);
    enum sl_status status = text ? SL_OK : sl_fail_memory(err, 0);
    if (status == SL_OK && !sl_file_exists(text)) {
        printf("%s: missing; 'scanlock abi lock' writes it\n", text);
        status = SL_ERR_MISMATCH;
    }
    sl_buf_finish(&path);
    return status;
}

/* Goes on after a difference, so that all of them are shown; stops at what cannot be read. */
static enum sl_status verify_files(char **paths, size_t count, read_fn *read, struct sl_error *err)
{
    enum sl_status worst = SL_OK;
    for (size_t i = 0; i < count; i++) {
        enum sl_status status = verify_file(paths[i], read, err);
        if (status != SL_OK && status != SL_ERR_MISMATCH) {
            return status;
        }
        worst = status == SL_OK ? worst : status;
    }
    return worst;
}

static enum sl_status verify_folder(const char *golden, struct sl_error *err)
{
    struct sl_lock_paths list;
    enum sl_status status = sl_lock_list(&list, golden, err);
    if (status != SL_OK) {
        return status;
    }
    status = verify_files(list.paths, list.count, sl_lock_read_published, err);
    sl_lock_list_finish(&list);
    for (size_t i = 0; i < SL_ABI_LOCK_BUILTINS; i++) {
        if (status != SL_OK && status != SL_ERR_MISMATCH) {
            break;
        }
        enum sl_status found = find_lock(sl_abi_lock_builtins[i], golden, err);
        status = found == SL_OK ? status : found;
    }
    return status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_error err = {0};
    const char *golden = args->values[SL_CLI_GOLDEN];
    enum sl_status status = args->operand_count ? verify_files(args->operands, args->operand_count,
                                                               sl_abi_lock_read, &err)
                                                : verify_folder(golden ? golden : "golden", &err);
    return status == SL_OK || status == SL_ERR_MISMATCH ? status : sl_cli_fail(&err);
}

static const struct sl_cli_option options[] = {
    {SL_CLI_GOLDEN, 'g', "golden", "DIR", "verify the locks in DIR/abi; golden unless given"},
};

const struct sl_cli_verb sl_cli_abi_verify = {
    .name = "abi verify",
    .operands = "[LOCK]...",
    .operands_max = SIZE_MAX,
    .summary = "compare the ABIs with what is published of them",
    .description =
        "Compares the ABIs of this program with locks: nothing at all may differ from that of the "
        "same version, and nothing may break an older one with the same major number. Without "
        "operands all published locks are verified, and each ABI must have one.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
