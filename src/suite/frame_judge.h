/*
 * One frame against its golden. A frame whose pixels have the bound hash passes after two hashes;
 * everything else is decided by the decoded PNG under the frame's rule.
 */
#ifndef SL_SUITE_FRAME_JUDGE_H
#define SL_SUITE_FRAME_JUDGE_H

#include "suite/golden.h"
#include "suite/suite.h"

enum sl_frame_finding {
    SL_FRAME_EQUAL,
    SL_FRAME_TOLERATED, /* differs as far as its rule allows */
    SL_FRAME_DIFFERS,
    SL_FRAME_NEW, /* there is no golden */
};

struct sl_frame_verdict {
    enum sl_frame_finding finding;
    bool unbound;                    /* frames.txt does not fit the PNG file */
    struct sl_image expected;        /* not for EQUAL by hash and NEW */
    struct sl_mask mask;             /* what the rule leaves out, if it leaves out anything */
    struct sl_comparison comparison; /* where expected was needed */
};

/* rule may be NULL: every pixel counts. Statuses: DAMAGED (png.*, golden.mask), ENVIRONMENT. */
enum sl_status sl_frame_judge(const struct sl_golden *golden, const struct sl_frame_rule *rule,
                              const char *name, const struct sl_image *actual,
                              struct sl_frame_verdict *verdict, struct sl_error *err);
void sl_frame_verdict_finish(struct sl_frame_verdict *verdict);

/* The first rule of the test whose glob matches, or NULL. */
const struct sl_frame_rule *sl_frame_rule_for(const struct sl_suite_test *test, const char *name);

#endif
