/*
 * Locks as text. Everything that stands alone has two lines, its numbers and its sentence, so that
 * a change of either is one line of a line-by-line comparison.
 */
#include "lock/lock_schema.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

static bool is_plain(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return text[0] && strchr(letters, text[0]) && text[strspn(text, others)] == '\0';
}

static uint32_t decode(const uint8_t *p, size_t length)
{
    static const uint8_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = p[0] & masks[length];
    for (size_t i = 1; i < length; i++) {
        point = point << 6 | (p[i] & 0x3Fu);
    }
    return point;
}

/* What YAML takes for a break or refuses outside of an escape. */
static bool is_special(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0xA0) || point == 0x2028 || point == 0x2029 ||
           point == 0xFEFF || (point & 0xFFFE) == 0xFFFE;
}

/* One character of a text in quotes; returns its bytes. */
static size_t write_character(struct sl_buf *out, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t length = sl_utf8_length(p, strlen(text));
    uint32_t point = length ? decode(p, length) : p[0];
    if (*text == '"' || *text == '\\') {
        sl_buf_printf(out, "\\%c", *text);
    } else if (length == 0 || is_special(point)) {
        sl_buf_printf(out, "\\U%08" PRIX32, point);
    } else {
        sl_buf_append(out, text, length);
    }
    return length ? length : 1;
}

/* Names stand as they are; everything that YAML could take for something else gets quotes. */
static void write_text(struct sl_buf *out, const char *text)
{
    if (is_plain(text)) {
        sl_buf_text(out, text);
        return;
    }
    sl_buf_u8(out, '"');
    while (*text) {
        text += write_character(out, text);
    }
    sl_buf_u8(out, '"');
}

/* Left out: what a reader assumes without the key. */
static bool is_said(const struct sl_abi_lock *lock, const struct sl_lock_entry *entry, size_t cell)
{
    const struct sl_lock_column *column = &sl_lock_kinds[entry->kind].columns[cell];
    if (sl_lock_is_text(column->attribute)) {
        return entry->cells[cell].text != NULL;
    }
    if (column->attribute == SL_LOCK_ATTR_SINCE && entry->parent != SL_LOCK_NO_PARENT) {
        return entry->cells[cell].number !=
               sl_lock_number(&lock->entries[entry->parent], SL_LOCK_ATTR_SINCE);
    }
    return column->needed || entry->cells[cell].number != column->absent;
}

static void write_cell(struct sl_buf *out, const struct sl_lock_column *column,
                       const union sl_lock_cell *cell)
{
    enum sl_lock_form form = sl_lock_form_of(column->attribute);
    sl_buf_printf(out, "%s: ", sl_lock_key(column->attribute));
    if (sl_lock_is_text(column->attribute)) {
        write_text(out, cell->text);
        return;
    }
    const char *quote = form == SL_LOCK_FORM_VERSION ? "\"" : "";
    sl_buf_text(out, quote);
    sl_lock_print_cell(out, column, cell);
    sl_buf_text(out, quote);
}

/* One key after the other: between braces, or each on a line of its own. */
static void write_keys(struct sl_buf *out, const struct sl_abi_lock *lock,
                       const struct sl_lock_entry *entry, const char *between, const char *doc)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[entry->kind];
    sl_buf_text(out, "name: ");
    write_text(out, entry->name);
    for (size_t i = 0; i < info->column_count; i++) {
        if (is_said(lock, entry, i)) {
            sl_buf_text(out, info->columns[i].attribute == SL_LOCK_ATTR_DOC ? doc : between);
            write_cell(out, &info->columns[i], &entry->cells[i]);
        }
    }
}

static bool has_children(enum sl_lock_kind kind)
{
    return kind == SL_LOCK_ENUM || kind == SL_LOCK_STRUCT;
}

/* What stands in an entry, kind by kind. */
static void write_children(struct sl_buf *out, const struct sl_abi_lock *lock, size_t parent)
{
    enum sl_lock_kind open = SL_LOCK_KIND_COUNT;
    for (size_t i = parent + 1; i < lock->entry_count && lock->entries[i].parent == parent; i++) {
        const struct sl_lock_entry *child = &lock->entries[i];
        if (child->kind != open) {
            open = child->kind;
            sl_buf_printf(out, "    %s:\n", sl_lock_kinds[open].key);
        }
        sl_buf_text(out, "      - {");
        write_keys(out, lock, child, ", ", ",\n         ");
        sl_buf_text(out, "}\n");
    }
}

void sl_abi_lock_write_entry(struct sl_buf *out, const struct sl_abi_lock *lock, size_t index)
{
    const struct sl_lock_entry *entry = &lock->entries[index];
    if (has_children(entry->kind)) {
        sl_buf_text(out, "  - ");
        write_keys(out, lock, entry, "\n    ", "\n    ");
        sl_buf_u8(out, '\n');
        write_children(out, lock, index);
    } else {
        sl_buf_text(out, "  - {");
        write_keys(out, lock, entry, ", ", ",\n     ");
        sl_buf_text(out, "}\n");
    }
}

static void write_kind(struct sl_buf *out, const struct sl_abi_lock *lock, enum sl_lock_kind kind)
{
    bool open = false;
    for (size_t i = 0; i < lock->entry_count; i++) {
        if (lock->entries[i].kind != kind) {
            continue;
        }
        if (!open) {
            sl_buf_printf(out, "\n%s:\n", sl_lock_kinds[kind].key);
            open = true;
        }
        sl_abi_lock_write_entry(out, lock, i);
    }
}

void sl_abi_lock_write(struct sl_buf *out, const struct sl_abi_lock *lock)
{
    sl_buf_printf(out,
                  "# The ABI %s %" PRIu32 ".%" PRIu32 ". Written by 'scanlock abi lock'; do not "
                  "edit.\n# docs/abi-lock.md explains the keys and what may change.\n"
                  "scanlock-abi-lock: 1\nabi: ",
                  lock->name, lock->version >> 16, lock->version & 0xFFFF);
    write_text(out, lock->name);
    sl_buf_printf(out, "\nversion: \"%" PRIu32 ".%" PRIu32 "\"\n", lock->version >> 16,
                  lock->version & 0xFFFF);
    if (lock->doc) {
        sl_buf_text(out, "doc: ");
        write_text(out, lock->doc);
        sl_buf_u8(out, '\n');
    }
    for (size_t kind = 0; kind < SL_LOCK_KIND_COUNT; kind++) {
        if (!sl_lock_kinds[kind].is_nested) {
            write_kind(out, lock, (enum sl_lock_kind)kind);
        }
    }
}
