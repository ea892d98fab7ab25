#include "replay/drive.h"

#include "base/status.h"

#include <assert.h>

static enum sl_status misfit(struct sl_error *err, const char *what)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_REPLAY_EVENT, "%s", what);
}

static enum sl_status access_bus(struct sl_target *target, const struct sl_mmio_event *access,
                                 uint64_t *value, struct sl_error *err)
{
    bool sized = access->size == 1 || access->size == 2 || access->size == 4 || access->size == 8;
    if (!sized || (unsigned)access->space >= SL_SPACE_COUNT) {
        return misfit(err, "a register access has no possible size or space");
    }
    if (access->is_read) {
        *value = target->impl->read(target, access->space, access->offset, access->size);
    } else {
        target->impl->write(target, access->space, access->offset, access->size, access->value);
    }
    return SL_OK;
}

static enum sl_status work_queue(struct sl_target *target, const struct sl_event *event,
                                 struct sl_error *err)
{
    if (!target->impl->vring || !target->impl->notify) {
        return misfit(err, "a queue event in a trace for a device without virtqueues");
    }
    if (event->type == SL_EVENT_VRING) {
        target->impl->vring(target, &event->u.vring);
    } else {
        target->impl->notify(target, event->u.notify_queue);
    }
    return SL_OK;
}

static enum sl_status accept_features(struct sl_target *target, uint64_t features,
                                      struct sl_error *err)
{
    if (!target->impl->features) {
        return misfit(err, "a features event in a trace for a device that is told by registers");
    }
    target->impl->features(target, features);
    return SL_OK;
}

static enum sl_status change_display(struct sl_target *target,
                                     const struct sl_display_event *display, struct sl_error *err)
{
    if (!target->impl->display) {
        return misfit(err, "a display event in a trace for a device that has no displays");
    }
    target->impl->display(target, display);
    return SL_OK;
}

enum sl_status sl_drive(struct sl_target *target, const struct sl_event *event, uint64_t *value,
                        struct sl_error *err)
{
    switch (event->type) {
    case SL_EVENT_MMIO:
        return access_bus(target, &event->u.mmio, value, err);
    case SL_EVENT_VRING:
    case SL_EVENT_NOTIFY:
        return work_queue(target, event, err);
    case SL_EVENT_VBLANK:
        target->impl->vblank(target, &event->u.vblank);
        return SL_OK;
    case SL_EVENT_DISPLAY:
        return change_display(target, &event->u.display, err);
    case SL_EVENT_RESET:
        target->impl->reset(target);
        return SL_OK;
    case SL_EVENT_FEATURES:
        return accept_features(target, event->u.features, err);
    case SL_EVENT_MEM:
    case SL_EVENT_FRAME:
    case SL_EVENT_EXPECT:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
    case SL_EVENT_RAM:
        break;
    }
    return misfit(err, "an event of unknown type");
}

struct sl_observation sl_drive_frame(uint32_t scanout, const struct sl_image *image,
                                     struct sl_hash128 *hash)
{
    struct sl_observation observation = {.kind = SL_OBS_FRAME, .queue = scanout};
    static_assert(sizeof(hash->bytes) == SL_FRAME_HASH_SIZE, "hashes of frames");
    if (image->width != 0 && image->height != 0) {
        *hash = sl_hash128(image->pixels, sl_image_size_bytes(image));
        observation.value = (uint64_t)image->width << 32 | image->height;
        observation.bytes = hash->bytes;
        observation.size = sizeof(hash->bytes);
    }
    return observation;
}
