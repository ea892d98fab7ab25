/* Depth and stencil tests and writes. */
#ifndef SL_RASTER_DEPTH_STENCIL_H
#define SL_RASTER_DEPTH_STENCIL_H

#include "raster/pixel_state.h"

/* Whether a test of two numbers passes: left FUNC right; with a NaN only != and always do. */
bool sl_compare_f32(enum sl_compare func, float left, float right);
bool sl_compare_u32(enum sl_compare func, uint32_t left, uint32_t right);

/* What an operation makes of a stencil value, before the write mask. */
uint8_t sl_stencil_apply(enum sl_stencil_op op, uint8_t stored, uint8_t ref);

/* Clamps depths to the viewport's range and encodes them for the target into batch->depth_raw. */
void sl_depth_prepare(const struct sl_raster_config *config, const float depth[SL_LANES],
                      struct sl_pixel_batch *batch);

/* Tests and updates one run; lanes that fail leave batch->alive. */
void sl_depth_stencil_run(const struct sl_raster_config *config, struct sl_pixel_batch *batch,
                          unsigned first_quad, unsigned end_quad);

#endif
