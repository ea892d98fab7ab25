/*
 * Quads of one triangle, their four lanes side by side. Operations are those of
 * sl_interpolate_plain() in the same order, so the bits are the same.
 */
#include "raster/interpolate.h"

#include "base/vector_clones.h"
#include "render/f32_math.h"

#include <string.h>

typedef double quad_f64 __attribute__((vector_size(32)));
typedef int64_t quad_i64 __attribute__((vector_size(32)));
typedef float quad_f32 __attribute__((vector_size(16)));
typedef uint32_t quad_u32 __attribute__((vector_size(16)));

/* Weights of a triangle's vertices in the lanes of successive quads. */
struct quad_weights {
    quad_f64 of[3][SL_QUADS];
};

/* What sl_f32_fin() does, on the rounded values. */
static inline void store_finished(const quad_f64 *value, uint32_t *out)
{
    quad_f32 rounded = __builtin_convertvector(*value, quad_f32);
    quad_u32 bits, size, is_small, is_nan;
    memcpy(&bits, &rounded, sizeof(bits));
    size = bits & 0x7FFFFFFFU;
    is_small = (quad_u32)(size < 0x00800000U);
    is_nan = (quad_u32)(size > 0x7F800000U);
    bits &= 0x80000000U | ~is_small;
    bits = (bits & ~is_nan) | (is_nan & SL_F32_NAN_BITS);
    memcpy(out, &bits, sizeof(bits));
}

/* Values at the vertices give one value for each lane; equal ones give themselves. */
static inline void weigh(float a, float b, float c, const struct quad_weights *weights,
                         unsigned quad_count, uint32_t *out)
{
    double wide_a = (double)a, wide_b = (double)b, wide_c = (double)c;
    if (a == b && b == c) {
        quad_f64 value = wide_a - (quad_f64){0};
        for (unsigned q = 0; q < quad_count; q++) {
            store_finished(&value, out + 4 * q);
        }
        return;
    }
    for (unsigned q = 0; q < quad_count; q++) {
        quad_f64 value =
            (wide_a * weights->of[0][q] + wide_b * weights->of[1][q]) + wide_c * weights->of[2][q];
        store_finished(&value, out + 4 * q);
    }
}

static inline void weigh_items(const struct sl_shape *shape, const struct sl_input_item *items,
                               unsigned count, unsigned quad_count, unsigned lane,
                               const struct quad_weights *weights, sl_register_lanes *inputs)
{
    for (unsigned n = 0; n < count; n++) {
        unsigned reg = items[n].reg, component = items[n].component;
        float values[3];
        for (int k = 0; k < 3; k++) {
            memcpy(&values[k], &shape->rows[k][reg][component], sizeof(float));
        }
        weigh(values[0], values[1], values[2], weights, quad_count, &inputs[reg][component][lane]);
    }
}

/* The values of the edge functions; every step is exact. */
static inline void find_edges(const struct sl_edges *edges, const struct sl_quad *quads,
                              unsigned quad_count, struct quad_weights *out)
{
    for (int k = 0; k < 3; k++) {
        double start = (double)edges->start[k];
        double step_x = (double)edges->step_x[k], step_y = (double)edges->step_y[k];
        quad_f64 steps = {0, step_x, step_y, step_x + step_y};
        for (unsigned q = 0; q < quad_count; q++) {
            double corner = (start + step_x * quads[q].x) + step_y * quads[q].y;
            out->of[k][q] = corner + steps;
        }
    }
}

static inline void find_linear(const struct sl_edges *triangle, const struct quad_weights *edges,
                               unsigned quad_count, struct quad_weights *out)
{
    for (int k = 0; k < 3; k++) {
        for (unsigned q = 0; q < quad_count; q++) {
            out->of[k][q] = edges->of[k][q] * triangle->reciprocal;
        }
    }
}

static inline void find_perspective(const struct sl_shape *shape, const struct quad_weights *edges,
                                    unsigned quad_count, struct quad_weights *out,
                                    uint32_t w[SL_LANES])
{
    for (unsigned q = 0; q < quad_count; q++) {
        quad_f64 a = edges->of[0][q] * shape->inverse_w[0];
        quad_f64 b = edges->of[1][q] * shape->inverse_w[1];
        quad_f64 c = edges->of[2][q] * shape->inverse_w[2];
        quad_f64 r = 1.0 / ((a + b) + c);
        out->of[0][q] = a * r;
        out->of[1][q] = b * r;
        out->of[2][q] = c * r;
        quad_f64 distance = shape->edges.area * r;
        store_finished(&distance, &w[4 * q]);
    }
}

SL_CLONES static void interpolate_triangle(const struct sl_input_plan *plan,
                                           const struct sl_quad *quads, unsigned quad_count,
                                           unsigned lane, sl_register_lanes *inputs,
                                           float depth[SL_LANES])
{
    const struct sl_shape *shape = quads->shape;
    struct quad_weights edges, linear, perspective;
    uint32_t w[SL_LANES], z[SL_LANES];
    find_edges(&shape->edges, quads, quad_count, &edges);
    find_linear(&shape->edges, &edges, quad_count, &linear);
    if (plan->needs_depth) {
        weigh(shape->z[0], shape->z[1], shape->z[2], &linear, quad_count, z);
        memcpy(&depth[lane], z, quad_count * 4 * sizeof(float));
    }
    const struct quad_weights *weights = &linear;
    if (!shape->flat_w || plan->has_w) {
        find_perspective(shape, &edges, quad_count, &perspective, w);
        weights = &perspective;
    }
    const struct sl_input_item *items = plan->items;
    weigh_items(shape, items, plan->perspective_count, quad_count, lane, weights, inputs);
    items += plan->perspective_count;
    weigh_items(shape, items, plan->linear_count, quad_count, lane, &linear, inputs);
    items += plan->linear_count;
    for (unsigned n = plan->perspective_count + plan->linear_count; n < plan->count; n++, items++) {
        if (sl_item_is_perspective(shape, *items)) {
            weigh_items(shape, items, 1, quad_count, lane, weights, inputs);
        }
    }
    for (unsigned q = 0; plan->has_system && q < quad_count; q++) {
        float of_quad[4] = {0};
        if (plan->has_w) {
            memcpy(of_quad, &w[4 * q], sizeof(of_quad));
        }
        sl_interpolate_system(plan, &quads[q], lane + 4 * q, of_quad, inputs, depth);
    }
}

void sl_interpolate_triangle(const struct sl_input_plan *plan, const struct sl_quad *quads,
                             unsigned quad_count, unsigned lane, sl_register_lanes *inputs,
                             float depth[SL_LANES])
{
    interpolate_triangle(plan, quads, quad_count, lane, inputs, depth);
}
