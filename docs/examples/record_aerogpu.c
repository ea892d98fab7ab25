/*
 * An emulator as small as can be, with an AeroGPU, that records what its guest does.
 *
 *     cc $(pkg-config --cflags scanlock) record_aerogpu.c $(pkg-config --libs scanlock)
 *     ./a.out clear.slt && scanlock replay clear.slt
 *
 * The guest's driver submits one stream: create a texture, clear it to orange, present it. The
 * device below knows just these packets. All that has to do with recording is in mmio_write(),
 * record_submissions() and main(). The guest is part of the program and trusted; where it is not,
 * every number taken from its memory needs a check before it becomes an address.
 */
#include <scanlock/aerogpu_abi.h>
#include <scanlock/record.h>

#include <stdio.h>
#include <string.h>

enum { RAM_SIZE = 1 << 20, RING = 0x1000, FENCE_PAGE = 0x2000, STREAM = 0x3000 };
enum { SLOTS = 8, SLOT_SIZE = 64, RING_SIZE = 64 + SLOTS * SLOT_SIZE, DESC_SIZE = 64 };
enum { WIDTH = 64, HEIGHT = 48 };

struct machine {
    struct sl_recorder *rec;
    uint8_t ram[RAM_SIZE];
    uint32_t head;  /* next slot of the ring */
    uint8_t rgb[3]; /* of the texture, and of the display */
    uint8_t screen[WIDTH * HEIGHT * 4];
};

static struct machine machine;

/* The guest's memory is little-endian, whatever the host is. */
static void put32(struct machine *m, uint32_t gpa, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        m->ram[gpa + i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get32(const struct machine *m, uint32_t gpa)
{
    const uint8_t *p = m->ram + gpa;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* ---- The device ---- */

/* A float between 0 and 1 as a byte, without any arithmetic on this host's floats. */
static uint8_t unorm8(uint32_t bits)
{
    return bits == 0x3F800000 ? 255 : bits == 0x3F000000 ? 128 : 0;
}

static void execute_packet(struct machine *m, uint32_t at)
{
    switch (get32(m, at)) {
    case AEROGPU_CMD_CLEAR:
        for (int i = 0; i < 3; i++) {
            m->rgb[i] = unorm8(get32(m, at + 12 + 4 * i));
        }
        break;
    case AEROGPU_CMD_PRESENT:
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            memcpy(m->screen + 4 * i, m->rgb, 3);
            m->screen[4 * i + 3] = 255;
        }
        break;
    default:
        break;
    }
}

static uint32_t slot_gpa(uint32_t index)
{
    return RING + 64 + index % SLOTS * SLOT_SIZE;
}

/* Executes what is new in the ring and records what the guest may see of that. */
static void process_ring(struct machine *m)
{
    uint32_t tail = get32(m, RING + 28);
    for (; m->head != tail; m->head++) {
        uint32_t desc = slot_gpa(m->head);
        uint32_t stream = get32(m, desc + 16);
        uint32_t end = stream + get32(m, stream + 8);
        for (uint32_t at = stream + 24; at < end; at += get32(m, at + 4)) {
            execute_packet(m, at);
        }
        put32(m, RING + 24, m->head + 1);
        sl_recorder_expect_fence(m->rec, get32(m, desc + 48));
        sl_recorder_expect_irq(m->rec, SL_IRQ_INTX, 1);
    }
}

/*
 * The memory that the device is about to read: ring header, descriptors, streams. Recording again
 * what has not changed costs little, since a trace stores each content of a page once.
 */
static void record_submissions(struct machine *m)
{
    sl_recorder_memory(m->rec, RING, m->ram + RING, 64);
    for (uint32_t i = m->head; i != get32(m, RING + 28); i++) {
        uint32_t stream = get32(m, slot_gpa(i) + 16);
        uint32_t size = get32(m, slot_gpa(i) + 24);
        sl_recorder_memory(m->rec, slot_gpa(i), m->ram + slot_gpa(i), DESC_SIZE);
        sl_recorder_memory(m->rec, stream, m->ram + stream, size);
    }
}

/* A register write traps here: first what it makes the device read, then the write, then the rest.
 */
static void mmio_write(struct machine *m, uint32_t offset, uint32_t value)
{
    if (offset == AEROGPU_MMIO_REG_DOORBELL) {
        record_submissions(m);
    }
    sl_recorder_mmio_write(m->rec, SL_SPACE_BAR0, offset, 4, value);
    if (offset == AEROGPU_MMIO_REG_DOORBELL) {
        process_ring(m);
    }
    if (offset == AEROGPU_MMIO_REG_IRQ_ACK) {
        sl_recorder_expect_irq(m->rec, SL_IRQ_INTX, 0);
    }
}

/* ---- The guest ---- */

static void start_driver(struct machine *m)
{
    const uint32_t header[] = {AEROGPU_RING_MAGIC, AEROGPU_ABI_VERSION_U32, RING_SIZE, SLOTS,
                               SLOT_SIZE};
    for (uint32_t i = 0; i < 5; i++) {
        put32(m, RING + 4 * i, header[i]);
    }
    /* Memory decoding and bus mastering on. */
    sl_recorder_mmio_write(m->rec, SL_SPACE_CONFIG, 4, 2, 6);
    mmio_write(m, AEROGPU_MMIO_REG_RING_GPA_LO, RING);
    mmio_write(m, AEROGPU_MMIO_REG_RING_SIZE_BYTES, RING_SIZE);
    mmio_write(m, AEROGPU_MMIO_REG_FENCE_GPA_LO, FENCE_PAGE);
    mmio_write(m, AEROGPU_MMIO_REG_IRQ_ENABLE, AEROGPU_IRQ_FENCE);
    mmio_write(m, AEROGPU_MMIO_REG_RING_CONTROL, AEROGPU_RING_CONTROL_ENABLE);
}

static const uint32_t words[] = {
    /* clang-format off */
    AEROGPU_CMD_STREAM_MAGIC, AEROGPU_ABI_VERSION_U32, 24 + 56 + 48 + 36 + 16, 0, 0, 0,
    AEROGPU_CMD_CREATE_TEXTURE2D, 56, 1, 0, AEROGPU_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, 1, 1,
        0, 0, 0, 0, 0,
    AEROGPU_CMD_SET_RENDER_TARGETS, 48, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0,
    AEROGPU_CMD_CLEAR, 36, AEROGPU_CLEAR_COLOR, 0x3F800000, 0x3F000000, 0, 0x3F800000, 0, 0,
    AEROGPU_CMD_PRESENT, 16, 0, 0,
    /* clang-format on */
};

static void submit(struct machine *m, uint32_t fence)
{
    uint32_t tail = get32(m, RING + 28);
    uint32_t desc = slot_gpa(tail);
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        put32(m, STREAM + 4 * i, words[i]);
    }
    put32(m, desc, DESC_SIZE);
    put32(m, desc + 16, STREAM);
    put32(m, desc + 24, sizeof(words));
    put32(m, desc + 48, fence);
    put32(m, RING + 28, tail + 1);
    mmio_write(m, AEROGPU_MMIO_REG_DOORBELL, 1);
}

int main(int argc, char **argv)
{
    struct machine *m = &machine;
    if (argc != 2) {
        fprintf(stderr, "usage: %s TRACE\n", argv[0]);
        return 2;
    }
    sl_recorder_open(argv[1], "aerogpu", AEROGPU_ABI_VERSION_U32, "", &m->rec);
    if (!m->rec) {
        return 5;
    }
    sl_recorder_describe(m->rec, "record_aerogpu", "the example of docs/recording.md");
    sl_recorder_add_ram(m->rec, 0, RAM_SIZE);

    start_driver(m);
    submit(m, 1);
    /* The display was refreshed: a frame worth comparing, and what this device shows in it. */
    sl_recorder_frame(m->rec, "orange");
    sl_recorder_expect_frame(m->rec, 0, WIDTH, HEIGHT, m->screen);
    mmio_write(m, AEROGPU_MMIO_REG_IRQ_ACK, AEROGPU_IRQ_FENCE);

    /* The first failure of any call above comes out here. */
    int status = (int)sl_recorder_finish(m->rec, NULL);
    if (status) {
        fprintf(stderr, "record_aerogpu: %s\n", sl_recorder_error(m->rec));
    }
    sl_recorder_destroy(m->rec);
    return status;
}
