#include "shader/d3d9_lower.h"

#include <string.h>

static struct sl_ir_src refuse_register(struct sl_d3d9_lower *lower, const char *reason)
{
    sl_d3d9_refuse(lower, SL_IR_BAD, reason);
    return sl_ir_word(0);
}

struct sl_ir_dst sl_d3d9_scratch(struct sl_d3d9_lower *lower, unsigned mask)
{
    return sl_ir_dst(SL_IR_TEMP, sl_ir_builder_scratch(&lower->builder), mask);
}

struct sl_ir_src sl_d3d9_read(struct sl_ir_dst dst)
{
    struct sl_ir_src src = sl_ir_src(dst.file, dst.reg);
    memcpy(src.index, dst.index, sizeof(src.index));
    return src;
}

/* Masked lanes must compute a source as well where a derivative of it follows (quads). */
static void for_derivative(const struct sl_d3d9_lower *lower, struct sl_ir_insn *insn)
{
    if (lower->needs_all_lanes) {
        insn->flags |= SL_IR_FLAG_ALL_LANES;
    }
}

static struct sl_ir_src compute(struct sl_d3d9_lower *lower, enum sl_ir_op op, struct sl_ir_src a,
                                struct sl_ir_src b)
{
    struct sl_ir_dst dst = sl_d3d9_scratch(lower, 0xF);
    for_derivative(lower, sl_ir_append2(&lower->builder, op, dst, a, b));
    return sl_d3d9_read(dst);
}

static void set_relative(struct sl_ir_index *index, const struct sl_d3d9_operand *operand,
                         unsigned base)
{
    index->base = (int32_t)base;
    if (operand->relative) {
        bool loop = operand->relative_type == SL_D3D9_REG_LOOP;
        index->relative = true;
        index->temp = loop ? SL_D3D9_TEMP_AL : SL_D3D9_TEMP_A0;
        index->component = loop ? 0 : operand->relative_component;
    }
}

static struct sl_ir_src read_constant(struct sl_d3d9_lower *lower,
                                      const struct sl_d3d9_operand *operand)
{
    if (operand->number >= SL_D3D9_CONSTANT_ROWS) {
        return refuse_register(lower, "a constant register is out of range");
    }
    struct sl_ir_src src = sl_ir_constant(SL_D3D9_BUFFER_FLOAT, operand->number);
    set_relative(&src.index[0], operand, operand->number);
    src.clamp = operand->relative;
    src.limit = SL_D3D9_CONSTANT_ROWS - 1;
    if (lower->sm1_pixel) {
        src = compute(lower, SL_IR_MAX, src, sl_ir_float(-1.0f));
        src = compute(lower, SL_IR_MIN, src, sl_ir_float(1.0f));
    }
    return src;
}

static struct sl_ir_src read_input(struct sl_d3d9_lower *lower,
                                   const struct sl_d3d9_operand *operand)
{
    if (operand->number >= SL_D3D9_INPUTS) {
        return refuse_register(lower, "an input register is out of range");
    }
    if (lower->input_is_position[operand->number] && !operand->relative) {
        return sl_ir_src(SL_IR_TEMP, SL_D3D9_TEMP_POSITION);
    }
    unsigned reg = lower->input_reg[operand->number];
    struct sl_ir_src src = sl_ir_src(SL_IR_INPUT, reg);
    if (operand->relative) {
        set_relative(&src.index[0], operand, reg);
    }
    if (lower->sm1_pixel && lower->source->minor < 4) {
        struct sl_ir_dst dst = sl_d3d9_scratch(lower, 0xF);
        dst.saturate = true;
        sl_ir_append1(&lower->builder, SL_IR_MOV, dst, src);
        src = sl_d3d9_read(dst);
    }
    return src;
}

/* Pixel t#: the interpolated coordinates, but in ps_1_1 to ps_1_3 what was loaded for the stage. */
static struct sl_ir_src read_texture_register(struct sl_d3d9_lower *lower,
                                              const struct sl_d3d9_operand *operand)
{
    if (!lower->source->is_pixel || operand->number >= SL_D3D9_TEXCOORDS) {
        return refuse_register(lower, "a source is a register that cannot be read");
    }
    if (lower->sm1_pixel && lower->source->minor < 4) {
        return sl_ir_src(SL_IR_TEMP, SL_D3D9_TEMP_T0 + operand->number);
    }
    return sl_ir_src(SL_IR_INPUT, lower->texcoord_reg[operand->number]);
}

static struct sl_ir_src read_misc(struct sl_d3d9_lower *lower,
                                  const struct sl_d3d9_operand *operand)
{
    if (operand->number == 0) {
        return sl_ir_src(SL_IR_TEMP, SL_D3D9_TEMP_POSITION);
    }
    /* vFace is a scalar. */
    return sl_ir_component(sl_ir_src(SL_IR_INPUT, lower->misc_reg[1]), 0);
}

struct sl_ir_src sl_d3d9_register(struct sl_d3d9_lower *lower,
                                  const struct sl_d3d9_operand *operand)
{
    if (operand->relative && operand->type != SL_D3D9_REG_CONST &&
        operand->type != SL_D3D9_REG_INPUT) {
        return refuse_register(lower, "a register of this kind cannot be addressed relatively");
    }
    switch (operand->type) {
    case SL_D3D9_REG_TEMP:
        if (operand->number >= 32) {
            return refuse_register(lower, "a temporary register is out of range");
        }
        return sl_ir_src(SL_IR_TEMP, operand->number);
    case SL_D3D9_REG_CONST:
        return read_constant(lower, operand);
    case SL_D3D9_REG_INPUT:
        return read_input(lower, operand);
    case SL_D3D9_REG_ADDR:
        return read_texture_register(lower, operand);
    case SL_D3D9_REG_MISC:
        return read_misc(lower, operand);
    case SL_D3D9_REG_RASTOUT:
    case SL_D3D9_REG_ATTROUT:
    case SL_D3D9_REG_OUTPUT:
    case SL_D3D9_REG_CONSTINT:
    case SL_D3D9_REG_COLOROUT:
    case SL_D3D9_REG_DEPTHOUT:
    case SL_D3D9_REG_SAMPLER:
    case SL_D3D9_REG_CONST2:
    case SL_D3D9_REG_CONST3:
    case SL_D3D9_REG_CONST4:
    case SL_D3D9_REG_CONSTBOOL:
    case SL_D3D9_REG_LOOP:
    case SL_D3D9_REG_TEMPFLOAT16:
    case SL_D3D9_REG_LABEL:
    case SL_D3D9_REG_PREDICATE:
        break;
    }
    return refuse_register(lower, "a source is a register that this instruction cannot read");
}

/* x and y divided by component z or w; the other components stay. */
static struct sl_ir_src divide_xy(struct sl_d3d9_lower *lower, struct sl_ir_src src,
                                  unsigned component)
{
    struct sl_ir_dst dst = sl_d3d9_scratch(lower, 0xC);
    for_derivative(lower, sl_ir_append1(&lower->builder, SL_IR_MOV, dst, src));
    dst.mask = 0x3;
    for_derivative(lower, sl_ir_append2(&lower->builder, SL_IR_DIV, dst, src,
                                        sl_ir_component(src, component)));
    return sl_d3d9_read(dst);
}

static struct sl_ir_src biased(struct sl_d3d9_lower *lower, struct sl_ir_src src)
{
    return compute(lower, SL_IR_ADD, src, sl_ir_float(-0.5f));
}

static struct sl_ir_src doubled(struct sl_d3d9_lower *lower, struct sl_ir_src src)
{
    return compute(lower, SL_IR_MUL, src, sl_ir_float(2.0f));
}

static struct sl_ir_src modified(struct sl_d3d9_lower *lower, enum sl_d3d9_modifier modifier,
                                 struct sl_ir_src src)
{
    switch (modifier) {
    case SL_D3D9_MOD_NONE:
        return src;
    case SL_D3D9_MOD_NEG:
        return sl_ir_negated(src);
    case SL_D3D9_MOD_BIAS:
        return biased(lower, src);
    case SL_D3D9_MOD_BIASNEG:
        return sl_ir_negated(biased(lower, src));
    case SL_D3D9_MOD_SIGN:
        return doubled(lower, biased(lower, src));
    case SL_D3D9_MOD_SIGNNEG:
        return sl_ir_negated(doubled(lower, biased(lower, src)));
    case SL_D3D9_MOD_COMP:
        return compute(lower, SL_IR_ADD, sl_ir_float(1.0f), sl_ir_negated(src));
    case SL_D3D9_MOD_X2:
        return doubled(lower, src);
    case SL_D3D9_MOD_X2NEG:
        return sl_ir_negated(doubled(lower, src));
    case SL_D3D9_MOD_DZ:
        return divide_xy(lower, src, 2);
    case SL_D3D9_MOD_DW:
        return divide_xy(lower, src, 3);
    case SL_D3D9_MOD_ABS:
        return sl_ir_magnitude(src);
    case SL_D3D9_MOD_ABSNEG:
        return sl_ir_negated(sl_ir_magnitude(src));
    case SL_D3D9_MOD_NOT:
        break;
    }
    return refuse_register(lower, "the modifier 'not' belongs to predicates and booleans");
}

struct sl_ir_src sl_d3d9_source(struct sl_d3d9_lower *lower, const struct sl_d3d9_operand *operand)
{
    struct sl_ir_src src = sl_d3d9_register(lower, operand);
    src = sl_ir_swizzled(src, operand->swizzle[0], operand->swizzle[1], operand->swizzle[2],
                         operand->swizzle[3]);
    return modified(lower, operand->modifier, src);
}

struct sl_ir_src sl_d3d9_condition(struct sl_d3d9_lower *lower,
                                   const struct sl_d3d9_operand *operand, bool *nonzero)
{
    *nonzero = operand->modifier != SL_D3D9_MOD_NOT;
    if (operand->relative ||
        (operand->modifier != SL_D3D9_MOD_NONE && operand->modifier != SL_D3D9_MOD_NOT)) {
        return refuse_register(lower, "a condition has a modifier or a relative address");
    }
    if (operand->type == SL_D3D9_REG_CONSTBOOL) {
        return sl_ir_component(sl_ir_constant(SL_D3D9_BUFFER_BOOL, operand->number), 0);
    }
    if (operand->type == SL_D3D9_REG_PREDICATE) {
        return sl_ir_swizzled(sl_ir_src(SL_IR_TEMP, SL_D3D9_TEMP_P0), operand->swizzle[0],
                              operand->swizzle[1], operand->swizzle[2], operand->swizzle[3]);
    }
    return refuse_register(lower, "a condition is neither a boolean nor a predicate");
}

void sl_d3d9_compare(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, struct sl_ir_src a,
                     struct sl_ir_src b)
{
    static const struct {
        enum sl_ir_op op;
        bool swapped;
    } comparisons[8] = {
        {SL_IR_LT, true},  {SL_IR_LT, true},  {SL_IR_EQ, false}, {SL_IR_GE, false},
        {SL_IR_LT, false}, {SL_IR_NE, false}, {SL_IR_GE, true},  {SL_IR_MOV, false},
    };
    unsigned code = lower->insn->control & 7u;
    if (lower->options->d3d9_compare_from_zero && code < SL_D3D9_CMP_ALWAYS) {
        code++;
    }
    if (code == SL_D3D9_CMP_ALWAYS) {
        sl_ir_append1(&lower->builder, SL_IR_MOV, dst, sl_ir_word(UINT32_MAX));
    } else if (comparisons[code].swapped) {
        sl_ir_append2(&lower->builder, comparisons[code].op, dst, b, a);
    } else {
        sl_ir_append2(&lower->builder, comparisons[code].op, dst, a, b);
    }
}

/* ---- destinations ---- */

static struct sl_ir_dst refuse_destination(struct sl_d3d9_lower *lower, const char *reason)
{
    sl_d3d9_refuse(lower, SL_IR_BAD, reason);
    return sl_ir_dst(SL_IR_NULL, 0, 0xF);
}

static struct sl_ir_dst write_output(struct sl_d3d9_lower *lower,
                                     const struct sl_d3d9_operand *operand)
{
    unsigned reg = lower->output_reg[sl_d3d9_output_slot(operand)];
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_OUTPUT, reg, operand->write_mask);
    if (operand->relative) {
        set_relative(&dst.index[0], operand, reg);
    }
    return dst;
}

static struct sl_ir_dst write_address(struct sl_d3d9_lower *lower,
                                      const struct sl_d3d9_operand *operand)
{
    if (!lower->source->is_pixel) {
        return sl_ir_dst(SL_IR_TEMP, SL_D3D9_TEMP_A0, operand->write_mask);
    }
    if (!lower->sm1_pixel || operand->number >= 6) {
        return refuse_destination(lower, "a destination is a register that cannot be written");
    }
    return sl_ir_dst(SL_IR_TEMP, SL_D3D9_TEMP_T0 + operand->number, operand->write_mask);
}

struct sl_ir_dst sl_d3d9_destination(struct sl_d3d9_lower *lower,
                                     const struct sl_d3d9_operand *operand)
{
    if (operand->relative && operand->type != SL_D3D9_REG_OUTPUT) {
        return refuse_destination(lower, "a destination of this kind cannot be addressed "
                                         "relatively");
    }
    switch (operand->type) {
    case SL_D3D9_REG_TEMP:
        return sl_ir_dst(SL_IR_TEMP, operand->number & 31u, operand->write_mask);
    case SL_D3D9_REG_ADDR:
        return write_address(lower, operand);
    case SL_D3D9_REG_RASTOUT:
    case SL_D3D9_REG_ATTROUT:
    case SL_D3D9_REG_OUTPUT:
        return write_output(lower, operand);
    case SL_D3D9_REG_COLOROUT:
        return sl_ir_dst(SL_IR_OUTPUT, operand->number & 3u, operand->write_mask);
    case SL_D3D9_REG_DEPTHOUT:
        return sl_ir_dst(SL_IR_OUTPUT, SL_D3D9_DEPTH_OUTPUT, operand->write_mask);
    case SL_D3D9_REG_PREDICATE:
        return sl_ir_dst(SL_IR_TEMP, SL_D3D9_TEMP_P0, operand->write_mask);
    case SL_D3D9_REG_INPUT:
    case SL_D3D9_REG_CONST:
    case SL_D3D9_REG_CONSTINT:
    case SL_D3D9_REG_SAMPLER:
    case SL_D3D9_REG_CONST2:
    case SL_D3D9_REG_CONST3:
    case SL_D3D9_REG_CONST4:
    case SL_D3D9_REG_CONSTBOOL:
    case SL_D3D9_REG_LOOP:
    case SL_D3D9_REG_TEMPFLOAT16:
    case SL_D3D9_REG_MISC:
    case SL_D3D9_REG_LABEL:
        break;
    }
    return refuse_destination(lower, "a destination is a register that cannot be written");
}

static float shift_factor(int8_t shift)
{
    static const float factors[7] = {0.125f, 0.25f, 0.5f, 1.0f, 2.0f, 4.0f, 8.0f};
    return factors[shift + 3];
}

/* Address and predicate registers hold integers and are written by their own instructions. */
static bool holds_integers(const struct sl_d3d9_lower *lower, const struct sl_d3d9_operand *operand)
{
    return operand->type == SL_D3D9_REG_PREDICATE ||
           (operand->type == SL_D3D9_REG_ADDR && !lower->source->is_pixel);
}

struct sl_d3d9_result sl_d3d9_begin_result(struct sl_d3d9_lower *lower, bool staged, bool ints)
{
    const struct sl_d3d9_insn *insn = lower->insn;
    struct sl_d3d9_result result = {.final = sl_d3d9_destination(lower, &insn->dst)};
    if (holds_integers(lower, &insn->dst) != ints) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "a destination of this instruction is of the wrong kind");
    }
    result.final.saturate = insn->saturate && !ints;
    result.staged = staged || insn->predicated || (insn->shift != 0 && !ints);
    if (!result.staged) {
        result.dst = result.final;
        return result;
    }
    result.dst = sl_d3d9_scratch(lower, insn->dst.write_mask);
    return result;
}

/* dst = predicate ? value : dst, for each component. */
static void write_predicated(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                             struct sl_ir_src value)
{
    bool nonzero;
    struct sl_ir_src condition = sl_d3d9_condition(lower, &lower->insn->predicate, &nonzero);
    struct sl_ir_src old = sl_d3d9_read(dst);
    sl_ir_append3(&lower->builder, SL_IR_MOVC, dst, condition, nonzero ? value : old,
                  nonzero ? old : value);
}

void sl_d3d9_end_result(struct sl_d3d9_lower *lower, const struct sl_d3d9_result *result)
{
    if (!result->staged) {
        return;
    }
    const struct sl_d3d9_insn *insn = lower->insn;
    bool shifted = insn->shift != 0 && !holds_integers(lower, &insn->dst);
    struct sl_ir_src value = sl_d3d9_read(result->dst);
    struct sl_ir_dst dst = result->final;
    if (insn->predicated) {
        if (shifted || result->final.saturate) {
            dst = sl_d3d9_scratch(lower, result->final.mask);
            dst.saturate = result->final.saturate;
        } else {
            write_predicated(lower, result->final, value);
            return;
        }
    }
    if (shifted) {
        sl_ir_append2(&lower->builder, SL_IR_MUL, dst, value,
                      sl_ir_float(shift_factor(insn->shift)));
    } else {
        sl_ir_append1(&lower->builder, SL_IR_MOV, dst, value);
    }
    if (insn->predicated) {
        struct sl_ir_dst final = result->final;
        final.saturate = false;
        write_predicated(lower, final, sl_d3d9_read(dst));
    }
}
