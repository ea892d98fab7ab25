/*
 * Patches: the hull program runs for each control point and then phase by phase for the patch, the
 * tessellator cuts the domain, the domain program makes vertices of its points.
 */
#include "device/aerogpu/draw_pipeline.h"
#include "device/aerogpu/tessellator.h"

#include "bytecode/dxbc.h"
#include "render/convert.h"

#include <stdlib.h>
#include <string.h>

/* What a patch costs besides the programs it runs. */
enum { PATCH_WORK = 4096 };

struct sl_agpu_tessellation {
    struct sl_agpu_pipeline *pipeline;
    const struct sl_ir_program *hull;
    const struct sl_ir_program *domain;
    const struct sl_shader_bindings *hull_bindings;
    const struct sl_shader_bindings *domain_bindings;
    struct sl_agpu_runner hull_runner;                         /* one lane */
    struct sl_agpu_runner domain_runner;                       /* of the domain program */
    struct sl_agpu_records records;                            /* of the domain program */
    struct sl_agpu_link_source points[SL_IR_REGISTERS_MAX][4]; /* what it sees of control points */

    uint32_t (*inputs)[4];        /* control points that come in */
    uint32_t (*outputs)[4];       /* control points of the hull program, as it reads them back */
    uint32_t (*domain_inputs)[4]; /* the same as the domain program reads them */
    uint32_t patch[SL_IR_REGISTERS_MAX][4];
    uint8_t *vertices; /* SL_AGPU_TESS_POINTS_MAX records */
    bool capped;       /* in the current patch */
    uint64_t dropped[(SL_AGPU_TESS_POINTS_MAX + SL_LANES - 1) / SL_LANES];
};

static const struct sl_shader_bindings *bindings_of(const struct sl_agpu_pipeline *pipeline,
                                                    const struct sl_agpu_shader *shader)
{
    return &pipeline->drawing->stages[shader->stage - SL_ABI_STAGE_VERTEX].bindings;
}

static void *make_rows(uint32_t points, uint32_t rows)
{
    return calloc((size_t)points * rows + 1, sizeof(uint32_t[4]));
}

struct sl_agpu_tessellation *sl_agpu_tessellation_create(struct sl_agpu_pipeline *pipeline)
{
    const struct sl_agpu_programs *programs = &pipeline->draw->programs;
    struct sl_agpu_tessellation *t = calloc(1, sizeof(*t));
    if (!t) {
        return NULL;
    }
    t->pipeline = pipeline;
    t->hull = programs->hs->program;
    t->domain = programs->ds->program;
    t->hull_bindings = bindings_of(pipeline, programs->hs);
    t->domain_bindings = bindings_of(pipeline, programs->ds);
    sl_agpu_records_init(&t->records, pipeline, t->domain,
                         programs->gs ? programs->gs->program : NULL);
    sl_agpu_link_registers(t->hull, t->domain->input_count, t->points);
    t->inputs = make_rows(SL_AGPU_PRIMITIVE_VERTICES, t->hull->input_count);
    t->outputs = make_rows(SL_AGPU_PRIMITIVE_VERTICES, t->hull->output_count);
    t->domain_inputs = make_rows(SL_AGPU_PRIMITIVE_VERTICES, t->domain->input_count);
    t->vertices = malloc(SL_AGPU_TESS_POINTS_MAX * t->records.stride + 1);
    bool ready =
        t->inputs && t->outputs && t->domain_inputs && t->vertices &&
        sl_agpu_runner_init(&t->hull_runner, t->hull, NULL, 1) &&
        sl_agpu_runner_init(&t->domain_runner, t->domain,
                            sl_agpu_program_code(pipeline->run->exec, programs->ds), SL_LANES);
    if (!ready) {
        sl_agpu_tessellation_destroy(t);
        return NULL;
    }
    return t;
}

void sl_agpu_tessellation_destroy(struct sl_agpu_tessellation *t)
{
    if (t) {
        sl_agpu_runner_finish(&t->hull_runner);
        sl_agpu_runner_finish(&t->domain_runner);
        free(t->inputs);
        free(t->outputs);
        free(t->domain_inputs);
        free(t->vertices);
        free(t);
    }
}

/* ---- the hull program ---- */

static void set_word(struct sl_agpu_runner *runner, enum sl_ir_system system, uint32_t value,
                     unsigned lanes)
{
    for (unsigned c = 0; c < 4; c++) {
        for (unsigned lane = 0; lane < lanes; lane++) {
            runner->system[system][c][lane] = value;
        }
    }
}

static struct sl_shader_call hull_call(struct sl_agpu_tessellation *t, uint32_t input_count)
{
    struct sl_shader_call call = sl_agpu_runner_call(&t->hull_runner, t->hull_bindings, 1);
    call.vertices = (const uint32_t(*)[4])t->inputs;
    call.vertex_count = input_count;
    call.vertex_stride = t->hull->input_count;
    call.points = (const uint32_t(*)[4])t->outputs;
    call.point_count = t->hull->output_points;
    call.point_stride = t->hull->output_count;
    call.patch = (const uint32_t(*)[4])t->patch;
    return call;
}

static void run_hull(struct sl_agpu_tessellation *t, struct sl_shader_call *call)
{
    sl_agpu_runner_run(&t->hull_runner, call);
    sl_agpu_work(t->pipeline->run, call->work * SL_AGPU_INTERPRETED_WORK);
    t->capped |= call->capped != 0;
}

/* A control point as the hull program reads it back, and as the domain program will. */
static void keep_point(struct sl_agpu_tessellation *t, uint32_t point)
{
    const sl_register_lanes *outputs = (const sl_register_lanes *)t->hull_runner.outputs;
    uint32_t(*own)[4] = t->outputs + (size_t)point * t->hull->output_count;
    uint32_t(*next)[4] = t->domain_inputs + (size_t)point * t->domain->input_count;
    for (uint32_t i = 0; i < t->hull->output_count; i++) {
        for (unsigned c = 0; c < 4; c++) {
            own[i][c] = outputs[i][c][0];
        }
    }
    for (uint32_t i = 0; i < t->domain->input_count; i++) {
        for (unsigned c = 0; c < 4; c++) {
            next[i][c] = sl_agpu_link_word(&t->points[i][c], outputs, 0);
        }
    }
}

static void run_points(struct sl_agpu_tessellation *t, const struct sl_ir_phase *phase,
                       uint32_t input_count)
{
    for (uint32_t i = 0; i < t->hull->output_points; i++) {
        struct sl_shader_call call = hull_call(t, input_count);
        call.first = phase->first;
        set_word(&t->hull_runner, SL_IR_SYS_OUTPUT_POINT_ID, i, 1);
        run_hull(t, &call);
        keep_point(t, i);
    }
}

/* Outputs of these phases are patch constants; they stay from instance to instance and phase to
 * phase. */
static void run_constants(struct sl_agpu_tessellation *t, const struct sl_ir_phase *phase,
                          uint32_t input_count)
{
    for (uint32_t i = 0; i < phase->instance_count; i++) {
        struct sl_shader_call call = hull_call(t, input_count);
        call.first = phase->first;
        call.keep_outputs = true;
        set_word(&t->hull_runner, SL_IR_SYS_FORK_INSTANCE_ID, i, 1);
        run_hull(t, &call);
        for (uint32_t r = 0; r < t->hull->output_count; r++) {
            for (unsigned c = 0; c < 4; c++) {
                t->patch[r][c] = t->hull_runner.outputs[r][c][0];
            }
        }
    }
}

static void run_phases(struct sl_agpu_tessellation *t, uint32_t input_count)
{
    bool has_constants = false;
    memset(t->patch, 0, sizeof(t->patch));
    for (uint32_t i = 0; i < t->hull->phase_count; i++) {
        const struct sl_ir_phase *phase = &t->hull->phases[i];
        if (phase->kind == SL_IR_PHASE_CONTROL_POINT) {
            run_points(t, phase, input_count);
            continue;
        }
        if (!has_constants) {
            memset(t->hull_runner.outputs, 0,
                   t->hull->output_count * sizeof(*t->hull_runner.outputs));
            has_constants = true;
        }
        run_constants(t, phase, input_count);
    }
}

/* ---- factors ---- */

static float *factor_of(struct sl_agpu_tess_factors *factors, uint32_t system_value)
{
    if (system_value >= SL_SV_QUAD_EDGE_TESS && system_value < SL_SV_QUAD_EDGE_TESS + 4) {
        return &factors->edge[system_value - SL_SV_QUAD_EDGE_TESS];
    }
    if (system_value >= SL_SV_QUAD_INSIDE_TESS && system_value < SL_SV_QUAD_INSIDE_TESS + 2) {
        return &factors->inside[system_value - SL_SV_QUAD_INSIDE_TESS];
    }
    if (system_value >= SL_SV_TRI_EDGE_TESS && system_value < SL_SV_TRI_EDGE_TESS + 3) {
        return &factors->edge[system_value - SL_SV_TRI_EDGE_TESS];
    }
    switch (system_value) {
    case SL_SV_TRI_INSIDE_TESS:
        return &factors->inside[0];
    case SL_SV_LINE_DETAIL_TESS:
        return &factors->detail;
    case SL_SV_LINE_DENSITY_TESS:
        return &factors->density;
    default:
        return NULL;
    }
}

static struct sl_agpu_tess_factors read_factors(const struct sl_agpu_tessellation *t)
{
    struct sl_agpu_tess_factors factors = {0};
    for (uint32_t i = 0; i < t->hull->patch_element_count; i++) {
        const struct sl_ir_element *element = &t->hull->patch_constants[i];
        float *factor = factor_of(&factors, element->system_value);
        if (factor && element->mask) {
            unsigned c = (unsigned)__builtin_ctz(element->mask);
            *factor = sl_f32_from_bits(t->patch[element->reg][c]);
        }
    }
    return factors;
}

/* ---- the domain program ---- */

static void run_batch(struct sl_agpu_tessellation *t, const struct sl_agpu_tess_grid *grid,
                      uint32_t first, unsigned count)
{
    struct sl_agpu_runner *runner = &t->domain_runner;
    for (unsigned lane = 0; lane < count; lane++) {
        float at[3];
        sl_agpu_tess_point(grid, first + lane, at);
        for (unsigned c = 0; c < 3; c++) {
            runner->system[SL_IR_SYS_DOMAIN_POINT][c][lane] = sl_f32_to_bits(at[c]);
        }
    }
    struct sl_shader_call call =
        sl_agpu_runner_call(runner, t->domain_bindings, UINT64_MAX >> (SL_LANES - count));
    call.vertices = (const uint32_t(*)[4])t->domain_inputs;
    call.vertex_count = t->hull->output_points;
    call.vertex_stride = t->domain->input_count;
    call.patch = (const uint32_t(*)[4])t->patch;
    sl_agpu_runner_run(runner, &call);
    sl_agpu_work(t->pipeline->run, call.work);
    t->dropped[first / SL_LANES] = call.capped;
    t->pipeline->capped |= call.capped != 0;
    sl_agpu_records_store(&t->records, t->pipeline, (const sl_register_lanes *)runner->outputs,
                          count, t->vertices + first * t->records.stride);
}

static bool gather(const struct sl_agpu_tessellation *t, const struct sl_agpu_tess_grid *grid,
                   uint32_t index, struct sl_agpu_shaded *primitive)
{
    uint32_t points[3];
    sl_agpu_tess_primitive(grid, index, points);
    for (uint32_t i = 0; i < primitive->count; i++) {
        if (t->dropped[points[i] / SL_LANES] >> points[i] % SL_LANES & 1) {
            return false;
        }
        primitive->records[i] = t->vertices + points[i] * t->records.stride;
    }
    return true;
}

static void draw_grid(struct sl_agpu_tessellation *t, const struct sl_agpu_tess_grid *grid,
                      uint32_t id)
{
    static const enum sl_agpu_shape shapes[] = {SL_AGPU_SHAPE_POINT, SL_AGPU_SHAPE_LINE,
                                                SL_AGPU_SHAPE_TRIANGLE};
    uint32_t points = sl_agpu_tess_point_count(grid);
    uint32_t primitives = sl_agpu_tess_primitive_count(grid);
    struct sl_agpu_shaded primitive = {.id = id, .count = sl_agpu_tess_corners(grid)};
    primitive.shape = shapes[primitive.count - 1];
    set_word(&t->domain_runner, SL_IR_SYS_PRIMITIVE_ID, id, SL_LANES);
    for (uint32_t i = 0; i < points; i += SL_LANES) {
        run_batch(t, grid, i, points - i < SL_LANES ? points - i : SL_LANES);
    }
    for (uint32_t i = 0; i < primitives; i++) {
        if (gather(t, grid, i, &primitive)) {
            sl_agpu_pipeline_primitive(t->pipeline, &primitive);
        }
    }
    sl_agpu_pipeline_flush(t->pipeline);
}

void sl_agpu_tessellation_patch(struct sl_agpu_tessellation *t, const struct sl_agpu_shaded *patch)
{
    uint32_t rows = t->hull->input_count;
    struct sl_agpu_tess_grid grid;
    for (uint32_t i = 0; i < patch->count; i++) {
        memcpy(t->inputs + (size_t)i * rows, patch->records[i], rows * sizeof(*t->inputs));
    }
    t->capped = false;
    set_word(&t->hull_runner, SL_IR_SYS_PRIMITIVE_ID, patch->id, 1);
    sl_agpu_work(t->pipeline->run, PATCH_WORK);
    run_phases(t, patch->count);
    struct sl_agpu_tess_factors factors = read_factors(t);
    if (t->capped) {
        t->pipeline->capped = true;
    } else if (sl_agpu_tess_grid_init(&grid, t->hull, &factors)) {
        draw_grid(t, &grid, patch->id);
    }
}
