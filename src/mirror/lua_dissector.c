/*
 * A dissector for Wireshark: the tables of the packets as Lua, and behind them dissector.lua, which
 * the build turns into strings.
 */
#include "mirror/mirror_writer.h"

#include <inttypes.h>
#include <string.h>

static const char *const dissector[] = {
#include "dissector_lua.inc"
};

/* How packets stand in a frame. */
struct framing {
    const struct sl_abi *abi;
    const char *filter;        /* name of the protocol in filters */
    const char *packet_header; /* struct */
    const char *stream_header; /* struct before the packets; NULL: a frame is one packet */
    const char *stream_magic;  /* constant */
    const char *link_type;
};

static const struct framing framings[] = {
    {&sl_abi_aerogpu, "aerogpu", "aerogpu_cmd_hdr", "aerogpu_cmd_stream_header",
     "AEROGPU_CMD_STREAM_MAGIC", "wtap.USER0"},
    {&sl_abi_virtio_gpu, "virtio_gpu", "virtio_gpu_ctrl_hdr", NULL, NULL, "wtap.USER1"},
};

static void string(struct sl_buf *out, const char *text)
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

/* Names are without prefix. Of several names of one number the first counts. */
static void enumeration(const struct mirror *m, const struct sl_abi_enum *names)
{
    struct sl_buf *out = m->out;
    sl_buf_printf(out, "  %s = {\n    name = \"%s\",\n    flags = %s,\n    opcodes = %s,\n",
                  names->name, names->name, names->is_flags ? "true" : "false",
                  names->from == SL_ABI_FROM_OPCODES ? "true" : "false");
    sl_buf_text(out, "    values = {\n");
    for (size_t i = 0; i < names->value_count; i++) {
        struct mirror_value v;
        const char *first = sl_abi_value_name(names, names->values[i].value);
        if (sl_mirror_enumerator(m, names, i, &v) && strcmp(first, v.word) == 0) {
            sl_buf_printf(out, "      [0x%" PRIX64 "] = \"%s\",\n", v.value, v.word);
        }
    }
    sl_buf_text(out, "    },\n  },\n");
}

static void enumerations(const struct mirror *m)
{
    sl_buf_text(m->out, "local enums = {\n");
    for (size_t i = 0; i < m->abi->enum_count; i++) {
        const struct sl_abi_enum *e = &m->abi->enums[i];
        if (e->since_minor <= m->options->minor && !e->wide) {
            enumeration(m, e);
        }
    }
    sl_buf_text(m->out, "}\n\n");
}

static const char *scalar(enum sl_abi_type type)
{
    static const char *const types[] = {
        [SL_ABI_U8] = "u8",   [SL_ABI_U16] = "u16", [SL_ABI_U32] = "u32",    [SL_ABI_U64] = "u64",
        [SL_ABI_I32] = "i32", [SL_ABI_F32] = "f32", [SL_ABI_HANDLE] = "u32",
    };
    return types[type];
}

static void part(struct sl_buf *out, const char *name, enum sl_abi_type type,
                 const struct sl_abi_struct *of, uint32_t at)
{
    sl_buf_printf(out, "name = \"%s\", at = %" PRIu32 ", ", name, at);
    if (of) {
        sl_buf_printf(out, "of = \"%s\"", of->name);
    } else {
        sl_buf_printf(out, "type = \"%s\"", scalar(type));
    }
}

static void field(const struct mirror *m, const struct sl_abi_field *f)
{
    struct sl_buf *out = m->out;
    sl_buf_text(out, "      { ");
    part(out, f->name, f->type, f->of, f->offset);
    sl_buf_printf(out, ", count = %" PRIu32 ", since_size = %" PRIu32, f->count,
                  f->present_if_size_ge);
    if (f->names && !f->names->wide && f->names->since_minor <= m->options->minor) {
        sl_buf_printf(out, ", names = enums.%s", f->names->name);
    }
    bool is_stage = f->names && strcmp(f->names->name, "aerogpu_shader_stage") == 0;
    sl_buf_text(out, is_stage ? ", stage = true" : "");
    sl_buf_text(out, f->reserved && !f->stage_ex ? ", reserved = true" : "");
    sl_buf_text(out, f->stage_ex ? ", stage_ex = true" : "");
    sl_buf_text(out, ",\n        doc = ");
    string(out, f->doc);
    sl_buf_text(out, " },\n");
}

static void trailing(struct sl_buf *out, const struct sl_abi_trailing *t)
{
    sl_buf_text(out, "    trailing = { ");
    part(out, t->name, t->type, t->of, t->offset);
    sl_buf_printf(out, ", count = 1, scale = %" PRIu32 ", min_scale = %" PRIu32, t->count_scale,
                  t->min_count_scale);
    if (t->count_field) {
        sl_buf_printf(out, ", counted_by = \"%s\"", t->count_field);
    }
    if (t->stride_field) {
        sl_buf_printf(out, ", stride = \"%s\"", t->stride_field);
    }
    sl_buf_printf(out, "%s },\n", t->text ? ", text = true" : "");
}

static void structure(const struct mirror *m, const struct sl_abi_struct *s)
{
    struct sl_buf *out = m->out;
    sl_buf_printf(out, "  %s = {\n    filter = \"%s\",\n    size = %" PRIu32 ",\n    fields = {\n",
                  s->name, s->name + strlen(m->abi->symbol_prefix), s->size);
    for (size_t i = 0; i < s->field_count; i++) {
        if (!s->fields[i].overlaps) {
            field(m, &s->fields[i]);
        }
    }
    sl_buf_text(out, "    },\n");
    if (s->trailing) {
        trailing(out, s->trailing);
    }
    sl_buf_text(out, "  },\n");
}

/* True if packets have the struct at their start, somewhere in them or behind them. */
static bool is_shown(const struct mirror *m, const struct framing *framing,
                     const struct sl_abi_struct *s)
{
    bool shown = framing->stream_header && strcmp(s->name, framing->stream_header) == 0;
    for (size_t i = 0; i < m->abi->opcode_count && !shown; i++) {
        const struct sl_abi_struct *layout = m->abi->opcodes[i].layout;
        shown = layout == s || (layout->trailing && layout->trailing->of == s);
    }
    /* Structs stand before those that contain them. */
    for (const struct sl_abi_struct *outer = s + 1;
         outer < m->abi->structs + m->abi->struct_count && !shown; outer++) {
        for (size_t i = 0; i < outer->field_count && !shown; i++) {
            shown = outer->fields[i].of == s && is_shown(m, framing, outer);
        }
    }
    return shown;
}

static void structures(const struct mirror *m, const struct framing *framing)
{
    sl_buf_text(m->out, "local structs = {\n");
    for (size_t i = 0; i < m->abi->struct_count; i++) {
        if (is_shown(m, framing, &m->abi->structs[i])) {
            structure(m, &m->abi->structs[i]);
        }
    }
    sl_buf_text(m->out, "}\n\n");
}

static void opcodes(const struct mirror *m)
{
    sl_buf_text(m->out, "local opcodes = {\n");
    for (size_t i = 0; i < m->abi->opcode_count; i++) {
        const struct sl_abi_opcode *op = &m->abi->opcodes[i];
        if (op->since_minor <= m->options->minor) {
            sl_buf_printf(m->out,
                          "  [0x%" PRIX32
                          "] = { name = \"%s\", layout = \"%s\", min_size = %" PRIu32 " },\n",
                          op->value, op->word, op->layout->name, op->min_size);
        }
    }
    sl_buf_text(m->out, "}\n\n");
}

static void stage_rules(const struct mirror *m)
{
    static const char *const stages[] = {"rejected", "vertex", "pixel",  "geometry",
                                         "hull",     "domain", "compute"};
    sl_buf_text(m->out, "local stage_rules = {\n");
    for (size_t i = 0; i < m->abi->stage_rule_count; i++) {
        const struct sl_abi_stage_rule *rule = &m->abi->stage_rules[i];
        sl_buf_printf(m->out, "  { minor = %d, result = \"%s\"", rule->min_stream_minor,
                      stages[rule->result]);
        if (rule->stage != SL_ABI_ANY) {
            sl_buf_printf(m->out, ", stage = %" PRIu32, rule->stage);
        }
        if (rule->reserved0 != SL_ABI_ANY) {
            sl_buf_printf(m->out, ", extended = %" PRIu32, rule->reserved0);
        }
        sl_buf_text(m->out, " },\n");
    }
    sl_buf_text(m->out, "}\n\n");
}

static uint64_t constant(const struct sl_abi *abi, const char *name)
{
    size_t i = 0;
    while (strcmp(abi->constants[i].name, name) != 0) {
        i++;
    }
    return abi->constants[i].value;
}

static void root(const struct mirror *m, const struct framing *framing)
{
    struct sl_buf *out = m->out;
    sl_buf_printf(out,
                  "local abi = {\n  filter = \"%s\",\n  title = \"%s\",\n  major = %" PRIu32
                  ",\n  link_type = %s,\n  packet_header = \"%s\",\n",
                  framing->filter, m->abi->title, m->version >> 16, framing->link_type,
                  framing->packet_header);
    if (framing->stream_header) {
        sl_buf_printf(out, "  stream = { header = \"%s\", magic = 0x%" PRIX64 " },\n",
                      framing->stream_header, constant(m->abi, framing->stream_magic));
    }
    sl_buf_text(out, "  structs = structs,\n  opcodes = opcodes,\n  stage_rules = stage_rules,\n"
                     "}\n\n");
}

void sl_mirror_lua_dissector(const struct mirror *m)
{
    const struct framing *framing = framings;
    while (framing->abi != m->abi) {
        framing++;
    }
    sl_buf_text(m->out, "-- Generated by ");
    sl_mirror_command(m);
    sl_buf_text(m->out, "; do not edit.\n\n");
    enumerations(m);
    structures(m, framing);
    opcodes(m);
    stage_rules(m);
    root(m, framing);
    for (size_t i = 0; i < sizeof(dissector) / sizeof(dissector[0]); i++) {
        sl_buf_text(m->out, dissector[i]);
    }
}
