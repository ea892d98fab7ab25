#include "base/clock.h"
#include "capture/vhost_session_impl.h"

#include "base/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    PAYLOAD_LIMIT = 4096,  /* twice the largest message that is known */
    OUT_LIMIT = 64 * 1024, /* replies to a front end that does not read them */
    MESSAGES_AT_ONCE = 64,
    SOON_MS = 1,        /* when the recorder is behind */
    POLLED_RING_MS = 5, /* for a ring without a kick descriptor */
    WAIT_FOR_DISPLAYS_MS = 1000,
};

/*
 * Adds 1 to an eventfd of the front end's. Whatever descriptor it really is, this does not wait: a
 * counter that is full has woken its reader already.
 */
static void signal_fd(int fd)
{
    const uint64_t one = 1;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (fd >= 0 && poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT)) {
        ssize_t written = write(fd, &one, sizeof(one));
        (void)written;
    }
}

enum sl_status sl_vhost_session_create(const struct sl_vhost_session_config *config, int fd,
                                       struct sl_vhost_session **session, struct sl_error *err)
{
    *session = NULL;
    struct sl_vhost_session *made = calloc(1, sizeof(*made));
    if (!made) {
        close(fd);
        return sl_fail_memory(err, sizeof(*made));
    }
    made->config = *config;
    for (size_t i = 0; i < SL_LIVE_QUEUES; i++) {
        made->vrings[i].kick = made->vrings[i].call = made->vrings[i].err = -1;
    }
    enum sl_status status =
        sl_message_channel_open(&made->channel, fd, PAYLOAD_LIMIT, OUT_LIMIT, err);
    if (status != SL_OK) {
        free(made);
        return status;
    }
    *session = made;
    return SL_OK;
}

/* ---- Descriptors that are ready ---- */

/* Whose fault it was: the recording's own, or something that this front end sent. */
static enum sl_vhost_outcome outcome_of(const struct sl_vhost_session *s, enum sl_status status)
{
    if (status == SL_OK) {
        return SL_VHOST_GOES_ON;
    }
    return sl_live_is_broken(s->config.live) ? SL_VHOST_FAILED : SL_VHOST_BAD;
}

static enum sl_vhost_outcome channel_outcome(enum sl_message_result result)
{
    switch (result) {
    case SL_MESSAGE_READY:
    case SL_MESSAGE_AGAIN:
        return SL_VHOST_GOES_ON;
    case SL_MESSAGE_CLOSED:
        return SL_VHOST_ENDED;
    case SL_MESSAGE_BAD:
        break;
    }
    return SL_VHOST_BAD;
}

static enum sl_vhost_outcome read_messages(struct sl_vhost_session *s, struct sl_error *err)
{
    for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
        struct sl_message *message;
        enum sl_message_result result = sl_message_channel_read(&s->channel, &message, err);
        if (result != SL_MESSAGE_READY) {
            return channel_outcome(result);
        }
        enum sl_vhost_outcome outcome = outcome_of(s, sl_vhost_handle(s, message, err));
        if (outcome != SL_VHOST_GOES_ON) {
            return outcome;
        }
    }
    return SL_VHOST_GOES_ON;
}

/* What is wrong with the screens' socket only ends that socket: the guest does without. */
static void run_screen(struct sl_vhost_session *s, short events)
{
    struct sl_gpu_screen *screen = sl_live_screen(s->config.live);
    struct sl_error ignored;
    if (events & (POLLIN | POLLHUP | POLLERR)) {
        (void)sl_gpu_screen_readable(screen, &ignored);
    }
    if ((events & POLLOUT) && sl_gpu_screen_fd(screen) >= 0) {
        (void)sl_gpu_screen_writable(screen, &ignored);
    }
}

/* Reads without waiting what poll() said is there; somebody else may have taken it meanwhile. */
static ssize_t read_kick(int fd, uint64_t *count)
{
    struct iovec into = {.iov_base = count, .iov_len = sizeof(*count)};
    ssize_t got = preadv2(fd, &into, 1, -1, RWF_NOWAIT);
    if (got >= 0 || errno != EOPNOTSUPP) {
        return got;
    }
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, 0) != 1) {
        errno = EAGAIN;
        return -1;
    }
    return read(fd, count, sizeof(*count));
}

/*
 * Empties the counter of a kick. If two queues share one, only the first finds it full, and both
 * are to be looked at. A descriptor that gives no number will not do so later either.
 */
static void take_kick(struct sl_vhost_ring *ring)
{
    uint64_t count;
    ssize_t got = read_kick(ring->kick, &count);
    ring->pending = true;
    if (got != (ssize_t)sizeof(count) && (got >= 0 || (errno != EAGAIN && errno != EINTR))) {
        sl_vhost_close_fd(&ring->kick);
    }
}

static bool may_serve(const struct sl_vhost_session *s, const struct sl_vhost_ring *ring)
{
    return ring->running && sl_vhost_ring_is_enabled(s, ring);
}

static enum sl_vhost_outcome serve(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    struct sl_vhost_ring *ring = &s->vrings[index];
    bool interrupt;
    bool polled = ring->kickable && ring->kick < 0;
    if (!may_serve(s, ring) || !(ring->pending || polled)) {
        return SL_VHOST_GOES_ON;
    }
    ring->pending = false;
    enum sl_live_outcome outcome = sl_live_serve(s->config.live, index, &interrupt, err);
    if (interrupt) {
        signal_fd(ring->call);
    }
    switch (outcome) {
    case SL_LIVE_IDLE:
        return SL_VHOST_GOES_ON;
    case SL_LIVE_MORE:
        ring->pending = true;
        return SL_VHOST_GOES_ON;
    case SL_LIVE_THROTTLED:
        ring->pending = true;
        s->throttled = true;
        return SL_VHOST_GOES_ON;
    case SL_LIVE_WAITING:
        ring->pending = true;
        if (s->wait_until_ms == 0) {
            s->wait_until_ms = sl_clock_ms() + WAIT_FOR_DISPLAYS_MS;
        }
        return SL_VHOST_GOES_ON;
    case SL_LIVE_STUCK:
        signal_fd(ring->err);
        return SL_VHOST_GOES_ON;
    case SL_LIVE_FAILED:
        break;
    }
    return SL_VHOST_FAILED;
}

/* What sl_vhost_session_poll() fills in. */
enum { POLL_CHANNEL, POLL_SCREEN, POLL_KICKS };

/* Nothing about a ring is to be done before time passes or the screens' socket answers. */
static bool is_held(const struct sl_vhost_session *s, uint32_t index)
{
    return s->throttled || (s->wait_until_ms != 0 && index == SL_LIVE_CONTROL_QUEUE);
}

int sl_vhost_session_poll(struct sl_vhost_session *s, struct pollfd fds[SL_VHOST_SESSION_FDS])
{
    const struct sl_gpu_screen *screen = sl_live_screen(s->config.live);
    int timeout = -1;
    fds[POLL_CHANNEL] = (struct pollfd){
        .fd = s->channel.fd,
        .events = (short)(POLLIN | (sl_message_channel_wants_write(&s->channel) ? POLLOUT : 0))};
    fds[POLL_SCREEN] = (struct pollfd){
        .fd = sl_gpu_screen_fd(screen),
        .events = (short)(POLLIN | (sl_gpu_screen_wants_write(screen) ? POLLOUT : 0))};
    for (uint32_t i = 0; i < SL_LIVE_QUEUES; i++) {
        const struct sl_vhost_ring *ring = &s->vrings[i];
        fds[POLL_KICKS + i] = (struct pollfd){.fd = ring->kick, .events = POLLIN};
        if (!may_serve(s, ring)) {
            fds[POLL_KICKS + i].fd = -1; /* the kick stays until the ring runs */
        } else if (ring->pending && !is_held(s, i)) {
            timeout = 0;
        } else if (ring->kick < 0 && timeout < 0) {
            timeout = POLLED_RING_MS;
        }
    }
    if (s->throttled && timeout != 0) {
        timeout = SOON_MS;
    }
    if (s->wait_until_ms != 0 && timeout < 0) {
        uint64_t now = sl_clock_ms();
        timeout = s->wait_until_ms > now ? (int)(s->wait_until_ms - now) : 0;
    }
    return timeout;
}

enum sl_vhost_outcome sl_vhost_session_run(struct sl_vhost_session *s,
                                           const struct pollfd fds[SL_VHOST_SESSION_FDS],
                                           struct sl_error *err)
{
    enum sl_vhost_outcome outcome = SL_VHOST_GOES_ON;
    if (fds[POLL_SCREEN].revents) {
        run_screen(s, fds[POLL_SCREEN].revents);
    }
    for (uint32_t i = 0; i < SL_LIVE_QUEUES; i++) {
        if (fds[POLL_KICKS + i].revents && s->vrings[i].kick == fds[POLL_KICKS + i].fd) {
            take_kick(&s->vrings[i]);
        }
    }
    if (fds[POLL_CHANNEL].revents & (POLLIN | POLLHUP | POLLERR)) {
        outcome = read_messages(s, err);
    }
    if (s->wait_until_ms != 0 &&
        (!sl_live_is_waiting(s->config.live) || sl_clock_ms() >= s->wait_until_ms)) {
        s->wait_until_ms = 0;
        sl_live_stop_waiting(s->config.live);
    }
    s->throttled = false;
    for (uint32_t i = 0; i < SL_LIVE_QUEUES && outcome == SL_VHOST_GOES_ON; i++) {
        outcome = serve(s, i, err);
    }
    if (outcome == SL_VHOST_GOES_ON && sl_message_channel_wants_write(&s->channel)) {
        outcome = channel_outcome(sl_message_channel_write(&s->channel, err));
    }
    return outcome;
}

bool sl_vhost_session_is_idle(const struct sl_vhost_session *s)
{
    for (uint32_t i = 0; i < SL_LIVE_QUEUES; i++) {
        if (may_serve(s, &s->vrings[i]) && s->vrings[i].pending) {
            return false;
        }
    }
    return true;
}

void sl_vhost_session_destroy(struct sl_vhost_session *s)
{
    if (!s) {
        return;
    }
    for (uint32_t i = 0; i < SL_LIVE_QUEUES; i++) {
        struct sl_vhost_ring *ring = &s->vrings[i];
        struct sl_error ignored; /* a failing recorder tells again when it is asked to finish */
        (void)sl_vhost_ring_stop(s, i, &ignored);
        sl_vhost_close_fd(&ring->kick);
        sl_vhost_close_fd(&ring->call);
        sl_vhost_close_fd(&ring->err);
    }
    sl_gpu_screen_detach(sl_live_screen(s->config.live));
    sl_live_stop_waiting(s->config.live);
    sl_guest_map_finish(sl_live_map(s->config.live)); /* or the memory of a dead guest would stay */
    sl_message_channel_close(&s->channel);
    free(s);
}
