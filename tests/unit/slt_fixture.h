/* Traces made of a case number, in memory: what the tests of the binary format share. */
#ifndef SL_TESTS_SLT_FIXTURE_H
#define SL_TESTS_SLT_FIXTURE_H

#include "base/buf.h"

#include <scanlock/trace.h>

/* splitmix64: the same numbers everywhere. */
uint64_t slt_random(uint64_t *state);

/* Metadata with every field filled in. Static storage. */
extern const struct sl_trace_meta slt_full_meta;
/* Nothing but a device. */
extern const struct sl_trace_meta slt_small_meta;

/* Owned events. */
struct slt_events {
    struct sl_event *events;
    size_t count;
    uint8_t **blocks; /* what the events point at */
    size_t block_count;
};

/* A copy of size bytes that lives as long as the events. */
uint8_t *slt_events_keep(struct slt_events *list, const void *bytes, size_t size);
void slt_events_add(struct slt_events *list, const struct sl_event *event);
void slt_events_add_mem(struct slt_events *list, uint64_t gpa, const uint8_t *bytes, size_t size);
void slt_events_finish(struct slt_events *list);

/* count events of all types with all kinds of payloads, a pure function of the case number. */
void slt_events_random(struct slt_events *list, uint64_t number, size_t count);

/* One of every type in the order of their numbers, with every field different from zero. */
void slt_events_every_type(struct slt_events *list);

/* The bytes of a finished trace (or one abandoned before finish). Asserts on failure. */
void slt_write(const struct slt_events *list, const struct sl_trace_meta *meta, bool finish,
               struct sl_buf *file);

/* As sl_slt_open_file() over bytes in memory. */
enum sl_status slt_open_bytes(const uint8_t *bytes, size_t size, struct sl_trace **trace,
                              struct sl_error *err);

bool slt_event_equal(const struct sl_event *a, const struct sl_event *b);

/*
 * Opens and reads to the end, comparing with list from its first event on. Returns how many events
 * agreed before the end; *status is why it stopped, and *complete is set if the trace ended and is
 * not marked as truncated. An event that differs is an assertion failure.
 */
size_t slt_read_prefix(const uint8_t *bytes, size_t size, const struct slt_events *list,
                       enum sl_status *status, bool *complete, struct sl_error *err);

#endif
