/* Images in guest memory that registers describe: the scanout framebuffer and the cursor. */
#include "abi/abi.h"
#include "base/checked.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/pixel_row.h"

struct sl_agpu_surface sl_agpu_scanout(const struct sl_agpu *dev)
{
    return (struct sl_agpu_surface){
        .enabled = sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_ENABLE),
        .width = sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_WIDTH),
        .height = sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_HEIGHT),
        .pitch_bytes = sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_PITCH_BYTES),
        .gpa = sl_agpu_get64(dev, AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_LO),
        .format =
            sl_abi_find_format(&sl_abi_aerogpu, sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_FORMAT)),
    };
}

bool sl_agpu_surface_addressable(const struct sl_agpu_surface *surface, uint32_t width,
                                 uint32_t height, uint64_t max_bytes)
{
    uint64_t row_bytes = (uint64_t)width * surface->format->bytes_per_block;
    uint64_t last_row = (uint64_t)(height - 1) * surface->pitch_bytes;
    uint64_t end;
    return surface->gpa != 0 && surface->pitch_bytes >= row_bytes &&
           (uint64_t)width * height <= max_bytes / 4 && sl_add_u64(last_row, row_bytes, &end) &&
           sl_add_u64(end, surface->gpa, &end);
}

bool sl_agpu_surface_exists(const struct sl_agpu *dev, const struct sl_agpu_surface *surface,
                            uint64_t max_bytes)
{
    return surface->enabled && surface->width != 0 && surface->height != 0 && surface->format &&
           sl_agpu_is_master(dev) &&
           sl_agpu_surface_addressable(surface, surface->width, surface->height, max_bytes);
}

bool sl_agpu_scanout_exists(const struct sl_agpu *dev, const struct sl_agpu_surface *surface)
{
    return surface->format && surface->format->scanout &&
           sl_agpu_surface_exists(dev, surface, AEROGPU_LIMIT_SCANOUT_READBACK_MAX_BYTES);
}

enum sl_status sl_agpu_scanout_read(const struct sl_agpu *dev,
                                    const struct sl_agpu_surface *surface, struct sl_image *image,
                                    struct sl_error *err)
{
    enum sl_status status = sl_image_init(image, surface->width, surface->height, err);
    if (status != SL_OK) {
        return status;
    }
    size_t row_bytes = (size_t)surface->width * surface->format->bytes_per_block;
    size_t rgba_bytes = (size_t)surface->width * 4;
    for (uint32_t y = 0; y < surface->height; y++) {
        uint8_t *rgba = image->pixels + y * rgba_bytes;
        uint8_t *from = rgba + (rgba_bytes - row_bytes);
        sl_agpu_dma_read(dev, surface->gpa + (uint64_t)y * surface->pitch_bytes, from, row_bytes);
        sl_agpu_row_to_rgba8(surface->format, from, rgba, surface->width);
    }
    return SL_OK;
}
