/*
 * Matches what the trace expects with what the target did. Per kind and queue, the first
 * expectation belongs to the first observation, the second to the second, and so on.
 *
 * Observations that nobody has asked for yet are kept, the latest SL_EXPECT_KEPT_MAX per kind and
 * queue; an expectation that comes later than that is broken.
 */
#ifndef SL_REPLAY_EXPECTATIONS_H
#define SL_REPLAY_EXPECTATIONS_H

#include "base/buf.h"

#include <scanlock/device.h>

#define SL_EXPECT_KEPT_MAX 4096u

/* Kinds and queues told apart; observations of further ones are not kept. */
#define SL_EXPECT_LINES_MAX 256u

struct sl_expect_line;

/* Zeroed is empty. */
struct sl_expectations {
    struct sl_expect_line *lines;
    size_t line_count;
};

void sl_expectations_finish(struct sl_expectations *expectations);

/* Keeps a copy of what matters. False without memory. */
bool sl_expectations_observe(struct sl_expectations *expectations,
                             const struct sl_observation *observation);

/* True if the expectation holds; else says why in *why. Consumes the observation either way. */
bool sl_expectations_meet(struct sl_expectations *expectations,
                          const struct sl_expect_event *expect, struct sl_buf *why);

#endif
