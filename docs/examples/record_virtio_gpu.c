/*
 * An emulator as small as can be, with a virtio-gpu, that records what its guest does.
 *
 *     cc $(pkg-config --cflags scanlock) record_virtio_gpu.c $(pkg-config --libs scanlock)
 *     ./a.out pattern.slt && scanlock replay pattern.slt
 *
 * The guest's driver creates a resource, attaches memory with a pattern to it, transfers that and
 * shows it. All that has to do with recording is in kick(), record_chain() and main(). The queue is
 * set up and kicked without registers, as a vhost-user back end sees it; an emulator with
 * virtio-pci records the register accesses instead. The guest is part of the program and trusted;
 * where it is not, every number taken from its memory needs a check before it becomes an address.
 */
#include <scanlock/record.h>

#include <stdio.h>
#include <string.h>

enum { RAM_SIZE = 1 << 20, DESC = 0x1000, AVAIL = 0x2000, USED = 0x3000 };
enum { REQUEST = 0x4000, RESPONSE = 0x5000, PIXELS = 0x10000, QUEUE_SIZE = 16 };
enum { WIDTH = 64, HEIGHT = 48, IMAGE_SIZE = WIDTH * HEIGHT * 4, HEADER_SIZE = 24 };

/* virtio 1.2, 5.7.6.7 and 5.7.6.8. */
enum {
    RESOURCE_CREATE_2D = 0x101,
    SET_SCANOUT = 0x103,
    RESOURCE_FLUSH = 0x104,
    TRANSFER_TO_HOST_2D = 0x105,
    RESOURCE_ATTACH_BACKING = 0x106,
    OK_NODATA = 0x1100,
    FORMAT_R8G8B8A8 = 67,
};

struct machine {
    struct sl_recorder *rec;
    uint8_t ram[RAM_SIZE];
    uint16_t offered;  /* chains that the driver has put into the queue */
    uint16_t answered; /* chains that the device has taken out of it */
    uint8_t resource[IMAGE_SIZE];
    uint8_t screen[IMAGE_SIZE];
};

static struct machine machine;

/* The guest's memory is little-endian, whatever the host is. */
static void put16(struct machine *m, uint32_t gpa, uint32_t value)
{
    m->ram[gpa] = (uint8_t)value;
    m->ram[gpa + 1] = (uint8_t)(value >> 8);
}

static void put32(struct machine *m, uint32_t gpa, uint32_t value)
{
    put16(m, gpa, value);
    put16(m, gpa + 2, value >> 16);
}

static uint32_t get32(const struct machine *m, uint32_t gpa)
{
    const uint8_t *p = m->ram + gpa;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* ---- The device: chains of two descriptors, one request and its response ---- */

static void execute(struct machine *m)
{
    switch (get32(m, REQUEST)) {
    case TRANSFER_TO_HOST_2D:
        memcpy(m->resource, m->ram + PIXELS, IMAGE_SIZE);
        break;
    case RESOURCE_FLUSH:
        memcpy(m->screen, m->resource, IMAGE_SIZE);
        break;
    default:
        break;
    }
}

/*
 * The memory that the device is about to read for a chain: its place in the available ring, its
 * descriptors, the request, and what the request makes it read.
 */
static void record_chain(struct machine *m, uint32_t head)
{
    uint32_t slot = AVAIL + 4 + m->answered % QUEUE_SIZE * 2;
    sl_recorder_memory(m->rec, AVAIL, m->ram + AVAIL, 4);
    sl_recorder_memory(m->rec, slot, m->ram + slot, 2);
    sl_recorder_memory(m->rec, DESC + 16 * head, m->ram + DESC + 16 * head, 32);
    sl_recorder_memory(m->rec, REQUEST, m->ram + REQUEST, get32(m, DESC + 16 * head + 8));
    if (get32(m, REQUEST) == TRANSFER_TO_HOST_2D) {
        sl_recorder_memory(m->rec, PIXELS, m->ram + PIXELS, IMAGE_SIZE);
    }
}

/* The guest kicks: first what that makes the device read, then the kick, then the answer. */
static void kick(struct machine *m)
{
    uint32_t head = m->ram[AVAIL + 4 + m->answered % QUEUE_SIZE * 2];
    uint32_t used = USED + 4 + m->answered % QUEUE_SIZE * 8;
    record_chain(m, head);
    sl_recorder_notify(m->rec, 0);
    execute(m);
    memset(m->ram + RESPONSE, 0, HEADER_SIZE);
    put32(m, RESPONSE, OK_NODATA);
    put32(m, used, head);
    put32(m, used + 4, HEADER_SIZE);
    put16(m, USED + 2, ++m->answered);
    sl_recorder_expect_response(m->rec, 0, head, m->ram + RESPONSE, HEADER_SIZE);
    sl_recorder_expect_used(m->rec, 0, head, HEADER_SIZE);
}

/* ---- The guest ---- */

/* Sends a request: a type and what follows the header, as 32-bit words. */
static void send(struct machine *m, uint32_t type, const uint32_t *words, uint32_t count)
{
    uint32_t head = m->offered % (QUEUE_SIZE / 2) * 2;
    uint32_t desc = DESC + 16 * head;
    memset(m->ram + REQUEST, 0, HEADER_SIZE);
    put32(m, REQUEST, type);
    for (uint32_t i = 0; i < count; i++) {
        put32(m, REQUEST + HEADER_SIZE + 4 * i, words[i]);
    }
    put32(m, desc, REQUEST);
    put32(m, desc + 8, HEADER_SIZE + 4 * count);
    put16(m, desc + 12, 1); /* another descriptor follows */
    put16(m, desc + 14, head + 1);
    put32(m, desc + 16, RESPONSE);
    put32(m, desc + 24, HEADER_SIZE);
    put16(m, desc + 28, 2); /* the device writes */
    put16(m, AVAIL + 4 + m->offered % QUEUE_SIZE * 2, head);
    put16(m, AVAIL + 2, ++m->offered);
    kick(m);
}

static void show_pattern(struct machine *m)
{
    const uint32_t create[] = {1, FORMAT_R8G8B8A8, WIDTH, HEIGHT};
    const uint32_t attach[] = {1, 1, PIXELS, 0, IMAGE_SIZE, 0};
    const uint32_t transfer[] = {0, 0, WIDTH, HEIGHT, 0, 0, 1, 0};
    const uint32_t scanout[] = {0, 0, WIDTH, HEIGHT, 0, 1};
    const uint32_t flush[] = {0, 0, WIDTH, HEIGHT, 1, 0};
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        put32(m, PIXELS + 4 * i, i % WIDTH * 4 | i / WIDTH * 5 << 8 | 0xFF800000);
    }
    send(m, RESOURCE_CREATE_2D, create, 4);
    send(m, RESOURCE_ATTACH_BACKING, attach, 6);
    send(m, TRANSFER_TO_HOST_2D, transfer, 8);
    send(m, SET_SCANOUT, scanout, 6);
    send(m, RESOURCE_FLUSH, flush, 6);
}

int main(int argc, char **argv)
{
    struct machine *m = &machine;
    if (argc != 2) {
        fprintf(stderr, "usage: %s TRACE\n", argv[0]);
        return 2;
    }
    sl_recorder_open(argv[1], "virtio-gpu", 0x10002, "", &m->rec);
    if (!m->rec) {
        return 5;
    }
    sl_recorder_describe(m->rec, "record_virtio_gpu", "the example of docs/recording.md");
    sl_recorder_add_ram(m->rec, 0, RAM_SIZE);

    sl_recorder_features(m->rec, UINT64_C(1) << 32); /* VERSION_1 */
    sl_recorder_vring(m->rec, 0, QUEUE_SIZE, DESC, AVAIL, USED, 0);
    show_pattern(m);
    /* The display was refreshed: a frame worth comparing, and what this device shows in it. */
    sl_recorder_frame(m->rec, "pattern");
    sl_recorder_expect_frame(m->rec, 0, WIDTH, HEIGHT, m->screen);

    /* The first failure of any call above comes out here. */
    int status = (int)sl_recorder_finish(m->rec, NULL);
    if (status) {
        fprintf(stderr, "record_virtio_gpu: %s\n", sl_recorder_error(m->rec));
    }
    sl_recorder_destroy(m->rec);
    return status;
}
