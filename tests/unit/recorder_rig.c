#include "recorder_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/recorder.XXXXXX";
static char path[sizeof(folder) + 8];

const char *recorder_rig_path(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/x.slt", folder);
    return path;
}

void recorder_rig_finish(void)
{
    unlink(path);
    cr_assert_eq(rmdir(folder), 0);
}

void recorder_rig_load(const char *name, struct sl_buf *file)
{
    FILE *stream = fopen(name, "rb");
    cr_assert_not_null(stream);
    uint8_t bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), stream)) > 0;) {
        sl_buf_append(file, bytes, n);
    }
    fclose(stream);
    cr_assert_not(file->failed);
}

size_t recorder_rig_expect(const char *name, const struct slt_events *list, bool finished)
{
    struct sl_buf file = {0};
    recorder_rig_load(name, &file);
    enum sl_status status;
    bool complete;
    struct sl_error err;
    size_t count = slt_read_prefix(file.data, file.size, list, &status, &complete, &err);
    cr_assert_eq(status, SL_OK, "%s", err.message);
    cr_assert_eq(complete, finished);
    sl_buf_finish(&file);
    return count;
}

enum sl_status recorder_rig_put_all(struct sl_recorder *rec, const struct slt_events *list,
                                    struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < list->count && status == SL_OK; i++) {
        status = sl_recorder_put(rec, &list->events[i], err);
    }
    return status;
}

void recorder_rig_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}
