#include "lint/lint_rule.h"

#include <assert.h>
#include <fnmatch.h>

static const struct sl_lint_rule_row rows[SL_LINT_RULE_COUNT] = {
#define SL_LINT_RULE(identifier, id, severity, sentence, source)                                   \
    [SL_LINT_##identifier] = {id, SL_LINT_##severity, sentence, source},
#include "lint/lint_rules.def"
#undef SL_LINT_RULE
};

const struct sl_lint_rule_row *sl_lint_rule_row(enum sl_lint_rule rule)
{
    assert(rule < SL_LINT_RULE_COUNT);
    return &rows[rule];
}

const char *sl_lint_severity_name(enum sl_lint_severity severity)
{
    static const char *const names[SL_LINT_SEVERITY_COUNT] = {
        [SL_LINT_NOTE] = "note",
        [SL_LINT_WARNING] = "warning",
        [SL_LINT_ERROR] = "error",
    };
    assert(severity < SL_LINT_SEVERITY_COUNT);
    return names[severity];
}

bool sl_lint_rule_matches(enum sl_lint_rule rule, const char *pattern)
{
    return fnmatch(pattern, sl_lint_rule_row(rule)->id, 0) == 0;
}
