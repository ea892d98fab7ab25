/* The metadata fields of the header frame. */
#ifndef SL_TRACE_SLT_META_H
#define SL_TRACE_SLT_META_H

#include "base/buf.h"

#include <scanlock/event.h>

/*
 * Judges metadata; status is what bad metadata is to the caller: SL_ERR_USAGE when writing,
 * SL_ERR_DAMAGED when reading. RAM regions follow rule mem.region.
 */
enum sl_status sl_slt_meta_check(const struct sl_trace_meta *meta, enum sl_status status,
                                 struct sl_error *err);

/* The same for a map of RAM alone. */
enum sl_status sl_slt_ram_check(const struct sl_ram_region *regions, size_t count,
                                enum sl_status status, struct sl_error *err);

/* Appends the fields. */
void sl_slt_meta_encode(const struct sl_trace_meta *meta, struct sl_buf *out);

/* Metadata that was read. meta points into these arrays and into the header's bytes. */
struct sl_slt_meta {
    struct sl_trace_meta meta;
    struct sl_ram_region *ram;
    struct sl_option *options;
};

/*
 * Reads the fields in [bytes, bytes + size) into *out, which must be finished even on failure. Its
 * strings point into bytes. minor is the file's version: unknown fields are skipped in a newer one.
 */
enum sl_status sl_slt_meta_decode(const uint8_t *bytes, size_t size, uint16_t minor,
                                  struct sl_slt_meta *out, struct sl_error *err);

void sl_slt_meta_finish(struct sl_slt_meta *meta);

#endif
