#include "capture/vhost_session.h"

#include "base/status.h"
#include "capture/vhost_user.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    PAYLOAD_LIMIT = 4096,  /* twice the largest message that is known */
    OUT_LIMIT = 64 * 1024, /* replies to a front end that does not read them */
    RING_LIMIT = 1024,     /* descriptors; the device takes no larger queue */
    MESSAGES_AT_ONCE = 64,
    SOON_MS = 1,        /* when the recorder is behind */
    POLLED_RING_MS = 5, /* for a ring without a kick descriptor */
    WAIT_FOR_DISPLAYS_MS = 1000,
};

#define PROTOCOL_FEATURES                                                                          \
    (UINT64_C(1) << SL_VHOST_PROTOCOL_MQ | UINT64_C(1) << SL_VHOST_PROTOCOL_REPLY_ACK |            \
     UINT64_C(1) << SL_VHOST_PROTOCOL_CONFIG)

struct ring {
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
    struct ring vrings[SL_LIVE_QUEUES];
    uint64_t features;
    uint64_t protocol_features;
    uint64_t wait_until_ms; /* 0 = nobody waits */
    bool throttled;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

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

/* ---- Rings ---- */

static enum sl_status stop_ring(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    struct ring *ring = &s->vrings[index];
    if (!ring->running) {
        return SL_OK;
    }
    ring->running = false;
    return sl_live_stop_queue(s->config.live, index, &ring->base, err);
}

static enum sl_status fail_ring(struct sl_error *err, uint32_t index, const char *what)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE, "queue %" PRIu32 ": %s", index,
                   what);
}

/* The rings as the device knows them. */
static enum sl_status translate(struct sl_vhost_session *s, uint32_t index,
                                struct sl_vring_event *vring, struct sl_error *err)
{
    enum { DESC = 16, AVAIL_FIXED = 6, AVAIL = 2, USED_FIXED = 6, USED = 8 };
    const struct ring *ring = &s->vrings[index];
    const struct sl_guest_map *map = sl_live_map(s->config.live);
    *vring = (struct sl_vring_event){.queue = index, .size = ring->size, .base = ring->base};
    if (!sl_guest_map_uva_to_gpa(map, ring->at.desc, (uint64_t)DESC * ring->size,
                                 &vring->desc_gpa) ||
        !sl_guest_map_uva_to_gpa(map, ring->at.avail, AVAIL_FIXED + (uint64_t)AVAIL * ring->size,
                                 &vring->avail_gpa) ||
        !sl_guest_map_uva_to_gpa(map, ring->at.used, USED_FIXED + (uint64_t)USED * ring->size,
                                 &vring->used_gpa)) {
        return fail_ring(err, index, "its rings are not in the memory table");
    }
    return SL_OK;
}

/* Starts a ring once everything about it is known. */
static enum sl_status start_ring(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    struct ring *ring = &s->vrings[index];
    bool switched = s->features >> SL_VHOST_F_PROTOCOL_FEATURES & 1;
    if (ring->running || !ring->kickable || !ring->placed || ring->size == 0 ||
        (switched && !ring->enabled)) {
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

/* Rings that lie elsewhere after a new memory table. */
static enum sl_status move_rings(struct sl_vhost_session *s, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (uint32_t i = 0; i < SL_LIVE_QUEUES && status == SL_OK; i++) {
        struct sl_vring_event vring;
        if (!s->vrings[i].running) {
            continue;
        }
        status = translate(s, i, &vring, err);
        if (status == SL_OK && !sl_live_queue_is_at(s->config.live, &vring)) {
            status = stop_ring(s, i, err);
            status = status == SL_OK ? start_ring(s, i, err) : status;
        }
    }
    return status;
}

/* ---- Messages. Their sizes were checked; a handler that answers fills reply. ---- */

struct reply {
    size_t size; /* 0 = none */
    uint8_t bytes[sizeof(struct sl_vhost_config) + SL_VHOST_CONFIG_MAX];
};

static void reply_u64(struct reply *reply, uint64_t value)
{
    reply->size = sizeof(value);
    memcpy(reply->bytes, &value, sizeof(value));
}

static uint64_t payload_u64(const struct sl_message *message)
{
    uint64_t value;
    memcpy(&value, message->payload, sizeof(value));
    return value;
}

typedef enum sl_status handler(struct sl_vhost_session *s, struct sl_message *message,
                               struct reply *reply, struct sl_error *err);

static enum sl_status get_features(struct sl_vhost_session *s, struct sl_message *message,
                                   struct reply *reply, struct sl_error *err)
{
    (void)message;
    (void)err;
    reply_u64(reply, UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX |
                         UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC |
                         UINT64_C(1) << SL_VHOST_F_PROTOCOL_FEATURES |
                         (uint64_t)s->config.offers_edid << VIRTIO_GPU_F_EDID);
    return SL_OK;
}

/* What the driver chose comes as it is: QEMU adds features of rings that nobody offered. */
static enum sl_status set_features(struct sl_vhost_session *s, struct sl_message *message,
                                   struct reply *reply, struct sl_error *err)
{
    (void)reply;
    (void)err;
    s->features = payload_u64(message);
    sl_live_set_features(s->config.live,
                         s->features & ~(UINT64_C(1) << SL_VHOST_F_PROTOCOL_FEATURES));
    return SL_OK;
}

static enum sl_status accept(struct sl_vhost_session *s, struct sl_message *message,
                             struct reply *reply, struct sl_error *err)
{
    (void)s;
    (void)message;
    (void)reply;
    (void)err;
    return SL_OK;
}

static enum sl_status get_protocol_features(struct sl_vhost_session *s, struct sl_message *message,
                                            struct reply *reply, struct sl_error *err)
{
    (void)s;
    (void)message;
    (void)err;
    reply_u64(reply, PROTOCOL_FEATURES);
    return SL_OK;
}

static enum sl_status set_protocol_features(struct sl_vhost_session *s, struct sl_message *message,
                                            struct reply *reply, struct sl_error *err)
{
    (void)reply;
    (void)err;
    s->protocol_features = payload_u64(message) & PROTOCOL_FEATURES;
    return SL_OK;
}

static enum sl_status get_queue_num(struct sl_vhost_session *s, struct sl_message *message,
                                    struct reply *reply, struct sl_error *err)
{
    (void)s;
    (void)message;
    (void)err;
    reply_u64(reply, SL_LIVE_QUEUES);
    return SL_OK;
}

static enum sl_status set_mem_table(struct sl_vhost_session *s, struct sl_message *message,
                                    struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_mem_table table;
    struct sl_guest_region regions[SL_GUEST_MAP_REGIONS];
    int fds[SL_GUEST_MAP_REGIONS];
    (void)reply;
    memcpy(&table, message->payload, sizeof(table));
    if (table.count > SL_GUEST_MAP_REGIONS || table.count != message->fd_count ||
        message->size - sizeof(table) < table.count * sizeof(*regions)) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                       "memory table of %" PRIu32 " regions in %zu bytes with %zu descriptors",
                       table.count, message->size, message->fd_count);
    }
    memcpy(regions, message->payload + sizeof(table), table.count * sizeof(*regions));
    for (uint32_t i = 0; i < table.count; i++) {
        fds[i] = sl_message_take_fd(message, i);
    }
    enum sl_status status =
        sl_guest_map_set(sl_live_map(s->config.live), regions, fds, table.count, err);
    if (status == SL_OK) {
        status = sl_live_memory_changed(s->config.live, err);
    }
    return status == SL_OK ? move_rings(s, err) : status;
}

/* The ring that a message is about; NULL with the error set. */
static struct ring *ring_of(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    if (index < SL_LIVE_QUEUES) {
        return &s->vrings[index];
    }
    fail_ring(err, index, "there is no such queue");
    return NULL;
}

static struct ring *ring_in_state(struct sl_vhost_session *s, const struct sl_message *message,
                                  struct sl_vhost_vring_state *state, struct sl_error *err)
{
    memcpy(state, message->payload, sizeof(*state));
    return ring_of(s, state->index, err);
}

static enum sl_status set_vring_num(struct sl_vhost_session *s, struct sl_message *message,
                                    struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_state state;
    struct ring *ring = ring_in_state(s, message, &state, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    if (state.num > RING_LIMIT) {
        return fail_ring(err, state.index, "more than 1024 descriptors");
    }
    ring->size = state.num;
    return SL_OK;
}

static enum sl_status set_vring_addr(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_addr at;
    memcpy(&at, message->payload, sizeof(at));
    struct ring *ring = ring_of(s, at.index, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    ring->at = at;
    ring->placed = true;
    return SL_OK;
}

/*
 * No message says that the driver starts anew. But a control queue that begins at its first entry
 * is one whose driver has just been loaded; one that goes on where it stopped is a guest that was
 * paused.
 */
static enum sl_status set_vring_base(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_state state;
    struct ring *ring = ring_in_state(s, message, &state, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    if (state.num > UINT16_MAX) {
        return fail_ring(err, state.index, "the index of the next chain has 16 bits");
    }
    ring->base = (uint16_t)state.num;
    if (state.index == SL_LIVE_CONTROL_QUEUE && state.num == 0) {
        sl_live_expect_reset(s->config.live);
    }
    return SL_OK;
}

static enum sl_status get_vring_base(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_state state;
    struct ring *ring = ring_in_state(s, message, &state, err);
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    enum sl_status status = stop_ring(s, state.index, err);
    ring->kickable = false;
    close_fd(&ring->kick);
    state.num = ring->base;
    reply->size = sizeof(state);
    memcpy(reply->bytes, &state, sizeof(state));
    return status;
}

/* Takes the descriptor of a message about one of a ring's three. */
static enum sl_status take_ring_fd(struct sl_vhost_session *s, struct sl_message *message,
                                   struct ring **ring, int *fd, struct sl_error *err)
{
    uint64_t value = payload_u64(message);
    *ring = ring_of(s, (uint32_t)(value & SL_VHOST_VRING_INDEX), err);
    *fd = -1;
    if (!*ring) {
        return SL_ERR_DAMAGED;
    }
    bool announced = !(value & SL_VHOST_VRING_NO_FD);
    if (announced != (message->fd_count == 1)) {
        return fail_ring(err, (uint32_t)(value & SL_VHOST_VRING_INDEX),
                         announced ? "a descriptor is missing" : "a descriptor too many");
    }
    if (announced) {
        *fd = sl_message_take_fd(message, 0);
    }
    return SL_OK;
}

static enum sl_status set_vring_kick(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct ring *ring;
    int fd;
    (void)reply;
    enum sl_status status = take_ring_fd(s, message, &ring, &fd, err);
    if (status != SL_OK) {
        return status;
    }
    close_fd(&ring->kick);
    ring->kick = fd;
    ring->kickable = true;
    return start_ring(s, (uint32_t)(ring - s->vrings), err);
}

static enum sl_status set_vring_call(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct ring *ring;
    int fd;
    (void)reply;
    enum sl_status status = take_ring_fd(s, message, &ring, &fd, err);
    if (status == SL_OK) {
        close_fd(&ring->call);
        ring->call = fd;
    }
    return status;
}

static enum sl_status set_vring_err(struct sl_vhost_session *s, struct sl_message *message,
                                    struct reply *reply, struct sl_error *err)
{
    struct ring *ring;
    int fd;
    (void)reply;
    enum sl_status status = take_ring_fd(s, message, &ring, &fd, err);
    if (status == SL_OK) {
        close_fd(&ring->err);
        ring->err = fd;
    }
    return status;
}

static enum sl_status set_vring_enable(struct sl_vhost_session *s, struct sl_message *message,
                                       struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_state state;
    struct ring *ring = ring_in_state(s, message, &state, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    ring->enabled = state.num != 0;
    ring->pending |= ring->enabled;
    return start_ring(s, state.index, err);
}

/* The front end overwrites all of it but num_capsets, and there are no capability sets. */
static enum sl_status get_config(struct sl_vhost_session *s, struct sl_message *message,
                                 struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_config config;
    const struct virtio_gpu_config space = {.num_scanouts = s->config.scanouts};
    memcpy(&config, message->payload, sizeof(config));
    if (config.size > SL_VHOST_CONFIG_MAX || message->size - sizeof(config) < config.size) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                       "GET_CONFIG of %" PRIu32 " bytes in a message of %zu", config.size,
                       message->size);
    }
    reply->size = sizeof(config) + config.size;
    memcpy(reply->bytes, &config, sizeof(config));
    memset(reply->bytes + sizeof(config), 0, config.size);
    if (config.offset < sizeof(space)) {
        size_t there = sizeof(space) - config.offset;
        memcpy(reply->bytes + sizeof(config), (const uint8_t *)&space + config.offset,
               there < config.size ? there : config.size);
    }
    return SL_OK;
}

static enum sl_status gpu_set_socket(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    (void)reply;
    if (message->fd_count != 1) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                       "GPU_SET_SOCKET with %zu descriptors", message->fd_count);
    }
    return sl_gpu_screen_attach(sl_live_screen(s->config.live), sl_message_take_fd(message, 0),
                                err);
}

enum { STATE = sizeof(struct sl_vhost_vring_state), U64 = sizeof(uint64_t) };

static const struct row {
    const char *name;
    size_t payload_min;
    handler *handle; /* NULL = unknown */
} rows[] = {
    [SL_VHOST_GET_FEATURES] = {"GET_FEATURES", 0, get_features},
    [SL_VHOST_SET_FEATURES] = {"SET_FEATURES", U64, set_features},
    [SL_VHOST_SET_OWNER] = {"SET_OWNER", 0, accept},
    [SL_VHOST_RESET_OWNER] = {"RESET_OWNER", 0, accept},
    [SL_VHOST_SET_MEM_TABLE] = {"SET_MEM_TABLE", sizeof(struct sl_vhost_mem_table), set_mem_table},
    [SL_VHOST_SET_VRING_NUM] = {"SET_VRING_NUM", STATE, set_vring_num},
    [SL_VHOST_SET_VRING_ADDR] = {"SET_VRING_ADDR", sizeof(struct sl_vhost_vring_addr),
                                 set_vring_addr},
    [SL_VHOST_SET_VRING_BASE] = {"SET_VRING_BASE", STATE, set_vring_base},
    [SL_VHOST_GET_VRING_BASE] = {"GET_VRING_BASE", STATE, get_vring_base},
    [SL_VHOST_SET_VRING_KICK] = {"SET_VRING_KICK", U64, set_vring_kick},
    [SL_VHOST_SET_VRING_CALL] = {"SET_VRING_CALL", U64, set_vring_call},
    [SL_VHOST_SET_VRING_ERR] = {"SET_VRING_ERR", U64, set_vring_err},
    [SL_VHOST_GET_PROTOCOL_FEATURES] = {"GET_PROTOCOL_FEATURES", 0, get_protocol_features},
    [SL_VHOST_SET_PROTOCOL_FEATURES] = {"SET_PROTOCOL_FEATURES", U64, set_protocol_features},
    [SL_VHOST_GET_QUEUE_NUM] = {"GET_QUEUE_NUM", 0, get_queue_num},
    [SL_VHOST_SET_VRING_ENABLE] = {"SET_VRING_ENABLE", STATE, set_vring_enable},
    [SL_VHOST_GET_CONFIG] = {"GET_CONFIG", sizeof(struct sl_vhost_config), get_config},
    [SL_VHOST_SET_CONFIG] = {"SET_CONFIG", sizeof(struct sl_vhost_config), accept},
    [SL_VHOST_GPU_SET_SOCKET] = {"GPU_SET_SOCKET", 0, gpu_set_socket},
};

static enum sl_status send_reply(struct sl_vhost_session *s, uint32_t request,
                                 const struct reply *reply, struct sl_error *err)
{
    return sl_message_channel_queue(&s->channel, request, SL_VHOST_VERSION | SL_VHOST_REPLY,
                                    reply->bytes, reply->size, err);
}

/*
 * Answers one message. What a front end that wants to know can be told is no end of the session: a
 * failed request is answered by 1, an unknown one, too.
 */
static enum sl_status handle(struct sl_vhost_session *s, struct sl_message *message,
                             struct sl_error *err)
{
    struct reply reply = {0};
    const struct row *row =
        message->request < sizeof(rows) / sizeof(rows[0]) ? &rows[message->request] : &rows[0];
    bool wants_reply = (message->flags & SL_VHOST_NEED_REPLY) &&
                       (s->protocol_features >> SL_VHOST_PROTOCOL_REPLY_ACK & 1);
    if ((message->flags & SL_VHOST_VERSION_MASK) != SL_VHOST_VERSION) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                       "message of version %" PRIu32 "; known is 1",
                       message->flags & SL_VHOST_VERSION_MASK);
    }
    if (row->handle && message->size < row->payload_min) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE, "%s of %zu bytes; needs %zu",
                       row->name, message->size, row->payload_min);
    }
    enum sl_status status = row->handle ? row->handle(s, message, &reply, err) : SL_OK;
    if (status == SL_ERR_DAMAGED && wants_reply && reply.size == 0) {
        reply_u64(&reply, 1);
        status = SL_OK;
    } else if (status == SL_OK && wants_reply && reply.size == 0) {
        reply_u64(&reply, row->handle ? 0 : 1);
    }
    if (status != SL_OK || reply.size == 0) {
        return status;
    }
    return send_reply(s, message->request, &reply, err);
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
        enum sl_vhost_outcome outcome = outcome_of(s, handle(s, message, err));
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
static void take_kick(struct ring *ring)
{
    uint64_t count;
    ssize_t got = read_kick(ring->kick, &count);
    ring->pending = true;
    if (got != (ssize_t)sizeof(count) && (got >= 0 || (errno != EAGAIN && errno != EINTR))) {
        close_fd(&ring->kick);
    }
}

static bool may_serve(const struct sl_vhost_session *s, const struct ring *ring)
{
    bool switched = s->features >> SL_VHOST_F_PROTOCOL_FEATURES & 1;
    return ring->running && (ring->enabled || !switched);
}

static enum sl_vhost_outcome serve(struct sl_vhost_session *s, uint32_t index, struct sl_error *err)
{
    struct ring *ring = &s->vrings[index];
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
            s->wait_until_ms = now_ms() + WAIT_FOR_DISPLAYS_MS;
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
        const struct ring *ring = &s->vrings[i];
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
        uint64_t now = now_ms();
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
        (!sl_live_is_waiting(s->config.live) || now_ms() >= s->wait_until_ms)) {
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
        struct ring *ring = &s->vrings[i];
        struct sl_error ignored; /* a failing recorder tells again when it is asked to finish */
        (void)stop_ring(s, i, &ignored);
        close_fd(&ring->kick);
        close_fd(&ring->call);
        close_fd(&ring->err);
    }
    sl_gpu_screen_detach(sl_live_screen(s->config.live));
    sl_live_stop_waiting(s->config.live);
    sl_message_channel_close(&s->channel);
    free(s);
}
