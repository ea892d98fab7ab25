#include "lint/lint_fields.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>

/* Elements of a trailing part that are looked at; the rest of a longer one would say the same. */
enum { ELEMENTS_MAX = 4096 };

static uint64_t at(uint64_t gpa, uint64_t offset)
{
    return gpa == SL_LINT_NONE ? SL_LINT_NONE : gpa + offset;
}

uint64_t sl_lint_field(const struct sl_abi_field *field, const uint8_t *wire, size_t size)
{
    uint32_t bytes = sl_abi_type_size(field->type, field->of);
    return bytes <= 8 && field->offset + bytes <= size ? sl_get_le(wire + field->offset, bytes) : 0;
}

static uint64_t known_flags(const struct sl_abi_enum *names)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < names->value_count; i++) {
        mask |= names->values[i].value;
    }
    return mask;
}

static void check_newer(struct sl_lint *lint, const struct sl_lint_fields *rules,
                        const struct sl_abi_value *value, const char *field, uint64_t gpa)
{
    if (rules->newer != SL_LINT_RULE_COUNT && value->since_minor > rules->minor) {
        sl_lint_find(lint, rules->newer, sl_lint_here(lint, gpa),
                     "%s: %s is %s, which 1.%u brought; the guest writes 1.%u", rules->what, field,
                     value->name, value->since_minor, rules->minor);
    }
}

static void check_flags(struct sl_lint *lint, const struct sl_lint_fields *rules,
                        const struct sl_abi_enum *names, const char *field, uint64_t value,
                        uint64_t gpa)
{
    uint64_t unknown = value & ~known_flags(names);
    if (unknown) {
        sl_lint_find(lint, rules->flag, sl_lint_here(lint, gpa),
                     "%s: %s is 0x%" PRIx64 "; 0x%" PRIx64 " means nothing", rules->what, field,
                     value, unknown);
    }
    for (size_t i = 0; i < names->value_count; i++) {
        if (value & names->values[i].value) {
            check_newer(lint, rules, &names->values[i], field, gpa);
        }
    }
}

void sl_lint_check_value(struct sl_lint *lint, const struct sl_lint_fields *rules,
                         const struct sl_abi_enum *names, const char *field, uint64_t value,
                         uint64_t gpa)
{
    if (names->is_flags) {
        check_flags(lint, rules, names, field, value, gpa);
        return;
    }
    for (size_t i = 0; i < names->value_count; i++) {
        if (names->values[i].value == value) {
            check_newer(lint, rules, &names->values[i], field, gpa);
            return;
        }
    }
    sl_lint_find(lint, rules->value, sl_lint_here(lint, gpa),
                 "%s: %s is %" PRIu64 ", which %s does not have", rules->what, field, value,
                 names->name);
}

static void check_reserved(struct sl_lint *lint, const struct sl_lint_fields *rules,
                           const char *path, const uint8_t *bytes, size_t size, uint64_t gpa)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            sl_lint_find(lint, rules->reserved, sl_lint_here(lint, gpa),
                         "%s: byte %zu of %s is 0x%02x, not 0", rules->what, i, path, bytes[i]);
            return;
        }
    }
}

/* "state.reserved0" */
struct path {
    char text[96];
    size_t size;
};

static void push(struct path *path, const char *name)
{
    size_t left = sizeof(path->text) - path->size;
    int added = snprintf(path->text + path->size, left, "%s%s", path->size ? "." : "", name);
    size_t size = path->size + (size_t)(added > 0 ? added : 0);
    path->size = size < sizeof(path->text) ? size : sizeof(path->text) - 1;
}

static void pop(struct path *path, size_t size)
{
    path->size = size;
    path->text[size] = '\0';
}

static void check_struct(struct sl_lint *lint, const struct sl_lint_fields *rules,
                         const struct sl_abi_struct *layout, const uint8_t *wire, size_t size,
                         uint64_t gpa, struct path *path);

static void check_field(struct sl_lint *lint, const struct sl_lint_fields *rules,
                        const struct sl_abi_field *field, const uint8_t *wire, size_t size,
                        uint64_t gpa, struct path *path)
{
    uint32_t bytes = sl_abi_type_size(field->type, field->of);
    for (uint32_t i = 0; i < field->count; i++) {
        uint64_t offset = field->offset + (uint64_t)i * bytes;
        if (offset + bytes > size || (field->present_if_size_ge > size)) {
            return;
        }
        if (field->reserved) {
            check_reserved(lint, rules, path->text, wire + offset, bytes, at(gpa, offset));
        } else if (field->type == SL_ABI_STRUCT) {
            check_struct(lint, rules, field->of, wire + offset, bytes, at(gpa, offset), path);
        } else if (field->names) {
            sl_lint_check_value(lint, rules, field->names, path->text,
                                sl_get_le(wire + offset, bytes), at(gpa, offset));
        }
    }
}

/* The depth is that of the ABI's structs, whatever a guest writes. */
static void check_struct(struct sl_lint *lint, const struct sl_lint_fields *rules,
                         const struct sl_abi_struct *layout, const uint8_t *wire, size_t size,
                         uint64_t gpa, struct path *path)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *field = &layout->fields[i];
        bool framing = field->type == SL_ABI_STRUCT && field->of->framing;
        if (framing || field->stage_ex || field->overlaps) {
            continue;
        }
        size_t length = path->size;
        push(path, field->name);
        check_field(lint, rules, field, wire, size, gpa, path);
        pop(path, length);
    }
}

static void check_trailing(struct sl_lint *lint, const struct sl_lint_fields *rules,
                           const struct sl_abi_struct *layout, const uint8_t *wire, size_t size)
{
    const struct sl_abi_trailing *trailing = layout->trailing;
    if (!trailing || trailing->type != SL_ABI_STRUCT) {
        return;
    }
    uint64_t stride;
    uint64_t count = sl_abi_trailing_count(layout, wire, size, &stride);
    for (uint64_t i = 0; i < count && i < ELEMENTS_MAX; i++) {
        uint64_t offset = trailing->offset + i * stride;
        if (stride > size || offset > size || trailing->of->size > size - offset) {
            return;
        }
        char name[64];
        struct path path = {0};
        snprintf(name, sizeof(name), "%s[%" PRIu64 "]", trailing->name, i);
        push(&path, name);
        check_struct(lint, rules, trailing->of, wire + offset, trailing->of->size,
                     at(rules->gpa, offset), &path);
    }
}

void sl_lint_check_fields(struct sl_lint *lint, const struct sl_lint_fields *rules,
                          const struct sl_abi_struct *layout, const uint8_t *wire, size_t size)
{
    struct path path = {0};
    check_struct(lint, rules, layout, wire, size, rules->gpa, &path);
    check_trailing(lint, rules, layout, wire, size);
}
