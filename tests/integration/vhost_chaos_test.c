/*
 * `scanlock record` and a guest whose other processors write over everything that the device reads
 * while it reads it: rings, descriptors, requests, lists of entries, pixels. No picture is right
 * then; but whatever the device saw, the trace must have it, so that a replay gives the same
 * answers and the same pictures.
 *
 * What a seed does depends on timing. SCANLOCK_CHAOS=FIRST,COUNT runs other seeds, and more.
 */
#include "base/bytes.h"
#include "record_child.h"
#include "vhost_front_end.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(vhost_chaos, .timeout = 3600);

enum { W = 96, H = 64, RESOURCES = 4, PICTURE_SIZE = 0x10000 };
enum { ROUNDS = 8, CHAINS = 120 };

/* Where the front end's driver has its things. */
enum { RINGS = 0x1000, TABLES = 0x8000, SLOTS = 0x20000, SLOTS_SIZE = 0x40000 };

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32) % below;
}

/* ---- The other processors ---- */

/* Pieces of memory at equal distances. */
struct area {
    uint64_t gpa;
    uint32_t distance;
    uint32_t size; /* of each */
    uint32_t count;
    uint32_t weight; /* of WEIGHTS */
};

/* Rings and tables seldom: a queue that is malformed is over. */
enum { WEIGHTS = 1000000 };
static const struct area areas[] = {
    {VHOST_FREE, PICTURE_SIZE, W *H * 4, RESOURCES, 990000},
    {SLOTS, 0x1000, 0x60, 64, 9500},
    {TABLES, 0x80, 0x30, 64, 450},
    {RINGS, 0x4000, 0x4000, 1, 50},
};

struct chaos {
    struct vhost_front_end *fe;
    uint64_t state;
    uint8_t *memory; /* of address 0; all areas are in one region */
    uint32_t pause;  /* spins between two writes */
    atomic_bool stop;
};

static const struct area *choose_area(uint64_t *state)
{
    uint32_t at = draw(state, WEIGHTS);
    const struct area *area = areas;
    while (at >= area->weight) {
        at -= area->weight;
        area++;
    }
    return area;
}

/* Values that mean something in many places: numbers of resources, flags, sizes, commands. */
static uint32_t choose_value(uint64_t *state)
{
    switch (draw(state, 5)) {
    case 0:
        return draw(state, 8);
    case 1:
        return draw(state, W + 2);
    case 2:
        return 0x100 + draw(state, 12);
    case 3:
        return SLOTS + draw(state, SLOTS_SIZE);
    default:
        return draw(state, UINT32_MAX);
    }
}

static void *scribble(void *argument)
{
    struct chaos *it = argument;
    while (!atomic_load(&it->stop)) {
        const struct area *area = choose_area(&it->state);
        uint8_t bytes[4];
        sl_put_le32(bytes, choose_value(&it->state));
        uint32_t size = 1u << draw(&it->state, 3);
        volatile uint8_t *to = it->memory + area->gpa +
                               (size_t)draw(&it->state, area->count) * area->distance +
                               (draw(&it->state, area->size) & ~(size - 1));
        for (uint32_t i = 0; i < size; i++) {
            to[i] = bytes[i];
        }
        for (volatile uint32_t i = 0; i < it->pause; i++) {
        }
    }
    return NULL;
}

/* ---- The driver ---- */

static size_t put_words(uint8_t *request, uint32_t type, const uint32_t *words, size_t count)
{
    enum { HEADER = 24 };
    memset(request, 0, HEADER);
    sl_put_le32(request, type);
    for (size_t i = 0; i < count; i++) {
        sl_put_le32(request + HEADER + 4 * i, words[i]);
    }
    return HEADER + 4 * count;
}

#define WORDS(type, ...)                                                                           \
    put_words(request, type, (const uint32_t[]){__VA_ARGS__},                                      \
              sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* A request that makes sense, as a rule. */
static size_t choose_request(uint64_t *state, uint8_t *request, unsigned *queue)
{
    uint32_t id = 1 + draw(state, RESOURCES);
    uint32_t gpa = VHOST_FREE + (id - 1) * PICTURE_SIZE;
    uint32_t scanout = draw(state, 2);
    uint32_t x = draw(state, W);
    uint32_t y = draw(state, H);
    *queue = 0;
    switch (draw(state, 16)) {
    case 0:
        return WORDS(VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, id, 2, W, H);
    case 1:
        return WORDS(VIRTIO_GPU_CMD_RESOURCE_UNREF, id, 0);
    case 2:
        return WORDS(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, id, 1, gpa, 0, W * H * 4, 0);
    case 3: /* scattered, the end first */
        return WORDS(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, id, 3, gpa + 0x2000, 0, 0x1000, 0, gpa,
                     0, 0x2000, 0, gpa + 0x3000, 0, W * H * 4 - 0x3000, 0);
    case 4:
        return WORDS(VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, id, 0);
    case 5:
    case 6:
        return WORDS(VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, scanout, id);
    case 7:
        return WORDS(VIRTIO_GPU_CMD_SET_SCANOUT, x, y, W - x, H - y, scanout, id);
    case 8:
        return WORDS(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
    case 9:
        return WORDS(VIRTIO_GPU_CMD_GET_EDID, scanout, 0);
    case 10:
        *queue = 1;
        return WORDS(VIRTIO_GPU_CMD_UPDATE_CURSOR, scanout, x, y, 0, id, 1, 2, 0);
    case 11:
        *queue = 1;
        return WORDS(VIRTIO_GPU_CMD_MOVE_CURSOR, scanout, x, y, 0, 0, 0, 0, 0);
    case 12:
        return WORDS(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, x, y, W - x, H - y, 4 * (y * W + x), 0, id,
                     0);
    case 13:
    case 14:
        return WORDS(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, 0, 0, W, H, 0, 0, id, 0);
    default:
        return WORDS(VIRTIO_GPU_CMD_RESOURCE_FLUSH, x, 0, W - x, H, id, 0);
    }
}

/* What a driver that waits for nothing in particular does meanwhile. */
static void take_a_breath(struct vhost_front_end *fe, uint64_t *state)
{
    struct pollfd call = {.fd = fe->call[0], .events = POLLIN};
    uint64_t count;
    if (draw(state, 4) == 0) {
        poll(&call, 1, 1);
        while (read(fe->call[0], &count, sizeof(count)) > 0) {
        }
    }
    vhost_settle(fe, (int)draw(state, 2));
}

static void drive(struct vhost_front_end *fe, uint64_t *state)
{
    for (int i = 0; i < CHAINS; i++) {
        uint8_t request[128];
        unsigned queue;
        size_t size = choose_request(state, request, &queue);
        vhost_submit(fe, queue, request, size, queue == 0 ? 0x408 : 0);
        if (draw(state, 8) == 0) {
            vhost_kick(fe, queue, true);
        }
        if (draw(state, 5) == 0) { /* several are in one round of the device, as a rule */
            take_a_breath(fe, state);
        }
    }
}

/* The next round begins as another driver, as the same one that was paused, or just goes on. */
static void change(struct vhost_front_end *fe, uint64_t *state)
{
    switch (draw(state, 4)) {
    case 0:
        vhost_stop(fe);
        vhost_resume(fe);
        break;
    case 1:
        vhost_change_table(fe, draw(state, 3));
        break;
    default:
        vhost_stop(fe);
        fe->variant.has_event_idx = draw(state, 2);
        fe->variant.has_indirect = draw(state, 4) != 0;
        vhost_start(fe);
        break;
    }
}

static void run_seed(uint64_t seed)
{
    static const struct vhost_variant first = {
        .name = "chaos", .tables = 1, .has_event_idx = true, .has_indirect = true};
    uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    struct record_child child;
    record_child_start(&child, NULL);
    struct vhost_front_end *fe = vhost_front_end_create(child.socket, &first);
    vhost_start(fe);
    for (int round = 0; round < ROUNDS; round++) {
        struct chaos chaos = {.fe = fe,
                              .state = state + 1,
                              .memory = vhost_at(fe, 0),
                              .pause = 1u << draw(&state, 12)};
        pthread_t thread;
        /* Table 2 has what is above 640 KiB elsewhere, where none of these writes gets to. */
        if (fe->table == 2) {
            vhost_change_table(fe, draw(&state, 2));
            chaos.memory = vhost_at(fe, 0);
        }
        cr_assert_eq(pthread_create(&thread, NULL, scribble, &chaos), 0);
        drive(fe, &state);
        change(fe, &state);
        atomic_store(&chaos.stop, true);
        pthread_join(thread, NULL);
        cr_assert(record_child_is_alive(&child), "seed %" PRIu64 ": %s", seed,
                  record_child_log(&child));
    }
    cr_assert_eq(record_child_stop(&child, SIGTERM), 0, "seed %" PRIu64 ": %s", seed,
                 record_child_log(&child));
    struct recorded recorded;
    recorded_read(&recorded, child.trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "seed %" PRIu64 ": %s", seed, recorded.first_broken);
    cr_assert_gt(recorded.responses, 0);
    recorded_finish(&recorded);
    vhost_front_end_destroy(fe);
    record_child_finish(&child);
}

Test(vhost_chaos, a_trace_has_what_the_device_saw)
{
    uint64_t begin = 1;
    uint64_t count = 12;
    const char *other = getenv("SCANLOCK_CHAOS");
    if (other) {
        cr_assert_eq(sscanf(other, "%" SCNu64 ",%" SCNu64, &begin, &count), 2);
    }
    for (uint64_t seed = begin; seed - begin < count; seed++) {
        run_seed(seed);
    }
}
