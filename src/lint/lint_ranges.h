/*
 * A few byte ranges. When more than fit are added, the two that are nearest become one: the set
 * may then cover more than was added, never less.
 */
#ifndef SL_LINT_LINT_RANGES_H
#define SL_LINT_LINT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_LINT_RANGES_MAX 32u

struct sl_lint_range {
    uint64_t start;
    uint64_t end;
};

/* Sorted, without overlap. A zeroed set is empty. */
struct sl_lint_ranges {
    size_t count;
    struct sl_lint_range ranges[SL_LINT_RANGES_MAX + 1];
};

/* start < end. */
void sl_lint_ranges_add(struct sl_lint_ranges *set, uint64_t start, uint64_t end);
void sl_lint_ranges_remove(struct sl_lint_ranges *set, uint64_t start, uint64_t end);

/* The first range that shares bytes with [start, end), or NULL. */
const struct sl_lint_range *sl_lint_ranges_meet(const struct sl_lint_ranges *set, uint64_t start,
                                                uint64_t end);

#endif
