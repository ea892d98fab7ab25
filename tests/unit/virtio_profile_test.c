/*
 * What the five profiles do differently, situation by situation: one line of the table below is one
 * situation, played on a fresh device of each profile, with the result that each must give.
 */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <string.h>

enum {
    OK = 0x1100,
    DISPLAY_INFO = 0x1101,
    EDID = 0x1104,
    UNSPEC = 0x1200,
    NO_MEMORY = 0x1201,
    BAD_SCANOUT = 0x1202,
    BAD_RESOURCE = 0x1203,
    BAD_PARAMETER = 0x1205,
};

enum { SIDE = 64, IMAGE = SIDE * SIDE * 4, STRIDE = SIDE * 4, FORMAT = 1 };

#define ALL(value)                                                                                 \
    {                                                                                              \
        value, value, value, value, value                                                          \
    }
#define BUT_AERO(value, aero)                                                                      \
    {                                                                                              \
        value, value, value, aero, value                                                           \
    }

static const struct sl_virtio_gpu_rect whole = {.width = SIDE, .height = SIDE};

/* Resource 1, 64 x 64, backed by its own size at VRIG_DATA, which holds 0x11 bytes. */
static void give_image(struct vrig *rig)
{
    uint8_t bytes[IMAGE];
    memset(bytes, 0x11, sizeof(bytes));
    vrig_poke(rig, VRIG_DATA, bytes, sizeof(bytes));
    cr_assert_eq(vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE), OK);
    cr_assert_eq(vrig_attach(rig, 1, VRIG_DATA, IMAGE), OK);
}

static void show_image(struct vrig *rig)
{
    give_image(rig);
    cr_assert_eq(vrig_set_scanout(rig, 0, 1, whole), OK);
}

/* Whether pixel x, y of scanout 0 holds what give_image() left in memory, after a flush. */
static bool has_pixel(struct vrig *rig, uint32_t x, uint32_t y)
{
    cr_assert_eq(vrig_flush(rig, 1, whole), OK);
    return vrig_pixel(rig, 0, x, y) == 0x111111FF;
}

/* ---- Headers and lengths ---- */

/* flags, fence, context and ring of the response, a byte each, to a request with these flags. */
static uint64_t echo_of(struct vrig *rig, uint32_t flags)
{
    uint8_t request[24] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    sl_put_le32(request + 4, flags);
    sl_put_le64(request + 8, 7);
    sl_put_le32(request + 16, 9);
    request[20] = 5;
    cr_assert_eq(vrig_send(rig, 0, request, sizeof(request), 1000), DISPLAY_INFO);
    return (uint64_t)rig->response[4] << 24 | (uint64_t)rig->response[8] << 16 |
           (uint64_t)rig->response[16] << 8 | rig->response[20];
}

static uint64_t echo_fenced(struct vrig *rig)
{
    return echo_of(rig, 3);
}

static uint64_t echo_unfenced(struct vrig *rig)
{
    return echo_of(rig, 2);
}

static uint64_t short_request(struct vrig *rig)
{
    uint8_t request[30] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D);
    return vrig_send(rig, 0, request, sizeof(request), 1000);
}

/* Whether it completes and with what length, then what the next command gets. */
static uint64_t tiny_request(struct vrig *rig)
{
    uint8_t request[23] = {0};
    vrig_send(rig, 0, request, sizeof(request), 1000);
    uint64_t answered = rig->answered;
    return answered << 32 | vrig_command(rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
}

/* Creates resource 1 with little room for the answer; the length, and whether it exists then. */
static uint64_t create_with_room(struct vrig *rig, uint32_t room)
{
    uint8_t request[40] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D);
    sl_put_le32(request + 24, 1);
    sl_put_le32(request + 28, FORMAT);
    sl_put_le32(request + 32, SIDE);
    sl_put_le32(request + 36, SIDE);
    vrig_send(rig, 0, request, sizeof(request), room);
    uint64_t answered = rig->answered;
    return answered << 32 | vrig_flush(rig, 1, whole);
}

static uint64_t little_room(struct vrig *rig)
{
    return create_with_room(rig, 8);
}

static uint64_t no_room(struct vrig *rig)
{
    return create_with_room(rig, 0);
}

/* ---- Resources ---- */

static uint64_t create_id_0(struct vrig *rig)
{
    return vrig_create_2d(rig, 0, FORMAT, SIDE, SIDE);
}

/* The code, and whether the image is still there. */
static uint64_t create_twice(struct vrig *rig)
{
    show_image(rig);
    cr_assert_eq(vrig_transfer(rig, 1, whole, 0), OK);
    uint64_t code = vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return code << 1 | has_pixel(rig, 0, 0);
}

static uint64_t create_empty(struct vrig *rig)
{
    return vrig_create_2d(rig, 1, FORMAT, 0, SIDE);
}

/* One bit per format that is accepted, and what others get. */
static uint64_t create_formats(struct vrig *rig)
{
    static const uint32_t formats[] = {1, 2, 3, 4, 67, 68, 121, 134};
    uint64_t accepted = 0;
    for (uint32_t i = 0; i < 8; i++) {
        accepted |= (uint64_t)(vrig_create_2d(rig, 10 + i, formats[i], 16, 16) == OK) << i;
    }
    return accepted << 16 | vrig_create_2d(rig, 20, 5, 16, 16);
}

static uint64_t create_256_mib(struct vrig *rig)
{
    return vrig_create_2d(rig, 1, FORMAT, 8192, 8192);
}

static uint64_t create_4_gib(struct vrig *rig)
{
    return vrig_create_2d(rig, 1, FORMAT, 65536, 16384);
}

/* 2^66 bytes: a product that wraps around 2^64, to 0. */
static uint64_t create_wrapping(struct vrig *rig)
{
    return vrig_create_2d(rig, 1, FORMAT, 0x80000000, 0x80000000);
}

static uint64_t unref_unknown(struct vrig *rig)
{
    return vrig_unref(rig, 9);
}

/* What is shown afterwards, and what a flush gets. */
static uint64_t unref_shown(struct vrig *rig)
{
    show_image(rig);
    cr_assert_eq(vrig_unref(rig, 1), OK);
    return (uint64_t)vrig_shown(rig, 0) << 16 | vrig_flush(rig, 1, whole);
}

/* ---- Backings ---- */

static uint64_t attach_unknown(struct vrig *rig)
{
    return vrig_attach(rig, 9, VRIG_DATA, 4096);
}

static uint64_t attach_unknown_empty(struct vrig *rig)
{
    return vrig_attach_list(rig, 9, 0, NULL, 0);
}

/* The code, and that of a transfer afterwards. */
static uint64_t attach_empty(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    uint64_t code = vrig_attach_list(rig, 1, 0, NULL, 0);
    return code << 16 | vrig_transfer(rig, 1, whole, 0);
}

static uint64_t attach_twice(struct vrig *rig)
{
    give_image(rig);
    return vrig_attach(rig, 1, VRIG_DATA, IMAGE);
}

static uint64_t attach_short(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return vrig_attach(rig, 1, VRIG_DATA, IMAGE - 1);
}

static uint64_t attach_hole(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    uint64_t code = vrig_attach(rig, 1, VRIG_HOLE - IMAGE + 1, IMAGE);
    return code << 16 | vrig_transfer(rig, 1, whole, 0);
}

static uint64_t attach_empty_entry(struct vrig *rig)
{
    const struct sl_virtio_gpu_mem_entry entries[] = {{.addr = VRIG_DATA},
                                                      {.addr = VRIG_DATA, .length = IMAGE}};
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return vrig_attach_list(rig, 1, 2, entries, 2);
}

/* Entries of one byte; 0 if the request is dropped. */
static uint64_t attach_bytes(struct vrig *rig, uint32_t count)
{
    static struct sl_virtio_gpu_mem_entry entries[16385];
    for (uint32_t i = 0; i < count; i++) {
        entries[i] = (struct sl_virtio_gpu_mem_entry){.addr = VRIG_DATA + i, .length = 1};
    }
    vrig_create_2d(rig, 1, FORMAT, 16, 16);
    return vrig_attach_list(rig, 1, count, entries, count);
}

static uint64_t attach_16382(struct vrig *rig)
{
    return attach_bytes(rig, 16382);
}

static uint64_t attach_16383(struct vrig *rig)
{
    return attach_bytes(rig, 16383);
}

static uint64_t attach_16385(struct vrig *rig)
{
    return attach_bytes(rig, 16385);
}

static uint64_t detach_unknown(struct vrig *rig)
{
    return vrig_detach(rig, 9);
}

static uint64_t detach_none(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return vrig_detach(rig, 1);
}

/* ---- Transfers ---- */

static uint64_t transfer_unknown(struct vrig *rig)
{
    return vrig_transfer(rig, 9, whole, 0);
}

static uint64_t transfer_unbacked(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return vrig_transfer(rig, 1, whole, 0);
}

static uint64_t transfer_outside(struct vrig *rig)
{
    give_image(rig);
    return vrig_transfer(rig, 1, vrig_rect(1, 0, SIDE, SIDE), 0);
}

/* The code; bits for row 0 and the start and the end of row 1, of which half exists. */
static uint64_t transfer_past_end(struct vrig *rig)
{
    show_image(rig);
    uint64_t code = vrig_transfer(rig, 1, vrig_rect(0, 0, SIDE, 3), IMAGE - STRIDE * 3 / 2);
    return code << 3 | (uint64_t)has_pixel(rig, 63, 0) << 2 | (uint64_t)has_pixel(rig, 0, 1) << 1 |
           has_pixel(rig, 63, 1);
}

/* Every row begins strictly beyond the end. */
static uint64_t transfer_beyond(struct vrig *rig)
{
    give_image(rig);
    return vrig_transfer(rig, 1, vrig_rect(1, 0, 8, 2), IMAGE + 100);
}

static uint64_t transfer_offset_2_32(struct vrig *rig)
{
    show_image(rig);
    uint64_t code = vrig_transfer(rig, 1, whole, UINT64_C(1) << 32);
    return code << 1 | has_pixel(rig, 5, 5);
}

/* A sum that wraps around 2^32 in its second row. */
static uint64_t transfer_row_wraps(struct vrig *rig)
{
    show_image(rig);
    uint64_t code = vrig_transfer(rig, 1, vrig_rect(0, 0, 8, 2), UINT32_MAX - STRIDE + 1);
    return code << 2 | (uint64_t)has_pixel(rig, 0, 0) << 1 | has_pixel(rig, 0, 1);
}

/* The same, full width: whether it is one run. */
static uint64_t transfer_run_wraps(struct vrig *rig)
{
    show_image(rig);
    uint64_t code = vrig_transfer(rig, 1, vrig_rect(0, 0, SIDE, 2), UINT32_MAX - STRIDE + 1);
    return code << 2 | (uint64_t)has_pixel(rig, 0, 0) << 1 | has_pixel(rig, 0, 1);
}

/* Whether a row outside the rectangle is copied: bits for height 1, then height 0. */
static uint64_t transfer_whole_image(struct vrig *rig)
{
    show_image(rig);
    vrig_transfer(rig, 1, vrig_rect(0, 0, SIDE, 0), 0);
    uint64_t empty = has_pixel(rig, 0, 9);
    vrig_transfer(rig, 1, vrig_rect(0, 0, SIDE, 1), 0);
    return (uint64_t)has_pixel(rig, 0, 9) << 1 | empty;
}

/* The pixel that bytes 11 22 33 44 make. */
static uint64_t transfer_format(struct vrig *rig, uint32_t format)
{
    const struct sl_virtio_gpu_rect small = {.width = 16, .height = 16};
    vrig_poke(rig, VRIG_DATA, "\x11\x22\x33\x44", 4);
    cr_assert_eq(vrig_create_2d(rig, 1, format, 16, 16), OK);
    cr_assert_eq(vrig_attach(rig, 1, VRIG_DATA, 1024), OK);
    cr_assert_eq(vrig_set_scanout(rig, 0, 1, small), OK);
    cr_assert_eq(vrig_transfer(rig, 1, small, 0), OK);
    cr_assert_eq(vrig_flush(rig, 1, small), OK);
    return vrig_pixel(rig, 0, 0, 0);
}

static uint64_t transfer_format_2(struct vrig *rig)
{
    return transfer_format(rig, 2);
}

static uint64_t transfer_format_4(struct vrig *rig)
{
    return transfer_format(rig, 4);
}

/* ---- Scanouts ---- */

static uint64_t scanout_1_off(struct vrig *rig)
{
    return vrig_set_scanout(rig, 1, 0, whole);
}

static uint64_t scanout_1_on(struct vrig *rig)
{
    give_image(rig);
    return vrig_set_scanout(rig, 1, 1, whole);
}

static uint64_t scanout_16_off(struct vrig *rig)
{
    return vrig_set_scanout(rig, 16, 0, whole);
}

static uint64_t scanout_unknown(struct vrig *rig)
{
    return vrig_set_scanout(rig, 0, 9, whole);
}

static uint64_t scanout_unbacked(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return vrig_set_scanout(rig, 0, 1, whole);
}

static uint64_t scanout_part(struct vrig *rig)
{
    give_image(rig);
    return vrig_set_scanout(rig, 0, 1, vrig_rect(0, 0, 16, 16));
}

static uint64_t scanout_small(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, 15, 15);
    vrig_attach(rig, 1, VRIG_DATA, 4096);
    return vrig_set_scanout(rig, 0, 1, vrig_rect(0, 0, 15, 15));
}

static uint64_t scanout_outside(struct vrig *rig)
{
    give_image(rig);
    return vrig_set_scanout(rig, 0, 1, vrig_rect(1, 0, SIDE, SIDE));
}

/* Does it show: at once, after a transfer alone, after a flush? */
static uint64_t screen_model(struct vrig *rig)
{
    give_image(rig);
    cr_assert_eq(vrig_transfer(rig, 1, vrig_rect(0, 0, SIDE, 1), 0), OK);
    cr_assert_eq(vrig_set_scanout(rig, 0, 1, whole), OK);
    uint64_t at_once = vrig_pixel(rig, 0, 0, 0) == 0x111111FF;
    cr_assert_eq(vrig_transfer(rig, 1, vrig_rect(0, 9, SIDE, 1), 0), OK);
    uint64_t after_transfer = vrig_pixel(rig, 0, 0, 9) == 0x111111FF;
    return at_once << 2 | after_transfer << 1 | has_pixel(rig, 0, 9);
}

static uint64_t screen_disabled(struct vrig *rig)
{
    show_image(rig);
    cr_assert_eq(vrig_set_scanout(rig, 0, 0, whole), OK);
    return vrig_shown(rig, 0);
}

/* Width and enabled of slot 0: while shown, after disabling. */
static uint64_t display_info(struct vrig *rig)
{
    uint64_t result = 0;
    give_image(rig);
    for (uint32_t id = 1; id < 2; id--) {
        cr_assert_eq(vrig_set_scanout(rig, 0, id, whole), OK);
        cr_assert_eq(vrig_command(rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO), DISPLAY_INFO);
        result = result << 16 | sl_get_le32(rig->response + 32) << 1 | rig->response[40];
    }
    return result;
}

static uint64_t flush_unknown(struct vrig *rig)
{
    return vrig_flush(rig, 9, whole);
}

static uint64_t flush_outside(struct vrig *rig)
{
    give_image(rig);
    return vrig_flush(rig, 1, vrig_rect(0, 1, SIDE, SIDE));
}

static uint64_t flush_unbound(struct vrig *rig)
{
    vrig_create_2d(rig, 1, FORMAT, SIDE, SIDE);
    return vrig_flush(rig, 1, whole);
}

/* ---- EDID ---- */

static uint64_t edid_size(struct vrig *rig)
{
    uint64_t code = vrig_get_edid(rig, 0);
    return code << 16 | sl_get_le32(rig->response + 24);
}

static uint64_t edid_of_scanout_1(struct vrig *rig)
{
    return vrig_get_edid(rig, 1);
}

static uint64_t edid_of_scanout_16(struct vrig *rig)
{
    return vrig_get_edid(rig, 16);
}

static uint64_t edid_not_negotiated(struct vrig *rig)
{
    vrig_negotiate(rig, UINT64_C(1) << 32);
    rig->queues[0].avail_index = 0;
    vrig_put16(rig, rig->queues[0].avail + 2, 0);
    vrig_put16(rig, rig->queues[0].used + 2, 0);
    return vrig_get_edid(rig, 0);
}

/* ---- Cursor ---- */

static uint32_t send_cursor(struct vrig *rig, uint32_t queue, uint32_t room)
{
    uint8_t request[56] = {0};
    sl_put_le32(request, VIRTIO_GPU_CMD_UPDATE_CURSOR);
    sl_put_le32(request + 40, 1);
    return vrig_send(rig, queue, request, sizeof(request), room);
}

static uint64_t cursor_with_room(struct vrig *rig)
{
    uint64_t code = send_cursor(rig, 1, 24);
    return (uint64_t)rig->answered << 16 | code;
}

/* The length, and whether an opaque image over black shows. */
static uint64_t cursor_without_room(struct vrig *rig)
{
    uint8_t image[IMAGE];
    show_image(rig);
    memset(image, 0xFF, sizeof(image));
    vrig_poke(rig, VRIG_DATA, image, sizeof(image));
    cr_assert_eq(vrig_create_2d(rig, 2, FORMAT, SIDE, SIDE), OK);
    cr_assert_eq(vrig_attach(rig, 2, VRIG_DATA, IMAGE), OK);
    cr_assert_eq(vrig_transfer(rig, 2, whole, 0), OK);
    vrig_cursor(rig, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 2, 0, 0);
    return (uint64_t)rig->answered << 1 | (vrig_pixel(rig, 0, 0, 0) == 0xFFFFFFFF);
}

static uint64_t cursor_on_control(struct vrig *rig)
{
    return send_cursor(rig, 0, 24);
}

/* ---- The table ---- */

#define NEVER ((uint64_t)UINT32_MAX << 32)
#define SHOWN ((uint64_t)SIDE << 16 | SIDE)

static const struct situation {
    const char *name;
    uint64_t (*play)(struct vrig *rig);
    uint64_t results[5]; /* default, qemu, qemu72, aero-proto, spec */
} situations[] = {
    {"1 header, fenced", echo_fenced, {0x01070900, 0x01070900, 0x01070900, 0x03070900, 0x01070000}},
    {"1 header, not fenced", echo_unfenced, BUT_AERO(0, 0x02070900)},
    {"3 CREATE id 0", create_id_0, BUT_AERO(BAD_RESOURCE, OK)},
    {"4 CREATE twice", create_twice, BUT_AERO(BAD_RESOURCE << 1 | 1, OK << 1)},
    {"5 CREATE empty", create_empty, {NO_MEMORY, NO_MEMORY, OK, BAD_RESOURCE, BAD_PARAMETER}},
    {"6 formats", create_formats, BUT_AERO(0xFF << 16 | BAD_PARAMETER, 0x0F << 16 | BAD_RESOURCE)},
    {"7 CREATE of 256 MiB", create_256_mib, BUT_AERO(NO_MEMORY, OK)},
    {"7 CREATE of 4 GiB", create_4_gib, BUT_AERO(NO_MEMORY, UNSPEC)},
    {"7 CREATE of more than 64 bits count", create_wrapping, BUT_AERO(NO_MEMORY, UNSPEC)},
    {"8 UNREF unknown", unref_unknown, BUT_AERO(BAD_RESOURCE, OK)},
    {"9 UNREF while shown", unref_shown, BUT_AERO(BAD_RESOURCE, SHOWN << 16 | BAD_RESOURCE)},
    {"10 ATTACH unknown", attach_unknown, BUT_AERO(BAD_RESOURCE, UNSPEC)},
    {"10 ATTACH unknown, no entries", attach_unknown_empty, ALL(BAD_RESOURCE)},
    {"11 ATTACH no entries", attach_empty,
     BUT_AERO(OK << 16 | UNSPEC, BAD_RESOURCE << 16 | BAD_RESOURCE)},
    {"12 ATTACH twice", attach_twice, BUT_AERO(UNSPEC, OK)},
    {"13 ATTACH less than the image", attach_short, BUT_AERO(OK, BAD_RESOURCE)},
    {"14 ATTACH a hole", attach_hole, BUT_AERO(UNSPEC << 16 | UNSPEC, OK << 16 | UNSPEC)},
    {"15 ATTACH an empty entry", attach_empty_entry, BUT_AERO(UNSPEC, OK)},
    {"16 ATTACH 16382 entries", attach_16382, ALL(OK)},
    {"16 ATTACH 16383 entries", attach_16383, BUT_AERO(OK, 0)},
    {"16 ATTACH 16385 entries", attach_16385, BUT_AERO(UNSPEC, 0)},
    {"17 DETACH unknown", detach_unknown, BUT_AERO(BAD_RESOURCE, OK)},
    {"17 DETACH nothing", detach_none, BUT_AERO(UNSPEC, OK)},
    {"18 TRANSFER unknown", transfer_unknown, BUT_AERO(BAD_RESOURCE, UNSPEC)},
    {"19 TRANSFER without backing", transfer_unbacked, BUT_AERO(UNSPEC, BAD_RESOURCE)},
    {"2, 20 TRANSFER outside", transfer_outside, BUT_AERO(BAD_PARAMETER, BAD_RESOURCE)},
    {"21 TRANSFER past the end",
     transfer_past_end,
     {OK << 3 | 6, OK << 3 | 6, OK << 3 | 6, UNSPEC << 3 | 4, BAD_PARAMETER << 3}},
    {"21 TRANSFER from beyond the end", transfer_beyond, {OK, OK, OK, UNSPEC, BAD_PARAMETER}},
    {"22 TRANSFER offset 2^32",
     transfer_offset_2_32,
     {OK << 1 | 1, OK << 1 | 1, OK << 1 | 1, UNSPEC << 1, BAD_PARAMETER << 1}},
    {"22 TRANSFER wraps in row 1",
     transfer_row_wraps,
     {OK << 2 | 1, OK << 2 | 1, OK << 2 | 1, UNSPEC << 2, BAD_PARAMETER << 2}},
    {"22 TRANSFER wraps, full width",
     transfer_run_wraps,
     {OK << 2, OK << 2, OK << 2 | 1, UNSPEC << 2, BAD_PARAMETER << 2}},
    {"23 TRANSFER at the origin", transfer_whole_image, {0, 0, 3, 0, 0}},
    {"24 X format 2", transfer_format_2, ALL(0x332211FF)},
    {"24 X format 4", transfer_format_4, BUT_AERO(0x223344FF, 0x2233FFFF)},
    {"25 SET_SCANOUT 1 off", scanout_1_off, BUT_AERO(BAD_SCANOUT, OK)},
    {"25 SET_SCANOUT 1 on", scanout_1_on, BUT_AERO(BAD_SCANOUT, BAD_RESOURCE)},
    {"25 SET_SCANOUT 16 off", scanout_16_off, BUT_AERO(BAD_SCANOUT, BAD_RESOURCE)},
    {"26 SET_SCANOUT unknown", scanout_unknown, ALL(BAD_RESOURCE)},
    {"27 SET_SCANOUT without backing", scanout_unbacked, {UNSPEC, UNSPEC, UNSPEC, OK, OK}},
    {"28 SET_SCANOUT part", scanout_part, BUT_AERO(OK, BAD_RESOURCE)},
    {"28 SET_SCANOUT 15x15", scanout_small, {BAD_PARAMETER, BAD_PARAMETER, BAD_PARAMETER, OK, OK}},
    {"28 SET_SCANOUT outside", scanout_outside, BUT_AERO(BAD_PARAMETER, BAD_RESOURCE)},
    {"29 what shows when", screen_model, {7, 7, 7, 1, 5}},
    {"29 disabled", screen_disabled, BUT_AERO(0, SHOWN)},
    {"30 GET_DISPLAY_INFO", display_info,
     BUT_AERO((1280 << 1 | 1) << 16 | 1280 << 1 | 1, (SIDE << 1 | 1) << 16)},
    {"31 GET_EDID size", edid_size, BUT_AERO(EDID << 16 | 1024, EDID << 16 | 128)},
    {"31 GET_EDID of scanout 1", edid_of_scanout_1, BUT_AERO(BAD_PARAMETER, EDID)},
    {"31 GET_EDID of scanout 16", edid_of_scanout_16, BUT_AERO(BAD_PARAMETER, BAD_RESOURCE)},
    {"32 FLUSH unknown", flush_unknown, ALL(BAD_RESOURCE)},
    {"32 FLUSH outside", flush_outside, BUT_AERO(BAD_PARAMETER, BAD_RESOURCE)},
    {"32 FLUSH unbound", flush_unbound, ALL(OK)},
    {"33 short request", short_request, {OK, OK, OK, UNSPEC, BAD_PARAMETER}},
    {"34 request without a header",
     tiny_request,
     {DISPLAY_INFO, NEVER, NEVER | DISPLAY_INFO, DISPLAY_INFO, DISPLAY_INFO}},
    {"35 little room", little_room, BUT_AERO(UINT64_C(8) << 32 | OK, OK)},
    {"36 no room", no_room, BUT_AERO(OK, BAD_RESOURCE)},
    {"37 cursor with room", cursor_with_room, {0, 0, 0, 24 << 16 | OK, 24 << 16 | OK}},
    {"37 cursor without room", cursor_without_room, BUT_AERO(1, 0)},
    {"38 cursor on control", cursor_on_control, BUT_AERO(UNSPEC, OK)},
    {"43 GET_EDID not negotiated", edid_not_negotiated, {EDID, EDID, EDID, EDID, UNSPEC}},
};

static const char *const profiles[] = {"default", "qemu", "qemu72", "aero-proto", "spec"};

Test(virtio_profile, every_situation)
{
    static struct vrig rig;
    for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
        for (size_t p = 0; p < 5; p++) {
            vrig_start(&rig, profiles[p], "");
            uint64_t result = situations[i].play(&rig);
            cr_expect_eq(result, situations[i].results[p],
                         "%s, profile %s: 0x%" PRIx64 " and not 0x%" PRIx64, situations[i].name,
                         profiles[p], result, situations[i].results[p]);
            vrig_finish(&rig);
        }
    }
}

/* All 1024 bytes: the constant of the prototype and zeros. */
Test(virtio_profile, edid_of_the_prototype)
{
    static const char golden[] = "00ffffffffffff0004b2010000000000012401048000007806ee91a3544c9926"
                                 "0f50542108000101010101010101010101010101010164190040410026301888"
                                 "3600000000000013000000fc004145524f0a0000000000000000000000100000"
                                 "0000000000000000000000000000001000000000000000000000000000000030";
    static struct vrig rig;
    struct sl_buf hex = {0};
    vrig_start(&rig, "aero-proto", "");
    cr_assert_eq(vrig_get_edid(&rig, 0), EDID);
    sl_buf_hex(&hex, rig.response + 32, 128);
    cr_expect_str_eq(sl_buf_cstr(&hex), golden);
    for (size_t i = 128; i < 1024; i++) {
        cr_assert_eq(rig.response[32 + i], 0);
    }
    sl_buf_finish(&hex);
    vrig_finish(&rig);
}
