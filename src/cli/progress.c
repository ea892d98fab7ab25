#include "base/clock.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <unistd.h>

enum { INTERVAL_NS = 100000000 };

static uint64_t last_ns;
static bool shown;

void sl_cli_progress(const char *what, uint64_t done, uint64_t total)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    uint64_t now = sl_clock_ns();
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
