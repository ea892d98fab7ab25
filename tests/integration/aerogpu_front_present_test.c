/* Presented images: the copy into the scanout framebuffer, and captures without a scanout. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>
#include <string.h>

enum { TEXTURE = 7, BACKEND = 3, PRESENT_FLAG = 1 };

static struct aerogpu_rig rig;
static struct sl_buf stream;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    sl_buf_finish(&stream);
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_present, .init = up, .fini = down);

/* A host-owned R8G8B8A8 texture with these bytes becomes colour target 0. */
static void draw_texture(uint32_t handle, uint32_t width, uint32_t height, const uint8_t *rgba)
{
    const uint32_t create[12] = {handle, 0x30, 3, width, height, 1, 1, 0, 0, 0, 0, 0};
    const uint32_t upload[6] = {handle, 0, 0, 0, width * height * 4, 0};
    const uint32_t targets[10] = {1, 0, handle};
    aerogpu_stream_packet(&stream, 0x101, create, 12);
    aerogpu_stream_packet_data(&stream, 0x104, upload, 6, rgba, (size_t)width * height * 4);
    aerogpu_stream_packet(&stream, 0x400, targets, 10);
}

static void present(void)
{
    aerogpu_stream_packet(&stream, 0x700, (const uint32_t[]){0, 0}, 2);
}

static void submit(uint32_t flags, uint64_t fence)
{
    aerogpu_rig_submit(&rig, &stream, NULL,
                       (struct aerogpu_rig_desc){.flags = flags, .signal_fence = fence});
    aerogpu_stream_begin(&stream);
}

/* Presents a picture of 3x2 pixels: red 10 * (1 + number), green 0x84, blue 0xFF, alpha 0x80. */
static void present_picture(uint32_t flags, uint64_t fence)
{
    uint8_t rgba[24];
    for (uint8_t i = 0; i < 6; i++) {
        const uint8_t pixel[4] = {(uint8_t)(10 * (1 + i)), 0x84, 0xFF, 0x80};
        memcpy(rgba + 4 * i, pixel, 4);
    }
    aerogpu_stream_begin(&stream);
    draw_texture(TEXTURE, 3, 2, rgba);
    present();
    submit(flags, fence);
}

static void expect_memory(uint64_t gpa, const uint8_t *bytes, size_t size, const char *what)
{
    uint8_t memory[64];
    cr_assert_eq(sl_mem_read(rig.mem, gpa, memory, size), SL_MEM_OK);
    for (size_t i = 0; i < size; i++) {
        cr_assert_eq(memory[i], bytes[i], "%s: byte %zu is 0x%02x, not 0x%02x", what, i, memory[i],
                     bytes[i]);
    }
}

static void fill(uint8_t byte)
{
    uint8_t memory[64];
    memset(memory, byte, sizeof(memory));
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_FB, memory, sizeof(memory));
}

Test(aerogpu_front_present, the_copy_converts_to_each_format)
{
    /* The second pixel of the picture: 20, 0x84, 0xFF, 0x80. */
    static const struct {
        uint32_t format;
        uint32_t bpp;
        uint8_t bytes[4];
    } cases[] = {
        {1, 4, {0xFF, 0x84, 20, 0x80}}, {2, 4, {0xFF, 0x84, 20, 0xFF}},
        {3, 4, {20, 0x84, 0xFF, 0x80}}, {4, 4, {20, 0x84, 0xFF, 0xFF}},
        {7, 4, {0xFF, 0x84, 20, 0x80}}, {8, 4, {0xFF, 0x84, 20, 0xFF}},
        {9, 4, {20, 0x84, 0xFF, 0x80}}, {10, 4, {20, 0x84, 0xFF, 0xFF}},
        {5, 2, {0x3F, 0x14}}, /* 00010 100001 11111 */
        {6, 2, {0x1F, 0x8A}}, /* 1 00010 10000 11111 */
    };
    present_picture(0, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(0xEE);
        aerogpu_rig_scanout(&rig, 3, 2, cases[i].format, 16, AEROGPU_RIG_FB);
        submit(PRESENT_FLAG, 2 + i);
        cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
        expect_memory(AEROGPU_RIG_FB + cases[i].bpp, cases[i].bytes, cases[i].bpp, "pixel 1");
        static const uint8_t padding[4] = {0xEE, 0xEE, 0xEE, 0xEE};
        expect_memory(AEROGPU_RIG_FB + 12, padding, 4, "padding");
        expect_memory(AEROGPU_RIG_FB + 16 + 3 * cases[i].bpp, padding, 4, "padding of row 1");
    }
}

Test(aerogpu_front_present, the_smaller_size_is_copied)
{
    static const uint8_t row0[] = {10, 0x84, 0xFF, 0x80, 20, 0x84, 0xFF, 0x80, 0xEE};
    fill(0xEE);
    aerogpu_rig_scanout(&rig, 2, 1, 3, 16, AEROGPU_RIG_FB);
    present_picture(PRESENT_FLAG, 1);
    expect_memory(AEROGPU_RIG_FB, row0, sizeof(row0), "smaller scanout");
    expect_memory(AEROGPU_RIG_FB + 16, (const uint8_t[]){0xEE}, 1, "row 1 stays");
    fill(0xEE);
    aerogpu_rig_scanout(&rig, 5, 9, 3, 16, AEROGPU_RIG_FB); /* pitch fits the 3 copied pixels */
    submit(PRESENT_FLAG, 2);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    expect_memory(AEROGPU_RIG_FB + 24, (const uint8_t[]){60, 0x84, 0xFF, 0x80, 0xEE}, 5, "row 1");
    expect_memory(AEROGPU_RIG_FB + 32, (const uint8_t[]){0xEE}, 1, "row 2 stays");
}

Test(aerogpu_front_present, an_earlier_image_is_copied_by_a_stream_that_presents_nothing)
{
    present_picture(0, 1);
    fill(0xEE);
    aerogpu_rig_scanout(&rig, 1, 1, 3, 4, AEROGPU_RIG_FB);
    aerogpu_rig_submit(
        &rig, NULL, NULL,
        (struct aerogpu_rig_desc){.flags = PRESENT_FLAG, .context_id = 9, .signal_fence = 2});
    expect_memory(AEROGPU_RIG_FB, (const uint8_t[]){10, 0x84, 0xFF, 0x80}, 4, "other context");
}

Test(aerogpu_front_present, nothing_to_copy_is_no_error)
{
    fill(0xEE);
    aerogpu_rig_scanout(&rig, 1, 1, 99, 0, AEROGPU_RIG_FB);
    aerogpu_stream_begin(&stream);
    submit(PRESENT_FLAG, 1); /* no image yet */
    present_picture(0, 2);
    aerogpu_rig_set(&rig, 0x400, 0);
    submit(PRESENT_FLAG, 3);
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_set(&rig, 0x404, 0);
    submit(PRESENT_FLAG, 4);
    aerogpu_rig_set(&rig, 0x404, 1);
    aerogpu_rig_set(&rig, 0x408, 0);
    submit(PRESENT_FLAG, 5);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    cr_assert_eq(aerogpu_rig_fence(&rig), 5);
    expect_memory(AEROGPU_RIG_FB, (const uint8_t[]){0xEE}, 1, "untouched");
}

Test(aerogpu_front_present, what_the_copy_fails_at)
{
    static const struct {
        uint32_t format, pitch;
        uint64_t gpa;
        const char *text;
    } cases[] = {
        {3, 12, 0, "present copy: 3x2 at 0x0, pitch 12"},
        {0, 12, AEROGPU_RIG_FB, "present copy: format 0 is not displayable"},
        {11, 12, AEROGPU_RIG_FB, "present copy: format 11 is not displayable"},
        {32, 12, AEROGPU_RIG_FB, "present copy: format 32 is not displayable"},
        {64, 12, AEROGPU_RIG_FB, "present copy: format 64 is not displayable"},
        {3, 11, AEROGPU_RIG_FB, "present copy: 3x2 at 0x1000000, pitch 11"},
        {5, 5, AEROGPU_RIG_FB, "present copy: 3x2 at 0x1000000, pitch 5"},
        {3, 12, UINT64_MAX - 23, "present copy: 3x2 at 0xffffffffffffffe8, pitch 12"},
    };
    present_picture(0, 1);
    fill(0xEE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        aerogpu_rig_scanout(&rig, 3, 2, cases[i].format, cases[i].pitch, cases[i].gpa);
        submit(PRESENT_FLAG, 2 + i);
        cr_assert_eq(aerogpu_rig_error(&rig), BACKEND, "%s", cases[i].text);
        cr_assert_eq(aerogpu_rig_error_count(&rig), i + 1, "%s", cases[i].text);
        cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), 2 + i);
        cr_assert_eq(aerogpu_rig_fence(&rig), 2 + i, "the fence completes");
        const char *text = aerogpu_rig_seen(&rig, SL_OBS_ERROR, i)->text;
        cr_assert_not_null(strstr(text, "BACKEND class=HOST fence="), "%s", text);
        cr_assert_not_null(strstr(text, cases[i].text), "%s", text);
    }
    expect_memory(AEROGPU_RIG_FB, (const uint8_t[]){0xEE}, 1, "nothing written");
}

Test(aerogpu_front_present, a_stream_that_fails_is_presented_with_one_error)
{
    aerogpu_rig_scanout(&rig, 1, 1, 3, 4, AEROGPU_RIG_FB);
    uint8_t rgba[4] = {1, 2, 3, 4};
    aerogpu_stream_begin(&stream);
    draw_texture(TEXTURE, 1, 1, rgba);
    present();
    /* CREATE_BUFFER with handle 0. */
    aerogpu_stream_packet(&stream, 0x100, (const uint32_t[8]){0, 0, 4}, 8);
    submit(PRESENT_FLAG, 1);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1);
    cr_assert_eq(aerogpu_rig_error(&rig), 1);
    /* 24 + 56 + (32 + 4) + 48 + 16 = 180 = 0xb4, the fifth packet. */
    const char *text = aerogpu_rig_seen(&rig, SL_OBS_ERROR, 0)->text;
    const char *start = "CMD_DECODE class=BAD_HANDLE fence=1 packet=4 offset=0xb4 CREATE_BUFFER: ";
    cr_assert_eq(strncmp(text, start, strlen(start)), 0, "%s", text);
    expect_memory(AEROGPU_RIG_FB, rgba, 4, "copied although the stream failed later");

    /* Both fail: the execution error is the one. */
    aerogpu_rig_set(&rig, 0x40C, 99);
    aerogpu_stream_packet(&stream, 0x100, (const uint32_t[8]){0, 0, 4}, 8);
    submit(PRESENT_FLAG, 2);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 2);
    cr_assert_eq(aerogpu_rig_error(&rig), 1);
}

Test(aerogpu_front_present, a_submission_that_does_not_decode_copies_nothing)
{
    present_picture(0, 1);
    fill(0xEE);
    aerogpu_rig_scanout(&rig, 1, 1, 3, 4, AEROGPU_RIG_FB);
    const struct aerogpu_rig_desc desc = {
        .desc_size_bytes = 0, .flags = PRESENT_FLAG, .signal_fence = 2};
    aerogpu_rig_push(&rig, &desc);
    aerogpu_rig_ring(&rig);
    expect_memory(AEROGPU_RIG_FB, (const uint8_t[]){0xEE}, 1, "untouched");
}

static void expect_capture(uint32_t width, uint32_t height, const char *what)
{
    struct sl_image image;
    cr_assert_eq(rig.target->impl->capture(rig.target, 0, &image, NULL), SL_OK);
    cr_assert_eq(image.width, width, "%s", what);
    cr_assert_eq(image.height, height, "%s", what);
    sl_image_finish(&image);
}

Test(aerogpu_front_present, captures_show_it_until_a_scanout_is_enabled)
{
    present_picture(0, 1);
    struct sl_image image;
    cr_assert_eq(rig.target->impl->capture(rig.target, 0, &image, NULL), SL_OK);
    cr_assert_eq(image.width, 3);
    cr_assert_eq(image.height, 2);
    cr_assert_eq(memcmp(image.pixels + 4, "\x14\x84\xFF\x80", 4), 0);
    sl_image_finish(&image);
    rig.target->impl->write(rig.target, SL_SPACE_VBE, 0, 2, 0x115);
    expect_capture(800, 600, "VBE goes first");
    rig.target->impl->write(rig.target, SL_SPACE_VBE, 0, 2, 0);
    expect_capture(3, 2, "back");
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_set(&rig, 0x400, 0);
    expect_capture(0, 0, "a scanout was enabled once");
    rig.target->impl->reset(rig.target);
    expect_capture(0, 0, "reset forgets the image");
}

Test(aerogpu_front_present, a_ring_reset_forgets_the_image)
{
    present_picture(0, 1);
    aerogpu_rig_set(&rig, 0x10C, 3);
    expect_capture(0, 0, "forgotten");
}
