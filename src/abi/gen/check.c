/* Resolves the names in an ABI file and looks for contradictions. */
#include "abi/gen/model.h"

#include "base/checked.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FAIL(line, ...) return gen_fail(err, SL_RULE_ABI_MODEL, line, __VA_ARGS__)

struct gen_enum *gen_find_enum(const struct gen_abi *abi, const char *name)
{
    GEN_EACH(struct gen_enum, e, &abi->enums) {
        if (name && strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return NULL;
}

struct gen_struct *gen_find_struct(const struct gen_abi *abi, const char *name)
{
    GEN_EACH(struct gen_struct, s, &abi->structs) {
        if (name && strcmp(s->name, name) == 0) {
            return s;
        }
    }
    return NULL;
}

const struct gen_feature *gen_find_feature(const struct gen_abi *abi, const char *name)
{
    GEN_EACH(const struct gen_feature, f, &abi->features) {
        if (name && strcmp(f->name, name) == 0) {
            return f;
        }
    }
    return NULL;
}

const char *gen_opcode_word(const struct gen_abi *abi, const char *name)
{
    const struct gen_enum *e = gen_find_enum(abi, abi->meta.opcode_enum);
    size_t longest = e && !abi->meta.opcode_prefixes.count ? strlen(e->prefix) : 0;
    GEN_EACH(const struct gen_prefix, p, &abi->meta.opcode_prefixes) {
        size_t length = strlen(p->name);
        if (length > longest && strncmp(name, p->name, length) == 0) {
            longest = length;
        }
    }
    return name + longest;
}

uint64_t gen_type_size(enum sl_abi_type type, const struct gen_struct *of)
{
    return type == SL_ABI_STRUCT ? of->size : sl_abi_type_size(type, NULL);
}

static bool is_identifier(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return name[0] && strchr(letters, name[0]) && strspn(name, others) == strlen(name);
}

static bool is_keyword(const char *name)
{
    static const char *const words[] = {
        "alignas",  "alignof",  "and",      "asm",      "auto",    "bool",      "break",
        "case",     "catch",    "char",     "class",    "compl",   "const",     "continue",
        "default",  "delete",   "do",       "double",   "else",    "enum",      "explicit",
        "export",   "extern",   "false",    "float",    "for",     "friend",    "goto",
        "if",       "inline",   "int",      "long",     "mutable", "namespace", "new",
        "not",      "nullptr",  "operator", "or",       "private", "protected", "public",
        "register", "restrict", "return",   "short",    "signed",  "sizeof",    "static",
        "struct",   "switch",   "template", "this",     "throw",   "true",      "try",
        "typedef",  "typename", "union",    "unsigned", "using",   "virtual",   "void",
        "volatile", "while",    "xor",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum sl_status check_name(const char *name, uint32_t line, struct sl_error *err)
{
    if (!is_identifier(name) || is_keyword(name)) {
        FAIL(line, "\"%s\" cannot be a name in C and C++", name);
    }
    return SL_OK;
}

/* One entry of the common name space of macros, enumerators, types and structs. */
struct named {
    const char *name;
    uint32_t line;
};

struct name_set {
    struct named *names;
    size_t count;
    size_t capacity;
};

static bool add_name(struct name_set *set, const char *name, uint32_t line)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 256;
        struct named *names = realloc(set->names, capacity * sizeof(*names));
        if (!names) {
            return false;
        }
        set->names = names;
        set->capacity = capacity;
    }
    set->names[set->count++] = (struct named){name, line};
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool collect_names(const struct gen_abi *abi, struct name_set *set)
{
    bool ok = true;
    GEN_EACH(const struct gen_constant, c, &abi->constants) {
        ok = ok && add_name(set, c->name, c->line);
    }
    GEN_EACH(const struct gen_macro, m, &abi->macros) {
        ok = ok && add_name(set, m->name, m->line);
    }
    GEN_EACH(const struct gen_register, r, &abi->registers) {
        ok = ok && add_name(set, r->name, r->line);
    }
    GEN_EACH(const struct gen_typedef, t, &abi->typedefs) {
        ok = ok && add_name(set, t->name, t->line);
    }
    GEN_EACH(const struct gen_struct, s, &abi->structs) {
        ok = ok && add_name(set, s->name, s->line);
    }
    GEN_EACH(const struct gen_limit, l, &abi->limits) {
        ok = ok && add_name(set, l->name, l->line);
    }
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        ok = ok && add_name(set, e->name, e->line);
        GEN_EACH(const struct gen_value, v, &e->values) {
            ok = ok && add_name(set, v->name, v->line);
        }
    }
    return ok;
}

static enum sl_status check_names(const struct gen_abi *abi, struct sl_error *err)
{
    struct name_set set = {0};
    enum sl_status status =
        collect_names(abi, &set) ? SL_OK : sl_fail_memory(err, set.capacity * sizeof(*set.names));
    if (status == SL_OK && set.count) {
        qsort(set.names, set.count, sizeof(*set.names), compare_names);
    }
    for (size_t i = 0; status == SL_OK && i < set.count; i++) {
        status = check_name(set.names[i].name, set.names[i].line, err);
        if (status == SL_OK && i && strcmp(set.names[i - 1].name, set.names[i].name) == 0) {
            status = gen_fail(err, SL_RULE_ABI_MODEL, set.names[i].line,
                              "%s is already defined in line %" PRIu32, set.names[i].name,
                              set.names[i - 1].line);
        }
    }
    free(set.names);
    return status;
}

static enum sl_status values_from_opcodes(const struct gen_abi *abi, struct gen_enum *e,
                                          struct sl_error *err)
{
    struct gen_value *values = calloc(abi->opcodes.count + 1, sizeof(*values));
    if (!values) {
        return sl_fail_memory(err, abi->opcodes.count * sizeof(*values));
    }
    e->values = (struct gen_list){values, abi->opcodes.count};
    GEN_EACH(const struct gen_opcode, o, &abi->opcodes) {
        *values++ = (struct gen_value){
            .line = o->line, .name = o->name, .value = o->value, .since = o->since, .doc = o->doc};
    }
    return SL_OK;
}

static enum sl_status values_from_features(const struct gen_abi *abi, struct gen_enum *e,
                                           struct sl_error *err)
{
    struct gen_value *values = calloc(abi->features.count + 1, sizeof(*values));
    if (!values) {
        return sl_fail_memory(err, abi->features.count * sizeof(*values));
    }
    e->values = (struct gen_list){values, abi->features.count};
    GEN_EACH(const struct gen_feature, f, &abi->features) {
        if (f->bit > 63) {
            FAIL(f->line, "%s: there is no bit %" PRIu64, f->name, f->bit);
        }
        *values++ = (struct gen_value){.line = f->line,
                                       .name = f->name,
                                       .value = UINT64_C(1) << f->bit,
                                       .since = f->since,
                                       .doc = f->doc};
    }
    return SL_OK;
}

static enum sl_status fill_enum(const struct gen_abi *abi, struct gen_enum *e, struct sl_error *err)
{
    if (e->from == GEN_FROM_HERE) {
        return SL_OK;
    }
    if (e->values.items) {
        FAIL(e->line, "%s has values of its own and takes them from elsewhere", e->name);
    }
    return e->from == GEN_FROM_OPCODES ? values_from_opcodes(abi, e, err)
                                       : values_from_features(abi, e, err);
}

static const struct gen_value *find_value(const struct gen_enum *e, const char *name)
{
    GEN_EACH(const struct gen_value, v, &e->values) {
        if (strcmp(v->name, name) == 0) {
            return v;
        }
    }
    return NULL;
}

static enum sl_status check_value(const struct gen_abi *abi, const struct gen_enum *e,
                                  const struct gen_value *v, struct sl_error *err)
{
    uint64_t most = !e->emit_defines ? INT32_MAX : e->is_u64 ? UINT64_MAX : UINT32_MAX;
    if (v->value > most) {
        FAIL(v->line, "%s does not fit its type", v->name);
    }
    size_t prefix = strlen(e->prefix);
    if (strncmp(v->name, e->prefix, prefix) != 0 || !v->name[prefix]) {
        FAIL(v->line, "%s does not start with %s", v->name, e->prefix);
    }
    if (v->struct_name && !gen_find_struct(abi, v->struct_name)) {
        FAIL(v->line, "there is no struct %s", v->struct_name);
    }
    if (v->alias_of) {
        const struct gen_value *original = find_value(e, v->alias_of);
        if (!original || original->value != v->value) {
            FAIL(v->line, "%s is not another name of %s", v->name, v->alias_of);
        }
        return SL_OK;
    }
    for (const struct gen_value *w = e->values.items; w != v; w++) {
        if (w->value == v->value) {
            FAIL(v->line, "%s has the value of %s", v->name, w->name);
        }
    }
    return SL_OK;
}

static enum sl_status check_enums(const struct gen_abi *abi, struct sl_error *err)
{
    GEN_EACH(struct gen_enum, e, &abi->enums) {
        enum sl_status status = fill_enum(abi, e, err);
        if (status == SL_OK && !e->values.count) {
            FAIL(e->line, "%s has no values", e->name);
        }
        GEN_EACH(struct gen_value, v, &e->values) {
            if (v->since == GEN_NONE) {
                v->since = e->since;
            }
            status = status == SL_OK ? check_value(abi, e, v, err) : status;
        }
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

/* A number that states the version, or a part of it, must not be another one. */
static enum sl_status check_states(const struct gen_abi *abi, const char *name, uint32_t line,
                                   int states, uint64_t value, struct sl_error *err)
{
    const uint64_t stated[] = {
        [SL_ABI_STATES_NOTHING] = value,
        [SL_ABI_STATES_MINOR] = abi->meta.minor,
        [SL_ABI_STATES_VERSION] = abi->meta.major << 16 | abi->meta.minor,
    };
    if (value != stated[states]) {
        FAIL(line, "%s does not state the version in meta", name);
    }
    return SL_OK;
}

static enum sl_status check_constants(const struct gen_abi *abi, struct sl_error *err)
{
    GEN_EACH(const struct gen_constant, c, &abi->constants) {
        if (!c->is_u64 && c->value > UINT32_MAX) {
            FAIL(c->line, "%s does not fit its type", c->name);
        }
        enum sl_status status = check_states(abi, c->name, c->line, c->states, c->value, err);
        if (status != SL_OK) {
            return status;
        }
    }
    GEN_EACH(const struct gen_limit, l, &abi->limits) {
        if (l->value > UINT32_MAX) {
            FAIL(l->line, "%s does not fit 32 bits", l->name);
        }
    }
    return SL_OK;
}

/* Structs stand after those they contain, so a search up to the user cannot make a cycle. */
static enum sl_status resolve_type(const struct gen_abi *abi, const struct gen_struct *user,
                                   const char *name, uint32_t line, enum sl_abi_type *type,
                                   const struct gen_struct **of, struct sl_error *err)
{
    static const char *const scalars[] = {
        [SL_ABI_U8] = "u8",         [SL_ABI_U16] = "u16", [SL_ABI_U32] = "u32",
        [SL_ABI_U64] = "u64",       [SL_ABI_I32] = "i32", [SL_ABI_F32] = "f32",
        [SL_ABI_HANDLE] = "handle",
    };
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        if (strcmp(scalars[i], name) == 0) {
            *type = (enum sl_abi_type)i;
            return SL_OK;
        }
    }
    for (const struct gen_struct *s = abi->structs.items; s != user; s++) {
        if (strcmp(s->name, name) == 0) {
            *type = SL_ABI_STRUCT;
            *of = s;
            return SL_OK;
        }
    }
    FAIL(line, "there is no type %s above", name);
}

static enum sl_status check_field(const struct gen_abi *abi, const struct gen_struct *s,
                                  struct gen_field *f, uint64_t *end, struct sl_error *err)
{
    enum sl_status status = check_name(f->name, f->line, err);
    if (status == SL_OK) {
        status = resolve_type(abi, s, f->type_name, f->line, &f->type, &f->of, err);
    }
    if (status != SL_OK) {
        return status;
    }
    for (const struct gen_field *g = s->fields.items; g != f; g++) {
        if (strcmp(g->name, f->name) == 0) {
            FAIL(f->line, "%s.%s stands here twice", s->name, f->name);
        }
    }
    if (f->enum_name && !gen_find_enum(abi, f->enum_name)) {
        FAIL(f->line, "there is no enum %s", f->enum_name);
    }
    if (f->since == GEN_NONE) {
        f->since = s->since;
    }
    if (f->stage_ex && !f->enum_name) {
        FAIL(f->line, "%s.%s carries stage_ex without naming its enum", s->name, f->name);
    }
    uint64_t size;
    if (!f->count || !sl_mul_u64(gen_type_size(f->type, f->of), f->count, &size)) {
        FAIL(f->line, "%s.%s has an impossible count", s->name, f->name);
    }
    if (f->overlaps) {
        const struct gen_field *other = f == s->fields.items ? NULL : f - 1;
        if (!other || other->overlaps || strcmp(other->name, f->overlaps) != 0 ||
            other->offset != f->offset || other->type != f->type || other->count != f->count) {
            FAIL(f->line, "%s.%s is not the storage of %s", s->name, f->name, f->overlaps);
        }
        return SL_OK;
    }
    if (f->offset != *end) {
        FAIL(f->line, "%s.%s is at %" PRIu64 ", the field before ends at %" PRIu64, s->name,
             f->name, f->offset, *end);
    }
    *end += size;
    return SL_OK;
}

static const struct gen_field *find_counter(const struct gen_struct *s, const char *name)
{
    GEN_EACH(const struct gen_field, f, &s->fields) {
        if (strcmp(f->name, name) == 0) {
            bool whole = f->type == SL_ABI_U32 || f->type == SL_ABI_U64;
            return whole && f->count == 1 ? f : NULL;
        }
    }
    return NULL;
}

static enum sl_status check_trailing(const struct gen_abi *abi, struct gen_struct *s,
                                     struct sl_error *err)
{
    if (s->trailing.count > 1) {
        FAIL(s->line, "%s has more than one trailing part", s->name);
    }
    GEN_EACH(struct gen_trailing, t, &s->trailing) {
        enum sl_status status = resolve_type(abi, s, t->type_name, t->line, &t->type, &t->of, err);
        if (status != SL_OK) {
            return status;
        }
        if (t->offset != s->size) {
            FAIL(t->line, "%s.%s does not start at the end of the struct", s->name, t->name);
        }
        if ((t->count_field && !find_counter(s, t->count_field)) ||
            (t->stride_field && !find_counter(s, t->stride_field))) {
            FAIL(t->line, "%s.%s is not counted by a u32 or u64 of the struct", s->name, t->name);
        }
        if (t->min_count_scale == GEN_NONE) {
            t->min_count_scale = t->count_scale;
        }
        if (!t->pad_to || t->pad_to > 64 || t->count_scale > 64 ||
            t->min_count_scale > t->count_scale) {
            FAIL(t->line, "%s.%s: pad_to or count_scale is out of range", s->name, t->name);
        }
    }
    return SL_OK;
}

static enum sl_status check_structs(const struct gen_abi *abi, struct sl_error *err)
{
    GEN_EACH(struct gen_struct, s, &abi->structs) {
        uint64_t end = 0;
        GEN_EACH(struct gen_field, f, &s->fields) {
            enum sl_status status = check_field(abi, s, f, &end, err);
            if (status != SL_OK) {
                return status;
            }
        }
        if (end != s->size) {
            FAIL(s->line, "%s is %" PRIu64 " bytes, its fields end at %" PRIu64, s->name, s->size,
                 end);
        }
        if (s->sized_by && !find_counter(s, s->sized_by)) {
            FAIL(s->line, "%s is not sized by a u32 or u64 of its own", s->name);
        }
        if (s->min_size == GEN_NONE) {
            s->min_size = s->size;
        }
        if (s->min_size > s->size || (s->min_size < s->size && s->trailing.count)) {
            FAIL(s->line, "%s: min_size does not go with its size or trailing part", s->name);
        }
        enum sl_status status = check_trailing(abi, s, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

static enum sl_status check_opcodes(const struct gen_abi *abi, struct sl_error *err)
{
    const struct gen_enum *e = gen_find_enum(abi, abi->meta.opcode_enum);
    if (!e) {
        FAIL(abi->meta.line, "there is no enum %s", abi->meta.opcode_enum);
    }
    if (abi->opcodes.count >= UINT8_MAX) {
        FAIL(abi->meta.line, "more opcodes than an index of bytes can hold");
    }
    GEN_EACH(const struct gen_opcode, o, &abi->opcodes) {
        if (!gen_find_struct(abi, o->struct_name)) {
            FAIL(o->line, "there is no struct %s", o->struct_name);
        }
        if (o->feature && !gen_find_feature(abi, o->feature)) {
            FAIL(o->line, "there is no feature %s", o->feature);
        }
        if (o->value > 0xFFFF) {
            FAIL(o->line, "%s is above 0xFFFF", o->name);
        }
        const struct gen_opcode *before = o == abi->opcodes.items ? NULL : o - 1;
        if (before && before->value >= o->value) {
            FAIL(o->line, "%s does not stand in the order of values", o->name);
        }
    }
    return SL_OK;
}

static enum sl_status check_registers(const struct gen_abi *abi, struct sl_error *err)
{
    uint64_t end = 0;
    GEN_EACH(const struct gen_register, r, &abi->registers) {
        const char *prefix = abi->meta.register_prefix;
        if (!prefix || strncmp(r->name, prefix, strlen(prefix)) != 0) {
            FAIL(r->line, "%s does not start with the register prefix", r->name);
        }
        if (r->width != 8 && r->width != 16 && r->width != 32 && r->width != 64) {
            FAIL(r->line, "%s: a register has 8, 16, 32 or 64 bits", r->name);
        }
        if (r->offset < end || r->offset > UINT32_MAX || r->offset % (r->width / 8)) {
            FAIL(r->line, "%s overlaps, is not aligned or not in the order of offsets", r->name);
        }
        end = r->offset + r->width / 8;
        if (r->enum_name && !gen_find_enum(abi, r->enum_name)) {
            FAIL(r->line, "there is no enum %s", r->enum_name);
        }
        if (r->feature && !gen_find_feature(abi, r->feature)) {
            FAIL(r->line, "there is no feature %s", r->feature);
        }
        enum sl_status status = check_states(abi, r->name, r->line, r->states, r->reset, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

static const struct gen_value *find_value_anywhere(const struct gen_abi *abi, const char *name)
{
    const struct gen_value *found = NULL;
    GEN_EACH(const struct gen_enum, e, &abi->enums) {
        found = found ? found : find_value(e, name);
    }
    return found;
}

static enum sl_status check_formats(const struct gen_abi *abi, struct sl_error *err)
{
    uint64_t last = 0;
    GEN_EACH(struct gen_format, f, &abi->formats) {
        const struct gen_value *v = find_value_anywhere(abi, f->name);
        if (!v || v->value <= last) {
            FAIL(f->line, "%s is no value of an enum, or not in the order of values", f->name);
        }
        f->value = v->value;
        last = v->value;
        if (!f->block_width || !f->block_height || !f->bytes_per_block || f->block_width > 255 ||
            f->block_height > 255 || f->bytes_per_block > 255) {
            FAIL(f->line, "%s has an impossible block", f->name);
        }
    }
    return SL_OK;
}

static enum sl_status check_pci(const struct gen_abi *abi, struct sl_error *err)
{
    uint64_t next = 0;
    GEN_EACH(const struct gen_bar, b, &abi->pci.bars) {
        if (b->index < next || b->index > 5) {
            FAIL(b->line, "there is no BAR %" PRIu64 ", or it is not in order", b->index);
        }
        next = b->index + 1;
    }
    return SL_OK;
}

static enum sl_status check_versions(const struct gen_abi *abi, struct sl_error *err)
{
    uint64_t next = 0;
    GEN_EACH(const struct gen_version, v, &abi->versions) {
        if (v->minor < next || v->minor > abi->meta.minor) {
            FAIL(v->line, "minor %" PRIu64 " is not in order, or above the ABI's", v->minor);
        }
        next = v->minor + 1;
    }
    return SL_OK;
}

enum sl_status gen_abi_check(struct gen_abi *abi, struct sl_error *err)
{
    static enum sl_status (*const checks[])(const struct gen_abi *, struct sl_error *) = {
        check_enums,     check_names,   check_constants, check_structs,  check_opcodes,
        check_registers, check_formats, check_pci,       check_versions,
    };
    enum sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < sizeof(checks) / sizeof(checks[0]); i++) {
        status = checks[i](abi, err);
    }
    return status;
}
