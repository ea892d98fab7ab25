/*
 * Which parts of the ABIs suites exercise: replays every test and counts, for each row of the
 * catalog, the tests that cover it.
 */
#ifndef SL_COVERAGE_COVERAGE_H
#define SL_COVERAGE_COVERAGE_H

#include "coverage/observation.h"
#include "suite/test_run.h"

struct sl_coverage_outcome {
    uint32_t tests; /* that cover the row; of a field also those that do so only together: 0 */
    size_t first;   /* the first of them, as tests are numbered over all suites */
    bool covered;
    struct sl_coverage_values values; /* fields only */
    char *reason;                     /* why it need not be covered; NULL if it has to */
    uint32_t line;                    /* of the exception in its file */
};

struct sl_coverage {
    struct sl_coverage_catalog catalog;
    struct sl_coverage_outcome *outcomes; /* per row */
    const struct sl_suite *suites;        /* borrowed */
    size_t suite_count;
    size_t test_count;
    bool driven[SL_COVERAGE_ABIS]; /* as in catalog.places: a test was of this device */
};

struct sl_coverage_options {
    struct sl_test_options test;
    uint32_t jobs; /* threads, at least 1; the result does not depend on it */
    /* After each test, never two at once. May be NULL. */
    void (*progress)(uint64_t done, uint64_t total);
};

/*
 * Statuses: that of the first test, in the order of the suites, whose replay fails in another way
 * than its suite says; ENVIRONMENT. On failure coverage is zeroed.
 */
enum sl_status sl_coverage_run(const struct sl_suite *suites, size_t suite_count,
                               const struct sl_coverage_options *options,
                               struct sl_coverage *coverage, struct sl_error *err);
void sl_coverage_finish(struct sl_coverage *coverage);

/* "SUITE/TEST" of a test by its number: the two words. */
void sl_coverage_test_name(const struct sl_coverage *coverage, size_t number, const char **suite,
                           const char **test);

/*
 * Reads which rows need not be covered, and why: docs/coverage.md. DAMAGED (coverage.*),
 * UNSUPPORTED, ENVIRONMENT.
 */
enum sl_status sl_coverage_except(struct sl_coverage *coverage, const char *path,
                                  struct sl_error *err);

/* Rows of one device and kind. */
struct sl_coverage_count {
    size_t rows;
    size_t covered;
    size_t excepted; /* and not covered */
    size_t stale;    /* excepted and covered */
};

/* All zero for a device that no test was of. */
struct sl_coverage_count sl_coverage_count_rows(const struct sl_coverage *coverage,
                                                const struct sl_abi *abi,
                                                enum sl_coverage_kind kind);

/* True if a test was of this device: rows of others are left out everywhere. */
bool sl_coverage_drives(const struct sl_coverage *coverage, const struct sl_abi *abi);

/* Hundredths of a percent of the rows that are covered or excepted, rounded down. */
unsigned sl_coverage_share(const struct sl_coverage_count *count);

/* The table, then what is missing and exceptions that are stale; with every_row all rows. */
void sl_coverage_print(struct sl_buf *out, const struct sl_coverage *coverage, bool every_row);

/* The same as JSON lines: a summary, then every row. */
void sl_coverage_print_json(struct sl_buf *out, const struct sl_coverage *coverage);

#endif
