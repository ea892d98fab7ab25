/* What became of one test. */
#ifndef SL_SUITE_RESULT_H
#define SL_SUITE_RESULT_H

#include "base/buf.h"

#include <scanlock/error.h>

enum sl_outcome {
    SL_OUTCOME_PASS,
    SL_OUTCOME_EXPECTED_FAIL,
    SL_OUTCOME_FAIL,
    SL_OUTCOME_UNEXPECTED_PASS,
};

/* "pass", "expected-fail", "fail", "unexpected-pass". */
const char *sl_outcome_name(enum sl_outcome outcome);

/* False if there is no such outcome. */
bool sl_outcome_of(const char *name, enum sl_outcome *outcome);

static inline bool sl_outcome_is_good(enum sl_outcome outcome)
{
    return outcome == SL_OUTCOME_PASS || outcome == SL_OUTCOME_EXPECTED_FAIL;
}

/* Texts are owned. message is one line; details are lines, each with its newline. */
struct sl_result {
    char *suite;
    char *name;
    char *file;
    uint64_t index; /* place in the run before it was split into shards */
    enum sl_outcome outcome;
    enum sl_status status; /* what happened; for UNEXPECTED_PASS what it counts as */
    uint64_t time_us;
    uint32_t frames;
    struct sl_buf message;
    struct sl_buf details;
    struct sl_buf mismatches; /* JSON objects with a comma between them */
    struct sl_buf reason;     /* why a failure is expected */
};

struct sl_results {
    struct sl_result *list; /* by index */
    size_t count;
    uint64_t total; /* tests of the whole run, all shards together */
};

void sl_result_finish(struct sl_result *result);
void sl_results_finish(struct sl_results *results);

/* Text of a buffer that may be empty. Never NULL. */
const char *sl_result_text(struct sl_buf *buf);

/*
 * The gravest status among the bad results: ENVIRONMENT, UNSTABLE, DAMAGED, UNSUPPORTED, MISMATCH,
 * in this order. SL_OK if all are good.
 */
enum sl_status sl_results_status(const struct sl_results *results);

#endif
