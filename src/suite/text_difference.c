#include "suite/text_difference.h"

#include <string.h>

enum { CONTEXT = 3, LINE_SHOWN_MAX = 400 };

static size_t line_end(const struct sl_buf *text, size_t at)
{
    const uint8_t *end = at < text->size ? memchr(text->data + at, '\n', text->size - at) : NULL;
    return end ? (size_t)(end - text->data) : text->size;
}

static void print_line(struct sl_buf *out, char mark, const struct sl_buf *text, size_t at)
{
    if (at >= text->size) {
        sl_buf_printf(out, "  %c (end)\n", mark);
        return;
    }
    size_t length = line_end(text, at) - at;
    bool cut = length > LINE_SHOWN_MAX;
    sl_buf_printf(out, "  %c ", mark);
    sl_buf_append(out, text->data + at, cut ? LINE_SHOWN_MAX : length);
    sl_buf_text(out, cut ? "...\n" : "\n");
}

bool sl_text_difference(const struct sl_buf *a, const char *a_name, const struct sl_buf *b,
                        const char *b_name, struct sl_buf *out)
{
    size_t shared = a->size < b->size ? a->size : b->size;
    size_t at = 0;
    while (at < shared && a->data[at] == b->data[at]) {
        at++;
    }
    if (at == a->size && at == b->size) {
        return false;
    }
    size_t starts[CONTEXT] = {0}; /* of the lines before, as a ring */
    size_t line = 0;
    size_t start = 0;
    for (size_t end; (end = line_end(a, start)) < at; start = end + 1) {
        starts[line++ % CONTEXT] = start;
    }
    sl_buf_printf(out, "line %zu differs ('-' is %s, '+' is %s):\n", line + 1, a_name, b_name);
    for (size_t i = line < CONTEXT ? 0 : line - CONTEXT; i < line; i++) {
        print_line(out, ' ', a, starts[i % CONTEXT]);
    }
    print_line(out, '-', a, start);
    print_line(out, '+', b, start);
    return true;
}
