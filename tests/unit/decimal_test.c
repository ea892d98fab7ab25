/* Floats to text and back. Expected texts and bits come from C's printf("%.9g") and strtof. */
#include "base/decimal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(decimal);

static void expect_print(uint32_t bits, const char *text)
{
    struct sl_buf out = {0};
    sl_decimal_print(&out, bits);
    cr_assert_str_eq(sl_buf_cstr(&out), text);
    sl_buf_finish(&out);
}

Test(decimal, prints_nine_digits_with_three_of_the_exponent)
{
    expect_print(0x00000000, "0");
    expect_print(0x80000000, "-0");
    expect_print(0x3F800000, "1");
    expect_print(0x3DCCCCCD, "0.100000001");
    expect_print(0xC0490FDB, "-3.14159274");
    expect_print(0x39888889, "0.00026041668");
    expect_print(0x358637BD, "9.99999997e-007");
    expect_print(0x4E6E6B28, "1e+009");
    expect_print(0x4CBEBC20, "100000000");
    expect_print(0x7F7FFFFF, "3.40282347e+038");
    expect_print(0x00000001, "1.40129846e-045");
}

/* Two floats with ten digits, of which the last is 5. */
Test(decimal, prints_ties_to_even)
{
    expect_print(0x4A000000 | 1, "2097152.25");
    expect_print(0x49FFFFFF, "2097151.88"); /* 2097151.875 */
    expect_print(0x49FFFFFD, "2097151.62"); /* 2097151.625 */
}

static void expect_same_as_libc(uint32_t bits)
{
    if ((bits & 0x7F800000) == 0x7F800000) {
        return;
    }
    float value;
    memcpy(&value, &bits, sizeof(value));
    char expected[64];
    snprintf(expected, sizeof(expected), "%.9g", (double)value);
    char *exponent = strchr(expected, 'e');
    if (exponent) {
        int power = atoi(exponent + 1);
        snprintf(exponent, 16, "e%c%03d", power < 0 ? '-' : '+', abs(power));
    }
    struct sl_buf out = {0};
    sl_decimal_print(&out, bits);
    const char *text = sl_buf_cstr(&out);
    uint32_t back = 0;
    cr_assert_str_eq(text, expected);
    cr_assert(sl_decimal_parse(text, out.size, &back));
    cr_assert_eq(back, bits, "%s is %08x, not %08x", text, back, bits);
    sl_buf_finish(&out);
}

Test(decimal, agrees_with_libc_over_the_whole_range)
{
    uint32_t bits = 1;
    for (unsigned i = 0; i < 20000; i++) {
        bits = bits * 1664525 + 1013904223;
        expect_same_as_libc(bits);
        expect_same_as_libc(bits & 0x807FFFFF);
    }
}

static void expect_parse(const char *text, uint32_t bits)
{
    uint32_t back = 0;
    cr_assert(sl_decimal_parse(text, strlen(text), &back), "%s", text);
    cr_assert_eq(back, bits, "%s is %08x", text, back);
}

Test(decimal, parses_to_the_nearest_float_and_ties_to_even)
{
    expect_parse("1", 0x3F800000);
    expect_parse("-.5", 0xBF000000);
    expect_parse("5.e-1", 0x3F000000);
    expect_parse("+0012.5E+1", 0x42FA0000);
    expect_parse("0e99999999999", 0);
    expect_parse("-0", 0x80000000);
    expect_parse("1e-99999999999", 0);
    expect_parse("1.000000059604644775390625", 0x3F800000);
    expect_parse(
        "1.00000005960464477539062500000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        0x3F800001);
    expect_parse("1.000000178813934326171875", 0x3F800002);
    expect_parse("7.006492321624085354618e-46", 0);
    expect_parse("7.1e-46", 1);
    expect_parse("3.4028235677e38", 0x7F7FFFFF);
}

Test(decimal, refuses_what_is_no_number_or_too_large)
{
    static const char *const bad[] = {"",    "-",     "+",  ".",  "e5",  "1e",   "1e+",
                                      "0x1", "1.2.3", "1f", " 1", "--1", "1e39", "3.4028235678e38"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t bits;
        cr_expect(!sl_decimal_parse(bad[i], strlen(bad[i]), &bits), "'%s'", bad[i]);
    }
}
