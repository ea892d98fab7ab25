/* Instructions that compute a result from up to three sources, with the roundings as written. */
#include "shader/d3d9_lower.h"

#define X 0x1u
#define Y 0x2u
#define Z 0x4u
#define W 0x8u

typedef void emit_function(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                           const struct sl_ir_src *src);

static struct sl_ir_dst part(struct sl_ir_dst dst, unsigned mask)
{
    dst.mask = (uint8_t)mask;
    return dst;
}

static struct sl_ir_src pick(struct sl_ir_dst dst, unsigned component)
{
    return sl_ir_component(sl_d3d9_read(dst), component);
}

static void emit1(struct sl_d3d9_lower *lower, enum sl_ir_op op, struct sl_ir_dst dst,
                  struct sl_ir_src a)
{
    sl_ir_append1(&lower->builder, op, dst, a);
}

static void emit2(struct sl_d3d9_lower *lower, enum sl_ir_op op, struct sl_ir_dst dst,
                  struct sl_ir_src a, struct sl_ir_src b)
{
    sl_ir_append2(&lower->builder, op, dst, a, b);
}

static void emit_choice(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                        struct sl_ir_src condition, struct sl_ir_src a, struct sl_ir_src b)
{
    sl_ir_append3(&lower->builder, SL_IR_MOVC, dst, condition, a, b);
}

static void emit_sub(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit2(lower, SL_IR_ADD, dst, src[0], sl_ir_negated(src[1]));
}

/* rsq and log take the magnitude of their operand. */
static void emit_rsq(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit1(lower, SL_IR_RSQ, dst, sl_ir_magnitude(src[0]));
}

static void emit_log(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit1(lower, SL_IR_LOG, dst, sl_ir_magnitude(src[0]));
}

static void emit_abs(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit1(lower, SL_IR_MOV, dst, sl_ir_magnitude(src[0]));
}

/* 1.0 where a comparison holds, else 0.0. */
static void emit_set(struct sl_d3d9_lower *lower, enum sl_ir_op op, struct sl_ir_dst dst,
                     const struct sl_ir_src *src)
{
    struct sl_ir_dst mask = sl_d3d9_scratch(lower, dst.mask);
    emit2(lower, op, mask, src[0], src[1]);
    emit_choice(lower, dst, sl_d3d9_read(mask), sl_ir_float(1.0f), sl_ir_float(0.0f));
}

static void emit_slt(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit_set(lower, SL_IR_LT, dst, src);
}

static void emit_sge(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit_set(lower, SL_IR_GE, dst, src);
}

static void emit_seq(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit_set(lower, SL_IR_EQ, dst, src);
}

static void emit_sne(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit_set(lower, SL_IR_NE, dst, src);
}

/* a * (b - c) + c. */
static void emit_lrp(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    struct sl_ir_dst difference = sl_d3d9_scratch(lower, dst.mask);
    emit2(lower, SL_IR_ADD, difference, src[1], sl_ir_negated(src[2]));
    sl_ir_append3(&lower->builder, SL_IR_MAD, dst, src[0], sl_d3d9_read(difference), src[2]);
}

/* a >= 0 ? b : c. */
static void emit_cmp(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    struct sl_ir_dst mask = sl_d3d9_scratch(lower, dst.mask);
    emit2(lower, SL_IR_GE, mask, src[0], sl_ir_float(0.0f));
    emit_choice(lower, dst, sl_d3d9_read(mask), src[1], src[2]);
}

/* a > 0.5 ? b : c. */
static void emit_cnd(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    struct sl_ir_dst mask = sl_d3d9_scratch(lower, dst.mask);
    emit2(lower, SL_IR_LT, mask, sl_ir_float(0.5f), src[0]);
    emit_choice(lower, dst, sl_d3d9_read(mask), src[1], src[2]);
}

/* (1, max(0, x), x > 0 ? max(0, y)^clamp(w) : 0, 1). */
static void emit_lit(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    const float limit = 127.9961f;
    struct sl_ir_src x = sl_ir_component(src[0], 0);
    struct sl_ir_src zero = sl_ir_float(0.0f);
    struct sl_ir_dst t = sl_d3d9_scratch(lower, 0xF);
    emit2(lower, SL_IR_MAX, part(t, X), sl_ir_component(src[0], 1), zero);
    emit2(lower, SL_IR_MAX, part(t, Y), sl_ir_component(src[0], 3), sl_ir_float(-limit));
    emit2(lower, SL_IR_MIN, part(t, Y), pick(t, 1), sl_ir_float(limit));
    emit2(lower, SL_IR_POW, part(t, X), pick(t, 0), pick(t, 1));
    emit2(lower, SL_IR_LT, part(t, Z), zero, x);
    emit_choice(lower, part(dst, Z), pick(t, 2), pick(t, 0), zero);
    emit2(lower, SL_IR_MAX, part(dst, Y), x, zero);
    emit1(lower, SL_IR_MOV, part(dst, X | W), sl_ir_float(1.0f));
}

/* (1, a.y * b.y, a.z, b.w). */
static void emit_dst(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit1(lower, SL_IR_MOV, part(dst, X), sl_ir_float(1.0f));
    emit2(lower, SL_IR_MUL, part(dst, Y), src[0], src[1]);
    emit1(lower, SL_IR_MOV, part(dst, Z), src[0]);
    emit1(lower, SL_IR_MOV, part(dst, W), src[1]);
}

/* xyz: y * z' - z * y'; w = 1. */
static void emit_crs(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    struct sl_ir_dst t = sl_d3d9_scratch(lower, X | Y | Z);
    struct sl_ir_dst u = sl_d3d9_scratch(lower, X | Y | Z);
    emit2(lower, SL_IR_MUL, t, sl_ir_swizzled(src[0], 1, 2, 0, 3),
          sl_ir_swizzled(src[1], 2, 0, 1, 3));
    emit2(lower, SL_IR_MUL, u, sl_ir_swizzled(src[0], 2, 0, 1, 3),
          sl_ir_swizzled(src[1], 1, 2, 0, 3));
    emit2(lower, SL_IR_ADD, part(dst, X | Y | Z), sl_d3d9_read(t), sl_ir_negated(sl_d3d9_read(u)));
    emit1(lower, SL_IR_MOV, part(dst, W), sl_ir_float(1.0f));
}

static void emit_sgn(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    struct sl_ir_src zero = sl_ir_float(0.0f);
    struct sl_ir_dst below = sl_d3d9_scratch(lower, dst.mask);
    struct sl_ir_dst above = sl_d3d9_scratch(lower, dst.mask);
    emit2(lower, SL_IR_LT, below, src[0], zero);
    emit2(lower, SL_IR_LT, above, zero, src[0]);
    emit_choice(lower, above, sl_d3d9_read(above), sl_ir_float(1.0f), zero);
    emit_choice(lower, dst, sl_d3d9_read(below), sl_ir_float(-1.0f), sl_d3d9_read(above));
}

static void emit_nrm(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    struct sl_ir_dst t = sl_d3d9_scratch(lower, X);
    emit2(lower, SL_IR_DP3, t, src[0], src[0]);
    emit1(lower, SL_IR_RSQ, t, sl_ir_magnitude(pick(t, 0)));
    emit2(lower, SL_IR_MUL, dst, src[0], pick(t, 0));
}

static void emit_sincos(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                        const struct sl_ir_src *src)
{
    emit1(lower, SL_IR_COS, part(dst, X), sl_ir_component(src[0], 0));
    emit1(lower, SL_IR_SIN, part(dst, Y), sl_ir_component(src[0], 0));
    emit1(lower, SL_IR_MOV, part(dst, Z | W), sl_ir_float(0.0f));
}

static void emit_dp2add(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                        const struct sl_ir_src *src)
{
    struct sl_ir_dst t = sl_d3d9_scratch(lower, X);
    emit2(lower, SL_IR_DP2, t, src[0], src[1]);
    emit2(lower, SL_IR_ADD, dst, pick(t, 0), sl_ir_component(src[2], 0));
}

/* More than any register number, and far from where adding one would overflow. */
#define ADDRESS_MAX (UINT32_C(1) << 24)

/* mova to nearest even; the mov of vs_1_1 downwards. */
static void emit_address(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                         const struct sl_ir_src *src)
{
    bool floors = lower->source->major < 2;
    struct sl_ir_dst t = sl_d3d9_scratch(lower, dst.mask);
    emit1(lower, floors ? SL_IR_ROUND_NI : SL_IR_ROUND_NE, t, src[0]);
    emit1(lower, SL_IR_FTOI, t, sl_d3d9_read(t));
    emit2(lower, SL_IR_IMIN, dst, sl_d3d9_read(t), sl_ir_word(ADDRESS_MAX));
}

/* ---- vs_1_1 ---- */

/* (2^floor(v), v - floor(v), 2^v, 1). */
static void emit_expp_parts(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, struct sl_ir_src v)
{
    struct sl_ir_dst t = sl_d3d9_scratch(lower, X);
    emit1(lower, SL_IR_ROUND_NI, t, v);
    emit1(lower, SL_IR_EXP, part(dst, X), pick(t, 0));
    emit2(lower, SL_IR_ADD, part(dst, Y), v, sl_ir_negated(pick(t, 0)));
    emit1(lower, SL_IR_EXP, part(dst, Z), v);
    emit1(lower, SL_IR_MOV, part(dst, W), sl_ir_float(1.0f));
}

/*
 * (exponent, mantissa in [1, 2), log2, 1) of |v|. Zero has exponent -inf and mantissa 1; infinity
 * has its own exponent; a NaN has a NaN for both.
 */
static void emit_logp_parts(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, struct sl_ir_src v)
{
    const uint32_t infinity = UINT32_C(0x7F800000);
    struct sl_ir_dst t = sl_d3d9_scratch(lower, 0xF);
    struct sl_ir_dst special = sl_d3d9_scratch(lower, 0xF);
    emit2(lower, SL_IR_MUL, part(t, X), sl_ir_magnitude(v), sl_ir_float(1.0f));
    emit2(lower, SL_IR_USHR, part(t, Y), pick(t, 0), sl_ir_word(23));
    emit2(lower, SL_IR_IADD, part(t, Y), pick(t, 1), sl_ir_word((uint32_t)-127));
    emit1(lower, SL_IR_ITOF, part(t, Y), pick(t, 1));
    emit2(lower, SL_IR_AND, part(t, Z), pick(t, 0), sl_ir_word(UINT32_C(0x007FFFFF)));
    emit2(lower, SL_IR_OR, part(t, Z), pick(t, 2), sl_ir_word(UINT32_C(0x3F800000)));
    emit2(lower, SL_IR_LT, part(special, X), pick(t, 0), sl_ir_word(infinity));
    emit2(lower, SL_IR_EQ, part(special, Y), pick(t, 0), sl_ir_float(0.0f));
    emit2(lower, SL_IR_NE, part(special, Z), pick(t, 0), pick(t, 0));
    emit_choice(lower, part(t, Y), pick(special, 0), pick(t, 1), pick(t, 0));
    emit_choice(lower, part(dst, X), pick(special, 1), sl_ir_word(infinity | UINT32_C(0x80000000)),
                pick(t, 1));
    emit_choice(lower, part(dst, Y), pick(special, 2), pick(t, 0), pick(t, 2));
    emit1(lower, SL_IR_LOG, part(dst, Z), sl_ir_magnitude(v));
    emit1(lower, SL_IR_MOV, part(dst, W), sl_ir_float(1.0f));
}

static void emit_expp(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                      const struct sl_ir_src *src)
{
    struct sl_ir_src v = sl_ir_component(src[0], 0);
    if (lower->source->major < 2) {
        emit_expp_parts(lower, dst, v);
    } else {
        emit1(lower, SL_IR_EXP, dst, v);
    }
}

static void emit_logp(struct sl_d3d9_lower *lower, struct sl_ir_dst dst,
                      const struct sl_ir_src *src)
{
    struct sl_ir_src v = sl_ir_component(src[0], 0);
    if (lower->source->major < 2) {
        emit_logp_parts(lower, dst, v);
    } else {
        emit1(lower, SL_IR_LOG, dst, sl_ir_magnitude(v));
    }
}

/* ps_1_4 without bump environment: its matrix is zero. */
static void emit_bem(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, const struct sl_ir_src *src)
{
    emit1(lower, SL_IR_MOV, dst, src[0]);
}

/* ---- the table ---- */

enum {
    SCALAR = 1,     /* sources are their first component */
    STAGED = 2,     /* the result is made of several operations that may overlap sources */
    INTEGERS = 4,   /* the destination is a0 */
    DERIVATIVE = 8, /* masked lanes matter */
};

struct row {
    enum sl_d3d9_op op;
    uint8_t sources;
    uint8_t flags;
    enum sl_ir_op direct; /* where emit is NULL */
    emit_function *emit;
};

static const struct row rows[] = {
    {SL_D3D9_MOV, 1, 0, SL_IR_MOV, NULL},
    {SL_D3D9_ADD, 2, 0, SL_IR_ADD, NULL},
    {SL_D3D9_SUB, 2, 0, SL_IR_ADD, emit_sub},
    {SL_D3D9_MAD, 3, 0, SL_IR_MAD, NULL},
    {SL_D3D9_MUL, 2, 0, SL_IR_MUL, NULL},
    {SL_D3D9_RCP, 1, SCALAR, SL_IR_RCP, NULL},
    {SL_D3D9_RSQ, 1, SCALAR, SL_IR_RSQ, emit_rsq},
    {SL_D3D9_DP3, 2, 0, SL_IR_DP3, NULL},
    {SL_D3D9_DP4, 2, 0, SL_IR_DP4, NULL},
    {SL_D3D9_MIN, 2, 0, SL_IR_MIN, NULL},
    {SL_D3D9_MAX, 2, 0, SL_IR_MAX, NULL},
    {SL_D3D9_SLT, 2, 0, SL_IR_LT, emit_slt},
    {SL_D3D9_SGE, 2, 0, SL_IR_GE, emit_sge},
    {SL_D3D9_EXP, 1, SCALAR, SL_IR_EXP, NULL},
    {SL_D3D9_LOG, 1, SCALAR, SL_IR_LOG, emit_log},
    {SL_D3D9_LIT, 1, STAGED, SL_IR_MOV, emit_lit},
    {SL_D3D9_DST, 2, STAGED, SL_IR_MOV, emit_dst},
    {SL_D3D9_LRP, 3, 0, SL_IR_MAD, emit_lrp},
    {SL_D3D9_FRC, 1, 0, SL_IR_FRC, NULL},
    {SL_D3D9_POW, 2, SCALAR, SL_IR_POW, NULL},
    {SL_D3D9_CRS, 2, STAGED, SL_IR_MOV, emit_crs},
    {SL_D3D9_SGN, 1, 0, SL_IR_MOVC, emit_sgn},
    {SL_D3D9_ABS, 1, 0, SL_IR_MOV, emit_abs},
    {SL_D3D9_NRM, 1, 0, SL_IR_MUL, emit_nrm},
    {SL_D3D9_SINCOS, 1, STAGED, SL_IR_MOV, emit_sincos},
    {SL_D3D9_MOVA, 1, INTEGERS, SL_IR_FTOI, emit_address},
    {SL_D3D9_EXPP, 1, STAGED, SL_IR_EXP, emit_expp},
    {SL_D3D9_LOGP, 1, STAGED, SL_IR_LOG, emit_logp},
    {SL_D3D9_CND, 3, 0, SL_IR_MOVC, emit_cnd},
    {SL_D3D9_CMP, 3, 0, SL_IR_MOVC, emit_cmp},
    {SL_D3D9_BEM, 1, 0, SL_IR_MOV, emit_bem},
    {SL_D3D9_DP2ADD, 3, 0, SL_IR_ADD, emit_dp2add},
    {SL_D3D9_DP2, 2, 0, SL_IR_DP2, NULL},
    {SL_D3D9_SEQ, 2, 0, SL_IR_EQ, emit_seq},
    {SL_D3D9_SNE, 2, 0, SL_IR_NE, emit_sne},
    {SL_D3D9_DSX, 1, DERIVATIVE, SL_IR_DDX_COARSE, NULL},
    {SL_D3D9_DSY, 1, DERIVATIVE, SL_IR_DDY_COARSE, NULL},
};

static const struct row *find_row(const struct sl_d3d9_lower *lower)
{
    static const struct row address_mov = {SL_D3D9_MOV, 1, INTEGERS, SL_IR_FTOI, emit_address};
    const struct sl_d3d9_insn *insn = lower->insn;
    if (insn->op == SL_D3D9_MOV && insn->dst.type == SL_D3D9_REG_ADDR && !lower->source->is_pixel) {
        return &address_mov;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].op == insn->op) {
            return &rows[i];
        }
    }
    return NULL;
}

static void emit_row(struct sl_d3d9_lower *lower, const struct row *row, struct sl_ir_dst dst,
                     const struct sl_ir_src src[3])
{
    if (row->emit != NULL) {
        row->emit(lower, dst, src);
        return;
    }
    struct sl_ir_insn *insn = sl_ir_append1(&lower->builder, row->direct, dst, src[0]);
    for (unsigned i = 1; i < row->sources; i++) {
        insn->src[i] = src[i];
    }
}

bool sl_d3d9_lower_arithmetic(struct sl_d3d9_lower *lower, bool staged,
                              struct sl_d3d9_result *pending)
{
    const struct row *row = find_row(lower);
    if (row == NULL) {
        return false;
    }
    struct sl_ir_src src[3];
    lower->needs_all_lanes = lower->source->is_pixel && (row->flags & DERIVATIVE) != 0;
    for (unsigned i = 0; i < row->sources; i++) {
        src[i] = sl_d3d9_source(lower, &lower->insn->src[i]);
        src[i] = (row->flags & SCALAR) != 0 ? sl_ir_component(src[i], 0) : src[i];
    }
    lower->needs_all_lanes = false;
    /* ps_1_1 to ps_1_3 can only ask for r0.a, whatever the operand says. */
    if (row->op == SL_D3D9_CND && lower->sm1_pixel && lower->source->minor < 4) {
        src[0] = sl_ir_component(sl_ir_src(SL_IR_TEMP, 0), 3);
    }
    *pending = sl_d3d9_begin_result(lower, staged || (row->flags & STAGED) != 0,
                                    (row->flags & INTEGERS) != 0);
    emit_row(lower, row, pending->dst, src);
    return true;
}

/* Row k of the result is the product of a with register b + k. */
bool sl_d3d9_lower_matrix(struct sl_d3d9_lower *lower)
{
    static const struct {
        enum sl_d3d9_op op;
        enum sl_ir_op product;
        unsigned rows;
    } shapes[] = {
        {SL_D3D9_M4X4, SL_IR_DP4, 4}, {SL_D3D9_M4X3, SL_IR_DP4, 3}, {SL_D3D9_M3X4, SL_IR_DP3, 4},
        {SL_D3D9_M3X3, SL_IR_DP3, 3}, {SL_D3D9_M3X2, SL_IR_DP3, 2},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shapes[i].op != lower->insn->op) {
            continue;
        }
        struct sl_d3d9_result result = sl_d3d9_begin_result(lower, true, false);
        struct sl_ir_src a = sl_d3d9_source(lower, &lower->insn->src[0]);
        struct sl_d3d9_operand b = lower->insn->src[1];
        unsigned mask = lower->insn->dst.write_mask & ((1u << shapes[i].rows) - 1);
        for (unsigned k = 0; k < shapes[i].rows; k++, b.number++) {
            struct sl_ir_src row = sl_d3d9_source(lower, &b);
            emit2(lower, shapes[i].product, part(result.dst, 1u << k), a, row);
        }
        result.final.mask = (uint8_t)mask;
        sl_d3d9_end_result(lower, &result);
        return true;
    }
    return false;
}
