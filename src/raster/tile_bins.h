/*
 * The shapes of a draw that wait for their pixels, and for each tile of the targets the list of
 * those that may touch it, in drawing order.
 */
#ifndef SL_RASTER_TILE_BINS_H
#define SL_RASTER_TILE_BINS_H

#include "raster/shape.h"

#define SL_BIN_SHAPES 4096u

struct sl_tile_bins;

struct sl_tile_bins *sl_tile_bins_create(void);
void sl_tile_bins_destroy(struct sl_tile_bins *bins);

/* Empties it for targets of this size; false without memory. */
bool sl_tile_bins_begin(struct sl_tile_bins *bins, uint32_t width, uint32_t height);

/* A place to set up a shape in; NULL if there is none left: draw and clear first. */
struct sl_shape *sl_tile_bins_next(struct sl_tile_bins *bins);

/* Takes in the shape that was set up there. False if it does not fit: draw and clear first. */
bool sl_tile_bins_add(struct sl_tile_bins *bins);

/* The shapes in drawing order, whatever tiles they are in. */
uint32_t sl_tile_bins_shape_count(const struct sl_tile_bins *bins);
const struct sl_shape *sl_tile_bins_shape(const struct sl_tile_bins *bins, uint32_t index);

/* Tiles that have shapes. */
uint32_t sl_tile_bins_tile_count(const struct sl_tile_bins *bins);

/* Walks the shapes of one of those: start with cursor 0 and go on until NULL. */
const struct sl_shape *sl_tile_bins_walk(const struct sl_tile_bins *bins, uint32_t tile,
                                         uint32_t *cursor);

/* Upper left pixel of one of those. */
void sl_tile_bins_place(const struct sl_tile_bins *bins, uint32_t tile, int32_t *x, int32_t *y);

void sl_tile_bins_clear(struct sl_tile_bins *bins);

#endif
