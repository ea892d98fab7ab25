#include "suite/runner.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"

#include <assert.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 256 };

/* A test that this run is to do, and where its result goes. */
struct task {
    const struct sl_suite *suite;
    const struct sl_suite_test *test;
    struct sl_result *result;
};

/* What the threads share. */
struct pool {
    const struct sl_run_options *options;
    struct task *tasks;
    size_t task_count;
    pthread_mutex_t lock; /* for the two below and the progress callback */
    size_t next;
    size_t done;
};

bool sl_run_takes(const char *filter, const char *suite, const char *test)
{
    if (!filter || fnmatch(filter, test, 0) == 0) {
        return true;
    }
    struct sl_buf id = {0};
    sl_buf_printf(&id, "%s/%s", suite, test);
    const char *text = sl_buf_cstr(&id);
    bool takes = text && fnmatch(filter, text, 0) == 0;
    sl_buf_finish(&id);
    return takes;
}

uint32_t sl_run_shard_of(const char *suite, const char *test, uint32_t count)
{
    /* Hashed in one piece; names are at most 200 bytes in a suite file, longer ones are cut. */
    char id[512];
    size_t suite_size = strnlen(suite, 255);
    size_t test_size = strnlen(test, 255);
    memcpy(id, suite, suite_size);
    id[suite_size] = '/';
    memcpy(id + suite_size + 1, test, test_size);
    return (uint32_t)(sl_hash64(id, suite_size + 1 + test_size) % count);
}

enum sl_status sl_run_check_names(const struct sl_suite *suites, size_t suite_count,
                                  struct sl_error *err)
{
    for (size_t i = 0; i < suite_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(suites[i].name, suites[k].name) == 0) {
                return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "two suites are called '%s'",
                               suites[i].name);
            }
        }
    }
    return SL_OK;
}

static void *work(void *data)
{
    struct pool *pool = data;
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        size_t at = pool->next;
        pool->next += at < pool->task_count;
        pthread_mutex_unlock(&pool->lock);
        if (at == pool->task_count) {
            return NULL;
        }
        const struct task *task = &pool->tasks[at];
        sl_test_run(task->suite, task->test, &pool->options->test, task->result);
        pthread_mutex_lock(&pool->lock);
        pool->done++;
        if (pool->options->progress) {
            pool->options->progress(pool->done, pool->task_count);
        }
        pthread_mutex_unlock(&pool->lock);
    }
}

/* The calling thread works, too; threads that cannot be had are done without. */
static void run_tasks(struct pool *pool)
{
    pthread_t threads[THREADS_MAX];
    size_t count = 0;
    size_t wanted = pool->options->jobs < THREADS_MAX ? pool->options->jobs : THREADS_MAX;
    wanted = wanted < pool->task_count ? wanted : pool->task_count;
    while (count + 1 < wanted && pthread_create(&threads[count], NULL, work, pool) == 0) {
        count++;
    }
    work(pool);
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Fills in tasks and the index of each result; total counts what the filter takes. */
static void choose(const struct sl_suite *suites, size_t suite_count,
                   const struct sl_run_options *options, struct pool *pool,
                   struct sl_results *results)
{
    for (size_t i = 0; i < suite_count; i++) {
        for (size_t k = 0; k < suites[i].test_count; k++) {
            const char *suite = suites[i].name;
            const struct sl_suite_test *test = &suites[i].tests[k];
            if (!sl_run_takes(options->filter, suite, test->name)) {
                continue;
            }
            uint64_t index = results->total++;
            if (sl_run_shard_of(suite, test->name, options->shard_count) + 1 != options->shard) {
                continue;
            }
            struct sl_result *result = &results->list[results->count++];
            result->index = index;
            pool->tasks[pool->task_count++] = (struct task){&suites[i], test, result};
        }
    }
}

enum sl_status sl_run_suites(const struct sl_suite *suites, size_t suite_count,
                             const struct sl_run_options *options, struct sl_results *results,
                             struct sl_error *err)
{
    assert(options->jobs >= 1 && options->shard >= 1 && options->shard <= options->shard_count);
    enum sl_status status = sl_run_check_names(suites, suite_count, err);
    if (status != SL_OK) {
        return status;
    }
    size_t count = 0;
    for (size_t i = 0; i < suite_count; i++) {
        count += suites[i].test_count;
    }
    struct pool pool = {.options = options, .tasks = calloc(count + 1, sizeof(*pool.tasks))};
    results->list = calloc(count + 1, sizeof(*results->list));
    if (!pool.tasks || !results->list) {
        free(pool.tasks);
        return sl_fail_memory(err, 0);
    }
    choose(suites, suite_count, options, &pool, results);
    if (results->total == 0) {
        status = sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "no test matches '%s'",
                         options->filter ? options->filter : "*");
    } else if (pthread_mutex_init(&pool.lock, NULL) != 0) {
        status = sl_fail_memory(err, 0);
    } else {
        run_tasks(&pool);
        pthread_mutex_destroy(&pool.lock);
    }
    free(pool.tasks);
    return status;
}
