/*
 * What pixels of one draw need to know, worked out when it begins, and what a batch of quads is
 * made of on its way through the program and the output merger.
 */
#ifndef SL_RASTER_PIXEL_STATE_H
#define SL_RASTER_PIXEL_STATE_H

#include "raster/interpolate.h"
#include "raster/viewport.h"

/* A colour target that the program writes. */
struct sl_color_write {
    uint8_t target;
    uint8_t channels; /* that the program has an output for */
    bool replaces;    /* every bit, so that what was stored does not matter */
};

struct sl_pixel_state {
    const struct sl_raster_config *config;
    struct sl_raster_frame frame;
    struct sl_input_plan plan;
    size_t vertex_size;
    bool reads_coverage; /* the program uses its input coverage */
    bool strips;         /* quads may come as strips */
    bool serial;         /* each quad is written before the next is begun */
    bool early;          /* depth and stencil are tested before the program runs */
    bool skips;          /* quads that fail those need not run it: nobody could tell */
    bool depth_active;   /* something is tested or written there */
    bool uniform;        /* what the program puts out is the same for all pixels of the draw */
    unsigned write_count;
    struct sl_color_write writes[SL_RASTER_TARGETS];
    float ones[SL_LANES];
    _Atomic uint64_t *spent; /* work of all threads so far, where there is a limit */
};

/*
 * Quads of one tile in drawing order, four lanes each. A run is a stretch of quads on different
 * pixels: those can be merged side by side, run after run.
 */
struct sl_pixel_batch {
    unsigned count;
    bool
        is_strip; /* SL_QUADS covered quads of one triangle side by side; only the first is there */
    struct sl_quad quads[SL_QUADS];
    unsigned run_count;
    uint8_t run_first[SL_QUADS + 1]; /* run_first[run_count] = count once the batch is closed */

    uint64_t covered;
    uint64_t alive; /* lanes that nothing has stopped yet */
    _Alignas(64) float depth[SL_LANES];
    _Alignas(64) uint32_t depth_raw[SL_LANES]; /* as stored, clamped */
    _Alignas(64) uint32_t raw[SL_LANES];       /* texels on their way */
    const sl_register_lanes *outputs;

    /* [write]: texels of all lanes made from outputs that stay as they are; bit = they are made. */
    uint32_t (*packed)[SL_LANES];
    unsigned *packed_mask;

    /* For reports. */
    uint64_t discarded, alpha_failed, stencil_failed, depth_failed, depth_tested;
    uint32_t depth_before[SL_LANES], depth_after[SL_LANES];
};

static inline struct sl_quad sl_batch_quad(const struct sl_pixel_batch *batch, unsigned index)
{
    struct sl_quad quad = batch->quads[batch->is_strip ? 0 : index];
    quad.x += batch->is_strip ? 2 * (int32_t)index : 0;
    return quad;
}

static inline uint64_t sl_count_lanes(uint64_t lanes)
{
    return lanes == UINT64_MAX ? SL_LANES : (uint64_t)__builtin_popcountll(lanes);
}

static inline uint32_t sl_quad_bits(uint64_t lanes, unsigned quad)
{
    return (uint32_t)(lanes >> (4 * quad)) & 0xF;
}

#endif
