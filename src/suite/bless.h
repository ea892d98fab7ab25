/* Writes goldens: what is new or has changed, nothing else. */
#ifndef SL_SUITE_BLESS_H
#define SL_SUITE_BLESS_H

#include "suite/test_run.h"

struct sl_bless_options {
    struct sl_test_options test; /* output and repeat are not used */
    bool new_only;               /* add goldens that are missing, touch no other */
};

struct sl_bless_counts {
    uint64_t written;
    uint64_t removed;
    uint64_t kept; /* differ, but new_only */
};

/*
 * Blesses one test. Appends a line per change to report. If the replay fails or breaks an
 * expectation of the trace (SL_ERR_MISMATCH), nothing is written. Tests that are expected to fail
 * are left alone. A frame that passes under its rule keeps its golden.
 */
enum sl_status sl_bless_test(const struct sl_suite_test *test,
                             const struct sl_bless_options *options, struct sl_buf *report,
                             struct sl_bless_counts *counts, struct sl_error *err);

#endif
