#include "lint/lint_bits.h"

#include <stdlib.h>

enum { WORD_BITS = 64 };

bool sl_lint_bits_init(struct sl_lint_bits *bits, uint64_t count)
{
    uint64_t words = count / WORD_BITS + 1;
    sl_lint_bits_finish(bits);
    if (words > SIZE_MAX / sizeof(*bits->words)) {
        return false;
    }
    bits->words = calloc((size_t)words, sizeof(*bits->words));
    bits->count = bits->words ? count : 0;
    return bits->words;
}

void sl_lint_bits_finish(struct sl_lint_bits *bits)
{
    free(bits->words);
    *bits = (struct sl_lint_bits){0};
}

/* The bits of word index that lie in [start, end). */
static uint64_t mask_of(uint64_t index, uint64_t start, uint64_t end)
{
    uint64_t first = index * WORD_BITS;
    uint64_t mask = UINT64_MAX;
    if (start > first) {
        mask &= UINT64_MAX << (start - first);
    }
    if (end < first + WORD_BITS) {
        mask &= ~(UINT64_MAX << (end - first));
    }
    return mask;
}

void sl_lint_bits_set(struct sl_lint_bits *bits, uint64_t start, uint64_t end)
{
    end = end < bits->count ? end : bits->count;
    if (start >= end) {
        return;
    }
    for (uint64_t i = start / WORD_BITS; i <= (end - 1) / WORD_BITS; i++) {
        bits->words[i] |= mask_of(i, start, end);
    }
    bool was_empty = bits->low >= bits->high;
    bits->low = was_empty || start < bits->low ? start : bits->low;
    bits->high = was_empty || end > bits->high ? end : bits->high;
}

void sl_lint_bits_clear(struct sl_lint_bits *bits, uint64_t start, uint64_t end)
{
    start = start > bits->low ? start : bits->low;
    end = end < bits->high ? end : bits->high;
    if (start >= end) {
        return;
    }
    for (uint64_t i = start / WORD_BITS; i <= (end - 1) / WORD_BITS; i++) {
        bits->words[i] &= ~mask_of(i, start, end);
    }
    if (start == bits->low) {
        bits->low = end;
    }
    if (end == bits->high) {
        bits->high = start;
    }
}

void sl_lint_bits_clear_all(struct sl_lint_bits *bits)
{
    sl_lint_bits_clear(bits, 0, bits->count);
}

uint64_t sl_lint_bits_find(const struct sl_lint_bits *bits, uint64_t start, uint64_t end)
{
    start = start > bits->low ? start : bits->low;
    end = end < bits->high ? end : bits->high;
    if (start >= end) {
        return UINT64_MAX;
    }
    for (uint64_t i = start / WORD_BITS; i <= (end - 1) / WORD_BITS; i++) {
        uint64_t found = bits->words[i] & mask_of(i, start, end);
        if (found) {
            return i * WORD_BITS + (uint64_t)__builtin_ctzll(found);
        }
    }
    return UINT64_MAX;
}

uint64_t sl_lint_bits_run(const struct sl_lint_bits *bits, uint64_t start)
{
    while (start < bits->count && (bits->words[start / WORD_BITS] >> start % WORD_BITS & 1)) {
        start++;
    }
    return start;
}

void sl_lint_bits_move(struct sl_lint_bits *to, struct sl_lint_bits *from)
{
    if (from->low >= from->high) {
        return;
    }
    uint64_t low = from->low;
    uint64_t high = from->high;
    for (uint64_t i = low / WORD_BITS; i <= (high - 1) / WORD_BITS; i++) {
        to->words[i] |= from->words[i];
    }
    bool was_empty = to->low >= to->high;
    to->low = was_empty || low < to->low ? low : to->low;
    to->high = was_empty || high > to->high ? high : to->high;
    sl_lint_bits_clear_all(from);
}
