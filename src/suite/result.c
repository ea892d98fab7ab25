#include "suite/result.h"

#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[] = {
    [SL_OUTCOME_PASS] = "pass",
    [SL_OUTCOME_EXPECTED_FAIL] = "expected-fail",
    [SL_OUTCOME_FAIL] = "fail",
    [SL_OUTCOME_UNEXPECTED_PASS] = "unexpected-pass",
};

const char *sl_outcome_name(enum sl_outcome outcome)
{
    return outcome_names[outcome];
}

bool sl_outcome_of(const char *name, enum sl_outcome *outcome)
{
    for (size_t i = 0; i < sizeof(outcome_names) / sizeof(outcome_names[0]); i++) {
        if (strcmp(outcome_names[i], name) == 0) {
            *outcome = (enum sl_outcome)i;
            return true;
        }
    }
    return false;
}

void sl_result_finish(struct sl_result *result)
{
    free(result->suite);
    free(result->name);
    free(result->file);
    sl_buf_finish(&result->message);
    sl_buf_finish(&result->details);
    sl_buf_finish(&result->mismatches);
    sl_buf_finish(&result->reason);
    *result = (struct sl_result){0};
}

void sl_results_finish(struct sl_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        sl_result_finish(&results->list[i]);
    }
    free(results->list);
    *results = (struct sl_results){0};
}

const char *sl_result_text(struct sl_buf *buf)
{
    if (buf->size == 0) {
        return "";
    }
    const char *text = sl_buf_cstr(buf);
    return text ? text : "";
}

static int gravity(enum sl_status status)
{
    switch (status) {
    case SL_OK:
        return 0;
    case SL_ERR_MISMATCH:
        return 1;
    case SL_ERR_UNSUPPORTED:
        return 2;
    case SL_ERR_DAMAGED:
        return 3;
    case SL_ERR_UNSTABLE:
        return 4;
    case SL_ERR_USAGE:
    case SL_ERR_ENVIRONMENT:
        break;
    }
    return 5;
}

enum sl_status sl_results_status(const struct sl_results *results)
{
    enum sl_status worst = SL_OK;
    for (size_t i = 0; i < results->count; i++) {
        const struct sl_result *result = &results->list[i];
        if (!sl_outcome_is_good(result->outcome) && gravity(result->status) > gravity(worst)) {
            worst = result->status;
        }
    }
    return worst;
}
