#include "vhost_front_end.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, MOST_REGIONS = 3, FILE_SIZE = 8 << 20 };

enum { QUEUE_SIZE_CONTROL = 64, QUEUE_SIZE_CURSOR = 16 };

/* A region of the table as the message has it. */
struct region {
    uint64_t gpa;
    uint64_t size;
    uint64_t uva;
    uint64_t mmap_offset;
};

#define MIB UINT64_C(0x100000)
#define UVA UINT64_C(0x7F3210000000)

/* A front end keeps its addresses of guest memory, whatever the table looks like. */
static const struct {
    uint32_t count;
    struct region regions[MOST_REGIONS];
} tables[] = {
    {1, {{0, 4 * MIB, UVA, 0}}},
    {2, {{0, 2 * MIB, UVA, 5 * MIB}, {2 * MIB, 2 * MIB, UVA + 2 * MIB, MIB}}},
    {3,
     {{2 * MIB, 2 * MIB, UVA + 2 * MIB, 0},
      {0, 0xA0000, UVA, 7 * MIB},
      {MIB, MIB, UVA + MIB, 5 * MIB}}},
};

static const struct region *find_region(const struct vhost_front_end *fe, uint64_t gpa)
{
    for (uint32_t i = 0; i < tables[fe->table].count; i++) {
        const struct region *region = &tables[fe->table].regions[i];
        if (gpa >= region->gpa && gpa - region->gpa < region->size) {
            return region;
        }
    }
    cr_assert_fail("the test's guest has no memory at 0x%llx", (unsigned long long)gpa);
    return NULL;
}

uint8_t *vhost_at(struct vhost_front_end *fe, uint64_t gpa)
{
    const struct region *region = find_region(fe, gpa);
    return fe->memory + region->mmap_offset + (gpa - region->gpa);
}

static uint64_t to_uva(const struct vhost_front_end *fe, uint64_t gpa)
{
    const struct region *region = find_region(fe, gpa);
    return region->uva + (gpa - region->gpa);
}

/* ---- Messages ---- */

static void send_once(struct vhost_front_end *fe, const uint8_t *bytes, size_t size, const int *fds,
                      size_t fd_count)
{
    uint8_t control[CMSG_SPACE(64 * sizeof(int))] = {0};
    struct iovec vec = {.iov_len = size};
    memcpy(&vec.iov_base, &bytes, sizeof(vec.iov_base));
    struct msghdr head = {.msg_iov = &vec, .msg_iovlen = 1};
    if (fd_count > 0) {
        head.msg_control = control;
        head.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&head);
        cr_assert_not_null(c);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    ssize_t sent = sendmsg(fe->socket, &head, MSG_NOSIGNAL);
    cr_assert(sent == (ssize_t)size || (sent < 0 && (errno == EPIPE || errno == ECONNRESET)));
}

void vhost_send_raw(struct vhost_front_end *fe, const void *bytes, size_t size, const int *fds,
                    size_t fd_count)
{
    const uint8_t *p = bytes;
    size_t step = fe->variant.splits ? 1 : size;
    for (size_t done = 0; done < size; done += step) {
        send_once(fe, p + done, step, fds, done == 0 ? fd_count : 0);
    }
}

void vhost_send(struct vhost_front_end *fe, uint32_t request, uint32_t flags, const void *payload,
                size_t size, const int *fds, size_t fd_count)
{
    uint32_t header[] = {request, VHOST_VERSION | flags, (uint32_t)size};
    uint8_t *bytes = malloc(sizeof(header) + size);
    cr_assert_not_null(bytes);
    memcpy(bytes, header, sizeof(header));
    if (size > 0) {
        memcpy(bytes + sizeof(header), payload, size);
    }
    vhost_send_raw(fe, bytes, sizeof(header) + size, fds, fd_count);
    free(bytes);
}

void vhost_send_u64(struct vhost_front_end *fe, uint32_t request, uint64_t value, const int *fd)
{
    vhost_send(fe, request, 0, &value, sizeof(value), fd, fd != NULL);
}

void vhost_send_pair(struct vhost_front_end *fe, uint32_t request, uint32_t index, uint32_t value)
{
    uint32_t words[] = {index, value};
    vhost_send(fe, request, 0, words, sizeof(words), NULL, 0);
}

static void receive(struct vhost_front_end *fe, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        struct pollfd wait = {.fd = fe->socket, .events = POLLIN};
        cr_assert_gt(poll(&wait, 1, PATIENCE_MS), 0, "no reply");
        ssize_t n = recv(fe->socket, (uint8_t *)to + done, size - done, 0);
        cr_assert_gt(n, 0, "the back end hung up instead of a reply");
        done += (size_t)n;
    }
}

void vhost_read_reply(struct vhost_front_end *fe, uint32_t request, void *reply, size_t size)
{
    uint32_t header[3];
    receive(fe, header, sizeof(header));
    cr_assert_eq(header[0], request, "a reply to %u, not to %u", header[0], request);
    cr_assert_eq(header[1], VHOST_VERSION | VHOST_REPLY);
    cr_assert_eq(header[2], size, "a reply to %u of %u bytes", request, header[2]);
    receive(fe, reply, size);
}

uint64_t vhost_ask_u64(struct vhost_front_end *fe, uint32_t request)
{
    uint64_t value;
    vhost_send(fe, request, 0, NULL, 0, NULL, 0);
    vhost_read_reply(fe, request, &value, sizeof(value));
    return value;
}

uint64_t vhost_send_acked(struct vhost_front_end *fe, uint32_t request, const void *payload,
                          size_t size, const int *fds, size_t fd_count)
{
    uint64_t value;
    vhost_send(fe, request, VHOST_NEED_REPLY, payload, size, fds, fd_count);
    vhost_read_reply(fe, request, &value, sizeof(value));
    return value;
}

bool vhost_is_hung_up(struct vhost_front_end *fe)
{
    uint8_t byte;
    struct pollfd wait = {.fd = fe->socket, .events = POLLIN};
    while (poll(&wait, 1, PATIENCE_MS) > 0) {
        ssize_t n = recv(fe->socket, &byte, 1, 0);
        if (n <= 0) {
            return true;
        }
    }
    return false;
}

/* ---- Configuration ---- */

enum { CONFIG_HEAD = 12, CONFIG_SIZE = 16 };

void vhost_get_config(struct vhost_front_end *fe, uint8_t config[16])
{
    uint8_t payload[CONFIG_HEAD + CONFIG_SIZE] = {0};
    uint32_t head[] = {0, CONFIG_SIZE, 0};
    memcpy(payload, head, sizeof(head));
    vhost_send(fe, VHOST_GET_CONFIG, 0, payload, sizeof(payload), NULL, 0);
    vhost_read_reply(fe, VHOST_GET_CONFIG, payload, sizeof(payload));
    cr_assert_eq(memcmp(payload, head, sizeof(head)), 0);
    memcpy(config, payload + CONFIG_HEAD, CONFIG_SIZE);
}

void vhost_set_config(struct vhost_front_end *fe, const uint8_t config[16])
{
    uint8_t payload[CONFIG_HEAD + CONFIG_SIZE] = {0};
    uint32_t head[] = {0, CONFIG_SIZE, 0};
    memcpy(payload, head, sizeof(head));
    memcpy(payload + CONFIG_HEAD, config, CONFIG_SIZE);
    if (fe->protocol_features & VHOST_REPLY_ACK) {
        cr_assert_eq(vhost_send_acked(fe, VHOST_SET_CONFIG, payload, sizeof(payload), NULL, 0), 0);
    } else {
        vhost_send(fe, VHOST_SET_CONFIG, 0, payload, sizeof(payload), NULL, 0);
    }
}

/* ---- Connecting ---- */

void vhost_connect(struct vhost_front_end *fe, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cr_assert_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    fe->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fe->socket, 0);
    for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
        if (connect(fe->socket, (struct sockaddr *)&address, sizeof(address)) == 0) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    cr_assert_fail("nobody listens at %s", path);
}

void vhost_disconnect(struct vhost_front_end *fe)
{
    close(fe->socket);
    fe->socket = -1;
    vhost_screen_close(&fe->screen);
}

static void send_calls(struct vhost_front_end *fe, const int fds[2])
{
    for (uint64_t i = 0; i < 2; i++) {
        vhost_send_u64(fe, VHOST_SET_VRING_CALL, i, &fds[i]);
    }
}

void vhost_hello(struct vhost_front_end *fe)
{
    uint64_t offered = vhost_ask_u64(fe, VHOST_GET_FEATURES);
    cr_assert(offered >> 30 & 1, "VHOST_USER_F_PROTOCOL_FEATURES");
    cr_assert(offered >> 32 & 1, "VIRTIO_F_VERSION_1");
    cr_assert(offered >> 1 & 1, "VIRTIO_GPU_F_EDID");
    uint64_t protocol = vhost_ask_u64(fe, VHOST_GET_PROTOCOL_FEATURES);
    cr_assert(protocol & VHOST_CONFIG, "QEMU needs VHOST_USER_PROTOCOL_F_CONFIG");
    uint64_t wanted = VHOST_CONFIG | (fe->variant.takes_mq ? VHOST_MQ : 0) |
                      (fe->variant.takes_ack ? VHOST_REPLY_ACK : 0);
    fe->protocol_features = protocol & wanted;
    vhost_send_u64(fe, VHOST_SET_PROTOCOL_FEATURES, fe->protocol_features, NULL);
    if (fe->protocol_features & VHOST_MQ) {
        cr_assert_eq(vhost_ask_u64(fe, VHOST_GET_QUEUE_NUM), 2);
    }
    vhost_send(fe, VHOST_SET_OWNER, 0, NULL, 0, NULL, 0);
    cr_assert_eq(vhost_ask_u64(fe, VHOST_GET_FEATURES), offered);
    for (uint64_t i = 0; i < 2; i++) {
        int error = eventfd(0, EFD_CLOEXEC);
        vhost_send_u64(fe, VHOST_SET_VRING_CALL, i, &fe->masked[i]);
        vhost_send_u64(fe, VHOST_SET_VRING_ERR, i, &error);
        close(error);
    }
    uint8_t config[16];
    vhost_get_config(fe, config);
    vhost_get_config(fe, config);
}

struct vhost_front_end *vhost_front_end_create(const char *path,
                                               const struct vhost_variant *variant)
{
    struct vhost_front_end *fe = calloc(1, sizeof(*fe));
    cr_assert_not_null(fe);
    fe->variant = *variant;
    fe->table = variant->tables;
    fe->screen.fd = -1;
    fe->screen.features = variant->is_version10 ? 3 : 0;
    fe->screen.widths[0] = 1280;
    fe->screen.heights[0] = 800;
    fe->file = memfd_create("guest", MFD_CLOEXEC);
    cr_assert(fe->file >= 0 && ftruncate(fe->file, FILE_SIZE) == 0);
    fe->memory = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fe->file, 0);
    cr_assert_neq(fe->memory, MAP_FAILED);
    for (int i = 0; i < 2; i++) {
        fe->kick[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        fe->call[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        fe->masked[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        cr_assert(fe->kick[i] >= 0 && fe->call[i] >= 0 && fe->masked[i] >= 0);
    }
    vhost_connect(fe, path);
    vhost_hello(fe);
    return fe;
}

void vhost_front_end_destroy(struct vhost_front_end *fe)
{
    if (fe->socket >= 0) {
        vhost_disconnect(fe);
    }
    for (int i = 0; i < 2; i++) {
        close(fe->kick[i]);
        close(fe->call[i]);
        close(fe->masked[i]);
    }
    munmap(fe->memory, FILE_SIZE);
    close(fe->file);
    free(fe);
}

/* ---- Start and stop ---- */

static void send_table(struct vhost_front_end *fe)
{
    struct {
        uint32_t count;
        uint32_t padding;
        struct region regions[MOST_REGIONS];
    } payload = {.count = tables[fe->table].count};
    int fds[MOST_REGIONS] = {fe->file, fe->file, fe->file};
    memcpy(payload.regions, tables[fe->table].regions, sizeof(payload.regions));
    size_t size = 8 + payload.count * sizeof(struct region);
    if (fe->protocol_features & VHOST_REPLY_ACK) {
        cr_assert_eq(vhost_send_acked(fe, VHOST_SET_MEM_TABLE, &payload, size, fds, payload.count),
                     0);
    } else {
        vhost_send(fe, VHOST_SET_MEM_TABLE, 0, &payload, size, fds, payload.count);
    }
}

static void open_screen(struct vhost_front_end *fe)
{
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    vhost_send(fe, VHOST_GPU_SET_SOCKET, 0, NULL, 0, &ends[0], 1);
    close(ends[0]);
    vhost_screen_close(&fe->screen);
    fe->screen.fd = ends[1];
}

static void set_up_queue(struct vhost_front_end *fe, uint32_t index)
{
    const struct sl_virtio_queue *queue = &fe->guest.queues[index];
    struct {
        uint32_t index;
        uint32_t flags;
        uint64_t desc;
        uint64_t used;
        uint64_t avail;
        uint64_t log;
    } addr = {.index = index,
              .desc = to_uva(fe, queue->desc),
              .used = to_uva(fe, queue->used),
              .avail = to_uva(fe, queue->avail)};
    vhost_send_pair(fe, VHOST_SET_VRING_NUM, index, queue->size);
    vhost_send_pair(fe, VHOST_SET_VRING_BASE, index, fe->base[index]);
    vhost_send(fe, VHOST_SET_VRING_ADDR, 0, &addr, sizeof(addr), NULL, 0);
    uint64_t one = 1; /* QEMU's kick is readable when it arrives */
    cr_assert_eq(write(fe->kick[index], &one, sizeof(one)), (ssize_t)sizeof(one));
    vhost_send_u64(fe, VHOST_SET_VRING_KICK, index, &fe->kick[index]);
}

static void enable_queues(struct vhost_front_end *fe, uint32_t on)
{
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t words[] = {i, on};
        if (fe->variant.is_version10 && fe->protocol_features & VHOST_REPLY_ACK) {
            cr_assert_eq(
                vhost_send_acked(fe, VHOST_SET_VRING_ENABLE, words, sizeof(words), NULL, 0), 0);
            continue;
        }
        vhost_send(fe, VHOST_SET_VRING_ENABLE, 0, words, sizeof(words), NULL, 0);
        if (fe->variant.is_version10) {
            vhost_ask_u64(fe, VHOST_GET_FEATURES);
        }
    }
}

void vhost_resume(struct vhost_front_end *fe)
{
    open_screen(fe);
    send_calls(fe, fe->masked);
    vhost_send_u64(fe, VHOST_SET_FEATURES, fe->features, NULL);
    send_table(fe);
    set_up_queue(fe, 0);
    set_up_queue(fe, 1);
    enable_queues(fe, 1);
    send_calls(fe, fe->call);
}

static enum sl_status take_event(void *data, const struct sl_event *event, struct sl_error *err)
{
    (void)err;
    if (event->type == SL_EVENT_MEM) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        vhost_write(data, event->u.mem.gpa, event->u.mem.bytes, event->u.mem.size);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    return SL_OK;
}

void vhost_start(struct vhost_front_end *fe)
{
    /* VERSION_1, RING_RESET and protocol features as observed, whatever was offered; EDID. */
    fe->features = UINT64_C(0x10140000002) | (uint64_t)fe->variant.has_event_idx << 29 |
                   (uint64_t)fe->variant.has_indirect << 28;
    struct sl_virtio_start start = {.layout = sl_virtio_find_layout("vring"),
                                    .features = fe->features,
                                    .queue_size = {QUEUE_SIZE_CONTROL, QUEUE_SIZE_CURSOR},
                                    .queue_gpa = {0x1000, 0x4000}};
    fe->guest.sink = (struct sl_event_sink){.data = fe, .put = take_event};
    cr_assert_eq(sl_virtio_guest_start(&fe->guest, &start, NULL), SL_OK);
    memset(fe->seen, 0, sizeof(fe->seen));
    memset(fe->base, 0, sizeof(fe->base));
    vhost_resume(fe);
}

void vhost_stop(struct vhost_front_end *fe)
{
    vhost_screen_close(&fe->screen);
    enable_queues(fe, 0);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t answer[2];
        vhost_send_pair(fe, VHOST_GET_VRING_BASE, i, 0);
        vhost_read_reply(fe, VHOST_GET_VRING_BASE, answer, sizeof(answer));
        cr_assert_eq(answer[0], i);
        cr_assert_leq(answer[1], UINT16_MAX);
        fe->base[i] = (uint16_t)answer[1];
    }
    send_calls(fe, fe->masked);
}

/* What both tables have moves along. */
void vhost_change_table(struct vhost_front_end *fe, unsigned table)
{
    enum { PAGE = 4096 };
    uint8_t *copy = calloc(1, VHOST_RAM);
    cr_assert_not_null(copy);
    for (uint32_t i = 0; i < tables[fe->table].count; i++) {
        const struct region *region = &tables[fe->table].regions[i];
        memcpy(copy + region->gpa, fe->memory + region->mmap_offset, region->size);
    }
    fe->table = table;
    for (uint32_t i = 0; i < tables[table].count; i++) {
        const struct region *region = &tables[table].regions[i];
        memcpy(fe->memory + region->mmap_offset, copy + region->gpa, region->size);
    }
    free(copy);
    send_table(fe);
}
