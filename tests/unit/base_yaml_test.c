/* The bounds of YAML documents; what suites and traces say is tested there. */
#include "base/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct sl_yaml_kind kind = {
    .syntax = SL_RULE_YAML_SYNTAX,
    .key = SL_RULE_YAML_KEY,
    .value = SL_RULE_YAML_VALUE,
    .nodes_max = 5,
};

static enum sl_status parse(const char *text, size_t size, uint32_t first_line,
                            struct sl_error *err)
{
    struct sl_yaml yaml;
    const yaml_node_t *root = NULL;
    enum sl_status status =
        sl_yaml_parse(&yaml, &kind, "f", first_line, (const uint8_t *)text, size, &root, err);
    if (status == SL_OK) {
        cr_assert_eq((int)root->type, (int)YAML_MAPPING_NODE);
        sl_yaml_finish(&yaml);
    }
    return status;
}

Test(base_yaml, nodes_are_counted)
{
    static const char fits[] = "a: [1, 2]\n"; /* mapping, key, sequence, two scalars */
    static const char does_not[] = "a:\n- 1\n- 2\n- 3\n";
    struct sl_error err = {0};
    cr_assert_eq(parse(fits, strlen(fits), 1, &err), SL_OK);
    cr_assert_eq(parse(does_not, strlen(does_not), 1, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    cr_assert_eq(err.line, 4);
}

Test(base_yaml, lines_count_from_the_first)
{
    struct sl_error err = {0};
    cr_assert_eq(parse("a: 1\n- b\n", 9, 100, &err), SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "yaml.syntax");
    cr_assert_eq(err.line, 101);
}

Test(base_yaml, scalars_with_nul_are_no_text)
{
    static const char text[] = "a: \"b\\0c\"\n";
    struct sl_yaml yaml;
    const yaml_node_t *root = NULL;
    cr_assert_eq(
        sl_yaml_parse(&yaml, &kind, "f", 1, (const uint8_t *)text, strlen(text), &root, NULL),
        SL_OK);
    const yaml_node_t *value = sl_yaml_get(&yaml, root, "a");
    cr_assert_not_null(value);
    cr_assert_null(sl_yaml_scalar(value));
    cr_assert_null(sl_yaml_get(&yaml, root, "b"));
    cr_assert_null(sl_yaml_get(&yaml, value, "a"));
    cr_assert_eq(sl_yaml_line(&yaml, value), 1);
    sl_yaml_finish(&yaml);
}

Test(base_yaml, bytes_that_are_no_text)
{
    struct sl_error err = {0};
    cr_assert_eq(parse("a: \xff\n", 5, 1, &err), SL_ERR_DAMAGED);
    cr_assert_eq(parse("a: \0\n", 5, 1, &err), SL_ERR_DAMAGED);
    cr_assert_eq(parse(NULL, 0, 1, &err), SL_ERR_DAMAGED);
}
