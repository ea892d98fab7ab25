/*
 * Quads of one triangle, lanes side by side. Operations are those of sl_interpolate_plain() in the
 * same order, so the bits are the same.
 */
#include "raster/interpolate.h"

#include "base/vector_clones.h"
#include "render/f32_math.h"
#include "render/lane_vectors.h"

#include <string.h>

/* Vectors are passed between functions that are one when compiled; no calling convention matters.
 */
#pragma GCC diagnostic ignored "-Wpsabi"

/* Two quads. */
#define PAIRS (SL_QUADS / 2)
#define PAIR_LANES 8u

typedef float pair_f32 __attribute__((vector_size(32)));
typedef int32_t pair_i32 __attribute__((vector_size(32)));

/* A value for each of a triangle's vertices, in the lanes of successive quads. */
struct weights {
    sl_f64x4 of[3][SL_QUADS];
};

/* What sl_f32_fin() does, on the rounded values. */
SL_INLINE pair_i32 finish(const pair_f32 *value)
{
    pair_f32 rounded = *value;
    pair_i32 bits = (pair_i32)rounded;
    pair_i32 is_small = (bits & 0x7F800000) == 0;
    pair_i32 is_nan = rounded != rounded;
    bits &= ~is_small | INT32_MIN;
    return (bits & ~is_nan) | (is_nan & (int32_t)SL_F32_NAN_BITS);
}

SL_INLINE pair_f32 round_pair(const sl_f64x4 *first, const sl_f64x4 *second)
{
    sl_f32x4 a = SL_TO_F32(*first), b = SL_TO_F32(*second);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
}

SL_INLINE pair_i32 finish_pair(const sl_f64x4 *first, const sl_f64x4 *second)
{
    pair_f32 rounded = round_pair(first, second);
    return finish(&rounded);
}

/* The last pair may be only half wanted. */
SL_INLINE void store_lanes(const pair_i32 *value, uint32_t *out, unsigned lane, unsigned lane_count)
{
    unsigned count = lane_count - lane < PAIR_LANES ? lane_count - lane : PAIR_LANES;
    if (count == PAIR_LANES) {
        memcpy(out + lane, value, sizeof(*value));
    } else {
        memcpy(out + lane, value, sizeof(*value) / 2);
    }
}

/* The value of one quad's lanes. */
SL_INLINE sl_f64x4 weighted(const double values[3], const struct weights *weights, unsigned quad)
{
    return (values[0] * weights->of[0][quad] + values[1] * weights->of[1][quad]) +
           values[2] * weights->of[2][quad];
}

/* Values at the vertices give one value for each lane; equal ones give themselves. */
SL_INLINE void weigh(const float values[3], const struct weights *weights, unsigned lane_count,
                     uint32_t *out)
{
    const double wide[3] = {(double)values[0], (double)values[1], (double)values[2]};
    bool equal = values[0] == values[1] && values[1] == values[2];
    pair_f32 first = values[0] - (pair_f32){0};
    pair_i32 value = finish(&first);
    for (unsigned lane = 0; lane < lane_count; lane += PAIR_LANES) {
        unsigned q = lane / 4;
        if (!equal) {
            sl_f64x4 a = weighted(wide, weights, q), b = weighted(wide, weights, q + 1);
            value = finish_pair(&a, &b);
        }
        store_lanes(&value, out, lane, lane_count);
    }
}

/*
 * Whether no value inside the triangle needs finishing, with linear weights: those that are not 0
 * are at least 1 over an area below 2^50 there. Values at the vertices that are 0 or from 2^-60 up
 * to 2^100, without different signs, then give 0 or something from 2^-111 up.
 */
SL_INLINE bool stays_normal(const float values[3])
{
    uint32_t signs = 0;
    for (int k = 0; k < 3; k++) {
        uint32_t bits, size;
        memcpy(&bits, &values[k], sizeof(bits));
        size = bits & 0x7FFFFFFF;
        if (size != 0 && (size < 0x21800000 || size >= 0x71800000)) {
            return false;
        }
        signs |= size == 0 ? 0 : bits >> 31 ? 2 : 1;
    }
    return signs != 3;
}

/* All lanes of a strip, unfinished. */
SL_INLINE void weigh_strip(const float values[3], const struct weights *weights, uint32_t *out)
{
    const double wide[3] = {(double)values[0], (double)values[1], (double)values[2]};
    for (unsigned q = 0; q < SL_QUADS; q += 2) {
        sl_f64x4 a = weighted(wide, weights, q), b = weighted(wide, weights, q + 1);
        pair_f32 value = round_pair(&a, &b);
        memcpy(out + 4 * q, &value, sizeof(value));
    }
}

/* Whether linear weights are all that a triangle needs. */
SL_INLINE bool is_linear(const struct sl_input_plan *plan, const struct sl_shape *shape)
{
    return shape->flat_w && !plan->has_w;
}

/* What all steps below work on. */
struct task {
    const struct sl_shape *shape;
    unsigned first_lane, lane_count;
    bool again;  /* see sl_interpolate_strip() */
    bool inside; /* a strip, with linear weights alone */
    sl_register_lanes *inputs;
};

SL_INLINE void weigh_items(const struct task *task, const struct sl_input_item *items,
                           unsigned count, const struct weights *weights)
{
    for (unsigned n = 0; n < count; n++) {
        unsigned reg = items[n].reg, component = items[n].component;
        float values[3];
        for (int k = 0; k < 3; k++) {
            memcpy(&values[k], &task->shape->rows[k][reg][component], sizeof(float));
        }
        uint32_t *out = &task->inputs[reg][component][task->first_lane];
        bool equal = values[0] == values[1] && values[1] == values[2];
        if (equal && task->again) {
            continue;
        }
        if (task->inside && !equal && stays_normal(values)) {
            weigh_strip(values, weights, out);
        } else {
            weigh(values, weights, task->lane_count, out);
        }
    }
}

/*
 * The values of the edge functions times scale; every step up to that is exact. The scale is 1, or
 * makes them weights if nobody needs them as they are. The last pair is always whole.
 */
SL_INLINE void find_edges(const struct sl_edges *edges, double scale, const struct sl_quad *quads,
                          unsigned quad_count, struct weights *out)
{
    for (int k = 0; k < 3; k++) {
        double start = (double)edges->start[k];
        double x = (double)edges->step_x[k], y = (double)edges->step_y[k];
        sl_f64x4 steps = {0, x, y, x + y};
        for (unsigned q = 0; q < quad_count; q++) {
            double corner = (start + x * quads[q].x) + y * quads[q].y;
            out->of[k][q] = (corner + steps) * scale;
        }
        if (quad_count % 2) {
            out->of[k][quad_count] = out->of[k][quad_count - 1];
        }
    }
}

/* The same for SL_QUADS quads side by side. */
SL_INLINE void find_strip_edges(const struct sl_edges *edges, double scale,
                                const struct sl_quad *first, struct weights *out)
{
    for (int k = 0; k < 3; k++) {
        double start = (double)edges->start[k];
        double x = (double)edges->step_x[k], y = (double)edges->step_y[k];
        double corner = (start + x * first->x) + y * first->y;
        sl_f64x4 even = corner + (sl_f64x4){0, x, y, x + y}, odd = even + 2 * x;
        for (unsigned q = 0; q < SL_QUADS; q += 2) {
            out->of[k][q] = even * scale;
            out->of[k][q + 1] = odd * scale;
            even += 4 * x;
            odd += 4 * x;
        }
    }
}

SL_INLINE void find_linear(const struct sl_edges *triangle, const struct weights *edges,
                           unsigned pair_count, struct weights *out)
{
    for (int k = 0; k < 3; k++) {
        for (unsigned q = 0; q < 2 * pair_count; q++) {
            out->of[k][q] = edges->of[k][q] * triangle->reciprocal;
        }
    }
}

/* Gives w. */
SL_INLINE sl_f64x4 perspective_of_quad(const struct sl_shape *shape, const struct weights *edges,
                                       unsigned q, struct weights *out)
{
    sl_f64x4 a = edges->of[0][q] * shape->inverse_w[0];
    sl_f64x4 b = edges->of[1][q] * shape->inverse_w[1];
    sl_f64x4 c = edges->of[2][q] * shape->inverse_w[2];
    sl_f64x4 r = 1.0 / ((a + b) + c);
    out->of[0][q] = a * r;
    out->of[1][q] = b * r;
    out->of[2][q] = c * r;
    return shape->edges.area * r;
}

SL_INLINE void find_perspective(const struct sl_shape *shape, const struct weights *edges,
                                unsigned pair_count, struct weights *out, pair_i32 w[PAIRS])
{
    for (unsigned i = 0; i < pair_count; i++) {
        sl_f64x4 first = perspective_of_quad(shape, edges, 2 * i, out);
        sl_f64x4 second = perspective_of_quad(shape, edges, 2 * i + 1, out);
        w[i] = finish_pair(&first, &second);
    }
}

SL_INLINE double edge_scale(const struct sl_input_plan *plan, const struct sl_shape *shape)
{
    return is_linear(plan, shape) ? shape->edges.reciprocal : 1.0;
}

/*
 * From edge functions, or weights if those are linear, to inputs and depths. w: of the lanes, if
 * the plan has it.
 */
SL_INLINE void weigh_all(const struct sl_input_plan *plan, const struct task *task,
                         const struct weights *edges, pair_i32 w[PAIRS], float depth[SL_LANES])
{
    const struct sl_shape *shape = task->shape;
    unsigned pair_count = (task->lane_count + PAIR_LANES - 1) / PAIR_LANES;
    struct weights own_linear, perspective;
    const struct weights *linear = edges, *weights = edges;
    if (!is_linear(plan, shape)) {
        find_perspective(shape, edges, pair_count, &perspective, w);
        weights = &perspective;
        if (plan->needs_depth || plan->linear_count > 0) {
            find_linear(&shape->edges, edges, pair_count, &own_linear);
            linear = &own_linear;
        }
    }
    if (plan->needs_depth) {
        uint32_t z[SL_LANES];
        weigh(shape->z, linear, task->lane_count, z);
        memcpy(&depth[task->first_lane], z, task->lane_count * sizeof(float));
    }
    const struct sl_input_item *items = plan->items;
    weigh_items(task, items, plan->perspective_count, weights);
    items += plan->perspective_count;
    weigh_items(task, items, plan->linear_count, linear);
    items += plan->linear_count;
    for (unsigned n = plan->perspective_count + plan->linear_count; n < plan->count; n++, items++) {
        if (sl_item_is_perspective(shape, *items)) {
            weigh_items(task, items, 1, weights);
        }
    }
}

static void fill_system(const struct sl_input_plan *plan, const struct sl_quad *quad, unsigned lane,
                        unsigned lane_of_w, const pair_i32 w[PAIRS], sl_register_lanes *inputs,
                        const float depth[SL_LANES])
{
    float of_quad[4] = {0};
    if (plan->has_w) {
        memcpy(of_quad, (const uint32_t *)w + lane_of_w, sizeof(of_quad));
    }
    sl_interpolate_system(plan, quad, lane, of_quad, inputs, depth);
}

SL_CLONES static void interpolate_triangle(const struct sl_input_plan *plan,
                                           const struct sl_quad *quads, unsigned quad_count,
                                           unsigned lane, sl_register_lanes *inputs,
                                           float depth[SL_LANES])
{
    struct task task = {quads->shape, lane, 4 * quad_count, false, false, inputs};
    struct weights edges;
    pair_i32 w[PAIRS];
    find_edges(&quads->shape->edges, edge_scale(plan, quads->shape), quads, quad_count, &edges);
    weigh_all(plan, &task, &edges, w, depth);
    for (unsigned q = 0; plan->has_system && q < quad_count; q++) {
        fill_system(plan, &quads[q], lane + 4 * q, 4 * q, w, inputs, depth);
    }
}

void sl_interpolate_triangle(const struct sl_input_plan *plan, const struct sl_quad *quads,
                             unsigned quad_count, unsigned lane, sl_register_lanes *inputs,
                             float depth[SL_LANES])
{
    interpolate_triangle(plan, quads, quad_count, lane, inputs, depth);
}

SL_CLONES static void interpolate_strip(const struct sl_input_plan *plan,
                                        const struct sl_quad *first, bool again,
                                        sl_register_lanes *inputs, float depth[SL_LANES])
{
    struct task task = {first->shape, 0, SL_LANES, again, is_linear(plan, first->shape), inputs};
    struct weights edges;
    pair_i32 w[PAIRS];
    find_strip_edges(&first->shape->edges, edge_scale(plan, first->shape), first, &edges);
    weigh_all(plan, &task, &edges, w, depth);
    struct sl_quad quad = *first;
    for (unsigned q = 0; plan->has_system && q < SL_QUADS; q++, quad.x += 2) {
        fill_system(plan, &quad, 4 * q, 4 * q, w, inputs, depth);
    }
}

void sl_interpolate_strip(const struct sl_input_plan *plan, const struct sl_quad *first, bool again,
                          sl_register_lanes *inputs, float depth[SL_LANES])
{
    if (plan->count > 0 || plan->needs_depth) {
        interpolate_strip(plan, first, again, inputs, depth);
    }
}
