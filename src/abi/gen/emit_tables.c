/* The tables behind abi/abi.h, and for an ABI with system headers the assertions against them. */
#include "abi/gen/emit.h"

#include <inttypes.h>
#include <string.h>

static void emit_string(struct sl_buf *out, const char *text)
{
    sl_buf_u8(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            sl_buf_u8(out, '\\');
        }
        sl_buf_u8(out, (uint8_t)*text);
    }
    sl_buf_u8(out, '"');
}

/* Ends an initializer. */
static void emit_doc(struct sl_buf *out, const char *doc)
{
    sl_buf_text(out, "\n     .doc = ");
    emit_string(out, doc);
    sl_buf_text(out, "},\n");
}

static void emit_flag(struct sl_buf *out, const char *name, bool set)
{
    if (set) {
        sl_buf_printf(out, " .%s = true,", name);
    }
}

static void emit_text(struct sl_buf *out, const char *name, const char *text)
{
    if (text) {
        sl_buf_printf(out, " .%s = ", name);
        emit_string(out, text);
        sl_buf_u8(out, ',');
    }
}

static void emit_states(struct sl_buf *out, int states)
{
    static const char *const words[] = {"NOTHING", "MINOR", "VERSION"};
    if (states) {
        sl_buf_printf(out, " .states = SL_ABI_STATES_%s,", words[states]);
    }
}

static void emit_group(struct sl_buf *out, const struct gen_abi *abi, const char *name)
{
    GEN_EACH(const struct gen_group, g, &abi->groups) {
        if (strcmp(g->name, name) == 0) {
            sl_buf_printf(out, " .group = &groups[%zu],",
                          (size_t)(g - (const struct gen_group *)abi->groups.items));
        }
    }
}

static void emit_groups(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->groups.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_group groups[] = {\n");
    GEN_EACH(const struct gen_group, g, &abi->groups) {
        sl_buf_printf(out, "    {.name = \"%s\",", g->name);
        if (g->header) {
            sl_buf_printf(out, " .header = \"%s\",", g->header);
        }
        emit_doc(out, g->doc);
    }
    sl_buf_text(out, "};\n\n");
}

/* Starts an initializer that emit_doc() ends. */
static void begin_value(struct sl_buf *out, const char *name, uint64_t value, uint64_t since)
{
    sl_buf_printf(out, "    {\"%s\", UINT64_C(0x%" PRIX64 "), %" PRIu64 ",", name, value, since);
}

static size_t enum_index(const struct gen_abi *abi, const char *name)
{
    return (size_t)(gen_find_enum(abi, name) - (const struct gen_enum *)abi->enums.items);
}

static size_t struct_index(const struct gen_abi *abi, const struct gen_struct *s)
{
    return (size_t)(s - (const struct gen_struct *)abi->structs.items);
}

static const char *type_word(enum sl_abi_type type)
{
    static const char *const words[] = {
        [SL_ABI_U8] = "SL_ABI_U8",         [SL_ABI_U16] = "SL_ABI_U16",
        [SL_ABI_U32] = "SL_ABI_U32",       [SL_ABI_U64] = "SL_ABI_U64",
        [SL_ABI_I32] = "SL_ABI_I32",       [SL_ABI_F32] = "SL_ABI_F32",
        [SL_ABI_HANDLE] = "SL_ABI_HANDLE", [SL_ABI_STRUCT] = "SL_ABI_STRUCT",
    };
    return words[type];
}

static uint64_t feature_mask(const struct gen_abi *abi, const char *name)
{
    const struct gen_feature *f = gen_find_feature(abi, name);
    return f ? UINT64_C(1) << f->bit : 0;
}

static void emit_constants(struct sl_buf *out, const struct gen_abi *abi)
{
    if (abi->constants.count) {
        sl_buf_text(out, "static const struct sl_abi_value constants[] = {\n");
        GEN_EACH(const struct gen_constant, c, &abi->constants) {
            begin_value(out, c->name, c->value, c->since);
            emit_flag(out, "wide", c->is_u64);
            emit_states(out, c->states);
            emit_text(out, "alias_of", c->alias_of);
            emit_group(out, abi, c->group);
            emit_doc(out, c->doc);
        }
        sl_buf_text(out, "};\n\n");
    }
    if (abi->limits.count) {
        sl_buf_text(out, "static const struct sl_abi_value limits[] = {\n");
        GEN_EACH(const struct gen_limit, l, &abi->limits) {
            begin_value(out, l->name, l->value, 0);
            emit_doc(out, l->doc);
        }
        sl_buf_text(out, "};\n\n");
    }
}

static void emit_enum_values(struct sl_buf *out, const struct gen_abi *abi,
                             const struct gen_enum *e)
{
    GEN_EACH(const struct gen_value, v, &e->values) {
        begin_value(out, v->name, v->value, v->since);
        emit_text(out, "alias_of", v->alias_of);
        if (v->struct_name) {
            sl_buf_printf(out, " .packet = &structs[%zu],",
                          struct_index(abi, gen_find_struct(abi, v->struct_name)));
        }
        emit_text(out, "direction", v->direction);
        emit_doc(out, v->doc);
    }
}

static void emit_enums(struct sl_buf *out, const struct gen_abi *abi)
{
    static const char *const from[] = {"", " .from = SL_ABI_FROM_OPCODES,",
                                       " .from = SL_ABI_FROM_FEATURES,"};
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        sl_buf_printf(out, "static const struct sl_abi_value values_of_%s[] = {\n", e->name);
        emit_enum_values(out, abi, e);
        sl_buf_text(out, "};\n\n");
    }
    sl_buf_text(out, "static const struct sl_abi_enum enums[] = {\n");
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        sl_buf_printf(
            out, "    {\"%s\", \"%s\", %s, values_of_%s, %zu, .since_minor = %" PRIu64 ",", e->name,
            e->prefix, e->is_flags ? "true" : "false", e->name, e->values.count, e->since);
        emit_flag(out, "macros", e->emit_defines);
        emit_flag(out, "wide", e->is_u64);
        emit_flag(out, "bit_numbers", e->from == GEN_FROM_FEATURES && gen_is_system(abi));
        emit_flag(out, "not_system", e->not_system);
        sl_buf_text(out, from[e->from]);
        emit_text(out, "unknown", e->unknown);
        emit_group(out, abi, e->group);
        emit_doc(out, e->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_field(struct sl_buf *out, const struct gen_abi *abi, const struct gen_field *f)
{
    sl_buf_printf(out, "    {.name = \"%s\", .type = %s, .offset = %" PRIu64 ", .count = %" PRIu64,
                  f->name, type_word(f->type), f->offset, f->count);
    if (f->of) {
        sl_buf_printf(out, ", .of = &structs[%zu]", struct_index(abi, f->of));
    }
    if (f->enum_name) {
        sl_buf_printf(out, ", .names = &enums[%zu]", enum_index(abi, f->enum_name));
    }
    if (f->present_if_size_ge) {
        sl_buf_printf(out, ", .present_if_size_ge = %" PRIu64, f->present_if_size_ge);
    }
    sl_buf_u8(out, ',');
    emit_flag(out, "reserved", f->reserved);
    emit_flag(out, "stage_ex", f->stage_ex);
    emit_text(out, "overlaps", f->overlaps);
    emit_text(out, "zero", f->zero);
    emit_flag(out, "is_volatile", f->is_volatile);
    emit_flag(out, "not_system", f->not_system);
    if (f->since) {
        sl_buf_printf(out, " .since_minor = %" PRIu64 ",", f->since);
    }
    emit_doc(out, f->doc);
}

static size_t field_index(const struct gen_struct *s, const char *name)
{
    const struct gen_field *f = s->fields.items;
    size_t i = 0;
    while (strcmp(f[i].name, name) != 0) {
        i++;
    }
    return i;
}

static void emit_trailing(struct sl_buf *out, const struct gen_abi *abi, const struct gen_struct *s,
                          const struct gen_trailing *t)
{
    sl_buf_printf(out, "static const struct sl_abi_trailing trailing_of_%s = {\n", s->name);
    sl_buf_printf(out,
                  "    .name = \"%s\", .type = %s, .offset = %" PRIu64 ", .count_scale = %" PRIu64
                  ",\n    .min_count_scale = %" PRIu64 ", .pad_to = %" PRIu64 ",\n",
                  t->name, type_word(t->type), t->offset, t->count_scale, t->min_count_scale,
                  t->pad_to);
    if (t->of) {
        sl_buf_printf(out, "    .of = &structs[%zu],\n", struct_index(abi, t->of));
    }
    if (t->count_field) {
        sl_buf_printf(out, "    .count_field = \"%s\", .count = &fields_of_%s[%zu],\n",
                      t->count_field, s->name, field_index(s, t->count_field));
    }
    if (t->stride_field) {
        sl_buf_printf(out, "    .stride_field = \"%s\", .stride = &fields_of_%s[%zu],\n",
                      t->stride_field, s->name, field_index(s, t->stride_field));
    }
    sl_buf_text(out, t->text ? "    .text = true,\n    .doc = " : "    .doc = ");
    emit_string(out, t->doc);
    sl_buf_text(out, ",\n};\n\n");
}

static void emit_structs(struct sl_buf *out, const struct gen_abi *abi)
{
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        sl_buf_printf(out, "static const struct sl_abi_field fields_of_%s[] = {\n", s->name);
        GEN_EACH(const struct gen_field, f, &s->fields) {
            emit_field(out, abi, f);
        }
        sl_buf_text(out, "};\n\n");
        GEN_EACH(const struct gen_trailing, t, &s->trailing) {
            emit_trailing(out, abi, s, t);
        }
    }
    sl_buf_printf(out, "static const struct sl_abi_struct structs[%zu] = {\n", abi->structs.count);
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        sl_buf_printf(out,
                      "    {.name = \"%s\", .size = %" PRIu64 ", .min_size = %" PRIu64
                      ", .since_minor = %" PRIu64
                      ",\n     .fields = fields_of_%s, .field_count = %zu,",
                      s->name, s->size, s->min_size, s->since, s->name, s->fields.count);
        if (s->trailing.count) {
            sl_buf_printf(out, " .trailing = &trailing_of_%s,", s->name);
        }
        emit_flag(out, "framing", s->framing);
        emit_text(out, "kind", s->kind);
        emit_text(out, "sized_by", s->sized_by);
        emit_flag(out, "packed", s->packed);
        emit_flag(out, "is_typedef", s->is_typedef);
        emit_flag(out, "not_system", s->not_system);
        emit_flag(out, "inner", s->inner);
        emit_group(out, abi, s->group);
        emit_doc(out, s->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_opcode_index(struct sl_buf *out, const struct gen_abi *abi)
{
    const struct gen_opcode *o = abi->opcodes.items;
    uint64_t end = o[abi->opcodes.count - 1].value + 1;
    sl_buf_printf(out, "static const uint8_t opcode_index[%" PRIu64 "] = {\n", end);
    for (size_t i = 0; i < abi->opcodes.count; i++) {
        sl_buf_printf(out, "    [0x%" PRIX64 "] = %zu,\n", o[i].value, i + 1);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_opcodes(struct sl_buf *out, const struct gen_abi *abi)
{
    sl_buf_text(out, "static const struct sl_abi_opcode opcodes[] = {\n");
    GEN_EACH(const struct gen_opcode, o, &abi->opcodes) {
        const struct gen_struct *s = gen_find_struct(abi, o->struct_name);
        sl_buf_printf(out,
                      "    {\"%s\", \"%s\", 0x%" PRIX64 ", &structs[%zu], %" PRIu64
                      ", UINT64_C(0x%" PRIX64 "), %" PRIu64 ",",
                      o->name, gen_opcode_word(abi, o->name), o->value, struct_index(abi, s),
                      s->min_size, feature_mask(abi, o->feature), o->since);
        emit_doc(out, o->doc);
    }
    sl_buf_text(out, "};\n\n");
    emit_opcode_index(out, abi);
}

static void emit_registers(struct sl_buf *out, const struct gen_abi *abi)
{
    static const char *const access[] = {"SL_ABI_RO", "SL_ABI_WO", "SL_ABI_RW"};
    if (!abi->registers.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_register registers[] = {\n");
    GEN_EACH(const struct gen_register, r, &abi->registers) {
        sl_buf_printf(out,
                      "    {.name = \"%s\", .word = \"%s\", .offset = 0x%" PRIX64
                      ", .width_bytes = %" PRIu64 ",\n     .access = %s, .reset = 0x%" PRIX64
                      ", .feature = UINT64_C(0x%" PRIX64 "), .since_minor = %" PRIu64,
                      r->name, r->name + strlen(abi->meta.register_prefix), r->offset, r->width / 8,
                      access[r->access], r->reset, feature_mask(abi, r->feature), r->since);
        if (r->enum_name) {
            sl_buf_printf(out, ", .names = &enums[%zu]", enum_index(abi, r->enum_name));
        }
        sl_buf_u8(out, ',');
        emit_flag(out, "is_signed", r->is_signed);
        emit_states(out, r->states);
        emit_text(out, "pair", r->pair);
        emit_flag(out, "is_high", r->part == 2);
        emit_doc(out, r->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_typedefs(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->typedefs.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_typedef typedefs[] = {\n");
    GEN_EACH(const struct gen_typedef, t, &abi->typedefs) {
        const struct gen_struct *s = gen_find_struct(abi, t->type);
        sl_buf_printf(out, "    {.name = \"%s\",", t->name);
        if (s) {
            sl_buf_printf(out, " .type = SL_ABI_STRUCT, .of = &structs[%zu],",
                          struct_index(abi, s));
        } else {
            bool wide = strcmp(t->type, "u64") == 0;
            sl_buf_printf(out, " .type = %s,", type_word(wide ? SL_ABI_U64 : SL_ABI_U32));
        }
        emit_group(out, abi, t->group);
        emit_doc(out, t->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_macros(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->macros.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_macro macros[] = {\n");
    GEN_EACH(const struct gen_macro, m, &abi->macros) {
        sl_buf_printf(out, "    {.name = \"%s\", .parameters = \"%s\",\n     .body = ", m->name,
                      m->params);
        emit_string(out, m->body);
        sl_buf_text(out, ",\n    ");
        emit_group(out, abi, m->group);
        emit_doc(out, m->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_system_headers(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!gen_is_system(abi)) {
        return;
    }
    sl_buf_text(out, "static const char *const system_headers[] = {\n");
    GEN_EACH(const struct gen_prefix, h, &abi->meta.system_headers) {
        sl_buf_printf(out, "    \"%s\",\n", h->name);
    }
    sl_buf_text(out, "};\n\n");
}

static const char *boolean(bool value)
{
    return value ? "true" : "false";
}

static void emit_formats(struct sl_buf *out, const struct gen_abi *abi)
{
    static const char *const kinds[] = {"COLOR", "DEPTH", "DEPTH_STENCIL", "BLOCK"};
    if (!abi->formats.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_format formats[] = {\n");
    GEN_EACH(const struct gen_format, f, &abi->formats) {
        sl_buf_printf(out,
                      "    {\"%s\", %" PRIu64 ", SL_ABI_FORMAT_%s, %" PRIu64 ", %" PRIu64
                      ", %" PRIu64 ", \"%s\", %s, %s, %s, %s},\n",
                      f->name, f->value, kinds[f->kind], f->block_width, f->block_height,
                      f->bytes_per_block, f->channels, boolean(f->srgb), boolean(f->opaque_alpha),
                      boolean(f->scanout), boolean(f->cursor));
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_features(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->features.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_feature features[] = {\n");
    GEN_EACH(const struct gen_feature, f, &abi->features) {
        sl_buf_printf(out, "    {\"%s\", \"%s\", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ",", f->name,
                      f->word, f->bit, f->display_order, f->since);
        emit_doc(out, f->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_any(struct sl_buf *out, uint64_t value)
{
    if (value == GEN_NONE) {
        sl_buf_text(out, "SL_ABI_ANY, ");
    } else {
        sl_buf_printf(out, "%" PRIu64 ", ", value);
    }
}

static void emit_stage_rules(struct sl_buf *out, const struct gen_abi *abi)
{
    static const char *const stages[] = {"REJECT", "VERTEX", "PIXEL",  "GEOMETRY",
                                         "HULL",   "DOMAIN", "COMPUTE"};
    if (!abi->stage_rules.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_stage_rule stage_rules[] = {\n");
    GEN_EACH(const struct gen_stage_rule, r, &abi->stage_rules) {
        sl_buf_text(out, "    {");
        emit_any(out, r->stage);
        emit_any(out, r->reserved0);
        sl_buf_printf(out, "%" PRIu64 ", SL_ABI_STAGE_%s},\n", r->min_stream_minor,
                      stages[r->result]);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_vbe_modes(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->pci.vbe_modes.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_vbe_mode vbe_modes[] = {\n");
    GEN_EACH(const struct gen_vbe_mode, m, &abi->pci.vbe_modes) {
        sl_buf_printf(out, "    {0x%" PRIX64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 "},\n", m->mode,
                      m->width, m->height, m->bits_per_pixel);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_bars(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->pci.bars.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_bar bars[] = {\n");
    GEN_EACH(const struct gen_bar, b, &abi->pci.bars) {
        sl_buf_printf(out, "    {.index = %" PRIu64 ", .size = %" PRIu64 ",", b->index, b->size);
        emit_flag(out, "prefetchable", b->prefetchable);
        emit_doc(out, b->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_versions(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->versions.count) {
        return;
    }
    sl_buf_text(out, "static const struct sl_abi_version versions[] = {\n");
    GEN_EACH(const struct gen_version, v, &abi->versions) {
        sl_buf_printf(out, "    {.minor = %" PRIu64 ",", v->minor);
        emit_doc(out, v->doc);
    }
    sl_buf_text(out, "};\n\n");
}

static void emit_member_table(struct sl_buf *out, const char *table, const char *count_name,
                              size_t count)
{
    if (count) {
        sl_buf_printf(out, "    .%s = %s,\n    .%s = %zu,\n", table, table, count_name, count);
    }
}

static void emit_root(struct sl_buf *out, const struct gen_abi *abi)
{
    const struct gen_opcode *o = abi->opcodes.items;
    sl_buf_printf(out, "const struct sl_abi sl_abi_%s = {\n    .name = \"%s\",\n", abi->meta.abi,
                  abi->meta.name);
    sl_buf_printf(out, "    .title = \"%s\",\n    .symbol_prefix = \"%s\",\n", abi->meta.title,
                  abi->meta.symbol_prefix);
    sl_buf_printf(out, "    .constant_prefix = \"%s\",\n    .version = 0x%08" PRIX64 ",\n",
                  abi->meta.constant_prefix, abi->meta.major << 16 | abi->meta.minor);
    sl_buf_text(out, "    .doc = ");
    emit_string(out, abi->meta.doc);
    sl_buf_text(out, ",\n");
    emit_member_table(out, "groups", "group_count", abi->groups.count);
    emit_member_table(out, "system_headers", "system_header_count", abi->meta.system_headers.count);
    emit_member_table(out, "constants", "constant_count", abi->constants.count);
    emit_member_table(out, "enums", "enum_count", abi->enums.count);
    emit_member_table(out, "structs", "struct_count", abi->structs.count);
    emit_member_table(out, "typedefs", "typedef_count", abi->typedefs.count);
    emit_member_table(out, "macros", "macro_count", abi->macros.count);
    emit_member_table(out, "opcodes", "opcode_count", abi->opcodes.count);
    emit_member_table(out, "opcode_index", "opcode_index_count",
                      (size_t)o[abi->opcodes.count - 1].value + 1);
    emit_member_table(out, "registers", "register_count", abi->registers.count);
    emit_member_table(out, "formats", "format_count", abi->formats.count);
    emit_member_table(out, "features", "feature_count", abi->features.count);
    emit_member_table(out, "limits", "limit_count", abi->limits.count);
    emit_member_table(out, "stage_rules", "stage_rule_count", abi->stage_rules.count);
    emit_member_table(out, "vbe_modes", "vbe_mode_count", abi->pci.vbe_modes.count);
    emit_member_table(out, "bars", "bar_count", abi->pci.bars.count);
    emit_member_table(out, "versions", "version_count", abi->versions.count);
    sl_buf_text(out, "};\n");
}

/* Features are bit numbers in the system's headers and masks in the tables. */
static void emit_system_asserts(struct sl_buf *out, const struct gen_abi *abi)
{
    sl_buf_text(out, "/* What the headers of the system say. */\n");
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        const char *shift = e->from == GEN_FROM_FEATURES ? "UINT64_C(1) << " : "";
        GEN_EACH(const struct gen_value, v, &e->values) {
            if (!e->not_system) {
                sl_buf_printf(out, "_Static_assert(%s%s == UINT64_C(0x%" PRIX64 "), \"%s\");\n",
                              shift, v->name, v->value, v->name);
            }
        }
    }
    GEN_EACH(const struct gen_constant, c, &abi->constants) {
        sl_buf_printf(out, "_Static_assert(%s == UINT64_C(0x%" PRIX64 "), \"%s\");\n", c->name,
                      c->value, c->name);
    }
    GEN_EACH(const struct gen_register, r, &abi->registers) {
        sl_buf_printf(out, "_Static_assert(%s == %" PRIu64 ", \"%s\");\n", r->name, r->offset,
                      r->name);
    }
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        if (s->not_system) {
            continue;
        }
        sl_buf_printf(out, "_Static_assert(sizeof(struct %s) == %" PRIu64 ", \"%s\");\n", s->name,
                      s->size, s->name);
        GEN_EACH(const struct gen_field, f, &s->fields) {
            if (!f->not_system) {
                sl_buf_printf(
                    out, "_Static_assert(offsetof(struct %s, %s) == %" PRIu64 ", \"%s.%s\");\n",
                    s->name, f->name, f->offset, s->name, f->name);
            }
        }
    }
}

void gen_emit_tables(struct sl_buf *out, const struct gen_abi *abi, const char *source)
{
    sl_buf_printf(out, "/* Generated by abi-gen from %s; do not edit. */\n", source);
    sl_buf_printf(out, "#include \"abi_%s.h\"\n\n", abi->meta.abi);
    GEN_EACH(const struct gen_prefix, h, &abi->meta.system_headers) {
        sl_buf_printf(out, "#include <%s>\n%s", h->name, h + 1 == h_end ? "\n" : "");
    }
    emit_groups(out, abi);
    emit_system_headers(out, abi);
    sl_buf_printf(out, "static const struct sl_abi_struct structs[%zu];\n\n", abi->structs.count);
    emit_constants(out, abi);
    emit_enums(out, abi);
    emit_structs(out, abi);
    emit_typedefs(out, abi);
    emit_macros(out, abi);
    emit_opcodes(out, abi);
    emit_registers(out, abi);
    emit_formats(out, abi);
    emit_features(out, abi);
    emit_stage_rules(out, abi);
    emit_vbe_modes(out, abi);
    emit_bars(out, abi);
    emit_versions(out, abi);
    if (gen_is_system(abi)) {
        emit_system_asserts(out, abi);
        sl_buf_text(out, "\n");
    }
    emit_root(out, abi);
}
