/* The way of a frame through the device: the sequence every driver sends, pictures in the end. */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>

#define OK VIRTIO_GPU_RESP_OK_NODATA

/* Two pages that are not neighbours make a 32x32 image, row by row. */
Test(virtio_frame, scattered_backing_equals_scanout)
{
    struct vrig rig;
    uint8_t pixels[32 * 32 * 4];
    vrig_start(&rig, "", "");
    for (size_t i = 0; i < sizeof(pixels); i++) {
        pixels[i] = (uint8_t)(i * 7 + i / 256);
    }
    const struct sl_virtio_gpu_mem_entry entries[] = {{.addr = VRIG_DATA + 0x5001, .length = 1000},
                                                      {.addr = VRIG_HIGH + 3, .length = 3096}};
    vrig_poke(&rig, entries[0].addr, pixels, 1000);
    vrig_poke(&rig, entries[1].addr, pixels + 1000, 3096);
    cr_assert_eq(vrig_command(&rig, VIRTIO_GPU_CMD_GET_DISPLAY_INFO),
                 VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(rig.answered, 408);
    cr_assert_eq(vrig_get_edid(&rig, 0), VIRTIO_GPU_RESP_OK_EDID);
    cr_assert_eq(rig.answered, 1056);
    cr_assert_eq(vrig_create_2d(&rig, 2, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, 32, 32), OK);
    cr_assert_eq(vrig_attach_list(&rig, 2, 2, entries, 2), OK);
    cr_assert_eq(vrig_transfer(&rig, 2, vrig_rect(0, 0, 32, 32), 0), OK);
    cr_assert_eq(vrig_set_scanout(&rig, 0, 2, vrig_rect(0, 0, 32, 32)), OK);
    cr_assert_eq(vrig_flush(&rig, 2, vrig_rect(0, 0, 32, 32)), OK);
    struct sl_image image;
    cr_assert_eq(rig.target->impl->capture(rig.target, 0, &image, NULL), SL_OK);
    cr_assert_eq(image.width, 32);
    cr_assert_eq(image.height, 32);
    for (size_t i = 0; i < 32 * 32; i++) {
        const uint8_t expected[] = {pixels[4 * i + 2], pixels[4 * i + 1], pixels[4 * i], 255};
        cr_assert_arr_eq(image.pixels + 4 * i, expected, 4, "pixel %zu", i);
    }
    sl_image_finish(&image);
    vrig_finish(&rig);
}

Test(virtio_frame, transcript)
{
    struct vrig rig;
    vrig_start(&rig, "", "");
    struct sl_virtio_gpu_resource_create_2d cmd = {
        .hdr = {.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
                .flags = VIRTIO_GPU_FLAG_FENCE,
                .fence_id = 7},
        .resource_id = 1,
        .format = 1,
        .width = 16,
        .height = 16};
    uint8_t bytes[sizeof(cmd)];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_CREATE_2D, &cmd, bytes);
    cr_assert_eq(vrig_send(&rig, 0, bytes, sizeof(bytes), 24), OK);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_RESPONSE),
                     "RESOURCE_CREATE_2D -> OK_NODATA fence=7 ctx=0");
    cr_assert_eq(rig.seen_count, 3);
    cr_assert_eq(rig.seen[0].kind, SL_OBS_RESPONSE);
    cr_assert_eq(rig.seen[0].size, 24);
    cr_assert_eq(rig.seen[1].kind, SL_OBS_USED);
    cr_assert_eq(rig.seen[1].value, 24);
    cr_assert_eq(rig.seen[2].kind, SL_OBS_IRQ);
    cr_assert_eq(rig.seen[2].queue, SL_IRQ_INTX);
    vrig_finish(&rig);
}

/* The bytes 11 22 33 44 in each format. */
Test(virtio_frame, formats)
{
    static const struct {
        uint32_t format;
        uint32_t shown;
    } cases[] = {{1, 0x332211FF},  {2, 0x332211FF},  {3, 0x223344FF},   {4, 0x223344FF},
                 {67, 0x112233FF}, {68, 0x443322FF}, {121, 0x443322FF}, {134, 0x112233FF}};
    static const uint8_t pixel[] = {0x11, 0x22, 0x33, 0x44};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        vrig_start(&rig, "", "");
        vrig_poke(&rig, VRIG_DATA, pixel, sizeof(pixel));
        vrig_create_2d(&rig, 1, cases[i].format, 16, 16);
        vrig_attach(&rig, 1, VRIG_DATA, 1024);
        vrig_transfer(&rig, 1, vrig_rect(0, 0, 16, 16), 0);
        cr_assert_eq(vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 16, 16)), OK);
        cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), cases[i].shown, "format %u", cases[i].format);
        vrig_finish(&rig);
    }
}
