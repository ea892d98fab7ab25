/* The scenes that our rasteriser and a reference draw alike, for the drawing benchmark. */
#ifndef SL_TESTS_BENCH_DRAW_SCENES_H
#define SL_TESTS_BENCH_DRAW_SCENES_H

enum { SCENE_WIDTH = 1920, SCENE_HEIGHT = 1080, SCENE_TEXTURE = 1024, SCENE_CELL = 8 };

/* Two triangles for each cell of 8 x 8 pixels. */
enum {
    SCENE_COLUMNS = SCENE_WIDTH / SCENE_CELL,
    SCENE_ROWS = SCENE_HEIGHT / SCENE_CELL,
    SCENE_TRIANGLES = SCENE_COLUMNS * SCENE_ROWS * 2,
};

enum scene {
    SCENE_CONSTANT,
    SCENE_INTERPOLATED,
    SCENE_BILINEAR,
    SCENE_BLENDED,
    SCENE_SMALL_TRIANGLES,
    SCENE_HEAVY,
    SCENE_COUNT,
};

static const char *const scene_names[SCENE_COUNT] = {
    "constant", "interpolated", "bilinear", "blended", "triangles-8x8", "heavy",
};

/* Position x, y, z, w; colour r, g, b, a; texture coordinate u, v. */
enum { SCENE_VERTEX_FLOATS = 10 };

/* What a texel of the texture is; every one differs from its neighbours. */
static inline unsigned scene_texel(unsigned x, unsigned y)
{
    return (x * 7 & 255) | (y * 5 & 255) << 8 | ((x ^ y) & 255) << 16 | ((x + y) & 255) << 24;
}

static inline void scene_vertex(float *v, float x, float y)
{
    const float vertex[SCENE_VERTEX_FLOATS] = {
        x / (SCENE_WIDTH / 2.0f) - 1.0f,
        1.0f - y / (SCENE_HEIGHT / 2.0f),
        0.5f,
        1.0f,
        x / SCENE_WIDTH,
        y / SCENE_HEIGHT,
        0.25f,
        0.5f,
        x / SCENE_WIDTH * 1.5f,
        y / SCENE_HEIGHT * 1.5f,
    };
    for (int i = 0; i < SCENE_VERTEX_FLOATS; i++) {
        v[i] = vertex[i];
    }
}

/* Six vertices of the rectangle's two triangles, clockwise on screen. */
static inline float *scene_rectangle(float *v, float x0, float y0, float x1, float y1)
{
    const float corners[6][2] = {{x0, y0}, {x1, y0}, {x0, y1}, {x0, y1}, {x1, y0}, {x1, y1}};
    for (int i = 0; i < 6; i++, v += SCENE_VERTEX_FLOATS) {
        scene_vertex(v, corners[i][0], corners[i][1]);
    }
    return v;
}

static inline unsigned scene_vertex_count(enum scene scene)
{
    return scene == SCENE_SMALL_TRIANGLES ? SCENE_TRIANGLES * 3 : 6;
}

/* scene_vertex_count() vertices. */
static inline void scene_vertices(enum scene scene, float *v)
{
    if (scene != SCENE_SMALL_TRIANGLES) {
        scene_rectangle(v, 0, 0, SCENE_WIDTH, SCENE_HEIGHT);
        return;
    }
    for (int row = 0; row < SCENE_ROWS; row++) {
        for (int column = 0; column < SCENE_COLUMNS; column++) {
            float x = (float)(column * SCENE_CELL);
            float y = (float)(row * SCENE_CELL);
            v = scene_rectangle(v, x, y, x + SCENE_CELL, y + SCENE_CELL);
        }
    }
}

/* Millions of pixels, or of triangles for the small ones, that one draw of the scene makes. */
static inline double scene_millions(enum scene scene)
{
    return scene == SCENE_SMALL_TRIANGLES ? SCENE_TRIANGLES / 1e6
                                          : (double)SCENE_WIDTH * SCENE_HEIGHT / 1e6;
}

#endif
