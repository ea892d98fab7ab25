/* Points: squares on the snapped position, covered like two triangles. */
#include "raster/shape.h"

#include "raster/shape_parts.h"

/* Half the side in 1/256 pixel, ties to even; sizes are clamped by the state, but for NaN. */
static int64_t half_side(float size)
{
    double half = (double)size * 128.0;
    const double rounder = 0x1.8p52;
    if (!(half > 0.0)) {
        return 0;
    }
    return half > SL_SNAP_LIMIT ? SL_SNAP_LIMIT : (int64_t)((half + rounder) - rounder);
}

bool sl_shape_point(struct sl_shape *shape, const struct sl_screen_vertex *vertex,
                    const struct sl_shape_owner *owner, const struct sl_pixel_box *bounds)
{
    int64_t half = half_side(vertex->vertex->point_size);
    /* The centre of a pixel is covered from the left and upper side on, up to before the others. */
    struct sl_pixel_box extent = {
        .left = sl_first_centre((int32_t)(vertex->x - half)),
        .top = sl_first_centre((int32_t)(vertex->y - half)),
        .right = sl_first_centre((int32_t)(vertex->x + half)),
        .bottom = sl_first_centre((int32_t)(vertex->y + half)),
    };
    if (!sl_pixel_box_meet(&extent, bounds, &shape->box)) {
        return false;
    }
    shape->kind = SL_SHAPE_POINT;
    shape->square = (struct sl_square){.x = vertex->x, .y = vertex->y, .half = half};
    sl_shape_vertices(shape, vertex, 1, owner);
    return true;
}

void sl_point_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                    uint64_t rows[SL_TILE])
{
    (void)shape; /* its box is the square */
    (void)x;
    (void)y;
    for (unsigned j = 0; j < row_count; j++) {
        rows[j] = UINT64_MAX;
    }
}
