#include "base/clock.h"

#include <time.h>

uint64_t sl_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

uint64_t sl_clock_ms(void)
{
    return sl_clock_ns() / 1000000;
}
