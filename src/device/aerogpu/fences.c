#include "device/aerogpu/front.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sl_agpu_fences_finish(struct sl_agpu_fences *fences)
{
    free(fences->entries);
    *fences = (struct sl_agpu_fences){0};
}

void sl_agpu_fences_drop(struct sl_agpu_fences *fences)
{
    fences->first = 0;
    fences->count = 0;
    fences->ready_count = 0;
}

static struct sl_agpu_fence *at(struct sl_agpu_fences *fences, size_t index)
{
    return &fences->entries[fences->first + index];
}

/* Grows the ready part over all entries at its end that wait for no edge. */
static void extend_ready(struct sl_agpu_fences *fences)
{
    while (fences->ready_count < fences->count && !at(fences, fences->ready_count)->gated) {
        fences->ready_count++;
    }
}

/* Room for one more at the end: moves the queue to the front if that frees half, else grows. */
static bool make_room(struct sl_agpu_fences *fences)
{
    if (fences->first + fences->count < fences->capacity) {
        return true;
    }
    if (fences->first > fences->count) {
        memcpy(fences->entries, at(fences, 0), fences->count * sizeof(*fences->entries));
        fences->first = 0;
        return true;
    }
    size_t capacity = fences->capacity ? fences->capacity * 2 : 16;
    struct sl_agpu_fence *entries = realloc(fences->entries, capacity * sizeof(*entries));
    if (!entries) {
        return false;
    }
    fences->entries = entries;
    fences->capacity = capacity;
    return true;
}

static void merge(struct sl_agpu_fences *fences, const struct sl_agpu_fence *fence)
{
    size_t index = fences->count - 1;
    struct sl_agpu_fence *last = at(fences, index);
    last->wants_irq |= fence->wants_irq;
    last->gated |= fence->gated;
    if (last->gated && fences->ready_count > index) {
        fences->ready_count = index;
    }
}

void sl_agpu_fence_queue(struct sl_agpu *dev, struct sl_agpu_fence fence)
{
    struct sl_agpu_fences *fences = &dev->fences;
    if (fence.value <= sl_agpu_get64(dev, AEROGPU_MMIO_REG_COMPLETED_FENCE_LO)) {
        return;
    }
    uint64_t last = fences->count ? at(fences, fences->count - 1)->value : 0;
    if (fence.value == last) {
        merge(fences, &fence);
        return;
    }
    if (fence.value < last) {
        return;
    }
    if (!make_room(fences)) {
        sl_agpu_fail_memory(dev, 0);
        return;
    }
    *at(fences, fences->count) = fence;
    fences->count++;
    extend_ready(fences);
}

void sl_agpu_fences_edge(struct sl_agpu *dev)
{
    struct sl_agpu_fences *fences = &dev->fences;
    if (fences->ready_count < fences->count) {
        at(fences, fences->ready_count)->gated = false;
        extend_ready(fences);
    }
}

void sl_agpu_fences_ungate(struct sl_agpu *dev)
{
    struct sl_agpu_fences *fences = &dev->fences;
    for (size_t i = 0; i < fences->count; i++) {
        at(fences, i)->gated = false;
    }
    fences->ready_count = fences->count;
}

static void observe_completion(struct sl_agpu *dev, uint64_t value)
{
    char text[48];
    snprintf(text, sizeof(text), "COMPLETED_FENCE=%" PRIu64, value);
    sl_agpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_FENCE,
                             .value = value,
                             .text = text,
                         });
}

void sl_agpu_fences_complete(struct sl_agpu *dev)
{
    struct sl_agpu_fences *fences = &dev->fences;
    size_t batch = fences->ready_count;
    if (batch == 0 || !sl_agpu_is_master(dev)) {
        return;
    }
    bool wants_irq = false;
    for (size_t i = 0; i < batch; i++) {
        wants_irq |= at(fences, i)->wants_irq;
    }
    uint64_t value = at(fences, batch - 1)->value;
    fences->first += batch;
    fences->count -= batch;
    fences->ready_count = 0;
    if (fences->count == 0) {
        fences->first = 0;
    }
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_COMPLETED_FENCE_LO, value);
    sl_agpu_fence_page_write(dev);
    observe_completion(dev, value);
    if (wants_irq) {
        sl_agpu_irq_raise(dev, AEROGPU_IRQ_FENCE);
    }
}
