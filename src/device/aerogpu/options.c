/* Profile and options of the device; docs/devices.md lists them. */
#include "base/status.h"
#include "device/aerogpu/front.h"
#include "device/option_table.h"

#include <string.h>

/* The bits adjoin, so every number up to this is a mask of them. */
#define ALL_FEATURES                                                                               \
    ((uint32_t)(AEROGPU_FEATURE_FENCE_PAGE | AEROGPU_FEATURE_CURSOR | AEROGPU_FEATURE_SCANOUT |    \
                AEROGPU_FEATURE_VBLANK | AEROGPU_FEATURE_TRANSFER | AEROGPU_FEATURE_ERROR_INFO))

/* A period of at least one nanosecond. */
enum { MAX_HZ = 1000000000 };

static bool set_vblank_hz(void *data, unsigned index, const char *value)
{
    (void)index;
    struct sl_agpu_options *options = data;
    uint64_t hz = 0;
    if (strcmp(value, "off") != 0 && (!sl_option_number(value, MAX_HZ, &hz) || hz == 0)) {
        return false;
    }
    options->vblank_hz = (uint32_t)hz;
    return true;
}

static bool set_features(void *data, unsigned index, const char *value)
{
    (void)index;
    struct sl_agpu_options *options = data;
    uint64_t features;
    if (!sl_option_number(value, ALL_FEATURES, &features)) {
        return false;
    }
    options->features = (uint32_t)features;
    return true;
}

static bool set_flavour(void *data, unsigned index, const char *value)
{
    static const char *const names[] = {
        [SL_AGPU_FLAVOUR_UNKNOWN] = "auto",
        [SL_AGPU_FLAVOUR_D3D9] = "d3d9",
        [SL_AGPU_FLAVOUR_D3D11] = "d3d11",
    };
    (void)index;
    struct sl_agpu_options *options = data;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            options->flavour = (enum sl_agpu_flavour)i;
            return true;
        }
    }
    return false;
}

static bool set_on_error(void *data, unsigned index, const char *value)
{
    (void)index;
    struct sl_agpu_options *options = data;
    options->continues_on_error = strcmp(value, "continue") == 0;
    return options->continues_on_error || strcmp(value, "stop") == 0;
}

static bool set_half_pixel(void *data, unsigned index, const char *value)
{
    (void)index;
    struct sl_agpu_options *options = data;
    return sl_option_switch(value, &options->half_pixel);
}

static const struct sl_option_row rows[] = {
    {"features", "a number from 0 to 0x3f", set_features, 0, "features"},
    {"flavour", "auto, d3d9 or d3d11", set_flavour, 0, "flavour"},
    {"half_pixel", "on or off", set_half_pixel, 0, "half_pixel"},
    {"on_error", "stop or continue", set_on_error, 0, "on_error"},
    {"vblank_hz", "a number from 1 to 1000000000, or off", set_vblank_hz, 0, "vblank_hz"},
};

static enum sl_status set_profile(struct sl_agpu_options *options, const char *profile,
                                  struct sl_error *err)
{
    options->profile_aero = strcmp(profile, "aero") == 0;
    if (options->profile_aero || profile[0] == '\0' || strcmp(profile, "spec") == 0) {
        return SL_OK;
    }
    return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_DEVICE_PROFILE,
                   "aerogpu: no profile \"%s\"; known are spec and aero", profile);
}

enum sl_status sl_agpu_options_parse(struct sl_agpu_options *options,
                                     const struct sl_target_config *config, struct sl_error *err)
{
    *options = (struct sl_agpu_options){
        .vblank_hz = AEROGPU_LIMIT_VBLANK_DEFAULT_HZ,
        .features = ALL_FEATURES,
    };
    enum sl_status status = set_profile(options, config->profile, err);
    if (status == SL_OK) {
        status =
            sl_options_set("aerogpu", rows, sizeof(rows) / sizeof(rows[0]), options, config, err);
    }
    if (options->vblank_hz == 0) {
        options->features &= ~(uint32_t)AEROGPU_FEATURE_VBLANK;
    }
    return status;
}
