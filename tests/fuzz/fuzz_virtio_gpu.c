/*
 * The virtio-gpu device behind its bus. The first bytes choose profile and options, the rest is a
 * list of actions: raw ones (accesses, memory, descriptors) and whole commands, so that the fuzzer
 * reaches deep states without having to invent a driver first.
 *
 *   byte 0    profile, modulo 5
 *   byte 1    bit 0 blob, bit 1 uuid, bit 2 queues of 3 and not 8, bit 3 event index for vrings,
 *             bits 4 and 5 screen model (0 = the profile's)
 *   byte 2    scanouts - 1, modulo 16
 *   then      actions: a byte modulo ACTION_COUNT and its operands, in the order they are read
 * below
 */
#include "base/cursor.h"
#include "fuzz.h"
#include "memory/memory.h"

#include <linux/virtio_gpu.h>
#include <scanlock/device.h>
#include <stdio.h>
#include <string.h>

/* RAM, a hole, and a little more RAM; all a guest can address with three bytes. */
enum { RAM = 1 << 20, HIGH = 2 << 20, HIGH_SIZE = 1 << 16 };

/* Queue q has its rings at RINGS + q * RING_SPAN; commands use the slots behind. */
enum { RINGS = 0x1000, RING_SPAN = 0x4000, AVAIL = 0x1000, USED = 0x2000 };
enum { SLOTS = 0x10000, SLOT_SIZE = 0x1000, RESPONSE = 0x800, BACKING = 0x40000 };

/* Bounds on one input: what a device may be asked to do, and how much it may hold. */
enum { MOST_ACTIONS = 400, MOST_NOTIFIES = 48, MOST_SEEN = 20000, MEMORY_LIMIT = 4 << 20 };

struct driver {
    struct sl_cursor in;
    struct sl_mem *mem;
    struct sl_target *target;
    enum sl_space bar; /* of the structures */
    uint64_t notify;
    uint32_t queue_size;
    uint16_t avail[2];
    unsigned notifies;
    unsigned seen; /* observations */
    struct sl_observer observer;
};

/* Numbers at which comparisons and sums go wrong. */
static const uint32_t corners[] = {
    0,  1,   2,   15,   16,      17,         31,         32,         63,        64,
    65, 255, 256, 4096, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFC0, 0xFFFFFFFF};

/* A byte below 128 is the number; the others choose a corner. */
static uint32_t take_number(struct sl_cursor *in)
{
    uint8_t code = sl_cursor_u8(in);
    return code < 128 ? code : corners[(code - 128u) % (sizeof(corners) / sizeof(corners[0]))];
}

static uint32_t take_address(struct sl_cursor *in)
{
    uint32_t low = sl_cursor_u16(in);
    return low | (uint32_t)(sl_cursor_u8(in) & 0x3F) << 16;
}

static unsigned take_size(struct sl_cursor *in)
{
    return 1u << (sl_cursor_u8(in) & 3);
}

static void put(struct driver *d, uint64_t gpa, const void *bytes, size_t size)
{
    sl_mem_write(d->mem, gpa, bytes, size);
}

static void put_u16(struct driver *d, uint64_t gpa, uint16_t value)
{
    uint8_t bytes[2];
    sl_put_le16(bytes, value);
    put(d, gpa, bytes, sizeof(bytes));
}

static void write_register(struct driver *d, uint64_t offset, unsigned size, uint64_t value)
{
    d->target->impl->write(d->target, d->bar, offset, size, value);
}

static void ring(struct driver *d, uint32_t queue)
{
    if (d->notifies++ < MOST_NOTIFIES) {
        write_register(d, d->notify + (uint64_t)queue * 4, 2, queue);
    }
}

/* ---- Actions ---- */

static void do_access(struct driver *d)
{
    uint8_t how = sl_cursor_u8(&d->in);
    enum sl_space space = (enum sl_space)(how % SL_SPACE_COUNT);
    uint64_t offset = sl_cursor_u16(&d->in);
    unsigned size = take_size(&d->in);
    bool notifies = space == d->bar && offset >= d->notify && offset < d->notify + 0x1000;
    if (how & 0x80) {
        d->target->impl->read(d->target, space, offset, size);
    } else if (!notifies || d->notifies++ < MOST_NOTIFIES) {
        d->target->impl->write(d->target, space, offset, size, sl_cursor_u32(&d->in));
    }
    d->target->impl->register_name(d->target, space, offset);
}

static void do_memory(struct driver *d)
{
    uint32_t gpa = take_address(&d->in);
    size_t size = sl_cursor_u8(&d->in);
    const uint8_t *bytes = sl_cursor_take(&d->in, size);
    if (bytes && size > 0) {
        put(d, gpa, bytes, size);
    }
}

static void do_ring(struct driver *d)
{
    ring(d, sl_cursor_u8(&d->in) & 3);
}

static void do_display(struct driver *d)
{
    struct sl_display_event event = {.scanout = sl_cursor_u8(&d->in)};
    event.width = take_number(&d->in);
    event.height = take_number(&d->in);
    d->target->impl->display(d->target, &event);
}

static void do_capture(struct driver *d)
{
    struct sl_image image = {0};
    uint32_t scanout = sl_cursor_u8(&d->in) % d->target->impl->scanout_count(d->target);
    d->target->impl->capture(d->target, scanout, &image, NULL);
    sl_image_finish(&image);
}

static void do_vring(struct driver *d)
{
    struct sl_vring_event event = {.queue = sl_cursor_u8(&d->in) & 3};
    uint64_t at = RINGS + (uint64_t)(event.queue & 1) * RING_SPAN;
    event.size = take_number(&d->in);
    event.desc_gpa = at;
    event.avail_gpa = at + AVAIL;
    event.used_gpa = at + USED + sl_cursor_u8(&d->in);
    event.base = d->avail[event.queue & 1];
    d->target->impl->vring(d->target, &event);
}

static void do_kick(struct driver *d)
{
    if (d->notifies++ < MOST_NOTIFIES) {
        d->target->impl->notify(d->target, sl_cursor_u8(&d->in));
    }
}

static void do_reset(struct driver *d)
{
    d->target->impl->reset(d->target);
}

/* What a driver does first: COMMAND, features, both queues, DRIVER_OK. */
static void do_start(struct driver *d)
{
    uint8_t features = sl_cursor_u8(&d->in);
    d->target->impl->write(d->target, SL_SPACE_CONFIG, 4, 2, 6);
    write_register(d, 0x14, 1, 0);
    write_register(d, 0x14, 1, 3);
    write_register(d, 0x08, 4, 0);
    write_register(d, 0x0C, 4, (uint32_t)(features & 3) << 28 | (features >> 2 & 0xE));
    write_register(d, 0x08, 4, 1);
    write_register(d, 0x0C, 4, 1);
    write_register(d, 0x14, 1, 0x0B);
    for (uint32_t queue = 0; queue < 2; queue++) {
        uint64_t at = RINGS + (uint64_t)queue * RING_SPAN;
        uint8_t zeros[4] = {0};
        put(d, at + AVAIL, zeros, sizeof(zeros));
        put(d, at + USED, zeros, sizeof(zeros));
        d->avail[queue] = 0;
        write_register(d, 0x16, 2, queue);
        write_register(d, 0x18, 2, d->queue_size);
        write_register(d, 0x20, 8, at);
        write_register(d, 0x28, 8, at + AVAIL);
        write_register(d, 0x30, 8, at + USED);
        write_register(d, 0x1C, 2, 1);
    }
    write_register(d, 0x14, 1, 0x0F);
}

static void put_descriptor(struct driver *d, uint64_t gpa, uint64_t addr, uint32_t size,
                           uint16_t flags, uint16_t next)
{
    uint8_t bytes[16];
    sl_put_le64(bytes, addr);
    sl_put_le32(bytes + 8, size);
    sl_put_le16(bytes + 12, flags);
    sl_put_le16(bytes + 14, next);
    put(d, gpa, bytes, sizeof(bytes));
}

static void do_descriptor(struct driver *d)
{
    uint8_t where = sl_cursor_u8(&d->in);
    uint64_t at = where & 0x80 ? BACKING : RINGS + (uint64_t)(where >> 6 & 1) * RING_SPAN;
    uint32_t addr = take_address(&d->in);
    uint32_t size = take_number(&d->in);
    uint16_t flags = sl_cursor_u8(&d->in) & 7;
    put_descriptor(d, at + (where & 15) * 16u, addr, size, flags, sl_cursor_u8(&d->in));
}

static void offer(struct driver *d, uint32_t queue, uint16_t head)
{
    uint64_t at = RINGS + (uint64_t)queue * RING_SPAN + AVAIL;
    put_u16(d, at + 4 + UINT64_C(2) * (d->avail[queue] % d->queue_size), head);
    d->avail[queue]++;
    put_u16(d, at + 2, d->avail[queue]);
}

static void do_offer(struct driver *d)
{
    uint8_t queue = sl_cursor_u8(&d->in) & 1;
    uint16_t head = sl_cursor_u8(&d->in);
    uint8_t jump = sl_cursor_u8(&d->in);
    d->avail[queue] = (uint16_t)(d->avail[queue] + (jump & 0x80 ? jump & 0x7F : 0));
    offer(d, queue, head);
}

/* Fills a request with numbers, and memory entries that mean something, from its header on. */
static size_t make_request(struct driver *d, uint8_t *request, uint32_t type)
{
    enum { FIELDS_AT = 24 };
    uint8_t flags = sl_cursor_u8(&d->in);
    size_t fields = sl_cursor_u8(&d->in) % 24u;
    size_t entries = sl_cursor_u8(&d->in) % 8u;
    sl_put_le32(request, type);
    sl_put_le32(request + 4, flags & 3);
    sl_put_le64(request + 8, flags);
    sl_put_le32(request + 16, flags);
    size_t size = FIELDS_AT;
    for (size_t i = 0; i < fields; i++, size += 4) {
        sl_put_le32(request + size, take_number(&d->in));
    }
    for (size_t i = 0; i < entries; i++, size += 16) {
        sl_put_le64(request + size, take_address(&d->in));
        sl_put_le32(request + size + 8, take_number(&d->in));
        sl_put_le32(request + size + 12, 0);
    }
    /* Some are cut short. */
    return flags & 0x80 ? size - (flags >> 2 & 31) % size : size;
}

/* A request and room for its response, in a slot of the queue; perhaps rings. */
static void do_command(struct driver *d)
{
    uint8_t how = sl_cursor_u8(&d->in);
    uint32_t queue = how & 1;
    uint8_t code = sl_cursor_u8(&d->in);
    uint32_t first = code & 0x80 ? VIRTIO_GPU_CMD_UPDATE_CURSOR : VIRTIO_GPU_CMD_GET_DISPLAY_INFO;
    uint32_t type = first + (code & 15);
    uint8_t request[24 + 24 * 4 + 8 * 16] = {0};
    size_t size = make_request(d, request, type);
    uint16_t slot = (uint16_t)(d->avail[queue] % (d->queue_size == 3 ? 1 : 4));
    uint16_t head = (uint16_t)(slot * 2);
    uint64_t table = RINGS + (uint64_t)queue * RING_SPAN;
    uint64_t at = SLOTS + (queue * 8u + slot) * (uint64_t)SLOT_SIZE;
    put(d, at, request, size);
    bool answers = how & 2;
    put_descriptor(d, table + head * 16u, at, (uint32_t)size, answers ? 1 : 0,
                   (uint16_t)(head + 1));
    put_descriptor(d, table + head * 16u + 16, at + RESPONSE, how & 4 ? 20 : 2000, 2, 0);
    offer(d, queue, head);
    if (how & 8) {
        ring(d, queue);
    }
}

/* Bytes of a picture where backings usually point. */
static void do_fill(struct driver *d)
{
    uint8_t seed = sl_cursor_u8(&d->in);
    uint8_t bytes[1024];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(seed + i * 7);
    }
    for (uint64_t i = 0; i < 16; i++) {
        put(d, BACKING + i * sizeof(bytes), bytes, sizeof(bytes));
    }
}

static void (*const actions[])(struct driver *d) = {
    do_access, do_memory, do_ring,  do_display,    do_capture, do_vring,   do_kick,
    do_reset,  do_start,  do_offer, do_descriptor, do_command, do_command, do_fill,
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

/* ---- Inputs ---- */

static void observe(void *data, const struct sl_observation *observation)
{
    struct driver *d = data;
    d->seen += observation->kind != 0;
}

static bool make_device(struct driver *d)
{
    static const char *const profiles[] = {"default", "qemu", "qemu72", "aero-proto", "spec"};
    static const char *const screens[] = {"live", "live", "latched-full", "latched-zero"};
    unsigned profile = sl_cursor_u8(&d->in) % 5u;
    uint8_t settings = sl_cursor_u8(&d->in);
    char scanouts[4];
    snprintf(scanouts, sizeof(scanouts), "%u", sl_cursor_u8(&d->in) % 16u + 1);
    struct sl_option options[] = {
        {"blob", settings & 1 ? "on" : "off"},
        {"uuid", settings & 2 ? "on" : "off"},
        {"driver_features", settings & 8 ? "0x130000002" : "0x110000002"},
        {"display1", "640x480"},
        {"display0", "96x64"},
        {"hostmem", "1048576"},
        {"scanouts", scanouts},
        {"screen", screens[settings >> 4 & 3]},
    };
    size_t option_count = sizeof(options) / sizeof(options[0]) - ((settings >> 4 & 3) == 0);
    struct sl_target_config config = {
        .mem = d->mem,
        .observer = &d->observer,
        .profile = profiles[profile],
        .options = options,
        .option_count = option_count,
        .max_memory_bytes = MEMORY_LIMIT,
    };
    d->observer = (struct sl_observer){.data = d, .observe = observe};
    bool aero = profile == 3;
    d->queue_size = aero ? 128 : settings & 4 ? 3 : 8;
    d->bar = aero ? SL_SPACE_BAR0 : SL_SPACE_BAR4;
    d->notify = aero ? 0x1000 : 0x3000;
    return sl_virtio_gpu_create(&config, &d->target, NULL) == SL_OK;
}

static void run(struct driver *d)
{
    if (!make_device(d)) {
        return;
    }
    for (int i = 0; i < MOST_ACTIONS && d->seen < MOST_SEEN && sl_cursor_left(&d->in) > 0; i++) {
        actions[sl_cursor_u8(&d->in) % ACTION_COUNT](d);
    }
    d->target->impl->fault(d->target, NULL);
    d->target->impl->destroy(d->target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct driver d = {.in = sl_cursor_init(data, size), .mem = sl_mem_create(0)};
    if (d.mem && sl_mem_add_region(d.mem, 0, RAM, NULL) == SL_OK &&
        sl_mem_add_region(d.mem, HIGH, HIGH_SIZE, NULL) == SL_OK) {
        run(&d);
    }
    sl_mem_destroy(d.mem);
    return 0;
}
