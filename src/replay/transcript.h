/*
 * Transcript lines (docs/transcript.md has the grammar). Each function appends one line without a
 * newline to out.
 */
#ifndef SL_REPLAY_TRANSCRIPT_H
#define SL_REPLAY_TRANSCRIPT_H

#include "base/buf.h"
#include "base/hash.h"

#include <scanlock/device.h>

void sl_transcript_header(struct sl_buf *out, const char *device);

/* register_name may be NULL. */
void sl_transcript_read(struct sl_buf *out, uint64_t event, const struct sl_mmio_event *access,
                        const char *register_name, uint64_t value);
void sl_transcript_observation(struct sl_buf *out, uint64_t event,
                               const struct sl_observation *observation);
void sl_transcript_write(struct sl_buf *out, uint64_t event, uint64_t gpa, uint64_t size,
                         const struct sl_hash128 *hash);

/* 0 x 0: nothing is shown. */
void sl_transcript_frame(struct sl_buf *out, uint64_t event, const char *name, uint32_t width,
                         uint32_t height);

/* "bar0", "config" and the like. */
const char *sl_space_name(enum sl_space space);

/* "response" and the like. */
const char *sl_observation_kind_name(enum sl_observation_kind kind);

/* The fields of an observation without its text: "queue=0 head=3 len=24", "scanout=0 640x480". */
void sl_observation_print_fields(struct sl_buf *out, enum sl_observation_kind kind, uint32_t queue,
                                 uint32_t head, uint64_t value, size_t size);

#endif
