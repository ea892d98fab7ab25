/* Listings to programs: the header, directives, one instruction after the other. */
#include "bytecode/sm4_encode.h"
#include "bytecode/sm4_impl.h"
#include "bytecode/sm4_scan.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
    uint32_t *items;
    size_t count;
    size_t capacity;
};

struct assembler {
    const char *text;
    size_t size;
    size_t at;
    uint32_t line; /* of the statement, from 1 */
    uint32_t next_line;
    char *message;
    size_t message_size;
    struct sl_buf *out;
    size_t start; /* of the program in out */
    bool has_header;
    bool has_trailing;
    struct sl_sm4_encoder encoder;
    struct words tokens;
    struct words literals;
};

static bool fail(struct assembler *assembler, const char *message)
{
    snprintf(assembler->message, assembler->message_size, "%s", message);
    return false;
}

static bool push(struct assembler *assembler, struct words *words, uint32_t word)
{
    if (words->count == words->capacity) {
        size_t capacity = words->capacity ? words->capacity * 2 : 16;
        uint32_t *items = realloc(words->items, capacity * sizeof(*items));
        if (!items) {
            return fail(assembler, "out of memory");
        }
        words->items = items;
        words->capacity = capacity;
    }
    words->items[words->count++] = word;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The end of a statement: of its line, or of the line on which its last brace closes. */
static size_t statement_end(struct assembler *assembler)
{
    size_t depth = 0;
    bool comment = false;
    size_t i = assembler->at;
    for (; i < assembler->size; i++) {
        char c = assembler->text[i];
        if (c == '\n') {
            assembler->next_line++;
            comment = false;
            if (depth == 0) {
                return i;
            }
        }
        comment |= sl_sm4_is_comment(assembler->text + i, assembler->size - i);
        depth += c == '{' && !comment;
        depth -= c == '}' && !comment && depth > 0;
    }
    return i;
}

/* The next statement without what surrounds it; false at the end of the text. */
static bool next_statement(struct assembler *assembler, const char **text, size_t *size)
{
    while (assembler->at < assembler->size) {
        size_t start = assembler->at;
        assembler->line = assembler->next_line;
        size_t end = statement_end(assembler);
        assembler->at = end + 1;
        while (start < end && is_blank(assembler->text[start])) {
            start++;
        }
        if (start < end && !sl_sm4_is_comment(assembler->text + start, end - start)) {
            *text = assembler->text + start;
            *size = end - start;
            return true;
        }
    }
    return false;
}

static struct sl_sm4_scanner scanner_of(struct assembler *assembler, const char *text, size_t size)
{
    return (struct sl_sm4_scanner){
        .at = text,
        .end = text + size,
        .message = assembler->message,
        .message_size = assembler->message_size,
    };
}

/* The minor version as listings write it, 0 to 15; false if it is none. */
static bool read_minor(const char *digits, size_t count, uint32_t *minor)
{
    *minor = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return false;
        }
        *minor = *minor * 10 + (uint32_t)(digits[i] - '0');
    }
    return (count == 1 || digits[0] != '0') && *minor <= 15;
}

/* "ps_4_0" */
static bool read_header(struct assembler *assembler, const char *text, size_t size)
{
    struct sl_sm4_scanner scanner = scanner_of(assembler, text, size);
    const char *word;
    size_t length = sl_sm4_scan_word(&scanner, &word);
    bool shaped = (length == 6 || length == 7) && word[2] == '_' && word[4] == '_';
    size_t stage = shaped ? sl_sm4_find_name(&sl_sm4_stage_names, word, 2) : 0;
    uint32_t minor;
    bool known = shaped && stage < sl_sm4_stage_names.count && (word[3] == '4' || word[3] == '5') &&
                 read_minor(word + 5, length - 5, &minor);
    if (!known || !sl_sm4_scan_at_end(&scanner)) {
        return fail(assembler, "a program starts with its model, as \"ps_4_0\"");
    }
    sl_buf_u32(assembler->out, (uint32_t)stage << 16 | (uint32_t)(word[3] - '0') << 4 | minor);
    sl_buf_u32(assembler->out, 0);
    assembler->has_header = true;
    return true;
}

/* Words in hexadecimal, to words or straight to the program. */
static bool read_words(struct assembler *assembler, struct sl_sm4_scanner *scanner,
                       struct words *words)
{
    do {
        uint32_t word;
        if (!sl_sm4_scan_hex(scanner, &word)) {
            return false;
        }
        if (words && !push(assembler, words, word)) {
            return false;
        }
        if (!words) {
            sl_buf_u32(assembler->out, word);
        }
    } while (!sl_sm4_scan_at_end(scanner));
    return true;
}

static void set_word(struct assembler *assembler, size_t index, uint32_t word)
{
    if (!assembler->out->failed) {
        sl_put_le32(assembler->out->data + assembler->start + 4 * index, word);
    }
}

static void set_length(struct assembler *assembler)
{
    set_word(assembler, 1, (uint32_t)((assembler->out->size - assembler->start) / 4));
}

static bool directive_dialect(struct assembler *assembler, struct sl_sm4_scanner *scanner)
{
    bool aero = sl_sm4_scan_accept(scanner, "aero");
    if (!aero && !sl_sm4_scan_accept(scanner, "sdk")) {
        return fail(assembler, ".dialect takes \"sdk\" or \"aero\"");
    }
    assembler->encoder.dialect = aero ? SL_SM4_AERO : SL_SM4_SDK;
    return true;
}

static bool directive_version(struct assembler *assembler, struct sl_sm4_scanner *scanner)
{
    uint32_t word;
    if (!sl_sm4_scan_u32(scanner, &word)) {
        return false;
    }
    set_word(assembler, 0, word);
    return true;
}

static bool directive_tokens(struct assembler *assembler, struct sl_sm4_scanner *scanner)
{
    return read_words(assembler, scanner, &assembler->tokens);
}

static bool directive_literals(struct assembler *assembler, struct sl_sm4_scanner *scanner)
{
    return read_words(assembler, scanner, &assembler->literals);
}

static bool directive_words(struct assembler *assembler, struct sl_sm4_scanner *scanner)
{
    return read_words(assembler, scanner, NULL);
}

/* What lies behind the program's end in its chunk. */
static bool directive_trailing(struct assembler *assembler, struct sl_sm4_scanner *scanner)
{
    if (!assembler->has_trailing) {
        set_length(assembler);
    }
    assembler->has_trailing = true;
    return read_words(assembler, scanner, NULL);
}

static const struct {
    const char *name;
    bool (*read)(struct assembler *assembler, struct sl_sm4_scanner *scanner);
} directives[] = {
    {".dialect", directive_dialect}, {".version", directive_version},
    {".tokens", directive_tokens},   {".literals", directive_literals},
    {".words", directive_words},     {".trailing", directive_trailing},
};

static bool read_directive(struct assembler *assembler, const char *text, size_t size)
{
    struct sl_sm4_scanner scanner = scanner_of(assembler, text, size);
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (!sl_sm4_scan_accept(&scanner, directives[i].name)) {
            continue;
        }
        if (!directives[i].read(assembler, &scanner)) {
            return false;
        }
        return sl_sm4_scan_at_end(&scanner) ||
               sl_sm4_scan_fail(&scanner, "%s is followed by too much", directives[i].name);
    }
    return fail(assembler, "a program has no such directive");
}

static bool read_insn(struct assembler *assembler, const char *text, size_t size)
{
    struct sl_sm4_encoder *encoder = &assembler->encoder;
    sl_buf_clear(&encoder->words);
    sl_buf_clear(&encoder->kinds);
    encoder->tokens =
        (struct sl_sm4_overrides){assembler->tokens.items, assembler->tokens.count, 0};
    encoder->literals =
        (struct sl_sm4_overrides){assembler->literals.items, assembler->literals.count, 0};
    assembler->tokens.count = 0;
    assembler->literals.count = 0;
    if (!sl_sm4_read_insn(encoder, text, size, assembler->message, assembler->message_size)) {
        return false;
    }
    if (encoder->words.failed || encoder->kinds.failed) {
        assembler->out->failed = true;
    } else {
        sl_buf_append(assembler->out, encoder->words.data, encoder->words.size);
    }
    return true;
}

static bool read_statement(struct assembler *assembler, const char *text, size_t size)
{
    if (!assembler->has_header) {
        return read_header(assembler, text, size);
    }
    if (*text == '.') {
        return read_directive(assembler, text, size);
    }
    if (assembler->has_trailing) {
        return fail(assembler, "nothing but .trailing may follow .trailing");
    }
    return read_insn(assembler, text, size);
}

static bool assemble(struct assembler *assembler)
{
    const char *text;
    size_t size;
    while (next_statement(assembler, &text, &size)) {
        if (!read_statement(assembler, text, size)) {
            return false;
        }
        if (assembler->out->failed) {
            return fail(assembler, "out of memory");
        }
        if (assembler->out->size - assembler->start > SL_SM4_BYTES_MAX) {
            return fail(assembler, "the program is larger than 16 MiB");
        }
    }
    if (!assembler->has_header) {
        return fail(assembler, "a program starts with its model, as \"ps_4_0\"");
    }
    if (assembler->tokens.count || assembler->literals.count) {
        return fail(assembler, "an instruction is missing after .tokens or .literals");
    }
    if (!assembler->has_trailing) {
        set_length(assembler);
    }
    return true;
}

bool sl_sm4_assemble(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                     char *message, size_t message_size)
{
    struct assembler assembler = {
        .text = text,
        .size = size,
        .line = 1,
        .next_line = 1,
        .message = message,
        .message_size = message_size,
        .out = out,
        .start = out->size,
    };
    bool ok = assemble(&assembler);
    *line = assembler.line;
    free(assembler.tokens.items);
    free(assembler.literals.items);
    sl_buf_finish(&assembler.encoder.words);
    sl_buf_finish(&assembler.encoder.kinds);
    return ok;
}
