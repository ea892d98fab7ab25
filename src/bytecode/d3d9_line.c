#include "bytecode/d3d9_piece.h"
#include "bytecode/d3d9_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REGISTER_NUMBER_MAX 0x7FFu
#define IDENTITY_SWIZZLE 0xE4u

struct line {
    const char *at;
    const char *end;
    const struct sl_d3d9_program *program;
    uint32_t parameter_bit;
    uint32_t *words; /* [0] is the opcode token */
    size_t count;
    char *message;
    size_t message_size;

    /* What the name of the instruction says. */
    const struct sl_d3d9_row *row;
    uint32_t control;
    uint32_t dst_bits; /* saturate, precision, shift: where the destination token has them */
    uint32_t usage_token;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(line->message, line->message_size, format, args);
    va_end(args);
    return false;
}

/* For %.*s; what it shows of a piece is bounded. */
static int shown(struct sl_d3d9_piece piece)
{
    return piece.size < 40 ? (int)piece.size : 40;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool accept(struct line *line, char c)
{
    if (line->at == line->end || *line->at != c) {
        return false;
    }
    line->at++;
    return true;
}

static void skip_blanks(struct line *line)
{
    while (accept(line, ' ') || accept(line, '\t')) {
    }
}

static bool expect(struct line *line, char c, const char *where)
{
    skip_blanks(line);
    return accept(line, c) || fail(line, "'%c' expected %s", c, where);
}

static struct sl_d3d9_piece take(struct line *line, bool letters, bool digits, bool underscores)
{
    struct sl_d3d9_piece piece = {.text = line->at};
    while (line->at < line->end &&
           ((letters && is_letter(*line->at)) || (digits && sl_d3d9_is_digit(*line->at)) ||
            (underscores && *line->at == '_'))) {
        line->at++;
    }
    piece.size = (size_t)(line->at - piece.text);
    return piece;
}

static bool push(struct line *line, uint32_t word)
{
    if (line->count == SL_D3D9_INSN_WORDS_MAX) {
        return fail(line, "the instruction has too many operands");
    }
    line->words[line->count++] = word;
    return true;
}

static uint32_t register_token(const struct line *line, enum sl_d3d9_register type, uint32_t number)
{
    return line->parameter_bit | ((uint32_t)type & 7) << 28 | ((uint32_t)type & 0x18) << 8 | number;
}

static const struct sl_d3d9_register_name *find_register(const struct line *line,
                                                         struct sl_d3d9_piece name)
{
    for (size_t i = 0; i < sl_d3d9_register_name_count; i++) {
        const struct sl_d3d9_register_name *entry = &sl_d3d9_register_names[i];
        if (sl_d3d9_piece_is(name, entry->name) && entry->versions >> line->program->major & 1 &&
            (entry->is_pixel < 0 || entry->is_pixel == line->program->is_pixel)) {
            return entry;
        }
    }
    return NULL;
}

static bool read_register(struct line *line, enum sl_d3d9_register *type, uint32_t *token)
{
    struct sl_d3d9_piece name = take(line, true, false, false);
    const struct sl_d3d9_register_name *entry = find_register(line, name);
    if (!entry) {
        return name.size > 0
                   ? fail(line, "'%.*s' is no register of this version", shown(name), name.text)
                   : fail(line, "a register is expected");
    }
    uint32_t number = 0;
    if (entry->number >= 0) {
        number = (uint32_t)entry->number;
    } else {
        struct sl_d3d9_piece digits = take(line, false, true, false);
        if (digits.size == 0) {
            return fail(line, "a register number is expected after '%s'", entry->name);
        }
        for (size_t i = 0; i < digits.size && number <= REGISTER_NUMBER_MAX; i++) {
            number = 10 * number + (uint32_t)(digits.text[i] - '0');
        }
        if (number > REGISTER_NUMBER_MAX) {
            return fail(line, "a register number is out of range");
        }
    }
    *type = entry->type;
    *token = register_token(line, entry->type, number);
    return true;
}

/* 0..3 for x, y, z, w or r, g, b, a; -1 for other characters. */
static int component(char c)
{
    static const char names[] = "xyzwrgba";
    const char *found = c ? strchr(names, c) : NULL;
    return found ? (int)(found - names) % 4 : -1;
}

/* Letters after a dot; *swizzle has the last one repeated. */
static bool read_swizzle(struct line *line, uint32_t *swizzle)
{
    struct sl_d3d9_piece letters = take(line, true, false, false);
    if (letters.size == 0 && line->row && line->row->op == SL_D3D9_BREAKP) {
        *swizzle = 0; /* how listings write p0.x there */
        return true;
    }
    if (letters.size == 0 || letters.size > 4) {
        return fail(line, "a swizzle has one to four components");
    }
    *swizzle = 0;
    int last = 0;
    for (size_t i = 0; i < 4; i++) {
        last = i < letters.size ? component(letters.text[i]) : last;
        if (last < 0) {
            return fail(line, "'%.*s' is no swizzle", shown(letters), letters.text);
        }
        *swizzle |= (uint32_t)last << 2 * i;
    }
    return true;
}

static bool read_mask(struct line *line, uint32_t *mask)
{
    *mask = 0xF;
    if (!accept(line, '.')) {
        return true;
    }
    struct sl_d3d9_piece letters = take(line, true, false, false);
    *mask = 0;
    for (size_t i = 0; i < letters.size; i++) {
        int c = component(letters.text[i]);
        if (c < 0 || *mask >> c != 0) {
            *mask = 0;
            break;
        }
        *mask |= 1u << c;
    }
    return *mask != 0 || fail(line, "'%.*s' is no write mask", shown(letters), letters.text);
}

/* [a0.x], [aL]. The address token goes to *address, which stays 0 without one. */
static bool read_relative(struct line *line, uint32_t *token, uint32_t *address)
{
    *address = 0;
    if (!accept(line, '[')) {
        return true;
    }
    enum sl_d3d9_register type;
    uint32_t swizzle = IDENTITY_SWIZZLE;
    skip_blanks(line);
    if (!read_register(line, &type, address) ||
        (accept(line, '.') && !read_swizzle(line, &swizzle)) ||
        !expect(line, ']', "after an address register")) {
        return false;
    }
    *address |= swizzle << 16;
    *token |= SL_D3D9_RELATIVE;
    if (line->program->major < 2) {
        bool is_a0_x = type == SL_D3D9_REG_ADDR && swizzle == 0;
        *address = 0;
        return is_a0_x || fail(line, "only a0.x addresses registers in this version");
    }
    return true;
}

static bool push_operand(struct line *line, uint32_t token, uint32_t address)
{
    return push(line, token) && (address == 0 || push(line, address));
}

static bool read_dst(struct line *line)
{
    enum sl_d3d9_register type;
    uint32_t token;
    uint32_t address;
    uint32_t mask;
    skip_blanks(line);
    return read_register(line, &type, &token) && read_relative(line, &token, &address) &&
           read_mask(line, &mask) &&
           push_operand(line, token | mask << 16 | line->dst_bits, address);
}

static bool find_modifier(struct line *line, const char *prefix, struct sl_d3d9_piece suffix,
                          uint32_t *modifier)
{
    for (uint32_t i = 0; i < 14; i++) {
        const struct sl_d3d9_modifier_name *name = &sl_d3d9_modifier_names[i];
        if (strcmp(name->prefix, prefix) == 0 && sl_d3d9_piece_is(suffix, name->suffix)) {
            *modifier = i;
            return true;
        }
    }
    return fail(line, "'%s...%.*s' is no source modifier", prefix, shown(suffix), suffix.text);
}

static const char *read_prefix(struct line *line)
{
    if (accept(line, '-')) {
        return "-";
    }
    if (accept(line, '!')) {
        return "!";
    }
    if (line->end - line->at >= 2 && memcmp(line->at, "1-", 2) == 0) {
        line->at += 2;
        return "1-";
    }
    return "";
}

static bool read_src(struct line *line)
{
    skip_blanks(line);
    const char *prefix = read_prefix(line);
    enum sl_d3d9_register type;
    uint32_t token;
    uint32_t address;
    if (!read_register(line, &type, &token) || !read_relative(line, &token, &address)) {
        return false;
    }
    struct sl_d3d9_piece suffix = {.text = "", .size = 0};
    if (accept(line, '_')) {
        suffix = take(line, true, true, false);
        if (suffix.size == 0) {
            return fail(line, "a source modifier is expected after '_'");
        }
    }
    uint32_t modifier = SL_D3D9_MOD_NONE;
    uint32_t swizzle = IDENTITY_SWIZZLE;
    if (!find_modifier(line, prefix, suffix, &modifier) ||
        (accept(line, '.') && !read_swizzle(line, &swizzle))) {
        return false;
    }
    return push_operand(line, token | swizzle << 16 | modifier << 24, address);
}

/* Index of name in names, from first on; count if it is not there. */
static uint32_t find_name(struct sl_d3d9_piece name, const char *const *names, uint32_t first,
                          uint32_t count)
{
    while (first < count && !sl_d3d9_piece_is(name, names[first])) {
        first++;
    }
    return first;
}

/* The next part of a name between underscores. */
static struct sl_d3d9_piece next_part(struct sl_d3d9_piece *name)
{
    const char *end = memchr(name->text, '_', name->size);
    struct sl_d3d9_piece part = {name->text, end ? (size_t)(end - name->text) : name->size};
    size_t taken = part.size + (end != NULL);
    name->text += taken;
    name->size -= taken;
    return part;
}

/* texcoord3, 2d, ...: false if it is neither a usage nor a kind of sampler. */
static bool read_usage(struct line *line, struct sl_d3d9_piece part)
{
    uint32_t sampler = find_name(part, sl_d3d9_sampler_names, 1, 5);
    if (sampler < 5) {
        line->usage_token = SL_D3D9_PARAMETER | sampler << 27;
        return true;
    }
    uint32_t index = 0;
    struct sl_d3d9_piece word = part;
    while (word.size > 0 && sl_d3d9_is_digit(word.text[word.size - 1])) {
        word.size--;
    }
    if (part.size - word.size > 2) {
        return false;
    }
    for (size_t i = word.size; i < part.size; i++) {
        index = 10 * index + (uint32_t)(part.text[i] - '0');
    }
    uint32_t usage = find_name(word, sl_d3d9_usage_names, 0, 16);
    line->usage_token = SL_D3D9_PARAMETER | usage | index << 16;
    return usage < 16 && index < 16;
}

static bool read_flag(struct line *line, struct sl_d3d9_piece part)
{
    if (sl_d3d9_piece_is(part, "sat")) {
        line->dst_bits |= SL_D3D9_SATURATE;
    } else if (sl_d3d9_piece_is(part, "pp")) {
        line->dst_bits |= SL_D3D9_PARTIAL;
    } else if (sl_d3d9_piece_is(part, "centroid")) {
        line->dst_bits |= SL_D3D9_CENTROID;
    } else {
        uint32_t shift = find_name(part, sl_d3d9_shift_names, 0, 7);
        line->dst_bits |= ((shift - 3) & 0xF) << 24;
        return shift < 7 && part.size > 0;
    }
    return true;
}

static bool read_comparison(struct line *line, struct sl_d3d9_piece part)
{
    uint32_t comparison = find_name(part, sl_d3d9_comparison_names, 1, 8);
    enum sl_d3d9_op op = line->row->op;
    if (comparison == 8) {
        return false;
    }
    if (op == SL_D3D9_IF) {
        line->row = sl_d3d9_row(SL_D3D9_IFC);
    } else if (op == SL_D3D9_BREAK) {
        line->row = sl_d3d9_row(SL_D3D9_BREAKC);
    } else if (op != SL_D3D9_SETP) {
        return false;
    }
    line->control = comparison;
    return true;
}

/* Names of a row beside its mnemonic. */
static bool read_row(struct line *line, struct sl_d3d9_piece base)
{
    static const struct {
        const char *name;
        enum sl_d3d9_op op;
        uint8_t control;
    } others[] = {
        {"texld", SL_D3D9_TEX, 0},
        {"texldp", SL_D3D9_TEX, 1},
        {"texldb", SL_D3D9_TEX, 2},
        {"texcrd", SL_D3D9_TEXCOORD, 0},
    };
    line->row = sl_d3d9_row_named(base.text, base.size);
    for (size_t i = 0; !line->row && i < sizeof(others) / sizeof(others[0]); i++) {
        if (sl_d3d9_piece_is(base, others[i].name)) {
            line->row = sl_d3d9_row(others[i].op);
            line->control = others[i].control;
        }
    }
    return line->row || fail(line, "'%.*s' is no instruction", shown(base), base.text);
}

static bool read_name(struct line *line)
{
    skip_blanks(line);
    struct sl_d3d9_piece name = take(line, true, true, true);
    struct sl_d3d9_piece whole = name;
    if (!read_row(line, next_part(&name))) {
        return false;
    }
    bool is_declare = line->row->kind == SL_D3D9_CLASS_DECLARE;
    line->usage_token = SL_D3D9_PARAMETER;
    for (bool first = true; name.size > 0; first = false) {
        struct sl_d3d9_piece part = next_part(&name);
        bool known = (first && is_declare && read_usage(line, part)) ||
                     (first && read_comparison(line, part)) ||
                     (line->row->has_dst && read_flag(line, part));
        if (!known) {
            return fail(line, "'%.*s' does not go with '%s'", shown(part), part.text,
                        line->row->mnemonic);
        }
    }
    if (whole.text[whole.size - 1] == '_') {
        return fail(line, "'%.*s' is no instruction", shown(whole), whole.text);
    }
    /* "break" with an operand is the conditional one. */
    skip_blanks(line);
    if (line->row->op == SL_D3D9_BREAK && line->at < line->end) {
        line->row = sl_d3d9_row(SL_D3D9_BREAKP);
    }
    bool needs_comparison = line->row->kind == SL_D3D9_CLASS_COMPARE && line->control == 0;
    return !needs_comparison || fail(line, "'%s' needs a comparison", line->row->mnemonic);
}

static bool read_literal(struct line *line)
{
    skip_blanks(line);
    struct sl_d3d9_piece text = {.text = line->at};
    while (line->at < line->end && !strchr(", \t", *line->at)) {
        line->at++;
    }
    text.size = (size_t)(line->at - text.text);
    uint32_t value;
    if (!sl_d3d9_read_literal(line->row->op, text, &value)) {
        return fail(line, "'%.*s' is no value of '%s'", shown(text), text.text,
                    line->row->mnemonic);
    }
    return push(line, value);
}

static bool read_literals(struct line *line)
{
    for (unsigned i = 0; i < sl_d3d9_literal_count(line->row->op); i++) {
        if (!expect(line, ',', "before a value") || !read_literal(line)) {
            return false;
        }
    }
    return true;
}

static bool read_sources(struct line *line)
{
    int wanted = sl_d3d9_sources(line->row, sl_d3d9_version_column(line->program));
    if (wanted < 0) {
        return fail(line, "this version has no '%s'", line->row->mnemonic);
    }
    for (int i = 0; i < wanted; i++) {
        bool has_comma = (i == 0 && !line->row->has_dst) || expect(line, ',', "before a source");
        if (!has_comma || !read_src(line)) {
            return false;
        }
    }
    return true;
}

/* Everything after the name. predicate is 0 without one. */
static bool read_operands(struct line *line, uint32_t predicate)
{
    if (line->row->kind == SL_D3D9_CLASS_DECLARE && !push(line, line->usage_token)) {
        return false;
    }
    if ((line->row->has_dst && !read_dst(line)) || (predicate && !push(line, predicate))) {
        return false;
    }
    bool good = line->row->kind == SL_D3D9_CLASS_DEFINE ? read_literals(line) : read_sources(line);
    skip_blanks(line);
    if (good && line->at < line->end) {
        struct sl_d3d9_piece rest = {line->at, (size_t)(line->end - line->at)};
        return fail(line, "'%.*s' is more than '%s' takes", shown(rest), rest.text,
                    line->row->mnemonic);
    }
    return good;
}

/* (p0.x): leaves the token in *predicate and no word behind. */
static bool read_predicate(struct line *line, uint32_t *predicate)
{
    skip_blanks(line);
    if (!accept(line, '(')) {
        return true;
    }
    size_t before = line->count;
    if (!read_src(line) || !expect(line, ')', "after a predicate")) {
        return false;
    }
    if (line->count != before + 1) {
        return fail(line, "a predicate is addressed relatively");
    }
    *predicate = line->words[--line->count];
    return true;
}

static void finish_opcode(struct line *line, bool coissue, bool predicated)
{
    uint32_t token = sl_d3d9_code(line->row->op) | line->control << 16;
    uint32_t length = (uint32_t)line->count - 1;
    length += line->program->length_form == SL_D3D9_LENGTH_TOTAL;
    if (line->program->major >= 2 && line->row->kind != SL_D3D9_CLASS_NOP) {
        token |= length << 24;
    }
    token |= coissue ? SL_D3D9_COISSUE : 0;
    token |= predicated ? SL_D3D9_PREDICATED : 0;
    line->words[0] = token;
}

bool sl_d3d9_read_insn(const struct sl_d3d9_program *program, uint32_t parameter_bit,
                       const char *text, size_t size, uint32_t words[SL_D3D9_INSN_WORDS_MAX],
                       size_t *count, char *message, size_t message_size)
{
    struct line line = {
        .at = text,
        .end = text + size,
        .program = program,
        .parameter_bit = parameter_bit,
        .words = words,
        .count = 1,
        .message = message,
        .message_size = message_size,
    };
    skip_blanks(&line);
    bool coissue = accept(&line, '+');
    uint32_t predicate = 0;
    if (!read_predicate(&line, &predicate) || !read_name(&line) ||
        !read_operands(&line, predicate)) {
        return false;
    }
    finish_opcode(&line, coissue, predicate != 0);
    *count = line.count;
    return true;
}
