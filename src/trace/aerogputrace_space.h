/*
 * The guest memory of an imported trace: RAM where the recorded allocations are, and a free range
 * for what the file does not say the address of.
 */
#ifndef SL_TRACE_AEROGPUTRACE_SPACE_H
#define SL_TRACE_AEROGPUTRACE_SPACE_H

#include <scanlock/event.h>

/* Most regions that come out; more ranges are joined by filling the gaps between them. */
#define SL_AGT_SPACE_REGIONS 512u

struct sl_agt_span {
    uint64_t first;
    uint64_t last; /* inclusive, so that the end of the address space needs no 65th bit */
};

/* Zeroed is empty. */
struct sl_agt_space {
    struct sl_agt_span *spans;
    size_t count;
    size_t capacity;
    struct sl_ram_region *regions; /* of sl_agt_space_layout() */
    size_t region_count;
};

/* Adds a range of at least 1 byte that does not wrap. */
enum sl_status sl_agt_space_add(struct sl_agt_space *space, uint64_t gpa, uint64_t size,
                                struct sl_error *err);

/*
 * Makes the regions: page-aligned, sorted, without overlap, covering all ranges, and one of its own
 * for size more bytes (at least 1), whose address it returns in *gpa. Called once, after the last
 * range. DAMAGED (aerogputrace.range.room) if there is no room.
 */
enum sl_status sl_agt_space_layout(struct sl_agt_space *space, uint64_t size, uint64_t *gpa,
                                   struct sl_error *err);

void sl_agt_space_finish(struct sl_agt_space *space);

#endif
