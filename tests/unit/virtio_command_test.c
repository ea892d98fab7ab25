/* The commands of the control queue: what they do, and which error wins. */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

#define OK VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC VIRTIO_GPU_RESP_ERR_UNSPEC
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define BAD_SCANOUT VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define BAD_ID VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define BAD_PARAMETER VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

enum { BGRX = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM };

/* A 32x32 resource 1 with backing at VRIG_DATA. */
static void start_with_resource(struct vrig *rig, const char *profile)
{
    vrig_start(rig, profile, "");
    cr_assert_eq(vrig_create_2d(rig, 1, BGRX, 32, 32), OK);
    cr_assert_eq(vrig_attach(rig, 1, VRIG_DATA, 4096), OK);
}

/* Fills guest memory with pixels whose blue is the row and whose green is the column. */
static void draw_gradient(struct vrig *rig, uint64_t gpa, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const uint8_t pixel[4] = {(uint8_t)y, (uint8_t)x, 0x77, 0};
            vrig_poke(rig, gpa + 4 * ((uint64_t)y * width + x), pixel, 4);
        }
    }
}

static uint32_t gradient(uint32_t x, uint32_t y)
{
    return 0x77u << 24 | x << 16 | y << 8 | 0xFF;
}

static uint32_t send_header(struct vrig *rig, uint32_t type, uint32_t flags, uint64_t fence,
                            uint32_t ctx, uint8_t ring)
{
    struct sl_virtio_gpu_ctrl_hdr header = {
        .type = type, .flags = flags, .fence_id = fence, .ctx_id = ctx, .ring_idx = ring};
    uint8_t bytes[24];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_CTRL_HDR, &header, bytes);
    return vrig_send(rig, 0, bytes, sizeof(bytes), 512);
}

Test(virtio_command, unknown_types)
{
    static const uint32_t types[] = {0,      1,      0x0FF, 0x10E,      0x108,     0x109, 0x200,
                                     0x204,  0x207,  0x208, 0x20A,      0x300,     0x301, 0x1100,
                                     0x1205, 0xFFFF, 0x10B, 0x10000100, UINT32_MAX};
    struct vrig rig;
    vrig_start(&rig, "", "");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        cr_assert_eq(vrig_command(&rig, types[i]), UNSPEC, "type 0x%x", types[i]);
        cr_assert_eq(rig.answered, 24);
    }
    vrig_finish(&rig);
}

Test(virtio_command, fences)
{
    struct vrig rig;
    static const uint8_t fenced[24] = {0x00, 0x12, 0, 0, 1, 0, 0, 0, 8, 7, 6, 5,
                                       4,    3,    2, 1, 9, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t plain[24] = {0x00, 0x12};
    vrig_start(&rig, "", "");
    /* On errors, too; of the flags only FENCE, and never the ring. */
    send_header(&rig, 0x999, 0x80000003, UINT64_C(0x0102030405060708), 9, 5);
    cr_assert_arr_eq(rig.response, fenced, 24);
    send_header(&rig, 0x999, 0x80000002, UINT64_C(0x0102030405060708), 9, 5);
    cr_assert_arr_eq(rig.response, plain, 24);
    vrig_finish(&rig);
}

Test(virtio_command, short_requests)
{
    static const uint32_t types[] = {0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x10A};
    struct vrig rig;
    vrig_start(&rig, "", "");
    uint8_t bytes[24] = {0};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        sl_put_le32(bytes, types[i]);
        cr_assert_eq(vrig_send(&rig, 0, bytes, 24, 2000), OK, "type 0x%x", types[i]);
        cr_assert_eq(rig.answered, 24);
    }
    cr_assert_eq(vrig_send(&rig, 0, bytes, 23, 2000), 0);
    cr_assert_eq(rig.answered, 0);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_RESPONSE),
                     "dropped: request shorter than a header");
    vrig_finish(&rig);
}

Test(virtio_command, display_info)
{
    struct vrig rig;
    vrig_start(&rig, "", "scanouts=3 display0=1024x768 display2=640x480 display4=100x100");
    uint8_t expected[408] = {0};
    sl_put_le32(expected, VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    sl_put_le32(expected + 32, 1024);
    sl_put_le32(expected + 36, 768);
    sl_put_le32(expected + 40, 1);
    sl_put_le32(expected + 24 + 48 + 8, 640);
    sl_put_le32(expected + 24 + 48 + 12, 480);
    sl_put_le32(expected + 24 + 48 + 16, 1);
    vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    cr_assert_arr_eq(rig.response, expected, sizeof(expected));
    /* A size with a 0 in it switches the head off. */
    rig.target->impl->display(rig.target, &(struct sl_display_event){2, 640, 0});
    memset(expected + 24 + 48, 0, 24);
    vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO);
    cr_assert_arr_eq(rig.response, expected, sizeof(expected));
    vrig_finish(&rig);
}

Test(virtio_command, edid)
{
    struct vrig rig;
    vrig_start(&rig, "", "scanouts=2 display1=1024x768");
    cr_assert_eq(vrig_get_edid(&rig, 1), VIRTIO_GPU_RESP_OK_EDID);
    cr_assert_eq(rig.answered, 1056);
    cr_assert_eq(sl_get_le32(rig.response + 24), 1024);
    cr_assert_eq(rig.response[32 + 54 + 2], 0x00, "width 1024 & 0xff");
    cr_assert_eq(rig.response[32 + 54 + 5], 0x00, "height 768 & 0xff");
    cr_assert_eq(vrig_get_edid(&rig, 2), BAD_PARAMETER);
    vrig_finish(&rig);
}

Test(virtio_command, create_2d)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    cr_assert_eq(vrig_create_2d(&rig, 0, 99, 0, 0), BAD_ID);
    cr_assert_eq(vrig_create_2d(&rig, 1, 99, 0, 0), BAD_PARAMETER);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 0, 16), NO_MEMORY);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 16, 0), NO_MEMORY);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 16, 16), OK);
    cr_assert_eq(vrig_create_2d(&rig, 1, 99, 0, 0), BAD_ID, "duplicate before format");
    cr_assert_eq(vrig_create_2d(&rig, UINT32_MAX, BGRX, 1, 1), OK);
    cr_assert_eq(vrig_unref(&rig, UINT32_MAX), OK);
    vrig_finish(&rig);
}

/* Strictly less than the limit, in exact arithmetic. */
Test(virtio_command, memory_limit)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 8192, 8192), NO_MEMORY);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 8192, 8191), OK);
    cr_assert_eq(vrig_unref(&rig, 1), OK);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 8192, 4096), OK);
    cr_assert_eq(vrig_create_2d(&rig, 2, BGRX, 8192, 4096), NO_MEMORY);
    cr_assert_eq(vrig_create_2d(&rig, 2, BGRX, 8192, 4095), OK);
    cr_assert_eq(vrig_unref(&rig, 2), OK);
    cr_assert_eq(vrig_unref(&rig, 1), OK);
    static const uint32_t huge[][2] = {
        {65536, 65536}, {16384, 65536}, {0x08000001, 16}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, huge[i][0], huge[i][1]), NO_MEMORY);
    }
    vrig_finish(&rig);
    vrig_start(&rig, "", "hostmem=0x1000");
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 32, 32), NO_MEMORY);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 32, 31), OK);
    vrig_finish(&rig);
}

/* Enough resources for the table of them to grow, and to find each again. */
Test(virtio_command, many_resources)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    for (uint32_t i = 1; i <= 500; i++) {
        cr_assert_eq(vrig_create_2d(&rig, i * 0x10001, BGRX, 1, 1), OK);
    }
    for (uint32_t i = 500; i >= 1; i--) {
        cr_assert_eq(vrig_unref(&rig, i * 0x10001), OK);
        cr_assert_eq(vrig_unref(&rig, i * 0x10001), BAD_ID);
    }
    vrig_finish(&rig);
}

/* An id that comes back is a new resource: black, without backing. */
Test(virtio_command, unref)
{
    struct vrig rig;
    start_with_resource(&rig, "");
    draw_gradient(&rig, VRIG_DATA, 32, 32);
    vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 32), 0);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
    cr_assert_eq(vrig_unref(&rig, 0), BAD_ID);
    cr_assert_eq(vrig_unref(&rig, 2), BAD_ID);
    cr_assert_eq(vrig_unref(&rig, 1), OK);
    cr_assert_eq(vrig_shown(&rig, 0), 0);
    cr_assert_eq(vrig_create_2d(&rig, 1, BGRX, 32, 32), OK);
    cr_assert_eq(vrig_shown(&rig, 0), 0, "the scanout stays off");
    cr_assert_eq(vrig_detach(&rig, 1), UNSPEC);
    vrig_attach(&rig, 1, VRIG_DATA, 4096);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
    cr_assert_eq(vrig_pixel(&rig, 0, 5, 6), 0xFF);
    vrig_finish(&rig);
}

Test(virtio_command, attach_backing)
{
    struct vrig rig;
    const struct sl_virtio_gpu_mem_entry good = {.addr = VRIG_DATA, .length = 4096};
    const struct sl_virtio_gpu_mem_entry bad[][2] = {
        {good, {.addr = VRIG_DATA, .length = 0}},
        {good, {.addr = VRIG_HOLE, .length = 1}},
        {good, {.addr = VRIG_HOLE - 1, .length = 2}},
        {good, {.addr = UINT64_MAX, .length = 2}},
    };
    vrig_start(&rig, "", "");
    vrig_create_2d(&rig, 1, BGRX, 32, 32);
    cr_assert_eq(vrig_attach_list(&rig, 9, 20000, &good, 1), BAD_ID);
    cr_assert_eq(vrig_attach_list(&rig, 1, 16385, &good, 1), UNSPEC);
    cr_assert_eq(vrig_attach_list(&rig, 1, 2, &good, 1), UNSPEC, "one entry is missing");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(vrig_attach_list(&rig, 1, 2, bad[i], 2), UNSPEC, "case %zu", i);
        cr_assert_eq(vrig_detach(&rig, 1), UNSPEC, "nothing stays attached");
    }
    cr_assert_eq(vrig_attach_list(&rig, 1, 0, NULL, 0), OK);
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 1, 1), 0), UNSPEC, "still none");
    cr_assert_eq(vrig_attach_list(&rig, 1, 1, &good, 1), OK);
    cr_assert_eq(vrig_attach_list(&rig, 1, 1, &good, 1), UNSPEC);
    cr_assert_eq(vrig_attach_list(&rig, 1, 0, NULL, 0), UNSPEC);
    cr_assert_eq(vrig_detach(&rig, 1), OK);
    cr_assert_eq(vrig_detach(&rig, 1), UNSPEC);
    cr_assert_eq(vrig_detach(&rig, 2), BAD_ID);
    vrig_finish(&rig);
}

/* 16384 entries of one byte, backwards: the stream is in the order of the entries. */
Test(virtio_command, most_entries)
{
    struct vrig rig;
    enum { COUNT = 16384 };
    struct sl_virtio_gpu_mem_entry *entries = calloc(COUNT, sizeof(*entries));
    vrig_start(&rig, "", "");
    vrig_create_2d(&rig, 1, BGRX, 64, 64);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint8_t byte = (uint8_t)(i * 13 + i / 64);
        entries[i] = (struct sl_virtio_gpu_mem_entry){.addr = VRIG_DATA + COUNT - i, .length = 1};
        vrig_poke(&rig, entries[i].addr, &byte, 1);
    }
    uint8_t *bytes = calloc(1, 32 + COUNT * 16);
    sl_put_le32(bytes, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING);
    sl_put_le32(bytes + 24, 1);
    sl_put_le32(bytes + 28, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY, &entries[i], bytes + 32 + 16 * (size_t)i);
    }
    cr_assert_eq(vrig_send(&rig, 0, bytes, 32 + COUNT * 16, 24), OK);
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 64, 64), 0), OK);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 64, 64));
    for (uint32_t i = 0; i < 64 * 64; i += 97) {
        uint8_t b[3];
        for (uint32_t c = 0; c < 3; c++) {
            b[c] = (uint8_t)((4 * i + c) * 13 + (4 * i + c) / 64);
        }
        cr_assert_eq(vrig_pixel(&rig, 0, i % 64, i / 64),
                     (uint32_t)b[2] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[0] << 8 | 0xFF);
    }
    free(bytes);
    free(entries);
    vrig_finish(&rig);
}

Test(virtio_command, transfer_errors)
{
    static const struct sl_virtio_gpu_rect bad[] = {
        {33, 0, 0, 0}, {0, 33, 0, 0}, {0, 0, 33, 1},          {0, 0, 1, 33},
        {1, 0, 32, 1}, {0, 1, 1, 32}, {16, 0, UINT32_MAX, 1}, {0, 16, 1, UINT32_MAX - 15}};
    static const struct sl_virtio_gpu_rect empty[] = {
        {0, 0, 0, 0}, {32, 32, 0, 0}, {32, 0, 0, 32}, {0, 32, 32, 0}};
    struct vrig rig;
    start_with_resource(&rig, "");
    cr_assert_eq(vrig_transfer(&rig, 9, bad[0], 0), BAD_ID);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(vrig_transfer(&rig, 1, bad[i], 0), BAD_PARAMETER, "case %zu", i);
        cr_assert_eq(vrig_flush(&rig, 1, bad[i]), BAD_PARAMETER, "case %zu", i);
    }
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        cr_assert_eq(vrig_transfer(&rig, 1, empty[i], 0), OK);
        cr_assert_eq(vrig_flush(&rig, 1, empty[i]), OK);
    }
    vrig_detach(&rig, 1);
    cr_assert_eq(vrig_transfer(&rig, 1, bad[0], 0), UNSPEC, "backing before the rectangle");
    vrig_finish(&rig);
}

/* offset names the rectangle's first pixel; the pitch is the resource's. */
Test(virtio_command, transfer_offset)
{
    struct vrig rig;
    start_with_resource(&rig, "");
    draw_gradient(&rig, VRIG_DATA, 32, 32);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(8, 4, 3, 2), (2 * 32 + 5) * 4), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 8, 4), gradient(5, 2));
    cr_assert_eq(vrig_pixel(&rig, 0, 10, 5), gradient(7, 3));
    cr_assert_eq(vrig_pixel(&rig, 0, 11, 5), 0xFF);
    cr_assert_eq(vrig_pixel(&rig, 0, 7, 4), 0xFF);
    cr_assert_eq(vrig_pixel(&rig, 0, 8, 6), 0xFF);
    /* Only 32 bits of the offset count here. */
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 1, 1), UINT64_C(0x100000000) + 4), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), gradient(1, 0));
    vrig_finish(&rig);
}

/* The second row of a rectangle wraps to the start of the stream, but a run of full rows ends. */
Test(virtio_command, transfer_offset_wraps)
{
    struct vrig rig;
    start_with_resource(&rig, "");
    draw_gradient(&rig, VRIG_DATA, 32, 32);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 31, 2), 0xFFFFFF80), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 0), 0xFF);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 1), gradient(3, 0));
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 4, 32, 2), 0xFFFFFF80), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 5), 0xFF);
    vrig_finish(&rig);
}

/* What the backing has not got stays as it is in the image. */
Test(virtio_command, transfer_from_a_short_backing)
{
    struct vrig rig;
    start_with_resource(&rig, "");
    draw_gradient(&rig, VRIG_DATA, 32, 32);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
    vrig_detach(&rig, 1);
    cr_assert_eq(vrig_attach(&rig, 1, VRIG_DATA, 32 * 4 + 6), OK);
    for (uint32_t width = 31; width <= 32; width++) {
        cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, width, 32), 0), OK);
        cr_assert_eq(vrig_pixel(&rig, 0, 0, 1), gradient(0, 1));
        /* Two bytes of this pixel exist: its blue and its green. */
        cr_assert_eq(vrig_pixel(&rig, 0, 1, 1), 0x000101FF);
        cr_assert_eq(vrig_pixel(&rig, 0, 2, 1), 0xFF);
        cr_assert_eq(vrig_pixel(&rig, 0, 0, 2), 0xFF);
    }
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 32), 134), OK);
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 31, 32), 135), OK);
    vrig_finish(&rig);
}

/* QEMU 7.2 copies the whole image for any full-width rectangle at the origin with offset 0. */
Test(virtio_command, whole_image_of_qemu72)
{
    static const struct {
        const char *profile;
        bool whole;
    } cases[] = {{"", false}, {"qemu", false}, {"qemu72", true}, {"spec", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        start_with_resource(&rig, cases[i].profile);
        draw_gradient(&rig, VRIG_DATA, 32, 32);
        cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 0), 0), OK);
        vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
        cr_assert_eq(vrig_pixel(&rig, 0, 9, 30), cases[i].whole ? gradient(9, 30) : 0xFF);
        vrig_finish(&rig);
    }
}

/* Writing guest memory after the transfer shows nothing; detaching keeps the pixels. */
Test(virtio_command, transfer_copies)
{
    struct vrig rig;
    start_with_resource(&rig, "");
    draw_gradient(&rig, VRIG_DATA, 32, 32);
    vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 32), 0);
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 32, 32));
    const uint8_t zeros[4096] = {0};
    vrig_poke(&rig, VRIG_DATA, zeros, sizeof(zeros));
    cr_assert_eq(vrig_detach(&rig, 1), OK);
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(0, 0, 32, 32)), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 31, 31), gradient(31, 31));
    vrig_finish(&rig);
}

Test(virtio_command, set_scanout)
{
    static const struct sl_virtio_gpu_rect bad[] = {
        {33, 0, 16, 16}, {0, 33, 16, 16}, {0, 0, 15, 16},  {0, 0, 16, 15},         {0, 0, 33, 16},
        {0, 0, 16, 33},  {17, 0, 16, 16}, {0, 17, 16, 16}, {UINT32_MAX, 0, 16, 16}};
    struct vrig rig;
    start_with_resource(&rig, "");
    vrig_create_2d(&rig, 2, BGRX, 32, 32);
    cr_assert_eq(vrig_set_scanout(&rig, 1, 0, bad[0]), BAD_SCANOUT);
    cr_assert_eq(vrig_set_scanout(&rig, 0, 9, bad[0]), BAD_ID);
    cr_assert_eq(vrig_set_scanout(&rig, 0, 2, bad[0]), UNSPEC);
    cr_assert_eq(vrig_set_scanout(&rig, 0, 0, bad[0]), OK);
    cr_assert_eq(vrig_set_scanout(&rig, 0, 1, vrig_rect(4, 8, 20, 16)), OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(vrig_set_scanout(&rig, 0, 1, bad[i]), BAD_PARAMETER, "case %zu", i);
        cr_assert_eq(vrig_shown(&rig, 0), 20u << 16 | 16, "it shows what it showed");
    }
    cr_assert_eq(vrig_set_scanout(&rig, 0, 1, vrig_rect(16, 16, 16, 16)), OK);
    cr_assert_eq(vrig_set_scanout(&rig, 0, 0, vrig_rect(0, 0, 0, 0)), OK);
    cr_assert_eq(vrig_shown(&rig, 0), 0);
    vrig_finish(&rig);
}

/* One resource on all sixteen scanouts, each with a window of its own. */
Test(virtio_command, sixteen_scanouts)
{
    struct vrig rig;
    vrig_start(&rig, "", "scanouts=16");
    vrig_create_2d(&rig, 1, BGRX, 32, 32);
    vrig_attach(&rig, 1, VRIG_DATA, 4096);
    draw_gradient(&rig, VRIG_DATA, 32, 32);
    vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 32), 0);
    for (uint32_t i = 0; i < 16; i++) {
        cr_assert_eq(vrig_set_scanout(&rig, i, 1, vrig_rect(i, 16 - i, 16, 16)), OK);
    }
    cr_assert_eq(vrig_set_scanout(&rig, 16, 1, vrig_rect(0, 0, 16, 16)), BAD_SCANOUT);
    cr_assert_eq(rig.target->impl->scanout_count(rig.target), 16);
    for (uint32_t i = 0; i < 16; i++) {
        cr_assert_eq(vrig_pixel(&rig, i, 2, 3), gradient(i + 2, 16 - i + 3));
    }
    vrig_unref(&rig, 1);
    for (uint32_t i = 0; i < 16; i++) {
        cr_assert_eq(vrig_shown(&rig, i), 0);
    }
    vrig_finish(&rig);
}

Test(virtio_command, flush_of_what_is_not_shown)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(0, 0, 1, 1)), BAD_ID);
    cr_assert_eq(vrig_flush(&rig, 0, vrig_rect(0, 0, 0, 0)), BAD_ID);
    vrig_create_2d(&rig, 1, BGRX, 16, 16);
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(0, 0, 16, 16)), OK);
    vrig_finish(&rig);
}

/* The two latched models: a transfer alone shows nothing, FLUSH shows its rectangle. */
Test(virtio_command, latched_scanouts)
{
    static const struct {
        const char *options;
        uint32_t at_first; /* what SET_SCANOUT shows of pixel 2,2 */
    } cases[] = {{"screen=latched-full", 0x770202FF}, {"screen=latched-zero", 0x000000FF}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        vrig_start(&rig, "", cases[i].options);
        vrig_create_2d(&rig, 1, BGRX, 32, 32);
        vrig_attach(&rig, 1, VRIG_DATA, 4096);
        draw_gradient(&rig, VRIG_DATA, 32, 32);
        vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 32), 0);
        vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 20, 20));
        cr_assert_eq(vrig_pixel(&rig, 0, 2, 2), cases[i].at_first);
        vrig_flush(&rig, 1, vrig_rect(0, 0, 32, 32));
        cr_assert_eq(vrig_pixel(&rig, 0, 2, 2), gradient(2, 2));
        const uint8_t zeros[4096] = {0};
        vrig_poke(&rig, VRIG_DATA, zeros, sizeof(zeros));
        vrig_transfer(&rig, 1, vrig_rect(0, 0, 32, 32), 0);
        cr_assert_eq(vrig_pixel(&rig, 0, 2, 2), gradient(2, 2), "not flushed");
        /* The same view again keeps the picture. */
        vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 20, 20));
        cr_assert_eq(vrig_pixel(&rig, 0, 2, 2), gradient(2, 2));
        vrig_flush(&rig, 1, vrig_rect(3, 3, 29, 29));
        cr_assert_eq(vrig_pixel(&rig, 0, 2, 2), gradient(2, 2));
        cr_assert_eq(vrig_pixel(&rig, 0, 3, 3), 0xFF);
        cr_assert_eq(vrig_pixel(&rig, 0, 19, 19), 0xFF);
        vrig_unref(&rig, 1);
        cr_assert_eq(vrig_shown(&rig, 0), 0);
        vrig_finish(&rig);
    }
}

Test(virtio_command, uuid)
{
    static const uint8_t uuid[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78};
    struct sl_virtio_gpu_resource_assign_uuid cmd = {
        .hdr = {.type = VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID}, .resource_id = 0x12345678};
    uint8_t bytes[sizeof(cmd)];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_ASSIGN_UUID, &cmd, bytes);
    struct vrig rig;
    vrig_start(&rig, "", "");
    cr_assert_eq(vrig_send(&rig, 0, bytes, sizeof(bytes), 64), UNSPEC);
    vrig_finish(&rig);
    vrig_start(&rig, "", "uuid=on");
    cr_assert_eq(vrig_send(&rig, 0, bytes, sizeof(bytes), 64), BAD_ID);
    vrig_create_2d(&rig, 0x12345678, BGRX, 1, 1);
    cr_assert_eq(vrig_send(&rig, 0, bytes, sizeof(bytes), 64), VIRTIO_GPU_RESP_OK_RESOURCE_UUID);
    cr_assert_eq(rig.answered, 40);
    cr_assert_arr_eq(rig.response + 24, uuid, 16);
    vrig_finish(&rig);
}
