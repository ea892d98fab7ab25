/*
 * Follows an AeroGPU guest: parses the ring when a doorbell rings, before the device does, and
 * finds the submission of each packet that the device then executes.
 */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Slots of one doorbell that are looked at. */
    SLOTS_MAX = 4096,
    RING_HEADER_SIZE = sizeof(struct aerogpu_ring_header),
    DESC_SIZE = sizeof(struct aerogpu_submit_desc),
    STREAM_HEADER_SIZE = sizeof(struct aerogpu_cmd_stream_header),
    CONFIG_COMMAND = 0x04,
    COMMAND_MEMORY = 0x2,
    COMMAND_MASTER = 0x4,
};

uint32_t sl_lint_agpu_get(const struct sl_lint *lint, uint32_t reg)
{
    return (uint32_t)lint->target->impl->read(lint->target, SL_SPACE_BAR0, reg, 4);
}

uint64_t sl_lint_agpu_get64(const struct sl_lint *lint, uint32_t reg)
{
    return sl_lint_agpu_get(lint, reg) | (uint64_t)sl_lint_agpu_get(lint, reg + 4) << 32;
}

static uint32_t pci_command(const struct sl_lint *lint)
{
    return (uint32_t)lint->target->impl->read(lint->target, SL_SPACE_CONFIG, CONFIG_COMMAND, 2);
}

bool sl_lint_agpu_is_decoded(const struct sl_lint *lint)
{
    return pci_command(lint) & COMMAND_MEMORY;
}

bool sl_lint_agpu_is_master(const struct sl_lint *lint)
{
    return pci_command(lint) & COMMAND_MASTER;
}

bool sl_lint_agpu_is_enabled(const struct sl_lint *lint)
{
    return sl_lint_agpu_is_decoded(lint) &&
           (sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_RING_CONTROL) & AEROGPU_RING_CONTROL_ENABLE);
}

uint32_t sl_lint_agpu_word(const struct sl_lint_agpu_packet *packet, size_t offset)
{
    return offset + 4 <= packet->size ? sl_get_le32(packet->bytes + offset) : 0;
}

const struct sl_lint_agpu_alloc *sl_lint_agpu_alloc(const struct sl_lint *lint, uint32_t id)
{
    const struct sl_lint_agpu_table *table = &lint->agpu->table;
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->entries[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < table->count && table->entries[low].id == id ? &table->entries[low] : NULL;
}

static void finish_table(struct sl_lint_agpu *a)
{
    free(a->table.entries);
    a->table = (struct sl_lint_agpu_table){0};
}

/* The commands of the submission that executed are all there. */
static void finish_submission(struct sl_lint *lint)
{
    struct sl_lint_agpu *a = lint->agpu;
    if (a->slot) {
        sl_lint_agpu_display_submitted(lint, &a->slot->desc);
        a->slot = NULL;
    }
    finish_table(a);
    a->submission = SL_LINT_NONE;
}

static void forget_slots(struct sl_lint *lint)
{
    struct sl_lint_agpu *a = lint->agpu;
    finish_submission(lint);
    free(a->slots);
    a->slots = NULL;
    a->slot_count = 0;
    a->next_slot = 0;
}

static bool sane_header(const struct aerogpu_ring_header *ring, uint32_t bytes)
{
    return ring->magic == AEROGPU_RING_MAGIC && ring->entry_count != 0 &&
           (ring->entry_count & (ring->entry_count - 1)) == 0 &&
           ring->entry_stride_bytes >= DESC_SIZE &&
           RING_HEADER_SIZE + (uint64_t)ring->entry_count * ring->entry_stride_bytes <=
               ring->size_bytes &&
           ring->size_bytes <= bytes && ring->tail - ring->head <= ring->entry_count;
}

static void read_slots(struct sl_lint *lint, uint64_t gpa, const struct aerogpu_ring_header *ring)
{
    struct sl_lint_agpu *a = lint->agpu;
    uint32_t pending = ring->tail - ring->head;
    uint32_t count = pending < SLOTS_MAX ? pending : SLOTS_MAX;
    if (count == 0) {
        return;
    }
    a->slots = calloc(count, sizeof(*a->slots));
    if (!a->slots) {
        sl_lint_out_of_memory(lint);
        return;
    }
    a->slot_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct sl_lint_agpu_slot *slot = &a->slots[i];
        uint64_t index = (ring->head + i) & (ring->entry_count - 1);
        slot->gpa = gpa + RING_HEADER_SIZE + index * ring->entry_stride_bytes;
        sl_lint_read(lint, slot->gpa, slot->wire, sizeof(slot->wire));
        sl_abi_decode(SL_LAYOUT_AEROGPU_SUBMIT_DESC, slot->wire, sizeof(slot->wire), &slot->desc);
        sl_lint_agpu_submission_check(lint, slot);
    }
}

/* The device is about to look at its ring. */
static void look_at_ring(struct sl_lint *lint)
{
    uint8_t wire[RING_HEADER_SIZE];
    struct aerogpu_ring_header ring;
    uint64_t gpa = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_RING_GPA_LO);
    forget_slots(lint);
    lint->agpu->pending = false;
    if (!sl_lint_read(lint, gpa, wire, sizeof(wire))) {
        return;
    }
    sl_abi_decode(SL_LAYOUT_AEROGPU_RING_HEADER, wire, sizeof(wire), &ring);
    sl_lint_agpu_ring_header(lint, gpa, wire);
    if (sane_header(&ring, sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_RING_SIZE_BYTES))) {
        read_slots(lint, gpa, &ring);
    }
}

static void doorbell(struct sl_lint *lint)
{
    bool enabled = sl_lint_agpu_is_enabled(lint);
    bool master = sl_lint_agpu_is_master(lint);
    if (!enabled || !master) {
        sl_lint_find(lint, SL_LINT_AGPU_DOORBELL_DISABLED, sl_lint_here(lint, SL_LINT_NONE),
                     "DOORBELL is written while %s is off", enabled ? "bus mastering" : "the ring");
    }
    if (enabled && master) {
        look_at_ring(lint);
    } else {
        lint->agpu->pending = !master;
    }
}

static void write_config(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    bool command = mmio->offset <= CONFIG_COMMAND && CONFIG_COMMAND < mmio->offset + mmio->size;
    uint64_t value = command ? mmio->value >> 8 * (CONFIG_COMMAND - mmio->offset) : 0;
    if (lint->agpu->pending && (value & COMMAND_MASTER) && sl_lint_agpu_is_enabled(lint)) {
        look_at_ring(lint);
    }
}

static void access_register(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    if (mmio->space == SL_SPACE_CONFIG && !mmio->is_read) {
        write_config(lint, mmio);
    }
    if (mmio->space != SL_SPACE_BAR0 || !sl_lint_agpu_is_decoded(lint)) {
        return;
    }
    sl_lint_agpu_registers_access(lint, mmio);
    sl_lint_agpu_interrupts_access(lint, mmio);
    sl_lint_agpu_ring_access(lint, mmio);
    if (!mmio->is_read && mmio->offset / 4 * 4 == AEROGPU_MMIO_REG_DOORBELL) {
        doorbell(lint);
    }
}

/* Objects, bindings and fences do not outlive a reset of the ring or of the device. */
static void forget_objects(struct sl_lint *lint)
{
    forget_slots(lint);
    sl_lint_agpu_objects_clear(lint);
    sl_lint_agpu_bindings_clear(lint);
    lint->agpu->submissions.last_fence = 0;
}

static bool resets_ring(const struct sl_lint *lint, const struct sl_event *event)
{
    const struct sl_mmio_event *mmio = &event->u.mmio;
    return event->type == SL_EVENT_MMIO && !mmio->is_read && mmio->space == SL_SPACE_BAR0 &&
           mmio->offset == AEROGPU_MMIO_REG_RING_CONTROL && sl_lint_agpu_is_decoded(lint) &&
           (mmio->value & AEROGPU_RING_CONTROL_RESET);
}

static void on_arriving(struct sl_lint *lint, const struct sl_event *event)
{
    if (event->type == SL_EVENT_MMIO) {
        access_register(lint, &event->u.mmio);
    } else if (event->type == SL_EVENT_MEM) {
        sl_lint_agpu_ring_memory(lint, &event->u.mem);
        sl_lint_agpu_memory_written(lint, &event->u.mem);
    } else if (event->type == SL_EVENT_FRAME) {
        sl_lint_agpu_display_setup(lint);
    }
    if (event->type == SL_EVENT_RESET || resets_ring(lint, event)) {
        forget_objects(lint);
    }
}

static void on_passed(struct sl_lint *lint, const struct sl_event *event)
{
    (void)event;
    finish_submission(lint);
    sl_lint_agpu_interrupts_passed(lint);
}

static void on_observed(struct sl_lint *lint, const struct sl_observation *observation)
{
    if (observation->kind == SL_OBS_ERROR) {
        lint->agpu->display.failed = true;
        sl_lint_agpu_objects_refused(lint);
        sl_lint_find(lint, SL_LINT_AGPU_REFUSED, sl_lint_here(lint, SL_LINT_NONE), "%s",
                     observation->text ? observation->text : "");
    }
}

/* Slots are executed in order; those that the device refused have no commands. */
static void begin_submission(struct sl_lint *lint, const struct sl_command *command)
{
    struct sl_lint_agpu *a = lint->agpu;
    uint64_t stream = command->gpa - STREAM_HEADER_SIZE;
    finish_submission(lint);
    a->submission = command->submission;
    a->display.presents = 0;
    a->display.failed = false;
    a->minor = (uint16_t)sl_lint_number(
        lint, stream + offsetof(struct aerogpu_cmd_stream_header, abi_version), 2);
    for (size_t i = a->next_slot; i < a->slot_count; i++) {
        if (a->slots[i].desc.cmd_gpa == stream) {
            a->slot = &a->slots[i];
            a->next_slot = i + 1;
            break;
        }
    }
    if (a->slot && !sl_lint_agpu_table_load(lint, &a->slot->desc, &a->table)) {
        sl_lint_out_of_memory(lint);
    }
}

static void on_command(struct sl_lint *lint, const struct sl_command *command)
{
    struct sl_lint_agpu *a = lint->agpu;
    if (a->submission != command->submission) {
        begin_submission(lint, command);
    }
    const struct sl_lint_agpu_packet packet = {
        .opcode = sl_abi_find_opcode(&sl_abi_aerogpu, command->opcode),
        .bytes = command->bytes,
        .size = command->size,
        .gpa = command->gpa,
        .minor = a->minor,
        .context_id = a->slot ? a->slot->desc.context_id : 0,
    };
    sl_lint_agpu_packet_check(lint, &packet);
    if (!packet.opcode || packet.size < packet.opcode->min_size) {
        return;
    }
    sl_lint_agpu_display_packet(lint, &packet);
    sl_lint_agpu_objects_packet(lint, &packet);
    sl_lint_agpu_bindings_packet(lint, &packet);
    sl_lint_agpu_memory_packet(lint, &packet);
}

static void on_executed(struct sl_lint *lint)
{
    (void)lint;
}

static void on_ended(struct sl_lint *lint)
{
    finish_submission(lint);
    sl_lint_agpu_registers_ended(lint);
    sl_lint_agpu_ring_ended(lint);
    sl_lint_agpu_interrupts_ended(lint);
    sl_lint_agpu_display_setup(lint);
    sl_lint_agpu_objects_ended(lint);
}

static bool create(struct sl_lint *lint)
{
    lint->agpu = calloc(1, sizeof(*lint->agpu));
    if (!lint->agpu) {
        return false;
    }
    lint->agpu->submission = SL_LINT_NONE;
    lint->agpu->registers.staged_event[0] = SL_LINT_NONE;
    lint->agpu->registers.staged_event[1] = SL_LINT_NONE;
    lint->agpu->interrupts.raised = SL_LINT_NONE;
    lint->agpu->objects.bits_left = SL_LINT_AGPU_WATCHED_WORDS;
    return true;
}

static void destroy(struct sl_lint *lint)
{
    if (lint->agpu) {
        finish_table(lint->agpu);
        free(lint->agpu->slots);
        sl_lint_agpu_objects_clear(lint);
        sl_lint_agpu_bindings_clear(lint);
        free(lint->agpu);
    }
}

const struct sl_lint_walker sl_lint_agpu_walker = {
    .device = "aerogpu",
    .create = create,
    .destroy = destroy,
    .arriving = on_arriving,
    .passed = on_passed,
    .observed = on_observed,
    .command = on_command,
    .executed = on_executed,
    .ended = on_ended,
};
