/* Findings as people and programs read them. */
#ifndef SL_CLI_LINT_OUTPUT_H
#define SL_CLI_LINT_OUTPUT_H

#include "lint/lint_baseline.h"

struct sl_cli_lint_counts {
    uint64_t found[SL_LINT_SEVERITY_COUNT]; /* that no baseline expects */
    uint64_t expected;
    uint64_t traces; /* that were replayed to their ends */
};

/* The registry: lines, or one JSON array. */
void sl_cli_lint_list(bool json);

/* One line per finding that no baseline expects. */
void sl_cli_lint_text(const char *trace, const struct sl_lint_report *report);
void sl_cli_lint_summary(const struct sl_cli_lint_counts *counts);

/* One JSON object: head, an object per trace, tail. */
void sl_cli_lint_json_head(void);
/* complete: the trace was replayed to its end. */
void sl_cli_lint_json_trace(const char *trace, const struct sl_lint_report *report, bool complete,
                            bool first);
void sl_cli_lint_json_tail(const struct sl_cli_lint_counts *counts,
                           const struct sl_lint_baseline *baseline);

#endif
