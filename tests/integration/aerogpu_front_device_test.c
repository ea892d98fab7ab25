/* Creation, configuration space, COMMAND, resets, options. */
#include "aerogpu_rig.h"
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

TestSuite(aerogpu_front_device, .init = up, .fini = down);

static uint64_t config(uint64_t offset, unsigned size)
{
    return rig.target->impl->read(rig.target, SL_SPACE_CONFIG, offset, size);
}

static void set_config(uint64_t offset, unsigned size, uint64_t value)
{
    rig.target->impl->write(rig.target, SL_SPACE_CONFIG, offset, size, value);
}

Test(aerogpu_front_device, configuration_space_identifies_the_function)
{
    cr_assert_eq(config(0x00, 4), 0x0001A3A0);
    cr_assert_eq(config(0x08, 4), 0x03000000);
    cr_assert_eq(config(0x0E, 1), 0x00);
    cr_assert_eq(config(0x2C, 4), 0x0001A3A0);
    cr_assert_eq(config(0x34, 1), 0x00, "no capabilities");
    cr_assert_eq(config(0x3D, 1), 0x01, "INTA#");
    cr_assert_eq(config(0x06, 2), 0);
}

Test(aerogpu_front_device, bars_have_their_sizes_and_kinds)
{
    set_config(0x10, 4, 0xFFFFFFFF);
    set_config(0x14, 4, 0xFFFFFFFF);
    set_config(0x18, 4, 0xFFFFFFFF);
    cr_assert_eq(config(0x10, 4), 0xFFFF0000);
    cr_assert_eq(config(0x14, 4), 0xFC000008);
    cr_assert_eq(config(0x18, 4), 0);
}

Test(aerogpu_front_device, memory_space_off_reads_ones_and_drops_writes)
{
    struct sl_target *t = rig.target;
    t->impl->write(t, SL_SPACE_BAR1, 0x10, 4, 0x12345678);
    aerogpu_rig_set(&rig, 0x404, 640);
    aerogpu_rig_command(&rig, 4);
    for (unsigned size = 1; size <= 8; size *= 2) {
        uint64_t ones = UINT64_MAX >> (64 - 8 * size);
        cr_assert_eq(t->impl->read(t, SL_SPACE_BAR0, 0, size), ones);
        cr_assert_eq(t->impl->read(t, SL_SPACE_BAR1, 0x10, size), ones);
        cr_assert_eq(t->impl->read(t, SL_SPACE_BAR2, 0, size), ones);
    }
    t->impl->write(t, SL_SPACE_BAR0, 0x404, 4, 1);
    t->impl->write(t, SL_SPACE_BAR1, 0x10, 4, 1);
    t->impl->write(t, SL_SPACE_BAR5, 0x10, 4, 1);
    aerogpu_rig_command(&rig, 6);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x404), 640);
    cr_assert_eq(t->impl->read(t, SL_SPACE_BAR1, 0x10, 4), 0x12345678);
}

Test(aerogpu_front_device, reset_is_power_on_but_for_the_bars)
{
    struct sl_target *t = rig.target;
    set_config(0x10, 4, 0xFEBF0000);
    set_config(0x14, 4, 0xE0000000);
    t->impl->write(t, SL_SPACE_BAR1, 0x10, 4, 0x12345678);
    t->impl->write(t, SL_SPACE_VBE, 0, 4, 0x00020118);
    aerogpu_rig_set(&rig, 0x304, 0x80000000);
    aerogpu_rig_set(&rig, 0x108, 0); /* a ring without a size: an error */
    aerogpu_rig_ring(&rig);
    aerogpu_rig_set(&rig, 0x414, 0x1000);
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_time(&rig, 50000000, 0);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1);
    cr_assert_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 0)->value, 1);

    t->impl->reset(t);
    cr_assert_eq(config(0x04, 2), 0);
    cr_assert_eq(config(0x10, 4), 0xFEBF0000);
    cr_assert_eq(config(0x14, 4), 0xE0000008);
    cr_assert_eq(aerogpu_rig_seen(&rig, SL_OBS_IRQ, 1)->value, 0, "the line drops");
    aerogpu_rig_command(&rig, 6);
    static const uint32_t zeros[] = {0x100, 0x10C, 0x300, 0x304, 0x310,
                                     0x31C, 0x400, 0x414, 0x420, 0x428};
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        cr_assert_eq(aerogpu_rig_get(&rig, zeros[i]), 0, "0x%x", zeros[i]);
    }
    cr_assert_eq(aerogpu_rig_get(&rig, 0), 0x55504741);
    cr_assert_eq(t->impl->read(t, SL_SPACE_BAR1, 0x10, 4), 0);
    cr_assert_eq(t->impl->read(t, SL_SPACE_VBE, 0, 4), 0);

    /* Device time starts again: one period after the enabling is 16666667. */
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_time(&rig, 50000000 + 16666667, 0);
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x428), 16666667);
}

Test(aerogpu_front_device, has_one_scanout_and_no_fault)
{
    struct sl_error err = {0};
    cr_assert_eq(rig.target->impl->scanout_count(rig.target), 1);
    cr_assert_eq(rig.target->impl->fault(rig.target, &err), SL_OK);
    cr_assert_eq(rig.target->impl->fault(rig.target, NULL), SL_OK);
    cr_assert_str_eq(rig.target->impl->device, "aerogpu");
    cr_assert_null(rig.target->impl->notify);
    cr_assert_null(rig.target->impl->display);
}

static enum sl_status create(const char *profile, const char *name, const char *value,
                             struct sl_error *err)
{
    const struct sl_option option = {.name = name, .value = value};
    struct sl_target_config c = {
        .mem = rig.mem, .profile = profile, .options = &option, .option_count = name != NULL};
    struct sl_target *target;
    enum sl_status status = sl_aerogpu_create(&c, &target, err);
    if (status == SL_OK) {
        target->impl->destroy(target);
    } else {
        cr_assert_null(target);
    }
    return status;
}

Test(aerogpu_front_device, profiles)
{
    struct sl_error err = {0};
    cr_assert_eq(create("", NULL, NULL, &err), SL_OK);
    cr_assert_eq(create("spec", NULL, NULL, &err), SL_OK);
    cr_assert_eq(create("aero", NULL, NULL, &err), SL_OK);
    cr_assert_eq(create("qemu", NULL, NULL, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "device.profile");
}

Test(aerogpu_front_device, options)
{
    static const char *const good[][2] = {
        {"vblank_hz", "1"},       {"vblank_hz", "1000000000"}, {"vblank_hz", "off"},
        {"vblank_hz", "60"},      {"features", "0"},           {"features", "0x3F"},
        {"features", "63"},       {"features", "0x2a"},        {"flavour", "auto"},
        {"flavour", "d3d9"},      {"flavour", "d3d11"},        {"on_error", "stop"},
        {"on_error", "continue"},
    };
    static const char *const bad[][2] = {
        {"vblank_hz", "0"},     {"vblank_hz", "1000000001"},
        {"vblank_hz", ""},      {"vblank_hz", "on"},
        {"vblank_hz", "6 0"},   {"vblank_hz", "-1"},
        {"features", "0x40"},   {"features", "64"},
        {"features", "0x"},     {"features", "0xg"},
        {"features", "1f"},     {"features", "99999999999999999999999"},
        {"flavour", "d3d10"},   {"flavour", ""},
        {"on_error", "ignore"},
    };
    struct sl_error err = {0};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cr_assert_eq(create("", good[i][0], good[i][1], &err), SL_OK, "%s", good[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(create("", bad[i][0], bad[i][1], &err), SL_ERR_DAMAGED, "%s", bad[i][1]);
        cr_assert_str_eq(err.rule, "device.option.value");
    }
    cr_assert_eq(create("", "scanouts", "2", &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "device.option.unknown");
}

Test(aerogpu_front_device, vblank_off_takes_the_feature_away)
{
    const struct sl_option option = {.name = "vblank_hz", .value = "off"};
    const struct sl_target_config c = {.profile = "", .options = &option, .option_count = 1};
    aerogpu_rig_finish(&rig);
    aerogpu_rig_init_with(&rig, &c);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x008), 0x37);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x430), 0);
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_time(&rig, 1000000000, 1000);
    cr_assert_eq(aerogpu_rig_get(&rig, 0x420), 0);
}

Test(aerogpu_front_device, creation_survives_each_failing_allocation)
{
    for (unsigned n = 1;; n++) {
        struct sl_error err = {0};
        fail_alloc_arm(n);
        enum sl_status status = create("", NULL, NULL, &err);
        if (!fail_alloc_disarm()) {
            cr_assert_eq(status, SL_OK);
            break;
        }
        cr_assert_eq(status, SL_ERR_ENVIRONMENT);
        cr_assert_str_eq(err.rule, "host.memory");
    }
}
