#include "device/aerogpu/vertex_stage.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    CACHE_ENTRIES = 4096, /* a power of two */
    BATCHES = SL_AGPU_VERTEX_SLOTS / SL_LANES,
    VERTEX_WORK = 128, /* fetching and keeping one */
};

/* Where a vertex may be found again. Older generations are before the last reset. */
struct cache_entry {
    uint32_t generation;
    uint32_t slot;
};

struct sl_agpu_vertex_stage {
    struct sl_agpu_vertex_source source;
    struct sl_agpu_runner *runners; /* one for each thread */
    unsigned thread_count;
    uint32_t count;
    uint32_t generation;
    uint64_t work_limit;
    bool any_capped;
    _Atomic uint64_t work;
    uint64_t capped[BATCHES];
    struct sl_agpu_vertex_key keys[SL_AGPU_VERTEX_SLOTS];
    struct cache_entry cache[CACHE_ENTRIES];
};

struct sl_agpu_vertex_stage *sl_agpu_vertex_stage_create(const struct sl_agpu_vertex_source *source)
{
    struct sl_agpu_vertex_stage *stage = calloc(1, sizeof(*stage));
    if (!stage) {
        return NULL;
    }
    stage->source = *source;
    stage->generation = 1;
    unsigned threads = sl_worker_pool_threads(source->pool);
    stage->runners = calloc(threads, sizeof(*stage->runners));
    for (unsigned i = 0; stage->runners && i < threads; i++) {
        if (!sl_agpu_runner_init(&stage->runners[i], source->program, source->code, SL_LANES)) {
            break;
        }
        stage->thread_count++;
    }
    if (stage->thread_count < threads) {
        sl_agpu_vertex_stage_destroy(stage);
        return NULL;
    }
    return stage;
}

void sl_agpu_vertex_stage_destroy(struct sl_agpu_vertex_stage *stage)
{
    if (stage) {
        for (unsigned i = 0; i < stage->thread_count; i++) {
            sl_agpu_runner_finish(&stage->runners[i]);
        }
        free(stage->runners);
        free(stage);
    }
}

uint32_t sl_agpu_vertex_stage_left(const struct sl_agpu_vertex_stage *stage)
{
    return SL_AGPU_VERTEX_SLOTS - stage->count;
}

static bool same_vertex(const struct sl_agpu_vertex_key *a, const struct sl_agpu_vertex_key *b)
{
    return a->vertex_id == b->vertex_id && a->instance_id == b->instance_id;
}

/* Neighbouring indices have neighbouring entries, so that a strip or grid does not evict itself. */
uint32_t sl_agpu_vertex_stage_slot(struct sl_agpu_vertex_stage *stage,
                                   const struct sl_agpu_vertex_key *key)
{
    uint32_t hash = key->vertex_id + key->instance_id * UINT32_C(0x9E3779B1);
    struct cache_entry *entry = &stage->cache[hash % CACHE_ENTRIES];
    if (entry->generation == stage->generation && same_vertex(&stage->keys[entry->slot], key)) {
        return entry->slot;
    }
    *entry = (struct cache_entry){stage->generation, stage->count};
    stage->keys[stage->count] = *key;
    return stage->count++;
}

static void shade_batch(void *data, uint32_t batch, unsigned thread)
{
    struct sl_agpu_vertex_stage *stage = data;
    const struct sl_agpu_vertex_source *source = &stage->source;
    struct sl_agpu_runner *runner = &stage->runners[thread];
    uint32_t first = batch * SL_LANES;
    uint32_t left = stage->count - first;
    unsigned count = left < SL_LANES ? left : SL_LANES;
    if (atomic_load_explicit(&stage->work, memory_order_relaxed) > stage->work_limit) {
        return;
    }
    sl_agpu_vertex_fetch(source->inputs, source->streams, &source->rules, &stage->keys[first], 0,
                         count, runner->inputs);
    struct sl_shader_call call =
        sl_agpu_runner_call(runner, source->bindings, UINT64_MAX >> (SL_LANES - count));
    sl_agpu_runner_run(runner, &call);
    source->store(source->data, first, count, (const sl_register_lanes *)runner->outputs);
    stage->capped[batch] = call.capped;
    atomic_fetch_add_explicit(&stage->work, call.work + (uint64_t)count * VERTEX_WORK,
                              memory_order_relaxed);
}

void sl_agpu_vertex_stage_shade(struct sl_agpu_vertex_stage *stage, uint64_t work_limit)
{
    uint32_t batches = (stage->count + SL_LANES - 1) / SL_LANES;
    stage->work_limit = work_limit;
    sl_worker_pool_run(stage->source.pool, batches, shade_batch, stage);
    for (uint32_t i = 0; i < batches; i++) {
        stage->any_capped |= stage->capped[i] != 0;
    }
}

bool sl_agpu_vertex_stage_is_capped(const struct sl_agpu_vertex_stage *stage, uint32_t slot)
{
    return stage->capped[slot / SL_LANES] >> slot % SL_LANES & 1;
}

bool sl_agpu_vertex_stage_any_capped(const struct sl_agpu_vertex_stage *stage)
{
    return stage->any_capped;
}

uint64_t sl_agpu_vertex_stage_take_work(struct sl_agpu_vertex_stage *stage)
{
    return atomic_exchange_explicit(&stage->work, 0, memory_order_relaxed);
}

void sl_agpu_vertex_stage_reset(struct sl_agpu_vertex_stage *stage)
{
    stage->count = 0;
    stage->generation++;
}
