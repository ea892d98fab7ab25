#include "base/worker_pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct worker {
    struct sl_worker_pool *pool;
    pthread_t thread;
    unsigned number; /* 1 and up; 0 is the caller */
};

/*
 * A run invites as many workers as there is work for, by invitations that they take. The caller
 * works too; when no pieces are left it takes back the invitations that nobody took and waits for
 * the workers that took one. So nobody waits for a thread that never got to run.
 */
struct sl_worker_pool {
    pthread_mutex_t mutex;
    pthread_cond_t invited;
    pthread_cond_t idle;
    unsigned invitations;
    unsigned working;
    bool stopping;

    /* Of the present run; these change only while no worker has an invitation. */
    void (*work)(void *data, uint32_t piece, unsigned thread);
    void *data;
    uint32_t count;
    _Atomic uint64_t next; /* 64 bits: every thread passes the end once */

    unsigned worker_count;
    struct worker workers[];
};

static void work_off(struct sl_worker_pool *pool, unsigned thread)
{
    for (;;) {
        uint64_t piece = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (piece >= pool->count) {
            return;
        }
        pool->work(pool->data, (uint32_t)piece, thread);
    }
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct sl_worker_pool *pool = worker->pool;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->invitations == 0 && !pool->stopping) {
            pthread_cond_wait(&pool->invited, &pool->mutex);
        }
        if (pool->stopping) {
            break;
        }
        pool->invitations--;
        pool->working++;
        pthread_mutex_unlock(&pool->mutex);
        work_off(pool, worker->number);
        pthread_mutex_lock(&pool->mutex);
        pool->working--;
        if (pool->working == 0) {
            pthread_cond_signal(&pool->idle);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static bool init_sync(struct sl_worker_pool *pool)
{
    if (pthread_mutex_init(&pool->mutex, NULL)) {
        return false;
    }
    if (pthread_cond_init(&pool->invited, NULL)) {
        pthread_mutex_destroy(&pool->mutex);
        return false;
    }
    if (pthread_cond_init(&pool->idle, NULL)) {
        pthread_cond_destroy(&pool->invited);
        pthread_mutex_destroy(&pool->mutex);
        return false;
    }
    return true;
}

struct sl_worker_pool *sl_worker_pool_create(unsigned thread_count)
{
    assert(thread_count >= 1);
    struct sl_worker_pool *pool =
        calloc(1, sizeof(*pool) + (thread_count - 1) * sizeof(pool->workers[0]));
    if (!pool) {
        return NULL;
    }
    if (!init_sync(pool)) {
        free(pool);
        return NULL;
    }
    /* Fewer threads than asked for give the same results. */
    for (unsigned i = 0; i < thread_count - 1; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->number = i + 1;
        if (pthread_create(&worker->thread, NULL, worker_main, worker)) {
            break;
        }
        pool->worker_count++;
    }
    return pool;
}

void sl_worker_pool_destroy(struct sl_worker_pool *pool)
{
    if (!pool) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->invited);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->worker_count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->invited);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

unsigned sl_worker_pool_threads(const struct sl_worker_pool *pool)
{
    return pool ? pool->worker_count + 1 : 1;
}

static void invite(struct sl_worker_pool *pool, unsigned invitations)
{
    pthread_mutex_lock(&pool->mutex);
    pool->invitations = invitations;
    for (unsigned i = 0; i < invitations; i++) {
        pthread_cond_signal(&pool->invited);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(struct sl_worker_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->invitations = 0;
    while (pool->working) {
        pthread_cond_wait(&pool->idle, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

void sl_worker_pool_run(struct sl_worker_pool *pool, uint32_t count,
                        void (*work)(void *data, uint32_t piece, unsigned thread), void *data)
{
    unsigned workers = pool ? pool->worker_count : 0;
    if (workers == 0 || count <= 1) {
        for (uint32_t piece = 0; piece < count; piece++) {
            work(data, piece, 0);
        }
        return;
    }
    pool->work = work;
    pool->data = data;
    pool->count = count;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    invite(pool, count - 1 < workers ? count - 1 : workers);
    work_off(pool, 0);
    wait_for_workers(pool);
}
