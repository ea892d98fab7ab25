/*
 * What a guest does wrong although a device accepts it: a replay that is watched by checkers.
 *
 * The result is a pure function of the trace and the replay options.
 */
#ifndef SL_LINT_LINT_H
#define SL_LINT_LINT_H

#include "base/buf.h"
#include "lint/lint_rule.h"

#include <scanlock/replay.h>

/* Findings that are kept per rule and trace; more are only counted. */
#define SL_LINT_KEPT_MAX 100u

/* Of struct sl_lint_finding: there is none. */
#define SL_LINT_NONE UINT64_MAX

struct sl_lint_finding {
    enum sl_lint_rule rule;
    uint64_t event;
    uint64_t command; /* index of struct sl_command, or SL_LINT_NONE */
    const char *name; /* of the command, static storage; "" without one */
    uint64_t gpa;     /* guest address of what is wrong, or SL_LINT_NONE */
    size_t text;      /* offset of the terminated text in the report's texts */
    bool expected;    /* by a baseline */
};

/* A zeroed report is empty. */
struct sl_lint_report {
    struct sl_lint_finding *findings; /* in the order of events and commands */
    size_t finding_count;
    size_t finding_capacity;
    struct sl_buf texts;
    uint64_t counts[SL_LINT_RULE_COUNT]; /* all of them, kept or not */
};

/*
 * Replays the trace, which stands at its start, and adds what the enabled rules find. Statuses are
 * those of sl_replay_run(); findings made before a failure are in the report.
 */
enum sl_status sl_lint_run(struct sl_trace *trace, const struct sl_replay_options *options,
                           const bool enabled[SL_LINT_RULE_COUNT], struct sl_lint_report *report,
                           struct sl_error *err);

/* What is wrong, in one line of printable ASCII. */
const char *sl_lint_finding_text(const struct sl_lint_report *report,
                                 const struct sl_lint_finding *finding);

void sl_lint_report_finish(struct sl_lint_report *report);

#endif
