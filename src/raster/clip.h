/*
 * Clipping in clip space: w > 0, depth, a guard band that keeps snapped coordinates in range, and
 * the distances that programs put out. The visible cut is done per pixel.
 */
#ifndef SL_RASTER_CLIP_H
#define SL_RASTER_CLIP_H

#include "raster/viewport.h"

#define SL_CLIP_PLANES (7u + SL_RASTER_PLANES)
/* A convex polygon gains a vertex for each plane. */
#define SL_CLIP_CORNERS (3u + SL_CLIP_PLANES)
/* New vertices that clipping one primitive makes at most: two for each plane. */
#define SL_CLIP_NEW_VERTICES (2u * SL_CLIP_PLANES)

/* What clipping needs to know of the draw. */
struct sl_clipper {
    const struct sl_raster_config *config;
    const struct sl_raster_frame *frame;
    size_t vertex_size;
    uint8_t *storage; /* where new vertices are put; the caller provides for enough */
};

struct sl_clip_polygon {
    unsigned count;
    struct sl_clip_vertex corners[SL_CLIP_CORNERS];
    bool original[SL_CLIP_CORNERS]; /* the edge from this corner is (part of) one of the primitive's
                                     */
    bool given[SL_CLIP_CORNERS];    /* the corner is a vertex of the primitive */
};

enum sl_clip_outcome { SL_CLIP_NOTHING, SL_CLIP_UNCHANGED, SL_CLIP_CHANGED };

/* True if the primitive is dropped by a cull distance or a clip distance that is a NaN. */
bool sl_clip_is_culled(const struct sl_clipper *clipper, const struct sl_clip_vertex *corners,
                       unsigned count);

/* Cuts a triangle (three corners) or a line (two); storage moves on past the new vertices. */
enum sl_clip_outcome sl_clip_polygon(struct sl_clipper *clipper, struct sl_clip_polygon *polygon);
enum sl_clip_outcome sl_clip_line(struct sl_clipper *clipper, struct sl_clip_vertex ends[2]);

/* Whether a point survives. */
bool sl_clip_keeps_point(const struct sl_clipper *clipper, const struct sl_clip_vertex *corner);

#endif
