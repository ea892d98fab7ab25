#include "base/decimal.h"

#include <string.h>

/* The longest value met is a midpoint of denormals, (2^25 - 1) * 2^-150, which has 113 digits. */
#define DIGITS_MAX 128u
#define LIMBS_MAX 16u
#define LIMB 1000000000u
#define LIMB_DIGITS 9u

#define PRINTED_DIGITS 9u
#define FLOAT_SIGN 0x80000000u
#define FLOAT_INFINITY 0x7F800000u
#define EXPONENT_LIMIT 100000
#define TEXT_MAX 1000000u

/* 0.d0 d1 d2 ... times 10^point. No trailing zeros, no leading ones; zero has no digits. */
struct decimal {
    uint8_t digits[DIGITS_MAX];
    unsigned count;
    int point;
};

/* Little-endian in base 10^9. */
struct limbs {
    uint32_t v[LIMBS_MAX];
    unsigned count;
};

static void limbs_multiply(struct limbs *n, uint32_t factor)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < n->count; i++) {
        carry += (uint64_t)n->v[i] * factor;
        n->v[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    while (carry) {
        n->v[n->count++] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
}

static void limbs_multiply_power(struct limbs *n, uint32_t base, unsigned step, unsigned power)
{
    uint32_t big = 1;
    for (unsigned i = 0; i < step; i++) {
        big *= base;
    }
    for (; power >= step; power -= step) {
        limbs_multiply(n, big);
    }
    for (; power > 0; power--) {
        limbs_multiply(n, base);
    }
}

static void strip_zeros(struct decimal *d)
{
    while (d->count > 0 && d->digits[d->count - 1] == 0) {
        d->count--;
    }
}

/* mantissa * 2^exponent, exactly; x * 2^-n is x * 5^n with the point n places to the left. */
static void expand(uint32_t mantissa, int exponent, struct decimal *d)
{
    struct limbs n = {.count = 0};
    for (uint32_t rest = mantissa; rest; rest /= LIMB) {
        n.v[n.count++] = rest % LIMB;
    }
    if (exponent >= 0) {
        limbs_multiply_power(&n, 2, 31, (unsigned)exponent);
    } else {
        limbs_multiply_power(&n, 5, 13, (unsigned)-exponent);
    }
    memset(d, 0, sizeof(*d));
    for (unsigned i = n.count; i-- > 0;) {
        uint32_t unit = LIMB / 10;
        for (unsigned k = 0; k < LIMB_DIGITS; k++, unit /= 10) {
            uint8_t digit = (uint8_t)(n.v[i] / unit % 10);
            if (d->count > 0 || digit > 0) {
                d->digits[d->count++] = digit;
            }
        }
    }
    d->point = (int)d->count + (exponent < 0 ? exponent : 0);
    strip_zeros(d);
}

/* Of a finite float without its sign: *mantissa * 2^(result). */
static int split(uint32_t bits, uint32_t *mantissa)
{
    int exponent = (int)(bits >> 23);
    *mantissa = bits & 0x7FFFFF;
    if (exponent == 0) {
        return -149;
    }
    *mantissa |= 0x800000;
    return exponent - 150;
}

/* To PRINTED_DIGITS digits, ties to even. */
static void round_digits(struct decimal *d)
{
    if (d->count <= PRINTED_DIGITS) {
        return;
    }
    uint8_t next = d->digits[PRINTED_DIGITS];
    bool is_half = next == 5 && d->count == PRINTED_DIGITS + 1;
    bool up =
        next > 5 || (next == 5 && !is_half) || (is_half && d->digits[PRINTED_DIGITS - 1] % 2 != 0);
    d->count = PRINTED_DIGITS;
    unsigned i = PRINTED_DIGITS;
    while (up && i > 0) {
        i--;
        up = d->digits[i] == 9;
        d->digits[i] = up ? 0 : (uint8_t)(d->digits[i] + 1);
    }
    if (up) {
        d->digits[0] = 1;
        d->point++;
    }
    strip_zeros(d);
}

static void print_digits(struct sl_buf *out, const struct decimal *d, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        sl_buf_u8(out, (uint8_t)('0' + (i < d->count ? d->digits[i] : 0)));
    }
}

static void print_fraction(struct sl_buf *out, const struct decimal *d, unsigned from)
{
    if (d->count > from) {
        sl_buf_text(out, ".");
        print_digits(out, d, from, d->count);
    }
}

void sl_decimal_print(struct sl_buf *out, uint32_t bits)
{
    uint32_t mantissa;
    int exponent = split(bits & ~FLOAT_SIGN, &mantissa);
    struct decimal d;
    expand(mantissa, exponent, &d);
    round_digits(&d);
    if (bits & FLOAT_SIGN) {
        sl_buf_text(out, "-");
    }
    if (d.count == 0) {
        sl_buf_text(out, "0");
    } else if (d.point < -3 || d.point > (int)PRINTED_DIGITS) {
        int power = d.point - 1;
        print_digits(out, &d, 0, 1);
        print_fraction(out, &d, 1);
        sl_buf_printf(out, "e%c%03d", power < 0 ? '-' : '+', power < 0 ? -power : power);
    } else if (d.point <= 0) {
        sl_buf_printf(out, "0.%.*s", -d.point, "000");
        print_digits(out, &d, 0, d.count);
    } else {
        print_digits(out, &d, 0, (unsigned)d.point);
        print_fraction(out, &d, (unsigned)d.point);
    }
}

static int compare(const struct decimal *a, const struct decimal *b)
{
    if (a->count == 0 || b->count == 0) {
        return (a->count > 0) - (b->count > 0);
    }
    if (a->point != b->point) {
        return a->point < b->point ? -1 : 1;
    }
    unsigned shared = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->digits, b->digits, shared);
    if (order != 0) {
        return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

/*
 * One more digit. Those past DIGITS_MAX matter only by being there: every float and midpoint has
 * fewer, so any digit but 0 at the end makes the value differ from them in the right direction.
 */
static void push_digit(struct decimal *d, uint8_t digit, bool is_fraction)
{
    if (d->count == 0 && digit == 0) {
        d->point -= is_fraction;
        return;
    }
    if (d->count < DIGITS_MAX) {
        d->digits[d->count++] = digit;
    } else if (digit != 0) {
        d->digits[DIGITS_MAX - 1] = 9;
    }
    d->point += !is_fraction;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_exponent(const char *text, size_t size, int *exponent)
{
    size_t i = size > 0 && (text[0] == '-' || text[0] == '+');
    if (i == size) {
        return false;
    }
    *exponent = 0;
    for (size_t at = i; at < size; at++) {
        if (!is_digit(text[at])) {
            return false;
        }
        if (*exponent < EXPONENT_LIMIT) {
            *exponent = 10 * *exponent + (text[at] - '0');
        }
    }
    *exponent = text[0] == '-' ? -*exponent : *exponent;
    return true;
}

/* Text without a sign to a decimal. */
static bool read_decimal(const char *text, size_t size, struct decimal *d)
{
    memset(d, 0, sizeof(*d));
    bool has_digit = false;
    bool is_fraction = false;
    size_t i = 0;
    for (; i < size && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.' && !is_fraction) {
            is_fraction = true;
        } else if (is_digit(text[i])) {
            has_digit = true;
            push_digit(d, (uint8_t)(text[i] - '0'), is_fraction);
        } else {
            return false;
        }
    }
    int exponent = 0;
    if (!has_digit || (i < size && !read_exponent(text + i + 1, size - i - 1, &exponent))) {
        return false;
    }
    d->point += exponent;
    strip_zeros(d);
    return true;
}

/* The value halfway from a finite float to the next one. */
static void midpoint(uint32_t bits, struct decimal *d)
{
    uint32_t mantissa;
    int exponent = split(bits, &mantissa);
    expand(2 * mantissa + 1, exponent - 1, d);
}

bool sl_decimal_parse(const char *text, size_t size, uint32_t *bits)
{
    bool has_sign = size > 0 && (text[0] == '-' || text[0] == '+');
    struct decimal value;
    if (size > TEXT_MAX || !read_decimal(text + has_sign, size - has_sign, &value)) {
        return false;
    }
    /* The first float whose upper midpoint is not below the value. */
    uint32_t low = 0;
    uint32_t high = FLOAT_INFINITY;
    struct decimal middle;
    while (low < high) {
        uint32_t guess = low + (high - low) / 2;
        midpoint(guess, &middle);
        if (compare(&value, &middle) > 0) {
            low = guess + 1;
        } else {
            high = guess;
        }
    }
    if (low < FLOAT_INFINITY) {
        midpoint(low, &middle);
        low += low % 2 != 0 && compare(&value, &middle) == 0;
    }
    if (low >= FLOAT_INFINITY) {
        return false;
    }
    *bits = low | (text[0] == '-' ? FLOAT_SIGN : 0);
    return true;
}
