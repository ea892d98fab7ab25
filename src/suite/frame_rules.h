/* The rules for frames in a suite file. */
#ifndef SL_SUITE_FRAME_RULES_H
#define SL_SUITE_FRAME_RULES_H

#include "base/yaml.h"
#include "suite/suite.h"

/* Appends the rules in the sequence to the test, which owns what was read, also on failure. */
enum sl_status sl_frame_rules_read(struct sl_yaml *yaml, const yaml_node_t *value,
                                   struct sl_suite_test *test, struct sl_error *err);

#endif
