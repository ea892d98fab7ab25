/* Binary traces from an open stream; sl_slt_open() in trace_impl.h opens one by its path. */
#ifndef SL_TRACE_SLT_READER_H
#define SL_TRACE_SLT_READER_H

#include <scanlock/trace.h>
#include <stdio.h>

/* stream must be seekable and is owned from here on, also on failure. path is for reports. */
enum sl_status sl_slt_open_file(FILE *stream, const char *path, struct sl_trace **trace,
                                struct sl_error *err);

#endif
