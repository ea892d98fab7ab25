/*
 * A device between a guest and a trace. Its memory mirrors the guest's; every event that reaches it
 * comes out again as the trace has to have it: first the memory that the device read and that a
 * replay does not know yet, then the event, then what the device answered.
 *
 * An event is one step, during which the device sees a guest that stands still: each byte is
 * fetched once. So a guest that goes on running gives a trace that replays as the device ran.
 */
#ifndef SL_CAPTURE_TAP_H
#define SL_CAPTURE_TAP_H

#include "memory/memory.h"

#include <scanlock/device.h>

struct sl_tap;

struct sl_tap_config {
    enum sl_status (*create)(const struct sl_target_config *config, struct sl_target **target,
                             struct sl_error *err);
    const char *profile;
    const struct sl_option *options; /* need not outlive the call */
    size_t option_count;
    const struct sl_ram_region *ram; /* as the trace's metadata has it */
    size_t ram_count;
    uint64_t max_memory_bytes; /* of guest memory touched, and of the device's own; 0 = default */
    uint64_t max_work;         /* as in struct sl_target_config */
    unsigned thread_count;
    const struct sl_screen *screen;       /* may be NULL; must outlive the tap */
    const struct sl_inspector *inspector; /* may be NULL; must outlive the tap */

    /* Where the guest is; see struct sl_mem_source. */
    void *guest;
    void (*fetch)(void *guest, uint64_t gpa, uint8_t *out, size_t size);
    void (*store)(void *guest, uint64_t gpa, const uint8_t *bytes, size_t size);

    struct sl_event_sink sink;
    /* Kinds of observations that become expectations: bits 1 << enum sl_observation_kind. */
    unsigned expectations;
};

/* All kinds. */
#define SL_TAP_EVERYTHING (~0u)

enum sl_status sl_tap_create(const struct sl_tap_config *config, struct sl_tap **tap,
                             struct sl_error *err);
void sl_tap_destroy(struct sl_tap *tap);

/*
 * Takes any event but MEM and EXPECT, which the tap makes itself, and NOTE and ATTACH, which are
 * passed on. A read comes out with the value that the device gave. Statuses: those of the sink,
 * those of the device, mem.region for a RAM map that cannot be. The first failure is for good.
 */
enum sl_status sl_tap_event(struct sl_tap *tap, const struct sl_event *event, struct sl_error *err);

/*
 * Begins the step of the next event now. Until then, what is read through sl_tap_memory() is what
 * the device will see.
 */
void sl_tap_begin(struct sl_tap *tap);

/* Ends a step that no event came to. What was read stays known. */
void sl_tap_cancel(struct sl_tap *tap);

/* For looking; only the device writes. */
struct sl_mem *sl_tap_memory(struct sl_tap *tap);
struct sl_target *sl_tap_target(struct sl_tap *tap);

/* True after a failure: every later event fails in the same way. */
bool sl_tap_is_broken(const struct sl_tap *tap);

/* Whether the last event made the device interrupt its driver on this vector. */
bool sl_tap_interrupted(const struct sl_tap *tap, uint32_t vector);

/* Chains that were answered, in all. */
uint64_t sl_tap_answers(const struct sl_tap *tap);

/* Bytes that the device read of the guest in all, whether they were new or not. */
uint64_t sl_tap_fetched_bytes(const struct sl_tap *tap);

#endif
