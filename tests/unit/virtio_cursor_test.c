/* The cursor queue and the cursor on captured frames. */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <string.h>

#define UPDATE VIRTIO_GPU_CMD_UPDATE_CURSOR
#define MOVE VIRTIO_GPU_CMD_MOVE_CURSOR

enum { BGRX = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, RGBA = VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM };

static void fill(struct vrig *rig, uint64_t gpa, uint32_t count, const uint8_t pixel[4])
{
    for (uint32_t i = 0; i < count; i++) {
        vrig_poke(rig, gpa + 4 * (uint64_t)i, pixel, 4);
    }
}

static void make_image(struct vrig *rig, uint32_t id, uint32_t format, uint32_t side,
                       const uint8_t pixel[4])
{
    fill(rig, VRIG_DATA, side * side, pixel);
    vrig_create_2d(rig, id, format, side, side);
    vrig_attach(rig, id, VRIG_DATA, side * side * 4);
    vrig_transfer(rig, id, vrig_rect(0, 0, side, side), 0);
}

/* A screen of 100x100 in one colour, B 40, G 50, R 60, and a 64x64 image 2. */
static void start(struct vrig *rig, const uint8_t cursor[4])
{
    static const uint8_t grey[4] = {40, 50, 60, 0};
    vrig_start(rig, "", "scanouts=2");
    make_image(rig, 1, BGRX, 100, grey);
    vrig_set_scanout(rig, 0, 1, vrig_rect(0, 0, 100, 100));
    make_image(rig, 2, BGRX, 64, cursor);
}

#define SCREEN 0x3C3228FFu

static const uint8_t solid[4] = {1, 2, 3, 255};

#define SOLID 0x030201FFu

/* The position is the top left corner of the image, whatever the hot spot is. */
Test(virtio_cursor, position)
{
    struct vrig rig;
    start(&rig, solid);
    vrig_cursor(&rig, UPDATE, 0, 2, 10, 20);
    cr_assert_eq(rig.answered, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 9, 20), SCREEN);
    cr_assert_eq(vrig_pixel(&rig, 0, 10, 19), SCREEN);
    cr_assert_eq(vrig_pixel(&rig, 0, 10, 20), SOLID);
    cr_assert_eq(vrig_pixel(&rig, 0, 73, 83), SOLID);
    cr_assert_eq(vrig_pixel(&rig, 0, 74, 83), SCREEN);
    cr_assert_eq(vrig_pixel(&rig, 0, 73, 84), SCREEN);
    vrig_finish(&rig);
}

/* -5 is 0xfffffffb; what lies outside is cut. */
Test(virtio_cursor, clipping)
{
    struct vrig rig;
    start(&rig, solid);
    vrig_cursor(&rig, UPDATE, 0, 2, 0xFFFFFFFB, 0xFFFFFFC1);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    cr_assert_eq(vrig_pixel(&rig, 0, 58, 0), SOLID);
    cr_assert_eq(vrig_pixel(&rig, 0, 59, 0), SCREEN);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 1), SCREEN);
    static const uint32_t away[][2] = {{100, 0},        {0, 100},        {0xFFFFFFC0, 0},
                                       {0, 0xFFFFFFC0}, {0x80000000, 0}, {0x7FFFFFFF, 0x7FFFFFFF}};
    for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
        vrig_cursor(&rig, MOVE, 0, 2, away[i][0], away[i][1]);
        cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN, "case %zu", i);
        cr_assert_eq(vrig_pixel(&rig, 0, 99, 99), SCREEN, "case %zu", i);
    }
    vrig_cursor(&rig, MOVE, 0, 2, 99, 99);
    cr_assert_eq(vrig_pixel(&rig, 0, 99, 99), SOLID);
    vrig_finish(&rig);
}

/* (s * a + d * (255 - a) + 127) / 255, by hand. */
Test(virtio_cursor, straight_alpha)
{
    static const struct {
        uint8_t bgra[4];
        uint32_t shown;
    } cases[] = {
        {{200, 100, 0, 0}, SCREEN},
        {{200, 100, 0, 255}, 0x0064C8FF},
        /* red 60 * 127 / 255 = 29.88, green (100 * 128 + 50 * 127) / 255 = 75.10, blue 120.31 */
        {{200, 100, 0, 128}, 0x1E4B78FF},
        /* red 60 * 254 / 255 = 59.76, green 50.20, blue 40.63 */
        {{200, 100, 0, 1}, 0x3C3229FF},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        start(&rig, cases[i].bgra);
        vrig_cursor(&rig, UPDATE, 0, 2, 0, 0);
        cr_assert_eq(vrig_pixel(&rig, 0, 1, 1), cases[i].shown, "case %zu", i);
        vrig_finish(&rig);
    }
}

/* The bytes are B, G, R, A whatever the resource calls them. */
Test(virtio_cursor, format_does_not_count)
{
    struct vrig rig;
    start(&rig, solid);
    make_image(&rig, 3, RGBA, 64, solid);
    vrig_cursor(&rig, UPDATE, 0, 3, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    vrig_finish(&rig);
}

/* The image is a copy: it outlives the resource, and later transfers do not change it. */
Test(virtio_cursor, image_is_a_copy)
{
    struct vrig rig;
    start(&rig, solid);
    vrig_cursor(&rig, UPDATE, 0, 2, 0, 0);
    vrig_unref(&rig, 2);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    /* Unknown resources and other sizes keep it, and still move it. */
    vrig_cursor(&rig, UPDATE, 0, 99, 50, 50);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    cr_assert_eq(vrig_pixel(&rig, 0, 50, 50), SOLID);
    vrig_cursor(&rig, UPDATE, 0, 1, 60, 60);
    cr_assert_eq(vrig_pixel(&rig, 0, 60, 60), SOLID);
    vrig_finish(&rig);
}

/* Resource 0 hides the cursor; the next one with an id shows the image that was kept. */
Test(virtio_cursor, visibility)
{
    struct vrig rig;
    start(&rig, solid);
    vrig_cursor(&rig, MOVE, 0, 2, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN, "no image yet");
    vrig_cursor(&rig, UPDATE, 0, 2, 0, 0);
    vrig_cursor(&rig, UPDATE, 0, 0, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    vrig_cursor(&rig, MOVE, 0, 7, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    vrig_cursor(&rig, MOVE, 0, 0, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    /* Each scanout has its own; there is none beyond the last. */
    vrig_cursor(&rig, UPDATE, 1, 2, 0, 0);
    vrig_cursor(&rig, UPDATE, 2, 2, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    cr_assert_eq(vrig_shown(&rig, 1), 0, "no picture without a scanout");
    vrig_set_scanout(&rig, 1, 1, vrig_rect(0, 0, 100, 100));
    cr_assert_eq(vrig_pixel(&rig, 1, 0, 0), SOLID);
    vrig_finish(&rig);
}

/* Every other type is an update; short requests do nothing; no response is ever written. */
Test(virtio_cursor, requests)
{
    struct vrig rig;
    start(&rig, solid);
    vrig_cursor(&rig, 0x1234, 0, 2, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    uint8_t bytes[56] = {0};
    sl_put_le32(bytes, UPDATE);
    cr_assert_eq(vrig_send(&rig, 1, bytes, 55, 512), 0);
    cr_assert_eq(rig.answered, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    cr_assert_eq(vrig_send(&rig, 1, bytes, 20, 512), 0);
    cr_assert_eq(rig.answered, 0);
    cr_assert_eq(vrig_send(&rig, 1, bytes, 56, 512), 0);
    cr_assert_eq(rig.answered, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    cr_assert_str_eq(vrig_last_text(&rig, SL_OBS_RESPONSE), "UPDATE_CURSOR -> nothing");
    vrig_finish(&rig);
}

/* The cursor is part of what a latched scanout shows, too, and is never latched itself. */
Test(virtio_cursor, over_a_latched_scanout)
{
    struct vrig rig;
    vrig_start(&rig, "", "screen=latched-full");
    make_image(&rig, 1, BGRX, 100, (const uint8_t[4]){40, 50, 60, 0});
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 100, 100));
    make_image(&rig, 2, BGRX, 64, solid);
    vrig_cursor(&rig, UPDATE, 0, 2, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    vrig_cursor(&rig, MOVE, 0, 2, 30, 30);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    vrig_finish(&rig);
}

/* After a reset nothing shows it until the next command; MOVE is enough, as the image stays. */
Test(virtio_cursor, reset)
{
    struct vrig rig;
    start(&rig, solid);
    vrig_cursor(&rig, UPDATE, 0, 2, 0, 0);
    uint8_t zeros[16] = {0};
    for (int i = 0; i < 2; i++) {
        vrig_poke(&rig, rig.queues[i].avail, zeros, sizeof(zeros));
        vrig_poke(&rig, rig.queues[i].used, zeros, sizeof(zeros));
        rig.queues[i].avail_index = 0;
    }
    vrig_negotiate(&rig, UINT64_C(1) << 32);
    make_image(&rig, 1, BGRX, 100, (const uint8_t[4]){40, 50, 60, 0});
    vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 100, 100));
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SCREEN);
    vrig_cursor(&rig, MOVE, 0, 2, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), SOLID);
    vrig_finish(&rig);
}
