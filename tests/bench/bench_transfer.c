/*
 * TRANSFER_TO_HOST_2D of 1920x1080 from scattered pages against memcpy().
 *
 * Ours sends the command through the control queue of a device whose resource is backed by 2025
 * pages of 4 KiB in shuffled order, one entry each, and waits for the answer. The reference is one
 * memcpy() of as many bytes between two plain buffers. Both run in turn, several rounds; the best
 * round of each counts.
 *
 * Prints one row: name, ours, reference, ratio, target.
 */
#include "base/bytes.h"
#include "memory/memory.h"

#include <linux/virtio_gpu.h>
#include <scanlock/device.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, PAGE = 4096, ROUNDS = 60 };

#define IMAGE_SIZE ((size_t)WIDTH * HEIGHT * 4)

enum { PAGES = WIDTH * HEIGHT * 4 / PAGE, RAM = 64 << 20, FIRST_PAGE = 1 << 20 };

/* Queue of 8, rings and buffers below the pages. */
enum { DESC = 0x1000, AVAIL = 0x2000, USED = 0x3000, REQUEST = 0x10000, ANSWER = 0x20000 };
enum { QUEUE_SIZE = 8, NOTIFY = 0x3000, ATTACH_SIZE = 32 + PAGES * 16 };

struct bench {
    struct sl_mem *mem;
    struct sl_target *target;
    uint16_t index;
    uint8_t request[ATTACH_SIZE];
    uint32_t pages[PAGES]; /* page numbers from FIRST_PAGE on, in the order of the backing */
};

static void die(const char *what)
{
    fprintf(stderr, "bench_transfer: %s failed\n", what);
    exit(1);
}

static void put(struct bench *b, uint64_t gpa, const void *bytes, size_t size)
{
    if (sl_mem_write(b->mem, gpa, bytes, size) != SL_MEM_OK) {
        die("guest memory");
    }
}

static void put_number(struct bench *b, uint64_t gpa, unsigned size, uint64_t value)
{
    uint8_t bytes[8];
    sl_put_le(bytes, size, value);
    put(b, gpa, bytes, size);
}

static void write_register(struct bench *b, uint64_t offset, unsigned size, uint64_t value)
{
    b->target->impl->write(b->target, SL_SPACE_BAR4, offset, size, value);
}

static void start(struct bench *b)
{
    b->target->impl->write(b->target, SL_SPACE_CONFIG, 4, 2, 6);
    write_register(b, 0x08, 4, 1);
    write_register(b, 0x0C, 4, 1);
    write_register(b, 0x14, 1, 0x0B);
    write_register(b, 0x18, 2, QUEUE_SIZE);
    write_register(b, 0x20, 8, DESC);
    write_register(b, 0x28, 8, AVAIL);
    write_register(b, 0x30, 8, USED);
    write_register(b, 0x1C, 2, 1);
    write_register(b, 0x14, 1, 0x0F);
}

static void put_descriptor(struct bench *b, unsigned index, uint64_t gpa, uint32_t size,
                           uint16_t flags)
{
    uint64_t at = DESC + (uint64_t)index * 16;
    put_number(b, at, 8, gpa);
    put_number(b, at + 8, 4, size);
    put_number(b, at + 12, 2, flags);
    put_number(b, at + 14, 2, 1);
}

/* Places what is in b->request; only ring_bell() is measured. */
static void place(struct bench *b, size_t size)
{
    put(b, REQUEST, b->request, size);
    put_descriptor(b, 0, REQUEST, (uint32_t)size, 1);
    put_descriptor(b, 1, ANSWER, 24, 2);
    put_number(b, AVAIL + 4 + UINT64_C(2) * (b->index % QUEUE_SIZE), 2, 0);
    put_number(b, AVAIL + 2, 2, ++b->index);
    put_number(b, ANSWER, 4, 0);
}

static void ring_bell(struct bench *b)
{
    write_register(b, NOTIFY, 2, 0);
}

static void check(struct bench *b, const char *what)
{
    uint8_t code[4];
    sl_mem_read(b->mem, ANSWER, code, sizeof(code));
    if (sl_get_le32(code) != VIRTIO_GPU_RESP_OK_NODATA) {
        die(what);
    }
}

static void begin(struct bench *b, uint32_t type)
{
    memset(b->request, 0, sizeof(b->request));
    sl_put_le32(b->request, type);
}

static void create(struct bench *b)
{
    begin(b, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D);
    sl_put_le32(b->request + 24, 1);
    sl_put_le32(b->request + 28, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM);
    sl_put_le32(b->request + 32, WIDTH);
    sl_put_le32(b->request + 36, HEIGHT);
    place(b, 40);
    ring_bell(b);
    check(b, "RESOURCE_CREATE_2D");
}

static void attach(struct bench *b)
{
    begin(b, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING);
    sl_put_le32(b->request + 24, 1);
    sl_put_le32(b->request + 28, PAGES);
    for (size_t i = 0; i < PAGES; i++) {
        uint8_t *entry = b->request + 32 + i * 16;
        sl_put_le64(entry, FIRST_PAGE + (uint64_t)b->pages[i] * PAGE);
        sl_put_le32(entry + 8, PAGE);
    }
    place(b, ATTACH_SIZE);
    ring_bell(b);
    check(b, "RESOURCE_ATTACH_BACKING");
}

/* Every other page of the RAM behind FIRST_PAGE, shuffled; each filled with its own bytes. */
static void make_pages(struct bench *b)
{
    uint8_t page[PAGE];
    uint64_t state = 1;
    for (uint32_t i = 0; i < PAGES; i++) {
        b->pages[i] = i * 2;
        for (size_t k = 0; k < PAGE; k++) {
            page[k] = (uint8_t)(i * 31 + k);
        }
        put(b, FIRST_PAGE + (uint64_t)b->pages[i] * PAGE, page, PAGE);
    }
    for (uint32_t i = PAGES - 1; i > 0; i--) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t other = (uint32_t)(state >> 33) % (i + 1);
        uint32_t swapped = b->pages[i];
        b->pages[i] = b->pages[other];
        b->pages[other] = swapped;
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double transfer(struct bench *b)
{
    begin(b, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D);
    sl_put_le32(b->request + 32, WIDTH);
    sl_put_le32(b->request + 36, HEIGHT);
    sl_put_le32(b->request + 48, 1);
    place(b, 56);
    double began = now();
    ring_bell(b);
    double time = now() - began;
    check(b, "TRANSFER_TO_HOST_2D");
    return time;
}

static double copy(uint8_t *to, const uint8_t *from)
{
    double began = now();
    memcpy(to, from, IMAGE_SIZE);
    __asm__ volatile("" ::"r"(to) : "memory");
    return now() - began;
}

static void set_up(struct bench *b)
{
    b->mem = sl_mem_create(0);
    if (!b->mem || sl_mem_add_region(b->mem, 0, RAM, NULL) != SL_OK) {
        die("guest memory");
    }
    struct sl_target_config config = {.mem = b->mem, .profile = ""};
    if (sl_virtio_gpu_create(&config, &b->target, NULL) != SL_OK) {
        die("the device");
    }
    start(b);
    make_pages(b);
    create(b);
    attach(b);
}

int main(void)
{
    static struct bench b;
    set_up(&b);
    uint8_t *from = malloc(IMAGE_SIZE);
    uint8_t *to = malloc(IMAGE_SIZE);
    if (!from || !to) {
        die("memory");
    }
    memset(from, 1, IMAGE_SIZE);
    memset(to, 2, IMAGE_SIZE);
    double ours = 1e9;
    double reference = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double r = copy(to, from);
        double o = transfer(&b);
        reference = r < reference ? r : reference;
        ours = o < ours ? o : ours;
    }
    printf("vgpu-transfer  %.0f MB/s  %.0f MB/s  %.2f  0.80\n", (double)IMAGE_SIZE / ours / 1e6,
           (double)IMAGE_SIZE / reference / 1e6, reference / ours);
    free(from);
    free(to);
    b.target->impl->destroy(b.target);
    sl_mem_destroy(b.mem);
    return 0;
}
