#include "trace/aerogputrace_blobs.h"

#include "base/status.h"

#include <stdlib.h>

struct entry {
    struct sl_digital_node node; /* first, so that a node is its entry */
    struct sl_agt_blob blob;
};

enum sl_status sl_agt_blobs_put(struct sl_agt_blobs *blobs, const struct sl_agt_blob *blob,
                                struct sl_error *err)
{
    struct entry *entry = (struct entry *)sl_digital_find(&blobs->tree, blob->id);
    if (!entry) {
        entry = calloc(1, sizeof(*entry));
        if (!entry) {
            return sl_fail_memory(err, sizeof(*entry));
        }
        entry->node.key = blob->id;
        sl_digital_insert(&blobs->tree, &entry->node);
    }
    entry->blob = *blob;
    return SL_OK;
}

const struct sl_agt_blob *sl_agt_blobs_find(const struct sl_agt_blobs *blobs, uint64_t id)
{
    const struct entry *entry = (const struct entry *)sl_digital_find(&blobs->tree, id);
    return entry ? &entry->blob : NULL;
}

void sl_agt_blobs_finish(struct sl_agt_blobs *blobs)
{
    while (blobs->tree.root) {
        struct sl_digital_node *node = blobs->tree.root;
        sl_digital_remove(&blobs->tree, node);
        free(node);
    }
}
