/*
 * A trace held in memory, for formats that are lowered into events as a whole when opened. It is
 * filled event by event and then handed out as a struct sl_trace.
 */
#ifndef SL_TRACE_EVENT_LIST_H
#define SL_TRACE_EVENT_LIST_H

#include <scanlock/trace.h>

/* How much a list may grow to; beyond is SL_ERR_UNSUPPORTED (host.limit). */
struct sl_event_list_limits {
    uint64_t events;
    uint64_t bytes; /* of payloads and texts, together */
};

#define SL_EVENT_LIST_EVENTS (UINT64_C(4) << 20)
#define SL_EVENT_LIST_BYTES (UINT64_C(1) << 30)

struct sl_event_list;

/*
 * An empty list; everything in meta is copied. limits may be NULL for the two numbers above. Bad
 * metadata is SL_ERR_DAMAGED, by the rules of docs/trace-format.md.
 */
enum sl_status sl_event_list_create(enum sl_trace_format format, const struct sl_trace_meta *meta,
                                    const struct sl_event_list_limits *limits,
                                    struct sl_event_list **list, struct sl_error *err);

/* NULL is fine. */
void sl_event_list_destroy(struct sl_event_list *list);

/*
 * Appends a copy. An event that no binary trace can hold is SL_ERR_DAMAGED. data is the list, so
 * that the function serves as a sink.
 */
enum sl_status sl_event_list_put(void *data, const struct sl_event *event, struct sl_error *err);

struct sl_event_sink sl_event_list_sink(struct sl_event_list *list);

uint64_t sl_event_list_count(const struct sl_event_list *list);

/* Bytes that one more event may carry. */
uint64_t sl_event_list_room(const struct sl_event_list *list);

/* Turns the list into a trace at its start; sl_trace_close() frees both. Cannot fail. */
struct sl_trace *sl_event_list_finish(struct sl_event_list *list);

#endif
