#include "base/worker_pool.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>

TestSuite(worker_pool);

#define PIECES 1000u
#define THREADS 4u

struct record {
    _Atomic unsigned times[PIECES];
    _Atomic unsigned inside[THREADS]; /* calls at this moment with this thread's number */
    _Atomic unsigned mistakes;
    unsigned threads;
};

static void note(void *data, uint32_t piece, unsigned thread)
{
    struct record *record = data;
    if (thread >= record->threads || atomic_fetch_add(&record->inside[thread], 1) != 0) {
        atomic_fetch_add(&record->mistakes, 1);
        return;
    }
    atomic_fetch_add(&record->times[piece], 1);
    atomic_fetch_sub(&record->inside[thread], 1);
}

static void check_run(struct sl_worker_pool *pool, uint32_t count)
{
    struct record *record = calloc(1, sizeof(*record));
    cr_assert(record);
    record->threads = sl_worker_pool_threads(pool);
    sl_worker_pool_run(pool, count, note, record);
    for (uint32_t i = 0; i < PIECES; i++) {
        cr_assert_eq(record->times[i], i < count ? 1 : 0, "piece %u of %u: %u times", i, count,
                     record->times[i]);
    }
    cr_assert_eq(record->mistakes, 0);
    free(record);
}

Test(worker_pool, every_piece_once_whatever_the_threads)
{
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        struct sl_worker_pool *pool = sl_worker_pool_create(threads);
        cr_assert(pool);
        cr_assert_eq(sl_worker_pool_threads(pool), threads);
        static const uint32_t counts[] = {0, 1, 2, 3, 4, 5, 17, PIECES};
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
            check_run(pool, counts[i]);
        }
        sl_worker_pool_destroy(pool);
    }
}

Test(worker_pool, no_pool_is_one_thread)
{
    cr_assert_eq(sl_worker_pool_threads(NULL), 1);
    check_run(NULL, PIECES);
    sl_worker_pool_destroy(NULL);
}

static void sum(void *data, uint32_t piece, unsigned thread)
{
    uint64_t *sums = data;
    sums[thread] += piece;
}

/* What workers wrote is there when a run returns; runs follow each other closely. */
Test(worker_pool, many_short_runs)
{
    struct sl_worker_pool *pool = sl_worker_pool_create(THREADS);
    cr_assert(pool);
    for (unsigned run = 0; run < 20000; run++) {
        uint64_t sums[THREADS] = {0};
        uint32_t count = run % 7;
        sl_worker_pool_run(pool, count, sum, sums);
        uint64_t total = sums[0] + sums[1] + sums[2] + sums[3];
        cr_assert_eq(total, count ? (uint64_t)count * (count - 1) / 2 : 0, "run %u", run);
    }
    sl_worker_pool_destroy(pool);
}

Test(worker_pool, without_memory_there_is_none)
{
    fail_alloc_arm(1);
    struct sl_worker_pool *pool = sl_worker_pool_create(THREADS);
    cr_assert(fail_alloc_disarm());
    cr_assert_null(pool);
}
