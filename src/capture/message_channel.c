#include "capture/message_channel.h"

#include "base/status.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_AT = 0, FLAGS_AT = 4, SIZE_AT = 8 };

static uint32_t get_native32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static void put_native32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

enum sl_status sl_message_channel_open(struct sl_message_channel *channel, int fd,
                                       uint32_t payload_limit, size_t queue_limit,
                                       struct sl_error *err)
{
    *channel = (struct sl_message_channel){
        .fd = fd, .payload_limit = payload_limit, .queue_limit = queue_limit};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        enum sl_status status = sl_fail_errno(err, "socket", "set up");
        sl_message_channel_close(channel);
        return status;
    }
    return SL_OK;
}

static void close_fds(struct sl_message *message)
{
    for (size_t i = 0; i < message->fd_count; i++) {
        if (message->fds[i] >= 0) {
            close(message->fds[i]);
        }
    }
    message->fd_count = 0;
}

void sl_message_channel_close(struct sl_message_channel *channel)
{
    close_fds(&channel->message);
    sl_buf_finish(&channel->payload);
    sl_buf_finish(&channel->queue);
    if (channel->fd >= 0) {
        close(channel->fd);
    }
    *channel = (struct sl_message_channel){.fd = -1};
}

int sl_message_take_fd(struct sl_message *message, size_t index)
{
    if (index >= message->fd_count) {
        return -1;
    }
    int fd = message->fds[index];
    message->fds[index] = -1;
    return fd;
}

/* ---- Reading ---- */

static void collect_fds(struct sl_message *into, struct msghdr *head)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (into->fd_count < SL_MESSAGE_FDS) {
                into->fds[into->fd_count++] = fd;
            } else {
                close(fd);
            }
        }
    }
}

static enum sl_message_result read_failed(struct sl_error *err)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return SL_MESSAGE_AGAIN;
    }
    if (errno == ECONNRESET) {
        return SL_MESSAGE_CLOSED;
    }
    sl_fail_errno(err, "socket", "read");
    return SL_MESSAGE_BAD;
}

static enum sl_message_result read_ended(const struct sl_message_channel *channel,
                                         struct sl_error *err)
{
    if (channel->header_size == 0) {
        return SL_MESSAGE_CLOSED;
    }
    sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
            "the socket was closed %zu bytes into a message",
            channel->header_size + channel->payload_size);
    return SL_MESSAGE_BAD;
}

/* One recvmsg() of at most size bytes, which are of the message that is coming in. */
static enum sl_message_result receive(struct sl_message_channel *channel, uint8_t *to, size_t size,
                                      size_t *got, struct sl_error *err)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(SL_MESSAGE_FDS * sizeof(int))];
    } control;
    struct iovec vec = {.iov_base = to, .iov_len = size};
    struct msghdr head = {.msg_iov = &vec,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof(control.bytes)};
    ssize_t n;
    do {
        n = recvmsg(channel->fd, &head, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return read_failed(err);
    }
    struct sl_message stray = {0};
    bool is_first = channel->header_size == 0 && n > 0;
    collect_fds(is_first ? &channel->message : &stray, &head);
    close_fds(&stray);
    if (head.msg_flags & MSG_CTRUNC) {
        sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                "a message comes with more than %u descriptors, or more than this process can have",
                SL_MESSAGE_FDS);
        return SL_MESSAGE_BAD;
    }
    *got = (size_t)n;
    return n > 0 ? SL_MESSAGE_READY : read_ended(channel, err);
}

static enum sl_message_result read_header(struct sl_message_channel *channel, struct sl_error *err)
{
    while (channel->header_size < SL_MESSAGE_HEADER_SIZE) {
        size_t got;
        enum sl_message_result result =
            receive(channel, channel->header + channel->header_size,
                    SL_MESSAGE_HEADER_SIZE - channel->header_size, &got, err);
        if (result != SL_MESSAGE_READY) {
            return result;
        }
        channel->header_size += got;
    }
    uint32_t request = get_native32(channel->header + REQUEST_AT);
    uint32_t size = get_native32(channel->header + SIZE_AT);
    if (size > channel->payload_limit) {
        sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                "message %" PRIu32 " announces %" PRIu32 " bytes, the limit is %" PRIu32, request,
                size, channel->payload_limit);
        return SL_MESSAGE_BAD;
    }
    channel->message.request = request;
    channel->message.flags = get_native32(channel->header + FLAGS_AT);
    channel->message.size = size;
    return SL_MESSAGE_READY;
}

static enum sl_message_result read_payload(struct sl_message_channel *channel, struct sl_error *err)
{
    struct sl_message *message = &channel->message;
    if (channel->payload.size < message->size && !sl_buf_extend(&channel->payload, message->size)) {
        sl_fail_memory(err, message->size);
        return SL_MESSAGE_BAD;
    }
    while (channel->payload_size < message->size) {
        size_t got;
        enum sl_message_result result =
            receive(channel, channel->payload.data + channel->payload_size,
                    message->size - channel->payload_size, &got, err);
        if (result != SL_MESSAGE_READY) {
            return result;
        }
        channel->payload_size += got;
    }
    message->payload = channel->payload.data;
    return SL_MESSAGE_READY;
}

/* Forgets the message that the last call handed out. */
static void begin_message(struct sl_message_channel *channel)
{
    close_fds(&channel->message);
    channel->message = (struct sl_message){0};
    channel->header_size = 0;
    channel->payload_size = 0;
    sl_buf_clear(&channel->payload);
}

enum sl_message_result sl_message_channel_read(struct sl_message_channel *channel,
                                               struct sl_message **out, struct sl_error *err)
{
    bool is_complete = channel->header_size == SL_MESSAGE_HEADER_SIZE &&
                       channel->payload_size == channel->message.size;
    if (is_complete) {
        begin_message(channel);
    }
    enum sl_message_result result = SL_MESSAGE_READY;
    if (channel->header_size < SL_MESSAGE_HEADER_SIZE) {
        result = read_header(channel, err);
    }
    if (result == SL_MESSAGE_READY) {
        result = read_payload(channel, err);
    }
    if (result == SL_MESSAGE_READY) {
        *out = &channel->message;
    }
    return result;
}

/* ---- Writing ---- */

static size_t waiting(const struct sl_message_channel *channel)
{
    return channel->queue.size - channel->sent;
}

/* Moves what waits to the front, so that the buffer grows no larger than the limit. */
static void drop_sent(struct sl_message_channel *channel)
{
    size_t left = waiting(channel);
    if (channel->sent > 0) {
        memmove(channel->queue.data, channel->queue.data + channel->sent, left);
        channel->queue.size = left;
        channel->sent = 0;
    }
}

uint8_t *sl_message_channel_begin(struct sl_message_channel *channel, uint32_t request,
                                  uint32_t flags, size_t size, struct sl_error *err)
{
    assert(size <= UINT32_MAX);
    drop_sent(channel);
    size_t left = channel->queue_limit - waiting(channel);
    if (left < SL_MESSAGE_HEADER_SIZE || size > left - SL_MESSAGE_HEADER_SIZE) {
        sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_LIMIT,
                "%zu bytes wait for a peer that does not read; the limit is %zu", waiting(channel),
                channel->queue_limit);
        return NULL;
    }
    uint8_t *p = sl_buf_extend(&channel->queue, SL_MESSAGE_HEADER_SIZE + size);
    if (!p) {
        channel->queue.failed = false;
        sl_fail_memory(err, size);
        return NULL;
    }
    put_native32(p + REQUEST_AT, request);
    put_native32(p + FLAGS_AT, flags);
    put_native32(p + SIZE_AT, (uint32_t)size);
    return p + SL_MESSAGE_HEADER_SIZE;
}

enum sl_status sl_message_channel_queue(struct sl_message_channel *channel, uint32_t request,
                                        uint32_t flags, const void *payload, size_t size,
                                        struct sl_error *err)
{
    uint8_t *p = sl_message_channel_begin(channel, request, flags, size, err);
    if (!p) {
        return SL_ERR_ENVIRONMENT;
    }
    if (size > 0) {
        memcpy(p, payload, size);
    }
    return SL_OK;
}

bool sl_message_channel_wants_write(const struct sl_message_channel *channel)
{
    return waiting(channel) > 0;
}

enum sl_message_result sl_message_channel_write(struct sl_message_channel *channel,
                                                struct sl_error *err)
{
    while (waiting(channel) > 0) {
        ssize_t n = send(channel->fd, channel->queue.data + channel->sent, waiting(channel),
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            channel->sent += (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return SL_MESSAGE_AGAIN;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return SL_MESSAGE_CLOSED;
        } else if (errno != EINTR) {
            sl_fail_errno(err, "socket", "write");
            return SL_MESSAGE_BAD;
        }
    }
    drop_sent(channel);
    return SL_MESSAGE_READY;
}
