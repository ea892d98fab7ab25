/* SUBMIT_FLAG_PRESENT: the presented image goes into the scanout framebuffer. */
#include "device/aerogpu/front.h"
#include "device/aerogpu/pixel_row.h"

#include <inttypes.h>

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void copy_rows(struct sl_agpu *dev, const struct sl_agpu_surface *scanout,
                      const struct sl_image *image, uint32_t width, uint32_t height)
{
    size_t row_bytes = (size_t)width * scanout->format->bytes_per_block;
    sl_buf_clear(&dev->scratch);
    uint8_t *row = sl_buf_extend(&dev->scratch, row_bytes);
    if (!row) {
        sl_agpu_fail_memory(dev, row_bytes);
        return;
    }
    for (uint32_t y = 0; y < height; y++) {
        sl_agpu_row_from_rgba8(scanout->format, image->pixels + (size_t)y * image->width * 4, row,
                               width);
        sl_agpu_dma_write(dev, scanout->gpa + (uint64_t)y * scanout->pitch_bytes, row, row_bytes);
    }
}

bool sl_agpu_present_copy(struct sl_agpu *dev, struct sl_agpu_problem *problem)
{
    const struct sl_image *image = sl_agpu_exec_presented(dev->exec);
    struct sl_agpu_surface scanout = sl_agpu_scanout(dev);
    uint32_t width = image ? min_u32(image->width, scanout.width) : 0;
    uint32_t height = image ? min_u32(image->height, scanout.height) : 0;
    if (!scanout.enabled || width == 0 || height == 0) {
        return true;
    }
    if (!scanout.format || !scanout.format->scanout) {
        return sl_agpu_problem_note(problem, SL_AGPU_HOST,
                                    "present copy: format %" PRIu32 " is not displayable",
                                    sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_FORMAT));
    }
    if (!sl_agpu_surface_addressable(&scanout, width, height,
                                     AEROGPU_LIMIT_SCANOUT_READBACK_MAX_BYTES)) {
        return sl_agpu_problem_note(problem, SL_AGPU_HOST,
                                    "present copy: %" PRIu32 "x%" PRIu32 " at 0x%" PRIx64
                                    ", pitch %" PRIu32,
                                    width, height, scanout.gpa, scanout.pitch_bytes);
    }
    copy_rows(dev, &scanout, image, width, height);
    dev->copied = (struct sl_agpu_copied){
        .from = sl_agpu_exec_presented_from(dev->exec),
        .gpa = scanout.gpa,
        .pitch_bytes = scanout.pitch_bytes,
        .width = width,
        .height = height,
    };
    return true;
}
