/* Literals of listings: six decimals, small integers, or bits in hexadecimal. */
#include "bytecode/sm4_text.h"

#define DIGITS 6u
#define FRACTION_BITS_MAX 60
#define LIMB 1000000000u
#define LIMBS_MAX 36u           /* 2^1024 has 309 digits */
#define PLAIN_INTEGER_MAX 10000 /* listings write larger ones in hexadecimal */

/* mantissa * 2^exponent for exponent >= 0. */
static void print_large(struct sl_buf *text, uint64_t mantissa, int exponent)
{
    uint32_t limbs[LIMBS_MAX] = {0};
    unsigned count = 0;
    for (; mantissa; mantissa /= LIMB) {
        limbs[count++] = (uint32_t)(mantissa % LIMB);
    }
    for (; exponent > 0; exponent--) {
        uint32_t carry = 0;
        for (unsigned i = 0; i < count; i++) {
            uint32_t doubled = 2 * limbs[i] + carry;
            carry = doubled >= LIMB;
            limbs[i] = doubled - (carry ? LIMB : 0);
        }
        if (carry) {
            limbs[count++] = carry;
        }
    }
    sl_buf_printf(text, "%u", count ? limbs[count - 1] : 0);
    for (unsigned i = count; i-- > 1;) {
        sl_buf_printf(text, "%09u", limbs[i - 1]);
    }
    sl_buf_text(text, ".000000");
}

/* mantissa / 2^bits, rounded to DIGITS decimals; ties go up. */
static void print_small(struct sl_buf *text, uint64_t mantissa, int bits)
{
    for (; bits > FRACTION_BITS_MAX; bits--) {
        mantissa >>= 1; /* below the last digit by far, and no tie has such bits */
    }
    uint64_t mask = ((uint64_t)1 << bits) - 1;
    uint64_t whole = mantissa >> bits;
    uint64_t rest = mantissa & mask;
    uint32_t digits = 0;
    for (unsigned i = 0; i < DIGITS; i++) {
        rest *= 10;
        digits = 10 * digits + (uint32_t)(rest >> bits);
        rest &= mask;
    }
    digits += 2 * rest > mask;
    whole += digits / 1000000;
    sl_buf_printf(text, "%llu.%06u", (unsigned long long)whole, digits % 1000000);
}

static void print_fixed(struct sl_buf *text, bool negative, uint64_t mantissa, int exponent)
{
    if (negative) {
        sl_buf_text(text, "-");
    }
    if (exponent >= 0) {
        print_large(text, mantissa, exponent);
    } else {
        print_small(text, mantissa, -exponent);
    }
}

void sl_sm4_print_float(struct sl_buf *text, uint32_t bits)
{
    uint32_t exponent = bits >> 23 & 0xFF;
    uint32_t mantissa = (bits & 0x7FFFFF) | (exponent ? 0x800000u : 0);
    print_fixed(text, bits >> 31, mantissa, (int)(exponent ? exponent : 1) - 150);
}

void sl_sm4_print_double(struct sl_buf *text, uint64_t bits)
{
    uint32_t exponent = (uint32_t)(bits >> 52) & 0x7FF;
    uint64_t mantissa = bits & 0xFFFFFFFFFFFFFu;
    mantissa |= exponent ? (uint64_t)1 << 52 : 0;
    print_fixed(text, bits >> 63, mantissa, (int)(exponent ? exponent : 1) - 1075);
}

static bool is_plain_integer(uint32_t bits)
{
    return bits + PLAIN_INTEGER_MAX <= 2 * PLAIN_INTEGER_MAX;
}

static void print_integer(struct sl_buf *text, uint32_t bits)
{
    if (is_plain_integer(bits)) {
        sl_buf_printf(text, "%s%u", bits >> 31 ? "-" : "", bits >> 31 ? 0 - bits : bits);
    } else {
        sl_buf_printf(text, "0x%08x", bits);
    }
}

static bool is_finite(uint32_t bits)
{
    return (bits >> 23 & 0xFF) != 0xFF;
}

void sl_sm4_print_mixed(struct sl_buf *text, uint32_t bits)
{
    bool normal = bits == 0x80000000 || (is_finite(bits) && (bits >> 23 & 0xFF) != 0);
    if (normal && !is_plain_integer(bits)) {
        sl_sm4_print_float(text, bits);
    } else {
        print_integer(text, bits);
    }
}

void sl_sm4_print_literal(struct sl_buf *text, enum sl_sm4_literal kind, uint32_t bits)
{
    if (kind == SL_SM4_LITERAL_MIXED) {
        sl_sm4_print_mixed(text, bits);
    } else if (kind != SL_SM4_LITERAL_FLOAT) {
        print_integer(text, bits);
    } else if (is_finite(bits)) {
        sl_sm4_print_float(text, bits);
    } else {
        sl_buf_printf(text, "0x%08x", bits);
    }
}
