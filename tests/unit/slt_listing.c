#include "slt_listing.h"

#include "base/hash.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <scanlock/trace.h>

static void describe(struct sl_buf *out, const void *bytes, size_t size)
{
    char hex[65];
    sl_sha256_hex(bytes, size, NULL, 0, hex);
    sl_buf_printf(out, " %zu %s", size, hex);
}

static void list_event(struct sl_buf *out, const struct sl_event *e)
{
    switch (e->type) {
    case SL_EVENT_MEM:
        sl_buf_printf(out, "mem 0x%" PRIx64, e->u.mem.gpa);
        describe(out, e->u.mem.bytes, e->u.mem.size);
        break;
    case SL_EVENT_MMIO:
        sl_buf_printf(out, "mmio %s %d %d 0x%" PRIx64, e->u.mmio.is_read ? "read" : "write",
                      (int)e->u.mmio.space, e->u.mmio.size, e->u.mmio.offset);
        if (e->u.mmio.has_value) {
            sl_buf_printf(out, " 0x%" PRIx64, e->u.mmio.value);
        } else {
            sl_buf_text(out, " ?");
        }
        break;
    case SL_EVENT_VRING:
        sl_buf_printf(out,
                      "vring %" PRIu32 " %" PRIu32 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %d",
                      e->u.vring.queue, e->u.vring.size, e->u.vring.desc_gpa, e->u.vring.avail_gpa,
                      e->u.vring.used_gpa, e->u.vring.base);
        break;
    case SL_EVENT_NOTIFY:
        sl_buf_printf(out, "notify %" PRIu32, e->u.notify_queue);
        break;
    case SL_EVENT_VBLANK:
        sl_buf_printf(out, "vblank %" PRIu32 " %" PRIu64, e->u.vblank.count, e->u.vblank.time_ns);
        break;
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
        sl_buf_text(out, e->type == SL_EVENT_FRAME ? "frame" : "note");
        describe(out, e->u.text.text, e->u.text.text_size);
        break;
    case SL_EVENT_EXPECT:
        sl_buf_printf(out, "expect %d %" PRIu32 " %" PRIu32 " 0x%" PRIx64, (int)e->u.expect.kind,
                      e->u.expect.queue, e->u.expect.head, e->u.expect.value);
        describe(out, e->u.expect.bytes, e->u.expect.size);
        break;
    case SL_EVENT_RAM:
        sl_buf_text(out, "ram");
        for (size_t i = 0; i < e->u.ram.count; i++) {
            sl_buf_printf(out, " 0x%" PRIx64 "+0x%" PRIx64, e->u.ram.regions[i].gpa,
                          e->u.ram.regions[i].size);
        }
        break;
    case SL_EVENT_FEATURES:
        sl_buf_printf(out, "features 0x%" PRIx64, e->u.features);
        break;
    case SL_EVENT_DISPLAY:
        sl_buf_printf(out, "display %" PRIu32 " %" PRIu32 " %" PRIu32, e->u.display.scanout,
                      e->u.display.width, e->u.display.height);
        break;
    case SL_EVENT_RESET:
        sl_buf_text(out, "reset");
        break;
    case SL_EVENT_ATTACH:
        sl_buf_text(out, "attach");
        describe(out, e->u.text.text, e->u.text.text_size);
        describe(out, e->u.text.bytes, e->u.text.size);
        break;
    }
}

/* Fields that are empty are not in a file. */
static void list_text(struct sl_buf *out, const char *name, const char *value)
{
    if (value[0]) {
        sl_buf_printf(out, "%s %s\n", name, value);
    }
}

void slt_list_file(struct sl_buf *out, const char *path)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s", err.message);
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    sl_buf_printf(out, "device %s\nabi 0x%" PRIx32 "\n", meta->device, meta->abi_version);
    list_text(out, "profile", meta->profile);
    list_text(out, "producer", meta->producer);
    list_text(out, "provenance", meta->provenance);
    for (size_t i = 0; i < meta->ram_count; i++) {
        sl_buf_printf(out, "ram 0x%" PRIx64 " 0x%" PRIx64 "\n", meta->ram[i].gpa,
                      meta->ram[i].size);
    }
    for (size_t i = 0; i < meta->option_count; i++) {
        sl_buf_printf(out, "option %s %s\n", meta->options[i].name, meta->options[i].value);
    }
    for (;;) {
        struct sl_event event;
        uint64_t number = sl_trace_position(trace);
        cr_assert_eq(sl_trace_next(trace, &event, &err), SL_OK, "%s", err.message);
        if (event.type == 0) {
            break;
        }
        sl_buf_printf(out, "%" PRIu64 " ", number);
        list_event(out, &event);
        sl_buf_u8(out, '\n');
    }
    sl_buf_text(out, sl_trace_is_truncated(trace) ? "cut off\n" : "complete\n");
    sl_trace_close(trace);
}
