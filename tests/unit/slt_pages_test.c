/* The page store: what is stored once, what is not stored, and where a writer forgets. */
#include "slt_fixture.h"
#include "trace/slt_cache.h"
#include "trace/slt_page_table.h"
#include "trace/slt_reader.h"
#include "trace/slt_writer.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

TestSuite(slt_pages, .timeout = 60);

enum { PAGE = 4096 };

static void fill_noise(uint8_t *bytes, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)slt_random(&seed);
    }
}

static size_t file_size(const struct slt_events *list)
{
    struct sl_buf file = {0};
    slt_write(list, &slt_small_meta, true, &file);
    size_t size = file.size;
    sl_buf_finish(&file);
    return size;
}

static size_t size_of_copies(const uint8_t *page, size_t copies)
{
    struct slt_events list = {0};
    for (size_t i = 0; i < copies; i++) {
        slt_events_add_mem(&list, i * PAGE, page, PAGE);
    }
    size_t size = file_size(&list);
    slt_events_finish(&list);
    return size;
}

/* The further 999 cost their records, which are nearly alike and compress to some bytes each. */
Test(slt_pages, a_thousand_equal_pages_cost_one)
{
    uint8_t page[PAGE];
    fill_noise(page, PAGE, 1);
    size_t one = size_of_copies(page, 1);
    size_t thousand = size_of_copies(page, 1000);
    cr_assert_gt(one, PAGE);
    cr_assert_lt(thousand - one, 999 * 8, "%zu bytes more", thousand - one);
}

Test(slt_pages, zeros_are_not_stored)
{
    static const uint8_t zeros[64 * PAGE];
    struct slt_events list = {0};
    slt_events_add_mem(&list, 0, zeros, sizeof(zeros));
    struct sl_buf file = {0};
    slt_write(&list, &slt_small_meta, true, &file);
    cr_assert_lt(file.size, 512);
    enum sl_status status;
    bool complete;
    struct sl_error err;
    cr_assert_eq(slt_read_prefix(file.data, file.size, &list, &status, &complete, &err), 1);
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

/* The same guest memory at the same page offset is found again, whatever surrounds it. */
Test(slt_pages, pages_are_split_where_the_guest_has_them)
{
    static uint8_t bytes[16 * PAGE];
    fill_noise(bytes, sizeof(bytes), 2);
    struct slt_events list = {0};
    slt_events_add_mem(&list, 0x10000, bytes, sizeof(bytes));
    size_t once = file_size(&list);
    slt_events_add_mem(&list, 0x10000 + 100, bytes + 100, sizeof(bytes) - 300);
    size_t twice = file_size(&list);
    cr_assert_lt(twice - once, 2 * PAGE + 200, "only the edges are stored: %zu", twice - once);
    slt_events_finish(&list);
}

/* Writes pages A, B, ... in turn with a table of two: the third makes it forget. */
Test(slt_pages, a_full_table_forgets)
{
    static const char order[] = "ABABCAB";
    char path[] = "/tmp/slt_pages.XXXXXX";
    struct slt_events list = {0};
    for (size_t i = 0; order[i]; i++) {
        uint8_t page[PAGE];
        fill_noise(page, PAGE, (uint64_t)order[i]);
        slt_events_add_mem(&list, i * PAGE, page, PAGE);
    }
    struct sl_trace_writer *writer;
    cr_assert_eq(sl_slt_writer_create(mkstemp(path), path, 2, &slt_small_meta, &writer, NULL),
                 SL_OK);
    for (size_t i = 0; i < list.count; i++) {
        cr_assert_eq(sl_trace_writer_put(writer, &list.events[i], NULL), SL_OK);
    }
    cr_assert_eq(sl_trace_writer_finish(writer, NULL), SL_OK);
    sl_trace_writer_destroy(writer);

    struct sl_slt_file file;
    cr_assert_eq(sl_slt_file_open(fopen(path, "rb"), path, &file, NULL), SL_OK);
    /* A B, then C and forgotten; A again, then full again: B after forgetting C and A. */
    cr_assert_eq(file.index.page_count, 5);
    sl_slt_file_finish(&file);

    struct sl_trace *trace;
    cr_assert_eq(sl_trace_open(path, &trace, NULL), SL_OK);
    for (size_t i = 0; i < list.count; i++) {
        struct sl_event event;
        cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
        cr_assert(slt_event_equal(&event, &list.events[i]), "event %zu", i);
    }
    sl_trace_close(trace);
    unlink(path);
    slt_events_finish(&list);
}

/* 32 MiB of pages, then each of them again in another order: more than the cache holds. */
Test(slt_pages, memory_stays_bounded_when_pages_come_back)
{
    enum { PAGES = 8192 };
    struct sl_buf file = {0};
    struct slt_events list = {0};
    for (size_t i = 0; i < 2 * PAGES; i++) {
        uint8_t page[PAGE];
        memset(page, (int)(i % PAGES % 251) + 1, PAGE);
        size_t content = i < PAGES ? i : (i * 67) % PAGES;
        memcpy(page, &content, sizeof(content));
        slt_events_add_mem(&list, i * PAGE, page, PAGE);
    }
    slt_write(&list, &slt_small_meta, true, &file);
    struct sl_slt_file slt;
    struct sl_slt_cache cache;
    FILE *stream = fmemopen(file.data, file.size, "rb");
    cr_assert_eq(sl_slt_file_open(stream, "pages", &slt, NULL), SL_OK);
    cr_assert_eq(sl_slt_cache_init(&cache, &slt, NULL), SL_OK);
    cr_assert_gt(slt.index.chunk_count, 2 * SL_SLT_CACHE_SLOTS, "%zu", slt.index.chunk_count);
    const struct sl_slt_view *view;
    const struct sl_slt_view *pinned;
    cr_assert_eq(sl_slt_cache_get(&cache, 0, false, NULL, &pinned, NULL), SL_OK);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 1; i < slt.index.chunk_count; i++) {
            for (int again = 0; again < 2; again++) {
                cr_assert_eq(sl_slt_cache_get(&cache, i, true, pinned, &view, NULL), SL_OK);
                cr_assert_eq(view->first_event, slt.index.chunks[i].first_event);
            }
        }
    }
    cr_assert_eq(pinned->first_event + pinned->first_page, 0);
    size_t held = 0;
    for (size_t i = 0; i < SL_SLT_CACHE_SLOTS; i++) {
        held += cache.slots[i].capacity;
    }
    cr_assert_leq(held, (size_t)SL_SLT_CACHE_SLOTS * SL_SLT_CHUNK_TARGET);
    sl_slt_cache_finish(&cache);
    sl_slt_file_finish(&slt);

    enum sl_status status;
    bool complete;
    struct sl_error err;
    cr_assert_eq(slt_read_prefix(file.data, file.size, &list, &status, &complete, &err), 2 * PAGES);
    cr_assert(complete);
    sl_buf_finish(&file);
    slt_events_finish(&list);
}
