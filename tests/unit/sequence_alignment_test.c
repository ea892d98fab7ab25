/* Alignment of sequences: against the longest common subsequence, and where it gives up. */
#include "difference/sequence_comparison.h"
#include "fail_alloc.h"
#include "slt_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(sequence_alignment, .timeout = 120);

/* Pairs ascend on both sides and are of equal elements. */
static void check_pairs(const struct sl_alignment *alignment, const uint64_t *a, size_t a_count,
                        const uint64_t *b, size_t b_count, uint64_t number)
{
    for (size_t i = 0; i < alignment->count; i++) {
        const struct sl_aligned_pair *pair = &alignment->pairs[i];
        cr_assert(pair->a < a_count && pair->b < b_count && a[pair->a] == b[pair->b],
                  "case %u, pair %zu", (unsigned)number, i);
        if (i > 0) {
            cr_assert(pair->a > pair[-1].a && pair->b > pair[-1].b, "case %u, pair %zu",
                      (unsigned)number, i);
        }
    }
}

enum { SMALL = 40 };

/* Length of the longest common subsequence by the textbook's table. */
static size_t longest(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count)
{
    size_t table[SMALL + 1][SMALL + 1] = {{0}};
    for (size_t i = 1; i <= a_count; i++) {
        for (size_t k = 1; k <= b_count; k++) {
            size_t without = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];
            table[i][k] = a[i - 1] == b[k - 1] ? table[i - 1][k - 1] + 1 : without;
        }
    }
    return table[a_count][b_count];
}

/*
 * No element stands once on both sides if every one stands twice on one side: then there are no
 * anchors, and the alignment is as long as can be. With anchors it can only be shorter.
 */
Test(sequence_alignment, as_long_as_the_longest)
{
    for (uint64_t number = 0; number < 20000; number++) {
        uint64_t state = number;
        uint64_t a[SMALL];
        uint64_t b[SMALL];
        uint64_t range = slt_random(&state) % 12 + 1;
        size_t a_count = slt_random(&state) % (SMALL + 1);
        size_t b_count = slt_random(&state) % (SMALL + 1);
        bool doubled = number % 2 && a_count % 2 == 1;
        for (size_t i = 0; i < a_count; i++) {
            a[i] = doubled && i > a_count / 2 ? a[i - a_count / 2] : slt_random(&state) % range;
        }
        for (size_t i = 0; i < b_count; i++) {
            b[i] = slt_random(&state) % range;
        }
        if (doubled && a_count && b_count) {
            a[0] = 100; /* no common start, which would take twins away */
            b[0] = 200;
        }
        struct sl_alignment alignment;
        cr_assert_eq(sl_align(a, a_count, b, b_count, &alignment, NULL), SL_OK);
        check_pairs(&alignment, a, a_count, b, b_count, number);
        size_t most = longest(a, a_count, b, b_count);
        cr_assert_leq(alignment.count, most, "case %u", (unsigned)number);
        if (doubled) {
            cr_assert_eq(alignment.count, most, "case %u: %zu of %zu", (unsigned)number,
                         alignment.count, most);
        }
        sl_alignment_finish(&alignment);
    }
}

/* A long sequence with 300 elements taken out here and 200 put in there keeps all others. */
Test(sequence_alignment, few_differences_in_a_long_sequence)
{
    enum { LONG = 200000 };
    uint64_t *a = calloc(LONG, sizeof(*a));
    uint64_t *b = calloc(LONG, sizeof(*b));
    size_t b_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < LONG; i++) {
        a[i] = i % 97 == 0 ? 5 : i; /* one element comes back all the time */
        bool taken = i % 700 == 13 && i < 700 * 300;
        bool put = i % 1000 == 500;
        if (put) {
            b[b_count++] = UINT64_C(1) << 40 | i;
        }
        if (!taken && b_count < LONG) {
            b[b_count++] = a[i];
            kept++;
        }
    }
    struct sl_alignment alignment;
    cr_assert_eq(sl_align(a, LONG, b, b_count, &alignment, NULL), SL_OK);
    check_pairs(&alignment, a, LONG, b, b_count, 0);
    cr_assert_eq(alignment.count, kept);
    sl_alignment_finish(&alignment);
    free(a);
    free(b);
}

/* Nothing in common but both ends, and elements that all look alike: time and memory stay bounded.
 */
Test(sequence_alignment, many_differences)
{
    enum { LONG = 300000 };
    uint64_t *a = calloc(LONG, sizeof(*a));
    uint64_t *b = calloc(LONG, sizeof(*b));
    for (size_t i = 1; i + 1 < LONG; i++) {
        a[i] = 1 + i % 2;
        b[i] = 3 + i % 3;
    }
    struct sl_alignment alignment;
    cr_assert_eq(sl_align(a, LONG, b, LONG, &alignment, NULL), SL_OK);
    check_pairs(&alignment, a, LONG, b, LONG, 0);
    cr_assert_eq(alignment.count, 2);
    sl_alignment_finish(&alignment);
    free(a);
    free(b);
}

static void compare(const char *a, const char *b, struct sl_sequence_comparison *comparison)
{
    const char *texts[2] = {a, b};
    struct sl_sequence rows[2];
    for (int side = 0; side < 2; side++) {
        cr_assert_eq(sl_sequence_init(&rows[side], strlen(texts[side]), NULL), SL_OK);
        for (size_t i = 0; i < rows[side].count; i++) {
            rows[side].identity[i] = (uint64_t)texts[side][i];
            rows[side].kind[i] = texts[side][i] >= 'a'; /* letters of either case */
        }
    }
    cr_assert_eq(sl_sequences_compare(&rows[0], &rows[1], comparison, NULL), SL_OK);
    sl_sequence_finish(&rows[0]);
    sl_sequence_finish(&rows[1]);
}

/* a, b, and what is expected: pairs, changed, only a, only b, the first on both sides. */
static const struct {
    const char *a;
    const char *b;
    size_t same;
    size_t changed;
    size_t only_a;
    size_t only_b;
    size_t first_a;
    size_t first_b;
} cases[] = {
    {"abc", "abc", 3, 0, 0, 0, 0, 0},
    {"", "", 0, 0, 0, 0, 0, 0},
    {"abc", "abxc", 3, 0, 0, 1, SIZE_MAX, 2},
    {"abxc", "abc", 3, 0, 1, 0, 2, SIZE_MAX},
    {"abxc", "abyc", 3, 1, 0, 0, 2, 2},
    {"abXc", "abyc", 3, 0, 1, 1, 2, SIZE_MAX},
    {"abxc", "abYzc", 3, 1, 0, 1, SIZE_MAX, 2},
    {"abc", "", 0, 0, 3, 0, 0, SIZE_MAX},
    {"", "abc", 0, 0, 0, 3, SIZE_MAX, 0},
    {"abc", "abcd", 3, 0, 0, 1, SIZE_MAX, 3},
    {"abcdef", "abdxef", 5, 0, 1, 1, 2, SIZE_MAX},
};

Test(sequence_alignment, what_is_changed_and_what_is_first)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_sequence_comparison it;
        compare(cases[i].a, cases[i].b, &it);
        cr_assert_eq(it.alignment.count, cases[i].same, "case %zu", i);
        cr_assert_eq(it.changed, cases[i].changed, "case %zu", i);
        cr_assert_eq(it.only[0], cases[i].only_a, "case %zu", i);
        cr_assert_eq(it.only[1], cases[i].only_b, "case %zu", i);
        cr_assert_eq(it.first[0], cases[i].first_a, "case %zu", i);
        cr_assert_eq(it.first[1], cases[i].first_b, "case %zu", i);
        cr_assert_eq(it.differs, cases[i].changed + cases[i].only_a + cases[i].only_b > 0);
        sl_sequence_comparison_finish(&it);
    }
}

Test(sequence_alignment, without_memory)
{
    const uint64_t a[] = {1, 2, 3, 4, 5};
    const uint64_t b[] = {1, 3, 2, 4, 5};
    unsigned n = 1;
    for (bool failed = true; failed; n++) {
        struct sl_alignment alignment;
        struct sl_error err = {0};
        fail_alloc_arm(n);
        enum sl_status status = sl_align(a, 5, b, 5, &alignment, &err);
        failed = fail_alloc_disarm();
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK);
        cr_assert_eq(alignment.count, failed ? 0 : 4);
        sl_alignment_finish(&alignment);
    }
    cr_assert_gt(n, 5);
}
