/* The vblank clock, at 60 Hz: a period of 16666667 ns unless an option says otherwise. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>

enum { PERIOD = 16666667, VBLANK = 2 };

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_vblank, .init = up, .fini = down);

static void enable(uint32_t on)
{
    aerogpu_rig_set(&rig, 0x400, on);
}

static uint64_t seq(void)
{
    return aerogpu_rig_get64(&rig, 0x420);
}

static uint64_t time_ns(void)
{
    return aerogpu_rig_get64(&rig, 0x428);
}

Test(aerogpu_front_vblank, the_first_edge_is_one_period_after_enabling)
{
    aerogpu_rig_time(&rig, 1000, 0);
    enable(1);
    aerogpu_rig_time(&rig, 1000 + PERIOD - 1, 0);
    cr_assert_eq(seq(), 0);
    cr_assert_eq(time_ns(), 0);
    aerogpu_rig_time(&rig, 1000 + PERIOD, 0);
    cr_assert_eq(seq(), 1);
    cr_assert_eq(time_ns(), 1000 + PERIOD);
}

Test(aerogpu_front_vblank, edges_do_not_drift)
{
    enable(1);
    aerogpu_rig_time(&rig, PERIOD + 5, 0);
    aerogpu_rig_time(&rig, 3 * PERIOD - 1, 0);
    cr_assert_eq(seq(), 2);
    cr_assert_eq(time_ns(), 2 * PERIOD);
    aerogpu_rig_time(&rig, 3 * PERIOD, 0);
    cr_assert_eq(time_ns(), 3 * PERIOD);
}

Test(aerogpu_front_vblank, a_disabled_scanout_stops_the_clock)
{
    aerogpu_rig_time(&rig, 10 * PERIOD, 5);
    cr_assert_eq(seq(), 0);
    enable(1);
    aerogpu_rig_time(&rig, 0, 2);
    cr_assert_eq(seq(), 2);
    cr_assert_eq(time_ns(), 17 * PERIOD);
    enable(0);
    aerogpu_rig_time(&rig, 0, 3);
    cr_assert_eq(seq(), 2);
    cr_assert_eq(time_ns(), 17 * PERIOD);
    enable(1); /* counts on from there */
    aerogpu_rig_time(&rig, 0, 1);
    cr_assert_eq(seq(), 3);
    cr_assert_eq(time_ns(), 21 * PERIOD);
}

Test(aerogpu_front_vblank, enabling_again_does_not_move_the_deadline)
{
    enable(1);
    aerogpu_rig_time(&rig, PERIOD / 2, 0);
    enable(5);
    aerogpu_rig_time(&rig, PERIOD, 0);
    cr_assert_eq(seq(), 1);
}

Test(aerogpu_front_vblank, time_never_goes_back)
{
    enable(1);
    aerogpu_rig_time(&rig, 2 * PERIOD, 0);
    aerogpu_rig_time(&rig, 5, 0);
    aerogpu_rig_time(&rig, 0, 1);
    cr_assert_eq(seq(), 3);
    cr_assert_eq(time_ns(), 3 * PERIOD);
}

Test(aerogpu_front_vblank, time_moves_before_periods_run)
{
    enable(1);
    aerogpu_rig_time(&rig, PERIOD, 2);
    cr_assert_eq(seq(), 3);
    cr_assert_eq(time_ns(), 3 * PERIOD);
}

Test(aerogpu_front_vblank, needs_neither_bus_mastering_nor_interrupts)
{
    enable(1);
    aerogpu_rig_command(&rig, 2);
    aerogpu_rig_time(&rig, 0, 2);
    cr_assert_eq(seq(), 2);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), 0);
}

Test(aerogpu_front_vblank, latches_only_while_enabled)
{
    enable(1);
    aerogpu_rig_time(&rig, 0, 1);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), 0);
    aerogpu_rig_set(&rig, 0x304, VBLANK);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), 0, "no old edge is delivered");
    aerogpu_rig_time(&rig, 0, 3);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), VBLANK);
    cr_assert_eq(aerogpu_rig_seen_count(&rig, SL_OBS_IRQ), 1);
    cr_assert_str_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 0)->text, "IRQ_STATUS=SCANOUT_VBLANK");
    aerogpu_rig_set(&rig, 0x308, VBLANK);
    aerogpu_rig_time(&rig, 0, 1);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), VBLANK);
}

Test(aerogpu_front_vblank, disabling_the_scanout_clears_the_pending_bit)
{
    aerogpu_rig_set(&rig, 0x304, VBLANK);
    enable(1);
    aerogpu_rig_time(&rig, 0, 1);
    enable(0);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x300), 0);
    cr_assert_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 1)->value, 0);
}

/* 1024 edges are caught up with; then the next one is a period from now. */
Test(aerogpu_front_vblank, catching_up_ends_after_1024_edges)
{
    enable(1);
    uint64_t now = UINT64_C(2000) * PERIOD + 7;
    aerogpu_rig_time(&rig, now, 0);
    cr_assert_eq(seq(), 1024);
    cr_assert_eq(time_ns(), UINT64_C(1024) * PERIOD);
    aerogpu_rig_time(&rig, now + PERIOD - 1, 0);
    cr_assert_eq(seq(), 1024);
    aerogpu_rig_time(&rig, now + PERIOD, 0);
    cr_assert_eq(seq(), 1025);
    cr_assert_eq(time_ns(), now + PERIOD);
}

Test(aerogpu_front_vblank, exactly_1024_late_edges_keep_the_schedule)
{
    enable(1);
    aerogpu_rig_time(&rig, UINT64_C(1024) * PERIOD + 7, 0);
    cr_assert_eq(seq(), 1024);
    aerogpu_rig_time(&rig, UINT64_C(1025) * PERIOD, 0);
    cr_assert_eq(seq(), 1025);
}

Test(aerogpu_front_vblank, a_million_periods_are_a_million_edges)
{
    aerogpu_rig_time(&rig, 123, 0);
    enable(1);
    aerogpu_rig_time(&rig, 0, 1000000);
    cr_assert_eq(seq(), 1000000);
    cr_assert_eq(time_ns(), 123 + UINT64_C(1000000) * PERIOD);
    aerogpu_rig_time(&rig, 123 + UINT64_C(1000001) * PERIOD, 0);
    cr_assert_eq(seq(), 1000001);
}

Test(aerogpu_front_vblank, the_clock_ends_with_64_bits)
{
    enable(1);
    aerogpu_rig_time(&rig, UINT64_MAX - 10, 0);
    cr_assert_eq(seq(), 1024);
    aerogpu_rig_time(&rig, UINT64_MAX, UINT32_MAX);
    aerogpu_rig_time(&rig, 0, UINT32_MAX);
    cr_assert_eq(seq(), 1024, "no deadline lies past the end of time");
    enable(0);
    enable(1);
    aerogpu_rig_time(&rig, 0, UINT32_MAX);
    cr_assert_eq(seq(), 1024);
}

Test(aerogpu_front_vblank, a_ring_reset_leaves_the_counters)
{
    enable(1);
    aerogpu_rig_time(&rig, 0, 2);
    aerogpu_rig_set(&rig, 0x10C, 3);
    cr_assert_eq(seq(), 2);
    aerogpu_rig_time(&rig, 0, 1);
    cr_assert_eq(seq(), 3);
}

Test(aerogpu_front_vblank, periods_round_up)
{
    static const struct {
        const char *hz;
        uint32_t period;
    } cases[] = {
        {"1", 1000000000}, {"3", 333333334}, {"50", 20000000}, {"144", 6944445}, {"1000000000", 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sl_option option = {.name = "vblank_hz", .value = cases[i].hz};
        const struct sl_target_config config = {
            .profile = "", .options = &option, .option_count = 1};
        aerogpu_rig_finish(&rig);
        aerogpu_rig_init_with(&rig, &config);
        cr_assert_eq(aerogpu_rig_get(&rig, 0x430), cases[i].period);
        enable(1);
        aerogpu_rig_time(&rig, 0, UINT32_MAX);
        cr_assert_eq(seq(), UINT32_MAX);
        cr_assert_eq(time_ns(), (uint64_t)cases[i].period * UINT32_MAX);
    }
}
