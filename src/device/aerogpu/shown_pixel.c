/* One pixel of what a capture would show, and where it comes from. */
#include "abi_aerogpu.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/pixel_row.h"

#include <string.h>

/* In the order of sl_agpu_capture(). */
enum shown { NOTHING, SCANOUT, VBE, PRESENTED };

static enum shown what_shows(const struct sl_agpu *dev, uint32_t x, uint32_t y)
{
    if (dev->display.claimed) {
        struct sl_agpu_surface scanout = sl_agpu_scanout(dev);
        bool inside =
            sl_agpu_scanout_exists(dev, &scanout) && x < scanout.width && y < scanout.height;
        return inside ? SCANOUT : NOTHING;
    }
    if (sl_agpu_vbe_mode(dev)) {
        return VBE;
    }
    const struct sl_image *presented = sl_agpu_exec_presented(dev->exec);
    bool inside = presented && x < presented->width && y < presented->height;
    return inside && !dev->display.was_enabled ? PRESENTED : NOTHING;
}

static uint64_t scanout_address(const struct sl_agpu_surface *scanout, uint32_t x, uint32_t y)
{
    return scanout->gpa + (uint64_t)y * scanout->pitch_bytes +
           (uint64_t)x * scanout->format->bytes_per_block;
}

static bool scanout_pixel(const struct sl_agpu *dev, uint32_t x, uint32_t y, uint8_t rgba[4])
{
    struct sl_agpu_surface scanout = sl_agpu_scanout(dev);
    struct sl_image image = {.width = 1, .height = 1, .pixels = rgba};
    uint8_t bytes[8];
    sl_agpu_dma_read(dev, scanout_address(&scanout, x, y), bytes, scanout.format->bytes_per_block);
    sl_agpu_row_to_rgba8(scanout.format, bytes, rgba, 1);
    return sl_agpu_cursor_compose(dev, x, y, &image, NULL) == SL_OK;
}

bool sl_agpu_pixel(const struct sl_agpu *dev, uint32_t x, uint32_t y, uint8_t rgba[4])
{
    const struct sl_image *presented = sl_agpu_exec_presented(dev->exec);
    memset(rgba, 0, 4);
    switch (what_shows(dev, x, y)) {
    case NOTHING:
        return false;
    case SCANOUT:
        return scanout_pixel(dev, x, y, rgba);
    case VBE:
        return sl_agpu_vbe_pixel(dev, x, y, rgba);
    case PRESENTED:
        memcpy(rgba, presented->pixels + ((size_t)y * presented->width + x) * 4, 4);
        return true;
    }
    return false;
}

static struct sl_pixel_source source_of(const struct sl_agpu_presented *from, uint32_t x,
                                        uint32_t y)
{
    struct sl_pixel_source source = {
        .texel = from->corner, .handle = from->handle, .command = from->command};
    source.texel.x += x;
    source.texel.y += y;
    return source;
}

/* The last present copy is named if it put its pixel at the same address. */
static struct sl_pixel_source scanout_source(const struct sl_agpu *dev, uint32_t x, uint32_t y)
{
    struct sl_agpu_surface scanout = sl_agpu_scanout(dev);
    const struct sl_agpu_copied *copied = &dev->copied;
    struct sl_pixel_source source = {0};
    if (x < copied->width && y < copied->height && copied->gpa == scanout.gpa &&
        copied->pitch_bytes == scanout.pitch_bytes) {
        source = source_of(&copied->from, x, y);
    }
    source.in_memory = true;
    source.gpa = scanout_address(&scanout, x, y);
    source.size = scanout.format->bytes_per_block;
    source.format = sl_abi_value_name(SL_ENUM_AEROGPU_FORMAT, scanout.format->value);
    return source;
}

struct sl_pixel_source sl_agpu_pixel_source(const struct sl_agpu *dev, uint32_t x, uint32_t y)
{
    const struct sl_agpu_presented from = sl_agpu_exec_presented_from(dev->exec);
    switch (what_shows(dev, x, y)) {
    case NOTHING:
    case VBE:
        break;
    case SCANOUT:
        return scanout_source(dev, x, y);
    case PRESENTED:
        return source_of(&from, x, y);
    }
    return (struct sl_pixel_source){0};
}
