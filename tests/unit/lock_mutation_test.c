/*
 * No change goes unnoticed: every number and text of the locks of both ABIs is changed, one at a
 * time, and every entry is removed and renamed. What is reported must be about that entry, and of
 * the class that its kind of change has.
 */
#include "lock/lock_diff.h"
#include "lock/lock_schema.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A lock and one that differs from it in what a test does to it. */
struct locks {
    struct sl_abi_lock old;
    struct sl_abi_lock new;
};

static void open_locks(struct locks *locks, const struct sl_abi *abi)
{
    cr_assert_eq(sl_abi_lock_builtin(&locks->old, abi, NULL), SL_OK);
    cr_assert_eq(sl_abi_lock_builtin(&locks->new, abi, NULL), SL_OK);
}

static void close_locks(struct locks *locks)
{
    sl_abi_lock_finish(&locks->old);
    sl_abi_lock_finish(&locks->new);
}

static enum sl_lock_class compare(const struct locks *locks, struct sl_lock_diff *diff)
{
    cr_assert_eq(sl_lock_compare(diff, &locks->old, &locks->new, NULL), SL_OK);
    return sl_lock_diff_class(diff);
}

static bool is_reserved(const struct sl_lock_entry *entry)
{
    return entry->kind == SL_LOCK_FIELD && sl_lock_number(entry, SL_LOCK_ATTR_RESERVED) &&
           !sl_lock_number(entry, SL_LOCK_ATTR_STAGE_EX);
}

/* Numbers that state the version cannot be changed alone: such a lock contradicts itself. */
static bool states_version(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute)
{
    return (attribute == SL_LOCK_ATTR_VALUE && entry->kind == SL_LOCK_CONSTANT &&
            sl_lock_number(entry, SL_LOCK_ATTR_STATES)) ||
           (attribute == SL_LOCK_ATTR_RESET && sl_lock_number(entry, SL_LOCK_ATTR_STATES));
}

/* What a change of this attribute is when no version announces it. */
static enum sl_lock_class expected_class(enum sl_lock_attribute attribute, bool said)
{
    static const enum sl_lock_attribute always[] = {
        SL_LOCK_ATTR_DOC,      SL_LOCK_ATTR_DISPLAY_ORDER, SL_LOCK_ATTR_FRAMING,
        SL_LOCK_ATTR_ALIAS_OF, SL_LOCK_ATTR_TEXT,
    };
    static const enum sl_lock_attribute unless_said[] = {
        SL_LOCK_ATTR_ENUM,
        SL_LOCK_ATTR_SIZED_BY,
    };
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        if (always[i] == attribute) {
            return SL_LOCK_PATCH;
        }
    }
    for (size_t i = 0; i < sizeof(unless_said) / sizeof(unless_said[0]); i++) {
        if (unless_said[i] == attribute && !said) {
            return SL_LOCK_PATCH;
        }
    }
    return SL_LOCK_MAJOR;
}

/* Another value of the cell that is neither the default nor out of the words. */
static union sl_lock_cell another(const struct sl_lock_column *column, union sl_lock_cell cell)
{
    if (sl_lock_is_text(column->attribute)) {
        return (union sl_lock_cell){.text = "another"};
    }
    enum sl_lock_form form = sl_lock_form_of(column->attribute);
    if (form == SL_LOCK_FORM_FLAG) {
        cell.number = !cell.number;
    } else if (form == SL_LOCK_FORM_WORD) {
        cell.number = cell.number == 0 ? 1 : 0;
    } else {
        cell.number++;
    }
    return cell;
}

static bool is_about(const struct sl_lock_diff *diff, const char *name)
{
    for (size_t i = 0; i < diff->count; i++) {
        if (strstr(diff->changes[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void change_cell(struct locks *locks, size_t index, size_t cell)
{
    struct sl_lock_entry *entry = &locks->new.entries[index];
    const struct sl_lock_column *column = &sl_lock_kinds[entry->kind].columns[cell];
    union sl_lock_cell before = entry->cells[cell];
    bool said = sl_lock_is_text(column->attribute) && before.text != NULL;
    struct sl_lock_diff diff;
    entry->cells[cell] = another(column, before);
    enum sl_lock_class class = compare(locks, &diff);
    enum sl_lock_class wanted = expected_class(column->attribute, said);
    cr_assert_eq(class, wanted, "%s of %s is %s, not %s", sl_lock_key(column->attribute),
                 entry->name, sl_lock_class_name(class), sl_lock_class_name(wanted));
    cr_assert(is_about(&diff, entry->name), "%s of %s: %s", sl_lock_key(column->attribute),
              entry->name, diff.changes[0].name);
    sl_lock_diff_finish(&diff);
    entry->cells[cell] = before;
}

/*
 * Left alone: what reserved bytes are made of, flags that make a field reserved or not and the form
 * that the other names of a field have, which tests/cli/abi_diff.test shows one by one.
 */
static bool is_left_alone(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute)
{
    return states_version(entry, attribute) || attribute == SL_LOCK_ATTR_RESERVED ||
           attribute == SL_LOCK_ATTR_STAGE_EX || attribute == SL_LOCK_ATTR_OVERLAPS ||
           (is_reserved(entry) && attribute != SL_LOCK_ATTR_DOC);
}

static void change_every_cell(const struct sl_abi *abi)
{
    struct locks locks;
    size_t changed = 0;
    open_locks(&locks, abi);
    for (size_t i = 0; i < locks.new.entry_count; i++) {
        const struct sl_lock_entry *entry = &locks.new.entries[i];
        const struct sl_lock_kind_info *info = &sl_lock_kinds[entry->kind];
        for (size_t cell = 0; cell < info->column_count; cell++) {
            if (!is_left_alone(entry, info->columns[cell].attribute)) {
                change_cell(&locks, i, cell);
                changed++;
            }
        }
    }
    cr_assert_gt(changed, locks.new.entry_count);
    close_locks(&locks);
}

Test(lock_mutation, every_cell_of_virtio_gpu, .timeout = 240)
{
    change_every_cell(&sl_abi_virtio_gpu);
}

Test(lock_mutation, every_cell_of_aerogpu, .timeout = 240)
{
    change_every_cell(&sl_abi_aerogpu);
}

static void sort_again(struct sl_abi_lock *lock)
{
    free(lock->by_name);
    lock->by_name = NULL;
    (void)sl_lock_seal(lock, NULL);
}

/* Nothing refers to names in a comparison, so that renaming one thing leaves the others alone. */
static void rename_entry(struct locks *locks, size_t index)
{
    struct sl_lock_entry *entry = &locks->new.entries[index];
    const char *name = entry->name;
    struct sl_lock_diff diff;
    entry->name = "another_name";
    sort_again(&locks->new);
    enum sl_lock_class class = compare(locks, &diff);
    enum sl_lock_class wanted =
        is_reserved(entry) || entry->kind == SL_LOCK_VERSION ? SL_LOCK_PATCH : SL_LOCK_MAJOR;
    cr_assert_eq(class, wanted, "%s renamed is %s", name, sl_lock_class_name(class));
    sl_lock_diff_finish(&diff);
    entry->name = name;
}

/* Takes an entry and what stands in it out of the list. */
static void take_out(struct sl_abi_lock *lock, size_t index)
{
    size_t end = index + 1;
    while (end < lock->entry_count && lock->entries[end].parent == index) {
        end++;
    }
    uint32_t count = (uint32_t)(end - index);
    memmove(&lock->entries[index], &lock->entries[end],
            (lock->entry_count - end) * sizeof(*lock->entries));
    lock->entry_count -= count;
    for (size_t i = index; i < lock->entry_count; i++) {
        uint32_t *parent = &lock->entries[i].parent;
        *parent -= *parent != SL_LOCK_NO_PARENT && *parent > index ? count : 0;
    }
}

static void remove_entry(struct locks *locks, size_t index)
{
    const struct sl_lock_entry *entry = &locks->old.entries[index];
    struct sl_lock_diff diff;
    take_out(&locks->new, index);
    sort_again(&locks->new);
    enum sl_lock_class class = compare(locks, &diff);
    enum sl_lock_class wanted = is_reserved(entry)               ? SL_LOCK_NONE
                                : entry->kind == SL_LOCK_VERSION ? SL_LOCK_PATCH
                                                                 : SL_LOCK_MAJOR;
    cr_assert_eq(class, wanted, "%s removed is %s", entry->name, sl_lock_class_name(class));
    cr_assert(wanted == SL_LOCK_NONE || is_about(&diff, entry->name), "%s", entry->name);
    sl_lock_diff_finish(&diff);
    memcpy(locks->new.entries, locks->old.entries,
           locks->old.entry_count * sizeof(*locks->old.entries));
    locks->new.entry_count = locks->old.entry_count;
}

static void rename_and_remove(const struct sl_abi *abi)
{
    struct locks locks;
    open_locks(&locks, abi);
    for (size_t i = 0; i < locks.new.entry_count; i++) {
        rename_entry(&locks, i);
        remove_entry(&locks, i);
    }
    close_locks(&locks);
}

Test(lock_mutation, every_entry_of_virtio_gpu, .timeout = 240)
{
    rename_and_remove(&sl_abi_virtio_gpu);
}

Test(lock_mutation, every_entry_of_aerogpu, .timeout = 240)
{
    rename_and_remove(&sl_abi_aerogpu);
}
