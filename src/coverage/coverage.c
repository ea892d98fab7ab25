#include "coverage/coverage.h"

#include "base/status.h"
#include "base/worker_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What one thread works with. */
struct worker {
    struct sl_coverage_set set;
};

/* A run in progress. */
struct run {
    struct sl_coverage *coverage;
    const struct sl_coverage_options *options;
    struct worker *workers;
    size_t worker_count;
    pthread_mutex_t lock; /* for what follows and the outcomes */
    size_t done;
    enum sl_status status;
    size_t failed; /* number of the test that the status is of */
    struct sl_error *err;
};

static const struct sl_suite_test *find_test(const struct sl_coverage *coverage, size_t number,
                                             const struct sl_suite **suite)
{
    size_t i = 0;
    while (number >= coverage->suites[i].test_count) {
        number -= coverage->suites[i++].test_count;
    }
    *suite = &coverage->suites[i];
    return &coverage->suites[i].tests[number];
}

void sl_coverage_test_name(const struct sl_coverage *coverage, size_t number, const char **suite,
                           const char **test)
{
    const struct sl_suite *found;
    *test = find_test(coverage, number, &found)->name;
    *suite = found->name;
}

/* Adds what one test has covered. Fields may be covered by several tests together. */
static void merge(struct sl_coverage *coverage, size_t number, const struct sl_coverage_set *set)
{
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        coverage->driven[i] = coverage->driven[i] || coverage->catalog.places[i].abi == set->abi;
    }
    for (size_t i = 0; i < coverage->catalog.count; i++) {
        struct sl_coverage_outcome *outcome = &coverage->outcomes[i];
        sl_coverage_add_values(&outcome->values, &set->values[i]);
        outcome->covered = outcome->covered || set->seen[i] || outcome->values.several;
        if (set->seen[i]) {
            bool earlier = outcome->tests == 0 || number < outcome->first;
            outcome->first = earlier ? number : outcome->first;
            outcome->tests++;
        }
    }
}

static enum sl_status replay(const struct run *run, const struct sl_suite_test *test,
                             struct sl_coverage_set *set, struct sl_error *err)
{
    struct sl_replay_callbacks callbacks;
    struct sl_coverage_observer *observer =
        sl_coverage_observer_create(&run->coverage->catalog, set);
    if (!observer) {
        return sl_fail_memory(err, 0);
    }
    sl_coverage_callbacks(observer, &callbacks);
    enum sl_status status = sl_test_replay(test, &run->options->test, &callbacks, err);
    sl_coverage_observer_destroy(observer);
    return status == test->expected ? SL_OK : status;
}

static void work(void *data, uint32_t piece, unsigned thread)
{
    struct run *run = data;
    const struct sl_suite *suite;
    struct sl_coverage_set *set = &run->workers[thread].set;
    struct sl_error err = {0};
    sl_coverage_set_clear(set, run->coverage->catalog.count);
    enum sl_status status = replay(run, find_test(run->coverage, piece, &suite), set, &err);
    pthread_mutex_lock(&run->lock);
    merge(run->coverage, piece, set);
    if (status != SL_OK && (run->status == SL_OK || piece < run->failed)) {
        run->status = status;
        run->failed = piece;
        *run->err = err;
    }
    run->done++;
    if (run->options->progress) {
        run->options->progress(run->done, run->coverage->test_count);
    }
    pthread_mutex_unlock(&run->lock);
}

static enum sl_status make_workers(struct run *run, size_t count, struct sl_error *err)
{
    run->workers = calloc(count, sizeof(*run->workers));
    enum sl_status status = run->workers ? SL_OK : sl_fail_memory(err, 0);
    while (status == SL_OK && run->worker_count < count) {
        struct worker *worker = &run->workers[run->worker_count];
        status = sl_coverage_set_init(&worker->set, run->coverage->catalog.count, err);
        run->worker_count += status == SL_OK;
    }
    return status;
}

static enum sl_status run_tests(struct run *run, struct sl_error *err)
{
    struct sl_worker_pool *pool =
        run->options->jobs > 1 ? sl_worker_pool_create(run->options->jobs) : NULL;
    enum sl_status status = make_workers(run, sl_worker_pool_threads(pool), err);
    if (status == SL_OK && pthread_mutex_init(&run->lock, NULL) != 0) {
        status = sl_fail_memory(err, 0);
    } else if (status == SL_OK) {
        sl_worker_pool_run(pool, (uint32_t)run->coverage->test_count, work, run);
        pthread_mutex_destroy(&run->lock);
        status = run->status;
    }
    sl_worker_pool_destroy(pool);
    for (size_t i = 0; i < run->worker_count; i++) {
        sl_coverage_set_finish(&run->workers[i].set);
    }
    free(run->workers);
    return status;
}

enum sl_status sl_coverage_run(const struct sl_suite *suites, size_t suite_count,
                               const struct sl_coverage_options *options,
                               struct sl_coverage *coverage, struct sl_error *err)
{
    struct sl_error unused = {0};
    err = err ? err : &unused;
    *coverage = (struct sl_coverage){.suites = suites, .suite_count = suite_count};
    for (size_t i = 0; i < suite_count; i++) {
        coverage->test_count += suites[i].test_count;
    }
    enum sl_status status = sl_coverage_catalog_init(&coverage->catalog, err);
    if (status != SL_OK) {
        return status;
    }
    coverage->outcomes = calloc(coverage->catalog.count, sizeof(*coverage->outcomes));
    struct run run = {.coverage = coverage, .options = options, .err = err};
    if (coverage->test_count > UINT32_MAX) {
        status = sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, "more than 2^32 tests");
    } else {
        status = coverage->outcomes ? run_tests(&run, err) : sl_fail_memory(err, 0);
    }
    if (status != SL_OK) {
        sl_coverage_finish(coverage);
    }
    return status;
}

void sl_coverage_finish(struct sl_coverage *coverage)
{
    for (size_t i = 0; coverage->outcomes && i < coverage->catalog.count; i++) {
        free(coverage->outcomes[i].reason);
    }
    free(coverage->outcomes);
    sl_coverage_catalog_finish(&coverage->catalog);
    *coverage = (struct sl_coverage){0};
}

bool sl_coverage_drives(const struct sl_coverage *coverage, const struct sl_abi *abi)
{
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        if (coverage->catalog.places[i].abi == abi) {
            return coverage->driven[i];
        }
    }
    return false;
}

struct sl_coverage_count sl_coverage_count_rows(const struct sl_coverage *coverage,
                                                const struct sl_abi *abi,
                                                enum sl_coverage_kind kind)
{
    struct sl_coverage_count count = {0};
    for (size_t i = 0; sl_coverage_drives(coverage, abi) && i < coverage->catalog.count; i++) {
        const struct sl_coverage_row *row = &coverage->catalog.rows[i];
        const struct sl_coverage_outcome *outcome = &coverage->outcomes[i];
        if (row->abi == abi && row->kind == kind) {
            count.rows++;
            count.covered += outcome->covered;
            count.excepted += outcome->reason && !outcome->covered;
            count.stale += outcome->reason && outcome->covered;
        }
    }
    return count;
}

unsigned sl_coverage_share(const struct sl_coverage_count *count)
{
    return (unsigned)((count->covered + count->excepted) * 10000 / count->rows);
}
