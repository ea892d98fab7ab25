/*
 * One thread's way from covered quads to written pixels: it gathers the quads of one tile into
 * batches and runs each through interpolation, program and output merger.
 */
#ifndef SL_RASTER_PIXEL_WORKER_H
#define SL_RASTER_PIXEL_WORKER_H

#include "raster/pixel_state.h"

struct sl_pixel_worker;

/* Sums over all that a worker did since it was taken. */
struct sl_pixel_totals {
    uint64_t work;
    bool capped;
    bool failed;
};

struct sl_pixel_worker *sl_pixel_worker_create(void);
void sl_pixel_worker_destroy(struct sl_pixel_worker *worker);

/* Between begin and end state stays the same. Memory for the program is had when first needed. */
void sl_pixel_worker_begin(struct sl_pixel_worker *worker, const struct sl_pixel_state *state);
struct sl_pixel_totals sl_pixel_worker_end(struct sl_pixel_worker *worker);

/* Draws all pixels of a shape in the block of SL_TILE columns and row_count rows at x, y. */
void sl_pixel_worker_draw(struct sl_pixel_worker *worker, const struct sl_shape *shape, int32_t x,
                          int32_t y, unsigned row_count);

/* Brings all quads to an end; before another block is begun. */
void sl_pixel_worker_flush(struct sl_pixel_worker *worker);

#endif
