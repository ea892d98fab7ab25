/* Texture views. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

/* The same bytes in the same places: X instead of A and sRGB instead of linear are all that may
 * differ, and block formats must also be the same one. */
static bool same_class(const struct sl_abi_format *a, const struct sl_abi_format *b)
{
    if (a == b) {
        return true;
    }
    if (a->kind != b->kind || a->bytes_per_block != b->bytes_per_block) {
        return false;
    }
    if (a->kind == SL_ABI_FORMAT_BLOCK) {
        /* The sRGB form of a block format follows its linear form. */
        return a->srgb != b->srgb &&
               (a->srgb ? a->value - 1 : b->value - 1) == (a->srgb ? b->value : a->value);
    }
    return a->kind == SL_ABI_FORMAT_COLOR && a->bytes_per_block == 4 &&
           strncmp(a->channels, b->channels, 3) == 0;
}

static bool count_fits(uint32_t base, uint32_t count, uint32_t limit)
{
    return count != 0 && sl_range_fits(base, count, limit);
}

static enum sl_agpu_class check_view(struct sl_agpu_run *run,
                                     const struct aerogpu_cmd_create_texture_view *cmd,
                                     const struct sl_agpu_texture_layout *layout)
{
    if (!count_fits(cmd->base_mip_level, cmd->mip_level_count, layout->mip_levels)) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                            "mips %" PRIu32 " + %" PRIu32 " of %" PRIu32, cmd->base_mip_level,
                            cmd->mip_level_count, layout->mip_levels);
    }
    if (!count_fits(cmd->base_array_layer, cmd->array_layer_count, layout->array_layers)) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                            "layers %" PRIu32 " + %" PRIu32 " of %" PRIu32, cmd->base_array_layer,
                            cmd->array_layer_count, layout->array_layers);
    }
    const struct sl_abi_format *format = sl_abi_find_format(&sl_abi_aerogpu, cmd->format);
    if (!format || !same_class(format, layout->format)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                            "format %" PRIu32 " as a view of format %" PRIu32, cmd->format,
                            layout->format->value);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_create_texture_view(struct sl_agpu_run *run,
                                                   const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_create_texture_view cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.view_handle == 0) {
        return sl_agpu_check_free_handle(run, 0);
    }
    struct sl_agpu_object *base = sl_agpu_find_kind(run->exec, cmd.texture_handle, SL_AGPU_TEXTURE);
    if (!base) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no texture",
                            cmd.texture_handle);
    }
    struct sl_agpu_storage *storage = base->storage;
    enum sl_agpu_class class_ = sl_agpu_check_free_handle(run, cmd.view_handle);
    if (class_ == SL_AGPU_OK) {
        class_ = check_view(run, &cmd, &storage->layout);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    struct sl_agpu_object *view = sl_agpu_add(run->exec, cmd.view_handle, SL_AGPU_VIEW);
    if (!view) {
        return sl_agpu_fail_host_memory(run, sizeof(*view));
    }
    storage->view_count++;
    view->storage = storage;
    view->u.view = (struct sl_agpu_view){
        .format = sl_abi_find_format(&sl_abi_aerogpu, cmd.format),
        .base_mip = cmd.base_mip_level,
        .mip_count = cmd.mip_level_count,
        .base_layer = cmd.base_array_layer,
        .layer_count = cmd.array_layer_count,
    };
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_destroy_texture_view(struct sl_agpu_run *run,
                                                    const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_destroy_texture_view cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return sl_agpu_destroy(run, cmd.view_handle, SL_AGPU_VIEW, "texture view");
}
