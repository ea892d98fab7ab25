#include "suite/json_text.h"

#include "base/utf8.h"

#include <string.h>

static uint32_t code_point(const uint8_t *p, size_t length)
{
    static const uint8_t first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = p[0] & first_bits[length];
    for (size_t i = 1; i < length; i++) {
        code = code << 6 | (p[i] & 0x3F);
    }
    return code;
}

/* What YAML readers, unlike JSON readers, refuse or fold in a quoted string. */
static bool needs_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

void sl_json_string(struct sl_buf *out, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t left = strlen(text);
    sl_buf_u8(out, '"');
    while (left) {
        size_t length = sl_utf8_length(p, left);
        uint32_t code = length ? code_point(p, length) : 0xFFFD;
        length = length ? length : 1;
        if (code == '"' || code == '\\') {
            sl_buf_printf(out, "\\%c", (char)code);
        } else if (needs_escape(code) || code == 0xFFFD) {
            sl_buf_printf(out, "\\u%04x", (unsigned)code);
        } else {
            sl_buf_append(out, p, length);
        }
        p += length;
        left -= length;
    }
    sl_buf_u8(out, '"');
}
