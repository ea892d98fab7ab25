#include "base/buf.h"
#include "base/checked.h"
#include "base/hash.h"
#include "base/status.h"
#include "memory/memory.h"
#include "replay/expectations.h"
#include "replay/frame_names.h"
#include "replay/replay_impl.h"
#include "replay/drive.h"
#include "replay/transcript.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* One replay in progress. */
struct run {
    struct sl_trace *trace;
    const struct sl_replay_callbacks *callbacks;
    struct sl_error *err;
    struct sl_mem *mem;
    uint64_t memory_limit;
    struct sl_target *target;
    struct sl_observer observer;
    struct sl_inspector inspector;
    uint64_t until_command;
    bool stopped; /* by the inspector */
    struct sl_expectations expectations;
    struct sl_frame_names names;
    struct sl_buf line;
    struct sl_buf scratch; /* device writes that are not contiguous in host memory */
    uint64_t event;
    uint32_t frame_count;
    enum sl_status observed; /* first failure while observing, where no status can be returned */
};

void sl_replay_options_defaults(struct sl_replay_options *options)
{
    *options = (struct sl_replay_options){.until_event = UINT64_MAX, .until_command = UINT64_MAX};
}

/* Hands the line in run->line to the caller and clears it. */
static enum sl_status emit_line(struct run *run)
{
    const char *text = sl_buf_cstr(&run->line);
    enum sl_status status = SL_OK;
    if (!text) {
        status = sl_fail_memory(run->err, 0);
    } else if (run->callbacks->line) {
        status = run->callbacks->line(run->callbacks->data, text, run->err);
    }
    sl_buf_clear(&run->line);
    return status;
}

static enum sl_status emit_broken(struct run *run)
{
    const char *text = sl_buf_cstr(&run->line);
    enum sl_status status = SL_OK;
    if (!text) {
        status = sl_fail_memory(run->err, 0);
    } else if (run->callbacks->broken) {
        status = run->callbacks->broken(run->callbacks->data, run->event, text, run->err);
    }
    sl_buf_clear(&run->line);
    return status;
}

static void observe(void *data, const struct sl_observation *observation)
{
    struct run *run = data;
    if (run->observed != SL_OK) {
        return;
    }
    sl_transcript_observation(&run->line, run->event, observation);
    run->observed = emit_line(run);
    const struct sl_replay_callbacks *callbacks = run->callbacks;
    if (run->observed == SL_OK && observation->kind == SL_OBS_ERROR && callbacks->device_error) {
        run->observed = callbacks->device_error(
            callbacks->data, run->event, observation->text ? observation->text : "", run->err);
    }
    if (run->observed == SL_OK && callbacks->observed) {
        run->observed = callbacks->observed(callbacks->data, run->event, observation, run->err);
    }
    if (run->observed == SL_OK && !sl_expectations_observe(&run->expectations, observation)) {
        run->observed = sl_fail_memory(run->err, 0);
    }
}

static enum sl_status end(struct run *run, const struct sl_command *next)
{
    const struct sl_replay_callbacks *callbacks = run->callbacks;
    return callbacks->ended
               ? callbacks->ended(callbacks->data, run->event, next, run->target, run->err)
               : SL_OK;
}

static bool before_command(void *data, const struct sl_command *command)
{
    struct run *run = data;
    const struct sl_replay_callbacks *callbacks = run->callbacks;
    if (run->observed == SL_OK && command->index >= run->until_command) {
        run->stopped = true;
        run->observed = end(run, command);
    } else if (run->observed == SL_OK && callbacks->command) {
        run->observed = callbacks->command(callbacks->data, run->event, command, run->err);
    }
    return run->observed == SL_OK && !run->stopped;
}

static void after_command(void *data)
{
    const struct run *run = data;
    if (run->callbacks->executed) {
        run->callbacks->executed(run->callbacks->data, run->event);
    }
}

static void on_texel(void *data, const struct sl_texel_write *write)
{
    const struct run *run = data;
    if (run->callbacks->texel) {
        run->callbacks->texel(run->callbacks->data, run->event, write);
    }
}

static void on_structure(void *data, const char *name, const uint8_t *bytes, size_t size)
{
    const struct run *run = data;
    if (run->callbacks->structure) {
        run->callbacks->structure(run->callbacks->data, run->event, name, bytes, size);
    }
}

/* Devices that nobody asks need not say anything. */
static bool wants_commands(const struct run *run)
{
    const struct sl_replay_callbacks *callbacks = run->callbacks;
    return callbacks->command || callbacks->executed || callbacks->texel || callbacks->structure ||
           run->until_command != UINT64_MAX;
}

static enum sl_status guest_write(struct run *run, const struct sl_mem_event *mem)
{
    switch (sl_mem_write(run->mem, mem->gpa, mem->bytes, mem->size)) {
    case SL_MEM_OK:
        return SL_OK;
    case SL_MEM_HOLE:
        return sl_fail(run->err, SL_ERR_DAMAGED, SL_RULE_MEM_HOLE,
                       "0x%" PRIx64 " + %zu bytes is not in the trace's RAM", mem->gpa, mem->size);
    case SL_MEM_FULL:
        break;
    }
    uint64_t pages = mem->size / SL_MEM_PAGE_SIZE + 2;
    if (sl_mem_touched_bytes(run->mem) + pages * SL_MEM_PAGE_SIZE > run->memory_limit) {
        return sl_fail(run->err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "guest memory touched reaches the limit of %" PRIu64 " bytes",
                       run->memory_limit);
    }
    return sl_fail_memory(run->err, mem->size);
}

/* A read is a line of the transcript, and an expectation if the trace says what was seen. */
static enum sl_status tell_read(struct run *run, const struct sl_mmio_event *access, uint64_t value)
{
    const struct sl_target_impl *impl = run->target->impl;
    const char *name = impl->register_name
                           ? impl->register_name(run->target, access->space, access->offset)
                           : NULL;
    sl_transcript_read(&run->line, run->event, access, name, value);
    enum sl_status status = emit_line(run);
    if (status != SL_OK || !access->has_value || access->value == value) {
        return status;
    }
    sl_buf_printf(&run->line,
                  "expected read %s+0x%" PRIx64 "%s%s to give 0x%" PRIx64
                  "; the device gave 0x%" PRIx64,
                  sl_space_name(access->space), access->offset, name ? " " : "", name ? name : "",
                  access->value, value);
    return emit_broken(run);
}

static enum sl_status drive(struct run *run, const struct sl_event *event)
{
    uint64_t value = 0;
    enum sl_status status = sl_drive(run->target, event, &value, run->err);
    if (status != SL_OK || event->type != SL_EVENT_MMIO || !event->u.mmio.is_read) {
        return status;
    }
    return run->observed != SL_OK ? run->observed : tell_read(run, &event->u.mmio, value);
}

static enum sl_status meet(struct run *run, const struct sl_expect_event *expect)
{
    bool met = sl_expectations_meet(&run->expectations, expect, &run->line);
    if (!met) {
        return emit_broken(run);
    }
    sl_buf_clear(&run->line);
    return SL_OK;
}

/* What the trace may expect of a frame; transcripts name frames without their pixels. */
static enum sl_status observe_frame(struct run *run, uint32_t scanout, const struct sl_image *image)
{
    struct sl_hash128 hash;
    struct sl_observation observation = sl_drive_frame(scanout, image, &hash);
    return sl_expectations_observe(&run->expectations, &observation) ? SL_OK
                                                                     : sl_fail_memory(run->err, 0);
}

/* One line for what scanout 0 shows, one for each other scanout that shows something. */
static enum sl_status capture(struct run *run, const struct sl_text_event *text, uint32_t scanout)
{
    struct sl_image image = {0};
    enum sl_status status = run->target->impl->capture(run->target, scanout, &image, run->err);
    if (status != SL_OK) {
        return status;
    }
    char name[SL_FRAME_NAME_MAX + 1];
    bool shown = image.width != 0 && image.height != 0;
    if (!sl_drive_tells_frame(scanout, &image)) {
        return SL_OK;
    }
    status = observe_frame(run, scanout, &image);
    if (status != SL_OK) {
        goto out;
    }
    if (!sl_frame_names_next(&run->names, text->text, text->text_size, scanout, name)) {
        status = sl_fail_memory(run->err, 0);
        goto out;
    }
    sl_transcript_frame(&run->line, run->event, name, image.width, image.height);
    status = emit_line(run);
    if (status == SL_OK && shown) {
        uint32_t index = run->frame_count++;
        if (run->callbacks->capturing) {
            run->callbacks->capturing(run->callbacks->data, run->event, scanout);
        }
        if (run->callbacks->frame) {
            status = run->callbacks->frame(run->callbacks->data, index, name, &image, run->err);
        }
    }
out:
    sl_image_finish(&image);
    return status;
}

static enum sl_status capture_all(struct run *run, const struct sl_text_event *text)
{
    uint32_t count = run->target->impl->scanout_count(run->target);
    enum sl_status status = SL_OK;
    for (uint32_t i = 0; status == SL_OK && i < count; i++) {
        status = capture(run, text, i);
    }
    return status;
}

static enum sl_status feed(struct run *run, const struct sl_event *event)
{
    switch (event->type) {
    case SL_EVENT_MEM:
        return guest_write(run, &event->u.mem);
    case SL_EVENT_RAM:
        return sl_mem_set_regions(run->mem, event->u.ram.regions, event->u.ram.count, run->err);
    case SL_EVENT_FRAME:
        return capture_all(run, &event->u.text);
    case SL_EVENT_EXPECT:
        return meet(run, &event->u.expect);
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        return SL_OK;
    case SL_EVENT_MMIO:
    case SL_EVENT_VRING:
    case SL_EVENT_NOTIFY:
    case SL_EVENT_VBLANK:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_RESET:
    case SL_EVENT_FEATURES:
        break;
    }
    return drive(run, event);
}

/* Hash of a range of guest memory, in place where it is contiguous. */
static bool hash_range(struct run *run, const struct sl_mem_range *range, struct sl_hash128 *hash)
{
    size_t run_size;
    const uint8_t *p = sl_mem_peek(run->mem, range->gpa, (size_t)range->size, &run_size);
    if (p && run_size == range->size) {
        *hash = sl_hash128(p, run_size);
        return true;
    }
    sl_buf_clear(&run->scratch);
    uint8_t *copy = sl_buf_extend(&run->scratch, (size_t)range->size);
    if (!copy || sl_mem_read(run->mem, range->gpa, copy, (size_t)range->size) != SL_MEM_OK) {
        return false;
    }
    *hash = sl_hash128(copy, (size_t)range->size);
    return true;
}

static enum sl_status report_writes(struct run *run)
{
    size_t count;
    bool lost;
    const struct sl_mem_range *ranges = sl_mem_take_log(run->mem, &count, &lost);
    if (lost) {
        return sl_fail_memory(run->err, 0);
    }
    for (size_t i = 0; i < count; i++) {
        struct sl_hash128 hash;
        if (!hash_range(run, &ranges[i], &hash)) {
            return sl_fail_memory(run->err, ranges[i].size);
        }
        sl_transcript_write(&run->line, run->event, ranges[i].gpa, ranges[i].size, &hash);
        enum sl_status status = emit_line(run);
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}

static enum sl_status step(struct run *run, const struct sl_event *event)
{
    enum sl_status status = SL_OK;
    if (run->callbacks->arriving) {
        status = run->callbacks->arriving(run->callbacks->data, run->event, event, run->err);
    }
    if (status == SL_OK) {
        status = feed(run, event);
    }
    if (status == SL_OK) {
        status = run->observed;
    }
    if (status == SL_OK) {
        status = run->target->impl->fault(run->target, run->err);
    }
    if (status == SL_OK) {
        status = report_writes(run);
    }
    if (status == SL_OK && run->callbacks->passed) {
        status = run->callbacks->passed(run->callbacks->data, run->event, event, run->err);
    }
    if (status != SL_OK) {
        sl_error_set_event(run->err, run->event);
    }
    return status;
}

static enum sl_status run_events(struct run *run, uint64_t until)
{
    for (;;) {
        run->event = sl_trace_position(run->trace);
        if (run->event >= until) {
            return end(run, NULL);
        }
        struct sl_event event;
        enum sl_status status = sl_trace_next(run->trace, &event, run->err);
        if (status == SL_OK && event.type == 0) {
            return end(run, NULL);
        }
        if (status == SL_OK) {
            status = step(run, &event);
        }
        if (status != SL_OK || run->stopped) {
            return status;
        }
    }
}

static enum sl_status set_up(struct run *run, const struct sl_target_maker *maker,
                             const struct sl_replay_options *options)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(run->trace);
    if (meta->abi_version >> 16 > maker->abi_major) {
        return sl_fail(
            run->err, SL_ERR_UNSUPPORTED, SL_RULE_REPLAY_ABI,
            "the trace is of %s ABI %" PRIu32 ".%" PRIu32 "; known is up to %" PRIu32 ".x",
            maker->device, meta->abi_version >> 16, meta->abi_version & 0xFFFF, maker->abi_major);
    }
    run->memory_limit =
        options->max_memory_bytes ? options->max_memory_bytes : SL_MEM_DEFAULT_LIMIT;
    run->mem = sl_mem_create(run->memory_limit);
    if (!run->mem) {
        return sl_fail_memory(run->err, 0);
    }
    for (size_t i = 0; i < meta->ram_count; i++) {
        enum sl_status status =
            sl_mem_add_region(run->mem, meta->ram[i].gpa, meta->ram[i].size, run->err);
        if (status != SL_OK) {
            return status;
        }
    }
    run->observer = (struct sl_observer){.data = run, .observe = observe};
    run->inspector = (struct sl_inspector){
        .data = run,
        .command = before_command,
        .executed = after_command,
        .texel = on_texel,
        .structure = on_structure,
        .watched = options->watched,
    };
    struct sl_target_config config = {
        .mem = run->mem,
        .observer = &run->observer,
        .inspector = wants_commands(run) ? &run->inspector : NULL,
        .profile = options->profile ? options->profile : meta->profile,
        .options = meta->options,
        .option_count = meta->option_count,
        .default_target_width = options->default_target_width,
        .default_target_height = options->default_target_height,
        .max_memory_bytes = options->max_memory_bytes,
        .max_work = options->max_work,
        .thread_count = options->thread_count,
    };
    enum sl_status status = maker->create(&config, &run->target, run->err);
    if (status != SL_OK) {
        return status;
    }
    if (run->callbacks->memory) {
        run->callbacks->memory(run->callbacks->data, run->mem);
    }
    if (run->callbacks->attached) {
        run->callbacks->attached(run->callbacks->data, run->target);
    }
    sl_transcript_header(&run->line, maker->device);
    return emit_line(run);
}

enum sl_status sl_replay_run_on(const struct sl_target_maker *maker, struct sl_trace *trace,
                                const struct sl_replay_options *options,
                                const struct sl_replay_callbacks *callbacks, struct sl_error *err)
{
    struct run run = {
        .trace = trace,
        .callbacks = callbacks,
        .err = err,
        .until_command = options->until_command,
    };
    enum sl_status status = set_up(&run, maker, options);
    if (status == SL_OK) {
        status = run_events(&run, options->until_event);
    }
    if (run.target) {
        run.target->impl->destroy(run.target);
    }
    sl_expectations_finish(&run.expectations);
    sl_frame_names_finish(&run.names);
    sl_buf_finish(&run.line);
    sl_buf_finish(&run.scratch);
    sl_mem_destroy(run.mem);
    return status;
}
