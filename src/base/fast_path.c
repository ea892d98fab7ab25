#include "base/fast_path.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SL_FAST_PATH_COUNT] = {
    [SL_FAST_VECTOR] = "vector",
    [SL_FAST_SAMPLING] = "sampling",
    [SL_FAST_RASTER] = "raster",
    [SL_FAST_THREADS] = "threads",
};

static bool disabled[SL_FAST_PATH_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool lists(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, size) == 0 && (at[size] == ',' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

static void read_environment(void)
{
    const char *list = getenv("SCANLOCK_DISABLE");
    for (size_t i = 0; list && i < SL_FAST_PATH_COUNT; i++) {
        disabled[i] = lists(list, names[i]);
    }
}

bool sl_fast_path(enum sl_fast_path path)
{
    pthread_once(&once, read_environment);
    return !disabled[path];
}

const char *sl_fast_path_name(enum sl_fast_path path)
{
    return names[path];
}
