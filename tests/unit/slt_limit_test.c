/* A bound on the finished file, and chunks that are ended early. */
#include "slt_fixture.h"
#include "trace/slt_format.h"
#include "trace/slt_page_table.h"
#include "trace/slt_writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(slt_limit, .timeout = 120);

enum { EVENTS = 300, EVENTS_PER_CHUNK = 20 };

/* Named frames between writes of noise. */
static void some_events(struct slt_events *list)
{
    uint64_t state = 9;
    for (int i = 0; i < EVENTS; i++) {
        uint8_t bytes[500];
        char name[16];
        for (size_t at = 0; at < sizeof(bytes); at++) {
            bytes[at] = (uint8_t)slt_random(&state);
        }
        int size = snprintf(name, sizeof(name), "f%d", i);
        if (i % 7 == 0) {
            const char *text = (const char *)slt_events_keep(list, name, (size_t)size);
            slt_events_add(list, &(struct sl_event){.type = SL_EVENT_FRAME,
                                                    .u.text = {text, (size_t)size, NULL, 0}});
        } else {
            slt_events_add_mem(list, 10, bytes, sizeof(bytes));
        }
    }
}

struct outcome {
    struct sl_buf file;
    struct sl_slt_progress progress;
    size_t put; /* events taken before the writer was full */
};

/* Puts and flushes until the writer is full, then finishes. */
static struct outcome write_limited(const struct slt_events *list, uint64_t limit)
{
    struct outcome outcome = {0};
    struct sl_error err = {0};
    struct sl_trace_writer *writer;
    int fd = memfd_create("slt", 0);
    int reader = dup(fd);
    cr_assert_eq(sl_slt_writer_create(fd, "test.slt", SL_SLT_PAGE_TABLE_LIMIT, &slt_small_meta,
                                      &writer, &err),
                 SL_OK);
    cr_assert_eq(sl_slt_writer_set_limit(writer, limit, &err), SL_OK, "%s", err.message);
    enum sl_status status = SL_OK;
    while (outcome.put < list->count && status == SL_OK) {
        status = sl_trace_writer_put(writer, &list->events[outcome.put], &err);
        outcome.put += status == SL_OK;
        if (status == SL_OK && outcome.put % EVENTS_PER_CHUNK == 0) {
            status = sl_trace_writer_flush(writer, &err);
        }
    }
    if (status != SL_OK) {
        cr_assert_eq(status, SL_ERR_UNSUPPORTED);
        cr_assert_str_eq(err.rule, "host.limit");
        cr_assert_eq(sl_trace_writer_put(writer, &list->events[0], &err), SL_ERR_USAGE);
        cr_assert_eq(sl_trace_writer_flush(writer, &err), SL_ERR_USAGE);
    }
    cr_assert_eq(sl_trace_writer_finish(writer, &err), SL_OK, "%s", err.message);
    outcome.progress = sl_slt_writer_progress(writer);
    sl_trace_writer_destroy(writer);
    off_t size = lseek(reader, 0, SEEK_END);
    uint8_t *bytes = sl_buf_extend(&outcome.file, (size_t)size);
    cr_assert_eq(pread(reader, bytes, (size_t)size, 0), size);
    close(reader);
    return outcome;
}

/* The file is complete and holds so many of the events, and the names of their frames. */
static void expect_events(const struct sl_buf *file, const struct slt_events *list, size_t count)
{
    enum sl_status status;
    bool complete;
    struct sl_error err;
    size_t found = slt_read_prefix(file->data, file->size, list, &status, &complete, &err);
    cr_assert_eq(status, SL_OK, "%s", err.message);
    cr_assert(complete);
    cr_assert_eq(found, count);
    struct sl_trace *trace;
    const struct sl_trace_frame *frames;
    cr_assert_eq(slt_open_bytes(file->data, file->size, &trace, &err), SL_OK);
    cr_assert_eq(sl_trace_frames(trace, &frames), (count + 6) / 7);
    sl_trace_close(trace);
}

Test(slt_limit, the_finished_file_is_never_larger)
{
    struct slt_events list = {0};
    some_events(&list);
    struct outcome whole = write_limited(&list, UINT64_MAX);
    cr_assert_not(whole.progress.is_full);
    expect_events(&whole.file, &list, EVENTS);
    size_t last = 0;
    for (uint64_t limit = 300; limit < whole.file.size; limit += 997) {
        struct outcome outcome = write_limited(&list, limit);
        cr_assert_leq(outcome.file.size, limit);
        cr_assert(outcome.progress.is_full);
        cr_assert_eq(outcome.progress.size_bytes, outcome.file.size);
        cr_assert_eq(outcome.progress.events % EVENTS_PER_CHUNK, 0);
        cr_assert_geq(outcome.progress.events, last);
        cr_assert_leq(outcome.put, outcome.progress.events + EVENTS_PER_CHUNK);
        expect_events(&outcome.file, &list, (size_t)outcome.progress.events);
        last = (size_t)outcome.progress.events;
        sl_buf_finish(&outcome.file);
    }
    cr_assert_gt(last, EVENTS / 2);
    sl_buf_finish(&whole.file);
    slt_events_finish(&list);
}

Test(slt_limit, the_bound_is_exact)
{
    struct slt_events list = {0};
    some_events(&list);
    struct outcome whole = write_limited(&list, UINT64_MAX);
    struct outcome equal = write_limited(&list, whole.file.size);
    cr_assert(sl_buf_equal(&equal.file, &whole.file));
    cr_assert_not(equal.progress.is_full);
    struct outcome less = write_limited(&list, whole.file.size - 1);
    cr_assert(less.progress.is_full);
    expect_events(&less.file, &list, EVENTS - EVENTS_PER_CHUNK);
    sl_buf_finish(&whole.file);
    sl_buf_finish(&equal.file);
    sl_buf_finish(&less.file);
    slt_events_finish(&list);
}

/* The last chunk is written by finish, which then leaves it out. */
Test(slt_limit, finish_leaves_out_what_does_not_fit)
{
    struct slt_events list = {0};
    some_events(&list);
    list.count = EVENTS_PER_CHUNK - 1;
    struct outcome whole = write_limited(&list, UINT64_MAX);
    struct outcome less = write_limited(&list, whole.file.size - 1);
    cr_assert_eq(less.put, list.count);
    cr_assert(less.progress.is_full);
    expect_events(&less.file, &list, 0);
    sl_buf_finish(&whole.file);
    sl_buf_finish(&less.file);
    list.count = EVENTS;
    slt_events_finish(&list);
}

Test(slt_limit, less_than_an_empty_trace_is_refused)
{
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    struct slt_events none = {0};
    struct outcome empty = write_limited(&none, UINT64_MAX);
    cr_assert_eq(sl_trace_writer_create("/dev/null", &slt_small_meta, &writer, &err), SL_OK);
    cr_assert_eq(sl_slt_writer_set_limit(writer, empty.file.size - 1, &err), SL_ERR_USAGE);
    cr_assert_eq(sl_slt_writer_set_limit(writer, empty.file.size, &err), SL_OK);
    sl_trace_writer_destroy(writer);
    sl_buf_finish(&empty.file);
}

Test(slt_limit, a_flush_shows_everything_put)
{
    char path[] = "/tmp/slt_limit.XXXXXX";
    close(mkstemp(path));
    struct sl_trace_writer *writer;
    struct sl_trace *trace;
    struct sl_error err = {0};
    const struct sl_event reset = {.type = SL_EVENT_RESET};
    cr_assert_eq(sl_trace_writer_create(path, &slt_small_meta, &writer, &err), SL_OK);
    for (uint64_t i = 0; i < 5; i++) {
        cr_assert_eq(sl_trace_writer_flush(writer, &err), SL_OK);
        cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK);
        cr_assert_eq(sl_trace_event_count(trace), i);
        cr_assert(sl_trace_is_truncated(trace));
        sl_trace_close(trace);
        cr_assert_eq(sl_trace_writer_put(writer, &reset, &err), SL_OK);
    }
    cr_assert_eq(sl_trace_writer_finish(writer, &err), SL_OK);
    cr_assert_eq(sl_trace_writer_flush(writer, &err), SL_ERR_USAGE);
    sl_trace_writer_destroy(writer);
    unlink(path);
}
