/*
 * Clipping against a model that solves for each pixel where in the triangle it is, without any
 * clipping; culling; and the outlines of triangles.
 */
#include "raster_rig.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Weights u of the vertices with sum of u * (x, y, w) = (X, Y, 1); false if there are none. */
static bool solve(const struct raster_rig_vertex v[3], double X, double Y, double u[3])
{
    double m[3][3];
    for (int k = 0; k < 3; k++) {
        m[0][k] = (double)v[k].position[0];
        m[1][k] = (double)v[k].position[1];
        m[2][k] = (double)v[k].position[3];
    }
    double minor[3][3];
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++) {
            int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
            minor[r][c] = m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
        }
    }
    double det = m[0][0] * minor[0][0] + m[0][1] * minor[0][1] + m[0][2] * minor[0][2];
    for (int k = 0; k < 3; k++) {
        u[k] = (minor[0][k] * X + minor[1][k] * Y + minor[2][k]) / det;
    }
    return fabs(det) > 1e-4;
}

static double weighted(const double u[3], double a, double b, double c)
{
    return u[0] * a + u[1] * b + u[2] * c;
}

/* Whether the place is drawn. x, y in pixels. */
static bool is_inside(const struct raster_rig_vertex v[3], const struct sl_raster_config *config,
                      double x, double y)
{
    double u[3];
    if (!solve(v, 2 * x / RASTER_RIG_SIDE - 1, 1 - 2 * y / RASTER_RIG_SIDE, u) || u[0] < 0 ||
        u[1] < 0 || u[2] < 0) {
        return false;
    }
    double z =
        weighted(u, (double)v[0].position[2], (double)v[1].position[2], (double)v[2].position[2]);
    bool inside = !config->depth_clip || (z >= 0 && z <= 1);
    for (uint32_t i = 0; i < config->clip_count; i++) {
        inside = inside &&
                 weighted(u, (double)v[0].clip[i], (double)v[1].clip[i], (double)v[2].clip[i]) >= 0;
    }
    return inside;
}

static double pick(struct raster_rig_random *random, double low, double high)
{
    return low + (high - low) * raster_rig_next(random, 10000) / 10000;
}

static struct raster_rig_vertex random_vertex(struct raster_rig_random *random)
{
    struct raster_rig_vertex at = {.point_size = 1};
    double reach = raster_rig_next(random, 4) == 0 ? 2000 : 3;
    for (int i = 0; i < 2; i++) {
        at.position[i] = (float)pick(random, -reach, reach);
    }
    at.position[2] = (float)pick(random, -1, 2);
    at.position[3] = (float)pick(random, -0.7, 2);
    for (unsigned i = 0; i < SL_RASTER_PLANES; i++) {
        at.clip[i] = (float)pick(random, -0.5, 1);
    }
    return at;
}

/* All places around a centre agree: only then can snapping and rounding not matter. */
static bool is_clear(const struct raster_rig_vertex v[3], const struct sl_raster_config *config,
                     int x, int y, bool *inside)
{
    static const double offsets[4][2] = {{-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
    *inside = is_inside(v, config, x + 0.5, y + 0.5);
    for (int i = 0; i < 4; i++) {
        if (is_inside(v, config, x + 0.5 + offsets[i][0] / 40, y + 0.5 + offsets[i][1] / 40) !=
            *inside) {
            return false;
        }
    }
    return true;
}

Test(raster_clip, random_triangles)
{
    static struct raster_rig rig;
    unsigned covered = 0, empty = 0;
    raster_rig_init(&rig, NULL);
    for (uint64_t number = 0; number < 500; number++) {
        struct raster_rig_random random = {number};
        struct raster_rig_vertex v[3];
        double u[3];
        for (int k = 0; k < 3; k++) {
            v[k] = random_vertex(&random);
        }
        if (!solve(v, 0, 0, u)) {
            continue;
        }
        rig.config.depth_clip = number % 3 != 0;
        rig.config.clip_count = number % 4 == 0 ? 8 : number % 4 == 1 ? 1 : 0;
        memset(rig.depth, 0, sizeof(rig.depth));
        raster_rig_begin(&rig);
        raster_rig_triangle(&rig, &v[0], &v[1], &v[2]);
        raster_rig_end(&rig);
        for (int y = 0; y < RASTER_RIG_SIDE; y += 3) {
            for (int x = 0; x < RASTER_RIG_SIDE; x += 3) {
                bool inside;
                if (is_clear(v, &rig.config, x, y, &inside)) {
                    cr_assert_eq(raster_rig_count(&rig, x, y), inside,
                                 "case %llu: (%d, %d) drawn %u times", (unsigned long long)number,
                                 x, y, raster_rig_count(&rig, x, y));
                    covered += inside;
                    empty += !inside;
                }
            }
        }
    }
    cr_assert_gt(covered, 10000);
    cr_assert_gt(empty, 10000);
    raster_rig_finish(&rig);
}

/* Inputs and depth of a clipped triangle stay those of the whole one. */
Test(raster_clip, depth_goes_on)
{
    static struct raster_rig rig;
    raster_rig_init(&rig, NULL);
    rig.config.depth.format = SL_TEXEL_D32F;
    rig.config.depth_stencil = (struct sl_raster_depth_stencil){
        .depth_test = true, .depth_write = true, .depth_func = SL_COMPARE_ALWAYS};
    /* z = x: the left half lies in front of the near plane. */
    struct raster_rig_vertex v[3] = {
        {.position = {-1, 1, -1, 1}}, {.position = {3, 1, 3, 1}}, {.position = {-1, -3, -1, 1}}};
    memset(rig.depth, 0xFF, sizeof(rig.depth));
    raster_rig_begin(&rig);
    raster_rig_triangle(&rig, &v[0], &v[1], &v[2]);
    raster_rig_end(&rig);
    for (int x = 0; x < RASTER_RIG_SIDE; x++) {
        float depth;
        memcpy(&depth, &rig.depth[7 * RASTER_RIG_SIDE + x], 4);
        double expected = (x + 0.5) / RASTER_RIG_SIDE * 2 - 1;
        if (expected < 0) {
            cr_assert(isnan(depth));
        } else {
            cr_assert_lt(fabs((double)depth - expected), 1e-6);
        }
    }
    raster_rig_finish(&rig);
}

static unsigned drawn(const struct raster_rig *rig)
{
    unsigned count = 0;
    for (int i = 0; i < RASTER_RIG_SIDE * RASTER_RIG_SIDE; i++) {
        count += raster_rig_count(rig, i % RASTER_RIG_SIDE, i / RASTER_RIG_SIDE);
    }
    return count;
}

static unsigned draw(struct raster_rig *rig, const struct raster_rig_vertex v[3])
{
    memset(rig->depth, 0, sizeof(rig->depth));
    raster_rig_begin(rig);
    raster_rig_triangle(rig, &v[0], &v[1], &v[2]);
    raster_rig_end(rig);
    return drawn(rig);
}

Test(raster_clip, what_is_dropped_whole)
{
    static struct raster_rig rig;
    raster_rig_init(&rig, NULL);
    rig.config.clip_count = 1;
    rig.config.cull_count = 2;
    struct raster_rig_vertex good[3] = {raster_rig_at(0, 0, 0), raster_rig_at(5000, 0, 0),
                                        raster_rig_at(0, 5000, 0)};
    cr_assert_gt(draw(&rig, good), 100);
    for (int k = 0; k < 3; k++) {
        struct raster_rig_vertex v[3] = {good[0], good[1], good[2]};
        for (int i = 0; i < 4; i++) {
            float old = v[k].position[i];
            v[k].position[i] = NAN;
            cr_assert_eq(draw(&rig, v), 0);
            v[k].position[i] = -INFINITY;
            cr_assert_eq(draw(&rig, v), 0);
            v[k].position[i] = old;
        }
        v[k].clip[0] = NAN;
        cr_assert_eq(draw(&rig, v), 0);
        v[k].clip[0] = 0;
        for (int other = 0; other < 3; other++) {
            v[other].cull[1] = other == k ? NAN : -1;
        }
        cr_assert_eq(draw(&rig, v), 0);
        v[k].cull[1] = 0;
        cr_assert_gt(draw(&rig, v), 100);
    }
    raster_rig_finish(&rig);
}

Test(raster_clip, facing)
{
    static struct raster_rig rig;
    struct raster_rig_vertex v[3] = {raster_rig_at(0, 0, 0), raster_rig_at(5000, 0, 0),
                                     raster_rig_at(0, 5000, 0)};
    struct raster_rig_vertex reversed[3] = {v[0], v[2], v[1]};
    raster_rig_init(&rig, NULL);
    for (int front_ccw = 0; front_ccw < 2; front_ccw++) {
        rig.config.front_ccw = front_ccw;
        rig.config.cull = SL_CULL_NONE;
        cr_assert(draw(&rig, v) && draw(&rig, reversed));
        /* x right, y down: v is clockwise on the screen. */
        rig.config.cull = SL_CULL_BACK;
        cr_assert_eq(draw(&rig, v) > 0, !front_ccw);
        cr_assert_eq(draw(&rig, reversed) > 0, front_ccw);
        rig.config.cull = SL_CULL_FRONT;
        cr_assert_eq(draw(&rig, v) > 0, front_ccw);
        cr_assert_eq(draw(&rig, reversed) > 0, !front_ccw);
    }
    raster_rig_finish(&rig);
}

/* Wireframes are the lines of the edges that the primitive came with, points its corners. */
Test(raster_clip, outlines)
{
    static struct raster_rig rig, lines;
    raster_rig_init(&rig, NULL);
    raster_rig_init(&lines, NULL);
    for (uint64_t number = 0; number < 300; number++) {
        struct raster_rig_random random = {number};
        struct raster_rig_vertex v[3];
        for (int k = 0; k < 3; k++) {
            v[k] = random_vertex(&random);
            v[k].point_size = 5;
        }
        bool points = number % 2;
        rig.config.fill = points ? SL_FILL_POINT : SL_FILL_WIREFRAME;
        draw(&rig, v);
        memset(lines.depth, 0, sizeof(lines.depth));
        raster_rig_begin(&lines);
        for (int k = 0; k < 3; k++) {
            if (points) {
                raster_rig_point(&lines, &v[k]);
            } else {
                raster_rig_line(&lines, &v[k], &v[(k + 1) % 3]);
            }
        }
        raster_rig_end(&lines);
        cr_assert_eq(memcmp(rig.depth, lines.depth, sizeof(rig.depth)), 0, "case %llu",
                     (unsigned long long)number);
    }
    rig.config.fill = SL_FILL_WIREFRAME;
    struct raster_rig_vertex flat[3] = {raster_rig_at(0, 128, 0), raster_rig_at(2560, 128, 0),
                                        raster_rig_at(5120, 128, 0)};
    cr_assert_gt(draw(&rig, flat), 10, "no area, but edges");
    rig.config.cull = SL_CULL_BACK;
    cr_assert_eq(draw(&rig, flat), 0, "it counts as the back");
    raster_rig_finish(&rig);
    raster_rig_finish(&lines);
}

/* Scissor and viewport cut pixels, not geometry. */
Test(raster_clip, pixels_outside_are_left_alone)
{
    static struct raster_rig rig;
    static const struct {
        struct sl_raster_rect scissor;
        float x, y, width, height;
        int left, top, right, bottom;
    } rows[] = {
        {{10, 20, 30, 40}, 0, 0, 128, 128, 10, 20, 30, 40},
        {{-10, -20, INT64_MAX, 40}, 0, 0, 128, 128, 0, 0, 128, 40},
        {{30, 0, 10, 128}, 0, 0, 128, 128, 0, 0, 0, 0},
        {{0, 0, 128, 128}, 5.5F, 7.25F, 20, 10.5F, 5, 7, 25, 17},
        {{0, 0, 128, 128}, -1000, -1000, 3000, 3000, 0, 0, 128, 128},
        {{0, 0, 128, 128}, 200, 0, 50, 50, 0, 0, 0, 0},
        {{0, 0, 128, 128}, -30, -30, 30, 30, 0, 0, 0, 0},
    };
    struct raster_rig_vertex v[3] = {
        {.position = {-1, 9, 0, 1}}, {.position = {9, -1, 0, 1}}, {.position = {-9, -9, 0, 1}}};
    raster_rig_init(&rig, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rig.config.scissor = rows[i].scissor;
        rig.config.viewport =
            (struct sl_raster_viewport){rows[i].x, rows[i].y, rows[i].width, rows[i].height, 0, 1};
        draw(&rig, v);
        for (int y = 0; y < RASTER_RIG_SIDE; y++) {
            for (int x = 0; x < RASTER_RIG_SIDE; x++) {
                bool inside = x >= rows[i].left && x < rows[i].right && y >= rows[i].top &&
                              y < rows[i].bottom;
                cr_assert_eq(raster_rig_count(&rig, x, y), inside, "row %zu: (%d, %d)", i, x, y);
            }
        }
    }
    raster_rig_finish(&rig);
}
