/*
 * A suite: traces, where their goldens are, and what a comparison may overlook.
 * docs/suite-format.md describes the file.
 */
#ifndef SL_SUITE_SUITE_H
#define SL_SUITE_SUITE_H

#include "image/compare.h"

#include <scanlock/error.h>
#include <stddef.h>

#define SL_SUITE_BUCKETS_MAX 8u

/* What may differ in the frames whose name matches. Every entry has its reason in the file. */
struct sl_frame_rule {
    char *frame;                                    /* glob */
    struct sl_bucket buckets[SL_SUITE_BUCKETS_MAX]; /* sorted by level */
    size_t bucket_count;
    struct sl_rect *rects; /* left out of the comparison */
    size_t rect_count;
    char **masks; /* paths of mask images */
    size_t mask_count;
};

struct sl_suite_test {
    char *name;                    /* unique in its suite */
    char *trace;                   /* path */
    char *golden;                  /* folder */
    char *profile;                 /* NULL = the trace's own */
    uint32_t default_target_width; /* 0 x 0 = none */
    uint32_t default_target_height;
    uint32_t repeat;             /* at least 1 */
    struct sl_frame_rule *rules; /* the first that matches a frame is used */
    size_t rule_count;
    enum sl_status expected; /* SL_OK, or how the test has to fail */
    char *expected_reason;   /* NULL if it has to pass */
};

struct sl_suite {
    char *name;
    char *path;
    struct sl_suite_test *tests;
    size_t test_count;
};

/* Reads a suite file. On failure suite is zeroed: DAMAGED (suite.*), UNSUPPORTED, ENVIRONMENT. */
enum sl_status sl_suite_load(const char *path, struct sl_suite *suite, struct sl_error *err);

/*
 * A suite called "traces" of single traces with their goldens in golden_root/NAME. Two traces of
 * the same name are SL_ERR_USAGE.
 */
enum sl_status sl_suite_of_traces(const char *golden_root, char *const *traces, size_t trace_count,
                                  struct sl_suite *suite, struct sl_error *err);

void sl_suite_finish(struct sl_suite *suite);

/* True if the file says that it is a suite, that is, if its first key is "scanlock-suite". */
enum sl_status sl_suite_sniff(const char *path, bool *is_suite, struct sl_error *err);

#endif
