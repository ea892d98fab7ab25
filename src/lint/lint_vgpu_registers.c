/* The registers of virtio-pci: status, features, set-up of queues (virtio 1.2, 3.1.1 and 4.1). */
#include "lint/lint_vgpu.h"

#include "abi_virtio_gpu.h"
#include "guest/virtio_guest.h"

#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stddef.h>

enum {
    STRUCTURE_SIZE = 0x1000,
    QUEUE_RESET = 0x3A, /* newer than the oldest supported headers (virtio 1.2, 4.1.4.3) */
    RING_RESET = 40,
    FEATURES_BITS = 32,
    CONFIG_COMMAND = 0x04,
    COMMAND_NO_INTX = 0x400,
    EVENTS_CLEAR = offsetof(struct sl_virtio_gpu_config, events_clear),
};

/* The layouts differ in their BAR, so the space tells which one it is. */
static const struct sl_virtio_layout *layout_of(enum sl_space space)
{
    static const char *const names[] = {"pci", "aero"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct sl_virtio_layout *layout = sl_virtio_find_layout(names[i]);
        if (layout->space == space) {
            return layout;
        }
    }
    return NULL;
}

static bool is_in(uint64_t offset, uint64_t base)
{
    return offset >= base && offset - base < STRUCTURE_SIZE;
}

static uint64_t get(const struct sl_lint *lint, const struct sl_virtio_layout *layout,
                    uint32_t offset, unsigned size)
{
    return lint->target->impl->read(lint->target, layout->space, layout->common + offset, size);
}

static uint64_t get_pair(const struct sl_lint *lint, const struct sl_virtio_layout *layout,
                         uint32_t offset)
{
    return get(lint, layout, offset, 4) | get(lint, layout, offset + 4, 4) << 32;
}

/* The layout of the device that answers: its number of queues is not all ones. */
static const struct sl_virtio_layout *present(const struct sl_lint *lint)
{
    static const char *const names[] = {"pci", "aero"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct sl_virtio_layout *layout = sl_virtio_find_layout(names[i]);
        if (get(lint, layout, VIRTIO_PCI_COMMON_NUMQ, 2) == SL_LINT_VGPU_QUEUES) {
            return layout;
        }
    }
    return NULL;
}

uint8_t sl_lint_vgpu_status(const struct sl_lint *lint)
{
    const struct sl_virtio_layout *layout = present(lint);
    return layout ? (uint8_t)get(lint, layout, VIRTIO_PCI_COMMON_STATUS, 1) : 0;
}

static struct sl_lint_place here(const struct sl_lint *lint)
{
    return sl_lint_here(lint, SL_LINT_NONE);
}

/* ---- Status and features ---- */

/* What must be set before a bit may be. */
static const struct {
    uint8_t bit;
    uint8_t needs;
} order[] = {
    {VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_ACKNOWLEDGE},
    {VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER},
    {VIRTIO_CONFIG_S_DRIVER_OK,
     VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK},
};

static void check_status(struct sl_lint *lint, uint8_t old, uint8_t value)
{
    uint8_t lost = (uint8_t)(old & ~value & ~VIRTIO_CONFIG_S_NEEDS_RESET);
    if (lost) {
        sl_lint_find(lint, SL_LINT_VGPU_STATUS_ORDER, here(lint),
                     "STATUS goes from 0x%02x to 0x%02x and loses 0x%02x", old, value, lost);
    }
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        bool gained = value & ~old & order[i].bit;
        if (gained && (value & order[i].needs) != order[i].needs) {
            sl_lint_find(lint, SL_LINT_VGPU_STATUS_ORDER, here(lint),
                         "STATUS goes from 0x%02x to 0x%02x; 0x%02x needs 0x%02x first", old, value,
                         order[i].bit, order[i].needs);
        }
    }
}

static void write_status(struct sl_lint *lint, uint8_t old, uint8_t value)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    if (value == 0) {
        return;
    }
    check_status(lint, old, value);
    if ((value & ~old & VIRTIO_CONFIG_S_FEATURES_OK)) {
        v->features_ok_read = false;
        if (!sl_lint_vgpu_has(lint, VIRTIO_F_VERSION_1)) {
            sl_lint_find(lint, SL_LINT_VGPU_FEATURE_VERSION, here(lint),
                         "FEATURES_OK is set with features 0x%" PRIx64, v->accepted);
        }
    }
    if ((value & ~old & VIRTIO_CONFIG_S_DRIVER_OK) && !v->features_ok_read) {
        sl_lint_find(lint, SL_LINT_VGPU_STATUS_UNCHECKED, here(lint),
                     "STATUS was not read since FEATURES_OK was written");
    }
}

static void write_features(struct sl_lint *lint, const struct sl_virtio_layout *layout,
                           uint32_t value)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    uint64_t select = get(lint, layout, VIRTIO_PCI_COMMON_GFSELECT, 4);
    uint8_t status = (uint8_t)get(lint, layout, VIRTIO_PCI_COMMON_STATUS, 1);
    if (status & VIRTIO_CONFIG_S_FEATURES_OK) {
        sl_lint_find(lint, SL_LINT_VGPU_FEATURE_LATE, here(lint),
                     "GF is written with 0x%08" PRIx32 " after FEATURES_OK", value);
        return;
    }
    if (select > 1) {
        return;
    }
    unsigned shift = select ? FEATURES_BITS : 0;
    uint64_t wanted = (uint64_t)value << shift;
    uint64_t unknown = wanted & ~v->offered & v->offered_known;
    v->accepted = (v->accepted & ~((uint64_t)UINT32_MAX << shift)) | wanted;
    if (unknown) {
        sl_lint_find(lint, SL_LINT_VGPU_FEATURE_OFFERED, here(lint),
                     "the driver accepts 0x%" PRIx64 "; the device offers 0x%" PRIx64, wanted,
                     v->offered & v->offered_known);
    }
}

/* ---- Queues ---- */

static bool is_set_up(uint32_t offset)
{
    return offset == VIRTIO_PCI_COMMON_Q_SIZE ||
           (offset >= VIRTIO_PCI_COMMON_Q_DESCLO && offset <= VIRTIO_PCI_COMMON_Q_USEDHI);
}

static void enable(struct sl_lint *lint, const struct sl_virtio_layout *layout, uint32_t queue)
{
    if (queue < SL_LINT_VGPU_QUEUES) {
        lint->vgpu->queues[queue] = (struct sl_lint_vgpu_queue){
            .size = (uint32_t)get(lint, layout, VIRTIO_PCI_COMMON_Q_SIZE, 2),
            .desc = get_pair(lint, layout, VIRTIO_PCI_COMMON_Q_DESCLO),
            .avail = get_pair(lint, layout, VIRTIO_PCI_COMMON_Q_AVAILLO),
            .used = get_pair(lint, layout, VIRTIO_PCI_COMMON_Q_USEDLO),
        };
        sl_lint_vgpu_queue_check(lint, queue);
    }
}

static void write_queue(struct sl_lint *lint, const struct sl_virtio_layout *layout,
                        const struct sl_abi_register *reg, uint64_t value)
{
    uint32_t queue = (uint32_t)get(lint, layout, VIRTIO_PCI_COMMON_Q_SELECT, 2);
    bool enabled = get(lint, layout, VIRTIO_PCI_COMMON_Q_ENABLE, 2) == 1;
    if (is_set_up(reg->offset) && enabled) {
        sl_lint_find(lint, SL_LINT_VGPU_QUEUE_LIVE, here(lint),
                     "%s of queue %" PRIu32 " is written with 0x%" PRIx64, reg->word, queue, value);
    }
    if (reg->offset == VIRTIO_PCI_COMMON_Q_SIZE && (value & (value - 1)) != 0) {
        sl_lint_find(lint, SL_LINT_VGPU_QUEUE_SIZE, here(lint),
                     "Q_SIZE of queue %" PRIu32 " is %" PRIu64, queue, value);
    }
    if (reg->offset == QUEUE_RESET && value == 1 && queue < SL_LINT_VGPU_QUEUES &&
        sl_lint_vgpu_has(lint, RING_RESET)) {
        lint->vgpu->queues[queue] = (struct sl_lint_vgpu_queue){0};
    }
    if (reg->offset != VIRTIO_PCI_COMMON_Q_ENABLE) {
        return;
    }
    if (value != 1 || enabled) {
        sl_lint_find(lint, SL_LINT_VGPU_QUEUE_ENABLE, here(lint),
                     "Q_ENABLE of queue %" PRIu32 " is written with %" PRIu64 "%s", queue, value,
                     enabled ? " again" : "");
    } else {
        enable(lint, layout, queue);
    }
}

/* ---- Accesses ---- */

/* 64-bit fields may be accessed whole or by halves. */
static bool has_width(const struct sl_abi_register *reg, const struct sl_mmio_event *mmio)
{
    bool low_half = reg->offset == VIRTIO_PCI_COMMON_Q_DESCLO ||
                    reg->offset == VIRTIO_PCI_COMMON_Q_AVAILLO ||
                    reg->offset == VIRTIO_PCI_COMMON_Q_USEDLO;
    return mmio->size == reg->width_bytes || (low_half && mmio->size == 8);
}

static void bad_width(struct sl_lint *lint, const struct sl_mmio_event *mmio, const char *name)
{
    sl_lint_find(lint, SL_LINT_VGPU_REGISTER_WIDTH, here(lint),
                 "%s of %u bytes at 0x%" PRIx64 "%s%s", mmio->is_read ? "read" : "write",
                 mmio->size, mmio->offset, name[0] ? ", " : "", name);
}

static void access_common(struct sl_lint *lint, const struct sl_virtio_layout *layout,
                          const struct sl_mmio_event *mmio)
{
    const struct sl_abi_register *reg =
        sl_abi_find_register(&sl_abi_virtio_gpu, mmio->offset - layout->common);
    if (!reg) {
        bad_width(lint, mmio, "");
        return;
    }
    if (!has_width(reg, mmio)) {
        bad_width(lint, mmio, reg->word);
    }
    if (mmio->is_read) {
        lint->vgpu->features_ok_read |= reg->offset == VIRTIO_PCI_COMMON_STATUS;
        return;
    }
    if (reg->access == SL_ABI_RO) {
        sl_lint_find(lint, SL_LINT_VGPU_REGISTER_DIRECTION, here(lint), "%s is read-only",
                     reg->word);
    }
    if (reg->feature && !(lint->vgpu->accepted & reg->feature)) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_FEATURE, here(lint),
                     "%s is written; its feature was not accepted", reg->word);
    }
    if (reg->offset == VIRTIO_PCI_COMMON_STATUS) {
        write_status(lint, (uint8_t)get(lint, layout, VIRTIO_PCI_COMMON_STATUS, 1),
                     (uint8_t)mmio->value);
    } else if (reg->offset == VIRTIO_PCI_COMMON_GF) {
        write_features(lint, layout, (uint32_t)mmio->value);
    } else {
        write_queue(lint, layout, reg, mmio->value);
    }
}

static void clear_events(struct sl_lint *lint, const struct sl_virtio_layout *layout,
                         uint32_t events)
{
    uint64_t pending = lint->target->impl->read(lint->target, layout->space, layout->device, 4);
    if ((events & pending) == 0) {
        sl_lint_find(lint, SL_LINT_VGPU_EVENT_IDLE, here(lint),
                     "events_clear is 0x%" PRIx32 ", events_read 0x%" PRIx64, events, pending);
    }
}

static void access_config(struct sl_lint *lint, const struct sl_virtio_layout *layout,
                          const struct sl_mmio_event *mmio)
{
    const struct sl_abi_struct *config = SL_LAYOUT_VIRTIO_GPU_CONFIG;
    for (size_t i = 0; i < config->field_count; i++) {
        const struct sl_abi_field *field = &config->fields[i];
        if (mmio->offset - layout->device != field->offset) {
            continue;
        }
        if (mmio->size != sl_abi_type_size(field->type, field->of)) {
            bad_width(lint, mmio, field->name);
        }
        if (mmio->is_read) {
            return;
        }
        if (field->offset == EVENTS_CLEAR) {
            clear_events(lint, layout, (uint32_t)mmio->value);
        } else {
            sl_lint_find(lint, SL_LINT_VGPU_REGISTER_DIRECTION, here(lint), "%s is read-only",
                         field->name);
        }
        return;
    }
    bad_width(lint, mmio, "");
}

static void access_isr(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    uint64_t command = lint->target->impl->read(lint->target, SL_SPACE_CONFIG, CONFIG_COMMAND, 2);
    if (mmio->is_read && lint->vgpu->raised == SL_LINT_NONE && !(command & COMMAND_NO_INTX)) {
        sl_lint_find(lint, SL_LINT_VGPU_ISR_IDLE, here(lint), "the interrupt line is low");
    }
}

bool sl_lint_vgpu_registers_access(struct sl_lint *lint, const struct sl_mmio_event *mmio,
                                   uint32_t *queue)
{
    const struct sl_virtio_layout *layout = layout_of(mmio->space);
    if (!layout || layout != present(lint)) {
        return false;
    }
    if (is_in(mmio->offset, layout->notify)) {
        *queue = (uint32_t)((mmio->offset - layout->notify) / layout->notify_multiplier);
        if (!mmio->is_read && (uint16_t)mmio->value != *queue) {
            sl_lint_find(lint, SL_LINT_VGPU_NOTIFY_QUEUE, here(lint),
                         "queue %" PRIu32 " is notified with %" PRIu64, *queue, mmio->value);
        }
        return !mmio->is_read;
    }
    if (is_in(mmio->offset, layout->common)) {
        access_common(lint, layout, mmio);
    } else if (is_in(mmio->offset, layout->isr)) {
        access_isr(lint, mmio);
    } else if (is_in(mmio->offset, layout->device)) {
        access_config(lint, layout, mmio);
    }
    return false;
}

bool sl_lint_vgpu_registers_passed(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    const struct sl_virtio_layout *layout = layout_of(mmio->space);
    if (!layout || layout != present(lint)) {
        return false;
    }
    uint64_t select = get(lint, layout, VIRTIO_PCI_COMMON_DFSELECT, 4);
    if (select <= 1) {
        unsigned shift = select ? FEATURES_BITS : 0;
        uint64_t half = (uint64_t)UINT32_MAX << shift;
        lint->vgpu->offered_known |= half;
        lint->vgpu->offered =
            (lint->vgpu->offered & ~half) | get(lint, layout, VIRTIO_PCI_COMMON_DF, 4) << shift;
    }
    return !mmio->is_read && mmio->value == 0 &&
           mmio->offset == layout->common + VIRTIO_PCI_COMMON_STATUS;
}
