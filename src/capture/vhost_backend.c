#include "capture/vhost_backend.h"

#include "base/status.h"
#include "capture/mark_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATUS_MS = 500 };

/* ---- Listening ---- */

/* A socket that a recorder left behind when it was killed: nobody answers. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat there;
    if (lstat(address->sun_path, &there) != 0 || !S_ISSOCK(there.st_mode)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    bool refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    close(fd);
    return refused;
}

enum sl_status sl_vhost_listen(const char *path, int *fd, struct sl_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    *fd = -1;
    if (length == 0 || length >= sizeof(address.sun_path)) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_CAPTURE_SOCKET,
                       "\"%s\" is no path for a socket: it needs 1 to %zu bytes", path,
                       sizeof(address.sun_path) - 1);
    }
    memcpy(address.sun_path, path, length);
    if (is_stale(&address)) {
        unlink(path);
    }
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0 || bind(made, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(made, 1) != 0) {
        enum sl_status status = sl_fail_errno(err, path, "listen on");
        if (made >= 0) {
            close(made);
        }
        return status;
    }
    *fd = made;
    return SL_OK;
}

/* ---- The loop ---- */

enum {
    POLL_STOP,
    POLL_LISTEN,
    POLL_MARKS,
    POLL_SESSION,
    POLL_COUNT = POLL_SESSION + SL_VHOST_SESSION_FDS
};

struct backend {
    const struct sl_vhost_backend_config *config;
    struct sl_live *live;
    struct sl_vhost_session *session; /* NULL between front ends */
    struct sl_mark_reader marks;
    int marks_fd;
    char mark[SL_MARK_MAX + 1]; /* waits for the queues; "" = none */
    bool ended;
    enum sl_status status;
    struct sl_error *err;
};

static void fail(struct backend *b, enum sl_status status)
{
    b->status = status;
    b->ended = true;
}

/* What the trace could not take. One that has reached its limit of bytes is as it was to be. */
static void fail_recording(struct backend *b, enum sl_status status)
{
    b->ended = true;
    if (!sl_live_is_full(b->live)) {
        fail(b, status);
    }
}

static void accept_front_end(struct backend *b)
{
    int fd = accept4(b->config->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return; /* it is gone again */
    }
    enum sl_status status = sl_vhost_session_create(&b->config->session, fd, &b->session, b->err);
    if (status != SL_OK) {
        fail(b, status);
        return;
    }
    status = sl_live_note(b->live, "front end connected", b->err);
    if (status != SL_OK) {
        fail_recording(b, status);
    }
}

static void end_session(struct backend *b, const char *note)
{
    sl_vhost_session_destroy(b->session);
    b->session = NULL;
    b->ended |= b->config->once;
    if (b->status == SL_OK && sl_live_note(b->live, note, b->err) != SL_OK) {
        fail_recording(b, b->err->status);
    }
}

static void run_session(struct backend *b, const struct pollfd *fds)
{
    struct sl_error problem = {0};
    enum sl_vhost_outcome outcome = sl_vhost_session_run(b->session, fds, &problem);
    switch (outcome) {
    case SL_VHOST_GOES_ON:
        return;
    case SL_VHOST_ENDED:
        end_session(b, "front end disconnected");
        return;
    case SL_VHOST_BAD:
        end_session(b, "front end broke the protocol");
        if (b->config->once && b->status == SL_OK) {
            *b->err = problem;
            fail(b, problem.status);
        } else {
            b->config->problem(b->config->data, &problem);
        }
        return;
    case SL_VHOST_FAILED:
        break;
    }
    *b->err = problem;
    fail_recording(b, problem.status);
}

/* Capture points come when nothing is left to be drawn. */
static void put_marks(struct backend *b)
{
    while (!b->ended && (!b->session || sl_vhost_session_is_idle(b->session))) {
        if (b->mark[0] == '\0' && !sl_mark_reader_next(&b->marks, b->mark)) {
            return;
        }
        enum sl_status status = sl_live_mark(b->live, b->mark, b->err);
        b->mark[0] = '\0';
        if (status != SL_OK) {
            fail_recording(b, status);
        }
        b->ended |= sl_live_is_done(b->live);
    }
}

static int prepare(struct backend *b, struct pollfd fds[POLL_COUNT])
{
    int timeout = -1;
    for (size_t i = 0; i < POLL_COUNT; i++) {
        fds[i] = (struct pollfd){.fd = -1};
    }
    fds[POLL_STOP] = (struct pollfd){.fd = b->config->stop_fd, .events = POLLIN};
    if (!sl_mark_reader_is_full(&b->marks)) {
        fds[POLL_MARKS] = (struct pollfd){.fd = b->marks_fd, .events = POLLIN};
    }
    if (b->session) {
        timeout = sl_vhost_session_poll(b->session, fds + POLL_SESSION);
    } else {
        fds[POLL_LISTEN] = (struct pollfd){.fd = b->config->listen_fd, .events = POLLIN};
    }
    return timeout < 0 || timeout > STATUS_MS ? STATUS_MS : timeout;
}

static void turn(struct backend *b)
{
    struct pollfd fds[POLL_COUNT];
    int timeout = prepare(b, fds);
    if (poll(fds, POLL_COUNT, timeout) < 0) {
        if (errno != EINTR) {
            fail(b, sl_fail_errno(b->err, NULL, "poll"));
        }
        return;
    }
    if (fds[POLL_STOP].revents) {
        b->ended = true;
        return;
    }
    if (fds[POLL_LISTEN].revents) {
        accept_front_end(b);
    } else if (b->session) {
        run_session(b, fds + POLL_SESSION);
    }
    if (fds[POLL_MARKS].revents && !sl_mark_reader_fill(&b->marks, b->marks_fd)) {
        b->marks_fd = -1;
    }
    put_marks(b);
    b->ended |= sl_live_is_done(b->live);
}

enum sl_status sl_vhost_backend_run(const struct sl_vhost_backend_config *config,
                                    struct sl_error *err)
{
    struct backend b = {
        .config = config,
        .live = config->session.live,
        .marks_fd = config->marks_fd,
        .err = err,
    };
    while (!b.ended) {
        turn(&b);
        config->status(config->data, b.live);
    }
    sl_vhost_session_destroy(b.session);
    /* What was recorded is kept, whatever ended it. */
    struct sl_error finish = {0};
    enum sl_status status = sl_live_finish(b.live, &finish);
    if (b.status == SL_OK && status != SL_OK) {
        *err = finish;
        b.status = status;
    }
    config->status(config->data, b.live);
    return b.status;
}
