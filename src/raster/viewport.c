#include "raster/viewport.h"

#include "raster/shape_parts.h"
#include "render/f32_math.h"

#include <math.h>

/* The part of [first, end) that lies in [0, limit); NaN and empty ranges give an empty one. */
static void cut_range(double first, double end, int32_t limit, int32_t *low, int32_t *high)
{
    *low = first > 0 ? (first < limit ? (int32_t)first : limit) : 0;
    *high = end > 0 ? (end < limit ? (int32_t)end : limit) : 0;
}

static int32_t clamp_to_area(int64_t value, int32_t limit)
{
    return value < 0 ? 0 : value > limit ? limit : (int32_t)value;
}

static struct sl_pixel_box find_bounds(const struct sl_raster_config *config)
{
    const struct sl_raster_viewport *view = &config->viewport;
    const struct sl_raster_rect *scissor = &config->scissor;
    int32_t width = (int32_t)config->width;
    int32_t height = (int32_t)config->height;
    struct sl_pixel_box area, cut;
    double x = (double)view->x, y = (double)view->y;
    cut_range(floor(x), floor(x + (double)view->width), width, &area.left, &area.right);
    cut_range(floor(y), floor(y + (double)view->height), height, &area.top, &area.bottom);
    cut.left = clamp_to_area(scissor->left, width);
    cut.top = clamp_to_area(scissor->top, height);
    cut.right = clamp_to_area(scissor->right, width);
    cut.bottom = clamp_to_area(scissor->bottom, height);
    struct sl_pixel_box bounds;
    sl_pixel_box_meet(&area, &cut, &bounds);
    return bounds;
}

void sl_raster_frame_init(struct sl_raster_frame *frame, const struct sl_raster_config *config)
{
    static const double reach = 32767.0; /* pixels: keeps snapped coordinates below 2^23 */
    const struct sl_raster_viewport *view = &config->viewport;
    double x = (double)view->x, y = (double)view->y;
    double width = (double)view->width, height = (double)view->height;
    *frame = (struct sl_raster_frame){
        .bounds = find_bounds(config),
        .viewport = *view,
        .half_pixel = config->half_pixel,
        .left = ((-reach - x) * 2.0) / width - 1.0,
        .right = ((reach - x) * 2.0) / width - 1.0,
        .top = 1.0 - ((-reach - y) * 2.0) / height,
        .bottom = 1.0 - ((reach - y) * 2.0) / height,
    };
}

bool sl_clip_vertex_init(struct sl_clip_vertex *corner, const struct sl_raster_vertex *vertex,
                         const struct sl_raster_frame *frame)
{
    corner->vertex = vertex;
    const float *from = vertex->position;
    if (!isfinite(from[0]) || !isfinite(from[1]) || !isfinite(from[2]) || !isfinite(from[3])) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        corner->position[i] = from[i];
    }
    if (!frame->half_pixel) {
        return true;
    }
    float w = from[3];
    corner->position[0] = sl_f32_add(from[0], -sl_f32_div(w, frame->viewport.width));
    corner->position[1] = sl_f32_add(from[1], sl_f32_div(w, frame->viewport.height));
    return isfinite(corner->position[0]) && isfinite(corner->position[1]);
}

/* The f32 rules of programs without a call: no operand here is a NaN. */
static inline float flush(float x)
{
    return fabsf(x) < 0x1p-126F ? copysignf(0.0F, x) : x;
}

/* To 1/256 pixel, ties to even. */
static int32_t snap(float at)
{
    double scaled = (double)at * 256.0;
    if (!(scaled > -SL_SNAP_LIMIT)) {
        return -SL_SNAP_LIMIT;
    }
    if (scaled > SL_SNAP_LIMIT) {
        return SL_SNAP_LIMIT;
    }
    const double rounder = 0x1.8p52; /* above it the unit is 1 */
    return (int32_t)((scaled + rounder) - rounder);
}

struct sl_screen_vertex sl_to_screen(const struct sl_clip_vertex *corner,
                                     const struct sl_raster_frame *frame)
{
    const struct sl_raster_viewport *view = &frame->viewport;
    float w = flush(corner->position[3]);
    float x = flush(flush(corner->position[0]) / w);
    float y = flush(flush(corner->position[1]) / w);
    float z = flush(flush(corner->position[2]) / w);
    float screen_x = flush(flush(flush(x + 1.0F) * flush(view->width)) * 0.5F);
    float screen_y = flush(flush(flush(1.0F - y) * flush(view->height)) * 0.5F);
    float min_depth = flush(view->min_depth);
    float depth = sl_f32_mul(z, flush(flush(view->max_depth) - min_depth));
    return (struct sl_screen_vertex){
        .x = snap(flush(screen_x + flush(view->x))),
        .y = snap(flush(screen_y + flush(view->y))),
        .z = sl_f32_add(min_depth, depth),
        .w = corner->position[3],
        .vertex = corner->vertex,
    };
}
