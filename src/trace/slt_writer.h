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

#endif
