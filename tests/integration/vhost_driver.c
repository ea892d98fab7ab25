/* The driver in the front end's guest: chains, notifications, completions, commands. */
#include "vhost_front_end.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

/* Memory of a submission; there are as many slots as can be under way, and more. */
enum { TABLES = 0x8000, TABLE_SIZE = 0x80 };
enum { SLOTS = 0x20000, SLOT_SIZE = 0x1000, RESPONSE_AT = 0x800, SLOT_COUNT = 64 };

enum { HEADER_SIZE = 24 };

void vhost_write(struct vhost_front_end *fe, uint64_t gpa, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    while (size > 0) {
        uint64_t to_seam = gpa < VHOST_SEAM ? VHOST_SEAM - gpa : size;
        size_t run = to_seam < size ? (size_t)to_seam : size;
        memcpy(vhost_at(fe, gpa), p, run);
        p += run;
        gpa += run;
        size -= run;
    }
}

void vhost_read(struct vhost_front_end *fe, uint64_t gpa, void *bytes, size_t size)
{
    uint8_t *p = bytes;
    while (size > 0) {
        uint64_t to_seam = gpa < VHOST_SEAM ? VHOST_SEAM - gpa : size;
        size_t run = to_seam < size ? (size_t)to_seam : size;
        memcpy(p, vhost_at(fe, gpa), run);
        p += run;
        gpa += run;
        size -= run;
    }
}

static uint16_t load_u16(struct vhost_front_end *fe, uint64_t gpa)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    const volatile uint8_t *p = vhost_at(fe, gpa);
    uint8_t bytes[2] = {p[0], p[1]};
    return sl_get_le16(bytes);
}

/* ---- Out ---- */

/* virtio 1.2, 2.7.10: does the other side want to hear of what lies between old and new? */
static bool is_wanted(uint16_t event, uint16_t new, uint16_t old)
{
    return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

void vhost_kick(struct vhost_front_end *fe, unsigned queue, bool must)
{
    const struct sl_virtio_queue *q = &fe->guest.queues[queue];
    uint64_t one = 1;
    bool wanted = !(load_u16(fe, q->used) & 1);
    if (fe->variant.has_event_idx) {
        uint16_t event = load_u16(fe, q->used + 4 + UINT64_C(8) * q->size);
        wanted = is_wanted(event, q->avail_idx, (uint16_t)(q->avail_idx - 1));
    }
    if (wanted || must) {
        cr_assert_eq(write(fe->kick[queue], &one, sizeof(one)), (ssize_t)sizeof(one));
    }
}

uint64_t vhost_submit(struct vhost_front_end *fe, unsigned queue, const void *request, size_t size,
                      size_t response_size)
{
    uint32_t slot = fe->slots++ % SLOT_COUNT;
    uint64_t at = SLOTS + (uint64_t)slot * SLOT_SIZE;
    uint64_t table = fe->variant.has_indirect ? TABLES + (uint64_t)slot * TABLE_SIZE : 0;
    cr_assert(size <= RESPONSE_AT && response_size <= SLOT_SIZE - RESPONSE_AT);
    static const uint8_t old[SLOT_SIZE] = {0};
    vhost_write(fe, at, old, sizeof(old));
    vhost_write(fe, at, request, size);
    /* In two, so that a chain is more than a request and a response. */
    uint32_t first = size > HEADER_SIZE ? HEADER_SIZE : (uint32_t)size / 2;
    struct sl_virtio_piece pieces[] = {
        {.gpa = at, .size = first},
        {.gpa = at + first, .size = (uint32_t)size - first},
        {.gpa = at + RESPONSE_AT, .size = (uint32_t)response_size, .device_writes = true},
    };
    size_t count = response_size > 0 ? 3 : 2;
    cr_assert_eq(sl_virtio_guest_chain(&fe->guest, queue, pieces, count, table, NULL), SL_OK);
    vhost_kick(fe, queue, false);
    return at + RESPONSE_AT;
}

/* ---- In ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sleeps until the device or the screen has something, or the time is over. */
static void sleep_on(struct vhost_front_end *fe, unsigned queue, int64_t until)
{
    int64_t left = until - now_ms();
    bool reads = fe->screen.fd >= 0 && !fe->screen.is_deaf;
    struct pollfd wait[] = {{.fd = fe->call[queue], .events = POLLIN},
                            {.fd = fe->masked[queue], .events = POLLIN},
                            {.fd = reads ? fe->screen.fd : -1, .events = POLLIN}};
    poll(wait, 3, left > 0 ? (int)left : 0);
    if (reads && wait[2].revents && !vhost_screen_serve(&fe->screen)) {
        vhost_screen_close(&fe->screen);
    }
}

/* Takes an interrupt, whichever of the two it came through. */
static bool take_interrupt(struct vhost_front_end *fe, unsigned queue)
{
    uint64_t count;
    bool called = read(fe->call[queue], &count, sizeof(count)) > 0;
    return read(fe->masked[queue], &count, sizeof(count)) > 0 || called;
}

uint32_t vhost_wait(struct vhost_front_end *fe, unsigned queue)
{
    const struct sl_virtio_queue *q = &fe->guest.queues[queue];
    int64_t until = now_ms() + PATIENCE_MS;
    bool interrupted = false;
    while (!interrupted || load_u16(fe, q->used + 2) == fe->seen[queue]) {
        cr_assert_lt(now_ms(), until, "queue %u: %s", queue,
                     interrupted ? "an interrupt, but no used entry" : "no interrupt");
        sleep_on(fe, queue, until);
        interrupted |= take_interrupt(fe, queue);
    }
    uint8_t entry[8];
    vhost_read(fe, q->used + 4 + UINT64_C(8) * (fe->seen[queue] % q->size), entry, sizeof(entry));
    fe->seen[queue]++;
    return sl_get_le32(entry + 4);
}

void vhost_settle(struct vhost_front_end *fe, int milliseconds)
{
    int64_t until = now_ms() + milliseconds;
    while (now_ms() < until && fe->screen.fd >= 0 && !fe->screen.is_deaf) {
        struct pollfd wait = {.fd = fe->screen.fd, .events = POLLIN};
        if (poll(&wait, 1, (int)(until - now_ms())) > 0) {
            if (!vhost_screen_serve(&fe->screen)) {
                vhost_screen_close(&fe->screen);
            }
            until = now_ms() + milliseconds;
        }
    }
}

bool vhost_is_quiet(struct vhost_front_end *fe, unsigned queue, int milliseconds)
{
    const struct sl_virtio_queue *q = &fe->guest.queues[queue];
    struct pollfd wait = {.fd = fe->call[queue], .events = POLLIN};
    return poll(&wait, 1, milliseconds) == 0 && load_u16(fe, q->used + 2) == fe->seen[queue];
}

/* ---- Commands ---- */

static size_t compose(uint8_t *out, uint32_t type, const uint32_t *words, size_t count)
{
    memset(out, 0, HEADER_SIZE);
    sl_put_le32(out, type);
    for (size_t i = 0; i < count; i++) {
        sl_put_le32(out + HEADER_SIZE + 4 * i, words[i]);
    }
    return HEADER_SIZE + 4 * count;
}

void vhost_query(struct vhost_front_end *fe, uint32_t type, const uint32_t *words, size_t count,
                 void *response, size_t response_size)
{
    uint8_t request[RESPONSE_AT];
    cr_assert_leq(HEADER_SIZE + 4 * count, sizeof(request));
    size_t size = compose(request, type, words, count);
    uint64_t at = vhost_submit(fe, 0, request, size, response_size);
    cr_assert_eq(vhost_wait(fe, 0), response_size, "the length of the answer to 0x%x", type);
    vhost_read(fe, at, response, response_size);
}

void vhost_command(struct vhost_front_end *fe, uint32_t type, const uint32_t *words, size_t count,
                   uint32_t want)
{
    uint8_t response[HEADER_SIZE];
    vhost_query(fe, type, words, count, response, sizeof(response));
    cr_assert_eq(sl_get_le32(response), want, "0x%x answered 0x%x", type, sl_get_le32(response));
}

void vhost_cursor(struct vhost_front_end *fe, uint32_t type, const uint32_t *words, size_t count)
{
    uint8_t request[RESPONSE_AT];
    cr_assert_leq(HEADER_SIZE + 4 * count, sizeof(request));
    size_t size = compose(request, type, words, count);
    vhost_submit(fe, 1, request, size, 0);
    cr_assert_eq(vhost_wait(fe, 1), 0);
}

void vhost_make_resource(struct vhost_front_end *fe, uint32_t id, uint32_t width, uint32_t height,
                         uint64_t gpa)
{
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, id, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
                  width, height);
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, id, 1, (uint32_t)gpa, 0,
                  width * height * 4, 0);
}

uint32_t vhost_pixel(uint32_t seed, uint32_t x, uint32_t y)
{
    return (seed * 0x9E3779B1u ^ x * 0x85EBCA6Bu ^ y * 0xC2B2AE35u) >> 8;
}

void vhost_paint(struct vhost_front_end *fe, uint64_t gpa, uint32_t width, uint32_t height,
                 uint32_t seed)
{
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint8_t bytes[4];
            sl_put_le32(bytes, vhost_pixel(seed, x, y));
            vhost_write(fe, gpa + 4 * ((uint64_t)y * width + x), bytes, sizeof(bytes));
        }
    }
}

void vhost_show(struct vhost_front_end *fe, uint32_t id, uint32_t width, uint32_t height)
{
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, 0, 0, width, height, 0, 0, id, 0);
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_RESOURCE_FLUSH, 0, 0, width, height, id, 0);
}
