#include "device/aerogpu/draw_pipeline.h"

#include <stdlib.h>
#include <string.h>

/* Primitives that wait for their vertices, and what each costs besides the programs it runs. */
enum { CHUNK_PRIMITIVES = 8192, PRIMITIVE_WORK = 512 };

/* A primitive that waits; its vertices are slots of the vertex stage. */
struct waiting {
    uint32_t id;
    uint8_t leading;
};

struct chunk {
    struct sl_agpu_pipeline *pipeline;
    struct sl_agpu_vertex_stage *vertices;
    struct sl_agpu_records records;
    uint8_t *record_memory;
    enum sl_agpu_shape shape;
    uint32_t width; /* vertices of a primitive */
    uint32_t limit; /* primitives at most */
    uint32_t count;
    struct waiting *primitives;
    uint32_t *slots; /* width of each primitive */
};

/* ---- records ---- */

void sl_agpu_records_init(struct sl_agpu_records *records, const struct sl_agpu_pipeline *pipeline,
                          const struct sl_ir_program *producer,
                          const struct sl_ir_program *consumer)
{
    records->is_raster = consumer == NULL;
    if (consumer) {
        records->row_count = consumer->input_count;
        records->stride = (size_t)records->row_count * sizeof(uint32_t[4]);
        sl_agpu_link_registers(producer, records->row_count, records->rows);
    } else {
        records->row_count = pipeline->link.row_count;
        records->stride = (sl_raster_vertex_size(records->row_count) + 15) / 16 * 16;
    }
}

void sl_agpu_records_store(const struct sl_agpu_records *records,
                           const struct sl_agpu_pipeline *pipeline,
                           const sl_register_lanes *outputs, unsigned count, void *first)
{
    if (records->is_raster) {
        sl_agpu_link_vertices(&pipeline->link, outputs, count, first, records->stride);
        return;
    }
    uint8_t *at = first;
    for (unsigned lane = 0; lane < count; lane++, at += records->stride) {
        uint32_t(*rows)[4] = (void *)at;
        for (uint32_t i = 0; i < records->row_count; i++) {
            for (unsigned c = 0; c < 4; c++) {
                rows[i][c] = sl_agpu_link_word(&records->rows[i][c], outputs, lane);
            }
        }
    }
}

static void store_vertices(void *data, uint32_t first_slot, unsigned count,
                           const sl_register_lanes *outputs)
{
    const struct chunk *chunk = data;
    sl_agpu_records_store(&chunk->records, chunk->pipeline, outputs, count,
                          chunk->record_memory + first_slot * chunk->records.stride);
}

/* ---- primitives ---- */

uint64_t sl_agpu_pipeline_work_left(const struct sl_agpu_pipeline *pipeline)
{
    const struct sl_agpu_run *run = pipeline->run;
    return sl_agpu_is_exhausted(run) ? 0 : run->work_limit - run->outcome->work;
}

/* What flush ends is begun anew, so that the work so far is known and the limit holds. */
void sl_agpu_pipeline_rasterise(struct sl_agpu_pipeline *pipeline,
                                const struct sl_raster_primitive *primitive, uint32_t corners)
{
    struct sl_raster *raster = pipeline->drawing->raster;
    if (!pipeline->begun) {
        uint64_t left = sl_agpu_pipeline_work_left(pipeline);
        pipeline->config.work_limit = left ? left : 1;
        sl_raster_begin(raster, &pipeline->config);
        pipeline->begun = true;
    }
    if (corners == 1) {
        sl_raster_point(raster, primitive);
    } else if (corners == 2) {
        sl_raster_line(raster, primitive);
    } else {
        sl_raster_triangle(raster, primitive);
    }
}

static void rasterise(struct sl_agpu_pipeline *pipeline, const struct sl_agpu_shaded *primitive)
{
    struct sl_raster_primitive to = {
        .leading = primitive->leading,
        .primitive_id = primitive->id,
    };
    for (uint32_t i = 0; i < primitive->count && i < 3; i++) {
        to.vertices[i] = primitive->records[i];
    }
    sl_agpu_pipeline_rasterise(pipeline, &to, primitive->count);
}

void sl_agpu_pipeline_primitive(struct sl_agpu_pipeline *pipeline,
                                const struct sl_agpu_shaded *primitive)
{
    if (pipeline->geometry) {
        sl_agpu_geometry_primitive(pipeline->geometry, primitive);
    } else {
        rasterise(pipeline, primitive);
    }
}

void sl_agpu_pipeline_end_batch(struct sl_agpu_pipeline *pipeline)
{
    if (pipeline->begun) {
        struct sl_raster_result result = sl_raster_end(pipeline->drawing->raster);
        sl_agpu_work(pipeline->run, result.work);
        pipeline->capped |= result.capped;
        pipeline->failed |= result.failed;
        pipeline->begun = false;
    }
}

void sl_agpu_pipeline_flush(struct sl_agpu_pipeline *pipeline)
{
    if (pipeline->geometry) {
        sl_agpu_geometry_flush(pipeline->geometry);
    } else {
        sl_agpu_pipeline_end_batch(pipeline);
    }
}

/* A primitive with a vertex whose program was capped is dropped. */
static bool gather(const struct chunk *chunk, uint32_t index, struct sl_agpu_shaded *primitive)
{
    const uint32_t *slots = chunk->slots + (size_t)index * chunk->width;
    *primitive = (struct sl_agpu_shaded){
        .shape = chunk->shape,
        .id = chunk->primitives[index].id,
        .leading = chunk->primitives[index].leading,
        .count = chunk->width,
    };
    for (uint32_t i = 0; i < chunk->width; i++) {
        if (sl_agpu_vertex_stage_is_capped(chunk->vertices, slots[i])) {
            return false;
        }
        primitive->records[i] = chunk->record_memory + slots[i] * chunk->records.stride;
    }
    return true;
}

/* Shades what waits and passes the primitives on. */
static void flush_chunk(struct chunk *chunk)
{
    struct sl_agpu_pipeline *pipeline = chunk->pipeline;
    sl_agpu_vertex_stage_shade(chunk->vertices, sl_agpu_pipeline_work_left(pipeline));
    sl_agpu_work(pipeline->run, sl_agpu_vertex_stage_take_work(chunk->vertices) +
                                    PRIMITIVE_WORK * (uint64_t)chunk->count);
    for (uint32_t i = 0; i < chunk->count && !sl_agpu_is_exhausted(pipeline->run); i++) {
        struct sl_agpu_shaded primitive;
        if (!gather(chunk, i, &primitive)) {
            continue;
        }
        if (pipeline->tessellation) {
            sl_agpu_tessellation_patch(pipeline->tessellation, &primitive);
        } else {
            sl_agpu_pipeline_primitive(pipeline, &primitive);
        }
    }
    sl_agpu_pipeline_flush(pipeline);
    sl_agpu_vertex_stage_reset(chunk->vertices);
    chunk->count = 0;
}

static void add_primitive(struct chunk *chunk, const struct sl_agpu_index_source *source,
                          const struct sl_agpu_primitive *primitive, uint32_t instance)
{
    if (chunk->count == chunk->limit ||
        sl_agpu_vertex_stage_left(chunk->vertices) < primitive->count) {
        flush_chunk(chunk);
    }
    uint32_t *slots = chunk->slots + (size_t)chunk->count * chunk->width;
    for (uint32_t i = 0; i < primitive->count; i++) {
        struct sl_agpu_index index = sl_agpu_index_read(source, primitive->places[i]);
        struct sl_agpu_vertex_key key = {
            .vertex_id = index.vertex_id,
            .index = index.index,
            .instance_id = instance,
            .first_instance = chunk->pipeline->draw->first_instance,
        };
        slots[i] = sl_agpu_vertex_stage_slot(chunk->vertices, &key);
    }
    chunk->primitives[chunk->count++] = (struct waiting){primitive->id, primitive->leading};
}

/* ---- the draw ---- */

static struct sl_agpu_bound_stage *bound_stage(struct sl_agpu_drawing *drawing,
                                               const struct sl_agpu_shader *shader)
{
    return &drawing->stages[shader->stage - SL_ABI_STAGE_VERTEX];
}

static struct sl_agpu_index_source index_source(const struct sl_agpu_run *run,
                                                const struct sl_agpu_draw *draw)
{
    const struct sl_agpu_context *context = run->context;
    struct sl_agpu_index_source source = {.first = draw->first, .count = draw->count};
    if (draw->is_indexed) {
        const struct sl_agpu_storage *storage =
            sl_agpu_find_kind(run->exec, context->index_buffer.handle, SL_AGPU_BUFFER)->storage;
        source.bytes = storage->bytes;
        source.size = storage->size;
        source.offset = context->index_buffer.offset_bytes;
        source.width = context->index_buffer.format == AEROGPU_INDEX_FORMAT_UINT32 ? 4 : 2;
        source.base = draw->base_vertex;
        source.has_cut = context->flavour != SL_AGPU_FLAVOUR_D3D9;
    }
    return source;
}

/* Adjacent vertices are for geometry programs that declare them. */
static bool drops_adjacency(const struct sl_agpu_draw *draw)
{
    const struct sl_agpu_shader *gs = draw->programs.gs;
    return !gs || (gs->program->input_primitive != SL_IR_PRIM_LINE_ADJ &&
                   gs->program->input_primitive != SL_IR_PRIM_TRIANGLE_ADJ);
}

static void run_instances(struct chunk *chunk)
{
    struct sl_agpu_pipeline *pipeline = chunk->pipeline;
    const struct sl_agpu_draw *draw = pipeline->draw;
    struct sl_agpu_index_source source = index_source(pipeline->run, draw);
    bool drops = drops_adjacency(draw);
    for (uint32_t i = 0; i < draw->instance_count && !sl_agpu_is_exhausted(pipeline->run); i++) {
        struct sl_agpu_assembly assembly;
        struct sl_agpu_primitive primitive;
        sl_agpu_assembly_start(&assembly, &source, pipeline->run->context->topology, drops);
        while (!sl_agpu_is_exhausted(pipeline->run) &&
               sl_agpu_assembly_next(&assembly, &primitive)) {
            add_primitive(chunk, &source, &primitive, i);
        }
        sl_agpu_work(pipeline->run, PRIMITIVE_WORK + assembly.work);
        if (assembly.id == 0) {
            break; /* so are all instances */
        }
    }
    if (chunk->count > 0 && !sl_agpu_is_exhausted(pipeline->run)) {
        flush_chunk(chunk);
    }
}

static uint32_t primitive_width(uint32_t topology, bool drops)
{
    static const uint8_t widths[][2] = {
        [SL_AGPU_SHAPE_POINT] = {1, 1},        [SL_AGPU_SHAPE_LINE] = {2, 2},
        [SL_AGPU_SHAPE_TRIANGLE] = {3, 3},     [SL_AGPU_SHAPE_LINE_ADJ] = {4, 2},
        [SL_AGPU_SHAPE_TRIANGLE_ADJ] = {6, 3},
    };
    enum sl_agpu_shape shape = sl_agpu_topology_shape(topology);
    return shape == SL_AGPU_SHAPE_PATCH ? topology - AEROGPU_TOPOLOGY_PATCHLIST_1 + 1
                                        : widths[shape][drops];
}

static const struct sl_ir_program *consumer_of_vertices(const struct sl_agpu_programs *programs)
{
    return programs->hs ? programs->hs->program : programs->gs ? programs->gs->program : NULL;
}

/* Whether a stage before the rasteriser can see what the draw itself did. */
static bool sees_own_effects(const struct sl_agpu_run *run, const struct sl_agpu_draw *draw)
{
    const struct sl_agpu_shader *all[] = {draw->programs.vs, draw->programs.gs, draw->programs.hs,
                                          draw->programs.ds};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] && (all[i]->program->has_side_effects ||
                       sl_agpu_bindings_feed_back(run, all[i], &draw->targets))) {
            return true;
        }
    }
    return false;
}

static void resolve_streams(const struct sl_agpu_run *run, const struct sl_agpu_draw *draw,
                            struct sl_agpu_vertex_stream streams[])
{
    for (size_t i = 0; i < AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS; i++) {
        const struct sl_agpu_vertex_slot *slot = &run->context->vertex_buffer[i];
        const struct sl_agpu_object *object =
            draw->inputs.slot_mask >> i & 1
                ? sl_agpu_find_kind(run->exec, slot->handle, SL_AGPU_BUFFER)
                : NULL;
        if (object) {
            streams[i] = (struct sl_agpu_vertex_stream){
                .bytes = object->storage->bytes,
                .size = object->storage->size,
                .offset = slot->offset_bytes,
                .stride = slot->stride_bytes,
            };
        }
    }
}

static bool chunk_init(struct chunk *chunk, const struct sl_agpu_vertex_stream *streams)
{
    struct sl_agpu_pipeline *pipeline = chunk->pipeline;
    const struct sl_agpu_draw *draw = pipeline->draw;
    const struct sl_agpu_programs *programs = &draw->programs;
    bool is_aero = pipeline->run->exec->config.profile_aero;
    uint32_t topology = pipeline->run->context->topology;
    struct sl_agpu_vertex_source source = {
        .program = programs->vs->program,
        .code = sl_agpu_program_code(pipeline->run->exec, programs->vs),
        .bindings = &bound_stage(pipeline->drawing, programs->vs)->bindings,
        .inputs = &draw->inputs,
        .streams = streams,
        .rules = {.base_in_ids = is_aero, .divided_instance = is_aero},
        .pool = pipeline->drawing->pool,
        .store = store_vertices,
        .data = chunk,
    };
    bool serial = sees_own_effects(pipeline->run, draw);
    if (serial) {
        source.pool = NULL;
    }
    chunk->shape = sl_agpu_topology_shape(topology);
    chunk->width = primitive_width(topology, drops_adjacency(draw));
    chunk->limit = serial ? 1 : CHUNK_PRIMITIVES;
    sl_agpu_records_init(&chunk->records, pipeline, programs->vs->program,
                         consumer_of_vertices(programs));
    chunk->vertices = sl_agpu_vertex_stage_create(&source);
    chunk->record_memory = malloc(SL_AGPU_VERTEX_SLOTS * chunk->records.stride + 1);
    chunk->primitives = malloc(chunk->limit * sizeof(*chunk->primitives));
    chunk->slots = malloc((size_t)chunk->limit * chunk->width * sizeof(*chunk->slots));
    return chunk->vertices && chunk->record_memory && chunk->primitives && chunk->slots;
}

static void chunk_finish(struct chunk *chunk)
{
    if (chunk->vertices) {
        chunk->pipeline->capped |= sl_agpu_vertex_stage_any_capped(chunk->vertices);
    }
    sl_agpu_vertex_stage_destroy(chunk->vertices);
    free(chunk->record_memory);
    free(chunk->primitives);
    free(chunk->slots);
}

static bool resolve_bindings(struct sl_agpu_run *run, const struct sl_agpu_programs *programs,
                             struct sl_agpu_drawing *drawing)
{
    const struct sl_agpu_shader *all[] = {programs->vs, programs->ps, programs->gs, programs->hs,
                                          programs->ds};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] && !sl_agpu_bindings_resolve(run, all[i], bound_stage(drawing, all[i]))) {
            return false;
        }
    }
    return true;
}

/* Links the programs and tells the rasteriser of the pixel program. */
static void set_programs(struct sl_agpu_pipeline *pipeline)
{
    const struct sl_agpu_programs *programs = &pipeline->draw->programs;
    const struct sl_agpu_run *run = pipeline->run;
    struct sl_raster_config *config = &pipeline->config;
    const struct sl_agpu_shader *producer = programs->gs   ? programs->gs
                                            : programs->ds ? programs->ds
                                                           : programs->vs;
    struct sl_agpu_shader *ps = programs->ps;
    struct sl_agpu_link_rules rules = sl_agpu_draw_link_rules(run, pipeline->draw);
    sl_agpu_link_programs(producer->program, ps ? ps->program : NULL, &rules, &pipeline->link);
    config->input_count = pipeline->link.row_count;
    memcpy(config->sources, pipeline->link.sources, sizeof(config->sources));
    config->clip_count = pipeline->link.clip_count;
    config->cull_count = pipeline->link.cull_count;
    if (ps) {
        config->program = ps->program;
        config->code = sl_agpu_program_code(run->exec, ps);
        config->bindings = &bound_stage(pipeline->drawing, ps)->bindings;
        config->feedback = sl_agpu_bindings_feed_back(run, ps, &pipeline->draw->targets);
    }
}

static bool make_stages(struct sl_agpu_pipeline *pipeline)
{
    const struct sl_agpu_programs *programs = &pipeline->draw->programs;
    if (programs->gs) {
        pipeline->geometry = sl_agpu_geometry_create(pipeline);
    }
    if (programs->hs) {
        pipeline->tessellation = sl_agpu_tessellation_create(pipeline);
    }
    return (!programs->gs || pipeline->geometry) && (!programs->hs || pipeline->tessellation);
}

static void run_pipeline(struct sl_agpu_pipeline *pipeline)
{
    struct sl_agpu_vertex_stream streams[AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS] = {0};
    struct chunk chunk = {.pipeline = pipeline};
    resolve_streams(pipeline->run, pipeline->draw, streams);
    if (make_stages(pipeline) && chunk_init(&chunk, streams)) {
        run_instances(&chunk);
        sl_agpu_pipeline_flush(pipeline);
    } else {
        pipeline->failed = true;
    }
    chunk_finish(&chunk);
    sl_agpu_geometry_destroy(pipeline->geometry);
    sl_agpu_tessellation_destroy(pipeline->tessellation);
}

enum sl_agpu_class sl_agpu_draw_run(struct sl_agpu_run *run, const struct sl_agpu_draw *draw)
{
    struct sl_agpu_pipeline pipeline = {
        .run = run,
        .draw = draw,
        .drawing = sl_agpu_drawing_get(run->exec),
    };
    if (!pipeline.drawing || !resolve_bindings(run, &draw->programs, pipeline.drawing)) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "no memory to draw");
    }
    if (!sl_agpu_draw_state(run, draw, &pipeline.config)) {
        return SL_AGPU_OK;
    }
    set_programs(&pipeline);
    sl_agpu_inspect_draw(run, &draw->targets, &pipeline.config);
    run_pipeline(&pipeline);
    if (pipeline.failed) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "no memory to draw");
    }
    if (sl_agpu_is_exhausted(run)) {
        run->outcome->exhausted = true;
        return SL_AGPU_OK;
    }
    return pipeline.capped
               ? sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "a program did not end within its limit")
               : SL_AGPU_OK;
}
