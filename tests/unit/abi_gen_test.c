/*
 * The generator: golden outputs for a small ABI, and descriptions that must be refused. After a
 * change of the generator, `build/abi-gen MODE tests/abi/tiny.yaml tests/abi/FILE` writes a golden
 * anew; read the difference before committing it.
 */
#include "abi/gen/emit.h"
#include "base/file.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(abi_gen);

static const char source[] = "tests/abi/tiny.yaml";

static void read_file(const char *path, struct sl_buf *out)
{
    struct sl_error err = {0};
    cr_assert_eq(sl_file_read(path, 1 << 20, out, &err), SL_OK, "%s", err.message);
}

static void check_golden(void (*emit)(struct sl_buf *, const struct gen_abi *, const char *),
                         const char *path)
{
    struct sl_buf text = {0};
    struct sl_buf golden = {0};
    struct sl_buf out = {0};
    struct gen_abi abi;
    read_file(source, &text);
    read_file(path, &golden);
    cr_assert_eq(gen_abi_load(&abi, source, text.data, text.size, NULL), SL_OK);
    emit(&out, &abi, source);
    cr_assert_str_eq(sl_buf_cstr(&out), sl_buf_cstr(&golden));
    gen_abi_finish(&abi);
    sl_buf_finish(&out);
    sl_buf_finish(&golden);
    sl_buf_finish(&text);
}

Test(abi_gen, header)
{
    check_golden(gen_emit_header, "tests/abi/tiny.h");
}

Test(abi_gen, internal_header)
{
    check_golden(gen_emit_internal, "tests/abi/tiny_internal.h");
}

Test(abi_gen, tables)
{
    check_golden(gen_emit_tables, "tests/abi/tiny_tables.c");
}

Test(abi_gen, page)
{
    check_golden(gen_emit_page, "tests/abi/tiny.md");
}

/* The file with the first occurrence of from replaced; *line is where it stood. */
static void edit(struct sl_buf *out, const char *from, const char *to, uint32_t *line)
{
    struct sl_buf text = {0};
    read_file(source, &text);
    const char *start = sl_buf_cstr(&text);
    const char *at = strstr(start, from);
    cr_assert_not_null(at, "%s", from);
    *line = 1;
    for (const char *p = start; p < at; p++) {
        *line += *p == '\n';
    }
    sl_buf_append(out, start, (size_t)(at - start));
    sl_buf_text(out, to);
    sl_buf_text(out, at + strlen(from));
    sl_buf_finish(&text);
}

struct bad_case {
    const char *from;
    const char *to;
    uint32_t below; /* lines from the edit to the one that the report names */
    const char *rule;
    const char *message; /* part of it */
};

static void check_refused(const struct bad_case *c)
{
    struct sl_buf text = {0};
    struct sl_error err = {0};
    struct gen_abi abi;
    uint32_t line;
    edit(&text, c->from, c->to, &line);
    cr_assert_eq(gen_abi_load(&abi, "bad.yaml", text.data, text.size, &err), SL_ERR_DAMAGED,
                 "\"%s\" was taken", c->to);
    gen_abi_finish(&abi);
    cr_assert_str_eq(err.rule, c->rule, "\"%s\": %s", c->to, err.message);
    cr_assert_str_eq(err.file, "bad.yaml");
    cr_assert_eq(err.line, line + c->below, "\"%s\": line %u instead of %u", c->to, err.line,
                 line + c->below);
    cr_assert_not_null(strstr(err.message, c->message), "\"%s\": %s", c->to, err.message);
    sl_buf_finish(&text);
}

Test(abi_gen, bad_yaml_is_refused)
{
    static const struct bad_case cases[] = {
        {"    value: 7", "    value: [7", 1, "abi.syntax", "not YAML"},
        {"    value: 7", "\tvalue: 7", 0, "abi.syntax", "not YAML"},
        {"    value: 7\n", "    vale: 7\n", 0, "abi.key", "a constant has no key \"vale\""},
        {"    value: 7\n", "    value: 7\n    value: 7\n", 1, "abi.key", "twice"},
        {"  - name: TINY_SMALL\n    group: all\n    value: 7\n",
         "  - name: TINY_SMALL\n    group: all\n", 0, "abi.key", "needs the key \"value\""},
        {"    value: 7", "    value: seven", 0, "abi.value", "expected a number"},
        {"    value: 7", "    value: 0x", 0, "abi.value", "expected a number"},
        {"    value: 7", "    value: -7", 0, "abi.value", "expected a number"},
        {"    value: 7", "    value: 18446744073709551616", 0, "abi.value", "expected a number"},
        {"    value: 7", "    value: any", 0, "abi.value", "expected a number"},
        {"since: \"1.1\"", "since: \"2.1\"", 0, "abi.value", "expected a version"},
        {"packed: true", "packed: yes", 0, "abi.value", "expected true or false"},
        {"access: RO", "access: R", 0, "abi.value", "expected one of the words"},
        {"versions:\n  - minor: 0\n    doc: \"All.\"", "versions: none", 0, "abi.value",
         "expected a list"},
        {"versions:\n  - minor: 0\n    doc: \"All.\"", "versions:\n  - none", 1, "abi.value",
         "must be a mapping"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_refused(&cases[i]);
    }
}

Test(abi_gen, contradictions_are_refused)
{
    static const struct bad_case cases[] = {
        {"- name: TINY_WIDE", "- name: TINY_SMALL", 0, "abi.model", "already defined"},
        {"- name: TINY_SMALL", "- name: \"2SMALL\"", 0, "abi.model", "cannot be a name"},
        {"- name: b\n", "- name: class\n", 0, "abi.model", "cannot be a name"},
        {"    value: 7", "    value: 0x100000000", -2u, "abi.model", "does not fit its type"},
        {"    value: 5000", "    value: 0x100000000", -1u, "abi.model", "does not fit 32 bits"},
        {"states: version", "states: minor", -6u, "abi.model", "does not state"},
        {"states: minor", "states: version", -3u, "abi.model", "does not state"},
        {"sized_by: a", "sized_by: late", -4u, "abi.model", "not sized by"},
        {"- index: 0", "- index: 6", 0, "abi.model", "no BAR 6"},
        {"- minor: 0", "- minor: 3", 0, "abi.model", "above the ABI's"},
        {"name: TINY_ON", "name: TINX_ON", 0, "abi.model", "does not start with"},
        {"alias_of: TINY_ON", "alias_of: TINY_OFF", -2u, "abi.model", "not another name"},
        {"        alias_of: TINY_ON\n", "", -2u, "abi.model", "has the value of TINY_ON"},
        {"      - name: TINY_FORMAT_GREY\n        value: 1",
         "      - name: TINY_FORMAT_GREY\n        value: 0x80000000", 0, "abi.model",
         "does not fit"},
        {"bit: 40", "bit: 64", -2u, "abi.model", "no bit 64"},
        {"offset: 12", "offset: 13", -2u, "abi.model", "ends at 12"},
        {"size: 31", "size: 32", -2u, "abi.model", "end at 31"},
        {"overlaps: count", "overlaps: scale", -3u, "abi.model", "not the storage"},
        {"- name: late", "- name: state", 0, "abi.model", "twice"},
        {"type: tiny_pair\n        offset", "type: tiny_cmd_draw\n        offset", -1u, "abi.model",
         "no type tiny_cmd_draw above"},
        {"        enum: tiny_flags\n", "", -6u, "abi.model", "without naming its enum"},
        {"count: 5", "count: 0", -3u, "abi.model", "impossible count"},
        {"count_field: count", "count_field: late", -3u, "abi.model", "not counted"},
        {"count_field: count", "count_field: scale", -3u, "abi.model", "not counted"},
        {"pad_to: 4", "pad_to: 0", -6u, "abi.model", "out of range"},
        {"offset: 31\n", "offset: 32\n", -2u, "abi.model", "does not start at the end"},
        {"    size: 8\n", "    size: 8\n    min_size: 9\n", -2u, "abi.model", "min_size"},
        {"struct: tiny_cmd_draw", "struct: tiny_cmd", -2u, "abi.model", "no struct tiny_cmd"},
        {"value: 0x20", "value: 1", -1u, "abi.model", "has the value of TINY_CMD_STOP"},
        {"value: 0x20", "value: 0", -1u, "abi.model", "order of values"},
        {"value: 0x20", "value: 0x10000", -1u, "abi.model", "above 0xFFFF"},
        {"feature: TINY_FEATURE_B\n    since: \"1.2\"\n    doc: \"Draws",
         "feature: TINY_FEATURE_C\n    since: \"1.2\"\n    doc: \"Draws", -4u, "abi.model",
         "no feature"},
        {"feature: TINY_FEATURE_B", "feature: TINY_FEATURE_C", -5u, "abi.model", "no feature"},
        {"enum: tiny_flags\n    feature", "enum: tiny_flag\n    feature", -4u, "abi.model",
         "no enum"},
        {"name: TINY_REG_DELTA", "name: TINY_DELTA", 0, "abi.model", "register prefix"},
        {"offset: 4\n    width", "offset: 2\n    width", -1u, "abi.model", "overlaps"},
        {"width: 16", "width: 24", -2u, "abi.model", "8, 16, 32 or 64 bits"},
        {"- name: TINY_FORMAT_GREY\n    kind", "- name: TINY_FORMAT_GRAY\n    kind", 0, "abi.model",
         "no value of an enum"},
        {"block_width: 1", "block_width: 0", -2u, "abi.model", "impossible block"},
        {"opcode_enum: tiny_opcode", "opcode_enum: tiny_opcodes", -8u, "abi.model", "no enum"},
        {"    prefix: TINY_CMD_\n",
         "    prefix: TINY_CMD_\n    values:\n      - name: TINY_CMD_X\n"
         "        value: 9\n        doc: \"X.\"\n",
         -4u, "abi.model", "values of its own"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_refused(&cases[i]);
    }
}

Test(abi_gen, nothing_is_not_an_abi)
{
    struct gen_abi abi;
    struct sl_error err = {0};
    cr_assert_eq(gen_abi_load(&abi, "empty.yaml", "", 0, &err), SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "abi.syntax");
    cr_assert_eq(err.line, 1);
    gen_abi_finish(&abi);
}

Test(abi_gen, a_file_cut_anywhere_is_handled)
{
    struct sl_buf text = {0};
    read_file(source, &text);
    for (size_t size = 0; size < text.size; size += 13) {
        struct gen_abi abi;
        struct sl_error err = {0};
        if (gen_abi_load(&abi, source, text.data, size, &err) != SL_OK) {
            cr_assert_neq(err.line, 0, "%zu bytes: %s", size, err.message);
        }
        gen_abi_finish(&abi);
    }
    sl_buf_finish(&text);
}

Test(abi_gen, every_allocation_may_fail)
{
    struct sl_buf text = {0};
    read_file(source, &text);
    for (unsigned n = 1;; n++) {
        struct gen_abi abi;
        struct sl_error err = {0};
        struct sl_buf out = {0};
        fail_alloc_arm(n);
        enum sl_status status = gen_abi_load(&abi, source, text.data, text.size, &err);
        if (status == SL_OK) {
            gen_emit_tables(&out, &abi, source);
        }
        bool happened = fail_alloc_disarm();
        cr_assert_eq(status == SL_OK && !out.failed, !happened, "allocation %u", n);
        cr_assert(status == SL_OK || status == SL_ERR_ENVIRONMENT, "allocation %u", n);
        gen_abi_finish(&abi);
        sl_buf_finish(&out);
        if (!happened) {
            break;
        }
    }
    sl_buf_finish(&text);
}
