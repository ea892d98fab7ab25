/* Life cycle, and tiles over threads. */
#include "raster/raster_priv.h"

#include "base/fast_path.h"

#include <stdatomic.h>
#include <stdlib.h>

struct sl_raster *sl_raster_create(struct sl_worker_pool *pool)
{
    struct sl_raster *raster = calloc(1, sizeof(*raster));
    if (!raster) {
        return NULL;
    }
    raster->pool = pool;
    raster->bins = sl_tile_bins_create();
    raster->clip_storage = malloc(SL_CLIP_STORAGE);
    raster->worker_count = sl_worker_pool_threads(pool);
    raster->workers = calloc(raster->worker_count, sizeof(struct sl_pixel_worker *));
    bool complete = raster->bins && raster->clip_storage && raster->workers;
    for (unsigned i = 0; complete && i < raster->worker_count; i++) {
        raster->workers[i] = sl_pixel_worker_create();
        complete = raster->workers[i] != NULL;
    }
    if (!complete) {
        sl_raster_destroy(raster);
        return NULL;
    }
    return raster;
}

void sl_raster_destroy(struct sl_raster *raster)
{
    if (!raster) {
        return;
    }
    for (unsigned i = 0; raster->workers && i < raster->worker_count; i++) {
        sl_pixel_worker_destroy(raster->workers[i]);
    }
    free(raster->workers);
    sl_tile_bins_destroy(raster->bins);
    free(raster->clip_storage);
    free(raster);
}

size_t sl_raster_vertex_size(uint32_t input_count)
{
    return sizeof(struct sl_raster_vertex) + input_count * sizeof(uint32_t[4]);
}

static bool is_coverage(const struct sl_ir_src *src)
{
    return src->file == SL_IR_SYSTEM && src->reg == SL_IR_SYS_COVERAGE;
}

static bool differs_by_lane(const struct sl_ir_src *src)
{
    return src->file == SL_IR_INPUT || src->file == SL_IR_SYSTEM;
}

static bool reads(const struct sl_ir_program *program, bool (*is_it)(const struct sl_ir_src *src))
{
    for (uint32_t i = 0; program && i < program->insn_count; i++) {
        for (unsigned n = 0; n < SL_IR_SRCS; n++) {
            if (is_it(&program->insns[i].src[n])) {
                return true;
            }
        }
    }
    return false;
}

/* A pixel program tells its invocations apart by inputs alone, and by memory that they change. One
   that may hit the cap ends without a result. */
static bool is_uniform(const struct sl_pixel_state *state)
{
    const struct sl_ir_program *program = state->config->program;
    return program && !state->serial && !program->can_discard && !program->has_loops &&
           sl_fast_path(SL_FAST_RASTER) && !reads(program, differs_by_lane);
}

/* Whether a write replaces every bit. */
static bool replaces(const struct sl_raster_config *config, unsigned k)
{
    bool has_alpha = config->color[k].format == SL_TEXEL_B8G8R8A8 ||
                     config->color[k].format == SL_TEXEL_R8G8B8A8 ||
                     config->color[k].format == SL_TEXEL_B5G5R5A1;
    unsigned needed = has_alpha ? 0xF : 0x7;
    return !config->blend.enable && (config->blend.write_mask[k] & needed) == needed;
}

static void find_writes(struct sl_pixel_state *state)
{
    const struct sl_raster_config *config = state->config;
    state->write_count = 0;
    for (unsigned k = 0; config->program && k < SL_RASTER_TARGETS; k++) {
        uint8_t channels = config->program->color_mask[k];
        if (config->color[k].bytes && channels != 0) {
            state->writes[state->write_count++] = (struct sl_color_write){
                .target = (uint8_t)k, .channels = channels, .replaces = replaces(config, k)};
        }
    }
}

/*
 * Whether a pixel that fails the depth or stencil test is gone whatever its program does, so that
 * testing first and leaving the program out gives the same targets. A loop might hit its cap.
 */
static bool may_skip(const struct sl_raster_config *config)
{
    const struct sl_ir_program *program = config->program;
    return program && !program->can_discard && !program->has_side_effects && !program->has_loops &&
           program->depth_reg < 0 && program->coverage_reg < 0 && !config->sample_masked &&
           !(config->d3d9 && config->alpha_test) && !config->report;
}

/* Reports and stencils look at single quads. */
static bool may_use_strips(const struct sl_pixel_state *state)
{
    const struct sl_raster_config *config = state->config;
    bool has_stencil = config->depth.bytes && config->depth_stencil.stencil_test;
    return sl_fast_path(SL_FAST_RASTER) && !state->serial && !config->report && !has_stencil;
}

void sl_raster_begin(struct sl_raster *raster, const struct sl_raster_config *config)
{
    const struct sl_ir_program *program = config->program;
    const struct sl_raster_depth_stencil *depth_stencil = &config->depth_stencil;
    struct sl_pixel_state *state = &raster->state;
    state->config = config;
    state->spent = &raster->spent;
    atomic_store_explicit(&raster->spent, 0, memory_order_relaxed);
    state->vertex_size = sl_raster_vertex_size(config->input_count);
    state->reads_coverage = reads(program, is_coverage);
    state->serial = config->feedback || (program && program->has_side_effects);
    state->strips = may_use_strips(state);
    state->uniform = is_uniform(state);
    find_writes(state);
    state->depth_active =
        config->depth.bytes && (depth_stencil->depth_test || depth_stencil->stencil_test);
    state->skips = state->depth_active && may_skip(config);
    state->early = state->depth_active && program && (program->early_depth || state->skips);
    sl_raster_frame_init(&state->frame, config);
    sl_input_plan_init(&state->plan, config, program && !state->uniform ? program->input_count : 0,
                       state->depth_active || config->report);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        state->ones[lane] = 1.0F;
    }
    raster->clip_used = 0;
    raster->broken = !sl_tile_bins_begin(raster->bins, config->width, config->height);
    for (unsigned i = 0; i < raster->worker_count; i++) {
        sl_pixel_worker_begin(raster->workers[i], state);
    }
}

static void draw_tile(void *data, uint32_t tile, unsigned thread)
{
    struct sl_raster *raster = data;
    struct sl_pixel_worker *worker = raster->workers[thread];
    int32_t x, y;
    sl_tile_bins_place(raster->bins, tile, &x, &y);
    const struct sl_shape *shape;
    uint32_t cursor = 0;
    while ((shape = sl_tile_bins_walk(raster->bins, tile, &cursor)) != NULL) {
        sl_pixel_worker_draw(worker, shape, x, y, SL_TILE);
    }
    sl_pixel_worker_flush(worker);
}

/* Row of quads by row of quads over the whole width, as what a quad writes may be read later. */
static void draw_in_order(struct sl_raster *raster)
{
    struct sl_pixel_worker *worker = raster->workers[0];
    for (uint32_t i = 0; i < sl_tile_bins_shape_count(raster->bins); i++) {
        const struct sl_shape *shape = sl_tile_bins_shape(raster->bins, i);
        for (int32_t y = shape->box.top & ~1; y < shape->box.bottom; y += 2) {
            for (int32_t x = shape->box.left & ~1; x < shape->box.right; x += SL_TILE) {
                sl_pixel_worker_draw(worker, shape, x, y, 2);
            }
        }
    }
}

void sl_raster_draw_shapes(struct sl_raster *raster)
{
    uint32_t tile_count = sl_tile_bins_tile_count(raster->bins);
    if (raster->state.serial) {
        draw_in_order(raster);
    } else if (tile_count > 0) {
        sl_worker_pool_run(raster->pool, tile_count, draw_tile, raster);
    }
    sl_tile_bins_clear(raster->bins);
}

void sl_raster_flush(struct sl_raster *raster)
{
    sl_raster_draw_shapes(raster);
    raster->clip_used = 0;
}

struct sl_raster_result sl_raster_end(struct sl_raster *raster)
{
    sl_raster_flush(raster);
    struct sl_raster_result result = {.failed = raster->broken};
    for (unsigned i = 0; i < raster->worker_count; i++) {
        struct sl_pixel_totals totals = sl_pixel_worker_end(raster->workers[i]);
        result.work += totals.work;
        result.capped = result.capped || totals.capped;
        result.failed = result.failed || totals.failed;
    }
    return result;
}
