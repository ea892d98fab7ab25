/*
 * A trace as JSON, one object per line. Numbers of up to 32 bits are numbers; addresses and 64-bit
 * values are strings in hexadecimal, because not every reader of JSON has 64-bit integers.
 */
#include "trace/dump_impl.h"
#include "trace/dump_text.h"

#include <inttypes.h>
#include <string.h>

static void put_key(struct sl_buf *out, const char *key)
{
    sl_buf_printf(out, ",\"%s\":", key);
}

static void put_number(struct sl_buf *out, const char *key, uint32_t value)
{
    put_key(out, key);
    sl_buf_printf(out, "%" PRIu32, value);
}

static void put_wide(struct sl_buf *out, const char *key, uint64_t value)
{
    put_key(out, key);
    sl_buf_printf(out, "\"0x%" PRIx64 "\"", value);
}

static void put_string(struct sl_buf *out, const char *key, const char *text, size_t size)
{
    put_key(out, key);
    sl_dump_quoted(out, text, size);
}

static void put_bytes(struct sl_buf *out, const char *key, const uint8_t *bytes, size_t size)
{
    put_key(out, key);
    sl_buf_u8(out, '"');
    sl_buf_hex(out, bytes, size);
    sl_buf_u8(out, '"');
}

static void put_regions(struct sl_buf *out, const struct sl_ram_region *regions, size_t count)
{
    sl_buf_u8(out, '[');
    for (size_t i = 0; i < count; i++) {
        sl_buf_printf(out, "%s{\"base\":\"0x%" PRIx64 "\",\"size\":\"0x%" PRIx64 "\"}",
                      i == 0 ? "" : ",", regions[i].gpa, regions[i].size);
    }
    sl_buf_u8(out, ']');
}

static void put_head(struct sl_buf *out, const struct sl_trace *trace)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    sl_buf_text(out, "{\"type\":\"trace\"");
    put_string(out, "device", meta->device, strlen(meta->device));
    put_key(out, "abi");
    sl_buf_printf(out, "\"%" PRIu32 ".%" PRIu32 "\"", meta->abi_version >> 16,
                  meta->abi_version & 0xFFFF);
    put_string(out, "about", meta->provenance, strlen(meta->provenance));
    put_string(out, "producer", meta->producer, strlen(meta->producer));
    put_string(out, "profile", meta->profile, strlen(meta->profile));
    put_key(out, "truncated");
    sl_buf_text(out, sl_trace_is_truncated(trace) ? "true" : "false");
    put_key(out, "options");
    for (size_t i = 0; i < meta->option_count; i++) {
        sl_buf_u8(out, i == 0 ? '{' : ',');
        sl_dump_quoted(out, meta->options[i].name, strlen(meta->options[i].name));
        sl_buf_u8(out, ':');
        sl_dump_quoted(out, meta->options[i].value, strlen(meta->options[i].value));
    }
    sl_buf_text(out, meta->option_count > 0 ? "}" : "{}");
    put_key(out, "ram");
    put_regions(out, meta->ram, meta->ram_count);
    sl_buf_text(out, "}\n");
}

static void put_mem(struct sl_buf *out, const struct sl_event *event)
{
    put_wide(out, "at", event->u.mem.gpa);
    put_bytes(out, "hex", event->u.mem.bytes, event->u.mem.size);
}

static void put_mmio(struct sl_buf *out, const struct sl_event *event)
{
    const struct sl_mmio_event *mmio = &event->u.mmio;
    const char *space = sl_dump_space_name(mmio->space);
    put_string(out, "space", space, strlen(space));
    put_wide(out, "offset", mmio->offset);
    put_number(out, "size", mmio->size);
    if (mmio->has_value) {
        put_wide(out, "value", mmio->value);
    }
}

static void put_vring(struct sl_buf *out, const struct sl_event *event)
{
    const struct sl_vring_event *vring = &event->u.vring;
    put_number(out, "queue", vring->queue);
    put_number(out, "size", vring->size);
    put_wide(out, "desc", vring->desc_gpa);
    put_wide(out, "avail", vring->avail_gpa);
    put_wide(out, "used", vring->used_gpa);
    put_number(out, "base", vring->base);
}

static void put_notify(struct sl_buf *out, const struct sl_event *event)
{
    put_number(out, "queue", event->u.notify_queue);
}

static void put_vblank(struct sl_buf *out, const struct sl_event *event)
{
    put_number(out, "count", event->u.vblank.count);
    put_wide(out, "time_ns", event->u.vblank.time_ns);
}

static void put_text(struct sl_buf *out, const struct sl_event *event)
{
    put_string(out, event->type == SL_EVENT_NOTE ? "text" : "name", event->u.text.text,
               event->u.text.text_size);
}

static void put_expect(struct sl_buf *out, const struct sl_event *event)
{
    const struct sl_expect_event *expect = &event->u.expect;
    const char *kind = sl_dump_kind_name(expect->kind);
    put_string(out, "kind", kind, strlen(kind));
    put_number(out, "queue", expect->queue);
    put_number(out, "head", expect->head);
    put_wide(out, "value", expect->value);
    put_bytes(out, "hex", expect->bytes, expect->size);
}

static void put_display(struct sl_buf *out, const struct sl_event *event)
{
    put_number(out, "scanout", event->u.display.scanout);
    put_number(out, "width", event->u.display.width);
    put_number(out, "height", event->u.display.height);
}

static void put_nothing(struct sl_buf *out, const struct sl_event *event)
{
    (void)out;
    (void)event;
}

static void put_attach(struct sl_buf *out, const struct sl_event *event)
{
    put_text(out, event);
    put_bytes(out, "hex", event->u.text.bytes, event->u.text.size);
}

static void put_ram(struct sl_buf *out, const struct sl_event *event)
{
    put_key(out, "regions");
    put_regions(out, event->u.ram.regions, event->u.ram.count);
}

static void put_features(struct sl_buf *out, const struct sl_event *event)
{
    put_wide(out, "value", event->u.features);
}

static const struct {
    const char *name;
    void (*put)(struct sl_buf *out, const struct sl_event *event);
} types[] = {
    [SL_EVENT_MEM] = {"memory", put_mem},
    [SL_EVENT_MMIO] = {"write", put_mmio},
    [SL_EVENT_VRING] = {"vring", put_vring},
    [SL_EVENT_NOTIFY] = {"kick", put_notify},
    [SL_EVENT_VBLANK] = {"vblank", put_vblank},
    [SL_EVENT_FRAME] = {"frame", put_text},
    [SL_EVENT_EXPECT] = {"expect", put_expect},
    [SL_EVENT_NOTE] = {"note", put_text},
    [SL_EVENT_DISPLAY] = {"display", put_display},
    [SL_EVENT_RESET] = {"reset", put_nothing},
    [SL_EVENT_ATTACH] = {"attach", put_attach},
    [SL_EVENT_RAM] = {"ram", put_ram},
    [SL_EVENT_FEATURES] = {"features", put_features},
};

/* The notes as an array of strings. */
static void put_notes(struct sl_buf *out, const char *notes)
{
    if (!notes || !*notes) {
        return;
    }
    put_key(out, "means");
    char before = '[';
    for (const char *line = notes; *line;) {
        size_t length = strcspn(line, "\n");
        sl_buf_u8(out, (uint8_t)before);
        sl_dump_quoted(out, line, length);
        before = ',';
        line += length + (line[length] == '\n');
    }
    sl_buf_u8(out, ']');
}

static void put_event(struct sl_buf *out, uint64_t index, const struct sl_event *event,
                      const char *notes)
{
    bool is_read = event->type == SL_EVENT_MMIO && event->u.mmio.is_read;
    sl_buf_printf(out, "{\"type\":\"%s\",\"event\":%" PRIu64,
                  is_read ? "read" : types[event->type].name, index);
    types[event->type].put(out, event);
    put_notes(out, notes);
    sl_buf_text(out, "}\n");
}

const struct sl_dump_writer sl_dump_json = {.head = put_head, .event = put_event};
