#include "bytecode/d3d9_text.h"

#include "base/decimal.h"

#include <string.h>

/* 0 of a comparison means > but is another bit pattern; it has no name of its own. */
const char *const sl_d3d9_comparison_names[8] = {"gt", "gt", "eq", "ge",
                                                 "lt", "ne", "le", "always"};

const char *const sl_d3d9_usage_names[16] = {
    "position", "blendweight", "blendindices", "normal",    "psize", "texcoord",
    "tangent",  "binormal",    "tessfactor",   "positiont", "color", "fog",
    "depth",    "sample",      "usagee",       "usagef",
};

const char *const sl_d3d9_sampler_names[5] = {"", "1d", "2d", "cube", "volume"};

const char *const sl_d3d9_shift_names[7] = {"d8", "d4", "d2", "", "x2", "x4", "x8"};

const struct sl_d3d9_modifier_name sl_d3d9_modifier_names[14] = {
    [SL_D3D9_MOD_NONE] = {"", ""},       [SL_D3D9_MOD_NEG] = {"-", ""},
    [SL_D3D9_MOD_BIAS] = {"", "bias"},   [SL_D3D9_MOD_BIASNEG] = {"-", "bias"},
    [SL_D3D9_MOD_SIGN] = {"", "bx2"},    [SL_D3D9_MOD_SIGNNEG] = {"-", "bx2"},
    [SL_D3D9_MOD_COMP] = {"1-", ""},     [SL_D3D9_MOD_X2] = {"", "x2"},
    [SL_D3D9_MOD_X2NEG] = {"-", "x2"},   [SL_D3D9_MOD_DZ] = {"", "dz"},
    [SL_D3D9_MOD_DW] = {"", "dw"},       [SL_D3D9_MOD_ABS] = {"", "abs"},
    [SL_D3D9_MOD_ABSNEG] = {"-", "abs"}, [SL_D3D9_MOD_NOT] = {"!", ""},
};

#define ALL 0x0E
#define UP_TO_2 0x06
#define FROM_3 0x08

const struct sl_d3d9_register_name sl_d3d9_register_names[] = {
    {"r", SL_D3D9_REG_TEMP, -1, -1, ALL},      {"v", SL_D3D9_REG_INPUT, -1, -1, ALL},
    {"c", SL_D3D9_REG_CONST, -1, -1, ALL},     {"a", SL_D3D9_REG_ADDR, -1, 0, ALL},
    {"t", SL_D3D9_REG_ADDR, -1, 1, ALL},       {"oPos", SL_D3D9_REG_RASTOUT, 0, -1, ALL},
    {"oFog", SL_D3D9_REG_RASTOUT, 1, -1, ALL}, {"oPts", SL_D3D9_REG_RASTOUT, 2, -1, ALL},
    {"oD", SL_D3D9_REG_ATTROUT, -1, -1, ALL},  {"oT", SL_D3D9_REG_OUTPUT, -1, -1, UP_TO_2},
    {"o", SL_D3D9_REG_OUTPUT, -1, -1, FROM_3}, {"i", SL_D3D9_REG_CONSTINT, -1, -1, ALL},
    {"oC", SL_D3D9_REG_COLOROUT, -1, -1, ALL}, {"oDepth", SL_D3D9_REG_DEPTHOUT, 0, -1, ALL},
    {"s", SL_D3D9_REG_SAMPLER, -1, -1, ALL},   {"b", SL_D3D9_REG_CONSTBOOL, -1, -1, ALL},
    {"aL", SL_D3D9_REG_LOOP, 0, -1, ALL},      {"vPos", SL_D3D9_REG_MISC, 0, -1, ALL},
    {"vFace", SL_D3D9_REG_MISC, 1, -1, ALL},   {"l", SL_D3D9_REG_LABEL, -1, -1, ALL},
    {"p", SL_D3D9_REG_PREDICATE, -1, -1, ALL},
};
const size_t sl_d3d9_register_name_count =
    sizeof(sl_d3d9_register_names) / sizeof(sl_d3d9_register_names[0]);

static void print_register(const struct sl_d3d9_program *program, enum sl_d3d9_register type,
                           unsigned number, struct sl_buf *text)
{
    for (size_t i = 0; i < sl_d3d9_register_name_count; i++) {
        const struct sl_d3d9_register_name *name = &sl_d3d9_register_names[i];
        if (name->type != type || !(name->versions >> program->major & 1) ||
            (name->is_pixel >= 0 && name->is_pixel != program->is_pixel) ||
            (name->number >= 0 && (unsigned)name->number != number)) {
            continue;
        }
        sl_buf_text(text, name->name);
        if (name->number < 0) {
            sl_buf_printf(text, "%u", number);
        }
        return;
    }
}

static void print_relative(const struct sl_d3d9_program *program,
                           const struct sl_d3d9_operand *operand, struct sl_buf *text)
{
    if (!operand->relative) {
        return;
    }
    sl_buf_text(text, "[");
    print_register(program, operand->relative_type, 0, text);
    if (operand->relative_type != SL_D3D9_REG_LOOP) {
        sl_buf_printf(text, ".%c", "xyzw"[operand->relative_component]);
    }
    sl_buf_text(text, "]");
}

static void print_dst(const struct sl_d3d9_program *program, const struct sl_d3d9_operand *operand,
                      struct sl_buf *text)
{
    print_register(program, operand->type, operand->number, text);
    print_relative(program, operand, text);
    if (operand->write_mask == 0xF) {
        return;
    }
    sl_buf_text(text, ".");
    for (unsigned i = 0; i < 4; i++) {
        if (operand->write_mask >> i & 1) {
            sl_buf_u8(text, (uint8_t) "xyzw"[i]);
        }
    }
}

static void print_swizzle(const uint8_t swizzle[4], struct sl_buf *text)
{
    static const uint8_t identity[4] = {0, 1, 2, 3};
    if (memcmp(swizzle, identity, 4) == 0) {
        return;
    }
    bool is_replicate =
        swizzle[0] == swizzle[1] && swizzle[0] == swizzle[2] && swizzle[0] == swizzle[3];
    sl_buf_text(text, ".");
    for (unsigned i = 0; i < (is_replicate ? 1 : 4); i++) {
        sl_buf_u8(text, (uint8_t) "xyzw"[swizzle[i]]);
    }
}

static void print_src(const struct sl_d3d9_program *program, const struct sl_d3d9_operand *operand,
                      struct sl_buf *text)
{
    const struct sl_d3d9_modifier_name *modifier = &sl_d3d9_modifier_names[operand->modifier];
    sl_buf_text(text, modifier->prefix);
    print_register(program, operand->type, operand->number, text);
    print_relative(program, operand, text);
    if (modifier->suffix[0] != '\0') {
        sl_buf_printf(text, "_%s", modifier->suffix);
    }
    print_swizzle(operand->swizzle, text);
}

/*
 * The operand of a conditional break. The SDK's listings write p0.x as "p0."; its other components
 * they do not tell apart, and are written in full here.
 */
static void print_break_predicate(const struct sl_d3d9_program *program,
                                  const struct sl_d3d9_operand *operand, struct sl_buf *text)
{
    static const uint8_t all_x[4];
    bool is_x = memcmp(operand->swizzle, all_x, 4) == 0;
    print_src(program, operand, text);
    if (is_x && !text->failed) {
        text->size--;
    }
}

static const char *mnemonic(const struct sl_d3d9_program *program, const struct sl_d3d9_insn *insn)
{
    static const char *const samples[3] = {"texld", "texldp", "texldb"};
    bool is_texld = program->major >= 2 || program->minor >= 4;
    if (insn->op == SL_D3D9_TEX && is_texld) {
        return samples[insn->control];
    }
    if (insn->op == SL_D3D9_TEXCOORD && is_texld) {
        return "texcrd";
    }
    if (insn->op == SL_D3D9_BREAKP) {
        return "break";
    }
    return sl_d3d9_row(insn->op)->mnemonic;
}

static void print_suffix(struct sl_buf *text, const char *suffix)
{
    if (suffix[0] != '\0') {
        sl_buf_printf(text, "_%s", suffix);
    }
}

static void print_declared(const struct sl_d3d9_insn *insn, struct sl_buf *text)
{
    if (insn->dst.type == SL_D3D9_REG_SAMPLER) {
        size_t known = sizeof(sl_d3d9_sampler_names) / sizeof(sl_d3d9_sampler_names[0]);
        print_suffix(text,
                     insn->sampler_type < known ? sl_d3d9_sampler_names[insn->sampler_type] : "");
    }
    if (insn->has_usage) {
        print_suffix(text, sl_d3d9_usage_names[insn->usage]);
        if (insn->usage_index > 0) {
            sl_buf_printf(text, "%u", insn->usage_index);
        }
    }
}

static void print_name(const struct sl_d3d9_program *program, const struct sl_d3d9_insn *insn,
                       struct sl_buf *text)
{
    enum sl_d3d9_class kind = sl_d3d9_row(insn->op)->kind;
    sl_buf_text(text, mnemonic(program, insn));
    if (kind == SL_D3D9_CLASS_COMPARE || kind == SL_D3D9_CLASS_COMPARE_FLOW) {
        print_suffix(text, sl_d3d9_comparison_names[insn->control]);
    }
    if (kind == SL_D3D9_CLASS_DECLARE) {
        print_declared(insn, text);
    }
    print_suffix(text, sl_d3d9_shift_names[insn->shift + 3]);
    print_suffix(text, insn->saturate ? "sat" : "");
    print_suffix(text, insn->partial_precision ? "pp" : "");
    print_suffix(text, insn->centroid ? "centroid" : "");
}

static void print_float(uint32_t bits, struct sl_buf *text)
{
    bool is_finite = (bits & 0x7F800000) != 0x7F800000;
    if (is_finite) {
        sl_decimal_print(text, bits);
    } else {
        sl_buf_printf(text, "0x%08x", bits);
    }
}

static void print_literals(const struct sl_d3d9_insn *insn, struct sl_buf *text)
{
    for (unsigned i = 0; i < sl_d3d9_literal_count(insn->op); i++) {
        uint32_t bits = insn->literal[i];
        sl_buf_text(text, ", ");
        if (insn->op == SL_D3D9_DEF) {
            print_float(bits, text);
        } else if (insn->op == SL_D3D9_DEFI) {
            sl_buf_printf(text, "%d", (int32_t)bits);
        } else if (bits > 1) {
            sl_buf_printf(text, "0x%08x", bits);
        } else {
            sl_buf_text(text, bits ? "true" : "false");
        }
    }
}

void sl_d3d9_print_insn(const struct sl_d3d9_program *program, const struct sl_d3d9_insn *insn,
                        struct sl_buf *text)
{
    const struct sl_d3d9_row *row = sl_d3d9_row(insn->op);
    if (!row) {
        return;
    }
    if (insn->coissue) {
        sl_buf_text(text, "+ ");
    }
    if (insn->predicated) {
        sl_buf_text(text, "(");
        print_src(program, &insn->predicate, text);
        sl_buf_text(text, ") ");
    }
    print_name(program, insn, text);
    const char *separator = " ";
    if (insn->has_dst) {
        sl_buf_text(text, separator);
        print_dst(program, &insn->dst, text);
        separator = ", ";
    }
    for (unsigned i = 0; i < insn->src_count; i++) {
        sl_buf_text(text, separator);
        if (insn->op == SL_D3D9_BREAKP) {
            print_break_predicate(program, &insn->src[i], text);
        } else {
            print_src(program, &insn->src[i], text);
        }
        separator = ", ";
    }
    if (row->kind == SL_D3D9_CLASS_DEFINE) {
        print_literals(insn, text);
    }
}
