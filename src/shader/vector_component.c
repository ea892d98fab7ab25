/* Steps for one component of an operation: the kernel, with signs of operands as part of it. */
#include "shader/vector_compiler.h"

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

bool sl_vector_has_kernel(enum sl_ir_op op)
{
    return kernels[op].exists;
}

static void set_kernel(struct sl_vector_op *op, struct kernel_pair pair)
{
    op->kernel = pair.kernel;
    op->fast = pair.fast;
}

static void compile_add(struct sl_vector_compiler *compiler, unsigned component,
                        struct sl_vector_op *op)
{
    struct sl_vector_operand a = sl_vector_operand_of(compiler, 0, component);
    struct sl_vector_operand b = sl_vector_operand_of(compiler, 1, component);
    bool swap = a.negate && !b.negate;
    struct sl_vector_operand left = swap ? b : a;
    struct sl_vector_operand right = swap ? a : b;
    op->src[0] = sl_vector_signed_place(compiler, left);
    op->src[1] = right.place;
    if (right.negate) {
        set_kernel(op, (struct kernel_pair)TWO(SUB));
    }
}

static void compile_mul(struct sl_vector_compiler *compiler, unsigned component,
                        struct sl_vector_op *op)
{
    struct sl_vector_operand a = sl_vector_operand_of(compiler, 0, component);
    struct sl_vector_operand b = sl_vector_operand_of(compiler, 1, component);
    op->src[0] = a.place;
    op->src[1] = b.place;
    if (a.negate != b.negate) {
        set_kernel(op, (struct kernel_pair)TWO(NEG_MUL));
    }
}

/* -(a * b) - c is the sum with -c, which needs a step of its own. */
static void compile_mad(struct sl_vector_compiler *compiler, unsigned component,
                        struct sl_vector_op *op)
{
    struct sl_vector_operand a = sl_vector_operand_of(compiler, 0, component);
    struct sl_vector_operand b = sl_vector_operand_of(compiler, 1, component);
    struct sl_vector_operand c = sl_vector_operand_of(compiler, 2, component);
    bool negative = a.negate != b.negate;
    op->src[0] = a.place;
    op->src[1] = b.place;
    op->src[2] = negative ? sl_vector_signed_place(compiler, c) : c.place;
    if (negative) {
        set_kernel(op, (struct kernel_pair)TWO(SUB_MUL));
    } else if (c.negate) {
        set_kernel(op, (struct kernel_pair)TWO(MUL_SUB));
    }
}

static void compile_rsq(struct sl_vector_compiler *compiler, unsigned component,
                        struct sl_vector_op *op)
{
    const struct sl_ir_src *src = &compiler->program->insns[compiler->insn].src[0];
    if (sl_vector_base_of(src) == SL_VECTOR_TEMPS && src->absolute && !src->negate) {
        uint32_t slot = src->reg * 4u + src->swizzle[component];
        op->src[0] = (struct sl_vector_place){SL_VECTOR_TEMPS, slot};
        set_kernel(op, (struct kernel_pair)ONE(RSQ_ABS));
        return;
    }
    op->src[0] = sl_vector_place_of(compiler, 0, component);
}

static void compile_dot(struct sl_vector_compiler *compiler, struct sl_vector_op *op,
                        unsigned count)
{
    for (unsigned c = 0; c < count; c++) {
        op->src[2 * c] = sl_vector_place_of(compiler, 0, c);
        op->src[2 * c + 1] = sl_vector_place_of(compiler, 1, c);
    }
    op->src_count = (uint8_t)(2 * count);
}

static void compile_operands(struct sl_vector_compiler *compiler, unsigned component,
                             struct sl_vector_op *op)
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
            op->src[i] = sl_vector_place_of(compiler, i, component);
        }
    }
}

void sl_vector_add_unary(struct sl_vector_compiler *compiler, enum sl_vector_kernel kernel,
                         struct sl_vector_place dst, struct sl_vector_place src)
{
    struct sl_vector_op op = {
        .kernel = kernel, .fast = kernel, .dst = dst, .src_count = 1, .src = {src}};
    sl_vector_add_op(compiler, &op);
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

bool sl_vector_may_be_denormal(const struct sl_vector_compiler *compiler,
                               struct sl_vector_place dst)
{
    return dst.base == SL_VECTOR_TEMPS &&
           !(compiler->facts.temps_as_bits[dst.slot / 4] >> dst.slot % 4 & 1);
}

static bool makes_mask(const struct sl_ir_insn *insn)
{
    return insn->op >= SL_IR_EQ && insn->op <= SL_IR_GE;
}

void sl_vector_compile_component(struct sl_vector_compiler *compiler, unsigned component,
                                 struct sl_vector_place dst, struct sl_vector_place final)
{
    const struct sl_ir_insn *insn = &compiler->program->insns[compiler->insn];
    struct sl_vector_op op = {.dst = dst};
    set_kernel(&op, kernels[insn->op]);
    compile_operands(compiler, component, &op);
    bool saturate = insn->dst[0].saturate;
    if (!saturate && !makes_mask(insn) && !sl_vector_may_be_denormal(compiler, final)) {
        op.fast = op.kernel;
    }
    sl_vector_add_op(compiler, &op);
    if (saturate) {
        sl_vector_add_unary(compiler, SL_VECTOR_SATURATE, dst, dst);
    } else if (is_float_move(insn)) {
        sl_vector_add_unary(compiler, SL_VECTOR_FINISH, dst, dst);
    }
}
