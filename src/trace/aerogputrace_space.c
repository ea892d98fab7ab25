#include "trace/aerogputrace_space.h"

#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { PAGE = 4096 };

/* Where the search for a free range begins; guests keep away from the first MiB. */
#define FREE_FROM UINT64_C(0x100000)

enum sl_status sl_agt_space_add(struct sl_agt_space *space, uint64_t gpa, uint64_t size,
                                struct sl_error *err)
{
    struct sl_agt_span span = {gpa & ~(uint64_t)(PAGE - 1), (gpa + (size - 1)) | (PAGE - 1)};
    if (space->count > 0) {
        const struct sl_agt_span *last = &space->spans[space->count - 1];
        if (last->first <= span.first && span.last <= last->last) {
            return SL_OK;
        }
    }
    if (space->count == space->capacity) {
        size_t capacity = space->capacity ? space->capacity * 2 : 64;
        void *grown = capacity <= SIZE_MAX / sizeof(*space->spans)
                          ? realloc(space->spans, capacity * sizeof(*space->spans))
                          : NULL;
        if (!grown) {
            return sl_fail_memory(err, 0);
        }
        space->spans = grown;
        space->capacity = capacity;
    }
    space->spans[space->count++] = span;
    return SL_OK;
}

/* Equal spans may come out in any order: they are joined. */
static int compare_spans(const void *a, const void *b)
{
    const struct sl_agt_span *x = a;
    const struct sl_agt_span *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* Joins sorted spans that overlap, touch or have less than gap bytes between them. */
static void join(struct sl_agt_space *space, uint64_t gap)
{
    size_t count = 0;
    for (size_t i = 0; i < space->count; i++) {
        struct sl_agt_span *last = count > 0 ? &space->spans[count - 1] : NULL;
        const struct sl_agt_span span = space->spans[i];
        if (!last || (span.first > last->last && span.first - last->last - 1 >= gap)) {
            space->spans[count++] = span;
        } else if (span.last > last->last) {
            last->last = span.last;
        }
    }
    space->count = count;
}

/* The first size bytes from FREE_FROM on that no span has. spans are joined. */
static bool find_free(const struct sl_agt_space *space, uint64_t size, uint64_t *gpa)
{
    uint64_t at = FREE_FROM;
    for (size_t i = 0; i < space->count; i++) {
        const struct sl_agt_span *span = &space->spans[i];
        if (span->last < at) {
            continue;
        }
        if (span->first > at && span->first - at >= size) {
            break;
        }
        if (span->last == UINT64_MAX) {
            return false;
        }
        at = span->last + 1;
    }
    *gpa = at;
    return size <= UINT64_MAX - at;
}

static enum sl_status no_room(uint64_t size, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RANGE_ROOM,
                   "no %" PRIu64 " bytes of the address space are free of memory ranges", size);
}

enum sl_status sl_agt_space_layout(struct sl_agt_space *space, uint64_t size, uint64_t *gpa,
                                   struct sl_error *err)
{
    assert(!space->regions && size > 0);
    if (space->count > 0) {
        qsort(space->spans, space->count, sizeof(*space->spans), compare_spans);
    }
    uint64_t gap = 1;
    join(space, gap);
    while (space->count > SL_AGT_SPACE_REGIONS) {
        gap *= 2;
        join(space, gap);
    }
    uint64_t pages = (size - 1) / PAGE + 1;
    if (pages > UINT64_MAX / PAGE || !find_free(space, pages * PAGE, gpa)) {
        return no_room(size, err);
    }
    space->regions = calloc(space->count + 1, sizeof(*space->regions));
    if (!space->regions) {
        return sl_fail_memory(err, 0);
    }
    struct sl_ram_region *out = space->regions;
    struct sl_ram_region own = {*gpa, pages * PAGE};
    bool done = false;
    for (size_t i = 0; i < space->count; i++) {
        const struct sl_agt_span *span = &space->spans[i];
        if (!done && span->first > own.gpa) {
            *out++ = own;
            done = true;
        }
        *out++ = (struct sl_ram_region){span->first, span->last - span->first + 1};
    }
    if (!done) {
        *out++ = own;
    }
    space->region_count = (size_t)(out - space->regions);
    return SL_OK;
}

void sl_agt_space_finish(struct sl_agt_space *space)
{
    free(space->spans);
    free(space->regions);
    *space = (struct sl_agt_space){0};
}
