/*
 * Draws without programs, in profile aero only: the rasteriser that the upstream trace replayer has
 * built in. Vertices are 24 bytes, position x, y and colour; there is no clipping, culling, depth,
 * blending or perspective. All arithmetic is binary32 in the order written.
 */
#include "device/aerogpu/draw.h"

#include "base/bytes.h"
#include "render/convert.h"

#include <inttypes.h>
#include <stdio.h>

enum { VERTEX_BYTES = 24, TRIANGLE_WORK = 16 };

struct vertex {
    float x, y;
    float color[4];
};

struct canvas {
    uint8_t *bytes;
    uint32_t width;
    uint32_t height;
    uint32_t pitch;
    float x, y, w, h; /* viewport */
};

static bool is_positive(uint32_t bits)
{
    return sl_f32_from_bits(bits) > 0.0f;
}

static struct canvas make_canvas(const struct sl_agpu_run *run, const struct sl_agpu_target *target)
{
    const struct sl_agpu_viewport *viewport = &run->context->viewport;
    const struct sl_agpu_texture_layout *layout = &target->storage->layout;
    struct canvas canvas = {
        .bytes =
            target->storage->bytes + sl_agpu_texture_stored(layout, target->mip, target->layer),
        .width = target->width,
        .height = target->height,
        .pitch = layout->mips[target->mip].row_bytes,
        .w = (float)target->width,
        .h = (float)target->height,
    };
    if (viewport->is_set && is_positive(viewport->width) && is_positive(viewport->height)) {
        canvas.x = sl_f32_from_bits(viewport->x);
        canvas.y = sl_f32_from_bits(viewport->y);
        canvas.w = sl_f32_from_bits(viewport->width);
        canvas.h = sl_f32_from_bits(viewport->height);
    }
    return canvas;
}

static struct vertex read_vertex(const struct canvas *canvas, const uint8_t *bytes)
{
    float x = sl_f32_from_bits(sl_get_le32(bytes));
    float y = sl_f32_from_bits(sl_get_le32(bytes + 4));
    struct vertex vertex = {
        .x = canvas->x + (x * 0.5f + 0.5f) * canvas->w,
        .y = canvas->y + (-y * 0.5f + 0.5f) * canvas->h,
    };
    for (size_t i = 0; i < 4; i++) {
        vertex.color[i] = sl_f32_from_bits(sl_get_le32(bytes + 8 + 4 * i));
    }
    return vertex;
}

static float edge(const struct vertex *a, const struct vertex *b, float x, float y)
{
    return (x - a->x) * (b->y - a->y) - (y - a->y) * (b->x - a->x);
}

/* Floor or ceiling, clamped to 0..limit; NaN gives 0. */
static uint32_t clamp_floor(float value, uint32_t limit)
{
    if (!(value > 0.0f)) {
        return 0;
    }
    return value >= (float)limit ? limit : (uint32_t)value;
}

static uint32_t clamp_ceil(float value, uint32_t limit)
{
    uint32_t floor = clamp_floor(value, limit);
    return floor < limit && value > (float)floor ? floor + 1 : floor;
}

static float least(float a, float b, float c)
{
    float ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static float greatest(float a, float b, float c)
{
    float ab = a > b ? a : b;
    return ab > c ? ab : c;
}

/* Halves go away from zero, NaN gives 0. */
static uint8_t to_byte(float value)
{
    float clamped = value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f;
    float scaled = clamped * 255.0f;
    uint32_t whole = (uint32_t)scaled;
    return (uint8_t)(scaled - (float)whole >= 0.5f ? whole + 1 : whole);
}

static void shade(const struct vertex v[3], const float w[3], float rcp_area, uint8_t *texel)
{
    for (size_t i = 0; i < 4; i++) {
        texel[i] = to_byte(w[0] * rcp_area * v[0].color[i] + w[1] * rcp_area * v[1].color[i] +
                           w[2] * rcp_area * v[2].color[i]);
    }
}

static bool is_inside(const float w[3], float area)
{
    return area > 0.0f ? w[0] >= 0.0f && w[1] >= 0.0f && w[2] >= 0.0f
                       : w[0] <= 0.0f && w[1] <= 0.0f && w[2] <= 0.0f;
}

static uint64_t draw_triangle(const struct canvas *canvas, const struct vertex v[3])
{
    float area = edge(&v[0], &v[1], v[2].x, v[2].y);
    if (area == 0.0f || area != area) {
        return 0;
    }
    float rcp_area = 1.0f / area;
    uint32_t left = clamp_floor(least(v[0].x, v[1].x, v[2].x), canvas->width);
    uint32_t right = clamp_ceil(greatest(v[0].x, v[1].x, v[2].x), canvas->width);
    uint32_t top = clamp_floor(least(v[0].y, v[1].y, v[2].y), canvas->height);
    uint32_t bottom = clamp_ceil(greatest(v[0].y, v[1].y, v[2].y), canvas->height);
    for (uint32_t row = top; row < bottom; row++) {
        for (uint32_t column = left; column < right; column++) {
            float x = (float)column + 0.5f;
            float y = (float)row + 0.5f;
            const float w[3] = {edge(&v[1], &v[2], x, y), edge(&v[2], &v[0], x, y),
                                edge(&v[0], &v[1], x, y)};
            if (is_inside(w, area)) {
                shade(v, w, rcp_area,
                      canvas->bytes + (uint64_t)row * canvas->pitch + 4 * (uint64_t)column);
            }
        }
    }
    return right > left && bottom > top ? (uint64_t)(right - left) * (bottom - top) : 0;
}

/* Vertices that the draw reads; OK with *bytes NULL if there is nothing to draw. */
static enum sl_agpu_class check_vertices(struct sl_agpu_run *run, const struct sl_agpu_draw *draw,
                                         struct sl_agpu_storage **storage)
{
    const struct sl_agpu_vertex_slot *slot = &run->context->vertex_buffer[0];
    const struct sl_agpu_object *object =
        sl_agpu_find_kind(run->exec, slot->handle, SL_AGPU_BUFFER);
    if (!object || slot->stride_bytes < VERTEX_BYTES) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no vertices of %d bytes", VERTEX_BYTES);
    }
    uint64_t count = (uint64_t)draw->first + draw->count;
    uint64_t end;
    if (__builtin_mul_overflow(count, (uint64_t)slot->stride_bytes, &end) ||
        end > UINT64_MAX - slot->offset_bytes || end + slot->offset_bytes > object->storage->size) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                            "%" PRIu64 " vertices do not fit into the buffer", count);
    }
    *storage = object->storage;
    return SL_AGPU_OK;
}

static enum sl_agpu_class check_state(struct sl_agpu_run *run, const struct sl_agpu_draw *draw)
{
    const struct sl_agpu_target *target = &draw->targets.color[0];
    if (!target->storage || target->format->value != AEROGPU_FORMAT_R8G8B8A8_UNORM) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE,
                            "drawing without programs needs an R8G8B8A8 target");
    }
    if (run->context->topology != AEROGPU_TOPOLOGY_TRIANGLELIST || draw->instance_count != 1 ||
        draw->first_instance != 0) {
        return sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE,
                            "drawing without programs draws one triangle list");
    }
    return SL_AGPU_OK;
}

static void tell_triangle(struct sl_agpu_run *run, uint64_t index)
{
    if (run->exec->inspection.watched) {
        char how[48];
        snprintf(how, sizeof(how), "triangle %" PRIu64 " without programs", index);
        sl_agpu_inspect_report(run, how);
    }
}

enum sl_agpu_class sl_agpu_profile_t_draw(struct sl_agpu_run *run, const struct sl_agpu_draw *draw)
{
    struct sl_agpu_storage *vertices = NULL;
    struct sl_agpu_storage *target = draw->targets.color[0].storage;
    enum sl_agpu_class class_ = check_state(run, draw);
    if (class_ != SL_AGPU_OK || draw->count < 3) {
        return class_;
    }
    class_ = check_vertices(run, draw, &vertices);
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_refresh_check(run, vertices);
    }
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_refresh_check(run, target);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_refresh(run, vertices);
    sl_agpu_refresh(run, target);
    const struct sl_agpu_vertex_slot *slot = &run->context->vertex_buffer[0];
    struct canvas canvas = make_canvas(run, &draw->targets.color[0]);
    const uint8_t *bytes = vertices->bytes + slot->offset_bytes;
    for (uint64_t i = 0; i + 3 <= draw->count && !sl_agpu_is_exhausted(run); i += 3) {
        struct vertex v[3];
        for (size_t k = 0; k < 3; k++) {
            v[k] = read_vertex(&canvas, bytes + (draw->first + i + k) * slot->stride_bytes);
        }
        sl_agpu_work(run, TRIANGLE_WORK + draw_triangle(&canvas, v));
        tell_triangle(run, i / 3);
    }
    run->outcome->exhausted = sl_agpu_is_exhausted(run);
    return SL_AGPU_OK;
}
