#include "capture/tap.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/status.h"
#include "replay/drive.h"

#include <inttypes.h>
#include <stdlib.h>

/* A memory event does not grow beyond this; it is only about how much is copied at a time. */
enum { MEM_EVENT_MAX = 1 << 20 };

/* An observation of the current step. */
struct seen {
    struct sl_expect_event expect;
    size_t first; /* of its bytes in seen_bytes */
};

struct sl_tap {
    struct sl_tap_config config;
    struct sl_mem *mem;
    struct sl_target *target;
    struct sl_observer observer;
    bool begun;

    /* What the guest changed, as far as it is one range that was not passed on yet. */
    uint64_t mem_gpa;
    struct sl_buf mem_bytes;

    struct seen *seen;
    size_t seen_count;
    size_t seen_capacity;
    struct sl_buf seen_bytes;

    uint64_t fetched_bytes;
    uint64_t answers;
    /* The first failure where no status can be returned. */
    enum sl_status fault;
    struct sl_error fault_report;
};

static void fail(struct sl_tap *tap, enum sl_status status, const struct sl_error *report)
{
    if (tap->fault == SL_OK) {
        tap->fault = status;
        tap->fault_report = *report;
    }
}

static void fail_memory(struct sl_tap *tap)
{
    struct sl_error report;
    fail(tap, sl_fail_memory(&report, 0), &report);
}

/* The mirror could not keep a page: its limit, or the host. */
static void fail_mirror(struct sl_tap *tap)
{
    uint64_t limit =
        tap->config.max_memory_bytes ? tap->config.max_memory_bytes : SL_MEM_DEFAULT_LIMIT;
    struct sl_error report;
    if (sl_mem_touched_bytes(tap->mem) + SL_MEM_PAGE_SIZE <= limit) {
        fail_memory(tap);
        return;
    }
    fail(tap,
         sl_fail(&report, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                 "guest memory that the device reads reaches the limit of %" PRIu64 " bytes",
                 limit),
         &report);
}

static void put(struct sl_tap *tap, const struct sl_event *event)
{
    struct sl_error report;
    if (tap->fault == SL_OK) {
        enum sl_status status = tap->config.sink.put(tap->config.sink.data, event, &report);
        if (status != SL_OK) {
            fail(tap, status, &report);
        }
    }
}

static void put_memory(struct sl_tap *tap)
{
    if (tap->mem_bytes.size > 0) {
        put(tap, &(struct sl_event){.type = SL_EVENT_MEM,
                                    .u.mem = {.gpa = tap->mem_gpa,
                                              .bytes = tap->mem_bytes.data,
                                              .size = tap->mem_bytes.size}});
        sl_buf_clear(&tap->mem_bytes);
    }
}

/* Bytes that a replay has not got. Neighbours are joined, so that whole pages come together. */
static void on_change(void *data, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    struct sl_tap *tap = data;
    if (gpa != tap->mem_gpa + tap->mem_bytes.size || tap->mem_bytes.size + size > MEM_EVENT_MAX) {
        put_memory(tap);
    }
    if (tap->mem_bytes.size == 0) {
        tap->mem_gpa = gpa;
    }
    sl_buf_append(&tap->mem_bytes, bytes, size);
    if (tap->mem_bytes.failed) {
        fail_memory(tap);
    }
}

static void on_fetch(void *data, uint64_t gpa, uint8_t *out, size_t size)
{
    struct sl_tap *tap = data;
    tap->fetched_bytes += size;
    tap->config.fetch(tap->config.guest, gpa, out, size);
}

static void on_store(void *data, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    const struct sl_tap *tap = data;
    tap->config.store(tap->config.guest, gpa, bytes, size);
}

static void on_observation(void *data, const struct sl_observation *observation)
{
    struct sl_tap *tap = data;
    size_t first = tap->seen_bytes.size;
    tap->answers += observation->kind == SL_OBS_RESPONSE;
    sl_buf_append(&tap->seen_bytes, observation->bytes, observation->size);
    struct seen *grown =
        sl_array_grow(tap->seen, &tap->seen_capacity, tap->seen_count, sizeof(*grown));
    tap->seen = grown ? grown : tap->seen;
    if (tap->seen_bytes.failed || !grown) {
        fail_memory(tap);
        return;
    }
    tap->seen[tap->seen_count++] = (struct seen){
        .expect = {.kind = observation->kind,
                   .queue = observation->queue,
                   .head = observation->head,
                   .value = observation->value,
                   .size = observation->size},
        .first = first,
    };
}

enum sl_status sl_tap_create(const struct sl_tap_config *config, struct sl_tap **tap,
                             struct sl_error *err)
{
    *tap = NULL;
    struct sl_tap *made = calloc(1, sizeof(*made));
    if (!made) {
        return sl_fail_memory(err, sizeof(*made));
    }
    made->config = *config;
    made->observer = (struct sl_observer){.data = made, .observe = on_observation};
    made->mem = sl_mem_create(config->max_memory_bytes);
    const struct sl_mem_source source = {
        .data = made, .fetch = on_fetch, .store = on_store, .changed = on_change};
    enum sl_status status = SL_OK;
    if (!made->mem || !sl_mem_set_source(made->mem, &source)) {
        status = sl_fail_memory(err, 0);
    }
    if (status == SL_OK) {
        status = sl_mem_set_regions(made->mem, config->ram, config->ram_count, err);
    }
    const struct sl_target_config target = {
        .mem = made->mem,
        .observer = &made->observer,
        .inspector = config->inspector,
        .screen = config->screen,
        .profile = config->profile,
        .options = config->options,
        .option_count = config->option_count,
        .max_memory_bytes = config->max_memory_bytes,
        .max_work = config->max_work,
        .thread_count = config->thread_count,
    };
    if (status == SL_OK) {
        status = config->create(&target, &made->target, err);
    }
    if (status != SL_OK) {
        sl_tap_destroy(made);
        return status;
    }
    /* A replay makes its device in the same way, so what creation did is nothing to tell. */
    made->seen_count = 0;
    sl_buf_clear(&made->seen_bytes);
    *tap = made;
    return SL_OK;
}

void sl_tap_destroy(struct sl_tap *tap)
{
    if (!tap) {
        return;
    }
    if (tap->target) {
        tap->target->impl->destroy(tap->target);
    }
    sl_mem_destroy(tap->mem);
    sl_buf_finish(&tap->mem_bytes);
    sl_buf_finish(&tap->seen_bytes);
    free(tap->seen);
    free(tap);
}

/* Takes every scanout, as a replay does at a capture point. */
static enum sl_status capture(struct sl_tap *tap, struct sl_error *err)
{
    uint32_t count = tap->target->impl->scanout_count(tap->target);
    for (uint32_t i = 0; i < count; i++) {
        struct sl_image image = {0};
        struct sl_hash128 hash;
        enum sl_status status = tap->target->impl->capture(tap->target, i, &image, err);
        if (status != SL_OK) {
            return status;
        }
        if (sl_drive_tells_frame(i, &image)) {
            const struct sl_observation observation = sl_drive_frame(i, &image, &hash);
            on_observation(tap, &observation);
        }
        sl_image_finish(&image);
    }
    return SL_OK;
}

/* Lets the device have the event; what comes out is in *told, which starts as a copy of it. */
static enum sl_status apply(struct sl_tap *tap, struct sl_event *told, struct sl_error *err)
{
    uint64_t value = 0;
    enum sl_status status;
    switch (told->type) {
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        return SL_OK;
    case SL_EVENT_RAM:
        return sl_mem_set_regions(tap->mem, told->u.ram.regions, told->u.ram.count, err);
    case SL_EVENT_FRAME:
        return capture(tap, err);
    case SL_EVENT_MEM:
    case SL_EVENT_EXPECT:
    case SL_EVENT_MMIO:
    case SL_EVENT_VRING:
    case SL_EVENT_NOTIFY:
    case SL_EVENT_VBLANK:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_RESET:
    case SL_EVENT_FEATURES:
        break;
    }
    status = sl_drive(tap->target, told, &value, err);
    if (status == SL_OK && told->type == SL_EVENT_MMIO && told->u.mmio.is_read) {
        told->u.mmio.value = value;
        told->u.mmio.has_value = true;
    }
    return status;
}

static void put_expectations(struct sl_tap *tap)
{
    for (size_t i = 0; i < tap->seen_count; i++) {
        struct sl_expect_event expect = tap->seen[i].expect;
        if (tap->config.expectations >> expect.kind & 1) {
            expect.bytes = expect.size ? tap->seen_bytes.data + tap->seen[i].first : NULL;
            put(tap, &(struct sl_event){.type = SL_EVENT_EXPECT, .u.expect = expect});
        }
    }
}

void sl_tap_begin(struct sl_tap *tap)
{
    if (!tap->begun) {
        sl_mem_new_step(tap->mem);
        tap->begun = true;
    }
}

void sl_tap_cancel(struct sl_tap *tap)
{
    tap->begun = false;
}

enum sl_status sl_tap_event(struct sl_tap *tap, const struct sl_event *event, struct sl_error *err)
{
    struct sl_event told = *event;
    if (tap->fault != SL_OK) {
        *err = tap->fault_report;
        return tap->fault;
    }
    sl_tap_begin(tap);
    tap->begun = false;
    tap->seen_count = 0;
    sl_buf_clear(&tap->seen_bytes);
    enum sl_status status = apply(tap, &told, err);
    if (status == SL_OK) {
        status = tap->target->impl->fault(tap->target, err);
    }
    if (status != SL_OK) {
        fail(tap, status, err);
        return status;
    }
    if (sl_mem_is_stale(tap->mem)) {
        fail_mirror(tap);
    }
    /* The log of the device's writes is for transcripts, and would grow. */
    size_t count;
    bool lost;
    (void)sl_mem_take_log(tap->mem, &count, &lost);
    put_memory(tap);
    put(tap, &told);
    put_expectations(tap);
    if (tap->fault != SL_OK) {
        *err = tap->fault_report;
    }
    return tap->fault;
}

struct sl_mem *sl_tap_memory(struct sl_tap *tap)
{
    return tap->mem;
}

struct sl_target *sl_tap_target(struct sl_tap *tap)
{
    return tap->target;
}

bool sl_tap_is_broken(const struct sl_tap *tap)
{
    return tap->fault != SL_OK;
}

bool sl_tap_interrupted(const struct sl_tap *tap, uint32_t vector)
{
    for (size_t i = 0; i < tap->seen_count; i++) {
        const struct sl_expect_event *expect = &tap->seen[i].expect;
        if (expect->kind == SL_OBS_IRQ && expect->queue == vector) {
            return true;
        }
    }
    return false;
}

uint64_t sl_tap_answers(const struct sl_tap *tap)
{
    return tap->answers;
}

uint64_t sl_tap_fetched_bytes(const struct sl_tap *tap)
{
    return tap->fetched_bytes;
}
