/*
 * From records to events. The file is walked twice: once to learn which memory there is and how
 * much the streams and tables need, once to put the events. Both walks see blobs as they are at
 * the record they have reached.
 */
#include "abi_aerogpu.h"
#include "base/checked.h"
#include "base/status.h"
#include "guest/aerogpu_guest.h"
#include "trace/aerogputrace.h"
#include "trace/aerogputrace_blobs.h"
#include "trace/aerogputrace_recipe.h"
#include "trace/aerogputrace_space.h"
#include "trace/aerogputrace_walk.h"
#include "trace/event_list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    PAGE = 4096,
    RING_SLOTS = 32,
    MEM_MAX = 64 << 20, /* bytes of one memory event */
};

struct lowering {
    const struct sl_agt_file *file;
    struct sl_agt_blobs blobs;
    struct sl_agt_space space;
    uint64_t room; /* bytes for ring, streams and tables, a multiple of the page size */
    struct sl_event_list *list;
    struct sl_agt_recipe recipe;
    struct sl_agpu_guest guest;
    uint64_t next_gpa;
    uint64_t fence; /* highest so far */
};

static uint64_t page_up(uint64_t size)
{
    return (size + (PAGE - 1)) & ~(uint64_t)(PAGE - 1);
}

/* ---- What a record refers to ---- */

static enum sl_status find_blob(const struct lowering *l, const struct sl_agt_record *record,
                                uint64_t id, enum sl_agt_blob_kind kind,
                                const struct sl_agt_blob **blob, struct sl_error *err)
{
    *blob = sl_agt_blobs_find(&l->blobs, id);
    if (!*blob) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_SUBMISSION_BLOB, record->offset,
                          "no blob %" PRIu64 " before this submission", id);
    }
    if ((*blob)->kind != kind) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_SUBMISSION_KIND, record->offset,
                          "blob %" PRIu64 " is of kind 0x%x, not 0x%x", id, (unsigned)(*blob)->kind,
                          (unsigned)kind);
    }
    return SL_OK;
}

/* A submission, its blobs found; table is NULL without one. */
struct submission {
    struct sl_agt_submission fields;
    const struct sl_agt_blob *stream;
    const struct sl_agt_blob *table;
};

static enum sl_status find_submission(const struct lowering *l, const struct sl_agt_record *record,
                                      struct submission *out, struct sl_error *err)
{
    *out = (struct submission){.fields = sl_agt_record_submission(record)};
    enum sl_status status =
        find_blob(l, record, out->fields.stream_blob, SL_AGT_CMD_STREAM, &out->stream, err);
    if (status == SL_OK && out->fields.table_blob != 0) {
        status = find_blob(l, record, out->fields.table_blob, SL_AGT_ALLOC_TABLE, &out->table, err);
    }
    return status;
}

static enum sl_status find_range(const struct lowering *l, const struct sl_agt_record *record,
                                 uint32_t index, struct sl_agt_range *range,
                                 const struct sl_agt_blob **blob, struct sl_error *err)
{
    *range = sl_agt_record_range(record, index);
    enum sl_status status = find_blob(l, record, range->blob, SL_AGT_ALLOC_MEMORY, blob, err);
    if (status != SL_OK) {
        return status;
    }
    if (range->size_bytes > 0 && range->size_bytes - 1 > UINT64_MAX - range->gpa) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RANGE_ADDRESS, record->offset,
                          "memory range %" PRIu32 " of 0x%" PRIx64 " bytes at 0x%" PRIx64
                          " wraps around",
                          index, range->size_bytes, range->gpa);
    }
    if ((*blob)->size > range->size_bytes) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_AEROGPUTRACE_RANGE_SIZE, record->offset,
                          "blob of %zu bytes for memory range %" PRIu32 " of %" PRIu64,
                          (*blob)->size, index, range->size_bytes);
    }
    return SL_OK;
}

/* ---- First walk ---- */

static enum sl_status survey_submission(struct lowering *l, const struct sl_agt_record *record,
                                        struct sl_error *err)
{
    struct submission submission;
    enum sl_status status = find_submission(l, record, &submission, err);
    if (status != SL_OK) {
        return status;
    }
    l->room += page_up(submission.stream->size);
    if (submission.table) {
        l->room += page_up(submission.table->size) + PAGE;
    }
    for (uint32_t i = 0; i < submission.fields.range_count && status == SL_OK; i++) {
        struct sl_agt_range range;
        const struct sl_agt_blob *blob;
        status = find_range(l, record, i, &range, &blob, err);
        if (status == SL_OK && range.size_bytes > 0) {
            status = sl_agt_space_add(&l->space, range.gpa, range.size_bytes, err);
        }
    }
    return status;
}

static enum sl_status survey(void *data, const struct sl_agt_record *record, struct sl_error *err)
{
    struct lowering *l = data;
    switch (record->type) {
    case SL_AGT_BEGIN_FRAME:
    case SL_AGT_PRESENT:
        break;
    case SL_AGT_PACKET:
        l->room += page_up(record->size);
        break;
    case SL_AGT_BLOB: {
        struct sl_agt_blob blob = sl_agt_record_blob(record);
        return sl_agt_blobs_put(&l->blobs, &blob, err);
    }
    case SL_AGT_SUBMISSION:
        return survey_submission(l, record, err);
    }
    return SL_OK;
}

/* ---- Second walk ---- */

/* The guest writes bytes of the file to its memory. */
static enum sl_status put_file_bytes(struct lowering *l, uint64_t gpa, size_t offset, size_t size,
                                     struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (size_t done = 0; done < size && status == SL_OK; done += MEM_MAX) {
        size_t piece = size - done < MEM_MAX ? size - done : MEM_MAX;
        struct sl_agt_copy copy = {offset + done, piece, sl_event_list_count(l->list)};
        struct sl_event event = {
            .type = SL_EVENT_MEM,
            .u.mem = {.gpa = gpa + done, .bytes = l->file->bytes + offset + done, .size = piece}};
        status = sl_event_list_put(l->list, &event, err);
        if (status == SL_OK) {
            status = sl_agt_recipe_add(&l->recipe, &copy, err);
        }
    }
    return status;
}

/* The same to memory of its own. */
static enum sl_status place_file_bytes(struct lowering *l, size_t offset, size_t size,
                                       uint64_t *gpa, struct sl_error *err)
{
    *gpa = l->next_gpa;
    l->next_gpa += page_up(size);
    return put_file_bytes(l, *gpa, offset, size, err);
}

static enum sl_status submit(struct lowering *l, const struct aerogpu_submit_desc *desc,
                             struct sl_error *err)
{
    uint8_t wire[sizeof(*desc)];
    sl_abi_encode(SL_LAYOUT_AEROGPU_SUBMIT_DESC, desc, wire);
    if (desc->signal_fence > l->fence) {
        l->fence = desc->signal_fence;
    }
    enum sl_status status = sl_agpu_guest_push(&l->guest, wire, err);
    return status == SL_OK ? sl_agpu_guest_doorbell(&l->guest, err) : status;
}

/* A stream of no bytes is a submission without one; the ABI wants both address and size to be 0. */
static enum sl_status place_stream(struct lowering *l, size_t offset, size_t size,
                                   struct aerogpu_submit_desc *desc, struct sl_error *err)
{
    if (size == 0) {
        return SL_OK;
    }
    uint64_t gpa;
    enum sl_status status = place_file_bytes(l, offset, size, &gpa, err);
    desc->cmd_gpa = gpa;
    desc->cmd_size_bytes = (uint32_t)size;
    return status;
}

/* A table of no bytes is not the same as no table: it has an address, and the device objects. */
static enum sl_status place_table(struct lowering *l, const struct sl_agt_blob *table,
                                  struct aerogpu_submit_desc *desc, struct sl_error *err)
{
    uint64_t gpa;
    enum sl_status status = place_file_bytes(l, table->offset, table->size, &gpa, err);
    if (table->size == 0) {
        l->next_gpa += PAGE;
    }
    desc->alloc_table_gpa = gpa;
    desc->alloc_table_size_bytes = (uint32_t)table->size;
    return status;
}

static enum sl_status lower_submission(struct lowering *l, const struct sl_agt_record *record,
                                       struct sl_error *err)
{
    struct submission submission;
    enum sl_status status = find_submission(l, record, &submission, err);
    if (status != SL_OK) {
        return status;
    }
    for (uint32_t i = 0; i < submission.fields.range_count && status == SL_OK; i++) {
        struct sl_agt_range range;
        const struct sl_agt_blob *blob;
        status = find_range(l, record, i, &range, &blob, err);
        if (status == SL_OK) {
            status = put_file_bytes(l, range.gpa, blob->offset, blob->size, err);
        }
    }
    struct aerogpu_submit_desc desc = {
        .desc_size_bytes = sizeof(desc),
        .flags = submission.fields.flags,
        .context_id = submission.fields.context_id,
        .engine_id = submission.fields.engine_id,
        .signal_fence = submission.fields.signal_fence,
    };
    if (status == SL_OK) {
        status = place_stream(l, submission.stream->offset, submission.stream->size, &desc, err);
    }
    if (status == SL_OK && submission.table) {
        status = place_table(l, submission.table, &desc, err);
    }
    return status == SL_OK ? submit(l, &desc, err) : status;
}

static enum sl_status lower_packet(struct lowering *l, const struct sl_agt_record *record,
                                   struct sl_error *err)
{
    struct aerogpu_submit_desc desc = {
        .desc_size_bytes = sizeof(desc),
        .signal_fence = l->fence < UINT64_MAX ? l->fence + 1 : l->fence,
    };
    size_t offset = (size_t)(record->payload - l->file->bytes);
    enum sl_status status = place_stream(l, offset, record->size, &desc, err);
    return status == SL_OK ? submit(l, &desc, err) : status;
}

static enum sl_status lower(void *data, const struct sl_agt_record *record, struct sl_error *err)
{
    struct lowering *l = data;
    switch (record->type) {
    case SL_AGT_BEGIN_FRAME:
        break;
    case SL_AGT_PRESENT:
        return sl_agt_put_frame(l->list, record, err);
    case SL_AGT_PACKET:
        return lower_packet(l, record, err);
    case SL_AGT_BLOB: {
        struct sl_agt_blob blob = sl_agt_record_blob(record);
        return sl_agt_blobs_put(&l->blobs, &blob, err);
    }
    case SL_AGT_SUBMISSION:
        return lower_submission(l, record, err);
    }
    return SL_OK;
}

static enum sl_status start(struct lowering *l, uint64_t gpa, const char *provenance,
                            struct sl_error *err)
{
    struct sl_trace_meta meta = {
        .device = "aerogpu",
        .abi_version = l->file->abi_version,
        .profile = "",
        .producer = "",
        .provenance = provenance,
        .ram = l->space.regions,
        .ram_count = l->space.region_count,
    };
    enum sl_status status = sl_event_list_create(SL_TRACE_AEROGPUTRACE, &meta, NULL, &l->list, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_agpu_guest_start ring = {
        .ring_gpa = gpa,
        .entry_count = RING_SLOTS,
        .entry_stride_bytes = sizeof(struct aerogpu_submit_desc),
    };
    l->guest.sink = sl_event_list_sink(l->list);
    l->next_gpa = gpa + page_up(sl_agpu_guest_ring_bytes(RING_SLOTS, ring.entry_stride_bytes));
    return sl_agpu_guest_start(&l->guest, &ring, err);
}

enum sl_status sl_agt_lower(const struct sl_agt_file *file, const char *provenance,
                            struct sl_event_list **list, struct sl_error *err)
{
    struct lowering l = {
        .file = file,
        .room = page_up(sl_agpu_guest_ring_bytes(RING_SLOTS, sizeof(struct aerogpu_submit_desc))),
    };
    uint64_t gpa = 0;
    enum sl_status status = sl_agt_walk(file, &l, survey, err);
    sl_agt_blobs_finish(&l.blobs);
    if (status == SL_OK) {
        status = sl_agt_space_layout(&l.space, l.room, &gpa, err);
    }
    if (status == SL_OK) {
        status = start(&l, gpa, provenance, err);
    }
    if (status == SL_OK) {
        status = sl_agt_walk(file, &l, lower, err);
    }
    if (status == SL_OK) {
        assert(l.next_gpa - gpa <= l.room);
        status = sl_agt_recipe_attach(&l.recipe, file->bytes, file->size, &l.guest.sink, err);
    }
    sl_agt_recipe_finish(&l.recipe);
    sl_agt_blobs_finish(&l.blobs);
    sl_agt_space_finish(&l.space);
    *list = l.list;
    return status;
}
