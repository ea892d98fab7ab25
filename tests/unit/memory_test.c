/* Sparse guest memory: holes, translation, cost, the device write log. */
#include "base/status.h"
#include "memory/memory.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(memory);

static struct sl_mem *with_ram(uint64_t gpa, uint64_t size)
{
    struct sl_mem *mem = sl_mem_create(0);
    cr_assert_eq(sl_mem_add_region(mem, gpa, size, NULL), SL_OK);
    return mem;
}

Test(memory, untouched_ram_reads_zero_and_costs_nothing)
{
    struct sl_mem *mem = with_ram(0, UINT64_C(64) << 30);
    uint8_t bytes[5] = {1, 1, 1, 1, 1};
    cr_assert_eq(sl_mem_read(mem, UINT64_C(63) << 30, bytes, sizeof(bytes)), SL_MEM_OK);
    cr_assert_eq(bytes[0] | bytes[4], 0);
    cr_assert_eq(sl_mem_touched_bytes(mem), 0);
    cr_assert_eq(sl_mem_write(mem, (UINT64_C(63) << 30) + 4094, "abcd", 4), SL_MEM_OK);
    cr_assert_eq(sl_mem_touched_bytes(mem), 2 * SL_MEM_PAGE_SIZE);
    sl_mem_destroy(mem);
}

Test(memory, a_write_into_a_hole_changes_nothing)
{
    struct sl_mem *mem = with_ram(0x1000, 0x1000);
    cr_assert_eq(sl_mem_add_region(mem, 0x3000, 0x1000, NULL), SL_OK);
    cr_assert_eq(sl_mem_write(mem, 0x1FFE, "abcd", 4), SL_MEM_HOLE);
    cr_assert_eq(sl_mem_write(mem, 0xFFE, "abcd", 4), SL_MEM_HOLE);
    cr_assert_eq(sl_mem_write(mem, UINT64_MAX, "ab", 2), SL_MEM_HOLE);
    cr_assert_eq(sl_mem_touched_bytes(mem), 0);
    cr_assert(sl_mem_is_ram(mem, 0x3000, 0x1000));
    cr_assert_not(sl_mem_is_ram(mem, 0x3000, 0x1001));
    cr_assert(sl_mem_is_ram(mem, 0x2800, 0));
    sl_mem_destroy(mem);
}

Test(memory, adjacent_regions_are_one_range)
{
    struct sl_mem *mem = with_ram(0x2000, 0x1000);
    cr_assert_eq(sl_mem_add_region(mem, 0x1000, 0x1000, NULL), SL_OK);
    cr_assert_eq(sl_mem_write(mem, 0x1FFE, "abcd", 4), SL_MEM_OK);
    size_t run;
    const uint8_t *p = sl_mem_peek(mem, 0x1FFE, 4, &run);
    cr_assert_not_null(p);
    cr_assert_eq(run, 2, "a run ends with its region");
    cr_assert_eq(memcmp(p, "ab", 2), 0);
    sl_mem_destroy(mem);
}

Test(memory, regions_are_checked)
{
    static const struct sl_ram_region bad[] = {
        {0x800, 0x1000}, {0x1000, 0x800}, {0, 0}, {0xFFFFFFFFFFFFF000, 0x2000},
        {0x4000, 0x2000}, {0x2000, 0x2001000}, {0x5000, 0x1000},
    };
    struct sl_mem *mem = with_ram(0x5000, 0x2000);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sl_error err = {0};
        cr_assert_eq(sl_mem_add_region(mem, bad[i].gpa, bad[i].size, &err), SL_ERR_DAMAGED,
                     "region %zu", i);
        cr_assert_str_eq(err.rule, "mem.region");
    }
    cr_assert_eq(sl_mem_add_region(mem, 0xFFFFFFFFFFFFF000, 0x1000, NULL), SL_OK);
    cr_assert_eq(sl_mem_write(mem, 0xFFFFFFFFFFFFFFFF, "x", 1), SL_MEM_OK);
    sl_mem_destroy(mem);
}

Test(memory, the_limit_counts_touched_pages)
{
    struct sl_mem *mem = sl_mem_create(2 * SL_MEM_PAGE_SIZE);
    cr_assert_eq(sl_mem_add_region(mem, 0, UINT64_C(1) << 40, NULL), SL_OK);
    cr_assert_eq(sl_mem_write(mem, 0, "x", 1), SL_MEM_OK);
    cr_assert_eq(sl_mem_write(mem, UINT64_C(1) << 39, "x", 1), SL_MEM_OK);
    cr_assert_eq(sl_mem_write(mem, 1, "y", 1), SL_MEM_OK);
    cr_assert_eq(sl_mem_write(mem, 0x100000, "x", 1), SL_MEM_FULL);
    sl_mem_destroy(mem);
}

Test(memory, the_log_joins_what_the_device_wrote)
{
    struct sl_mem *mem = with_ram(0, 0x10000);
    sl_mem_write(mem, 0x9000, "guest", 5);
    sl_mem_dma_write(mem, 0x2004, "abcd", 4);
    sl_mem_dma_write(mem, 0x1000, "ab", 2);
    sl_mem_dma_write(mem, 0x2000, "abcd", 4);
    sl_mem_dma_write(mem, 0x2006, "abcd", 4);
    size_t count;
    bool lost;
    const struct sl_mem_range *log = sl_mem_take_log(mem, &count, &lost);
    cr_assert_eq(count, 2);
    cr_assert_not(lost);
    cr_assert(log[0].gpa == 0x1000 && log[0].size == 2);
    cr_assert(log[1].gpa == 0x2000 && log[1].size == 10);
    sl_mem_take_log(mem, &count, &lost);
    cr_assert_eq(count, 0);
    sl_mem_destroy(mem);
}

Test(memory, a_range_inside_a_block_is_contiguous)
{
    struct sl_mem *mem = with_ram(0, UINT64_C(8) << 20);
    static uint8_t pattern[3 << 20];
    for (size_t i = 0; i < sizeof(pattern); i++) {
        pattern[i] = (uint8_t)(i * 7 + i / 256);
    }
    cr_assert_eq(sl_mem_write(mem, 0x12345, pattern, sizeof(pattern)), SL_MEM_OK);
    size_t run;
    sl_mem_peek(mem, 0x12345, sizeof(pattern), &run);
    cr_assert_eq(run, SL_MEM_BLOCK_SIZE - 0x12345);
    static uint8_t back[3 << 20];
    cr_assert_eq(sl_mem_read(mem, 0x12345, back, sizeof(back)), SL_MEM_OK);
    cr_assert_eq(memcmp(back, pattern, sizeof(back)), 0);
    sl_mem_destroy(mem);
}
