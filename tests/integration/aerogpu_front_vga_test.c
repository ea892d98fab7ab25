/* BAR1, the legacy window, VBE, and who owns the display. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>
#include <string.h>

enum { BAR1_SIZE = 0x4000000, LFB = 0x40000 };

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_vga, .init = up, .fini = down);

static uint64_t get(enum sl_space space, uint64_t offset, unsigned size)
{
    return rig.target->impl->read(rig.target, space, offset, size);
}

static void set(enum sl_space space, uint64_t offset, unsigned size, uint64_t value)
{
    rig.target->impl->write(rig.target, space, offset, size, value);
}

static void vbe(uint16_t mode, uint16_t bank)
{
    set(SL_SPACE_VBE, 0, 2, mode);
    set(SL_SPACE_VBE, 2, 2, bank);
}

Test(aerogpu_front_vga, bar1_is_memory)
{
    cr_assert_eq(get(SL_SPACE_BAR1, 0x12345, 8), 0);
    set(SL_SPACE_BAR1, 0xFFFC, 8, UINT64_C(0x8877665544332211)); /* over two chunks */
    cr_assert_eq(get(SL_SPACE_BAR1, 0xFFFC, 8), UINT64_C(0x8877665544332211));
    cr_assert_eq(get(SL_SPACE_BAR1, 0xFFFF, 2), 0x5544);
    set(SL_SPACE_BAR1, 0xFFFE, 1, 0xAA);
    cr_assert_eq(get(SL_SPACE_BAR1, 0xFFFC, 4), 0x44AA2211);
}

Test(aerogpu_front_vga, past_the_aperture_reads_ones)
{
    set(SL_SPACE_BAR1, BAR1_SIZE - 2, 4, 0x44332211);
    cr_assert_eq(get(SL_SPACE_BAR1, BAR1_SIZE - 2, 4), 0xFFFF2211);
    set(SL_SPACE_BAR1, BAR1_SIZE, 4, 0);
    cr_assert_eq(get(SL_SPACE_BAR1, BAR1_SIZE, 4), 0xFFFFFFFF);
    set(SL_SPACE_BAR1, UINT64_MAX, 2, 0);
    cr_assert_eq(get(SL_SPACE_BAR1, UINT64_MAX, 2), 0xFFFF, "no wrapping to offset 0");
    cr_assert_eq(get(SL_SPACE_BAR1, 0, 1), 0);
}

Test(aerogpu_front_vga, the_window_aliases_the_planes_without_a_mode)
{
    set(SL_SPACE_VGA, 0, 1, 0x11);
    set(SL_SPACE_VGA, 0xFFFF, 2, 0x3322);
    set(SL_SPACE_VGA, 0x1FFFF, 1, 0x44);
    cr_assert_eq(get(SL_SPACE_BAR1, 0, 1), 0x11);
    cr_assert_eq(get(SL_SPACE_BAR1, 0xFFFF, 2), 0x3322);
    cr_assert_eq(get(SL_SPACE_BAR1, 0x1FFFF, 2), 0x0044);
    set(SL_SPACE_BAR1, 0x18000, 1, 0x55); /* text memory at 0xB8000 */
    cr_assert_eq(get(SL_SPACE_VGA, 0x18000, 1), 0x55);
    cr_assert_eq(get(SL_SPACE_VGA, 0x1FFFE, 4), 0xFFFF4400, "past the window");
    cr_assert_eq(get(SL_SPACE_VGA, UINT64_MAX, 1), 0xFF);
    set(SL_SPACE_VGA, 0x20000, 1, 0x66);
    cr_assert_eq(get(SL_SPACE_BAR1, 0x20000, 1), 0);
}

Test(aerogpu_front_vga, a_mode_makes_a_bank_window)
{
    vbe(0x118, 0);
    set(SL_SPACE_VGA, 0x10, 1, 0xA0);
    cr_assert_eq(get(SL_SPACE_BAR1, LFB + 0x10, 1), 0xA0);
    cr_assert_eq(get(SL_SPACE_BAR1, 0x10, 1), 0);
    vbe(0x118, 3);
    cr_assert_eq(get(SL_SPACE_VGA, 0x10, 1), 0);
    set(SL_SPACE_VGA, 0x10, 1, 0xA3);
    cr_assert_eq(get(SL_SPACE_BAR1, LFB + 0x30010, 1), 0xA3);
    /* The upper half stays an alias; an access over the border is split. */
    set(SL_SPACE_VGA, 0xFFFF, 2, 0x2211);
    cr_assert_eq(get(SL_SPACE_BAR1, LFB + 0x3FFFF, 1), 0x11);
    cr_assert_eq(get(SL_SPACE_BAR1, 0x10000, 1), 0x22);
    /* The last bank of the aperture, and the first behind it. */
    vbe(0x118, 0x3FB);
    set(SL_SPACE_VGA, 0xFFFF, 1, 0x77);
    cr_assert_eq(get(SL_SPACE_BAR1, BAR1_SIZE - 1, 1), 0x77);
    vbe(0x118, 0x3FC);
    set(SL_SPACE_VGA, 0, 1, 0x77);
    cr_assert_eq(get(SL_SPACE_VGA, 0, 1), 0xFF);
    vbe(0x118, 0xFFFF);
    cr_assert_eq(get(SL_SPACE_VGA, 0xFFFF, 1), 0xFF);
    vbe(0, 0);
    cr_assert_eq(get(SL_SPACE_VGA, 0x10, 1), 0);
}

Test(aerogpu_front_vga, vbe_state_is_two_words)
{
    set(SL_SPACE_VBE, 0, 4, 0x00070115);
    cr_assert_eq(get(SL_SPACE_VBE, 0, 2), 0x115);
    cr_assert_eq(get(SL_SPACE_VBE, 2, 2), 7);
    set(SL_SPACE_VBE, 1, 1, 0x02);
    cr_assert_eq(get(SL_SPACE_VBE, 0, 8), UINT64_C(0xFFFFFFFF00070215));
    set(SL_SPACE_VBE, 4, 4, 0);
    cr_assert_eq(get(SL_SPACE_VBE, 4, 4), 0xFFFFFFFF);
    set(SL_SPACE_VBE, 0, 8, 0);
    cr_assert_eq(get(SL_SPACE_VBE, 0, 4), 0);
}

static struct sl_image capture(void)
{
    struct sl_image image;
    struct sl_error err = {0};
    cr_assert_eq(rig.target->impl->capture(rig.target, 0, &image, &err), SL_OK);
    return image;
}

static void expect_size(uint32_t width, uint32_t height, const char *what)
{
    struct sl_image image = capture();
    cr_assert_eq(image.width, width, "%s: %u", what, image.width);
    cr_assert_eq(image.height, height, "%s", what);
    sl_image_finish(&image);
}

Test(aerogpu_front_vga, nothing_is_shown_at_first)
{
    expect_size(0, 0, "power on");
    vbe(0x114, 0);
    expect_size(0, 0, "a mode the ABI has not got");
}

Test(aerogpu_front_vga, modes_show_the_linear_framebuffer)
{
    static const uint16_t modes[][3] = {{0x115, 800, 600}, {0x118, 1024, 768}, {0x160, 1280, 720}};
    set(SL_SPACE_BAR1, LFB, 4, 0x00112233); /* bytes B=33 G=22 R=11 X=00 */
    for (size_t i = 0; i < 3; i++) {
        vbe(modes[i][0], 0);
        uint32_t width = modes[i][1];
        uint32_t height = modes[i][2];
        uint32_t last = (width * height - 1) * 4;
        set(SL_SPACE_BAR1, LFB + last, 4, 0x44556677);
        set(SL_SPACE_BAR1, LFB + width * 4, 4, 0xFF0000FF);
        struct sl_image image = capture();
        cr_assert_eq(image.width, width);
        cr_assert_eq(image.height, height);
        cr_assert_eq(memcmp(image.pixels, "\x11\x22\x33\xFF", 4), 0);
        cr_assert_eq(memcmp(image.pixels + 4, "\0\0\0\xFF", 4), 0);
        cr_assert_eq(memcmp(image.pixels + width * 4, "\0\0\xFF\xFF", 4), 0);
        cr_assert_eq(memcmp(image.pixels + last, "\x55\x66\x77\xFF", 4), 0);
        sl_image_finish(&image);
    }
}

Test(aerogpu_front_vga, a_usable_scanout_claims_the_display_for_good)
{
    vbe(0x115, 0);
    aerogpu_rig_scanout(&rig, 4, 2, 1, 16, AEROGPU_RIG_FB);
    expect_size(4, 2, "claimed");
    aerogpu_rig_set(&rig, 0x400, 0);
    expect_size(0, 0, "disabled shows black, not VBE");
    aerogpu_rig_set(&rig, 0x400, 1);
    aerogpu_rig_set(&rig, 0x404, 0);
    expect_size(0, 0, "unusable shows black");
    rig.target->impl->reset(rig.target);
    vbe(0x115, 0);
    expect_size(800, 600, "device reset gives it back");
}

Test(aerogpu_front_vga, an_unusable_scanout_does_not_claim)
{
    vbe(0x115, 0);
    aerogpu_rig_scanout(&rig, 4, 2, 1, 18, AEROGPU_RIG_FB);
    expect_size(800, 600, "a pitch that is no multiple of a pixel");
    aerogpu_rig_set(&rig, 0x410, 12);
    expect_size(800, 600, "a pitch below the row");
    aerogpu_rig_set(&rig, 0x414, 0x1000); /* half of an address */
    aerogpu_rig_set(&rig, 0x410, 16);
    expect_size(800, 600, "a half-written address");
    aerogpu_rig_command(&rig, 2);
    aerogpu_rig_set(&rig, 0x418, 0);
    expect_size(800, 600, "no bus mastering");
    aerogpu_rig_command(&rig, 6);
    expect_size(4, 2, "now it claims");
    aerogpu_rig_set(&rig, 0x410, 18);
    expect_size(4, 2, "once claimed, any pitch from the row up is read");
    aerogpu_rig_command(&rig, 2);
    expect_size(0, 0, "not readable without bus mastering");
}
