/* The ring: from a doorbell to one submission after the other. */
#include "abi_aerogpu.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/wire.h"

#include "base/checked.h"

#include <inttypes.h>

enum {
    HEADER_SIZE = sizeof(struct aerogpu_ring_header),
    DESC_SIZE = sizeof(struct aerogpu_submit_desc),
};

struct ring {
    uint64_t gpa;
    uint32_t size_bytes; /* what RING_SIZE_BYTES says is mapped */
    uint32_t declared_bytes;
    uint32_t entry_count;
    uint32_t entry_stride;
    uint32_t head;
    uint32_t tail;
};

static uint64_t head_gpa(uint64_t ring_gpa)
{
    return ring_gpa + offsetof(struct aerogpu_ring_header, head);
}

static void write_head(struct sl_agpu *dev, uint64_t ring_gpa, uint32_t head)
{
    uint8_t bytes[4];
    sl_put_le32(bytes, head);
    sl_agpu_dma_write(dev, head_gpa(ring_gpa), bytes, sizeof(bytes));
}

bool sl_agpu_ring_empty(struct sl_agpu *dev, uint64_t ring_gpa)
{
    uint64_t end;
    if (!sl_add_u64(ring_gpa, offsetof(struct aerogpu_ring_header, tail) + 4, &end)) {
        return false;
    }
    uint8_t tail[4];
    sl_agpu_dma_read(dev, ring_gpa + offsetof(struct aerogpu_ring_header, tail), tail,
                     sizeof(tail));
    write_head(dev, ring_gpa, sl_get_le32(tail));
    return true;
}

static bool locate(struct sl_agpu *dev, struct ring *ring, struct sl_agpu_problem *problem)
{
    *ring = (struct ring){
        .gpa = sl_agpu_get64(dev, AEROGPU_MMIO_REG_RING_GPA_LO),
        .size_bytes = sl_agpu_get(dev, AEROGPU_MMIO_REG_RING_SIZE_BYTES),
    };
    if (ring->gpa == 0 || ring->size_bytes == 0) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM, "ring: %s is 0",
                                    ring->gpa ? "RING_SIZE_BYTES" : "RING_GPA");
    }
    uint64_t end;
    if (!sl_add_u64(ring->gpa, HEADER_SIZE, &end) ||
        !sl_add_u64(ring->gpa, ring->size_bytes, &end)) {
        sl_agpu_ring_empty(dev, ring->gpa);
        return sl_agpu_problem_note(problem, SL_AGPU_OUT_OF_BOUNDS,
                                    "ring: 0x%" PRIx64 " + %" PRIu32 " bytes wraps around",
                                    ring->gpa, ring->size_bytes);
    }
    return true;
}

static bool check_header(const struct ring *ring, const uint8_t *header,
                         struct sl_agpu_problem *problem)
{
    uint32_t magic = SL_WIRE_GET32(header, aerogpu_ring_header, magic);
    uint32_t version = SL_WIRE_GET32(header, aerogpu_ring_header, abi_version);
    if (magic != AEROGPU_RING_MAGIC) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM, "ring: magic is 0x%08" PRIx32,
                                    magic);
    }
    if (version >> 16 != AEROGPU_ABI_MAJOR) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                    "ring: abi_version is 0x%08" PRIx32, version);
    }
    if (ring->entry_count == 0 || (ring->entry_count & (ring->entry_count - 1)) != 0) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                    "ring: entry_count %" PRIu32 " is no power of two",
                                    ring->entry_count);
    }
    if (ring->entry_stride < DESC_SIZE) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                    "ring: entry_stride_bytes %" PRIu32 " is below %d",
                                    ring->entry_stride, DESC_SIZE);
    }
    /* entry_count is at most 2^31: no overflow. */
    if (HEADER_SIZE + (uint64_t)ring->entry_count * ring->entry_stride > ring->declared_bytes) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                    "ring: %" PRIu32 " entries of %" PRIu32
                                    " bytes do not fit in size_bytes %" PRIu32,
                                    ring->entry_count, ring->entry_stride, ring->declared_bytes);
    }
    if (ring->declared_bytes > ring->size_bytes) {
        return sl_agpu_problem_note(problem, SL_AGPU_OUT_OF_BOUNDS,
                                    "ring: size_bytes %" PRIu32 " exceeds RING_SIZE_BYTES %" PRIu32,
                                    ring->declared_bytes, ring->size_bytes);
    }
    return true;
}

static bool open_ring(struct sl_agpu *dev, struct ring *ring, struct sl_agpu_problem *problem)
{
    if (!locate(dev, ring, problem)) {
        return false;
    }
    uint8_t header[HEADER_SIZE];
    sl_agpu_dma_read(dev, ring->gpa, header, sizeof(header));
    ring->declared_bytes = SL_WIRE_GET32(header, aerogpu_ring_header, size_bytes);
    ring->entry_count = SL_WIRE_GET32(header, aerogpu_ring_header, entry_count);
    ring->entry_stride = SL_WIRE_GET32(header, aerogpu_ring_header, entry_stride_bytes);
    ring->head = SL_WIRE_GET32(header, aerogpu_ring_header, head);
    ring->tail = SL_WIRE_GET32(header, aerogpu_ring_header, tail);
    if (!check_header(ring, header, problem)) {
        return false;
    }
    uint32_t pending = ring->tail - ring->head;
    if (pending > ring->entry_count) {
        sl_agpu_ring_empty(dev, ring->gpa);
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                    "ring: %" PRIu32 " entries pending of %" PRIu32, pending,
                                    ring->entry_count);
    }
    sl_agpu_show_struct(dev, SL_LAYOUT_AEROGPU_RING_HEADER, header, sizeof(header));
    return true;
}

/*
 * The header's checks imply that slots lie inside [gpa, gpa + size_bytes), which does not wrap. The
 * header is not read again: what the guest or a write-back changes counts from the next doorbell.
 */
static void drain(struct sl_agpu *dev, struct ring *ring)
{
    while (ring->head != ring->tail && dev->fault == SL_OK) {
        uint64_t slot = ring->head & (ring->entry_count - 1);
        uint8_t desc[DESC_SIZE];
        sl_agpu_dma_read(dev, ring->gpa + HEADER_SIZE + slot * ring->entry_stride, desc,
                         sizeof(desc));
        sl_agpu_submission_process(dev, desc, ring->entry_stride);
        if (dev->stopped) {
            return;
        }
        ring->head++;
        write_head(dev, ring->gpa, ring->head);
    }
}

void sl_agpu_ring_process(struct sl_agpu *dev)
{
    dev->doorbell_pending = false;
    if (!(sl_agpu_get(dev, AEROGPU_MMIO_REG_RING_CONTROL) & AEROGPU_RING_CONTROL_ENABLE)) {
        return;
    }
    struct ring ring;
    struct sl_agpu_problem problem = {0};
    if (!open_ring(dev, &ring, &problem)) {
        sl_agpu_error_record(dev, problem.class_, 0, "", problem.detail);
        return;
    }
    if (ring.head == ring.tail) {
        return;
    }
    drain(dev, &ring);
    if (dev->stopped) {
        return;
    }
    sl_agpu_fences_complete(dev);
    sl_agpu_fence_page_write(dev);
}
