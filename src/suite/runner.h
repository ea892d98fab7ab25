/*
 * Runs the tests of suites: all, those that a glob names, or one shard of them, on some threads.
 * Results come in the order of the suites and do not depend on the number of threads.
 */
#ifndef SL_SUITE_RUNNER_H
#define SL_SUITE_RUNNER_H

#include "suite/test_run.h"

struct sl_run_options {
    struct sl_test_options test;
    uint32_t jobs;        /* threads, at least 1 */
    uint32_t shard;       /* 1..shard_count */
    uint32_t shard_count; /* at least 1 */
    const char *filter;   /* glob over "NAME" and "SUITE/NAME"; NULL = all */
    /* After each test, from the calling thread or another; never two at once. May be NULL. */
    void (*progress)(uint64_t done, uint64_t total);
};

/*
 * results is zeroed by the caller and finished by it, also on failure. A failing test is no failure
 * here. Statuses: USAGE (the filter matches nothing, two suites of one name), ENVIRONMENT.
 */
enum sl_status sl_run_suites(const struct sl_suite *suites, size_t suite_count,
                             const struct sl_run_options *options, struct sl_results *results,
                             struct sl_error *err);

/* True if the filter (or none) takes the test. */
bool sl_run_takes(const char *filter, const char *suite, const char *test);

/* Shard of a test, 0..count - 1: XXH64 of "SUITE/NAME" modulo count. */
uint32_t sl_run_shard_of(const char *suite, const char *test, uint32_t count);

/* SL_ERR_USAGE if two suites have one name: their tests could not be told apart. */
enum sl_status sl_run_check_names(const struct sl_suite *suites, size_t suite_count,
                                  struct sl_error *err);

#endif
