/* Stable identifiers of the rules that input can break; see rules.def. */
#ifndef SL_BASE_RULE_H
#define SL_BASE_RULE_H

enum sl_rule {
    SL_RULE_NONE,
#define SL_RULE(identifier, id, sentence) SL_RULE_##identifier,
#include "base/rules.def"
#undef SL_RULE
    SL_RULE_COUNT
};

/* "slt.chunk.checksum" and the like; NULL for SL_RULE_NONE. Static storage. */
const char *sl_rule_id(enum sl_rule rule);

/* The rule as one sentence; "" for SL_RULE_NONE. */
const char *sl_rule_sentence(enum sl_rule rule);

#endif
