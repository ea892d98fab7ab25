/* The driver behind the virtio-gpu verbs: what it writes, computed by hand. */
#include "yaml_fixture.h"

#include "abi/abi.h"

#include <criterion/criterion.h>
#include <string.h>

/* The part of a listing behind the start of the driver. */
static const char *after_start(struct sl_trace *trace, struct sl_buf *text, const char *last)
{
    const char *listing = yaml_listing(trace, text);
    const char *found = strstr(listing, last);
    cr_assert_not_null(found, "%s", listing);
    return found + strlen(last);
}

#define DRIVER_OK "write bar4+0x14 1 = 0xf\n"
/* Queue 0 of 4 and queue 1 of 2 descriptors: table, ring behind it, used ring at 4. */
#define START "- start: {queue0: 4, queue1: 2}\n"

static void assert_events(const char *events, const char *expected)
{
    struct sl_buf text = {0};
    struct sl_buf all = {0};
    sl_buf_printf(&all, START "%s", events);
    struct sl_trace *trace = yaml_open("virtio-gpu", sl_buf_cstr(&all));
    cr_assert_str_eq(after_start(trace, &text, DRIVER_OK), expected);
    sl_trace_close(trace);
    sl_buf_finish(&all);
    sl_buf_finish(&text);
}

Test(yaml_virtio, start_over_pci)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = yaml_open(
        "virtio-gpu", "- start: {queue0: 4, queue1: 0, features: [VIRTIO_F_VERSION_1, 8], "
                      "event_idx: true}\n");
    /* 4 * 16 bytes of descriptors, 6 + 2 * 4 of ring, 2 of padding, 6 + 8 * 4 of used ring */
    const char *listing = strchr(yaml_listing(trace, &text), '\n') + 1;
    cr_assert_eq(listing - (const char *)text.data, 14 + 2 * (64 + 14 + 2 + 38) + 1);
    cr_assert_str_eq(listing, "write config+0x20 4 = 0xfe000000\n"
                              "write config+0x24 4 = 0x0\n"
                              "write config+0x14 4 = 0xfebd0000\n"
                              "write config+0x4 2 = 0x6\n"
                              "write bar4+0x14 1 = 0x0\n"
                              "read bar4+0x14 1\n"
                              "write bar4+0x14 1 = 0x1\n"
                              "write bar4+0x14 1 = 0x3\n"
                              "write bar4+0x0 4 = 0x0\n"
                              "read bar4+0x4 4\n"
                              "write bar4+0x0 4 = 0x1\n"
                              "read bar4+0x4 4\n"
                              "write bar4+0x8 4 = 0x0\n"
                              "write bar4+0xc 4 = 0x20000008\n"
                              "write bar4+0x8 4 = 0x1\n"
                              "write bar4+0xc 4 = 0x1\n"
                              "write bar4+0x14 1 = 0xb\n"
                              "read bar4+0x14 1\n"
                              "write bar4+0x16 2 = 0x0\n"
                              "read bar4+0x18 2\n"
                              "write bar4+0x18 2 = 0x4\n"
                              "write bar4+0x20 4 = 0x2000000\n"
                              "write bar4+0x24 4 = 0x0\n"
                              "write bar4+0x28 4 = 0x2000040\n"
                              "write bar4+0x2c 4 = 0x0\n"
                              "write bar4+0x30 4 = 0x2000050\n"
                              "write bar4+0x34 4 = 0x0\n"
                              "write bar4+0x1c 2 = 0x1\n"
                              "write bar4+0x14 1 = 0xf\n");
    sl_trace_close(trace);
    sl_buf_finish(&text);
}

Test(yaml_virtio, start_over_one_bar_and_without_registers)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = yaml_open("virtio-gpu", "- start: {transport: aero}\n- notify: 1\n");
    cr_assert_str_eq(after_start(trace, &text, "write bar0+0x14 1 = 0xf\n"),
                     "write bar0+0x1004 2 = 0x1\n");
    cr_assert_not_null(strstr((const char *)text.data, "write config+0x10 4 = 0xfe000000\n"));
    sl_trace_close(trace);
    trace = yaml_open("virtio-gpu", "- start: {transport: vring, queue1: 0}\n- notify: 1\n");
    cr_assert_str_eq(strchr(yaml_listing(trace, &text), '\n') + 1,
                     "vring 0 64 0x2000000 0x2000400 0x2000488 0\nnotify 1\n");
    sl_trace_close(trace);
    sl_buf_finish(&text);
}

Test(yaml_virtio, message_interrupts)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = yaml_open("virtio-gpu", "- start: {msix: true}\n");
    const char *listing = yaml_listing(trace, &text);
    cr_assert_not_null(strstr(listing, "write config+0x4 2 = 0x406\n"
                                       "write bar1+0x0 4 = 0xfee00000\n"
                                       "write bar1+0x4 4 = 0x0\n"
                                       "write bar1+0x8 4 = 0x4020\n"
                                       "write bar1+0xc 4 = 0x0\n"));
    cr_assert_not_null(strstr(listing, "write config+0x9a 2 = 0x8000\n"));
    cr_assert_not_null(strstr(listing, "write bar4+0x10 2 = 0x0\n"));
    cr_assert_not_null(strstr(listing, "write bar4+0x1a 2 = 0x2\n"));
    sl_trace_close(trace);
    sl_buf_finish(&text);
}

Test(yaml_virtio, command_as_a_chain_of_two)
{
    assert_events("- cmd: RESOURCE_UNREF\n  resource_id: 0x99\n  fence: 7\n  ctx: 3\n",
                  "mem 0x2002000 0201000001000000070000000000000003000000000000009900000000000000\n"
                  "mem 0x2000000 00200002000000002000000001000100"
                  "40200002000000001800000002000000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n"
                  "write bar4+0x3000 2 = 0x0\n");
}

Test(yaml_virtio, request_and_response_in_pieces)
{
    assert_events("- cmd: RESOURCE_UNREF\n  split: [24]\n  response: [4, 20]\n  notify: false\n",
                  "mem 0x2002000 0201000000000000000000000000000000000000000000000000000000000000\n"
                  "mem 0x2000000 00200002000000001800000001000100"
                  "18200002000000000800000001000200"
                  "40200002000000000400000003000300"
                  "44200002000000001400000002000000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n");
}

Test(yaml_virtio, descriptors_wrap_around_the_table)
{
    assert_events("- cmd: 0x1\n  bytes: 1\n  response: [1, 2]\n  request_at: 0x10\n"
                  "  response_at: 0x20\n"
                  "- cmd: 0x2\n  bytes: 1\n  response: 1\n  request_at: 0x10\n"
                  "  response_at: 0x20\n",
                  "mem 0x10 01\n"
                  "mem 0x2000000 10000000000000000100000001000100"
                  "20000000000000000100000003000200"
                  "21000000000000000200000002000000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n"
                  "write bar4+0x3000 2 = 0x0\n"
                  "mem 0x10 02\n"
                  "mem 0x2000030 10000000000000000100000001000000\n"
                  "mem 0x2000000 20000000000000000100000002000000\n"
                  "mem 0x2000046 0300\n"
                  "mem 0x2000042 0200\n"
                  "write bar4+0x3000 2 = 0x0\n");
}

Test(yaml_virtio, indirect_table)
{
    assert_events("- cmd: RESOURCE_UNREF\n  indirect: true\n  raw: '0102'\n  response: none\n"
                  "  queue: cursor\n",
                  "mem 0x2002000 0102\n"
                  "mem 0x2002040 00200002000000000200000000000000\n"
                  "mem 0x2001000 40200002000000001000000004000000\n"
                  "mem 0x2001024 0000\n"
                  "mem 0x2001022 0100\n"
                  "write bar4+0x3004 2 = 0x1\n");
}

Test(yaml_virtio, event_index_is_asked_for)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = yaml_open(
        "virtio-gpu", "- start: {queue0: 4, queue1: 0, event_idx: true}\n"
                      "- repeat: {count: 2, events: [{cmd: 1, raw: '00', response: none}]}\n");
    const char *rest = after_start(trace, &text, DRIVER_OK);
    /* used_event, 2 * 4 bytes behind the slots, is the index before each chain. */
    cr_assert_not_null(
        strstr(rest, "mem 0x2000044 0000\nmem 0x200004c 0000\nmem 0x2000042 0100\n"));
    cr_assert_not_null(
        strstr(rest, "mem 0x2000046 0100\nmem 0x200004c 0100\nmem 0x2000042 0200\n"));
    sl_trace_close(trace);
    sl_buf_finish(&text);
}

Test(yaml_virtio, chains_by_hand)
{
    assert_events("- chain: [{addr: 1, len: 2, flags: [NEXT, WRITE]}, {addr: 3, flags: 0x8000}]\n"
                  "  notify: false\n",
                  "mem 0x2000000 01000000000000000200000003000100\n"
                  "mem 0x2000010 03000000000000000000000000800000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n");
    assert_events("- chain: [{index: 3, flags: NEXT}, {flags: NEXT, next: 3}]\n"
                  "  head: 9\n  advance: 5\n  queue: control\n",
                  "mem 0x2000030 00000000000000000000000001000000\n"
                  "mem 0x2000000 00000000000000000000000001000300\n"
                  "mem 0x2000044 0900\n"
                  "mem 0x2000042 0500\n"
                  "write bar4+0x3000 2 = 0x0\n");
}

Test(yaml_virtio, tables_and_rings_by_hand)
{
    assert_events("- descriptors: {at: 0x100, entries: [{addr: 1, flags: NEXT}, {addr: 2}]}\n"
                  "- avail: {flags: 1, slot: 3, head: 7, used_event: 9, idx: 0xFFFF}\n"
                  "- chain: [{}]\n  notify: false\n"
                  "- memory: {at: queue0_used, hex: '01'}\n",
                  "mem 0x100 01000000000000000000000001000100\n"
                  "mem 0x110 02000000000000000000000000000000\n"
                  "mem 0x2000040 0100\n"
                  "mem 0x200004a 0700\n"
                  "mem 0x200004c 0900\n"
                  "mem 0x2000042 ffff\n"
                  "mem 0x2000000 00000000000000000000000000000000\n"
                  "mem 0x200004a 0000\n" /* slot 0xFFFF % 4 */
                  "mem 0x2000042 0000\n"
                  "mem 0x2000050 01\n");
}

Test(yaml_virtio, registers_by_name)
{
    assert_events("- write: {register: STATUS, value: DRIVER|ACKNOWLEDGE}\n"
                  "- read: {register: events_read, expect: DISPLAY}\n"
                  "- read: {register: ISR}\n"
                  "- write: {register: Q_DESCLO, offset: 4, size: 8, value: 1}\n"
                  "- read: {space: config, offset: 0x40, size: 1}\n",
                  "write bar4+0x14 1 = 0x3\n"
                  "read bar4+0x2000 4 = 0x1\n"
                  "read bar4+0x1000 1\n"
                  "write bar4+0x24 8 = 0x1\n"
                  "read config+0x40 1\n");
}

Test(yaml_virtio, structs_in_all_their_forms)
{
    assert_events("- cmd: SET_SCANOUT_BLOB\n  r: {x: -1, height: 2}\n  strides: [1, 2]\n"
                  "  response: none\n  notify: false\n  hdr: {ring_idx: 4, padding: 'aa'}\n",
                  "mem 0x2002000 0d0100000000000000000000000000000000000004aa0000"
                  "ffffffff000000000000000002000000"
                  "00000000000000000000000000000000000000000000000001000000020000000000000000000000"
                  "00000000000000000000000000000000\n"
                  "mem 0x2000000 00200002000000006000000000000000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n");
    assert_events("- cmd: SUBMIT_3D\n  data: '0102'\n  response: none\n  notify: false\n",
                  "mem 0x2002000 070200000000000000000000000000000000000000000000"
                  "02000000000000000102\n"
                  "mem 0x2000000 00200002000000002200000000000000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n");
    assert_events("- cmd: RESOURCE_ATTACH_BACKING\n  entries: [[1, 2]]\n  nr_entries: 9\n"
                  "  response: none\n  notify: false\n",
                  "mem 0x2002000 060100000000000000000000000000000000000000000000"
                  "000000000900000001000000000000000200000000000000\n"
                  "mem 0x2000000 00200002000000003000000000000000\n"
                  "mem 0x2000044 0000\n"
                  "mem 0x2000042 0100\n");
}

/* Keys of the verb must not hide fields of a command. */
Test(yaml_virtio, no_field_is_called_like_a_key)
{
    static const char *const keys[] = {"cmd",    "fence",      "ctx",        "type",     "queue",
                                       "bytes",  "raw",        "split",      "response", "indirect",
                                       "notify", "request_at", "response_at"};
    for (size_t i = 0; i < sl_abi_virtio_gpu.opcode_count; i++) {
        const struct sl_abi_opcode *opcode = &sl_abi_virtio_gpu.opcodes[i];
        bool is_header = strcmp(opcode->layout->name, "virtio_gpu_ctrl_hdr") == 0;
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]) && !is_header; k++) {
            cr_assert_null(sl_abi_find_field(opcode->layout, keys[k]), "%s.%s", opcode->name,
                           keys[k]);
        }
    }
}

Test(yaml_virtio, a_second_start_uses_the_memory_of_the_first)
{
    struct sl_buf text = {0};
    struct sl_trace *trace = yaml_open(
        "virtio-gpu", "- start: {transport: vring}\n- reset: {}\n- start: {transport: vring}\n");
    const char *listing = yaml_listing(trace, &text);
    const char *first = strstr(listing, "vring 0 64 0x2000000 ");
    cr_assert_not_null(first);
    cr_assert_not_null(strstr(first + 1, "vring 0 64 0x2000000 "));
    sl_trace_close(trace);
    sl_buf_finish(&text);
}
