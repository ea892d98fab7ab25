/* Messages on a socket: any split of the stream, descriptors, limits, a peer that does not read. */
#include "capture/message_channel.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(message_channel);

enum { PAYLOAD_LIMIT = 1000, QUEUE_LIMIT = 1 << 20 };

struct pair {
    struct sl_message_channel channel;
    int peer;
};

static struct pair make_pair(void)
{
    struct pair pair;
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    cr_assert_eq(sl_message_channel_open(&pair.channel, ends[0], PAYLOAD_LIMIT, QUEUE_LIMIT, NULL),
                 SL_OK);
    pair.peer = ends[1];
    return pair;
}

static void finish_pair(struct pair *pair)
{
    sl_message_channel_close(&pair->channel);
    if (pair->peer >= 0) {
        close(pair->peer);
    }
}

/* A message as it is on the wire; returns its size. */
static size_t compose(uint8_t *out, uint32_t request, uint32_t flags, const void *payload,
                      uint32_t size)
{
    uint32_t header[] = {request, flags, size};
    memcpy(out, header, sizeof(header));
    if (size) {
        memcpy(out + sizeof(header), payload, size);
    }
    return sizeof(header) + size;
}

static void send_with_fds(int to, const void *bytes, size_t size, const int *fds, size_t count)
{
    char control[CMSG_SPACE(64 * sizeof(int))] = {0};
    struct iovec vec = {.iov_len = size};
    memcpy(&vec.iov_base, &(const void *){bytes}, sizeof(vec.iov_base));
    struct msghdr head = {.msg_iov = &vec, .msg_iovlen = 1};
    if (count > 0) {
        head.msg_control = control;
        head.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&head);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    cr_assert_eq(sendmsg(to, &head, MSG_NOSIGNAL), (ssize_t)size);
}

static int lowest_free_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(fd);
    return fd;
}

static void expect_message(struct pair *pair, uint32_t request, uint32_t flags, const char *payload)
{
    struct sl_message *message;
    struct sl_error err = {0};
    cr_assert_eq(sl_message_channel_read(&pair->channel, &message, &err), SL_MESSAGE_READY, "%s",
                 err.message);
    cr_assert_eq(message->request, request);
    cr_assert_eq(message->flags, flags);
    cr_assert_eq(message->size, strlen(payload));
    cr_assert_eq(memcmp(message->payload, payload, message->size), 0);
}

static enum sl_message_result read_any(struct pair *pair, struct sl_error *err)
{
    struct sl_message *message;
    return sl_message_channel_read(&pair->channel, &message, err);
}

Test(message_channel, several_messages_in_one_write_come_one_by_one)
{
    struct pair pair = make_pair();
    uint8_t bytes[128];
    size_t size = compose(bytes, 1, 0x11, "first", 5);
    size += compose(bytes + size, 2, 0x22, "", 0);
    size += compose(bytes + size, 3, 0x33, "third", 5);
    send_with_fds(pair.peer, bytes, size, NULL, 0);
    expect_message(&pair, 1, 0x11, "first");
    expect_message(&pair, 2, 0x22, "");
    expect_message(&pair, 3, 0x33, "third");
    cr_assert_eq(read_any(&pair, NULL), SL_MESSAGE_AGAIN);
    finish_pair(&pair);
}

Test(message_channel, every_split_of_the_stream_gives_the_same_messages)
{
    uint8_t bytes[64];
    size_t size = compose(bytes, 7, 1, "seven", 5);
    size += compose(bytes + size, 8, 2, "eight", 5);
    for (size_t cut = 1; cut < size; cut++) {
        struct pair pair = make_pair();
        send_with_fds(pair.peer, bytes, cut, NULL, 0);
        bool whole = cut >= 17;
        if (whole) {
            expect_message(&pair, 7, 1, "seven");
        }
        cr_assert_eq(read_any(&pair, NULL), SL_MESSAGE_AGAIN, "cut at %zu", cut);
        send_with_fds(pair.peer, bytes + cut, size - cut, NULL, 0);
        if (!whole) {
            expect_message(&pair, 7, 1, "seven");
        }
        expect_message(&pair, 8, 2, "eight");
        finish_pair(&pair);
    }
}

Test(message_channel, descriptors_belong_to_the_message_they_start)
{
    struct pair pair = make_pair();
    int first = lowest_free_fd();
    int files[3];
    for (int i = 0; i < 3; i++) {
        files[i] = memfd_create("file", MFD_CLOEXEC);
        cr_assert_eq(ftruncate(files[i], 100 + i), 0);
    }
    uint8_t bytes[64];
    size_t size = compose(bytes, 5, 1, "abc", 3);
    for (size_t i = 0; i < size; i++) { /* byte by byte, descriptors with the first */
        send_with_fds(pair.peer, bytes + i, 1, files, i == 0 ? 2 : 0);
    }
    size = compose(bytes, 6, 1, "", 0);
    send_with_fds(pair.peer, bytes, size, files + 2, 1);
    for (int i = 0; i < 3; i++) {
        close(files[i]);
    }

    struct sl_message *message;
    cr_assert_eq(sl_message_channel_read(&pair.channel, &message, NULL), SL_MESSAGE_READY);
    cr_assert_eq(message->fd_count, 2);
    int fd = sl_message_take_fd(message, 1);
    cr_assert_eq(lseek(fd, 0, SEEK_END), 101);
    cr_assert_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    cr_assert_eq(sl_message_take_fd(message, 1), -1, "once only");
    cr_assert_eq(sl_message_take_fd(message, 2), -1);
    close(fd);

    cr_assert_eq(sl_message_channel_read(&pair.channel, &message, NULL), SL_MESSAGE_READY);
    cr_assert_eq(message->fd_count, 1);
    fd = sl_message_take_fd(message, 0);
    cr_assert_eq(lseek(fd, 0, SEEK_END), 102);
    close(fd);
    cr_assert_eq(lowest_free_fd(), first, "what was not taken is closed");
    finish_pair(&pair);
}

Test(message_channel, descriptors_inside_a_message_are_closed)
{
    struct pair pair = make_pair();
    int first = lowest_free_fd();
    uint8_t bytes[64];
    size_t size = compose(bytes, 5, 1, "abc", 3);
    int file = memfd_create("file", MFD_CLOEXEC);
    send_with_fds(pair.peer, bytes, 13, NULL, 0);
    send_with_fds(pair.peer, bytes + 13, size - 13, &file, 1);
    close(file);
    expect_message(&pair, 5, 1, "abc");
    cr_assert_eq(pair.channel.message.fd_count, 0);
    cr_assert_eq(lowest_free_fd(), first);
    finish_pair(&pair);
}

Test(message_channel, descriptors_of_a_message_cut_off_are_closed)
{
    struct pair pair = make_pair();
    int first = lowest_free_fd();
    int file = memfd_create("file", MFD_CLOEXEC);
    send_with_fds(pair.peer, "\x05", 1, &file, 1);
    close(file);
    cr_assert_eq(read_any(&pair, NULL), SL_MESSAGE_AGAIN);
    cr_assert_neq(lowest_free_fd(), first);
    int mine = pair.channel.fd;
    finish_pair(&pair);
    cr_assert_eq(lowest_free_fd(), mine < first ? mine : first);
}

Test(message_channel, too_many_descriptors_are_refused)
{
    struct pair pair = make_pair();
    int first = lowest_free_fd();
    int fds[SL_MESSAGE_FDS + 1];
    for (size_t i = 0; i < SL_MESSAGE_FDS + 1; i++) {
        fds[i] = pair.peer;
    }
    uint8_t bytes[12];
    size_t size = compose(bytes, 5, 1, "", 0);
    send_with_fds(pair.peer, bytes, size, fds, SL_MESSAGE_FDS);
    struct sl_message *message;
    cr_assert_eq(sl_message_channel_read(&pair.channel, &message, NULL), SL_MESSAGE_READY);
    cr_assert_eq(message->fd_count, SL_MESSAGE_FDS);
    send_with_fds(pair.peer, bytes, size, fds, SL_MESSAGE_FDS + 1);
    struct sl_error err = {0};
    cr_assert_eq(read_any(&pair, &err), SL_MESSAGE_BAD);
    cr_assert_eq(err.status, SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "vhost.message");
    int peer = pair.peer;
    finish_pair(&pair);
    cr_assert_leq(lowest_free_fd(), peer < first ? peer : first);
}

Test(message_channel, a_payload_above_the_limit_is_refused_before_it_comes)
{
    struct pair pair = make_pair();
    uint8_t bytes[12 + PAYLOAD_LIMIT];
    static const uint8_t zeros[PAYLOAD_LIMIT];
    send_with_fds(pair.peer, bytes, compose(bytes, 5, 1, zeros, PAYLOAD_LIMIT), NULL, 0);
    cr_assert_eq(read_any(&pair, NULL), SL_MESSAGE_READY);
    uint32_t header[] = {6, 1, PAYLOAD_LIMIT + 1};
    send_with_fds(pair.peer, header, sizeof(header), NULL, 0);
    struct sl_error err = {0};
    cr_assert_eq(read_any(&pair, &err), SL_MESSAGE_BAD);
    cr_assert_str_eq(err.rule, "vhost.message");
    cr_assert_eq(err.status, SL_ERR_DAMAGED);
    finish_pair(&pair);
}

Test(message_channel, an_end_between_messages_is_no_error)
{
    struct pair pair = make_pair();
    uint8_t bytes[64];
    send_with_fds(pair.peer, bytes, compose(bytes, 5, 1, "abc", 3), NULL, 0);
    close(pair.peer);
    pair.peer = -1;
    expect_message(&pair, 5, 1, "abc");
    cr_assert_eq(read_any(&pair, NULL), SL_MESSAGE_CLOSED);
    cr_assert_eq(read_any(&pair, NULL), SL_MESSAGE_CLOSED);
    finish_pair(&pair);
}

Test(message_channel, an_end_inside_a_message_is_an_error)
{
    for (size_t cut = 1; cut < 15; cut++) {
        struct pair pair = make_pair();
        uint8_t bytes[64];
        compose(bytes, 5, 1, "abc", 3);
        send_with_fds(pair.peer, bytes, cut, NULL, 0);
        close(pair.peer);
        pair.peer = -1;
        struct sl_error err = {0};
        cr_assert_eq(read_any(&pair, &err), SL_MESSAGE_BAD, "cut at %zu", cut);
        cr_assert_str_eq(err.rule, "vhost.message");
        finish_pair(&pair);
    }
}

/* ---- Writing ---- */

static size_t drain(int fd, uint8_t *out, size_t room)
{
    size_t size = 0;
    ssize_t n;
    while (size < room && (n = recv(fd, out + size, room - size, MSG_DONTWAIT)) > 0) {
        size += (size_t)n;
    }
    return size;
}

Test(message_channel, what_is_queued_goes_out_in_order)
{
    struct pair pair = make_pair();
    cr_assert_not(sl_message_channel_wants_write(&pair.channel));
    cr_assert_eq(sl_message_channel_queue(&pair.channel, 1, 5, "one", 3, NULL), SL_OK);
    cr_assert_eq(sl_message_channel_queue(&pair.channel, 2, 5, NULL, 0, NULL), SL_OK);
    uint8_t *p = sl_message_channel_begin(&pair.channel, 3, 5, 2, NULL);
    cr_assert_not_null(p);
    p[0] = 'x';
    p[1] = 'y';
    cr_assert(sl_message_channel_wants_write(&pair.channel));
    cr_assert_eq(sl_message_channel_write(&pair.channel, NULL), SL_MESSAGE_READY);
    cr_assert_not(sl_message_channel_wants_write(&pair.channel));
    uint8_t want[64];
    size_t size = compose(want, 1, 5, "one", 3);
    size += compose(want + size, 2, 5, "", 0);
    size += compose(want + size, 3, 5, "xy", 2);
    uint8_t got[64];
    cr_assert_eq(drain(pair.peer, got, sizeof(got)), size);
    cr_assert_eq(memcmp(got, want, size), 0);
    finish_pair(&pair);
}

Test(message_channel, a_full_socket_is_continued_where_it_stopped)
{
    struct pair pair = make_pair();
    enum { SIZE = QUEUE_LIMIT - 12 };
    uint8_t *p = sl_message_channel_begin(&pair.channel, 9, 0, SIZE, NULL);
    cr_assert_not_null(p);
    for (size_t i = 0; i < SIZE; i++) {
        p[i] = (uint8_t)(i * i >> 8);
    }
    cr_assert_eq(sl_message_channel_write(&pair.channel, NULL), SL_MESSAGE_AGAIN);
    cr_assert(sl_message_channel_wants_write(&pair.channel));
    struct sl_error err = {0};
    cr_assert_null(sl_message_channel_begin(&pair.channel, 9, 0, SIZE, &err), "no room");
    cr_assert_str_eq(err.rule, "host.limit");
    static uint8_t got[QUEUE_LIMIT + 1];
    size_t size = 0;
    enum sl_message_result result;
    do {
        size += drain(pair.peer, got + size, sizeof(got) - size);
        result = sl_message_channel_write(&pair.channel, NULL);
    } while (result == SL_MESSAGE_AGAIN);
    cr_assert_eq(result, SL_MESSAGE_READY);
    size += drain(pair.peer, got + size, sizeof(got) - size);
    cr_assert_eq(size, QUEUE_LIMIT);
    for (size_t i = 0; i < SIZE; i++) {
        cr_assert_eq(got[12 + i], (uint8_t)(i * i >> 8), "byte %zu", i);
    }
    finish_pair(&pair);
}

Test(message_channel, the_queue_is_bounded)
{
    struct pair pair = make_pair();
    size_t count = 0;
    static const uint8_t payload[88];
    while (sl_message_channel_queue(&pair.channel, 1, 5, payload, 88, NULL) == SL_OK) {
        count++;
    }
    cr_assert_eq(count, QUEUE_LIMIT / 100);
    cr_assert_null(sl_message_channel_begin(&pair.channel, 1, 5, UINT32_MAX, NULL));
    finish_pair(&pair);
}

Test(message_channel, a_peer_that_is_gone_raises_no_signal)
{
    struct pair pair = make_pair();
    close(pair.peer);
    pair.peer = -1;
    cr_assert_eq(sl_message_channel_queue(&pair.channel, 1, 5, "abc", 3, NULL), SL_OK);
    cr_assert_eq(sl_message_channel_write(&pair.channel, NULL), SL_MESSAGE_CLOSED);
    finish_pair(&pair);
    sl_message_channel_close(&pair.channel);
}

Test(message_channel, what_is_no_socket_fails)
{
    struct sl_message_channel channel;
    cr_assert_eq(sl_message_channel_open(&channel, -1, 10, 10, NULL), SL_ERR_ENVIRONMENT);
    cr_assert_eq(channel.fd, -1);
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    close(ends[1]);
    cr_assert_eq(sl_message_channel_open(&channel, ends[0], 10, 10, NULL), SL_OK);
    struct sl_message *message;
    struct sl_error err = {0};
    cr_assert_eq(sl_message_channel_read(&channel, &message, &err), SL_MESSAGE_BAD);
    cr_assert_eq(err.status, SL_ERR_ENVIRONMENT);
    sl_message_channel_close(&channel);
}

Test(message_channel, memory_that_is_not_there_is_an_error)
{
    for (unsigned n = 1;; n++) {
        struct pair pair = make_pair();
        uint8_t bytes[64];
        send_with_fds(pair.peer, bytes, compose(bytes, 5, 1, "abc", 3), NULL, 0);
        struct sl_error err = {0};
        fail_alloc_arm(n);
        enum sl_message_result result = read_any(&pair, &err);
        enum sl_status status = sl_message_channel_queue(&pair.channel, 1, 5, "abc", 3, &err);
        if (!fail_alloc_disarm()) {
            finish_pair(&pair);
            break;
        }
        cr_assert(result == SL_MESSAGE_BAD || status == SL_ERR_ENVIRONMENT);
        cr_assert_eq(err.status, SL_ERR_ENVIRONMENT);
        cr_assert_str_eq(err.rule, "host.memory");
        cr_assert_eq(sl_message_channel_queue(&pair.channel, 1, 5, "abc", 3, NULL), SL_OK,
                     "the queue works on");
        finish_pair(&pair);
    }
}
