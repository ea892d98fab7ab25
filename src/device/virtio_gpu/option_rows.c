/* Profile and options of the device; docs/devices.md lists them. */
#include "base/status.h"
#include "device/option_table.h"
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

/* A vhost-user back end sees no negotiation. Without event index a driver gets every interrupt. */
#define DRIVER_FEATURES                                                                            \
    (UINT64_C(1) << VIRTIO_GPU_F_EDID | UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC |               \
     UINT64_C(1) << VIRTIO_F_VERSION_1)

static bool set_number(const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
    return sl_option_number(value, max, out) && *out >= min;
}

static bool set_scanouts(void *options, unsigned index, const char *value)
{
    struct sl_vgpu_options *it = options;
    uint64_t number;
    (void)index;
    if (!set_number(value, 1, SL_VGPU_SCANOUTS_MAX, &number)) {
        return false;
    }
    it->scanouts = (uint32_t)number;
    return true;
}

static bool set_display(void *options, unsigned index, const char *value)
{
    struct sl_vgpu_options *it = options;
    char width[8];
    uint64_t w;
    uint64_t h;
    const char *x = strchr(value, 'x');
    if (strcmp(value, "off") == 0) {
        it->displays[index] = (struct sl_vgpu_size){0};
        return true;
    }
    if (!x || (size_t)(x - value) >= sizeof(width)) {
        return false;
    }
    memcpy(width, value, (size_t)(x - value));
    width[x - value] = '\0';
    if (!set_number(width, 1, SL_IMAGE_DIM_MAX, &w) ||
        !set_number(x + 1, 1, SL_IMAGE_DIM_MAX, &h)) {
        return false;
    }
    it->displays[index] = (struct sl_vgpu_size){(uint32_t)w, (uint32_t)h};
    return true;
}

static bool set_edid(void *options, unsigned index, const char *value)
{
    (void)index;
    return sl_option_switch(value, &((struct sl_vgpu_options *)options)->edid);
}

/* An EDID is blocks of 128 bytes (E-EDID A2, 2). */
static bool set_edid_bytes(void *options, unsigned index, const char *value)
{
    enum { BLOCK = 128 };
    struct sl_vgpu_options *it = options;
    size_t digits = strlen(value);
    (void)index;
    if (digits == 0 || digits % (2 * (size_t)BLOCK) != 0 || digits > 2 * sizeof(it->edid_bytes) ||
        strspn(value, "0123456789abcdefABCDEF") != digits) {
        return false;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        const char pair[3] = {value[2 * i], value[2 * i + 1]};
        it->edid_bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    it->edid_size = (uint32_t)(digits / 2);
    return true;
}

static bool set_blob(void *options, unsigned index, const char *value)
{
    (void)index;
    return sl_option_switch(value, &((struct sl_vgpu_options *)options)->blob);
}

static bool set_uuid(void *options, unsigned index, const char *value)
{
    (void)index;
    return sl_option_switch(value, &((struct sl_vgpu_options *)options)->uuid);
}

static bool set_hostmem(void *options, unsigned index, const char *value)
{
    (void)index;
    return set_number(value, 1, UINT64_MAX, &((struct sl_vgpu_options *)options)->hostmem_bytes);
}

static bool set_refresh(void *options, unsigned index, const char *value)
{
    struct sl_vgpu_options *it = options;
    uint64_t number;
    (void)index;
    if (!set_number(value, 1, 1000000, &number)) {
        return false;
    }
    it->refresh_mhz = (uint32_t)number;
    return true;
}

static bool set_driver_features(void *options, unsigned index, const char *value)
{
    (void)index;
    return sl_option_number(value, UINT64_MAX,
                            &((struct sl_vgpu_options *)options)->driver_features);
}

static bool set_screen(void *options, unsigned index, const char *value)
{
    static const struct {
        const char *name;
        enum sl_vgpu_screen_model model;
    } models[] = {
        {"live", SL_VGPU_SCREEN_LIVE},
        {"latched-full", SL_VGPU_SCREEN_LATCHED_FULL},
        {"latched-zero", SL_VGPU_SCREEN_LATCHED_ZERO},
    };
    (void)index;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (strcmp(models[i].name, value) == 0) {
            ((struct sl_vgpu_options *)options)->screen = models[i].model;
            return true;
        }
    }
    return false;
}

#define SWITCH "on or off"
#define SIZE "WIDTHxHEIGHT, each from 1 to 16384, or off"

static const struct sl_option_row rows[] = {
    {"blob", SWITCH, set_blob, 0, "blob"},
    {"display0", SIZE, set_display, 0, "display0 to display15"},
    {"display1", SIZE, set_display, 1, NULL},
    {"display2", SIZE, set_display, 2, NULL},
    {"display3", SIZE, set_display, 3, NULL},
    {"display4", SIZE, set_display, 4, NULL},
    {"display5", SIZE, set_display, 5, NULL},
    {"display6", SIZE, set_display, 6, NULL},
    {"display7", SIZE, set_display, 7, NULL},
    {"display8", SIZE, set_display, 8, NULL},
    {"display9", SIZE, set_display, 9, NULL},
    {"display10", SIZE, set_display, 10, NULL},
    {"display11", SIZE, set_display, 11, NULL},
    {"display12", SIZE, set_display, 12, NULL},
    {"display13", SIZE, set_display, 13, NULL},
    {"display14", SIZE, set_display, 14, NULL},
    {"display15", SIZE, set_display, 15, NULL},
    {"driver_features", "a number of 64 bits", set_driver_features, 0, "driver_features"},
    {"edid", SWITCH, set_edid, 0, "edid"},
    {"edid_bytes", "1 to 8 blocks of 128 bytes in hexadecimal", set_edid_bytes, 0, "edid_bytes"},
    {"hostmem", "a number of bytes", set_hostmem, 0, "hostmem"},
    {"refresh", "a number of millihertz from 1 to 1000000", set_refresh, 0, "refresh"},
    {"scanouts", "a number from 1 to 16", set_scanouts, 0, "scanouts"},
    {"screen", "live, latched-full or latched-zero", set_screen, 0, "screen"},
    {"uuid", SWITCH, set_uuid, 0, "uuid"},
};

enum sl_status sl_vgpu_options_parse(struct sl_vgpu_options *options,
                                     const struct sl_target_config *config, struct sl_error *err)
{
    const struct sl_vgpu_profile *profile = sl_vgpu_profile_find(config->profile);
    if (!profile) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_DEVICE_PROFILE,
                       "virtio-gpu: no profile \"%s\"; known are default, qemu, qemu72, aero-proto "
                       "and spec",
                       config->profile);
    }
    *options = (struct sl_vgpu_options){
        .profile = profile,
        .scanouts = 1,
        .displays = {{SL_VIRTIO_GPU_LIMIT_DEFAULT_WIDTH, SL_VIRTIO_GPU_LIMIT_DEFAULT_HEIGHT}},
        .edid = true,
        .hostmem_bytes = SL_VIRTIO_GPU_LIMIT_DEFAULT_MEMORY_BYTES,
        .driver_features = DRIVER_FEATURES,
        .screen = profile->screen,
    };
    return sl_options_set("virtio-gpu", rows, sizeof(rows) / sizeof(rows[0]), options, config, err);
}
