#include "cli/cli.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

enum { INTERVAL_NS = 100000000 };

static uint64_t last_ns;
static bool shown;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void sl_cli_progress(const char *what, uint64_t done, uint64_t total)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    uint64_t now = now_ns();
    if (last_ns == 0) {
        last_ns = now; /* short work shows nothing */
    }
    if (now - last_ns < INTERVAL_NS) {
        return;
    }
    last_ns = now;
    shown = true;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " %s", done, total, what);
}

void sl_cli_progress_end(void)
{
    if (shown) {
        fprintf(stderr, "\r%60s\r", "");
    }
    shown = false;
    last_ns = 0;
}
