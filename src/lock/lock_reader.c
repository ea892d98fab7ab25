/* Locks from files. docs/abi-lock.md describes them. */
#include "lock/lock_schema.h"

#include "base/file.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, FILE_MAX = 8 << 20 };

static const struct sl_yaml_kind lock_yaml = {
    .syntax = SL_RULE_LOCK_YAML,
    .key = SL_RULE_LOCK_KEY,
    .value = SL_RULE_LOCK_VALUE,
    .nodes_max = 1u << 16,
};

/* Decimal, or hexadecimal with 0x in front. */
static bool parse_number(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && text[1] == 'x';
    const char *digits = text + (hex ? 2 : 0);
    const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    if (!*digits || digits[strspn(digits, allowed)] != '\0') {
        return false;
    }
    errno = 0;
    *out = strtoull(digits, NULL, hex ? 16 : 10);
    return errno == 0;
}

static bool parse_version(const char *text, uint64_t *out)
{
    char major[8];
    size_t length = strcspn(text, ".");
    uint64_t high;
    uint64_t low;
    if (text[length] != '.' || length >= sizeof(major)) {
        return false;
    }
    memcpy(major, text, length);
    major[length] = '\0';
    if (strchr(text, 'x') || !parse_number(major, &high) ||
        !parse_number(text + length + 1, &low) || high > 0xFFFF || low > 0xFFFF) {
        return false;
    }
    *out = high << 16 | low;
    return true;
}

static bool parse_word(const char *text, const char *const *words, uint64_t *out)
{
    for (uint64_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool parse_cell(const struct sl_lock_column *column, const char *text, uint64_t *out)
{
    static const char *const flags[] = {"false", "true", NULL};
    switch (sl_lock_form_of(column->attribute)) {
    case SL_LOCK_FORM_DECIMAL:
    case SL_LOCK_FORM_HEX:
        return parse_number(text, out);
    case SL_LOCK_FORM_FLAG:
        return parse_word(text, flags, out);
    case SL_LOCK_FORM_WORD:
        return parse_word(text, column->words, out);
    case SL_LOCK_FORM_VERSION:
        return parse_version(text, out);
    case SL_LOCK_FORM_TEXT:
    case SL_LOCK_FORM_ENUM:
    case SL_LOCK_FORM_STRUCT:
    case SL_LOCK_FORM_FEATURE:
    case SL_LOCK_FORM_TYPE:
        break;
    }
    return false;
}

static const char *wanted(enum sl_lock_form form)
{
    static const char *const texts[] = {
        [SL_LOCK_FORM_DECIMAL] = "a number",
        [SL_LOCK_FORM_HEX] = "a number",
        [SL_LOCK_FORM_FLAG] = "true or false",
        [SL_LOCK_FORM_WORD] = "another word",
        [SL_LOCK_FORM_VERSION] = "a version, \"1.0\"",
        [SL_LOCK_FORM_TEXT] = "a text",
        [SL_LOCK_FORM_ENUM] = "the name of an enum",
        [SL_LOCK_FORM_STRUCT] = "the name of a struct",
        [SL_LOCK_FORM_FEATURE] = "the name of a feature",
        [SL_LOCK_FORM_TYPE] = "a type",
    };
    return texts[form];
}

static enum sl_status read_cell(struct sl_abi_lock *lock, uint32_t index, size_t cell,
                                const yaml_node_t *value, struct sl_error *err)
{
    struct sl_lock_entry *entry = &lock->entries[index];
    const struct sl_lock_column *column = &sl_lock_kinds[entry->kind].columns[cell];
    const char *text = sl_yaml_scalar(value);
    bool is_text = sl_lock_is_text(column->attribute);
    if (!text || (!is_text && !parse_cell(column, text, &entry->cells[cell].number))) {
        return sl_yaml_fail(&lock->yaml, value, SL_RULE_LOCK_VALUE, err, "%s: expected %s",
                            sl_lock_key(column->attribute),
                            wanted(sl_lock_form_of(column->attribute)));
    }
    if (is_text) {
        entry->cells[cell].text = text;
    }
    return SL_OK;
}

static enum sl_status read_entries(struct sl_abi_lock *lock, enum sl_lock_kind kind,
                                   uint32_t parent, const yaml_node_t *node, struct sl_error *err);

/* The kind whose entries stand under this key in an entry of kind parent; KIND_COUNT if none. */
static enum sl_lock_kind nested_kind(const char *key, enum sl_lock_kind parent)
{
    for (size_t i = 0; i < SL_LOCK_KIND_COUNT; i++) {
        const struct sl_lock_kind_info *info = &sl_lock_kinds[i];
        if (info->is_nested && info->parent == parent && strcmp(info->key, key) == 0) {
            return (enum sl_lock_kind)i;
        }
    }
    return SL_LOCK_KIND_COUNT;
}

static size_t cell_of_key(enum sl_lock_kind kind, const char *key)
{
    const struct sl_lock_kind_info *info = &sl_lock_kinds[kind];
    size_t i = 0;
    while (i < info->column_count && strcmp(sl_lock_key(info->columns[i].attribute), key) != 0) {
        i++;
    }
    return i;
}

/* Bits of the keys that stand in an entry: its cells, name, and up to two nested kinds. */
enum { SEEN_NAME = SL_LOCK_CELLS_MAX, SEEN_NESTED };

static enum sl_status read_pair(struct sl_abi_lock *lock, uint32_t index,
                                const yaml_node_pair_t *pair, uint64_t *seen, struct sl_error *err)
{
    enum sl_lock_kind kind = lock->entries[index].kind;
    const yaml_node_t *key = sl_yaml_node(&lock->yaml, pair->key);
    const yaml_node_t *value = sl_yaml_node(&lock->yaml, pair->value);
    const char *text = sl_yaml_scalar(key);
    size_t bit = text ? cell_of_key(kind, text) : sl_lock_kinds[kind].column_count;
    enum sl_lock_kind nested = text ? nested_kind(text, kind) : SL_LOCK_KIND_COUNT;
    bool is_cell = bit < sl_lock_kinds[kind].column_count;
    if (!is_cell && nested != SL_LOCK_KIND_COUNT) {
        bit = SEEN_NESTED + (size_t)nested;
    } else if (!is_cell && text && strcmp(text, "name") == 0) {
        bit = SEEN_NAME;
    } else if (!is_cell) {
        return sl_yaml_fail(&lock->yaml, key, SL_RULE_LOCK_KEY, err, "a %s has no key '%s'",
                            sl_lock_kinds[kind].noun, text ? text : "?");
    }
    if (*seen & UINT64_C(1) << bit) {
        return sl_yaml_fail(&lock->yaml, key, SL_RULE_LOCK_KEY, err, "key '%s' is repeated", text);
    }
    *seen |= UINT64_C(1) << bit;
    if (is_cell) {
        return read_cell(lock, index, bit, value, err);
    }
    return bit == SEEN_NAME ? SL_OK : read_entries(lock, nested, index, value, err);
}

static enum sl_status read_entry(struct sl_abi_lock *lock, enum sl_lock_kind kind, uint32_t parent,
                                 const yaml_node_t *node, struct sl_error *err)
{
    const yaml_node_t *name_node = sl_yaml_get(&lock->yaml, node, "name");
    const char *name = name_node ? sl_yaml_scalar(name_node) : NULL;
    if (!name || !*name) {
        return sl_yaml_fail(&lock->yaml, node, SL_RULE_LOCK_KEY, err, "a %s needs a name",
                            sl_lock_kinds[kind].noun);
    }
    struct sl_lock_entry *entry = sl_lock_add(lock, kind, parent, name);
    if (!entry) {
        return sl_fail_memory(err, 0);
    }
    entry->line = sl_yaml_line(&lock->yaml, node);
    uint32_t index = (uint32_t)lock->entry_count - 1;
    uint64_t seen = 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        enum sl_status status = read_pair(lock, index, pair, &seen, err);
        if (status != SL_OK) {
            return status;
        }
    }
    const struct sl_lock_kind_info *info = &sl_lock_kinds[kind];
    for (size_t i = 0; i < info->column_count; i++) {
        if (info->columns[i].needed && !(seen & UINT64_C(1) << i)) {
            return sl_yaml_fail(&lock->yaml, node, SL_RULE_LOCK_KEY, err, "%s %s: no key '%s'",
                                info->noun, name, sl_lock_key(info->columns[i].attribute));
        }
    }
    return SL_OK;
}

static enum sl_status read_entries(struct sl_abi_lock *lock, enum sl_lock_kind kind,
                                   uint32_t parent, const yaml_node_t *node, struct sl_error *err)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_yaml_fail(&lock->yaml, node, SL_RULE_LOCK_VALUE, err, "expected a sequence");
    }
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top; p++) {
        enum sl_status status = read_entry(lock, kind, parent, sl_yaml_node(&lock->yaml, *p), err);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

/* ---- The head of a file ---- */

static enum sl_status set_format(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    (void)data;
    uint64_t format;
    enum sl_status status = sl_yaml_number(yaml, value, 1, UINT32_MAX, &format, err);
    if (status == SL_OK && format > FORMAT) {
        sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_LOCK_VERSION,
                "format version %" PRIu64 ", this program knows up to %d", format, FORMAT);
        sl_error_set_file(err, yaml->path);
        sl_error_set_line(err, sl_yaml_line(yaml, value));
        status = SL_ERR_UNSUPPORTED;
    }
    return status;
}

static enum sl_status take_text(struct sl_yaml *yaml, const yaml_node_t *value, const char **out,
                                struct sl_error *err)
{
    *out = sl_yaml_scalar(value);
    return *out && **out ? SL_OK
                         : sl_yaml_fail(yaml, value, SL_RULE_LOCK_VALUE, err, "expected a text");
}

static enum sl_status set_abi(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                              struct sl_error *err)
{
    return take_text(yaml, value, &((struct sl_abi_lock *)data)->name, err);
}

static enum sl_status set_doc(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                              struct sl_error *err)
{
    return take_text(yaml, value, &((struct sl_abi_lock *)data)->doc, err);
}

static enum sl_status set_version(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    struct sl_abi_lock *lock = data;
    const char *text = sl_yaml_scalar(value);
    uint64_t version;
    if (!text || !parse_version(text, &version)) {
        return sl_yaml_fail(yaml, value, SL_RULE_LOCK_VALUE, err, "expected a version, \"1.0\"");
    }
    lock->version = (uint32_t)version;
    return SL_OK;
}

/* The sequences come after the head, whatever the order in the file. */
static enum sl_status pass_over(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    (void)yaml;
    (void)value;
    (void)data;
    (void)err;
    return SL_OK;
}

static enum sl_status read_head(struct sl_abi_lock *lock, const yaml_node_t *root,
                                struct sl_error *err)
{
    struct sl_yaml_key keys[4 + SL_LOCK_KIND_COUNT] = {
        {"scanlock-abi-lock", true, set_format},
        {"abi", true, set_abi},
        {"version", true, set_version},
        {"doc", false, set_doc},
    };
    size_t count = 4;
    for (size_t i = 0; i < SL_LOCK_KIND_COUNT; i++) {
        if (!sl_lock_kinds[i].is_nested) {
            keys[count++] = (struct sl_yaml_key){sl_lock_kinds[i].key, false, pass_over};
        }
    }
    return sl_yaml_map(&lock->yaml, root, keys, count, lock, err);
}

static enum sl_status read_document(struct sl_abi_lock *lock, const yaml_node_t *root,
                                    struct sl_error *err)
{
    enum sl_status status = read_head(lock, root, err);
    for (size_t i = 0; status == SL_OK && i < SL_LOCK_KIND_COUNT; i++) {
        const yaml_node_t *node = sl_lock_kinds[i].is_nested
                                      ? NULL
                                      : sl_yaml_get(&lock->yaml, root, sl_lock_kinds[i].key);
        if (node) {
            status = read_entries(lock, (enum sl_lock_kind)i, SL_LOCK_NO_PARENT, node, err);
        }
    }
    return status == SL_OK ? sl_lock_seal(lock, err) : status;
}

enum sl_status sl_abi_lock_parse(struct sl_abi_lock *lock, const char *path, const uint8_t *bytes,
                                 size_t size, struct sl_error *err)
{
    const yaml_node_t *root = NULL;
    *lock = (struct sl_abi_lock){.path = strdup(path)};
    if (!lock->path) {
        return sl_fail_memory(err, strlen(path) + 1);
    }
    enum sl_status status =
        sl_yaml_parse(&lock->yaml, &lock_yaml, lock->path, 1, bytes, size, &root, err);
    lock->has_yaml = status == SL_OK;
    return status == SL_OK ? read_document(lock, root, err) : status;
}

enum sl_status sl_abi_lock_read(struct sl_abi_lock *lock, const char *path, struct sl_error *err)
{
    struct sl_buf text = {0};
    *lock = (struct sl_abi_lock){0};
    enum sl_status status = sl_file_read(path, FILE_MAX, &text, err);
    if (status == SL_OK) {
        status = sl_abi_lock_parse(lock, path, text.data, text.size, err);
    }
    sl_buf_finish(&text);
    return status;
}
