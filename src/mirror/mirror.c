/* The walk over the tables, and which writer it is for. */
#include "mirror/mirror_writer.h"

#include <string.h>

struct language {
    const char *name;
    const struct mirror_writer *whole;
    const struct mirror_writer *assertions;
};

static const struct language languages[] = {
    [SL_MIRROR_C] = {"c", &sl_mirror_c_header, &sl_mirror_c_assertions},
    [SL_MIRROR_RUST] = {"rust", &sl_mirror_rust_module, &sl_mirror_rust_assertions},
    [SL_MIRROR_TYPESCRIPT] = {"typescript", &sl_mirror_typescript_module,
                              &sl_mirror_typescript_assertions},
    [SL_MIRROR_WIRESHARK] = {"wireshark", NULL, NULL},
};

enum sl_mirror_language sl_mirror_find_language(const char *name)
{
    enum sl_mirror_language found = SL_MIRROR_C;
    while (found < SL_MIRROR_LANGUAGE_COUNT && strcmp(languages[found].name, name) != 0) {
        found++;
    }
    return found;
}

const char *sl_mirror_language_name(enum sl_mirror_language language)
{
    return languages[language].name;
}

const struct sl_abi_group *sl_mirror_find_group(const struct sl_abi *abi, const char *name)
{
    for (size_t i = 0; i < abi->group_count; i++) {
        if (strcmp(abi->groups[i].name, name) == 0) {
            return &abi->groups[i];
        }
    }
    return NULL;
}

bool sl_mirror_enumerator(const struct mirror *m, const struct sl_abi_enum *names, size_t index,
                          struct mirror_value *out)
{
    const struct sl_abi_value *v = &names->values[index];
    *out = (struct mirror_value){
        .kind = MIRROR_ENUMERATOR,
        .name = v->name,
        .word = v->name + strlen(names->prefix),
        .value = names->bit_numbers ? (uint64_t)__builtin_ctzll(v->value) : v->value,
        .wide = names->wide && !names->bit_numbers,
        .hex = !names->bit_numbers && (names->is_flags || names->from == SL_ABI_FROM_OPCODES),
        .doc = v->doc,
    };
    return v->since_minor <= m->options->minor;
}

bool sl_mirror_elsewhere(const struct mirror *m, bool not_system)
{
    return m->options->asserts_only && not_system;
}

bool sl_mirror_field_elsewhere(const struct mirror *m, const struct sl_abi_field *field)
{
    return sl_mirror_elsewhere(m, field->not_system) || field->since_minor > m->options->minor;
}

static void walk_constants(const struct mirror *m, const struct mirror_writer *writer,
                           const struct sl_abi_group *group)
{
    for (size_t i = 0; i < m->abi->constant_count; i++) {
        const struct sl_abi_value *c = &m->abi->constants[i];
        if (c->group != group || c->since_minor > m->options->minor) {
            continue;
        }
        const uint64_t stated[] = {
            [SL_ABI_STATES_NOTHING] = c->value,
            [SL_ABI_STATES_MINOR] = m->options->minor,
            [SL_ABI_STATES_VERSION] = m->version,
        };
        const struct mirror_value value = {MIRROR_CONSTANT, c->name, c->name, stated[c->states],
                                           c->wide,         false,   c->doc};
        writer->value(m, &value);
    }
}

static void walk_registers(const struct mirror *m, const struct mirror_writer *writer)
{
    for (size_t i = 0; i < m->abi->register_count; i++) {
        const struct sl_abi_register *r = &m->abi->registers[i];
        if (r->since_minor <= m->options->minor) {
            const struct mirror_value value = {MIRROR_REGISTER, r->name, r->word, r->offset,
                                               false,           true,    r->doc};
            writer->value(m, &value);
        }
    }
}

void sl_mirror_each_enumerator(const struct mirror *m, const struct sl_abi_enum *names,
                               void (*write)(const struct mirror *m,
                                             const struct mirror_value *value))
{
    for (size_t i = 0; i < names->value_count; i++) {
        struct mirror_value value;
        if (sl_mirror_enumerator(m, names, i, &value)) {
            write(m, &value);
        }
    }
}

static void walk_types(const struct mirror *m, const struct mirror_writer *writer,
                       const struct sl_abi_group *group)
{
    const struct sl_abi *abi = m->abi;
    for (size_t i = 0; i < abi->enum_count; i++) {
        const struct sl_abi_enum *e = &abi->enums[i];
        if (e->group == group && e->since_minor <= m->options->minor &&
            !sl_mirror_elsewhere(m, e->not_system)) {
            writer->enumeration(m, e);
        }
    }
    for (size_t i = 0; i < abi->struct_count; i++) {
        const struct sl_abi_struct *s = &abi->structs[i];
        if (s->group == group && s->since_minor <= m->options->minor &&
            !sl_mirror_elsewhere(m, s->not_system)) {
            writer->structure(m, s);
        }
    }
    for (size_t i = 0; i < abi->typedef_count; i++) {
        const struct sl_abi_typedef *t = &abi->typedefs[i];
        if (t->group == group && writer->alias &&
            (!t->of || t->of->since_minor <= m->options->minor)) {
            writer->alias(m, t);
        }
    }
    for (size_t i = 0; i < abi->macro_count; i++) {
        if (abi->macros[i].group == group && writer->macro) {
            writer->macro(m, &abi->macros[i]);
        }
    }
}

/* Limits have names of ours, which the headers of the system do not know. */
static void walk_limits(const struct mirror *m, const struct mirror_writer *writer)
{
    writer->group(m, "Limits.");
    for (size_t i = 0; i < m->abi->limit_count; i++) {
        const struct sl_abi_value *l = &m->abi->limits[i];
        struct sl_buf name = {0};
        sl_buf_printf(&name, "%sLIMIT_", m->abi->constant_prefix);
        sl_mirror_upper(&name, l->name);
        const char *text = sl_buf_cstr(&name);
        const struct mirror_value value = {
            MIRROR_LIMIT, text ? text : l->name, l->name, l->value, false, false, l->doc};
        m->out->failed = m->out->failed || !text;
        writer->value(m, &value);
        sl_buf_finish(&name);
    }
}

static void walk(const struct mirror *m, const struct mirror_writer *writer)
{
    const struct sl_abi_group *only = m->options->only;
    writer->begin(m);
    for (size_t i = 0; i < m->abi->group_count; i++) {
        const struct sl_abi_group *group = &m->abi->groups[i];
        if (only && only != group) {
            continue;
        }
        writer->group(m, group->doc);
        walk_constants(m, writer, group);
        if (i == 0) {
            walk_registers(m, writer);
        }
        walk_types(m, writer, group);
    }
    if (!only) {
        walk_limits(m, writer);
    }
    if (writer->end) {
        writer->end(m);
    }
}

enum sl_status sl_mirror_write(const struct sl_abi *abi, const struct sl_mirror_options *options,
                               struct sl_buf *out, struct sl_error *err)
{
    const struct mirror m = {abi, options, out, (abi->version & 0xFFFF0000u) | options->minor};
    const struct language *language = &languages[options->language];
    if (options->language == SL_MIRROR_WIRESHARK) {
        sl_mirror_lua_dissector(&m);
    } else {
        walk(&m, options->asserts_only ? language->assertions : language->whole);
    }
    return out->failed ? sl_fail_memory(err, 0) : SL_OK;
}
