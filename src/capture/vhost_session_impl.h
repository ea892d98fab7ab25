/* What the files of a session share. */
#ifndef SL_CAPTURE_VHOST_SESSION_IMPL_H
#define SL_CAPTURE_VHOST_SESSION_IMPL_H

#include "capture/vhost_session.h"
#include "capture/vhost_user.h"

#include <unistd.h>

struct sl_vhost_ring {
    uint32_t size;
    uint16_t base;
    bool placed; /* its addresses are known */
    struct sl_vhost_vring_addr at;
    bool enabled;
    bool kickable; /* the driver rings, or we have to look */
    bool running;
    bool pending; /* there may be chains that were not served */
    int kick;     /* -1 = none; with kickable: the ring is to be polled */
    int call;
    int err;
};

struct sl_vhost_session {
    struct sl_vhost_session_config config;
    struct sl_message_channel channel;
    struct sl_vhost_ring vrings[SL_LIVE_QUEUES];
    uint64_t features;
    uint64_t protocol_features;
    uint64_t wait_until_ms; /* 0 = nobody waits */
    bool throttled;
};

/* Closes what is open and leaves -1. */
static inline void sl_vhost_close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* ---- vhost_ring.c ---- */

/* Without PROTOCOL_FEATURES there is no SET_VRING_ENABLE, and rings are enabled from the start. */
bool sl_vhost_ring_is_enabled(const struct sl_vhost_session *s, const struct sl_vhost_ring *ring);

/* Starts a ring once everything about it is known. */
enum sl_status sl_vhost_ring_start(struct sl_vhost_session *s, uint32_t index,
                                   struct sl_error *err);

/* Its base is then the index of the next chain. Fine on a ring that does not run. */
enum sl_status sl_vhost_ring_stop(struct sl_vhost_session *s, uint32_t index, struct sl_error *err);

/* Follows rings that lie elsewhere after a new memory table. */
enum sl_status sl_vhost_rings_move(struct sl_vhost_session *s, struct sl_error *err);

/* SL_ERR_DAMAGED, vhost.message, about a queue. */
enum sl_status sl_vhost_ring_fail(struct sl_error *err, uint32_t index, const char *what);

/* ---- vhost_request.c ---- */

/*
 * Does what one message asks for and queues the reply. What a front end that wants to know can be
 * told is no end of the session: a failed request is answered by 1, an unknown one, too.
 */
enum sl_status sl_vhost_handle(struct sl_vhost_session *s, struct sl_message *message,
                               struct sl_error *err);

#endif
