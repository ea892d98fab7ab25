#include "base/file.h"
#include "base/status.h"
#include "cli/abi_locks.h"
#include "cli/abi_verbs.h"

#include <string.h>

struct job {
    const struct sl_cli_args *args;
    const char *golden;
    const struct sl_abi *abi;
    struct sl_error err;
};

/* The lock that is there may get other descriptions if the user says so; nothing else. */
static bool is_allowed(const struct job *job, const struct sl_abi_lock *published,
                       const struct sl_cli_verdict *verdict)
{
    return !verdict->problem ||
           (published->version == verdict->version && job->args->values[SL_CLI_DOCS] &&
            sl_lock_diff_class(&verdict->diff) == SL_LOCK_PATCH);
}

/* Compares one published lock with what is to be published; those of other ABIs are not asked. */
static enum sl_status check_published(struct job *job, const char *path)
{
    struct sl_abi_lock published = {0};
    struct sl_cli_verdict verdict = {0};
    enum sl_status status = sl_lock_read_published(&published, path, &job->err);
    if (status == SL_OK && strcmp(published.name, job->abi->name) == 0) {
        status = sl_cli_judge_lock(&verdict, &published, job->abi, &job->err);
        if (status == SL_OK && !is_allowed(job, &published, &verdict)) {
            sl_cli_print_changes(&verdict, &published);
            status = SL_ERR_MISMATCH;
        }
    }
    sl_lock_diff_finish(&verdict.diff);
    sl_abi_lock_finish(&published);
    return status;
}

static enum sl_status check_folder(struct job *job)
{
    struct sl_lock_paths list;
    enum sl_status status = sl_lock_list(&list, job->golden, &job->err);
    for (size_t i = 0; status == SL_OK && i < list.count; i++) {
        status = check_published(job, list.paths[i]);
    }
    sl_lock_list_finish(&list);
    return status;
}

static enum sl_status make_folder(struct job *job)
{
    struct sl_buf folder = {0};
    sl_buf_printf(&folder, "%s/abi", job->golden);
    const char *text = sl_buf_cstr(&folder);
    enum sl_status status =
        text ? sl_file_make_folder(text, &job->err) : sl_fail_memory(&job->err, 0);
    sl_buf_finish(&folder);
    return status;
}

static enum sl_status write_lock(struct job *job, const char *path)
{
    struct sl_abi_lock lock = {0};
    struct sl_buf text = {0};
    struct sl_buf before = {0};
    enum sl_status status = sl_abi_lock_builtin(&lock, job->abi, &job->err);
    if (status == SL_OK) {
        sl_abi_lock_write(&text, &lock);
        status = text.failed ? sl_fail_memory(&job->err, text.size) : SL_OK;
    }
    bool exists = status == SL_OK && sl_file_exists(path);
    if (exists) {
        status = sl_file_read(path, UINT64_MAX, &before, &job->err);
    }
    if (status == SL_OK && exists && sl_buf_equal(&before, &text)) {
        printf("unchanged %s\n", path);
    } else if (status == SL_OK) {
        status = make_folder(job);
        if (status == SL_OK) {
            status = sl_file_write(path, text.data, text.size, &job->err);
        }
        if (status == SL_OK) {
            printf("%s %s\n", exists ? "rewrote" : "new", path);
        }
    }
    sl_buf_finish(&before);
    sl_buf_finish(&text);
    sl_abi_lock_finish(&lock);
    return status;
}

static enum sl_status lock_abi(struct job *job)
{
    struct sl_buf path = {0};
    sl_lock_path(&path, job->golden, job->abi->name, job->abi->version);
    const char *text = sl_buf_cstr(&path);
    enum sl_status status = text ? check_folder(job) : sl_fail_memory(&job->err, 0);
    if (status == SL_OK) {
        status = write_lock(job, text);
    }
    sl_buf_finish(&path);
    return status == SL_OK || status == SL_ERR_MISMATCH ? status : sl_cli_fail(&job->err);
}

static enum sl_status run(const struct sl_cli_args *args)
{
    const char *golden = args->values[SL_CLI_GOLDEN];
    size_t count = args->operand_count ? args->operand_count : SL_ABI_LOCK_BUILTINS;
    for (size_t i = 0; i < args->operand_count; i++) {
        if (!sl_abi_lock_find_builtin(args->operands[i])) {
            return sl_cli_usage(args->verb, "no ABI is called '%s'", args->operands[i]);
        }
    }
    enum sl_status worst = SL_OK;
    for (size_t i = 0; i < count && (worst == SL_OK || worst == SL_ERR_MISMATCH); i++) {
        struct job job = {
            .args = args,
            .golden = golden ? golden : "golden",
            .abi = args->operand_count ? sl_abi_lock_find_builtin(args->operands[i])
                                       : sl_abi_lock_builtins[i],
        };
        enum sl_status status = lock_abi(&job);
        worst = status == SL_OK ? worst : status;
    }
    return worst;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_GOLDEN, 'g', "golden", "DIR", "write into DIR/abi; golden unless given"},
    {SL_CLI_DOCS, 0, "docs", NULL,
     "replace a published lock from which only descriptions and what tools show differ"},
};

const struct sl_cli_verb sl_cli_abi_lock = {
    .name = "abi lock",
    .operands = "[ABI]...",
    .operands_max = SIZE_MAX,
    .summary = "write the lock of a new version of an ABI",
    .description =
        "Writes golden/abi/NAME-VERSION.yaml: everything that the ABI says. What is published "
        "stays "
        "as it is: if there is a lock of this version that says something else, or a newer one, or "
        "an older one of the same major version that this one breaks, the differences are printed "
        "and nothing is written.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
