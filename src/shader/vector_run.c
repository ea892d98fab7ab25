/*
 * Running what the vector engine compiled, over the interpreter's registers and with its control
 * flow: between two operations of control flow the steps of all operations run one after the
 * other, each over all lanes. Where only some lanes are active, results take the way over a spare
 * place and are blended.
 *
 * Denormals. Arithmetic flushes them at both ends, which costs more than the arithmetic. So a
 * first, fast pass leaves them alone where nothing but arithmetic reads a result, and the machine's
 * flags tell whether any operation met one: a tiny result that was rounded, or a denormal operand
 * (an exact tiny result is the operand of something, or nobody saw it). If so the pass counts for
 * nothing and an exact one follows. Where the machine has no such flags, all passes are exact.
 *
 * NaNs. A fast pass makes them as they come, so programs that could see their bits have none.
 */
#include "shader/host_flags.h"
#include "shader/interp_flow.h"
#include "shader/interp_machine.h"
#include "shader/vector_code.h"

#include <stdlib.h>
#include <string.h>

/* After a pass that was for nothing, exact ones for so many calls: 1, 2, 4, up to this. */
#define PATIENCE_MAX 256u

struct sl_vector_machine {
    const struct sl_vector_code *code;
    struct sl_machine *machine;
    struct sl_vector_step *steps;
    struct sl_interp_operands *operands; /* of the code's samples */
    uint32_t *storage; /* values, then scratch, then spare, then lane_masks; SL_LANES each */
    uint32_t *value_words;
    uint32_t *spare;
    uint32_t *lane_masks; /* of mask */
    uint64_t mask;        /* what lane_masks say */
    bool may_be_fast;     /* the program and the machine allow fast passes */
    bool fast;            /* the present pass is one */
    unsigned exact_calls; /* still to be exact */
    unsigned patience;    /* the next number of these */
    sl_vector_function blend;

    /* What the steps point to. */
    const sl_register_lanes *inputs;
    sl_register_lanes *outputs;
    const sl_register_lanes *system;
};

/* ---- steps of the interpreter ---- */

/* They stand in a step's sources, which it does not use. */
struct special {
    struct sl_vector_machine *machine;
    const struct sl_ir_insn *insn;
    const struct sl_interp_operands *operands; /* SAMPLE */
    unsigned source;                           /* FETCH */
    unsigned component;
};

static struct special special_of(const struct sl_vector_step *step)
{
    struct special special;
    memcpy(&special, step->src, sizeof(special));
    return special;
}

/* What the interpreter meets does not count: it flushes by itself. */
static void execute(const struct sl_vector_step *step, uint32_t *dst)
{
    (void)dst;
    struct special special = special_of(step);
    unsigned flags = sl_host_flags_get();
    sl_interp_execute(special.machine->machine, special.insn);
    sl_host_flags_set(flags);
}

static void sample(const struct sl_vector_step *step, uint32_t *dst)
{
    struct special special = special_of(step);
    unsigned flags = sl_host_flags_get();
    sl_interp_sample(special.machine->machine, special.insn, special.operands, (void *)dst);
    sl_host_flags_set(flags);
}

static void fetch(const struct sl_vector_step *step, uint32_t *dst)
{
    struct special special = special_of(step);
    sl_interp_fetch(special.machine->machine, &special.insn->src[special.source], special.component,
                    dst);
}

/* ---- places ---- */

static uint32_t *lanes_at(uint32_t *storage, size_t slot)
{
    return storage + slot * SL_LANES;
}

/* Registers of the caller are only read through what this gives, unless they are outputs. */
static uint32_t *locate(struct sl_vector_machine *vector, struct sl_vector_place place)
{
    const sl_register_lanes *registers = NULL;
    switch (place.base) {
    case SL_VECTOR_TEMPS:
        return lanes_at(vector->machine->temps, place.slot);
    case SL_VECTOR_VALUES:
        return lanes_at(vector->storage, place.slot);
    case SL_VECTOR_SCRATCH:
        return lanes_at(vector->storage, (size_t)vector->code->value_count + place.slot);
    case SL_VECTOR_INPUTS:
        registers = vector->inputs;
        break;
    case SL_VECTOR_OUTPUTS:
        registers = (const sl_register_lanes *)vector->outputs;
        break;
    case SL_VECTOR_SYSTEM:
        registers = vector->system;
        break;
    }
    return (uint32_t *)(uintptr_t)registers[place.slot / 4][place.slot % 4];
}

static void link_kernel(struct sl_vector_machine *vector, const struct sl_vector_op *op,
                        struct sl_vector_step *step)
{
    const sl_vector_function *functions = sl_vector_kernels();
    step->function = functions[op->kernel];
    step->fast = functions[op->fast];
    step->and_bits = op->and_bits;
    step->xor_bits = op->xor_bits;
    step->dst = locate(vector, op->dst);
    step->whole = op->whole;
    for (unsigned i = 0; i < op->src_count; i++) {
        step->src[i] = locate(vector, op->src[i]);
    }
}

static void link_sample(struct sl_vector_machine *vector, uint32_t number)
{
    const struct sl_vector_sample *places = &vector->code->samples[number];
    const struct sl_ir_insn *insn = &vector->code->program->insns[places->insn];
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    for (unsigned i = 0; i < count; i++) {
        unsigned components = sl_interp_sample_components(insn, i);
        for (unsigned c = 0; c < components; c++) {
            const void *place = locate(vector, places->places[i][c]);
            vector->operands[number].floats[i][c] = place;
        }
    }
}

static void link_special(struct sl_vector_machine *vector, const struct sl_vector_op *op,
                         struct sl_vector_step *step)
{
    static const sl_vector_function functions[] = {
        [SL_VECTOR_EXECUTE] = execute,
        [SL_VECTOR_FETCH] = fetch,
        [SL_VECTOR_SAMPLE] = sample,
    };
    struct special special = {
        .machine = vector,
        .insn = &vector->code->program->insns[op->insn],
        .operands = &vector->operands[op->sample],
        .source = op->source,
        .component = op->component,
    };
    _Static_assert(sizeof(special) <= sizeof(step->src), "a step has room");
    memcpy(step->src, &special, sizeof(special));
    step->dst = op->special == SL_VECTOR_EXECUTE ? NULL : locate(vector, op->dst);
    step->function = functions[op->special];
    step->fast = step->function;
    step->whole = true;
    if (op->special == SL_VECTOR_SAMPLE) {
        link_sample(vector, op->sample);
    }
}

/* Callers mostly come with the same registers again. */
static void link_steps(struct sl_vector_machine *vector, const struct sl_shader_call *call)
{
    if (vector->inputs == call->inputs && vector->outputs == call->outputs &&
        vector->system == call->system) {
        return;
    }
    vector->inputs = call->inputs;
    vector->outputs = call->outputs;
    vector->system = call->system;
    for (uint32_t i = 0; i < vector->code->op_count; i++) {
        const struct sl_vector_op *op = &vector->code->ops[i];
        bool kernel = op->special == SL_VECTOR_KERNEL_STEP;
        (kernel ? link_kernel : link_special)(vector, op, &vector->steps[i]);
    }
}

/* ---- values that all lanes share ---- */

static void spread(uint32_t *lanes, uint32_t word)
{
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        lanes[lane] = word;
    }
}

static void refresh_values(struct sl_vector_machine *vector)
{
    const struct sl_vector_code *code = vector->code;
    for (uint32_t i = 0; i < code->value_count; i++) {
        const struct sl_vector_value *value = &code->values[i];
        uint32_t word = sl_interp_component(vector->machine, value->src,
                                            value->src->swizzle[value->component], 0);
        word = (word & value->and_bits) ^ value->xor_bits;
        if (word != vector->value_words[i]) {
            vector->value_words[i] = word;
            spread(lanes_at(vector->storage, i), word);
        }
    }
}

/* ---- machines ---- */

/* Whether a fast pass does anything differently. */
static bool gains_by_fast(const struct sl_vector_code *code)
{
    bool gains = false;
    for (uint32_t i = 0; i < code->op_count; i++) {
        const struct sl_vector_op *op = &code->ops[i];
        gains = gains || (op->special == SL_VECTOR_KERNEL_STEP && op->kernel != op->fast);
    }
    return gains;
}

struct sl_vector_machine *sl_vector_machine_create(const struct sl_vector_code *code)
{
    struct sl_vector_machine *vector = calloc(1, sizeof(*vector));
    if (!vector) {
        return NULL;
    }
    size_t slots = (size_t)code->value_count + code->scratch_count + 2;
    vector->code = code;
    vector->machine = sl_machine_create(code->program, SL_LANES);
    vector->steps = calloc((size_t)code->op_count + 1, sizeof(*vector->steps));
    vector->value_words = calloc((size_t)code->value_count + 1, sizeof(*vector->value_words));
    vector->storage = aligned_alloc(64, slots * SL_LANES * sizeof(uint32_t));
    vector->operands = calloc((size_t)code->sample_count + 1, sizeof(*vector->operands));
    if (!vector->machine || !vector->steps || !vector->value_words || !vector->storage ||
        !vector->operands) {
        sl_vector_machine_destroy(vector);
        return NULL;
    }
    memset(vector->storage, 0, slots * SL_LANES * sizeof(uint32_t));
    vector->spare = lanes_at(vector->storage, slots - 2);
    vector->lane_masks = lanes_at(vector->storage, slots - 1);
    vector->may_be_fast = !code->program->reads_bits && gains_by_fast(code) && sl_host_flags_work();
    vector->patience = 1;
    vector->blend = sl_vector_kernels()[SL_VECTOR_BLEND];
    return vector;
}

void sl_vector_machine_destroy(struct sl_vector_machine *vector)
{
    if (!vector) {
        return;
    }
    sl_machine_destroy(vector->machine);
    free(vector->steps);
    free(vector->operands);
    free(vector->value_words);
    free(vector->storage);
    free(vector);
}

/* ---- passes ---- */

static void run_all_lanes(const struct sl_vector_step *step, const struct sl_vector_step *end,
                          bool fast)
{
    for (; step < end; step++) {
        (fast ? step->fast : step->function)(step, step->dst);
    }
}

static void set_lane_masks(struct sl_vector_machine *vector, uint64_t mask)
{
    if (vector->mask == mask) {
        return;
    }
    vector->mask = mask;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        vector->lane_masks[lane] = mask >> lane & 1 ? UINT32_MAX : 0;
    }
}

static void run_some_lanes(struct sl_vector_machine *vector, const struct sl_vector_step *step,
                           const struct sl_vector_step *end)
{
    set_lane_masks(vector, vector->machine->active);
    struct sl_vector_step blend = {.src = {vector->lane_masks, vector->spare}};
    for (; step < end; step++) {
        uint32_t *dst = step->whole ? step->dst : vector->spare;
        (vector->fast ? step->fast : step->function)(step, dst);
        if (!step->whole) {
            blend.src[2] = step->dst;
            vector->blend(&blend, step->dst);
        }
    }
}

/* Operations from..to - 1 for the active lanes. */
static void run_steps(struct sl_vector_machine *vector, uint32_t from, uint32_t to)
{
    const struct sl_vector_step *step = vector->steps + vector->code->first[from];
    const struct sl_vector_step *end = vector->steps + vector->code->first[to];
    if (vector->machine->active == vector->machine->call->lanes) {
        run_all_lanes(step, end, vector->fast);
    } else if (vector->machine->active) {
        run_some_lanes(vector, step, end);
    }
}

/* True if a lane has not been capped before, and would be, within so many instructions. */
static bool is_near_cap(const struct sl_machine *machine, uint32_t cost)
{
    bool near = false;
    for (unsigned lane = 0; machine->executed && lane < SL_LANES; lane++) {
        bool active = machine->active >> lane & 1;
        near = near || (active && machine->executed[lane] + cost > SL_SHADER_CAP);
    }
    return near;
}

/* Operations between those of control flow, at once; one by one where a lane may end. */
static void run_segment(struct sl_vector_machine *vector, uint32_t from, uint32_t to)
{
    struct sl_machine *machine = vector->machine;
    uint32_t cost = vector->code->cost[to] - vector->code->cost[from];
    if (!is_near_cap(machine, cost)) {
        for (unsigned lane = 0; machine->executed && lane < SL_LANES; lane++) {
            machine->executed[lane] += machine->active >> lane & 1 ? cost : 0;
        }
        machine->call->work += (uint64_t)cost * (unsigned)__builtin_popcountll(machine->active);
        run_steps(vector, from, to);
        return;
    }
    for (uint32_t at = from; at < to; at++) {
        sl_interp_account(machine, &vector->code->program->insns[at]);
        run_steps(vector, at, at + 1);
    }
}

static void clear_registers(struct sl_vector_machine *vector)
{
    const struct sl_vector_code *code = vector->code;
    bool keep = vector->machine->call->keep_outputs;
    for (uint32_t i = 0; i < code->cleared_count; i++) {
        struct sl_vector_place place = code->cleared[i];
        if (place.base == SL_VECTOR_TEMPS || !keep) {
            memset(locate(vector, place), 0, SL_LANES * sizeof(uint32_t));
        }
    }
    size_t array_bytes = (size_t)code->program->array_registers * sizeof(sl_register_lanes);
    memset(vector->machine->arrays, 0, array_bytes);
}

static void run_pass(struct sl_vector_machine *vector, struct sl_shader_call *call)
{
    const struct sl_ir_program *program = vector->code->program;
    struct sl_machine *machine = vector->machine;
    sl_interp_enter(machine, call);
    clear_registers(vector);
    while (machine->at < program->insn_count) {
        uint32_t to = vector->code->next_flow[machine->at];
        if (to > machine->at) {
            run_segment(vector, machine->at, to);
            machine->at = to;
        } else {
            sl_interp_account(machine, &program->insns[to]);
            sl_interp_flow(machine, &program->insns[to]);
        }
    }
}

/* Waits longer each time it was for nothing, and forgets that after a pass that was not. */
static void note_outcome(struct sl_vector_machine *vector, bool good)
{
    if (good) {
        vector->patience = 1;
        return;
    }
    vector->exact_calls = vector->patience;
    vector->patience = vector->patience < PATIENCE_MAX ? vector->patience * 2 : PATIENCE_MAX;
}

void sl_vector_run(struct sl_vector_machine *vector, struct sl_shader_call *call)
{
    vector->machine->call = call;
    link_steps(vector, call);
    refresh_values(vector);
    vector->fast = vector->may_be_fast && !call->keep_outputs && vector->exact_calls == 0;
    if (vector->fast) {
        sl_host_flags_clear();
        run_pass(vector, call);
        bool good = !sl_host_flags_denormal();
        note_outcome(vector, good);
        if (good) {
            return;
        }
    } else if (vector->exact_calls > 0) {
        vector->exact_calls--;
    }
    vector->fast = false;
    run_pass(vector, call);
}
