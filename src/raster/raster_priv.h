/* The rasteriser's own state; raster.c draws, primitives.c takes primitives in. */
#ifndef SL_RASTER_RASTER_PRIV_H
#define SL_RASTER_RASTER_PRIV_H

#include "raster/clip.h"
#include "raster/pixel_worker.h"
#include "raster/tile_bins.h"

struct sl_raster {
    struct sl_worker_pool *pool;
    unsigned worker_count;
    struct sl_pixel_worker **workers; /* one for each thread */
    struct sl_tile_bins *bins;
    bool broken; /* this draw ran out of memory */

    struct sl_pixel_state state;
    _Atomic uint64_t spent;

    /* Vertices that clipping made. */
    uint8_t *clip_storage;
    size_t clip_used;
};

/* Bytes of clip_storage: 64 primitives at least, whatever a vertex takes. */
#define SL_CLIP_STORAGE                                                                            \
    (64u * SL_CLIP_NEW_VERTICES *                                                                  \
     (sizeof(struct sl_raster_vertex) + SL_RASTER_INPUTS * sizeof(uint32_t[4])))

/* Draws all shapes that wait; vertices that they use may go afterwards, except through clipping. */
void sl_raster_draw_shapes(struct sl_raster *raster);

#endif
