/* Rebuilding the index of a file that has none. */
#ifndef SL_TRACE_SLT_SCAN_H
#define SL_TRACE_SLT_SCAN_H

#include "trace/slt_file.h"

/*
 * Walks the frames from file->first_chunk and fills file->index with the chunks that are complete.
 * Reads the heads, and the content only of chunks with capture points, for their names.
 */
enum sl_status sl_slt_scan(struct sl_slt_file *file, struct sl_error *err);

#endif
