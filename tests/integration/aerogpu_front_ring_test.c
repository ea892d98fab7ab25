/* Doorbells, the ring header, ring reset, and what bus mastering switches. */
#include "aerogpu_rig.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <string.h>

enum { HEAD = AEROGPU_RIG_RING + 0x18, TAIL = AEROGPU_RIG_RING + 0x1C };

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_ring, .init = up, .fini = down);

static void push(uint64_t fence)
{
    const struct aerogpu_rig_desc desc = {.desc_size_bytes = 64, .signal_fence = fence};
    aerogpu_rig_push(&rig, &desc);
}

static uint32_t head(void)
{
    return aerogpu_rig_mem32(&rig, HEAD);
}

static void expect_error(uint32_t code, const char *text)
{
    cr_assert_eq(aerogpu_rig_error(&rig), code, "%s", text);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1, "%s", text);
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), 0, "%s", text);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), 0x80000000, "%s", text);
    const struct aerogpu_seen *seen = aerogpu_rig_seen(&rig, SL_OBS_ERROR, 0);
    cr_assert_not_null(seen);
    cr_assert_not_null(strstr(seen->text, text), "%s", seen->text);
}

Test(aerogpu_front_ring, entries_run_in_order_and_head_follows)
{
    push(1);
    push(2);
    push(3);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(head(), 3);
    cr_assert_eq(aerogpu_rig_fence(&rig), 3);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x200), 0);
}

Test(aerogpu_front_ring, slots_wrap_around)
{
    for (uint64_t fence = 1; fence <= 40; fence += 8) {
        for (uint64_t i = 0; i < 8; i++) {
            push(fence + i);
        }
        aerogpu_rig_ring(&rig);
        cr_assert_eq(aerogpu_rig_fence(&rig), fence + 7);
    }
    cr_assert_eq(head(), 40);
}

Test(aerogpu_front_ring, counters_wrap_at_32_bits)
{
    aerogpu_rig_mem_set32(&rig, HEAD, 0xFFFFFFFE);
    rig.tail = 0xFFFFFFFE;
    push(1);
    push(2);
    push(3);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(head(), 1);
    cr_assert_eq(aerogpu_rig_fence(&rig), 3);
}

Test(aerogpu_front_ring, a_full_ring_is_accepted)
{
    for (uint64_t fence = 1; fence <= 16; fence++) {
        push(fence);
    }
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 16);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
}

Test(aerogpu_front_ring, one_entry_too_many_drops_all)
{
    push(1);
    aerogpu_rig_mem_set32(&rig, TAIL, 17);
    aerogpu_rig_ring(&rig);
    expect_error(1, "CMD_DECODE class=BAD_STREAM fence=0: ring: 17 entries pending of 16");
    cr_assert_eq(head(), 17);
    cr_assert_eq(aerogpu_rig_fence(&rig), 0);
}

Test(aerogpu_front_ring, an_empty_ring_does_nothing)
{
    aerogpu_rig_set(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0, "no fence page before step 7");
}

Test(aerogpu_front_ring, a_disabled_ring_loses_the_doorbell)
{
    push(1);
    aerogpu_rig_set(&rig, 0x10C, 0);
    aerogpu_rig_ring(&rig);
    aerogpu_rig_set(&rig, 0x10C, 1);
    cr_assert_eq(aerogpu_rig_fence(&rig), 0);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
}

Test(aerogpu_front_ring, no_address_or_size)
{
    aerogpu_rig_set(&rig, 0x100, 0);
    aerogpu_rig_ring(&rig);
    expect_error(1, "ring: RING_GPA is 0");
}

Test(aerogpu_front_ring, no_size)
{
    aerogpu_rig_set(&rig, 0x108, 0);
    aerogpu_rig_ring(&rig);
    expect_error(1, "ring: RING_SIZE_BYTES is 0");
}

Test(aerogpu_front_ring, a_mapping_that_wraps_is_out_of_bounds)
{
    aerogpu_rig_set64(&rig, 0x100, UINT64_MAX - 63); /* the header ends at 2^64 exactly */
    aerogpu_rig_ring(&rig);
    expect_error(2, "OOB class=OUT_OF_BOUNDS fence=0: ring: 0xffffffffffffffc0");
}

/* Memory at the top of the address space, so that the header can be reached. */
Test(aerogpu_front_ring, a_wrapping_ring_is_emptied_if_its_counters_can_be_reached)
{
    uint64_t page = UINT64_MAX - 4095;
    cr_assert_eq(sl_mem_add_region(rig.mem, page, 4096, NULL), SL_OK);
    aerogpu_rig_mem_set32(&rig, page + 0x1C, 9);
    aerogpu_rig_set64(&rig, 0x100, page);
    aerogpu_rig_set(&rig, 0x108, 4097);
    aerogpu_rig_ring(&rig);
    expect_error(2, "wraps around");
    cr_assert_eq(aerogpu_rig_mem32(&rig, page + 0x18), 9);
}

Test(aerogpu_front_ring, header_faults)
{
    static const struct {
        uint32_t offset;
        uint32_t value;
        uint32_t code;
        const char *text;
    } cases[] = {
        {0x00, 0x474E5240, 1, "ring: magic is 0x474e5240"},
        {0x04, 0x00000004, 1, "ring: abi_version is 0x00000004"},
        {0x04, 0x00020000, 1, "ring: abi_version is 0x00020000"},
        {0x0C, 0, 1, "ring: entry_count 0 is no power of two"},
        {0x0C, 12, 1, "ring: entry_count 12 is no power of two"},
        {0x10, 63, 1, "ring: entry_stride_bytes 63 is below 64"},
        {0x0C, 32, 1, "ring: 32 entries of 64 bytes do not fit in size_bytes 1088"},
        {0x0C, 0x80000000, 1, "ring: 2147483648 entries of 64 bytes"},
        {0x10, 0xFFFFFFFF, 1, "ring: 16 entries of 4294967295 bytes"},
        {0x08, 1087, 1, "do not fit in size_bytes 1087"},
        {0x08, 1089, 2, "ring: size_bytes 1089 exceeds RING_SIZE_BYTES 1088"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        push(1);
        aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + cases[i].offset, cases[i].value);
        aerogpu_rig_ring(&rig);
        expect_error(cases[i].code, cases[i].text);
        cr_assert_eq(head(), 0, "head stays");
        cr_assert_eq(aerogpu_rig_mem32(&rig, TAIL), 1, "tail stays");
        aerogpu_rig_finish(&rig);
        aerogpu_rig_init(&rig);
    }
}

Test(aerogpu_front_ring, what_the_header_may_have)
{
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x04, 0x0001FFFF); /* any minor */
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x14, 0xFFFFFFFF); /* flags */
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x20, 0xFFFFFFFF); /* reserved */
    push(1);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
}

Test(aerogpu_front_ring, slots_are_a_stride_apart)
{
    /* 8 slots of 128 bytes: slot 1 is where slot 2 of the rig's own layout is. */
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x0C, 8);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x10, 128);
    push(1);
    rig.tail = 2;
    push(5);
    aerogpu_rig_mem_set32(&rig, TAIL, 2);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 5);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    cr_assert_eq(head(), 2);
}

Test(aerogpu_front_ring, a_header_that_is_no_ram_reads_as_ones)
{
    aerogpu_rig_set64(&rig, 0x100, UINT64_C(0x100000000));
    aerogpu_rig_ring(&rig);
    expect_error(1, "ring: magic is 0xffffffff");
}

Test(aerogpu_front_ring, a_descriptor_that_is_no_ram_reads_as_ones)
{
    /* The header is the last 64 bytes of RAM: the first slot lies behind it. */
    uint64_t gpa = AEROGPU_RIG_RAM_SIZE - 64;
    uint8_t header[64];
    cr_assert_eq(sl_mem_read(rig.mem, AEROGPU_RIG_RING, header, 64), SL_MEM_OK);
    sl_put_le32(header + 0x1C, 1);
    aerogpu_rig_mem_set(&rig, gpa, header, 64);
    aerogpu_rig_set64(&rig, 0x100, gpa);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_error(&rig), 2, "cmd_gpa + cmd_size_bytes wraps");
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), UINT64_MAX);
    cr_assert_eq(aerogpu_rig_fence(&rig), UINT64_MAX);
    cr_assert_eq(aerogpu_rig_mem32(&rig, gpa + 0x18), 1);
}

Test(aerogpu_front_ring, fence_page_is_written_behind_each_doorbell)
{
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0, "not by programming it");
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_FENCE_PAGE + 16, 0x77777777);
    push(UINT64_C(0x300000002));
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0x434E4546);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 4), 0x00010004);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 8), 2);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 12), 3);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 16), 0x77777777);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_FENCE_PAGE, 0);
    push(0); /* signals nothing, the page is written all the same */
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0x434E4546);
}

Test(aerogpu_front_ring, a_fence_page_that_wraps_is_not_written)
{
    uint64_t page = UINT64_MAX - 4095;
    cr_assert_eq(sl_mem_add_region(rig.mem, page, 4096, NULL), SL_OK);
    aerogpu_rig_set64(&rig, 0x120, UINT64_MAX - 55); /* + 56 = 2^64 */
    push(1);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_mem32(&rig, UINT64_MAX - 55), 0);
    aerogpu_rig_set64(&rig, 0x120, UINT64_MAX - 56 - 7);
    push(2);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_mem32(&rig, UINT64_MAX - 56 - 7), 0x434E4546);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
}

Test(aerogpu_front_ring, writes_to_a_hole_vanish)
{
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_RAM_SIZE - 8); /* half of the 16 bytes is RAM */
    push(1);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_RAM_SIZE - 8), 0x434E4546);
    cr_assert_eq(rig.target->impl->fault(rig.target, NULL), SL_OK);
}

Test(aerogpu_front_ring, without_bus_mastering_a_doorbell_waits)
{
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    push(1);
    aerogpu_rig_command(&rig, 2);
    aerogpu_rig_ring(&rig);
    aerogpu_rig_time(&rig, 1000, 0);
    cr_assert_eq(aerogpu_rig_fence(&rig), 0);
    cr_assert_eq(head(), 0);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0);
    aerogpu_rig_command(&rig, 6); /* no second doorbell is needed */
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
    cr_assert_eq(head(), 1);
}

Test(aerogpu_front_ring, a_doorbell_may_be_of_any_width)
{
    push(1);
    rig.target->impl->write(rig.target, SL_SPACE_BAR0, 0x203, 1, 0);
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
    push(2);
    rig.target->impl->write(rig.target, SL_SPACE_BAR0, 0x1FC, 8, 0); /* its high dword */
    cr_assert_eq(aerogpu_rig_fence(&rig), 2);
}

Test(aerogpu_front_ring, ring_reset_clears_and_empties)
{
    aerogpu_rig_set(&rig, 0x304, 0x80000001);
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    push(7);
    aerogpu_rig_ring(&rig);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING, 0);
    aerogpu_rig_ring(&rig); /* an error */
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING, 0x474E5241);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1);
    push(8);
    push(9);
    aerogpu_rig_set(&rig, 0x10C, 3);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x10C), 1);
    cr_assert_eq(aerogpu_rig_fence(&rig), 0);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), 0);
    cr_assert_eq(aerogpu_rig_error(&rig), 0);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    cr_assert_eq(head(), 3);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 8), 0);
    cr_assert_eq(aerogpu_rig_seen_count(&rig, SL_OBS_IRQ), 2);
    cr_assert_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 1)->value, 0, "the line drops");
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x100), AEROGPU_RIG_RING);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x304), 0x80000001);
    push(1); /* fences may start again */
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
}

Test(aerogpu_front_ring, ring_reset_leaves_the_ring_disabled_if_so_written)
{
    aerogpu_rig_set(&rig, 0x10C, 2);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x10C), 0);
}

Test(aerogpu_front_ring, ring_reset_without_bus_mastering_defers_its_memory_part)
{
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    push(1);
    push(2);
    aerogpu_rig_command(&rig, 2);
    aerogpu_rig_ring(&rig);
    aerogpu_rig_set(&rig, 0x10C, 3);
    cr_assert_eq(head(), 0);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0);
    aerogpu_rig_ring(&rig);
    aerogpu_rig_command(&rig, 6);
    cr_assert_eq(head(), 2, "the reset goes before the doorbell");
    cr_assert_eq(aerogpu_rig_fence(&rig), 0);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0x434E4546);
}

Test(aerogpu_front_ring, ring_reset_of_a_wrapping_ring_is_out_of_bounds)
{
    aerogpu_rig_set64(&rig, 0x100, UINT64_MAX - 0x1F); /* + 0x1C + 4 = 2^64 */
    aerogpu_rig_set(&rig, 0x10C, 2);
    expect_error(2, "OOB class=OUT_OF_BOUNDS fence=0: ring reset:");
}

Test(aerogpu_front_ring, ring_reset_without_a_ring_is_fine)
{
    aerogpu_rig_set64(&rig, 0x100, 0);
    aerogpu_rig_set(&rig, 0x10C, 2);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
}
