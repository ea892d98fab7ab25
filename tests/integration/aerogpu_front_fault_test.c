/* The host's failures and the device's ceiling: sticky, and never the guest's to see as errors. */
#include "aerogpu_rig.h"
#include "device/aerogpu/front.h"
#include "../unit/fail_alloc.h"

#include <criterion/criterion.h>
#include <string.h>

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_fault, .init = up, .fini = down);

static enum sl_status fault(struct sl_error *err)
{
    return rig.target->impl->fault(rig.target, err);
}

/* A stream of one NOP, a table of two entries, an error, a fence and its interrupt. */
static void busy_guest(void)
{
    struct sl_buf stream = {0};
    struct sl_buf table = {0};
    static const struct aerogpu_rig_alloc allocs[] = {{2, 0, 0, 4096}, {1, 0, 4096, 4096}};
    aerogpu_rig_set(&rig, 0x304, 0xFFFFFFFF);
    aerogpu_rig_set64(&rig, 0x120, AEROGPU_RIG_FENCE_PAGE);
    aerogpu_stream_begin(&stream);
    aerogpu_stream_packet(&stream, 0, NULL, 0);
    aerogpu_table(&table, allocs, 2);
    aerogpu_rig_submit(&rig, &stream, &table, (struct aerogpu_rig_desc){.signal_fence = 1});
    stream.data[0] = 0;
    aerogpu_rig_run(&rig, &stream, 2);
    rig.target->impl->write(rig.target, SL_SPACE_BAR1, 0x1000, 4, 1);
    sl_buf_finish(&stream);
    sl_buf_finish(&table);
}

Test(aerogpu_front_fault, each_failing_allocation_is_a_fault)
{
    unsigned n = 1;
    bool failed;
    do {
        struct sl_error err = {0};
        aerogpu_rig_finish(&rig);
        aerogpu_rig_init(&rig);
        struct sl_buf stream = {0};
        aerogpu_stream_begin(&stream);
        aerogpu_stream_packet(&stream, 0, NULL, 0);
        static const struct aerogpu_rig_alloc alloc = {.alloc_id = 1, .size_bytes = 4096};
        struct sl_buf table = {0};
        aerogpu_table(&table, &alloc, 1);
        aerogpu_rig_set(&rig, 0x304, 0xFFFFFFFF);
        aerogpu_rig_set64(&rig, 0x120, 0x3000000); /* memory never touched before */
        aerogpu_rig_mem_set(&rig, AEROGPU_RIG_STREAM, stream.data, stream.size);
        aerogpu_rig_mem_set(&rig, AEROGPU_RIG_TABLE, table.data, table.size);
        struct aerogpu_rig_desc desc = {
            .desc_size_bytes = 64,
            .cmd_gpa = AEROGPU_RIG_STREAM,
            .cmd_size_bytes = (uint32_t)stream.size,
            .alloc_table_gpa = AEROGPU_RIG_TABLE,
            .alloc_table_size_bytes = (uint32_t)table.size,
            .signal_fence = 1,
        };
        aerogpu_rig_push(&rig, &desc);
        desc.desc_size_bytes = 0;
        desc.signal_fence = 2;
        aerogpu_rig_push(&rig, &desc);

        fail_alloc_arm(n++);
        aerogpu_rig_ring(&rig);
        rig.target->impl->write(rig.target, SL_SPACE_BAR1, 0x1000, 4, 1);
        failed = fail_alloc_disarm();

        size_t count;
        bool log_lost; /* guest memory tells of its log by itself */
        sl_mem_take_log(rig.mem, &count, &log_lost);
        bool executor_failed = aerogpu_rig_get(&rig, 0x31C) == 2; /* HOST, beside the bad descriptor */
        if (failed && !log_lost && !executor_failed) {
            cr_assert_eq(fault(&err), SL_ERR_ENVIRONMENT);
            cr_assert_str_eq(err.rule, "host.memory");
        } else if (!failed) {
            cr_assert_eq(fault(&err), SL_OK);
            cr_assert_eq(aerogpu_rig_fence(&rig), 2);
        }
        sl_buf_finish(&stream);
        sl_buf_finish(&table);
    } while (failed);
    cr_assert_geq(n, 8, "the scene allocates");
}

Test(aerogpu_front_fault, captures_fail_without_memory)
{
    aerogpu_rig_scanout(&rig, 2, 2, 1, 8, AEROGPU_RIG_FB);
    aerogpu_rig_set(&rig, 0x514, 1);
    aerogpu_rig_set(&rig, 0x518, 1);
    aerogpu_rig_set(&rig, 0x51C, 3);
    aerogpu_rig_set(&rig, 0x528, 4);
    aerogpu_rig_set64(&rig, 0x520, AEROGPU_RIG_FB);
    aerogpu_rig_set(&rig, 0x500, 1);
    struct sl_image image;
    enum sl_status statuses[3];
    for (unsigned n = 1; n <= 3; n++) {
        fail_alloc_arm(n);
        statuses[n - 1] = rig.target->impl->capture(rig.target, 0, &image, NULL);
        fail_alloc_disarm();
        cr_assert_eq(image.pixels == NULL, n < 3);
        sl_image_finish(&image);
    }
    cr_assert_eq(statuses[0], SL_ERR_ENVIRONMENT, "the image");
    cr_assert_eq(statuses[1], SL_ERR_ENVIRONMENT, "a cursor row");
    cr_assert_eq(statuses[2], SL_OK);
}

Test(aerogpu_front_fault, work_has_a_ceiling)
{
    struct sl_error err = {0};
    struct sl_agpu *dev = (struct sl_agpu *)rig.target;
    dev->work = SL_AGPU_WORK_LIMIT - 3 * 16384;
    aerogpu_rig_run(&rig, NULL, 1);
    aerogpu_rig_run(&rig, NULL, 2);
    aerogpu_rig_run(&rig, NULL, 3);
    cr_assert_eq(fault(NULL), SL_OK);
    aerogpu_rig_run(&rig, NULL, 4);
    cr_assert_eq(fault(&err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    cr_assert_eq(aerogpu_rig_fence(&rig), 3);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0, "not the guest's error");
    aerogpu_rig_set(&rig, 0x10C, 3);
    aerogpu_rig_run(&rig, NULL, 4);
    cr_assert_eq(fault(&err), SL_ERR_UNSUPPORTED, "sticky");
}

/* 2^25 slots of untouched memory: each descriptor is bad, and the ceiling ends it early. */
Test(aerogpu_front_fault, a_huge_ring_of_bad_descriptors_ends)
{
    struct sl_error err = {0};
    cr_assert_eq(sl_mem_add_region(rig.mem, UINT64_C(0x100000000), UINT64_C(0x100000000), NULL),
                 SL_OK);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x08, 0x80000040);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x0C, 0x02000000);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x1C, 0x02000000);
    uint8_t header[64];
    cr_assert_eq(sl_mem_read(rig.mem, AEROGPU_RIG_RING, header, 64), SL_MEM_OK);
    aerogpu_rig_mem_set(&rig, UINT64_C(0x100000000), header, 64);
    aerogpu_rig_set64(&rig, 0x100, UINT64_C(0x100000000));
    aerogpu_rig_set(&rig, 0x108, 0xFFFFFFFF);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(fault(&err), SL_ERR_UNSUPPORTED);
    /* 2^38 / (2^20 + 2^14) */
    cr_assert_eq(aerogpu_rig_error_count(&rig), 258111);
}

Test(aerogpu_front_fault, bytes_of_streams_and_tables_count_as_work)
{
    struct sl_agpu *dev = (struct sl_agpu *)rig.target;
    busy_guest();
    /*
     * Two submissions, 32 bytes of stream, 64 bytes of entries, one packet of 8 bytes that counts
     * 64 more, and a stream with a bad magic.
     */
    cr_assert_eq(dev->work, 2 * 16384 + 32 + 64 + 64 + 8 + 1048576);
    cr_assert_eq(aerogpu_rig_fence(&rig), 2);
}
