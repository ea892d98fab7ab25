/* Pieces of text that several writers need. */
#include "mirror/mirror_writer.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMNS = 100, DECIMAL_BELOW = 4096 };

void sl_mirror_number(struct sl_buf *out, const struct mirror_value *value)
{
    bool hex = value->hex || value->wide || value->value >= DECIMAL_BELOW;
    sl_buf_printf(out, hex ? "0x%" PRIX64 : "%" PRIu64, value->value);
}

void sl_mirror_title(const struct mirror *m)
{
    sl_buf_printf(m->out, "%s ABI %" PRIu32 ".%" PRIu32, m->abi->title, m->version >> 16,
                  m->version & 0xFFFF);
}

void sl_mirror_command(const struct mirror *m)
{
    const struct sl_mirror_options *options = m->options;
    sl_buf_printf(m->out, "scanlock abi emit --lang %s",
                  sl_mirror_language_name(options->language));
    if (options->asserts_only) {
        sl_buf_text(m->out, " --asserts-only");
    }
    sl_buf_printf(m->out, " --abi %s --version %" PRIu32 ".%" PRIu32, m->abi->name,
                  m->version >> 16, m->version & 0xFFFF);
    if (options->only) {
        sl_buf_printf(m->out, " --group %s", options->only->name);
    }
    if (options->module) {
        sl_buf_printf(m->out, " --prefix %s", options->module);
    }
}

void sl_mirror_upper(struct sl_buf *out, const char *name)
{
    for (; *name; name++) {
        bool lower = *name >= 'a' && *name <= 'z';
        sl_buf_u8(out, (uint8_t)(lower ? *name - 'a' + 'A' : *name));
    }
}

static void wrap(struct sl_buf *out, const char *indent, const char *lead, const char *words)
{
    size_t start = strlen(indent) + strlen(lead);
    size_t column = start;
    sl_buf_printf(out, "%s%s", indent, lead);
    while (*words) {
        size_t length = strcspn(words, " ");
        if (column > start && column + 1 + length > COLUMNS) {
            sl_buf_printf(out, "\n%s%s", indent, lead);
            column = start;
        }
        sl_buf_u8(out, ' ');
        sl_buf_append(out, words, length);
        column += 1 + length;
        words += length;
        words += strspn(words, " ");
    }
    sl_buf_u8(out, '\n');
}

void sl_mirror_comment(struct sl_buf *out, const struct mirror_comment *style, const char *indent,
                       const char *words)
{
    if (!style->close) {
        wrap(out, indent, style->lead, words);
        return;
    }
    size_t around = strlen(style->open) + strlen(style->close) + 2;
    if (strlen(indent) + strlen(words) + around <= COLUMNS) {
        sl_buf_printf(out, "%s%s %s %s\n", indent, style->open, words, style->close);
        return;
    }
    sl_buf_printf(out, "%s%s\n", indent, style->open);
    wrap(out, indent, style->lead, words);
    sl_buf_printf(out, "%s %s\n", indent, style->close);
}
