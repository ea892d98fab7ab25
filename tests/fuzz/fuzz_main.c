/*
 * Replays fuzz inputs without libFuzzer: usage: DRIVER [--cut] FILE|FOLDER...
 *
 * Each file is fed to the target as it is, with --cut also each of its proper prefixes (an input
 * beyond CUT_ALL bytes is cut at CUT_ALL places spread over it). Inputs are copied into blocks of
 * exactly their size, so that a sanitizer sees each read past the end.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CUT_ALL = 4096, PATH_SIZE = 4096 };

static size_t input_count;

static void *must_allocate(size_t size)
{
    void *block = malloc(size ? size : 1);
    if (!block) {
        fputs("fuzz driver: out of memory\n", stderr);
        exit(5);
    }
    return block;
}

static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = must_allocate(size);
    if (size) {
        memcpy(copy, data, size);
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    input_count++;
}

static int run_file(const char *path, size_t size, bool cut)
{
    FILE *stream = fopen(path, "rb");
    uint8_t *data = must_allocate(size);
    if (!stream || fread(data, 1, size, stream) != size) {
        perror(path);
        exit(5);
    }
    fclose(stream);
    feed(data, size);
    size_t cuts = size < CUT_ALL ? size : CUT_ALL;
    for (size_t i = 0; cut && i < cuts; i++) {
        feed(data, size < CUT_ALL ? i : (size_t)((double)size / CUT_ALL * (double)i));
    }
    free(data);
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_path(const char *path, bool cut)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        perror(path);
        return 5;
    }
    if (!S_ISDIR(st.st_mode)) {
        return run_file(path, (size_t)st.st_size, cut);
    }
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    if (count < 0) {
        perror(path);
        return 5;
    }
    int result = 0;
    for (int i = 0; i < count; i++) {
        char name[PATH_SIZE];
        if (snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name) >= PATH_SIZE ||
            stat(name, &st) != 0 || !S_ISREG(st.st_mode)) {
            fprintf(stderr, "%s/%s: not a plain file\n", path, entries[i]->d_name);
            result = 5;
        } else {
            run_file(name, (size_t)st.st_size, cut);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

int main(int argc, char **argv)
{
    bool cut = false;
    int result = 0;
    feed((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--cut") == 0) {
            cut = true;
            continue;
        }
        int r = run_path(argv[i], cut);
        result = r ? r : result;
    }
    printf("%s: %zu inputs\n", argv[0], input_count);
    return result;
}
