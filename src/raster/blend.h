/* Blending of colours with what a target holds, in binary32 with the rules of programs. */
#ifndef SL_RASTER_BLEND_H
#define SL_RASTER_BLEND_H

#include "raster/raster.h"

/*
 * result may be source. Sources are clamped to [0, 1] first, NaN to 0; so is the constant. Texels
 * of target are what the texel stored before gives.
 */
void sl_blend_lanes(const struct sl_raster_blend *blend, const float *const source[4],
                    sl_texel_lanes target, sl_texel_lanes result);

#endif
