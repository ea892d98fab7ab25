/* What of two locks is the same under another name, and what takes the place of something else. */
#include "lock/lock_compare.h"

#include <string.h>

bool sl_lock_same_cell(const struct sl_lock_column *column, const union sl_lock_cell *a,
                       const union sl_lock_cell *b)
{
    if (!sl_lock_is_text(column->attribute)) {
        return a->number == b->number;
    }
    return a->text && b->text ? strcmp(a->text, b->text) == 0 : a->text == b->text;
}

static bool same_cells(const struct sl_lock_entry *a, const struct sl_lock_entry *b)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[a->kind];
    uint64_t skip = sl_lock_cell_bit(a->kind, SL_LOCK_ATTR_DOC) |
                    sl_lock_cell_bit(a->kind, SL_LOCK_ATTR_WORD) |
                    sl_lock_cell_bit(a->kind, SL_LOCK_ATTR_PREFIX);
    for (size_t i = 0; i < info->column_count; i++) {
        if (!(skip & UINT64_C(1) << i) &&
            !sl_lock_same_cell(&info->columns[i], &a->cells[i], &b->cells[i])) {
            return false;
        }
    }
    return true;
}

/* Both hold the same: what stands in them, too. */
bool sl_lock_same_content(const struct sl_lock_comparison *c, size_t old, size_t new)
{
    if (!same_cells(&c->old->entries[old], &c->new->entries[new])) {
        return false;
    }
    size_t i = old + 1;
    size_t k = new + 1;
    while (i < c->old->entry_count && c->old->entries[i].parent == old && k < c->new->entry_count &&
           c->new->entries[k].parent == new) {
        const struct sl_lock_entry *a = &c->old->entries[i++];
        const struct sl_lock_entry *b = &c->new->entries[k++];
        if (a->kind != b->kind || strcmp(a->name, b->name) != 0 || !same_cells(a, b)) {
            return false;
        }
    }
    bool more_old = i < c->old->entry_count && c->old->entries[i].parent == old;
    bool more_new = k < c->new->entry_count && c->new->entries[k].parent == new;
    return !more_old && !more_new;
}

/* Where the entries of a kind with this parent are: among all, or those that follow the parent. */
size_t sl_lock_first_of(uint32_t parent)
{
    return parent == SL_LOCK_NO_PARENT ? 0 : (size_t)parent + 1;
}

/* True if entries that stand in parent cannot come any more. */
bool sl_lock_is_past(const struct sl_lock_entry *entry, uint32_t parent)
{
    return parent != SL_LOCK_NO_PARENT && entry->parent != parent;
}

/* What of the old lock is gone and says what this new entry says; entry_count if there is none. */
size_t sl_lock_find_former(const struct sl_lock_comparison *c, size_t new, uint32_t old_parent)
{
    const struct sl_lock_entry *entry = &c->new->entries[new];
    const struct sl_lock_kind_info *info = &sl_lock_kinds[entry->kind];
    for (size_t i = sl_lock_first_of(old_parent); i < c->old->entry_count; i++) {
        const struct sl_lock_entry *former = &c->old->entries[i];
        if (sl_lock_is_past(former, old_parent)) {
            break;
        }
        if (former->kind != entry->kind || former->parent != old_parent || !c->gone[i]) {
            continue;
        }
        bool same = info->has_identity ? sl_lock_number(former, info->identity) ==
                                             sl_lock_number(entry, info->identity)
                                       : sl_lock_same_content(c, i, new);
        if (same) {
            return i;
        }
    }
    return c->old->entry_count;
}

/* An entry of both locks that had this number when the new one was not there. */
static const struct sl_lock_entry *find_same_number(const struct sl_lock_comparison *c,
                                                    const struct sl_lock_entry *entry,
                                                    uint32_t old_parent)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[entry->kind];
    for (size_t i = sl_lock_first_of(old_parent); info->has_identity && i < c->old->entry_count;
         i++) {
        const struct sl_lock_entry *other = &c->old->entries[i];
        if (sl_lock_is_past(other, old_parent)) {
            break;
        }
        if (other->kind == entry->kind && other->parent == old_parent &&
            sl_lock_number(other, info->identity) == sl_lock_number(entry, info->identity)) {
            return other;
        }
    }
    return NULL;
}

/* Two entries of the new lock of which one says that it is the other's alias. */
static bool are_aliases(const struct sl_lock_entry *a, const struct sl_lock_entry *b)
{
    const char *of_a = sl_lock_text(a, SL_LOCK_ATTR_ALIAS_OF);
    const char *of_b = sl_lock_text(b, SL_LOCK_ATTR_ALIAS_OF);
    return ((of_a && strcmp(of_a, b->name) == 0) || (of_b && strcmp(of_b, a->name) == 0)) &&
           sl_lock_number(a, SL_LOCK_ATTR_VALUE) == sl_lock_number(b, SL_LOCK_ATTR_VALUE);
}

/* Another entry, in both locks with this number, that the new one is an alias of or that is its. */
const struct sl_lock_entry *sl_lock_find_alias(const struct sl_lock_comparison *c,
                                               const struct sl_lock_entry *entry,
                                               uint32_t old_parent)
{
    if (!sl_lock_cell_bit(entry->kind, SL_LOCK_ATTR_ALIAS_OF)) {
        return NULL;
    }
    for (size_t i = sl_lock_first_of(entry->parent); i < c->new->entry_count; i++) {
        const struct sl_lock_entry *other = &c->new->entries[i];
        if (sl_lock_is_past(other, entry->parent)) {
            break;
        }
        if (other->kind != entry->kind || other->parent != entry->parent ||
            !are_aliases(entry, other)) {
            continue;
        }
        const struct sl_lock_entry *old =
            sl_abi_lock_find(c->old, other->kind, old_parent, other->name);
        if (old &&
            sl_lock_number(old, SL_LOCK_ATTR_VALUE) == sl_lock_number(other, SL_LOCK_ATTR_VALUE)) {
            return other;
        }
    }
    return NULL;
}

/* A register of the old lock that shares bytes with the new one. */
static const struct sl_lock_entry *find_overlapped(const struct sl_lock_comparison *c,
                                                   const struct sl_lock_entry *reg)
{
    uint64_t start = sl_lock_number(reg, SL_LOCK_ATTR_ADDRESS);
    uint64_t size = sl_lock_number(reg, SL_LOCK_ATTR_WIDTH_BYTES);
    for (size_t i = 0; i < c->old->entry_count; i++) {
        const struct sl_lock_entry *other = &c->old->entries[i];
        if (other->kind != SL_LOCK_REGISTER) {
            continue;
        }
        uint64_t at = sl_lock_number(other, SL_LOCK_ATTR_ADDRESS);
        uint64_t bytes = sl_lock_number(other, SL_LOCK_ATTR_WIDTH_BYTES);
        if (at <= start ? start - at < bytes : at - start < size) {
            return other;
        }
    }
    return NULL;
}

/*
 * A flag of the old lock of which a new one has bits. Bits that all had names may get one together;
 * a value that has some of those and new ones says two things at once.
 */
static const struct sl_lock_entry *find_flag(const struct sl_lock_comparison *c,
                                             const struct sl_lock_entry *value, uint32_t old_parent)
{
    if (!sl_lock_number(&c->new->entries[value->parent], SL_LOCK_ATTR_FLAGS)) {
        return NULL;
    }
    const struct sl_lock_entry *found = NULL;
    uint64_t bits = sl_lock_number(value, SL_LOCK_ATTR_VALUE);
    uint64_t known = 0;
    for (size_t i = sl_lock_first_of(old_parent); i < c->old->entry_count; i++) {
        const struct sl_lock_entry *other = &c->old->entries[i];
        if (sl_lock_is_past(other, old_parent)) {
            break;
        }
        uint64_t its = sl_lock_number(other, SL_LOCK_ATTR_VALUE);
        known |= its;
        found = !found && (its & bits) ? other : found;
    }
    return bits & ~known ? found : NULL;
}

const struct sl_lock_entry *sl_lock_find_owner(const struct sl_lock_comparison *c,
                                               const struct sl_lock_entry *entry,
                                               uint32_t old_parent)
{
    const struct sl_lock_entry *owner = find_same_number(c, entry, old_parent);
    if (!owner && entry->kind == SL_LOCK_REGISTER) {
        owner = find_overlapped(c, entry);
    } else if (!owner && entry->kind == SL_LOCK_VALUE) {
        owner = find_flag(c, entry, old_parent);
    }
    return owner;
}
