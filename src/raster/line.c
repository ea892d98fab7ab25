/*
 * Lines: a pixel is drawn if the segment leaves its diamond, |u| + |v| < 1/2 around the centre plus
 * the lower edges, for steep lines also the right corner. In each column (row for steep lines) one
 * pixel can be crossed: the one whose centre is nearest to the line, ties to the smaller.
 */
#include "raster/shape.h"

#include "raster/shape_parts.h"

#include <stdlib.h>

/* Whether a point lies in the diamond of its pixel; offsets from the centre. */
static bool in_diamond(int64_t u, int64_t v, bool y_major)
{
    int64_t reach = llabs(u) + llabs(v);
    return reach < SL_PIXEL_CENTRE || (reach == SL_PIXEL_CENTRE && v > 0) ||
           (y_major && u == SL_PIXEL_CENTRE && v == 0);
}

bool sl_shape_line(struct sl_shape *shape, const struct sl_screen_vertex ends[2],
                   const struct sl_shape_owner *owner, const struct sl_pixel_box *bounds)
{
    int64_t dx = (int64_t)ends[1].x - ends[0].x;
    int64_t dy = (int64_t)ends[1].y - ends[0].y;
    struct sl_pixel_box extent = {
        .left = (int32_t)sl_floor_div(ends[dx < 0].x - SL_PIXEL_UNITS, SL_PIXEL_UNITS),
        .top = (int32_t)sl_floor_div(ends[dy < 0].y - SL_PIXEL_UNITS, SL_PIXEL_UNITS),
        .right = (int32_t)sl_floor_div(ends[dx >= 0].x, SL_PIXEL_UNITS) + 1,
        .bottom = (int32_t)sl_floor_div(ends[dy >= 0].y, SL_PIXEL_UNITS) + 1,
    };
    if ((dx == 0 && dy == 0) || !sl_pixel_box_meet(&extent, bounds, &shape->box)) {
        return false;
    }
    bool y_major = llabs(dx) < llabs(dy);
    struct sl_segment *segment = &shape->segment;
    segment->y_major = y_major;
    for (int i = 0; i < 2; i++) {
        segment->major[i] = y_major ? ends[i].y : ends[i].x;
        segment->minor[i] = y_major ? ends[i].x : ends[i].y;
    }
    shape->kind = SL_SHAPE_LINE;
    sl_shape_vertices(shape, ends, 2, owner);
    return true;
}

/* Whether end number i lies in the diamond of the pixel at major, minor. */
static bool end_in_pixel(const struct sl_segment *segment, int i, int64_t major, int64_t minor)
{
    int64_t along = segment->major[i] - (SL_PIXEL_UNITS * major + SL_PIXEL_CENTRE);
    int64_t across = segment->minor[i] - (SL_PIXEL_UNITS * minor + SL_PIXEL_CENTRE);
    return segment->y_major ? in_diamond(across, along, true) : in_diamond(along, across, false);
}

/* The pixel that the line crosses in a column (row); false if it does not leave its diamond. */
static bool find_pixel(const struct sl_segment *segment, int64_t column, int64_t *minor)
{
    int64_t centre = SL_PIXEL_UNITS * column + SL_PIXEL_CENTRE;
    int64_t length = segment->major[1] - segment->major[0];
    int64_t rise = segment->minor[1] - segment->minor[0];
    int64_t sign = length < 0 ? -1 : 1;
    /* Below 2^50: coordinates are within 2^23. */
    int64_t dividend = segment->minor[0] * length + (centre - segment->major[0]) * rise;
    *minor = sl_floor_div(sign * dividend - 1, SL_PIXEL_UNITS * sign * length);
    bool begun =
        sign * (centre - segment->major[0]) >= 0 || end_in_pixel(segment, 0, column, *minor);
    bool reached = sign * (segment->major[1] - centre) >= 0;
    return begun && reached && !end_in_pixel(segment, 1, column, *minor);
}

void sl_line_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                   uint64_t rows[SL_TILE])
{
    const struct sl_segment *segment = &shape->segment;
    for (unsigned j = 0; j < row_count; j++) {
        rows[j] = 0;
    }
    int32_t first = segment->y_major ? y : x;
    int32_t low = segment->y_major ? x : y;
    int32_t count = segment->y_major ? (int32_t)row_count : SL_TILE;
    int32_t reach = segment->y_major ? SL_TILE : (int32_t)row_count;
    for (int32_t i = 0; i < count; i++) {
        int64_t minor;
        if (!find_pixel(segment, first + i, &minor) || minor < low || minor >= low + reach) {
            continue;
        }
        int32_t offset = (int32_t)(minor - low);
        rows[segment->y_major ? i : offset] |= UINT64_C(1) << (segment->y_major ? offset : i);
    }
}

/* A line is at most one pixel away from the pixels it draws, across the major axis. */
bool sl_line_touches(const struct sl_shape *shape, int32_t x, int32_t y)
{
    const struct sl_segment *segment = &shape->segment;
    int64_t length = segment->major[1] - segment->major[0];
    int64_t rise = segment->minor[1] - segment->minor[0];
    int64_t sign = length < 0 ? -1 : 1;
    int64_t least = INT64_MAX, greatest = INT64_MIN;
    for (int i = 0; i < 2; i++) {
        int64_t major = SL_PIXEL_UNITS * (int64_t)((segment->y_major ? y : x) + i * SL_TILE);
        int64_t minor = sl_floor_div(sign * rise * (major - segment->major[0]), sign * length) +
                        segment->minor[0];
        least = minor < least ? minor : least;
        greatest = minor > greatest ? minor : greatest;
    }
    int64_t low = SL_PIXEL_UNITS * (int64_t)(segment->y_major ? x : y);
    return greatest >= low - SL_PIXEL_UNITS && least <= low + SL_PIXEL_UNITS * (SL_TILE + 1);
}
