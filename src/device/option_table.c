#include "device/option_table.h"

#include "base/buf.h"
#include "base/status.h"

#include <string.h>

/* 16 and more for what is no digit. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

bool sl_option_number(const char *text, uint64_t max, uint64_t *out)
{
    bool hex = text[0] == '0' && text[1] == 'x';
    unsigned base = hex ? 16 : 10;
    uint64_t value = 0;
    text += hex ? 2 : 0;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        unsigned digit = digit_of(*text);
        if (digit >= base || digit > max || value > (max - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    *out = value;
    return true;
}

bool sl_option_switch(const char *text, bool *out)
{
    *out = strcmp(text, "on") == 0;
    return *out || strcmp(text, "off") == 0;
}

/* "a, b and c"; what does not fit is missing. */
static void list_rows(const struct sl_option_row *rows, size_t row_count, char *out, size_t size)
{
    struct sl_buf text = {0};
    size_t listed = 0;
    size_t last = 0;
    for (size_t i = 0; i < row_count; i++) {
        last = rows[i].listed ? i : last;
    }
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].listed) {
            sl_buf_text(&text, listed++ == 0 ? "" : i == last ? " and " : ", ");
            sl_buf_text(&text, rows[i].listed);
        }
    }
    const char *words = sl_buf_cstr(&text);
    size_t length = words ? strlen(words) : 0;
    length = length < size ? length : size - 1;
    memcpy(out, words ? words : "", length);
    out[length] = '\0';
    sl_buf_finish(&text);
}

static enum sl_status set_option(const char *device, const struct sl_option_row *rows,
                                 size_t row_count, void *options, const struct sl_option *option,
                                 struct sl_error *err)
{
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, option->name) != 0) {
            continue;
        }
        if (rows[i].set(options, rows[i].index, option->value)) {
            return SL_OK;
        }
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_DEVICE_OPTION_VALUE,
                       "%s: option %s=%s; it takes %s", device, option->name, option->value,
                       rows[i].values);
    }
    char known[256];
    list_rows(rows, row_count, known, sizeof(known));
    return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_DEVICE_OPTION_UNKNOWN,
                   "%s: no option \"%s\"; known are %s", device, option->name, known);
}

enum sl_status sl_options_set(const char *device, const struct sl_option_row *rows,
                              size_t row_count, void *options,
                              const struct sl_target_config *config, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < config->option_count; i++) {
        status = set_option(device, rows, row_count, options, &config->options[i], err);
    }
    return status;
}
