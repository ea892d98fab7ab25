/* Traces held in memory. */
#include "trace/event_list.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct sl_ram_region ram[] = {{.gpa = 0, .size = 8192}};
static const struct sl_option options[] = {{"display0", "64x48"}, {"scanouts", "2"}};
static const struct sl_trace_meta meta = {
    .device = "virtio-gpu",
    .abi_version = 0x10000,
    .profile = "spec",
    .producer = "test",
    .provenance = "hand",
    .ram = ram,
    .ram_count = 1,
    .options = options,
    .option_count = 2,
};

static struct sl_event frame(const char *name)
{
    return (struct sl_event){.type = SL_EVENT_FRAME,
                             .u.text = {.text = name, .text_size = strlen(name)}};
}

static struct sl_event memory(uint64_t gpa, const uint8_t *bytes, size_t size)
{
    return (struct sl_event){.type = SL_EVENT_MEM,
                             .u.mem = {.gpa = gpa, .bytes = bytes, .size = size}};
}

Test(list, hands_out_copies)
{
    char name[] = "first";
    uint8_t bytes[] = {1, 2, 3};
    struct sl_event_list *list;
    cr_assert(sl_event_list_create(SL_TRACE_YAML, &meta, NULL, &list, NULL) == SL_OK);
    struct sl_event_sink sink = sl_event_list_sink(list);
    struct sl_event events[] = {
        memory(0x1000, bytes, sizeof(bytes)),
        frame(name),
        frame(""),
        {.type = SL_EVENT_ATTACH,
         .u.text = {.text = name, .text_size = 5, .bytes = bytes, .size = 3}},
        {.type = SL_EVENT_NOTIFY, .u.notify_queue = 1},
    };
    for (size_t i = 0; i < 5; i++) {
        cr_assert(sink.put(sink.data, &events[i], NULL) == SL_OK);
    }
    memset(name, 'x', sizeof(name) - 1);
    memset(bytes, 9, sizeof(bytes));
    cr_assert_eq(sl_event_list_count(list), 5);

    struct sl_trace *trace = sl_event_list_finish(list);
    const struct sl_trace_meta *got = sl_trace_get_meta(trace);
    cr_assert_str_eq(got->device, "virtio-gpu");
    cr_assert_str_eq(got->options[1].value, "2");
    cr_assert(got->ram != ram && got->ram[0].size == 8192);
    const struct sl_trace_frame *frames;
    cr_assert_eq(sl_trace_frames(trace, &frames), 2);
    cr_assert_str_eq(frames[0].name, "first");
    cr_assert_str_eq(frames[1].name, "");
    cr_assert_eq(frames[1].event, 2);

    struct sl_event event;
    cr_assert(sl_trace_next(trace, &event, NULL) == SL_OK);
    cr_assert(event.type == SL_EVENT_MEM && event.u.mem.gpa == 0x1000);
    cr_assert(memcmp(event.u.mem.bytes, "\x01\x02\x03", 3) == 0);
    cr_assert(sl_trace_seek(trace, 3, NULL) == SL_OK);
    cr_assert(sl_trace_next(trace, &event, NULL) == SL_OK);
    cr_assert(event.type == SL_EVENT_ATTACH && memcmp(event.u.text.text, "first", 5) == 0);
    cr_assert(memcmp(event.u.text.bytes, "\x01\x02\x03", 3) == 0);
    cr_assert(sl_trace_next(trace, &event, NULL) == SL_OK);
    cr_assert(sl_trace_next(trace, &event, NULL) == SL_OK);
    cr_assert_eq((int)event.type, 0);
    cr_assert_eq(sl_trace_position(trace), 5);
    sl_trace_close(trace);
}

Test(list, limits_are_named)
{
    const struct sl_event_list_limits limits = {.events = 2, .bytes = 100};
    struct sl_event_list *list;
    struct sl_error err = {0};
    uint8_t bytes[101] = {0};
    cr_assert(sl_event_list_create(SL_TRACE_YAML, &meta, &limits, &list, NULL) == SL_OK);
    struct sl_event large = memory(0, bytes, sizeof(bytes));
    cr_assert(sl_event_list_put(list, &large, &err) == SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    struct sl_event small = memory(0, bytes, 1);
    cr_assert(sl_event_list_put(list, &small, NULL) == SL_OK);
    cr_assert(sl_event_list_put(list, &small, NULL) == SL_OK);
    cr_assert(sl_event_list_put(list, &small, NULL) == SL_ERR_UNSUPPORTED);
    cr_assert_eq(sl_event_list_count(list), 2);
    sl_event_list_destroy(list);
}

Test(list, refuses_what_no_trace_holds)
{
    struct sl_event_list *list;
    cr_assert(sl_event_list_create(SL_TRACE_YAML, &meta, NULL, &list, NULL) == SL_OK);
    struct sl_event bad = memory(0, NULL, 0);
    cr_assert(sl_event_list_put(list, &bad, NULL) == SL_ERR_DAMAGED);
    sl_event_list_destroy(list);
    struct sl_trace_meta unnamed = meta;
    unnamed.device = "";
    cr_assert(sl_event_list_create(SL_TRACE_YAML, &unnamed, NULL, &list, NULL) == SL_ERR_DAMAGED);
}

static enum sl_status fill(struct sl_error *err)
{
    struct sl_event_list *list;
    enum sl_status status = sl_event_list_create(SL_TRACE_YAML, &meta, NULL, &list, err);
    static const uint8_t page[70000];
    struct sl_event events[] = {memory(0, page, sizeof(page)), frame("a")};
    for (size_t i = 0; i < 2 && status == SL_OK; i++) {
        status = sl_event_list_put(list, &events[i], err);
    }
    sl_event_list_destroy(list);
    return status;
}

Test(list, each_allocation_may_fail)
{
    for (unsigned n = 1;; n++) {
        fail_alloc_arm(n);
        enum sl_status status = fill(NULL);
        if (!fail_alloc_disarm()) {
            cr_assert(n > 4 && status == SL_OK);
            break;
        }
        cr_assert_eq((int)status, SL_ERR_ENVIRONMENT);
    }
}
