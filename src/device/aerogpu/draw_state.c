/* From the state of a context to what the rasteriser takes. */
#include "device/aerogpu/draw.h"

#include "render/convert.h"

static bool is_d3d9(const struct sl_agpu_draw *draw)
{
    return draw->programs.vs->family == SL_AGPU_FAMILY_D3D9;
}

/* ---- targets ---- */

static struct sl_raster_target raster_target(const struct sl_agpu_run *run,
                                             const struct sl_agpu_target *target)
{
    const struct sl_agpu_texture_layout *layout = &target->storage->layout;
    bool is_srgb = target->format->srgb && !sl_agpu_is_aero_d3d9(run);
    bool can_encode =
        target->format->kind == SL_ABI_FORMAT_COLOR && target->format->bytes_per_block == 4;
    return (struct sl_raster_target){
        .bytes =
            target->storage->bytes + sl_agpu_texture_stored(layout, target->mip, target->layer),
        .format = sl_agpu_texel_format(target->format),
        .srgb = is_srgb || (run->context->srgb_write && can_encode),
        .width = target->width,
        .height = target->height,
        .pitch_bytes = layout->mips[target->mip].row_bytes,
        .layer_stride_bytes = layout->stored_layer_size,
        .layer_count = target->layer_count,
    };
}

static void limit_area(struct sl_raster_config *config, const struct sl_raster_target *target)
{
    config->width = config->width < target->width ? config->width : target->width;
    config->height = config->height < target->height ? config->height : target->height;
}

static void set_targets(const struct sl_agpu_run *run, const struct sl_agpu_targets *targets,
                        struct sl_raster_config *config)
{
    config->width = UINT32_MAX;
    config->height = UINT32_MAX;
    for (size_t i = 0; i < SL_RASTER_TARGETS; i++) {
        if (targets->color[i].storage) {
            config->color[i] = raster_target(run, &targets->color[i]);
            limit_area(config, &config->color[i]);
        }
    }
    if (targets->depth.storage) {
        config->depth = raster_target(run, &targets->depth);
        limit_area(config, &config->depth);
    }
}

/* ---- viewport and scissor ---- */

static bool is_finite(uint32_t bits)
{
    return (bits & 0x7F800000) != 0x7F800000;
}

static bool is_usable(const struct sl_agpu_viewport *viewport)
{
    return is_finite(viewport->x) && is_finite(viewport->y) && is_finite(viewport->width) &&
           is_finite(viewport->height) && is_finite(viewport->min_depth) &&
           is_finite(viewport->max_depth) && sl_f32_from_bits(viewport->width) > 0.0f &&
           sl_f32_from_bits(viewport->height) > 0.0f;
}

/* Upstream cuts the rectangle to the target, and scales what is drawn with it. */
static void clamp_viewport(struct sl_raster_config *config)
{
    struct sl_raster_viewport *viewport = &config->viewport;
    float right = viewport->x + viewport->width;
    float bottom = viewport->y + viewport->height;
    float width = (float)config->width;
    float height = (float)config->height;
    viewport->x = viewport->x < 0.0f ? 0.0f : viewport->x;
    viewport->y = viewport->y < 0.0f ? 0.0f : viewport->y;
    viewport->width = (right < width ? right : width) - viewport->x;
    viewport->height = (bottom < height ? bottom : height) - viewport->y;
}

/* What an unusable viewport means depends on the flavour: nothing is drawn, or it is none. */
static bool set_viewport(const struct sl_agpu_run *run, struct sl_raster_config *config)
{
    const struct sl_agpu_viewport *viewport = &run->context->viewport;
    bool is_good = viewport->is_set && is_usable(viewport);
    if (!is_good) {
        config->viewport = (struct sl_raster_viewport){
            .width = (float)config->width,
            .height = (float)config->height,
            .max_depth = 1.0f,
        };
        return !viewport->is_set || run->context->flavour != SL_AGPU_FLAVOUR_D3D9;
    }
    float near = sl_f32_saturate(sl_f32_from_bits(viewport->min_depth));
    float far = sl_f32_saturate(sl_f32_from_bits(viewport->max_depth));
    config->viewport = (struct sl_raster_viewport){
        .x = sl_f32_from_bits(viewport->x),
        .y = sl_f32_from_bits(viewport->y),
        .width = sl_f32_from_bits(viewport->width),
        .height = sl_f32_from_bits(viewport->height),
        .min_depth = near < far ? near : far,
        .max_depth = near < far ? far : near,
    };
    if (run->exec->config.profile_aero) {
        clamp_viewport(config);
    }
    return config->viewport.width > 0.0f && config->viewport.height > 0.0f;
}

static void set_scissor(const struct sl_agpu_context *context, struct sl_raster_config *config)
{
    const struct sl_agpu_scissor *scissor = &context->scissor;
    bool is_empty = scissor->width <= 0 || scissor->height <= 0;
    config->scissor = (struct sl_raster_rect){0, 0, config->width, config->height};
    if (!context->rasterizer.scissor_enable || !scissor->is_set) {
        return;
    }
    if (!is_empty) {
        config->scissor = (struct sl_raster_rect){
            .left = scissor->x,
            .top = scissor->y,
            .right = (int64_t)scissor->x + scissor->width,
            .bottom = (int64_t)scissor->y + scissor->height,
        };
    } else if (context->flavour == SL_AGPU_FLAVOUR_D3D9) {
        config->scissor = (struct sl_raster_rect){0};
    }
}

/* ---- depth, stencil, blending ---- */

static struct sl_raster_stencil_face stencil_face(const struct sl_agpu_stencil_face *face)
{
    return (struct sl_raster_stencil_face){
        .func = (enum sl_compare)face->func,
        .fail = (enum sl_stencil_op)face->fail,
        .depth_fail = (enum sl_stencil_op)face->zfail,
        .pass = (enum sl_stencil_op)face->pass,
    };
}

static void set_depth_stencil(const struct sl_agpu_run *run, const struct sl_agpu_target *target,
                              struct sl_raster_depth_stencil *to)
{
    const struct sl_agpu_depth_stencil *state = &run->context->depth_stencil;
    enum sl_compare unset =
        run->context->flavour == SL_AGPU_FLAVOUR_D3D9 ? SL_COMPARE_LESS_EQUAL : SL_COMPARE_LESS;
    bool has_stencil = target->storage && target->format->kind == SL_ABI_FORMAT_DEPTH_STENCIL;
    *to = (struct sl_raster_depth_stencil){
        .depth_test = target->storage && state->depth_enable,
        .depth_write = state->depth_write,
        .depth_func = state->depth_func ? (enum sl_compare)state->depth_func : unset,
        .stencil_test = has_stencil && state->stencil_enable,
        .read_mask = state->read_mask,
        .write_mask = state->write_mask,
        .ref = state->ref,
        .face = {stencil_face(&state->front),
                 stencil_face(state->two_sided ? &state->back : &state->front)},
    };
}

/* Alpha items that are 0, and all of them while alpha is not separate, are those of colour. */
static void set_blend(const struct sl_agpu_blend *state, struct sl_raster_blend *to)
{
    bool separate = state->separate_alpha;
    uint8_t src = separate && state->src_alpha ? state->src_alpha : state->src;
    uint8_t dst = separate && state->dst_alpha ? state->dst_alpha : state->dst;
    uint8_t op = separate && state->op_alpha ? state->op_alpha : state->op;
    *to = (struct sl_raster_blend){
        .enable = state->enable,
        .src = (enum sl_blend_factor)state->src,
        .dst = (enum sl_blend_factor)state->dst,
        .src_alpha = (enum sl_blend_factor)src,
        .dst_alpha = (enum sl_blend_factor)dst,
        .op = (enum sl_blend_op)state->op,
        .op_alpha = (enum sl_blend_op)op,
    };
    for (size_t i = 0; i < 4; i++) {
        to->constant[i] = sl_f32_from_bits(state->constant[i]);
    }
    for (size_t i = 0; i < SL_RASTER_TARGETS; i++) {
        to->write_mask[i] = state->write_mask[i];
    }
}

/* ---- the rest ---- */

static enum sl_cull cull_mode(uint8_t cull)
{
    static const enum sl_cull modes[] = {
        [AEROGPU_CULL_NONE] = SL_CULL_NONE,
        [AEROGPU_CULL_FRONT] = SL_CULL_FRONT,
        [AEROGPU_CULL_BACK] = SL_CULL_BACK,
    };
    return modes[cull];
}

static void set_rasterizer(const struct sl_agpu_run *run, struct sl_raster_config *config)
{
    const struct sl_agpu_rasterizer *state = &run->context->rasterizer;
    config->fill = (enum sl_fill)state->fill;
    config->cull = cull_mode(state->cull);
    config->front_ccw = state->front_ccw;
    config->depth_clip = state->depth_clip;
    config->depth_bias = state->depth_bias;
    config->float_bias = sl_f32_from_bits(state->float_bias);
    config->slope_bias = sl_f32_from_bits(state->slope_bias);
    if (sl_agpu_is_aero_d3d9(run)) {
        config->fill = SL_FILL_SOLID;
        config->depth_bias = 0;
        config->float_bias = 0.0f;
        config->slope_bias = 0.0f;
    }
}

bool sl_agpu_draw_state(const struct sl_agpu_run *run, const struct sl_agpu_draw *draw,
                        struct sl_raster_config *config)
{
    const struct sl_agpu_context *context = run->context;
    set_targets(run, &draw->targets, config);
    if (!set_viewport(run, config)) {
        return false;
    }
    set_scissor(context, config);
    set_rasterizer(run, config);
    set_depth_stencil(run, &draw->targets.depth, &config->depth_stencil);
    set_blend(&context->blend, &config->blend);
    config->d3d9 = is_d3d9(draw);
    config->half_pixel = run->exec->config.half_pixel && is_d3d9(draw);
    config->alpha_test = context->alpha_test.enable && is_d3d9(draw);
    config->alpha_func = (enum sl_compare)context->alpha_test.func;
    config->alpha_ref = context->alpha_test.ref;
    config->sample_masked = !(context->blend.sample_mask & 1);
    return true;
}

/* Points: a list of them, or the corners of triangles that are not filled. */
static bool draws_points(const struct sl_agpu_context *context)
{
    enum sl_agpu_shape shape = sl_agpu_topology_shape(context->topology);
    return shape == SL_AGPU_SHAPE_POINT ||
           (context->rasterizer.fill == SL_AGPU_FILL_POINT &&
            (shape == SL_AGPU_SHAPE_TRIANGLE || shape == SL_AGPU_SHAPE_TRIANGLE_ADJ));
}

struct sl_agpu_link_rules sl_agpu_draw_link_rules(const struct sl_agpu_run *run,
                                                  const struct sl_agpu_draw *draw)
{
    const struct sl_agpu_rasterizer *state = &run->context->rasterizer;
    bool is_aero = sl_agpu_is_aero_d3d9(run);
    struct sl_agpu_link_rules rules = {
        .flat_colors = state->flat_shade && !is_aero,
        .point_sprites = state->point_sprite && draws_points(run->context) && !is_aero,
        .point_size = 1.0f,
        .point_size_min = 1.0f,
        .point_size_max = 1.0f,
        .reads = draw->programs.ps ? draw->programs.ps->input_reads : NULL,
    };
    if (is_d3d9(draw) && !is_aero) {
        rules.point_size = sl_f32_from_bits(state->point_size);
        rules.point_size_min = sl_f32_from_bits(state->point_size_min);
        rules.point_size_max = sl_f32_from_bits(state->point_size_max);
    }
    return rules;
}
