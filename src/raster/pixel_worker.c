#include "raster/pixel_worker.h"

#include "raster/output_merger.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct sl_pixel_worker {
    const struct sl_pixel_state *state;
    struct sl_pixel_totals totals;
    struct sl_pixel_batch batch; /* gathers quads */
    struct sl_pixel_batch strip;

    /* Whose strip the registers hold in all lanes; NULL = nobody's. */
    const struct sl_shape *interpolated;

    /* Quads of the current run, by their place in the block: bit = column. */
    uint32_t occupied[SL_TILE / 2];

    /* The program's; NULL before the first batch. */
    struct sl_machine *machine; /* or vector */
    struct sl_vector_machine *vector;
    sl_register_lanes *registers; /* inputs, outputs, system */
    uint32_t input_count, output_count;

    /* Of a program whose outputs are the same for all pixels; filled in when it has run. */
    bool has_run;
    uint64_t lane_work;
    unsigned packed_mask;
    _Alignas(64) uint32_t packed[SL_RASTER_TARGETS][SL_LANES];

    uint64_t unpublished; /* work that the other threads do not know of */
};

struct sl_pixel_worker *sl_pixel_worker_create(void)
{
    struct sl_pixel_worker *worker =
        aligned_alloc(_Alignof(struct sl_pixel_worker), sizeof(*worker));
    if (worker) {
        memset(worker, 0, sizeof(*worker));
    }
    return worker;
}

static void release_program(struct sl_pixel_worker *worker)
{
    sl_machine_destroy(worker->machine);
    sl_vector_machine_destroy(worker->vector);
    free(worker->registers);
    worker->machine = NULL;
    worker->vector = NULL;
    worker->registers = NULL;
}

void sl_pixel_worker_destroy(struct sl_pixel_worker *worker)
{
    if (worker) {
        release_program(worker);
        free(worker);
    }
}

void sl_pixel_worker_begin(struct sl_pixel_worker *worker, const struct sl_pixel_state *state)
{
    worker->state = state;
    worker->totals = (struct sl_pixel_totals){0};
    worker->batch.count = 0;
    worker->batch.run_count = 0;
    worker->batch.is_strip = false;
    worker->strip.is_strip = true;
    worker->batch.packed = worker->strip.packed = worker->packed;
    worker->batch.packed_mask = worker->strip.packed_mask = &worker->packed_mask;
    worker->packed_mask = 0;
    worker->has_run = false;
    worker->unpublished = 0;
    worker->interpolated = NULL;
    memset(worker->occupied, 0, sizeof(worker->occupied));
}

struct sl_pixel_totals sl_pixel_worker_end(struct sl_pixel_worker *worker)
{
    release_program(worker);
    return worker->totals;
}

/* Often enough for all threads to end soon after the limit is passed. */
#define PUBLISHED_WORK 65536u

static void spend(struct sl_pixel_worker *worker, uint64_t work)
{
    worker->totals.work += work;
    worker->unpublished += work;
    if (worker->unpublished >= PUBLISHED_WORK) {
        atomic_fetch_add_explicit(worker->state->spent, worker->unpublished, memory_order_relaxed);
        worker->unpublished = 0;
    }
}

static bool is_exhausted(const struct sl_pixel_worker *worker)
{
    uint64_t limit = worker->state->config->work_limit;
    return limit &&
           atomic_load_explicit(worker->state->spent, memory_order_relaxed) + worker->unpublished >
               limit;
}

/* False without memory. */
static bool prepare_program(struct sl_pixel_worker *worker)
{
    const struct sl_raster_config *config = worker->state->config;
    const struct sl_ir_program *program = config->program;
    if (!program || worker->registers) {
        return true;
    }
    worker->input_count = program->input_count;
    worker->output_count =
        program->output_count > SL_RASTER_TARGETS ? program->output_count : SL_RASTER_TARGETS;
    size_t count = (size_t)worker->input_count + worker->output_count + SL_IR_SYS_COUNT;
    worker->registers = sl_registers_alloc(count);
    if (config->code) {
        worker->vector = sl_vector_machine_create(config->code);
    } else {
        worker->machine = sl_machine_create(program, SL_LANES);
    }
    if (!worker->registers || (!worker->vector && !worker->machine)) {
        release_program(worker);
        return false;
    }
    sl_input_constants(config, worker->input_count, worker->registers);
    return true;
}

static uint64_t lanes_of_quads(unsigned count)
{
    return count == SL_QUADS ? UINT64_MAX : (UINT64_C(1) << (4 * count)) - 1;
}

/* All lanes of quads with some of these. */
static uint64_t quads_of(uint64_t lanes)
{
    uint64_t any = (lanes | lanes >> 1 | lanes >> 2 | lanes >> 3) & UINT64_C(0x1111111111111111);
    return any * 0xF;
}

/* The program's input coverage: one sample. */
static void set_coverage(sl_register_lanes *system, uint64_t covered)
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        system[SL_IR_SYS_COVERAGE][0][lane] = covered >> lane & 1;
    }
}

/* Runs the program for some lanes; gives those that it discarded, or that hit a cap, which end in
   the same way. */
static uint64_t call_program(struct sl_pixel_worker *worker, const struct sl_pixel_batch *batch,
                             uint64_t lanes, uint64_t *work)
{
    const struct sl_raster_config *config = worker->state->config;
    sl_register_lanes *outputs = worker->registers + worker->input_count;
    sl_register_lanes *system = outputs + worker->output_count;
    if (worker->state->reads_coverage) {
        set_coverage(system, batch->covered);
    }
    struct sl_shader_call call = {
        .program = config->program,
        .bindings = config->bindings,
        .lanes = lanes,
        .helpers = lanes & ~batch->alive,
        .inputs = (const sl_register_lanes *)worker->registers,
        .outputs = outputs,
        .system = (const sl_register_lanes *)system,
    };
    if (worker->vector) {
        sl_vector_run(worker->vector, &call);
    } else {
        sl_interp_run(worker->machine, &call);
    }
    worker->totals.capped = worker->totals.capped || call.capped != 0;
    *work = call.work;
    return call.discarded | call.capped;
}

/* Gives the lanes that the program discarded. */
static uint64_t run_program(struct sl_pixel_worker *worker, struct sl_pixel_batch *batch)
{
    uint64_t discarded = 0, work;
    uint64_t lanes = worker->state->skips ? quads_of(batch->alive) : lanes_of_quads(batch->count);
    batch->outputs = (const sl_register_lanes *)(worker->registers + worker->input_count);
    if (lanes == 0) {
        return 0;
    }
    if (!worker->state->uniform) {
        discarded = call_program(worker, batch, lanes, &work);
        spend(worker, work);
        return discarded;
    }
    if (!worker->has_run) {
        call_program(worker, batch, UINT64_MAX, &work);
        worker->lane_work = work / SL_LANES; /* all lanes do the same */
        worker->has_run = true;
    }
    spend(worker, worker->lane_work * sl_count_lanes(lanes));
    return 0;
}

static void interpolate(struct sl_pixel_worker *worker, struct sl_pixel_batch *batch)
{
    const struct sl_input_plan *plan = &worker->state->plan;
    if (batch->is_strip) {
        const struct sl_shape *shape = batch->quads[0].shape;
        sl_interpolate_strip(plan, batch->quads, worker->interpolated == shape, worker->registers,
                             batch->depth);
        worker->interpolated = shape;
        batch->covered = UINT64_MAX;
    } else {
        sl_interpolate(plan, batch->quads, batch->count, worker->registers, batch->depth);
        worker->interpolated = NULL;
        batch->covered = 0;
        for (unsigned q = 0; q < batch->count; q++) {
            batch->covered |= (uint64_t)batch->quads[q].covered << (4 * q);
        }
    }
    batch->alive = batch->covered;
    batch->discarded = 0;
    batch->alpha_failed = 0;
    batch->stencil_failed = 0;
    batch->depth_failed = 0;
    batch->depth_tested = 0;
}

/* Quads that follow may lie where those of the current run do. */
static void end_run(struct sl_pixel_worker *worker)
{
    struct sl_pixel_batch *batch = &worker->batch;
    unsigned first = batch->run_count > 0 ? batch->run_first[batch->run_count - 1] : 0;
    for (unsigned q = first; q < batch->count; q++) {
        worker->occupied[(batch->quads[q].y / 2) % (SL_TILE / 2)] = 0;
    }
}

/* From quads to written pixels. */
static void run_batch(struct sl_pixel_worker *worker, struct sl_pixel_batch *batch)
{
    if (is_exhausted(worker)) {
        return;
    }
    batch->run_first[batch->run_count] = (uint8_t)batch->count;
    if (!prepare_program(worker)) {
        worker->totals.failed = true;
        return;
    }
    spend(worker, 4u * (uint64_t)batch->count); /* lanes, even if no test lets one through */
    interpolate(worker, batch);
    if (worker->state->early) {
        sl_merge_early(worker->state, batch);
    }
    uint64_t discarded = worker->registers ? run_program(worker, batch) : 0;
    sl_merge_discards(worker->state, batch, discarded);
    spend(worker, sl_merge_batch(worker->state, batch));
}

static void run_quads(struct sl_pixel_worker *worker)
{
    struct sl_pixel_batch *batch = &worker->batch;
    if (batch->count > 0) {
        end_run(worker);
        run_batch(worker, batch);
        batch->count = 0;
        batch->run_count = 0;
    }
}

void sl_pixel_worker_flush(struct sl_pixel_worker *worker)
{
    run_quads(worker);
    worker->interpolated = NULL; /* other shapes may come to lie where this one did */
}

/* Quads of the same triangle may wait: no two pixels of it are one. */
static void draw_strip(struct sl_pixel_worker *worker, const struct sl_shape *shape, int32_t x,
                       int32_t y)
{
    struct sl_pixel_batch *strip = &worker->strip;
    if (worker->batch.count > 0 && worker->batch.quads[0].shape != shape) {
        run_quads(worker);
    }
    strip->count = SL_QUADS;
    strip->run_count = 1;
    strip->quads[0] = (struct sl_quad){.shape = shape, .x = x, .y = y, .covered = 0xF};
    run_batch(worker, strip);
}

static void add_quad(struct sl_pixel_worker *worker, const struct sl_shape *shape, int32_t x,
                     int32_t y, uint32_t covered)
{
    struct sl_pixel_batch *batch = &worker->batch;
    uint32_t *occupied = &worker->occupied[(y / 2) % (SL_TILE / 2)];
    uint32_t bit = UINT32_C(1) << (x / 2) % (SL_TILE / 2);
    if (batch->count == 0 || *occupied & bit) {
        end_run(worker);
        batch->run_first[batch->run_count++] = (uint8_t)batch->count;
    }
    *occupied |= bit;
    batch->quads[batch->count++] =
        (struct sl_quad){.shape = shape, .x = x, .y = y, .covered = covered};
    if (batch->count == SL_QUADS || worker->state->serial) {
        run_quads(worker);
    }
}

/* Two rows of half a tile, or a whole one. */
static void draw_quads(struct sl_pixel_worker *worker, const struct sl_shape *shape, int32_t x,
                       int32_t y, uint64_t upper, uint64_t lower)
{
    uint64_t left = 0;
    for (uint64_t any = upper | lower; any != 0; any &= ~(UINT64_C(3) << left)) {
        left = (uint64_t)__builtin_ctzll(any) & ~UINT64_C(1);
        uint32_t covered = (uint32_t)(upper >> left & 3) | (uint32_t)(lower >> left & 3) << 2;
        add_quad(worker, shape, x + (int32_t)left, y, covered);
    }
}

#define STRIP (2 * SL_QUADS) /* columns */
#define STRIP_MASK UINT64_C(0xFFFFFFFF)

static void draw_strips(struct sl_pixel_worker *worker, const struct sl_shape *shape, int32_t x,
                        int32_t y, uint64_t upper, uint64_t lower)
{
    for (unsigned first = 0; first < SL_TILE; first += STRIP) {
        uint64_t above = upper >> first & STRIP_MASK, below = lower >> first & STRIP_MASK;
        if ((above & below) == STRIP_MASK) {
            draw_strip(worker, shape, x + (int32_t)first, y);
        } else if (above | below) {
            draw_quads(worker, shape, x + (int32_t)first, y, above, below);
        }
    }
}

void sl_pixel_worker_draw(struct sl_pixel_worker *worker, const struct sl_shape *shape, int32_t x,
                          int32_t y, unsigned row_count)
{
    uint64_t rows[SL_TILE];
    int32_t end = y + (int32_t)row_count;
    spend(worker, row_count);
    if (is_exhausted(worker)) {
        return;
    }
    /* Only the pairs of rows that the shape's box meets. */
    y = y < shape->box.top ? shape->box.top & ~1 : y;
    end = end > shape->box.bottom ? (shape->box.bottom + 1) & ~1 : end;
    if (y >= end || !sl_shape_cover(shape, x, y, (unsigned)(end - y), rows)) {
        return;
    }
    bool strips = worker->state->strips && shape->kind == SL_SHAPE_TRIANGLE;
    for (const uint64_t *row = rows; y < end; y += 2, row += 2) {
        (strips ? draw_strips : draw_quads)(worker, shape, x, y, row[0], row[1]);
    }
}
