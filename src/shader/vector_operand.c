/* Operands of the vector engine: places for components, values that all lanes share. */
#include "shader/vector_compiler.h"

#include <stdlib.h>

/* How far back an equal value is looked for. */
#define VALUES_SEARCHED 64u

#define SIGN UINT32_C(0x80000000)
#define MAGNITUDE UINT32_C(0x7FFFFFFF)

void *sl_vector_grow(struct sl_vector_compiler *compiler, void *items, uint32_t count,
                     uint32_t *capacity, uint32_t most, size_t size)
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

void sl_vector_add_op(struct sl_vector_compiler *compiler, const struct sl_vector_op *op)
{
    struct sl_vector_code *code = compiler->code;
    struct sl_vector_op *ops =
        sl_vector_grow(compiler, code->ops, code->op_count, &compiler->op_capacity,
                       SL_VECTOR_OPS_MAX, sizeof(*ops));
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

struct sl_vector_place sl_vector_scratch(struct sl_vector_compiler *compiler)
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

static struct sl_vector_place place_of_value(struct sl_vector_compiler *compiler,
                                             const struct sl_vector_value *value)
{
    struct sl_vector_code *code = compiler->code;
    for (uint32_t i = 0; i < code->value_count && i < VALUES_SEARCHED; i++) {
        uint32_t slot = code->value_count - 1 - i;
        if (same_value(&code->values[slot], value)) {
            return (struct sl_vector_place){SL_VECTOR_VALUES, slot};
        }
    }
    struct sl_vector_value *values =
        sl_vector_grow(compiler, code->values, code->value_count, &compiler->value_capacity,
                       SL_VECTOR_VALUES_MAX, sizeof(*values));
    if (!values) {
        return (struct sl_vector_place){SL_VECTOR_VALUES, 0};
    }
    code->values = values;
    code->values[code->value_count] = *value;
    return (struct sl_vector_place){SL_VECTOR_VALUES, code->value_count++};
}

/* ---- operands ---- */

bool sl_vector_is_relative(const struct sl_ir_index index[2])
{
    return index[0].relative || index[1].relative;
}

/* One kind of place per file; VALUES for what all lanes share, SCRATCH for what must be fetched. */
enum sl_vector_base sl_vector_base_of(const struct sl_ir_src *src)
{
    switch (src->file) {
    case SL_IR_TEMP:
        return SL_VECTOR_TEMPS;
    case SL_IR_INPUT:
        return sl_vector_is_relative(src->index) ? SL_VECTOR_SCRATCH : SL_VECTOR_INPUTS;
    case SL_IR_OUTPUT:
        return sl_vector_is_relative(src->index) ? SL_VECTOR_SCRATCH : SL_VECTOR_OUTPUTS;
    case SL_IR_SYSTEM:
        return SL_VECTOR_SYSTEM;
    case SL_IR_NULL:
    case SL_IR_IMMEDIATE:
    case SL_IR_CONSTANT:
    case SL_IR_TABLE:
    case SL_IR_VERTEX_INPUT:
    case SL_IR_POINT_OUTPUT:
    case SL_IR_PATCH:
        return sl_vector_is_relative(src->index) ? SL_VECTOR_SCRATCH : SL_VECTOR_VALUES;
    case SL_IR_ARRAY:
        return SL_VECTOR_SCRATCH;
    }
    return SL_VECTOR_SCRATCH;
}

static bool is_integer(const struct sl_ir_insn *insn)
{
    return sl_ir_op_info((enum sl_ir_op)insn->op)->kind == SL_IR_KIND_INT;
}

static struct sl_vector_place fetched(struct sl_vector_compiler *compiler, unsigned source,
                                      unsigned component)
{
    struct sl_vector_op op = {
        .special = SL_VECTOR_FETCH,
        .source = (uint8_t)source,
        .component = (uint8_t)component,
        .dst = sl_vector_scratch(compiler),
    };
    sl_vector_add_op(compiler, &op);
    return op.dst;
}

static struct sl_vector_place masked(struct sl_vector_compiler *compiler,
                                     struct sl_vector_place place, uint32_t and_bits,
                                     uint32_t xor_bits)
{
    struct sl_vector_op op = {
        .kernel = SL_VECTOR_MASK,
        .fast = SL_VECTOR_MASK,
        .and_bits = and_bits,
        .xor_bits = xor_bits,
        .dst = sl_vector_scratch(compiler),
        .src_count = 1,
        .src = {place},
    };
    sl_vector_add_op(compiler, &op);
    return op.dst;
}

static struct sl_vector_place integer_negated(struct sl_vector_compiler *compiler,
                                              struct sl_vector_place place)
{
    struct sl_vector_op op = {
        .kernel = SL_VECTOR_INEG,
        .fast = SL_VECTOR_INEG,
        .dst = sl_vector_scratch(compiler),
        .src_count = 1,
        .src = {place},
    };
    sl_vector_add_op(compiler, &op);
    return op.dst;
}

struct sl_vector_operand sl_vector_operand_of(struct sl_vector_compiler *compiler, unsigned source,
                                              unsigned component)
{
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    const struct sl_ir_src *src = &insn->src[source];
    enum sl_vector_base base = sl_vector_base_of(src);
    bool integer = is_integer(insn);
    struct sl_vector_operand operand = {.negate = src->negate};
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

struct sl_vector_place sl_vector_signed_place(struct sl_vector_compiler *compiler,
                                              struct sl_vector_operand operand)
{
    if (!operand.negate) {
        return operand.place;
    }
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    return is_integer(insn) ? integer_negated(compiler, operand.place)
                            : masked(compiler, operand.place, UINT32_MAX, SIGN);
}

struct sl_vector_place sl_vector_place_of(struct sl_vector_compiler *compiler, unsigned source,
                                          unsigned component)
{
    return sl_vector_signed_place(compiler, sl_vector_operand_of(compiler, source, component));
}
