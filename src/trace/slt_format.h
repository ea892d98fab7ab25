/*
 * The layout of a .slt file in numbers. docs/trace-format.md says it in words, byte by byte.
 *
 *     header frame                          skippable: version, metadata
 *     { chunk head frame, content frame }*  skippable; Zstandard: pages, page hashes, events
 *     index frame                           skippable: chunk table, capture points
 *     end frame                             skippable: where the index is
 */
#ifndef SL_TRACE_SLT_FORMAT_H
#define SL_TRACE_SLT_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define SL_SLT_MAJOR 1u
#define SL_SLT_MINOR 1u

/* Zstandard's skippable frames start with 0x184D2A50 to 0x184D2A5F; this one begins with an 'S'. */
#define SL_SLT_FRAME_MAGIC 0x184D2A53u
#define SL_SLT_ZSTD_MAGIC 0xFD2FB528u
#define SL_SLT_ZSTD_CHECKSUM_FLAG 0x04u /* in the frame header descriptor, the fifth byte */

/* What the first four payload bytes of each skippable frame spell. */
#define SL_SLT_TAG(last) ('S' | 'L' << 8 | 'T' << 16 | (uint32_t)(last) << 24)
#define SL_SLT_TAG_HEADER SL_SLT_TAG('H')
#define SL_SLT_TAG_CHUNK SL_SLT_TAG('C')
#define SL_SLT_TAG_INDEX SL_SLT_TAG('I')
#define SL_SLT_TAG_END SL_SLT_TAG('E')

enum {
    SL_SLT_PAGE_SIZE = 4096,
    SL_SLT_HASH_SIZE = 16,
    SL_SLT_STORED_PAGE = SL_SLT_PAGE_SIZE + SL_SLT_HASH_SIZE,

    SL_SLT_FRAME_HEAD = 8, /* magic and payload size */
    SL_SLT_CHECKSUM = 8,   /* last in each skippable payload: XXH64 of all before it */

    SL_SLT_HEADER_FIXED = 8,   /* tag, major, minor; then fields */
    SL_SLT_FIELD_HEAD = 8,     /* id, size */
    SL_SLT_CHUNK_PAYLOAD = 48, /* of the chunk head frame */
    SL_SLT_CHUNK_HEAD = SL_SLT_FRAME_HEAD + SL_SLT_CHUNK_PAYLOAD,
    SL_SLT_INDEX_FIXED = 40,   /* then entries */
    SL_SLT_INDEX_CHUNK = 32,   /* one chunk in the index */
    SL_SLT_INDEX_CAPTURE = 12, /* one capture point, then its name */
    SL_SLT_END_PAYLOAD = 24,   /* of the end frame */
    SL_SLT_END = SL_SLT_FRAME_HEAD + SL_SLT_END_PAYLOAD,

    SL_SLT_RECORD_MIN = 8,        /* the smallest event */
    SL_SLT_RECORD_FIXED_MAX = 40, /* the largest fixed part */
    SL_SLT_RUN = 12,              /* one run of pages in a payload */
    SL_SLT_RAM_ENTRY = 16,        /* one region of RAM: address, size */
};

/* Limits. What exceeds them is refused by the writer and damage to the reader. */
enum {
    SL_SLT_HEADER_MAX = 1 << 20,    /* payload of the header frame */
    SL_SLT_CHUNK_MAX = 1 << 20,     /* decompressed chunk */
    SL_SLT_PAYLOAD_MAX = 256 << 20, /* bytes or text of one event */
    SL_SLT_NAME_MAX = 4095,         /* name of a capture point or attachment */
};

/*
 * The writer ends a chunk before it grows past this; only a single larger record makes a larger
 * chunk. It is no more than what stays in a core's own cache from decompression to use.
 */
enum { SL_SLT_CHUNK_TARGET = 256 << 10 };

/* A Zstandard frame of the largest content: ZSTD_compressBound(), rounded up. */
#define SL_SLT_CONTENT_FRAME_MAX ((uint32_t)SL_SLT_CHUNK_MAX + (1u << 16))

/* The largest record, whose payload has only single-page runs, fits a chunk. */
static_assert(SL_SLT_RECORD_FIXED_MAX + SL_SLT_NAME_MAX + 2 * SL_SLT_PAGE_SIZE +
                      SL_SLT_PAYLOAD_MAX / SL_SLT_PAGE_SIZE * SL_SLT_RUN <=
                  SL_SLT_CHUNK_MAX,
              "every record fits a chunk");

/* Ids of metadata fields, in the order in which they stand. */
enum sl_slt_field {
    SL_SLT_FIELD_DEVICE = 1,
    SL_SLT_FIELD_ABI = 2,
    SL_SLT_FIELD_PROFILE = 3,
    SL_SLT_FIELD_PRODUCER = 4,
    SL_SLT_FIELD_PROVENANCE = 5,
    SL_SLT_FIELD_RAM = 6,
    SL_SLT_FIELD_OPTION = 7,
};

#endif
