/*
 * Bound targets as pictures: colours as they would be presented, depth and stencil as grey. Guest
 * memory that waits to be read into a target (its dirty ranges) does not show.
 */
#include "device/aerogpu/exec.h"

#include "base/bytes.h"
#include "device/aerogpu/pixel_row.h"
#include "render/convert.h"

enum { DEPTH = AEROGPU_MAX_RENDER_TARGETS, STENCIL, PICTURES };

static const char *const names[PICTURES] = {
    "color0", "color1", "color2", "color3",          "color4",
    "color5", "color6", "color7", [DEPTH] = "depth", [STENCIL] = "stencil",
};

static uint8_t depth_grey(const struct sl_abi_format *format, uint32_t texel)
{
    if (format->kind == SL_ABI_FORMAT_DEPTH_STENCIL) {
        return (uint8_t)(((uint64_t)(texel & 0xFFFFFF) * 255 + 0x7FFFFF) / 0xFFFFFF);
    }
    return (uint8_t)sl_f32_to_unorm(sl_f32_from_bits(texel), 8);
}

static void grey_row(const struct sl_abi_format *format, const uint8_t *row, uint8_t *rgba,
                     uint32_t count, bool stencil)
{
    for (uint32_t x = 0; x < count; x++, row += 4, rgba += 4) {
        uint32_t texel = sl_get_le32(row);
        uint8_t grey = stencil ? (uint8_t)(texel >> 24) : depth_grey(format, texel);
        rgba[0] = rgba[1] = rgba[2] = grey;
        rgba[3] = 0xFF;
    }
}

static enum sl_status paint(const struct sl_agpu_target *target, uint32_t index,
                            struct sl_image *image, struct sl_error *err)
{
    const struct sl_agpu_texture_layout *layout = &target->storage->layout;
    const uint8_t *row =
        target->storage->bytes + sl_agpu_texture_stored(layout, target->mip, target->layer);
    enum sl_status status = sl_image_init(image, target->width, target->height, err);
    for (uint32_t y = 0; status == SL_OK && y < target->height; y++) {
        uint8_t *rgba = image->pixels + (size_t)y * target->width * 4;
        if (index < DEPTH) {
            sl_agpu_row_to_rgba8(target->format, row, rgba, target->width);
        } else {
            grey_row(target->format, row, rgba, target->width, index == STENCIL);
        }
        row += layout->mips[target->mip].row_bytes;
    }
    return status;
}

enum sl_status sl_agpu_exec_picture(struct sl_agpu_exec *exec, uint32_t index, const char **name,
                                    struct sl_image *image, struct sl_error *err)
{
    *image = (struct sl_image){0};
    *name = index < PICTURES ? names[index] : NULL;
    struct sl_digital_node *node = sl_digital_find(&exec->contexts, exec->inspection.context_id);
    if (!node || index >= PICTURES) {
        return SL_OK;
    }
    const struct sl_agpu_run run = {.exec = exec, .context = (struct sl_agpu_context *)node};
    struct sl_agpu_targets targets = sl_agpu_resolve_targets(&run);
    const struct sl_agpu_target *target = index < DEPTH ? &targets.color[index] : &targets.depth;
    bool has_picture = target->storage &&
                       (index != STENCIL || target->format->kind == SL_ABI_FORMAT_DEPTH_STENCIL);
    return has_picture ? paint(target, index, image, err) : SL_OK;
}
