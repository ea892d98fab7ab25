#include "cli/abi_locks.h"

#include <inttypes.h>

enum sl_status sl_cli_judge_lock(struct sl_cli_verdict *verdict,
                                 const struct sl_abi_lock *published, const struct sl_abi *abi,
                                 struct sl_error *err)
{
    struct sl_abi_lock now = {0};
    *verdict = (struct sl_cli_verdict){.version = abi->version};
    enum sl_status status = sl_abi_lock_builtin(&now, abi, err);
    if (status == SL_OK) {
        status = sl_lock_compare(&verdict->diff, published, &now, err);
    }
    if (status == SL_OK) {
        verdict->problem = sl_lock_judge(published, &now, &verdict->diff);
    }
    sl_abi_lock_finish(&now);
    return status;
}

void sl_cli_print_changes(const struct sl_cli_verdict *verdict, const struct sl_abi_lock *published)
{
    for (size_t i = 0; i < verdict->diff.count; i++) {
        struct sl_buf line = {0};
        sl_lock_print_change(&line, &verdict->diff.changes[i]);
        const char *text = sl_buf_cstr(&line);
        printf("%s: %s\n", published->path, text ? text : "(out of memory)");
        sl_buf_finish(&line);
    }
    printf("%s: %s (this program has %s %" PRIu32 ".%" PRIu32 ")\n", published->path,
           verdict->problem, published->name, verdict->version >> 16, verdict->version & 0xFFFF);
}
