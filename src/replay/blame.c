#include "replay/blame.h"

#include "base/status.h"
#include "replay/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One question in progress. */
struct blame {
    struct sl_trace *trace;
    const struct sl_replay_options *options;
    const struct sl_blame_callbacks *callbacks;
    const char *wanted;
    uint32_t x;
    uint32_t y;
    struct sl_target *target; /* of the current replay */
    struct sl_blame_frame frame;
    bool found;
    uint32_t capturing;
    uint64_t capture_event;
    uint8_t shown[4]; /* the pixel as last seen */
    struct sl_command command;
    struct sl_buf text; /* of the command */
    struct sl_buf what;
    struct sl_texel_write last; /* that was written, on the current surface */
    uint64_t last_command;
};

/* ---- the frame ---- */

static bool is_wanted(const struct blame *blame, uint32_t index, const char *name)
{
    char *end;
    unsigned long long number = strtoull(blame->wanted, &end, 10);
    bool is_number = blame->wanted[0] >= '0' && blame->wanted[0] <= '9' && *end == '\0';
    return is_number ? number == index : strcmp(blame->wanted, name) == 0;
}

static void on_attached(void *data, struct sl_target *target)
{
    struct blame *blame = data;
    blame->target = target;
}

static void on_capturing(void *data, uint64_t event, uint32_t scanout)
{
    struct blame *blame = data;
    blame->capturing = scanout;
    blame->capture_event = event;
}

static enum sl_status on_frame(void *data, uint32_t index, const char *name,
                               const struct sl_image *image, struct sl_error *err)
{
    struct blame *blame = data;
    if (blame->found || !is_wanted(blame, index, name)) {
        return SL_OK;
    }
    const struct sl_target_impl *impl = blame->target->impl;
    blame->found = true;
    blame->frame = (struct sl_blame_frame){
        .event = blame->capture_event,
        .index = index,
        .scanout = blame->capturing,
        .width = image->width,
        .height = image->height,
    };
    snprintf(blame->frame.name, sizeof(blame->frame.name), "%s", name);
    if (blame->x >= image->width || blame->y >= image->height) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE,
                       "frame '%s' is %" PRIu32 "x%" PRIu32 " and has no pixel %" PRIu32
                       ",%" PRIu32,
                       name, image->width, image->height, blame->x, blame->y);
    }
    memcpy(blame->frame.rgba, image->pixels + ((size_t)blame->y * image->width + blame->x) * 4, 4);
    if (impl->pixel_source) {
        blame->frame.source =
            impl->pixel_source(blame->target, blame->capturing, blame->x, blame->y);
    }
    return SL_OK;
}

static enum sl_status run(struct blame *blame, const struct sl_replay_options *options,
                          const struct sl_replay_callbacks *callbacks, struct sl_error *err)
{
    enum sl_status status = sl_trace_seek(blame->trace, 0, err);
    blame->command = (struct sl_command){0};
    return status == SL_OK ? sl_replay_run(blame->trace, options, callbacks, err) : status;
}

static enum sl_status find_frame(struct blame *blame, struct sl_error *err)
{
    const struct sl_replay_callbacks callbacks = {
        .data = blame, .attached = on_attached, .capturing = on_capturing, .frame = on_frame};
    enum sl_status status = run(blame, blame->options, &callbacks, err);
    if (status == SL_OK && !blame->found) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "the replay shows no frame '%s'",
                       blame->wanted);
    }
    return status;
}

/* ---- the shown pixel ---- */

static enum sl_status on_command(void *data, uint64_t event, const struct sl_command *command,
                                 struct sl_error *err)
{
    (void)event;
    struct blame *blame = data;
    sl_buf_clear(&blame->text);
    sl_buf_text(&blame->text, command->text);
    blame->command = *command;
    blame->command.text = sl_buf_cstr(&blame->text);
    return blame->command.text ? SL_OK : sl_fail_memory(err, 0);
}

static struct sl_blame_place command_place(const struct blame *blame, uint64_t event)
{
    return (struct sl_blame_place){
        .event = event, .in_command = true, .command = blame->command, .what = ""};
}

static void see(struct blame *blame, const struct sl_blame_place *place, bool written)
{
    uint8_t now[4] = {0};
    const struct sl_target_impl *impl = blame->target->impl;
    if (impl->pixel) {
        impl->pixel(blame->target, blame->frame.scanout, blame->x, blame->y, now);
    }
    if (written || memcmp(now, blame->shown, sizeof(now)) != 0) {
        blame->callbacks->shown(blame->callbacks->data, place, blame->shown, now);
    }
    memcpy(blame->shown, now, sizeof(now));
}

static void on_executed(void *data, uint64_t event)
{
    struct blame *blame = data;
    const struct sl_blame_place place = command_place(blame, event);
    see(blame, &place, false);
}

static void print_access(struct blame *blame, const struct sl_mmio_event *access)
{
    const struct sl_target_impl *impl = blame->target->impl;
    const char *name = impl->register_name
                           ? impl->register_name(blame->target, access->space, access->offset)
                           : NULL;
    sl_buf_printf(&blame->what, "%s %s+0x%" PRIx64 "%s%s", access->is_read ? "read" : "write",
                  sl_space_name(access->space), access->offset, name ? " " : "", name ? name : "");
    if (!access->is_read) {
        sl_buf_printf(&blame->what, "=0x%" PRIx64, access->value);
    }
}

static void print_event(struct blame *blame, const struct sl_event *event)
{
    sl_buf_clear(&blame->what);
    switch (event->type) {
    case SL_EVENT_MEM:
        sl_buf_printf(&blame->what, "mem gpa=0x%" PRIx64 " len=%zu", event->u.mem.gpa,
                      event->u.mem.size);
        break;
    case SL_EVENT_MMIO:
        print_access(blame, &event->u.mmio);
        break;
    case SL_EVENT_VRING:
        sl_buf_printf(&blame->what, "vring queue=%" PRIu32, event->u.vring.queue);
        break;
    case SL_EVENT_NOTIFY:
        sl_buf_printf(&blame->what, "notify queue=%" PRIu32, event->u.notify_queue);
        break;
    case SL_EVENT_VBLANK:
        sl_buf_text(&blame->what, "vblank");
        break;
    case SL_EVENT_DISPLAY:
        sl_buf_printf(&blame->what, "display scanout=%" PRIu32, event->u.display.scanout);
        break;
    case SL_EVENT_RESET:
        sl_buf_text(&blame->what, "reset");
        break;
    case SL_EVENT_RAM:
        sl_buf_printf(&blame->what, "ram regions=%zu", event->u.ram.count);
        break;
    case SL_EVENT_FEATURES:
        sl_buf_printf(&blame->what, "features 0x%" PRIx64, event->u.features);
        break;
    case SL_EVENT_FRAME:
    case SL_EVENT_EXPECT:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        break;
    }
}

/* Whether the guest wrote the bytes that show. */
static bool writes_source(const struct sl_pixel_source *source, const struct sl_event *event)
{
    const struct sl_mem_event *mem = &event->u.mem;
    return event->type == SL_EVENT_MEM && source->in_memory &&
           mem->gpa < source->gpa + source->size && source->gpa < mem->gpa + mem->size;
}

static enum sl_status on_passed(void *data, uint64_t index, const struct sl_event *event,
                                struct sl_error *err)
{
    struct blame *blame = data;
    print_event(blame, event);
    const struct sl_blame_place place = {.event = index, .what = sl_buf_cstr(&blame->what)};
    if (!place.what) {
        return sl_fail_memory(err, 0);
    }
    see(blame, &place, writes_source(&blame->frame.source, event));
    return SL_OK;
}

static enum sl_status watch_shown(struct blame *blame, struct sl_error *err)
{
    struct sl_replay_options options = *blame->options;
    const struct sl_replay_callbacks callbacks = {
        .data = blame,
        .attached = on_attached,
        .command = on_command,
        .executed = on_executed,
        .passed = on_passed,
    };
    options.until_event = blame->frame.event;
    return run(blame, &options, &callbacks, err);
}

/* ---- the surfaces behind it ---- */

static void on_texel(void *data, uint64_t event, const struct sl_texel_write *write)
{
    struct blame *blame = data;
    const struct sl_blame_place place = command_place(blame, event);
    blame->callbacks->write(blame->callbacks->data, &place, write);
    if (write->fate == SL_TEXEL_WRITTEN) {
        blame->last = *write;
        blame->last_command = blame->command.index;
    }
}

/* The command that takes the texel away may first read guest memory into it, so it executes. */
static enum sl_status watch_texel(struct blame *blame, const struct sl_texel *texel,
                                  uint64_t command, struct sl_error *err)
{
    struct sl_replay_options options = *blame->options;
    const struct sl_replay_callbacks callbacks = {
        .data = blame, .attached = on_attached, .command = on_command, .texel = on_texel};
    blame->last = (struct sl_texel_write){0};
    options.until_command = command + 1;
    options.watched = *texel;
    return run(blame, &options, &callbacks, err);
}

static enum sl_status follow(struct blame *blame, struct sl_error *err)
{
    struct sl_texel texel = blame->frame.source.texel;
    uint64_t command = blame->frame.source.command;
    uint32_t handle = blame->frame.source.handle;
    enum sl_status status = SL_OK;
    for (unsigned i = 0; status == SL_OK && texel.surface != 0 && i < SL_BLAME_SURFACES_MAX; i++) {
        blame->callbacks->surface(blame->callbacks->data, &texel, handle, command);
        status = watch_texel(blame, &texel, command, err);
        texel = blame->last.source;
        handle = blame->last.source_handle;
        command = blame->last_command;
    }
    return status;
}

enum sl_status sl_blame(struct sl_trace *trace, const struct sl_replay_options *options,
                        const char *frame, uint32_t x, uint32_t y,
                        const struct sl_blame_callbacks *callbacks, struct sl_error *err)
{
    struct blame blame = {
        .trace = trace,
        .options = options,
        .callbacks = callbacks,
        .wanted = frame,
        .x = x,
        .y = y,
    };
    enum sl_status status = find_frame(&blame, err);
    if (status == SL_OK) {
        callbacks->frame(callbacks->data, &blame.frame);
        status = watch_shown(&blame, err);
    }
    if (status == SL_OK) {
        status = follow(&blame, err);
    }
    sl_buf_finish(&blame.text);
    sl_buf_finish(&blame.what);
    return status;
}
