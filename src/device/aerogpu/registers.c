/*
 * BAR0. The ABI's register table says which offsets exist, who may write them and which feature
 * they need; the table of handlers below says which writes do more than store.
 */
#include "abi/abi.h"
#include "device/aerogpu/front.h"

#include <assert.h>
#include <string.h>

uint32_t sl_agpu_get(const struct sl_agpu *dev, uint32_t offset)
{
    return dev->registers.words[offset / 4];
}

void sl_agpu_set(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    dev->registers.words[offset / 4] = value;
}

uint64_t sl_agpu_get64(const struct sl_agpu *dev, uint32_t offset_lo)
{
    return sl_agpu_get(dev, offset_lo) | (uint64_t)sl_agpu_get(dev, offset_lo + 4) << 32;
}

void sl_agpu_set64(struct sl_agpu *dev, uint32_t offset_lo, uint64_t value)
{
    sl_agpu_set(dev, offset_lo, (uint32_t)value);
    sl_agpu_set(dev, offset_lo + 4, (uint32_t)(value >> 32));
}

void sl_agpu_registers_reset(struct sl_agpu *dev)
{
    memset(&dev->registers, 0, sizeof(dev->registers));
    for (size_t i = 0; i < sl_abi_aerogpu.register_count; i++) {
        const struct sl_abi_register *reg = &sl_abi_aerogpu.registers[i];
        assert(reg->width_bytes == 4 && reg->offset / 4 < SL_AGPU_REGISTER_WORDS);
        sl_agpu_set(dev, reg->offset, (uint32_t)reg->reset);
    }
    uint32_t hz = dev->options.vblank_hz;
    uint32_t period_ns = hz ? (UINT32_C(1000000000) + (hz - 1)) / hz : 0;
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_FEATURES_LO, dev->options.features);
    sl_agpu_set(dev, AEROGPU_MMIO_REG_SCANOUT0_VBLANK_PERIOD_NS, period_ns);
}

static void write_ring_control(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    if (value & AEROGPU_RING_CONTROL_RESET) {
        sl_agpu_ring_reset(dev);
    }
    sl_agpu_set(dev, offset, value & AEROGPU_RING_CONTROL_ENABLE);
}

static void write_doorbell(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    (void)value;
    dev->doorbell_pending = true;
}

static void write_irq_enable(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    sl_agpu_irq_write_enable(dev, value);
}

static void write_irq_ack(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    sl_agpu_irq_write_ack(dev, value);
}

static void write_scanout_enable(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    uint32_t was = sl_agpu_get(dev, offset);
    sl_agpu_set(dev, offset, value != 0);
    if (value != 0 && !was) {
        sl_agpu_vblank_start(dev);
    } else if (value == 0 && was) {
        dev->registers.scanout_fb = (struct sl_agpu_staged){0};
        sl_agpu_vblank_stop(dev);
    }
}

static void write_cursor_enable(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    if (value == 0 && sl_agpu_get(dev, offset)) {
        dev->registers.cursor_fb = (struct sl_agpu_staged){0};
    }
    sl_agpu_set(dev, offset, value != 0);
}

/* Only the two framebuffer addresses are staged; by their low halves. */
static struct sl_agpu_staged *staged_of(struct sl_agpu *dev, uint32_t offset_lo)
{
    return offset_lo == AEROGPU_MMIO_REG_CURSOR_FB_GPA_LO ? &dev->registers.cursor_fb
                                                          : &dev->registers.scanout_fb;
}

static void write_fb_lo(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    *staged_of(dev, offset) = (struct sl_agpu_staged){.pending = true, .lo = value};
}

static void write_fb_hi(struct sl_agpu *dev, uint32_t offset, uint32_t value)
{
    uint32_t offset_lo = offset - 4;
    struct sl_agpu_staged *staged = staged_of(dev, offset_lo);
    if (staged->pending) {
        sl_agpu_set(dev, offset_lo, staged->lo);
    }
    sl_agpu_set(dev, offset, value);
    *staged = (struct sl_agpu_staged){0};
}

static const struct handler {
    uint32_t offset;
    void (*write)(struct sl_agpu *dev, uint32_t offset, uint32_t value);
} handlers[] = {
    {AEROGPU_MMIO_REG_RING_CONTROL, write_ring_control},
    {AEROGPU_MMIO_REG_DOORBELL, write_doorbell},
    {AEROGPU_MMIO_REG_IRQ_ENABLE, write_irq_enable},
    {AEROGPU_MMIO_REG_IRQ_ACK, write_irq_ack},
    {AEROGPU_MMIO_REG_SCANOUT0_ENABLE, write_scanout_enable},
    {AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_LO, write_fb_lo},
    {AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_HI, write_fb_hi},
    {AEROGPU_MMIO_REG_CURSOR_ENABLE, write_cursor_enable},
    {AEROGPU_MMIO_REG_CURSOR_FB_GPA_LO, write_fb_lo},
    {AEROGPU_MMIO_REG_CURSOR_FB_GPA_HI, write_fb_hi},
};

/* NULL where nothing is implemented, or belongs to a feature that is not offered. */
static const struct sl_abi_register *find(const struct sl_agpu *dev, uint64_t offset)
{
    const struct sl_abi_register *reg = sl_abi_find_register(&sl_abi_aerogpu, offset);
    return reg && (reg->feature & ~(uint64_t)dev->options.features) == 0 ? reg : NULL;
}

static uint32_t read_dword(const struct sl_agpu *dev, uint64_t offset)
{
    const struct sl_abi_register *reg = find(dev, offset);
    if (!reg || reg->access == SL_ABI_WO) {
        return 0;
    }
    const struct sl_agpu_registers *registers = &dev->registers;
    if (reg->offset == AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_LO && registers->scanout_fb.pending) {
        return registers->scanout_fb.lo;
    }
    if (reg->offset == AEROGPU_MMIO_REG_CURSOR_FB_GPA_LO && registers->cursor_fb.pending) {
        return registers->cursor_fb.lo;
    }
    return sl_agpu_get(dev, reg->offset);
}

static void store_dword(struct sl_agpu *dev, uint64_t offset, uint32_t value)
{
    const struct sl_abi_register *reg = find(dev, offset);
    if (!reg || reg->access == SL_ABI_RO) {
        return;
    }
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].offset == reg->offset) {
            handlers[i].write(dev, reg->offset, value);
            return;
        }
    }
    sl_agpu_set(dev, reg->offset, value);
}

static void write_dword(struct sl_agpu *dev, uint64_t offset, uint32_t value)
{
    store_dword(dev, offset, value);
    sl_agpu_step(dev);
}

uint64_t sl_agpu_registers_read(const struct sl_agpu *dev, uint64_t offset, unsigned size)
{
    if (offset >= AEROGPU_PCI_BAR0_SIZE_BYTES) {
        return 0;
    }
    uint64_t dword = offset & ~UINT64_C(3);
    uint64_t low = read_dword(dev, dword);
    switch (size) {
    case 8:
        return low | (uint64_t)read_dword(dev, dword + 4) << 32;
    case 4:
        return low;
    case 2:
        return low >> 8 * (offset & 3) & 0xFFFF;
    default:
        return low >> 8 * (offset & 3) & 0xFF;
    }
}

/* The dword with the bytes of a narrow write in place; what lies past its end is dropped. */
static uint32_t merge(uint32_t word, unsigned shift, unsigned size, uint64_t value)
{
    uint32_t mask = (size == 2 ? UINT32_C(0xFFFF) : UINT32_C(0xFF)) << shift;
    return (word & ~mask) | ((uint32_t)value << shift & mask);
}

void sl_agpu_registers_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value)
{
    if (offset >= AEROGPU_PCI_BAR0_SIZE_BYTES) {
        return;
    }
    uint64_t dword = offset & ~UINT64_C(3);
    if (size < 4) {
        unsigned shift = 8 * (unsigned)(offset & 3);
        write_dword(dev, dword, merge(read_dword(dev, dword), shift, size, value));
        return;
    }
    write_dword(dev, dword, (uint32_t)value);
    if (size == 8) {
        write_dword(dev, dword + 4, (uint32_t)(value >> 32));
    }
}
