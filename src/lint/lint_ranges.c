#include "lint/lint_ranges.h"

#include <string.h>

static void insert(struct sl_lint_ranges *set, size_t at, struct sl_lint_range range)
{
    memmove(&set->ranges[at + 1], &set->ranges[at], (set->count - at) * sizeof(range));
    set->ranges[at] = range;
    set->count++;
}

static void erase(struct sl_lint_ranges *set, size_t at, size_t count)
{
    memmove(&set->ranges[at], &set->ranges[at + count],
            (set->count - at - count) * sizeof(set->ranges[0]));
    set->count -= count;
}

/* Room for one more is always left. */
static void join_nearest(struct sl_lint_ranges *set)
{
    if (set->count <= SL_LINT_RANGES_MAX) {
        return;
    }
    size_t best = 1;
    for (size_t i = 2; i < set->count; i++) {
        uint64_t gap = set->ranges[i].start - set->ranges[i - 1].end;
        if (gap < set->ranges[best].start - set->ranges[best - 1].end) {
            best = i;
        }
    }
    set->ranges[best - 1].end = set->ranges[best].end;
    erase(set, best, 1);
}

void sl_lint_ranges_add(struct sl_lint_ranges *set, uint64_t start, uint64_t end)
{
    size_t first = 0;
    while (first < set->count && set->ranges[first].end < start) {
        first++;
    }
    size_t last = first;
    while (last < set->count && set->ranges[last].start <= end) {
        start = set->ranges[last].start < start ? set->ranges[last].start : start;
        end = set->ranges[last].end > end ? set->ranges[last].end : end;
        last++;
    }
    erase(set, first, last - first);
    insert(set, first, (struct sl_lint_range){start, end});
    join_nearest(set);
}

void sl_lint_ranges_remove(struct sl_lint_ranges *set, uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < set->count;) {
        struct sl_lint_range *range = &set->ranges[i];
        struct sl_lint_range behind = {end, range->end};
        if (range->end <= start || range->start >= end) {
            i++;
        } else if (range->start < start) {
            range->end = start;
            if (behind.start < behind.end) {
                insert(set, i + 1, behind);
                join_nearest(set);
                return;
            }
            i++;
        } else if (behind.start < behind.end) {
            range->start = end;
            i++;
        } else {
            erase(set, i, 1);
        }
    }
}

const struct sl_lint_range *sl_lint_ranges_meet(const struct sl_lint_ranges *set, uint64_t start,
                                                uint64_t end)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->ranges[i].start < end && set->ranges[i].end > start) {
            return &set->ranges[i];
        }
    }
    return NULL;
}
