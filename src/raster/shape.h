/*
 * A primitive after set-up: snapped, oriented and biased; everything that tiles need to find its
 * pixels and to interpolate in them. Coordinates are 1/256 pixel, rows and columns are pixels.
 */
#ifndef SL_RASTER_SHAPE_H
#define SL_RASTER_SHAPE_H

#include "raster/raster.h"

#include <stdbool.h>
#include <stdint.h>

#define SL_TILE 64 /* pixels; a row of a tile is a uint64_t */

/* Snapped coordinates are within this on both sides. */
#define SL_SNAP_LIMIT (1 << 23)

/* Pixels; right and bottom exclusive; empty if right <= left or bottom <= top. */
struct sl_pixel_box {
    int32_t left, top, right, bottom;
};

/* A vertex on the screen. */
struct sl_screen_vertex {
    int32_t x, y;
    float z; /* depth of the viewport */
    float w; /* of clip space */
    const struct sl_raster_vertex *vertex;
};

enum sl_shape_kind { SL_SHAPE_TRIANGLE, SL_SHAPE_LINE, SL_SHAPE_POINT };

/*
 * Edge functions of a triangle, positive inside: value at the centre of pixel (i, j) is
 * start + i * step_x + j * step_y. Edge k is opposite vertex k, so they are also the barycentric
 * coordinates times the area. All stay below 2^53 and are exact as doubles too.
 */
struct sl_edges {
    int64_t start[3];
    int64_t step_x[3];
    int64_t step_y[3];
    bool exclusive[3]; /* not a top or left edge: centres on it are outside */
    double area;       /* twice the area */
    double reciprocal; /* 1 / area, rounded */
};

struct sl_segment {
    int64_t major[2], minor[2]; /* of the first and second end */
    bool y_major;               /* rows instead of columns have one pixel each */
};

struct sl_square {
    int64_t x, y;
    int64_t half; /* side / 2 */
};

struct sl_shape {
    enum sl_shape_kind kind;
    bool front;
    bool counter_clockwise; /* on the screen; triangles and their wireframes */
    bool flat_w;            /* all w are 1 */
    uint32_t layer;
    uint32_t primitive_id;
    struct sl_pixel_box box; /* inside it are all pixels */
    union {
        struct sl_edges edges;
        struct sl_segment segment;
        struct sl_square square;
    };
    float z[3];
    float w[3];
    double inverse_w[3];
    const uint32_t (*rows[3])[4]; /* inputs of the vertices; lines use two, points one */
    const uint32_t (*flat)[4];    /* of the leading vertex */
};

/* What all pixels of a shape have in common with its primitive. */
struct sl_shape_owner {
    uint32_t layer;
    uint32_t primitive_id;
    const struct sl_raster_vertex *leading;
    bool front;
    bool counter_clockwise;
};

/* Twice the signed area; positive = clockwise on the screen. */
int64_t sl_screen_area(const struct sl_screen_vertex *a, const struct sl_screen_vertex *b,
                       const struct sl_screen_vertex *c);

/* Each of these gives false if no pixel inside bounds can be covered. area is not 0. */
bool sl_shape_triangle(struct sl_shape *shape, const struct sl_screen_vertex vertices[3],
                       int64_t area, const struct sl_shape_owner *owner,
                       const struct sl_pixel_box *bounds);
bool sl_shape_line(struct sl_shape *shape, const struct sl_screen_vertex ends[2],
                   const struct sl_shape_owner *owner, const struct sl_pixel_box *bounds);
bool sl_shape_point(struct sl_shape *shape, const struct sl_screen_vertex *vertex,
                    const struct sl_shape_owner *owner, const struct sl_pixel_box *bounds);

/*
 * The pixels of a shape in a block of SL_TILE columns from x and row_count (<= SL_TILE) rows from
 * y, both even; bit i of rows[j] is pixel (x + i, y + j). False if there are none.
 */
bool sl_shape_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                    uint64_t rows[SL_TILE]);

/* False if the shape has no pixel in the tile at x, y; may say true where it has none either. */
bool sl_shape_touches(const struct sl_shape *shape, int32_t x, int32_t y);

/* The parts of these that depend on the kind: coverage before it is cut at the box. */
void sl_triangle_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                       uint64_t rows[SL_TILE]);
bool sl_triangle_touches(const struct sl_shape *shape, int32_t x, int32_t y);
void sl_line_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                   uint64_t rows[SL_TILE]);
bool sl_line_touches(const struct sl_shape *shape, int32_t x, int32_t y);
void sl_point_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                    uint64_t rows[SL_TILE]);

#endif
