/*
 * The AeroGPU device through its front door. The first byte of an input says what the rest is:
 *
 *   odd   the packets of one command stream, submitted with a good header and a table of two
 *         allocations (the second read-only), presented and captured. With bit 2 set the packets
 *         are spelled in short: a byte picks the opcode, one adds words to its smallest size, then
 *         each word is one byte (see spelled_word);
 *   even  steps of a guest, each a byte that picks one of the functions in the table at the end of
 *         this file and the bytes that one takes; missing bytes are 0.
 *
 * Bit 1 chooses the profile.
 */
#include "abi/abi.h"
#include "base/cursor.h"
#include "device/aerogpu/front.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum {
    RAM_SIZE = 0x100000,
    RING = 0x1000,
    TABLE = 0x2000,
    STREAM = 0x4000,
    STREAM_MAX = 0x40000,
    FB = 0x80000,
    BACKING = 0xA0000,
    RING_ENTRIES = 8,
    MOST_STEPS = 2000,
    MOST_CAPTURES = 2,
    MOST_PACKETS = 256,
};

#define WORK (UINT64_C(64) << 20)

struct guest {
    struct sl_mem *mem;
    struct sl_target *target;
    struct sl_observer observer;
    struct sl_cursor in;
    uint32_t tail;
    unsigned captures;
    size_t text_bytes; /* of observations, so that each is read */
};

static void observe(void *data, const struct sl_observation *observation)
{
    struct guest *guest = data;
    guest->text_bytes += strlen(observation->text);
}

static void put32(struct guest *guest, uint64_t gpa, uint32_t value)
{
    uint8_t bytes[4];
    sl_put_le32(bytes, value);
    (void)sl_mem_write(guest->mem, gpa, bytes, sizeof(bytes));
}

static void put64(struct guest *guest, uint64_t gpa, uint64_t value)
{
    put32(guest, gpa, (uint32_t)value);
    put32(guest, gpa + 4, (uint32_t)(value >> 32));
}

static void reg(struct guest *guest, uint32_t offset, uint32_t value)
{
    guest->target->impl->write(guest->target, SL_SPACE_BAR0, offset, 4, value);
}

static void place_table(struct guest *guest)
{
    static const uint32_t header[6] = {AEROGPU_ALLOC_TABLE_MAGIC, 0x00010004, 88, 2, 32, 0};
    for (uint32_t i = 0; i < 6; i++) {
        put32(guest, TABLE + 4 * i, header[i]);
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t entry = TABLE + 24 + 32 * i;
        put32(guest, entry, 1 + i);
        put32(guest, entry + 4, i);
        put64(guest, entry + 8, BACKING + 0x10000 * i);
        put64(guest, entry + 16, 0x10000);
    }
}

static void program(struct guest *guest)
{
    static const uint32_t header[5] = {AEROGPU_RING_MAGIC, 0x00010004, 64 + 64 * RING_ENTRIES,
                                       RING_ENTRIES, 64};
    guest->target->impl->write(guest->target, SL_SPACE_CONFIG, 4, 2, 6);
    for (uint32_t i = 0; i < 5; i++) {
        put32(guest, RING + 4 * i, header[i]);
    }
    reg(guest, AEROGPU_MMIO_REG_RING_GPA_LO, RING);
    reg(guest, AEROGPU_MMIO_REG_RING_SIZE_BYTES, 4096);
    reg(guest, AEROGPU_MMIO_REG_RING_CONTROL, 1);
    reg(guest, AEROGPU_MMIO_REG_IRQ_ENABLE, 0xFFFFFFFF);
    place_table(guest);
}

static void enable_scanout(struct guest *guest)
{
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_WIDTH, 16);
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_HEIGHT, 16);
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_FORMAT, AEROGPU_FORMAT_B8G8R8X8_UNORM);
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_PITCH_BYTES, 64);
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_LO, FB);
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_HI, 0);
    reg(guest, AEROGPU_MMIO_REG_SCANOUT0_ENABLE, 1);
}

/* Puts packets behind a header whose size fits, and a descriptor into the ring; rings. */
static void submit_packets(struct guest *guest, const uint8_t *packets, size_t size)
{
    size = size < STREAM_MAX ? size & ~(size_t)3 : STREAM_MAX;
    uint32_t total = (uint32_t)(24 + size);
    put32(guest, STREAM, AEROGPU_CMD_STREAM_MAGIC);
    put32(guest, STREAM + 4, 0x00010004);
    put32(guest, STREAM + 8, total);
    (void)sl_mem_write(guest->mem, STREAM + 24, packets, size);

    uint64_t desc = RING + 64 + 64 * (guest->tail % RING_ENTRIES);
    put32(guest, desc, 64);
    put32(guest, desc + 4, AEROGPU_SUBMIT_FLAG_PRESENT);
    put64(guest, desc + 16, STREAM);
    put32(guest, desc + 24, total);
    put64(guest, desc + 32, TABLE);
    put32(guest, desc + 40, 88);
    put64(guest, desc + 48, ++guest->tail);
    put32(guest, RING + 0x1C, guest->tail);
    reg(guest, AEROGPU_MMIO_REG_DOORBELL, 1);
}

static void capture(struct guest *guest)
{
    if (guest->captures == MOST_CAPTURES) {
        return;
    }
    guest->captures++;
    struct sl_image image;
    if (guest->target->impl->capture(guest->target, 0, &image, NULL) == SL_OK) {
        sl_image_finish(&image);
    }
}

/* Handles, counts and enums are small numbers; the rest is where limits and signs are. */
static uint32_t spelled_word(struct sl_cursor *in)
{
    static const uint32_t special[8] = {0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x3F800000,
                                        0x40000000, 4096,       0x10000,    0xFFFFFFFC};
    uint8_t byte = sl_cursor_u8(in);
    if (byte < 0xF0) {
        return byte;
    }
    return byte < 0xF8 ? special[byte - 0xF0] : sl_cursor_u32(in);
}

static void submit_spelled(struct guest *guest, const uint8_t *data, size_t size)
{
    struct sl_cursor in = sl_cursor_init(data, size);
    struct sl_buf packets = {0};
    for (unsigned i = 0; i < MOST_PACKETS && sl_cursor_left(&in) > 0; i++) {
        uint8_t pick = sl_cursor_u8(&in);
        const struct sl_abi_opcode *opcode =
            &sl_abi_aerogpu.opcodes[pick % sl_abi_aerogpu.opcode_count];
        uint32_t words = opcode->min_size / 4 + sl_cursor_u8(&in) % 64;
        sl_buf_u32(&packets, opcode->value);
        sl_buf_u32(&packets, words * 4);
        for (uint32_t w = 2; w < words; w++) {
            sl_buf_u32(&packets, spelled_word(&in));
        }
    }
    if (!packets.failed) {
        submit_packets(guest, packets.data, packets.size);
    }
    sl_buf_finish(&packets);
}

static void step_memory(struct guest *guest)
{
    /* Where something is that the device reads. */
    static const uint32_t places[8] = {RING, RING + 64, TABLE, STREAM, STREAM + 24, FB, BACKING, 0};
    uint64_t gpa = places[sl_cursor_u8(&guest->in) % 8] + sl_cursor_u16(&guest->in);
    size_t size = sl_cursor_u8(&guest->in);
    size = size < sl_cursor_left(&guest->in) ? size : sl_cursor_left(&guest->in);
    const uint8_t *bytes = sl_cursor_take(&guest->in, size);
    if (bytes) {
        (void)sl_mem_write(guest->mem, gpa, bytes, size);
    }
}

static unsigned access_size(struct guest *guest)
{
    return 1u << (sl_cursor_u8(&guest->in) & 3);
}

static void step_register(struct guest *guest)
{
    unsigned size = access_size(guest);
    uint64_t offset = sl_cursor_u16(&guest->in) & 0x5FF;
    uint64_t value = sl_cursor_u32(&guest->in);
    guest->target->impl->write(guest->target, SL_SPACE_BAR0, offset, size, value << 32 | value);
    (void)guest->target->impl->read(guest->target, SL_SPACE_BAR0, offset, size);
    (void)guest->target->impl->register_name(guest->target, SL_SPACE_BAR0, offset);
}

static void step_other_space(struct guest *guest)
{
    enum sl_space space = (enum sl_space)(sl_cursor_u8(&guest->in) % SL_SPACE_COUNT);
    unsigned size = access_size(guest);
    uint64_t offset = sl_cursor_u32(&guest->in);
    offset = space == SL_SPACE_CONFIG || space == SL_SPACE_VBE ? offset % 260 : offset;
    guest->target->impl->write(guest->target, space, offset, size, sl_cursor_u32(&guest->in));
    (void)guest->target->impl->read(guest->target, space, offset, size);
}

static void step_time(struct guest *guest)
{
    struct sl_vblank_event event = {.count = sl_cursor_u32(&guest->in)};
    event.time_ns = sl_cursor_u64(&guest->in);
    guest->target->impl->vblank(guest->target, &event);
}

static void step_submit(struct guest *guest)
{
    size_t size = sl_cursor_u16(&guest->in);
    size = size < sl_cursor_left(&guest->in) ? size : sl_cursor_left(&guest->in);
    const uint8_t *packets = sl_cursor_take(&guest->in, size);
    if (packets) {
        submit_packets(guest, packets, size);
    }
}

static void step_doorbell(struct guest *guest)
{
    guest->tail += sl_cursor_u8(&guest->in);
    put32(guest, RING + 0x1C, guest->tail);
    reg(guest, AEROGPU_MMIO_REG_DOORBELL, 1);
}

static void step_reset(struct guest *guest)
{
    guest->target->impl->reset(guest->target);
    program(guest);
}

static void (*const steps[])(struct guest *guest) = {
    step_memory, step_register, step_other_space, step_time,      step_submit,
    capture,     step_doorbell, step_reset,       enable_scanout,
};

static void run(struct guest *guest, const uint8_t *data, size_t size)
{
    program(guest);
    if (size == 0) {
        return;
    }
    if (data[0] & 1) {
        enable_scanout(guest);
        (data[0] & 4 ? submit_spelled : submit_packets)(guest, data + 1, size - 1);
        capture(guest);
        return;
    }
    guest->in = sl_cursor_init(data + 1, size - 1);
    for (unsigned i = 0; i < MOST_STEPS && sl_cursor_left(&guest->in) > 0; i++) {
        steps[sl_cursor_u8(&guest->in) % (sizeof(steps) / sizeof(steps[0]))](guest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guest guest = {0};
    guest.observer = (struct sl_observer){.data = &guest, .observe = observe};
    guest.mem = sl_mem_create(UINT64_C(16) << 20);
    /* RAM at both ends of the address space: sums that wrap have something to hit. */
    if (!guest.mem || sl_mem_add_region(guest.mem, 0, RAM_SIZE, NULL) != SL_OK ||
        sl_mem_add_region(guest.mem, UINT64_MAX - 0xFFFF, 0x10000, NULL) != SL_OK) {
        abort();
    }
    const struct sl_target_config config = {
        .mem = guest.mem,
        .observer = &guest.observer,
        .profile = size > 0 && data[0] & 2 ? "aero" : "spec",
        .max_memory_bytes = UINT64_C(32) << 20,
    };
    if (sl_aerogpu_create(&config, &guest.target, NULL) != SL_OK) {
        abort();
    }
    ((struct sl_agpu *)guest.target)->work = SL_AGPU_WORK_LIMIT - WORK;
    run(&guest, data, size);
    guest.target->impl->destroy(guest.target);
    sl_mem_destroy(guest.mem);
    return 0;
}
