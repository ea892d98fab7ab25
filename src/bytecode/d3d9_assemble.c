#include "bytecode/d3d9_piece.h"
#include "bytecode/d3d9_text.h"
#include "bytecode/d3d9_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct assembler {
    struct sl_d3d9_program program; /* version and form; words while one instruction is checked */
    uint32_t parameter_bit;
    struct sl_buf *out;
    struct sl_buf raw;  /* words of .raw for the next line, in host order */
    struct sl_buf line; /* that line as it should be */
    bool has_version;
    bool has_insn;
    bool has_end;
    char *message;
    size_t message_size;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct assembler *as, const char *format,
                                                       ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(as->message, as->message_size, format, args);
    va_end(args);
    return false;
}

static bool no_memory(struct assembler *as)
{
    return fail(as, "out of memory");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct sl_d3d9_piece trim(struct sl_d3d9_piece text)
{
    while (text.size > 0 && is_blank(text.text[0])) {
        text.text++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.text[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* Up to the blank that ends it; rest becomes what follows. */
static struct sl_d3d9_piece next_word(struct sl_d3d9_piece *rest)
{
    *rest = trim(*rest);
    struct sl_d3d9_piece word = {rest->text, 0};
    while (word.size < rest->size && !is_blank(word.text[word.size])) {
        word.size++;
    }
    rest->text += word.size;
    rest->size -= word.size;
    return word;
}

/* The next line without comments (// and ;) and outer blanks; all is left behind it. */
static struct sl_d3d9_piece next_line(struct sl_d3d9_piece *all)
{
    const char *end = memchr(all->text, '\n', all->size);
    struct sl_d3d9_piece line = {all->text, end ? (size_t)(end - all->text) : all->size};
    size_t taken = line.size + (end != NULL);
    all->text += taken;
    all->size -= taken;
    for (size_t i = 0; i < line.size; i++) {
        bool is_slashes = line.text[i] == '/' && i + 1 < line.size && line.text[i + 1] == '/';
        if (line.text[i] == ';' || is_slashes) {
            line.size = i;
        }
    }
    return trim(line);
}

static bool read_version(struct assembler *as, struct sl_d3d9_piece line)
{
    bool has_form = line.size == 6 && (line.text[0] == 'v' || line.text[0] == 'p') &&
                    memcmp(line.text + 1, "s_", 2) == 0 && line.text[4] == '_';
    if (!has_form) {
        return fail(as, "a version is expected first, like ps_2_0");
    }
    as->program.is_pixel = line.text[0] == 'p';
    as->program.major = (uint8_t)(line.text[3] - '0');
    as->program.minor = line.text[5] == 'x' ? 1 : (uint8_t)(line.text[5] - '0');
    if (!sl_d3d9_version_known(as->program.is_pixel, as->program.major, as->program.minor) ||
        (line.text[5] == 'x' && as->program.major != 2)) {
        return fail(as, "'%.6s' is no known version", line.text);
    }
    as->has_version = true;
    sl_buf_u32(as->out, (as->program.is_pixel ? 0xFFFF0000u : 0xFFFE0000u) |
                            (uint32_t)as->program.major << 8 | as->program.minor);
    return true;
}

/* Words of eight digits; false with a message for others. */
static bool read_words(struct assembler *as, struct sl_d3d9_piece rest, struct sl_buf *words)
{
    for (struct sl_d3d9_piece word = next_word(&rest); word.size > 0; word = next_word(&rest)) {
        uint32_t value;
        if (word.size != 8 || !sl_d3d9_read_hex(word, &value)) {
            return fail(as, "a token is eight hexadecimal digits");
        }
        sl_buf_append(words, &value, sizeof(value));
    }
    return !words->failed || no_memory(as);
}

static void emit_words(struct assembler *as, const void *words, size_t count)
{
    const uint8_t *bytes = words;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, bytes + 4 * i, sizeof(word));
        sl_buf_u32(as->out, word);
    }
}

/* The count words followed by an end token must be one instruction that the parser accepts. */
static bool decode(struct assembler *as, uint32_t *words, size_t count, struct sl_d3d9_insn *insn)
{
    const char *why;
    as->program.words = words;
    as->program.word_count = count + 1;
    bool good = sl_d3d9_decode_at(&as->program, 0, insn, &why);
    as->program.words = NULL;
    as->program.word_count = 0;
    if (!good) {
        return fail(as, "%s", why);
    }
    return insn->word_count == count || fail(as, "the tokens are more than one instruction");
}

static bool set_form(struct assembler *as, struct sl_d3d9_piece rest)
{
    struct sl_d3d9_piece word = next_word(&rest);
    if (as->has_insn) {
        return fail(as, ".form stands before the first instruction");
    }
    if (!sl_d3d9_piece_is(word, "total") || trim(rest).size > 0) {
        return fail(as, ".form is total, or not given");
    }
    as->program.length_form = SL_D3D9_LENGTH_TOTAL;
    return true;
}

static bool set_bit31(struct assembler *as, struct sl_d3d9_piece rest)
{
    struct sl_d3d9_piece word = next_word(&rest);
    if ((!sl_d3d9_piece_is(word, "clear") && !sl_d3d9_piece_is(word, "set")) ||
        trim(rest).size > 0) {
        return fail(as, ".bit31 is clear or set");
    }
    as->parameter_bit = word.text[0] == 'c' ? 0 : SL_D3D9_PARAMETER;
    return true;
}

static bool add_comment(struct assembler *as, struct sl_d3d9_piece rest)
{
    struct sl_buf words = {0};
    bool good = read_words(as, rest, &words);
    size_t count = words.size / 4;
    if (good && count > SL_D3D9_COMMENT_WORDS_MAX) {
        good = fail(as, "a comment is longer than %u tokens", SL_D3D9_COMMENT_WORDS_MAX);
    }
    if (good) {
        sl_buf_u32(as->out, (uint32_t)count << 16 | SL_D3D9_COMMENT);
        emit_words(as, words.data, count);
    }
    sl_buf_finish(&words);
    return good;
}

static bool add_raw(struct assembler *as, struct sl_d3d9_piece rest)
{
    static const uint32_t end = SL_D3D9_END_TOKEN;
    sl_buf_clear(&as->raw);
    if (!read_words(as, rest, &as->raw)) {
        return false;
    }
    size_t count = as->raw.size / 4;
    if (count == 0) {
        return fail(as, ".raw needs tokens");
    }
    sl_buf_append(&as->raw, &end, sizeof(end));
    if (as->raw.failed) {
        return no_memory(as);
    }
    as->has_insn = true;
    struct sl_d3d9_insn insn;
    if (!decode(as, (void *)as->raw.data, count, &insn)) {
        return false;
    }
    emit_words(as, as->raw.data, count);
    sl_buf_clear(&as->line);
    sl_d3d9_print_insn(&as->program, &insn, &as->line);
    return !as->line.failed || no_memory(as);
}

static void end_program(struct assembler *as)
{
    if (!as->has_end) {
        sl_buf_u32(as->out, SL_D3D9_END_TOKEN);
    }
    as->has_end = true;
}

static bool add_trailing(struct assembler *as, struct sl_d3d9_piece rest)
{
    struct sl_buf words = {0};
    bool good = read_words(as, rest, &words);
    if (good) {
        end_program(as);
        emit_words(as, words.data, words.size / 4);
    }
    sl_buf_finish(&words);
    return good;
}

static bool run_directive(struct assembler *as, struct sl_d3d9_piece line)
{
    static const struct {
        const char *name;
        bool (*run)(struct assembler *as, struct sl_d3d9_piece rest);
    } directives[] = {
        {".form", set_form}, {".bit31", set_bit31},       {".comment", add_comment},
        {".raw", add_raw},   {".trailing", add_trailing},
    };
    struct sl_d3d9_piece rest = line;
    struct sl_d3d9_piece name = next_word(&rest);
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (sl_d3d9_piece_is(name, directives[i].name)) {
            if (as->has_end && directives[i].run != add_trailing) {
                return fail(as, "only .trailing follows .trailing");
            }
            return directives[i].run(as, rest);
        }
    }
    return fail(as, "the directive is unknown");
}

static bool add_insn(struct assembler *as, struct sl_d3d9_piece line)
{
    uint32_t words[SL_D3D9_INSN_WORDS_MAX + 1];
    size_t count;
    struct sl_d3d9_insn insn;
    if (!sl_d3d9_read_insn(&as->program, as->parameter_bit, line.text, line.size, words, &count,
                           as->message, as->message_size)) {
        return false;
    }
    words[count] = SL_D3D9_END_TOKEN;
    if (!decode(as, words, count, &insn)) {
        return false;
    }
    emit_words(as, words, count);
    return true;
}

/* The line after a .raw says the same; its tokens are written already. */
static bool check_raw_line(struct assembler *as, struct sl_d3d9_piece line)
{
    bool same = line.size == as->line.size && memcmp(line.text, as->line.data, line.size) == 0;
    if (!same) {
        return fail(as, "the tokens of .raw say '%.*s'", (int)as->line.size,
                    (const char *)as->line.data);
    }
    sl_buf_clear(&as->line);
    return true;
}

static bool run_line(struct assembler *as, struct sl_d3d9_piece line)
{
    if (!as->has_version) {
        return read_version(as, line);
    }
    if (as->line.size > 0) {
        return check_raw_line(as, line);
    }
    if (line.text[0] == '.') {
        return run_directive(as, line);
    }
    if (as->has_end) {
        return fail(as, "only .trailing follows .trailing");
    }
    as->has_insn = true;
    return add_insn(as, line);
}

static bool run(struct assembler *as, struct sl_d3d9_piece all, uint32_t *line_number)
{
    for (*line_number = 1; all.size > 0; ++*line_number) {
        struct sl_d3d9_piece line = next_line(&all);
        if (line.size > 0 && !run_line(as, line)) {
            return false;
        }
    }
    if (!as->has_version) {
        return fail(as, "a version is expected first, like ps_2_0");
    }
    if (as->line.size > 0) {
        return fail(as, "the instruction that .raw spells is missing");
    }
    end_program(as);
    return !as->out->failed || no_memory(as);
}

bool sl_d3d9_assemble(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                      char *message, size_t message_size)
{
    struct assembler as = {
        .parameter_bit = SL_D3D9_PARAMETER,
        .out = out,
        .message = message,
        .message_size = message_size,
    };
    size_t before = out->size;
    bool good = run(&as, (struct sl_d3d9_piece){text, size}, line);
    if (!good) {
        out->size = before;
    }
    sl_buf_finish(&as.raw);
    sl_buf_finish(&as.line);
    return good;
}
