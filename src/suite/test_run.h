/* Runs one test: replays its trace, judges frames, transcript and expectations. */
#ifndef SL_SUITE_TEST_RUN_H
#define SL_SUITE_TEST_RUN_H

#include "suite/result.h"
#include "suite/suite.h"

#include <scanlock/replay.h>

/* Largest transcript that a test may have, in bytes. */
#define SL_TEST_TRANSCRIPT_MAX ((size_t)256 << 20)

/* What the command line overrides; zeroed overrides nothing. */
struct sl_test_options {
    const char *output; /* folder for pictures of mismatches; NULL = write none */
    const char *profile;
    uint32_t default_target_width;
    uint32_t default_target_height;
    uint32_t repeat;
    uint64_t max_memory_bytes;
    uint64_t max_work;
};

/* Opens the test's trace and replays it with the options of both. */
enum sl_status sl_test_replay(const struct sl_suite_test *test,
                              const struct sl_test_options *options,
                              const struct sl_replay_callbacks *callbacks, struct sl_error *err);

/*
 * Fills in everything of a zeroed result but index. Failures of the test are in the result; if the
 * result itself has no memory, it says so as well as it can.
 */
void sl_test_run(const struct sl_suite *suite, const struct sl_suite_test *test,
                 const struct sl_test_options *options, struct sl_result *result);

#endif
