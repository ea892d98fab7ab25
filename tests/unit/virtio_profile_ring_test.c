/*
 * What the five profiles do differently with features, registers and unusual descriptor chains: one
 * line of the table below is one situation, played on a fresh device of each profile.
 */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

enum {
    DISPLAY_INFO = 0x1101,
    UNSPEC = 0x1200,
    FEATURES_OK = 8,
    NEEDS_RESET = 0x40,
    TABLE = 0xA0000, /* indirect descriptors */
    ROOM = 1000,
};

/* What came of a chain: broken, completed with nothing, or the code of its answer. */
enum { BROKEN = 1, NOTHING = 2, SILENT = 3 };

#define ALL(value)                                                                                 \
    {                                                                                              \
        value, value, value, value, value                                                          \
    }
#define BUT_AERO(value, aero)                                                                      \
    {                                                                                              \
        value, value, value, aero, value                                                           \
    }

static uint64_t status(struct vrig *rig)
{
    return vrig_read(rig, rig->common + VIRTIO_PCI_COMMON_STATUS, 1);
}

/* Descriptor index of the control queue's own table. */
static void direct(struct vrig *rig, uint32_t index, uint64_t gpa, uint32_t size, uint16_t flags,
                   uint16_t next)
{
    vrig_descriptor(rig, rig->queues[0].desc, index, gpa, size, flags, next);
}

static void indirect(struct vrig *rig, uint32_t index, uint64_t gpa, uint32_t size, uint16_t flags,
                     uint16_t next)
{
    vrig_descriptor(rig, TABLE, index, gpa, size, flags, next);
}

/* GET_DISPLAY_INFO without a fence. */
static void put_request(struct vrig *rig)
{
    uint8_t request[24] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    vrig_poke(rig, VRIG_REQUEST, request, sizeof(request));
}

/* Offers the chain at descriptor 0 and tells what came of it. */
static uint64_t outcome(struct vrig *rig)
{
    uint16_t before = vrig_used_index(rig, 0);
    vrig_offer(rig, 0, 0);
    vrig_notify(rig, 0);
    if (status(rig) & NEEDS_RESET) {
        cr_expect_eq(vrig_used_index(rig, 0), before);
        return BROKEN;
    }
    if (vrig_used_index(rig, 0) == before) {
        return SILENT;
    }
    uint32_t written = vrig_get32(rig, rig->queues[0].used + 8);
    return written ? vrig_get32(rig, VRIG_RESPONSE) : NOTHING;
}

/* ---- Chains ---- */

/* A chain that leaves the table, then a good one. */
static uint64_t malformed(struct vrig *rig)
{
    put_request(rig);
    direct(rig, 0, VRIG_REQUEST, 24, VRING_DESC_F_NEXT, 1000);
    uint64_t first = outcome(rig);
    return first << 16 | vrig_command(rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
}

static uint64_t indirect_behind_direct(struct vrig *rig)
{
    put_request(rig);
    direct(rig, 0, VRIG_REQUEST, 24, VRING_DESC_F_NEXT, 1);
    direct(rig, 1, TABLE, 16, VRING_DESC_F_INDIRECT, 0);
    indirect(rig, 0, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
    return outcome(rig);
}

static void put_table(struct vrig *rig)
{
    put_request(rig);
    indirect(rig, 0, VRIG_REQUEST, 24, VRING_DESC_F_NEXT, 1);
    indirect(rig, 1, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
}

static uint64_t indirect_with_next(struct vrig *rig)
{
    put_table(rig);
    direct(rig, 0, TABLE, 32, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 5);
    return outcome(rig);
}

static uint64_t indirect_in_indirect(struct vrig *rig)
{
    put_table(rig);
    indirect(rig, 1, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT, 0);
    direct(rig, 0, TABLE, 32, VRING_DESC_F_INDIRECT, 0);
    return outcome(rig);
}

/* More descriptors than any queue here has; two are used. */
static uint64_t large_table(struct vrig *rig)
{
    put_table(rig);
    direct(rig, 0, TABLE, 200 * 16, VRING_DESC_F_INDIRECT, 0);
    return outcome(rig);
}

/* A table of count descriptors that are all used: single bytes of a request, and room. */
static uint64_t long_chain(struct vrig *rig, uint32_t count)
{
    put_request(rig);
    for (uint32_t i = 0; i + 1 < count; i++) {
        indirect(rig, i, VRIG_REQUEST + i, 1, VRING_DESC_F_NEXT, (uint16_t)(i + 1));
    }
    indirect(rig, count - 1, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
    direct(rig, 0, TABLE, count * 16, VRING_DESC_F_INDIRECT, 0);
    return outcome(rig);
}

static uint64_t chain_of_1024(struct vrig *rig)
{
    return long_chain(rig, 1024);
}

static uint64_t chain_of_1025(struct vrig *rig)
{
    return long_chain(rig, 1025);
}

static uint64_t chain_of_4097(struct vrig *rig)
{
    return long_chain(rig, 4097);
}

static uint64_t empty_descriptor(struct vrig *rig)
{
    put_request(rig);
    direct(rig, 0, VRIG_REQUEST, 24, VRING_DESC_F_NEXT, 1);
    direct(rig, 1, VRIG_REQUEST, 0, VRING_DESC_F_NEXT, 2);
    direct(rig, 2, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
    return outcome(rig);
}

/* Zeros from nowhere are a command that nobody knows. */
static uint64_t request_in_hole(struct vrig *rig)
{
    direct(rig, 0, VRIG_HOLE, 24, VRING_DESC_F_NEXT, 1);
    direct(rig, 1, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
    return outcome(rig);
}

static uint64_t large_request_in_hole(struct vrig *rig)
{
    direct(rig, 0, VRIG_HOLE, 4097, VRING_DESC_F_NEXT, 1);
    direct(rig, 1, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
    return outcome(rig);
}

/* ---- Registers ---- */

static uint64_t offered(struct vrig *rig)
{
    uint64_t c = rig->common;
    vrig_write(rig, c + VIRTIO_PCI_COMMON_DFSELECT, 4, 0);
    uint64_t low = vrig_read(rig, c + VIRTIO_PCI_COMMON_DF, 4);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
    return vrig_read(rig, c + VIRTIO_PCI_COMMON_DF, 4) << 32 | low;
}

/* Both sizes after reset, and whether one can be changed. */
static uint64_t queue_sizes(struct vrig *rig)
{
    uint64_t c = rig->common;
    uint64_t sizes[2];
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 0);
    for (uint32_t i = 0; i < 2; i++) {
        vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_SELECT, 2, i);
        sizes[i] = vrig_read(rig, c + VIRTIO_PCI_COMMON_Q_SIZE, 2);
    }
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_SIZE, 2, 7);
    bool changes = vrig_read(rig, c + VIRTIO_PCI_COMMON_Q_SIZE, 2) == 7;
    return sizes[0] << 16 | sizes[1] << 1 | changes;
}

/* Status after FEATURES_OK was asked for with these features. */
static uint64_t features_ok(struct vrig *rig, uint32_t low, uint32_t high)
{
    uint64_t c = rig->common;
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 0);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 3);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_GF, 4, low);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_GF, 4, high);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 3 | FEATURES_OK);
    return status(rig);
}

static uint64_t features_good(struct vrig *rig)
{
    return features_ok(rig, 1u << 28, 1);
}

static uint64_t features_unoffered(struct vrig *rig)
{
    return features_ok(rig, 1u << 28 | 1, 1);
}

static uint64_t features_without_version_1(struct vrig *rig)
{
    return features_ok(rig, 1u << 28, 0);
}

/* A queue that is enabled is served before DRIVER_OK, or from then on. */
static uint64_t before_driver_ok(struct vrig *rig)
{
    vrig_write(rig, rig->common + VIRTIO_PCI_COMMON_STATUS, 1, 0x0B);
    put_request(rig);
    direct(rig, 0, VRIG_REQUEST, 24, VRING_DESC_F_NEXT, 1);
    direct(rig, 1, VRIG_RESPONSE, ROOM, VRING_DESC_F_WRITE, 0);
    return outcome(rig);
}

static uint64_t past_device_configuration(struct vrig *rig)
{
    return vrig_read(rig, rig->device + 14, 4);
}

/* ---- The table ---- */

#define QEMU_FEATURES UINT64_C(0x0000010130000002)
#define DEFAULT_FEATURES UINT64_C(0x0000000130000002)
#define AERO_FEATURES UINT64_C(0x0000000110000000)

static const struct situation {
    const char *name;
    uint64_t (*play)(struct vrig *rig);
    uint64_t results[5]; /* default, qemu, qemu72, aero-proto, spec */
} situations[] = {
    {"39 malformed chain", malformed, BUT_AERO(BROKEN << 16, NOTHING << 16 | DISPLAY_INFO)},
    {"40 features",
     offered,
     {DEFAULT_FEATURES, QEMU_FEATURES, QEMU_FEATURES, AERO_FEATURES, DEFAULT_FEATURES}},
    {"41 queue sizes", queue_sizes, BUT_AERO(64 << 16 | 16 << 1 | 1, 128 << 16 | 128 << 1)},
    {"42 FEATURES_OK", features_good, ALL(0x0B)},
    {"42 FEATURES_OK, one not offered", features_unoffered, {0x0B, 0x0B, 0x0B, 3, 3}},
    {"42 FEATURES_OK, no VERSION_1", features_without_version_1, {0x0B, 0x0B, 0x0B, 3, 3}},
    {"44 INDIRECT behind direct",
     indirect_behind_direct,
     {DISPLAY_INFO, NOTHING, NOTHING, DISPLAY_INFO, DISPLAY_INFO}},
    {"45 INDIRECT with NEXT",
     indirect_with_next,
     {DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, NOTHING, BROKEN}},
    {"46 INDIRECT in a table",
     indirect_in_indirect,
     {DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, NOTHING, BROKEN}},
    {"47 table larger than the queue",
     large_table,
     {DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, BROKEN}},
    {"47 1024 buffers",
     chain_of_1024,
     {DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, BROKEN}},
    {"47 1025 buffers", chain_of_1025, {BROKEN, BROKEN, BROKEN, DISPLAY_INFO, BROKEN}},
    {"47 4097 buffers", chain_of_4097, {BROKEN, BROKEN, BROKEN, NOTHING, BROKEN}},
    {"48 empty descriptor", empty_descriptor, {BROKEN, BROKEN, BROKEN, DISPLAY_INFO, DISPLAY_INFO}},
    {"49 request outside RAM", request_in_hole, {BROKEN, UNSPEC, UNSPEC, NOTHING, BROKEN}},
    {"49 more than is bounced", large_request_in_hole, BUT_AERO(BROKEN, NOTHING)},
    {"4.5 before DRIVER_OK",
     before_driver_ok,
     {DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO, SILENT}},
    {"1.2 past the configuration", past_device_configuration, BUT_AERO(UINT32_MAX, 0)},
};

static const char *const profiles[] = {"default", "qemu", "qemu72", "aero-proto", "spec"};

Test(virtio_profile_ring, every_situation)
{
    static struct vrig rig;
    for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
        for (size_t p = 0; p < 5; p++) {
            vrig_start(&rig, profiles[p], "");
            uint64_t result = situations[i].play(&rig);
            cr_expect_eq(result, situations[i].results[p],
                         "%s, profile %s: 0x%" PRIx64 " and not 0x%" PRIx64, situations[i].name,
                         profiles[p], result, situations[i].results[p]);
            vrig_finish(&rig);
        }
    }
}

/* A head outside the table is judged before avail_event says that the chain was taken. */
Test(virtio_profile_ring, bad_head_leaves_avail_event)
{
    static struct vrig rig;
    vrig_create(&rig, "default", "");
    vrig_negotiate(&rig, UINT64_MAX);
    uint64_t avail_event = rig.queues[0].used + 4 + 8 * (uint64_t)rig.queues[0].size;
    cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO), DISPLAY_INFO);
    cr_expect_eq(vrig_get16(&rig, avail_event), 1);
    vrig_offer(&rig, 0, 64);
    vrig_notify(&rig, 0);
    cr_expect(status(&rig) & NEEDS_RESET);
    cr_expect_eq(vrig_get16(&rig, avail_event), 1);
    vrig_finish(&rig);
}

/* ---- Answers that land on the available ring ---- */

enum {
    CELLS = 0xB0000, /* numbers of 8 bytes that chains move about */
    STATIC = 0xB1000,
    SCRATCH = 0xB2000,
    AERO_QUEUE = 128,
    LAST_SLOTS = 124,
};

/*
 * A chain from descriptor first on that copies 8 bytes, by way of a fence: its request has them in
 * the middle, the prototype's answer repeats them there. Only kept of them are written to target.
 */
static void put_copier(struct vrig *rig, uint32_t first, uint64_t from, uint64_t target,
                       uint32_t kept)
{
    uint16_t at = (uint16_t)first;
    direct(rig, first, STATIC, 8, VRING_DESC_F_NEXT, ++at);
    direct(rig, first + 1, from, 8, VRING_DESC_F_NEXT, ++at);
    direct(rig, first + 2, STATIC + 16, 8, VRING_DESC_F_NEXT, ++at);
    direct(rig, first + 3, SCRATCH, 8, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, ++at);
    direct(rig, first + 4, target, kept, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, ++at);
    direct(rig, first + 5, SCRATCH, 1000, VRING_DESC_F_WRITE, 0);
}

static void count_used(void *data, const struct sl_observation *observation)
{
    size_t *count = data;
    *count += observation->kind == SL_OBS_USED;
}

/*
 * The prototype goes on while more is available than the queue holds. Here the last chains of each
 * round swap two numbers and put one into avail.idx, so that it is always somewhere else than the
 * device is. A notification ends all the same.
 */
Test(virtio_profile_ring, answers_that_feed_the_ring, .timeout = 120)
{
    static struct vrig rig;
    uint64_t avail = VRIG_CONTROL + 0x8000;
    size_t used = 0;
    vrig_start(&rig, "aero-proto", "");
    rig.observer = (struct sl_observer){.data = &used, .observe = count_used};
    vrig_put16(&rig, STATIC, 0x0208); /* RESOURCE_MAP_BLOB: an error, 24 bytes */
    vrig_put16(&rig, CELLS, 64);
    vrig_put16(&rig, CELLS + 8, 192);
    direct(&rig, 0, VRIG_REQUEST, 24, VRING_DESC_F_NEXT, 1000);
    put_copier(&rig, 10, CELLS, avail + 2, 2);
    put_copier(&rig, 20, CELLS, CELLS + 16, 8);
    put_copier(&rig, 30, CELLS + 8, CELLS, 8);
    put_copier(&rig, 40, CELLS + 16, CELLS + 8, 8);
    for (uint32_t slot = LAST_SLOTS; slot < AERO_QUEUE; slot++) {
        uint16_t head = (uint16_t)((slot - LAST_SLOTS + 1) * 10);
        vrig_put16(&rig, avail + 4 + 2 * (uint64_t)slot, head);
    }
    vrig_put16(&rig, avail + 2, 192);
    vrig_notify(&rig, 0);
    cr_expect_eq(used, 65536, "%zu chains", used);
    vrig_finish(&rig);
}
