/*
 * Values of pixel inputs and depth from those of the vertices (docs/numerics.md, "Interpolation").
 * Helper lanes get theirs by the same formulas.
 */
#ifndef SL_RASTER_INTERPOLATE_H
#define SL_RASTER_INTERPOLATE_H

#include "raster/shape.h"

/* Two by two pixels of a shape; lane = 2 * (y & 1) + (x & 1). */
struct sl_quad {
    const struct sl_shape *shape;
    int32_t x, y;     /* even: upper left pixel */
    uint32_t covered; /* bit = lane */
};

/* One component of a pixel input register and where it comes from. */
struct sl_input_item {
    uint8_t reg;
    uint8_t component;
    uint8_t source; /* enum sl_raster_source */
};

/* The components that differ from pixel to pixel, in groups by what they need. */
struct sl_input_plan {
    struct sl_input_item items[4 * SL_RASTER_INPUTS];
    unsigned perspective_count; /* items from the start */
    unsigned linear_count;      /* items after those */
    unsigned count;
    unsigned register_count;
    bool has_w;       /* POSITION_W is among them */
    bool has_system;  /* some are no function of the weights */
    bool needs_depth; /* somebody looks at it */
};

/* tests_depth: the depth of pixels matters after their program, too. */
void sl_input_plan_init(struct sl_input_plan *plan, const struct sl_raster_config *config,
                        unsigned register_count, bool tests_depth);

/* Components that are the same for all pixels of the draw: ZERO and ONE. */
void sl_input_constants(const struct sl_raster_config *config, unsigned register_count,
                        sl_register_lanes *inputs);

/* Fills in the lanes of the quads, from lane 0 on: values of the inputs, and depths if needed. */
void sl_interpolate(const struct sl_input_plan *plan, const struct sl_quad *quads,
                    unsigned quad_count, sl_register_lanes *inputs, float depth[SL_LANES]);

/*
 * The two ways it does that. The plain one is the definition, value by value, for every kind of
 * shape; the other does quads of one triangle, lanes side by side, and gives the same bits.
 */
void sl_interpolate_plain(const struct sl_input_plan *plan, const struct sl_quad *quad,
                          unsigned first_lane, sl_register_lanes *inputs, float depth[SL_LANES]);
void sl_interpolate_triangle(const struct sl_input_plan *plan, const struct sl_quad *quads,
                             unsigned quad_count, unsigned first_lane, sl_register_lanes *inputs,
                             float depth[SL_LANES]);

/*
 * A strip: SL_QUADS quads of one triangle side by side from the first, in all lanes. again: the
 * lanes are those of the last strip, and it was of the same triangle, so values that all its pixels
 * share are there already.
 */
void sl_interpolate_strip(const struct sl_input_plan *plan, const struct sl_quad *first, bool again,
                          sl_register_lanes *inputs, float depth[SL_LANES]);

/* What all share: POINT_U and POINT_V count as perspective for shapes that are no points. */
static inline bool sl_item_is_perspective(const struct sl_shape *shape, struct sl_input_item item)
{
    return item.source == SL_RASTER_PERSPECTIVE ||
           (shape->kind != SL_SHAPE_POINT &&
            (item.source == SL_RASTER_POINT_U || item.source == SL_RASTER_POINT_V));
}

/* The items that are no function of the weights; w of the four lanes. */
void sl_interpolate_system(const struct sl_input_plan *plan, const struct sl_quad *quad,
                           unsigned first_lane, const float w[4], sl_register_lanes *inputs,
                           const float depth[SL_LANES]);

#endif
