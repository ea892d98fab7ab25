/* Sutherland-Hodgman in binary64; new values are rounded to binary32 plane by plane. */
#include "raster/clip.h"

#include "render/convert.h"

#include <math.h>

/* In the order they cut in; clip distances follow. */
enum plane {
    PLANE_W,
    PLANE_NEAR,
    PLANE_FAR,
    PLANE_LEFT,
    PLANE_RIGHT,
    PLANE_BOTTOM,
    PLANE_TOP,
    PLANE_USER,
};

/* Signed distance; the corner is inside if it is not below 0. */
static double distance(const struct sl_raster_frame *frame, const struct sl_clip_vertex *corner,
                       unsigned plane)
{
    double x = (double)corner->position[0];
    double y = (double)corner->position[1];
    double z = (double)corner->position[2];
    double w = (double)corner->position[3];
    if (plane >= PLANE_USER) {
        return (double)corner->vertex->clip[plane - PLANE_USER];
    }
    const double distances[] = {
        [PLANE_W] = w - 0x1p-100,
        [PLANE_NEAR] = z,
        [PLANE_FAR] = w - z,
        [PLANE_LEFT] = x - frame->left * w,
        [PLANE_RIGHT] = frame->right * w - x,
        [PLANE_BOTTOM] = y - frame->bottom * w,
        [PLANE_TOP] = frame->top * w - y,
    };
    return distances[plane];
}

static bool plane_applies(const struct sl_clipper *clipper, unsigned plane)
{
    return clipper->config->depth_clip || (plane != PLANE_NEAR && plane != PLANE_FAR);
}

static unsigned plane_count(const struct sl_clipper *clipper)
{
    return PLANE_USER + clipper->config->clip_count;
}

/* Planes that the corner is outside of, one bit each. */
static uint32_t outcode(const struct sl_clipper *clipper, const struct sl_clip_vertex *corner)
{
    const struct sl_raster_frame *frame = clipper->frame;
    double x = (double)corner->position[0];
    double y = (double)corner->position[1];
    double z = (double)corner->position[2];
    double w = (double)corner->position[3];
    uint32_t out = (uint32_t)(w < 0x1p-100) << PLANE_W;
    out |= (uint32_t)(x - frame->left * w < 0) << PLANE_LEFT;
    out |= (uint32_t)(frame->right * w - x < 0) << PLANE_RIGHT;
    out |= (uint32_t)(y - frame->bottom * w < 0) << PLANE_BOTTOM;
    out |= (uint32_t)(frame->top * w - y < 0) << PLANE_TOP;
    if (clipper->config->depth_clip) {
        out |= (uint32_t)(z < 0) << PLANE_NEAR;
        out |= (uint32_t)(w - z < 0) << PLANE_FAR;
    }
    for (unsigned i = 0; i < clipper->config->clip_count && i < SL_RASTER_PLANES; i++) {
        out |= (uint32_t)(corner->vertex->clip[i] < 0) << (PLANE_USER + i);
    }
    return out;
}

bool sl_clip_is_culled(const struct sl_clipper *clipper, const struct sl_clip_vertex *corners,
                       unsigned count)
{
    const struct sl_raster_config *config = clipper->config;
    for (unsigned i = 0; i < config->cull_count; i++) {
        unsigned inside = 0;
        for (unsigned k = 0; k < count; k++) {
            inside += corners[k].vertex->cull[i] >= 0;
        }
        if (inside == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < config->clip_count; i++) {
        for (unsigned k = 0; k < count; k++) {
            if (isnan(corners[k].vertex->clip[i])) {
                return true;
            }
        }
    }
    return false;
}

static float between(double t, float from, float to)
{
    return (float)((double)from + t * ((double)to - (double)from));
}

/* The vertex where the edge from inside to outside meets the plane. */
static struct sl_clip_vertex cut_edge(struct sl_clipper *clipper,
                                      const struct sl_clip_vertex *inside, double inside_distance,
                                      const struct sl_clip_vertex *outside, double outside_distance)
{
    double t = inside_distance / (inside_distance - outside_distance);
    const struct sl_raster_vertex *a = inside->vertex, *b = outside->vertex;
    struct sl_raster_vertex *vertex = (struct sl_raster_vertex *)(void *)clipper->storage;
    clipper->storage += clipper->vertex_size;
    struct sl_clip_vertex cut = {.vertex = vertex};
    for (int i = 0; i < 4; i++) {
        cut.position[i] = between(t, inside->position[i], outside->position[i]);
        vertex->position[i] = cut.position[i];
    }
    for (unsigned i = 0; i < SL_RASTER_PLANES; i++) {
        vertex->clip[i] = between(t, a->clip[i], b->clip[i]);
        vertex->cull[i] = 0;
    }
    vertex->point_size = a->point_size;
    for (uint32_t row = 0; row < clipper->config->input_count; row++) {
        for (int i = 0; i < 4; i++) {
            float from = sl_f32_from_bits(a->inputs[row][i]);
            float to = sl_f32_from_bits(b->inputs[row][i]);
            vertex->inputs[row][i] = sl_f32_to_bits(between(t, from, to));
        }
    }
    return cut;
}

/* Distances of infinite size give positions that are no numbers: nothing can be drawn of those. */
static bool is_finite(const struct sl_clip_vertex *corner)
{
    return isfinite(corner->position[0]) && isfinite(corner->position[1]) &&
           isfinite(corner->position[2]) && isfinite(corner->position[3]);
}

static void append(struct sl_clip_polygon *polygon, const struct sl_clip_vertex *corner,
                   bool original, bool given)
{
    if (polygon->count < SL_CLIP_CORNERS) {
        polygon->corners[polygon->count] = *corner;
        polygon->original[polygon->count] = original;
        polygon->given[polygon->count] = given;
        polygon->count++;
    }
}

static void cut_polygon(struct sl_clipper *clipper, struct sl_clip_polygon *polygon, unsigned plane)
{
    struct sl_clip_polygon out = {.count = 0};
    double distances[SL_CLIP_CORNERS];
    for (unsigned i = 0; i < polygon->count; i++) {
        distances[i] = distance(clipper->frame, &polygon->corners[i], plane);
    }
    for (unsigned i = 0; i < polygon->count; i++) {
        unsigned next = i + 1 < polygon->count ? i + 1 : 0;
        const struct sl_clip_vertex *a = &polygon->corners[i], *b = &polygon->corners[next];
        bool a_inside = distances[i] >= 0, b_inside = distances[next] >= 0;
        struct sl_clip_vertex cut;
        if (a_inside) {
            append(&out, a, polygon->original[i], polygon->given[i]);
        }
        if (a_inside && !b_inside) {
            /* From here an edge along the plane begins. */
            cut = cut_edge(clipper, a, distances[i], b, distances[next]);
            append(&out, &cut, false, false);
        } else if (!a_inside && b_inside) {
            cut = cut_edge(clipper, b, distances[next], a, distances[i]);
            append(&out, &cut, polygon->original[i], false);
        }
    }
    *polygon = out;
}

enum sl_clip_outcome sl_clip_polygon(struct sl_clipper *clipper, struct sl_clip_polygon *polygon)
{
    uint32_t any = 0, all = UINT32_MAX;
    for (unsigned i = 0; i < polygon->count; i++) {
        uint32_t out = outcode(clipper, &polygon->corners[i]);
        any |= out;
        all &= out;
    }
    if (any == 0) {
        return SL_CLIP_UNCHANGED;
    }
    /*
     * Nothing is left if the first plane that cuts, cuts all. A later one must see the corners that
     * earlier ones made: rounding can lift one of those onto it.
     */
    if (all & any & (~any + 1)) {
        return SL_CLIP_NOTHING;
    }
    for (unsigned plane = 0; plane < plane_count(clipper); plane++) {
        if (plane_applies(clipper, plane)) {
            cut_polygon(clipper, polygon, plane);
        }
        if (polygon->count < 3) {
            return SL_CLIP_NOTHING;
        }
    }
    for (unsigned i = 0; i < polygon->count; i++) {
        if (!is_finite(&polygon->corners[i])) {
            return SL_CLIP_NOTHING;
        }
    }
    return SL_CLIP_CHANGED;
}

enum sl_clip_outcome sl_clip_line(struct sl_clipper *clipper, struct sl_clip_vertex ends[2])
{
    if ((outcode(clipper, &ends[0]) | outcode(clipper, &ends[1])) == 0) {
        return SL_CLIP_UNCHANGED;
    }
    for (unsigned plane = 0; plane < plane_count(clipper); plane++) {
        if (!plane_applies(clipper, plane)) {
            continue;
        }
        double a = distance(clipper->frame, &ends[0], plane);
        double b = distance(clipper->frame, &ends[1], plane);
        if (a >= 0 && b < 0) {
            ends[1] = cut_edge(clipper, &ends[0], a, &ends[1], b);
        } else if (a < 0 && b >= 0) {
            ends[0] = cut_edge(clipper, &ends[1], b, &ends[0], a);
        } else if (a < 0 || !(b >= 0)) {
            return SL_CLIP_NOTHING;
        }
    }
    return is_finite(&ends[0]) && is_finite(&ends[1]) ? SL_CLIP_CHANGED : SL_CLIP_NOTHING;
}

bool sl_clip_keeps_point(const struct sl_clipper *clipper, const struct sl_clip_vertex *corner)
{
    return outcode(clipper, corner) == 0;
}
