/* A trace as YAML that assembles to the same trace. */
#include "trace/dump_impl.h"
#include "trace/dump_text.h"

#include <inttypes.h>
#include <string.h>

static void put_string(struct sl_buf *out, const char *key, const char *text)
{
    sl_buf_printf(out, "%s: ", key);
    sl_dump_quoted(out, text, strlen(text));
    sl_buf_u8(out, '\n');
}

static void put_options(struct sl_buf *out, const struct sl_trace_meta *meta)
{
    if (meta->option_count > 0) {
        sl_buf_text(out, "options:\n");
    }
    for (size_t i = 0; i < meta->option_count; i++) {
        /* The form with a question mark has no limit on the length of a key. */
        sl_buf_text(out, "  ? ");
        sl_dump_quoted(out, meta->options[i].name, strlen(meta->options[i].name));
        sl_buf_text(out, "\n  : ");
        sl_dump_quoted(out, meta->options[i].value, strlen(meta->options[i].value));
        sl_buf_u8(out, '\n');
    }
}

/* What follows the colon of a key. */
static void put_regions(struct sl_buf *out, unsigned indent, const struct sl_ram_region *regions,
                        size_t count)
{
    sl_buf_text(out, count > 0 ? "\n" : " []\n");
    for (size_t i = 0; i < count; i++) {
        sl_buf_printf(out, "%*s- {base: 0x%" PRIx64 ", size: 0x%" PRIx64 "}\n", (int)indent, "",
                      regions[i].gpa, regions[i].size);
    }
}

static void put_head(struct sl_buf *out, const struct sl_trace *trace)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    if (sl_trace_is_truncated(trace)) {
        sl_buf_text(out, "# An unfinished recording, up to its last complete chunk.\n");
    }
    sl_buf_text(out, "scanlock: 1\n");
    put_string(out, "device", meta->device);
    sl_buf_printf(out, "abi: \"%" PRIu32 ".%" PRIu32 "\"\n", meta->abi_version >> 16,
                  meta->abi_version & 0xFFFF);
    put_string(out, "about", meta->provenance);
    put_string(out, "producer", meta->producer);
    put_string(out, "profile", meta->profile);
    put_options(out, meta);
    sl_buf_text(out, "ram:");
    put_regions(out, 2, meta->ram, meta->ram_count);
    sl_buf_text(out, sl_trace_event_count(trace) > 0 ? "events:\n" : "events: []\n");
}

static void put_mem(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_printf(out, "  - memory:\n      at: 0x%" PRIx64 "\n", event->u.mem.gpa);
    sl_dump_bytes(out, 6, event->u.mem.bytes, event->u.mem.size);
}

static void put_mmio(struct sl_buf *out, const struct sl_event *event)
{
    const struct sl_mmio_event *mmio = &event->u.mmio;
    sl_buf_printf(out, "  - %s: {space: %s, offset: 0x%" PRIx64 ", size: %u",
                  mmio->is_read ? "read" : "write", sl_dump_space_name(mmio->space), mmio->offset,
                  mmio->size);
    if (mmio->has_value) {
        sl_buf_printf(out, ", %s: 0x%" PRIx64, mmio->is_read ? "expect" : "value", mmio->value);
    }
    sl_buf_text(out, "}\n");
}

static void put_vring(struct sl_buf *out, const struct sl_event *event)
{
    const struct sl_vring_event *vring = &event->u.vring;
    sl_buf_printf(out,
                  "  - vring: {queue: %" PRIu32 ", size: %" PRIu32 ", desc: 0x%" PRIx64
                  ", avail: 0x%" PRIx64 ", used: 0x%" PRIx64 ", base: %u}\n",
                  vring->queue, vring->size, vring->desc_gpa, vring->avail_gpa, vring->used_gpa,
                  vring->base);
}

static void put_notify(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_printf(out, "  - kick: %" PRIu32 "\n", event->u.notify_queue);
}

static void put_vblank(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_printf(out, "  - vblank: {count: %" PRIu32 ", time_ns: %" PRIu64 "}\n",
                  event->u.vblank.count, event->u.vblank.time_ns);
}

static void put_text(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_text(out, event->type == SL_EVENT_FRAME ? "  - frame: " : "  - note: ");
    sl_dump_quoted(out, event->u.text.text, event->u.text.text_size);
    sl_buf_u8(out, '\n');
}

static void put_expect(struct sl_buf *out, const struct sl_event *event)
{
    const struct sl_expect_event *expect = &event->u.expect;
    sl_buf_printf(out, "  - expect:\n      kind: %s\n", sl_dump_kind_name(expect->kind));
    if (expect->kind == SL_OBS_IRQ && expect->queue == SL_IRQ_INTX) {
        sl_buf_text(out, "      queue: intx\n");
    } else {
        sl_buf_printf(out, "      queue: %" PRIu32 "\n", expect->queue);
    }
    sl_buf_printf(out, "      head: %" PRIu32 "\n", expect->head);
    if (expect->kind == SL_OBS_FRAME) {
        sl_buf_printf(out, "      width: %" PRIu64 "\n      height: %" PRIu64 "\n",
                      expect->value >> 32, expect->value & UINT32_MAX);
    } else {
        sl_buf_printf(out, "      value: 0x%" PRIx64 "\n", expect->value);
    }
    if (expect->size > 0) {
        sl_dump_hex(out, 6, expect->bytes, expect->size);
    }
}

static void put_display(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_printf(out,
                  "  - display: {scanout: %" PRIu32 ", width: %" PRIu32 ", height: %" PRIu32 "}\n",
                  event->u.display.scanout, event->u.display.width, event->u.display.height);
}

static void put_reset(struct sl_buf *out, const struct sl_event *event)
{
    (void)event;
    sl_buf_text(out, "  - reset: {}\n");
}

static void put_attach(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_text(out, "  - attach:\n      name: ");
    sl_dump_quoted(out, event->u.text.text, event->u.text.text_size);
    sl_buf_u8(out, '\n');
    sl_dump_bytes(out, 6, event->u.text.bytes, event->u.text.size);
}

static void put_ram(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_text(out, "  - ram:");
    put_regions(out, 6, event->u.ram.regions, event->u.ram.count);
}

static void put_features(struct sl_buf *out, const struct sl_event *event)
{
    sl_buf_printf(out, "  - features: 0x%" PRIx64 "\n", event->u.features);
}

static void put_notes(struct sl_buf *out, uint64_t index, const char *notes)
{
    for (const char *line = notes; line && *line;) {
        size_t length = strcspn(line, "\n");
        sl_buf_printf(out, "  # %" PRIu64 ": %.*s\n", index, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void put_event(struct sl_buf *out, uint64_t index, const struct sl_event *event,
                      const char *notes)
{
    static void (*const writers[])(struct sl_buf * out, const struct sl_event *event) = {
        [SL_EVENT_MEM] = put_mem,           [SL_EVENT_MMIO] = put_mmio,
        [SL_EVENT_VRING] = put_vring,       [SL_EVENT_NOTIFY] = put_notify,
        [SL_EVENT_VBLANK] = put_vblank,     [SL_EVENT_FRAME] = put_text,
        [SL_EVENT_EXPECT] = put_expect,     [SL_EVENT_NOTE] = put_text,
        [SL_EVENT_DISPLAY] = put_display,   [SL_EVENT_RESET] = put_reset,
        [SL_EVENT_ATTACH] = put_attach,     [SL_EVENT_RAM] = put_ram,
        [SL_EVENT_FEATURES] = put_features,
    };
    put_notes(out, index, notes);
    writers[event->type](out, event);
}

const struct sl_dump_writer sl_dump_yaml = {.head = put_head, .event = put_event};
