#include "raster/depth_bias.h"

#include "render/convert.h"
#include "render/f32_math.h"

#include <math.h>
#include <string.h>

/* 2^(e - 23) times the bias, where 2^e <= greatest depth < 2^(e + 1). Exact before it is rounded.
 */
static float scale_to_depth(float bias, const struct sl_screen_vertex *corners, unsigned count)
{
    float greatest = 0;
    for (unsigned i = 0; i < count; i++) {
        greatest = sl_f32_max(greatest, fabsf(corners[i].z));
    }
    int exponent = greatest > 0 ? (int)(sl_f32_to_bits(greatest) >> 23) - 127 : 0;
    uint64_t scale_bits = (uint64_t)(exponent - 23 + 1023) << 52;
    double scale;
    memcpy(&scale, &scale_bits, sizeof(scale));
    return sl_f32_fin((float)((double)bias * scale));
}

/* The steeper of the slopes along x and y, in depth per pixel. */
static float slope(const struct sl_screen_vertex *corners)
{
    const struct sl_screen_vertex *a = &corners[0], *b = &corners[1], *c = &corners[2];
    double x1 = (double)(b->x - a->x) / 256.0, y1 = (double)(b->y - a->y) / 256.0;
    double x2 = (double)(c->x - a->x) / 256.0, y2 = (double)(c->y - a->y) / 256.0;
    double z1 = (double)b->z - (double)a->z, z2 = (double)c->z - (double)a->z;
    double area = x1 * y2 - x2 * y1;
    if (area == 0) {
        return 0;
    }
    double along_x = fabs((z1 * y2 - z2 * y1) / area);
    double along_y = fabs((z2 * x1 - z1 * x2) / area);
    return sl_f32_fin((float)(along_x > along_y ? along_x : along_y));
}

float sl_depth_bias(const struct sl_raster_config *config, const struct sl_screen_vertex *corners,
                    unsigned count)
{
    static const uint32_t unit_bits = 0x33800001; /* 1 / (2^24 - 1) */
    float bias = 0;
    if (config->depth_bias != 0) {
        float steps = (float)config->depth_bias;
        bias = config->depth.bytes && config->depth.format == SL_TEXEL_D32F
                   ? scale_to_depth(steps, corners, count)
                   : sl_f32_mul(steps, sl_f32_from_bits(unit_bits));
    }
    bias = sl_f32_add(bias, config->float_bias);
    if (config->slope_bias != 0) {
        bias = sl_f32_add(bias, sl_f32_mul(config->slope_bias, slope(corners)));
    }
    return bias;
}
