/* What state adds to the depth of triangles. */
#ifndef SL_RASTER_DEPTH_BIAS_H
#define SL_RASTER_DEPTH_BIAS_H

#include "raster/shape.h"

/* The bias of a triangle, or of a polygon that clipping made: its first triangle has the slope. */
float sl_depth_bias(const struct sl_raster_config *config, const struct sl_screen_vertex *corners,
                    unsigned count);

#endif
