/*
 * A recorder and a hostile front end with a hostile guest: bytes and descriptors on the vhost-user
 * socket, answers on the GPU socket, rings, memory that shrinks. Whatever happens, the trace must
 * replay with every expectation met.
 *
 *   byte 0    bit 0 the front end is asked for its displays, bit 1 EDID, bit 2 a bound on the trace
 *   then      actions: a byte modulo ACTION_COUNT and its operands, in the order they are read
 * below
 */
#include "base/cursor.h"
#include "capture/vhost_session.h"
#include "capture/vhost_user.h"
#include "fuzz.h"

#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <scanlock/replay.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RAM = 1 << 20, HALF = RAM / 2 };

/* Queue q has its rings at RINGS + q * RING_SPAN; commands use the slots behind. */
enum { RINGS = 0x1000, RING_SPAN = 0x4000, AVAIL = 0x1000, USED = 0x2000, QUEUE_SIZE = 8 };
enum { SLOTS = 0x10000, SLOT_SIZE = 0x1000, RESPONSE = 0x800, BACKING = 0x40000 };

#define UVA UINT64_C(0x7F0000000000)

/* Bounds on one input. */
enum { MOST_ACTIONS = 120, MOST_TURNS = 6, HOST_MEMORY = 1 << 20, TRACE_LIMIT = 1 << 16 };

struct peer {
    struct sl_cursor in;
    struct sl_live *live;
    struct sl_vhost_session *session; /* NULL = none */
    struct sl_vhost_session_config config;
    int socket; /* our end; -1 = none */
    int gpu;
    int memory; /* of the guest */
    int kick[SL_LIVE_QUEUES];
    uint16_t avail[SL_LIVE_QUEUES];
    bool over; /* the recording cannot go on */
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* ---- The session ---- */

static void run(struct peer *p)
{
    for (int turn = 0; p->session && turn < MOST_TURNS && !sl_live_is_done(p->live); turn++) {
        struct pollfd fds[SL_VHOST_SESSION_FDS];
        struct sl_error err = {0};
        int timeout = sl_vhost_session_poll(p->session, fds);
        if (poll(fds, SL_VHOST_SESSION_FDS, 0) <= 0 && timeout != 0) {
            return;
        }
        enum sl_vhost_outcome outcome = sl_vhost_session_run(p->session, fds, &err);
        require(outcome != SL_VHOST_BAD || err.message[0] != '\0');
        if (outcome != SL_VHOST_GOES_ON) {
            sl_vhost_session_destroy(p->session);
            p->session = NULL;
            p->over = outcome == SL_VHOST_FAILED;
        }
    }
}

static void do_connect(struct peer *p)
{
    int ends[2];
    sl_vhost_session_destroy(p->session);
    p->session = NULL;
    close_fd(&p->socket);
    if (!p->over && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        p->socket = ends[1];
        sl_vhost_session_create(&p->config, ends[0], &p->session, NULL);
    }
}

/* ---- Messages ---- */

static void send_bytes(int to, const void *bytes, size_t size, const int *fds, size_t fd_count)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(16 * sizeof(int))];
    } control = {0};
    struct iovec vec = {.iov_len = size};
    memcpy(&vec.iov_base, &bytes, sizeof(vec.iov_base));
    struct msghdr head = {.msg_iov = &vec, .msg_iovlen = 1};
    if (to < 0 || size == 0) {
        return;
    }
    if (fd_count > 0) {
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(&control.align), fds, fd_count * sizeof(int));
        head.msg_control = &control;
        head.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    }
    sendmsg(to, &head, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_message(struct peer *p, uint32_t request, uint32_t flags, const void *payload,
                         uint32_t size, const int *fds, size_t fd_count)
{
    uint8_t bytes[512];
    uint32_t header[] = {request, flags, size};
    memcpy(bytes, header, sizeof(header));
    if (size > 0) {
        memcpy(bytes + sizeof(header), payload, size);
    }
    send_bytes(p->socket, bytes, sizeof(header) + size, fds, fd_count);
}

/* Descriptors of a kind that the input chooses; the caller closes them. */
static size_t make_fds(struct peer *p, int fds[10])
{
    uint8_t how = sl_cursor_u8(&p->in);
    size_t count = how & 0xF;
    count = count < 10 ? count : 1;
    for (size_t i = 0; i < count; i++) {
        int ends[2];
        switch (how >> 4 & 3) {
        case 0:
            fds[i] = eventfd(how >> 6, EFD_CLOEXEC | EFD_NONBLOCK);
            break;
        case 1:
            fds[i] = dup(p->memory);
            break;
        case 2:
            fds[i] = memfd_create("small", MFD_CLOEXEC);
            ends[0] = ftruncate(fds[i], 4096);
            break;
        default:
            fds[i] = -1;
            if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
                fds[i] = ends[0];
                close_fd(&p->gpu);
                p->gpu = ends[1];
            }
            break;
        }
        if (fds[i] < 0) {
            return i;
        }
    }
    return count;
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
}

static void do_bytes(struct peer *p)
{
    int fds[10];
    size_t count = make_fds(p, fds);
    size_t size = sl_cursor_u8(&p->in);
    const uint8_t *bytes = sl_cursor_take(&p->in, size);
    if (bytes) {
        send_bytes(p->socket, bytes, size, fds, count);
    }
    close_all(fds, count);
}

/* A message of a request that exists, mostly; its payload is of the input's bytes. */
static void do_message(struct peer *p)
{
    int fds[10];
    uint32_t request = sl_cursor_u8(&p->in) % 40u;
    uint8_t flags = sl_cursor_u8(&p->in);
    uint32_t size = sl_cursor_u8(&p->in);
    size_t count = make_fds(p, fds);
    uint8_t payload[256] = {0};
    size_t left = sl_cursor_left(&p->in);
    const uint8_t *bytes = sl_cursor_take(&p->in, size < left ? size : left);
    if (bytes) {
        memcpy(payload, bytes, size < left ? size : left);
    }
    send_message(p, request, flags & 8 ? 9 : flags & 16 ? flags & 7 : 1, payload, size, fds, count);
    close_all(fds, count);
}

static void send_u64(struct peer *p, uint32_t request, uint64_t value, int fd)
{
    send_message(p, request, 1, &value, sizeof(value), &fd, fd >= 0);
}

static void send_state(struct peer *p, uint32_t request, uint32_t index, uint32_t num)
{
    uint32_t words[] = {index, num};
    send_message(p, request, 1, words, sizeof(words), NULL, 0);
}

/* One region, or two that touch and lie the other way round in the file. */
static void send_table(struct peer *p, bool split)
{
    uint64_t one[] = {1, 0, RAM, UVA, 0};
    uint64_t two[] = {2, 0, HALF, UVA, HALF, HALF, HALF, UVA + HALF, 0};
    int fds[] = {p->memory, p->memory};
    uint64_t *table = split ? two : one;
    uint32_t count = split ? 2 : 1;
    memcpy(table, &(uint32_t[]){count, 0}, sizeof(*table));
    send_message(p, SL_VHOST_SET_MEM_TABLE, 1, table, 8 + 32 * count, fds, count);
}

static void do_table(struct peer *p)
{
    send_table(p, sl_cursor_u8(&p->in) & 1);
}

static void set_up_queue(struct peer *p, uint32_t index, uint16_t base)
{
    uint64_t at = UVA + RINGS + (uint64_t)index * RING_SPAN;
    struct sl_vhost_vring_addr addr = {
        .index = index, .desc = at, .used = at + USED, .avail = at + AVAIL};
    send_state(p, SL_VHOST_SET_VRING_NUM, index, QUEUE_SIZE);
    send_state(p, SL_VHOST_SET_VRING_BASE, index, base);
    send_message(p, SL_VHOST_SET_VRING_ADDR, 1, &addr, sizeof(addr), NULL, 0);
    send_u64(p, SL_VHOST_SET_VRING_KICK, index, p->kick[index]);
    send_state(p, SL_VHOST_SET_VRING_ENABLE, index, 1);
}

/* What a driver's start makes of a front end. */
static void do_start(struct peer *p)
{
    uint8_t how = sl_cursor_u8(&p->in);
    int ends[2];
    send_u64(p, SL_VHOST_SET_FEATURES, UINT64_C(0x140000002) | (uint64_t)(how & 3) << 28, -1);
    send_table(p, how & 4);
    if (!(how & 8) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        send_message(p, SL_VHOST_GPU_SET_SOCKET, 1, NULL, 0, &ends[0], 1);
        close(ends[0]);
        close_fd(&p->gpu);
        p->gpu = ends[1];
    }
    for (uint32_t i = 0; i < SL_LIVE_QUEUES; i++) {
        set_up_queue(p, i, how & 16 ? p->avail[i] : 0);
    }
}

static void do_stop(struct peer *p)
{
    uint8_t how = sl_cursor_u8(&p->in);
    send_state(p, SL_VHOST_SET_VRING_ENABLE, how & 1, 0);
    if (how & 2) {
        send_state(p, SL_VHOST_GET_VRING_BASE, how & 1, 0);
    }
}

/* ---- Sockets ---- */

static void drain(int fd)
{
    static uint8_t bytes[1 << 16];
    while (fd >= 0 && recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
}

static void do_drain(struct peer *p)
{
    drain(p->socket);
    drain(p->gpu);
}

static void do_gpu_bytes(struct peer *p)
{
    size_t size = sl_cursor_u8(&p->in);
    const uint8_t *bytes = sl_cursor_take(&p->in, size);
    if (bytes) {
        send_bytes(p->gpu, bytes, size, NULL, 0);
    }
}

static void do_gpu_answer(struct peer *p)
{
    uint8_t how = sl_cursor_u8(&p->in);
    uint32_t message[3 + 102] = {how & 1 ? 3 : 1, 4, how & 1 ? 408 : 8};
    for (size_t i = 0; i < 2; i++) {
        uint8_t *display = (uint8_t *)message + 12 + 24 + i * 24;
        sl_put_le32(display + 8, sl_cursor_u8(&p->in) * 8u);
        sl_put_le32(display + 12, sl_cursor_u8(&p->in) * 8u);
        sl_put_le32(display + 16, how >> (1 + i) & 1);
    }
    send_bytes(p->gpu, message, 12 + message[2], NULL, 0);
}

static void do_gpu_close(struct peer *p)
{
    close_fd(&p->gpu);
}

/* ---- The guest ---- */

static void put(struct peer *p, uint64_t gpa, const void *bytes, size_t size)
{
    ssize_t written = pwrite(p->memory, bytes, size, (off_t)gpa);
    (void)written;
}

static uint32_t take_address(struct sl_cursor *in)
{
    uint32_t low = sl_cursor_u16(in);
    return low | (uint32_t)(sl_cursor_u8(in) & 0x1F) << 16;
}

/* Numbers at which comparisons and sums go wrong. */
static uint32_t take_number(struct sl_cursor *in)
{
    static const uint32_t corners[] = {0,   1,   2,    16,      64,         65,
                                       255, 256, 4096, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};
    uint8_t code = sl_cursor_u8(in);
    return code < 128 ? code : corners[code % (sizeof(corners) / sizeof(corners[0]))];
}

static void do_memory(struct peer *p)
{
    uint32_t gpa = take_address(&p->in) & (RAM - 256u);
    size_t size = sl_cursor_u8(&p->in);
    const uint8_t *bytes = sl_cursor_take(&p->in, size);
    if (bytes) {
        put(p, gpa, bytes, size);
    }
}

static void put_descriptor(struct peer *p, uint64_t gpa, uint64_t addr, uint32_t size,
                           uint16_t flags, uint16_t next)
{
    uint8_t bytes[16];
    sl_put_le64(bytes, addr);
    sl_put_le32(bytes + 8, size);
    sl_put_le16(bytes + 12, flags);
    sl_put_le16(bytes + 14, next);
    put(p, gpa, bytes, sizeof(bytes));
}

static void do_descriptor(struct peer *p)
{
    uint8_t where = sl_cursor_u8(&p->in);
    uint64_t at = where & 0x80 ? BACKING : RINGS + (uint64_t)(where >> 6 & 1) * RING_SPAN;
    uint32_t addr = take_address(&p->in);
    uint32_t size = take_number(&p->in);
    uint16_t flags = sl_cursor_u8(&p->in) & 7;
    put_descriptor(p, at + (where & 15) * 16u, addr, size, flags, sl_cursor_u8(&p->in));
}

static void put_u16(struct peer *p, uint64_t gpa, uint16_t value)
{
    uint8_t bytes[2];
    sl_put_le16(bytes, value);
    put(p, gpa, bytes, sizeof(bytes));
}

static void offer(struct peer *p, uint32_t queue, uint16_t head)
{
    uint64_t at = RINGS + (uint64_t)queue * RING_SPAN + AVAIL;
    put_u16(p, at + 4 + UINT64_C(2) * (p->avail[queue] % QUEUE_SIZE), head);
    p->avail[queue]++;
    put_u16(p, at + 2, p->avail[queue]);
}

static void do_offer(struct peer *p)
{
    uint8_t how = sl_cursor_u8(&p->in);
    p->avail[how & 1] = (uint16_t)(p->avail[how & 1] + (how >> 5));
    offer(p, how & 1, sl_cursor_u8(&p->in));
}

static void kick(struct peer *p, uint32_t queue)
{
    uint64_t one = 1;
    ssize_t written = write(p->kick[queue], &one, sizeof(one));
    (void)written;
}

static void do_kick(struct peer *p)
{
    kick(p, sl_cursor_u8(&p->in) & 1);
}

/* A request of numbers and memory entries, and room for its response; perhaps a kick. */
static void do_command(struct peer *p)
{
    enum { HEADER = 24 };
    uint8_t how = sl_cursor_u8(&p->in);
    uint8_t code = sl_cursor_u8(&p->in);
    uint32_t queue = how & 1;
    uint32_t first = code & 0x80 ? VIRTIO_GPU_CMD_UPDATE_CURSOR : VIRTIO_GPU_CMD_GET_DISPLAY_INFO;
    size_t fields = sl_cursor_u8(&p->in) % 16u;
    uint8_t request[HEADER + 16 * 4 + 8] = {0};
    sl_put_le32(request, first + (code & 15));
    for (size_t i = 0; i < fields; i++) {
        sl_put_le32(request + HEADER + 4 * i, take_number(&p->in));
    }
    if (code & 0x40) { /* attach a backing that is there */
        sl_put_le32(request + HEADER + 8, BACKING);
        sl_put_le32(request + HEADER + 16, HALF);
    }
    uint32_t size = (uint32_t)(HEADER + 4 * fields);
    uint16_t slot = p->avail[queue] % 4;
    uint64_t at = SLOTS + (queue * 8u + slot) * (uint64_t)SLOT_SIZE;
    uint64_t table = RINGS + (uint64_t)queue * RING_SPAN + slot * 32u;
    put(p, at, request, size);
    put_descriptor(p, table, at, size, how & 2 ? 1 : 0, (uint16_t)(slot * 2 + 1));
    put_descriptor(p, table + 16, at + RESPONSE, how & 4 ? 20 : 2000, 2, 0);
    offer(p, queue, (uint16_t)(slot * 2));
    if (how & 8) {
        kick(p, queue);
    }
}

static void do_shrink(struct peer *p)
{
    int result = ftruncate(p->memory, sl_cursor_u8(&p->in) * 4096);
    result |= sl_cursor_u8(&p->in) & 1 ? ftruncate(p->memory, RAM) : 0;
    (void)result;
}

static void (*const actions[])(struct peer *p) = {
    do_bytes,   do_message, do_message, do_table,      do_start,      do_stop,
    do_drain,   do_memory,  do_offer,   do_descriptor, do_kick,       do_command,
    do_command, do_shrink,  do_connect, do_gpu_bytes,  do_gpu_answer, do_gpu_close,
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

/* ---- Inputs ---- */

static enum sl_status reject_broken(void *data, uint64_t event, const char *text,
                                    struct sl_error *err)
{
    (void)data;
    (void)err;
    fprintf(stderr, "event %llu: %s\n", (unsigned long long)event, text);
    abort();
}

static void check_trace(const char *path)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    struct sl_replay_options options;
    struct sl_replay_callbacks callbacks = {.broken = reject_broken};
    require(sl_trace_open(path, &trace, &err) == SL_OK);
    require(!sl_trace_is_truncated(trace));
    sl_replay_options_defaults(&options);
    if (sl_replay_run(trace, &options, &callbacks, &err) != SL_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    sl_trace_close(trace);
}

static void record(struct peer *p, const char *path)
{
    static const struct sl_option options[] = {{"hostmem", "1048576"}, {"scanouts", "2"}};
    uint8_t settings = sl_cursor_u8(&p->in);
    struct sl_live_config config = {.path = path,
                                    .profile = "",
                                    .provenance = "",
                                    .options = options,
                                    .option_count = 2,
                                    .scanouts = 2,
                                    .asks_front_end = settings & 1,
                                    .max_trace_bytes = settings & 4 ? TRACE_LIMIT : 0};
    if (sl_live_create(&config, &p->live, NULL) != SL_OK) {
        return;
    }
    p->config = (struct sl_vhost_session_config){
        .live = p->live, .offers_edid = settings & 2, .scanouts = 2};
    do_connect(p);
    for (int i = 0; i < MOST_ACTIONS && sl_cursor_left(&p->in) > 0; i++) {
        actions[sl_cursor_u8(&p->in) % ACTION_COUNT](p);
        run(p);
    }
    sl_vhost_session_destroy(p->session);
    if (sl_live_finish(p->live, NULL) == SL_OK) {
        check_trace(path);
    }
    sl_live_destroy(p->live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer p = {.in = sl_cursor_init(data, size), .socket = -1, .gpu = -1};
    char path[64];
    int trace = memfd_create("trace", MFD_CLOEXEC);
    p.memory = memfd_create("guest", MFD_CLOEXEC);
    p.kick[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p.kick[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    signal(SIGPIPE, SIG_IGN); /* as the tool does: an interrupt may go to a socket without a peer */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", trace);
    if (trace >= 0 && p.memory >= 0 && p.kick[0] >= 0 && p.kick[1] >= 0 &&
        ftruncate(p.memory, RAM) == 0 && sl_guest_map_guard(NULL) == SL_OK) {
        record(&p, path);
    }
    close_fd(&trace);
    close_fd(&p.memory);
    close_fd(&p.kick[0]);
    close_fd(&p.kick[1]);
    close_fd(&p.socket);
    close_fd(&p.gpu);
    return 0;
}
