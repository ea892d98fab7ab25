/* Shared by the two ways of making a suite. */
#ifndef SL_SUITE_SUITE_PRIV_H
#define SL_SUITE_SUITE_PRIV_H

#include "base/yaml.h"
#include "suite/suite.h"

/* Suite and results files. */
extern const struct sl_yaml_kind sl_suite_yaml;

void sl_suite_test_finish(struct sl_suite_test *test);

/* File name without folder and without the ending of a trace; NULL without memory. */
char *sl_suite_trace_name(const char *path);

/*
 * Room for one more element in an array of count elements that was only grown by this function.
 * NULL without memory; the old array is then still valid.
 */
void *sl_suite_grow(void *array, size_t count, size_t element_size);

/* Takes what test owns and zeroes it; on failure it stays the caller's. */
enum sl_status sl_suite_add_test(struct sl_suite *suite, struct sl_suite_test *test,
                                 struct sl_error *err);

/* A name that two tests have, or NULL. */
enum sl_status sl_suite_find_twin(const struct sl_suite *suite, const char **twin,
                                  struct sl_error *err);

#endif
