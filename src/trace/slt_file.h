/*
 * An opened binary trace file: its header and its index, whichever way that was found.
 *
 * A file is complete if it ends in an intact end frame; then everything in it must be right. A file
 * without one is taken for a recording that was cut off, and its frames are walked from the start:
 * bytes that are missing at the end are truncation, bytes that are there and wrong are damage.
 */
#ifndef SL_TRACE_SLT_FILE_H
#define SL_TRACE_SLT_FILE_H

#include "trace/slt_index.h"
#include "trace/slt_meta.h"

#include <stdio.h>

struct sl_slt_file {
    FILE *stream; /* owned */
    char *path;
    uint64_t size;
    uint64_t first_chunk; /* offset of what follows the header */
    uint16_t minor;
    bool truncated;
    struct sl_buf header; /* payload of the header frame; meta points into it */
    struct sl_slt_meta meta;
    struct sl_slt_index index;
};

/* Takes ownership of stream, also on failure; *file must be finished even then. */
enum sl_status sl_slt_file_open(FILE *stream, const char *path, struct sl_slt_file *file,
                                struct sl_error *err);
void sl_slt_file_finish(struct sl_slt_file *file);

/* Reads exactly size bytes at offset, which lie inside the file. */
enum sl_status sl_slt_file_read(const struct sl_slt_file *file, uint64_t offset, void *out,
                                size_t size, struct sl_error *err);

#endif
