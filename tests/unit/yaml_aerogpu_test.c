/* AeroGPU in YAML: streams, tables, descriptors and rings, byte by byte, computed by hand. */
#include "yaml_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(yaml_aerogpu, .timeout = 60);

/*
 * The heap is the upper half of 64 MiB. The ring of 8 slots is its first page, so that the stream
 * of the first submission is at 0x2001000. Memory events: 0 the ring header, 1 the stream.
 */
#define START "- start: {}\n"

#define STREAM_HEAD(size_le)                                                                       \
    "41434d4404000100" size_le "00000000"                                                          \
    "0000000000000000"

/* Memory event number index of the events behind a start. */
static void assert_memory(const char *events, size_t index, const char *expected)
{
    struct sl_buf all = {0};
    struct sl_buf hex = {0};
    sl_buf_printf(&all, START "%s", events);
    struct sl_trace *trace = yaml_open("aerogpu", sl_buf_cstr(&all));
    cr_assert_str_eq(yaml_memory(trace, index, &hex), expected, "%s", events);
    sl_trace_close(trace);
    sl_buf_finish(&all);
    sl_buf_finish(&hex);
}

/* A stream of one packet; expected is what follows the stream header of this size. */
static void assert_packet(const char *packet, const char *size_le, const char *expected)
{
    struct sl_buf events = {0};
    struct sl_buf bytes = {0};
    sl_buf_printf(&events, "- submit: {stream: [%s]}\n", packet);
    sl_buf_printf(&bytes,
                  "41434d4404000100%s00000000"
                  "0000000000000000%s",
                  size_le, expected);
    assert_memory(sl_buf_cstr(&events), 1, sl_buf_cstr(&bytes));
    sl_buf_finish(&events);
    sl_buf_finish(&bytes);
}

Test(yaml_aerogpu, a_whole_submission)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = yaml_open(
        "aerogpu", "- start: {ring_entries: 2, fence_page: true, irq: FENCE|ERROR}\n"
                   "- memory: {name: fb, size: 16K}\n"
                   "- submit:\n"
                   "    context_id: 5\n"
                   "    flags: PRESENT|NO_IRQ\n"
                   "    signal_fence: 0x100000002\n"
                   "    allocs: [{alloc_id: 1, gpa: fb, size_bytes: 16K, flags: READONLY}]\n"
                   "    stream: [NOP: {}]\n"
                   "- frame: done\n");
    const char *expected =
        "write config+0x4 2 = 0x6\n"
        /* magic ARNG, 1.4, 192 bytes, 2 slots of 64 */
        "mem 0x2000000 41524e47"
        "04000100"
        "c0000000"
        "02000000"
        "40000000"
        "00000000"
        "00000000"
        "00000000"
        "0000000000000000000000000000000000000000000000000000000000000000\n"
        "write bar0+0x100 4 = 0x2000000\n"
        "write bar0+0x104 4 = 0x0\n"
        "write bar0+0x108 4 = 0xc0\n"
        "write bar0+0x120 4 = 0x2001000\n"
        "write bar0+0x124 4 = 0x0\n"
        "write bar0+0x304 4 = 0x80000001\n"
        "write bar0+0x10c 4 = 0x1\n"
        /* the stream behind the fence page and fb: header, NOP */
        "mem 0x2006000 " STREAM_HEAD("20000000") "0000000008000000\n"
                                                 /* the table: ALOC, 1.4, 56 bytes, 1 entry of 32 */
                                                 "mem 0x2007000 414c4f43"
                                                 "04000100"
                                                 "38000000"
                                                 "01000000"
                                                 "20000000"
                                                 "00000000"
                                                 "01000000"
                                                 "01000000"
                                                 "0020000200000000"
                                                 "0040000000000000"
                                                 "0000000000000000\n"
                                                 /* the descriptor: size, flags, context, engine,
                                                    stream, its size, table, its size, fence */
                                                 "mem 0x2000040 40000000"
                                                 "03000000"
                                                 "05000000"
                                                 "00000000"
                                                 "0060000200000000"
                                                 "20000000"
                                                 "00000000"
                                                 "0070000200000000"
                                                 "38000000"
                                                 "00000000"
                                                 "0200000001000000"
                                                 "0000000000000000\n"
                                                 "mem 0x200001c 01000000\n"
                                                 "write bar0+0x200 4 = 0x1\n"
                                                 "text 6 done \n";
    const char *listing = yaml_listing(trace, &text);
    const char *found = strstr(listing, "write config+0x4");
    cr_assert_not_null(found, "%s", listing);
    cr_assert_str_eq(found, expected);
    sl_trace_close(trace);
    sl_buf_finish(&text);
}

Test(yaml_aerogpu, packets_by_their_fields)
{
    assert_packet("CLEAR: {flags: COLOR|STENCIL, color_rgba_f32: [1, 0, 0.5, 0x7fc00000], "
                  "depth_f32: -1, stencil: 255}",
                  "3c000000",
                  "00060000"
                  "24000000"
                  "05000000"
                  "0000803f"
                  "00000000"
                  "0000003f"
                  "0000c07f"
                  "000080bf"
                  "ff000000");
    assert_packet("CREATE_TEXTURE2D: {texture_handle: 7, usage_flags: 1, "
                  "format: R8G8B8A8_UNORM, width: 64, height: 0x20, mip_levels: 1, "
                  "array_layers: 1, row_pitch_bytes: 256, backing_alloc_id: 2, "
                  "backing_offset_bytes: 4K}",
                  "50000000",
                  "01010000"
                  "38000000"
                  "07000000"
                  "01000000"
                  "03000000"
                  "40000000"
                  "20000000"
                  "01000000"
                  "01000000"
                  "00010000"
                  "02000000"
                  "00100000"
                  "0000000000000000");
    /* fewer elements than the array has */
    assert_packet("SET_RENDER_TARGETS: {color_count: 2, depth_stencil: 9, colors: [3, 4]}",
                  "48000000",
                  "00040000"
                  "30000000"
                  "02000000"
                  "09000000"
                  "03000000"
                  "04000000"
                  "000000000000000000000000000000000000000000000000");
    /* a struct in a struct; min_size leaves out nothing that is given */
    assert_packet("SET_BLEND_STATE: {state: {enable: 1, src_factor: 1, color_write_mask: 15, "
                  "blend_constant_rgba_f32: [1, 1, 1, 1], sample_mask: 0xffffffff}}",
                  "54000000",
                  "00030000"
                  "3c000000"
                  "01000000"
                  "01000000"
                  "00000000"
                  "00000000"
                  "0f000000"
                  "00000000"
                  "00000000"
                  "00000000"
                  "0000803f"
                  "0000803f"
                  "0000803f"
                  "0000803f"
                  "ffffffff");
}

Test(yaml_aerogpu, trailing_parts_count_and_pad_themselves)
{
    /* 3 bytes of data and one of padding; size_bytes says 3 */
    assert_packet("UPLOAD_RESOURCE: {resource_handle: 2, offset_bytes: 8, data: 0a0b0c}",
                  "3c000000",
                  "04010000"
                  "24000000"
                  "02000000"
                  "00000000"
                  "0800000000000000"
                  "0300000000000000"
                  "0a0b0c00");
    assert_packet("UPLOAD_RESOURCE: {resource_handle: 2, data: {ramp: 1, size: 4}}", "3c000000",
                  "04010000"
                  "24000000"
                  "02000000"
                  "00000000"
                  "0000000000000000"
                  "0400000000000000"
                  "01020304");
    /* a count that is given stays */
    assert_packet("UPLOAD_RESOURCE: {resource_handle: 2, size_bytes: 77, data: 0a0b0c0d}",
                  "3c000000",
                  "04010000"
                  "24000000"
                  "02000000"
                  "00000000"
                  "0000000000000000"
                  "4d00000000000000"
                  "0a0b0c0d");
    assert_packet("SET_SHADER_CONSTANTS_F: {stage: PIXEL, start_register: 4, "
                  "data: [1, 2, 3, 4, 0, 0, 0, 0]}",
                  "50000000",
                  "03020000"
                  "38000000"
                  "01000000"
                  "04000000"
                  "02000000"
                  "00000000"
                  "0000803f"
                  "00000040"
                  "00004040"
                  "00008040"
                  "00000000000000000000000000000000");
    assert_packet("SET_VERTEX_BUFFERS: {start_slot: 1, "
                  "bindings: [{buffer: 3, stride_bytes: 24, offset_bytes: 8}, [4, 12, 0, 0]]}",
                  "48000000",
                  "00050000"
                  "30000000"
                  "01000000"
                  "02000000"
                  "03000000"
                  "18000000"
                  "08000000"
                  "00000000"
                  "04000000"
                  "0c000000"
                  "00000000"
                  "00000000");
    assert_packet("DEBUG_MARKER: {text: hello}", "28000000",
                  "01000000"
                  "10000000"
                  "68656c6c6f000000");
}

Test(yaml_aerogpu, packets_that_are_wrong_on_purpose)
{
    assert_packet("NOP: {size_bytes: 6}", "20000000",
                  "00000000"
                  "06000000");
    assert_packet("NOP: {opcode: 0x999}", "20000000",
                  "99090000"
                  "08000000");
    assert_packet("SET_INPUT_LAYOUT: {hdr: {size_bytes: 8}}", "28000000",
                  "06020000"
                  "08000000"
                  "00000000"
                  "00000000");
    assert_packet("SET_INPUT_LAYOUT: {hdr: [0x999], input_layout_handle: 1}", "28000000",
                  "99090000"
                  "10000000"
                  "01000000"
                  "00000000");
    assert_packet("SET_INPUT_LAYOUT: {hdr: [7, 8]}", "28000000",
                  "07000000"
                  "08000000"
                  "00000000"
                  "00000000");
    assert_packet("packet: {opcode: 0x999}", "20000000",
                  "99090000"
                  "08000000");
    assert_packet("packet: {opcode: 0x999, payload: 0102}", "22000000",
                  "99090000"
                  "0a000000"
                  "0102");
    assert_packet("packet: {opcode: 1, payload: 0102, size_bytes: 4}", "22000000",
                  "01000000"
                  "04000000"
                  "0102");
    assert_packet("raw: 01 02 03", "1b000000", "010203");
    assert_packet("", "18000000", "");
}

Test(yaml_aerogpu, headers_that_are_wrong_on_purpose)
{
    assert_memory("- submit: {stream: [NOP: {}], stream_header: {magic: 1, abi_version: 0x20000, "
                  "size_bytes: 3, flags: 4, reserved1: 5}}\n",
                  1,
                  "01000000"
                  "00000200"
                  "03000000"
                  "04000000"
                  "00000000"
                  "05000000"
                  "0000000008000000");
    /* entries of 36 bytes; the header counts one although there are two */
    assert_memory("- submit: {allocs: [{alloc_id: 1}, {alloc_id: 2}], "
                  "table: {entry_stride_bytes: 36, entry_count: 1}}\n",
                  1,
                  "414c4f43"
                  "04000100"
                  "60000000"
                  "01000000"
                  "24000000"
                  "00000000"
                  "01000000"
                  "00000000000000000000000000000000000000000000000000000000"
                  "00000000"
                  "02000000"
                  "00000000000000000000000000000000000000000000000000000000"
                  "00000000");
    assert_memory("- submit: {desc_size_bytes: 63, cmd_gpa: 0x1234, cmd_size_bytes: 9, "
                  "alloc_table_gpa: 5, engine_id: 6, reserved0: 7}\n",
                  1,
                  "3f000000"
                  "00000000"
                  "00000000"
                  "06000000"
                  "3412000000000000"
                  "09000000"
                  "00000000"
                  "0500000000000000"
                  "00000000"
                  "00000000"
                  "0000000000000000"
                  "0700000000000000");
    /* what is not given of the header is as it was: two submissions, so head and tail are 2 */
    assert_memory("- submit: {}\n- submit: {}\n- ring: {entry_count: 3, reserved1: 9}\n", 5,
                  "41524e47"
                  "04000100"
                  "40020000"
                  "03000000"
                  "40000000"
                  "00000000"
                  "02000000"
                  "02000000"
                  "00000000"
                  "09000000"
                  "000000000000000000000000000000000000000000000000");
}

/* The listing behind the driver's start. */
static void assert_events(const char *start, const char *events, const char *expected)
{
    static const char enabled[] = "write bar0+0x10c 4 = 0x1\n";
    struct sl_buf all = {0};
    struct sl_buf text = {0};
    sl_buf_printf(&all, "%s%s", start, events);
    struct sl_trace *trace = yaml_open("aerogpu", sl_buf_cstr(&all));
    const char *found = strstr(yaml_listing(trace, &text), enabled);
    cr_assert_not_null(found);
    cr_assert_str_eq(found + strlen(enabled), expected);
    sl_trace_close(trace);
    sl_buf_finish(&all);
    sl_buf_finish(&text);
}

#define DESC(fence_le)                                                                             \
    "40000000"                                                                                     \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "0000000000000000"                                                                             \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "0000000000000000"                                                                             \
    "00000000"                                                                                     \
    "00000000" fence_le "0000000000000000\n"
#define FENCE(digit) "0" digit "00000000000000"

/* Three submissions in two slots of 80 bytes, one doorbell; the third is in the first slot again.
 */
Test(yaml_aerogpu, the_ring_wraps_and_doorbells_are_shared)
{
    assert_events(
        "- start: {ring_entries: 2, ring_stride: 80}\n",
        "- submit: {signal_fence: 1, doorbell: false}\n"
        "- submit: {signal_fence: 2, doorbell: false}\n"
        "- doorbell: {}\n"
        "- submit: {signal_fence: 3}\n",
        "mem 0x2000040 " DESC(FENCE("1")) "mem 0x200001c 01000000\n"
                                          "mem 0x2000090 " DESC(
                                              FENCE("2")) "mem 0x200001c 02000000\n"
                                                          "write bar0+0x200 4 = 0x1\n"
                                                          "mem 0x2000040 " DESC(FENCE(
                                                              "3")) "mem 0x200001c 03000000\n"
                                                                    "write bar0+0x200 4 = 0x1\n");
}

/* The index runs freely: the slot after 2^32 - 1 is that of index 0. */
Test(yaml_aerogpu, the_tail_wraps_at_32_bits)
{
    assert_events(START,
                  "- ring: {head: 0xffffffff, tail: 0xffffffff}\n"
                  "- submit: {doorbell: false}\n- submit: {doorbell: false}\n",
                  "mem 0x2000000 41524e47"
                  "04000100"
                  "40020000"
                  "08000000"
                  "40000000"
                  "00000000"
                  "ffffffff"
                  "ffffffff"
                  "0000000000000000000000000000000000000000000000000000000000000000\n"
                  "mem 0x2000200 " DESC(FENCE("0")) "mem 0x200001c 00000000\n"
                                                    "mem 0x2000040 " DESC(
                                                        FENCE("0")) "mem 0x200001c 01000000\n");
}

Test(yaml_aerogpu, registers_go_by_their_names)
{
    assert_events(START,
                  "- write: {register: SCANOUT0_WIDTH, value: 64}\n"
                  "- write: {register: AEROGPU_MMIO_REG_IRQ_ENABLE, value: FENCE|SCANOUT_VBLANK}\n"
                  "- read: {register: ERROR_CODE, expect: OOB}\n"
                  "- write: {register: CURSOR_X, value: -1}\n"
                  "- read: {register: MAGIC, size: 2}\n",
                  "write bar0+0x404 4 = 0x40\n"
                  "write bar0+0x304 4 = 0x3\n"
                  "read bar0+0x310 4 = 0x2\n"
                  "write bar0+0x504 4 = 0xffffffff\n"
                  "read bar0+0x0 2\n");
}

Test(yaml_aerogpu, what_is_refused)
{
    static const struct {
        const char *events;
        const char *rule;
    } cases[] = {
        {"- submit: {}\n", "yaml.value"},
        {"- doorbell: {}\n", "yaml.value"},
        {"- ring: {}\n", "yaml.value"},
        {"- start: {ring_entries: 3}\n", "yaml.value"},
        {"- start: {ring_entries: 0}\n", "yaml.value"},
        {"- start: {ring_stride: 63}\n", "yaml.value"},
        {"- start: {rings: 1}\n", "yaml.key"},
        {START "- submit: {stream: NOP}\n", "yaml.value"},
        {START "- submit: {stream: [NOP]}\n", "yaml.value"},
        {START "- submit: {stream: [{NOP: {}, PRESENT: {}}]}\n", "yaml.value"},
        {START "- submit: {stream: [NOPE: {}]}\n", "yaml.value"},
        {START "- submit: {stream: [CLEAR: {colour: 1}]}\n", "yaml.key"},
        {START "- submit: {stream: [CLEAR: {color_rgba_f32: [1, 2, 3, 4, 5]}]}\n", "yaml.value"},
        {START "- submit: {stream: [raw: 0]}\n", "yaml.value"},
        {START "- submit: {stream: [packet: {code: 1}]}\n", "yaml.key"},
        {START "- submit: {allocs: 1}\n", "yaml.value"},
        {START "- submit: {fence: 1}\n", "yaml.key"},
        {START "- submit: {doorbell: 1}\n", "yaml.value"},
        {START "- ring: {slots: 1}\n", "yaml.key"},
        {START "- doorbell: {value: 1}\n", "yaml.key"},
        {START "- write: {register: NOTHING, value: 1}\n", "yaml.value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_buf text = {0};
        struct sl_trace *trace;
        struct sl_error err = {0};
        sl_buf_printf(&text, "scanlock: 1\ndevice: aerogpu\nevents:\n%s", cases[i].events);
        cr_assert_eq(yaml_try(sl_buf_cstr(&text), &trace, &err), SL_ERR_DAMAGED, "%s",
                     cases[i].events);
        cr_assert_str_eq(err.rule, cases[i].rule, "%s: %s", cases[i].events, err.message);
        cr_assert_gt(err.line, 3, "%s", cases[i].events);
        sl_buf_finish(&text);
    }
}

/* More than the 256 MiB of an event, in pieces that would fit. */
static void assert_too_large(const char *submission)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    struct sl_buf text = {0};
    sl_buf_printf(&text, "scanlock: 1\ndevice: aerogpu\nram: [{base: 0, size: 4G}]\nevents:\n%s%s",
                  START, submission);
    cr_assert_eq(yaml_try(sl_buf_cstr(&text), &trace, &err), SL_ERR_UNSUPPORTED, "%s", err.message);
    cr_assert_str_eq(err.rule, "host.limit");
    cr_assert_eq(err.line, 6);
    sl_buf_finish(&text);
}

Test(yaml_aerogpu, streams_are_only_so_large)
{
    assert_too_large("- submit: {stream: [UPLOAD_RESOURCE: {data: {fill: 0, size: 129M}},\n"
                     "    UPLOAD_RESOURCE: {data: {fill: 0, size: 129M}}]}\n");
}

/* 65536 entries of 4096 bytes are 256 MiB, without the header. */
Test(yaml_aerogpu, tables_are_only_so_large)
{
    struct sl_buf submission = {0};
    sl_buf_text(&submission, "- submit: {table: {entry_stride_bytes: 4096}, allocs: [");
    for (unsigned i = 0; i < 65536; i++) {
        sl_buf_text(&submission, "{},");
    }
    sl_buf_text(&submission, "]}\n");
    assert_too_large(sl_buf_cstr(&submission));
    sl_buf_finish(&submission);
}
