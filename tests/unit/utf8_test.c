/* What counts as text: RFC 3629's limits, each from both sides. */
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(utf8);

Test(utf8, the_limits_of_each_length)
{
    static const char *const text[] = {
        "",
        "\x01",
        "\x7F",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "a\xC3\xA4z",
    };
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        cr_assert(sl_utf8_is_text(text[i], strlen(text[i])), "row %zu", i);
    }
}

Test(utf8, what_is_not_text)
{
    static const char *const bad[] = {
        "\x80",         "\xC0\x80",         "\xC1\xBF",
        "\xC2",         "\xC2\x7F",         "\xE0\x9F\xBF",
        "\xE1\x80",     "\xED\xA0\x80",     "\xF0\x8F\xBF\xBF",
        "\xF1\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF",         "ok\xE2\x82 no",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_not(sl_utf8_is_text(bad[i], strlen(bad[i])), "row %zu", i);
    }
    cr_assert_not(sl_utf8_is_text("a\0b", 3), "a NUL is not text");
}
