/*
 * Flags that the machine raises, and keeps, when an operation meets a denormal operand or rounds a
 * result that is tiny. Reading them once tells that thousands of operations met none.
 *
 * Only x86-64 is known to have both, and emulators of it may not: sl_host_flags_work() finds out.
 */
#ifndef SL_SHADER_HOST_FLAGS_H
#define SL_SHADER_HOST_FLAGS_H

#include <stdbool.h>

/* True if the next two tell of every denormal. Always gives the same answer. */
bool sl_host_flags_work(void);

/* Flags up; opaque. */
unsigned sl_host_flags_get(void);
void sl_host_flags_set(unsigned flags);
void sl_host_flags_clear(void);

/* True if a denormal or tiny number was met since they were cleared. */
bool sl_host_flags_denormal(void);

#endif
