/* What goes into a binary trace comes out of it, from the front and from anywhere. */
#include "slt_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(slt_roundtrip, .timeout = 60);

static void check_round_trip(const struct slt_events *list, const char *what, uint64_t number)
{
    struct sl_buf file = {0};
    slt_write(list, &slt_full_meta, true, &file);
    enum sl_status status;
    bool complete;
    struct sl_error err;
    size_t count = slt_read_prefix(file.data, file.size, list, &status, &complete, &err);
    cr_assert_eq(status, SL_OK, "%s %lu: %s", what, (unsigned long)number, err.message);
    cr_assert(complete, "%s %lu", what, (unsigned long)number);
    cr_assert_eq(count, list->count, "%s %lu", what, (unsigned long)number);
    sl_buf_finish(&file);
}

Test(slt_roundtrip, every_event_type)
{
    struct slt_events list = {0};
    slt_events_every_type(&list);
    check_round_trip(&list, "types", 0);
    slt_events_finish(&list);
}

Test(slt_roundtrip, random_events)
{
    for (uint64_t number = 0; number < 60; number++) {
        struct slt_events list = {0};
        slt_events_random(&list, number, number % 200);
        check_round_trip(&list, "case", number);
        slt_events_finish(&list);
    }
}

Test(slt_roundtrip, metadata)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    slt_write(&list, &slt_full_meta, true, &file);
    struct sl_trace *trace;
    cr_assert_eq(slt_open_bytes(file.data, file.size, &trace, NULL), SL_OK);
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    cr_assert_str_eq(meta->device, "virtio-gpu");
    cr_assert_eq(meta->abi_version, 0x00010002);
    cr_assert_str_eq(meta->profile, "qemu72");
    cr_assert_str_eq(meta->producer, "unit test 1.0");
    cr_assert_str_eq(meta->provenance, slt_full_meta.provenance);
    cr_assert_eq(meta->ram_count, 3);
    cr_assert_eq(meta->ram[2].gpa, 0x100000000);
    cr_assert_eq(meta->ram[2].size, 0xF00000000);
    cr_assert_eq(meta->option_count, 2);
    cr_assert_str_eq(meta->options[1].name, "scanouts");
    cr_assert_str_eq(meta->options[1].value, "2");
    cr_assert_eq(sl_trace_get_format(trace), SL_TRACE_SLT);
    cr_assert_not(sl_trace_is_truncated(trace));
    cr_assert_eq(sl_trace_event_count(trace), 0);
    struct sl_event event;
    cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
    cr_assert_eq(event.type, 0);
    sl_trace_close(trace);
    sl_buf_finish(&file);
}

Test(slt_roundtrip, absent_metadata_is_empty)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    slt_write(&list, &slt_small_meta, true, &file);
    struct sl_trace *trace;
    cr_assert_eq(slt_open_bytes(file.data, file.size, &trace, NULL), SL_OK);
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    cr_assert_str_eq(meta->device, "aerogpu");
    cr_assert_str_eq(meta->profile, "");
    cr_assert_str_eq(meta->producer, "");
    cr_assert_str_eq(meta->provenance, "");
    cr_assert_eq(meta->ram_count + meta->option_count, 0);
    sl_trace_close(trace);
    sl_buf_finish(&file);
}

Test(slt_roundtrip, the_same_events_give_the_same_bytes)
{
    struct slt_events list = {0};
    slt_events_random(&list, 11, 150);
    struct sl_buf a = {0};
    struct sl_buf b = {0};
    slt_write(&list, &slt_full_meta, true, &a);
    slt_write(&list, &slt_full_meta, true, &b);
    cr_assert_eq(a.size, b.size);
    cr_assert_eq(memcmp(a.data, b.data, a.size), 0);
    sl_buf_finish(&a);
    sl_buf_finish(&b);
    slt_events_finish(&list);
}

/* Larger than a chunk, at an odd address, with pages that repeat in it. */
Test(slt_roundtrip, an_event_larger_than_a_chunk)
{
    enum { SIZE = 5 << 20 };
    uint8_t *bytes = malloc(SIZE);
    cr_assert_not_null(bytes);
    uint64_t state = 5;
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)slt_random(&state);
    }
    memset(bytes + (1 << 20), 0, 1 << 20);
    memcpy(bytes + (4 << 20), bytes, 1 << 20);
    struct slt_events list = {0};
    slt_events_add_mem(&list, 0x1001, bytes, SIZE);
    slt_events_add_mem(&list, 0x2000, bytes, SIZE);
    slt_events_add_mem(&list, 0, bytes + (1 << 20), 1 << 20);
    check_round_trip(&list, "large", 0);
    slt_events_finish(&list);
    free(bytes);
}

Test(slt_roundtrip, seeking_equals_reading)
{
    struct slt_events list = {0};
    slt_events_random(&list, 21, 1500);
    struct sl_buf file = {0};
    slt_write(&list, &slt_full_meta, true, &file);
    cr_assert_gt(file.size, 1 << 20, "several chunks: %zu", file.size);
    struct sl_trace *trace;
    cr_assert_eq(slt_open_bytes(file.data, file.size, &trace, NULL), SL_OK);
    cr_assert_eq(sl_trace_event_count(trace), list.count);
    uint64_t state = 3;
    for (int i = 0; i < 300; i++) {
        size_t index = slt_random(&state) % (list.count + 1);
        cr_assert_eq(sl_trace_seek(trace, index, NULL), SL_OK);
        for (size_t k = index; k < list.count && k < index + 3; k++) {
            struct sl_event event;
            cr_assert_eq(sl_trace_position(trace), k);
            cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
            cr_assert(slt_event_equal(&event, &list.events[k]), "seek %d: event %zu", i, k);
        }
    }
    struct sl_error err = {0};
    cr_assert_eq(sl_trace_seek(trace, list.count + 1, &err), SL_ERR_USAGE);
    cr_assert_str_eq(err.rule, "trace.seek");
    cr_assert_eq(sl_trace_seek(trace, list.count, NULL), SL_OK);
    struct sl_event event;
    cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
    cr_assert_eq(event.type, 0);
    sl_trace_close(trace);
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

/* The same list whether it comes from the index or from walking a file that was cut off. */
Test(slt_roundtrip, capture_points_are_known_after_opening)
{
    static const char *const names[] = {"boot", "", "desktop"};
    struct slt_events list = {0};
    for (size_t i = 0; i < 3; i++) {
        slt_events_add(&list, &(struct sl_event){.type = SL_EVENT_NOTIFY});
        slt_events_add(&list, &(struct sl_event){.type = SL_EVENT_FRAME,
                                                 .u.text = {names[i], strlen(names[i]), NULL, 0}});
    }
    struct sl_buf file = {0};
    slt_write(&list, &slt_small_meta, true, &file);
    for (size_t cut = 0; cut < 2; cut++) {
        struct sl_trace *trace;
        cr_assert_eq(slt_open_bytes(file.data, file.size - cut, &trace, NULL), SL_OK);
        cr_assert_eq(sl_trace_is_truncated(trace), cut == 1);
        const struct sl_trace_frame *frames;
        cr_assert_eq(sl_trace_frames(trace, &frames), 3);
        for (size_t i = 0; i < 3; i++) {
            cr_assert_eq(frames[i].event, 2 * i + 1);
            cr_assert_str_eq(frames[i].name, names[i]);
        }
        sl_trace_close(trace);
    }
    sl_buf_finish(&file);
    slt_events_finish(&list);
}
