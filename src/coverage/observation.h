/*
 * What one replay exercises: callbacks of a replay that mark rows of the catalog. A command counts
 * once the device has done it; what failed counts for nothing but its error or response.
 */
#ifndef SL_COVERAGE_OBSERVATION_H
#define SL_COVERAGE_OBSERVATION_H

#include "coverage/catalog.h"

#include <scanlock/replay.h>

/* The values that a field had. */
struct sl_coverage_values {
    uint64_t first;
    bool any;
    bool several;
};

/* Rows that are covered, and for rows of fields the values. */
struct sl_coverage_set {
    const struct sl_abi *abi; /* of the device that was driven, or NULL */
    bool *seen;
    struct sl_coverage_values *values;
};

enum sl_status sl_coverage_set_init(struct sl_coverage_set *set, size_t row_count,
                                    struct sl_error *err);
void sl_coverage_set_finish(struct sl_coverage_set *set);

/* Forgets everything. */
void sl_coverage_set_clear(struct sl_coverage_set *set, size_t row_count);

/* Adds the values of a field; it is covered once it had two. */
void sl_coverage_add_values(struct sl_coverage_values *to, const struct sl_coverage_values *from);

struct sl_coverage_observer;

/* One replay. set and catalog are borrowed; NULL without memory. */
struct sl_coverage_observer *sl_coverage_observer_create(const struct sl_coverage_catalog *catalog,
                                                         struct sl_coverage_set *set);
void sl_coverage_observer_destroy(struct sl_coverage_observer *observer);

/* What to replay with. */
void sl_coverage_callbacks(struct sl_coverage_observer *observer,
                           struct sl_replay_callbacks *callbacks);

#endif
