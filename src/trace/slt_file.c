#include "trace/slt_file.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/status.h"
#include "trace/slt_frame.h"
#include "trace/slt_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum sl_status sl_slt_file_read(const struct sl_slt_file *file, uint64_t offset, void *out,
                                size_t size, struct sl_error *err)
{
    if (fseeko(file->stream, (off_t)offset, SEEK_SET) != 0) {
        return sl_fail_errno(err, file->path, "seek in");
    }
    errno = 0;
    if (fread(out, 1, size, file->stream) != size) {
        if (!ferror(file->stream)) {
            return sl_fail_at(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_FILE, offset,
                              "the file became shorter while it was read");
        }
        return sl_fail_errno(err, file->path, "read");
    }
    return SL_OK;
}

static enum sl_status find_size(struct sl_slt_file *file, struct sl_error *err)
{
    /* Every read is of one whole piece; a buffer in between would only split it. */
    setvbuf(file->stream, NULL, _IONBF, 0);
    if (fseeko(file->stream, 0, SEEK_END) != 0) {
        return sl_fail_errno(err, file->path, "seek in");
    }
    off_t size = ftello(file->stream);
    if (size < 0) {
        return sl_fail_errno(err, file->path, "seek in");
    }
    file->size = (uint64_t)size;
    return SL_OK;
}

static enum sl_status cut_header(const struct sl_slt_file *file, uint64_t need,
                                 struct sl_error *err)
{
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_HEADER_SIZE, file->size,
                      "the file ends inside its header of %" PRIu64 " bytes", need);
}

/* Reads the header frame's payload, whose checksum is right and whose version can be read. */
static enum sl_status read_header(struct sl_slt_file *file, struct sl_error *err)
{
    enum { SMALLEST = SL_SLT_HEADER_FIXED + SL_SLT_CHECKSUM };
    uint8_t head[SL_SLT_FRAME_HEAD + 4];
    size_t there = file->size < sizeof(head) ? (size_t)file->size : sizeof(head);
    uint8_t expected[sizeof(head)];
    enum sl_status status = sl_slt_file_read(file, 0, head, there, err);
    if (status != SL_OK) {
        return status;
    }
    /* The size is whatever the file says; the magic and the tag are known. */
    memcpy(expected, head, there);
    sl_put_le32(expected, SL_SLT_FRAME_MAGIC);
    sl_put_le32(expected + SL_SLT_FRAME_HEAD, SL_SLT_TAG_HEADER);
    if (memcmp(head, expected, there) != 0) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_HEADER_MAGIC, 0,
                          "the file does not begin with the header of a binary trace");
    }
    if (there < sizeof(head)) {
        return cut_header(file, sizeof(head), err);
    }
    uint32_t size = sl_get_le32(head + 4);
    if (size < SMALLEST || size > SL_SLT_HEADER_MAX) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_HEADER_MAGIC, 4,
                          "header of %" PRIu32 " bytes, expected %d to %d", size, SMALLEST,
                          SL_SLT_HEADER_MAX);
    }
    if (size > file->size - SL_SLT_FRAME_HEAD) {
        return cut_header(file, (uint64_t)SL_SLT_FRAME_HEAD + size, err);
    }
    uint8_t *payload = sl_buf_extend(&file->header, size);
    if (!payload) {
        return sl_fail_memory(err, size);
    }
    file->first_chunk = (uint64_t)SL_SLT_FRAME_HEAD + size;
    return sl_slt_file_read(file, SL_SLT_FRAME_HEAD, payload, size, err);
}

/* Tag, version and checksum stand where they do in every version of the format. */
static enum sl_status parse_header(struct sl_slt_file *file, struct sl_error *err)
{
    const uint8_t *payload = file->header.data;
    if (!sl_slt_frame_is_intact(payload, file->header.size)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_HEADER_CHECKSUM, SL_SLT_FRAME_HEAD,
                          "header of %zu bytes does not match its checksum", file->header.size);
    }
    uint16_t major = sl_get_le16(payload + 4);
    file->minor = sl_get_le16(payload + 6);
    if (major != SL_SLT_MAJOR) {
        return sl_fail_at(err, SL_ERR_UNSUPPORTED, SL_RULE_SLT_VERSION, SL_SLT_FRAME_HEAD + 4,
                          "format version %u.%u, this program reads %u.x", major, file->minor,
                          SL_SLT_MAJOR);
    }
    return sl_slt_meta_decode(payload + SL_SLT_HEADER_FIXED,
                              file->header.size - SL_SLT_HEADER_FIXED - SL_SLT_CHECKSUM,
                              file->minor, &file->meta, err);
}

static enum sl_status read_index(struct sl_slt_file *file, uint64_t offset, uint32_t frame_size,
                                 struct sl_error *err)
{
    if (offset < file->first_chunk || frame_size < SL_SLT_FRAME_HEAD ||
        !sl_range_fits(offset, frame_size, file->size - SL_SLT_END) ||
        (file->minor <= SL_SLT_MINOR && offset + frame_size != file->size - SL_SLT_END)) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_END_FRAME, file->size - SL_SLT_END,
                          "index of %" PRIu32 " bytes at 0x%" PRIx64 " is not in the file",
                          frame_size, offset);
    }
    uint8_t *frame = malloc(frame_size);
    if (!frame) {
        return sl_fail_memory(err, frame_size);
    }
    enum sl_status status = sl_slt_file_read(file, offset, frame, frame_size, err);
    if (status == SL_OK && (sl_get_le32(frame) != SL_SLT_FRAME_MAGIC ||
                            sl_get_le32(frame + 4) != frame_size - SL_SLT_FRAME_HEAD)) {
        status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_INDEX_CHECKSUM,
                         "no index frame of %" PRIu32 " bytes here", frame_size);
    }
    if (status == SL_OK) {
        status = sl_slt_index_decode(frame + SL_SLT_FRAME_HEAD, frame_size - SL_SLT_FRAME_HEAD,
                                     file->minor, file->first_chunk, offset, &file->index, err);
    }
    if (status == SL_ERR_DAMAGED) {
        sl_error_set_offset(err, offset);
    }
    free(frame);
    return status;
}

static enum sl_status find_index(struct sl_slt_file *file, struct sl_error *err)
{
    uint8_t end[SL_SLT_END] = {0};
    uint64_t offset;
    uint32_t size;
    if (file->size - file->first_chunk >= SL_SLT_END) {
        enum sl_status status =
            sl_slt_file_read(file, file->size - SL_SLT_END, end, SL_SLT_END, err);
        if (status != SL_OK) {
            return status;
        }
    }
    if (sl_slt_end_decode(end, &offset, &size)) {
        return read_index(file, offset, size, err);
    }
    file->truncated = true;
    return sl_slt_scan(file, err);
}

enum sl_status sl_slt_file_open(FILE *stream, const char *path, struct sl_slt_file *file,
                                struct sl_error *err)
{
    *file = (struct sl_slt_file){.stream = stream, .path = strdup(path)};
    enum sl_status status = file->path ? find_size(file, err) : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = read_header(file, err);
    }
    if (status == SL_OK) {
        status = parse_header(file, err);
    }
    if (status == SL_OK) {
        status = find_index(file, err);
    }
    return status;
}

void sl_slt_file_finish(struct sl_slt_file *file)
{
    fclose(file->stream);
    free(file->path);
    sl_buf_finish(&file->header);
    sl_slt_meta_finish(&file->meta);
    sl_slt_index_finish(&file->index);
    *file = (struct sl_slt_file){0};
}
