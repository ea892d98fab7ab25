/* Virtqueues: chains in every shape, malformed ones, indexes, event index. */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#define NEXT VRING_DESC_F_NEXT
#define WRITE VRING_DESC_F_WRITE
#define INDIRECT VRING_DESC_F_INDIRECT

/* GET_DISPLAY_INFO in RAM; its response is 408 bytes. */
static void put_request(struct vrig *rig)
{
    uint8_t bytes[24] = {0};
    sl_put_le32(bytes, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    vrig_poke(rig, VRIG_REQUEST, bytes, sizeof(bytes));
}

static uint8_t status(struct vrig *rig)
{
    return (uint8_t)vrig_read(rig, rig->common + VIRTIO_PCI_COMMON_STATUS, 1);
}

/* A chain of two good descriptors from index on, answered at response. */
static void put_chain(struct vrig *rig, uint16_t index, uint64_t response)
{
    vrig_descriptor(rig, rig->queues[0].desc, index, VRIG_REQUEST, 24, NEXT, index + 1);
    vrig_descriptor(rig, rig->queues[0].desc, index + 1u, response, 512, WRITE, 0);
}

static uint32_t used_length(struct vrig *rig, uint32_t slot)
{
    return vrig_get32(rig, rig->queues[0].used + 8 + 8 * (uint64_t)slot);
}

static uint32_t used_head(struct vrig *rig, uint32_t slot)
{
    return vrig_get32(rig, rig->queues[0].used + 4 + 8 * (uint64_t)slot);
}

/* The request in two-byte pieces over many descriptors, the response in pieces of 100. */
static void put_many_pieces(struct vrig *rig, uint64_t table)
{
    for (uint32_t i = 0; i < 12; i++) {
        vrig_descriptor(rig, table, i, VRIG_REQUEST + 2 * i, 2, NEXT, (uint16_t)(i + 1));
    }
    for (uint32_t i = 12; i < 17; i++) {
        vrig_descriptor(rig, table, i, VRIG_RESPONSE + 1000 * (i - 12), 100,
                        (uint16_t)(WRITE | (i < 16 ? NEXT : 0)), (uint16_t)(i + 1));
    }
}

static void check_many_pieces(struct vrig *rig)
{
    cr_assert_eq(vrig_used_index(rig, 0), 1);
    cr_assert_eq(used_length(rig, 0), 408);
    cr_assert_eq(vrig_get32(rig, VRIG_RESPONSE), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    /* Mode 0: width at 32, height at 36, enabled at 40; the second piece starts at 100. */
    cr_assert_eq(vrig_get32(rig, VRIG_RESPONSE + 32), 1280);
    cr_assert_eq(vrig_get32(rig, VRIG_RESPONSE + 36), 800);
}

Test(virtio_queue, framing_means_nothing)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    put_many_pieces(&rig, rig.queues[0].desc);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    check_many_pieces(&rig);
    vrig_finish(&rig);
}

/* The outer descriptor's WRITE and NEXT flags say nothing. */
Test(virtio_queue, indirect)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    put_many_pieces(&rig, VRIG_DATA);
    vrig_descriptor(&rig, rig.queues[0].desc, 9, VRIG_DATA, 17 * 16, INDIRECT | WRITE | NEXT, 700);
    vrig_offer(&rig, 0, 9);
    vrig_notify(&rig, 0);
    check_many_pieces(&rig);
    cr_assert_eq(used_head(&rig, 0), 9);
    vrig_finish(&rig);
}

/* One readable descriptor, then an indirect table with the rest. */
Test(virtio_queue, indirect_behind_direct)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_REQUEST, 20, NEXT, 1);
    vrig_descriptor(&rig, rig.queues[0].desc, 1, VRIG_DATA, 32, INDIRECT, 0);
    vrig_descriptor(&rig, VRIG_DATA, 0, VRIG_REQUEST + 20, 4, NEXT, 1);
    vrig_descriptor(&rig, VRIG_DATA, 1, VRIG_RESPONSE, 512, WRITE, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(used_length(&rig, 0), 408);
    vrig_finish(&rig);
}

/* QEMU takes such a table for data. */
Test(virtio_queue, indirect_behind_direct_in_qemu)
{
    struct vrig rig;
    vrig_start(&rig, "qemu", "");
    put_request(&rig);
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_REQUEST, 24, NEXT, 1);
    vrig_descriptor(&rig, rig.queues[0].desc, 1, VRIG_DATA, 512, INDIRECT | WRITE, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(used_length(&rig, 0), 408);
    cr_assert_eq(vrig_get32(&rig, VRIG_DATA), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    vrig_finish(&rig);
}

/* A descriptor table in which one thing is wrong. */
struct malformed {
    const char *reason;
    void (*build)(struct vrig *rig, uint64_t desc);
    uint16_t head;
};

static void build_empty_buffer(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_REQUEST, 24, NEXT, 1);
    vrig_descriptor(rig, desc, 1, VRIG_RESPONSE, 0, WRITE, 0);
}

static void build_order(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_RESPONSE, 24, NEXT | WRITE, 1);
    vrig_descriptor(rig, desc, 1, VRIG_REQUEST, 24, 0, 0);
}

static void build_loop(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_REQUEST, 24, NEXT, 1);
    vrig_descriptor(rig, desc, 1, VRIG_REQUEST, 24, NEXT, 0);
}

static void build_next(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_REQUEST, 24, NEXT, 64);
}

static void build_hole(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_HOLE - 8, 24, 0, 0);
}

static void build_wrap(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, UINT64_MAX - 8, 24, 0, 0);
}

static void build_empty_table(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_DATA, 0, INDIRECT, 0);
}

static void build_odd_table(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_DATA, 24, INDIRECT, 0);
}

static void build_table_hole(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_HOLE, 32, INDIRECT, 0);
}

static void build_table_loop(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_DATA, 32, INDIRECT, 0);
    vrig_descriptor(rig, VRIG_DATA, 0, VRIG_REQUEST, 24, NEXT, 1);
    vrig_descriptor(rig, VRIG_DATA, 1, VRIG_REQUEST, 24, NEXT, 0);
}

static void build_table_next(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_DATA, 32, INDIRECT, 0);
    vrig_descriptor(rig, VRIG_DATA, 0, VRIG_REQUEST, 24, NEXT, 2);
}

static void build_too_many(struct vrig *rig, uint64_t desc)
{
    vrig_descriptor(rig, desc, 0, VRIG_DATA, 1025 * 16, INDIRECT, 0);
    for (uint32_t i = 0; i < 1025; i++) {
        vrig_descriptor(rig, VRIG_DATA, i, VRIG_REQUEST, 1, i < 1024 ? NEXT : 0, (uint16_t)(i + 1));
    }
}

static void build_good(struct vrig *rig, uint64_t desc)
{
    (void)rig;
    (void)desc;
}

static const struct malformed malformed[] = {
    {"buffer of 0 bytes", build_empty_buffer, 0},
    {"readable buffer behind a writable one", build_order, 0},
    {"chain with a loop", build_loop, 0},
    {"next descriptor outside the table", build_next, 0},
    {"buffer outside RAM", build_hole, 0},
    {"buffer outside RAM", build_wrap, 0},
    {"indirect table of no whole number of descriptors", build_empty_table, 0},
    {"indirect table of no whole number of descriptors", build_odd_table, 0},
    {"indirect table outside RAM", build_table_hole, 0},
    {"chain with a loop", build_table_loop, 0},
    {"next descriptor outside the table", build_table_next, 0},
    {"too many buffers in one chain", build_too_many, 0},
    {"head outside the descriptor table", build_good, 64},
};

enum { MALFORMED_COUNT = sizeof(malformed) / sizeof(malformed[0]) };

Test(virtio_queue, malformed_chain_breaks_the_device)
{
    for (size_t i = 0; i < MALFORMED_COUNT; i++) {
        struct vrig rig;
        vrig_start(&rig, "", "");
        put_request(&rig);
        malformed[i].build(&rig, rig.queues[0].desc);
        uint8_t generation =
            (uint8_t)vrig_read(&rig, rig.common + VIRTIO_PCI_COMMON_CFGGENERATION, 1);
        vrig_offer(&rig, 0, malformed[i].head);
        vrig_notify(&rig, 0);
        cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_ERROR), malformed[i].reason, "case %zu", i);
        cr_assert_eq(vrig_count(&rig, SL_OBS_ERROR), 1);
        cr_assert_eq(status(&rig), 0x4F, "case %zu", i);
        cr_assert_eq(vrig_read(&rig, rig.common + VIRTIO_PCI_COMMON_CFGGENERATION, 1),
                     (uint8_t)(generation + 1));
        cr_assert_eq(vrig_read(&rig, rig.isr, 1), 3);
        cr_assert_eq(vrig_used_index(&rig, 0), 0);
        /* Nothing is served any more, on either queue. */
        cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO), 0);
        vrig_cursor(&rig, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 1, 0, 0);
        cr_assert_eq(rig.answered, UINT32_MAX);
        vrig_finish(&rig);
    }
}

Test(virtio_queue, reset_mends_a_broken_device)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    vrig_create_2d(&rig, 5, 1, 16, 16);
    build_loop(&rig, rig.queues[0].desc);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(status(&rig), 0x4F);
    uint8_t zeros[16] = {0};
    vrig_poke(&rig, rig.queues[0].avail, zeros, sizeof(zeros));
    vrig_poke(&rig, rig.queues[0].used, zeros, sizeof(zeros));
    rig.queues[0].avail_index = 0;
    vrig_negotiate(&rig, UINT64_MAX);
    cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO),
                 VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(vrig_unref(&rig, 5), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    vrig_finish(&rig);
}

/* NEEDS_RESET belongs to VERSION_1 (virtio 1.2, 2.1). */
Test(virtio_queue, broken_without_version_1_is_silent)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    vrig_negotiate(&rig, 0);
    build_loop(&rig, rig.queues[0].desc);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(vrig_count(&rig, SL_OBS_ERROR), 1);
    cr_assert_eq(status(&rig), 0x0F);
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 0);
    vrig_finish(&rig);
}

/* Aero's prototype drops the chain and goes on. */
Test(virtio_queue, malformed_chain_in_aero)
{
    for (size_t i = 1; i < MALFORMED_COUNT; i++) {
        if (malformed[i].build == build_too_many) {
            continue; /* 4096 are its limit */
        }
        struct vrig rig;
        vrig_start(&rig, "aero-proto", "");
        put_request(&rig);
        malformed[i].build(&rig, rig.queues[0].desc);
        uint16_t head = malformed[i].head ? 128 : 0;
        /* Where build_next() goes: this queue has 128 descriptors. */
        vrig_descriptor(&rig, rig.queues[0].desc, 64, VRIG_REQUEST, 24, NEXT, 200);
        vrig_offer(&rig, 0, head);
        vrig_notify(&rig, 0);
        cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_RESPONSE), "dropped: malformed chain",
                         "case %zu", i);
        cr_assert_eq(vrig_used_index(&rig, 0), 1);
        cr_assert_eq(used_head(&rig, 0), head);
        cr_assert_eq(used_length(&rig, 0), 0);
        cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO),
                     VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
        vrig_finish(&rig);
    }
}

/* Good chains before a bad one in a round: executed and answered, but never published. */
Test(virtio_queue, all_chains_are_popped_first)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    put_chain(&rig, 0, VRIG_RESPONSE);
    put_chain(&rig, 2, VRIG_RESPONSE + 1024);
    vrig_descriptor(&rig, rig.queues[0].desc, 4, VRIG_REQUEST, 24, NEXT, 99);
    vrig_offer(&rig, 0, 0);
    vrig_offer(&rig, 0, 2);
    vrig_offer(&rig, 0, 4);
    vrig_notify(&rig, 0);
    cr_assert_eq(vrig_get32(&rig, VRIG_RESPONSE), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(vrig_get32(&rig, VRIG_RESPONSE + 1024), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(vrig_used_index(&rig, 0), 0);
    cr_assert_eq(vrig_count(&rig, SL_OBS_RESPONSE), 2);
    cr_assert_eq(vrig_count(&rig, SL_OBS_USED), 0);
    vrig_finish(&rig);
}

Test(virtio_queue, more_chains_than_descriptors)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    put_chain(&rig, 0, VRIG_RESPONSE);
    for (int i = 0; i < 65; i++) {
        vrig_offer(&rig, 0, 0);
    }
    vrig_notify(&rig, 0);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_ERROR), "more chains in flight than descriptors");
    cr_assert_eq(vrig_count(&rig, SL_OBS_RESPONSE), 64);
    vrig_finish(&rig);
}

Test(virtio_queue, chain_of_all_descriptors)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    for (uint32_t i = 0; i < 63; i++) {
        vrig_descriptor(&rig, rig.queues[0].desc, i, VRIG_REQUEST + i, 1, NEXT, (uint16_t)(i + 1));
    }
    vrig_descriptor(&rig, rig.queues[0].desc, 63, VRIG_RESPONSE, 512, WRITE, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(used_length(&rig, 0), 408);
    vrig_finish(&rig);
}

Test(virtio_queue, rings_outside_ram)
{
    static const struct {
        uint64_t desc, avail, used;
        const char *reason;
    } cases[] = {
        {VRIG_HOLE, VRIG_CONTROL + 0x8000, VRIG_CONTROL + 0xC000, "descriptor outside RAM"},
        {VRIG_CONTROL, VRIG_HOLE, VRIG_CONTROL + 0xC000, "available ring outside RAM"},
        {VRIG_CONTROL, UINT64_MAX - 1, VRIG_CONTROL + 0xC000, "available ring outside RAM"},
        {VRIG_CONTROL, VRIG_CONTROL + 0x8000, VRIG_HOLE, "used ring outside RAM"},
        {UINT64_MAX - 15, VRIG_CONTROL + 0x8000, VRIG_CONTROL + 0xC000, "descriptor outside RAM"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        vrig_create(&rig, "", "");
        put_request(&rig);
        put_chain(&rig, 0, VRIG_RESPONSE);
        vrig_offer(&rig, 0, 0);
        rig.queues[0].desc = cases[i].desc;
        rig.queues[0].avail = cases[i].avail;
        rig.queues[0].used = cases[i].used;
        vrig_negotiate(&rig, ~(UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX));
        vrig_notify(&rig, 0);
        cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_ERROR), cases[i].reason, "case %zu", i);
        vrig_finish(&rig);
    }
}

/* QEMU lets a small buffer in a hole pass: it reads as zeros, which is no command. */
Test(virtio_queue, bounced_buffer_in_qemu)
{
    struct vrig rig;
    vrig_start(&rig, "qemu", "");
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_HOLE, 24, NEXT, 1);
    vrig_descriptor(&rig, rig.queues[0].desc, 1, VRIG_RESPONSE, 512, WRITE, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(used_length(&rig, 0), 24);
    cr_assert_eq(vrig_get32(&rig, VRIG_RESPONSE), VIRTIO_GPU_RESP_ERR_UNSPEC);
    /* The room is free again afterwards, but two at a time are too much. */
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_HOLE, 4096, NEXT, 1);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(vrig_count(&rig, SL_OBS_USED), 2);
    vrig_descriptor(&rig, rig.queues[0].desc, 1, VRIG_HOLE, 1, WRITE, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_ERROR), "buffer outside RAM");
    vrig_finish(&rig);
}

Test(virtio_queue, response_that_does_not_fit)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    uint8_t request[24] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    uint8_t mark = 0x5A;
    cr_assert_eq(vrig_send(&rig, 0, request, 24, 10), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(rig.answered, 10);
    cr_assert_eq(rig.response[10], 0);
    /* What lies behind a response is left alone. */
    put_request(&rig);
    put_chain(&rig, 4, VRIG_DATA);
    vrig_poke(&rig, VRIG_DATA + 408, &mark, 1);
    vrig_offer(&rig, 0, 4);
    vrig_notify(&rig, 0);
    vrig_peek(&rig, VRIG_DATA + 408, &mark, 1);
    cr_assert_eq(mark, 0x5A);
    vrig_finish(&rig);
}

Test(virtio_queue, no_response_descriptor)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    struct sl_virtio_gpu_resource_create_2d cmd = {
        .hdr = {.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D},
        .resource_id = 1,
        .format = 1,
        .width = 16,
        .height = 16};
    uint8_t bytes[sizeof(cmd)];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_CREATE_2D, &cmd, bytes);
    vrig_send(&rig, 0, bytes, sizeof(bytes), 0);
    cr_assert_eq(rig.answered, 0);
    cr_assert_eq(vrig_unref(&rig, 1), VIRTIO_GPU_RESP_OK_NODATA);
    vrig_finish(&rig);
}

static void start_vring(struct vrig *rig, uint32_t queue, uint32_t size, uint16_t base)
{
    struct vrig_queue *q = &rig->queues[queue];
    q->size = size;
    q->avail_index = base;
    vrig_put16(rig, q->avail + 2, base);
    vrig_put16(rig, q->used + 2, base);
    rig->target->impl->vring(rig->target, &(struct sl_vring_event){.queue = queue,
                                                                   .size = size,
                                                                   .desc_gpa = q->desc,
                                                                   .avail_gpa = q->avail,
                                                                   .used_gpa = q->used,
                                                                   .base = base});
}

/* Any size; indexes run through 65535 to 0. A queue of 5 has its slots where index % 5 says. */
Test(virtio_queue, indexes_wrap)
{
    static const uint32_t sizes[] = {1, 2, 3, 5, 64, 1000, 1024};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct vrig rig;
        vrig_create(&rig, "", "");
        start_vring(&rig, 0, sizes[i], 65534);
        uint64_t table = VRIG_DATA;
        put_request(&rig);
        vrig_descriptor(&rig, table, 0, VRIG_REQUEST, 24, NEXT, 1);
        vrig_descriptor(&rig, table, 1, VRIG_RESPONSE, 512, WRITE, 0);
        vrig_descriptor(&rig, rig.queues[0].desc, 0, table, 32, INDIRECT, 0);
        for (uint32_t n = 0; n < 5; n++) {
            uint16_t index = (uint16_t)(65534 + n);
            vrig_offer(&rig, 0, 0);
            rig.target->impl->notify(rig.target, 0);
            cr_assert_eq(vrig_used_index(&rig, 0), (uint16_t)(index + 1), "size %u", sizes[i]);
            cr_assert_eq(used_length(&rig, index % sizes[i]), 408);
        }
        cr_assert_eq(vrig_count(&rig, SL_OBS_USED), 5);
        vrig_finish(&rig);
    }
}

/* A vring event needs no PCI set-up, and interrupts as a call of the queue. */
Test(virtio_queue, vring_events)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    start_vring(&rig, 1, 16, 0);
    uint8_t request[56] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_MOVE_CURSOR);
    vrig_poke(&rig, VRIG_REQUEST, request, sizeof(request));
    vrig_descriptor(&rig, rig.queues[1].desc, 0, VRIG_REQUEST, 56, 0, 0);
    vrig_offer(&rig, 1, 0);
    rig.target->impl->notify(rig.target, 1);
    cr_assert_eq(rig.seen_count, 3);
    cr_assert_eq(rig.seen[2].kind, SL_OBS_IRQ);
    cr_assert_eq(rig.seen[2].queue, 1);
    /* Unknown queues and switched off ones do nothing. */
    rig.target->impl->notify(rig.target, 2);
    rig.target->impl->vring(rig.target, &(struct sl_vring_event){.queue = 7, .size = 16});
    rig.target->impl->vring(rig.target, &(struct sl_vring_event){.queue = 1, .size = 0});
    vrig_offer(&rig, 1, 0);
    rig.target->impl->notify(rig.target, 1);
    cr_assert_eq(rig.seen_count, 3);
    rig.target->impl->vring(rig.target, &(struct sl_vring_event){.queue = 1, .size = 1025});
    cr_assert_eq(vrig_count(&rig, SL_OBS_ERROR), 1);
    vrig_finish(&rig);
}

/* Registers that enable a queue take it over from a vring event. */
Test(virtio_queue, registers_after_vring_events)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    start_vring(&rig, 0, 64, 0);
    vrig_config_write(&rig, 4, 2, 6);
    vrig_write(&rig, rig.common + VIRTIO_PCI_COMMON_Q_DESCLO, 8, rig.queues[0].desc);
    vrig_write(&rig, rig.common + VIRTIO_PCI_COMMON_Q_AVAILLO, 8, rig.queues[0].avail);
    vrig_write(&rig, rig.common + VIRTIO_PCI_COMMON_Q_USEDLO, 8, rig.queues[0].used);
    vrig_write(&rig, rig.common + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
    put_request(&rig);
    put_chain(&rig, 0, VRIG_RESPONSE);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(rig.seen[rig.seen_count - 1].kind, SL_OBS_IRQ);
    cr_assert_eq(rig.seen[rig.seen_count - 1].queue, SL_IRQ_INTX);
    vrig_finish(&rig);
}

static void start_event_index(struct vrig *rig)
{
    vrig_create(rig, "", "");
    vrig_negotiate(rig, UINT64_MAX);
    put_request(rig);
    put_chain(rig, 0, VRIG_RESPONSE);
}

static void set_used_event(struct vrig *rig, uint16_t value)
{
    vrig_put16(rig, rig->queues[0].avail + 4 + 2 * 64, value);
}

static size_t interrupts_of_one(struct vrig *rig)
{
    vrig_read(rig, rig->isr, 1);
    size_t before = vrig_count(rig, SL_OBS_IRQ);
    vrig_offer(rig, 0, 0);
    vrig_notify(rig, 0);
    return vrig_count(rig, SL_OBS_IRQ) - before;
}

/* The line rises when used_event is passed; avail.flags does not count. */
Test(virtio_queue, event_index)
{
    struct vrig rig;
    start_event_index(&rig);
    vrig_put16(&rig, rig.queues[0].avail, VRING_AVAIL_F_NO_INTERRUPT);
    set_used_event(&rig, 100);
    cr_assert_eq(interrupts_of_one(&rig), 1, "the first completion always interrupts");
    cr_assert_eq(interrupts_of_one(&rig), 0);
    set_used_event(&rig, 2);
    cr_assert_eq(interrupts_of_one(&rig), 1, "index 2 -> 3 passes 2");
    cr_assert_eq(interrupts_of_one(&rig), 0);
    /* avail_event is how far the device has come. */
    cr_assert_eq(vrig_get16(&rig, rig.queues[0].used + 4 + 8 * 64), 4);
    vrig_finish(&rig);
}

Test(virtio_queue, no_interrupt_flag)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    put_chain(&rig, 0, VRIG_RESPONSE);
    cr_assert_eq(interrupts_of_one(&rig), 1);
    vrig_put16(&rig, rig.queues[0].avail, VRING_AVAIL_F_NO_INTERRUPT);
    cr_assert_eq(interrupts_of_one(&rig), 0);
    cr_assert_eq(vrig_get16(&rig, rig.queues[0].used + 4 + 8 * 64), 0, "no avail_event");
    vrig_finish(&rig);
}

/* With room for 1024 buffers in one table, all of them count. */
Test(virtio_queue, table_larger_than_the_queue)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    put_request(&rig);
    for (uint32_t i = 0; i < 1023; i++) {
        vrig_descriptor(&rig, VRIG_DATA, i, VRIG_REQUEST + i, 1, NEXT, (uint16_t)(i + 1));
    }
    vrig_descriptor(&rig, VRIG_DATA, 1023, VRIG_RESPONSE, 512, WRITE, 0);
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_DATA, 1024 * 16, INDIRECT, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(used_length(&rig, 0), 408);
    vrig_finish(&rig);
    /* The specification's profile wants it no larger than the queue. */
    vrig_start(&rig, "spec", "");
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_DATA, 65 * 16, INDIRECT, 0);
    vrig_offer(&rig, 0, 0);
    vrig_notify(&rig, 0);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_ERROR),
                     "indirect table with too many descriptors");
    vrig_finish(&rig);
}
