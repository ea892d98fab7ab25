/* Finding entries of the tables, by number and by name. */
#include "abi/abi.h"

#include <string.h>

/* True if name is full, or full without prefix. */
static bool names_match(const char *full, const char *prefix, const char *name)
{
    size_t length = strlen(prefix);
    return strcmp(full, name) == 0 ||
           (strncmp(full, prefix, length) == 0 && strcmp(full + length, name) == 0);
}

const struct sl_abi_opcode *sl_abi_find_opcode(const struct sl_abi *abi, uint32_t value)
{
    uint8_t index = value < abi->opcode_index_count ? abi->opcode_index[value] : 0;
    return index ? &abi->opcodes[index - 1] : NULL;
}

const struct sl_abi_opcode *sl_abi_find_opcode_name(const struct sl_abi *abi, const char *name)
{
    for (size_t i = 0; i < abi->opcode_count; i++) {
        const struct sl_abi_opcode *op = &abi->opcodes[i];
        if (strcmp(op->word, name) == 0 || strcmp(op->name, name) == 0) {
            return op;
        }
    }
    return NULL;
}

const struct sl_abi_struct *sl_abi_find_struct(const struct sl_abi *abi, const char *name)
{
    for (size_t i = 0; i < abi->struct_count; i++) {
        if (names_match(abi->structs[i].name, abi->symbol_prefix, name)) {
            return &abi->structs[i];
        }
    }
    return NULL;
}

const struct sl_abi_enum *sl_abi_find_enum(const struct sl_abi *abi, const char *name)
{
    for (size_t i = 0; i < abi->enum_count; i++) {
        if (names_match(abi->enums[i].name, abi->symbol_prefix, name)) {
            return &abi->enums[i];
        }
    }
    return NULL;
}

const struct sl_abi_register *sl_abi_find_register(const struct sl_abi *abi, uint64_t offset)
{
    size_t low = 0;
    size_t high = abi->register_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (abi->registers[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < abi->register_count && abi->registers[low].offset == offset ? &abi->registers[low]
                                                                             : NULL;
}

const struct sl_abi_register *sl_abi_find_register_name(const struct sl_abi *abi, const char *name)
{
    for (size_t i = 0; i < abi->register_count; i++) {
        const struct sl_abi_register *reg = &abi->registers[i];
        if (strcmp(reg->word, name) == 0 || strcmp(reg->name, name) == 0) {
            return reg;
        }
    }
    return NULL;
}

const struct sl_abi_field *sl_abi_find_field(const struct sl_abi_struct *layout, const char *name)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        if (strcmp(layout->fields[i].name, name) == 0) {
            return &layout->fields[i];
        }
    }
    return NULL;
}

const struct sl_abi_format *sl_abi_find_format(const struct sl_abi *abi, uint32_t value)
{
    for (size_t i = 0; i < abi->format_count; i++) {
        if (abi->formats[i].value == value) {
            return &abi->formats[i];
        }
    }
    return NULL;
}

const char *sl_abi_value_name(const struct sl_abi_enum *names, uint64_t value)
{
    for (size_t i = 0; i < names->value_count; i++) {
        if (names->values[i].value == value) {
            return names->values[i].name + strlen(names->prefix);
        }
    }
    return NULL;
}

bool sl_abi_value_of(const struct sl_abi_enum *names, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < names->value_count; i++) {
        if (names_match(names->values[i].name, names->prefix, name)) {
            *value = names->values[i].value;
            return true;
        }
    }
    return false;
}

enum sl_abi_stage sl_abi_resolve_stage(const struct sl_abi *abi, uint32_t stage, uint32_t reserved0,
                                       uint16_t stream_minor)
{
    for (size_t i = 0; i < abi->stage_rule_count; i++) {
        const struct sl_abi_stage_rule *rule = &abi->stage_rules[i];
        if (stream_minor >= rule->min_stream_minor &&
            (rule->stage == SL_ABI_ANY || rule->stage == stage) &&
            (rule->reserved0 == SL_ABI_ANY || rule->reserved0 == reserved0)) {
            return rule->result;
        }
    }
    return SL_ABI_STAGE_REJECT;
}
