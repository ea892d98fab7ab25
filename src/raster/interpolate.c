#include "raster/interpolate.h"

#include "base/fast_path.h"
#include "raster/shape_parts.h"
#include "render/convert.h"
#include "render/f32_math.h"

/* Weights of the vertices at one pixel. */
struct weights {
    double linear[3];
    double perspective[3];
    float w;
};

/* A component of a register that no vertex has reads 0. */
static enum sl_raster_source source_of(const struct sl_raster_config *config, unsigned reg,
                                       unsigned component)
{
    if (reg >= SL_RASTER_INPUTS) {
        return SL_RASTER_ZERO;
    }
    enum sl_raster_source source = config->sources[reg][component];
    bool of_vertex = source == SL_RASTER_PERSPECTIVE || source == SL_RASTER_LINEAR ||
                     source == SL_RASTER_FLAT || source == SL_RASTER_POINT_U ||
                     source == SL_RASTER_POINT_V;
    return of_vertex && reg >= config->input_count ? SL_RASTER_ZERO : source;
}

static unsigned group_of(enum sl_raster_source source)
{
    return source == SL_RASTER_PERSPECTIVE ? 0 : source == SL_RASTER_LINEAR ? 1 : 2;
}

static void add_group(struct sl_input_plan *plan, const struct sl_raster_config *config,
                      unsigned group)
{
    for (unsigned reg = 0; reg < plan->register_count && reg < SL_RASTER_INPUTS; reg++) {
        for (unsigned component = 0; component < 4; component++) {
            enum sl_raster_source source = source_of(config, reg, component);
            if (source == SL_RASTER_ZERO || source == SL_RASTER_ONE || group_of(source) != group) {
                continue;
            }
            plan->items[plan->count++] = (struct sl_input_item){
                .reg = (uint8_t)reg, .component = (uint8_t)component, .source = (uint8_t)source};
            plan->has_w = plan->has_w || source == SL_RASTER_POSITION_W;
            plan->needs_depth = plan->needs_depth || source == SL_RASTER_POSITION_Z;
        }
    }
}

void sl_input_plan_init(struct sl_input_plan *plan, const struct sl_raster_config *config,
                        unsigned register_count, bool tests_depth)
{
    plan->count = 0;
    plan->register_count = register_count;
    plan->has_w = false;
    plan->needs_depth = tests_depth;
    add_group(plan, config, 0);
    plan->perspective_count = plan->count;
    add_group(plan, config, 1);
    plan->linear_count = plan->count - plan->perspective_count;
    add_group(plan, config, 2);
    plan->has_system = plan->count > plan->perspective_count + plan->linear_count;
}

void sl_input_constants(const struct sl_raster_config *config, unsigned register_count,
                        sl_register_lanes *inputs)
{
    for (unsigned reg = 0; reg < register_count; reg++) {
        for (unsigned component = 0; component < 4; component++) {
            bool one = source_of(config, reg, component) == SL_RASTER_ONE;
            uint32_t value = one ? sl_f32_to_bits(1.0F) : 0;
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                inputs[reg][component][lane] = value;
            }
        }
    }
}

/*
 * Triangles. The edge functions are exact; the area cancels out of perspective weights, so only one
 * division is left.
 */
static void triangle_weights(const struct sl_shape *shape, int32_t x, int32_t y,
                             struct weights *weights)
{
    const struct sl_edges *edges = &shape->edges;
    double b[3];
    for (int k = 0; k < 3; k++) {
        double e = (double)(edges->start[k] + edges->step_x[k] * x + edges->step_y[k] * y);
        weights->linear[k] = e * edges->reciprocal;
        b[k] = e * shape->inverse_w[k];
    }
    double r = 1.0 / ((b[0] + b[1]) + b[2]);
    for (int k = 0; k < 3; k++) {
        weights->perspective[k] = b[k] * r;
    }
    weights->w = sl_f32_fin((float)(edges->area * r));
}

static void line_weights(const struct sl_shape *shape, int32_t x, int32_t y,
                         struct weights *weights)
{
    const struct sl_segment *segment = &shape->segment;
    int64_t pixel = segment->y_major ? y : x;
    int64_t centre = SL_PIXEL_UNITS * pixel + SL_PIXEL_CENTRE;
    double t =
        (double)(centre - segment->major[0]) / (double)(segment->major[1] - segment->major[0]);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    weights->linear[0] = 1.0 - t;
    weights->linear[1] = t;
    double b0 = weights->linear[0] * shape->inverse_w[0];
    double b1 = weights->linear[1] * shape->inverse_w[1];
    double r = 1.0 / (b0 + b1);
    weights->perspective[0] = b0 * r;
    weights->perspective[1] = b1 * r;
    weights->w = sl_f32_fin((float)r);
}

/* Equal values give themselves: weights that do not sum up to 1 must not show. */
static float weigh(enum sl_shape_kind kind, const float a[3], const double weight[3])
{
    if (kind == SL_SHAPE_POINT || (a[0] == a[1] && (kind == SL_SHAPE_LINE || a[1] == a[2]))) {
        return sl_f32_fin(a[0]);
    }
    double sum = (double)a[0] * weight[0] + (double)a[1] * weight[1];
    if (kind == SL_SHAPE_TRIANGLE) {
        sum += (double)a[2] * weight[2];
    }
    return sl_f32_fin((float)sum);
}

static unsigned vertex_count(enum sl_shape_kind kind)
{
    return kind == SL_SHAPE_TRIANGLE ? 3 : kind == SL_SHAPE_LINE ? 2 : 1;
}

static void interpolate_item(const struct sl_shape *shape, struct sl_input_item item,
                             const double weight[3], uint32_t *out)
{
    float values[3] = {0};
    for (unsigned k = 0; k < vertex_count(shape->kind); k++) {
        values[k] = sl_f32_from_bits(shape->rows[k][item.reg][item.component]);
    }
    *out = sl_f32_to_bits(weigh(shape->kind, values, weight));
}

void sl_interpolate_plain(const struct sl_input_plan *plan, const struct sl_quad *quad,
                          unsigned first_lane, sl_register_lanes *inputs, float depth[SL_LANES])
{
    const struct sl_shape *shape = quad->shape;
    float w[4];
    for (unsigned i = 0; i < 4; i++) {
        int32_t x = quad->x + (int32_t)(i & 1), y = quad->y + (int32_t)(i >> 1);
        struct weights weights = {.w = shape->w[0]};
        if (shape->kind == SL_SHAPE_TRIANGLE) {
            triangle_weights(shape, x, y, &weights);
        } else if (shape->kind == SL_SHAPE_LINE) {
            line_weights(shape, x, y, &weights);
        }
        w[i] = weights.w;
        depth[first_lane + i] = weigh(shape->kind, shape->z, weights.linear);
        for (unsigned n = 0; n < plan->count; n++) {
            struct sl_input_item item = plan->items[n];
            uint32_t *out = &inputs[item.reg][item.component][first_lane + i];
            if (sl_item_is_perspective(shape, item)) {
                interpolate_item(shape, item, weights.perspective, out);
            } else if (item.source == SL_RASTER_LINEAR) {
                interpolate_item(shape, item, weights.linear, out);
            }
        }
    }
    sl_interpolate_system(plan, quad, first_lane, w, inputs, depth);
}

/* Across the square of a point: 0 at the left or upper side, 1 at the other. */
static float across(const struct sl_square *square, int64_t at, int64_t middle)
{
    int64_t from_side = SL_PIXEL_UNITS * at + SL_PIXEL_CENTRE - (middle - square->half);
    return sl_f32_fin((float)((double)from_side / (double)(2 * square->half)));
}

static uint32_t system_value(const struct sl_shape *shape, struct sl_input_item item, int32_t x,
                             int32_t y, float z, float w)
{
    enum sl_raster_source source = item.source;
    switch (source) {
    case SL_RASTER_FLAT:
        return shape->flat[item.reg][item.component];
    case SL_RASTER_POSITION_X:
        return sl_f32_to_bits((float)x + 0.5F);
    case SL_RASTER_POSITION_Y:
        return sl_f32_to_bits((float)y + 0.5F);
    case SL_RASTER_POSITION_Z:
        return sl_f32_to_bits(z);
    case SL_RASTER_POSITION_W:
        return sl_f32_to_bits(w);
    case SL_RASTER_PIXEL_X:
        return sl_f32_to_bits((float)x);
    case SL_RASTER_PIXEL_Y:
        return sl_f32_to_bits((float)y);
    case SL_RASTER_FRONT_MASK:
        return shape->front ? UINT32_MAX : 0;
    case SL_RASTER_FACE_SIGN:
        return sl_f32_to_bits(shape->front ? 1.0F : -1.0F);
    case SL_RASTER_PRIMITIVE_ID:
        return shape->primitive_id;
    case SL_RASTER_POINT_U:
        return sl_f32_to_bits(across(&shape->square, x, shape->square.x));
    case SL_RASTER_POINT_V:
        return sl_f32_to_bits(across(&shape->square, y, shape->square.y));
    case SL_RASTER_ONE:
        return sl_f32_to_bits(1.0F);
    case SL_RASTER_ZERO:
    case SL_RASTER_PERSPECTIVE:
    case SL_RASTER_LINEAR:
        break;
    }
    return 0;
}

void sl_interpolate_system(const struct sl_input_plan *plan, const struct sl_quad *quad,
                           unsigned first_lane, const float w[4], sl_register_lanes *inputs,
                           const float depth[SL_LANES])
{
    for (unsigned n = plan->perspective_count + plan->linear_count; n < plan->count; n++) {
        struct sl_input_item item = plan->items[n];
        if (sl_item_is_perspective(quad->shape, item)) {
            continue;
        }
        for (unsigned i = 0; i < 4; i++) {
            unsigned lane = first_lane + i;
            inputs[item.reg][item.component][lane] =
                system_value(quad->shape, item, quad->x + (int32_t)(i & 1),
                             quad->y + (int32_t)(i >> 1), depth[lane], w[i]);
        }
    }
}

static bool is_fast(const struct sl_shape *shape)
{
    return shape->kind == SL_SHAPE_TRIANGLE && sl_fast_path(SL_FAST_RASTER);
}

void sl_interpolate(const struct sl_input_plan *plan, const struct sl_quad *quads,
                    unsigned quad_count, sl_register_lanes *inputs, float depth[SL_LANES])
{
    if (plan->count == 0 && !plan->needs_depth) {
        return;
    }
    for (unsigned q = 0, end = 0; q < quad_count; q = end) {
        const struct sl_shape *shape = quads[q].shape;
        for (end = q + 1; end < quad_count && quads[end].shape == shape; end++) {
        }
        if (is_fast(shape)) {
            sl_interpolate_triangle(plan, &quads[q], end - q, 4 * q, inputs, depth);
            continue;
        }
        for (unsigned i = q; i < end; i++) {
            sl_interpolate_plain(plan, &quads[i], 4 * i, inputs, depth);
        }
    }
}
