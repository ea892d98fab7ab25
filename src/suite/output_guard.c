#include "suite/output_guard.h"

#include "base/buf.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/*
 * Canonical form of a path of which only the front may exist: the longest part that does, made
 * canonical, and the rest as it stands. NULL without memory.
 */
static char *canonical(const char *path)
{
    char *front = strdup(path);
    struct sl_buf whole = {0};
    char *found = NULL;
    size_t length = strlen(path);
    while (front && !(found = realpath(length ? front : ".", NULL)) && length) {
        while (length && front[length - 1] != '/') {
            length--;
        }
        while (length && front[length - 1] == '/') {
            length--;
        }
        front[length] = '\0';
    }
    if (found) {
        const char *rest = path + length;
        sl_buf_text(&whole, found);
        if (*rest && *rest != '/') {
            sl_buf_u8(&whole, '/');
        }
        sl_buf_text(&whole, rest);
    }
    const char *text = found ? sl_buf_cstr(&whole) : NULL;
    char *result = text ? strdup(text) : NULL;
    sl_buf_finish(&whole);
    free(found);
    free(front);
    return result;
}

static bool is_inside(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool is_parent(const char *path, const char *folder)
{
    const char *slash = strrchr(folder, '/');
    size_t length = slash ? (size_t)(slash - folder) : 0;
    return strlen(path) == length && strncmp(path, folder, length) == 0;
}

static enum sl_status guard_test(const char *output, const char *path,
                                 const struct sl_suite_test *test, struct sl_error *err)
{
    char *golden = canonical(test->golden);
    if (!golden) {
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = SL_OK;
    if (is_inside(path, golden) || is_parent(path, golden)) {
        status = sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE,
                         "the output folder %s is where goldens are", output);
    }
    free(golden);
    return status;
}

enum sl_status sl_output_guard(const char *output, const struct sl_suite *suites,
                               size_t suite_count, struct sl_error *err)
{
    char *path = canonical(output);
    enum sl_status status = path ? SL_OK : sl_fail_memory(err, 0);
    for (size_t i = 0; i < suite_count; i++) {
        for (size_t k = 0; status == SL_OK && k < suites[i].test_count; k++) {
            status = guard_test(output, path, &suites[i].tests[k], err);
        }
    }
    free(path);
    return status;
}
