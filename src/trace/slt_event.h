/*
 * One event as bytes. A record is a fixed part per event type, then, for types that carry bytes,
 * the payload: the edges that fill no whole page, then runs of references to stored pages.
 *
 * A payload is split where the guest's memory is: at multiples of the page size of its guest
 * physical address, or of its own offset where it has no address. A payload shorter than a page is
 * all edge.
 */
#ifndef SL_TRACE_SLT_EVENT_H
#define SL_TRACE_SLT_EVENT_H

#include "base/buf.h"
#include "trace/slt_format.h"

#include <scanlock/event.h>

/* What an event carries besides numbers and names, and where its page boundaries lie. */
struct sl_slt_payload {
    const uint8_t *bytes; /* NULL if empty or not yet known */
    size_t size;
    size_t head; /* bytes before the first whole page */
    size_t tail; /* bytes after the last whole page */
};

/* count pages in a row: stored pages page, page + 1, ... or, if is_zero, pages of zeros. */
struct sl_slt_run {
    uint64_t page;
    uint32_t count;
    bool is_zero;
};

/* A decoded record. Pointers are into its bytes; those to a payload with pages are not set. */
struct sl_slt_record {
    struct sl_event event;
    struct sl_slt_payload payload;
    const uint8_t *edges; /* head, then tail */
    const uint8_t *runs;  /* run_count encoded runs, for sl_slt_run_decode() */
    size_t run_count;
    size_t size; /* of the whole record */
};

/*
 * Judges what an event says, apart from text that it does not point at. status is what a bad one is
 * to the caller: SL_ERR_USAGE when writing, SL_ERR_DAMAGED when reading.
 */
enum sl_status sl_slt_event_check(const struct sl_event *event, enum sl_status status,
                                  struct sl_error *err);

/* The same for the text alone. */
enum sl_status sl_slt_event_check_text(const struct sl_event *event, enum sl_status status,
                                       struct sl_error *err);

struct sl_slt_payload sl_slt_event_payload(const struct sl_event *event);
void sl_slt_event_set_payload(struct sl_event *event, const uint8_t *bytes);

/* Appends the record; runs are encoded runs that cover the payload's whole pages. */
void sl_slt_event_encode(const struct sl_event *event, const struct sl_buf *runs,
                         struct sl_buf *out);

/* Where a decoded map of RAM lies. */
struct sl_slt_ram {
    struct sl_ram_region regions[SL_RAM_REGIONS_MAX];
};

/*
 * Decodes the record at bytes, of which at most left are its own. Page references must be below
 * page_limit. minor is the file's version: what is unknown is SL_ERR_UNSUPPORTED in a newer file,
 * and what came later is damage in an older one. The event may point into *ram.
 */
enum sl_status sl_slt_event_decode(const uint8_t *bytes, size_t left, uint64_t page_limit,
                                   uint16_t minor, struct sl_slt_ram *ram,
                                   struct sl_slt_record *record, struct sl_error *err);

void sl_slt_run_encode(struct sl_buf *out, const struct sl_slt_run *run);
struct sl_slt_run sl_slt_run_decode(const uint8_t bytes[static SL_SLT_RUN]);

#endif
