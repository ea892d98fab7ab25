#include "raster/output_merger.h"

#include "raster/blend.h"
#include "raster/depth_stencil.h"
#include "raster/target_lanes.h"
#include "render/convert.h"
#include "render/f32_math.h"
#include "render/pixel.h"

#include <string.h>

/* Colours of one target for a whole batch, as programs wrote them or as the format fills in. */
struct source_color {
    const float *channels[4];
};

static const float zeros[SL_LANES];

/* Channels that the program has no output for are those of (0, 0, 0, 1). */
static struct source_color source_color(const struct sl_pixel_state *state,
                                        const struct sl_pixel_batch *batch, unsigned target,
                                        unsigned written)
{
    struct source_color color;
    for (unsigned i = 0; i < 4; i++) {
        const void *lanes = batch->outputs[target][i];
        color.channels[i] = written >> i & 1 ? lanes : i == 3 ? state->ones : zeros;
    }
    return color;
}

static uint64_t alpha_failures(const struct sl_pixel_state *state,
                               const struct sl_pixel_batch *batch)
{
    const struct sl_raster_config *config = state->config;
    struct source_color color = source_color(state, batch, 0, config->program->color_mask[0]);
    float ref = (float)config->alpha_ref / 255.0F;
    uint64_t failed = 0;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        float alpha = sl_f32_sat(color.channels[3][lane]);
        failed |= (uint64_t)!sl_compare_f32(config->alpha_func, alpha, ref) << lane;
    }
    return failed;
}

void sl_merge_discards(const struct sl_pixel_state *state, struct sl_pixel_batch *batch,
                       uint64_t discarded)
{
    const struct sl_raster_config *config = state->config;
    const struct sl_ir_program *program = config->program;
    if (program && program->coverage_reg >= 0) {
        const uint32_t *coverage =
            batch->outputs[program->coverage_reg][program->coverage_component];
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            discarded |= (uint64_t) !(coverage[lane] & 1) << lane;
        }
    }
    batch->discarded = discarded;
    batch->alive &= ~discarded;
    if (config->sample_masked) {
        batch->alive = 0;
    }
    if (config->d3d9 && config->alpha_test && program) {
        batch->alpha_failed = alpha_failures(state, batch);
        batch->alive &= ~batch->alpha_failed;
    }
}

static void encode(const struct sl_pixel_state *state, const struct sl_color_write *write,
                   const struct source_color *color, uint32_t raw[SL_LANES])
{
    const struct sl_raster_config *config = state->config;
    const struct sl_raster_target *target = &config->color[write->target];
    sl_pixel_encode_lanes(target->format, target->srgb, color->channels,
                          config->blend.write_mask[write->target], raw);
}

/* Texels that replace what is stored; those of uniform outputs are made once. */
static const uint32_t *replacement(const struct sl_pixel_state *state, struct sl_pixel_batch *batch,
                                   unsigned index)
{
    const struct sl_color_write *write = &state->writes[index];
    struct source_color color = source_color(state, batch, write->target, write->channels);
    if (!state->uniform) {
        encode(state, write, &color, batch->raw);
        return batch->raw;
    }
    if (!(*batch->packed_mask >> index & 1)) {
        encode(state, write, &color, batch->packed[index]);
        *batch->packed_mask |= 1U << index;
    }
    return batch->packed[index];
}

static void merge_color(const struct sl_pixel_state *state, struct sl_pixel_batch *batch,
                        unsigned index, unsigned first, unsigned end)
{
    const struct sl_raster_config *config = state->config;
    const struct sl_color_write *write = &state->writes[index];
    const struct sl_raster_target *target = &config->color[write->target];
    uint32_t *raw = batch->raw;
    if (write->replaces) {
        sl_target_write(target, batch, first, end, batch->alive, replacement(state, batch, index));
        return;
    }
    struct source_color color = source_color(state, batch, write->target, write->channels);
    sl_texel_lanes stored, blended;
    sl_target_read(target, batch, first, end, batch->alive, raw);
    if (config->blend.enable) {
        sl_pixel_decode_lanes(target->format, target->srgb, raw, stored);
        sl_blend_lanes(&config->blend, color.channels, stored, blended);
        for (unsigned i = 0; i < 4; i++) {
            color.channels[i] = blended[i];
        }
    }
    encode(state, write, &color, raw);
    sl_target_write(target, batch, first, end, batch->alive, raw);
}

/* The lane of the pixel that is asked for, in quads first..end-1; SL_LANES = none. */
static unsigned reported_lane(const struct sl_raster_config *config,
                              const struct sl_pixel_batch *batch, unsigned first, unsigned end)
{
    for (unsigned q = first; config->report && q < end; q++) {
        uint32_t x = config->report_x - (uint32_t)batch->quads[q].x;
        uint32_t y = config->report_y - (uint32_t)batch->quads[q].y;
        unsigned lane = 4 * q + 2 * (y & 1) + (x & 1);
        if (x < 2 && y < 2 && (batch->covered >> lane & 1)) {
            return lane;
        }
    }
    return SL_LANES;
}

static void read_texels(const struct sl_raster_config *config, const struct sl_quad *quad,
                        uint64_t texels[SL_RASTER_TARGETS])
{
    for (unsigned k = 0; k < SL_RASTER_TARGETS; k++) {
        const struct sl_raster_target *target = &config->color[k];
        unsigned size = sl_texel_size(target->format);
        texels[k] = 0;
        if (target->bytes) {
            texels[k] =
                sl_pixel_read(sl_target_at(target, quad->shape->layer, (int32_t)config->report_x,
                                           (int32_t)config->report_y, size),
                              size);
        }
    }
}

static enum sl_raster_fate fate_of(const struct sl_raster_config *config,
                                   const struct sl_pixel_batch *batch, unsigned lane)
{
    bool early = config->program && config->program->early_depth;
    if (early && (batch->stencil_failed >> lane & 1)) {
        return SL_RASTER_STENCIL_FAILED;
    }
    if (early && (batch->depth_failed >> lane & 1)) {
        return SL_RASTER_DEPTH_FAILED;
    }
    if (batch->discarded >> lane & 1) {
        return SL_RASTER_DISCARDED;
    }
    if (config->sample_masked) {
        return SL_RASTER_MASKED;
    }
    if (batch->alpha_failed >> lane & 1) {
        return SL_RASTER_ALPHA_FAILED;
    }
    if (batch->stencil_failed >> lane & 1) {
        return SL_RASTER_STENCIL_FAILED;
    }
    return batch->depth_failed >> lane & 1 ? SL_RASTER_DEPTH_FAILED : SL_RASTER_WRITTEN;
}

static void start_report(const struct sl_pixel_state *state, const struct sl_pixel_batch *batch,
                         unsigned lane, struct sl_raster_report *report)
{
    const struct sl_raster_config *config = state->config;
    const struct sl_quad *quad = &batch->quads[lane / 4];
    memset(report, 0, sizeof(*report));
    report->primitive_id = quad->shape->primitive_id;
    report->layer = quad->shape->layer;
    report->front = quad->shape->front;
    report->depth = batch->depth[lane];
    for (unsigned k = 0; k < SL_RASTER_TARGETS; k++) {
        if (config->program && config->program->color_mask[k] != 0) {
            struct source_color color =
                source_color(state, batch, k, config->program->color_mask[k]);
            for (unsigned i = 0; i < 4; i++) {
                report->color[k][i] = color.channels[i][lane];
            }
        }
    }
    read_texels(config, quad, report->before);
    if (config->depth.bytes) {
        const uint8_t *at = sl_target_at(&config->depth, quad->shape->layer,
                                         (int32_t)config->report_x, (int32_t)config->report_y, 4);
        report->depth_before = sl_get_le32(at);
    }
}

static void finish_report(const struct sl_pixel_state *state, const struct sl_pixel_batch *batch,
                          unsigned lane, struct sl_raster_report *report)
{
    const struct sl_raster_config *config = state->config;
    report->fate = fate_of(config, batch, lane);
    report->depth_after = report->depth_before;
    if (batch->depth_tested >> lane & 1) {
        report->depth_before = batch->depth_before[lane];
        report->depth_after = batch->depth_after[lane];
    }
    read_texels(config, &batch->quads[lane / 4], report->after);
    config->report(config->report_data, report);
}

static void merge_run(const struct sl_pixel_state *state, struct sl_pixel_batch *batch,
                      unsigned first, unsigned end)
{
    const struct sl_raster_config *config = state->config;
    struct sl_raster_report report;
    unsigned lane = reported_lane(config, batch, first, end);
    if (lane < SL_LANES) {
        start_report(state, batch, lane, &report);
    }
    if (state->depth_active && !state->early) {
        sl_depth_stencil_run(config, batch, first, end);
    }
    /* If none is alive the program may not even have run. */
    for (unsigned i = 0; batch->alive != 0 && i < state->write_count; i++) {
        merge_color(state, batch, i, first, end);
    }
    if (lane < SL_LANES) {
        finish_report(state, batch, lane, &report);
    }
}

uint64_t sl_merge_batch(const struct sl_pixel_state *state, struct sl_pixel_batch *batch)
{
    const struct sl_ir_program *program = state->config->program;
    if (state->depth_active && !state->early) {
        const void *depth = batch->depth;
        if (program && program->depth_reg >= 0) {
            depth = batch->outputs[program->depth_reg][program->depth_component];
        }
        sl_depth_prepare(state->config, depth, batch);
    }
    for (unsigned run = 0; run < batch->run_count; run++) {
        merge_run(state, batch, batch->run_first[run], batch->run_first[run + 1]);
    }
    return sl_count_lanes(batch->alive);
}

void sl_merge_early(const struct sl_pixel_state *state, struct sl_pixel_batch *batch)
{
    sl_depth_prepare(state->config, batch->depth, batch);
    for (unsigned run = 0; run < batch->run_count; run++) {
        sl_depth_stencil_run(state->config, batch, batch->run_first[run],
                             batch->run_first[run + 1]);
    }
}
