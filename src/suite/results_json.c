#include "suite/results_json.h"

#include "base/file.h"
#include "base/status.h"
#include "base/yaml.h"
#include "suite/json_text.h"
#include "suite/suite_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS_VERSION = 1 };

#define RESULTS_FILE_MAX (UINT64_C(256) << 20)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void print_text_field(struct sl_buf *out, const char *name, const char *text)
{
    sl_buf_printf(out, ", \"%s\": ", name);
    sl_json_string(out, text);
}

static void print_result(struct sl_buf *out, struct sl_result *result)
{
    sl_buf_printf(out, "{\"index\": %" PRIu64, result->index);
    print_text_field(out, "suite", result->suite);
    print_text_field(out, "name", result->name);
    print_text_field(out, "file", result->file);
    print_text_field(out, "outcome", sl_outcome_name(result->outcome));
    sl_buf_printf(out, ", \"status\": %d, \"time_us\": %" PRIu64 ", \"frames\": %" PRIu32,
                  (int)result->status, result->time_us, result->frames);
    print_text_field(out, "message", sl_result_text(&result->message));
    print_text_field(out, "details", sl_result_text(&result->details));
    print_text_field(out, "reason", sl_result_text(&result->reason));
    sl_buf_printf(out, ", \"mismatches\": [%s]}\n", sl_result_text(&result->mismatches));
}

void sl_results_print_json(struct sl_results *results, struct sl_buf *out)
{
    sl_buf_printf(out, "{\"scanlock-results\": %d, \"tests\": %" PRIu64 "}\n", RESULTS_VERSION,
                  results->total);
    for (size_t i = 0; i < results->count; i++) {
        print_result(out, &results->list[i]);
    }
}

/*
 * Reading. JSON as printed above is YAML as well, so the suite's reader does it; only the array of
 * mismatches is kept as text.
 */

static enum sl_status set_version(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    (void)data;
    uint64_t version = 0;
    enum sl_status status = sl_yaml_number(yaml, value, 1, UINT32_MAX, &version, err);
    if (status == SL_OK && version > RESULTS_VERSION) {
        status =
            sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_RESULTS_LINE,
                    "results of version %u; known is up to %d", (unsigned)version, RESULTS_VERSION);
    }
    return status;
}

static enum sl_status set_tests(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return sl_yaml_number(yaml, value, 0, UINT32_MAX, &((struct sl_results *)data)->total, err);
}

static const struct sl_yaml_key header_keys[] = {
    {"scanlock-results", true, set_version},
    {"tests", true, set_tests},
};

static enum sl_status set_index(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return sl_yaml_number(yaml, value, 0, UINT32_MAX, &((struct sl_result *)data)->index, err);
}

static enum sl_status set_suite(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct sl_result *)data)->suite, err);
}

static enum sl_status set_name(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct sl_result *)data)->name, err);
}

static enum sl_status set_file(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct sl_result *)data)->file, err);
}

static enum sl_status set_outcome(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    char *text = NULL;
    enum sl_status status = sl_yaml_text(yaml, value, &text, err);
    if (status == SL_OK && !sl_outcome_of(text, &((struct sl_result *)data)->outcome)) {
        status = sl_yaml_fail(yaml, value, SL_RULE_RESULTS_LINE, err, "unknown outcome");
    }
    free(text);
    return status;
}

static enum sl_status set_status(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    uint64_t number = 0;
    enum sl_status status = sl_yaml_number(yaml, value, SL_OK, SL_ERR_UNSTABLE, &number, err);
    ((struct sl_result *)data)->status = (enum sl_status)number;
    return status;
}

static enum sl_status set_time(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    return sl_yaml_number(yaml, value, 0, UINT64_MAX, &((struct sl_result *)data)->time_us, err);
}

static enum sl_status set_frames(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    uint64_t number = 0;
    enum sl_status status = sl_yaml_number(yaml, value, 0, UINT32_MAX, &number, err);
    ((struct sl_result *)data)->frames = (uint32_t)number;
    return status;
}

static enum sl_status read_into(struct sl_yaml *yaml, const yaml_node_t *value, struct sl_buf *out,
                                struct sl_error *err)
{
    char *text = NULL;
    enum sl_status status = sl_yaml_text(yaml, value, &text, err);
    if (status == SL_OK) {
        sl_buf_text(out, text);
        status = out->failed ? sl_fail_memory(err, 0) : SL_OK;
    }
    free(text);
    return status;
}

static enum sl_status set_message(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    return read_into(yaml, value, &((struct sl_result *)data)->message, err);
}

static enum sl_status set_details(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    return read_into(yaml, value, &((struct sl_result *)data)->details, err);
}

static enum sl_status set_reason(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    return read_into(yaml, value, &((struct sl_result *)data)->reason, err);
}

static enum sl_status skip_mismatches(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                      struct sl_error *err)
{
    (void)data;
    return value->type == YAML_SEQUENCE_NODE
               ? SL_OK
               : sl_yaml_fail(yaml, value, SL_RULE_RESULTS_LINE, err, "expected an array");
}

static const struct sl_yaml_key result_keys[] = {
    {"index", true, set_index},     {"suite", true, set_suite},
    {"name", true, set_name},       {"file", true, set_file},
    {"outcome", true, set_outcome}, {"status", true, set_status},
    {"time_us", true, set_time},    {"frames", true, set_frames},
    {"message", true, set_message}, {"details", true, set_details},
    {"reason", true, set_reason},   {"mismatches", true, skip_mismatches},
};

/* The text between the brackets of the array, which is the last field of the line. */
static bool keep_mismatches(struct sl_buf *out, const char *line, size_t length)
{
    static const char key[] = "\"mismatches\": [";
    size_t key_size = sizeof(key) - 1;
    const char *last = NULL;
    for (size_t i = 0; i + key_size <= length; i++) {
        if (memcmp(line + i, key, key_size) == 0) {
            last = line + i + key_size;
        }
    }
    if (!last || length < 2 || memcmp(line + length - 2, "]}", 2) != 0) {
        return false;
    }
    sl_buf_append(out, last, (size_t)(line + length - 2 - last));
    return true;
}

static enum sl_status read_line(const char *path, uint32_t number, const char *line, size_t length,
                                struct sl_results *results, struct sl_error *err)
{
    struct sl_yaml yaml;
    const yaml_node_t *root;
    enum sl_status status =
        sl_yaml_parse(&yaml, &sl_suite_yaml, path, number, (const uint8_t *)line, length, &root, err);
    if (status != SL_OK) {
        return status;
    }
    if (number == 1) {
        status = sl_yaml_map(&yaml, root, header_keys, COUNT(header_keys), results, err);
        sl_yaml_finish(&yaml);
        return status;
    }
    struct sl_result *list = sl_suite_grow(results->list, results->count, sizeof(*list));
    if (!list) {
        sl_yaml_finish(&yaml);
        return sl_fail_memory(err, 0);
    }
    results->list = list;
    struct sl_result *result = &list[results->count++];
    *result = (struct sl_result){0};
    status = sl_yaml_map(&yaml, root, result_keys, COUNT(result_keys), result, err);
    if (status == SL_OK && !keep_mismatches(&result->mismatches, line, length)) {
        status = sl_yaml_fail(&yaml, root, SL_RULE_RESULTS_LINE, err,
                              "expected the mismatches at the end of the line");
    } else if (status == SL_OK && result->index >= results->total) {
        status = sl_yaml_fail(&yaml, root, SL_RULE_RESULTS_LINE, err,
                              "the index is not below the number of tests");
    }
    sl_yaml_finish(&yaml);
    return status;
}

static int by_index(const void *a, const void *b)
{
    const struct sl_result *x = a;
    const struct sl_result *y = b;
    if (x->index != y->index) {
        return x->index < y->index ? -1 : 1;
    }
    return 0;
}

static enum sl_status read_lines(const char *path, const char *text, size_t size,
                                 struct sl_results *results, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    uint32_t number = 1;
    for (size_t at = 0; status == SL_OK && at < size; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        if (!end) {
            status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_RESULTS_LINE, "the last line is cut off");
            sl_error_set_line(err, number);
            break;
        }
        size_t length = (size_t)(end - (text + at));
        status = read_line(path, number, text + at, length, results, err);
        at += length + 1;
    }
    if (status == SL_OK && number == 1) {
        status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_RESULTS_LINE, "the file is empty");
    }
    return status;
}

static enum sl_status check_order(struct sl_results *results, struct sl_error *err)
{
    if (results->count) {
        qsort(results->list, results->count, sizeof(*results->list), by_index);
    }
    for (size_t i = 1; i < results->count; i++) {
        if (results->list[i - 1].index == results->list[i].index) {
            return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_RESULTS_LINE,
                           "two results have index %" PRIu64, results->list[i].index);
        }
    }
    return SL_OK;
}

enum sl_status sl_results_read_json(const char *path, struct sl_results *results,
                                    struct sl_error *err)
{
    struct sl_buf file = {0};
    *results = (struct sl_results){0};
    enum sl_status status = sl_file_read(path, RESULTS_FILE_MAX, &file, err);
    if (status == SL_OK) {
        status = read_lines(path, (const char *)file.data, file.size, results, err);
    }
    if (status == SL_OK) {
        status = check_order(results, err);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
        sl_results_finish(results);
    }
    sl_buf_finish(&file);
    return status;
}

/* A total order of the results of one test: worse ones later, then by what they print. */
static int compare_results(struct sl_result *a, struct sl_result *b, bool *no_memory)
{
    if (a->outcome != b->outcome) {
        return a->outcome < b->outcome ? -1 : 1;
    }
    struct sl_buf x = {0};
    struct sl_buf y = {0};
    print_result(&x, a);
    print_result(&y, b);
    const char *p = sl_buf_cstr(&x);
    const char *q = sl_buf_cstr(&y);
    *no_memory = !p || !q;
    int order = *no_memory ? 0 : strcmp(p, q);
    sl_buf_finish(&x);
    sl_buf_finish(&y);
    return order;
}

static enum sl_status check_same_run(const struct sl_results *a, const struct sl_results *b,
                                     struct sl_error *err)
{
    if (a->total != b->total) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_RESULTS_LINE,
                       "the results are of different runs: %" PRIu64 " and %" PRIu64 " tests",
                       a->total, b->total);
    }
    return SL_OK;
}

/* Takes the worse of two results of one test into a. */
static enum sl_status merge_one(struct sl_result *a, struct sl_result *b, struct sl_error *err)
{
    if (strcmp(a->suite, b->suite) != 0 || strcmp(a->name, b->name) != 0) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_RESULTS_LINE,
                       "the results are of different runs: test %" PRIu64 " is %s/%s and %s/%s",
                       a->index, a->suite, a->name, b->suite, b->name);
    }
    bool no_memory = false;
    if (compare_results(a, b, &no_memory) < 0) {
        struct sl_result better = *a;
        *a = *b;
        *b = better;
    }
    return no_memory ? sl_fail_memory(err, 0) : SL_OK;
}

enum sl_status sl_results_merge(struct sl_results *results, struct sl_results *more,
                                struct sl_error *err)
{
    enum sl_status status = check_same_run(results, more, err);
    size_t room = results->count + more->count;
    struct sl_result *list = calloc(room ? room : 1, sizeof(*list));
    if (status == SL_OK && !list) {
        status = sl_fail_memory(err, 0);
    }
    size_t count = 0;
    size_t i = 0;
    size_t k = 0;
    while (status == SL_OK && (i < results->count || k < more->count)) {
        struct sl_result *a = i < results->count ? &results->list[i] : NULL;
        struct sl_result *b = k < more->count ? &more->list[k] : NULL;
        if (a && b && a->index == b->index) {
            status = merge_one(a, b, err);
            k++;
            continue;
        }
        struct sl_result *first = !b || (a && a->index < b->index) ? a : b;
        i += first == a;
        k += first == b;
        list[count++] = *first;
        *first = (struct sl_result){0};
    }
    sl_results_finish(more);
    if (status != SL_OK) {
        for (size_t n = 0; n < count; n++) {
            sl_result_finish(&list[n]);
        }
        free(list);
        return status;
    }
    uint64_t total = results->total;
    sl_results_finish(results);
    *results = (struct sl_results){.list = list, .count = count, .total = total};
    return SL_OK;
}

enum sl_status sl_results_check_complete(const struct sl_results *results, struct sl_error *err)
{
    if (results->count == results->total) {
        return SL_OK;
    }
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_RESULTS_INCOMPLETE,
                   "%" PRIu64 " of %" PRIu64 " tests have no result",
                   results->total - results->count, results->total);
}
