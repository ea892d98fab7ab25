#include "shader/interp_flow.h"

#include <assert.h>

static struct sl_interp_block *innermost(struct sl_machine *machine)
{
    assert(machine->block_count > 0);
    return &machine->blocks[machine->block_count - 1];
}

/* The innermost open block that BREAK (loops and switches) or CONTINUE (loops) refer to. */
static struct sl_interp_block *enclosing(struct sl_machine *machine, bool only_loop)
{
    struct sl_interp_block *block = innermost(machine);
    while (block->op != SL_IR_LOOP && (only_loop || block->op != SL_IR_SWITCH)) {
        assert(block > machine->blocks);
        block--;
    }
    return block;
}

static struct sl_interp_block *open_block(struct sl_machine *machine, enum sl_ir_op op)
{
    struct sl_interp_block *block = &machine->blocks[machine->block_count++];
    *block = (struct sl_interp_block){.op = op, .at = machine->at};
    return block;
}

/* Closes the innermost block; these lanes go on after it. */
static void close_block(struct sl_machine *machine, uint64_t lanes)
{
    machine->active = lanes;
    machine->block_count--;
}

/* The active lanes whose condition holds; all without a condition. */
static uint64_t chosen(const struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    if (sl_ir_op_info((enum sl_ir_op)insn->op)->src_count == 0) {
        return machine->active;
    }
    sl_interp_lanes values;
    sl_interp_fetch(machine, &insn->src[0], 0, values);
    uint64_t lanes = 0;
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        lanes |= (uint64_t)((values[lane] != 0) == insn->nonzero) << lane;
    }
    return lanes & machine->active;
}

/* On to the next operation, or past what no lane executes. */
static void go_on(struct sl_machine *machine, uint32_t otherwise)
{
    machine->at = machine->active ? machine->at + 1 : otherwise;
}

static void flow_if(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t taken = chosen(machine, insn);
    struct sl_interp_block *block = open_block(machine, SL_IR_IF);
    block->waiting = machine->active & ~taken;
    machine->active = taken;
    go_on(machine, insn->target);
}

static void flow_else(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct sl_interp_block *block = innermost(machine);
    block->left = machine->active;
    machine->active = block->waiting;
    block->waiting = 0;
    go_on(machine, insn->target);
}

static void flow_endif(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    (void)insn;
    struct sl_interp_block *block = innermost(machine);
    close_block(machine, machine->active | block->waiting | block->left);
    machine->at++;
}

static void flow_loop(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    open_block(machine, SL_IR_LOOP);
    go_on(machine, insn->target);
}

static void flow_endloop(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct sl_interp_block *block = innermost(machine);
    machine->active |= block->waiting;
    block->waiting = 0;
    block->iterations++;
    if (machine->active && block->iterations < SL_SHADER_LOOP_CAP) {
        machine->at = insn->target + 1;
        return;
    }
    machine->call->capped |= machine->active;
    close_block(machine, block->left);
    machine->at++;
}

static void flow_break(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t lanes = chosen(machine, insn);
    if (lanes) {
        enclosing(machine, false)->left |= lanes;
        machine->active &= ~lanes;
    }
    machine->at++;
}

static void flow_continue(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t lanes = chosen(machine, insn);
    if (lanes) {
        enclosing(machine, true)->waiting |= lanes;
        machine->active &= ~lanes;
    }
    machine->at++;
}

/* The active lanes whose key a CASE has. */
static uint64_t matching(const struct sl_machine *machine, const struct sl_interp_block *block,
                         const struct sl_ir_insn *label, uint64_t among)
{
    sl_interp_lanes values;
    sl_interp_fetch(machine, &label->src[0], 0, values);
    uint64_t lanes = 0;
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        lanes |= (uint64_t)(values[lane] == block->switch_keys[lane]) << lane;
    }
    return lanes & among;
}

/* Each lane waits for its CASE, else for the DEFAULT, else for the end. */
static void flow_switch(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    const struct sl_ir_insn *insns = machine->program->insns;
    struct sl_interp_block *block = open_block(machine, SL_IR_SWITCH);
    block->switch_keys =
        machine->switch_keys + (size_t)machine->open_switches++ * machine->lane_count;
    sl_interp_lanes values;
    sl_interp_fetch(machine, &insn->src[0], 0, values);
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        block->switch_keys[lane] = values[lane];
    }
    uint64_t others = machine->active;
    bool has_default = false;
    for (uint32_t at = insn->target; insns[at].op != SL_IR_ENDSWITCH; at = insns[at].target) {
        if (insns[at].op == SL_IR_CASE) {
            others &= ~matching(machine, block, &insns[at], others);
        } else {
            has_default = true;
        }
    }
    block->waiting = machine->active & ~others;
    block->fallback = has_default ? others : 0;
    block->left = has_default ? 0 : others;
    machine->active = 0;
    machine->at = insn->target;
}

/* Lanes that wait for this label join those that fall into it. */
static void flow_case(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct sl_interp_block *block = innermost(machine);
    uint64_t lanes = matching(machine, block, insn, block->waiting);
    block->waiting &= ~lanes;
    machine->active |= lanes;
    go_on(machine, insn->target);
}

static void flow_default(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct sl_interp_block *block = innermost(machine);
    machine->active |= block->fallback;
    block->fallback = 0;
    go_on(machine, insn->target);
}

static void flow_endswitch(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    (void)insn;
    struct sl_interp_block *block = innermost(machine);
    close_block(machine, machine->active | block->left);
    machine->open_switches--;
    machine->at++;
}

/* Lanes that do not call wait as those that have returned. */
static void flow_call(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t lanes = chosen(machine, insn);
    if (!lanes) {
        machine->at++;
        return;
    }
    struct sl_interp_block *block = open_block(machine, SL_IR_CALL);
    block->left = machine->active & ~lanes;
    machine->active = lanes;
    machine->at = insn->target + 1;
}

/* A return outside all blocks of its function is where everybody has returned. */
static void flow_ret(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t lanes = chosen(machine, insn);
    machine->active &= ~lanes;
    machine->at++;
    if (insn->flags & SL_IR_FLAG_EXIT) {
        bool all = machine->block_count == 0 && !machine->active;
        machine->at = all ? machine->program->insn_count : machine->at;
        return;
    }
    struct sl_interp_block *block = innermost(machine);
    while (block->op != SL_IR_CALL) {
        assert(block > machine->blocks);
        block--;
    }
    block->left |= lanes;
    if (block == innermost(machine) && !machine->active) {
        machine->at = block->at + 1;
        close_block(machine, block->left);
    }
}

static void flow_label(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    (void)insn;
    machine->at++;
}

static void flow_discard(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    uint64_t lanes = chosen(machine, insn);
    machine->call->discarded |= lanes;
    machine->helpers |= lanes;
    machine->at++;
}

static void (*const flows[SL_IR_OP_COUNT])(struct sl_machine *machine,
                                           const struct sl_ir_insn *insn) = {
    [SL_IR_IF] = flow_if,
    [SL_IR_ELSE] = flow_else,
    [SL_IR_ENDIF] = flow_endif,
    [SL_IR_LOOP] = flow_loop,
    [SL_IR_ENDLOOP] = flow_endloop,
    [SL_IR_BREAK] = flow_break,
    [SL_IR_BREAKC] = flow_break,
    [SL_IR_CONTINUE] = flow_continue,
    [SL_IR_CONTINUEC] = flow_continue,
    [SL_IR_SWITCH] = flow_switch,
    [SL_IR_CASE] = flow_case,
    [SL_IR_DEFAULT] = flow_default,
    [SL_IR_ENDSWITCH] = flow_endswitch,
    [SL_IR_CALL] = flow_call,
    [SL_IR_CALLC] = flow_call,
    [SL_IR_LABEL] = flow_label,
    [SL_IR_RET] = flow_ret,
    [SL_IR_RETC] = flow_ret,
    [SL_IR_DISCARD] = flow_discard,
};

bool sl_interp_is_flow(enum sl_ir_op op)
{
    return flows[op] != NULL;
}

void sl_interp_flow(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    flows[insn->op](machine, insn);
}
