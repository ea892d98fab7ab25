#include "base/utf8.h"

/*
 * The ranges of the second byte that shut out overlong forms, surrogates and values above U+10FFFF
 * are those of RFC 3629, section 4.
 */
size_t sl_utf8_length(const uint8_t *p, size_t left)
{
    static const struct {
        uint8_t first, last, low, high, length;
    } rows[] = {
        {0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (p[0] < rows[i].first || p[0] > rows[i].last) {
            continue;
        }
        if (rows[i].length > left ||
            (rows[i].length > 1 && (p[1] < rows[i].low || p[1] > rows[i].high))) {
            return 0;
        }
        for (size_t k = 2; k < rows[i].length; k++) {
            if ((p[k] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return rows[i].length;
    }
    return 0;
}

bool sl_utf8_is_text(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size;) {
        size_t length = sl_utf8_length(p + i, size - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}
