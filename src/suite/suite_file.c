/* Suite files: the keys of the file and of its tests. */
#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"
#include "base/yaml.h"
#include "suite/frame_rules.h"
#include "suite/suite_priv.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUITE_FILE_MAX = 16 << 20,
    SUITE_VERSION = 1,
    REPEAT_MAX = 1000,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct sl_yaml_kind sl_suite_yaml = {
    .syntax = SL_RULE_SUITE_YAML,
    .key = SL_RULE_SUITE_KEY,
    .value = SL_RULE_SUITE_VALUE,
    .nodes_max = 1 << 20,
};

/* A suite file being read. */
struct reader {
    struct sl_suite *suite;
    const char *path;
    char *golden_root; /* as written, NULL = the default */
    char *profile;     /* defaults for every test */
    uint32_t width;
    uint32_t height;
    uint64_t repeat;
    const yaml_node_t *tests;
};

/* One entry of "tests" being read. */
struct entry {
    struct reader *reader;
    struct sl_suite_test test;
    char *pattern; /* "traces" */
};

static enum sl_status read_size(const struct sl_yaml *yaml, const yaml_node_t *value,
                                uint32_t *width, uint32_t *height, struct sl_error *err)
{
    char *text = NULL;
    enum sl_status status = sl_yaml_text(yaml, value, &text, err);
    unsigned w = 0;
    unsigned h = 0;
    char rest;
    if (status == SL_OK &&
        (strspn(text, "0123456789x") > 11 || sscanf(text, "%5ux%5u%c", &w, &h, &rest) != 2 ||
         w == 0 || h == 0 || w > SL_IMAGE_DIM_MAX || h > SL_IMAGE_DIM_MAX)) {
        status = sl_yaml_fail(yaml, value, SL_RULE_SUITE_VALUE, err,
                              "expected WIDTHxHEIGHT, each from 1 to %u", SL_IMAGE_DIM_MAX);
    }
    if (status == SL_OK) {
        *width = w;
        *height = h;
    }
    free(text);
    return status;
}

/* expect_fail */

static enum sl_status set_status(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    static const struct {
        const char *name;
        enum sl_status status;
    } names[] = {
        {"mismatch", SL_ERR_MISMATCH},
        {"damaged", SL_ERR_DAMAGED},
        {"unsupported", SL_ERR_UNSUPPORTED},
    };
    struct entry *entry = data;
    char *text = NULL;
    enum sl_status status = sl_yaml_text(yaml, value, &text, err);
    for (size_t i = 0; status == SL_OK && i < COUNT(names); i++) {
        if (strcmp(names[i].name, text) == 0) {
            entry->test.expected = names[i].status;
        }
    }
    free(text);
    if (status == SL_OK && entry->test.expected == SL_OK) {
        status = sl_yaml_fail(yaml, value, SL_RULE_SUITE_VALUE, err,
                              "expected mismatch, damaged or unsupported");
    }
    return status;
}

static enum sl_status set_expected_reason(struct sl_yaml *yaml, const yaml_node_t *value,
                                          void *data, struct sl_error *err)
{
    struct entry *entry = data;
    return sl_yaml_reason(yaml, value, &entry->test.expected_reason, err);
}

static enum sl_status set_expect_fail(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                      struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"status", true, set_status},
        {"reason", true, set_expected_reason},
    };
    return sl_yaml_map(yaml, value, keys, COUNT(keys), data, err);
}

static enum sl_status set_frames(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    return sl_frame_rules_read(yaml, value, &((struct entry *)data)->test, err);
}

/* The other keys of a test. */

static enum sl_status set_trace(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    struct entry *entry = data;
    return sl_yaml_path(yaml, value, &entry->test.trace, err);
}

/* One folder is listed, not a tree: what a suite file can cost stays small. */
static enum sl_status set_traces(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    struct entry *entry = data;
    enum sl_status status = sl_yaml_path(yaml, value, &entry->pattern, err);
    if (status == SL_OK) {
        const char *first = entry->pattern + strcspn(entry->pattern, "*?[");
        if (strchr(first, '/')) {
            status = sl_yaml_fail(yaml, value, SL_RULE_SUITE_VALUE, err,
                                  "expected no folder after the first '*', '?' or '['");
        }
    }
    return status;
}

static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= 200 && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

static enum sl_status read_name(struct sl_yaml *yaml, const yaml_node_t *value, char **out,
                                struct sl_error *err)
{
    enum sl_status status = sl_yaml_text(yaml, value, out, err);
    if (status == SL_OK && !is_plain_name(*out)) {
        status = sl_yaml_fail(yaml, value, SL_RULE_SUITE_VALUE, err,
                              "expected a name of letters, digits, '.', '_' and '-'");
    }
    return status;
}

static enum sl_status set_name(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    return read_name(yaml, value, &((struct entry *)data)->test.name, err);
}

static enum sl_status set_golden(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    struct entry *entry = data;
    return sl_yaml_path(yaml, value, &entry->test.golden, err);
}

static enum sl_status set_profile(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct entry *)data)->test.profile, err);
}

static enum sl_status set_default_target(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                         struct sl_error *err)
{
    struct sl_suite_test *test = &((struct entry *)data)->test;
    return read_size(yaml, value, &test->default_target_width, &test->default_target_height, err);
}

static enum sl_status set_repeat(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    uint64_t repeat = 1;
    enum sl_status status = sl_yaml_number(yaml, value, 1, REPEAT_MAX, &repeat, err);
    ((struct entry *)data)->test.repeat = (uint32_t)repeat;
    return status;
}

static const struct sl_yaml_key test_keys[] = {
    {"trace", false, set_trace},
    {"traces", false, set_traces},
    {"name", false, set_name},
    {"golden", false, set_golden},
    {"profile", false, set_profile},
    {"default_target", false, set_default_target},
    {"repeat", false, set_repeat},
    {"frames", false, set_frames},
    {"expect_fail", false, set_expect_fail},
};

/* Fills in what the entry left open. */
static enum sl_status complete(const struct reader *reader, struct sl_suite_test *test,
                               struct sl_error *err)
{
    if (!test->name) {
        test->name = sl_suite_trace_name(test->trace);
    }
    if (!test->profile && reader->profile) {
        test->profile = strdup(reader->profile);
    }
    if (test->default_target_width == 0) {
        test->default_target_width = reader->width;
        test->default_target_height = reader->height;
    }
    if (test->repeat == 0) {
        test->repeat = (uint32_t)reader->repeat;
    }
    if (!test->name || (reader->profile && !test->profile)) {
        return sl_fail_memory(err, 0);
    }
    if (test->golden) {
        return SL_OK;
    }
    struct sl_buf path = {0};
    sl_buf_printf(&path, "%s/%s", reader->golden_root ? reader->golden_root : "../golden",
                  test->name);
    const char *text = sl_buf_cstr(&path);
    enum sl_status status =
        text ? sl_yaml_resolve(reader->path, text, &test->golden, err) : sl_fail_memory(err, 0);
    sl_buf_finish(&path);
    return status;
}

static bool is_listed(const struct sl_suite *suite, const char *trace)
{
    for (size_t i = 0; i < suite->test_count; i++) {
        if (strcmp(suite->tests[i].trace, trace) == 0) {
            return true;
        }
    }
    return false;
}

/* One test per file that the pattern finds and no earlier entry has, in byte order. */
static enum sl_status expand(struct sl_yaml *yaml, const yaml_node_t *node, struct entry *entry,
                             struct sl_error *err)
{
    struct reader *reader = entry->reader;
    glob_t found = {0};
    int result = glob(entry->pattern, GLOB_ERR, NULL, &found);
    enum sl_status status = SL_OK;
    if (result == GLOB_NOMATCH) {
        status = sl_yaml_fail(yaml, node, SL_RULE_SUITE_TRACE, err, "no file matches '%s'",
                              entry->pattern);
    } else if (result != 0) {
        status = result == GLOB_NOSPACE ? sl_fail_memory(err, 0)
                                        : sl_fail_errno(err, entry->pattern, "list");
    }
    for (size_t i = 0; status == SL_OK && i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        if (strcmp(path, reader->path) == 0 || is_listed(reader->suite, path)) {
            continue;
        }
        struct sl_suite_test test = {
            .default_target_width = entry->test.default_target_width,
            .default_target_height = entry->test.default_target_height,
            .repeat = entry->test.repeat,
            .trace = strdup(path),
            .profile = entry->test.profile ? strdup(entry->test.profile) : NULL,
        };
        status =
            test.trace && !test.profile == !entry->test.profile ? SL_OK : sl_fail_memory(err, 0);
        if (status == SL_OK) {
            status = complete(reader, &test, err);
        }
        if (status == SL_OK) {
            status = sl_suite_add_test(reader->suite, &test, err);
        }
        sl_suite_test_finish(&test);
    }
    globfree(&found);
    return status;
}

static enum sl_status check_entry(struct sl_yaml *yaml, const yaml_node_t *node,
                                  const struct entry *entry, struct sl_error *err)
{
    const struct sl_suite_test *test = &entry->test;
    if (!test->trace == !entry->pattern) {
        return sl_yaml_fail(yaml, node, SL_RULE_SUITE_KEY, err,
                            "expected either 'trace' or 'traces'");
    }
    if (entry->pattern && (test->name || test->golden || test->rules || test->expected_reason)) {
        return sl_yaml_fail(yaml, node, SL_RULE_SUITE_KEY, err,
                            "'traces' goes with 'profile', 'default_target' and 'repeat' only");
    }
    return SL_OK;
}

static enum sl_status add_entry(struct sl_yaml *yaml, const yaml_node_t *node, void *data,
                                struct sl_error *err)
{
    struct entry entry = {.reader = data};
    enum sl_status status = sl_yaml_map(yaml, node, test_keys, COUNT(test_keys), &entry, err);
    if (status == SL_OK) {
        status = check_entry(yaml, node, &entry, err);
    }
    if (status == SL_OK && entry.pattern) {
        status = expand(yaml, node, &entry, err);
    } else if (status == SL_OK) {
        status = complete(entry.reader, &entry.test, err);
        if (status == SL_OK) {
            status = sl_suite_add_test(entry.reader->suite, &entry.test, err);
        }
    }
    sl_suite_test_finish(&entry.test);
    free(entry.pattern);
    return status;
}

/* The keys of the file. */

static enum sl_status set_version(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    (void)data;
    uint64_t version = 0;
    enum sl_status status = sl_yaml_number(yaml, value, 1, UINT32_MAX, &version, err);
    if (status == SL_OK && version > SUITE_VERSION) {
        status = sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_SUITE_VERSION,
                         "suite format %u; known is up to %d", (unsigned)version, SUITE_VERSION);
    }
    return status;
}

static enum sl_status set_suite_name(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                     struct sl_error *err)
{
    return read_name(yaml, value, &((struct reader *)data)->suite->name, err);
}

static enum sl_status set_golden_root(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                      struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct reader *)data)->golden_root, err);
}

static enum sl_status set_common_profile(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                         struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct reader *)data)->profile, err);
}

static enum sl_status set_common_target(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                        struct sl_error *err)
{
    struct reader *reader = data;
    return read_size(yaml, value, &reader->width, &reader->height, err);
}

static enum sl_status set_common_repeat(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                        struct sl_error *err)
{
    return sl_yaml_number(yaml, value, 1, REPEAT_MAX, &((struct reader *)data)->repeat, err);
}

static enum sl_status keep_tests(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    (void)yaml;
    (void)err;
    ((struct reader *)data)->tests = value;
    return SL_OK;
}

static const struct sl_yaml_key file_keys[] = {
    {"scanlock-suite", true, set_version},
    {"name", true, set_suite_name},
    {"golden", false, set_golden_root},
    {"profile", false, set_common_profile},
    {"default_target", false, set_common_target},
    {"repeat", false, set_common_repeat},
    {"tests", true, keep_tests},
};

static enum sl_status read_document(struct sl_yaml *yaml, const yaml_node_t *root,
                                    struct reader *reader, struct sl_error *err)
{
    enum sl_status status = sl_yaml_map(yaml, root, file_keys, COUNT(file_keys), reader, err);
    if (status == SL_OK) {
        status = sl_yaml_sequence(yaml, reader->tests, reader, add_entry, err);
    }
    const char *twin = NULL;
    if (status == SL_OK) {
        status = sl_suite_find_twin(reader->suite, &twin, err);
    }
    if (twin) {
        status = sl_yaml_fail(yaml, reader->tests, SL_RULE_SUITE_NAME, err,
                              "two tests are called '%s'", twin);
    }
    return status;
}

enum sl_status sl_suite_load(const char *path, struct sl_suite *suite, struct sl_error *err)
{
    struct sl_buf file = {0};
    struct sl_yaml yaml;
    const yaml_node_t *root;
    struct reader reader = {.suite = suite, .path = path, .repeat = 1};
    *suite = (struct sl_suite){.path = strdup(path)};
    enum sl_status status = suite->path ? SL_OK : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = sl_file_read(path, SUITE_FILE_MAX, &file, err);
    }
    if (status == SL_OK) {
        status = sl_yaml_parse(&yaml, &sl_suite_yaml, path, 1, file.data, file.size, &root, err);
    }
    if (status == SL_OK) {
        status = read_document(&yaml, root, &reader, err);
        sl_yaml_finish(&yaml);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
        sl_suite_finish(suite);
    }
    free(reader.golden_root);
    free(reader.profile);
    sl_buf_finish(&file);
    return status;
}
