#include "capture/live_device.h"

#include "abi_virtio_gpu.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/tap.h"
#include "transport/virtqueue.h"

#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rounds of one call of serve, so that sockets get their turn. */
enum { ROUNDS = 16 };

/* Throttling begins at half of what the recorder takes and ends at a quarter. */
enum { THROTTLE_BEGINS = 2, THROTTLE_ENDS = 4 };
#define DEFAULT_BACKLOG (UINT64_C(256) << 20)

/* What the device is made to wish for on its first display; on the others it wishes for nothing. */
static const struct sl_gpu_display first_display = {
    .width = SL_VIRTIO_GPU_LIMIT_DEFAULT_WIDTH,
    .height = SL_VIRTIO_GPU_LIMIT_DEFAULT_HEIGHT,
    .is_enabled = true,
};

struct queue {
    struct sl_vring_event rings; /* size 0 = it does not run */
    bool stuck;
};

struct sl_live {
    struct sl_recorder *recorder;
    struct sl_tap *tap;
    struct sl_guest_map map;
    struct sl_gpu_screen *screen;
    struct sl_screen feed;

    struct sl_ram_region ram[SL_GUEST_MAP_REGIONS]; /* as the trace has it */
    size_t ram_count;
    struct queue queues[SL_LIVE_QUEUES];
    struct sl_vq_batch look;
    struct sl_buf look_bytes;
    uint64_t features;
    bool features_told;
    bool reset_expected;

    uint32_t scanouts;
    struct sl_gpu_display displays[SL_GPU_SCREEN_SCANOUTS]; /* as the device was told last */
    bool displays_fresh; /* the front end was asked since the last question of the guest */
    bool asks_front_end;
    bool waiting;
    bool display_changed[SL_GPU_SCREEN_SCANOUTS]; /* and the device was not told yet */

    bool flushed; /* since the last capture point */
    bool frames_marked_only;
    uint64_t frames;
    uint64_t until_frames;
    uint64_t max_backlog;
    bool throttled;
    uint64_t throttle_count;
};

static enum sl_status put_event(void *data, const struct sl_event *event, struct sl_error *err)
{
    return sl_recorder_put(((struct sl_live *)data)->recorder, event, err);
}

/* ---- What the device shows ---- */

static void on_scanout(void *data, uint32_t scanout, uint32_t width, uint32_t height)
{
    struct sl_live *live = data;
    live->flushed = true;
    sl_gpu_screen_scanout(live->screen, scanout, width, height);
    sl_gpu_screen_damage(live->screen, scanout, 0, 0, width, height); /* of another resource */
}

static void on_damage(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t width,
                      uint32_t height)
{
    struct sl_live *live = data;
    live->flushed = true;
    sl_gpu_screen_damage(live->screen, scanout, x, y, width, height);
}

static void on_cursor(void *data, const struct sl_screen_cursor *cursor)
{
    struct sl_live *live = data;
    uint32_t argb[SL_GPU_CURSOR_PIXELS];
    for (size_t i = 0; cursor->image && i < SL_GPU_CURSOR_PIXELS; i++) {
        argb[i] = sl_get_le32(cursor->image + 4 * i);
    }
    live->flushed = true;
    sl_gpu_screen_cursor(live->screen, cursor->scanout,
                         &(struct sl_gpu_cursor){
                             .x = (uint32_t)cursor->x,
                             .y = (uint32_t)cursor->y,
                             .hot_x = cursor->hot_x,
                             .hot_y = cursor->hot_y,
                             .is_visible = cursor->visible,
                             .argb = cursor->image ? argb : NULL,
                         });
}

/* Pixels for the front end: R, G, B, 255 becomes x8r8g8b8, in place. */
static void read_rows(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
                      uint32_t *xrgb)
{
    struct sl_live *live = data;
    struct sl_target *target = sl_tap_target(live->tap);
    for (uint32_t row = 0; row < h; row++) {
        uint32_t *words = xrgb + (size_t)row * w;
        uint8_t *rgba = (uint8_t *)words;
        if (!target->impl->screen_row(target, scanout, x, y + row, w, rgba)) {
            memset(rgba, 0, (size_t)w * sizeof(*words));
        }
        for (uint32_t i = 0; i < w; i++) {
            const uint8_t *pixel = rgba + 4 * (size_t)i;
            words[i] = (uint32_t)pixel[0] << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
        }
    }
}

static void on_display_info(void *data, const struct sl_gpu_display *displays)
{
    struct sl_live *live = data;
    live->waiting = false;
    live->displays_fresh = true;
    for (uint32_t i = 0; displays && i < live->scanouts; i++) {
        struct sl_gpu_display now = displays[i];
        struct sl_gpu_display *before = &live->displays[i];
        if (!now.is_enabled) {
            now.width = 0;
            now.height = 0;
        }
        live->display_changed[i] |= now.width != before->width || now.height != before->height;
        *before = now;
    }
}

/* ---- Life ---- */

static enum sl_status create_tap(struct sl_live *live, const struct sl_live_config *config,
                                 struct sl_error *err)
{
    live->feed = (struct sl_screen){
        .data = live, .scanout = on_scanout, .damage = on_damage, .cursor = on_cursor};
    return sl_tap_create(
        &(struct sl_tap_config){
            .create = sl_virtio_gpu_create,
            .profile = config->profile,
            .options = config->options,
            .option_count = config->option_count,
            .max_memory_bytes = config->max_memory_bytes,
            .max_work = UINT64_MAX, /* a guest may run for days */
            .screen = &live->feed,
            .guest = &live->map,
            .fetch = sl_guest_map_fetch,
            .store = sl_guest_map_store,
            .sink = {.data = live, .put = put_event},
            .expectations = SL_TAP_EVERYTHING,
        },
        &live->tap, err);
}

static enum sl_status create_recorder(struct sl_live *live, const struct sl_live_config *config,
                                      struct sl_error *err)
{
    const struct sl_trace_meta meta = {
        .device = "virtio-gpu",
        .abi_version = 1u << 16 | 2,
        .profile = config->profile,
        .producer = "scanlock record",
        .provenance = config->provenance,
        .options = config->options,
        .option_count = config->option_count,
    };
    const struct sl_recorder_limits limits = {
        .max_trace_bytes = config->max_trace_bytes,
        .max_backlog_bytes = live->max_backlog,
    };
    return sl_recorder_create(config->path, &meta, &limits, &live->recorder, err);
}

enum sl_status sl_live_create(const struct sl_live_config *config, struct sl_live **live,
                              struct sl_error *err)
{
    *live = NULL;
    struct sl_live *made = calloc(1, sizeof(*made));
    if (!made) {
        return sl_fail_memory(err, sizeof(*made));
    }
    made->scanouts = config->scanouts;
    made->asks_front_end = config->asks_front_end;
    made->frames_marked_only = config->frames_marked_only;
    made->until_frames = config->until_frames;
    made->max_backlog = config->max_backlog_bytes ? config->max_backlog_bytes : DEFAULT_BACKLOG;
    made->displays[0] = first_display;
    const struct sl_gpu_screen_owner owner = {
        .data = made, .rows = read_rows, .display_info = on_display_info};
    made->screen = sl_gpu_screen_create(&owner);
    enum sl_status status = made->screen ? SL_OK : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = create_tap(made, config, err);
    }
    if (status == SL_OK) {
        status = create_recorder(made, config, err);
    }
    if (status != SL_OK) {
        sl_live_destroy(made);
        return status;
    }
    *live = made;
    return SL_OK;
}

enum sl_status sl_live_finish(struct sl_live *live, struct sl_error *err)
{
    return sl_recorder_finish(live->recorder, err);
}

void sl_live_destroy(struct sl_live *live)
{
    if (!live) {
        return;
    }
    sl_tap_destroy(live->tap);
    sl_recorder_destroy(live->recorder);
    sl_gpu_screen_destroy(live->screen);
    sl_guest_map_finish(&live->map);
    sl_vq_batch_finish(&live->look);
    sl_buf_finish(&live->look_bytes);
    free(live);
}

void sl_live_get_stats(struct sl_live *live, struct sl_live_stats *stats)
{
    sl_recorder_get_stats(live->recorder, &stats->recorder);
    stats->commands = sl_tap_answers(live->tap);
    stats->fetched_bytes = sl_tap_fetched_bytes(live->tap);
    stats->throttled = live->throttle_count;
}

bool sl_live_is_full(struct sl_live *live)
{
    return sl_recorder_is_full(live->recorder);
}

bool sl_live_is_done(struct sl_live *live)
{
    return sl_live_is_full(live) || (live->until_frames != 0 && live->frames >= live->until_frames);
}

struct sl_gpu_screen *sl_live_screen(struct sl_live *live)
{
    return live->screen;
}

struct sl_guest_map *sl_live_map(struct sl_live *live)
{
    return &live->map;
}

/* ---- What the front end says ---- */

enum sl_status sl_live_memory_changed(struct sl_live *live, struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_RAM};
    struct sl_ram_event *ram = &event.u.ram;
    ram->regions = sl_guest_map_regions(&live->map, &ram->count);
    /* QEMU says it again at each start of a driver. */
    if (ram->count == live->ram_count &&
        memcmp(ram->regions, live->ram, ram->count * sizeof(*live->ram)) == 0) {
        return SL_OK;
    }
    live->ram_count = ram->count;
    memcpy(live->ram, ram->regions, ram->count * sizeof(*live->ram));
    return sl_tap_event(live->tap, &event, err);
}

void sl_live_set_features(struct sl_live *live, uint64_t features)
{
    live->features_told &= features == live->features;
    live->features = features;
}

void sl_live_expect_reset(struct sl_live *live)
{
    live->reset_expected = true;
}

static enum sl_status tell_displays(struct sl_live *live, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (uint32_t i = 0; i < live->scanouts && status == SL_OK; i++) {
        if (live->display_changed[i]) {
            live->display_changed[i] = false;
            status = sl_tap_event(live->tap,
                                  &(struct sl_event){.type = SL_EVENT_DISPLAY,
                                                     .u.display = {i, live->displays[i].width,
                                                                   live->displays[i].height}},
                                  err);
        }
    }
    return status;
}

/* A driver that starts anew finds the device as it was switched on, but for the host's wishes. */
static enum sl_status reset(struct sl_live *live, struct sl_error *err)
{
    live->reset_expected = false;
    live->features_told = false;
    live->displays_fresh = false;
    enum sl_status status =
        sl_tap_event(live->tap, &(struct sl_event){.type = SL_EVENT_RESET}, err);
    live->flushed = false; /* an empty screen is no picture */
    for (uint32_t i = 0; i < live->scanouts; i++) {
        const struct sl_gpu_display *wish = &live->displays[i];
        struct sl_gpu_display made = i == 0 ? first_display : (struct sl_gpu_display){0};
        live->display_changed[i] =
            live->asks_front_end && (wish->width != made.width || wish->height != made.height);
    }
    return status == SL_OK ? tell_displays(live, err) : status;
}

enum sl_status sl_live_start_queue(struct sl_live *live, const struct sl_vring_event *vring,
                                   struct sl_error *err)
{
    enum sl_status status = live->reset_expected ? reset(live, err) : SL_OK;
    if (status == SL_OK && !live->features_told) {
        live->features_told = true;
        status = sl_tap_event(
            live->tap, &(struct sl_event){.type = SL_EVENT_FEATURES, .u.features = live->features},
            err);
    }
    if (status == SL_OK) {
        status = sl_tap_event(live->tap,
                              &(struct sl_event){.type = SL_EVENT_VRING, .u.vring = *vring}, err);
    }
    live->queues[vring->queue] = (struct queue){.rings = *vring};
    return status;
}

static enum sl_status put_frame(struct sl_live *live, const char *name, struct sl_error *err)
{
    live->frames++;
    live->flushed = false;
    return sl_tap_event(live->tap,
                        &(struct sl_event){.type = SL_EVENT_FRAME,
                                           .u.text = {.text = name, .text_size = strlen(name)}},
                        err);
}

/* The capture point of the last round that changed a picture, once its driver has been told. */
static enum sl_status put_flush_frame(struct sl_live *live, struct sl_error *err)
{
    char name[32];
    if (!live->flushed || live->frames_marked_only || sl_live_is_done(live)) {
        return SL_OK;
    }
    snprintf(name, sizeof(name), "f%06" PRIu64, live->frames + 1);
    return put_frame(live, name, err);
}

enum sl_status sl_live_stop_queue(struct sl_live *live, uint32_t queue, uint16_t *base,
                                  struct sl_error *err)
{
    struct sl_target *target = sl_tap_target(live->tap);
    *base = 0;
    if (live->queues[queue].rings.size == 0) {
        return SL_OK;
    }
    enum sl_status status = put_flush_frame(live, err);
    if (status != SL_OK) {
        return status;
    }
    *base = target->impl->vring_base(target, queue);
    live->queues[queue] = (struct queue){0};
    return sl_tap_event(
        live->tap, &(struct sl_event){.type = SL_EVENT_VRING, .u.vring = {.queue = queue}}, err);
}

/* ---- Queues ---- */

/* Offsets in the rings (virtio 1.2, 2.7.6 and 2.7.8). */
enum { RING_FLAGS = 0, RING_INDEX = 2, RING_ENTRIES = 4, AVAIL_ENTRY_SIZE = 2 };

static uint16_t fetch16(struct sl_live *live, uint64_t gpa)
{
    uint8_t bytes[2];
    sl_guest_map_fetch(&live->map, gpa, bytes, sizeof(bytes));
    return sl_get_le16(bytes);
}

/*
 * Virtio 1.2, 2.7.7.2, with what the driver says now: within a step the device saw only what it
 * said at the beginning, and a driver that waits must not be missed. One interrupt too many does no
 * harm.
 */
static bool wants_interrupt(struct sl_live *live, uint32_t queue, uint16_t used_before)
{
    const struct sl_vring_event *rings = &live->queues[queue].rings;
    uint16_t used = fetch16(live, rings->used_gpa + RING_INDEX);
    if (used == used_before) {
        return false;
    }
    if (!(live->features >> VIRTIO_RING_F_EVENT_IDX & 1)) {
        return !(fetch16(live, rings->avail_gpa + RING_FLAGS) & VRING_AVAIL_F_NO_INTERRUPT);
    }
    uint16_t event =
        fetch16(live, rings->avail_gpa + RING_ENTRIES + (uint64_t)rings->size * AVAIL_ENTRY_SIZE);
    return vring_need_event(event, used, used_before);
}

static bool asks_for_displays(struct sl_live *live, const struct sl_vq *vq,
                              const struct sl_vq_chain *chain)
{
    enum { TYPE_SIZE = 4 };
    sl_buf_clear(&live->look_bytes);
    if (chain->malformed || !sl_vq_gather(vq, &live->look, chain, TYPE_SIZE, &live->look_bytes) ||
        live->look_bytes.size < TYPE_SIZE) {
        return false;
    }
    uint32_t type = sl_get_le32(live->look_bytes.data);
    return type == VIRTIO_GPU_CMD_GET_DISPLAY_INFO || type == VIRTIO_GPU_CMD_GET_EDID;
}

/* What there is to do in a queue, seen as the device will see it in the step that was begun. */
struct work {
    bool any;
    bool asks;
};

static struct work look(struct sl_live *live, uint32_t queue)
{
    /* A chain that breaks these is for the device to judge; it is no driver's question. */
    static const struct sl_vq_rules rules = {
        .max_buffers = SL_VQ_SIZE_MAX,
        .max_table = SL_VQ_SIZE_MAX,
        .tolerant = true,
    };
    const struct sl_vring_event *rings = &live->queues[queue].rings;
    struct sl_target *target = sl_tap_target(live->tap);
    /* Only the front end's displays are asked for, and only there are questions about them. */
    bool questions = queue == SL_LIVE_CONTROL_QUEUE && live->asks_front_end;
    struct sl_vq vq;
    struct work work = {0};
    const char *reason;
    enum sl_vq_result result;
    sl_vq_start(
        &vq, sl_tap_memory(live->tap),
        &(struct sl_vq_rings){rings->size, rings->desc_gpa, rings->avail_gpa, rings->used_gpa},
        target->impl->vring_base(target, queue), false);
    sl_vq_batch_clear(&live->look);
    do {
        result = sl_vq_pop(&vq, &rules, &live->look, &reason);
        work.any |= result != SL_VQ_EMPTY;
        if (result == SL_VQ_OK && questions) {
            work.asks |=
                asks_for_displays(live, &vq, &live->look.chains[live->look.chain_count - 1]);
        }
    } while (result == SL_VQ_OK && questions && !work.asks);
    return work;
}

/* The recorder is far behind; the guest's chains stay in its ring until it has caught up. */
static bool is_throttled(struct sl_live *live)
{
    uint64_t backlog = sl_recorder_backlog_bytes(live->recorder);
    bool was = live->throttled;
    live->throttled = backlog > live->max_backlog / (was ? THROTTLE_ENDS : THROTTLE_BEGINS);
    live->throttle_count += live->throttled && !was;
    return live->throttled;
}

static enum sl_live_outcome serve_once(struct sl_live *live, uint32_t queue, bool *interrupt,
                                       struct sl_error *err)
{
    struct queue *it = &live->queues[queue];
    struct sl_target *target = sl_tap_target(live->tap);
    if (put_flush_frame(live, err) != SL_OK || tell_displays(live, err) != SL_OK) {
        return SL_LIVE_FAILED;
    }
    sl_tap_begin(live->tap);
    struct work work = look(live, queue);
    if (!work.any) {
        sl_tap_cancel(live->tap);
        return SL_LIVE_IDLE;
    }
    if (work.asks && !live->displays_fresh && sl_gpu_screen_ask_display_info(live->screen)) {
        sl_tap_cancel(live->tap);
        live->waiting = true;
        return SL_LIVE_WAITING;
    }
    uint16_t base = target->impl->vring_base(target, queue);
    uint16_t used = fetch16(live, it->rings.used_gpa + RING_INDEX);
    const struct sl_event notify = {.type = SL_EVENT_NOTIFY, .u.notify_queue = queue};
    if (sl_tap_event(live->tap, &notify, err) != SL_OK) {
        return SL_LIVE_FAILED;
    }
    *interrupt |= sl_tap_interrupted(live->tap, queue) || wants_interrupt(live, queue, used);
    live->displays_fresh &= !work.asks;
    it->stuck = target->impl->vring_base(target, queue) == base;
    if (!it->stuck) {
        return SL_LIVE_MORE;
    }
    return put_flush_frame(live, err) == SL_OK ? SL_LIVE_STUCK : SL_LIVE_FAILED;
}

enum sl_live_outcome sl_live_serve(struct sl_live *live, uint32_t queue, bool *interrupt,
                                   struct sl_error *err)
{
    const struct queue *it = &live->queues[queue];
    enum sl_live_outcome outcome = SL_LIVE_MORE;
    *interrupt = false;
    if (it->rings.size == 0 || it->stuck) {
        return SL_LIVE_IDLE;
    }
    if (live->waiting && queue == SL_LIVE_CONTROL_QUEUE) {
        return SL_LIVE_WAITING;
    }
    /* A driver that wants to know is told before anything else is done. */
    for (int i = 0; i < ROUNDS && outcome == SL_LIVE_MORE && !*interrupt && !sl_live_is_done(live);
         i++) {
        outcome = is_throttled(live) ? SL_LIVE_THROTTLED : serve_once(live, queue, interrupt, err);
    }
    return outcome;
}

bool sl_live_queue_is_at(const struct sl_live *live, const struct sl_vring_event *vring)
{
    const struct sl_vring_event *rings = &live->queues[vring->queue].rings;
    return rings->size == vring->size && rings->desc_gpa == vring->desc_gpa &&
           rings->avail_gpa == vring->avail_gpa && rings->used_gpa == vring->used_gpa;
}

bool sl_live_is_broken(const struct sl_live *live)
{
    return sl_tap_is_broken(live->tap);
}

bool sl_live_is_waiting(const struct sl_live *live)
{
    return live->waiting;
}

void sl_live_stop_waiting(struct sl_live *live)
{
    live->displays_fresh |= live->waiting;
    live->waiting = false;
}

enum sl_status sl_live_mark(struct sl_live *live, const char *name, struct sl_error *err)
{
    return put_frame(live, name, err);
}

enum sl_status sl_live_note(struct sl_live *live, const char *text, struct sl_error *err)
{
    return sl_tap_event(live->tap,
                        &(struct sl_event){.type = SL_EVENT_NOTE,
                                           .u.text = {.text = text, .text_size = strlen(text)}},
                        err);
}
