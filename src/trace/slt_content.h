/* Expanding and checking the content of one chunk. */
#ifndef SL_TRACE_SLT_CONTENT_H
#define SL_TRACE_SLT_CONTENT_H

#include "trace/slt_file.h"

struct ZSTD_DCtx_s;

/* Expands chunks; keeps its memory from one to the next. */
struct sl_slt_expander {
    struct ZSTD_DCtx_s *zstd;
    struct sl_buf frame; /* head and compressed content as in the file */
};

enum sl_status sl_slt_expander_init(struct sl_slt_expander *expander, struct sl_error *err);
void sl_slt_expander_finish(struct sl_slt_expander *expander);

/*
 * Reads the chunk with this number, checks that its head agrees with the index, expands its content
 * into out (chunks[number].content_size bytes) and checks the hash of each page in it.
 */
enum sl_status sl_slt_expand(struct sl_slt_expander *expander, const struct sl_slt_file *file,
                             size_t number, uint8_t *out, struct sl_error *err);

#endif
