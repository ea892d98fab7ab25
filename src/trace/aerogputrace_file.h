/*
 * The .aerogputrace container, docs/aerogputrace.md: a file in memory, checked when opened, whose
 * frames are then read record by record. Nothing is copied; all pointers are into the file.
 */
#ifndef SL_TRACE_AEROGPUTRACE_FILE_H
#define SL_TRACE_AEROGPUTRACE_FILE_H

#include <scanlock/error.h>
#include <stddef.h>

#define SL_AGT_MAGIC "AEROGPUT"

enum sl_agt_record_type {
    SL_AGT_BEGIN_FRAME = 1,
    SL_AGT_PRESENT = 2,
    SL_AGT_PACKET = 3,
    SL_AGT_BLOB = 4,
    SL_AGT_SUBMISSION = 5, /* container version 2 */
};

enum sl_agt_blob_kind {
    SL_AGT_BUFFER_DATA = 1,
    SL_AGT_TEXTURE_DATA = 2,
    SL_AGT_SHADER_DXBC = 3,
    SL_AGT_SHADER_WGSL = 4,
    SL_AGT_SHADER_GLSL = 5,
    SL_AGT_CMD_STREAM = 0x100,
    SL_AGT_ALLOC_TABLE = 0x101,
    SL_AGT_ALLOC_MEMORY = 0x102,
};

struct sl_agt_file {
    const uint8_t *bytes; /* borrowed */
    size_t size;
    uint32_t container_version;
    uint32_t abi_version;
    const uint8_t *meta; /* the JSON, as it is */
    size_t meta_size;
    size_t records_offset;
    size_t toc_offset; /* end of the records */
    size_t frame_count;
};

/*
 * Checks header, footer and table of contents in the order of docs/aerogputrace.md; the first check
 * that fails makes the report, with its offset. What is newer is UNSUPPORTED, the rest DAMAGED.
 */
enum sl_status sl_agt_file_open(const uint8_t *bytes, size_t size, struct sl_agt_file *file,
                                struct sl_error *err);

/* Where the records of a frame are: [start, end). */
struct sl_agt_frame {
    size_t start;
    size_t end;
};

/* index is below frame_count. */
struct sl_agt_frame sl_agt_file_frame(const struct sl_agt_file *file, size_t index);

struct sl_agt_record {
    enum sl_agt_record_type type;
    size_t offset; /* of the record in the file; the payload is 8 bytes further */
    const uint8_t *payload;
    size_t size;
    size_t end; /* offset of what follows */
};

/* Reads and checks the record at offset, which is below end, the end of its frame. */
enum sl_status sl_agt_record_read(const struct sl_agt_file *file, size_t offset, size_t end,
                                  struct sl_agt_record *record, struct sl_error *err);

/* BEGIN_FRAME, PRESENT */
uint32_t sl_agt_record_frame_index(const struct sl_agt_record *record);

struct sl_agt_blob {
    uint64_t id;
    enum sl_agt_blob_kind kind;
    size_t offset; /* of the data in the file */
    size_t size;
};

/* BLOB */
struct sl_agt_blob sl_agt_record_blob(const struct sl_agt_record *record);

struct sl_agt_submission {
    uint32_t flags;
    uint32_t context_id;
    uint32_t engine_id;
    uint64_t signal_fence;
    uint64_t stream_blob;
    uint64_t table_blob; /* 0 = no table */
    uint32_t range_count;
};

/* One allocation and its memory. */
struct sl_agt_range {
    uint64_t gpa;
    uint64_t size_bytes;
    uint64_t blob;
};

/* SUBMISSION; index is below its range_count. */
struct sl_agt_submission sl_agt_record_submission(const struct sl_agt_record *record);
struct sl_agt_range sl_agt_record_range(const struct sl_agt_record *record, uint32_t index);

/* PACKET: true if it is a command stream, false if it is one packet of the toy ABI. */
bool sl_agt_record_is_stream(const struct sl_agt_record *record);

#endif
