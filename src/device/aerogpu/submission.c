/* One submission: decode descriptor, table and stream; execute; present; queue the fence. */
#include "abi/abi.h"
#include "abi_aerogpu.h"
#include "device/aerogpu/front.h"
#include "device/aerogpu/stream_framing.h"
#include "device/aerogpu/wire.h"

#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    DESC_SIZE = sizeof(struct aerogpu_submit_desc),
    STREAM_HEADER_SIZE = sizeof(struct aerogpu_cmd_stream_header),
    /* What a submission costs besides its bytes; a bad one makes a transcript longer for nothing.
     */
    SUBMISSION_WORK = 16384,
    BAD_SUBMISSION_WORK = 1048576,
};

struct submission {
    uint32_t desc_size;
    uint32_t flags;
    uint32_t context_id;
    uint64_t cmd_gpa;
    uint32_t cmd_size;
    uint64_t table_gpa;
    uint32_t table_size;
    uint64_t fence;
};

static struct submission read_descriptor(const uint8_t *desc)
{
    return (struct submission){
        .desc_size = SL_WIRE_GET32(desc, aerogpu_submit_desc, desc_size_bytes),
        .flags = SL_WIRE_GET32(desc, aerogpu_submit_desc, flags),
        .context_id = SL_WIRE_GET32(desc, aerogpu_submit_desc, context_id),
        .cmd_gpa = SL_WIRE_GET64(desc, aerogpu_submit_desc, cmd_gpa),
        .cmd_size = SL_WIRE_GET32(desc, aerogpu_submit_desc, cmd_size_bytes),
        .table_gpa = SL_WIRE_GET64(desc, aerogpu_submit_desc, alloc_table_gpa),
        .table_size = SL_WIRE_GET32(desc, aerogpu_submit_desc, alloc_table_size_bytes),
        .fence = SL_WIRE_GET64(desc, aerogpu_submit_desc, signal_fence),
    };
}

/*
 * The rules that the address and size of a stream and of a table share. True if there is something
 * to read.
 */
static bool check_range(const char *what, uint64_t gpa, uint32_t size,
                        struct sl_agpu_problem *problem)
{
    uint64_t end;
    if (gpa == 0 && size == 0) {
        return false;
    }
    if (gpa == 0 || size == 0) {
        return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                    "descriptor: of %s_gpa and %s_size_bytes one is 0", what, what);
    }
    if (!sl_add_u64(gpa, size, &end)) {
        return sl_agpu_problem_note(
            problem, SL_AGPU_OUT_OF_BOUNDS,
            "descriptor: %s_gpa 0x%" PRIx64 " + %" PRIu32 " bytes wraps around", what, gpa, size);
    }
    return true;
}

/* Copies the stream into dev->stream, which stays empty if there is none or it is no good. */
static void fetch_stream(struct sl_agpu *dev, const struct submission *s,
                         struct sl_agpu_problem *problem)
{
    sl_buf_clear(&dev->stream);
    if (!check_range("cmd", s->cmd_gpa, s->cmd_size, problem)) {
        return;
    }
    if (s->cmd_size < STREAM_HEADER_SIZE) {
        sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                             "stream: %" PRIu32 " bytes hold no header", s->cmd_size);
        return;
    }
    uint8_t header[STREAM_HEADER_SIZE];
    uint32_t size;
    sl_agpu_dma_read(dev, s->cmd_gpa, header, sizeof(header));
    if (!sl_agpu_stream_check_header(header, s->cmd_size, &size, problem) ||
        !sl_agpu_spend(dev, size)) {
        return;
    }
    uint8_t *bytes = sl_buf_extend(&dev->stream, size);
    if (!bytes) {
        sl_agpu_fail_memory(dev, size);
        sl_buf_clear(&dev->stream);
        return;
    }
    sl_agpu_dma_read(dev, s->cmd_gpa, bytes, size);
    if (!sl_agpu_stream_check_framing(bytes, size, problem)) {
        sl_buf_clear(&dev->stream);
    }
}

static void fetch_table(struct sl_agpu *dev, const struct submission *s,
                        struct sl_agpu_problem *problem)
{
    sl_agpu_alloc_table_finish(&dev->table);
    if (check_range("alloc_table", s->table_gpa, s->table_size, problem)) {
        sl_agpu_alloc_table_load(dev, s->table_gpa, s->table_size, problem);
    }
}

static void decode(struct sl_agpu *dev, const struct submission *s, uint32_t entry_stride,
                   struct sl_agpu_problem *problem)
{
    if (s->desc_size < DESC_SIZE || s->desc_size > entry_stride) {
        sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                             "descriptor: desc_size_bytes %" PRIu32 " is not in %d..%" PRIu32,
                             s->desc_size, DESC_SIZE, entry_stride);
    }
    fetch_stream(dev, s, problem);
    fetch_table(dev, s, problem);
}

/* Whom a failing packet is recorded for. */
struct failure_sink {
    struct sl_agpu *dev;
    uint64_t fence;
};

static void record_packet_error(void *data, const struct sl_agpu_outcome *outcome)
{
    const struct failure_sink *sink = data;
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(&sl_abi_aerogpu, outcome->opcode);
    char where[96];
    snprintf(where, sizeof(where), "packet=%" PRIu32 " offset=0x%" PRIx32 " %s",
             outcome->packet_index, outcome->offset, opcode ? opcode->word : "?");
    sl_agpu_error_record(sink->dev, outcome->class_, sink->fence, where, outcome->detail);
}

/* At most one error, unless failing packets are passed over: a present copy that fails after its
 * stream did adds none. */
static void execute(struct sl_agpu *dev, const struct submission *s)
{
    struct sl_agpu_outcome outcome = {0};
    struct failure_sink sink = {dev, s->fence};
    if (dev->stream.size != 0) {
        struct sl_agpu_stream stream = {
            .context_id = s->context_id,
            .bytes = dev->stream.data,
            .size = dev->stream.size,
            .gpa = s->cmd_gpa,
            .table = &dev->table,
            .work_limit = dev->work_limit - dev->work,
            .on_failure = dev->options.continues_on_error ? record_packet_error : NULL,
            .data = &sink,
        };
        sl_agpu_exec_run(dev->exec, &stream, &outcome);
        dev->stopped = outcome.stopped;
        if (!sl_agpu_spend(dev, outcome.work) || dev->stopped) {
            return;
        }
    }
    if (outcome.class_ != SL_AGPU_OK) {
        record_packet_error(&sink, &outcome);
    }
    struct sl_agpu_problem problem = {0};
    if ((s->flags & AEROGPU_SUBMIT_FLAG_PRESENT) && !sl_agpu_present_copy(dev, &problem) &&
        outcome.class_ == SL_AGPU_OK) {
        sl_agpu_error_record(dev, problem.class_, s->fence, "", problem.detail);
    }
}

static bool is_gated(const struct sl_agpu *dev)
{
    return (dev->options.features & AEROGPU_FEATURE_VBLANK) &&
           sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_ENABLE) &&
           sl_agpu_stream_wants_vsync(dev->stream.data, dev->stream.size);
}

void sl_agpu_submission_process(struct sl_agpu *dev, const uint8_t *desc, uint32_t entry_stride)
{
    struct submission s = read_descriptor(desc);
    struct sl_agpu_problem problem = {0};
    struct sl_agpu_fence fence = {
        .value = s.fence,
        .wants_irq = !(s.flags & AEROGPU_SUBMIT_FLAG_NO_IRQ),
    };
    if (!sl_agpu_spend(dev, SUBMISSION_WORK)) {
        return;
    }
    decode(dev, &s, entry_stride, &problem);
    if (dev->fault != SL_OK) {
        return;
    }
    if (problem.class_ == SL_AGPU_OK) {
        sl_agpu_show_struct(dev, SL_LAYOUT_AEROGPU_SUBMIT_DESC, desc, DESC_SIZE);
        if (dev->stream.size != 0) {
            sl_agpu_show_struct(dev, SL_LAYOUT_AEROGPU_CMD_STREAM_HEADER, dev->stream.data,
                                STREAM_HEADER_SIZE);
        }
        execute(dev, &s);
        if (dev->stopped) {
            return;
        }
        fence.gated = is_gated(dev);
    } else if (sl_agpu_spend(dev, BAD_SUBMISSION_WORK)) {
        sl_agpu_error_record(dev, problem.class_, s.fence, "", problem.detail);
    } else {
        return;
    }
    sl_agpu_fence_queue(dev, fence);
}
