/* Changes as data and as text. */
#include "base/array.h"
#include "lock/lock_compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum sl_lock_class class;
    const char *sentence;
} changes[SL_LOCK_CHANGE_COUNT] = {
#define SL_LOCK_CHANGE(identifier, word, class, sentence)                                          \
    [SL_LOCK_CHANGE_##identifier] = {word, SL_LOCK_##class, sentence},
#include "lock/lock_changes.def"
#undef SL_LOCK_CHANGE
};

const char *sl_lock_class_name(enum sl_lock_class class)
{
    static const char *const names[] = {"none", "patch", "minor", "major"};
    return names[class];
}

enum sl_lock_class sl_lock_change_class(enum sl_lock_change_id id)
{
    return changes[id].class;
}

const char *sl_lock_change_word(enum sl_lock_change_id id)
{
    return changes[id].word;
}

const char *sl_lock_change_sentence(enum sl_lock_change_id id)
{
    return changes[id].sentence;
}

void sl_lock_diff_finish(struct sl_lock_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        free(diff->changes[i].name);
        free(diff->changes[i].text);
    }
    free(diff->changes);
    *diff = (struct sl_lock_diff){0};
}

enum sl_lock_class sl_lock_diff_class(const struct sl_lock_diff *diff)
{
    enum sl_lock_class class = SL_LOCK_MAJOR;
    while (class > SL_LOCK_NONE && diff->per_class[class] == 0) {
        class --;
    }
    return class;
}

static bool grow(struct sl_lock_diff *diff)
{
    struct sl_lock_change *grown =
        sl_array_grow(diff->changes, &diff->capacity, diff->count, sizeof(*grown));
    diff->changes = grown ? grown : diff->changes;
    return grown != NULL;
}

/* Fields are called after their struct, too; the names of everything else are unique. */
static void full_name(struct sl_buf *out, const struct sl_abi_lock *lock,
                      const struct sl_lock_entry *entry)
{
    if (!entry) {
        sl_buf_text(out, lock->name);
        return;
    }
    if (entry->kind == SL_LOCK_FIELD || entry->kind == SL_LOCK_TRAILING) {
        sl_buf_printf(out, "%s.", lock->entries[entry->parent].name);
    }
    sl_buf_text(out, entry->name);
}

void sl_lock_report(struct sl_lock_comparison *c, enum sl_lock_change_id id,
                    const struct sl_abi_lock *lock, const struct sl_lock_entry *entry,
                    const char *format, ...)
{
    struct sl_buf name = {0};
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    full_name(&name, lock, entry);
    const char *called = sl_buf_cstr(&name);
    if (c->failed || !called || !grow(c->diff)) {
        c->failed = true;
        sl_buf_finish(&name);
        return;
    }
    struct sl_lock_change *change = &c->diff->changes[c->diff->count++];
    *change = (struct sl_lock_change){
        .id = id,
        .kind = entry ? sl_lock_kinds[entry->kind].noun : "abi",
        .name = strdup(called),
        .text = strdup(text),
    };
    c->failed = !change->name || !change->text;
    c->diff->per_class[changes[id].class]++;
    sl_buf_finish(&name);
}

bool sl_lock_version_moved(const struct sl_lock_comparison *c)
{
    return c->new->version > c->old->version;
}

const char *sl_lock_since_problem(const struct sl_lock_comparison *c, uint64_t since, char *out,
                                  size_t size)
{
    out[0] = '\0';
    if (since > c->new->version) {
        snprintf(out, size,
                 "since %" PRIu64 ".%" PRIu64 ", but the version is %" PRIu32 ".%" PRIu32,
                 since >> 16, since & 0xFFFF, c->new->version >> 16, c->new->version & 0xFFFF);
    } else if (since <= c->old->version) {
        snprintf(out, size,
                 "since %" PRIu64 ".%" PRIu64 ", but %" PRIu32 ".%" PRIu32 " does not have it",
                 since >> 16, since & 0xFFFF, c->old->version >> 16, c->old->version & 0xFFFF);
    }
    return out;
}

void sl_lock_report_since(struct sl_lock_comparison *c, enum sl_lock_change_id good,
                          enum sl_lock_change_id bad, const struct sl_lock_entry *entry,
                          const char *about)
{
    char problem[128];
    uint64_t since = sl_lock_number(entry, SL_LOCK_ATTR_SINCE);
    sl_lock_since_problem(c, since, problem, sizeof(problem));
    if (!problem[0]) {
        sl_lock_report(c, good, c->new, entry, "%s, since %" PRIu64 ".%" PRIu64, about, since >> 16,
                       since & 0xFFFF);
        return;
    }
    bool behind = since > c->new->version &&bad == SL_LOCK_CHANGE_UNGUARDED;
    sl_lock_report(c, behind ? SL_LOCK_CHANGE_VERSION_BEHIND : bad, c->new, entry, "%s, %s", about,
                   problem);
}

void sl_lock_report_widened(struct sl_lock_comparison *c, const struct sl_lock_entry *entry,
                            const char *what)
{
    if (sl_lock_version_moved(c)) {
        sl_lock_report(c, SL_LOCK_CHANGE_WIDENED, c->new, entry, "%s", what);
    } else {
        sl_lock_report(c, SL_LOCK_CHANGE_UNGUARDED, c->new, entry,
                       "%s, but the version is still %" PRIu32 ".%" PRIu32, what,
                       c->new->version >> 16, c->new->version & 0xFFFF);
    }
}

void sl_lock_print_change(struct sl_buf *out, const struct sl_lock_change *change)
{
    sl_buf_printf(out, "%s: %s %s: %s [%s]", sl_lock_class_name(changes[change->id].class),
                  change->kind, change->name, change->text, changes[change->id].word);
}

void sl_lock_print_summary(struct sl_buf *out, const struct sl_lock_diff *diff,
                           const struct sl_abi_lock *old, const struct sl_abi_lock *new)
{
    sl_buf_printf(out, "%s %" PRIu32 ".%" PRIu32, new->name, old->version >> 16,
                  old->version & 0xFFFF);
    if (old->version != new->version) {
        sl_buf_printf(out, " -> %" PRIu32 ".%" PRIu32, new->version >> 16, new->version & 0xFFFF);
    }
    if (diff->count == 0) {
        sl_buf_text(out, ": none");
        return;
    }
    sl_buf_printf(out, ": %s (%zu major, %zu minor, %zu patch)",
                  sl_lock_class_name(sl_lock_diff_class(diff)), diff->per_class[SL_LOCK_MAJOR],
                  diff->per_class[SL_LOCK_MINOR], diff->per_class[SL_LOCK_PATCH]);
}
