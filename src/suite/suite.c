#include "suite/suite.h"

#include "base/buf.h"
#include "base/status.h"
#include "suite/suite_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finish_rule(struct sl_frame_rule *rule)
{
    free(rule->frame);
    free(rule->rects);
    for (size_t i = 0; i < rule->mask_count; i++) {
        free(rule->masks[i]);
    }
    free(rule->masks);
}

void sl_suite_test_finish(struct sl_suite_test *test)
{
    free(test->name);
    free(test->trace);
    free(test->golden);
    free(test->profile);
    for (size_t i = 0; i < test->rule_count; i++) {
        finish_rule(&test->rules[i]);
    }
    free(test->rules);
    free(test->expected_reason);
    *test = (struct sl_suite_test){0};
}

void sl_suite_finish(struct sl_suite *suite)
{
    for (size_t i = 0; i < suite->test_count; i++) {
        sl_suite_test_finish(&suite->tests[i]);
    }
    free(suite->tests);
    free(suite->name);
    free(suite->path);
    *suite = (struct sl_suite){0};
}

char *sl_suite_trace_name(const char *path)
{
    static const char *const endings[] = {".yaml", ".slt", ".aerogputrace"};
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t size = strlen(endings[i]);
        if (length > size && strcmp(base + length - size, endings[i]) == 0) {
            length -= size;
            break;
        }
    }
    return strndup(base, length);
}

void *sl_suite_grow(void *array, size_t count, size_t element_size)
{
    /* Powers of two: reallocates when the count reaches one. */
    if (count & (count - 1)) {
        return array;
    }
    size_t capacity = count ? count * 2 : 1;
    if (capacity > SIZE_MAX / element_size) {
        return NULL;
    }
    return realloc(array, capacity * element_size);
}

enum sl_status sl_suite_add_test(struct sl_suite *suite, struct sl_suite_test *test,
                                 struct sl_error *err)
{
    struct sl_suite_test *tests =
        sl_suite_grow(suite->tests, suite->test_count, sizeof(*suite->tests));
    if (!tests) {
        return sl_fail_memory(err, 0);
    }
    suite->tests = tests;
    tests[suite->test_count++] = *test;
    *test = (struct sl_suite_test){0};
    return SL_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum sl_status sl_suite_find_twin(const struct sl_suite *suite, const char **twin,
                                  struct sl_error *err)
{
    *twin = NULL;
    char **names = calloc(suite->test_count ? suite->test_count : 1, sizeof(*names));
    if (!names) {
        return sl_fail_memory(err, 0);
    }
    for (size_t i = 0; i < suite->test_count; i++) {
        names[i] = suite->tests[i].name;
    }
    qsort(names, suite->test_count, sizeof(*names), by_name);
    for (size_t i = 1; i < suite->test_count && !*twin; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            *twin = names[i];
        }
    }
    free(names);
    return SL_OK;
}

static enum sl_status add_trace(struct sl_suite *suite, const char *golden_root, const char *path,
                                struct sl_error *err)
{
    struct sl_suite_test test = {.repeat = 1};
    struct sl_buf golden = {0};
    enum sl_status status = SL_OK;
    test.name = sl_suite_trace_name(path);
    test.trace = strdup(path);
    sl_buf_printf(&golden, "%s/%s", golden_root, test.name ? test.name : "");
    const char *folder = sl_buf_cstr(&golden);
    test.golden = folder ? strdup(folder) : NULL;
    if (!test.name || !test.trace || !test.golden) {
        status = sl_fail_memory(err, 0);
    } else {
        status = sl_suite_add_test(suite, &test, err);
    }
    sl_buf_finish(&golden);
    sl_suite_test_finish(&test);
    return status;
}

enum sl_status sl_suite_of_traces(const char *golden_root, char *const *traces, size_t trace_count,
                                  struct sl_suite *suite, struct sl_error *err)
{
    *suite = (struct sl_suite){.name = strdup("traces"), .path = strdup("")};
    enum sl_status status = suite->name && suite->path ? SL_OK : sl_fail_memory(err, 0);
    for (size_t i = 0; status == SL_OK && i < trace_count; i++) {
        status = add_trace(suite, golden_root, traces[i], err);
    }
    const char *twin = NULL;
    if (status == SL_OK) {
        status = sl_suite_find_twin(suite, &twin, err);
    }
    if (twin) {
        status = sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "two traces are called '%s'", twin);
    }
    if (status != SL_OK) {
        sl_suite_finish(suite);
    }
    return status;
}

/* Skips lines that are empty, comments or document marks. */
static bool says_suite(const char *text)
{
    static const char key[] = "scanlock-suite:";
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool skipped = length == 0 || text[0] == '#' || text[0] == '%' || text[0] == '\r' ||
                       strncmp(text, "---", 3) == 0;
        if (!skipped) {
            return strncmp(text, key, sizeof(key) - 1) == 0;
        }
        text += length;
        text += *text == '\n';
    }
    return false;
}

enum sl_status sl_suite_sniff(const char *path, bool *is_suite, struct sl_error *err)
{
    char start[4096 + 1];
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return sl_fail_errno(err, path, "open");
    }
    size_t size = fread(start, 1, sizeof(start) - 1, stream);
    enum sl_status status = ferror(stream) ? sl_fail_errno(err, path, "read") : SL_OK;
    fclose(stream);
    start[size] = '\0';
    *is_suite = says_suite(start);
    return status;
}
