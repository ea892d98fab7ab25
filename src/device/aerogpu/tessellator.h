/*
 * The uniform tessellator: a domain cut into equal parts by one number for each direction. Points
 * come in a fixed order and primitives name them by their place in it.
 */
#ifndef SL_DEVICE_AEROGPU_TESSELLATOR_H
#define SL_DEVICE_AEROGPU_TESSELLATOR_H

#include "shader/ir.h"

#include <stdbool.h>
#include <stdint.h>

#define SL_AGPU_TESS_FACTOR_MAX 64u
#define SL_AGPU_TESS_POINTS_MAX ((SL_AGPU_TESS_FACTOR_MAX + 1) * (SL_AGPU_TESS_FACTOR_MAX + 1))

/* Factors as the hull program wrote them. */
struct sl_agpu_tess_factors {
    float edge[4];   /* tri: three; quad: u = 0, v = 0, u = 1, v = 1 */
    float inside[2]; /* tri: one; quad: u, v */
    float detail;    /* isoline */
    float density;
};

struct sl_agpu_tess_grid {
    enum sl_ir_domain domain;
    enum sl_ir_tess_output output;
    uint32_t u; /* parts; tri: the only number; isoline: detail */
    uint32_t v; /* isoline: density */
};

/* False if the patch is culled: an edge factor that is not greater than 0. */
bool sl_agpu_tess_grid_init(struct sl_agpu_tess_grid *grid, const struct sl_ir_program *hull,
                            const struct sl_agpu_tess_factors *factors);

uint32_t sl_agpu_tess_point_count(const struct sl_agpu_tess_grid *grid);
void sl_agpu_tess_point(const struct sl_agpu_tess_grid *grid, uint32_t point, float domain[3]);

/* Corners of a primitive, of 1, 2 or 3 points as the output says. */
uint32_t sl_agpu_tess_corners(const struct sl_agpu_tess_grid *grid);
uint32_t sl_agpu_tess_primitive_count(const struct sl_agpu_tess_grid *grid);
void sl_agpu_tess_primitive(const struct sl_agpu_tess_grid *grid, uint32_t primitive,
                            uint32_t points[3]);

#endif
