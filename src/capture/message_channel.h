/*
 * One UNIX stream socket with messages as vhost-user and vhost-user-gpu have them: three 32-bit
 * words (request, flags, payload size) in native byte order, then the payload. Descriptors come
 * with the first byte of their message (vhost-user, "Message Specification").
 *
 * Nothing here ever blocks. The owner polls the socket, calls sl_message_channel_read() when it is
 * readable and sl_message_channel_write() when it is writable and there is something to write.
 */
#ifndef SL_CAPTURE_MESSAGE_CHANNEL_H
#define SL_CAPTURE_MESSAGE_CHANNEL_H

#include "base/buf.h"

#include <scanlock/error.h>

#define SL_MESSAGE_HEADER_SIZE 12u
#define SL_MESSAGE_FDS 8u /* VHOST_USER_MAX_FDS of the common front ends */

enum sl_message_result {
    SL_MESSAGE_READY,  /* read: here is a message; write: all is written */
    SL_MESSAGE_AGAIN,  /* poll, then call again */
    SL_MESSAGE_CLOSED, /* the peer is gone */
    SL_MESSAGE_BAD,    /* the channel is of no more use; the error says why */
};

struct sl_message {
    uint32_t request;
    uint32_t flags;
    const uint8_t *payload; /* borrowed, valid until the next read */
    size_t size;
    size_t fd_count;
    int fds[SL_MESSAGE_FDS];
};

/* Zeroed but for fd, which is then -1, it is closed. */
struct sl_message_channel {
    int fd;
    uint32_t payload_limit;
    size_t queue_limit;

    /* The message that is coming in. */
    uint8_t header[SL_MESSAGE_HEADER_SIZE];
    size_t header_size; /* bytes of it that are there */
    struct sl_buf payload;
    size_t payload_size; /* bytes of it that are there */
    struct sl_message message;

    /* What is to go out, less what has gone. */
    struct sl_buf queue;
    size_t sent;
};

/*
 * Takes the socket and makes it non-blocking. A message with more than payload_limit bytes is
 * refused; queue_limit bounds what waits for a peer that does not read, headers included.
 */
enum sl_status sl_message_channel_open(struct sl_message_channel *channel, int fd,
                                       uint32_t payload_limit, size_t queue_limit,
                                       struct sl_error *err);

/* Closes the socket and every descriptor that nobody took. Fine on a closed one. */
void sl_message_channel_close(struct sl_message_channel *channel);

/*
 * Reads on. With SL_MESSAGE_READY *out is the next message, which the channel keeps; the next call
 * closes the descriptors that sl_message_take_fd() did not take. Descriptors that come inside a
 * message are closed at once.
 *
 * SL_MESSAGE_BAD: rule vhost.message (SL_ERR_DAMAGED) for a payload above the limit, more than
 * eight descriptors or an end inside a message; SL_ERR_ENVIRONMENT for the rest.
 */
enum sl_message_result sl_message_channel_read(struct sl_message_channel *channel,
                                               struct sl_message **out, struct sl_error *err);

/* The descriptor, which is the caller's now; -1 if there is none of that number. */
int sl_message_take_fd(struct sl_message *message, size_t index);

/*
 * Puts a message at the end of the queue and returns its payload for the caller to fill, NULL if
 * the queue is full (SL_ERR_ENVIRONMENT, host.limit) or there is no memory. The pointer is valid
 * until the next call. Nothing is written yet. size 0 gives a pointer, too.
 */
uint8_t *sl_message_channel_begin(struct sl_message_channel *channel, uint32_t request,
                                  uint32_t flags, size_t size, struct sl_error *err);

/* sl_message_channel_begin() with the payload copied from the caller. */
enum sl_status sl_message_channel_queue(struct sl_message_channel *channel, uint32_t request,
                                        uint32_t flags, const void *payload, size_t size,
                                        struct sl_error *err);

/* True if a message or a part of one waits. */
bool sl_message_channel_wants_write(const struct sl_message_channel *channel);

/* Writes what the socket takes. */
enum sl_message_result sl_message_channel_write(struct sl_message_channel *channel,
                                                struct sl_error *err);

#endif
