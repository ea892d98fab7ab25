/*
 * Most of the time of a step goes into fetching and storing its places. Where the result of one is
 * an operand of exactly one other, and nobody needs it after that, one kernel computes both and
 * the place in between is never written.
 *
 * Two steps can be joined at the place of the second if nothing in between changes the operands of
 * the first, or at that of the first if nothing in between changes those of the second nor touches
 * its result. All this is within a segment, where the same lanes are active throughout.
 */
#include "shader/vector_fuse.h"

#include <string.h>

/* How many steps are looked at; enough for what compilers interleave. */
#define REACH 48u

/* operands: those of the joined kernel; a, b, c of the first step, A, B, C of the second. */
struct rule {
    enum sl_vector_kernel first;
    enum sl_vector_kernel second;
    uint8_t operand; /* of the second, which the first computes */
    enum sl_vector_kernel joined;
    enum sl_vector_kernel joined_fast;
    const char *operands;
};

#define RULE(first, second, operand, joined, operands)                                             \
    {                                                                                              \
        SL_VECTOR_##first, SL_VECTOR_##second, operand, SL_VECTOR_##joined,                        \
            SL_VECTOR_##joined##_FAST, operands                                                    \
    }

static const struct rule rules[] = {
    RULE(MUL, MUL, 0, MUL_MUL, "abB"),
    RULE(MUL, MUL, 1, MUL_MUL, "abA"),
    RULE(MUL, ADD, 0, MUL_ADD, "abB"),
    RULE(MUL, ADD, 1, MUL_ADD, "abA"),
    RULE(MUL, SUB, 0, MUL_SUB, "abB"),
    RULE(MUL, SUB, 1, SUB_MUL, "abA"),
    RULE(MUL, MUL_ADD, 0, MUL_MUL_ADD, "abBC"),
    RULE(MUL, MUL_ADD, 1, MUL_MUL_ADD, "abAC"),
    RULE(MUL, MUL_ADD, 2, DOT2, "ABab"),
    RULE(MUL, MUL_SUB, 2, DIFF, "ABab"),
    RULE(MUL, SUB_MUL, 2, DIFF, "abAB"),
    RULE(MUL, SATURATE, 0, MUL_SATURATE, "ab"),
    RULE(MUL_MUL, ADD, 0, MUL_MUL_ADD, "abcB"),
    RULE(MUL_MUL, ADD, 1, MUL_MUL_ADD, "abcA"),
    RULE(MUL_MUL, MUL_ADD, 2, MUL_MUL_ADD_MUL, "abcAB"),
    RULE(ADD, MUL, 0, ADD_MUL, "abB"),
    RULE(ADD, MUL, 1, ADD_MUL, "abA"),
    RULE(ADD, MUL_ADD, 0, ADD_MUL_ADD, "abBC"),
    RULE(ADD, MUL_ADD, 1, ADD_MUL_ADD, "abAC"),
    RULE(ADD, SATURATE, 0, ADD_SATURATE, "ab"),
    RULE(SUB, MUL_ADD, 0, DIFF_MUL_ADD, "abBC"),
    RULE(SUB, MUL_ADD, 1, DIFF_MUL_ADD, "abAC"),
    RULE(MUL_ADD, MUL, 0, MUL_ADD_MUL, "abcB"),
    RULE(MUL_ADD, MUL, 1, MUL_ADD_MUL, "abcA"),
    RULE(MUL_ADD, ADD, 0, MUL_ADD_ADD, "abcB"),
    RULE(MUL_ADD, ADD, 1, MUL_ADD_ADD, "abcA"),
    RULE(MUL_ADD, MUL_ADD, 0, MUL_ADD_MUL_ADD, "abcBC"),
    RULE(MUL_ADD, MUL_ADD, 1, MUL_ADD_MUL_ADD, "abcAC"),
    RULE(MUL_ADD, MUL_ADD, 2, SUM2, "abcAB"),
    RULE(MUL_ADD, SATURATE, 0, MUL_ADD_SATURATE, "abc"),
    RULE(SUM2, MUL_ADD, 2, SUM3, "abcdeAB"),
    RULE(DOT2, ADD, 0, DOT2_ADD, "abcdB"),
    RULE(DOT2, ADD, 1, DOT2_ADD, "abcdA"),
    RULE(DOT3, ADD, 0, DOT3_ADD, "abcdefB"),
    RULE(DOT3, ADD, 1, DOT3_ADD, "abcdefA"),
    RULE(DOT3, SATURATE, 0, DOT3_SATURATE, "abcdef"),
    RULE(DOT4, ADD, 0, DOT4_ADD, "abcdefghB"),
    RULE(DOT4, ADD, 1, DOT4_ADD, "abcdefghA"),
    RULE(FRC, ADD, 0, FRC_ADD, "aB"),
    RULE(FRC, ADD, 1, FRC_ADD, "aA"),
};

static bool same_place(struct sl_vector_place a, struct sl_vector_place b)
{
    return a.base == b.base && a.slot == b.slot;
}

static bool reads_place(const struct sl_vector_op *op, struct sl_vector_place place)
{
    bool found = false;
    for (unsigned i = 0; i < op->src_count; i++) {
        found = found || same_place(op->src[i], place);
    }
    return found;
}

/* The interpreter's steps read and write what they like. */
static bool is_opaque(const struct sl_vector_op *op)
{
    return op->special != SL_VECTOR_KERNEL_STEP;
}

static bool writes_operand_of(const struct sl_vector_op *op, const struct sl_vector_op *of)
{
    return reads_place(of, op->dst);
}

struct fuser {
    struct sl_vector_code *code;
    uint32_t end;       /* of the segment */
    bool registers_end; /* nothing reads temps after it */
};

/* True if the value that `at` has used is not read any more. */
static bool is_dead_after(const struct fuser *fuser, uint32_t at, struct sl_vector_place place)
{
    const struct sl_vector_op *ops = fuser->code->ops;
    if (same_place(ops[at].dst, place)) {
        return true;
    }
    uint32_t stop = at + REACH < fuser->end ? at + REACH : fuser->end;
    for (uint32_t i = at + 1; i < stop; i++) {
        if (ops[i].gone) {
            continue;
        }
        if (is_opaque(&ops[i]) || reads_place(&ops[i], place)) {
            return false;
        }
        if (same_place(ops[i].dst, place)) {
            return true;
        }
    }
    bool ends =
        place.base == SL_VECTOR_SCRATCH || (place.base == SL_VECTOR_TEMPS && fuser->registers_end);
    return stop == fuser->end && ends;
}

/* The only step that reads the result of `at` before the place is written again; end if none. */
static uint32_t find_reader(const struct fuser *fuser, uint32_t at)
{
    const struct sl_vector_op *ops = fuser->code->ops;
    struct sl_vector_place place = ops[at].dst;
    uint32_t stop = at + REACH < fuser->end ? at + REACH : fuser->end;
    for (uint32_t i = at + 1; i < stop; i++) {
        if (ops[i].gone) {
            continue;
        }
        if (is_opaque(&ops[i])) {
            return fuser->end;
        }
        if (reads_place(&ops[i], place)) {
            return is_dead_after(fuser, i, place) ? i : fuser->end;
        }
        if (same_place(ops[i].dst, place)) {
            return fuser->end;
        }
    }
    return fuser->end;
}

static bool can_sink(const struct fuser *fuser, uint32_t first, uint32_t second)
{
    const struct sl_vector_op *ops = fuser->code->ops;
    bool able = true;
    for (uint32_t i = first + 1; i < second; i++) {
        able = able && (ops[i].gone || !writes_operand_of(&ops[i], &ops[first]));
    }
    return able;
}

/* Outputs of a lane that ends at its cap are those of what it executed, so they are not hurried. */
static bool can_hoist(const struct fuser *fuser, uint32_t first, uint32_t second)
{
    const struct sl_vector_op *ops = fuser->code->ops;
    bool able = ops[second].dst.base != SL_VECTOR_OUTPUTS;
    for (uint32_t i = first + 1; i < second; i++) {
        bool clash = writes_operand_of(&ops[i], &ops[second]) ||
                     reads_place(&ops[i], ops[second].dst) ||
                     same_place(ops[i].dst, ops[second].dst);
        able = able && (ops[i].gone || !clash);
    }
    return able;
}

static const struct rule *find_rule(const struct sl_vector_op *first,
                                    const struct sl_vector_op *second)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];
        if (rule->first != first->kernel || rule->second != second->kernel) {
            continue;
        }
        unsigned uses = 0;
        for (unsigned k = 0; k < second->src_count; k++) {
            uses += same_place(second->src[k], first->dst);
        }
        if (uses == 1 && same_place(second->src[rule->operand], first->dst)) {
            return rule;
        }
    }
    return NULL;
}

/* What finishes its result may have it made in any way; else the second step says if it may. */
static struct sl_vector_op joined_op(const struct rule *rule, const struct sl_vector_op *first,
                                     const struct sl_vector_op *second)
{
    struct sl_vector_op op = *second;
    bool fast = rule->second == SL_VECTOR_SATURATE || second->fast != second->kernel;
    op.kernel = rule->joined;
    op.fast = fast ? rule->joined_fast : rule->joined;
    op.src_count = (uint8_t)strlen(rule->operands);
    for (unsigned i = 0; i < op.src_count; i++) {
        char name = rule->operands[i];
        op.src[i] = name >= 'a' ? first->src[name - 'a'] : second->src[name - 'A'];
    }
    return op;
}

/* A result that is only moved goes where it is moved to. */
static bool retarget(struct sl_vector_op *joined, const struct sl_vector_op *first,
                     const struct sl_vector_op *second)
{
    if (second->kernel != SL_VECTOR_MOVE) {
        return false;
    }
    *joined = *first;
    joined->dst = second->dst;
    joined->whole = second->whole;
    return true;
}

/* Lanes that are not active would see other values in between. */
static bool is_for_all_lanes(const struct fuser *fuser, const struct sl_vector_op *op)
{
    return fuser->code->program->insns[op->insn].flags & SL_IR_FLAG_ALL_LANES;
}

static bool fuse_one(struct fuser *fuser, uint32_t at)
{
    struct sl_vector_op *ops = fuser->code->ops;
    struct sl_vector_op *first = &ops[at];
    if (first->gone || is_opaque(first) || first->dst.base == SL_VECTOR_OUTPUTS) {
        return false;
    }
    uint32_t reader = find_reader(fuser, at);
    if (reader == fuser->end) {
        return false;
    }
    struct sl_vector_op *second = &ops[reader];
    if (is_for_all_lanes(fuser, first) || is_for_all_lanes(fuser, second)) {
        return false;
    }
    const struct rule *rule = find_rule(first, second);
    struct sl_vector_op joined;
    if (rule) {
        joined = joined_op(rule, first, second);
    } else if (!retarget(&joined, first, second)) {
        return false;
    }
    if (can_sink(fuser, at, reader)) {
        *second = joined;
        first->gone = true;
    } else if (can_hoist(fuser, at, reader)) {
        *first = joined;
        second->gone = true;
    } else {
        return false;
    }
    return true;
}

static void fuse_segment(struct sl_vector_code *code, uint32_t from, uint32_t to)
{
    const struct sl_ir_program *program = code->program;
    struct fuser fuser = {
        .code = code,
        .end = code->first[to],
        .registers_end = to + 1 == program->insn_count && program->insns[to].op == SL_IR_RET,
    };
    for (uint32_t at = code->first[from]; at < fuser.end; at++) {
        while (fuse_one(&fuser, at) && !code->ops[at].gone) {
            /* Hoisted; the joined step may have a reader of its own. */
        }
    }
}

static void drop_gone(struct sl_vector_code *code)
{
    uint32_t kept = 0;
    uint32_t insn = 0;
    for (uint32_t i = 0; i <= code->op_count; i++) {
        while (insn <= code->program->insn_count && code->first[insn] == i) {
            code->first[insn++] = kept;
        }
        if (i < code->op_count && !code->ops[i].gone) {
            code->ops[kept++] = code->ops[i];
        }
    }
    code->op_count = kept;
}

void sl_vector_fuse(struct sl_vector_code *code)
{
    const struct sl_ir_program *program = code->program;
    for (uint32_t from = 0; from < program->insn_count;) {
        uint32_t to = code->next_flow[from];
        if (to > from) {
            fuse_segment(code, from, to);
        }
        from = to > from ? to : from + 1;
    }
    drop_gone(code);
}
