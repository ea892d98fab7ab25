/* Two sequences of things of several kinds: how many are equal, and the first that is not. */
#ifndef SL_DIFFERENCE_SEQUENCE_COMPARISON_H
#define SL_DIFFERENCE_SEQUENCE_COMPARISON_H

#include "difference/sequence_alignment.h"

/* An element that one of the sequences does not have. */
#define SL_SEQUENCE_NONE SIZE_MAX

struct sl_sequence {
    uint64_t *identity; /* equal for equal elements */
    uint32_t *kind;     /* what an element is, whatever it says */
    size_t count;
};

struct sl_sequence_comparison {
    struct sl_alignment alignment; /* of equal elements */
    size_t total[2];               /* of a and b */
    size_t changed;                /* same kind and place, not equal */
    size_t only[2];
    bool differs;
    size_t first[2]; /* the first that is changed, or only on one side: NONE on the other */
};

/* ENVIRONMENT without memory. Finish comparison in any case. */
enum sl_status sl_sequence_init(struct sl_sequence *sequence, size_t count, struct sl_error *err);
void sl_sequence_finish(struct sl_sequence *sequence);
enum sl_status sl_sequences_compare(const struct sl_sequence *a, const struct sl_sequence *b,
                                    struct sl_sequence_comparison *comparison,
                                    struct sl_error *err);
void sl_sequence_comparison_finish(struct sl_sequence_comparison *comparison);

#endif
