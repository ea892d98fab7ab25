#include "trace/aerogputrace_file.h"

#include "base/cursor.h"
#include "base/status.h"

#include <inttypes.h>
#include <scanlock/aerogpu_abi.h>
#include <string.h>

enum {
    HEADER_SIZE = 32,
    FOOTER_SIZE = 32,
    TOC_SIZE = 16, /* without entries */
    TOC_ENTRY_SIZE = 32,
    TOC_VERSION = 1,
    MAGIC_SIZE = 8,
    VERSION_MAX = 2,
    RECORD_SIZE = 8, /* without payload */
    INDEX_SIZE = 4,
    BLOB_SIZE = 16,
    SUBMISSION_SIZE = 56,
    RANGE_SIZE = 32,
};

/* What is there but larger than what is known is newer; anything else never existed. */
static enum sl_status newer_or_damaged(uint32_t value, uint32_t known)
{
    return value > known ? SL_ERR_UNSUPPORTED : SL_ERR_DAMAGED;
}

static enum sl_status check_magic(const struct sl_agt_file *file, size_t offset, const char *magic,
                                  enum sl_rule rule, const char *what, struct sl_error *err)
{
    if (memcmp(file->bytes + offset, magic, MAGIC_SIZE) == 0) {
        return SL_OK;
    }
    return sl_fail_at(err, SL_ERR_DAMAGED, rule, offset, "no %s magic", what);
}

static enum sl_status check_version(uint32_t version, size_t offset, enum sl_rule rule,
                                    struct sl_error *err)
{
    if (version >= 1 && version <= VERSION_MAX) {
        return SL_OK;
    }
    return sl_fail_at(err, newer_or_damaged(version, VERSION_MAX), rule, offset,
                      "container version %" PRIu32 ", known are 1 and %d", version, VERSION_MAX);
}

static enum sl_status check_constant(uint32_t value, uint32_t expected, size_t offset,
                                     enum sl_rule rule, const char *what, struct sl_error *err)
{
    if (value == expected) {
        return SL_OK;
    }
    return sl_fail_at(err, newer_or_damaged(value, expected), rule, offset,
                      "%s %" PRIu32 ", expected %" PRIu32, what, value, expected);
}

static enum sl_status short_header(const struct sl_agt_file *file, struct sl_error *err)
{
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_HEADER_SHORT, file->size,
                      "the file ends inside its header of %d bytes", HEADER_SIZE);
}

/* Each field is judged as soon as it is there: a short file of a newer version is a newer file. */
static enum sl_status open_header(struct sl_agt_file *file, struct sl_error *err)
{
    if (file->size < MAGIC_SIZE) {
        return short_header(file, err);
    }
    enum sl_status status =
        check_magic(file, 0, SL_AGT_MAGIC, SL_RULE_AEROGPUTRACE_HEADER_MAGIC, "file", err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_cursor c = sl_cursor_init(file->bytes, file->size);
    sl_cursor_take(&c, MAGIC_SIZE);
    uint32_t header_size = sl_cursor_u32(&c);
    if (c.failed) {
        return short_header(file, err);
    }
    status = check_constant(header_size, HEADER_SIZE, 8, SL_RULE_AEROGPUTRACE_HEADER_SIZE,
                            "header size", err);
    if (status != SL_OK) {
        return status;
    }
    file->container_version = sl_cursor_u32(&c);
    if (c.failed) {
        return short_header(file, err);
    }
    status = check_version(file->container_version, 12, SL_RULE_AEROGPUTRACE_HEADER_VERSION, err);
    if (status != SL_OK) {
        return status;
    }
    file->abi_version = sl_cursor_u32(&c);
    sl_cursor_u32(&c); /* flags */
    file->meta_size = sl_cursor_u32(&c);
    sl_cursor_u32(&c); /* reserved */
    if (c.failed) {
        return short_header(file, err);
    }
    if (!sl_range_fits(HEADER_SIZE, file->meta_size, file->size)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_META_BOUNDS, 24,
                          "%zu bytes of metadata, %zu left", file->meta_size,
                          file->size - HEADER_SIZE);
    }
    file->meta = file->bytes + HEADER_SIZE;
    file->records_offset = HEADER_SIZE + file->meta_size;
    return SL_OK;
}

struct toc_place {
    uint64_t offset;
    uint64_t size;
};

static enum sl_status open_footer(const struct sl_agt_file *file, struct toc_place *toc,
                                  struct sl_error *err)
{
    size_t offset = file->size - FOOTER_SIZE;
    struct sl_cursor c = sl_cursor_init(file->bytes + offset, FOOTER_SIZE);
    enum sl_status status =
        check_magic(file, offset, "AEROGPUF", SL_RULE_AEROGPUTRACE_FOOTER_MAGIC, "footer", err);
    sl_cursor_take(&c, MAGIC_SIZE);
    if (status == SL_OK) {
        status = check_constant(sl_cursor_u32(&c), FOOTER_SIZE, offset + 8,
                                SL_RULE_AEROGPUTRACE_FOOTER_SIZE, "footer size", err);
    }
    uint32_t version = sl_cursor_u32(&c);
    if (status == SL_OK) {
        status = check_version(version, offset + 12, SL_RULE_AEROGPUTRACE_FOOTER_VERSION, err);
    }
    if (status == SL_OK && version != file->container_version) {
        status =
            sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_FOOTER_MISMATCH, offset + 12,
                       "container version %" PRIu32 " in the footer, %" PRIu32 " in the header",
                       version, file->container_version);
    }
    *toc = (struct toc_place){.offset = sl_cursor_u64(&c)};
    toc->size = sl_cursor_u64(&c);
    return status;
}

static enum sl_status open_toc(struct sl_agt_file *file, const struct toc_place *toc,
                               struct sl_error *err)
{
    size_t footer = file->size - FOOTER_SIZE;
    if (!sl_range_fits(toc->offset, toc->size, file->size)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_TOC_BOUNDS, footer + 16,
                          "table of contents of %" PRIu64 " bytes at %" PRIu64
                          " in a file of %zu bytes",
                          toc->size, toc->offset, file->size);
    }
    if (toc->size < TOC_SIZE) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_TOC_SHORT, footer + 24,
                          "table of contents of %" PRIu64 " bytes, at least %d", toc->size,
                          TOC_SIZE);
    }
    size_t offset = (size_t)toc->offset;
    static const char magic[MAGIC_SIZE + 1] = "AEROTOC";
    enum sl_status status =
        check_magic(file, offset, magic, SL_RULE_AEROGPUTRACE_TOC_MAGIC, "table of contents", err);
    if (status == SL_OK) {
        status = check_constant(sl_get_le32(file->bytes + offset + 8), TOC_VERSION, offset + 8,
                                SL_RULE_AEROGPUTRACE_TOC_VERSION, "table of contents version", err);
    }
    if (status != SL_OK) {
        return status;
    }
    uint64_t frame_count = sl_get_le32(file->bytes + offset + 12);
    if (toc->size != TOC_SIZE + TOC_ENTRY_SIZE * frame_count) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_TOC_LENGTH, offset + 12,
                          "table of contents of %" PRIu64 " bytes for %" PRIu64 " frames",
                          toc->size, frame_count);
    }
    if (offset < file->records_offset) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_TOC_START, footer + 16,
                          "table of contents at %zu, before the records at %zu", offset,
                          file->records_offset);
    }
    file->toc_offset = offset;
    file->frame_count = (size_t)frame_count;
    return SL_OK;
}

static const uint8_t *toc_entry(const struct sl_agt_file *file, size_t index)
{
    return file->bytes + file->toc_offset + TOC_SIZE + index * TOC_ENTRY_SIZE;
}

static enum sl_status check_toc_entries(const struct sl_agt_file *file, struct sl_error *err)
{
    for (size_t i = 0; i < file->frame_count; i++) {
        const uint8_t *entry = toc_entry(file, i);
        uint64_t start = sl_get_le64(entry + 8);
        uint64_t present = sl_get_le64(entry + 16);
        uint64_t end = sl_get_le64(entry + 24);
        bool fits = start >= file->records_offset && start <= end && end <= file->toc_offset;
        if (!fits || (present != 0 && (present < start || present > end))) {
            return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_TOC_ENTRY,
                              (uint64_t)(entry - file->bytes),
                              "frame %zu from %" PRIu64 " to %" PRIu64 ", present at %" PRIu64
                              ", records from %zu to %zu",
                              i, start, end, present, file->records_offset, file->toc_offset);
        }
    }
    return SL_OK;
}

enum sl_status sl_agt_file_open(const uint8_t *bytes, size_t size, struct sl_agt_file *file,
                                struct sl_error *err)
{
    *file = (struct sl_agt_file){.bytes = bytes, .size = size};
    struct toc_place toc = {0};
    enum sl_status status = open_header(file, err);
    if (status == SL_OK) {
        status = open_footer(file, &toc, err);
    }
    if (status == SL_OK) {
        status = open_toc(file, &toc, err);
    }
    return status == SL_OK ? check_toc_entries(file, err) : status;
}

struct sl_agt_frame sl_agt_file_frame(const struct sl_agt_file *file, size_t index)
{
    const uint8_t *entry = toc_entry(file, index);
    return (struct sl_agt_frame){.start = (size_t)sl_get_le64(entry + 8),
                                 .end = (size_t)sl_get_le64(entry + 24)};
}

static bool blob_kind_is_known(uint32_t kind)
{
    return (kind >= SL_AGT_BUFFER_DATA && kind <= SL_AGT_SHADER_GLSL) ||
           (kind >= SL_AGT_CMD_STREAM && kind <= SL_AGT_ALLOC_MEMORY);
}

static enum sl_status check_index(const struct sl_agt_record *record, struct sl_error *err)
{
    if (record->size == INDEX_SIZE) {
        return SL_OK;
    }
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RECORD_INDEX, record->offset,
                      "frame index of %zu bytes, expected %d", record->size, INDEX_SIZE);
}

static enum sl_status check_blob(const struct sl_agt_record *record, struct sl_error *err)
{
    if (record->size < BLOB_SIZE) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_BLOB_SIZE, record->offset,
                          "blob of %zu bytes, at least %d", record->size, BLOB_SIZE);
    }
    uint32_t kind = sl_get_le32(record->payload + 8);
    if (!blob_kind_is_known(kind)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_BLOB_KIND, record->offset,
                          "blob of unknown kind 0x%" PRIx32, kind);
    }
    return SL_OK;
}

static enum sl_status check_submission(const struct sl_agt_record *record, struct sl_error *err)
{
    uint64_t header_size = record->size >= SUBMISSION_SIZE ? sl_get_le32(record->payload + 4) : 0;
    uint64_t count = record->size >= SUBMISSION_SIZE ? sl_get_le32(record->payload + 48) : 0;
    if (header_size < SUBMISSION_SIZE ||
        !sl_range_fits(header_size, count * RANGE_SIZE, record->size)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_SUBMISSION_SIZE, record->offset,
                          "submission of %zu bytes with a header of %" PRIu64 " and %" PRIu64
                          " ranges",
                          record->size, header_size, count);
    }
    return SL_OK;
}

static enum sl_status check_payload(const struct sl_agt_file *file,
                                    const struct sl_agt_record *record, struct sl_error *err)
{
    switch (record->type) {
    case SL_AGT_BEGIN_FRAME:
    case SL_AGT_PRESENT:
        return check_index(record, err);
    case SL_AGT_PACKET:
        return SL_OK;
    case SL_AGT_BLOB:
        return check_blob(record, err);
    case SL_AGT_SUBMISSION:
        if (file->container_version < 2) {
            return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RECORD_VERSION,
                              record->offset, "a submission in container version 1");
        }
        return check_submission(record, err);
    }
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RECORD_TYPE, record->offset,
                      "record of unknown type %d", (int)record->type);
}

enum sl_status sl_agt_record_read(const struct sl_agt_file *file, size_t offset, size_t end,
                                  struct sl_agt_record *record, struct sl_error *err)
{
    struct sl_cursor c = sl_cursor_init(file->bytes + offset, end - offset);
    uint8_t type = sl_cursor_u8(&c);
    sl_cursor_u8(&c);  /* flags */
    sl_cursor_u16(&c); /* reserved */
    uint32_t size = sl_cursor_u32(&c);
    const uint8_t *payload = sl_cursor_take(&c, size);
    if (c.failed) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RECORD_BOUNDS, offset,
                          "record with %" PRIu32 " bytes of payload, %zu bytes left in the frame",
                          size, end - offset);
    }
    *record = (struct sl_agt_record){.type = (enum sl_agt_record_type)type,
                                     .offset = offset,
                                     .payload = payload,
                                     .size = size,
                                     .end = offset + RECORD_SIZE + size};
    return check_payload(file, record, err);
}

uint32_t sl_agt_record_frame_index(const struct sl_agt_record *record)
{
    return sl_get_le32(record->payload);
}

struct sl_agt_blob sl_agt_record_blob(const struct sl_agt_record *record)
{
    return (struct sl_agt_blob){
        .id = sl_get_le64(record->payload),
        .kind = (enum sl_agt_blob_kind)sl_get_le32(record->payload + 8),
        .offset = record->offset + RECORD_SIZE + BLOB_SIZE,
        .size = record->size - BLOB_SIZE,
    };
}

struct sl_agt_submission sl_agt_record_submission(const struct sl_agt_record *record)
{
    const uint8_t *p = record->payload;
    return (struct sl_agt_submission){
        .flags = sl_get_le32(p + 8),
        .context_id = sl_get_le32(p + 12),
        .engine_id = sl_get_le32(p + 16),
        .signal_fence = sl_get_le64(p + 24),
        .stream_blob = sl_get_le64(p + 32),
        .table_blob = sl_get_le64(p + 40),
        .range_count = sl_get_le32(p + 48),
    };
}

struct sl_agt_range sl_agt_record_range(const struct sl_agt_record *record, uint32_t index)
{
    uint32_t header_size = sl_get_le32(record->payload + 4);
    const uint8_t *p = record->payload + header_size + (size_t)index * RANGE_SIZE;
    return (struct sl_agt_range){
        .gpa = sl_get_le64(p + 8),
        .size_bytes = sl_get_le64(p + 16),
        .blob = sl_get_le64(p + 24),
    };
}

bool sl_agt_record_is_stream(const struct sl_agt_record *record)
{
    return record->size >= 4 && sl_get_le32(record->payload) == AEROGPU_CMD_STREAM_MAGIC;
}
