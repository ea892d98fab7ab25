/*
 * Geometry programs: one call for each primitive and instance, in order. What a call emits is kept
 * until its end, since a capped one draws nothing, and then cut into primitives.
 */
#include "device/aerogpu/draw_pipeline.h"

#include <stdlib.h>
#include <string.h>

/* Vertices that wait for the rasteriser; a call emits at most 1024. */
enum { VERTICES = 4096, CALL_WORK = 1024 };

/* What goes with an emitted vertex. */
struct emitted {
    bool starts_strip;
    uint32_t layer;
    uint32_t primitive_id;
};

struct sl_agpu_geometry_stage {
    struct sl_agpu_pipeline *pipeline;
    const struct sl_ir_program *program;
    const struct sl_shader_bindings *bindings;
    struct sl_agpu_runner runner;
    struct sl_agpu_records records; /* of its outputs */
    uint32_t (*inputs)[4];          /* rows of all vertices of a primitive */
    uint8_t *vertices;
    struct emitted *emitted;
    uint32_t count;        /* vertices so far */
    uint32_t call_start;   /* the first one of the current call */
    bool cut;              /* the next one starts a strip */
    uint32_t primitive_id; /* of the input */
};

struct sl_agpu_geometry_stage *sl_agpu_geometry_create(struct sl_agpu_pipeline *pipeline)
{
    const struct sl_agpu_shader *gs = pipeline->draw->programs.gs;
    struct sl_agpu_geometry_stage *stage = calloc(1, sizeof(*stage));
    if (!stage) {
        return NULL;
    }
    stage->pipeline = pipeline;
    stage->program = gs->program;
    stage->bindings = &pipeline->drawing->stages[gs->stage - SL_ABI_STAGE_VERTEX].bindings;
    sl_agpu_records_init(&stage->records, pipeline, gs->program, NULL);
    stage->inputs = calloc((size_t)6 * gs->program->input_count + 1, sizeof(*stage->inputs));
    stage->vertices = malloc(VERTICES * stage->records.stride);
    stage->emitted = malloc(VERTICES * sizeof(*stage->emitted));
    if (!stage->inputs || !stage->vertices || !stage->emitted ||
        !sl_agpu_runner_init(&stage->runner, gs->program, NULL, 1)) {
        sl_agpu_geometry_destroy(stage);
        return NULL;
    }
    return stage;
}

void sl_agpu_geometry_destroy(struct sl_agpu_geometry_stage *stage)
{
    if (stage) {
        sl_agpu_runner_finish(&stage->runner);
        free(stage->inputs);
        free(stage->vertices);
        free(stage->emitted);
        free(stage);
    }
}

static struct sl_raster_vertex *vertex_at(const struct sl_agpu_geometry_stage *stage,
                                          uint32_t index)
{
    return (struct sl_raster_vertex *)(void *)(stage->vertices + index * stage->records.stride);
}

/* Emits past the declared number are dropped. */
static void emit(void *data, const sl_register_lanes *outputs)
{
    struct sl_agpu_geometry_stage *stage = data;
    const struct sl_agpu_link *link = &stage->pipeline->link;
    if (stage->count - stage->call_start >= stage->program->max_vertices ||
        stage->count == VERTICES) {
        return;
    }
    sl_agpu_records_store(&stage->records, stage->pipeline, outputs, 1,
                          vertex_at(stage, stage->count));
    stage->emitted[stage->count++] = (struct emitted){
        .starts_strip = stage->cut,
        .layer = sl_agpu_link_word(&link->layer, outputs, 0),
        .primitive_id = link->writes_primitive_id
                            ? sl_agpu_link_word(&link->primitive_id, outputs, 0)
                            : stage->primitive_id,
    };
    stage->cut = false;
}

static void cut(void *data)
{
    struct sl_agpu_geometry_stage *stage = data;
    stage->cut = true;
}

/* Odd triangles of a strip have their last corners swapped, as in primitive assembly. */
static void draw_primitive(struct sl_agpu_geometry_stage *stage, uint32_t first, uint32_t corners,
                           bool odd)
{
    struct sl_raster_primitive primitive = {
        .primitive_id = stage->emitted[first].primitive_id,
        .layer = stage->emitted[first].layer,
    };
    for (uint32_t i = 0; i < corners; i++) {
        uint32_t from = odd && i > 0 ? 3 - i : i;
        primitive.vertices[i] = vertex_at(stage, first + from);
    }
    sl_agpu_pipeline_rasterise(stage->pipeline, &primitive, corners);
}

static uint32_t corners_of(enum sl_ir_strip strip)
{
    switch (strip) {
    case SL_IR_STRIP_POINT:
        return 1;
    case SL_IR_STRIP_LINE:
        return 2;
    case SL_IR_STRIP_TRIANGLE:
        break;
    }
    return 3;
}

/* The strips that one call left behind. */
static void draw_strips(struct sl_agpu_geometry_stage *stage)
{
    uint32_t corners = corners_of(stage->program->output_strip);
    uint32_t strip = stage->call_start;
    for (uint32_t i = stage->call_start; i < stage->count; i++) {
        strip = stage->emitted[i].starts_strip ? i : strip;
        if (i - strip + 1 >= corners) {
            uint32_t first = i + 1 - corners;
            draw_primitive(stage, first, corners, corners == 3 && (first - strip) & 1);
        }
    }
}

static void run_call(struct sl_agpu_geometry_stage *stage, uint32_t vertex_count, uint32_t instance)
{
    struct sl_agpu_pipeline *pipeline = stage->pipeline;
    if (VERTICES - stage->count < stage->program->max_vertices) {
        sl_agpu_geometry_flush(stage);
    }
    struct sl_shader_call call = sl_agpu_runner_call(&stage->runner, stage->bindings, 1);
    call.vertices = (const uint32_t(*)[4])stage->inputs;
    call.vertex_count = vertex_count;
    call.vertex_stride = stage->program->input_count;
    call.emit = emit;
    call.cut = cut;
    call.data = stage;
    for (unsigned c = 0; c < 4; c++) {
        stage->runner.system[SL_IR_SYS_GS_INSTANCE_ID][c][0] = instance;
        stage->runner.system[SL_IR_SYS_PRIMITIVE_ID][c][0] = stage->primitive_id;
    }
    stage->call_start = stage->count;
    stage->cut = true;
    sl_agpu_runner_run(&stage->runner, &call);
    sl_agpu_work(pipeline->run, CALL_WORK + call.work * SL_AGPU_INTERPRETED_WORK);
    if (call.capped) {
        pipeline->capped = true;
        stage->count = stage->call_start;
    }
    draw_strips(stage);
}

void sl_agpu_geometry_primitive(struct sl_agpu_geometry_stage *stage,
                                const struct sl_agpu_shaded *primitive)
{
    uint32_t rows = stage->program->input_count;
    uint32_t instances = stage->program->instance_count ? stage->program->instance_count : 1;
    for (uint32_t i = 0; i < primitive->count; i++) {
        memcpy(stage->inputs + (size_t)i * rows, primitive->records[i],
               rows * sizeof(*stage->inputs));
    }
    stage->primitive_id = primitive->id;
    for (uint32_t i = 0; i < instances && !sl_agpu_is_exhausted(stage->pipeline->run); i++) {
        run_call(stage, primitive->count, i);
    }
}

void sl_agpu_geometry_flush(struct sl_agpu_geometry_stage *stage)
{
    sl_agpu_pipeline_end_batch(stage->pipeline);
    stage->count = 0;
}
