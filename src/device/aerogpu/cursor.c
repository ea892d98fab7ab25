/* The hardware cursor, drawn over a captured scanout only: no guest memory ever shows it. */
#include "abi/abi.h"
#include "base/status.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/pixel_row.h"
#include "render/overlay.h"

#include <stdlib.h>

static struct sl_agpu_surface cursor_surface(const struct sl_agpu *dev)
{
    return (struct sl_agpu_surface){
        .enabled = sl_agpu_get(dev, AEROGPU_MMIO_REG_CURSOR_ENABLE),
        .width = sl_agpu_get(dev, AEROGPU_MMIO_REG_CURSOR_WIDTH),
        .height = sl_agpu_get(dev, AEROGPU_MMIO_REG_CURSOR_HEIGHT),
        .pitch_bytes = sl_agpu_get(dev, AEROGPU_MMIO_REG_CURSOR_PITCH_BYTES),
        .gpa = sl_agpu_get64(dev, AEROGPU_MMIO_REG_CURSOR_FB_GPA_LO),
        .format =
            sl_abi_find_format(&sl_abi_aerogpu, sl_agpu_get(dev, AEROGPU_MMIO_REG_CURSOR_FORMAT)),
    };
}

/* A register that holds a two's complement number. */
static int64_t signed_register(const struct sl_agpu *dev, uint32_t offset)
{
    uint32_t value = sl_agpu_get(dev, offset);
    return value <= INT32_MAX ? (int64_t)value : (int64_t)value - (INT64_C(1) << 32);
}

/* position - hot spot, saturated to 32 bits. */
static int64_t edge(const struct sl_agpu *dev, uint32_t position, uint32_t hot)
{
    int64_t at = signed_register(dev, position) - signed_register(dev, hot);
    if (at > INT32_MAX) {
        return INT32_MAX;
    }
    return at < INT32_MIN ? INT32_MIN : at;
}

enum sl_status sl_agpu_cursor_compose(const struct sl_agpu *dev, uint32_t x, uint32_t y,
                                      struct sl_image *image, struct sl_error *err)
{
    struct sl_agpu_surface cursor = cursor_surface(dev);
    if (!cursor.format || !cursor.format->cursor ||
        !sl_agpu_surface_exists(dev, &cursor, AEROGPU_LIMIT_CURSOR_READBACK_MAX_BYTES)) {
        return SL_OK;
    }
    int64_t left = edge(dev, AEROGPU_MMIO_REG_CURSOR_X, AEROGPU_MMIO_REG_CURSOR_HOT_X) - x;
    int64_t top = edge(dev, AEROGPU_MMIO_REG_CURSOR_Y, AEROGPU_MMIO_REG_CURSOR_HOT_Y) - y;
    struct sl_overlay_span columns = sl_overlay_clip(left, cursor.width, image->width);
    struct sl_overlay_span rows = sl_overlay_clip(top, cursor.height, image->height);
    uint32_t count = columns.end - columns.begin;
    if (count == 0) {
        return SL_OK;
    }
    uint8_t *row = malloc((size_t)count * 4);
    if (!row) {
        return sl_fail_memory(err, (uint64_t)count * 4);
    }
    for (uint32_t i = rows.begin; i < rows.end; i++) {
        uint64_t gpa = cursor.gpa + (uint64_t)i * cursor.pitch_bytes + (uint64_t)columns.begin * 4;
        size_t column = (size_t)(left + columns.begin);
        sl_agpu_dma_read(dev, gpa, row, (size_t)count * 4);
        sl_agpu_row_to_rgba8(cursor.format, row, row, count);
        sl_overlay_row(image->pixels + ((size_t)(top + i) * image->width + column) * 4, row, count);
    }
    free(row);
    return SL_OK;
}
