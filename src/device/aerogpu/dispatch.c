/*
 * Compute programs. Groups run one after the other, z outermost; in a group threads run in the
 * order of their flattened number, each until its next barrier or its end, and then again from
 * there. So memory that threads share has one history, whatever they do with it.
 */
#include "device/aerogpu/draw.h"

#include "device/aerogpu/program_runner.h"

#include <stdlib.h>
#include <string.h>

/* What a group costs besides its instructions. */
enum { GROUP_WORK = 1024 };

struct dispatch {
    struct sl_agpu_run *run;
    const struct sl_ir_program *program;
    const struct sl_shader_bindings *bindings;
    uint32_t thread_count; /* of a group */
    uint32_t width;        /* threads that run side by side in one call */
    uint32_t runner_count;
    struct sl_agpu_runner *runners;
    bool *ended; /* for each runner */
    uint8_t *shared;
    bool capped;
};

static bool is_memory_read(const struct sl_ir_insn *insn)
{
    bool writable = insn->memory == SL_IR_MEM_UAV || insn->memory == SL_IR_MEM_SHARED;
    return writable && insn->op == SL_IR_LOAD;
}

static bool has_barrier(const struct sl_ir_program *program)
{
    for (uint32_t i = 0; i < program->insn_count; i++) {
        const struct sl_ir_insn *insn = &program->insns[i];
        if (insn->op == SL_IR_SYNC && (insn->flags & SL_IR_FLAG_BARRIER)) {
            return true;
        }
    }
    return false;
}

static bool reads_written_buffer(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader)
{
    const struct sl_agpu_stage_state *state =
        sl_agpu_stage_state(run->context, SL_ABI_STAGE_COMPUTE);
    for (size_t i = 0; i < AEROGPU_LIMIT_TEXTURE_SLOTS; i++) {
        const struct sl_agpu_object *srv = sl_agpu_find(run->exec, state->srv[i].range.handle);
        for (size_t k = 0; srv && k < AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS; k++) {
            const struct sl_agpu_object *uav = sl_agpu_find(run->exec, state->uav[k].handle);
            if (shader->program->resources[i].used && shader->program->uav_used[k] && uav &&
                uav->storage == srv->storage) {
                return true;
            }
        }
    }
    return false;
}

/*
 * Threads may run side by side if none can see another's writes and no two writes of different
 * instructions, or of one in a loop, can meet: a single store is done in the order of lanes.
 */
static bool runs_side_by_side(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader)
{
    const struct sl_ir_program *program = shader->program;
    uint32_t stores = 0;
    if (program->has_loops || reads_written_buffer(run, shader)) {
        return false;
    }
    for (uint32_t i = 0; i < program->insn_count; i++) {
        const struct sl_ir_insn *insn = &program->insns[i];
        bool ordered = insn->op == SL_IR_ATOMIC || insn->op == SL_IR_COUNTER_ALLOC ||
                       insn->op == SL_IR_COUNTER_CONSUME || insn->op == SL_IR_SYNC;
        if (ordered || is_memory_read(insn)) {
            return false;
        }
        stores += insn->op == SL_IR_STORE;
    }
    return stores <= 1;
}

/* One runner for all, one after the other, or one for each where barriers interrupt them. */
static bool dispatch_init(struct dispatch *dispatch, const struct sl_agpu_shader *shader)
{
    const struct sl_ir_program *program = shader->program;
    dispatch->thread_count =
        program->group_size[0] * program->group_size[1] * program->group_size[2];
    dispatch->width = runs_side_by_side(dispatch->run, shader) ? SL_LANES : 1;
    uint32_t count = has_barrier(program) ? dispatch->thread_count : 1;
    dispatch->runners = calloc(count, sizeof(*dispatch->runners));
    dispatch->ended = calloc(count, sizeof(*dispatch->ended));
    dispatch->shared = calloc(1, (size_t)program->shared_bytes + 1);
    if (!dispatch->runners || !dispatch->ended || !dispatch->shared) {
        return false;
    }
    while (dispatch->runner_count < count &&
           sl_agpu_runner_init(&dispatch->runners[dispatch->runner_count], program, NULL,
                               dispatch->width)) {
        dispatch->runner_count++;
    }
    return dispatch->runner_count == count;
}

static void dispatch_finish(struct dispatch *dispatch)
{
    for (uint32_t i = 0; i < dispatch->runner_count; i++) {
        sl_agpu_runner_finish(&dispatch->runners[i]);
    }
    free(dispatch->runners);
    free(dispatch->ended);
    free(dispatch->shared);
}

static void set_system_values(const struct dispatch *dispatch, struct sl_agpu_runner *runner,
                              const uint32_t group[3], uint32_t thread, unsigned lane)
{
    const uint32_t *size = dispatch->program->group_size;
    const uint32_t in_group[3] = {thread % size[0], thread / size[0] % size[1],
                                  thread / size[0] / size[1]};
    for (unsigned c = 0; c < 3; c++) {
        runner->system[SL_IR_SYS_THREAD_ID][c][lane] = group[c] * size[c] + in_group[c];
        runner->system[SL_IR_SYS_GROUP_ID][c][lane] = group[c];
        runner->system[SL_IR_SYS_THREAD_ID_IN_GROUP][c][lane] = in_group[c];
    }
    for (unsigned c = 0; c < 4; c++) {
        runner->system[SL_IR_SYS_THREAD_INDEX][c][lane] = thread;
    }
}

/* Threads first..first + count - 1; true if they ran to their ends. */
static bool run_threads(struct dispatch *dispatch, struct sl_agpu_runner *runner,
                        const uint32_t group[3], uint32_t first, uint32_t count, bool resumes)
{
    struct sl_shader_call call =
        sl_agpu_runner_call(runner, dispatch->bindings, UINT64_MAX >> (SL_LANES - count));
    call.shared = dispatch->shared;
    for (uint32_t i = 0; i < count; i++) {
        set_system_values(dispatch, runner, group, first + i, i);
    }
    bool ended = resumes ? sl_interp_resume(runner->machine, &call)
                         : sl_interp_start(runner->machine, &call);
    dispatch->capped |= call.capped != 0;
    sl_agpu_work(dispatch->run, call.work * SL_AGPU_INTERPRETED_WORK);
    return ended;
}

static void run_group(struct dispatch *dispatch, const uint32_t group[3])
{
    memset(dispatch->shared, 0, dispatch->program->shared_bytes);
    sl_agpu_work(dispatch->run, GROUP_WORK);
    if (dispatch->runner_count == 1) {
        for (uint32_t i = 0; i < dispatch->thread_count; i += dispatch->width) {
            uint32_t left = dispatch->thread_count - i;
            run_threads(dispatch, dispatch->runners, group, i,
                        left < dispatch->width ? left : dispatch->width, false);
        }
        return;
    }
    memset(dispatch->ended, 0, dispatch->runner_count * sizeof(*dispatch->ended));
    uint32_t running = dispatch->runner_count;
    for (bool resumes = false; running > 0 && !sl_agpu_is_exhausted(dispatch->run);
         resumes = true) {
        for (uint32_t i = 0; i < dispatch->runner_count; i++) {
            if (!dispatch->ended[i] &&
                run_threads(dispatch, &dispatch->runners[i], group, i, 1, resumes)) {
                dispatch->ended[i] = true;
                running--;
            }
        }
    }
}

static void run_grid(struct dispatch *dispatch, const uint32_t groups[3])
{
    uint64_t count = (uint64_t)groups[0] * groups[1] * groups[2];
    for (uint64_t i = 0; i < count && !sl_agpu_is_exhausted(dispatch->run); i++) {
        const uint32_t group[3] = {(uint32_t)(i % groups[0]), (uint32_t)(i / groups[0] % groups[1]),
                                   (uint32_t)(i / groups[0] / groups[1])};
        run_group(dispatch, group);
    }
}

enum sl_agpu_class sl_agpu_dispatch_run(struct sl_agpu_run *run, struct sl_agpu_shader *shader,
                                        const uint32_t groups[3])
{
    struct sl_agpu_drawing *drawing = sl_agpu_drawing_get(run->exec);
    struct sl_agpu_bound_stage *stage =
        drawing ? &drawing->stages[SL_ABI_STAGE_COMPUTE - SL_ABI_STAGE_VERTEX] : NULL;
    if (!stage || !sl_agpu_bindings_resolve(run, shader, stage)) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "no memory for a dispatch");
    }
    struct dispatch dispatch = {
        .run = run,
        .program = shader->program,
        .bindings = &stage->bindings,
    };
    bool ready = dispatch_init(&dispatch, shader);
    if (ready) {
        run_grid(&dispatch, groups);
    }
    dispatch_finish(&dispatch);
    if (!ready) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "no memory for a dispatch");
    }
    if (sl_agpu_is_exhausted(run)) {
        run->outcome->exhausted = true;
        return SL_AGPU_OK;
    }
    return dispatch.capped
               ? sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "a program did not end within its limit")
               : SL_AGPU_OK;
}
