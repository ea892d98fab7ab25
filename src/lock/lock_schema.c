#include "lock/lock_schema.h"

#include <inttypes.h>
#include <string.h>

/* clang-format off */

/* Rows of the tables below: attribute, whether a file must give it, what it is if not. */
#define IS(attr, value, change) {SL_LOCK_ATTR_##attr, false, value, SL_LOCK_IS, \
                                 SL_LOCK_CHANGE_##change, NULL}
#define NEED(attr, change) {SL_LOCK_ATTR_##attr, true, 0, SL_LOCK_IS, \
                            SL_LOCK_CHANGE_##change, NULL}
#define WORD(attr, change, list) {SL_LOCK_ATTR_##attr, false, 0, SL_LOCK_IS, \
                                  SL_LOCK_CHANGE_##change, list}
#define NEED_WORD(attr, change, list) {SL_LOCK_ATTR_##attr, true, 0, SL_LOCK_IS, \
                                       SL_LOCK_CHANGE_##change, list}
#define BY(attr, value, how) {SL_LOCK_ATTR_##attr, false, value, how, SL_LOCK_CHANGE_CHANGED, NULL}
#define NEED_BY(attr, how) {SL_LOCK_ATTR_##attr, true, 0, how, SL_LOCK_CHANGE_CHANGED, NULL}
#define NAMES {SL_LOCK_ATTR_ENUM, false, 0, SL_LOCK_SAY, SL_LOCK_CHANGE_NAMES, NULL}
#define ALIAS {SL_LOCK_ATTR_ALIAS_OF, false, 0, SL_LOCK_IS, SL_LOCK_CHANGE_ALIAS, NULL}
#define SINCE NEED(SINCE, SINCE)
#define INHERITED_SINCE IS(SINCE, UINT64_MAX, SINCE)
#define DOC IS(DOC, 0, DOC)

static const char *const access_words[] = {"RO", "WO", "RW", NULL};
static const char *const half_words[] = {"whole", "lo", "hi", NULL};
static const char *const states_words[] = {"nothing", "minor", "version", NULL};
static const char *const from_words[] = {"here", "opcodes", "features", NULL};
static const char *const format_words[] = {"color", "depth", "depth_stencil", "block", NULL};
static const char *const stage_words[] = {"reject", "vertex", "pixel", "geometry", "hull", "domain",
                                          "compute", NULL};

static const struct sl_lock_column version_columns[] = {DOC};

static const struct sl_lock_column bar_columns[] = {
    NEED(SIZE, CHANGED), IS(PREFETCHABLE, 0, CHANGED), DOC,
};

static const struct sl_lock_column feature_columns[] = {
    NEED(BIT, RENUMBERED), NEED(WORD, CHANGED), IS(DISPLAY_ORDER, 0, PRESENTATION), SINCE, DOC,
};

static const struct sl_lock_column register_columns[] = {
    NEED(ADDRESS, MOVED), IS(WIDTH_BYTES, 4, RETYPED), NEED_WORD(ACCESS, ACCESS, access_words),
    IS(SIGNED, 0, RETYPED), BY(RESET, 0, SL_LOCK_ELSEWHERE), WORD(STATES, CHANGED, states_words),
    NAMES, BY(FEATURE, 0, SL_LOCK_DROP), IS(PAIR, 0, CHANGED), WORD(HALF, CHANGED, half_words),
    SINCE, DOC,
};

static const struct sl_lock_column constant_columns[] = {
    NEED_BY(VALUE, SL_LOCK_ELSEWHERE), WORD(STATES, CHANGED, states_words), ALIAS, SINCE, DOC,
};

static const struct sl_lock_column limit_columns[] = {NEED_BY(VALUE, SL_LOCK_UP), DOC};

static const struct sl_lock_column enum_columns[] = {
    IS(FLAGS, 0, CHANGED), WORD(FROM, CHANGED, from_words), IS(PREFIX, 0, CHANGED),
    IS(UNKNOWN, 0, CHANGED), SINCE, DOC,
};

static const struct sl_lock_column value_columns[] = {
    NEED(VALUE, RENUMBERED), ALIAS, IS(PACKET, 0, CHANGED), IS(DIRECTION, 0, CHANGED),
    INHERITED_SINCE, DOC,
};

static const struct sl_lock_column format_columns[] = {
    NEED_WORD(FORMAT_KIND, CHANGED, format_words), IS(BLOCK_WIDTH, 1, CHANGED),
    IS(BLOCK_HEIGHT, 1, CHANGED), NEED(BLOCK_BYTES, CHANGED), NEED(CHANNELS, CHANGED),
    IS(SRGB, 0, CHANGED), IS(OPAQUE_ALPHA, 0, CHANGED), BY(SCANOUT, 0, SL_LOCK_UP),
    BY(CURSOR, 0, SL_LOCK_UP),
};

static const struct sl_lock_column struct_columns[] = {
    NEED_BY(SIZE, SL_LOCK_ELSEWHERE), BY(MIN_SIZE, 0, SL_LOCK_ELSEWHERE),
    IS(STRUCT_KIND, 0, CHANGED), {SL_LOCK_ATTR_SIZED_BY, false, 0, SL_LOCK_SAY, SL_LOCK_CHANGE_PRESENTATION, NULL}, IS(PACKED, 0, CHANGED),
    IS(FRAMING, 0, PRESENTATION), SINCE, DOC,
};

static const struct sl_lock_column field_columns[] = {
    NEED(OFFSET, MOVED), NEED(TYPE, RETYPED), IS(COUNT, 1, RETYPED), NAMES,
    BY(RESERVED, 0, SL_LOCK_ELSEWHERE), BY(STAGE_EX, 0, SL_LOCK_ELSEWHERE),
    IS(PRESENT, 0, CHANGED), IS(OVERLAPS, 0, ALIAS), IS(ZERO, 0, CHANGED), IS(VOLATILE, 0, CHANGED),
    INHERITED_SINCE, DOC,
};

static const struct sl_lock_column trailing_columns[] = {
    NEED(OFFSET, MOVED), NEED(TYPE, RETYPED), IS(COUNT_FIELD, 0, CHANGED),
    IS(COUNT_SCALE, 1, CHANGED), BY(MIN_COUNT_SCALE, 1, SL_LOCK_DOWN), IS(STRIDE_FIELD, 0, CHANGED),
    IS(PAD_TO, 1, CHANGED), IS(TEXT, 0, PRESENTATION), DOC,
};

static const struct sl_lock_column opcode_columns[] = {
    NEED(VALUE, RENUMBERED), NEED(STRUCT, CHANGED), NEED_BY(MIN_SIZE, SL_LOCK_DOWN),
    BY(FEATURE, 0, SL_LOCK_DROP), SINCE, DOC,
};

static const struct sl_lock_column stage_rule_columns[] = {
    IS(MIN_STREAM_MINOR, 0, CHANGED), NEED_WORD(RESULT, CHANGED, stage_words),
};

static const struct sl_lock_column vbe_mode_columns[] = {
    NEED(WIDTH, CHANGED), NEED(HEIGHT, CHANGED), NEED(BITS_PER_PIXEL, CHANGED),
};

static const struct sl_lock_column typedef_columns[] = {NEED(TYPE, RETYPED), DOC};

static const struct sl_lock_column macro_columns[] = {
    IS(PARAMETERS, 0, CHANGED), NEED(BODY, CHANGED), DOC,
};

#define KIND(what, plural, rows, added) \
    .noun = what, .key = plural, .columns = rows, \
    .column_count = sizeof(rows) / sizeof((rows)[0]), .addition = SL_LOCK_ADD_##added
#define IN(outer) .is_nested = true, .parent = SL_LOCK_##outer
#define IDENTITY(attr) .has_identity = true, .identity = SL_LOCK_ATTR_##attr

const struct sl_lock_kind_info sl_lock_kinds[SL_LOCK_KIND_COUNT] = {
    [SL_LOCK_VERSION] = {KIND("version", "versions", version_columns, QUIET)},
    [SL_LOCK_BAR] = {KIND("BAR", "bars", bar_columns, BREAKS)},
    [SL_LOCK_FEATURE] = {KIND("feature", "features", feature_columns, SINCE), IDENTITY(BIT)},
    [SL_LOCK_REGISTER] = {KIND("register", "registers", register_columns, SINCE),
                          IDENTITY(ADDRESS)},
    [SL_LOCK_CONSTANT] = {KIND("constant", "constants", constant_columns, SINCE)},
    [SL_LOCK_LIMIT] = {KIND("limit", "limits", limit_columns, VERSION)},
    [SL_LOCK_ENUM] = {KIND("enum", "enums", enum_columns, SINCE)},
    [SL_LOCK_VALUE] = {KIND("value", "values", value_columns, SINCE), IN(ENUM), IDENTITY(VALUE)},
    [SL_LOCK_FORMAT] = {KIND("format", "formats", format_columns, ELSEWHERE)},
    [SL_LOCK_STRUCT] = {KIND("struct", "structs", struct_columns, SINCE)},
    [SL_LOCK_FIELD] = {KIND("field", "fields", field_columns, ELSEWHERE), IN(STRUCT)},
    [SL_LOCK_TRAILING] = {KIND("trailing part", "trailing", trailing_columns, ELSEWHERE), IN(STRUCT)},
    [SL_LOCK_OPCODE] = {KIND("opcode", "opcodes", opcode_columns, SINCE), IDENTITY(VALUE)},
    [SL_LOCK_STAGE_RULE] = {KIND("stage rule", "stage_rules", stage_rule_columns, ELSEWHERE)},
    [SL_LOCK_VBE_MODE] = {KIND("VBE mode", "vbe_modes", vbe_mode_columns, VERSION)},
    [SL_LOCK_TYPEDEF] = {KIND("typedef", "typedefs", typedef_columns, FREE)},
    [SL_LOCK_MACRO] = {KIND("macro", "macros", macro_columns, FREE)},
};

/* clang-format on */

static const char *const keys[] = {
#define SL_LOCK_ATTRIBUTE(identifier, key, form) [SL_LOCK_ATTR_##identifier] = key,
#include "lock/lock_attributes.def"
#undef SL_LOCK_ATTRIBUTE
};

static const enum sl_lock_form forms[] = {
#define SL_LOCK_ATTRIBUTE(identifier, key, form) [SL_LOCK_ATTR_##identifier] = SL_LOCK_FORM_##form,
#include "lock/lock_attributes.def"
#undef SL_LOCK_ATTRIBUTE
};

static const char *const scalars[] = {
    [SL_ABI_U8] = "u8",   [SL_ABI_U16] = "u16", [SL_ABI_U32] = "u32",       [SL_ABI_U64] = "u64",
    [SL_ABI_I32] = "i32", [SL_ABI_F32] = "f32", [SL_ABI_HANDLE] = "handle",
};

const char *sl_lock_key(enum sl_lock_attribute attribute)
{
    return keys[attribute];
}

enum sl_lock_form sl_lock_form_of(enum sl_lock_attribute attribute)
{
    return forms[attribute];
}

bool sl_lock_is_text(enum sl_lock_attribute attribute)
{
    return forms[attribute] >= SL_LOCK_FORM_TEXT;
}

size_t sl_lock_cell_of(enum sl_lock_kind kind, enum sl_lock_attribute attribute)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[kind];
    size_t i = 0;
    while (i < info->column_count && info->columns[i].attribute != attribute) {
        i++;
    }
    return i;
}

bool sl_lock_scalar_type(const char *name, enum sl_abi_type *type)
{
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        if (strcmp(scalars[i], name) == 0) {
            *type = (enum sl_abi_type)i;
            return true;
        }
    }
    return false;
}

const char *sl_lock_type_name(enum sl_abi_type type, const struct sl_abi_struct *of)
{
    return type == SL_ABI_STRUCT ? of->name : scalars[type];
}

void sl_lock_print_cell(struct sl_buf *out, const struct sl_lock_column *column,
                        const union sl_lock_cell *cell)
{
    uint64_t number = cell->number;
    switch (forms[column->attribute]) {
    case SL_LOCK_FORM_DECIMAL:
        sl_buf_printf(out, "%" PRIu64, number);
        break;
    case SL_LOCK_FORM_HEX:
        sl_buf_printf(out, "0x%" PRIX64, number);
        break;
    case SL_LOCK_FORM_FLAG:
        sl_buf_text(out, number ? "true" : "false");
        break;
    case SL_LOCK_FORM_WORD:
        sl_buf_text(out, column->words[number]);
        break;
    case SL_LOCK_FORM_VERSION:
        sl_buf_printf(out, "%" PRIu64 ".%" PRIu64, number >> 16, number & 0xFFFF);
        break;
    case SL_LOCK_FORM_TEXT:
    case SL_LOCK_FORM_ENUM:
    case SL_LOCK_FORM_STRUCT:
    case SL_LOCK_FORM_FEATURE:
    case SL_LOCK_FORM_TYPE:
        sl_buf_text(out, cell->text ? cell->text : "nothing");
        break;
    }
}
