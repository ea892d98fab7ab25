#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/tap.h"
#include "capture/trim_job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Queues that kicks can be left out of; no device has more. */
enum { QUEUES_MAX = 8 };

/* How a queue was set up; no size: not at all. */
struct ring {
    struct sl_vring_event set_up;
    bool behind; /* kicks are gone that the device has not been told of */
};

struct pass {
    const struct sl_trim_job *job;
    const struct sl_trim_listener *listener;
    struct sl_mem *guest;
    struct sl_tap *tap;
    uint64_t event;
    size_t next;      /* command of the job that is not behind this event */
    size_t next_kick; /* the same */
    struct ring rings[QUEUES_MAX];
    bool setting_up;
    struct sl_buf before; /* what idle commands replace during the event, one after the other */
    enum sl_status heard; /* first failure where no status can be returned */
    struct sl_error report;
};

static void fetch(void *data, uint64_t gpa, uint8_t *out, size_t size)
{
    const struct pass *pass = data;
    sl_mem_bus_read(pass->guest, gpa, out, size);
}

static void store(void *data, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    struct pass *pass = data;
    if (sl_mem_write(pass->guest, gpa, bytes, size) != SL_MEM_OK && pass->heard == SL_OK) {
        pass->heard = sl_fail_memory(&pass->report, size);
    }
}

static enum sl_status hear(void *data, const struct sl_event *event, struct sl_error *err)
{
    const struct pass *pass = data;
    bool is_read = event->type == SL_EVENT_MMIO && event->u.mmio.is_read;
    bool is_ours = event->type == SL_EVENT_VRING && pass->setting_up;
    if (event->type != SL_EVENT_MEM && event->type != SL_EVENT_EXPECT && !is_read && !is_ours) {
        return SL_OK;
    }
    return pass->listener->seen(pass->listener->data, pass->event, event, err);
}

static bool before_command(void *data, const struct sl_command *command)
{
    struct pass *pass = data;
    if (pass->heard == SL_OK) {
        pass->heard =
            pass->listener->command(pass->listener->data, pass->event, command, &pass->report);
    }
    return pass->heard == SL_OK;
}

static enum sl_status guest_write(struct pass *pass, uint64_t gpa, const uint8_t *bytes,
                                  size_t size, struct sl_error *err)
{
    enum sl_mem_result result = sl_mem_write(pass->guest, gpa, bytes, size);
    if (result == SL_MEM_HOLE) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_MEM_HOLE,
                       "0x%" PRIx64 " + %zu bytes is not in the trace's RAM", gpa, size);
    }
    return result == SL_MEM_OK ? SL_OK : sl_fail_memory(err, size);
}

/* Puts an idle command into guest memory and keeps what was there. */
static enum sl_status put_idle(struct pass *pass, const struct sl_trim_command *command,
                               struct sl_error *err)
{
    uint8_t *before = sl_buf_extend(&pass->before, command->size);
    uint8_t *idle = malloc(command->size);
    if (!before || !idle) {
        free(idle);
        return sl_fail_memory(err, command->size);
    }
    sl_mem_bus_read(pass->guest, command->gpa, before, command->size);
    memcpy(idle, before, command->size);
    sl_trim_make_idle(pass->job, idle, command->size);
    enum sl_status status = guest_write(pass, command->gpa, idle, command->size, err);
    free(idle);
    return status;
}

/* One past the last command of this event. */
static size_t last_command(const struct pass *pass)
{
    size_t last = pass->next;
    while (last < pass->job->command_count && pass->job->commands[last].event == pass->event) {
        last++;
    }
    return last;
}

static enum sl_status put_idle_commands(struct pass *pass, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    sl_buf_clear(&pass->before);
    for (size_t i = pass->next; status == SL_OK && i < last_command(pass); i++) {
        if (pass->job->commands[i].idle) {
            status = put_idle(pass, &pass->job->commands[i], err);
        }
    }
    return status;
}

/* Later events may have the commands again. Backwards, as they may overlap. */
static enum sl_status restore_commands(struct pass *pass, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    const uint8_t *before = pass->before.data + pass->before.size;
    for (size_t i = last_command(pass); status == SL_OK && i-- > pass->next;) {
        const struct sl_trim_command *command = &pass->job->commands[i];
        if (command->idle) {
            before -= command->size;
            status = guest_write(pass, command->gpa, before, command->size, err);
        }
    }
    return status;
}

static enum sl_status drive(struct pass *pass, const struct sl_event *event, struct sl_error *err)
{
    enum sl_status status = put_idle_commands(pass, err);
    if (status == SL_OK) {
        status = sl_tap_event(pass->tap, event, err);
    }
    if (status == SL_OK && pass->heard != SL_OK) {
        *err = pass->report;
        status = pass->heard;
    }
    return status == SL_OK ? restore_commands(pass, err) : status;
}

/* ---- kicks ---- */

static uint16_t read_used_index(const struct pass *pass, const struct ring *ring)
{
    uint8_t bytes[2];
    sl_mem_bus_read(pass->guest, ring->set_up.used_gpa + 2, bytes, sizeof(bytes));
    return sl_get_le16(bytes);
}

static enum sl_status tell_kick(struct pass *pass, uint32_t queue, struct sl_error *err)
{
    struct sl_target *target = sl_tap_target(pass->tap);
    const struct sl_trim_kick kick = {
        .event = pass->event,
        .base = target->impl->vring_base(target, queue),
        .used = read_used_index(pass, &pass->rings[queue]),
    };
    return pass->listener->kick(pass->listener->data, &kick, err);
}

/* As a back end does that takes over a queue: the used ring says how far its index is. */
static enum sl_status catch_up(struct pass *pass, struct ring *ring,
                               const struct sl_trim_kick *kick, struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_VRING, .u.vring = ring->set_up};
    uint8_t used[2];
    event.u.vring.base = kick->base;
    sl_put_le16(used, kick->used);
    ring->behind = false;
    enum sl_status status = guest_write(pass, ring->set_up.used_gpa + 2, used, sizeof(used), err);
    if (status == SL_OK) {
        pass->setting_up = true;
        status = sl_tap_event(pass->tap, &event, err);
        pass->setting_up = false;
    }
    return status;
}

static enum sl_status notify(struct pass *pass, const struct sl_event *event, struct sl_error *err)
{
    const struct sl_trim_job *job = pass->job;
    uint32_t queue = event->u.notify_queue;
    struct ring *ring = queue < QUEUES_MAX ? &pass->rings[queue] : NULL;
    enum sl_status status = SL_OK;
    if (!ring || ring->set_up.size == 0) {
        return drive(pass, event, err);
    }
    if (pass->listener->kick) {
        status = tell_kick(pass, queue, err);
    }
    while (pass->next_kick < job->kick_count && job->kicks[pass->next_kick].event < pass->event) {
        pass->next_kick++;
    }
    const struct sl_trim_kick *kick =
        pass->next_kick < job->kick_count ? &job->kicks[pass->next_kick] : NULL;
    if (kick && kick->event == pass->event && kick->gone) {
        ring->behind = true;
        return status;
    }
    if (status == SL_OK && ring->behind && kick) {
        status = catch_up(pass, ring, kick, err);
    }
    return status == SL_OK ? drive(pass, event, err) : status;
}

static enum sl_status set_up_ring(struct pass *pass, const struct sl_event *event,
                                  struct sl_error *err)
{
    if (event->u.vring.queue < QUEUES_MAX) {
        pass->rings[event->u.vring.queue] = (struct ring){.set_up = event->u.vring};
    }
    return drive(pass, event, err);
}

static enum sl_status reset(struct pass *pass, const struct sl_event *event, struct sl_error *err)
{
    memset(pass->rings, 0, sizeof(pass->rings));
    return drive(pass, event, err);
}

size_t sl_trim_find_kick(const struct sl_trim_job *job, uint64_t event)
{
    size_t low = 0;
    size_t high = job->kick_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (job->kicks[middle].event < event) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- events ---- */

static enum sl_status set_ram(struct pass *pass, const struct sl_event *event, struct sl_error *err)
{
    const struct sl_ram_event *ram = &event->u.ram;
    enum sl_status status = sl_mem_set_regions(pass->guest, ram->regions, ram->count, err);
    return status == SL_OK ? drive(pass, event, err) : status;
}

bool sl_trim_is_replayed(const struct sl_trim_job *job, uint64_t event, enum sl_event_type type)
{
    return event >= job->start || type == SL_EVENT_MEM || type == SL_EVENT_RAM ||
           type == SL_EVENT_DISPLAY;
}

static enum sl_status feed(struct pass *pass, const struct sl_event *event, struct sl_error *err)
{
    if (!sl_trim_is_replayed(pass->job, pass->event, event->type)) {
        return SL_OK;
    }
    switch (event->type) {
    case SL_EVENT_MEM:
        return guest_write(pass, event->u.mem.gpa, event->u.mem.bytes, event->u.mem.size, err);
    case SL_EVENT_RAM:
        return set_ram(pass, event, err);
    case SL_EVENT_FRAME:
        return pass->job->everything || sl_trim_is_chosen(pass->job, pass->event)
                   ? drive(pass, event, err)
                   : SL_OK;
    case SL_EVENT_EXPECT:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        return SL_OK;
    case SL_EVENT_NOTIFY:
        return notify(pass, event, err);
    case SL_EVENT_VRING:
        return set_up_ring(pass, event, err);
    case SL_EVENT_RESET:
        return reset(pass, event, err);
    case SL_EVENT_MMIO:
    case SL_EVENT_VBLANK:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_FEATURES:
        return drive(pass, event, err);
    }
    return SL_OK;
}

static enum sl_status run_events(struct pass *pass, struct sl_error *err)
{
    const struct sl_trim_job *job = pass->job;
    enum sl_status status = sl_trace_seek(job->trace, 0, err);
    while (status == SL_OK) {
        struct sl_event event;
        pass->event = sl_trace_position(job->trace);
        status = sl_trace_next(job->trace, &event, err);
        bool kept_expectation = event.type == SL_EVENT_EXPECT;
        if (status != SL_OK || event.type == 0 ||
            (!job->everything && pass->event >= job->end && !kept_expectation)) {
            break;
        }
        while (pass->next < job->command_count && job->commands[pass->next].event < pass->event) {
            pass->next++;
        }
        status = feed(pass, &event, err);
        if (status == SL_OK) {
            status = pass->listener->passed(pass->listener->data, pass->event, &event, err);
        }
    }
    return status;
}

static enum sl_status set_up(struct pass *pass, const struct sl_inspector *inspector,
                             struct sl_error *err)
{
    const struct sl_trim_options *options = pass->job->options;
    const struct sl_trace_meta *meta = sl_trace_get_meta(pass->job->trace);
    pass->guest = sl_mem_create(options->max_memory_bytes);
    if (!pass->guest) {
        return sl_fail_memory(err, 0);
    }
    const struct sl_tap_config config = {
        .create = pass->job->maker->create,
        .profile = meta->profile,
        .options = meta->options,
        .option_count = meta->option_count,
        .ram = meta->ram,
        .ram_count = meta->ram_count,
        .max_memory_bytes = options->max_memory_bytes,
        .max_work = options->max_work,
        .thread_count = options->thread_count,
        .inspector = pass->listener->command ? inspector : NULL,
        .guest = pass,
        .fetch = fetch,
        .store = store,
        .sink = {.data = pass, .put = hear},
        .expectations = SL_TAP_EVERYTHING,
    };
    enum sl_status status = sl_mem_set_regions(pass->guest, meta->ram, meta->ram_count, err);
    return status == SL_OK ? sl_tap_create(&config, &pass->tap, err) : status;
}

enum sl_status sl_trim_pass(const struct sl_trim_job *job, const struct sl_trim_listener *listener,
                            struct sl_error *err)
{
    struct pass pass = {.job = job, .listener = listener};
    const struct sl_inspector inspector = {.data = &pass, .command = before_command};
    enum sl_status status = set_up(&pass, &inspector, err);
    if (status == SL_OK) {
        status = run_events(&pass, err);
    }
    sl_tap_destroy(pass.tap);
    sl_mem_destroy(pass.guest);
    sl_buf_finish(&pass.before);
    return status;
}
