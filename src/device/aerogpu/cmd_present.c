/* PRESENT and PRESENT_EX: the presented image is a snapshot of the context's target. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "device/aerogpu/pixel_row.h"

/* d3d9 presents colour slot 0, d3d11 the first that resolves. */
static struct sl_agpu_target presented_target(const struct sl_agpu_run *run)
{
    struct sl_agpu_targets targets = sl_agpu_resolve_targets(run);
    size_t i = 0;
    if (run->context->flavour != SL_AGPU_FLAVOUR_D3D9) {
        while (i + 1 < AEROGPU_MAX_RENDER_TARGETS && !targets.color[i].storage) {
            i++;
        }
    }
    return targets.color[i];
}

static void snapshot(const struct sl_agpu_target *target, struct sl_image *image)
{
    const struct sl_agpu_texture_layout *layout = &target->storage->layout;
    const uint8_t *row =
        target->storage->bytes + sl_agpu_texture_stored(layout, target->mip, target->layer);
    for (uint32_t y = 0; y < target->height; y++) {
        uint8_t *rgba = image->pixels + (size_t)y * target->width * 4;
        sl_agpu_row_to_rgba8(target->format, row, rgba, target->width);
        row += layout->mips[target->mip].row_bytes;
    }
}

enum sl_agpu_class sl_agpu_cmd_present(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_present cmd;
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_PRESENT, packet->bytes, packet->size, &cmd);
    struct sl_agpu_exec *exec = run->exec;
    struct sl_agpu_target target = presented_target(run);
    struct sl_image image = {0};
    if (target.storage) {
        enum sl_agpu_class class_ = sl_agpu_refresh_check(run, target.storage);
        if (class_ != SL_AGPU_OK) {
            return class_;
        }
        if (cmd.scanout_id == 0 && sl_image_init(&image, target.width, target.height, NULL)) {
            return sl_agpu_fail(run, SL_AGPU_HOST, "no memory for the presented image");
        }
        sl_agpu_refresh(run, target.storage);
    }
    if (cmd.scanout_id != 0) {
        return SL_AGPU_OK;
    }
    if (target.storage) {
        snapshot(&target, &image);
        sl_agpu_work(run, sl_image_size_bytes(&image));
    }
    sl_image_finish(&exec->presented);
    exec->presented = image;
    exec->has_presented = target.storage != NULL;
    if (target.storage) {
        exec->presented_from = (struct sl_agpu_presented){
            .corner = {target.storage->serial, target.mip, target.layer, 0, 0},
            .handle = target.storage->original,
            .command = exec->inspection.commands - 1,
        };
    }
    return SL_AGPU_OK;
}
