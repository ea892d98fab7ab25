/*
 * Results as JSON lines, the form in which shards are merged. docs/suite-format.md describes it.
 * The first line says how many tests the whole run has, each further line is one test.
 */
#ifndef SL_SUITE_RESULTS_JSON_H
#define SL_SUITE_RESULTS_JSON_H

#include "suite/result.h"

/* Appends all lines to out. */
void sl_results_print_json(struct sl_results *results, struct sl_buf *out);

/*
 * Reads a file that was printed so. results is zeroed on failure: DAMAGED (results.line,
 * suite.yaml), UNSUPPORTED (a newer version), ENVIRONMENT.
 */
enum sl_status sl_results_read_json(const char *path, struct sl_results *results,
                                    struct sl_error *err);

/*
 * Moves what more has into results; more is finished. A test that both have keeps the result that
 * is worse, and of two equally bad ones the one that sorts last, so that neither the order of files
 * nor a repeated file matters.
 */
enum sl_status sl_results_merge(struct sl_results *results, struct sl_results *more,
                                struct sl_error *err);

/* DAMAGED (results.incomplete) if a test of the run has no result. */
enum sl_status sl_results_check_complete(const struct sl_results *results, struct sl_error *err);

#endif
