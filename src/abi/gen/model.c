/* The schema of an ABI file: which keys there are and where they go. */
#include "abi/gen/model.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(type, member)                                                                         \
    {                                                                                              \
        .name = #member, .kind = GEN_TEXT, .offset = offsetof(type, member)                        \
    }
#define TEXT_AS(type, key, member)                                                                 \
    {                                                                                              \
        .name = key, .kind = GEN_TEXT, .offset = offsetof(type, member)                            \
    }
#define NEED_TEXT(type, member)                                                                    \
    {                                                                                              \
        .name = #member, .kind = GEN_TEXT, .offset = offsetof(type, member), .required = true      \
    }
#define NEED_TEXT_AS(type, key, member)                                                            \
    {                                                                                              \
        .name = key, .kind = GEN_TEXT, .offset = offsetof(type, member), .required = true          \
    }
#define NUMBER(type, member, value)                                                                \
    {                                                                                              \
        .name = #member, .kind = GEN_NUMBER, .offset = offsetof(type, member), .absent = value     \
    }
#define NEED_NUMBER(type, member)                                                                  \
    {                                                                                              \
        .name = #member, .kind = GEN_NUMBER, .offset = offsetof(type, member), .required = true    \
    }
#define ANY_NUMBER(type, member)                                                                   \
    {                                                                                              \
        .name = #member, .kind = GEN_NUMBER, .offset = offsetof(type, member), .required = true,   \
        .allow_any = true                                                                          \
    }
#define SINCE(type)                                                                                \
    {                                                                                              \
        .name = "since", .kind = GEN_SINCE, .offset = offsetof(type, since)                        \
    }
#define INHERIT_SINCE(type)                                                                        \
    {                                                                                              \
        .name = "since", .kind = GEN_SINCE, .offset = offsetof(type, since), .absent = GEN_NONE    \
    }
#define FLAG(type, member)                                                                         \
    {                                                                                              \
        .name = #member, .kind = GEN_BOOL, .offset = offsetof(type, member)                        \
    }
#define FLAG_AS(type, key, member)                                                                 \
    {                                                                                              \
        .name = key, .kind = GEN_BOOL, .offset = offsetof(type, member)                            \
    }
#define WORD(type, key, member, list)                                                              \
    {                                                                                              \
        .name = key, .kind = GEN_WORD, .offset = offsetof(type, member), .words = list             \
    }
#define NEED_WORD(type, key, member, list)                                                         \
    {                                                                                              \
        .name = key, .kind = GEN_WORD, .offset = offsetof(type, member), .words = list,            \
        .required = true                                                                           \
    }
#define LIST(type, key, member, of)                                                                \
    {                                                                                              \
        .name = key, .kind = GEN_LIST, .offset = offsetof(type, member), .schema = &(of)           \
    }
#define MAP(type, key, member, of)                                                                 \
    {                                                                                              \
        .name = key, .kind = GEN_MAP, .offset = offsetof(type, member), .schema = &(of)            \
    }
#define SCHEMA(name, words, type, keys)                                                            \
    static const struct gen_schema name = {words, keys, COUNT(keys), sizeof(type)}

static const char *const width_words[] = {"u32", "u64", NULL};
static const char *const kind_words[] = {"enum", "flags", NULL};
static const char *const emit_words[] = {"enum", "defines", NULL};
static const char *const from_words[] = {"here", "opcodes", "features", NULL};
static const char *const access_words[] = {"RO", "WO", "RW", NULL};
static const char *const register_type_words[] = {"unsigned", "i32", NULL};
static const char *const states_words[] = {"nothing", "minor", "version", NULL};
static const char *const part_words[] = {"single", "lo", "hi", NULL};
static const char *const format_words[] = {"color", "depth", "depth_stencil", "block", NULL};
static const char *const stage_words[] = {"reject", "vertex", "pixel",   "geometry",
                                          "hull",   "domain", "compute", NULL};

static const struct gen_key prefix_keys[] = {NEED_TEXT(struct gen_prefix, name)};
SCHEMA(prefix_schema, "a prefix", struct gen_prefix, prefix_keys);

static const struct gen_key meta_keys[] = {
    NEED_TEXT(struct gen_meta, abi),
    NEED_TEXT(struct gen_meta, name),
    NEED_TEXT(struct gen_meta, title),
    NEED_NUMBER(struct gen_meta, major),
    NEED_NUMBER(struct gen_meta, minor),
    NEED_TEXT(struct gen_meta, symbol_prefix),
    NEED_TEXT(struct gen_meta, constant_prefix),
    TEXT(struct gen_meta, register_prefix),
    NEED_TEXT(struct gen_meta, opcode_enum),
    TEXT(struct gen_meta, feature_enum),
    LIST(struct gen_meta, "opcode_prefixes", opcode_prefixes, prefix_schema),
    LIST(struct gen_meta, "system_headers", system_headers, prefix_schema),
    NEED_TEXT(struct gen_meta, doc),
};
SCHEMA(meta_schema, "meta", struct gen_meta, meta_keys);

static const struct gen_key version_keys[] = {
    NEED_NUMBER(struct gen_version, minor),
    NEED_TEXT(struct gen_version, doc),
};
SCHEMA(version_schema, "a version", struct gen_version, version_keys);

static const struct gen_key group_keys[] = {
    NEED_TEXT(struct gen_group, name),
    TEXT(struct gen_group, header),
    NEED_TEXT(struct gen_group, doc),
};
SCHEMA(group_schema, "a group", struct gen_group, group_keys);

static const struct gen_key bar_keys[] = {
    NEED_NUMBER(struct gen_bar, index),
    FLAG(struct gen_bar, prefetchable),
    NEED_NUMBER(struct gen_bar, size),
    NEED_TEXT(struct gen_bar, doc),
};
SCHEMA(bar_schema, "a BAR", struct gen_bar, bar_keys);

static const struct gen_key command_bit_keys[] = {
    NEED_TEXT(struct gen_command_bit, name),
    NEED_NUMBER(struct gen_command_bit, bit),
    NEED_TEXT(struct gen_command_bit, doc),
};
SCHEMA(command_bit_schema, "a command bit", struct gen_command_bit, command_bit_keys);

static const struct gen_key vbe_mode_keys[] = {
    NEED_NUMBER(struct gen_vbe_mode, mode),
    NEED_NUMBER(struct gen_vbe_mode, width),
    NEED_NUMBER(struct gen_vbe_mode, height),
    NEED_NUMBER(struct gen_vbe_mode, bits_per_pixel),
};
SCHEMA(vbe_mode_schema, "a VBE mode", struct gen_vbe_mode, vbe_mode_keys);

static const struct gen_key pci_keys[] = {
    NEED_TEXT(struct gen_pci, doc),
    LIST(struct gen_pci, "bars", bars, bar_schema),
    LIST(struct gen_pci, "command_bits", command_bits, command_bit_schema),
    LIST(struct gen_pci, "vbe_modes", vbe_modes, vbe_mode_schema),
};
SCHEMA(pci_schema, "pci", struct gen_pci, pci_keys);

static const struct gen_key register_keys[] = {
    NEED_TEXT(struct gen_register, name),
    NEED_NUMBER(struct gen_register, offset),
    NUMBER(struct gen_register, width, 32),
    WORD(struct gen_register, "type", is_signed, register_type_words),
    NEED_WORD(struct gen_register, "access", access, access_words),
    WORD(struct gen_register, "part", part, part_words),
    TEXT(struct gen_register, pair),
    NUMBER(struct gen_register, reset, 0),
    WORD(struct gen_register, "states", states, states_words),
    TEXT_AS(struct gen_register, "enum", enum_name),
    TEXT(struct gen_register, feature),
    SINCE(struct gen_register),
    NEED_TEXT(struct gen_register, doc),
};
SCHEMA(register_schema, "a register", struct gen_register, register_keys);

static const struct gen_key feature_keys[] = {
    NEED_TEXT(struct gen_feature, name),
    NEED_TEXT(struct gen_feature, word),
    NEED_NUMBER(struct gen_feature, bit),
    NEED_NUMBER(struct gen_feature, display_order),
    SINCE(struct gen_feature),
    NEED_TEXT(struct gen_feature, doc),
};
SCHEMA(feature_schema, "a feature", struct gen_feature, feature_keys);

static const struct gen_key constant_keys[] = {
    NEED_TEXT(struct gen_constant, name),
    NEED_TEXT(struct gen_constant, group),
    WORD(struct gen_constant, "type", is_u64, width_words),
    NEED_NUMBER(struct gen_constant, value),
    TEXT(struct gen_constant, alias_of),
    WORD(struct gen_constant, "states", states, states_words),
    SINCE(struct gen_constant),
    NEED_TEXT(struct gen_constant, doc),
};
SCHEMA(constant_schema, "a constant", struct gen_constant, constant_keys);

static const struct gen_key macro_keys[] = {
    NEED_TEXT(struct gen_macro, name),   NEED_TEXT(struct gen_macro, group),
    NEED_TEXT(struct gen_macro, params), NEED_TEXT(struct gen_macro, body),
    NEED_TEXT(struct gen_macro, doc),
};
SCHEMA(macro_schema, "a macro", struct gen_macro, macro_keys);

static const struct gen_key typedef_keys[] = {
    NEED_TEXT(struct gen_typedef, name),
    NEED_TEXT(struct gen_typedef, group),
    NEED_TEXT(struct gen_typedef, type),
    NEED_TEXT(struct gen_typedef, doc),
};
SCHEMA(typedef_schema, "a typedef", struct gen_typedef, typedef_keys);

static const struct gen_key value_keys[] = {
    NEED_TEXT(struct gen_value, name), NEED_NUMBER(struct gen_value, value),
    TEXT(struct gen_value, alias_of),  TEXT_AS(struct gen_value, "struct", struct_name),
    TEXT(struct gen_value, direction), INHERIT_SINCE(struct gen_value),
    NEED_TEXT(struct gen_value, doc),
};
SCHEMA(value_schema, "a value", struct gen_value, value_keys);

static const struct gen_key enum_keys[] = {
    NEED_TEXT(struct gen_enum, name),
    NEED_TEXT(struct gen_enum, group),
    NEED_WORD(struct gen_enum, "kind", is_flags, kind_words),
    WORD(struct gen_enum, "emit", emit_defines, emit_words),
    WORD(struct gen_enum, "type", is_u64, width_words),
    WORD(struct gen_enum, "from", from, from_words),
    FLAG(struct gen_enum, not_system),
    NEED_TEXT(struct gen_enum, prefix),
    SINCE(struct gen_enum),
    TEXT(struct gen_enum, unknown),
    NEED_TEXT(struct gen_enum, doc),
    LIST(struct gen_enum, "values", values, value_schema),
};
SCHEMA(enum_schema, "an enum", struct gen_enum, enum_keys);

static const struct gen_key format_keys[] = {
    NEED_TEXT(struct gen_format, name),
    NEED_WORD(struct gen_format, "kind", kind, format_words),
    NEED_NUMBER(struct gen_format, block_width),
    NEED_NUMBER(struct gen_format, block_height),
    NEED_NUMBER(struct gen_format, bytes_per_block),
    NEED_TEXT(struct gen_format, channels),
    FLAG(struct gen_format, srgb),
    FLAG(struct gen_format, opaque_alpha),
    FLAG(struct gen_format, scanout),
    FLAG(struct gen_format, cursor),
};
SCHEMA(format_schema, "a format", struct gen_format, format_keys);

static const struct gen_key field_keys[] = {
    NEED_TEXT(struct gen_field, name),
    NEED_TEXT_AS(struct gen_field, "type", type_name),
    NEED_NUMBER(struct gen_field, offset),
    NUMBER(struct gen_field, count, 1),
    TEXT_AS(struct gen_field, "enum", enum_name),
    TEXT(struct gen_field, zero),
    FLAG_AS(struct gen_field, "volatile", is_volatile),
    TEXT(struct gen_field, overlaps),
    FLAG(struct gen_field, reserved),
    FLAG(struct gen_field, stage_ex),
    NUMBER(struct gen_field, present_if_size_ge, 0),
    FLAG(struct gen_field, not_system),
    INHERIT_SINCE(struct gen_field),
    NEED_TEXT(struct gen_field, doc),
};
SCHEMA(field_schema, "a field", struct gen_field, field_keys);

static const struct gen_key trailing_keys[] = {
    NEED_TEXT(struct gen_trailing, name),
    NEED_TEXT_AS(struct gen_trailing, "type", type_name),
    NEED_NUMBER(struct gen_trailing, offset),
    TEXT(struct gen_trailing, count_field),
    NUMBER(struct gen_trailing, count_scale, 1),
    NUMBER(struct gen_trailing, min_count_scale, GEN_NONE),
    TEXT(struct gen_trailing, stride_field),
    NUMBER(struct gen_trailing, pad_to, 1),
    FLAG(struct gen_trailing, text),
    NEED_TEXT(struct gen_trailing, doc),
};
SCHEMA(trailing_schema, "a trailing part", struct gen_trailing, trailing_keys);

static const struct gen_key struct_keys[] = {
    NEED_TEXT(struct gen_struct, name),
    NEED_TEXT(struct gen_struct, group),
    TEXT(struct gen_struct, kind),
    TEXT(struct gen_struct, sized_by),
    NEED_NUMBER(struct gen_struct, size),
    NUMBER(struct gen_struct, min_size, GEN_NONE),
    FLAG(struct gen_struct, packed),
    FLAG_AS(struct gen_struct, "typedef", is_typedef),
    FLAG(struct gen_struct, framing),
    FLAG(struct gen_struct, not_system),
    FLAG(struct gen_struct, inner),
    SINCE(struct gen_struct),
    NEED_TEXT(struct gen_struct, doc),
    LIST(struct gen_struct, "fields", fields, field_schema),
    LIST(struct gen_struct, "trailing", trailing, trailing_schema),
};
SCHEMA(struct_schema, "a struct", struct gen_struct, struct_keys);

static const struct gen_key opcode_keys[] = {
    NEED_TEXT(struct gen_opcode, name),
    NEED_NUMBER(struct gen_opcode, value),
    NEED_TEXT_AS(struct gen_opcode, "struct", struct_name),
    NEED_TEXT(struct gen_opcode, group),
    TEXT(struct gen_opcode, feature),
    SINCE(struct gen_opcode),
    NEED_TEXT(struct gen_opcode, doc),
};
SCHEMA(opcode_schema, "an opcode", struct gen_opcode, opcode_keys);

static const struct gen_key stage_rule_keys[] = {
    ANY_NUMBER(struct gen_stage_rule, stage),
    ANY_NUMBER(struct gen_stage_rule, reserved0),
    NEED_NUMBER(struct gen_stage_rule, min_stream_minor),
    NEED_WORD(struct gen_stage_rule, "result", result, stage_words),
};
SCHEMA(stage_rule_schema, "a stage rule", struct gen_stage_rule, stage_rule_keys);

static const struct gen_key limit_keys[] = {
    NEED_TEXT(struct gen_limit, name),
    NEED_NUMBER(struct gen_limit, value),
    NEED_TEXT(struct gen_limit, doc),
};
SCHEMA(limit_schema, "a limit", struct gen_limit, limit_keys);

static const struct gen_key abi_keys[] = {
    {.name = "meta",
     .kind = GEN_MAP,
     .offset = offsetof(struct gen_abi, meta),
     .required = true,
     .schema = &meta_schema},
    LIST(struct gen_abi, "versions", versions, version_schema),
    LIST(struct gen_abi, "groups", groups, group_schema),
    MAP(struct gen_abi, "pci", pci, pci_schema),
    LIST(struct gen_abi, "registers", registers, register_schema),
    LIST(struct gen_abi, "features", features, feature_schema),
    LIST(struct gen_abi, "constants", constants, constant_schema),
    LIST(struct gen_abi, "macros", macros, macro_schema),
    LIST(struct gen_abi, "typedefs", typedefs, typedef_schema),
    LIST(struct gen_abi, "enums", enums, enum_schema),
    LIST(struct gen_abi, "formats", formats, format_schema),
    LIST(struct gen_abi, "structs", structs, struct_schema),
    LIST(struct gen_abi, "opcodes", opcodes, opcode_schema),
    LIST(struct gen_abi, "stage_resolution", stage_rules, stage_rule_schema),
    LIST(struct gen_abi, "limits", limits, limit_schema),
};
SCHEMA(abi_schema, "the file", struct gen_abi, abi_keys);

static enum sl_status parse(struct gen_abi *abi, const void *text, size_t size,
                            struct sl_error *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return sl_fail_memory(err, 0);
    }
    yaml_parser_set_input_string(&parser, text, size);
    enum sl_status status = SL_OK;
    if (yaml_parser_load(&parser, &abi->document)) {
        abi->has_document = true;
    } else if (parser.error == YAML_MEMORY_ERROR) {
        status = sl_fail_memory(err, 0);
    } else {
        status = gen_fail(err, SL_RULE_ABI_SYNTAX, (uint32_t)parser.problem_mark.line + 1,
                          "not YAML: %s", parser.problem ? parser.problem : "unreadable");
    }
    yaml_parser_delete(&parser);
    return status;
}

enum sl_status gen_abi_load(struct gen_abi *abi, const char *path, const void *text, size_t size,
                            struct sl_error *err)
{
    *abi = (struct gen_abi){0};
    enum sl_status status = parse(abi, text, size, err);
    if (status == SL_OK) {
        status = gen_read_document(&abi->document, &abi_schema, abi, err);
    }
    if (status == SL_OK) {
        status = gen_abi_check(abi, err);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
    }
    return status;
}

void gen_abi_finish(struct gen_abi *abi)
{
    gen_free(&abi_schema, abi);
    if (abi->has_document) {
        yaml_document_delete(&abi->document);
    }
    *abi = (struct gen_abi){0};
}
