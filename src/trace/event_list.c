#include "trace/event_list.h"

#include "base/array.h"
#include "base/status.h"
#include "trace/slt_event.h"
#include "trace/slt_meta.h"
#include "trace/trace_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 1 << 16 };

/* Payloads and strings live in blocks that never move. */
struct block {
    struct block *next;
    size_t used;
    size_t size;
    uint8_t bytes[];
};

struct sl_event_list {
    struct sl_trace base;
    struct sl_event_list_limits limits;
    struct block *blocks; /* newest first */
    uint64_t bytes;
    struct sl_event *events;
    size_t event_capacity;
    size_t frame_capacity;
};

static struct sl_event_list *from_base(struct sl_trace *trace)
{
    return (struct sl_event_list *)trace;
}

void sl_event_list_destroy(struct sl_event_list *list)
{
    if (!list) {
        return;
    }
    struct block *block = list->blocks;
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(list->base.frames);
    free(list->events);
    free(list);
}

static void list_close(struct sl_trace *trace)
{
    sl_event_list_destroy(from_base(trace));
}

static enum sl_status list_next(struct sl_trace *trace, struct sl_event *event,
                                struct sl_error *err)
{
    (void)err;
    struct sl_event_list *list = from_base(trace);
    *event =
        trace->position < trace->event_count ? list->events[trace->position] : (struct sl_event){0};
    return SL_OK;
}

static enum sl_status list_seek(struct sl_trace *trace, uint64_t index, struct sl_error *err)
{
    (void)trace;
    (void)index;
    (void)err;
    return SL_OK;
}

static const struct sl_trace_impl list_impl = {
    .close = list_close,
    .next = list_next,
    .seek = list_seek,
};

/* size is at least 1. Aligned for structs of pointers and numbers. NULL without memory. */
static void *take(struct sl_event_list *list, size_t size)
{
    size_t need = size + (-size & 15);
    struct block *block = list->blocks;
    if (need < size) {
        return NULL;
    }
    if (!block || need > block->size - block->used) {
        size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;
        block = room <= SIZE_MAX - sizeof(*block) ? malloc(sizeof(*block) + room) : NULL;
        if (!block) {
            return NULL;
        }
        *block = (struct block){.next = list->blocks, .size = room};
        list->blocks = block;
    }
    void *place = block->bytes + block->used;
    block->used += need;
    return place;
}

/* A copy with a terminator behind it, so that it also serves as a string. */
static enum sl_status copy(struct sl_event_list *list, const void *bytes, size_t size,
                           const void **out, struct sl_error *err)
{
    if (size > list->limits.bytes - list->bytes) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "events with more than %" PRIu64 " bytes, the limit", list->limits.bytes);
    }
    uint8_t *place = take(list, size + 1);
    if (!place) {
        return sl_fail_memory(err, size);
    }
    if (size > 0) {
        memcpy(place, bytes, size);
    }
    place[size] = '\0';
    list->bytes += size;
    *out = place;
    return SL_OK;
}

static enum sl_status copy_string(struct sl_event_list *list, const char **text,
                                  struct sl_error *err)
{
    const void *place = NULL;
    enum sl_status status = copy(list, *text, strlen(*text), &place, err);
    *text = place;
    return status;
}

static enum sl_status copy_options(struct sl_event_list *list, struct sl_error *err)
{
    struct sl_trace_meta *meta = &list->base.meta;
    if (meta->option_count == 0) {
        meta->options = NULL;
        return SL_OK;
    }
    struct sl_option *options = take(list, meta->option_count * sizeof(*options));
    if (!options) {
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < meta->option_count && status == SL_OK; i++) {
        options[i] = meta->options[i];
        status = copy_string(list, &options[i].name, err);
        if (status == SL_OK) {
            status = copy_string(list, &options[i].value, err);
        }
    }
    meta->options = options;
    return status;
}

static enum sl_status copy_ram(struct sl_event_list *list, const struct sl_ram_region **regions,
                               size_t count, struct sl_error *err)
{
    const void *place = NULL;
    enum sl_status status =
        count > 0 ? copy(list, *regions, count * sizeof(**regions), &place, err) : SL_OK;
    *regions = place;
    return status;
}

static enum sl_status copy_meta(struct sl_event_list *list, struct sl_error *err)
{
    struct sl_trace_meta *meta = &list->base.meta;
    const char **strings[] = {&meta->device, &meta->profile, &meta->producer, &meta->provenance};
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]) && status == SL_OK; i++) {
        status = copy_string(list, strings[i], err);
    }
    if (status == SL_OK) {
        status = copy_ram(list, &meta->ram, meta->ram_count, err);
    }
    return status == SL_OK ? copy_options(list, err) : status;
}

enum sl_status sl_event_list_create(enum sl_trace_format format, const struct sl_trace_meta *meta,
                                    const struct sl_event_list_limits *limits,
                                    struct sl_event_list **list, struct sl_error *err)
{
    *list = NULL;
    enum sl_status status = sl_slt_meta_check(meta, SL_ERR_DAMAGED, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_event_list *new = calloc(1, sizeof(*new));
    if (!new) {
        return sl_fail_memory(err, sizeof(*new));
    }
    new->base = (struct sl_trace){.impl = &list_impl, .format = format, .meta = *meta};
    new->limits = limits ? *limits
                         : (struct sl_event_list_limits){.events = SL_EVENT_LIST_EVENTS,
                                                         .bytes = SL_EVENT_LIST_BYTES};
    status = copy_meta(new, err);
    if (status != SL_OK) {
        sl_event_list_destroy(new);
        return status;
    }
    *list = new;
    return SL_OK;
}

static bool has_text(const struct sl_event *event)
{
    return event->type == SL_EVENT_FRAME || event->type == SL_EVENT_NOTE ||
           event->type == SL_EVENT_ATTACH;
}

/* Makes the event point at copies of what it carries. */
static enum sl_status own(struct sl_event_list *list, struct sl_event *event, struct sl_error *err)
{
    const void *place = NULL;
    struct sl_slt_payload payload = sl_slt_event_payload(event);
    if (payload.size > 0) {
        enum sl_status status = copy(list, payload.bytes, payload.size, &place, err);
        if (status != SL_OK) {
            return status;
        }
        sl_slt_event_set_payload(event, place);
    }
    if (event->type == SL_EVENT_RAM) {
        return copy_ram(list, &event->u.ram.regions, event->u.ram.count, err);
    }
    if (event->type == SL_EVENT_ATTACH || (has_text(event) && event->u.text.text_size == 0)) {
        enum sl_status status =
            copy(list, event->u.text.text, event->u.text.text_size, &place, err);
        if (status != SL_OK) {
            return status;
        }
        event->u.text.text = place;
    }
    return SL_OK;
}

static enum sl_status add_frame(struct sl_event_list *list, const char *name, struct sl_error *err)
{
    struct sl_trace *base = &list->base;
    void *frames = sl_array_grow(base->frames, &list->frame_capacity, base->frame_count,
                                 sizeof(*base->frames));
    if (!frames) {
        return sl_fail_memory(err, 0);
    }
    base->frames = frames;
    base->frames[base->frame_count++] =
        (struct sl_trace_frame){.event = base->event_count, .name = name};
    return SL_OK;
}

enum sl_status sl_event_list_put(void *data, const struct sl_event *event, struct sl_error *err)
{
    struct sl_event_list *list = data;
    struct sl_trace *base = &list->base;
    enum sl_status status = sl_slt_event_check(event, SL_ERR_DAMAGED, err);
    if (status != SL_OK) {
        return status;
    }
    if (base->event_count >= list->limits.events) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "more than %" PRIu64 " events, the limit", list->limits.events);
    }
    void *events = sl_array_grow(list->events, &list->event_capacity, (size_t)base->event_count,
                                 sizeof(*event));
    if (!events) {
        return sl_fail_memory(err, 0);
    }
    list->events = events;
    struct sl_event owned = *event;
    status = own(list, &owned, err);
    if (status == SL_OK && owned.type == SL_EVENT_FRAME) {
        status = add_frame(list, owned.u.text.text, err);
    }
    if (status == SL_OK) {
        list->events[base->event_count++] = owned;
    }
    return status;
}

struct sl_event_sink sl_event_list_sink(struct sl_event_list *list)
{
    return (struct sl_event_sink){.data = list, .put = sl_event_list_put};
}

uint64_t sl_event_list_count(const struct sl_event_list *list)
{
    return list->base.event_count;
}

uint64_t sl_event_list_room(const struct sl_event_list *list)
{
    uint64_t left = list->limits.bytes - list->bytes;
    return left < SL_SLT_PAYLOAD_MAX ? left : SL_SLT_PAYLOAD_MAX;
}

struct sl_trace *sl_event_list_finish(struct sl_event_list *list)
{
    return &list->base;
}
