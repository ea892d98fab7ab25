#include "guest/aerogpu_guest.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"

#include <stddef.h>

/* PCI configuration space, PCI Local Bus 3.0, 6.1. */
enum {
    CONFIG_COMMAND = 0x04,
    CONFIG_BAR0 = 0x10,
    CONFIG_BAR1 = 0x14,
    COMMAND_MEMORY_MASTER = 0x0006,
    RING_HEADER = sizeof(struct aerogpu_ring_header),
    DESC = sizeof(struct aerogpu_submit_desc),
};

/* Where a firmware would put them; nothing depends on it. */
#define BAR_REGISTERS 0xFEB00000u
#define BAR_VRAM 0xE0000000u

static enum sl_status put_write(struct sl_agpu_guest *guest, enum sl_space space, uint64_t offset,
                                uint8_t size, uint64_t value, struct sl_error *err)
{
    struct sl_event event = {
        .type = SL_EVENT_MMIO,
        .u.mmio = {
            .space = space, .size = size, .has_value = true, .offset = offset, .value = value}};
    return guest->sink.put(guest->sink.data, &event, err);
}

static enum sl_status put_memory(struct sl_agpu_guest *guest, uint64_t gpa, const void *bytes,
                                 size_t size, struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_MEM,
                             .u.mem = {.gpa = gpa, .bytes = bytes, .size = size}};
    return guest->sink.put(guest->sink.data, &event, err);
}

enum sl_status sl_agpu_guest_set(struct sl_agpu_guest *guest, uint32_t reg, uint32_t value,
                                 struct sl_error *err)
{
    return put_write(guest, SL_SPACE_BAR0, reg, 4, value, err);
}

uint64_t sl_agpu_guest_ring_bytes(uint32_t entry_count, uint32_t entry_stride_bytes)
{
    return RING_HEADER + (uint64_t)entry_count * entry_stride_bytes;
}

struct aerogpu_ring_header sl_agpu_guest_ring_header(const struct sl_agpu_guest *guest)
{
    return (struct aerogpu_ring_header){
        .magic = AEROGPU_RING_MAGIC,
        .abi_version = AEROGPU_ABI_VERSION_U32,
        .size_bytes =
            (uint32_t)sl_agpu_guest_ring_bytes(guest->entry_count, guest->entry_stride_bytes),
        .entry_count = guest->entry_count,
        .entry_stride_bytes = guest->entry_stride_bytes,
        .head = guest->tail,
        .tail = guest->tail,
    };
}

enum sl_status sl_agpu_guest_write_ring(struct sl_agpu_guest *guest,
                                        const struct aerogpu_ring_header *header,
                                        struct sl_error *err)
{
    uint8_t wire[RING_HEADER];
    sl_abi_encode(SL_LAYOUT_AEROGPU_RING_HEADER, header, wire);
    return put_memory(guest, guest->ring_gpa, wire, sizeof(wire), err);
}

static enum sl_status set_registers(struct sl_agpu_guest *guest,
                                    const struct sl_agpu_guest_start *start, struct sl_error *err)
{
    const struct {
        uint32_t reg;
        uint32_t value;
    } writes[] = {
        {AEROGPU_MMIO_REG_RING_GPA_LO, (uint32_t)start->ring_gpa},
        {AEROGPU_MMIO_REG_RING_GPA_HI, (uint32_t)(start->ring_gpa >> 32)},
        {AEROGPU_MMIO_REG_RING_SIZE_BYTES, sl_agpu_guest_ring_header(guest).size_bytes},
        {AEROGPU_MMIO_REG_FENCE_GPA_LO, (uint32_t)start->fence_gpa},
        {AEROGPU_MMIO_REG_FENCE_GPA_HI, (uint32_t)(start->fence_gpa >> 32)},
        {AEROGPU_MMIO_REG_IRQ_ENABLE, start->irq_enable},
        {AEROGPU_MMIO_REG_RING_CONTROL, AEROGPU_RING_CONTROL_ENABLE},
    };
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]) && status == SL_OK; i++) {
        status = sl_agpu_guest_set(guest, writes[i].reg, writes[i].value, err);
    }
    return status;
}

enum sl_status sl_agpu_guest_start(struct sl_agpu_guest *guest,
                                   const struct sl_agpu_guest_start *start, struct sl_error *err)
{
    guest->ring_gpa = start->ring_gpa;
    guest->entry_count = start->entry_count;
    guest->entry_stride_bytes = start->entry_stride_bytes;
    guest->tail = 0;
    enum sl_status status = put_write(guest, SL_SPACE_CONFIG, CONFIG_BAR0, 4, BAR_REGISTERS, err);
    if (status == SL_OK) {
        status = put_write(guest, SL_SPACE_CONFIG, CONFIG_BAR1, 4, BAR_VRAM, err);
    }
    if (status == SL_OK) {
        status = put_write(guest, SL_SPACE_CONFIG, CONFIG_COMMAND, 2, COMMAND_MEMORY_MASTER, err);
    }
    if (status == SL_OK) {
        struct aerogpu_ring_header header = sl_agpu_guest_ring_header(guest);
        status = sl_agpu_guest_write_ring(guest, &header, err);
    }
    return status == SL_OK ? set_registers(guest, start, err) : status;
}

/* The descriptor first, then the tail: the device may look as soon as the tail says so. */
enum sl_status sl_agpu_guest_push(struct sl_agpu_guest *guest, const uint8_t *desc,
                                  struct sl_error *err)
{
    uint32_t slot = guest->tail & (guest->entry_count - 1);
    uint64_t gpa = guest->ring_gpa + RING_HEADER + (uint64_t)slot * guest->entry_stride_bytes;
    enum sl_status status = put_memory(guest, gpa, desc, DESC, err);
    if (status != SL_OK) {
        return status;
    }
    uint8_t tail[4];
    sl_put_le32(tail, ++guest->tail);
    return put_memory(guest, guest->ring_gpa + offsetof(struct aerogpu_ring_header, tail), tail,
                      sizeof(tail), err);
}

enum sl_status sl_agpu_guest_doorbell(struct sl_agpu_guest *guest, struct sl_error *err)
{
    return sl_agpu_guest_set(guest, AEROGPU_MMIO_REG_DOORBELL, 1, err);
}
