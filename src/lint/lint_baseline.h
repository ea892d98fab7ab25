/* Findings that somebody has judged and expects, each with a reason (docs/lint.md). */
#ifndef SL_LINT_LINT_BASELINE_H
#define SL_LINT_LINT_BASELINE_H

#include "lint/lint.h"

struct sl_lint_expected {
    char *trace; /* pattern of the path or of its last part */
    char *rule;  /* pattern of the id */
    char *reason;
    uint64_t event;   /* or SL_LINT_NONE: any */
    uint64_t command; /* the same */
    uint32_t line;
    bool reached; /* a trace that it is about was looked at */
    bool used;
};

/* A zeroed baseline expects nothing. */
struct sl_lint_baseline {
    struct sl_lint_expected *entries;
    size_t count;
};

/* Rules lint.baseline.*; statuses of reading files. On failure nothing is left to finish. */
enum sl_status sl_lint_baseline_read(struct sl_lint_baseline *baseline, const char *path,
                                     struct sl_error *err);
void sl_lint_baseline_finish(struct sl_lint_baseline *baseline);

/* Marks the findings of a trace that the baseline expects, and the entries that were met. */
void sl_lint_baseline_apply(struct sl_lint_baseline *baseline, const char *trace,
                            struct sl_lint_report *report);

/* The head of a baseline file, and entries for what a report found and no baseline expects. */
void sl_lint_baseline_head(struct sl_buf *out);
void sl_lint_baseline_entries(const char *trace, const struct sl_lint_report *report,
                              struct sl_buf *out);

#endif
