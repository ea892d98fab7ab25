/*
 * ABI locks: up to the first zero byte an old one, behind it a new one. What can be read is
 * written, and what was written must read as the same; comparing two must end, whatever they hold.
 */
#include "fuzz.h"
#include "lock/lock_diff.h"

#include <stdlib.h>
#include <string.h>

static enum sl_lock_class compare(const struct sl_abi_lock *old, const struct sl_abi_lock *new)
{
    struct sl_lock_diff diff;
    enum sl_lock_class class = SL_LOCK_NONE;
    if (sl_lock_compare(&diff, old, new, NULL) == SL_OK) {
        class = sl_lock_diff_class(&diff);
    }
    sl_lock_diff_finish(&diff);
    return class;
}

static void check_round_trip(const struct sl_abi_lock *lock)
{
    struct sl_buf text = {0};
    struct sl_abi_lock again;
    sl_abi_lock_write(&text, lock);
    if (!text.failed && (sl_abi_lock_parse(&again, "again", text.data, text.size, NULL) != SL_OK ||
                         compare(lock, &again) != SL_LOCK_NONE)) {
        abort();
    }
    sl_abi_lock_finish(&again);
    sl_buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t first = zero ? (size_t)(zero - data) : size;
    struct sl_abi_lock old;
    struct sl_abi_lock new = {0};
    enum sl_status status = sl_abi_lock_parse(&old, "old", data, first, NULL);
    if (status == SL_OK) {
        check_round_trip(&old);
        if (compare(&old, &old) != SL_LOCK_NONE) {
            abort();
        }
    }
    if (status == SL_OK && zero) {
        status = sl_abi_lock_parse(&new, "new", zero + 1, size - first - 1, NULL);
    }
    if (status == SL_OK && zero) {
        (void)compare(&old, &new);
        (void)compare(&new, &old);
    }
    sl_abi_lock_finish(&new);
    sl_abi_lock_finish(&old);
    return 0;
}
