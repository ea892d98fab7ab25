/*
 * Compiling programs for the vector engine. Each operation becomes steps on single components.
 * Swizzles cost nothing, since a component has a place of its own; signs of operands mostly choose
 * a kernel; operands that are the same in all lanes are spread once. What has no kernel, or goes to
 * places that depend on an index, is left to the interpreter.
 */
#include "shader/interp_flow.h"
#include "shader/vector_code.h"
#include "shader/vector_fuse.h"

#include <stdlib.h>

/* Steps and values of a program that is worth it; others are the interpreter's. */
#define OPS_MAX 65536u
#define VALUES_MAX 2048u
#define SAMPLES_MAX 4096u

/* How far back an equal value is looked for. */
#define VALUES_SEARCHED 64u

#define SIGN UINT32_C(0x80000000)
#define MAGNITUDE UINT32_C(0x7FFFFFFF)

struct compiler {
    struct sl_vector_code *code;
    const struct sl_ir_program *program;
    struct sl_vector_facts facts;
    uint32_t insn;    /* the operation being compiled */
    uint32_t scratch; /* slots it has taken */
    uint32_t op_capacity;
    uint32_t value_capacity;
    uint32_t sample_capacity;
    bool failed;
};

/* ---- growing ---- */

/* Room for one more; NULL if there is none. */
static void *grow(struct compiler *compiler, void *items, uint32_t count, uint32_t *capacity,
                  uint32_t most, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    uint32_t wanted = *capacity ? *capacity * 2 : 64;
    void *moved = count < most ? realloc(items, wanted * size) : NULL;
    if (!moved) {
        compiler->failed = true;
        return NULL;
    }
    *capacity = wanted;
    return moved;
}

static void add_op(struct compiler *compiler, const struct sl_vector_op *op)
{
    struct sl_vector_code *code = compiler->code;
    struct sl_vector_op *ops =
        grow(compiler, code->ops, code->op_count, &compiler->op_capacity, OPS_MAX, sizeof(*ops));
    if (!ops) {
        return;
    }
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    code->ops = ops;
    code->ops[code->op_count] = *op;
    code->ops[code->op_count].insn = compiler->insn;
    code->ops[code->op_count].whole =
        op->dst.base == SL_VECTOR_SCRATCH || (insn->flags & SL_IR_FLAG_ALL_LANES);
    code->op_count++;
}

static struct sl_vector_place new_scratch(struct compiler *compiler)
{
    uint32_t slot = compiler->scratch++;
    if (compiler->code->scratch_count < compiler->scratch) {
        compiler->code->scratch_count = compiler->scratch;
    }
    return (struct sl_vector_place){SL_VECTOR_SCRATCH, slot};
}

/* ---- values ---- */

static bool same_source(const struct sl_ir_src *a, const struct sl_ir_src *b)
{
    return a->file == b->file && a->reg == b->reg && a->clamp == b->clamp && a->limit == b->limit &&
           a->index[0].base == b->index[0].base && a->index[1].base == b->index[1].base;
}

static bool same_value(const struct sl_vector_value *a, const struct sl_vector_value *b)
{
    if (a->and_bits != b->and_bits || a->xor_bits != b->xor_bits) {
        return false;
    }
    uint8_t component_a = a->src->swizzle[a->component];
    uint8_t component_b = b->src->swizzle[b->component];
    if (a->src->file == SL_IR_IMMEDIATE && b->src->file == SL_IR_IMMEDIATE) {
        return a->src->immediate[component_a] == b->src->immediate[component_b];
    }
    return component_a == component_b && same_source(a->src, b->src);
}

static struct sl_vector_place place_of_value(struct compiler *compiler,
                                             const struct sl_vector_value *value)
{
    struct sl_vector_code *code = compiler->code;
    for (uint32_t i = 0; i < code->value_count && i < VALUES_SEARCHED; i++) {
        uint32_t slot = code->value_count - 1 - i;
        if (same_value(&code->values[slot], value)) {
            return (struct sl_vector_place){SL_VECTOR_VALUES, slot};
        }
    }
    struct sl_vector_value *values = grow(compiler, code->values, code->value_count,
                                          &compiler->value_capacity, VALUES_MAX, sizeof(*values));
    if (!values) {
        return (struct sl_vector_place){SL_VECTOR_VALUES, 0};
    }
    code->values = values;
    code->values[code->value_count] = *value;
    return (struct sl_vector_place){SL_VECTOR_VALUES, code->value_count++};
}

/* ---- operands ---- */

static bool is_relative(const struct sl_ir_index index[2])
{
    return index[0].relative || index[1].relative;
}

/* One kind of place per file; VALUES for what all lanes share, SCRATCH for what must be fetched. */
static enum sl_vector_base base_of(const struct sl_ir_src *src)
{
    switch (src->file) {
    case SL_IR_TEMP:
        return SL_VECTOR_TEMPS;
    case SL_IR_INPUT:
        return is_relative(src->index) ? SL_VECTOR_SCRATCH : SL_VECTOR_INPUTS;
    case SL_IR_OUTPUT:
        return is_relative(src->index) ? SL_VECTOR_SCRATCH : SL_VECTOR_OUTPUTS;
    case SL_IR_SYSTEM:
        return SL_VECTOR_SYSTEM;
    case SL_IR_NULL:
    case SL_IR_IMMEDIATE:
    case SL_IR_CONSTANT:
    case SL_IR_TABLE:
    case SL_IR_VERTEX_INPUT:
    case SL_IR_POINT_OUTPUT:
    case SL_IR_PATCH:
        return is_relative(src->index) ? SL_VECTOR_SCRATCH : SL_VECTOR_VALUES;
    case SL_IR_ARRAY:
        return SL_VECTOR_SCRATCH;
    }
    return SL_VECTOR_SCRATCH;
}

static bool is_integer(const struct sl_ir_insn *insn)
{
    return sl_ir_op_info((enum sl_ir_op)insn->op)->kind == SL_IR_KIND_INT;
}

static struct sl_vector_place fetched(struct compiler *compiler, unsigned source,
                                      unsigned component)
{
    struct sl_vector_op op = {
        .special = SL_VECTOR_FETCH,
        .source = (uint8_t)source,
        .component = (uint8_t)component,
        .dst = new_scratch(compiler),
    };
    add_op(compiler, &op);
    return op.dst;
}

static struct sl_vector_place masked(struct compiler *compiler, struct sl_vector_place place,
                                     uint32_t and_bits, uint32_t xor_bits)
{
    struct sl_vector_op op = {
        .kernel = SL_VECTOR_MASK,
        .fast = SL_VECTOR_MASK,
        .and_bits = and_bits,
        .xor_bits = xor_bits,
        .dst = new_scratch(compiler),
        .src_count = 1,
        .src = {place},
    };
    add_op(compiler, &op);
    return op.dst;
}

static struct sl_vector_place integer_negated(struct compiler *compiler,
                                              struct sl_vector_place place)
{
    struct sl_vector_op op = {
        .kernel = SL_VECTOR_INEG,
        .fast = SL_VECTOR_INEG,
        .dst = new_scratch(compiler),
        .src_count = 1,
        .src = {place},
    };
    add_op(compiler, &op);
    return op.dst;
}

/* A component of an operand and, if it could not be had otherwise, that it is to be negated. */
struct operand {
    struct sl_vector_place place;
    bool negate;
};

static struct operand operand_of(struct compiler *compiler, unsigned source, unsigned component)
{
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    const struct sl_ir_src *src = &insn->src[source];
    enum sl_vector_base base = base_of(src);
    bool integer = is_integer(insn);
    struct operand operand = {.negate = src->negate};
    if (base == SL_VECTOR_VALUES) {
        struct sl_vector_value value = {src, (uint8_t)component, UINT32_MAX, 0};
        if (!integer) {
            value.and_bits = src->absolute ? MAGNITUDE : UINT32_MAX;
            value.xor_bits = src->negate ? SIGN : 0;
            operand.negate = false;
        }
        operand.place = place_of_value(compiler, &value);
    } else if (base == SL_VECTOR_SCRATCH) {
        operand.place = fetched(compiler, source, component);
    } else {
        uint32_t slot = src->reg * 4u + src->swizzle[component];
        operand.place = (struct sl_vector_place){base, slot};
    }
    if (!integer && src->absolute && base != SL_VECTOR_VALUES) {
        uint32_t sign = src->negate ? SIGN : 0;
        operand.place = masked(compiler, operand.place, MAGNITUDE, sign);
        operand.negate = false;
    }
    return operand;
}

/* With the sign applied. */
static struct sl_vector_place signed_place(struct compiler *compiler, struct operand operand)
{
    if (!operand.negate) {
        return operand.place;
    }
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    return is_integer(insn) ? integer_negated(compiler, operand.place)
                            : masked(compiler, operand.place, UINT32_MAX, SIGN);
}

static struct sl_vector_place place_of(struct compiler *compiler, unsigned source,
                                       unsigned component)
{
    return signed_place(compiler, operand_of(compiler, source, component));
}

/* ---- operations on a component ---- */

/* Kernels of operations whose operands need no attention. FAST = the form for fast passes. */
struct kernel_pair {
    bool exists;
    enum sl_vector_kernel kernel;
    enum sl_vector_kernel fast;
};

#define ONE(name)                                                                                  \
    {                                                                                              \
        true, SL_VECTOR_##name, SL_VECTOR_##name                                                   \
    }
#define TWO(name)                                                                                  \
    {                                                                                              \
        true, SL_VECTOR_##name, SL_VECTOR_##name##_FAST                                            \
    }

static const struct kernel_pair kernels[SL_IR_OP_COUNT] = {
    [SL_IR_MOV] = ONE(MOVE),
    [SL_IR_MOVC] = ONE(SELECT),
    [SL_IR_ADD] = TWO(ADD),
    [SL_IR_MUL] = TWO(MUL),
    [SL_IR_MAD] = TWO(MUL_ADD),
    [SL_IR_DIV] = TWO(DIV),
    [SL_IR_DP2] = TWO(DOT2),
    [SL_IR_DP3] = TWO(DOT3),
    [SL_IR_DP4] = TWO(DOT4),
    [SL_IR_MIN] = TWO(MIN),
    [SL_IR_MAX] = TWO(MAX),
    [SL_IR_FRC] = TWO(FRC),
    [SL_IR_ROUND_NE] = ONE(ROUND_NE),
    [SL_IR_ROUND_NI] = ONE(ROUND_NI),
    [SL_IR_ROUND_PI] = ONE(ROUND_PI),
    [SL_IR_ROUND_Z] = ONE(ROUND_Z),
    [SL_IR_EXP] = ONE(EXP),
    [SL_IR_LOG] = ONE(LOG),
    [SL_IR_RCP] = TWO(RCP),
    [SL_IR_RSQ] = ONE(RSQ),
    [SL_IR_SQRT] = ONE(SQRT),
    [SL_IR_SIN] = ONE(SIN),
    [SL_IR_COS] = ONE(COS),
    [SL_IR_POW] = ONE(POW),
    [SL_IR_EQ] = TWO(EQ),
    [SL_IR_NE] = TWO(NE),
    [SL_IR_LT] = TWO(LT),
    [SL_IR_GE] = TWO(GE),
    [SL_IR_FTOI] = ONE(FTOI),
    [SL_IR_FTOU] = ONE(FTOU),
    [SL_IR_ITOF] = ONE(ITOF),
    [SL_IR_UTOF] = ONE(UTOF),
    [SL_IR_AND] = ONE(AND),
    [SL_IR_OR] = ONE(OR),
    [SL_IR_XOR] = ONE(XOR),
    [SL_IR_NOT] = ONE(NOT),
    [SL_IR_ISHL] = ONE(ISHL),
    [SL_IR_ISHR] = ONE(ISHR),
    [SL_IR_USHR] = ONE(USHR),
    [SL_IR_IADD] = ONE(IADD),
    [SL_IR_IMIN] = ONE(IMIN),
    [SL_IR_IMAX] = ONE(IMAX),
    [SL_IR_UMIN] = ONE(UMIN),
    [SL_IR_UMAX] = ONE(UMAX),
    [SL_IR_IABS] = ONE(IABS),
    [SL_IR_IMAD] = ONE(IMAD),
    [SL_IR_IEQ] = ONE(IEQ),
    [SL_IR_INE] = ONE(INE),
    [SL_IR_ILT] = ONE(ILT),
    [SL_IR_IGE] = ONE(IGE),
    [SL_IR_ULT] = ONE(ULT),
    [SL_IR_UGE] = ONE(UGE),
};

static void set_kernel(struct sl_vector_op *op, struct kernel_pair pair)
{
    op->kernel = pair.kernel;
    op->fast = pair.fast;
}

static void compile_add(struct compiler *compiler, unsigned component, struct sl_vector_op *op)
{
    struct operand a = operand_of(compiler, 0, component);
    struct operand b = operand_of(compiler, 1, component);
    bool swap = a.negate && !b.negate;
    struct operand left = swap ? b : a;
    struct operand right = swap ? a : b;
    op->src[0] = signed_place(compiler, left);
    op->src[1] = right.place;
    if (right.negate) {
        set_kernel(op, (struct kernel_pair)TWO(SUB));
    }
}

static void compile_mul(struct compiler *compiler, unsigned component, struct sl_vector_op *op)
{
    struct operand a = operand_of(compiler, 0, component);
    struct operand b = operand_of(compiler, 1, component);
    op->src[0] = a.place;
    op->src[1] = b.place;
    if (a.negate != b.negate) {
        set_kernel(op, (struct kernel_pair)TWO(NEG_MUL));
    }
}

/* -(a * b) - c is the sum with -c, which needs a step of its own. */
static void compile_mad(struct compiler *compiler, unsigned component, struct sl_vector_op *op)
{
    struct operand a = operand_of(compiler, 0, component);
    struct operand b = operand_of(compiler, 1, component);
    struct operand c = operand_of(compiler, 2, component);
    bool negative = a.negate != b.negate;
    op->src[0] = a.place;
    op->src[1] = b.place;
    op->src[2] = negative ? signed_place(compiler, c) : c.place;
    if (negative) {
        set_kernel(op, (struct kernel_pair)TWO(SUB_MUL));
    } else if (c.negate) {
        set_kernel(op, (struct kernel_pair)TWO(MUL_SUB));
    }
}

static void compile_rsq(struct compiler *compiler, unsigned component, struct sl_vector_op *op)
{
    const struct sl_ir_src *src = &compiler->program->insns[compiler->insn].src[0];
    if (base_of(src) == SL_VECTOR_TEMPS && src->absolute && !src->negate) {
        uint32_t slot = src->reg * 4u + src->swizzle[component];
        op->src[0] = (struct sl_vector_place){SL_VECTOR_TEMPS, slot};
        set_kernel(op, (struct kernel_pair)ONE(RSQ_ABS));
        return;
    }
    op->src[0] = place_of(compiler, 0, component);
}

static void compile_dot(struct compiler *compiler, struct sl_vector_op *op, unsigned count)
{
    for (unsigned c = 0; c < count; c++) {
        op->src[2 * c] = place_of(compiler, 0, c);
        op->src[2 * c + 1] = place_of(compiler, 1, c);
    }
    op->src_count = (uint8_t)(2 * count);
}

static void compile_operands(struct compiler *compiler, unsigned component, struct sl_vector_op *op)
{
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    op->src_count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    if (insn->op == SL_IR_ADD) {
        compile_add(compiler, component, op);
    } else if (insn->op == SL_IR_MUL) {
        compile_mul(compiler, component, op);
    } else if (insn->op == SL_IR_MAD) {
        compile_mad(compiler, component, op);
    } else if (insn->op == SL_IR_RSQ) {
        compile_rsq(compiler, component, op);
    } else if (insn->op >= SL_IR_DP2 && insn->op <= SL_IR_DP4) {
        compile_dot(compiler, op, insn->op - SL_IR_DP2 + 2u);
    } else {
        for (unsigned i = 0; i < op->src_count; i++) {
            op->src[i] = place_of(compiler, i, component);
        }
    }
}

static void add_unary(struct compiler *compiler, enum sl_vector_kernel kernel,
                      struct sl_vector_place dst, struct sl_vector_place src)
{
    struct sl_vector_op op = {
        .kernel = kernel, .fast = kernel, .dst = dst, .src_count = 1, .src = {src}};
    add_op(compiler, &op);
}

/* A move with a modifier is arithmetic. */
static bool is_float_move(const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    bool modified = false;
    for (unsigned i = 0; i < info->src_count; i++) {
        modified = modified || insn->src[i].negate || insn->src[i].absolute;
    }
    return info->kind == SL_IR_KIND_RAW && modified;
}

/* True if nothing sees a denormal in this place but arithmetic, which notices it. */
static bool may_be_denormal(const struct compiler *compiler, struct sl_vector_place dst)
{
    return dst.base == SL_VECTOR_TEMPS &&
           !(compiler->facts.temps_as_bits[dst.slot / 4] >> dst.slot % 4 & 1);
}

static bool makes_mask(const struct sl_ir_insn *insn)
{
    return insn->op >= SL_IR_EQ && insn->op <= SL_IR_GE;
}

/* Component of the result, to dst; final is where it ends up. */
static void compile_component(struct compiler *compiler, unsigned component,
                              struct sl_vector_place dst, struct sl_vector_place final)
{
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    struct sl_vector_op op = {.dst = dst};
    set_kernel(&op, kernels[insn->op]);
    compile_operands(compiler, component, &op);
    bool saturate = insn->dst[0].saturate;
    if (!saturate && !makes_mask(insn) && !may_be_denormal(compiler, final)) {
        op.fast = op.kernel;
    }
    add_op(compiler, &op);
    if (saturate) {
        add_unary(compiler, SL_VECTOR_SATURATE, dst, dst);
    } else if (is_float_move(insn)) {
        add_unary(compiler, SL_VECTOR_FINISH, dst, dst);
    }
}

/* ---- operations ---- */

static bool is_plain_destination(const struct sl_ir_dst *dst)
{
    return dst->file == SL_IR_TEMP || (dst->file == SL_IR_OUTPUT && !is_relative(dst->index));
}

static struct sl_vector_place place_of_dst(const struct sl_ir_dst *dst, unsigned component)
{
    enum sl_vector_base base = dst->file == SL_IR_TEMP ? SL_VECTOR_TEMPS : SL_VECTOR_OUTPUTS;
    return (struct sl_vector_place){base, dst->reg * 4u + component};
}

/* True if computing component reads the component of the destination called written. */
static bool reads(const struct sl_ir_insn *insn, unsigned component, unsigned written)
{
    enum sl_ir_file file = insn->dst[0].file;
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    bool found = false;
    for (unsigned i = 0; i < count; i++) {
        const struct sl_ir_src *src = &insn->src[i];
        bool same = src->file == file && src->reg == insn->dst[0].reg;
        bool indexed = is_relative(src->index);
        found = found || (same && src->swizzle[component] == written) || indexed;
    }
    return found;
}

/* True if the component can be written while the others remain to be computed. */
static bool is_free(const struct sl_ir_insn *insn, unsigned component, unsigned remaining)
{
    bool read = false;
    for (unsigned c = 0; c < 4; c++) {
        bool other = c != component && (remaining >> c & 1);
        read = read || (other && reads(insn, c, component));
    }
    return !read;
}

static unsigned first_component(unsigned mask)
{
    return (unsigned)__builtin_ctz(mask);
}

/* In an order in which results do not overwrite operands; by way of scratch if there is none. */
static void compile_components(struct compiler *compiler, const struct sl_ir_insn *insn)
{
    struct sl_vector_place moved[4];
    unsigned moved_mask = 0;
    for (unsigned remaining = insn->dst[0].mask; remaining;) {
        unsigned chosen = first_component(remaining);
        for (unsigned c = 4; c-- > 0;) {
            chosen = (remaining >> c & 1) && is_free(insn, c, remaining) ? c : chosen;
        }
        struct sl_vector_place final = place_of_dst(&insn->dst[0], chosen);
        bool direct = is_free(insn, chosen, remaining);
        moved[chosen] = direct ? final : new_scratch(compiler);
        moved_mask |= direct ? 0 : 1u << chosen;
        compile_component(compiler, chosen, moved[chosen], final);
        remaining &= ~(1u << chosen);
    }
    for (unsigned c = 0; c < 4; c++) {
        if (moved_mask >> c & 1) {
            add_unary(compiler, SL_VECTOR_MOVE, place_of_dst(&insn->dst[0], c), moved[c]);
        }
    }
}

/* True if all components of the result are the same. */
static bool is_uniform(const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    if (!info->componentwise) {
        return true;
    }
    unsigned first = first_component(insn->dst[0].mask);
    bool same = true;
    for (unsigned i = 0; i < info->src_count; i++) {
        for (unsigned c = first + 1; c < 4; c++) {
            bool counts = insn->dst[0].mask >> c & 1;
            same = same && (!counts || insn->src[i].swizzle[c] == insn->src[i].swizzle[first]);
        }
    }
    return same;
}

static void compile_uniform(struct compiler *compiler, const struct sl_ir_insn *insn)
{
    unsigned first = first_component(insn->dst[0].mask);
    struct sl_vector_place place = place_of_dst(&insn->dst[0], first);
    /* The others are copies of it: bits, if something reads any of them as such. */
    struct sl_vector_place final = place;
    for (unsigned c = first; c < 4; c++) {
        struct sl_vector_place other = place_of_dst(&insn->dst[0], c);
        bool counts = insn->dst[0].mask >> c & 1;
        if (counts && !may_be_denormal(compiler, other)) {
            final = other;
        }
    }
    compile_component(compiler, first, place, final);
    for (unsigned c = first + 1; c < 4; c++) {
        if (insn->dst[0].mask >> c & 1) {
            add_unary(compiler, SL_VECTOR_MOVE, place_of_dst(&insn->dst[0], c), place);
        }
    }
}

/* ---- sampling ---- */

/* Four places in a row. */
static struct sl_vector_place new_scratch_row(struct compiler *compiler)
{
    struct sl_vector_place first = new_scratch(compiler);
    for (unsigned c = 1; c < 4; c++) {
        new_scratch(compiler);
    }
    return first;
}

/* True if the result can go to its register while operands are being read. */
static bool is_direct_sample(const struct sl_ir_insn *insn)
{
    const struct sl_ir_dst *dst = &insn->dst[0];
    bool direct = dst->mask == 15 && !dst->saturate;
    for (unsigned c = 0; c < 4; c++) {
        direct = direct && insn->result[c] == c;
    }
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    for (unsigned i = 0; i < count; i++) {
        direct = direct && !(insn->src[i].file == dst->file && insn->src[i].reg == dst->reg);
    }
    return direct;
}

static bool add_sample(struct compiler *compiler, const struct sl_ir_insn *insn)
{
    struct sl_vector_sample sample = {.insn = compiler->insn};
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    for (unsigned i = 0; i < count; i++) {
        unsigned components = sl_interp_sample_components(insn, i);
        for (unsigned c = 0; c < components; c++) {
            sample.places[i][c] = place_of(compiler, i, c);
        }
    }
    struct sl_vector_code *code = compiler->code;
    struct sl_vector_sample *samples =
        grow(compiler, code->samples, code->sample_count, &compiler->sample_capacity, SAMPLES_MAX,
             sizeof(*samples));
    if (!samples) {
        return false;
    }
    code->samples = samples;
    code->samples[code->sample_count++] = sample;
    return true;
}

static void compile_sample(struct compiler *compiler, const struct sl_ir_insn *insn)
{
    bool direct = is_direct_sample(insn);
    if (!add_sample(compiler, insn)) {
        return;
    }
    struct sl_vector_op op = {
        .special = SL_VECTOR_SAMPLE,
        .sample = compiler->code->sample_count - 1,
        .dst = direct ? place_of_dst(&insn->dst[0], 0) : new_scratch_row(compiler),
    };
    add_op(compiler, &op);
    for (unsigned c = 0; c < 4 && !direct; c++) {
        struct sl_vector_place texel = op.dst;
        texel.slot += insn->result[c];
        if (insn->dst[0].mask >> c & 1) {
            add_unary(compiler, insn->dst[0].saturate ? SL_VECTOR_SATURATE : SL_VECTOR_MOVE,
                      place_of_dst(&insn->dst[0], c), texel);
        }
    }
}

static void compile_insn(struct compiler *compiler, const struct sl_ir_insn *insn)
{
    compiler->scratch = 0;
    enum sl_ir_op op_name = (enum sl_ir_op)insn->op;
    if (sl_interp_is_flow(op_name)) {
        return;
    }
    bool per_lane_offset = op_name == SL_IR_GATHER4_PO || op_name == SL_IR_GATHER4_PO_C;
    if (sl_interp_samples(op_name) && !per_lane_offset && is_plain_destination(&insn->dst[0])) {
        compile_sample(compiler, insn);
        return;
    }
    bool has_kernel = kernels[insn->op].exists && is_plain_destination(&insn->dst[0]);
    if (!has_kernel) {
        struct sl_vector_op op = {.special = SL_VECTOR_EXECUTE};
        add_op(compiler, &op);
    } else if (insn->dst[0].mask && is_uniform(insn)) {
        compile_uniform(compiler, insn);
    } else if (insn->dst[0].mask) {
        compile_components(compiler, insn);
    }
}

/* ---- programs ---- */

static void find_segments(struct sl_vector_code *code)
{
    const struct sl_ir_program *program = code->program;
    code->next_flow[program->insn_count] = program->insn_count;
    for (uint32_t i = program->insn_count; i-- > 0;) {
        bool flow = sl_interp_is_flow((enum sl_ir_op)program->insns[i].op);
        code->next_flow[i] = flow ? i : code->next_flow[i + 1];
    }
    for (uint32_t i = 0; i < program->insn_count; i++) {
        code->cost[i + 1] = code->cost[i] + program->insns[i].cost;
    }
}

static void find_clears(struct compiler *compiler)
{
    struct sl_vector_code *code = compiler->code;
    const struct sl_ir_program *program = compiler->program;
    size_t most = 4 * ((size_t)program->temp_count + program->output_count) + 1;
    code->cleared = calloc(most, sizeof(*code->cleared));
    if (!code->cleared) {
        compiler->failed = true;
        return;
    }
    for (uint32_t slot = 0; slot < 4 * program->temp_count; slot++) {
        if (compiler->facts.clear_temps[slot / 4] >> slot % 4 & 1) {
            code->cleared[code->cleared_count++] = (struct sl_vector_place){SL_VECTOR_TEMPS, slot};
        }
    }
    for (uint32_t slot = 0; slot < 4 * program->output_count; slot++) {
        if (compiler->facts.clear_outputs[slot / 4] >> slot % 4 & 1) {
            code->cleared[code->cleared_count++] =
                (struct sl_vector_place){SL_VECTOR_OUTPUTS, slot};
        }
    }
}

/* Threads meet, vertices come out and memory changes only in the interpreter. */
static bool can_compile(const struct sl_ir_program *program)
{
    if (program->stage != SL_IR_VERTEX && program->stage != SL_IR_PIXEL &&
        program->stage != SL_IR_DOMAIN) {
        return false;
    }
    bool able = !program->has_side_effects;
    for (uint32_t i = 0; i < program->insn_count; i++) {
        enum sl_ir_op op = (enum sl_ir_op)program->insns[i].op;
        able = able && op != SL_IR_SYNC && op != SL_IR_EMIT && op != SL_IR_CUT;
    }
    return able;
}

static bool compile(struct compiler *compiler)
{
    struct sl_vector_code *code = compiler->code;
    const struct sl_ir_program *program = compiler->program;
    size_t count = (size_t)program->insn_count + 1;
    code->first = calloc(count, sizeof(*code->first));
    code->next_flow = calloc(count, sizeof(*code->next_flow));
    code->cost = calloc(count, sizeof(*code->cost));
    if (!code->first || !code->next_flow || !code->cost ||
        !sl_vector_facts_find(&compiler->facts, program)) {
        return false;
    }
    for (uint32_t i = 0; i < program->insn_count && !compiler->failed; i++) {
        compiler->insn = i;
        code->first[i] = code->op_count;
        compile_insn(compiler, &program->insns[i]);
    }
    code->first[program->insn_count] = code->op_count;
    find_segments(code);
    sl_vector_fuse(code);
    find_clears(compiler);
    return !compiler->failed;
}

struct sl_vector_code *sl_vector_compile(const struct sl_ir_program *program)
{
    if (!can_compile(program)) {
        return NULL;
    }
    struct sl_vector_code *code = calloc(1, sizeof(*code));
    if (!code) {
        return NULL;
    }
    code->program = program;
    struct compiler compiler = {.code = code, .program = program};
    bool compiled = compile(&compiler);
    sl_vector_facts_finish(&compiler.facts);
    if (!compiled) {
        sl_vector_code_destroy(code);
        return NULL;
    }
    return code;
}

uint64_t sl_vector_code_size(const struct sl_vector_code *code)
{
    uint64_t insns = (uint64_t)code->program->insn_count + 1;
    return sizeof(*code) + (uint64_t)code->op_count * sizeof(*code->ops) +
           insns * (sizeof(*code->first) + sizeof(*code->next_flow) + sizeof(*code->cost)) +
           (uint64_t)code->value_count * sizeof(*code->values) +
           (uint64_t)code->cleared_count * sizeof(*code->cleared);
}

void sl_vector_code_destroy(struct sl_vector_code *code)
{
    if (!code) {
        return;
    }
    free(code->ops);
    free(code->first);
    free(code->next_flow);
    free(code->cost);
    free(code->samples);
    free(code->values);
    free(code->cleared);
    free(code);
}
