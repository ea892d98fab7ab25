/*
 * Walks two locks side by side: entries that both have are compared attribute by attribute, the
 * others are additions, removals, or both under another name. docs/abi-lock.md gives the rules.
 */
#include "lock/lock_compare.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t sl_lock_cell_bit(enum sl_lock_kind kind, enum sl_lock_attribute attribute)
{
    size_t cell = sl_lock_cell_of(kind, attribute);
    return cell < sl_lock_kinds[kind].column_count ? UINT64_C(1) << cell : 0;
}

/* "access was RW, is RO"; sentences are too long for a line. */
static void describe(struct sl_buf *out, const struct sl_lock_column *column,
                     const union sl_lock_cell *old, const union sl_lock_cell *new)
{
    if (column->attribute == SL_LOCK_ATTR_DOC) {
        sl_buf_text(out, "the description reads differently");
        return;
    }
    sl_buf_printf(out, "%s was ", sl_lock_key(column->attribute));
    sl_lock_print_cell(out, column, old);
    sl_buf_text(out, ", is ");
    sl_lock_print_cell(out, column, new);
}

/* True if the new value asks less of the other side than the old one. */
static bool is_wider(enum sl_lock_rule rule, const union sl_lock_cell *old,
                     const union sl_lock_cell *new)
{
    switch (rule) {
    case SL_LOCK_UP:
        return new->number > old->number;
    case SL_LOCK_DOWN:
        return new->number < old->number;
    case SL_LOCK_DROP:
        return !new->text;
    case SL_LOCK_SAY:
    case SL_LOCK_IS:
    case SL_LOCK_ELSEWHERE:
        break;
    }
    return false;
}

static void compare_cell(struct sl_lock_comparison *c, const struct sl_lock_column *column,
                         const struct sl_lock_entry *entry, const union sl_lock_cell *old,
                         const union sl_lock_cell *new)
{
    struct sl_buf text = {0};
    describe(&text, column, old, new);
    const char *what = sl_buf_cstr(&text);
    if (!what) {
        c->failed = true;
    } else if (is_wider(column->rule, old, new)) {
        sl_lock_report_widened(c, entry, what);
    } else {
        enum sl_lock_change_id id = column->change;
        if (column->rule == SL_LOCK_SAY && old->text) {
            id = SL_LOCK_CHANGE_CHANGED;
        } else if (column->rule != SL_LOCK_SAY && column->rule != SL_LOCK_IS) {
            id = SL_LOCK_CHANGE_NARROWED;
        }
        sl_lock_report(c, id, c->new, entry, "%s", what);
    }
    sl_buf_finish(&text);
}

void sl_lock_compare_cells(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                           const struct sl_lock_entry *new, uint64_t skip)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[new->kind];
    for (size_t i = 0; i < info->column_count; i++) {
        if (!(skip & UINT64_C(1) << i) && info->columns[i].rule != SL_LOCK_ELSEWHERE &&
            !sl_lock_same_cell(&info->columns[i], &old->cells[i], &new->cells[i])) {
            compare_cell(c, &info->columns[i], new, &old->cells[i], &new->cells[i]);
        }
    }
}

/* The version of the enum or struct is theirs, too; it is told once. */
static uint64_t inherited_since(const struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                                const struct sl_lock_entry *new)
{
    const enum sl_lock_attribute since = SL_LOCK_ATTR_SINCE;
    uint64_t bit = sl_lock_cell_bit(new->kind, since);
    if (new->parent == SL_LOCK_NO_PARENT || !bit) {
        return 0;
    }
    bool both =
        sl_lock_number(old, since) == sl_lock_number(&c->old->entries[old->parent], since) &&
        sl_lock_number(new, since) == sl_lock_number(&c->new->entries[new->parent], since);
    return both ? bit : 0;
}

/* ---- Numbers that change with others ---- */

static bool both_state(const struct sl_lock_entry *old, const struct sl_lock_entry *new)
{
    uint64_t states = sl_lock_number(new, SL_LOCK_ATTR_STATES);
    return states != SL_ABI_STATES_NOTHING && states == sl_lock_number(old, SL_LOCK_ATTR_STATES);
}

static void compare_constants(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                              const struct sl_lock_entry *new)
{
    uint64_t was = sl_lock_number(old, SL_LOCK_ATTR_VALUE);
    uint64_t is = sl_lock_number(new, SL_LOCK_ATTR_VALUE);
    if (was != is && !both_state(old, new)) {
        sl_lock_report(c, SL_LOCK_CHANGE_RENUMBERED, c->new, new,
                       "value was 0x%" PRIX64 ", is 0x%" PRIX64, was, is);
    }
}

/* The bits of features that only the new lock has. */
static uint64_t new_features(const struct sl_lock_comparison *c)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < c->new->entry_count; i++) {
        const struct sl_lock_entry *f = &c->new->entries[i];
        uint64_t bit = f->kind == SL_LOCK_FEATURE ? sl_lock_number(f, SL_LOCK_ATTR_BIT) : 64;
        if (bit < 64 && !sl_abi_lock_find(c->old, SL_LOCK_FEATURE, SL_LOCK_NO_PARENT, f->name)) {
            mask |= UINT64_C(1) << bit;
        }
    }
    return mask;
}

/* A register that shows the features shows a new one, too. */
static bool shows_new_features(const struct sl_lock_comparison *c, const struct sl_lock_entry *reg,
                               uint64_t was, uint64_t is)
{
    const char *names = sl_lock_text(reg, SL_LOCK_ATTR_ENUM);
    const struct sl_lock_entry *e =
        names ? sl_abi_lock_find(c->new, SL_LOCK_ENUM, SL_LOCK_NO_PARENT, names) : NULL;
    return e && sl_lock_number(e, SL_LOCK_ATTR_FROM) == SL_ABI_FROM_FEATURES && (was & ~is) == 0 &&
           ((is & ~was) & ~new_features(c)) == 0;
}

static void compare_registers(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                              const struct sl_lock_entry *new)
{
    uint64_t was = sl_lock_number(old, SL_LOCK_ATTR_RESET);
    uint64_t is = sl_lock_number(new, SL_LOCK_ATTR_RESET);
    if (was != is && !both_state(old, new) && !shows_new_features(c, new, was, is)) {
        sl_lock_report(c, SL_LOCK_CHANGE_CHANGED, c->new, new,
                       "reset was 0x%" PRIX64 ", is 0x%" PRIX64, was, is);
    }
}

/* ---- Additions ---- */

/* The value of an enum that has this name, wherever it stands. */
static bool has_value(const struct sl_abi_lock *lock, const char *name)
{
    for (size_t i = 0; i < lock->entry_count; i++) {
        if (lock->entries[i].kind == SL_LOCK_VALUE && strcmp(lock->entries[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A format comes with its value, of which the value's line tells; an old value must not get one. */
static void add_format(struct sl_lock_comparison *c, const struct sl_lock_entry *format)
{
    if (!has_value(c->new, format->name) || has_value(c->old, format->name)) {
        sl_lock_report(c, SL_LOCK_CHANGE_UNGUARDED, c->new, format,
                       "a value that had no layout has one");
    }
}

/* A rule for streams of a new version changes nothing for those that there are. */
static void add_stage_rule(struct sl_lock_comparison *c, const struct sl_lock_entry *rule)
{
    char problem[128];
    uint64_t minor = sl_lock_number(rule, SL_LOCK_ATTR_MIN_STREAM_MINOR);
    uint64_t since = (c->new->version & 0xFFFF0000u) | (minor & 0xFFFF);
    sl_lock_since_problem(c, since, problem, sizeof(problem));
    sl_lock_report(c, problem[0] ? SL_LOCK_CHANGE_UNGUARDED : SL_LOCK_CHANGE_ADDED, c->new, rule,
                   problem[0] ? "added for streams of old versions" : "added");
}

static void add_by_policy(struct sl_lock_comparison *c, const struct sl_lock_entry *entry)
{
    switch (sl_lock_kinds[entry->kind].addition) {
    case SL_LOCK_ADD_SINCE:
        sl_lock_report_since(c, SL_LOCK_CHANGE_ADDED, SL_LOCK_CHANGE_UNGUARDED, entry, "added");
        break;
    case SL_LOCK_ADD_VERSION:
        if (sl_lock_version_moved(c)) {
            sl_lock_report(c, SL_LOCK_CHANGE_ADDED, c->new, entry, "added");
        } else {
            sl_lock_report(c, SL_LOCK_CHANGE_UNGUARDED, c->new, entry,
                           "added, but the version is still %" PRIu32 ".%" PRIu32,
                           c->new->version >> 16, c->new->version & 0xFFFF);
        }
        break;
    case SL_LOCK_ADD_BREAKS:
        sl_lock_report(c, SL_LOCK_CHANGE_UNGUARDED, c->new, entry,
                       "added; a guest meets it before it can read a version");
        break;
    case SL_LOCK_ADD_FREE:
        sl_lock_report(c, SL_LOCK_CHANGE_HELPER, c->new, entry, "added");
        break;
    case SL_LOCK_ADD_ELSEWHERE:
        if (entry->kind == SL_LOCK_FORMAT) {
            add_format(c, entry);
        } else if (entry->kind == SL_LOCK_STAGE_RULE) {
            add_stage_rule(c, entry);
        }
        break;
    case SL_LOCK_ADD_QUIET:
        break;
    }
}

/* The number as the kind writes it: "0x501", "bit 5". */
static void print_identity(struct sl_buf *out, const struct sl_lock_entry *entry)
{
    enum sl_lock_attribute attribute = sl_lock_kinds[entry->kind].identity;
    size_t cell = sl_lock_cell_of(entry->kind, attribute);
    sl_buf_printf(out, "%s ", sl_lock_key(attribute));
    sl_lock_print_cell(out, &sl_lock_kinds[entry->kind].columns[cell], &entry->cells[cell]);
}

static void report_reused(struct sl_lock_comparison *c, const struct sl_lock_entry *entry,
                          const struct sl_lock_entry *owner)
{
    enum sl_lock_attribute identity = sl_lock_kinds[entry->kind].identity;
    bool all = sl_lock_number(entry, identity) == sl_lock_number(owner, identity);
    struct sl_buf number = {0};
    print_identity(&number, entry);
    const char *text = sl_buf_cstr(&number);
    if (text) {
        sl_lock_report(c, SL_LOCK_CHANGE_REUSED, c->new, entry, "%s %s %s", text,
                       all ? "meant" : "takes from", owner->name);
    } else {
        c->failed = true;
    }
    sl_buf_finish(&number);
}

static void add_entry(struct sl_lock_comparison *c, size_t index, uint32_t old_parent)
{
    const struct sl_lock_entry *entry = &c->new->entries[index];
    if (sl_lock_kinds[entry->kind].addition == SL_LOCK_ADD_QUIET) {
        return;
    }
    const struct sl_lock_entry *alias = sl_lock_find_alias(c, entry, old_parent);
    if (alias) {
        sl_lock_report(c, SL_LOCK_CHANGE_ALIAS, c->new, entry, "added, another name of %s",
                       alias->name);
        return;
    }
    size_t former = sl_lock_find_former(c, index, old_parent);
    if (former < c->old->entry_count) {
        const struct sl_lock_entry *old = &c->old->entries[former];
        c->gone[former] = false;
        if (sl_lock_same_content(c, former, index)) {
            sl_lock_report(c, SL_LOCK_CHANGE_RENAMED, c->new, entry, "was called %s, which is gone",
                           old->name);
        } else {
            report_reused(c, entry, old);
        }
        return;
    }
    const struct sl_lock_entry *owner = sl_lock_find_owner(c, entry, old_parent);
    if (owner) {
        report_reused(c, entry, owner);
    } else {
        add_by_policy(c, entry);
    }
}

/* ---- The walk ---- */

static void compare_kind(struct sl_lock_comparison *c, enum sl_lock_kind kind, uint32_t old_parent,
                         uint32_t new_parent);

static void compare_entries(struct sl_lock_comparison *c, const struct sl_lock_entry *old,
                            const struct sl_lock_entry *new)
{
    if (new->kind == SL_LOCK_STRUCT) {
        sl_lock_compare_structs(c, old, new);
        return;
    }
    sl_lock_compare_cells(c, old, new, inherited_since(c, old, new));
    if (new->kind == SL_LOCK_CONSTANT) {
        compare_constants(c, old, new);
    } else if (new->kind == SL_LOCK_REGISTER) {
        compare_registers(c, old, new);
    } else if (new->kind == SL_LOCK_ENUM) {
        compare_kind(c, SL_LOCK_VALUE, (uint32_t)(old - c->old->entries),
                     (uint32_t)(new - c->new->entries));
    }
}

static void remove_entry(struct sl_lock_comparison *c, const struct sl_lock_entry *old)
{
    if (old->kind == SL_LOCK_VERSION) {
        sl_lock_report(c, SL_LOCK_CHANGE_DOC, c->old, old, "nothing is said about it any more");
    } else if (old->kind != SL_LOCK_FORMAT || has_value(c->new, old->name)) {
        sl_lock_report(c, SL_LOCK_CHANGE_REMOVED, c->old, old, "removed");
    }
}

/* Marks what the new lock does not have under its name. */
static void mark_gone(struct sl_lock_comparison *c, enum sl_lock_kind kind, uint32_t old_parent,
                      uint32_t new_parent)
{
    for (size_t i = sl_lock_first_of(old_parent); i < c->old->entry_count; i++) {
        const struct sl_lock_entry *old = &c->old->entries[i];
        if (sl_lock_is_past(old, old_parent)) {
            break;
        }
        c->gone[i] = old->kind == kind && old->parent == old_parent &&
                     !sl_abi_lock_find(c->new, kind, new_parent, old->name);
    }
}

static void compare_kind(struct sl_lock_comparison *c, enum sl_lock_kind kind, uint32_t old_parent,
                         uint32_t new_parent)
{
    mark_gone(c, kind, old_parent, new_parent);
    for (size_t i = sl_lock_first_of(new_parent); i < c->new->entry_count; i++) {
        const struct sl_lock_entry *new = &c->new->entries[i];
        if (sl_lock_is_past(new, new_parent)) {
            break;
        }
        if (new->kind != kind || new->parent != new_parent) {
            continue;
        }
        const struct sl_lock_entry *old = sl_abi_lock_find(c->old, kind, old_parent, new->name);
        if (old) {
            compare_entries(c, old, new);
        } else {
            add_entry(c, i, old_parent);
        }
    }
    for (size_t i = sl_lock_first_of(old_parent); i < c->old->entry_count; i++) {
        const struct sl_lock_entry *old = &c->old->entries[i];
        if (sl_lock_is_past(old, old_parent)) {
            break;
        }
        if (c->gone[i] && old->kind == kind && old->parent == old_parent) {
            remove_entry(c, old);
        }
    }
}

/* The first rule that matches decides, so rules that both have must not change places. */
static void compare_order(struct sl_lock_comparison *c)
{
    const struct sl_lock_entry *last = NULL;
    for (size_t i = 0; i < c->new->entry_count; i++) {
        const struct sl_lock_entry *rule = &c->new->entries[i];
        const struct sl_lock_entry *old =
            rule->kind == SL_LOCK_STAGE_RULE
                ? sl_abi_lock_find(c->old, SL_LOCK_STAGE_RULE, SL_LOCK_NO_PARENT, rule->name)
                : NULL;
        if (!old) {
            continue;
        }
        if (last && old < last) {
            sl_lock_report(c, SL_LOCK_CHANGE_ORDER, c->new, rule, "stood before '%s', comes after",
                           last->name);
        }
        last = old;
    }
}

static void compare_versions(struct sl_lock_comparison *c)
{
    const struct sl_abi_lock *old = c->old;
    const struct sl_abi_lock *new = c->new;
    if (old->version == new->version) {
        return;
    }
    enum sl_lock_change_id id = old->version >> 16 != new->version >> 16
                                    ? SL_LOCK_CHANGE_VERSION_MAJOR
                                : sl_lock_version_moved(c) ? SL_LOCK_CHANGE_VERSION
                                                           : SL_LOCK_CHANGE_VERSION_BACK;
    sl_lock_report(c, id, new, NULL, "version was %" PRIu32 ".%" PRIu32 ", is %" PRIu32 ".%" PRIu32,
                   old->version >> 16, old->version & 0xFFFF, new->version >> 16,
                   new->version & 0xFFFF);
}

static void compare_docs(struct sl_lock_comparison *c)
{
    const char *old = c->old->doc ? c->old->doc : "";
    const char *new = c->new->doc ? c->new->doc : "";
    if (strcmp(old, new) != 0) {
        sl_lock_report(c, SL_LOCK_CHANGE_DOC, c->new, NULL, "the description reads differently");
    }
}

enum sl_status sl_lock_compare(struct sl_lock_diff *diff, const struct sl_abi_lock *old,
                               const struct sl_abi_lock *new, struct sl_error *err)
{
    *diff = (struct sl_lock_diff){0};
    if (strcmp(old->name, new->name) != 0) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "%s is of the ABI %s, %s of %s", old->path,
                       old->name, new->path, new->name);
    }
    struct sl_lock_comparison c = {.old = old, .new = new, .diff = diff};
    c.gone = calloc(old->entry_count + 1, sizeof(*c.gone));
    if (!c.gone) {
        return sl_fail_memory(err, old->entry_count + 1);
    }
    compare_versions(&c);
    compare_docs(&c);
    for (size_t i = 0; i < SL_LOCK_KIND_COUNT; i++) {
        if (!sl_lock_kinds[i].is_nested) {
            compare_kind(&c, (enum sl_lock_kind)i, SL_LOCK_NO_PARENT, SL_LOCK_NO_PARENT);
        }
    }
    compare_order(&c);
    free(c.gone);
    return c.failed ? sl_fail_memory(err, 0) : SL_OK;
}
