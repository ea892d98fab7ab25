/* ABI locks as files: what comes back, what is refused and where, and what lack of memory does. */
#include "base/file.h"
#include "fail_alloc.h"
#include "lock/lock_diff.h"
#include "lock/lock_schema.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char toy[] = "tests/abi/toy-1.2.yaml";

static void read_toy(struct sl_buf *text)
{
    cr_assert_eq(sl_file_read(toy, 1 << 20, text, NULL), SL_OK);
    sl_buf_u8(text, '\0');
    text->size--;
}

static void check_same(const struct sl_abi_lock *a, const struct sl_abi_lock *b)
{
    struct sl_lock_diff diff;
    cr_assert_eq(sl_lock_compare(&diff, a, b, NULL), SL_OK);
    cr_assert_eq(diff.count, 0, "%s", diff.count ? diff.changes[0].text : "");
    sl_lock_diff_finish(&diff);
}

/* What is written reads as the same, and the same is written of that. */
static void check_round_trip(const struct sl_abi_lock *lock)
{
    struct sl_buf text = {0};
    struct sl_buf twice = {0};
    struct sl_abi_lock again;
    struct sl_error err = {0};
    sl_abi_lock_write(&text, lock);
    cr_assert_eq(sl_abi_lock_parse(&again, "again", text.data, text.size, &err), SL_OK, "%s",
                 err.message);
    cr_assert_eq(again.entry_count, lock->entry_count);
    check_same(lock, &again);
    sl_abi_lock_write(&twice, &again);
    cr_assert(sl_buf_equal(&text, &twice));
    sl_abi_lock_finish(&again);
    sl_buf_finish(&twice);
    sl_buf_finish(&text);
}

Test(lock_file, tables_round_trip)
{
    const struct sl_abi *const abis[] = {&sl_abi_aerogpu, &sl_abi_virtio_gpu};
    for (size_t i = 0; i < 2; i++) {
        struct sl_abi_lock lock;
        cr_assert_eq(sl_abi_lock_builtin(&lock, abis[i], NULL), SL_OK);
        check_round_trip(&lock);
        sl_abi_lock_finish(&lock);
    }
}

Test(lock_file, a_file_round_trips)
{
    struct sl_abi_lock lock;
    struct sl_error err = {0};
    cr_assert_eq(sl_abi_lock_read(&lock, toy, &err), SL_OK, "%s", err.message);
    check_round_trip(&lock);
    sl_abi_lock_finish(&lock);
}

/* Characters that YAML would fold, refuse or take for syntax. */
Test(lock_file, texts_of_all_kinds_round_trip)
{
    static const char text[] =
        "scanlock-abi-lock: 1\nabi: \"a b\"\nversion: \"1.0\"\n"
        "doc: \"\\\"\\\\\\t\\x01\\x7F\\N\\_\\L\\P\\uFEFF\\U0001F600 é #: {\"\n"
        "macros: [{name: \"- x\", body: \"1 \"}]\n";
    struct sl_abi_lock lock;
    struct sl_error err = {0};
    cr_assert_eq(sl_abi_lock_parse(&lock, "text", (const uint8_t *)text, sizeof(text) - 1, &err),
                 SL_OK, "%s", err.message);
    cr_assert_str_eq(lock.doc, "\"\\\t\x01\x7F\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF"
                               "\xF0\x9F\x98\x80 \xC3\xA9 #: {");
    check_round_trip(&lock);
    sl_abi_lock_finish(&lock);
}

/* Entered by hand from the headers of the driver kit and the virtio specification. */
Test(lock_file, tables_arrive)
{
    struct sl_abi_lock lock;
    cr_assert_eq(sl_abi_lock_builtin(&lock, &sl_abi_aerogpu, NULL), SL_OK);
    const struct sl_lock_entry *e =
        sl_abi_lock_find(&lock, SL_LOCK_REGISTER, SL_LOCK_NO_PARENT, "AEROGPU_MMIO_REG_IRQ_ACK");
    cr_assert_not_null(e);
    cr_assert_eq(sl_lock_number(e, SL_LOCK_ATTR_ADDRESS), 0x308);
    cr_assert_eq(sl_lock_number(e, SL_LOCK_ATTR_ACCESS), SL_ABI_WO);
    cr_assert_eq(sl_lock_number(e, SL_LOCK_ATTR_SINCE), 0x10000);
    e = sl_abi_lock_find(&lock, SL_LOCK_STRUCT, SL_LOCK_NO_PARENT, "aerogpu_submit_desc");
    cr_assert_not_null(e);
    cr_assert_eq(sl_lock_number(e, SL_LOCK_ATTR_SIZE), 64);
    uint32_t parent = (uint32_t)(e - lock.entries);
    e = sl_abi_lock_find(&lock, SL_LOCK_FIELD, parent, "signal_fence");
    cr_assert_not_null(e);
    cr_assert_eq(sl_lock_number(e, SL_LOCK_ATTR_OFFSET), 48);
    cr_assert_str_eq(sl_lock_text(e, SL_LOCK_ATTR_TYPE), "u64");
    cr_assert_eq(sl_lock_field_size(&lock, e), 8);
    e = sl_abi_lock_find(&lock, SL_LOCK_OPCODE, SL_LOCK_NO_PARENT, "AEROGPU_CMD_COPY_BUFFER");
    cr_assert_not_null(e);
    cr_assert_str_eq(sl_lock_text(e, SL_LOCK_ATTR_FEATURE), "AEROGPU_FEATURE_TRANSFER");
    cr_assert_eq(sl_lock_number(e, SL_LOCK_ATTR_SINCE), 0x10001);
    cr_assert_null(sl_abi_lock_find(&lock, SL_LOCK_FIELD, parent, "absent"));
    sl_abi_lock_finish(&lock);
}

Test(lock_file, every_kind_is_described)
{
    for (size_t kind = 0; kind < SL_LOCK_KIND_COUNT; kind++) {
        const struct sl_lock_kind_info *info = &sl_lock_kinds[kind];
        cr_assert_not_null(info->noun);
        cr_assert_not_null(info->key);
        cr_assert_leq(info->column_count, SL_LOCK_CELLS_MAX, "%s", info->noun);
        for (size_t i = 0; i < info->column_count; i++) {
            enum sl_lock_attribute attribute = info->columns[i].attribute;
            bool words = sl_lock_form_of(attribute) == SL_LOCK_FORM_WORD;
            cr_assert_eq(words, info->columns[i].words != NULL, "%s of %s", sl_lock_key(attribute),
                         info->noun);
            cr_assert_eq(sl_lock_cell_of((enum sl_lock_kind)kind, attribute), i, "%s twice in %s",
                         sl_lock_key(attribute), info->noun);
        }
    }
}

struct bad_case {
    const char *from; /* in the toy ABI, once */
    const char *to;
    enum sl_status status;
    const char *rule;
    const char *message; /* part of it */
    int below;           /* lines from the start of from to the line of the report */
};

static void check_refused(const struct bad_case *c)
{
    struct sl_buf text = {0};
    struct sl_buf changed = {0};
    struct sl_abi_lock lock;
    struct sl_error err = {0};
    read_toy(&text);
    const char *start = (const char *)text.data;
    const char *at = strstr(start, c->from);
    cr_assert_not_null(at, "%s", c->from);
    uint32_t line = 1;
    for (const char *p = start; p < at; p++) {
        line += *p == '\n';
    }
    sl_buf_append(&changed, start, (size_t)(at - start));
    sl_buf_text(&changed, c->to);
    sl_buf_text(&changed, at + strlen(c->from));
    cr_assert_eq(sl_abi_lock_parse(&lock, "bad.yaml", changed.data, changed.size, &err), c->status,
                 "\"%s\": %s", c->to, err.message);
    sl_abi_lock_finish(&lock);
    cr_assert_str_eq(err.rule, c->rule, "\"%s\": %s", c->to, err.message);
    cr_assert_str_eq(err.file, "bad.yaml", "\"%s\"", c->to);
    cr_assert_eq(err.line, (uint32_t)((int)line + c->below), "\"%s\": line %u, not %d: %s", c->to,
                 err.line, (int)line + c->below, err.message);
    cr_assert_not_null(strstr(err.message, c->message), "\"%s\": %s", c->to, err.message);
    sl_buf_finish(&changed);
    sl_buf_finish(&text);
}

Test(lock_file, bad_files_are_refused)
{
    static const struct bad_case cases[] = {
        {"abi: toy", "abi: [", SL_ERR_DAMAGED, "lock.yaml", "did not find", 2},
        {"abi: toy", "abi: &x toy\ndoc2: *x", SL_ERR_DAMAGED, "lock.yaml", "aliases", 1},
        {"abi: toy\n", "", SL_ERR_DAMAGED, "lock.key", "'abi' is missing", -1},
        {"abi: toy", "abi: toy\nabi: toy", SL_ERR_DAMAGED, "lock.key", "repeated", 1},
        {"abi: toy", "abis: toy", SL_ERR_DAMAGED, "lock.key", "unknown key 'abis'", 0},
        {"abi: toy", "abi: ''", SL_ERR_DAMAGED, "lock.value", "expected a text", 0},
        {"abi-lock: 1", "abi-lock: 2", SL_ERR_UNSUPPORTED, "lock.version", "version 2", 0},
        {"abi-lock: 1", "abi-lock: x", SL_ERR_DAMAGED, "lock.value", "a number", 0},
        {"version: \"1.2\"", "version: \"12\"", SL_ERR_DAMAGED, "lock.value", "a version", 0},
        {"version: \"1.2\"", "version: \"1.65536\"", SL_ERR_DAMAGED, "lock.value", "a version", 0},
        {"version: \"1.2\"", "version: \"1.0x2\"", SL_ERR_DAMAGED, "lock.value", "a version", 0},
        {"  - {name: BAR0, size: 4096}", "  BAR0", SL_ERR_DAMAGED, "lock.value", "a sequence", 0},
        {"{name: BAR0, size: 4096}", "BAR0", SL_ERR_DAMAGED, "lock.key", "needs a name", 0},
        {"name: BAR0, ", "", SL_ERR_DAMAGED, "lock.key", "a BAR needs a name", 0},
        {"name: BAR0", "name: ''", SL_ERR_DAMAGED, "lock.key", "a BAR needs a name", 0},
        {"name: BAR0", "name: [BAR0]", SL_ERR_DAMAGED, "lock.key", "a BAR needs a name", 0},
        {"size: 4096", "siz: 4096", SL_ERR_DAMAGED, "lock.key", "a BAR has no key 'siz'", 0},
        {"size: 4096", "size: 1, size: 1", SL_ERR_DAMAGED, "lock.key", "'size' is repeated", 0},
        {", size: 4096", "", SL_ERR_DAMAGED, "lock.key", "BAR BAR0: no key 'size'", 0},
        {"size: 4096", "size: 4k", SL_ERR_DAMAGED, "lock.value", "size: expected a number", 0},
        {"size: 4096", "size: -1", SL_ERR_DAMAGED, "lock.value", "size: expected a number", 0},
        {"size: 4096", "size: 0x", SL_ERR_DAMAGED, "lock.value", "size: expected a number", 0},
        {"size: 4096", "size: 18446744073709551616", SL_ERR_DAMAGED, "lock.value", "a number", 0},
        {"size: 4096", "size: {}", SL_ERR_DAMAGED, "lock.value", "size: expected a number", 0},
        {"access: WO", "access: W", SL_ERR_DAMAGED, "lock.value", "access: expected another", 0},
        {"framing: true", "framing: yes", SL_ERR_DAMAGED, "lock.value", "true or false", 0},
        {"word: fast", "word: [fast]", SL_ERR_DAMAGED, "lock.value", "word: expected a text", 0},
        {"    fields:\n      - {name: opcode", "    fields: 3\n    x:\n      - {name: opcode",
         SL_ERR_DAMAGED, "lock.value", "expected a sequence", 0},
        {"name: TOY_REG_FEATURES", "name: TOY_REG_VERSION", SL_ERR_DAMAGED, "lock.model",
         "stands here twice", 0},
        {"name: size_bytes, offset: 4", "name: opcode, offset: 4", SL_ERR_DAMAGED, "lock.model",
         "stands here twice", 0},
        {"enum: toy_feature", "enum: absent", SL_ERR_DAMAGED, "lock.model", "no enum absent", 0},
        {"feature: TOY_FEATURE_FAST", "feature: absent", SL_ERR_DAMAGED, "lock.model",
         "no feature absent", 0},
        {"struct: toy_cmd_draw", "struct: absent", SL_ERR_DAMAGED, "lock.model", "no struct absent",
         0},
        {"type: handle", "type: absent", SL_ERR_DAMAGED, "lock.model", "no struct absent", 0},
        {"name: seed, offset: 4", "name: seed, offset: 5", SL_ERR_DAMAGED, "lock.model",
         "not inside toy_blob, which has 8 bytes", 0},
        {"name: seed, offset: 4", "name: seed, offset: 18446744073709551615", SL_ERR_DAMAGED,
         "lock.model", "not inside toy_blob", 0},
        {"name: seed, offset: 4", "name: seed, count: 0, offset: 4", SL_ERR_DAMAGED, "lock.model",
         "not inside toy_blob", 0},
        {"name: seed, offset: 4", "name: seed, count: 0x4000000000000001, offset: 4",
         SL_ERR_DAMAGED, "lock.model", "not inside toy_blob", 0},
        {"reset: 0x10002", "reset: 0x10003", SL_ERR_DAMAGED, "lock.model",
         "does not state the version 1.2", 0},
        {"value: 0x2, states", "value: 0x3, states", SL_ERR_DAMAGED, "lock.model",
         "does not state the version 1.2", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_refused(&cases[i]);
    }
}

Test(lock_file, too_many_nodes_are_refused)
{
    struct sl_buf text = {0};
    struct sl_abi_lock lock;
    struct sl_error err = {0};
    sl_buf_text(&text, "scanlock-abi-lock: 1\nabi: a\nversion: \"1.0\"\nlimits: [");
    for (size_t i = 0; i < 30000; i++) {
        sl_buf_printf(&text, "{name: n%zu, value: 1},", i);
    }
    sl_buf_text(&text, "]\n");
    cr_assert_eq(sl_abi_lock_parse(&lock, "many", text.data, text.size, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    sl_abi_lock_finish(&lock);
    sl_buf_finish(&text);
}

/* Every length of a lock: none may do harm, and none is taken for a whole one without its head. */
Test(lock_file, cut_files_are_harmless)
{
    struct sl_buf text = {0};
    read_toy(&text);
    size_t head = (size_t)(strstr((const char *)text.data, "version:") - (const char *)text.data);
    for (size_t size = 0; size < text.size; size += size < 400 ? 1 : 7) {
        struct sl_abi_lock lock;
        enum sl_status status = sl_abi_lock_parse(&lock, "cut", text.data, size, NULL);
        cr_assert(status == SL_OK || status == SL_ERR_DAMAGED, "%zu bytes", size);
        cr_assert(status != SL_OK || size > head, "%zu bytes", size);
        sl_abi_lock_finish(&lock);
    }
    sl_buf_finish(&text);
}

Test(lock_file, unknown_names)
{
    struct sl_abi_lock lock;
    struct sl_error err = {0};
    cr_assert_eq(sl_abi_lock_open(&lock, "builtin:toy", &err), SL_ERR_USAGE);
    sl_abi_lock_finish(&lock);
    cr_assert_eq(sl_abi_lock_open(&lock, "tests/abi/absent.yaml", &err), SL_ERR_ENVIRONMENT);
    sl_abi_lock_finish(&lock);
    cr_assert_eq(sl_abi_lock_find_builtin("builtin:aerogpu"), &sl_abi_aerogpu);
    cr_assert_eq(sl_abi_lock_find_builtin("virtio-gpu"), &sl_abi_virtio_gpu);
    cr_assert_null(sl_abi_lock_find_builtin("builtin:"));
}

/* Reading, building, writing and comparing, with every allocation failing in turn. */
static enum sl_status do_everything(const struct sl_buf *text)
{
    struct sl_abi_lock old = {0};
    struct sl_abi_lock new = {0};
    struct sl_lock_diff diff = {0};
    struct sl_buf out = {0};
    enum sl_status status = sl_abi_lock_builtin(&new, &sl_abi_virtio_gpu, NULL);
    if (status == SL_OK) {
        status = sl_abi_lock_parse(&old, "old", text->data, text->size, NULL);
    }
    if (status == SL_OK) {
        old.name = new.name; /* nothing in common: every kind of report is made */
        status = sl_lock_compare(&diff, &old, &new, NULL);
    }
    if (status == SL_OK) {
        sl_abi_lock_write(&out, &old);
        sl_lock_print_change(&out, &diff.changes[0]);
        status = out.failed ? SL_ERR_ENVIRONMENT : SL_OK;
    }
    sl_buf_finish(&out);
    sl_lock_diff_finish(&diff);
    sl_abi_lock_finish(&new);
    sl_abi_lock_finish(&old);
    return status;
}

Test(lock_file, lack_of_memory_is_reported, .timeout = 120)
{
    struct sl_buf text = {0};
    read_toy(&text);
    unsigned n = 1;
    for (;; n++) {
        fail_alloc_arm(n);
        enum sl_status status = do_everything(&text);
        if (!fail_alloc_disarm()) {
            cr_assert_eq(status, SL_OK);
            break;
        }
        cr_assert_eq(status, SL_ERR_ENVIRONMENT, "allocation %u", n);
    }
    cr_assert_gt(n, 100u);
    sl_buf_finish(&text);
}
