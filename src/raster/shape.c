/* What the three kinds of shapes have in common. */
#include "raster/shape.h"

#include "raster/shape_parts.h"

bool sl_pixel_box_meet(const struct sl_pixel_box *a, const struct sl_pixel_box *b,
                       struct sl_pixel_box *common)
{
    common->left = a->left > b->left ? a->left : b->left;
    common->top = a->top > b->top ? a->top : b->top;
    common->right = a->right < b->right ? a->right : b->right;
    common->bottom = a->bottom < b->bottom ? a->bottom : b->bottom;
    return common->left < common->right && common->top < common->bottom;
}

void sl_shape_vertices(struct sl_shape *shape, const struct sl_screen_vertex *vertices,
                       unsigned count, const struct sl_shape_owner *owner)
{
    shape->flat_w = true;
    for (unsigned k = 0; k < count; k++) {
        float w = vertices[k].w;
        shape->z[k] = vertices[k].z;
        shape->w[k] = w;
        shape->inverse_w[k] = 1.0 / (double)w;
        shape->flat_w = shape->flat_w && w == 1.0F;
        shape->rows[k] = vertices[k].vertex->inputs;
    }
    shape->flat = owner->leading->inputs;
    shape->layer = owner->layer;
    shape->primitive_id = owner->primitive_id;
    shape->front = owner->front;
    shape->counter_clockwise = owner->counter_clockwise;
}

/* Bits first to end - 1, both relative to the block; end > 0 and first < SL_TILE. */
static uint64_t column_mask(int32_t first, int32_t end)
{
    uint64_t from = first <= 0 ? UINT64_MAX : UINT64_MAX << first;
    uint64_t to = end >= SL_TILE ? UINT64_MAX : (UINT64_C(1) << end) - 1;
    return from & to;
}

bool sl_shape_cover(const struct sl_shape *shape, int32_t x, int32_t y, unsigned row_count,
                    uint64_t rows[SL_TILE])
{
    static void (*const cover[])(const struct sl_shape *, int32_t, int32_t, unsigned,
                                 uint64_t *) = {
        [SL_SHAPE_TRIANGLE] = sl_triangle_cover,
        [SL_SHAPE_LINE] = sl_line_cover,
        [SL_SHAPE_POINT] = sl_point_cover,
    };
    struct sl_pixel_box block = {x, y, x + SL_TILE, y + (int32_t)row_count};
    struct sl_pixel_box inside;
    if (!sl_pixel_box_meet(&block, &shape->box, &inside)) {
        return false;
    }
    cover[shape->kind](shape, x, y, row_count, rows);
    uint64_t columns = column_mask(inside.left - x, inside.right - x);
    uint64_t any = 0;
    for (int32_t j = 0; j < (int32_t)row_count; j++) {
        rows[j] = y + j >= inside.top && y + j < inside.bottom ? rows[j] & columns : 0;
        any |= rows[j];
    }
    return any != 0;
}

bool sl_shape_touches(const struct sl_shape *shape, int32_t x, int32_t y)
{
    switch (shape->kind) {
    case SL_SHAPE_TRIANGLE:
        return sl_triangle_touches(shape, x, y);
    case SL_SHAPE_LINE:
        return sl_line_touches(shape, x, y);
    case SL_SHAPE_POINT:
        break;
    }
    return true;
}
