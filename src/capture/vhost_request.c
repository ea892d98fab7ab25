/* The messages of vhost-user that a session answers, one handler each. */
#include "capture/vhost_session_impl.h"

#include "base/bytes.h"
#include "base/status.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/stat.h>

enum { RING_LIMIT = 1024 }; /* descriptors; the device takes no larger queue */

#define PROTOCOL_FEATURES                                                                          \
    (UINT64_C(1) << SL_VHOST_PROTOCOL_MQ | UINT64_C(1) << SL_VHOST_PROTOCOL_REPLY_ACK |            \
     UINT64_C(1) << SL_VHOST_PROTOCOL_CONFIG)

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

/* The size of the message was checked; a handler that answers fills reply. */
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
    return status == SL_OK ? sl_vhost_rings_move(s, err) : status;
}

/* The ring that a message is about; NULL with the error set. */
static struct sl_vhost_ring *ring_of(struct sl_vhost_session *s, uint32_t index,
                                     struct sl_error *err)
{
    if (index < SL_LIVE_QUEUES) {
        return &s->vrings[index];
    }
    sl_vhost_ring_fail(err, index, "there is no such queue");
    return NULL;
}

static struct sl_vhost_ring *ring_in_state(struct sl_vhost_session *s,
                                           const struct sl_message *message,
                                           struct sl_vhost_vring_state *state, struct sl_error *err)
{
    memcpy(state, message->payload, sizeof(*state));
    return ring_of(s, state->index, err);
}

static enum sl_status set_vring_num(struct sl_vhost_session *s, struct sl_message *message,
                                    struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_state state;
    struct sl_vhost_ring *ring = ring_in_state(s, message, &state, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    if (state.num > RING_LIMIT) {
        return sl_vhost_ring_fail(err, state.index, "more than 1024 descriptors");
    }
    ring->size = state.num;
    return SL_OK;
}

static enum sl_status set_vring_addr(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_addr at;
    memcpy(&at, message->payload, sizeof(at));
    struct sl_vhost_ring *ring = ring_of(s, at.index, err);
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
    struct sl_vhost_ring *ring = ring_in_state(s, message, &state, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    if (state.num > UINT16_MAX) {
        return sl_vhost_ring_fail(err, state.index, "the index of the next chain has 16 bits");
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
    struct sl_vhost_ring *ring = ring_in_state(s, message, &state, err);
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    enum sl_status status = sl_vhost_ring_stop(s, state.index, err);
    ring->kickable = false;
    sl_vhost_close_fd(&ring->kick);
    state.num = ring->base;
    reply->size = sizeof(state);
    memcpy(reply->bytes, &state, sizeof(state));
    return status;
}

/*
 * Eventfds, or pipes where those are not known. They must not keep anybody waiting: somebody else
 * may empty or fill one between poll() and the access. Files are always ready, and files of a file
 * system in user space are ready when that likes: they count as none.
 */
static bool make_nonblocking(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) &&
           !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode) &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* Takes the descriptor of a message about one of a ring's three. */
static enum sl_status take_ring_fd(struct sl_vhost_session *s, struct sl_message *message,
                                   struct sl_vhost_ring **ring, int *fd, struct sl_error *err)
{
    uint64_t value = payload_u64(message);
    *ring = ring_of(s, (uint32_t)(value & SL_VHOST_VRING_INDEX), err);
    *fd = -1;
    if (!*ring) {
        return SL_ERR_DAMAGED;
    }
    bool announced = !(value & SL_VHOST_VRING_NO_FD);
    if (announced != (message->fd_count == 1)) {
        return sl_vhost_ring_fail(err, (uint32_t)(value & SL_VHOST_VRING_INDEX),
                                  announced ? "a descriptor is missing" : "a descriptor too many");
    }
    if (announced && make_nonblocking(message->fds[0])) {
        *fd = sl_message_take_fd(message, 0);
    }
    return SL_OK;
}

static enum sl_status set_vring_kick(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_ring *ring;
    int fd;
    (void)reply;
    enum sl_status status = take_ring_fd(s, message, &ring, &fd, err);
    if (status != SL_OK) {
        return status;
    }
    sl_vhost_close_fd(&ring->kick);
    ring->kick = fd;
    ring->kickable = true;
    return sl_vhost_ring_start(s, (uint32_t)(ring - s->vrings), err);
}

static enum sl_status set_vring_call(struct sl_vhost_session *s, struct sl_message *message,
                                     struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_ring *ring;
    int fd;
    (void)reply;
    enum sl_status status = take_ring_fd(s, message, &ring, &fd, err);
    if (status == SL_OK) {
        sl_vhost_close_fd(&ring->call);
        ring->call = fd;
    }
    return status;
}

static enum sl_status set_vring_err(struct sl_vhost_session *s, struct sl_message *message,
                                    struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_ring *ring;
    int fd;
    (void)reply;
    enum sl_status status = take_ring_fd(s, message, &ring, &fd, err);
    if (status == SL_OK) {
        sl_vhost_close_fd(&ring->err);
        ring->err = fd;
    }
    return status;
}

static enum sl_status set_vring_enable(struct sl_vhost_session *s, struct sl_message *message,
                                       struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_vring_state state;
    struct sl_vhost_ring *ring = ring_in_state(s, message, &state, err);
    (void)reply;
    if (!ring) {
        return SL_ERR_DAMAGED;
    }
    ring->enabled = state.num != 0;
    ring->pending |= ring->enabled;
    return sl_vhost_ring_start(s, state.index, err);
}

/* The front end overwrites all of it but num_capsets, and there are no capability sets. */
static enum sl_status get_config(struct sl_vhost_session *s, struct sl_message *message,
                                 struct reply *reply, struct sl_error *err)
{
    struct sl_vhost_config config;
    enum { NUM_SCANOUTS_AT = 8 };
    uint8_t space[SL_VHOST_GPU_CONFIG_SIZE] = {0};
    sl_put_le32(space + NUM_SCANOUTS_AT, s->config.scanouts);
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
        memcpy(reply->bytes + sizeof(config), space + config.offset,
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

enum sl_status sl_vhost_handle(struct sl_vhost_session *s, struct sl_message *message,
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
