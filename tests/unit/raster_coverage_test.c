/*
 * Which pixels triangles, lines and points cover, against models that look at every pixel and share
 * nothing with the code: points moved by an infinitesimal step in place of edge rules, and exact
 * cuts of segments with diamonds in place of a formula per column.
 */
#include "raster_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct spot {
    int64_t x, y;
};

/* Where a coordinate lands: corners of random scenes favour grid lines, centres and each other. */
static int64_t pick(struct raster_rig_random *random)
{
    int64_t pixel = raster_rig_next(random, RASTER_RIG_SIDE + 20);
    static const int64_t parts[] = {0, 128, 64, 192, 1, 127, 129, 255};
    int64_t part = raster_rig_next(random, 3) ? parts[raster_rig_next(random, 8)]
                                              : raster_rig_next(random, 256);
    return (pixel - 10) * 256 + part;
}

static struct spot pick_spot(struct raster_rig_random *random)
{
    struct spot spot;
    spot.x = pick(random);
    spot.y = pick(random);
    return spot;
}

static struct spot pick_near(struct raster_rig_random *random, struct spot from)
{
    from.x += (int64_t)raster_rig_next(random, 1024) - 512;
    from.y += (int64_t)raster_rig_next(random, 1024) - 512;
    return from;
}

static struct raster_rig_vertex vertex_at(struct spot spot)
{
    return raster_rig_at((double)spot.x, (double)spot.y, 0.5);
}

static int sign(int64_t value)
{
    return (value > 0) - (value < 0);
}

/* The side of the line through a and b that the centre is on after a tiny step right, then down. */
static int side(struct spot a, struct spot b, struct spot centre)
{
    int64_t dx = b.x - a.x, dy = b.y - a.y;
    int64_t cross = dx * (centre.y - a.y) - dy * (centre.x - a.x);
    return cross != 0 ? sign(cross) : dy != 0 ? -sign(dy) : sign(dx);
}

static bool in_triangle(const struct spot corners[3], struct spot centre)
{
    int first = side(corners[0], corners[1], centre);
    return first != 0 && first == side(corners[1], corners[2], centre) &&
           first == side(corners[2], corners[0], centre);
}

static struct spot centre_of(int x, int y)
{
    return (struct spot){256 * x + 128, 256 * y + 128};
}

static void expect_counts(const struct raster_rig *rig, const uint8_t *expected, uint64_t number)
{
    for (int y = 0; y < RASTER_RIG_SIDE; y++) {
        for (int x = 0; x < RASTER_RIG_SIDE; x++) {
            cr_assert_eq(raster_rig_count(rig, x, y), expected[y * RASTER_RIG_SIDE + x],
                         "case %llu: pixel (%d, %d) drawn %u times instead of %u",
                         (unsigned long long)number, x, y, raster_rig_count(rig, x, y),
                         expected[y * RASTER_RIG_SIDE + x]);
        }
    }
}

static void add_triangle(uint8_t *counts, const struct spot corners[3])
{
    for (int y = 0; y < RASTER_RIG_SIDE; y++) {
        for (int x = 0; x < RASTER_RIG_SIDE; x++) {
            counts[y * RASTER_RIG_SIDE + x] =
                (uint8_t)(counts[y * RASTER_RIG_SIDE + x] + in_triangle(corners, centre_of(x, y)));
        }
    }
}

static void draw_triangle(struct raster_rig *rig, const struct spot corners[3])
{
    struct raster_rig_vertex vertices[3];
    for (int i = 0; i < 3; i++) {
        vertices[i] = vertex_at(corners[i]);
    }
    raster_rig_begin(rig);
    raster_rig_triangle(rig, &vertices[0], &vertices[1], &vertices[2]);
    raster_rig_end(rig);
}

Test(raster_coverage, random_triangles)
{
    static struct raster_rig rig;
    static uint8_t expected[RASTER_RIG_SIDE * RASTER_RIG_SIDE];
    raster_rig_init(&rig, NULL);
    for (uint64_t number = 0; number < 400; number++) {
        struct raster_rig_random random = {number};
        memset(rig.depth, 0, sizeof(rig.depth));
        memset(expected, 0, sizeof(expected));
        for (int i = 0; i < 4; i++) {
            struct spot corners[3];
            for (int k = 0; k < 3; k++) {
                corners[k] = pick_spot(&random);
            }
            if (i == 3) { /* a small or thin one */
                corners[1].x = corners[0].x + raster_rig_next(&random, 700);
                corners[1].y = corners[0].y + raster_rig_next(&random, 9);
            }
            draw_triangle(&rig, corners);
            add_triangle(expected, corners);
        }
        expect_counts(&rig, expected, number);
    }
    raster_rig_finish(&rig);
}

/* A fan around an inner vertex covers what its outline encloses once, wherever that vertex lies. */
Test(raster_coverage, fans_have_no_seams)
{
    static struct raster_rig rig;
    raster_rig_init(&rig, NULL);
    for (uint64_t number = 0; number < 200; number++) {
        struct raster_rig_random random = {number};
        struct spot ring[4] = {{0, 0},
                               {256 * RASTER_RIG_SIDE, 0},
                               {256 * RASTER_RIG_SIDE, 256 * RASTER_RIG_SIDE},
                               {0, 256 * RASTER_RIG_SIDE}};
        struct spot middle;
        middle.x = raster_rig_next(&random, 256 * RASTER_RIG_SIDE);
        middle.y = raster_rig_next(&random, 256 * RASTER_RIG_SIDE);
        if (number % 2) {
            middle = (struct spot){middle.x / 256 * 256 + 128, middle.y / 256 * 256 + 128};
        }
        memset(rig.depth, 0, sizeof(rig.depth));
        for (int i = 0; i < 4; i++) {
            struct spot corners[3] = {middle, ring[i], ring[(i + 1) % 4]};
            draw_triangle(&rig, corners);
        }
        for (int y = 0; y < RASTER_RIG_SIDE; y++) {
            for (int x = 0; x < RASTER_RIG_SIDE; x++) {
                cr_assert_eq(raster_rig_count(&rig, x, y), 1, "case %llu: (%d, %d): %u",
                             (unsigned long long)number, x, y, raster_rig_count(&rig, x, y));
            }
        }
    }
    raster_rig_finish(&rig);
}

/* ---- lines ---- */

/* The part of a segment's parameter range where constraints hold; ends as fractions. */
struct span {
    int64_t low, low_over, high, high_over;
    bool low_open, high_open;
};

/* Keeps t with at0 + t * (at1 - at0) < 0, or <= 0. All products stay far below 2^63. */
static bool keep(struct span *span, int64_t at0, int64_t at1, bool strict)
{
    int64_t slope = at1 - at0;
    if (slope == 0) {
        return strict ? at0 < 0 : at0 <= 0;
    }
    int64_t top = slope > 0 ? -at0 : at0, over = slope > 0 ? slope : -slope;
    if (slope > 0) {
        int64_t less = top * span->high_over - span->high * over;
        if (less < 0 || (less == 0 && strict)) {
            span->high = top;
            span->high_over = over;
            span->high_open = strict;
        }
    } else {
        int64_t more = top * span->low_over - span->low * over;
        if (more > 0 || (more == 0 && strict)) {
            span->low = top;
            span->low_over = over;
            span->low_open = strict;
        }
    }
    return true;
}

static bool touches_diamond(struct spot a, struct spot b, bool steep)
{
    struct span span = {0, 1, 1, 1, false, false};
    if (!keep(&span, a.x + a.y - 128, b.x + b.y - 128, false) ||
        !keep(&span, a.y - a.x - 128, b.y - b.x - 128, false) ||
        !keep(&span, a.x - a.y - 128, b.x - b.y - 128, true) ||
        !keep(&span, -a.x - a.y - 128, -b.x - b.y - 128, true)) {
        span.high = -1;
        span.high_over = 1;
    }
    int64_t order = span.low * span.high_over - span.high * span.low_over;
    if (order < 0 || (order == 0 && !span.low_open && !span.high_open)) {
        return true;
    }
    /* The right corner, (128, 0), is on the segment. */
    int64_t cross = (b.x - a.x) * (0 - a.y) - (b.y - a.y) * (128 - a.x);
    bool between = a.y * b.y <= 0 && (a.x - 128) * (b.x - 128) <= 0;
    return steep && cross == 0 && between;
}

static bool line_draws(struct spot a, struct spot b, struct spot centre)
{
    bool steep = llabs(b.y - a.y) > llabs(b.x - a.x);
    struct spot from = {a.x - centre.x, a.y - centre.y};
    struct spot to = {b.x - centre.x, b.y - centre.y};
    return touches_diamond(from, to, steep) && !touches_diamond(to, to, steep);
}

Test(raster_coverage, random_lines)
{
    static struct raster_rig rig;
    static uint8_t expected[RASTER_RIG_SIDE * RASTER_RIG_SIDE];
    raster_rig_init(&rig, NULL);
    for (uint64_t number = 0; number < 1500; number++) {
        struct raster_rig_random random = {number};
        memset(rig.depth, 0, sizeof(rig.depth));
        struct spot a = pick_spot(&random);
        struct spot b = pick_spot(&random);
        if (number % 3 == 0) { /* short */
            b = pick_near(&random, a);
        } else if (number % 7 == 0) { /* diagonal */
            b.y = a.y + (number % 2 ? b.x - a.x : a.x - b.x);
        }
        for (int y = 0; y < RASTER_RIG_SIDE; y++) {
            for (int x = 0; x < RASTER_RIG_SIDE; x++) {
                expected[y * RASTER_RIG_SIDE + x] = line_draws(a, b, centre_of(x, y));
            }
        }
        struct raster_rig_vertex ends[2] = {vertex_at(a), vertex_at(b)};
        raster_rig_begin(&rig);
        raster_rig_line(&rig, &ends[0], &ends[1]);
        raster_rig_end(&rig);
        expect_counts(&rig, expected, number);
    }
    raster_rig_finish(&rig);
}

/* ---- points ---- */

Test(raster_coverage, random_points)
{
    static struct raster_rig rig;
    static uint8_t expected[RASTER_RIG_SIDE * RASTER_RIG_SIDE];
    raster_rig_init(&rig, NULL);
    for (uint64_t number = 0; number < 300; number++) {
        struct raster_rig_random random = {number};
        memset(rig.depth, 0, sizeof(rig.depth));
        struct spot at = pick_spot(&random);
        struct raster_rig_vertex vertex = vertex_at(at);
        int64_t half = number % 3 == 0 ? 128 : raster_rig_next(&random, 64 * 128);
        vertex.point_size = (float)half / 128;
        for (int y = 0; y < RASTER_RIG_SIDE; y++) {
            for (int x = 0; x < RASTER_RIG_SIDE; x++) {
                struct spot centre = centre_of(x, y);
                expected[y * RASTER_RIG_SIDE + x] =
                    at.x - half <= centre.x && centre.x < at.x + half && at.y - half <= centre.y &&
                    centre.y < at.y + half;
            }
        }
        raster_rig_begin(&rig);
        raster_rig_point(&rig, &vertex);
        raster_rig_end(&rig);
        expect_counts(&rig, expected, number);
    }
    raster_rig_finish(&rig);
}

/* ---- fixed vectors ---- */

Test(raster_coverage, one_triangle_fills_any_target)
{
    static struct raster_rig rig;
    raster_rig_init(&rig, NULL);
    static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {64, 64}, {65, 63}, {127, 128}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(rig.depth, 0, sizeof(rig.depth));
        rig.config.width = sizes[i][0];
        rig.config.height = sizes[i][1];
        rig.config.viewport.width = (float)sizes[i][0];
        rig.config.viewport.height = (float)sizes[i][1];
        struct raster_rig_vertex corners[3] = {
            {.position = {-1, -1, 0, 1}},
            {.position = {-1, 3, 0, 1}},
            {.position = {3, -1, 0, 1}},
        };
        raster_rig_begin(&rig);
        raster_rig_triangle(&rig, &corners[0], &corners[1], &corners[2]);
        raster_rig_end(&rig);
        for (int y = 0; y < RASTER_RIG_SIDE; y++) {
            for (int x = 0; x < RASTER_RIG_SIDE; x++) {
                bool inside = (uint32_t)x < sizes[i][0] && (uint32_t)y < sizes[i][1];
                cr_assert_eq(raster_rig_count(&rig, x, y), inside, "%u x %u: (%d, %d)", sizes[i][0],
                             sizes[i][1], x, y);
            }
        }
    }
    raster_rig_finish(&rig);
}

/* The rectangle [2.9, 3.9]^2 of an 8 x 8 target is pixel (3, 3); half a pixel less is (2, 2). */
Test(raster_coverage, half_pixel)
{
    static struct raster_rig rig;
    for (int half = 0; half < 2; half++) {
        raster_rig_init(&rig, NULL);
        rig.config.width = rig.config.height = 8;
        rig.config.viewport.width = rig.config.viewport.height = 8;
        rig.config.half_pixel = half;
        float low = 2.9F / 4 - 1, high = 3.9F / 4 - 1;
        struct raster_rig_vertex corners[4] = {
            {.position = {low, -low, 0, 1}},
            {.position = {high, -low, 0, 1}},
            {.position = {high, -high, 0, 1}},
            {.position = {low, -high, 0, 1}},
        };
        raster_rig_begin(&rig);
        raster_rig_triangle(&rig, &corners[0], &corners[1], &corners[2]);
        raster_rig_triangle(&rig, &corners[0], &corners[2], &corners[3]);
        raster_rig_end(&rig);
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                cr_assert_eq(raster_rig_count(&rig, x, y), x == 3 - half && y == 3 - half);
            }
        }
        raster_rig_finish(&rig);
    }
}

Test(raster_coverage, line_vectors)
{
    static const struct {
        double from, to;
        unsigned first, end;
    } rows[] = {{0.5, 3.5, 0, 3}, {3.5, 0.5, 1, 4}, {0.5, 0.5, 0, 0}};
    static struct raster_rig rig;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        raster_rig_init(&rig, NULL);
        struct raster_rig_vertex from = raster_rig_at(256 * rows[i].from, 128, 0);
        struct raster_rig_vertex to = raster_rig_at(256 * rows[i].to, 128, 0);
        raster_rig_begin(&rig);
        raster_rig_line(&rig, &from, &to);
        raster_rig_end(&rig);
        for (unsigned x = 0; x < 8; x++) {
            cr_assert_eq(raster_rig_count(&rig, (int)x, 0), x >= rows[i].first && x < rows[i].end);
            cr_assert_eq(raster_rig_count(&rig, (int)x, 1), 0);
        }
        raster_rig_finish(&rig);
    }
}
