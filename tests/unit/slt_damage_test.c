/*
 * Files that are not what was written: cut at every length, every bit turned, and files that are
 * made to look right around something wrong. Nothing of that may crash or give other events.
 */
#include "base/bytes.h"
#include "base/hash.h"
#include "slt_fixture.h"
#include "trace/slt_event.h"
#include "trace/slt_frame.h"
#include "trace/slt_index.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

TestSuite(slt_damage, .timeout = 120);

/* Several chunks that compress well, so that the file is small. */
static void several_chunks(struct slt_events *list)
{
    enum { SIZE = 200 << 10 };
    static uint8_t pages[SIZE];
    slt_events_every_type(list);
    for (uint64_t chunk = 0; chunk < 4; chunk++) {
        for (size_t i = 0; i < SIZE; i++) {
            pages[i] = (uint8_t)(i / 4096 + chunk * 64 + 1);
        }
        slt_events_add_mem(list, 0x1000 * chunk, pages, SIZE);
        slt_events_add(list, &(struct sl_event){.type = SL_EVENT_FRAME, .u.text = {"f", 1, 0, 0}});
    }
}

Test(slt_damage, a_cut_file_is_its_own_beginning)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    several_chunks(&list);
    slt_write(&list, &slt_full_meta, true, &file);
    size_t header = SL_SLT_FRAME_HEAD + sl_get_le32(file.data + 4);
    size_t last_count = 0;
    size_t steps = 0;
    for (size_t size = 0; size < file.size; size++) {
        enum sl_status status;
        bool complete;
        struct sl_error err;
        size_t count = slt_read_prefix(file.data, size, &list, &status, &complete, &err);
        cr_assert_not(complete, "cut at %zu", size);
        if (size < header) {
            cr_assert_eq(status, SL_ERR_DAMAGED, "cut at %zu", size);
            cr_assert_str_eq(err.rule, "slt.header.size");
            cr_assert(err.has_offset && err.offset == size, "cut at %zu", size);
            continue;
        }
        cr_assert_eq(status, SL_OK, "cut at %zu: %s", size, err.message);
        cr_assert_geq(count, last_count, "cut at %zu", size);
        steps += count > last_count;
        last_count = count;
    }
    cr_assert_eq(last_count, list.count, "only the index is missing at the end");
    cr_assert_geq(steps, 3, "chunks became readable one by one");
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

Test(slt_damage, an_unfinished_recording_has_its_complete_chunks)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    several_chunks(&list);
    slt_write(&list, &slt_full_meta, false, &file);
    enum sl_status status;
    bool complete;
    struct sl_error err;
    size_t count = slt_read_prefix(file.data, file.size, &list, &status, &complete, &err);
    cr_assert_eq(status, SL_OK);
    cr_assert_not(complete);
    cr_assert(count > 11 && count < list.count, "%zu events", count);
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

/* True if the byte at offset belongs to a Zstandard frame with content; walks the intact file. */
static bool is_content(const uint8_t *file, size_t size, size_t offset)
{
    size_t at = 0;
    while (at + SL_SLT_FRAME_HEAD <= size && at <= offset) {
        size_t end = at + SL_SLT_FRAME_HEAD + sl_get_le32(file + at + 4);
        bool is_chunk = sl_get_le32(file + at + SL_SLT_FRAME_HEAD) == SL_SLT_TAG_CHUNK;
        size_t next = end + (is_chunk ? sl_get_le32(file + at + SL_SLT_FRAME_HEAD + 4) : 0);
        if (offset < next) {
            return offset >= end;
        }
        at = next;
    }
    return false;
}

/*
 * One wrong bit in a file: the reader says so, or the bit carries nothing and all events are as
 * they were. Such bits are in the slack of Zstandard's own frames, which decompress to the same
 * content; and, in a file without an end, in the bytes from may_be on.
 */
static void turn_every_bit(const struct slt_events *list, struct sl_buf *file, bool finished,
                           size_t may_be, size_t may_be_size)
{
    for (size_t bit = 0; bit < file->size * 8; bit++) {
        bool is_slack = is_content(file->data, file->size, bit / 8) ||
                        (bit / 8 >= may_be && bit / 8 - may_be < may_be_size);
        file->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum sl_status status;
        bool complete;
        struct sl_error err;
        size_t count = slt_read_prefix(file->data, file->size, list, &status, &complete, &err);
        if (status == SL_OK) {
            cr_assert_eq(complete, finished, "bit %zu", bit);
            cr_assert_eq(count, list->count, "bit %zu", bit);
            cr_assert(is_slack, "bit %zu", bit);
        } else {
            cr_assert_eq(status, SL_ERR_DAMAGED, "bit %zu: %s", bit, err.message);
            cr_assert(err.rule && err.has_offset, "bit %zu", bit);
        }
        file->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

Test(slt_damage, a_wrong_bit_is_noticed)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    several_chunks(&list);
    slt_write(&list, &slt_full_meta, true, &file);
    turn_every_bit(&list, &file, true, 0, 0);
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

Test(slt_damage, a_wrong_bit_in_a_cut_file_is_noticed)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    slt_events_every_type(&list);
    slt_write(&list, &slt_full_meta, true, &file);
    struct sl_error err;
    enum sl_status status;
    bool complete;
    /* Without the end frame; all chunks are there. */
    file.size -= SL_SLT_END;
    uint64_t index_offset;
    uint32_t index_size;
    cr_assert(sl_slt_end_decode(file.data + file.size, &index_offset, &index_size));
    cr_assert_eq(slt_read_prefix(file.data, file.size, &list, &status, &complete, &err),
                 list.count);
    /* An index that claims to be longer than it is looks cut off itself. */
    turn_every_bit(&list, &file, false, (size_t)index_offset + 4, 4);
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

/* A file made by hand, each part of which a test can spoil before its checksum is made. */
struct forged {
    struct sl_buf file;
    struct sl_buf content;
    struct sl_slt_index index;
    struct sl_slt_chunk_head head;
    uint16_t major, minor;
    int checksum; /* of the content */
};

static struct forged forge(const void *records, size_t size, uint32_t event_count)
{
    struct forged f = {.major = SL_SLT_MAJOR, .minor = SL_SLT_MINOR, .checksum = 1};
    sl_buf_append(&f.content, records, size);
    f.head.event_count = event_count;
    return f;
}

static void forge_header(struct forged *f, const void *fields, size_t size)
{
    size_t start = sl_slt_frame_begin(&f->file, SL_SLT_TAG_HEADER);
    sl_buf_u16(&f->file, f->major);
    sl_buf_u16(&f->file, f->minor);
    sl_buf_append(&f->file, fields, size);
    sl_slt_frame_end(&f->file, start);
}

/* Appends the chunk; head fields that are not zero yet stay as they are. */
static void forge_chunk(struct forged *f)
{
    uint8_t frame[8192];
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, f->checksum);
    size_t size = ZSTD_compress2(zstd, frame, sizeof(frame), f->content.data, f->content.size);
    cr_assert_not(ZSTD_isError(size));
    ZSTD_freeCCtx(zstd);
    f->head.frame_size = f->head.frame_size ? f->head.frame_size : (uint32_t)size;
    f->head.content_size = f->head.content_size ? f->head.content_size : (uint32_t)f->content.size;
    struct sl_slt_chunk chunk = {f->file.size, (uint32_t)size, f->head.content_size,
                                 f->head.first_event, f->head.first_page};
    sl_slt_chunk_head_encode(&f->head, &f->file);
    sl_buf_append(&f->file, frame, size);
    cr_assert(sl_slt_index_add_chunk(&f->index, &chunk, f->head.event_count, f->head.page_count));
}

static void forge_end(struct forged *f)
{
    size_t index = f->file.size;
    sl_slt_index_encode(&f->index, &f->file);
    sl_slt_end_encode(index, (uint32_t)(f->file.size - index), &f->file);
}

static const uint8_t device_field[] = {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0};

/* Reads all; the status, and the rule in *err. Frees the forged file. */
static enum sl_status read_forged(struct forged *f, struct sl_error *err)
{
    struct sl_trace *trace;
    *err = (struct sl_error){0};
    enum sl_status status = slt_open_bytes(f->file.data, f->file.size, &trace, err);
    struct sl_event event = {.type = SL_EVENT_RESET};
    while (status == SL_OK && event.type != 0) {
        status = sl_trace_next(trace, &event, err);
    }
    sl_trace_close(trace);
    sl_buf_finish(&f->file);
    sl_buf_finish(&f->content);
    sl_slt_index_finish(&f->index);
    return status;
}

static enum sl_status read_records(const void *records, size_t size, uint32_t count,
                                   struct sl_error *err)
{
    struct forged f = forge(records, size, count);
    forge_header(&f, device_field, sizeof(device_field));
    forge_chunk(&f);
    forge_end(&f);
    return read_forged(&f, err);
}

static void expect_rule(enum sl_status got, const struct sl_error *err, enum sl_status status,
                        const char *rule, const char *what)
{
    cr_assert_eq(got, status, "%s: %s", what, err->message);
    cr_assert(err->rule && strcmp(err->rule, rule) == 0, "%s: %s, expected %s", what, err->rule,
              rule);
    cr_assert(err->has_offset, "%s", what);
}

/* Records by hand, from docs/trace-format.md. */
Test(slt_damage, malformed_events)
{
    static const struct {
        const char *what;
        uint8_t bytes[40];
        size_t size;
        const char *rule;
    } rows[] = {
        {"fine", {10}, 8, NULL},
        {"type 0", {0}, 8, "slt.event.type"},
        {"type 14", {14}, 8, "slt.event.type"},
        {"reset with a reserved byte", {10, 0, 0, 0, 0, 0, 0, 1}, 8, "slt.event.field"},
        {"vring cut off", {3}, 39, "slt.event.size"},
        {"space 9", {2, 9, 4, 2}, 24, "slt.event.field"},
        {"access of 3 bytes", {2, 0, 3, 2}, 24, "slt.event.field"},
        {"flag 4", {2, 0, 4, 4}, 24, "slt.event.field"},
        {"write without a value", {2, 0, 4, 0}, 24, "slt.event.field"},
        {"read without a value has one",
         {2, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         24,
         "slt.event.field"},
        {"value wider than the access",
         {2, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         24,
         "slt.event.field"},
        {"mem of nothing", {1}, 16, "slt.event.field"},
        {"mem that wraps around",
         {1, 0, 0, 0, 2, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2},
         18,
         "slt.event.field"},
        {"mem above the limit", {1, 0, 0, 0, 1, 0, 0, 0x10}, 16, "host.limit"},
        {"mem beyond the chunk", {1, 0, 0, 0, 4, 0, 0, 0}, 19, "slt.event.size"},
        {"no run", {1, 0, 0, 0, 0, 16}, 27, "slt.event.size"},
        {"a run of none", {1, 0, 0, 0, 0, 16}, 28, "slt.event.pages"},
        {"a run too long",
         {1, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2},
         28,
         "slt.event.pages"},
        {"a page that is not stored",
         {1, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1},
         28,
         "slt.event.pages"},
        {"a page number at the end of the world",
         {1, 0, 0, 0, 0, 16, 0,   0,   0,   0,   0,   0,   0,   0,
          0, 0, 1, 0, 0, 0,  255, 255, 255, 255, 255, 255, 255, 255},
         28,
         "slt.event.pages"},
        {"expectation of kind 0", {7}, 24, "slt.event.field"},
        {"expectation of kind 7", {7, 7}, 24, "slt.event.field"},
        {"frame of nothing", {7, 6}, 24, NULL},
        {"frame of 1x1 without a hash",
         {7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1},
         24,
         "slt.event.field"},
        {"frame of 1x0",
         {7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         24,
         "slt.event.field"},
        {"hash of nothing", {7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16}, 40, "slt.event.field"},
        {"no RAM", {12}, 8, NULL},
        {"RAM with reserved bits", {12, 1}, 8, "slt.event.field"},
        {"RAM beyond the chunk", {12, 0, 0, 0, 1}, 23, "slt.event.size"},
        {"more RAM than there may be", {12, 0, 0, 0, 1, 4}, 8, "slt.event.field"},
        {"empty region of RAM", {12, 0, 0, 0, 1}, 24, "mem.region"},
        {"features with reserved bits", {13, 0, 0, 0, 1}, 16, "slt.event.field"},
        {"features cut off", {13}, 15, "slt.event.size"},
        {"interrupt with bytes", {7, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 25, "slt.event.field"},
        {"name of 4096 bytes", {6, 0, 0, 0, 0, 16}, 20, "slt.event.field"},
        {"name with a NUL", {6, 0, 0, 0, 1}, 9, "slt.event.text"},
        {"note not UTF-8", {8, 0, 0, 0, 1, 0, 0, 0, 0xFF}, 9, "slt.event.text"},
        {"attachment's name beyond the chunk", {11, 0, 4}, 10, "slt.event.size"},
        {"bytes after the last event", {10}, 9, "slt.chunk.events"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sl_error err;
        enum sl_status status = read_records(rows[i].bytes, rows[i].size, 1, &err);
        if (rows[i].rule) {
            expect_rule(status, &err, SL_ERR_DAMAGED, rows[i].rule, rows[i].what);
        } else {
            cr_assert_eq(status, SL_OK, "%s: %s", rows[i].what, err.message);
        }
    }
}

/* A note long enough to be stored as a page: zeros, which are not text. */
Test(slt_damage, text_in_pages_is_checked)
{
    static const uint8_t note[] = {8, 0, 0, 0, 0, 16, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct sl_error err;
    enum sl_status status = read_records(note, sizeof(note), 1, &err);
    cr_assert_eq(status, SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "slt.event.text");
}

Test(slt_damage, malformed_metadata)
{
    static const struct {
        const char *what;
        uint8_t bytes[64];
        size_t size;
        const char *rule;
    } rows[] = {
        {"no device", {2, 0, 0, 0, 4}, 12, "slt.header.field"},
        {"device not terminated", {1, 0, 0, 0, 1, 0, 0, 0, 'd'}, 9, "slt.header.field"},
        {"device terminated early", {1, 0, 0, 0, 3, 0, 0, 0, 'd'}, 11, "slt.header.field"},
        {"device not UTF-8", {1, 0, 0, 0, 2, 0, 0, 0, 0x80}, 10, "slt.header.field"},
        {"field cut off", {1, 0, 0, 0, 3, 0, 0, 0, 'd'}, 10, "slt.header.field"},
        {"field of 4 GiB", {1, 0, 0, 0, 255, 255, 255, 255, 'd'}, 10, "slt.header.field"},
        {"half a field head", {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 2}, 11, "slt.header.field"},
        {"device twice",
         {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 1, 0, 0, 0, 2, 0, 0, 0, 'd', 0},
         20,
         "slt.header.field"},
        {"unknown field", {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 8}, 18, "slt.header.field"},
        {"version of 3 bytes",
         {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 2, 0, 0, 0, 3},
         21,
         "slt.header.field"},
        {"half a region", {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 6, 0, 0, 0, 8}, 26, "slt.header.field"},
        {"empty region", {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 6, 0, 0, 0, 16}, 34, "mem.region"},
        {"unaligned region",
         {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 6, 0, 0, 0, 16, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16},
         34,
         "mem.region"},
        {"the same region twice",
         {1, 0, 0, 0, 2, 0,  0, 0, 'd', 0, 6, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0,
          0, 0, 0, 0, 0, 16, 0, 0, 0,   0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 16},
         50,
         "mem.region"},
        {"option without a value",
         {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 7, 0, 0, 0, 2, 0, 0, 0, 'a'},
         20,
         "slt.header.field"},
        {"option without a name",
         {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 7, 0, 0, 0, 3, 0, 0, 0, 0, 'a'},
         21,
         "slt.header.field"},
        {"option twice",
         {1, 0, 0, 0,   2, 0, 0, 0, 'd', 0, 7, 0, 0, 0, 3,
          0, 0, 0, 'a', 0, 0, 7, 0, 0,   0, 3, 0, 0, 0, 'a'},
         32,
         "slt.header.field"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forged f = forge("", 0, 0);
        forge_header(&f, rows[i].bytes, rows[i].size);
        forge_end(&f);
        struct sl_error err;
        enum sl_status status = read_forged(&f, &err);
        expect_rule(status, &err, SL_ERR_DAMAGED, rows[i].rule, rows[i].what);
    }
}

static const uint8_t reset_record[8] = {10};

Test(slt_damage, versions)
{
    struct sl_error err;
    struct forged f = forge(reset_record, 8, 1);
    f.major = 2;
    forge_header(&f, device_field, sizeof(device_field));
    forge_chunk(&f);
    forge_end(&f);
    expect_rule(read_forged(&f, &err), &err, SL_ERR_UNSUPPORTED, "slt.version", "newer major");

    f = forge(reset_record, 8, 1);
    f.major = 0;
    forge_header(&f, device_field, sizeof(device_field));
    expect_rule(read_forged(&f, &err), &err, SL_ERR_UNSUPPORTED, "slt.version", "major 0");
}

/* One record in a complete file of a minor version. */
static enum sl_status read_version(uint16_t minor, const uint8_t *record, size_t size,
                                   struct sl_error *err)
{
    struct forged f = forge(record, size, 1);
    f.minor = minor;
    forge_header(&f, device_field, sizeof(device_field));
    forge_chunk(&f);
    forge_end(&f);
    return read_forged(&f, err);
}

/* A newer minor version may add metadata and frames, which are passed over, and event types. */
Test(slt_damage, a_newer_minor_version_is_read)
{
    static const uint8_t fields[] = {1, 0, 0, 0, 2, 0, 0, 0, 'd', 0, 99, 0, 0, 0, 0, 0, 0, 0};
    for (int with_end = 0; with_end < 2; with_end++) {
        struct forged f = forge(reset_record, 8, 1);
        f.minor = SL_SLT_MINOR + 1;
        forge_header(&f, fields, sizeof(fields));
        size_t extra = sl_slt_frame_begin(&f.file, SL_SLT_TAG('X'));
        sl_slt_frame_end(&f.file, extra);
        forge_chunk(&f);
        if (with_end) {
            forge_end(&f);
        }
        struct sl_error err;
        cr_assert_eq(read_forged(&f, &err), SL_OK, "%s", err.message);
    }
    struct sl_error err;
    expect_rule(read_version(SL_SLT_MINOR + 1, (const uint8_t[8]){14}, 8, &err), &err,
                SL_ERR_UNSUPPORTED, "slt.event.type", "newer event");
    expect_rule(read_version(SL_SLT_MINOR + 1, (const uint8_t[24]){7, 7}, 24, &err), &err,
                SL_ERR_UNSUPPORTED, "slt.event.field", "newer kind");
}

/* What version 1.1 brought is nothing that a file of version 1.0 can have. */
Test(slt_damage, an_older_minor_version_has_nothing_newer)
{
    static const struct {
        uint8_t bytes[24];
        size_t size;
        const char *rule;
    } rows[] = {
        {{12}, 8, "slt.event.type"},
        {{13}, 16, "slt.event.type"},
        {{7, 6}, 24, "slt.event.field"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sl_error err;
        cr_assert_eq(read_version(1, rows[i].bytes, rows[i].size, &err), SL_OK, "%s", err.message);
        expect_rule(read_version(0, rows[i].bytes, rows[i].size, &err), &err, SL_ERR_DAMAGED,
                    rows[i].rule, "of 1.1");
    }
}

Test(slt_damage, unknown_frames_in_this_version)
{
    for (int end = 0; end < 2; end++) {
        struct forged f = forge(reset_record, 8, 1);
        forge_header(&f, device_field, sizeof(device_field));
        size_t extra = sl_slt_frame_begin(&f.file, SL_SLT_TAG('X'));
        sl_slt_frame_end(&f.file, extra);
        forge_chunk(&f);
        if (end) {
            forge_end(&f);
        }
        struct sl_error err;
        expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED,
                    end ? "slt.index.layout" : "slt.frame.unknown", "extra frame");
    }
}

Test(slt_damage, heads_that_lie)
{
    static const struct {
        const char *what;
        struct sl_slt_chunk_head head;
        const char *rule;
    } rows[] = {
        {"more events than fit", {.event_count = 2}, "slt.index.layout"},
        {"more pages than fit", {.event_count = 0, .page_count = 1}, "slt.index.layout"},
        {"content too large",
         {.event_count = 1, .content_size = SL_SLT_CHUNK_MAX + 1},
         "slt.index.layout"},
        {"content of another size", {.event_count = 1, .content_size = 16}, "slt.chunk.content"},
        {"frame of another size", {.event_count = 1, .frame_size = 20}, "slt.chunk.head"},
        {"first event is not 0", {.event_count = 1, .first_event = 5}, "slt.index.layout"},
        {"first page is not 0", {.event_count = 1, .first_page = UINT64_MAX}, "slt.index.layout"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int end = 0; end < 2; end++) {
            struct forged f = forge(reset_record, 8, 1);
            f.head = rows[i].head;
            forge_header(&f, device_field, sizeof(device_field));
            forge_chunk(&f);
            if (end) {
                forge_end(&f);
            } else if (strcmp(rows[i].rule, "slt.chunk.content") != 0) {
                /* A longer frame would be taken for one that was cut off. */
                sl_buf_append_zeros(&f.file, 32);
            }
            bool is_head = !end && strcmp(rows[i].rule, "slt.index.layout") == 0;
            bool is_frame = !end && rows[i].head.frame_size;
            struct sl_error err;
            expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED,
                        is_head    ? "slt.chunk.head"
                        : is_frame ? "slt.frame.unknown"
                                   : rows[i].rule,
                        rows[i].what);
        }
    }
}

Test(slt_damage, content_that_is_not_as_it_should_be)
{
    struct sl_error err;
    struct forged f = forge(reset_record, 8, 1);
    f.checksum = 0;
    forge_header(&f, device_field, sizeof(device_field));
    forge_chunk(&f);
    forge_end(&f);
    expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED, "slt.chunk.content", "no checksum");

    f = forge(reset_record, 8, 1);
    forge_header(&f, device_field, sizeof(device_field));
    forge_chunk(&f);
    f.file.data[f.file.size - 1] ^= 1;
    forge_end(&f);
    expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED, "slt.chunk.checksum", "checksum");
    cr_assert_eq(err.offset, 34 + SL_SLT_CHUNK_HEAD, "offset %lu", (unsigned long)err.offset);
}

/* A page and the hash of another one, then the event that uses it. */
Test(slt_damage, a_page_has_the_content_of_its_hash)
{
    static const uint8_t record[28] = {1, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0,
                                       0, 0, 1, 0, 0, 0,  1, 0, 0, 0, 0, 0, 0, 0};
    static uint8_t page[4096] = {1};
    for (int spoiled = 0; spoiled < 2; spoiled++) {
        struct forged f = forge(page, sizeof(page), 1);
        struct sl_hash128 hash = sl_hash128(page, sizeof(page));
        hash.bytes[15] ^= (uint8_t)spoiled;
        sl_buf_append(&f.content, hash.bytes, sizeof(hash.bytes));
        sl_buf_append(&f.content, record, sizeof(record));
        f.head.page_count = 1;
        forge_header(&f, device_field, sizeof(device_field));
        forge_chunk(&f);
        forge_end(&f);
        struct sl_error err;
        enum sl_status status = read_forged(&f, &err);
        if (spoiled) {
            expect_rule(status, &err, SL_ERR_DAMAGED, "slt.page.hash", "hash");
        } else {
            cr_assert_eq(status, SL_OK, "%s", err.message);
        }
    }
}

Test(slt_damage, an_end_that_is_not_the_end)
{
    struct slt_events list = {0};
    struct sl_buf file = {0};
    slt_events_every_type(&list);
    slt_write(&list, &slt_small_meta, true, &file);
    sl_buf_u8(&file, 0);
    enum sl_status status;
    bool complete;
    struct sl_error err;
    slt_read_prefix(file.data, file.size, &list, &status, &complete, &err);
    expect_rule(status, &err, SL_ERR_DAMAGED, "slt.end.frame", "a byte too many");

    /* Twice the same file is a valid Zstandard stream, but not a trace. */
    file.size--;
    size_t size = file.size;
    uint8_t *copy = malloc(size);
    memcpy(copy, file.data, size);
    sl_buf_append(&file, copy, size);
    free(copy);
    slt_read_prefix(file.data, file.size, &list, &status, &complete, &err);
    expect_rule(status, &err, SL_ERR_DAMAGED, "slt.end.frame", "two traces in a row");
    sl_buf_finish(&file);
    slt_events_finish(&list);
}

Test(slt_damage, an_end_that_points_elsewhere)
{
    static const struct {
        uint64_t offset;
        uint32_t size;
        const char *rule;
    } rows[] = {
        {0, 34, "slt.end.frame"},          {34, UINT32_MAX, "slt.end.frame"},
        {UINT64_MAX, 56, "slt.end.frame"}, {UINT64_MAX - 7, 8, "slt.end.frame"},
        {34, 7, "slt.end.frame"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forged f = forge("", 0, 0);
        forge_header(&f, device_field, sizeof(device_field));
        sl_slt_index_encode(&f.index, &f.file);
        sl_slt_end_encode(rows[i].offset, rows[i].size, &f.file);
        struct sl_error err;
        expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED, rows[i].rule, "end");
    }
}

/* An index frame with a right checksum around these numbers. */
Test(slt_damage, an_index_with_hostile_numbers)
{
    static const struct {
        const char *what;
        uint64_t numbers[4]; /* events, pages, chunks, capture points */
    } rows[] = {
        {"events without a chunk", {1, 0, 0, 0}},
        {"pages without a chunk", {0, 1, 0, 0}},
        {"chunks without end", {0, 0, UINT64_MAX, 0}},
        {"captures without end", {0, 0, 0, UINT64_MAX}},
        {"chunks that would wrap", {0, 0, UINT64_MAX / 32 + 1, 0}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forged f = forge("", 0, 0);
        forge_header(&f, device_field, sizeof(device_field));
        size_t start = sl_slt_frame_begin(&f.file, SL_SLT_TAG_INDEX);
        sl_buf_u32(&f.file, 0);
        for (size_t k = 0; k < 4; k++) {
            sl_buf_u64(&f.file, rows[i].numbers[k]);
        }
        sl_slt_frame_end(&f.file, start);
        sl_slt_end_encode(start, (uint32_t)(f.file.size - start), &f.file);
        struct sl_error err;
        expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED, "slt.index.layout", rows[i].what);
    }
}

Test(slt_damage, not_a_binary_trace)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    cr_assert_eq(slt_open_bytes((const uint8_t *)"device: x\n\n\n\n", 13, &trace, &err),
                 SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "slt.header.magic");
    cr_assert_str_eq(err.file, "test.slt");
    cr_assert_eq(sl_trace_open("/nonexistent/a.slt", &trace, &err), SL_ERR_ENVIRONMENT);
    cr_assert_str_eq(err.rule, "host.file");
}

/* Each part of a file, spoiled: the rule, and the offset of the part. */
Test(slt_damage, each_part_has_its_rule)
{
    static const struct {
        size_t byte;
        uint64_t offset;
        const char *rule;
    } rows[] = {
        {0x00, 0x00, "slt.header.magic"},    {0x09, 0x00, "slt.header.magic"},
        {0x0C, 0x08, "slt.header.checksum"}, {0x14, 0x08, "slt.header.checksum"},
        {0x22, 0x22, "slt.chunk.head"},      {0x3A, 0x22, "slt.chunk.head"},
        {0x5A, 0x5A, "slt.chunk.content"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forged f = forge(reset_record, 8, 1);
        forge_header(&f, device_field, sizeof(device_field));
        forge_chunk(&f);
        forge_end(&f);
        f.file.data[rows[i].byte] ^= 0x40;
        struct sl_error err;
        expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED, rows[i].rule, rows[i].rule);
        cr_assert_eq(err.offset, rows[i].offset, "byte %zu: offset %lu", rows[i].byte,
                     (unsigned long)err.offset);
    }
    struct forged f = forge("", 0, 0);
    forge_header(&f, device_field, sizeof(device_field));
    forge_end(&f);
    f.file.data[0x22 + 20] ^= 1;
    struct sl_error err;
    expect_rule(read_forged(&f, &err), &err, SL_ERR_DAMAGED, "slt.index.checksum", "index");
    cr_assert_eq(err.offset, 0x22);
}

Test(slt_damage, a_file_in_no_format)
{
    char path[] = "/tmp/slt_damage.XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(write(fd,
                       "\x7F"
                       "ELF\0\0",
                       6),
                 6);
    close(fd);
    struct sl_trace *trace;
    struct sl_error err;
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "trace.format");
    cr_assert_str_eq(err.file, path);
    unlink(path);
}
