/* IRQ_STATUS, the line, and the error registers. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>

enum { FENCE = 1, VBLANK = 2 };
#define ERROR 0x80000000u

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_interrupt, .init = up, .fini = down);

static uint32_t status(void)
{
    return aerogpu_rig_get(&rig, 0x300);
}

static void enable(uint32_t mask)
{
    aerogpu_rig_set(&rig, 0x304, mask);
}

static void ack(uint32_t mask)
{
    aerogpu_rig_set(&rig, 0x308, mask);
}

/* The level last observed; 0 before the first observation. */
static uint64_t line(void)
{
    size_t count = aerogpu_rig_seen_count(&rig, SL_OBS_IRQ);
    return count ? aerogpu_rig_seen(&rig, SL_OBS_IRQ, count - 1)->value : 0;
}

static void one_error(void)
{
    aerogpu_rig_set(&rig, 0x108, 0);
    aerogpu_rig_ring(&rig);
    aerogpu_rig_set(&rig, 0x108, 64 + 64 * AEROGPU_RIG_RING_ENTRIES);
}

static void one_fence(uint64_t value)
{
    aerogpu_rig_run(&rig, NULL, value);
}

Test(aerogpu_front_interrupt, a_masked_fence_leaves_no_trace)
{
    one_fence(1);
    cr_assert_eq(status(), 0);
    enable(FENCE);
    cr_assert_eq(status(), 0);
    cr_assert_eq(line(), 0);
}

Test(aerogpu_front_interrupt, an_enabled_fence_raises_the_line_until_acknowledged)
{
    enable(FENCE);
    one_fence(1);
    cr_assert_eq(status(), FENCE);
    cr_assert_eq(line(), 1);
    cr_assert_str_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 0)->text, "IRQ_STATUS=FENCE");
    cr_assert_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 0)->queue, SL_IRQ_INTX);
    one_fence(2);
    cr_assert_eq(aerogpu_rig_seen_count(&rig, SL_OBS_IRQ), 1, "a level, not an edge");
    ack(VBLANK | ERROR);
    cr_assert_eq(line(), 1);
    ack(FENCE);
    cr_assert_eq(status(), 0);
    cr_assert_eq(line(), 0);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x308), 0);
}

Test(aerogpu_front_interrupt, disabling_forgets_fence_and_vblank_but_no_error)
{
    enable(FENCE | VBLANK | ERROR);
    one_fence(1);
    one_error();
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_time(&rig, 0, 1);
    cr_assert_eq(status(), FENCE | VBLANK | ERROR);
    enable(VBLANK);
    cr_assert_eq(status(), VBLANK | ERROR);
    cr_assert_eq(line(), 1);
    enable(0);
    cr_assert_eq(status(), ERROR);
    cr_assert_eq(line(), 0);
    enable(FENCE | VBLANK | ERROR);
    cr_assert_eq(status(), ERROR);
    cr_assert_eq(line(), 1);
}

Test(aerogpu_front_interrupt, an_error_latches_behind_the_mask)
{
    one_error();
    cr_assert_eq(status(), ERROR);
    cr_assert_eq(line(), 0);
    enable(ERROR);
    cr_assert_eq(line(), 1, "unmasking raises at once");
    ack(ERROR);
    cr_assert_eq(line(), 0);
    cr_assert_eq(aerogpu_rig_error(&rig), 1, "acknowledging keeps the error");
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1);
}

Test(aerogpu_front_interrupt, the_enable_register_stores_all_bits)
{
    enable(0xFFFFFFFF);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x304), 0xFFFFFFFF);
}

Test(aerogpu_front_interrupt, intx_disable_holds_the_line_low_and_latches_on)
{
    enable(FENCE);
    aerogpu_rig_command(&rig, 0x406);
    one_fence(1);
    cr_assert_eq(status(), FENCE);
    cr_assert_eq(line(), 0);
    cr_assert_eq(rig.target->impl->read(rig.target, SL_SPACE_CONFIG, 6, 2), 8,
                 "the request shows in STATUS");
    aerogpu_rig_command(&rig, 6);
    cr_assert_eq(line(), 1);
    aerogpu_rig_command(&rig, 0x406);
    cr_assert_eq(line(), 0);
    ack(FENCE);
    cr_assert_eq(rig.target->impl->read(rig.target, SL_SPACE_CONFIG, 6, 2), 0);
}

Test(aerogpu_front_interrupt, no_irq_is_quiet)
{
    enable(FENCE);
    aerogpu_rig_submit(&rig, NULL, NULL, (struct aerogpu_rig_desc){.flags = 2, .signal_fence = 1});
    cr_assert_eq(aerogpu_rig_fence(&rig), 1);
    cr_assert_eq(status(), 0);
}

Test(aerogpu_front_interrupt, a_batch_raises_if_one_of_it_wants)
{
    enable(FENCE);
    struct aerogpu_rig_desc desc = {.desc_size_bytes = 64, .flags = 2, .signal_fence = 1};
    aerogpu_rig_push(&rig, &desc);
    desc = (struct aerogpu_rig_desc){.desc_size_bytes = 64, .signal_fence = 2};
    aerogpu_rig_push(&rig, &desc);
    desc = (struct aerogpu_rig_desc){.desc_size_bytes = 64, .flags = 2, .signal_fence = 3};
    aerogpu_rig_push(&rig, &desc);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 3);
    cr_assert_eq(status(), FENCE);
    cr_assert_eq(aerogpu_rig_seen_count(&rig, SL_OBS_FENCE), 1);
    cr_assert_str_eq(aerogpu_rig_seen(&rig, SL_OBS_FENCE, 0)->text, "COMPLETED_FENCE=3");
}

Test(aerogpu_front_interrupt, errors_count_and_name_the_latest)
{
    one_error();
    /* cmd_gpa without a size: CMD_DECODE with the submission's fence. */
    const struct aerogpu_rig_desc bad = {
        .desc_size_bytes = 64, .cmd_gpa = 0x1000, .signal_fence = UINT64_C(0x500000006)};
    aerogpu_rig_push(&rig, &bad);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_error(&rig), 1);
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), UINT64_C(0x500000006));
    cr_assert_eq(aerogpu_rig_error_count(&rig), 2);
    cr_assert_eq(aerogpu_rig_seen(&rig, SL_OBS_ERROR, 1)->value, 1);
    cr_assert_str_eq(aerogpu_rig_seen(&rig, SL_OBS_ERROR, 1)->text,
                     "CMD_DECODE class=BAD_STREAM fence=21474836486: descriptor: of cmd_gpa and "
                     "cmd_size_bytes one is 0");
    one_error();
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), 0);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 3);
}
