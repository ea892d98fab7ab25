/* Operands in the text of an instruction. */
#include "bytecode/sm4_scan.h"
#include "bytecode/sm4_impl.h"

#include <string.h>

/*
 * Doubles in decimal: those that a division of two exact doubles gives, which is rounded once.
 * Others are written in hexadecimal.
 */
static bool parse_double(const char *text, size_t size, uint64_t *bits)
{
    bool negative = size > 0 && text[0] == '-';
    uint64_t digits = 0;
    double scale = 1;
    bool fraction = false;
    bool any = false;
    if (size > 0 && text[size - 1] == 'l') {
        size--;
    }
    for (size_t i = negative; i < size; i++) {
        if (text[i] == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if ((text[i] < '0' || text[i] > '9') || digits > ((uint64_t)1 << 53) / 10 - 1 ||
            scale > 1e21) {
            return false;
        }
        any = true;
        digits = 10 * digits + (uint64_t)(text[i] - '0');
        scale *= fraction ? 10 : 1;
    }
    double value = (double)digits / scale;
    memcpy(bits, &value, sizeof(*bits));
    *bits |= negative ? (uint64_t)1 << 63 : 0;
    return any;
}

static bool scan_double(struct sl_sm4_scanner *scanner, uint64_t *bits)
{
    const char *text;
    size_t size = sl_sm4_scan_literal_text(scanner, &text);
    bool hex = size > 2 && text[0] == '0' && text[1] == 'x';
    bool ok =
        hex ? sl_sm4_parse_unsigned(text, size, UINT64_MAX, bits) : parse_double(text, size, bits);
    return ok || sl_sm4_scan_fail(scanner, "\"%.*s\" is no double that is exact in decimal",
                                  (int)(size < 32 ? size : 32), text);
}

/* After the opening bracket. */
static bool scan_literals(struct sl_sm4_scanner *scanner, enum sl_sm4_literal kind,
                          struct sl_sm4_operand *operand)
{
    unsigned count = 0;
    do {
        if (count == 4 || !sl_sm4_scan_literal(scanner, kind, &operand->immediate[count++])) {
            return sl_sm4_scan_fail(scanner, "a literal has more than four components");
        }
    } while (sl_sm4_scan_accept(scanner, ","));
    if (count != 1 && count != 4) {
        return sl_sm4_scan_fail(scanner, "a literal has one or four components, not %u", count);
    }
    operand->type = SL_SM4_REG_IMMEDIATE32;
    operand->component_count = (uint8_t)count;
    return sl_sm4_scan_expect(scanner, ")");
}

static bool scan_doubles(struct sl_sm4_scanner *scanner, struct sl_sm4_operand *operand)
{
    unsigned count = 0;
    do {
        uint64_t bits = 0;
        if (count == 2 || !scan_double(scanner, &bits)) {
            return sl_sm4_scan_fail(scanner, "a literal has more than two doubles");
        }
        operand->immediate[2 * count] = (uint32_t)bits;
        operand->immediate[2 * count + 1] = (uint32_t)(bits >> 32);
        count++;
    } while (sl_sm4_scan_accept(scanner, ","));
    operand->type = SL_SM4_REG_IMMEDIATE64;
    operand->component_count = count == 1 ? 1 : 4;
    return sl_sm4_scan_expect(scanner, ")");
}

static const struct sl_sm4_register_name *find_register(const char *name, size_t size)
{
    for (size_t i = 0; i < sl_sm4_register_name_count; i++) {
        const char *known = sl_sm4_register_names[i].name;
        if (strlen(known) == size && memcmp(known, name, size) == 0) {
            return &sl_sm4_register_names[i];
        }
    }
    return NULL;
}

static int component(char c)
{
    static const char names[] = "xyzw";
    const char *found = c ? strchr(names, c) : NULL;
    return found ? (int)(found - names) : -1;
}

static void set_identity(struct sl_sm4_operand *operand)
{
    operand->selection = SL_SM4_SWIZZLE;
    for (uint8_t i = 0; i < 4; i++) {
        operand->swizzle[i] = i;
    }
}

static bool is_memory(const struct sl_sm4_operand *operand)
{
    return operand->type == SL_SM4_REG_UAV || operand->type == SL_SM4_REG_GROUP_SHARED;
}

/* Aero's memory operands have no components, but the field for them is that of a mask. */
static void set_bare(const struct sl_sm4_scanner *scanner, enum sl_sm4_position position,
                     const struct sl_sm4_register_name *name, struct sl_sm4_operand *operand)
{
    uint8_t count = position == SL_SM4_DECLARED ? name->bare_declared : name->bare_used;
    if (scanner->aero && operand->type == SL_SM4_REG_RESOURCE) {
        count = 0;
    }
    operand->component_count = count;
    if (scanner->aero && is_memory(operand)) {
        operand->mask = position == SL_SM4_DECLARED ? 0 : 0xF;
    }
    if (count != 4) {
        return;
    }
    if (position == SL_SM4_READ || operand->type == SL_SM4_REG_CONSTANT_BUFFER) {
        set_identity(operand);
    } else {
        operand->mask = 0xF;
    }
}

static bool scan_mask(struct sl_sm4_scanner *scanner, const char *text, size_t size,
                      struct sl_sm4_operand *operand)
{
    int last = -1;
    for (size_t i = 0; i < size; i++) {
        int c = component(text[i]);
        if (c <= last) {
            return sl_sm4_scan_fail(scanner, "\".%.*s\" is no mask", (int)(size < 16 ? size : 16),
                                    text);
        }
        operand->mask |= (uint8_t)(1u << c);
        last = c;
    }
    operand->component_count = scanner->aero && is_memory(operand) ? 0 : 4;
    return true;
}

/* Fewer than four components repeat the last one; one component is a form of its own. */
static bool scan_swizzle(struct sl_sm4_scanner *scanner, const char *text, size_t size,
                         struct sl_sm4_operand *operand)
{
    for (size_t i = 0; i < 4; i++) {
        int c = component(text[i < size ? i : size - 1]);
        if (c < 0 || size > 4) {
            return sl_sm4_scan_fail(scanner, "\".%.*s\" is no swizzle",
                                    (int)(size < 16 ? size : 16), text);
        }
        operand->swizzle[i] = (uint8_t)c;
    }
    operand->component_count = 4;
    operand->selection = size == 1 ? SL_SM4_SELECT : SL_SM4_SWIZZLE;
    return true;
}

static bool scan_suffix(struct sl_sm4_scanner *scanner, enum sl_sm4_position position,
                        const struct sl_sm4_register_name *name, struct sl_sm4_operand *operand)
{
    if (!sl_sm4_scan_accept(scanner, ".")) {
        set_bare(scanner, position, name, operand);
        return true;
    }
    const char *text;
    size_t size = sl_sm4_scan_word(scanner, &text);
    if (size == 0) {
        return sl_sm4_scan_fail(scanner, "components are missing after the point");
    }
    return position == SL_SM4_READ ? scan_swizzle(scanner, text, size, operand)
                                   : scan_mask(scanner, text, size, operand);
}

static bool scan_register(struct sl_sm4_scanner *scanner, enum sl_sm4_position position,
                          struct sl_sm4_operand *operand, unsigned depth);

/* After the opening bracket: a number, or a register and a number. */
static bool scan_index(struct sl_sm4_scanner *scanner, struct sl_sm4_index *index, unsigned depth)
{
    sl_sm4_scan_blanks(scanner);
    bool number = scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9';
    if (!number) {
        if (depth == SL_SM4_RELATIVE_DEPTH_MAX || scanner->relative_count == SL_SM4_RELATIVES_MAX) {
            return sl_sm4_scan_fail(scanner, "relative indices nest too deeply");
        }
        struct sl_sm4_operand *relative = &scanner->relatives[scanner->relative_count++];
        *relative = (struct sl_sm4_operand){0};
        if (!scan_register(scanner, SL_SM4_READ, relative, depth + 1)) {
            return false;
        }
        index->relative = relative;
        index->representation = 2;
        number = sl_sm4_scan_accept(scanner, "+");
    }
    uint32_t value = 0;
    if (number && !sl_sm4_scan_u32(scanner, &value)) {
        return false;
    }
    index->immediate = value;
    if (index->relative && value) {
        index->representation = 3;
    }
    return sl_sm4_scan_expect(scanner, "]");
}

/* A name, its number, indices in brackets. */
static bool scan_register(struct sl_sm4_scanner *scanner, enum sl_sm4_position position,
                          struct sl_sm4_operand *operand, unsigned depth)
{
    const char *word;
    size_t size = sl_sm4_scan_word(scanner, &word);
    size_t letters = 0;
    while (letters < size && (word[letters] < '0' || word[letters] > '9')) {
        letters++;
    }
    const struct sl_sm4_register_name *name = find_register(word, letters);
    if (!name || (name->type == SL_SM4_REG_PREDICATE && !scanner->aero)) {
        return sl_sm4_scan_fail(scanner, "\"%.*s\" is no operand", (int)(size < 32 ? size : 32),
                                word);
    }
    operand->type = name->type;
    if (letters < size) {
        uint64_t number;
        if (!sl_sm4_parse_unsigned(word + letters, size - letters, UINT32_MAX, &number)) {
            return sl_sm4_scan_fail(scanner, "a register has no such number");
        }
        operand->index[operand->index_count++].immediate = number;
    }
    while (sl_sm4_scan_accept(scanner, "[")) {
        if (operand->index_count == SL_SM4_INDEX_MAX) {
            return sl_sm4_scan_fail(scanner, "an operand has more than three indices");
        }
        if (!scan_index(scanner, &operand->index[operand->index_count++], depth)) {
            return false;
        }
    }
    return scan_suffix(scanner, position, name, operand);
}

bool sl_sm4_scan_operand(struct sl_sm4_scanner *scanner, enum sl_sm4_position position,
                         enum sl_sm4_literal kind, struct sl_sm4_operand *operand)
{
    *operand = (struct sl_sm4_operand){0};
    operand->negate = sl_sm4_scan_accept(scanner, "-");
    operand->absolute = sl_sm4_scan_accept(scanner, "|");
    bool ok;
    if (sl_sm4_scan_accept(scanner, "l(")) {
        ok = scan_literals(scanner, kind, operand);
        if (scanner->aero && operand->component_count == 4) {
            set_identity(operand);
        }
    } else if (sl_sm4_scan_accept(scanner, "d(")) {
        ok = scan_doubles(scanner, operand);
    } else {
        ok = scan_register(scanner, position, operand, 0);
    }
    return ok && (!operand->absolute || sl_sm4_scan_expect(scanner, "|"));
}
