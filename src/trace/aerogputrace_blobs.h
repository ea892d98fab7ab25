/* The blobs of an .aerogputrace by id, as they are at one point of the file. */
#ifndef SL_TRACE_AEROGPUTRACE_BLOBS_H
#define SL_TRACE_AEROGPUTRACE_BLOBS_H

#include "base/digital_tree.h"
#include "trace/aerogputrace_file.h"

/* Zeroed is empty. */
struct sl_agt_blobs {
    struct sl_digital_tree tree;
};

/* Stores a blob; one with the same id is replaced. */
enum sl_status sl_agt_blobs_put(struct sl_agt_blobs *blobs, const struct sl_agt_blob *blob,
                                struct sl_error *err);

/* NULL if there is none. */
const struct sl_agt_blob *sl_agt_blobs_find(const struct sl_agt_blobs *blobs, uint64_t id);

/* Empties it. */
void sl_agt_blobs_finish(struct sl_agt_blobs *blobs);

#endif
