/* Compute programs: the order of groups and threads, barriers, shared memory, bindings. */
#include "aeroexec_rig.h"

#include "base/bytes.h"

#include <string.h>

TestSuite(draw_dispatch);

enum { PROGRAM = 1, OUTPUT, INPUT };

/* Word 0 of u0 counts threads; word 1 + n is what the n-th of them noted. */
#define NOTE(value)                                                                                \
    "imm_atomic_iadd r1.x, u0, l(0), l(1)\n"                                                       \
    "ishl r1.x, r1.x, l(2)\n"                                                                      \
    "iadd r1.x, r1.x, l(4)\n"                                                                      \
    "store_raw u0.x, r1.x, " value "\n"

static struct rig compute_rig(const char *program, uint32_t output_bytes)
{
    struct rig rig = rig_make();
    rig_create_program(&rig, PROGRAM, SL_ABI_STAGE_COMPUTE, program);
    rig_create_buffer(&rig, OUTPUT, output_bytes, 0, 0);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 0, 0, PROGRAM, 0);
    PACKET(&rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, 2, 0, 1, 0, OUTPUT, 0, 0, 0);
    rig_ok(&rig);
    return rig;
}

static uint32_t word(struct rig *rig, uint32_t index)
{
    uint8_t bytes[4];
    rig_read_buffer(rig, OUTPUT, 4 * (uint64_t)index, bytes, 4);
    return sl_get_le32(bytes);
}

Test(draw_dispatch, groups_and_threads_in_order)
{
    struct rig rig = compute_rig(".program SHEX\ncs_5_0\n"
                                 "dcl_uav_raw u0\n"
                                 "dcl_input vThreadID.xyz\n"
                                 "dcl_temps 2\n"
                                 "dcl_thread_group 3, 2, 2\n"
                                 "imad r0.x, vThreadID.y, l(16), vThreadID.x\n"
                                 "imad r0.x, vThreadID.z, l(256), r0.x\n" NOTE("r0.x") "ret\n",
                                 1024);
    uint32_t place = 1;
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 2, 3, 2, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 0), 12 * 12);
    for (uint32_t group = 0; group < 12; group++) {
        for (uint32_t thread = 0; thread < 12; thread++) {
            uint32_t x = group % 2 * 3 + thread % 3;
            uint32_t y = group / 2 % 3 * 2 + thread / 3 % 2;
            uint32_t z = group / 6 * 2 + thread / 6;
            cr_assert_eq(word(&rig, place), z << 8 | y << 4 | x, "place %u", place);
            place++;
        }
    }
    rig_finish(&rig);
}

/* Before the barrier all threads note their number, then all note it with 100 more. */
Test(draw_dispatch, threads_meet_at_barriers)
{
    struct rig rig = compute_rig(".program SHEX\ncs_5_0\n"
                                 "dcl_uav_raw u0\n"
                                 "dcl_input vThreadIDInGroupFlattened\n"
                                 "dcl_temps 2\n"
                                 "dcl_thread_group 5, 1, 1\n"
                                 "mov r0.x, vThreadIDInGroupFlattened.x\n" NOTE("r0.x")
                                 /* one that ends before it does not hold up the others */
                                 "ieq r0.y, r0.x, l(3)\n"
                                 "retc_nz r0.y\n"
                                 "sync_g_t\n"
                                 "iadd r0.x, r0.x, l(100)\n" NOTE("r0.x") "ret\n",
                                 256);
    static const uint32_t expected[] = {18, 0, 1, 2, 3, 4,   100, 101, 102, 104,
                                        0,  1, 2, 3, 4, 100, 101, 102, 104};
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 2, 1, 1, 0);
    rig_ok(&rig);
    for (uint32_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        cr_assert_eq(word(&rig, i), expected[i], "word %u", i);
    }
    rig_finish(&rig);
}

/* Without a barrier a thread runs to its end before the next begins, whatever they race for. */
Test(draw_dispatch, races_have_one_outcome)
{
    struct rig rig = compute_rig(".program SHEX\ncs_5_0\n"
                                 "dcl_uav_raw u0\n"
                                 "dcl_input vThreadIDInGroupFlattened\n"
                                 "dcl_temps 1\n"
                                 "dcl_thread_group 64, 1, 1\n"
                                 "ld_raw r0.x, l(0), u0.xxxx\n"
                                 "imad r0.x, r0.x, l(3), vThreadIDInGroupFlattened.x\n"
                                 "store_raw u0.x, l(0), r0.x\n"
                                 "store_raw u0.x, l(4), vThreadIDInGroupFlattened.x\n"
                                 "store_raw u0.x, l(4), l(77)\n"
                                 "ret\n",
                                 16);
    uint32_t expected = 0;
    for (uint32_t i = 0; i < 64; i++) {
        expected = expected * 3 + i;
    }
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 0), expected);
    cr_assert_eq(word(&rig, 1), 77);
    rig_finish(&rig);
}

/* A program of one store may run many threads at once: the last thread's value stays. */
Test(draw_dispatch, a_lone_store_keeps_the_order)
{
    struct rig rig = compute_rig(".program SHEX\ncs_5_0\n"
                                 "dcl_uav_raw u0\n"
                                 "dcl_input vThreadID.x\n"
                                 "dcl_temps 1\n"
                                 "dcl_thread_group 100, 1, 1\n"
                                 "and r0.x, vThreadID.x, l(28)\n"
                                 "store_raw u0.x, r0.x, vThreadID.x\n"
                                 "ret\n",
                                 64);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 2, 1, 1, 0);
    rig_ok(&rig);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t last = 0;
        for (uint32_t t = 0; t < 200; t++) {
            last = (t & 28) == 4 * i ? t : last;
        }
        cr_assert_eq(word(&rig, i), last);
    }
    rig_finish(&rig);
}

Test(draw_dispatch, shared_memory_starts_at_zero_in_each_group)
{
    struct rig rig = compute_rig(".program SHEX\ncs_5_0\n"
                                 "dcl_uav_raw u0\n"
                                 "dcl_input vThreadIDInGroupFlattened\n"
                                 "dcl_input vThreadGroupID.x\n"
                                 "dcl_temps 1\n"
                                 "dcl_tgsm_raw g0, 4\n"
                                 "dcl_thread_group 10, 1, 1\n"
                                 "atomic_iadd g0, l(0), vThreadIDInGroupFlattened.x\n"
                                 "sync_g_t\n"
                                 "ld_raw r0.x, l(0), g0.xxxx\n"
                                 "ishl r0.y, vThreadGroupID.x, l(2)\n"
                                 "store_raw u0.x, r0.y, r0.x\n"
                                 "ret\n",
                                 16);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 4, 1, 1, 0);
    rig_ok(&rig);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(word(&rig, i), 45);
    }
    rig_finish(&rig);
}

/* ---- bindings ---- */

static const char copy_program[] = ".program SHEX\ncs_5_0\n"
                                   "dcl_constantbuffer cb0[2], immediateIndexed\n"
                                   "dcl_resource_raw t0\n"
                                   "dcl_uav_raw u0\n"
                                   "dcl_input vThreadID.x\n"
                                   "dcl_temps 2\n"
                                   "dcl_thread_group 4, 1, 1\n"
                                   "ishl r0.x, vThreadID.x, l(2)\n"
                                   "ld_raw r0.y, r0.x, t0.xxxx\n"
                                   "iadd r0.y, r0.y, cb0[1].z\n"
                                   "store_raw u0.x, r0.x, r0.y\n"
                                   "ret\n";

Test(draw_dispatch, ranges_of_buffers_are_clamped)
{
    struct rig rig = compute_rig(copy_program, 64);
    uint8_t bytes[64];
    for (uint32_t i = 0; i < 16; i++) {
        sl_put_le32(bytes + 4 * (size_t)i, i + 1);
    }
    rig_create_buffer(&rig, INPUT, 64, 0, 0);
    rig_upload(&rig, INPUT, 0, bytes, sizeof(bytes));
    /* words 13 and 14, the last two of four */
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, 2, 0, 1, 0, INPUT, 52, 8, 0);
    PACKET(&rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, 2, 0, 1, 0, OUTPUT, 8, 12, 0);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1000, 0);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 1), 0);
    cr_assert_eq(word(&rig, 2), 1014, "constants come from c# until a buffer is bound");
    cr_assert_eq(word(&rig, 3), 1015);
    cr_assert_eq(word(&rig, 4), 1000, "behind the range of t0");
    cr_assert_eq(word(&rig, 5), 0, "behind the range of u0");
    /* a constant buffer whose second row is half there: 24 bytes from word 2 on */
    PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 2, 0, 1, 0, INPUT, 8, 28, 0);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 2), 14 + 9);
    PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 2, 0, 1, 0, INPUT, 8, 24, 0);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 2), 14);
    PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 2, 0, 1, 0, 0, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 2), 14, "an unbound buffer, not c# again");
    rig_finish(&rig);
}

Test(draw_dispatch, resources_are_refreshed_first)
{
    struct rig rig = compute_rig(copy_program, 64);
    static const uint8_t word_7[4] = {7};
    rig_alloc(&rig, 5, RIG_RAM_GPA, 64, false);
    rig_poke(&rig, RIG_RAM_GPA, word_7, 4);
    rig_create_buffer(&rig, INPUT, 64, 5, 0);
    PACKET(&rig, AEROGPU_CMD_RESOURCE_DIRTY_RANGE, INPUT, 0, U64(0), U64(64));
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, 2, 0, 1, 0, INPUT, 0, 0, 0);
    rig_ok(&rig);
    rig.table.count = 0;
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    rig.table.count = 1;
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 0), 7);
    rig_finish(&rig);
}

Test(draw_dispatch, counters_start_when_a_uav_is_bound)
{
    struct rig rig = compute_rig(".program SHEX\ncs_5_0\n"
                                 "dcl_uav_structured_opc u0, 4\n"
                                 "dcl_input vThreadID.x\n"
                                 "dcl_temps 1\n"
                                 "dcl_thread_group 2, 1, 1\n"
                                 "imm_atomic_alloc r0.x, u0\n"
                                 "iadd r0.y, vThreadID.x, l(10)\n"
                                 "store_structured u0.x, r0.x, l(0), r0.y\n"
                                 "ret\n",
                                 64);
    for (uint32_t i = 0; i < 2; i++) {
        PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    }
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 3), 11);
    PACKET(&rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, 2, 0, 1, 0, OUTPUT, 32, 0, 0);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(word(&rig, 8), 10);
    cr_assert_eq(word(&rig, 9), 11);
    cr_assert_eq(word(&rig, 10), 0);
    rig_finish(&rig);
}

/* ---- what does not end ---- */

static const char endless_program[] = ".program SHEX\ncs_5_0\n"
                                      "dcl_uav_raw u0\n"
                                      "dcl_input vThreadID.x\n"
                                      "dcl_temps 1\n"
                                      "dcl_thread_group 2, 1, 1\n"
                                      "ishl r0.x, vThreadID.x, l(2)\n"
                                      "store_raw u0.x, r0.x, l(1)\n"
                                      "loop\n"
                                      "  breakc_nz vThreadID.x\n"
                                      "endloop\n"
                                      "store_raw u0.x, r0.x, l(2)\n"
                                      "ret\n";

Test(draw_dispatch, a_capped_thread_fails_the_packet_at_its_end)
{
    struct rig rig = compute_rig(endless_program, 16);
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 1, 1, 1, 0);
    rig_fails(&rig, SL_AGPU_BAD_SHADER);
    cr_assert_eq(word(&rig, 0), 1, "what the capped thread stored stays");
    cr_assert_eq(word(&rig, 1), 2, "the other one ran to its end");
    rig_finish(&rig);
}

Test(draw_dispatch, a_hostile_grid_ends_at_the_work_limit)
{
    struct rig rig = compute_rig(endless_program, 16);
    rig.work_limit = 1 << 22;
    PACKET(&rig, AEROGPU_CMD_DISPATCH, 65535, 65535, 65535, 0);
    cr_assert_eq(rig_run(&rig), SL_AGPU_OK);
    cr_assert(rig.outcome.exhausted);
    cr_assert_gt(rig.outcome.work, rig.work_limit);
    rig_finish(&rig);
}
