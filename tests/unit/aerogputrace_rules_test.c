/*
 * What the reader of .aerogputrace refuses. Each case is the small file with one change, so that
 * the first rule it breaks is the one named.
 */
#include "aerogputrace_fixture.h"
#include "base/bytes.h"
#include "trace/aerogputrace.h"
#include "trace/aerogputrace_walk.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(aerogputrace_rules, .timeout = 60);

/*
 * Offsets in the small file: header 0, {} 32, begin 34, stream blob 46, table blob 98, memory blob
 * 146, submission 178, present 274, table of contents 286, its entry 302, footer 334, end 366.
 */
enum {
    BEGIN = 34,
    STREAM_BLOB = 46,
    TABLE_BLOB = 98,
    MEMORY_BLOB = 146,
    SUBMISSION = 178,
    RANGE = SUBMISSION + 8 + 56,
    PRESENT = 274,
    TOC = 286,
    ENTRY = 302,
    FOOTER = 334,
    SIZE = 366,
};

static void assert_refused(const uint8_t *bytes, size_t size, enum sl_status status,
                           const char *rule, uint64_t offset, const char *what)
{
    struct sl_trace *trace = NULL;
    struct sl_error err = {0};
    cr_assert_eq(sl_aerogputrace_open_bytes(bytes, size, &trace, &err), status, "%s: %s", what,
                 err.message);
    cr_assert_null(trace);
    cr_assert_str_eq(err.rule, rule, "%s: %s", what, err.message);
    cr_assert(err.has_offset, "%s", what);
    cr_assert_eq(err.offset, offset, "%s: at %llu", what, (unsigned long long)err.offset);
}

static const struct {
    const char *what;
    size_t at;
    uint8_t size; /* of the number that is changed */
    uint64_t value;
    enum sl_status status;
    const char *rule;
    uint64_t offset;
} changes[] = {
    {"file magic", 7, 1, 'X', SL_ERR_DAMAGED, "aerogputrace.header.magic", 0},
    {"small header", 8, 4, 31, SL_ERR_DAMAGED, "aerogputrace.header.size", 8},
    {"large header", 8, 4, 33, SL_ERR_UNSUPPORTED, "aerogputrace.header.size", 8},
    {"version 0", 12, 4, 0, SL_ERR_DAMAGED, "aerogputrace.header.version", 12},
    {"version 3", 12, 4, 3, SL_ERR_UNSUPPORTED, "aerogputrace.header.version", 12},
    {"meta one too long", 24, 4, SIZE - 31, SL_ERR_DAMAGED, "aerogputrace.meta.bounds", 24},
    {"meta huge", 24, 4, UINT32_MAX, SL_ERR_DAMAGED, "aerogputrace.meta.bounds", 24},
    {"footer magic", FOOTER, 1, 'a', SL_ERR_DAMAGED, "aerogputrace.footer.magic", FOOTER},
    {"small footer", FOOTER + 8, 4, 0, SL_ERR_DAMAGED, "aerogputrace.footer.size", FOOTER + 8},
    {"large footer", FOOTER + 8, 4, 64, SL_ERR_UNSUPPORTED, "aerogputrace.footer.size", FOOTER + 8},
    {"footer version 0", FOOTER + 12, 4, 0, SL_ERR_DAMAGED, "aerogputrace.footer.version",
     FOOTER + 12},
    {"footer version 3", FOOTER + 12, 4, 3, SL_ERR_UNSUPPORTED, "aerogputrace.footer.version",
     FOOTER + 12},
    {"footer version 1", FOOTER + 12, 4, 1, SL_ERR_DAMAGED, "aerogputrace.footer.mismatch",
     FOOTER + 12},
    {"contents wrap", FOOTER + 16, 8, UINT64_MAX, SL_ERR_DAMAGED, "aerogputrace.toc.bounds",
     FOOTER + 16},
    {"contents too long", FOOTER + 24, 8, SIZE - TOC + 1, SL_ERR_DAMAGED, "aerogputrace.toc.bounds",
     FOOTER + 16},
    {"contents too short", FOOTER + 24, 8, 15, SL_ERR_DAMAGED, "aerogputrace.toc.short",
     FOOTER + 24},
    {"contents magic", TOC + 7, 1, ' ', SL_ERR_DAMAGED, "aerogputrace.toc.magic", TOC},
    {"contents version 0", TOC + 8, 4, 0, SL_ERR_DAMAGED, "aerogputrace.toc.version", TOC + 8},
    {"contents version 2", TOC + 8, 4, 2, SL_ERR_UNSUPPORTED, "aerogputrace.toc.version", TOC + 8},
    {"two frames", TOC + 12, 4, 2, SL_ERR_DAMAGED, "aerogputrace.toc.length", TOC + 12},
    {"most frames", TOC + 12, 4, UINT32_MAX, SL_ERR_DAMAGED, "aerogputrace.toc.length", TOC + 12},
    {"contents in the meta", 24, 4, TOC - 31, SL_ERR_DAMAGED, "aerogputrace.toc.start",
     FOOTER + 16},
    {"frame before records", ENTRY + 8, 8, BEGIN - 1, SL_ERR_DAMAGED, "aerogputrace.toc.entry",
     ENTRY},
    {"frame after records", ENTRY + 8, 8, TOC + 1, SL_ERR_DAMAGED, "aerogputrace.toc.entry", ENTRY},
    {"frame ends before it starts", ENTRY + 24, 8, BEGIN - 1, SL_ERR_DAMAGED,
     "aerogputrace.toc.entry", ENTRY},
    {"frame ends in the contents", ENTRY + 24, 8, TOC + 1, SL_ERR_DAMAGED, "aerogputrace.toc.entry",
     ENTRY},
    {"present before the frame", ENTRY + 16, 8, BEGIN - 1, SL_ERR_DAMAGED, "aerogputrace.toc.entry",
     ENTRY},
    {"present after the frame", ENTRY + 16, 8, TOC + 1, SL_ERR_DAMAGED, "aerogputrace.toc.entry",
     ENTRY},
    {"frame cuts a record", ENTRY + 24, 8, TOC - 1, SL_ERR_DAMAGED, "aerogputrace.record.bounds",
     PRESENT},
    {"frame cuts a record head", ENTRY + 24, 8, PRESENT + 7, SL_ERR_DAMAGED,
     "aerogputrace.record.bounds", PRESENT},
    {"payload too long", PRESENT + 4, 4, 5, SL_ERR_DAMAGED, "aerogputrace.record.bounds", PRESENT},
    {"payload huge", STREAM_BLOB + 4, 4, UINT32_MAX, SL_ERR_DAMAGED, "aerogputrace.record.bounds",
     STREAM_BLOB},
    {"type 0", BEGIN, 1, 0, SL_ERR_DAMAGED, "aerogputrace.record.type", BEGIN},
    {"type 6", PRESENT, 1, 6, SL_ERR_DAMAGED, "aerogputrace.record.type", PRESENT},
    {"type 255", PRESENT, 1, 255, SL_ERR_DAMAGED, "aerogputrace.record.type", PRESENT},
    {"long frame index", STREAM_BLOB, 1, 1, SL_ERR_DAMAGED, "aerogputrace.record.index",
     STREAM_BLOB},
    {"long present", TABLE_BLOB, 1, 2, SL_ERR_DAMAGED, "aerogputrace.record.index", TABLE_BLOB},
    {"short blob", BEGIN, 1, 4, SL_ERR_DAMAGED, "aerogputrace.blob.size", BEGIN},
    {"blob kind 0", STREAM_BLOB + 16, 4, 0, SL_ERR_DAMAGED, "aerogputrace.blob.kind", STREAM_BLOB},
    {"blob kind 6", STREAM_BLOB + 16, 4, 6, SL_ERR_DAMAGED, "aerogputrace.blob.kind", STREAM_BLOB},
    {"blob kind 0xFF", STREAM_BLOB + 16, 4, 0xFF, SL_ERR_DAMAGED, "aerogputrace.blob.kind",
     STREAM_BLOB},
    {"blob kind 0x103", STREAM_BLOB + 16, 4, 0x103, SL_ERR_DAMAGED, "aerogputrace.blob.kind",
     STREAM_BLOB},
    {"short submission", MEMORY_BLOB, 1, 5, SL_ERR_DAMAGED, "aerogputrace.submission.size",
     MEMORY_BLOB},
    {"short submission header", SUBMISSION + 8 + 4, 4, 55, SL_ERR_DAMAGED,
     "aerogputrace.submission.size", SUBMISSION},
    {"long submission header", SUBMISSION + 8 + 4, 4, 57, SL_ERR_DAMAGED,
     "aerogputrace.submission.size", SUBMISSION},
    {"two ranges", SUBMISSION + 8 + 48, 4, 2, SL_ERR_DAMAGED, "aerogputrace.submission.size",
     SUBMISSION},
    {"ranges overflow", SUBMISSION + 8 + 48, 4, 0x08000001, SL_ERR_DAMAGED,
     "aerogputrace.submission.size", SUBMISSION},
    {"no stream", SUBMISSION + 8 + 32, 8, 0, SL_ERR_DAMAGED, "aerogputrace.submission.blob",
     SUBMISSION},
    {"stream is a table", SUBMISSION + 8 + 32, 8, 2, SL_ERR_DAMAGED, "aerogputrace.submission.kind",
     SUBMISSION},
    {"unknown table", SUBMISSION + 8 + 40, 8, 4, SL_ERR_DAMAGED, "aerogputrace.submission.blob",
     SUBMISSION},
    {"table is memory", SUBMISSION + 8 + 40, 8, 3, SL_ERR_DAMAGED, "aerogputrace.submission.kind",
     SUBMISSION},
    {"unknown memory", RANGE + 24, 8, 0, SL_ERR_DAMAGED, "aerogputrace.submission.blob",
     SUBMISSION},
    {"memory is a stream", RANGE + 24, 8, 1, SL_ERR_DAMAGED, "aerogputrace.submission.kind",
     SUBMISSION},
    {"range shorter than its blob", RANGE + 16, 8, 7, SL_ERR_DAMAGED, "aerogputrace.range.size",
     SUBMISSION},
    {"range wraps", RANGE + 8, 8, UINT64_MAX - 14, SL_ERR_DAMAGED, "aerogputrace.range.address",
     SUBMISSION},
};

Test(aerogputrace_rules, each_has_its_id_and_offset)
{
    struct agt_file file;
    agt_small(&file);
    cr_assert_eq(file.bytes.size, SIZE);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t bytes[SIZE];
        memcpy(bytes, file.bytes.data, SIZE);
        sl_put_le(bytes + changes[i].at, changes[i].size, changes[i].value);
        assert_refused(bytes, SIZE, changes[i].status, changes[i].rule, changes[i].offset,
                       changes[i].what);
    }
    agt_free(&file);
}

Test(aerogputrace_rules, of_two_the_earlier_one_speaks)
{
    struct agt_file file;
    agt_small(&file);
    /* From the last check to the first, each change stays in when the next is made. */
    static const struct {
        size_t at;
        uint8_t value;
        const char *rule;
        uint64_t offset;
    } steps[] = {
        {PRESENT, 9, "aerogputrace.record.type", PRESENT},
        {ENTRY + 24, TOC % 256 + 1, "aerogputrace.toc.entry", ENTRY},
        {TOC + 12, 7, "aerogputrace.toc.length", TOC + 12},
        {TOC + 8, 0, "aerogputrace.toc.version", TOC + 8},
        {TOC, 0, "aerogputrace.toc.magic", TOC},
        {FOOTER + 24, 1, "aerogputrace.toc.short", FOOTER + 24},
        {FOOTER + 23, 1, "aerogputrace.toc.bounds", FOOTER + 16},
        {FOOTER + 12, 1, "aerogputrace.footer.mismatch", FOOTER + 12},
        {FOOTER + 12, 0, "aerogputrace.footer.version", FOOTER + 12},
        {FOOTER + 8, 0, "aerogputrace.footer.size", FOOTER + 8},
        {FOOTER, 0, "aerogputrace.footer.magic", FOOTER},
        {25, 0xFF, "aerogputrace.meta.bounds", 24},
        {12, 0, "aerogputrace.header.version", 12},
        {8, 0, "aerogputrace.header.size", 8},
        {0, 0, "aerogputrace.header.magic", 0},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        file.bytes.data[steps[i].at] = steps[i].value;
        assert_refused(file.bytes.data, SIZE, SL_ERR_DAMAGED, steps[i].rule, steps[i].offset,
                       steps[i].rule);
    }
    agt_free(&file);
}

Test(aerogputrace_rules, submissions_are_of_version_2)
{
    struct agt_file file;
    agt_small(&file);
    file.bytes.data[12] = 1;
    file.bytes.data[FOOTER + 12] = 1;
    assert_refused(file.bytes.data, SIZE, SL_ERR_DAMAGED, "aerogputrace.record.version", SUBMISSION,
                   "version 1");
    agt_free(&file);
}

Test(aerogputrace_rules, a_blob_comes_before_its_use_and_in_a_frame)
{
    for (int in_frame = 0; in_frame < 2; in_frame++) {
        struct agt_file file;
        agt_start(&file, 2, AGT_ABI_1_4, "{}");
        agt_blob(&file, 1, 0x100, "ACMD", 4);
        agt_begin_frame(&file, 0);
        uint64_t at = file.bytes.size;
        agt_submission(&file, &(struct agt_submission){.stream = 1});
        if (in_frame) {
            agt_blob(&file, 1, 0x100, "ACMD", 4);
        }
        agt_present(&file, 0);
        agt_finish(&file);
        assert_refused(file.bytes.data, file.bytes.size, SL_ERR_DAMAGED,
                       "aerogputrace.submission.blob", at, in_frame ? "later" : "outside");
        agt_free(&file);
    }
}

/* Without its end a file has no footer; what is left of it may look like one by no accident. */
Test(aerogputrace_rules, a_cut_file_is_refused_at_every_length)
{
    struct agt_file file;
    agt_small(&file);
    for (size_t size = 0; size < SIZE; size++) {
        const char *rule = size < 32   ? "aerogputrace.header.short"
                           : size < 34 ? "aerogputrace.meta.bounds"
                                       : "aerogputrace.footer.magic";
        uint64_t offset = size < 32 ? size : size < 34 ? 24 : size - 32;
        /* A copy of exactly this size, so that a sanitizer sees reads past it. */
        uint8_t *copy = malloc(size + 1);
        memcpy(copy + 1, file.bytes.data, size);
        assert_refused(copy + 1, size, SL_ERR_DAMAGED, rule, offset, rule);
        free(copy);
    }
    agt_free(&file);
}

/* A range of all but the last page leaves nothing for the ring. */
Test(aerogputrace_rules, memory_must_leave_room)
{
    static const struct agt_range all = {0, UINT64_MAX - 4096, 3};
    struct agt_file file;
    agt_start(&file, 2, AGT_ABI_1_4, "{}");
    agt_begin_frame(&file, 0);
    agt_blob(&file, 1, 0x100, "ACMD", 4);
    agt_blob(&file, 3, 0x102, "", 0);
    agt_submission(&file, &(struct agt_submission){.stream = 1, .ranges = &all, .range_count = 1});
    agt_present(&file, 0);
    agt_finish(&file);
    struct sl_trace *trace;
    struct sl_error err;
    cr_assert_eq(sl_aerogputrace_open_bytes(file.bytes.data, file.bytes.size, &trace, &err),
                 SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "aerogputrace.range.room");
    agt_free(&file);
}

/* Frames that overlap make many records of few; the work is bounded. */
Test(aerogputrace_rules, overlapping_frames_have_a_limit)
{
    enum { RECORDS = 2100, FRAMES = 2100 };
    cr_assert_gt((uint64_t)RECORDS * FRAMES, SL_AGT_WALK_RECORDS);
    struct agt_file file;
    agt_start(&file, 2, AGT_ABI_1_4, "");
    for (int i = 0; i < RECORDS; i++) {
        agt_begin_frame(&file, 0);
    }
    uint64_t end = file.bytes.size;
    for (uint32_t i = 0; i < FRAMES; i++) {
        agt_toc_entry(&file, i, 32, 0, end);
    }
    agt_finish(&file);
    struct sl_trace *trace;
    struct sl_error err;
    cr_assert_eq(sl_aerogputrace_open_bytes(file.bytes.data, file.bytes.size, &trace, &err),
                 SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    agt_free(&file);
}
