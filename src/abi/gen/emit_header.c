/* The C headers: the public one, and the internal one with layouts and mirror structs. */
#include "abi/gen/emit.h"

#include <inttypes.h>
#include <string.h>

static bool in_group(const char *group, const char *wanted)
{
    return !wanted || strcmp(group, wanted) == 0;
}

static void emit_define(struct sl_buf *out, const char *name, uint64_t value, bool is_u64)
{
    sl_buf_printf(out, "#define %s ", name);
    if (is_u64) {
        sl_buf_printf(out, "UINT64_C(0x%" PRIX64 ")\n", value);
    } else {
        sl_buf_printf(out, value < 4096 ? "%" PRIu64 "u\n" : "0x%" PRIX64 "u\n", value);
    }
}

static const char *c_scalar(enum sl_abi_type type)
{
    static const char *const types[] = {
        [SL_ABI_U8] = "uint8_t",      [SL_ABI_U16] = "uint16_t", [SL_ABI_U32] = "uint32_t",
        [SL_ABI_U64] = "uint64_t",    [SL_ABI_I32] = "int32_t",  [SL_ABI_F32] = "uint32_t",
        [SL_ABI_HANDLE] = "uint32_t",
    };
    return types[type];
}

static void emit_member(struct sl_buf *out, const char *indent, const struct gen_field *f,
                        const char *prefix)
{
    gen_emit_comment(out, indent, f->doc);
    if (f->type == SL_ABI_STRUCT) {
        sl_buf_printf(out, "%sstruct %s%s %s", indent, prefix, f->of->name, f->name);
    } else {
        sl_buf_printf(out, "%s%s %s", indent, c_scalar(f->type), f->name);
    }
    if (f->count > 1) {
        sl_buf_printf(out, "[%" PRIu64 "]", f->count);
    }
    sl_buf_text(out, ";\n");
}

static void emit_members(struct sl_buf *out, const struct gen_struct *s, const char *prefix)
{
    GEN_EACH(const struct gen_field, f, &s->fields) {
        if (f->overlaps) {
            continue;
        }
        bool shared = f + 1 != f_end && f[1].overlaps;
        if (!shared) {
            emit_member(out, "    ", f, prefix);
            continue;
        }
        sl_buf_text(out, "    union {\n");
        emit_member(out, "        ", f, prefix);
        emit_member(out, "        ", f + 1, prefix);
        sl_buf_text(out, "    };\n");
    }
    GEN_EACH(const struct gen_trailing, t, &s->trailing) {
        sl_buf_printf(out, "    /* %s follows at %" PRIu64 ". */\n", t->name, t->offset);
    }
}

static void emit_asserts(struct sl_buf *out, const struct gen_struct *s, const char *prefix)
{
    sl_buf_printf(out, "SL_ABI_SIZE(%s%s, %" PRIu64 ");\n", prefix, s->name, s->size);
    GEN_EACH(const struct gen_field, f, &s->fields) {
        sl_buf_printf(out, "SL_ABI_OFFSET(%s%s, %s, %" PRIu64 ");\n", prefix, s->name, f->name,
                      f->offset);
    }
}

void gen_emit_structs(struct sl_buf *out, const struct gen_abi *abi, const char *group,
                      const char *prefix)
{
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        if (!in_group(s->group, group)) {
            continue;
        }
        sl_buf_text(out, "\n");
        gen_emit_comment(out, "", s->doc);
        if (s->packed) {
            sl_buf_text(out, "#pragma pack(push, 1)\n");
        }
        sl_buf_printf(out, "struct %s%s {\n", prefix, s->name);
        emit_members(out, s, prefix);
        sl_buf_text(out, "};\n");
        if (s->packed) {
            sl_buf_text(out, "#pragma pack(pop)\n");
        }
        if (s->is_typedef) {
            sl_buf_printf(out, "typedef struct %s%s %s%s;\n", prefix, s->name, prefix, s->name);
        }
        emit_asserts(out, s, prefix);
    }
}

static void emit_enum(struct sl_buf *out, const struct gen_enum *e)
{
    sl_buf_text(out, "\n");
    gen_emit_comment(out, "", e->doc);
    if (e->emit_defines) {
        sl_buf_u8(out, '\n');
    } else {
        sl_buf_printf(out, "enum %s {\n", e->name);
    }
    GEN_EACH(const struct gen_value, v, &e->values) {
        gen_emit_comment(out, e->emit_defines ? "" : "    ", v->doc);
        if (e->emit_defines) {
            emit_define(out, v->name, v->value, e->is_u64);
        } else {
            sl_buf_printf(out,
                          e->is_flags || v->value > 4096 ? "    %s = 0x%" PRIX64 ",\n"
                                                         : "    %s = %" PRIu64 ",\n",
                          v->name, v->value);
        }
    }
    if (!e->emit_defines) {
        sl_buf_text(out, "};\n");
    }
}

static void emit_typedefs(struct sl_buf *out, const struct gen_abi *abi, const char *group)
{
    GEN_EACH(const struct gen_typedef, t, &abi->typedefs) {
        if (!in_group(t->group, group)) {
            continue;
        }
        sl_buf_text(out, "\n");
        gen_emit_comment(out, "", t->doc);
        if (gen_find_struct(abi, t->type)) {
            sl_buf_printf(out, "typedef struct %s %s;\n", t->type, t->name);
        } else {
            sl_buf_printf(out, "typedef %s %s;\n",
                          strcmp(t->type, "u64") == 0 ? "uint64_t" : "uint32_t", t->name);
        }
    }
}

static void emit_group(struct sl_buf *out, const struct gen_abi *abi, const struct gen_group *group,
                       bool first)
{
    sl_buf_text(out, "\n");
    sl_buf_printf(out, "/* ---- %s ---- */\n", group->doc);
    GEN_EACH(const struct gen_constant, c, &abi->constants) {
        if (in_group(c->group, group->name)) {
            sl_buf_text(out, "\n");
            gen_emit_comment(out, "", c->doc);
            emit_define(out, c->name, c->value, c->is_u64);
        }
    }
    GEN_EACH(const struct gen_register, r, &abi->registers) {
        if (first) {
            sl_buf_text(out, "\n");
            gen_emit_comment(out, "", r->doc);
            sl_buf_printf(out, "#define %s 0x%04" PRIX64 "u\n", r->name, r->offset);
        }
    }
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        if (in_group(e->group, group->name)) {
            emit_enum(out, e);
        }
    }
    emit_typedefs(out, abi, group->name);
    gen_emit_structs(out, abi, group->name, "");
    GEN_EACH(const struct gen_macro, m, &abi->macros) {
        if (in_group(m->group, group->name)) {
            sl_buf_text(out, "\n");
            gen_emit_comment(out, "", m->doc);
            sl_buf_printf(out, "#define %s(%s) \\\n    %s\n", m->name, m->params, m->body);
        }
    }
}

static void emit_limits(struct sl_buf *out, const struct gen_abi *abi, const char *prefix)
{
    sl_buf_text(out, "\n/* ---- Limits ---- */\n");
    GEN_EACH(const struct gen_limit, l, &abi->limits) {
        sl_buf_text(out, "\n");
        gen_emit_comment(out, "", l->doc);
        sl_buf_printf(out, "#define %s%sLIMIT_", prefix, abi->meta.constant_prefix);
        gen_emit_upper(out, l->name);
        sl_buf_printf(out, l->value < 4096 ? " %" PRIu64 "u\n" : " 0x%" PRIX64 "u\n", l->value);
    }
}

static void emit_guard(struct sl_buf *out, const char *guard_stem, const char *abi_name)
{
    sl_buf_printf(out, "#ifndef %s_", guard_stem);
    gen_emit_upper(out, abi_name);
    sl_buf_printf(out, "_ABI_H\n#define %s_", guard_stem);
    gen_emit_upper(out, abi_name);
    sl_buf_text(out, "_ABI_H\n\n");
}

static void emit_assert_macros(struct sl_buf *out)
{
    sl_buf_text(out,
                "#include <stddef.h>\n#include <stdint.h>\n\n"
                "#ifdef __cplusplus\n"
                "#define SL_ABI_ASSERT(condition, text) static_assert(condition, text)\n"
                "#else\n"
                "#define SL_ABI_ASSERT(condition, text) _Static_assert(condition, text)\n"
                "#endif\n"
                "#define SL_ABI_SIZE(name, bytes) \\\n"
                "    SL_ABI_ASSERT(sizeof(struct name) == (bytes), \"size of \" #name)\n"
                "#define SL_ABI_OFFSET(name, field, bytes) \\\n"
                "    SL_ABI_ASSERT(offsetof(struct name, field) == (bytes), #name \".\" #field)\n");
}

static void drop_assert_macros(struct sl_buf *out)
{
    sl_buf_text(out, "\n#undef SL_ABI_OFFSET\n#undef SL_ABI_SIZE\n#undef SL_ABI_ASSERT\n");
}

void gen_emit_header(struct sl_buf *out, const struct gen_abi *abi, const char *source)
{
    const struct gen_meta *meta = &abi->meta;
    sl_buf_printf(out, "/* Generated by abi-gen from %s; do not edit. */\n", source);
    gen_emit_comment(out, "", meta->doc);
    emit_guard(out, "SCANLOCK", meta->abi);
    emit_assert_macros(out);
    bool first = true;
    GEN_EACH(const struct gen_group, g, &abi->groups) {
        emit_group(out, abi, g, first);
        first = false;
    }
    emit_limits(out, abi, "");
    drop_assert_macros(out);
    sl_buf_text(out, "\n#endif\n");
}

void gen_emit_internal(struct sl_buf *out, const struct gen_abi *abi, const char *source)
{
    const char *name = abi->meta.abi;
    sl_buf_printf(out, "/* Generated by abi-gen from %s; do not edit. */\n", source);
    sl_buf_printf(out, "/* The entries of sl_abi_%s that code refers to. */\n", name);
    emit_guard(out, "SL_GEN", name);
    sl_buf_text(out, "#include \"abi/abi.h\"\n\n");
    size_t index = 0;
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        sl_buf_text(out, "#define SL_LAYOUT_");
        gen_emit_upper(out, s->name);
        sl_buf_printf(out, " (&sl_abi_%s.structs[%zu])\n", name, index++);
    }
    sl_buf_text(out, "\n");
    index = 0;
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        sl_buf_text(out, "#define SL_ENUM_");
        gen_emit_upper(out, e->name);
        sl_buf_printf(out, " (&sl_abi_%s.enums[%zu])\n", name, index++);
    }
    if (gen_is_system(abi)) {
        sl_buf_u8(out, '\n');
        emit_assert_macros(out);
        gen_emit_structs(out, abi, NULL, "sl_");
        emit_limits(out, abi, "SL_");
        drop_assert_macros(out);
    }
    sl_buf_text(out, "\n#endif\n");
}
