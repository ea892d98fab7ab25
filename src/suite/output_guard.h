/* Pictures for people never go where goldens are. */
#ifndef SL_SUITE_OUTPUT_GUARD_H
#define SL_SUITE_OUTPUT_GUARD_H

#include "suite/suite.h"

/*
 * SL_ERR_USAGE if the output folder, which need not exist, is the folder that holds a test's golden
 * folder, or lies in a golden folder.
 */
enum sl_status sl_output_guard(const char *output, const struct sl_suite *suites,
                               size_t suite_count, struct sl_error *err);

#endif
