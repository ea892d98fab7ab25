/* One instruction from a listing's line. */
#include "bytecode/sm4_encode.h"
#include "bytecode/sm4_impl.h"
#include "bytecode/sm4_scan.h"
#include "bytecode/sm4_statement.h"

#include "base/bytes.h"

#include <string.h>

static bool starts_with(const char *text, size_t size, const char *prefix)
{
    size_t length = strlen(prefix);
    return length <= size && memcmp(text, prefix, length) == 0;
}

/* The longest mnemonic that the word starts with; what follows it are suffixes. */
static const struct sl_sm4_shape *find_shape(const char *word, size_t size)
{
    size_t count;
    const struct sl_sm4_shape *shapes = sl_sm4_shapes(&count);
    const struct sl_sm4_shape *best = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(shapes[i].mnemonic);
        bool whole = length <= size && (length == size || word[length] == '_');
        if (whole && starts_with(word, size, shapes[i].mnemonic) &&
            (!best || length > strlen(best->mnemonic))) {
            best = &shapes[i];
        }
    }
    return best;
}

static bool take_flag(struct sl_sm4_statement *s, const struct sl_sm4_names *names,
                      const char *text, size_t size)
{
    size_t flag = sl_sm4_find_name(names, text, size);
    if (flag == names->count) {
        return false;
    }
    s->flags |= 1u << flag;
    return true;
}

static bool is(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(text, word, size) == 0;
}

static bool take_compare(struct sl_sm4_statement *s, const char *text, size_t size)
{
    bool sets = s->shape->op == SL_SM4_AERO_SETP;
    const struct sl_sm4_names *names = sets ? &sl_sm4_setp_names : &sl_sm4_compare_names;
    uint64_t number = sl_sm4_find_name(names, text, size);
    if (number == names->count && !sl_sm4_parse_unsigned(text, size, 0x7F, &number)) {
        return false;
    }
    s->flags = (uint32_t)number;
    return true;
}

static bool take_test(struct sl_sm4_statement *s, const char *text, size_t size)
{
    if (is(text, size, "nz") || is(text, size, "z")) {
        s->flags = size == 2;
        return true;
    }
    return s->scanner->aero && take_compare(s, text, size);
}

static bool take_dimension(struct sl_sm4_statement *s, const char *text, size_t size)
{
    size_t number = sl_sm4_find_name(&sl_sm4_dimension_names, text, size);
    if (number == sl_sm4_dimension_names.count) {
        return false;
    }
    s->dimension = (uint32_t)number;
    return true;
}

static bool take_result(struct sl_sm4_statement *s, const char *text, size_t size)
{
    size_t number = sl_sm4_find_name(&sl_sm4_resinfo_names, text, size);
    s->flags = (uint32_t)number;
    return number < sl_sm4_resinfo_names.count;
}

static bool take_uav_suffix(struct sl_sm4_statement *s, const char *text, size_t size)
{
    if (is(text, size, "glc")) {
        s->token |= SL_SM4_GLOBALLY_COHERENT;
        return true;
    }
    s->token |= SL_SM4_ORDER_PRESERVING;
    return is(text, size, "opc");
}

static bool take_suffix(struct sl_sm4_statement *s, const char *text, size_t size)
{
    enum sl_sm4_op op = s->shape->op;
    bool typed = op == SL_SM4_DCL_RESOURCE || op == SL_SM4_DCL_UAV_TYPED;
    bool uav =
        op == SL_SM4_DCL_UAV_TYPED || op == SL_SM4_DCL_UAV_RAW || op == SL_SM4_DCL_UAV_STRUCTURED;
    enum sl_sm4_trait trait = s->shape->trait;
    if (trait == SL_SM4_TRAIT_SATURATE && is(text, size, "sat")) {
        s->saturate = true;
        return true;
    }
    if (trait != SL_SM4_TRAIT_DECLARATION && !s->scanner->aero) {
        s->has_offsets |= is(text, size, "aoffimmi");
        s->has_dimension |= is(text, size, "indexable");
        if (is(text, size, "aoffimmi") || is(text, size, "indexable")) {
            return true;
        }
    }
    return (trait == SL_SM4_TRAIT_TEST && take_test(s, text, size)) ||
           (trait == SL_SM4_TRAIT_COMPARE && take_compare(s, text, size)) ||
           (op == SL_SM4_SYNC &&
            take_flag(s, s->scanner->aero ? &sl_sm4_aero_sync_names : &sl_sm4_sync_names, text,
                      size)) ||
           ((op == SL_SM4_RESINFO || op == SL_SM4_SAMPLEINFO) && take_result(s, text, size)) ||
           (typed && !s->scanner->aero && take_dimension(s, text, size)) ||
           (uav && !s->scanner->aero && take_uav_suffix(s, text, size));
}

static bool take_suffixes(struct sl_sm4_statement *s, const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t start = at + 1;
        for (at = start; at < size && text[at] != '_'; at++) {
        }
        if (text[start - 1] != '_' || !take_suffix(s, text + start, at - start)) {
            return sl_sm4_scan_fail(s->scanner, "\"%s\" takes no \"%.*s\"", s->shape->mnemonic,
                                    (int)(at - start + 1), text + start - 1);
        }
    }
    return true;
}

static bool scan_offsets(struct sl_sm4_statement *s)
{
    if (!s->has_offsets) {
        return true;
    }
    bool ok = sl_sm4_scan_expect(s->scanner, "(");
    for (unsigned i = 0; ok && i < 3; i++) {
        uint32_t value = 0;
        ok = i == 0 || sl_sm4_scan_expect(s->scanner, ",");
        bool negative = ok && sl_sm4_scan_accept(s->scanner, "-");
        ok = ok && sl_sm4_scan_u32(s->scanner, &value);
        if (ok && value > (negative ? 8u : 7u)) {
            return sl_sm4_scan_fail(s->scanner, "a texel offset lies outside of -8 to 7");
        }
        s->offsets |= ((negative ? 0 - value : value) & 0xF) << (9 + 4 * i);
    }
    return ok && sl_sm4_scan_expect(s->scanner, ")");
}

bool sl_sm4_scan_return_types(struct sl_sm4_scanner *scanner, uint32_t *packed)
{
    bool ok = sl_sm4_scan_expect(scanner, "(");
    *packed = 0;
    for (unsigned i = 0; ok && i < 4; i++) {
        const char *word;
        ok = i == 0 || sl_sm4_scan_expect(scanner, ",");
        size_t size = ok ? sl_sm4_scan_word(scanner, &word) : 0;
        uint64_t type = ok ? sl_sm4_find_name(&sl_sm4_return_type_names, word, size) : 0;
        if (ok && type == sl_sm4_return_type_names.count &&
            !sl_sm4_parse_unsigned(word, size, 15, &type)) {
            return sl_sm4_scan_fail(scanner, "\"%.*s\" is no return type",
                                    (int)(size < 16 ? size : 16), word);
        }
        *packed |= (uint32_t)type << (4 * i);
    }
    return ok && sl_sm4_scan_expect(scanner, ")");
}

static bool scan_dimension(struct sl_sm4_statement *s)
{
    if (!s->has_dimension) {
        return true;
    }
    const char *word;
    uint32_t stride = 0;
    bool ok = sl_sm4_scan_expect(s->scanner, "(");
    size_t size = ok ? sl_sm4_scan_word(s->scanner, &word) : 0;
    if (ok && !take_dimension(s, word, size)) {
        return sl_sm4_scan_fail(s->scanner, "\"%.*s\" is no dimension of a resource",
                                (int)(size < 24 ? size : 24), word);
    }
    if (ok && sl_sm4_scan_accept(s->scanner, ",")) {
        ok = sl_sm4_scan_expect(s->scanner, "stride=") && sl_sm4_scan_u32(s->scanner, &stride);
    }
    if (stride > 0xFFF) {
        return sl_sm4_scan_fail(s->scanner, "a stride is larger than 4095");
    }
    s->dimension |= stride << 5;
    return ok && sl_sm4_scan_expect(s->scanner, ")") &&
           sl_sm4_scan_return_types(s->scanner, &s->return_types);
}

/* "texture2dms(4)" in the name of a declaration; Aero's "(0x101)". */
static bool scan_number_in_name(struct sl_sm4_statement *s)
{
    if (s->scanner->at == s->scanner->end || *s->scanner->at != '(') {
        return true;
    }
    uint64_t number = 0;
    if (s->scanner->aero) {
        s->has_number = sl_sm4_scan_expect(s->scanner, "(") &&
                        sl_sm4_scan_number(s->scanner, 0x7FF, &number) &&
                        sl_sm4_scan_expect(s->scanner, ")");
        s->number = (uint32_t)number;
        return s->has_number;
    }
    if (s->shape->op != SL_SM4_DCL_RESOURCE) {
        return true;
    }
    bool ok = sl_sm4_scan_expect(s->scanner, "(") &&
              sl_sm4_scan_number(s->scanner, 0x7F, &number) && sl_sm4_scan_expect(s->scanner, ")");
    s->token |= ok ? (uint32_t)number << 16 : 0;
    return ok;
}

static bool scan_precise(struct sl_sm4_statement *s)
{
    static const char components[] = "xyzw";
    if (s->scanner->aero || !sl_sm4_scan_accept(s->scanner, "[precise")) {
        return true;
    }
    uint32_t mask = 0xF;
    if (sl_sm4_scan_accept(s->scanner, "(")) {
        const char *word;
        size_t size = sl_sm4_scan_word(s->scanner, &word);
        mask = 0;
        for (size_t i = 0; i < size; i++) {
            const char *found = memchr(components, word[i], 4);
            if (!found) {
                return sl_sm4_scan_fail(s->scanner, "[precise] takes components");
            }
            mask |= 1u << (found - components);
        }
        if (!sl_sm4_scan_expect(s->scanner, ")")) {
            return false;
        }
    }
    s->token |= mask << 19;
    return sl_sm4_scan_expect(s->scanner, "]");
}

/* The mnemonic with all that hangs on it. */
static bool scan_name(struct sl_sm4_statement *s)
{
    const char *word;
    size_t size = sl_sm4_scan_word(s->scanner, &word);
    s->shape = find_shape(word, size);
    if (!s->shape) {
        return sl_sm4_scan_fail(s->scanner, "\"%.*s\" is no instruction",
                                (int)(size < 40 ? size : 40), word);
    }
    size_t length = strlen(s->shape->mnemonic);
    if (!take_suffixes(s, word + length, size - length) || !scan_number_in_name(s) ||
        !scan_offsets(s) || !scan_dimension(s)) {
        return false;
    }
    if (s->has_offsets || s->has_dimension) {
        const char *at = s->scanner->at;
        size = at < s->scanner->end && *at == '_' ? sl_sm4_scan_word(s->scanner, &word) : 0;
        if (!take_suffixes(s, word, size)) {
            return false;
        }
    }
    return scan_precise(s);
}

static bool scan_predicate(struct sl_sm4_statement *s)
{
    if (!s->scanner->aero || !sl_sm4_scan_accept(s->scanner, "(")) {
        return true;
    }
    bool negate = sl_sm4_scan_accept(s->scanner, "!");
    s->has_predicate =
        sl_sm4_scan_operand(s->scanner, SL_SM4_READ, SL_SM4_LITERAL_UINT, &s->predicate);
    s->predicate.negate = negate;
    return s->has_predicate && sl_sm4_scan_expect(s->scanner, ")");
}

/* Up to one operand more than instructions have, so that too many are noticed. */
static bool scan_operands(struct sl_sm4_statement *s)
{
    unsigned dsts = s->shape->dsts;
    if (sl_sm4_scan_at_end(s->scanner)) {
        return true;
    }
    do {
        if (s->operand_count == SL_SM4_STATEMENT_OPERANDS) {
            return sl_sm4_scan_fail(s->scanner, "there are too many operands");
        }
        enum sl_sm4_position position = s->operand_count < dsts ? SL_SM4_WRITTEN : SL_SM4_READ;
        if (!sl_sm4_scan_operand(s->scanner, position, s->shape->literal,
                                 &s->operands[s->operand_count])) {
            return false;
        }
        s->operand_count++;
    } while (sl_sm4_scan_accept(s->scanner, ","));
    return true;
}

static bool scan_icb(struct sl_sm4_statement *s)
{
    struct sl_sm4_encoder *encoder = s->encoder;
    if (s->scanner->aero) {
        return sl_sm4_scan_fail(s->scanner, "this encoding has no immediate constant buffer");
    }
    sl_sm4_encode_word(encoder, SL_SM4_WORD_TOKEN, SL_SM4_CUSTOMDATA | SL_SM4_CLASS_ICB << 11);
    sl_sm4_encode_word(encoder, SL_SM4_WORD_PLAIN, 0);
    bool ok = sl_sm4_scan_expect(s->scanner, "{");
    do {
        ok = ok && sl_sm4_scan_expect(s->scanner, "{");
        do {
            uint32_t bits = 0;
            ok = ok && sl_sm4_scan_literal(s->scanner, SL_SM4_LITERAL_MIXED, &bits);
            sl_sm4_encode_word(encoder, SL_SM4_WORD_LITERAL, bits);
        } while (ok && sl_sm4_scan_accept(s->scanner, ","));
        ok = ok && sl_sm4_scan_expect(s->scanner, "}");
    } while (ok && sl_sm4_scan_accept(s->scanner, ","));
    if (ok && !encoder->words.failed) {
        sl_put_le32(encoder->words.data + 4, (uint32_t)(encoder->words.size / 4));
    }
    return ok && sl_sm4_scan_expect(s->scanner, "}");
}

static bool read_statement(struct sl_sm4_statement *s)
{
    if (sl_sm4_scan_accept(s->scanner, "dcl_immediateConstantBuffer")) {
        return scan_icb(s);
    }
    if (!scan_predicate(s) || !scan_name(s)) {
        return false;
    }
    bool declares = s->shape->trait == SL_SM4_TRAIT_DECLARATION;
    if (s->scanner->aero) {
        bool words = declares || s->shape->op == SL_SM4_AERO_DCL_OTHER;
        return words ? sl_sm4_read_aero_declaration(s)
                     : scan_operands(s) && sl_sm4_encode_aero_statement(s);
    }
    return declares ? sl_sm4_read_sdk_declaration(s)
                    : scan_operands(s) && sl_sm4_encode_sdk_statement(s);
}

static bool all_used(struct sl_sm4_scanner *scanner, const struct sl_sm4_overrides *overrides,
                     const char *what)
{
    return overrides->used == overrides->count ||
           sl_sm4_scan_fail(scanner, "%s gives more words than the instruction has", what);
}

bool sl_sm4_read_insn(struct sl_sm4_encoder *encoder, const char *text, size_t size, char *message,
                      size_t message_size)
{
    struct sl_sm4_scanner scanner = {
        .at = text,
        .end = text + size,
        .aero = encoder->dialect == SL_SM4_AERO,
        .message = message,
        .message_size = message_size,
    };
    struct sl_sm4_statement statement = {.scanner = &scanner, .encoder = encoder};
    if (!read_statement(&statement)) {
        return false;
    }
    if (!sl_sm4_scan_at_end(&scanner)) {
        return sl_sm4_scan_fail(
            &scanner, "\"%.*s\" is too much",
            scanner.end - scanner.at < 24 ? (int)(scanner.end - scanner.at) : 24, scanner.at);
    }
    return all_used(&scanner, &encoder->tokens, ".tokens") &&
           all_used(&scanner, &encoder->literals, ".literals");
}
