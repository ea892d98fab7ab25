#include "raster_rig.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(struct raster_rig_vertex, inputs) ==
                   offsetof(struct sl_raster_vertex, inputs),
               "laid out like the real one");

const struct sl_raster_vertex *raster_rig_vertex(const struct raster_rig_vertex *vertex)
{
    return (const struct sl_raster_vertex *)(const void *)vertex;
}

void raster_rig_init(struct raster_rig *rig, struct sl_worker_pool *pool)
{
    memset(rig, 0, sizeof(*rig));
    rig->raster = sl_raster_create(pool);
    cr_assert(rig->raster);
    struct sl_raster_stencil_face face = {SL_COMPARE_ALWAYS, SL_STENCIL_KEEP, SL_STENCIL_KEEP,
                                          SL_STENCIL_INCR};
    rig->config = (struct sl_raster_config){
        .depth = {(uint8_t *)rig->depth, SL_TEXEL_D24S8, false, RASTER_RIG_SIDE, RASTER_RIG_SIDE,
                  4 * RASTER_RIG_SIDE, sizeof(rig->depth), 1},
        .width = RASTER_RIG_SIDE,
        .height = RASTER_RIG_SIDE,
        .scissor = {0, 0, RASTER_RIG_SIDE, RASTER_RIG_SIDE},
        .viewport = {0, 0, RASTER_RIG_SIDE, RASTER_RIG_SIDE, 0, 1},
        .fill = SL_FILL_SOLID,
        .cull = SL_CULL_NONE,
        .depth_clip = true,
        .depth_stencil =
            {
                .depth_func = SL_COMPARE_ALWAYS,
                .stencil_test = true,
                .read_mask = 0xFF,
                .write_mask = 0xFF,
                .face = {face, face},
            },
        .blend = {.write_mask = {0xF, 0xF, 0xF, 0xF, 0xF, 0xF, 0xF, 0xF}},
    };
}

void raster_rig_finish(struct raster_rig *rig)
{
    sl_raster_destroy(rig->raster);
}

struct raster_rig_vertex raster_rig_at(double x, double y, double z)
{
    struct raster_rig_vertex at = {.point_size = 1};
    double units = 256.0 * RASTER_RIG_SIDE;
    at.position[0] = (float)(2 * x / units - 1);
    at.position[1] = (float)(1 - 2 * y / units);
    at.position[2] = (float)z;
    at.position[3] = 1;
    return at;
}

void raster_rig_begin(struct raster_rig *rig)
{
    sl_raster_begin(rig->raster, &rig->config);
}

void raster_rig_triangle(struct raster_rig *rig, const struct raster_rig_vertex *a,
                         const struct raster_rig_vertex *b, const struct raster_rig_vertex *c)
{
    struct sl_raster_primitive primitive = {
        .vertices = {raster_rig_vertex(a), raster_rig_vertex(b), raster_rig_vertex(c)}};
    sl_raster_triangle(rig->raster, &primitive);
}

void raster_rig_line(struct raster_rig *rig, const struct raster_rig_vertex *a,
                     const struct raster_rig_vertex *b)
{
    struct sl_raster_primitive primitive = {
        .vertices = {raster_rig_vertex(a), raster_rig_vertex(b)}};
    sl_raster_line(rig->raster, &primitive);
}

void raster_rig_point(struct raster_rig *rig, const struct raster_rig_vertex *a)
{
    struct sl_raster_primitive primitive = {.vertices = {raster_rig_vertex(a)}};
    sl_raster_point(rig->raster, &primitive);
}

struct sl_raster_result raster_rig_end(struct raster_rig *rig)
{
    struct sl_raster_result result = sl_raster_end(rig->raster);
    cr_assert_not(result.failed);
    return result;
}

unsigned raster_rig_count(const struct raster_rig *rig, int x, int y)
{
    const uint8_t *texel = (const uint8_t *)&rig->depth[y * RASTER_RIG_SIDE + x];
    return texel[3];
}

/* SplitMix64 */
uint32_t raster_rig_next(struct raster_rig_random *random, uint32_t below)
{
    uint64_t z = (random->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % below);
}
