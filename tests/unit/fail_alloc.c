#include "fail_alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

/* The tested code may have threads. */
static _Atomic unsigned countdown;
static _Atomic bool failed;

static bool fails_now(void)
{
    unsigned n = countdown;
    while (n > 0 && !atomic_compare_exchange_weak(&countdown, &n, n - 1)) {
    }
    if (n != 1) {
        return false;
    }
    failed = true;
    errno = ENOMEM;
    return true;
}

void fail_alloc_arm(unsigned n)
{
    countdown = n;
    failed = false;
}

bool fail_alloc_disarm(void)
{
    countdown = 0;
    return failed;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size)
{
    return fails_now() ? NULL : __real_strndup(text, size);
}
