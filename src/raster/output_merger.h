/* What becomes of the pixels of a batch after their program: tests, blending, writes, reports. */
#ifndef SL_RASTER_OUTPUT_MERGER_H
#define SL_RASTER_OUTPUT_MERGER_H

#include "raster/pixel_state.h"

/* Sorts out what lanes survive discards, masks and the alpha test. */
void sl_merge_discards(const struct sl_pixel_state *state, struct sl_pixel_batch *batch,
                       uint64_t discarded);

/* Depth, stencil and colour in drawing order. Gives the number of pixels written. */
uint64_t sl_merge_batch(const struct sl_pixel_state *state, struct sl_pixel_batch *batch);

/* Depth and stencil before the program, for programs that ask for it. */
void sl_merge_early(const struct sl_pixel_state *state, struct sl_pixel_batch *batch);

#endif
