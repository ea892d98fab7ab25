/*
 * Whole draws with a pixel program: order, threads, blending, masks, discards and reports.
 */
#include "raster_rig.h"

#include "base/bytes.h"
#include "fail_alloc.h"
#include "shader/ir_builder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIANGLES 60
#define PIXELS (RASTER_RIG_SIDE * RASTER_RIG_SIDE)

enum kind { PLAIN, DISCARDS, MASKS_COVERAGE, WRITES_DEPTH };

static struct sl_ir_dst output(unsigned reg)
{
    return sl_ir_dst(SL_IR_OUTPUT, reg, 15);
}

/* o0 = v0, o1 = v1; other kinds look at v1.w for what they do besides. */
static struct sl_ir_program *make_program(enum kind kind)
{
    struct sl_ir_builder builder;
    struct sl_ir_program *program = NULL;
    char message[100];
    sl_ir_builder_start(&builder, SL_IR_PIXEL, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(&builder, 1);
    struct sl_ir_src second = sl_ir_src(SL_IR_INPUT, 1);
    sl_ir_append1(&builder, SL_IR_MOV, output(0), sl_ir_src(SL_IR_INPUT, 0));
    sl_ir_append1(&builder, SL_IR_MOV, output(1), second);
    if (kind == DISCARDS) {
        sl_ir_append_condition(&builder, SL_IR_DISCARD, sl_ir_component(second, 3), true);
    } else if (kind != PLAIN) {
        sl_ir_append1(&builder, SL_IR_MOV, output(2), sl_ir_component(second, 3));
    }
    cr_assert_eq(sl_ir_builder_complete(&builder, &program, message, sizeof(message)), SL_IR_OK);
    sl_ir_builder_finish(&builder);
    program->color_mask[0] = 15;
    program->color_mask[1] = 15;
    program->depth_reg = kind == WRITES_DEPTH ? 2 : -1;
    program->coverage_reg = kind == MASKS_COVERAGE ? 2 : -1;
    return program;
}

static void add_targets(struct raster_rig *rig, struct sl_ir_program *program)
{
    for (int k = 0; k < 2; k++) {
        rig->config.color[k] = (struct sl_raster_target){(uint8_t *)rig->color[k],
                                                         SL_TEXEL_R8G8B8A8,
                                                         false,
                                                         RASTER_RIG_SIDE,
                                                         RASTER_RIG_SIDE,
                                                         4 * RASTER_RIG_SIDE,
                                                         sizeof(rig->color[k]),
                                                         1};
    }
    rig->config.program = program;
    rig->config.input_count = 2;
    memset(rig->config.sources, SL_RASTER_PERSPECTIVE, 2 * sizeof(rig->config.sources[0]));
}

static void set_row(struct raster_rig_vertex *vertex, int row, float x, float y, float z, float w)
{
    float values[4] = {x, y, z, w};
    memcpy(vertex->inputs[row], values, sizeof(values));
}

static struct raster_rig_vertex random_vertex(struct raster_rig_random *random)
{
    double x = raster_rig_next(random, 256 * RASTER_RIG_SIDE);
    double y = raster_rig_next(random, 256 * RASTER_RIG_SIDE);
    struct raster_rig_vertex at = raster_rig_at(x, y, raster_rig_next(random, 1000) / 1000.0);
    for (int row = 0; row < 2; row++) {
        float values[4];
        for (int i = 0; i < 4; i++) {
            values[i] = (float)raster_rig_next(random, 100) / 100;
        }
        set_row(&at, row, values[0], values[1], values[2], values[3]);
    }
    return at;
}

static void draw_random(struct raster_rig *rig, uint64_t number)
{
    struct raster_rig_random random = {number};
    static struct raster_rig_vertex vertices[TRIANGLES][3];
    raster_rig_begin(rig);
    for (int i = 0; i < TRIANGLES; i++) {
        for (int k = 0; k < 3; k++) {
            vertices[i][k] = random_vertex(&random);
        }
        if (i % 3) { /* small ones, many in the same place */
            for (int k = 1; k < 3; k++) {
                for (int c = 0; c < 2; c++) {
                    float offset = (float)raster_rig_next(&random, 100) / 1000;
                    vertices[i][k].position[c] = vertices[i][0].position[c] + offset;
                }
            }
        }
        raster_rig_triangle(rig, &vertices[i][0], &vertices[i][1], &vertices[i][2]);
        raster_rig_line(rig, &vertices[i][0], &vertices[i][2]);
        raster_rig_point(rig, &vertices[i][1]);
    }
    raster_rig_end(rig);
}

/* States that make the order of primitives count. */
static void set_state(struct raster_rig *rig, unsigned variant)
{
    struct sl_raster_blend *blend = &rig->config.blend;
    struct sl_raster_depth_stencil *depth = &rig->config.depth_stencil;
    blend->enable = variant & 1;
    blend->src = blend->src_alpha = SL_BLEND_SRC_ALPHA;
    blend->dst = blend->dst_alpha = SL_BLEND_INV_SRC_ALPHA;
    blend->op = blend->op_alpha = SL_BLEND_ADD;
    blend->write_mask[1] = variant & 2 ? 0x5 : 0xF;
    depth->stencil_test = variant & 4;
    depth->depth_test = depth->depth_write = !(variant & 8);
    depth->depth_func = variant & 16 ? SL_COMPARE_GREATER_EQUAL : SL_COMPARE_LESS;
}

struct image {
    uint32_t depth[PIXELS];
    uint32_t color[2][PIXELS];
};

struct schedule {
    unsigned threads;
    bool feedback;
    bool vector; /* the engine */
};

static void draw_scene(struct image *image, struct sl_ir_program *program, struct schedule schedule,
                       unsigned variant)
{
    static struct raster_rig rig;
    struct sl_worker_pool *pool =
        schedule.threads > 0 ? sl_worker_pool_create(schedule.threads) : NULL;
    struct sl_vector_code *code = schedule.vector ? sl_vector_compile(program) : NULL;
    cr_assert_eq(code != NULL, schedule.vector);
    raster_rig_init(&rig, pool);
    add_targets(&rig, program);
    set_state(&rig, variant);
    rig.config.feedback = schedule.feedback;
    rig.config.code = code;
    for (unsigned i = 0; i < PIXELS; i++) {
        rig.depth[i] = 0x800000;
    }
    draw_random(&rig, variant);
    memcpy(image->depth, rig.depth, sizeof(image->depth));
    memcpy(image->color, rig.color, sizeof(image->color));
    raster_rig_finish(&rig);
    sl_vector_code_destroy(code);
    sl_worker_pool_destroy(pool);
}

/* Threads in any number and either engine draw what one quad after the other does. */
Test(raster_pixel, schedules_give_the_same_bytes)
{
    static struct image expected, found;
    static const struct schedule in_order = {0, true, false};
    static const struct schedule schedules[] = {
        {0, false, false}, {1, false, true}, {2, false, false}, {5, false, true}};
    for (unsigned variant = 0; variant < 32; variant++) {
        struct sl_ir_program *program = make_program((enum kind)(variant / 8));
        draw_scene(&expected, program, in_order, variant);
        for (unsigned i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++) {
            draw_scene(&found, program, schedules[i], variant);
            cr_assert_eq(memcmp(&expected, &found, sizeof(found)), 0, "variant %u, schedule %u",
                         variant, i);
        }
        sl_ir_destroy(program);
    }
}

/* ---- blending ---- */

/* Sums and products of binary32 numbers round twice without harm in binary64. */
static double rounded(double x)
{
    return (double)(float)x;
}

static double factor_of(enum sl_blend_factor factor, int i, const double s[4], const double d[4],
                        const double constant[4])
{
    double room = rounded(1 - d[3]);
    switch (factor) {
    case SL_BLEND_ZERO:
        return 0;
    case SL_BLEND_ONE:
        return 1;
    case SL_BLEND_SRC_COLOR:
        return s[i];
    case SL_BLEND_INV_SRC_COLOR:
        return rounded(1 - s[i]);
    case SL_BLEND_SRC_ALPHA:
    case SL_BLEND_BOTH_SRC_ALPHA:
        return s[3];
    case SL_BLEND_INV_SRC_ALPHA:
    case SL_BLEND_BOTH_INV_SRC_ALPHA:
        return rounded(1 - s[3]);
    case SL_BLEND_DEST_ALPHA:
        return d[3];
    case SL_BLEND_INV_DEST_ALPHA:
        return room;
    case SL_BLEND_DEST_COLOR:
        return d[i];
    case SL_BLEND_INV_DEST_COLOR:
        return rounded(1 - d[i]);
    case SL_BLEND_SRC_ALPHA_SAT:
        return i == 3 ? 1 : s[3] < room ? s[3] : room;
    case SL_BLEND_CONSTANT:
        return constant[i];
    case SL_BLEND_INV_CONSTANT:
        return rounded(1 - constant[i]);
    }
    return 0;
}

static double combined(enum sl_blend_op op, double s, double source_factor, double d,
                       double target_factor)
{
    double a = rounded(s * source_factor), b = rounded(d * target_factor);
    switch (op) {
    case SL_BLEND_ADD:
        return rounded(a + b);
    case SL_BLEND_SUBTRACT:
        return rounded(a - b);
    case SL_BLEND_REV_SUBTRACT:
        return rounded(b - a);
    case SL_BLEND_MIN:
        return s < d ? s : d;
    case SL_BLEND_MAX:
        return s > d ? s : d;
    }
    return 0;
}

static uint32_t byte_of(double x)
{
    return x <= 0 ? 0 : x >= 1 ? 255 : (uint32_t)floor(x * 255 + 0.5);
}

static uint32_t blended(const struct sl_raster_blend *blend, const float source[4], uint32_t stored)
{
    double s[4], d[4], constant[4];
    uint32_t texel = 0;
    for (int i = 0; i < 4; i++) {
        s[i] = (double)source[i] < 0 ? 0 : (double)source[i] > 1 ? 1 : (double)source[i];
        d[i] = rounded((stored >> 8 * i & 255) / 255.0);
        constant[i] = (double)blend->constant[i];
    }
    for (int i = 0; i < 4; i++) {
        enum sl_blend_factor from = i == 3 ? blend->src_alpha : blend->src;
        enum sl_blend_factor to = i == 3 ? blend->dst_alpha : blend->dst;
        to = from == SL_BLEND_BOTH_SRC_ALPHA       ? SL_BLEND_INV_SRC_ALPHA
             : from == SL_BLEND_BOTH_INV_SRC_ALPHA ? SL_BLEND_SRC_ALPHA
                                                   : to;
        double value =
            combined(i == 3 ? blend->op_alpha : blend->op, s[i], factor_of(from, i, s, d, constant),
                     d[i], factor_of(to, i, s, d, constant));
        texel |= byte_of(value) << 8 * i;
    }
    return texel;
}

/* Covers the target with one colour in o0. */
static void fill(struct raster_rig *rig, const float color[4], float second)
{
    static struct raster_rig_vertex corners[3];
    static const float places[3][2] = {{-1, 1}, {3, 1}, {-1, -3}};
    for (int k = 0; k < 3; k++) {
        corners[k] = (struct raster_rig_vertex){.position = {places[k][0], places[k][1], 0.5F, 1}};
        set_row(&corners[k], 0, color[0], color[1], color[2], color[3]);
        set_row(&corners[k], 1, 0.5F, 0.25F, 0, second);
    }
    raster_rig_begin(rig);
    raster_rig_triangle(rig, &corners[0], &corners[1], &corners[2]);
    raster_rig_end(rig);
}

Test(raster_pixel, blend_factors_and_operations)
{
    static const float colors[][4] = {
        {0.2F, 0.9F, 0.5F, 0.3F}, {-1, 2, 0, 1}, {1, 0.004F, 0x1p-140F, 0.75F}};
    static struct raster_rig rig;
    struct sl_ir_program *program = make_program(PLAIN);
    raster_rig_init(&rig, NULL);
    add_targets(&rig, program);
    struct sl_raster_blend *blend = &rig.config.blend;
    rig.config.height = 2; /* 256 stored texels are enough */
    *blend = (struct sl_raster_blend){
        .enable = true, .constant = {0.1F, 0.6F, 1, 0.4F}, .write_mask = {15, 15}};
    for (unsigned n = 0; n < 15 * 15 * 5 * 3; n++) {
        const float *color = colors[n % 3];
        blend->op = (enum sl_blend_op)(1 + n / 3 % 5);
        blend->src = (enum sl_blend_factor)(1 + n / 15 % 15);
        blend->dst = (enum sl_blend_factor)(1 + n / 225 % 15);
        blend->op_alpha = (enum sl_blend_op)(1 + (n / 3 + 1) % 5);
        blend->src_alpha = (enum sl_blend_factor)(1 + (n / 15 + 4) % 15);
        blend->dst_alpha = (enum sl_blend_factor)(1 + (n / 225 + 7) % 15);
        for (unsigned i = 0; i < 2 * RASTER_RIG_SIDE; i++) {
            sl_put_le32((uint8_t *)&rig.color[0][i], i * 2654435761U);
        }
        fill(&rig, color, 0);
        for (unsigned i = 0; i < 2 * RASTER_RIG_SIDE; i++) {
            uint32_t found = sl_get_le32((const uint8_t *)&rig.color[0][i]);
            uint32_t expected = blended(blend, color, i * 2654435761U);
            cr_assert_eq(found, expected, "case %u: %08x instead of %08x on %08x", n, found,
                         expected, i * 2654435761U);
        }
    }
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* Masked channels keep their bits; both targets have their own mask. */
Test(raster_pixel, write_masks)
{
    static const float color[4] = {1, 1, 1, 1};
    static struct raster_rig rig;
    struct sl_ir_program *program = make_program(PLAIN);
    raster_rig_init(&rig, NULL);
    add_targets(&rig, program);
    for (unsigned mask = 0; mask < 16; mask++) {
        uint32_t bits = 0;
        for (unsigned i = 0; i < 4; i++) {
            bits |= mask >> i & 1 ? 0xFFU << 8 * i : 0;
        }
        rig.config.blend.write_mask[0] = (uint8_t)mask;
        rig.config.blend.write_mask[1] = 0;
        memset(rig.color, 0x5A, sizeof(rig.color));
        fill(&rig, color, 0);
        cr_assert_eq(sl_get_le32((const uint8_t *)rig.color[0]), (0x5A5A5A5A & ~bits) | bits);
        cr_assert_eq(sl_get_le32((const uint8_t *)rig.color[1]), 0x5A5A5A5A);
    }
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* ---- reports ---- */

struct reports {
    unsigned count;
    struct sl_raster_report last;
};

static void take_report(void *data, const struct sl_raster_report *report)
{
    struct reports *reports = data;
    reports->count++;
    reports->last = *report;
}

static float bits_as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

Test(raster_pixel, reports)
{
    static const struct {
        enum kind kind;
        uint32_t second; /* bits of v1.w */
        bool masked, alpha_test;
        enum sl_compare stencil, depth;
        enum sl_raster_fate fate;
    } rows[] = {
        {PLAIN, 0, false, false, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS, SL_RASTER_WRITTEN},
        {DISCARDS, 1 << 23, false, false, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS,
         SL_RASTER_DISCARDED},
        {DISCARDS, 0, false, false, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS, SL_RASTER_WRITTEN},
        {MASKS_COVERAGE, 0x40000000, false, false, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS,
         SL_RASTER_DISCARDED},
        {MASKS_COVERAGE, 0x40000001, false, false, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS,
         SL_RASTER_WRITTEN},
        {PLAIN, 0, true, false, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS, SL_RASTER_MASKED},
        {PLAIN, 0, false, true, SL_COMPARE_ALWAYS, SL_COMPARE_ALWAYS, SL_RASTER_ALPHA_FAILED},
        {PLAIN, 0, false, false, SL_COMPARE_NEVER, SL_COMPARE_NEVER, SL_RASTER_STENCIL_FAILED},
        {PLAIN, 0, false, false, SL_COMPARE_ALWAYS, SL_COMPARE_NEVER, SL_RASTER_DEPTH_FAILED},
    };
    static const float color[4] = {1, 0, 0, 0.5F};
    static struct raster_rig rig;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reports reports = {0};
        struct sl_ir_program *program = make_program(rows[i].kind);
        raster_rig_init(&rig, NULL);
        add_targets(&rig, program);
        rig.config.report = take_report;
        rig.config.report_data = &reports;
        rig.config.report_x = 77;
        rig.config.report_y = 50;
        rig.config.sample_masked = rows[i].masked;
        rig.config.d3d9 = true;
        rig.config.alpha_test = rows[i].alpha_test;
        rig.config.alpha_func = SL_COMPARE_GREATER;
        rig.config.alpha_ref = 128;
        rig.config.depth_stencil.face[0].func = rows[i].stencil;
        rig.config.depth_stencil.depth_test = true;
        rig.config.depth_stencil.depth_write = true;
        rig.config.depth_stencil.depth_func = rows[i].depth;
        fill(&rig, color, bits_as_float(rows[i].second));
        const struct sl_raster_report *last = &reports.last;
        bool written = rows[i].fate == SL_RASTER_WRITTEN;
        cr_assert_eq(reports.count, 1);
        cr_assert_eq(last->fate, rows[i].fate, "row %u: %d", i, last->fate);
        cr_assert_eq(last->depth, 0.5F);
        cr_assert_eq(last->color[0][3], 0.5F);
        cr_assert_eq(last->before[0], 0);
        cr_assert_eq(last->after[0], written ? 0x800000FF : 0, "row %u", i);
        cr_assert_eq(last->depth_before, 0);
        cr_assert_eq(last->depth_after, written ? 0x01800000 : 0);
        cr_assert(last->front);
        raster_rig_finish(&rig);
        sl_ir_destroy(program);
    }
}

/* Primitives that do not cover the pixel are not reported, those that do are in order. */
Test(raster_pixel, reports_follow_the_order)
{
    static struct raster_rig rig;
    struct reports reports = {0};
    struct sl_ir_program *program = make_program(PLAIN);
    raster_rig_init(&rig, NULL);
    add_targets(&rig, program);
    rig.config.report = take_report;
    rig.config.report_data = &reports;
    rig.config.report_x = 3;
    rig.config.report_y = 3;
    struct raster_rig_vertex corners[3] = {raster_rig_at(0, 0, 0), raster_rig_at(4096, 0, 0),
                                           raster_rig_at(0, 4096, 0)};
    struct raster_rig_vertex away[3] = {raster_rig_at(1024, 1024, 0), raster_rig_at(4096, 1024, 0),
                                        raster_rig_at(1024, 4096, 0)};
    raster_rig_begin(&rig);
    for (uint32_t i = 0; i < 5; i++) {
        const struct raster_rig_vertex *from = i == 4 ? away : corners;
        struct sl_raster_primitive primitive = {.primitive_id = i};
        for (int k = 0; k < 3; k++) {
            primitive.vertices[k] = raster_rig_vertex(&from[k]);
        }
        sl_raster_triangle(rig.raster, &primitive);
    }
    raster_rig_end(&rig);
    cr_assert_eq(reports.count, 4);
    cr_assert_eq(reports.last.primitive_id, 3);
    cr_assert_eq(reports.last.before[0], reports.last.after[0]);
    raster_rig_finish(&rig);
    sl_ir_destroy(program);
}

/* ---- memory ---- */

Test(raster_pixel, survives_lack_of_memory)
{
    static struct raster_rig rig;
    struct sl_ir_program *program = make_program(PLAIN);
    struct raster_rig_vertex corners[3] = {raster_rig_at(0, 0, 0), raster_rig_at(4096, 0, 0),
                                           raster_rig_at(0, 4096, 0)};
    raster_rig_init(&rig, NULL);
    add_targets(&rig, program);
    raster_rig_finish(&rig);
    for (unsigned n = 1;; n++) {
        struct sl_raster_result result = {.failed = true};
        memset(rig.color, 0, sizeof(rig.color));
        fail_alloc_arm(n);
        rig.raster = sl_raster_create(NULL);
        if (rig.raster) {
            raster_rig_begin(&rig);
            raster_rig_triangle(&rig, &corners[0], &corners[1], &corners[2]);
            result = sl_raster_end(rig.raster);
        }
        sl_raster_destroy(rig.raster);
        bool hit = fail_alloc_disarm();
        cr_assert_eq(result.failed, hit, "allocation %u", n);
        if (!hit) {
            break;
        }
    }
    sl_ir_destroy(program);
}
