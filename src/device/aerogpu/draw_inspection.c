/* What primitives do to the watched texel, one by one. */
#include "device/aerogpu/draw.h"

#include <string.h>

static enum sl_texel_fate fate_of(enum sl_raster_fate fate)
{
    switch (fate) {
    case SL_RASTER_DISCARDED:
        return SL_TEXEL_DISCARDED;
    case SL_RASTER_MASKED:
        return SL_TEXEL_MASKED;
    case SL_RASTER_ALPHA_FAILED:
        return SL_TEXEL_ALPHA_FAILED;
    case SL_RASTER_STENCIL_FAILED:
        return SL_TEXEL_STENCIL_FAILED;
    case SL_RASTER_DEPTH_FAILED:
        return SL_TEXEL_DEPTH_FAILED;
    case SL_RASTER_WRITTEN:
        break;
    }
    return SL_TEXEL_WRITTEN;
}

static void on_report(void *data, const struct sl_raster_report *report)
{
    struct sl_agpu_run *run = data;
    const struct sl_agpu_inspection *it = &run->exec->inspection;
    /* A target that has not so many layers is drawn to in its first. */
    uint32_t layer = report->layer < it->draw_layers ? report->layer : 0;
    if (layer != it->draw_layer) {
        return;
    }
    struct sl_texel_write write = {
        .fate = fate_of(report->fate),
        .before = report->before[it->draw_slot],
        .after = report->after[it->draw_slot],
        .how = "",
        .drawn = true,
        .primitive = report->primitive_id,
        .front = report->front,
        .depth = report->depth,
        .has_depth = it->draw_has_depth,
        .depth_before = report->depth_before,
        .depth_after = report->depth_after,
    };
    memcpy(write.color, report->color[it->draw_slot], sizeof(write.color));
    sl_agpu_inspect_tell(run, &write);
}

static bool is_watched(const struct sl_agpu_run *run, const struct sl_agpu_target *target)
{
    const struct sl_texel *texel = &run->exec->config.inspector->watched;
    return target->storage == run->exec->inspection.watched && target->mip == texel->mip &&
           texel->layer >= target->layer && texel->layer - target->layer < target->layer_count;
}

void sl_agpu_inspect_draw(struct sl_agpu_run *run, const struct sl_agpu_targets *targets,
                          struct sl_raster_config *config)
{
    struct sl_agpu_inspection *it = &run->exec->inspection;
    for (uint32_t i = 0; it->watched && i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        const struct sl_agpu_target *target = &targets->color[i];
        if (!is_watched(run, target)) {
            continue;
        }
        const struct sl_texel *texel = &run->exec->config.inspector->watched;
        it->draw_slot = i;
        it->draw_layer = texel->layer - target->layer;
        it->draw_layers = target->layer_count;
        it->draw_has_depth = targets->depth.storage != NULL;
        config->report = on_report;
        config->report_data = run;
        config->report_x = texel->x;
        config->report_y = texel->y;
        return;
    }
}
