/* Triangles: edge functions in integers, and the pixels of a block from them. */
#include "raster/shape.h"

#include "raster/shape_parts.h"

int64_t sl_screen_area(const struct sl_screen_vertex *a, const struct sl_screen_vertex *b,
                       const struct sl_screen_vertex *c)
{
    return (int64_t)(b->x - a->x) * (c->y - a->y) - (int64_t)(c->x - a->x) * (b->y - a->y);
}

/* The edge from a to b of a triangle that is clockwise if sign is 1. */
static void set_edge(struct sl_edges *edges, unsigned k, const struct sl_screen_vertex *a,
                     const struct sl_screen_vertex *b, int64_t sign)
{
    int64_t dx = sign * (b->x - a->x);
    int64_t dy = sign * (b->y - a->y);
    edges->start[k] = dx * (SL_PIXEL_CENTRE - a->y) - dy * (SL_PIXEL_CENTRE - a->x);
    edges->step_x[k] = -SL_PIXEL_UNITS * dy;
    edges->step_y[k] = SL_PIXEL_UNITS * dx;
    bool top_left = dy < 0 || (dy == 0 && dx > 0);
    edges->exclusive[k] = !top_left;
}

static int32_t min3(int32_t a, int32_t b, int32_t c)
{
    int32_t least = a < b ? a : b;
    return least < c ? least : c;
}

static int32_t max3(int32_t a, int32_t b, int32_t c)
{
    int32_t most = a > b ? a : b;
    return most > c ? most : c;
}

bool sl_shape_triangle(struct sl_shape *shape, const struct sl_screen_vertex vertices[3],
                       int64_t area, const struct sl_shape_owner *owner,
                       const struct sl_pixel_box *bounds)
{
    const struct sl_screen_vertex *a = &vertices[0], *b = &vertices[1], *c = &vertices[2];
    struct sl_pixel_box extent = {
        .left = sl_first_centre(min3(a->x, b->x, c->x)),
        .top = sl_first_centre(min3(a->y, b->y, c->y)),
        .right = sl_last_centre(max3(a->x, b->x, c->x)) + 1,
        .bottom = sl_last_centre(max3(a->y, b->y, c->y)) + 1,
    };
    if (!sl_pixel_box_meet(&extent, bounds, &shape->box)) {
        return false;
    }
    int64_t sign = area > 0 ? 1 : -1;
    shape->kind = SL_SHAPE_TRIANGLE;
    set_edge(&shape->edges, 0, b, c, sign);
    set_edge(&shape->edges, 1, c, a, sign);
    set_edge(&shape->edges, 2, a, b, sign);
    shape->edges.area = (double)(area * sign);
    shape->edges.reciprocal = 1.0 / shape->edges.area;
    sl_shape_vertices(shape, vertices, 3, owner);
    return true;
}

/*
 * Cuts the rows at one edge. In a row the edge function is e + i * step for column i, so the
 * columns on the inner side start or end at floor(e / step). e + 1/2 over step is never an integer
 * and at least 1 / (2 * step) > 2^-34 away from one, while the quotient of a column that matters is
 * below 2^7: neither the rounded reciprocal nor the rounded product can move it across.
 */
static void cut_rows(const struct sl_edges *edges, unsigned k, int32_t x, int32_t y,
                     unsigned row_count, uint64_t rows[SL_TILE])
{
    int64_t step = edges->step_x[k];
    int64_t value = edges->start[k] + step * x + edges->step_y[k] * y - edges->exclusive[k];
    if (step == 0) {
        for (unsigned j = 0; j < row_count; j++, value += edges->step_y[k]) {
            rows[j] &= value >= 0 ? UINT64_MAX : 0;
        }
        return;
    }
    double reciprocal = 1.0 / (double)(step < 0 ? -step : step);
    for (unsigned j = 0; j < row_count; j++, value += edges->step_y[k]) {
        double quotient = ((double)value + 0.5) * reciprocal;
        if (step > 0) {
            quotient = -quotient;
        }
        /* Columns above (step > 0) or below the quotient. */
        int first = quotient < 0 ? 0 : quotient >= SL_TILE ? SL_TILE : (int)quotient + 1;
        uint64_t below = first == SL_TILE ? UINT64_MAX : (UINT64_C(1) << first) - 1;
        rows[j] &= step > 0 ? ~below : below;
    }
}

/* Least and greatest value of edge k at the centres of the block. */
static void edge_range(const struct sl_edges *edges, unsigned k, int32_t x, int32_t y,
                       unsigned row_count, int64_t *least, int64_t *greatest)
{
    int64_t value = edges->start[k] + edges->step_x[k] * x + edges->step_y[k] * y;
    int64_t across = edges->step_x[k] * (SL_TILE - 1);
    int64_t down = edges->step_y[k] * (int64_t)(row_count - 1);
    value -= edges->exclusive[k];
    *least = value + (across < 0 ? across : 0) + (down < 0 ? down : 0);
    *greatest = value + (across > 0 ? across : 0) + (down > 0 ? down : 0);
}

void sl_triangle_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                       uint64_t rows[SL_TILE])
{
    for (unsigned j = 0; j < row_count; j++) {
        rows[j] = UINT64_MAX;
    }
    for (unsigned k = 0; k < 3; k++) {
        int64_t least, greatest;
        edge_range(&shape->edges, k, x, y, row_count, &least, &greatest);
        if (greatest < 0) {
            for (unsigned j = 0; j < row_count; j++) {
                rows[j] = 0;
            }
            return;
        }
        if (least < 0) {
            cut_rows(&shape->edges, k, x, y, row_count, rows);
        }
    }
}

bool sl_triangle_touches(const struct sl_shape *shape, int32_t x, int32_t y)
{
    for (unsigned k = 0; k < 3; k++) {
        int64_t least, greatest;
        edge_range(&shape->edges, k, x, y, SL_TILE, &least, &greatest);
        if (greatest < 0) {
            return false;
        }
    }
    return true;
}
