/* `scanlock record` and front ends that break the rules, or go away. */
#include "base/bytes.h"
#include "record_child.h"
#include "vhost_front_end.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

TestSuite(vhost_hostile, .timeout = 180);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { W = 100, H = 80, PICTURE = VHOST_FREE };

static const struct vhost_variant linux_driver = {
    .name = "Linux", .tables = 1, .has_event_idx = true, .has_indirect = true};

static void show(struct vhost_front_end *fe, uint32_t seed)
{
    vhost_make_resource(fe, 1, W, H, PICTURE);
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, 0, 1);
    vhost_paint(fe, PICTURE, W, H, seed);
    vhost_show(fe, 1, W, H);
    vhost_settle(fe, 100);
}

static void expect_seed(struct vhost_front_end *fe, uint32_t seed)
{
    const struct vhost_picture *picture = &fe->screen.pictures[0];
    cr_assert(picture->width == W && picture->height == H);
    for (uint32_t i = 0; i < W * H; i++) {
        cr_assert_eq(picture->pixels[i] & 0xFFFFFF, vhost_pixel(seed, i % W, i / W), "pixel %u", i);
    }
}

/* A front end that keeps to the rules gets its picture, and the trace is whole. */
static void expect_health(struct record_child *child, uint32_t seed)
{
    cr_assert(record_child_is_alive(child), "%s", record_child_log(child));
    struct vhost_front_end *fe = vhost_front_end_create(child->socket, &linux_driver);
    vhost_start(fe);
    show(fe, seed);
    expect_seed(fe, seed);
    cr_assert_eq(record_child_stop(child, SIGTERM), 0, "%s", record_child_log(child));
    struct recorded recorded;
    recorded_read(&recorded, child->trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    cr_assert(recorded_shows(&recorded, 0, &fe->screen.pictures[0]));
    recorded_finish(&recorded);
    vhost_front_end_destroy(fe);
    record_child_finish(child);
}

static int count_descriptors(const struct record_child *child)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)child->pid);
    DIR *folder = opendir(path);
    cr_assert_not_null(folder);
    int count = 0;
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

/* True if the back end still answers; false if it hung up. */
static bool still_answers(struct vhost_front_end *fe)
{
    vhost_send(fe, VHOST_GET_FEATURES, 0, NULL, 0, NULL, 0);
    uint32_t words[5];
    struct pollfd wait = {.fd = fe->socket, .events = POLLIN};
    cr_assert_gt(poll(&wait, 1, 20000), 0, "neither an answer nor an end");
    return recv(fe->socket, words, sizeof(words), MSG_WAITALL) == (ssize_t)sizeof(words);
}

/* What a message may come with; each kind of descriptor is one of a type. */
enum fds { NONE, EVENT, FILE_4M, SMALL_FILE, SOCKET, EIGHT_EVENTS, NINE_EVENTS, NULL_DEVICE };

static size_t make_fds(enum fds kind, int fds[9])
{
    size_t count = kind == NONE ? 0 : kind == EIGHT_EVENTS ? 8 : kind == NINE_EVENTS ? 9 : 1;
    for (size_t i = 0; i < count; i++) {
        int ends[2] = {-1, -1};
        switch (kind) {
        case FILE_4M:
        case SMALL_FILE:
            fds[i] = memfd_create("file", MFD_CLOEXEC);
            cr_assert_eq(ftruncate(fds[i], kind == FILE_4M ? 4 << 20 : 4096), 0);
            break;
        case SOCKET:
            cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
            fds[i] = ends[0];
            close(ends[1]);
            break;
        case NULL_DEVICE:
            fds[i] = open("/dev/null", O_WRONLY | O_CLOEXEC);
            break;
        case NONE:
        case EVENT:
        case EIGHT_EVENTS:
        case NINE_EVENTS:
            fds[i] = eventfd(0, EFD_CLOEXEC);
            break;
        }
        cr_assert_geq(fds[i], 0);
    }
    return count;
}

static const struct bad_message {
    const char *what;
    uint32_t request;
    uint32_t size; /* bytes of words */
    uint32_t words[18];
    enum fds fds;
} bad_messages[] = {
    {"features too short", VHOST_SET_FEATURES, 4, {1}, NONE},
    {"features too long", VHOST_SET_FEATURES, 12, {1}, NONE},
    {"features empty", VHOST_SET_FEATURES, 0, {0}, NONE},
    {"protocol features too short", VHOST_SET_PROTOCOL_FEATURES, 7, {1}, NONE},
    {"a question with an answer in it", VHOST_GET_FEATURES, 64, {1}, NONE},
    {"owner with a descriptor", VHOST_SET_OWNER, 0, {0}, EVENT},
    {"no memory table", VHOST_SET_MEM_TABLE, 0, {0}, NONE},
    {"table of none", VHOST_SET_MEM_TABLE, 8, {0}, NONE},
    {"table without its regions", VHOST_SET_MEM_TABLE, 8, {1}, FILE_4M},
    {"table without descriptor", VHOST_SET_MEM_TABLE, 40, {1, 0, 0, 0, 4096}, NONE},
    {"table with too many descriptors", VHOST_SET_MEM_TABLE, 40, {1, 0, 0, 0, 4096}, EIGHT_EVENTS},
    {"table of a billion", VHOST_SET_MEM_TABLE, 40, {0x40000000, 0, 0, 0, 4096}, FILE_4M},
    {"table of 2^32 - 1", VHOST_SET_MEM_TABLE, 40, {0xFFFFFFFF, 0, 0, 0, 4096}, FILE_4M},
    {"region without size", VHOST_SET_MEM_TABLE, 40, {1}, FILE_4M},
    {"region beyond its file", VHOST_SET_MEM_TABLE, 40, {1, 0, 0, 0, 8192}, SMALL_FILE},
    {"region of an event", VHOST_SET_MEM_TABLE, 40, {1, 0, 0, 0, 4096}, EVENT},
    {"region of a socket", VHOST_SET_MEM_TABLE, 40, {1, 0, 0, 0, 4096}, SOCKET},
    {"region that wraps", VHOST_SET_MEM_TABLE, 40, {1, 0, 0xFFFFF000, 0xFFFFFFFF, 0x2000}, FILE_4M},
    {"offset that wraps",
     VHOST_SET_MEM_TABLE,
     40,
     {1, 0, 0, 0, 4096, 0, 0, 0, 0xFFFFF000, 0xFFFFFFFF},
     FILE_4M},
    {"odd region", VHOST_SET_MEM_TABLE, 40, {1, 0, 1, 0, 4095}, FILE_4M},
    {"size of a queue that is not there", VHOST_SET_VRING_NUM, 8, {2, 64}, NONE},
    {"size of queue 2^32 - 1", VHOST_SET_VRING_NUM, 8, {0xFFFFFFFF, 64}, NONE},
    {"queue of no size", VHOST_SET_VRING_NUM, 8, {0, 0}, NONE},
    {"queue of 32769", VHOST_SET_VRING_NUM, 8, {0, 32769}, NONE},
    {"queue of 2^32 - 1", VHOST_SET_VRING_NUM, 8, {0, 0xFFFFFFFF}, NONE},
    {"base of a queue that is not there", VHOST_SET_VRING_BASE, 8, {7, 0}, NONE},
    {"base above 16 bits", VHOST_SET_VRING_BASE, 8, {0, 0x10000}, NONE},
    {"base too short", VHOST_SET_VRING_BASE, 4, {0}, NONE},
    {"addresses too short", VHOST_SET_VRING_ADDR, 32, {0}, NONE},
    {"addresses outside of memory", VHOST_SET_VRING_ADDR, 40, {0, 0, 1, 2, 3, 4, 5, 6}, NONE},
    {"addresses of a queue that is not there", VHOST_SET_VRING_ADDR, 40, {9}, NONE},
    {"base of no queue", VHOST_GET_VRING_BASE, 8, {2, 0}, NONE},
    {"base asked for too shortly", VHOST_GET_VRING_BASE, 0, {0}, NONE},
    {"kick without descriptor", VHOST_SET_VRING_KICK, 8, {0}, NONE},
    {"kick with a descriptor that is not announced", VHOST_SET_VRING_KICK, 8, {0x100}, EVENT},
    {"kick of no queue", VHOST_SET_VRING_KICK, 8, {5}, EVENT},
    {"kick by a file", VHOST_SET_VRING_KICK, 8, {0}, FILE_4M},
    {"kick by a closed socket", VHOST_SET_VRING_KICK, 8, {0}, SOCKET},
    {"kick by eight", VHOST_SET_VRING_KICK, 8, {0}, EIGHT_EVENTS},
    {"call without descriptor", VHOST_SET_VRING_CALL, 8, {1}, NONE},
    {"call of no queue", VHOST_SET_VRING_CALL, 8, {200}, EVENT},
    {"call through a closed socket", VHOST_SET_VRING_CALL, 8, {0}, SOCKET},
    {"error of no queue", VHOST_SET_VRING_ERR, 8, {200}, EVENT},
    {"enable of no queue", VHOST_SET_VRING_ENABLE, 8, {2, 1}, NONE},
    {"enable by 7", VHOST_SET_VRING_ENABLE, 8, {0, 7}, NONE},
    {"enable too short", VHOST_SET_VRING_ENABLE, 4, {0}, NONE},
    {"configuration without a header", VHOST_GET_CONFIG, 4, {0}, NONE},
    {"configuration that is longer than its message", VHOST_GET_CONFIG, 28, {0, 256}, NONE},
    {"configuration outside of it", VHOST_GET_CONFIG, 28, {0x1000, 16}, NONE},
    {"configuration at 2^32 - 8", VHOST_GET_CONFIG, 28, {0xFFFFFFF8, 16}, NONE},
    {"write of configuration outside of it", VHOST_SET_CONFIG, 28, {0xFFFFFFF8, 16}, NONE},
    {"write of configuration cut off", VHOST_SET_CONFIG, 13, {0, 16}, NONE},
    {"write of configuration of 2^32 - 1", VHOST_SET_CONFIG, 28, {0, 0xFFFFFFFF}, NONE},
    {"no GPU socket", VHOST_GPU_SET_SOCKET, 0, {0}, NONE},
    {"GPU socket that is a file", VHOST_GPU_SET_SOCKET, 0, {0}, FILE_4M},
    {"GPU socket that is closed", VHOST_GPU_SET_SOCKET, 0, {0}, SOCKET},
    {"GPU socket that is an event", VHOST_GPU_SET_SOCKET, 0, {0}, EVENT},
    {"nine descriptors", VHOST_SET_OWNER, 0, {0}, NINE_EVENTS},
    {"a log that was not negotiated", 6, 16, {0}, FILE_4M},
    {"a channel that was not negotiated", 21, 0, {0}, SOCKET},
    {"regions that were not negotiated", 37, 40, {0, 0, 0, 0, 4096}, FILE_4M},
    {"request 0", 0, 0, {0}, NONE},
    {"request 2^32 - 1", 0xFFFFFFFF, 72, {1}, NULL_DEVICE},
};

static void send_bad(struct vhost_front_end *fe, const struct bad_message *bad, uint32_t flags)
{
    int fds[9];
    size_t count = make_fds(bad->fds, fds);
    vhost_send(fe, bad->request, flags, bad->words, bad->size, fds, count);
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
}

/* Before a driver runs, after, and with need_reply. */
static void try_bad(struct record_child *child, const struct bad_message *bad, int when)
{
    struct vhost_front_end *fe = vhost_front_end_create(child->socket, &linux_driver);
    if (when == 1) {
        vhost_start(fe);
    }
    send_bad(fe, bad, when == 2 ? VHOST_NEED_REPLY : 0);
    still_answers(fe);
    cr_assert(record_child_is_alive(child), "%s: %s", bad->what, record_child_log(child));
    vhost_front_end_destroy(fe);
}

Test(vhost_hostile, bad_messages_are_survived)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    vhost_front_end_destroy(fe);
    int before = count_descriptors(&child);
    for (int when = 0; when < 3; when++) {
        for (size_t i = 0; i < COUNT(bad_messages); i++) {
            try_bad(&child, &bad_messages[i], when);
        }
    }
    fe = vhost_front_end_create(child.socket, &linux_driver);
    vhost_front_end_destroy(fe);
    cr_assert_leq(count_descriptors(&child), before + 8, "descriptors are left open");
    expect_health(&child, 1);
}

/* A descriptor that is always ready would be served for ever; the ring is polled instead. */
Test(vhost_hostile, files_and_devices_are_no_descriptors_of_rings)
{
    static const char *const paths[] = {"/dev/zero", "/dev/full", "/proc/self/exe"};
    struct record_child child;
    record_child_start(&child, NULL);
    clockid_t clock;
    cr_assert_eq(clock_getcpuclockid(child.pid, &clock), 0);
    for (uint32_t i = 0; i < COUNT(paths); i++) {
        struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
        vhost_start(fe);
        uint64_t ring = 0;
        int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
        cr_assert_geq(fd, 0);
        vhost_send_u64(fe, VHOST_SET_VRING_KICK, ring, &fd);
        close(fd);
        show(fe, i);
        expect_seed(fe, i);
        struct timespec before, after;
        clock_gettime(clock, &before);
        poll(NULL, 0, 500);
        clock_gettime(clock, &after);
        int64_t used =
            (after.tv_sec - before.tv_sec) * INT64_C(1000000000) + after.tv_nsec - before.tv_nsec;
        cr_assert_lt(used, INT64_C(150000000), "%s keeps it busy", paths[i]);
        vhost_front_end_destroy(fe);
    }
    expect_health(&child, 5);
}

struct thief {
    int fd;
    atomic_bool stop;
};

static void *steal(void *argument)
{
    struct thief *thief = argument;
    while (!atomic_load(&thief->stop)) {
        uint64_t count;
        struct pollfd wait = {.fd = thief->fd, .events = POLLIN};
        if (poll(&wait, 1, 1) > 0 && read(thief->fd, &count, sizeof(count)) > 0) {
            count = 1; /* and rings again, as the chain is still there */
            cr_assert_eq(write(thief->fd, &count, sizeof(count)), (ssize_t)sizeof(count));
        }
    }
    return NULL;
}

/* A kick is gone between poll() and read(), and its eventfd is one that blocks. */
Test(vhost_hostile, a_kick_that_is_taken_back_stops_nobody)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(fcntl(fe->kick[i], F_SETFL, 0), 0);
        cr_assert_eq(fcntl(fe->call[i], F_SETFL, 0), 0);
    }
    vhost_start(fe);
    vhost_get_config(fe, (uint8_t[16]){0});
    for (int i = 0; i < 2; i++) {
        cr_assert(fcntl(fe->kick[i], F_GETFL) & O_NONBLOCK);
        cr_assert(fcntl(fe->call[i], F_GETFL) & O_NONBLOCK);
    }
    struct thief thief = {.fd = fe->kick[0]};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, steal, &thief), 0);
    for (uint32_t i = 0; i < 20; i++) {
        show(fe, i);
        expect_seed(fe, i);
        VHOST_COMMAND(fe, VIRTIO_GPU_CMD_RESOURCE_UNREF, 1, 0);
    }
    atomic_store(&thief.stop, true);
    pthread_join(thread, NULL);
    vhost_front_end_destroy(fe);
    expect_health(&child, 5);
}

Test(vhost_hostile, unknown_requests_are_ignored_or_refused)
{
    static const uint32_t unknown[] = {22, 23, 28, 35, 99, 1000};
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_variant variant = linux_driver;
    for (int acks = 0; acks < 2; acks++) {
        variant.takes_ack = acks;
        struct vhost_front_end *fe = vhost_front_end_create(child.socket, &variant);
        for (size_t i = 0; i < COUNT(unknown); i++) {
            vhost_send(fe, unknown[i], 0, "four", 4, NULL, 0);
            vhost_ask_u64(fe, VHOST_GET_FEATURES);
            if (acks) { /* only then need_reply means anything */
                cr_assert_neq(vhost_send_acked(fe, unknown[i], "four", 4, NULL, 0), 0, "request %u",
                              unknown[i]);
            }
        }
        vhost_start(fe);
        show(fe, 4);
        expect_seed(fe, 4);
        vhost_front_end_destroy(fe);
    }
    expect_health(&child, 5);
}

/* With acknowledgements a request that fails says so, and the session goes on. */
Test(vhost_hostile, refused_requests_are_acknowledged_as_such)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_variant variant = linux_driver;
    variant.takes_ack = true;
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &variant);
    uint64_t payload[5] = {1, 0, 8192, 0, 0};
    int file = memfd_create("small", MFD_CLOEXEC);
    cr_assert_eq(ftruncate(file, 4096), 0);
    cr_assert_neq(vhost_send_acked(fe, VHOST_SET_MEM_TABLE, payload, 40, &file, 1), 0);
    close(file);
    uint32_t state[2] = {5, 1};
    cr_assert_neq(vhost_send_acked(fe, VHOST_SET_VRING_ENABLE, state, 8, NULL, 0), 0);
    cr_assert_eq(vhost_send_acked(fe, VHOST_SET_OWNER, NULL, 0, NULL, 0), 0);
    vhost_start(fe);
    show(fe, 4);
    expect_seed(fe, 4);
    vhost_front_end_destroy(fe);
    expect_health(&child, 5);
}

/* Headers that announce what never comes. */
Test(vhost_hostile, huge_and_unfinished_messages_are_survived)
{
    static const uint32_t headers[][3] = {
        {VHOST_SET_FEATURES, 1, 0xFFFFFFFF}, {VHOST_SET_MEM_TABLE, 1, 0x7FFFFFFF},
        {VHOST_GET_CONFIG, 1, 1 << 20},      {VHOST_SET_FEATURES, 1, 8},
        {VHOST_SET_FEATURES, 0, 0},          {VHOST_SET_FEATURES, 2, 0},
        {VHOST_GET_FEATURES, 5, 0},
    };
    struct record_child child;
    record_child_start(&child, NULL);
    for (size_t i = 0; i < COUNT(headers); i++) {
        for (size_t cut = 1; cut <= 12; cut += i % 2 ? 1 : 11) {
            struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
            vhost_send_raw(fe, headers[i], cut, NULL, 0);
            vhost_front_end_destroy(fe);
        }
    }
    expect_health(&child, 2);
}

/* What arrives on the GPU socket instead of answers. */
Test(vhost_hostile, bad_answers_cost_the_display_only)
{
    static const uint32_t answers[][4] = {
        {1, 4, 4, 0}, {3, 4, 4, 0},          {99, 4, 4, 0},         {1, 0, 4, 0},
        {1, 4, 0, 4}, {1, 4, 0xFFFFFFFF, 0}, {0xFFFFFFFF, 7, 0, 1}, {3, 4, 0, 3},
    };
    struct record_child child;
    record_child_start(&child, NULL);
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
        fe->screen.is_mute = true;
        vhost_start(fe);
        static const uint8_t request[24] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO & 0xFF,
                                            VIRTIO_GPU_CMD_GET_DISPLAY_INFO >> 8};
        vhost_submit(fe, 0, request, sizeof(request), 408);
        vhost_settle(fe, 50);
        send(fe->screen.fd, answers[i], sizeof(answers[i]), MSG_NOSIGNAL);
        vhost_settle(fe, 50);
        vhost_screen_close(&fe->screen);
        cr_assert_eq(vhost_wait(fe, 0), 408, "answer %zu", i);
        uint8_t request_of_nothing[24] = {0};
        vhost_submit(fe, 0, request_of_nothing, 24, 24);
        cr_assert_eq(vhost_wait(fe, 0), 24);
        vhost_front_end_destroy(fe);
    }
    expect_health(&child, 3);
}

Test(vhost_hostile, a_front_end_that_reads_no_pictures_does_not_stop_the_guest)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    vhost_start(fe);
    fe->screen.is_deaf = true;
    enum { BIG_W = 640, BIG_H = 480 };
    vhost_make_resource(fe, 1, BIG_W, BIG_H, PICTURE);
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, BIG_W, BIG_H, 0, 1);
    vhost_paint(fe, PICTURE, BIG_W, BIG_H, 1);
    for (int i = 0; i < 200; i++) {
        vhost_show(fe, 1, BIG_W, BIG_H);
    }
    fe->screen.is_deaf = false; /* it sees the last picture when it wakes up */
    vhost_paint(fe, PICTURE, BIG_W, BIG_H, 2);
    vhost_show(fe, 1, BIG_W, BIG_H);
    vhost_settle(fe, 200);
    const struct vhost_picture *picture = &fe->screen.pictures[0];
    cr_assert_eq(picture->width, BIG_W);
    for (uint32_t i = 0; i < BIG_W * BIG_H; i++) {
        cr_assert_eq(picture->pixels[i] & 0xFFFFFF, vhost_pixel(2, i % BIG_W, i / BIG_W));
    }
    vhost_front_end_destroy(fe);
    expect_health(&child, 6);
}

Test(vhost_hostile, a_front_end_that_reads_no_replies_is_dropped)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    static const uint32_t header[] = {VHOST_GET_FEATURES, VHOST_VERSION, 0};
    bool dropped = false;
    for (int i = 0; i < 2000000 && !dropped; i++) {
        struct pollfd wait = {.fd = fe->socket, .events = POLLOUT};
        dropped =
            poll(&wait, 1, 5000) <= 0 || send(fe->socket, header, sizeof(header), MSG_NOSIGNAL) < 0;
    }
    cr_assert(dropped, "24 MB of questions were taken");
    vhost_front_end_destroy(fe);
    expect_health(&child, 7);
}

/* Descriptors of interrupts and errors that cannot be written, and that break who writes. */
Test(vhost_hostile, interrupts_may_lead_nowhere)
{
    static const enum fds kinds[] = {SOCKET, FILE_4M, NULL_DEVICE, EVENT};
    struct record_child child;
    record_child_start(&child, NULL);
    for (size_t i = 0; i < COUNT(kinds) + 1; i++) {
        struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
        vhost_start(fe);
        int fds[9];
        size_t count = 1;
        if (i < COUNT(kinds)) {
            count = make_fds(kinds[i], fds);
        } else {
            int ends[2];
            cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
            close(ends[0]);
            fds[0] = ends[1];
        }
        for (uint64_t queue = 0; queue < 2; queue++) {
            vhost_send_u64(fe, VHOST_SET_VRING_CALL, queue, fds);
            vhost_send_u64(fe, VHOST_SET_VRING_ERR, queue, fds);
        }
        close(fds[0]);
        cr_assert_eq(count, 1);
        static const uint8_t request[24] = {0};
        uint64_t answer = vhost_submit(fe, 0, request, sizeof(request), 24);
        for (int k = 0; k < 500 && vhost_at(fe, answer)[1] == 0; k++) {
            vhost_settle(fe, 10);
        }
        cr_assert_neq(vhost_at(fe, answer)[1], 0, "kind %zu: no answer", i);
        struct sl_virtio_desc empty[3] = {{0x50000, 0, 0, 0}};
        struct sl_virtio_guest *guest = &fe->guest;
        sl_virtio_guest_write_descs(guest, guest->queues[1].desc, empty, 1, NULL);
        sl_virtio_guest_offer(guest, 1, 0, 1, NULL);
        vhost_kick(fe, 1, true);
        vhost_settle(fe, 50);
        cr_assert(record_child_is_alive(&child), "kind %zu: %s", i, record_child_log(&child));
        vhost_front_end_destroy(fe);
    }
    expect_health(&child, 2);
}

/* Two that poll one counter: the first to read it leaves nothing for the second. */
Test(vhost_hostile, queues_may_share_a_kick_that_blocks)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    close(fe->kick[0]);
    close(fe->kick[1]);
    fe->kick[0] = eventfd(0, EFD_CLOEXEC);
    fe->kick[1] = dup(fe->kick[0]);
    cr_assert(fe->kick[0] >= 0 && fe->kick[1] >= 0);
    vhost_start(fe);
    uint32_t move[] = {0, 40, 25, 0, 0, 0, 0, 0};
    for (uint32_t i = 0; i < 10; i++) {
        vhost_cursor(fe, VIRTIO_GPU_CMD_MOVE_CURSOR, move, 8);
        VHOST_COMMAND(fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, 0, 0, 0, 0);
    }
    show(fe, 1);
    expect_seed(fe, 1);
    vhost_front_end_destroy(fe);
    expect_health(&child, 2);
}

/* True if the recorder maps the memory of a guest. */
static bool has_guest_memory(const struct record_child *child)
{
    char text[512];
    snprintf(text, sizeof(text), "/proc/%d/maps", (int)child->pid);
    FILE *maps = fopen(text, "r");
    cr_assert_not_null(maps);
    bool found = false;
    while (fgets(text, sizeof(text), maps)) {
        found |= strstr(text, "memfd:guest") != NULL;
    }
    fclose(maps);
    return found;
}

Test(vhost_hostile, the_memory_of_a_guest_that_is_gone_is_given_back)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    vhost_start(fe);
    show(fe, 1);
    cr_assert(has_guest_memory(&child));
    vhost_front_end_destroy(fe);
    fe = vhost_front_end_create(child.socket, &linux_driver);
    cr_assert_not(has_guest_memory(&child));
    vhost_front_end_destroy(fe);
    expect_health(&child, 2);
}

Test(vhost_hostile, a_flood_of_questions_does_not_keep_it_from_ending)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    vhost_start(fe);
    show(fe, 1);
    static const uint32_t header[] = {VHOST_GET_FEATURES, VHOST_VERSION, 0};
    cr_assert_eq(kill(child.pid, SIGTERM), 0);
    while (record_child_is_alive(&child)) { /* the suite's time is the limit */
        char replies[4096];
        send(fe->socket, header, sizeof(header), MSG_NOSIGNAL | MSG_DONTWAIT);
        recv(fe->socket, replies, sizeof(replies), MSG_DONTWAIT);
    }
    cr_assert_eq(record_child_wait(&child), 0);
    struct recorded recorded;
    recorded_read(&recorded, child.trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    recorded_finish(&recorded);
    vhost_front_end_destroy(fe);
    record_child_finish(&child);
}

Test(vhost_hostile, front_ends_come_and_go)
{
    struct record_child child;
    record_child_start(&child, NULL);
    for (uint32_t i = 0; i < 5; i++) {
        struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
        if (i > 0) {
            vhost_start(fe);
        }
        if (i > 1) {
            show(fe, i);
            expect_seed(fe, i);
        }
        if (i > 2) { /* goes away in the middle of a command */
            static const uint8_t request[24] = {0};
            vhost_submit(fe, 0, request, sizeof(request), 24);
        }
        vhost_front_end_destroy(fe);
    }
    expect_health(&child, 9);
}

Test(vhost_hostile, memory_that_shrinks_is_survived)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &linux_driver);
    vhost_start(fe);
    show(fe, 1);
    cr_assert_eq(ftruncate(fe->file, 0), 0);
    uint64_t one = 1;
    cr_assert_eq(write(fe->kick[0], &one, sizeof(one)), (ssize_t)sizeof(one));
    cr_assert_eq(write(fe->kick[1], &one, sizeof(one)), (ssize_t)sizeof(one));
    vhost_settle(fe, 100);
    cr_assert(record_child_is_alive(&child), "%s", record_child_log(&child));
    vhost_front_end_destroy(fe);
    expect_health(&child, 8);
}
