#include "base/file.h"

#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 1 << 16 };

static enum sl_status read_stream(FILE *stream, const char *path, uint64_t limit,
                                  struct sl_buf *out, struct sl_error *err)
{
    for (;;) {
        uint8_t *p = sl_buf_extend(out, READ_STEP);
        if (!p) {
            return sl_fail_memory(err, READ_STEP);
        }
        size_t n = fread(p, 1, READ_STEP, stream);
        out->size -= READ_STEP - n;
        if (out->size > limit) {
            return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                           "file is larger than the limit of %" PRIu64 " bytes", limit);
        }
        if (n < READ_STEP) {
            return ferror(stream) ? sl_fail_errno(err, path, "read") : SL_OK;
        }
    }
}

enum sl_status sl_file_read(const char *path, uint64_t limit, struct sl_buf *out,
                            struct sl_error *err)
{
    sl_buf_clear(out);
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return sl_fail_errno(err, path, "open");
    }
    enum sl_status status = read_stream(stream, path, limit, out, err);
    if (status != SL_OK) {
        sl_error_set_file(err, path);
    }
    fclose(stream);
    return status;
}

enum sl_status sl_file_write(const char *path, const void *bytes, size_t size, struct sl_error *err)
{
    struct sl_buf temporary = {0};
    sl_buf_printf(&temporary, "%s.tmp.%ld", path, (long)getpid());
    const char *name = sl_buf_cstr(&temporary);
    if (!name) {
        sl_buf_finish(&temporary);
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = SL_OK;
    FILE *stream = fopen(name, "wb");
    if (!stream) {
        status = sl_fail_errno(err, path, "create");
        goto out;
    }
    bool written = size == 0 || fwrite(bytes, 1, size, stream) == size;
    if (fclose(stream) != 0 || !written) {
        status = sl_fail_errno(err, path, "write");
        unlink(name);
        goto out;
    }
    if (rename(name, path) != 0) {
        status = sl_fail_errno(err, path, "replace");
        unlink(name);
    }
out:
    sl_buf_finish(&temporary);
    return status;
}

enum sl_status sl_file_make_folder(const char *path, struct sl_error *err)
{
    char *copy = strdup(path);
    if (!copy) {
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = SL_OK;
    for (char *p = copy; status == SL_OK && *p;) {
        char *end = strchr(p + 1, '/');
        if (end) {
            *end = '\0';
        }
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            status = sl_fail_errno(err, path, "create folder");
        }
        if (!end) {
            break;
        }
        *end = '/';
        p = end;
    }
    struct stat st;
    if (status == SL_OK && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))) {
        errno = ENOTDIR;
        status = sl_fail_errno(err, path, "create folder");
    }
    free(copy);
    return status;
}

bool sl_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void sl_file_beside(struct sl_buf *out, const char *base, const char *name)
{
    sl_buf_clear(out);
    const char *slash = strrchr(base, '/');
    if (name[0] != '/' && slash) {
        sl_buf_append(out, base, (size_t)(slash - base) + 1);
    }
    sl_buf_text(out, name);
}
