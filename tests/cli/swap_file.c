/*
 * Preloaded into the tool to make two replays of one trace differ: from the SWAP_AFTER-th fopen()
 * of a path ending in SWAP_FROM on, the file SWAP_TO is opened instead.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) FILE *fopen(const char *path, const char *mode)
{
    static int opened;
    static FILE *(*next)(const char *path, const char *mode);
    if (!next) {
        *(void **)&next = dlsym(RTLD_NEXT, "fopen");
    }
    const char *from = getenv("SWAP_FROM");
    const char *to = getenv("SWAP_TO");
    const char *after = getenv("SWAP_AFTER");
    size_t length = strlen(path);
    if (from && to && after && length >= strlen(from) &&
        strcmp(path + length - strlen(from), from) == 0 && ++opened >= atoi(after)) {
        path = to;
    }
    return next(path, mode);
}
