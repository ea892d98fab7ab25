/*
 * Linked into a second tool with fopen() wrapped, to make two replays of one trace differ: once
 * the path SWAP_WHEN was opened (a golden, during the first replay), SWAP_TO is opened instead of
 * SWAP_FROM.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library has both names; which one is called depends on _FILE_OFFSET_BITS. */
FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen64(const char *path, const char *mode)
{
    static bool swapping;
    const char *when = getenv("SWAP_WHEN");
    const char *from = getenv("SWAP_FROM");
    const char *to = getenv("SWAP_TO");
    swapping |= when && strcmp(path, when) == 0;
    if (swapping && from && to && strcmp(path, from) == 0) {
        path = to;
    }
    return __real_fopen64(path, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return __wrap_fopen64(path, mode);
}
