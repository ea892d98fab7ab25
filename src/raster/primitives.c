/* Primitives as the geometry stages give them, on their way to shapes. */
#include "raster/depth_bias.h"
#include "raster/raster_priv.h"
#include "render/f32_math.h"

/* Where the next shape is set up; what waits is drawn if there is no room. */
static struct sl_shape *next_shape(struct sl_raster *raster)
{
    struct sl_shape *shape = sl_tile_bins_next(raster->bins);
    if (!shape) {
        sl_raster_draw_shapes(raster);
        shape = sl_tile_bins_next(raster->bins);
    }
    return shape;
}

static void add_shape(struct sl_raster *raster, struct sl_shape *shape)
{
    if (!sl_tile_bins_add(raster->bins)) {
        struct sl_shape kept = *shape;
        sl_raster_draw_shapes(raster);
        *sl_tile_bins_next(raster->bins) = kept;
        sl_tile_bins_add(raster->bins);
    }
}

static bool is_empty(const struct sl_raster *raster)
{
    const struct sl_pixel_box *bounds = &raster->state.frame.bounds;
    return raster->broken || bounds->left >= bounds->right || bounds->top >= bounds->bottom;
}

/* Room for the vertices of one primitive: what waits is drawn if that must be had first. */
static struct sl_clipper start_clipper(struct sl_raster *raster)
{
    size_t needed = SL_CLIP_NEW_VERTICES * raster->state.vertex_size;
    if (SL_CLIP_STORAGE - raster->clip_used < needed) {
        sl_raster_draw_shapes(raster);
        raster->clip_used = 0;
    }
    return (struct sl_clipper){
        .config = raster->state.config,
        .frame = &raster->state.frame,
        .vertex_size = raster->state.vertex_size,
        .storage = raster->clip_storage + raster->clip_used,
    };
}

static void finish_clipper(struct sl_raster *raster, const struct sl_clipper *clipper)
{
    raster->clip_used = (size_t)(clipper->storage - raster->clip_storage);
}

/* Fills in corners; false if one is not finite or the primitive is culled by a distance. */
static bool take_corners(const struct sl_raster *raster, const struct sl_clipper *clipper,
                         const struct sl_raster_primitive *primitive,
                         struct sl_clip_vertex *corners, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!sl_clip_vertex_init(&corners[i], primitive->vertices[i], &raster->state.frame)) {
            return false;
        }
    }
    return !sl_clip_is_culled(clipper, corners, count);
}

static struct sl_shape_owner owner_of(const struct sl_raster_primitive *primitive)
{
    return (struct sl_shape_owner){
        .layer = primitive->layer,
        .primitive_id = primitive->primitive_id,
        .leading = primitive->vertices[primitive->leading],
        .front = true,
    };
}

/* A polygon on the screen: a triangle, or what clipping left of one. */
struct polygon {
    unsigned count;
    struct sl_screen_vertex corners[SL_CLIP_CORNERS];
    const struct sl_clip_polygon *clipped;
};

static void apply_bias(const struct sl_raster_config *config, struct sl_screen_vertex *corners,
                       unsigned count)
{
    if (config->depth_bias == 0 && config->float_bias == 0 && config->slope_bias == 0) {
        return;
    }
    float bias = sl_depth_bias(config, corners, count);
    for (unsigned i = 0; bias != 0 && i < count; i++) {
        corners[i].z = sl_f32_add(corners[i].z, bias);
    }
}

/* Sets the facing; false if it is culled. */
static bool orient(const struct sl_raster_config *config, int64_t area,
                   struct sl_shape_owner *owner)
{
    owner->counter_clockwise = area < 0;
    owner->front = area != 0 && (area < 0) == config->front_ccw;
    return config->cull == SL_CULL_NONE || owner->front != (config->cull == SL_CULL_FRONT);
}

static void draw_solid(struct sl_raster *raster, const struct polygon *polygon,
                       struct sl_shape_owner owner)
{
    const struct sl_raster_config *config = raster->state.config;
    for (unsigned i = 1; i + 1 < polygon->count; i++) {
        struct sl_screen_vertex corners[3] = {polygon->corners[0], polygon->corners[i],
                                              polygon->corners[i + 1]};
        int64_t area = sl_screen_area(&corners[0], &corners[1], &corners[2]);
        if (area == 0 || !orient(config, area, &owner)) {
            continue;
        }
        apply_bias(config, corners, 3);
        struct sl_shape *shape = next_shape(raster);
        if (sl_shape_triangle(shape, corners, area, &owner, &raster->state.frame.bounds)) {
            add_shape(raster, shape);
        }
    }
}

static int64_t polygon_area(const struct polygon *polygon)
{
    int64_t area = 0;
    for (unsigned i = 1; i + 1 < polygon->count; i++) {
        area +=
            sl_screen_area(&polygon->corners[0], &polygon->corners[i], &polygon->corners[i + 1]);
    }
    return area;
}

/* Edges and corners of the primitive itself; those that clipping made are not drawn. */
static void draw_outline(struct sl_raster *raster, struct polygon *polygon,
                         struct sl_shape_owner owner)
{
    const struct sl_raster_config *config = raster->state.config;
    const struct sl_pixel_box *bounds = &raster->state.frame.bounds;
    if (!orient(config, polygon_area(polygon), &owner)) {
        return;
    }
    apply_bias(config, polygon->corners, polygon->count);
    for (unsigned i = 0; i < polygon->count; i++) {
        unsigned next = i + 1 < polygon->count ? i + 1 : 0;
        struct sl_screen_vertex ends[2] = {polygon->corners[i], polygon->corners[next]};
        bool points = config->fill == SL_FILL_POINT;
        if (points ? !polygon->clipped->given[i] : !polygon->clipped->original[i]) {
            continue;
        }
        struct sl_shape *shape = next_shape(raster);
        if (points ? sl_shape_point(shape, ends, &owner, bounds)
                   : sl_shape_line(shape, ends, &owner, bounds)) {
            add_shape(raster, shape);
        }
    }
}

void sl_raster_triangle(struct sl_raster *raster, const struct sl_raster_primitive *primitive)
{
    if (is_empty(raster)) {
        return;
    }
    struct sl_clipper clipper = start_clipper(raster);
    struct sl_clip_polygon clipped = {
        .count = 3, .original = {true, true, true}, .given = {true, true, true}};
    if (!take_corners(raster, &clipper, primitive, clipped.corners, 3) ||
        sl_clip_polygon(&clipper, &clipped) == SL_CLIP_NOTHING) {
        return;
    }
    finish_clipper(raster, &clipper);
    struct polygon polygon = {.count = clipped.count, .clipped = &clipped};
    for (unsigned i = 0; i < clipped.count; i++) {
        polygon.corners[i] = sl_to_screen(&clipped.corners[i], &raster->state.frame);
    }
    if (raster->state.config->fill == SL_FILL_SOLID) {
        draw_solid(raster, &polygon, owner_of(primitive));
    } else {
        draw_outline(raster, &polygon, owner_of(primitive));
    }
}

void sl_raster_line(struct sl_raster *raster, const struct sl_raster_primitive *primitive)
{
    if (is_empty(raster)) {
        return;
    }
    struct sl_clipper clipper = start_clipper(raster);
    struct sl_clip_vertex corners[2];
    if (!take_corners(raster, &clipper, primitive, corners, 2) ||
        sl_clip_line(&clipper, corners) == SL_CLIP_NOTHING) {
        return;
    }
    finish_clipper(raster, &clipper);
    struct sl_screen_vertex ends[2];
    for (unsigned i = 0; i < 2; i++) {
        ends[i] = sl_to_screen(&corners[i], &raster->state.frame);
    }
    struct sl_shape_owner owner = owner_of(primitive);
    struct sl_shape *shape = next_shape(raster);
    if (sl_shape_line(shape, ends, &owner, &raster->state.frame.bounds)) {
        add_shape(raster, shape);
    }
}

void sl_raster_point(struct sl_raster *raster, const struct sl_raster_primitive *primitive)
{
    if (is_empty(raster)) {
        return;
    }
    struct sl_clipper clipper = start_clipper(raster);
    struct sl_clip_vertex corner;
    if (!take_corners(raster, &clipper, primitive, &corner, 1) ||
        !sl_clip_keeps_point(&clipper, &corner)) {
        return;
    }
    struct sl_screen_vertex vertex = sl_to_screen(&corner, &raster->state.frame);
    struct sl_shape_owner owner = owner_of(primitive);
    struct sl_shape *shape = next_shape(raster);
    if (sl_shape_point(shape, &vertex, &owner, &raster->state.frame.bounds)) {
        add_shape(raster, shape);
    }
}
