/*
 * Makes one allocation fail. The unit tests are linked with malloc, calloc, realloc, strdup and
 * strndup wrapped, which catches the calls of this project, not those inside shared libraries.
 *
 *     for (unsigned n = 1;; n++) {
 *         fail_alloc_arm(n);
 *         status = what_is_tested();
 *         if (!fail_alloc_disarm()) {
 *             break; // fewer than n allocations: it has succeeded untouched
 *         }
 *         cr_assert_eq(status, SL_ERR_ENVIRONMENT);
 *     }
 *
 * Assert after disarming: Criterion's macros allocate, too.
 */
#ifndef SL_TESTS_FAIL_ALLOC_H
#define SL_TESTS_FAIL_ALLOC_H

#include <stdbool.h>

/* The n-th allocation from now on, counted from 1, returns NULL; all others work. */
void fail_alloc_arm(unsigned n);

/* Back to normal. True if the failure has happened. */
bool fail_alloc_disarm(void);

#endif
