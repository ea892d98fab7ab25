/*
 * A bit for each word of a resource: which ones the guest changed and did not announce. Exact, so
 * that nothing is found that is not so; it costs a thirty-second of what the device holds.
 */
#ifndef SL_LINT_LINT_BITS_H
#define SL_LINT_LINT_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* A zeroed set is empty and of size 0. */
struct sl_lint_bits {
    uint64_t *words;
    uint64_t count;
    uint64_t low; /* no bit outside of [low, high) is set */
    uint64_t high;
};

/* Makes the set one of count bits, all clear. False without memory; the set is then of size 0. */
bool sl_lint_bits_init(struct sl_lint_bits *bits, uint64_t count);
void sl_lint_bits_finish(struct sl_lint_bits *bits);

/* The part of [start, end) that the set has. */
void sl_lint_bits_set(struct sl_lint_bits *bits, uint64_t start, uint64_t end);
void sl_lint_bits_clear(struct sl_lint_bits *bits, uint64_t start, uint64_t end);
void sl_lint_bits_clear_all(struct sl_lint_bits *bits);

/* The first set bit in [start, end), or UINT64_MAX. */
uint64_t sl_lint_bits_find(const struct sl_lint_bits *bits, uint64_t start, uint64_t end);

/* The first clear bit from start on, or the size. */
uint64_t sl_lint_bits_run(const struct sl_lint_bits *bits, uint64_t start);

/* Moves all bits of one set into another of the same size. */
void sl_lint_bits_move(struct sl_lint_bits *to, struct sl_lint_bits *from);

#endif
