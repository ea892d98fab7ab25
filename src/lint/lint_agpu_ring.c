/* The ring and the fence page: who may write what, and when. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "lint/lint_fields.h"

#include <inttypes.h>
#include <string.h>

enum {
    SLOTS_MAX = 4096, /* that are looked at after one write */
    HEADER_SIZE = sizeof(struct aerogpu_ring_header),
    HEAD = offsetof(struct aerogpu_ring_header, head),
    TAIL = offsetof(struct aerogpu_ring_header, tail),
    FENCE_PAGE_WRITTEN = offsetof(struct aerogpu_fence_page, reserved0),
};

void sl_lint_agpu_ring_access(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    bool is_ring = mmio->offset == AEROGPU_MMIO_REG_RING_GPA_LO ||
                   mmio->offset == AEROGPU_MMIO_REG_RING_GPA_HI ||
                   mmio->offset == AEROGPU_MMIO_REG_RING_SIZE_BYTES;
    if (mmio->is_read || !is_ring || !sl_lint_agpu_is_enabled(lint)) {
        return;
    }
    uint32_t reg = (uint32_t)mmio->offset;
    if (sl_lint_agpu_get(lint, reg) != (uint32_t)mmio->value) {
        sl_lint_find(lint, SL_LINT_AGPU_RING_LIVE, sl_lint_here(lint, SL_LINT_NONE),
                     "%s goes from 0x%" PRIx32 " to 0x%" PRIx32 " while RING_CONTROL is ENABLE",
                     sl_abi_find_register(&sl_abi_aerogpu, reg)->word, sl_lint_agpu_get(lint, reg),
                     (uint32_t)mmio->value);
    }
}

static void check_slots(struct sl_lint *lint, const struct sl_mem_event *mem, uint64_t gpa)
{
    uint8_t wire[HEADER_SIZE];
    struct aerogpu_ring_header ring;
    sl_lint_read(lint, gpa, wire, sizeof(wire));
    sl_abi_decode(SL_LAYOUT_AEROGPU_RING_HEADER, wire, sizeof(wire), &ring);
    uint32_t pending = ring.tail - ring.head;
    if (ring.entry_count == 0 || pending > ring.entry_count ||
        ring.entry_stride_bytes < sizeof(struct aerogpu_submit_desc)) {
        return;
    }
    uint64_t slots = gpa + HEADER_SIZE;
    uint64_t first = mem->gpa > slots ? (mem->gpa - slots) / ring.entry_stride_bytes : 0;
    uint64_t last = mem->gpa + mem->size > slots
                        ? (mem->gpa + mem->size - 1 - slots) / ring.entry_stride_bytes
                        : 0;
    for (uint64_t i = first; i <= last && i < ring.entry_count && i - first < SLOTS_MAX; i++) {
        uint64_t slot = slots + i * ring.entry_stride_bytes;
        bool waits = ((uint32_t)(i - ring.head) & (ring.entry_count - 1)) < pending;
        if (waits && sl_lint_changes(lint, mem, slot, sizeof(struct aerogpu_submit_desc))) {
            sl_lint_find(lint, SL_LINT_AGPU_RING_SLOT_REWRITTEN, sl_lint_here(lint, slot),
                         "slot %" PRIu64 " changes; head is %" PRIu32 ", tail %" PRIu32, i,
                         ring.head, ring.tail);
        }
    }
}

static void check_fence_page(struct sl_lint *lint, const struct sl_mem_event *mem)
{
    uint64_t page = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_FENCE_GPA_LO);
    if (page != 0 && sl_lint_changes(lint, mem, page, FENCE_PAGE_WRITTEN)) {
        sl_lint_find(lint, SL_LINT_AGPU_OWNED_BY_DEVICE, sl_lint_here(lint, page),
                     "the guest changes the fence page that FENCE_GPA names");
    }
}

void sl_lint_agpu_ring_memory(struct sl_lint *lint, const struct sl_mem_event *mem)
{
    if (!sl_lint_agpu_is_decoded(lint)) {
        return;
    }
    check_fence_page(lint, mem);
    uint64_t gpa = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_RING_GPA_LO);
    uint64_t size = sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_RING_SIZE_BYTES);
    bool meets = mem->gpa <= gpa ? gpa - mem->gpa < mem->size : mem->gpa - gpa < size;
    if (!meets || gpa > UINT64_MAX - size || !sl_lint_agpu_is_enabled(lint)) {
        return;
    }
    if (sl_lint_changes(lint, mem, gpa + HEAD, 4)) {
        sl_lint_find(lint, SL_LINT_AGPU_OWNED_BY_DEVICE, sl_lint_here(lint, gpa + HEAD),
                     "the guest changes the head of the ring while RING_CONTROL is ENABLE");
    }
    if (sl_lint_changes(lint, mem, gpa, HEAD)) {
        sl_lint_find(lint, SL_LINT_AGPU_RING_LIVE, sl_lint_here(lint, gpa),
                     "the guest changes the ring header's layout while RING_CONTROL is ENABLE");
    }
    check_slots(lint, mem, gpa);
}

/* Once for every content; head and tail do not count. */
static bool is_new(struct sl_lint *lint, const uint8_t *wire)
{
    uint8_t header[HEADER_SIZE];
    memcpy(header, wire, sizeof(header));
    memset(header + HEAD, 0, 8);
    bool is = memcmp(header, lint->agpu->ring.checked, sizeof(header)) != 0;
    memcpy(lint->agpu->ring.checked, header, sizeof(header));
    return is;
}

static void check_header(struct sl_lint *lint, uint64_t gpa, const uint8_t *wire,
                         const struct aerogpu_ring_header *ring)
{
    const struct sl_lint_fields rules = {
        .reserved = SL_LINT_AGPU_RESERVED_FIELD,
        .flag = SL_LINT_AGPU_UNKNOWN_FLAG,
        .value = SL_LINT_AGPU_UNKNOWN_VALUE,
        .newer = SL_LINT_RULE_COUNT,
        .what = "ring header",
        .gpa = gpa,
    };
    uint16_t known = (uint16_t)sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_ABI_VERSION);
    uint16_t minor = (uint16_t)ring->abi_version;
    sl_lint_check_fields(lint, &rules, SL_LAYOUT_AEROGPU_RING_HEADER, wire, HEADER_SIZE);
    if (ring->flags != 0) {
        sl_lint_find(lint, SL_LINT_AGPU_UNKNOWN_FLAG, sl_lint_here(lint, gpa),
                     "ring header: flags is 0x%" PRIx32 "; no bit is defined", ring->flags);
    }
    if (minor > known) {
        sl_lint_find(lint, SL_LINT_AGPU_VERSION_NEWER, sl_lint_here(lint, gpa),
                     "ring header: abi_version is 1.%u; the device is of 1.%u", minor, known);
    }
}

static void check_memory(struct sl_lint *lint, uint64_t ring, uint64_t size)
{
    uint64_t page = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_FENCE_GPA_LO);
    if (!sl_mem_is_ram(lint->mem, ring, size)) {
        sl_lint_find(lint, SL_LINT_AGPU_MEMORY_HOLE, sl_lint_here(lint, ring),
                     "the ring of %" PRIu64 " bytes is not all RAM", size);
    }
    if (page != 0 && !sl_mem_is_ram(lint->mem, page, sizeof(struct aerogpu_fence_page))) {
        sl_lint_find(lint, SL_LINT_AGPU_MEMORY_HOLE, sl_lint_here(lint, page),
                     "the fence page is not all RAM");
    }
}

void sl_lint_agpu_ring_ended(struct sl_lint *lint)
{
    uint64_t gpa = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_RING_GPA_LO);
    if (!sl_lint_agpu_is_enabled(lint) || !sl_lint_agpu_is_master(lint) ||
        sl_lint_number(lint, gpa, 4) != AEROGPU_RING_MAGIC) {
        return;
    }
    uint32_t head = (uint32_t)sl_lint_number(lint, gpa + HEAD, 4);
    uint32_t tail = (uint32_t)sl_lint_number(lint, gpa + TAIL, 4);
    if (head != tail) {
        sl_lint_find(lint, SL_LINT_AGPU_DOORBELL_MISSING, sl_lint_here(lint, gpa + TAIL),
                     "head is %" PRIu32 ", tail %" PRIu32, head, tail);
    }
}

void sl_lint_agpu_ring_header(struct sl_lint *lint, uint64_t gpa, const uint8_t *wire)
{
    struct aerogpu_ring_header ring;
    sl_abi_decode(SL_LAYOUT_AEROGPU_RING_HEADER, wire, HEADER_SIZE, &ring);
    if (ring.magic != AEROGPU_RING_MAGIC) {
        return;
    }
    if (is_new(lint, wire)) {
        check_header(lint, gpa, wire, &ring);
    }
    check_memory(lint, gpa, ring.size_bytes);
    uint32_t pending = ring.tail - ring.head;
    if (pending == 0) {
        sl_lint_find(lint, SL_LINT_AGPU_DOORBELL_IDLE, sl_lint_here(lint, gpa + TAIL),
                     "head and tail are both %" PRIu32, ring.tail);
    } else if (pending >= ring.entry_count && ring.entry_count > 1) {
        sl_lint_find(lint, SL_LINT_AGPU_RING_OVERFULL, sl_lint_here(lint, gpa + TAIL),
                     "tail %" PRIu32 " is %" PRIu32 " above head %" PRIu32 "; of %" PRIu32
                     " slots one stays free",
                     ring.tail, pending, ring.head, ring.entry_count);
    }
}
