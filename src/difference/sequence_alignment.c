/*
 * Both ends that are equal go first. Of the middle, elements that stand exactly once in each
 * sequence are candidates; the longest run of candidates whose places ascend in both (patience) are
 * the anchors. Between two anchors Myers' greedy algorithm finds the shortest way from the one to
 * the other ("An O(ND) Difference Algorithm and Its Variations", 1986), up to DIFFERENCES_MAX
 * elements that differ; a gap with more keeps only what is equal next to its anchors.
 */
#include "difference/sequence_alignment.h"

#include "base/status.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DIFFERENCES_MAX = 512 };

/* One element of the middle, for sorting: what it is and where. */
struct place {
    uint64_t element;
    uint32_t at;
    bool in_b;
};

/* A candidate, and the one before it in the longest run that ends in it. */
struct candidate {
    uint32_t a;
    uint32_t b;
    uint32_t before; /* index + 1, 0 = none */
};

struct aligner {
    const uint64_t *a;
    const uint64_t *b;
    struct sl_alignment *out; /* room for the shorter sequence */
    struct candidate *candidates;
    size_t candidate_count;
    uint32_t *piles; /* index of the candidate on top of each, then room for the anchors */
    int32_t *reach;  /* Myers: rows of 2 * DIFFERENCES_MAX + 1 */
};

/* A stretch of both sequences that is still to be aligned. */
struct gap {
    uint32_t a;
    uint32_t a_end;
    uint32_t b;
    uint32_t b_end;
};

static int compare_places(const void *x, const void *y)
{
    const struct place *a = x;
    const struct place *b = y;
    if (a->element != b->element) {
        return a->element < b->element ? -1 : 1;
    }
    if (a->in_b != b->in_b) {
        return a->in_b ? 1 : -1;
    }
    return a->at < b->at ? -1 : a->at > b->at;
}

static int compare_candidates(const void *x, const void *y)
{
    const struct candidate *a = x;
    const struct candidate *b = y;
    return a->a < b->a ? -1 : a->a > b->a;
}

static void add_pair(struct aligner *it, uint32_t a, uint32_t b)
{
    it->out->pairs[it->out->count++] = (struct sl_aligned_pair){a, b};
}

/* Elements that stand once on either side. */
static enum sl_status find_candidates(struct aligner *it, const struct gap *middle,
                                      struct sl_error *err)
{
    size_t count = (size_t)(middle->a_end - middle->a) + (middle->b_end - middle->b);
    struct place *places = calloc(count + 1, sizeof(*places));
    if (!places) {
        return sl_fail_memory(err, count * sizeof(*places));
    }
    size_t n = 0;
    for (uint32_t i = middle->a; i < middle->a_end; i++) {
        places[n++] = (struct place){it->a[i], i, false};
    }
    for (uint32_t i = middle->b; i < middle->b_end; i++) {
        places[n++] = (struct place){it->b[i], i, true};
    }
    qsort(places, count, sizeof(*places), compare_places);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && places[end].element == places[i].element; end++) {
        }
        if (end - i == 2 && !places[i].in_b && places[i + 1].in_b) {
            it->candidates[it->candidate_count++] =
                (struct candidate){places[i].at, places[i + 1].at, 0};
        }
    }
    free(places);
    qsort(it->candidates, it->candidate_count, sizeof(*it->candidates), compare_candidates);
    return SL_OK;
}

/* The first pile whose top is behind the candidate in b. */
static size_t find_pile(const struct aligner *it, size_t pile_count, uint32_t b)
{
    size_t low = 0;
    size_t high = pile_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (it->candidates[it->piles[middle]].b < b) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Leaves in piles the candidates that are anchors, in order; returns how many. */
static size_t choose_anchors(struct aligner *it)
{
    size_t pile_count = 0;
    for (size_t i = 0; i < it->candidate_count; i++) {
        size_t pile = find_pile(it, pile_count, it->candidates[i].b);
        it->candidates[i].before = pile ? it->piles[pile - 1] + 1 : 0;
        it->piles[pile] = (uint32_t)i;
        pile_count += pile == pile_count;
    }
    uint32_t at = pile_count ? it->piles[pile_count - 1] + 1 : 0;
    for (size_t i = pile_count; i > 0; i--) {
        it->piles[i - 1] = at - 1;
        at = it->candidates[at - 1].before;
    }
    return pile_count;
}

/*
 * Myers over a gap: row d holds for each diagonal k = x - y, from -d to d, how far x comes with d
 * elements that differ. Returns the d that reaches the end, or -1.
 */
static int find_distance(struct aligner *it, const struct gap *gap)
{
    const int32_t n = (int32_t)(gap->a_end - gap->a);
    const int32_t m = (int32_t)(gap->b_end - gap->b);
    const size_t width = 2 * DIFFERENCES_MAX + 1;
    for (int32_t d = 0; d <= DIFFERENCES_MAX; d++) {
        int32_t *row = it->reach + (size_t)d * width + DIFFERENCES_MAX;
        const int32_t *last = row - width;
        for (int32_t k = -d; k <= d; k += 2) {
            bool down = d > 0 && (k == -d || (k != d && last[k - 1] < last[k + 1]));
            int32_t x = d == 0 ? 0 : down ? last[k + 1] : last[k - 1] + 1;
            int32_t y = x - k;
            while (x >= 0 && y >= 0 && x < n && y < m &&
                   it->a[gap->a + (uint32_t)x] == it->b[gap->b + (uint32_t)y]) {
                x++;
                y++;
            }
            row[k] = x;
            if (x == n && y == m) {
                return d;
            }
        }
    }
    return -1;
}

/* Walks the way back and puts the equal elements of the gap behind the pairs, last one first. */
static void take_way(struct aligner *it, const struct gap *gap, int32_t distance)
{
    const size_t width = 2 * DIFFERENCES_MAX + 1;
    int32_t x = (int32_t)(gap->a_end - gap->a);
    int32_t y = (int32_t)(gap->b_end - gap->b);
    for (int32_t d = distance; d >= 0; d--) {
        const int32_t *last = it->reach + (size_t)d * width + DIFFERENCES_MAX - width;
        int32_t k = x - y;
        bool down = d > 0 && (k == -d || (k != d && last[k - 1] < last[k + 1]));
        int32_t from = d == 0 ? 0 : down ? last[k + 1] : last[k - 1] + 1;
        while (x > from) {
            x--;
            y--;
            add_pair(it, gap->a + (uint32_t)x, gap->b + (uint32_t)y);
        }
        x -= d > 0 && !down;
        y -= d > 0 && down;
    }
}

static void reverse(struct sl_aligned_pair *pairs, size_t count)
{
    for (size_t i = 0; i + i + 1 < count; i++) {
        struct sl_aligned_pair pair = pairs[i];
        pairs[i] = pairs[count - 1 - i];
        pairs[count - 1 - i] = pair;
    }
}

static void align_gap(struct aligner *it, struct gap gap)
{
    while (gap.a < gap.a_end && gap.b < gap.b_end && it->a[gap.a] == it->b[gap.b]) {
        add_pair(it, gap.a++, gap.b++);
    }
    uint32_t tail = 0;
    while (gap.a < gap.a_end && gap.b < gap.b_end && it->a[gap.a_end - 1] == it->b[gap.b_end - 1]) {
        gap.a_end--;
        gap.b_end--;
        tail++;
    }
    if (gap.a < gap.a_end && gap.b < gap.b_end) {
        size_t start = it->out->count;
        int distance = find_distance(it, &gap);
        if (distance >= 0) {
            take_way(it, &gap, distance);
            reverse(it->out->pairs + start, it->out->count - start);
        }
    }
    for (uint32_t i = 0; i < tail; i++) {
        add_pair(it, gap.a_end + i, gap.b_end + i);
    }
}

static void align_between(struct aligner *it, const struct gap *middle, size_t anchor_count)
{
    struct gap gap = *middle;
    for (size_t i = 0; i < anchor_count; i++) {
        const struct candidate *anchor = &it->candidates[it->piles[i]];
        gap.a_end = anchor->a;
        gap.b_end = anchor->b;
        align_gap(it, gap);
        add_pair(it, anchor->a, anchor->b);
        gap.a = anchor->a + 1;
        gap.b = anchor->b + 1;
    }
    gap.a_end = middle->a_end;
    gap.b_end = middle->b_end;
    align_gap(it, gap);
}

static enum sl_status align_middle(struct aligner *it, const struct gap *middle,
                                   struct sl_error *err)
{
    enum sl_status status = find_candidates(it, middle, err);
    if (status == SL_OK) {
        align_between(it, middle, choose_anchors(it));
    }
    return status;
}

enum sl_status sl_align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count,
                        struct sl_alignment *alignment, struct sl_error *err)
{
    size_t most = a_count < b_count ? a_count : b_count;
    size_t rows = DIFFERENCES_MAX + 2;
    *alignment = (struct sl_alignment){.pairs = calloc(most + 1, sizeof(*alignment->pairs))};
    struct aligner it = {
        .a = a,
        .b = b,
        .out = alignment,
        .candidates = calloc(most + 1, sizeof(*it.candidates)),
        .piles = calloc(most + 1, sizeof(*it.piles)),
        .reach = calloc(rows * (2 * DIFFERENCES_MAX + 1), sizeof(*it.reach)),
    };
    struct gap middle = {0, (uint32_t)a_count, 0, (uint32_t)b_count};
    enum sl_status status = SL_OK;
    if (!alignment->pairs || !it.candidates || !it.piles || !it.reach) {
        status = sl_fail_memory(err, most * sizeof(*it.candidates));
    } else {
        int32_t *whole = it.reach;
        it.reach = whole + 2 * DIFFERENCES_MAX + 1; /* a row stands before the first */
        while (middle.a < middle.a_end && middle.b < middle.b_end && a[middle.a] == b[middle.b]) {
            add_pair(&it, middle.a++, middle.b++);
        }
        status = align_middle(&it, &middle, err);
        it.reach = whole;
    }
    free(it.candidates);
    free(it.piles);
    free(it.reach);
    if (status != SL_OK) {
        sl_alignment_finish(alignment);
    }
    return status;
}

void sl_alignment_finish(struct sl_alignment *alignment)
{
    free(alignment->pairs);
    *alignment = (struct sl_alignment){0};
}
