/* Options, profiles and what the host may run out of. */
#include "base/status.h"
#include "device/option_table.h"
#include "fail_alloc.h"
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <string.h>

static enum sl_status create(const char *profile, const char *name, const char *value,
                             struct sl_error *err)
{
    struct sl_target *target;
    struct sl_mem *mem = sl_mem_create(0);
    const struct sl_option option = {.name = name, .value = value};
    const struct sl_target_config config = {
        .mem = mem, .profile = profile, .options = &option, .option_count = name ? 1 : 0};
    *err = (struct sl_error){0};
    enum sl_status status = sl_virtio_gpu_create(&config, &target, err);
    cr_assert_eq(target == NULL, status != SL_OK);
    if (target) {
        target->impl->destroy(target);
    }
    sl_mem_destroy(mem);
    return status;
}

Test(virtio_options, values)
{
    static const struct {
        const char *name;
        const char *value;
        enum sl_status status;
    } cases[] = {
        {"scanouts", "16", SL_OK},
        {"scanouts", "0", SL_ERR_DAMAGED},
        {"scanouts", "17", SL_ERR_DAMAGED},
        {"scanouts", "", SL_ERR_DAMAGED},
        {"scanouts", " 1", SL_ERR_DAMAGED},
        {"scanouts", "1x", SL_ERR_DAMAGED},
        {"display0", "1x1", SL_OK},
        {"display15", "16384x16384", SL_OK},
        {"display1", "off", SL_OK},
        {"display0", "0x1", SL_ERR_DAMAGED},
        {"display0", "640", SL_ERR_DAMAGED},
        {"display0", "640x", SL_ERR_DAMAGED},
        {"display0", "x480", SL_ERR_DAMAGED},
        {"display0", "16385x1", SL_ERR_DAMAGED},
        {"display0", "0000000000640x480", SL_ERR_DAMAGED},
        {"display16", "1x1", SL_ERR_UNSUPPORTED},
        {"edid", "off", SL_OK},
        {"edid", "1", SL_ERR_DAMAGED},
        {"blob", "on", SL_OK},
        {"blob", "ON", SL_ERR_DAMAGED},
        {"uuid", "on", SL_OK},
        {"uuid", "", SL_ERR_DAMAGED},
        {"hostmem", "0xffffffffffffffff", SL_OK},
        {"hostmem", "18446744073709551615", SL_OK},
        {"hostmem", "18446744073709551616", SL_ERR_DAMAGED},
        {"hostmem", "0", SL_ERR_DAMAGED},
        {"refresh", "60000", SL_OK},
        {"refresh", "0", SL_ERR_DAMAGED},
        {"refresh", "1000001", SL_ERR_DAMAGED},
        {"driver_features", "0x130000002", SL_OK},
        {"driver_features", "0x", SL_ERR_DAMAGED},
        {"screen", "live", SL_OK},
        {"screen", "latched-full", SL_OK},
        {"screen", "latched-zero", SL_OK},
        {"screen", "kept", SL_ERR_DAMAGED},
        {"colour", "1", SL_ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_error err;
        cr_assert_eq(create("", cases[i].name, cases[i].value, &err), cases[i].status, "%s=%s",
                     cases[i].name, cases[i].value);
        if (cases[i].status != SL_OK) {
            cr_assert_str_eq(err.rule, cases[i].status == SL_ERR_DAMAGED ? "device.option.value"
                                                                         : "device.option.unknown");
        }
    }
}

Test(virtio_options, messages)
{
    struct sl_error err;
    create("", "colour", "1", &err);
    cr_assert_str_eq(
        err.message,
        "virtio-gpu: no option \"colour\"; known are blob, display0 to display15, "
        "driver_features, edid, edid_bytes, hostmem, refresh, scanouts, screen and uuid");
    create("", "scanouts", "17", &err);
    cr_assert_str_eq(err.message, "virtio-gpu: option scanouts=17; it takes a number from 1 to 16");
}

Test(virtio_options, profiles)
{
    static const char *const good[] = {"", "default", "qemu", "qemu72", "aero-proto", "spec"};
    struct sl_error err;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cr_assert_eq(create(good[i], NULL, NULL, &err), SL_OK);
    }
    cr_assert_eq(create("qemu8", NULL, NULL, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "device.profile");
}

/* With event index among driver_features, a queue of a vring event writes avail_event. */
Test(virtio_options, driver_features)
{
    for (int on = 0; on < 2; on++) {
        struct vrig rig;
        vrig_create(&rig, "", on ? "driver_features=0x120000000" : "driver_features=0x100000000");
        rig.target->impl->vring(rig.target,
                                &(struct sl_vring_event){.queue = 0,
                                                         .size = 64,
                                                         .desc_gpa = VRIG_CONTROL,
                                                         .avail_gpa = rig.queues[0].avail,
                                                         .used_gpa = rig.queues[0].used});
        uint8_t request[24] = {0};
        vrig_poke(&rig, VRIG_REQUEST, request, sizeof(request));
        vrig_descriptor(&rig, VRIG_CONTROL, 0, VRIG_REQUEST, 24, 0, 0);
        vrig_offer(&rig, 0, 0);
        rig.target->impl->notify(rig.target, 0);
        cr_assert_eq(vrig_get16(&rig, rig.queues[0].used + 4 + 8 * 64), on);
        vrig_finish(&rig);
    }
}

Test(virtio_options, refresh_shows_in_edid)
{
    struct vrig rig;
    vrig_start(&rig, "", "refresh=60000");
    vrig_get_edid(&rig, 0);
    /* 60000 * (1280 + 448) * (800 + 28) / 10^7 = 8584 */
    cr_assert_eq(sl_get_le16(rig.response + 32 + 54), 8584);
    vrig_finish(&rig);
}

/* Past the host's limit the device stops, and says why. */
Test(virtio_options, memory_ceiling)
{
    struct sl_mem *mem = sl_mem_create(0);
    const struct sl_option option = {.name = "hostmem", .value = "0x100000000"};
    const struct sl_target_config config = {.mem = mem,
                                            .profile = "",
                                            .options = &option,
                                            .option_count = 1,
                                            .max_memory_bytes = 1 << 20};
    struct vrig rig = {.mem = mem, .bar = SL_SPACE_BAR4, .notify = 0x3000, .isr = 0x1000};
    cr_assert_eq(sl_mem_add_region(mem, 0, VRIG_RAM_SIZE, NULL), SL_OK);
    cr_assert_eq(sl_virtio_gpu_create(&config, &rig.target, NULL), SL_OK);
    rig.queues[0] =
        (struct vrig_queue){VRIG_CONTROL, VRIG_CONTROL + 0x8000, VRIG_CONTROL + 0xC000, 64, 0};
    rig.queues[1] =
        (struct vrig_queue){VRIG_CURSOR, VRIG_CURSOR + 0x8000, VRIG_CURSOR + 0xC000, 16, 0};
    vrig_negotiate(&rig, UINT64_C(1) << 32);
    cr_assert_eq(vrig_create_2d(&rig, 1, 1, 256, 256), VIRTIO_GPU_RESP_OK_NODATA);
    cr_assert_eq(rig.target->impl->fault(rig.target, NULL), SL_OK);
    vrig_create_2d(&rig, 2, 1, 512, 512);
    struct sl_error err = {0};
    cr_assert_eq(rig.target->impl->fault(rig.target, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    cr_assert_eq(vrig_unref(&rig, 1), 0, "nothing happens any more");
    vrig_finish(&rig);
}

/* One pass over everything that allocates. */
static enum sl_status exercise(struct sl_target *target, struct vrig *rig)
{
    struct sl_error err = {0};
    struct sl_image image = {0};
    rig->target = target;
    vrig_negotiate(rig, UINT64_C(1) << 32);
    vrig_create_2d(rig, 1, 1, 64, 64);
    vrig_attach(rig, 1, VRIG_DATA, 16384);
    vrig_transfer(rig, 1, vrig_rect(0, 0, 64, 64), 0);
    vrig_set_scanout(rig, 0, 1, vrig_rect(0, 0, 64, 64));
    vrig_cursor(rig, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 1, 0, 0);
    vrig_flush(rig, 1, vrig_rect(0, 0, 64, 64));
    vrig_get_edid(rig, 0);
    enum sl_status status = target->impl->fault(target, &err);
    if (status == SL_OK) {
        status = target->impl->capture(target, 0, &image, &err);
        sl_image_finish(&image);
    }
    return status;
}

Test(virtio_options, every_allocation_fails_once)
{
    const struct sl_option option = {.name = "screen", .value = "latched-full"};
    unsigned n = 1;
    for (bool failed = true; failed; n++) {
        struct vrig rig = {.bar = SL_SPACE_BAR4, .notify = 0x3000, .isr = 0x1000};
        struct sl_error err = {0};
        rig.queues[0] =
            (struct vrig_queue){VRIG_CONTROL, VRIG_CONTROL + 0x8000, VRIG_CONTROL + 0xC000, 64, 0};
        rig.queues[1] =
            (struct vrig_queue){VRIG_CURSOR, VRIG_CURSOR + 0x8000, VRIG_CURSOR + 0xC000, 16, 0};
        rig.mem = sl_mem_create(0);
        sl_mem_add_region(rig.mem, 0, VRIG_RAM_SIZE, NULL);
        /* Guest memory and the log of what the device wrote there are not what is tested. */
        const uint8_t touch = 0;
        for (uint64_t gpa = 0; gpa < UINT64_C(0x200000); gpa += SL_MEM_PAGE_SIZE) {
            sl_mem_dma_write(rig.mem, gpa, &touch, 1);
        }
        size_t count;
        bool lost;
        sl_mem_take_log(rig.mem, &count, &lost);
        const struct sl_target_config config = {
            .mem = rig.mem, .profile = "", .options = &option, .option_count = 1};
        fail_alloc_arm(n);
        struct sl_target *target = NULL;
        enum sl_status status = sl_virtio_gpu_create(&config, &target, &err);
        if (status == SL_OK) {
            status = exercise(target, &rig);
        }
        failed = fail_alloc_disarm();
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK, "allocation %u", n);
        if (target) {
            target->impl->destroy(target);
        }
        sl_mem_destroy(rig.mem);
    }
    cr_assert_gt(n, 8);
}

Test(virtio_options, many_unknown_names)
{
    /* The list in the message is cut, never overrun. */
    struct sl_option_row rows[40];
    const struct sl_option option = {.name = "x", .value = ""};
    const struct sl_target_config config = {.options = &option, .option_count = 1};
    struct sl_error err = {0};
    for (size_t i = 0; i < 40; i++) {
        rows[i] = (struct sl_option_row){.name = "long_option_name", .listed = "long_option_name"};
    }
    cr_assert_eq(sl_options_set("d", rows, 40, NULL, &config, &err), SL_ERR_UNSUPPORTED);
    cr_assert_eq(strncmp(err.message, "d: no option \"x\"; known are long_option_name, ", 44), 0);
}
