#include "shader/host_flags.h"

#if defined(__x86_64__)

#include <float.h>

/* MXCSR (Intel SDM, volume 1, 10.2.3). */
#define DENORMAL_FLAG 0x0002u
#define UNDERFLOW_FLAG 0x0010u

unsigned sl_host_flags_get(void)
{
    return __builtin_ia32_stmxcsr();
}

void sl_host_flags_set(unsigned flags)
{
    __builtin_ia32_ldmxcsr(flags);
}

void sl_host_flags_clear(void)
{
    unsigned now = sl_host_flags_get();
    if (now & (DENORMAL_FLAG | UNDERFLOW_FLAG)) {
        sl_host_flags_set(now & ~(DENORMAL_FLAG | UNDERFLOW_FLAG));
    }
}

bool sl_host_flags_denormal(void)
{
    return sl_host_flags_get() & (DENORMAL_FLAG | UNDERFLOW_FLAG);
}

/* Vectors, since those are what is to be watched. Volatile, so that the operation happens. */
typedef float floats __attribute__((vector_size(16)));

static unsigned flags_of_product(float a, float b)
{
    volatile floats left = {1.0f, 1.0f, a, 1.0f};
    volatile floats right = {1.0f, 1.0f, b, 1.0f};
    sl_host_flags_clear();
    volatile floats product = left * right;
    (void)product;
    return sl_host_flags_get() & (DENORMAL_FLAG | UNDERFLOW_FLAG);
}

static unsigned flags_of_comparison(float a, float b)
{
    volatile float left = a;
    volatile float right = b;
    sl_host_flags_clear();
    volatile bool less = left < right;
    (void)less;
    return sl_host_flags_get() & (DENORMAL_FLAG | UNDERFLOW_FLAG);
}

bool sl_host_flags_work(void)
{
    unsigned before = sl_host_flags_get();
    bool work = flags_of_product(1.0f, 2.0f) == 0 &&
                flags_of_product(FLT_TRUE_MIN, 2.0f) & DENORMAL_FLAG &&
                flags_of_product(FLT_MIN, 0x1.fffffep-1f) & UNDERFLOW_FLAG &&
                flags_of_product(FLT_MIN, 0x1.234566p-3f) & UNDERFLOW_FLAG &&
                flags_of_comparison(FLT_TRUE_MIN, 1.0f) & DENORMAL_FLAG;
    sl_host_flags_set(before);
    return work;
}

#else

bool sl_host_flags_work(void)
{
    return false;
}

unsigned sl_host_flags_get(void)
{
    return 0;
}

void sl_host_flags_set(unsigned flags)
{
    (void)flags;
}

void sl_host_flags_clear(void)
{
}

bool sl_host_flags_denormal(void)
{
    return true;
}

#endif
