/* Builds .aerogputrace files in memory, record by record. */
#ifndef SL_TESTS_AEROGPUTRACE_FIXTURE_H
#define SL_TESTS_AEROGPUTRACE_FIXTURE_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define AGT_ABI_1_4 0x00010004u

struct agt_file {
    struct sl_buf bytes;
    uint32_t version;
    struct sl_buf toc; /* entries so far */
    uint32_t frame_count;
    uint64_t frame_start;
    uint64_t present_offset;
};

/* A memory range: alloc_id and flags are 7 and 0. */
struct agt_range {
    uint64_t gpa;
    uint64_t size_bytes;
    uint64_t blob;
};

struct agt_submission {
    uint32_t flags;
    uint32_t context_id;
    uint32_t engine_id;
    uint64_t fence;
    uint64_t stream;
    uint64_t table;
    const struct agt_range *ranges;
    size_t range_count;
    uint32_t extra; /* bytes by which the header is longer than 56 */
};

void agt_start(struct agt_file *file, uint32_t version, uint32_t abi_version, const char *meta);
void agt_record(struct agt_file *file, uint8_t type, const void *payload, size_t size);
void agt_begin_frame(struct agt_file *file, uint32_t index);
void agt_blob(struct agt_file *file, uint64_t id, uint32_t kind, const void *data, size_t size);
void agt_submission(struct agt_file *file, const struct agt_submission *submission);

/* Ends the frame with its present record, or without one. */
void agt_present(struct agt_file *file, uint32_t index);
void agt_end_frame(struct agt_file *file);

/* Adds an entry of the table of contents as it is. */
void agt_toc_entry(struct agt_file *file, uint32_t index, uint64_t start, uint64_t present,
                   uint64_t end);

/* Table of contents and footer. */
void agt_finish(struct agt_file *file);
void agt_free(struct agt_file *file);

/*
 * One frame with a submission that has everything: a stream of 28 bytes (blob 1), a table of 24
 * (blob 2) and one range of 16 bytes at 0x5010 with 8 bytes of memory (blob 3); fence 9. The
 * metadata is {}, so the records start at 34.
 */
void agt_small(struct agt_file *file);

#endif
