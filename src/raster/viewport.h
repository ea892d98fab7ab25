/* From clip space to the screen, and what of the state that depends on. */
#ifndef SL_RASTER_VIEWPORT_H
#define SL_RASTER_VIEWPORT_H

#include "raster/raster.h"
#include "raster/shape.h"

/* A vertex in clip space: the position may have moved by half a pixel. */
struct sl_clip_vertex {
    float position[4];
    const struct sl_raster_vertex *vertex;
};

/* Worked out once for each draw. */
struct sl_raster_frame {
    struct sl_pixel_box bounds; /* target area, viewport and scissor; may be empty */
    struct sl_raster_viewport viewport;
    float half_x, half_y; /* what positions move by, for w = 1 */
    bool half_pixel;

    /* Guard band in units of w. */
    double left, right, bottom, top;
};

void sl_raster_frame_init(struct sl_raster_frame *frame, const struct sl_raster_config *config);

/* False if a component of the position is not finite. */
bool sl_clip_vertex_init(struct sl_clip_vertex *corner, const struct sl_raster_vertex *vertex,
                         const struct sl_raster_frame *frame);

/* The corner lies inside the guard band and has w > 0. */
struct sl_screen_vertex sl_to_screen(const struct sl_clip_vertex *corner,
                                     const struct sl_raster_frame *frame);

#endif
