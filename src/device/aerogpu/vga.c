/*
 * The legacy window at 0xA0000 and what the firmware's VBE keeps. While a VBE mode is active the
 * first half of the window is a bank of its linear framebuffer; everything else aliases the start
 * of VRAM.
 */
#include "abi/abi.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/pixel_row.h"

enum {
    WINDOW_SIZE = 0x20000,
    BANK_SIZE = 0x10000,
    VBE_STATE_SIZE = 4, /* u16 mode, u16 bank */
};

/* NULL if the mode is 0 or none of the ABI's. */
const struct sl_abi_vbe_mode *sl_agpu_vbe_mode(const struct sl_agpu *dev)
{
    for (size_t i = 0; i < sl_abi_aerogpu.vbe_mode_count; i++) {
        if (sl_abi_aerogpu.vbe_modes[i].mode == dev->vram.vbe_mode) {
            return &sl_abi_aerogpu.vbe_modes[i];
        }
    }
    return NULL;
}

/* Where in VRAM a byte of the window is. */
static uint64_t window_target(const struct sl_agpu *dev, uint64_t offset)
{
    if (offset < BANK_SIZE && sl_agpu_vbe_mode(dev)) {
        return AEROGPU_PCI_BAR1_VBE_LFB_OFFSET_BYTES + (uint64_t)dev->vram.vbe_bank * BANK_SIZE +
               offset;
    }
    return offset;
}

uint64_t sl_agpu_vga_read(const struct sl_agpu *dev, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        bool inside = offset < WINDOW_SIZE && offset + i < WINDOW_SIZE;
        uint64_t byte = inside ? sl_agpu_vram_read(dev, window_target(dev, offset + i), 1) : 0xFF;
        value |= byte << (8 * i);
    }
    return value;
}

void sl_agpu_vga_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; offset < WINDOW_SIZE && i < size && offset + i < WINDOW_SIZE; i++) {
        sl_agpu_vram_write(dev, window_target(dev, offset + i), 1, value >> (8 * i) & 0xFF);
    }
}

uint64_t sl_agpu_vbe_read(const struct sl_agpu *dev, uint64_t offset, unsigned size)
{
    uint32_t state = dev->vram.vbe_mode | (uint32_t)dev->vram.vbe_bank << 16;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        bool inside = offset < VBE_STATE_SIZE && offset + i < VBE_STATE_SIZE;
        uint64_t byte = inside ? state >> 8 * (offset + i) & 0xFF : 0xFF;
        value |= byte << (8 * i);
    }
    return value;
}

void sl_agpu_vbe_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value)
{
    uint32_t state = dev->vram.vbe_mode | (uint32_t)dev->vram.vbe_bank << 16;
    for (unsigned i = 0; offset < VBE_STATE_SIZE && i < size && offset + i < VBE_STATE_SIZE; i++) {
        unsigned shift = 8 * ((unsigned)offset + i);
        uint32_t byte = (uint32_t)(value >> (8 * i)) & 0xFF;
        state = (state & ~(UINT32_C(0xFF) << shift)) | byte << shift;
    }
    dev->vram.vbe_mode = (uint16_t)state;
    dev->vram.vbe_bank = (uint16_t)(state >> 16);
}

/* All modes are 32 bits per pixel in the byte order B, G, R, unused; rows are adjacent. */
static const struct sl_abi_format *pixel_format(void)
{
    return sl_abi_find_format(&sl_abi_aerogpu, AEROGPU_FORMAT_B8G8R8X8_UNORM);
}

bool sl_agpu_vbe_pixel(const struct sl_agpu *dev, uint32_t x, uint32_t y, uint8_t rgba[4])
{
    const struct sl_abi_vbe_mode *mode = sl_agpu_vbe_mode(dev);
    if (!mode || x >= mode->width || y >= mode->height) {
        return false;
    }
    sl_agpu_vram_copy_out(dev, AEROGPU_PCI_BAR1_VBE_LFB_OFFSET_BYTES + (y * mode->width + x) * 4,
                          rgba, 4);
    sl_agpu_row_to_rgba8(pixel_format(), rgba, rgba, 1);
    return true;
}

enum sl_status sl_agpu_vbe_capture(const struct sl_agpu *dev, struct sl_image *image,
                                   struct sl_error *err)
{
    const struct sl_abi_vbe_mode *mode = sl_agpu_vbe_mode(dev);
    if (!mode) {
        return SL_OK;
    }
    enum sl_status status = sl_image_init(image, mode->width, mode->height, err);
    if (status != SL_OK) {
        return status;
    }
    sl_agpu_vram_copy_out(dev, AEROGPU_PCI_BAR1_VBE_LFB_OFFSET_BYTES, image->pixels,
                          sl_image_size_bytes(image));
    sl_agpu_row_to_rgba8(pixel_format(), image->pixels, image->pixels,
                         (size_t)image->width * image->height);
    return SL_OK;
}
