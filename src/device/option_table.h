/* Options of a device as a table: one row per name. */
#ifndef SL_DEVICE_OPTION_TABLE_H
#define SL_DEVICE_OPTION_TABLE_H

#include <scanlock/device.h>

struct sl_option_row {
    const char *name;
    const char *values;                                            /* what it takes, for people */
    bool (*set)(void *options, unsigned index, const char *value); /* false: cannot be */
    unsigned index;     /* handed to set, for rows that share one */
    const char *listed; /* how the row shows in the list of options; NULL = not */
};

/*
 * Sets the options of a configuration, in order, through the rows. Rules device.option.unknown and
 * device.option.value; device is the name that messages start with.
 */
enum sl_status sl_options_set(const char *device, const struct sl_option_row *rows,
                              size_t row_count, void *options,
                              const struct sl_target_config *config, struct sl_error *err);

/* Decimal, or hexadecimal after 0x, of at most max; nothing before or after the digits. */
bool sl_option_number(const char *text, uint64_t max, uint64_t *out);

/* "on" or "off". */
bool sl_option_switch(const char *text, bool *out);

#endif
