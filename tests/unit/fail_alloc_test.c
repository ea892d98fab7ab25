/* The allocation failures that other tests rely on do happen, and only when armed. */
#include "base/buf.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>

TestSuite(fail_alloc);

/* Three allocations: 64 bytes, 128 bytes, a separate buffer. */
static bool grow_twice(void)
{
    struct sl_buf a = {0};
    struct sl_buf b = {0};
    sl_buf_append_zeros(&a, 64);
    sl_buf_append_zeros(&a, 64);
    sl_buf_append_zeros(&b, 64);
    bool fine = !a.failed && !b.failed;
    sl_buf_finish(&a);
    sl_buf_finish(&b);
    return fine;
}

Test(fail_alloc, each_allocation_fails_once)
{
    for (unsigned n = 1; n <= 3; n++) {
        fail_alloc_arm(n);
        bool fine = grow_twice();
        cr_assert(fail_alloc_disarm());
        cr_assert_not(fine, "allocation %u", n);
    }
    fail_alloc_arm(4);
    bool fine = grow_twice();
    cr_assert_not(fail_alloc_disarm());
    cr_assert(fine);
}
