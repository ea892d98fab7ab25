#include "base/status.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct sl_error *err, enum sl_status status, enum sl_rule rule, const char *format,
                 va_list args) __attribute__((format(printf, 4, 0)));

static void fill(struct sl_error *err, enum sl_status status, enum sl_rule rule, const char *format,
                 va_list args)
{
    assert(status != SL_OK);
    if (!err) {
        return;
    }
    *err = (struct sl_error){.status = status, .rule = sl_rule_id(rule)};
    vsnprintf(err->message, sizeof(err->message), format, args);
}

enum sl_status sl_fail(struct sl_error *err, enum sl_status status, enum sl_rule rule,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, status, rule, format, args);
    va_end(args);
    return status;
}

enum sl_status sl_fail_at(struct sl_error *err, enum sl_status status, enum sl_rule rule,
                          uint64_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, status, rule, format, args);
    va_end(args);
    sl_error_set_offset(err, offset);
    return status;
}

enum sl_status sl_fail_memory(struct sl_error *err, uint64_t size_bytes)
{
    if (size_bytes == 0) {
        return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_MEMORY, "out of memory");
    }
    return sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_MEMORY,
                   "out of memory for %" PRIu64 " bytes", size_bytes);
}

enum sl_status sl_fail_errno(struct sl_error *err, const char *path, const char *verb)
{
    /* Thread safe in glibc since 2.32 and in musl; the tool never sets a locale. */
    sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_FILE, "cannot %s: %s", verb, strerror(errno));
    sl_error_set_file(err, path);
    return SL_ERR_ENVIRONMENT;
}

void sl_error_set_file(struct sl_error *err, const char *path)
{
    if (err && err->file[0] == '\0') {
        snprintf(err->file, sizeof(err->file), "%s", path);
    }
}

void sl_error_set_offset(struct sl_error *err, uint64_t offset)
{
    if (err && !err->has_offset) {
        err->offset = offset;
        err->has_offset = true;
    }
}

void sl_error_set_event(struct sl_error *err, uint64_t event)
{
    if (err && !err->has_event) {
        err->event = event;
        err->has_event = true;
    }
}

void sl_error_set_line(struct sl_error *err, uint32_t line)
{
    if (err && err->line == 0) {
        err->line = line;
    }
}

const char *sl_status_name(enum sl_status status)
{
    switch (status) {
    case SL_OK:
        return "ok";
    case SL_ERR_MISMATCH:
        return "comparison failed";
    case SL_ERR_USAGE:
        return "wrong usage";
    case SL_ERR_DAMAGED:
        return "damaged input";
    case SL_ERR_UNSUPPORTED:
        return "unsupported";
    case SL_ERR_ENVIRONMENT:
        return "environment failed";
    case SL_ERR_UNSTABLE:
        return "replays differ";
    }
    return "unknown status";
}

const char *sl_error_format(const struct sl_error *err, char *buf, unsigned long size)
{
    char place[96] = "";
    size_t used = 0;
    if (err->has_event) {
        used += (size_t)snprintf(place + used, sizeof(place) - used, "event %" PRIu64 ": ",
                                 err->event);
    }
    if (err->has_offset) {
        snprintf(place + used, sizeof(place) - used, "offset 0x%" PRIx64 ": ", err->offset);
    }
    char line[16] = "";
    if (err->line) {
        snprintf(line, sizeof(line), ":%" PRIu32, err->line);
    }
    snprintf(buf, size, "%s%s%s%s%s%s%s%s", err->file, line, err->file[0] ? ": " : "", place,
             err->message, err->rule ? " [" : "", err->rule ? err->rule : "",
             err->rule ? "]" : "");
    return buf;
}
