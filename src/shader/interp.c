/*
 * The reference interpreter: one operation at a time for a set of lanes, one lane and component at
 * a time inside. Control flow moves lanes between sets (interp_machine.h); no operation executes
 * for a lane that is not active, and each counts for the lanes that are.
 */
#include "render/convert.h"
#include "render/f32_math.h"
#include "shader/interp_component.h"
#include "shader/interp_flow.h"
#include "shader/interp_machine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the machine ---- */

/* How many blocks and switches can be open at a time. */
struct depths {
    unsigned blocks;
    unsigned switches;
};

/* Of one function at most, times the functions that can be active. */
static struct depths measure_depths(const struct sl_ir_program *program)
{
    struct depths now = {0, 0};
    struct depths most = {0, 0};
    unsigned functions = 0;
    for (uint32_t i = 0; i < program->insn_count; i++) {
        enum sl_ir_op op = (enum sl_ir_op)program->insns[i].op;
        bool opens = op == SL_IR_IF || op == SL_IR_LOOP || op == SL_IR_SWITCH;
        bool closes = op == SL_IR_ENDIF || op == SL_IR_ENDLOOP || op == SL_IR_ENDSWITCH;
        now.blocks = now.blocks + opens - closes;
        now.switches = now.switches + (op == SL_IR_SWITCH) - (op == SL_IR_ENDSWITCH);
        most.blocks = now.blocks > most.blocks ? now.blocks : most.blocks;
        most.switches = now.switches > most.switches ? now.switches : most.switches;
        functions += op == SL_IR_LABEL;
    }
    unsigned calls = functions < SL_SHADER_CALL_DEPTH ? functions : SL_SHADER_CALL_DEPTH;
    return (struct depths){most.blocks * (calls + 1) + calls, most.switches * (calls + 1)};
}

#define LINE ((size_t)64) /* of a cache; where registers start */

/* Where the parts of a machine are behind its struct, from the first boundary of a line on. */
struct layout {
    size_t temps;
    size_t arrays;
    size_t switch_keys;
    size_t executed;
    size_t blocks;
    size_t total;
};

static size_t round_up(size_t size)
{
    return (size + LINE - 1) & ~(LINE - 1);
}

/* Bounded by the limits of programs: some megabytes. */
static struct layout lay_out(const struct sl_ir_program *program, unsigned lane_count)
{
    struct depths depths = measure_depths(program);
    size_t lane_bytes = lane_count * sizeof(uint32_t);
    struct layout layout;
    layout.temps = 0;
    layout.arrays = round_up(program->temp_count * 4 * lane_bytes);
    layout.switch_keys = layout.arrays + round_up(program->array_registers * 4 * lane_bytes);
    layout.executed = layout.switch_keys + round_up(depths.switches * lane_bytes);
    layout.blocks = layout.executed + (program->has_loops ? round_up(lane_bytes) : 0);
    layout.total = layout.blocks + round_up(depths.blocks * sizeof(struct sl_interp_block));
    return layout;
}

uint64_t sl_machine_size(const struct sl_ir_program *program, unsigned lane_count)
{
    return sizeof(struct sl_machine) + LINE + lay_out(program, lane_count).total;
}

struct sl_machine *sl_machine_create(const struct sl_ir_program *program, unsigned lane_count)
{
    assert(lane_count >= 1 && lane_count <= SL_LANES);
    struct layout layout = lay_out(program, lane_count);
    struct sl_machine *machine = calloc(1, sizeof(*machine) + LINE + layout.total);
    if (!machine) {
        return NULL;
    }
    uint8_t *parts = (uint8_t *)(machine + 1);
    parts += -(uintptr_t)parts & (LINE - 1);
    machine->program = program;
    machine->lane_count = lane_count;
    machine->temps = (void *)(parts + layout.temps);
    machine->arrays = (void *)(parts + layout.arrays);
    machine->switch_keys = (void *)(parts + layout.switch_keys);
    machine->executed = program->has_loops ? (void *)(parts + layout.executed) : NULL;
    machine->blocks = (void *)(parts + layout.blocks);
    return machine;
}

void sl_machine_destroy(struct sl_machine *machine)
{
    free(machine);
}

/* ---- arithmetic ---- */

/* A move keeps bits unless it has something that only floats have. */
static bool is_float_move(const struct sl_ir_insn *insn, const struct sl_ir_op_info *info)
{
    if (info->kind != SL_IR_KIND_RAW) {
        return false;
    }
    bool modified = false;
    for (unsigned i = 0; i < info->src_count; i++) {
        modified = modified || insn->src[i].negate || insn->src[i].absolute;
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        modified = modified || insn->dst[i].saturate;
    }
    return modified;
}

/* One component of the results of a componentwise operation. */
static void evaluate_component(struct sl_machine *machine, const struct sl_ir_insn *insn,
                               unsigned component, sl_interp_lanes results[SL_IR_DSTS][4])
{
    enum sl_ir_op op = (enum sl_ir_op)insn->op;
    const struct sl_ir_op_info *info = sl_ir_op_info(op);
    bool is_float = is_float_move(insn, info);
    sl_interp_lanes sources[SL_IR_SRCS];
    for (unsigned i = 0; i < info->src_count; i++) {
        sl_interp_read(machine, insn, i, component, sources[i]);
    }
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        uint32_t in[SL_IR_SRCS] = {0};
        uint32_t out[SL_IR_DSTS] = {0};
        for (unsigned i = 0; i < info->src_count; i++) {
            in[i] = sources[i][lane];
        }
        sl_component_evaluate(op, in, out);
        for (unsigned i = 0; i < info->dst_count; i++) {
            uint32_t bits = out[i];
            results[i][component][lane] =
                is_float ? sl_f32_to_bits(sl_f32_fin(sl_f32_from_bits(bits))) : bits;
        }
    }
}

static void execute_componentwise(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    sl_interp_lanes results[SL_IR_DSTS][4];
    unsigned mask = insn->dst[0].mask | (info->dst_count > 1 ? insn->dst[1].mask : 0u);
    for (unsigned c = 0; c < 4; c++) {
        if (mask >> c & 1) {
            evaluate_component(machine, insn, c, results);
        }
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        sl_interp_write(machine, &insn->dst[i], (const sl_interp_lanes *)results[i]);
    }
}

/* From left to right, each product and each sum rounded. */
static void execute_dot(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    unsigned count = insn->op == SL_IR_DP2 ? 2 : insn->op == SL_IR_DP3 ? 3 : 4;
    float a[4][SL_LANES];
    float b[4][SL_LANES];
    for (unsigned c = 0; c < count; c++) {
        sl_interp_read_float(machine, insn, 0, c, a[c]);
        sl_interp_read_float(machine, insn, 1, c, b[c]);
    }
    sl_interp_lanes results[4];
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        float sum = sl_f32_mul(a[0][lane], b[0][lane]);
        for (unsigned c = 1; c < count; c++) {
            sum = sl_f32_mad(a[c][lane], b[c][lane], sum);
        }
        for (unsigned c = 0; c < 4; c++) {
            results[c][lane] = sl_f32_to_bits(sum);
        }
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

/* The lanes of a quad whose difference is a lane's derivative: 0, 1 in the upper row, 2, 3 below.
 */
struct derivative {
    enum sl_ir_op op;
    unsigned keep; /* bits of the lane's place in the quad that stay */
    unsigned step; /* from the first to the second */
};

static const struct derivative derivatives[] = {
    {SL_IR_DDX_COARSE, 0, 1},
    {SL_IR_DDY_COARSE, 0, 2},
    {SL_IR_DDX_FINE, 2, 1},
    {SL_IR_DDY_FINE, 1, 2},
};

/* Outside quads, where there are fewer than four lanes, everything is constant. */
static void execute_derivative(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    const struct derivative *derivative = derivatives;
    while (derivative->op != insn->op) {
        derivative++;
    }
    sl_interp_lanes results[4];
    for (unsigned c = 0; c < 4; c++) {
        float values[SL_LANES];
        sl_interp_read_float(machine, insn, 0, c, values);
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            unsigned first = (lane & ~3u) | (lane & derivative->keep);
            float to = values[first + derivative->step];
            float difference = sl_f32_add(to, -values[first]);
            results[c][lane] = machine->lane_count >= 4 ? sl_f32_to_bits(difference) : 0;
        }
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

/* ---- vertices of geometry programs ---- */

static void execute_emit(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    (void)insn;
    if (machine->active) {
        struct sl_shader_call *call = machine->call;
        call->emit(call->data, (const sl_register_lanes *)call->outputs);
    }
}

static void execute_cut(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    (void)insn;
    if (machine->active) {
        machine->call->cut(machine->call->data);
    }
}

/* ---- the loop ---- */

/* Operations that are neither componentwise nor control flow. */
static void (*const executors[SL_IR_OP_COUNT])(struct sl_machine *machine,
                                               const struct sl_ir_insn *insn) = {
    [SL_IR_DP2] = execute_dot,
    [SL_IR_DP3] = execute_dot,
    [SL_IR_DP4] = execute_dot,
    [SL_IR_DDX_COARSE] = execute_derivative,
    [SL_IR_DDY_COARSE] = execute_derivative,
    [SL_IR_DDX_FINE] = execute_derivative,
    [SL_IR_DDY_FINE] = execute_derivative,
    [SL_IR_SAMPLE] = sl_interp_texture,
    [SL_IR_SAMPLE_B] = sl_interp_texture,
    [SL_IR_SAMPLE_L] = sl_interp_texture,
    [SL_IR_SAMPLE_D] = sl_interp_texture,
    [SL_IR_SAMPLE_C] = sl_interp_texture,
    [SL_IR_SAMPLE_C_LZ] = sl_interp_texture,
    [SL_IR_GATHER4] = sl_interp_texture,
    [SL_IR_GATHER4_C] = sl_interp_texture,
    [SL_IR_GATHER4_PO] = sl_interp_texture,
    [SL_IR_GATHER4_PO_C] = sl_interp_texture,
    [SL_IR_LOD] = sl_interp_texture,
    [SL_IR_LD] = sl_interp_texture,
    [SL_IR_RESINFO] = sl_interp_texture,
    [SL_IR_LOAD] = sl_interp_memory,
    [SL_IR_STORE] = sl_interp_memory,
    [SL_IR_ATOMIC] = sl_interp_memory,
    [SL_IR_BUFINFO] = sl_interp_memory,
    [SL_IR_COUNTER_ALLOC] = sl_interp_memory,
    [SL_IR_COUNTER_CONSUME] = sl_interp_memory,
    [SL_IR_EMIT] = execute_emit,
    [SL_IR_CUT] = execute_cut,
};

static unsigned count_lanes(uint64_t lanes)
{
    return (unsigned)__builtin_popcountll(lanes);
}

void sl_interp_account(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    for (unsigned lane = 0; machine->executed && insn->cost && lane < machine->lane_count; lane++) {
        uint64_t bit = UINT64_C(1) << lane;
        if (!(machine->active & bit)) {
            continue;
        }
        if (machine->executed[lane] + insn->cost > SL_SHADER_CAP) {
            machine->active &= ~bit;
            machine->call->capped |= bit;
        } else {
            machine->executed[lane] += insn->cost;
        }
    }
    machine->call->work += (uint64_t)insn->cost * count_lanes(machine->active);
}

void sl_interp_execute(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t active = machine->active;
    if (insn->flags & SL_IR_FLAG_ALL_LANES) {
        machine->active = machine->call->lanes;
    }
    if (executors[insn->op]) {
        executors[insn->op](machine, insn);
    } else {
        execute_componentwise(machine, insn);
    }
    machine->active = active;
}

/* True at the end of the program, false at a barrier. */
static bool run(struct sl_machine *machine)
{
    const struct sl_ir_program *program = machine->program;
    while (machine->at < program->insn_count) {
        const struct sl_ir_insn *insn = &program->insns[machine->at];
        sl_interp_account(machine, insn);
        if (insn->op == SL_IR_SYNC) {
            machine->at++;
            if ((insn->flags & SL_IR_FLAG_BARRIER) && machine->active) {
                return false;
            }
        } else if (sl_interp_is_flow((enum sl_ir_op)insn->op)) {
            sl_interp_flow(machine, insn);
        } else {
            machine->at++;
            if (machine->active) {
                sl_interp_execute(machine, insn);
            }
        }
    }
    return true;
}

void sl_interp_enter(struct sl_machine *machine, struct sl_shader_call *call)
{
    if (machine->executed) {
        memset(machine->executed, 0, machine->lane_count * sizeof(uint32_t));
    }
    call->discarded = 0;
    call->capped = 0;
    call->work = 0;
    machine->call = call;
    machine->at = call->first;
    machine->active = call->lanes;
    machine->helpers = call->helpers;
    machine->block_count = 0;
    machine->open_switches = 0;
}

static void clear_registers(struct sl_machine *machine, struct sl_shader_call *call)
{
    const struct sl_ir_program *program = machine->program;
    size_t register_bytes = 4 * machine->lane_count * sizeof(uint32_t);
    memset(machine->temps, 0, program->temp_count * register_bytes);
    memset(machine->arrays, 0, program->array_registers * register_bytes);
    if (!call->keep_outputs && program->output_count) {
        memset(call->outputs, 0, program->output_count * sizeof(*call->outputs));
    }
}

bool sl_interp_start(struct sl_machine *machine, struct sl_shader_call *call)
{
    assert(machine->lane_count == SL_LANES || call->lanes >> machine->lane_count == 0);
    sl_interp_enter(machine, call);
    clear_registers(machine, call);
    return run(machine);
}

bool sl_interp_resume(struct sl_machine *machine, struct sl_shader_call *call)
{
    machine->call = call;
    return run(machine);
}

void sl_interp_run(struct sl_machine *machine, struct sl_shader_call *call)
{
    bool ended = sl_interp_start(machine, call);
    while (!ended) {
        ended = sl_interp_resume(machine, call);
    }
}
