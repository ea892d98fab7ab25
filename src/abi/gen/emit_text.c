/* Pieces of text that several emitters need. */
#include "abi/gen/emit.h"

#include <ctype.h>
#include <string.h>

enum { COLUMNS = 100 };

/* Words broken into lines of at most COLUMNS, each after lead. Ends without a newline. */
static void wrap(struct sl_buf *out, const char *lead, size_t column, const char *words)
{
    while (*words) {
        size_t length = strcspn(words, " ");
        if (column + 1 + length > COLUMNS) {
            sl_buf_printf(out, "\n%s", lead);
            column = strlen(lead);
        }
        sl_buf_u8(out, ' ');
        sl_buf_append(out, words, length);
        column += 1 + length;
        words += length;
        words += strspn(words, " ");
    }
}

void gen_emit_comment(struct sl_buf *out, const char *indent, const char *words)
{
    if (strlen(indent) + strlen(words) + 6 <= COLUMNS) {
        sl_buf_printf(out, "%s/* %s */\n", indent, words);
        return;
    }
    char lead[32] = "";
    strncat(lead, indent, sizeof(lead) - 4);
    strcat(lead, " *");
    sl_buf_printf(out, "%s/*\n%s", indent, lead);
    wrap(out, lead, strlen(lead), words);
    sl_buf_printf(out, "\n%s */\n", indent);
}

void gen_emit_upper(struct sl_buf *out, const char *name)
{
    for (; *name; name++) {
        sl_buf_u8(out, (uint8_t)toupper((unsigned char)*name));
    }
}

bool gen_is_system(const struct gen_abi *abi)
{
    return abi->meta.system_headers.count != 0;
}
