/* Profile and options of the device; docs/devices.md lists them. */
#include "base/status.h"
#include "device/aerogpu/front.h"

#include <string.h>

#define ALL_FEATURES                                                                               \
    ((uint32_t)(AEROGPU_FEATURE_FENCE_PAGE | AEROGPU_FEATURE_CURSOR | AEROGPU_FEATURE_SCANOUT |    \
                AEROGPU_FEATURE_VBLANK | AEROGPU_FEATURE_TRANSFER | AEROGPU_FEATURE_ERROR_INFO))

/* A period of at least one nanosecond. */
enum { MAX_HZ = 1000000000 };

/* Decimal, or hexadecimal after 0x, of at most max; nothing before or after the digits. */
static bool parse_number(const char *text, uint32_t max, uint32_t *out)
{
    unsigned base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        unsigned digit = *text >= '0' && *text <= '9'                 ? (unsigned)(*text - '0')
                         : base == 16 && *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10
                         : base == 16 && *text >= 'A' && *text <= 'F' ? (unsigned)(*text - 'A') + 10
                                                                      : 16;
        if (digit >= base) {
            return false;
        }
        value = value * base + digit;
        if (value > max) {
            return false;
        }
    }
    *out = (uint32_t)value;
    return true;
}

static bool set_vblank_hz(struct sl_agpu_options *options, const char *value)
{
    if (strcmp(value, "off") == 0) {
        options->vblank_hz = 0;
        return true;
    }
    return parse_number(value, MAX_HZ, &options->vblank_hz) && options->vblank_hz != 0;
}

static bool set_features(struct sl_agpu_options *options, const char *value)
{
    return parse_number(value, ALL_FEATURES, &options->features) &&
           (options->features & ~ALL_FEATURES) == 0;
}

static const struct {
    const char *name;
    const char *values; /* for people */
    bool (*set)(struct sl_agpu_options *options, const char *value);
} known[] = {
    {"features", "a number from 0 to 0x3f", set_features},
    {"vblank_hz", "a number from 1 to 1000000000, or off", set_vblank_hz},
};

static enum sl_status set_option(struct sl_agpu_options *options, const struct sl_option *option,
                                 struct sl_error *err)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, option->name) != 0) {
            continue;
        }
        if (known[i].set(options, option->value)) {
            return SL_OK;
        }
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_DEVICE_OPTION_VALUE,
                       "aerogpu: option %s=%s; it takes %s", option->name, option->value,
                       known[i].values);
    }
    return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_DEVICE_OPTION_UNKNOWN,
                   "aerogpu: no option \"%s\"; known are features and vblank_hz", option->name);
}

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
    for (size_t i = 0; status == SL_OK && i < config->option_count; i++) {
        status = set_option(options, &config->options[i], err);
    }
    if (options->vblank_hz == 0) {
        options->features &= ~(uint32_t)AEROGPU_FEATURE_VBLANK;
    }
    return status;
}
