#include "yaml_fixture.h"

#include "trace/dump_text.h"
#include "trace/yaml.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

enum sl_status yaml_try(const char *text, struct sl_trace **trace, struct sl_error *err)
{
    return sl_yaml_open_memory((const uint8_t *)text, strlen(text), "tests/unit/test.yaml", NULL,
                               trace, err);
}

struct sl_trace *yaml_open(const char *device, const char *events)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = NULL;
    struct sl_error err = {0};
    char report[1024];
    sl_buf_printf(&text, "scanlock: 1\ndevice: %s\nevents:\n%s", device, events);
    enum sl_status status = yaml_try(sl_buf_cstr(&text), &trace, &err);
    cr_assert_eq(status, SL_OK, "%s", sl_error_format(&err, report, sizeof(report)));
    sl_buf_finish(&text);
    return trace;
}

static void list_event(const struct sl_event *event, struct sl_buf *out)
{
    switch (event->type) {
    case SL_EVENT_MEM:
        sl_buf_printf(out, "mem 0x%" PRIx64 " ", event->u.mem.gpa);
        sl_buf_hex(out, event->u.mem.bytes, event->u.mem.size);
        break;
    case SL_EVENT_MMIO:
        sl_buf_printf(out, "%s %s+0x%" PRIx64 " %u", event->u.mmio.is_read ? "read" : "write",
                      sl_dump_space_name(event->u.mmio.space), event->u.mmio.offset,
                      event->u.mmio.size);
        if (event->u.mmio.has_value) {
            sl_buf_printf(out, " = 0x%" PRIx64, event->u.mmio.value);
        }
        break;
    case SL_EVENT_VRING:
        sl_buf_printf(out, "vring %u %u 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %u",
                      event->u.vring.queue, event->u.vring.size, event->u.vring.desc_gpa,
                      event->u.vring.avail_gpa, event->u.vring.used_gpa, event->u.vring.base);
        break;
    case SL_EVENT_NOTIFY:
        sl_buf_printf(out, "notify %u", event->u.notify_queue);
        break;
    case SL_EVENT_VBLANK:
        sl_buf_printf(out, "vblank %u %" PRIu64, event->u.vblank.count, event->u.vblank.time_ns);
        break;
    case SL_EVENT_DISPLAY:
        sl_buf_printf(out, "display %u %ux%u", event->u.display.scanout, event->u.display.width,
                      event->u.display.height);
        break;
    case SL_EVENT_RAM:
        sl_buf_text(out, "ram");
        for (size_t i = 0; i < event->u.ram.count; i++) {
            sl_buf_printf(out, " 0x%" PRIx64 "+0x%" PRIx64, event->u.ram.regions[i].gpa,
                          event->u.ram.regions[i].size);
        }
        break;
    case SL_EVENT_FEATURES:
        sl_buf_printf(out, "features 0x%" PRIx64, event->u.features);
        break;
    case SL_EVENT_RESET:
        sl_buf_text(out, "reset");
        break;
    case SL_EVENT_EXPECT:
        sl_buf_printf(out, "expect %s %u %u 0x%" PRIx64 " ",
                      sl_dump_kind_name(event->u.expect.kind), event->u.expect.queue,
                      event->u.expect.head, event->u.expect.value);
        sl_buf_hex(out, event->u.expect.bytes, event->u.expect.size);
        break;
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        sl_buf_printf(out, "text %d ", (int)event->type);
        sl_buf_append(out, event->u.text.text, event->u.text.text_size);
        sl_buf_u8(out, ' ');
        sl_buf_hex(out, event->u.text.bytes, event->u.text.size);
        break;
    }
    sl_buf_u8(out, '\n');
}

const char *yaml_listing(struct sl_trace *trace, struct sl_buf *text)
{
    sl_buf_clear(text);
    cr_assert_eq(sl_trace_seek(trace, 0, NULL), SL_OK);
    for (;;) {
        struct sl_event event;
        cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
        if (event.type == 0) {
            break;
        }
        list_event(&event, text);
    }
    return sl_buf_cstr(text);
}

const char *yaml_memory(struct sl_trace *trace, size_t index, struct sl_buf *hex)
{
    struct sl_event event;
    cr_assert_eq(sl_trace_seek(trace, 0, NULL), SL_OK);
    do {
        cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
        cr_assert_neq((int)event.type, 0, "there are only %zu more memory events", index);
    } while (event.type != SL_EVENT_MEM || index-- > 0);
    sl_buf_clear(hex);
    sl_buf_hex(hex, event.u.mem.bytes, event.u.mem.size);
    return sl_buf_cstr(hex);
}

static void assert_same_meta(const struct sl_trace_meta *a, const struct sl_trace_meta *b)
{
    cr_assert_str_eq(a->device, b->device);
    cr_assert_eq(a->abi_version, b->abi_version);
    cr_assert_str_eq(a->profile, b->profile);
    cr_assert_str_eq(a->producer, b->producer);
    cr_assert_str_eq(a->provenance, b->provenance);
    cr_assert_eq(a->ram_count, b->ram_count);
    for (size_t i = 0; i < a->ram_count; i++) {
        cr_assert(a->ram[i].gpa == b->ram[i].gpa && a->ram[i].size == b->ram[i].size);
    }
    cr_assert_eq(a->option_count, b->option_count);
    for (size_t i = 0; i < a->option_count; i++) {
        cr_assert_str_eq(a->options[i].name, b->options[i].name);
        cr_assert_str_eq(a->options[i].value, b->options[i].value);
    }
}

void yaml_assert_same(struct sl_trace *a, struct sl_trace *b)
{
    struct sl_buf left = {0};
    struct sl_buf right = {0};
    assert_same_meta(sl_trace_get_meta(a), sl_trace_get_meta(b));
    cr_assert_eq(sl_trace_event_count(a), sl_trace_event_count(b));
    cr_assert_str_eq(yaml_listing(a, &left), yaml_listing(b, &right));
    sl_buf_finish(&left);
    sl_buf_finish(&right);
}
