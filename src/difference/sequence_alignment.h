/*
 * What two sequences have in common, in order: pairs of equal elements. Bounded in time and memory:
 * elements that stand once in each sequence are matched first (patience), what is left between them
 * by Myers' algorithm as long as few elements differ there.
 */
#ifndef SL_DIFFERENCE_SEQUENCE_ALIGNMENT_H
#define SL_DIFFERENCE_SEQUENCE_ALIGNMENT_H

#include <scanlock/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sl_aligned_pair {
    uint32_t a;
    uint32_t b;
};

/* Both numbers ascend from pair to pair. */
struct sl_alignment {
    struct sl_aligned_pair *pairs;
    size_t count;
};

/*
 * Aligns two sequences of fewer than 2^31 elements, each given by a number that says what it is.
 * ENVIRONMENT on failure; the alignment is then zeroed. Memory: 48 bytes per element and 2 MiB.
 */
enum sl_status sl_align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count,
                        struct sl_alignment *alignment, struct sl_error *err);
void sl_alignment_finish(struct sl_alignment *alignment);

#endif
