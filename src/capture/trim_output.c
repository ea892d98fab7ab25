#include "base/buf.h"
#include "base/status.h"
#include "capture/trim_job.h"
#include "trace/slt_writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Kinds and queues of expectations that can be told apart; no device has more. */
enum { LINES_MAX = 64 };

/* Per kind and queue, the first expectation is about the first answer, and so on. */
struct line {
    enum sl_observation_kind kind;
    uint32_t queue;
    size_t next; /* where to look for the next answer */
};

struct output {
    const struct sl_trim_job *job;
    const char *path;
    bool verbatim;
    struct sl_trace_writer *writer; /* made when the first event is there */
    struct sl_ram_region *ram;      /* the map before that event */
    size_t ram_count;
    struct line lines[LINES_MAX];
    size_t line_count;
    uint64_t events;
};

/* ---- what stays ---- */

static struct line *find_line(struct output *output, enum sl_observation_kind kind, uint32_t queue)
{
    for (size_t i = 0; i < output->line_count; i++) {
        struct line *line = &output->lines[i];
        if (line->kind == kind && line->queue == queue) {
            return line;
        }
    }
    if (output->line_count == LINES_MAX) {
        return NULL;
    }
    struct line *line = &output->lines[output->line_count++];
    *line = (struct line){.kind = kind, .queue = queue};
    return line;
}

/* Whether the device answers as it did at this event, since it still has it. */
static bool is_answered(const struct output *output, uint64_t event, enum sl_observation_kind kind)
{
    const struct sl_trim_job *job = output->job;
    size_t kick = output->verbatim ? job->kick_count : sl_trim_find_kick(job, event);
    bool gone = kick < job->kick_count && job->kicks[kick].event == event && job->kicks[kick].gone;
    return kind == SL_OBS_FRAME ? sl_trim_is_chosen(job, event) : event >= job->start && !gone;
}

static bool expectation_stays(struct output *output, const struct sl_expect_event *expect)
{
    const struct sl_trim_job *job = output->job;
    struct line *line = find_line(output, expect->kind, expect->queue);
    for (size_t i = line ? line->next : job->told_count; i < job->told_count; i++) {
        if (job->told[i].kind == expect->kind && job->told[i].queue == expect->queue) {
            line->next = i + 1;
            return is_answered(output, job->told[i].event, expect->kind);
        }
    }
    return false;
}

static bool stays(struct output *output, uint64_t number, const struct sl_event *event)
{
    bool replayed = sl_trim_is_replayed(output->job, number, event->type);
    switch (event->type) {
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        return false;
    case SL_EVENT_MEM:
        return output->verbatim;
    case SL_EVENT_FRAME:
        return sl_trim_is_chosen(output->job, number);
    case SL_EVENT_EXPECT:
        return expectation_stays(output, &event->u.expect);
    case SL_EVENT_NOTIFY:
        return replayed && is_answered(output, number, SL_OBS_USED);
    case SL_EVENT_MMIO:
    case SL_EVENT_VRING:
    case SL_EVENT_VBLANK:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_RESET:
    case SL_EVENT_RAM:
    case SL_EVENT_FEATURES:
        break;
    }
    return replayed;
}

/* ---- writing ---- */

static void print_ranges(const struct sl_trim_job *job, struct sl_buf *text)
{
    const char *before = "";
    for (size_t i = 0; i < job->frame_count; i++) {
        size_t last = i;
        if (!job->frames[i].chosen) {
            continue;
        }
        while (last + 1 < job->frame_count && job->frames[last + 1].chosen) {
            last++;
        }
        sl_buf_printf(text, "%s%zu", before, i);
        if (last > i) {
            sl_buf_printf(text, "..%zu", last);
        }
        before = ",";
        i = last;
    }
}

static enum sl_status put_note(struct output *output, struct sl_error *err)
{
    struct sl_buf text = {0};
    sl_buf_text(&text, "trimmed to frames ");
    print_ranges(output->job, &text);
    sl_buf_printf(&text, " of %zu", output->job->frame_count);
    enum sl_status status = SL_OK;
    if (text.failed) {
        status = sl_fail_memory(err, 0);
    } else {
        const struct sl_event note = {
            .type = SL_EVENT_NOTE,
            .u.text = {.text = (const char *)text.data, .text_size = text.size}};
        output->events++;
        status = sl_trace_writer_put(output->writer, &note, err);
    }
    sl_buf_finish(&text);
    return status;
}

static enum sl_status begin(struct output *output, struct sl_error *err)
{
    struct sl_trace_meta meta = *sl_trace_get_meta(output->job->trace);
    meta.ram = output->ram;
    meta.ram_count = output->ram_count;
    enum sl_status status = sl_trace_writer_create(output->path, &meta, &output->writer, err);
    return status == SL_OK ? put_note(output, err) : status;
}

static enum sl_status keep_ram(struct output *output, const struct sl_ram_region *regions,
                               size_t count, struct sl_error *err)
{
    struct sl_ram_region *copy = count ? calloc(count, sizeof(*copy)) : NULL;
    if (count && !copy) {
        return sl_fail_memory(err, 0);
    }
    if (count) {
        memcpy(copy, regions, count * sizeof(*copy));
    }
    free(output->ram);
    output->ram = copy;
    output->ram_count = count;
    return SL_OK;
}

static enum sl_status put(struct output *output, const struct sl_event *event, struct sl_error *err)
{
    if (!output->writer && event->type == SL_EVENT_RAM) {
        return keep_ram(output, event->u.ram.regions, event->u.ram.count, err);
    }
    enum sl_status status = output->writer ? SL_OK : begin(output, err);
    output->events++;
    return status == SL_OK ? sl_trace_writer_put(output->writer, event, err) : status;
}

static enum sl_status on_seen(void *data, uint64_t event, const struct sl_event *seen,
                              struct sl_error *err)
{
    (void)event;
    bool is_new = seen->type == SL_EVENT_MEM || seen->type == SL_EVENT_VRING;
    return is_new ? put(data, seen, err) : SL_OK;
}

static enum sl_status on_passed(void *data, uint64_t event, const struct sl_event *original,
                                struct sl_error *err)
{
    return stays(data, event, original) ? put(data, original, err) : SL_OK;
}

/* No device is needed to leave events out. */
static enum sl_status copy_events(struct output *output, struct sl_error *err)
{
    struct sl_trace *trace = output->job->trace;
    enum sl_status status = sl_trace_seek(trace, 0, err);
    while (status == SL_OK) {
        struct sl_event event;
        uint64_t number = sl_trace_position(trace);
        status = sl_trace_next(trace, &event, err);
        if (status != SL_OK || event.type == 0 ||
            (number >= output->job->end && event.type != SL_EVENT_EXPECT)) {
            break;
        }
        status = on_passed(output, number, &event, err);
    }
    return status;
}

enum sl_status sl_trim_write(const struct sl_trim_job *job, const char *path, bool verbatim,
                             uint64_t *size_bytes, uint64_t *events, struct sl_error *err)
{
    struct output output = {.job = job, .path = path, .verbatim = verbatim};
    const struct sl_trim_listener listener = {
        .data = &output, .seen = on_seen, .passed = on_passed};
    const struct sl_trace_meta *meta = sl_trace_get_meta(job->trace);
    enum sl_status status = keep_ram(&output, meta->ram, meta->ram_count, err);
    if (status == SL_OK) {
        status = verbatim ? copy_events(&output, err) : sl_trim_pass(job, &listener, err);
    }
    if (status == SL_OK) {
        status = sl_trace_writer_finish(output.writer, err);
        *size_bytes = sl_slt_writer_progress(output.writer).size_bytes;
        *events = output.events;
    }
    sl_trace_writer_destroy(output.writer);
    free(output.ram);
    return status;
}

enum sl_status sl_trim_measure(const struct sl_trim_job *job, uint64_t *size_bytes,
                               struct sl_error *err)
{
    struct sl_trace_writer *writer = NULL;
    enum sl_status status = sl_trace_seek(job->trace, 0, err);
    if (status == SL_OK) {
        status = sl_trace_writer_create("/dev/null", sl_trace_get_meta(job->trace), &writer, err);
    }
    while (status == SL_OK) {
        struct sl_event event;
        status = sl_trace_next(job->trace, &event, err);
        if (status != SL_OK || event.type == 0) {
            break;
        }
        status = sl_trace_writer_put(writer, &event, err);
    }
    if (status == SL_OK) {
        status = sl_trace_writer_finish(writer, err);
    }
    *size_bytes = status == SL_OK ? sl_slt_writer_progress(writer).size_bytes : 0;
    sl_trace_writer_destroy(writer);
    return status;
}
