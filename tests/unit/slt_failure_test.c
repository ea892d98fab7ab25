/* When the machine or the caller is at fault: no memory, no disk, wrong use. */
#include "fail_alloc.h"
#include "slt_fixture.h"
#include "trace/slt_format.h"
#include "trace/slt_page_table.h"
#include "trace/slt_writer.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

TestSuite(slt_failure, .timeout = 120);

static void some_events(struct slt_events *list)
{
    static uint8_t bytes[300 << 10];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i / 4096 + 1);
    }
    slt_events_every_type(list);
    slt_events_add_mem(list, 10, bytes, sizeof(bytes));
    slt_events_add_mem(list, 0x1000, bytes, sizeof(bytes));
}

static enum sl_status write_all(const struct slt_events *list, struct sl_error *err)
{
    struct sl_trace_writer *writer;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    enum sl_status status =
        sl_slt_writer_create(fd, "null", SL_SLT_PAGE_TABLE_LIMIT, &slt_full_meta, &writer, err);
    for (size_t i = 0; status == SL_OK && i < list->count; i++) {
        status = sl_trace_writer_put(writer, &list->events[i], err);
    }
    if (status == SL_OK) {
        status = sl_trace_writer_finish(writer, err);
    }
    sl_trace_writer_destroy(writer);
    return status;
}

Test(slt_failure, each_allocation_of_the_writer)
{
    struct slt_events list = {0};
    some_events(&list);
    unsigned n = 1;
    for (;; n++) {
        struct sl_error err = {0};
        fail_alloc_arm(n);
        enum sl_status status = write_all(&list, &err);
        if (!fail_alloc_disarm()) {
            cr_assert_eq(status, SL_OK);
            break;
        }
        cr_assert_eq(status, SL_ERR_ENVIRONMENT, "allocation %u", n);
        cr_assert_str_eq(err.rule, "host.memory");
    }
    cr_assert_gt(n, 8);
    slt_events_finish(&list);
}

static enum sl_status read_all(const struct sl_buf *file, size_t size, struct sl_error *err)
{
    struct sl_trace *trace;
    enum sl_status status = slt_open_bytes(file->data, size, &trace, err);
    struct sl_event event = {.type = SL_EVENT_RESET};
    while (status == SL_OK && event.type != 0) {
        status = sl_trace_next(trace, &event, err);
    }
    sl_trace_close(trace);
    return status;
}

Test(slt_failure, each_allocation_of_the_reader)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    some_events(&list);
    slt_write(&list, &slt_full_meta, true, &file);
    for (size_t cut = 0; cut < 2; cut++) {
        for (unsigned n = 1;; n++) {
            struct sl_error err = {0};
            fail_alloc_arm(n);
            enum sl_status status = read_all(&file, file.size - cut, &err);
            if (!fail_alloc_disarm()) {
                cr_assert_eq(status, SL_OK);
                cr_assert_gt(n, 8);
                break;
            }
            cr_assert_eq(status, SL_ERR_ENVIRONMENT, "allocation %u", n);
            cr_assert_str_eq(err.rule, "host.memory");
        }
    }
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

Test(slt_failure, a_full_disk)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        cr_skip("no /dev/full");
    }
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    cr_assert_eq(sl_slt_writer_create(fd, "/dev/full", 16, &slt_small_meta, &writer, &err),
                 SL_ERR_ENVIRONMENT);
    cr_assert_null(writer);
    cr_assert_str_eq(err.rule, "host.file");
    cr_assert_str_eq(err.file, "/dev/full");
    cr_assert_eq(sl_trace_writer_create("/nonexistent/x.slt", &slt_small_meta, &writer, &err),
                 SL_ERR_ENVIRONMENT);
}

static void expect_refusal(const struct sl_event *event, enum sl_status status, const char *rule)
{
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    cr_assert_eq(sl_trace_writer_create("/dev/null", &slt_small_meta, &writer, &err), SL_OK);
    cr_assert_eq(sl_trace_writer_put(writer, event, &err), status, "%s", err.message);
    cr_assert_str_eq(err.rule, rule);
    cr_assert(err.has_event && err.event == 0);
    /* From here on only destroy is of use. */
    cr_assert_eq(sl_trace_writer_put(writer, &(struct sl_event){.type = SL_EVENT_RESET}, &err),
                 SL_ERR_USAGE);
    cr_assert_eq(sl_trace_writer_finish(writer, &err), SL_ERR_USAGE);
    sl_trace_writer_destroy(writer);
}

Test(slt_failure, events_that_no_reader_would_take)
{
    static const uint8_t byte;
    expect_refusal(&(struct sl_event){.type = 0}, SL_ERR_USAGE, "slt.event.type");
    expect_refusal(&(struct sl_event){.type = (enum sl_event_type)14}, SL_ERR_USAGE,
                   "slt.event.type");
    expect_refusal(&(struct sl_event){.type = SL_EVENT_MEM, .u.mem = {0, &byte, 0}}, SL_ERR_USAGE,
                   "slt.event.field");
    expect_refusal(&(struct sl_event){.type = SL_EVENT_MEM,
                                      .u.mem = {0, &byte, (size_t)SL_SLT_PAYLOAD_MAX + 1}},
                   SL_ERR_UNSUPPORTED, "host.limit");
    expect_refusal(&(struct sl_event){.type = SL_EVENT_MMIO,
                                      .u.mmio = {.size = 2, .has_value = true, .value = 0x10000}},
                   SL_ERR_USAGE, "slt.event.field");
    static const struct sl_ram_region odd = {0x1000, 0x800};
    expect_refusal(&(struct sl_event){.type = SL_EVENT_RAM, .u.ram = {&odd, 1}}, SL_ERR_USAGE,
                   "mem.region");
    expect_refusal(
        &(struct sl_event){.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FRAME, .value = 1}},
        SL_ERR_USAGE, "slt.event.field");
    expect_refusal(&(struct sl_event){.type = SL_EVENT_FRAME, .u.text = {"\xC0", 1, NULL, 0}},
                   SL_ERR_USAGE, "slt.event.text");
}

Test(slt_failure, metadata_that_no_reader_would_take)
{
    static const struct sl_ram_region odd = {0x800, 0x1000};
    static const struct sl_option unsorted[] = {{"b", ""}, {"a", ""}};
    struct sl_trace_meta meta = slt_small_meta;
    struct sl_trace_writer *writer;
    struct sl_error err;
    meta.device = "";
    cr_assert_eq(sl_trace_writer_create("/dev/null", &meta, &writer, &err), SL_ERR_USAGE);
    meta = slt_small_meta;
    meta.ram = &odd;
    meta.ram_count = 1;
    cr_assert_eq(sl_trace_writer_create("/dev/null", &meta, &writer, &err), SL_ERR_USAGE);
    cr_assert_str_eq(err.rule, "mem.region");
    meta = slt_small_meta;
    meta.options = unsorted;
    meta.option_count = 2;
    cr_assert_eq(sl_trace_writer_create("/dev/null", &meta, &writer, &err), SL_ERR_USAGE);
    cr_assert_str_eq(err.rule, "slt.header.field");
    char *long_text = calloc(1, SL_SLT_HEADER_MAX + 1);
    memset(long_text, 'x', SL_SLT_HEADER_MAX);
    meta = slt_small_meta;
    meta.provenance = long_text;
    cr_assert_eq(sl_trace_writer_create("/dev/null", &meta, &writer, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    free(long_text);
}
