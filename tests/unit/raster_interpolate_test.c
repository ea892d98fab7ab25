/* Interpolated values against exact arithmetic, and the fast form against the plain one. */
#include "raster_rig.h"

#include "raster/interpolate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Shapes are kept apart from the rig: only set-up and interpolation run here. */
struct scene {
    struct raster_rig_vertex vertices[3];
    struct sl_shape shape;
    struct sl_input_plan plan;
    struct sl_raster_config config;
    struct sl_quad quads[SL_QUADS];
    sl_register_lanes inputs[4];
    float depth[SL_LANES];
};

static float random_float(struct raster_rig_random *random)
{
    static const uint32_t specials[] = {0,          0x80000000, 1,          0x80000001, 0x7F800000,
                                        0xFF800000, 0x7FC12345, 0x007FFFFF, 0x3F800000, 0x7F7FFFFF};
    uint32_t bits;
    float value = (float)raster_rig_next(random, 2000) / 500 - 2;
    if (raster_rig_next(random, 6) == 0) {
        bits = specials[raster_rig_next(random, 10)];
        memcpy(&value, &bits, 4);
    }
    return value;
}

static void set_sources(struct scene *scene)
{
    static const enum sl_raster_source rows[3][4] = {
        {SL_RASTER_PERSPECTIVE, SL_RASTER_LINEAR, SL_RASTER_FLAT, SL_RASTER_POINT_U},
        {SL_RASTER_POSITION_X, SL_RASTER_POSITION_Y, SL_RASTER_POSITION_Z, SL_RASTER_POSITION_W},
        {SL_RASTER_PRIMITIVE_ID, SL_RASTER_FACE_SIGN, SL_RASTER_PERSPECTIVE, SL_RASTER_LINEAR},
    };
    scene->config.input_count = 3;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 4; k++) {
            scene->config.sources[i][k] = (uint8_t)rows[i][k];
        }
    }
    sl_input_plan_init(&scene->plan, &scene->config, 3, true);
}

static struct sl_screen_vertex screen_vertex(struct scene *scene, int k,
                                             struct raster_rig_random *random, bool flat_w)
{
    struct raster_rig_vertex *vertex = &scene->vertices[k];
    for (int row = 0; row < 3; row++) {
        for (int i = 0; i < 4; i++) {
            float value = random_float(random);
            memcpy(&vertex->inputs[row][i], &value, 4);
        }
    }
    struct sl_screen_vertex at = {.vertex = raster_rig_vertex(vertex)};
    at.x = (int32_t)raster_rig_next(random, 1 << 15);
    at.y = (int32_t)raster_rig_next(random, 1 << 15);
    at.z = (float)raster_rig_next(random, 1000) / 1000;
    at.w = flat_w ? 1 : 0.25F + (float)raster_rig_next(random, 1000) / 100;
    return at;
}

/* A random triangle and quads on it and around it. */
static bool make_scene(struct scene *scene, uint64_t number)
{
    static const struct sl_pixel_box bounds = {0, 0, 128, 128};
    struct raster_rig_random random = {number};
    struct sl_screen_vertex corners[3];
    set_sources(scene);
    for (int k = 0; k < 3; k++) {
        corners[k] = screen_vertex(scene, k, &random, number % 4 == 0);
    }
    if (number % 5 == 0) { /* the same everywhere */
        memcpy(scene->vertices[1].inputs, scene->vertices[0].inputs, sizeof(uint32_t[4][4]));
        memcpy(scene->vertices[2].inputs, scene->vertices[0].inputs, sizeof(uint32_t[4][4]));
    }
    struct sl_shape_owner owner = {.leading = raster_rig_vertex(&scene->vertices[1]),
                                   .primitive_id = (uint32_t)number};
    int64_t area = sl_screen_area(&corners[0], &corners[1], &corners[2]);
    if (area == 0 || !sl_shape_triangle(&scene->shape, corners, area, &owner, &bounds)) {
        return false;
    }
    for (unsigned q = 0; q < SL_QUADS; q++) {
        scene->quads[q] = (struct sl_quad){.shape = &scene->shape, .covered = 15};
        scene->quads[q].x = (int32_t)raster_rig_next(&random, 64) * 2;
        scene->quads[q].y = (int32_t)raster_rig_next(&random, 64) * 2;
    }
    return true;
}

Test(raster_interpolate, fast_form_gives_the_same_bits)
{
    static struct scene plain, fast;
    for (uint64_t number = 0; number < 2000; number++) {
        if (!make_scene(&plain, number) || !make_scene(&fast, number)) {
            continue;
        }
        unsigned count = 1 + (unsigned)(number % SL_QUADS);
        memset(plain.inputs, 0xEE, sizeof(plain.inputs));
        memset(fast.inputs, 0xEE, sizeof(fast.inputs));
        for (unsigned q = 0; q < count; q++) {
            sl_interpolate_plain(&plain.plan, &plain.quads[q], 4 * q, plain.inputs, plain.depth);
        }
        sl_interpolate_triangle(&fast.plan, fast.quads, count, 0, fast.inputs, fast.depth);
        cr_assert_eq(memcmp(plain.inputs, fast.inputs, sizeof(plain.inputs)), 0, "case %llu",
                     (unsigned long long)number);
        cr_assert_eq(memcmp(plain.depth, fast.depth, count * 4 * sizeof(float)), 0);
    }
}

/*
 * A strip has what its quads have: a triangle whose first corner is the centre of the strip's first
 * pixel, with values of all sizes at its corners. The second strip tells that it follows the first.
 */
Test(raster_interpolate, strips_give_the_same_bits)
{
    static const float values[] = {0,         -0.0F,     1,         -1,      0x1p-60F, 0x1.Fp-61F,
                                   0x1p-126F, 0x1p-149F, -0x1p-60F, 0x1p99F, 0x1p100F, -0x1p127F,
                                   0x1p-90F,  0.1F,      NAN,       INFINITY};
    static const struct sl_pixel_box bounds = {0, 0, 1 << 14, 1 << 14};
    static struct scene plain, strip;
    struct raster_rig_random random = {7};
    for (unsigned number = 0; number < 4000; number++) {
        memset(&strip, 0, sizeof(strip));
        set_sources(&strip);
        strip.config.sources[1][3] = SL_RASTER_PERSPECTIVE; /* nobody needs w */
        sl_input_plan_init(&strip.plan, &strip.config, 3, true);
        float w = number % 2 ? 1 : 3;
        struct sl_screen_vertex corners[3] = {{.x = 128, .y = 128, .z = 0.25F, .w = 1},
                                              {.x = 1 << 22, .y = 128, .z = 0.5F, .w = w},
                                              {.x = 128, .y = 1 << 22, .z = 0, .w = 1}};
        for (unsigned k = 0; k < 3; k++) {
            corners[k].vertex = raster_rig_vertex(&strip.vertices[k]);
            for (unsigned n = 0; n < 12; n++) {
                unsigned index = raster_rig_next(&random, 16);
                memcpy(&strip.vertices[k].inputs[n / 4][n % 4], &values[index], 4);
            }
        }
        struct sl_shape_owner owner = {.leading = corners[0].vertex};
        int64_t area = sl_screen_area(&corners[0], &corners[1], &corners[2]);
        cr_assert(sl_shape_triangle(&strip.shape, corners, area, &owner, &bounds));
        for (int32_t y = 0; y < 4; y += 2) {
            struct sl_quad quad = {&strip.shape, 0, y, 15};
            sl_interpolate_strip(&strip.plan, &quad, y > 0, strip.inputs, strip.depth);
            for (unsigned q = 0; q < SL_QUADS; q++, quad.x += 2) {
                sl_interpolate_plain(&strip.plan, &quad, 4 * q, plain.inputs, plain.depth);
            }
            cr_assert(memcmp(strip.depth, plain.depth, sizeof(plain.depth)) == 0);
            for (unsigned reg = 0; reg < 3; reg++) {
                cr_assert(memcmp(strip.inputs[reg], plain.inputs[reg], sizeof(plain.inputs[reg])) ==
                              0,
                          "%u, register %u", number, reg);
            }
        }
    }
}

/* What the value is in real numbers, or nearly: binary128 where there is one. */
static long double exact(const struct scene *scene, const float a[3], int64_t x, int64_t y,
                         bool perspective)
{
    long double above = 0, below = 0;
    const struct sl_edges *edges = &scene->shape.edges;
    for (int k = 0; k < 3; k++) {
        long double e =
            (long double)(edges->start[k] + edges->step_x[k] * x + edges->step_y[k] * y);
        e /= perspective ? (long double)scene->shape.w[k] : 1;
        above += e * (long double)a[k];
        below += e;
    }
    return above / below;
}

static float value_at(const struct scene *scene, int reg, int component, unsigned lane)
{
    float value;
    memcpy(&value, &scene->inputs[reg][component][lane], 4);
    return value;
}

static void check_near(const struct scene *scene, const struct sl_quad *quad, unsigned lane,
                       int reg, int component)
{
    float a[3];
    for (int k = 0; k < 3; k++) {
        memcpy(&a[k], &scene->vertices[k].inputs[reg][component], 4);
        if (!(fabsf(a[k]) < 3)) {
            return; /* not a number to reckon with */
        }
    }
    bool perspective = scene->config.sources[reg][component] == SL_RASTER_PERSPECTIVE;
    long double real =
        exact(scene, a, quad->x + (int)(lane & 1), quad->y + (int)(lane >> 1 & 1), perspective);
    long double error = fabsl((long double)value_at(scene, reg, component, lane) - real);
    cr_assert_lt(error, fabsl(real) * 0x1.01p-24L + 0x1p-45L, "%d.%d: %a", reg, component,
                 (double)real);
}

/* Inside the triangle, half a unit in the last place is not passed by more than binary64 can. */
Test(raster_interpolate, is_accurate_inside)
{
    static struct scene scene;
    unsigned checked = 0;
    for (uint64_t number = 0; number < 3000; number++) {
        if (!make_scene(&scene, number)) {
            continue;
        }
        sl_interpolate_triangle(&scene.plan, scene.quads, SL_QUADS, 0, scene.inputs, scene.depth);
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            const struct sl_quad *quad = &scene.quads[lane / 4];
            uint64_t rows[SL_TILE];
            int32_t x = quad->x + (int32_t)(lane & 1), y = quad->y + (int32_t)(lane >> 1 & 1);
            if (!sl_shape_cover(&scene.shape, quad->x, quad->y, 2, rows) ||
                !(rows[y - quad->y] >> (x - quad->x) & 1)) {
                continue;
            }
            check_near(&scene, quad, lane, 0, 0);
            check_near(&scene, quad, lane, 0, 1);
            check_near(&scene, quad, lane, 2, 2);
            check_near(&scene, quad, lane, 2, 3);
            checked++;
        }
    }
    cr_assert_gt(checked, 5000);
}

/* Also far outside a sliver, where the weights are large and cancel badly. */
Test(raster_interpolate, equal_values_stay)
{
    static struct scene scene;
    static const struct sl_pixel_box bounds = {0, 0, 1 << 14, 1 << 14};
    memset(&scene, 0, sizeof(scene));
    set_sources(&scene);
    struct sl_screen_vertex corners[3] = {{.x = 0, .y = 1, .z = 0.7F, .w = 3},
                                          {.x = 1 << 20, .y = (1 << 19) + 1, .z = 0.7F, .w = 5},
                                          {.x = 3, .y = 2, .z = 0.7F, .w = 7}};
    for (int k = 0; k < 3; k++) {
        corners[k].vertex = raster_rig_vertex(&scene.vertices[k]);
        for (int row = 0; row < 3; row++) {
            for (int i = 0; i < 4; i++) {
                float value = 0.1F + (float)i;
                memcpy(&scene.vertices[k].inputs[row][i], &value, 4);
            }
        }
    }
    struct sl_shape_owner owner = {.leading = corners[0].vertex};
    int64_t area = sl_screen_area(&corners[0], &corners[1], &corners[2]);
    cr_assert(sl_shape_triangle(&scene.shape, corners, area, &owner, &bounds));
    for (unsigned q = 0; q < SL_QUADS; q++) {
        scene.quads[q] = (struct sl_quad){&scene.shape, 0, (int32_t)(q * 800), 15};
    }
    sl_interpolate_triangle(&scene.plan, scene.quads, SL_QUADS, 0, scene.inputs, scene.depth);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        cr_assert_eq(scene.depth[lane], 0.7F);
        for (int i = 0; i < 2; i++) {
            cr_assert_eq(value_at(&scene, 0, i, lane), 0.1F + (float)i);
        }
    }
}

/* Pixel positions, facing and the like. */
Test(raster_interpolate, system_values)
{
    static struct scene scene;
    cr_assert(make_scene(&scene, 3));
    scene.shape.front = true;
    sl_interpolate_triangle(&scene.plan, scene.quads, SL_QUADS, 0, scene.inputs, scene.depth);
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        const struct sl_quad *quad = &scene.quads[lane / 4];
        float x = (float)quad->x + (float)(lane & 1), y = (float)quad->y + (float)(lane >> 1 & 1);
        cr_assert_eq(value_at(&scene, 1, 0, lane), x + 0.5F);
        cr_assert_eq(value_at(&scene, 1, 1, lane), y + 0.5F);
        cr_assert_eq(value_at(&scene, 1, 2, lane), scene.depth[lane]);
        cr_assert_eq(scene.inputs[2][0][lane], 3);
        cr_assert_eq(value_at(&scene, 2, 1, lane), 1.0F);
        cr_assert_eq(scene.inputs[0][2][lane], scene.vertices[1].inputs[0][2]);
    }
}
