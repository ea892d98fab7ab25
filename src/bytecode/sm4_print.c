/* One instruction as a listing's line. */
#include "bytecode/sm4_text.h"
#include "bytecode/sm4_impl.h"

#include <string.h>

enum position { DECLARED, WRITTEN, READ };

static void print_mask(struct sl_buf *text, uint8_t mask)
{
    sl_buf_text(text, ".");
    for (unsigned i = 0; i < 4; i++) {
        if (mask >> i & 1) {
            sl_buf_u8(text, (uint8_t) "xyzw"[i]);
        }
    }
}

static bool is_identity(const uint8_t swizzle[4])
{
    return memcmp(swizzle, "\0\1\2\3", 4) == 0;
}

static void print_components(struct sl_buf *text, const struct sl_sm4_operand *operand,
                             enum position position)
{
    bool memory = operand->type == SL_SM4_REG_UAV || operand->type == SL_SM4_REG_GROUP_SHARED;
    if (operand->component_count == 0 && memory && operand->mask && position == WRITTEN) {
        print_mask(text, operand->mask);
    }
    if (operand->component_count != 4) {
        return;
    }
    if (position != READ && operand->selection == SL_SM4_MASK) {
        print_mask(text, operand->mask);
    } else if (position != DECLARED || !is_identity(operand->swizzle)) {
        sl_buf_text(text, ".");
        for (unsigned i = 0; i < (operand->selection == SL_SM4_SELECT ? 1 : 4); i++) {
            sl_buf_u8(text, (uint8_t) "xyzw"[operand->swizzle[i]]);
        }
    }
}

static void print_register(struct sl_buf *text, const struct sl_sm4_operand *operand,
                           enum position position);

/* Nests as deeply as the parser lets relative indices nest. */
static void print_index(struct sl_buf *text, const struct sl_sm4_index *index)
{
    sl_buf_text(text, "[");
    if (index->relative) {
        print_register(text, index->relative, READ);
        sl_buf_text(text, " + ");
    }
    sl_buf_printf(text, "%llu]", (unsigned long long)index->immediate);
}

static void print_register(struct sl_buf *text, const struct sl_sm4_operand *operand,
                           enum position position)
{
    const struct sl_sm4_register_name *name = sl_sm4_register_name(operand->type);
    bool brackets = !name || name->brackets || operand->index[0].relative ||
                    (operand->type == SL_SM4_REG_INPUT && operand->index_count > 1);
    sl_buf_text(text, name ? name->name : "?");
    for (unsigned i = 0; i < operand->index_count; i++) {
        if (i > 0 || brackets) {
            print_index(text, &operand->index[i]);
        } else {
            sl_buf_printf(text, "%llu", (unsigned long long)operand->index[0].immediate);
        }
    }
    print_components(text, operand, position);
}

static void print_literals(struct sl_buf *text, const struct sl_sm4_operand *operand,
                           enum sl_sm4_literal kind)
{
    unsigned count = operand->component_count == 1 ? 1 : 4;
    sl_buf_text(text, "l(");
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) {
            sl_buf_text(text, kind == SL_SM4_LITERAL_MIXED ? "," : ", ");
        }
        sl_sm4_print_literal(text, kind, operand->immediate[i]);
    }
    sl_buf_text(text, ")");
}

static void print_doubles(struct sl_buf *text, const struct sl_sm4_operand *operand)
{
    unsigned count = operand->component_count == 1 ? 1 : 2;
    sl_buf_text(text, "d(");
    for (unsigned i = 0; i < count; i++) {
        uint64_t bits = (uint64_t)operand->immediate[2 * i + 1] << 32 | operand->immediate[2 * i];
        sl_buf_text(text, i > 0 ? ", " : "");
        if ((bits >> 52 & 0x7FF) == 0x7FF) {
            sl_buf_printf(text, "0x%016llx", (unsigned long long)bits);
        } else {
            sl_sm4_print_double(text, bits);
            sl_buf_text(text, "l");
        }
    }
    sl_buf_text(text, ")");
}

static void print_operand(struct sl_buf *text, const struct sl_sm4_operand *operand,
                          enum position position, enum sl_sm4_literal kind)
{
    sl_buf_text(text, operand->negate ? "-" : "");
    sl_buf_text(text, operand->absolute ? "|" : "");
    if (operand->type == SL_SM4_REG_IMMEDIATE32) {
        print_literals(text, operand, kind);
    } else if (operand->type == SL_SM4_REG_IMMEDIATE64) {
        print_doubles(text, operand);
    } else {
        print_register(text, operand, position);
    }
    sl_buf_text(text, operand->absolute ? "|" : "");
}

static void print_name_or_number(struct sl_buf *text, const char *name, uint32_t number)
{
    if (name) {
        sl_buf_text(text, name);
    } else {
        sl_buf_printf(text, "%u", number);
    }
}

static void print_return_types(struct sl_buf *text, uint32_t packed)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t type = packed >> (4 * i) & 0xF;
        sl_buf_text(text, i ? "," : "(");
        print_name_or_number(text, sl_sm4_name(&sl_sm4_return_type_names, type), type);
    }
    sl_buf_text(text, ")");
}

/* What bits set from bit 11 on are called. */
static void print_global_flags(struct sl_buf *text, uint32_t token)
{
    const char *separator = "";
    for (unsigned i = 0; i < sl_sm4_global_flag_names.count; i++) {
        if (token >> (11 + i) & 1) {
            sl_buf_printf(text, "%s%s", separator, sl_sm4_global_flag_names.names[i]);
            separator = " | ";
        }
    }
}

static void print_control_field(struct sl_buf *text, char letter, uint32_t token)
{
    const struct sl_sm4_control_field *field = sl_sm4_control_field(letter);
    uint32_t value = sl_sm4_bits(token, field->low, field->count);
    print_name_or_number(text, value < field->name_count ? field->names[value] : NULL, value);
}

static void print_extra(struct sl_buf *text, char letter, uint32_t word)
{
    switch (letter) {
    case 's':
        print_name_or_number(text, sl_sm4_name(&sl_sm4_system_value_names, word), word);
        break;
    case 'r':
        print_return_types(text, word);
        break;
    case 'l':
        sl_buf_text(text, "l(");
        sl_sm4_print_literal(text, SL_SM4_LITERAL_FLOAT, word);
        sl_buf_text(text, ")");
        break;
    default:
        sl_buf_printf(text, "%u", word);
        break;
    }
}

static void print_sdk_declaration(struct sl_buf *text, const struct sl_sm4_insn *insn)
{
    unsigned extra = 0;
    sl_buf_text(text, " ");
    for (const char *f = sl_sm4_declaration_format(insn->op); *f; f++) {
        if (*f != '%') {
            sl_buf_u8(text, (uint8_t)*f);
            continue;
        }
        f++;
        if (*f == 'o') {
            print_operand(text, &insn->operands[0], DECLARED, SL_SM4_LITERAL_UINT);
        } else if (*f == 'f') {
            print_global_flags(text, insn->token);
        } else if (sl_sm4_control_field(*f)) {
            print_control_field(text, *f, insn->token);
        } else {
            print_extra(text, *f, insn->extra[extra++]);
        }
    }
}

static void print_dimension(struct sl_buf *text, const struct sl_sm4_insn *insn)
{
    const char *name = sl_sm4_name(&sl_sm4_dimension_names, insn->dimension);
    sl_buf_text(text, "_");
    print_name_or_number(text, name, insn->dimension);
    uint32_t samples = sl_sm4_bits(insn->token, 16, 7);
    if (insn->op == SL_SM4_DCL_RESOURCE && samples) {
        sl_buf_printf(text, "(%u)", samples);
    }
}

static void print_sdk_declaration_name(struct sl_buf *text, const struct sl_sm4_insn *insn)
{
    bool typed = insn->op == SL_SM4_DCL_RESOURCE || insn->op == SL_SM4_DCL_UAV_TYPED;
    bool uav = insn->op == SL_SM4_DCL_UAV_TYPED || insn->op == SL_SM4_DCL_UAV_RAW ||
               insn->op == SL_SM4_DCL_UAV_STRUCTURED;
    sl_buf_text(text, sl_sm4_mnemonic(insn->op));
    if (typed) {
        print_dimension(text, insn);
    }
    if (uav && insn->token & SL_SM4_GLOBALLY_COHERENT) {
        sl_buf_text(text, "_glc");
    }
    if (uav && insn->token & SL_SM4_ORDER_PRESERVING) {
        sl_buf_text(text, "_opc");
    }
}

static void print_icb(struct sl_buf *text, const struct sl_sm4_insn *insn)
{
    sl_buf_text(text, "dcl_immediateConstantBuffer {");
    for (uint32_t i = 0; i < insn->data_count; i += 4) {
        sl_buf_text(text, i > 0 ? ",\n                              {" : " {");
        for (uint32_t k = i; k < i + 4 && k < insn->data_count; k++) {
            sl_buf_text(text, k > i ? ", " : " ");
            sl_sm4_print_mixed(text, insn->data[k]);
        }
        sl_buf_text(text, "}");
    }
    sl_buf_text(text, " }");
}

static uint32_t extension(const struct sl_sm4_program *program, const struct sl_sm4_insn *insn,
                          uint32_t kind)
{
    size_t at = insn->offset_words;
    uint32_t word = insn->token;
    while (word & SL_SM4_EXTENDED) {
        word = program->words[++at];
        if (sl_sm4_bits(word, 0, 6) == kind) {
            return word;
        }
    }
    return 0;
}

static void print_extensions(struct sl_buf *text, const struct sl_sm4_program *program,
                             const struct sl_sm4_insn *insn)
{
    uint32_t offsets = extension(program, insn, SL_SM4_EXTENSION_OFFSETS);
    uint32_t dimension = extension(program, insn, SL_SM4_EXTENSION_DIMENSION);
    uint32_t types = extension(program, insn, SL_SM4_EXTENSION_RETURN_TYPES);
    sl_buf_text(text, offsets ? "_aoffimmi" : "");
    sl_buf_text(text, dimension ? "_indexable" : "");
    if (offsets) {
        sl_buf_printf(text, "(%d,%d,%d)", insn->offset[0], insn->offset[1], insn->offset[2]);
    }
    if (dimension) {
        const char *name = sl_sm4_name(&sl_sm4_dimension_names, insn->dimension);
        uint32_t stride = sl_sm4_bits(dimension, 11, 12);
        sl_buf_text(text, "(");
        print_name_or_number(text, name, insn->dimension);
        if (stride) {
            sl_buf_printf(text, ", stride=%u", stride);
        }
        sl_buf_text(text, ")");
        print_return_types(text, types >> 6);
    }
}

static void print_flags(struct sl_buf *text, const struct sl_sm4_names *names, uint32_t flags)
{
    for (size_t i = names->count; i-- > 0;) {
        if (flags >> i & 1) {
            sl_buf_printf(text, "_%s", names->names[i]);
        }
    }
}

static void print_sdk_name(struct sl_buf *text, const struct sl_sm4_program *program,
                           const struct sl_sm4_insn *insn, const struct sl_sm4_shape *shape)
{
    sl_buf_text(text, shape->mnemonic);
    if (shape->trait == SL_SM4_TRAIT_TEST) {
        sl_buf_text(text, insn->test_nonzero ? "_nz" : "_z");
    }
    if (insn->op == SL_SM4_SYNC) {
        print_flags(text, &sl_sm4_sync_names, insn->control & 0xF);
    }
    print_extensions(text, program, insn);
    sl_buf_text(text, insn->saturate ? "_sat" : "");
    const char *result = sl_sm4_name(&sl_sm4_resinfo_names, insn->control & 3);
    if ((insn->op == SL_SM4_RESINFO || insn->op == SL_SM4_SAMPLEINFO) && result) {
        sl_buf_printf(text, "_%s", result);
    }
    uint8_t precise = (uint8_t)sl_sm4_bits(insn->token, 19, 4);
    if (precise == 0xF) {
        sl_buf_text(text, " [precise]");
    } else if (precise) {
        sl_buf_text(text, " [precise(");
        for (unsigned i = 0; i < 4; i++) {
            if (precise >> i & 1) {
                sl_buf_u8(text, (uint8_t) "xyzw"[i]);
            }
        }
        sl_buf_text(text, ")]");
    }
}

static void print_aero_name(struct sl_buf *text, const struct sl_sm4_insn *insn,
                            const struct sl_sm4_shape *shape)
{
    const struct sl_sm4_names *names =
        insn->op == SL_SM4_AERO_SETP ? &sl_sm4_setp_names : &sl_sm4_compare_names;
    bool compares = shape->trait == SL_SM4_TRAIT_COMPARE ||
                    (shape->trait == SL_SM4_TRAIT_TEST && insn->operand_count == 2);
    sl_buf_text(text, shape->mnemonic);
    if (compares) {
        sl_buf_text(text, "_");
        print_name_or_number(text, sl_sm4_name(names, insn->compare), insn->compare);
    } else if (shape->trait == SL_SM4_TRAIT_TEST) {
        sl_buf_text(text, insn->test_nonzero ? "_nz" : "_z");
    }
    if (insn->op == SL_SM4_SYNC) {
        print_flags(text, &sl_sm4_aero_sync_names, insn->control);
    }
    sl_buf_text(text, insn->saturate ? "_sat" : "");
    if (sl_sm4_aero_number(insn) != sl_sm4_bits(insn->token, 0, 11)) {
        sl_buf_printf(text, "(0x%x)", sl_sm4_bits(insn->token, 0, 11));
    }
}

/* Aero's declarations: an operand if there is one, and words. */
static void print_aero_words(struct sl_buf *text, const struct sl_sm4_insn *insn)
{
    const char *separator = " ";
    if (insn->operand_count) {
        sl_buf_text(text, separator);
        print_operand(text, &insn->operands[0], DECLARED, SL_SM4_LITERAL_UINT);
        separator = ", ";
    }
    for (unsigned i = 0; i < insn->extra_count; i++) {
        sl_buf_printf(text, "%s%u", separator, insn->extra[i]);
        separator = ", ";
    }
    for (uint32_t i = 0; insn->op == SL_SM4_AERO_DCL_OTHER && i < insn->data_count; i++) {
        sl_buf_printf(text, "%s0x%08x", separator, insn->data[i]);
        separator = ", ";
    }
}

static void print_operands(struct sl_buf *text, const struct sl_sm4_insn *insn,
                           const struct sl_sm4_shape *shape)
{
    unsigned dsts = sl_sm4_dsts(insn, shape);
    for (unsigned i = 0; i < insn->operand_count; i++) {
        sl_buf_text(text, i ? ", " : " ");
        print_operand(text, &insn->operands[i], i < dsts ? WRITTEN : READ, shape->literal);
    }
}

void sl_sm4_print_insn(const struct sl_sm4_program *program, const struct sl_sm4_insn *insn,
                       struct sl_buf *text)
{
    const struct sl_sm4_shape *shape = sl_sm4_shape((uint32_t)insn->op);
    bool aero = program->dialect == SL_SM4_AERO;
    if (insn->op == SL_SM4_CUSTOMDATA && insn->custom_class == SL_SM4_CLASS_ICB && !aero) {
        print_icb(text, insn);
        return;
    }
    if (insn->has_predicate) {
        sl_buf_text(text, insn->predicate.negate ? "(!" : "(");
        print_register(text, &insn->predicate, READ);
        sl_buf_text(text, ") ");
    }
    bool declares = shape->trait == SL_SM4_TRAIT_DECLARATION;
    if (aero) {
        print_aero_name(text, insn, shape);
        if (declares || insn->extra_count || insn->op == SL_SM4_AERO_DCL_OTHER) {
            print_aero_words(text, insn);
            return;
        }
    } else if (declares) {
        print_sdk_declaration_name(text, insn);
        print_sdk_declaration(text, insn);
        return;
    } else {
        print_sdk_name(text, program, insn, shape);
    }
    print_operands(text, insn, shape);
}
