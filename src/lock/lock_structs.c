/*
 * Comparing structs byte by byte. What bytes meant must stay; reserved ones may get a meaning since
 * a new version, and bytes behind the end may come where a reader can tell by the size which form
 * it has. Reserved fields have no meaning, so where they lie and what they are called is nobody's
 * business.
 */
#include "lock/lock_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct pair {
    struct sl_lock_comparison *c;
    const struct sl_lock_entry *old;
    const struct sl_lock_entry *new;
    uint32_t old_index;
    uint32_t new_index;
};

static uint64_t number(const struct sl_lock_entry *entry, enum sl_lock_attribute attribute)
{
    return sl_lock_number(entry, attribute);
}

static bool is_reserved(const struct sl_lock_entry *field)
{
    return number(field, SL_LOCK_ATTR_RESERVED) && !number(field, SL_LOCK_ATTR_STAGE_EX);
}

static uint64_t start_of(const struct sl_lock_entry *field)
{
    return number(field, SL_LOCK_ATTR_OFFSET);
}

/* Inside its struct, as sl_lock_seal() saw to. */
static uint64_t end_of(const struct sl_abi_lock *lock, const struct sl_lock_entry *field)
{
    return start_of(field) + sl_lock_field_size(lock, field);
}

static uint64_t size_of(const struct sl_lock_entry *layout)
{
    return number(layout, SL_LOCK_ATTR_SIZE);
}

/* Fixed bytes that a reader needs. */
static uint64_t min_size_of(const struct sl_lock_entry *layout)
{
    uint64_t min = number(layout, SL_LOCK_ATTR_MIN_SIZE);
    return min ? min : size_of(layout);
}

/*
 * The next field of a struct that starts at its storage (not another name of one before), after the
 * entry with this index; NULL at the end.
 */
static const struct sl_lock_entry *next_field(const struct sl_abi_lock *lock, uint32_t parent,
                                              size_t after)
{
    for (size_t i = after + 1; i < lock->entry_count && lock->entries[i].parent == parent; i++) {
        const struct sl_lock_entry *field = &lock->entries[i];
        if (field->kind == SL_LOCK_FIELD && !sl_lock_text(field, SL_LOCK_ATTR_OVERLAPS)) {
            return field;
        }
    }
    return NULL;
}

#define EACH_FIELD(field, lock, parent)                                                            \
    for (const struct sl_lock_entry *field = next_field(lock, parent, parent); field;              \
         field = next_field(lock, parent, (size_t)(field - (lock)->entries)))

/* A field that meant something in these bytes, or NULL. */
static const struct sl_lock_entry *meaning_in(const struct sl_abi_lock *lock, uint32_t parent,
                                              uint64_t start, uint64_t end)
{
    EACH_FIELD(field, lock, parent) {
        if (start_of(field) < end && start < end_of(lock, field) && !is_reserved(field)) {
            return field;
        }
    }
    return NULL;
}

static const struct sl_lock_entry *field_named(const struct sl_abi_lock *lock, uint32_t parent,
                                               const char *name)
{
    return sl_abi_lock_find(lock, SL_LOCK_FIELD, parent, name);
}

static bool same_storage(const struct sl_lock_entry *a, const struct sl_lock_entry *b)
{
    return start_of(a) == start_of(b) &&
           number(a, SL_LOCK_ATTR_COUNT) == number(b, SL_LOCK_ATTR_COUNT) &&
           strcmp(sl_lock_text(a, SL_LOCK_ATTR_TYPE), sl_lock_text(b, SL_LOCK_ATTR_TYPE)) == 0;
}

/* The field of the old struct that a new one is another name of, its own name being gone. */
static const struct sl_lock_entry *former_of(const struct pair *p, const struct sl_lock_entry *new)
{
    EACH_FIELD(old, p->c->old, p->old_index) {
        if (p->c->gone[old - p->c->old->entries] && same_storage(old, new) && !is_reserved(old)) {
            return old;
        }
    }
    return NULL;
}

/* ---- Growth ---- */

/* True if the struct stands in a table whose header says how far apart its entries are. */
static bool is_strided(const struct sl_abi_lock *lock, const char *name)
{
    for (size_t i = 0; i < lock->entry_count; i++) {
        const struct sl_lock_entry *t = &lock->entries[i];
        if (t->kind == SL_LOCK_TRAILING && sl_lock_text(t, SL_LOCK_ATTR_STRIDE_FIELD) &&
            strcmp(sl_lock_text(t, SL_LOCK_ATTR_TYPE), name) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * A reader of the old version must already be able to tell the size: by the header of packets and
 * escapes, by the stride of a table, or by a field of the struct's own.
 */
static bool tells_its_size(const struct pair *p)
{
    const char *kind = sl_lock_text(p->old, SL_LOCK_ATTR_STRUCT_KIND);
    return (kind && (strcmp(kind, "packet") == 0 || strcmp(kind, "escape") == 0)) ||
           sl_lock_text(p->old, SL_LOCK_ATTR_SIZED_BY) || is_strided(p->c->old, p->old->name);
}

static bool has_trailing(const struct sl_abi_lock *lock, uint32_t parent)
{
    for (size_t i = (size_t)parent + 1; i < lock->entry_count && lock->entries[i].parent == parent;
         i++) {
        if (lock->entries[i].kind == SL_LOCK_TRAILING) {
            return true;
        }
    }
    return false;
}

/* Fields behind the old end, all bytes of it, are absent in what is shorter, and say so. */
static const char *field_growth_problem(const struct pair *p, char *out, size_t size)
{
    uint64_t told = 0; /* bytes behind the old end that are in a field */
    EACH_FIELD(field, p->c->new, p->new_index) {
        uint64_t end = end_of(p->c->new, field);
        if (end <= size_of(p->old)) {
            continue;
        }
        char since[128];
        sl_lock_since_problem(p->c, number(field, SL_LOCK_ATTR_SINCE), since, sizeof(since));
        if (number(field, SL_LOCK_ATTR_PRESENT) < end) {
            snprintf(out, size, "%s does not say that shorter ones lack it", field->name);
            return out;
        }
        if (since[0]) {
            snprintf(out, size, "%s is %s", field->name, since);
            return out;
        }
        told += end - (start_of(field) > size_of(p->old) ? start_of(field) : size_of(p->old));
    }
    return told < size_of(p->new) - size_of(p->old) ? "not all new bytes are in a field" : NULL;
}

/* Why the struct must not grow as it did; NULL if it may. */
static const char *growth_problem(const struct pair *p, char *out, size_t size)
{
    if (!tells_its_size(p)) {
        return "nothing tells a reader how long it is";
    }
    if (has_trailing(p->c->old, p->old_index)) {
        return "what follows it moves";
    }
    if (min_size_of(p->new) > min_size_of(p->old)) {
        snprintf(out, size, "%" PRIu64 " bytes were enough, %" PRIu64 " are needed",
                 min_size_of(p->old), min_size_of(p->new));
        return out;
    }
    return field_growth_problem(p, out, size);
}

static void compare_sizes(const struct pair *p)
{
    uint64_t was = size_of(p->old);
    uint64_t is = size_of(p->new);
    uint64_t min_was = min_size_of(p->old);
    uint64_t min_is = min_size_of(p->new);
    if (is > was) {
        char buffer[256];
        const char *problem = growth_problem(p, buffer, sizeof(buffer));
        sl_lock_report(p->c, problem ? SL_LOCK_CHANGE_GROWN_UNGUARDED : SL_LOCK_CHANGE_GROWN,
                       p->c->new, p->new, "size was %" PRIu64 ", is %" PRIu64 "%s%s", was, is,
                       problem ? ": " : "", problem ? problem : "");
    } else if (is < was) {
        sl_lock_report(p->c, SL_LOCK_CHANGE_SHRUNK, p->c->new, p->new,
                       "size was %" PRIu64 ", is %" PRIu64, was, is);
        return;
    }
    if (min_is > min_was && is == was) {
        sl_lock_report(p->c, SL_LOCK_CHANGE_NARROWED, p->c->new, p->new,
                       "min_size was %" PRIu64 ", is %" PRIu64, min_was, min_is);
    } else if (min_is < min_was) {
        char what[96];
        snprintf(what, sizeof(what), "min_size was %" PRIu64 ", is %" PRIu64, min_was, min_is);
        sl_lock_report_widened(p->c, p->new, what);
    }
}

/* ---- Fields ---- */

/* Reserved bytes mean something now; the field says since when. */
static void report_meaning(const struct pair *p, const struct sl_lock_entry *field)
{
    sl_lock_report_since(p->c, SL_LOCK_CHANGE_RESERVED_USED, SL_LOCK_CHANGE_RESERVED_UNGUARDED,
                         field, "reserved bytes have a meaning");
}

/* A name that the old struct has not got, or had for reserved bytes. */
static void add_field(const struct pair *p, const struct sl_lock_entry *field)
{
    struct sl_lock_comparison *c = p->c;
    uint64_t start = start_of(field);
    uint64_t end = end_of(c->new, field);
    const struct sl_lock_entry *former = former_of(p, field);
    if (former) {
        c->gone[former - c->old->entries] = false;
        sl_lock_report(c, SL_LOCK_CHANGE_RENAMED, c->new, field, "was called %s, which is gone",
                       former->name);
        return;
    }
    if (start >= size_of(p->old)) {
        return; /* told with the struct's size */
    }
    const struct sl_lock_entry *meant = meaning_in(c->old, p->old_index, start, end);
    if (meant) {
        const struct sl_lock_entry *kept = field_named(c->new, p->new_index, meant->name);
        if (kept && sl_lock_text(kept, SL_LOCK_ATTR_OVERLAPS)) {
            sl_lock_report(c, SL_LOCK_CHANGE_ALIAS, c->new, field, "added, another name of %s",
                           meant->name);
        } else {
            sl_lock_report(c, SL_LOCK_CHANGE_REUSED, c->new, field,
                           "offset %" PRIu64 " to %" PRIu64 " meant %s", start, end, meant->name);
        }
        return;
    }
    report_meaning(p, field);
}

/* A reserved name that the old struct has not got. */
static void add_reserved(const struct pair *p, const struct sl_lock_entry *field)
{
    uint64_t end = end_of(p->c->new, field);
    if (end <= size_of(p->old) && !meaning_in(p->c->old, p->old_index, start_of(field), end)) {
        sl_lock_report(p->c, SL_LOCK_CHANGE_RESERVED_RENAMED, p->c->new, field,
                       "reserved bytes have this name");
    }
}

/* Both structs have the name, and for the same kind of thing. */
static void compare_fields(const struct pair *p, const struct sl_lock_entry *old,
                           const struct sl_lock_entry *new)
{
    const enum sl_lock_attribute since = SL_LOCK_ATTR_SINCE;
    uint64_t skip = 0;
    if (number(old, since) == number(p->old, since) &&
        number(new, since) == number(p->new, since)) {
        skip = sl_lock_cell_bit(SL_LOCK_FIELD, since); /* told with the struct */
    }
    if (is_reserved(old) && is_reserved(new)) {
        skip = ~sl_lock_cell_bit(SL_LOCK_FIELD, SL_LOCK_ATTR_DOC);
    } else if (is_reserved(old)) {
        report_meaning(p, new);
        return;
    } else if (is_reserved(new)) {
        sl_lock_report(p->c, SL_LOCK_CHANGE_DROPPED, p->c->new, new, "is reserved");
        return;
    }
    sl_lock_compare_cells(p->c, old, new, skip);
    if (number(old, SL_LOCK_ATTR_STAGE_EX) != number(new, SL_LOCK_ATTR_STAGE_EX)) {
        sl_lock_report(p->c, SL_LOCK_CHANGE_CHANGED, p->c->new, new, "stage_ex was %s, is %s",
                       number(old, SL_LOCK_ATTR_STAGE_EX) ? "true" : "false",
                       number(new, SL_LOCK_ATTR_STAGE_EX) ? "true" : "false");
    }
}

/* Another name of a field before it. */
static void compare_second_name(const struct pair *p, const struct sl_lock_entry *new)
{
    const struct sl_lock_entry *old = field_named(p->c->old, p->old_index, new->name);
    if (old) {
        compare_fields(p, old, new);
    } else {
        sl_lock_report(p->c, SL_LOCK_CHANGE_ALIAS, p->c->new, new, "added, another name of %s",
                       sl_lock_text(new, SL_LOCK_ATTR_OVERLAPS));
    }
}

static void compare_new_field(const struct pair *p, const struct sl_lock_entry *new)
{
    const struct sl_lock_entry *old = field_named(p->c->old, p->old_index, new->name);
    if (sl_lock_text(new, SL_LOCK_ATTR_OVERLAPS)) {
        compare_second_name(p, new);
    } else if (old) {
        compare_fields(p, old, new);
    } else if (is_reserved(new)) {
        add_reserved(p, new);
    } else {
        add_field(p, new);
    }
}

/* The name is gone. Reserved bytes are told where something lies in them now. */
static void remove_field(const struct pair *p, const struct sl_lock_entry *old)
{
    if (is_reserved(old)) {
        return;
    }
    uint64_t start = start_of(old);
    const struct sl_lock_entry *there =
        meaning_in(p->c->new, p->new_index, start, end_of(p->c->old, old));
    if (there && !field_named(p->c->old, p->old_index, there->name)) {
        return; /* told with what took its place */
    }
    bool idle = !there && start < size_of(p->new);
    sl_lock_report(p->c, idle ? SL_LOCK_CHANGE_DROPPED : SL_LOCK_CHANGE_REMOVED, p->c->old, old,
                   idle ? "gone, its bytes are reserved" : "removed");
}

/* ---- The variable part ---- */

/*
 * Bytes behind a packet were ignored. They may get a meaning if a count says how many there are
 * that older packets have not got, or have as zero.
 */
static void add_trailing(const struct pair *p, const struct sl_lock_entry *trailing)
{
    const char *name = sl_lock_text(trailing, SL_LOCK_ATTR_COUNT_FIELD);
    const struct sl_lock_entry *count = name ? field_named(p->c->new, p->new_index, name) : NULL;
    const struct sl_lock_entry *before = name ? field_named(p->c->old, p->old_index, name) : NULL;
    if (!count || (before && !is_reserved(before))) {
        sl_lock_report(p->c, SL_LOCK_CHANGE_UNGUARDED, p->c->new, trailing,
                       "added, and packets of before may seem to have it");
        return;
    }
    char problem[128];
    sl_lock_since_problem(p->c, number(count, SL_LOCK_ATTR_SINCE), problem, sizeof(problem));
    sl_lock_report(p->c, problem[0] ? SL_LOCK_CHANGE_UNGUARDED : SL_LOCK_CHANGE_ADDED, p->c->new,
                   trailing, "added, counted by %s%s%s", count->name, problem[0] ? ", " : "",
                   problem);
}

static void compare_trailing(const struct pair *p, const struct sl_lock_entry *new)
{
    const struct sl_lock_entry *old =
        sl_abi_lock_find(p->c->old, SL_LOCK_TRAILING, p->old_index, new->name);
    if (old) {
        sl_lock_compare_cells(p->c, old, new, 0);
    } else {
        add_trailing(p, new);
    }
}

static void remove_child(const struct pair *p, const struct sl_lock_entry *old)
{
    if (!p->c->gone[old - p->c->old->entries]) {
        return;
    }
    if (old->kind == SL_LOCK_FIELD && !sl_lock_text(old, SL_LOCK_ATTR_OVERLAPS)) {
        remove_field(p, old);
    } else {
        sl_lock_report(p->c, SL_LOCK_CHANGE_REMOVED, p->c->old, old, "removed");
    }
}

/* Marks what the new struct does not have under its name. */
static void mark_gone(const struct pair *p)
{
    const struct sl_abi_lock *old = p->c->old;
    for (size_t i = (size_t)p->old_index + 1;
         i < old->entry_count && old->entries[i].parent == p->old_index; i++) {
        p->c->gone[i] =
            !sl_abi_lock_find(p->c->new, old->entries[i].kind, p->new_index, old->entries[i].name);
    }
}

void sl_lock_compare_structs(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                             const struct sl_lock_entry *new)
{
    const struct pair p = {
        .c = c,
        .old = old,
        .new = new,
        .old_index = (uint32_t)(old - c->old->entries),
        .new_index = (uint32_t)(new - c->new->entries),
    };
    sl_lock_compare_cells(c, old, new, 0);
    compare_sizes(&p);
    mark_gone(&p);
    for (size_t i = (size_t)p.new_index + 1;
         i < c->new->entry_count && c->new->entries[i].parent == p.new_index; i++) {
        const struct sl_lock_entry *child = &c->new->entries[i];
        if (child->kind == SL_LOCK_FIELD) {
            compare_new_field(&p, child);
        } else {
            compare_trailing(&p, child);
        }
    }
    for (size_t i = (size_t)p.old_index + 1;
         i < c->old->entry_count && c->old->entries[i].parent == p.old_index; i++) {
        remove_child(&p, &c->old->entries[i]);
    }
}
