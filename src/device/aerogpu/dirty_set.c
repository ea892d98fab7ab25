#include "device/aerogpu/dirty_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void sl_agpu_dirty_finish(struct sl_agpu_dirty_set *set)
{
    free(set->ranges);
    *set = (struct sl_agpu_dirty_set){0};
}

void sl_agpu_dirty_clear(struct sl_agpu_dirty_set *set)
{
    set->count = 0;
}

bool sl_agpu_dirty_reserve(struct sl_agpu_dirty_set *set)
{
    if (set->count < set->capacity) {
        return true;
    }
    if (set->count >= SL_AGPU_DIRTY_RANGES_MAX) {
        return false;
    }
    size_t capacity = set->capacity ? set->capacity * 2 : 4;
    struct sl_agpu_dirty_range *ranges = realloc(set->ranges, capacity * sizeof(*ranges));
    if (!ranges) {
        return false;
    }
    set->ranges = ranges;
    set->capacity = capacity;
    return true;
}

/* Index of the first range that ends at or after offset. */
static size_t first_ending_at(const struct sl_agpu_dirty_set *set, uint64_t offset)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].end < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Puts count new ranges in the place of ranges [from, to). */
static void splice(struct sl_agpu_dirty_set *set, size_t from, size_t to,
                   const struct sl_agpu_dirty_range *ranges, size_t count)
{
    assert(set->count - (to - from) + count <= set->capacity);
    if (set->count > to) {
        memmove(set->ranges + from + count, set->ranges + to,
                (set->count - to) * sizeof(*set->ranges));
    }
    for (size_t i = 0; i < count; i++) {
        set->ranges[from + i] = ranges[i];
    }
    set->count = set->count - (to - from) + count;
}

void sl_agpu_dirty_add(struct sl_agpu_dirty_set *set, uint64_t start, uint64_t size)
{
    struct sl_agpu_dirty_range range = {start, start + size};
    size_t from = first_ending_at(set, start);
    size_t to = from;
    while (to < set->count && set->ranges[to].start <= range.end) {
        const struct sl_agpu_dirty_range *other = &set->ranges[to++];
        range.start = other->start < range.start ? other->start : range.start;
        range.end = other->end > range.end ? other->end : range.end;
    }
    splice(set, from, to, &range, 1);
}

void sl_agpu_dirty_remove(struct sl_agpu_dirty_set *set, uint64_t start, uint64_t size)
{
    uint64_t end = start + size;
    size_t from = first_ending_at(set, start);
    if (from < set->count && set->ranges[from].end == start) {
        from++;
    }
    size_t to = from;
    while (to < set->count && set->ranges[to].start < end) {
        to++;
    }
    if (from == to) {
        return;
    }
    struct sl_agpu_dirty_range rest[2];
    size_t count = 0;
    if (set->ranges[from].start < start) {
        rest[count++] = (struct sl_agpu_dirty_range){set->ranges[from].start, start};
    }
    if (set->ranges[to - 1].end > end) {
        rest[count++] = (struct sl_agpu_dirty_range){end, set->ranges[to - 1].end};
    }
    splice(set, from, to, rest, count);
}
