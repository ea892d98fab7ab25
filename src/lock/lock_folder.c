#include "lock/lock_folder.h"

#include "base/status.h"

#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* glob() would sort as the locale wants it. */
enum sl_status sl_lock_list(struct sl_lock_paths *list, const char *golden, struct sl_error *err)
{
    *list = (struct sl_lock_paths){0};
    struct sl_buf pattern = {0};
    for (const char *p = golden; *p; p++) {
        sl_buf_printf(&pattern, strchr("*?[\\", *p) ? "\\%c" : "%c", *p);
    }
    sl_buf_text(&pattern, "/abi/*.yaml");
    const char *text = sl_buf_cstr(&pattern);
    glob_t found = {0};
    int result = text ? glob(text, GLOB_NOSORT, NULL, &found) : GLOB_NOSPACE;
    sl_buf_finish(&pattern);
    if (result == GLOB_NOMATCH) {
        return SL_OK;
    }
    size_t bytes = found.gl_pathc * sizeof(*list->paths);
    list->paths = result == 0 ? calloc(found.gl_pathc, sizeof(*list->paths)) : NULL;
    bool complete = list->paths != NULL;
    for (size_t i = 0; complete && i < found.gl_pathc; i++) {
        list->paths[i] = strdup(found.gl_pathv[i]);
        complete = list->paths[i] != NULL;
        list->count += complete;
    }
    globfree(&found);
    if (result != 0 && result != GLOB_NOSPACE) {
        return sl_fail_errno(err, golden, "list");
    }
    if (!complete) {
        sl_lock_list_finish(list);
        return sl_fail_memory(err, bytes);
    }
    qsort(list->paths, list->count, sizeof(*list->paths), compare_paths);
    return SL_OK;
}

void sl_lock_list_finish(struct sl_lock_paths *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
    *list = (struct sl_lock_paths){0};
}

void sl_lock_path(struct sl_buf *out, const char *golden, const char *abi, uint32_t version)
{
    sl_buf_printf(out, "%s/abi/%s-%" PRIu32 ".%" PRIu32 ".yaml", golden, abi, version >> 16,
                  version & 0xFFFF);
}

enum sl_status sl_lock_read_published(struct sl_abi_lock *lock, const char *path,
                                      struct sl_error *err)
{
    enum sl_status status = sl_abi_lock_read(lock, path, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_buf wanted = {0};
    sl_lock_path(&wanted, "", lock->name, lock->version);
    const char *end = sl_buf_cstr(&wanted);
    size_t length = strlen(path);
    if (!end) {
        status = sl_fail_memory(err, 0);
    } else if (length < wanted.size || strcmp(path + length - wanted.size, end) != 0) {
        status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_LOCK_MODEL,
                         "holds %s %" PRIu32 ".%" PRIu32 ", which is not its name", lock->name,
                         lock->version >> 16, lock->version & 0xFFFF);
        sl_error_set_file(err, path);
    }
    sl_buf_finish(&wanted);
    return status;
}

const char *sl_lock_judge(const struct sl_abi_lock *published, const struct sl_abi_lock *now,
                          const struct sl_lock_diff *diff)
{
    enum sl_lock_class class = sl_lock_diff_class(diff);
    if (published->version > now->version) {
        return "newer than this program";
    }
    if (published->version == now->version && class != SL_LOCK_NONE) {
        return class == SL_LOCK_PATCH
                   ? "published with other descriptions; 'abi lock --docs' takes over the new ones"
                   : "published; what differs needs a new version";
    }
    if (published->version >> 16 == now->version >> 16 && class == SL_LOCK_MAJOR) {
        return "broken within its major version";
    }
    return NULL;
}
