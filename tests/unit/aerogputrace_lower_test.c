/* What an .aerogputrace becomes: events computed by hand, and the way back. */
#include "aerogputrace_fixture.h"
#include "base/bytes.h"
#include "base/file.h"
#include "fail_alloc.h"
#include "trace/aerogputrace.h"
#include "trace/aerogputrace_recipe.h"
#include "trace/aerogputrace_space.h"
#include "trace/event_list.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <scanlock/replay.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(aerogputrace, .timeout = 60);

static struct sl_trace *open_file(const struct agt_file *file)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    cr_assert_eq(sl_aerogputrace_open_bytes(file->bytes.data, file->bytes.size, &trace, &err),
                 SL_OK, "%s", err.message);
    cr_assert_eq(sl_trace_get_format(trace), SL_TRACE_AEROGPUTRACE);
    return trace;
}

static struct sl_event next(struct sl_trace *trace)
{
    struct sl_event event;
    cr_assert_eq(sl_trace_next(trace, &event, NULL), SL_OK);
    return event;
}

static void expect_write(struct sl_trace *trace, enum sl_space space, uint64_t offset,
                         unsigned size, uint64_t value)
{
    struct sl_event e = next(trace);
    cr_assert_eq(e.type, SL_EVENT_MMIO);
    cr_assert(!e.u.mmio.is_read && e.u.mmio.has_value);
    cr_assert_eq(e.u.mmio.space, space);
    cr_assert_eq(e.u.mmio.offset, offset, "0x%llx", (unsigned long long)e.u.mmio.offset);
    cr_assert_eq(e.u.mmio.size, size);
    cr_assert_eq(e.u.mmio.value, value, "0x%llx", (unsigned long long)e.u.mmio.value);
}

static void expect_memory(struct sl_trace *trace, uint64_t gpa, const void *bytes, size_t size)
{
    struct sl_event e = next(trace);
    cr_assert_eq(e.type, SL_EVENT_MEM);
    cr_assert_eq(e.u.mem.gpa, gpa, "0x%llx", (unsigned long long)e.u.mem.gpa);
    cr_assert_eq(e.u.mem.size, size);
    cr_assert_arr_eq(e.u.mem.bytes, bytes, size);
}

static void expect_frame(struct sl_trace *trace, const char *name)
{
    struct sl_event e = next(trace);
    cr_assert_eq(e.type, SL_EVENT_FRAME);
    cr_assert_eq(e.u.text.text_size, strlen(name));
    cr_assert_arr_eq(e.u.text.text, name, strlen(name));
}

static void expect_end(struct sl_trace *trace)
{
    struct sl_event e = next(trace);
    cr_assert_eq(e.type, SL_EVENT_ATTACH);
    cr_assert_eq(e.u.text.text_size, 12);
    cr_assert_arr_eq(e.u.text.text, "aerogputrace", 12);
    cr_assert_eq((int)next(trace).type, 0);
}

/* The ring is at 1 MiB: header and 32 slots of 64 bytes, 0x840 bytes. */
static void expect_start(struct sl_trace *trace)
{
    static const uint8_t header[64] = {
        0x41, 0x52, 0x4E, 0x47, /* magic "ARNG" */
        0x04, 0x00, 0x01, 0x00, /* ABI 1.4 */
        0x40, 0x08, 0x00, 0x00, /* size */
        0x20, 0x00, 0x00, 0x00, /* slots */
        0x40, 0x00, 0x00, 0x00, /* stride */
    };
    struct sl_event e;
    for (int i = 0; i < 2; i++) {
        e = next(trace);
        cr_assert(e.type == SL_EVENT_MMIO && e.u.mmio.space == SL_SPACE_CONFIG);
        cr_assert_eq(e.u.mmio.offset, (uint64_t)(0x10 + 4 * i));
    }
    expect_write(trace, SL_SPACE_CONFIG, 4, 2, 6); /* COMMAND: memory, master */
    expect_memory(trace, 0x100000, header, 64);
    expect_write(trace, SL_SPACE_BAR0, 0x100, 4, 0x100000); /* RING_GPA_LO */
    expect_write(trace, SL_SPACE_BAR0, 0x104, 4, 0);
    expect_write(trace, SL_SPACE_BAR0, 0x108, 4, 0x840); /* RING_SIZE_BYTES */
    expect_write(trace, SL_SPACE_BAR0, 0x120, 4, 0);     /* FENCE_GPA: none */
    expect_write(trace, SL_SPACE_BAR0, 0x124, 4, 0);
    expect_write(trace, SL_SPACE_BAR0, 0x304, 4, 0); /* IRQ_ENABLE */
    expect_write(trace, SL_SPACE_BAR0, 0x10C, 4, 1); /* RING_CONTROL: enable */
}

struct expected_desc {
    uint32_t flags;
    uint32_t context_id;
    uint32_t engine_id;
    uint64_t cmd_gpa;
    uint32_t cmd_size;
    uint64_t table_gpa;
    uint32_t table_size;
    uint64_t fence;
};

/* Descriptor in its slot, the tail behind it, the doorbell. */
static void expect_submit(struct sl_trace *trace, uint32_t number, const struct expected_desc *d)
{
    uint8_t desc[64] = {64};
    uint8_t tail[4];
    sl_put_le32(desc + 4, d->flags);
    sl_put_le32(desc + 8, d->context_id);
    sl_put_le32(desc + 12, d->engine_id);
    sl_put_le64(desc + 16, d->cmd_gpa);
    sl_put_le32(desc + 24, d->cmd_size);
    sl_put_le64(desc + 32, d->table_gpa);
    sl_put_le32(desc + 40, d->table_size);
    sl_put_le64(desc + 48, d->fence);
    sl_put_le32(tail, number + 1);
    expect_memory(trace, 0x100040 + 64 * (uint64_t)(number % 32), desc, 64);
    expect_memory(trace, 0x10001C, tail, 4);
    expect_write(trace, SL_SPACE_BAR0, 0x200, 4, 1);
}

static void expect_region(const struct sl_trace *trace, size_t index, uint64_t gpa, uint64_t size)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    cr_assert_lt(index, meta->ram_count);
    cr_assert_eq(meta->ram[index].gpa, gpa);
    cr_assert_eq(meta->ram[index].size, size, "0x%llx", (unsigned long long)meta->ram[index].size);
}

Test(aerogputrace, a_submission_event_by_event)
{
    struct agt_file file;
    agt_small(&file);
    struct sl_trace *trace = open_file(&file);
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    cr_assert_str_eq(meta->device, "aerogpu");
    cr_assert_eq(meta->abi_version, AGT_ABI_1_4);
    cr_assert_str_eq(meta->provenance, "{}");
    cr_assert_eq(meta->ram_count, 2);
    expect_region(trace, 0, 0x5000, 0x1000);
    /* Ring, stream, table, and the page that keeps an empty table apart. */
    expect_region(trace, 1, 0x100000, 0x4000);
    const struct sl_trace_frame *frames;
    cr_assert_eq(sl_trace_frames(trace, &frames), 1);
    cr_assert_str_eq(frames[0].name, "0");

    expect_start(trace);
    expect_memory(trace, 0x5010, "12345678", 8);
    expect_memory(trace, 0x101000, "ACMD........................", 28);
    expect_memory(trace, 0x102000, "ALOC....................", 24);
    expect_submit(trace, 0, &(struct expected_desc){1, 3, 4, 0x101000, 28, 0x102000, 24, 9});
    cr_assert_eq(frames[0].event, sl_trace_position(trace));
    expect_frame(trace, "0");
    expect_end(trace);
    sl_trace_close(trace);
    agt_free(&file);
}

/* Streams of version 1 files count fences up from the highest one. */
Test(aerogputrace, packets_and_submissions_share_the_fences)
{
    struct agt_file file;
    agt_start(&file, 2, 0x00010003, "");
    agt_begin_frame(&file, 7);
    agt_record(&file, 3, "ACMDa", 5);
    agt_blob(&file, 0, 0x100, "ACMDb", 5);
    agt_submission(&file, &(struct agt_submission){.fence = 20, .extra = 9});
    agt_submission(&file, &(struct agt_submission){.fence = 4});
    agt_record(&file, 3, "ACMDc", 5);
    agt_present(&file, 4000000000u);
    agt_finish(&file);
    struct sl_trace *trace = open_file(&file);
    cr_assert_eq(sl_trace_get_meta(trace)->abi_version, 0x00010003);
    expect_start(trace);
    expect_memory(trace, 0x101000, "ACMDa", 5);
    expect_submit(trace, 0,
                  &(struct expected_desc){.cmd_gpa = 0x101000, .cmd_size = 5, .fence = 1});
    expect_memory(trace, 0x102000, "ACMDb", 5);
    expect_submit(trace, 1,
                  &(struct expected_desc){.cmd_gpa = 0x102000, .cmd_size = 5, .fence = 20});
    expect_memory(trace, 0x103000, "ACMDb", 5);
    expect_submit(trace, 2,
                  &(struct expected_desc){.cmd_gpa = 0x103000, .cmd_size = 5, .fence = 4});
    expect_memory(trace, 0x104000, "ACMDc", 5);
    expect_submit(trace, 3,
                  &(struct expected_desc){.cmd_gpa = 0x104000, .cmd_size = 5, .fence = 21});
    expect_frame(trace, "4000000000");
    expect_end(trace);
    sl_trace_close(trace);
    agt_free(&file);
}

Test(aerogputrace, an_empty_stream_is_none_and_an_empty_table_is_one)
{
    struct agt_file file;
    agt_start(&file, 2, AGT_ABI_1_4, "");
    agt_begin_frame(&file, 0);
    agt_blob(&file, 1, 0x100, "", 0);
    agt_blob(&file, 2, 0x101, "", 0);
    agt_submission(&file, &(struct agt_submission){.stream = 1, .table = 2, .fence = UINT64_MAX});
    agt_record(&file, 3, "ACMD", 4);
    agt_end_frame(&file);
    agt_finish(&file);
    struct sl_trace *trace = open_file(&file);
    expect_start(trace);
    expect_submit(trace, 0, &(struct expected_desc){.table_gpa = 0x101000, .fence = UINT64_MAX});
    expect_memory(trace, 0x102000, "ACMD", 4);
    expect_submit(trace, 1,
                  &(struct expected_desc){.cmd_gpa = 0x102000, .cmd_size = 4, .fence = UINT64_MAX});
    expect_end(trace);
    sl_trace_close(trace);
    agt_free(&file);
}

/* 33 submissions in 32 slots: the last one is in the first slot again. */
Test(aerogputrace, the_ring_wraps)
{
    struct agt_file file;
    agt_start(&file, 1, AGT_ABI_1_4, "");
    agt_begin_frame(&file, 0);
    for (int i = 0; i < 33; i++) {
        agt_record(&file, 3, "ACMD", 4);
    }
    agt_present(&file, 0);
    agt_finish(&file);
    struct sl_trace *trace = open_file(&file);
    expect_start(trace);
    for (uint32_t i = 0; i < 33; i++) {
        uint64_t gpa = 0x101000 + 0x1000 * (uint64_t)i;
        expect_memory(trace, gpa, "ACMD", 4);
        expect_submit(trace, i,
                      &(struct expected_desc){.cmd_gpa = gpa, .cmd_size = 4, .fence = i + 1});
    }
    sl_trace_close(trace);
    agt_free(&file);
}

/* Frames are lowered in the order of the contents; a blob with an id used before replaces it. */
Test(aerogputrace, the_contents_give_the_order)
{
    struct agt_file file;
    agt_start(&file, 2, AGT_ABI_1_4, "");
    uint64_t first = file.bytes.size;
    agt_blob(&file, 1, 0x100, "ACMD1", 5);
    agt_submission(&file, &(struct agt_submission){.stream = 1});
    uint64_t second = file.bytes.size;
    agt_blob(&file, 1, 0x100, "ACMD2", 5);
    agt_submission(&file, &(struct agt_submission){.stream = 1});
    uint64_t end = file.bytes.size;
    agt_toc_entry(&file, 5, second, 0, end);
    agt_toc_entry(&file, 5, first, 0, second);
    agt_toc_entry(&file, 5, first, 0, first);
    agt_finish(&file);
    struct sl_trace *trace = open_file(&file);
    expect_start(trace);
    expect_memory(trace, 0x101000, "ACMD2", 5);
    expect_submit(trace, 0, &(struct expected_desc){.cmd_gpa = 0x101000, .cmd_size = 5});
    expect_memory(trace, 0x102000, "ACMD1", 5);
    expect_submit(trace, 1, &(struct expected_desc){.cmd_gpa = 0x102000, .cmd_size = 5});
    expect_end(trace);
    sl_trace_close(trace);
    agt_free(&file);
}

/* ---- Memory ---- */

Test(aerogputrace, memory_is_joined_and_avoided)
{
    struct sl_agt_space space = {0};
    uint64_t gpa;
    /* Overlapping, touching, the first MiB to 2 MiB, the very last page. */
    cr_assert_eq(sl_agt_space_add(&space, 0x2FFF, 2, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_add(&space, 0x1000, 0x1001, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_add(&space, UINT64_MAX, 1, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_add(&space, 0x100000, 0x100000, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_add(&space, 0x202000, 1, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_layout(&space, 0x2001, &gpa, NULL), SL_OK);
    cr_assert_eq(gpa, 0x203000); /* 0x200000 has only two pages */
    static const struct sl_ram_region expected[] = {{0x1000, 0x3000},
                                                    {0x100000, 0x100000},
                                                    {0x202000, 0x1000},
                                                    {0x203000, 0x3000},
                                                    {0xFFFFFFFFFFFFF000, 0x1000}};
    cr_assert_eq(space.region_count, 5);
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(space.regions[i].gpa, expected[i].gpa, "%zu", i);
        cr_assert_eq(space.regions[i].size, expected[i].size, "%zu", i);
    }
    sl_agt_space_finish(&space);
}

Test(aerogputrace, a_gap_that_is_just_large_enough_is_taken)
{
    struct sl_agt_space space = {0};
    uint64_t gpa;
    cr_assert_eq(sl_agt_space_add(&space, 0, 0x101000, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_add(&space, 0x103000, 1, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_layout(&space, 0x2000, &gpa, NULL), SL_OK);
    cr_assert_eq(gpa, 0x101000);
    sl_agt_space_finish(&space);
}

Test(aerogputrace, many_ranges_become_few_regions)
{
    struct sl_agt_space space = {0};
    uint64_t gpa;
    enum { RANGES = 5000 };
    for (uint64_t i = 0; i < RANGES; i++) {
        /* Downwards, 1 MiB apart. */
        cr_assert_eq(sl_agt_space_add(&space, (RANGES - i) << 20, 1, NULL), SL_OK);
    }
    cr_assert_eq(sl_agt_space_add(&space, UINT64_C(1) << 40, 1, NULL), SL_OK);
    cr_assert_eq(sl_agt_space_layout(&space, 1, &gpa, NULL), SL_OK);
    cr_assert_leq(space.region_count, SL_AGT_SPACE_REGIONS + 1);
    for (uint64_t i = 1; i <= RANGES; i++) {
        bool covered = false;
        for (size_t k = 0; k < space.region_count; k++) {
            covered = covered || (i << 20) - space.regions[k].gpa < space.regions[k].size;
        }
        cr_assert(covered, "range %llu", (unsigned long long)i);
    }
    sl_agt_space_finish(&space);
}

/* ---- The way back ---- */

static void assert_comes_back(struct sl_trace *trace, const uint8_t *bytes, size_t size,
                              const char *what)
{
    struct sl_buf out = {0};
    struct sl_error err = {0};
    cr_assert_eq(sl_aerogputrace_export(trace, &out, &err), SL_OK, "%s: %s", what, err.message);
    cr_assert_eq(out.size, size, "%s", what);
    cr_assert_arr_eq(out.data, bytes, size, "%s", what);
    sl_buf_finish(&out);
}

/* The same after it was a binary trace. */
static void assert_comes_back_from_slt(struct sl_trace *trace, const uint8_t *bytes, size_t size,
                                       const char *what)
{
    char path[] = "/tmp/scanlock-agt-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    cr_assert_eq(sl_trace_seek(trace, 0, NULL), SL_OK);
    cr_assert_eq(sl_trace_writer_create(path, sl_trace_get_meta(trace), &writer, &err), SL_OK,
                 "%s: %s", what, err.message);
    for (struct sl_event e = next(trace); e.type != 0; e = next(trace)) {
        cr_assert_eq(sl_trace_writer_put(writer, &e, NULL), SL_OK);
    }
    cr_assert_eq(sl_trace_writer_finish(writer, NULL), SL_OK);
    sl_trace_writer_destroy(writer);
    struct sl_trace *stored;
    cr_assert_eq(sl_trace_open(path, &stored, &err), SL_OK, "%s: %s", what, err.message);
    cr_assert_eq(sl_trace_get_format(stored), SL_TRACE_SLT);
    assert_comes_back(stored, bytes, size, what);
    sl_trace_close(stored);
    unlink(path);
}

static void assert_round_trip(const uint8_t *bytes, size_t size, const char *what)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    cr_assert_eq(sl_aerogputrace_open_bytes(bytes, size, &trace, &err), SL_OK, "%s: %s", what,
                 err.message);
    assert_comes_back(trace, bytes, size, what);
    assert_comes_back_from_slt(trace, bytes, size, what);
    sl_trace_close(trace);
}

/* Every kind of blob, reserved words that are not zero, gaps everywhere, a name that is no text. */
static void every_oddity(struct agt_file *file, bool toy)
{
    static const uint32_t kinds[] = {1, 2, 3, 4, 5, 0x100, 0x101, 0x102};
    static const struct agt_range ranges[] = {{0x10000, 8, 8}, {0x10004, 0, 9}, {0x9000, 99, 8}};
    static uint8_t large[10000];
    for (size_t i = 0; i < sizeof(large); i++) {
        large[i] = (uint8_t)(i * 7 + i / 256);
    }
    agt_start(file, 2, AGT_ABI_1_4, "{\"notes\":\"\xFF\"}");
    file->bytes.data[20] = 0x77; /* flags */
    file->bytes.data[28] = 0x88; /* reserved */
    agt_blob(file, 1, 1, "outside of frames", 17);
    agt_begin_frame(file, 9);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        agt_blob(file, i + 1, kinds[i], "ACMDdata", 8);
    }
    agt_blob(file, 9, 0x102, "", 0);
    agt_blob(file, 10, 0x100, large, sizeof(large));
    size_t at = file->bytes.size;
    agt_submission(
        file,
        &(struct agt_submission){
            .stream = 6, .table = 7, .fence = 3, .ranges = ranges, .range_count = 3, .extra = 5});
    file->bytes.data[at + 1] = 0x99;  /* flags of the record */
    file->bytes.data[at + 8] = 0x55;  /* record_version */
    file->bytes.data[at + 28] = 0x66; /* reserved0 */
    agt_submission(file, &(struct agt_submission){.stream = 10});
    agt_record(file, 3, toy ? "toy" : "ACMD", toy ? 3 : 4);
    agt_present(file, 1);
    agt_begin_frame(file, 9);
    agt_submission(file, &(struct agt_submission){.stream = 6});
    agt_submission(file, &(struct agt_submission){.stream = 6});
    agt_end_frame(file);
    agt_toc_entry(file, 4, file->frame_start, file->frame_start, file->bytes.size);
    agt_blob(file, 11, 5, "behind the frames", 17);
    agt_finish(file);
}

Test(aerogputrace, comes_back_byte_for_byte)
{
    for (int toy = 0; toy < 2; toy++) {
        struct agt_file file;
        every_oddity(&file, toy);
        assert_round_trip(file.bytes.data, file.bytes.size, toy ? "toy" : "streams");
        agt_free(&file);
    }
}

Test(aerogputrace, bytes_between_contents_and_footer_come_back)
{
    struct agt_file file;
    agt_small(&file);
    struct sl_buf odd = {0};
    sl_buf_append(&odd, file.bytes.data, file.bytes.size - 32);
    sl_buf_text(&odd, "nobody reads this");
    sl_buf_append(&odd, file.bytes.data + file.bytes.size - 32, 32);
    assert_round_trip(odd.data, odd.size, "gap");
    sl_buf_finish(&odd);
    agt_free(&file);
}

Test(aerogputrace, the_fixtures_of_others_come_back)
{
    glob_t found;
    if (glob("../shared/data/aerogputrace/*.aerogputrace", 0, NULL, &found) != 0) {
        cr_skip_test("no ../shared/data/aerogputrace");
    }
    cr_assert_eq(found.gl_pathc, 16);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_buf bytes = {0};
        cr_assert_eq(sl_file_read(found.gl_pathv[i], 1 << 20, &bytes, NULL), SL_OK);
        assert_round_trip(bytes.data, bytes.size, found.gl_pathv[i]);
        sl_buf_finish(&bytes);
    }
    globfree(&found);
}

/* Small files for a fuzzer; what is NULL opens. */
Test(aerogputrace, the_seeds_of_others_are_judged)
{
    static const struct {
        const char *name;
        const char *rule;
    } seeds[] = {
        {"begin_frame", NULL},
        {"meta_begin_frame", NULL}, /* metadata with a NUL */
        {"two_frames_begin_frame", NULL},
        {"blob_header", NULL},
        {"begin_packet_present", NULL}, /* toy */
        {"aerogpu_submission_empty", "aerogputrace.submission.blob"},
        {"aerogpu_submission_one_range", "aerogputrace.submission.blob"},
    };
    if (access("../shared/data/fuzz-seeds/trace_read", R_OK) != 0) {
        cr_skip_test("no ../shared/data/fuzz-seeds");
    }
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        struct sl_buf path = {0};
        struct sl_buf bytes = {0};
        struct sl_trace *trace;
        struct sl_error err;
        sl_buf_printf(&path, "../shared/data/fuzz-seeds/trace_read/%s", seeds[i].name);
        cr_assert_eq(sl_file_read(sl_buf_cstr(&path), 4096, &bytes, NULL), SL_OK);
        if (seeds[i].rule) {
            cr_assert_eq(sl_aerogputrace_open_bytes(bytes.data, bytes.size, &trace, &err),
                         SL_ERR_DAMAGED, "%s", seeds[i].name);
            cr_assert_str_eq(err.rule, seeds[i].rule);
        } else {
            assert_round_trip(bytes.data, bytes.size, seeds[i].name);
        }
        sl_buf_finish(&bytes);
        sl_buf_finish(&path);
    }
}

/* What the events carry is not stored a second time. */
Test(aerogputrace, the_recipe_holds_only_what_events_do_not)
{
    static uint8_t large[100000];
    struct agt_file file;
    agt_start(&file, 2, AGT_ABI_1_4, "{}");
    agt_begin_frame(&file, 0);
    agt_blob(&file, 1, 0x100, large, sizeof(large));
    agt_submission(&file, &(struct agt_submission){.stream = 1});
    agt_present(&file, 0);
    agt_finish(&file);
    struct sl_trace *trace = open_file(&file);
    cr_assert_eq(sl_trace_seek(trace, sl_trace_event_count(trace) - 1, NULL), SL_OK);
    struct sl_event e = next(trace);
    cr_assert_eq(e.type, SL_EVENT_ATTACH);
    /* 24 bytes, then the rest of the file in two literals: at most 12 bytes of lengths. */
    cr_assert_leq(e.u.text.size, 24 + (file.bytes.size - sizeof(large)) + 12);
    sl_trace_close(trace);
    agt_free(&file);
}

/* ---- Recipes that are not what they were ---- */

static void assert_no_export(struct sl_event_list *list, const char *what)
{
    struct sl_trace *trace = sl_event_list_finish(list);
    struct sl_buf out = {0};
    struct sl_error err = {0};
    cr_assert_eq(sl_aerogputrace_export(trace, &out, &err), SL_ERR_DAMAGED, "%s", what);
    cr_assert_str_eq(err.rule, "aerogputrace.export", "%s", what);
    sl_buf_finish(&out);
    sl_trace_close(trace);
}

/* A trace with the memory event "memory" (index 0) and, unless NULL, a recipe. */
static struct sl_event_list *with_recipe(const char *memory, const uint8_t *recipe, size_t size)
{
    struct sl_trace_meta meta = {
        .device = "aerogpu", .profile = "", .producer = "", .provenance = ""};
    struct sl_event_list *list;
    cr_assert_eq(sl_event_list_create(SL_TRACE_AEROGPUTRACE, &meta, NULL, &list, NULL), SL_OK);
    struct sl_event mem = {.type = SL_EVENT_MEM,
                           .u.mem = {.bytes = (const uint8_t *)memory, .size = strlen(memory)}};
    cr_assert_eq(sl_event_list_put(list, &mem, NULL), SL_OK);
    if (recipe) {
        struct sl_event attach = {
            .type = SL_EVENT_ATTACH,
            .u.text = {.text = SL_AGT_ATTACHMENT, .text_size = 12, .bytes = recipe, .size = size}};
        cr_assert_eq(sl_event_list_put(list, &attach, NULL), SL_OK);
    }
    return list;
}

/* The file "abMEMc": two literal bytes, event 0, one literal byte. */
static void small_recipe(struct sl_buf *recipe)
{
    static const uint8_t file[] = {'a', 'b', 'M', 'E', 'M', 'c'};
    struct sl_agt_recipe made = {0};
    struct sl_event_list *list = with_recipe("MEM", NULL, 0);
    struct sl_event_sink sink = sl_event_list_sink(list);
    cr_assert_eq(sl_agt_recipe_add(&made, &(struct sl_agt_copy){2, 3, 0}, NULL), SL_OK);
    cr_assert_eq(sl_agt_recipe_attach(&made, file, sizeof(file), &sink, NULL), SL_OK);
    struct sl_trace *trace = sl_event_list_finish(list);
    assert_comes_back(trace, file, sizeof(file), "small");
    cr_assert_eq(sl_trace_seek(trace, 1, NULL), SL_OK);
    struct sl_event e = next(trace);
    sl_buf_append(recipe, e.u.text.bytes, e.u.text.size);
    sl_trace_close(trace);
    sl_agt_recipe_finish(&made);
}

Test(aerogputrace, a_recipe_is_as_documented)
{
    struct sl_buf recipe = {0};
    small_recipe(&recipe);
    static const uint8_t head[8] = {6};
    static const uint8_t steps[] = {2, 'a', 'b', 3, 0, 1, 'c', 0};
    cr_assert_eq(recipe.size, 24 + sizeof(steps));
    cr_assert_arr_eq(recipe.data, head, 8);
    cr_assert_arr_eq(recipe.data + 24, steps, sizeof(steps));
    sl_buf_finish(&recipe);
}

Test(aerogputrace, export_refuses_what_was_changed)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } changes[] = {
        {"file size", 0, 7},         {"file size huge", 7, 0x80}, {"hash", 8, 0},
        {"literal", 25, 'x'},        {"literal longer", 24, 200}, {"copy longer", 27, 4},
        {"no copy", 27, 0},          {"another event", 28, 1},    {"no such event", 28, 9},
        {"literal too long", 29, 2},
    };
    struct sl_buf recipe = {0};
    small_recipe(&recipe);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t bytes[32];
        memcpy(bytes, recipe.data, sizeof(bytes));
        bytes[changes[i].at] =
            (uint8_t)(bytes[changes[i].at] == changes[i].value ? changes[i].value + 1
                                                               : changes[i].value);
        assert_no_export(with_recipe("MEM", bytes, sizeof(bytes)), changes[i].what);
    }
    for (size_t size = 0; size < 31; size++) {
        assert_no_export(with_recipe("MEM", recipe.data, size), "cut");
    }
    assert_no_export(with_recipe("MEN", recipe.data, recipe.size), "other memory");
    assert_no_export(with_recipe("MEMO", recipe.data, recipe.size), "more memory");
    assert_no_export(with_recipe("MEM", NULL, 0), "no recipe");
    sl_buf_finish(&recipe);
}

/* ---- The toy ABI ---- */

static void expect_note(struct sl_trace *trace, const char *text)
{
    struct sl_event e = next(trace);
    cr_assert_eq(e.type, SL_EVENT_NOTE);
    cr_assert_eq(e.u.text.text_size, strlen(text), "%.*s", (int)e.u.text.text_size, e.u.text.text);
    cr_assert_arr_eq(e.u.text.text, text, strlen(text), "%.*s", (int)e.u.text.text_size,
                     e.u.text.text);
}

static void toy_packet(struct agt_file *file, uint32_t opcode, uint32_t total,
                       const uint32_t *words, size_t count)
{
    struct sl_buf packet = {0};
    sl_buf_u32(&packet, opcode);
    sl_buf_u32(&packet, total);
    for (size_t i = 0; i < count; i++) {
        sl_buf_u32(&packet, words[i]);
    }
    agt_record(file, 3, packet.data, packet.size);
    sl_buf_finish(&packet);
}

static void toy_file(struct agt_file *file)
{
    static const uint32_t words[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint32_t color[4] = {0x3F800000, 0, 0x3F000000, 0x7FC00000};
    agt_start(file, 2, 1, "{}");
    agt_begin_frame(file, 2);
    agt_blob(file, 5, 5, "glsl", 4);
    toy_packet(file, 1, 5, words, 3);
    toy_packet(file, 2, 7, words, 5);
    toy_packet(file, 3, 10, words, 8);
    toy_packet(file, 4, 5, words, 3);
    toy_packet(file, 5, 3, words, 1);
    toy_packet(file, 6, 6, words, 4);
    toy_packet(file, 7, 4, words, 2);
    toy_packet(file, 8, 6, color, 4);
    toy_packet(file, 9, 4, words, 2);
    toy_packet(file, 10, 2, words, 0);
    toy_packet(file, 10, 3, words, 0); /* wrong total */
    toy_packet(file, 9, 3, words, 1);  /* too short */
    toy_packet(file, 11, 2, words, 0); /* unknown */
    toy_packet(file, 0, 2, words, 0);
    agt_record(file, 3, "", 0);
    agt_record(file, 3, "ACMD", 4);
    agt_submission(file, &(struct agt_submission){.fence = 6, .stream = 77, .table = 78});
    agt_present(file, 2);
    agt_finish(file);
}

Test(aerogputrace, toys_become_notes)
{
    struct agt_file file;
    toy_file(&file);
    struct sl_trace *trace = open_file(&file);
    cr_assert_str_eq(sl_trace_get_meta(trace)->device, "aerogpu-toy");
    cr_assert_eq(sl_trace_get_meta(trace)->abi_version, 1);
    static const char *const notes[] = {
        "begin frame 2",
        "blob 5 ShaderGlslEs300 of 4 bytes",
        "packet CREATE_BUFFER buffer_id=1 size_bytes=2 usage=3",
        "packet UPLOAD_BUFFER buffer_id=1 offset_bytes=2 data_len_bytes=3 blob_lo=4 blob_hi=5",
        "packet CREATE_SHADER shader_id=1 stage=2 glsl_lo=3 glsl_hi=4 wgsl_lo=5 wgsl_hi=6 "
        "dxbc_lo=7 dxbc_hi=8",
        "packet CREATE_PIPELINE pipeline_id=1 vs_shader_id=2 fs_shader_id=3",
        "packet SET_PIPELINE pipeline_id=1",
        "packet SET_VERTEX_BUFFER buffer_id=1 stride_bytes=2 position_offset_bytes=3 "
        "color_offset_bytes=4",
        "packet SET_VIEWPORT width=1 height=2",
        "packet CLEAR r=1 g=0 b=0.5 a=0x7fc00000",
        "packet DRAW vertex_count=1 first_vertex=2",
        "packet PRESENT",
        "packet of 8 bytes",
        "packet of 12 bytes",
        "packet of 8 bytes",
        "packet of 8 bytes",
        "packet of 0 bytes",
        "command stream of 4 bytes",
        "submission fence=6 stream=77 table=78",
        "present frame 2",
    };
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        expect_note(trace, notes[i]);
    }
    expect_frame(trace, "2");
    expect_end(trace);

    struct sl_error err;
    cr_assert_eq(sl_trace_seek(trace, 0, NULL), SL_OK);
    cr_assert_eq(sl_replay_run(trace, &(struct sl_replay_options){0},
                               &(struct sl_replay_callbacks){0}, &err),
                 SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "trace.toy_abi");
    sl_trace_close(trace);
    agt_free(&file);
}

/* ---- Host failures ---- */

static void assert_survives_without_memory(const struct agt_file *file)
{
    for (unsigned n = 1;; n++) {
        struct sl_trace *trace = NULL;
        struct sl_error err = {0};
        struct sl_buf out = {0};
        fail_alloc_arm(n);
        enum sl_status status =
            sl_aerogputrace_open_bytes(file->bytes.data, file->bytes.size, &trace, &err);
        bool opened = status == SL_OK;
        if (opened) {
            status = sl_aerogputrace_export(trace, &out, &err);
        }
        bool failed = fail_alloc_disarm();
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK, "allocation %u", n);
        cr_assert_eq(opened, trace != NULL);
        sl_buf_finish(&out);
        sl_trace_close(trace);
        if (!failed) {
            cr_assert_gt(n, 5);
            return;
        }
    }
}

Test(aerogputrace, each_allocation_may_fail)
{
    struct agt_file file;
    every_oddity(&file, false);
    assert_survives_without_memory(&file);
    agt_free(&file);
    toy_file(&file);
    assert_survives_without_memory(&file);
    agt_free(&file);
}

Test(aerogputrace, files_are_told_by_their_magic)
{
    char path[] = "/tmp/scanlock-agt-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    struct agt_file file;
    struct sl_trace *trace;
    struct sl_error err;
    agt_small(&file);
    cr_assert_eq(sl_file_write(path, file.bytes.data, file.bytes.size, NULL), SL_OK);
    cr_assert_eq(sl_trace_open(path, &trace, NULL), SL_OK);
    cr_assert_eq(sl_trace_get_format(trace), SL_TRACE_AEROGPUTRACE);
    sl_trace_close(trace);
    cr_assert_eq(sl_file_write(path, file.bytes.data, 20, NULL), SL_OK);
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "aerogputrace.header.short");
    cr_assert_str_eq(err.file, path);
    agt_free(&file);
    unlink(path);
}
