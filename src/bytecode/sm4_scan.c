#include "bytecode/sm4_scan.h"

#include "base/decimal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sl_sm4_scan_fail(struct sl_sm4_scanner *scanner, const char *format, ...)
{
    if (!scanner->failed) {
        va_list args;
        va_start(args, format);
        vsnprintf(scanner->message, scanner->message_size, format, args);
        va_end(args);
        scanner->failed = true;
    }
    return false;
}

void sl_sm4_scan_blanks(struct sl_sm4_scanner *scanner)
{
    while (scanner->at < scanner->end) {
        char c = *scanner->at;
        if (sl_sm4_is_comment(scanner->at, (size_t)(scanner->end - scanner->at))) {
            while (scanner->at < scanner->end && *scanner->at != '\n') {
                scanner->at++;
            }
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            scanner->at++;
        } else {
            return;
        }
    }
}

bool sl_sm4_scan_at_end(struct sl_sm4_scanner *scanner)
{
    sl_sm4_scan_blanks(scanner);
    return scanner->at == scanner->end;
}

bool sl_sm4_scan_accept(struct sl_sm4_scanner *scanner, const char *text)
{
    sl_sm4_scan_blanks(scanner);
    size_t size = strlen(text);
    if ((size_t)(scanner->end - scanner->at) < size || memcmp(scanner->at, text, size) != 0) {
        return false;
    }
    scanner->at += size;
    return true;
}

bool sl_sm4_scan_expect(struct sl_sm4_scanner *scanner, const char *text)
{
    if (sl_sm4_scan_accept(scanner, text)) {
        return true;
    }
    int shown = scanner->end - scanner->at < 16 ? (int)(scanner->end - scanner->at) : 16;
    return shown ? sl_sm4_scan_fail(scanner, "\"%s\" is missing before \"%.*s\"", text, shown,
                                    scanner->at)
                 : sl_sm4_scan_fail(scanner, "\"%s\" is missing at the end", text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

size_t sl_sm4_scan_word(struct sl_sm4_scanner *scanner, const char **word)
{
    sl_sm4_scan_blanks(scanner);
    *word = scanner->at;
    while (scanner->at < scanner->end && is_word(*scanner->at)) {
        scanner->at++;
    }
    return (size_t)(scanner->at - *word);
}

static int digit_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

bool sl_sm4_parse_unsigned(const char *text, size_t size, uint64_t max, uint64_t *number)
{
    bool hex = size > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t base = hex ? 16 : 10;
    *number = 0;
    if (size == 0) {
        return false;
    }
    for (size_t i = hex ? 2 : 0; i < size; i++) {
        uint64_t digit = (uint64_t)digit_value(text[i]);
        if (digit >= base || *number > (max - digit) / base || digit > max) {
            return false;
        }
        *number = *number * base + digit;
    }
    return true;
}

bool sl_sm4_scan_number(struct sl_sm4_scanner *scanner, uint64_t max, uint64_t *number)
{
    const char *word;
    size_t size = sl_sm4_scan_word(scanner, &word);
    *number = 0;
    return sl_sm4_parse_unsigned(word, size, max, number) ||
           sl_sm4_scan_fail(scanner, "\"%.*s\" is no number up to %llu",
                            (int)(size < 24 ? size : 24), word, (unsigned long long)max);
}

bool sl_sm4_scan_u32(struct sl_sm4_scanner *scanner, uint32_t *number)
{
    uint64_t wide;
    bool ok = sl_sm4_scan_number(scanner, UINT32_MAX, &wide);
    *number = (uint32_t)wide;
    return ok;
}

bool sl_sm4_scan_hex(struct sl_sm4_scanner *scanner, uint32_t *word)
{
    const char *text;
    size_t size = sl_sm4_scan_word(scanner, &text);
    *word = 0;
    bool ok = size >= 1 && size <= 8;
    for (size_t i = 0; ok && i < size; i++) {
        int digit = digit_value(text[i]);
        ok = digit < 16;
        *word = *word << 4 | (uint32_t)(digit & 0xF);
    }
    return ok || sl_sm4_scan_fail(scanner, "\"%.*s\" is no word of up to eight hexadecimal digits",
                                  (int)(size < 24 ? size : 24), text);
}

static bool is_integer(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
    }
    return size > 0;
}

/* Hexadecimal: the bits. Digits alone: an integer, or a float where the instruction takes floats.
 */
static bool parse_literal(const char *text, size_t size, enum sl_sm4_literal kind, uint32_t *bits)
{
    bool negative = size > 0 && text[0] == '-';
    const char *digits = text + negative;
    size_t digit_count = size - negative;
    uint64_t number;
    if (!negative && size > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        bool ok = sl_sm4_parse_unsigned(text, size, UINT32_MAX, &number);
        *bits = (uint32_t)number;
        return ok;
    }
    if (kind == SL_SM4_LITERAL_FLOAT || !is_integer(digits, digit_count)) {
        return sl_decimal_parse(text, size, bits);
    }
    uint64_t max = negative ? (uint64_t)1 << 31 : UINT32_MAX;
    if (!sl_sm4_parse_unsigned(digits, digit_count, max, &number)) {
        return false;
    }
    *bits = negative ? 0 - (uint32_t)number : (uint32_t)number;
    return true;
}

size_t sl_sm4_scan_literal_text(struct sl_sm4_scanner *scanner, const char **text)
{
    sl_sm4_scan_blanks(scanner);
    *text = scanner->at;
    while (scanner->at < scanner->end && !strchr(",()}{ \t\r\n", *scanner->at)) {
        scanner->at++;
    }
    return (size_t)(scanner->at - *text);
}

bool sl_sm4_scan_literal(struct sl_sm4_scanner *scanner, enum sl_sm4_literal kind, uint32_t *bits)
{
    const char *text;
    size_t size = sl_sm4_scan_literal_text(scanner, &text);
    *bits = 0;
    return parse_literal(text, size, kind, bits) ||
           sl_sm4_scan_fail(scanner, "\"%.*s\" is no literal", (int)(size < 32 ? size : 32), text);
}
