#include "difference/line_difference.h"

#include "base/hash.h"
#include "base/status.h"
#include "difference/sequence_alignment.h"

#include <stdlib.h>
#include <string.h>

/* A text cut into lines. */
struct lines {
    const char **at;
    size_t *size;
    uint64_t *hash;
    size_t count;
};

static void lines_finish(struct lines *lines)
{
    free(lines->at);
    free(lines->size);
    free(lines->hash);
}

static bool lines_cut(struct lines *lines, const struct sl_buf *text)
{
    size_t most = 1;
    for (size_t i = 0; i < text->size; i++) {
        most += text->data[i] == '\n';
    }
    *lines = (struct lines){.at = calloc(most, sizeof(*lines->at)),
                            .size = calloc(most, sizeof(*lines->size)),
                            .hash = calloc(most, sizeof(*lines->hash))};
    if (!lines->at || !lines->size || !lines->hash) {
        return false;
    }
    for (size_t at = 0; at < text->size;) {
        const char *start = (const char *)text->data + at;
        const char *end = memchr(start, '\n', text->size - at);
        size_t size = end ? (size_t)(end - start) : text->size - at;
        lines->at[lines->count] = start;
        lines->size[lines->count] = size;
        lines->hash[lines->count++] = sl_hash64(start, size);
        at += size + 1;
    }
    return true;
}

enum sl_status sl_line_difference(const struct sl_buf *a, const struct sl_buf *b,
                                  sl_line_difference_tell *tell, void *data, struct sl_error *err)
{
    struct lines x = {0};
    struct lines y = {0};
    struct sl_alignment alignment = {0};
    bool cut = lines_cut(&x, a) && lines_cut(&y, b);
    enum sl_status status =
        cut ? sl_align(x.hash, x.count, y.hash, y.count, &alignment, err) : sl_fail_memory(err, 0);
    size_t i = 0;
    size_t k = 0;
    for (size_t pair = 0; status == SL_OK && pair <= alignment.count; pair++) {
        bool last = pair == alignment.count;
        size_t i_end = last ? x.count : alignment.pairs[pair].a;
        size_t k_end = last ? y.count : alignment.pairs[pair].b;
        for (; i < i_end; i++) {
            tell(data, 0, x.at[i], x.size[i]);
        }
        for (; k < k_end; k++) {
            tell(data, 1, y.at[k], y.size[k]);
        }
        i = i_end + 1;
        k = k_end + 1;
    }
    sl_alignment_finish(&alignment);
    lines_finish(&x);
    lines_finish(&y);
    return status;
}
