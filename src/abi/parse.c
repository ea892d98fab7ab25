/* Values back from text; the inverse of print.c. */
#include "abi/abi.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t type_max(enum sl_abi_type type)
{
    uint32_t size = sl_abi_type_size(type, NULL);
    return size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;
}

/* Digits only: strtoull alone would take signs and spaces. */
static bool parse_unsigned(const char *text, uint64_t max, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    size_t length = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (!length || digits[length]) {
        return false;
    }
    errno = 0;
    unsigned long long v = strtoull(digits, NULL, hex ? 16 : 10);
    if (errno || v > max) {
        return false;
    }
    *value = v;
    return true;
}

static bool parse_signed(const char *text, uint64_t *value)
{
    uint64_t magnitude;
    if (text[0] != '-') {
        bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
        return parse_unsigned(text, hex ? UINT32_MAX : INT32_MAX, value);
    }
    if (!parse_unsigned(text + 1, UINT64_C(0x80000000), &magnitude)) {
        return false;
    }
    *value = (uint32_t)(0 - magnitude);
    return true;
}

static bool parse_float(const char *text, uint64_t *value)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        return parse_unsigned(text, UINT32_MAX, value);
    }
    size_t sign = text[0] == '-' || text[0] == '+';
    bool is_inf = strcmp(text + sign, "inf") == 0;
    if (!is_inf && (strspn(text, "0123456789+-.eE") != strlen(text) || !text[0])) {
        return false;
    }
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c) {
        return false;
    }
    locale_t before = uselocale(c);
    char *end;
    float v = strtof(text, &end);
    uselocale(before);
    freelocale(c);
    if (end == text || *end || (isinf(v) && !is_inf)) {
        return false;
    }
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    *value = bits;
    return true;
}

/* One name or number of NAME|NAME. */
static bool parse_term(const char *term, size_t length, const struct sl_abi_enum *names,
                       uint64_t max, uint64_t *value)
{
    char copy[96];
    if (!length || length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, term, length);
    copy[length] = 0;
    return (sl_abi_value_of(names, copy, value) && *value <= max) ||
           parse_unsigned(copy, max, value);
}

static bool parse_names(const char *text, enum sl_abi_type type, const struct sl_abi_enum *names,
                        uint64_t *value)
{
    uint64_t all = 0;
    for (;;) {
        size_t length = strcspn(text, "|");
        uint64_t one;
        if (!parse_term(text, length, names, type_max(type), &one)) {
            return false;
        }
        all |= one;
        if (!text[length]) {
            *value = all;
            return true;
        }
        if (!names->is_flags) {
            return false;
        }
        text += length + 1;
    }
}

bool sl_abi_parse_value(const char *text, enum sl_abi_type type, const struct sl_abi_enum *names,
                        uint64_t *value)
{
    if (names) {
        return parse_names(text, type, names, value);
    }
    if (type == SL_ABI_F32) {
        return parse_float(text, value);
    }
    if (type == SL_ABI_I32) {
        return parse_signed(text, value);
    }
    return type != SL_ABI_STRUCT && parse_unsigned(text, type_max(type), value);
}
