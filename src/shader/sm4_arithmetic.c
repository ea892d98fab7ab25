/* Arithmetic, comparison and move instructions of SM4 and SM5. */
#include "shader/sm4_lowering.h"

/* Operands are the same in number and order. */
static const struct {
    uint16_t from;
    uint16_t to;
} direct[] = {
    {SL_SM4_MOV, SL_IR_MOV},
    {SL_SM4_MOVC, SL_IR_MOVC},
    {SL_SM4_SWAPC, SL_IR_SWAPC},
    {SL_SM4_ADD, SL_IR_ADD},
    {SL_SM4_MUL, SL_IR_MUL},
    {SL_SM4_MAD, SL_IR_MAD},
    {SL_SM4_DIV, SL_IR_DIV},
    {SL_SM4_DP2, SL_IR_DP2},
    {SL_SM4_DP3, SL_IR_DP3},
    {SL_SM4_DP4, SL_IR_DP4},
    {SL_SM4_MIN, SL_IR_MIN},
    {SL_SM4_MAX, SL_IR_MAX},
    {SL_SM4_FRC, SL_IR_FRC},
    {SL_SM4_ROUND_NE, SL_IR_ROUND_NE},
    {SL_SM4_ROUND_NI, SL_IR_ROUND_NI},
    {SL_SM4_ROUND_PI, SL_IR_ROUND_PI},
    {SL_SM4_ROUND_Z, SL_IR_ROUND_Z},
    {SL_SM4_EXP, SL_IR_EXP},
    {SL_SM4_LOG, SL_IR_LOG},
    {SL_SM4_RCP, SL_IR_RCP},
    {SL_SM4_RSQ, SL_IR_RSQ},
    {SL_SM4_SQRT, SL_IR_SQRT},
    {SL_SM4_EQ, SL_IR_EQ},
    {SL_SM4_NE, SL_IR_NE},
    {SL_SM4_LT, SL_IR_LT},
    {SL_SM4_GE, SL_IR_GE},
    {SL_SM4_FTOI, SL_IR_FTOI},
    {SL_SM4_FTOU, SL_IR_FTOU},
    {SL_SM4_ITOF, SL_IR_ITOF},
    {SL_SM4_UTOF, SL_IR_UTOF},
    {SL_SM4_F16TOF32, SL_IR_F16TOF32},
    {SL_SM4_AND, SL_IR_AND},
    {SL_SM4_OR, SL_IR_OR},
    {SL_SM4_XOR, SL_IR_XOR},
    {SL_SM4_NOT, SL_IR_NOT},
    {SL_SM4_ISHL, SL_IR_ISHL},
    {SL_SM4_ISHR, SL_IR_ISHR},
    {SL_SM4_USHR, SL_IR_USHR},
    {SL_SM4_IADD, SL_IR_IADD},
    {SL_SM4_IMIN, SL_IR_IMIN},
    {SL_SM4_IMAX, SL_IR_IMAX},
    {SL_SM4_UMIN, SL_IR_UMIN},
    {SL_SM4_UMAX, SL_IR_UMAX},
    {SL_SM4_IMUL, SL_IR_IMUL},
    {SL_SM4_UMUL, SL_IR_UMUL},
    {SL_SM4_UDIV, SL_IR_UDIV},
    {SL_SM4_UADDC, SL_IR_UADDC},
    {SL_SM4_USUBB, SL_IR_USUBB},
    {SL_SM4_IEQ, SL_IR_IEQ},
    {SL_SM4_INE, SL_IR_INE},
    {SL_SM4_ILT, SL_IR_ILT},
    {SL_SM4_IGE, SL_IR_IGE},
    {SL_SM4_ULT, SL_IR_ULT},
    {SL_SM4_UGE, SL_IR_UGE},
    {SL_SM4_COUNTBITS, SL_IR_COUNTBITS},
    {SL_SM4_BFREV, SL_IR_BFREV},
    {SL_SM4_FIRSTBIT_LO, SL_IR_FIRSTBIT_LO},
    {SL_SM4_UBFE, SL_IR_UBFE},
    {SL_SM4_IBFE, SL_IR_IBFE},
    {SL_SM4_BFI, SL_IR_BFI},
    {SL_SM4_DERIV_RTX, SL_IR_DDX_COARSE},
    {SL_SM4_DERIV_RTY, SL_IR_DDY_COARSE},
    {SL_SM4_DERIV_RTX_COARSE, SL_IR_DDX_COARSE},
    {SL_SM4_DERIV_RTY_COARSE, SL_IR_DDY_COARSE},
    {SL_SM4_DERIV_RTX_FINE, SL_IR_DDX_FINE},
    {SL_SM4_DERIV_RTY_FINE, SL_IR_DDY_FINE},
    {SL_SM4_AERO_IABS, SL_IR_IABS},
    {SL_SM4_AERO_IDIV, SL_IR_IDIV},
    {SL_SM4_AERO_IADDC, SL_IR_UADDC},
    {SL_SM4_AERO_ISUBC, SL_IR_USUBB},
};

/*
 * Operands are read before the operation is appended, as a relative index may take operations of
 * its own.
 */
static void lower_direct(struct sl_sm4_lowering *low, enum sl_ir_op op)
{
    const struct sl_ir_op_info *info = sl_ir_op_info(op);
    struct sl_ir_dst dsts[SL_IR_DSTS];
    struct sl_ir_src srcs[SL_IR_SRCS];
    for (unsigned i = 0; i < info->dst_count; i++) {
        dsts[i] = sl_sm4_dst_at(low, i);
    }
    for (unsigned i = 0; i < info->src_count; i++) {
        srcs[i] = sl_sm4_src_at(low, info->dst_count + i, info->kind);
    }
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, op);
    for (unsigned i = 0; i < info->dst_count; i++) {
        insn->dst[i] = dsts[i];
    }
    for (unsigned i = 0; i < info->src_count; i++) {
        insn->src[i] = srcs[i];
    }
}

/* gt and le: the operands the other way round. */
static void lower_swapped(struct sl_sm4_lowering *low, enum sl_ir_op op)
{
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src a = sl_sm4_src_at(low, 1, SL_IR_KIND_FLOAT);
    struct sl_ir_src b = sl_sm4_src_at(low, 2, SL_IR_KIND_FLOAT);
    sl_ir_append2(&low->builder, op, dst, b, a);
}

static void lower_ineg(struct sl_sm4_lowering *low)
{
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src a = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    sl_ir_append2(&low->builder, SL_IR_IADD, dst, sl_ir_word(0), sl_ir_negated(a));
}

static void lower_isub(struct sl_sm4_lowering *low)
{
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src a = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    struct sl_ir_src b = sl_sm4_src_at(low, 2, SL_IR_KIND_INT);
    sl_ir_append2(&low->builder, SL_IR_IADD, dst, a, sl_ir_negated(b));
}

/* Both results come from the source as it was, and the second wins where they overlap. */
static void lower_sincos(struct sl_sm4_lowering *low)
{
    struct sl_ir_dst sine = sl_sm4_dst_at(low, 0);
    struct sl_ir_dst cosine = sl_sm4_dst_at(low, 1);
    struct sl_ir_src angle = sl_sm4_src_at(low, 2, SL_IR_KIND_FLOAT);
    if (sine.file == SL_IR_NULL) {
        sl_ir_append1(&low->builder, SL_IR_COS, cosine, angle);
        return;
    }
    if (cosine.file == SL_IR_NULL) {
        sl_ir_append1(&low->builder, SL_IR_SIN, sine, angle);
        return;
    }
    struct sl_ir_src kept;
    struct sl_ir_dst keep = sl_sm4_scratch(low, cosine.mask, &kept);
    keep.saturate = cosine.saturate;
    cosine.saturate = false;
    sl_ir_append1(&low->builder, SL_IR_COS, keep, angle);
    sl_ir_append1(&low->builder, SL_IR_SIN, sine, angle);
    sl_ir_append1(&low->builder, SL_IR_MOV, cosine, kept);
}

/*
 * imad and umad; Aero's form with two destinations has the 64-bit product plus the addend, which
 * is extended with its sign by imad.
 */
static void lower_multiply_add(struct sl_sm4_lowering *low, bool is_signed)
{
    struct sl_ir_builder *builder = &low->builder;
    if (low->insn->operand_count < 5) {
        lower_direct(low, SL_IR_IMAD);
        return;
    }
    struct sl_ir_dst high = sl_sm4_dst_at(low, 0);
    struct sl_ir_dst low_word = sl_sm4_dst_at(low, 1);
    struct sl_ir_src a = sl_sm4_src_at(low, 2, SL_IR_KIND_INT);
    struct sl_ir_src b = sl_sm4_src_at(low, 3, SL_IR_KIND_INT);
    struct sl_ir_src c = sl_sm4_src_at(low, 4, SL_IR_KIND_INT);
    struct sl_ir_src product_high;
    struct sl_ir_src product_low;
    struct sl_ir_src sum;
    struct sl_ir_src carry;
    struct sl_ir_dst to_high = sl_sm4_scratch(low, 0xF, &product_high);
    struct sl_ir_insn *insn =
        sl_ir_append2(builder, is_signed ? SL_IR_IMUL : SL_IR_UMUL, to_high, a, b);
    insn->dst[1] = sl_sm4_scratch(low, 0xF, &product_low);
    if (is_signed) {
        struct sl_ir_src extension;
        sl_ir_append2(builder, SL_IR_ISHR, sl_sm4_scratch(low, 0xF, &extension), c, sl_ir_word(31));
        sl_ir_append2(builder, SL_IR_IADD, to_high, product_high, extension);
    }
    insn = sl_ir_append2(builder, SL_IR_UADDC, sl_sm4_scratch(low, 0xF, &sum), product_low, c);
    insn->dst[1] = sl_sm4_scratch(low, 0xF, &carry);
    sl_ir_append2(builder, SL_IR_IADD, high, product_high, carry);
    sl_ir_append1(builder, SL_IR_MOV, low_word, sum);
}

/* firstbit_hi and _shi; the option counts from bit 0. */
static void lower_first_bit(struct sl_sm4_lowering *low, enum sl_ir_op op)
{
    if (!low->options->firstbit_lsb) {
        lower_direct(low, op);
        return;
    }
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src value = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    struct sl_ir_src found;
    struct sl_ir_src exists;
    struct sl_ir_src mirrored;
    sl_ir_append1(&low->builder, op, sl_sm4_scratch(low, 0xF, &found), value);
    sl_ir_append2(&low->builder, SL_IR_INE, sl_sm4_scratch(low, 0xF, &exists), found,
                  sl_ir_word(UINT32_MAX));
    sl_ir_append2(&low->builder, SL_IR_IADD, sl_sm4_scratch(low, 0xF, &mirrored), sl_ir_word(31),
                  sl_ir_negated(found));
    sl_ir_append3(&low->builder, SL_IR_MOVC, dst, exists, mirrored, found);
}

/*
 * To nearest even: values below the least normal half by adding a float whose last bit is the last
 * of such a half; others by adding to the bits what carries into the part that is kept.
 */
static struct sl_ir_src nearest_half(struct sl_sm4_lowering *low, struct sl_ir_src magnitude)
{
    enum { SMALL = 0x38800000, LARGE = 0x47800000, ONE_HALF = 0x3F000000 };
    struct sl_ir_builder *builder = &low->builder;
    struct sl_ir_src small;
    struct sl_ir_src odd;
    struct sl_ir_src test;
    struct sl_ir_src result;
    struct sl_ir_dst to_small = sl_sm4_scratch(low, 0xF, &small);
    struct sl_ir_dst to_odd = sl_sm4_scratch(low, 0xF, &odd);
    struct sl_ir_dst to_test = sl_sm4_scratch(low, 0xF, &test);
    struct sl_ir_dst to_result = sl_sm4_scratch(low, 0xF, &result);
    sl_ir_append2(builder, SL_IR_ADD, to_small, magnitude, sl_ir_word(ONE_HALF));
    sl_ir_append2(builder, SL_IR_IADD, to_small, small, sl_ir_word(0u - ONE_HALF));
    sl_ir_append3(builder, SL_IR_UBFE, to_odd, sl_ir_word(1), sl_ir_word(13), magnitude);
    sl_ir_append2(builder, SL_IR_IADD, to_result, magnitude, odd);
    sl_ir_append2(builder, SL_IR_IADD, to_result, result, sl_ir_word(0xC8000FFFu));
    sl_ir_append2(builder, SL_IR_USHR, to_result, result, sl_ir_word(13));
    sl_ir_append2(builder, SL_IR_ULT, to_test, magnitude, sl_ir_word(SMALL));
    sl_ir_append3(builder, SL_IR_MOVC, to_result, test, small, result);
    sl_ir_append2(builder, SL_IR_UGE, to_test, magnitude, sl_ir_word(LARGE));
    sl_ir_append3(builder, SL_IR_MOVC, to_result, test, sl_ir_word(0x7C00), result);
    sl_ir_append2(builder, SL_IR_ULT, to_test, sl_ir_word(0x7F800000), magnitude);
    sl_ir_append3(builder, SL_IR_MOVC, to_result, test, sl_ir_word(0x7E00), result);
    return result;
}

static void lower_to_half(struct sl_sm4_lowering *low)
{
    if (!low->options->f16_nearest_even) {
        lower_direct(low, SL_IR_F32TOF16);
        return;
    }
    struct sl_ir_builder *builder = &low->builder;
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src value = sl_sm4_src_at(low, 1, SL_IR_KIND_FLOAT);
    struct sl_ir_src bits;
    struct sl_ir_src magnitude;
    struct sl_ir_src sign;
    sl_ir_append1(builder, SL_IR_MOV, sl_sm4_scratch(low, 0xF, &bits), value);
    sl_ir_append2(builder, SL_IR_AND, sl_sm4_scratch(low, 0xF, &magnitude), bits,
                  sl_ir_word(0x7FFFFFFF));
    struct sl_ir_dst to_sign = sl_sm4_scratch(low, 0xF, &sign);
    sl_ir_append2(builder, SL_IR_USHR, to_sign, bits, sl_ir_word(16));
    sl_ir_append2(builder, SL_IR_AND, to_sign, sign, sl_ir_word(0x8000));
    struct sl_ir_src half = nearest_half(low, magnitude);
    /* A NaN has no sign in the default rounding either. */
    struct sl_ir_src number;
    sl_ir_append2(builder, SL_IR_UGE, sl_sm4_scratch(low, 0xF, &number), sl_ir_word(0x7F800000),
                  magnitude);
    sl_ir_append2(builder, SL_IR_AND, to_sign, sign, number);
    sl_ir_append2(builder, SL_IR_OR, dst, half, sign);
}

/* ---- Aero's comparisons ---- */

/*
 * Codes 0 to 5 of setp, and those plus 8, which are true as well if an operand is NaN: the
 * opposite of the opposite comparison, which is false then.
 */
struct comparison {
    enum sl_ir_op op;
    bool swapped;
    bool inverted;
};

static bool find_comparison(unsigned code, struct comparison *comparison)
{
    static const struct {
        bool known;
        struct comparison comparison;
    } table[] = {
        [0] = {true, {SL_IR_EQ, false, false}}, [1] = {true, {SL_IR_NE, false, false}},
        [2] = {true, {SL_IR_LT, false, false}}, [3] = {true, {SL_IR_GE, false, false}},
        [4] = {true, {SL_IR_GE, true, false}},  [5] = {true, {SL_IR_LT, true, false}},
        [9] = {true, {SL_IR_NE, false, false}}, [10] = {true, {SL_IR_GE, false, true}},
        [11] = {true, {SL_IR_LT, false, true}}, [12] = {true, {SL_IR_LT, true, true}},
        [13] = {true, {SL_IR_GE, true, true}},
    };
    if (code >= sizeof(table) / sizeof(table[0]) || !table[code].known) {
        return false;
    }
    *comparison = table[code].comparison;
    return true;
}

/* Neither less nor greater. */
static void lower_unordered_equal(struct sl_sm4_lowering *low, struct sl_ir_dst dst,
                                  struct sl_ir_src a, struct sl_ir_src b)
{
    struct sl_ir_src less;
    struct sl_ir_src greater;
    struct sl_ir_dst to_less = sl_sm4_scratch(low, 0xF, &less);
    sl_ir_append2(&low->builder, SL_IR_LT, to_less, a, b);
    sl_ir_append2(&low->builder, SL_IR_LT, sl_sm4_scratch(low, 0xF, &greater), b, a);
    sl_ir_append2(&low->builder, SL_IR_OR, to_less, less, greater);
    sl_ir_append1(&low->builder, SL_IR_NOT, dst, less);
}

static void lower_setp(struct sl_sm4_lowering *low)
{
    enum { UNORDERED_EQUAL = 8 };
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src a = sl_sm4_src_at(low, 1, SL_IR_KIND_FLOAT);
    struct sl_ir_src b = sl_sm4_src_at(low, 2, SL_IR_KIND_FLOAT);
    struct comparison comparison;
    if (low->insn->compare == UNORDERED_EQUAL) {
        lower_unordered_equal(low, dst, a, b);
        return;
    }
    if (!find_comparison(low->insn->compare, &comparison)) {
        sl_sm4_refuse(low, SL_IR_BAD, "an unknown comparison %u", (unsigned)low->insn->compare);
        return;
    }
    struct sl_ir_src left = comparison.swapped ? b : a;
    struct sl_ir_src right = comparison.swapped ? a : b;
    if (!comparison.inverted) {
        sl_ir_append2(&low->builder, comparison.op, dst, left, right);
        return;
    }
    struct sl_ir_src opposite;
    sl_ir_append2(&low->builder, comparison.op, sl_sm4_scratch(low, 0xF, &opposite), left, right);
    sl_ir_append1(&low->builder, SL_IR_NOT, dst, opposite);
}

/* ---- */

static bool lower_irregular(struct sl_sm4_lowering *low)
{
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_INEG:
        lower_ineg(low);
        return true;
    case SL_SM4_AERO_ISUB:
        lower_isub(low);
        return true;
    case SL_SM4_AERO_GT:
        lower_swapped(low, SL_IR_LT);
        return true;
    case SL_SM4_AERO_LE:
        lower_swapped(low, SL_IR_GE);
        return true;
    case SL_SM4_SINCOS:
        lower_sincos(low);
        return true;
    case SL_SM4_IMAD:
        lower_multiply_add(low, true);
        return true;
    case SL_SM4_UMAD:
        lower_multiply_add(low, false);
        return true;
    case SL_SM4_FIRSTBIT_HI:
        lower_first_bit(low, SL_IR_FIRSTBIT_HI);
        return true;
    case SL_SM4_FIRSTBIT_SHI:
        lower_first_bit(low, SL_IR_FIRSTBIT_SHI);
        return true;
    case SL_SM4_F32TOF16:
        lower_to_half(low);
        return true;
    case SL_SM4_AERO_SETP:
        lower_setp(low);
        return true;
    default:
        return false;
    }
}

bool sl_sm4_lower_arithmetic(struct sl_sm4_lowering *low)
{
    for (size_t i = 0; i < sizeof(direct) / sizeof(direct[0]); i++) {
        if (direct[i].from == (uint16_t)low->insn->op) {
            lower_direct(low, (enum sl_ir_op)direct[i].to);
            return true;
        }
    }
    return lower_irregular(low);
}
