/*
 * An executor with a target, pass-through programs and vertices of position and colour, for tests
 * that look at pixels. Positions are given in pixels of the target: (0, 0) is its upper left
 * corner.
 */
#ifndef SL_TESTS_DRAW_RIG_H
#define SL_TESTS_DRAW_RIG_H

#include "aeroexec_rig.h"

enum {
    DRAW_TARGET = 1, /* R8G8B8A8 */
    DRAW_VS,
    DRAW_PS,
    DRAW_LAYOUT,
    DRAW_VERTICES,
    DRAW_INDICES,
    DRAW_FREE = 20, /* handles from here on are the test's */
};

enum { DRAW_SIZE = 16 };

/* What the programs are; tests may bind others that link with them. */
extern const char *const draw_vs_text;
extern const char *const draw_ps_text;

struct draw_vertex {
    float x, y;
    float r, g, b, a;
};

struct rig draw_rig_make(struct sl_agpu_exec_config config);
void draw_rig_vertices(struct rig *rig, const struct draw_vertex *vertices, uint32_t count);

/* 16-bit indices, bound. */
void draw_rig_indices(struct rig *rig, const uint16_t *indices, uint32_t count);
void draw_rig_topology(struct rig *rig, uint32_t topology);

/* The target as text: a line for each row, a character for each pixel: see draw_rig.c. */
const char *draw_rig_picture(struct rig *rig);

/* R, G, B, A bytes of one pixel as 0xRRGGBBAA. */
uint32_t draw_rig_pixel(struct rig *rig, uint32_t x, uint32_t y);

#endif
