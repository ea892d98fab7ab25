/* The fence queue: merging, order, vsync pacing. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>

enum { PRESENT = 0x700, PRESENT_EX = 0x701, NOP = 0 };

static struct aerogpu_rig rig;
static struct sl_buf stream;

static void up(void)
{
    aerogpu_rig_init(&rig);
    aerogpu_rig_set(&rig, 0x304, 1);
    aerogpu_rig_set(&rig, 0x400, 1);
}

static void down(void)
{
    sl_buf_finish(&stream);
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_fence, .init = up, .fini = down);

/* Streams stand one behind the other, so that several can be pending. */
static uint64_t next_gpa(void)
{
    return AEROGPU_RIG_STREAM + UINT64_C(0x1000) * rig.tail;
}

static void push_stream(uint64_t fence, uint32_t flags)
{
    uint64_t gpa = next_gpa();
    aerogpu_rig_mem_set(&rig, gpa, stream.data, stream.size);
    const struct aerogpu_rig_desc desc = {
        .desc_size_bytes = 64,
        .flags = flags,
        .cmd_gpa = gpa,
        .cmd_size_bytes = (uint32_t)stream.size,
        .signal_fence = fence,
    };
    aerogpu_rig_push(&rig, &desc);
}

static void push(uint64_t fence, bool gated, uint32_t flags)
{
    aerogpu_stream_begin(&stream);
    if (gated) {
        aerogpu_stream_packet(&stream, PRESENT, (const uint32_t[]){0, 1}, 2);
    }
    push_stream(fence, flags);
}

static void submit(uint64_t fence, bool gated, uint32_t flags)
{
    push(fence, gated, flags);
    aerogpu_rig_ring(&rig);
}

static uint64_t completed(void)
{
    return aerogpu_rig_fence(&rig);
}

static void edge(void)
{
    aerogpu_rig_time(&rig, 0, 1);
}

static uint32_t irq(void)
{
    return aerogpu_rig_get(&rig, 0x300);
}

Test(aerogpu_front_fence, zero_and_old_fences_signal_nothing)
{
    submit(5, false, 0);
    aerogpu_rig_set(&rig, 0x308, 1);
    submit(0, false, 0);
    submit(5, false, 0);
    submit(3, true, 0);
    cr_assert_eq(completed(), 5);
    cr_assert_eq(irq(), 0);
    cr_assert_eq(aerogpu_rig_seen_count(&rig, SL_OBS_FENCE), 1);
    submit(6, false, 0); /* the gated fence 3 holds nothing back */
    cr_assert_eq(completed(), 6);
}

Test(aerogpu_front_fence, jumps_of_32_bits_are_normal)
{
    submit(UINT64_C(0xFFFFFFFF), false, 0);
    submit(UINT64_C(0x100000001), false, 0);
    cr_assert_eq(completed(), UINT64_C(0x100000001));
}

Test(aerogpu_front_fence, a_gated_fence_waits_for_the_next_edge)
{
    edge();
    submit(1, true, 0);
    cr_assert_eq(completed(), 0);
    cr_assert_eq(irq(), 0);
    edge();
    cr_assert_eq(completed(), 1);
    cr_assert_eq(irq(), 1);
}

Test(aerogpu_front_fence, one_gated_fence_an_edge_with_what_stands_behind_it)
{
    submit(1, true, 0);
    submit(2, false, 0);
    submit(3, true, 0);
    submit(4, true, 0);
    submit(5, false, 0);
    submit(6, false, 0);
    cr_assert_eq(completed(), 0, "fences behind a gated one wait, too");
    edge();
    cr_assert_eq(completed(), 2);
    edge();
    cr_assert_eq(completed(), 3);
    edge();
    cr_assert_eq(completed(), 6);
}

Test(aerogpu_front_fence, immediate_fences_ahead_of_a_gated_one_do_not_wait)
{
    push(1, false, 0);
    push(2, true, 0);
    push(3, false, 0);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(completed(), 1);
    edge();
    cr_assert_eq(completed(), 3);
}

Test(aerogpu_front_fence, equal_fences_merge)
{
    push(1, false, 2);
    push(1, false, 0); /* wants an interrupt for both */
    aerogpu_rig_ring(&rig);
    cr_assert_eq(completed(), 1);
    cr_assert_eq(irq(), 1);
}

Test(aerogpu_front_fence, merging_makes_gated)
{
    push(1, false, 0);
    push(1, true, 0);
    push(2, false, 0);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(completed(), 0);
    edge();
    cr_assert_eq(completed(), 2);
}

Test(aerogpu_front_fence, merging_keeps_gated)
{
    push(1, true, 2);
    push(1, false, 2);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(completed(), 0);
    edge();
    cr_assert_eq(completed(), 1);
    cr_assert_eq(irq(), 0);
}

Test(aerogpu_front_fence, a_lower_fence_than_the_last_queued_is_not_queued)
{
    submit(5, true, 0);
    submit(3, false, 0);
    submit(4, true, 0);
    cr_assert_eq(completed(), 0);
    edge();
    cr_assert_eq(completed(), 5);
    cr_assert_eq(aerogpu_rig_seen_count(&rig, SL_OBS_FENCE), 1);
}

Test(aerogpu_front_fence, a_failed_submission_is_never_gated)
{
    aerogpu_stream_begin(&stream);
    aerogpu_stream_packet(&stream, PRESENT, (const uint32_t[]){0, 1}, 2);
    sl_buf_u32(&stream, 0);
    stream.data[8] = (uint8_t)stream.size; /* a framing error behind the present */
    push_stream(1, 0);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1);
    cr_assert_eq(completed(), 1);
}

Test(aerogpu_front_fence, what_makes_a_stream_gated)
{
    static const struct {
        uint32_t packets[3][3]; /* opcode, words, flags */
        bool gated;
    } cases[] = {
        {{{PRESENT, 2, 1}}, true},
        {{{PRESENT, 2, 0}}, false},
        {{{PRESENT, 2, 2}}, false},
        {{{PRESENT, 2, 0xFFFFFFFF}}, true},
        {{{PRESENT_EX, 4, 1}}, true},
        {{{PRESENT_EX, 4, 0}}, false},
        {{{NOP, 0, 0}, {PRESENT, 2, 0}, {PRESENT_EX, 4, 1}}, true},
        {{{PRESENT, 1, 0}, {PRESENT, 2, 1}}, false}, /* too short ends the scan */
        {{{PRESENT, 2, 1}, {PRESENT, 1, 0}}, true},
        {{{0x7FF, 2, 1}}, false},
        {{{PRESENT_EX, 2, 1}}, true}, /* long enough for the scan */
    };
    uint64_t fence = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        aerogpu_stream_begin(&stream);
        for (size_t p = 0; p < 3; p++) {
            const uint32_t words[4] = {0, cases[i].packets[p][2], 0, 0};
            aerogpu_stream_packet(&stream, cases[i].packets[p][0], words, cases[i].packets[p][1]);
        }
        push_stream(++fence, 0);
        aerogpu_rig_ring(&rig);
        cr_assert_eq(completed() == fence, !cases[i].gated, "case %zu", i);
        edge();
        cr_assert_eq(completed(), fence, "case %zu", i);
    }
}

Test(aerogpu_front_fence, a_disabled_scanout_gates_nothing)
{
    aerogpu_rig_set(&rig, 0x400, 0);
    submit(1, true, 0);
    cr_assert_eq(completed(), 1);
}

Test(aerogpu_front_fence, switching_the_scanout_off_releases_gated_fences)
{
    submit(1, true, 0);
    submit(2, false, 0);
    submit(3, true, 0);
    aerogpu_rig_set(&rig, 0x400, 0);
    cr_assert_eq(completed(), 3);
}

Test(aerogpu_front_fence, without_vblank_nothing_is_gated)
{
    const struct sl_option option = {.name = "vblank_hz", .value = "off"};
    const struct sl_target_config config = {.profile = "", .options = &option, .option_count = 1};
    aerogpu_rig_finish(&rig);
    aerogpu_rig_init_with(&rig, &config);
    aerogpu_rig_set(&rig, 0x400, 1);
    submit(1, true, 0);
    cr_assert_eq(completed(), 1);
}

Test(aerogpu_front_fence, without_bus_mastering_edges_count_but_nothing_completes)
{
    submit(1, true, 0);
    submit(2, true, 0);
    submit(3, true, 0);
    aerogpu_rig_command(&rig, 2);
    edge();
    edge();
    cr_assert_eq(completed(), 0);
    aerogpu_rig_command(&rig, 6);
    cr_assert_eq(completed(), 2, "two edges have passed");
    edge();
    cr_assert_eq(completed(), 3);
}

Test(aerogpu_front_fence, the_page_holds_the_value_before_the_interrupt)
{
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    submit(1, true, 0);
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE), 0x434E4546, "A4");
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 8), 0);
    edge();
    cr_assert_eq(aerogpu_rig_mem32(&rig, AEROGPU_RIG_FENCE_PAGE + 8), 1);
}

Test(aerogpu_front_fence, a_present_waits_for_the_edge_after_it_even_if_late)
{
    /* The step at the doorbell first runs what is due. */
    aerogpu_rig_time(&rig, 16666667, 0);
    submit(1, true, 0);
    cr_assert_eq(completed(), 0);
    aerogpu_rig_time(&rig, 2 * 16666667, 0);
    cr_assert_eq(completed(), 1);
}

Test(aerogpu_front_fence, a_ring_reset_drops_waiting_fences)
{
    submit(5, true, 0);
    aerogpu_rig_set(&rig, 0x10C, 3);
    edge();
    cr_assert_eq(completed(), 0);
    submit(1, true, 0);
    edge();
    cr_assert_eq(completed(), 1);
}

Test(aerogpu_front_fence, many_waiting_fences_complete_in_order)
{
    uint64_t last = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 8; i++) {
            push(++last, i % 2 == 0, 0);
        }
        aerogpu_rig_ring(&rig);
        edge();
    }
    cr_assert_eq(completed(), 80, "two a round");
    for (unsigned i = 0; i < 120; i++) {
        edge();
    }
    cr_assert_eq(completed(), last);
}

Test(aerogpu_front_fence, a_steady_backlog_completes_in_order)
{
    for (uint64_t fence = 1; fence <= 3; fence++) {
        submit(fence, true, 0);
    }
    for (uint64_t fence = 4; fence < 200; fence++) {
        submit(fence, true, 0);
        cr_assert_eq(completed(), fence - 4);
        edge();
        cr_assert_eq(completed(), fence - 3);
    }
}
