#include "difference/field_difference.h"

#include <string.h>

/* "name=value" of a text that is a row of them, structs in braces and arrays in brackets. */
struct token {
    const char *at;
    size_t size;
    size_t name_size;
};

/* Takes the next token off the text; false at its end. */
static bool take_token(const struct sl_buf *text, size_t *pos, struct token *token)
{
    while (*pos < text->size && text->data[*pos] == ' ') {
        (*pos)++;
    }
    size_t start = *pos;
    int depth = 0;
    while (*pos < text->size && (depth > 0 || text->data[*pos] != ' ')) {
        depth += text->data[*pos] == '{' || text->data[*pos] == '[';
        depth -= text->data[*pos] == '}' || text->data[*pos] == ']';
        (*pos)++;
    }
    if (*pos == start) {
        return false;
    }
    *token = (struct token){.at = (const char *)text->data + start, .size = *pos - start};
    while (token->name_size < token->size && token->at[token->name_size] != '=' &&
           token->at[token->name_size] != '[') {
        token->name_size++;
    }
    return true;
}

static bool same_name(const struct token *a, const struct token *b)
{
    return a->name_size == b->name_size && memcmp(a->at, b->at, a->name_size) == 0;
}

size_t sl_field_difference(const struct sl_command_text *a, const struct sl_command_text *b,
                           void (*tell)(void *data, const char *name, size_t size), void *data)
{
    size_t a_pos = 0;
    size_t b_pos = 0;
    struct token x;
    struct token y;
    while (take_token(&a->text, &a_pos, &x) && take_token(&b->text, &b_pos, &y)) {
        if (!same_name(&x, &y) || x.size != y.size || memcmp(x.at, y.at, x.size) != 0) {
            tell(data, x.at, x.name_size);
        }
    }
    size_t shared = a->bytes.size < b->bytes.size ? a->bytes.size : b->bytes.size;
    size_t offset = 0;
    while (offset < shared && a->bytes.data[offset] == b->bytes.data[offset]) {
        offset++;
    }
    return offset;
}
