/*
 * Recipe, little-endian:
 *
 *     u64 size of the file, 16 bytes XXH3-128 of the file, then until the file is complete:
 *     varint n, n literal bytes, varint m, and if m > 0 varint index of a memory event of m bytes
 */
#include "trace/aerogputrace_recipe.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "base/status.h"
#include "trace/aerogputrace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An attachment is far from the limit of one event. */
enum { ATTACHMENT_MAX = 64 << 20 };

enum sl_status sl_agt_recipe_add(struct sl_agt_recipe *recipe, const struct sl_agt_copy *copy,
                                 struct sl_error *err)
{
    if (recipe->count == recipe->capacity) {
        size_t capacity = recipe->capacity ? recipe->capacity * 2 : 64;
        void *grown = capacity <= SIZE_MAX / sizeof(*recipe->copies)
                          ? realloc(recipe->copies, capacity * sizeof(*recipe->copies))
                          : NULL;
        if (!grown) {
            return sl_fail_memory(err, 0);
        }
        recipe->copies = grown;
        recipe->capacity = capacity;
    }
    recipe->copies[recipe->count++] = *copy;
    return SL_OK;
}

void sl_agt_recipe_finish(struct sl_agt_recipe *recipe)
{
    free(recipe->copies);
    *recipe = (struct sl_agt_recipe){0};
}

static int compare_copies(const void *a, const void *b)
{
    const struct sl_agt_copy *x = a;
    const struct sl_agt_copy *y = b;
    if (x->offset != y->offset) {
        return x->offset < y->offset ? -1 : 1;
    }
    return (x->event > y->event) - (x->event < y->event);
}

/* Of copies that overlap the first one stays. */
static void encode(struct sl_agt_recipe *recipe, const uint8_t *file, size_t size,
                   struct sl_buf *out)
{
    struct sl_hash128 hash = sl_hash128(file, size);
    sl_buf_u64(out, size);
    sl_buf_append(out, hash.bytes, sizeof(hash.bytes));
    if (recipe->count > 0) {
        qsort(recipe->copies, recipe->count, sizeof(*recipe->copies), compare_copies);
    }
    size_t done = 0;
    for (size_t i = 0; i < recipe->count; i++) {
        const struct sl_agt_copy *copy = &recipe->copies[i];
        if (copy->offset < done) {
            continue;
        }
        sl_buf_varint(out, copy->offset - done);
        sl_buf_append(out, file + done, copy->offset - done);
        sl_buf_varint(out, copy->size);
        sl_buf_varint(out, copy->event);
        done = copy->offset + copy->size;
    }
    if (done < size) {
        sl_buf_varint(out, size - done);
        sl_buf_append(out, file + done, size - done);
        sl_buf_varint(out, 0);
    }
}

enum sl_status sl_agt_recipe_attach(struct sl_agt_recipe *recipe, const uint8_t *file, size_t size,
                                    const struct sl_event_sink *sink, struct sl_error *err)
{
    struct sl_buf bytes = {0};
    encode(recipe, file, size, &bytes);
    enum sl_status status = bytes.failed ? sl_fail_memory(err, 0) : SL_OK;
    for (size_t done = 0; done < bytes.size && status == SL_OK; done += ATTACHMENT_MAX) {
        size_t left = bytes.size - done;
        struct sl_event event = {.type = SL_EVENT_ATTACH,
                                 .u.text = {.text = SL_AGT_ATTACHMENT,
                                            .text_size = strlen(SL_AGT_ATTACHMENT),
                                            .bytes = bytes.data + done,
                                            .size = left < ATTACHMENT_MAX ? left : ATTACHMENT_MAX}};
        status = sink->put(sink->data, &event, err);
    }
    sl_buf_finish(&bytes);
    return status;
}

static enum sl_status fail_export(struct sl_error *err, const char *what)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_EXPORT, "%s", what);
}

static bool is_recipe(const struct sl_event *event)
{
    return event->type == SL_EVENT_ATTACH && event->u.text.text_size == strlen(SL_AGT_ATTACHMENT) &&
           memcmp(event->u.text.text, SL_AGT_ATTACHMENT, event->u.text.text_size) == 0;
}

static enum sl_status collect(struct sl_trace *trace, struct sl_buf *recipe, struct sl_error *err)
{
    enum sl_status status = sl_trace_seek(trace, 0, err);
    struct sl_event event = {.type = SL_EVENT_NOTE};
    while (status == SL_OK && event.type != 0) {
        status = sl_trace_next(trace, &event, err);
        if (status != SL_OK || !is_recipe(&event)) {
            continue;
        }
        if (event.u.text.size > SL_AEROGPUTRACE_FILE_MAX * 2 - recipe->size) {
            return fail_export(err, "the attachments are larger than any recipe");
        }
        sl_buf_append(recipe, event.u.text.bytes, event.u.text.size);
        if (recipe->failed) {
            status = sl_fail_memory(err, event.u.text.size);
        }
    }
    return status;
}

/* Appends the bytes of a memory event. */
static enum sl_status copy_event(struct sl_trace *trace, uint64_t index, uint64_t size,
                                 struct sl_buf *out, struct sl_error *err)
{
    if (index >= sl_trace_event_count(trace)) {
        return fail_export(err, "the recipe names an event that is not there");
    }
    struct sl_event event;
    enum sl_status status = sl_trace_seek(trace, index, err);
    if (status == SL_OK) {
        status = sl_trace_next(trace, &event, err);
    }
    if (status != SL_OK) {
        return status;
    }
    if (event.type != SL_EVENT_MEM || event.u.mem.size != size) {
        return fail_export(err, "the recipe names an event that is not what it was");
    }
    sl_buf_append(out, event.u.mem.bytes, event.u.mem.size);
    return SL_OK;
}

/* One step of the recipe; c->failed if it is cut. Each step adds to out or fails. */
static enum sl_status follow_step(struct sl_trace *trace, struct sl_cursor *c, uint64_t file_size,
                                  struct sl_buf *out, struct sl_error *err)
{
    uint64_t literal = sl_cursor_varint(c);
    if (literal > sl_cursor_left(c) || literal > file_size - out->size) {
        return fail_export(err, "the recipe is longer than the file or cut");
    }
    if (literal > 0) {
        sl_buf_append(out, sl_cursor_take(c, (size_t)literal), (size_t)literal);
    }
    uint64_t size = sl_cursor_varint(c);
    if (size == 0) {
        return literal > 0 && !c->failed ? SL_OK : fail_export(err, "the recipe is malformed");
    }
    uint64_t index = sl_cursor_varint(c);
    if (c->failed || size > file_size - out->size) {
        return fail_export(err, "the recipe is longer than the file or cut");
    }
    return copy_event(trace, index, size, out, err);
}

static enum sl_status follow(struct sl_trace *trace, const struct sl_buf *recipe,
                             struct sl_buf *out, struct sl_error *err)
{
    struct sl_cursor c = sl_cursor_init(recipe->data, recipe->size);
    uint64_t file_size = sl_cursor_u64(&c);
    struct sl_hash128 hash = {{0}};
    const uint8_t *hash_bytes = sl_cursor_take(&c, sizeof(hash.bytes));
    if (!hash_bytes || file_size > SL_AEROGPUTRACE_FILE_MAX) {
        return fail_export(err, recipe->size == 0 ? "the trace was not made from an .aerogputrace"
                                                  : "the recipe is malformed");
    }
    memcpy(hash.bytes, hash_bytes, sizeof(hash.bytes));
    enum sl_status status = SL_OK;
    while (status == SL_OK && !out->failed && out->size < file_size) {
        status = follow_step(trace, &c, file_size, out, err);
    }
    if (status != SL_OK) {
        return status;
    }
    if (out->failed) {
        return sl_fail_memory(err, file_size);
    }
    struct sl_hash128 found = sl_hash128(out->data, out->size);
    return sl_hash128_equal(&found, &hash) ? SL_OK
                                           : fail_export(err, "the events are not what they were");
}

enum sl_status sl_aerogputrace_export(struct sl_trace *trace, struct sl_buf *out,
                                      struct sl_error *err)
{
    sl_buf_clear(out);
    struct sl_buf recipe = {0};
    enum sl_status status = collect(trace, &recipe, err);
    if (status == SL_OK) {
        status = follow(trace, &recipe, out, err);
    }
    sl_buf_finish(&recipe);
    return status;
}
