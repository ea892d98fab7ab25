/*
 * The rasteriser: primitives of clip-space vertices in, pixels of the targets out. It clips, maps
 * to the viewport, culls, finds the covered pixels, interpolates, runs the pixel program on batches
 * of quads, tests and merges. Pixels see primitives in the order they were given, whatever the
 * number of threads.
 *
 * Order of calls: sl_raster_create(), then for each draw sl_raster_begin(), primitives with
 * sl_raster_flush() in between, sl_raster_end().
 */
#ifndef SL_RASTER_RASTER_H
#define SL_RASTER_RASTER_H

#include "base/worker_pool.h"
#include "render/texture.h"
#include "shader/exec.h"

#include <stdbool.h>
#include <stdint.h>

#define SL_RASTER_TARGETS 8u
#define SL_RASTER_INPUTS 34u /* pixel input registers at most */
#define SL_RASTER_PLANES 8u  /* clip or cull distances */

/* A colour or depth target; bytes NULL = none. format is one that can be rendered to. */
struct sl_raster_target {
    uint8_t *bytes; /* of layer 0 */
    enum sl_texel_format format;
    bool srgb; /* colours are encoded to sRGB, and decoded for blending */
    uint32_t width;
    uint32_t height;
    uint32_t pitch_bytes;
    uint64_t layer_stride_bytes;
    uint32_t layer_count;
};

/* D3DCMPFUNC. */
enum sl_compare {
    SL_COMPARE_NEVER = 1,
    SL_COMPARE_LESS,
    SL_COMPARE_EQUAL,
    SL_COMPARE_LESS_EQUAL,
    SL_COMPARE_GREATER,
    SL_COMPARE_NOT_EQUAL,
    SL_COMPARE_GREATER_EQUAL,
    SL_COMPARE_ALWAYS,
};

/* D3DSTENCILOP. */
enum sl_stencil_op {
    SL_STENCIL_KEEP = 1,
    SL_STENCIL_ZERO,
    SL_STENCIL_REPLACE,
    SL_STENCIL_INCR_SAT,
    SL_STENCIL_DECR_SAT,
    SL_STENCIL_INVERT,
    SL_STENCIL_INCR,
    SL_STENCIL_DECR,
};

/* D3DBLEND; in the alpha equation colour factors mean their alpha. */
enum sl_blend_factor {
    SL_BLEND_ZERO = 1,
    SL_BLEND_ONE,
    SL_BLEND_SRC_COLOR,
    SL_BLEND_INV_SRC_COLOR,
    SL_BLEND_SRC_ALPHA,
    SL_BLEND_INV_SRC_ALPHA,
    SL_BLEND_DEST_ALPHA,
    SL_BLEND_INV_DEST_ALPHA,
    SL_BLEND_DEST_COLOR,
    SL_BLEND_INV_DEST_COLOR,
    SL_BLEND_SRC_ALPHA_SAT,
    SL_BLEND_BOTH_SRC_ALPHA,     /* as a source: overrides the destination factor too */
    SL_BLEND_BOTH_INV_SRC_ALPHA, /* the same */
    SL_BLEND_CONSTANT,
    SL_BLEND_INV_CONSTANT,
};

/* D3DBLENDOP. */
enum sl_blend_op {
    SL_BLEND_ADD = 1,
    SL_BLEND_SUBTRACT,
    SL_BLEND_REV_SUBTRACT,
    SL_BLEND_MIN,
    SL_BLEND_MAX,
};

struct sl_raster_stencil_face {
    enum sl_compare func;
    enum sl_stencil_op fail, depth_fail, pass;
};

struct sl_raster_depth_stencil {
    bool depth_test; /* off: no test and no write */
    bool depth_write;
    enum sl_compare depth_func;
    bool stencil_test;
    uint8_t read_mask, write_mask, ref;
    struct sl_raster_stencil_face face[2]; /* [1]: triangles that are counter-clockwise on screen */
};

struct sl_raster_blend {
    bool enable;
    enum sl_blend_factor src, dst, src_alpha, dst_alpha;
    enum sl_blend_op op, op_alpha;
    float constant[4];
    uint8_t write_mask[SL_RASTER_TARGETS]; /* bits 0..3 = R, G, B, A */
};

enum sl_fill { SL_FILL_POINT = 1, SL_FILL_WIREFRAME = 2, SL_FILL_SOLID = 3 };
enum sl_cull { SL_CULL_NONE, SL_CULL_FRONT, SL_CULL_BACK };

struct sl_raster_rect {
    int64_t left, top, right, bottom; /* right and bottom exclusive */
};

struct sl_raster_viewport {
    float x, y, width, height, min_depth, max_depth; /* width, height > 0 */
};

/* How a component of a pixel input register gets its value. */
enum sl_raster_source {
    SL_RASTER_ZERO,
    SL_RASTER_PERSPECTIVE, /* these three from the same component of the vertices' inputs */
    SL_RASTER_LINEAR,
    SL_RASTER_FLAT,
    SL_RASTER_POSITION_X, /* i + 0.5 */
    SL_RASTER_POSITION_Y,
    SL_RASTER_POSITION_Z, /* before clamping */
    SL_RASTER_POSITION_W,
    SL_RASTER_PIXEL_X, /* i */
    SL_RASTER_PIXEL_Y,
    SL_RASTER_FRONT_MASK, /* all ones or 0 */
    SL_RASTER_FACE_SIGN,  /* +1 or -1 */
    SL_RASTER_PRIMITIVE_ID,
    SL_RASTER_POINT_U, /* across a point sprite; PERSPECTIVE for triangles and lines */
    SL_RASTER_POINT_V,
    SL_RASTER_ONE, /* 1.0 */
};

/* A vertex as the last geometry stage left it. Rows follow in the order of pixel input registers.
 */
struct sl_raster_vertex {
    float position[4]; /* clip space */
    float clip[SL_RASTER_PLANES];
    float cull[SL_RASTER_PLANES];
    float point_size;     /* pixels, already clamped */
    uint32_t inputs[][4]; /* config.input_count rows */
};

/* What happened to one pixel of one primitive, for whoever asks why a pixel looks as it does. */
enum sl_raster_fate {
    SL_RASTER_DISCARDED, /* by the program or its coverage output */
    SL_RASTER_MASKED,    /* sample mask */
    SL_RASTER_ALPHA_FAILED,
    SL_RASTER_STENCIL_FAILED,
    SL_RASTER_DEPTH_FAILED,
    SL_RASTER_WRITTEN,
};

struct sl_raster_report {
    enum sl_raster_fate fate;
    uint32_t primitive_id;
    uint32_t layer;
    bool front;
    float depth;
    float color[SL_RASTER_TARGETS][4];  /* what the program put out */
    uint64_t before[SL_RASTER_TARGETS]; /* raw texels */
    uint64_t after[SL_RASTER_TARGETS];
    uint32_t depth_before, depth_after; /* raw texel of the depth target */
};

struct sl_raster_config {
    struct sl_raster_target color[SL_RASTER_TARGETS];
    struct sl_raster_target depth;
    uint32_t width; /* of the target area: the smallest of all targets */
    uint32_t height;
    struct sl_raster_rect scissor; /* pixels outside are left alone; the whole area if off */
    struct sl_raster_viewport viewport;

    enum sl_fill fill;
    enum sl_cull cull;
    bool front_ccw;
    bool depth_clip;
    bool d3d9;       /* alpha test applies */
    bool half_pixel; /* D3D9: positions move by half a pixel to the upper left */
    int32_t depth_bias;
    float float_bias;
    float slope_bias;

    struct sl_raster_depth_stencil depth_stencil;
    struct sl_raster_blend blend;
    bool alpha_test;
    enum sl_compare alpha_func;
    uint8_t alpha_ref;
    bool sample_masked; /* sample 0 is masked out */

    const struct sl_ir_program *program; /* NULL: no pixel program, colours are not touched */
    const struct sl_vector_code *code;   /* of the same program; NULL = interpret */
    const struct sl_shader_bindings *bindings;
    uint32_t input_count;                 /* rows of a vertex */
    uint8_t sources[SL_RASTER_INPUTS][4]; /* enum sl_raster_source, for each pixel input register */
    uint32_t clip_count;
    uint32_t cull_count;

    uint64_t work_limit; /* once work is past it nothing more is begun; 0 = none */

    bool feedback; /* a target is also a texture: pixels run quad by quad, in order */

    /* Called for every primitive that covers this pixel of any layer; NULL = nobody asks. */
    void (*report)(void *data, const struct sl_raster_report *report);
    void *report_data;
    uint32_t report_x, report_y;
};

struct sl_raster_result {
    uint64_t work; /* lane-instructions of the pixel program, pixels written, rows looked at */
    bool capped;   /* an invocation hit the execution cap */
    bool failed;   /* no memory: what was drawn is incomplete */
};

struct sl_raster;

/* pool may be NULL. NULL without memory. */
struct sl_raster *sl_raster_create(struct sl_worker_pool *pool);
void sl_raster_destroy(struct sl_raster *raster);

/* Bytes of a vertex with that many rows. */
size_t sl_raster_vertex_size(uint32_t input_count);

/* config stays the caller's and unchanged until sl_raster_end(). */
void sl_raster_begin(struct sl_raster *raster, const struct sl_raster_config *config);

/*
 * Vertices stay the caller's and unchanged until the next flush or end. The first vertex is the
 * leading one; corners says which is for triangles.
 */
struct sl_raster_primitive {
    const struct sl_raster_vertex *vertices[3];
    uint8_t leading;       /* index of the vertex that flat inputs come from */
    uint32_t primitive_id; /* for SL_RASTER_PRIMITIVE_ID */
    uint32_t layer;        /* of all targets; one that has not so many is drawn in layer 0 */
};

void sl_raster_triangle(struct sl_raster *raster, const struct sl_raster_primitive *primitive);
void sl_raster_line(struct sl_raster *raster, const struct sl_raster_primitive *primitive);
void sl_raster_point(struct sl_raster *raster, const struct sl_raster_primitive *primitive);

/* Draws what was given so far; memory of vertices may be reused afterwards. */
void sl_raster_flush(struct sl_raster *raster);

/* Flushes and says how it went. */
struct sl_raster_result sl_raster_end(struct sl_raster *raster);

#endif
