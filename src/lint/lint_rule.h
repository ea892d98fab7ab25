/* The registry of what lint knows to be wrong; see lint_rules.def. */
#ifndef SL_LINT_LINT_RULE_H
#define SL_LINT_LINT_RULE_H

#include <stdbool.h>
#include <stddef.h>

enum sl_lint_severity {
    SL_LINT_NOTE,
    SL_LINT_WARNING,
    SL_LINT_ERROR,
    SL_LINT_SEVERITY_COUNT,
};

enum sl_lint_rule {
#define SL_LINT_RULE(identifier, id, severity, sentence, source) SL_LINT_##identifier,
#include "lint/lint_rules.def"
#undef SL_LINT_RULE
    SL_LINT_RULE_COUNT
};

struct sl_lint_rule_row {
    const char *id;
    enum sl_lint_severity severity;
    const char *sentence;
    const char *source;
};

/* The row of a rule; the table is static. */
const struct sl_lint_rule_row *sl_lint_rule_row(enum sl_lint_rule rule);

/* "error", "warning", "note". */
const char *sl_lint_severity_name(enum sl_lint_severity severity);

/* True if a pattern, in which * stands for any text, means this id. */
bool sl_lint_rule_matches(enum sl_lint_rule rule, const char *pattern);

#endif
