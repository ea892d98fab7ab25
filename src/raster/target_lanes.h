/* Texels of a target for the lanes of some quads of a batch. */
#ifndef SL_RASTER_TARGET_LANES_H
#define SL_RASTER_TARGET_LANES_H

#include "raster/pixel_state.h"

/* The pixel (x, y) of a layer; a layer that the target does not have is layer 0. */
uint8_t *sl_target_at(const struct sl_raster_target *target, uint32_t layer, int32_t x, int32_t y,
                      unsigned size);

/* Quads first to end - 1; only the given lanes' texels are touched and only those of raw. */
void sl_target_read(const struct sl_raster_target *target, const struct sl_pixel_batch *batch,
                    unsigned first, unsigned end, uint64_t lanes, uint32_t raw[SL_LANES]);
void sl_target_write(const struct sl_raster_target *target, const struct sl_pixel_batch *batch,
                     unsigned first, unsigned end, uint64_t lanes, const uint32_t raw[SL_LANES]);

#endif
