/* Suite files and results files. Results that are accepted can be printed and read again. */
#include "fuzz.h"
#include "suite/results_json.h"
#include "suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory with these bytes; its path goes to path. */
static int make_file(const void *data, size_t size, char path[64])
{
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void print_and_read_again(struct sl_results *results)
{
    struct sl_buf text = {0};
    sl_results_print_json(results, &text);
    char path[64];
    int fd = make_file(text.data, text.size, path);
    struct sl_results again;
    if (sl_results_read_json(path, &again, NULL) != SL_OK) {
        abort();
    }
    struct sl_buf twice = {0};
    sl_results_print_json(&again, &twice);
    if (text.size != twice.size || memcmp(text.data, twice.data, text.size) != 0) {
        abort();
    }
    sl_buf_finish(&twice);
    sl_results_finish(&again);
    close(fd);
    sl_buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = make_file(data, size, path);
    struct sl_suite suite;
    if (sl_suite_load(path, &suite, NULL) == SL_OK) {
        sl_suite_finish(&suite);
    }
    struct sl_results results;
    if (sl_results_read_json(path, &results, NULL) == SL_OK) {
        print_and_read_again(&results);
        sl_results_finish(&results);
    }
    close(fd);
    return 0;
}
