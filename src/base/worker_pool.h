/*
 * Threads that share out numbered pieces of work. Which thread does which piece is not determined,
 * so pieces must not depend on each other; with that, results are the same for every thread count.
 */
#ifndef SL_BASE_WORKER_POOL_H
#define SL_BASE_WORKER_POOL_H

#include <stdint.h>

struct sl_worker_pool;

/* thread_count >= 1, the caller's own thread included; NULL if it cannot be had. */
struct sl_worker_pool *sl_worker_pool_create(unsigned thread_count);
void sl_worker_pool_destroy(struct sl_worker_pool *pool);

/* At least 1; 1 for NULL. */
unsigned sl_worker_pool_threads(const struct sl_worker_pool *pool);

/*
 * Calls work(data, piece, thread) once for every piece below count and returns when all are done.
 * thread < sl_worker_pool_threads() says whose scratch memory to use. pool NULL = in this thread.
 */
void sl_worker_pool_run(struct sl_worker_pool *pool, uint32_t count,
                        void (*work)(void *data, uint32_t piece, unsigned thread), void *data);

#endif
