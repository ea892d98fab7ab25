/* The writer behind sl_trace_writer_*(), on a file descriptor. */
#ifndef SL_TRACE_SLT_WRITER_H
#define SL_TRACE_SLT_WRITER_H

#include <scanlock/trace.h>

/*
 * Takes ownership of fd, also on failure. It only ever appends, in whole chunks. page_limit bounds
 * the pages remembered (see slt_page_table.h); path names the file in reports.
 */
enum sl_status sl_slt_writer_create(int fd, const char *path, size_t page_limit,
                                    const struct sl_trace_meta *meta,
                                    struct sl_trace_writer **writer, struct sl_error *err);

/*
 * Bounds the finished file, index and all. A chunk that would take it past the bound is left out
 * and the call that would have written it is SL_ERR_UNSUPPORTED (host.limit): the writer is full,
 * takes no more events and can still be finished. SL_ERR_USAGE if the bound is less than what is
 * there already needs.
 */
enum sl_status sl_slt_writer_set_limit(struct sl_trace_writer *writer, uint64_t size_bytes,
                                       struct sl_error *err);

/* What is in the file, not counting the chunk being collected. Readable until destroy. */
struct sl_slt_progress {
    uint64_t size_bytes;
    uint64_t events;
    bool is_full;
};
struct sl_slt_progress sl_slt_writer_progress(const struct sl_trace_writer *writer);

#endif
