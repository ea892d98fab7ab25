/*
 * Lint behind a replay. A driver starts the device well; then actions from the input, as events:
 * raw memory and registers, and submissions and chains whose packets and requests have sizes that
 * fit, so that the fuzzer reaches what is behind framing.
 *
 *   byte 0    bit 0 the device, bit 1 fence page or indirect descriptors
 *   then      actions: a byte modulo ACTION_COUNT and its operands, in the order they are read
 * below
 */
#include "abi/abi.h"
#include "base/cursor.h"
#include "fuzz.h"
#include "guest/aerogpu_guest.h"
#include "guest/virtio_guest.h"
#include "lint/lint.h"
#include "trace/event_list.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* Streams and requests go to a few places behind the rings, so that they are written over. */
enum {
    RAM = 1 << 20,
    RING = 0x1000,
    RING_ENTRIES = 4,
    FENCE_PAGE = 0x8000,
    QUEUES = 0x10000,
    QUEUE_SIZE = 8,
    PLACES = 0x20000,
    PLACE_SIZE = 0x1000,
    TABLE = 0x40000,
    BACKING = 0x50000,
    PAYLOAD_MAX = 512,
    MOST_ACTIONS = 200,
    WORK_LIMIT = 64 << 20,
};

struct driver {
    struct sl_cursor in;
    struct sl_event_list *list;
    struct sl_agpu_guest agpu;
    struct sl_virtio_guest vgpu;
    bool is_agpu;
    bool indirect;
};

static void put(struct driver *d, const struct sl_event *event)
{
    sl_event_list_put(d->list, event, NULL);
}

static void put_memory(struct driver *d, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    if (size > 0) {
        put(d, &(struct sl_event){.type = SL_EVENT_MEM,
                                  .u.mem = {.gpa = gpa, .bytes = bytes, .size = size}});
    }
}

/* Bytes of the input, then zeros. */
static void take_bytes(struct driver *d, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = sl_cursor_u8(&d->in);
    }
}

static uint64_t take_place(struct driver *d)
{
    return PLACES + (uint64_t)(sl_cursor_u8(&d->in) % 16) * PLACE_SIZE;
}

static void write_memory(struct driver *d)
{
    uint8_t bytes[256];
    uint64_t gpa = (uint64_t)sl_cursor_u16(&d->in) << 4;
    size_t size = sl_cursor_u8(&d->in);
    take_bytes(d, bytes, size);
    put_memory(d, gpa % (RAM - sizeof(bytes)), bytes, size);
}

static void access_register(struct driver *d)
{
    uint8_t how = sl_cursor_u8(&d->in);
    put(d, &(struct sl_event){.type = SL_EVENT_MMIO,
                              .u.mmio = {
                                  .space = (enum sl_space)(how % SL_SPACE_COUNT),
                                  .size = (uint8_t)(1u << (how >> 4 & 3)),
                                  .is_read = how >> 6 & 1,
                                  .has_value = !(how >> 6 & 1),
                                  .offset = sl_cursor_u16(&d->in),
                                  .value = sl_cursor_u32(&d->in),
                              }});
}

/* A packet or request of an opcode in the table; returns its size. */
static size_t take_message(struct driver *d, const struct sl_abi *abi, uint8_t *out)
{
    const struct sl_abi_opcode *opcode = &abi->opcodes[sl_cursor_u8(&d->in) % abi->opcode_count];
    size_t size = opcode->min_size + (size_t)(sl_cursor_u8(&d->in) & 0x3F) / 4 * 4;
    size = size < PAYLOAD_MAX ? size : PAYLOAD_MAX;
    memset(out, 0, size);
    sl_put_le32(out, opcode->value);
    size_t header = d->is_agpu ? sizeof(struct aerogpu_cmd_hdr) : 4;
    size_t given = sl_cursor_u8(&d->in);
    take_bytes(d, out + header, given < size - header ? given : size - header);
    if (d->is_agpu) {
        sl_put_le32(out + 4, (uint32_t)size);
    }
    return size;
}

static size_t write_table(struct driver *d)
{
    const struct aerogpu_alloc_table_header header = {
        .magic = AEROGPU_ALLOC_TABLE_MAGIC,
        .abi_version = AEROGPU_ABI_VERSION_U32,
        .size_bytes = sizeof(header) + 2 * sizeof(struct aerogpu_alloc_entry),
        .entry_count = 2,
        .entry_stride_bytes = sizeof(struct aerogpu_alloc_entry),
    };
    uint8_t bytes[sizeof(header) + 2 * sizeof(struct aerogpu_alloc_entry)] = {0};
    sl_abi_encode(sl_abi_find_struct(&sl_abi_aerogpu, "aerogpu_alloc_table_header"), &header,
                  bytes);
    for (uint32_t i = 0; i < 2; i++) {
        const struct aerogpu_alloc_entry entry = {
            .alloc_id = i + 1,
            .flags = sl_cursor_u8(&d->in) & 3u,
            .gpa = BACKING + (uint64_t)sl_cursor_u8(&d->in) * 16,
            .size_bytes = PLACE_SIZE,
        };
        sl_abi_encode(sl_abi_find_struct(&sl_abi_aerogpu, "aerogpu_alloc_entry"), &entry,
                      bytes + sizeof(header) + i * sizeof(entry));
    }
    put_memory(d, TABLE, bytes, sizeof(bytes));
    return sizeof(bytes);
}

static void submit(struct driver *d)
{
    uint8_t bytes[4 * PAYLOAD_MAX + 64] = {0};
    size_t size = sizeof(struct aerogpu_cmd_stream_header);
    uint8_t how = sl_cursor_u8(&d->in);
    for (unsigned i = 0; i <= (how & 3u); i++) {
        size += take_message(d, &sl_abi_aerogpu, bytes + size);
    }
    const struct aerogpu_cmd_stream_header header = {
        .magic = AEROGPU_CMD_STREAM_MAGIC,
        .abi_version = 0x10000u | (how >> 2 & 7u),
        .size_bytes = (uint32_t)size,
    };
    sl_abi_encode(sl_abi_find_struct(&sl_abi_aerogpu, "aerogpu_cmd_stream_header"), &header, bytes);
    uint64_t place = take_place(d);
    put_memory(d, place, bytes, size);
    const struct aerogpu_submit_desc desc = {
        .desc_size_bytes = sizeof(desc),
        .flags = how >> 5 & 1u,
        .context_id = how >> 6 & 1u,
        .cmd_gpa = place,
        .cmd_size_bytes = (uint32_t)size + sl_cursor_u8(&d->in),
        .signal_fence = sl_cursor_u8(&d->in),
        .alloc_table_gpa = how & 0x80 ? TABLE : 0,
        .alloc_table_size_bytes = how & 0x80 ? (uint32_t)write_table(d) : 0,
    };
    uint8_t wire[sizeof(desc)];
    sl_abi_encode(sl_abi_find_struct(&sl_abi_aerogpu, "aerogpu_submit_desc"), &desc, wire);
    sl_agpu_guest_push(&d->agpu, wire, NULL);
    sl_agpu_guest_doorbell(&d->agpu, NULL);
}

static void send(struct driver *d)
{
    uint8_t bytes[PAYLOAD_MAX];
    uint8_t how = sl_cursor_u8(&d->in);
    size_t size = take_message(d, &sl_abi_virtio_gpu, bytes);
    uint64_t place = take_place(d);
    uint32_t cut = how & 0x10 ? (uint32_t)size / 2 : 0;
    put_memory(d, place, bytes, size);
    const struct sl_virtio_piece pieces[] = {
        {place, (uint32_t)size - cut, how & 0x20},
        {place + size - cut, cut, false},
        {place + 0x800, (uint32_t)sl_cursor_u8(&d->in) * 8, true},
    };
    sl_virtio_guest_chain(&d->vgpu, how & 1, pieces, 3, how & 2 && d->indirect ? TABLE : 0, NULL);
    sl_virtio_guest_notify(&d->vgpu, how & 1, NULL);
}

static void pass_time(struct driver *d)
{
    uint8_t how = sl_cursor_u8(&d->in);
    put(d, how & 1 ? &(struct sl_event){.type = SL_EVENT_FRAME, .u.text = {"f", 1, NULL, 0}}
                   : &(struct sl_event){.type = SL_EVENT_VBLANK, .u.vblank = {.count = 1}});
    if (how == 0xFF) {
        put(d, &(struct sl_event){.type = SL_EVENT_RESET});
    }
}

static void act(struct driver *d)
{
    enum { MEMORY, REGISTER, MESSAGE, MORE, TIME, ACTION_COUNT };
    switch (sl_cursor_u8(&d->in) % ACTION_COUNT) {
    case MEMORY:
        write_memory(d);
        break;
    case REGISTER:
        access_register(d);
        break;
    case TIME:
        pass_time(d);
        break;
    default:
        if (d->is_agpu) {
            submit(d);
        } else {
            send(d);
        }
        break;
    }
}

static void start(struct driver *d, bool more)
{
    const struct sl_agpu_guest_start agpu = {
        .ring_gpa = RING,
        .entry_count = RING_ENTRIES,
        .entry_stride_bytes = sizeof(struct aerogpu_submit_desc),
        .fence_gpa = more ? FENCE_PAGE : 0,
        .irq_enable = AEROGPU_IRQ_FENCE,
    };
    const struct sl_virtio_start vgpu = {
        .layout = sl_virtio_find_layout("pci"),
        .features =
            UINT64_C(1) << VIRTIO_F_VERSION_1 | 2 | (uint64_t)more << VIRTIO_RING_F_INDIRECT_DESC,
        .queue_size = {QUEUE_SIZE, QUEUE_SIZE},
        .queue_gpa = {QUEUES, QUEUES + PLACE_SIZE},
    };
    d->agpu.sink = sl_event_list_sink(d->list);
    d->vgpu.sink = d->agpu.sink;
    d->indirect = more;
    if (d->is_agpu) {
        sl_agpu_guest_start(&d->agpu, &agpu, NULL);
    } else {
        sl_virtio_guest_start(&d->vgpu, &vgpu, NULL);
    }
}

static void lint(struct sl_trace *trace)
{
    bool enabled[SL_LINT_RULE_COUNT];
    struct sl_lint_report report = {0};
    struct sl_replay_options options;
    struct sl_error err = {0};
    memset(enabled, 1, sizeof(enabled));
    sl_replay_options_defaults(&options);
    options.max_memory_bytes = RAM * 16;
    options.max_work = WORK_LIMIT;
    sl_lint_run(trace, &options, enabled, &report, &err);
    for (size_t i = 0; i < report.finding_count; i++) {
        if (strlen(sl_lint_finding_text(&report, &report.findings[i])) == 0) {
            __builtin_trap();
        }
    }
    sl_lint_report_finish(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sl_ram_region ram = {0, RAM};
    struct driver d = {.in = sl_cursor_init(data, size)};
    uint8_t how = sl_cursor_u8(&d.in);
    d.is_agpu = !(how & 1);
    const struct sl_trace_meta meta = {
        .device = d.is_agpu ? "aerogpu" : "virtio-gpu",
        .abi_version = d.is_agpu ? sl_abi_aerogpu.version : sl_abi_virtio_gpu.version,
        .profile = "",
        .producer = "",
        .provenance = "",
        .ram = &ram,
        .ram_count = 1,
    };
    if (sl_event_list_create(SL_TRACE_YAML, &meta, NULL, &d.list, NULL) != SL_OK) {
        return 0;
    }
    start(&d, how & 2);
    for (int i = 0; i < MOST_ACTIONS && sl_cursor_left(&d.in) > 0; i++) {
        act(&d);
    }
    struct sl_trace *trace = sl_event_list_finish(d.list);
    lint(trace);
    sl_trace_close(trace);
    return 0;
}
