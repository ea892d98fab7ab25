#include "shader/exec.h"
#include "shader/ir_builder.h"
#include "shader/ir_facts.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* An IF, LOOP or SWITCH that is not closed yet. */
struct construct {
    uint32_t opener; /* LOOP, SWITCH, IF, or the ELSE in its place */
    uint32_t leaves; /* list of BREAKs through their targets */
    uint32_t label;  /* SWITCH: its last CASE or DEFAULT, else the SWITCH */
    bool has_default;
};

struct function {
    uint32_t number;
    uint32_t label; /* index of the operation */
    uint32_t depth; /* longest chain of calls that leads here */
};

struct linker {
    struct sl_ir_program *program;
    struct construct open[SL_SHADER_NESTING];
    uint32_t depth;
    struct function *functions; /* by number, once they are sorted */
    uint32_t function_count;
    uint32_t call_count;
    bool in_function;
    const char *why;
};

static bool fail(struct linker *linker, const char *why)
{
    linker->why = why;
    return false;
}

static struct construct *innermost(struct linker *linker)
{
    return linker->depth > 0 ? &linker->open[linker->depth - 1] : NULL;
}

static enum sl_ir_op opener_op(const struct linker *linker, const struct construct *construct)
{
    return (enum sl_ir_op)linker->program->insns[construct->opener].op;
}

static bool open_construct(struct linker *linker, uint32_t at)
{
    if (linker->depth == SL_SHADER_NESTING) {
        return fail(linker, "control flow nests too deep");
    }
    linker->open[linker->depth++] = (struct construct){at, NONE, at, false};
    return true;
}

static bool link_else(struct linker *linker, uint32_t at)
{
    struct construct *construct = innermost(linker);
    if (construct == NULL || opener_op(linker, construct) != SL_IR_IF) {
        return fail(linker, "else without if");
    }
    linker->program->insns[construct->opener].target = at;
    construct->opener = at;
    return true;
}

static bool link_endif(struct linker *linker, uint32_t at)
{
    struct construct *construct = innermost(linker);
    if (construct == NULL ||
        (opener_op(linker, construct) != SL_IR_IF && opener_op(linker, construct) != SL_IR_ELSE)) {
        return fail(linker, "endif without if");
    }
    linker->program->insns[construct->opener].target = at;
    linker->depth--;
    return true;
}

static void link_leaves(struct linker *linker, uint32_t first, uint32_t end)
{
    for (uint32_t at = first; at != NONE;) {
        uint32_t next = linker->program->insns[at].target;
        linker->program->insns[at].target = end;
        at = next;
    }
}

static bool link_endloop(struct linker *linker, uint32_t at)
{
    struct construct *construct = innermost(linker);
    if (construct == NULL || opener_op(linker, construct) != SL_IR_LOOP) {
        return fail(linker, "end of a loop without its start");
    }
    linker->program->insns[construct->opener].target = at;
    linker->program->insns[at].target = construct->opener;
    link_leaves(linker, construct->leaves, at);
    linker->depth--;
    return true;
}

static bool link_case(struct linker *linker, uint32_t at)
{
    struct construct *construct = innermost(linker);
    if (construct == NULL || opener_op(linker, construct) != SL_IR_SWITCH) {
        return fail(linker, "case outside a switch");
    }
    if (linker->program->insns[at].op == SL_IR_DEFAULT) {
        if (construct->has_default) {
            return fail(linker, "a switch has two defaults");
        }
        construct->has_default = true;
    }
    linker->program->insns[construct->label].target = at;
    construct->label = at;
    return true;
}

static bool link_endswitch(struct linker *linker, uint32_t at)
{
    struct construct *construct = innermost(linker);
    if (construct == NULL || opener_op(linker, construct) != SL_IR_SWITCH) {
        return fail(linker, "endswitch without switch");
    }
    linker->program->insns[construct->label].target = at;
    link_leaves(linker, construct->leaves, at);
    linker->depth--;
    return true;
}

/* BREAK leaves the innermost loop or switch, CONTINUE is for loops only. */
static bool link_leave(struct linker *linker, uint32_t at, bool may_leave_switch)
{
    for (uint32_t i = linker->depth; i-- > 0;) {
        struct construct *construct = &linker->open[i];
        enum sl_ir_op op = opener_op(linker, construct);
        if (op == SL_IR_LOOP || (op == SL_IR_SWITCH && may_leave_switch)) {
            linker->program->insns[at].target = construct->leaves;
            construct->leaves = at;
            return true;
        }
    }
    return fail(linker, "break or continue outside a loop");
}

static bool link_break(struct linker *linker, uint32_t at)
{
    return link_leave(linker, at, true);
}

static bool link_continue(struct linker *linker, uint32_t at)
{
    return link_leave(linker, at, false);
}

static bool is_phase_start(const struct sl_ir_program *program, uint32_t at)
{
    for (uint32_t i = 0; i < program->phase_count; i++) {
        if (program->phases[i].first == at) {
            return true;
        }
    }
    return false;
}

/* A label or phase begins: what comes before must have returned. */
static bool begin_function(struct linker *linker, uint32_t at)
{
    if (linker->depth > 0) {
        return fail(linker, "a label or phase inside a block");
    }
    if (at > 0 && linker->program->insns[at - 1].op != SL_IR_RET) {
        return fail(linker, "no return before a label or phase");
    }
    return true;
}

static bool link_label(struct linker *linker, uint32_t at)
{
    linker->in_function = true;
    linker->functions[linker->function_count++] =
        (struct function){linker->program->insns[at].target, at, 0};
    return begin_function(linker, at);
}

static bool link_return(struct linker *linker, uint32_t at)
{
    if (!linker->in_function) {
        linker->program->insns[at].flags |= SL_IR_FLAG_EXIT;
    }
    return true;
}

static bool count_call(struct linker *linker, uint32_t at)
{
    (void)at;
    linker->call_count++;
    return true;
}

static bool link_insn(struct linker *linker, uint32_t at)
{
    static bool (*const links[SL_IR_OP_COUNT])(struct linker * linker, uint32_t at) = {
        [SL_IR_IF] = open_construct,        [SL_IR_LOOP] = open_construct,
        [SL_IR_SWITCH] = open_construct,    [SL_IR_ELSE] = link_else,
        [SL_IR_ENDIF] = link_endif,         [SL_IR_ENDLOOP] = link_endloop,
        [SL_IR_CASE] = link_case,           [SL_IR_DEFAULT] = link_case,
        [SL_IR_ENDSWITCH] = link_endswitch, [SL_IR_BREAK] = link_break,
        [SL_IR_BREAKC] = link_break,        [SL_IR_CONTINUE] = link_continue,
        [SL_IR_CONTINUEC] = link_continue,  [SL_IR_LABEL] = link_label,
        [SL_IR_RET] = link_return,          [SL_IR_RETC] = link_return,
        [SL_IR_CALL] = count_call,          [SL_IR_CALLC] = count_call,
    };
    bool (*link)(struct linker *, uint32_t) = links[linker->program->insns[at].op];
    return link == NULL || link(linker, at);
}

/* *at is where it failed. */
static bool link_blocks(struct linker *linker, uint32_t *at)
{
    for (*at = 0; *at < linker->program->insn_count; (*at)++) {
        if (is_phase_start(linker->program, *at)) {
            linker->in_function = false;
            if (!begin_function(linker, *at)) {
                return false;
            }
        }
        if (!link_insn(linker, *at)) {
            return false;
        }
    }
    *at = linker->program->insn_count - 1;
    return linker->depth == 0 || fail(linker, "a block has no end");
}

static int compare_functions(const void *a, const void *b)
{
    const struct function *left = a;
    const struct function *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static struct function *find_function(const struct linker *linker, uint32_t number)
{
    const struct function key = {number, 0, 0};
    return linker->function_count == 0 ? NULL
                                       : bsearch(&key, linker->functions, linker->function_count,
                                                 sizeof(key), compare_functions);
}

static bool sort_functions(struct linker *linker, uint32_t *at)
{
    if (linker->function_count == 0) {
        return true;
    }
    qsort(linker->functions, linker->function_count, sizeof(*linker->functions), compare_functions);
    for (uint32_t i = 1; i < linker->function_count; i++) {
        if (linker->functions[i].number == linker->functions[i - 1].number) {
            *at = linker->functions[i].label;
            return fail(linker, "a label occurs twice");
        }
    }
    return true;
}

static bool is_call(const struct sl_ir_insn *insn)
{
    return insn->op == SL_IR_CALL || insn->op == SL_IR_CALLC;
}

/*
 * One pass over all calls that makes each function at least one deeper than its callers. Calls that
 * recur never come to rest, so the limit of the depth finds them as well.
 */
static bool deepen(struct linker *linker, uint32_t *at, bool *changed)
{
    const struct function *caller = NULL;
    for (*at = 0; *at < linker->program->insn_count; (*at)++) {
        const struct sl_ir_insn *insn = &linker->program->insns[*at];
        if (insn->op == SL_IR_LABEL) {
            caller = find_function(linker, insn->target);
        }
        if (!is_call(insn)) {
            continue;
        }
        struct function *callee = find_function(linker, insn->target);
        if (callee == NULL) {
            return fail(linker, "a call of a label that does not exist");
        }
        uint32_t depth = (caller != NULL ? caller->depth : 0) + 1;
        if (depth > SL_SHADER_CALL_DEPTH) {
            return fail(linker, "calls recur or nest too deep");
        }
        *changed = *changed || callee->depth < depth;
        callee->depth = callee->depth < depth ? depth : callee->depth;
    }
    return true;
}

static bool link_calls(struct linker *linker, uint32_t *at)
{
    if (!sort_functions(linker, at)) {
        return false;
    }
    for (bool changed = linker->call_count > 0; changed;) {
        changed = false;
        if (!deepen(linker, at, &changed)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < linker->program->insn_count; i++) {
        struct sl_ir_insn *insn = &linker->program->insns[i];
        const struct function *callee = is_call(insn) ? find_function(linker, insn->target) : NULL;
        insn->target = callee != NULL ? callee->label : insn->target;
    }
    for (uint32_t i = 0; i < linker->program->insn_count; i++) {
        struct sl_ir_insn *insn = &linker->program->insns[i];
        insn->target = insn->op == SL_IR_LABEL ? i : insn->target; /* its number has served */
    }
    return true;
}

static uint32_t count_labels(const struct sl_ir_program *program)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < program->insn_count; i++) {
        count += program->insns[i].op == SL_IR_LABEL;
    }
    return count;
}

enum sl_ir_verdict sl_ir_link_flow(struct sl_ir_program *program, char *message,
                                   size_t message_size)
{
    struct linker linker = {.program = program};
    linker.functions = calloc((size_t)count_labels(program) + 1, sizeof(*linker.functions));
    if (linker.functions == NULL) {
        return sl_ir_refuse(SL_IR_NO_MEMORY, message, message_size, "out of memory");
    }
    uint32_t at;
    bool good = link_blocks(&linker, &at) && link_calls(&linker, &at);
    free(linker.functions);
    if (!good) {
        return sl_ir_refuse(SL_IR_BAD, message, message_size, "word %u: %s",
                            program->insns[at].source_offset, linker.why);
    }
    return SL_IR_OK;
}
