#include "base/rule.h"

#include <assert.h>
#include <stddef.h>

static const struct {
    const char *id;
    const char *sentence;
} rules[SL_RULE_COUNT] = {
    [SL_RULE_NONE] = {NULL, ""},
#define SL_RULE(identifier, id, sentence) [SL_RULE_##identifier] = {id, sentence},
#include "base/rules.def"
#undef SL_RULE
};

const char *sl_rule_id(enum sl_rule rule)
{
    assert(rule < SL_RULE_COUNT);
    return rules[rule].id;
}

const char *sl_rule_sentence(enum sl_rule rule)
{
    assert(rule < SL_RULE_COUNT);
    return rules[rule].sentence;
}
