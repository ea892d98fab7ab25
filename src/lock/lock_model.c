/* Locks in memory: entries, their names, and whether they contradict each other. */
#include "base/array.h"
#include "lock/lock_schema.h"

#include "base/checked.h"
#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sl_abi_lock_finish(struct sl_abi_lock *lock)
{
    for (size_t i = 0; i < lock->kept_count; i++) {
        free(lock->kept[i]);
    }
    free(lock->kept);
    free(lock->entries);
    free(lock->by_name);
    free(lock->path);
    if (lock->has_yaml) {
        sl_yaml_finish(&lock->yaml);
    }
    *lock = (struct sl_abi_lock){0};
}

const char *sl_lock_keep(struct sl_abi_lock *lock, const char *text)
{
    char **kept = realloc(lock->kept, (lock->kept_count + 1) * sizeof(*kept));
    if (!kept) {
        return NULL;
    }
    lock->kept = kept;
    kept[lock->kept_count] = strdup(text);
    return kept[lock->kept_count] ? kept[lock->kept_count++] : NULL;
}

static union sl_lock_cell *cell_of(struct sl_lock_entry *entry, enum sl_lock_attribute attribute)
{
    size_t i = sl_lock_cell_of(entry->kind, attribute);
    assert(i < sl_lock_kinds[entry->kind].column_count);
    return &entry->cells[i];
}

void sl_lock_set_number(struct sl_lock_entry *entry, enum sl_lock_attribute attribute,
                        uint64_t value)
{
    assert(!sl_lock_is_text(attribute));
    cell_of(entry, attribute)->number = value;
}

void sl_lock_set_text(struct sl_lock_entry *entry, enum sl_lock_attribute attribute,
                      const char *text)
{
    assert(sl_lock_is_text(attribute));
    cell_of(entry, attribute)->text = text;
}

uint64_t sl_lock_number(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute)
{
    size_t i = sl_lock_cell_of(entry->kind, attribute);
    assert(!sl_lock_is_text(attribute) && i < sl_lock_kinds[entry->kind].column_count);
    return entry->cells[i].number;
}

const char *sl_lock_text(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute)
{
    size_t i = sl_lock_cell_of(entry->kind, attribute);
    assert(sl_lock_is_text(attribute) && i < sl_lock_kinds[entry->kind].column_count);
    return entry->cells[i].text;
}

struct sl_lock_entry *sl_lock_add(struct sl_abi_lock *lock, enum sl_lock_kind kind, uint32_t parent,
                                  const char *name)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[kind];
    assert(info->column_count <= SL_LOCK_CELLS_MAX);
    struct sl_lock_entry *entries =
        sl_array_grow(lock->entries, &lock->entry_capacity, lock->entry_count, sizeof(*entries));
    if (!entries) {
        return NULL;
    }
    lock->entries = entries;
    struct sl_lock_entry *entry = &lock->entries[lock->entry_count++];
    *entry = (struct sl_lock_entry){.kind = kind, .parent = parent, .name = name};
    for (size_t i = 0; i < info->column_count; i++) {
        if (sl_lock_is_text(info->columns[i].attribute)) {
            entry->cells[i].text = NULL;
        } else {
            entry->cells[i].number = info->columns[i].absent;
        }
    }
    return entry;
}

static int compare_place(const struct sl_lock_entry *a, enum sl_lock_kind kind, uint32_t parent,
                         const char *name)
{
    if (a->kind != kind) {
        return a->kind < kind ? -1 : 1;
    }
    if (a->parent != parent) {
        return a->parent < parent ? -1 : 1;
    }
    return strcmp(a->name, name);
}

/* For qsort_r(); entries of the same name in the order of the file. */
static int compare_indices(const void *a, const void *b, void *data)
{
    const struct sl_abi_lock *lock = data;
    uint32_t i = *(const uint32_t *)a;
    uint32_t k = *(const uint32_t *)b;
    const struct sl_lock_entry *other = &lock->entries[k];
    int order = compare_place(&lock->entries[i], other->kind, other->parent, other->name);
    return order ? order : (i > k) - (i < k);
}

const struct sl_lock_entry *sl_abi_lock_find(const struct sl_abi_lock *lock, enum sl_lock_kind kind,
                                             uint32_t parent, const char *name)
{
    size_t low = 0;
    size_t high = lock->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct sl_lock_entry *entry = &lock->entries[lock->by_name[middle]];
        int order = compare_place(entry, kind, parent, name);
        if (order == 0) {
            return entry;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

uint64_t sl_lock_field_size(const struct sl_abi_lock *lock, const struct sl_lock_entry *field)
{
    const char *name = sl_lock_text(field, SL_LOCK_ATTR_TYPE);
    enum sl_abi_type type;
    uint64_t size = 0;
    if (sl_lock_scalar_type(name, &type)) {
        size = sl_abi_type_size(type, NULL);
    } else {
        const struct sl_lock_entry *of =
            sl_abi_lock_find(lock, SL_LOCK_STRUCT, SL_LOCK_NO_PARENT, name);
        size = of ? sl_lock_number(of, SL_LOCK_ATTR_SIZE) : 0;
    }
    return sl_mul_u64(size, sl_lock_number(field, SL_LOCK_ATTR_COUNT), &size) ? size : UINT64_MAX;
}

static enum sl_status contradiction(const struct sl_abi_lock *lock,
                                    const struct sl_lock_entry *entry, struct sl_error *err,
                                    const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum sl_status contradiction(const struct sl_abi_lock *lock,
                                    const struct sl_lock_entry *entry, struct sl_error *err,
                                    const char *format, ...)
{
    char message[SL_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    sl_fail(err, SL_ERR_DAMAGED, SL_RULE_LOCK_MODEL, "%s %s: %s", sl_lock_kinds[entry->kind].noun,
            entry->name, message);
    sl_error_set_file(err, lock->path);
    sl_error_set_line(err, entry->line);
    return SL_ERR_DAMAGED;
}

/* Forms that name another entry, and the kind of that. */
static bool refers_to(enum sl_lock_form form, enum sl_lock_kind *kind)
{
    switch (form) {
    case SL_LOCK_FORM_ENUM:
        *kind = SL_LOCK_ENUM;
        return true;
    case SL_LOCK_FORM_STRUCT:
    case SL_LOCK_FORM_TYPE:
        *kind = SL_LOCK_STRUCT;
        return true;
    case SL_LOCK_FORM_FEATURE:
        *kind = SL_LOCK_FEATURE;
        return true;
    case SL_LOCK_FORM_DECIMAL:
    case SL_LOCK_FORM_HEX:
    case SL_LOCK_FORM_FLAG:
    case SL_LOCK_FORM_WORD:
    case SL_LOCK_FORM_VERSION:
    case SL_LOCK_FORM_TEXT:
        break;
    }
    return false;
}

static enum sl_status check_references(const struct sl_abi_lock *lock,
                                       const struct sl_lock_entry *entry, struct sl_error *err)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[entry->kind];
    for (size_t i = 0; i < info->column_count; i++) {
        enum sl_lock_form form = sl_lock_form_of(info->columns[i].attribute);
        enum sl_lock_kind kind;
        enum sl_abi_type type;
        const char *name = refers_to(form, &kind) ? entry->cells[i].text : NULL;
        if (!name || (form == SL_LOCK_FORM_TYPE && sl_lock_scalar_type(name, &type))) {
            continue;
        }
        if (!sl_abi_lock_find(lock, kind, SL_LOCK_NO_PARENT, name)) {
            return contradiction(lock, entry, err, "there is no %s %s", sl_lock_kinds[kind].noun,
                                 name);
        }
    }
    return SL_OK;
}

/* Fields lie inside their struct, which makes their sums safe wherever they are compared. */
static enum sl_status check_field(const struct sl_abi_lock *lock, const struct sl_lock_entry *entry,
                                  struct sl_error *err)
{
    uint64_t size = sl_lock_number(&lock->entries[entry->parent], SL_LOCK_ATTR_SIZE);
    uint64_t bytes = sl_lock_field_size(lock, entry);
    uint64_t end;
    if (bytes == 0 || !sl_add_u64(sl_lock_number(entry, SL_LOCK_ATTR_OFFSET), bytes, &end) ||
        end > size) {
        return contradiction(lock, entry, err, "not inside %s, which has %" PRIu64 " bytes",
                             lock->entries[entry->parent].name, size);
    }
    return SL_OK;
}

/* A number that states the version is that of the lock. */
static enum sl_status check_states(const struct sl_abi_lock *lock,
                                   const struct sl_lock_entry *entry,
                                   enum sl_lock_attribute attribute, struct sl_error *err)
{
    uint64_t states = sl_lock_number(entry, SL_LOCK_ATTR_STATES);
    uint64_t wanted = states == SL_ABI_STATES_MINOR ? lock->version & 0xFFFF : lock->version;
    if (states != SL_ABI_STATES_NOTHING && sl_lock_number(entry, attribute) != wanted) {
        return contradiction(lock, entry, err, "does not state the version %" PRIu32 ".%" PRIu32,
                             lock->version >> 16, lock->version & 0xFFFF);
    }
    return SL_OK;
}

static enum sl_status check_entry(const struct sl_abi_lock *lock, const struct sl_lock_entry *entry,
                                  struct sl_error *err)
{
    enum sl_status status = check_references(lock, entry, err);
    if (status != SL_OK) {
        return status;
    }
    switch (entry->kind) {
    case SL_LOCK_FIELD:
        return check_field(lock, entry, err);
    case SL_LOCK_CONSTANT:
        return check_states(lock, entry, SL_LOCK_ATTR_VALUE, err);
    case SL_LOCK_REGISTER:
        return check_states(lock, entry, SL_LOCK_ATTR_RESET, err);
    case SL_LOCK_STRUCT:
    case SL_LOCK_VERSION:
    case SL_LOCK_BAR:
    case SL_LOCK_FEATURE:
    case SL_LOCK_LIMIT:
    case SL_LOCK_ENUM:
    case SL_LOCK_VALUE:
    case SL_LOCK_FORMAT:
    case SL_LOCK_TRAILING:
    case SL_LOCK_OPCODE:
    case SL_LOCK_STAGE_RULE:
    case SL_LOCK_VBE_MODE:
    case SL_LOCK_TYPEDEF:
    case SL_LOCK_MACRO:
    case SL_LOCK_KIND_COUNT:
        break;
    }
    return SL_OK;
}

/* What stands in something appeared with it, unless it says otherwise. */
static void inherit_since(struct sl_abi_lock *lock)
{
    for (size_t i = 0; i < lock->entry_count; i++) {
        struct sl_lock_entry *entry = &lock->entries[i];
        size_t cell = sl_lock_cell_of(entry->kind, SL_LOCK_ATTR_SINCE);
        if (entry->parent != SL_LOCK_NO_PARENT && cell < sl_lock_kinds[entry->kind].column_count &&
            entry->cells[cell].number == UINT64_MAX) {
            entry->cells[cell].number =
                sl_lock_number(&lock->entries[entry->parent], SL_LOCK_ATTR_SINCE);
        }
    }
}

static enum sl_status sort_names(struct sl_abi_lock *lock, struct sl_error *err)
{
    size_t bytes = lock->entry_count * sizeof(*lock->by_name);
    lock->by_name = malloc(bytes ? bytes : 1);
    if (!lock->by_name) {
        return sl_fail_memory(err, bytes);
    }
    for (size_t i = 0; i < lock->entry_count; i++) {
        lock->by_name[i] = (uint32_t)i;
    }
    qsort_r(lock->by_name, lock->entry_count, sizeof(*lock->by_name), compare_indices, lock);
    for (size_t i = 1; i < lock->entry_count; i++) {
        const struct sl_lock_entry *first = &lock->entries[lock->by_name[i - 1]];
        const struct sl_lock_entry *second = &lock->entries[lock->by_name[i]];
        if (compare_place(first, second->kind, second->parent, second->name) == 0) {
            return contradiction(lock, second, err, "stands here twice");
        }
    }
    return SL_OK;
}

enum sl_status sl_lock_seal(struct sl_abi_lock *lock, struct sl_error *err)
{
    inherit_since(lock);
    enum sl_status status = sort_names(lock, err);
    for (size_t i = 0; status == SL_OK && i < lock->entry_count; i++) {
        status = check_entry(lock, &lock->entries[i], err);
    }
    return status;
}
