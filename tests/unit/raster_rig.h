/*
 * A target or two and vertices on it, for tests of the rasteriser. Coordinates are in 1/256 pixel:
 * targets are SIDE pixels wide and high, a power of two, so that positions come out exactly.
 */
#ifndef SL_TESTS_UNIT_RASTER_RIG_H
#define SL_TESTS_UNIT_RASTER_RIG_H

#include "raster/raster.h"

#define RASTER_RIG_SIDE 128

/* A struct sl_raster_vertex with four input rows, which arrays can be made of. */
struct raster_rig_vertex {
    float position[4];
    float clip[SL_RASTER_PLANES];
    float cull[SL_RASTER_PLANES];
    float point_size;
    uint32_t inputs[4][4];
};

const struct sl_raster_vertex *raster_rig_vertex(const struct raster_rig_vertex *vertex);

struct raster_rig {
    struct sl_raster *raster;
    struct sl_raster_config config;
    uint32_t depth[RASTER_RIG_SIDE * RASTER_RIG_SIDE];
    uint32_t color[SL_RASTER_TARGETS][RASTER_RIG_SIDE * RASTER_RIG_SIDE];
};

/* Counts in the stencil part of a D24S8 target: every pixel of a primitive adds one. */
void raster_rig_init(struct raster_rig *rig, struct sl_worker_pool *pool);
void raster_rig_finish(struct raster_rig *rig);

/* A vertex at (x, y) in 1/256 pixel with depth z and w = 1. */
struct raster_rig_vertex raster_rig_at(double x, double y, double z);

void raster_rig_begin(struct raster_rig *rig);
void raster_rig_triangle(struct raster_rig *rig, const struct raster_rig_vertex *a,
                         const struct raster_rig_vertex *b, const struct raster_rig_vertex *c);
void raster_rig_line(struct raster_rig *rig, const struct raster_rig_vertex *a,
                     const struct raster_rig_vertex *b);
void raster_rig_point(struct raster_rig *rig, const struct raster_rig_vertex *a);
struct sl_raster_result raster_rig_end(struct raster_rig *rig);

/* How often the pixel was drawn. */
unsigned raster_rig_count(const struct raster_rig *rig, int x, int y);

/* Numbers for case number seed: the same on every machine. */
struct raster_rig_random {
    uint64_t state;
};
uint32_t raster_rig_next(struct raster_rig_random *random, uint32_t below);

#endif
