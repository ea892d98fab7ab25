/* Small pieces that the set-up of triangles, lines and points shares. */
#ifndef SL_RASTER_SHAPE_PARTS_H
#define SL_RASTER_SHAPE_PARTS_H

#include "raster/shape.h"

#define SL_PIXEL_UNITS 256 /* of a snapped coordinate */
#define SL_PIXEL_CENTRE 128

/* Floor of a quotient; the divisor is positive. */
static inline int64_t sl_floor_div(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return quotient - (dividend % divisor < 0);
}

/* The first pixel whose centre is at or after a coordinate, and the last at or before it. */
static inline int32_t sl_first_centre(int32_t at)
{
    return (int32_t)sl_floor_div((int64_t)at - SL_PIXEL_CENTRE + SL_PIXEL_UNITS - 1,
                                 SL_PIXEL_UNITS);
}

static inline int32_t sl_last_centre(int32_t at)
{
    return (int32_t)sl_floor_div((int64_t)at - SL_PIXEL_CENTRE, SL_PIXEL_UNITS);
}

/* The common part; false if it is empty. */
bool sl_pixel_box_meet(const struct sl_pixel_box *a, const struct sl_pixel_box *b,
                       struct sl_pixel_box *common);

/* Fills in what does not depend on the kind. */
void sl_shape_vertices(struct sl_shape *shape, const struct sl_screen_vertex *vertices,
                       unsigned count, const struct sl_shape_owner *owner);

#endif
