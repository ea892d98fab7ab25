/*
 * The outside of a command stream: its header, and packets that tile it. What packets mean is the
 * executor's.
 */
#ifndef SL_DEVICE_AEROGPU_STREAM_FRAMING_H
#define SL_DEVICE_AEROGPU_STREAM_FRAMING_H

#include "device/aerogpu/problem.h"

/*
 * Judges the header of a stream in a buffer of buffer_bytes. True with *size the bytes of the
 * stream, header included.
 */
bool sl_agpu_stream_check_header(const uint8_t *header, uint32_t buffer_bytes, uint32_t *size,
                                 struct sl_agpu_problem *problem);

/* Judges whether packets tile bytes, whose header is good. */
bool sl_agpu_stream_check_framing(const uint8_t *bytes, size_t size,
                                  struct sl_agpu_problem *problem);

/* A well-framed stream, or nothing (size 0): holds a present packet that waits for vsync. */
bool sl_agpu_stream_wants_vsync(const uint8_t *bytes, size_t size);

#endif
