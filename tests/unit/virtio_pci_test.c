/* virtio-pci: capabilities, registers, the window, negotiation, interrupts, resets. */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/pci_regs.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define COMMON(name) (rig.common + VIRTIO_PCI_COMMON_##name)
#define QUEUE_RESET 0x3A
#define ALL_BITS UINT64_MAX

Test(virtio_pci, identity)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    cr_assert_eq(vrig_config_read(&rig, 0, 4), 0x10501AF4);
    cr_assert_eq(vrig_config_read(&rig, 8, 4), 0x03800001);
    cr_assert_eq(vrig_config_read(&rig, 0x2C, 4), 0x11001AF4);
    cr_assert_eq(vrig_config_read(&rig, 0x3D, 1), 1);
    vrig_finish(&rig);
}

/* Offset, id, next and the words behind of each capability. */
struct cap {
    uint64_t at;
    uint32_t words[5];
    unsigned count;
};

static void check_caps(struct vrig *rig, uint64_t head, const struct cap *caps, size_t count)
{
    cr_assert_eq(vrig_config_read(rig, PCI_CAPABILITY_LIST, 1), head);
    cr_assert(vrig_config_read(rig, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST);
    for (size_t i = 0; i < count; i++) {
        for (unsigned w = 0; w < caps[i].count; w++) {
            cr_assert_eq(vrig_config_read(rig, caps[i].at + 4 * w, 4), caps[i].words[w],
                         "capability 0x%x word %u", (unsigned)caps[i].at, w);
        }
    }
}

/* The layout that QEMU has. */
Test(virtio_pci, capabilities)
{
    static const struct cap caps[] = {
        {0x98, {0x00028411, 0x00000001, 0x00000801}, 3}, {0x84, {0x05147009, 0, 0, 0, 0}, 5},
        {0x70, {0x02146009, 4, 0x3000, 0x1000, 4}, 5},   {0x60, {0x04105009, 4, 0x2000, 0x1000}, 4},
        {0x50, {0x03104009, 4, 0x1000, 0x1000}, 4},      {0x40, {0x01100009, 4, 0x0000, 0x1000}, 4},
    };
    struct vrig rig;
    vrig_create(&rig, "", "");
    check_caps(&rig, 0x98, caps, sizeof(caps) / sizeof(caps[0]));
    /* BAR4: 64 bits, prefetchable, 16 KiB; BAR1: 32 bits, 4 KiB. */
    vrig_config_write(&rig, 0x20, 4, UINT32_MAX);
    vrig_config_write(&rig, 0x24, 4, UINT32_MAX);
    vrig_config_write(&rig, 0x14, 4, UINT32_MAX);
    cr_assert_eq(vrig_config_read(&rig, 0x20, 8), UINT64_C(0xFFFFFFFFFFFFC00C));
    cr_assert_eq(vrig_config_read(&rig, 0x14, 4), 0xFFFFF000);
    vrig_finish(&rig);
}

Test(virtio_pci, capabilities_of_aero)
{
    static const struct cap caps[] = {
        {0x40, {0x01105009, 0, 0x0000, 0x100}, 4},
        {0x50, {0x02146409, 0, 0x1000, 0x100, 4}, 5},
        {0x64, {0x03107409, 0, 0x2000, 0x20}, 4},
        {0x74, {0x04100009, 0, 0x3000, 0x100}, 4},
    };
    struct vrig rig;
    vrig_create(&rig, "aero-proto", "");
    check_caps(&rig, 0x40, caps, sizeof(caps) / sizeof(caps[0]));
    vrig_config_write(&rig, 0x10, 4, UINT32_MAX);
    cr_assert_eq(vrig_config_read(&rig, 0x10, 4), 0xFFFFC004);
    vrig_finish(&rig);
}

Test(virtio_pci, memory_decoding)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    cr_assert_eq(vrig_read(&rig, COMMON(NUMQ), 2), 0xFFFF);
    vrig_write(&rig, COMMON(STATUS), 1, 1);
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(vrig_read(&rig, COMMON(NUMQ), 2), 2);
    cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 1), 0);
    /* BARs that are not there, and offsets past the end. */
    cr_assert_eq(rig.target->impl->read(rig.target, SL_SPACE_BAR0, 0, 4), UINT32_MAX);
    cr_assert_eq(rig.target->impl->read(rig.target, SL_SPACE_VGA, 0, 8), UINT64_MAX);
    cr_assert_eq(vrig_read(&rig, 0x4000, 1), 0xFF);
    rig.target->impl->write(rig.target, SL_SPACE_BAR0, 0, 4, 0);
    vrig_finish(&rig);
}

/* No bus mastering: a notification does nothing, and is not remembered. */
Test(virtio_pci, bus_mastering)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO), 0);
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    cr_assert_eq(vrig_used_index(&rig, 0), 0);
    vrig_notify(&rig, 0);
    cr_assert_eq(vrig_used_index(&rig, 0), 1);
    vrig_finish(&rig);
}

Test(virtio_pci, features)
{
    static const struct {
        const char *profile;
        const char *options;
        uint64_t features;
    } cases[] = {
        {"", "", UINT64_C(0x130000002)},
        {"", "blob=on uuid=on", UINT64_C(0x13000000E)},
        {"", "edid=off", UINT64_C(0x130000000)},
        {"qemu", "", UINT64_C(0x10130000002)},
        {"qemu72", "blob=on", UINT64_C(0x1013000000A)},
        {"aero-proto", "", UINT64_C(0x110000000)},
        {"spec", "", UINT64_C(0x130000002)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        vrig_create(&rig, cases[i].profile, cases[i].options);
        vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
        for (uint64_t half = 0; half < 3; half++) {
            vrig_write(&rig, COMMON(DFSELECT), 4, half);
            cr_assert_eq(vrig_read(&rig, COMMON(DFSELECT), 4), half);
            uint32_t expected = half < 2 ? (uint32_t)(cases[i].features >> 32 * half) : 0;
            cr_assert_eq(vrig_read(&rig, COMMON(DF), 4), expected, "case %zu", i);
        }
        vrig_finish(&rig);
    }
}

/* Written features read back as written; FEATURES_OK stays or goes by profile. */
Test(virtio_pci, negotiation)
{
    static const struct {
        const char *profile;
        uint64_t features;
        uint8_t status;
    } cases[] = {
        {"", UINT64_C(0x130000002), 0x0B},
        {"", 0, 0x0B},
        {"", ALL_BITS, 0x0B},
        {"spec", UINT64_C(0x100000000), 0x0B},
        {"spec", 0, 0x03},
        {"spec", ALL_BITS, 0x03},
        {"aero-proto", 0, 0x03},
        {"aero-proto", UINT64_C(0x130000000), 0x03},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        vrig_create(&rig, cases[i].profile, "");
        vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
        vrig_write(&rig, COMMON(STATUS), 1, 3);
        for (unsigned half = 0; half < 2; half++) {
            uint32_t word = (uint32_t)(cases[i].features >> 32 * half);
            vrig_write(&rig, COMMON(GFSELECT), 4, half);
            vrig_write(&rig, COMMON(GF), 4, word);
            cr_assert_eq(vrig_read(&rig, COMMON(GF), 4), word);
        }
        vrig_write(&rig, COMMON(GFSELECT), 4, 2);
        cr_assert_eq(vrig_read(&rig, COMMON(GF), 4), 0);
        vrig_write(&rig, COMMON(GF), 4, 1);
        vrig_write(&rig, COMMON(STATUS), 1, 0x0B);
        cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 1), cases[i].status, "case %zu", i);
        vrig_finish(&rig);
    }
}

/* After FEATURES_OK nothing is negotiated any more. */
Test(virtio_pci, late_features_have_no_effect)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    vrig_negotiate(&rig, UINT64_C(1) << 32);
    vrig_write(&rig, COMMON(GFSELECT), 4, 0);
    vrig_write(&rig, COMMON(GF), 4, 1u << VIRTIO_RING_F_EVENT_IDX);
    vrig_write(&rig, COMMON(Q_SELECT), 2, 0);
    vrig_write(&rig, COMMON(Q_ENABLE), 2, 1);
    vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    cr_assert_eq(vrig_get16(&rig, rig.queues[0].used + 4 + 8 * 64), 0, "no avail_event");
    vrig_finish(&rig);
}

Test(virtio_pci, queue_registers)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SIZE), 2), 64);
    vrig_write(&rig, COMMON(Q_SELECT), 2, 1);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SIZE), 2), 16);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_NOFF), 2), 1);
    static const struct {
        uint32_t written;
        uint32_t read;
    } sizes[] = {{0, 16}, {1, 1}, {1024, 1024}, {1025, 1024}, {3, 3}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        vrig_write(&rig, COMMON(Q_SIZE), 2, sizes[i].written);
        cr_assert_eq(vrig_read(&rig, COMMON(Q_SIZE), 2), sizes[i].read);
    }
    static const uint64_t addresses[] = {0x20, 0x28, 0x30};
    for (size_t i = 0; i < 3; i++) {
        uint64_t at = rig.common + addresses[i];
        vrig_write(&rig, at, 8, UINT64_C(0x1122334455667788) + i);
        cr_assert_eq(vrig_read(&rig, at, 8), UINT64_C(0x1122334455667788) + i);
        vrig_write(&rig, at + 4, 4, 0xAABBCCDD);
        cr_assert_eq(vrig_read(&rig, at, 4), 0x55667788 + i);
        cr_assert_eq(vrig_read(&rig, at + 4, 4), 0xAABBCCDD);
    }
    /* A queue that is not there; a selection that is impossible. */
    vrig_write(&rig, COMMON(Q_SELECT), 2, 2);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SIZE), 2), 0);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_MSIX), 2), 0xFFFF);
    vrig_write(&rig, COMMON(Q_SIZE), 2, 8);
    vrig_write(&rig, COMMON(Q_ENABLE), 2, 1);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_ENABLE), 2), 0);
    vrig_write(&rig, COMMON(Q_SELECT), 2, 1024);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SELECT), 2), 2);
    vrig_finish(&rig);
}

Test(virtio_pci, queue_size_of_aero_is_fixed)
{
    struct vrig rig;
    vrig_create(&rig, "aero-proto", "");
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    vrig_write(&rig, COMMON(Q_SIZE), 2, 8);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SIZE), 2), 128);
    vrig_write(&rig, COMMON(Q_MSIX), 2, 0);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_MSIX), 2), 0xFFFF, "there is no MSI-X");
    vrig_finish(&rig);
}

/* An access belongs to the register it starts at, and to no other. */
Test(virtio_pci, register_decoding)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    vrig_write(&rig, COMMON(STATUS), 4, 0xFFFF0003);
    cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 4), 3);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SELECT), 2), 0);
    cr_assert_eq(vrig_read(&rig, rig.common + 0x19, 2), 0, "the middle of Q_SIZE");
    vrig_write(&rig, rig.common + 0x19, 1, 7);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_SIZE), 1), 64);
    cr_assert_eq(vrig_read(&rig, rig.common + 0x100, 4), 0);
    cr_assert_eq(vrig_read(&rig, rig.notify, 4), 0);
    /* Eight bytes are two accesses of four: STATUS and Q_SIZE. */
    cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 8), UINT64_C(64) << 32 | 3);
    /* Read-only ones. */
    vrig_write(&rig, COMMON(NUMQ), 2, 9);
    vrig_write(&rig, COMMON(CFGGENERATION), 1, 9);
    vrig_write(&rig, COMMON(Q_NOFF), 2, 9);
    cr_assert_eq(vrig_read(&rig, COMMON(NUMQ), 2), 2);
    cr_assert_eq(vrig_read(&rig, COMMON(CFGGENERATION), 1), 0);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_NOFF), 2), 0);
    vrig_finish(&rig);
}

Test(virtio_pci, bad_queue_enable_breaks)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    vrig_write(&rig, COMMON(Q_ENABLE), 2, 2);
    cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 1), 0x4F);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_ERROR),
                     "queue_enable written with something else than 1");
    vrig_finish(&rig);
}

Test(virtio_pci, status_zero_resets)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    vrig_create_2d(&rig, 1, 1, 16, 16);
    vrig_attach(&rig, 1, VRIG_DATA, 1024);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 16, 16));
    cr_assert_eq(vrig_shown(&rig, 0), 16u << 16 | 16);
    rig.target->impl->display(rig.target, &(struct sl_display_event){0, 800, 600});
    vrig_write(&rig, COMMON(MSIX), 2, 1);
    vrig_write(&rig, COMMON(STATUS), 1, 0);
    cr_assert_eq(vrig_shown(&rig, 0), 0);
    cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 1), 0);
    cr_assert_eq(vrig_read(&rig, COMMON(MSIX), 2), 0xFFFF);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_ENABLE), 2), 0);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_DESCLO), 8), 0);
    cr_assert_eq(vrig_read(&rig, COMMON(GF), 4), 0);
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 0);
    cr_assert_eq(vrig_read(&rig, rig.device, 4), 1, "events outlive a reset");
    vrig_notify(&rig, 0);
    vrig_finish(&rig);
}

/* A bus reset is as power-on: COMMAND, wishes and events, too; guest memory stays. */
Test(virtio_pci, bus_reset)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    vrig_create_2d(&rig, 1, 1, 16, 16);
    rig.target->impl->display(rig.target, &(struct sl_display_event){0, 800, 600});
    cr_assert_eq(vrig_config_read(&rig, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT,
                 PCI_STATUS_INTERRUPT);
    rig.target->impl->reset(rig.target);
    cr_assert_eq(rig.seen[rig.seen_count - 1].kind, SL_OBS_IRQ);
    cr_assert_eq(rig.seen[rig.seen_count - 1].value, 0, "the line falls");
    cr_assert_eq(vrig_config_read(&rig, PCI_COMMAND, 2), 0);
    uint8_t zeros[8] = {0};
    vrig_poke(&rig, rig.queues[0].avail, zeros, sizeof(zeros));
    vrig_poke(&rig, rig.queues[0].used, zeros, sizeof(zeros));
    rig.queues[0].avail_index = 0;
    vrig_negotiate(&rig, ~(UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX));
    cr_assert_eq(vrig_read(&rig, rig.device, 4), 0);
    vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    cr_assert_eq(sl_get_le32(rig.response + 32), 1280);
    cr_assert_eq(vrig_unref(&rig, 1), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    vrig_finish(&rig);
}

Test(virtio_pci, queue_reset_needs_its_feature)
{
    struct vrig rig;
    vrig_create(&rig, "qemu", "");
    vrig_negotiate(&rig, ALL_BITS);
    vrig_write(&rig, COMMON(Q_SELECT), 2, 0);
    vrig_write(&rig, rig.common + QUEUE_RESET, 2, 1);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_ENABLE), 2), 0);
    cr_assert_eq(vrig_read(&rig, rig.common + QUEUE_RESET, 2), 0);
    cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO), 0);
    vrig_finish(&rig);
    vrig_start(&rig, "", "");
    vrig_write(&rig, COMMON(Q_SELECT), 2, 0);
    vrig_write(&rig, rig.common + QUEUE_RESET, 2, 1);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_ENABLE), 2), 1);
    vrig_finish(&rig);
}

Test(virtio_pci, notification_of_any_size)
{
    static const unsigned sizes[] = {1, 2, 4, 8};
    struct vrig rig;
    vrig_start(&rig, "", "");
    uint8_t request[24] = {0};
    vrig_poke(&rig, VRIG_REQUEST, request, sizeof(request));
    vrig_descriptor(&rig, rig.queues[0].desc, 0, VRIG_REQUEST, 24, 0, 0);
    for (uint16_t i = 0; i < 4; i++) {
        vrig_offer(&rig, 0, 0);
        vrig_write(&rig, rig.notify, sizes[i], UINT64_MAX);
        cr_assert_eq(vrig_used_index(&rig, 0), i + 1);
    }
    vrig_offer(&rig, 0, 0);
    vrig_write(&rig, rig.notify + 1, 2, 0);
    vrig_write(&rig, rig.notify + 8, 2, 0);
    cr_assert_eq(vrig_used_index(&rig, 0), 4);
    vrig_finish(&rig);
}

Test(virtio_pci, device_configuration)
{
    struct vrig rig;
    vrig_start(&rig, "", "scanouts=3");
    uint64_t d = rig.device;
    uint8_t generation = (uint8_t)vrig_read(&rig, COMMON(CFGGENERATION), 1);
    cr_assert_eq(vrig_read(&rig, d + 8, 4), 3);
    cr_assert_eq(vrig_read(&rig, d + 8, 1), 3);
    cr_assert_eq(vrig_read(&rig, d + 8, 8), 3);
    cr_assert_eq(vrig_read(&rig, d + 15, 2), 0xFFFF, "past the end");
    cr_assert_eq(vrig_read(&rig, d + 16, 4), UINT32_MAX);
    rig.target->impl->display(rig.target, &(struct sl_display_event){2, 640, 480});
    cr_assert_eq(vrig_read(&rig, d, 4), 1);
    cr_assert_eq(vrig_read(&rig, COMMON(CFGGENERATION), 1), (uint8_t)(generation + 1));
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 3);
    cr_assert_eq(vrig_read(&rig, rig.isr, 4), 0);
    vrig_write(&rig, d, 4, 0);
    vrig_write(&rig, d + 8, 4, 9);
    vrig_write(&rig, d + 4, 4, ~1u);
    vrig_write(&rig, d + 16, 4, 1);
    cr_assert_eq(vrig_read(&rig, d, 4), 1);
    cr_assert_eq(vrig_read(&rig, d + 8, 4), 3);
    vrig_write(&rig, d + 4, 1, 1);
    cr_assert_eq(vrig_read(&rig, d, 4), 0);
    cr_assert_eq(vrig_read(&rig, d + 4, 4), 0);
    /* No such head. */
    rig.target->impl->display(rig.target, &(struct sl_display_event){3, 640, 480});
    cr_assert_eq(vrig_read(&rig, d, 4), 0);
    vrig_finish(&rig);
    vrig_start(&rig, "aero-proto", "");
    cr_assert_eq(vrig_read(&rig, rig.device + 16, 4), 0);
    vrig_finish(&rig);
}

/* Before DRIVER_OK an event is stored, and nobody is told. */
Test(virtio_pci, no_interrupt_before_driver_ok)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    rig.target->impl->display(rig.target, &(struct sl_display_event){0, 640, 480});
    cr_assert_eq(rig.seen_count, 0);
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(vrig_read(&rig, rig.device, 4), 1);
    vrig_finish(&rig);
}

static void raise(struct vrig *rig)
{
    rig->target->impl->display(rig->target, &(struct sl_display_event){0, 640, 480});
}

/* The line: level, COMMAND.INTX_DISABLE, STATUS, reading ISR. */
Test(virtio_pci, intx)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    raise(&rig);
    raise(&rig);
    cr_assert_eq(rig.seen_count, 1);
    cr_assert_eq(rig.seen[0].queue, SL_IRQ_INTX);
    cr_assert_eq(rig.seen[0].value, 1);
    vrig_config_write(&rig, PCI_COMMAND, 2, 0x406);
    cr_assert_eq(rig.seen[1].value, 0);
    cr_assert(vrig_config_read(&rig, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    vrig_config_write(&rig, PCI_COMMAND, 2, 0x006);
    cr_assert_eq(rig.seen[2].value, 1);
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 3);
    cr_assert_eq(rig.seen_count, 4);
    cr_assert_eq(rig.seen[3].value, 0);
    cr_assert_not(vrig_config_read(&rig, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    vrig_write(&rig, rig.isr, 1, 3);
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 0);
    vrig_finish(&rig);
}

static uint64_t msix_read(struct vrig *rig, uint64_t offset, unsigned size)
{
    return rig->target->impl->read(rig->target, SL_SPACE_BAR1, offset, size);
}

static void msix_write(struct vrig *rig, uint64_t offset, unsigned size, uint64_t value)
{
    rig->target->impl->write(rig->target, SL_SPACE_BAR1, offset, size, value);
}

static void enable_msix(struct vrig *rig)
{
    vrig_config_write(rig, 0x9A, 2, PCI_MSIX_FLAGS_ENABLE);
    for (uint64_t i = 0; i < 3; i++) {
        msix_write(rig, 16 * i + 12, 4, 0);
    }
}

Test(virtio_pci, msix)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    enable_msix(&rig);
    vrig_write(&rig, COMMON(MSIX), 2, 2);
    vrig_write(&rig, COMMON(Q_SELECT), 2, 0);
    vrig_write(&rig, COMMON(Q_MSIX), 2, 1);
    cr_assert_eq(vrig_read(&rig, COMMON(Q_MSIX), 2), 1);
    raise(&rig);
    vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    cr_assert_eq(rig.seen_count, 4);
    cr_assert_eq(rig.seen[0].kind, SL_OBS_IRQ);
    cr_assert_eq(rig.seen[0].queue, 2);
    cr_assert_eq(rig.seen[3].kind, SL_OBS_IRQ);
    cr_assert_eq(rig.seen[3].queue, 1);
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 3, "ISR counts with MSI-X, too");
    /* No vector, no message. */
    vrig_write(&rig, COMMON(MSIX), 2, 3);
    cr_assert_eq(vrig_read(&rig, COMMON(MSIX), 2), 0xFFFF);
    raise(&rig);
    cr_assert_eq(rig.seen_count, 4);
    vrig_finish(&rig);
}

Test(virtio_pci, masked_vectors_stay_pending)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    enable_msix(&rig);
    vrig_write(&rig, COMMON(MSIX), 2, 2);
    msix_write(&rig, 2 * 16 + 12, 4, 1);
    raise(&rig);
    raise(&rig);
    cr_assert_eq(rig.seen_count, 0);
    cr_assert_eq(msix_read(&rig, 0x800, 8), 4);
    msix_write(&rig, 2 * 16 + 12, 4, 0);
    cr_assert_eq(rig.seen_count, 1);
    cr_assert_eq(msix_read(&rig, 0x800, 8), 0);
    /* The mask of the whole function. */
    vrig_config_write(&rig, 0x9A, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    raise(&rig);
    cr_assert_eq(rig.seen_count, 1);
    vrig_config_write(&rig, 0x9A, 2, PCI_MSIX_FLAGS_ENABLE);
    cr_assert_eq(rig.seen_count, 2);
    vrig_finish(&rig);
}

Test(virtio_pci, msix_table)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(msix_read(&rig, 12, 4), 1, "masked at first");
    msix_write(&rig, 0, 8, UINT64_C(0x11223344FEE00000));
    msix_write(&rig, 17, 1, 0xAB);
    cr_assert_eq(msix_read(&rig, 0, 8), UINT64_C(0x11223344FEE00000));
    cr_assert_eq(msix_read(&rig, 16, 4), 0xAB00);
    msix_write(&rig, 0x800, 4, 7);
    cr_assert_eq(msix_read(&rig, 0x800, 4), 0);
    msix_write(&rig, 48, 4, 7);
    cr_assert_eq(msix_read(&rig, 48, 4), 0);
    cr_assert_eq(msix_read(&rig, 0x1000, 4), UINT32_MAX);
    vrig_finish(&rig);
}

/* The line falls when the driver goes over to messages. */
Test(virtio_pci, msix_takes_the_line)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    raise(&rig);
    enable_msix(&rig);
    cr_assert_eq(rig.seen_count, 2);
    cr_assert_eq(rig.seen[1].value, 0);
    cr_assert_eq(vrig_read(&rig, rig.isr, 1), 3);
    vrig_finish(&rig);
}

static void set_window(struct vrig *rig, uint8_t bar, uint32_t offset, uint32_t length)
{
    vrig_config_write(rig, 0x88, 1, bar);
    vrig_config_write(rig, 0x8C, 4, offset);
    vrig_config_write(rig, 0x90, 4, length);
}

/* Registers through configuration space, with no BAR decoded. */
Test(virtio_pci, window)
{
    struct vrig rig;
    vrig_create(&rig, "", "");
    set_window(&rig, 4, VIRTIO_PCI_COMMON_NUMQ, 2);
    cr_assert_eq(vrig_config_read(&rig, 0x94, 2), 2);
    set_window(&rig, 4, VIRTIO_PCI_COMMON_STATUS, 1);
    vrig_config_write(&rig, 0x94, 1, 3);
    vrig_config_write(&rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(vrig_read(&rig, COMMON(STATUS), 1), 3);
    /* Other BARs, lengths and offsets do nothing: the data is what was written. */
    static const struct {
        uint8_t bar;
        uint32_t offset;
        uint32_t length;
    } bad[] = {{0, 0x12, 2}, {4, 0x12, 3}, {4, 0x12, 0}, {4, 0x12, 8}, {4, 0x13, 2}, {1, 12, 4}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        set_window(&rig, bad[i].bar, bad[i].offset, bad[i].length);
        vrig_config_write(&rig, 0x94, 4, 0x1234);
        cr_assert_eq(vrig_config_read(&rig, 0x94, 4), 0x1234, "case %zu", i);
    }
    vrig_finish(&rig);
}

Test(virtio_pci, register_names)
{
    static const struct {
        uint64_t offset;
        const char *name;
    } cases[] = {{0x14, "STATUS"},        {0x18, "Q_SIZE"},         {0x1000, "ISR"},
                 {0x2000, "events_read"}, {0x200A, "num_scanouts"}, {0x3004, "NOTIFY"}};
    struct vrig rig;
    vrig_create(&rig, "", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *name =
            rig.target->impl->register_name(rig.target, SL_SPACE_BAR4, cases[i].offset);
        cr_assert(name && strcmp(name, cases[i].name) == 0, "0x%x is %s", (unsigned)cases[i].offset,
                  name ? name : "nothing");
    }
    cr_assert_null(rig.target->impl->register_name(rig.target, SL_SPACE_BAR4, 0x4000));
    cr_assert_null(rig.target->impl->register_name(rig.target, SL_SPACE_BAR4, 0x2010));
    cr_assert_null(rig.target->impl->register_name(rig.target, SL_SPACE_BAR0, 0x14));
    vrig_finish(&rig);
}
