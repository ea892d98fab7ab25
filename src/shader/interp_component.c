#include "shader/interp_component.h"

#include "render/convert.h"
#include "render/f32_math.h"

/* ---- moves ---- */

static uint32_t move(uint32_t a)
{
    return a;
}

static uint32_t select_bits(uint32_t a, uint32_t b, uint32_t c)
{
    return a ? b : c;
}

static void swap_bits(const uint32_t in[3], uint32_t out[2])
{
    out[0] = in[0] ? in[2] : in[1];
    out[1] = in[0] ? in[1] : in[2];
}

/* ---- conversions ---- */

static uint32_t float_to_int(uint32_t a)
{
    return (uint32_t)sl_f32_to_i32(sl_f32_from_bits(a));
}

static uint32_t float_to_uint(uint32_t a)
{
    return sl_f32_to_u32(sl_f32_from_bits(a));
}

static int32_t as_signed(uint32_t a)
{
    return a > INT32_MAX ? -(int32_t)~a - 1 : (int32_t)a;
}

static uint32_t int_to_float(uint32_t a)
{
    return sl_f32_to_bits((float)as_signed(a));
}

static uint32_t uint_to_float(uint32_t a)
{
    return sl_f32_to_bits((float)a);
}

static uint32_t half_to_float(uint32_t a)
{
    return sl_f32_to_bits(sl_f16_to_f32((uint16_t)a));
}

static uint32_t float_to_half(uint32_t a)
{
    return sl_f32_to_f16(sl_f32_from_bits(a));
}

/* ---- integers ---- */

static uint32_t bit_and(uint32_t a, uint32_t b)
{
    return a & b;
}

static uint32_t bit_or(uint32_t a, uint32_t b)
{
    return a | b;
}

static uint32_t bit_xor(uint32_t a, uint32_t b)
{
    return a ^ b;
}

static uint32_t bit_not(uint32_t a)
{
    return ~a;
}

static uint32_t shift_left(uint32_t a, uint32_t b)
{
    return a << (b & 31);
}

static uint32_t shift_right(uint32_t a, uint32_t b)
{
    return a >> (b & 31);
}

/* What leaves on the right is dropped, copies of the sign come from the left. */
static uint32_t shift_right_signed(uint32_t a, uint32_t b)
{
    return a > INT32_MAX ? ~(~a >> (b & 31)) : a >> (b & 31);
}

static uint32_t add(uint32_t a, uint32_t b)
{
    return a + b;
}

static uint32_t min_signed(uint32_t a, uint32_t b)
{
    return as_signed(a) < as_signed(b) ? a : b;
}

static uint32_t max_signed(uint32_t a, uint32_t b)
{
    return as_signed(a) > as_signed(b) ? a : b;
}

static uint32_t min_unsigned(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max_unsigned(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t magnitude(uint32_t a)
{
    return a > INT32_MAX ? 0 - a : a;
}

static uint32_t multiply_add(uint32_t a, uint32_t b, uint32_t c)
{
    return a * b + c;
}

static void multiply_signed(const uint32_t in[2], uint32_t out[2])
{
    uint64_t product = (uint64_t)((int64_t)as_signed(in[0]) * as_signed(in[1]));
    out[0] = (uint32_t)(product >> 32);
    out[1] = (uint32_t)product;
}

static void multiply_unsigned(const uint32_t in[2], uint32_t out[2])
{
    uint64_t product = (uint64_t)in[0] * in[1];
    out[0] = (uint32_t)(product >> 32);
    out[1] = (uint32_t)product;
}

static void divide_unsigned(const uint32_t in[2], uint32_t out[2])
{
    out[0] = in[1] ? in[0] / in[1] : UINT32_MAX;
    out[1] = in[1] ? in[0] % in[1] : UINT32_MAX;
}

/* Truncates; the least by -1 wraps, because its magnitude is itself. */
static void divide_signed(const uint32_t in[2], uint32_t out[2])
{
    if (in[1] == 0) {
        out[0] = UINT32_MAX;
        out[1] = UINT32_MAX;
        return;
    }
    uint32_t quotient = magnitude(in[0]) / magnitude(in[1]);
    uint32_t remainder = magnitude(in[0]) % magnitude(in[1]);
    out[0] = (in[0] ^ in[1]) > INT32_MAX ? 0 - quotient : quotient;
    out[1] = in[0] > INT32_MAX ? 0 - remainder : remainder;
}

static void add_carry(const uint32_t in[2], uint32_t out[2])
{
    out[0] = in[0] + in[1];
    out[1] = out[0] < in[0];
}

static void subtract_borrow(const uint32_t in[2], uint32_t out[2])
{
    out[0] = in[0] - in[1];
    out[1] = in[0] < in[1];
}

static bool equal(uint32_t a, uint32_t b)
{
    return a == b;
}

static bool not_equal(uint32_t a, uint32_t b)
{
    return a != b;
}

static bool less_signed(uint32_t a, uint32_t b)
{
    return as_signed(a) < as_signed(b);
}

static bool at_least_signed(uint32_t a, uint32_t b)
{
    return as_signed(a) >= as_signed(b);
}

static bool less_unsigned(uint32_t a, uint32_t b)
{
    return a < b;
}

static bool at_least_unsigned(uint32_t a, uint32_t b)
{
    return a >= b;
}

static uint32_t count_bits(uint32_t a)
{
    uint32_t count = 0;
    for (; a; a &= a - 1) {
        count++;
    }
    return count;
}

static uint32_t reverse_bits(uint32_t a)
{
    uint32_t reversed = 0;
    for (unsigned i = 0; i < 32; i++) {
        reversed = reversed << 1 | (a >> i & 1);
    }
    return reversed;
}

/* Counted from the most significant bit; none: all ones. */
static uint32_t first_from_top(uint32_t a)
{
    for (unsigned i = 0; i < 32; i++) {
        if (a >> (31 - i) & 1) {
            return i;
        }
    }
    return UINT32_MAX;
}

static uint32_t first_from_bottom(uint32_t a)
{
    for (unsigned i = 0; i < 32; i++) {
        if (a >> i & 1) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* The first bit that differs from the sign. */
static uint32_t first_after_sign(uint32_t a)
{
    return first_from_top(a > INT32_MAX ? ~a : a);
}

static uint32_t extract_unsigned(uint32_t a, uint32_t b, uint32_t value)
{
    uint32_t width = a & 31;
    uint32_t offset = b & 31;
    if (width == 0) {
        return 0;
    }
    if (width + offset < 32) {
        return value << (32 - width - offset) >> (32 - width);
    }
    return value >> offset;
}

static uint32_t extract_signed(uint32_t a, uint32_t b, uint32_t value)
{
    uint32_t width = a & 31;
    uint32_t offset = b & 31;
    if (width == 0) {
        return 0;
    }
    if (width + offset < 32) {
        return shift_right_signed(value << (32 - width - offset), 32 - width);
    }
    return shift_right_signed(value, offset);
}

/* in: width, offset, inserted, base */
static void insert_bits(const uint32_t in[4], uint32_t out[2])
{
    uint32_t offset = in[1] & 31;
    uint32_t mask = ((UINT32_C(1) << (in[0] & 31)) - 1) << offset;
    out[0] = (in[2] << offset & mask) | (in[3] & ~mask);
}

/* ---- the table ---- */

/* The one that is not NULL says what shape the operation has. */
struct component_op {
    float (*float_1)(float);
    float (*float_2)(float, float);
    float (*float_3)(float, float, float);
    bool (*float_test)(float, float);
    uint32_t (*bits_1)(uint32_t);
    uint32_t (*bits_2)(uint32_t, uint32_t);
    uint32_t (*bits_3)(uint32_t, uint32_t, uint32_t);
    bool (*bits_test)(uint32_t, uint32_t);
    void (*words)(const uint32_t *in, uint32_t *out);
};

static const struct component_op component_ops[SL_IR_OP_COUNT] = {
    [SL_IR_MOV] = {.bits_1 = move},
    [SL_IR_MOVC] = {.bits_3 = select_bits},
    [SL_IR_SWAPC] = {.words = swap_bits},
    [SL_IR_ADD] = {.float_2 = sl_f32_add},
    [SL_IR_MUL] = {.float_2 = sl_f32_mul},
    [SL_IR_MAD] = {.float_3 = sl_f32_mad},
    [SL_IR_DIV] = {.float_2 = sl_f32_div},
    [SL_IR_MIN] = {.float_2 = sl_f32_min},
    [SL_IR_MAX] = {.float_2 = sl_f32_max},
    [SL_IR_FRC] = {.float_1 = sl_f32_frc},
    [SL_IR_ROUND_NE] = {.float_1 = sl_f32_round_ne},
    [SL_IR_ROUND_NI] = {.float_1 = sl_f32_round_ni},
    [SL_IR_ROUND_PI] = {.float_1 = sl_f32_round_pi},
    [SL_IR_ROUND_Z] = {.float_1 = sl_f32_round_z},
    [SL_IR_EXP] = {.float_1 = sl_f32_exp2},
    [SL_IR_LOG] = {.float_1 = sl_f32_log2},
    [SL_IR_RCP] = {.float_1 = sl_f32_rcp},
    [SL_IR_RSQ] = {.float_1 = sl_f32_rsq},
    [SL_IR_SQRT] = {.float_1 = sl_f32_sqrt},
    [SL_IR_SIN] = {.float_1 = sl_f32_sin},
    [SL_IR_COS] = {.float_1 = sl_f32_cos},
    [SL_IR_POW] = {.float_2 = sl_f32_pow},
    [SL_IR_EQ] = {.float_test = sl_f32_eq},
    [SL_IR_NE] = {.float_test = sl_f32_ne},
    [SL_IR_LT] = {.float_test = sl_f32_lt},
    [SL_IR_GE] = {.float_test = sl_f32_ge},
    [SL_IR_FTOI] = {.bits_1 = float_to_int},
    [SL_IR_FTOU] = {.bits_1 = float_to_uint},
    [SL_IR_ITOF] = {.bits_1 = int_to_float},
    [SL_IR_UTOF] = {.bits_1 = uint_to_float},
    [SL_IR_F16TOF32] = {.bits_1 = half_to_float},
    [SL_IR_F32TOF16] = {.bits_1 = float_to_half},
    [SL_IR_AND] = {.bits_2 = bit_and},
    [SL_IR_OR] = {.bits_2 = bit_or},
    [SL_IR_XOR] = {.bits_2 = bit_xor},
    [SL_IR_NOT] = {.bits_1 = bit_not},
    [SL_IR_ISHL] = {.bits_2 = shift_left},
    [SL_IR_ISHR] = {.bits_2 = shift_right_signed},
    [SL_IR_USHR] = {.bits_2 = shift_right},
    [SL_IR_IADD] = {.bits_2 = add},
    [SL_IR_IMIN] = {.bits_2 = min_signed},
    [SL_IR_IMAX] = {.bits_2 = max_signed},
    [SL_IR_UMIN] = {.bits_2 = min_unsigned},
    [SL_IR_UMAX] = {.bits_2 = max_unsigned},
    [SL_IR_IABS] = {.bits_1 = magnitude},
    [SL_IR_IMAD] = {.bits_3 = multiply_add},
    [SL_IR_IMUL] = {.words = multiply_signed},
    [SL_IR_UMUL] = {.words = multiply_unsigned},
    [SL_IR_UDIV] = {.words = divide_unsigned},
    [SL_IR_IDIV] = {.words = divide_signed},
    [SL_IR_UADDC] = {.words = add_carry},
    [SL_IR_USUBB] = {.words = subtract_borrow},
    [SL_IR_IEQ] = {.bits_test = equal},
    [SL_IR_INE] = {.bits_test = not_equal},
    [SL_IR_ILT] = {.bits_test = less_signed},
    [SL_IR_IGE] = {.bits_test = at_least_signed},
    [SL_IR_ULT] = {.bits_test = less_unsigned},
    [SL_IR_UGE] = {.bits_test = at_least_unsigned},
    [SL_IR_COUNTBITS] = {.bits_1 = count_bits},
    [SL_IR_BFREV] = {.bits_1 = reverse_bits},
    [SL_IR_FIRSTBIT_HI] = {.bits_1 = first_from_top},
    [SL_IR_FIRSTBIT_LO] = {.bits_1 = first_from_bottom},
    [SL_IR_FIRSTBIT_SHI] = {.bits_1 = first_after_sign},
    [SL_IR_UBFE] = {.bits_3 = extract_unsigned},
    [SL_IR_IBFE] = {.bits_3 = extract_signed},
    [SL_IR_BFI] = {.words = insert_bits},
};

bool sl_component_has(enum sl_ir_op op)
{
    const struct component_op *f = &component_ops[op];
    return f->float_1 || f->float_2 || f->float_3 || f->float_test || f->bits_1 || f->bits_2 ||
           f->bits_3 || f->bits_test || f->words;
}

static uint32_t evaluate_float(const struct component_op *f, const uint32_t in[3])
{
    float a = sl_f32_from_bits(in[0]);
    if (f->float_1) {
        return sl_f32_to_bits(f->float_1(a));
    }
    float b = sl_f32_from_bits(in[1]);
    if (f->float_2) {
        return sl_f32_to_bits(f->float_2(a, b));
    }
    if (f->float_test) {
        return f->float_test(a, b) ? UINT32_MAX : 0;
    }
    return sl_f32_to_bits(f->float_3(a, b, sl_f32_from_bits(in[2])));
}

static uint32_t evaluate_bits(const struct component_op *f, const uint32_t in[3])
{
    if (f->bits_1) {
        return f->bits_1(in[0]);
    }
    if (f->bits_2) {
        return f->bits_2(in[0], in[1]);
    }
    if (f->bits_test) {
        return f->bits_test(in[0], in[1]) ? UINT32_MAX : 0;
    }
    return f->bits_3(in[0], in[1], in[2]);
}

void sl_component_evaluate(enum sl_ir_op op, const uint32_t in[SL_IR_SRCS],
                           uint32_t out[SL_IR_DSTS])
{
    const struct component_op *f = &component_ops[op];
    if (f->words) {
        f->words(in, out);
    } else if (f->bits_1 || f->bits_2 || f->bits_3 || f->bits_test) {
        out[0] = evaluate_bits(f, in);
    } else {
        out[0] = evaluate_float(f, in);
    }
}
