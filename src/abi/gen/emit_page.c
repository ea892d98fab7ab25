/* The reference page. */
#include "abi/gen/emit.h"

#include <inttypes.h>
#include <string.h>

static void heading(struct sl_buf *out, const char *text, const char *columns)
{
    sl_buf_printf(out, "\n## %s\n\n| %s |\n|", text, columns);
    sl_buf_text(out, "---|");
    for (const char *c = columns; *c; c++) {
        sl_buf_text(out, *c == '|' ? "---|" : "");
    }
    sl_buf_u8(out, '\n');
}

/* Text inside a table cell. */
static void cell(struct sl_buf *out, const char *text)
{
    for (; *text; text++) {
        sl_buf_text(out, *text == '|' ? "\\" : "");
        sl_buf_u8(out, (uint8_t)*text);
    }
}

static void since(struct sl_buf *out, uint64_t minor)
{
    if (minor) {
        sl_buf_printf(out, " Since 1.%" PRIu64 ".", minor);
    }
}

static void row_end(struct sl_buf *out, const char *doc, uint64_t minor)
{
    cell(out, doc);
    since(out, minor);
    sl_buf_text(out, " |\n");
}

static void page_versions(struct sl_buf *out, const struct gen_abi *abi)
{
    heading(out, "Versions", "version | adds");
    GEN_EACH(const struct gen_version, v, &abi->versions) {
        sl_buf_printf(out, "| %" PRIu64 ".%" PRIu64 " | ", abi->meta.major, v->minor);
        row_end(out, v->doc, 0);
    }
}

static void page_pci(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->pci.doc) {
        return;
    }
    heading(out, "PCI function", "what | bytes | meaning");
    GEN_EACH(const struct gen_bar, b, &abi->pci.bars) {
        sl_buf_printf(out, "| BAR%" PRIu64 "%s | %" PRIu64 " | ", b->index,
                      b->prefetchable ? ", prefetchable" : "", b->size);
        row_end(out, b->doc, 0);
    }
    GEN_EACH(const struct gen_command_bit, b, &abi->pci.command_bits) {
        sl_buf_printf(out, "| command bit %" PRIu64 ", `%s` | | ", b->bit, b->name);
        row_end(out, b->doc, 0);
    }
    GEN_EACH(const struct gen_vbe_mode, m, &abi->pci.vbe_modes) {
        sl_buf_printf(out,
                      "| VBE mode 0x%" PRIx64 " | | %" PRIu64 "x%" PRIu64 ", %" PRIu64
                      " bits per pixel |\n",
                      m->mode, m->width, m->height, m->bits_per_pixel);
    }
    sl_buf_printf(out, "\n%s\n", abi->pci.doc);
}

static void page_registers(struct sl_buf *out, const struct gen_abi *abi)
{
    static const char *const access[] = {"RO", "WO", "RW"};
    if (!abi->registers.count) {
        return;
    }
    heading(out, "Registers", "offset | bits | name | access | reset | needs | meaning");
    GEN_EACH(const struct gen_register, r, &abi->registers) {
        sl_buf_printf(out,
                      "| 0x%04" PRIx64 " | %" PRIu64 " | `%s` | %s | 0x%" PRIx64 " | %s%s%s | ",
                      r->offset, r->width, r->name, access[r->access], r->reset,
                      r->feature ? "`" : "", r->feature ? r->feature : "", r->feature ? "`" : "");
        if (r->pair) {
            sl_buf_printf(out, "`%s` %s. ", r->pair, r->part == 1 ? "31..0" : "63..32");
        }
        row_end(out, r->doc, r->since);
    }
}

static void page_features(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->features.count) {
        return;
    }
    heading(out, "Features", "bit | name | word | meaning");
    GEN_EACH(const struct gen_feature, f, &abi->features) {
        sl_buf_printf(out, "| %" PRIu64 " | `%s` | %s | ", f->bit, f->name, f->word);
        row_end(out, f->doc, f->since);
    }
}

static void page_opcodes(struct sl_buf *out, const struct gen_abi *abi)
{
    heading(out, "Opcodes", "value | name | struct | smallest | group | meaning");
    GEN_EACH(const struct gen_opcode, o, &abi->opcodes) {
        const struct gen_struct *s = gen_find_struct(abi, o->struct_name);
        sl_buf_printf(out, "| 0x%03" PRIx64 " | `%s` | [`%s`](#%s) | %" PRIu64 " | %s | ", o->value,
                      o->name, s->name, s->name, s->min_size, o->group);
        row_end(out, o->doc, o->since);
    }
}

static void page_enums(struct sl_buf *out, const struct gen_abi *abi)
{
    sl_buf_text(out, "\n## Enums and flags\n");
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        if (e->from == GEN_FROM_OPCODES) {
            continue;
        }
        sl_buf_printf(out, "\n### %s\n\n%s", e->name, e->doc);
        if (e->unknown) {
            sl_buf_printf(out, " Unknown values: %s.", e->unknown);
        }
        sl_buf_text(out, "\n\n| value | name | meaning |\n|---|---|---|\n");
        GEN_EACH(const struct gen_value, v, &e->values) {
            sl_buf_printf(out,
                          e->is_flags || v->value > 4096 ? "| 0x%" PRIx64 " | `%s` | "
                                                         : "| %" PRIu64 " | `%s` | ",
                          v->value, v->name);
            if (v->struct_name) {
                sl_buf_printf(out, "[`%s`](#%s), %s: ", v->struct_name, v->struct_name,
                              v->direction ? v->direction : "in");
            }
            row_end(out, v->doc, v->since);
        }
    }
}

static void page_formats(struct sl_buf *out, const struct gen_abi *abi)
{
    if (!abi->formats.count) {
        return;
    }
    heading(out, "Formats", "value | name | block | bytes | channels | notes");
    GEN_EACH(const struct gen_format, f, &abi->formats) {
        sl_buf_printf(
            out, "| %" PRIu64 " | `%s` | %" PRIu64 "x%" PRIu64 " | %" PRIu64 " | %s |%s%s%s%s |\n",
            f->value, f->name, f->block_width, f->block_height, f->bytes_per_block, f->channels,
            f->srgb ? " sRGB" : "", f->opaque_alpha ? " alpha-is-1" : "",
            f->scanout ? " scanout" : "", f->cursor ? " cursor" : "");
    }
}

static void page_field(struct sl_buf *out, const struct gen_struct *s, const struct gen_field *f)
{
    sl_buf_printf(out, "| %" PRIu64 " | `%s", f->offset, f->name);
    if (f->count > 1) {
        sl_buf_printf(out, "[%" PRIu64 "]", f->count);
    }
    sl_buf_printf(out, "` | %s | ", f->type_name);
    cell(out, f->doc);
    if (f->enum_name) {
        sl_buf_printf(out, " Names: `%s`.", f->enum_name);
    }
    if (f->zero) {
        sl_buf_printf(out, " 0: %s.", f->zero);
    }
    if (f->present_if_size_ge) {
        sl_buf_printf(out, " In packets of at least %" PRIu64 " bytes.", f->present_if_size_ge);
    }
    if (f->since > s->since) {
        since(out, f->since);
    }
    sl_buf_printf(out, "%s%s |\n", f->is_volatile ? " The other side may change it." : "",
                  f->stage_ex ? " Carries stage_ex, see stages." : "");
}

static void page_trailing(struct sl_buf *out, const struct gen_trailing *t)
{
    sl_buf_printf(out, "| %" PRIu64 " | `%s[", t->offset, t->name);
    if (t->count_scale > 1) {
        sl_buf_printf(out, "%" PRIu64 " * ", t->count_scale);
    }
    sl_buf_printf(out, "%s]` | %s | ", t->count_field ? t->count_field : "rest", t->type_name);
    cell(out, t->doc);
    if (t->stride_field) {
        sl_buf_printf(out, " Spaced by `%s`.", t->stride_field);
    }
    if (t->pad_to > 1) {
        sl_buf_printf(out, " Padded to a multiple of %" PRIu64 ".", t->pad_to);
    }
    sl_buf_text(out, " |\n");
}

static void page_structs(struct sl_buf *out, const struct gen_abi *abi)
{
    sl_buf_text(out, "\n## Structs\n");
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        sl_buf_printf(out, "\n### %s\n\n%s %" PRIu64 " bytes", s->name, s->doc, s->size);
        if (s->min_size < s->size) {
            sl_buf_printf(out, ", at least %" PRIu64, s->min_size);
        }
        sl_buf_text(out, ".");
        since(out, s->since);
        sl_buf_text(out, "\n\n| offset | field | type | meaning |\n|---|---|---|---|\n");
        GEN_EACH(const struct gen_field, f, &s->fields) {
            page_field(out, s, f);
        }
        GEN_EACH(const struct gen_trailing, t, &s->trailing) {
            page_trailing(out, t);
        }
    }
}

static void page_any(struct sl_buf *out, uint64_t value)
{
    if (value == GEN_NONE) {
        sl_buf_text(out, "| any ");
    } else {
        sl_buf_printf(out, "| %" PRIu64 " ", value);
    }
}

static void page_stages(struct sl_buf *out, const struct gen_abi *abi)
{
    static const char *const stages[] = {"reject", "vertex", "pixel",  "geometry",
                                         "hull",   "domain", "compute"};
    if (!abi->stage_rules.count) {
        return;
    }
    heading(out, "Stages", "stage | reserved0 | stream minor at least | result");
    GEN_EACH(const struct gen_stage_rule, r, &abi->stage_rules) {
        page_any(out, r->stage);
        page_any(out, r->reserved0);
        sl_buf_printf(out, "| %" PRIu64 " | %s |\n", r->min_stream_minor, stages[r->result]);
    }
    sl_buf_text(out, "\nThe first row that matches decides.\n");
}

static void page_constants(struct sl_buf *out, const struct gen_abi *abi)
{
    if (abi->constants.count) {
        heading(out, "Constants", "name | value | meaning");
    }
    GEN_EACH(const struct gen_constant, c, &abi->constants) {
        sl_buf_printf(out, "| `%s` | 0x%" PRIx64 " | ", c->name, c->value);
        row_end(out, c->doc, c->since);
    }
    GEN_EACH(const struct gen_macro, m, &abi->macros) {
        sl_buf_printf(out, "| `%s(%s)` | | ", m->name, m->params);
        row_end(out, m->doc, 0);
    }
    if (abi->limits.count) {
        heading(out, "Limits", "name | value | meaning");
    }
    GEN_EACH(const struct gen_limit, l, &abi->limits) {
        sl_buf_printf(out, "| `%sLIMIT_", abi->meta.constant_prefix);
        gen_emit_upper(out, l->name);
        sl_buf_printf(out, "` | %" PRIu64 " | ", l->value);
        row_end(out, l->doc, 0);
    }
}

void gen_emit_page(struct sl_buf *out, const struct gen_abi *abi, const char *source)
{
    sl_buf_printf(out, "<!-- Generated by abi-gen from %s; do not edit. -->\n", source);
    sl_buf_printf(out, "# The %s ABI\n\n%s\n", abi->meta.title, abi->meta.doc);
    page_versions(out, abi);
    page_pci(out, abi);
    page_registers(out, abi);
    page_features(out, abi);
    page_opcodes(out, abi);
    page_structs(out, abi);
    page_enums(out, abi);
    page_formats(out, abi);
    page_stages(out, abi);
    page_constants(out, abi);
}
