/* The lock of an ABI whose tables are in this program. */
#include "lock/lock_schema.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of an entry, set one after the other; entry is NULL once memory ran out. */
struct builder {
    struct sl_abi_lock *lock;
    const struct sl_abi *abi;
    struct sl_lock_entry *entry;
    bool failed;
};

#define NUMBER(b, attribute, value) set_number(b, SL_LOCK_ATTR_##attribute, value)
#define TEXT(b, attribute, value) set_text(b, SL_LOCK_ATTR_##attribute, value)

static void begin(struct builder *b, enum sl_lock_kind kind, uint32_t parent, const char *name)
{
    b->entry = b->failed || !name ? NULL : sl_lock_add(b->lock, kind, parent, name);
    b->failed = b->failed || !b->entry;
}

/* An entry whose name is not in the tables. */
static void begin_made(struct builder *b, enum sl_lock_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void begin_made(struct builder *b, enum sl_lock_kind kind, const char *format, ...)
{
    char name[96];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof(name), format, args);
    va_end(args);
    begin(b, kind, SL_LOCK_NO_PARENT, b->failed ? NULL : sl_lock_keep(b->lock, name));
}

static void set_number(struct builder *b, enum sl_lock_attribute attribute, uint64_t value)
{
    if (b->entry) {
        sl_lock_set_number(b->entry, attribute, value);
    }
}

static void set_text(struct builder *b, enum sl_lock_attribute attribute, const char *text)
{
    if (b->entry) {
        sl_lock_set_text(b->entry, attribute, text);
    }
}

static void set_since(struct builder *b, uint16_t minor)
{
    NUMBER(b, SINCE, (b->abi->version & 0xFFFF0000u) | minor);
}

static void set_enum(struct builder *b, const struct sl_abi_enum *names)
{
    TEXT(b, ENUM, names ? names->name : NULL);
}

/* Tables hold masks of one bit. */
static void set_feature(struct builder *b, uint64_t mask)
{
    for (size_t i = 0; i < b->abi->feature_count; i++) {
        if (mask == UINT64_C(1) << b->abi->features[i].bit) {
            TEXT(b, FEATURE, b->abi->features[i].name);
        }
    }
}

static uint32_t last(const struct builder *b)
{
    return (uint32_t)b->lock->entry_count - 1;
}

static void add_versions(struct builder *b)
{
    for (size_t i = 0; i < b->abi->version_count; i++) {
        const struct sl_abi_version *v = &b->abi->versions[i];
        begin_made(b, SL_LOCK_VERSION, "%" PRIu32 ".%u", b->abi->version >> 16, v->minor);
        TEXT(b, DOC, v->doc);
    }
}

static void add_bars(struct builder *b)
{
    for (size_t i = 0; i < b->abi->bar_count; i++) {
        const struct sl_abi_bar *bar = &b->abi->bars[i];
        begin_made(b, SL_LOCK_BAR, "BAR%u", bar->index);
        NUMBER(b, SIZE, bar->size);
        NUMBER(b, PREFETCHABLE, bar->prefetchable);
        TEXT(b, DOC, bar->doc);
    }
}

static void add_features(struct builder *b)
{
    for (size_t i = 0; i < b->abi->feature_count; i++) {
        const struct sl_abi_feature *f = &b->abi->features[i];
        begin(b, SL_LOCK_FEATURE, SL_LOCK_NO_PARENT, f->name);
        NUMBER(b, BIT, f->bit);
        TEXT(b, WORD, f->word);
        NUMBER(b, DISPLAY_ORDER, f->display_order);
        set_since(b, f->since_minor);
        TEXT(b, DOC, f->doc);
    }
}

static void add_registers(struct builder *b)
{
    enum { WHOLE, LO, HI };
    for (size_t i = 0; i < b->abi->register_count; i++) {
        const struct sl_abi_register *r = &b->abi->registers[i];
        begin(b, SL_LOCK_REGISTER, SL_LOCK_NO_PARENT, r->name);
        NUMBER(b, ADDRESS, r->offset);
        NUMBER(b, WIDTH_BYTES, r->width_bytes);
        NUMBER(b, ACCESS, r->access);
        NUMBER(b, SIGNED, r->is_signed);
        NUMBER(b, RESET, r->reset);
        NUMBER(b, STATES, r->states);
        set_enum(b, r->names);
        set_feature(b, r->feature);
        TEXT(b, PAIR, r->pair);
        NUMBER(b, HALF, !r->pair ? WHOLE : r->is_high ? HI : LO);
        set_since(b, r->since_minor);
        TEXT(b, DOC, r->doc);
    }
}

static void add_constants(struct builder *b)
{
    for (size_t i = 0; i < b->abi->constant_count; i++) {
        const struct sl_abi_value *c = &b->abi->constants[i];
        begin(b, SL_LOCK_CONSTANT, SL_LOCK_NO_PARENT, c->name);
        NUMBER(b, VALUE, c->value);
        NUMBER(b, STATES, c->states);
        TEXT(b, ALIAS_OF, c->alias_of);
        set_since(b, c->since_minor);
        TEXT(b, DOC, c->doc);
    }
    for (size_t i = 0; i < b->abi->limit_count; i++) {
        const struct sl_abi_value *l = &b->abi->limits[i];
        begin(b, SL_LOCK_LIMIT, SL_LOCK_NO_PARENT, l->name);
        NUMBER(b, VALUE, l->value);
        TEXT(b, DOC, l->doc);
    }
}

static void add_value(struct builder *b, uint32_t parent, const struct sl_abi_value *v)
{
    begin(b, SL_LOCK_VALUE, parent, v->name);
    NUMBER(b, VALUE, v->value);
    TEXT(b, ALIAS_OF, v->alias_of);
    TEXT(b, PACKET, v->packet ? v->packet->name : NULL);
    TEXT(b, DIRECTION, v->direction);
    set_since(b, v->since_minor);
    TEXT(b, DOC, v->doc);
}

/* Values that are opcodes or features stand there. */
static void add_enums(struct builder *b)
{
    for (size_t i = 0; i < b->abi->enum_count; i++) {
        const struct sl_abi_enum *e = &b->abi->enums[i];
        begin(b, SL_LOCK_ENUM, SL_LOCK_NO_PARENT, e->name);
        NUMBER(b, FLAGS, e->is_flags);
        NUMBER(b, FROM, e->from);
        TEXT(b, PREFIX, e->prefix);
        TEXT(b, UNKNOWN, e->unknown);
        set_since(b, e->since_minor);
        TEXT(b, DOC, e->doc);
        uint32_t parent = last(b);
        for (size_t k = 0; e->from == SL_ABI_FROM_HERE && k < e->value_count; k++) {
            add_value(b, parent, &e->values[k]);
        }
    }
}

static void add_formats(struct builder *b)
{
    for (size_t i = 0; i < b->abi->format_count; i++) {
        const struct sl_abi_format *f = &b->abi->formats[i];
        begin(b, SL_LOCK_FORMAT, SL_LOCK_NO_PARENT, f->name);
        NUMBER(b, FORMAT_KIND, f->kind);
        NUMBER(b, BLOCK_WIDTH, f->block_width);
        NUMBER(b, BLOCK_HEIGHT, f->block_height);
        NUMBER(b, BLOCK_BYTES, f->bytes_per_block);
        TEXT(b, CHANNELS, f->channels);
        NUMBER(b, SRGB, f->srgb);
        NUMBER(b, OPAQUE_ALPHA, f->opaque_alpha);
        NUMBER(b, SCANOUT, f->scanout);
        NUMBER(b, CURSOR, f->cursor);
    }
}

static void add_field(struct builder *b, uint32_t parent, const struct sl_abi_field *f)
{
    begin(b, SL_LOCK_FIELD, parent, f->name);
    NUMBER(b, OFFSET, f->offset);
    TEXT(b, TYPE, sl_lock_type_name(f->type, f->of));
    NUMBER(b, COUNT, f->count);
    set_enum(b, f->names);
    NUMBER(b, RESERVED, f->reserved);
    NUMBER(b, STAGE_EX, f->stage_ex);
    NUMBER(b, PRESENT, f->present_if_size_ge);
    TEXT(b, OVERLAPS, f->overlaps);
    TEXT(b, ZERO, f->zero);
    NUMBER(b, VOLATILE, f->is_volatile);
    set_since(b, f->since_minor);
    TEXT(b, DOC, f->doc);
}

static void add_trailing(struct builder *b, uint32_t parent, const struct sl_abi_trailing *t)
{
    begin(b, SL_LOCK_TRAILING, parent, t->name);
    NUMBER(b, OFFSET, t->offset);
    TEXT(b, TYPE, sl_lock_type_name(t->type, t->of));
    TEXT(b, COUNT_FIELD, t->count_field);
    NUMBER(b, COUNT_SCALE, t->count_scale);
    NUMBER(b, MIN_COUNT_SCALE, t->min_count_scale);
    TEXT(b, STRIDE_FIELD, t->stride_field);
    NUMBER(b, PAD_TO, t->pad_to);
    NUMBER(b, TEXT, t->text);
    TEXT(b, DOC, t->doc);
}

static void add_structs(struct builder *b)
{
    for (size_t i = 0; i < b->abi->struct_count; i++) {
        const struct sl_abi_struct *s = &b->abi->structs[i];
        begin(b, SL_LOCK_STRUCT, SL_LOCK_NO_PARENT, s->name);
        NUMBER(b, SIZE, s->size);
        NUMBER(b, MIN_SIZE, s->min_size == s->size ? 0 : s->min_size);
        TEXT(b, STRUCT_KIND, s->kind);
        TEXT(b, SIZED_BY, s->sized_by);
        NUMBER(b, PACKED, s->packed);
        NUMBER(b, FRAMING, s->framing);
        set_since(b, s->since_minor);
        TEXT(b, DOC, s->doc);
        uint32_t parent = last(b);
        for (size_t k = 0; k < s->field_count; k++) {
            add_field(b, parent, &s->fields[k]);
        }
        if (s->trailing) {
            add_trailing(b, parent, s->trailing);
        }
    }
}

static void add_opcodes(struct builder *b)
{
    for (size_t i = 0; i < b->abi->opcode_count; i++) {
        const struct sl_abi_opcode *o = &b->abi->opcodes[i];
        begin(b, SL_LOCK_OPCODE, SL_LOCK_NO_PARENT, o->name);
        NUMBER(b, VALUE, o->value);
        TEXT(b, STRUCT, o->layout->name);
        NUMBER(b, MIN_SIZE, o->min_size);
        set_feature(b, o->feature);
        set_since(b, o->since_minor);
        TEXT(b, DOC, o->doc);
    }
}

static void print_any(char *out, size_t size, uint32_t value)
{
    if (value == SL_ABI_ANY) {
        snprintf(out, size, "any");
    } else {
        snprintf(out, size, "%" PRIu32, value);
    }
}

/* What a rule looks at is its name: there may be others for the same stage. */
static void add_stage_rules(struct builder *b)
{
    for (size_t i = 0; i < b->abi->stage_rule_count; i++) {
        const struct sl_abi_stage_rule *r = &b->abi->stage_rules[i];
        char stage[12];
        char reserved0[12];
        print_any(stage, sizeof(stage), r->stage);
        print_any(reserved0, sizeof(reserved0), r->reserved0);
        begin_made(b, SL_LOCK_STAGE_RULE, "stage %s, reserved0 %s, minor %u", stage, reserved0,
                   r->min_stream_minor);
        NUMBER(b, MIN_STREAM_MINOR, r->min_stream_minor);
        NUMBER(b, RESULT, r->result);
    }
}

static void add_vbe_modes(struct builder *b)
{
    for (size_t i = 0; i < b->abi->vbe_mode_count; i++) {
        const struct sl_abi_vbe_mode *m = &b->abi->vbe_modes[i];
        begin_made(b, SL_LOCK_VBE_MODE, "0x%X", m->mode);
        NUMBER(b, WIDTH, m->width);
        NUMBER(b, HEIGHT, m->height);
        NUMBER(b, BITS_PER_PIXEL, m->bits_per_pixel);
    }
}

static void add_helpers(struct builder *b)
{
    for (size_t i = 0; i < b->abi->typedef_count; i++) {
        const struct sl_abi_typedef *t = &b->abi->typedefs[i];
        begin(b, SL_LOCK_TYPEDEF, SL_LOCK_NO_PARENT, t->name);
        TEXT(b, TYPE, sl_lock_type_name(t->type, t->of));
        TEXT(b, DOC, t->doc);
    }
    for (size_t i = 0; i < b->abi->macro_count; i++) {
        const struct sl_abi_macro *m = &b->abi->macros[i];
        begin(b, SL_LOCK_MACRO, SL_LOCK_NO_PARENT, m->name);
        TEXT(b, PARAMETERS, m->parameters);
        TEXT(b, BODY, m->body);
        TEXT(b, DOC, m->doc);
    }
}

enum sl_status sl_abi_lock_builtin(struct sl_abi_lock *lock, const struct sl_abi *abi,
                                   struct sl_error *err)
{
    static void (*const parts[])(struct builder *) = {
        add_versions, add_bars,    add_features, add_registers,   add_constants, add_enums,
        add_formats,  add_structs, add_opcodes,  add_stage_rules, add_helpers,   add_vbe_modes,
    };
    struct builder b = {.lock = lock, .abi = abi};
    struct sl_buf path = {0};
    sl_buf_printf(&path, "builtin:%s", abi->name);
    sl_buf_u8(&path, '\0');
    *lock = (struct sl_abi_lock){
        .path = path.failed ? NULL : strdup((const char *)path.data),
        .name = abi->name,
        .version = abi->version,
        .doc = abi->doc,
    };
    sl_buf_finish(&path);
    b.failed = !lock->path;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        parts[i](&b);
    }
    return b.failed ? sl_fail_memory(err, 0) : sl_lock_seal(lock, err);
}

const struct sl_abi *const sl_abi_lock_builtins[] = {&sl_abi_aerogpu, &sl_abi_virtio_gpu};

const struct sl_abi *sl_abi_lock_find_builtin(const char *name)
{
    static const char prefix[] = "builtin:";
    if (strncmp(name, prefix, sizeof(prefix) - 1) == 0) {
        name += sizeof(prefix) - 1;
    }
    for (size_t i = 0; i < SL_ABI_LOCK_BUILTINS; i++) {
        if (strcmp(sl_abi_lock_builtins[i]->name, name) == 0) {
            return sl_abi_lock_builtins[i];
        }
    }
    return NULL;
}

enum sl_status sl_abi_lock_open(struct sl_abi_lock *lock, const char *spec, struct sl_error *err)
{
    if (strncmp(spec, "builtin:", 8) != 0) {
        return sl_abi_lock_read(lock, spec, err);
    }
    const struct sl_abi *abi = sl_abi_lock_find_builtin(spec);
    if (!abi) {
        *lock = (struct sl_abi_lock){0};
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "no ABI is called '%s'", spec + 8);
    }
    return sl_abi_lock_builtin(lock, abi, err);
}
