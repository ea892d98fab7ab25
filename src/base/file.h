/* Whole files in and out. */
#ifndef SL_BASE_FILE_H
#define SL_BASE_FILE_H

#include "base/buf.h"

#include <scanlock/error.h>

/*
 * Reads the whole file into out, which is cleared first. A file larger than limit bytes is
 * SL_ERR_UNSUPPORTED (host.limit); everything else that fails is SL_ERR_ENVIRONMENT.
 */
enum sl_status sl_file_read(const char *path, uint64_t limit, struct sl_buf *out,
                            struct sl_error *err);

/* Writes a file so that readers see either the old or the whole new content. */
enum sl_status sl_file_write(const char *path, const void *bytes, size_t size,
                             struct sl_error *err);

/* Makes the folder and the missing ones above it; fine if it exists. */
enum sl_status sl_file_make_folder(const char *path, struct sl_error *err);

bool sl_file_exists(const char *path);

/*
 * Writes into out the path of name as seen from the folder of the file at base: name itself if it
 * is absolute, else the folder, a slash and name.
 */
void sl_file_beside(struct sl_buf *out, const char *base, const char *name);

#endif
