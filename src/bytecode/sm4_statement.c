#include "bytecode/sm4_statement.h"
#include "bytecode/sm4_impl.h"

#include "base/bytes.h"

#include <string.h>

#define SDK_LENGTH_MAX 0x7Fu
#define AERO_LENGTH_MAX 0x1FFFu
#define AERO_SATURATE (1u << 13)

/* The length is known at the end only; a token that was given has one already. */
static bool close(struct sl_sm4_statement *s)
{
    struct sl_sm4_encoder *encoder = s->encoder;
    bool aero = encoder->dialect == SL_SM4_AERO;
    size_t length = encoder->words.size / 4;
    if (length > (aero ? AERO_LENGTH_MAX : SDK_LENGTH_MAX)) {
        return sl_sm4_scan_fail(s->scanner, "the instruction is too long");
    }
    if (!encoder->words.failed && encoder->tokens.count == 0) {
        uint32_t token = sl_get_le32(encoder->words.data);
        sl_put_le32(encoder->words.data, token | (uint32_t)length << (aero ? 11 : 24));
    }
    return true;
}

static void encode_extensions(struct sl_sm4_statement *s)
{
    if (s->has_offsets) {
        sl_sm4_encode_word(s->encoder, SL_SM4_WORD_PLAIN,
                           SL_SM4_EXTENSION_OFFSETS | s->offsets |
                               (s->has_dimension ? SL_SM4_EXTENDED : 0));
    }
    if (s->has_dimension) {
        sl_sm4_encode_word(s->encoder, SL_SM4_WORD_PLAIN,
                           SL_SM4_EXTENSION_DIMENSION | s->dimension << 6 | SL_SM4_EXTENDED);
        sl_sm4_encode_word(s->encoder, SL_SM4_WORD_PLAIN,
                           SL_SM4_EXTENSION_RETURN_TYPES | s->return_types << 6);
    }
}

static uint32_t sdk_flags(const struct sl_sm4_statement *s)
{
    return s->shape->trait == SL_SM4_TRAIT_TEST ? s->flags << 18 : s->flags << 11;
}

bool sl_sm4_encode_sdk_statement(struct sl_sm4_statement *s)
{
    const struct sl_sm4_shape *shape = s->shape;
    unsigned count = (unsigned)shape->dsts + shape->srcs;
    if ((uint32_t)shape->op > SL_SM4_SDK_OP_MAX || shape->trait == SL_SM4_TRAIT_OPAQUE) {
        return sl_sm4_scan_fail(s->scanner, "\"%s\" cannot be written in this encoding",
                                shape->mnemonic);
    }
    if (s->operand_count != count) {
        return sl_sm4_scan_fail(s->scanner, "\"%s\" takes %u operands, not %u", shape->mnemonic,
                                count, s->operand_count);
    }
    bool extended = s->has_offsets || s->has_dimension;
    sl_sm4_encode_word(s->encoder, SL_SM4_WORD_TOKEN,
                       (uint32_t)shape->op | s->token | sdk_flags(s) |
                           (s->saturate ? 1u << 13 : 0) | (extended ? SL_SM4_EXTENDED : 0));
    encode_extensions(s);
    for (unsigned i = 0; i < s->operand_count; i++) {
        sl_sm4_encode_operand(s->encoder, &s->operands[i]);
    }
    return close(s);
}

static uint32_t aero_number(const struct sl_sm4_statement *s)
{
    struct sl_sm4_insn insn = {
        .op = s->shape->op,
        .operands = s->operands,
        .operand_count = (uint8_t)s->operand_count,
    };
    return s->has_number ? s->number : sl_sm4_aero_number(&insn);
}

static bool aero_token(struct sl_sm4_statement *s)
{
    if (!s->has_number && !sl_sm4_aero_knows(s->shape->op)) {
        return sl_sm4_scan_fail(s->scanner, "\"%s\" has no number in this encoding",
                                s->shape->mnemonic);
    }
    sl_sm4_encode_word(s->encoder, SL_SM4_WORD_TOKEN,
                       aero_number(s) | s->flags << 24 | (s->saturate ? SL_SM4_EXTENDED : 0));
    if (s->saturate) {
        sl_sm4_encode_word(s->encoder, SL_SM4_WORD_PLAIN, AERO_SATURATE);
    }
    return true;
}

/* From the SDK's order, high and low, to Aero's; a high product that goes nowhere is left out. */
static void order_products(struct sl_sm4_statement *s)
{
    enum sl_sm4_op op = s->shape->op;
    bool multiplies = (op == SL_SM4_IMUL || op == SL_SM4_UMUL) && s->operand_count == 4;
    bool adds = (op == SL_SM4_IMAD || op == SL_SM4_UMAD) && s->operand_count == 5;
    if (!multiplies && !adds) {
        return;
    }
    if (multiplies && s->operands[0].type == SL_SM4_REG_NULL) {
        s->operand_count--;
        memmove(s->operands, s->operands + 1, s->operand_count * sizeof(s->operands[0]));
        return;
    }
    struct sl_sm4_operand high = s->operands[0];
    s->operands[0] = s->operands[1];
    s->operands[1] = high;
}

bool sl_sm4_encode_aero_statement(struct sl_sm4_statement *s)
{
    const struct sl_sm4_aero_op *row = sl_sm4_aero_op_of(s->shape->op);
    if (s->shape->op == SL_SM4_LD_RAW && s->operand_count != 3) {
        return sl_sm4_scan_fail(s->scanner, "\"ld_raw\" takes 3 operands");
    }
    if (!aero_token(s)) {
        return false;
    }
    order_products(s);
    if (row && (s->operand_count < row->min || s->operand_count > row->max)) {
        return sl_sm4_scan_fail(s->scanner, "\"%s\" takes %u to %u operands, not %u",
                                s->shape->mnemonic, row->min, row->max, s->operand_count);
    }
    if (s->has_predicate) {
        sl_sm4_encode_operand(s->encoder, &s->predicate);
    }
    for (unsigned i = 0; i < s->operand_count; i++) {
        sl_sm4_encode_operand(s->encoder, &s->operands[i]);
    }
    return close(s);
}

/* An operand if the opcode has one, and words. */
bool sl_sm4_read_aero_declaration(struct sl_sm4_statement *s)
{
    if (!aero_token(s)) {
        return false;
    }
    bool more = !sl_sm4_scan_at_end(s->scanner);
    if (more && s->shape->dsts) {
        if (!sl_sm4_scan_operand(s->scanner, SL_SM4_DECLARED, SL_SM4_LITERAL_UINT,
                                 &s->operands[0])) {
            return false;
        }
        sl_sm4_encode_operand(s->encoder, &s->operands[0]);
        more = sl_sm4_scan_accept(s->scanner, ",");
    }
    while (more) {
        uint32_t word;
        if (!sl_sm4_scan_u32(s->scanner, &word)) {
            return false;
        }
        sl_sm4_encode_word(s->encoder, SL_SM4_WORD_PLAIN, word);
        more = sl_sm4_scan_accept(s->scanner, ",");
    }
    return close(s);
}

struct words {
    uint32_t items[SL_SM4_EXTRA_MAX];
    unsigned count;
};

/* A name of several words, "linear centroid", is longer than one that starts it. */
static bool accept_name(struct sl_sm4_scanner *scanner, const char *const *names, size_t count,
                        uint32_t *number)
{
    size_t best = 0;
    const char *start = scanner->at;
    for (uint32_t i = 0; i < count; i++) {
        size_t length = names[i] ? strlen(names[i]) : 0;
        if (length <= best) {
            continue;
        }
        scanner->at = start;
        if (sl_sm4_scan_accept(scanner, names[i])) {
            best = length;
            *number = i;
        }
    }
    scanner->at = start;
    return best > 0 && sl_sm4_scan_accept(scanner, names[*number]);
}

/* The values of fields that may be left out. */
static bool default_field(char letter, uint32_t *value)
{
    *value = letter == 'i' ? 2 : 0; /* linear; immediateIndexed; mode_default */
    return letter == 'i' || letter == 'a' || letter == 'm';
}

static bool scan_control_field(struct sl_sm4_statement *s, char letter)
{
    const struct sl_sm4_control_field *field = sl_sm4_control_field(letter);
    uint32_t value;
    sl_sm4_scan_blanks(s->scanner);
    bool number =
        s->scanner->at < s->scanner->end && *s->scanner->at >= '0' && *s->scanner->at <= '9';
    if (number) {
        uint64_t wide;
        if (!sl_sm4_scan_number(s->scanner, (1u << field->count) - 1, &wide)) {
            return false;
        }
        value = (uint32_t)wide;
    } else if (!accept_name(s->scanner, field->names, field->name_count, &value) &&
               !default_field(letter, &value)) {
        return sl_sm4_scan_fail(s->scanner, "\"%s\" does not know what follows it",
                                s->shape->mnemonic);
    }
    s->token |= value << field->low;
    return true;
}

static bool scan_global_flags(struct sl_sm4_statement *s)
{
    if (sl_sm4_scan_at_end(s->scanner)) {
        return true;
    }
    do {
        const char *word;
        size_t size = sl_sm4_scan_word(s->scanner, &word);
        size_t flag = sl_sm4_find_name(&sl_sm4_global_flag_names, word, size);
        if (flag == sl_sm4_global_flag_names.count) {
            return sl_sm4_scan_fail(s->scanner, "\"%.*s\" is no flag", (int)(size < 40 ? size : 40),
                                    word);
        }
        s->token |= 1u << (11 + flag);
    } while (sl_sm4_scan_accept(s->scanner, "|"));
    return true;
}

#define RETURN_FLOAT 0x5555u

static bool scan_return_types(struct sl_sm4_scanner *scanner, uint32_t *word)
{
    sl_sm4_scan_blanks(scanner);
    if (scanner->at < scanner->end && *scanner->at == '(') {
        return sl_sm4_scan_return_types(scanner, word);
    }
    *word = RETURN_FLOAT;
    return true;
}

static bool scan_extra(struct sl_sm4_scanner *scanner, char letter, uint32_t *word)
{
    switch (letter) {
    case 's':
        return accept_name(scanner, sl_sm4_system_value_names.names,
                           sl_sm4_system_value_names.count, word) ||
               sl_sm4_scan_u32(scanner, word);
    case 'r':
        return scan_return_types(scanner, word);
    case 'l':
        return sl_sm4_scan_expect(scanner, "l(") &&
               sl_sm4_scan_literal(scanner, SL_SM4_LITERAL_FLOAT, word) &&
               sl_sm4_scan_expect(scanner, ")");
    default:
        return sl_sm4_scan_u32(scanner, word);
    }
}

static bool scan_field(struct sl_sm4_statement *s, char letter, struct words *extra)
{
    if (letter == 'o') {
        s->operand_count = 1;
        return sl_sm4_scan_operand(s->scanner, SL_SM4_DECLARED, SL_SM4_LITERAL_UINT,
                                   &s->operands[0]);
    }
    if (letter == 'f') {
        return scan_global_flags(s);
    }
    if (sl_sm4_control_field(letter)) {
        return scan_control_field(s, letter);
    }
    return scan_extra(s->scanner, letter, &extra->items[extra->count++]);
}

/* True if the rest of a format is a field that may be left out, and it is. */
static bool left_out(struct sl_sm4_scanner *scanner, const char *format)
{
    uint32_t value;
    return strncmp(format, ", %", 3) == 0 && sl_sm4_scan_at_end(scanner) &&
           default_field(format[3], &value);
}

static bool scan_format(struct sl_sm4_statement *s, struct words *extra)
{
    for (const char *f = sl_sm4_declaration_format(s->shape->op); *f; f++) {
        if (left_out(s->scanner, f)) {
            return true;
        }
        char literal[2] = {*f, '\0'};
        if (*f == '%') {
            f++;
            if (!scan_field(s, *f, extra)) {
                return false;
            }
        } else if (*f != ' ' && !sl_sm4_scan_expect(s->scanner, literal)) {
            return false;
        }
    }
    return true;
}

#define INTERPOLATION_CONSTANT 1u

bool sl_sm4_read_sdk_declaration(struct sl_sm4_statement *s)
{
    struct words extra = {.count = 0};
    bool typed = s->shape->op == SL_SM4_DCL_RESOURCE || s->shape->op == SL_SM4_DCL_UAV_TYPED;
    if (!scan_format(s, &extra)) {
        return false;
    }
    if (s->shape->op == SL_SM4_DCL_INPUT_PS_SGV) {
        s->token |= INTERPOLATION_CONSTANT << 11;
    }
    s->token |= typed ? s->dimension << 11 : 0;
    sl_sm4_encode_word(s->encoder, SL_SM4_WORD_TOKEN, (uint32_t)s->shape->op | s->token);
    if (s->operand_count) {
        sl_sm4_encode_operand(s->encoder, &s->operands[0]);
    }
    for (unsigned i = 0; i < extra.count; i++) {
        sl_sm4_encode_word(s->encoder, SL_SM4_WORD_PLAIN, extra.items[i]);
    }
    return close(s);
}
