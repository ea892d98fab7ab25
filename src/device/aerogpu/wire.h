/*
 * One field of a wire struct, read from or written to bytes. The struct of scanlock/aerogpu_abi.h
 * lends its offsets only; no bytes are ever seen through it.
 */
#ifndef SL_DEVICE_AEROGPU_WIRE_H
#define SL_DEVICE_AEROGPU_WIRE_H

#include "base/bytes.h"

#include <scanlock/aerogpu_abi.h>
#include <stddef.h>

#define SL_WIRE_GET32(bytes, layout, field) sl_get_le32((bytes) + offsetof(struct layout, field))
#define SL_WIRE_GET64(bytes, layout, field) sl_get_le64((bytes) + offsetof(struct layout, field))
#define SL_WIRE_PUT32(bytes, layout, field, value)                                                 \
    sl_put_le32((bytes) + offsetof(struct layout, field), (value))
#define SL_WIRE_PUT64(bytes, layout, field, value)                                                 \
    sl_put_le64((bytes) + offsetof(struct layout, field), (value))

#endif
