/* The rings of a session: when they start, where they are, when they stop. */
#include "capture/vhost_session_impl.h"

#include "base/status.h"

#include <inttypes.h>

enum sl_status sl_vhost_ring_stop(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    struct sl_vhost_ring *ring = &s->vrings[index];
    if (!ring->running) {
        return SL_OK;
    }
    ring->running = false;
    return sl_live_stop_queue(s->config.live, index, &ring->base, err);
}

enum sl_status sl_vhost_ring_fail(struct sl_error *err, uint32_t index, const char *what)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE, "queue %" PRIu32 ": %s", index,
                   what);
}

/* The rings as the device knows them. */
static enum sl_status translate(struct sl_vhost_session *s, uint32_t index,
                                struct sl_vring_event *vring, struct sl_error *err)
{
    enum { DESC = 16, AVAIL_FIXED = 6, AVAIL = 2, USED_FIXED = 6, USED = 8 };
    const struct sl_vhost_ring *ring = &s->vrings[index];
    const struct sl_guest_map *map = sl_live_map(s->config.live);
    *vring = (struct sl_vring_event){.queue = index, .size = ring->size, .base = ring->base};
    if (!sl_guest_map_uva_to_gpa(map, ring->at.desc, (uint64_t)DESC * ring->size,
                                 &vring->desc_gpa) ||
        !sl_guest_map_uva_to_gpa(map, ring->at.avail, AVAIL_FIXED + (uint64_t)AVAIL * ring->size,
                                 &vring->avail_gpa) ||
        !sl_guest_map_uva_to_gpa(map, ring->at.used, USED_FIXED + (uint64_t)USED * ring->size,
                                 &vring->used_gpa)) {
        return sl_vhost_ring_fail(err, index, "its rings are not in the memory table");
    }
    return SL_OK;
}

bool sl_vhost_ring_is_enabled(const struct sl_vhost_session *s, const struct sl_vhost_ring *ring)
{
    return ring->enabled || !(s->features >> SL_VHOST_F_PROTOCOL_FEATURES & 1);
}

enum sl_status sl_vhost_ring_start(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    struct sl_vhost_ring *ring = &s->vrings[index];
    if (ring->running || !ring->kickable || !ring->placed || ring->size == 0 ||
        !sl_vhost_ring_is_enabled(s, ring)) {
        return SL_OK;
    }
    struct sl_vring_event vring;
    enum sl_status status = translate(s, index, &vring, err);
    if (status == SL_OK) {
        status = sl_live_start_queue(s->config.live, &vring, err);
    }
    if (status == SL_OK) {
        ring->running = true;
        ring->pending = true; /* a kick may have come before anybody listened */
    }
    return status;
}

enum sl_status sl_vhost_rings_move(struct sl_vhost_session *s, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (uint32_t i = 0; i < SL_LIVE_QUEUES && status == SL_OK; i++) {
        struct sl_vring_event vring;
        if (!s->vrings[i].running) {
            continue;
        }
        status = translate(s, i, &vring, err);
        if (status == SL_OK && !sl_live_queue_is_at(s->config.live, &vring)) {
            status = sl_vhost_ring_stop(s, i, err);
            status = status == SL_OK ? sl_vhost_ring_start(s, i, err) : status;
        }
    }
    return status;
}
