#include "slt_fixture.h"

#include "trace/slt_page_table.h"
#include "trace/slt_reader.h"
#include "trace/slt_writer.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct sl_ram_region ram[] = {
    {0, 0xA0000},
    {0x100000, 0x7FF00000},
    {UINT64_C(0x100000000), UINT64_C(0xF00000000)},
};
static const struct sl_option options[] = {
    {"edid", "on"},
    {"scanouts", "2"},
};

const struct sl_trace_meta slt_full_meta = {
    .device = "virtio-gpu",
    .abi_version = 0x00010002,
    .profile = "qemu72",
    .producer = "unit test 1.0",
    .provenance = "made up \xE2\x80\x94 no guest was harmed",
    .ram = ram,
    .ram_count = sizeof(ram) / sizeof(ram[0]),
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

const struct sl_trace_meta slt_small_meta = {
    .device = "aerogpu", .profile = "", .producer = "", .provenance = ""};

uint64_t slt_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint8_t *slt_events_keep(struct slt_events *list, const void *bytes, size_t size)
{
    uint8_t **blocks = realloc(list->blocks, (list->block_count + 1) * sizeof(*blocks));
    cr_assert_not_null(blocks);
    list->blocks = blocks;
    uint8_t *copy = malloc(size ? size : 1);
    cr_assert_not_null(copy);
    if (size) {
        memcpy(copy, bytes, size);
    }
    blocks[list->block_count++] = copy;
    return copy;
}

void slt_events_add(struct slt_events *list, const struct sl_event *event)
{
    struct sl_event *events = realloc(list->events, (list->count + 1) * sizeof(*events));
    cr_assert_not_null(events);
    list->events = events;
    events[list->count++] = *event;
}

void slt_events_add_mem(struct slt_events *list, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    slt_events_add(
        list, &(struct sl_event){
                  .type = SL_EVENT_MEM,
                  .u.mem = {.gpa = gpa, .bytes = slt_events_keep(list, bytes, size), .size = size},
              });
}

void slt_events_finish(struct slt_events *list)
{
    for (size_t i = 0; i < list->block_count; i++) {
        free(list->blocks[i]);
    }
    free(list->blocks);
    free(list->events);
    *list = (struct slt_events){0};
}

/* Bytes in which whole pages repeat: each page is zeros, one of few patterns, or noise. */
static uint8_t *random_bytes(struct slt_events *list, uint64_t *state, size_t size)
{
    uint8_t *bytes = slt_events_keep(list, "", 0);
    bytes = realloc(bytes, size ? size : 1);
    cr_assert_not_null(bytes);
    list->blocks[list->block_count - 1] = bytes;
    for (size_t at = 0; at < size;) {
        size_t n = size - at < 4096 ? size - at : 4096;
        uint64_t kind = slt_random(state) % 8;
        uint64_t seed = kind < 6 ? kind : slt_random(state);
        for (size_t i = 0; i < n; i++) {
            bytes[at + i] = kind == 0 ? 0 : (uint8_t)(slt_random(&seed) & (kind < 3 ? 3 : 255));
        }
        at += n;
    }
    return bytes;
}

static size_t random_size(uint64_t *state)
{
    static const size_t limits[] = {1, 16, 300, 4096, 8192, 12289, 70000, 300000};
    return 1 + slt_random(state) % limits[slt_random(state) % 8];
}

static const char *random_name(struct slt_events *list, uint64_t *state, size_t *size)
{
    static const char *const names[] = {"", "a", "frame-1", "\xC3\xA4\xE2\x82\xAC", "long name "};
    const char *name = names[slt_random(state) % 5];
    *size = strlen(name);
    return (const char *)slt_events_keep(list, name, *size);
}

static void random_payload(struct slt_events *list, uint64_t *state, struct sl_event *event)
{
    if (event->type == SL_EVENT_MEM) {
        size_t size = random_size(state);
        uint64_t gpa = slt_random(state) % 4 ? slt_random(state) & 0xFFFFFF000 : slt_random(state);
        event->u.mem = (struct sl_mem_event){
            .gpa = gpa > UINT64_MAX - size ? 0 : gpa,
            .bytes = random_bytes(list, state, size),
            .size = size,
        };
    } else if (event->type == SL_EVENT_EXPECT) {
        event->u.expect = (struct sl_expect_event){
            .kind = (enum sl_observation_kind)(1 + slt_random(state) % 6),
            .queue = (uint32_t)slt_random(state),
            .head = (uint32_t)slt_random(state),
            .value = slt_random(state),
        };
        if (event->u.expect.kind == SL_OBS_FRAME) {
            event->u.expect.value = slt_random(state) % 3 ? UINT64_C(0x100000001) * 640 : 0;
            event->u.expect.size = event->u.expect.value ? SL_FRAME_HASH_SIZE : 0;
            event->u.expect.bytes = random_bytes(list, state, SL_FRAME_HASH_SIZE);
        }
        if (event->u.expect.kind == SL_OBS_RESPONSE) {
            event->u.expect.size = random_size(state);
            event->u.expect.bytes = random_bytes(list, state, event->u.expect.size);
        }
    } else {
        event->u.text.text = random_name(list, state, &event->u.text.text_size);
        if (event->type == SL_EVENT_ATTACH) {
            event->u.text.size = random_size(state) - 1;
            event->u.text.bytes = random_bytes(list, state, event->u.text.size);
        }
    }
}

static struct sl_mmio_event random_mmio(uint64_t *state)
{
    uint8_t size = (uint8_t)(1 << slt_random(state) % 4);
    bool is_read = slt_random(state) % 2;
    bool has_value = !is_read || slt_random(state) % 2;
    return (struct sl_mmio_event){
        .space = (enum sl_space)(slt_random(state) % SL_SPACE_COUNT),
        .size = size,
        .is_read = is_read,
        .has_value = has_value,
        .offset = slt_random(state),
        .value = has_value ? slt_random(state) >> (64 - 8 * size) : 0,
    };
}

static struct sl_ram_event random_ram(struct slt_events *list, uint64_t *state)
{
    struct sl_ram_region regions[SL_RAM_REGIONS_MAX];
    size_t count = slt_random(state) % 4 ? slt_random(state) % 5 : SL_RAM_REGIONS_MAX;
    uint64_t gpa = 0;
    for (size_t i = 0; i < count; i++) {
        gpa += slt_random(state) % 100 * 4096;
        regions[i] = (struct sl_ram_region){gpa, (1 + slt_random(state) % 1000) * 4096};
        gpa += regions[i].size;
    }
    const uint8_t *kept = slt_events_keep(list, regions, count * sizeof(regions[0]));
    return (struct sl_ram_event){(const struct sl_ram_region *)(const void *)kept, count};
}

static void random_event(struct slt_events *list, uint64_t *state)
{
    struct sl_event event = {.type = (enum sl_event_type)(1 + slt_random(state) % 13)};
    switch (event.type) {
    case SL_EVENT_MEM:
    case SL_EVENT_FRAME:
    case SL_EVENT_EXPECT:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        random_payload(list, state, &event);
        break;
    case SL_EVENT_MMIO:
        event.u.mmio = random_mmio(state);
        break;
    case SL_EVENT_VRING:
        event.u.vring = (struct sl_vring_event){
            (uint32_t)slt_random(state), (uint32_t)slt_random(state), slt_random(state),
            slt_random(state),           slt_random(state),           (uint16_t)slt_random(state)};
        break;
    case SL_EVENT_NOTIFY:
        event.u.notify_queue = (uint32_t)slt_random(state);
        break;
    case SL_EVENT_VBLANK:
        event.u.vblank = (struct sl_vblank_event){(uint32_t)slt_random(state), slt_random(state)};
        break;
    case SL_EVENT_DISPLAY:
        event.u.display = (struct sl_display_event){
            (uint32_t)slt_random(state), (uint32_t)slt_random(state), (uint32_t)slt_random(state)};
        break;
    case SL_EVENT_RAM:
        event.u.ram = random_ram(list, state);
        break;
    case SL_EVENT_FEATURES:
        event.u.features = slt_random(state);
        break;
    case SL_EVENT_RESET:
        break;
    }
    slt_events_add(list, &event);
}

void slt_events_random(struct slt_events *list, uint64_t number, size_t count)
{
    uint64_t state = number;
    for (size_t i = 0; i < count; i++) {
        random_event(list, &state);
    }
}

void slt_events_every_type(struct slt_events *list)
{
    static const struct sl_ram_region regions[] = {{UINT64_C(1) << 32, 8192}, {0, 0xA0000}};
    static const uint8_t hash[SL_FRAME_HASH_SIZE] = {0x99, 0xAA, [15] = 0x0F};
    static const uint8_t bytes[] = {0xDE, 0xAD, 0xBE, 0xEF, 0x42};
    const struct sl_event events[] = {
        {.type = SL_EVENT_MEM, .u.mem = {0x123456789A, bytes, sizeof(bytes)}},
        {.type = SL_EVENT_MMIO, .u.mmio = {SL_SPACE_BAR1, 4, true, true, 0x1018, 0xCAFEF00D}},
        {.type = SL_EVENT_VRING, .u.vring = {1, 64, 0x10000, 0x11000, 0x12000, 7}},
        {.type = SL_EVENT_NOTIFY, .u.notify_queue = 3},
        {.type = SL_EVENT_VBLANK, .u.vblank = {2, 16666667}},
        {.type = SL_EVENT_FRAME, .u.text = {"first", 5, NULL, 0}},
        {.type = SL_EVENT_EXPECT,
         .u.expect = {SL_OBS_RESPONSE, 1, 9, 0x1100, bytes, sizeof(bytes)}},
        {.type = SL_EVENT_NOTE, .u.text = {"caf\xC3\xA9", 5, NULL, 0}},
        {.type = SL_EVENT_DISPLAY, .u.display = {15, 1920, 1080}},
        {.type = SL_EVENT_RESET},
        {.type = SL_EVENT_ATTACH, .u.text = {"edid.bin", 8, bytes, sizeof(bytes)}},
        {.type = SL_EVENT_RAM, .u.ram = {regions, 2}},
        {.type = SL_EVENT_RAM, .u.ram = {NULL, 0}},
        {.type = SL_EVENT_FEATURES, .u.features = UINT64_C(0x130000002)},
        {.type = SL_EVENT_EXPECT,
         .u.expect = {SL_OBS_FRAME, 1, 0, UINT64_C(640) << 32 | 480, hash, sizeof(hash)}},
        {.type = SL_EVENT_EXPECT, .u.expect = {.kind = SL_OBS_FRAME}},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        slt_events_add(list, &events[i]);
    }
}

void slt_write(const struct slt_events *list, const struct sl_trace_meta *meta, bool finish,
               struct sl_buf *file)
{
    int fd = memfd_create("slt", 0);
    int reader = dup(fd);
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    cr_assert_eq(sl_slt_writer_create(fd, "test.slt", SL_SLT_PAGE_TABLE_LIMIT, meta, &writer, &err),
                 SL_OK, "%s", err.message);
    for (size_t i = 0; i < list->count; i++) {
        cr_assert_eq(sl_trace_writer_put(writer, &list->events[i], &err), SL_OK, "event %zu: %s", i,
                     err.message);
    }
    if (finish) {
        cr_assert_eq(sl_trace_writer_finish(writer, &err), SL_OK, "%s", err.message);
    }
    sl_trace_writer_destroy(writer);
    off_t size = lseek(reader, 0, SEEK_END);
    uint8_t *bytes = sl_buf_extend(file, (size_t)size);
    cr_assert_eq(pread(reader, bytes, (size_t)size, 0), size);
    close(reader);
}

enum sl_status slt_open_bytes(const uint8_t *bytes, size_t size, struct sl_trace **trace,
                              struct sl_error *err)
{
    /* fmemopen() takes no constant memory and no empty one; "rb" only reads. */
    static uint8_t nothing[1];
    FILE *stream = fmemopen(size ? (void *)(uintptr_t)bytes : nothing, size ? size : 1, "rb");
    cr_assert_not_null(stream);
    if (size == 0) {
        fclose(stream);
        stream = fopen("/dev/null", "rb");
    }
    return sl_slt_open_file(stream, "test.slt", trace, err);
}

static bool bytes_equal(const void *a, size_t a_size, const void *b, size_t b_size)
{
    return a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

bool slt_event_equal(const struct sl_event *a, const struct sl_event *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case SL_EVENT_MEM:
        return a->u.mem.gpa == b->u.mem.gpa &&
               bytes_equal(a->u.mem.bytes, a->u.mem.size, b->u.mem.bytes, b->u.mem.size);
    case SL_EVENT_MMIO:
        return a->u.mmio.space == b->u.mmio.space && a->u.mmio.size == b->u.mmio.size &&
               a->u.mmio.is_read == b->u.mmio.is_read &&
               a->u.mmio.has_value == b->u.mmio.has_value && a->u.mmio.offset == b->u.mmio.offset &&
               a->u.mmio.value == b->u.mmio.value;
    case SL_EVENT_VRING:
        return a->u.vring.queue == b->u.vring.queue && a->u.vring.size == b->u.vring.size &&
               a->u.vring.desc_gpa == b->u.vring.desc_gpa &&
               a->u.vring.avail_gpa == b->u.vring.avail_gpa &&
               a->u.vring.used_gpa == b->u.vring.used_gpa && a->u.vring.base == b->u.vring.base;
    case SL_EVENT_NOTIFY:
        return a->u.notify_queue == b->u.notify_queue;
    case SL_EVENT_VBLANK:
        return a->u.vblank.count == b->u.vblank.count && a->u.vblank.time_ns == b->u.vblank.time_ns;
    case SL_EVENT_EXPECT:
        return a->u.expect.kind == b->u.expect.kind && a->u.expect.queue == b->u.expect.queue &&
               a->u.expect.head == b->u.expect.head && a->u.expect.value == b->u.expect.value &&
               bytes_equal(a->u.expect.bytes, a->u.expect.size, b->u.expect.bytes,
                           b->u.expect.size);
    case SL_EVENT_DISPLAY:
        return a->u.display.scanout == b->u.display.scanout &&
               a->u.display.width == b->u.display.width &&
               a->u.display.height == b->u.display.height;
    case SL_EVENT_RAM:
        return bytes_equal(a->u.ram.regions, a->u.ram.count * sizeof(*a->u.ram.regions),
                           b->u.ram.regions, b->u.ram.count * sizeof(*b->u.ram.regions));
    case SL_EVENT_FEATURES:
        return a->u.features == b->u.features;
    case SL_EVENT_RESET:
        return true;
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        return bytes_equal(a->u.text.text, a->u.text.text_size, b->u.text.text,
                           b->u.text.text_size) &&
               bytes_equal(a->u.text.bytes, a->u.text.size, b->u.text.bytes, b->u.text.size);
    }
    return false;
}

size_t slt_read_prefix(const uint8_t *bytes, size_t size, const struct slt_events *list,
                       enum sl_status *status, bool *complete, struct sl_error *err)
{
    struct sl_trace *trace;
    *complete = false;
    *err = (struct sl_error){0};
    *status = slt_open_bytes(bytes, size, &trace, err);
    if (*status != SL_OK) {
        cr_assert_null(trace);
        return 0;
    }
    size_t count = 0;
    for (;; count++) {
        struct sl_event event;
        *status = sl_trace_next(trace, &event, err);
        if (*status != SL_OK || event.type == 0) {
            break;
        }
        cr_assert_lt(count, list->count, "an event too many");
        cr_assert(slt_event_equal(&event, &list->events[count]), "event %zu differs", count);
    }
    *complete = *status == SL_OK && !sl_trace_is_truncated(trace);
    sl_trace_close(trace);
    return count;
}
