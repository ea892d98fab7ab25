/*
 * One front end of vhost-user-gpu, from its first message until it is gone. The session answers
 * messages, keeps the rings' descriptors and lets the device serve them. It never waits: whoever
 * owns it polls what it asks to poll.
 *
 * The process must ignore SIGPIPE: an interrupt goes to whatever descriptor the front end gave,
 * also to a socket or a pipe that nobody reads any more.
 */
#ifndef SL_CAPTURE_VHOST_SESSION_H
#define SL_CAPTURE_VHOST_SESSION_H

#include "capture/live_device.h"

#include <poll.h>

struct sl_vhost_session;

struct sl_vhost_session_config {
    struct sl_live *live; /* must outlive the session */
    bool offers_edid;
    uint32_t scanouts;
};

/* Takes the connected socket in any case. */
enum sl_status sl_vhost_session_create(const struct sl_vhost_session_config *config, int fd,
                                       struct sl_vhost_session **session, struct sl_error *err);

/*
 * Stops the queues, which the trace tells, closes every descriptor and unmaps the guest's memory.
 * NULL is fine.
 */
void sl_vhost_session_destroy(struct sl_vhost_session *session);

/* The socket, that of the screens, and a kick of each queue. */
#define SL_VHOST_SESSION_FDS (2u + SL_LIVE_QUEUES)

/*
 * Fills what to poll and returns in how many milliseconds to come back at the latest, -1 = only
 * when something happens. Descriptors that are not there are -1.
 */
int sl_vhost_session_poll(struct sl_vhost_session *session,
                          struct pollfd fds[SL_VHOST_SESSION_FDS]);

enum sl_vhost_outcome {
    SL_VHOST_GOES_ON,
    SL_VHOST_ENDED,  /* the front end is gone */
    SL_VHOST_BAD,    /* it broke the protocol: rule vhost.message or vhost.memory */
    SL_VHOST_FAILED, /* the recording cannot go on */
};

/* Does what the descriptors are ready for, a bounded part of it. */
enum sl_vhost_outcome sl_vhost_session_run(struct sl_vhost_session *session,
                                           const struct pollfd fds[SL_VHOST_SESSION_FDS],
                                           struct sl_error *err);

/* True if no chain waits that could be served now: what was drawn is in the trace. */
bool sl_vhost_session_is_idle(const struct sl_vhost_session *session);

#endif
