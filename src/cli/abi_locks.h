/* What 'abi lock' and 'abi verify' share. */
#ifndef SL_CLI_ABI_LOCKS_H
#define SL_CLI_ABI_LOCKS_H

#include "cli/cli.h"
#include "lock/lock_folder.h"

/* A published lock against an ABI of this program. problem is NULL if all is well. */
struct sl_cli_verdict {
    struct sl_lock_diff diff;
    const char *problem;
    uint32_t version; /* of the ABI in this program */
};

/* The verdict's diff must be finished, also after a failure. */
enum sl_status sl_cli_judge_lock(struct sl_cli_verdict *verdict,
                                 const struct sl_abi_lock *published, const struct sl_abi *abi,
                                 struct sl_error *err);

/* The changes and the problem on stdout, each line with the lock's path in front. */
void sl_cli_print_changes(const struct sl_cli_verdict *verdict,
                          const struct sl_abi_lock *published);

#endif
