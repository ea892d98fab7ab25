/* How `scanlock record` ends, and what it leaves. */
#include "base/bytes.h"
#include "record_child.h"
#include "vhost_front_end.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

TestSuite(vhost_recording, .timeout = 120);

enum { W = 128, H = 96, PICTURE = VHOST_FREE };

static const struct vhost_variant linux_driver = {
    .name = "Linux", .has_event_idx = true, .has_indirect = true};

struct session {
    struct record_child child;
    struct vhost_front_end *fe;
};

/* The scanout is set: that is the first capture point, each show() is another. */
static struct session begin(const char *const *args)
{
    struct session s;
    record_child_start(&s.child, args);
    s.fe = vhost_front_end_create(s.child.socket, &linux_driver);
    vhost_start(s.fe);
    vhost_make_resource(s.fe, 1, W, H, PICTURE);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, 0, 1);
    return s;
}

static void show(struct vhost_front_end *fe, uint32_t seed)
{
    vhost_paint(fe, PICTURE, W, H, seed);
    vhost_show(fe, 1, W, H);
}

static void finish(struct session *s)
{
    vhost_front_end_destroy(s->fe);
    record_child_finish(&s->child);
}

Test(vhost_recording, signals_end_it_with_a_whole_trace)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        struct session s = begin(NULL);
        show(s.fe, 1);
        show(s.fe, 2);
        vhost_settle(s.fe, 100);
        cr_assert_eq(record_child_stop(&s.child, signals[i]), 0, "%s", record_child_log(&s.child));
        struct recorded recorded;
        recorded_read(&recorded, s.child.trace);
        cr_assert_not(recorded.is_truncated);
        cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
        cr_assert_eq(recorded.frames, 3);
        cr_assert(recorded_shows(&recorded, 0, &s.fe->screen.pictures[0]));
        recorded_finish(&recorded);
        finish(&s);
    }
}

Test(vhost_recording, it_ends_before_anybody_connects)
{
    struct record_child child;
    record_child_start(&child, NULL);
    struct stat st;
    for (int i = 0; i < 2000 && stat(child.socket, &st) != 0; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    cr_assert(stat(child.socket, &st) == 0 && S_ISSOCK(st.st_mode));
    record_child_stop(&child, SIGTERM);
    cr_assert_neq(stat(child.socket, &st), 0, "the socket is removed");
    record_child_finish(&child);
}

Test(vhost_recording, what_was_recorded_before_a_kill_is_there)
{
    struct session s = begin(NULL);
    show(s.fe, 1);
    vhost_settle(s.fe, 100);
    struct timespec pause = {.tv_sec = 2, .tv_nsec = 500000000};
    nanosleep(&pause, NULL); /* nothing waits for longer than a second */
    cr_assert_eq(record_child_stop(&s.child, SIGKILL), 128 + SIGKILL);
    struct recorded recorded;
    recorded_read(&recorded, s.child.trace);
    cr_assert(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    cr_assert_eq(recorded.frames, 2);
    cr_assert(recorded_shows(&recorded, 0, &s.fe->screen.pictures[0]));
    recorded_finish(&recorded);
    finish(&s);
}

Test(vhost_recording, a_kill_in_the_middle_leaves_a_trace_that_replays)
{
    struct session s = begin(NULL);
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    unsigned shown = 0;
    do {
        show(s.fe, shown++);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < 3);
    cr_assert_eq(record_child_stop(&s.child, SIGKILL), 128 + SIGKILL);
    struct recorded recorded;
    recorded_read(&recorded, s.child.trace);
    cr_assert(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    cr_assert(recorded.frames > 1 && recorded.frames <= shown + 1, "%u of %u", recorded.frames,
              shown);
    /* Each picture has its seed in it: the last one recorded is a picture that was shown. */
    const struct sl_image *last = &recorded.last[0];
    cr_assert(last->width == W && last->height == H);
    uint32_t seed = recorded.frames - 2;
    for (uint32_t i = 0; i < W * H; i++) {
        const uint8_t *p = last->pixels + 4 * i;
        cr_assert_eq((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
                     vhost_pixel(seed, i % W, i / W), "picture %u, pixel %u", seed, i);
    }
    recorded_finish(&recorded);
    finish(&s);
}

Test(vhost_recording, it_ends_after_the_frames_it_was_to_take)
{
    static const char *const args[] = {"--until-frames", "3", NULL};
    struct session s = begin(args);
    for (uint32_t i = 0; i < 2; i++) {
        show(s.fe, i);
    }
    vhost_settle(s.fe, 100);
    cr_assert_eq(record_child_wait(&s.child), 0, "%s", record_child_log(&s.child));
    struct recorded recorded;
    recorded_read(&recorded, s.child.trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    cr_assert_eq(recorded.frames, 3);
    recorded_finish(&recorded);
    finish(&s);
}

/* The last frames may be the ones that find no room, when nothing asks the writer any more. */
Test(vhost_recording, a_disk_that_is_full_is_no_success)
{
    static const char *const args[] = {"--until-frames", "2", NULL};
    struct rlimit before;
    signal(SIGXFSZ, SIG_IGN); /* for the recorder, too */
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {.rlim_cur = 20000, .rlim_max = before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct session s;
    record_child_start(&s.child, args);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    s.fe = vhost_front_end_create(s.child.socket, &linux_driver);
    vhost_start(s.fe);
    vhost_make_resource(s.fe, 1, W, H, PICTURE);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, 0, 1);
    show(s.fe, 1);
    cr_assert_eq(record_child_wait(&s.child), 5, "%s", record_child_log(&s.child));
    cr_assert_not_null(strstr(record_child_log(&s.child), "File too large"));
    finish(&s);
}

/* 48 KiB that do not compress, without waiting for an answer. */
static void transfer(struct vhost_front_end *fe, uint32_t seed)
{
    static const uint32_t words[] = {0, 0, W, H, 0, 0, 1, 0};
    uint8_t request[24 + sizeof(words)] = {VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D & 0xFF,
                                           VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D >> 8};
    for (size_t i = 0; i < 8; i++) {
        sl_put_le32(request + 24 + 4 * i, words[i]);
    }
    vhost_paint(fe, PICTURE, W, H, seed);
    vhost_submit(fe, 0, request, sizeof(request), 24);
    vhost_settle(fe, 5);
}

/* 13 pages: the rings and requests fit, the resource of 48 KiB, too, its pixels do not any more. */
Test(vhost_recording, a_guest_that_needs_more_memory_than_allowed_ends_it)
{
    static const char *const args[] = {"--max-memory", "52K", NULL};
    struct session s = begin(args);
    transfer(s.fe, 1);
    cr_assert_eq(record_child_wait(&s.child), 4, "%s", record_child_log(&s.child));
    cr_assert_not_null(strstr(record_child_log(&s.child), "guest memory that the device reads"),
                       "%s", record_child_log(&s.child));
    struct recorded recorded;
    recorded_read(&recorded, s.child.trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    recorded_finish(&recorded);
    finish(&s);
}

/* The front end goes away while the limit is being reached; both ways it is reached. */
Test(vhost_recording, a_full_trace_is_whole_whenever_the_front_end_leaves)
{
    static const char *const args[] = {"--max-size", "200000", NULL};
    for (long i = 0; i < 24; i++) {
        struct session s = begin(args);
        for (uint32_t k = 0; k < 6; k++) {
            transfer(s.fe, k);
        }
        nanosleep(&(struct timespec){.tv_nsec = i * 500000}, NULL);
        vhost_disconnect(s.fe);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        kill(s.child.pid, SIGTERM);
        cr_assert_eq(record_child_wait(&s.child), 0, "%ld: %s", i, record_child_log(&s.child));
        finish(&s);
    }
}

Test(vhost_recording, a_limit_of_size_is_kept)
{
    enum { LIMIT = 200000 };
    static const char *const args[] = {"--max-size", "200000", NULL};
    struct session s = begin(args);
    uint32_t shown = 0;
    for (; shown < 400 && record_child_is_alive(&s.child); shown++) {
        transfer(s.fe, shown);
    }
    cr_assert_lt(shown, 400, "48 KiB a picture that does not compress");
    cr_assert_eq(record_child_wait(&s.child), 0, "%s", record_child_log(&s.child));
    struct stat st;
    cr_assert_eq(stat(s.child.trace, &st), 0);
    cr_assert_leq(st.st_size, LIMIT);
    struct recorded recorded;
    recorded_read(&recorded, s.child.trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    recorded_finish(&recorded);
    finish(&s);
}

Test(vhost_recording, a_name_that_is_taken_is_not_taken_over)
{
    struct session s = begin(NULL);
    char other[128];
    snprintf(other, sizeof(other), "%s/other.slt", s.child.folder);
    struct record_child second = s.child;
    second.pid = fork();
    cr_assert_geq(second.pid, 0);
    if (second.pid == 0) {
        char tool[4096];
        ssize_t size = readlink("/proc/self/exe", tool, sizeof(tool) - 16);
        tool[size < 0 ? 0 : size] = '\0';
        strcpy(strstr(tool, "/tests/"), "/scanlock");
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
        execl(tool, tool, "record", "--vhost-user-gpu", s.child.socket, "-o", other, (char *)NULL);
        _exit(127);
    }
    cr_assert_eq(record_child_wait(&second), 5);
    unlink(other);
    show(s.fe, 1);
    cr_assert_eq(record_child_stop(&s.child, SIGTERM), 0);
    finish(&s);
}

/* The same pixels again cost next to nothing; memory that nobody transfers costs nothing. */
Test(vhost_recording, only_what_the_device_reads_is_recorded_and_only_once)
{
    struct session s = begin(NULL);
    static uint8_t secret[1 << 16];
    memset(secret, 0xA5, sizeof(secret));
    vhost_write(s.fe, VHOST_RAM - sizeof(secret), secret, sizeof(secret));
    for (int i = 0; i < 20; i++) {
        show(s.fe, 1);
    }
    cr_assert_eq(record_child_stop(&s.child, SIGTERM), 0);
    struct recorded recorded;
    recorded_read(&recorded, s.child.trace);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    enum { ONE = W * H * 4 };
    cr_assert_geq(recorded.memory_bytes, ONE);
    cr_assert_lt(recorded.memory_bytes, ONE + 64 * 1024, "%llu bytes",
                 (unsigned long long)recorded.memory_bytes);
    recorded_finish(&recorded);
    finish(&s);
}
