/*
 * Filling in struct sl_error. The function that detects a problem calls sl_fail() and returns its
 * result; callers up the stack add where it happened.
 */
#ifndef SL_BASE_STATUS_H
#define SL_BASE_STATUS_H

#include "base/rule.h"

#include <scanlock/error.h>

/* Fills the report (if not NULL) and returns status, which is not SL_OK. */
enum sl_status sl_fail(struct sl_error *err, enum sl_status status, enum sl_rule rule,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* sl_fail() with a byte offset in the file. */
enum sl_status sl_fail_at(struct sl_error *err, enum sl_status status, enum sl_rule rule,
                          uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* SL_ERR_ENVIRONMENT, host.memory. size_bytes is what was asked for, 0 if unknown. */
enum sl_status sl_fail_memory(struct sl_error *err, uint64_t size_bytes);

/* SL_ERR_ENVIRONMENT, host.file, "cannot VERB: <errno text>" with the file set to path. */
enum sl_status sl_fail_errno(struct sl_error *err, const char *path, const char *verb);

/* Context for a report made below; each keeps what is already there. err may be NULL. */
void sl_error_set_file(struct sl_error *err, const char *path);
void sl_error_set_offset(struct sl_error *err, uint64_t offset);
void sl_error_set_event(struct sl_error *err, uint64_t event);
void sl_error_set_line(struct sl_error *err, uint32_t line);

#endif
