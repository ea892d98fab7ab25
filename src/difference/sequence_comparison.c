#include "difference/sequence_comparison.h"

#include "base/status.h"

#include <stdlib.h>

/* Elements of a gap that are looked through for one of the same kind. */
enum { KIN_DISTANCE_MAX = 1024 };

/* What lies between two pairs of equal elements. */
struct gap {
    size_t start[2];
    size_t end[2];
};

enum sl_status sl_sequence_init(struct sl_sequence *sequence, size_t count, struct sl_error *err)
{
    *sequence = (struct sl_sequence){.identity = calloc(count + 1, sizeof(*sequence->identity)),
                                     .kind = calloc(count + 1, sizeof(*sequence->kind)),
                                     .count = count};
    if (!sequence->identity || !sequence->kind) {
        sl_sequence_finish(sequence);
        return sl_fail_memory(err, count * sizeof(*sequence->identity));
    }
    return SL_OK;
}

void sl_sequence_finish(struct sl_sequence *sequence)
{
    free(sequence->identity);
    free(sequence->kind);
    *sequence = (struct sl_sequence){0};
}

/* The first element of b in the gap that is of this kind; the gap's end if there is none near. */
static size_t find_kin(const struct sl_sequence *b, size_t from, size_t end, uint32_t kind)
{
    size_t near = end - from > KIN_DISTANCE_MAX ? from + KIN_DISTANCE_MAX : end;
    for (size_t i = from; i < near; i++) {
        if (b->kind[i] == kind) {
            return i;
        }
    }
    return end;
}

static void note_first(struct sl_sequence_comparison *it, size_t a, size_t b)
{
    if (!it->differs) {
        it->differs = true;
        it->first[0] = a;
        it->first[1] = b;
    }
}

/* Elements of one kind stand for each other in their order; the others are only on their side. */
static void judge_gap(struct sl_sequence_comparison *it, const struct sl_sequence *a,
                      const struct sl_sequence *b, const struct gap *gap)
{
    size_t next = gap->start[1];
    size_t changed = 0;
    for (size_t i = gap->start[0]; i < gap->end[0]; i++) {
        size_t kin = find_kin(b, next, gap->end[1], a->kind[i]);
        if (kin == gap->end[1]) {
            note_first(it, i, SL_SEQUENCE_NONE);
            continue;
        }
        if (kin == next) {
            note_first(it, i, kin);
        } else {
            note_first(it, SL_SEQUENCE_NONE, next);
        }
        changed++;
        next = kin + 1;
    }
    if (next < gap->end[1]) {
        note_first(it, SL_SEQUENCE_NONE, next);
    }
    it->changed += changed;
    it->only[0] += gap->end[0] - gap->start[0] - changed;
    it->only[1] += gap->end[1] - gap->start[1] - changed;
}

enum sl_status sl_sequences_compare(const struct sl_sequence *a, const struct sl_sequence *b,
                                    struct sl_sequence_comparison *it, struct sl_error *err)
{
    *it = (struct sl_sequence_comparison){.total = {a->count, b->count}};
    struct gap gap = {{0, 0}, {0, 0}};
    enum sl_status status =
        sl_align(a->identity, a->count, b->identity, b->count, &it->alignment, err);
    if (status != SL_OK) {
        return status;
    }
    for (size_t i = 0; i < it->alignment.count; i++) {
        gap.end[0] = it->alignment.pairs[i].a;
        gap.end[1] = it->alignment.pairs[i].b;
        judge_gap(it, a, b, &gap);
        gap.start[0] = gap.end[0] + 1;
        gap.start[1] = gap.end[1] + 1;
    }
    gap.end[0] = a->count;
    gap.end[1] = b->count;
    judge_gap(it, a, b, &gap);
    return SL_OK;
}

void sl_sequence_comparison_finish(struct sl_sequence_comparison *comparison)
{
    sl_alignment_finish(&comparison->alignment);
    *comparison = (struct sl_sequence_comparison){0};
}
