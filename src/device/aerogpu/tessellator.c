#include "device/aerogpu/tessellator.h"

/* ---- factors ---- */

/* Clamped to 1..64 and the declared maximum, then rounded up. */
static uint32_t parts(float factor, float declared_max)
{
    float limit = (float)SL_AGPU_TESS_FACTOR_MAX;
    if (declared_max >= 1.0f && declared_max < limit) {
        limit = declared_max;
    }
    /* A NaN inside factor counts as the least. */
    float clamped = factor > 1.0f ? (factor < limit ? factor : limit) : 1.0f;
    uint32_t whole = (uint32_t)clamped;
    return (float)whole < clamped ? whole + 1 : whole;
}

static uint32_t largest(const float *factors, unsigned count, float declared_max)
{
    uint32_t most = 1;
    for (unsigned i = 0; i < count; i++) {
        uint32_t n = parts(factors[i], declared_max);
        most = n > most ? n : most;
    }
    return most;
}

static bool all_positive(const float *factors, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!(factors[i] > 0.0f)) {
            return false;
        }
    }
    return true;
}

static bool init_quad(struct sl_agpu_tess_grid *grid, const struct sl_agpu_tess_factors *factors,
                      float max)
{
    const float u[3] = {factors->edge[1], factors->edge[3], factors->inside[0]};
    const float v[3] = {factors->edge[0], factors->edge[2], factors->inside[1]};
    grid->u = largest(u, 3, max);
    grid->v = largest(v, 3, max);
    return all_positive(factors->edge, 4);
}

static bool init_isoline(struct sl_agpu_tess_grid *grid, const struct sl_agpu_tess_factors *factors,
                         float max)
{
    const float both[2] = {factors->detail, factors->density};
    grid->u = parts(factors->detail, max);
    grid->v = parts(factors->density, max);
    return all_positive(both, 2);
}

bool sl_agpu_tess_grid_init(struct sl_agpu_tess_grid *grid, const struct sl_ir_program *hull,
                            const struct sl_agpu_tess_factors *factors)
{
    *grid = (struct sl_agpu_tess_grid){.domain = hull->domain, .output = hull->tess_output};
    float max = hull->max_tess_factor;
    switch (hull->domain) {
    case SL_IR_DOMAIN_QUAD:
        return init_quad(grid, factors, max);
    case SL_IR_DOMAIN_ISOLINE:
        return init_isoline(grid, factors, max);
    case SL_IR_DOMAIN_TRI:
        break;
    }
    const float all[4] = {factors->edge[0], factors->edge[1], factors->edge[2], factors->inside[0]};
    grid->u = largest(all, 4, max);
    return all_positive(factors->edge, 3);
}

/* ---- triangles: rows i = 0..n, row i has n - i + 1 points ---- */

static uint32_t row_start(uint32_t n, uint32_t i)
{
    return i * (n + 1) - i * (i - 1) / 2;
}

static void tri_point(uint32_t n, uint32_t point, float domain[3])
{
    uint32_t i = 0;
    while (row_start(n, i + 1) <= point) {
        i++;
    }
    uint32_t j = point - row_start(n, i);
    domain[0] = (float)i / (float)n;
    domain[1] = (float)j / (float)n;
    domain[2] = (float)(n - i - j) / (float)n;
}

/* Row i has 2 * (n - i) - 1 triangles: one for each j, and one between it and the next. */
static void tri_corners(uint32_t n, uint32_t primitive, uint32_t points[3])
{
    uint32_t i = 0;
    while (primitive >= 2 * (n - i) - 1) {
        primitive -= 2 * (n - i) - 1;
        i++;
    }
    uint32_t here = row_start(n, i) + primitive / 2;
    uint32_t below = row_start(n, i + 1) + primitive / 2;
    bool between = primitive & 1;
    points[0] = between ? below : here;
    points[1] = here + 1;
    points[2] = between ? below + 1 : below;
}

/* ---- quads and isolines: rows of v, u fastest ---- */

static void quad_corners(const struct sl_agpu_tess_grid *grid, uint32_t primitive,
                         uint32_t points[3])
{
    uint32_t cell = primitive / 2;
    uint32_t at = cell / grid->u * (grid->u + 1) + cell % grid->u;
    uint32_t above = at + grid->u + 1;
    bool second = primitive & 1;
    points[0] = second ? above : at;
    points[1] = at + 1;
    points[2] = second ? above + 1 : above;
}

uint32_t sl_agpu_tess_point_count(const struct sl_agpu_tess_grid *grid)
{
    switch (grid->domain) {
    case SL_IR_DOMAIN_QUAD:
        return (grid->u + 1) * (grid->v + 1);
    case SL_IR_DOMAIN_ISOLINE:
        return (grid->u + 1) * grid->v;
    case SL_IR_DOMAIN_TRI:
        break;
    }
    return (grid->u + 1) * (grid->u + 2) / 2;
}

void sl_agpu_tess_point(const struct sl_agpu_tess_grid *grid, uint32_t point, float domain[3])
{
    if (grid->domain == SL_IR_DOMAIN_TRI) {
        tri_point(grid->u, point, domain);
        return;
    }
    domain[0] = (float)(point % (grid->u + 1)) / (float)grid->u;
    domain[1] = (float)(point / (grid->u + 1)) / (float)grid->v;
    domain[2] = 0.0f;
}

uint32_t sl_agpu_tess_corners(const struct sl_agpu_tess_grid *grid)
{
    if (grid->output == SL_IR_TESS_POINT) {
        return 1;
    }
    return grid->domain == SL_IR_DOMAIN_ISOLINE ? 2 : 3;
}

uint32_t sl_agpu_tess_primitive_count(const struct sl_agpu_tess_grid *grid)
{
    if (grid->output == SL_IR_TESS_POINT) {
        return sl_agpu_tess_point_count(grid);
    }
    switch (grid->domain) {
    case SL_IR_DOMAIN_QUAD:
        return 2 * grid->u * grid->v;
    case SL_IR_DOMAIN_ISOLINE:
        return grid->u * grid->v;
    case SL_IR_DOMAIN_TRI:
        break;
    }
    return grid->u * grid->u;
}

void sl_agpu_tess_primitive(const struct sl_agpu_tess_grid *grid, uint32_t primitive,
                            uint32_t points[3])
{
    if (grid->output == SL_IR_TESS_POINT) {
        points[0] = primitive;
        return;
    }
    if (grid->domain == SL_IR_DOMAIN_ISOLINE) {
        points[0] = primitive / grid->u * (grid->u + 1) + primitive % grid->u;
        points[1] = points[0] + 1;
        return;
    }
    if (grid->domain == SL_IR_DOMAIN_QUAD) {
        quad_corners(grid, primitive, points);
    } else {
        tri_corners(grid->u, primitive, points);
    }
    if (grid->output == SL_IR_TESS_CCW) {
        uint32_t last = points[2];
        points[2] = points[1];
        points[1] = last;
    }
}
